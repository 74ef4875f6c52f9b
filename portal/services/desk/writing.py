"""Writing a disclosure: a draft begins, is saved again and again, is put right or thrown away. Nothing typed is lost.

What was typed is kept as it is (`Draft.entries`), whether it makes a document or not; whoever calls has read it
and gives the document where there is one. Attachments are not typed: a draft keeps those that it has. Every change is optimistic: it names the revision that it was typed
over, and where somebody else was faster it is kept beside the draft (`DraftCopy`) and `Stale` is raised.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime

from portal.domain.attached import with_attached
from portal.domain.canonical import canonical, document_json
from portal.domain.documents.base import Document, kind_of
from portal.domain.drafting import Event, State
from portal.domain.rules.base import Finding
from portal.services.attachments import attached_to, let_go
from portal.services.checking import Book
from portal.services.desk import claims, reviewing
from portal.services.desk.rooms import Actor, Room
from portal.services.publishing import Conflict, with_files_of

# The rows that these services give and take: the office names their types without reaching for the tables.
from portal.store.tables import Draft as Draft
from portal.store.tables import DraftCopy as DraftCopy
from portal.store.tables import Record as Record

EDITABLE = frozenset({State.DRAFT.value, State.RETURNED.value})
_WROTE = frozenset({Event.CREATED.value, Event.CHANGED.value, Event.SUBMITTED.value})
_COPIES = 50  # Kept texts of one person beside one draft, the newest: each may be as long as a draft, the disk is not.
_TITLE = 300  # Characters: as long as a title can be.


class NotEditable(ValueError):
    """The draft is in a state in which nobody may change it; the message says what to do."""


class Stale(Conflict):
    """The draft was changed meanwhile. What was typed is in `copy`; the caller commits before it answers."""

    def __init__(self, draft: Draft, copy: DraftCopy) -> None:
        """Keep both sides."""
        self.draft, self.copy = draft, copy
        # The same account in a second window is the usual case, and no “somebody else”.
        who = (
            "您在另一个窗口或另一台设备上"
            if copy.account_id is not None and copy.account_id == draft.author_id
            else f"“{draft.author}”"
        )
        super().__init__(
            f"您填写期间，{who}保存过这份草稿。您填写的内容已另外保存，没有丢失。"
            "请对照两边的内容，选定后再保存。"
        )


def start(
    room: Room,
    kind: str,
    *,
    entries: Mapping[str, str],
    document: Document | None,
    title: str,
    actor: Actor,
    now: datetime,
    record: Record | None = None,
    remark: str = "",
) -> Draft:
    """Begin a draft; with `record` it corrects something published, and one that already does so is returned instead."""
    model = kind_of(kind)
    if record is not None and (known := unfinished(room, record)):
        return known
    draft = Draft(
        uid=secrets.token_urlsafe(16),
        unit_id=room.unit_id,
        unit=room.unit,
        record_id=record.id if record else None,
        record=record,
        kind=model.kind.code,
        title=title[:_TITLE],
        entries=_kept(with_attached(entries, document.attachments if document else ())),
        content=_content(document),
        state=State.DRAFT.value,
        author=actor.name,
        author_id=actor.id,
        created_at=now,
        updated_at=now,
    )
    room.session.add(draft)
    room.session.flush()
    room.write_down(Event.CREATED, actor=actor, now=now, draft=draft, remark=remark)
    return draft


def unfinished(room: Room, record: Record) -> Draft | None:
    """Return the draft that already corrects the record, if there is one."""
    return next((one for one in room.drafts() if one.record_id == record.id), None)


def save(
    room: Room,
    draft: Draft,
    *,
    entries: Mapping[str, str],
    document: Document | None,
    title: str,
    revision: int,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> bool:
    """Keep what was typed; tell whether anything changed.

    Raises `Stale` where the draft is not at `revision` any more (unless it says just this already), and
    `NotEditable` where it was submitted or approved. In both cases what was typed is kept beside the draft.
    """
    room.session.refresh(draft, with_for_update=True)
    document = whole(draft, document)
    kept = _with_files(draft, entries)
    same = _same(draft, kept, document) and reason in (None, draft.reason)
    if draft.revision != revision and not same:
        raise Stale(
            draft, keep(room, draft.uid, entries, why="conflict", revision=revision, actor=actor, now=now)
        )
    if same:
        return False
    _refuse_fixed(room, draft, entries, revision=revision, actor=actor, now=now)
    draft.entries, draft.content, draft.title = kept, _content(document), title[:_TITLE]
    if reason is not None:
        draft.reason = reason
    _changed(room, draft, actor=actor, now=now)
    return True


def keep(
    room: Room,
    draft_uid: str,
    entries: Mapping[str, str],
    *,
    why: str,
    revision: int,
    actor: Actor,
    now: datetime,
) -> DraftCopy:
    """Keep what was typed beside a draft. The same text of the same person over the same revision is kept once."""
    kept = _kept(entries)
    for one in room.copies(draft_uid):
        if (one.account_id, one.revision, one.entries) == (actor.id, revision, kept):
            return one
    copy = DraftCopy(
        unit_id=room.unit_id,
        draft_uid=draft_uid,
        account_id=actor.id,
        author=actor.name,
        why=why,
        revision=revision,
        entries=kept,
        saved_at=now,
    )
    room.session.add(copy)
    room.session.flush()
    own = [one for one in room.copies(draft_uid) if one.account_id == actor.id]
    for one in own[_COPIES:]:
        room.session.delete(one)
    return copy


def replace(
    room: Room,
    draft: Draft,
    *,
    entries: Mapping[str, str],
    before: Mapping[str, str],
    document: Document | None,
    title: str,
    revision: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Put other entries in the draft's place (a kept copy, or a mixture of two); what stood there is kept as a copy.

    Raises as `save` does.
    """
    room.session.refresh(draft, with_for_update=True)
    if (
        draft.revision == revision
        and draft.state in EDITABLE
        and not _same(draft, _with_files(draft, entries), whole(draft, document))
    ):
        keep(room, draft.uid, before, why="replaced", revision=revision, actor=actor, now=now)
    save(
        room, draft, entries=entries, document=document, title=title, revision=revision, actor=actor, now=now
    )


