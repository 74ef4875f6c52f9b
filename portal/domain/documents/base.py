"""What every disclosure has: the directory elements, the openness decision, the registry of kinds."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator, model_validator

from portal.domain.documents.about import About, Part
from portal.domain.documents.attachment import MOST, Attachment
from portal.domain.values import Choice, Day, Line, Prose

# Parts of a form that every kind has; whoever writes meets them last.
DIRECTORY = "目录要素"
REVIEW = "公开属性与公开审查"
EXPLAINING = "公开说明与备注"


class Audience(Choice):
    """公开范围: who may read a version."""

    PUBLIC = "public", "社会公开"
    STAFF = "staff", "本单位职工"
    LEADERSHIP_GROUP = "leadership_group", "班子成员"
    COMMISSION = "commission", "纪委监委"


class Openness(Choice):
    """公开属性 (政府信息公开条例 13, 17)."""

    PROACTIVE = "proactive", "主动公开"
    ON_REQUEST = "on_request", "依申请公开"
    WITHHELD = "withheld", "不予公开"


class Validity(Choice):
    """有效性."""

    IN_FORCE = "in_force", "有效"
    EXPIRED = "expired", "失效"
    ABOLISHED = "abolished", "废止"


@dataclass(frozen=True)
class Kind:
    """One kind of disclosure: its code, its names, and where its pages lie.

    `path` is the ASCII folder of its pages, `order` its place among the kinds.
    """

    code: str
    label: str
    short: str
    path: str
    purpose: str
    schema_version: int = 1
    order: int = 100
    staged: bool = False  # A new version usually tells the next stage, and corrects nothing.


class Document(Part):
    """The common head of every disclosure (PUB-02, PUB-06, FIN-07)."""

    kind: ClassVar[Kind]

    title: Annotated[Line, About("标题", aliases=("名称", "文件名称"), section="基本情况")]
    index_no: Annotated[
        Line | None,
        About(
            "索引号",
            help="留空则由系统按“单位代码/年份-序号”编排。",
            source="政府信息公开目录要素",
            section=DIRECTORY,
        ),
    ] = None
    doc_no: Annotated[
        Line | None,
        About(
            "文号",
            help="年份用六角括号〔〕，序号不加“第”、不编虚位。",
            example="示财发〔2026〕7号",
            aliases=("发文字号", "文件编号"),
        ),
    ] = None
    issued_on: Annotated[Day | None, About("成文日期", aliases=("生成日期", "印发日期"))] = None
    abstract: Annotated[Prose | None, About("内容概述", aliases=("概述", "摘要"))] = None
    theme: Annotated[Line | None, About("主题分类")] = None
    genre: Annotated[Line | None, About("体裁分类")] = None
    validity: Annotated[Validity, About("有效性", aliases=("时效性",))] = Validity.IN_FORCE
    audience: Annotated[
        Audience, About("公开范围", help="只有“社会公开”的内容才会出现在公开网站上。", section=REVIEW)
    ] = Audience.PUBLIC
    openness: Annotated[Openness, About("公开属性", source="政府信息公开条例第十七条")] = Openness.PROACTIVE
    openness_basis: Annotated[
        Line | None, About("不予公开或依申请公开的依据", source="政府信息公开条例第十四条至第十六条")
    ] = None
    legal_basis: Annotated[Line | None, About("公开依据")] = None
    formed_on: Annotated[
        Day | None, About("信息形成日期", help="自此日起计算公开时限。", source="政府信息公开条例第二十六条")
    ] = None
    release_reviewer: Annotated[Line | None, About("公开审查人", source="政府信息公开条例第十七条")] = None
    release_reviewed_on: Annotated[Day | None, About("公开审查日期")] = None
    secrecy_reviewer: Annotated[Line | None, About("保密审查人")] = None
    public_explanation: Annotated[
        Prose | None,
        About(
            "公开说明",
            help="内容与规定不一致但仍须公开时，在此向公众说明原因和整改安排。",
            section=EXPLAINING,
        ),
    ] = None
    personal_data_basis: Annotated[
        Line | None, About("公开个人信息的依据", source="个人信息保护法第三十四条", section=REVIEW)
    ] = None
    remark: Annotated[Prose | None, About("备注", section=EXPLAINING)] = None
    attachments: Annotated[
        tuple[Attachment, ...],
        Field(max_length=MOST),
        About("附件", help="随本件一并公开的文件，按内容的 SHA-256 登记。", entered=False),
    ] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        """Enter a new kind into the registry the moment its class exists."""
        if "kind" in cls.__dict__:
            _REGISTRY[cls.kind.code] = cls

    @model_validator(mode="before")
    @classmethod
    def _title_of_its_own(cls, data: Any) -> Any:
        if isinstance(data, dict) and not data.get("title"):
            try:
                made = cls.default_title(data)
            except (KeyError, ValueError, TypeError, IndexError):
                made = None
            if made:
                return {**data, "title": made}
        return data

    @field_validator("attachments")
    @classmethod
    def _each_once(cls, value: tuple[Attachment, ...]) -> tuple[Attachment, ...]:
        if len({one.digest for one in value}) != len(value):
            raise ValueError("同一份附件出现了两次。请只保留一份。")
        return value

    @classmethod
    def default_title(cls, _data: dict[str, Any]) -> str | None:
        """Return the title that follows from other fields, for kinds that have one."""
        return None

    @classmethod
    def names_itself(cls) -> bool:
        """Tell whether the kind makes its own title from other fields, so that none need be filled in."""
        return "default_title" in cls.__dict__

    def natural_key(self) -> str:
        """Return what tells this record from the unit's other records of the kind.

        Two imports with the same key are versions of one record.
        """
        return self.doc_no or self.title

    def year(self) -> int | None:
        """Return the year that the record is filed under."""
        return self.issued_on.year if self.issued_on else None

    def binding_day(self) -> date | None:
        """Return the day whose rules bind the document, or None where it gives none."""
        return self.formed_on or self.issued_on

    def slug(self) -> str | None:
        """Return the record's ASCII address when its own data gives one, else None (a number is given)."""
        return None

    def headline_amount(self) -> int | None:
        """Return the amount, in fen, that a list shows for this record."""
        return None


_REGISTRY: dict[str, type[Document]] = {}


class _Kept:
    """The kinds in display order, as long as no other registers."""

    models: tuple[type[Document], ...] = ()
    in_order: dict[str, type[Document]]


_kept = _Kept()


def kinds() -> dict[str, type[Document]]:
    """Return every kind by code, in display order. A new module beside this one registers itself."""
    _load()
    known = tuple(_REGISTRY.values())
    if known != _kept.models:
        _kept.models = known
        _kept.in_order = dict(sorted(_REGISTRY.items(), key=lambda entry: entry[1].kind.order))
    return _kept.in_order


@cache
def _load() -> None:
    """Import the modules beside this one, once: this is asked for every record."""
    import portal.domain.documents as package

    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")


def kind_of(code: str) -> type[Document]:
    """Return the model of the kind, or raise `ValueError` naming the known ones."""
    known = kinds()
    for model in known.values():
        if code in (model.kind.code, model.kind.label, model.kind.short, model.kind.path):
            return model
    listed = "、".join(f"{model.kind.code}（{model.kind.label}）" for model in known.values())
    raise ValueError(f"没有“{code}”这一类公开内容。可用的类别：{listed}。")
