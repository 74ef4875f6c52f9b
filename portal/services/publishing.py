"""Draft → version; correction → next version; withdrawal → tombstone.

What a service writes becomes true when its caller commits: the version and the
outbox row that makes it visible stand or fall together.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.canonical import canonical, document_json, fingerprint, publication, read_publication
from portal.domain.documents.attachment import Attachment
from portal.domain.documents.base import Audience, Document, Openness, kind_of
from portal.domain.rules.base import Finding
from portal.domain.rules.check import EXPLANATION, explains
from portal.domain.rules.personal_numbers import first_seen
from portal.domain.values import clean_text
from portal.services.attachments import attached_to, let_go, obstacle
from portal.services.checking import SHANGHAI, Book
from portal.store.tables import Destruction, Draft, Outbox, Record, Unit, Version, Withdrawal

_WIDTH = {Audience.COMMISSION: 0, Audience.LEADERSHIP_GROUP: 1, Audience.STAFF: 2, Audience.PUBLIC: 3}


FIRST = "首次公开"  # The reason of a record's first version; never one for a correction.


class NotPublishable(ValueError):
    """The document cannot be published as it is; the message says why and what to do."""


class Unchanged(NotPublishable):
    """The document says exactly what the version in force already says."""


class Blocked(NotPublishable):
    """The rule book forbids publishing the document as it is; `findings` says what it saw."""

    def __init__(self, findings: Sequence[Finding], document: Document) -> None:
        self.findings = tuple(findings)
        told = "；".join(
            f"{one.rule} {one.title}：{one.seen}{one.remedy}（{one.source}）" for one in findings
        )
        way = (
            f"请改正，或填写“公开说明”如实说明后再发布：{EXPLANATION}。"
            if all(one.with_explanation for one in findings)
            else "请改正后再发布。"
        )
        super().__init__(f"《{document.title}》有 {len(findings)} 处不得发布：{told}{way}")


class Conflict(ValueError):
    """Somebody else changed the draft in between."""


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
        _refuse_unseen(what, value)
    document = draft_document(draft)
    unit = draft.unit
    record = draft.record or find_record(session, unit, document)
    previous = latest_version(session, record) if record else None
    _refuse_unfit(document, previous, reason)
    if previous:
        _refuse_silent_change(draft, previous, reason)
    if record is None:
        record = _new_record(session, unit, document, now)
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
    _refuse_forbidden(book, unit, document, now)
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


def _refuse_unseen(what: str, text: str) -> None:
    """Refuse characters that a reader cannot see: what is shown must be what is written."""
    try:
        clean_text(text)
    except ValueError as unseen:
        raise NotPublishable(f"{what}的{unseen}") from unseen


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
        _refuse_unseen(what, value)
        _refuse_personal(what, value)
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
    """Erase the payload and salt of a withdrawn version, and every draft of its record; row, digest and tombstone stay.

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
        _refuse_unseen(what, value)
        _refuse_personal(what, value)
    destruction = Destruction(
        version_id=version.id, legal_ground=legal_ground, approver=approver, destroyed_at=now
    )
    session.add(destruction)
    session.flush()
    files = published_files(version)
    version.payload = None
    version.salt = None
    for draft in session.scalars(select(Draft).where(Draft.record_id == version.record_id)):
        session.delete(draft)
    session.flush()
    let_go(session, version.record.unit_id, (one.digest for one in files), now=now)
    _forget_key(session, version.record)
    _owe(session, version.record, "destroyed", now)
    session.flush()
    session.refresh(version)
    return destruction


def unwithdrawn(record: Record) -> list[int]:
    """Return the numbers of the record's versions whose content is still published."""
    return [one.number for one in record.versions if one.withdrawal is None]


def _refuse_unfit(document: Document, previous: Version | None, reason: str) -> None:
    if not reason.strip():
        raise NotPublishable("发布原因不能为空。首次公开可写“首次公开”，更正须写明更正了什么、为什么。")
    _refuse_personal("发布原因", reason)
    if document.audience == Audience.PUBLIC and document.openness != Openness.PROACTIVE:
        raise NotPublishable(
            f"公开属性是“{document.openness.label}”，不能面向社会公开。请把公开属性改为“主动公开”，或缩小公开范围。"
        )
    if document.openness != Openness.PROACTIVE and not document.openness_basis:
        raise NotPublishable("依申请公开或不予公开的内容须填写依据（政府信息公开条例第十四条至第十六条）。")
    if (
        previous
        and previous.withdrawal is None
        and _WIDTH[document.audience] < _WIDTH[Audience(previous.audience)]
    ):
        raise NotPublishable(
            f"第 {previous.number} 版已向“{Audience(previous.audience).label}”公开，不能直接缩小公开范围。"
            "确需停止公开的，请先依法撤回并写明依据。"
        )


