"""The one accessor through which anything public is read.

The public app, the exporter, the search index and every public download get
their rows from here and from nowhere else (import-linter and a test hold it),
so that what is not for the whole society cannot reach them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from portal.domain.documents.base import Audience
from portal.domain.grants import Exempted, Extended
from portal.store.tables import Exemption, Extension, Jurisdiction, Outbox, Record, Unit, Version

_SHANGHAI = ZoneInfo("Asia/Shanghai")


def public_jurisdictions(session: Session) -> list[Jurisdiction]:
    """Return every jurisdiction."""
    return list(session.scalars(select(Jurisdiction).order_by(Jurisdiction.id)))


def public_units(session: Session) -> list[Unit]:
    """Return the units of the rosters and those that have published, abolished ones included, in roster order.

    A unit that only a draft or a confidential document named stays unknown to the public.
    """
    has_published = (
        select(Version.id)
        .join(Version.record)
        .where(Record.unit_id == Unit.id, Version.audience == Audience.PUBLIC.value)
        .exists()
    )
    query = select(Unit).where(or_(Unit.listed, has_published))
    return list(session.scalars(query.order_by(Unit.jurisdiction_id, Unit.position, Unit.id)))


def public_versions(session: Session, *, records: Iterable[int] | None = None) -> Iterator[Version]:
    """Yield every version published to the whole society, by record and number; optionally of some records."""
    query = (
        select(Version)
        .join(Version.record)
        .where(Version.audience == Audience.PUBLIC.value)
        .options(contains_eager(Version.record), joinedload(Version.withdrawal))
        .order_by(Record.unit_id, Record.kind, Record.id, Version.number)
    )
    if records is not None:
        query = query.where(Version.record_id.in_(list(records)))
    yield from session.scalars(query.execution_options(yield_per=500))


def public_record_numbers(session: Session) -> list[tuple[int, str]]:
    """Return the id and index number of every record that has a public version."""
    query = (
        select(Record.id, Record.index_no)
        .join(Version, Version.record_id == Record.id)
        .where(Version.audience == Audience.PUBLIC.value)
        .distinct()
        .order_by(Record.unit_id, Record.kind, Record.id)
    )
    return [(row.id, row.index_no) for row in session.execute(query)]


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


def _china_day(moment: datetime) -> date:
    return moment.astimezone(_SHANGHAI).date()


def latest_change(session: Session) -> int:
    """Return the number of the newest outbox row: the state that a snapshot shows."""
    return session.scalar(select(Outbox.id).order_by(Outbox.id.desc()).limit(1)) or 0
