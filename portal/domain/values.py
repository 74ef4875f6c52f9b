"""The small value types that documents are made of, and how people write them.

Money is integer fen (分). Days are Asia/Shanghai calendar days. The `read_*`
functions turn what a person typed into a value, or raise `ValueError` with a
Chinese sentence that says what is wrong and how to mend it.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from stdnum.cn import uscc as _uscc

from portal.domain.remembered import remembered

MAX_FEN = 10**15  # Ten trillion yuan: safely inside the integers that RFC 8785 can carry.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\xad\u034f\u061c\u115f\u1160\u180e\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e007f]"
)


class Choice(StrEnum):
    """An enumeration whose members know their Chinese label.

    Write members as `CODE = "code", "标签"`.
    """

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make a member from its code and label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value
        return member

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the member whose label or code is `text`."""
        wanted = fold(text)
        for member in cls:
            if wanted in (fold(member.label), member.value):
                return member
        options = "、".join(member.label for member in cls)
        raise ValueError(f"“{text}”不在可选范围内。请从以下选项中选填：{options}。")


@remembered(16384)
def fold(text: str) -> str:
    """Fold width, case and blanks, so that headers and labels compare as a person would."""
    text = unicodedata.normalize("NFKC", text).lower()
    return re.sub(r"\s+", "", text)


def clean_text(value: object) -> object:
    """NFC-normalise text; refuse characters that a reader cannot see."""
    if not isinstance(value, str):
        return value
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    value = unicodedata.normalize("NFC", value)
    if found := _UNSAFE.search(value):
        raise ValueError(
            f"第 {found.start() + 1} 个字符是不可见的控制字符（U+{ord(found.group()):04X}），"
            "会使显示内容与实际内容不一致。请删除后重新填写。"
        )
    return value.strip()


def _one_line(value: str) -> str:
    if "\n" in value or "\t" in value:
        raise ValueError("此处只能填写一行，不能换行。请删除换行，或把长文写入说明类栏目。")
    return value


class Type(StrEnum):
    """How a field is entered and shown; carried in the metadata of the value types below."""

    LINE = "line"
    PROSE = "prose"
    MONEY = "money"
    COUNT = "count"
    RATIO = "ratio"
    DAY = "day"
    MONTH = "month"
    PERIOD = "period"
    CLOCK = "clock"
    YES_NO = "yes_no"
    CHOICE = "choice"
    LINES = "lines"
    USCC = "uscc"
    DIGEST = "digest"  # Never entered: only files have one.


Line = Annotated[
    str,
    BeforeValidator(clean_text),
    Field(min_length=1, max_length=300),
    AfterValidator(_one_line),
    Type.LINE,
]
Prose = Annotated[str, BeforeValidator(clean_text), Field(min_length=1, max_length=200_000), Type.PROSE]
Fen = Annotated[int, Field(strict=True, ge=-MAX_FEN, le=MAX_FEN), Type.MONEY]
Count = Annotated[int, Field(strict=True, ge=0, le=10**9), Type.COUNT]
Ratio = Annotated[int, Field(strict=True, ge=0, le=10**7), Type.RATIO]  # Hundredths: 55.20 points are 5520.
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$"), Type.MONTH]
Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"), Type.CLOCK]
Period = Annotated[str, Field(pattern=r"^(19|20)\d\d(Q[1-4]|-(0[1-9]|1[0-2]))?$"), Type.PERIOD]
Day = Annotated[date, Field(ge=date(1949, 10, 1), le=date(2199, 12, 31)), Type.DAY]
Lines = Annotated[tuple[Line, ...], Field(max_length=500), Type.LINES]


@remembered(16384)  # The same suppliers stand in one record after another.
def check_uscc(code: str) -> str:
    """Check a unified social credit code (统一社会信用代码, GB 32100-2015).

    python-stdnum's own format test rejects codes that begin with a letter,
    which village collectives have, so only its check digit is used.
    """
    code = unicodedata.normalize("NFKC", code).strip().upper()
    if not re.fullmatch(r"[0-9A-HJ-NP-RTUW-Y]{2}\d{6}[0-9A-HJ-NP-RTUW-Y]{10}", code):
        raise ValueError(
            f"“{code}”不是 18 位统一社会信用代码（不含字母 I、O、S、V、Z）。请对照登记证书重新填写。"
        )
    if _uscc.calc_check_digit(code[:-1]) != code[-1]:
        raise ValueError(f"统一社会信用代码“{code}”的末位校验码不对，多半是抄错一位。请对照登记证书核对。")
    return code


