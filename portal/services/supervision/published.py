"""What units have published to the whole society, as the commission's own checks read it.

Nothing for staff or leadership group only comes this way: those versions are the units' own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, Subquery, func, select

from portal.domain.canonical import read_document
from portal.domain.documents.base import Audience, Document, kind_of, kinds
from portal.services.board.county import County
from portal.store.tables import Record, Unit, Version, Withdrawal


@dataclass(frozen=True)
class Listed:
    """A record of which a public version stands, without what it says."""

    ref: str
    kind: str
    slug: str
    unit: str  # The unit's slug.
    first_at: datetime


@dataclass(frozen=True)
class Published:
    """The version of a record that stands: public, the latest, not withdrawn."""

    record_id: int
    ref: str
    kind: str
    slug: str
    unit: Unit
    version_id: int
    number: int
    published_at: datetime
    first_at: datetime
    payload: bytes

    @property
    def document(self) -> Document:
        """What the version says."""
        return read_document(self.payload)

    @property
    def title(self) -> str:
        """Its title."""
        return self.document.title


def published_of(
    county: County,
    *,
    kinds: Iterable[str] | None = None,
    units: Iterable[int] | None = None,
    records: Iterable[int] | None = None,
    refs: Iterable[str] | None = None,
) -> list[Published]:
    """Return the standing public version of each record, by unit, kind and index number."""
    public = _public(county)
    query = _stands(county, select(Record, Unit, Version, public.c.first), public)
    if kinds is not None:
        query = query.where(Record.kind.in_(list(kinds)))
    if units is not None:
        query = query.where(Record.unit_id.in_(list(units)))
    if records is not None:
        query = query.where(Record.id.in_(list(records)))
    if refs is not None:
        query = query.where(Record.index_no.in_(list(refs)))
    found = []
    for record, unit, version, at in county.session.execute(query):
        if version.payload is None:
            continue
        found.append(
            Published(
                record.id, record.index_no, record.kind, record.slug, unit, version.id, version.number,
                version.published_at, at, version.payload,
            )
        )  # fmt: skip
    return found


def listed(county: County, *, kinds: Iterable[str], units: Iterable[int]) -> list[Listed]:
    """Return the records of these kinds and units of which a public version stands, without reading any."""
    public = _public(county)
    columns = select(Record.index_no, Record.kind, Record.slug, Unit.slug, public.c.first)
    query = _stands(county, columns, public).where(
        Record.kind.in_(list(kinds)), Record.unit_id.in_(list(units))
    )
    return [Listed(*row) for row in county.session.execute(query)]


def standing(county: County, ref: str) -> Published | None:
    """Return what stands under an index number; None where nothing is published, or all of it is withdrawn."""
    found = published_of(county, refs=(ref,)) if ref else []
    return found[0] if found else None


def _public(county: County) -> Subquery:
    return (
        select(
            Version.record_id,
            func.max(Version.number).label("latest"),
            func.min(Version.published_at).label("first"),
        )
        .join(Record, Version.record_id == Record.id)
        .where(Record.jurisdiction_id == county.id, Version.audience == Audience.PUBLIC.value)
        .group_by(Version.record_id)
        .subquery()
    )


def _stands(county: County, query: Select[Any], public: Subquery) -> Select[Any]:
    """Join what the columns come from, and keep the latest public version where it is not withdrawn."""
    return (
        query.select_from(Record)
        .join(Unit, Record.unit_id == Unit.id)
        .join(public, public.c.record_id == Record.id)
        .join(Version, (Version.record_id == Record.id) & (Version.number == public.c.latest))
        .outerjoin(Withdrawal, Withdrawal.version_id == Version.id)
        .where(Record.jurisdiction_id == county.id, Withdrawal.id.is_(None), Version.payload.is_not(None))
        .order_by(Unit.position, Unit.id, Record.kind, Record.index_no)
    )


def kind_label(code: str) -> str:
    """Return a kind of record as people say it; its code where it is known no longer."""
    return kind_of(code).kind.short if code in kinds() else code
