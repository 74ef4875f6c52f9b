"""What many tests start from: a fresh instance, its session, a unit, small honest documents."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.domain.documents.finance import FinanceDisclosure, Money
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.services import rosters
from portal.store.db import make_engine
from portal.store.tables import Jurisdiction, Unit
from tests import postgresql, thrift
from tests.databases import DATABASE_FIXTURES, new_database, set_database

# No test by the clock: machines are shared and noisy. Nor by the dice: made-up examples are the same in every usual
# run, so that a change is judged by what it changes; `make test-thorough` makes up others each time.
settings.register_profile("portal", deadline=None, derandomize=not thrift.THOROUGH)
settings.load_profile("portal")
thrift.save()

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
SERVER = pytest.StashKey[postgresql.Server]()
ABSENT = pytest.StashKey[str]()
LEFT_OUT = pytest.StashKey[int]()
NOTHING = SimpleNamespace(params={})
NOON = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)


def pytest_configure(config: pytest.Config) -> None:
    """Start the run's PostgreSQL server where one is asked for; those that xdist starts find it running."""
    for line in (
        "sqlite: about SQLite's own file, or about files only; left out of the run on PostgreSQL.",
        "database: uses a database without one of the fixtures that tell so.",
        "thorough: left out of the usual run; make test-thorough has it.",
    ):
        config.addinivalue_line("markers", line)
    if postgresql.WANTED and not hasattr(config, "workerinput"):
        try:
            config.stash[SERVER] = postgresql.open_for_tests()
        except postgresql.NoServer as absent:
            config.stash[ABSENT] = str(absent)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop it."""
    if server := config.stash.get(SERVER, None):
        server.stop()


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say it loudly where nothing was tested, and which test passed at its second try only."""
    failed = {one.nodeid for one in terminalreporter.stats.get("failed", ())}
    for one in terminalreporter.stats.get("rerun", ()):
        if one.nodeid not in failed:
            terminalreporter.write_line(f"********** PASSED AT THE SECOND TRY ONLY: {one.nodeid}", red=True)
            terminalreporter.write_line(one.longreprtext)
    if count := config.stash.get(LEFT_OUT, 0):
        terminalreporter.write_line(f"left to make test-thorough: {count} tests")
    if told := config.stash.get(ABSENT, None):
        terminalreporter.write_line(
            f"********** {told}; NOTHING WAS TESTED ON POSTGRESQL **********", red=True
        )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL run the tests that use a database, apart from those about SQLite's own files."""
    if not thrift.THOROUGH:
        left_out = [item for item in items if item.get_closest_marker("thorough")]
        config.stash[LEFT_OUT] = len(left_out)
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    if not postgresql.WANTED:
        return
    chosen, others = [], []
    for item in items:
        uses = DATABASE_FIXTURES & set(getattr(item, "fixturenames", ())) or item.get_closest_marker(
            "database"
        )
        (chosen if uses and not item.get_closest_marker("sqlite") else others).append(item)
    if not postgresql.running():
        others, chosen = items[:], []
    config.hook.pytest_deselected(items=others)
    items[:] = chosen


@pytest.fixture(autouse=True)
def _databases_go(request: pytest.FixtureRequest) -> Iterator[None]:
    """Drop what a test made in its own folder."""
    own = postgresql.WANTED and "tmp_path" in request.fixturenames
    place = request.getfixturevalue("tmp_path") if own else None
    yield
    if place is not None:
        postgresql.drop(place)


@cache
def shipped() -> dict[str, Regime]:
    """Return the regime files that ship."""
    return read_regimes(ROOT / "content" / "regimes")


@pytest.fixture(scope="session")
def regimes() -> dict[str, Regime]:
    """The regime files that ship."""
    return shipped()


@pytest.fixture
def engine(tmp_path: Path, regimes: dict[str, Regime]) -> Iterator[Engine]:
    """A migrated database with its jurisdictions; with SQLite the file `portal.db` of the test's folder."""
    engine = make_engine(new_database(tmp_path))
    with Session(engine) as session:
        rosters.init_jurisdictions(session, regimes.values(), now=NOON)
        session.commit()
    yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session on that database."""
    with Session(engine) as session:
        yield session


@pytest.fixture
def county(session: Session) -> Jurisdiction:
    """One of the jurisdictions."""
    return rosters.find_jurisdiction(session, "xiuzhou")


@pytest.fixture
def unit(session: Session, county: Jurisdiction) -> Unit:
    """A unit of it."""
    line = rosters.RosterLine(name="示例财政局", type="bureau", short="财政局", code="330411001", sample=True)
    made = rosters.put_unit(session, county, line, now=NOON)
    session.commit()
    return made


@pytest.fixture
def a_quarter() -> Callable[..., FinanceDisclosure]:
    """Makes a small, arithmetically right finance disclosure."""

    def make(period: str = "2026Q3", *, spent: int = 12_345_00, **more: Any) -> FinanceDisclosure:
        return FinanceDisclosure(
            period=period,
            title=more.pop("title", None) or f"{period} 财务公开",
            opening=100_000_00,
            income_total=0,
            expense_total=spent,
            closing=100_000_00 - spent,
            expense=(Money(item="办公费", amount=spent),),
            **{"unit_head": "甲", "finance_head": "乙", "accounting_head": "丙", **more},
        )

    return make


@pytest.fixture
def clock() -> Callable[[], datetime]:
    """A clock that moves an hour at each look."""
    ticks = iter(range(10**6))
    return lambda: NOON + timedelta(hours=next(ticks))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PORTAL_HOME for commands."""
    folder = tmp_path / "home"
    for name in list(os.environ):
        if name.startswith("PORTAL_"):
            monkeypatch.delenv(name)
    set_database(monkeypatch, folder)
    return folder


@pytest.fixture(scope="session")
def real_files() -> Path:
    """The folder of real files beside the checkout; its absence is said loudly."""
    if not SHARED.is_dir():
        pytest.skip(
            "REAL FILES ABSENT: the folder `shared` beside the checkout is missing; nothing was checked on them"
        )
    return SHARED
