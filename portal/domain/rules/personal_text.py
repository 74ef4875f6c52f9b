"""Makes a text plain for the search of personal data, and tells whether it deserves a closer look."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# What may hide a digit: all but plain ASCII, Chinese characters and the usual Chinese punctuation.
_ODD = re.compile(
    "[^\\x00-%\\x27-\\x7e\u4e00-\u9fff\u3000-\u3003\u3007-\u3011\u3014\u3015"
    "\uff01\uff08\uff09\uff0c\uff1a\uff1b\uff1f\u201c\u201d\u2018\u2019\u2014\u2026\xb7"
    "●■□✕×○◯]"
)
_BLANK = frozenset("\u2800\u3164\u115f\u1160\uffa0\ufffc")  # Letters and symbols that show as nothing.


@lru_cache(maxsize=4096)
def _plain(sign: str) -> str:
    if sign in _BLANK or unicodedata.category(sign) in ("Mn", "Me", "Cf"):
        return ""
    digit = unicodedata.digit(sign, None)
    return sign if digit is None else str(digit)


def plain(text: str) -> str:
    """Return the text without what hides a digit from a machine but not from a reader."""
    if not _ODD.search(text):
        return text
    if "&" in text:
        text = html.unescape(html.unescape(text))
    text = unicodedata.normalize("NFKC", text)
    return _ODD.sub(lambda odd: _plain(odd[0]), text)


CHINESE = "零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖貳參陸幺"
AS_DIGIT = str.maketrans(CHINESE, "0012345678912345678923" + "61")
D = f"[0-9{CHINESE}]"
# Between the groups of a number: at most three blanks, dashes, dots, commas, brackets or the like.
GAP = r"[\s\-‐-―−_.·•/,，、()（）]"
TRADITIONAL = str.maketrans("區棟單樓號園戶組屬電話機聯繫證碼賬護", "区栋单楼号园户组属电话机联系证码账护")

_MANY_DIGITS = re.compile(rf"{D}(?:[^0-9a-zA-Z\0\u3007\u4e00-\u9fff]{{0,4}}+{D}){{10}}+")
_VILLAGE_SIGN = re.compile(r"[组組]\s{0,3}[0-9一二三四五六七八九十]")
HOMES = "小区|花园|新村|公寓|家园|花苑|嘉园|住宅|宿舍|家属院|家属楼|新城"
STARS = "*×●■□✕○◯#xX"
_STAR = re.compile(rf"[0-9] ?[{STARS}]")
_SIGNS = (
    "单元", "單元", "小区", "小區", "花园", "花園", "新村", "公寓", "家园", "家園", "花苑", "嘉园", "嘉園", "住宅",
    "宿舍", "家属", "家屬", "新城", "护照", "護照",
)  # fmt: skip


def worth(text: str) -> bool:
    """Tell whether a plain text deserves a closer look."""
    return bool(
        _MANY_DIGITS.search(text)
        or _STAR.search(text)
        or _VILLAGE_SIGN.search(text)
        or any(sign in text for sign in _SIGNS)
    )


def worth_a_look(texts: Iterable[str]) -> bool:
    """Tell whether any of the texts deserves a closer look; quick, and never more lenient than `find`."""
    return worth(plain("\0".join(texts)))
