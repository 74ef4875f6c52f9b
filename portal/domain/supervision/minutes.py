"""双记双评: the commission's own record of one agenda item, held field by field against the unit's decision record.

Nobody's record is taken for the true one: a field says whether both agree, and where not, what each has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from portal.domain.documents.decision import (
    Category,
    DecisionRecord,
    Position,
    Presence,
    Result,
    VoteMethod,
)
from portal.domain.values import Choice, fold, show_day, show_yuan

_BESIDE_NAME = re.compile(r"[(（\[【].*?[)）\]】]|同志$|[·•・]")


class Verdict(Choice):
    """比对结论 of one field."""

    AGREE = "agree", "一致"
    DIFFER = "differ", "不一致"
    ONLY_OURS = "only_ours", "单位没有写"
    ONLY_THEIRS = "only_theirs", "到会记录没有写"
    READ = "read", "请人工判读"
    KEPT = "kept", "依规不公开"
    NEITHER = "neither", "都没有写"


class Spoken(BaseModel):
    """One statement as the commission's recorder heard it."""

    model_config = ConfigDict(frozen=True)

    name: str
    position: Position = Position.NONE
    words: str = ""


class OwnMinutes(BaseModel):
    """What the commission's recorder wrote down of one item. Blank means: not written down."""

    model_config = ConfigDict(frozen=True)

    held_on: date
    title: str
    place: str = ""
    presider: str = ""
    recorder: str = ""
    should_attend: int | None = None
    present: tuple[str, ...] = ()
    absent: tuple[str, ...] = ()
    observers: tuple[str, ...] = ()
    recused: tuple[str, ...] = ()
    category: Category | None = None
    amount: int | None = None  # Fen.
    statements: tuple[Spoken, ...] = ()  # In the order in which they were made.
    chief: str = ""
    chief_last: bool | None = None
    vote_method: VoteMethod | None = None
    votes_for: int | None = None
    votes_against: int | None = None
    votes_abstain: int | None = None
    result: Result | None = None
    decision_text: str = ""
    remark: str = ""  # The recorder's own; compared with nothing.
    number: str = ""  # 独立记录编号 (DEC-14).


class Rating(BaseModel):
    """双评: how the unit rates its meeting itself, and how the commission does. Points of 100."""

    model_config = ConfigDict(frozen=True)

    own_score: int | None = None  # The unit's.
    own_words: str = ""
    outside_score: int | None = None
    outside_words: str = ""

    @property
    def difference(self) -> int | None:
        """By how many points the unit rates itself higher."""
        if self.own_score is None or self.outside_score is None:
            return None
        return self.own_score - self.outside_score


class Compared(NamedTuple):
    """One field: what each side has, as people read it."""

    field: str
    label: str
    verdict: Verdict
    ours: str
    theirs: str

    @property
    def wrong(self) -> bool:
        """Tell whether the unit has something to explain."""
        return self.verdict in (Verdict.DIFFER, Verdict.ONLY_OURS)


@dataclass(frozen=True)
class _Field:
    """How one field is compared; `key` makes of a value what must be equal, `show` what people read."""

    name: str
    label: str
    ours: Callable[[OwnMinutes], object]
    theirs: Callable[[DecisionRecord], object]
    key: Callable[[object], object]
    show: Callable[[object], str]
    told_to_all: bool = True  # False: of personnel decisions not for the public (DEC-17).
    prose: bool = False  # Words that may differ and mean the same.


def fold_name(name: str) -> str:
    """Return a person's name as it is compared: without blanks, width, 同志, or what stands in brackets beside it."""
    return fold(_BESIDE_NAME.sub("", name.strip()))


def speaking_order(speakers: Iterable[str]) -> tuple[str, ...]:
    """Return each speaker once, in the order of their first statement."""
    found: dict[str, str] = {}
    for one in speakers:
        found.setdefault(fold_name(one), one)
    return tuple(found.values())


