"""Pays the outbox: the static site first, then the search index, so that a result always leads to a page.

Both are caches of the database. Each step is idempotent, so a run that is
killed anywhere is completed by the next one; nothing is marked as paid before it is.
`portal sync`, `portal build` and `portal worker` all come through here.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from flask import Flask
from sqlalchemy import or_, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from portal.config import PACKAGE, Settings, data_dir
from portal.domain.documents.declaration import words
from portal.domain.regimes import Regime
from portal.search import Entry, IndexBusy, IndexDamaged, SearchIndex, ensure_usable
from portal.services.attachments import any_gone, sweep
from portal.services.running.overlay import refresh
from portal.site.build import BuildReport, build_site
from portal.site.forks import ForkFailed
from portal.site.online import read_online
from portal.site.precompress import compressed
from portal.site.served import Site, built_change, has_another_past, is_current, program_identity
from portal.site.snapshot import OpenSnapshot, RecordView, Snapshot, open_snapshot
from portal.site.trees import KEPT_BUILDS
from portal.store.db import begin_write
from portal.store.files import FileDamaged, FileStore, FilesUnreachable, NoSuchFile
from portal.store.public import latest_change, public_file_digests, public_file_texts
from portal.store.tables import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator

MakeApp = Callable[[Callable[[], Snapshot]], Flask]


__all__ = ["Busy", "CannotWrite", "ForkFailed", "SyncReport", "pay", "program", "site_of", "sync"]


class Busy(RuntimeError):
    """Another process of the same instance is writing the index and the site."""


class CannotWrite(RuntimeError):
    """The site's or the index's folder cannot be written: full, read-only or not ours. It stays as it was."""


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
    lock = FileLock(settings.lock_file, timeout=wait)
    try:
        lock.acquire()
    except Timeout as busy:
        raise Busy(
            "另一个同步进程正在运行。请等它结束后再试；如确认没有，请检查是否有残留的 portal 进程。"
        ) from busy
    except OSError as refused:
        raise CannotWrite(_told(refused, "平台的锁文件", settings.lock_file)) from refused
    try:
        yield
    finally:
        lock.release()


@cache
def program() -> str:
    """Return what the pages are made with; a running process does not change under its own feet."""
    return program_identity(PACKAGE, data_dir("templates"), data_dir("content"))


def site_of(
    session: Session, settings: Settings, regimes: Mapping[str, Regime], make_app: MakeApp, *, jobs: int = 0
) -> Site:
    """Return the instance's static site; `jobs` processes build it (0: as many as there are processors, at most four)."""
    bind = session.get_bind()
    assert isinstance(bind, Engine)  # noqa: S101 - sessions are bound to engines here.
    return Site(
        settings.site_folder,
        bind.url.render_as_string(hide_password=False),
        regimes,
        make_app,
        " ".join((program(), str(settings.search_url), str(settings.base_url), str(settings.precompress))),
        compressed if settings.precompress else None,
        jobs or min(os.cpu_count() or 1, 4),
        _near_files(settings),
        online=lambda: read_online(settings.key_lists_folder, settings.report_url),
    )


def files_of(settings: Settings) -> FileStore:
    """Return the attachments' store of the instance; raise `CannotWrite` where it cannot be used."""
    return _opened(settings.attachments_url or settings.attachments_folder)


def _near_files(settings: Settings) -> FileStore:
    """Return where a build reads attachments: the instance's own folder, or a copy of what lies far away."""
    return _opened(settings.attachments_copies if settings.attachments_url else settings.attachments_folder)


def _opened(place: str | Path) -> FileStore:
    try:
        return FileStore.open(place)
    except FilesUnreachable as refused:
        raise CannotWrite(str(refused)) from refused


def _bring_files(session: Session, settings: Settings, near: FileStore | None) -> list[str]:
    """Bring attachments from an object store to this machine; return what went wrong, in Chinese."""
    if near is None or not settings.attachments_url:
        return []
    missing = [one for one in public_file_digests(session) if not near.exists(one)]
    session.rollback()
    wrong: list[str] = []
    try:
        far = FileStore.open(settings.attachments_url) if missing else near
        for digest in missing:
            try:
                near.put(far.get(digest))
            except (NoSuchFile, FileDamaged) as gone:
                wrong.append(str(gone))
    except FilesUnreachable as refused:
        wrong.append(str(refused))
    return wrong


