"""年度考核: what the evidence of a year says of one unit, and which grade the open formula suggests (SUP-14).

A suggestion only: the commission decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field

from portal.domain.obligations import duty_of
from portal.domain.obligations.duties import Status
from portal.domain.supervision.bulletin import Share, score
from portal.domain.supervision.conduct import Conduct, Kept
from portal.domain.supervision.records import Frozen, Record
from portal.domain.supervision.tallying import STANDING, of_quarter, tally
from portal.domain.supervision.terms import AssessmentTerms

Whole = Annotated[int, Field(ge=0)]


class QuarterLine(Frozen):
    """The duties of one quarter of the year."""

    quarter: str
    on_time: Whole
    late: Whole
    missing: Whole
    waiting: Whole

    @property
    def share(self) -> Share:
        """The share kept in time."""
        return Share(part=self.on_time, of=self.on_time + self.late + self.missing)


class Held(Frozen):
    """本级掌握: what the commission itself recorded of the unit in the year. Counts only, never public."""

    to_rectify: Whole = 0
    rectified: Whole = 0
    overdue: Whole = 0
    matters_opened: Whole = 0
    matters_open: Whole = 0
    letters: tuple[tuple[str, int], ...] = ()
    outcomes: tuple[tuple[str, int], ...] = ()
    inspected: Whole = 0
    problems: Whole = 0


class Part(Frozen):
    """One item of the formula: how many there were, and the points that it takes off."""

    code: str
    title: str
    count: Whole
    points: Whole
    most: Whole

    @property
    def off(self) -> int:
        """The points taken off."""
        return min(self.count * self.points, self.most)


class GradeLine(Frozen):
    """One grade of the formula, as it was in force."""

    code: str
    title: str
    least: Whole


class Sheet(Record):
    """The assessment sheet of one unit and year, as of the day `on`."""

    form: Literal[1] = 1
    area: str
    area_name: str
    commission: str
    sample: bool
    slug: str
    name: str
    year: int
    on: date
    quarters: tuple[QuarterLine, ...]
    gaps: tuple[str, ...]  # What is missing or came late, in words.
    passed: Whole
    applicable: Whole
    red: Whole
    yellow: Whole
    rules: tuple[tuple[str, int], ...]  # Findings by rule.
    held: Held
    parts: tuple[Part, ...]
    grades: tuple[GradeLine, ...]
    source: str
    default: bool

    @property
    def points(self) -> int:
        """A hundred less what the items take off, never below nothing."""
        return max(0, 100 - sum(one.off for one in self.parts))

    @property
    def suggestion(self) -> GradeLine:
        """The first grade that the points reach."""
        return next(one for one in self.grades if self.points >= one.least)

    @property
    def index_text(self) -> str:
        """The conduct index."""
        return score(Share(part=self.passed, of=self.applicable).value)

    @property
    def total(self) -> QuarterLine:
        """The whole year."""
        names = ("on_time", "late", "missing", "waiting")
        sums = {name: sum(getattr(one, name) for one in self.quarters) for name in names}
        return QuarterLine(quarter="", **sums)

    def grade(self, code: str) -> str:
        """Return what a grade is called on this sheet."""
        return next((one.title for one in self.grades if one.code == code), code)


class Whose(Frozen):
    """Whose sheets are made, of which year and day."""

    area: str
    area_name: str
    commission: str
    sample: bool
    year: int
    on: date
    quarters: tuple[str, ...]


def sheet_of(
    whose: Whose, unit: Conduct, terms: AssessmentTerms, *, held: Held, titles: Mapping[str, str]
) -> Sheet:
    """Return one unit's sheet. `titles` are the rules' names by id.

    Late and missing duties are those of the year's quarters; a standing duty counts with how it stands on the day.
    Findings count where their record was published or corrected in the year.
    """
    lines = tuple(_line(unit.kept, one) for one in whose.quarters)
    standing = [
        one
        for one in unit.kept
        if unit.here and one.duty in STANDING and (one.newest or one.duty == "supporting")
        and one.status == Status.MISSING
    ]  # fmt: skip
    seen = [
        one
        for one in unit.sightings
        if (day := one.changed_on or one.published_on) is not None and day.year == whose.year
    ]
    grave = Counter("red" if one.severity in ("block", "red") else one.severity for one in seen)
    rules = Counter(one.rule for one in seen if one.severity != "info")
    index = Fraction(100 * unit.passed, unit.applicable) if unit.applicable else Fraction(100)
    counts = {
        "missing": sum(one.missing for one in lines) + len(standing),
        "late": sum(one.late for one in lines),
        "index": int((100 - index) / terms.index_step),
        "red": grave["red"],
        "yellow": grave["yellow"],
        "overdue_rectification": held.overdue,
        "outcomes": sum(count for _, count in held.outcomes),
        "inspections": held.problems,
    }
    return Sheet(
        area=whose.area,
        area_name=whose.area_name,
        commission=whose.commission,
        sample=whose.sample,
        slug=unit.slug,
        name=unit.name,
        year=whose.year,
        on=whose.on,
        quarters=lines,
        gaps=tuple(_told(unit.kept, whose.quarters, standing)),
        passed=unit.passed,
        applicable=unit.applicable,
        red=grave["red"],
        yellow=grave["yellow"],
        rules=tuple((titles.get(rule, rule), count) for rule, count in rules.most_common()),
        held=held,
        parts=tuple(
            Part(
                code=one.code,
                title=f"{one.title}（每低{terms.index_step}分）" if one.code == "index" else one.title,
                count=counts[one.code],
                points=one.points,
                most=one.most,
            )
            for one in terms.items
        ),
        grades=tuple(GradeLine(code=one.code, title=one.title, least=one.least) for one in terms.grades),
        source=terms.source,
        default=terms.default,
    )


def _line(kept: Iterable[Kept], quarter: str) -> QuarterLine:
    counts = tally(one for one in kept if of_quarter(one, quarter))
    return QuarterLine(
        quarter=quarter,
        on_time=counts["on_time"],
        late=counts["late"],
        missing=counts["missing"],
        waiting=counts["waiting"],
    )


def _told(kept: Sequence[Kept], quarters: Sequence[str], standing: Sequence[Kept]) -> Iterable[str]:
    for quarter in quarters:
        for one in kept:
            if not of_quarter(one, quarter):
                continue
            late = one.counts.late if one.counts else one.status == Status.LATE
            missing = one.counts.overdue if one.counts else one.status == Status.MISSING
            if late or missing:
                yield f"{one.period_name}{duty_of(one.duty).title}：{one.word}"
    for one in standing:
        yield f"{duty_of(one.duty).title}（{one.period_name}）：{one.word}"
