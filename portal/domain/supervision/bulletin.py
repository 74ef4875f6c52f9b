"""通报: the figures of one quarter as they are shown, frozen and printed. How they are counted: `.tallying`.

Everything here is counted from what is public, so that anybody can count it again from the published site;
`Own` alone is the commission's own. Shares are kept as two whole numbers and never rounded before they are shown.
"""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from portal.domain.supervision.records import Frozen, Record

Whole = Annotated[int, Field(ge=0)]


class Share(Frozen):
    """So many of so many; nothing can be said of a part of none."""

    part: Whole
    of: Whole

    @property
    def value(self) -> Fraction | None:
        """The share, exact; None of nothing."""
        return Fraction(self.part, self.of) if self.of else None

    @property
    def text(self) -> str:
        """The percentage with one decimal, rounded half up; a dash of nothing."""
        return percent(self.value)

    @property
    def hundredths(self) -> int:
        """The whole percentage, for drawings."""
        return int(100 * (self.value or 0) + Fraction(1, 2))


class DutyLine(Frozen):
    """One duty: how many were due by the day of the count, and how they stand; the others apart.

    `standing` duties are looked at as they are on that day, the others are those of the quarter.
    """

    code: str
    title: str
    act: str
    each: str
    standing: bool
    on_time: Whole = 0
    nil: Whole = 0  # Of the ones on time: that there was nothing to tell.
    late: Whole = 0
    missing: Whole = 0
    waiting: Whole = 0
    exempt: Whole = 0
    not_applicable: Whole = 0
    unclear: Whole = 0
    withdrawn: Whole = 0

    @property
    def due(self) -> int:
        """How many were due: kept in time, late or missing. Exempt ones and those with time left are not among them."""
        return self.on_time + self.late + self.missing

    @property
    def share(self) -> Share:
        """The share that was kept in time."""
        return Share(part=self.on_time, of=self.due)


class CoverageLine(Frozen):
    """One coverage rate (DEL-15): how many of the units concerned have done it, and who has not."""

    code: str
    title: str
    done: Whole
    wanting: tuple[str, ...]
    exempt: Whole
    aim: Share | None = None

    @property
    def share(self) -> Share:
        """The rate."""
        return Share(part=self.done, of=self.done + len(self.wanting))

    @property
    def reached(self) -> bool | None:
        """Tell whether the jurisdiction's own aim is reached; None where it names none."""
        if self.aim is None or self.aim.value is None or self.share.value is None:
            return None
        return self.share.value >= self.aim.value


class RankLine(Frozen):
    """One unit's place: `rank` is None where it is not ranked. The counts are those of the quarter's duties."""

    rank: int | None
    slug: str
    name: str
    passed: Whole
    applicable: Whole
    on_time: Whole
    due: Whole
    late: Whole
    missing: Whole

    @property
    def index(self) -> Share:
        """The conduct index."""
        return Share(part=self.passed, of=self.applicable)

    @property
    def index_text(self) -> str:
        """The index from 0 to 100 with one decimal; a dash where nothing applies."""
        return score(self.index.value)

    @property
    def share(self) -> Share:
        """The share of the quarter's duties that were kept in time."""
        return Share(part=self.on_time, of=self.due)


class Gap(Frozen):
    """One thing that came late, or is missing still: `done_on` tells which. `count` events, the worst `days` late."""

    slug: str
    name: str
    duty: str
    title: str
    act: str
    period: str
    due: date | None
    done_on: date | None
    days: Whole
    day_unit: str
    count: Whole = 1
    provisional: bool = False
    titles: tuple[str, ...] = ()


class RuleLine(Frozen):
    """The findings of one rule in all records in force; `fresh` of them in records published or corrected in the quarter."""

    rule: str
    title: str
    block: Whole
    red: Whole
    yellow: Whole
    units: Whole
    fresh: Whole

    @property
    def total(self) -> int:
        """All of them."""
        return self.block + self.red + self.yellow


