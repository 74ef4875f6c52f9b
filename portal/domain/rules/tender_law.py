"""Which law governs a project: must it be tendered (招标投标法), or is it a government purchase (政府采购法)?

A record has no field that says whether goods or services belong to a
construction project. Where neither the unit's own word nor the record tells,
the answer is None, and a rule that would have found something says instead
that this must be looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from functools import wraps
from typing import Annotated, Any, TypeVar, cast

from pydantic import Field

from portal.domain.documents.tender import Method, Stage, Subject, Tender
from portal.domain.rules.base import Seen, Sights, Unclear
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Length, Terms, Yuan
from portal.domain.units import UnitType
from portal.domain.values import fold, show_day

TENDERS = frozenset({Method.OPEN_TENDER, Method.INVITED_TENDER})


class Scale(Terms):
    """What must be tendered by law (TEN-01), and whom the procurement law binds.

    A contract estimated at the amount itself must be tendered (以上 includes the number).
    """

    works: Annotated[Yuan, Field(title="施工单项合同估算价（含本数）")]
    goods: Annotated[Yuan, Field(title="与工程建设有关的重要设备、材料（含本数）")]
    services: Annotated[Yuan, Field(title="勘察、设计、监理等服务（含本数）")]
    construction: Annotated[tuple[str, ...], Field(title="属于工程建设的分管事项")]
    limit: Annotated[Yuan, Field(title="政府采购限额标准，货物和服务（各省下限）")]
    limit_works: Annotated[Yuan, Field(title="政府采购限额标准，工程（各省下限）")]
    procurers: Annotated[tuple[UnitType, ...], Field(title="适用政府采购法的单位")]
    state_funded: Annotated[tuple[UnitType, ...], Field(title="工程资金视为国有资金的单位")]

    def of(self, subject: Subject | None) -> int:
        """Return the amount from which a subject must be tendered; the lowest where the subject is not told."""
        match subject:
            case Subject.WORKS:
                return self.works
            case Subject.GOODS:
                return self.goods
            case Subject.SERVICES:
                return self.services
            case None:
                return min(self.works, self.goods, self.services)


class Shown(Terms):
    """For how long something is shown or offered, and whether the first day counts (民法典 201)."""

    at_least: Annotated[Length, Field(title="不得少于")]
    first_day_counts: Annotated[bool, Field(title="首日计入期限")] = False


def began(tender: Tender) -> date | None:
    """Return the day on which the project was put on its route, else its first dated step."""
    dated = (
        tender.notice.issued_on if tender.notice else None,
        tender.sole_source.posted_on if tender.sole_source else None,
        tender.award.determined_on if tender.award else None,
        tender.contract.signed_on if tender.contract else None,
    )
    return next((one for one in dated if one), None) or tender.binding_day()


_A = TypeVar("_A")
_Question = Callable[[Tender, Context], _A]


def _once(question: _Question[_A]) -> _Question[_A]:
    """Keep the last answer beside the dossier: every rule of the family asks the same of one record in turn."""

    @wraps(question)
    def answer(tender: Tender, context: Context) -> _A:
        derived = context.dossier.derived
        told: Any = derived.get(question)
        if (
            told
            and told[0] is tender
            and told[1] is context.regime
            and told[2:4] == (context.unit, context.on)
        ):
            return cast("_A", told[4])
        found = question(tender, context)
        derived[question] = (tender, context.regime, context.unit, context.on, found)
        return found

    return answer


@_once
def scale(tender: Tender, context: Context) -> Scale | None:
    """Return the scale (TEN-01) in force when the project began."""
    found = context.regime.terms("TEN-01", began(tender) or context.on, context.unit.type)
    return found if isinstance(found, Scale) else None


def estimate(tender: Tender) -> int | None:
    """Return the largest amount that the record gives: budget, ceiling, award or contract."""
    known = [
        amount
        for amount in (
            tender.intent.budget if tender.intent else None,
            tender.notice.ceiling if tender.notice else None,
            tender.award.amount if tender.award else None,
            tender.contract.amount if tender.contract else None,
        )
        if amount is not None
    ]
    return max(known, default=None)


def of_construction(tender: Tender, context: Context, terms: Scale) -> bool:
    """Tell whether the project lies in the domain of construction, by the jurisdiction's name for it."""
    if not tender.domain:
        return False
    domain = context.domain(tender.domain, began(tender) or context.on)
    names = domain.names if domain else {fold(tender.domain)}
    return any(fold(one) in names for one in terms.construction)


