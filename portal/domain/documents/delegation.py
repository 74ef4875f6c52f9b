"""授权分工方案: who holds which power, since when, up to which amount."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar

from portal.domain.documents.about import About, Part
from portal.domain.documents.base import Document, Kind
from portal.domain.values import Choice, Day, Fen, Line, Lines, Prose


class Role(Choice):
    """班子成员身份."""

    DEPUTY = "deputy", "副职"
    CHIEF = "chief", "正职"
    DISCIPLINE_HEAD = "discipline_head", "纪检负责人"
    OTHER_MEMBER = "other_member", "其他班子成员"


class ExpenseType(Choice):
    """支出类型."""

    ANY = "any", "全部支出"
    OFFICE = "office", "日常办公"
    OPERATIONS = "operations", "业务专项"
    SALARY = "salary", "工资津补贴"
    LARGE = "large", "大额"
    PROJECT = "project", "项目"
    PROCUREMENT = "procurement", "采购"
    WORKS = "works", "工程"


class Approver(Choice):
    """审批人 of a band: the person or body whose word decides."""

    OFFICE = "office", "办公室（财务）"
    DEPUTY = "deputy", "分管副职"
    DEPUTY_WITH_CONSENT = "deputy_with_consent", "分管副职报主要负责人同意后审批"
    CHIEF = "chief", "主要负责人"
    COLLECTIVE = "collective", "班子集体研究"


class Payer(Choice):
    """适用对象 of a band: whose expense it is."""

    ANYONE = "anyone", "一般支出"
    DEPUTY_OWN = "deputy_own", "分管领导本人经手"
    CHIEF_OWN = "chief_own", "主要负责人本人经手"


class Chief(Part):
    """党政正职, or who acts for one: holds none of the restricted domains."""

    name: Annotated[Line, About("姓名", picks="member")]
    post: Annotated[Line, About("职务")]
    acting: Annotated[bool, About("是否主持工作（代行正职）")] = False
    acting_since: Annotated[Day | None, About("主持工作起始日期")] = None
    duty: Annotated[Line, About("职责")] = "总负责，不直接分管"


class Assignment(Part):
    """One domain and the deputy who holds it."""

    domain: Annotated[
        Line,
        About(
            "分管事项",
            help="填写本地区规定的事项名称，例如“财务”。",
            aliases=("分管领域", "工作"),
            picks="domain",
        ),
    ]
    deputy: Annotated[Line, About("分管副职", aliases=("分管领导", "姓名"), picks="member")]
    post: Annotated[Line, About("职务")]
    role: Annotated[Role, About("身份")] = Role.DEPUTY
    substitute: Annotated[Line | None, About("B角", picks="member")] = None
    substitute_post: Annotated[Line | None, About("B角职务")] = None
    office: Annotated[Line | None, About("责任科室")] = None
    scope: Annotated[Prose | None, About("权限范围")] = None
    limit: Annotated[Fen | None, About("单笔签批上限", help="留空表示不设金额。", aliases=("签批权限",))] = (
        None
    )
    above_limit: Annotated[Line | None, About("超出上限的办法")] = None
    held_since: Annotated[Day, About("分管起始日期")]
    rotation_due: Annotated[Day | None, About("应轮换日期")] = None
    reporting: Annotated[Line | None, About("报告义务", help="例如：每季度向主要负责人和班子会报告。")] = None
    consent_record: Annotated[Line | None, About("例外同意文号", help="纪检负责人分管时须有。")] = None


class SignOffBand(Part):
    """签批权限: one amount band of one domain, half-open [lower, upper)."""

    domain: Annotated[Line, About("分管事项", picks="domain")]
    expense_type: Annotated[ExpenseType, About("支出类型")] = ExpenseType.ANY
    applies_to: Annotated[Payer, About("适用对象")] = Payer.ANYONE
    lower: Annotated[Fen, About("金额下限（含）")]
    upper: Annotated[Fen | None, About("金额上限（不含）", help="留空表示不封顶。")] = None
    approver: Annotated[Approver, About("审批人")]
    chain: Annotated[
        Lines, About("审批程序", help="按先后填写，用→分隔。", example="经办人→办公室审核→分管副职审批")
    ]
    needs_collective: Annotated[bool, About("须班子集体研究")] = False
    needs_chief_consent: Annotated[bool, About("须报主要负责人同意")] = False
    filed_with: Annotated[Line | None, About("报备机关")] = None
    effective_from: Annotated[Day | None, About("执行日期")] = None


class DelegationPlan(Document):
    """授权分工方案 of one unit."""

    kind: ClassVar[Kind] = Kind(
        code="delegation",
        label="授权分工方案",
        short="分工方案",
        path="delegation",
        purpose="各项权力分别由哪位副职分管、签批权限多大、从何时起。",
        order=10,
    )

    adopted_on: Annotated[Day, About("集体研究日期", section="基本情况")]
    adopted_by: Annotated[Line | None, About("研究决定的会议")] = None
    adopting_decision: Annotated[
        Line | None, About("决策记录编号", help="通过本方案的集体决策记录。", picks="decision")
    ] = None
    effective_from: Annotated[Day, About("执行日期", aliases=("生效日期",))]
    effective_to: Annotated[Day | None, About("终止日期")] = None
    chiefs: Annotated[tuple[Chief, ...], About("党政正职", section="党政正职")]
    assignments: Annotated[tuple[Assignment, ...], About("分管事项", section="分管事项")]
    bands: Annotated[tuple[SignOffBand, ...], About("签批权限表", section="签批权限")] = ()
    filed_on: Annotated[Day | None, About("向纪委备案日期", section="备案")] = None
    filing_no: Annotated[Line | None, About("备案号")] = None
    limits_filed_on: Annotated[Day | None, About("签批权限报财政备案日期")] = None
    limits_filing_no: Annotated[Line | None, About("财政备案号")] = None
    finance_assistant: Annotated[
        Line | None, About("协助财务审核的班子成员", section="其他安排", picks="member")
    ] = None
    finance_assistant_post: Annotated[Line | None, About("协助财务审核成员职务")] = None
    previous_plan: Annotated[Line | None, About("上一方案索引号", picks="plan")] = None
    change_reason: Annotated[Prose | None, About("调整原因")] = None
    negative_list: Annotated[Lines, About("主要负责人负面清单", help="一行一条。")] = ()
    exemption_reason: Annotated[
        Prose | None, About("不适用原因", help="副职人数不足等不适用情形。", section="不适用情形")
    ] = None
    exemption_approver: Annotated[Line | None, About("不适用批准机关")] = None
    exemption_until: Annotated[Day | None, About("不适用截止日期")] = None
    supervision_phone: Annotated[Line | None, About("监督电话", section="其他安排")] = None

    @classmethod
    def default_title(cls, _data: dict[str, Any]) -> str | None:
        """Name the plan by the year from which it runs."""
        return f"班子成员分工方案（{str(_data['effective_from'])[:4]}年）"

    def natural_key(self) -> str:
        """A plan is told by its document number, else by the day from which it runs."""
        return self.doc_no or self.effective_from.isoformat()

    def binding_day(self) -> date:
        """The rules of the day from which the plan runs bind it."""
        return self.effective_from

    def year(self) -> int:
        """File under the year from which the plan runs."""
        return self.effective_from.year