def spoke_last(speakers: Sequence[str], chief: str) -> bool | None:
    """Tell whether the chief spoke only after everybody else had (末位表态); None where that cannot be told."""
    order = [fold_name(one) for one in speakers]
    wanted = fold_name(chief)
    if not wanted or wanted not in order or len(set(order)) < 2:
        return None
    others = {one: place for place, one in reversed(list(enumerate(order))) if one != wanted}
    return order.index(wanted) > max(others.values())


def compare(own: OwnMinutes, theirs: DecisionRecord) -> list[Compared]:
    """Return every field with both values and the verdict, in the order of a meeting."""
    personnel = theirs.category is Category.KEY_PERSONNEL
    found = []
    for one in _FIELDS:
        mine, other = one.ours(own), one.theirs(theirs)
        blank = (_blank(mine), _blank(other))
        if blank == (True, True):
            verdict = Verdict.NEITHER
        elif blank[1]:
            verdict = Verdict.KEPT if personnel and not one.told_to_all else Verdict.ONLY_OURS
        elif blank[0]:
            verdict = Verdict.ONLY_THEIRS
        elif one.key(mine) == one.key(other):
            verdict = Verdict.AGREE
        else:
            verdict = Verdict.READ if one.prose else Verdict.DIFFER
        found.append(
            Compared(
                one.name,
                one.label,
                verdict,
                "" if blank[0] else one.show(mine),
                "" if blank[1] else one.show(other),
            )
        )
    return found


def likeness(own: OwnMinutes, theirs: DecisionRecord) -> int:
    """Return how likely a decision record is the one of these minutes, 0–100: by the day, then by the title.

    Technical: it orders what is offered for linking, and an officer chooses. Nothing is judged by it.
    """
    apart = abs((own.held_on - theirs.held_on).days)
    near = 60 if apart == 0 else 30 if apart <= 3 else 10 if apart <= 15 else 0
    mine, other = _pairs(own.title), _pairs(theirs.title)
    together = len(mine & other) * 2 / (len(mine) + len(other)) if mine or other else 0
    return near + round(40 * together)


def _pairs(text: str) -> set[str]:
    text = fold(text)
    return {text[place : place + 2] for place in range(max(1, len(text) - 1))} if text else set()


def _blank(value: object) -> bool:
    return value is None or value == "" or value == ()


def _text(value: object) -> str:
    return str(value)


def _label(value: object) -> str:
    return value.label if isinstance(value, Choice) else str(value)


def _names(value: object) -> str:
    return "、".join(value) if isinstance(value, tuple) else str(value)


def _name_set(value: object) -> object:
    return frozenset(fold_name(one) for one in value) if isinstance(value, tuple) else value


def _order(value: object) -> str:
    if not isinstance(value, tuple):
        return str(value)
    return "　".join(f"{place}. {one}" for place, one in enumerate(value, start=1))


def _stances(value: object) -> str:
    return (
        "；".join(f"{name} {position.label}" for name, position in value) if isinstance(value, tuple) else ""
    )


def _stance_key(value: object) -> object:
    return {(fold_name(name), position) for name, position in value} if isinstance(value, tuple) else value


def _is_last(value: object) -> str:
    return "最后表态" if value else "不是最后表态"


def _money(value: object) -> str:
    return f"{show_yuan(value)} 元" if isinstance(value, int) else ""


def _day(value: object) -> str:
    return show_day(value) if isinstance(value, date) else ""


def _same(value: object) -> object:
    return value


def _folded(value: object) -> object:
    return fold(str(value))


def _person(value: object) -> object:
    return fold_name(str(value))


def _with(presence: Presence) -> Callable[[DecisionRecord], object]:
    return lambda one: tuple(each.name for each in one.attendees if each.presence == presence)


def _views(document: DecisionRecord) -> list[str]:
    """Who spoke for or against something; who only presented the proposal has not stated a view."""
    return [one.speaker for one in document.statements if one.position != Position.PRESENT_PROPOSAL]


