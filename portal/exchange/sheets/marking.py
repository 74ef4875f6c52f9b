"""A copy of the input in which every problem is marked where it stands."""

from __future__ import annotations

import io
import json
import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time
from math import isfinite
from typing import Any

from portal.domain.values import fold
from portal.exchange.sheets import names, records
from portal.exchange.sheets.archive import UNCALCULATED
from portal.exchange.sheets.books import Cell, Sheet, form_of, open_sheets
from portal.exchange.sheets.cells import as_text, is_blank
from portal.exchange.sheets.headers import RESULT
from portal.exchange.sheets.results import Problem, column_index

_LONGEST = 32_767
_LIST_HEADERS = (
    ("工作表", 20),
    ("行", 8),
    ("栏目", 24),
    ("单元格", 10),
    ("原内容", 36),
    ("问题", 60),
    ("怎样改", 60),
)


def annotate(data: bytes, filename: str, problems: Sequence[Problem]) -> bytes:
    """Return the input as xlsx with the problems marked.

    The values of every sheet are kept; problem cells are filled and carry a
    comment, a last column “核对结果” speaks for the row, and the first sheet
    lists all problems. Mended, the copy can be uploaded as it is.
    """
    form = form_of(data, filename)
    if form == "json":
        sheets, moved = [_record_sheet(data)], 1
    else:
        # Without the kind at hand the delimiter is the one that the problems' headers stand under.
        wanted = {fold(one.column) for one in problems if one.column}
        sheets = open_sheets(data, filename, form, lambda cells: _likeness(cells, wanted))
        moved = 0
    return _Copy(problems, moved).write([one for one in sheets if one.name != names.PROBLEMS])


def _likeness(cells: list[str], wanted: set[str]) -> int:
    return 1000 * sum(fold(cell) in wanted for cell in cells) + min(len(cells), 999)


def _record_sheet(data: bytes) -> Sheet:
    rows: list[list[Cell]] = [["序号", "内容"]]
    for number, record in enumerate(records.split_records(records.load(data)), start=1):
        rows.append([number, json.dumps(record, ensure_ascii=False, default=str)])
    return Sheet(records.SHEET, rows)


