"""大额支出: who approved a payment, whether nobody paid himself; who checked, who may read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import Field

from portal.domain.calendar import quarter_start
from portal.domain.documents.base import Audience, Openness
from portal.domain.documents.delegation import Approver, DelegationPlan, ExpenseType, Payer
from portal.domain.documents.finance import FinanceDisclosure, Payment, StatementType
from portal.domain.rules.bands import (
    AtLimit,
    Table,
    Window,
    decided,
    level,
    overdrawn,
    per_disclosure,
    table_for,
)
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.hands import (
    PaymentTerms,
    consented,
    domains_of,
    hands_of,
    holders_of,
    payer_of,
    people,
)
from portal.domain.rules.terms import Length, Severity, Terms, Yuan
from portal.domain.values import Choice, fold, show_day, show_period, show_yuan


class OwnLimit(Choice):
    """Whether a unit may set a limit of its own."""

    LOWER = "lower", "单位公布的界限更低的，以单位的为准；不得更高"
    OWN = "own", "以单位公布的签批权限表为准"


class Graded(PaymentTerms):
    """From which amount the group decides. Without `limit` only the unit's own table tells."""

    limit: Annotated[Yuan | None, "yuan", Field(title="须班子集体研究的界限")] = None
    at_limit: Annotated[AtLimit | None, Field(title="恰好等于界限的")] = None
    own_limit: Annotated[OwnLimit, Field(title="单位自定的界限")]
    exempt: Annotated[tuple[ExpenseType, ...], Field(title="不必集体研究的支出类型")] = ()
    own_too: Annotated[bool, Field(title="本人经手的大额支出也须集体研究")]
    purchases_too: Annotated[bool, Field(title="采购付款也按支出界限集体研究")]
    split: Annotated[Severity, Field(title="多笔支出合计达到界限，可能拆分的")]
    split_within: Annotated[Window, Field(title="付给同一单位、事由相同的支出合并计算的期间")]


def _graded(payment: Payment, context: Context, terms: Graded) -> bool:
    if payment.expense_type in terms.exempt:
        return False
    purchase = payment.expense_type == ExpenseType.PROCUREMENT or payment.tender is not None
    if purchase and not terms.purchases_too:
        return False
    return terms.own_too or payer_of(payment, context, terms) == Payer.ANYONE


@rule(
    "FIN-02",
    "支出按金额分级审批",
    FinanceDisclosure,
    why="小钱由分管副职把关，大钱由班子一起定，谁都不能一个人说了算。",
    terms=Graded,
    each="payments",
    day=lambda payment: payment.paid_on,
    when=_graded,
)
def approved_at_its_level(payment: Payment, context: Context, terms: Graded) -> Sights:
    """财务支出分级: below the limit the deputy in charge approves, from the limit on the group has decided before.

    The unit's own table counts where the regime lets it; the limit's side is the regime's.
    """
    plan = context.plan_on(payment.paid_on)
    payer = payer_of(payment, context, terms)
    table = _own_table(plan, payment, payer, context, terms) if plan else None
    first = _collective_from(table, terms)
    yield from overdrawn(payment, context)
    yield from _split(payment, context, terms)
    if first is None:
        yield Unclear("支付当日没有写明须班子集体研究界限的签批权限表，无法核对这笔支出应由谁审批。")
    elif payment.amount >= first:
        yield from _collective(payment, first, context)
        return
    if payer == Payer.ANYONE:
        yield from _by_deputy(payment, plan, context, terms)
        band = table.at(payment.amount) if table else None
        if band and level(band) == Approver.DEPUTY_WITH_CONSENT and not consented(payment.consent):
            said = f"填写的是“{payment.consent}”" if payment.consent else "记录中没有"
            yield Seen(
                "/consent",
                f"“{payment.purpose}”{show_yuan(payment.amount)} 元，按本单位签批权限表须先报主要负责人同意，{said}。",
                "请补填主要负责人同意的情况；确未报告的，请在“公开说明”中写明。",
            )


def _own_table(
    plan: DelegationPlan, payment: Payment, payer: Payer, context: Context, terms: Graded
) -> Table | None:
    domains = domains_of(payment, context, terms)
    for one in (payer, Payer.ANYONE):
        found = table_for(
            plan, context, payment.paid_on, domains=domains, expense_type=payment.expense_type, payer=one
        )
        if found:
            return found
    return None


