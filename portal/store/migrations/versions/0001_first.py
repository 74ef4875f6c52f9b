"""The first tables, and the triggers that keep what is published as it was published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.store import guards

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and triggers."""
    op.create_table(
        "jurisdiction",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("slug", sa.String(40), nullable=False, unique=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "jurisdiction_id", sa.Integer(), sa.ForeignKey("jurisdiction.id"), nullable=False, index=True
        ),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("code", sa.String(40)),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short", sa.Text()),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("uscc", sa.String(18)),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("founded_on", sa.Date()),
        sa.Column("abolished_on", sa.Date()),
        sa.Column("sample", sa.Boolean(), nullable=False),
        sa.Column("listed", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("jurisdiction_id", "slug"),
        sa.UniqueConstraint("jurisdiction_id", "name"),
    )
    op.create_table(
        "unit_alias",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("jurisdiction_id", sa.Integer(), sa.ForeignKey("jurisdiction.id"), nullable=False),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.UniqueConstraint("jurisdiction_id", "name"),
    )
    op.create_table(
        "record",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "jurisdiction_id", sa.Integer(), sa.ForeignKey("jurisdiction.id"), nullable=False, index=True
        ),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False, index=True),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("natural_key", sa.Text(), nullable=False),
        sa.Column("slug", sa.String(60), nullable=False),
        sa.Column("index_no", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("unit_id", "kind", "natural_key"),
        sa.UniqueConstraint("unit_id", "kind", "slug"),
        sa.UniqueConstraint("jurisdiction_id", "index_no"),
    )
    op.create_table(
        "draft",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False, index=True),
        sa.Column("record_id", sa.Integer(), sa.ForeignKey("record.id")),
        sa.Column("kind", sa.String(30), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "version",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("record_id", sa.Integer(), sa.ForeignKey("record.id"), nullable=False, index=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("audience", sa.String(20), nullable=False),
        sa.Column("payload", sa.LargeBinary()),
        sa.Column("salt", sa.LargeBinary()),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("published_by", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.UniqueConstraint("record_id", "number"),
    )
    op.create_index("ix_version_audience", "version", ["audience"])
    op.create_table(
        "withdrawal",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version_id", sa.Integer(), sa.ForeignKey("version.id"), nullable=False, unique=True),
        sa.Column("legal_ground", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date()),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "destruction",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("version_id", sa.Integer(), sa.ForeignKey("version.id"), nullable=False, unique=True),
        sa.Column("legal_ground", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(), nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("jurisdiction_id", sa.Integer(), sa.ForeignKey("jurisdiction.id"), nullable=False),
        sa.Column("record_id", sa.Integer(), sa.ForeignKey("record.id")),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id")),
        sa.Column("event", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("indexed_at", sa.DateTime()),
        sa.Column("built_at", sa.DateTime()),
    )
    guards.put(op.get_bind(), guards.FIRST)


def downgrade() -> None:
    """Published data only goes forward."""
    raise RuntimeError("已公开的数据不支持回退版本。请从备份恢复。")
