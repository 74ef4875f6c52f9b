"""No index on the audience: nearly every version is public, and the planner walked all of them for each unit by it.

An index on the outbox takes its place, by which a build finds what happened in one jurisdiction since the last.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take one index away and add one."""
    op.drop_index("ix_version_audience", "version")
    op.create_index("ix_outbox_jurisdiction_id", "outbox", ["jurisdiction_id", "id"])


def downgrade() -> None:
    """Put the old index back."""
    op.drop_index("ix_outbox_jurisdiction_id", "outbox")
    op.create_index("ix_version_audience", "version", ["audience"])
