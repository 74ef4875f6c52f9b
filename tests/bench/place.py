"""Where the bench works, and the synthetic counties that it works on."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bench.watch import Run, run

ROOT = Path(__file__).resolve().parents[2]
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it.


@dataclass(frozen=True)
class Size:
    """A synthetic county: so many units, years, and records a unit and year; about so many HTML pages."""

    name: str
    units: int
    years: int
    records: int
    gigabytes: int  # What the trees of one run take, about.

    @property
    def figures(self) -> list[str]:
        """The options of `portal demo` that make it."""
        return ["--units", str(self.units), "--years", str(self.years), "--records", str(self.records)]

    def __str__(self) -> str:
        """Name the county in a table."""
        return f"{self.units} units, {self.years} years, {self.records} records a unit and year"


SIZES = {
    "tiny": Size("tiny", 6, 2, 40, 1),  # To see that the bench works.
    "small": Size("small", 98, 1, 22, 2),  # About 6,000 pages.
    "usual": Size("usual", 98, 5, 22, 8),  # About 25,000 pages.
    "full": Size("full", 98, 10, 44, 20),  # About 100,000 pages: the same county, longer and busier.
    "wide": Size("wide", 392, 5, 22, 20),  # About 100,000 pages: four times as many units.
}


def workplace(size: Size) -> tuple[Path, bool]:
    """Return an existing folder to work in, and whether it lies in memory.

    On disks, ext4 above all, creating files soon after a tree was deleted is slow: nothing is deleted there
    before the end. In memory what is not needed any more goes at once.
    """
    free = shutil.disk_usage(MEMORY).free if MEMORY.is_dir() else 0
    spare = _available()
    need = size.gigabytes * 10**9
    if min(free, spare) > need + 3 * 10**9:
        return MEMORY, True
    return Path(os.environ.get("TMPDIR", "/var/tmp")), False  # noqa: S108 - likewise.


def _available() -> int:
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


@dataclass(frozen=True)
class Desk:
    """One county's working folder. `portal` and `python` run in a process of their own, with compiled bytecode."""

    folder: Path
    home: Path
    in_memory: bool

    def environment(self, *, precompress: bool = True) -> dict[str, str]:
        """Return what a command is told: this instance, and a place of its own for bytecode."""
        return {
            "PORTAL_HOME": str(self.home),
            "PORTAL_PRECOMPRESS": "true" if precompress else "false",
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
        }

    def portal(self, *words: str) -> Run:
        """Run a command of the product."""
        return run([Path(sys.executable).with_name("portal"), *words], env=self.environment())

    def python(self, module: str, *words: str | Path, precompress: bool = False) -> Run:
        """Run a module of the bench."""
        command = [sys.executable, "-m", module, *words]
        return run(command, env=self.environment(precompress=precompress), cwd=ROOT)

    def done_with(self, *trees: Path) -> None:
        """Let go of trees that no later stage reads, where deleting them costs the next stage nothing."""
        if self.in_memory:
            for tree in trees:
                shutil.rmtree(tree, ignore_errors=True)


def county(desk: Desk, size: Size, kept: Path | None) -> Run | None:
    """Put a county's database into the desk's home: from `kept`, where an earlier run left it, else made now."""
    desk.home.mkdir(parents=True)
    known = kept / f"{size.units}x{size.years}x{size.records}.db" if kept else None
    if known and known.is_file():
        shutil.copyfile(known, desk.home / "portal.db")
        return None
    made = desk.portal("demo", *size.figures, "--json")
    if known:
        known.parent.mkdir(parents=True, exist_ok=True)
        source, target = sqlite3.connect(desk.home / "portal.db"), sqlite3.connect(known)
        source.backup(target)
        source.close()
        target.close()
    return made
