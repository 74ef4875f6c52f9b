"""The tables of sealed reports; steps are appended and never changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEPT = ("update", "delete")  # Of a step: neither is possible.


def upgrade() -> None:
    """Create the tables and the triggers that keep the record of steps."""
    op.create_table(
        "key_holder",
        sa.Column("id", sa.String(length=16), nullable=False),
        sa.Column("jurisdiction", sa.String(length=31), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("rank", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("registered", sa.Text(), nullable=True),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("jurisdiction", "account_id"),
    )
    op.create_index("ix_key_holder_account_id", "key_holder", ["account_id"], unique=False)
    op.create_table(
        "sealed_report",
        sa.Column("id", sa.String(length=26), nullable=False),
        sa.Column("jurisdiction", sa.String(length=31), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("sealed_by", sa.String(length=10), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("state_on", sa.Date(), nullable=False),
        sa.Column("track", sa.String(length=12), nullable=False),
        sa.Column("real_name", sa.Boolean(), nullable=True),
        sa.Column("priority", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=30), nullable=True),
        sa.Column("outcome", sa.String(length=30), nullable=True),
        sa.Column("accept_by", sa.Date(), nullable=True),
        sa.Column("route_by", sa.Date(), nullable=True),
        sa.Column("answer_by", sa.Date(), nullable=True),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("keep_until", sa.Date(), nullable=True),
        sa.Column("erased_on", sa.Date(), nullable=True),
        sa.Column("merged_into", sa.String(length=26), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        # Long columns last: SQLite then reads the others without following a row's chain of pages.
        sa.Column("lookup", sa.String(length=64), nullable=False),
        sa.Column("case_key", sa.Text(), nullable=False),
        sa.Column("reporter_key", sa.Text(), nullable=False),
        sa.Column("binding", sa.LargeBinary(), nullable=False),
        sa.Column("commitment", sa.LargeBinary(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("routing", sa.LargeBinary(), nullable=True),
        sa.Column("grants", sa.LargeBinary(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["merged_into"],
            ["sealed_report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lookup"),
    )
    op.create_index("ix_sealed_report_state", "sealed_report", ["jurisdiction", "state"], unique=False)
    op.create_index("ix_sealed_report_merged_into", "sealed_report", ["merged_into"], unique=False)
    op.create_table(
        "spent_challenge",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_spent_challenge_until", "spent_challenge", ["until"], unique=False)
    op.create_table(
        "report_handler",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("recused", sa.String(length=20), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["sealed_report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "account_id"),
    )
    op.create_index("ix_report_handler_report_id", "report_handler", ["report_id"], unique=False)
    op.create_table(
        "report_part",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.String(length=26), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("side", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("for_reporter", sa.LargeBinary(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["sealed_report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "n"),
        sa.UniqueConstraint("report_id", "token"),
    )
    op.create_index("ix_report_part_report_id", "report_part", ["report_id"], unique=False)
    op.create_table(
        "report_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("action", sa.String(length=30), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["sealed_report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_report_step_report_id", "report_step", ["report_id"], unique=False)
    op.create_table(
        "report_turn",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.String(length=26), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("halves", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"],
            ["sealed_report.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("report_id", "account_id"),
    )
    op.create_index("ix_report_turn_report_id", "report_turn", ["report_id"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION report_step_kept() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'a report''s step is never changed'; END $$"
        )
    for event in _KEPT:
        if op.get_bind().dialect.name == "postgresql":
            op.execute(
                f"CREATE TRIGGER report_step_no_{event} BEFORE {event.upper()} ON report_step "
                "FOR EACH ROW EXECUTE FUNCTION report_step_kept()"
            )
        else:
            op.execute(
                f"CREATE TRIGGER report_step_no_{event} BEFORE {event.upper()} ON report_step "
                "BEGIN SELECT RAISE(ABORT, 'a report''s step is never changed'); END"
            )
