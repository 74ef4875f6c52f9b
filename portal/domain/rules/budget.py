"""预决算和村务: what the law itself says of when accounts must be shown, and who watches a village's."""

from __future__ import annotations

from portal.domain.calendar import period_end
from portal.domain.documents.finance import FinanceDisclosure, StatementType
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.deadlines import Deadline, lateness
from portal.domain.rules.dossier import Context
from portal.domain.values import fold, show_period


@rule(
    "FIN-13",
    "预决算批复后按期公开",
    FinanceDisclosure,
    why="一年的钱打算怎么花、实际怎么花，批准以后应当马上让大家看到。",
    terms=Deadline,
    day=lambda one: one.approved_on,
    when=lambda one, _context, _terms: one.statement in (StatementType.BUDGET, StatementType.FINAL_ACCOUNTS),
)
def yearly_accounts_in_time(document: FinanceDisclosure, context: Context, terms: Deadline) -> Sights:
    """预决算公开 (预算法 14, 预算法实施条例 6): within twenty days of approval."""
    if document.approved_on is None:
        yield Unclear("没有填写预决算批准或批复日期，是否按期公开无法核对。")
        return
    what = f"{show_period(document.period)}{document.statement.label.removeprefix('年度')}"
    yield from lateness(context, terms, document.approved_on, what, "批准或批复", place="/approved_on")


@rule(
    "FIN-14",
    "村务财务公开",
    FinanceDisclosure,
    why="集体的钱是村民的钱，每季至少让村民看一次账，还要有村民推选的人盯着。",
    terms=Deadline,
    when=lambda one, _context, _terms: one.statement in (StatementType.QUARTERLY, StatementType.MONTHLY),
)
def village_accounts(document: FinanceDisclosure, context: Context, terms: Deadline) -> Sights:
    """村务公开 (村民委员会组织法 30, 32): at least by the quarter, in time by the month, seen by the supervisors."""
    if document.period.isdigit():
        yield Seen(
            "/period",
            f"所属期是{show_period(document.period)}，全年只公开一次。",
            "村级财务至少每季度公开一次，收支较多的每月公开一次。请分季度或者分月公开。",
        )
    elif document.statement == StatementType.MONTHLY:
        end = period_end(document.period)
        yield from lateness(
            context, terms, end, f"{show_period(document.period)}村级财务", "当月结束", place="/period"
        )
    supervisor = document.village_supervisor
    if not supervisor:
        yield Seen(
            "/village_supervisor",
            "没有村务监督委员会成员的签字。",
            "请由村务监督委员会审核并签字；已经签字的，请如实补填姓名。",
        )
    elif document.unit_head and fold(supervisor) == fold(document.unit_head):
        yield Seen(
            "/village_supervisor",
            f"{supervisor}是单位负责人，又以村务监督委员会成员的身份签字。",
            "村民委员会成员不能担任村务监督机构成员。请核对签字人；如记录无误，请由监督委员会的成员重新审核签字。",
        )
