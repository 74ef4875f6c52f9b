"""Files that were uploaded and tried: kept with what came of them, made into drafts once, thrown away after some days."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.domain.canonical import document_json, read_publication
from portal.domain.documents.base import Document, kind_of
from portal.domain.drafting import Event, State
from portal.domain.values import fold
from portal.services.attachments import attached_to
from portal.services.desk.claims import credit
from portal.services.desk.rooms import Actor, Room
from portal.services.publishing import (
    Conflict,
    change_draft,
    draft_document,
    find_record,
    latest_version,
    save_draft,
)
from portal.store.tables import Draft, DraftCopy, Upload

KEPT_DAYS = 7  # A file is needed until it became drafts; it may hold what was never meant to be published.
KEPT_FILES = 40  # Of one unit: who tries again and again does not fill the disk.
_OPEN = (State.DRAFT.value, State.RETURNED.value)


@dataclass(frozen=True)
class Taken:
    """What came of taking an upload: the drafts, and the titles of what was left as it was."""

    drafts: tuple[str, ...]
    left: tuple[str, ...] = ()


def is_own(room: Room, unit_name: str | None) -> bool:
    """Tell whether a file's name for a unit means this unit; a file that names none is the unit's own."""
    if unit_name is None:
        return True
    return fold(unit_name) in {fold(one) for one in room.names()}


def last_published(room: Room, kind: str) -> Document | None:
    """Return the unit's newest published document of a kind that was not withdrawn."""
    for record in room.records(kind):
        version = latest_version(room.session, record)
        if version is not None and version.withdrawal is None and version.payload is not None:
            return read_publication(version.payload)[1]
    return None


def is_published(room: Room, document: Document) -> bool:
    """Tell whether the document's record was published before."""
    return find_record(room.session, room.unit, document) is not None


def same_record(room: Room, document: Document) -> Draft | None:
    """Return the unit's draft of the same record, if there is one: the last changed."""
    key = document.natural_key()
    for draft in room.drafts():
        if draft.kind != document.kind.code or draft.content is None:
            continue
        if draft_document(draft).natural_key() == key:
            return draft
    return None


def keep(
    room: Room,
    *,
    kind: str,
    filename: str,
    data: bytes,
    annotated: bytes | None,
    documents: Sequence[Document],
    report: Mapping[str, Any],
    actor: Actor,
    now: datetime,
    draft: Draft | None = None,
) -> Upload:
    """Keep a file that was read, with the documents it gave and the report on it. Nothing else changes.

    `draft` is the unit's draft that the file is to fill; what is in it now is what the file will be written over.
    """
    kept = {
        "documents": [document_json(one) for one in documents],
        "revision": draft.revision if draft else None,
        "taken": [],
        "left": [],
        "view": report,
    }
    upload = Upload(
        uid=secrets.token_urlsafe(16),
        unit_id=room.unit_id,
        draft_uid=draft.uid if draft else None,
        account_id=actor.id,
        kind=kind,
        filename=filename,
        data=data,
        annotated=annotated,
        report=json.dumps(kept, ensure_ascii=False),
        uploaded_at=now,
    )
    room.session.add(upload)
    room.session.flush()
    _thin_out(room)
    return upload


def _thin_out(room: Room) -> None:
    """Throw away the unit's oldest uploads beyond `KEPT_FILES`."""
    kept = (
        select(Upload.id).where(Upload.unit_id == room.unit_id).order_by(Upload.id.desc()).limit(KEPT_FILES)
    )
    room.session.execute(
        delete(Upload).where(
            Upload.unit_id == room.unit_id, Upload.id.not_in(list(room.session.scalars(kept)))
        )
    )


def report_of(upload: Upload) -> dict[str, Any]:
    """Return the report that was kept with the upload; empty where none was."""
    found: dict[str, Any] = json.loads(upload.report).get("view", {})
    return found


def documents_of(upload: Upload) -> list[Document]:
    """Return the documents that the file gave."""
    model = kind_of(upload.kind)
    return [
        model.model_validate_json(json.dumps(one)) for one in json.loads(upload.report).get("documents", [])
    ]


def taken_of(upload: Upload) -> Taken:
    """Return what came of taking the upload; nothing as long as nobody did."""
    kept = json.loads(upload.report)
    return Taken(tuple(kept.get("taken", ())), tuple(kept.get("left", ())))


