"""招标采购的期限: whether each step was taken in time and stayed open long enough."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from portal.domain.documents.tender import (
    Clarification,
    Objection,
    ObjectionKind,
    Tender,
)
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.tender_law import (
    COMPULSORY_DOUBT,
    PROCURED_DOUBT,
    TENDERS,
    Shown,
    began,
    final_due,
    hedged,
    lasted,
    lateness,
    must_be_tendered,
    procured,
)
from portal.domain.rules.terms import Length, Terms
from portal.domain.values import show_day

_EXPLAIN = "请核对日期；日期无误的，请在“公开说明”中写明原因。"


def _noticed_on(tender: Tender) -> date | None:
    return tender.notice.issued_on if tender.notice else None


def _determined_on(tender: Tender) -> date | None:
    return tender.award.determined_on if tender.award else None


def _signed_on(tender: Tender) -> date | None:
    return tender.contract.signed_on if tender.contract else None


def _tender_notice(tender: Tender, _context: Context, _terms: Terms) -> bool:
    return tender.notice is not None and tender.method in TENDERS


class BidPeriod(Terms):
    """How long bidders have at least, and whether purchases by tender are bound like compulsory tenders."""

    at_least: Annotated[Length, Field(title="发出文件到投标截止不得少于")]
    purchases: Annotated[bool, Field(title="政府采购货物、服务的招标同样适用")]


def _bid_period_binds(tender: Tender, context: Context, terms: BidPeriod) -> bool | None:
    must = must_be_tendered(tender, context)
    if must or not terms.purchases:
        return must
    bought = procured(tender, context)
    if must is False and bought is False:
        return False
    return bought or None


@rule(
    "TEN-03",
    "投标准备时间充足",
    Tender,
    why="时间给得太短，只有早就知道消息的人来得及投标。",
    terms=BidPeriod,
    day=_noticed_on,
    when=lambda tender, context, terms: (
        _tender_notice(tender, context, terms) and _bid_period_binds(tender, context, terms) is not False
    ),
)
def bidders_have_time(tender: Tender, context: Context, terms: BidPeriod) -> Sights:
    """投标期 (招标投标法 24; 政府采购法 35): from the documents' first day to the last day for bids."""
    yield from hedged(
        _bid_period(tender, context, terms), _bid_period_binds(tender, context, terms), COMPULSORY_DOUBT
    )


def _bid_period(tender: Tender, context: Context, terms: BidPeriod) -> Sights:
    due = final_due(tender)
    if tender.notice is None or due is None:
        yield Unclear("投标截止日期没有填写，不能核对投标准备时间。")
        return
    first = tender.notice.documents_from or tender.notice.issued_on
    if not lasted(context, first, due, terms.at_least, first_day_counts=False):
        yield Seen(
            "/notice/bids_due",
            f"从{show_day(first)}发出招标文件到{show_day(due)}投标截止只有 {(due - first).days} 日，不足 {terms.at_least}。",
            _EXPLAIN,
        )
    elif tender.notice.documents_from is None:
        yield Unclear("文件发售起始日期没有填写，不能从发出文件之日起核对投标准备时间。")


class Offer(Terms):
    """For how long the tender documents are offered."""

    tenders: Annotated[Length, Field(title="招标投标法的招标，发售期不得少于")]
    purchases: Annotated[Length | None, Field(title="政府采购货物、服务的招标，提供期不得少于")] = None
    first_day_counts: Annotated[bool, Field(title="首日计入期限")] = False


def _offered(tender: Tender, context: Context, terms: Offer) -> list[Length]:
    """Return the least period that binds; both where it is not certain which law does."""
    bought = procured(tender, context)
    if terms.purchases is None or bought is False:
        return [terms.tenders]
    return [terms.purchases] if bought else [terms.tenders, terms.purchases]


@rule(
    "TEN-04",
    "招标文件发售期充足",
    Tender,
    why="文件只卖一两天，外面的企业还没听说就买不到了。",
    terms=Offer,
    day=_noticed_on,
    when=_tender_notice,
)
def documents_are_offered_long_enough(tender: Tender, context: Context, terms: Offer) -> Sights:
    """文件发售期 (招标投标法实施条例 16: 日; 政府采购法实施条例 31: 工作日)."""
    notice = tender.notice
    if notice is None or notice.documents_until is None:
        yield Unclear("文件发售截止日期没有填写，不能核对发售期。")
        return
    spans = _offered(tender, context, terms)
    first = notice.documents_from or notice.issued_on
    short = [
        span
        for span in spans
        if not lasted(context, first, notice.documents_until, span, first_day_counts=terms.first_day_counts)
    ]
    if short:
        seen = Seen(
            "/notice/documents_until",
            f"招标文件从{show_day(first)}发售到{show_day(notice.documents_until)}，不足 {short[-1]}。",
            _EXPLAIN,
        )
        yield from hedged([seen], len(short) == len(spans), PROCURED_DOUBT)
    elif notice.documents_from is None:
        yield Unclear("文件发售起始日期没有填写，不能核对发售期。")


class Ahead(Terms):
    """How long before the last day for bids a clarification must be sent."""

    at_least: Annotated[Length, Field(title="距投标截止不得少于")]


