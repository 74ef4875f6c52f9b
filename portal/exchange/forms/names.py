"""The names of a form's inputs: `period`, `contract.amount`, `expense-0-item`; and of what a finding points at."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, Table, declaration

_CELL = re.compile(r"([a-z][a-z_]{0,39})-(0|[1-9][0-9]{0,4})-([a-z][a-z_]{0,39})")


@dataclass(frozen=True)
class Pieces:
    """What a kind's form consists of: single fields by input name, tables by name, in the order of the declaration."""

    fields: dict[str, Field]
    tables: dict[str, Table]

    def column(self, table: str, name: str) -> Field | None:
        """Return a table's column."""
        found = self.tables.get(table)
        return next((one for one in found.fields if one.path == (name,)), None) if found else None


@cache
def pieces(model: type[Document]) -> Pieces:
    """Return the inputs that the form of a kind has. There are no others."""
    declared = declaration(model)
    return Pieces(
        {field_name(one.path): one for one in declared.fields}, {one.name: one for one in declared.tables}
    )


def field_name(path: Sequence[str]) -> str:
    """Return the input name of a single field."""
    return ".".join(path)


def cell_name(table: str, row: int, column: str) -> str:
    """Return the input name of one cell of a table; rows count from 0."""
    return f"{table}-{row}-{column}"


def read_cell_name(name: str) -> tuple[str, int, str] | None:
    """Return table, row and column of a cell's input name; None for any other name."""
    found = _CELL.fullmatch(name)
    return (found[1], int(found[2]), found[3]) if found else None


def name_of(
    model: type[Document], pointer: str, rows: Mapping[str, Sequence[int]] | None = None
) -> str | None:
    """Return the input that a finding's JSON pointer concerns; None where it concerns the whole document.

    Where it concerns more than one input the name is that of what holds them: `expense` (the table),
    `expense-2` (its row), `contract` (the group). `rows` says for each table in which row of the form each
    row of the document stands: the blank rows of a form are not in the document.
    """
    known = pieces(model)
    parts = [one.replace("~1", "/").replace("~0", "~") for one in pointer.split("/")[1:]]
    if not parts:
        return None
    head, rest = parts[0], parts[1:]
    if head in known.tables:
        return _in_table(known, head, rest, (rows or {}).get(head))
    if head in known.fields:
        return head  # What follows is an item of a list that is one input.
    if any(one.path[0] == head for one in known.fields.values()):
        return f"{head}.{rest[0]}" if rest and f"{head}.{rest[0]}" in known.fields else head
    return None


def _in_table(known: Pieces, table: str, rest: list[str], rows: Sequence[int] | None) -> str:
    if not rest or not rest[0].isdecimal():
        return table
    row = int(rest[0])
    if rows is not None:
        if row >= len(rows):
            return table
        row = rows[row]
    if len(rest) > 1 and known.column(table, rest[1]):
        return cell_name(table, row, rest[1])
    return f"{table}-{row}"
