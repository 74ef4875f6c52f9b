"""Turns what was measured of the static site into tables."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from tests.bench.site import JOBS, Measured
from tests.bench.table import Section
from tests.bench.watch import Run


def sections(found: Measured) -> list[Section]:
    """Return the tables of one size."""
    return [_full(found), _after(found), _by_kind(found), _weights(found)]


def _full(found: Measured) -> Section:
    pages, files = found.html_tally.pages, found.tally.files
    first = found.html[JOBS]
    other = found.other
    rows = []
    if other:
        made, size = found.hugo_pages
        what = f"Hugo {found.hugo_version}, {made:,} pages, {size / made / 1024:.1f} KB a page"
        rows.append([*_row(what, other, made, "pages"), "1", "1"])
    else:
        rows.append([f"Hugo: NOT MEASURED ({found.hugo_missing})", *[""] * 7])
    per_page = found.html_tally.html / max(pages, 1) / 1024
    for jobs, run in found.html.items():
        what = f"ours, the same {pages:,} HTML pages, {per_page:.1f} KB a page, {_processes(jobs)}"
        rows.append([*_row(what, run, pages, "pages"), *_against(other, run)])
    for compressed, run in found.everything.items():
        what = "with .br and .gz of each" if compressed else "pages, JSON, CSV, XLSX, OCDS, feeds"
        rows.append(
            [*_row(f"ours, all {files:,} files, {what}, {_processes(JOBS)}", run, files, "files"), "", ""]
        )
    for ready, run in found.frozen.items():
        seconds, count = run.answer["freezing"], run.answer["pages"]
        speed = count / seconds
        whole = pages / speed
        what = "all read into memory before" if ready else "each page reads its unit by the ORM"
        rows.append(
            [
                f"Frozen-Flask as documented, {count:,} of the pages, {what}",
                f"{seconds:.1f}",
                f"{run.cpu:.1f}",
                f"{speed:.0f} pages",
                f"{run.answer['cpu'] / count * 1000:.2f}",
                f"{run.mb:.0f}",
                f"ours is {whole / first.seconds:.1f} × faster",
                "",
            ]
        )
    return Section(
        f"Full build: {found.size}; {pages:,} pages, {files:,} files",
        [
            "what",
            "seconds",
            "CPU s",
            "a second",
            "CPU ms each",
            "peak MB",
            "speed ÷ Hugo's",
            "memory ÷ Hugo's",
        ],
        rows,
        f"Whole processes, from start to end, in {found.where}. Hugo's content files were prepared before; what they hold "
        "(checks, comparisons, sums) it need not work out. The first run of ours compiles its templates too; later ones find "
        "them kept, as an instance does. Frozen-Flask: the seconds of freezing alone. "
        f"Pages that ours could not make: {len(found.failures)}{_some(found.failures)}.",
    )


def _row(what: str, run: Run, count: int, noun: str) -> list[str]:
    return [
        what,
        f"{run.seconds:.1f}",
        f"{run.cpu:.1f}",
        f"{count / run.seconds:,.0f} {noun}",
        f"{run.cpu / count * 1000:.2f}",
        f"{run.mb:.0f}",
    ]


def _some(failures: Sequence[str]) -> str:
    return f" ({failures[0]})" if failures else ""


def _processes(jobs: int) -> str:
    return "one process" if jobs == 1 else f"{jobs} processes"


def _against(other: Run | None, run: Run) -> list[str]:
    return [f"{other.seconds / run.seconds:.2f}", f"{run.mb / other.mb:.2f}"] if other else ["", ""]


def _median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else 0.0


def _after(found: Measured) -> Section:
    rows = []
    for again in (False, True):
        some = [one for one in found.corrections if bool(one["again"]) is again]
        rows.append(
            [
                f"ours, resident worker, {'the unit in memory' if again else 'the first of its unit'} ({len(some)} corrections)",
                f"{_median([one['files'] for one in some]):.0f} ms",
                f"{max(one['files'] for one in some):.0f} ms",
                f"{_median([one['whole'] for one in some]):.0f} ms",
                f"{found.resident.mb:.0f}" if found.resident else "",
            ]
        )
    rows.append(
        [
            f"ours, `portal sync` as a command ({len(found.commands)})",
            f"{_median(found.placed) * 1000:.0f} ms",
            f"{max(found.placed) * 1000:.0f} ms",
            f"{_median([one.seconds for one in found.commands]) * 1000:.0f} ms",
            f"{max(one.mb for one in found.commands):.0f}",
        ]
    )
    if found.rebuilds and found.watched:
        rows.append(
            [
                f"Hugo, run again ({len(found.rebuilds)})",
                f"{_median([one.seconds for one in found.rebuilds]) * 1000:.0f} ms",
                f"{max(one.seconds for one in found.rebuilds) * 1000:.0f} ms",
                f"{_median([one.seconds for one in found.rebuilds]) * 1000:.0f} ms",
                f"{max(one.mb for one in found.rebuilds):.0f}",
            ]
        )
        rows.append(
            [
                f"Hugo, resident (`hugo --watch`, {len(found.watched.seconds)})",
                f"{_median(found.watched.seconds) * 1000:.0f} ms",
                f"{max(found.watched.seconds) * 1000:.0f} ms",
                "",
                f"{found.watched.mb:.0f}",
            ]
        )
    return Section(
        f"One corrected record: {found.html_tally.pages:,} pages",
        ["what", "files in place, median", "at most", "whole run with search index, median", "peak MB"],
        rows,
        "Every correction is of one record of another unit. A command begins with starting Python. Hugo changes one page: "
        "it has no lists that would follow.",
    )


def _by_kind(found: Measured) -> Section:
    rows = []
    for kind in sorted({str(one["kind"]) for one in found.corrections}):
        some = [one for one in found.corrections if one["kind"] == kind]
        first = [one["files"] for one in some if not one["again"]]
        again = [one["files"] for one in some if one["again"]]
        made = _median([one["rendered"] for one in some])
        cpu = _median([one["cpu"] for one in some])
        rows.append(
            [kind, f"{_median(first):.0f} ms", f"{_median(again):.0f} ms", f"{cpu:.0f} ms", f"{made:.0f}"]
        )
    return Section(
        f"The resident worker by kind: {found.html_tally.pages:,} pages",
        ["kind", "first of its unit", "unit in memory", "CPU with search index", "files rendered"],
        rows,
    )


def _weights(found: Measured) -> Section:
    rows = [
        [kind, f"{count:,}", f"{middle:.1f} KB", f"{most:.1f} KB", name]
        for kind, count, middle, most, name in found.weights
    ]
    total = sum(size for _, size in found.styles)
    rows.append(["styles, all", str(len(found.styles)), "", f"{total:.1f} KB", ""])
    rows += [[f"styles: {name}", "1", "", f"{size:.1f} KB", ""] for name, size in found.styles]
    return Section(
        f"Weight, compressed by gzip: {found.html_tally.pages:,} pages",
        ["page type", "number", "median", "heaviest", "which"],
        rows,
    )
