"""What a regime says of each delegation rule, and what the checks read out of a plan."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from portal.domain.documents.delegation import Assignment, Chief, DelegationPlan
from portal.domain.remembered import remembered
from portal.domain.rules.dossier import Context
from portal.domain.rules.people import person
from portal.domain.rules.terms import Length, Severity, Terms
from portal.domain.values import fold

if TYPE_CHECKING:
    from portal.domain.regime_sections import RestrictedDomain
    from portal.domain.regimes import Regime


class Holders(Terms):
    """How many may hold one domain, and which domains a unit without that power may leave out."""

    most: Annotated[int, Field(ge=1, title="每项最多由几人分管")]
    may_omit: Annotated[tuple[str, ...], Field(title="没有这项职权的单位可以不列")] = ()
    several: Annotated[Severity | None, Field(title="分管人多于此数的")] = None


class Load(Terms):
    """How many domains one deputy may hold."""

    most: Annotated[int, Field(ge=1, title="一名副职最多分管几项")]


class DisciplinePosts(Terms):
    """Which posts make somebody the head of discipline, whatever the plan's 身份 says."""

    posts: Annotated[tuple[str, ...], Field(title="视为纪检负责人的职务")] = ()


class Filing(Terms):
    """Within how long of its adoption a plan is filed with the commission."""

    within: Annotated[Length, Field(title="通过后备案的期限")]


class ActingHead(Terms):
    """From when on an acting head counts as a chief."""

    after: Annotated[Length, Field(title="主持工作满多久视同正职")]


class Rotation(Terms):
    """How long one deputy may hold one domain, and how long before the end a reminder is due."""

    within: Annotated[Length, Field(title="同一人分管同一事项的最长期限")]
    soon: Annotated[Length | None, Field(title="期满前多久提醒")] = None


class Supervision(Terms):
    """The words of which a chief's duties must hold at least one."""

    words: Annotated[tuple[str, ...], Field(min_length=1, title="正职职责中至少写明一项")]


@dataclass(frozen=True)
class Holding:
    """One row of the plan in which a person holds a restricted domain; `name` is for comparing."""

    place: int
    row: Assignment
    domain: RestrictedDomain
    person: str
    name: str


_LIST = re.compile(r"[、，,；;/]")
_NOBODY = frozenset({"", "无", "暂无", "空缺", "暂缺", "待定", "待明确", "-", "--", "—", "——"})


@remembered(4096)  # A county has few names, and every rule reads them.
def people(text: str) -> tuple[str, ...]:
    """Return the persons that a cell names: 张三、李四 are two, 待定 is nobody."""
    return tuple(part.strip() for part in _LIST.split(text) if fold(part) not in _NOBODY)


def named(text: str, context: Context, day: date) -> tuple[RestrictedDomain, ...]:
    """Return the restricted domains that a cell names; one cell may list several (财务、人事)."""
    if whole := context.domain(text, day):
        return (whole,)
    return tuple(one for part in _LIST.split(text) if (one := context.domain(part, day)))


def resembles(text: str, domain: RestrictedDomain) -> bool:
    """Tell whether a label holds a name of the domain within other words (财务公开 holds 财务)."""
    wanted = fold(text)
    return any(name in wanted for name in domain.names)


def tested_domains(plan: DelegationPlan, context: Context) -> tuple[RestrictedDomain, ...]:
    """Return the domains that bind the plan: those of its first day, less those that it is exempted from.

    An exemption whose reason names domains covers those alone; any other covers all.
    """
    domains = context.regime.domains_on(plan.effective_from)
    reason = exemption(plan, context)
    if not reason:
        return domains
    only = [one for one in domains if resembles(reason, one)]
    return tuple(one for one in domains if only and one not in only)


