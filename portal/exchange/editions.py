"""What the open formats need to know of one published version, whatever it is written as."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from portal.domain.documents.base import Document, Kind
from portal.domain.documents.declaration import Field
from portal.domain.values import Type
from portal.exchange.sheets.layout import Slot, value_of

SHANGHAI = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Edition:
    """One readable public version of one record.

    `unit_name` is the unit's name when it published; `url` is the address of
    the record's page, blank where the site has no address of its own; `sample`
    marks made-up data, so that no file of it can be taken for real.
    """

    area_name: str
    unit: str  # The unit's code in addresses.
    unit_name: str
    index_no: str
    number: int
    published_at: datetime
    reason: str
    digest: str
    document: Document
    url: str = ""
    sample: bool = False

    @property
    def kind(self) -> Kind:
        """The kind of the document."""
        return type(self.document).kind

    @property
    def published_on(self) -> date:
        """The day of publication in China."""
        return self.published_at.astimezone(SHANGHAI).date()


@dataclass(frozen=True)
class Lead:
    """One fact about the version that stands before the document's own fields."""

    name: str
    label: str
    type: Type
    help: str
    required: bool = True


INDEX_NO, VERSION = "索引号", "版本"
LEADS = (
    Lead("index_no", INDEX_NO, Type.LINE, "记录的编号，在本地区内不重复。"),
    Lead("version", VERSION, Type.COUNT, "第几版；每更正一次加 1。"),
    Lead("area", "所属地区", Type.LINE, "公开信息所属的地区。"),
    Lead("unit", "发布机构", Type.LINE, "发布时的单位名称。"),
    Lead("unit_id", "单位代码", Type.LINE, "单位在网址中的代码；单位改名后不变。"),
    Lead("published_on", "发布日期", Type.DAY, "本版发布的日期（北京时间）。"),
    Lead("reason", "本版说明", Type.LINE, "首次发布或更正的理由。", required=False),
    Lead("url", "网址", Type.LINE, "本条记录的网页；平台没有配置网址时为空。", required=False),
    Lead("digest", "内容指纹", Type.LINE, "随机盐与内容一起算出的 SHA-256，用来核对内容没有改动。"),
    Lead(
        "nature", "数据性质", Type.LINE, "写有“示例数据”的不反映任何真实单位；正式数据为空。", required=False
    ),
)
# The record's number stands among the leads: the document's own field is blank where the system gave it.
_OWN_INDEX_NO = ("index_no",)


def lead_values(edition: Edition) -> tuple[Any, ...]:
    """Return the values of `LEADS`, in their order."""
    return (
        edition.index_no,
        edition.number,
        edition.area_name,
        edition.unit_name,
        edition.unit,
        edition.published_on,
        edition.reason or None,
        edition.url or None,
        edition.digest,
        "示例数据" if edition.sample else None,
    )


def own_fields(fields: tuple[Field, ...]) -> tuple[Field, ...]:
    """Return a document's single fields without the one that the leads already say."""
    return tuple(one for one in fields if one.path != _OWN_INDEX_NO)


def header(field: Field) -> str:
    """Return the field's header in every table, with the unit of money."""
    return Slot(field).header


__all__ = [
    "INDEX_NO",
    "LEADS",
    "VERSION",
    "Edition",
    "Lead",
    "header",
    "lead_values",
    "own_fields",
    "value_of",
]
