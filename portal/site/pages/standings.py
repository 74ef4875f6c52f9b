"""How one unit stands: every duty and period as a mark, and its conduct index with the evidence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.calendar import Due
from portal.domain.documents.finance import FinanceDisclosure, StatementType
from portal.domain.obligations import (
    DUTIES,
    Case,
    Cell,
    Duty,
    Index,
    Lost,
    Standing,
    Status,
    board_periods,
    index_of,
    standing,
)
from portal.domain.obligations.index import Scored
from portal.domain.obligations.periodic import finance
from portal.domain.supervision.conduct import period_name
from portal.domain.units import facts_of
from portal.domain.values import show_day, show_period
from portal.site import findings
from portal.site.pages import paths
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

_STATES = {
    Status.ON_TIME: "ok",
    Status.NIL: "nil",
    Status.LATE: "late",
    Status.MISSING: "missing",
    Status.EXEMPT: "none",
    Status.NOT_APPLICABLE: "none",
    Status.UNCLEAR: "note",
}


@dataclass(frozen=True)
class Mark:
    """The state of one duty: its code (see the template's icons), what to say, more about it, and where it leads."""

    state: str
    word: str
    note: str = ""
    path: str | None = None

    @property
    def gap(self) -> bool:
        """Tell whether something is wanting."""
        return self.state in ("late", "missing")


@dataclass(frozen=True)
class Quarter:
    """One column: a quarter and until when its finances were due."""

    period: str
    due: Due | None

    @property
    def label(self) -> str:
        """Such as 2026年第三季度."""
        return show_period(self.period)

    @property
    def until(self) -> str:
        """Until when, in words."""
        if self.due is None:
            return "未规定期限"
        return f"{show_day(self.due.day)}前" + ("（暂定）" if self.due.provisional else "")

    @property
    def rolled(self) -> str:
        """That the deadline moved on from a day off, if so."""
        return rolled_on(self.due) if self.due else ""


@dataclass(frozen=True)
class Row:
    """One unit's marks: the delegation plan, a mark for each quarter, and one for each other duty that it has.

    `missing` and `late` count the duties that are wanting.
    """

    unit: UnitView
    plan: Mark
    marks: tuple[Mark, ...]
    duties: dict[str, Mark | None]
    missing: int
    late: int
    gone: bool
    unknown: bool = False  # The unit's records could not be worked through: nothing is said of it.

    @property
    def name(self) -> str:
        """The unit's name, and that it is gone."""
        return f"{self.unit.name}{'（已撤销）' if self.gone else ''}"

    @property
    def gaps(self) -> int:
        """How many duties are wanting."""
        return self.missing + self.late

    @property
    def others(self) -> list[tuple[Duty, Mark]]:
        """The duties beside plan and quarterly finance in which something was owed, each with its mark."""
        return [(one, mark) for one in DUTIES if (mark := self.duties.get(one.code))]

    @property
    def weight(self) -> tuple[bool, int, int, int, str]:
        """Sort the worst first: missing, then late, then roster order; units that are gone last."""
        return (self.gone, -self.missing, -self.late, self.unit.position, self.unit.slug)


def finance_of(snapshot: Snapshot, unit: UnitView) -> dict[str, RecordView]:
    """Return the unit's quarterly disclosures by period."""
    return {
        record.slug: record
        for record in snapshot.records_of(unit, "finance")
        if _is_quarterly(record) and len(record.slug) == 6
    }


def _is_quarterly(record: RecordView) -> bool:
    known = next((one.document for one in reversed(record.versions) if one.document), None)
    return not isinstance(known, FinanceDisclosure) or known.statement == StatementType.QUARTERLY


def case_of(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> Case:
    """Return the unit's case as far as it is public."""
    key = ("case", unit.id)
    if key not in snapshot.derived:
        snapshot.derived[key] = Case(
            regime=view.regime,
            unit=facts_of(unit),
            today=snapshot.today,
            records=findings.documents_of(snapshot, unit),
            lost=tuple(
                Lost(one.kind.code, one.slug, one.versions[0].published_on, str(one.id))
                for one in snapshot.records_of(unit)
                if all(version.document is None for version in one.versions)
            ),
            exemptions=snapshot.exemptions.get(unit.id, ()),
            extensions=snapshot.extensions.get(unit.id, ()),
        )
    found: Case = snapshot.derived[key]
    return found


def mark_of(cell: Cell, where: dict[str, str]) -> Mark:
    """Return a cell as the page shows it; `where` leads from a record's id to its page."""
    path = next((where[seen.ref] for seen in cell.evidence if seen.ref in where), None)
    notes = [_deadline(cell), _rolled(cell), cell.note, cell.afterthought]
    state, word = _STATES.get(cell.status, "waiting"), cell.word
    if cell.withdrawn:
        notes.append("内容已依法撤回，留有说明")
        if cell.status.kept:
            state, word = "gone", "已撤回"
    return Mark(state, word, "；".join(one for one in notes if one), path)


def rolled_on(due: Due, done: date | None = None) -> str:
    """Say that a deadline moved on from a day off; blank where it did not, or all was done before that day was over."""
    if due.ended is None or (done and done <= due.ended):
        return ""
    return f"期满日{show_day(due.ended)}为休息日，顺延至{show_day(due.day)}"


def _rolled(cell: Cell) -> str:
    free = cell.status in (Status.EXEMPT, Status.NOT_APPLICABLE)
    return rolled_on(cell.due, cell.done_on) if cell.due and not free and not cell.counts else ""


def _deadline(cell: Cell) -> str:
    """Say when it was done, or until when it is due."""
    until = f"{show_day(cell.due.day)}{'（暂定）' if cell.provisional else ''}到期" if cell.due else ""
    if cell.counts:
        return ""
    if cell.done_on:
        late = f"，迟 {cell.days} {cell.day_unit}" if cell.status == Status.LATE else ""
        nil = "，本期无发生额" if cell.status == Status.NIL else ""
        return f"{show_day(cell.done_on)}{cell.duty.act}{late}{nil}"
    if cell.status == Status.MISSING:
        return f"{until}，已逾期 {cell.days} {cell.day_unit}" if until else ""
    return until if cell.status not in (Status.EXEMPT, Status.NOT_APPLICABLE) else ""


def summary(cells: Sequence[Cell]) -> Mark | None:
    """Return one mark for all periods of a duty, the gravest state first; None is blank: nothing was owed yet."""
    if not cells:
        return None
    duty = cells[0].duty
    missing = sum(one.counts.overdue if one.counts else one.status == Status.MISSING for one in cells)
    late = sum(one.counts.late if one.counts else one.status == Status.LATE for one in cells)
    told = f"{late} {duty.each}迟{duty.act}"
    if missing:
        return Mark("missing", f"{missing} {duty.each}未{duty.act}", f"另有 {told}" if late else "")
    if late:
        return Mark("late", told)
    if any(one.withdrawn and one.status.kept for one in cells):
        return Mark("gone", "已撤回")
    for status in (Status.UNCLEAR, Status.DUE_SOON, Status.DUE, Status.EXTENDED, Status.ON_TIME, Status.NIL):
        if chosen := next((one for one in cells if one.status == status), None):
            return Mark(_STATES.get(status, "waiting"), chosen.word)
    last = cells[-1]
    return Mark(_STATES.get(last.status, "waiting"), last.word)


def _where(snapshot: Snapshot, unit: UnitView) -> dict[str, str]:
    return {str(one.id): paths.record_path(one) for one in snapshot.records_of(unit)}


def record_mark(snapshot: Snapshot, view: JurisdictionView, record: RecordView) -> Mark | None:
    """Return the mark of one quarterly disclosure, for its own page."""
    if (
        record.kind.code != "finance"
        or len(record.slug) != 6
        or "Q" not in record.slug
        or record.current is None
    ):
        return None
    for cell in finance(case_of(snapshot, view, record.unit), [record.slug]):
        if any(seen.ref == str(record.id) for seen in cell.evidence):
            return mark_of(cell, {str(record.id): paths.record_path(record)})
    return None


def columns(snapshot: Snapshot, view: JurisdictionView) -> list[Quarter]:
    """Return the quarters of the board: from the first one disclosed, the newest eight that have ended."""
    key = ("columns", view.slug)
    if key not in snapshot.lasting:
        disclosed = [one for one in snapshot.finance_slugs(view) if len(one) == 6 and one[4] == "Q"]
        periods = board_periods(disclosed, snapshot.today)
        snapshot.lasting[key] = [Quarter(period, view.regime.finance_due(period)) for period in periods]
    found: list[Quarter] = snapshot.lasting[key]
    return found


def standing_of(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> Standing:
    """Return how a unit stands with each of its duties."""
    key = ("standing", unit.id)
    if key not in snapshot.derived:
        periods = [one.period for one in columns(snapshot, view)]
        snapshot.derived[key] = standing(case_of(snapshot, view, unit), periods)
    found: Standing = snapshot.derived[key]
    return found


def row_of(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> Row:
    """Return a unit's row of the board."""
    found = standing_of(snapshot, view, unit)
    where = _where(snapshot, unit)
    plan = found.last("plan")
    marks = []
    for head in columns(snapshot, view):
        cell = found.cell("finance", head.period)
        marks.append(mark_of(cell, where) if cell else Mark("none", "不适用"))
    states = Counter(one.status for one in found.wanting)
    gone = unit.abolished_on is not None and unit.abolished_on <= snapshot.today
    return Row(
        unit,
        mark_of(plan, where) if plan else Mark("none", "不适用", "没有规定公开期限"),
        tuple(marks),
        {
            duty.code: summary(found.of(duty.code))
            for duty in found.duties
            if duty.code not in ("plan", "finance")
        },
        missing=states[Status.MISSING],
        late=states[Status.LATE],
        gone=gone,
    )


def index_for(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> Index:
    """Return a unit's conduct index, from its public records."""
    key = ("index", unit.id)
    if key not in snapshot.derived:
        checked = [
            (one, report)
            for record in snapshot.records_of(unit)
            if (one := findings.published(record)) and (report := findings.report_of(snapshot, view, record))
        ]
        snapshot.derived[key] = index_of(
            case_of(snapshot, view, unit), standing_of(snapshot, view, unit), checked
        )
    found: Index = snapshot.derived[key]
    return found


def scored(snapshot: Snapshot, unit: UnitView, index: Index) -> list[tuple[Scored, Mark, list[Context]]]:
    """Return each item of a unit's index with its mark and its evidence as links."""
    where = _where(snapshot, unit)
    rows = []
    for one in index.items:
        mark = (
            Mark("none", "不适用")
            if one.passed is None
            else Mark("ok", "符合")
            if one.passed
            else Mark("breach", "不符合")
        )
        shown = one.evidence if one.passed is False else ()
        rows.append((one, mark, [{"what": seen.what, "path": where.get(seen.ref)} for seen in shown]))
    return rows


def groups_of(
    snapshot: Snapshot, view: JurisdictionView, unit: UnitView
) -> list[tuple[str, list[tuple[Duty, list[tuple[str, Mark]]]]]]:
    """Return a unit's duties by group, each with its newest periods first (a name and a mark each)."""
    where = _where(snapshot, unit)
    stands = standing_of(snapshot, view, unit)
    found: dict[str, list[tuple[Duty, list[tuple[str, Mark]]]]] = {}
    for duty in stands.duties:
        cells = stands.of(duty.code)[::-1]
        marks = [(period_label(one), mark_of(one, where)) for one in cells]
        found.setdefault(duty.group.label, []).append((duty, marks))
    return list(found.items())


def period_label(cell: Cell) -> str:
    """Return what a page calls the period of a cell."""
    return period_name(cell.duty.code, cell.period)
