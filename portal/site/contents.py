"""Fingerprints of what is stored: of records, of their versions, of all of a unit's records of a kind."""

from __future__ import annotations

import hashlib

from portal.site.snapshot import RecordView, Snapshot, UnitView, VersionView


def digest_of(*facts: object) -> str:
    """Return a digest of plain values: tuples, strings, numbers, days, and dataclasses of these."""
    return hashlib.blake2b(repr(facts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def unit_print(snapshot: Snapshot, unit: UnitView) -> str:
    """Return what every page of a unit is made from beside records: its roster entry and what it was granted."""
    return digest_of(unit, snapshot.exemptions.get(unit.id), snapshot.extensions.get(unit.id))


def _stored(one: VersionView) -> tuple[object, ...]:
    return (one.number, one.digest, one.payload is None, one.reason, one.published_by, one.published_at,
            one.unit_name, one.tombstone)  # fmt: skip


def content_print(record: RecordView) -> str:
    """Return what is stored of a record: its versions by their digests, what is said of each, and withdrawals."""
    return digest_of(record.id, record.slug, record.index_no, [_stored(one) for one in record.versions])


def version_prints(record: RecordView) -> tuple[str, ...]:
    """Return for each version what the files of that version alone are made from."""
    head = (record.slug, record.index_no, record.unit)
    return tuple(digest_of(head, _stored(one)) for one in record.versions)


def content_prints(snapshot: Snapshot, unit: UnitView) -> dict[int, str]:
    """Return `content_print` of each of a unit's records by its id; worked out once a snapshot."""
    key = ("contents", unit.id)
    if key not in snapshot.derived:
        snapshot.derived[key] = {one.id: content_print(one) for one in snapshot.records_of(unit)}
    found: dict[int, str] = snapshot.derived[key]
    return found


def kind_prints(snapshot: Snapshot, unit: UnitView) -> dict[str, str]:
    """Return one print for all of a unit's records of each kind; worked out once a snapshot."""
    key = ("kind prints", unit.id)
    if key not in snapshot.derived:
        known = content_prints(snapshot, unit)
        found: dict[str, list[str]] = {}
        for record in snapshot.records_of(unit):
            found.setdefault(record.kind.code, []).append(known[record.id])
        base = unit_print(snapshot, unit)
        snapshot.derived[key] = {code: digest_of(base, prints) for code, prints in found.items()}
    result: dict[str, str] = snapshot.derived[key]
    return result
