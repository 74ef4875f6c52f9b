"""What the rule book says of the public records, worked out once a snapshot.

Only public records are at hand here, so a record that another one cites and that
is not public leaves the check open (待核对) instead of failing it.
"""

from __future__ import annotations

import logging

from portal.domain.documents.base import Document
from portal.domain.rules.base import Finding
from portal.domain.rules.check import Report, check
from portal.domain.rules.dossier import Dossier
from portal.domain.rules.unit_file import PublishedDocument, context_of, unit_dossier
from portal.domain.units import UnitFacts, UnitType
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

_log = logging.getLogger(__name__)


def facts_of(unit: UnitView) -> UnitFacts:
    """Return what the rules need to know of a unit."""
    known = {one.value for one in UnitType}
    kind = UnitType(unit.type) if unit.type in known else UnitType.OTHER
    return UnitFacts(unit.name, kind, unit.slug, unit.founded_on, unit.abolished_on)


def published(record: RecordView) -> PublishedDocument | None:
    """Return a record as the rules see it, or None where the law destroyed every content."""
    readable: list[Document] = [one.document for one in record.versions if one.document]
    if not readable:
        return None
    earlier = [one.readable for one in record.versions[:-1] if one.readable]
    return PublishedDocument(
        document=readable[-1],
        published_on=record.versions[0].published_on,
        previous=earlier[-1] if earlier else None,
        ref=str(record.id),
        withdrawn=record.current is None,
        stages=tuple((one.published_on, one.document) for one in record.versions[:-1] if one.document),
        changed_on=record.latest.published_on,
    )


def documents_of(snapshot: Snapshot, unit: UnitView) -> tuple[PublishedDocument, ...]:
    """Return every public record of a unit as the rules see it."""
    key = ("documents", unit.id)
    if key not in snapshot.derived:
        found = map(published, snapshot.records_of(unit))
        snapshot.derived[key] = tuple(one for one in found if one)
    result: tuple[PublishedDocument, ...] = snapshot.derived[key]
    return result


def dossier_of(snapshot: Snapshot, unit: UnitView) -> Dossier:
    """Return the unit's public records as a dossier."""
    key = ("dossier", unit.id)
    if key not in snapshot.derived:
        snapshot.derived[key] = unit_dossier(documents_of(snapshot, unit), complete=False)
    result: Dossier = snapshot.derived[key]
    return result


def report_of(snapshot: Snapshot, area: JurisdictionView, record: RecordView) -> Report | None:
    """Return what the rule book says of a record as it stands; None for a withdrawn one."""
    key = ("report", record.id)
    if key not in snapshot.derived:
        snapshot.derived[key] = _test(snapshot, area, record)
    result: Report | None = snapshot.derived[key]
    return result


def _test(snapshot: Snapshot, area: JurisdictionView, record: RecordView) -> Report | None:
    one = published(record)
    if one is None or one.withdrawn:
        return None
    dossier = dossier_of(snapshot, record.unit)
    try:
        return check(
            one.document,
            context_of(area.regime, facts_of(record.unit), dossier, one, on=snapshot.today),
        )
    except (
        Exception
    ):  # One odd document must not take the county's site down; the page says nothing was checked.
        _log.exception("索引号 %s 未能按规则核对", record.index_no)
        return None


def findings_of(
    snapshot: Snapshot, area: JurisdictionView, unit: UnitView
) -> list[tuple[RecordView, Finding]]:
    """Return every finding on a unit's public records, the gravest first."""
    found = [
        (record, finding)
        for record in snapshot.records_of(unit)
        if (report := report_of(snapshot, area, record))
        for finding in report.findings
    ]
    return sorted(found, key=lambda pair: (pair[1].severity.rank, -pair[0].latest.published_at.timestamp()))
