"""年度预算和年度决算 of the county: approved, then made public within the twenty days that the law allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from portal.demo.accounts import Release, head, lines
from portal.demo.bank import later, office_hour, pick, spread, workday, workday_before
from portal.demo.county.agenda import Year
from portal.demo.county.bodies import Body
from portal.demo.county.finances import fund_lines
from portal.demo.ledger import Entry, Quarter
from portal.demo.models import DemoRecord, Publication
from portal.domain.documents.finance import FinanceDisclosure, Money, StatementType
from portal.domain.values import show_yuan
from portal.services.publishing import FIRST

_RESERVE = "预备和结转下年"
_BUDGET, _ACCOUNTS = (
    (2, 14),
    (9, 16),
)  # Month and day by which the year's budget and last year's accounts are out.


def yearly_of(body: Body, year: Year, ledger: Mapping[str, Quarter]) -> Iterator[DemoRecord]:
    """Yield the budget and the final accounts that fall in the window, where the county asks for them."""
    budgeted = year.window.year_of(*_BUDGET)
    if year.wanted["budget"] and budgeted:
        approved = workday(date(budgeted, 1, 25) + timedelta(days=body.serial % 3))
        release = _release(body, approved, f"budget-{budgeted}")
        yield _record(body, release, _budget(body, ledger, str(budgeted), release, approved))
    closed = year.window.year_of(*_ACCOUNTS)
    if year.wanted["accounts"] and closed:
        approved = workday(date(closed, 8, 28) + timedelta(days=body.serial % 4))
        release = _release(body, approved, f"accounts-{closed}")
        yield _record(body, release, _accounts(body, ledger, str(closed - 1), release, approved))


def _release(body: Body, approved: date, what: str) -> Release:
    day = later(approved, spread(*body.key(what), low=4, high=8))
    day = min(day, workday_before(body.county.until + timedelta(days=1)))
    return Release(office_hour(day, *body.key(what)), workday_before(day))


def _record(body: Body, release: Release, document: FinanceDisclosure) -> DemoRecord:
    publication = Publication(release.at, document, FIRST, body.publisher)
    return DemoRecord(body.regime.slug, body.unit.slug, (publication,))


def _head(body: Body, statement: StatementType, year: str, release: Release, abstract: str) -> dict[str, Any]:
    name = "预算" if statement == StatementType.BUDGET else "决算"
    of = "部门" if body.unit.type in ("bureau", "institution") else ""
    return head(body, year, release, abstract) | {
        "title": f"{body.unit.name}{year}年度{of}{name}",
        "statement": statement,
        "finance_head": body.holder("finance", release.at.date()).name,
        "legal_basis": "预算法第十四条",
        "explanation": abstract,
    }


def _budget(
    body: Body, ledger: Mapping[str, Quarter], year: str, release: Release, approved: date
) -> FinanceDisclosure:
    """The year's plan: every line its budget, what is not yet assigned kept as a reserve."""
    quarter = ledger[f"{year}Q1"]
    income = [_planned(one) for one in quarter.income]
    expense = [_planned(one) for one in quarter.expense]
    left = sum(one.amount for one in income) - sum(one.amount for one in expense)
    if left > 0:
        before = sum(one.last_year for one in income) - sum(one.last_year for one in expense)
        expense.append(Entry(_RESERVE, _RESERVE, left, left, left, max(before, 0)))
    total = sum(one.amount for one in income)
    abstract = f"{year}年收入预算{show_yuan(total)}元，支出预算相同，没有赤字。"
    funds = tuple(fund_lines(body, tuple(expense), year))
    return FinanceDisclosure(
        **_head(body, StatementType.BUDGET, year, release, abstract),
        approved_on=approved,
        income_total=total,
        expense_total=sum(one.amount for one in expense),
        income=_plain(body, income, year),
        expense=_plain(body, expense, year),
        public_funds=funds,
        public_funds_total=sum(one.amount for one in funds),
        procurement_total=total * (12 + body.serial % 9) // 100 // 1_000_000 * 1_000_000,
    )


def _planned(entry: Entry) -> Entry:
    last = entry.budget * 100 // 103 // 10_000 * 10_000
    return replace(entry, amount=entry.budget, cumulative=entry.budget, last_year=last)


def _plain(body: Body, entries: Sequence[Entry], year: str) -> tuple[Money, ...]:
    """A plan has no running total, and is its own budget."""
    return tuple(
        one.model_copy(update={"budget": None, "cumulative": None, "explanation": None})
        for one in lines(body, entries, year)
    )


def _accounts(
    body: Body, ledger: Mapping[str, Quarter], year: str, release: Release, approved: date
) -> FinanceDisclosure:
    first, last, before = ledger[f"{year}Q1"], ledger[f"{year}Q4"], ledger[f"{int(year) - 1}Q4"]
    income, expense = _closed(last.income, before.income), _closed(last.expense, before.expense)
    received, spent = sum(one.amount for one in income), sum(one.amount for one in expense)
    abstract = f"{year}年收入{show_yuan(received)}元，支出{show_yuan(spent)}元，年末结转{show_yuan(last.closing)}元。"
    funds = tuple(fund_lines(body, tuple(expense), year))
    return FinanceDisclosure(
        **_head(body, StatementType.FINAL_ACCOUNTS, year, release, abstract),
        approved_on=approved,
        opening=first.opening,
        closing=last.closing,
        income_total=received,
        expense_total=spent,
        income=tuple(_explained(body, income, year)),
        expense=tuple(_explained(body, expense, year)),
        public_funds=funds,
        public_funds_total=sum(one.amount for one in funds),
        procurement_total=spent * (9 + body.serial % 7) // 100 // 10_000 * 10_000,
    )


def _closed(now: Sequence[Entry], before: Sequence[Entry]) -> list[Entry]:
    past = {one.item: one.cumulative for one in before}
    return [replace(one, amount=one.cumulative, last_year=past[one.item]) for one in now]


def _explained(body: Body, entries: Sequence[Entry], year: str) -> Iterator[Money]:
    """Yield the lines with a year's reasons where a quarter's would stand."""
    text = body.bank["finance"]["yearly"]
    for one in lines(body, entries, year):
        if one.explanation is None:
            yield one
            continue
        way = "up" if one.amount > (one.last_year or 0) else "down"
        why = pick(text[f"line_{way}"], *body.key(one.item, year))
        yield one.model_copy(update={"explanation": f"{why}。"})
