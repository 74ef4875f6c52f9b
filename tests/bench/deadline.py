"""The deadline hour: every unit of a county publishes four times, most of them in the last quarter of an hour.

Nothing stands in for anything: `portal run` with its office, its site and its worker over SQLite, real
requests, and the public page as the measure. The hour may be compressed: the same work in less time is harder.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.store.db import make_engine, sqlite_url
from portal.store.tables import Outbox
from tests.bench.deadline_plan import PASSWORD
from tests.bench.place import ROOT, Desk, Size, county, workplace
from tests.bench.table import Section
from tests.bench.watch import Died, Watcher, family

TITLE = "The deadline hour"
HOUR = 3600.0
_OPENS = 1200.0  # Seconds within which the site is built and both ports are open.
_STEPS = (
    "home", "start", "form", "autosave", "save", "submit", "review", "preview", "publish", "done",
)  # fmt: skip # In their order; the two homes are one.


@dataclass(frozen=True)
class Hour:
    """What one deadline hour was, and what came of it. `cpu` is by process: the office with the site, the worker."""

    units: int
    each: int
    compress: float
    where: str
    kinds: dict[str, int]
    found: dict[str, Any]
    seconds: float
    builds: int
    mb: float
    cpu: tuple[float, float]
    load: float

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Return whatever was not answered as it should be, or never became visible; and sign-ins that failed."""
        return [*self.found["errors"], *self.found["signing_in"]["errors"]]


def measure(
    size: Size, *, units: int, each: int, compress: float, kept: Path | None, say: Callable[[str], None]
) -> Hour:
    """Make the county, open it, publish, and tell what was seen."""
    place, in_memory = workplace(size)
    with (
        tempfile.TemporaryDirectory(prefix="portal-deadline-", dir=place) as folder,
        tempfile.TemporaryDirectory(prefix="portal-deadline-", dir=_disk()) as on_disk,
    ):
        desk = Desk(Path(folder), Path(folder) / "home", in_memory)
        say(f"the county: {size}")
        county(desk, size, kept)
        _put_on_disk(desk, Path(on_disk))
        say("people and disclosures")
        plan = desk.folder / "plan.json"
        prepared = desk.python(
            "tests.bench.deadline_plan", plan, "--units", str(units), "--each", str(each), precompress=True
        )
        say("the site, built once; then office and worker beside it")
        with _running(desk) as (process, office):
            say(f"{units * each} publications in {HOUR / compress:.0f} s")
            watcher = Watcher(process.pid)
            before, began = _spent(process.pid), time.perf_counter()
            load = desk.python(
                "tests.bench.deadline_load", plan, office, str(HOUR / compress), "--password", PASSWORD
            )
            seconds = time.perf_counter() - began
            watcher.stop()
            after = _spent(process.pid)
        hour = Hour(
            units,
            each,
            compress,
            f"database in {_disk()}, site in {place}",
            prepared.answer["kinds"],
            load.answer,
            seconds,
            _builds(desk),
            watcher.mb,
            (after[0] - before[0], after[1] - before[1]),
            os.getloadavg()[0],
        )
        if hour.errors:
            shutil.copyfile(desk.folder / "told.txt", Path(tempfile.gettempdir()) / "deadline-told.txt")
    return hour


def _disk() -> Path:
    return Path(os.environ.get("TMPDIR", "/var/tmp"))  # noqa: S108 - folders of our own are made in it.


def _put_on_disk(desk: Desk, folder: Path) -> None:
    """Keep the database on a disk, wherever the site lies: what is acknowledged must have reached it."""
    name = Settings(home=desk.home).database.name
    for file in list(desk.home.glob(f"{name}*")):
        shutil.move(file, folder / file.name)
    (desk.home / name).symlink_to(folder / name)


