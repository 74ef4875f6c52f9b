"""Sealed reports under load: what is acknowledged is stored, a flood locks nobody out, a lookup tells nothing, what sealing costs.

Nothing stands in for anything: `portal report-host` over SQLite on a disk, reports that are really sealed, real
requests from addresses of the loopback, proof of work as the host asks for it. The load comes from the same machine.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.bench import reports_browser, reports_load
from tests.bench.deadline import percentile
from tests.bench.place import ROOT
from tests.bench.table import Section
from tests.bench.watch import Died, Watcher, family
from tests.reports.county import JURISDICTION, County, made_county

TITLE = "Sealed reports"
RATE, SPAN = 50, 60.0  # Sealed reports a second, and for how long.
FLOOD, REAL, ADDRESSES, FLOOD_SPAN = 5000, 10, 500, 600.0
LOOKUPS = 500


def measure(*, compress: float, say: Callable[[str], None]) -> list[Section]:
    """Measure all four, each on an instance of its own, and return the tables."""
    found = [
        _sustained(say),
        _flood(say, span=FLOOD_SPAN / compress, compress=compress),
        _lookups(say),
    ]
    say("sealing in Chromium and in Python")
    with tempfile.TemporaryDirectory(prefix="portal-reports-", dir=_disk()) as folder:
        county = made_county(Path(folder))
        found += reports_browser.sections(TITLE, county)
    return found


def _disk() -> Path:
    return Path(os.environ.get("TMPDIR", "/var/tmp"))  # noqa: S108 - folders of our own are made in it.


def _load(mode: str, host: str, county: County, *words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.bench.reports_load",
            mode,
            host,
            JURISDICTION,
            str(county.home),
            *words,
        ],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _told(load: subprocess.Popen[str]) -> dict[str, Any]:
    assert load.stdout is not None
    *_, last = [line for line in load.stdout if line.strip()] or [""]
    if load.wait() or not last.startswith("{"):
        raise Died(f"the load ended with {load.returncode}: {last[:500]}")
    found: dict[str, Any] = json.loads(last)
    return found


def _await(load: subprocess.Popen[str], word: str) -> None:
    assert load.stdout is not None
    for line in load.stdout:
        if line.strip() == word:
            return
    raise Died(f"the load ended before {word}")


def _cpu(pid: int) -> float:
    total = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def _sustained(say: Callable[[str], None]) -> Section:
    """A minute at the rate, a kill in the middle of what follows, then every acknowledged report looked up."""
    with tempfile.TemporaryDirectory(prefix="portal-reports-", dir=_disk()) as folder:
        county = made_county(Path(folder))
        acknowledged = Path(folder) / "acknowledged.json"
        with county.host() as host:
            say(f"sealing {RATE * SPAN:,.0f} reports, solving their challenges")
            load = _load("sustained", host.address, county, str(RATE), str(SPAN), str(acknowledged))
            _await(load, "BEGIN")
            say(f"{RATE} reports a second for {SPAN:.0f} s")
            watcher, before = Watcher(host.pid), _cpu(host.pid)
            _await(load, "OVER")
            cpu = _cpu(host.pid) - before
            watcher.stop()
            _await(load, "KILL")
            os.kill(host.pid, signal.SIGKILL)
            found = _told(load)
        say("looking up what was acknowledged")
        with county.host() as host:
            checked = _told(_load("check", host.address, county, str(acknowledged)))
    times, tail = found["seconds"], found["tail"]
    note = (
        f"`portal report-host` on SQLite in {_disk()}, from {found['addresses']} loopback addresses, a connection for each citizen, who asks for "
        f"the key list and a challenge and then sends {found['bytes'] / 1024:.0f} KB. Every report is sealed by itself, before the minute ({found['sealing_ms']:.1f} ms of a processor each, "
        f"pyrage), under a challenge of {reports_load.GATHERED} bits issued and solved before it too; what the host asked for at the end was {found['asked_bits']} bits. "
        f"Latency counts from the moment at which a citizen was due. After the minute the load goes on and the host is killed by SIGKILL in its midst: "
        f"{tail['acknowledged']} more were acknowledged by then, {tail['cut']} cut off. After a restart every acknowledged one is looked up: "
        f"{checked['found']:,} of {checked['asked']:,} are stored; {checked['receipts']:,} of {checked['asked']:,} receipts are signed over the report's own commitment. "
        f"CPU {cpu:.1f} s of the host; peak memory {watcher.mb:.0f} MB; load at the end {os.getloadavg()[0]:.1f}. Errors: {len(found['errors'])}{_some(found['errors'])}."
    )
    rows = [
        ["key list and challenge", f"{len(found['starts']):,}", *_cuts(found["starts"])],
        ["acknowledged, both together", f"{len(times):,}", *_cuts(times)],
    ]
    return Section(
        f"{TITLE}: {RATE} a second for {SPAN:.0f} s", ["what", "number", "p50", "p95", "at most"], rows, note
    )


def _flood(say: Callable[[str], None], *, span: float, compress: float) -> Section:
    """A flood from many addresses, ten citizens in its midst: five with scripts, five without."""
    with tempfile.TemporaryDirectory(prefix="portal-reports-", dir=_disk()) as folder:
        county = made_county(Path(folder))
        with county.host() as host:
            say(f"preparing a flood of {FLOOD:,} reports from {ADDRESSES} addresses")
            load = _load("flood", host.address, county, str(FLOOD), str(ADDRESSES), str(REAL), str(span))
            _await(load, "BEGIN")
            say(f"the flood, {span:.0f} s")
            watcher, before = Watcher(host.pid), _cpu(host.pid)
            found = _told(load)
            cpu = _cpu(host.pid) - before
            watcher.stop()
    spam = ", ".join(f"{count:,} × {answer}" for answer, count in found["spam"].items())
    how = (
        "" if compress == 1 else f" (compressed {compress:g} times: {span:.0f} s instead of {FLOOD_SPAN:.0f})"
    )
    both = found["scripts"] + found["plain"]
    rows = [
        ["real, by the scripts that ship in Chromium: start, seal, solve, send", f"{len(found['scripts'])} of {REAL - REAL // 2}", *_cuts(found["scripts"])],
        ["real, by the form without scripts, with the question when asked", f"{len(found['plain'])} of {REAL // 2}", *_cuts(found["plain"])],
        ["real, all, until the receipt is there", f"{len(both)} of {REAL}", *_cuts(both)],
        ["the flood's own requests", f"{sum(found['spam'].values()):,}", *_cuts(found["spam_seconds"])],
    ]  # fmt: skip
    note = (
        f"{FLOOD:,} reports from {ADDRESSES} loopback addresses in {found['seconds'] / 60:.1f} minutes{how}, a tenth of them through the form without "
        f"scripts. The flood has prepared itself: really sealed envelopes (each used several times under codes of their own), challenges of {reports_load.GATHERED} bits as "
        f"gathered over half an hour, solved before; and each asks for a challenge besides, which raises the price for everybody. It was answered: {spam}. "
        f"The real ones come at chance moments of the flood, those without scripts each from an address of its own. They were asked for {_between(found['bits'])} bits; "
        f"a question was asked {found['asked']} times of {REAL // 2}. Receipts of real ones: {len(both)} of {REAL}. "
        f"CPU {cpu:.1f} s of the host; peak memory {watcher.mb:.0f} MB. Errors of the real ones: {len(found['errors'])}{_some(found['errors'])}."
    )
    return Section(
        f"{TITLE}: a flood of {FLOOD:,} in {span / 60:.1f} minutes",
        ["what", "number", "p50", "p95", "at most"],
        rows,
        note,
    )


def _lookups(say: Callable[[str], None]) -> Section:
    """Valid and unknown lookups in turn, over one connection."""
    with tempfile.TemporaryDirectory(prefix="portal-reports-", dir=_disk()) as folder:
        county = made_county(Path(folder))
        with county.host() as host:
            say(f"{LOOKUPS} valid and {LOOKUPS} unknown lookups in turn")
            found = _told(_load("lookups", host.address, county, str(LOOKUPS)))
    rows = []
    for way in ("json", "form"):
        if not found.get(way):
            continue
        valid, unknown = found[way]["valid"], found[way]["unknown"]
        gap = abs(statistics.median(valid) - statistics.median(unknown)) * 1000
        rows += [
            [f"{way}: valid", f"{len(valid)}", *_cuts(valid), found[way]["valid_bytes"], ""],
            [
                f"{way}: unknown",
                f"{len(unknown)}",
                *_cuts(unknown),
                found[way]["unknown_bytes"],
                f"{gap:.2f} ms",
            ],
        ]
    note = (
        "One reporter's connection, valid and unknown codes by turns in an order drawn by chance, on an instance with "
        f"{found['stored']} reports. Lengths are those of the bodies, all that were seen."
    )
    header = ["what", "number", "p50", "p95", "at most", "bytes", "difference of the medians"]
    return Section(f"{TITLE}: lookups", header, rows, note)


def _cuts(seconds: Sequence[float]) -> list[str]:
    if not seconds:
        return ["", "", ""]
    cuts = (statistics.median(seconds), percentile(seconds, 0.95), max(seconds))
    return [f"{one * 1000:,.1f} ms" if one < 1 else f"{one:,.2f} s" for one in cuts]


def _between(bits: Sequence[int]) -> str:
    return f"{min(bits)} to {max(bits)}" if bits else "no"


def _some(errors: Sequence[Any]) -> str:
    return f" (the first: {json.dumps(errors[0], ensure_ascii=False)[:300]})" if errors else ""
