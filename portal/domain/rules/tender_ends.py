"""采购的两头: the intent before a purchase; complaints and the archive after it."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from portal.domain.calendar import add_months, period_end
from portal.domain.documents.tender import Objection, ObjectionKind, Tender, Venue
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.tender_law import (
    PROCURED_DOUBT,
    SCOPE_DOUBT,
    began,
    hedged,
    in_scope,
    lasted,
    lateness,
    procured,
)
from portal.domain.rules.terms import Length, Terms
from portal.domain.values import Choice, show_day, show_month


class IntentItem(Choice):
    """What an intent says; each is the intent's field of that name."""

    SUMMARY = "summary", "采购需求概况"
    BUDGET = "budget", "预算金额"
    MONTH = "expected_month", "预计采购时间"


class Ahead(Terms):
    """How long before the purchase starts its intent is public, and what it says beside the name."""

    at_least: Annotated[Length, Field(title="早于采购活动开始")]
    required: Annotated[tuple[IntentItem, ...], Field(title="除项目名称外须写明")]


def _starts_on(tender: Tender) -> date | None:
    return tender.starts_on or (tender.notice.issued_on if tender.notice else None)


def _intent_day(tender: Tender) -> date | None:
    return _starts_on(tender) or began(tender)


def _has_intent(tender: Tender, context: Context, _terms: Ahead) -> bool:
    if tender.intent is None and tender.notice is None:
        return False
    online = tender.notice is not None and tender.notice.venue == Venue.ONLINE
    return not online and in_scope(tender, context) is not False


@rule(
    "TEN-15",
    "采购意向提前公开",
    Tender,
    why="早知道要买什么，更多企业能准备，价格才谈得下来。",
    terms=Ahead,
    day=_intent_day,
    when=_has_intent,
)
def intent_is_public_in_time(tender: Tender, context: Context, terms: Ahead) -> Sights:
    """采购意向 (财库〔2020〕10号): long enough before the purchase starts, with its fields."""
    yield from hedged(_intent(tender, context, terms), in_scope(tender, context), SCOPE_DOUBT)


def _intent(tender: Tender, context: Context, terms: Ahead) -> Sights:
    intent, start = tender.intent, _starts_on(tender)
    if intent is None:
        yield Seen(
            "/intent",
            "采购公告之前没有公开采购意向的记录。",
            "公开过的，请补录；因不可预见的原因急需采购、依规定可以不公开意向的，请在“公开说明”中写明。",
        )
        return
    missing = [one for one in terms.required if getattr(intent, one.value) is None]
    if missing:
        labels = "、".join(one.label for one in missing)
        yield Seen(f"/intent/{missing[0].value}", f"采购意向没有写明{labels}。", "请补填。")
    if intent.published_on is None:
        yield Unclear("意向公开日期没有填写，不能核对是否提前公开。")
    elif start:
        if not lasted(context, intent.published_on, start, terms.at_least, first_day_counts=False):
            yield _late(intent.published_on, show_day(start), terms)
    elif intent.expected_month:
        yield from _by_month(intent.published_on, intent.expected_month, context, terms)
    else:
        yield Unclear("采购活动开始日期和预计采购时间都没有填写，不能核对是否提前公开。")


def _by_month(published: date, month: str, context: Context, terms: Ahead) -> Sights:
    """Only the month is known: late when even its last day is too early, in time when its first day is not."""
    last = period_end(month)
    if not lasted(context, published, last, terms.at_least, first_day_counts=False):
        yield _late(published, show_month(month), terms)
    elif not lasted(context, published, last.replace(day=1), terms.at_least, first_day_counts=False):
        yield Unclear(
            f"意向{show_day(published)}公开，预计{show_month(month)}采购，是否早 {terms.at_least}要看采购活动从哪一天开始。"
        )


def _late(published: date, start: str, terms: Ahead) -> Seen:
    return Seen(
        "/intent/published_on",
        f"采购意向{show_day(published)}公开，采购活动{start}开始，没有早 {terms.at_least}。",
        "请核对日期；采购活动还没有开始的，可以推迟；已经开始的，请在“公开说明”中写明原因。",
    )


