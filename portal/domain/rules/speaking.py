"""末位表态: in which order the members of a meeting stated their views, and whether each of them did."""

from __future__ import annotations

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
    Statement,
)
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.room import VIEWS, Room
from portal.domain.rules.terms import Severity, Terms

_UNSAID = {Category.KEY_PERSONNEL: "人事事项的发言不公开，发言顺序请查阅会议原始记录核对。"}
_ENTER_RIGHTLY = "请对照签到记录和当日的分工方案改正到会情况：主要负责人的身份填“主要负责人”，到会的填“到会”。分工已经调整的，请先公开新的分工方案；确实列席的，请在“公开说明”中写明原因。"
_CHECK_ORDER = "请对照会议原始记录核对发言顺序；如记录无误，请重新研究该事项，由其他成员先表态，或在“公开说明”中写明情况。"


class Scope(Terms):
    """Which decisions a rule of speaking concerns, and how grave a breach is outside the plainest case."""

    categories: Annotated[tuple[Category, ...], Field(title="适用的决策类别")] = ()
    meeting_types: Annotated[tuple[MeetingType, ...], Field(title="不论类别都适用的会议")] = ()
    administrative_major: Annotated[bool, Field(title="重大行政决策不论会议都适用")]
    exempt: Annotated[tuple[Category, ...], Field(title="不适用的决策类别")] = ()
    elsewhere: Annotated[Severity | None, Field(title="其他集体决策有同样情形时")] = None
    not_adopted: Annotated[Severity | None, Field(title="未通过或缓议的决策有同样情形时")] = None

    def names(self, document: DecisionRecord) -> bool:
        """Tell whether the source itself names decisions of this kind."""
        return (
            document.category in self.categories
            or document.meeting_type in self.meeting_types
            or (self.administrative_major and document.administrative_major)
        )

    def concerns(self, document: DecisionRecord) -> bool:
        """Tell whether the decision falls under the rule at all."""
        return document.category not in self.exempt and (self.elsewhere is not None or self.names(document))

    def severity_of(self, document: DecisionRecord) -> Severity | None:
        """Return how grave a breach is in this decision, or None for the regime's word."""
        if not self.names(document):
            return self.elsewhere
        return None if document.result == Result.ADOPTED else self.not_adopted


class Opening(Scope):
    """Which words of somebody who states no view are more than presiding."""

    opening: Annotated[int, Field(ge=0, title="未表明态度的发言不超过多少字的视为主持语")]
    views: Annotated[tuple[str, ...], Field(title="说到即视为表态的词")] = ()

    def tells(self, one: Statement) -> bool:
        """Tell whether a statement that is entered as no view speaks at length, or in words of a view."""
        said = one.reason or ""
        at_length = one.position == Position.NONE and sum(map(str.isalnum, said)) > self.opening
        return one.position not in VIEWS and (at_length or any(word in said for word in self.views))


class LastWord(Opening):
    """What “last” means. Without `again` the others may state a view once more."""

    again: Annotated[Severity | None, Field(title="最后表态之后其他成员再次表态的")] = None

    def free(self, sat: Room, _speaker: str) -> tuple[str, ...]:
        """Return who may state a view before or after the last speaker."""
        return sat.chiefs

    def repeated(self, views: tuple[tuple[int, str], ...]) -> tuple[tuple[int, str], ...]:
        """Return which of the views from the last speaker's on come too late."""
        return () if self.again is None else views


class ChiefLast(LastWord):
    """What “last” means where a unit has two chiefs."""

    presider_last: Annotated[bool, Field(title="两位正职到会的由主持的一位最后表态")]
    misentered: Annotated[Severity, Field(title="主要负责人的到会情况与分工方案不符的")]

    def free(self, sat: Room, speaker: str) -> tuple[str, ...]:
        """Return the chiefs: between them the order is free unless the one who presides has to be last."""
        return () if self.presider_last and speaker == sat.presider else sat.chiefs


class SettingTone(Opening):
    """What sets the tone."""

    presenting: Annotated[bool, Field(title="主要负责人自己介绍方案视为定调")]

    def sets_tone(self, one: Statement) -> bool:
        """Tell whether a statement of the chief's sets the tone though it is no view."""
        return self.presenting and one.position == Position.PRESENT_PROPOSAL


