"""期限: whether what had to be published was published in time."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from portal.domain.calendar import period_end
from portal.domain.documents.annual import AnnualReport
from portal.domain.documents.base import Document
from portal.domain.documents.decision import DecisionRecord, Result
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure, StatementType
from portal.domain.documents.regulation import Regulation
from portal.domain.rules.base import Seen, Sights, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Length, Severity, Terms
from portal.domain.values import show_day, show_period


class Deadline(Terms):
    """Within how long; `soon` is how long before the end a reminder is due."""

    within: Annotated[Length, Field(title="期限")]
    soon: Annotated[Length | None, Field(title="临期提醒")] = None


class PeriodDeadline(Deadline):
    """A deadline that comes back every period: whether a unit owes the first, partial one, too."""

    partial_first_period: Annotated[bool, Field(title="单位在期中成立的，首个不完整期也要公开")] = True


_YEARLY = (StatementType.BUDGET, StatementType.FINAL_ACCOUNTS)


def fulfils(document: Document | None) -> tuple[str, str]:
    """Return the duty and its period that the publication of a document fulfils, as the board counts them.

    Blank where the board counts none: nothing can be granted there.
    """
    match document:
        case FinanceDisclosure(statement=StatementType.QUARTERLY):
            return "finance", document.period
        case FinanceDisclosure() if document.statement in _YEARLY:
            return "budget", document.slug()
        case DelegationPlan():
            return "plan", document.effective_from.isoformat()
        case DecisionRecord():
            return "decision", document.decision_no
        case AnnualReport():
            return "annual", str(document.year())
    return "", ""


def lateness(
    context: Context,
    terms: Deadline,
    start: date,
    what: str,
    began: str,
    *,
    place: str = "",
    severity: Severity | None = None,
) -> Sights:
    """Yield a finding when `what` was (or still is) not public by the end of the period that `start` triggers.

    What was granted to the unit in time (延期, 豁免) counts for the publication of the document itself.
    """
    duty, period = fulfils(context.document)
    binding = context.binding(start, terms.within, duty, period)
    late = binding.late(context.calendar(start), terms.within, context.published_on or context.on)
    if not late:
        return
    moved = f"{binding.moved}，" if binding.moved else ""
    unit = "个工作日" if terms.within.unit == "workday" else "日"
    # Still open: no count of days, so that a page does not change every morning.
    done = (
        f"{show_day(context.published_on)}公开，迟 {late} {unit}" if context.published_on else "至今仍未公开"
    )
    yield Seen(
        place,
        f"{what}应在{began}（{show_day(start)}）后 {terms.within}内公开，{show_day(binding.original.day)}到期，{moved}{done}。",
        "迟公开的事实会一直保留。请尽快公开，并在“公开说明”中写明迟延的原因。"
        if not context.published_on
        else "迟公开的事实会一直保留。请在“公开说明”中写明迟延的原因。",
        severity,
    )


@rule(
    "FIN-06",
    "季度财务按期公开",
    FinanceDisclosure,
    why="迟公开的账目，群众没法在用得着的时候监督。",
    terms=PeriodDeadline,
    when=lambda one, _context, _terms: one.statement == StatementType.QUARTERLY,
)
def quarterly_finance_in_time(document: FinanceDisclosure, context: Context, terms: Deadline) -> Sights:
    """季度财务公开: within the regime's days after the quarter's end; the period must be a quarter."""
    if not document.is_quarterly():
        yield Seen(
            "/period",
            f"公开类型是“{document.statement.label}”，所属期却是“{show_period(document.period)}”。",
            "请把所属期改成季度（例如 2026年第三季度），或改正公开类型。",
        )
        return
    yield from lateness(
        context, terms, period_end(document.period), f"{show_period(document.period)}财务", "季度结束"
    )


@rule(
    "DEL-07",
    "分工方案按期公开",
    DelegationPlan,
    why="谁分管什么，职工和群众要从方案施行起就知道。",
    terms=Deadline,
)
def plan_in_time(plan: DelegationPlan, context: Context, terms: Deadline) -> Sights:
    """公开分工 (政府信息公开条例 20, 26): within the regime's days after the plan takes effect."""
    yield from lateness(context, terms, plan.effective_from, "分工方案", "施行", place="/effective_from")


class InTime(Deadline):
    """What a late decision weighs: whether a group's decisions must be published by statute is not said."""

    decisions: Annotated[Severity | None, Field(title="集体决策逾期的")] = None


def came_about(document: Document) -> date | None:
    """Return the earliest day that the document itself gives, so that a later one entered beside it gains nothing.

    A deferred item is still under deliberation (过程性信息, 政府信息公开条例 16).
    """
    if isinstance(document, DecisionRecord):
        return None if document.result == Result.DEFERRED else document.held_on
    return min((one for one in (document.formed_on, document.issued_on) if one), default=None)


@rule(
    "PUB-01",
    "信息形成后按期公开",
    DecisionRecord,
    Regulation,
    why="依法应当主动公开的信息，过了期限才公开就失去了监督的意义。",
    terms=InTime,
    when=lambda one, _context, _terms: came_about(one) is not None,
)
def in_time(document: Document, context: Context, terms: InTime) -> Sights:
    """主动公开 (政府信息公开条例 26): within the regime's days after the information came about."""
    start = came_about(document)
    if start and isinstance(document, DecisionRecord):
        yield from lateness(context, terms, start, "决策情况", "会议召开", severity=terms.decisions)
    elif start:
        yield from lateness(context, terms, start, "制度文件", "信息形成")
