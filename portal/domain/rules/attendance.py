"""到会与回避: who must be at the meeting, and who must stay out of an item."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Annotated

from pydantic import Field

from portal.domain.documents.decision import (
    Attendee,
    Category,
    DecisionRecord,
    Form,
    MeetingType,
    Presence,
    Result,
    Standing,
)
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.people import Roll, names_of
from portal.domain.rules.terms import Severity, Share, Terms
from portal.domain.values import Choice, fold


class MeetingScope(Terms):
    """Which meetings and items a rule of meetings binds."""

    categories: Annotated[tuple[Category, ...], Field(title="适用的决策类别")] = ()
    except_meetings: Annotated[tuple[MeetingType, ...], Field(title="不适用的会议")] = ()


class Reach(Choice):
    """Whether the share itself is enough (以上) or must be passed (过半、超过)."""

    AT_LEAST = "at_least", "算达到"
    MORE_THAN = "more_than", "不算达到"


class Recusal(Choice):
    """How members who withdrew from an item count towards the quorum."""

    ABSENT = "absent", "仍计入应到，不算到会"
    PRESENT = "present", "仍计入应到，也算到会"
    LEFT_OUT = "left_out", "从应到中扣除"


# From (present, recused, due): how many count as there, out of how many.
_COUNTS: dict[Recusal, Callable[[int, int, int], tuple[int, int]]] = {
    Recusal.ABSENT: lambda present, _recused, due: (present, due),
    Recusal.PRESENT: lambda present, recused, due: (present + recused, due),
    Recusal.LEFT_OUT: lambda present, recused, due: (present, due - recused),
}


def in_scope(document: DecisionRecord, terms: MeetingScope) -> bool:
    """Tell whether a record is of a meeting, of a type and on an item that the terms bind."""
    return (
        document.form == Form.MEETING
        and document.meeting_type not in terms.except_meetings
        and (not terms.categories or document.category in terms.categories)
    )


def members(document: DecisionRecord) -> dict[str, Attendee]:
    """Return the members by name, each person once; who only sits in (列席) is none, whatever the post."""
    found: dict[str, Attendee] = {}
    for name, one in zip(names_of(document.attendees), document.attendees, strict=True):
        if one.standing != Standing.OBSERVER and one.presence != Presence.OBSERVER:
            found.setdefault(name, one)
    return found


def with_presence(document: DecisionRecord, presence: Presence) -> dict[str, Attendee]:
    """Return the members of that presence by name."""
    return {name: one for name, one in members(document).items() if one.presence == presence}


_DIGITS = dict(enumerate("零一二三四五六七八九十"))


def share_text(share: Fraction) -> str:
    """Return a share as Chinese writes it: 三分之二."""
    top, bottom = (_DIGITS.get(one, str(one)) for one in (share.numerator, share.denominator))
    return f"{bottom}分之{top}"


class Quorum(MeetingScope):
    """How many members must be there; personnel matters may ask for more."""

    share: Annotated[Share, Field(title="须到会的成员比例（以应到人数为准）")]
    reach: Annotated[Reach, Field(title="到会人数恰好等于这一比例时")]
    personnel_share: Annotated[Share | None, Field(title="研究人事任免须到会的比例（恰好等于算达到）")] = None
    recused: Annotated[Recusal, Field(title="回避的成员")]
    ordinary: Annotated[Severity | None, Field(title="人事以外的事项人数不足时")] = None


@rule(
    "DEC-02",
    "到会达到法定人数",
    DecisionRecord,
    why="人到得太少，少数人就能替整个班子作主。",
    terms=Quorum,
    when=lambda one, _context, terms: in_scope(one, terms) or _nobody_decided(one, terms),
)
def quorum(document: DecisionRecord, _context: Context, terms: Quorum) -> Sights:
    """法定人数: the list of those due is whole, and enough of them were there.

    Of whatever form and item: nothing is adopted by nobody. Each member stands in the list once; those due are all members listed,
    whether present, absent or recused. 《党政领导干部选拔任用工作条例》 asks two
    thirds for personnel matters.
    """
    if not in_scope(document, terms):
        yield from _nobody(document)
        return
    yield from _list_is_whole(document)
    if not document.should_attend:
        yield Seen("/should_attend", "应到人数填的是 0。", "请填写领导班子成员的应到人数。")
        return
    present = len(with_presence(document, Presence.PRESENT))
    recused = len(with_presence(document, Presence.RECUSED))
    there, due = _COUNTS[terms.recused](present, recused, document.should_attend)
    share, reach = terms.share, terms.reach
    if document.category == Category.KEY_PERSONNEL and terms.personnel_share:
        share, reach = terms.personnel_share, Reach.AT_LEAST
    enough = there >= share * due if reach == Reach.AT_LEAST else there > share * due
    if not enough:
        asked = (
            f"达到应到的{share_text(share)}" if reach == Reach.AT_LEAST else f"超过应到的{share_text(share)}"
        )
        yield Seen(
            "/attendees",
            f"应到 {due} 人，到会 {there} 人（回避 {recused} 人，{terms.recused.label}），到会人数须{asked}，没有达到。",
            "请核对签到记录。如记录无误，这次会议不应作出决定，请重新召开会议研究；须公开这次情况的，请在“公开说明”中写明原因和整改安排。",
            None if document.category == Category.KEY_PERSONNEL else terms.ordinary,
        )


def _nobody_decided(document: DecisionRecord, terms: Quorum) -> bool:
    """Tell whether a record claims that an item was adopted, and names nobody who adopted it."""
    nobody = not document.should_attend or not members(document)
    return nobody and document.result == Result.ADOPTED and document.meeting_type not in terms.except_meetings


def _nobody(document: DecisionRecord) -> Sights:
    claim = f"会议形式是“{document.form.label}”，结果记为“{document.result.label}”"
    if not document.should_attend:
        yield Seen("/should_attend", f"{claim}，应到人数却填的是 0。", _WHO_DECIDED)
    if not members(document):
        yield Seen("/attendees", f"{claim}，到会情况中却没有一名班子成员。", _WHO_DECIDED)


_WHO_DECIDED = "请按会议记录补填应到人数和到会情况（传签、征求意见的，填参加的班子成员）。没有班子成员研究的，这一事项没有通过，请改正表决结果并开会研究。"


def _list_is_whole(document: DecisionRecord) -> Sights:
    seen: set[str] = set()
    for place, name in enumerate(names_of(document.attendees)):
        one = document.attendees[place]
        if name in seen:
            yield Seen(
                pointer("attendees", place, "name"),
                f"到会情况中“{one.name}”出现了两次。",
                "请删去重复的一行；确是同名的两个人的，请在姓名后注明区别。",
            )
        seen.add(name)
        if one.presence == Presence.OBSERVER and one.standing in (Standing.CHIEF, Standing.MEMBER):
            yield Seen(
                pointer("attendees", place, "presence"),
                f"{one.name}的身份是“{one.standing.label}”，到会情况却填了“列席”。",
                "班子成员请填到会、缺席或回避；不是班子成员的，请把身份改为列席人员。",
            )
    listed = len(members(document))
    if listed != document.should_attend:
        yield Seen(
            "/should_attend",
            f"应到人数填 {document.should_attend} 人，到会情况中列出的成员（到会、缺席、回避合计）是 {listed} 人。",
            "请按班子成员名册核对：缺席和回避的成员也要列出，列席人员不计入应到。",
        )


class Responsible(MeetingScope):
    """Whether a written opinion stands in for the responsible deputy."""

    written_opinion: Annotated[bool, Field(title="书面意见可以代替到会")]


@rule(
    "DEC-03",
    "分管领导到会",
    DecisionRecord,
    why="最了解情况的分管领导不在场，班子就只能听别人转述。",
    terms=Responsible,
    when=lambda one, _context, terms: in_scope(one, terms),
)
def responsible_deputy_present(document: DecisionRecord, context: Context, terms: Responsible) -> Sights:
    """分管领导必须到会: whom the record names and who holds the item's domain by the plan of that day."""
    stated, holder = document.responsible_deputy, _holder(document, context)
    roll = Roll.of(document.attendees)
    asked = {roll.who(name): name for name in (stated, holder) if name}
    if not asked:
        yield Unclear("没有填写分管领导，按“分管事项”也没有查到当日的分管领导，无法核对是否到会。")
    if len(asked) > 1:
        yield Unclear(f"记录写的分管领导是{stated}，当日分工方案中分管这一事项的是{holder}，请核对。")
    listed = dict(zip(names_of(document.attendees), enumerate(document.attendees), strict=True))
    for name, full in asked.items():
        place, one = listed.get(name, (None, None))
        if one is None:
            yield Seen("/responsible_deputy", f"分管领导{full}不在到会情况之列。", _COME)
        elif one.presence == Presence.RECUSED:
            yield Unclear(f"分管领导{full}回避了这一事项，由谁代为介绍情况，请在“公开说明”中写明。")
        elif one.presence != Presence.PRESENT and not (terms.written_opinion and one.written_opinion):
            reason = f"（原因：{one.reason}）" if one.reason else ""
            yield Seen(
                pointer("attendees", place or 0), f"分管领导{full}{one.presence.label}{reason}。", _COME
            )


