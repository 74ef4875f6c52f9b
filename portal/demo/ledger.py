"""The figures of a unit's books, quarter by quarter: every total is the sum of its lines."""

from __future__ import annotations

from dataclasses import dataclass

from portal.demo.bank import pick, spread
from portal.demo.orgs import Org
from portal.domain.calendar import quarters

FIRST, LAST = "2024Q1", "2026Q3"
QUARTER_SHARE = (22, 24, 24, 26)  # Hundredths of the year's budget: less than the whole, so none is exceeded.


@dataclass(frozen=True)
class Entry:
    """One line of the books in one quarter, all amounts in fen."""

    item: str
    group: str
    budget: int
    amount: int
    cumulative: int
    last_year: int


@dataclass(frozen=True)
class Quarter:
    """One quarter of the books, or a whole year of them (its period is then the year)."""

    period: str
    opening: int
    income: tuple[Entry, ...]
    expense: tuple[Entry, ...]

    @property
    def income_total(self) -> int:
        """Return the sum of the income lines."""
        return sum(one.amount for one in self.income)

    @property
    def expense_total(self) -> int:
        """Return the sum of the expense lines."""
        return sum(one.amount for one in self.expense)

    @property
    def closing(self) -> int:
        """Return what is left."""
        return self.opening + self.income_total - self.expense_total


def books(org: Org) -> dict[str, Quarter]:
    """Return the unit's quarters from `FIRST` (or the quarter after its nil return) to `LAST`."""
    lines = org.bank["finance"][org.unit.type]
    nil = org.row.get("nil")
    periods = [one for one in quarters(FIRST, LAST) if nil is None or one > nil]
    opening = 0 if nil else int(org.row["scale"]) * 60_000 + spread(*org.key("opening"), low=0, high=99_999)
    found: dict[str, Quarter] = {}
    for period in periods:
        quarter = Quarter(
            period,
            opening,
            _entries(org, lines["income"], period, periods),
            _entries(org, lines["expense"], period, periods),
        )
        found[period] = quarter
        opening = quarter.closing
    return found


def _entries(org: Org, lines: list[list[object]], period: str, periods: list[str]) -> tuple[Entry, ...]:
    year, number = period[:4], int(period[5])
    entries = []
    for item, group, share in lines:
        so_far = [f"{year}Q{one}" for one in range(1, number + 1)]
        before = f"{int(year) - 1}Q{number}"
        entries.append(
            Entry(
                item=str(item),
                group=str(group),
                budget=_budget(org, str(share), year),
                amount=_amount(org, str(item), str(share), period),
                cumulative=sum(_amount(org, str(item), str(share), one) for one in so_far if one in periods),
                last_year=_amount(org, str(item), str(share), before) if before in periods else 0,
            )
        )
    return tuple(entries)


def _budget(org: Org, share: str, year: str) -> int:
    raw = int(org.row["scale"]) * int(share) * 100 * (100 + 3 * (int(year) - 2025)) // 100
    return max(raw // 10_000, 1) * 10_000


def _amount(org: Org, item: str, share: str, period: str) -> int:
    budget = _budget(org, share, period[:4])
    part = QUARTER_SHARE[int(period[5]) - 1] * spread(*org.key(item, period), low=92, high=104)
    income = item.endswith(("拨款", "转移支付"))
    if not income and spread(*org.key(item, period, "pause"), low=0, high=9) == 0:
        part = part * 70 // 100  # A payment that slipped into the next quarter.
    amount = budget * part // 10_000
    if item in ("公务接待费", "差旅费", "编外人员报酬", "村级组织运转补助"):
        return amount // 100 * 100
    return amount // 10 * 10 + pick((0, 0, 5, 8, 3), *org.key(item, period, "fen"))
