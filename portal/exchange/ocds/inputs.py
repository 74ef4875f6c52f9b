"""What the export is told: the place, the buyer, and one project with its published versions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.domain.documents.tender import Tender

# Registered prefixes are six random characters; nobody is given this one, so it clashes with none of them.
LOCAL_PREFIX = "ocds-000000"


@dataclass(frozen=True)
class Place:
    """A jurisdiction as a publisher.

    `slug` is the jurisdiction's address, `name` what it is called. `prefix` begins
    every ocid: a jurisdiction that registers with the Open Contracting Partnership
    sets its own before it first publishes, for a later change would rename every
    project. `uri`, `license` and `policy` are absolute addresses, left out when None.
    """

    slug: str
    name: str
    prefix: str = LOCAL_PREFIX
    uscc: str | None = None
    uri: str | None = None
    license: str | None = None
    policy: str | None = None


@dataclass(frozen=True)
class Buyer:
    """The unit that buys (采购人); `slug` is its address within the jurisdiction."""

    slug: str
    name: str
    uscc: str | None = None


@dataclass(frozen=True)
class TenderVersion:
    """One published version of a project.

    `document` is None where the law destroyed it. `withdrawn_at` is set where the
    version is no longer open: then nothing of it is used, even if it is still held.
    `unit_name` is what the buyer was called when it published.
    """

    number: int
    document: Tender | None
    published_at: datetime
    withdrawn_at: datetime | None = None
    unit_name: str | None = None

    @property
    def readable(self) -> Tender | None:
        """The document, unless the version is withdrawn."""
        return None if self.withdrawn_at else self.document


@dataclass(frozen=True)
class Project:
    """One project with all its versions; `page` is the absolute address of its public page, if there is one."""

    index_no: str
    buyer: Buyer
    versions: tuple[TenderVersion, ...]
    page: str | None = None

    @property
    def readable(self) -> tuple[tuple[TenderVersion, Tender], ...]:
        """The versions that may be read with what they say, oldest first. Without any, there is no OCDS form."""
        ordered = sorted(self.versions, key=lambda one: one.number)
        return tuple((one, document) for one in ordered if (document := one.readable))

    @property
    def in_force(self) -> TenderVersion | None:
        """The newest version, unless it is withdrawn: an older one never comes back by itself."""
        newest = max(self.versions, key=lambda one: one.number, default=None)
        return newest if newest and newest.readable else None
