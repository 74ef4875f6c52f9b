"""Reads a kind's declaration: what the form, the spreadsheet, the CSV and the page derive from.

A document has single fields, groups of single fields (an `Optional[Part]`) and
tables (a `tuple[Part, ...]`). Groups and tables hold no further groups or
tables; a test keeps it so, since a spreadsheet could not show them. Tables that
nobody types (attachments) stand apart from the others.
"""

from __future__ import annotations

import builtins
import types
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from portal.domain import values
from portal.domain.documents.about import About, Part
from portal.domain.documents.base import Document
from portal.domain.values import Choice, Type


@dataclass(frozen=True)
class Field:
    """One single field. `path` leads to it from the document (or from the row of its table)."""

    path: tuple[str, ...]
    about: About
    type: Type
    required: bool
    choices: builtins.type[Choice] | None = None
    group: str | None = None

    @property
    def label(self) -> str:
        """The label, with its group's in front."""
        return f"{self.group}·{self.about.label}" if self.group else self.about.label

    def read(self, text: str, *, scale: int = 100) -> Any:
        """Turn typed text into a value for the model, or raise `ValueError` in Chinese."""
        match self.type:
            case Type.MONEY:
                return values.read_amount(text, scale=scale)
            case Type.CHOICE:
                assert self.choices is not None  # noqa: S101 - a choice field has its choices, by construction below.
                return self.choices.read(text)
            case _:
                reader = _READERS.get(self.type)
                return reader(text) if reader else text.strip()

    def show(self, value: Any) -> str:
        """Write a value as a person reads it; blank for None."""
        if value is None:
            return ""
        match self.type:
            case Type.MONEY:
                return values.show_yuan(value)
            case Type.CHOICE:
                return str(value.label)
            case Type.YES_NO:
                return "是" if value else "否"
            case Type.DAY:
                return value.isoformat() if isinstance(value, date) else str(value)
            case Type.RATIO:
                return f"{value / 100:.2f}"
            case Type.LINES:
                return "→".join(value) if self.path[-1] == "chain" else "\n".join(value)
            case Type.PERIOD:
                return values.show_period(value)
            case Type.MONTH:
                return values.show_month(value)
            case _:
                return str(value)


@dataclass(frozen=True)
class Table:
    """One table of a document: the field that holds it and the fields of a row."""

    name: str
    about: About
    fields: tuple[Field, ...]
    required: bool


@dataclass(frozen=True)
class Declaration:
    """Everything that a kind declares, in order."""

    model: type[Document]
    fields: tuple[Field, ...]
    tables: tuple[Table, ...]
    untyped: tuple[Table, ...] = ()  # Tables that are never typed: what JSON alone carries.

    @property
    def all_tables(self) -> tuple[Table, ...]:
        """Every table, those that nobody types behind the others."""
        return (*self.tables, *self.untyped)

    def field(self, *path: str) -> Field:
        """Return the single field at `path`."""
        return next(one for one in self.fields if one.path == path)

    def table(self, name: str) -> Table:
        """Return the table called `name`."""
        return next(one for one in self.tables if one.name == name)

    def label_of(self, place: tuple[str | int, ...]) -> str:
        """Return the label of an error's place, such as `("bidders", 2, "price")` → 投标人第 3 行·报价."""
        if not place:
            return self.model.kind.label
        for table in self.all_tables:
            if table.name == place[0]:
                label = table.about.label
                if len(place) > 1 and isinstance(place[1], int):
                    label += f"第 {place[1] + 1} 行"
                rest = [one for one in table.fields if one.path == tuple(place[2:3])]
                return f"{label}·{rest[0].about.label}" if rest else label
        for size in (2, 1):
            for one in self.fields:
                if one.path[:size] == place[:size]:
                    return one.label if len(place) >= len(one.path) else (one.group or one.label)
        return str(place[0])


_READERS = {
    Type.COUNT: values.read_count,
    Type.RATIO: values.read_ratio,
    Type.DAY: values.read_day,
    Type.MONTH: values.read_month,
    Type.PERIOD: values.read_period,
    Type.CLOCK: values.read_clock,
    Type.YES_NO: values.read_yes_no,
    Type.LINES: values.split_lines,
    Type.USCC: values.check_uscc,
}


