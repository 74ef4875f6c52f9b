"""Canonical JSON (RFC 8785) of a publication: the bytes that are hashed, served and never change."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import rfc8785

from portal.domain.documents.base import Document, kind_of

_DECODER = json.JSONDecoder()
_DOCUMENT = '{"document":'  # How a canonical payload begins.
# What follows the document there. Within a text the quotes would be escaped, and nothing after it has this name again.
_AFTER = ',"index_no":'


def document_json(document: Document) -> dict[str, Any]:
    """Return the document as plain JSON values, leaving out what is empty.

    Absent, null and empty mean the same to a reader, so only one of them is written.
    """
    dumped = document.model_dump(mode="json", exclude_none=True)
    return {name: value for name, value in dumped.items() if value not in ([], "")}


def canonical(value: Any) -> bytes:
    """Return the one byte string that RFC 8785 gives for `value`."""
    return rfc8785.dumps(value)


def publication(
    document: Document,
    *,
    jurisdiction: str,
    unit: str,
    unit_name: str,
    index_no: str,
    number: int,
    reason: str,
    published_at: datetime,
) -> bytes:
    """Return the canonical bytes of one published version, head and content together.

    The head is part of what is hashed: when something was published, by whom and
    as which version is as much a promise as the figures are.
    """
    return canonical(
        {
            "schema": f"{document.kind.code}/{document.kind.schema_version}",
            "jurisdiction": jurisdiction,
            "unit": {"id": unit, "name": unit_name},
            "index_no": index_no,
            "version": number,
            "reason": reason,
            "published_at": published_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "document": document_json(document),
        }
    )


def fingerprint(salt: bytes, payload: bytes) -> str:
    """Return the SHA-256, in hex, of the salt followed by the payload."""
    return hashlib.sha256(salt + payload).hexdigest()


def read_publication(payload: bytes) -> tuple[dict[str, Any], Document]:
    """Return the head and the document of a published payload."""
    text = payload.decode()
    head: dict[str, Any] = json.loads(text)
    said = head["document"]
    written = _as_written(text, said) or json.dumps(said)
    return head, kind_of(head["schema"].split("/")[0]).model_validate_json(written)


def read_document(payload: bytes) -> Document:
    """Return the document of a published payload: as `read_publication` does, without parsing it three times."""
    text = payload.decode()
    end = text.rfind(_AFTER)
    if text.startswith(_DOCUMENT) and end > 0:
        try:
            rest = json.loads(f"{{{text[end + 1 :]}")
            if "document" not in rest:
                kind = kind_of(rest["schema"].split("/")[0])
                return kind.model_validate_json(text[len(_DOCUMENT) : end])
        except (ValueError, KeyError, AttributeError):
            pass  # Not canonical, or not a document of today's: what is wrong with it is told below.
    return read_publication(payload)[1]


def _as_written(text: str, said: object) -> str | None:
    """Return the document as it stands in the payload, where its name comes first as in canonical JSON.

    Blank where something else stands there too: of two documents of that name the last one counts.
    """
    if not text.startswith(_DOCUMENT):
        return None
    first, end = _DECODER.raw_decode(text, len(_DOCUMENT))
    return text[len(_DOCUMENT) : end] if first == said else None
