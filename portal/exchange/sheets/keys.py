"""What tells one record from another: found in an unfinished row, and named in the kind's own words."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, TypeVar, cast

from pydantic import BaseModel

from portal.domain.documents.base import Document
from portal.domain.documents.declaration import declaration
from portal.domain.values import clean_text, fold
from portal.exchange.sheets.layout import part_of

M = TypeVar("M", bound=BaseModel)


def key_of(model: type[Document], data: Mapping[str, Any], bad: Collection[tuple[str, ...]]) -> str | None:
    """Return the natural key of a row that is no document yet; None where a cell that it needs is not readable.

    `bad` are the paths of the fields that could not be read: a key that needs one of them is not known.
    """
    try:
        given = {name: clean_text(value) for name, value in data.items()}
        if not given.get("title") and (made := model.default_title(given)):
            given["title"] = made
        for name, value in tuple(given.items()):
            part = part_of(model, name)
            if part is not None and isinstance(value, Mapping):
                inner = {path[1] for path in bad if len(path) == 2 and path[0] == name}
                given[name] = _unfinished(part, {one: clean_text(text) for one, text in value.items()}, inner)
        unfinished = _unfinished(model, given, {path[0] for path in bad if len(path) == 1})
        return unfinished.natural_key()
    except (AttributeError, KeyError, ValueError, TypeError, IndexError):
        # The key asks for something that is missing or wrong, which its own problem tells already.
        return None


def _unfinished(model: type[M], data: Mapping[str, Any], without: set[str]) -> M:
    """Make an unchecked instance in which the fields `without` are not even defaults: asking for one fails."""
    made = model.model_construct(**data)
    for name in (*without, *(one for one, info in model.model_fields.items() if info.is_required())):
        if name in without or name not in data:
            made.__dict__.pop(name, None)
    return made


def key_words(document: Document) -> str:
    """Name the fields that tell this record from others, with their values: “所属期”（2026年第三季度）."""
    watch = _Watch(document, ())
    key = type(document).natural_key(cast(Any, watch))
    named = []
    for one in declaration(type(document)).fields:
        if one.path in watch.seen and (value := watch.seen[one.path]) is not None:
            raw = getattr(value, "value", value)
            text = raw.isoformat() if hasattr(raw, "isoformat") else str(raw)
            if text and (
                text == key or fold(text) == key or text in re.split(r"[|:]", key) or f"{text}|" in key
            ):
                named.append(f"“{one.label}”（{one.show(value)}）")
    return "、".join(named) or f"“{declaration(type(document)).label_of(('title',))}”（{document.title}）"


class _Watch:
    """Stands in for a document and remembers which fields were asked for."""

    def __init__(self, owner: Any, path: tuple[str, ...]) -> None:
        self._owner = owner
        self._path = path
        self.seen: dict[tuple[str, ...], Any] = {}

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._owner, name)
        path = (*self._path, name)
        if isinstance(value, BaseModel):
            inner = _Watch(value, path)
            inner.seen = self.seen
            return inner
        self.seen[path] = value
        return value
