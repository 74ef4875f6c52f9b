"""The tables of reports. In the clear stand only what clocks and lookups need; who, what and where are sealed.

No row says which unit or person a report is about, nor who may open it: `routing` is sealed to the office's
own key. Days are days; the instants of officers' steps are instants. See docs/sealing.md.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from portal.store.tables.base import Instant


class ReportsBase(DeclarativeBase):
    """The metadata of the reports' own tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: Instant,
        str: Text,
        bytes: LargeBinary,
        dict[str, Any]: JSON,
    }


class SealedReport(ReportsBase):
    """One report, sealed. The row outlives its content: erasing (retention, routing up) empties the sealed columns."""

    __tablename__ = "sealed_report"
    __table_args__ = (Index("ix_sealed_report_state", "jurisdiction", "state"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)  # Random; never a running number.
    jurisdiction: Mapped[str] = mapped_column(String(31))
    received_on: Mapped[date]
    channel: Mapped[str] = mapped_column(String(10))  # form, letter, phone, visit, 12388
    sealed_by: Mapped[str] = mapped_column(String(10))  # browser, server, officer
    serial: Mapped[int]  # Of the key list.
    state: Mapped[str] = mapped_column(String(20))  # portal.domain.reports.words.State
    state_on: Mapped[date]
    track: Mapped[str] = mapped_column(String(12), default="accusation")  # accusation, petition
    real_name: Mapped[bool | None]  # None until an officer has opened it.
    priority: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str | None] = mapped_column(String(30))  # Why not accepted, or where it was transferred.
    outcome: Mapped[str | None] = mapped_column(String(30))
    accept_by: Mapped[date | None]  # Until when the reporter is told whether it is accepted.
    route_by: Mapped[date | None]
    answer_by: Mapped[date | None]  # Until when the reporter is told the result.
    told_on: Mapped[date | None]  # When the reporter was told of acceptance or refusal.
    answered_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    keep_until: Mapped[date | None]
    erased_on: Mapped[date | None]
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("sealed_report.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)  # Optimistic locking.
    # Long columns last: SQLite then reads the others without following a row's chain of pages.
    lookup: Mapped[str] = mapped_column(String(64), unique=True)  # Hex; says nothing of the query code.
    case_key: Mapped[str]  # age recipient
    reporter_key: Mapped[str]  # age recipient
    binding: Mapped[bytes]
    commitment: Mapped[bytes]
    receipt: Mapped[str]  # The signed note.
    routing: Mapped[bytes | None]
    grants: Mapped[bytes | None]
    body: Mapped[bytes | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy declares it so.

    parts: Mapped[list[ReportPart]] = relationship(back_populates="report", order_by="ReportPart.n")


class ReportPart(ReportsBase):
    """What came after: messages and attachments of the reporter, replies and notes of the commission. Sealed."""

    __tablename__ = "report_part"
    __table_args__ = (UniqueConstraint("report_id", "n"), UniqueConstraint("report_id", "token"))

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("sealed_report.id"), index=True)
    n: Mapped[int]  # 1, 2, … within the report.
    token: Mapped[str] = mapped_column(String(32))  # Chosen by the sender: sent twice, stored once.
    side: Mapped[str] = mapped_column(String(10))  # reporter, commission
    kind: Mapped[str] = mapped_column(String(12))  # message, attachment, reply, note
    day: Mapped[date]
    size: Mapped[int]  # Bytes of `sealed`.
    sealed: Mapped[bytes | None]  # To the case key; None once erased.
    for_reporter: Mapped[bytes | None]  # A reply's second copy.
    account_id: Mapped[int | None]  # Of the officer who wrote a reply or a note.

    report: Mapped[SealedReport] = relationship(back_populates="parts")


class ReportStep(ReportsBase):
    """What was done with a report, by whom, when: appended, never changed (a trigger sees to it). Outlives content."""

    __tablename__ = "report_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("sealed_report.id"), index=True)
    at: Mapped[datetime]  # Of a reporter's step: the beginning of the day.
    account_id: Mapped[int | None]  # None: the reporter, or the platform by itself.
    name: Mapped[str]  # The account's name at the time; 举报人 or 平台.
    action: Mapped[str] = mapped_column(String(30))
    detail: Mapped[dict[str, Any]] = mapped_column(
        default=dict
    )  # Codes and days only, never words about the case.


class ReportHandler(ReportsBase):
    """An officer to whom a report is assigned, or who withdrew from it (recusal)."""

    __tablename__ = "report_handler"
    __table_args__ = (UniqueConstraint("report_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("sealed_report.id"), index=True)
    account_id: Mapped[int]
    name: Mapped[str]
    recused: Mapped[str | None] = mapped_column(String(20))  # named, relative, interest, witness, other
    since: Mapped[date]


class ReportTurn(ReportsBase):
    """A first key turned (opening by two): the packets whose outer layer is off, for a second person, for three days."""

    __tablename__ = "report_turn"
    __table_args__ = (UniqueConstraint("report_id", "account_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[str] = mapped_column(ForeignKey("sealed_report.id"), index=True)
    account_id: Mapped[int]
    name: Mapped[str]
    halves: Mapped[bytes]  # Each 2 bytes length ‖ packet.
    at: Mapped[datetime]
    until: Mapped[datetime]


class KeyHolder(ReportsBase):
    """An office account that holds a key: what it registered, before and after the list is signed."""

    __tablename__ = "key_holder"
    __table_args__ = (UniqueConstraint("jurisdiction", "account_id"),)  # A superior's officer: of several.

    id: Mapped[str] = mapped_column(String(16), primary_key=True)  # The holder's id in key lists.
    jurisdiction: Mapped[str] = mapped_column(String(31))
    account_id: Mapped[int] = mapped_column(index=True)
    rank: Mapped[str] = mapped_column(String(10), default="officer")
    name: Mapped[str]
    post: Mapped[str] = mapped_column(default="")
    unit: Mapped[str | None]
    registered: Mapped[str | None]  # The newest public key (age recipient), perhaps not in a list yet.
    registered_on: Mapped[date | None]


class SpentChallenge(ReportsBase):
    """A proof of work that was used. Kept until the challenge itself would be refused as too old."""

    __tablename__ = "spent_challenge"

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    until: Mapped[datetime] = mapped_column(index=True)
