"""What stands on a poster, as plain values; and how it is cut so that it fits on one page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.domain.documents.base import Audience
from portal.domain.values import show_day

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Posted:
    """What is known of a published version beside its content.

    `address` is its lasting page and `qr` the rows of its code as 0 and 1; both are blank for what is not public.
    """

    place: str  # The county's short name.
    unit: str
    audience: Audience
    index_no: str
    number: int
    digest: str
    reason: str
    reviewer: str
    published_at: datetime
    address: str = ""
    qr: tuple[str, ...] = ()
    sample: bool = False

    @property
    def internal(self) -> str:
        """For whom alone the poster is; blank where everybody may read it."""
        return "" if self.audience is Audience.PUBLIC else self.audience.label


@dataclass(frozen=True)
class Figure:
    """A large figure with its label; `unit` follows it in small letters."""

    label: str
    value: str
    unit: str = ""


@dataclass(frozen=True)
class Fact:
    """A short line: label and value."""

    label: str
    value: str


@dataclass(frozen=True)
class Grid:
    """A table. `ends` are the columns set to the right (amounts); `widths` are shares of the page."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ends: frozenset[int] = frozenset()
    widths: tuple[float, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Text:
    """Running text under a title."""

    title: str
    text: str


@dataclass(frozen=True)
class Sheet:
    """One poster."""

    kind: str
    title: str
    when: str
    posted: Posted
    figures: tuple[Figure, ...] = ()
    facts: tuple[Fact, ...] = ()
    grids: tuple[Grid, ...] = ()
    texts: tuple[Text, ...] = ()
    lead: tuple[Text, ...] = ()  # Before the tables, never cut.
    signed: tuple[Fact, ...] = ()
    feedback: str = ""
    opened: str = ""

    def laid_out(self, rows: int, scale: float) -> dict[str, Any]:
        """Return the sheet as JSON values for the layout, with at most `rows` rows in each table and letters of `scale` times the usual size.

        What is left out is counted: nobody shall take a part for the whole.
        """
        posted = self.posted
        elsewhere = "登录后的“内部公开”" if posted.internal else "网页"
        published = posted.published_at.astimezone(SHANGHAI)
        return {
            "kind": self.kind,
            "title": self.title,
            "when": self.when,
            "place": posted.place,
            "unit": posted.unit,
            "internal": posted.internal,
            "sample": posted.sample,
            "figures": [vars(one) for one in self.figures],
            "scale": scale,
            "lead": [vars(one) for one in self.lead],
            "facts": [vars(one) for one in self.facts],
            "grids": [_grid(one, rows, elsewhere) for one in self.grids],
            "texts": [_text(one, rows, elsewhere) for one in self.texts],
            "signed": [vars(one) for one in (*self.signed, Fact("审核发布", posted.reviewer))],
            "feedback": self.feedback,
            "opened": self.opened,
            "reason": posted.reason if posted.number > 1 else "",
            "number": posted.number,
            "index_no": posted.index_no,
            "address": _breakable(posted.address),
            "url": posted.address,
            "digest": [posted.digest[at : at + 8] for at in range(0, len(posted.digest), 8)],
            "published": f"{show_day(published.date())} {published:%H:%M}",
            "date": [published.year, published.month, published.day],
            "qr": _svg(posted.qr),
        }


def _grid(grid: Grid, rows: int, elsewhere: str) -> dict[str, Any]:
    left = len(grid.rows) - rows
    cut = left > 1  # A line that says that one row is missing is as long as the row.
    shown = grid.rows[:rows] if cut else grid.rows
    note = f"此处列出前 {rows} 行，另有 {left} 行，全文见{elsewhere}。" if cut else ""
    return {
        "title": grid.title,
        "columns": list(grid.columns),
        "rows": [list(one) for one in shown],
        "ends": sorted(grid.ends),
        "widths": list(grid.widths or (1.0,) * len(grid.columns)),
        "note": " ".join(one for one in (grid.note, note) if one),
    }


_PER_ROW = 40  # Characters of running text that take about the room of one row.


def _text(one: Text, rows: int, elsewhere: str) -> dict[str, Any]:
    most = rows * _PER_ROW
    if len(one.text) <= most + _PER_ROW:
        return {"title": one.title, "text": one.text, "note": ""}
    left = len(one.text) - most
    return {
        "title": one.title,
        "text": f"{one.text[:most]}……",
        "note": f"另有 {left} 字，全文见{elsewhere}。",
    }


def _breakable(address: str) -> list[str]:
    """Return an address in the pieces between which a line may break."""
    pieces: list[str] = []
    for part in address.split("/"):
        if pieces:
            pieces[-1] += "/"
        pieces.append(part)
    return [one for one in pieces if one]


_QUIET = 4  # Light modules around the code that readers need.


def _svg(rows: tuple[str, ...]) -> str:
    """Return a code as an SVG of one path; blank without one. Only numbers get into it."""
    if not rows:
        return ""
    size = len(rows) + 2 * _QUIET
    path = "".join(
        f"M{column + _QUIET} {row + _QUIET}h1v1h-1z"
        for row, line in enumerate(rows)
        for column, dark in enumerate(line)
        if dark == "1"
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}"><path fill="#000" d="{path}"/></svg>'