def exemption(plan: DelegationPlan, context: Context) -> str | None:
    """Return the reason of the plan's exemption, or None where it has none that is known here (DEL-14), whole and current."""
    if not (plan.exemption_approver and plan.exemption_until):
        return None
    if standing_day(plan, context) > plan.exemption_until:
        return None
    known = context.regime.terms("DEL-14", plan.effective_from, context.unit.type) is not None
    return plan.exemption_reason if known else None


def standing_day(plan: DelegationPlan, context: Context) -> date:
    """Return the day as of which a plan is tested: the day of checking, within the days on which it runs.

    A plan runs until its last day, or until the day before the unit's next plan.
    """
    plans = context.dossier.plans
    after = bisect_right(plans, plan.effective_from, key=_start)
    ends = [one.effective_from - timedelta(days=1) for one in plans[after : after + 1]]
    return max(plan.effective_from, min(context.on, plan.effective_to or context.on, *ends))


def earlier_plans(plan: DelegationPlan, context: Context) -> Iterator[DelegationPlan]:
    """Yield the unit's plans that began before this one, the newest first."""
    plans = context.dossier.plans
    for place in range(bisect_left(plans, plan.effective_from, key=_start), 0, -1):
        yield plans[place - 1]


def _start(plan: DelegationPlan) -> date:
    return plan.effective_from


def holdings(plan: DelegationPlan, context: Context, day: date) -> tuple[Holding, ...]:
    """Return who holds which of the domains in force on `day`, in the plan's order.

    Nearly every rule asks, so the answer is kept with the dossier, beside the plan and the regime that it is of.
    """
    key = ("holdings", id(plan), id(context.regime), day)
    kept = context.dossier.derived.get(key)
    if not isinstance(kept, _Kept):
        found = tuple(
            Holding(place, row, domain, name, person(name, row.post))
            for place, row in enumerate(plan.assignments)
            for domain in named(row.domain, context, day)
            for name in people(row.deputy)
        )
        kept = _Kept(plan, context.regime, found)
        context.dossier.derived[key] = kept
    return kept.holdings


@dataclass(frozen=True)
class _Kept:
    """What `holdings` found; it holds the plan and the regime, so that their ids stay theirs."""

    plan: DelegationPlan
    regime: Regime
    holdings: tuple[Holding, ...]


def chief_names(plan: DelegationPlan) -> frozenset[str]:
    """Return the names of the plan's chiefs, those who only act for one left out: as written, and as persons."""
    return _names(chief for chief in plan.chiefs if not chief.acting)


def head_names(plan: DelegationPlan) -> frozenset[str]:
    """Return the names of the chiefs and of those who act for one: as written, and as persons."""
    return _names(plan.chiefs)


def _names(chiefs: Iterable[Chief]) -> frozenset[str]:
    cells = [(one, chief.post) for chief in chiefs for one in people(chief.name)]
    return frozenset(name for one, post in cells for name in (fold(one), person(one, post)))


def acting_names(plan: DelegationPlan) -> frozenset[str]:
    """Return the folded names of those who act for a chief and are none themselves."""
    return head_names(plan) - chief_names(plan)


def alike(plan: DelegationPlan, domain: RestrictedDomain, context: Context) -> str | None:
    """Return the plan's first label that names no domain here but holds the words of `domain`."""
    for row in plan.assignments:
        if resembles(row.domain, domain) and not named(row.domain, context, plan.effective_from):
            return row.domain
    return None


def binds(plan: DelegationPlan, context: Context, _terms: Terms) -> bool:
    """Tell whether some domain binds the plan: else the rules of domains do not concern it."""
    return bool(tested_domains(plan, context))


def tested(plan: DelegationPlan, context: Context) -> Iterator[Holding]:
    """Yield who holds which of the domains that bind the plan."""
    codes = {one.code for one in tested_domains(plan, context)}
    return (one for one in holdings(plan, context, plan.effective_from) if one.domain.code in codes)


def any_held(plan: DelegationPlan, context: Context, _terms: Terms) -> bool:
    """Tell whether the plan lists anybody at all for a domain that binds it."""
    return any(True for _ in tested(plan, context))
