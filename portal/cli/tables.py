"""Plain-text tables that line up although Chinese characters are two columns wide."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

WIDEST = 44


def width(text: str) -> int:
    """Return how many columns a terminal gives the text."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def shorten(text: str, limit: int = WIDEST) -> str:
    """Cut the text to `limit` columns, on one line, with an ellipsis."""
    text = " ".join(text.split())
    if width(text) <= limit:
        return text
    kept = ""
    for char in text:
        if width(kept) + width(char) > limit - 2:
            break
        kept += char
    return kept + "…"


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the last column is never cut, since it says what to do."""
    last = len(header) - 1
    lines = [[cell if place >= last else shorten(cell) for place, cell in enumerate(row)] for row in rows]
    lines = [[" ".join(cell.split()) for cell in line] for line in lines]
    widths = [max(width(line[place]) for line in [list(header), *lines]) for place in range(len(header))]
    drawn = [list(header), ["─" * (min(size, WIDEST)) for size in widths], *lines]
    return "\n".join(
        "  ".join(cell + " " * (widths[place] - width(cell)) for place, cell in enumerate(line)).rstrip()
        for line in drawn
    )
