"""What a cell that could not be read was probably meant to say.

A hint is only ever offered, never taken: the officer decides. It is given where
one reading is by far the likeliest, and is itself a value that would be read.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal, InvalidOperation

from portal.domain import values
from portal.domain.documents.declaration import Field
from portal.domain.values import Type, fold
from portal.exchange.sheets.results import shorten

_LOOKALIKES = str.maketrans(
    {"O": "0", "o": "0", "Ｏ": "0", "l": "1", "I": "1", "。": ".", "，": ",", "、": ","}
)
_NUMBER = re.compile(r"-?\d[\d,\s]*(?:\.\d+)?")
# What people write around an amount; 圆 is the yuan of cheques.
_BESIDE = re.compile(r"[-\d,.\s元圆整正万亿千约余多左右大概共计合人民币¥$RMBrmb:()]+")
_SIZES = (("亿", 10**10), ("万", 10**6), ("千", 10**5))
_DIGITS = str.maketrans("〇零○一二三四五六七八九", "000123456789")
_LONGEST = 60  # A longer text is no mistyped value.


def likely(field: Field, text: str, *, scale: int = 100) -> str:
    """Return a Chinese sentence that proposes a value, or blank. `scale` is the fen in one unit of the column."""
    raw = unicodedata.normalize("NFKC", text).strip()
    if not raw or len(raw) > _LONGEST:
        return ""
    if field.choices is not None:
        meant = _choice(field, raw)
    elif field.type == Type.MONEY:
        meant = _money(raw, scale)
    elif finder := _FINDERS.get(field.type):
        meant = finder(raw)
    else:
        return ""
    if meant.endswith("。"):
        return meant
    if not meant or not _reads(field, meant, scale):
        return ""
    return f"如果本意是 {meant}，请直接填 {meant}。"


def _reads(field: Field, text: str, scale: int) -> bool:
    try:
        field.read(text, scale=scale)
    except ValueError:
        return False
    return True


def _choice(field: Field, raw: str) -> str:
    assert field.choices is not None  # noqa: S101 - asked for by the caller just before.
    labels = {fold(one.label): one.label for one in field.choices}
    wanted = fold(raw)
    inside = [label for key, label in labels.items() if wanted in key or key in wanted]
    if len(inside) == 1:
        return inside[0]
    close = difflib.get_close_matches(wanted, labels, n=1, cutoff=0.5)
    return labels[close[0]] if close and not inside else ""


def _one_number(raw: str) -> Decimal | str:
    """Return the only number in a text; a sentence where there are several; blank where there is none."""
    found = _NUMBER.findall(raw.translate(_LOOKALIKES))
    if len(found) > 1:
        return f"这一格里有 {len(found)} 个数（{shorten(raw, 30)}），请只留一个。"
    try:
        return Decimal(re.sub(r"[,\s]", "", found[0])) if found else ""
    except InvalidOperation:
        return ""


def _money(raw: str, scale: int) -> str:
    number = _one_number(raw)
    if isinstance(number, str):
        return number
    if _BESIDE.sub("", raw.translate(_LOOKALIKES)):
        return ""  # Something else stands beside the number: it may be no amount at all.
    tail = re.sub(r".*\d", "", raw)
    size = next((size for sign, size in _SIZES if sign in tail), None)
    if size is None and re.search("[元圆]", tail):
        size = 100
    fen = number * (size or scale)
    rounded = fen.quantize(Decimal(1))
    if abs(rounded) > values.MAX_FEN:
        return ""
    shown = in_unit(int(rounded), scale)
    if fen != rounded:
        return f"金额最多到分：四舍五入后是 {shown}，请对照凭证核对后填写。"
    return shown


def in_unit(fen: int, scale: int) -> str:
    """Write an amount as the bare number that a column of that unit wants."""
    if scale == 100:
        return f"{Decimal(fen) / 100:.2f}"
    text = f"{Decimal(fen) / scale:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _count(raw: str) -> str:
    number = _one_number(raw)
    if isinstance(number, str):
        return number or _small_number(raw)
    return f"{number:f}" if number == number.to_integral_value() and number >= 0 else ""


def _small_number(raw: str) -> str:
    found = re.fullmatch(r"(十)?([一二三四五六七八九])?\D{0,2}", raw)
    if found is None or not (found[1] or found[2]):
        return ""
    return str((10 if found[1] else 0) + (int(found[2].translate(_DIGITS)) if found[2] else 0))


def _ratio(raw: str) -> str:
    number = _one_number(raw)
    return number if isinstance(number, str) else f"{number:.2f}"


def _arabic(raw: str) -> str:
    """Write a date's Chinese numerals as digits: 二〇二六年三月十五日."""
    raw = re.sub(r"(?<![一二三四五六七八九])十(?=[一二三四五六七八九])", "1", raw)
    raw = re.sub(r"(?<=[二三])十(?=[一二三四五六七八九])", "", raw)
    raw = re.sub(r"(?<=[二三])十", "0", raw)
    return raw.replace("十", "10").translate(_DIGITS)


