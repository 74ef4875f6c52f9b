"""个人信息: numbers and addresses of people that must not go out unmasked, wherever a document says them.

`find` reads one text. What it finds is told by its kind and by a masked excerpt;
the number itself is never repeated.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from operator import attrgetter
from typing import Annotated, Any

from pydantic import Field
from stdnum import luhn
from stdnum.cn import ric

from portal.domain.documents.base import Audience, Document
from portal.domain.documents.declaration import declaration
from portal.domain.rules.base import Seen, Sights, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Severity, Terms
from portal.domain.values import Choice, Type

_ID, _OLD_ID, _MOBILE, _LONGEST = 18, 15, 11, 19  # Digits, as GB 11643 and the numbering plan have them.


class Sensitive(Choice):
    """What sort of personal data a text says."""

    ID = "id", "公民身份号码"
    MOBILE = "mobile", "手机号码"
    CARD = "card", "银行卡号"
    HOME = "home", "家庭住址"
    HALF_MASKED = "half_masked", "没有充分遮盖的证件号码或手机号码"


@dataclass(frozen=True)
class Hit:
    """One sight of personal data in a text, with a masked excerpt that gives nothing away."""

    sort: Sensitive
    excerpt: str


_PARTS = 5  # People break a number into no more parts, or into single digits; more are numbers side by side.

# Groups of digits, at most three blanks, dashes, dots or the like between them; an ID may end in X.
_GAP = r"[\s\-‐-―−_.·•/]"
_RUN = re.compile(rf"[0-9](?:{_GAP}{{0,3}}[0-9])*(?:{_GAP}?[Xx](?![0-9A-Za-z]))?")
_GROUP = re.compile(r"[0-9]+[Xx]?|[Xx]")
_MASKED = re.compile(r"(?<![0-9A-Za-z])[0-9][0-9*×●■□✕]{9,18}[Xx]?(?![0-9A-Za-z])")
_STARS = re.compile(r"[*×●■□✕]{2,}")  # One sign alone is a product: 1200×600.
_AMOUNT_AFTER = re.compile(r"\s*(?:元|万|亿|%)")
_LABEL_BEFORE = re.compile(r"(?:tel|phone|mobile|mob|id|card)[.:]?$", re.IGNORECASE)
_NUMBER_BEFORE = re.compile(r"(?:编号|代码|文号|合同号|标段|订单号|流水号|凭证号|发票号\w?)[是为:：（(]?\s*$")
_SPOKEN_ID = re.compile("身份证|公民身份|证件号")
_HOME = re.compile(
    r"\d+\s*(?:栋|幢|号楼|座|#)\s*\d+\s*单元\s*\d{2,4}"
    r"|(?:小区|花园|新村|公寓|家园|花苑|嘉园|住宅|宿舍|家属院|家属楼|新城)(?![路街道])[^，。；,;\n]{0,12}?\d+\s*(?:栋|幢|号楼|座|#)[^，。；,;\n]{0,6}?\d{2,4}\s*(?:室|户)"
    r"|[\u4e00-\u9fff]村(?:民小组)?[^，。；,;\n]{0,6}?(?:\d+|[一二三四五六七八九十]+)\s*组\s*\d+\s*号"
)
# What deserves a closer look, in one quick pass over everything that a document says.
_DIGITS = re.compile(r"\d(?:[^\d\0\u4e00-\u9fff]{0,4}+\d){10}+")
_VILLAGE = re.compile(r"组\s*\d+\s*号")
_SIGNS = (
    "单元", "小区", "花园", "新村", "公寓", "家园", "花苑", "嘉园", "住宅", "宿舍", "家属", "新城",
    "*", "×", "＊", "●", "■", "□", "✕",
)  # fmt: skip
# How people write eleven digits in groups; other groupings are dates, scores and the like.
_MOBILE_SHAPES = {(11,), (3, 4, 4), (3, 8), (7, 4), (4, 4, 3), (3, 3, 5), (5, 6), (1,) * 11}
_CARD_STARTS = (("62", (16, 17, 18, 19)), ("6013", (16, 19)), ("9558", (19,)))


def find(text: str, *, hidden_id: int, hidden_mobile: int) -> Iterator[Hit]:
    """Yield what personal data a text says.

    `hidden_id` and `hidden_mobile`: how many digits a masked number must at least hide.
    """
    text = unicodedata.normalize("NFKC", text)
    spoken = _SPOKEN_ID.search(text) is not None
    for run in _RUN.finditer(text):
        yield from _numbers(text, run, spoken)
    for run in _MASKED.finditer(text):
        if _shows_too_much(run[0], hidden_id, hidden_mobile):
            yield Hit(Sensitive.HALF_MASKED, _excerpt(run[0]))
    for home in _HOME.finditer(text):
        yield Hit(Sensitive.HOME, _excerpt(home[0]))


def _numbers(text: str, run: re.Match[str], spoken: bool) -> Iterator[Hit]:
    groups = _GROUP.findall(run[0])
    before, after = text[max(run.start() - 12, 0) : run.start()], text[run.end() : run.end() + 4]
    attached = before[-1:].isascii() and before[-1:].isalpha() and not _LABEL_BEFORE.search(before)
    first = 1 if attached else 0  # The first group belongs to a number with letters, such as SZCG2026….
    if (after[:1].isascii() and after[:1].isalpha()) or _AMOUNT_AFTER.match(after):
        groups = groups[:-1]
    while first < len(groups):
        for last in range(min(len(groups), first + _LONGEST), first, -1):
            window = groups[first:last]
            if _PARTS < len(window) != sum(map(len, window)):
                continue
            sort = _sort("".join(window), tuple(map(len, window)), spoken)
            if sort and not (sort == Sensitive.CARD and _NUMBER_BEFORE.search(before)):
                yield Hit(sort, _excerpt("".join(window)))
                first = last - 1
                break
        first += 1


def _sort(number: str, shape: tuple[int, ...], spoken: bool) -> Sensitive | None:
    """Tell what sort of personal number it is, if any."""
    size = len(number)
    if size == _ID and is_id(number):
        return Sensitive.ID
    if size == _OLD_ID and spoken and number.isdigit() and _is_day(f"19{number[6:12]}"):
        return Sensitive.ID
    if (
        size == _MOBILE
        and number[0] == "1"
        and "3" <= number[1] <= "9"
        and number.isdigit()
        and shape in _MOBILE_SHAPES
    ):
        return Sensitive.MOBILE
    if number.isdigit() and any(number.startswith(start) and size in sizes for start, sizes in _CARD_STARTS):
        return Sensitive.CARD if luhn.is_valid(number) else None
    return None


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


def _shows_too_much(masked: str, hidden_id: int, hidden_mobile: int) -> bool:
    """Tell whether a masked number hides too little of what it is."""
    shown = sum(one.isdigit() or one in "Xx" for one in masked)
    if not _STARS.search(masked):
        return len(masked) == _ID and shown == _ID - 1
    if len(masked) == _MOBILE:
        return masked[0] == "1" and shown > _MOBILE - hidden_mobile
    return shown > _ID - hidden_id


def _excerpt(number: str) -> str:
    """Return the first and last sign with stars between, however long it is."""
    return f"{number[0]}***{number[-1]}"


class PersonalTerms(Terms):
    """How much of a number must be hidden."""

    hidden_id: Annotated[int, Field(ge=4, le=18, title="公民身份号码至少遮盖位数")]
    hidden_mobile: Annotated[int, Field(ge=3, le=11, title="手机号码至少遮盖位数")]


# Where a number of work may be reached is meant to be public; and numbers of files are not people's.
_CONTACTS = frozenset({
    "purchaser_contact", "agency_contact", "supervision_phone", "feedback", "objection_channel", "purchaser_address",
    "address", "place",
})  # fmt: skip
_FILE_NUMBERS = frozenset({
    "index_no", "doc_no", "project_no", "decision_no", "decision", "no", "archive_no", "filing_no", "limits_filing_no",
    "township_filing_no", "discipline_record", "adopting_decision", "previous_plan", "tender", "link", "meeting_no",
    "superior_instruction", "consent_record", "correction_of",
})  # fmt: skip
_TEXTS = (Type.LINE, Type.PROSE, Type.LINES)
_OPEN_CONTACT = (Sensitive.MOBILE, Sensitive.HOME, Sensitive.HALF_MASKED)


@dataclass(frozen=True)
class _Place:
    """One text field of a kind."""

    path: tuple[str, ...]
    label: str


@cache
def _texts_of(
    kind: type[Document],
) -> tuple[tuple[_Place, ...], tuple[tuple[str, str, tuple[_Place, ...]], ...]]:
    """Return the text fields of a kind: single ones, and those of each table."""
    declared = declaration(kind)

    def wanted(fields: Any) -> tuple[_Place, ...]:
        return tuple(
            _Place(one.path, one.label)
            for one in fields
            if one.type in _TEXTS and one.path[-1] not in _FILE_NUMBERS
        )

    tables = ((one.name, one.about.label, wanted(one.fields)) for one in declared.tables)
    return wanted(declared.fields), tuple(one for one in tables if one[2])


Read = Callable[[Any], tuple[Any, ...]]


def _reader(names: tuple[str, ...]) -> Read:
    """Return what reads those attributes at once."""
    if len(names) == 1:
        return lambda holder: (getattr(holder, names[0]),)
    return attrgetter(*names)


@cache
def _readers(kind: type[Document]) -> tuple[Read, tuple[tuple[str, Read], ...], tuple[tuple[str, Read], ...]]:
    """Return what reads all texts of a kind quickly: its own, those of its groups, those of its tables."""
    single, tables = _texts_of(kind)
    groups: dict[str, list[str]] = {}
    for one in single:
        if len(one.path) > 1:
            groups.setdefault(one.path[0], []).append(one.path[1])
    return (
        _reader(tuple(one.path[0] for one in single if len(one.path) == 1)),
        tuple((name, _reader(tuple(names))) for name, names in groups.items()),
        tuple((name, _reader(tuple(one.path[0] for one in columns))) for name, _, columns in tables),
    )


def suspicious(document: Document) -> bool:
    """Tell whether the document says anything that deserves a closer look; quick, and never too lenient."""
    own, groups, tables = _readers(type(document))
    said: list[Any] = list(own(document))
    for name, read in groups:
        part = getattr(document, name)
        if part is not None:
            said += read(part)
    for name, read in tables:
        for row in getattr(document, name):
            said += read(row)
    text = "\0".join(one if isinstance(one, str) else "\0".join(one) for one in said if one)
    return bool(_DIGITS.search(text) or _VILLAGE.search(text) or any(sign in text for sign in _SIGNS))


def _texts(document: Document) -> Iterator[tuple[str, str, str, str]]:
    """Yield the pointer, the label, the field's name and the text of everything that a document says in words."""
    single, tables = _texts_of(type(document))
    for place in single:
        value: Any = document
        for name in place.path:
            value = getattr(value, name) if value is not None else None
        yield from _said(pointer(*place.path), place.label, place.path[-1], value)
    for table, label, columns in tables:
        for number, row in enumerate(getattr(document, table)):
            for place in columns:
                name = place.path[0]
                where = f"{label}第 {number + 1} 行·{place.label}"
                yield from _said(pointer(table, number, name), where, name, getattr(row, name))


