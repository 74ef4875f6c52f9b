"""The books of a unit over all its years: every total is the sum of its lines."""

from __future__ import annotations

from portal.demo.bank import pick, spread
from portal.demo.county.bodies import Body
from portal.demo.ledger import QUARTER_SHARE, Entry, Quarter
from portal.domain.calendar import quarter_of, quarters

_INCOME = ("拨款", "转移支付", "补助", "奖补")
_GROWTH = 3  # Hundredths by which the budget grows from year to year.


def books(body: Body) -> dict[str, Quarter]:
    """Return the unit's quarters, from two years before its first (so that last years are known) to its last."""
    lines = body.bank["finance"][body.unit.type]
    first = body.windows[0].first.year - 2
    periods = quarters(f"{first}Q1", quarter_of(body.county.until))
    opening = int(body.row["scale"]) * 60_000 + spread(*body.key("opening"), low=0, high=99_999)
    income = _table(body, lines["income"], periods, first)
    expense = _table(body, lines["expense"], periods, first)
    found = {}
    for period in periods:
        quarter = Quarter(period, opening, income[period], expense[period])
        found[period] = quarter
        opening = quarter.closing
    return found


def _table(
    body: Body, lines: list[tuple[str, str, int]], periods: list[str], first: int
) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, list[Entry]] = {one: [] for one in periods}
    for item, group, share in lines:
        amounts: dict[str, int] = {}
        cumulative = 0
        for period in periods:
            year, number = int(period[:4]), int(period[5])
            budget = _budget(body, share, year - first)
            amounts[period] = _amount(body, item, budget, period)
            cumulative = amounts[period] + (cumulative if number > 1 else 0)
            last_year = amounts.get(f"{year - 1}Q{number}", 0)
            found[period].append(Entry(item, group, budget, amounts[period], cumulative, last_year))
    return {period: tuple(entries) for period, entries in found.items()}


def _budget(body: Body, share: int, years: int) -> int:
    raw = int(body.row["scale"]) * share * (100 + _GROWTH * years)
    return max(raw // 10_000, 1) * 10_000


def _amount(body: Body, item: str, budget: int, period: str) -> int:
    chance = spread(*body.key(item, period), low=0, high=129)
    part = QUARTER_SHARE[int(period[5]) - 1] * (92 + chance % 13)
    if chance // 13 == 0 and not item.endswith(_INCOME):
        part = part * 70 // 100  # A payment that slipped into the next quarter.
    amount = budget * part // 10_000
    if item in ("公务接待费", "差旅费"):
        return amount // 100 * 100
    return amount // 10 * 10 + pick((0, 0, 5, 8, 3), item, chance)
