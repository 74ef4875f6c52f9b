"""Keeps the board's rows up to date, unit by unit: only what moved is worked out again.

A unit's rows are stale when something of it was published, withdrawn, granted or entered in the roster since
(the outbox tells), when the day in China moved on, or when the regime or the first quarter of the board changed.
Working them out only reads (`compute`); writing them is short (`store`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select

from portal.domain.regimes import Regime
from portal.services.board.computing import Basis, Computed, basis_of, compute
from portal.services.board.county import County
from portal.services.supervision.opening import take_up
from portal.services.supervision.outcomes import EVENT as OUTCOME
from portal.store.tables import BoardCell, BoardFinding, BoardUnit, Outbox, Record, Unit

__all__ = ["Computed", "compute", "compute_some", "refresh", "stale_units", "store"]


def stale_units(county: County, regime: Regime, now: datetime, *, basis: Basis | None = None) -> list[Unit]:
    """Return the units whose rows are missing or stale, in the order in which they are waited for.

    First those of which something was published or entered just now, then those without any rows, then the rest;
    each group in roster order.
    """
    today = basis or basis_of(county, regime, now)
    # Not the details: every page asks this, and they are the bulk of a row.
    stamps = select(BoardUnit.unit_id, BoardUnit.change, BoardUnit.day, BoardUnit.basis)
    known = county.session.execute(stamps.where(BoardUnit.jurisdiction_id == county.id)).all()
    rows = {one.unit_id: one for one in known}
    moved = _moved(county, since=min((one.change for one in known), default=0))
    groups: tuple[list[Unit], list[Unit], list[Unit]] = ([], [], [])
    for unit in county.units():
        row = rows.get(unit.id)
        if row is None:
            groups[1].append(unit)
        elif max(moved.get(unit.id, 0), moved.get(None, 0)) > row.change:
            groups[0].append(unit)
        elif row.day != today.day or row.basis != today.digest:
            groups[2].append(unit)
    return [unit for group in groups for unit in group]


def _moved(county: County, *, since: int) -> dict[int | None, int]:
    """Return the newest change of each unit since a change; under None, of everybody."""
    whose = func.coalesce(Outbox.unit_id, Record.unit_id)
    query = (
        select(whose, func.max(Outbox.id))
        .join(Record, Record.id == Outbox.record_id, isouter=True)
        .where(
            Outbox.jurisdiction_id == county.id,
            Outbox.id > since,
            Outbox.event != OUTCOME,  # Moves the public counts of outcomes, and how no unit stands.
        )
        .group_by(whose)
    )
    return {unit: newest or 0 for unit, newest in county.session.execute(query)}


def compute_some(
    county: County, regime: Regime, *, now: datetime, most: int, seconds: float, but: Collection[int] = ()
) -> tuple[list[Computed], int]:
    """Work out stale units, at most so many and about so long, without those in `but`; and how many are left.

    Reads only. At least one is worked out where any is stale, so that the work ends however slow the machine is.
    """
    basis = basis_of(county, regime, now)
    stale = [one for one in stale_units(county, regime, now, basis=basis) if one.id not in but]
    began, done = time.monotonic(), []
    for unit in stale[:most]:
        done.append(compute(county, regime, unit, now=now, basis=basis))
        if time.monotonic() - began > seconds:
            break
    return done, len(stale) - len(done)


def store(county: County, computed: Computed) -> bool:
    """Replace a unit's rows; False where newer ones stand there already, or the unit is gone.

    What follows from the findings, the matters of the commission, is taken up in the same transaction.
    """
    unit = county.unit_of(computed.unit_id)
    if unit is None:
        return False
    row = county.session.scalar(county.rows(BoardUnit).where(BoardUnit.unit_id == unit.id))
    basis = computed.basis
    if row is not None and row.change >= basis.change:
        # A day ahead: worked out after midnight by somebody faster. More: a clock that was put back since.
        ahead = timedelta(0) < row.day - basis.day <= timedelta(days=1)
        if row.change > basis.change or ahead:
            return False
    _replace(county, unit, row, computed)
    county.session.flush()
    if (
        not computed.unreadable
    ):  # Nothing is known of it: neither that something is wanting, nor that it is mended.
        take_up(county, computed.regime, unit, now=computed.now)
    return True


def _replace(county: County, unit: Unit, row: BoardUnit | None, computed: Computed) -> None:
    session, basis = county.session, computed.basis
    for table in (BoardCell, BoardFinding):
        session.execute(
            delete(table).where(table.jurisdiction_id == county.id, table.unit_id == unit.id),
            execution_options={"synchronize_session": "fetch"},
        )
    whose = {"jurisdiction_id": county.id, "unit_id": unit.id}
    if computed.cells:
        session.execute(insert(BoardCell), [{**whose, **one} for one in computed.cells])
    if computed.findings:
        session.execute(insert(BoardFinding), [{**whose, **one} for one in computed.findings])
    if row is None:
        row = BoardUnit(**whose)
        session.add(row)
    row.change, row.day, row.basis = basis.change, basis.day, basis.digest
    row.index_passed, row.index_applicable = computed.index
    row.details = json.dumps(computed.details, ensure_ascii=False, sort_keys=True)
    row.computed_at = computed.now


def refresh(county: County, regime: Regime, *, now: datetime, limit: int | None = None) -> int:
    """Renew up to `limit` stale units (all without it) in the caller's transaction; return how many."""
    basis = basis_of(county, regime, now)
    wanted = stale_units(county, regime, now, basis=basis)[:limit]
    return sum(store(county, compute(county, regime, unit, now=now, basis=basis)) for unit in wanted)
