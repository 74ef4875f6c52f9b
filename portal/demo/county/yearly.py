"""年度预算和年度决算 of the county: approved, then made public within the twenty days that the law allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from portal.demo.accounts import Release
from portal.demo.bank import later, office_hour, spread, workday, workday_before
from portal.demo.county.agenda import Year
from portal.demo.county.bodies import Body
from portal.demo.county.finances import fund_lines
from portal.demo.ledger import Quarter
from portal.demo.models import DemoRecord
from portal.demo.yearly import accounts, budget, planned, record, year_of

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
        plan = planned(ledger[f"{budgeted}Q1"], str(budgeted))
        procured = plan.income_total * (12 + body.serial % 9) // 100 // 1_000_000 * 1_000_000
        funds = tuple(fund_lines(body, plan.expense, plan.period))
        yield record(body, release, budget(body, plan, release, approved, funds=funds, procured=procured))
    closed = year.window.year_of(*_ACCOUNTS)
    if year.wanted["accounts"] and closed:
        approved = workday(date(closed, 8, 28) + timedelta(days=body.serial % 4))
        release = _release(body, approved, f"accounts-{closed}")
        past = year_of(ledger, str(closed - 1))
        procured = past.expense_total * (9 + body.serial % 7) // 100 // 10_000 * 10_000
        funds = tuple(fund_lines(body, past.expense, past.period))
        yield record(body, release, accounts(body, past, release, approved, funds=funds, procured=procured))


def _release(body: Body, approved: date, what: str) -> Release:
    day = later(approved, spread(*body.key(what), low=4, high=8))
    day = min(day, workday_before(body.county.until + timedelta(days=1)))
    return Release(office_hour(day, *body.key(what)), workday_before(day))
