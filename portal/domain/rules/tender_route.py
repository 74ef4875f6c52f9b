"""招标采购的路径: which way a project had to go: tender or not, in one piece, at which venue."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Annotated

from pydantic import Field

from portal.domain.documents.tender import Method, Subject, Tender, Venue
from portal.domain.remembered import remembered
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.dossier import Context, Dossier
from portal.domain.rules.tender_law import (
    TENDERS,
    Scale,
    began,
    beyond_intent,
    estimate,
    must_be_tendered,
    of_construction,
    scale,
)
from portal.domain.rules.terms import Severity, Terms, Yuan
from portal.domain.values import fold, show_day, show_yuan


def _on_its_way(tender: Tender, context: Context, _terms: Scale) -> bool:
    """A plan that does not say how it will buy is not yet on any way."""
    if not tender.method and not beyond_intent(tender):
        return False
    return tender.subject == Subject.WORKS or must_be_tendered(tender, context) is not False


@rule(
    "TEN-01",
    "依法必须招标的项目要招标",
    Tender,
    why="够规模的工程不招标，谁来干、多少钱就成了少数人说了算。",
    terms=Scale,
    day=began,
    when=_on_its_way,
)
def must_go_to_tender(tender: Tender, context: Context, terms: Scale) -> Sights:
    """必须招标的规模: a project of that scale is tendered (招标投标法 3; 必须招标的工程项目规定 5)."""
    must, amount = must_be_tendered(tender, context), estimate(tender)
    known = f"金额 {show_yuan(amount)} 元" if amount is not None else "金额没有填写"
    if must and tender.method is None:
        yield Unclear(f"项目依法必须招标（{known}），采购方式没有填写。")
    elif must and tender.method and tender.method not in TENDERS:
        why = (
            "登记为依法必须招标"
            if tender.compulsory
            else f"达到规模标准（{show_yuan(terms.of(tender.subject))} 元）"
        )
        yield Seen(
            "/method",
            f"“{tender.title}”{known}，{why}，采购方式却是{tender.method.label}，不是公开招标或者邀请招标。",
            "请核对采购方式和金额。属于法律规定可以不招标的情形，或者与新建、改建、扩建无关的单独装修、拆除、修缮的，"
            "请在“公开说明”中写明情形、依据和批准文件；不属于的，应当依法招标。",
        )
    elif must is None and tender.method not in TENDERS:
        yield Unclear(
            f"采购方式不是招标，{known}，从记录看不出是不是依法必须招标的工程建设项目。"
            "请填写采购对象、金额和“依法必须招标”；没有使用国有资金的，请在备注中写明。"
        )
    if must and tender.compulsory is False:
        yield Seen(
            "/compulsory",
            f"登记为不是依法必须招标的项目，但施工{known}，达到 {show_yuan(terms.works)} 元的规模标准。",
            "请核对“依法必须招标”一栏；确属例外的，请在“公开说明”中写明依据。",
            Severity.YELLOW,
        )


# ---- 化整为零 -------------------------------------------------------------------------------------


class Splitting(Terms):
    """From which sum parts count as one purchase that had to be tendered.

    The amount from which goods and services are bought by open tender is set by each
    province: at `standard_high` every province asks for it, under `standard_low` none.
    """

    standard_low: Annotated[Yuan, Field(title="货物、服务公开招标数额标准（各省下限）")]
    standard_high: Annotated[Yuan, Field(title="货物、服务公开招标数额标准（达到即认定）")]
    venues: Annotated[bool, Field(title="小额工程的场所界线也不得拆分规避")] = False


@dataclass
class _Parts:
    """The parts of one project or item that did not go to tender, each under the amount in question."""

    known: dict[str, tuple[int, Tender]] = field(default_factory=dict)
    blank: set[str] = field(default_factory=set)  # Parts whose amount, method or venue is not told.
    total: int = 0

    @cached_property
    def in_order(self) -> list[Tender]:
        """The parts by day."""
        tenders = [one for _, one in self.known.values()]
        return sorted(tenders, key=lambda one: (began(one) or date.max, one.natural_key()))

    def with_this(self, tender: Tender, amount: int | None) -> tuple[int, int, bool]:
        """Return the sum with this part as it now stands, how many others are known, whether others are blank."""
        key = tender.natural_key()
        before = self.known.get(key)
        total = self.total - (before[0] if before else 0) + (amount or 0)
        return total, len(self.known) - (before is not None), bool(self.blank - {key})


_ALIKE = "相近名称"
# What tells one part of a purchase from the next: 一期、第二标段、（三）、2026年5月、甲批……
_MARK = re.compile(
    r"\([^()]{1,8}\)|\d{4}年度?|\d{1,2}月(份|\d{1,2}日)?|[上下]半年"
    r"|第?[\d一二三四五六七八九十甲乙丙丁]+(期|标段|标|批次|批|包|次|季度|部分)"
)
_TELLING = 4  # A name of fewer characters without its marks says too little.


@remembered(65536)
def stem(title: str) -> str:
    """Return a title without what tells its parts apart; the title itself where nothing much is left."""
    whole = fold(title)
    bare = _MARK.sub("", whole)
    return bare if len(bare) >= _TELLING else whole


def _labels(tender: Tender) -> Iterator[tuple[str, str, int | None]]:
    """Yield what may make several purchases one: the project, else the item or the name within one year.

    Works are one only where project or name say so; a category (品目) makes one only of goods and services.
    Names that differ only in their phase, lot or date come last: they raise a doubt, never a finding.
    """
    works = tender.subject == Subject.WORKS
    if tender.parent_project:
        yield "所属总项目", fold(tender.parent_project), None if works else tender.year()
        return
    if tender.catalogue_item and not works and tender.year():
        yield "采购品目", fold(tender.catalogue_item), tender.year()
    if tender.year():
        yield "项目名称", fold(tender.title), tender.year()
        yield _ALIKE, stem(tender.title), tender.year()


_Key = tuple[str, Subject | None, str, str, int | None]


def _groups(dossier: Dossier) -> dict[_Key, list[Tender]]:
    known = dossier.derived.get("TEN-02")
    if isinstance(known, dict):
        return known
    found: dict[_Key, list[Tender]] = {}
    for one in dossier.of(Tender):
        for label in _labels(one):
            found.setdefault(("TEN-02", one.subject, *label), []).append(one)
    dossier.derived["TEN-02"] = found
    return found


def _evades(tender: Tender, *, venue: bool) -> bool | None:
    """Tell whether a part went another way than by tender (or, for small works, to the smaller venue)."""
    if venue:
        where = tender.notice.venue if tender.notice else None
        return None if where is None else where == Venue.TOWNSHIP_CENTRE
    if tender.method is None:
        return None
    if tender.subject == Subject.WORKS:
        return tender.method not in TENDERS
    return tender.method != Method.OPEN_TENDER


def _parts(key: _Key, limit: int, dossier: Dossier, *, venue: bool) -> _Parts:
    name = (*key, limit, venue)
    found = dossier.derived.get(name)
    if not isinstance(found, _Parts):
        found = _Parts()
        for one in _groups(dossier).get(key, ()):
            amount, evades = estimate(one), _evades(one, venue=venue)
            planned = one.method is None and not beyond_intent(one)
            if planned or evades is False or (amount is not None and amount >= limit):
                continue
            if amount is None or evades is None:
                found.blank.add(one.natural_key())
            else:
                found.known[one.natural_key()] = (amount, one)
                found.total += amount
        dossier.derived[name] = found
    return found


def _siblings(tender: Tender, context: Context) -> bool:
    groups, own = _groups(context.dossier), tender.natural_key()
    return any(
        other.natural_key() != own
        for label in _labels(tender)
        for other in groups.get(("TEN-02", tender.subject, *label), ())[:2]
    )


def _may_be_a_part(tender: Tender, context: Context, _terms: Splitting) -> bool:
    if tender.subject is None or (tender.method is None and not beyond_intent(tender)):
        return False
    evades = _evades(tender, venue=False) is not False or _evades(tender, venue=True) is True
    return evades and (bool(tender.parent_project) or _siblings(tender, context))


@rule(
    "TEN-02",
    "不得化整为零",
    Tender,
    why="把一个项目拆成几份，每份都够不着招标的数额，等于绕开了公开竞争。",
    terms=Splitting,
    day=began,
    when=_may_be_a_part,
)
def not_split(tender: Tender, context: Context, terms: Splitting) -> Sights:
    """化整为零 (招标投标法 4; 政府采购法 28; 实施条例 28): parts under the amount that together reach it."""
    found = False
    for sight in (*_split_of_tender(tender, context, terms), *_split_of_venue(tender, context, terms)):
        found = True
        yield sight
    if not found and tender.parent_project and not context.dossier.complete:
        yield Unclear(f"这里没有“{tender.parent_project}”的全部分项，不能核对合计数。")


def _split_of_tender(tender: Tender, context: Context, terms: Splitting) -> Sights:
    whole = scale(tender, context)
    if whole is None or _evades(tender, venue=False) is False:
        return
    if tender.subject == Subject.WORKS:
        yield from _split(tender, context, whole.works, whole.works, "依法必须招标的规模标准", venue=False)
        return
    low = terms.standard_low
    if of_construction(tender, context, whole):
        low = min(low, whole.of(tender.subject))
    yield from _split(tender, context, low, terms.standard_high, "公开招标数额标准", venue=False)


def _split_of_venue(tender: Tender, context: Context, terms: Splitting) -> Sights:
    small = context.regime.terms("TEN-18", began(tender) or context.on, context.unit.type)
    in_town = tender.subject == Subject.WORKS and _evades(tender, venue=True)
    if terms.venues and in_town and isinstance(small, SmallWorks):
        yield from _split(
            tender, context, small.limit, small.limit, "进县级公共资源交易中心的界线", venue=True
        )


def _split(tender: Tender, context: Context, low: int, high: int, what: str, *, venue: bool) -> Sights:
    """Yield a finding from `high`; a doubt from `low`, or where amounts, methods or venues are not told."""
    own = estimate(tender)
    if own is not None and own >= high:
        return
    told = own is not None and _evades(tender, venue=venue) is True
    doubt = ""
    for label in _labels(tender):
        parts = _parts(("TEN-02", tender.subject, *label), high, context.dossier, venue=venue)
        total, others, blank = parts.with_this(tender, own)
        if label[0] == _ALIKE:
            if told and others and total >= low and not doubt:
                doubt = (
                    f"有 {others + 1} 次采购名称相近，只有期次、标段或者日期不同，合计 {show_yuan(total)} 元，"
                    f"达到{what}（{show_yuan(low)} 元）。是不是同一个项目，请核对；不是的，请写明各自的所属总项目。"
                )
        elif told and others and total >= high:
            yield _joined(tender, parts, total, others, high, label, what)
            return
        if told and others and total >= low:
            doubt = f"同一{label[0]}分 {others + 1} 次采购，合计 {show_yuan(total)} 元。是否达到本省{what}，请对照本省规定核对。"
        elif blank or (others and not told):
            doubt = (
                doubt
                or f"同一{label[0]}分几次采购，有的没有填写金额、采购方式或者交易场所，不能核对合计数。请补填。"
            )
    if doubt:
        yield Unclear(doubt)


_PLACES = {"所属总项目": "/parent_project", "采购品目": "/catalogue_item", "项目名称": "/title"}
_NAMED = 6  # How many parts a finding names; the others are in the sum.


def _joined(
    tender: Tender,
    parts: _Parts,
    total: int,
    others: int,
    limit: int,
    label: tuple[str, str, int | None],
    what: str,
) -> Seen:
    own = tender.natural_key()
    named = [tender, *(one for one in parts.in_order if one.natural_key() != own)][:_NAMED]
    year = f"{label[2]} 年度" if label[2] else ""
    return Seen(
        _PLACES[label[0]],
        f"{year}同一{label[0]}的 {others + 1} 项各不足 {show_yuan(limit)} 元，合计 {show_yuan(total)} 元，"
        f"达到{what}（{show_yuan(limit)} 元）：{'、'.join(_part(one) for one in named)}"
        f"{f'等 {others + 1} 项' if len(named) <= others else ''}。",
        "请核对这几项是不是同一个项目。不是的，请写明各自的所属总项目；依法可以不招标或者经批准的，请在“公开说明”中写明依据；"
        "确属拆分的，其余部分应当合并招标。",
    )


def _part(tender: Tender) -> str:
    number = f"（{tender.project_no}）" if tender.project_no else ""
    day = began(tender)
    return f"“{tender.title}”{number}{show_day(day) if day else ''} {show_yuan(estimate(tender) or 0)} 元"


# ---- 小额工程的场所 -------------------------------------------------------------------------------


class SmallWorks(Terms):
    """At which venue works of a township are tendered."""

    limit: Annotated[Yuan, Field(title="分界金额")]
    below: Annotated[tuple[Venue, ...], Field(title="不足分界金额的场所")]
    above: Annotated[tuple[Venue, ...], Field(title="超过分界金额的场所")]
    limit_is_above: Annotated[bool, Field(title="恰好等于分界金额的从高")]


@rule(
    "TEN-18",
    "小额工程按金额进场所",
    Tender,
    why="工程到哪里招标看金额，不看关系；金额大的进县里的中心，镇里就不能自己定。",
    terms=SmallWorks,
    day=began,
    when=lambda tender, _context, _terms: tender.subject == Subject.WORKS and beyond_intent(tender),
)
def small_works_at_their_venue(tender: Tender, _context: Context, terms: SmallWorks) -> Sights:
    """小额工程分流: township works under the limit at the town's centre (or the county's), others at the county's."""
    amount, venue = estimate(tender), tender.notice.venue if tender.notice else None
    if amount is None or venue is None:
        yield Unclear("工程的金额或者交易场所没有填写，不能核对应在哪里招标。请补填。")
        return
    high = amount >= terms.limit if terms.limit_is_above else amount > terms.limit
    right = terms.above if high else terms.below + terms.above
    if venue not in right:
        side = "达到" if high else "不足"
        yield Seen(
            "/notice/venue",
            f"工程金额 {show_yuan(amount)} 元，{side} {show_yuan(terms.limit)} 元，应在{'或者'.join(one.label for one in (terms.above if high else terms.below))}招标，"
            f"登记的交易场所是{venue.label}。",
            "请核对交易场所和金额；记录无误的，请在“公开说明”中写明为什么没有进应进的场所。",
        )