@cache
def declaration(model: type[Document]) -> Declaration:
    """Read the declaration of a kind."""
    fields: list[Field] = []
    tables: list[Table] = []
    untyped: list[Table] = []
    for name, info in model.model_fields.items():
        inner = _inner(info.annotation)
        about = _about(info)
        if _is_part(inner):
            for sub, sub_info in inner.model_fields.items():
                fields.append(_field((name, sub), sub_info, group=about.label))
        elif get_origin(inner) is tuple and _is_part(get_args(inner)[0]):
            row = get_args(inner)[0]
            columns = tuple(_field((sub,), sub_info) for sub, sub_info in row.model_fields.items())
            (tables if about.entered else untyped).append(Table(name, about, columns, info.is_required()))
        else:
            fields.append(_field((name,), info))
    return Declaration(model, tuple(fields), tuple(tables), tuple(untyped))


def about_of(model: type[Document], name: str) -> About:
    """Return what a field of the model itself, single, group or table, says about itself."""
    return _about(model.model_fields[name])


def _field(path: tuple[str, ...], info: FieldInfo, *, group: str | None = None) -> Field:
    about = _about(info)
    inner, metadata = _inner(info.annotation), _all_metadata(info)
    choices = inner if isinstance(inner, type) and issubclass(inner, Choice) else None
    return Field(path, about, _type(inner, metadata, choices), info.is_required(), choices, group)


def _type(inner: Any, metadata: tuple[Any, ...], choices: type[Choice] | None) -> Type:
    if choices:
        return Type.CHOICE
    if inner is bool:
        return Type.YES_NO
    # The last marker is the outermost: Lines carries Line's own marker inside its element type only.
    return next(one for one in reversed(metadata) if isinstance(one, Type))


def _about(info: FieldInfo) -> About:
    found = next((one for one in info.metadata if isinstance(one, About)), None)
    if found is None:
        raise TypeError(f"a field without About: {info!r}")
    return found


def _inner(annotation: Any) -> Any:
    """Unwrap Annotated and `| None`."""
    while True:
        origin = get_origin(annotation)
        if origin in (Union, types.UnionType):
            annotation = next(one for one in get_args(annotation) if one is not type(None))
        elif hasattr(annotation, "__metadata__"):
            annotation = get_args(annotation)[0]
        else:
            return annotation


def _all_metadata(info: FieldInfo) -> tuple[Any, ...]:
    """Return every Annotated marker on the way to the inner type."""
    found: list[Any] = list(info.metadata)
    annotation: Any = info.annotation
    while True:
        if get_origin(annotation) in (Union, types.UnionType):
            annotation = next(one for one in get_args(annotation) if one is not type(None))
        elif hasattr(annotation, "__metadata__"):
            found.extend(annotation.__metadata__)
            annotation = get_args(annotation)[0]
        else:
            return tuple(found)


def _is_part(inner: Any) -> bool:
    return isinstance(inner, type) and issubclass(inner, BaseModel) and issubclass(inner, Part)


_HEAD = frozenset(Document.model_fields) - {"abstract", "remark", "public_explanation", "theme"}


def words(document: Document) -> tuple[str, tuple[int, ...]]:
    """Return what a document itself says, as plain text for search, and its amounts in fen.

    The directory elements (index number, validity, audience, …) are the same on every record
    or searched by fields of their own, so they are left out.
    """
    declared = declaration(type(document))
    lines: list[str] = []
    amounts: list[int] = []

    def take(one: Field, value: Any) -> None:
        if value is None or value == ():
            return
        if one.type == Type.MONEY:
            amounts.append(value)
        if one.type not in (Type.YES_NO, Type.COUNT):
            lines.append(one.show(value))

    for one in declared.fields:
        if one.path[0] in _HEAD:
            continue
        holder = getattr(document, one.path[0])
        take(one, getattr(holder, one.path[1]) if holder is not None and len(one.path) == 2 else holder)
    for table in declared.tables:
        for row in getattr(document, table.name):
            for one in table.fields:
                take(one, getattr(row, one.path[0]))
    for attachment in document.attachments:
        lines += filter(None, (attachment.name, attachment.description))
    return "\n".join(lines), tuple(amounts)
