"""A frozen picture of everything public, from which every page is a pure function.

It is read in one transaction through `portal.store.public` and then never asks
the database again, so that the pages of one build always agree with each other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from portal.domain.canonical import fingerprint, read_publication
from portal.domain.documents.base import Audience, Document, Kind, kinds
from portal.domain.grants import Exempted, Extended
from portal.domain.regimes import Regime
from portal.store import public, tables

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Tombstone:
    """What stands in the place of a withdrawn version."""

    legal_ground: str
    reason: str
    approver: str
    destroyed: bool
    review_on: date | None
    withdrawn_at: datetime


@dataclass(frozen=True)
class VersionView:
    """One public version. `document`, `payload` and `salt` are None where the law destroyed them."""

    id: int
    number: int
    document: Document | None
    payload: bytes | None
    salt: bytes | None
    digest: str
    reason: str
    published_by: str
    published_at: datetime
    unit_name: str  # As the unit was called when it published.
    tombstone: Tombstone | None

    @property
    def published_on(self) -> date:
        """The day of publication in China."""
        return self.published_at.astimezone(SHANGHAI).date()

    @property
    def readable(self) -> Document | None:
        """The document, unless the version is withdrawn."""
        return None if self.tombstone else self.document


@dataclass(frozen=True)
class UnitView:
    """One unit."""

    id: int
    slug: str
    name: str
    short: str
    type: str
    uscc: str | None
    jurisdiction: str
    position: int
    sample: bool
    founded_on: date | None
    abolished_on: date | None
    created_on: date


@dataclass(frozen=True)
class RecordView:
    """One record with all its public versions, oldest first; there is at least one."""

    id: int
    unit: UnitView
    kind: Kind
    slug: str
    index_no: str
    versions: tuple[VersionView, ...]

    @property
    def latest(self) -> VersionView:
        """The newest version, withdrawn or not."""
        return self.versions[-1]

    @property
    def current(self) -> VersionView | None:
        """The version in force: the newest one, unless it is withdrawn. An older one never comes back by itself."""
        return None if self.latest.tombstone else self.latest

    @property
    def document(self) -> Document | None:
        """The document in force."""
        return self.current.document if self.current else None

    @property
    def title(self) -> str:
        """The title in force, or what a withdrawn record may still be called."""
        return self.document.title if self.document else f"{self.kind.label}（已撤回）"

    @property
    def year(self) -> int:
        """The year that the record is filed under."""
        for version in reversed(self.versions):
            if version.document and (year := version.document.year()):
                return year
        return self.versions[0].published_on.year

    @property
    def path(self) -> str:
        """The site path of the record's page, without the leading slash; server-made ASCII throughout."""
        return f"{self.unit.jurisdiction}/u/{self.unit.slug}/{self.kind.path}/{self.slug}.html"

    def version(self, number: int) -> VersionView | None:
        """Return the version with that number."""
        return next((one for one in self.versions if one.number == number), None)


@dataclass(frozen=True)
class JurisdictionView:
    """One jurisdiction with its regime and units."""

    slug: str
    regime: Regime
    units: tuple[UnitView, ...]


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
    def _by_address(self) -> dict[tuple[str, str, str, str], RecordView]:
        return {(one.unit.jurisdiction, one.unit.slug, one.kind.path, one.slug): one for one in self.records}

    def record(self, jurisdiction: str, unit: str, kind_path: str, slug: str) -> RecordView | None:
        """Return the record of that address."""
        return self._by_address.get((jurisdiction, unit, kind_path, slug))

    @cached_property
    def _by_unit(self) -> dict[int, list[RecordView]]:
        found: dict[int, list[RecordView]] = {}
        for one in self.records:
            found.setdefault(one.unit.id, []).append(one)
        return found

    def records_of(self, unit: UnitView, kind: str | None = None) -> list[RecordView]:
        """Return a unit's records, oldest address first; optionally of one kind."""
        return [one for one in self._by_unit.get(unit.id, []) if kind in (None, one.kind.code)]

    @cached_property
    def _by_jurisdiction(self) -> dict[str, list[RecordView]]:
        found: dict[str, list[RecordView]] = {}
        for one in self.records:
            found.setdefault(one.unit.jurisdiction, []).append(one)
        return found

    def records_in(self, jurisdiction: str, kind: str | None = None) -> list[RecordView]:
        """Return a jurisdiction's records; optionally of one kind."""
        return [one for one in self._by_jurisdiction.get(jurisdiction, []) if kind in (None, one.kind.code)]


