"""制度文件: the rule texts themselves, as structured, readable text."""

from __future__ import annotations

from typing import Annotated, ClassVar

from portal.domain.documents.about import About, Part
from portal.domain.documents.base import Document, Kind
from portal.domain.values import Choice, Count, Day, Line, Prose


class BlockType(Choice):
    """What a block of text is."""

    HEADING = "heading", "标题"
    PARAGRAPH = "paragraph", "正文"
    ANNEX = "annex", "附件标题"
    SALUTATION = "salutation", "主送机关"
    SIGNATURE = "signature", "落款"


class Area(Choice):
    """六个健全: which supporting rule the text is (Erqi)."""

    DIVISION = "division", "细化分工负责制度"
    REPORTING = "reporting", "定期报告制度"
    ROTATION = "rotation", "定期轮换制度"
    COLLECTIVE = "collective", "集体决策制度"
    MAJOR_MATTERS = "major_matters", "重大事项决策制度"
    SPEAK_LAST = "speak_last", "末位表态制度"
    FINANCE = "finance", "财务管理制度"
    PERSONNEL = "personnel", "人事管理制度"
    PROCUREMENT = "procurement", "采购管理制度"
    CONSTRUCTION = "construction", "工程管理制度"
    APPROVAL = "approval", "行政审批制度"
    GENERAL = "general", "综合"


class Block(Part):
    """One heading or paragraph, in reading order. `level` counts headings: 1 一、 2 （一） 3 1．"""

    type: Annotated[BlockType, About("类型")] = BlockType.PARAGRAPH
    level: Annotated[Count, About("层级")] = 0
    number: Annotated[Line | None, About("序号", example="一")] = None
    text: Annotated[Prose, About("内容")]


class Regulation(Document):
    """制度文件."""

    kind: ClassVar[Kind] = Kind(
        code="regulation",
        label="制度文件",
        short="制度文件",
        path="regulations",
        purpose="规定这些权力怎样分、怎样用、怎样公开的文件原文。",
        order=50,
    )

    issuer: Annotated[
        Line | None, About("发文机关", aliases=("制定机关", "发布机构"), section="基本情况")
    ] = None
    co_issuers: Annotated[Line | None, About("联合发文机关")] = None
    area: Annotated[Area, About("制度类别")] = Area.GENERAL
    effective_from: Annotated[Day | None, About("施行日期")] = None
    effective_to: Annotated[Day | None, About("失效日期")] = None
    supersedes: Annotated[Line | None, About("废止的文件")] = None
    provenance: Annotated[
        Line | None, About("文本来源", help="从何处取得，原文是否完整。", section="文本来源")
    ] = None
    incomplete: Annotated[bool, About("文本不完整")] = False
    blocks: Annotated[tuple[Block, ...], About("正文", section="正文")]

    def year(self) -> int | None:
        """File under the year of issue."""
        day = self.issued_on or self.effective_from
        return day.year if day else None