class EachSpeaks(Scope):
    """What each member owes."""

    reasons: Annotated[bool, Field(title="须说明理由")]


def _of_a_meeting(document: DecisionRecord, _context: Context, terms: Scope) -> bool:
    return terms.concerns(document) and (document.form == Form.MEETING or bool(document.statements))


def _chief_may_be_there(document: DecisionRecord, context: Context, terms: Scope) -> bool:
    if not _of_a_meeting(document, context, terms):
        return False
    sat = Room.of(document, context)
    return bool(sat.chiefs) or not sat.chief_known


def _chief_is_away(document: DecisionRecord, context: Context, terms: Scope) -> bool:
    if not _of_a_meeting(document, context, terms):
        return False
    sat = Room.of(document, context)
    return sat.chief_known and not sat.chiefs


def _unsaid(document: DecisionRecord) -> str:
    return _UNSAID.get(document.category, "没有填写发言顺序，无法核对谁先谁后。请对照会议原始记录补填。")


def _untestable(document: DecisionRecord, sat: Room, last: tuple[str, ...]) -> str | None:
    if not document.statements:
        return _unsaid(document)
    if not last:
        return "到会情况和分工方案中都没有标明主要负责人，无法核对表态先后。请在到会情况中标明身份。"
    if not set(sat.members) - set(last):
        return "到会情况中没有其他班子成员，无法核对表态先后。请补填到会情况。"
    return None


@rule(
    "SPK-01",
    "主要负责人末位表态",
    DecisionRecord,
    why="一把手先表了态，别人就不好再说不同的话；最后说，才听得到真话。",
    terms=ChiefLast,
    when=_chief_may_be_there,
)
def chief_speaks_last(document: DecisionRecord, context: Context, terms: ChiefLast) -> Sights:
    """末位表态: the chief states a view only after every other member present has (重大行政决策程序暂行条例 30).

    With two chiefs both come after all others; presenting the proposal is no view.
    """
    sat = Room.of(document, context)
    for place, told in sat.misentered:
        yield Seen(place, told, _ENTER_RIGHTLY, terms.misentered)
    if missing := _untestable(document, sat, sat.chiefs):
        yield Unclear(missing)
        return
    for one in sat.chiefs:
        yield from _last(document, sat, one, terms)


def _last(document: DecisionRecord, sat: Room, speaker: str, terms: LastWord) -> Sights:
    """Yield what of the others' views does not lie before the speaker's first."""
    name = sat.members[speaker].name
    yield from _hinted(document, sat, speaker, terms)
    if speaker not in sat.first:
        yield Unclear(f"发言顺序中没有{name}的表态，无法核对是否最后表态。请对照会议原始记录补填。")
        return
    place = sat.first[speaker]
    yield from _unknown_views(document, sat, place)
    turn = sat.views.index((place, speaker))
    earlier = {one for _, one in sat.views[:turn]}
    free = terms.free(sat, speaker)
    others = [one for one in sat.members if one != speaker and one not in free]
    waiting = [one for one in others if one not in earlier]
    if waiting:
        yield Seen(
            pointer("statements", place),
            f"{name}第 {place + 1} 个发言即表态，此时{sat.shown(waiting)}尚未表态。",
            _CHECK_ORDER,
            terms.severity_of(document),
        )
        return
    for later, again in terms.repeated(sat.views[turn:]):
        if again in others:
            yield Seen(
                pointer("statements", later),
                f"{name}第 {place + 1} 个发言表态之后，{sat.shown([again])}又在第 {later + 1} 个发言中再次表态。",
                "请对照会议原始记录核对发言顺序；如记录无误，请在“公开说明”中写明再次表态的原因。",
                terms.severity_of(document) or terms.again,
            )


