"""采购与招标: one project from its intent to its contract (财库〔2020〕10号).

One project is one record; every stage that becomes known is published as the
record's next version, so that the page of a project always tells its whole story.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar

from portal.domain.documents.about import About, Part
from portal.domain.documents.base import Document, Kind
from portal.domain.values import Choice, Count, Day, Fen, Line, Month, Prose, Ratio, Uscc, fold


class Method(Choice):
    """采购方式."""

    OPEN_TENDER = "open_tender", "公开招标"
    INVITED_TENDER = "invited_tender", "邀请招标"
    NEGOTIATION = "negotiation", "竞争性谈判"
    CONSULTATION = "consultation", "竞争性磋商"
    INQUIRY = "inquiry", "询价"
    SOLE_SOURCE = "sole_source", "单一来源"
    FRAMEWORK = "framework", "框架协议"
    DIRECT = "direct", "自行采购"


class Subject(Choice):
    """采购对象."""

    WORKS = "works", "工程"
    GOODS = "goods", "货物"
    SERVICES = "services", "服务"


class Venue(Choice):
    """交易场所."""

    COUNTY_CENTRE = "trading_center", "县级公共资源交易中心"
    TOWNSHIP_CENTRE = "township_assets_center", "镇三资管理中心"
    OWN = "own", "单位自行组织"
    ONLINE = "online", "网上商城"


class Outcome(Choice):
    """投标结果."""

    WON = "won", "中标（成交）"
    CANDIDATE = "candidate", "候选人"
    LOST = "lost", "未中标"
    REJECTED = "rejected", "否决"
    WITHDRAWN = "withdrawn", "撤回"


class Stage(Choice):
    """项目阶段, in order; the last is no step, but the end of a project that found no supplier."""

    INTENT = "intent", "采购意向"
    NOTICE = "notice", "招标（采购）公告"
    RESULT = "result", "中标（成交）结果"
    CONTRACT = "contract", "合同"
    ACCEPTED = "accepted", "验收"
    FAILED = "failed", "流标、废标或终止"


class FailureKind(Choice):
    """How a procurement ended without a supplier."""

    TOO_FEW = "too_few", "流标"
    VOID = "void", "废标"
    TERMINATED = "terminated", "终止"


class ObjectionKind(Choice):
    """异议种类."""

    OBJECTION = "objection", "异议"
    QUERY = "query", "质疑"
    COMPLAINT = "complaint", "投诉"


class Intent(Part):
    """采购意向 (财库〔2020〕10号)."""

    summary: Annotated[Prose | None, About("采购需求概况", aliases=("需求概况",))] = None
    budget: Annotated[
        Fen | None,
        About(
            "预算金额",
            source="财库〔2020〕10号",
            aliases=("采购预算",),
            wan_aliases=("金额", "预算金额(万元)", "预算"),
        ),
    ] = None
    expected_month: Annotated[
        Month | None,
        About(
            "预计采购时间",
            help="填写到月。",
            example="2026年7月",
            aliases=("预计时间", "预计采购时间(填写到月)"),
        ),
    ] = None
    sme_reserved: Annotated[bool | None, About("面向中小企业预留", aliases=("拟面向中小企业预留",))] = None
    published_on: Annotated[Day | None, About("意向公开日期")] = None
    link: Annotated[Line | None, About("原公告链接", aliases=("link", "链接", "原文链接"))] = None


class Notice(Part):
    """招标（采购）公告."""

    issued_on: Annotated[Day, About("公告日期")]
    documents_from: Annotated[Day | None, About("文件发售起始")] = None
    documents_until: Annotated[Day | None, About("文件发售截止")] = None
    bids_due: Annotated[Day | None, About("投标截止日期")] = None
    opened_on: Annotated[Day | None, About("开标日期")] = None
    media: Annotated[Line | None, About("公告媒体")] = None
    venue: Annotated[Venue | None, About("交易场所")] = None
    ceiling: Annotated[Fen | None, About("最高限价")] = None


class Clarification(Part):
    """澄清或修改."""

    issued_on: Annotated[Day, About("发布日期")]
    content: Annotated[Prose, About("内容")]
    new_due: Annotated[Day | None, About("顺延后的投标截止日期")] = None


class SoleSource(Part):
    """单一来源公示."""

    reason: Annotated[Prose, About("单一来源理由")]
    posted_on: Annotated[Day, About("公示起始")]
    posted_until: Annotated[Day, About("公示截止")]


class Bidder(Part):
    """投标人."""

    rank: Annotated[Count | None, About("名次")] = None
    name: Annotated[Line, About("投标人", aliases=("供应商", "单位名称"))]
    uscc: Annotated[Uscc | None, About("统一社会信用代码")] = None
    price: Annotated[Fen | None, About("报价")] = None
    business_score: Annotated[Ratio | None, About("商务分")] = None
    technical_score: Annotated[Ratio | None, About("技术分")] = None
    total_score: Annotated[Ratio | None, About("总分")] = None
    quality: Annotated[Line | None, About("质量承诺")] = None
    term: Annotated[Line | None, About("工期或交货期")] = None
    lead: Annotated[Line | None, About("项目负责人")] = None
    certificate: Annotated[Line | None, About("负责人证书")] = None
    qualification: Annotated[Line | None, About("资格响应情况")] = None
    outcome: Annotated[Outcome | None, About("结果")] = None
    reason: Annotated[Line | None, About("否决理由")] = None


class Candidacy(Part):
    """中标候选人公示."""

    report_on: Annotated[Day | None, About("收到评标报告日期")] = None
    posted_on: Annotated[Day | None, About("候选人公示起始")] = None
    posted_until: Annotated[Day | None, About("候选人公示截止")] = None
    objection_channel: Annotated[Line | None, About("提出异议的渠道")] = None


class Objection(Part):
    """异议、质疑、投诉."""

    kind: Annotated[ObjectionKind, About("种类")] = ObjectionKind.OBJECTION
    raised_on: Annotated[Day, About("提出日期")]
    content: Annotated[Prose, About("内容")]
    suspended: Annotated[bool, About("已暂停活动")] = False
    answered_on: Annotated[Day | None, About("答复日期")] = None
    answer: Annotated[Prose | None, About("答复")] = None


class Failure(Part):
    """流标、废标或终止: the last call ended without a supplier, and why (政府采购法第三十六条、第三十七条).

    Earlier calls that failed stand in the record's earlier versions.
    """

    kind: Annotated[FailureKind, About("未成交情形")]
    decided_on: Annotated[Day, About("未成交确定日期")]
    reason: Annotated[
        Prose,
        About(
            "未成交原因",
            source="政府采购法第三十六条；招标投标法第二十八条",
            example="递交投标文件的供应商只有两家，不足三家",
        ),
    ]
    announced_on: Annotated[Day | None, About("未成交公告日期")] = None
    next_step: Annotated[Line | None, About("未成交后的安排", example="重新招标")] = None


class Award(Part):
    """中标（成交）结果."""

    determined_on: Annotated[Day, About("确定供应商日期")]
    notified_on: Annotated[Day | None, About("发出中标通知书日期")] = None
    announced_on: Annotated[Day | None, About("结果公告日期")] = None
    supplier: Annotated[Line, About("中标（成交）供应商", aliases=("中标人", "成交供应商"))]
    uscc: Annotated[Uscc | None, About("供应商统一社会信用代码")] = None
    address: Annotated[Line | None, About("供应商地址")] = None
    amount: Annotated[Fen, About("中标（成交）金额")]
    report_filed_on: Annotated[Day | None, About("招投标情况报告日期")] = None


class AwardItem(Part):
    """中标（成交）标的."""

    name: Annotated[Line, About("标的名称")]
    specification: Annotated[Line | None, About("规格型号")] = None
    quantity: Annotated[Line | None, About("数量")] = None
    unit_price: Annotated[Fen | None, About("单价")] = None
    service: Annotated[Line | None, About("服务要求")] = None


class Expert(Part):
    """评审专家."""

    name: Annotated[Line, About("专家姓名")]
    office: Annotated[Line | None, About("专家来源")] = None


class Contract(Part):
    """合同."""

    no: Annotated[Line | None, About("合同编号")] = None
    signed_on: Annotated[Day, About("合同签订日期")]
    amount: Annotated[Fen, About("合同金额")]
    announced_on: Annotated[Day | None, About("合同公告日期")] = None
    filed_on: Annotated[Day | None, About("合同备案日期")] = None
    starts_on: Annotated[Day | None, About("开工或起始日期")] = None
    ends_on: Annotated[Day | None, About("完工或终止日期")] = None
    bond: Annotated[Fen | None, About("履约保证金")] = None
    terms: Annotated[Prose | None, About("主要条款")] = None


class Variation(Part):
    """变更签证."""

    agreed_on: Annotated[Day, About("变更日期")]
    amount: Annotated[Fen, About("变更金额")]
    reason: Annotated[Prose, About("变更原因")]
    decision: Annotated[Line | None, About("决策记录编号", picks="decision")] = None


class Acceptance(Part):
    """验收."""

    accepted_on: Annotated[Day, About("验收日期")]
    result: Annotated[Line, About("验收结论")]
    final_amount: Annotated[Fen | None, About("结算金额")] = None
    acceptors: Annotated[Line | None, About("验收人")] = None


class Tender(Document):
    """采购招标项目."""

    kind: ClassVar[Kind] = Kind(
        code="tender",
        staged=True,
        label="采购招标",
        short="采购招标",
        path="tenders",
        purpose="一个项目从采购意向、公告、结果到合同的全过程。",
        order=30,
    )

    title: Annotated[Line, About("项目名称", aliases=("采购项目名称", "标题", "名称"), section="项目")]
    project_no: Annotated[
        Line | None, About("项目编号", aliases=("采购项目编号", "招标编号"), section="项目")
    ] = None
    parent_project: Annotated[
        Line | None, About("所属总项目", help="同一项目分标段、分批采购时填写总项目名称。")
    ] = None
    subject: Annotated[Subject | None, About("采购对象")] = None
    method: Annotated[Method | None, About("采购方式")] = None
    method_reason: Annotated[
        Prose | None,
        About(
            "不公开招标的理由和依据",
            help="采用邀请招标、单一来源等方式的，写明符合哪一条规定的哪种情形，以及事实。",
            source="招标投标法实施条例第八条；政府采购法第二十九条至第三十二条",
        ),
    ] = None
    compulsory: Annotated[bool | None, About("依法必须招标")] = None
    in_catalogue: Annotated[bool | None, About("列入集中采购目录")] = None
    catalogue_item: Annotated[Line | None, About("采购品目", aliases=("品目",))] = None
    fiscal_year: Annotated[Count | None, About("预算年度")] = None
    region: Annotated[Line | None, About("地区", aliases=("地市",))] = None
    domain: Annotated[Line | None, About("分管事项", section="内部程序", picks="domain")] = None
    deputy: Annotated[Line | None, About("分管领导", picks="member")] = None
    applicant: Annotated[Line | None, About("采购计划提出科室")] = None
    chief_consent: Annotated[Line | None, About("主要负责人同意情况")] = None
    decision: Annotated[Line | None, About("决策记录编号", picks="decision")] = None
    purchaser_contact: Annotated[Line | None, About("采购人联系方式", section="联系方式")] = None
    purchaser_address: Annotated[Line | None, About("采购人地址")] = None
    agency: Annotated[Line | None, About("代理机构")] = None
    agency_contact: Annotated[Line | None, About("代理机构联系方式")] = None
    starts_on: Annotated[Day | None, About("采购活动开始日期", section="项目")] = None
    intent: Annotated[Intent | None, About("采购意向", section="采购意向")] = None
    notice: Annotated[Notice | None, About("招标（采购）公告", section="公告与澄清")] = None
    clarifications: Annotated[tuple[Clarification, ...], About("澄清修改")] = ()
    sole_source: Annotated[SoleSource | None, About("单一来源公示", section="单一来源公示")] = None
    bidders: Annotated[tuple[Bidder, ...], About("投标人", section="投标与评审")] = ()
    candidacy: Annotated[Candidacy | None, About("中标候选人公示")] = None
    objections: Annotated[tuple[Objection, ...], About("异议与投诉")] = ()
    failure: Annotated[Failure | None, About("流标、废标或终止", section="流标、废标或终止")] = None
    experts: Annotated[tuple[Expert, ...], About("评审专家", section="投标与评审")] = ()
    award: Annotated[Award | None, About("中标（成交）结果", section="中标（成交）结果")] = None
    award_items: Annotated[tuple[AwardItem, ...], About("中标（成交）标的")] = ()
    contract: Annotated[Contract | None, About("合同", section="合同与变更")] = None
    variations: Annotated[tuple[Variation, ...], About("变更签证")] = ()
    acceptance: Annotated[Acceptance | None, About("验收", section="验收")] = None
    retained_until: Annotated[Day | None, About("采购文件保存至", source="政府采购法第四十二条")] = None

    def stage(self) -> Stage:
        """Return the furthest stage that the record tells about."""
        if self.acceptance:
            return Stage.ACCEPTED
        if self.contract:
            return Stage.CONTRACT
        if self.award:
            return Stage.RESULT
        if self.failed():
            return Stage.FAILED
        return Stage.NOTICE if self.notice else Stage.INTENT

    def failed(self) -> Failure | None:
        """Return how the call failed, unless it has been repeated or a supplier was found since."""
        failure, notice = self.failure, self.notice
        repeated = failure and notice and notice.issued_on > failure.decided_on
        return None if repeated or self.award or self.contract or self.acceptance else failure

    def binding_day(self) -> date | None:
        """The rules of the project's first dated public step bind it, where a rule has no day of its own."""
        dated = (
            self.intent.published_on if self.intent else None,
            self.notice.issued_on if self.notice else None,
            self.award.determined_on if self.award else None,
            self.contract.signed_on if self.contract else None,
        )
        return next((one for one in dated if one), None) or super().binding_day()

    def natural_key(self) -> str:
        """A project is told by its number, else by its name and the month or year for which it was planned."""
        if self.project_no:
            return fold(self.project_no)
        when = self.intent.expected_month if self.intent and self.intent.expected_month else None
        return f"{self.title}|{when or self.fiscal_year or ''}"

    def year(self) -> int | None:
        """File under the budget year, else the year of the first dated stage."""
        if self.fiscal_year:
            return self.fiscal_year
        if self.intent and self.intent.expected_month:
            return int(self.intent.expected_month[:4])
        dated = (
            self.notice.issued_on
            if self.notice
            else self.award.determined_on
            if self.award
            else self.issued_on
        )
        return dated.year if dated else None

    def headline_amount(self) -> int | None:
        """Show the contract, else the award, the ceiling, or the budget."""
        if self.contract:
            return self.contract.amount
        if self.award:
            return self.award.amount
        if self.notice and self.notice.ceiling is not None:
            return self.notice.ceiling
        return self.intent.budget if self.intent else None
