"""A table as a screen shows it, as CSV and as a workbook: the same words, a colour beside them, and a sheet that says how it was made."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter

from portal.exchange.sheets.writing import csv_of, safe_text

# Fill and ink by tone; the word in the cell says the same, so that grey paper loses nothing.
TONES = {
    "ok": ("E6F1EC", "1D5C46"),
    "late": ("FAEEDA", "84490A"),
    "missing": ("FBECEB", "9C1C1F"),
    "note": ("F3EDE2", "4B453C"),
    "none": ("FFFFFF", "6A6257"),
}
_HEAD = ("F3EDE2", "1D1A16")
_LINE = "E0D6C6"


@dataclass(frozen=True)
class Cell:
    """One value: a text or a number, its tone (a key of `TONES`, or blank), and a remark beside it."""

    value: str | int | float
    tone: str = ""
    remark: str = ""


@dataclass(frozen=True)
class Grid:
    """A table: a title, the heads with their widths in characters, rows as wide as the heads; `notes` say how it was made.

    `fixed` columns on the left stay in sight.
    """

    title: str
    heads: Sequence[tuple[str, int]]
    rows: Sequence[Sequence[Cell]]
    notes: Sequence[tuple[str, str]]
    fixed: int = 1


def grid_csv(grid: Grid) -> bytes:
    """Return the table as UTF-8 CSV with a byte order mark; nothing in it is run as a formula."""
    return csv_of([[head for head, _ in grid.heads], *([one.value for one in row] for row in grid.rows)])


def grid_xlsx(grid: Grid) -> bytes:
    """Return the table as a workbook: heads that stay, widths, tones; remarks and notes on sheets of their own."""
    out = io.BytesIO()
    # Texts are texts, whatever they begin with: nothing becomes a formula or a link.
    book = xlsxwriter.Workbook(
        out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    looks = {tone: _look(book, colours, bold=tone == "missing") for tone, colours in TONES.items()}
    plain, top = _look(book, None), _look(book, _HEAD, bold=True)
    sheet = book.add_worksheet(_sheet_name(grid.title))
    _heads(sheet, grid.heads, top)
    for number, row in enumerate(grid.rows, start=1):
        for place, one in enumerate(row):
            sheet.write(number, place, _plain(one.value), looks.get(one.tone, plain))
    sheet.freeze_panes(1, grid.fixed)
    sheet.autofilter(0, 0, len(grid.rows), max(0, len(grid.heads) - 1))
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    _remarks(book, grid, top)
    _notes(book, grid)
    book.close()
    return out.getvalue()


def _heads(sheet: Any, heads: Sequence[tuple[str, int]], top: Any) -> None:
    for place, (head, width) in enumerate(heads):
        sheet.write_string(0, place, safe_text(head), top)
        sheet.set_column(place, place, width)


def _remarks(book: Any, grid: Grid, top: Any) -> None:
    """Write what stands behind the short words, on a sheet of its own: comments in cells are neither printed nor found."""
    told = [
        (row[0].value, grid.heads[place][0], one.value, one.remark)
        for row in grid.rows
        for place, one in enumerate(row)
        if one.remark
    ]
    if not told:
        return
    sheet = book.add_worksheet("逐项说明")
    _heads(sheet, (("单位", 26), ("项目", 22), ("情况", 16), ("说明", 80)), top)
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for number, row in enumerate(told, start=1):
        for place, value in enumerate(row):
            sheet.write(number, place, _plain(value), wrapped)
    sheet.freeze_panes(1, 1)


def _notes(book: Any, grid: Grid) -> None:
    sheet = book.add_worksheet("说明")
    sheet.set_column(0, 0, 18)
    sheet.set_column(1, 1, 90)
    bold, wrapped = book.add_format({"bold": True, "valign": "top"}), book.add_format({"text_wrap": True})
    for number, (label, text) in enumerate(grid.notes):
        sheet.write_string(number, 0, safe_text(label), bold)
        sheet.write_string(number, 1, safe_text(text), wrapped)


def _look(book: Any, tone: tuple[str, str] | None, *, bold: bool = False) -> Any:
    look = {"bottom": 1, "bottom_color": f"#{_LINE}", "valign": "vcenter", "text_wrap": True}
    if tone:
        look |= {"bg_color": f"#{tone[0]}", "font_color": f"#{tone[1]}", "bold": bold}
    return book.add_format(look)


def _plain(value: str | float) -> str | int | float:
    return safe_text(value) if isinstance(value, str) else value


def _sheet_name(title: str) -> str:
    """Return a title as Excel accepts it for a sheet."""
    return "".join(one for one in title if one not in "[]:*?/\\")[:31] or "表"