def _said(place: str, label: str, name: str, value: Any) -> Iterator[tuple[str, str, str, str]]:
    if isinstance(value, str):
        yield place, label, name, value
    elif value:
        for number, one in enumerate(value):
            yield f"{place}/{number}", f"{label}第 {number + 1} 项", name, one


@rule(
    "PUB-17",
    "个人信息已经遮盖",
    why="公开的是权力，不是百姓和职工的身份证号、电话、卡号和住址。",
    terms=PersonalTerms,
    day=lambda _document: None,  # The law of today protects people in old documents, too.
    when=lambda one, _context, _terms: one.audience != Audience.COMMISSION,
)
def personal_data_is_masked(document: Document, _context: Context, terms: PersonalTerms) -> Sights:
    """个人信息脱敏 (个人信息保护法 25, 28, 34, 51): no ID, mobile or card number and no home address stands unmasked."""
    if not suspicious(document):
        return
    basis = document.personal_data_basis
    for place, label, name, text in _texts(document):
        for hit in find(text, hidden_id=terms.hidden_id, hidden_mobile=terms.hidden_mobile):
            if name in _CONTACTS and hit.sort in _OPEN_CONTACT:
                continue
            yield Seen(
                place,
                f"{label}里有{hit.sort.label}（{hit.excerpt}）。"
                + ("已写明公开个人信息的依据。" if basis else ""),
                "请核对依据是否允许公开到这个程度；超出必要范围的仍应遮盖。"
                if basis
                else "请删去或遮盖（例如 110***********1234、138****5678）。法律、行政法规规定应当公开的，"
                "在“公开个人信息的依据”中写明是哪一条；其实不是个人信息的，也在那里说明是什么号码。",
                Severity.INFO if basis else None,
            )
