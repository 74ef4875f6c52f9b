"""A unit's records, from what was published to what the rules may look at.

Site, services and commands all build their dossiers here, so that a finding is
the same wherever it is shown:

    as_it_stands(versions: Sequence[Stage], *, ref: str) -> PublishedDocument | None
    unit_dossier(records: Iterable[PublishedDocument], *, complete: bool) -> Dossier
    context_of(regime, unit, dossier, record, *, on: date, grants: Grants) -> Context
    reports(regime, unit, records, *, complete: bool, on: date, grants: Grants) -> Iterator[tuple[PublishedDocument, Report]]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from portal.domain.documents.base import Document
from portal.domain.grants import NONE, Grants
from portal.domain.rules.check import Report, check
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.units import UnitFacts

if TYPE_CHECKING:
    from portal.domain.regimes import Regime


@dataclass(frozen=True)
class PublishedDocument:
    """One record of a unit as it stands.

    `document` is the newest content that can still be read, `published_on` the day of the
    first version (None: a draft that is not public yet). `previous` is what stood before the
    newest version: the newest earlier version whose content can still be read and was not
    withdrawn. `ref` names the record for whoever shows the result (its id or
    index number); the rules do not look at it. `withdrawn` says that the newest
    version was withdrawn: such a record counts as published on its day, but its
    content is no longer the rules' business. `stages` are the readable versions before the
    newest with their days, oldest first: a tender's stages become known one after another.
    """

    document: Document
    published_on: date | None
    previous: Document | None = None
    ref: str = ""
    withdrawn: bool = False
    stages: tuple[tuple[date, Document], ...] = ()
    changed_on: date | None = None  # The day of the newest version; None: that of the first.

    @property
    def last_word(self) -> Document | None:
        """What the next version would replace: this one, unless it is no longer in force or never was public."""
        if self.published_on is None:
            return None
        return self.previous if self.withdrawn else self.document

    def followed_by(self, document: Document, on: date) -> PublishedDocument:
        """Return the record as the rules see it with one more version, published on `on`; its stages are left out."""
        return PublishedDocument(document, self.published_on or on, self.last_word, self.ref, changed_on=on)


@dataclass(frozen=True)
class Stage:
    """One version of a record: its day, its content (None: the law destroyed it), whether it was withdrawn."""

    day: date
    document: Document | None
    withdrawn: bool = False


def as_it_stands(versions: Sequence[Stage], *, ref: str = "") -> PublishedDocument | None:
    """Return a record as the rules see it from its versions, oldest first; None where no content can be read any more.

    An older version never comes back into force by itself: a record whose newest version was
    withdrawn or destroyed is withdrawn, whatever stood before.
    """
    readable = [(one.day, one.document) for one in versions if one.document]
    if not readable:
        return None
    newest, earlier = versions[-1], versions[:-1]
    standing = [one.document for one in earlier if one.document and not one.withdrawn]
    return PublishedDocument(
        document=readable[-1][1],
        published_on=versions[0].day,
        previous=standing[-1] if standing else None,
        ref=ref,
        withdrawn=newest.withdrawn or newest.document is None,
        stages=tuple((one.day, one.document) for one in earlier if one.document),
        changed_on=newest.day,
    )


def unit_dossier(records: Iterable[PublishedDocument], *, complete: bool) -> Dossier:
    """Return the dossier of one unit; `complete` only where every record of it, public or not, is given."""
    return Dossier(
        tuple(Entry(one.document, one.published_on) for one in records if not one.withdrawn), complete
    )


def context_of(
    regime: Regime,
    unit: UnitFacts,
    dossier: Dossier,
    record: PublishedDocument,
    *,
    on: date,
    grants: Grants = NONE,
) -> Context:
    """Return where and when one record of the unit is tested; `grants` is what the unit was let off or granted."""
    return Context(
        regime=regime,
        unit=unit,
        on=on,
        dossier=dossier,
        published_on=record.published_on,
        previous=record.previous,
        grants=grants,
    )


def reports(
    regime: Regime,
    unit: UnitFacts,
    records: Iterable[PublishedDocument],
    *,
    complete: bool,
    on: date,
    grants: Grants = NONE,
) -> Iterator[tuple[PublishedDocument, Report]]:
    """Yield every record of the unit with what the rule book says of it; withdrawn ones are left out."""
    records = tuple(records)
    dossier = unit_dossier(records, complete=complete)
    for one in records:
        if not one.withdrawn:
            yield one, check(one.document, context_of(regime, unit, dossier, one, on=on, grants=grants))
