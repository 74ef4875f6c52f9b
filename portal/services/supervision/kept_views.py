"""The public's view in the database: what was worked out once outlasts a restart, as long as nothing has moved on.

    kept(county, quarter, stamps) -> {unit's number: Conduct}          what still holds
    unkept(county, views, *, program) -> Unkept                        what is to be written; reads only
    keep(county, unkept)                                               writes it; short

A row holds by its stamp: a digest of what the in-memory views go by (the day, the regime, the quarters of the board,
the newest change of the unit and of the county, the unit's own facts) and of the program, for another one may count
otherwise. Nothing is ever shown by a row whose stamp is another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select

from portal.domain.supervision.conduct import Conduct, kept_text, read_kept
from portal.services.board.county import County
from portal.store.tables import BoardConduct

if TYPE_CHECKING:
    from portal.services.supervision.in_public import InPublic

Stamps = Mapping[str, str]  # By the unit's address.


@dataclass(frozen=True)
class Unkept:
    """Rows that are wanting or stale, and which views and units have rows at all."""

    rows: tuple[dict[str, Any], ...]
    quarters: frozenset[str]
    units: frozenset[int]
    left: bool  # Rows of other views or units are there.

    @property
    def nothing(self) -> bool:
        """Tell whether there is nothing to be written."""
        return not self.rows and not self.left


def stamps_of(basis: tuple[object, ...], marks: Mapping[str, object], *, program: str) -> Stamps:
    """Return each unit's stamp."""
    common = sha256(repr((program, basis)).encode()).hexdigest()
    return {slug: sha256(f"{common}\n{mark!r}".encode()).hexdigest() for slug, mark in marks.items()}


def kept(county: County, quarter: str, stamps: Mapping[int, str]) -> dict[int, Conduct]:
    """Return the conduct of those of the units, by number, whose row bears their stamp."""
    query = select(BoardConduct.unit_id, BoardConduct.stamp, BoardConduct.conduct).where(
        BoardConduct.jurisdiction_id == county.id, BoardConduct.quarter == quarter
    )
    return {
        unit: read_kept(text)
        for unit, stamp, text in county.session.execute(query)
        if stamps.get(unit) == stamp
    }


def unkept(county: County, views: Mapping[str, InPublic], *, program: str) -> Unkept:
    """Return what of the views is not kept yet. `views`: of today under a blank, of an earlier day by its quarter."""
    query = select(BoardConduct.unit_id, BoardConduct.quarter, BoardConduct.stamp)
    found = county.session.execute(query.where(BoardConduct.jurisdiction_id == county.id))
    known = {(unit, quarter): stamp for unit, quarter, stamp in found}
    numbers = {one.slug: one.id for one in county.units()}
    rows, current = [], set()
    for quarter, view in views.items():
        stamps = stamps_of(view.basis, view.marks, program=program)
        for one in view.units:
            key = numbers[one.slug], quarter
            current.add(key)
            if known.get(key) != stamps[one.slug]:
                rows.append(
                    {
                        "jurisdiction_id": county.id,
                        "unit_id": key[0],
                        "quarter": quarter,
                        "stamp": stamps[one.slug],
                        "conduct": kept_text(one),
                    }
                )
    units = frozenset(unit for unit, _ in current)
    return Unkept(tuple(rows), frozenset(views), units, bool(known.keys() - current))


def keep(county: County, unkept: Unkept) -> None:
    """Write it, and throw away what no view has any more: it may tell of what was destroyed since."""
    mine = delete(BoardConduct).where(BoardConduct.jurisdiction_id == county.id)
    county.session.execute(
        mine.where(BoardConduct.quarter.not_in(unkept.quarters) | BoardConduct.unit_id.not_in(unkept.units))
    )
    for quarter in unkept.quarters:
        units: Sequence[int] = [one["unit_id"] for one in unkept.rows if one["quarter"] == quarter]
        county.session.execute(mine.where(BoardConduct.quarter == quarter, BoardConduct.unit_id.in_(units)))
    if unkept.rows:
        county.session.execute(insert(BoardConduct), list(unkept.rows))
