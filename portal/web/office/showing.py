"""What several pages of the office show of a document: its values as rows, its findings, its public addresses."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from flask import current_app, url_for
from markupsafe import Markup

from portal.domain.comparing import show
from portal.domain.documents.base import Document, kind_of, kinds
from portal.domain.documents.declaration import declaration
from portal.domain.rules.base import Finding
from portal.services.desk.claims import Version
from portal.services.desk.scheduling import show_moment
from portal.services.supervision.published import Published
from portal.site.pages.declared import HEAD_FIELDS, Declared, declared
from portal.site.pages.paths import record_path
from portal.site.rows import unit_view
from portal.site.snapshot import RecordView
from portal.web.office.house import office

_WHOLE = re.compile(
    r"(\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?|第[一二三四]季度)?|[〔\[（(]\d{4}[〕\]）)]\s?第?\d{1,5}\s?号)"
)


@dataclass(frozen=True)
class Content:
    """A document laid out: its directory elements, single fields by group, tables."""

    head: tuple[tuple[str, str], ...]
    body: Declared


def content_of(document: Document) -> Content:
    """Return every filled value of a document, with the labels of its declaration."""
    said = declaration(type(document))
    head = []
    for field in said.fields:
        if field.path[0] not in HEAD_FIELDS:
            continue
        if text := show(field, getattr(document, field.path[0])):
            head.append((field.label, text))
    return Content(tuple(head), declared(document))


@dataclass(frozen=True)
class Told:
    """One finding as a page tells it: what it is about, in words."""

    where: str
    finding: Finding


def told(document: Document, findings: Iterable[Finding]) -> list[Told]:
    """Return the findings with the label of the place that each concerns."""
    said = declaration(type(document))
    found = []
    for one in findings:
        place = tuple(int(part) if part.isdigit() else part for part in one.place.split("/")[1:])
        found.append(Told(said.label_of(place) if place else "", one))
    return found


def page_path(version: Version, *, lasting: bool = False) -> str:
    """Return the site path of a version's public page: the record's own, or the lasting one of this version."""
    record = version.record
    place = unit_view(record.unit, record.unit.jurisdiction.slug)
    view = RecordView(record.id, place, kind_of(record.kind).kind, record.slug, record.index_no, ())
    return record_path(view, version.number if lasting else None)


def public_address(version: Version, *, lasting: bool = False) -> str | None:
    """Return where the public finds a version; None where the public site's address is not known."""
    base = office().public_url
    return f"{base}/{page_path(version, lasting=lasting)}" if base else None


def published_address(one: Published) -> str | None:
    """Return where the public finds what stands under a record; None where the public site's address is not known."""
    base = office().public_url
    place = unit_view(one.unit, one.unit.jurisdiction.slug)
    view = RecordView(one.record_id, place, kind_of(one.kind).kind, one.slug, one.ref, ())
    return f"{base}/{record_path(view)}" if base else None


def unbroken(text: str) -> Markup:
    """Return a text in which no day, quarter or document number is broken at a line's end: for words that people wrote."""
    parts = _WHOLE.split(text)
    return Markup("").join(
        Markup('<span class="nw">{}</span>').format(one) if place % 2 else one
        for place, one in enumerate(parts)
    )


def link_to(endpoint: str, **values: object) -> str | None:
    """Return the address of a route, or None where this office has none of that name."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None  # type: ignore[arg-type] # Flask takes any value.


def kind_name(code: str | None) -> str:
    """Return the short name of a kind; its code where it is known no longer."""
    return kind_of(code).kind.short if code in kinds() else code or ""


__all__ = [
    "Content",
    "Told",
    "content_of",
    "kind_name",
    "link_to",
    "page_path",
    "public_address",
    "published_address",
    "show_moment",
    "told",
    "unbroken",
]
