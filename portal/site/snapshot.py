"""A frozen picture of everything public, from which every page is a pure function.

It is read in one transaction through `portal.store.public`, so that the pages
of one build always agree with each other. `take_snapshot` reads all of it;
`open_snapshot` reads a unit's records when a page first asks for them, so that
a county of any size is built unit by unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from portal.domain.grants import Exempted, Extended
from portal.domain.regimes import Regime
from portal.domain.supervision.outcomes import public_table
from portal.site.online import Online
from portal.site.rows import Parsed, read_records, unit_view
from portal.site.views import (
    SHANGHAI,
    JurisdictionView,
    RecordView,
    Tombstone,
    UnitView,
    VersionView,
)
from portal.store import public

__all__ = [
    "SHANGHAI",
    "JurisdictionView",
    "OpenSnapshot",
    "RecordView",
    "Snapshot",
    "Tombstone",
    "UnitView",
    "VersionView",
    "open_snapshot",
    "take_snapshot",
]

Records = tuple[list[RecordView], list[str]]


@dataclass(frozen=True)
class Snapshot:
    """Everything public, at one moment. `change` is the newest outbox row that it shows."""

    jurisdictions: tuple[JurisdictionView, ...]
    records: tuple[RecordView, ...]
    taken_at: datetime
    change: int
    faults: tuple[str, ...] = field(default=())  # Chinese: stored rows that could not be read, and which.
    exemptions: Mapping[int, tuple[Exempted, ...]] = field(default_factory=dict)  # By the unit's id.
    extensions: Mapping[int, tuple[Extended, ...]] = field(default_factory=dict)

    @property
    def today(self) -> date:
        """The day in China on which the snapshot was taken."""
        return self.taken_at.astimezone(SHANGHAI).date()

    @cached_property
    def derived(self) -> dict[object, Any]:
        """Hold what the pages worked out from this snapshot once; no part of its meaning."""
        return {}

    @cached_property
    def lasting(self) -> dict[object, Any]:
        """Hold what rests on no unit's records, and so stays when a unit's are let go."""
        return {}

    @cached_property
    def absent_files(self) -> set[str]:
        """Digests of attached files that the build was not given; blank where pages are shown without a build."""
        return set()

    def jurisdiction(self, slug: str) -> JurisdictionView | None:
        """Return the jurisdiction of that slug."""
        return next((one for one in self.jurisdictions if one.slug == slug), None)

    @cached_property
    def _units(self) -> dict[tuple[str, str], UnitView]:
        return {(unit.jurisdiction, unit.slug): unit for one in self.jurisdictions for unit in one.units}

    def unit(self, jurisdiction: str, slug: str) -> UnitView | None:
        """Return the unit of that address."""
        return self._units.get((jurisdiction, slug))

    @cached_property
    def _by_unit(self) -> dict[int, list[RecordView]]:
        found: dict[int, list[RecordView]] = {}
        for one in self.records:
            found.setdefault(one.unit.id, []).append(one)
        return found

    def all_of(self, unit: UnitView) -> list[RecordView]:
        """Return a unit's records by kind, oldest address first."""
        return self._by_unit.get(unit.id, [])

    def records_of(self, unit: UnitView, kind: str | None = None) -> list[RecordView]:
        """Return a unit's records; optionally of one kind."""
        if kind is None:
            return list(self.all_of(unit))
        key = ("records", unit.id)
        if key not in self.derived:
            by_kind: dict[str, list[RecordView]] = {}
            for one in self.all_of(unit):
                by_kind.setdefault(one.kind.code, []).append(one)
            self.derived[key] = by_kind
        return list(self.derived[key].get(kind, ()))

    def record(self, jurisdiction: str, unit: str, kind_path: str, slug: str) -> RecordView | None:
        """Return the record of that address."""
        place = self.unit(jurisdiction, unit)
        if place is None:
            return None
        key = ("addresses", place.id)
        if key not in self.derived:
            self.derived[key] = {(one.kind.path, one.slug): one for one in self.all_of(place)}
        found: RecordView | None = self.derived[key].get((kind_path, slug))
        return found

    def finance_slugs(self, view: JurisdictionView) -> set[str]:
        """Return the addresses of a jurisdiction's finance disclosures: which periods anybody published."""
        return {
            one.slug
            for one in self.records
            if one.unit.jurisdiction == view.slug and one.kind.code == "finance"
        }


