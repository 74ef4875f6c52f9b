"""Attachments of a unit as the database knows them: are they on file, what do they say, is anybody still in need of them.

A document only names its files. Before it goes out, each must be one of the unit's own, and what the files say is
held against the law on personal data as the document itself is (PUB-17).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.attached import ENTRY, attached, personal_data_in
from portal.domain.documents.attachment import Attachment
from portal.domain.documents.base import Audience, Document, kind_of
from portal.domain.rules.personal_data import names_an_article
from portal.store import tables
from portal.store.files import FileStore
from portal.store.tables import Draft, Record, Version

_TOLD = 5


@dataclass(frozen=True)
class PersonalProblem:
    """Personal data in one attachment: what sort, and an excerpt that gives nothing away."""

    attachment: Attachment
    label: str
    excerpt: str

    @property
    def told(self) -> str:
        """The whole sentence."""
        return f"附件“{self.attachment.name}”里有{self.label}（{self.excerpt}）。"


REMEDY = "请在原文件中删去或遮盖后重新添加；法律、行政法规规定应当公开的，在“公开个人信息的依据”中写明法律、行政法规的名称和第几条。"


def attached_to(draft: Draft) -> tuple[Attachment, ...]:
    """Return the attachments of a draft: as its form carries them, else as its content has them."""
    entries = json.loads(draft.entries) if draft.entries else {}
    if ENTRY in entries:
        return attached(entries)
    if draft.content is None:
        return ()
    return kind_of(draft.kind).model_validate_json(draft.content).attachments


def unfounded(session: Session, unit_id: int, document: Document) -> str | None:
    """Return what is wrong with the files that a document names, in Chinese; None where the unit has each of them."""
    rows = _rows(session, unit_id, (one.digest for one in document.attachments))
    for one in document.attachments:
        row = rows.get(one.digest)
        if row is None:
            return (
                f"附件“{one.name}”的内容（SHA-256 为 {one.digest[:12]}…）不在本单位的附件库中。"
                "请在草稿的“附件”页上传这个文件，或从内容中删去这一项。"
            )
        if (row.size, row.media_type) != (one.size, one.media_type.value):
            return f"附件“{one.name}”写的大小或格式与文件不符。请删去这一项，在草稿的“附件”页重新添加。"
    return None


def personal_problems(session: Session, unit_id: int, document: Document) -> list[PersonalProblem]:
    """Return the personal data in a document's attachments that stops it from being published.

    Nothing where the document names the article that asks for it, or is for the commission's eyes only.
    """
    basis = document.personal_data_basis
    if document.audience is Audience.COMMISSION or (basis is not None and names_an_article(basis)):
        return []
    rows = _rows(session, unit_id, (one.digest for one in document.attachments))
    return [
        PersonalProblem(one, hit.sort.label, hit.excerpt)
        for one in document.attachments
        if one.digest in rows
        for hit in personal_data_in(rows[one.digest].text)
    ]


def obstacle(session: Session, unit_id: int, document: Document) -> str | None:
    """Return why a document's attachments keep it from being published, in Chinese; None where they do not."""
    if wrong := unfounded(session, unit_id, document):
        return wrong
    found = personal_problems(session, unit_id, document)
    if not found:
        return None
    more = f"还有 {len(found) - _TOLD} 处。" if len(found) > _TOLD else ""
    return f"{''.join(one.told for one in found[:_TOLD])}{more}{REMEDY}"


def let_go(session: Session, unit_id: int, digests: Iterable[str], *, now: datetime) -> None:
    """Forget what files say that no version and no draft of the unit names any more; `sweep` removes their content.

    What was typed over a draft and kept beside it is not asked: a form brings no file back.
    """
    wanted = set(digests)
    if not wanted:
        return
    session.flush()
    payloads = select(Version.payload).join(Version.record).where(Record.unit_id == unit_id)
    said = [one for one in session.scalars(payloads.where(Version.payload.is_not(None))) if one]
    for draft in session.scalars(select(Draft).where(Draft.unit_id == unit_id)):
        said += [draft.content or b"", (draft.entries or "").encode()]
    for digest in wanted:
        mark = digest.encode()
        row = _rows(session, unit_id, [digest]).get(digest)
        if row is not None and not any(mark in one for one in said):
            row.gone_at, row.text, row.name = now, "", ""
    session.flush()


def any_gone(session: Session) -> bool:
    """Tell whether there is content that `sweep` would remove."""
    query = select(tables.Attachment.id).where(tables.Attachment.gone_at.is_not(None))
    return session.scalar(query.limit(1)) is not None


def sweep(session: Session, *stores: FileStore) -> int:
    """Remove the content of files that nobody needs any more, and their rows; return how many. The caller commits."""
    count = 0
    for row in session.scalars(select(tables.Attachment).where(tables.Attachment.gone_at.is_not(None))):
        others = select(tables.Attachment.id).where(
            tables.Attachment.digest == row.digest, tables.Attachment.gone_at.is_(None)
        )
        if session.scalar(others.limit(1)) is None:  # Another unit may have the very same file.
            for one in stores:
                one.delete(row.digest)
        session.delete(row)
        count += 1
    session.flush()
    return count


def _rows(session: Session, unit_id: int, digests: Iterable[str]) -> dict[str, tables.Attachment]:
    wanted = list(digests)
    if not wanted:
        return {}
    query = select(tables.Attachment).where(
        tables.Attachment.unit_id == unit_id,
        tables.Attachment.digest.in_(wanted),
        tables.Attachment.gone_at.is_(None),
    )
    return {row.digest: row for row in session.scalars(query)}