def _collective_from(table: Table | None, terms: Graded) -> int | None:
    stated = None if terms.limit is None else (terms.at_limit or AtLimit.ABOVE).first_above(terms.limit)
    own = table.collective_from() if table else None
    if own is None:
        return stated
    return own if stated is None or terms.own_limit == OwnLimit.OWN else min(own, stated)


def _split(payment: Payment, context: Context, terms: Graded) -> Sights:
    groups = per_disclosure(
        context, ("payments.split", id(terms)), lambda one: _split_groups(one, context, terms)
    )
    for first, group in groups.get(id(payment), ()):
        total = show_yuan(sum(one.amount for one in group))
        rows = "、".join(f"{show_day(one.paid_on)}{show_yuan(one.amount)} 元" for one in group[:_NAMED])
        what = f"{len(group)} 笔支出（{rows}{'等' if len(group) > _NAMED else ''}）合计 {total} 元"
        if payment.payee is None:
            yield Unclear(f"“{payment.purpose}”等 {what}，没有填写收款单位，无法核对是否拆分。")
            continue
        yield Seen(
            "/amount",
            f"付给“{payment.payee}”的 {what}，每笔都没有集体研究，合计已达到 {show_yuan(first)} 元"
            "（从这个数额起须班子集体研究），可能拆分。",
            "请核对凭证；属于同一事项的，请在“公开说明”中写明并合并提交班子审议；"
            "不属于同一事项的，请写清各笔的事由。",
            terms.split,
        )


_NAMED = 20  # How many payments of a group are written out.


def _split_groups(
    document: FinanceDisclosure, context: Context, terms: Graded
) -> dict[int, list[tuple[int, list[Payment]]]]:
    """Return the groups of small payments that together reach the limit that binds each, under their last payment.

    Payments to one payee for one purpose within the window, or on one day, are a group.
    """
    alike: dict[tuple[int, str, str, date], list[Payment]] = {}
    for one in sorted(document.payments, key=lambda one: one.paid_on):
        first, payee = _limit_evaded(one, context, terms), fold(one.payee or "")
        if first is not None:
            since = terms.split_within.first_day(one.paid_on)
            alike.setdefault((first, payee, fold(one.purpose), since), []).append(one)
            alike.setdefault((first, payee, "", one.paid_on), []).append(one)
    found: dict[int, list[tuple[int, list[Payment]]]] = {}
    told: list[set[int]] = []
    for (first, *_), group in sorted(alike.items(), key=lambda item: len(item[1]), reverse=True):
        ids = {id(one) for one in group}
        if sum(one.amount for one in group) >= first and not any(ids <= other for other in told):
            told.append(ids)
            found.setdefault(id(group[-1]), []).append((first, group))
    return found


def _limit_evaded(payment: Payment, context: Context, terms: Graded) -> int | None:
    """Return the limit below which a payment stays on which the group did not decide, or None."""
    plan = context.plan_on(payment.paid_on)
    payer = payer_of(payment, context, terms)
    first = _collective_from(_own_table(plan, payment, payer, context, terms) if plan else None, terms)
    small = first is not None and 0 < payment.amount < first and _graded(payment, context, terms)
    return first if small and not _was_decided(payment, context) else None


def _was_decided(payment: Payment, context: Context) -> bool:
    if not payment.collective or not payment.decision:
        return False
    seen = decided(context, payment.decision, payment.amount, payment.paid_on, "", place="")
    return not any(isinstance(one, Seen) for one in seen)


def _collective(payment: Payment, first: int, context: Context) -> Sights:
    what = f"“{payment.purpose}”的支付"
    if not payment.collective or not payment.decision:
        lacking = "没有标明经班子集体研究" if not payment.collective else "没有填写决策记录编号"
        yield Seen(
            "/decision" if payment.collective else "/collective",
            f"“{payment.purpose}”{show_yuan(payment.amount)} 元（{show_yuan(first)} 元起须班子集体研究），{lacking}。",
            "请核对记录：研究过的，请补填决策记录编号；没有研究的，请在“公开说明”中写明情况并提交班子审议。",
        )
    if payment.decision:
        yield from decided(
            context, payment.decision, payment.amount, payment.paid_on, what, place="/decision"
        )


