"""The unit's desk: accounts, drafts with a state, steps, uploads, attachments, the leadership group, mail."""

from __future__ import annotations

import json
import secrets

import sqlalchemy as sa
from alembic import op

from portal.store import guards

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _ref(name: str, target: str, *, optional: bool = False, index: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer(), sa.ForeignKey(f"{target}.id"), nullable=optional, index=index)


def _text(name: str, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=optional)


def _short(name: str, length: int, *, optional: bool = False, unique: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=optional, unique=unique)


def _at(name: str, *, optional: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(), nullable=optional)


def upgrade() -> None:
    """Create the tables and triggers; drafts that are there keep their content."""
    _accounts()
    _drafts()
    _desk()
    guards.put(op.get_bind(), guards.DESK)
    guards.put_fences(op.get_bind())


def _accounts() -> None:
    op.create_table(
        "account",
        _id(),
        _ref("jurisdiction_id", "jurisdiction"),
        _ref("unit_id", "unit", optional=True, index=True),
        _short("login", 60, unique=True),
        _text("name"),
        _text("email", optional=True),
        _text("password_hash", optional=True),
        _at("password_changed_at", optional=True),
        sa.Column("totp_secret", sa.LargeBinary()),
        sa.Column("totp_step", sa.Integer()),
        sa.Column("active", sa.Boolean(), nullable=False),
        _text("created_by"),
        _at("created_at"),
        _at("disabled_at", optional=True),
    )
    op.create_table(
        "account_role",
        _id(),
        _ref("account_id", "account", index=True),
        _short("role", 20),
        _text("granted_by"),
        _at("granted_at"),
        sa.UniqueConstraint("account_id", "role"),
    )
    op.create_table(
        "passkey",
        _id(),
        _ref("account_id", "account", index=True),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        _text("name"),
        _at("created_at"),
        _at("last_used_at", optional=True),
    )
    op.create_table(
        "recovery_code",
        _id(),
        _ref("account_id", "account", index=True),
        _short("digest", 64),
        _at("used_at", optional=True),
    )
    op.create_table(
        "link_token",
        _id(),
        _ref("account_id", "account", index=True),
        _short("purpose", 20),
        _short("digest", 64, unique=True),
        _text("created_by"),
        _at("created_at"),
        _at("expires_at"),
        _at("used_at", optional=True),
    )
    op.create_table(
        "login_session",
        _id(),
        _ref("account_id", "account", index=True),
        _short("digest", 64, unique=True),
        _short("stage", 10),
        sa.Column("challenge", sa.LargeBinary()),
        _text("address"),
        _text("agent"),
        _at("created_at"),
        _at("last_seen_at"),
        _at("expires_at"),
        _at("ended_at", optional=True),
        _short("end_reason", 20, optional=True),
    )
    op.create_table(
        "sign_in",
        _id(),
        _ref("account_id", "account", optional=True),
        sa.Column("subject", sa.String(64)),
        _short("outcome", 20),
        _text("address"),
        _text("agent"),
        _at("at"),
    )
    op.create_index("ix_sign_in_account_id_at", "sign_in", ["account_id", "at"])
    op.create_index("ix_sign_in_address_at", "sign_in", ["address", "at"])
    op.create_index("ix_sign_in_subject_at", "sign_in", ["subject", "at"])


def _drafts() -> None:
    connection = op.get_bind()
    old = connection.execute(sa.text("SELECT * FROM draft ORDER BY id")).mappings().all()
    op.drop_table("draft")
    draft = op.create_table(
        "draft",
        _id(),
        _short("uid", 22, unique=True),
        _ref("unit_id", "unit", index=True),
        _ref("record_id", "record", optional=True),
        _short("kind", 30),
        _text("title"),
        _text("entries", optional=True),
        sa.Column("content", sa.LargeBinary()),
        _short("state", 20),
        _text("reason"),
        sa.Column("based_on", sa.Integer()),
        _text("author"),
        _ref("author_id", "account", optional=True),
        _ref("submitted_by_id", "account", optional=True),
        _ref("approved_by_id", "account", optional=True),
        _short("approved_digest", 64, optional=True),
        _at("publish_at", optional=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        _at("created_at"),
        sa.Column("updated_at", sa.DateTime(), nullable=False),
    )
    scheduled = sa.text("publish_at IS NOT NULL")
    op.create_index(
        "ix_draft_publish_at", "draft", ["publish_at"], sqlite_where=scheduled, postgresql_where=scheduled
    )
    if draft is None or not old:
        return
    table = sa.table("draft", *(sa.column(one.name) for one in draft.columns))
    for row in old:
        connection.execute(
            table.insert().values(
                **row,
                uid=secrets.token_urlsafe(16),
                title=json.loads(row["content"]).get("title", ""),
                state="draft",
                reason="",
                created_at=row["updated_at"],
            )
        )


def _desk() -> None:
    op.create_table(
        "draft_copy",
        _id(),
        _ref("unit_id", "unit", index=True),
        sa.Column("draft_uid", sa.String(22), nullable=False, index=True),
        _ref("account_id", "account", optional=True),
        _text("author"),
        _short("why", 20),
        sa.Column("revision", sa.Integer(), nullable=False),
        _text("entries"),
        _at("saved_at"),
    )
    op.create_table(
        "step",
        _id(),
        _ref("unit_id", "unit"),
        _short("event", 20),
        _short("kind", 30, optional=True),
        _text("title"),
        sa.Column("draft_uid", sa.String(22), index=True),
        _ref("record_id", "record", optional=True, index=True),
        _ref("version_id", "version", optional=True),
        _ref("account_id", "account", optional=True),
        _text("actor"),
        _text("remark"),
        _at("at"),
    )
    once = sa.text("event = 'published'")
    op.create_index(
        "ix_step_published_once", "step", ["draft_uid"], unique=True, sqlite_where=once, postgresql_where=once
    )
    op.create_index("ix_step_unit_id_id", "step", ["unit_id", "id"])
    op.create_table(
        "upload",
        _id(),
        _short("uid", 22, unique=True),
        _ref("unit_id", "unit", index=True),
        _short("draft_uid", 22, optional=True),
        _ref("account_id", "account", optional=True),
        _short("kind", 30),
        _text("filename"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("annotated", sa.LargeBinary()),
        _text("report"),
        _at("uploaded_at"),
        _at("taken_at", optional=True),
    )
    op.create_table(
        "attachment",
        _id(),
        _ref("unit_id", "unit", index=True),
        _short("digest", 64),
        _text("name"),
        _short("media_type", 100),
        sa.Column("size", sa.Integer(), nullable=False),
        _text("text"),
        _text("added_by"),
        _at("added_at"),
        _at("gone_at", optional=True),
        sa.UniqueConstraint("unit_id", "digest"),
    )
    op.create_table(
        "member",
        _id(),
        _ref("unit_id", "unit", index=True),
        _text("name"),
        _text("post"),
        _short("role", 30),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        _text("recorded_by"),
        _at("recorded_at"),
    )
    op.create_table(
        "mail",
        _id(),
        _ref("unit_id", "unit", optional=True, index=True),
        sa.Column("key", sa.Text(), nullable=False, unique=True),
        _text("recipient"),
        _text("subject"),
        _text("body"),
        _at("created_at"),
        _at("next_try_at"),
        sa.Column("tries", sa.Integer(), nullable=False),
        _text("trouble", optional=True),
        _at("sent_at", optional=True),
    )


def downgrade() -> None:
    """Published data only goes forward."""
    raise RuntimeError("已公开的数据不支持回退版本。请从备份恢复。")
