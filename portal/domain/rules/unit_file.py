"""A unit's records, from what was published to what the rules may look at.

Site, services and commands all build their dossiers here, so that a finding is
the same wherever it is shown:

    unit_dossier(records: Iterable[PublishedDocument], *, complete: bool) -> Dossier
    context_of(regime, unit, dossier, record, *, on: date) -> Context
    reports(regime, unit, records, *, complete: bool, on: date) -> Iterator[tuple[PublishedDocument, Report]]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from portal.domain.documents.base import Document
from portal.domain.rules.check import Report, check
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.units import UnitFacts

if TYPE_CHECKING:
    from portal.domain.regimes import Regime


@dataclass(frozen=True)
class PublishedDocument:
    """One record of a unit as it stands.

    `document` is what its newest version says, `published_on` the day of its first
    version (None: a draft that is not public yet), `previous` what stood before the
    newest version. `ref` names the record for whoever shows the result (its id or
    index number); the rules do not look at it. `withdrawn` says that the newest
    version was withdrawn: such a record counts as published on its day, but its
    content is no longer the rules' business. `stages` are the versions before the newest
    with their days, oldest first: a tender's stages become known one after another.
    """

    document: Document
    published_on: date | None
    previous: Document | None = None
    ref: str = ""
    withdrawn: bool = False
    stages: tuple[tuple[date, Document], ...] = ()
    changed_on: date | None = None  # The day of the newest version; None: that of the first.


def unit_dossier(records: Iterable[PublishedDocument], *, complete: bool) -> Dossier:
    """Return the dossier of one unit; `complete` only where every record of it, public or not, is given."""
    return Dossier(
        tuple(Entry(one.document, one.published_on) for one in records if not one.withdrawn), complete
    )


def context_of(
    regime: Regime, unit: UnitFacts, dossier: Dossier, record: PublishedDocument, *, on: date
) -> Context:
    """Return where and when one record of the unit is tested."""
    return Context(
        regime=regime,
        unit=unit,
        on=on,
        dossier=dossier,
        published_on=record.published_on,
        previous=record.previous,
    )


def reports(
    regime: Regime, unit: UnitFacts, records: Iterable[PublishedDocument], *, complete: bool, on: date
) -> Iterator[tuple[PublishedDocument, Report]]:
    """Yield every record of the unit with what the rule book says of it; withdrawn ones are left out."""
    records = tuple(records)
    dossier = unit_dossier(records, complete=complete)
    for one in records:
        if not one.withdrawn:
            yield one, check(one.document, context_of(regime, unit, dossier, one, on=on))
