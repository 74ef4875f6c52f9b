"""政府信息公开工作年度报告: what a unit made public in a year, and how it answered who asked (政府信息公开条例 49, 50)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar

from portal.domain.calendar import period_end
from portal.domain.documents.about import About, Part
from portal.domain.documents.base import Document, Kind
from portal.domain.values import Choice, Count, Fen, Line, Period, Prose, read_period


class Ground(Choice):
    """Why a request was not granted, or was settled otherwise, as the official form lists it."""

    STATE_SECRET = "refused_secret", "不予公开：属于国家秘密"
    FORBIDDEN = "refused_forbidden", "不予公开：其他法律行政法规禁止公开"
    STABILITY = "refused_stability", "不予公开：危及“三安全一稳定”"
    THIRD_PARTY = "refused_third_party", "不予公开：保护第三方合法权益"
    INTERNAL = "refused_internal", "不予公开：属于三类内部事务信息"
    PROCESS = "refused_process", "不予公开：属于四类过程性信息"
    CASE_FILE = "refused_case_file", "不予公开：属于行政执法案卷"
    INQUIRY = "refused_inquiry", "不予公开：属于行政查询事项"
    NOT_HELD = "unavailable_not_held", "无法提供：本机关不掌握相关政府信息"
    NOT_MADE = "unavailable_not_made", "无法提供：没有现成信息需要另行制作"
    UNCLEAR = "unavailable_unclear", "无法提供：补正后申请内容仍不明确"
    PETITION = "unprocessed_petition", "不予处理：信访举报投诉类申请"
    REPEATED = "unprocessed_repeated", "不予处理：重复申请"
    PUBLICATION = "unprocessed_publication", "不予处理：要求提供公开出版物"
    EXCESSIVE = "unprocessed_excessive", "不予处理：无正当理由大量反复申请"
    CONFIRMATION = "unprocessed_confirmation", "不予处理：要求确认或重新出具已获取信息"
    NOT_COMPLETED = "other_not_completed", "其他处理：逾期不补正"
    NOT_PAID = "other_not_paid", "其他处理：逾期未缴纳信息处理费"
    OTHER = "other_other", "其他处理：其他"


class Activity(Part):
    """主动公开政府信息情况: one line of the official form (条例第二十条)."""

    item: Annotated[Line, About("信息内容", example="行政规范性文件")]
    made: Annotated[Count | None, About("本年制发或处理决定数量")] = None
    abolished: Annotated[Count | None, About("本年废止件数")] = None
    in_force: Annotated[Count | None, About("现行有效件数")] = None
    charged: Annotated[Fen | None, About("本年收费金额")] = None


class Requests(Part):
    """收到和处理政府信息公开申请情况. What came in equals what was settled and what is carried over."""

    received: Annotated[Count | None, About("本年新收")] = None
    carried_in: Annotated[Count | None, About("上年结转")] = None
    granted: Annotated[Count | None, About("予以公开")] = None
    partly: Annotated[Count | None, About("部分公开")] = None
    refused: Annotated[Count | None, About("不予公开")] = None
    unavailable: Annotated[Count | None, About("无法提供")] = None
    unprocessed: Annotated[Count | None, About("不予处理")] = None
    other: Annotated[Count | None, About("其他处理")] = None
    settled: Annotated[Count | None, About("办理结果总计")] = None
    carried_out: Annotated[Count | None, About("结转下年度继续办理")] = None


class Reason(Part):
    """办理结果分项: how many requests ended on one ground."""

    ground: Annotated[Ground, About("情形")]
    count: Annotated[Count, About("件数")]


class Cases(Part):
    """行政复议 or 行政诉讼: how the cases of the year ended."""

    upheld: Annotated[Count | None, About("结果维持")] = None
    corrected: Annotated[Count | None, About("结果纠正")] = None
    other: Annotated[Count | None, About("其他结果")] = None
    pending: Annotated[Count | None, About("尚未审结")] = None
    total: Annotated[Count | None, About("总计")] = None


class AnnualReport(Document):
    """政府信息公开工作年度报告 of one unit and one year."""

    kind: ClassVar[Kind] = Kind(
        code="annual_report",
        label="政府信息公开工作年度报告",
        short="年度报告",
        path="annual",
        purpose="一年里主动公开了什么，群众申请公开了多少、怎样答复，有什么问题、怎样改进。",
        order=60,
    )

    period: Annotated[
        Period,
        About(
            "报告年度",
            help="填写年份，例如 2025年。",
            example="2025年",
            aliases=("年度", "所属年度"),
            section="基本情况",
        ),
    ]
    overview: Annotated[Prose | None, About("总体情况")] = None
    disclosed: Annotated[
        Count | None,
        About("主动公开信息条数", source="政府信息公开条例第五十条（一）", section="主动公开情况"),
    ] = None
    activities: Annotated[tuple[Activity, ...], About("主动公开政府信息情况")] = ()
    requests: Annotated[
        Requests | None,
        About("收到和处理申请", source="政府信息公开条例第五十条（二）", section="依申请公开"),
    ] = None
    reasons: Annotated[tuple[Reason, ...], About("办理结果分项", help="没有发生的情形可以不列。")] = ()
    reviews: Annotated[
        Cases | None, About("行政复议", source="政府信息公开条例第五十条（三）", section="复议与诉讼")
    ] = None
    direct_suits: Annotated[Cases | None, About("未经复议直接起诉")] = None
    suits_after_review: Annotated[Cases | None, About("复议后起诉")] = None
    problems: Annotated[
        Prose | None, About("存在的主要问题", source="政府信息公开条例第五十条（四）", section="问题与改进")
    ] = None
    improvements: Annotated[Prose | None, About("改进情况", source="政府信息公开条例第五十条（四）")] = None
    assessment: Annotated[
        Prose | None,
        About(
            "工作考核、社会评议和责任追究结果",
            help="各级人民政府填写。",
            source="政府信息公开条例第五十条（四）",
        ),
    ] = None
    fees: Annotated[
        Fen | None,
        About(
            "信息处理费", help="没有收取的填 0。", source="政府信息公开条例第四十二条", section="收费与其他"
        ),
    ] = None
    other_matters: Annotated[
        Prose | None, About("其他需要报告的事项", source="政府信息公开条例第五十条（五）")
    ] = None

    @classmethod
    def default_title(cls, data: dict[str, Any]) -> str | None:
        """Name the report by its year."""
        return f"{read_period(str(data['period']))[:4]}年政府信息公开工作年度报告"

    def natural_key(self) -> str:
        """One report for each year."""
        return self.period

    def binding_day(self) -> date:
        """The rules of the year's last day bind it."""
        return period_end(self.period)

    def year(self) -> int:
        """File under the year that it reports on."""
        return int(self.period[:4])

    def slug(self) -> str:
        """Use the year: it is ASCII by its own pattern."""
        return self.period
