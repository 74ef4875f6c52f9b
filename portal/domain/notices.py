"""Reads a year's holiday notice (放假安排) as it is published or typed: days off, and the days worked in their place (调休)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

_DATE = re.compile(
    r"(?:(?P<year>\d{4})\s*[年/.-]\s*)?(?:(?P<month>\d{1,2})\s*[月/.-]\s*)?(?P<day>\d{1,2})\s*(?:日|号)?"
    r"(?:\s*[（(][^）)]*[）)])?"
)
_FULL = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})")
_NOISE = re.compile(r"共?\s*\d+\s*天|第\s*\d+\s*号|〔\d{4}〕\s*\d+\s*号|\d{1,2}\s*[:：]\s*\d{2}")
_TO = re.compile(r"\s*(?:至|到|—+|~|～|–)\s*")
_LONGEST = 40  # Days of one holiday: more is a slip of the pen.


@dataclass(frozen=True)
class Notice:
    """What was read: days off, days worked, and what could not be read, line by line."""

    year: int
    off: tuple[date, ...]
    work: tuple[date, ...]
    wrong: tuple[tuple[int, str], ...]


def read_notice(text: str, year: int) -> Notice:
    """Read a notice's sentences: “1月1日至3日放假，1月4日上班” or “放假：2027-01-01 至 2027-01-03”."""
    off: set[date] = set()
    work: set[date] = set()
    wrong: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        for sentence in re.split(r"[。；;]", line):
            try:
                rest, worked = _read(sentence, year)
            except ValueError as told:
                wrong.append((number, str(told)))
                continue
            off |= rest
            work |= worked
    wrong += [(0, f"{day} 同时列为放假和上班。请改正。") for day in sorted(off & work)]
    wrong += [
        (0, f"{day} 是{_WEEK[day.weekday()]}，本来就上班，不用列为调休。请核对日期。")
        for day in sorted(work)
        if day.weekday() < 5
    ]
    return Notice(year, tuple(sorted(off)), tuple(sorted(work - off)), tuple(wrong))


_WEEK = ("星期一", "星期二", "星期三", "星期四", "星期五", "星期六", "星期日")


def _read(sentence: str, year: int) -> tuple[set[date], set[date]]:
    plain = _NOISE.sub("", sentence)
    if not re.search(r"\d", plain):
        return set(), set()
    # Each word says of what stands before it, unless the line begins with it.
    found: dict[str, set[date]] = {"放假": set(), "上班": set()}
    parts = re.split(r"(放假|休息|上班|补班)", plain)
    names = {"休息": "放假", "补班": "上班"}
    if not re.search(r"\d", parts[0]) and len(parts) > 2:
        pairs = list(zip(parts[1::2], parts[2::2], strict=False))
    else:
        pairs = list(zip(parts[1::2], parts[0::2], strict=False))
    rest = [one for one in parts[0::2] if re.search(r"\d", one)]
    said = [days for _, days in pairs if re.search(r"\d", days)]
    if len(rest) > len(said):
        raise ValueError(f"“{sentence.strip()[:30]}”没有写明是放假还是上班。请写成“1月1日至3日放假”。")
    for word, days in pairs:
        found[names.get(word, word)] |= _days(days, year)
    return found["放假"], found["上班"]


def _days(text: str, year: int) -> set[date]:
    found: set[date] = set()
    month = 0
    place = 0
    text = _FULL.sub(r"\1年\2月\3日", text)
    while match := _DATE.search(text, place):
        first = _date(match, year, month)
        month, place = first.month, match.end()
        last = first
        if (to := _TO.match(text, place)) and (end := _DATE.match(text, to.end())):
            last = _date(end, year, month)
            month, place = last.month, end.end()
        if last < first or (last - first).days > _LONGEST:
            raise ValueError(f"“{text.strip()[:30]}”的起止日期不对。请核对。")
        found |= {first + timedelta(days=one) for one in range((last - first).days + 1)}
    return found


def _date(match: re.Match[str], year: int, month: int) -> date:
    its_year = int(match["year"] or year)
    its_month = int(match["month"] or month)
    if not its_month:
        raise ValueError(f"“{match[0].strip()}”没有写月份。请写成“1月1日”。")
    if its_year != year:
        raise ValueError(f"“{match[0].strip()}”不在 {year} 年内。跨年的放假安排，各年分别录入。")
    try:
        return date(its_year, its_month, int(match["day"]))
    except ValueError as wrong:
        raise ValueError(f"没有“{match[0].strip()}”这一天。请核对。") from wrong
