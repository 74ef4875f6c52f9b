"""What the sample data consists of: units, and records with the moments at which they were published."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.documents.base import Document


@dataclass(frozen=True)
class DemoUnit:
    """One fictional unit; `type` is bureau, township or institution."""

    slug: str
    name: str
    short: str
    type: str
    code: str
    founded_on: date | None
    position: int


@dataclass(frozen=True)
class Publication:
    """One version: when (Asia/Shanghai office hours on a working day), what, why, and by whom."""

    at: datetime
    document: Document
    reason: str
    by: str


@dataclass(frozen=True)
class DemoWithdrawal:
    """The withdrawal of version `version` of a record."""

    at: datetime
    version: int
    legal_ground: str
    reason: str
    approver: str
    destroy: bool
    review_on: date | None


@dataclass(frozen=True)
class DemoRecord:
    """One record through all its versions; `unit` is the unit's slug."""

    jurisdiction: str
    unit: str
    publications: tuple[Publication, ...]
    withdrawal: DemoWithdrawal | None = None
