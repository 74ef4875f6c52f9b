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


def guess_type(name: str) -> str:
    """Return the likely type of a body from the last characters of its name; a person can change it later."""
    for endings, type_ in (
        (("镇", "乡", "街道", "街道办事处", "镇人民政府"), UnitType.TOWNSHIP),
        (("村", "社区", "村民委员会"), UnitType.VILLAGE),
        (
            ("大学", "学院", "学校", "医院", "中心", "研究所", "研究院", "馆", "站"),
            UnitType.INSTITUTION,
        ),
        (("厅", "局", "委员会", "办公室", "部", "厅机关", "监狱"), UnitType.BUREAU),
    ):
        if name.split("(")[0].split("（")[0].endswith(endings):
            return type_.value
    return UnitType.OTHER.value
