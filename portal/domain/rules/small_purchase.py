"""小额采购: the three ways of buying of the county speech, by amount and by catalogue."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from portal.domain.documents.delegation import Approver, DelegationPlan, ExpenseType, Payer
from portal.domain.documents.tender import Method, Stage, Subject, Tender, Venue
from portal.domain.rules.bands import AtLimit, decided, domain_key, level, table_for
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.hands import consented, hands_of, people
from portal.domain.rules.terms import Severity, Terms, Yuan
from portal.domain.values import fold, show_yuan


class Routes(Terms):
    """Which purchase goes which way."""

    domain: Annotated[str, Field(title="采购归口的分管事项")]
    subjects: Annotated[tuple[Subject, ...], Field(title="适用的采购对象")]
    limit: Annotated[Yuan, Field(title="须报主要负责人同意的界限（单位可以定得更低）")]
    at_limit: Annotated[AtLimit, Field(title="恰好等于界限的")]
    methods: Annotated[tuple[Method, ...], Field(title="目录内采购可用的方式")]
    venues: Annotated[tuple[Venue, ...], Field(title="目录内采购的场所")]
    centres: Annotated[tuple[str, ...], Field(title="集中采购机构的名称")]


def _concerned(tender: Tender, _context: Context, terms: Routes) -> bool:
    """The route is walked before the purchase begins; what is only planned has not walked it yet."""
    begun = tender.stage() != Stage.INTENT
    return begun and (tender.subject is None or tender.subject in terms.subjects)


@rule(
    "TEN-19",
    "小额采购审批程序",
    Tender,
    why="东西虽小也要有人提计划、有人批；数额大了要让主要负责人知道，目录内的要集中采购。",
    terms=Routes,
    when=_concerned,
)
def bought_the_right_way(tender: Tender, context: Context, terms: Routes) -> Sights:
    """小额采购: a deputy approves the office's plan; from the limit on the chief consents; catalogue items are
    decided by the group and bought through the centre or by tender.
    """
    if tender.subject is None:
        yield Unclear("没有填写采购对象，是否适用物资采购的办法请核对。")
    if tender.in_catalogue:
        yield from _catalogue(tender, context, terms)
        return
    if tender.in_catalogue is None:
        yield Unclear("没有填写是否列入集中采购目录，目录内的采购另有办法。")
    plan = context.plan_on(tender.binding_day() or context.on)
    yield from _deputy(tender, plan, context, terms)
    amount = tender.headline_amount()
    if amount is None:
        yield Unclear("没有填写金额，无法核对应由谁批准。")
        return
    first = _consent_from(plan, context, tender, terms)
    if amount >= first:
        if not consented(tender.chief_consent) and not tender.decision:
            said = f"（填写的是“{tender.chief_consent}”）" if tender.chief_consent else ""
            yield Seen(
                "/chief_consent",
                f"采购金额 {show_yuan(amount)} 元（{show_yuan(first)} 元起须先报主要负责人同意），没有主要负责人同意的记录{said}。",
                "请核对记录并补填同意的时间和方式；没有报告的，请在“公开说明”中写明。",
            )
    elif not tender.applicant:
        yield Seen(
            "/applicant",
            f"采购金额 {show_yuan(amount)} 元，没有填写提出采购计划的科室。",
            "请补填提出采购计划的科室；没有采购计划的，请在“公开说明”中写明。",
            Severity.YELLOW,
        )


def _consent_from(plan: DelegationPlan | None, context: Context, tender: Tender, terms: Routes) -> int:
    """Return the amount from which the chief must consent: the unit's own where it is lower."""
    first = terms.at_limit.first_above(terms.limit)
    day = tender.binding_day() or context.on
    domains = (domain_key(context, terms.domain, day),)
    table = plan and table_for(
        plan, context, day, domains=domains, expense_type=ExpenseType.PROCUREMENT, payer=Payer.ANYONE
    )
    if not table:
        return first
    alone = (Approver.OFFICE, Approver.DEPUTY)
    return min([first, *(band.lower for _, band in table.rows if level(band) not in alone)])


def _deputy(tender: Tender, plan: DelegationPlan | None, context: Context, terms: Routes) -> Sights:
    if not tender.deputy:
        yield Seen(
            "/deputy",
            "没有填写批准采购的分管领导。",
            "请补填批准这次采购的分管领导；没有经分管领导批准的，请在“公开说明”中写明。",
        )
        return
    if plan is None:
        yield Unclear("没有采购当时施行的分工方案，无法核对批准人是否分管采购。")
        return
    domain = domain_key(context, terms.domain, plan.effective_from)
    hands = hands_of(plan, context)
    holders = hands.holders.get(domain, frozenset())
    if not holders:
        yield Unclear(f"分工方案没有写明由谁分管{terms.domain}，无法核对批准人。")
    elif not people(tender.deputy) & (holders | hands.substitutes.get(domain, frozenset())):
        named = "、".join(one.deputy for one in plan.assignments if people(one.deputy) & holders)
        yield Seen(
            "/deputy",
            f"采购由{tender.deputy}批准，方案中分管{terms.domain}的是{named}。",
            "请核对记录和分工方案；如记录无误，请在“公开说明”中写明原因。",
        )


def _catalogue(tender: Tender, context: Context, terms: Routes) -> Sights:
    amount = tender.headline_amount()
    if not tender.decision:
        yield Seen(
            "/decision",
            "目录内的采购须先经班子集体研究，没有填写决策记录编号。",
            "请补填决策记录编号；没有研究过的，请在“公开说明”中写明情况并提交班子审议。",
        )
    else:
        settled = (
            tender.award.determined_on
            if tender.award
            else tender.contract.signed_on
            if tender.contract
            else None
        )
        yield from decided(context, tender.decision, amount or 0, settled, "确定供应商", place="/decision")
    venue = tender.notice.venue if tender.notice else None
    agency = fold(tender.agency or "")
    if (
        tender.method in terms.methods
        or venue in terms.venues
        or any(fold(one) in agency for one in terms.centres)
    ):
        return
    if tender.method is None:
        yield Unclear("没有填写采购方式，无法核对是否集中采购或者招标。")
        return
    yield Seen(
        "/method",
        f"目录内的采购用了“{tender.method.label}”，记录中看不出是集中采购或者招标。",
        "请核对采购方式、场所和代理机构；如记录无误，请在“公开说明”中写明没有集中采购的原因。",
    )
