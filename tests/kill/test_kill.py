"""kill -9 at random moments of publish, sync and build: what was acknowledged stays, the site is always one build."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.regimes import Regime
from portal.search import SearchIndex
from portal.site.manifests import files_of
from portal.site.served import current_build
from portal.store.db import make_engine
from portal.store.tables import Outbox, Record, Version
from tests.databases import database_of
from tests.kill.killing import SOONER, assert_one_whole_build, killed, publish_some, run_sync, seconds_of
from tests.thrift import often

KILLS = often(25, 50)
BUILDS = often(5, 8)  # Kills of whole runs; many more are in test_under_load.

pytestmark = pytest.mark.kill


def test_no_acknowledged_publication_is_lost(settings: Settings, tmp_path: Path) -> None:
    chance = random.Random(20261120)
    interrupted = 0
    for round_ in range(KILLS):
        file = tmp_path / f"acknowledged-{round_}"

        def work(file: Path = file, start: int = round_ * 1000) -> None:
            with file.open("w", buffering=1) as stream:
                publish_some(settings, 1000, lambda digest: print(digest, file=stream), start)

        def told(file: Path = file, any_moment: bool = round_ % 2 == 0) -> bool:
            """Every second one has told of a publication before, however slow the machine is."""
            return any_moment or (file.exists() and file.stat().st_size > 0)

        interrupted += killed(work, chance.uniform(0.02, 0.25), begun=told)
    assert interrupted > KILLS * 0.9

    # A kill may tear the last line of a round's file: only a whole line is an acknowledgement.
    files = [file.read_text().splitlines(keepends=True) for file in tmp_path.glob("acknowledged-*")]
    acknowledged = {line.strip() for lines in files for line in lines if line.endswith("\n")}
    assert len(acknowledged) > KILLS * 0.4
    engine = make_engine(database_of(settings.home))
    with Session(engine) as session:
        kept = set(session.scalars(select(Version.digest)))
        assert acknowledged <= kept
        assert len(kept) - len(acknowledged) <= KILLS  # Committed, but killed before the word went out.
        owed = session.scalars(select(Outbox.record_id).where(Outbox.record_id.is_not(None)))
        assert set(owed) == set(
            session.scalars(select(Record.id))
        )  # No version without its outbox row, nor the reverse.
        assert session.scalar(text("PRAGMA integrity_check")) == "ok"
    engine.dispose()


def test_a_killed_sync_is_completed_by_the_next(settings: Settings, regimes: dict[str, Regime]) -> None:
    chance = random.Random(7)
    publish_some(settings, 12, lambda _: None, 0)
    usual = seconds_of(lambda: run_sync(settings, regimes))
    rounds = interrupted = 0
    # Later runs do less than the first: on a busy machine, whose first run was slow, many are done in time.
    while rounds < BUILDS or interrupted <= BUILDS * 0.2:
        publish_some(settings, 1, lambda _: None, 100 + rounds)
        rounds += 1
        if killed(lambda: run_sync(settings, regimes), chance.uniform(0.05, 1) * usual):
            interrupted += 1
        else:
            usual *= SOONER
        assert_one_whole_build(settings)
    run_sync(settings, regimes)

    name = assert_one_whole_build(settings)
    assert name is not None
    last = f"示例办法{100 + rounds - 1}"
    index = SearchIndex(settings.index_folder)
    assert index.count() == 12 + rounds
    assert index.search(last).hits[0].title == last
    index.close()
    build = current_build(settings.site_folder)
    assert build is not None
    shown = [path for path, _ in files_of(build) if path.startswith("jinhu/u/u1/regulations/")]
    assert len([path for path in shown if path.endswith("-v1.json")]) == 12 + rounds
    engine = make_engine(database_of(settings.home))
    with Session(engine) as session:
        assert not list(session.scalars(select(Outbox.id).where(Outbox.built_at.is_(None))))
    engine.dispose()


def test_a_killed_build_leaves_the_old_or_the_new_site(
    settings: Settings, regimes: dict[str, Regime]
) -> None:
    chance = random.Random(99)
    publish_some(settings, 20, lambda _: None, 0)
    run_sync(settings, regimes)
    first = assert_one_whole_build(settings)
    assert first is not None
    usual = seconds_of(lambda: run_sync(settings, regimes, rebuild_site=True))
    seen, rounds, interrupted = {first, assert_one_whole_build(settings)}, 0, 0
    while rounds < BUILDS or interrupted <= BUILDS * 0.4:
        rounds += 1
        moment = chance.uniform(0.05, 1) * usual
        if killed(lambda: run_sync(settings, regimes, rebuild_site=True), moment):
            interrupted += 1
        else:
            usual *= SOONER
        name = assert_one_whole_build(settings)
        assert name is not None  # Once there is a site, there always is one.
        seen.add(name)
    run_sync(settings, regimes, rebuild_site=True)

    assert assert_one_whole_build(settings) not in seen
    leftovers = [one.name for one in (settings.site_folder / "builds").iterdir() if one.name.startswith(".")]
    assert leftovers == []
