"""金额: from the budget to what was paid, as headline figures and as one chain of bars."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.documents.tender import Tender
from portal.domain.values import show_month
from portal.site.pages.kinds.figures import Amount, headlines, rate

FULL = 1000  # The longest bar, in parts of its width.
LEAST = 3  # Fewer amounts than this are told by the headline figures alone.


@dataclass(frozen=True)
class Link:
    """One amount of the chain: its name, the number in the chain's unit, the bar, what to know beside it."""

    label: str
    number: str
    bar: int
    note: str


@dataclass(frozen=True)
class Chain:
    """Amounts in the order in which they came to be, in one unit."""

    links: tuple[Link, ...]
    unit: str


def known(tender: Tender, paid: int | None) -> list[tuple[str, int, str]]:
    """Return the amounts that the record gives, in order, each with what it says against the one before."""
    intent, notice, award, contract = tender.intent, tender.notice, tender.award, tender.contract
    rows: list[tuple[str, int, str]] = []
    budget = intent.budget if intent else None
    ceiling = notice.ceiling if notice else None
    limit, name = (ceiling, "最高限价") if ceiling is not None else (budget, "预算")
    if budget is not None:
        rows.append(("采购预算", budget, ""))
    if ceiling is not None:
        rows.append(("最高限价", ceiling, _against(ceiling, budget, "预算")))
    if award:
        rows.append(("中标（成交）", award.amount, _against(award.amount, limit, name)))
    agreed = contract.amount if contract else None
    if contract:
        rows.append(
            ("合同", contract.amount, _against(contract.amount, award.amount if award else None, "中标价"))
        )
    if contract and tender.variations:
        agreed = contract.amount + sum(one.amount for one in tender.variations)
        rows.append(("合同加变更", agreed, _against(agreed, contract.amount, "合同价")))
    final = tender.acceptance.final_amount if tender.acceptance else None
    if final is not None:
        rows.append(("结算", final, _against(final, agreed, "合同价")))
    if paid is not None:
        whole = final if final is not None else agreed
        share = rate(paid, whole) if paid >= 0 else ""
        rows.append(
            ("已公开付款", paid, f"{'结算价' if final is not None else '合同价'}的 {share}" if share else "")
        )
    return rows


def _against(amount: int, other: int | None, name: str) -> str:
    if other is None:
        return ""
    if amount == other:
        return f"与{name}一致"
    word = "低" if amount < other else "高"
    share = rate(abs(amount - other), other)
    return f"比{name}{word} {share}" if share and share != "0.0%" else f"略{word}于{name}"


def chain(rows: list[tuple[str, int, str]]) -> Chain | None:
    """Draw the amounts as bars on one scale; None where there are too few to compare."""
    if len(rows) < LEAST:
        return None
    amounts = headlines([value for _, value, _ in rows])
    top = max(value for _, value, _ in rows)
    links = tuple(
        Link(label, amount.number, round(FULL * max(value, 0) / top) if top > 0 else 0, note)
        for (label, value, note), amount in zip(rows, amounts, strict=True)
    )
    return Chain(links, amounts[0].unit)


def figures(tender: Tender, paid: int | None, *, drawn: bool) -> list[tuple[str, Amount, str]]:
    """Return the headline amounts: label, amount, and what stands below it. `drawn`: a chain tells them all."""
    award, notice, intent, contract = tender.award, tender.notice, tender.intent, tender.contract
    rows: list[tuple[str, int, str]] = []
    if contract:
        rows.append(("合同金额", contract.amount, f"中标（成交）人：{award.supplier}" if award else ""))
    elif award:
        rows.append(("中标（成交）金额", award.amount, f"中标（成交）人：{award.supplier}"))
    ceiling, budget = notice.ceiling if notice else None, intent.budget if intent else None
    if ceiling is not None:
        rows.append(("最高限价", ceiling, ""))
    if budget is not None and not (drawn and ceiling is not None):
        rows.append(("采购预算", budget, ""))
    limit = ceiling if ceiling is not None else budget
    saved = limit - award.amount if award and limit and award.amount >= 0 else None
    extra = [abs(saved)] if saved else []
    if paid is not None:
        extra.append(paid)
    amounts = headlines([value for _, value, _ in rows] + extra)
    found = [(label, amount, below) for (label, _, below), amount in zip(rows, amounts, strict=False)]
    if saved:
        word = "低" if saved > 0 else "高"
        told = amounts[len(rows)]
        share = Amount(rate(abs(saved), limit).removesuffix("%"), "%")
        found.append(
            (f"比{'限价' if ceiling is not None else '预算'}{word}", share, f"{told.number} {told.unit}")
        )
    elif saved == 0:
        found.append(("比限价低" if ceiling is not None else "比预算低", Amount("0.0", "%"), "两者一致"))
    if paid is not None:
        found.append(("已公开付款", amounts[-1], _paid(paid, tender)))
    return found


def planned(tender: Tender) -> list[tuple[str, Amount, str]]:
    """Return when a purchase is expected, as a headline beside its budget."""
    month = tender.intent.expected_month if tender.intent else None
    return [("预计采购时间", Amount(show_month(month), ""), "")] if month else []


def _paid(paid: int, tender: Tender) -> str:
    share = rate(paid, tender.contract.amount) if tender.contract and paid >= 0 else ""
    return f"合同金额的 {share}" if share else ""
