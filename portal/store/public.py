"""The one accessor through which anything public is read.

The public app, the exporter, the search index and every public download get
their rows from here and from nowhere else (import-linter and a test hold it),
so that what is not for the whole society cannot reach them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.domain.documents.base import Audience
from portal.domain.fates import UnitStep, fate_of
from portal.domain.grants import Exempted, Extended
from portal.store.tables import (
    Attachment,
    Exemption,
    Extension,
    Jurisdiction,
    Outbox,
    Outcome,
    Record,
    Unit,
    UnitEvent,
    Version,
    Withdrawal,
)

_SHANGHAI = ZoneInfo("Asia/Shanghai")


def public_jurisdictions(session: Session) -> list[Jurisdiction]:
    """Return every jurisdiction."""
    return list(session.scalars(select(Jurisdiction).order_by(Jurisdiction.id)))


def _known_to_the_public(unit: type[Unit] = Unit) -> ColumnElement[bool]:
    """A unit of a roster, or one that has published.

    A unit that only a draft or a confidential document named stays unknown to the public.
    """
    has_published = (
        select(Version.id)
        .join(Version.record)
        .where(Record.unit_id == unit.id, Version.audience == Audience.PUBLIC.value)
        .exists()
    )
    return or_(unit.listed, has_published)


def public_units(session: Session, *, only: int | None = None) -> list[Unit]:
    """Return the units of the rosters and those that have published, abolished ones included, in roster order.

    `only` asks for the one of that number.
    """
    query = select(Unit).where(_known_to_the_public())
    if only is not None:
        query = query.where(Unit.id == only)
    return list(session.scalars(query.order_by(Unit.jurisdiction_id, Unit.position, Unit.id)))


def public_unit_numbers(session: Session) -> list[int]:
    """Return the numbers of the public units in roster order, reading nothing else of them."""
    query = select(Unit.id).where(_known_to_the_public())
    return list(session.scalars(query.order_by(Unit.jurisdiction_id, Unit.position, Unit.id)))


class VersionRow(NamedTuple):
    """One public version with what its record and its withdrawal say, as stored."""

    version_id: int
    number: int
    payload: bytes | None
    salt: bytes | None
    digest: str
    reason: str
    published_by: str
    published_at: datetime
    record_id: int
    unit_id: int
    kind: str
    slug: str
    index_no: str
    legal_ground: str | None
    withdrawal_reason: str | None
    approver: str | None
    review_on: date | None
    withdrawn_at: datetime | None


_ROW = (
    Version.id,
    Version.number,
    Version.payload,
    Version.salt,
    Version.digest,
    Version.reason,
    Version.published_by,
    Version.published_at,
    Record.id,
    Record.unit_id,
    Record.kind,
    Record.slug,
    Record.index_no,
    Withdrawal.legal_ground,
    Withdrawal.reason,
    Withdrawal.approver,
    Withdrawal.review_on,
    Withdrawal.withdrawn_at,
)


def public_versions(session: Session, *, unit: int, records: Iterable[int] | None = None) -> list[VersionRow]:
    """Return a unit's versions published to the whole society, by kind, record and number; optionally of some records."""
    query = (
        select(*_ROW)
        .join(Record, Version.record_id == Record.id)
        .outerjoin(Withdrawal, Withdrawal.version_id == Version.id)
        .where(Record.unit_id == unit, Version.audience == Audience.PUBLIC.value)
        .order_by(Record.kind, Record.id, Version.number)
    )
    if records is not None:
        query = query.where(Record.id.in_(list(records)))
    return [VersionRow._make(row) for row in session.execute(query)]


def public_file_digests(session: Session) -> list[str]:
    """Return the digests of the files that public versions name and that are not withdrawn."""
    units = select(Attachment.unit_id).where(Attachment.gone_at.is_(None)).distinct()
    query = (
        select(Version.payload)
        .join(Record, Version.record_id == Record.id)
        .outerjoin(Withdrawal, Withdrawal.version_id == Version.id)
        .where(
            Record.unit_id.in_(units),
            Version.audience == Audience.PUBLIC.value,
            Withdrawal.id.is_(None),
        )
    )
    found: dict[str, None] = {}
    for payload in session.scalars(query):
        if payload and b'"attachments"' in payload:
            for one in json.loads(payload)["document"].get("attachments", ()):
                found.setdefault(one["digest"])
    return list(found)


def public_file_texts(session: Session, *, version: int) -> str:
    """Return what the files say that a version names, if it is published to the whole society and not withdrawn."""
    query = (
        select(Version.payload, Record.unit_id)
        .join(Record, Version.record_id == Record.id)
        .outerjoin(Withdrawal, Withdrawal.version_id == Version.id)
        .where(Version.id == version, Version.audience == Audience.PUBLIC.value, Withdrawal.id.is_(None))
    )
    found = session.execute(query).first()
    if found is None or found.payload is None:
        return ""
    named = [one["digest"] for one in json.loads(found.payload)["document"].get("attachments", ())]
    rows = select(Attachment.digest, Attachment.text).where(
        Attachment.unit_id == found.unit_id, Attachment.digest.in_(named)
    )
    texts = {row.digest: row.text for row in session.execute(rows)}
    return "\n".join(texts[one] for one in named if texts.get(one))


def public_record_numbers(session: Session, *, unit: int) -> list[tuple[int, str]]:
    """Return the id and index number of every record of a unit that has a public version."""
    query = (
        select(Record.id, Record.index_no)
        .join(Version, Version.record_id == Record.id)
        .where(Record.unit_id == unit, Version.audience == Audience.PUBLIC.value)
        .distinct()
        .order_by(Record.kind, Record.id)
    )
    return [(row.id, row.index_no) for row in session.execute(query)]


