"""What the commission's board has worked out: how each unit stands, and what the rule book says of its records.

A cache, made anew from the published records unit by unit (`portal.services.board.refreshing`); nothing here is
a source of anything. Every row bears its jurisdiction: the commission sees its own county's, a unit sees none.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.store.tables.base import Base


class BoardUnit(Base):
    """One unit: of which moment its rows are, its index and coverage.

    `change` is the newest outbox row that was seen, `day` the day in China for which it holds, `basis` the digest of
    the regime: the rows are stale when any of them has moved on.
    """

    __tablename__ = "board_unit"

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), unique=True)
    change: Mapped[int]
    day: Mapped[date]
    basis: Mapped[str] = mapped_column(String(64))
    index_passed: Mapped[int]  # Weights, see `portal.domain.obligations.index`.
    index_applicable: Mapped[int]
    details: Mapped[str]  # JSON: the index's items and the coverage rates, with their evidence.
    computed_at: Mapped[datetime]


class BoardCell(Base):
    """One unit's standing with one duty for one period: `portal.domain.obligations.Cell`, flat."""

    __tablename__ = "board_cell"
    __table_args__ = (
        Index("ix_board_cell_column", "jurisdiction_id", "quarter", "duty"),
        Index("ix_board_cell_duty", "jurisdiction_id", "duty", "quarter"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    duty: Mapped[str] = mapped_column(String(20))
    period: Mapped[str] = mapped_column(String(60))
    quarter: Mapped[str] = mapped_column(
        String(6)
    )  # The column: a year's is its fourth; blank: a standing duty.
    status: Mapped[str] = mapped_column(String(20))
    word: Mapped[str] = mapped_column(String(40))
    due: Mapped[date | None]
    original: Mapped[date | None]
    provisional: Mapped[bool]
    days: Mapped[int]
    day_unit: Mapped[str] = mapped_column(String(10))
    done_on: Mapped[date | None]
    withdrawn: Mapped[bool]
    note: Mapped[str]
    afterthought: Mapped[str]
    counts: Mapped[str]  # JSON of `Counts`, or blank.
    evidence: Mapped[str]  # JSON: list of {"ref", "day", "what"}.


class BoardFinding(Base):
    """One sight of one rule in one record in force (`portal.domain.rules.base.Finding`), flat."""

    __tablename__ = "board_finding"
    __table_args__ = (Index("ix_board_finding_rule", "jurisdiction_id", "rule"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(
        String(64)
    )  # Of rule, record, place and sight: the same sight again.
    rule: Mapped[str] = mapped_column(String(20))
    severity: Mapped[str] = mapped_column(String(10))
    ref: Mapped[str] = mapped_column(String(80))  # The record's index number.
    kind: Mapped[str] = mapped_column(String(30))
    slug: Mapped[str] = mapped_column(String(60))
    title: Mapped[str]
    place: Mapped[str]
    seen: Mapped[str]
    remedy: Mapped[str]
    basis: Mapped[str]
    day: Mapped[date | None]  # When the record was published.
    public: Mapped[bool]


class BoardConduct(Base):
    """One unit as everybody saw it on a day (`portal.domain.supervision.conduct.Conduct`): what bulletins count from.

    `quarter` is blank for today, else the quarter whose bulletin of today is compared with an earlier day. `stamp` is a
    digest of all that it rests on; where that has moved on, the row says nothing.
    """

    __tablename__ = "board_conduct"
    __table_args__ = (UniqueConstraint("unit_id", "quarter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    jurisdiction_id: Mapped[int] = mapped_column(ForeignKey("jurisdiction.id"), index=True)
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    quarter: Mapped[str] = mapped_column(String(6))
    stamp: Mapped[str] = mapped_column(String(64))
    conduct: Mapped[str]  # JSON.
