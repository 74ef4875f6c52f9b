"""分工方案的来龙去脉: who decided it, who was told, how long a deputy stays, who is exempt and who assists."""

from __future__ import annotations

from datetime import date, timedelta

from portal.domain.documents.decision import DecisionRecord, Result
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.grants import Binding
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.delegation_terms import (
    Filing,
    Holding,
    Rotation,
    any_held,
    earlier_plans,
    head_names,
    holdings,
    people,
    standing_day,
    tested,
)
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Severity, Terms
from portal.domain.values import fold, show_day


@rule(
    "DEL-05",
    "分工经集体研究",
    DelegationPlan,
    why="权力授给谁由班子开会定，不由一把手一个人点名。",
)
def adopted_by_a_meeting(plan: DelegationPlan, context: Context, _terms: Terms) -> Sights:
    """集体研究确定并授权: the plan names the decision that adopted it, held no later than the plan takes effect (二七区第一段)."""
    if plan.adopted_on > plan.effective_from:
        yield Seen(
            "/adopted_on",
            f"方案自{show_day(plan.effective_from)}起执行，{show_day(plan.adopted_on)}才经集体研究。",
            "请核对两个日期；如记录无误，请在“公开说明”中写明先执行、后研究的原因。",
        )
    if not plan.adopting_decision:
        yield Seen(
            "/adopting_decision",
            "方案没有填写通过它的集体决策记录编号。",
            "请填写决策记录编号；没有经过集体研究的，应补开会议研究。",
        )
        return
    decision = context.dossier.decision(plan.adopting_decision)
    if decision is not None:
        yield from _adopts(decision, plan)
    elif context.dossier.complete:
        yield Seen(
            "/adopting_decision",
            f"本单位没有编号为“{plan.adopting_decision}”的集体决策记录。",
            "请核对编号；编号无误的，请录入这份决策记录。",
        )
    else:
        yield Unclear(f"手头没有编号为“{plan.adopting_decision}”的集体决策记录，无法核对。")


def _adopts(decision: DecisionRecord, plan: DelegationPlan) -> Sights:
    number = plan.adopting_decision
    if decision.result != Result.ADOPTED:
        yield Seen(
            "/adopting_decision",
            f"决策记录“{number}”的表决结果是“{decision.result.label}”，方案没有获得通过。",
            "请核对决策记录；没有通过的方案不能执行，应重新研究。",
        )
    if decision.held_on > plan.effective_from:
        yield Seen(
            "/adopting_decision",
            f"决策记录“{number}”的会议{show_day(decision.held_on)}才召开，方案自{show_day(plan.effective_from)}起已经执行。",
            "请核对两个日期；如记录无误，请在“公开说明”中写明先执行、后研究的原因。",
        )
    elif decision.held_on != plan.adopted_on:
        yield Seen(
            "/adopted_on",
            f"方案写明{show_day(plan.adopted_on)}集体研究，决策记录“{number}”的会议日期是{show_day(decision.held_on)}。",
            "请对照会议记录，改正写错的日期。",
            Severity.YELLOW,
        )


@rule(
    "DEL-06",
    "分工方案按期备案",
    DelegationPlan,
    why="方案报到纪委，纪委才知道该盯住哪个人、哪项权力。",
    terms=Filing,
    when=lambda plan, context, terms: plan.filed_on is not None or _filing(plan, context, terms, None)[1] > 0,
)
def filed_in_time(plan: DelegationPlan, context: Context, terms: Filing) -> Sights:
    """方案备案: filed with the commission within the regime's days of its adoption."""
    binding, late = _filing(plan, context, terms, plan.filed_on)
    due = binding.original.day
    until = f"方案{show_day(plan.adopted_on)}通过，{terms.within}内（至{show_day(due)}）应报纪委备案"
    until += f"，{binding.moved}" if binding.moved else ""
    if plan.filed_on is None:
        yield Seen("/filed_on", f"{until}，至今仍未备案。", "请尽快备案，并填写备案日期和备案号。")
        return
    if late:
        unit = "个工作日" if terms.within.unit == "workday" else "日"
        yield Seen(
            "/filed_on",
            f"{until}，{show_day(plan.filed_on)}才备案，迟 {late} {unit}。",
            "请核对备案日期；如记录无误，请在“公开说明”中写明迟延的原因。",
        )
    if plan.filed_on < plan.adopted_on:
        yield Seen(
            "/filed_on",
            f"方案{show_day(plan.adopted_on)}才通过，备案日期却是{show_day(plan.filed_on)}。",
            "请核对两个日期；备案的应是班子通过的方案。",
        )
    if not plan.filing_no:
        yield Unclear("方案填写了备案日期，没有备案号，无法核对备案。")


