"""The resident worker as a real process: what is published arrives, whatever happens around it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal import apps
from portal.config import Settings
from portal.domain.documents.regulation import Block, Regulation
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.site.manifests import files_of
from portal.site.served import current_build
from portal.store.db import begin_write, make_engine
from portal.store.tables import Outbox, Unit
from portal.worker import work
from tests.conftest import ROOT, shipped
from tests.databases import database_of, new_database, variables_of
from tests.site.disks import small_disk

pytestmark = pytest.mark.database

NOON = datetime(2026, 11, 2, 4, 0, tzinfo=UTC)
LONG = 300.0  # Seconds after which a test gives up; nothing is measured.


class Instance:
    """An instance in a folder of its own, with one unit."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        home.mkdir(parents=True)
        new_database(self.settings.home)
        with self.session() as session:
            rosters.init_jurisdictions(session, shipped().values(), now=NOON)
            county = rosters.find_jurisdiction(session, "jinhu")
            line = rosters.RosterLine(name="示例一镇", type="township", slug="u1")
            rosters.put_unit(session, county, line, now=NOON)
            session.commit()
        self.published = 0

    @contextmanager
    def session(self) -> Iterator[Session]:
        engine = make_engine(database_of(self.settings.home))
        with Session(engine) as session:
            yield session
        engine.dispose()

    def owed(self) -> bool:
        """Tell whether a change is still owed to the site or the index."""
        with self.session() as session:
            unpaid = or_(Outbox.built_at.is_(None), Outbox.indexed_at.is_(None))
            return session.scalar(select(Outbox.id).where(unpaid).limit(1)) is not None

    def publish(self) -> Path:
        """Publish one more document; return where its page is to be."""
        self.published += 1
        with self.session() as session:
            begin_write(session)
            document = Regulation(title=f"示例办法{self.published}", blocks=(Block(text="第一条　内容。"),))
            unit = session.scalars(select(Unit).where(Unit.slug == "u1")).one()
            draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=NOON)
            version = publishing.publish(
                session, draft, book=Book(session, shipped()), reason="首次公开", actor="乙", now=NOON
            )
            slug = version.record.slug
            session.commit()
        return self.settings.site_folder / "current" / "jinhu" / "u" / "u1" / "regulations" / f"{slug}.html"

    def build(self) -> str:
        """Return the name of the build that is served, once it was seen to be whole."""
        build = current_build(self.settings.site_folder)
        assert build is not None
        assert all((build / path).is_file() for path, _ in files_of(build))
        return build.name


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    return Instance(tmp_path / "home")


def until(true: Callable[[], object], what: object = "") -> None:
    """Wait for something to become true."""
    end = time.monotonic() + LONG
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


