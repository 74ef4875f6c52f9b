"""操作记录: who did what at one unit's desk, newest first, by kind, person and day; and what was published last."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select, func, select

from portal.domain.canonical import read_publication
from portal.domain.documents.base import Audience
from portal.domain.drafting import Event
from portal.services.checking import SHANGHAI
from portal.services.desk.releasing import audience_of
from portal.services.desk.rooms import Room
from portal.store.tables import Record, Version
from portal.store.tables import Step as Step


@dataclass(frozen=True)
class Wanted:
    """Which steps; what is blank does not narrow. Both days are included."""

    event: str = ""
    actor: str = ""
    kind: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Recent:
    """One version as the list of what was published last shows it. Without a title it was withdrawn."""

    kind: str
    slug: str
    number: int
    title: str
    reason: str
    by: str
    at: datetime


def steps_of(room: Room, wanted: Wanted, *, limit: int | None = None, offset: int = 0) -> list[Step]:
    """Return the unit's steps that are wanted."""
    query = _narrowed(select(Step), room, wanted).order_by(Step.id.desc()).offset(offset)
    return list(room.session.scalars(query if limit is None else query.limit(limit)))


def count_steps(room: Room, wanted: Wanted) -> int:
    """Return how many there are."""
    query = _narrowed(select(Step), room, wanted).subquery()
    return room.session.scalar(select(func.count()).select_from(query)) or 0


def actors_of(room: Room) -> list[str]:
    """Return everybody who did something, by name."""
    query = select(Step.actor).where(Step.unit_id == room.unit_id).distinct().order_by(Step.actor)
    return list(room.session.scalars(query))


@dataclass(frozen=True)
class Veil:
    """Which records and drafts are for audiences that the person does not handle."""

    records: frozenset[int] = frozenset()
    drafts: frozenset[str] = frozenset()

    def covers(self, step: Step) -> bool:
        """Tell whether a step speaks of one of them: its title and its remark are then for others."""
        return step.record_id in self.records or step.draft_uid in self.drafts


def veil_of(room: Room, handled: Collection[Audience]) -> Veil:
    """Return what somebody who handles these audiences sees no titles of. Nothing is looked up for who handles all."""
    others = frozenset(Audience) - frozenset(handled)
    if not others:
        return Veil()
    records = {one.record_id for one in room.latest(audiences=others)}
    drafts = {one.uid for one in room.drafts() if audience_of(one) in others}
    became = select(Step.draft_uid).where(Step.unit_id == room.unit_id, Step.record_id.in_(records))
    drafts |= {one for one in room.session.scalars(became) if one}
    return Veil(frozenset(records), frozenset(drafts))


def recent(room: Room, *, audiences: Collection[Audience], limit: int = 5) -> list[Recent]:
    """Return the unit's newest versions for these audiences."""
    query = (
        select(Version)
        .join(Version.record)
        .where(Record.unit_id == room.unit_id, Version.audience.in_([one.value for one in audiences]))
        .order_by(Version.published_at.desc(), Version.id.desc())
        .limit(limit)
    )
    return [_recent(one) for one in room.session.scalars(query)]


def _recent(version: Version) -> Recent:
    readable = version.withdrawal is None and version.payload is not None
    title = read_publication(version.payload)[1].title if readable and version.payload else ""
    return Recent(
        version.record.kind,
        version.record.slug,
        version.number,
        title,
        version.reason,
        version.published_by,
        version.published_at,
    )


def _narrowed(query: Select[Step], room: Room, wanted: Wanted) -> Select[Step]:
    query = query.where(Step.unit_id == room.unit_id)
    if wanted.event in {one.value for one in Event}:
        query = query.where(Step.event == wanted.event)
    if wanted.actor:
        query = query.where(Step.actor == wanted.actor)
    if wanted.kind:
        query = query.where(Step.kind == wanted.kind)
    if wanted.first:
        query = query.where(Step.at >= _midnight(wanted.first))
    if wanted.last and wanted.last < date.max:
        query = query.where(Step.at < _midnight(wanted.last + timedelta(days=1)))
    return query


def _midnight(day: date) -> datetime:
    """Return the instant at which a day begins in China."""
    return datetime.combine(day, time(), SHANGHAI)
