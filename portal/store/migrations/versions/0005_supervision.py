"""The commission: its board, what it does about what it sees, how its jurisdiction is run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.store import guards

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _ref(
    name: str, target: str, *, optional: bool = False, index: bool = False, unique: bool = False
) -> sa.Column[int]:
    key = sa.ForeignKey(f"{target}.id")
    return sa.Column(name, sa.Integer(), key, nullable=optional, index=index, unique=unique)


def _text(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=optional)


def _short(name: str, length: int, *, optional: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=optional, unique=unique)


def _at(name: str, *, optional: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(), nullable=optional)


def upgrade() -> None:
    """Create the tables, their triggers and fences."""
    _board()
    _matters()
    _checks()
    _running()
    guards.put(op.get_bind(), guards.SUPERVISION)
    guards.put_fences(op.get_bind())


def _board() -> None:
    op.create_table(
        "board_cell",
        _id(),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit", index=True),
        _short("duty", 20),
        _short("period", 60),
        _short("quarter", 6),
        _short("status", 20),
        _short("word", 40),
        sa.Column("due", sa.Date(), nullable=True),
        sa.Column("original", sa.Date(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        _short("day_unit", 10),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        _text("note"),
        _text("afterthought"),
        _text("counts"),
        _text("evidence"),
    )
    op.create_index("ix_board_cell_column", "board_cell", ["jurisdiction_id", "quarter", "duty"])
    op.create_index("ix_board_cell_duty", "board_cell", ["jurisdiction_id", "duty", "quarter"])
    op.create_table(
        "board_finding",
        _id(),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit", index=True),
        _short("fingerprint", 64),
        _short("rule", 20),
        _short("severity", 10),
        _short("ref", 80),
        _short("kind", 30),
        _short("slug", 60),
        _text("title"),
        _text("place"),
        _text("seen"),
        _text("remedy"),
        _text("basis"),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_board_finding_rule", "board_finding", ["jurisdiction_id", "rule"])
    op.create_table(
        "board_unit",
        _id(),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _ref("unit_id", "unit", unique=True),
        sa.Column("change", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        _short("basis", 64),
        sa.Column("index_passed", sa.Integer(), nullable=False),
        sa.Column("index_applicable", sa.Integer(), nullable=False),
        _text("details"),
        _at("computed_at"),
    )
    op.create_table(
        "board_conduct",
        _id(),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _ref("unit_id", "unit"),
        _short("quarter", 6),
        _short("stamp", 64),
        _text("conduct"),
        sa.UniqueConstraint("unit_id", "quarter"),
    )


def _matters() -> None:
    op.create_table(
        "matter",
        _id(),
        _short("uid", 22, unique=True),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit", index=True),
        _short("source", 20),
        _short("cause", 60),
        sa.Column("round", sa.Integer(), nullable=False),
        _text("title"),
        _short("severity", 10),
        _short("state", 20),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        _text("owner"),
        sa.Column("due", sa.Date(), nullable=True),
        _short("stage", 20),
        sa.Column("opened_on", sa.Date(), nullable=False),
        _at("told_at", optional=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        _short("closed_as", 20, optional=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _at("created_at"),
        _at("updated_at"),
        sa.UniqueConstraint("unit_id", "source", "cause", "round"),
    )
    op.create_index("ix_matter_queue", "matter", ["jurisdiction_id", "state"])
    op.create_table(
        "letter",
        _id(),
        _short("uid", 22, unique=True),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit", index=True),
        _ref("matter_id", "matter", optional=True, index=True),
        _short("kind", 20),
        _short("number", 60, optional=True),
        _text("title"),
        _text("addressee"),
        _text("body"),
        _text("basis"),
        _text("signed_by"),
        _short("state", 20),
        _at("send_at", optional=True),
        _at("issued_at", optional=True),
        sa.Column("due", sa.Date(), nullable=True),
        _text("about"),
        _text("reply"),
        _at("replied_at", optional=True),
        _text("replied_by"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("created_by"),
        _at("created_at"),
        sa.UniqueConstraint("jurisdiction_id", "number"),
    )
    op.create_index("ix_letter_planned", "letter", ["state", "send_at"])
    op.create_table(
        "matter_item",
        _id(),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit"),
        _ref("matter_id", "matter", index=True),
        _short("fingerprint", 64),
        _short("ref", 80),
        _short("kind", 30),
        _short("slug", 60),
        _text("title"),
        _short("period", 60),
        _text("seen"),
        _text("remedy"),
        _text("basis"),
        sa.Column("first_seen", sa.Date(), nullable=False),
        sa.Column("gone_on", sa.Date(), nullable=True),
        sa.UniqueConstraint("matter_id", "fingerprint"),
    )
    op.create_table(
        "outcome",
        _id(),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _ref("unit_id", "unit", index=True),
        _ref("matter_id", "matter", optional=True),
        _short("kind", 20),
        _text("person"),
        _text("post"),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("effect_until", sa.Date(), nullable=True),
        _text("document_no"),
        _text("basis"),
        _text("recorded_by"),
        _at("recorded_at"),
        _at("revoked_at", optional=True),
        _text("revoked_by", optional=True),
        _text("revoke_reason", optional=True),
    )
    op.create_table(
        "rectification",
        _id(),
        _short("uid", 22, unique=True),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit", index=True),
        _ref("matter_id", "matter", optional=True, index=True),
        _short("origin", 20),
        _text("problem"),
        _text("measure"),
        _text("leader"),
        _text("person"),
        sa.Column("due", sa.Date(), nullable=False),
        _short("state", 20),
        _text("evidence"),
        _text("evidence_refs"),
        _text("accepted_by"),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        _text("acceptance"),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("created_by"),
        _at("created_at"),
        _at("updated_at"),
    )
    op.create_index("ix_rectification_due", "rectification", ["jurisdiction_id", "state", "due"])
    op.create_table(
        "supervision_step",
        _id(),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit", index=True),
        _ref("matter_id", "matter", optional=True, index=True),
        _ref("letter_id", "letter", optional=True, index=True),
        _ref("rectification_id", "rectification", optional=True, index=True),
        _short("side", 10),
        _short("event", 20),
        _text("words"),
        _text("actor"),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        _at("at"),
    )


def _checks() -> None:
    op.create_table(
        "bulletin",
        _id(),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _short("period", 6),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("figures"),
        _short("digest", 64),
        _text("words"),
        _text("issued_by"),
        _at("issued_at"),
        sa.UniqueConstraint("jurisdiction_id", "period", "number"),
    )
    op.create_table(
        "inspection",
        _id(),
        _short("uid", 22, unique=True),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _short("kind", 20),
        _text("name"),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        _short("seed", 64),
        _text("plan"),
        _short("state", 20),
        _text("opinion"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("created_by"),
        _at("created_at"),
    )
    op.create_table(
        "assessment",
        _id(),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _ref("unit_id", "unit", index=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        _text("figures"),
        _short("suggestion", 20),
        _short("decision", 20),
        _text("words"),
        _text("decided_by"),
        _at("decided_at"),
        sa.UniqueConstraint("unit_id", "year", "number"),
    )
    op.create_table(
        "own_record",
        _id(),
        _short("uid", 22, unique=True),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _ref("unit_id", "unit", index=True),
        _short("ref", 80),
        _text("title"),
        sa.Column("held_on", sa.Date(), nullable=False),
        _text("content"),
        _text("rating"),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("recorded_by"),
        _at("recorded_at"),
    )
    op.create_table(
        "relation_filing",
        _id(),
        _short("uid", 22, unique=True),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _ref("unit_id", "unit", index=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("filed_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        _text("recorded_by"),
        _at("recorded_at"),
    )
    op.create_table(
        "warning",
        _id(),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _ref("unit_id", "unit", index=True),
        _short("quarter", 6),
        _short("state", 10),
        sa.Column("score", sa.Integer(), nullable=False),
        _text("parts"),
        _text("recorded_by"),
        _at("recorded_at"),
        sa.UniqueConstraint("unit_id", "quarter"),
    )
    op.create_table(
        "relation_mark",
        _id(),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("filing_id", "relation_filing", index=True),
        _short("mark", 64),
        _short("what", 20),
    )
    op.create_index("ix_relation_mark", "relation_mark", ["jurisdiction_id", "mark"])
    op.create_table(
        "inspection_item",
        _id(),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit", index=True),
        _ref("inspection_id", "inspection", index=True),
        sa.Column("position", sa.Integer(), nullable=False),
        _short("ref", 80),
        _short("kind", 30),
        _short("slug", 60),
        _text("title"),
        _short("result", 20),
        _text("words"),
        _ref("matter_id", "matter", optional=True),
        _text("checked_by"),
        _at("checked_at", optional=True),
        sa.UniqueConstraint("inspection_id", "ref"),
    )


def _running() -> None:
    op.create_table(
        "regime_change",
        _id(),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _short("section", 20),
        _short("name", 40),
        _text("content"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        _text("reason"),
        _text("source"),
        _text("approver"),
        _text("recorded_by"),
        _at("recorded_at"),
    )
    op.create_table(
        "audit",
        _id(),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit", optional=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        _text("actor"),
        _short("action", 40),
        _short("object", 80),
        _text("words"),
        _text("detail"),
        _at("at"),
    )
    op.create_index("ix_audit_jurisdiction_id_id", "audit", ["jurisdiction_id", "id"])
    op.create_table(
        "unit_event",
        _id(),
        _ref("jurisdiction_id", "jurisdiction", index=True),
        _ref("unit_id", "unit", index=True),
        _short("kind", 20),
        sa.Column("on", sa.Date(), nullable=False),
        _ref("other_id", "unit", optional=True),
        _text("words"),
        _text("source"),
        _text("recorded_by"),
        _at("recorded_at"),
    )


def downgrade() -> None:
    """Published data only goes forward."""
    raise RuntimeError("已公开的数据不支持回退版本。请从备份恢复。")
