"""单一来源: one supplier alone is asked only after everybody could say that he can supply it, too."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from portal.domain.documents.tender import Method, SoleSource, Subject, Tender
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.tender_law import (
    Shown,
    began,
    beyond_intent,
    estimate,
    hedged,
    lasted,
    procured,
)
from portal.domain.rules.terms import Yuan
from portal.domain.values import show_day


class SoleSourcing(Shown):
    """For how long a sole source is posted, and from which amount."""

    standard_low: Annotated[Yuan, Field(title="公开招标数额标准（各省下限）")]
    standard_high: Annotated[Yuan, Field(title="公开招标数额标准（达到即认定）")]


def _sole_source(tender: Tender, context: Context, terms: SoleSourcing) -> bool:
    if (
        tender.method != Method.SOLE_SOURCE
        or tender.subject == Subject.WORKS
        or not procured(tender, context)
    ):
        return False
    amount = estimate(tender)
    return beyond_intent(tender) and (amount is None or amount >= terms.standard_low)


@rule(
    "TEN-14",
    "单一来源先公示",
    Tender,
    why="只找一家谈之前先让大家看到，别家能做的可以站出来说。",
    terms=SoleSourcing,
    day=began,
    when=_sole_source,
)
def sole_source_is_posted(tender: Tender, context: Context, terms: SoleSourcing) -> Sights:
    """单一来源公示 (政府采购法实施条例 38): posted for the least period before the purchase."""
    amount, posted = estimate(tender), tender.sole_source
    if posted is None:
        yield Unclear(
            "采用单一来源方式，没有公示的记录。只能从唯一供应商处采购的，请补录公示；属于紧急采购或者添购的，请写明。"
        )
        return
    sure = amount is not None and amount >= terms.standard_high
    yield from hedged(
        _sole_source_posting(tender, posted, context, terms),
        sure,
        "但金额是否达到本省公开招标数额标准，请对照本省规定核对。",
    )


def _sole_source_posting(tender: Tender, posted: SoleSource, context: Context, terms: SoleSourcing) -> Sights:
    first, last = posted.posted_on, posted.posted_until
    if not lasted(context, first, last, terms.at_least, first_day_counts=terms.first_day_counts):
        yield Seen(
            "/sole_source/posted_until",
            f"单一来源公示从{show_day(first)}到{show_day(last)}，不足 {terms.at_least}。",
            "请核对公示起止日期；确实不足的，请在“公开说明”中写明原因。",
        )
    settled = [
        day
        for day in (
            tender.award.determined_on if tender.award else None,
            tender.contract.signed_on if tender.contract else None,
        )
        if day
    ]
    if settled and min(settled) < last:
        yield Seen(
            "/sole_source/posted_until",
            f"{show_day(min(settled))}已经确定供应商或者签订合同，单一来源公示{show_day(last)}才结束。",
            "公示应在采购之前。请核对日期；日期无误的，请在“公开说明”中写明原因。",
        )
