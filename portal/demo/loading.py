"""Publish the sample data through the same services as real disclosures, in the order of its own dates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.demo.bank import SHANGHAI
from portal.demo.models import DemoRecord
from portal.demo.records import demo_records, demo_units
from portal.domain.regimes import Regime
from portal.services.checking import Book
from portal.services.publishing import find_record, publish, save_draft, withdraw
from portal.services.rosters import RosterLine, find_jurisdiction, init_jurisdictions, put_unit
from portal.store.tables import Unit, Version

OPENING = datetime(2025, 3, 20, 8, 30, tzinfo=SHANGHAI)  # A working day before the first publication.
AUTHOR = "示例数据"


@dataclass(frozen=True)
class _Event:
    """One publication (its number), or the record's withdrawal (number 0)."""

    at: datetime
    record: DemoRecord
    number: int


def load_demo(
    session: Session,
    content: Path,
    regimes: Mapping[str, Regime],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> int:
    """Publish whatever is not there yet, in order of time; return how many steps were taken.

    A loaded demo is left alone. `progress` is told of steps done and steps in all. The caller commits.
    """
    init_jurisdictions(session, regimes.values(), now=OPENING)
    units = _enter_units(session, content, regimes)
    events = _events(demo_records(content, regimes))
    done = 0
    book = Book(session, regimes)
    for place, event in enumerate(events, start=1):
        unit = units[event.record.jurisdiction, event.record.unit]
        done += _take(session, book, unit, event)
        if progress:
            progress(place, len(events))
    return done


def _enter_units(
    session: Session, content: Path, regimes: Mapping[str, Regime]
) -> dict[tuple[str, str], Unit]:
    found = {}
    for slug, rows in demo_units(content).items():
        if slug not in regimes:
            continue
        jurisdiction = find_jurisdiction(session, slug)
        for one in rows:
            line = RosterLine(
                name=one.name,
                type=one.type,
                slug=one.slug,
                code=one.code,
                founded_on=one.founded_on,
                position=one.position,
                sample=True,
            )
            found[slug, one.slug] = put_unit(session, jurisdiction, line, now=OPENING)
    return found


def _events(records: Iterable[DemoRecord]) -> list[_Event]:
    events = []
    for record in records:
        for number, one in enumerate(record.publications, start=1):
            events.append(_Event(one.at, record, number))
        if record.withdrawal:
            events.append(_Event(record.withdrawal.at, record, 0))
    return sorted(events, key=lambda one: one.at)


def _take(session: Session, book: Book, unit: Unit, event: _Event) -> bool:
    """Publish or withdraw, unless that was done before; return whether something was done."""
    record = find_record(session, unit, event.record.publications[0].document)
    published = {
        one.number: one
        for one in (session.scalars(select(Version).where(Version.record_id == record.id)) if record else ())
    }
    if event.number:
        if event.number in published:
            return False
        one = event.record.publications[event.number - 1]
        draft = save_draft(
            session, unit=unit, document=one.document, author=AUTHOR, now=event.at, record=record
        )
        publish(session, draft, book=book, reason=one.reason, actor=one.by, now=event.at)
        return True
    gone = event.record.withdrawal
    if gone is None or published[gone.version].withdrawal is not None:
        return False
    withdraw(
        session,
        published[gone.version],
        legal_ground=gone.legal_ground,
        reason=gone.reason,
        approver=gone.approver,
        now=event.at,
        destroy=gone.destroy,
        review_on=gone.review_on,
    )
    return True
