"""季度财务公开: what came in, what went out, who signed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, ClassVar

from portal.domain.calendar import period_end
from portal.domain.documents.about import About, Part
from portal.domain.documents.base import Document, Kind
from portal.domain.documents.delegation import ExpenseType, Payer
from portal.domain.values import Choice, Count, Day, Fen, Line, Lines, Period, Prose, read_period, show_period


class StatementType(Choice):
    """公开类型."""

    QUARTERLY = "quarterly", "季度财务收支"
    MONTHLY = "monthly", "月度财务收支（村务）"
    BUDGET = "budget", "年度预算"
    FINAL_ACCOUNTS = "final_accounts", "年度决算"


class PublicFund(Choice):
    """三公经费 and the township's three expenses, by line."""

    OVERSEAS_TRAVEL = "overseas_travel", "因公出国（境）费"
    VEHICLE_PURCHASE = "vehicle_purchase", "公务用车购置费"
    VEHICLE_OPERATION = "vehicle_operation", "公务用车运行维护费"
    OFFICIAL_RECEPTION = "official_reception", "公务接待费"
    INVESTMENT_PROMOTION = "investment_promotion", "招商引资费"


class Table(Choice):
    """The tables that must be shown even when empty."""

    INCOME = "income", "收入"
    EXPENSE = "expense", "支出"
    PUBLIC_FUNDS = "public_funds", "三公经费"
    SPECIAL_FUNDS = "special_funds", "专项资金"
    PROCUREMENT = "procurement", "政府采购"
    PAYMENTS = "payments", "大额支出"


class Money(Part):
    """One line of income or expense. `level` 1 is a total of the level-2 lines that follow it."""

    item: Annotated[Line, About("项目", aliases=("科目", "开支项目"))]
    level: Annotated[Count, About("层级", help="1 为大类，2 为明细。")] = 1
    budget: Annotated[Fen | None, About("全年预算")] = None
    amount: Annotated[Fen, About("本期金额", aliases=("金额", "本季金额"))]
    cumulative: Annotated[Fen | None, About("本年累计")] = None
    last_year: Annotated[Fen | None, About("上年同期")] = None
    source: Annotated[Line | None, About("资金来源")] = None
    explanation: Annotated[Prose | None, About("增减说明")] = None


class FundLine(Part):
    """One line of 三公经费 or of the township's three expenses."""

    fund: Annotated[PublicFund, About("经费类别", aliases=("项目",))]
    budget: Annotated[Fen | None, About("全年预算")] = None
    amount: Annotated[Fen, About("本期金额")]
    cumulative: Annotated[Fen | None, About("本年累计")] = None
    last_year: Annotated[Fen | None, About("上年同期")] = None
    times: Annotated[Count | None, About("批次或辆数")] = None
    people: Annotated[Count | None, About("人次")] = None
    explanation: Annotated[Prose | None, About("说明")] = None


class SpecialFund(Part):
    """专项资金."""

    name: Annotated[Line, About("专项名称")]
    source: Annotated[Line | None, About("资金来源")] = None
    received: Annotated[Fen, About("到账金额")]
    used: Annotated[Fen, About("已使用金额")]
    purpose: Annotated[Line | None, About("用途")] = None
    decision: Annotated[Line | None, About("决策记录编号", picks="decision")] = None


class Payment(Part):
    """大额支出 or sampled voucher: who handled it, who checked it, who approved it."""

    paid_on: Annotated[Day, About("支付日期")]
    purpose: Annotated[Line, About("支出事由")]
    payee: Annotated[Line | None, About("收款单位")] = None
    domain: Annotated[Line | None, About("分管事项", picks="domain")] = None
    expense_type: Annotated[ExpenseType, About("支出类型")] = ExpenseType.ANY
    amount: Annotated[Fen, About("金额")]
    handler: Annotated[Line, About("经办人", picks="member")]
    applies_to: Annotated[Payer, About("经手对象")] = Payer.ANYONE
    witness: Annotated[Line | None, About("证明人或验收人")] = None
    office_reviewer: Annotated[Line | None, About("办公室（财务）审核人")] = None
    approver: Annotated[Line, About("审批人", picks="member")]
    consent: Annotated[Line | None, About("主要负责人同意")] = None
    countersigner: Annotated[Line | None, About("监督会签人", picks="member")] = None
    settled_by: Annotated[Line | None, About("统一处理科室")] = None
    signed_in_person: Annotated[bool | None, About("本人签字")] = None
    collective: Annotated[bool, About("经班子集体研究")] = False
    decision: Annotated[Line | None, About("决策记录编号", picks="decision")] = None
    tender: Annotated[Line | None, About("采购项目编号", picks="tender")] = None
    chain: Annotated[Lines, About("实际审批程序")] = ()


class EmptyTable(Part):
    """空表说明: a table without figures and why it has none."""

    table: Annotated[Table, About("表名")]
    reason: Annotated[Prose, About("原因")]


class VoucherCheck(Part):
    """票据检查: the chief's own look at the vouchers of the quarter."""

    checked_on: Annotated[Day, About("检查日期")]
    checker: Annotated[Line, About("检查人", picks="member")]
    scope: Annotated[Line, About("检查范围")]
    found: Annotated[Prose | None, About("发现问题")] = None
    corrected: Annotated[Prose | None, About("纠正情况")] = None


