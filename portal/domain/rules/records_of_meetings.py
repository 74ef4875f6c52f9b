"""会议记录: that the record of a decision is whole, unaltered, and shows only what may be shown."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from portal.domain.documents.about import About
from portal.domain.documents.base import Audience
from portal.domain.documents.decision import (
    Category,
    DecisionRecord,
    Form,
    Result,
    VoteMethod,
)
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Severity, Terms
from portal.domain.values import Choice, fold

# What was voted and what came of it.
_OUTCOME = (
    "vote_method",
    "votes_for",
    "votes_against",
    "votes_abstain",
    "void_ballots",
    "named_votes",
    "result",
)


class SecondRecord(Terms):
    """Which decisions the discipline office records for itself."""

    categories: Annotated[tuple[Category, ...], Field(title="须有独立记录的决策类别")]


class Confidential(Terms):
    """How grave it is when minutes of a personnel decision were handed out and not taken back."""

    not_recalled: Annotated[Severity | None, Field(title="发放的人事纪要没有收回的")] = None


def _voted(document: DecisionRecord, name: str) -> Any:
    if name == "named_votes":
        return tuple(sorted((fold(one.member), one.vote) for one in document.named_votes))
    return getattr(document, name)


def _shown(document: DecisionRecord, name: str) -> str:
    value = getattr(document, name)
    if value is None or value == ():
        return "空白"
    if isinstance(value, Choice):
        return f"“{value.label}”"
    if isinstance(value, tuple):
        return "、".join(f"{one.member}{one.vote.label}" for one in value)
    return f"{value} 票"


def _label(name: str) -> str:
    told: dict[type, Any] = {type(one): one for one in DecisionRecord.model_fields[name].metadata}
    return str(told[About].label)


@rule(
    "DEC-09",
    "表决结果不得更改",
    DecisionRecord,
    why="票数记下之后谁也不能改，一把手也不例外，投票才不会走过场。",
    when=lambda one, context, _terms: (
        isinstance(context.previous, DecisionRecord) or one.correction_of is not None
    ),
)
def outcome_is_never_altered(document: DecisionRecord, context: Context, _terms: Terms) -> Sights:
    """投票结果记录在案: later versions leave the vote as it was; a correction is a record of its own."""
    before = context.previous
    if isinstance(before, DecisionRecord):
        for name in _OUTCOME:
            old, new = _voted(before, name), _voted(document, name)
            if old not in (None, (), new):
                yield Seen(
                    pointer(name),
                    f"“{_label(name)}”原为{_shown(before, name)}，现改为{_shown(document, name)}。",
                    "已记录的表决情况不能改动，请恢复原样。原记录确有差错的，请另填一份更正记录，"
                    "在“更正的决策编号”中写明原编号，与原记录并列公开。",
                )
    if document.correction_of is None:
        return
    if fold(document.correction_of) in (fold(document.decision_no), fold(document.index_no or "")):
        yield Seen(
            "/correction_of",
            f"“更正的决策编号”写的是本记录自己的编号 {document.correction_of}。",
            "更正记录须另编新号，“更正的决策编号”填被更正的那一份。",
        )
    elif context.dossier.decision(document.correction_of) is None:
        if context.dossier.complete:
            yield Seen(
                "/correction_of",
                f"没有找到被更正的决策记录 {document.correction_of}。",
                "请核对编号；被更正的原记录须继续保留。",
            )
        else:
            yield Unclear(f"手边没有被更正的决策记录 {document.correction_of}，请对照原记录核对。")


@rule(
    "DEC-14",
    "纪检独立记录",
    DecisionRecord,
    why="党委记一份，纪委也记一份，两份对得上才可信。",
    terms=SecondRecord,
    when=lambda one, context, terms: (
        one.category in terms.categories or context.domain(one.domain, one.held_on) is not None
    ),
)
def discipline_office_keeps_its_record(
    document: DecisionRecord, _context: Context, _terms: SecondRecord
) -> Sights:
    """双记录: the township's discipline office sits in and keeps a record of its own."""
    if document.discipline_record is None:
        yield Seen(
            "/discipline_record",
            "没有填写纪检独立记录编号。",
            "请向镇纪委核对：有独立记录的，补填编号；没有的，请在“公开说明”中写明，今后研究重点事项请镇纪委到会记录。",
        )


@rule(
    "DEC-17",
    "人事讨论不上网、纪要收回",
    DecisionRecord,
    why="公开的是任免结果；谁在会上说了什么、投了什么票属于工作秘密，传出去会伤人，也没人再敢说真话。",
    terms=Confidential,
    when=lambda one, _context, terms: (
        one.category == Category.KEY_PERSONNEL
        and (one.audience == Audience.PUBLIC or terms.not_recalled is not None)
    ),
)
def personnel_talks_stay_inside(document: DecisionRecord, _context: Context, terms: Confidential) -> Sights:
    """人事讨论保密: no statements, named votes or written opinions on the public site; minutes are taken back."""
    if document.audience == Audience.PUBLIC:
        opinions = (
            ("attendees", place, "written_opinion")
            for place, one in enumerate(document.attendees)
            if one.written_opinion
        )
        shown: list[tuple[str, str]] = [(pointer(*place), "书面意见") for place in opinions]
        if document.statements:
            shown.append(("/statements", f"{len(document.statements)} 条发言"))
        if document.named_votes:
            shown.append(("/named_votes", f"{len(document.named_votes)} 人的表决意见"))
        for place, what in shown:
            yield Seen(
                place,
                f"公开范围是“{document.audience.label}”的人事决策中列出了{what}。",
                "面向社会公开时不要列出酝酿、讨论和每个人的表决情况，只公开结果；完整记录留存归档备查。",
            )
    if terms.not_recalled is None or document.minutes_recalled_on:
        return
    if document.distribution:
        yield Seen(
            "/minutes_recalled_on",
            f"人事纪要已发放（{document.distribution}），没有收回日期。",
            "请核对纪要是否已经收回：收回的，补填日期；没有收回的，请立即收回。",
            terms.not_recalled,
        )
    else:
        yield Unclear("没有填写人事纪要的发放范围和收回日期。发放过纪要的，请补填收回日期。")


@rule(
    "DEC-20",
    "提议、讨论、表决、决定全程纪实",
    DecisionRecord,
    why="从谁提议到怎么决定都留下记录，事后才查得清楚。",
    when=lambda one, _context, _terms: one.form != Form.EMERGENCY,
)
def all_four_stages_are_recorded(document: DecisionRecord, _context: Context, _terms: Terms) -> Sights:
    """全程纪实: who proposed what, who said what, how the vote went, what was decided."""
    if not document.proposer:
        yield _stage("proposer", "提议")
    if not document.proposal:
        yield _stage("proposal", "提议")
    if not document.statements:
        if document.category == Category.KEY_PERSONNEL:
            yield Unclear("人事事项的讨论情况不公开，是否记录在案请查阅会议原始记录核对。")
        else:
            yield _stage("statements", "讨论")
    if document.result != Result.DEFERRED and document.vote_method == VoteMethod.NONE:
        yield _stage("vote_method", "表决")
    elif document.result != Result.DEFERRED and document.votes_for is None:
        yield _stage("votes_for", "表决")
    if not document.decision_text:
        yield _stage("decision_text", "决定")


def _stage(name: str, stage: str) -> Seen:
    return Seen(
        pointer(name),
        f"{stage}情况没有记录：“{_label(name)}”是{'“未表决”' if name == 'vote_method' else '空白'}。",
        "请对照会议原始记录补填；会上确实没有这一环节的，请在“公开说明”中如实写明。",
    )
