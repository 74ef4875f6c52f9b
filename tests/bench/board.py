"""The commission's board: how long a page takes, and renewing one unit and a whole county, by units and periods.

The rows are made by the real code from a synthetic county's real records. Since a county of 300 units with five years
of records takes long to make, periods older than two years are planted as copies of the oldest rows. Few units owe all
duties: of the largest county all pages are measured once more with the size that was asked for planted in its rows.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.config import data_dir
from portal.demo.county import County as Plan
from portal.demo.county import load_county
from portal.domain.regimes import Regime
from portal.services import rosters
from portal.services.board.county import open_county
from portal.services.board.refreshing import compute, refresh, store
from portal.store.db import begin_write, make_engine, sqlite_url
from portal.store.migrate import upgrade
from portal.store.tables import Record
from portal.web.chores_supervision import keep_views
from tests.bench.board_pages import (
    ASKED,
    BOARD,
    COUNTING,
    GROWING,
    OTHERS,
    TIMES,
    Taken,
    addresses,
    ask,
    office_of,
    plant_asked,
    plant_years,
    signed_in,
)
from tests.bench.table import Section
from tests.conftest import shipped

TITLE = "The commission's board"
SLUG = "xiuzhou"
UNITS = (5, 98, 300)
PERIODS = (4, 8, 20)
_MIDDLE = 98  # From so many on, each page is measured.
_LARGE = 300  # Of so many units, only the longer county is made: publishing its records takes minutes.
_UNTIL = date(2026, 9, 30)
_NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
_RECORDS = 12  # A unit and year: four quarters, plan, budget, decisions, a tender; as `portal demo` has it.
_QUARTER = "2026Q3"  # The newest that has ended.


def measure(
    *, say: Callable[[str], None], kept: Path | None = None, units: tuple[int, ...] = UNITS
) -> list[Section]:
    """Return the tables. `kept`: a folder in which counties are looked for, and left, before anything is worked out."""
    rows: list[list[str]] = []
    pages: list[list[str]] = []
    whole_pages: list[list[str]] = []
    first: dict[int, float] = {}
    for number in units:
        for years in (1, 2) if number < _LARGE else (2,):
            say(f"the board: {number} units with {years} years of records")
            with tempfile.TemporaryDirectory() as folder:
                found = _county(Path(folder), number, years, kept)
                whole, one = _renewing(found)
                each = whole.cpu / number
                base = first.setdefault(years, each)
                rows.append([
                    str(number), str(years * 4), f"{found.records:,}", f"{whole.wall:.2f} s, CPU {whole.cpu:.2f}",
                    f"{each * 1000:.1f} ms", f"{each / base:.2f}", f"{one.wall * 1000:.1f} ms, CPU {one.cpu * 1000:.1f}",
                ])  # fmt: skip
                app = office_of(found.regime, slug=SLUG, home=Path(folder), url=found.url, now=_NOW)
                client = signed_in(app, found.session, now=_NOW)

                def asked(pages: dict[str, str], app: Flask = app, client: FlaskClient = client,
                          found: _Found = found) -> dict[str, Taken]:  # fmt: skip
                    known = addresses(found.session, pages, quarter=_QUARTER)
                    return {name: ask(app, client, path) for name, path in known.items()}

                for count in PERIODS if years > 1 else ():
                    cells = plant_years(found.session, SLUG, count)
                    few = asked(GROWING)
                    shown = (
                        f"{page.wall:.0f} ms, CPU {page.cpu:.0f}, {page.size // 1024} KB"
                        for page in few.values()
                    )
                    pages.append([str(number), str(count), f"{cells:,}", *shown])
                if number >= _MIDDLE and years > 1:
                    say(f"the board: the pages of {number} units")
                    what = f"{number} units, {cells:,} cells, {found.records:,} records"
                    whole_pages += [
                        [what, f"{name}, nothing kept", *page.cells()]
                        for name, page in asked(COUNTING).items()
                    ]
                    keep_views(make_engine(found.url), {}, SLUG, found.regime, on=_NOW.date())
                    whole_pages += [
                        [what, name, *page.cells()]
                        for name, page in asked({**BOARD, **OTHERS, **COUNTING}).items()
                    ]
                if number >= _LARGE:
                    cells = plant_asked(found.session, SLUG, max(PERIODS))
                    what = f"{number} units × {ASKED} × {max(PERIODS)}, planted: {cells:,} cells"
                    say(f"the board: {what}")
                    whole_pages += [[what, name, *page.cells()] for name, page in asked(BOARD).items()]
                found.session.close()
    return [
        Section(
            f"{TITLE}: renewing",
            [
                "units", "quarters of records", "records", "all units", "a unit, CPU",
                "a unit, against the smallest county", "one unit after a publication, stored",
            ],
            rows,
            "Linear in the units where the ratio stays about 1: a unit reads its own records alone. Storing a unit also takes up the matters that follow from it.",
        ),
        Section(
            f"{TITLE}: pages by units and periods",
            ["units", "periods", "cells stored", *GROWING],
            pages,
            f"Through the office's app, rendering included, from the embedded database: the median of {TIMES} requests by the clock and of the processor's time (they differ where others use the machine).",
        ),
        Section(
            f"{TITLE}: its pages one by one",
            ["county", "page", "first request", "later", "plain, gzip"],
            whole_pages,
            f"The first request finds nothing in memory of what was read or worked out (as after a start, before the chores have been at it); later ones are medians of {TIMES}. "
            "What a bulletin counts from is in the database by then, as the chores keep it; with nothing kept, it is a day's first one. "
            f"A county's own cells come from its records, older quarters are copies. Planted is the size asked for: every unit has {ASKED} cells in each of {max(PERIODS)} quarters, one for each duty and one more of supporting rules. Load of the machine at the end: {os.getloadavg()[0]:.1f}.",
        ),
    ]  # fmt: skip


@dataclass(frozen=True)
class _Found:
    session: Session
    regime: Regime
    records: int
    url: str


def _county(home: Path, units: int, years: int, kept: Path | None = None) -> _Found:
    url, regimes = sqlite_url(home / "portal.db"), shipped()
    known = kept / f"board-{units}-{years}.db" if kept else None
    if known and known.is_file():
        shutil.copyfile(known, home / "portal.db")
    else:
        upgrade(url)
        _fill(url, regimes, units, years)
        if known:
            known.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(home / "portal.db", known)
    session = Session(make_engine(url), expire_on_commit=False)
    records = session.scalar(select(func.count()).select_from(Record)) or 0
    return _Found(session, regimes[SLUG], records, url)


def _fill(url: str, regimes: Mapping[str, Regime], units: int, years: int) -> None:
    engine = make_engine(url)
    session = Session(engine, expire_on_commit=False)
    begin_write(session)
    rosters.init_jurisdictions(session, regimes.values(), now=_NOW)
    session.commit()
    begin_write(session)
    plan = Plan(SLUG, units=units, years=years, records=_RECORDS, until=_UNTIL)

    def commit() -> None:
        session.commit()
        begin_write(session)

    load_county(session, plan, data_dir("content"), regimes, commit=commit)
    session.commit()
    session.close()
    engine.dispose()  # With its last connection, SQLite writes its journal back into the file.


class _Clock:
    """Seconds since it was made: by the clock, and of the processor, which others who use the machine do not lengthen."""

    def __init__(self) -> None:
        self._began, self._busy = time.perf_counter(), time.process_time()
        self.wall = self.cpu = 0.0

    def stop(self) -> _Clock:
        self.wall, self.cpu = time.perf_counter() - self._began, time.process_time() - self._busy
        return self


def _renewing(found: _Found) -> tuple[_Clock, _Clock]:
    """Return how long it takes for every unit, and for one of them after that (the one in the middle of five)."""
    session, regime = found.session, found.regime
    begin_write(session)
    here = open_county(session, SLUG, None)
    whole = _Clock()
    refresh(here, regime, now=_NOW)
    whole.stop()
    session.commit()
    taken = []
    for unit in here.units()[:5]:
        clock = _Clock()
        computed = compute(here, regime, unit, now=_NOW)
        begin_write(session)
        store(here, computed)
        session.commit()
        taken.append(clock.stop())
    return whole, sorted(taken, key=lambda one: one.cpu)[len(taken) // 2]


__all__ = ["TITLE", "UNITS", "measure"]