class DeputyReport(Part):
    """分管工作报告: a deputy's report to the chief and the group."""

    domain: Annotated[Line, About("分管事项", picks="domain")]
    deputy: Annotated[Line, About("报告人", picks="member")]
    reported_on: Annotated[Day, About("报告日期")]
    reported_to: Annotated[Line, About("报告对象")]
    summary: Annotated[Prose, About("报告要点")]


class FinanceDisclosure(Document):
    """季度财务公开 of one unit and one period."""

    kind: ClassVar[Kind] = Kind(
        code="finance",
        label="季度财务公开",
        short="季度财务",
        path="finance",
        purpose="每季度收入、支出、三公经费和大额支出，谁经办、谁审批。",
        order=20,
    )

    period: Annotated[
        Period, About("所属期", example="2026年第三季度", aliases=("季度", "期间"), section="基本情况")
    ]
    statement: Annotated[StatementType, About("公开类型")] = StatementType.QUARTERLY
    nil: Annotated[bool, About("本期无发生额")] = False
    nil_reason: Annotated[Prose | None, About("无发生额原因")] = None
    opening: Annotated[Fen | None, About("期初余额", aliases=("期初结余",), section="收支情况")] = None
    income_total: Annotated[Fen | None, About("收入合计")] = None
    expense_total: Annotated[Fen | None, About("支出合计")] = None
    closing: Annotated[Fen | None, About("期末余额", aliases=("期末结余",))] = None
    income: Annotated[tuple[Money, ...], About("收入明细")] = ()
    expense: Annotated[tuple[Money, ...], About("支出明细")] = ()
    public_funds_total: Annotated[Fen | None, About("三公经费合计", section="三公经费")] = None
    public_funds: Annotated[tuple[FundLine, ...], About("三公经费")] = ()
    township_funds: Annotated[
        tuple[FundLine, ...],
        About("三项费用单列", help="乡镇填写：公车运行、公务接待、招商引资。", section="乡镇三项费用"),
    ] = ()
    township_endorsed_by: Annotated[Line | None, About("三项费用签字背书人", picks="member")] = None
    township_endorsed_on: Annotated[Day | None, About("签字背书日期")] = None
    township_filed_on: Annotated[Day | None, About("三项费用报财政备案日期")] = None
    township_filing_no: Annotated[Line | None, About("三项费用备案号")] = None
    procurement_total: Annotated[Fen | None, About("政府采购支出", section="采购、专项与大额支出")] = None
    special_funds: Annotated[tuple[SpecialFund, ...], About("专项资金")] = ()
    payments: Annotated[tuple[Payment, ...], About("大额支出")] = ()
    empty_tables: Annotated[tuple[EmptyTable, ...], About("空表说明", section="情况说明")] = ()
    voucher_checks: Annotated[tuple[VoucherCheck, ...], About("票据检查", section="票据检查与分管报告")] = ()
    deputy_reports: Annotated[tuple[DeputyReport, ...], About("分管工作报告")] = ()
    explanation: Annotated[Prose | None, About("情况说明", section="情况说明")] = None
    unit_head: Annotated[
        Line | None, About("单位负责人", source="会计法第二十一条", section="签字负责", picks="member")
    ] = None
    finance_head: Annotated[
        Line | None, About("主管会计工作负责人", source="会计法第二十一条", picks="member")
    ] = None
    accounting_head: Annotated[Line | None, About("会计机构负责人", source="会计法第二十一条")] = None
    village_supervisor: Annotated[Line | None, About("村务监督委员会签字人")] = None
    approved_on: Annotated[
        Day | None, About("预决算批准或批复日期", source="预算法第十四条", section="批准与公开")
    ] = None
    opened_on: Annotated[Day | None, About("公开起始日期")] = None
    opened_until: Annotated[Day | None, About("公开截止日期")] = None
    feedback: Annotated[Line | None, About("意见反馈渠道")] = None

    @classmethod
    def default_title(cls, _data: dict[str, Any]) -> str | None:
        """Name the disclosure by its period."""
        return f"{show_period(read_period(str(_data['period'])))}财务公开"

    def natural_key(self) -> str:
        """One disclosure for each type and period."""
        return (
            self.period
            if self.statement == StatementType.QUARTERLY
            else f"{self.statement.value}:{self.period}"
        )

    def is_quarterly(self) -> bool:
        """Tell whether it accounts for one quarter, as its type and its period both say."""
        return self.statement == StatementType.QUARTERLY and "Q" in self.period

    def binding_day(self) -> date:
        """The rules of the period's last day bind it."""
        return period_end(self.period)

    def year(self) -> int:
        """File under the year of the period."""
        return int(self.period[:4])

    def slug(self) -> str:
        """Use the period: it is ASCII by its own pattern."""
        return (
            self.period
            if self.statement == StatementType.QUARTERLY
            else f"{self.period}-{self.statement.value.replace('_', '-')}"
        )

    def headline_amount(self) -> int | None:
        """Show what was spent."""
        return self.expense_total
