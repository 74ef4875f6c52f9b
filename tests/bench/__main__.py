"""Measures publishing, indexing and building at 1k and 10k records, and writes RESULTS.md.

Every stage runs in a process of its own, so that its peak memory is its own, and next to a
yardstick of the same run, since the machine is shared: bare SQLite commits of the same bytes
for publishing, Frozen-Flask as documented on the same pages for building.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask_frozen import Freezer
from sqlalchemy import update
from sqlalchemy.orm import Session

from portal import apps
from portal.domain.regime_reading import read_regimes
from portal.search import SearchIndex
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.site.build import build_site
from portal.site.pages import all_urls
from portal.site.snapshot import take_snapshot
from portal.store.db import begin_write, make_engine, sqlite_url
from portal.store.migrate import upgrade
from portal.store.tables import Outbox
from portal.sync import entry_of
from tests.bench.corpus import documents
from tests.bench.rules import check_all, rules_in_play

ROOT = Path(__file__).resolve().parents[2]
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
        raise SystemExit("a stage of the bench died; see above") from dead
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


def _snapshot(home: Path) -> Any:
    regimes = read_regimes(ROOT / "content" / "regimes")
    engine = make_engine(sqlite_url(home / "portal.db"))
    with Session(engine) as session:
        snapshot = take_snapshot(session, regimes, now=NOW)
    engine.dispose()
    return snapshot, regimes


def read_all(home: Path) -> dict[str, float]:
    """Take the snapshot that index and site start from."""
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


def build_ours(home: Path) -> dict[str, float]:
    """Build the whole site."""
    snapshot, _ = _snapshot(home)
    app = apps.create_public_app(lambda: snapshot)
    began = time.perf_counter()
    report = build_site(app, lambda: all_urls(snapshot), home / "site_build", change=0, now=NOW)
    return {"pages": report.pages, "seconds": time.perf_counter() - began, "failed": len(report.failures)}


def build_plain(home: Path, limit: int) -> dict[str, float]:
    """The yardstick of building: Frozen-Flask as documented, on the first `limit` of the same pages."""
    snapshot, _ = _snapshot(home)
    app = apps.create_public_app(lambda: snapshot)
    app.config.update(FREEZER_DESTINATION=str(home / "plain"), FREEZER_IGNORE_MIMETYPE_WARNINGS=True)
    freezer = Freezer(app, with_no_argument_rules=False, with_static_files=False)
    chosen = [f"/{page.path}" for page in all_urls(snapshot) if "/u/" in page.path][:limit]
    freezer.register_generator(lambda: iter(chosen))
    freezer._check_endpoints = lambda _seen: None
    began = time.perf_counter()
    pages = sum(1 for _ in freezer.freeze_yield())
    return {"pages": pages, "seconds": time.perf_counter() - began}


def pay_nothing(home: Path) -> None:
    """Mark the outbox as paid: the stages above are measured apart."""
    engine = make_engine(sqlite_url(home / "portal.db"))
    with Session(engine) as session:
        session.execute(update(Outbox).values(indexed_at=NOW, built_at=NOW))
        session.commit()
    engine.dispose()


def measure(records: int) -> list[tuple[str, str, str, str]]:
    """Return the table rows for one size."""
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder:
        home = Path(folder)
        filled = alone(fill, home, records)
        bare = alone(bare_commits, home)
        pay_nothing(home)
        read = alone(read_all, home)
        indexed = alone(index_all, home)
        ours = alone(build_ours, home)
        plain = alone(build_plain, home, 1000)
    speed = ours["pages"] / ours["seconds"]
    yardstick = plain["pages"] / plain["seconds"]
    size = f"{records:,}"
    return [
        (
            f"publish, one commit each ({size} records)",
            f"{1000 / filled['publish_ms']:.0f}/s",
            f"{filled['publish_ms'] / bare['publish_ms']:.1f} × a bare 4 KB commit ({1000 / bare['publish_ms']:.0f}/s)",
            f"{filled['mb']:.0f} MB",
        ),
        (
            f"read the snapshot ({size})",
            f"{read['records'] / read['seconds']:.0f} records/s",
            "",
            f"{read['mb']:.0f} MB",
        ),
        (
            f"index from nothing ({size})",
            f"{indexed['docs'] / indexed['seconds']:.0f} docs/s",
            "",
            f"{indexed['mb']:.0f} MB",
        ),
        (
            f"build the site ({int(ours['pages']):,} files, {int(ours['failed'])} failed)",
            f"{speed:.0f} pages/s",
            f"{speed / yardstick:.1f} × Frozen-Flask as documented ({yardstick:.0f} pages/s on 1,000 record pages)",
            f"{ours['mb']:.0f} MB",
        ),
    ]


def measure_rules(count: int) -> tuple[str, str, str, str]:
    """Return the table row of the rule book."""
    done = alone(check_all, count)
    return (
        (
            f"check {int(done['documents']):,} documents by the rule book ({rules_in_play()} rules, "
            f"{done['checks'] / done['documents']:.0f} checks a document, {int(done['findings']):,} findings)"
        ),
        f"{done['check']:.1f} s",
        f"{done['check'] / done['parse']:.1f} × the bare parse of the same documents ({done['parse']:.1f} s)",
        f"{done['mb']:.0f} MB",
    )


def main() -> None:
    """Print the table and keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 10_000])
    parser.add_argument("--rules", type=int, default=100_000, help="how many documents the rule book checks")
    asked = parser.parse_args()
    rows = [row for size in asked.sizes for row in measure(size)]
    if asked.rules:
        rows.append(measure_rules(asked.rules))
    header = ("what", "speed", "against, in the same run", "peak memory")
    lines = ["| " + " | ".join(line) + " |" for line in (header, tuple("---" for _ in header), *rows)]
    table = "\n".join(lines)
    print(table)
    text = (
        "# Measured\n\nWritten by `make bench`; shared two-core machines are noisy, so trust the ratios.\n\n"
        + table
        + "\n"
    )
    (Path(__file__).parent / "RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
