"""What a unit still owes: every duty and period that is due or overdue, from the board's rows or from the records themselves.

from_board(county, regime, *, now) -> dict[unit_id, list[Reason]]           all units, as the board last saw them
from_records(county, regime, units, *, now) -> dict[unit_id, list[Reason]]  these units, as they stand now
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.obligations import Duty, Status, board_periods, duty_of, standing
from portal.domain.regimes import Regime
from portal.domain.supervision.ladder import Cell, ladder_stage, overdue_days
from portal.domain.supervision.terms import LadderStage
from portal.domain.supervision.wording import Point
from portal.domain.units import facts_of
from portal.services.board.county import County
from portal.services.board.screens import is_gone
from portal.services.checking import SHANGHAI
from portal.services.compliance import cases_of
from portal.services.compliance_answers import period_name
from portal.services.desk.tasks import first_quarter_of
from portal.store.tables import BoardCell, Jurisdiction, Unit

_TOLD = 3  # Periods of one duty that are told one by one: a line that nobody reads to its end says less.
_OPEN = frozenset({Status.MISSING, Status.DUE, Status.DUE_SOON, Status.EXTENDED})


@dataclass(frozen=True)
class Reason:
    """One duty of one period that is not kept. `overdue` counts working days, below zero what is left of them."""

    duty: Duty
    period: str
    due: date
    overdue: int
    stage: LadderStage | None
    basis: str

    @property
    def cell(self) -> Cell:
        """What a letter remembers of it."""
        return self.duty.code, self.period, self.due.isoformat()

    @property
    def name(self) -> str:
        """季度财务（2026年第三季度）."""
        return f"{self.duty.title}（{period_name(self.period)}）" if self.period else self.duty.title

    @property
    def point(self) -> Point:
        """The reason as a letter tells it."""
        return Point(self.name, self.due, self.overdue, basis=self.basis)


def named(reasons: Sequence[Reason]) -> str:
    """Return what these are called together: each duty once, with its periods, or with how many there are."""
    by_duty: dict[str, list[Reason]] = {}
    for one in reasons:
        by_duty.setdefault(one.duty.title, []).append(one)
    return "、".join(_one_duty(title, some) for title, some in by_duty.items())


def _one_duty(title: str, some: Sequence[Reason]) -> str:
    periods = [period_name(one.period) for one in some if one.period]
    if not periods:
        return title
    told = "、".join(periods) if len(periods) <= _TOLD else f"{periods[0]}等 {len(periods)} 期"
    return f"{title}（{told}）"


def from_board(county: County, regime: Regime, *, now: datetime) -> dict[int, list[Reason]]:
    """Return what every unit owes by its id, as the board last saw it."""
    today = now.astimezone(SHANGHAI).date()
    units = {one.id: one for one in county.units() if not is_gone(one, today)}
    rows = county.session.scalars(
        county.rows(BoardCell)
        .where(BoardCell.status.in_([one.value for one in _OPEN]), BoardCell.due.is_not(None))
        .order_by(BoardCell.unit_id, BoardCell.id)
    )
    found: dict[int, list[Reason]] = {}
    for row in rows:
        unit = units.get(row.unit_id)
        if unit is not None and row.due is not None:
            made = _reason(regime, unit, duty_of(row.duty), row.period, row.due, now=now)
            found.setdefault(unit.id, []).append(made)
    return found


def from_records(
    county: County, regime: Regime, units: Iterable[Unit], *, now: datetime, on: date | None = None
) -> dict[int, list[Reason]]:
    """Return what these units owe by their ids, from what is published now; counted as of `on` (default: today)."""
    place = county.session.get_one(Jurisdiction, county.id)
    first = first_quarter_of(county.session, place)
    today = now.astimezone(SHANGHAI).date()
    periods = board_periods([first] if first else [], today)
    found: dict[int, list[Reason]] = {}
    for unit in units:
        case = cases_of(county.session, regime, place, on=today, only=unit)[unit.id]
        found[unit.id] = [
            _reason(regime, unit, cell.duty, cell.period, cell.due.day, now=now, on=on)
            for cells in standing(case, periods).cells.values()
            for cell in cells
            if cell.due is not None and cell.status in _OPEN
        ]
    return found


def published_since(
    county: County, regime: Regime, unit: Unit, duty: str, period: str, *, now: datetime
) -> str:
    """Return how a duty stands that is owed no longer, for a letter that was not sent: 已于2026年10月19日公开."""
    place = county.session.get_one(Jurisdiction, county.id)
    today = now.astimezone(SHANGHAI).date()
    case = cases_of(county.session, regime, place, on=today, only=unit)[unit.id]
    quarter = [period] if len(period) == len("2026Q3") and "Q" in period else []
    cell = standing(case, quarter or board_periods([], today)).cell(duty, period)
    if cell is None:
        return "这一期没有这项义务"
    if cell.done_on is not None:
        day = cell.done_on
        return f"已于{day.year}年{day.month}月{day.day}日{cell.duty.act}"
    return f"现在是“{cell.word}”"


def _reason(
    regime: Regime, unit: Unit, duty: Duty, period: str, due: date, *, now: datetime, on: date | None = None
) -> Reason:
    day = on or now.astimezone(SHANGHAI).date()
    terms = regime.terms(duty.rule, due, facts_of(unit).type)
    return Reason(
        duty=duty,
        period=period,
        due=due,
        overdue=overdue_days(regime.calendar_on(due), due, day),
        stage=ladder_stage(regime, due, day),
        basis=terms.source if terms else "",
    )
