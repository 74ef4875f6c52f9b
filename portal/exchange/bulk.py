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
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from operator import attrgetter
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
)
from portal.exchange.sheets.layout import is_required, text_of
from portal.exchange.sheets.writing import safe_text

LINE_NO = "行号"
KEY = (INDEX_NO, VERSION)
_BOM = b"\xef\xbb\xbf"
# What `writable` or `safe_text` might change, at the beginning of a cell or anywhere in it.
_ODD = re.compile(r"(?m)^[^0-9A-Za-z\u4e00-\u9fff\n]|[^\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# Written as they are: what a program wants, and what is a text already.
_PLAIN = (Type.MONTH, Type.PERIOD, Type.CLOCK, Type.COUNT, Type.DAY, Type.LINE, Type.PROSE)


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
        tell = _teller(own_fields(declaration(bulk.model).fields))
        for edition in editions:
            texts = [("" if value is None else str(value)) for value in lead_values(edition)]
            yield _line([*texts, *tell(edition.document)])
        return
    tell = _teller(bulk.table.fields)
    for edition in editions:
        key = (edition.index_no, str(edition.number))
        for number, row in enumerate(getattr(edition.document, bulk.table.name), start=1):
            yield _line([*key, str(number), *tell(row)])


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


@cache
def _teller(fields: tuple[Field, ...]) -> Callable[[Any], list[str]]:
    """Return what writes one owner's fields as texts. A county has millions of cells: nothing is looked up twice."""
    first = [one.path[0] for one in fields]
    # One more than there are fields: with a single name the values would not come as a tuple.
    values_of = attrgetter(*first, first[0])
    paths = [(place, one.path[1:]) for place, one in enumerate(fields) if one.path[1:]]
    writers = tuple(_text_of(one) for one in fields)

    def tell(owner: Any) -> list[str]:
        values = list(values_of(owner))
        for place, path in paths:
            for name in path:
                if values[place] is None:
                    break
                values[place] = getattr(values[place], name)
        return ["" if value is None else write(value) for value, write in zip(values, writers, strict=False)]

    return tell


def _text_of(field: Field) -> Callable[[Any], str]:
    """Return how a value of the field, which is not None, is written."""
    if field.type in _PLAIN:
        return str
    if field.type == Type.MONEY:
        return _yuan
    if field.type == Type.CHOICE:
        return attrgetter("label")
    if field.type == Type.LINES:
        return "\n".join
    return partial(text_of, field)


def _yuan(fen: int) -> str:
    yuan, rest = divmod(abs(fen), 100)
    return f"{'-' if fen < 0 else ''}{yuan}.{rest:02d}"


class _Echo:
    """Gives csv.writer's line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


_writerow = csv.writer(_Echo()).writerow


def _line(texts: list[str]) -> bytes:
    # Most lines hold nothing odd in any cell; only the others are looked at cell by cell.
    if _ODD.search("\n".join(texts)):
        texts = [safe_text(writable(text)) for text in texts]
    line: Any = _writerow(texts)
    return str(line).encode()