def take(
    room: Room,
    upload: Upload,
    *,
    actor: Actor,
    now: datetime,
    replace: Mapping[str, int] | None = None,
    as_typed: Callable[[Document], str],
) -> Taken:
    """Make drafts of the documents that the file gave, once; a second call changes nothing and says the same.

    Where the upload was made for a draft, its only document goes into it. `replace` names drafts of the same
    records that are to be written over, with the revision that the person saw; other documents of which the
    unit has a draft are left out. `as_typed` says a document as a form's entries: what a draft held that was never
    opened in the form is kept so. Raises `Conflict` and changes nothing when a draft was changed meanwhile,
    is no longer open, or the file does not fit it.
    """
    if upload.taken_at is not None:
        return taken_of(upload)
    documents, hand = documents_of(upload), _Hand(room, actor, now, as_typed)
    if upload.draft_uid is not None:
        done = Taken((_fill(hand, upload, documents),))
    else:
        done = _enter(hand, documents, replace or {})
    sender = room.account(upload.account_id) if upload.account_id is not None else None
    for draft in (room.draft(uid) for uid in done.drafts) if sender else ():
        if sender and draft:
            credit(
                room,
                draft,
                Actor(sender.id, sender.name, frozenset()),
                by=actor,
                now=now,
                remark="上传工作簿",
            )
    upload.taken_at = now
    kept = json.loads(upload.report)
    kept["taken"], kept["left"] = list(done.drafts), list(done.left)
    upload.report = json.dumps(kept, ensure_ascii=False)
    room.session.flush()
    return done


@dataclass(frozen=True)
class _Hand:
    """Who writes where and when."""

    room: Room
    actor: Actor
    now: datetime
    as_typed: Callable[[Document], str]


def _fill(hand: _Hand, upload: Upload, documents: list[Document]) -> str:
    draft = hand.room.draft(upload.draft_uid or "")
    if draft is None:
        raise Conflict("要填入的草稿已经不在了（可能已发布或删除）。请从“待办”重新开始，再上传一次。")
    if trouble := misfit(draft, documents):
        raise Conflict(trouble)
    _write_over(hand, draft, documents[0], revision=json.loads(upload.report).get("revision") or 0)
    return draft.uid


def misfit(draft: Draft, documents: Sequence[Document]) -> str:
    """Say why a file's documents cannot go into a draft; blank where they can."""
    if len(documents) != 1:
        return (
            f"这个文件里有 {len(documents)} 条可用的记录，一份草稿只能填入一条。请只留一条，改好后重新上传。"
        )
    if draft.record is not None and draft.record.natural_key != documents[0].natural_key():
        return "这份草稿是对已公开内容的更正，文件里却是另一条记录。请核对编号或所属期后重新上传。"
    return ""


def _enter(hand: _Hand, documents: list[Document], replace: Mapping[str, int]) -> Taken:
    drafts: list[str] = []
    left: list[str] = []
    for document in documents:
        existing = same_record(hand.room, document)
        if existing is None:
            drafts.append(_new(hand, document))
        elif existing.uid in replace:
            _write_over(hand, existing, document, revision=replace[existing.uid])
            drafts.append(existing.uid)
        else:
            left.append(document.title)
    return Taken(tuple(drafts), tuple(left))


def _new(hand: _Hand, document: Document) -> str:
    room, now = hand.room, hand.now
    # A file never attaches another: attachments come in by their own way only.
    document = document.model_copy(update={"attachments": ()})
    record = find_record(room.session, room.unit, document)
    draft = save_draft(
        room.session, unit=room.unit, document=document, author=hand.actor.name, now=now, record=record
    )
    draft.author_id = hand.actor.id
    room.write_down(Event.CREATED, actor=hand.actor, now=now, draft=draft, remark="上传工作簿")
    return draft.uid


def _write_over(hand: _Hand, draft: Draft, document: Document, *, revision: int) -> None:
    """Replace a draft's content; what was in it is kept beside it."""
    if draft.state not in _OPEN:
        raise Conflict(
            f"草稿《{draft.title}》{State(draft.state).label}，不能再填入。请先撤回提交，或等审核退回后再上传。"
        )
    room, actor, now = hand.room, hand.actor, hand.now
    before, author, at = draft.entries, draft.author, draft.revision
    if not before and draft.content is not None:
        before = hand.as_typed(draft_document(draft))
    # A workbook knows nothing of attachments: those that the draft has stay with it.
    document = document.model_copy(update={"attachments": attached_to(draft)})
    change_draft(room.session, draft, document=document, author=actor.name, revision=revision, now=now)
    draft.author_id = actor.id
    if before:
        copy = DraftCopy(
            unit_id=room.unit_id,
            draft_uid=draft.uid,
            account_id=actor.id,
            author=author,
            why="replaced",
            revision=at,
            entries=before,
            saved_at=now,
        )
        room.session.add(copy)
    room.write_down(Event.CHANGED, actor=actor, now=now, draft=draft, remark="上传工作簿")


def forget_old(session: Session, *, now: datetime) -> int:
    """Throw away the uploads of every unit that are older than `KEPT_DAYS`; return how many.

    The drafts that came of them stay.
    """
    done = session.execute(delete(Upload).where(Upload.uploaded_at < now - timedelta(days=KEPT_DAYS)))
    return int(getattr(done, "rowcount", 0))
