"""What the rules need to know of a unit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from portal.domain.values import Choice


class UnitType(Choice):
    """单位类型."""

    BUREAU = "bureau", "部门"
    TOWNSHIP = "township", "镇（街道）"
    VILLAGE = "village", "村（社区）"
    INSTITUTION = "institution", "事业单位"
    ENTERPRISE = "enterprise", "国有企业"
    COMMISSION = "commission", "纪委监委"
    OTHER = "other", "其他"


@dataclass(frozen=True)
class UnitFacts:
    """One unit as the rules see it."""

    name: str
    type: UnitType = UnitType.BUREAU
    slug: str = ""
    founded_on: date | None = None
    abolished_on: date | None = None


class AnyUnit(Protocol):
    """A unit as the database or the site's snapshot knows it; its type is free text there."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def slug(self) -> str: ...
    @property
    def founded_on(self) -> date | None: ...
    @property
    def abolished_on(self) -> date | None: ...


def facts_of(unit: AnyUnit) -> UnitFacts:
    """Return what the rules need to know of a unit; a type that they do not know counts as 其他."""
    try:
        kind = UnitType(unit.type)
    except ValueError:
        kind = UnitType.OTHER
    return UnitFacts(unit.name, kind, unit.slug, unit.founded_on, unit.abolished_on)