def _sweep_files(session: Session, settings: Settings, near: FileStore | None) -> list[str]:
    """Remove attachments that nothing names any more; what cannot be removed now is removed by the next run."""
    waiting = any_gone(session)
    session.rollback()
    if not waiting or near is None:
        return []
    begin_write(session)
    try:
        sweep(session, *{id(one): one for one in (files_of(settings), near)}.values())
        session.commit()
    except (CannotWrite, FilesUnreachable) as refused:
        session.rollback()
        return [f"不再需要的附件未能删除：{refused}"]
    return []


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
    jobs: int = 0,
) -> SyncReport:
    """Bring site and index to the state of the database; with `everything`, from nothing."""
    site = site_of(session, settings, regimes, make_app, jobs=jobs)
    return pay(
        session, settings, site, everything=everything, rebuild_site=rebuild_site, now=now, progress=progress
    )


def pay(
    session: Session,
    settings: Settings,
    site: Site,
    *,
    everything: bool = False,
    rebuild_site: bool = False,
    now: datetime | None = None,
    progress: Callable[[int], None] | None = None,
    wait: float = 300,
) -> SyncReport:
    """Do one pass; a long-running process hands in the same `site` each time.

    Raise `Busy` when another process has been writing for `wait` seconds, `CannotWrite` or `ForkFailed`
    when the site could not be built: it then stays as it was, and everything is still owed.
    """
    now = now or datetime.now(UTC)
    with only_writer(settings, wait=wait):
        session.rollback()  # A snapshot begins a new transaction of its own.
        refresh(site.regimes, session)
        owed_index = _owed(session, Outbox.indexed_at)
        owed_site = _owed(session, Outbox.built_at)
        # A database put back from a backup may count anew, and lack what the site still shows.
        gone = _gone(session) or has_another_past(site, session)
        # A change that the site does not show although nothing is owed: somebody marked it as paid.
        hidden = not owed_site and built_change(settings.site_folder) < latest_change(session)
        full = everything or rebuild_site or hidden or has_another_past(site, session)
        stale_site = full or bool(owed_site) or not is_current(site, now=now)
        if gone or _gone_since(session, site.seen):  # Even where another process has paid for it.
            site.forget_content()
        site.seen = latest_change(session)
        build = None
        faults: tuple[str, ...] = ()
        if stale_site:
            brought = _bring_files(session, settings, site.files)
            try:
                build = build_site(
                    site, now=now, full=full, keep=1 if gone else KEPT_BUILDS, progress=progress
                )
            except OSError as refused:
                raise CannotWrite(_told(refused, "静态网站", settings.site_folder)) from refused
            faults = (*brought, *build.faults)
            _mark(session, Outbox.built_at.key, owed_site, now)
        session.rollback()
        # Only now, for the site goes first. A deleted document stays readable inside an index segment, so a
        # withdrawal asks for a new index.
        with _index_troubles(settings):
            fresh_index = everything or bool(gone) or hidden or not ensure_usable(settings.index_folder)
        indexed = removed = 0
        if fresh_index or owed_index:
            snapshot = open_snapshot(session, site.regimes, now=now, parsed=site.parsed)
            with _index_troubles(settings):
                indexed, removed = _pay_index(
                    session, snapshot, settings, None if fresh_index else owed_index
                )
            session.rollback()
            _mark(session, Outbox.indexed_at.key, owed_index, now)
        faults = (*faults, *_sweep_files(session, settings, site.files))
        return SyncReport(indexed, removed, fresh_index, build, len(owed_site) or len(owed_index), faults)


@contextmanager
def _index_troubles(settings: Settings) -> Iterator[None]:
    """Let what goes wrong with the index be told as what goes wrong with the site is."""
    try:
        yield
    except IndexBusy as busy:
        raise Busy(str(busy)) from busy
    except IndexDamaged as damaged:
        raise CannotWrite(str(damaged)) from damaged
    except OSError as refused:
        raise CannotWrite(_told(refused, "检索索引", settings.index_folder)) from refused


def _told(refused: OSError, what: str, folder: Path) -> str:
    """Say what stopped the run and what to do about it."""
    number = refused.errno or 0
    remedy = _REMEDIES.get(number) or f"系统返回错误 {errno.errorcode.get(number, number)}。请排除后"
    stays = {"静态网站": "网站仍是上一次生成的内容，已公开的内容没有丢失。"}.get(
        what, "已公开的内容没有丢失。"
    )
    return f"{what}无法写入 {refused.filename or folder}：{remedy}重新运行 portal sync。{stays}"


