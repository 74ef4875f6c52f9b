"""Tests documents by the rule book before they are published, with all that the database knows of the unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.canonical import read_publication
from portal.domain.documents.base import Document
from portal.domain.regimes import Regime
from portal.domain.rules.check import Report, check
from portal.domain.rules.dossier import Dossier
from portal.domain.rules.unit_file import PublishedDocument, context_of, unit_dossier
from portal.domain.units import UnitFacts, UnitType
from portal.store.tables import Record, Unit, Version

SHANGHAI = ZoneInfo("Asia/Shanghai")
_Key = tuple[str, str]  # Kind and natural key: one record.
_Owner = tuple[str, str]  # Jurisdiction and address, which outlive a unit's row that is rolled back.


class Book:
    """The rule book at work in one command or request. Remembers each unit's records while it lasts.

    `expect` enters documents that will be published together, so that a plan and
    the decision that adopted it may come in one file. `published` is told of
    what was published meanwhile.
    """

    def __init__(self, session: Session, regimes: Mapping[str, Regime]) -> None:
        self._session, self._regimes = session, regimes
        self._records: dict[_Owner, dict[_Key, PublishedDocument]] = {}
        self._dossiers: dict[_Owner, Dossier] = {}

    def expect(self, unit: Unit, documents: Iterable[Document]) -> None:
        """Enter documents of the unit that are about to be published, where the database has none yet."""
        known = self._of(unit)
        for one in documents:
            known.setdefault(_key(one), PublishedDocument(one, None))
        self._dossiers.pop(_owner(unit), None)

    def published(self, unit: Unit, document: Document, now: datetime) -> None:
        """Take note of what was just published."""
        known = self._of(unit)
        before = known.get(_key(document))
        first = before.published_on if before and before.published_on else _day(now)
        earlier = before.document if before and before.published_on else None
        known[_key(document)] = PublishedDocument(document, first, earlier)
        # The number that publication gives changes nothing that a rule looks at in other records.
        if before is None or before.document.model_copy(update={"index_no": document.index_no}) != document:
            self._dossiers.pop(_owner(unit), None)

    def test(self, unit: Unit, document: Document, *, now: datetime) -> Report | None:
        """Test a document as if it were published at `now`; None where the jurisdiction has no regime file."""
        regime = self._regimes.get(unit.jurisdiction.slug)
        if regime is None:
            return None
        known = self._of(unit).get(_key(document))
        day = _day(now)
        if _owner(unit) not in self._dossiers:
            self._dossiers[_owner(unit)] = unit_dossier(self._of(unit).values(), complete=True)
        record = PublishedDocument(
            document,
            (known.published_on if known else None) or day,
            known.document if known and known.published_on else None,
        )
        return check(
            document, context_of(regime, facts_of(unit), self._dossiers[_owner(unit)], record, on=day)
        )

    def _of(self, unit: Unit) -> dict[_Key, PublishedDocument]:
        if _owner(unit) not in self._records:
            self._records[_owner(unit)] = {_key(one.document): one for one in records_of(self._session, unit)}
        return self._records[_owner(unit)]


def _key(document: Document) -> _Key:
    return document.kind.code, document.natural_key()


def _owner(unit: Unit) -> _Owner:
    return unit.jurisdiction.slug, unit.slug


def _day(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


def facts_of(unit: Unit) -> UnitFacts:
    """Return what the rules need to know of a unit."""
    try:
        kind = UnitType(unit.type)
    except ValueError:
        kind = UnitType.OTHER
    return UnitFacts(unit.name, kind, unit.slug, unit.founded_on, unit.abolished_on)


def records_of(session: Session, unit: Unit) -> list[PublishedDocument]:
    """Return every record of a unit, public or not, as it stands; content that the law destroyed is left out."""
    found: list[PublishedDocument] = []
    query = (
        select(Version)
        .join(Record)
        .where(Record.unit_id == unit.id)
        .order_by(Version.record_id, Version.number)
    )
    versions: list[Version] = []
    for row in [*session.scalars(query), None]:
        if versions and (row is None or row.record_id != versions[0].record_id):
            found += _as_it_stands(versions)
            versions = []
        if row is not None:
            versions.append(row)
    return found


def _as_it_stands(versions: list[Version]) -> list[PublishedDocument]:
    newest = versions[-1]
    if newest.payload is None:
        return []
    earlier = next((one for one in reversed(versions[:-1]) if one.payload and one.withdrawal is None), None)
    return [
        PublishedDocument(
            document=read_publication(newest.payload)[1],
            published_on=versions[0].published_at.astimezone(SHANGHAI).date(),
            previous=read_publication(earlier.payload)[1] if earlier and earlier.payload else None,
            ref=newest.record.index_no,
            withdrawn=newest.withdrawal is not None,
        )
    ]
