"""Files of a draft: added, removed, handed out. Their content was cleaned before it came here."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from portal.domain.attached import personal_data_in, with_attached
from portal.domain.canonical import canonical, document_json
from portal.domain.documents.attachment import MOST, Attachment, MediaType, file_name
from portal.domain.documents.base import Document, kind_of
from portal.domain.drafting import Event, State
from portal.domain.rules.personal_numbers import Hit
from portal.services import attachments
from portal.services.attachments import PersonalProblem, attached_to
from portal.services.desk.rooms import Actor, Room
from portal.services.publishing import Conflict
from portal.store import tables
from portal.store.files import FileStore
from portal.store.tables import Draft

__all__ = [
    "NotAttachable",
    "Reviewed",
    "attach",
    "attached_to",
    "content_of",
    "leave_behind",
    "may_change",
    "personal_problems",
    "remove",
    "reviewed",
]


class NotAttachable(ValueError):
    """The file cannot be added as things are; the message says why and what to do."""


def may_change(draft: Draft) -> bool:
    """Tell whether files may be added and removed: not while somebody else reviews the draft."""
    return draft.state in (State.DRAFT.value, State.RETURNED.value)


def attach(
    room: Room,
    draft: Draft,
    *,
    files: FileStore,
    name: str,
    content: bytes,
    media_type: MediaType,
    text: str,
    description: str | None,
    revision: int,
    actor: Actor,
    now: datetime,
) -> Attachment:
    """Add a cleaned file to a draft of the room's unit.

    Raise `NotAttachable`; `Conflict` where somebody changed the draft since `revision` was read; `ValueError`
    (pydantic's) where the description is no line of text. The content lies in `files` before the row says so:
    a transaction that fails leaves content that nobody names, never a name without content. Who calls has best
    put it there before, for an object store is slow and others wait for the right to write.
    """
    _refuse_change(draft, revision)
    before = attached_to(draft)
    if len(before) >= MOST:
        raise NotAttachable(f"一件公开内容最多 {MOST} 个附件。请删去不需要的，或把几个文件合并成一个。")
    made = Attachment(
        name=file_name(name, media_type),
        digest=hashlib.sha256(content).hexdigest(),
        size=len(content),
        media_type=media_type,
        description=description or None,
    )
    for one in before:
        if one.digest == made.digest:
            raise NotAttachable(f"这个文件已经在附件中，名称是“{one.name}”。不需要重复添加。")
        if one.name == made.name:
            raise NotAttachable(f"已有名为“{one.name}”的附件，内容不同。请先删去原来的，或给文件换一个名称。")
    if not files.exists(made.digest):
        files.put(content)
    _register(room, made, text, actor, now)
    _put(draft, (*before, made), actor, now)
    room.write_down(Event.CHANGED, actor=actor, now=now, draft=draft, remark=f"添加附件“{made.name}”")
    return made


def leave_behind(room: Room, *, content: bytes, media_type: MediaType, actor: Actor, now: datetime) -> None:
    """Note content that was put on file and that no draft took: the next `sweep` removes it, unless somebody needs it."""
    digest = hashlib.sha256(content).hexdigest()
    if room.attachment(digest, gone_too=True) is None:
        row = tables.Attachment(unit_id=room.unit_id, digest=digest, name="", text="", size=len(content))
        row.media_type, row.added_by, row.added_at, row.gone_at = media_type.value, actor.name, now, now
        room.session.add(row)
        room.session.flush()


def remove(
    room: Room, draft: Draft, digest: str, *, revision: int, actor: Actor, now: datetime
) -> Attachment | None:
    """Take a file out of a draft and return it; None where the draft has no such file. Raise as `attach` does."""
    before = attached_to(draft)
    gone = next((one for one in before if one.digest == digest), None)
    if gone is None:
        return None
    _refuse_change(draft, revision)
    _put(draft, tuple(one for one in before if one is not gone), actor, now)
    attachments.let_go(room.session, room.unit_id, [digest], now=now)
    room.write_down(Event.CHANGED, actor=actor, now=now, draft=draft, remark=f"删去附件“{gone.name}”")
    return gone


def content_of(draft: Draft, digest: str, files: FileStore) -> tuple[Attachment, bytes] | None:
    """Return a file of a draft with its content; None where the draft has no such file. Raises what `files` does."""
    found = next((one for one in attached_to(draft) if one.digest == digest), None)
    return (found, files.get(digest)) if found else None


@dataclass(frozen=True)
class Reviewed:
    """A file of a draft with what was seen in it. `silent`: it has no text that anything could be seen in."""

    attachment: Attachment
    hits: tuple[Hit, ...]
    silent: bool


def reviewed(room: Room, draft: Draft) -> list[Reviewed]:
    """Return a draft's files with the personal data in each, whether or not a law asks for it."""
    found = []
    for one in attached_to(draft):
        row = room.attachment(one.digest)
        text = row.text if row else ""
        found.append(Reviewed(one, personal_data_in(text), not text.strip()))
    return found


def personal_problems(room: Room, document: Document) -> list[PersonalProblem]:
    """Return the personal data in a document's attachments that would stop it from being published."""
    return attachments.personal_problems(room.session, room.unit_id, document)


def _refuse_change(draft: Draft, revision: int) -> None:
    if not may_change(draft):
        raise NotAttachable("草稿已提交审核，附件不能再改动。请先撤回提交，或由审核人退回后再改。")
    if draft.revision != revision:
        raise Conflict(f"草稿已由“{draft.author}”修改过。请核对下面最新的附件后，再操作一次。")


def _register(room: Room, made: Attachment, text: str, actor: Actor, now: datetime) -> None:
    row = room.attachment(made.digest, gone_too=True)
    if row is None:
        row = tables.Attachment(unit_id=room.unit_id, digest=made.digest)
        room.session.add(row)
    row.name, row.media_type, row.size, row.text = made.name, made.media_type.value, made.size, text
    row.added_by, row.added_at, row.gone_at = actor.name, now, None
    room.session.flush()


def _put(draft: Draft, some: tuple[Attachment, ...], actor: Actor, now: datetime) -> None:
    """Let form and content of the draft say the same."""
    if draft.content is not None:
        document = kind_of(draft.kind).model_validate_json(draft.content)
        draft.content = canonical(document_json(document.model_copy(update={"attachments": some})))
    if draft.entries is not None or draft.content is None:
        entries = json.loads(draft.entries or "{}")
        draft.entries = json.dumps(with_attached(entries, some), ensure_ascii=False)
    draft.author, draft.author_id = actor.name, actor.id
    draft.revision, draft.updated_at = draft.revision + 1, now
