"""公告的内容: whether what was announced of a tender says all that it must say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from portal.domain.documents.tender import Bidder, Method, Outcome, Subject, Tender
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.tender_law import (
    COMPULSORY_DOUBT,
    PROCURED_DOUBT,
    hedged,
    must_be_tendered,
    procured,
)
from portal.domain.rules.terms import Severity, Terms
from portal.domain.values import Choice, fold


class CandidateItem(Choice):
    """What a candidates' notice says; each is the field of that name, of the notice or of a candidate."""

    RANK = "rank", "排序"
    PRICE = "price", "投标报价"
    QUALITY = "quality", "质量"
    TERM = "term", "工期（交货期）"
    SCORE = "total_score", "评标情况（总分）"
    LEAD = "lead", "项目负责人"
    CERTIFICATE = "certificate", "负责人证书"
    QUALIFICATION = "qualification", "资格能力响应情况"
    CHANNEL = "objection_channel", "提出异议的渠道"


class CandidateContents(Terms):
    """What a candidates' notice must say."""

    required: Annotated[tuple[CandidateItem, ...], Field(title="公示须载明")]
    of_works: Annotated[tuple[CandidateItem, ...], Field(title="工程还须载明")] = ()


def _posted_on(tender: Tender) -> date | None:
    return (tender.candidacy.posted_on or tender.candidacy.report_on) if tender.candidacy else None


def _posted(tender: Tender, context: Context, _terms: CandidateContents) -> bool:
    return tender.candidacy is not None and must_be_tendered(tender, context) is not False


def _blank(part: Any, wanted: Iterable[Choice]) -> list[Choice]:
    return [
        one for one in wanted if one.value in type(part).model_fields and getattr(part, one.value) is None
    ]


def _labels(missing: Iterable[Choice]) -> str:
    return "、".join(one.label for one in missing)


def candidates(tender: Tender) -> list[tuple[int, Bidder]]:
    """Return who was put forward: those marked so, else those with a rank and no other result."""
    marked = (Outcome.WON, Outcome.CANDIDATE)
    return [
        (place, one)
        for place, one in enumerate(tender.bidders)
        if one.outcome in marked or (one.outcome is None and one.rank)
    ]


_FILL = "请补填；公示时确实没有载明的，请在“公开说明”中写明。"


@rule(
    "TEN-07",
    "中标候选人公示内容齐全",
    Tender,
    why="看得到名次、报价和资格，落选的人和群众才看得出评得公不公。",
    terms=CandidateContents,
    day=_posted_on,
    when=_posted,
)
def candidates_are_told_in_full(tender: Tender, context: Context, terms: CandidateContents) -> Sights:
    """候选人公示内容 (招标公告和公示信息发布管理办法 6): what each candidate offered, and where to object."""
    yield from hedged(_gaps_of_candidates(tender, terms), must_be_tendered(tender, context), COMPULSORY_DOUBT)


def _gaps_of_candidates(tender: Tender, terms: CandidateContents) -> Sights:
    wanted = terms.required + (terms.of_works if tender.subject == Subject.WORKS else ())
    if tender.candidacy and (missing := _blank(tender.candidacy, wanted)):
        yield Seen(f"/candidacy/{missing[0].value}", f"中标候选人公示没有写明{_labels(missing)}。", _FILL)
    found = candidates(tender)
    if not found:
        yield Seen("/bidders", "中标候选人公示没有列出中标候选人。", _FILL)
    for place, one in found:
        if missing := _blank(one, wanted):
            yield Seen(f"/bidders/{place}", f"中标候选人“{one.name}”没有写明{_labels(missing)}。", _FILL)


class ResultItem(Choice):
    """What a result notice says of the project; each is the field of that name, of the record or of the award."""

    NUMBER = "project_no", "项目编号"
    PURCHASER_ADDRESS = "purchaser_address", "采购人地址"
    PURCHASER_CONTACT = "purchaser_contact", "采购人联系方式"
    AGENCY_CONTACT = "agency_contact", "代理机构联系方式"
    SUPPLIER_ADDRESS = "address", "供应商地址"
    GOODS = "award_items", "主要标的"
    EXPERTS = "experts", "评审专家名单"


class LotItem(Choice):
    """What a result notice says of each lot; each is the lot's field of that name."""

    SPECIFICATION = "specification", "规格型号"
    QUANTITY = "quantity", "数量"
    UNIT_PRICE = "unit_price", "单价"
    SERVICE = "service", "服务要求"


