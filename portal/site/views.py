"""What the pages see of the database's rows: units, records, versions. Frozen, and public throughout."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from portal.domain.documents.base import Document, Kind
from portal.domain.fates import ENDS, UnitStep
from portal.domain.regimes import Regime
from portal.domain.rules.remembering import Memory
from portal.domain.supervision.outcomes import PublicTable
from portal.site.online import OnlineReports

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
    memory: Memory | None = field(default=None, compare=False, repr=False)  # In a long-running process.

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
    history: tuple[UnitStep, ...] = ()  # The newest first.

    @property
    def end(self) -> UnitStep | None:
        """The step by which the unit ended, or is to end."""
        return next((one for one in self.history if one.fate in ENDS), None) if self.abolished_on else None


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
    reports: OnlineReports | None = None  # None: its page of reports names other channels.
    handled: PublicTable | None = None  # Counts of outcomes, small ones hidden already.