_COME = "请核对签到记录。如记录无误，请等分管领导能够到会时重新研究；须公开这次情况的，请在“公开说明”中写明原因和整改安排。"


def _holder(document: DecisionRecord, context: Context) -> str | None:
    """Return who holds the item's domain by the plan of the day of the meeting."""
    plan = context.plan_on(document.held_on)
    if plan is None or not document.domain:
        return None
    day = document.held_on
    wanted = context.domain(document.domain, day)
    for one in plan.assignments:
        known = context.domain(one.domain, day)
        if (known and known is wanted) or fold(one.domain) == fold(document.domain):
            return one.deputy
    return None


@rule(
    "DEC-08",
    "回避的人不发言、不表决",
    DecisionRecord,
    why="事情牵涉自己或者亲属的人若还在场作主，决定就不公正。",
    when=lambda one, _context, _terms: any(row.presence == Presence.RECUSED for row in one.attendees),
)
def recusal(document: DecisionRecord, _context: Context, _terms: Terms) -> Sights:
    """回避 (公务员法 76, 77): says why, does not chair, does not speak, does not vote on the item."""
    roll, names = Roll.of(document.attendees), names_of(document.attendees)
    present = zip(names, document.attendees, strict=True)
    recused = {name for name, one in present if one.presence == Presence.RECUSED}
    for place, one in enumerate(document.attendees):
        if one.presence == Presence.RECUSED and not one.reason:
            yield Seen(
                pointer("attendees", place, "reason"),
                f"{one.name}回避了这一事项，没有写明原因。",
                "请补填回避的原因，例如“与中标人有利害关系”；不必写出亲属的姓名。",
            )
    if roll.who(document.presider) in recused:
        yield Seen("/presider", f"主持人{document.presider}本人须回避，却主持了这一议题。", _REDO)
    for place, statement in enumerate(document.statements):
        if roll.who(statement.speaker) in recused:
            yield Seen(
                pointer("statements", place), f"{statement.speaker}须回避，却第 {place + 1} 个发言。", _REDO
            )
    for place, vote in enumerate(document.named_votes):
        if roll.who(vote.member) in recused:
            yield Seen(pointer("named_votes", place), f"{vote.member}须回避，却参加了表决。", _REDO)


_REDO = "请核对会议记录。如记录无误，请在该成员回避后重新研究这一事项；须公开这次情况的，请在“公开说明”中写明原因和整改安排。"
