"""The amounts from which another way of buying is asked for: by the regime's own terms, as they bind the purchase."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.domain.documents.tender import Method, Subject, Venue
from portal.domain.rules.tender_law import TENDERS, Scale, of_construction, scale
from portal.domain.rules.tender_route import SmallWorks, Splitting
from portal.domain.supervision.flags.base import Purchase


@dataclass(frozen=True)
class Limit:
    """An amount from which the purchase would have had to go another way than it went."""

    fen: int
    what: str
    rule: str


def limits(purchase: Purchase) -> Iterator[Limit]:
    """Yield the amounts whose consequence the purchase did not bear: from there on it would have gone another way.

    Whoever went the stricter way anyhow has nothing to gain from staying below.
    """
    terms = scale(purchase.tender, purchase.context)
    if terms is None:
        return
    if purchase.tender.subject == Subject.WORKS:
        yield from _of_works(purchase, terms)
    else:
        yield from _of_goods(purchase, terms)


def _of_works(purchase: Purchase, terms: Scale) -> Iterator[Limit]:
    method, notice = purchase.tender.method, purchase.tender.notice
    if notice and notice.venue == Venue.TOWNSHIP_CENTRE:
        small = _terms(purchase, "TEN-18")
        if isinstance(small, SmallWorks):
            yield Limit(small.limit, "进县级公共资源交易中心的界线", "TEN-18")
    if method == Method.DIRECT and purchase.context.unit.type in terms.procurers:
        yield Limit(terms.limit_works, "政府采购限额标准（工程）", "TEN-01")
    if method is not None and method not in TENDERS:
        yield Limit(terms.works, "依法必须招标的规模标准（施工）", "TEN-01")


def _of_goods(purchase: Purchase, terms: Scale) -> Iterator[Limit]:
    tender, context = purchase.tender, purchase.context
    if tender.method is None:
        return
    if tender.method == Method.DIRECT and context.unit.type in terms.procurers:
        yield Limit(terms.limit, "政府采购限额标准（货物、服务）", "TEN-01")
    if tender.method not in TENDERS and of_construction(tender, context, terms):
        yield Limit(terms.of(tender.subject), "依法必须招标的规模标准", "TEN-01")
    if tender.method != Method.OPEN_TENDER:
        standard = _terms(purchase, "TEN-02")
        if isinstance(standard, Splitting):
            for fen in sorted({standard.standard_low, standard.standard_high}):
                yield Limit(fen, "公开招标数额标准", "TEN-02")


def _terms(purchase: Purchase, rule: str) -> object:
    context = purchase.context
    return context.regime.terms(rule, purchase.day or context.on, context.unit.type)
