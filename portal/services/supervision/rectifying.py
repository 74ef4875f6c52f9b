"""整改台账 (SUP-07): from the problem to 销号, which needs that somebody else than unit and officer has looked.

    start(county, matter, *, problem, due, now) / start_alone(county, unit, …)     the commission opens an entry
    save / hand_in (room, entry, filled, …)                                        the unit works
    accept / send_back / put_off / reopen (county, entry, …)                       the commission
    hand_over(county, entry, successor, *, matter, now) -> Rectification    its unit has ended; the successor goes on

What cannot be done raises `NotDone`, with what is wrong by field; an entry that somebody else has changed, `Stale`.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime

from portal.domain.supervision.matters import ClosedAs, Event
from portal.domain.supervision.matters import State as MatterState
from portal.domain.supervision.rectifying import State
from portal.domain.supervision.slips import latest_deadline
from portal.domain.values import read_day, show_day
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.desk.rooms import Actor, Room
from portal.services.supervision import matters, rectifications
from portal.services.supervision.rectifying_forms import (
    LABELS,
    Filled,
    NotDone,
    need_words,
    read_text,
    read_words,
)
from portal.services.supervision.rectifying_letters import write_to_unit
from portal.services.supervision.third_parties import not_third
from portal.store.tables import Matter, Rectification, Unit


class Stale(ValueError):
    """Somebody else changed the entry since it was shown."""


def start(
    county: County, matter: Matter, *, problem: str, due: date, uid: str = "", now: datetime
) -> Rectification:
    """Open an entry of a matter: the unit is told of both, and the matter is in rectification.

    `uid` is its address, else a new one.
    """
    problem = _checked(problem, due, now)
    if matter.state != MatterState.RECTIFYING.value:
        try:
            matters.rectify(county, matter, problem, now=now, due=due)
        except matters.NotPossible as refusal:
            raise NotDone({"": str(refusal)}) from refusal
    _follow(matter, due, now)
    return _open(county, matter.unit, problem, due, now, matter=matter, origin="matter", uid=uid)


def start_alone(
    county: County,
    unit: Unit,
    *,
    problem: str,
    due: date,
    origin: str = "manual",
    uid: str = "",
    now: datetime,
) -> Rectification:
    """Open an entry that belongs to no matter. `uid` is its address, else a new one."""
    problem = _checked(problem, due, now)
    return _open(county, unit, problem, due, now, matter=None, origin=origin, uid=uid)


def save(
    room: Room, entry: Rectification, filled: Filled, *, revision: int, actor: Actor, now: datetime
) -> None:
    """Keep what the unit filled in; with a measure the work has begun."""
    _of(entry, revision, State.NOT_STARTED, State.WORKING)
    if wrong := _foreign_refs(room, filled.evidence_refs, entry.evidence_refs):
        raise NotDone({"evidence_refs": wrong})
    planned = (entry.measure, entry.leader, entry.person) != (filled.measure, filled.leader, filled.person)
    evidence = (entry.evidence, entry.evidence_refs) != (filled.evidence, filled.evidence_refs)
    _fill(entry, filled)
    if entry.state == State.NOT_STARTED.value and filled.measure:
        entry.state = State.WORKING.value
    _touch(entry, now)
    room.session.flush()
    if planned:
        words = f"{filled.measure}（责任领导：{filled.leader or '未定'}；责任人：{filled.person or '未定'}）"
        _step(room, entry, Event.PLANNED, words, now, actor=actor)
    if filled.note or evidence:
        _step(room, entry, Event.WORKED, filled.note or "补充佐证材料", now, actor=actor)


def hand_in(
    room: Room, entry: Rectification, filled: Filled, *, revision: int, actor: Actor, now: datetime
) -> None:
    """Report that it is mended, for somebody else to look."""
    _of(entry, revision, State.NOT_STARTED, State.WORKING)
    errors = {
        name: f"报请验收前请填写{LABELS[name]}。"
        for name in ("measure", "leader", "person")
        if not getattr(filled, name)
    }
    if not filled.evidence and not filled.evidence_refs:
        errors["evidence"] = "请写明整改结果，或者列出可以佐证的公开记录。"
    if wrong := _foreign_refs(room, filled.evidence_refs, entry.evidence_refs):
        errors["evidence_refs"] = wrong
    if errors:
        raise NotDone(errors)
    _fill(entry, filled)
    entry.state = State.TO_ACCEPT.value
    _touch(entry, now)
    room.session.flush()
    late = "（超过整改期限）" if now.astimezone(SHANGHAI).date() > entry.due else ""
    _step(room, entry, Event.HANDED_IN, (filled.note or "整改完成，报请验收") + late, now, actor=actor)


def accept(
    county: County,
    entry: Rectification,
    *,
    name: str,
    body: str,
    opinion: str,
    day: str,
    revision: int,
    now: datetime,
) -> None:
    """验收销号: strike an entry off after a third party has looked; with a matter's last one the matter is closed.

    `name` and `body` are who looked and on whose behalf: neither the unit, nor who answers for the rectification,
    nor whoever acts here or is in charge of the matter.
    """
    _of(entry, revision, State.TO_ACCEPT)
    today = now.astimezone(SHANGHAI).date()
    matter = county.session.get(Matter, entry.matter_id) if entry.matter_id else None
    errors: dict[str, str] = {}
    said = {
        field: read_words(field, label, text, errors)
        for field, label, text in (
            ("name", "验收人", name),
            ("body", "验收单位", body),
            ("opinion", "验收意见", opinion),
        )
    }
    looked = today
    try:
        looked = read_day(day)
        if not entry.created_at.astimezone(SHANGHAI).date() <= looked <= today:
            errors["day"] = f"验收日期须在登记之日到今天（{show_day(today)}）之间。"
    except ValueError as wrong:
        errors["day"] = f"验收日期：{wrong}" if day.strip() else "请填写验收日期。"
    errors |= {
        field: why for field, why in not_third(county, entry, matter, said).items() if field not in errors
    }
    if errors:
        raise NotDone(errors)
    entry.accepted_by = f"{said['name']}（{said['body']}）"
    entry.accepted_on, entry.acceptance, entry.closed_on = looked, said["opinion"], today
    entry.state = State.CLOSED.value
    _touch(entry, now)
    county.session.flush()
    _step(
        county,
        entry,
        Event.SIGNED_OFF,
        f"{entry.accepted_by}验收通过：{entry.acceptance}",
        now,
        matter=matter,
    )
    _enter(
        county,
        "rectification.accept",
        entry,
        now,
        f"验收销号：{entry.problem}",
        after={"accepted_by": entry.accepted_by},
    )
    if matter is not None and matter.state != MatterState.CLOSED.value and not _left(county, matter):
        matters.close(county, matter, closed_as=ClosedAs.RECTIFIED, words="各项整改都已验收销号", now=now)


def send_back(
    county: County, entry: Rectification, *, words: str, revision: int, address: str, now: datetime
) -> None:
    """验收未通过: return it to the unit, with what is missing."""
    _of(entry, revision, State.TO_ACCEPT)
    words = need_words("words", "退回意见", words)
    entry.state = State.WORKING.value
    _touch(entry, now)
    _step(county, entry, Event.NOT_ACCEPTED, words, now)
    _enter(county, "rectification.send_back", entry, now, f"验收未通过：{words}")
    write_to_unit(county, entry, f"back:{entry.revision}", address, now)


def put_off(
    county: County, entry: Rectification, *, due: str, words: str, revision: int, now: datetime
) -> None:
    """Move the day by which it is to be mended, with the reason."""
    _of(entry, revision, State.NOT_STARTED, State.WORKING, State.TO_ACCEPT)
    errors: dict[str, str] = {}
    words = read_words("words", "延期理由", words, errors)
    try:
        new = read_day(due)
        today = now.astimezone(SHANGHAI).date()
        if new <= entry.due or new < today:
            errors["due"] = f"新的期限须晚于现在的期限（{show_day(entry.due)}），且不早于今天。"
        elif new > latest_deadline(today):
            errors["due"] = "新的期限太远。请核对年份。"
    except ValueError as wrong:
        errors["due"] = f"新的期限：{wrong}" if due.strip() else "请填写新的期限。"
    if errors:
        raise NotDone(errors)
    before, entry.due = entry.due, new
    _touch(entry, now)
    if entry.matter_id is not None:
        _follow(county.session.get_one(Matter, entry.matter_id), new, now)
    _step(county, entry, Event.DUE_SET, f"整改期限由{show_day(before)}延至{show_day(new)}：{words}", now)
    _enter(
        county, "rectification.put_off", entry, now, f"整改延期：{words}",
        before={"due": before.isoformat()}, after={"due": new.isoformat()},
    )  # fmt: skip


def reopen(county: County, entry: Rectification, *, words: str, revision: int, now: datetime) -> None:
    """Take up an entry again that was struck off: the problem has come back, or the acceptance was wrong.

    Its matter, closed with it, is open again too. What was handed over comes back where its unit is there again:
    the end was a mistake.
    """
    _of(entry, revision, State.CLOSED, State.HANDED_OVER)
    words = need_words("words", "理由", words)
    if entry.state == State.HANDED_OVER.value and entry.unit.abolished_on is not None:
        raise NotDone({"": "原单位已撤销或并入，这一项在接收单位名下继续整改。请到接收单位的那一项办理。"})
    if (there := rectifications.successor_of(county, entry)) is not None:
        _end_there(county, there, back_to=entry.unit, now=now)
    matter = county.session.get(Matter, entry.matter_id) if entry.matter_id else None
    if matter is not None and matter.state == MatterState.CLOSED.value:
        try:
            matters.reopen(county, matter, words, now=now, mending_until=entry.due)
        except matters.NotPossible as refusal:
            raise NotDone({"": str(refusal)}) from refusal
    entry.state, entry.closed_on = State.WORKING.value, None
    _touch(entry, now)
    _step(county, entry, Event.REOPENED, words, now)
    _enter(county, "rectification.reopen", entry, now, f"重新整改：{words}")


def hand_over(
    county: County, entry: Rectification, successor: Unit, *, matter: Matter | None, now: datetime
) -> Rectification:
    """Let `successor` go on with an open entry: the same problem, work and deadline under a new address; return it.

    The old one keeps its unit and its steps for good and is 已移交. `matter` is the successor's, of which it is a part.
    """
    if not State(entry.state).open:
        raise Stale
    gone, state = entry.unit, entry.state
    entry.state = State.HANDED_OVER.value
    _touch(entry, now)
    county.session.flush()
    _step(county, entry, Event.NOTED, f"移交{successor.name}继续整改，期限不变。", now)
    fresh = Rectification(
        uid=rectifications.going_on_as(entry), jurisdiction_id=county.id, unit_id=successor.id,
        matter_id=matter.id if matter else None, origin=entry.origin, problem=entry.problem, measure=entry.measure,
        leader=entry.leader, person=entry.person, due=entry.due, state=state, evidence=entry.evidence,
        evidence_refs=entry.evidence_refs, created_by=entry.created_by, created_at=entry.created_at, updated_at=now,
    )  # fmt: skip
    fresh.unit = successor
    county.session.add(fresh)
    county.session.flush()
    said = f"由{gone.name}移交：{entry.problem}（期限{show_day(entry.due)}，不变）"
    _step(county, fresh, Event.RECTIFY, said, now, matter=matter)
    _enter(
        county, "rectification.handed_over", fresh, now, f"{gone.name}的整改事项移交{successor.name}：{entry.problem}",
        before={"单位": gone.name}, after={"单位": successor.name},
    )  # fmt: skip
    return fresh


def _end_there(county: County, there: Rectification, *, back_to: Unit, now: datetime) -> None:
    """End at the successor what goes back to the unit from which it came, and the matter of which nothing is left."""
    if not State(there.state).open:
        return
    there.state = State.HANDED_OVER.value
    _touch(there, now)
    county.session.flush()
    _step(county, there, Event.NOTED, f"{back_to.name}已恢复，移回{back_to.name}继续整改。", now)
    _enter(county, "rectification.handed_back", there, now, f"移回{back_to.name}：{there.problem}")
    matter = county.session.get(Matter, there.matter_id) if there.matter_id else None
    if matter is not None and matter.state == MatterState.RECTIFYING.value and not _left(county, matter):
        matters.close(
            county, matter, closed_as=ClosedAs.HANDLED, words=f"移回{back_to.name}继续办理", now=now
        )


def _left(county: County, matter: Matter) -> list[Rectification]:
    return [one for one in rectifications.of_matter(county, matter) if State(one.state).open]


def _follow(matter: Matter, due: date, now: datetime) -> None:
    """Let a matter that is being mended be due no earlier than its entries are: until then nothing of it is overdue."""
    if matter.state == MatterState.RECTIFYING.value and (matter.due is None or matter.due < due):
        matter.due = due
        matters.touch(matter, now)


def _open(
    county: County,
    unit: Unit,
    problem: str,
    due: date,
    now: datetime,
    *,
    matter: Matter | None,
    origin: str,
    uid: str,
) -> Rectification:
    entry = Rectification(
        uid=uid or secrets.token_urlsafe(16),
        jurisdiction_id=county.id,
        unit_id=unit.id,
        matter_id=matter.id if matter else None,
        origin=origin,
        problem=problem,
        due=due,
        state=State.NOT_STARTED.value,
        created_by=county.name_of_actor,
        created_at=now,
        updated_at=now,
    )
    entry.unit = unit
    county.session.add(entry)
    county.session.flush()
    _step(county, entry, Event.RECTIFY, f"{entry.problem}（期限{show_day(due)}）", now, matter=matter)
    _enter(county, "rectification.start", entry, now, f"列入{unit.name}的整改台账：{entry.problem}")
    return entry


def _checked(problem: str, due: date, now: datetime) -> str:
    """Return the problem as it is kept, or raise `NotDone`."""
    errors: dict[str, str] = {}
    problem = read_text("problem", problem, errors)
    if not problem and not errors:
        errors["problem"] = "请写明要整改的问题。"
    today = now.astimezone(SHANGHAI).date()
    if not today <= due <= latest_deadline(today):
        errors["due"] = (
            f"整改期限须在今天（{show_day(today)}）以后、{show_day(latest_deadline(today))}以前。请核对年份。"
        )
    if errors:
        raise NotDone(errors)
    return problem


def _of(entry: Rectification, revision: int, *states: State) -> None:
    if entry.revision != revision or State(entry.state) not in states:
        raise Stale


def _fill(entry: Rectification, filled: Filled) -> None:
    entry.measure, entry.leader, entry.person = filled.measure, filled.leader, filled.person
    entry.evidence, entry.evidence_refs = filled.evidence, filled.evidence_refs


def _foreign_refs(room: Room, typed: str, stood: str) -> str:
    """Return what is wrong with the index numbers: each must be a record of the unit itself, or stand there already.

    A predecessor's stand there, where the entry was handed over.
    """
    known = {one.index_no for one in room.records()} | set(stood.split("\n"))
    unknown = [one for one in typed.split("\n") if one and one not in known]
    return (
        f"本单位没有索引号为{'、'.join(unknown[:5])}的记录。一行写一个，从“已公开”里复制。" if unknown else ""
    )


def _touch(entry: Rectification, now: datetime) -> None:
    entry.revision += 1
    entry.updated_at = now


def _step(
    where: County | Room,
    entry: Rectification,
    event: Event,
    words: str,
    now: datetime,
    *,
    matter: Matter | None = None,
    actor: Actor | None = None,
) -> None:
    matters.write_step(
        where, event=event, words=words, matter=matter, rectification=entry, actor=actor, shared=True, now=now
    )


def _enter(
    county: County, action: str, entry: Rectification, now: datetime, words: str, **detail: object
) -> None:
    county.write_down(
        action,
        now=now,
        object=f"rectification/{entry.uid}",
        words=words,
        unit_id=entry.unit_id,
        detail=detail,
    )
