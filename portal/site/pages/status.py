"""公开情况: who published the quarter's finances in time, late, or not at all."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from portal.domain.calendar import Due, quarter_end, quarter_of, quarters, workdays_between
from portal.domain.documents.finance import FinanceDisclosure, StatementType
from portal.domain.regimes import Duty, Regime
from portal.domain.values import show_day, show_period
from portal.site.pages import paths
from portal.site.pages.shell import Context, area_meta
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

COLUMNS = 8
WORDS = {
    "ok": "按期",
    "late": "迟",
    "missing": "未公开",
    "waiting": "未到期",
    "nil": "无发生额",
    "none": "不适用",
    "gone": "已撤回",
}


@dataclass(frozen=True)
class Mark:
    """The state of one duty: its code (see `WORDS`), what to say, more about it, and where it leads."""

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


@dataclass(frozen=True)
class Row:
    """One unit's marks: the delegation plan, then a mark for each quarter."""

    unit: UnitView
    plan: Mark
    marks: tuple[Mark, ...]

    @property
    def gaps(self) -> int:
        """How many duties are wanting."""
        return sum(one.gap for one in (self.plan, *self.marks))

    @property
    def weight(self) -> tuple[int, int, int, str]:
        """Sort the worst first: missing, then late, then roster order."""
        states = Counter(one.state for one in (self.plan, *self.marks))
        return (-states["missing"], -states["late"], self.unit.position, self.unit.slug)


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


def days_late(due: Due, published: date) -> int:
    """Return by how many working days `published` is past the deadline."""
    return max(workdays_between(due.day, published), 1) if published > due.day else 0


def finance_mark(
    unit: UnitView, record: RecordView | None, period: str, due: Due | None, today: date
) -> Mark:
    """Say how a unit stands with one quarter."""
    if record is not None:
        return _published_mark(record, due)
    if (unit.founded_on and unit.founded_on > quarter_end(period)) or (
        unit.abolished_on and unit.abolished_on <= quarter_end(period)
    ):
        why = (
            "单位成立于该季度之后"
            if unit.founded_on and unit.founded_on > quarter_end(period)
            else "单位已撤销"
        )
        return Mark("none", "不适用", why)
    if due is None:
        return Mark("none", "不适用", "当时未规定公开期限")
    if today <= due.day:
        return Mark("waiting", "未到期", f"{show_day(due.day)}到期")
    return Mark("missing", "未公开", f"已逾期 {days_late(due, today)} 个工作日")


def _published_mark(record: RecordView, due: Due | None) -> Mark:
    path = paths.record_path(record)
    first = record.versions[0].published_on
    if record.current is None:
        return Mark("gone", "已撤回", "内容已依法撤回，留有说明", path)
    if due and (late := days_late(due, first)):
        return Mark("late", f"迟 {late} 个工作日", f"{show_day(first)}公开，迟 {late} 个工作日", path)
    if isinstance(record.document, FinanceDisclosure) and record.document.nil:
        return Mark("nil", "无发生额", f"{show_day(first)}公开，本期无发生额", path)
    return Mark("ok", "按期", f"{show_day(first)}公开", path)


def record_mark(view: JurisdictionView, record: RecordView, today: date) -> Mark | None:
    """Return the mark of one quarterly disclosure, for its own page."""
    if record.kind.code != "finance" or len(record.slug) != 6 or "Q" not in record.slug:
        return None
    mark = finance_mark(record.unit, record, record.slug, view.regime.finance_due(record.slug), today)
    return None if mark.state == "gone" else mark


def plan_mark(snapshot: Snapshot, unit: UnitView) -> Mark:
    """Say whether the unit's delegation plan is public."""
    plans = [one for one in snapshot.records_of(unit, "delegation") if one.current]
    if plans:
        newest = max(plans, key=plan_order)
        day = show_day(newest.latest.published_on)
        return Mark("ok", "已公开", f"{day}公开", paths.record_path(newest))
    if unit.abolished_on and unit.abolished_on <= snapshot.today:
        return Mark("none", "不适用", "单位已撤销")
    return Mark("missing", "未公开", "尚未公开授权分工方案")


def plan_order(record: RecordView) -> tuple[str, int]:
    """Sort plans by the day from which they run."""
    since = getattr(record.document, "effective_from", None)
    return (since.isoformat() if since else "", record.id)


def columns(snapshot: Snapshot, view: JurisdictionView) -> list[Quarter]:
    """Return the quarters of the board: from the first one disclosed, the newest eight that have ended."""
    last = _previous(quarter_of(snapshot.today))
    disclosed = [
        one.slug
        for one in snapshot.records_in(view.slug, "finance")
        if len(one.slug) == 6 and one.slug[4] == "Q" and one.slug <= last
    ]
    span = quarters(min(disclosed, default=last), last)[-COLUMNS:]
    return [Quarter(period, view.regime.finance_due(period)) for period in span]


def _previous(period: str) -> str:
    year, quarter = int(period[:4]), int(period[5])
    return f"{year}Q{quarter - 1}" if quarter > 1 else f"{year - 1}Q4"


def board(snapshot: Snapshot, view: JurisdictionView) -> tuple[list[Quarter], list[Row]]:
    """Return the columns and the rows of a jurisdiction's board, the worst first. Worked out once a snapshot."""
    key = ("board", view.slug)
    if key not in snapshot.derived:
        heads = columns(snapshot, view)
        rows = []
        for unit in view.units:
            mine = finance_of(snapshot, unit)
            rows.append(
                Row(
                    unit,
                    plan_mark(snapshot, unit),
                    tuple(
                        finance_mark(unit, mine.get(head.period), head.period, head.due, snapshot.today)
                        for head in heads
                    ),
                )
            )
        snapshot.derived[key] = heads, sorted(rows, key=lambda row: row.weight)
    found: tuple[list[Quarter], list[Row]] = snapshot.derived[key]
    return found


def newest_due(
    snapshot: Snapshot, view: JurisdictionView
) -> tuple[Quarter, list[tuple[UnitView, Mark]]] | None:
    """Return the newest quarter whose deadline is past, with every unit's mark in board order."""
    heads, rows = board(snapshot, view)
    for place in range(len(heads) - 1, -1, -1):
        due = heads[place].due
        if due and due.day < snapshot.today:
            order = {"missing": 0, "late": 1}
            marks = [(row.unit, row.marks[place]) for row in rows]
            return heads[place], sorted(
                marks, key=lambda pair: (order.get(pair[1].state, 9), pair[0].position)
            )
    return None


def coming(regime: Regime, kind: str, today: date) -> list[Duty]:
    """Return the values of a duty that are laid down but not in force yet, earliest first."""
    later = [one for one in regime.duties if one.kind == kind and one.valid_from > today]
    return sorted(later, key=lambda one: one.valid_from)


def status_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """公开情况: the board of unit × quarter."""
    heads, rows = board(snapshot, view)
    latest = newest_due(snapshot, view)
    tally = Counter(mark.state for _, mark in latest[1]) if latest else Counter[str]()
    return {
        "meta": area_meta(
            view,
            "status",
            f"{len(view.units)} 个单位的公开情况" if view.units else "公开情况",
            f"{view.regime.name}各单位授权分工方案和季度财务的公开情况：按期、迟公开、未公开，一行一个单位。",
            label="公开情况",
            nav="status",
        ),
        "heads": heads,
        "rows": rows,
        "wanting": sum(row.gaps > 0 for row in rows),
        "latest": latest[0] if latest else None,
        "tally": tally,
        "duty": view.regime.duty("finance", snapshot.today),
        "later": coming(view.regime, "finance", snapshot.today),
    }
