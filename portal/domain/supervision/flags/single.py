"""Flags of one purchase: who bid, in what time, at what price."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

from portal.domain.rules.tender_law import TENDERS, final_due
from portal.domain.supervision.flags.base import Bid, Datum, Purchase, Raised, Sights, Untold, alone
from portal.domain.supervision.flags.limits import limits
from portal.domain.supervision.terms import FlagTerms
from portal.domain.values import fold, show_day, show_yuan


def percent(share: Fraction) -> str:
    """Write a share as per cent with one place at most."""
    return f"{float(share * 100):.1f}".removesuffix(".0") + "%"


def yuan(fen: int) -> str:
    """Write an amount with its unit."""
    return f"{show_yuan(fen)} 元"


def _bids(purchase: Purchase, bids: tuple[Bid, ...]) -> tuple[Datum, ...]:
    return tuple(
        purchase.datum(
            f"投标人·{one.bidder.name}",
            yuan(one.bidder.price) if one.bidder.price is not None else "没有填写报价",
            "中标" if one.won else one.bidder.outcome.label if one.bidder.outcome else "",
        )
        for one in bids
    )


def supplier_of(purchase: Purchase) -> str:
    """Return the supplier's name; blank without an award."""
    return purchase.tender.award.supplier if purchase.tender.award else ""


@alone("single_bidder")
def single_bidder(purchase: Purchase, _terms: FlagTerms) -> Sights:
    """Only one bidder where suppliers compete (R018)."""
    if not purchase.tender.award:
        return
    if purchase.tender.method is None:
        yield Untold("没有填写采购方式")
    elif purchase.competitive and not purchase.bids:
        yield Untold("没有填写投标人")
    elif purchase.competitive and len(purchase.bidders) == 1:
        method = purchase.tender.method.label
        yield Raised(
            f"{method}只有 {purchase.bids[0].bidder.name} 一家投标。",
            (purchase.datum("投标人", "1 家", "竞争性采购一般不少于三家"), *_bids(purchase, purchase.bids)),
            supplier=supplier_of(purchase),
        )


@alone("short_notice")
def short_notice(purchase: Purchase, terms: FlagTerms) -> Sights:
    """Fewer days from notice to deadline than given (R003); only of tenders, other ways have rules of their own."""
    tender = purchase.tender
    if tender.method not in TENDERS or terms.days is None:
        return
    due = final_due(tender)
    if tender.notice is None or due is None:
        yield Untold("没有填写公告日期或者投标截止日期")
        return
    begun = max(tender.notice.issued_on, tender.notice.documents_from or date.min)
    days = (due - begun).days
    if 0 <= days < terms.days:
        yield Raised(
            f"从发出招标文件到投标截止只有 {days} 日，不足 {terms.days} 日。",
            (
                purchase.datum("公告（文件发售起始）日期", show_day(begun)),
                purchase.datum("投标截止日期", show_day(due), f"{days} 日，参照值 {terms.days} 日"),
            ),
            supplier=supplier_of(purchase),
        )


def _priced(purchase: Purchase) -> tuple[list[Bid], Untold | None]:
    """Return the valid bids with a price, the lowest first; or why prices cannot be compared."""
    valid = [one for one in purchase.bids if not one.rejected]
    if len({one.key for one in valid}) < 2:
        return [], None
    if any(one.bidder.price is None for one in valid):
        return [], Untold("有的投标人没有填写报价")
    return sorted(valid, key=lambda one: one.bidder.price or 0), None


def _margin(purchase: Purchase) -> tuple[Bid, Bid, Fraction] | Untold | None:
    """Return winner, lowest other valid bid, and by which part of the winner's price it is higher."""
    if not purchase.tender.award or not purchase.competitive:
        return None
    valid, wanting = _priced(purchase)
    if wanting or not valid:
        return wanting
    won = next((one for one in valid if one.won), None)
    others = [one for one in valid if won and one.key != won.key]
    if won is None or not others:
        return Untold("投标人中没有标明中标人") if won is None else None
    price = won.bidder.price or 0
    if price <= 0 or (others[0].bidder.price or 0) < price:
        return None  # The winner was not the cheapest: its distance says nothing.
    return won, others[0], Fraction((others[0].bidder.price or 0) - price, price)


@alone("close_second")
def close_second(purchase: Purchase, terms: FlagTerms) -> Sights:
    """The lowest other bid hardly above the winner's (R024; here a fixed share, not an outlier of the whole)."""
    found = _margin(purchase)
    if isinstance(found, Untold):
        yield found
    elif found and terms.share is not None and 0 < found[2] <= terms.share:
        yield _distance(purchase, found, f"不超过 {percent(terms.share)}")


