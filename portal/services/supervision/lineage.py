"""Which units went on in which: followed over several mergers, and not where an end was taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from portal.domain.fates import ENDS, Fate
from portal.services.board.county import County
from portal.store.tables import Unit, UnitEvent


@dataclass(frozen=True)
class End:
    """Since when a unit has ended, and the unit that goes on in its place; None where there is none."""

    on: date
    into: int | None


def ends(county: County) -> dict[int, End]:
    """Return the ends that stand, by unit; those of days to come too."""
    kinds = [one.value for one in ENDS]
    events = county.session.scalars(
        county.rows(UnitEvent).where(UnitEvent.kind.in_(kinds)).order_by(UnitEvent.id)
    )
    into = {one.unit_id: one.other_id if one.kind == Fate.MERGED.value else None for one in events}
    return {
        one.id: End(one.abolished_on, into.get(one.id))
        for one in county.units()
        if one.abolished_on is not None
    }


def successors(known: dict[int, End], unit: int, *, on: date) -> list[int]:
    """Return the units that went on in a unit's place by that day, one after the other."""
    found: list[int] = []
    while (end := known.get(unit)) and end.into is not None and end.on <= on and end.into not in found:
        unit = end.into
        found.append(unit)
    return found


def absorbed(county: County, unit: Unit) -> list[Unit]:
    """Return the units that went on, or will go on, in this one."""
    known = ends(county)
    return [one for one in county.units() if unit.id in successors(known, one.id, on=date.max)]


def newest(county: County) -> int:
    """Return the number of the newest step that joined units or parted them again."""
    kinds = (Fate.MERGED.value, Fate.RESTORED.value)
    query = select(func.max(UnitEvent.id)).where(
        UnitEvent.jurisdiction_id == county.id, UnitEvent.kind.in_(kinds)
    )
    return county.session.scalar(query) or 0
