"""The accessors of one unit's rows. The office reads and writes unit data through a `Room` and no other way.

Whatever is asked for by an id or an address from outside is looked for among
this unit's rows only: what belongs to another unit is not found, exactly like
what does not exist.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from portal.domain.documents.base import Audience
from portal.domain.drafting import Event
from portal.domain.roles import Role
from portal.services.checking import SHANGHAI
from portal.store.tables import (
    Account,
    Attachment,
    Draft,
    DraftCopy,
    Member,
    Record,
    Step,
    Unit,
    UnitAlias,
    Upload,
    Version,
)
from portal.store.tenancy import bind_tenant


@dataclass(frozen=True)
class Actor:
    """Who acts: what the record of steps keeps of a person."""

    id: int
    name: str
    roles: frozenset[Role]


class Room:
    """One unit's rows, as long as one request lasts."""

    def __init__(self, session: Session, unit_id: int) -> None:
        """Bind the session to the unit."""
        bind_tenant(session, unit_id)
        self.session, self._unit_id = session, unit_id

    @property
    def unit_id(self) -> int:
        """The unit's id."""
        return self._unit_id

    @property
    def unit(self) -> Unit:
        """The unit itself."""
        return self.session.get_one(Unit, self._unit_id)

    def names(self) -> list[str]:
        """Return every name under which files know the unit."""
        unit = self.unit
        aliases = self.session.scalars(select(UnitAlias.name).where(UnitAlias.unit_id == self._unit_id))
        return [one for one in (unit.name, unit.short, unit.code, unit.uscc, *aliases) if one]

    def drafts(self) -> list[Draft]:
        """Return the unit's drafts, the last changed first."""
        query = self._drafts().order_by(Draft.updated_at.desc(), Draft.id.desc())
        return list(self.session.scalars(query))

    def draft(self, uid: str) -> Draft | None:
        """Return the draft of that address."""
        return self.session.scalar(self._drafts().where(Draft.uid == uid))

    def copies(self, draft_uid: str) -> list[DraftCopy]:
        """Return what was typed over a draft and could not be saved into it, the newest first."""
        query = select(DraftCopy).where(DraftCopy.unit_id == self._unit_id, DraftCopy.draft_uid == draft_uid)
        return list(self.session.scalars(query.order_by(DraftCopy.id.desc())))

    def copy(self, number: int) -> DraftCopy | None:
        """Return one such copy."""
        return self.session.scalar(
            select(DraftCopy).where(DraftCopy.unit_id == self._unit_id, DraftCopy.id == number)
        )

    def records(self, kind: str | None = None) -> list[Record]:
        """Return the unit's records, the newest first."""
        query = select(Record).where(Record.unit_id == self._unit_id)
        if kind is not None:
            query = query.where(Record.kind == kind)
        return list(self.session.scalars(query.order_by(Record.id.desc())))

    def record(self, kind: str, slug: str) -> Record | None:
        """Return the record of that address."""
        query = select(Record).where(
            Record.unit_id == self._unit_id, Record.kind == kind, Record.slug == slug
        )
        return self.session.scalar(query)

    def record_of(self, number: int) -> Record | None:
        """Return the record of that number, as the unit's own rows name it."""
        return self.session.scalar(select(Record).where(Record.unit_id == self._unit_id, Record.id == number))

    def version(self, kind: str, slug: str, number: int) -> Version | None:
        """Return one version of a record."""
        query = (
            select(Version)
            .join(Version.record)
            .where(
                Record.unit_id == self._unit_id,
                Record.kind == kind,
                Record.slug == slug,
                Version.number == number,
            )
        )
        return self.session.scalar(query)

    def latest(
        self,
        *,
        audiences: Iterable[Audience],
        kind: str | None = None,
        year: int | None = None,
        withdrawn: bool = True,
        limit: int | None = None,
        offset: int = 0,
    ) -> list[Version]:
        """Return the newest version of each record, the newest first.

        `year` is that of its publication in China; without `withdrawn`, withdrawn ones are left out.
        """
        query = self._latest(audiences, kind, year)
        if not withdrawn:
            query = query.where(~Version.withdrawal.has())
        query = query.order_by(Version.published_at.desc(), Version.id.desc())
        return list(self.session.scalars(query.limit(limit).offset(offset)))

    def count_latest(
        self, *, audiences: Iterable[Audience], kind: str | None = None, year: int | None = None
    ) -> int:
        """Return how many records `latest` has, withdrawn ones included."""
        found = self._latest(audiences, kind, year).subquery()
        return self.session.scalar(select(func.count()).select_from(found)) or 0

    def first_published_at(self) -> datetime | None:
        """Return when the unit first published anything."""
        query = select(func.min(Version.published_at)).join(Version.record)
        return self.session.scalar(query.where(Record.unit_id == self._unit_id))

    def correction_of(self, record: Record) -> Draft | None:
        """Return the draft that corrects a record, if one is under way."""
        query = self._drafts().where(Draft.record_id == record.id).order_by(Draft.id)
        return self.session.scalars(query).first()

    def published_from(self, draft_uid: str) -> Version | None:
        """Return the version that a draft became; the draft itself is used up by then."""
        step = self.session.scalar(
            select(Step).where(
                Step.unit_id == self._unit_id,
                Step.draft_uid == draft_uid,
                Step.event == Event.PUBLISHED.value,
            )
        )
        return self.session.get(Version, step.version_id) if step and step.version_id else None

    def steps(
        self, *, draft_uid: str | None = None, record_id: int | None = None, limit: int = 200, offset: int = 0
    ) -> list[Step]:
        """Return who did what, the newest first."""
        query = select(Step).where(Step.unit_id == self._unit_id)
        if draft_uid is not None and record_id is not None:
            query = query.where(or_(Step.draft_uid == draft_uid, Step.record_id == record_id))
        elif draft_uid is not None:
            query = query.where(Step.draft_uid == draft_uid)
        elif record_id is not None:
            query = query.where(Step.record_id == record_id)
        return list(self.session.scalars(query.order_by(Step.id.desc()).limit(limit).offset(offset)))

    def draft_steps(self, draft: Draft) -> list[Step]:
        """Return every step of a draft, the oldest first."""
        query = select(Step).where(Step.unit_id == self._unit_id, Step.draft_uid == draft.uid)
        return list(self.session.scalars(query.order_by(Step.id)))

    def write_down(
        self,
        event: Event,
        *,
        actor: Actor | None,
        now: datetime,
        draft: Draft | None = None,
        record: Record | None = None,
        version: Version | None = None,
        remark: str = "",
        title: str = "",
        kind: str | None = None,
    ) -> Step:
        """Enter a step. Without an actor it was the platform itself (a scheduled publication)."""
        step = Step(
            unit_id=self._unit_id,
            event=event.value,
            kind=kind or (draft.kind if draft else record.kind if record else None),
            title=title or (draft.title if draft else ""),
            draft_uid=draft.uid if draft else None,
            record_id=record.id if record else draft.record_id if draft else None,
            version_id=version.id if version else None,
            account_id=actor.id if actor else None,
            actor=actor.name if actor else "平台（定时）",
            remark=remark,
            at=now,
        )
        self.session.add(step)
        self.session.flush()
        return step

    def upload(self, uid: str) -> Upload | None:
        """Return the upload of that address."""
        return self.session.scalar(select(Upload).where(Upload.unit_id == self._unit_id, Upload.uid == uid))

    def attachment(self, digest: str, *, gone_too: bool = False) -> Attachment | None:
        """Return the attachment with that content; with `gone_too`, also one that nobody needed any more."""
        query = select(Attachment).where(Attachment.unit_id == self._unit_id, Attachment.digest == digest)
        return self.session.scalar(query if gone_too else query.where(Attachment.gone_at.is_(None)))

    def members(self, *, on: date | None = None) -> list[Member]:
        """Return the leadership group in its own order: all of its history, or who was in post on a day."""
        query = select(Member).where(Member.unit_id == self._unit_id)
        if on is not None:
            query = query.where(Member.since <= on, or_(Member.until.is_(None), Member.until >= on))
        return list(self.session.scalars(query.order_by(Member.position, Member.since, Member.id)))

    def member(self, number: int) -> Member | None:
        """Return one entry of the group's history."""
        return self.session.scalar(select(Member).where(Member.unit_id == self._unit_id, Member.id == number))

    def accounts(self) -> list[Account]:
        """Return the unit's accounts."""
        query = select(Account).where(Account.unit_id == self._unit_id)
        return list(self.session.scalars(query.order_by(Account.id)))

    def account(self, number: int) -> Account | None:
        """Return one of them."""
        return self.session.scalar(
            select(Account).where(Account.unit_id == self._unit_id, Account.id == number)
        )

    def _drafts(self) -> Select[Draft]:
        return select(Draft).where(Draft.unit_id == self._unit_id)

    def _latest(self, audiences: Iterable[Audience], kind: str | None, year: int | None) -> Select[Version]:
        newest = (
            select(func.max(Version.number))
            .where(Version.record_id == Record.id)
            .correlate(Record)
            .scalar_subquery()
        )
        query = (
            select(Version)
            .join(Version.record)
            .options(contains_eager(Version.record), joinedload(Version.withdrawal))
            .where(
                Record.unit_id == self._unit_id,
                Version.number == newest,
                Version.audience.in_([one.value for one in audiences]),
            )
        )
        if kind is not None:
            query = query.where(Record.kind == kind)
        if year is not None:
            begins, ends = (datetime(one, 1, 1, tzinfo=SHANGHAI) for one in (year, year + 1))
            query = query.where(Version.published_at >= begins, Version.published_at < ends)
        return query
