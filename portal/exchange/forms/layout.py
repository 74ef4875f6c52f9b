"""How a kind's form is laid out: sections in the order in which a unit writes, each with its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from portal.domain.documents.about import About
from portal.domain.documents.base import DIRECTORY, EXPLAINING, REVIEW, Document
from portal.domain.documents.declaration import Field, Table, about_of, declaration
from portal.exchange.forms.names import field_name
from portal.exchange.sheets.layout import is_required

# What every kind has comes last: first the unit says what happened, then how it is filed and who looked at it.
_LAST = (EXPLAINING, REVIEW, DIRECTORY)


@dataclass(frozen=True)
class Item:
    """One piece of a section: a single field, a group of fields, or a table. `name` is that of the model's field."""

    name: str
    about: About
    fields: tuple[Field, ...] = ()
    table: Table | None = None
    group: bool = False


@dataclass(frozen=True)
class Section:
    """One fieldset. `later` says that nothing in it must be filled: it may be shown folded while it is empty."""

    title: str
    items: tuple[Item, ...]
    later: bool

    def names(self) -> tuple[str, ...]:
        """Return the names of its inputs, of a table the table's own."""
        return tuple(
            name
            for one in self.items
            for name in ([one.name] if one.table else [field_name(field.path) for field in one.fields])
        )


@cache
def layout(model: type[Document]) -> tuple[Section, ...]:
    """Return the sections of a kind's form."""
    found: dict[str, list[Item]] = {}
    current = ""
    for item in _items(model):
        current = item.about.section or current
        found.setdefault(current, []).append(item)
    titles = sorted(found, key=lambda title: _LAST.index(title) + 1 if title in _LAST else 0)
    return tuple(
        Section(title, tuple(found[title]), later=number > 0 and not _must(model, title, found[title]))
        for number, title in enumerate(titles)
    )


def _must(model: type[Document], title: str, items: list[Item]) -> bool:
    if title == REVIEW:
        return True  # It has defaults, but somebody has to have looked (PUB-02).
    return any(
        one.table.required if one.table else any(is_required(model, field) for field in one.fields)
        for one in items
    )


def _items(model: type[Document]) -> list[Item]:
    declared = declaration(model)
    tables = {one.name: one for one in declared.tables}
    items = []
    for name in model.model_fields:
        about = about_of(model, name)
        if not about.entered:
            continue  # What nobody types (attachments) stands on a page of its own.
        if name in tables:
            items.append(Item(name, about, table=tables[name]))
            continue
        fields = tuple(one for one in declared.fields if one.path[0] == name)
        items.append(Item(name, about, fields, group=len(fields[0].path) == 2))
    return items


@cache
def order_of(model: type[Document]) -> dict[str, int]:
    """Return where each input stands in the form; of tables the table itself and `table-column`."""
    names: list[str] = []
    for section in layout(model):
        for one in section.items:
            names.append(one.name)
            if one.table:
                names += [f"{one.name}-{field.path[0]}" for field in one.table.fields]
            else:
                names += [field_name(field.path) for field in one.fields if one.group]
    return {name: number for number, name in enumerate(names)}
