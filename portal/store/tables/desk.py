"""The unit's desk: drafts on their way, who did what with them, uploads, attachments, the leadership group.

Every row belongs to one unit (`unit_id`). Steps are never updated or deleted.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.store.tables.base import Base
from portal.store.tables.published import Record, Unit


class Draft(Base):
    """A disclosure on its way: may change, may be thrown away, is never public.

    `entries` is what was typed into the form, right or wrong, as JSON of input name → text; `content` is the
    document's canonical JSON, or None as long as the entries make no document. A draft that came with a file
    has no entries until somebody opens it in the form.
    """

    __tablename__ = "draft"
    __table_args__ = (
        # Asked each second; and the column lies behind the content, which need not be read for it.
        Index(
            "ix_draft_publish_at",
            "publish_at",
            sqlite_where=text("publish_at IS NOT NULL"),
            postgresql_where=text("publish_at IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(22), unique=True)  # In addresses: numbers could be guessed.
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))  # What it corrects.
    kind: Mapped[str] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(default="")
    entries: Mapped[str | None]
    content: Mapped[bytes | None]
    state: Mapped[str] = mapped_column(String(20), default="draft")  # See `portal.domain.drafting.State`.
    reason: Mapped[str] = mapped_column(default="")  # Why something published is corrected.
    based_on: Mapped[int | None]  # Number of the version that it was begun from, or looked through against.
    author: Mapped[str]  # The name of whoever changed it last.
    author_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    submitted_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    approved_digest: Mapped[str | None] = mapped_column(
        String(64)
    )  # Of what was approved; else it is no approval.
    publish_at: Mapped[datetime | None]  # Approved, to be published then.
    revision: Mapped[int] = mapped_column(default=1)  # Optimistic locking; every change of anything counts.
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()
    record: Mapped[Record | None] = relationship()


class DraftCopy(Base):
    """What somebody typed that could not be saved into the draft: kept beside it, so that nothing is lost."""

    __tablename__ = "draft_copy"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    draft_uid: Mapped[str] = mapped_column(String(22), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    author: Mapped[str]
    why: Mapped[str] = mapped_column(String(20))  # conflict, expired, replaced
    revision: Mapped[int]  # The revision that it was typed over.
    entries: Mapped[str]
    saved_at: Mapped[datetime]


class Step(Base):
    """One thing that somebody did at the desk (操作记录). Never updated, never deleted.

    One draft is published once: the index says so, whatever arrives twice or in parallel.
    """

    __tablename__ = "step"
    __table_args__ = (
        Index(
            "ix_step_published_once",
            "draft_uid",
            unique=True,
            sqlite_where=text("event = 'published'"),
            postgresql_where=text("event = 'published'"),
        ),
        Index("ix_step_unit_id_id", "unit_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    event: Mapped[str] = mapped_column(String(20))  # See `portal.domain.drafting.Event`.
    kind: Mapped[str | None] = mapped_column(String(30))
    title: Mapped[str] = mapped_column(default="")
    draft_uid: Mapped[str | None] = mapped_column(String(22), index=True)
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"), index=True)
    version_id: Mapped[int | None] = mapped_column(ForeignKey("version.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    actor: Mapped[str]  # The name as it was then.
    remark: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class Upload(Base):
    """A workbook that was uploaded and tried, and what came of it. Thrown away after some days."""

    __tablename__ = "upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(22), unique=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    draft_uid: Mapped[str | None] = mapped_column(String(22))  # The draft that it is to fill, if any.
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    kind: Mapped[str] = mapped_column(String(30))
    filename: Mapped[str]
    data: Mapped[bytes]
    annotated: Mapped[bytes | None]
    report: Mapped[str]  # JSON.
    uploaded_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]  # When its content became a draft.


class Attachment(Base):
    """One file of a unit, cleaned of its metadata; its content lies in the attachments' store under its digest.

    `gone_at` is set when no version and no draft names it any more: name and text are blank by then, and the
    content is removed next.
    """

    __tablename__ = "attachment"
    __table_args__ = (UniqueConstraint("unit_id", "digest"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256, hex, of what is stored.
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    text: Mapped[str]  # What it says, for search and for the check for personal data.
    added_by: Mapped[str]
    added_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]


class Member(Base):
    """班子成员: one person in one post for one time. Ended, not deleted: forms of that time still need it."""

    __tablename__ = "member"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str]
    post: Mapped[str]
    role: Mapped[str] = mapped_column(String(30))  # See `portal.domain.drafting.MemberRole`.
    position: Mapped[int] = mapped_column(default=0)  # Order in the group.
    since: Mapped[date]
    until: Mapped[date | None]  # The last day in the post; None while it lasts.
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Mail(Base):
    """A letter on its way. Written in the change's own transaction, sent afterwards, at most once for a `key`."""

    __tablename__ = "mail"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    key: Mapped[str] = mapped_column(unique=True)
    recipient: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str | None]
    sent_at: Mapped[datetime | None]
