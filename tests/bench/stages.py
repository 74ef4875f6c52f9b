"""Publishing and indexing, next to a yardstick of the same run: bare SQLite commits of the same bytes."""

from __future__ import annotations

import multiprocessing
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.search import SearchIndex
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.site.snapshot import Snapshot, take_snapshot
from portal.store.db import begin_write, make_engine, sqlite_url
from portal.store.migrate import upgrade
from portal.sync import entry_of
from tests.bench.corpus import documents
from tests.bench.place import ROOT
from tests.bench.rules import check_all, rules_in_play
from tests.bench.watch import Died

NOW = datetime(2026, 11, 1, 2, 0, tzinfo=UTC)
PER_UNIT = 100
SINGLE = 200  # Publications timed with one commit each, as a desk makes them.


def alone(work: Callable[..., dict[str, float]], *given: Any) -> dict[str, float]:
    """Run `work` in a forked process; add its peak memory in MB and its seconds."""
    context = multiprocessing.get_context("fork")
    reader, writer = context.Pipe(duplex=False)

    def run() -> None:
        began = time.perf_counter()
        found = work(*given)
        found["seconds"] = found.get("seconds", time.perf_counter() - began)
        found["mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        writer.send(found)

    child = context.Process(target=run)
    child.start()
    writer.close()  # So that a child that dies ends the wait.
    try:
        result: dict[str, float] = reader.recv()
    except EOFError as dead:
        raise Died("a stage of the bench died; see above") from dead
    child.join()
    return result


def fill(home: Path, records: int) -> dict[str, float]:
    """Publish `records` documents: most in batches, `SINGLE` of them with a commit each, which are timed."""
    regimes = read_regimes(ROOT / "content" / "regimes")
    url = sqlite_url(home / "portal.db")
    upgrade(url)
    engine = make_engine(url)
    singles: list[float] = []
    with Session(engine) as session:
        begin_write(session)
        rosters.init_jurisdictions(session, regimes.values(), now=NOW)
        county = rosters.find_jurisdiction(session, "erqi")
        done = 0
        for number in range(records // PER_UNIT):
            unit = rosters.put_unit(
                session,
                county,
                rosters.RosterLine(name=f"示例{number}局", type="bureau", slug=f"u{number}"),
                now=NOW,
            )
            book = Book(session, regimes)
            for document in documents(number, PER_UNIT):
                timed = done >= records - SINGLE
                began = time.perf_counter()
                draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=NOW)
                publishing.publish(session, draft, book=book, reason="首次公开", actor="乙", now=NOW)
                if timed:
                    session.commit()
                    singles.append(time.perf_counter() - began)
                    begin_write(session)
                done += 1
            session.commit()
            begin_write(session)
        session.commit()
    engine.dispose()
    return {"publish_ms": statistics.median(singles) * 1000, "records": done}


def bare_commits(home: Path) -> dict[str, float]:
    """The yardstick of publishing: the same durability, 4 KB a row, nothing else."""
    connection = sqlite3.connect(home / "bare.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, payload BLOB)")
    taken = []
    for _ in range(SINGLE):
        began = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO bare (payload) VALUES (?)", (b"x" * 4096,))
        connection.execute("COMMIT")
        taken.append(time.perf_counter() - began)
    connection.close()
    return {"publish_ms": statistics.median(taken) * 1000}


def _snapshot(home: Path) -> tuple[Snapshot, Mapping[str, Regime]]:
    regimes = read_regimes(ROOT / "content" / "regimes")
    engine = make_engine(sqlite_url(home / "portal.db"))
    with Session(engine) as session:
        snapshot = take_snapshot(session, regimes, now=NOW)
    engine.dispose()
    return snapshot, regimes


def read_all(home: Path) -> dict[str, float]:
    """Read every record, and believe nothing that its payload does not say."""
    snapshot, _ = _snapshot(home)
    return {"records": len(snapshot.records)}


def index_all(home: Path) -> dict[str, float]:
    """Index every record from nothing."""
    snapshot, regimes = _snapshot(home)
    entries = [entry for record in snapshot.records if (entry := entry_of(record, regimes))]
    index = SearchIndex(home / "search_index")
    began = time.perf_counter()
    index.rebuild(entries)
    seconds = time.perf_counter() - began
    index.close()
    return {"docs": len(entries), "seconds": seconds}


def publishing_rows(records: int) -> list[list[str]]:
    """Return the table rows of publishing, reading and indexing for one size."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        home = Path(folder)
        filled = alone(fill, home, records)
        bare = alone(bare_commits, home)
        read = alone(read_all, home)
        indexed = alone(index_all, home)
    size = f"{records:,}"
    return [
        [
            f"publish, one commit each ({size} records)",
            f"{1000 / filled['publish_ms']:.0f}/s",
            f"{filled['publish_ms'] / bare['publish_ms']:.1f} × a bare 4 KB commit ({1000 / bare['publish_ms']:.0f}/s)",
            f"{filled['mb']:.0f} MB",
        ],
        [f"read every record ({size})", f"{read['records'] / read['seconds']:.0f} records/s", "", f"{read['mb']:.0f} MB"],
        [f"index from nothing ({size})", f"{indexed['docs'] / indexed['seconds']:.0f} docs/s", "", f"{indexed['mb']:.0f} MB"],
    ]  # fmt: skip


def rules_row(count: int) -> list[str]:
    """Return the table row of the rule book."""
    done = alone(check_all, count)
    return [
        (
            f"check {int(done['documents']):,} documents by the rule book ({rules_in_play()} rules, "
            f"{done['checks'] / done['documents']:.0f} checks a document, {int(done['findings']):,} findings)"
        ),
        f"{done['check']:.1f} s",
        f"{done['check'] / done['parse']:.1f} × the bare parse of the same documents ({done['parse']:.1f} s)",
        f"{done['mb']:.0f} MB",
    ]
