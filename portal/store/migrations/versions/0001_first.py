"""The first tables, and the triggers that keep what is published as it was published."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# `INSERT OR REPLACE` deletes without firing delete triggers unless a pragma asks for it, so
# inserts are guarded too. The texts reach an operator, hence Chinese.
TRIGGERS = """
CREATE TRIGGER version_no_delete BEFORE DELETE ON version
BEGIN SELECT RAISE(ABORT, '已公开的版本不能删除，只能依法撤回'); END;

CREATE TRIGGER version_no_replace BEFORE INSERT ON version
WHEN EXISTS (SELECT 1 FROM version WHERE id = NEW.id OR (record_id = NEW.record_id AND number = NEW.number))
BEGIN SELECT RAISE(ABORT, '已公开的版本不能覆盖，更正须发布新版本'); END;

CREATE TRIGGER version_in_order BEFORE INSERT ON version
WHEN NEW.number <> 1 + COALESCE((SELECT MAX(number) FROM version WHERE record_id = NEW.record_id), 0)
  OR NEW.published_at < COALESCE((SELECT MAX(published_at) FROM version WHERE record_id = NEW.record_id), '')
  OR NEW.payload IS NULL OR NEW.salt IS NULL
BEGIN SELECT RAISE(ABORT, '版本号须连续，发布时间不得早于上一版本，内容不得为空'); END;

CREATE TRIGGER version_no_update BEFORE UPDATE ON version
WHEN NOT (
  OLD.payload IS NOT NULL AND NEW.payload IS NULL AND NEW.salt IS NULL
  AND NEW.id = OLD.id AND NEW.record_id = OLD.record_id AND NEW.number = OLD.number
  AND NEW.audience = OLD.audience AND NEW.digest = OLD.digest AND NEW.reason = OLD.reason
  AND NEW.published_by = OLD.published_by AND NEW.published_at = OLD.published_at
  AND EXISTS (SELECT 1 FROM withdrawal w WHERE w.version_id = OLD.id AND w.destroy = 1)
)
BEGIN SELECT RAISE(ABORT, '已公开的版本不能修改；只有依法撤回并注明销毁的版本可以销毁内容'); END;

CREATE TRIGGER withdrawal_no_delete BEFORE DELETE ON withdrawal
BEGIN SELECT RAISE(ABORT, '撤回记录不能删除'); END;

CREATE TRIGGER withdrawal_no_update BEFORE UPDATE ON withdrawal
BEGIN SELECT RAISE(ABORT, '撤回记录不能修改'); END;

CREATE TRIGGER withdrawal_no_replace BEFORE INSERT ON withdrawal
WHEN EXISTS (SELECT 1 FROM withdrawal WHERE id = NEW.id OR version_id = NEW.version_id)
BEGIN SELECT RAISE(ABORT, '撤回记录不能覆盖'); END;

CREATE TRIGGER record_no_delete BEFORE DELETE ON record
WHEN EXISTS (SELECT 1 FROM version WHERE record_id = OLD.id)
BEGIN SELECT RAISE(ABORT, '已公开的记录不能删除'); END;

CREATE TRIGGER record_no_replace BEFORE INSERT ON record
WHEN EXISTS (SELECT 1 FROM record WHERE id = NEW.id
  OR (unit_id = NEW.unit_id AND kind = NEW.kind AND (natural_key = NEW.natural_key OR slug = NEW.slug))
  OR (jurisdiction_id = NEW.jurisdiction_id AND index_no = NEW.index_no))
BEGIN SELECT RAISE(ABORT, '记录或索引号已存在'); END;

CREATE TRIGGER record_no_update BEFORE UPDATE ON record
WHEN EXISTS (SELECT 1 FROM version WHERE record_id = OLD.id)
 AND NOT (
  NEW.id = OLD.id AND NEW.jurisdiction_id = OLD.jurisdiction_id AND NEW.unit_id = OLD.unit_id
  AND NEW.kind = OLD.kind AND NEW.slug = OLD.slug AND NEW.index_no = OLD.index_no
  AND NEW.created_at = OLD.created_at
  AND NOT EXISTS (SELECT 1 FROM version WHERE record_id = OLD.id AND payload IS NOT NULL)
)
BEGIN SELECT RAISE(ABORT, '已公开记录的单位、类别、地址和索引号不能修改'); END;

CREATE TRIGGER unit_no_delete BEFORE DELETE ON unit
WHEN EXISTS (SELECT 1 FROM record WHERE unit_id = OLD.id)
BEGIN SELECT RAISE(ABORT, '已有公开记录的单位不能删除，只能标记撤销'); END;

CREATE TRIGGER unit_keeps_address BEFORE UPDATE OF id, slug, jurisdiction_id ON unit
WHEN NEW.id <> OLD.id OR NEW.slug <> OLD.slug OR NEW.jurisdiction_id <> OLD.jurisdiction_id
BEGIN SELECT RAISE(ABORT, '单位的网址代码不能修改，否则已公开页面的链接会失效'); END;

CREATE TRIGGER outbox_no_delete BEFORE DELETE ON outbox
WHEN OLD.indexed_at IS NULL OR OLD.built_at IS NULL
BEGIN SELECT RAISE(ABORT, '尚未同步的变更不能删除'); END;
"""


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
        sa.Column("destroy", sa.Boolean(), nullable=False),
        sa.Column("review_on", sa.Date()),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=False),
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
    for statement in TRIGGERS.strip().split("END;"):
        if statement.strip():
            op.execute(statement + "END;")


def downgrade() -> None:
    """Published data only goes forward."""
    raise RuntimeError("已公开的数据不支持回退版本。请从备份恢复。")
