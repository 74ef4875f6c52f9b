"""Cells copied from a spreadsheet (TSV) → rows of one of a form's tables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field
from portal.domain.values import Type, fold
from portal.exchange.forms.entries import MAX_CHARACTERS, MAX_ROWS, TooMuch, text_of
from portal.exchange.forms.names import cell_name, pieces
from portal.exchange.forms.reading import FormProblem, is_blank, problem
from portal.exchange.sheets.books import Sheet
from portal.exchange.sheets.cells import SCALE_NAMES, read_cell
from portal.exchange.sheets.headers import find_header, known_columns
from portal.exchange.sheets.results import shorten, split_advice

_QUOTED = re.compile(r'"((?:[^"]|"")*+)"(?=\t|\n|\Z)')
_BARE = re.compile(r"[^\t\n]*")
_TOTALS = frozenset({"合计", "总计", "共计", "总合计", "合计数"})
_NOTHING = frozenset({"-", "—", "－", "–", "——", "/", "\\"})


@dataclass(frozen=True)
class Pasted:
    """Rows by column, as texts for the form's inputs; what could not be read stays as it was typed.

    `problems` name inputs as if the rows were the table's first ones; `notes` say what was understood and left out.
    """

    rows: tuple[dict[str, str], ...]
    problems: tuple[FormProblem, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Column:
    index: int
    field: Field
    scale: int = 100


@dataclass
class _Sorted:
    """What becomes of the lines while they are gone through."""

    model: type[Document]
    table: str
    rows: list[dict[str, str]] = field(default_factory=list)
    problems: list[FormProblem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def pasted(model: type[Document], table: str, text: str) -> Pasted:
    """Read what was copied from a spreadsheet into rows of a table.

    A header row is recognised by the labels and other names of the columns; without one the columns count in
    the declared order. Amounts are brought to yuan. Blank rows and rows of totals are left out, the latter with
    a note. Raises `TooMuch` beyond the bounds.
    """
    if len(text) > MAX_CHARACTERS:
        raise TooMuch(f"粘贴的内容超过 {MAX_CHARACTERS:,} 字。请分几次粘贴，或改用上传工作簿。")
    lines = list(cells(text.replace("\r\n", "\n").replace("\r", "\n")))
    course = _Sorted(model, table)
    columns, first = _columns(course, lines)
    for line in lines[first:]:
        if all(is_blank(cell) for cell in line):
            continue
        if _is_total(line):
            course.notes.append(
                f"“{shorten('，'.join(cell.strip() for cell in line if cell.strip()), 40)}”是合计行，没有粘贴进来：合计由系统计算或另栏填写。"
            )
            continue
        if len(course.rows) >= MAX_ROWS:
            raise TooMuch(f"粘贴的内容超过 {MAX_ROWS:,} 行。请分几次粘贴，或改用上传工作簿。")
        _take(course, columns, line)
    return Pasted(tuple(course.rows), tuple(course.problems), tuple(course.notes))


def cells(text: str) -> Iterator[list[str]]:
    """Split text as spreadsheets copy it: tabs between cells, quotes round a cell with a break in it.

    A quote that does not enclose a whole cell is a sign like any other.
    """
    place, row = 0, list[str]()
    while place <= len(text):
        found = _QUOTED.match(text, place) if text.startswith('"', place) else None
        if found:
            row.append(found[1].replace('""', '"'))
        else:
            found = _BARE.match(text, place)
            row.append(found[0] if found else "")
        place = found.end() if found else len(text)
        if place >= len(text) or text[place] == "\n":
            yield row
            row = []
            if place >= len(text) - 1:
                return  # Nothing but a last line's end is left.
        place += 1


def _columns(course: _Sorted, lines: list[list[str]]) -> tuple[list[_Column], int]:
    """Return the columns and the first line of data."""
    known = known_columns(course.model, course.table)
    # Further down nobody puts a header; data must not be taken for one.
    header = find_header(Sheet("", [list(line) for line in lines[:3]]), known, keyed=False)
    if header is not None:
        course.notes += header.notes
        return [_Column(one.index, one.field, one.scale) for one in header.columns], header.row + 1
    fields = pieces(course.model).tables[course.table].fields
    widest = max((len(line) for line in lines), default=0)
    labels = "、".join(one.about.label for one in fields[:widest])
    if widest:
        course.notes.append(f"没有认出表头，各列依次当作：{labels}。金额按元计。")
    if widest > len(fields):
        course.notes.append(f"第 {len(fields) + 1} 列起没有对应的栏目，没有粘贴进来。")
    return [_Column(index, one) for index, one in enumerate(fields)], 0


def _is_total(line: list[str]) -> bool:
    """Tell whether a line is a total: it says so, and beside that has numbers only."""
    words = [fold(cell) for cell in line if not is_blank(cell)]
    return any(one in _TOTALS for one in words) and all(
        one in _TOTALS or re.fullmatch(r"[-+()¥￥\d,.%—–]+(?:元|万元)?", one) for one in words
    )


def _take(course: _Sorted, columns: list[_Column], line: list[str]) -> None:
    number = len(course.rows)
    row: dict[str, str] = {}
    for column in columns:
        text = line[column.index].strip("\xa0 \t") if column.index < len(line) else ""
        if is_blank(text) or (column.field.type != Type.PROSE and fold(text) in _NOTHING):
            continue  # An accountant's dash is an empty cell.
        name = column.field.path[0]
        try:
            row[name] = text_of(column.field, read_cell(column.field, text, scale=column.scale))
        except ValueError as wrong:
            row[name] = text
            message, remedy = split_advice(str(wrong))
            label = pieces(course.model).tables[course.table].about.label
            where = f"{label}第 {number + 1} 行·{column.field.about.label}"
            if column.scale != 100 and column.field.type == Type.MONEY:
                remedy += f"此列按{SCALE_NAMES[column.scale]}计，改正时请按元填写。"
            course.problems.append(
                problem(cell_name(course.table, number, name), where, text, message, remedy)
            )
    if row:
        course.rows.append(row)