def _day(raw: str) -> str:
    text = re.sub(r"\s*([年月日./,\-])\s*", r"\1", _arabic(raw).translate(_LOOKALIKES))
    sign = r"[年月./,\-]"
    if found := re.match(rf"'?(\d{{4}}){sign}(\d{{1,2}}){sign}(\d{{1,2}})(?!\d)", text):
        return _iso(found[1], found[2], found[3])
    if found := re.match(rf"(\d{{2}}){sign}(\d{{1,2}}){sign}(\d{{1,2}})日?(?!\d)", text):
        return _iso(f"20{found[1]}", found[2], found[3])
    if found := re.fullmatch(rf"(\d{{1,2}}){sign}(\d{{1,2}}){sign}(\d{{4}})", text):
        first, second = int(found[1]), int(found[2])
        if first > 12 or second > 12 or first == second:
            month, day = (second, first) if first > 12 else (first, second)
            return _iso(found[3], str(month), str(day))
        return f"分不清是 {first} 月 {second} 日还是 {second} 月 {first} 日，请写成“{found[3]}-月-日”。"
    if found := re.fullmatch(r"(\d{1,2})[月./\-](\d{1,2})日?", text):
        return f"缺少年份，请在前面写上年份，例如 2026年{int(found[1])}月{int(found[2])}日。"
    return ""


def _iso(year: str, month: str, day: str) -> str:
    return f"{year}-{int(month):02d}-{int(day):02d}"


def _month(raw: str) -> str:
    text = re.sub(r"\s+", "", _arabic(raw))
    if found := re.match(r"(\d{4})[年./\-](\d{1,2})", text):
        return f"{found[1]}-{int(found[2]):02d}"
    if found := re.fullmatch(r"(\d{1,2})月(?:份)?", text):
        return f"缺少年份，请在前面写上年份，例如 2026年{int(found[1])}月。"
    return ""


_SPANS = {("1", "3"): "一", ("4", "6"): "二", ("7", "9"): "三", ("10", "12"): "四"}


def _period(raw: str) -> str:
    text = re.sub(r"\s+", "", raw)
    year = re.search(r"(20\d\d|(?<!\d)\d\d(?=年))", text)
    quarter = re.search(r"([1-4一二三四])季", text) or re.search(r"[Qq]([1-4])", text)
    named = quarter[1] if quarter else ""
    if span := re.search(r"(\d{1,2})月?[-—~至到](\d{1,2})月", text):
        named = _SPANS.get((span[1].lstrip("0"), span[2].lstrip("0")), named)
    if not named:
        return ""
    named = "一二三四"[int(named) - 1] if named.isdigit() else named
    if year is None:
        return f"缺少年份，请写成“2026年第{named}季度”这样。"
    return f"{year[1] if len(year[1]) == 4 else f'20{year[1]}'}年第{named}季度"


def _clock(raw: str) -> str:
    found = re.search(r"(\d{1,2})\s*[:点时.]\s*(\d{1,2}|半)?", raw)
    if found is None:
        return ""
    hour, minute = int(found[1]), 30 if found[2] == "半" else int(found[2] or 0)
    if re.search(r"下午|晚|[pP]\.?[mM]", raw) and hour < 12:
        hour += 12
    return f"{hour:02d}:{minute:02d}"


_YES = ("已", "对", "同意", "√", "v", "ok", "属实")
_NO = ("未", "没", "不", "非", "x")


def _yes_no(raw: str) -> str:
    said = fold(raw)
    if said.startswith(_NO):
        return "否"
    return "是" if said.startswith(("是", *_YES)) else ""


def _uscc(raw: str) -> str:
    signs = re.sub(r"[\s\-]", "", raw)
    if len(signs) != 18:
        return f"读到的是 {len(signs)} 位，应为 18 位。"
    return signs if signs != raw else ""


_FINDERS: dict[Type, Callable[[str], str]] = {
    Type.COUNT: _count,
    Type.RATIO: _ratio,
    Type.DAY: _day,
    Type.MONTH: _month,
    Type.PERIOD: _period,
    Type.CLOCK: _clock,
    Type.YES_NO: _yes_no,
    Type.USCC: _uscc,
}
