"""Which words of a disclosure stand on its poster: tailored for four kinds, from the declaration for every other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import Field, Table, declaration
from portal.domain.documents.regulation import Regulation
from portal.domain.values import Type, show_day, show_period
from portal.exchange.posters import events, money, powers
from portal.exchange.posters.sheet import Fact, Figure, Grid, Posted, Sheet, Text

# The directory elements are on the poster in their own places, or say nothing to who stands before a board.
_HEAD = frozenset(Document.model_fields)
_COLUMNS = 5  # More cannot be read on paper.
_TAILORED: dict[str, Callable[[Any], dict[str, Any]]] = {
    "finance": money.finance,
    "tender": events.tender,
    "decision": events.decision,
    "delegation": powers.delegation,
}


def sheet_of(document: Document, posted: Posted) -> Sheet:
    """Return what the poster of a published document says."""
    write = _TAILORED.get(document.kind.code)
    if write:
        parts = write(document)
    elif isinstance(document, Regulation):
        parts = _regulation(document)
    else:
        parts = _declared(document)
    texts = parts.pop("texts", ())
    if document.public_explanation:
        texts = (Text("公开说明", document.public_explanation), *texts)
    signed = parts.pop("signed", ())
    if document.release_reviewer:
        signed = (*signed, Fact("公开审查", document.release_reviewer))
    return Sheet(
        kind=document.kind.label,
        title=document.title,
        when=parts.pop("when", _when(document)),
        posted=posted,
        texts=tuple(texts),
        signed=signed,
        **parts,
    )


def _when(document: Document) -> str:
    period = getattr(document, "period", None)
    if isinstance(period, str):
        return show_period(period)
    return show_day(document.issued_on) if document.issued_on else ""


def _regulation(document: Regulation) -> dict[str, Any]:
    lines = ["".join((one.number or "", "　" if one.number else "", one.text)) for one in document.blocks]
    facts = (
        ("文号", document.doc_no),
        ("发文机关", document.issuer),
        ("成文日期", _day(document.issued_on)),
        ("施行日期", _day(document.effective_from)),
        ("有效性", document.validity.label),
        ("废止的文件", document.supersedes),
    )
    return {
        "facts": tuple(Fact(label, value) for label, value in facts if value),
        "texts": (Text("正文", "\n".join(lines)),),
    }


def _day(day: date | None) -> str:
    return show_day(day) if day else ""


def _declared(document: Document) -> dict[str, Any]:
    """Return every kind's generic poster: amounts large, short fields as facts, long ones as text, tables as tables."""
    declared = declaration(type(document))
    figures: list[Figure] = []
    facts: list[Fact] = []
    texts = [Text("内容概述", document.abstract)] if document.abstract else []
    if document.doc_no:
        facts.append(Fact("文号", document.doc_no))
    for one in declared.fields:
        value = _value(document, one)
        if one.path[0] in _HEAD or value in (None, (), "") or one.type is Type.PERIOD:
            continue
        shown = one.show(value)
        if one.type is Type.MONEY and len(figures) < 3 and not one.group:
            figures.append(Figure(one.label, shown, "元"))
        elif one.type in (Type.PROSE, Type.LINES):
            texts.append(Text(one.label, shown))
        else:
            facts.append(Fact(one.label, f"{shown} 元" if one.type is Type.MONEY else shown))
    grids = tuple(grid for table in declared.tables if (grid := _grid(table, getattr(document, table.name))))
    return {"figures": tuple(figures), "facts": tuple(facts), "texts": texts, "grids": grids}


def _value(document: Document, one: Field) -> Any:
    holder = getattr(document, one.path[0])
    return getattr(holder, one.path[1]) if len(one.path) == 2 and holder is not None else holder


def _grid(table: Table, rows: tuple[Any, ...]) -> Grid | None:
    if not rows:
        return None
    filled = [one for one in table.fields if any(getattr(row, one.path[0]) not in (None, ()) for row in rows)]
    columns = sorted(filled, key=lambda one: not one.required)[:_COLUMNS]
    columns.sort(key=filled.index)
    left = len(filled) - len(columns)
    return Grid(
        table.about.label,
        tuple(f"{one.about.label}（元）" if one.type is Type.MONEY else one.about.label for one in columns),
        tuple(tuple(one.show(getattr(row, one.path[0])) for one in columns) for row in rows),
        ends=frozenset(
            place for place, one in enumerate(columns) if one.type in (Type.MONEY, Type.COUNT, Type.RATIO)
        ),
        note=f"另有 {left} 栏，见全文。" if left else "",
    )