class ResultContents(Terms):
    """What a result notice must say."""

    required: Annotated[tuple[ResultItem, ...], Field(title="公告须载明")]
    goods: Annotated[tuple[LotItem, ...], Field(title="货物标的须载明")] = ()
    services: Annotated[tuple[LotItem, ...], Field(title="服务标的须载明")] = ()
    works: Annotated[tuple[LotItem, ...], Field(title="工程标的须载明")] = ()

    def of(self, subject: Subject) -> tuple[LotItem, ...]:
        """Return what must be said of a lot of that subject."""
        return {Subject.GOODS: self.goods, Subject.SERVICES: self.services, Subject.WORKS: self.works}[
            subject
        ]


def _determined_on(tender: Tender) -> date | None:
    return tender.award.determined_on if tender.award else None


def _result(tender: Tender, context: Context, _terms: Terms) -> bool:
    return tender.award is not None and procured(tender, context) is not False


@rule(
    "TEN-11",
    "采购结果公告内容齐全",
    Tender,
    why="买了什么、多少钱、向谁买、谁评的，一样不写，别人就没法核对。",
    terms=ResultContents,
    day=_determined_on,
    when=_result,
)
def result_is_told_in_full(tender: Tender, context: Context, terms: ResultContents) -> Sights:
    """结果公告内容 (政府采购法实施条例 43): purchaser and agency, project, supplier, lots, experts."""
    yield from hedged(_gaps_of_result(tender, terms), procured(tender, context), PROCURED_DOUBT)


def _gaps_of_result(tender: Tender, terms: ResultContents) -> Sights:
    for item in terms.required:
        if item == ResultItem.AGENCY_CONTACT and not tender.agency:
            continue  # The unit bought without an agency.
        if item == ResultItem.EXPERTS and tender.method == Method.SOLE_SOURCE:
            continue  # A sole source is agreed with the supplier; nobody scores it.
        of_award = item == ResultItem.SUPPLIER_ADDRESS
        if not getattr(tender.award if of_award else tender, item.value):
            yield Seen(
                f"{'/award' if of_award else ''}/{item.value}", f"采购结果公告没有写明{item.label}。", _FILL
            )
    if tender.award_items and tender.subject is None:
        yield Unclear("采购对象（工程、货物、服务）没有填写，不能核对主要标的写得是否齐全。")
        return
    for place, one in enumerate(tender.award_items):
        if tender.subject and (missing := _blank(one, terms.of(tender.subject))):
            yield Seen(f"/award_items/{place}", f"主要标的“{one.name}”没有写明{_labels(missing)}。", _FILL)


@rule(
    "TEN-20",
    "供应商统一社会信用代码",
    Tender,
    why="有了代码才知道到底是哪一家；换个名字、借个名字都查得出来。",
    day=_determined_on,
    when=lambda tender, _context, _terms: tender.award is not None,
)
def supplier_has_one_code(tender: Tender, _context: Context, _terms: Terms) -> Sights:
    """统一社会信用代码 (GB 32100): the awarded supplier's is given, and no supplier has two."""
    if tender.award is None:
        return
    winner = fold(tender.award.supplier)
    codes: dict[str, list[tuple[str, str, str]]] = {}
    if tender.award.uscc:
        codes[winner] = [(tender.award.uscc, "/award/uscc", tender.award.supplier)]
    for place, one in enumerate(tender.bidders):
        if one.uscc:
            codes.setdefault(fold(one.name), []).append((one.uscc, f"/bidders/{place}/uscc", one.name))
    if not tender.award.uscc:
        known = codes.get(winner)
        beside = f"，投标人一栏写的是 {known[0][0]}" if known else ""
        yield Seen(
            "/award/uscc",
            f"中标（成交）供应商“{tender.award.supplier}”没有填写统一社会信用代码{beside}。",
            "请对照登记证书补填；供应商是自然人、没有代码的，请在备注中写明。",
            Severity.YELLOW,
        )
    for given in codes.values():
        other = next((one for one in given if one[0] != given[0][0]), None)
        if other:
            yield Seen(
                other[1],
                f"同一供应商“{other[2]}”写了两个统一社会信用代码：{given[0][0]} 和 {other[0]}。",
                "请对照登记证书核对；确是两家的，请写清各自的名称。",
            )
