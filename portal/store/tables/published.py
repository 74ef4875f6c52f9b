"""What is published, what is registered, and what the site still owes.

Published rows are never updated or deleted: `guards.py` has the triggers
that make the database itself refuse it.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.store.tables.base import Base


class Jurisdiction(Base):
    """县区 (or province): one commission, its units, its regime file of the same slug."""

    __tablename__ = "jurisdiction"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(40), unique=True)
    created_at: Mapped[datetime]


class Unit(Base):
    """单位: a bureau, town or other body that publishes. Abolished units stay, with their records."""

    __tablename__ = "unit"
    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "slug"),
        UniqueConstraint("jurisdiction_id", "name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    slug: Mapped[str] = mapped_column(String(60))  # Server-made ASCII: it becomes a folder of the site.
    code: Mapped[str | None] = mapped_column(String(40))  # The county's own unit number.
    name: Mapped[str]
    short: Mapped[str | None]
    type: Mapped[str] = mapped_column(String(20))
    uscc: Mapped[str | None] = mapped_column(String(18))
    position: Mapped[int] = mapped_column(default=0)
    founded_on: Mapped[date | None]
    abolished_on: Mapped[date | None]
    sample: Mapped[bool] = mapped_column(default=False)  # 示例数据: its pages say so.
    listed: Mapped[bool] = mapped_column(
        default=True
    )  # False: came with an import; public once it has published.
    created_at: Mapped[datetime]

    jurisdiction: Mapped[Jurisdiction] = relationship()


class UnitAlias(Base):
    """A further name under which files know a unit (former names, short names)."""

    __tablename__ = "unit_alias"
    __table_args__ = (UniqueConstraint("jurisdiction_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str]


class Record(Base):
    """One thing that a unit discloses, through all its versions."""

    __tablename__ = "record"
    __table_args__ = (
        UniqueConstraint("unit_id", "kind", "natural_key"),
        UniqueConstraint("unit_id", "kind", "slug"),
        UniqueConstraint("jurisdiction_id", "index_no"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    natural_key: Mapped[str]
    slug: Mapped[str] = mapped_column(String(60))
    index_no: Mapped[str]
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()
    versions: Mapped[list[Version]] = relationship(order_by="Version.number", back_populates="record")


class Version(Base):
    """One published state of a record. Never updated, never deleted.

    A mistake is put right by the next version, which says why. `digest` is the
    SHA-256 of `salt` followed by `payload`. Only after a withdrawal and a
    `Destruction` may `payload` and `salt` go; the row and its digest stay.
    """

    __tablename__ = "version"
    # No index on the audience: nearly every version is public, and SQLite would walk all of them by it.
    __table_args__ = (UniqueConstraint("record_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[int] = mapped_column(ForeignKey("record.id"), index=True)
    number: Mapped[int]
    audience: Mapped[str] = mapped_column(String(20))
    payload: Mapped[bytes | None]  # Canonical JSON (RFC 8785): exactly the bytes that were hashed.
    salt: Mapped[bytes | None]
    digest: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str]
    published_by: Mapped[str]
    published_at: Mapped[datetime]

    record: Mapped[Record] = relationship(back_populates="versions")
    withdrawal: Mapped[Withdrawal | None] = relationship(back_populates="version")


class Withdrawal(Base):
    """撤回: the tombstone of one version, with its legal ground. Never updated, never deleted."""

    __tablename__ = "withdrawal"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), unique=True)
    legal_ground: Mapped[str]
    reason: Mapped[str]
    approver: Mapped[str]
    review_on: Mapped[date | None]
    withdrawn_at: Mapped[datetime]

    version: Mapped[Version] = relationship(back_populates="withdrawal")


class Destruction(Base):
    """销毁: the law asks that a withdrawn version's content itself goes. Never updated, never deleted."""

    __tablename__ = "destruction"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("version.id"), unique=True)
    legal_ground: Mapped[str]
    approver: Mapped[str]
    destroyed_at: Mapped[datetime]


class Exemption(Base):
    """不适用登记: a unit need not keep one duty for a time. Only its revocation may be added later, once.

    `valid_from` and `valid_until` are both included. Reason and approver are shown to the public.
    """

    __tablename__ = "exemption"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    duty: Mapped[str] = mapped_column(String(20))
    period: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str]
    approver: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    revoked_by: Mapped[str | None]
    revoke_reason: Mapped[str | None]
    revoked_at: Mapped[datetime | None]

    unit: Mapped[Unit] = relationship()


class Extension(Base):
    """延期: a later deadline for one duty and period of a unit. Never updated, never deleted."""

    __tablename__ = "extension"

    id: Mapped[int] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    duty: Mapped[str] = mapped_column(String(20))
    period: Mapped[str] = mapped_column(String(60))
    new_due: Mapped[date]
    reason: Mapped[str]
    approver: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()


class Outbox(Base):
    """What the index and the site still owe to a change; written in the change's own transaction."""

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_jurisdiction_id", "jurisdiction_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    record_id: Mapped[int | None] = mapped_column(ForeignKey("record.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    event: Mapped[str] = mapped_column(String(20))
    created_at: Mapped[datetime]
    indexed_at: Mapped[datetime | None]
    built_at: Mapped[datetime | None]
