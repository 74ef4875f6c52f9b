"""监督事项 as the unit sees them: what the commission asked, until when, and the unit's answer.

    listing(room, today) -> list[Asked]                what the unit was told of, what waits for it first
    one(room, uid, today) -> Asked | None              None for whatever the unit does not know of
    answer(room, uid, words, refs, seen=, actor=, now=)
    pending(room, today) -> Pending                    for the unit's home

A unit learns of a matter when it was told, sees its shared steps, and nothing of owners, remarks or of matters that
came from 特定关系人 filings. The commission's people are 纪委监委 to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select

from portal.domain.supervision.letters import State as LetterState
from portal.domain.supervision.matters import Event, Source, State
from portal.domain.supervision.rectifying import State as Mending
from portal.domain.values import clean_text
from portal.services.desk.rooms import Actor, Room
from portal.services.supervision.additions import added_since_asked
from portal.services.supervision.matter_words import MOST, NotPossible
from portal.services.supervision.matters import COMMISSION, PLATFORM, touch, write_step
from portal.store.tables import DraftCopy, Letter, Matter, MatterItem, Record, Rectification, SupervisionStep

EVIDENCE = "佐证记录："  # Begins the last line of an answer that names records.
RECORDS = 50  # Records that one answer may name: more would not be looked at.
_STATES = {
    State.NEW: "已告知",
    State.ASKED: "待说明",
    State.EXPLAINED: "已说明，等待研究",
    State.ACCEPTED: "说明成立",
    State.RECTIFYING: "整改中",
    State.CLOSED: "已办结",
}
_TO_MEND = (Mending.NOT_STARTED.value, Mending.WORKING.value)
_ASKING = (Event.ASKED.value, Event.RETURNED.value, Event.RECTIFY.value)


@dataclass(frozen=True)
class Told:
    """One step as the unit reads it."""

    event: str
    label: str
    side: str
    who: str
    words: str
    refs: tuple[str, ...]
    at: datetime


@dataclass(frozen=True)
class Asked:
    """A matter as the unit knows it. `seen` is to be given back with an answer: how many steps the unit has seen."""

    uid: str
    number: int
    title: str
    state: State
    word: str
    due: date | None
    overdue: bool
    told_at: datetime
    closed_on: date | None
    asked: str
    seen: int
    steps: tuple[Told, ...] = ()
    items: tuple[MatterItem, ...] = ()
    added: frozenset[int] = frozenset()  # Of the items: those found after the unit was asked.

    @property
    def waits(self) -> bool:
        """Tell whether the unit has to answer."""
        return self.state is State.ASKED

    @property
    def all_gone(self) -> bool:
        """Tell whether everything that was found has been mended."""
        return bool(self.items) and all(one.gone_on is not None for one in self.items)


@dataclass(frozen=True)
class Pending:
    """What waits for the unit: how many to answer, how many letters, how many to mend, and the nearest day.

    What was handed in waits for somebody else.
    """

    answers: int = 0
    letters: int = 0
    rectifying: int = 0
    overdue: int = 0
    nearest: date | None = None

    @property
    def total(self) -> int:
        """How many there are."""
        return self.answers + self.letters + self.rectifying


class AnsweredMeanwhile(RuntimeError):
    """Something has happened to the matter since the page was opened. Nothing was done."""


def listing(room: Room, today: date) -> list[Asked]:
    """Return every matter that the unit was told of: what waits for it first, then by deadline, closed ones last."""
    found = list(room.session.scalars(_told(room)))
    steps = _steps(room, [one.id for one in found])
    told = [_asked(one, steps.get(one.id, []), (), today) for one in found]
    rank = {
        State.ASKED: 0,
        State.RECTIFYING: 1,
        State.NEW: 2,
        State.EXPLAINED: 3,
        State.ACCEPTED: 4,
        State.CLOSED: 5,
    }
    return sorted(told, key=lambda one: (rank[one.state], one.due or date.max, -one.number))


def one(room: Room, uid: str, today: date) -> Asked | None:
    """Return one matter with its steps and items."""
    matter = room.session.scalar(_told(room).where(Matter.uid == uid))
    if matter is None:
        return None
    items = room.session.scalars(
        select(MatterItem)
        .where(MatterItem.unit_id == room.unit_id, MatterItem.matter_id == matter.id)
        .order_by(MatterItem.gone_on.is_not(None), MatterItem.id)
    )
    return _asked(matter, _steps(room, [matter.id]).get(matter.id, []), tuple(items), today)


def row_of(room: Room, uid: str) -> Matter | None:
    """Return the row itself, for the parts of a page that show what belongs to it."""
    return room.session.scalar(_told(room).where(Matter.uid == uid))


def answer(
    room: Room, uid: str, words: str, refs: str, *, seen: int, actor: Actor, now: datetime
) -> SupervisionStep:
    """Enter the unit's explanation, with index numbers of its own records as evidence.

    Raises `LookupError`, `NotPossible` (what is wrong and how to mend it) and `AnsweredMeanwhile`.
    """
    matter = room.session.scalar(_told(room).where(Matter.uid == uid).with_for_update())
    if matter is None:
        raise LookupError(uid)
    if len(_steps(room, [matter.id]).get(matter.id, [])) != seen:
        raise AnsweredMeanwhile("这件事项刚刚有了变化。")
    if matter.state != State.ASKED.value:
        raise NotPossible(f"这件事项现在是“{_STATES[State(matter.state)]}”，不需要说明。")
    try:
        said = str(clean_text(words))
    except ValueError as wrong:
        raise NotPossible(str(wrong), "words") from wrong
    if not said:
        raise NotPossible("请写明情况和原因：发生了什么、为什么、已经或准备怎样改正。", "words")
    if len(said) > MOST:
        raise NotPossible(
            f"说明有 {len(said)} 字，最多 {MOST} 字。请精简，详细材料可以作为记录公开后在佐证中写明索引号。",
            "words",
        )
    if any(line.startswith(EVIDENCE) for line in said.split("\n")):
        raise NotPossible(f"说明中不要以“{EVIDENCE}”开头另起一行。请把索引号填在“佐证记录”一栏。", "words")
    named = _own_records(room, refs)
    text = f"{said}\n{EVIDENCE}{'、'.join(named)}" if named else said
    matter.state = State.EXPLAINED.value
    touch(matter, now)
    room.session.flush()
    forget(room, uid, actor)
    return write_step(
        room, event=Event.ANSWERED, words=text, matter=matter, shared=True, now=now, actor=actor
    )


def split_evidence(words: str) -> tuple[str, tuple[str, ...]]:
    """Return what was said, and the index numbers named as evidence."""
    text, mark, last = words.rpartition(f"\n{EVIDENCE}")
    if not mark or "\n" in last:
        return words, ()
    return text, tuple(last.split("、"))


def pending(room: Room, today: date) -> Pending:
    """Count what waits for the unit."""
    rows = room.session.execute(
        _told(room).with_only_columns(Matter.id, Matter.state, Matter.due)
        .where(Matter.state.in_([State.ASKED.value, State.RECTIFYING.value]))
    ).all()  # fmt: skip
    letters = room.session.scalars(
        select(Letter.due).where(
            Letter.unit_id == room.unit_id, Letter.issued_at.is_not(None), Letter.due.is_not(None),
            Letter.state == LetterState.ISSUED.value,
        )
    ).all()  # fmt: skip
    register = room.session.execute(
        select(Rectification.matter_id, Rectification.state, Rectification.due)
        .where(Rectification.unit_id == room.unit_id, Rectification.shared)
    ).all()  # fmt: skip
    # Of a matter with entries in the register the entries tell what is to be mended.
    entered = {one.matter_id for one in register if one.matter_id is not None}
    asked = [due for _, state, due in rows if state == State.ASKED.value]
    mending = [
        due for number, state, due in rows if state == State.RECTIFYING.value and number not in entered
    ]
    mending += [one.due for one in register if one.state in _TO_MEND]
    days = [one for one in (*asked, *mending, *letters) if one]
    return Pending(
        len(asked),
        len(letters),
        len(mending),
        sum(one < today for one in days),
        min(days, default=None),
    )


def kept_of(room: Room, uid: str, actor: Actor) -> DraftCopy | None:
    """Return what this person typed when a session ran out, the newest; None where there is nothing."""
    return next((one for one in room.copies(uid) if one.account_id == actor.id), None)


def entries_kept(room: Room, uid: str, actor: Actor) -> dict[str, str]:
    """Return what was typed then, by the name of its field; nothing where nothing is kept."""
    kept = kept_of(room, uid, actor)
    return {str(key): str(value) for key, value in json.loads(kept.entries).items()} if kept else {}


def forget(room: Room, uid: str, actor: Actor) -> None:
    """Drop what was kept for this person: it has been answered."""
    for one in room.copies(uid):
        if one.account_id == actor.id:
            room.session.delete(one)
    room.session.flush()


def records_named(room: Room, refs: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return kind and address of the unit's records by index number."""
    wanted = [one for one in refs if one]
    if not wanted:
        return {}
    query = select(Record).where(Record.unit_id == room.unit_id, Record.index_no.in_(wanted))
    return {one.index_no: (one.kind, one.slug) for one in room.session.scalars(query)}