def credit_copy(room: Room, draft: Draft, copy: DraftCopy, *, actor: Actor, now: datetime) -> None:
    """Write down who wrote a kept text that somebody else has put into a draft, also into another one than its own."""
    writers = {
        one.account_id: one.actor for one in room.steps(draft_uid=copy.draft_uid) if one.event in _WROTE
    }
    for number, name in {**writers, copy.account_id: copy.author}.items():
        if number is not None and (copy.draft_uid != draft.uid or number == copy.account_id):
            writer = Actor(number, name, frozenset())
            claims.credit(room, draft, writer, by=actor, now=now, remark="留存的内容")


def settle(copy: DraftCopy) -> None:
    """Note that somebody has decided on a kept text: it is still there, but no longer asks for a decision."""
    copy.why = "replaced"


def discard(room: Room, draft: Draft, *, revision: int, actor: Actor, now: datetime) -> None:
    """Throw a draft away; the record of steps keeps that it was there. Raises `Conflict` or `NotEditable`."""
    room.session.refresh(draft, with_for_update=True)
    if draft.revision != revision:
        raise Conflict(f"“{draft.author}”刚刚修改过这份草稿，没有删除。请重新打开，看过以后再决定。")
    if draft.state not in EDITABLE:
        raise NotEditable(_fixed(draft))
    room.write_down(Event.DISCARDED, actor=actor, now=now, draft=draft)
    files = [one.digest for one in attached_to(draft)]
    room.session.delete(draft)
    room.session.flush()
    let_go(room.session, room.unit_id, files, now=now)


def _same(draft: Draft, kept: str, document: Document | None) -> bool:
    if draft.entries is None:  # It came with a file: its content is all it says.
        return draft.content is not None and draft.content == _content(document)
    return draft.entries == kept


def _changed(room: Room, draft: Draft, *, actor: Actor, now: datetime) -> None:
    """Count a change, and enter one step for each person between two changes of state: saving goes on all the time."""
    draft.author, draft.author_id, draft.updated_at = actor.name, actor.id, now
    draft.revision += 1
    room.session.flush()
    for one in room.steps(draft_uid=draft.uid):
        if one.event == Event.CHANGED.value and one.account_id == actor.id:
            return
        if one.event != Event.CHANGED.value:
            break
    room.write_down(Event.CHANGED, actor=actor, now=now, draft=draft)


def _refuse_fixed(
    room: Room, draft: Draft, entries: Mapping[str, str], *, revision: int, actor: Actor, now: datetime
) -> None:
    if draft.state not in EDITABLE:
        keep(room, draft.uid, entries, why="conflict", revision=revision, actor=actor, now=now)
        raise NotEditable(_fixed(draft))


def _fixed(draft: Draft) -> str:
    label = State(draft.state).label
    return f"这份草稿{label}，不能修改。需要修改的，请先撤回提交或由审核人退回。"


def whole(draft: Draft, document: Document | None) -> Document | None:
    """Return the document that was typed with the draft's attachments, which nobody types."""
    return with_files_of(document, attached_to(draft)) if document else None


def _with_files(draft: Draft, entries: Mapping[str, str]) -> str:
    return _kept(with_attached(entries, attached_to(draft)))


def _kept(entries: Mapping[str, str]) -> str:
    return json.dumps(dict(entries), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _content(document: Document | None) -> bytes | None:
    return canonical(document_json(document)) if document else None


class NotReady(ValueError):
    """The draft cannot be submitted yet: it makes no document, or `findings` stop it."""

    def __init__(self, message: str, findings: tuple[Finding, ...] = ()) -> None:
        """Keep what stands in the way."""
        self.findings = findings
        super().__init__(message)


def submit(room: Room, draft: Draft, *, revision: int, actor: Actor, now: datetime, book: Book) -> None:
    """Hand the draft to the reviewers. Raises `Conflict`, `NotEditable` or `NotReady`; the caller then rolls back."""
    if draft.state not in EDITABLE:
        raise NotEditable(_fixed(draft))
    if draft.content is None:
        raise NotReady("还有栏目没有填好，改完才能送审。")
    try:
        reviewing.submit(room, draft, revision=revision, actor=actor, now=now, book=book)
    except claims.NotReady as refusal:
        raise NotReady(str(refusal), refusal.readiness.blocking) from refusal
    except claims.Refused as refusal:
        raise NotReady(str(refusal)) from refusal
