"""Runs a command and watches it: wall time, CPU, and the peak memory of its whole process tree."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_EVERY = 0.05  # Seconds between two samples, at the least.
_SHARE = 20  # A sample may take one part in so many of the time: reading maps costs the one that is watched.


class Died(SystemExit):
    """A command of the bench failed; its last words are told."""


@dataclass(frozen=True)
class Run:
    """What one command took. `mb` is the largest sum of the proportional set sizes of its processes that was seen."""

    seconds: float
    cpu: float
    mb: float
    answer: dict[str, Any]
    text: str

    def __str__(self) -> str:
        """Tell the figures in a line."""
        return f"{self.seconds:.1f} s, CPU {self.cpu:.1f} s, {self.mb:.0f} MB"


def run(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    expendable: bool = False,
) -> Run:
    """Run a command to its end; `answer` is the JSON object on its last line, where there is one.

    Raise `Died` where it fails. What is `expendable` is the first to go when memory runs out.
    """
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdout=said,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
        )
        if expendable:
            spare_others(process.pid)
        watcher = Watcher(process.pid)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        watcher.stop()
        process.returncode = os.waitstatus_to_exitcode(status)  # Reaped here, for its usage.
        said.seek(0)
        text = said.read().decode(errors="replace")
    if process.returncode:
        raise Died(f"{' '.join(map(str, command))}\n{text[-3000:]}\nended with {process.returncode}")
    return Run(seconds, used.ru_utime + used.ru_stime, watcher.mb, _answer(text), text)


def spare_others(pid: int) -> None:
    """Let the system end this process before any other when memory runs out."""
    with suppress(OSError):
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000", encoding="ascii")


def _answer(text: str) -> dict[str, Any]:
    last = text.strip().rpartition("\n")[2]
    if not last.startswith("{"):
        return {}
    found: dict[str, Any] = json.loads(last)
    return found


@dataclass
class Watcher:
    """Samples a process tree until it is stopped."""

    pid: int
    mb: float = 0.0
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Sample no more."""
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        pause = 0.0
        while not self._over.wait(pause):
            began = time.perf_counter()
            self.mb = max(self.mb, memory(self.pid))
            pause = max(_EVERY, _SHARE * (time.perf_counter() - began))


def memory(pid: int) -> float:
    """Return the megabytes of a process and its descendants; pages that several share count once."""
    return sum(_kilobytes(one) for one in family(pid)) / 1024


def family(pid: int) -> list[int]:
    """Return a process and its living descendants."""
    found = [pid]
    for one in found:  # Grows as it goes.
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += map(int, children.read_text(encoding="ascii").split())
            except OSError:
                continue
    return found


def _kilobytes(pid: int) -> int:
    """Return a process's proportional set size; where the system does not tell it, what lies in memory of it."""
    for name, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            lines = Path(f"/proc/{pid}/{name}").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            continue
        for line in lines:
            if line.startswith(key):
                return int(line.split()[1])
    return 0


def until(done: Callable[[], bool], *, within: float, what: str) -> float:
    """Wait for something to come about, looking every two milliseconds; return the seconds it took."""
    began = time.perf_counter()
    while not done():
        if time.perf_counter() - began > within:
            raise Died(f"{what}: not within {within:.0f} seconds")
        time.sleep(0.002)
    return time.perf_counter() - began
