"""Working days (工作日) by the State Council's holiday calendar, 调休 included.

The day that starts a period does not count (民法典 201). Years whose official
notice is not in the calendar yet give provisional answers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import holidays

LAST_NOTICED_YEAR = 2026  # The newest year whose official notice the library carries.


@dataclass(frozen=True)
class Due:
    """A deadline; `provisional` until the official calendar of its year is known."""

    day: date
    provisional: bool


@cache
def _year(year: int) -> tuple[frozenset[date], frozenset[date]]:
    calendar = holidays.country_holidays("CN", years=year)
    makeup = frozenset(day for day in calendar.weekend_workdays if day.year == year)
    return frozenset(calendar.keys()), makeup


def is_workday(day: date) -> bool:
    """Tell whether `day` is a working day: 调休 Saturdays and Sundays are, public holidays are not."""
    off, makeup = _year(day.year)
    return day in makeup or (day.weekday() < 5 and day not in off)


def add_workdays(start: date, count: int) -> Due:
    """Return the last day of a period of `count` working days that `start` triggers."""
    day = start
    while count:
        day += timedelta(days=1)
        count -= is_workday(day)
    return Due(day, provisional=day.year > LAST_NOTICED_YEAR)


def workdays_between(after: date, until: date) -> int:
    """Count the working days after `after` up to and including `until`."""
    return sum(is_workday(after + timedelta(days=step)) for step in range(1, (until - after).days + 1))


def quarter_end(period: str) -> date:
    """Return the last day of a quarter such as "2026Q3"."""
    if not re.fullmatch(r"\d{4}Q[1-4]", period):
        raise ValueError(f"“{period}”不是季度，应写成 2026Q3 的形式")
    year, quarter = int(period[:4]), int(period[5])
    following = date(year + quarter // 4, quarter % 4 * 3 + 1, 1)
    return following - timedelta(days=1)


def quarters(first: str, last: str) -> list[str]:
    """Return every quarter from `first` to `last`, in order."""
    found = []
    year, quarter = int(first[:4]), int(first[5])
    while (text := f"{year}Q{quarter}") <= last:
        found.append(text)
        year, quarter = year + quarter // 4, quarter % 4 + 1
    return found


def quarter_of(day: date) -> str:
    """Return the quarter that `day` lies in."""
    return f"{day.year}Q{(day.month - 1) // 3 + 1}"