_OURS = "没有写入权限。请让运行本程序的用户拥有该文件夹，然后"
_IN_THE_WAY = "那里已有一个同名的文件或文件夹，不是本程序的。请把它移走，然后"
_REMEDIES = {
    errno.ENOSPC: "磁盘已满。请清理空间或换到更大的磁盘，然后",
    errno.EDQUOT: "磁盘配额已用完。请增加配额，然后",
    errno.EROFS: "文件夹是只读的。请把磁盘改为可写，然后",
    errno.EACCES: _OURS,
    errno.EPERM: _OURS,
    errno.ENOTDIR: _IN_THE_WAY,
    errno.EEXIST: _IN_THE_WAY,
    errno.EISDIR: _IN_THE_WAY,
    errno.ENOTEMPTY: _IN_THE_WAY,
    errno.EIO: "磁盘读写出错，可能已损坏。请检查磁盘，然后",
    errno.EMFILE: "同时打开的文件太多。请提高系统的限额（ulimit -n），然后",
    errno.ENFILE: "整个系统同时打开的文件太多。请关闭一些程序，然后",
    errno.ENOMEM: "内存不足。请关闭一些程序或增加内存，然后",
}


def entry_of(record: RecordView, regimes: Mapping[str, Regime], *, files: str = "") -> Entry | None:
    """Return what the search index keeps of a record in force; None for a withdrawn one. `files`: what its files say."""
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
        text=f"{text}\n{files[:_MOST_OF_FILES]}" if files else text,
    )


_MOST_OF_FILES = 1_000_000  # Characters; thirty long files must not make one entry that takes minutes.
_GONE = ("withdrawn", "destroyed")


def _owed(session: Session, paid_at: object) -> dict[int, tuple[int | None, int | None]]:
    rows = session.execute(select(Outbox.id, Outbox.record_id, Outbox.unit_id).where(paid_at.is_(None)))  # type: ignore[attr-defined]
    return {row.id: (row.record_id, row.unit_id) for row in rows}


def _gone(session: Session) -> bool:
    unpaid = or_(Outbox.indexed_at.is_(None), Outbox.built_at.is_(None))
    query = select(Outbox.id).where(Outbox.event.in_(_GONE), unpaid).limit(1)
    return session.scalar(query) is not None


def _pay_index(
    session: Session,
    snapshot: OpenSnapshot,
    settings: Settings,
    owed: dict[int, tuple[int | None, int | None]] | None,
) -> tuple[int, int]:
    index = SearchIndex(settings.index_folder)
    try:
        if owed is None:
            return index.rebuild(_entries(session, snapshot)), 0
        wanted = {record for record, _ in owed.values() if record is not None}
        if not wanted:
            return 0, 0
        units = {unit for _, unit in owed.values()}
        entries = list(_entries(session, snapshot, units, wanted))
        gone = {str(record) for record in wanted} - {entry.key for entry in entries}
        index.apply(entries, gone)
        return len(entries), len(gone)
    finally:
        index.close()


def _entries(
    session: Session,
    snapshot: OpenSnapshot,
    units: set[int | None] | None = None,
    records: set[int] | None = None,
) -> Iterator[Entry]:
    """Yield what the index keeps of every record, or of some records of some units, unit by unit."""
    regimes = {one.slug: one.regime for one in snapshot.jurisdictions}
    for view in snapshot.jurisdictions:
        for unit in view.units:
            if units is not None and unit.id not in units:
                continue
            for record in snapshot.all_of(unit):
                if records is not None and record.id not in records:
                    continue
                named = record.current and record.document and record.document.attachments
                files = public_file_texts(session, version=record.latest.id) if named else ""
                if entry := entry_of(record, regimes, files=files):
                    yield entry
            snapshot.forget(unit)


def _gone_since(session: Session, change: int) -> bool:
    query = select(Outbox.id).where(Outbox.event.in_(_GONE), Outbox.id > change).limit(1)
    return session.scalar(query) is not None


def _mark(session: Session, column: str, owed: Mapping[int, object], now: datetime) -> None:
    if not owed:
        return
    begin_write(
        session
    )  # Anew: what was read before the build is old by now, and SQLite writes nothing on it.
    for chunk_start in range(0, len(owed), 500):
        chunk = list(owed)[chunk_start : chunk_start + 500]
        session.execute(update(Outbox).where(Outbox.id.in_(chunk)).values({column: now}))
    session.commit()
