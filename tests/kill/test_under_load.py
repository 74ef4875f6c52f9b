"""kill -9 the builder at random moments while readers read: every answer is 200 and of one build."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.client import HTTPConnection
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
import waitress

from portal import apps
from portal.config import Settings
from portal.domain.regimes import Regime
from portal.site.manifests import MANIFEST, files_of, read_manifest
from portal.site.trees import BUILDS, CURRENT
from portal.web.hosting import SiteHost
from tests.kill.killing import SOONER, assert_one_whole_build, killed, publish_some, run_sync, seconds_of
from tests.thrift import often

pytestmark = pytest.mark.kill

KILLS = often(24, 100)
PATIENCE = 300.0  # Seconds until a test gives up; nothing is measured.
KIND = "/jinhu/u/u1/regulations/"
PAGES = ("/", "/index.html", "/jinhu/index.html", "/jinhu/units.html", "/jinhu/u/u1/index.html",
         f"{KIND}2026-0001.html", f"{KIND}2026-0001.json", "/static/theme.css", "/about.html", f"/{MANIFEST}")  # fmt: skip


@dataclass
class Seen:
    """What readers met. Of their process only what it counts can be looked at before it has ended."""

    counts: Any  # Answers, and whole builds read.
    builds: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


def no_snapshot() -> Any:
    raise AssertionError("only files are served here")


def serve(folder: Path, told: Connection) -> None:
    host = SiteHost(folder, apps.create_public_app(no_snapshot))
    server: Any = waitress.create_server(host, host="127.0.0.1", port=0, threads=4)
    told.send(server.effective_port)
    server.run()


def read_on(folder: Path, port: int, counts: Any, told: Connection) -> None:
    """Read until the parent says stop, by several readers of each sort; then tell what was seen."""
    seen, stop = Seen(counts), threading.Event()
    threads = [
        threading.Thread(target=run, args=(seen, stop, *given))
        for run, given in ((ask_pages, (port, 1)), (ask_pages, (port, 2)), (read_builds, (folder,)))
    ]
    for thread in threads:
        thread.start()
    told.recv()
    stop.set()
    for thread in threads:
        thread.join()
    told.send((seen.builds, seen.wrong))


def ask_pages(seen: Seen, stop: threading.Event, port: int, seed: int) -> None:
    """Ask for pages over HTTP. Between two equal lists of a folder, its pages are those that the list names."""
    chance = random.Random(seed)
    connection = HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(path: str) -> bytes:
        connection.request("GET", path)
        answer = connection.getresponse()
        content = answer.read()
        seen.counts[0] += 1
        if answer.status != 200 or not content:
            seen.wrong.append(f"{path}: {answer.status}, {len(content)} bytes")
        return content

    try:
        while not stop.wait(0.01):
            ask(chance.choice(PAGES))
            before = ask(f"{KIND}{MANIFEST}")
            files = json.loads(before)["files"]
            some = {name: ask(f"{KIND}{name}") for name in chance.sample(sorted(files), 3)}
            if ask(f"{KIND}{MANIFEST}") == before:
                seen.wrong += [
                    f"{name} is not of the build around it"
                    for name, content in some.items()
                    if hashlib.sha256(content).hexdigest() != files[name]
                ]
    except Exception as wrong:
        seen.wrong.append(repr(wrong))


def read_builds(seen: Seen, stop: threading.Event, folder: Path) -> None:
    """As somebody who copies the site: follow `current` once, then read all of that build."""
    while not stop.wait(0.1):  # Builders need the processor, too.
        build = (folder / CURRENT).resolve()
        try:
            files = dict(files_of(build))
            for path, digest in files.items():
                if hashlib.sha256((build / path).read_bytes()).hexdigest() != digest:
                    seen.wrong.append(f"{build.name}/{path} is not as listed")
            seen.builds.add(build.name)
            seen.counts[1] += 1
            if read_manifest(build).get("build") not in (build.name, None):
                seen.wrong.append(f"{build.name} says that it is another build")
        except (OSError, ValueError) as gone:
            # The build before stays; who was still reading the one before that has to begin again.
            newer = [one for one in (folder / BUILDS).iterdir() if one.name > build.name]
            if build.exists() or len(newer) < 2:
                seen.wrong.append(f"{build.name}: {gone!r} although only {len(newer)} came after it")


@contextmanager
def load(folder: Path) -> Iterator[Seen]:
    """Let a server serve and readers read, each in a process of its own; afterwards, tell what they saw."""
    fork = multiprocessing.get_context("fork")
    mine, theirs = fork.Pipe()
    server = fork.Process(target=serve, args=(folder, theirs))
    server.start()
    port = mine.recv()
    seen = Seen(fork.Array("q", 2, lock=False))
    readers = fork.Process(target=read_on, args=(folder, port, seen.counts, theirs))
    readers.start()
    try:
        yield seen
        mine.send("stop")
        assert mine.poll(PATIENCE)
        seen.builds, seen.wrong = mine.recv()
    finally:
        for process in (readers, server):
            process.kill()
            process.join()


def until(true: Callable[[], bool]) -> None:
    """Wait for the readers, who may have little of a busy machine."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "the readers have stopped"
        time.sleep(0.02)


def read_it(seen: Seen) -> None:
    """Wait until a reader who began after now has read all of a build."""
    wanted = seen.counts[1] + 2
    until(lambda: seen.counts[1] >= wanted)


def test_many_kills_under_load(settings: Settings, regimes: dict[str, Regime]) -> None:
    chance = random.Random(20261122)
    publish_some(settings, 12, lambda _: None, 0)
    run_sync(settings, regimes)
    ways: list[dict[str, Any]] = [
        {"jobs": 1},
        {"jobs": 1, "rebuild_site": True},
        {"jobs": 2, "rebuild_site": True},
    ]
    usual = [seconds_of(partial(run_sync, settings, regimes, **how)) for how in ways[1:]]
    usual.insert(0, usual[0] / 3)
    rounds = interrupted = 0
    with load(settings.site_folder) as seen:
        while rounds < KILLS or interrupted <= KILLS * 0.4:
            way = rounds % len(ways)
            publish_some(settings, 1, lambda _: None, 100 + rounds)
            rounds += 1
            if killed(
                partial(run_sync, settings, regimes, **ways[way]),
                chance.uniform(0.02, 0.8) * usual[way],
                group=chance.random() < 0.7,
            ):
                interrupted += 1
            else:
                usual[way] *= SOONER
            if rounds % 4 == 0:
                assert assert_one_whole_build(settings)
                run_sync(settings, regimes)  # One that is let live, so that the site moves on.
                read_it(seen)
        until(lambda: seen.counts[0] > 500)
    assert seen.wrong[:5] == []
    assert len(seen.builds) > 3
    run_sync(settings, regimes)
    name = assert_one_whole_build(settings)
    files = dict(files_of((settings.site_folder / CURRENT).resolve()))
    assert len([one for one in files if one.startswith(KIND[1:]) and one.endswith("-v1.html")]) >= 12 + rounds
    kept = [one.name for one in (settings.site_folder / BUILDS).iterdir()]
    assert name in kept
    assert len(kept) <= 2
