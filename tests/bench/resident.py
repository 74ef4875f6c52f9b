"""Corrections paid by a resident worker: `python -m tests.bench.resident ROUNDS` tells what each took.

For every kind of record, corrections in so many different units; each unit is then corrected once more,
when the worker has its versions in memory.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.demo.county.touching import _touch as correct  # The correction that `portal demo --touch` makes.
from portal.domain.regime_reading import read_regimes
from portal.services.checking import Book
from portal.store.db import begin_write, make_engine, sqlite_url
from portal.store.tables import Record, Version, Withdrawal
from portal.sync import pay
from tests.bench.building import site_at


def chosen(session: Session, rounds: int) -> list[tuple[str, int]]:
    """Return kinds and records: of every kind as many as rounds, each in a unit of its own while there are enough."""
    gone = exists().where(Withdrawal.version_id == Version.id, Version.record_id == Record.id)
    query = select(Record.kind, Record.unit_id, func.max(Record.id)).where(~gone)
    rows = session.execute(
        query.group_by(Record.kind, Record.unit_id).order_by(Record.kind, Record.unit_id)
    ).all()
    by_kind: dict[str, list[tuple[int, int]]] = {}
    for kind, unit, record in rows:
        by_kind.setdefault(kind, []).append((unit, record))
    used: set[int] = set()
    found = []
    for kind, places in by_kind.items():
        fresh = [one for one in places if one[0] not in used]
        for unit, record in (fresh + places)[:: max(len(fresh) // rounds, 1)][:rounds]:
            used.add(unit)
            found.append((kind, record))
    return found


def measure(rounds: int) -> list[dict[str, Any]]:
    """Correct, pay, and write down the milliseconds until the files are in place, and until the index is paid too."""
    settings = Settings()
    regimes = read_regimes(settings.regimes_folder)
    engine = make_engine(sqlite_url(settings.database))
    found: list[dict[str, Any]] = []
    site = site_at(settings, jobs=1)
    with Session(engine) as session:
        site.parsed = {}
        pay(session, settings, site)
        records = chosen(session, rounds)
        session.rollback()
        number = 0
        for again in (False, True):
            for kind, record in records:
                number += 1
                begin_write(session)
                newest = session.scalar(select(func.max(Version.published_at))) or datetime.now(UTC)
                moment = max(newest + timedelta(seconds=1), datetime.now(UTC))
                correct(session, Book(session, regimes), session.get_one(Record, record), number, moment)
                session.commit()
                began, spent = time.perf_counter(), time.process_time()
                report = pay(session, settings, site)
                whole, cpu = time.perf_counter() - began, time.process_time() - spent
                assert report.build is not None
                assert not report.build.failures, report.build.failures
                found.append(
                    {
                        "kind": kind,
                        "again": again,
                        "files": report.build.seconds * 1000,
                        "whole": whole * 1000,
                        "cpu": cpu * 1000,
                        "rendered": report.build.rendered,
                    }
                )
    engine.dispose()
    return found


def main() -> None:
    """Measure, and tell it as JSON."""
    print(json.dumps({"corrections": measure(int(sys.argv[1]))}))


if __name__ == "__main__":
    main()