def _told(room: Room) -> Select[Matter]:
    """Only this unit's, only what it was told of: SQLite has no fences of its own."""
    return select(Matter).where(
        Matter.unit_id == room.unit_id,
        Matter.told_at.is_not(None),
        Matter.source != Source.RELATION.value,
    )


def _steps(room: Room, matters: list[int]) -> dict[int, list[SupervisionStep]]:
    found: dict[int, list[SupervisionStep]] = {}
    if matters:
        query = select(SupervisionStep).where(
            SupervisionStep.unit_id == room.unit_id, SupervisionStep.matter_id.in_(matters), SupervisionStep.shared
        )  # fmt: skip
        for step in room.session.scalars(query.order_by(SupervisionStep.id)):
            if step.matter_id is not None:
                found.setdefault(step.matter_id, []).append(step)
    return found


def _asked(matter: Matter, steps: list[SupervisionStep], items: tuple[MatterItem, ...], today: date) -> Asked:
    assert matter.told_at is not None  # noqa: S101 - `_told` asks for no others.
    state = State(matter.state)
    last = next((one.words for one in reversed(steps) if one.event in _ASKING), "")
    return Asked(
        uid=matter.uid,
        number=matter.id,
        title=matter.title,
        state=state,
        word=_STATES[state],
        due=matter.due,
        overdue=bool(matter.due and matter.due < today and state in (State.ASKED, State.RECTIFYING)),
        told_at=matter.told_at,
        closed_on=matter.closed_on,
        asked=last,
        seen=len(steps),
        steps=tuple(_step(one) for one in steps),
        items=items,
        added=added_since_asked(steps, items),
    )


def _step(step: SupervisionStep) -> Told:
    words, refs = split_evidence(step.words) if step.event == Event.ANSWERED.value else (step.words, ())
    who = {"commission": COMMISSION, "platform": PLATFORM}.get(step.side, step.actor)
    label = Event(step.event).label if step.event in {one.value for one in Event} else step.event
    return Told(step.event, label, step.side, who, words, refs, step.at)


def _own_records(room: Room, refs: str) -> list[str]:
    """Return the index numbers that were named, once each; refuse what is no record of this unit."""
    named = list(dict.fromkeys(one for one in re.split(r"[\s、,，;；]+", refs) if one))
    if len(named) > RECORDS:
        raise NotPossible(
            f"佐证写了 {len(named)} 个索引号，一次最多 {RECORDS} 个。请只写与这件事项有关的。", "refs"
        )
    known = records_named(room, named)
    if strange := [one for one in named if one not in known]:
        raise NotPossible(
            f"本单位没有索引号为“{strange[0][:80]}”的记录。请从“已公开”中复制索引号，每行写一个；还没有发布的内容不能作为佐证。",
            "refs",
        )
    return named
