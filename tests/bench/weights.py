"""What a reader loads: the compressed size of every page, by type."""

from __future__ import annotations

import gzip
import re
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.site.manifests import files_of

_LEVEL = 6


@dataclass(frozen=True)
class Tally:
    """What a finished build holds."""

    files: int  # Without compressed copies and manifests.
    pages: int
    bytes: int  # Of these files.
    html: int  # Of the pages.


NOTHING = Tally(0, 0, 0, 0)


def tally(build: Path) -> Tally:
    """Count a build by its manifests."""
    names = [name for name, _ in files_of(build) if not name.endswith((".br", ".gz", "manifest.json"))]
    sizes = {name: (build / name).stat().st_size for name in names}
    pages = [name for name in names if name.endswith(".html")]
    return Tally(len(names), len(pages), sum(sizes.values()), sum(sizes[name] for name in pages))


def weights(build: Path) -> list[tuple[str, int, float, float, str]]:
    """Return page types, their number, median and greatest KB when compressed by gzip, and the heaviest page."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name, _ in files_of(build):
        if name.endswith(".html"):
            found.setdefault(page_type(name), []).append((packed(build / name), name))
    return [
        (
            kind,
            len(sizes),
            statistics.median(size for size, _ in sizes) / 1024,
            max(sizes)[0] / 1024,
            max(sizes)[1],
        )
        for kind, sizes in sorted(found.items())
    ]


def packed(file: Path) -> int:
    """Return the size of a file as it is sent: of its compressed copy where the build made one."""
    copy = file.with_name(f"{file.name}.gz")
    return copy.stat().st_size if copy.is_file() else len(gzip.compress(file.read_bytes(), _LEVEL))


def styles(build: Path) -> Iterator[tuple[str, float]]:
    """Yield the style sheets and their compressed KB."""
    for file in sorted((build / "static").rglob("*.css")):
        yield file.relative_to(build).as_posix(), packed(file) / 1024


def page_type(name: str) -> str:
    """Return what sort of page lies at a path."""
    if name.startswith("en/"):
        return f"{page_type(name.removeprefix('en/'))} (English)"
    parts = name.split("/")
    if parts[0] == "help" or len(parts) == 1:
        return "site: start and texts"
    if "u" not in parts[:-1]:
        return f"area: {re.sub(r'-.*|[.]html', '', parts[-1])}"
    inside = parts[parts.index("u") + 2 :]
    if len(inside) == 1:
        return "unit"
    if inside[-1].startswith("index"):
        return f"unit: list of {inside[0]}"
    if re.fullmatch(r"\d{4}(-p\d+)?\.html", inside[-1]) and inside[0] != "annual":
        return f"unit: list of {inside[0]}"
    return f"record: {inside[0]}"
