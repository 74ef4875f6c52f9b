"""What the rule book says of the public records, worked out once a snapshot.

Only public records are at hand here, so a record that another one cites and that
is not public leaves the check open (待核对) instead of failing it.
"""

from __future__ import annotations

import logging

from portal.domain.grants import Grants
from portal.domain.rules.base import Finding
from portal.domain.rules.check import Report, check, check_again
from portal.domain.rules.dossier import Dossier
from portal.domain.rules.remembering import EVERYTHING
from portal.domain.rules.unit_file import PublishedDocument, Stage, as_it_stands, context_of, unit_dossier
from portal.domain.units import facts_of
from portal.site.contents import digest_of, kind_prints
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

_log = logging.getLogger(__name__)


def published(record: RecordView, number: int | None = None) -> PublishedDocument | None:
    """Return a record as the rules see it (as it stood with version `number`), or None where its content is gone."""
    versions = [one for one in record.versions if number is None or one.number <= number]
    stages = [Stage(one.published_on, one.document, one.tombstone is not None) for one in versions]
    return as_it_stands(stages, ref=str(record.id))


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


def report_of(
    snapshot: Snapshot, area: JurisdictionView, record: RecordView, number: int | None = None
) -> Report | None:
    """Return what the rule book says of a record as it stands, or of its version `number`; None for a withdrawn one.

    A correction mends the record, not what was published before: earlier versions keep their findings.
    """
    number = None if number == record.latest.number else number
    key = ("report", record.id, number)
    if key not in snapshot.derived:
        snapshot.derived[key] = _test(snapshot, area, record, number)
    result: Report | None = snapshot.derived[key]
    return result


def _test(
    snapshot: Snapshot, area: JurisdictionView, record: RecordView, number: int | None
) -> Report | None:
    one = published(record, number)
    if one is None or one.withdrawn:
        return None
    unit = record.unit
    dossier = dossier_of(snapshot, unit)
    # An earlier version is held against its own day: what it could not say yet (a contract not signed at the time,
    # a filing made since) is no breach of its own. What came too late shows on the newest version.
    own = record.version(number) if number else None
    on = min(own.published_on, snapshot.today) if own else snapshot.today
    grants = Grants(snapshot.exemptions.get(unit.id, ()), snapshot.extensions.get(unit.id, ()))
    context = context_of(area.regime, facts_of(unit), dossier, one, on=on, grants=grants)
    memory = (own or record.latest).memory
    try:
        if memory is None:
            return check(one.document, context)
        stood = [
            (v.digest, v.published_at, v.tombstone)
            for v in record.versions
            if not number or v.number <= number
        ]
        prints = kind_prints(snapshot, unit)
        return check_again(
            one.document,
            context,
            memory,
            facts=(area.regime, unit, on, grants, stood),
            prints={**prints, EVERYTHING: digest_of(prints)},
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
