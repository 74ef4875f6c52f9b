"""集体研究: what must come before the leadership group, in which form, and where the head decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field

from portal.domain.documents.decision import (
    Category,
    DecisionRecord,
    Form,
    MeetingType,
    Position,
    Presence,
    Result,
)
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Subject, Tender
from portal.domain.rules.attendance import share_text, with_presence
from portal.domain.rules.bands import AtLimit
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.payments import Graded
from portal.domain.rules.people import Roll
from portal.domain.rules.terms import Severity, Share, Terms, Yuan
from portal.domain.values import show_day, show_yuan


class Collective(Terms):
    """Which projects and funds need a collective decision beforehand."""

    amount: Annotated[Yuan, Field(title="达到即须集体研究的金额（含本数）")]
    works: Annotated[bool, Field(title="工程选定施工单位不论金额都须集体研究")] = False
    catalogue: Annotated[bool, Field(title="采购目录内的项目不论金额都须集体研究")] = False
    special_funds: Annotated[bool, Field(title="使用专项资金达到上述金额的也须集体研究")] = False
    by_amount: Annotated[Severity | None, Field(title="只因金额须集体研究的项目有同样情形时")] = None


def _settled_on(tender: Tender) -> date | None:
    """Return the first day on which the supplier was bound: the award's or the contract's."""
    days = [
        tender.award.determined_on if tender.award else None,
        tender.contract.signed_on if tender.contract else None,
    ]
    return min((one for one in days if one), default=None)


def _largest(tender: Tender) -> int:
    known = (
        tender.intent.budget if tender.intent else None,
        tender.notice.ceiling if tender.notice else None,
        tender.award.amount if tender.award else None,
        tender.contract.amount if tender.contract else None,
    )
    return max((one for one in known if one is not None), default=0)


def _by_amount(tender: Tender, terms: Collective) -> Iterator[str]:
    """Yield that a project needs a collective decision by its amount."""
    if _largest(tender) >= terms.amount:
        yield f"金额 {show_yuan(_largest(tender))} 元达到 {show_yuan(terms.amount)} 元"


def _named(tender: Tender, terms: Collective) -> Iterator[str]:
    """Yield on which other grounds a project needs a collective decision, whatever its amount."""
    if terms.works and tender.subject == Subject.WORKS:
        yield "属于工程，要选定施工单位"
    if terms.catalogue and tender.in_catalogue:
        yield "列入采购目录"


@dataclass(frozen=True)
class Claim:
    """One thing that needs a collective decision: where its number stands, why, and held until when."""

    place: str
    number: str | None
    why: str
    until: date
    event: str
    severity: Severity | None = None


def _claims(document: Tender | FinanceDisclosure, terms: Collective) -> Iterator[Claim]:
    if isinstance(document, Tender):
        settled, named = _settled_on(document), [*_named(document, terms)]
        why = "、".join([*_by_amount(document, terms), *named])
        if settled and why:
            severity = None if named else terms.by_amount
            yield Claim("/decision", document.decision, why, settled, "确定供应商", severity)
        return
    for place, fund in enumerate(document.special_funds):
        if terms.special_funds and fund.used >= terms.amount:
            why = f"专项资金“{fund.name}”使用 {show_yuan(fund.used)} 元，达到 {show_yuan(terms.amount)} 元"
            where = pointer("special_funds", place, "decision")
            yield Claim(where, fund.decision, why, document.binding_day(), "本期末")


@rule(
    "DEC-01",
    "重大事项先经集体研究",
    Tender,
    FinanceDisclosure,
    why="大笔的钱、大的工程先由班子一起定，才不会一个人说了算。",
    terms=Collective,
    day=lambda one: _settled_on(one) if isinstance(one, Tender) else one.binding_day(),
    when=lambda one, _context, terms: any(_claims(one, terms)),
)
def decided_first(document: Tender | FinanceDisclosure, context: Context, terms: Collective) -> Sights:
    """集体研究在先: a project of that weight was decided before the award; large special funds before their use."""
    for claim in _claims(document, terms):
        yield from _decided(claim, context)


def _decided(claim: Claim, context: Context) -> Sights:
    needs = f"{claim.why}，须集体研究"
    if not claim.number:
        yield Seen(claim.place, f"{needs}，没有填写决策记录编号。", _DECIDE, claim.severity)
        return
    found = context.dossier.decision(claim.number)
    if found is None:
        if context.dossier.complete:
            told = f"{needs}，本单位没有编号为“{claim.number}”的决策记录。"
            yield Seen(claim.place, told, _PUBLISH, claim.severity)
        else:
            yield Unclear(f"{needs}；手头的材料中没有编号为“{claim.number}”的决策记录。")
    elif found.result != Result.ADOPTED:
        told = f"{needs}，决策记录“{claim.number}”的结果是“{found.result.label}”。"
        yield Seen(claim.place, told, _DECIDE, claim.severity)
    elif form := _no_meeting(found, context):
        told = f"{needs}，决策记录“{claim.number}”的会议形式是“{form}”，不算集体研究。"
        yield Seen(claim.place, told, _DECIDE, claim.severity)
    elif found.held_on > claim.until:
        days = f"{show_day(found.held_on)}才开，晚于{claim.event}（{show_day(claim.until)}）"
        yield Seen(claim.place, f"{claim.why}，须先集体研究，会议却在{days}。", _DECIDE, claim.severity)


def _no_meeting(decision: DecisionRecord, context: Context) -> str | None:
    """Return the form of a decision where, by DEC-11 of its day, none of that form is collective."""
    terms = context.regime.terms("DEC-11", decision.held_on, context.unit.type)
    if not isinstance(terms, MeetingForm) or _is_allowed(decision, terms):
        return None
    return decision.form.label


_DECIDE = "请核对决策记录编号和日期。确实没有先经集体研究的，不得补造会议记录，请报告班子会追认或者纠正，并在“公开说明”中写明原因和整改安排。"
_PUBLISH = "请核对编号；会议确已召开的，请先公开这份决策记录。没有开会的，不得补造，请在“公开说明”中写明原因和整改安排。"


class MeetingForm(Terms):
    """In which form major items are decided."""

    categories: Annotated[tuple[Category, ...], Field(title="须集体研究的决策类别")]
    amount: Annotated[Yuan | None, Field(title="其他事项达到即须集体研究的金额（含本数）")] = None
    by_limits: Annotated[bool, Field(title="其他事项达到支出、采购须集体研究的金额的也须集体研究")]
    restricted: Annotated[bool, Field(title="正职不直接分管的事项不论类别都须集体研究")]
    by_domain: Annotated[Severity | None, Field(title="只因属于正职不直接分管的事项有同样情形时")] = None
    forms: Annotated[tuple[Form, ...], Field(title="可用的会议形式")]
    emergencies: Annotated[tuple[Category, ...], Field(title="可以先紧急处置的类别")] = ()
    advisory: Annotated[tuple[Category, ...], Field(title="只作预警的决策类别")] = ()


def _is_urgent(document: DecisionRecord) -> bool:
    return document.form == Form.EMERGENCY and document.category == Category.MAJOR_EMERGENCY


def _is_collective(document: DecisionRecord, context: Context, terms: MeetingForm) -> bool:
    return (
        _is_named(document, terms)
        or document.category in terms.advisory
        or _reaches(document, context, terms)
        or _is_restricted(document, context, terms)
    )


def _is_named(document: DecisionRecord, terms: MeetingForm) -> bool:
    """Tell whether the item is one of those that the text sends to the group."""
    large = terms.amount is not None and document.amount is not None and document.amount >= terms.amount
    return document.category in terms.categories or document.especially_major or large


def _reaches(document: DecisionRecord, context: Context, terms: MeetingForm) -> bool:
    """Tell whether the amount is one that payments (FIN-02) or purchases (DEC-01) of that day send to the group."""
    if not terms.by_limits or document.amount is None or _is_urgent(document):
        return False
    pays = context.regime.terms("FIN-02", document.held_on, context.unit.type)
    buys = context.regime.terms("DEC-01", document.held_on, context.unit.type)
    limits = []
    if isinstance(pays, Graded) and pays.limit is not None:
        limits.append((pays.at_limit or AtLimit.ABOVE).first_above(pays.limit))
    if isinstance(buys, Collective):
        limits.append(buys.amount)
    return any(document.amount >= one for one in limits)


def _is_restricted(document: DecisionRecord, context: Context, terms: MeetingForm) -> bool:
    """Tell whether the item lies in a restricted domain, and not below what the text itself leaves to the deputy."""
    small = terms.amount is not None and document.amount is not None and document.amount < terms.amount
    if not terms.restricted or small or _is_urgent(document):
        return False
    return context.domain(document.domain, document.held_on) is not None


def _is_allowed(document: DecisionRecord, terms: MeetingForm) -> bool:
    """Tell whether items of that kind are decided in the record's form."""
    urgent = document.form == Form.EMERGENCY and document.category in terms.emergencies
    return document.form in terms.forms or urgent


