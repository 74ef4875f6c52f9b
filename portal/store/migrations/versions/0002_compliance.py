"""Exemptions and extensions, and the triggers that keep them as they were recorded."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.store import guards

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables and triggers."""
    op.create_table(
        "exemption",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False, index=True),
        sa.Column("duty", sa.String(20), nullable=False),
        sa.Column("period", sa.String(20)),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
        sa.Column("revoked_by", sa.Text()),
        sa.Column("revoke_reason", sa.Text()),
        sa.Column("revoked_at", sa.DateTime()),
    )
    op.create_table(
        "extension",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("unit_id", sa.Integer(), sa.ForeignKey("unit.id"), nullable=False, index=True),
        sa.Column("duty", sa.String(20), nullable=False),
        sa.Column("period", sa.String(60), nullable=False),
        sa.Column("new_due", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(), nullable=False),
    )
    guards.put(op.get_bind(), guards.COMPLIANCE)


def downgrade() -> None:
    """Published data only goes forward."""
    raise RuntimeError("已公开的数据不支持回退版本。请从备份恢复。")
