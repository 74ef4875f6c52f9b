"""What a document's declaration alone lets a page show: all of it, or what a kind's own template leaves out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portal.domain.comparing import show
from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, Table, declaration

# The common head of every kind, shown around the page's body rather than in it.
HEAD_FIELDS = frozenset(Document.model_fields)
_NUMBERS = ("money", "count", "ratio")

Places = frozenset[tuple[str, ...]]


@dataclass(frozen=True)
class Section:
    """A table of the declaration-driven page: its caption, headers and rows of text (with whether a number)."""

    caption: str
    heads: tuple[tuple[str, bool], ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Declared:
    """Single fields by group (label and text each), and tables."""

    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    sections: tuple[Section, ...]

    def __bool__(self) -> bool:
        """Tell whether there is anything to show."""
        return bool(self.groups or self.sections)


def places(names: str, **parts: str) -> Places:
    """Write down places of a kind: single fields, then the fields of each group and the columns of each table."""
    return frozenset(
        [(name,) for name in names.split()]
        + [(part, name) for part, listed in parts.items() for name in listed.split()]
    )


def declared(document: Document, *, shown: Places = frozenset()) -> Declared:
    """Return every filled value that is not at one of the places `shown` already.

    A kind's own template names what it shows; a field that is added to the
    kind later therefore appears on the page before anyone draws it.
    """
    said = declaration(type(document))
    groups: dict[str, list[tuple[str, str]]] = {}
    for field in said.fields:
        if field.path[0] in HEAD_FIELDS or field.path in shown:
            continue
        if text := show(field, _value(document, field)):
            groups.setdefault(field.group or "基本情况", []).append((field.about.label, text))
    sections = [_section(table, getattr(document, table.name), shown) for table in said.tables]
    return Declared(
        tuple((name, tuple(rows)) for name, rows in groups.items()), tuple(one for one in sections if one)
    )


def _section(table: Table, rows: Any, shown: Places) -> Section | None:
    """Return the columns that have anything in them; if some are shown elsewhere, with the one that names a row."""
    wanted = [
        field
        for field in table.fields
        if (table.name, *field.path) not in shown and any(show(field, _value(row, field)) for row in rows)
    ]
    if not wanted:
        return None
    columns = wanted if wanted[0] is table.fields[0] else [table.fields[0], *wanted]
    return Section(
        table.about.label,
        tuple((field.about.label, field.type.value in _NUMBERS) for field in columns),
        tuple(
            tuple(show(field, _value(row, field)) for field in columns)
            for row in rows
            if any(show(field, _value(row, field)) for field in wanted)
        ),
    )


def _value(holder: Any, field: Field) -> Any:
    for name in field.path:
        holder = getattr(holder, name, None)
    return holder
