"""Tests documents by the rule book before they are published, with all that the database knows of the unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from portal.domain.documents.base import Document
from portal.domain.grants import NONE, Grants
from portal.domain.regimes import Regime
from portal.domain.rules.check import Report, check
from portal.domain.rules.dossier import Dossier
from portal.domain.rules.unit_file import PublishedDocument, Stage, as_it_stands, context_of, unit_dossier
from portal.domain.units import facts_of
from portal.services.recalling import RECALL
from portal.store.public import public_exemptions, public_extensions
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
        self._expected: dict[_Owner, dict[_Key, Document]] = {}
        self._dossiers: dict[_Owner, Dossier] = {}
        self._grants: dict[int, Grants] | None = None

    def expect(self, unit: Unit, documents: Iterable[Document]) -> None:
        """Enter documents of the unit that are about to be published, where the database has none in force yet."""
        expected = self._expected.setdefault(_owner(unit), {})
        for one in documents:
            expected.setdefault(_key(one), one)
        self._dossiers.pop(_owner(unit), None)

    def published(self, unit: Unit, document: Document, now: datetime) -> None:
        """Take note of what was just published."""
        known, key = self._of(unit), _key(document)
        before = self._in_dossier(unit, key)
        self._expected.get(_owner(unit), {}).pop(key, None)
        known[key] = _next(known.get(key), document, _day(now))
        # The number that publication gives changes nothing that a rule looks at in other records.
        if before is None or before.model_copy(update={"index_no": document.index_no}) != document:
            self._dossiers.pop(_owner(unit), None)

    def test(self, unit: Unit, document: Document, *, now: datetime) -> Report | None:
        """Test a document as if it were published at `now`; None where the jurisdiction has no regime file."""
        regime = self._regimes.get(unit.jurisdiction.slug)
        if regime is None:
            return None
        day = _day(now)
        record = _next(self._of(unit).get(_key(document)), document, day)
        grants = self._granted(unit).known_on(day)
        return check(
            document,
            context_of(regime, facts_of(unit), self._dossier(unit), record, on=day, grants=grants),
        )

    def _in_dossier(self, unit: Unit, key: _Key) -> Document | None:
        """Return what the unit's dossier has under a key: the record in force, else what is expected."""
        record = self._of(unit).get(key)
        if record and not record.withdrawn:
            return record.document
        return self._expected.get(_owner(unit), {}).get(key)

    def _dossier(self, unit: Unit) -> Dossier:
        if _owner(unit) not in self._dossiers:
            known = self._of(unit)
            expected = [
                PublishedDocument(one, None)
                for key, one in self._expected.get(_owner(unit), {}).items()
                if key not in known or known[key].withdrawn
            ]
            self._dossiers[_owner(unit)] = unit_dossier([*known.values(), *expected], complete=True)
        return self._dossiers[_owner(unit)]

    def _granted(self, unit: Unit) -> Grants:
        if self._grants is None:
            self._grants = grants_of(self._session)
        return self._grants.get(unit.id, NONE)

    def _of(self, unit: Unit) -> dict[_Key, PublishedDocument]:
        if _owner(unit) not in self._records:
            self._records[_owner(unit)] = {_key(one.document): one for one in records_of(self._session, unit)}
        return self._records[_owner(unit)]


def _next(known: PublishedDocument | None, document: Document, on: date) -> PublishedDocument:
    """Return a record with the document as its next version."""
    return known.followed_by(document, on) if known else PublishedDocument(document, on)


def _key(document: Document) -> _Key:
    return document.kind.code, document.natural_key()


def _owner(unit: Unit) -> _Owner:
    return unit.jurisdiction.slug, unit.slug


def _day(now: datetime) -> date:
    return now.astimezone(SHANGHAI).date()


def grants_of(session: Session) -> dict[int, Grants]:
    """Return what was granted to each unit, by the unit's id."""
    exemptions, extensions = public_exemptions(session), public_extensions(session)
    return {
        unit: Grants(exemptions.get(unit, ()), extensions.get(unit, ()))
        for unit in {**exemptions, **extensions}
    }


def records_of(session: Session, unit: Unit) -> list[PublishedDocument]:
    """Return every record of a unit, public or not, as it stands; one without any readable content is left out."""
    query = (
        select(Version)
        .join(Version.record)
        .options(
            contains_eager(Version.record), joinedload(Version.withdrawal)
        )  # Not two questions for each.
        .where(Record.unit_id == unit.id)
        .order_by(Version.record_id, Version.number)
    )
    groups: dict[int, list[Version]] = {}
    for version in session.scalars(query):
        groups.setdefault(version.record_id, []).append(version)
    found = (
        as_it_stands([stage(one) for one in some], ref=some[0].record.index_no) for some in groups.values()
    )
    return [one for one in found if one]


def stage(version: Version, *, on: date | None = None) -> Stage:
    """Return a version as the rules see it; with `on`, as it was known on that day."""
    gone = version.withdrawal
    return Stage(
        _day(version.published_at),
        RECALL.document(version),
        withdrawn=gone is not None and (on is None or _day(gone.withdrawn_at) <= on),
    )
