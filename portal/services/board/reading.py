"""What the board's rows say: cells by column, findings, the quarters there are."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from portal.services.board.computing import EVENTS
from portal.services.board.county import County
from portal.services.compliance import QUARTERLY
from portal.store.tables import BoardCell, BoardFinding, BoardUnit


def cells_of(county: County, *, quarter: str) -> list[BoardCell]:
    """Return the cells of a column, by unit, oldest first; a blank one: the standing duties as of today."""
    return list(
        county.session.scalars(
            county.rows(BoardCell)
            .where(BoardCell.quarter == quarter)
            .order_by(BoardCell.unit_id, BoardCell.id)
        )
    )


def findings_of(county: County, *, unit_id: int | None = None) -> list[BoardFinding]:
    """Return the findings in records in force, of one unit or of all, in the order of the records."""
    query = county.rows(BoardFinding).order_by(BoardFinding.unit_id, BoardFinding.id)
    return list(
        county.session.scalars(query if unit_id is None else query.where(BoardFinding.unit_id == unit_id))
    )


def quarters_of(county: County) -> list[str]:
    """Return the quarters of the board, oldest first; the running one where something happened in it."""
    query = (
        select(BoardCell.quarter)
        .where(BoardCell.jurisdiction_id == county.id, BoardCell.duty.in_(_of_quarters()))
        .distinct()
    )
    return sorted(one for one in county.session.scalars(query) if one)


def units_of(county: County) -> dict[int, BoardUnit]:
    """Return each unit's row by the unit's number: of when it is, its index, the details."""
    return {one.unit_id: one for one in county.session.scalars(county.rows(BoardUnit))}


def _of_quarters() -> Iterable[str]:
    return sorted(QUARTERLY | EVENTS)
