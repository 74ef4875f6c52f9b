"""kill -9 at random moments of publish, sync and build: what was acknowledged stays, the site is always one build."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal import apps
from portal.config import Settings
from portal.domain.documents.regulation import Block, Regulation
from portal.domain.regimes import Regime
from portal.search import SearchIndex
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.site.build import MANIFEST, current_build
from portal.store.db import begin_write, make_engine, sqlite_url
from portal.store.migrate import upgrade
from portal.store.tables import Outbox, Record, Unit, Version
from portal.sync import sync
from tests.conftest import shipped

KILLS = 50
NOW = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)

pytestmark = pytest.mark.kill


@pytest.fixture
def settings(tmp_path: Path, regimes: dict[str, Regime]) -> Settings:
    settings = Settings(home=tmp_path)
    upgrade(sqlite_url(settings.database))
    engine = make_engine(sqlite_url(settings.database))
    with Session(engine) as session:
        rosters.init_jurisdictions(session, regimes.values(), now=NOW)
        county = rosters.find_jurisdiction(session, "jinhu")
        rosters.put_unit(
            session, county, rosters.RosterLine(name="示例一镇", type="township", slug="u1"), now=NOW
        )
        session.commit()
    engine.dispose()
    return settings


def publish_some(settings: Settings, count: int, acknowledge: Callable[[str], None], start: int) -> None:
    engine = make_engine(sqlite_url(settings.database))
    with Session(engine) as session:
        for number in range(start, start + count):
            begin_write(session)
            unit = session.scalars(select(Unit)).one()
            document = Regulation(
                title=f"示例办法{number}", blocks=(Block(text=f"第一条　第{number}号内容。"),)
            )
            draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=NOW)
            version = publishing.publish(
                session,
                draft,
                book=Book(session, shipped()),
                reason="首次公开",
                actor="乙",
                now=NOW + timedelta(seconds=number),
            )
            digest = version.digest
            session.commit()
            acknowledge(digest)
    engine.dispose()


def run_sync(settings: Settings, regimes: dict[str, Regime], **how: Any) -> None:
    engine = make_engine(sqlite_url(settings.database))

    def make_app(snapshot: Any) -> Flask:
        return apps.create_public_app(snapshot)

    with Session(engine) as session:
        sync(session, settings, regimes, make_app, **how)
    engine.dispose()


def killed(work: Callable[[], None], after: float) -> bool:
    """Run `work` in a child, kill it after `after` seconds; tell whether it was still at work."""
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    time.sleep(after)
    child.kill()  # SIGKILL; does nothing when the child has already ended.
    child.join()
    return child.exitcode == -signal.SIGKILL


def seconds_of(work: Callable[[], None]) -> float:
    """How long `work` takes in a child when nobody kills it: kills are spread over that time."""
    began = time.perf_counter()
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    assert child.exitcode == 0
    return time.perf_counter() - began


def assert_one_whole_build(settings: Settings) -> str | None:
    """Every file of the served build is there with the digest that its own manifest names, and no others."""
    build = current_build(settings.site_folder)
    if build is None:
        assert not (settings.site_folder / "current").exists()
        return None
    manifest = json.loads((build / MANIFEST).read_text(encoding="utf-8"))
    found = {
        file.relative_to(build).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in build.rglob("*")
        if file.is_file() and file.name != MANIFEST
    }
    assert found == manifest["pages"]
    assert manifest["build"] == build.name
    return str(build.name)


def test_no_acknowledged_publication_is_lost(settings: Settings, tmp_path: Path) -> None:
    chance = random.Random(20261120)
    interrupted = 0
    for round_ in range(KILLS):

        def work(start: int = round_ * 1000) -> None:
            with (tmp_path / f"acknowledged-{start}").open("w", buffering=1) as stream:
                publish_some(settings, 1000, lambda digest: print(digest, file=stream), start)

        interrupted += killed(work, chance.uniform(0.02, 0.25))
    assert interrupted > KILLS * 0.9

    # A kill may tear the last line of a round's file: only a whole line is an acknowledgement.
    told = [file.read_text().splitlines(keepends=True) for file in tmp_path.glob("acknowledged-*")]
    acknowledged = {line.strip() for lines in told for line in lines if line.endswith("\n")}
    assert len(acknowledged) > KILLS
    engine = make_engine(sqlite_url(settings.database))
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
    interrupted = 0
    for round_ in range(KILLS):
        publish_some(settings, 1, lambda _: None, 100 + round_)
        interrupted += killed(lambda: run_sync(settings, regimes), chance.uniform(0.05, 1) * usual)
        assert_one_whole_build(settings)
    assert interrupted > KILLS * 0.4
    run_sync(settings, regimes)

    name = assert_one_whole_build(settings)
    assert name is not None
    index = SearchIndex(settings.index_folder)
    assert index.count() == 12 + KILLS
    assert index.search("示例办法149").hits[0].title == "示例办法149"
    index.close()
    build = current_build(settings.site_folder)
    assert build is not None
    assert len(list(build.glob("jinhu/u/u1/regulations/*-0*.json"))) >= 12 + KILLS
    engine = make_engine(sqlite_url(settings.database))
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
    seen, interrupted = {first, assert_one_whole_build(settings)}, 0
    for _ in range(KILLS):
        interrupted += killed(
            lambda: run_sync(settings, regimes, rebuild_site=True), chance.uniform(0.05, 1) * usual
        )
        name = assert_one_whole_build(settings)
        assert name is not None  # Once there is a site, there always is one.
        seen.add(name)
    assert interrupted > KILLS * 0.4
    run_sync(settings, regimes, rebuild_site=True)

    assert assert_one_whole_build(settings) not in seen
    leftovers = [one.name for one in (settings.site_folder / "builds").iterdir() if one.name.startswith(".")]
    assert leftovers == []