def take_snapshot(session: Session, regimes: Mapping[str, Regime], *, now: datetime) -> Snapshot:
    """Read everything public in the session's current transaction."""
    change = public.latest_change(session)
    units: dict[int, UnitView] = {}
    slugs = {row.id: row.slug for row in public.public_jurisdictions(session)}
    for row in public.public_units(session):
        units[row.id] = unit_view(row, slugs[row.jurisdiction_id])
    try:
        records, faults = read_records(public.public_versions(session), units)
    except (
        ValueError,
        TypeError,
    ):  # A stored value that is no date stops the whole query: read record by record.
        records, faults = _read_one_by_one(session, units)
    views = tuple(
        JurisdictionView(
            slug, regimes[slug], tuple(one for one in units.values() if one.jurisdiction == slug)
        )
        for slug in regimes
        if slug in slugs.values()
    )
    known = {view.slug for view in views}
    faults += [
        f"数据库中的“{slug}”没有制度文件，其页面未生成。请在制度文件夹中补上 {slug}.toml。"
        for slug in slugs.values()
        if slug not in known
    ]
    return Snapshot(
        views,
        tuple(one for one in records if one.unit.jurisdiction in known),
        now,
        change,
        tuple(faults),
        public.public_exemptions(session),
        public.public_extensions(session),
    )


def _read_one_by_one(session: Session, units: Mapping[int, UnitView]) -> tuple[list[RecordView], list[str]]:
    records: list[RecordView] = []
    faults: list[str] = []
    for record_id, index_no in public.public_record_numbers(session):
        try:
            some, wrong = read_records(public.public_versions(session, records=[record_id]), units)
        except (ValueError, TypeError) as broken:
            wrong = [
                f"索引号 {index_no} 的登记无法读取（{broken}），其页面未生成。请核对数据库并从备份恢复。"
            ]
        else:
            records += some
        faults += wrong
    return records, faults


def check_slug(slug: str) -> None:
    """Refuse an address that is not plain server-made ASCII."""
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z-]{0,59}", slug):
        raise ValueError("网址代码不合规则")


def unit_view(row: tables.Unit, jurisdiction: str) -> UnitView:
    """Return the public picture of a unit's row."""
    return UnitView(
        id=row.id,
        slug=row.slug,
        name=row.name,
        short=row.short or row.name,
        type=row.type,
        uscc=row.uscc,
        jurisdiction=jurisdiction,
        position=row.position,
        sample=row.sample,
        founded_on=row.founded_on,
        abolished_on=row.abolished_on,
        created_on=row.created_at.astimezone(SHANGHAI).date(),
    )


def read_records(
    rows: Iterable[tables.Version], units: Mapping[int, UnitView]
) -> tuple[list[RecordView], list[str]]:
    """Group version rows into records. A row that cannot be read is left out and named, never fatal."""
    models = kinds()
    records: list[RecordView] = []
    faults: list[str] = []
    open_record: tables.Record | None = None
    versions: list[VersionView] = []

    def close() -> None:
        if open_record is not None and versions:
            model = models[open_record.kind]
            records.append(
                RecordView(
                    open_record.id,
                    units[open_record.unit_id],
                    model.kind,
                    open_record.slug,
                    open_record.index_no,
                    tuple(versions),
                )
            )

    for row in rows:
        if open_record is None or row.record_id != open_record.id:
            close()
            open_record, versions = row.record, []
        try:
            check_slug(open_record.slug)
            model = models[open_record.kind]
            versions.append(_version_view(row, open_record, units[open_record.unit_id], model))
        except Exception as wrong:  # Whatever is stored in one row, the others are read.
            known = {KeyError: "类别或单位不存在", RecursionError: "内容嵌套过深"}
            cause = known.get(type(wrong)) or str(wrong).partition("\n")[0] or type(wrong).__name__
            faults.append(
                f"索引号 {open_record.index_no} 第 {row.number} 版无法读取（{cause}），其页面未生成。请核对数据库并从备份恢复。"
            )
    close()
    return records, faults


def _version_view(
    row: tables.Version, record: tables.Record, unit: UnitView, model: type[Document]
) -> VersionView:
    """Read one row, believing nothing that its own payload does not say too."""
    document = None
    unit_name = unit.name
    if row.payload is not None and row.salt is not None:
        if fingerprint(row.salt, row.payload) != row.digest:
            raise ValueError("内容与指纹不一致")
        head, document = read_publication(row.payload)
        said = (
            head["jurisdiction"],
            head["unit"]["id"],
            head["index_no"],
            head["version"],
            head["published_at"],
            document.audience.value,
        )
        kept = (
            unit.jurisdiction,
            unit.slug,
            record.index_no,
            row.number,
            row.published_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            Audience.PUBLIC.value,
        )
        if said != kept or not isinstance(document, model):
            raise ValueError("数据库中的登记与内容自身的记载不一致")
        unit_name = head["unit"]["name"]
    elif row.withdrawal is None:
        raise ValueError("内容缺失，且没有撤回记录")
    gone = row.withdrawal
    return VersionView(
        id=row.id,
        number=row.number,
        document=document,
        payload=row.payload,
        salt=row.salt,
        digest=row.digest,
        reason=row.reason,
        published_by=row.published_by,
        published_at=row.published_at,
        unit_name=unit_name,
        tombstone=None
        if gone is None
        else Tombstone(
            gone.legal_ground,
            gone.reason,
            gone.approver,
            row.payload is None,
            gone.review_on,
            gone.withdrawn_at,
        ),
    )