class TrendPoint(Frozen):
    """One quarter of the trend, as known on the day of the count: all duties of the quarter, and quarterly finance alone."""

    quarter: str
    on_time: Whole
    late: Whole
    missing: Whole
    finance_on_time: Whole
    finance_late: Whole
    finance_missing: Whole

    @property
    def share(self) -> Share:
        """The share kept in time."""
        return Share(part=self.on_time, of=self.on_time + self.late + self.missing)

    @property
    def finance(self) -> Share:
        """The share of quarterly finance disclosures in time."""
        due = self.finance_on_time + self.finance_late + self.finance_missing
        return Share(part=self.finance_on_time, of=due)


class Own(Frozen):
    """本级掌握: the commission's own figures, which are not public data. Counts only.

    `to_rectify` fell due in the quarter, `rectified` of these were closed (销号), `in_time` by their day.
    """

    to_rectify: Whole = 0
    rectified: Whole = 0
    in_time: Whole = 0
    overdue: Whole = 0
    matters_opened: Whole = 0
    matters_closed: Whole = 0
    letters: tuple[tuple[str, int], ...] = ()  # Name of the kind, how many were sent in the quarter.

    @property
    def share(self) -> Share:
        """整改率."""
        return Share(part=self.rectified, of=self.to_rectify)


class Before(Frozen):
    """The quarter before, as it stood on the day `on`, to compare with.

    Counted from what was public then; `number` and `digest` name an issued bulletin whose figures were taken
    instead, as it was done at first.
    """

    quarter: str
    number: Whole = 0
    on: date
    digest: str = ""
    index: tuple[int, int] | None
    coverage: tuple[tuple[str, Share], ...]


class Figures(Record):
    """All figures of one quarter's bulletin, as of the end of the day `on`."""

    form: Literal[1] = 1  # Of this record; a later form gets the next number.
    area: str
    area_name: str
    commission: str
    sample: bool
    quarter: str
    on: date
    document_no: str = ""  # 发文字号, once it was issued under one.
    units: Whole
    provisional: bool
    duties: tuple[DutyLine, ...]
    coverage: tuple[CoverageLine, ...]
    average: tuple[int, int] | None  # The plain average of the units' indexes, as a fraction in lowest terms.
    indexed: Whole
    ranking: tuple[RankLine, ...]
    late: tuple[Gap, ...]
    missing: tuple[Gap, ...]
    findings: tuple[RuleLine, ...]
    finding_units: Whole
    trend: tuple[TrendPoint, ...]
    own: Own = Own()
    before: Before | None = None

    @property
    def average_text(self) -> str:
        """The average index with one decimal."""
        return score(Fraction(*self.average) / 100 if self.average else None)

    @property
    def of_quarter(self) -> list[DutyLine]:
        """The duties of the quarter."""
        return [one for one in self.duties if not one.standing]

    @property
    def total(self) -> DutyLine:
        """All duties of the quarter together."""
        names = (
            "on_time",
            "nil",
            "late",
            "missing",
            "waiting",
            "exempt",
            "not_applicable",
            "unclear",
            "withdrawn",
        )
        sums = {name: sum(getattr(one, name) for one in self.of_quarter) for name in names}
        return DutyLine(code="", title="合计", act="完成", each="项", standing=False, **sums)

    @property
    def earlier(self) -> TrendPoint | None:
        """The quarter before this one, as it stands on the same day."""
        return self.trend[-2] if len(self.trend) > 1 else None


def percent(value: Fraction | None) -> str:
    """Return a percentage with one decimal, rounded half up; a dash for None."""
    return "—" if value is None else f"{score(value)}%"


def score(value: Fraction | None) -> str:
    """Return a share as a number from 0 to 100 with one decimal, rounded half up; a dash for None."""
    if value is None:
        return "—"
    tenths = int(value * 1000 + Fraction(1, 2))
    return f"{tenths // 10}.{tenths % 10}"


def points(now: Fraction | None, then: Fraction | None, *, unit: str = "个百分点") -> str:
    """Return how a share moved: 上升2.5个百分点, 下降…, 持平; blank where there is nothing to compare."""
    if now is None or then is None:
        return ""
    tenths = round_half_up(1000 * now) - round_half_up(1000 * then)  # As both are shown, so that it adds up.
    if not tenths:
        return "持平"
    size = abs(tenths)
    return f"{'上升' if tenths > 0 else '下降'}{size // 10}.{size % 10}{unit}"


def round_half_up(value: Fraction) -> int:
    """Return the nearest whole number of a value that is not below nothing."""
    return int(value + Fraction(1, 2))
