"""Rows of a form's tables come and go by submit buttons: everything typed in the other rows moves along."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from portal.domain.documents.base import Document
from portal.exchange.forms.entries import (
    MAX_INPUTS,
    MAX_ROWS,
    Entries,
    TooMuch,
    put_rows,
    rows_of,
    without_table,
)
from portal.exchange.forms.names import pieces


def with_row(model: type[Document], entries: Mapping[str, str], table: str, at: int | None = None) -> Entries:
    """Return the entries with a blank row before row `at`, or at the end."""
    rows = rows_of(model, entries, table)
    place = len(rows) if at is None else max(0, min(at, len(rows)))
    return _put(model, entries, table, [*rows[:place], {}, *rows[place:]])


def without_row(model: type[Document], entries: Mapping[str, str], table: str, row: int) -> Entries:
    """Return the entries without that row; the same entries where there is none."""
    rows = rows_of(model, entries, table)
    return _put(model, entries, table, [one for number, one in enumerate(rows) if number != row])


def with_rows(
    model: type[Document], entries: Mapping[str, str], table: str, more: Iterable[Mapping[str, str]]
) -> Entries:
    """Return the entries with rows behind those in which something is typed."""
    rows = [one for one in rows_of(model, entries, table) if any(one.values())]
    return _put(model, entries, table, [*rows, *more])


def _put(
    model: type[Document], entries: Mapping[str, str], table: str, rows: list[Mapping[str, str]]
) -> Entries:
    label = pieces(model).tables[table].about.label
    if len(rows) > MAX_ROWS:
        raise TooMuch(f"“{label}”有 {len(rows):,} 行，超过上限 {MAX_ROWS:,} 行。请合并次要的行后再填写。")
    found = without_table(entries, table)
    put_rows(found, model, table, rows)
    if len(rows) > len(rows_of(model, entries, table)) and _inputs(model, found) > MAX_INPUTS:
        raise TooMuch(f"各表的行数合计太多，“{label}”不能再加行。请合并次要的行，或改用上传工作簿。")
    return found


def _inputs(model: type[Document], entries: Mapping[str, str]) -> int:
    tables = pieces(model).tables.values()
    return sum(len(rows_of(model, entries, one.name)) * len(one.fields) for one in tables)
