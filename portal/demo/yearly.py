"""年度预算和年度决算 of a few units: approved, then made public in the days that the law allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from portal.demo.accounts import PROCURED, THREE, Release, head, lines
from portal.demo.bank import later, office_hour, pick, spread, workday, workday_before
from portal.demo.ledger import Entry, Quarter, books
from portal.demo.models import DemoRecord, Publication
from portal.demo.orgs import Org
from portal.demo.payments import payments
from portal.domain.calendar import quarters
from portal.domain.documents.finance import FinanceDisclosure, FundLine, Money, PublicFund, StatementType
from portal.domain.values import show_yuan

BUDGET, CLOSED = "2026", "2025"
_NAMES = {StatementType.BUDGET: "预算", StatementType.FINAL_ACCOUNTS: "决算"}
_RESERVE = "预备和结转下年"


def yearly_records(org: Org, numbers: dict[str, str]) -> Iterator[DemoRecord]:
    """Yield the budget and the final accounts of a unit whose row asks for them."""
    if "yearly" not in org.row:
        return
    ledger = books(org)
    procured = _procured(org, numbers)
    approved = workday(date(2026, 2, 3) + timedelta(days=org.serial % 3))
    release = _release(org, approved, "budget", low=4, high=7)
    plan = planned(ledger[f"{BUDGET}Q1"], BUDGET)
    funds = tuple(_funds(org, plan.expense, planned=True))
    estimate = (procured * 11 // 10 // 1_000_000 + 1) * 1_000_000
    yield record(org, release, budget(org, plan, release, approved, funds=funds, procured=estimate))
    approved = workday(date(2026, 9, 1) + timedelta(days=org.serial % 4))
    late = org.row["yearly"] == "late"
    low, high = (18, 20) if late else (4, 10)
    release = _release(org, approved, "accounts", low=low, high=high)
    closed = year_of(ledger, CLOSED)
    funds = tuple(_funds(org, closed.expense, planned=False))
    document = accounts(org, closed, release, approved, funds=funds, procured=procured)
    if late:
        words = org.bank["finance"]["yearly"]["late_explanation"]
        document = document.model_copy(update={"public_explanation": words})
    yield record(org, release, document)


def _release(org: Org, approved: date, what: str, *, low: int, high: int) -> Release:
    day = later(approved, spread(*org.key(what), low=low, high=high))
    return Release(office_hour(day, *org.key(what)), workday_before(day))


def _procured(org: Org, numbers: dict[str, str]) -> int:
    """Return what the quarterly disclosures of the closed year show as procured."""
    periods = quarters(f"{CLOSED}Q1", f"{CLOSED}Q4")
    paid = [one for period in periods for one in payments(org, period, numbers)]
    return sum(one.amount for one in paid if one.expense_type in PROCURED)


def planned(quarter: Quarter, year: str) -> Quarter:
    """Return the year's plan: every line its budget, what is not yet assigned kept as a reserve."""
    income = tuple(_planned(one) for one in quarter.income)
    expense = tuple(_planned(one) for one in quarter.expense)
    left = sum(one.amount for one in income) - sum(one.amount for one in expense)
    if left > 0:
        before = sum(one.last_year for one in income) - sum(one.last_year for one in expense)
        expense = (*expense, Entry(_RESERVE, _RESERVE, left, left, left, max(before, 0)))
    return Quarter(year, quarter.opening, income, expense)


def _planned(entry: Entry) -> Entry:
    last = entry.budget * 100 // 103 // 10_000 * 10_000
    return replace(entry, amount=entry.budget, cumulative=entry.budget, last_year=last)


def year_of(ledger: Mapping[str, Quarter], year: str) -> Quarter:
    """Return the closed year as one row of the books, compared with the year before."""
    last, before = ledger[f"{year}Q4"], ledger[f"{int(year) - 1}Q4"]
    return Quarter(
        year,
        ledger[f"{year}Q1"].opening,
        _closed(last.income, before.income),
        _closed(last.expense, before.expense),
    )


def _closed(now: Sequence[Entry], before: Sequence[Entry]) -> tuple[Entry, ...]:
    past = {one.item: one.cumulative for one in before}
    return tuple(replace(one, amount=one.cumulative, last_year=past[one.item]) for one in now)


def record(org: Org, release: Release, document: FinanceDisclosure) -> DemoRecord:
    """Return the record of a statement that is published once."""
    return DemoRecord(
        org.regime.slug,
        org.unit.slug,
        (Publication(release.at, document, "首次公开", org.publisher),),
    )


