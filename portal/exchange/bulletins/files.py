"""A bulletin as a workbook and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from portal.domain.supervision.bulletin import Figures
from portal.domain.values import Type
from portal.exchange.bulletins.tables import Table, tables_of
from portal.exchange.characters import writable
from portal.exchange.sheets.writing import csv_of
from portal.exchange.workbook import Column, Shape, Sheet, Value, workbook


def bulletin_xlsx(figures: Figures) -> bytes:
    """Return the bulletin as a workbook, numbers as numbers; the same figures always give the same bytes."""
    return tables_xlsx(tables_of(figures))


def bulletin_csv(figures: Figures) -> bytes:
    """Return all tables in one UTF-8 CSV with a byte order mark; the first cell of every line names the table."""
    return tables_csv(tables_of(figures))


def tables_xlsx(tables: Sequence[Table]) -> bytes:
    """Return tables as a workbook, a sheet each."""
    shape = _shape(tuple((one.name, one.columns) for one in tables))
    rows = [[(row, _types(one, row)) for row in one.rows] for one in tables]
    return workbook(shape, rows)


@lru_cache(maxsize=16)
def _shape(heads: tuple[tuple[str, tuple[tuple[str, Type], ...]], ...]) -> Shape:
    return Shape(
        tuple(Sheet(name, tuple(Column(header, kind) for header, kind in columns)) for name, columns in heads)
    )


def tables_csv(tables: Sequence[Table]) -> bytes:
    """Return tables under each other; where there is only one, without its name in front."""
    lines: list[list[str]] = []
    for one in tables:
        lead = [one.name] if len(tables) > 1 else []
        lines.append([*lead, *(header for header, _ in one.columns)])
        lines.extend([*lead, *(writable(_text(value)) for value in row)] for row in one.rows)
    return csv_of(lines)


def _types(table: Table, row: Sequence[Value]) -> tuple[Type, ...]:
    return tuple(
        Type.LINE if isinstance(value, str) else kind
        for value, (_, kind) in zip(row, table.columns, strict=True)
    )


def _text(value: Value) -> str:
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else str(value)