Uscc = Annotated[
    str,
    AfterValidator(check_uscc),
    WithJsonSchema({"type": "string", "pattern": "^[0-9A-Z]{18}$"}),
    Type.USCC,
]

# What stands in ledgers for “nothing”; whether that is 0 or unknown only the writer knows.
_NOTHING = frozenset({"-", "--", "—", "——", "–", "/", "无", "无发生"})
_AMOUNT = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")


def read_amount(text: str, *, scale: int = 100) -> int:
    """Read an amount as fen; `scale` is fen in the unit of the column (元 100, 万元 1,000,000)."""
    raw = unicodedata.normalize("NFKC", text).strip().replace("¥", "").replace("人民币", "").replace(" ", "")
    for suffix, size in (("亿元", 10**10), ("万元", 10**6), ("元", 100), ("亿", 10**10), ("万", 10**6)):
        if raw.endswith(suffix):
            raw, scale = raw[: -len(suffix)], size
            break
    if raw.startswith("(") and raw.endswith(")"):
        raw = "-" + raw[1:-1]
    if raw in _NOTHING:
        raise ValueError(f"“{text}”不是可识别的金额。没有发生的填 0，不清楚的留空；请只填数字。")
    if not _AMOUNT.fullmatch(raw):
        raise ValueError(
            f"“{text}”不是可识别的金额。请只填数字，千分位逗号每三位一个，例如 12,000.00；"
            "需要用万元时写成“1.2万元”。"
        )
    try:
        fen = Decimal(raw.replace(",", "")) * scale
    except InvalidOperation as broken:  # Unreachable after the pattern, kept for the reader of the type.
        raise ValueError(f"“{text}”不是可识别的金额。") from broken
    if fen != fen.to_integral_value():
        raise ValueError(f"“{text}”折合到分后仍有小数。金额最多精确到分，请核对小数位数和金额单位。")
    if abs(fen) > MAX_FEN:
        raise ValueError(f"“{text}”超过十万亿元。请核对金额单位。")
    return int(fen)