@_once
def must_be_tendered(tender: Tender, context: Context) -> bool | None:
    """依法必须招标: the unit says so, or it is works of that scale; None where the record does not tell.

    The law binds state money (招标投标法 3): a village's own may be none.
    """
    terms = scale(tender, context)
    if tender.compulsory or terms is None:
        return bool(tender.compulsory)
    works = tender.subject == Subject.WORKS
    if tender.compulsory is False and not works and not of_construction(tender, context, terms):
        return False
    amount = estimate(tender)
    if amount is not None and amount < terms.of(tender.subject):
        return False
    state = context.unit.type in terms.state_funded
    return True if works and amount is not None and state else None


@_once
def in_scope(tender: Tender, context: Context) -> bool | None:
    """目录以内或者限额标准以上 (政府采购法 2): whether it is a government purchase at all; None where not told.

    A unit that says it buys on its own (自行采购) is taken at its word under the limit.
    """
    terms = scale(tender, context)
    if terms is None or context.unit.type not in terms.procurers:
        return False
    if tender.in_catalogue:
        return True
    amount, own = estimate(tender), tender.method == Method.DIRECT
    if amount is None:
        return None
    if amount < (terms.limit_works if tender.subject == Subject.WORKS else terms.limit):
        return False if own or tender.in_catalogue is False else None
    return None if own else True


@_once
def procured(tender: Tender, context: Context) -> bool | None:
    """政府采购法 governs the steps (政府采购法 2, 4; 实施条例 7); None where the record does not tell.

    Works, and what belongs to them, that are put to tender follow 招标投标法.
    """
    terms, scope = scale(tender, context), in_scope(tender, context)
    if terms is None or scope is False:
        return False
    if tender.method is None:
        return None
    if tender.method not in TENDERS:
        return scope
    if tender.subject == Subject.WORKS or tender.compulsory:
        return False
    told = tender.subject is not None and (tender.compulsory is False or tender.in_catalogue is True)
    return scope if told and not of_construction(tender, context, terms) else None


def tendered(tender: Tender, context: Context) -> bool | None:
    """Tell whether 招标投标法 governs the steps: a tender that is no government purchase of goods or services."""
    if tender.method is None:
        return None
    if tender.method not in TENDERS:
        return False
    found = procured(tender, context)
    return None if found is None else not found


PROCURED_DOUBT = (
    "但采购方式、采购对象、金额、是否列入目录或者是否依法必须招标没有填全，不能断定适用政府采购法。"
)
TENDERED_DOUBT = "但采购方式、采购对象或者是否依法必须招标没有填全，不能断定适用招标投标法。"
COMPULSORY_DOUBT = "但从记录看不出是不是依法必须招标的项目。请填写“依法必须招标”。"
SCOPE_DOUBT = "但从记录看不出是不是集中采购目录以内或者限额标准以上的项目。请填写“列入集中采购目录”。"


def hedged(sights: Iterable[Seen | Unclear], bound: bool | None, doubt: str) -> Sights:
    """Pass on what was seen; where it is not certain that the law binds, only as a doubt."""
    for sight in sights:
        yield sight if bound or isinstance(sight, Unclear) else Unclear(f"{sight.seen}{doubt}")


def lasted(context: Context, first: date, last: date, span: Length, *, first_day_counts: bool) -> bool:
    """Tell whether something shown (or offered) from `first` to `last` was open long enough."""
    start = first - timedelta(days=1) if first_day_counts else first
    return context.calendar(first).lasts(start, last, span)


def final_due(tender: Tender) -> date | None:
    """Return the last day for bids, every postponement counted."""
    known = [one.new_due for one in tender.clarifications if one.new_due]
    if tender.notice and tender.notice.bids_due:
        known.append(tender.notice.bids_due)
    return max(known, default=None)


def lateness(
    context: Context,
    start: date,
    within: Length,
    done: date | None,
    *,
    what: str,
    since: str,
    place: str,
    duty: str = "",
) -> Sights:
    """Yield a finding when `what` was done (or, undone, is still not done) after the period that `start` triggers.

    `duty`: the code of the board's duty that the step fulfils, so that what was granted to the unit counts.
    """
    period = context.document.natural_key() if duty and context.document else ""
    binding = context.binding(start, within, duty, period)
    late = binding.late(context.calendar(start), within, done or context.on)
    if not late:
        return
    unit = "个工作日" if within.unit == "workday" else "日"
    moved = f"{binding.moved}，" if binding.moved else ""
    told = f"{show_day(done)}才完成，迟 {late} {unit}" if done else "至今仍没有记录"
    yield Seen(
        place,
        f"{what}应在{since}（{show_day(start)}）后 {within}内完成，{show_day(binding.original.day)}到期，{moved}{told}。",
        "请核对日期。日期无误的，在“公开说明”中写明迟延的原因。"
        if done
        else "已经办理的，请补录日期；还没有办理的，请尽快办理，并在“公开说明”中写明原因。",
    )


def beyond_intent(tender: Tender) -> bool:
    """Tell whether the record says more than that a purchase is planned."""
    return tender.stage() != Stage.INTENT
