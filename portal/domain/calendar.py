"""Day counting: working days (工作日), natural days (日), months (个月).

Working days follow the State Council's holiday notices, 调休 included. The day
that starts a period does not count (民法典 201). A period of natural days or
months that ends on a public holiday or weekend runs on to the next working day
(民法典 203), where the regime says so. Years whose official notice is not known
yet give provisional answers, which become final the day the notice is entered.
"""

from __future__ import annotations

import calendar as _months
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from itertools import accumulate
from typing import Literal

LAST_NOTICED_YEAR = 2026  # The newest year whose official notice the library carries.


@dataclass(frozen=True)
class Due:
    """A deadline; `provisional` until the official calendar of its year is known.

    `ended` is the day on which the period itself ran out, where that was a day off and the deadline moved on.
    """

    day: date
    provisional: bool
    ended: date | None = None


@dataclass(frozen=True)
class Span:
    """A length of time as the law writes it: 20个工作日, 30日, 6个月."""

    count: int
    unit: Literal["workday", "day", "month"]

    def __str__(self) -> str:
        """Return the length as the law writes it."""
        return f"{self.count}{_UNITS[self.unit]}"


_UNITS = {"workday": "个工作日", "day": "日", "month": "个月"}
_SPAN = re.compile(r"(\d{1,4})\s*(个工作日|工作日|日|天|个月)")


def read_span(text: str) -> Span:
    """Read 20个工作日, 30日 or 6个月, or raise `ValueError` in Chinese."""
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise ValueError(f"“{text}”不是可识别的期限。请写成“20个工作日”、“30日”或“6个月”。")
    unit: Literal["workday", "day", "month"] = (
        "workday" if "工作日" in found[2] else "month" if found[2] == "个月" else "day"
    )
    return Span(int(found[1]), unit)


@dataclass(frozen=True)
class YearNotice:
    """One year's official days off and makeup working days (调休上班), as announced."""

    year: int
    off: frozenset[date]
    work: frozenset[date]


@cache
def _year(year: int) -> tuple[frozenset[date], frozenset[date]]:
    import holidays  # Slow to load, and only needed once a day is counted.

    table = holidays.country_holidays("CN", years=year)
    makeup = frozenset(day for day in table.weekend_workdays if day.year == year)
    return frozenset(table.keys()), makeup


@dataclass(frozen=True)
class Calendar:
    """Counts days. `notices` are years entered by the commission; they win over the library's."""

    notices: Mapping[int, YearNotice] = field(default_factory=dict)
    roll: bool = True  # A period of days or months that ends on a day off runs on to the next working day.
    _counted: dict[int, list[int]] = field(default_factory=dict, compare=False, repr=False)

    def is_workday(self, day: date) -> bool:
        """Tell whether `day` is a working day: 调休 Saturdays and Sundays are, public holidays are not."""
        notice = self.notices.get(day.year)
        off, makeup = (notice.off, notice.work) if notice else _year(day.year)
        return day in makeup or (day.weekday() < 5 and day not in off)

    def is_noticed(self, year: int) -> bool:
        """Tell whether the year's official notice is known."""
        return year <= LAST_NOTICED_YEAR or year in self.notices

    def due(self, start: date, span: Span) -> Due:
        """Return the last day of a period that `start` triggers."""
        match span.unit:
            case "workday":
                return self.add_workdays(start, span.count)
            case "day":
                return self._rolled(start + timedelta(days=span.count))
            case "month":
                return self._rolled(add_months(start, span.count))

    def add_workdays(self, start: date, count: int) -> Due:
        """Return the last day of a period of `count` working days that `start` triggers."""
        year, wanted = start.year, self._until(start) + count
        while wanted > (most := self._running(year)[-1]):
            year, wanted = year + 1, wanted - most
        day = date(year, 1, 1) + timedelta(days=bisect_left(self._running(year), wanted)) if count else start
        return Due(day, provisional=not self.is_noticed(day.year))

    def _running(self, year: int) -> list[int]:
        """Return how many working days of the year have passed by the end of each of its days."""
        if year not in self._counted:
            first = date(year, 1, 1)
            days = (first + timedelta(days=place) for place in range((date(year + 1, 1, 1) - first).days))
            self._counted[year] = list(accumulate(int(self.is_workday(day)) for day in days))
        return self._counted[year]

    def _until(self, day: date) -> int:
        """Return how many working days of its year have passed by the end of `day`."""
        return self._running(day.year)[day.timetuple().tm_yday - 1]

    def _rolled(self, ended: date) -> Due:
        day = ended
        while self.roll and not self.is_workday(day):
            day += timedelta(days=1)
        provisional = self.roll and not self.is_noticed(day.year)
        return Due(day, provisional, ended if day != ended else None)

    def workdays_between(self, after: date, until: date) -> int:
        """Count the working days after `after` up to and including `until`."""
        if until <= after:
            return 0
        whole = sum(self._running(year)[-1] for year in range(after.year, until.year))
        return whole + self._until(until) - self._until(after)

    def elapsed(self, after: date, until: date, unit: str) -> int:
        """Count the days of `unit` ("workday" or "day") after `after` up to and including `until`."""
        return self.workdays_between(after, until) if unit == "workday" else (until - after).days

    def lasts(self, first: date, last: date, span: Span) -> bool:
        """Tell whether a notice shown from `first` to `last` was open for at least `span`.

        The first day does not count (民法典 201): a notice of 3 days put up on the 1st
        stays up through the 4th.
        """
        if span.unit == "month":
            return last >= add_months(first, span.count)
        return self.elapsed(first, last, span.unit) >= span.count