def _by_deputy(payment: Payment, plan: DelegationPlan | None, context: Context, terms: Graded) -> Sights:
    if plan is None:
        yield Unclear(f"没有{show_day(payment.paid_on)}施行的分工方案，无法核对审批人是否分管。")
        return
    hands, approvers = hands_of(plan, context), people(payment.approver)
    if approvers & hands.chiefs:
        yield Seen(
            "/approver",
            f"“{payment.purpose}”{show_yuan(payment.amount)} 元是一般支出，却由主要负责人{payment.approver}审批。",
            "请核对凭证；如记录无误，请在“公开说明”中写明，今后一般支出由分管副职审批，主要负责人不直接签批。",
        )
        return
    domains = domains_of(payment, context, terms)
    holders = holders_of(payment, hands, context, terms)
    if not holders:
        yield Unclear("分工方案没有写明这项支出由谁分管，无法核对审批人。")
        return
    table = _own_table(plan, payment, Payer.ANYONE, context, terms)
    band = table.at(payment.amount) if table else None
    second = frozenset().union(*(hands.substitutes.get(one, frozenset()) for one in domains))
    if approvers & (holders | second) or (band and band.approver == Approver.OFFICE):
        return
    named = "、".join(one.deputy for one in plan.assignments if people(one.deputy) & holders)
    yield Seen(
        "/approver",
        f"“{payment.purpose}”{show_yuan(payment.amount)} 元由{payment.approver}审批，方案中分管这项支出的是{named}。",
        "请核对凭证和分工方案；如记录无误，请在“公开说明”中写明越权审批的原因。",
    )


class OwnExpense(PaymentTerms):
    """Whose word a leader's own expense needs. The handler never approves, whatever these say."""

    deputy_to_chief: Annotated[bool | None, Field(title="分管领导本人经手的支出须由主要负责人审批")] = None
    chief_signs: Annotated[bool | None, Field(title="主要负责人本人经手的支出须本人签字，不得代签代办")] = (
        None
    )
    settled_by: Annotated[tuple[str, ...], Field(title="主要负责人本人经手的支出由哪里统一处理")] = ()


@rule(
    "FIN-03",
    "本人经手的支出不得自批",
    FinanceDisclosure,
    why="自己花钱自己批，等于没有人把关。",
    terms=OwnExpense,
    each="payments",
    day=lambda payment: payment.paid_on,
)
def nobody_approves_himself(payment: Payment, context: Context, terms: OwnExpense) -> Sights:
    """本人经手费用不得自批: the handler is not the approver; a leader's own expense goes the way that the regime says.

    Names are compared with the plan, so that a leader's expense labelled as
    anyone's is found.
    """
    what = f"“{payment.purpose}”{show_yuan(payment.amount)} 元"
    same = people(payment.handler) & people(payment.approver)
    if same:
        yield Seen(
            "/approver",
            f"{what}由{payment.handler}经手，又由{payment.approver}审批，是本人批本人的支出。",
            "请核对凭证；如记录无误，请由有权的其他负责人重新审核，并在“公开说明”中写明。",
        )
    plan = context.plan_on(payment.paid_on)
    payer = payer_of(payment, context, terms)
    if plan is None:
        if terms.deputy_to_chief or terms.chief_signs:
            yield Unclear(
                f"没有{show_day(payment.paid_on)}施行的分工方案，无法核对经手人、审批人是不是班子负责人。"
            )
        chiefs: frozenset[str] | None = None
    else:
        chiefs = hands_of(plan, context).chiefs
        if payer != payment.applies_to:
            yield Seen(
                "/applies_to",
                f"{what}的经办人{payment.handler}按分工方案属于“{payer.label}”，填写的却是“{payment.applies_to.label}”。",
                f"请把“经手对象”改为“{payer.label}”。",
                Severity.YELLOW,
            )
    if payer == Payer.DEPUTY_OWN and terms.deputy_to_chief and chiefs is not None and not same:
        yield from _to_chief(payment, what, chiefs)
    if payer == Payer.CHIEF_OWN and terms.chief_signs:
        yield from _signs_himself(payment, what, chiefs, terms)


def _to_chief(payment: Payment, what: str, chiefs: frozenset[str]) -> Iterator[Seen]:
    by_group = payment.collective and payment.decision  # The stricter way; FIN-02 tests the decision.
    if not people(payment.approver) & chiefs and not by_group:
        yield Seen(
            "/approver",
            f"{what}是分管领导本人经手的支出，由{payment.approver}审批，不是由主要负责人审批。",
            "请核对凭证；如记录无误，请补报主要负责人审批，并在“公开说明”中写明。",
        )


