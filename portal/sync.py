"""Pays the outbox: the search index first, then the static site.

Both are caches of the database. Each step is idempotent, so a run that is
killed anywhere is completed by the next one; nothing is marked as paid before it is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from flask import Flask
from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.documents.declaration import words
from portal.domain.regimes import Regime
from portal.search import Entry, SearchIndex, ensure_usable
from portal.site.build import KEPT_BUILDS, BuildReport, build_site, built_change, built_from
from portal.site.pages import all_urls
from portal.site.snapshot import SHANGHAI, RecordView, Snapshot, take_snapshot
from portal.store.public import latest_change
from portal.store.tables import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

MakeApp = Callable[[Callable[[], Snapshot]], Flask]


class Busy(RuntimeError):
    """Another process of the same instance is writing the index and the site."""


@dataclass(frozen=True)
class SyncReport:
    """What one run paid."""

    indexed: int
    removed: int
    rebuilt_index: bool
    build: BuildReport | None
    paid: int
    faults: tuple[str, ...]


@contextmanager
def only_writer(settings: Settings, *, wait: float = 300) -> Iterator[None]:
    """Hold the instance's lock; the system frees it when the holder dies."""
    try:
        with FileLock(settings.lock_file, timeout=wait):
            yield
    except Timeout as busy:
        raise Busy(
            "另一个同步进程正在运行。请等它结束后再试；如确认没有，请检查是否有残留的 portal 进程。"
        ) from busy


def sync(
    session: Session,
    settings: Settings,
    regimes: Mapping[str, Regime],
    make_app: MakeApp,
    *,
    everything: bool = False,
    rebuild_site: bool = False,
    now: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> SyncReport:
    """Bring index and site to the state of the database; with `everything`, from nothing."""
    now = now or datetime.now(UTC)
    with only_writer(settings):
        session.rollback()  # A snapshot begins a new transaction of its own.
        owed_index = _owed(session, Outbox.indexed_at)
        owed_site = _owed(session, Outbox.built_at)
        gone = _gone(session)
        basis = basis_of(regimes, now)
        # A change that the site does not show although nothing is owed: somebody marked it as paid.
        hidden = not owed_site and built_change(settings.site_folder) < latest_change(session)
        # A deleted document stays readable inside an index segment, so a withdrawal asks for a new index.
        fresh_index = everything or gone or hidden or not ensure_usable(settings.index_folder)
        stale_site = (
            everything
            or rebuild_site
            or hidden
            or bool(owed_site)
            or built_change(settings.site_folder) < 0
            or built_from(settings.site_folder) != basis
        )
        if not (owed_index or fresh_index or stale_site):
            return SyncReport(0, 0, False, None, 0, ())
        snapshot = take_snapshot(session, regimes, now=now)
        session.rollback()
        indexed, removed = _pay_index(snapshot, settings, None if fresh_index else owed_index)
        _mark(session, Outbox.indexed_at.key, owed_index, now)
        build = None
        if stale_site:
            build = build_site(
                make_app(lambda: snapshot),
                lambda: all_urls(snapshot),
                settings.site_folder,
                change=snapshot.change,
                now=now,
                basis=basis,
                keep=1 if gone else KEPT_BUILDS,
                progress=progress,
            )
            _mark(session, Outbox.built_at.key, owed_site, now)
        return SyncReport(
            indexed, removed, fresh_index, build, len(owed_site) or len(owed_index), snapshot.faults
        )


def entry_of(record: RecordView, regimes: Mapping[str, Regime]) -> Entry | None:
    """Return what the search index keeps of a record in force; None for a withdrawn one."""
    version, document = record.current, record.document
    if version is None or document is None:
        return None
    text, amounts = words(document)
    return Entry(
        key=str(record.id),
        url=record.path,
        title=document.title,
        kind=record.kind.code,
        kind_label=record.kind.label,
        jurisdiction=record.unit.jurisdiction,
        jurisdiction_name=regimes[record.unit.jurisdiction].short,
        unit=record.unit.slug,
        unit_name=record.unit.name,
        year=record.year,
        published_on=version.published_on,
        doc_no=document.doc_no,
        index_no=record.index_no,
        amounts=amounts,
        text=text,
    )


def _owed(session: Session, paid_at: object) -> dict[int, int | None]:
    rows = session.execute(select(Outbox.id, Outbox.record_id).where(paid_at.is_(None)))  # type: ignore[attr-defined]
    return {row.id: row.record_id for row in rows}


def basis_of(regimes: Mapping[str, Regime], now: datetime) -> str:
    """Return what the pages depend on besides the database: the regimes, the program and the day in China.

    A deadline that passed or was changed by a regime reaches the site without any publication.
    """
    rules = hashlib.sha256("".join(one.identity() for one in regimes.values()).encode()).hexdigest()[:16]
    return f"{version('sunshine-portal')} {rules} {now.astimezone(SHANGHAI).date()}"


def _gone(session: Session) -> bool:
    unpaid = or_(Outbox.indexed_at.is_(None), Outbox.built_at.is_(None))
    query = select(Outbox.id).where(Outbox.event.in_(("withdrawn", "destroyed")), unpaid).limit(1)
    return session.scalar(query) is not None


def _pay_index(snapshot: Snapshot, settings: Settings, owed: dict[int, int | None] | None) -> tuple[int, int]:
    regimes = {one.slug: one.regime for one in snapshot.jurisdictions}
    index = SearchIndex(settings.index_folder)
    try:
        if owed is None:
            return index.rebuild(_entries(snapshot.records, regimes)), 0
        wanted = {record for record in owed.values() if record is not None}
        if not wanted:
            return 0, 0
        entries = list(_entries((one for one in snapshot.records if one.id in wanted), regimes))
        gone = {str(record) for record in wanted} - {entry.key for entry in entries}
        index.apply(entries, gone)
        return len(entries), len(gone)
    finally:
        index.close()


def _entries(records: Iterable[RecordView], regimes: Mapping[str, Regime]) -> Iterator[Entry]:
    for record in records:
        if entry := entry_of(record, regimes):
            yield entry


def _mark(session: Session, column: str, owed: Mapping[int, int | None], now: datetime) -> None:
    for chunk_start in range(0, len(owed), 500):
        chunk = list(owed)[chunk_start : chunk_start + 500]
        session.execute(update(Outbox).where(Outbox.id.in_(chunk)).values({column: now}))
    session.commit()
