"""What the commission does about what it sees: matters, letters, rectification, outcomes, checks of its own.

A unit sees of these what it was told of (`told_at`, `issued_at`, `shared`), and nothing of the rest. Steps,
outcomes, filings, issued bulletins and early-warning states once kept are never rewritten.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from portal.store.tables.base import Base
from portal.store.tables.published import Unit


class Matter(Base):
    """监督事项: everything of one cause with one unit, from the first finding to its end.

    One cause of a unit has one open matter at a time; what comes up again after its end opens the next `round`.
    """

    __tablename__ = "matter"
    __table_args__ = (
        UniqueConstraint("unit_id", "source", "cause", "round"),
        Index("ix_matter_queue", "jurisdiction_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(22), unique=True)  # In addresses.
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    source: Mapped[str] = mapped_column(String(20))  # See `portal.domain.supervision.matters.Source`.
    cause: Mapped[str] = mapped_column(String(60))  # A rule's id, a duty's code, or what the source names.
    round: Mapped[int] = mapped_column(default=1)
    title: Mapped[str]
    severity: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(20))
    owner_id: Mapped[int | None]  # Without a foreign key: a unit cannot see the commission's accounts.
    owner: Mapped[str] = mapped_column(default="")
    due: Mapped[date | None]  # Until when the unit is to answer, or to have mended it.
    stage: Mapped[str] = mapped_column(String(20), default="")  # How far up the ladder.
    opened_on: Mapped[date]
    told_at: Mapped[datetime | None]  # Since when the unit knows of it.
    closed_on: Mapped[date | None]
    closed_as: Mapped[str | None] = mapped_column(String(20))
    revision: Mapped[int] = mapped_column(default=1)  # Optimistic locking.
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()


class MatterItem(Base):
    """One sight that belongs to a matter: a finding in a record, a duty of one period. Marked when it is gone."""

    __tablename__ = "matter_item"
    __table_args__ = (UniqueConstraint("matter_id", "fingerprint"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    ref: Mapped[str] = mapped_column(String(80))  # A record's index number, or blank.
    kind: Mapped[str] = mapped_column(String(30))
    slug: Mapped[str] = mapped_column(String(60))
    title: Mapped[str]
    period: Mapped[str] = mapped_column(String(60))
    seen: Mapped[str]
    remedy: Mapped[str]
    basis: Mapped[str]
    first_seen: Mapped[date]
    gone_on: Mapped[date | None]


class Letter(Base):
    """文书: reminder, 督办, 约谈, 问责, 函询, 建议书 … Its words stay once it was issued."""

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("jurisdiction_id", "number"),
        Index("ix_letter_planned", "state", "send_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(22), unique=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))  # See `portal.domain.supervision.letters.Kind`.
    number: Mapped[str | None] = mapped_column(String(60))  # 文号; none for a plain reminder.
    title: Mapped[str]
    addressee: Mapped[str]
    body: Mapped[str]
    basis: Mapped[str]
    signed_by: Mapped[str]
    state: Mapped[str] = mapped_column(String(20))  # draft, planned, issued, answered, closed, recalled
    send_at: Mapped[datetime | None]  # Planned for then.
    issued_at: Mapped[datetime | None]
    due: Mapped[date | None]  # For the answer.
    about: Mapped[str] = mapped_column(
        default=""
    )  # JSON of `portal.domain.supervision.ladder.About`: nothing is sent twice for it.
    reply: Mapped[str] = mapped_column(default="")
    replied_at: Mapped[datetime | None]
    replied_by: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str]
    created_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()


class Rectification(Base):
    """整改台账: one problem with its measure, persons, deadline, evidence, acceptance and end (销号)."""

    __tablename__ = "rectification"
    __table_args__ = (Index("ix_rectification_due", "jurisdiction_id", "state", "due"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(22), unique=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"), index=True)
    origin: Mapped[str] = mapped_column(String(20))  # matter, letter, inspection, manual
    problem: Mapped[str]
    measure: Mapped[str] = mapped_column(default="")
    leader: Mapped[str] = mapped_column(default="")  # 责任领导
    person: Mapped[str] = mapped_column(default="")  # 责任人
    due: Mapped[date]
    state: Mapped[str] = mapped_column(String(20))  # See `portal.domain.supervision.rectifying.State`.
    evidence: Mapped[str] = mapped_column(default="")
    evidence_refs: Mapped[str] = mapped_column(default="")  # Index numbers of records, one a line.
    accepted_by: Mapped[str] = mapped_column(default="")  # The third party that looked.
    accepted_on: Mapped[date | None]
    acceptance: Mapped[str] = mapped_column(default="")
    closed_on: Mapped[date | None]
    shared: Mapped[bool] = mapped_column(default=True)  # The unit sees it.
    revision: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()


class SupervisionStep(Base):
    """One thing that somebody did with a matter, a letter or a rectification. Never updated or deleted."""

    __tablename__ = "supervision_step"

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"), index=True)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id"), index=True)
    rectification_id: Mapped[int | None] = mapped_column(ForeignKey("rectification.id"), index=True)
    side: Mapped[str] = mapped_column(String(10))  # commission, unit, platform
    event: Mapped[str] = mapped_column(String(20))
    words: Mapped[str]
    actor: Mapped[str]  # To the unit, the commission's people are the commission.
    account_id: Mapped[int | None]  # Without a foreign key: a unit cannot see the commission's accounts.
    shared: Mapped[bool]  # The unit sees it.
    at: Mapped[datetime]


class Outcome(Base):
    """处理结果: 诫勉, 批评, 调离 … Only its revocation may be added, once. Never public but as counts."""

    __tablename__ = "outcome"

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"))
    kind: Mapped[str] = mapped_column(String(20))  # See `portal.domain.supervision.outcomes.Kind`.
    person: Mapped[str]  # Or blank: the unit as such.
    post: Mapped[str]
    decided_on: Mapped[date]
    effect_until: Mapped[date | None]
    document_no: Mapped[str]
    basis: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    revoke_reason: Mapped[str | None]

    unit: Mapped[Unit] = relationship()


class OwnRecord(Base):
    """双记: the commission's own record of a meeting, to be held against the unit's decision record."""

    __tablename__ = "own_record"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(22), unique=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    ref: Mapped[str] = mapped_column(
        String(80), default=""
    )  # The decision record's index number, once known.
    title: Mapped[str]
    held_on: Mapped[date]
    content: Mapped[str]  # JSON of `portal.domain.supervision.minutes.OwnMinutes`.
    rating: Mapped[str]  # 双评: JSON of the self and the outside rating.
    revision: Mapped[int] = mapped_column(default=1)
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]

    unit: Mapped[Unit] = relationship()


class RelationFiling(Base):
    """特定关系人报备: what an officer of a unit filed, sealed. What it says can be read with the keeper's key alone."""

    __tablename__ = "relation_filing"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(22), unique=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    filed_on: Mapped[date]
    ended_on: Mapped[date | None]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class RelationMark(Base):
    """A keyed mark of one name or code within a filing: tells equal ones, and nothing else without the key."""

    __tablename__ = "relation_mark"
    __table_args__ = (Index("ix_relation_mark", "jurisdiction_id", "mark"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    filing_id: Mapped[int] = mapped_column(ForeignKey("relation_filing.id"), index=True)
    mark: Mapped[str] = mapped_column(String(64))
    what: Mapped[str] = mapped_column(String(20))  # person, company, code


class Inspection(Base):
    """巡查, 四责联审: a plan with a sample that anybody can draw again from its seed."""

    __tablename__ = "inspection"

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(22), unique=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    name: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    seed: Mapped[str] = mapped_column(String(64))
    plan: Mapped[str]  # JSON: units, period, kinds of record, how many of each; the population's digest.
    state: Mapped[str] = mapped_column(String(20))
    opinion: Mapped[str] = mapped_column(default="")
    revision: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class InspectionItem(Base):
    """One sampled record of an inspection, and what came of looking at it."""

    __tablename__ = "inspection_item"
    __table_args__ = (UniqueConstraint("inspection_id", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    inspection_id: Mapped[int] = mapped_column(ForeignKey("inspection.id"), index=True)
    position: Mapped[int]
    ref: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(30))
    slug: Mapped[str] = mapped_column(String(60))
    title: Mapped[str]
    result: Mapped[str] = mapped_column(String(20), default="")
    words: Mapped[str] = mapped_column(default="")
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"))
    checked_by: Mapped[str] = mapped_column(default="")
    checked_at: Mapped[datetime | None]


class WarningState(Base):
    """预警: a unit's state at the end of a quarter by the open formula, with all that went into it."""

    __tablename__ = "warning"
    __table_args__ = (UniqueConstraint("unit_id", "quarter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    quarter: Mapped[str] = mapped_column(String(6))
    state: Mapped[str] = mapped_column(String(10))
    score: Mapped[int]
    parts: Mapped[str]  # JSON
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class Bulletin(Base):
    """通报: the figures of a quarter as they were issued. A mistake is put right by the next number."""

    __tablename__ = "bulletin"
    __table_args__ = (UniqueConstraint("jurisdiction_id", "period", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    period: Mapped[str] = mapped_column(String(6))
    number: Mapped[int]
    figures: Mapped[str]  # JSON
    digest: Mapped[str] = mapped_column(String(64))
    words: Mapped[str]  # What the commission says to it.
    issued_by: Mapped[str]
    issued_at: Mapped[datetime]


class Assessment(Base):
    """年度考核: what the evidence suggests for a unit and year, and what the commission decided."""

    __tablename__ = "assessment"
    __table_args__ = (UniqueConstraint("unit_id", "year", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    year: Mapped[int]
    number: Mapped[int]
    figures: Mapped[str]  # JSON
    suggestion: Mapped[str] = mapped_column(String(20))
    decision: Mapped[str] = mapped_column(String(20))
    words: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