@dataclass(frozen=True)
class OpenSnapshot(Snapshot):
    """A snapshot that reads a unit's records when they are first asked for, in the transaction in which it was opened."""

    read: Callable[[UnitView], Records] = field(default=lambda _: ([], []))
    read_slugs: Callable[[str], set[str]] = field(default=lambda _: set())

    @cached_property
    def _loaded(self) -> dict[int, list[RecordView]]:
        return {}

    @cached_property
    def found_faults(self) -> dict[int, list[str]]:
        """What could not be read, by unit, as far as units were read."""
        return {}

    def all_of(self, unit: UnitView) -> list[RecordView]:
        """Return a unit's records by kind, oldest address first."""
        if unit.id not in self._loaded:
            self._loaded[unit.id], self.found_faults[unit.id] = self.read(unit)
        return self._loaded[unit.id]

    def forget(self, unit: UnitView) -> None:
        """Let go of a unit's records and of everything worked out from them."""
        self._loaded.pop(unit.id, None)
        self.derived.clear()

    def finance_slugs(self, view: JurisdictionView) -> set[str]:
        """Return the addresses of a jurisdiction's finance disclosures: which periods anybody published."""
        return self.read_slugs(view.slug)


def take_snapshot(session: Session, regimes: Mapping[str, Regime], *, now: datetime) -> Snapshot:
    """Read everything public in the session's current transaction."""
    opened = open_snapshot(session, regimes, now=now)
    records = tuple(
        one for view in opened.jurisdictions for unit in view.units for one in opened.all_of(unit)
    )
    faults = (*opened.faults, *(one for found in opened.found_faults.values() for one in found))
    return Snapshot(
        opened.jurisdictions, records, now, opened.change, faults, opened.exemptions, opened.extensions
    )


def open_snapshot(
    session: Session,
    regimes: Mapping[str, Regime],
    *,
    now: datetime,
    parsed: Parsed | None = None,
    only: Iterable[str] | None = None,
    online: Online | None = None,
) -> OpenSnapshot:
    """Begin a snapshot in the session's current transaction, which must stay open as long as units are read.

    `parsed` keeps versions from one snapshot to the next; `only` names the jurisdictions to show,
    `online` those that take reports over the network.
    """
    change = public.latest_change(session)
    wanted = set(regimes) if only is None else set(only)
    slugs = {row.id: row.slug for row in public.public_jurisdictions(session)}
    units, faults = _read_units(session, slugs)
    counts = public.public_outcome_counts(session)
    views = tuple(
        JurisdictionView(
            slug,
            regimes[slug],
            tuple(one for one in units if one.jurisdiction == slug),
            (online or {}).get(slug),
            public_table(counts.get(slug, {}), regimes[slug].least_shown(now.astimezone(SHANGHAI).date())),
        )
        for slug in regimes
        if slug in slugs.values() and slug in wanted
    )
    faults += [
        f"数据库中的“{slug}”没有制度文件，其页面未生成。请在制度文件夹中补上 {slug}.toml。"
        for slug in slugs.values()
        if slug not in regimes
    ]

    def read(unit: UnitView) -> Records:
        try:
            return read_records(public.public_versions(session, unit=unit.id), unit, parsed=parsed)
        except (ValueError, TypeError):  # A stored value that is no date stops the whole query.
            return _read_one_by_one(session, unit)

    return OpenSnapshot(
        views,
        (),
        now,
        change,
        tuple(faults),
        public.public_exemptions(session),
        public.public_extensions(session),
        read,
        lambda slug: public.public_slugs(session, slug, "finance"),
    )


def _read_units(session: Session, slugs: Mapping[int, str]) -> tuple[list[UnitView], list[str]]:
    """Read the roster; where one row is spoiled, row by row, naming the one that cannot be read."""
    histories = public.public_unit_history(session)
    try:
        rows = public.public_units(session)
        return [unit_view(row, slugs[row.jurisdiction_id], histories.get(row.id, ())) for row in rows], []
    except (ValueError, TypeError, KeyError):
        session.rollback()
    units, faults = [], []
    for number in public.public_unit_numbers(session):
        try:
            (row,) = public.public_units(session, only=number)
            units.append(unit_view(row, slugs[row.jurisdiction_id], histories.get(row.id, ())))
        except (ValueError, TypeError, KeyError) as broken:
            faults.append(
                f"单位登记第 {number} 号无法读取（{broken}），该单位的页面未生成。请核对数据库并从备份恢复。"
            )
    return units, faults


def _read_one_by_one(session: Session, unit: UnitView) -> Records:
    records: list[RecordView] = []
    faults: list[str] = []
    for record_id, index_no in public.public_record_numbers(session, unit=unit.id):
        try:
            rows = public.public_versions(session, unit=unit.id, records=[record_id])
            some, wrong = read_records(rows, unit)
        except (ValueError, TypeError) as broken:
            wrong = [
                f"索引号 {index_no} 的登记无法读取（{broken}），其页面未生成。请核对数据库并从备份恢复。"
            ]
        else:
            records += some
        faults += wrong
    return records, faults
