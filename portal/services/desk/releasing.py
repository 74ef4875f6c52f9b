"""Approved draft → version; a correction begun; a version withdrawn. Each with who did it and why, once only."""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy.exc import IntegrityError

from portal.domain.canonical import canonical, document_json, read_publication
from portal.domain.documents.base import Audience, Document
from portal.domain.drafting import Event, State
from portal.domain.values import fold
from portal.services import publishing
from portal.services.checking import SHANGHAI, Book
from portal.services.desk.claims import (
    NotReady,
    Refused,
    approvable,
    claim,
    readiness,
    reason_of,
    require_state,
)
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Account, Draft, Record, Version, Withdrawal

NO_LONGER = "这份草稿在审核通过之后又改动过，须重新提交审核。"


def publish(
    room: Room, draft: Draft, *, revision: int, book: Book, actor: Actor | None, now: datetime
) -> Version:
    """Publish the approved draft as its record's next version; the draft is used up.

    Version, outbox, step and the draft's end stand or fall together. The rule book is asked again: what was right
    yesterday may no longer be. Without an actor it is the platform, at the time that was set. Raises `Refused`,
    `NotReady`, `publishing.NotPublishable` or `Conflict` and the caller rolls back. One draft becomes one version:
    whoever comes second finds no draft any more, and `room.published_from` leads to what it became.
    """
    claim(room, draft, revision)
    require_state(draft, State.APPROVED)
    if draft.approved_digest != approvable(draft):
        raise Refused(NO_LONGER)
    found = readiness(room, draft, book=book, now=now)
    if found.overtaken and found.in_force is not None:
        raise Refused(
            f"审核之后，此件已公开了第 {found.in_force.number} 版。请对照差别后重新提交审核；草稿没有丢失。"
        )
    if not found.ready:
        raise NotReady(found)
    signed = signature(room, draft)
    # The draft was held against the version in force, so it is newer than that in every sense that matters.
    draft.updated_at = now
    try:
        version = publishing.publish(
            room.session,
            draft,
            book=book,
            reason=reason_of(draft, found.in_force) or publishing.FIRST,
            actor=signed,
            now=now,
        )
    except (
        IntegrityError
    ) as taken:  # What another unit has is not seen from here; the database still knows it.
        raise Refused(
            "没有发布：索引号与县区内另一件公开内容重复，或刚刚有人发布了同一件。草稿没有丢失，请核对索引号后再发布。"
        ) from taken
    room.write_down(
        Event.PUBLISHED,
        actor=actor,
        now=now,
        draft=draft,
        record=version.record,
        version=version,
        remark=f"第 {version.number} 版，{signed}",
    )
    return version


def signature(room: Room, draft: Draft) -> str:
    """Return who answers for the publication, as the public page names them beside a version."""
    wrote = _name(room, draft.submitted_by_id) or draft.author
    reviewed = _name(room, draft.approved_by_id)
    return f"{wrote}（填报）、{reviewed}（审核）" if reviewed else f"{wrote}（填报）"


def _name(room: Room, account_id: int | None) -> str:
    found: Account | None = room.account(account_id) if account_id is not None else None
    return found.name if found else ""


def start_correction(room: Room, record: Record, *, actor: Actor, now: datetime) -> Draft:
    """Return a draft that begins with the version in force; the one that is already under way, if there is one.

    Raises `Refused` where the version in force is withdrawn: what was withdrawn is not published again.
    """
    if waiting := room.correction_of(record):
        return waiting
    version = publishing.latest_version(room.session, record)
    if version is None or version.withdrawal is not None or version.payload is None:
        raise Refused("此件最新的版本已依法撤回，不能更正。撤回原因已消除的，请以新的文号或期间重新公开。")
    _, document = read_publication(version.payload)
    draft = Draft(
        uid=secrets.token_urlsafe(16),
        unit_id=room.unit_id,
        unit=room.unit,
        record_id=record.id,
        record=record,
        kind=record.kind,
        title=document.title,
        content=canonical(document_json(document)),
        state=State.DRAFT.value,
        reason="",
        based_on=version.number,
        author=actor.name,
        author_id=actor.id,
        created_at=now,
        updated_at=now,
    )
    room.session.add(draft)
    room.session.flush()
    room.write_down(
        Event.CREATED, actor=actor, now=now, draft=draft, record=record, remark=f"更正第 {version.number} 版"
    )
    return draft


def withdraw(
    room: Room,
    version: Version,
    *,
    legal_ground: str,
    reason: str,
    approver: str,
    review_on: date | None,
    actor: Actor,
    second: Actor,
    now: datetime,
    destroy: bool = False,
    confirmation: str = "",
) -> Withdrawal:
    """Withdraw one version; a tombstone with ground, reason and approver takes its place.

    Two people stand behind it: a reviewer does it, and `second` has proved to be somebody else of the unit and seconds
    it there and then; both stand in the step. Who approved it is public, and may be somebody without an account.
    `destroy` erases the content for good; `confirmation` must then be the record's index number. Raises `Refused`
    or `publishing.NotPublishable`.
    """
    if second.id == actor.id:
        raise Refused("撤回由一人办理、另一人复核。复核人须是您以外的人。")
    if fold(approver) == fold(actor.name):
        raise Refused(
            "批准人须是您以外的人（例如单位主要负责人）：撤回由一人批准、另一人办理。请填写实际批准人的姓名。"
        )
    if destroy and fold(confirmation) != fold(version.record.index_no):
        raise Refused(
            f"销毁后任何人都不能恢复。确需销毁的，请在“索引号”一栏原样填写 {version.record.index_no}。"
        )
    today = now.astimezone(SHANGHAI).date()
    if not destroy and review_on is None:
        raise Refused("请填写复核日期：到那一天重新判断是否仍须撤回。内容销毁的不用填写。")
    if review_on is not None and review_on <= today:
        raise Refused("复核日期须在今天以后。")
    title = read_publication(version.payload)[1].title if version.payload else ""
    done = publishing.withdraw(
        room.session,
        version,
        legal_ground=legal_ground.strip(),
        reason=reason.strip(),
        approver=approver.strip(),
        now=now,
        destroy=destroy,
        review_on=review_on,
    )
    room.write_down(
        Event.WITHDRAWN,
        actor=actor,
        now=now,
        record=version.record,
        version=version,
        # What the law asks to be destroyed is not named here either: steps stay.
        title="" if destroy else title,
        remark=f"第 {version.number} 版，批准人{approver.strip()}，复核人{second.name}{'，内容已销毁' if destroy else ''}",
    )
    return done


def document_of(version: Version) -> Document | None:
    """Return what a version says; None where it was destroyed."""
    return read_publication(version.payload)[1] if version.payload is not None else None


def audience_of(draft: Draft) -> Audience | None:
    """Return for whom a draft is meant; None as long as it makes no document."""
    try:
        return publishing.draft_document(draft).audience
    except publishing.NotPublishable:
        return None