def budget(
    org: Org,
    plan: Quarter,
    release: Release,
    approved: date,
    *,
    funds: tuple[FundLine, ...],
    procured: int,
) -> FinanceDisclosure:
    """Return the unit's budget of the year that is planned."""
    abstract = f"{plan.period}年收入预算{show_yuan(plan.income_total)}元，支出预算相同，没有赤字。"
    return FinanceDisclosure(
        **_head(org, StatementType.BUDGET, plan.period, release, abstract),
        **_totals(plan, approved, funds, procured),
        income=_plain(org, plan.income, plan.period),
        expense=_plain(org, plan.expense, plan.period),
    )


def accounts(
    org: Org,
    closed: Quarter,
    release: Release,
    approved: date,
    *,
    funds: tuple[FundLine, ...],
    procured: int,
) -> FinanceDisclosure:
    """Return the unit's final accounts of the closed year."""
    abstract = (
        f"{closed.period}年收入{show_yuan(closed.income_total)}元，支出{show_yuan(closed.expense_total)}元，"
        f"年末结转{show_yuan(closed.closing)}元。"
    )
    return FinanceDisclosure(
        **_head(org, StatementType.FINAL_ACCOUNTS, closed.period, release, abstract),
        **_totals(closed, approved, funds, procured),
        opening=closed.opening,
        closing=closed.closing,
        income=tuple(_explained(org, closed.income, closed.period)),
        expense=tuple(_explained(org, closed.expense, closed.period)),
    )


def _head(org: Org, statement: StatementType, year: str, release: Release, abstract: str) -> dict[str, Any]:
    of = "部门" if org.unit.type in ("bureau", "institution") else ""
    return head(org, year, release, abstract) | {
        "title": f"{org.unit.name}{year}年度{of}{_NAMES[statement]}",
        "statement": statement,
        "finance_head": org.holder("finance", release.at.date()).name,
        "legal_basis": "预算法第十四条",
        "explanation": abstract,
    }


def _totals(year: Quarter, approved: date, funds: tuple[FundLine, ...], procured: int) -> dict[str, Any]:
    return {
        "approved_on": approved,
        "income_total": year.income_total,
        "expense_total": year.expense_total,
        "public_funds": funds,
        "public_funds_total": sum(one.amount for one in funds),
        "procurement_total": procured,
    }


def _plain(org: Org, entries: Sequence[Entry], year: str) -> tuple[Money, ...]:
    """A plan has no running total, and is its own budget."""
    return tuple(
        one.model_copy(update={"budget": None, "cumulative": None, "explanation": None})
        for one in lines(org, entries, year)
    )


def _explained(org: Org, entries: Sequence[Entry], year: str) -> Iterator[Money]:
    """Yield the lines with a year's reasons where a quarter's would stand."""
    text = org.bank["finance"]["yearly"]
    for one in lines(org, entries, year):
        if one.explanation is None:
            yield one
            continue
        way = "up" if one.amount > (one.last_year or 0) else "down"
        why = pick(text[f"line_{way}"], *org.key(one.item, year))
        yield one.model_copy(update={"explanation": f"{why}。"})


def _times(org: Org, entry: Entry) -> int:
    """Return how many cars, or how many receptions."""
    return 2 + org.serial % 4 if entry.item == PublicFund.VEHICLE_OPERATION.label else entry.amount // 70_000


def _funds(org: Org, expense: Sequence[Entry], *, planned: bool) -> Iterator[FundLine]:
    text = org.bank["finance"]["yearly"]
    for fund in (PublicFund.OVERSEAS_TRAVEL, PublicFund.VEHICLE_PURCHASE):
        yield FundLine(fund=fund, budget=0, amount=0, last_year=0, explanation=text["none"])
    for entry in expense:
        if entry.item not in THREE:
            continue
        change = entry.amount - entry.last_year
        way = "增加" if change > 0 else "减少"
        why = pick(text["up" if change > 0 else "down"][entry.item], *org.key(entry.item, planned))
        yield FundLine(
            fund=THREE[entry.item],
            budget=entry.budget,
            amount=entry.amount,
            last_year=entry.last_year,
            times=None if planned else _times(org, entry),
            explanation=f"比上年{way}{show_yuan(abs(change))}元，{why}。",
        )