@rule(
    "DEC-11",
    "重大事项开会研究",
    DecisionRecord,
    why="不见面的传签和微信群里没有讨论，听不到不同意见。",
    terms=MeetingForm,
    when=_is_collective,
)
def decided_in_a_meeting(document: DecisionRecord, context: Context, terms: MeetingForm) -> Sights:
    """会议决定: not by circulation, by asking one by one, or in a chat group; for emergencies see DEC-12.

    An item of another category needs the meeting, too, where its amount or its domain does.
    """
    if _is_allowed(document, terms):
        return
    allowed = "、".join(one.label for one in terms.forms)
    reason, severity = "", None
    if not _is_named(document, terms):
        if document.category in terms.advisory:
            severity = Severity.YELLOW
        if _reaches(document, context, terms):
            reason, severity = f"涉及金额 {show_yuan(document.amount or 0)} 元，达到须集体研究的数额，", None
        elif _is_restricted(document, context, terms):
            reason = f"属于正职不直接分管的事项（{document.domain}），"
            severity = severity or terms.by_domain
    yield Seen(
        "/form",
        f"“{document.category.label}”事项{reason or '的'}会议形式是“{document.form.label}”，应是{allowed}。",
        "请核对会议形式。如记录无误，请开会重新研究这一事项；须公开这次情况的，请在“公开说明”中写明原因和整改安排。",
        severity,
    )


