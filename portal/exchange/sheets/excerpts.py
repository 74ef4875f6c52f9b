"""The rows of a file in which something is wrong, with what stands around them: for showing on a page."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.domain.values import fold
from portal.exchange.sheets.books import Cell, Sheet, form_of, open_sheets
from portal.exchange.sheets.cells import as_text, is_blank
from portal.exchange.sheets.forms import form_head
from portal.exchange.sheets.headers import RESULT, count_known, known_fields
from portal.exchange.sheets.results import Reading, column_index, column_letters, shorten

MAX_ROWS = 60
MAX_COLUMNS = 10
_AROUND = 2  # Rows of context above and below.


@dataclass(frozen=True)
class Shown:
    """One cell as a person sees it; `bad` where something is to be mended."""

    text: str
    bad: bool
    number: bool
    name: str


@dataclass(frozen=True)
class Excerpt:
    """Some rows of one sheet: columns by letters and header, rows by their number in the file."""

    sheet: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[int, tuple[Shown, ...]], ...]
    left_out: str


def excerpts(
    data: bytes, filename: str, model: type[Document], reading: Reading, cells: Iterable[tuple[str, str]]
) -> list[Excerpt]:
    """Return what stands around `cells`, pairs of a sheet and a cell such as `G8` (or a row, `8:8`)."""
    form = form_of(data, filename)
    if form == "json":
        return []
    marked: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for sheet_name, cell in cells:
        if found := re.fullmatch(r"([A-Z]{1,3})(\d+)", cell):
            marked[sheet_name].add((int(found[2]) - 1, column_index(found[1])))
        elif found := re.fullmatch(r"(\d+):\1", cell):
            marked[sheet_name].add((int(found[1]) - 1, -1))
    known = known_fields(model)
    sheets = open_sheets(data, filename, form, lambda row: count_known(known, row))
    return [
        _excerpt(sheet, _headers(sheet, reading), marked[sheet.name])
        for sheet in sheets
        if marked.get(sheet.name)
    ]


def _headers(sheet: Sheet, reading: Reading) -> tuple[int, Mapping[int, str]]:
    """Return the 0-based row of the headers and their names."""
    if head := form_head(sheet):
        return head[0], {head[1]: "栏目", head[2]: "填写内容"}
    row, found = reading.headers.get(sheet.name, (1, {}))
    return row - 1, found


def _excerpt(sheet: Sheet, head: tuple[int, Mapping[int, str]], marked: set[tuple[int, int]]) -> Excerpt:
    top, names = head
    below = [row for row in range(top + 1, len(sheet.rows)) if not all(map(is_blank, sheet.rows[row]))]
    bad_rows = {row for row, _ in marked if row > top}
    wanted: set[int] = set()
    for row in sorted(bad_rows):
        near = [one for one in below if abs(one - row) <= _AROUND] + [row]
        if len(wanted | set(near)) > MAX_ROWS:
            near = [row]
        wanted |= set(near)
        if len(wanted) >= MAX_ROWS:
            break
    columns = _columns(names, sheet, marked, wanted)
    rows = tuple(
        (row + 1, tuple(_shown(sheet, row, one, marked) for one in columns)) for row in sorted(wanted)
    )
    titles = tuple((column_letters(one), names.get(one, "")) for one in columns)
    rest = [row + 1 for row in below if row not in wanted]
    return Excerpt(sheet.name, titles, rows, _left_out(rest, {row + 1 for row in bad_rows}))


def _columns(
    names: Mapping[int, str], sheet: Sheet, marked: set[tuple[int, int]], rows: set[int]
) -> list[int]:
    """Choose the columns: those with something wrong, the first ones, then whatever is filled in these rows."""
    bad = sorted({index for _, index in marked if index >= 0})
    # What an annotated copy said of the rows is out of date once they are mended: it is not the unit's content.
    own = [one for one in sorted(names) if fold(names[one]) != fold(RESULT)]
    filled = [one for one in own if any(not is_blank(sheet.at(row, one)) for row in rows)]
    order = dict.fromkeys([*bad, *own[:2], *filled])
    return sorted(list(order)[:MAX_COLUMNS])


def _shown(sheet: Sheet, row: int, index: int, marked: set[tuple[int, int]]) -> Shown:
    cell = sheet.at(row, index)
    bad = (row, index) in marked or ((row, -1) in marked and not is_blank(cell))
    fault = sheet.faults.get((row, index))
    text = fault or _visible(cell)
    if bad and not text.strip():
        text = "（空）"
    name = f"{column_letters(index)}{row + 1}"
    return Shown(text, bad, isinstance(cell, int | float) or bool(re.fullmatch(r"[-\d,.\s␣]+", text)), name)


def _visible(cell: Cell) -> str:
    """Return a cell's text in which blanks at its ends can be seen."""
    text = shorten(as_text(cell), 80)
    inner = text.strip()
    if not inner:
        return ""
    begin = len(text) - len(text.lstrip())
    end = len(text) - len(text.rstrip())
    return f"{'␣' * min(begin, 3)}{inner}{'␣' * min(end, 3)}"


def _left_out(rest: list[int], bad: set[int]) -> str:
    fine = _ranges([row for row in rest if row not in bad])
    more = sum(row in bad for row in rest)
    parts = ["只列出有问题的行和它们的上下文。"]
    if fine:
        parts.append(f"第 {fine} 行无误。")
    if more:
        parts.append(f"另有 {more} 行有问题，见上表和批注工作簿。")
    return "".join(parts)


def _ranges(rows: list[int]) -> str:
    """Write row numbers as a person does: 10、11、13—15."""
    found: list[list[int]] = []
    for row in rows:
        if found and row == found[-1][-1] + 1:
            found[-1].append(row)
        else:
            found.append([row])
    texts = [f"{one[0]}—{one[-1]}" if len(one) > 2 else "、".join(map(str, one)) for one in found]
    return "、".join(texts[:12]) + ("等" if len(texts) > 12 else "")
