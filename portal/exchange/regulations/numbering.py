"""How official texts number: 一、（一）1．（1）第一章, and what a row of each kind looks like."""

from __future__ import annotations

import re
from datetime import date

from portal.domain.values import read_day
from portal.exchange.regulations.patterns import FORMS, NUMERALS, UNIT

_N = f"[{NUMERALS}]{{1,3}}"
LEVELS = (
    (1, re.compile(rf"({_N})、(?!{_N}[季月])\s*")),
    (2, re.compile(rf"[（(]({_N})[)）]、?\s*")),
    (3, re.compile(r"(\d{1,2})[、．.](?!\d)\s*")),
    (4, re.compile(r"[（(](\d{1,2})[)）]\s*")),
)
CHAPTER = re.compile(rf"第[{NUMERALS}百]{{1,4}}([章编节])(?:\s|$|(?=\S{{1,20}}$))")
ANNEX = re.compile(rf"(?P<label>附件\s*(?:\d{{1,2}}|{_N})?)\s*(?:[:：]\s*|\s+|$)(?P<title>.*)")
FORM = re.compile(rf"(?P<label>{FORMS}\s*(?:\d{{1,2}}|{_N}))\s*(?:[:：]\s*|$)(?P<title>.*)")
ANNEX_LIST = re.compile(r"附\s*件\s*[:：]?\s*(?P<number>\d{1,2})\s*[、．.]\s*(?P<title>.*)")
LIST_ITEM = re.compile(r"(?P<number>\d{1,2})\s*[、．.]\s*(?P<title>.*)")
IMPRINT = re.compile(
    r"(?:抄送|主送|分送|联系人|联系电话|主题词)\s*[:：].*|.*印发\s*|.*共印\s*\d+\s*份.*|[（(](?:此件|本件).*"
)
UNITS = re.compile(rf"{UNIT}(?:[ 、]+{UNIT})*(?:[（(](?:印章|盖章|公章)[)）])?")
_DIGITS = "〇一二三四五六七八九"
_DAY = rf"\d{{4}}\s*年\s*\d{{1,2}}\s*月\s*\d{{1,2}}\s*日|[零○Oo{_DIGITS}]{{4}}年[{NUMERALS}]{{1,2}}月[{NUMERALS}]{{1,3}}日"
DATED = re.compile(rf"(?P<units>.{{0,60}}?)\s*(?P<day>{_DAY})")
DATE_LINE = re.compile(rf"[（(](?P<day>{_DAY}).{{0,30}}[)）]")


def level_of(text: str) -> tuple[int, str, str] | None:
    """Return (level, number, text without it) of a numbered row, or None."""
    for level, pattern in LEVELS:
        if (found := pattern.match(text)) and (rest := text[found.end() :].strip()):
            return level, found[1], rest
    return None


def are_units(text: str) -> bool:
    """Say whether the row is nothing but the names of units."""
    return len(text) <= 60 and bool(UNITS.fullmatch(text))


def read_chinese_day(text: str) -> date:
    """Read 2011年6月13日 or 二〇一一年六月十三日, or raise `ValueError`."""
    bare = re.sub(r"\s", "", text)
    if not bare[0].isdigit() or bare[0] in _DIGITS:
        year, month, day = re.split("[年月日]", bare)[:3]
        plain = re.sub("[零○Oo]", "〇", year)
        bare = f"{''.join(str(_DIGITS.index(one)) for one in plain)}年{_small(month)}月{_small(day)}日"
    day = read_day(bare)
    if not 1949 <= day.year <= 2199:
        raise ValueError(f"“{text}”中的年份是 {day.year}，不在合理范围内。请核对后填写。")
    return day


def _small(numeral: str) -> int:
    tens, ten, ones = numeral.partition("十")
    if not ten:
        return _DIGITS.index(numeral)
    return (_DIGITS.index(tens) if tens else 1) * 10 + (_DIGITS.index(ones) if ones else 0)
