"""Draft → version; correction → next version; withdrawal → tombstone.

What a service writes becomes true when its caller commits: the version and the
outbox row that makes it visible stand or fall together.
"""

from __future__ import annotations

import secrets
from datetime import date, datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.domain.canonical import canonical, document_json, fingerprint, publication, read_publication
from portal.domain.documents.attachment import Attachment
from portal.domain.documents.base import Document, kind_of
from portal.services.attachments import attached_to, let_go, obstacle
from portal.services.checking import SHANGHAI, Book
from portal.services.recalling import RECALL
from portal.services.refusing import (
    FIRST,
    Blocked,
    Conflict,
    NotPublishable,
    Unchanged,
    refuse_forbidden,
    refuse_personal,
    refuse_silent_change,
    refuse_unfit,
    refuse_unseen,
)
from portal.services.registering import forget_key, new_record
from portal.store.tables import (
    Destruction,
    Draft,
    DraftCopy,
    Outbox,
    Record,
    Step,
    Unit,
    Upload,
    Version,
    Withdrawal,
)

__all__ = [
    "FIRST",
    "SHANGHAI",
    "Blocked",
    "Conflict",
    "NotPublishable",
    "Unchanged",
    "change_draft",
    "destroy_content",
    "draft_document",
    "find_record",
    "latest_version",
    "publish",
    "same_content",
    "save_draft",
    "unwithdrawn",
    "withdraw",
]


def save_draft(
    session: Session,
    *,
    unit: Unit,
    document: Document,
    author: str,
    now: datetime,
    record: Record | None = None,
) -> Draft:
    """Keep a document as a draft of the unit; `record` when it corrects something published."""
    draft = Draft(
        uid=secrets.token_urlsafe(16),
        unit_id=unit.id,
        unit=unit,
        record_id=record.id if record else None,
        record=record,
        kind=document.kind.code,
        title=document.title,
        content=canonical(document_json(document)),
        author=author,
        created_at=now,
        updated_at=now,
    )
    session.add(draft)
    session.flush()
    return draft


def change_draft(
    session: Session, draft: Draft, *, document: Document, author: str, revision: int, now: datetime
) -> None:
    """Replace a draft's content, unless somebody else did so since `revision` was read; its files stay.

    Files are added and removed one by one: no sheet and no form carries them.
    """
    if draft.revision != revision:
        raise Conflict(f"草稿已由“{draft.author}”修改过。请重新打开草稿，把您的改动合并后再保存。")
    document = with_files_of(document, attached_to(draft))
    draft.content, draft.entries = canonical(document_json(document)), None
    draft.title = document.title
    draft.author, draft.revision, draft.updated_at = author, revision + 1, now
    session.flush()


def with_files_of(document: Document, files: tuple[Attachment, ...]) -> Document:
    """Return the document with these files, unless it names some itself."""
    return (
        document.model_copy(update={"attachments": files}) if files and not document.attachments else document
    )


def draft_document(draft: Draft) -> Document:
    """Return the document that a draft holds, or raise `NotPublishable` where what was typed makes none yet."""
    if draft.content is None:
        raise NotPublishable(
            f"草稿“{draft.title or draft.uid}”还没有填写完整。请打开草稿，按提示改正后再发布。"
        )
    return kind_of(draft.kind).model_validate_json(draft.content)


def find_record(session: Session, unit: Unit, document: Document) -> Record | None:
    """Return the unit's record that the document is about, if it was published before."""
    return session.scalar(
        select(Record).where(
            Record.unit_id == unit.id,
            Record.kind == document.kind.code,
            Record.natural_key == document.natural_key(),
        )
    )


def latest_version(session: Session, record: Record) -> Version | None:
    """Return the record's newest version."""
    return session.scalar(
        select(Version).where(Version.record_id == record.id).order_by(Version.number.desc()).limit(1)
    )


def same_content(version: Version, document: Document, record: Record) -> bool:
    """Tell whether the version already says what the document says."""
    if version.payload is None:
        return False
    _, published = read_publication(version.payload)
    given = document if document.index_no else document.model_copy(update={"index_no": record.index_no})
    return document_json(published) == document_json(given)


def published_files(version: Version) -> tuple[Attachment, ...]:
    """Return the files that a version names."""
    if version.payload is None or b'"attachments"' not in version.payload:
        return ()
    return read_publication(version.payload)[1].attachments


