"""Work that is killed: publishing and syncing in processes of their own, and what must be true afterwards."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import apps
from portal.config import Settings
from portal.domain.documents.regulation import Block, Regulation
from portal.domain.regimes import Regime
from portal.services import publishing
from portal.services.checking import Book
from portal.site.manifests import files_of, read_manifest
from portal.site.served import current_build
from portal.store.db import begin_write, make_engine
from portal.store.tables import Unit
from portal.sync import sync
from tests.conftest import shipped
from tests.databases import database_of
from tests.site.sites import on_disk

NOW = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)


def publish_some(settings: Settings, count: int, acknowledge: Callable[[str], None], start: int) -> None:
    engine = make_engine(database_of(settings.home))
    with Session(engine) as session:
        for number in range(start, start + count):
            begin_write(session)
            unit = session.scalars(select(Unit).where(Unit.slug == "u1")).one()
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
    engine = make_engine(database_of(settings.home))

    def make_app(snapshot: Any) -> Flask:
        return apps.create_public_app(snapshot)

    with Session(engine) as session:
        sync(session, settings, regimes, make_app, **how)
    engine.dispose()


def killed(
    work: Callable[[], None], after: float, *, group: bool = False, begun: Callable[[], bool] = lambda: True
) -> bool:
    """Run `work` in a child, kill it `after` seconds after it has `begun`; tell whether it was still at work.

    With `group`, whatever it started is killed with it; else those must end by themselves.
    """

    def apart() -> None:
        os.setsid()
        work()

    child = multiprocessing.get_context("fork").Process(target=apart)
    child.start()
    while not begun() and child.is_alive():
        time.sleep(0.001)
    time.sleep(after)
    if group and child.is_alive():
        with suppress(ProcessLookupError):
            os.killpg(child.pid or 0, signal.SIGKILL)
    child.kill()  # SIGKILL; does nothing when the child has already ended.
    child.join()
    return child.exitcode == -signal.SIGKILL


SOONER = 0.7  # Of the time over which kills are spread, once a work was done before it was killed.


def seconds_of(work: Callable[[], None]) -> float:
    """How long `work` takes in a child when nobody kills it: kills are spread over that time.

    No more than a first guess: how long it takes changes with what else the machine has to do.
    """
    began = time.perf_counter()
    child = multiprocessing.get_context("fork").Process(target=work)
    child.start()
    child.join()
    assert child.exitcode == 0
    return time.perf_counter() - began


def assert_one_whole_build(settings: Settings) -> str | None:
    """Every file of the served build is there with the digest that its own manifests name, and no others."""
    build = current_build(settings.site_folder)
    if build is None:
        assert not (settings.site_folder / "current").exists()
        return None
    found = {
        path: hashlib.sha256(content).hexdigest() for path, content in on_disk(build, manifests=True).items()
    }
    assert found == dict(files_of(build))
    assert read_manifest(build)["build"] == build.name
    return str(build.name)
