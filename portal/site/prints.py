"""Fingerprints of what pages are made from: two equal ones mean that the page need not be made again.

A page about one record is made from the record itself, its unit's roster entry,
what the rule book says of it, the unit's other records with which it shares a
tie (`kinds.ties`) and those of the kinds that its view reads (`kinds.reads_of`). What follows from the regime, the day or the
program is not in here: when that changes, everything is made anew.
"""

from __future__ import annotations

from collections.abc import Mapping

from portal.site.attached import absent_print
from portal.site.contents import content_prints, digest_of, unit_print
from portal.site.findings import report_of
from portal.site.pages.kinds import outline_of, reads_of
from portal.site.pages.kinds.ties import ties_of
from portal.site.pages.standings import record_mark
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView


def record_print(
    snapshot: Snapshot, view: JurisdictionView, record: RecordView, by_kind: Mapping[str, str]
) -> str:
    """Return what the pages of one record are made from."""
    return digest_of(
        content_prints(snapshot, record.unit)[record.id],
        unit_print(snapshot, record.unit),
        [_verdict(snapshot, view, record, one.number) for one in record.versions],
        record_mark(snapshot, view, record),
        [_outlines(snapshot, record.unit, code, by_kind) for code in reads_of(record.kind.code)],
        _tied(snapshot, record),
        *absent_print(snapshot, record),
    )


def _outlines(snapshot: Snapshot, unit: UnitView, code: str, by_kind: Mapping[str, str]) -> str | None:
    """Return what views that read a whole kind see of it: its outlines, or everything where it has none."""
    outline = outline_of(code)
    if outline is None:
        return by_kind.get(code)
    key = ("outlines", unit.id, code)
    if key not in snapshot.derived:
        snapshot.derived[key] = digest_of(
            [
                (
                    one.id,
                    one.slug,
                    one.current is None,
                    [outline(v.document) for v in one.versions if v.document],
                )
                for one in snapshot.records_of(unit, code)
            ]
        )
    found: str = snapshot.derived[key]
    return found


def _tied(snapshot: Snapshot, record: RecordView) -> list[str]:
    """Return the prints of the unit's records that share a tie with this one."""
    key = ("ties", record.unit.id)
    if key not in snapshot.derived:
        shelf: dict[str, list[str]] = {}
        own: dict[int, frozenset[str]] = {}
        contents = content_prints(snapshot, record.unit)
        for one in snapshot.records_of(record.unit):
            own[one.id] = ties_of(one)
            known = contents[one.id]
            for tie in own[one.id]:
                shelf.setdefault(tie, []).append(known)
        snapshot.derived[key] = own, shelf
    ties, prints = snapshot.derived[key]
    return sorted({known for tie in ties[record.id] for known in prints[tie]})


def _verdict(snapshot: Snapshot, view: JurisdictionView, record: RecordView, number: int) -> object:
    """Return what the rule book says of one version, as plain values."""
    report = report_of(snapshot, view, record, number)
    if report is None:
        return None
    return [(one.rule.id, one.state.value, one.unclear, one.findings) for one in report.checks]
