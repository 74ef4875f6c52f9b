"""What an officer sees first: the newest quarter that is due in numbers, what waits, and what was done about the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.calendar import Due
from portal.domain.regimes import Regime
from portal.services.board.county import County
from portal.services.board.matrices import Base, base_of, by_duty, newest_due
from portal.services.board.reading import quarters_of
from portal.services.board.refreshing import stale_units
from portal.services.board.screens import Row, Sieve
from portal.services.checking import SHANGHAI
from portal.services.supervision import looking_back, queue

_WORST = 3  # Units that are named: what is to be looked at first is no list; the board has all of them.


@dataclass(frozen=True)
class Urgent:
    """A unit that is to be looked at first, and why: its gaps in the quarter, what is past its day, open breaches."""

    row: Row
    pressing: looking_back.Pressing


@dataclass(frozen=True)
class FirstLook:
    """Numbers of units and matters, each of which leads to what it counts.

    `finance` is the tally of the quarter's finance disclosures, `counts` of units by status over all duties,
    `matters` of matters by state (see `queue.counts`); `mine` are the officer's own open ones.
    """

    today: date
    quarter: str | None
    due: Due | None
    total: int
    finance: Mapping[str, int]
    counts: Mapping[str, int]
    urgent: tuple[Urgent, ...]
    unreadable: int
    waiting: int  # Units whose rows are being renewed.
    matters: Mapping[str, int]
    overdue: int
    mine: int
    desk: looking_back.Waiting
    before: LastQuarter | None  # None where the board has no quarter before.


@dataclass(frozen=True)
class LastQuarter:
    """The quarter before: what was done about it, and units that still have not published or published late."""

    quarter: str
    missing: int
    late: int
    done: looking_back.Done


def first_look(county: County, regime: Regime, *, now: datetime, account_id: int) -> FirstLook:
    """Return what an officer of the county sees first. Reads only."""
    today = now.astimezone(SHANGHAI).date()
    known = quarters_of(county)
    quarter = newest_due(known, regime, today)
    base = base_of(county)
    screen = by_duty(county, base, quarter=quarter, sieve=Sieve(), today=today) if quarter else None
    return FirstLook(
        today=today,
        quarter=quarter,
        due=regime.finance_due(quarter) if quarter else None,
        total=screen.total if screen else 0,
        finance=screen.tallies.get("finance", {}) if screen else {},
        counts=screen.counts if screen else {},
        urgent=_urgent(county, screen.rows if screen else [], today),
        unreadable=sum(row.unreadable for row in screen.rows) if screen else 0,
        waiting=len(stale_units(county, regime, now)),
        matters=queue.counts(county, queue.Wanted(), today),
        overdue=queue.overdue_count(county, today),
        mine=queue.counts(county, queue.Wanted(owner=str(account_id)), today).get("open", 0),
        desk=looking_back.waiting(county, today),
        before=_before(county, known, base, quarter, today) if quarter else None,
    )


def _urgent(county: County, rows: list[Row], today: date) -> tuple[Urgent, ...]:
    """Return the units to look at first: what is not there before what is past its day, breaches before lateness."""
    pressing = looking_back.pressing(county, today)
    found = [Urgent(row, pressing.get(row.unit.id, looking_back.Pressing())) for row in rows if not row.gone]
    found = [one for one in found if one.row.gaps or one.pressing != looking_back.Pressing()]
    found.sort(key=lambda one: (-one.row.missing, -one.pressing.past, -one.pressing.grave, -one.row.late))
    return tuple(found[:_WORST])


def _before(
    county: County, known: Sequence[str], base: Base, quarter: str, today: date
) -> LastQuarter | None:
    earlier = [one for one in known if one < quarter]
    if not earlier:
        return None
    screen = by_duty(county, base, quarter=earlier[-1], sieve=Sieve(duty="finance"), today=today)
    return LastQuarter(
        earlier[-1],
        screen.counts.get("missing", 0),
        screen.counts.get("late", 0),
        looking_back.done_about(county, earlier[-1], today),
    )