@alone("deep_discount")
def deep_discount(purchase: Purchase, terms: FlagTerms) -> Sights:
    """The winner far below the next bid (R058; here a fixed share)."""
    found = _margin(purchase)
    if isinstance(found, Untold):
        yield found
    elif found and terms.share is not None and found[2] >= terms.share:
        yield _distance(purchase, found, f"达到 {percent(terms.share)}")


def _distance(purchase: Purchase, found: tuple[Bid, Bid, Fraction], against: str) -> Raised:
    won, second, share = found
    return Raised(
        f"第二低的有效报价比中标人 {won.bidder.name} 的报价只高 {percent(share)}。"
        if "不超过" in against
        else f"中标人 {won.bidder.name} 的报价比第二低的有效报价低得多：后者高出 {percent(share)}。",
        (
            purchase.datum("中标人报价", yuan(won.bidder.price or 0)),
            purchase.datum(
                f"报价·{second.bidder.name}",
                yuan(second.bidder.price or 0),
                f"高 {percent(share)}，参照值：{against}",
            ),
        ),
        supplier=supplier_of(purchase),
    )


@alone("same_price")
def same_price(purchase: Purchase, _terms: FlagTerms) -> Sights:
    """Different bidders ask exactly the same price (R028)."""
    if not purchase.competitive or len(purchase.bidders) < 2:
        return
    prices: dict[int, list[Bid]] = {}
    for one in purchase.bids:
        if one.bidder.price is not None:
            prices.setdefault(one.bidder.price, []).append(one)
    same = [group for group in prices.values() if len({one.key for one in group}) > 1]
    if not same and sum(len(group) for group in prices.values()) < len(purchase.bids):
        yield Untold("有的投标人没有填写报价")
    for group in same:
        yield Raised(
            f"{'、'.join(one.bidder.name for one in group)} 的报价完全相同。",
            _bids(purchase, tuple(group)),
            supplier=supplier_of(purchase),
        )


@alone("narrow_band")
def narrow_band(purchase: Purchase, terms: FlagTerms) -> Sights:
    """All prices within a narrow band."""
    if not purchase.competitive or terms.share is None or len(purchase.bidders) < (terms.count or 3):
        return
    prices = [one.bidder.price for one in purchase.bids]
    known = [one for one in prices if one is not None and one > 0]
    if len(known) < len(prices):
        yield Untold("有的投标人没有填写报价")
        return
    low, high = min(known), max(known)
    band = Fraction(high - low, low)
    if 0 < band <= terms.share:
        yield Raised(
            f"{len(purchase.bidders)} 家的报价最高只比最低高 {percent(band)}。",
            (
                purchase.datum(
                    "最低、最高报价", f"{yuan(low)}、{yuan(high)}", f"参照值：不超过 {percent(terms.share)}"
                ),
                *_bids(purchase, purchase.bids),
            ),
            supplier=supplier_of(purchase),
        )


def _outcomes(purchase: Purchase) -> Untold | None:
    if not purchase.bids:
        return Untold("没有填写投标人")
    if any(one.bidder.outcome is None and not one.won for one in purchase.bids):
        return Untold("有的投标人没有填写结果")
    return None


@alone("others_rejected")
def others_rejected(purchase: Purchase, terms: FlagTerms) -> Sights:
    """Every bid but the winner's was thrown out (R035)."""
    if not purchase.tender.award or not purchase.competitive:
        return
    if wanting := _outcomes(purchase):
        yield wanting
        return
    others = [one for one in purchase.bids if one.key != purchase.winner]
    out = {one.key for one in others if one.rejected}
    if others and all(one.rejected for one in others) and len(out) >= (terms.count or 1):
        yield Raised(
            f"{len(purchase.bidders)} 家投标，除中标人 {supplier_of(purchase)} 外的 {len(out)} 家全部被否决。",
            tuple(
                purchase.datum(f"投标人·{one.bidder.name}", "否决", one.bidder.reason or "没有填写否决理由")
                for one in others
            ),
            supplier=supplier_of(purchase),
        )