@rule(
    "TEN-05",
    "澄清修改要早发或者顺延",
    Tender,
    why="临到截止才改条件，没有内部消息的人来不及改投标文件。",
    terms=Ahead,
    each="clarifications",
    day=lambda row: row.issued_on,
    when=lambda _row, context, _terms: (
        isinstance(context.document, Tender) and context.document.method in TENDERS
    ),
)
def changes_come_early(row: Clarification, context: Context, terms: Ahead) -> Sights:
    """澄清修改 (招标投标法 23, 实施条例 21; 政府采购法实施条例 31): early enough, else the last day moves."""
    due = final_due(context.document) if isinstance(context.document, Tender) else None
    if due is None:
        yield Unclear("投标截止日期没有填写，不能核对澄清修改是否发得及时。")
    elif not lasted(context, row.issued_on, due, terms.at_least, first_day_counts=False):
        yield Seen(
            "/issued_on",
            f"{show_day(row.issued_on)}发出澄清或者修改，到{show_day(due)}投标截止不足 {terms.at_least}，截止日期没有相应顺延。",
            "请核对日期；已经顺延的，请填写顺延后的投标截止日期；内容不影响编制投标文件的，请在“公开说明”中写明。",
        )


class Posting(Shown):
    """Within how long candidates are posted, and for how long."""

    within: Annotated[Length, Field(title="收到评标报告后公示")]


@rule(
    "TEN-06",
    "中标候选人按时公示",
    Tender,
    why="定下来之前先亮出来，别人才有机会提出异议。",
    terms=Posting,
    day=began,
    when=lambda tender, context, _terms: (
        tender.method in TENDERS
        and (tender.candidacy is not None or tender.award is not None)
        and must_be_tendered(tender, context) is not False
    ),
)
def candidates_are_posted(tender: Tender, context: Context, terms: Posting) -> Sights:
    """候选人公示 (招标投标法实施条例 54): soon after the report, and open long enough."""
    yield from hedged(_posting(tender, context, terms), must_be_tendered(tender, context), COMPULSORY_DOUBT)


def _posting(tender: Tender, context: Context, terms: Posting) -> Sights:
    notice = tender.candidacy
    posted = notice.posted_on if notice else None
    if tender.award and posted is None:
        yield Seen(
            "/candidacy",
            f"{show_day(tender.award.determined_on)}已确定中标人“{tender.award.supplier}”，没有中标候选人公示的记录。",
            "公示过的，请补录起止日期；没有公示的，请在“公开说明”中写明原因。",
        )
        return
    if notice and notice.report_on:
        yield from lateness(
            context,
            notice.report_on,
            terms.within,
            posted,
            what="中标候选人公示",
            since="收到评标报告",
            place="/candidacy/posted_on",
        )
    else:
        yield Unclear("收到评标报告日期没有填写，不能核对候选人公示是否及时。")
    if notice and posted and notice.posted_until:
        if not lasted(
            context, posted, notice.posted_until, terms.at_least, first_day_counts=terms.first_day_counts
        ):
            yield Seen(
                "/candidacy/posted_until",
                f"中标候选人从{show_day(posted)}公示到{show_day(notice.posted_until)}，不足 {terms.at_least}。",
                _EXPLAIN,
            )
    elif posted:
        yield Unclear("候选人公示截止日期没有填写，不能核对公示期。")
    yield from _settled_too_early(tender)


def _settled_too_early(tender: Tender) -> Sights:
    """Objections may be raised while the candidates are posted (54): the winner is settled only after that."""
    settled = _determined_on(tender)
    last = tender.candidacy and (tender.candidacy.posted_until or tender.candidacy.posted_on)
    if settled and last and settled < last:
        yield Seen(
            "/award/determined_on",
            f"{show_day(settled)}确定中标人，这时中标候选人的公示还没有结束（{show_day(last)}）。",
            "公示期间可以提出异议，中标人应在公示结束后确定。" + _EXPLAIN,
        )


class Answer(Terms):
    """Within how long an objection is answered."""

    within: Annotated[Length, Field(title="收到异议后答复")]


@rule(
    "TEN-08",
    "异议按时答复并先暂停",
    Tender,
    why="有人提出问题，先停下来答清楚再往下走。",
    terms=Answer,
    each="objections",
    day=lambda row: row.raised_on,
    when=lambda row, context, _terms: (
        row.kind == ObjectionKind.OBJECTION
        and isinstance(context.document, Tender)
        and must_be_tendered(context.document, context) is not False
    ),
)
def objections_are_answered(row: Objection, context: Context, terms: Answer) -> Sights:
    """异议 (招标投标法实施条例 22, 54): answered in time, everything suspended until then."""
    if isinstance(context.document, Tender):
        must = must_be_tendered(context.document, context)
        yield from hedged(_objection(row, context.document, context, terms), must, COMPULSORY_DOUBT)


def _objection(row: Objection, tender: Tender, context: Context, terms: Answer) -> Sights:
    yield from lateness(
        context,
        row.raised_on,
        terms.within,
        row.answered_on,
        what="对异议的答复",
        since="收到异议",
        place="/answered_on",
    )
    went_on = _went_on(tender, row)
    if went_on:
        yield Seen(
            "/suspended",
            f"{show_day(row.raised_on)}收到异议，{went_on}，当时还没有答复。",
            "答复之前应当暂停招标投标活动。" + _EXPLAIN,
        )
    elif not row.suspended and row.answered_on != row.raised_on:
        yield Seen(
            "/suspended",
            f"{show_day(row.raised_on)}收到异议，答复之前没有登记暂停招标投标活动。",
            "请核对；已经暂停的，请勾选“已暂停活动”；没有暂停的，请在“公开说明”中写明原因。",
        )


def _went_on(tender: Tender, row: Objection) -> str:
    steps = (
        ("确定了中标人", _determined_on(tender)),
        ("发出了中标通知书", tender.award.notified_on if tender.award else None),
        ("签订了合同", _signed_on(tender)),
    )
    for what, day in steps:
        if day and row.raised_on < day and (row.answered_on is None or day < row.answered_on):
            return f"{show_day(day)}{what}"
    return ""