class HeadDecides(Terms):
    """Where the head decides after discussion, and when the others count as a majority."""

    meetings: Annotated[tuple[MeetingType, ...], Field(title="实行行政首长负责制的会议")]
    by_analogy: Annotated[tuple[MeetingType, ...], Field(title="研究重大行政决策时参照执行的会议")] = ()
    except_categories: Annotated[tuple[Category, ...], Field(title="不适用的决策类别")] = ()
    majority: Annotated[Share, Field(title="超过到会成员的这一比例即为多数意见")]


def _head_may_decide(document: DecisionRecord, terms: HeadDecides) -> bool:
    if document.meeting_type in terms.meetings:
        return True
    return document.administrative_major and document.meeting_type in terms.by_analogy


def _head_matters(document: DecisionRecord, _context: Context, terms: HeadDecides) -> bool:
    if document.form == Form.EMERGENCY or document.category in terms.except_categories:
        return False
    if document.head_override or document.head_override_reason:
        return True
    return _head_may_decide(document, terms) and document.result != Result.DEFERRED


@rule(
    "DEC-13",
    "行政首长作不同于多数的决定须说明理由",
    DecisionRecord,
    why="行政首长可以在集体讨论后拍板，但为什么不按多数人的意见办，要当场说清楚。",
    terms=HeadDecides,
    when=_head_matters,
)
def head_says_why(document: DecisionRecord, _context: Context, terms: HeadDecides) -> Sights:
    """行政首长负责制 (重大行政决策程序暂行条例 30): against the majority only in a government meeting, and with the reason."""
    if document.head_override and not _head_may_decide(document, terms):
        yield Seen(
            "/head_override",
            f"{document.meeting_type.label}实行少数服从多数，不能由行政首长作出与多数意见不一致的决定。",
            "请核对会议类型。如记录无误，请按多数意见改正决定或者重新研究；须公开这次情况的，请在“公开说明”中写明原因和整改安排。",
        )
    elif document.head_override and not document.head_override_reason:
        yield Seen(
            "/head_override_reason",
            "行政首长的决定与多数意见不一致，没有写明理由。",
            "请按会议记录补填行政首长在会上说明的理由；会上没有说明的，请在“公开说明”中写明，并重新研究这一事项。",
        )
    elif document.head_override_reason and not document.head_override:
        yield Seen(
            "/head_override",
            "填写了决定与多数意见不一致的理由，却没有标明“行政首长作出与多数意见不一致的决定”。",
            "请按会议记录改正：决定与多数意见不一致的，请标明；一致的，请删去理由。",
        )
    elif not document.head_override:
        yield from _against_the_majority(document, terms)


def _against_the_majority(document: DecisionRecord, terms: HeadDecides) -> Sights:
    opinions = _opinions(document)
    present = len(with_presence(document, Presence.PRESENT))
    if not opinions or not present:
        yield Unclear("没有票数，也没有各成员的态度，无法核对决定与多数意见是否一致。")
        return
    other = Position.AGAINST if document.result == Result.ADOPTED else Position.FOR
    if opinions[other] > terms.majority * present:
        yield Seen(
            "/head_override",
            f"到会 {present} 人中 {opinions[other]} 人{other.label}，超过{share_text(terms.majority)}，"
            f"决定却是“{document.result.label}”，没有标明与多数意见不一致。",
            "请核对会议记录。如记录无误，请标明“行政首长作出与多数意见不一致的决定”，并填写会上说明的理由。",
        )


def _opinions(document: DecisionRecord) -> Counter[Position]:
    """Return how many present members were for and against: by the figures, else the names, else what they said last."""
    if document.votes_for is not None and document.votes_against is not None:
        return Counter({Position.FOR: document.votes_for, Position.AGAINST: document.votes_against})
    if document.named_votes:
        return Counter(one.vote for one in document.named_votes)
    present, roll = with_presence(document, Presence.PRESENT), Roll.of(document.attendees)
    said = {
        name: one.position
        for one in document.statements
        if one.position not in (Position.PRESENT_PROPOSAL, Position.NONE)
        and (name := roll.who(one.speaker)) in present
    }
    return Counter(said.values())