def public_slugs(session: Session, jurisdiction: str, kind: str) -> set[str]:
    """Return the addresses of a jurisdiction's public records of one kind."""
    place = select(Jurisdiction.id).where(Jurisdiction.slug == jurisdiction).scalar_subquery()
    theirs = (Record.jurisdiction_id == place, Record.kind == kind)
    # First the few addresses, then one public version of each: looking at every record's takes four times as long.
    each = select(Record.slug).where(*theirs).distinct().subquery()
    public = (
        select(Version.id)
        .join(Record, Version.record_id == Record.id)
        .where(*theirs, Record.slug == each.c.slug, Version.audience == Audience.PUBLIC.value)
        .correlate(each)
        .exists()
    )
    query = select(each.c.slug).where(public)
    return set(session.scalars(query))


class Change(NamedTuple):
    """One row of the outbox: what happened to which unit of which jurisdiction."""

    id: int
    jurisdiction_id: int
    unit_id: int | None
    record_id: int | None
    event: str


def mark_of(session: Session, change: int) -> str:
    """Return what tells a change from another of the same number: a database put back from a backup counts anew."""
    row = session.get(Outbox, change)
    return f"{row.created_at.isoformat()} {row.event} {row.unit_id} {row.record_id}" if row else ""


def changes_since(session: Session, jurisdiction: str, change: int) -> list[Change]:
    """Return what was written to the outbox for a jurisdiction after change number `change`, oldest first."""
    query = (
        select(
            Outbox.id,
            Outbox.jurisdiction_id,
            func.coalesce(Outbox.unit_id, Record.unit_id),
            Outbox.record_id,
            Outbox.event,
        )
        .join(Jurisdiction, Outbox.jurisdiction_id == Jurisdiction.id)
        .outerjoin(Record, Outbox.record_id == Record.id)
        .where(Outbox.id > change, Jurisdiction.slug == jurisdiction)
        .order_by(Outbox.id)
    )
    return [Change._make(row) for row in session.execute(query)]


def public_exemptions(session: Session) -> dict[int, tuple[Exempted, ...]]:
    """Return every exemption by unit, revoked ones included. All of them are public."""
    found: dict[int, list[Exempted]] = {}
    for row in session.scalars(select(Exemption).order_by(Exemption.unit_id, Exemption.id)):
        found.setdefault(row.unit_id, []).append(
            Exempted(
                duty=row.duty,
                reason=row.reason,
                revoke_reason=row.revoke_reason or "",
                approver=row.approver,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
                recorded_on=_china_day(row.recorded_at),
                period=row.period,
                revoked_on=_china_day(row.revoked_at) if row.revoked_at else None,
                number=row.id,
            )
        )
    return {unit: tuple(one) for unit, one in found.items()}


def public_extensions(session: Session) -> dict[int, tuple[Extended, ...]]:
    """Return every extension by unit. All of them are public."""
    found: dict[int, list[Extended]] = {}
    for row in session.scalars(select(Extension).order_by(Extension.unit_id, Extension.id)):
        found.setdefault(row.unit_id, []).append(
            Extended(
                duty=row.duty,
                period=row.period,
                new_due=row.new_due,
                reason=row.reason,
                approver=row.approver,
                recorded_on=_china_day(row.recorded_at),
                number=row.id,
            )
        )
    return {unit: tuple(one) for unit, one in found.items()}


def public_unit_history(session: Session) -> dict[int, tuple[UnitStep, ...]]:
    """Return what became of each unit, by its number, the newest first. All of it is public.

    Where a unit that is not public is the other one, it stays unnamed.
    """
    other = aliased(Unit)
    query = (
        select(UnitEvent, other.name, other.slug)
        .outerjoin(other, and_(UnitEvent.other_id == other.id, _known_to_the_public(other)))
        .order_by(UnitEvent.unit_id, UnitEvent.on.desc(), UnitEvent.id.desc())
    )
    found: dict[int, list[UnitStep]] = {}
    for row, name, slug in session.execute(query):
        if fate := fate_of(row.kind):
            step = UnitStep(fate, row.on, row.words, row.source, name or "", slug or "", row.other_id)
            found.setdefault(row.unit_id, []).append(step)
    return {unit: tuple(steps) for unit, steps in found.items()}


def public_outcome_counts(session: Session) -> dict[str, dict[tuple[str, int], int]]:
    """Return how many outcomes in force each jurisdiction has by kind and year: counts, and nothing else of them.

    Small ones must not be shown as they are (`portal.domain.supervision.outcomes.public_table`).
    """
    query = (
        select(Jurisdiction.slug, Outcome.kind, Outcome.decided_on, func.count())
        .join(Jurisdiction, Outcome.jurisdiction_id == Jurisdiction.id)
        .where(Outcome.revoked_at.is_(None))
        .group_by(Jurisdiction.slug, Outcome.kind, Outcome.decided_on)
    )
    found: dict[str, dict[tuple[str, int], int]] = {}
    for slug, kind, day, count in session.execute(query):
        counts, key = found.setdefault(slug, {}), (kind, day.year)
        counts[key] = counts.get(key, 0) + count
    return found


def _china_day(moment: datetime) -> date:
    return moment.astimezone(_SHANGHAI).date()


def latest_change(session: Session) -> int:
    """Return the number of the newest outbox row: the state that a snapshot shows."""
    return session.scalar(select(Outbox.id).order_by(Outbox.id.desc()).limit(1)) or 0
