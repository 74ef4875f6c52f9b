"""A unit's quarters side by side: the course of its money, and what changed since the quarter before.

A quarter that is not public is a gap and never a nought; a quarter that the
unit declared to be without income and expense is a nought and says so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from portal.domain.calendar import previous_quarter, quarters
from portal.domain.documents.base import Document
from portal.domain.documents.finance import FinanceDisclosure, FundLine, PublicFund
from portal.domain.values import show_period, show_yuan
from portal.site.pages.kinds.figures import UNFILLED, rate, signed
from portal.site.pages.trends import Point, Series, Stop, Trend, trend
from portal.site.snapshot import RecordView, Snapshot, UnitView

SPAN = 8  # Two years: each quarter beside the same quarter of the year before.
MISSING, WITHDRAWN, BLANK = "缺", "撤", "未"
WORDS = {MISSING: "没有公开", WITHDRAWN: "已撤回", BLANK: "没有填写"}
_NUMERALS = "零一两三四五六七八"

Take = Callable[[FinanceDisclosure], int | None]


@dataclass(frozen=True)
class Quarter:
    """One quarter: its disclosure in force, or the mark of why there is none; `path` leads to its page."""

    period: str
    document: FinanceDisclosure | None
    gap: str
    path: str
    current: bool

    @property
    def name(self) -> str:
        """The quarter in words."""
        return show_period(self.period)

    @property
    def word(self) -> str:
        """Why there are no figures."""
        return WORDS.get(self.gap, "")

    def point(self, take: Take) -> Point:
        """Return one of its figures as a point of a line."""
        if self.document is None:
            return Point(None, gap=self.gap)
        value = take(self.document)
        if value is None:
            return Point(None, gap=BLANK)
        return Point(value, nil=self.document.nil and not value)


def quarters_of(snapshot: Snapshot, unit: UnitView) -> dict[str, RecordView]:
    """Return the unit's quarterly disclosures by period, withdrawn ones too; worked out once for all its pages."""
    key = ("quarters", unit.id)
    if key not in snapshot.derived:
        pairs = ((_period(one), one) for one in snapshot.records_of(unit, "finance"))
        snapshot.derived[key] = {period: one for period, one in pairs if period}
    found: dict[str, RecordView] = snapshot.derived[key]
    return found


def _period(record: RecordView) -> str | None:
    """Return the quarter of a record; of one whose content is destroyed, its address still says it."""
    known = next((one.document for one in reversed(record.versions) if one.document), None)
    if isinstance(known, FinanceDisclosure):
        return known.period if known.is_quarterly() else None
    return record.slug if re.fullmatch(r"\d{4}Q[1-4]", record.slug) else None


def quarter_of(snapshot: Snapshot, record: RecordView, document: FinanceDisclosure, period: str) -> Quarter:
    """Return one quarter of the record's unit; the record's own is the version that is shown."""
    if period == document.period:
        return Quarter(period, document, "", "", current=True)
    one = quarters_of(snapshot, record.unit).get(period)
    if one is None:
        return Quarter(period, None, MISSING, "", current=False)
    known = one.document
    if not isinstance(known, FinanceDisclosure):
        return Quarter(period, None, WITHDRAWN, one.path, current=False)
    return Quarter(period, known, "", one.path, current=False)


def course(snapshot: Snapshot, record: RecordView, document: FinanceDisclosure) -> list[Quarter]:
    """Return up to eight quarters that end with the document's own; only this one where no earlier is public."""
    if not document.is_quarterly():
        return []
    known = [period for period in quarters_of(snapshot, record.unit) if period <= document.period]
    span = quarters(min([*known, document.period]), document.period)[-SPAN:]
    return [quarter_of(snapshot, record, document, period) for period in span]


def outline(document: Document) -> object:
    """Return what the pages of the unit's other quarters show of a disclosure."""
    if not isinstance(document, FinanceDisclosure):
        return None
    funds = [
        tuple((one.fund, one.amount) for one in lines)
        for lines in (document.public_funds, document.township_funds)
    ]
    return (
        document.period,
        document.is_quarterly(),
        document.nil,
        document.income_total,
        document.expense_total,
        document.closing,
        document.public_funds_total,
        funds,
    )


def income(document: FinanceDisclosure) -> int | None:
    """Return the quarter's income; a nil return that leaves it blank means nothing."""
    return 0 if document.nil and document.income_total is None else document.income_total


def expense(document: FinanceDisclosure) -> int | None:
    """Return the quarter's expense, likewise."""
    return 0 if document.nil and document.expense_total is None else document.expense_total


def public_funds(document: FinanceDisclosure) -> int | None:
    """Return the quarter's 三公经费: the declared total, else the sum of its lines."""
    if document.public_funds_total is not None:
        return document.public_funds_total
    if document.public_funds:
        return sum(one.amount for one in document.public_funds)
    return 0 if document.nil else None


def _fund(name: str, fund: PublicFund) -> Take:
    def take(document: FinanceDisclosure) -> int | None:
        lines: tuple[FundLine, ...] = getattr(document, name)
        if not lines and document.nil:
            return 0
        found = [one.amount for one in lines if one.fund == fund]
        return sum(found) if found else None

    return take


def _funds_in(name: str, documents: Sequence[FinanceDisclosure]) -> list[PublicFund]:
    seen = {one.fund for document in documents for one in getattr(document, name)}
    return [fund for fund in PublicFund if fund in seen]


@dataclass(frozen=True)
class Drawn:
    """A trend, its heading, and what the marks in it mean."""

    heading: str
    note: str
    drawing: Trend


