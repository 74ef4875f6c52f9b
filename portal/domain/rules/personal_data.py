"""个人信息: numbers and addresses of people that must not go out unmasked, wherever a document says them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Annotated, Any

from pydantic import Field

from portal.domain.documents.base import Audience, Document
from portal.domain.documents.declaration import declaration
from portal.domain.rules.base import Seen, Sights, pointer, rule
from portal.domain.rules.disclosure import articles_in
from portal.domain.rules.dossier import Context
from portal.domain.rules.personal_numbers import Hit, Sensitive, find
from portal.domain.rules.personal_text import plain, worth_a_look
from portal.domain.rules.terms import Severity, Terms
from portal.domain.values import Type


class PersonalTerms(Terms):
    """How much of a number must be hidden."""

    hidden_id: Annotated[int, Field(ge=4, le=18, title="公民身份号码至少遮盖位数")]
    hidden_mobile: Annotated[int, Field(ge=3, le=11, title="手机号码至少遮盖位数")]


# Where a number of work may be reached is meant to be public; and numbers of files are not people's.
_CONTACTS = frozenset({
    "purchaser_contact", "agency_contact", "supervision_phone", "feedback", "objection_channel", "purchaser_address",
    "address",
})  # fmt: skip
_FILE_NUMBERS = frozenset({
    "index_no", "doc_no", "project_no", "decision", "no", "filing_no", "limits_filing_no", "township_filing_no",
    "discipline_record", "adopting_decision", "previous_plan", "tender", "link", "meeting_no", "consent_record",
    "correction_of",
})  # fmt: skip
_TEXTS = (Type.LINE, Type.PROSE, Type.LINES)
_OPEN_CONTACT = (Sensitive.MOBILE, Sensitive.HOME, Sensitive.HALF_MOBILE)
_OPEN_NUMBER = (Sensitive.MOBILE, Sensitive.CARD, Sensitive.HALF_MOBILE, Sensitive.HALF_ID)
_WORDS = re.compile("[\u4e00-\u9fff]")


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
        return tuple(_Place(one.path, one.label) for one in fields if one.type in _TEXTS)

    tables = ((one.name, one.about.label, wanted(one.fields)) for one in declared.all_tables)
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


def suspicious(document: Document) -> frozenset[str]:
    """Return the tables whose texts deserve a closer look, and "" where the document's own fields do.

    Quick, and never too lenient.
    """
    own, groups, tables = _readers(type(document))
    said: list[Any] = list(own(document))
    for name, read in groups:
        part = getattr(document, name)
        if part is not None:
            said += read(part)
    found = {""} if _worth(said) else set()
    for name, read in tables:
        if _worth([text for row in getattr(document, name) for text in read(row)]):
            found.add(name)
    return frozenset(found)


def _worth(said: list[Any]) -> bool:
    return worth_a_look(one if isinstance(one, str) else "\0".join(one) for one in said if one)


def _texts(document: Document, parts: frozenset[str]) -> Iterator[tuple[str, str, str, str]]:
    """Yield the pointer, the label, the field's name and the text of what those parts of a document say in words."""
    single, tables = _texts_of(type(document))
    for place in single if "" in parts else ():
        value: Any = document
        for name in place.path:
            value = getattr(value, name) if value is not None else None
        yield from _said(pointer(*place.path), place.label, place.path[-1], value)
    for table, label, columns in tables:
        if table not in parts:
            continue
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


# A law or an administrative regulation by its name, and right behind it the article.
_LAW = re.compile(
    r"(?:《[\u4e00-\u9fff]{2,40}(?:法|法典|条例|规定|办法|细则)》"
    r"|(?:刑|宪)法|民法典|[\u4e00-\u9fff]{2}(?:法典|(?<![方办无违合依做想说看设书司执守普])法|(?<![照据关本该级何])条例))"
    r"\s{0,3}(?:[(（][^()（）]{1,30}[)）])?\s{0,3}(?=第)"
)


def names_an_article(basis: str) -> bool:
    """Tell whether a basis says which article of which law or regulation it is."""
    basis = plain(basis)
    return any(any(articles_in(basis[law.end() : law.end() + 12])) for law in _LAW.finditer(basis))


def _is_open(name: str, text: str, hit: Hit) -> bool:
    """Tell whether the field is there to say just that: where work may be reached, or a file's number."""
    if name in _CONTACTS:
        return hit.sort in _OPEN_CONTACT
    return name in _FILE_NUMBERS and hit.sort in _OPEN_NUMBER and not _WORDS.search(text)


_VAGUE = "“公开个人信息的依据”里看不出是哪部法律、行政法规的哪一条。"
_REMEDY = (
    "请删去或遮盖（例如 110***********1234、138****5678）。法律、行政法规规定应当公开的，在“公开个人信息的依据”中"
    "写明法律、行政法规的名称和第几条，只写“无”“同意”等不算依据。其实不是个人信息的（例如设备编号），"
    "请填入专门的编号栏目，或者同样遮盖中间几位。"
)


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
    parts = suspicious(document)
    if not parts:
        return
    basis = document.personal_data_basis
    lawful = basis is not None and names_an_article(basis)
    for place, label, name, text in _texts(document, parts):
        for hit in find(text, hidden_id=terms.hidden_id, hidden_mobile=terms.hidden_mobile):
            if _is_open(name, text, hit):
                continue
            what = f"{label}里有{hit.sort.label}（{hit.excerpt}）。"
            if lawful:
                yield Seen(
                    place,
                    f"{what}已写明公开个人信息的依据。",
                    "请核对依据是否允许公开到这个程度；超出必要范围的仍应遮盖。",
                    Severity.INFO,
                )
            else:
                yield Seen(place, what + (_VAGUE if basis else ""), _REMEDY)
