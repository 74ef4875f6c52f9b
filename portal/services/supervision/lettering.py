"""Looks for letters: by address, by what a list is filtered by, a unit's own, a matter's; and the matter of one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from portal.domain.supervision.letters import State
from portal.domain.supervision.rectifying import ENDED
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.desk.rooms import Room
from portal.store.tables import Jurisdiction, Letter, Matter, MatterItem, Rectification, SupervisionStep, Unit

SHOWN = 500  # Rows of a list: more than anybody reads; filters make it shorter.


def find(county: County, uid: str) -> Letter | None:
    """Return the letter of that address."""
    return county.one(Letter, uid)


def matter(county: County, uid: str) -> Matter | None:
    """Return the matter of that address."""
    return county.one(Matter, uid) if uid else None


def matter_of(county: County, letter: Letter) -> Matter | None:
    """Return the matter of a letter."""
    return county.session.get(Matter, letter.matter_id) if letter.matter_id else None


def matter_numbered(county: County, number: int | None) -> Matter | None:
    """Return the matter of that number, as the jurisdiction's own rows name it."""
    return county.session.get(Matter, number) if number else None


def listed(
    county: County,
    *,
    kind: str = "",
    state: str = "",
    unit: str = "",
    period: str = "",
    today: date,
    most: int | None = None,
) -> list[Letter]:
    """Return the letters, the newest first, `most` of them; the state `late` is issued, unanswered and past its day.

    Of a `period` is a letter whose matter lists something of it, or that was sent for a deadline of it.
    """
    query = county.rows(Letter).options(joinedload(Letter.unit))
    if kind:
        query = query.where(Letter.kind == kind)
    if state == "late":
        query = query.where(late(today))
    elif state:
        query = query.where(Letter.state == state)
    if period:
        of_matter = Letter.matter_id.in_(matters_of_period(county, period))
        query = query.where(or_(of_matter, Letter.about.contains(f'"{period}"', autoescape=True)))
    if unit:
        query = query.join(Unit, Letter.unit_id == Unit.id).where(Unit.slug == unit)
    return list(county.session.scalars(query.order_by(Letter.id.desc()).limit(most)))


def late(today: date) -> ColumnElement[bool]:
    """Return the condition under which a reply is overdue."""
    return and_(Letter.state == State.ISSUED.value, Letter.due < today)


def matters_of_period(county: County, period: str) -> Select[Any]:
    """Return the query of the numbers of the matters that list something of a period."""
    items = county.rows(MatterItem).where(MatterItem.period.contains(period, autoescape=True))
    return items.with_only_columns(MatterItem.matter_id)


def planned(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Return the letters whose time has come, as jurisdiction's slug and address; for a session that sees them all."""
    query = (
        select(Jurisdiction.slug, Letter.uid)
        .join(Jurisdiction, Letter.jurisdiction_id == Jurisdiction.id)
        .where(Letter.state == State.PLANNED.value, Letter.send_at <= now)
        .order_by(Letter.send_at, Letter.id)
    )
    return [(row.slug, row.uid) for row in session.execute(query)]


def has_overdue(session: Session, slug: str, today: date) -> bool:
    """Tell whether any rectification of a jurisdiction is overdue; for a session that sees them all."""
    query = (
        select(Rectification.id)
        .join(Jurisdiction, Rectification.jurisdiction_id == Jurisdiction.id)
        .where(
            Jurisdiction.slug == slug,
            Rectification.state.not_in(ENDED),
            Rectification.due < today,
        )
    )
    return session.scalars(query.limit(1)).first() is not None


def of_unit(room: Room) -> list[Letter]:
    """Return what was issued to the unit, the newest first."""
    query = select(Letter).where(Letter.unit_id == room.unit_id, Letter.issued_at.is_not(None))
    return list(room.session.scalars(query.order_by(Letter.issued_at.desc(), Letter.id.desc())))


def one_of_unit(room: Room, uid: str) -> Letter | None:
    """Return one of them."""
    return room.session.scalar(
        select(Letter).where(Letter.unit_id == room.unit_id, Letter.issued_at.is_not(None), Letter.uid == uid)
    )


def of_matter(county: County, matter: Matter) -> list[Letter]:
    """Return the letters of a matter, the newest first."""
    query = county.rows(Letter).where(Letter.matter_id == matter.id).order_by(Letter.id.desc())
    return list(county.session.scalars(query))


def steps_of(where: County | Room, letter: Letter) -> list[SupervisionStep]:
    """Return what was done with a letter, the oldest first; to a unit what it may see."""
    query = select(SupervisionStep).where(
        SupervisionStep.letter_id == letter.id, SupervisionStep.unit_id == letter.unit_id
    )
    if isinstance(where, Room):
        query = query.where(SupervisionStep.shared, SupervisionStep.unit_id == where.unit_id)
    return list(where.session.scalars(query.order_by(SupervisionStep.id)))


def is_late(letter: Letter, *, today: date | None = None) -> bool:
    """Tell whether the answer came late, or with `today` whether it is late by now."""
    if letter.due is None:
        return False
    if letter.replied_at is not None:
        return letter.replied_at.astimezone(SHANGHAI).date() > letter.due
    return today is not None and letter.state == State.ISSUED.value and today > letter.due
