"""Attachments in what was typed into a form, and personal data in what the files say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import TypeAdapter, ValidationError

from portal.domain.documents.attachment import Attachment
from portal.domain.rules.personal_numbers import Hit, find

ENTRY = "_attachments"  # Its entry in a draft's entries: never an input of a form.
_MOST_HITS = 20
_LIST = TypeAdapter(tuple[Attachment, ...])


def attached(entries: Mapping[str, str]) -> tuple[Attachment, ...]:
    """Return the attachments that a draft's entries carry; none where the entry cannot be read."""
    try:
        return _LIST.validate_json(entries.get(ENTRY) or "[]")
    except ValidationError:
        return ()


def with_attached(entries: Mapping[str, str], attachments: Iterable[Attachment]) -> dict[str, str]:
    """Return the entries with just these attachments: whatever they carried before, or somebody sent along, goes."""
    kept = {name: value for name, value in entries.items() if name != ENTRY}
    some = tuple(attachments)
    return {**kept, ENTRY: _LIST.dump_json(some, exclude_none=True).decode()} if some else kept


def personal_data_in(text: str) -> tuple[Hit, ...]:
    """Return what personal data a file's text says, each once: its sort, and an excerpt that gives nothing away."""
    found: dict[Hit, None] = {}
    for hit in find(text):
        found.setdefault(hit)
        if len(found) == _MOST_HITS:
            break
    return tuple(found)