def _filing(plan: DelegationPlan, context: Context, terms: Filing, done: date | None) -> tuple[Binding, int]:
    """Return the deadline that binds the filing, what was granted included, and by how much it was missed."""
    of = ("filing", plan.effective_from.isoformat())
    return (
        context.binding(plan.adopted_on, terms.within, *of),
        context.late(plan.adopted_on, terms.within, done, *of),
    )


@rule(
    "DEL-09",
    "分管定期轮换",
    DelegationPlan,
    why="同一个人长年管着同一项权力，容易结成利益关系。",
    terms=Rotation,
    when=any_held,
)
def rotated_in_time(plan: DelegationPlan, context: Context, terms: Rotation) -> Sights:
    """定期轮换: nobody holds a domain for longer than the regime's months, nor past the plan's own date (二七区“六个健全”).

    Time in the unit's earlier plans counts: a new plan does not start the clock anew.
    """
    day = standing_day(plan, context)
    for held in tested(plan, context):
        since, earlier = held.row.held_since, _held_before(held, plan, context)
        first = min(since, earlier.row.held_since) if earlier else since
        longest = context.due(first, terms.within).day
        own = held.row.rotation_due
        due = min(longest, own) if own else longest
        place = pointer("assignments", held.place, "held_since" if due == longest else "rotation_due")
        told = f"{held.person}自{show_day(first)}起分管{held.domain.label}"
        told += "（以此前的方案为准）" if first < since else ""
        told += (
            f"，最长 {terms.within}，{show_day(due)}期满"
            if due == longest
            else f"，方案定于{show_day(due)}前轮换"
        )
        if day > due:
            yield Seen(
                place,
                f"{told}，到{show_day(day)}没有轮换。",
                "请核对分管起始日期；如记录无误，应由班子集体研究轮换，并在“公开说明”中写明原因。",
            )
        elif terms.soon and not context.calendar(day).lasts(day + timedelta(days=1), due, terms.soon):
            yield Seen(place, f"{told}，即将到期。", "请提前研究轮换人选。", Severity.INFO)


def _held_before(held: Holding, plan: DelegationPlan, context: Context) -> Holding | None:
    """Return the earliest holding of the same domain by the same person in the plans without a break before this one."""
    first = None
    for older in earlier_plans(plan, context):
        same = [
            one
            for one in holdings(older, context, plan.effective_from)
            if one.name == held.name and one.domain.code == held.domain.code
        ]
        if not same:
            break
        first = min([*same, *([first] if first else [])], key=lambda one: one.row.held_since)
    return first


@rule(
    "DEL-14",
    "不适用须经批准并有期限",
    DelegationPlan,
    why="说自己不适用，要讲得出理由、拿得出批准，不能一直拖下去。",
    when=lambda plan, _context, _terms: bool(
        plan.exemption_reason or plan.exemption_approver or plan.exemption_until
    ),
)
def exemption_is_approved_and_ends(plan: DelegationPlan, context: Context, _terms: Terms) -> Sights:
    """不适用登记: an exemption has its reason, who approved it, and a last day that has not passed (二七区“符合条件的”)."""
    wanted = {
        "exemption_reason": (plan.exemption_reason, "不适用原因"),
        "exemption_approver": (plan.exemption_approver, "批准机关"),
        "exemption_until": (plan.exemption_until, "截止日期"),
    }
    for name, (value, label) in wanted.items():
        if not value:
            yield Seen(
                pointer(name),
                f"方案登记了不适用，没有写明{label}，登记不产生效力。",
                f"请补填{label}；没有经过批准的，应按要求落实分工。",
            )
    day = standing_day(plan, context)
    if plan.exemption_until and plan.exemption_until < day:
        yield Seen(
            "/exemption_until",
            f"不适用的期限{show_day(plan.exemption_until)}已经届满，到{show_day(day)}方案仍登记为不适用。",
            "请按要求落实分工；情况没有改变的，应重新报批。",
        )


@rule(
    "DEL-16",
    "一名成员协助财务审核",
    DelegationPlan,
    why="花钱的单子先由另一名班子成员看一遍，镇长就不能一个人说了算。",
)
def one_member_assists_with_finance(plan: DelegationPlan, _context: Context, _terms: Terms) -> Sights:
    """协助财务审核: exactly one member of the leading group, who is no chief, assists with the review of accounts (金湖县二（一）二)."""
    persons = people(plan.finance_assistant or "")
    if len(persons) != 1:
        seen = f"写了 {len(persons)} 人（{'、'.join(persons)}）" if persons else "没有写明"
        yield Seen(
            "/finance_assistant",
            f"应确定一名班子成员协助财务审核，方案{seen}。",
            "请由班子集体研究确定一名班子成员，并填写姓名和职务。",
        )
    chiefs = head_names(plan)
    for one in persons:
        if fold(one) in chiefs:
            yield Seen(
                "/finance_assistant",
                f"协助财务审核的{one}是党政正职或主持工作的人。",
                "请核对记录；如记录无误，应由班子集体研究，改由其他班子成员协助审核。",
            )
