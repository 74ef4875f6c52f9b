"""Documents made from a kind's declaration: everything filled, or one field alone, each value told from the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import count
from typing import Any

from stdnum.cn import uscc

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, declaration
from portal.domain.values import Type, show_day, show_month, show_period, show_yuan
from portal.site.snapshot import Snapshot
from tests.site.sample import at, record, snapshot, units

Path = tuple[str, ...]
# Two fields whose values follow from what a public page is, not from what the unit filled in.
OWN = {("audience",), ("index_no",)}


def make(field: Field, number: int) -> Any:
    """Return a value for a field that no other number gives."""
    match field.type:
        case Type.MONEY:
            return 1_000_000 * number + 12_345_01
        case Type.COUNT:
            return 70_000 + number
        case Type.RATIO:
            return 10_103 + 107 * number
        case Type.DAY:
            return date(1960, 1, 1) + timedelta(days=397 * number)
        case Type.MONTH:
            return f"{1960 + number}-03"
        case Type.PERIOD:
            return "2026Q3"
        case Type.CLOCK:
            return f"{number // 60 % 24:02d}:{number % 60:02d}"
        case Type.YES_NO:
            return True
        case Type.CHOICE:
            assert field.choices
            return list(field.choices)[0 if field.path[-1] == "approver" else -1]
        case Type.LINES:
            return (f"第{number}之一", f"第{number}之二")
        case Type.USCC:
            body = f"91330411{number:09d}"
            return body + uscc.calc_check_digit(body)
    return f"第{number}之文"


def texts(field: Field, value: Any) -> list[tuple[str, ...]]:
    """Return what a page must say of a value: each entry lists the spellings that will do."""
    match field.type:
        case Type.MONEY:
            return [(show_yuan(value),)]
        case Type.RATIO:
            return [(f"{value / 100:.2f}",)]
        case Type.DAY:
            return [(show_day(value), value.isoformat())]
        case Type.MONTH:
            return [(show_month(value),)]
        case Type.PERIOD:
            return [(show_period(value),)]
        case Type.LINES:
            return [(line,) for line in value]
        case Type.YES_NO:
            return []  # That it matters is shown by turning it around.
        case Type.CHOICE:
            return []  # Likewise.
    return [(str(value),)]


def build(
    model: type[Document], *, only: Path | None = None, **given: Any
) -> tuple[Document, dict[Path, Any]]:
    """Return a document with every field filled (or only what is required, and `only`), and the values by place."""
    said, numbers = declaration(model), count(1)
    values: dict[Path, Any] = {}
    data: dict[str, Any] = {}
    for field in said.fields:
        group = field.path[0] if len(field.path) == 2 else None
        in_use = group is None or only is None or only[0] == group
        if only is not None and not (in_use and (field.required or field.path == only)):
            continue
        values[field.path] = value = given.get("__".join(field.path), make(field, next(numbers)))
        if group:
            data.setdefault(group, {})[field.path[1]] = value
        else:
            data[field.path[0]] = value
    for table in said.tables:
        if only is not None and not table.required and only[0] != table.name:
            continue
        row = {}
        for field in table.fields:
            place = (table.name, *field.path)
            if only is None or field.required or place == only:
                values[place] = row[field.path[0]] = given.get("__".join(place), make(field, next(numbers)))
        data[table.name] = (row,)
    return model.model_validate(data), values


def fields(model: type[Document]) -> Iterator[tuple[Path, Field]]:
    """Yield every place of a kind with its field."""
    said = declaration(model)
    yield from ((field.path, field) for field in said.fields)
    yield from (((table.name, *field.path), field) for table in said.tables for field in table.fields)


def alone(document: Document) -> Snapshot:
    """Return a snapshot that holds this document only."""
    housing = units()["zhujian"]
    one = record(1, housing, (document, at(2026, 10, 12), "首次公开"), slug="1")
    return replace(snapshot(), records=(replace(one, index_no=document.index_no or one.index_no),))
