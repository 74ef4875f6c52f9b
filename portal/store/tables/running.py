"""How a jurisdiction is run: changes of its terms, what became of units, and the log of everything. Append-only."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.tables.base import Base


class RegimeChange(Base):
    """A dated change of what the law leaves open: laid over the regime file, never in place of it.

    `section` is rule, year, counting … as in the file; `content` is what the file would say, as JSON.
    """

    __tablename__ = "regime_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    section: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(40))  # The rule's id, the year …
    content: Mapped[str]
    valid_from: Mapped[date]
    reason: Mapped[str]
    source: Mapped[str]
    approver: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class UnitEvent(Base):
    """What became of a unit: founded, renamed, merged into another, abolished."""

    __tablename__ = "unit_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    on: Mapped[date]
    other_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))  # Into which, or from which.
    words: Mapped[str]
    source: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Audit(Base):
    """操作日志: one thing that somebody of the commission did, or the platform on its behalf."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_jurisdiction_id_id", "jurisdiction_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))  # Whom it concerns.
    account_id: Mapped[int | None]
    actor: Mapped[str]
    action: Mapped[str] = mapped_column(String(40))
    object: Mapped[str] = mapped_column(String(80))  # What it was done to: a table's name and address.
    words: Mapped[str]
    detail: Mapped[str]  # JSON: before and after, where something changed.
    at: Mapped[datetime]
