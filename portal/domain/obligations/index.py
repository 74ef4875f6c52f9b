"""规范指数: an open formula. Weighted items that a unit passes or fails, each with what it rests on.

指数 = 100 × 符合项的权重之和 ÷ 适用项的权重之和. The items and their weights are dated data of the regime;
anyone can work it out again from the published records.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from portal.domain.calendar import add_months
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.obligations.board import Standing
from portal.domain.obligations.case import Case
from portal.domain.obligations.duties import Cell, Evidence, Status
from portal.domain.regime_sections import IndexItem
from portal.domain.rules.check import Report, State
from portal.domain.rules.terms import Severity
from portal.domain.rules.unit_file import PublishedDocument
from portal.domain.values import show_period

Checked = Sequence[tuple[PublishedDocument, Report]]


@dataclass(frozen=True)
class Scored:
    """One item for one unit: passed, failed, or None where it does not apply; how many cases, and the evidence."""

    item: IndexItem
    passed: bool | None
    tested: int
    evidence: tuple[Evidence, ...]
    note: str = ""


@dataclass(frozen=True)
class Index:
    """A unit's index with all its items."""

    items: tuple[Scored, ...]

    @property
    def applicable(self) -> int:
        """The weight of the items that apply."""
        return sum(one.item.weight for one in self.items if one.passed is not None)

    @property
    def passed(self) -> int:
        """The weight of the items that were passed."""
        return sum(one.item.weight for one in self.items if one.passed)

    @property
    def value(self) -> Fraction | None:
        """The index from 0 to 100, exact; None where nothing applies."""
        return Fraction(100 * self.passed, self.applicable) if self.applicable else None

    @property
    def text(self) -> str:
        """The index with one decimal, rounded half up; a dash where nothing applies."""
        if self.value is None:
            return "—"
        tenths = int(self.value * 10 + Fraction(1, 2))
        return f"{tenths // 10}.{tenths % 10}"


def index_of(case: Case, found: Standing, checked: Checked) -> Index:
    """Return a unit's index; one without items where the unit is gone. `checked` is every record in force with what the rule book says of it."""
    items: list[Scored] = []
    standing = _plan_in_force(checked, case.today)
    if not case.exists_on(case.today):
        return Index(())
    for item in case.regime.index_on(case.today):
        since = _since(case.today, item)
        items.append(_by_duty(item, found, since) if item.duty else _by_rules(item, checked, since, standing))
    return Index(tuple(items))


def _plan_in_force(checked: Checked, today: date) -> PublishedDocument | None:
    """Return the delegation plan in force: it counts however long ago it was published."""
    plans = [
        record
        for record, _ in checked
        if isinstance(record.document, DelegationPlan) and record.document.effective_from <= today
    ]
    newest = max(plans, key=lambda one: one.document.binding_day() or date.min, default=None)
    if newest is None or not isinstance(newest.document, DelegationPlan):
        return None
    until = newest.document.effective_to
    return None if until and until < today else newest


def _since(today: date, item: IndexItem) -> date:
    if item.within.unit == "month":
        return add_months(today, -item.within.count)
    return today - timedelta(days=item.within.count)


def _by_duty(item: IndexItem, found: Standing, since: date) -> Scored:
    cells = [one for one in found.of(item.duty or "") if _counts(one, found, since)]
    # What was taken back is not there to be read: it is neither kept nor a gap.
    judged = [one for one in cells if one.status.wanting or (one.status.kept and not one.withdrawn)]
    wanting = [one for one in judged if one.status.wanting]
    passed = None if not judged else not wanting
    evidence = tuple(
        Evidence(seen.ref if (seen := next(iter(one.evidence), None)) else "", one.done_on, _told(one))
        for one in (wanting or judged)
    )
    return Scored(item, passed, len(judged), evidence, "" if judged else "尚无到期的义务")


def _counts(cell: Cell, found: Standing, since: date) -> bool:
    """A gap that is open today counts whenever it began; what is done counts as long as its deadline is recent."""
    if cell.status == Status.MISSING or cell is found.last(cell.duty.code):
        return True
    return cell.due is None or cell.due.day >= since


def _told(cell: Cell) -> str:
    period = show_period(cell.period) if len(cell.period) in (4, 6) and cell.period[:4].isdigit() else ""
    note = f"（{cell.note}）" if cell.note else ""
    return f"{period}{cell.duty.title}：{cell.word}{note}"


def _by_rules(item: IndexItem, checked: Checked, since: date, standing: PublishedDocument | None) -> Scored:
    """Only breaches (违规) fail an item; a warning or a hint rests on less than a rule of the place."""
    tested = 0
    doubtful = 0
    broken: list[Evidence] = []
    wanted = frozenset(item.rules)
    for record, report in checked:
        if record.published_on is None:
            continue
        if record is not standing and max(record.published_on, record.changed_on or date.min) < since:
            continue
        for one in report.checks:
            if one.rule.id not in wanted:
                continue
            if one.state == State.UNCLEAR:
                doubtful += 1
                continue
            tested += 1
            broken += [
                Evidence(record.ref, record.published_on, f"{seen.title}：{seen.seen}")
                for seen in one.findings
                if seen.severity in (Severity.BLOCK, Severity.RED)
            ]
    note = f"另有 {doubtful} 次核对因资料不全没有结论，不计入" if doubtful else ""
    if not tested:
        return Scored(item, None, 0, (), note or "没有涉及的公开内容")
    return Scored(item, not broken, tested, tuple(broken), note)


def average(values: Iterable[Fraction | None]) -> Fraction | None:
    """Return the plain average of the units that have an index."""
    known = [one for one in values if one is not None]
    return sum(known, Fraction(0)) / len(known) if known else None