def _drawn(
    course: Sequence[Quarter], what: str, takes: Sequence[tuple[str, Take]], message: str = ""
) -> Drawn | None:
    stops = [Stop(f"{one.period[5]}季", one.period[:4], one.name) for one in course]
    series = [Series(name, tuple(one.point(take) for one in course)) for name, take in takes]
    # A line without a single value would only be a name in the legend.
    series = [one for one in series if any(point.value is not None for point in one.points)]
    heading = f"近{_NUMERALS[len(course)]}个季度{what}"
    drawing = trend(stops, series, title=f"{heading}。{message}" if message else heading) if series else None
    if drawing is None:
        return None
    marks = {label.text for label in drawing.labels}
    notes = [f"{mark}：{word}" for mark, word in WORDS.items() if mark in marks]
    if any(point.nil for one in series for point in one.points):
        notes.append("空心圆：本季无发生额")
    return Drawn(
        heading, "。".join([f"单位：{drawing.unit}", *(["；".join(notes)] if notes else [])]), drawing
    )


def money_trend(course: Sequence[Quarter], changes: Changes | None) -> Drawn | None:
    """Draw income and expense."""
    said = next((one.sentence for one in changes.rows if one.label == EXPENSE), "") if changes else ""
    return _drawn(course, "支出和收入", (("支出", expense), ("收入", income)), said)


def public_funds_trend(course: Sequence[Quarter]) -> Drawn | None:
    """Draw the total of 三公经费."""
    return _drawn(course, "三公经费合计", (("三公经费合计", public_funds),))


def township_trend(course: Sequence[Quarter]) -> Drawn | None:
    """Draw the township's three expenses, each a line; None where it has none, or more lines than can be told apart."""
    funds = _funds_in("township_funds", [one.document for one in course if one.document])
    if not 1 <= len(funds) <= 3:
        return None
    return _drawn(course, "三项费用", [(fund.label, _fund("township_funds", fund)) for fund in funds])


@dataclass(frozen=True)
class Row:
    """One quarter as a row of the table beside the trend; `word` in place of figures where there are none."""

    name: str
    path: str
    current: bool
    word: str
    cells: tuple[str, ...]
    nil: bool


def table(course: Sequence[Quarter]) -> list[Row]:
    """Return the exact figures of the quarters: income, expense, 三公经费."""
    return [
        Row(
            one.name,
            one.path,
            one.current,
            one.word,
            tuple(_write(take(one.document)) for take in (income, expense, public_funds))
            if one.document
            else (),
            bool(one.document and one.document.nil),
        )
        for one in course
    ]


def _write(fen: int | None) -> str:
    return UNFILLED if fen is None else show_yuan(fen)


EXPENSE = "支出合计"


@dataclass(frozen=True)
class Change:
    """One figure now and a quarter ago; `percent` is a word where there is no percentage to give."""

    label: str
    now: str
    before: str
    delta: str
    percent: str
    sentence: str
    part: bool  # One line of the total above it.


@dataclass(frozen=True)
class Changes:
    """The change since the quarter before; `why` says why there is nothing to compare with."""

    previous: str
    why: str
    note: str
    rows: tuple[Change, ...]


def changes(snapshot: Snapshot, record: RecordView, document: FinanceDisclosure) -> Changes | None:
    """Compare with the quarter before; None for what is no quarterly disclosure."""
    if not document.is_quarterly():
        return None
    earlier = quarter_of(snapshot, record, document, previous_quarter(document.period))
    before = earlier.document
    if before is None:
        why = (
            f"上季度（{earlier.name}）的公开已经撤回，内容不再展示，因此不作比较。"
            if earlier.gap == WITHDRAWN
            else f"上季度（{earlier.name}）没有在本平台公开，因此无从比较。"
        )
        return Changes(earlier.name, why, "", ())
    nil = [
        name for name, one in ((show_period(document.period), document), (earlier.name, before)) if one.nil
    ]
    note = f"{'、'.join(nil)}无发生额，按零计算。" if nil else ""
    return Changes(earlier.name, "", note, tuple(_changes(document, before)))


def _changes(now: FinanceDisclosure, before: FinanceDisclosure) -> Iterator[Change]:
    takes: list[tuple[str, Take, bool]] = [
        ("收入合计", income, False),
        (EXPENSE, expense, False),
        ("期末余额", lambda one: one.closing, False),
        ("三公经费合计", public_funds, False),
    ]
    publics = _funds_in("public_funds", [now, before])
    takes += [(fund.label, _fund("public_funds", fund), True) for fund in publics]
    townships = _funds_in("township_funds", [now, before])
    if townships:
        takes.append(("三项费用合计", lambda one: _sum(one.township_funds, nil=one.nil), False))
    takes += [(fund.label, _fund("township_funds", fund), True) for fund in townships]
    for label, take, part in takes:
        pair = take(now), take(before)
        if pair != (None, None):
            yield _change(label, *pair, part=part)


def _sum(lines: Sequence[FundLine], *, nil: bool) -> int | None:
    return sum(one.amount for one in lines) if lines or nil else None


def _change(label: str, now: int | None, before: int | None, *, part: bool) -> Change:
    if now is None or before is None:
        return Change(label, _write(now), _write(before), "—", "—", "", part)
    delta = now - before
    percent = "持平" if not delta else "上季为零" if not before else signed(rate(delta, before)) or "—"
    sentence = f"本季{label}与上季度持平" if not delta else ""
    if delta and before > 0:
        sentence = f"本季{label}比上季度{'增加' if delta > 0 else '减少'}{rate(abs(delta), before)}"
    return Change(label, _write(now), _write(before), signed(show_yuan(delta)), percent, sentence, part)