class _Copy:
    """Writes the copy. `moved` is how many rows the sheets lie below the problems' own count."""

    def __init__(self, problems: Sequence[Problem], moved: int) -> None:
        from xlsxwriter import Workbook  # Slow to load, and only needed to write one.

        self._problems = problems
        self._moved = moved
        self._out = io.BytesIO()
        self._book = Workbook(self._out, {"in_memory": True})
        fill = {"bg_color": "#FFD9D2", "border": 1, "border_color": "#C0392B"}
        self._formats: dict[tuple[str, bool], Any] = {}
        for name, number in (
            ("text", "General"),
            ("day", "yyyy-mm-dd"),
            ("moment", "yyyy-mm-dd hh:mm:ss"),
            ("clock", "hh:mm"),
        ):
            self._formats[name, False] = self._book.add_format({"num_format": number})
            self._formats[name, True] = self._book.add_format({"num_format": number, **fill})
        self._head = self._book.add_format({"bold": True, "bg_color": "#E7ECF2", "border": 1})
        self._wrap = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._note = self._book.add_format({"font_color": "#9C1C0C", "text_wrap": True, "valign": "top"})

    def write(self, sheets: list[Sheet]) -> bytes:
        first = self._book.add_worksheet(names.PROBLEMS)
        self._list(first)
        taken = {names.PROBLEMS}
        for sheet in sheets:
            target = self._book.add_worksheet(_sheet_name(sheet.name, taken))
            if sheet.hidden:
                target.hide()
            self._copy(sheet, target)
        first.activate()
        self._book.close()
        return self._out.getvalue()

    def _list(self, target: Any) -> None:
        for index, (name, width) in enumerate(_LIST_HEADERS):
            target.write_string(0, index, name, self._head)
            target.set_column(index, index, width, self._wrap)
        for row, one in enumerate(self._problems, start=1):
            place = f"{one.row}" if one.row else "整表"
            texts = (one.sheet, place, one.column or "整行", one.cell, one.value, one.message, one.remedy)
            for index, text in enumerate(texts):
                target.write_string(row, index, text[:_LONGEST], self._wrap)
        if not self._problems:
            target.write_string(1, 0, "没有发现问题。")
        target.freeze_panes(1, 0)

    def _copy(self, sheet: Sheet, target: Any) -> None:
        own = [one for one in self._problems if one.sheet == sheet.name]
        marks: dict[tuple[int, int], list[Problem]] = defaultdict(list)
        by_row: dict[int, list[Problem]] = defaultdict(list)
        whole: set[int] = set()
        for one in own:
            if one.row is None:
                continue
            row = one.row - 1 + self._moved
            by_row[row].append(one)
            place = re.fullmatch(r"([A-Z]{1,3})\d+", one.cell)
            if place:
                # A comment is seen only on the first cell of a merged range.
                marks[sheet.origin(row, column_index(place[1]))].append(one)
            else:
                whole.add(row)
        head = self._header_row(sheet, own)
        result = self._result_column(sheet, head)
        self._merge(sheet, target)
        for row, cells in enumerate(sheet.rows):
            for index, cell in enumerate(cells):
                if index != result:
                    shown = _shown(sheet, row, index, cell)
                    self._put(
                        target,
                        row,
                        index,
                        shown,
                        (row, index) in marks or (row in whole and not is_blank(shown)),
                    )
        for (row, index), found in marks.items():
            if is_blank(_shown(sheet, row, index, sheet.at(row, index))):
                target.write_blank(row, index, None, self._formats["text", True])
            target.write_comment(row, index, _advice(found), {"x_scale": 2.5, "y_scale": 1.5})
        if by_row:
            target.write_string(head, result, RESULT, self._head)
            target.set_column(result, result, 60)
        for row, found in by_row.items():
            if row != head:
                target.write_string(row, result, _advice(found), self._note)
        self._widths(sheet, target, result)

    def _header_row(self, sheet: Sheet, own: list[Problem]) -> int:
        """Find the header row by the column names that the problems carry."""
        wanted = {fold(one.column).split("·")[-1] for one in own if one.column}
        first = min((one.row for one in own if one.row), default=1)
        best = (0, 0)
        for row in range(min(len(sheet.rows), first, 20)):
            count = sum(
                fold(as_text(cell)).split("·")[-1] in wanted for cell in sheet.rows[row] if not is_blank(cell)
            )
            known = count or any(fold(as_text(cell)) == fold(RESULT) for cell in sheet.rows[row])
            best = max(best, (int(known), -row))
        return -best[1]

    def _result_column(self, sheet: Sheet, head: int) -> int:
        """Return the column for the results: an earlier copy's own, else the first free one."""
        if head < len(sheet.rows):
            for index, cell in enumerate(sheet.rows[head]):
                if fold(as_text(cell)) == RESULT:
                    return index
        return max((len(row) for row in sheet.rows), default=0)

    def _merge(self, sheet: Sheet, target: Any) -> None:
        taken: set[tuple[int, int]] = set()
        for (top, left), (bottom, right) in sheet.merges:
            bottom = min(bottom, len(sheet.rows) - 1)
            area = (bottom - top + 1) * (right - left + 1)
            if bottom < top or right < left or not 1 < area <= 10_000:
                continue
            cells = {(row, index) for row in range(top, bottom + 1) for index in range(left, right + 1)}
            if not cells & taken:
                taken |= cells
                target.merge_range(top, left, bottom, right, "", self._formats["text", False])

    def _put(self, target: Any, row: int, index: int, cell: Cell, marked: bool) -> None:
        """Write a value as what it is; never as a formula."""
        if is_blank(cell):
            return
        if isinstance(cell, bool):
            target.write_boolean(row, index, cell, self._formats["text", marked])
        elif isinstance(cell, int | float) and isfinite(cell):
            target.write_number(row, index, cell, self._formats["text", marked])
        elif isinstance(cell, date | time) and not (isinstance(cell, date) and cell.year < 1900):
            name = "moment" if isinstance(cell, datetime) else "day" if isinstance(cell, date) else "clock"
            target.write_datetime(row, index, cell, self._formats[name, marked])
        else:
            target.write_string(row, index, as_text(cell)[:_LONGEST], self._formats["text", marked])

    def _widths(self, sheet: Sheet, target: Any, result: int) -> None:
        for index in range(min(result, 200)):
            longest = max((_width(row[index]) for row in sheet.rows[:200] if index < len(row)), default=8)
            target.set_column(index, index, min(40, max(8, longest + 2)))


def _shown(sheet: Sheet, row: int, index: int, cell: Cell) -> Cell:
    """Return the cell, or the error that stood there instead of a value."""
    fault = sheet.faults.get((row, index))
    if fault is None or not is_blank(cell):
        return cell
    return f"（{fault}）" if fault == UNCALCULATED else fault


def _width(cell: Cell) -> int:
    return sum(2 if ord(sign) > 255 else 1 for sign in as_text(cell)[:60])


def _advice(found: list[Problem]) -> str:
    several = len({(one.cell, one.message) for one in found}) > 1
    parts = [f"{f'{one.cell}：' if one.column and several else ''}{one.message}{one.remedy}" for one in found]
    return "\n".join(parts)[:_LONGEST]


def _sheet_name(name: str, taken: set[str]) -> str:
    """Return a name that Excel allows and that no other sheet of the copy has."""
    plain = re.sub(r"[\[\]:*?/\\]", "_", name).strip("'")[:31] or "数据"
    number, chosen = 1, plain
    while chosen.lower() in {one.lower() for one in taken}:
        number += 1
        chosen = f"{plain[:27]}({number})"
    taken.add(chosen)
    return chosen
