"""What was typed into a form: taken from a request, kept as JSON, made from a document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, declaration
from portal.domain.values import Type
from portal.exchange.forms.names import cell_name, field_name, pieces, read_cell_name
from portal.exchange.sheets.layout import text_of as sheet_text
from portal.exchange.sheets.layout import value_of

Entries = dict[str, str]

# A year of a county's largest unit has some hundred lines in a table; a long regulation some hundred blocks.
MAX_ROWS = 1_000
MAX_INPUTS = 15_000  # Of all rows together: what a browser can send and a server takes apart in one request.
MAX_CHARACTERS = 1_000_000  # Three times the longest regulation known: a page that a browser still shows.
_ALONE = re.compile("[\ud800-\udfff]")


class TooMuch(ValueError):
    """More than a form can hold; the message says in Chinese what to do."""


def taken(model: type[Document], given: Iterable[tuple[str, str]]) -> Entries:
    """Take from a request what the kind's form has, and nothing else: an input of any other name is ignored.

    Rows keep their order and are numbered from 0 without gaps; a row in which nothing is typed stays (it is
    somewhere to type). Of two values of one name the first counts. Raises `TooMuch` beyond the bounds.
    """
    known = pieces(model)
    single: Entries = {}
    rows: dict[str, dict[int, dict[str, str]]] = {}
    size = 0
    for name, value in given:
        cell = read_cell_name(name)
        if cell is None and name not in known.fields:
            continue
        if cell is not None and known.column(cell[0], cell[2]) is None:
            continue
        text = plain(value)
        size += len(text)
        if cell is None:
            single.setdefault(name, text)
        else:
            rows.setdefault(cell[0], {}).setdefault(cell[1], {}).setdefault(cell[2], text)
    if size > MAX_CHARACTERS:
        raise TooMuch(
            f"填写的内容共 {size:,} 字，超过一份公开内容的上限 {MAX_CHARACTERS:,} 字。请拆分，或把长材料作为附件上传。"
        )
    found = {name: single[name] for name in known.fields if single.get(name)}
    for table in known.tables:
        numbered = rows.get(table, {})
        if len(numbered) > MAX_ROWS:
            label = known.tables[table].about.label
            raise TooMuch(
                f"“{label}”有 {len(numbered):,} 行，超过上限 {MAX_ROWS:,} 行。请合并次要的行后再填写。"
            )
        put_rows(found, model, table, [numbered[one] for one in sorted(numbered)])
    return found


def put_rows(entries: Entries, model: type[Document], table: str, rows: Iterable[Mapping[str, str]]) -> None:
    """Write rows of a table that has none yet. A row without a word is kept by its first input."""
    columns = [one.path[0] for one in pieces(model).tables[table].fields]
    for number, row in enumerate(rows):
        filled = {cell_name(table, number, one): row[one] for one in columns if row.get(one)}
        entries.update(filled or {cell_name(table, number, columns[0]): ""})


def rows_of(model: type[Document], entries: Mapping[str, str], table: str) -> list[dict[str, str]]:
    """Return the rows of a table, each by column, the blank ones included."""
    known = {one.path[0] for one in pieces(model).tables[table].fields}
    found: dict[int, dict[str, str]] = {}
    for name, text in entries.items():
        cell = read_cell_name(name)
        if cell and cell[0] == table and cell[2] in known:
            found.setdefault(cell[1], {})[cell[2]] = text
    return [found[one] for one in sorted(found)]


def without_table(entries: Mapping[str, str], table: str) -> Entries:
    """Return the entries without a table's rows."""
    return {name: text for name, text in entries.items() if (read_cell_name(name) or ("",))[0] != table}


def entries_of(document: Document) -> Entries:
    """Return the entries that read back as the same document."""
    model = type(document)
    entries: Entries = {}
    for one in declaration(model).fields:
        if text := text_of(one, value_of(document, one)):
            entries[field_name(one.path)] = text
    for table in pieces(model).tables.values():
        rows = [
            {one.path[0]: text_of(one, getattr(row, one.path[0])) for one in table.fields}
            for row in getattr(document, table.name)
        ]
        put_rows(entries, model, table.name, rows)
    return entries


def text_of(field: Field, value: Any) -> str:
    """Return the text that an input shows for a value: a choice by its code, all else as a person types it."""
    if value is None:
        return ""
    if field.type == Type.CHOICE:
        return str(value.value)
    return sheet_text(field, value)


def shown(field: Field, text: str) -> str:
    """Return an entry as a reader is shown it: a choice by its label, all else as typed."""
    if field.choices is not None:
        return next((one.label for one in field.choices if one.value == text), text)
    return text


def loaded(model: type[Document], kept: str | None) -> Entries:
    """Return kept entries; what the kind no longer has is left out."""
    found = json.loads(kept) if kept else {}
    return taken(model, _pairs(found)) if isinstance(found, dict) else {}


def _pairs(found: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    return ((name, text) for name, text in found.items() if isinstance(text, str))


def dumped(entries: Mapping[str, str]) -> str:
    """Return entries as they are kept: the same entries always give the same text."""
    return json.dumps(dict(entries), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain(value: str) -> str:
    """Make line breaks one sign, and half characters (no text in any encoding) visible ones."""
    return _ALONE.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
