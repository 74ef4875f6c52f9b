"""Flags of one purchase: how soon its steps followed, on what ground, and what became of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction

from portal.domain.documents.tender import Method
from portal.domain.supervision.flags.base import Purchase, Raised, Sights, Untold, alone
from portal.domain.supervision.flags.single import percent, supplier_of, yuan
from portal.domain.supervision.terms import FlagTerms
from portal.domain.values import show_day


def _days_late(
    purchase: Purchase, first: tuple[str, date], last: tuple[str, date], terms: FlagTerms
) -> Iterator[Raised]:
    days = (last[1] - first[1]).days
    if terms.days is not None and days > terms.days:
        yield Raised(
            f"{first[0]}{show_day(first[1])}，{last[0]}{show_day(last[1])}，相隔 {days} 日。",
            (
                purchase.datum(first[0], show_day(first[1])),
                purchase.datum(last[0], show_day(last[1]), f"{days} 日，参照值：不超过 {terms.days} 日"),
            ),
            supplier=supplier_of(purchase),
        )


def _overdue(purchase: Purchase, since: date, terms: FlagTerms) -> bool:
    """Tell whether a step that the record does not tell of would be late by now."""
    return terms.days is not None and (purchase.context.on - since).days > terms.days


@alone("late_award_notice")
def late_award_notice(purchase: Purchase, terms: FlagTerms) -> Sights:
    """The result announced long after it was determined."""
    award = purchase.tender.award
    if not award:
        return
    if award.announced_on is None:
        if _overdue(purchase, award.determined_on, terms):
            yield Untold("没有填写结果公告日期")
        return
    yield from _days_late(
        purchase, ("确定供应商日期", award.determined_on), ("结果公告日期", award.announced_on), terms
    )


@alone("late_contract")
def late_contract(purchase: Purchase, terms: FlagTerms) -> Sights:
    """The contract signed long after the award."""
    award, contract = purchase.tender.award, purchase.tender.contract
    if not award:
        return
    since = (
        ("发出中标通知书日期", award.notified_on)
        if award.notified_on
        else ("确定供应商日期", award.determined_on)
    )
    if contract is None:
        if _overdue(purchase, since[1], terms):
            yield Untold("没有填写合同签订日期")
        return
    yield from _days_late(purchase, since, ("合同签订日期", contract.signed_on), terms)


@alone("sole_source_no_reason")
def sole_source_no_reason(purchase: Purchase, _terms: FlagTerms) -> Sights:
    """A single source of which the record says no reason."""
    tender = purchase.tender
    if tender.method == Method.SOLE_SOURCE and not (tender.sole_source or tender.method_reason):
        amount = yuan(purchase.amount) if purchase.amount is not None else "没有填写"
        yield Raised(
            "采用单一来源，没有公示，也没有写理由。",
            (
                purchase.datum("采购方式", tender.method.label),
                purchase.datum("单一来源理由", "没有填写"),
                purchase.datum("金额", amount),
            ),
            supplier=supplier_of(purchase),
        )


@alone("contract_above_award")
def contract_above_award(purchase: Purchase, terms: FlagTerms) -> Sights:
    """The contract dearer than the award."""
    award, contract = purchase.tender.award, purchase.tender.contract
    if award and contract and award.amount > 0 and terms.share is not None:
        more = Fraction(contract.amount - award.amount, award.amount)
        if more >= terms.share:
            yield Raised(
                f"合同金额比中标金额高 {percent(more)}。",
                (
                    purchase.datum("中标（成交）金额", yuan(award.amount)),
                    purchase.datum("合同金额", yuan(contract.amount), f"参照值：高出 {percent(terms.share)}"),
                ),
                supplier=award.supplier,
            )


@alone("amended_upward")
def amended_upward(purchase: Purchase, terms: FlagTerms) -> Sights:
    """Changes, or the final account, raise the contract's amount."""
    tender = purchase.tender
    if not (tender.variations or (tender.acceptance and tender.acceptance.final_amount is not None)):
        return
    if tender.contract is None or tender.contract.amount <= 0:
        yield Untold("没有填写合同金额")
        return
    base = tender.contract.amount
    changed = base + sum(one.amount for one in tender.variations)
    final = tender.acceptance.final_amount if tender.acceptance else None
    reached = max(changed, final if final is not None else changed)
    more = Fraction(reached - base, base)
    if terms.share is not None and more >= terms.share:
        last = (
            purchase.datum(
                "结算金额", yuan(final), f"比合同高 {percent(more)}，参照值：{percent(terms.share)}"
            )
            if final is not None and final >= changed
            else purchase.datum(
                f"变更签证 {len(tender.variations)} 次",
                f"合计 {yuan(changed - base)}",
                f"比合同高 {percent(more)}，参照值：{percent(terms.share)}",
            )
        )
        yield Raised(
            f"合同签订后金额增加 {percent(more)}。",
            (purchase.datum("合同金额", yuan(base)), last),
            supplier=supplier_of(purchase),
        )