@contextmanager
def _running(desk: Desk) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run the platform as people are told to, and yield its process and the office's address."""
    told = desk.folder / "told.txt"
    with told.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", "from portal.cli import main; main()", "run", "--port", "0", "--no-demo"],
            env={**os.environ, **desk.environment(), "PYTHONUNBUFFERED": "1"},
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
    try:
        until = time.monotonic() + _OPENS
        while not (
            found := re.search(r"办公端已打开：(http://[\d.]+:\d+)/", told.read_text(encoding="utf-8"))
        ):
            if process.poll() is not None or time.monotonic() > until:
                raise Died(f"portal run did not open:\n{told.read_text(encoding='utf-8')[-3000:]}")
            time.sleep(0.1)
        yield process, found[1]
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _spent(pid: int) -> tuple[float, float]:
    """Return the CPU seconds of a process, and of those that it has started."""
    own, *others = [_ticks(one) for one in family(pid)]
    return own, sum(others)


def _ticks(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # With what ended children used.


def _builds(desk: Desk) -> int:
    """Return how many builds of the worker paid for the publications: each marks what it paid with its own moment."""
    engine = make_engine(sqlite_url(Settings(home=desk.home).database))
    with Session(engine) as session:
        first = select(func.min(Outbox.built_at))
        count = session.scalar(
            select(func.count(func.distinct(Outbox.built_at))).where(
                Outbox.created_at > first.scalar_subquery()
            )
        )
    engine.dispose()
    return count or 0


def sections(hour: Hour) -> list[Section]:
    """Return the tables."""
    found = hour.found
    seen, entered = sorted(found["visible"]), found["signing_in"]
    rows = [
        _row("visible on the public site", seen, 1, "s"),
        *(_row(f"request: {step}", found["steps"].get(step, []), 0, "ms") for step in _STEPS),
        _row("sign-in by password, four at once, afterwards", entered["steps"].get("sign-in", []), 0, "ms"),
    ]
    kinds = ", ".join(f"{count} {kind}" for kind, count in hour.kinds.items())
    requests = sum(map(len, found["steps"].values()))
    last = max(found["published"], default=0.0)
    note = (
        f"`portal run` on SQLite ({hour.where}), office, site and worker as they are by default; the load comes from the same "
        f"machine. {hour.units} units publish {hour.each} each ({kinds}) in {HOUR / hour.compress / 60:.0f} minutes "
        f"instead of 60 (compressed {hour.compress:g} times), 70 % of them begun in the last quarter of it; the last was published after "
        f"{last / 60:.1f} minutes. Each is begun, autosaved five times, saved, submitted, reviewed, previewed, approved and "
        "published by two people whose browsers keep their connections open. Visible: from the answer to “publish” until the public host serves the "
        f"version's page. Errors: {len(hour.errors)}{_some(hour.errors)}. Visible within 60 s: {sum(one <= 60 for one in seen)} of {hour.units * hour.each}. "
        f"{requests:,} requests; {hour.builds} builds by the worker; CPU {hour.cpu[0]:.0f} s office and site, "
        f"{hour.cpu[1]:.0f} s worker; peak memory {hour.mb:.0f} MB; load at the end {hour.load:.1f}. "
        f"Sign-ins: {len(entered['steps'].get('sign-in', [])) / entered['seconds']:.1f} a second."
    )
    return [
        Section(
            f"{TITLE}: {hour.units} units × {hour.each} publications in {HOUR / hour.compress / 60:.0f} minutes",
            ["what", "number", "p50", "p95", "at most"],
            rows,
            note,
        )
    ]


def _row(what: str, values: Sequence[float], digits: int, unit: str) -> list[str]:
    if not values:
        return [what, "0", "", "", ""]
    cuts = (statistics.median(values), percentile(values, 0.95), max(values))
    return [what, f"{len(values):,}", *(f"{one:,.{digits}f} {unit}" for one in cuts)]


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that no more than the rest of the share are above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(len(ordered) * share * 1000) // 1000) - 1))]


def _some(errors: Sequence[dict[str, Any]]) -> str:
    return f" (the first: {json.dumps(errors[0], ensure_ascii=False)[:300]})" if errors else ""