def show_yuan(fen: int) -> str:
    """Return yuan with two decimals and thousands separators."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def show_wan(fen: int) -> str:
    """Return ten-thousands of yuan with two to six decimals, never rounding."""
    sign = "-" if fen < 0 else ""
    whole, rest = divmod(abs(fen), 10**6)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole:,}.{decimals}"


_DAY = re.compile(r"(\d{4})[年./-](\d{1,2})[月./-](\d{1,2})日?(?:[ T]00:00(?::00(?:\.0+)?)?)?")
_MONTH = re.compile(r"(\d{4})[年./-](\d{1,2})月?(?:份)?")
_PERIOD = re.compile(r"(\d{4})年?[-/ ]?(?:Q|第)?([1-4一二三四])(?:季度?)?", re.IGNORECASE)


def read_day(text: str) -> date:
    """Read 2026年3月5日, 2026-03-05, 2026/3/5 or 20260305."""
    raw = unicodedata.normalize("NFKC", text).strip()
    found = _DAY.fullmatch(raw) or re.fullmatch(r"(\d{4})(\d{2})(\d{2})", raw)
    if not found and _MONTH.fullmatch(raw):
        read_month(text)  # A month that does not exist is the first thing to say.
        raise ValueError(f"“{text}”只写了年月。请写到日，例如 2026年3月5日。")
    if not found:
        raise ValueError(f"“{text}”不是可识别的日期。请写成“2026年3月5日”或“2026-03-05”的样子。")
    year, month, day = (int(part) for part in found.groups())
    if not 1 <= month <= 12:
        raise ValueError(f"“{text}”中的月份是 {month}，月份只能是 1 至 12。请核对日期。")
    try:
        return date(year, month, day)
    except ValueError as wrong:
        raise ValueError(f"“{text}”这一天不存在（{year}年{month}月没有 {day} 日）。请核对日期。") from wrong


def read_month(text: str) -> str:
    """Read 2026年7月, 2026-07 or 2026.07 as "2026-07"."""
    raw = unicodedata.normalize("NFKC", text).strip()
    found = _MONTH.fullmatch(raw) or re.fullmatch(r"(\d{4})(\d{2})", raw)
    if not found:
        raise ValueError(f"“{text}”不是可识别的月份。请写成 2026年7月 或 2026-07。")
    year, month = int(found[1]), int(found[2])
    if not 1 <= month <= 12:
        raise ValueError(f"“{text}”中的月份是 {month}，月份只能是 1 至 12。请核对后填写，例如 2026年7月。")
    if not 1949 <= year <= 2199:
        raise ValueError(f"“{text}”中的年份是 {year}，不在合理范围内。请核对后填写。")
    return f"{year}-{month:02d}"


def read_period(text: str) -> str:
    """Read 2026年第三季度, 2026Q3, 2026年7月 or 2026年 as "2026Q3", "2026-07", "2026"."""
    raw = unicodedata.normalize("NFKC", text).strip()
    if (found := _PERIOD.fullmatch(raw)) and ("季" in raw or "q" in raw.lower() or "第" in raw):
        quarter = "一二三四".find(found[2]) + 1 or int(found[2])
        return f"{found[1]}Q{quarter}"
    if found := re.fullmatch(r"(\d{4})年?(?:度)?", raw):
        return found[1]
    try:
        return read_month(text)
    except ValueError:
        raise ValueError(
            f"“{text}”不是可识别的所属期。请写成 2026年第三季度（或 2026Q3）、2026年7月、2026年。"
        ) from None


def show_day(day: date) -> str:
    """Return 2026年3月5日, without leading zeros (GB/T 9704-2012, 7.2.5)."""
    return f"{day.year}年{day.month}月{day.day}日"


def show_period(period: str) -> str:
    """Return 2026年第三季度, 2026年7月 or 2026年."""
    if "Q" in period:
        return f"{period[:4]}年第{'一二三四'[int(period[5]) - 1]}季度"
    if "-" in period:
        return show_month(period)
    return f"{period}年"


def show_month(month: str) -> str:
    """Return 2026年7月."""
    return f"{month[:4]}年{int(month[5:])}月"


def read_yes_no(text: str) -> bool:
    """Read 是 / 否."""
    wanted = fold(text)
    if wanted in ("是", "有", "y", "yes", "true", "1", "√", "✓"):
        return True
    if wanted in ("否", "无", "n", "no", "false", "0", "×"):
        return False
    raise ValueError(f"“{text}”应填“是”或“否”。")


def read_count(text: str) -> int:
    """Read a whole number, zero or more."""
    raw = unicodedata.normalize("NFKC", text).strip().replace(",", "")
    if found := re.fullmatch(r"(\d{1,10})(?:\.0+)?", raw):
        return int(found[1])
    raise ValueError(f"“{text}”应是不小于 0 的整数，不带单位。")


def read_ratio(text: str) -> int:
    """Read a number with at most two decimals as hundredths."""
    raw = unicodedata.normalize("NFKC", text).strip().rstrip("%分")
    if not re.fullmatch(r"\d{1,6}(\.\d+)?", raw):
        raise ValueError(f"“{text}”应是数字，最多两位小数，例如 92.30。")
    hundredths = Decimal(raw) * 100
    if hundredths != hundredths.to_integral_value():
        raise ValueError(f"“{text}”最多两位小数。")
    return int(hundredths)


def read_clock(text: str) -> str:
    """Read 9:05 or 15:30 as "09:05"."""
    raw = unicodedata.normalize("NFKC", text).strip()
    if (
        (found := re.fullmatch(r"(\d{1,2}):(\d{2})(?::00)?", raw))
        and int(found[1]) < 24
        and int(found[2]) < 60
    ):
        return f"{int(found[1]):02d}:{found[2]}"
    raise ValueError(f"“{text}”不是可识别的时刻。请写成 15:30。")


def split_lines(text: str) -> tuple[str, ...]:
    """Split a cell that holds several entries: one a line, else with ；→ or 、 between them.

    Once there are line breaks only they separate: an entry may itself hold a 、.
    """
    if "\n" in text.strip():
        return tuple(part.strip() for part in text.split("\n") if part.strip())
    return tuple(part.strip() for part in re.split(r"[\n、；;→]", text) if part.strip())


Json = dict[str, Any]