class Worker:
    """`portal worker`, in a process group of its own."""

    def __init__(self, instance: Instance, log: Path, *words: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        self.log = log
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    "from portal.cli import main; main()",
                    "worker",
                    "--every",
                    "0.05",
                    *words,
                ],
                cwd=ROOT,
                env=environment | variables_of(instance.settings.home) | {"PYTHONUNBUFFERED": "1"},
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def end(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    workers: list[Worker] = []

    def start(instance: Instance, *words: str) -> Worker:
        workers.append(Worker(instance, tmp_path / f"worker-{len(workers)}.log", *words))
        return workers[-1]

    yield start
    for one in workers:
        one.end()


@contextmanager
def at_work(instance: Instance, **how: Any) -> Iterator[list[str]]:
    """Run `work` in a thread, where a test can hold its clock, its pause and its app; give what it tells."""
    told: list[str] = []
    stop = threading.Event()

    def run() -> None:
        with instance.session() as session:
            given: dict[str, Any] = {
                "every": 0.02,
                "pause": 0.1,
                "jobs": 1,
                "tell": told.append,
                "stop": stop,
            }
            make_app = how.pop("make_app", apps.create_public_app)
            work(session, instance.settings, shipped(), make_app, **given | how)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield told
    finally:
        stop.set()
        thread.join(timeout=LONG)
        assert not thread.is_alive()


def test_each_publication_arrives_and_a_stop_is_a_clean_end(
    instance: Instance, start: Callable[..., Worker]
) -> None:
    worker = start(instance)
    until(lambda: "正在等待发布" in worker.said())
    for _ in range(3):
        page = instance.publish()
        until(page.is_file, worker.said)
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(timeout=LONG) == 0
    assert worker.said().count("项变化") >= 3
    assert worker.said().endswith("已停止。\n")
    assert "Traceback" not in worker.said()
    instance.build()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_to_the_whole_group_in_the_middle_of_a_build_leaves_one_whole_build(
    instance: Instance, start: Callable[..., Worker], number: signal.Signals
) -> None:
    """As a terminal's Ctrl+C and a service manager's stop do: the processes that make units hear it, too."""
    with instance.session() as session:
        county = rosters.find_jurisdiction(session, "jinhu")
        for place in range(12):
            line = rosters.RosterLine(name=f"示例{place}局", type="bureau")
            rosters.put_unit(session, county, line, now=NOON)
        session.commit()
    instance.publish()
    worker = start(instance, "--jobs", "2")
    trees = instance.settings.site_folder / "trees"
    until(lambda: trees.is_dir() and any(trees.iterdir()), worker.said)
    os.killpg(worker.process.pid, number)
    assert worker.process.wait(timeout=LONG) == 0
    assert worker.said().endswith("已停止。\n")
    assert "Traceback" not in worker.said()
    instance.build()
    assert not list((instance.settings.site_folder / "builds").glob(".*"))


def test_two_workers_of_one_instance_are_as_good_as_one(
    instance: Instance, start: Callable[..., Worker]
) -> None:
    both = [start(instance), start(instance)]
    until(lambda: all("正在等待发布" in one.said() for one in both))
    for _ in range(3):
        until(instance.publish().is_file)
    for one in both:
        assert one.process.poll() is None
        one.process.send_signal(signal.SIGTERM)
        assert one.process.wait(timeout=LONG) == 0
        assert "Traceback" not in one.said()
    instance.build()


def test_two_instances_do_not_meet(instance: Instance, start: Callable[..., Worker], tmp_path: Path) -> None:
    other = Instance(tmp_path / "other")
    both = [start(instance), start(other)]
    mine, theirs = instance.publish(), other.publish()
    until(lambda: mine.is_file() and theirs.is_file())
    until(lambda: not other.owed())  # What came while a build was under way makes a second one.
    before = other.build()
    second = instance.publish()
    until(second.is_file)
    both[0].process.kill()
    both[0].process.wait()
    assert other.build() == before
    until(other.publish().is_file)
    assert "示例办法2" not in mine.read_text(encoding="utf-8")


def test_a_full_disk_is_told_and_the_next_try_after_it_was_freed_succeeds(instance: Instance) -> None:
    with small_disk(instance.settings.site_folder, megabytes=64) as disk, at_work(instance) as told:
        first = instance.publish()
        until(first.is_file, told)
        until(lambda: not instance.owed(), told)  # What came while a build was under way makes a second one.
        name = instance.build()
        disk.fill()
        second = instance.publish()
        until(lambda: any("磁盘已满" in line for line in told), told)
        assert instance.build() == name
        time.sleep(0.5)  # Some more tries, which are told once only.
        assert len([line for line in told if "磁盘已满" in line]) == 1
        disk.free()
        until(second.is_file, told)
        instance.build()


def test_a_new_day_is_a_new_site_without_any_publication(instance: Instance) -> None:
    today = [NOON]
    with at_work(instance, clock=lambda: today[0]) as told:
        until(instance.publish().is_file, told)
        until(lambda: not instance.owed(), told)  # What came while a build was under way makes a second one.
        first = instance.build()
        today[0] += timedelta(hours=5)
        time.sleep(0.3)
        assert instance.build() == first
        today[0] += timedelta(days=1)
        until(lambda: instance.build() != first, told)


def test_a_site_that_somebody_removed_is_made_again(instance: Instance) -> None:
    with at_work(instance) as told:
        page = instance.publish()
        until(page.is_file, told)
        until(lambda: len(told) >= 1)
        # The worker may still be sweeping: what it removes first is gone all the same.
        shutil.rmtree(instance.settings.site_folder, ignore_errors=True)
        until(page.is_file, told)
    instance.build()


def test_a_fault_of_the_program_is_told_and_does_not_end_the_worker(instance: Instance) -> None:
    broken = [True]

    def make_app(snapshot: Any) -> Flask:
        if broken[0]:
            raise RuntimeError("坏掉的程序")
        return apps.create_public_app(snapshot)

    with at_work(instance, make_app=make_app) as told:
        page = instance.publish()
        until(lambda: any("坏掉的程序" in line for line in told), told)
        broken[0] = False
        until(page.is_file, told)


def test_a_page_that_failed_once_is_tried_again_by_itself(instance: Instance) -> None:
    broken = [True]

    def make_app(snapshot: Any) -> Flask:
        app = apps.create_public_app(snapshot)
        about = app.view_functions["public.about"]

        def view(**values: Any) -> Any:
            if broken[0]:
                raise MemoryError("暂时不足")
            return about(**values)

        app.view_functions["public.about"] = view
        return app

    page = instance.settings.site_folder / "current" / "about.html"
    with at_work(instance, make_app=make_app, pause=1.0) as told:
        until(lambda: any("about.html 未能生成" in line for line in told), told)
        assert "本页暂时无法显示" in page.read_text(encoding="utf-8")
        broken[0] = False
        until(lambda: "本页暂时无法显示" not in page.read_text(encoding="utf-8"), told)
