"""Looks for entries of the register of rectification (整改台账): the commission's, a matter's, a unit's own."""

from __future__ import annotations

import base64
import hashlib
from datetime import date

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import joinedload

from portal.domain.supervision.rectifying import ENDED, State
from portal.services.board.county import County
from portal.services.desk.rooms import Room
from portal.services.supervision.lettering import matters_of_period
from portal.store.tables import Matter, Record, Rectification, SupervisionStep, Unit


def find(county: County, uid: str) -> Rectification | None:
    """Return the entry of that address."""
    return county.one(Rectification, uid)


def of_matter(county: County, matter: Matter) -> list[Rectification]:
    """Return the entries of a matter."""
    query = county.rows(Rectification).where(Rectification.matter_id == matter.id)
    return list(county.session.scalars(query.order_by(Rectification.id)))


def listed(
    county: County, *, state: str = "", unit: str = "", period: str = "", today: date
) -> list[Rectification]:
    """Return the register, what is due first on top; the state `overdue` is past its day and not closed.

    Of a `period` is an entry whose matter lists something of it.
    """
    query = county.rows(Rectification).options(joinedload(Rectification.unit))
    if state == "overdue":
        query = query.where(late(today))
    elif state == "open":
        query = query.where(Rectification.state.not_in(ENDED))
    elif state:
        query = query.where(Rectification.state == state)
    if unit:
        query = query.join(Unit, Rectification.unit_id == Unit.id).where(Unit.slug == unit)
    if period:
        query = query.where(Rectification.matter_id.in_(matters_of_period(county, period)))
    order = (Rectification.state.in_(ENDED), Rectification.due, Rectification.id)
    return list(county.session.scalars(query.order_by(*order)))


def late(today: date) -> ColumnElement[bool]:
    """Return the condition under which an entry is past its day and not ended."""
    return and_(Rectification.state.not_in(ENDED), Rectification.due < today)


def counted() -> ColumnElement[bool]:
    """Return the condition under which an entry counts as its unit's: what was handed over counts at the successor."""
    return Rectification.state != State.HANDED_OVER.value


def overdue(county: County, today: date) -> list[Rectification]:
    """Return what is past its day and not closed."""
    return listed(county, state="overdue", today=today)


def records_of(county: County, entry: Rectification) -> list[tuple[str, Record | None]]:
    """Return what the unit named as evidence: each index number with its record."""
    return [(one, county.record(one)) for one in entry.evidence_refs.split("\n") if one]


def is_overdue(entry: Rectification, today: date) -> bool:
    """Tell whether an entry is past its day and not closed."""
    return State(entry.state).open and entry.due < today


def going_on_as(entry: Rectification) -> str:
    """Return the address under which what was handed over goes on at the successor. What was handed over stays as it is."""
    told = hashlib.sha256(f"{entry.uid}\n{entry.revision}".encode()).digest()
    return base64.urlsafe_b64encode(told[:16]).rstrip(b"=").decode()


def successor_of(county: County, entry: Rectification) -> Rectification | None:
    """Return the entry at the successor, where this one was handed over."""
    return find(county, going_on_as(entry)) if entry.state == State.HANDED_OVER.value else None


def of_unit(room: Room) -> list[Rectification]:
    """Return the unit's entries, what is due first on top."""
    query = select(Rectification).where(Rectification.unit_id == room.unit_id, Rectification.shared)
    order = (Rectification.state.in_(ENDED), Rectification.due, Rectification.id)
    return list(room.session.scalars(query.order_by(*order)))


def one_of_unit(room: Room, uid: str) -> Rectification | None:
    """Return one of them."""
    query = select(Rectification).where(
        Rectification.unit_id == room.unit_id, Rectification.shared, Rectification.uid == uid
    )
    return room.session.scalar(query)


def steps_of(where: County | Room, entry: Rectification) -> list[SupervisionStep]:
    """Return what was done with an entry, the oldest first; to a unit what it may see."""
    query = select(SupervisionStep).where(
        SupervisionStep.rectification_id == entry.id, SupervisionStep.unit_id == entry.unit_id
    )
    if isinstance(where, Room):
        query = query.where(SupervisionStep.shared)
    return list(where.session.scalars(query.order_by(SupervisionStep.id)))