@alone("lowest_rejected")
def lowest_rejected(purchase: Purchase, _terms: FlagTerms) -> Sights:
    """The lowest bid was thrown out (R036); how much the price counts is not in the record."""
    if not purchase.tender.award or not purchase.competitive:
        return
    out = [one for one in purchase.bids if one.rejected]
    if wanting := _outcomes(purchase):
        yield wanting
        return
    if not out:
        return
    if any(one.bidder.price is None for one in purchase.bids):
        yield Untold("有的投标人没有填写报价")
        return
    lowest = min(purchase.bids, key=lambda one: one.bidder.price or 0)
    won = next((one for one in purchase.bids if one.won), None)
    if lowest.rejected and won and (lowest.bidder.price or 0) < (won.bidder.price or 0):
        yield Raised(
            f"报价最低的 {lowest.bidder.name} 被否决，中标人的报价高 {yuan((won.bidder.price or 0) - (lowest.bidder.price or 0))}。",
            (
                purchase.datum(
                    f"投标人·{lowest.bidder.name}",
                    yuan(lowest.bidder.price or 0),
                    lowest.bidder.reason or "没有填写否决理由",
                ),
                purchase.datum("中标人报价", yuan(won.bidder.price or 0)),
            ),
            supplier=supplier_of(purchase),
        )


_TELLING: dict[str, Callable[[Bid], str | None]] = {
    "负责人证书": lambda one: one.bidder.certificate,
    "项目负责人": lambda one: one.bidder.lead,
}


@alone("shared_lead")
def shared_lead(purchase: Purchase, _terms: FlagTerms) -> Sights:
    """Different bidders name the same person in charge, or the same certificate (R044)."""
    if len(purchase.bidders) < 2:
        return
    told = [one for one in purchase.bids if one.bidder.lead or one.bidder.certificate]
    if len({one.key for one in told}) < 2:
        yield Untold("没有填写投标人的项目负责人")
        return
    seen: set[frozenset[str]] = set()
    for label, read in _TELLING.items():
        groups: dict[str, list[Bid]] = {}
        for one in told:
            if text := read(one):
                groups.setdefault(fold(text), []).append(one)
        for group in groups.values():
            who = frozenset(one.key for one in group)
            if len(who) > 1 and who not in seen:
                seen.add(who)
                yield Raised(
                    f"{'、'.join(one.bidder.name for one in group)} 写的是同一个{label}。",
                    tuple(purchase.datum(f"{label}·{one.bidder.name}", str(read(one))) for one in group),
                    key=f"{purchase.ref}|{'|'.join(sorted(who))}",
                    supplier=supplier_of(purchase),
                )


@alone("threshold_hugging")
def threshold_hugging(purchase: Purchase, terms: FlagTerms) -> Sights:
    """The amount just below one from which the purchase would have gone a stricter way."""
    if terms.share is None or not (purchase.tender.method or purchase.tender.award):
        return
    if purchase.tender.method is None or purchase.tender.subject is None or purchase.amount is None:
        yield Untold("没有填写采购方式、采购对象或者金额")
        return
    for one in limits(purchase):
        if one.fen * (1 - terms.share) <= purchase.amount < one.fen:
            short = Fraction(one.fen - purchase.amount, one.fen)
            yield Raised(
                f"金额 {yuan(purchase.amount)}，比{one.what}（{yuan(one.fen)}）低 {percent(short)}，采用{purchase.tender.method.label}。",
                (
                    purchase.datum(
                        "金额（预算、限价、成交、合同中最大的）",
                        yuan(purchase.amount),
                        f"{one.what} {yuan(one.fen)}（{one.rule}），参照值：低于界线不到 {percent(terms.share)}",
                    ),
                    purchase.datum("采购方式", purchase.tender.method.label),
                ),
                supplier=supplier_of(purchase),
            )
            return


@alone("price_at_ceiling")
def price_at_ceiling(purchase: Purchase, terms: FlagTerms) -> Sights:
    """The award hardly below the ceiling."""
    award, notice = purchase.tender.award, purchase.tender.notice
    if not award or not purchase.competitive or terms.share is None:
        return
    if notice is None or notice.ceiling is None:
        yield Untold("没有填写最高限价")
        return
    if notice.ceiling > 0 and award.amount >= notice.ceiling * terms.share:
        rate = Fraction(award.amount, notice.ceiling)
        yield Raised(
            f"成交金额是最高限价的 {percent(rate)}。",
            (
                purchase.datum("中标（成交）金额", yuan(award.amount)),
                purchase.datum(
                    "最高限价", yuan(notice.ceiling), f"参照值：达到限价的 {percent(terms.share)}"
                ),
            ),
            supplier=award.supplier,
        )
