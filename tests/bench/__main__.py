"""Measures publishing, indexing, the rule book, the static site, the deadline hour, sealed reports and the board; writes RESULTS.md.

`make bench` takes half an hour; `make bench SIZE=full` measures the site at 25,000 and
100,000 pages. `--only deadline`, `--only reports` and `--only board` measure these alone and leave the other tables as they are.
Each stage runs in a process of its own, so that its peak memory is its own, and next to a yardstick of the same run,
since machines are shared.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from datetime import date
from pathlib import Path

from tests.bench import board, deadline, reports, site, stages, telling
from tests.bench.place import SIZES
from tests.bench.table import Section

RESULTS = Path(__file__).parent / "RESULTS.md"
_ALONE = {
    "deadline": deadline.TITLE,
    "reports": reports.TITLE,
    "board": board.TITLE,
}  # Measured alone, the other tables stay.
_SIZES = {
    "tiny": ["tiny"],
    "small": ["small"],
    "usual": ["usual"],
    "full": ["usual", "full"],
    "wide": ["usual", "wide"],
}


def main() -> None:
    """Print the tables and keep them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=_SIZES, default=os.environ.get("SIZE") or "usual")
    parser.add_argument("--only", choices=("site", "stages", *_ALONE), help="one part alone")
    parser.add_argument("--records", type=int, nargs="*", default=[1000, 10_000], help="to publish and index")
    parser.add_argument("--rules", type=int, default=100_000, help="how many documents the rule book checks")
    parser.add_argument("--units", type=int, default=98, help="how many units publish in the deadline hour")
    parser.add_argument("--each", type=int, default=4, help="how often each of them does")
    parser.add_argument(
        "--compress",
        type=float,
        default=6,
        help="the deadline hour, and the flood of reports, in so much less time; 1: the true time",
    )
    parser.add_argument(
        "--keep", type=Path, help="a folder in which synthetic counties are kept for the next run"
    )
    parser.add_argument("--results", type=Path, default=RESULTS)
    asked = parser.parse_args()
    began = time.monotonic()

    def say(told: str) -> None:
        print(f"[{time.monotonic() - began:6.0f} s] {told}", flush=True)

    found: list[Section] = []
    if asked.only in (None, "site"):
        for name in _SIZES[asked.size]:
            found += telling.sections(site.measure(SIZES[name], kept=asked.keep, say=say))
    if asked.only in (None, "stages"):
        rows = []
        for records in asked.records:
            say(f"publishing and indexing {records:,} records")
            rows += stages.publishing_rows(records)
        if asked.rules:
            say("the rule book")
            rows.append(stages.rules_row(asked.rules))
        header = ("what", "speed", "against, in the same run", "peak memory")
        found.append(Section("Publishing, indexing, the rule book", header, rows))
    if asked.only in (None, "deadline"):
        found += deadline.sections(
            deadline.measure(
                SIZES["usual"],
                units=asked.units,
                each=asked.each,
                compress=asked.compress,
                kept=asked.keep,
                say=say,
            )
        )
    if asked.only in (None, "reports"):
        found += reports.measure(compress=asked.compress, say=say)
    if asked.only in (None, "board"):
        found += board.measure(say=say, kept=asked.keep)
    text = _text(found, time.monotonic() - began)
    if asked.only in _ALONE and asked.results.is_file():
        kept = _without(asked.results.read_text(encoding="utf-8"), _ALONE[asked.only])
        text = "\n".join([kept, *(section.markdown() for section in found)])
    print(f"\n{text}")
    asked.results.write_text(text, encoding="utf-8")


def _without(text: str, title: str) -> str:
    """Return what is kept, without the tables that begin with a title."""
    first, *tables = text.split("\n## ")
    return "\n## ".join([first, *(one for one in tables if not one.startswith(title))]).rstrip() + "\n"


def _text(found: list[Section], seconds: float) -> str:
    load = os.getloadavg()
    head = (
        "# Measured\n\n"
        f"Written by `make bench` on {date.today().isoformat()} in {seconds / 60:.0f} minutes: {os.cpu_count()} processors, "  # noqa: DTZ011
        f"Python {platform.python_version()}, load at the end {load[0]:.1f}. "
        "Shared machines are noisy, so trust the ratios. Memory is the largest sum of the proportional set sizes of all "
        "processes of a run, sampled while it ran.\n"
    )
    return "\n".join([head, *(section.markdown() for section in found)])


if __name__ == "__main__":
    main()
