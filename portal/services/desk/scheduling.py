"""Publishing at a time: set, unset, and done by the platform when the time has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.drafting import Event, State
from portal.domain.roles import Role
from portal.domain.values import read_clock, read_day, show_day
from portal.services.checking import SHANGHAI, Book
from portal.services.desk import releasing
from portal.services.desk.claims import Refused, approvable, claim, require_state
from portal.services.desk.letters import write_letter
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Draft, Version

LONGEST = timedelta(days=180)  # Whoever plans further ahead will have forgotten it by then.


@dataclass(frozen=True)
class Due:
    """A draft whose time has come."""

    unit_id: int
    uid: str


def read_moment(day: str, clock: str) -> datetime:
    """Return the instant of a wall clock in China, or raise `ValueError` in Chinese saying what is wrong with it."""
    on = read_day(day)
    hour, minute = read_clock(clock).split(":")[:2]
    return datetime.combine(on, time(int(hour), int(minute)), tzinfo=SHANGHAI)


def show_moment(moment: datetime) -> str:
    """Write an instant as the wall clock in China has it: 2026年10月20日 12:00."""
    local = moment.astimezone(SHANGHAI)
    return f"{show_day(local.date())} {local:%H:%M}"


def schedule(
    room: Room, draft: Draft, *, revision: int, publish_at: datetime, actor: Actor, now: datetime
) -> None:
    """Let the approved draft be published at a time: in the future, and not further off than `LONGEST`."""
    claim(room, draft, revision)
    require_state(draft, State.APPROVED)
    if draft.approved_digest != approvable(draft):
        raise Refused(releasing.NO_LONGER)
    if publish_at <= now:
        raise Refused(f"定时发布的时间须晚于现在（{show_moment(now)}）。要马上公开的，不用定时，直接发布。")
    if publish_at > now + LONGEST:
        raise Refused(f"定时发布最远可定到{show_moment(now + LONGEST)}。")
    draft.publish_at = publish_at
    room.write_down(Event.SCHEDULED, actor=actor, now=now, draft=draft, remark=show_moment(publish_at))


def unschedule(room: Room, draft: Draft, *, revision: int, actor: Actor, now: datetime) -> None:
    """Take the time back; the draft stays approved."""
    claim(room, draft, revision)
    require_state(draft, State.APPROVED)
    if draft.publish_at is None:
        raise Refused("这份草稿没有定时发布。")
    was = show_moment(draft.publish_at)
    draft.publish_at = None
    room.write_down(Event.UNSCHEDULED, actor=actor, now=now, draft=draft, remark=f"原定{was}")


def due(session: Session, *, now: datetime) -> list[Due]:
    """Return the drafts whose time has come, the longest waiting first. One look into a small index."""
    rows = session.execute(
        select(Draft.unit_id, Draft.uid)
        .where(Draft.publish_at <= now, Draft.state == State.APPROVED.value)
        .order_by(Draft.publish_at, Draft.id)
    )
    return [Due(row.unit_id, row.uid) for row in rows]


def publish_due(room: Room, uid: str, *, book: Book, now: datetime) -> Version | None:
    """Publish a draft whose time has come; None where that was done, or taken back, meanwhile.

    To be called in a write transaction of its own. What `releasing.publish` raises goes up; the caller rolls back
    and calls `hold_back` in another transaction.
    """
    draft = _due(room, uid, now)
    if draft is None:
        return None
    gone = room.unit.abolished_on
    if gone is not None and gone <= now.astimezone(SHANGHAI).date():
        raise Refused(f"本单位自{show_day(gone)}撤销或并入其他单位，没有按时发布。草稿保留。")
    reviewer = room.account(draft.approved_by_id) if draft.approved_by_id is not None else None
    if (
        reviewer is None
        or not reviewer.active
        or not any(one.role == Role.REVIEWER for one in reviewer.roles)
    ):
        raise Refused("审核通过此件的人已停用或不再是审核人，没有按时发布。请由现任审核人重新审核、发布。")
    return releasing.publish(room, draft, revision=draft.revision, book=book, actor=None, now=now)


def hold_back(room: Room, uid: str, *, why: str, now: datetime) -> None:
    """Write down that a draft could not be published at its time: it stays approved, and its reviewer gets a letter."""
    draft = _due(room, uid, now)
    if draft is None or draft.publish_at is None:
        return
    at = draft.publish_at
    claim(room, draft, draft.revision)
    draft.publish_at = None
    room.write_down(Event.NOT_PUBLISHED, actor=None, now=now, draft=draft, remark=why)
    reviewer = room.account(draft.approved_by_id) if draft.approved_by_id is not None else None
    if reviewer is None or not reviewer.email or not reviewer.active:
        return
    write_letter(
        room.session,
        unit_id=room.unit_id,
        key=f"not-published:{draft.uid}:{at.isoformat()}",
        to=reviewer.email,
        subject="定时发布没有完成，请处理",
        # No title: a letter travels in the clear, and not everything is for the whole society.
        body=(
            f"{reviewer.name}：\n\n您审核通过的一份公开内容原定{show_moment(at)}发布，没有发布成功。"
            "草稿没有丢失，仍在“已通过”。请登录平台查看原因，处理后重新发布。\n"
        ),
        now=now,
    )


def _due(room: Room, uid: str, now: datetime) -> Draft | None:
    draft = room.draft(uid)
    if draft is None or State(draft.state) is not State.APPROVED:
        return None
    return draft if draft.publish_at is not None and draft.publish_at <= now else None
