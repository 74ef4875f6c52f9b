"""Rows that are no records: repeated headers, and another table's rows under this table's header.

A row is a header when at least two of its cells are nothing but names of
columns. Where those names are not the file's own, the rows that follow may
belong to that other header: a row does when its cells read well under the
other header and do not under the real one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field
from portal.domain.values import Type, fold
from portal.exchange.sheets.books import Cell
from portal.exchange.sheets.cells import as_text, is_blank, read_cell
from portal.exchange.sheets.headers import Column, Header, is_header_name, known_fields
from portal.exchange.sheets.results import shorten

_FREE = (Type.LINE, Type.PROSE, Type.LINES)  # Anything reads well as text, so it proves nothing.


class Sort(Enum):
    """What a row is."""

    RECORD = "record"
    HEADER = "header"
    SHIFTED = "shifted"


@dataclass(frozen=True)
class Verdict:
    """What a row is; for others than records, the offending column and the Chinese text."""

    sort: Sort
    column: int = 0
    message: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class _Other:
    row: int  # 1-based, as Excel shows it.
    names: dict[int, str]
    fields: dict[int, Field | None]

    @property
    def shown(self) -> str:
        return "｜".join(shorten(name, 20) for name in self.names.values())


class Sorter:
    """Sorts the rows below a header, one after another."""

    def __init__(self, model: type[Document], header: Header) -> None:
        """Remember the header; no foreign header has been met yet."""
        self._model = model
        self._header = header
        self._own = {index: fold(name) for index, name in header.names.items()}
        self._columns = {one.index: one for one in header.columns}
        self._other: _Other | None = None

    def sort(self, number: int, row: list[Cell]) -> Verdict:
        """Tell what the row is; `number` is 1-based."""
        names = self._header_names(row)
        if names:
            return self._take_header(number, names)
        if self._other is None:
            return Verdict(Sort.RECORD)
        if self._is_shifted(row, self._other):
            return Verdict(
                Sort.SHIFTED,
                self._offending(row, self._other),
                f"此行属于第 {self._other.row} 行起的另一张表（{self._other.shown}），各列与表头错位。",
                "请删除此行，或把它移到另一张表中按正确的表头另行导入。",
            )
        if self._evidence(row):
            self._other = None  # The real table goes on; what follows is judged by its own header again.
        return Verdict(Sort.RECORD)

    def _header_names(self, row: list[Cell]) -> dict[int, str]:
        """Return the cells that are names of columns, when they make the row a header."""
        filled = {
            index: as_text(row[index]).strip()
            for index in self._columns
            if index < len(row) and not is_blank(row[index])
        }
        names = {
            index: text
            for index, text in filled.items()
            if len(text) < 40 and (fold(text) in self._own.values() or is_header_name(self._model, text))
        }
        misplaced = any(not _reads(self._columns[index].field, row[index]) for index in names)
        # Where other columns hold a repeated constant, a name in a column of amounts still gives the row away.
        return names if len(names) >= 2 and (2 * len(names) >= len(filled) or misplaced) else {}

    def _take_header(self, number: int, names: dict[int, str]) -> Verdict:
        own = all(self._own.get(index) == fold(text) for index, text in names.items())
        known = known_fields(self._model)
        matches = {index: known.match(text) for index, text in names.items()}
        fields = {index: match.field if match else None for index, match in matches.items()}
        other = _Other(number, names, fields)
        self._other = None if own else other
        typed = [index for index in names if self._columns[index].field.type not in _FREE]
        return Verdict(
            Sort.HEADER,
            (typed or list(names))[0],
            f"此行是重复的表头（{other.shown}），不是一条记录。",
            "请删除此行；如其下是另一张表的内容，请一并移出，另行导入。" if not own else "请删除此行。",
        )

    def _is_shifted(self, row: list[Cell], other: _Other) -> bool:
        for index, theirs in other.fields.items():
            cell = row[index] if index < len(row) else ""
            if not is_blank(cell) and theirs is not None and not _reads(theirs, cell):
                return False
        return not self._evidence(row, within=other) or bool(self._misfits(row, other))

    def _misfits(self, row: list[Cell], other: _Other) -> list[int]:
        """Return the columns whose cell does not read under the real header."""
        return [
            index
            for index in other.fields
            if index < len(row)
            and not is_blank(row[index])
            and not _reads(self._columns[index].field, row[index])
        ]

    def _offending(self, row: list[Cell], other: _Other) -> int:
        filled = [index for index in other.fields if index < len(row) and not is_blank(row[index])]
        return (self._misfits(row, other) or filled or list(other.fields))[0]

    def _evidence(self, row: list[Cell], within: _Other | None = None) -> bool:
        """Tell whether a cell of a checkable type reads under the real header."""
        looked: list[Column] = [
            one for one in self._header.columns if within is None or one.index in within.fields
        ]
        return any(
            one.field.type not in _FREE
            and one.index < len(row)
            and not is_blank(row[one.index])
            and _reads(one.field, row[one.index])
            for one in looked
        )


def _reads(field: Field, cell: Cell) -> bool:
    try:
        read_cell(field, cell)
    except ValueError:
        return False
    return True