def _their_chief(document: DecisionRecord) -> str:
    chief = document.chief()
    return chief.name if chief else ""


def _own_last(own: OwnMinutes) -> bool | None:
    """What the recorder says of the chief's turn; where nothing is said, what the order of speaking shows."""
    if own.chief_last is not None:
        return own.chief_last
    spoken = [one.name for one in own.statements if one.position != Position.PRESENT_PROPOSAL]
    return spoke_last(spoken, own.chief)


def _taken(statements: Iterable[tuple[str, Position]]) -> tuple[tuple[str, Position], ...]:
    """The last stance of each speaker who took one."""
    found = {
        fold_name(name): (name, one)
        for name, one in statements
        if one not in (Position.NONE, Position.PRESENT_PROPOSAL)
    }
    return tuple(found.values())


_FIELDS = (
    _Field("held_on", "会议日期", lambda one: one.held_on, lambda one: one.held_on, _same, _day),
    _Field("title", "议题", lambda one: one.title, lambda one: one.title, _folded, _text, prose=True),
    _Field("place", "地点", lambda one: one.place, lambda one: one.place, _folded, _text, prose=True),
    _Field("presider", "主持人", lambda one: one.presider, lambda one: one.presider, _person, _text),
    _Field("recorder", "记录人", lambda one: one.recorder, lambda one: one.recorder, _person, _text),
    _Field("category", "决策类别", lambda one: one.category, lambda one: one.category, _same, _label),
    _Field("amount", "涉及金额", lambda one: one.amount, lambda one: one.amount, _same, _money),
    _Field("should_attend", "应到人数", lambda one: one.should_attend, lambda one: one.should_attend, _same, _text),
    _Field("present", "到会", lambda one: one.present, _with(Presence.PRESENT), _name_set, _names),
    _Field("absent", "缺席", lambda one: one.absent, _with(Presence.ABSENT), _name_set, _names),
    _Field("recused", "回避", lambda one: one.recused, _with(Presence.RECUSED), _name_set, _names),
    _Field("observers", "列席", lambda one: one.observers, _with(Presence.OBSERVER), _name_set, _names),
    _Field(
        "order", "发言顺序", lambda one: speaking_order(each.name for each in one.statements),
        lambda one: speaking_order(each.speaker for each in one.statements),
        lambda value: tuple(fold_name(one) for one in value) if isinstance(value, tuple) else value, _order,
        told_to_all=False,
    ),
    _Field(
        "stances", "各人态度", lambda one: _taken((each.name, each.position) for each in one.statements),
        lambda one: _taken((each.speaker, each.position) for each in one.statements), _stance_key, _stances,
        told_to_all=False,
    ),
    _Field("chief", "主要负责人", lambda one: one.chief, _their_chief, _person, _text),
    _Field(
        "chief_last", "末位表态", _own_last, lambda one: spoke_last(_views(one), _their_chief(one)), _same, _is_last,
        told_to_all=False,
    ),
    _Field("vote_method", "表决方式", lambda one: one.vote_method, lambda one: one.vote_method, _same, _label, told_to_all=False),
    _Field("votes_for", "赞成票", lambda one: one.votes_for, lambda one: one.votes_for, _same, _text, told_to_all=False),
    _Field("votes_against", "反对票", lambda one: one.votes_against, lambda one: one.votes_against, _same, _text, told_to_all=False),
    _Field("votes_abstain", "弃权票", lambda one: one.votes_abstain, lambda one: one.votes_abstain, _same, _text, told_to_all=False),
    _Field("result", "表决结果", lambda one: one.result, lambda one: one.result, _same, _label),
    _Field("decision_text", "决定内容", lambda one: one.decision_text, lambda one: one.decision_text or "", _folded, _text, prose=True),
)  # fmt: skip
LABELS = {one.name: one.label for one in _FIELDS}