def publish(session: Session, draft: Draft, *, book: Book, reason: str, actor: str, now: datetime) -> Version:
    """Publish the draft as its record's next version; the draft is used up.

    The caller has already asked whether the actor may publish; `book` is the rule book
    at work in this command or request. `now` is the server's clock: a publication is
    never dated by whoever publishes (PUB-09). Raises `NotPublishable` and writes nothing
    when the document may not be published as it is. A breach that the regime lets be
    published with a public explanation (公开说明) is published with it, and stays marked.
    """
    for what, value in (("说明", reason), ("发布人", actor)):
        refuse_unseen(what, value)
    document = draft_document(draft)
    unit = draft.unit
    record = draft.record or find_record(session, unit, document)
    previous = latest_version(session, record) if record else None
    refuse_unfit(document, previous, reason)
    if previous:
        refuse_silent_change(draft, previous, reason)
    if record is None:
        record = new_record(session, unit, document, now)
    elif document.index_no and document.index_no != record.index_no:
        raise NotPublishable(
            f"索引号“{document.index_no}”与此件已公开的索引号“{record.index_no}”不一致。"
            "更正时索引号保持不变，请改回或留空。"
        )
    document = document.model_copy(update={"index_no": record.index_no})
    if previous and previous.withdrawal is None and same_content(previous, document, record):
        raise Unchanged(f"内容与已公开的第 {previous.number} 版完全相同，没有需要公开的变化。")
    if wrong := obstacle(session, unit.id, document):
        raise NotPublishable(wrong)
    refuse_forbidden(book, unit, document, now)
    number = previous.number + 1 if previous else 1
    payload = publication(
        document,
        jurisdiction=unit.jurisdiction.slug,
        unit=unit.slug,
        unit_name=unit.name,
        index_no=record.index_no,
        number=number,
        reason=reason,
        published_at=now,
    )
    salt = secrets.token_bytes(32)
    version = Version(
        record_id=record.id,
        record=record,
        number=number,
        audience=document.audience.value,
        payload=payload,
        salt=salt,
        digest=fingerprint(salt, payload),
        reason=reason,
        published_by=actor,
        published_at=now,
    )
    session.add(version)
    _owe(session, record, "published", now)
    session.delete(draft)
    session.flush()
    book.published(unit, document, now)
    return version


def withdraw(
    session: Session,
    version: Version,
    *,
    legal_ground: str,
    reason: str,
    approver: str,
    now: datetime,
    destroy: bool = False,
    review_on: date | None = None,
) -> Withdrawal:
    """Withdraw one version: a tombstone with its legal ground takes its place.

    With `destroy` the law asks for the content itself to go (personal data); see `destroy_content`.
    """
    for what, value in (("撤回的法律依据", legal_ground), ("撤回原因", reason), ("批准人", approver)):
        if not value.strip():
            raise NotPublishable(f"{what}不能为空：撤回必须说明依据、原因和批准人，并向社会公示。")
        refuse_unseen(what, value)
        refuse_personal(what, value)
    if version.withdrawal is not None:
        raise NotPublishable(f"第 {version.number} 版已于此前撤回，不能重复撤回。")
    withdrawal = Withdrawal(
        version_id=version.id,
        legal_ground=legal_ground,
        reason=reason,
        approver=approver,
        review_on=review_on,
        withdrawn_at=now,
    )
    session.add(withdrawal)
    session.flush()
    session.refresh(version)
    if destroy:
        destroy_content(session, version, legal_ground=legal_ground, approver=approver, now=now)
    else:
        _owe(session, version.record, "withdrawn", now)
        session.flush()
    return withdrawal


def destroy_content(
    session: Session, version: Version, *, legal_ground: str, approver: str, now: datetime
) -> Destruction:
    """Erase the payload and salt of a withdrawn version, and every draft of its record with what was uploaded for it.

    Row, digest and tombstone stay, and so do the titles in the record of steps.

    Files that nothing else of the unit names go with it: what they said now, their content with the next sync.
    Afterwards nobody can confirm a guess about the content from what is left.
    """
    if version.withdrawal is None:
        raise NotPublishable(f"第 {version.number} 版尚未撤回。请先依法撤回，再决定是否销毁内容。")
    if version.payload is None:
        raise NotPublishable(f"第 {version.number} 版的内容此前已经销毁。")
    if not legal_ground.strip() or not approver.strip():
        raise NotPublishable("销毁内容必须写明法律依据和批准人。")
    for what, value in (("销毁的法律依据", legal_ground), ("批准人", approver)):
        refuse_unseen(what, value)
        refuse_personal(what, value)
    destruction = Destruction(
        version_id=version.id, legal_ground=legal_ground, approver=approver, destroyed_at=now
    )
    session.add(destruction)
    session.flush()
    files = published_files(version)
    version.payload = None
    version.salt = None
    RECALL.forget(version.digest)
    _forget_drafts(session, version.record)
    let_go(session, version.record.unit_id, (one.digest for one in files), now=now)
    forget_key(session, version.record)
    _owe(session, version.record, "destroyed", now)
    session.flush()
    session.refresh(version)
    return destruction


def _forget_drafts(session: Session, record: Record) -> None:
    """Delete every draft of the record, and whatever was typed or uploaded for one that has become a version."""
    uids = set(session.scalars(select(Draft.uid).where(Draft.record_id == record.id)))
    used = select(Step.draft_uid).where(Step.record_id == record.id, Step.draft_uid.is_not(None))
    uids |= {one for one in session.scalars(used) if one}
    for table in (DraftCopy, Upload):
        rows = delete(table).where(table.unit_id == record.unit_id, table.draft_uid.in_(uids))
        session.execute(rows.execution_options(synchronize_session=False))
    for draft in session.scalars(select(Draft).where(Draft.record_id == record.id)):
        session.delete(draft)
    session.flush()


def unwithdrawn(record: Record) -> list[int]:
    """Return the numbers of the record's versions whose content is still published."""
    return [one.number for one in record.versions if one.withdrawal is None]


def _owe(session: Session, record: Record, event: str, now: datetime) -> None:
    session.add(
        Outbox(
            jurisdiction_id=record.jurisdiction_id,
            record_id=record.id,
            unit_id=record.unit_id,
            event=event,
            created_at=now,
        )
    )