def _hinted(document: DecisionRecord, sat: Room, speaker: str, terms: LastWord) -> Sights:
    """Yield where words that may be a view are entered as none, while others have yet to state theirs."""
    for place, name in sat.spoken:
        one = document.statements[place]
        if name == speaker and terms.tells(one) and set(sat.waiting(place)) - {speaker}:
            yield Unclear(
                f"{sat.members[speaker].name}第 {place + 1} 个发言填的是“{one.position.label}”，内容是“{one.reason}”，"
                "此时还有成员没有表态，是不是已经表态请对照会议原始记录核对。"
            )


def _unknown_views(document: DecisionRecord, sat: Room, place: int) -> Sights:
    """Yield who stated a view before that place though the record does not list anybody of that name."""
    for where, name in sat.spoken[:place]:
        one = document.statements[where]
        if one.position in VIEWS and name not in sat.roll.names:
            yield Unclear(
                f"第 {where + 1} 个发言的{one.speaker}不在到会人员之列，不知道是谁，无法核对表态先后。请核对姓名和到会情况。"
            )


@rule(
    "SPK-04",
    "主要负责人缺席时主持人末位表态",
    DecisionRecord,
    why="谁主持会议谁就有定调的分量，所以受托主持的副职也应当最后表态。",
    terms=LastWord,
    when=_chief_is_away,
)
def presider_speaks_last(document: DecisionRecord, context: Context, terms: LastWord) -> Sights:
    """受托主持人末位表态: where no chief sits, the presiding member states a view after all others."""
    sat = Room.of(document, context)
    if sat.presider not in sat.members:
        yield Unclear(
            f"主持人{document.presider}不在到会成员之列，无法核对由谁最后表态。请核对主持人和到会情况。"
        )
        return
    if missing := _untestable(document, sat, (sat.presider,)):
        yield Unclear(missing)
        return
    yield from _last(document, sat, sat.presider, terms)


@rule(
    "SPK-02",
    "主要负责人不得首先表态定调",
    DecisionRecord,
    why="一把手先定了调，后面的讨论就成了附和。",
    terms=SettingTone,
    when=_chief_may_be_there,
)
def chief_sets_no_tone(document: DecisionRecord, context: Context, terms: SettingTone) -> Sights:
    """不得首先定调: the first view is not the chief's, nor does the chief present the proposal."""
    sat = Room.of(document, context)
    if missing := _untestable(document, sat, sat.chiefs):
        yield Unclear(missing)
        return
    for place, name in sat.views[:1]:
        if name in sat.chiefs:
            yield Seen(
                pointer("statements", place),
                f"{sat.shown([name])}第 {place + 1} 个发言即表态，在全体成员中最先表态。",
                "请对照会议原始记录核对发言顺序；如记录无误，请由分管领导重新介绍方案，其他成员先发表意见。",
                terms.severity_of(document),
            )
    yield from _speaks_first(document, sat, terms)
    for place, name in sat.spoken:
        one = document.statements[place]
        if terms.sets_tone(one) and name in sat.chiefs:
            yield Seen(
                pointer("statements", place),
                f"方案由主要负责人{one.speaker}介绍（第 {place + 1} 个发言）。",
                "方案应由分管领导提交和介绍。请对照会议原始记录核对；如记录无误，请在“公开说明”中写明原因。",
                terms.severity_of(document),
            )


def _speaks_first(document: DecisionRecord, sat: Room, terms: SettingTone) -> Sights:
    """Yield what a chief said, entered as no view, while others had yet to state theirs."""
    for place, name in sat.spoken:
        one = document.statements[place]
        if (
            name not in sat.chiefs
            or one.position != Position.NONE
            or not one.reason
            or not sat.waiting(place)
        ):
            continue
        told = f"主要负责人{sat.shown([name])}第 {place + 1} 个发言，填的是“未表明态度”，内容是“{one.reason}”"
        if terms.tells(one) and not any(where < place for where, _ in sat.views):
            yield Seen(
                pointer("statements", place),
                f"{told}，在其他成员表态之前已经谈了看法。",
                "请对照会议原始记录核对：说到看法的，请如实填写态度；只是主持会议的，请把内容写准确。确实先谈了看法的，请在“公开说明”中写明。",
                terms.severity_of(document),
            )
        else:
            yield Unclear(f"{told}，是不是只是主持会议，请对照会议原始记录核对。")