def _signs_himself(payment: Payment, what: str, chiefs: frozenset[str] | None, terms: OwnExpense) -> Sights:
    if chiefs is not None and not people(payment.handler) & chiefs:
        yield Seen(
            "/handler",
            f"{what}是主要负责人经手的支出，经办人填写的是{payment.handler}，属于他人代办。",
            "请核对凭证；应由主要负责人自己经办签字。确系代办的，请在“公开说明”中写明。",
        )
    if payment.signed_in_person is None:
        yield Unclear(f"{what}没有填写主要负责人是否本人签字。")
    elif not payment.signed_in_person:
        yield Seen(
            "/signed_in_person",
            f"{what}是主要负责人经手的支出，不是本人签字。",
            "请由主要负责人本人核实并补签，在“公开说明”中写明代签的原因。",
        )
    settled = fold(payment.settled_by or "")
    if not any(fold(one) in settled for one in terms.settled_by):
        yield Seen(
            "/settled_by",
            f"{what}是主要负责人经手的支出，"
            + (f"由“{payment.settled_by}”处理，" if payment.settled_by else "没有填写由谁统一处理，")
            + f"应由{'或'.join(terms.settled_by)}统一处理。",
            "请核对凭证，填写实际办理的科室；办法不符的，请在“公开说明”中写明。",
        )


class VoucherChecks(Terms):
    """How often the chief looks at the vouchers."""

    times: Annotated[int, Field(ge=1, title="每季度至少检查次数")]
    after: Annotated[Length | None, Field(title="季度结束后多久以内的检查也算本季度的")] = None


@rule(
    "FIN-05",
    "主要负责人按季检查票据",
    FinanceDisclosure,
    why="不签字不等于不管：主要负责人亲自翻看票据，才能及时发现问题。",
    terms=VoucherChecks,
    when=lambda one, _context, _terms: one.is_quarterly() and not one.nil,
)
def chief_checks_vouchers(document: FinanceDisclosure, context: Context, terms: VoucherChecks) -> Sights:
    """正职检查票据: a chief (by the plan, or the head who signs) checked the quarter's vouchers, by `after` at the latest."""
    period = document.period
    end = document.binding_day()
    last = min(context.due(end, terms.after).day if terms.after else end, context.on)
    within = [one for one in document.voucher_checks if quarter_start(period) <= one.checked_on <= last]
    head = people(document.unit_head) if document.unit_head else frozenset()
    chiefs = head.union(
        *(people(chief.name) for one in within for chief in context.chiefs_on(one.checked_on))
    )
    if not chiefs and len(within) >= terms.times:
        yield Unclear("没有检查当日施行的分工方案，也没有填写单位负责人，无法核对检查人是不是主要负责人。")
        return
    done = sum(bool(people(one.checker) & chiefs) for one in within)
    if done < terms.times:
        others = "、".join(dict.fromkeys(one.checker for one in document.voucher_checks))
        yield Seen(
            "/voucher_checks",
            f"{show_period(period)}的票据，主要负责人检查 {done} 次，应不少于 {terms.times} 次。"
            + (f"所填检查（{others}）不在规定的期间内或不是主要负责人所做。" if others else ""),
            "请核对检查记录，检查过的补填日期和范围；没有检查的，请尽快检查并在“情况说明”中写明。",
        )


class Reach(Terms):
    """Who at least must be able to read the quarter's finances."""

    least: Annotated[Audience, Field(title="至少向谁公开")]


@rule(
    "FIN-07",
    "财务公开范围",
    FinanceDisclosure,
    why="账目只给少数人看，就谈不上公开；职工和群众看得到，才监督得了。",
    terms=Reach,
    when=lambda one, _context, _terms: one.statement == StatementType.QUARTERLY,
)
def wide_enough(document: FinanceDisclosure, _context: Context, terms: Reach) -> Sights:
    """公开范围: no narrower than the regime says, a quarter without figures included."""
    widths = list(Audience)
    if widths.index(document.audience) <= widths.index(terms.least):
        return
    if document.openness == Openness.WITHHELD and document.openness_basis:
        yield Unclear(f"本期财务按“{document.openness_basis}”不予公开，请核对依据是否成立。")
        return
    yield Seen(
        "/audience",
        f"{show_period(document.period)}财务的公开范围是“{document.audience.label}”，至少应向“{terms.least.label}”公开。",
        "请扩大公开范围；依法不能公开的，请把公开属性改为“不予公开”并写明依据。",
    )
