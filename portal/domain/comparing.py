"""What changed between two versions, as a list that a person can read.

Both documents are laid flat by their declaration. A row of a table is known by
what names it, so that a row put in or moved does not shift the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, Table, declaration
from portal.domain.values import Type, show_day, show_yuan

# Columns that name a row rather than tell about it: the first group whose columns a table all has.
_NAMING = (
    *(("item",), ("fund",), ("name",), ("speaker",), ("member",), ("task",), ("table",)),
    *(("paid_on", "purpose"), ("domain", "expense_type", "applies_to"), ("domain",), ("step", "began_on")),
    *(("raised_on", "kind"), ("issued_on",), ("agreed_on",), ("checked_on",), ("ground",)),
)
_LONG = 160
_SEPARATOR = "\x1f"  # Cannot occur in the texts: documents refuse control characters.

Place = tuple[str, ...]


@dataclass(frozen=True)
class Change:
    """One difference. `before` or `after` is blank where the value did not exist; `delta` is for amounts."""

    label: str
    before: str
    after: str
    delta: str = ""
    long: bool = False  # Long texts are shown one below the other.
    amount: bool = False
    words: bool = False  # A text rather than a number, a day or a choice.


class Cell(NamedTuple):
    """One value of a document laid flat."""

    label: str
    value: Any
    field: Field

    @property
    def text(self) -> str:
        """The value as a person reads it."""
        return show(self.field, self.value)


def show(field: Field, value: Any) -> str:
    """Write a value as the site writes it: days in words, amounts with their unit."""
    if value is None:
        return ""
    if field.type is Type.DAY:
        return show_day(value)
    if field.type is Type.MONEY:
        return f"{show_yuan(value)} 元"
    return field.show(value)


def flat(document: Document) -> dict[Place, Cell]:
    """Return every filled value of a document by its place."""
    said = declaration(type(document))
    cells: dict[Place, Cell] = {}
    for field in said.fields:
        value: Any = document
        for name in field.path:
            value = getattr(value, name, None)
        if value not in (None, "", ()):
            cells[field.path] = Cell(field.label, value, field)
    for table in said.all_tables:
        for key, number, row in named_rows(table, getattr(document, table.name)):
            name = f"{table.about.label}·{row_name(key, number)}"
            for field in table.fields:
                value = getattr(row, field.path[0])
                if value not in (None, "", ()):
                    cells[(table.name, key or str(number), *field.path)] = Cell(
                        f"{name}·{field.about.label}", value, field
                    )
    return cells


def row_name(key: str, number: int) -> str:
    """Return what a person calls a row."""
    return key.split(_SEPARATOR)[0] if key else f"第 {number} 行"


def named_rows(table: Table, rows: Any) -> Iterator[tuple[str, int, Any]]:
    """Yield each row with its key (blank when nothing names it) and its number from 1."""
    columns = {field.path[0]: field for field in table.fields}
    names = next((group for group in _NAMING if all(name in columns for name in group)), ())
    naming = [columns[name] for name in names]
    seen: Counter[str] = Counter()
    for number, row in enumerate(rows, start=1):
        key = _SEPARATOR.join(show(field, getattr(row, field.path[0])) for field in naming).strip(_SEPARATOR)
        if key:
            seen[key] += 1
            if seen[key] > 1:
                key = f"{key}{_SEPARATOR}{seen[key]}"
        yield key, number, row


def changed_cells(before: Document, after: Document) -> dict[tuple[str | int, ...], str]:
    """Return the earlier text of every value of `after` that differs.

    Places are `("closing",)`, `("intent", "budget")` or, in a table, `("expense", 2, "amount")`.
    """
    old, new = flat(before), flat(after)
    numbers = {
        (table.name, key or str(number)): number
        for table in declaration(type(after)).all_tables
        for key, number, _ in named_rows(table, getattr(after, table.name))
    }
    found: dict[tuple[str | int, ...], str] = {}
    for place, cell in new.items():
        if place not in old or old[place].value != cell.value:
            number = numbers.get(place[:2]) if len(place) == 3 else None
            where = (place[0], number, place[2]) if number else place
            found[where] = old[place].text if place in old else ""
    return found


def differences(before: Document, after: Document, *, whole_rows: bool = True) -> list[Change]:
    """Return what changed from `before` to `after`: amounts, then the rest of the content, then directory elements.

    Within each they stand in the order of the declaration. Without `whole_rows`,
    rows that only one of them has are left out, and so is the text of a regulation.
    """
    old, new = flat(before), flat(after)
    places = list(new) + [place for place in old if place not in new]
    tables = {table.name for table in declaration(type(after)).all_tables}
    both = {place[:2] for place in old} & {place[:2] for place in new}
    found: list[tuple[int, Change]] = []
    for place in places:
        if not whole_rows and place[0] in tables and (place[0] == "blocks" or place[:2] not in both):
            continue
        was, now = old.get(place), new.get(place)
        if was and now and was.value == now.value:
            continue
        cell = now or was
        if cell is None or (was.text if was else "") == (now.text if now else ""):
            continue
        amount = cell.field.type is Type.MONEY
        rank = 0 if amount else 2 if place[0] in Document.model_fields else 1
        change = Change(
            cell.label,
            was.text if was else "",
            now.text if now else "",
            _delta(was, now) if amount else "",
            max(len(was.text) if was else 0, len(now.text) if now else 0) > _LONG
            or cell.field.type is Type.PROSE,
            amount,
            cell.field.type in (Type.LINE, Type.PROSE, Type.LINES),
        )
        found.append((rank, change))
    return [change for _, change in sorted(found, key=lambda entry: entry[0])]


def _delta(was: Cell | None, now: Cell | None) -> str:
    change = (now.value if now else 0) - (was.value if was else 0)
    return f"{'+' if change > 0 else ''}{show_yuan(change)}"
