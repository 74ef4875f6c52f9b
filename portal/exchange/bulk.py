"""All of a jurisdiction's disclosures of one kind, as NDJSON and flat CSV, written unit by unit.

One kind is one CSV of its records, with one line for the version in force of
each, and one CSV for each table, whose lines name their record by 索引号 and
版本. Lines stand for themselves: a whole file is the header and then every
unit's lines, in any number of parts. Nothing here holds more than one record.

Money is in yuan with two decimals, days, months and periods are 2026-03-05,
2026-03 and 2026Q1, choices are their Chinese labels, several entries of one
field stand on lines of their own. What was not told is blank, and nothing is
0.00. A text that a spreadsheet would run as a formula has an apostrophe in front.
"""

from __future__ import annotations

import builtins
import csv
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, BinaryIO

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, Table, declaration
from portal.domain.values import Choice, Type
from portal.exchange.characters import writable
from portal.exchange.editions import (
    INDEX_NO,
    LEADS,
    VERSION,
    Edition,
    header,
    lead_values,
    own_fields,
    value_of,
)
from portal.exchange.sheets.layout import is_required, text_of
from portal.exchange.sheets.writing import safe_text

LINE_NO = "行号"
KEY = (INDEX_NO, VERSION)
_BOM = b"\xef\xbb\xbf"
_RAW = (Type.MONTH, Type.PERIOD, Type.CLOCK)  # Already as a program wants them.


@dataclass(frozen=True)
class BulkColumn:
    """One column: its header, the name that the JSON has for it, and what a schema says about it."""

    header: str
    name: str
    label: str
    type: Type
    required: bool
    help: str = ""
    source: str = ""
    choices: builtins.type[Choice] | None = None


@dataclass(frozen=True, eq=False)
class BulkTable:
    """One CSV of a kind: its records, or the rows of one of its tables.

    `name` is its name among the resources and a good name for its file.
    """

    model: type[Document]
    table: Table | None
    name: str
    title: str
    columns: tuple[BulkColumn, ...]

    @property
    def key(self) -> tuple[str, ...]:
        """The headers whose cells together name one line."""
        return KEY if self.table is None else (*KEY, LINE_NO)


@dataclass(frozen=True)
class Written:
    """A file that was written: its path beside the package's description, its size and its SHA-256 in hex."""

    path: str
    size: int
    sha256: str


@cache
def bulk_tables(model: type[Document]) -> tuple[BulkTable, ...]:
    """Return the CSV files of a kind: that of its records first, then one for each table."""
    kind, declared = model.kind, declaration(model)
    leads = tuple(
        BulkColumn(one.label, one.name, one.label, one.type, one.required, one.help) for one in LEADS
    )
    own = tuple(
        _column(one, required=is_required(model, one) or one.path == ("title",))
        for one in own_fields(declared.fields)
    )
    main = BulkTable(model, None, kind.path, kind.label, leads + own)
    keys = tuple(one for one in leads if one.header in KEY)
    line = BulkColumn(LINE_NO, "", LINE_NO, Type.COUNT, True, "本行在该记录的表中是第几行，从 1 起。")
    return (
        main,
        *(
            BulkTable(
                model,
                table,
                f"{kind.path}-{table.name.replace('_', '-')}",
                f"{kind.label}·{table.about.label}",
                (*keys, line, *(_column(one, required=one.required) for one in table.fields)),
            )
            for table in declared.tables
        ),
    )


def header_of(bulk: BulkTable) -> bytes:
    """Return what a whole file begins with: the byte order mark and the line of headers."""
    return _BOM + _line([one.header for one in bulk.columns])


def rows_of(bulk: BulkTable, editions: Iterable[Edition]) -> Iterator[bytes]:
    """Yield the lines of the versions, which are all of the table's kind, without mark or headers."""
    if bulk.table is None:
        fields = own_fields(declaration(bulk.model).fields)
        for edition in editions:
            texts = [("" if value is None else str(value)) for value in lead_values(edition)]
            texts += [_text_of(one, value_of(edition.document, one)) for one in fields]
            yield _line(texts)
        return
    for edition in editions:
        key = [edition.index_no, str(edition.number)]
        for number, row in enumerate(getattr(edition.document, bulk.table.name), start=1):
            texts = [_text_of(one, value_of(row, one)) for one in bulk.table.fields]
            yield _line([*key, str(number), *texts])


def ndjson_of(wrappers: Iterable[bytes]) -> Iterator[bytes]:
    """Yield one line for each record's JSON file, its bytes untouched."""
    for one in wrappers:
        if b"\n" in one or b"\r" in one:
            raise ValueError("这份 JSON 含有换行，不能作为 NDJSON 的一行。请写成不换行的 JSON。")
        yield one + b"\n"


def write(path: str, out: BinaryIO, chunks: Iterable[bytes]) -> Written:
    """Write the chunks as they come and return what the package's description says of the file."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        out.write(chunk)
        digest.update(chunk)
        size += len(chunk)
    return Written(path, size, digest.hexdigest())


def _column(field: Field, *, required: bool) -> BulkColumn:
    about = field.about
    name = ".".join(field.path)
    return BulkColumn(
        header(field), name, field.label, field.type, required, about.help, about.source, field.choices
    )


def _text_of(field: Field, value: Any) -> str:
    if value is None:
        return ""
    if field.type in _RAW:
        return str(value)
    return "\n".join(value) if field.type == Type.LINES else text_of(field, value)


class _Echo:
    """Gives csv.writer's line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


_writerow = csv.writer(_Echo()).writerow


def _line(texts: list[str]) -> bytes:
    line: Any = _writerow([safe_text(writable(text)) for text in texts])
    return str(line).encode()
