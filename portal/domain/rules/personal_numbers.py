"""Finds numbers and addresses of people in a text, however they are written; tells them by kind and masked excerpt.

The text is first made plain: width, ornament (①, ¹), invisible signs, HTML entities, Chinese digits.
Every repetition in the patterns is bounded, so that the longest text takes time in proportion to its length.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from stdnum import luhn
from stdnum.cn import ric

from portal.domain.rules.personal_text import (
    AS_DIGIT,
    CHINESE,
    GAP,
    HOMES,
    STARS,
    TRADITIONAL,
    D,
    plain,
    worth,
)
from portal.domain.values import Choice

_ID, _OLD_ID, _MOBILE = 18, 15, 11  # Digits, as GB 11643 and the numbering plan have them.
HIDDEN_ID, HIDDEN_MOBILE = 8, 4  # Where no regime is at hand: the birthday; the middle four.


class Sensitive(Choice):
    """What sort of personal data a text says."""

    ID = "id", "公民身份号码"
    ID_TYPO = "id_typo", "标明是身份证号的号码（校验码不符，可能抄错一位）"
    MOBILE = "mobile", "手机号码"
    CARD = "card", "银行卡号"
    PASSPORT = "passport", "护照号码"
    HOME = "home", "家庭住址"
    HALF_ID = "half_id", "没有充分遮盖的证件号码"
    HALF_MOBILE = "half_mobile", "没有充分遮盖的手机号码"


@dataclass(frozen=True)
class Hit:
    """One sight of personal data in a text, with a masked excerpt that gives nothing away."""

    sort: Sensitive
    excerpt: str


def find(text: str, *, hidden_id: int = HIDDEN_ID, hidden_mobile: int = HIDDEN_MOBILE) -> Iterator[Hit]:
    """Yield what personal data a text says.

    `hidden_id` and `hidden_mobile`: how many digits a masked number must at least hide.
    """
    text = plain(text)
    if not worth(text):
        return
    text = text.translate(TRADITIONAL)
    yield from _masked(text, hidden_id, hidden_mobile)
    spoken = _SPOKEN_ID.search(text) is not None
    found = [hit for run in _RUN.finditer(text) for hit in _numbers(_Run(text, run, spoken))]
    yield from found
    seen = frozenset(found)
    for run in _CHINESE_RUN.finditer(text):
        yield from (hit for hit in _in_chinese(text, run, spoken) if hit not in seen)
    for passport in _PASSPORT.finditer(text):
        yield Hit(Sensitive.PASSPORT, _excerpt(passport[1]))
    for home in _HOME.finditer(text):
        yield Hit(Sensitive.HOME, _excerpt(home[0]))


def _in_chinese(text: str, found: re.Match[str], spoken: bool) -> Iterator[Hit]:
    """Read Chinese digits one by one: the first may belong to a name, such as 张三."""
    if found[0].isascii():
        return
    before = text[max(found.start() - 24, 0) : found.start()]
    digits = " ".join(one for one in found[0].translate(AS_DIGIT) if one.isdigit())
    line = before + digits + text[found.end() : found.end() + 12]
    if run := _RUN.match(line, len(before)):
        yield from _numbers(_Run(line, run, spoken))


def first_seen(text: str) -> str | None:
    """Return what personal data a text says first, in words and masked, or None."""
    hit = next(find(text), None)
    return f"{hit.sort.label}（{hit.excerpt}）" if hit else None


def _excerpt(number: str) -> str:
    """Return the first and last sign with stars between, however long it is."""
    return f"{number[0]}***{number[-1]}"


# ── Addresses and passports ─────────────────────────────────────────────────────────────────────────

_N = "[0-9零〇一二三四五六七八九十]"
_BUILDING = rf"(?<!{_N}){_N}{{1,4}}\s{{0,3}}(?:栋|幢|号楼|座|\#)"
_FLAT = rf"{_N}{{1,3}}\s{{0,3}}单元"
_COUNTED = r"(?!\d|\s?(?:户|个|台|盏|人|部|平|米|元|万|㎡|m))"  # 2 单元 120 户 counts, and is no address.
_ROOM = rf"(?:(?:\d{{2,4}}|{_N}{{3,4}})\s{{0,3}}室|\d{{3,4}}\s{{0,3}}户(?!居|数)|(?<=单元)\s{{0,3}}\d{{3,4}}{_COUNTED})"
_DASH = r"\s?[-‐-―−]\s?"
_ANY = r"[^，。；,;\n\0]"
_HOME = re.compile(
    rf"{_BUILDING}\s{{0,3}}{_FLAT}\s{{0,3}}(?:\d{{2,4}}{_COUNTED}|{_N}{{3,4}}\s{{0,3}}室)"
    rf"|(?:{HOMES})(?![路街道]){_ANY}{{0,12}}?{_BUILDING}[^，。；,;\n\0共计约有涉总及]{{0,6}}?{_ROOM}"
    rf"|(?:{HOMES})(?![路街道]){_ANY}{{0,6}}?(?<!\d)\d{{1,3}}\s?\#?"
    rf"(?:{_DASH}\d{{1,2}}{_DASH}\d{{3,4}}(?!\d|[-‐-―−])|{_DASH}\d{{3,4}}\s?室)"
    rf"|[\u4e00-\u9fff]村(?:民小组)?{_ANY}{{0,6}}?{_N}{{1,4}}\s{{0,3}}组\s{{0,3}}{_N}{{1,5}}\s{{0,3}}号"
)
_PASSPORT = re.compile(r"护照[^0-9A-Za-z\n\0]{0,10}([A-Za-z][A-Za-z0-9]\s?(?:\d\s?){6}\d)(?![0-9A-Za-z])")

# ── Masked numbers ──────────────────────────────────────────────────────────────────────────────────

_MASKED = re.compile(rf"(?<![0-9{STARS}])[0-9][0-9{STARS}]{{9,19}}+")
_SPACED = re.compile(rf"(?<![0-9{STARS}])[0-9](?: ?[0-9{STARS}]){{9,19}}+")
_HIDDEN = re.compile(r"[*×●■□✕○◯#]{2,}")  # One sign alone is a product: 1200×600.
_CROSSED = re.compile(r"[xX]{2,}")


def _masked(text: str, hidden_id: int, hidden_mobile: int) -> Iterator[Hit]:
    for pattern in (_MASKED, _SPACED):
        for run in pattern.finditer(text):
            number = run[0].replace(" ", "")
            if (pattern is _SPACED) == (number == run[0]):
                continue  # Seen by the other one.
            if len(number) not in (_MOBILE, _ID) and (pattern is _SPACED or _glued(text, run)):
                continue  # Part of a longer code, or figures side by side.
            if sort := _shows_too_much(number, hidden_id, hidden_mobile):
                yield Hit(sort, _excerpt(number))


def _glued(text: str, run: re.Match[str]) -> bool:
    around = text[max(run.start() - 1, 0) : run.start()] + text[run.end() : run.end() + 1]
    return any(one.isascii() and one.isalnum() for one in around)


def _shows_too_much(masked: str, hidden_id: int, hidden_mobile: int) -> Sensitive | None:
    """Tell what a masked number gives away by hiding too little of it."""
    whole = len(masked) == _ID
    shown = sum(one.isdigit() for one in masked)
    if whole and masked[-1] in "Xx" and masked[-2] not in "Xx":
        shown += 1
    crossed = len(masked) in (_MOBILE, _ID) and _CROSSED.search(masked)
    hides = bool(_HIDDEN.search(masked) or crossed)
    if len(masked) == _MOBILE:
        mobile = masked[0] == "1" and masked[1] not in "012"
        hides = hides or masked[-1] in STARS
        return Sensitive.HALF_MOBILE if hides and mobile and shown > _MOBILE - hidden_mobile else None
    if not hides:
        return Sensitive.HALF_ID if whole and shown == _ID - 1 else None
    return Sensitive.HALF_ID if shown > _ID - hidden_id else None


# ── Numbers ─────────────────────────────────────────────────────────────────────────────────────────

_RUN = re.compile(rf"[0-9](?:{GAP}{{0,3}}+[0-9])*+(?:{GAP}?[Xx])?")
_GROUP = re.compile(r"[0-9]+|[Xx]")
_PARTS = 5  # People break a number into no more parts, or into single digits; more are numbers side by side.
_CHINESE_RUN = re.compile(rf"[{CHINESE}](?:{GAP}{{0,3}}+[{CHINESE}]){{10,}}+|{D}{{11,}}+")
_SPOKEN_ID = re.compile("身份证|公民身份|证件号")
_SAID_ID = re.compile(
    r"(?:身份证|公民身份)[^0-9A-Za-z。；;\n\0]{0,8}(?:no\.?|id)?[^0-9A-Za-z。；;\n\0]{0,2}$", re.IGNORECASE
)
_SAID_MOBILE = re.compile(
    r"(?:(?:电话|手机|微信|联系|致电|短信|wx|vx|tel|phone|mobile|mob|wechat)(?!费|补)"
    r"[^0-9。；;\n\0]{0,6})$",
    re.IGNORECASE,
)
_SAID_CARD = re.compile(r"(?:卡|账|帐|户)号?[^0-9。；;\n\0]{0,6}$")
# A code in capitals before the digits, such as SZCG2026…, or letters and digits mixed: a number of work.
_CODE_BEFORE = re.compile(r"(?:[A-Z]{2,}|[0-9][A-Za-z]{1,8})$")
_CODE_AFTER = re.compile(r"[A-Za-z]{1,8}[0-9]")
_LABEL_BEFORE = re.compile(
    r"(?<![A-Za-z])(?:tel|phone|mobile|mob|id|card|no|wx|vx|qq|wechat)$", re.IGNORECASE
)
_AMOUNT_AFTER = re.compile(r"\s{0,3}(?:元(?!旦)|万|亿|%)")
_AMOUNT_BEFORE = re.compile(r"(?:[¥$]|人民币)\s{0,3}$")
_LIST_BEFORE = re.compile(r"(?:分别|依次|各|其中)[^0-9]{0,6}$")
_TO_MOBILE = re.compile(r"(?:(?:00)?86)?0?(?=1[3-9][0-9]{9})")
_TO_ID = re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{2}[01][0-9][0-3][0-9]{4}[0-9Xx]")
_TO_CARD = re.compile(r"62[0-9]{14}|6013[0-9]{12}|9558[0-9]{12}")
_MAYBE = re.compile(r"(?:(?:00)?86)?0?1[3-9]|62|6013|9558|[1-9][0-9]{5}(?:19|20)")
_CARD_SIZES = {"62": (19, 18, 17, 16), "60": (19, 16), "95": (19,)}
# How people write eleven digits in groups; other groupings are dates, scores and the like.
_MOBILE_SHAPES = {
    (11,), (3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (3, 3, 5), (5, 6), (2, 3, 3, 3), (1,) * 11,
}  # fmt: skip
_IN_COMMAS = {(3, 4, 4), (1,) * 11}


class _Run:
    """Groups of digits with little between them, and what stands before and after."""

    def __init__(self, text: str, found: re.Match[str], spoken: bool) -> None:
        line = found[0]
        groups = list(_GROUP.finditer(line))
        self.digits = "".join(one[0] for one in groups)
        self.gaps = [line[a.end() : b.start()] for a, b in pairwise(groups)]
        self.at: dict[int, int] = {}  # Where a group begins in `digits`, and which one it is.
        place = 0
        for number, one in enumerate(groups):
            self.at[place] = number
            place += len(one[0])
        self.at[place] = len(groups)
        self.starts = list(self.at)
        self.before = text[max(found.start() - 24, 0) : found.start()]
        self.after = text[found.end() : found.end() + 12]
        self.spoken = spoken
        self._limit()

    def _limit(self) -> None:
        """Settle which groups belong to codes with letters or to amounts."""
        self.first, self.last = 0, len(self.starts) - 1
        if _CODE_BEFORE.search(self.before) and not (
            _LABEL_BEFORE.search(self.before) or _SAID_MOBILE.search(self.before)
        ):
            self.first = 1
            while self.first <= len(self.gaps) and self.gaps[self.first - 1] in ("-", "_", ".", "/"):
                self.first += 1
        if _AMOUNT_AFTER.match(self.after):
            self.last -= 1
            while self.last > 0 and self.gaps[self.last - 1] in (",", "."):
                self.last -= 1
        elif _CODE_AFTER.match(self.after):
            self.last -= 1
        if _AMOUNT_BEFORE.search(self.before):
            self.first = max(self.first, 1)

    def shape(self, start: int, end: int) -> tuple[int, ...] | None:
        """Return how long the parts of digits[start:end] are; None where it ends within a group."""
        if end not in self.at:
            return None
        stop = self.at[end]
        inner = self.cuts(start, stop)
        return tuple(b - a for a, b in zip([start, *inner], [*inner, end], strict=True))

    def cuts(self, start: int, stop: int) -> list[int]:
        """Return where groups begin within a number that may itself begin within its first group."""
        first = self.at.get(start)
        if first is None:
            first = next(self.at[place] - 1 for place in range(start + 1, start + 20) if place in self.at)
        return self.starts[first + 1 : stop]

    def between(self, start: int, end: int) -> list[str]:
        """Return what stands between the parts of digits[start:end]."""
        return [self.gaps[self.at[place] - 1] for place in self.cuts(start, self.at[end])]

    def alone(self, start: int, end: int) -> bool:
        """Tell whether no other digits stand beside the number."""
        return start == 0 and end == len(self.digits)

    def apart(self, start: int, end: int) -> bool:
        """Tell whether the number is set off from its neighbours at least as clearly as its parts are."""
        inner = max(map(_looseness, self.between(start, end)), default=0)
        edges = [self.at[start] - 1] if start else []
        if end < len(self.digits):
            edges.append(self.at[end] - 1)
        return all(_looseness(self.gaps[edge]) >= inner for edge in edges)


def _looseness(gap: str) -> int:
    if any(one in ",，、" for one in gap):
        return 3
    return 2 if any(one.isspace() for one in gap) else 1


def _numbers(run: _Run) -> Iterator[Hit]:
    free = 0
    for group, start in enumerate(run.starts):
        if start < free or not (run.spoken or _MAYBE.match(run.digits, start)):
            continue
        if found := _id_at(run, start) or _card_at(run, start, group) or _mobile_at(run, start, group):
            sort, free = found
            yield Hit(sort, _excerpt(run.digits[start:free]))


def _broken(shape: tuple[int, ...]) -> bool:
    """Tell whether people break a number up like that."""
    return len(shape) <= _PARTS or set(shape) == {1}


def _id_at(run: _Run, start: int) -> tuple[Sensitive, int] | None:
    number = run.digits[start : start + _ID]
    if _TO_ID.fullmatch(number):
        shape = run.shape(start, start + _ID)
        if shape and number[-1] in "Xx" and len(shape) > 1:
            shape = (*shape[:-2], shape[-2] + 1)  # The X counts with the digits before it.
        if shape and (_broken(shape) or run.spoken):
            if is_id(number):
                return Sensitive.ID, start + _ID
            if start == 0 and _is_day(number[6:14]) and _SAID_ID.search(run.before):
                return Sensitive.ID_TYPO, start + _ID
    number = number[:_OLD_ID]
    if not (run.spoken and len(number) == _OLD_ID and number.isdigit() and _is_day(f"19{number[6:12]}")):
        return None
    shape = run.shape(start, start + _OLD_ID)
    return (Sensitive.ID, start + _OLD_ID) if shape and _broken(shape) else None


def _card_at(run: _Run, start: int, group: int) -> tuple[Sensitive, int] | None:
    if group < run.first or not _TO_CARD.match(run.digits, start):
        return None
    for size in _CARD_SIZES[run.digits[start : start + 2]]:
        end = start + size
        shape = run.shape(start, end)
        if not shape or run.at[end] > run.last or not _broken(shape):
            continue
        if (
            (
                len(shape) == 1
                or run.alone(start, end)
                or run.apart(start, end)
                or _SAID_CARD.search(run.before)
            )
            and run.digits[start:end].isdigit()
            and luhn.is_valid(run.digits[start:end])
        ):
            return Sensitive.CARD, end
    return None


def _mobile_at(run: _Run, start: int, group: int) -> tuple[Sensitive, int] | None:
    prefix = _TO_MOBILE.match(run.digits, start)
    if group < run.first or not prefix:
        return None
    begin, end = prefix.end(), prefix.end() + _MOBILE
    shape = run.shape(begin, end)
    if not shape or run.at[end] > run.last:
        return None
    if shape == (_MOBILE,):
        return Sensitive.MOBILE, end
    if start == 0 and _SAID_MOBILE.search(run.before):
        return Sensitive.MOBILE, end
    return (
        (Sensitive.MOBILE, end) if shape in _MOBILE_SHAPES and _is_split(run, start, begin, shape) else None
    )


def _is_split(run: _Run, start: int, begin: int, shape: tuple[int, ...]) -> bool:
    """Tell whether the parts make one number; with commas between they may be a list of figures or an amount."""
    end = begin + _MOBILE
    if not run.apart(begin if begin in run.at else start, end):
        return begin != start and run.apart(start, end)
    if all(_looseness(gap) < 3 for gap in run.between(begin, end)):
        return shape != (2, 3, 3, 3) or run.alone(start, end)  # Else figures of a table.
    if shape == (2, 3, 3, 3):
        return False  # An amount: 13,812,345,678.
    if any(run.digits[place] == "0" for place in run.cuts(begin, run.at[end])):
        return True  # No figure of a list begins with a zero.
    if shape not in _IN_COMMAS or not run.alone(start, end) or _LIST_BEFORE.search(run.before):
        return False
    return not "\u4e00" <= run.after.lstrip()[:1] <= "\u9fff"


def is_id(number: str) -> bool:
    """Tell whether it is an ID number: a possible birthday and the right check digit (GB 11643)."""
    return (
        number[:-1].isdigit()
        and number[0] != "0"
        and _is_day(number[6:14])
        and bool(number[-1].upper() == ric.calc_check_digit(number))
    )


def _is_day(text: str) -> bool:
    try:
        day = date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return False
    return 1900 <= day.year < 2100