def _refuse_personal(what: str, text: str) -> None:
    """What is said beside a version is public, too: no numbers or addresses of people in it."""
    if seen := first_seen(text):
        raise NotPublishable(f"{what}里有{seen}。{what}会向社会公示，请删去或遮盖后重新填写。")


def _refuse_forbidden(book: Book, unit: Unit, document: Document, now: datetime) -> None:
    """What the rule book forbids is not published, unless a public explanation may stand beside it."""
    report = book.test(unit, document, now=now)
    if report and (blocking := report.blocking(explained=explains(document.public_explanation))):
        raise Blocked(blocking, document)


def _refuse_silent_change(draft: Draft, previous: Version, reason: str) -> None:
    """A record that has versions changes only knowingly: not by an old draft, not without saying why."""
    if previous.withdrawal is not None:
        raise NotPublishable(
            f"此件第 {previous.number} 版已依法撤回，不能再次公开。如撤回原因已消除，请以新的文号或期间重新公开。"
        )
    if draft.updated_at < previous.published_at:
        raise NotPublishable(
            f"这份草稿早于已公开的第 {previous.number} 版，发布它会把更正改回去。请在最新版本的基础上重新填写草稿。"
        )
    if reason.strip() == FIRST:
        raise NotPublishable(
            f"此件已公开到第 {previous.number} 版，再次发布即为更正。请写明更正了什么、为什么（--reason）。"
        )


def _new_record(session: Session, unit: Unit, document: Document, now: datetime) -> Record:
    year = document.year() or now.astimezone(SHANGHAI).year
    if document.index_no:
        _refuse_used_index_no(session, unit, document.index_no)
    record = Record(
        jurisdiction_id=unit.jurisdiction_id,
        unit_id=unit.id,
        unit=unit,
        kind=document.kind.code,
        natural_key=document.natural_key(),
        slug=_free_slug(session, unit, document, year),
        index_no=document.index_no or _next_index_no(session, unit, year),
        created_at=now,
    )
    session.add(record)
    session.flush()
    return record


def _refuse_used_index_no(session: Session, unit: Unit, index_no: str) -> None:
    other = session.scalar(
        select(Record).where(Record.jurisdiction_id == unit.jurisdiction_id, Record.index_no == index_no)
    )
    if other:
        raise NotPublishable(
            f"索引号“{index_no}”已被“{other.unit.name}”的{kind_of(other.kind).kind.label}使用。"
            "索引号不能重复，请更换，或留空由系统编排。"
        )


def _free_slug(session: Session, unit: Unit, document: Document, year: int) -> str:
    taken = set(
        session.scalars(
            select(Record.slug).where(Record.unit_id == unit.id, Record.kind == document.kind.code)
        )
    )
    if own := document.slug():
        # Taken only where an earlier record of the same period was destroyed by law: its address stays its own.
        return next(
            one for one in (own, *(f"{own}-{n}" for n in range(2, len(taken) + 3))) if one not in taken
        )
    highest = max((_tail(slug) for slug in taken if slug.startswith(f"{year}-")), default=0)
    return f"{year}-{highest + 1:04d}"


def _next_index_no(session: Session, unit: Unit, year: int) -> str:
    stem = f"{unit.uscc or unit.code or f'{unit.jurisdiction.slug}-{unit.id:05d}'}/{year}-"
    highest = session.scalar(
        select(func.max(Record.index_no)).where(
            Record.jurisdiction_id == unit.jurisdiction_id,
            Record.index_no.startswith(stem, autoescape=True),
            func.length(Record.index_no) == len(stem) + 5,
        )
    )
    return f"{stem}{1 + (_tail(highest) if highest else 0):05d}"


def _tail(text: str) -> int:
    digits = text.rsplit("-", 1)[-1]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def _forget_key(session: Session, record: Record) -> None:
    """A natural key may hold a title: when no version's content is left, it goes too."""
    left = session.scalar(
        select(func.count()).where(Version.record_id == record.id, Version.payload.is_not(None))
    )
    if not left:
        record.natural_key = f"已销毁:{record.id}"
        session.flush()


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