@rule(
    "SPK-03",
    "到会成员逐一表明意见",
    DecisionRecord,
    why="人人都要亮明态度、说出理由，出了问题才说得清谁赞成、谁反对。",
    terms=EachSpeaks,
    when=_of_a_meeting,
)
def each_member_speaks(document: DecisionRecord, context: Context, terms: EachSpeaks) -> Sights:
    """逐一发表意见: every member present is for, against, abstains or defers, with a reason where one is asked."""
    sat = Room.of(document, context)
    if not document.statements and document.category == Category.KEY_PERSONNEL:
        yield Unclear(_unsaid(document))
        return
    if not sat.members:
        yield Unclear("到会情况中没有到会的班子成员，无法核对是否逐一表明意见。请补填到会情况。")
        return
    yield from _strangers(document, sat)
    silent = [one for one in sat.members if one not in sat.first]
    if silent:
        yield Seen(
            "/statements",
            f"到会的{sat.shown(silent)}没有表明同意、不同意、弃权或缓议的意见。",
            "请对照会议原始记录补填；如会上确未表态，请在“公开说明”中写明，今后逐一征询意见。",
            terms.severity_of(document),
        )
    if terms.reasons:
        given = {name for place, name in sat.views if document.statements[place].reason}
        bare = [one for one in sat.first if one not in given]
        for one in sorted(bare, key=lambda name: sat.first[name]):
            yield Seen(
                pointer("statements", sat.first[one], "reason"),
                f"{sat.shown([one])}表明了态度，没有说明依据和理由。",
                "请对照会议原始记录补填意见和理由；会上确未说明的，请如实注明。",
                terms.severity_of(document),
            )


def _strangers(document: DecisionRecord, sat: Room) -> Sights:
    away = {
        sat.roll.who(one.name)
        for one in document.attendees
        if one.presence == Presence.ABSENT and not one.written_opinion
    }
    known = sat.roll.names - (away - sat.members.keys())
    for name in dict.fromkeys(one.speaker for one in document.statements):
        if sat.roll.who(name) not in known:
            yield Unclear(f"发言的{name}不在到会人员之列，无法核对是谁的意见。请核对姓名和到会情况。")


@rule(
    "SPK-05",
    "分管领导先介绍方案",
    DecisionRecord,
    why="先由管这件事的人把情况讲清楚，大家的意见才有依据。",
    terms=Scope,
    when=_of_a_meeting,
)
def deputy_presents_first(document: DecisionRecord, context: Context, terms: Scope) -> Sights:
    """分管领导先介绍: the discussion opens with the proposal, presented by the deputy who answers for it."""
    sat = Room.of(document, context)
    if not document.statements:
        yield Unclear(_unsaid(document))
        return
    deputies = _deputies(document, context)
    there = [one for one in deputies if sat.roll.who(one) in sat.members]
    if not there:
        yield Unclear(
            f"分管领导{'、'.join(deputies)}不在到会成员之列，无法核对由谁介绍方案。请核对分管领导、分工方案和到会情况。"
        )
        return
    spoken = [(place, one) for place, one in enumerate(document.statements) if one.position != Position.NONE]
    for place, one in spoken[:1]:
        rightly = sat.roll.who(one.speaker) in {sat.roll.who(name) for name in there}
        if one.position != Position.PRESENT_PROPOSAL or not rightly:
            yield Seen(
                pointer("statements", place),
                f"第一个发言的是{one.speaker}（{one.position.label}），不是分管领导{'、'.join(there)}介绍方案。",
                "请对照会议原始记录核对发言顺序；如记录无误，今后研究时请先由分管领导介绍方案和有关情况。",
                terms.severity_of(document),
            )


def _deputies(document: DecisionRecord, context: Context) -> tuple[str, ...]:
    """Return who answers for the matter: as the record says, else as the plan of that day has it."""
    if document.responsible_deputy:
        return (document.responsible_deputy,)
    plan = context.plan_on(document.held_on)
    domain = context.domain(document.domain, document.held_on)
    if plan is None or domain is None:
        return ()
    held = (one for one in plan.assignments if context.domain(one.domain, document.held_on) == domain)
    return tuple(one.deputy for one in held)
