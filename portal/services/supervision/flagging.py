"""采购异常信号 over the database: what stands in the purchases of a jurisdiction, and which of it is a matter already.

look(county, regime, *, on) -> Looked
matters_of(county, flags) -> {(unit's address, cause): Matter}
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from portal.domain.documents.base import Audience
from portal.domain.documents.tender import Tender
from portal.domain.regimes import Regime
from portal.domain.supervision.flags import Flag, Survey, UnitPurchases, survey
from portal.domain.supervision.matters import Source
from portal.domain.units import facts_of
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.recalling import RECALL
from portal.store.tables import Matter, Record, Version, Withdrawal
from portal.store.tables import Unit as Unit

_AT_ONCE = 500  # Payloads that one question asks for.


@dataclass(frozen=True)
class Looked:
    """The survey of a jurisdiction, its units by address, and each record's unit and audience, by index number."""

    survey: Survey
    units: dict[str, Unit]
    places: dict[str, tuple[str, Audience]]


def look(county: County, regime: Regime, *, on: date) -> Looked:
    """Return the flags of the jurisdiction over what its units have published and not withdrawn, as of `on`."""
    purchases = _purchases(county, on)
    units = county.units()
    facts = [facts_of(unit) for unit in units]
    given = [
        UnitPurchases(fact, tuple(purchases.get(unit.id, ())))
        for unit, fact in zip(units, facts, strict=True)
    ]
    places = {ref: (one.unit.slug, tender.audience) for one in given for ref, _, tender in one.records}
    return Looked(survey(given, regime, on), {unit.slug: unit for unit in units}, places)


def _purchases(county: County, on: date) -> dict[int, list[tuple[str, str, Tender]]]:
    """Return each unit's purchases; only a record's newest version is read, the others are its past.

    One that was withdrawn or destroyed is no purchase any more. Payloads are fetched of what is not known yet, and of
    nothing else: in a large county they are megabytes.
    """
    newest = (
        select(func.max(Version.id))
        .join(Version.record)
        .where(Record.jurisdiction_id == county.id, Record.kind == Tender.kind.code)
        .group_by(Version.record_id)
    )
    query = (
        select(
            Version.id, Version.digest, Record.unit_id, Record.index_no, Record.slug, Withdrawal.withdrawn_at
        )
        .join(Version.record)
        .outerjoin(Withdrawal, Withdrawal.version_id == Version.id)
        .where(Version.id.in_(newest), Version.payload.is_not(None))
        .order_by(Record.unit_id, Record.id)
    )
    standing = [one for one in county.session.execute(query) if not _gone(one.withdrawn_at, on)]
    documents = {one.id: RECALL.known(one.digest) for one in standing}
    wanting = [number for number, document in documents.items() if document is None]
    for first in range(0, len(wanting), _AT_ONCE):
        some = wanting[first : first + _AT_ONCE]
        contents = select(Version.id, Version.digest, Version.payload).where(Version.id.in_(some))
        documents |= {one.id: RECALL.document(one) for one in county.session.execute(contents)}
    found: dict[int, list[tuple[str, str, Tender]]] = defaultdict(list)
    for one in standing:
        if isinstance(document := documents[one.id], Tender):
            found[one.unit_id].append((one.index_no, one.slug, document))
    return found


def _gone(withdrawn_at: datetime | None, on: date) -> bool:
    return withdrawn_at is not None and withdrawn_at.astimezone(SHANGHAI).date() <= on


def matters_of(county: County, flags: Iterable[Flag]) -> dict[tuple[str, str], Matter]:
    """Return the newest matter of each flag's unit and cause, where there is one."""
    wanted = {(one.unit, one.cause) for one in flags}
    slugs = {unit.id: unit.slug for unit in county.units()}
    query = county.rows(Matter).where(Matter.source == Source.FLAG.value).order_by(Matter.round)
    known = {(slugs.get(one.unit_id, ""), one.cause): one for one in county.session.scalars(query)}
    return {key: one for key, one in known.items() if key in wanted}