class Remedies(Terms):
    """The periods of query and complaint (质疑、投诉)."""

    notice: Annotated[Length, Field(title="结果公告期限")]
    query: Annotated[Length, Field(title="供应商提出质疑")]
    answer: Annotated[Length, Field(title="答复质疑")]
    complain: Annotated[Length, Field(title="答复期满后提出投诉")]
    decide: Annotated[Length, Field(title="处理投诉")]


@rule(
    "TEN-16",
    "质疑和投诉的期限",
    Tender,
    why="多久之内可以质疑、投诉，多久之内必须答复，供应商和单位都要心里有数。",
    terms=Remedies,
    each="objections",
    day=lambda row: row.raised_on,
    when=lambda row, context, _terms: (
        row.kind != ObjectionKind.OBJECTION
        and isinstance(context.document, Tender)
        and procured(context.document, context) is not False
    ),
)
def queries_and_complaints_in_time(row: Objection, context: Context, terms: Remedies) -> Sights:
    """质疑与投诉 (政府采购法 52, 53, 55, 56; 实施条例 53)."""
    if isinstance(context.document, Tender):
        bound = procured(context.document, context)
        of_kind = _query if row.kind == ObjectionKind.QUERY else _complaint
        yield from hedged(of_kind(row, context.document, context, terms), bound, PROCURED_DOUBT)


def _query(row: Objection, tender: Tender, context: Context, terms: Remedies) -> Sights:
    announced = tender.award.announced_on if tender.award else None
    if announced:
        last = context.due(context.due(announced, terms.notice).day, terms.query).day
        if row.raised_on > last:
            yield _too_late("质疑", row, last)
    yield from lateness(
        context,
        row.raised_on,
        terms.answer,
        row.answered_on,
        what="对质疑的答复",
        since="收到质疑",
        place="/answered_on",
    )


def _complaint(row: Objection, tender: Tender, context: Context, terms: Remedies) -> Sights:
    queries = [
        one.raised_on
        for one in tender.objections
        if one.kind == ObjectionKind.QUERY and one.raised_on <= row.raised_on
    ]
    if queries:
        last = context.due(context.due(max(queries), terms.answer).day, terms.complain).day
        if row.raised_on > last:
            yield _too_late("投诉", row, last)
    else:
        yield Unclear("没有登记投诉之前的质疑，不能核对投诉是否在期限之内。")
    yield from lateness(
        context,
        row.raised_on,
        terms.decide,
        row.answered_on,
        what="对投诉的处理决定",
        since="收到投诉",
        place="/answered_on",
    )


def _too_late(what: str, row: Objection, last: date) -> Seen:
    return Seen(
        "/raised_on",
        f"{what}{show_day(row.raised_on)}提出，期限到{show_day(last)}为止。",
        "请核对提出的日期；超过期限而不受理的，请在答复中写明。",
    )


class Keeping(Terms):
    """How many years the papers of a purchase are kept."""

    years: Annotated[int, Field(title="保存年数（从采购结束之日起）", ge=1)]


def _closed_on(tender: Tender) -> date | None:
    if tender.acceptance:
        return tender.acceptance.accepted_on
    return tender.contract.ends_on if tender.contract else None


@rule(
    "TEN-17",
    "采购文件保存期限",
    Tender,
    why="材料留得住，多年以后还能查得清。",
    terms=Keeping,
    day=_closed_on,
    when=lambda tender, context, _terms: (
        _closed_on(tender) is not None and procured(tender, context) is not False
    ),
)
def papers_are_kept(tender: Tender, context: Context, terms: Keeping) -> Sights:
    """采购文件保存 (政府采购法 42)."""
    yield from hedged(_kept(tender, terms), procured(tender, context), PROCURED_DOUBT)


def _kept(tender: Tender, terms: Keeping) -> Sights:
    closed = _closed_on(tender)
    if closed is None or tender.retained_until is None:
        yield Unclear("采购文件保存到哪一天没有填写。")
        return
    needed = add_months(closed, 12 * terms.years)
    if tender.retained_until < needed:
        yield Seen(
            "/retained_until",
            f"采购{show_day(closed)}结束，文件只保存到{show_day(tender.retained_until)}，应保存到{show_day(needed)}以后。",
            "请核对后改正保存期限。",
        )
