"""The text bank, deterministic choice, and the days and hours of an office."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from portal.domain.calendar import add_workdays, is_workday

SHANGHAI = ZoneInfo("Asia/Shanghai")
FILES = ("units", "finance", "tenders", "decisions", "regulations", "annual")
Bank = Mapping[str, Any]  # The parsed TOML files by name.
T = TypeVar("T")


def read_bank(content: Path) -> Bank:
    """Read the files of `content/demo/`."""
    folder = content / "demo"
    return {name: tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8")) for name in FILES}


def spread(*key: object, low: int, high: int) -> int:
    """Return a whole number in [low, high] that follows from the key alone."""
    digest = hashlib.sha256("|".join(map(str, key)).encode()).digest()
    return low + int.from_bytes(digest[:8], "big") % (high - low + 1)


def pick(options: Sequence[T], *key: object) -> T:
    """Return one of the options, always the same one for the same key."""
    return options[spread(*key, low=0, high=len(options) - 1)]


def workday(day: date) -> date:
    """Return the day itself, or the next working day."""
    while not is_workday(day):
        day += timedelta(days=1)
    return day


def workday_before(day: date) -> date:
    """Return the last working day before `day`."""
    day -= timedelta(days=1)
    while not is_workday(day):
        day -= timedelta(days=1)
    return day


def later(day: date, count: int) -> date:
    """Return the working day that lies `count` working days after `day`."""
    return add_workdays(day, count).day


def office_hour(day: date, *key: object) -> datetime:
    """Return a moment of that working day between 9:00 and 11:59 or 14:00 and 16:59."""
    hour = pick((9, 10, 11, 14, 15, 16), day, *key)
    return datetime.combine(
        workday(day), time(hour, spread(day, *key, "minute", low=0, high=59)), tzinfo=SHANGHAI
    )


def month_shift(day: date, months: int) -> date:
    """Return the first day of the month that lies `months` months after the day's month."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
