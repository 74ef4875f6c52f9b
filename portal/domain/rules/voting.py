"""表决: how the vote was taken, whether the figures agree, whether it was enough."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from portal.domain.documents.decision import (
    Category,
    DecisionRecord,
    MeetingType,
    Position,
    Presence,
    Result,
    VoteMethod,
)
from portal.domain.rules.attendance import MeetingScope, in_scope, share_text, with_presence
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.people import Roll
from portal.domain.rules.terms import Severity, Share, Terms
from portal.domain.values import Choice

_VOTED = (Result.ADOPTED, Result.REJECTED)


class Base(Choice):
    """Of whom the votes in favour must be the majority."""

    DUE = "due", "应到成员"
    PRESENT = "present", "到会成员（不含回避）"
    BALLOTS = "ballots", "收到的全部票（含弃权票和废票）"
    VALID = "valid", "有效票（含弃权票，不含废票）"

    def counted(self, number: int) -> str:
        """Return a number of them as a reader counts: people, or ballots."""
        unit = "票" if self in (Base.BALLOTS, Base.VALID) else "人"
        return f"{self.label} {number} {unit}"


def _due(one: DecisionRecord) -> int | None:
    return one.should_attend


def _due_less_recused(one: DecisionRecord) -> int | None:
    return one.should_attend - len(with_presence(one, Presence.RECUSED))


def _present(one: DecisionRecord) -> int | None:
    return len(with_presence(one, Presence.PRESENT))


def _valid(one: DecisionRecord) -> int | None:
    cast = (one.votes_for, one.votes_against, one.votes_abstain)
    return None if None in cast else sum(count or 0 for count in cast)


def _ballots(one: DecisionRecord) -> int | None:
    valid = _valid(one)
    return None if valid is None else valid + (one.void_ballots or 0)


# With the recused counted among those due, and without; who is recused is neither present nor votes.
_BASES: dict[Base, tuple[Callable[[DecisionRecord], int | None], Callable[[DecisionRecord], int | None]]] = {
    Base.DUE: (_due, _due_less_recused),
    Base.PRESENT: (_present, _present),
    Base.BALLOTS: (_ballots, _ballots),
    Base.VALID: (_valid, _valid),
}


class Counted(MeetingScope):
    """Of whom a majority is counted, and where the head decides instead."""

    base: Annotated[Base, Field(title="赞成票与谁比较")]
    recusal_shrinks: Annotated[bool, Field(title="比较时扣除回避的成员")]
    head_decides: Annotated[
        tuple[MeetingType, ...], Field(title="研究重大行政决策时也不适用的会议（参照行政首长负责制）")
    ] = ()


class Majority(Counted):
    """A share that the votes in favour must exceed."""

    share: Annotated[Share, Field(title="赞成票须超过的比例（恰好等于不算通过）")]
    narrow: Annotated[Severity | None, Field(title="赞成票超过到会成员的这一比例、却没有达到上述要求的")] = (
        None
    )


class LargeMajority(Counted):
    """A share that the votes in favour must reach."""

    share: Annotated[Share, Field(title="特别重大事项赞成票须达到的比例（恰好等于算通过）")]


def _counts(document: DecisionRecord, terms: Counted) -> bool:
    by_head = document.administrative_major and document.meeting_type in terms.head_decides
    return in_scope(document, terms) and not by_head and document.result in _VOTED


def _base(document: DecisionRecord, terms: Counted) -> int | None:
    return _BASES[terms.base][terms.recusal_shrinks](document)


@rule(
    "DEC-04",
    "赞成过半数才通过",
    DecisionRecord,
    why="少数服从多数：赞成的人没有过半，就不是班子的决定。",
    terms=Majority,
    when=lambda one, _context, terms: _counts(one, terms),
)
def majority(document: DecisionRecord, context: Context, terms: Majority) -> Sights:
    """过半数通过: adopted if, and only if, the votes in favour exceed the share of the base.

    Where the head decides after discussion (行政首长负责制), see DEC-13.
    """
    base = _base(document, terms)
    if document.votes_for is None or not base:
        yield Unclear("没有填写赞成票数或者应到人数，无法核对是否过半数。")
        return
    enough = document.votes_for > terms.share * base
    told = f"赞成 {document.votes_for} 票，{terms.base.counted(base)}，须超过{share_text(terms.share)}"
    if document.result == Result.ADOPTED and not enough:
        narrow = document.votes_for > terms.share * len(with_presence(document, Presence.PRESENT))
        severity = terms.narrow if narrow else None
        yield Seen("/votes_for", f"{told}，没有超过，却记为“通过”。", _NOT_ADOPTED, severity)
    elif document.result == Result.REJECTED and enough and not _needs_more(document, context):
        yield Seen("/result", f"{told}，已经超过，却记为“不通过”。", _NOT_REJECTED)


def _needs_more(document: DecisionRecord, context: Context) -> bool:
    """Tell whether the item is especially major where such items need a larger majority (DEC-05)."""
    larger = context.regime.terms("DEC-05", document.held_on, context.unit.type)
    return document.especially_major and larger is not None


@rule(
    "DEC-05",
    "特别重大事项须三分之二以上同意",
    DecisionRecord,
    why="影响特别大的事，要有更多的人同意才能定。",
    terms=LargeMajority,
    when=lambda one, _context, terms: one.especially_major and _counts(one, terms),
)
def large_majority(document: DecisionRecord, _context: Context, terms: LargeMajority) -> Sights:
    """特别重大事项: adopted if, and only if, the votes in favour reach the share of the base."""
    base = _base(document, terms)
    if document.votes_for is None or not base:
        yield Unclear("没有填写赞成票数或者应到人数，无法核对是否达到特别多数。")
        return
    enough = document.votes_for >= terms.share * base
    told = f"特别重大事项赞成 {document.votes_for} 票，{terms.base.counted(base)}，须达到{share_text(terms.share)}"
    if document.result == Result.ADOPTED and not enough:
        yield Seen("/votes_for", f"{told}，没有达到，却记为“通过”。", _NOT_ADOPTED)
    elif document.result == Result.REJECTED and enough:
        yield Seen("/result", f"{told}，已经达到，却记为“不通过”。", _NOT_REJECTED)


_NOT_ADOPTED = "请核对表决记录。如记录无误，这一事项没有通过，不得执行，请改正表决结果或者重新研究；已经执行的，请在“公开说明”中写明原因和整改安排。"
_NOT_REJECTED = (
    "请核对表决记录和表决结果，哪一项与会议记录不符就改正哪一项；都无误的，请在“公开说明”中写明原因。"
)


class Method(MeetingScope):
    """Which ways of voting are open to major, and to other items."""

    major_categories: Annotated[tuple[Category, ...], Field(title="重大事项的类别")] = ()
    major: Annotated[tuple[VoteMethod, ...], Field(title="重大事项可用的表决方式")] = ()
    ordinary: Annotated[tuple[VoteMethod, ...], Field(title="一般事项可用的表决方式")] = ()
    ordinary_by_name: Annotated[bool, Field(title="一般事项须逐人记录表决意见")] = False
    head_decides: Annotated[
        tuple[MeetingType, ...], Field(title="研究重大行政决策时也不适用的会议（参照行政首长负责制）")
    ] = ()


def _is_major(document: DecisionRecord, terms: Method) -> bool:
    return document.category in terms.major_categories or document.especially_major


def _open(document: DecisionRecord, terms: Method) -> tuple[VoteMethod, ...]:
    return terms.major if _is_major(document, terms) else terms.ordinary


def _method_matters(document: DecisionRecord, _context: Context, terms: Method) -> bool:
    if document.vote_method == VoteMethod.SECRET_BALLOT:
        return True
    return _binds(document, terms)


def _binds(document: DecisionRecord, terms: Method) -> bool:
    """Tell whether the regime says by which methods such an item is voted."""
    by_head = document.administrative_major and document.meeting_type in terms.head_decides
    voted = in_scope(document, terms) and not by_head and document.result in _VOTED
    return bool(_open(document, terms)) and voted


@rule(
    "DEC-06",
    "表决方式符合规定",
    DecisionRecord,
    why="重大事项用投票定，才不必看人脸色；无记名的票一旦对上姓名，以后就没有人敢投反对票。",
    terms=Method,
    when=_method_matters,
)
def method(document: DecisionRecord, _context: Context, terms: Method) -> Sights:
    """表决方式: by a method open to such items; a secret ballot carries no name.

    The breach of secrecy is no conduct to explain but a disclosure to undo.
    """
    secret = document.vote_method == VoteMethod.SECRET_BALLOT
    if secret and document.named_votes:
        yield Seen(
            "/named_votes",
            f"表决方式是无记名投票，却逐人列出了 {len(document.named_votes)} 名成员的表决意见。",
            "请删去“记名表决”各行，只填票数；实际是记名投票的，请改正表决方式。",
            final=True,
        )
    if not _binds(document, terms):
        return
    open_to_it = _open(document, terms)
    item = "重大事项" if _is_major(document, terms) else "一般事项"
    if document.vote_method not in open_to_it:
        yield Seen(
            "/vote_method",
            f"{item}的表决方式是“{document.vote_method.label}”，应是{'、'.join(one.label for one in open_to_it)}。",
            "请核对会议记录。如记录无误，请按规定的方式重新表决；须公开这次情况的，请在“公开说明”中写明原因和整改安排。",
        )
    elif terms.ordinary_by_name and not _is_major(document, terms):
        yield from _each_by_name(document)


def _each_by_name(document: DecisionRecord) -> Sights:
    roll = Roll.of(document.attendees)
    named = {roll.who(one.member) for one in document.named_votes}
    missing = [
        one.name for name, one in with_presence(document, Presence.PRESENT).items() if name not in named
    ]
    if missing:
        yield Seen(
            "/named_votes",
            f"没有逐人记录表决意见，缺：{'、'.join(missing)}。",
            "请按会议记录在“记名表决”中逐人补填；会议没有逐人记录的，请在“公开说明”中写明，并改进以后的记录。",
        )


def _has_figures(document: DecisionRecord) -> bool:
    figures = (document.votes_for, document.votes_against, document.votes_abstain, document.void_ballots)
    return any(one is not None for one in figures) or bool(document.named_votes)


_BALLOTS = (VoteMethod.NAMED_BALLOT, VoteMethod.SECRET_BALLOT)


@rule(
    "DEC-07",
    "票数相符",
    DecisionRecord,
    why="一人一票：票比人多或者比人少，表决结果就靠不住。",
    when=lambda one, _context, _terms: one.vote_method != VoteMethod.NONE or _has_figures(one),
)
def figures_agree(document: DecisionRecord, _context: Context, _terms: Terms) -> Sights:
    """票数平衡: the votes of all kinds are as many as the members who could vote; names and figures agree."""
    if document.vote_method == VoteMethod.NONE:
        yield Seen(
            "/vote_method", "表决方式是“未表决”，却填了票数或者表决意见。", "请改正表决方式，或者删去票数。"
        )
        return
    voters = with_presence(document, Presence.PRESENT)
    blank = [
        label
        for label, count in (
            ("赞成", document.votes_for),
            ("反对", document.votes_against),
            ("弃权", document.votes_abstain),
        )
        if count is None
    ]
    cast = _ballots(document)
    if blank and document.vote_method in _BALLOTS and document.result in _VOTED:
        yield Seen(
            "/votes_for",
            f"投票表决，没有填写{'、'.join(blank)}票数。",
            "请按计票记录补填；没有这种票的填 0，不要留空。",
        )
    elif cast is None:
        yield Unclear(f"没有填写{'、'.join(blank)}票数，无法核对票数与人数是否相符。")
    elif cast != len(voters):
        yield Seen(
            "/votes_for",
            f"赞成 {document.votes_for}、反对 {document.votes_against}、弃权 {document.votes_abstain}、"
            f"废票 {document.void_ballots or 0}，合计 {cast} 票；到会可以表决的成员是 {len(voters)} 人。",
            "请按计票记录和签到记录核对票数、废票和到会人数（回避、缺席、列席的人不投票，书面意见不算票）。",
        )
    if document.vote_method != VoteMethod.SECRET_BALLOT:
        yield from _names_agree(document, frozenset(voters))


def _names_agree(document: DecisionRecord, voters: frozenset[str]) -> Sights:
    if not document.named_votes:
        if document.vote_method == VoteMethod.NAMED_BALLOT and document.category != Category.KEY_PERSONNEL:
            yield Unclear("记名投票，没有列出每名成员的表决意见，无法逐人核对。")
        return
    seen: set[str] = set()
    roll = Roll.of(document.attendees)
    for place, vote in enumerate(document.named_votes):
        name = roll.who(vote.member)
        if name in seen:
            yield Seen(
                pointer("named_votes", place),
                f"{vote.member}的表决意见列了两次。",
                "一人一票，请删去重复的一行。",
            )
        elif name not in voters:
            yield Seen(
                pointer("named_votes", place),
                f"{vote.member}不是到会可以表决的成员，却列有表决意见。",
                "请核对到会情况；缺席、回避、列席的人不参加表决。",
            )
        seen.add(name)
    tally = Counter(_AS_VOTE.get(one.vote) for one in document.named_votes)
    for where, label, position, stated in (
        ("/votes_for", "赞成", Position.FOR, document.votes_for),
        ("/votes_against", "反对", Position.AGAINST, document.votes_against),
        ("/votes_abstain", "弃权", Position.ABSTAIN, document.votes_abstain),
    ):
        if stated is not None and stated != tally[position]:
            yield Seen(
                where,
                f"{label}票填 {stated} 票，逐人记录的是 {tally[position]} 人。",
                "请按会议记录核对票数和逐人的表决意见（缓议计入弃权）。",
            )


# 缓议 in a vote is neither for nor against.
_AS_VOTE = {
    Position.FOR: Position.FOR,
    Position.AGAINST: Position.AGAINST,
    Position.ABSTAIN: Position.ABSTAIN,
    Position.DEFER: Position.ABSTAIN,
}


class CloseSplit(MeetingScope):
    """How close a split is close."""

    margin: Annotated[int, Field(title="赞成与反对相差不超过几票", ge=0)]


@rule(
    "DEC-10",
    "票数接近时暂缓表决",
    DecisionRecord,
    why="意见几乎对半时，再调查、再商量，比勉强通过好。",
    terms=CloseSplit,
    when=lambda one, _context, terms: (
        in_scope(one, terms) and one.result in _VOTED and _valid(one) is not None
    ),
)
def close_split(document: DecisionRecord, _context: Context, terms: CloseSplit) -> Sights:
    """接近时缓议: a suggestion where the regime has it (延庆 2004 had); no jurisdiction that ships does."""
    difference = abs((document.votes_for or 0) - (document.votes_against or 0))
    if difference <= terms.margin:
        yield Seen(
            "/result",
            f"赞成 {document.votes_for} 票，反对 {document.votes_against} 票，只差 {difference} 票，当场记为“{document.result.label}”。",
            "意见接近的，可以缓议，补充调研后再次上会。",
        )
