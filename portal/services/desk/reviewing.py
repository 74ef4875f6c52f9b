"""Draft → submitted → returned with remarks, or approved by another person."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from portal.domain.drafting import Event, State
from portal.domain.roles import Role
from portal.domain.values import Choice, clean_text
from portal.services.checking import Book
from portal.services.desk.claims import (
    NotReady,
    Readiness,
    Refused,
    approvable,
    claim,
    readiness,
    reopen,
    require_state,
    wrote,
)
from portal.services.desk.rooms import Actor, Room
from portal.services.publishing import FIRST, draft_document, find_record, latest_version
from portal.store.tables import Draft

LONGEST_REMARK = 2000  # Characters: two pages of remarks; more is a talk, not a remark.


class Statement(Choice):
    """What the reviewer states before anything goes out (政府信息公开条例 17, 保守国家秘密法)."""

    OPENNESS = "openness", "公开属性已经核对"
    AUDIENCE = "audience", "公开范围已经核对"
    SECRECY = "secrecy", "已经过保密审查，不涉及国家秘密、商业秘密，个人信息已遮盖或确有依据"


def submit(
    room: Room, draft: Draft, *, revision: int, actor: Actor, now: datetime, book: Book, remark: str = ""
) -> None:
    """Hand the draft over for review.

    Raises `NotReady` with findings and fields while something stands in the way; `Conflict` where somebody was
    faster. The same person submitting what is already submitted changes nothing.
    """
    own = State(draft.state) is State.SUBMITTED and draft.submitted_by_id == actor.id
    if own and revision in (draft.revision, draft.revision - 1):
        return
    claim(room, draft, revision)
    require_state(draft, State.DRAFT, State.RETURNED)
    _require_ready(room, draft, book=book, now=now)
    reopen(draft)
    draft.state, draft.submitted_by_id = State.SUBMITTED.value, actor.id
    room.write_down(
        Event.SUBMITTED, actor=actor, now=now, draft=draft, remark=_remark(remark, required=False)
    )


def recall(room: Room, draft: Draft, *, revision: int, actor: Actor, now: datetime) -> None:
    """Take the draft back to go on writing it, as long as it is not published."""
    claim(room, draft, revision)
    require_state(draft, State.SUBMITTED, State.APPROVED)
    reopen(draft)
    room.write_down(Event.RECALLED, actor=actor, now=now, draft=draft)


def give_back(room: Room, draft: Draft, *, revision: int, remark: str, actor: Actor, now: datetime) -> None:
    """Return the draft to its writers. The remark says what is to be put right; it is not public."""
    remark = _remark(remark, required=True)
    claim(room, draft, revision)
    require_state(draft, State.SUBMITTED, State.APPROVED)
    reopen(draft)
    draft.state = State.RETURNED.value
    room.write_down(Event.RETURNED, actor=actor, now=now, draft=draft, remark=remark)


def approve(
    room: Room,
    draft: Draft,
    *,
    revision: int,
    stated: Collection[Statement],
    actor: Actor,
    now: datetime,
    book: Book,
) -> None:
    """Approve exactly what the draft says now. The reviewer is another person than those who wrote it (PUB-02).

    `stated` must hold every `Statement`. Raises `Refused`, `NotReady` or `Conflict`; nothing is changed then.
    """
    claim(room, draft, revision)
    require_state(draft, State.SUBMITTED)
    if why := why_not_reviewer(room, draft, actor):
        raise Refused(why)
    if left := [one for one in Statement if one not in stated]:
        raise Refused(f"请先逐项确认：{'；'.join(one.label for one in left)}。没有确认不能通过。")
    document = _require_ready(room, draft, book=book, now=now).document
    assert document is not None  # noqa: S101 - a ready draft has its document.
    draft.state, draft.approved_by_id = State.APPROVED.value, actor.id
    draft.approved_digest = approvable(draft)
    said = (
        f"公开属性：{document.openness.label}；公开范围：{document.audience.label}；"
        "已确认保密审查和个人信息处理。"
    )
    room.write_down(Event.APPROVED, actor=actor, now=now, draft=draft, remark=said)


def why_not_reviewer(room: Room, draft: Draft, actor: Actor) -> str:
    """Return why somebody may not review the draft; blank where they may."""
    if Role.REVIEWER not in actor.roles:
        return "只有本单位的审核人可以审核。"
    if wrote(room, draft, actor):
        return (
            f"这份草稿是您（{actor.name}）填写、修改或提交过的，须由另一位审核人审核。"
            "本单位没有其他审核人时，请单位管理员增设。"
        )
    return ""


def take_as_basis(
    room: Room, draft: Draft, *, revision: int, reason: str, actor: Actor, now: datetime
) -> None:
    """Keep the draft although a newer version came out meanwhile: it was held against it and now corrects that one.

    The approval falls; the reason will be public. Nothing that was typed is touched.
    """
    claim(room, draft, revision)
    record = draft.record or find_record(room.session, room.unit, draft_document(draft))
    version = latest_version(room.session, record) if record else None
    if record is None or version is None:
        raise Refused("此件还没有公开过，没有需要对照的版本。")
    if not reason.strip() or reason.strip() == FIRST:
        raise Refused(f"此件已公开到第 {version.number} 版。请写明更正了什么、为什么；这段话会向社会公示。")
    reopen(draft)
    draft.record_id, draft.record, draft.based_on = record.id, record, version.number
    draft.reason = _remark(reason, required=True)
    draft.updated_at = now
    room.write_down(
        Event.CHANGED,
        actor=actor,
        now=now,
        draft=draft,
        record=record,
        remark=f"与第 {version.number} 版核对后继续",
    )


def _require_ready(room: Room, draft: Draft, *, book: Book, now: datetime) -> Readiness:
    found = readiness(room, draft, book=book, now=now)
    if found.overtaken and found.in_force is not None:
        raise Refused(
            f"您填写期间，此件已公开了第 {found.in_force.number} 版（{found.in_force.published_by}）。"
            "直接发布会把那一版改回去。请先对照两者的差别，再决定是否以这份草稿继续；您填写的内容没有丢失。"
        )
    if not found.ready:
        raise NotReady(found)
    return found


def _remark(text: str, *, required: bool) -> str:
    text = text.replace("\r\n", "\n").strip()
    if required and not text:
        raise Refused("请写明意见：哪里需要修改，怎样修改。")
    if len(text) > LONGEST_REMARK:
        raise Refused(f"意见太长（{len(text)} 字），请压缩到 {LONGEST_REMARK} 字以内。")
    try:
        clean_text(text)
    except ValueError as unseen:
        raise Refused(f"意见的{unseen}") from unseen
    return text
