"""公开的形式: who examined it, on what ground it is withheld, what the directory needs, numbers and dates."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Annotated, Any

from pydantic import Field

from portal.domain.documents.base import Audience, Document, Openness
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.declaration import declaration
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.tender import Tender
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Severity, Terms
from portal.domain.values import Choice, Type, fold, show_day

_PROCEED = "如尚未审查，请先完成审查再公开。"


def _today(_document: Document) -> None:
    """The rules of the day bind what is public on it, however old the document is."""
    return


@rule(
    "PUB-02",
    "公开前有人审查",
    why="公开前要有人核过：该公开的不漏，不该公开的不出去，出了差错找得到人。",
    day=_today,
)
def reviewed(document: Document, context: Context, _terms: Terms) -> Sights:
    """公开审查 (政府信息公开条例 17): who examined it and when; not after it had already gone out."""
    if not document.release_reviewer:
        yield Seen("/release_reviewer", "没有写公开审查人。", f"请按审查记录补填公开审查人。{_PROCEED}")
    if document.release_reviewed_on is None:
        yield Seen(
            "/release_reviewed_on", "没有写公开审查日期。", f"请按审查记录补填公开审查日期。{_PROCEED}"
        )
    elif (
        context.published_on
        and context.previous is None  # A correction is examined after the first publication.
        and document.release_reviewed_on > context.published_on
    ):
        yield Seen(
            "/release_reviewed_on",
            f"公开审查日期是{show_day(document.release_reviewed_on)}，晚于公开之日{show_day(context.published_on)}。",
            "审查应当在公开之前。请核对审查记录；如记录无误，请在“公开说明”中写明先公开后审查的原因。",
        )


class WithheldTerms(Terms):
    """Which articles allow information to be withheld."""

    law: Annotated[str, Field(min_length=2, title="依据的法规")]
    articles: Annotated[tuple[int, ...], Field(min_length=1, title="可作依据的条")]


@rule(
    "PUB-03",
    "不予公开须有法定依据",
    why="公开是常态，不公开是例外；不公开必须说得出是哪一条不让公开。",
    day=_today,
    terms=WithheldTerms,
    when=lambda one, _context, _terms: one.openness == Openness.WITHHELD,
)
def withheld_by_law(document: Document, _context: Context, terms: WithheldTerms) -> Sights:
    """不予公开 (政府信息公开条例 13–16): the ground names one of the articles; and what is withheld does not go out."""
    listed = "、".join(f"第{one}条" for one in terms.articles)
    basis = document.openness_basis
    if document.audience == Audience.PUBLIC:
        yield Seen(
            "/openness",
            "公开属性是“不予公开”，公开范围却是“社会公开”，两处矛盾。",
            "请核对公开审查的结论：可以公开的，把公开属性改为“主动公开”；不能公开的，缩小公开范围。",
        )
    if not basis:
        yield Seen(
            "/openness_basis",
            "公开属性是“不予公开”，没有写依据。",
            f"请写明依据{terms.law}的哪一条（{listed}）。",
        )
    elif fold(terms.law) not in fold(basis) or not articles_in(basis) & set(terms.articles):
        yield Seen(
            "/openness_basis",
            f"不予公开的依据写的是“{basis}”，看不出是{terms.law}的{listed}中的哪一条。",
            f"请写明{terms.law}的具体条款；不属于这几条的，应当公开。",
        )


_ARTICLE = re.compile(
    r"第?(?<![0-9零一二三四五六七八九十百])([0-9]{1,3}|[零一二三四五六七八九十百]{1,5})(?=条|[至到、和或,-])"
)
_DIGITS = {char: number for number, char in enumerate("零一二三四五六七八九")}


def articles_in(text: str) -> set[int]:
    """Return the numbers of the articles that a text names, written 第十六条, 第16条 or 16条."""
    found = set()
    for number in _ARTICLE.findall(fold(text)):
        found.add(int(number) if number[0].isascii() else _chinese(number))
    return found


def _chinese(text: str) -> int:
    """Read 十六 or 一百二十 as a number."""
    total = last = 0
    for char in text:
        if char in "十百":
            total += (last or 1) * (10 if char == "十" else 100)
            last = 0
        else:
            last = _DIGITS[char]
    return total + last


class Element(Choice):
    """What the directory of disclosures says of each one, beside its name and index number."""

    DATE = "date", "生成日期"
    ABSTRACT = "abstract", "内容概述"
    THEME = "theme", "主题分类"
    NUMBER = "doc_no", "文号"


class DirectoryTerms(Terms):
    """What the directory needs."""

    elements: Annotated[tuple[Element, ...], Field(min_length=1, title="目录要素（名称、索引号之外）")]


@rule(
    "PUB-06",
    "公开目录的要素齐全",
    why="目录写全了，群众才找得到、认得出这份材料。",
    day=_today,
    terms=DirectoryTerms,
)
def directory_elements(document: Document, _context: Context, terms: DirectoryTerms) -> Sights:
    """目录要素 (政府信息公开条例 12): name, index number, date, abstract. Publication gives the index number itself."""
    for element in terms.elements:
        value = came_about(document) if element == Element.DATE else getattr(document, element.value)
        if not value:
            place = "/issued_on" if element == Element.DATE else pointer(element.value)
            yield Seen(place, f"没有写{element.label}，公开目录缺这一项。", f"请填写{element.label}。")


def came_about(document: Document) -> date | None:
    """Return the day on which a document came about, in the words of its own kind."""
    stated = document.formed_on or document.issued_on
    if stated:
        return stated
    match document:
        case DecisionRecord():
            return document.held_on
        case DelegationPlan():
            return document.adopted_on
        case Tender():
            return document.binding_day()
        case _:
            return None


class IndexTerms(Terms):
    """How an index number looks."""

    digits: Annotated[int, Field(ge=1, le=12, title="顺序号至少几位")]


_INDEX = re.compile(r"[^/\s]+/(?:19|20)\d{2}(?:\d{2})?-(\d+)")


@rule(
    "PUB-07",
    "索引号唯一、规范",
    why="一个索引号只指一份材料，引用和查找才不会错。",
    day=_today,
    terms=IndexTerms,
    when=lambda one, _context, _terms: one.index_no is not None,
)
def index_number(document: Document, context: Context, terms: IndexTerms) -> Sights:
    """索引号: no other record of the unit has it; written 单位代码/年份-顺序号."""
    number = document.index_no or ""
    mine = (document.kind.code, document.natural_key())
    if _index_numbers(context).get(fold(number), set()) - {mine}:
        yield Seen(
            "/index_no",
            f"索引号“{number}”在本单位的其他公开件上已经用过。",
            "请换一个没有用过的索引号，或者留空由系统编排。",
        )
    elif not context.dossier.complete and context.published_on is None:
        yield Unclear("手头没有本单位全部的公开件，无法核对索引号是否用过。")
    found = _INDEX.fullmatch(number)
    if not found or len(found[1]) < terms.digits:
        yield Seen(
            "/index_no",
            f"索引号“{number}”不是“单位代码/年份-顺序号”的写法（顺序号至少 {terms.digits} 位）。",
            "新公开的材料可以把索引号留空，由系统编排；沿用旧系统索引号的，请核对有没有抄错。",
            Severity.YELLOW,
        )


def _index_numbers(context: Context) -> dict[str, set[tuple[str, str]]]:
    """Return by index number which records of the unit carry it, worked out once for the whole dossier."""
    derived: dict[Any, Any] = context.dossier.derived
    if "index numbers" not in derived:
        found: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for one in context.dossier.entries:
            if one.document.index_no:
                found[fold(one.document.index_no)].add((one.document.kind.code, one.document.natural_key()))
        derived["index numbers"] = found
    known: dict[str, set[tuple[str, str]]] = derived["index numbers"]
    return known


class NumberTerms(Terms):
    """Which documents are numbered otherwise."""

    exempt: Annotated[tuple[str, ...], Field(title="另有编号办法的文种")] = ()


_DOC_NO = re.compile(r"(.+?)[\[(〔【{<《〈](\d{2}|\d{4})年?[\])〕】}>》〉](第?)(\d+)(号?)")


def _number_matters(document: Document, _context: Context, terms: NumberTerms) -> bool:
    number = document.doc_no
    return number is not None and ("〔" in number or not any(one in number for one in terms.exempt))


@rule(
    "PUB-08",
    "文号写法规范",
    why="文号写法统一，引用、查找、核对才不会出错。",
    terms=NumberTerms,
    when=_number_matters,
)
def document_number(document: Document, _context: Context, _terms: NumberTerms) -> Sights:
    """发文字号 (GB/T 9704—2012, 7.2.5): 代字〔四位年份〕顺序号, no 第, no leading zero."""
    number = document.doc_no or ""
    found = _DOC_NO.fullmatch(re.sub(r"\s+", "", unicodedata.normalize("NFKC", number)))
    if not found:
        yield Seen(
            "/doc_no",
            f"文号“{number}”看不出发文机关代字、年份和顺序号。",
            "请写成“代字〔年份〕顺序号号”，例如“示财发〔2026〕7号”。",
        )
        return
    year = found[2] if len(found[2]) == 4 else f"20{found[2]}"
    correct = f"{found[1]}〔{year}〕{int(found[4])}号"
    if number != correct:
        yield Seen(
            "/doc_no",
            f"文号写的是“{number}”：{'；'.join(_faults(number, found))}。",
            f"请对照原件核对；原件无误的，写成“{correct}”。",
        )


def _faults(number: str, found: re.Match[str]) -> Iterator[str]:
    if "〔" not in number or "〕" not in number:
        yield "年份应当用六角括号〔〕"
    if len(found[2]) != 4:
        yield "年份应当写四位"
    if found[3]:
        yield "顺序号前不加“第”"
    if found[4].startswith("0"):
        yield "顺序号不编虚位"
    if not found[5]:
        yield "顺序号后缺“号”字"
    if (
        unicodedata.normalize("NFKC", number) != number
        or re.search(r"\s", number)
        or re.search(r"\d年", number)
    ):
        yield "有多余的空格、全角字符或文字"


# Days of things that have happened when they are written down. Plans and periods that lie ahead are not here.
_FACTS = frozenset({
    "issued_on", "formed_on", "release_reviewed_on", "adopted_on", "filed_on", "limits_filed_on", "acting_since",
    "held_on", "began_on", "done_on", "emergency_reported_on", "minutes_recalled_on", "paid_on", "checked_on",
    "reported_on", "township_endorsed_on", "township_filed_on", "approved_on", "published_on", "report_on",
    "raised_on", "answered_on", "determined_on", "notified_on", "announced_on", "report_filed_on", "signed_on",
    "agreed_on", "accepted_on",
})  # fmt: skip


@cache
def _fact_fields(
    kind: type[Document],
) -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, tuple[tuple[str, str], ...]], ...]]:
    """Return the days of facts that a kind knows: single ones by path and label, those of tables by column."""
    declared = declaration(kind)
    single = tuple(
        ("/".join(one.path), one.label)
        for one in declared.fields
        if one.type == Type.DAY and one.path[-1] in _FACTS
    )
    tables = tuple(
        (table.name, columns)
        for table in declared.tables
        if (
            columns := tuple(
                (one.path[0], one.label)
                for one in table.fields
                if one.type == Type.DAY and one.path[0] in _FACTS
            )
        )
    )
    return single, tables


def _facts(document: Document) -> Iterator[tuple[str, str, date]]:
    """Yield the place, the label and the day of every dated fact that the document states."""
    single, tables = _fact_fields(type(document))
    for path, label in single:
        day: Any = document
        for name in path.split("/"):
            day = getattr(day, name) if day is not None else None
        if day is not None:
            yield f"/{path}", label, day
    for name, columns in tables:
        sheet = declaration(type(document)).label_of((name,))
        for place, row in enumerate(getattr(document, name)):
            for column, label in columns:
                day = getattr(row, column)
                if day is not None:
                    yield pointer(name, place, column), f"{sheet}第 {place + 1} 条的{label}", day


@rule(
    "PUB-09",
    "日期不早填、不倒填",
    why="日期造了假，什么时候办的、什么时候公开的就都说不清了。",
    day=_today,
)
def honest_dates(document: Document, context: Context, _terms: Terms) -> Sights:
    """日期真实 (政府信息公开条例 6): nothing that has happened is dated later than today, nor formed after it went out.

    The day of publication itself is the server's; nobody enters it.
    """
    for place, label, day in _facts(document):
        if day > context.on:
            yield Seen(
                place,
                f"{label}写的是{show_day(day)}，这一天还没有到（今天是{show_day(context.on)}）。",
                "请对照原始记录核对日期；事情还没有发生的，发生之后再填写。",
            )
    out = context.published_on
    if out is None or context.previous is not None:
        return
    for name, label in (("formed_on", "信息形成日期"), ("issued_on", "成文日期")):
        day = getattr(document, name)
        if day and out < day <= context.on:
            yield Seen(
                pointer(name),
                f"{label}写的是{show_day(day)}，晚于此件公开之日{show_day(out)}。",
                "材料不会在写成之前公开。请对照原件核对日期。",
            )
