"""不管不问 over the database: each unit's quarter, and the matters that open by themselves.

attention_of(county, regime, *, quarter, now) -> list[(Unit, Attention)]
neglect_over(county, regime, *, quarters, now) -> list[(Unit, quarter, words)]
take_up_neglect(county, regime, *, quarter, now) -> int         matters opened, added to, or of which something has gone
quarter_to_take_up(now) -> str                                  the newest quarter that has ended
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from portal.domain.calendar import previous_quarter, quarter_end, quarter_of
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.obligations.case import Case
from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Source
from portal.domain.supervision.neglect import KINDS, Attention, State, attention, neglected
from portal.domain.values import show_period
from portal.services.board.county import County
from portal.services.board.reading import units_of
from portal.services.board.refreshing import stale_units
from portal.services.checking import SHANGHAI
from portal.services.compliance import cases_of
from portal.services.supervision.opening import NewItem, mark_gone, open_matter
from portal.store.tables import Jurisdiction, Matter, MatterItem, Unit

Attended = dict[int, list[Attention]]  # By the unit's number.
CAUSE = "neglect"
_FEW = 6  # Units whose records are asked for one by one; of more, all of the county's are read at once.


def quarter_to_take_up(now: datetime) -> str:
    """Return the newest quarter that has ended; units whose data are not due yet are passed over."""
    return previous_quarter(quarter_of(now.astimezone(SHANGHAI).date()))


def attention_of(
    county: County, regime: Regime, *, quarter: str, now: datetime
) -> list[tuple[Unit, Attention]]:
    """Return how each unit's chief attended to a quarter, in roster order; empty where the regime asks for nothing."""
    cases = _cases(county, regime, now)
    return [
        (unit, one)
        for unit in county.units()
        if (case := cases.get(unit.id)) and (one := attention(case, quarter))
    ]


def neglect_over(
    county: County, regime: Regime, *, quarters: Iterable[str], now: datetime
) -> list[tuple[Unit, str, str]]:
    """Return the quarters of each unit in which its chief left no record of supervision, with what is said of them.

    The board has worked it out with its rows. No record is read again but for units whose rows are stale, or of
    quarters that the board does not look at.
    """
    periods, known, units = tuple(quarters), _worked_out(county, regime, now), county.units()
    left = [unit for unit in units if any(one not in known.get(unit.id, {}) for one in periods)]
    if len(left) > _FEW:
        cases = _cases(county, regime, now)
    else:
        cases = {unit.id: _cases(county, regime, now, only=unit)[unit.id] for unit in left}
    known |= {unit.id: neglected(cases[unit.id], periods) for unit in left}
    return [(unit, one, words) for unit in units for one in periods if (words := known[unit.id][one])]


def _worked_out(county: County, regime: Regime, now: datetime) -> dict[int, dict[str, str | None]]:
    """Return what the board's rows say of each quarter, of units whose rows are of now."""
    stale = {one.id for one in stale_units(county, regime, now)}
    return {
        row.unit_id: json.loads(row.details).get("neglect", {})
        for row in units_of(county).values()
        if row.unit_id not in stale
    }


def _cases(county: County, regime: Regime, now: datetime, *, only: Unit | None = None) -> dict[int, Case]:
    place = county.session.get(Jurisdiction, county.id)
    assert place is not None  # noqa: S101 - a county was opened by it.
    on = now.astimezone(SHANGHAI).date()
    return cases_of(county.session, regime, place, on=on, only=only, kinds=KINDS)


def attend(county: County, regime: Regime, *, quarter: str, now: datetime) -> Attended:
    """Work out what `take_up_neglect` goes by: the quarter, and those that stand as items, of each unit. Only reads."""
    cases, standing = _cases(county, regime, now), _standing(county)
    return {
        number: [
            one for period in sorted({quarter, *standing.get(number, ())}) if (one := attention(case, period))
        ]
        for number, case in cases.items()
    }


def needs_taking_up(county: County, attended: Attended) -> bool:
    """Tell whether taking up would change anything, so that nobody waits for a lock in vain."""
    standing = _standing(county)
    return any(
        (one.state is State.NEGLECTED) != (one.quarter in standing.get(number, ()))
        for number, found in attended.items()
        for one in found
        if one.state in (State.NEGLECTED, State.TENDED)
    )


def take_up_neglect(
    county: County, regime: Regime, *, quarter: str, now: datetime, attended: Attended | None = None
) -> int:
    """Open a matter (or add to the open one) for each unit whose chief has too few records of supervision in a quarter.

    Called again it changes nothing. Items of earlier quarters whose records were handed in meanwhile are marked
    gone. One matter of a unit holds all its quarters. `attended`: what `attend` worked out before the lock.
    """
    attended = attend(county, regime, quarter=quarter, now=now) if attended is None else attended
    standing, changed = _standing(county), 0
    for unit in county.units():
        found, known = attended.get(unit.id, []), standing.get(unit.id, set())
        if known:
            # Only what has been made good goes; what cannot be known any more stands as it was seen.
            tended = {one.quarter for one in found if one.state is State.TENDED}
            stays = {fingerprint(unit, period) for period in known - tended}
            changed += mark_gone(county, unit, source=Source.NEGLECT, cause=CAUSE, still=stays, now=now)
        if fresh := [one for one in found if one.state is State.NEGLECTED and one.quarter not in known]:
            open_matter(
                county,
                unit,
                source=Source.NEGLECT,
                cause=CAUSE,
                title="主要负责人没有监督检查记录",
                severity=Severity.YELLOW,
                items=[_item(unit, one, regime) for one in fresh],
                now=now,
                regime=regime,
            )
            changed += 1
    return changed


def _standing(county: County) -> dict[int, set[str]]:
    """Return the quarters for which each unit has an item that has not gone."""
    query = (
        county.rows(MatterItem)
        .join(Matter, Matter.id == MatterItem.matter_id)
        .where(Matter.source == Source.NEGLECT.value, MatterItem.gone_on.is_(None))
    )
    found: dict[int, set[str]] = defaultdict(set)
    for one in county.session.scalars(query):
        found[one.unit_id].add(one.period)
    return found


def neglect_matters(county: County, quarter: str) -> dict[int, Matter]:
    """Return the newest matter of each unit that has an item of that quarter, by the unit's number."""
    query = (
        county.rows(Matter)
        .join(MatterItem, MatterItem.matter_id == Matter.id)
        .where(Matter.source == Source.NEGLECT.value, MatterItem.period == quarter)
        .order_by(Matter.round)
    )
    return {one.unit_id: one for one in county.session.scalars(query)}


def fingerprint(unit: Unit, quarter: str) -> str:
    """Return what tells the same sight again: the unit and the quarter."""
    return hashlib.sha256(f"neglect\n{unit.slug}\n{quarter}".encode()).hexdigest()


def _item(unit: Unit, one: Attention, regime: Regime) -> NewItem:
    terms = regime.neglect_on(quarter_end(one.quarter))
    return NewItem(
        fingerprint=fingerprint(unit, one.quarter),
        ref=one.ref,
        kind=FinanceDisclosure.kind.code,
        slug=one.quarter if one.ref else "",
        title=one.title or f"{show_period(one.quarter)}财务公开",
        period=one.quarter,
        seen=f"{show_period(one.quarter)}，{one.note}。",
        remedy="检查过票据、听取过报告的，请补填到该季度的财务公开中；没有的，请说明原因。",
        basis=terms.source if terms else "",
    )