def add_months(start: date, count: int) -> date:
    """Return the corresponding day of a later month, else that month's last day (民法典 202)."""
    months = start.year * 12 + start.month - 1 + count
    year, month = divmod(months, 12)
    last = _months.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(start.day, last))


def ahead(day: date, span: Span) -> date:
    """Return the day that lies a length of days or months ahead; no working days, and no day off is rolled over."""
    return _moved(day, span, 1)


def back(day: date, span: Span) -> date:
    """Return the day that lies a length of days or months back, likewise."""
    return _moved(day, span, -1)


def _moved(day: date, span: Span, sign: int) -> date:
    if span.unit == "workday":
        raise ValueError(f"“{span}”按工作日计，要按日历计算。")
    return add_months(day, sign * span.count) if span.unit == "month" else day + timedelta(sign * span.count)


def entered(notices: Iterable[YearNotice], *, roll: bool = True) -> Calendar:
    """Return a calendar in which these years' notices win over the library's."""
    return Calendar({one.year: one for one in notices}, roll)


OFFICIAL = Calendar()  # The calendar that the library carries, without later notices.


def is_workday(day: date) -> bool:
    """Tell whether `day` is a working day by the official calendar."""
    return OFFICIAL.is_workday(day)


def add_workdays(start: date, count: int) -> Due:
    """Return the last day of a period of `count` working days by the official calendar."""
    return OFFICIAL.add_workdays(start, count)


def workdays_between(after: date, until: date) -> int:
    """Count the working days after `after` up to and including `until` by the official calendar."""
    return OFFICIAL.workdays_between(after, until)


def quarter_end(period: str) -> date:
    """Return the last day of a quarter such as "2026Q3"."""
    if not re.fullmatch(r"\d{4}Q[1-4]", period):
        raise ValueError(f"“{period}”不是季度，应写成 2026Q3 的形式")
    year, quarter = int(period[:4]), int(period[5])
    following = date(year + quarter // 4, quarter % 4 * 3 + 1, 1)
    return following - timedelta(days=1)


def quarter_start(period: str) -> date:
    """Return the first day of a quarter such as "2026Q3"."""
    return date(int(period[:4]), (int(period[5]) - 1) * 3 + 1, 1)


def period_end(period: str) -> date:
    """Return the last day of a quarter, a month ("2026-07") or a year ("2026")."""
    if "Q" in period:
        return quarter_end(period)
    if "-" in period:
        year, month = int(period[:4]), int(period[5:])
        return date(year, month, _months.monthrange(year, month)[1])
    return date(int(period), 12, 31)


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


def previous_quarter(period: str) -> str:
    """Return the quarter before."""
    year, quarter = int(period[:4]), int(period[5])
    return f"{year}Q{quarter - 1}" if quarter > 1 else f"{year - 1}Q4"
