"""One published version as a table file: for a reader's spreadsheet, and for a program all the same.

CSV. One file, made of blocks: first 基本情况, then every table of the kind, also
the empty ones. Every line has the same number of cells. The first cell names
the block and the second says 栏目 on the line of its headers and 1, 2, 3 … on the
lines below, so a person sees one table under the other, a filter on the first
column leaves one of them, and a program groups by it without guessing where a
block ends. 基本情况 has one line for each declared field (项目, 内容).

XLSX. One sheet for each block, under the same names and always the same ones,
with numbers as numbers and days as days.

In both, an amount of nothing is 0.00 and what was not told is blank.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Any

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, Table, declaration
from portal.domain.values import Type
from portal.exchange.characters import writable
from portal.exchange.editions import LEADS, Edition, header, lead_values, own_fields, value_of
from portal.exchange.sheets.layout import PIECE, native_of, text_of
from portal.exchange.sheets.names import table_sheet
from portal.exchange.sheets.writing import safe_text
from portal.exchange.workbook import Column, Row, Shape, Sheet, Value, workbook

FACTS = "基本情况"
HEADERS = "栏目"
ITEM, CONTENT = "项目", "内容"


def edition_csv(edition: Edition) -> bytes:
    """Return the version as UTF-8 CSV with a byte order mark and CRLF.

    A text that a spreadsheet would run as a formula gets an apostrophe in front.
    """
    lines = list(_lines(edition))
    width = max(len(line) for line in lines)
    out = io.StringIO(newline="")
    csv.writer(out).writerows([*line, *[""] * (width - len(line))] for line in lines)
    return out.getvalue().encode("utf-8-sig")


def edition_xlsx(edition: Edition) -> bytes:
    """Return the version as a workbook; the same version always gives the same bytes."""
    document = edition.document
    model = type(document)
    rows: list[list[Row]] = [_fact_rows(edition)]
    parts: Parts = ()
    for place, (_, table, _) in enumerate(_blocks(model)):
        owned = getattr(document, table.name)
        if found := _long(table, owned):
            parts += ((place, found),)
        rows.append(_table_rows(table, owned, dict(found)))
    return workbook(_shape(model, parts), rows)


def block_name(model: type[Document], table: Table) -> str:
    """Return the name of a table's block in the CSV and of its sheet in the workbook."""
    name = table_sheet(model, table)
    return f"{name}（表）" if name == FACTS else name


def facts(edition: Edition) -> Iterator[tuple[str, Type, Value, str]]:
    """Yield label, type, value as a cell holds it and value as text, of every line of 基本情况.

    The title comes first, then the facts of the version, the document's other
    single fields, and how many lines each table has.
    """
    document = edition.document
    fields = _labelled(type(document))
    told = (
        (label, one.type, native_of(one, value), text_of(one, value))
        for label, one, value in ((label, one, value_of(document, one)) for label, one in fields)
    )
    yield next(told)
    for lead, value in zip(LEADS, lead_values(edition), strict=True):
        yield lead.label, lead.type, value, "" if value is None else str(value)
    yield from told
    for name, table, _ in _blocks(type(document)):
        count = len(getattr(document, table.name))
        yield f"{name}（行数）", Type.COUNT, count, str(count)


@cache
def _labelled(model: type[Document]) -> tuple[tuple[str, Field], ...]:
    return tuple((header(one), one) for one in own_fields(declaration(model).fields))


def _lines(edition: Edition) -> Iterator[list[str]]:
    yield [FACTS, HEADERS, ITEM, CONTENT]
    for number, (label, _, _, text) in enumerate(facts(edition), start=1):
        yield [FACTS, str(number), label, safe_text(writable(text))]
    for name, table, headers in _blocks(type(edition.document)):
        yield [name, HEADERS, *headers]
        for number, row in enumerate(getattr(edition.document, table.name), start=1):
            texts = (text_of(one, value_of(row, one)) for one in table.fields)
            yield [name, str(number), *(safe_text(writable(text)) for text in texts)]


# Which tables have columns whose text is too long for one cell, and in how many cells each goes on:
# (place of the table, ((place of the column, cells), …)). Nearly always empty.
Parts = tuple[tuple[int, tuple[tuple[int, int], ...]], ...]
_FACT_TYPES = (Type.LINE, Type.PROSE)


@cache
def _blocks(model: type[Document]) -> tuple[tuple[str, Table, tuple[str, ...]], ...]:
    """Return every table with the name of its block and its headers."""
    return tuple(
        (block_name(model, table), table, tuple(header(one) for one in table.fields))
        for table in declaration(model).tables
    )


@lru_cache(maxsize=64)
def _shape(model: type[Document], parts: Parts) -> Shape:
    facts_sheet = Sheet(FACTS, tuple(map(Column, (ITEM, CONTENT), _FACT_TYPES)), mixed=True)
    sheets = [facts_sheet]
    for place, (name, table, headers) in enumerate(_blocks(model)):
        cells = dict(dict(parts).get(place, ()))
        columns = (
            Column(_continued(label, piece), one.type)
            for index, (label, one) in enumerate(zip(headers, table.fields, strict=True))
            for piece in range(cells.get(index, 1))
        )
        sheets.append(Sheet(name, tuple(columns)))
    return Shape(tuple(sheets))


def _fact_rows(edition: Edition) -> list[Row]:
    found: list[Row] = []
    for label, kind, value, _ in facts(edition):
        # What is longer than a cell goes on in the next line.
        for piece, one in enumerate(_pieces(value)):
            found.append(((_continued(label, piece), one), (Type.LINE, kind)))
    return found


def _long(table: Table, rows: Sequence[Any]) -> tuple[tuple[int, int], ...]:
    """Return the places of the columns that hold a text too long for a cell, and how many cells they need."""
    found = []
    for place, one in enumerate(table.fields):
        if rows and one.type in (Type.PROSE, Type.LINES):
            most = max(len(_pieces(native_of(one, value_of(row, one)))) for row in rows)
            if most > 1:
                found.append((place, most))
    return tuple(found)


def _table_rows(table: Table, rows: Sequence[Any], cells: dict[int, int]) -> list[Row]:
    types = tuple(one.type for place, one in enumerate(table.fields) for _ in range(cells.get(place, 1)))
    found: list[Row] = []
    for row in rows:
        values = [native_of(one, value_of(row, one)) for one in table.fields]
        for place, most in sorted(cells.items(), reverse=True):
            pieces = _pieces(values[place])
            values[place : place + 1] = [*pieces, *[None] * (most - len(pieces))]
        found.append((values, types))
    return found


def _pieces(value: Value) -> list[Value]:
    """Cut a text into what fits a cell (32,767 UTF-16 units)."""
    if isinstance(value, str) and len(value) > PIECE:
        return [value[begin : begin + PIECE] for begin in range(0, len(value), PIECE)]
    return [value]


def _continued(label: str, piece: int) -> str:
    return f"{label}（续{piece}）" if piece else label
