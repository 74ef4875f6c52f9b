"""定期报告: who holds a restricted domain reports on it, quarter by quarter."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from portal.domain.calendar import quarter_end, quarter_start
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import DeputyReport, FinanceDisclosure
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.statements import counted_in
from portal.domain.rules.terms import Length, Terms
from portal.domain.values import fold, show_day, show_period


class Reports(Terms):
    """Which domains are reported on, and by when."""

    within: Annotated[Length, Field(title="报告期限（季度结束起）")]
    domains: Annotated[tuple[str, ...], Field(title="须报告的事项（不列即为全部）")] = ()


@rule(
    "DEL-10",
    "分管副职定期报告",
    FinanceDisclosure,
    why="权力授出去以后，班子和正职要按时知道用得怎么样，才谈得上监管。",
    terms=Reports,
    when=lambda one, _context, _terms: one.is_quarterly(),
)
def deputies_report(document: FinanceDisclosure, context: Context, terms: Reports) -> Sights:
    """定期报告: each restricted domain of the plan in force at the quarter's end is reported on by its deputy in time."""
    end = quarter_end(document.period)
    plan = context.plan_on(end)
    if plan is None:
        yield Unclear(f"没有找到{show_day(end)}施行的分工方案，各项由谁报告无法核对。")
        return
    given: dict[str, list[tuple[int, DeputyReport]]] = defaultdict(list)
    for place, report in enumerate(document.deputy_reports):
        if known := context.domain(report.domain, end):
            given[known.code].append((place, report))
    for code, label, deputies in _holders(plan, context, terms, document.period):
        yield from _reported(document.period, label, deputies, given[code], context, terms)


def _holders(
    plan: DelegationPlan, context: Context, terms: Reports, period: str
) -> list[tuple[str, str, list[str]]]:
    """Return each domain to be reported on, its name, and who holds it."""
    end = quarter_end(period)
    wanted = {known.code for one in terms.domains if (known := context.domain(one, end))}
    found: dict[str, tuple[str, str, list[str]]] = {}
    for one in plan.assignments:
        known = context.domain(one.domain, end)
        if known and (not terms.domains or known.code in wanted):
            found.setdefault(known.code, (known.code, known.label, []))[2].append(one.deputy)
    return list(found.values())


def _reported(
    period: str,
    label: str,
    deputies: list[str],
    given: Sequence[tuple[int, DeputyReport]],
    context: Context,
    terms: Reports,
) -> Sights:
    start, end = quarter_start(period), quarter_end(period)
    binding = context.binding(end, terms.within, "reports", period)
    due, moved = binding.due.day, f"，{binding.moved}" if binding.moved else ""
    if binding.exempt:
        return
    entitled = {fold(one) for one in deputies}
    if any(fold(one.deputy) in entitled and start <= one.reported_on <= due for _, one in given):
        return
    who = "、".join(deputies)
    if not given and context.on <= due:
        yield Unclear(f"{label}还没有{show_period(period)}的报告，{show_day(due)}到期。")
    elif not given:
        yield Seen(
            "/deputy_reports",
            f"{label}由{who}分管，没有{show_period(period)}的报告记录，应在{show_day(due)}以前（含当日）报告{moved}。",
            f"请由{who}尽快向主要负责人和班子报告；已经报告的，请如实补填报告日期和要点。",
        )
    for place, one in given:
        late = context.late(end, terms.within, one.reported_on, "reports", period)
        if fold(one.deputy) not in entitled:
            told, field = f"由{one.deputy}报告，按分工方案应由{who}报告", "deputy"
        elif late:
            when = f"{show_day(one.reported_on)}报告，应在{show_day(due)}以前（含当日）报告{moved}"
            told, field = f"{when}，迟 {late} {counted_in(terms.within)}", "reported_on"
        else:
            when = f"{show_day(one.reported_on)}报告，早于{show_period(period)}"
            told, field = f"{when}，不是本季的报告", "reported_on"
        yield Seen(
            pointer("deputy_reports", place, field),
            f"{label}{told}。",
            "请核对报告人和日期；如记录无误，请由分管副职补作报告，并写明原因。",
        )
