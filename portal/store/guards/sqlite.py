"""The guards as SQLite's triggers. The texts of `RAISE` reach an operator, hence Chinese.

`REPLACE`, in an insert or an update, deletes rows without firing delete triggers unless a pragma asks for
it. So every way in which a row could collide with another is refused before it happens: the guards
hold whatever pragmas a program sets.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection, text

_GUARDS = """
CREATE TRIGGER version_no_delete BEFORE DELETE ON version
BEGIN SELECT RAISE(ABORT, '已公开的版本不能删除，只能依法撤回'); END;

CREATE TRIGGER version_no_replace BEFORE INSERT ON version
WHEN EXISTS (SELECT 1 FROM version WHERE id = NEW.id OR (record_id = NEW.record_id AND number = NEW.number))
BEGIN SELECT RAISE(ABORT, '已公开的版本不能覆盖，更正须发布新版本'); END;

CREATE TRIGGER version_in_order BEFORE INSERT ON version
WHEN NEW.number <> 1 + COALESCE((SELECT MAX(number) FROM version WHERE record_id = NEW.record_id), 0)
  OR NEW.published_at < COALESCE((SELECT MAX(published_at) FROM version WHERE record_id = NEW.record_id), '')
  OR NEW.published_at > datetime('now', '+1 day')
  OR datetime(NEW.published_at) IS NULL
  OR NEW.payload IS NULL OR NEW.salt IS NULL
BEGIN SELECT RAISE(ABORT, '版本号须连续，发布时间不得早于上一版本、不得在将来，内容不得为空'); END;

CREATE TRIGGER version_no_update BEFORE UPDATE ON version
WHEN NOT (
  OLD.payload IS NOT NULL AND NEW.payload IS NULL AND NEW.salt IS NULL
  AND NEW.id = OLD.id AND NEW.record_id = OLD.record_id AND NEW.number = OLD.number
  AND NEW.audience = OLD.audience AND NEW.digest = OLD.digest AND NEW.reason = OLD.reason
  AND NEW.published_by = OLD.published_by AND NEW.published_at = OLD.published_at
  AND EXISTS (SELECT 1 FROM destruction d WHERE d.version_id = OLD.id)
)
BEGIN SELECT RAISE(ABORT, '已公开的版本不能修改；只有依法撤回并决定销毁的版本可以销毁内容'); END;

CREATE TRIGGER withdrawal_no_delete BEFORE DELETE ON withdrawal
BEGIN SELECT RAISE(ABORT, '撤回记录不能删除'); END;

CREATE TRIGGER withdrawal_no_update BEFORE UPDATE ON withdrawal
BEGIN SELECT RAISE(ABORT, '撤回记录不能修改'); END;

CREATE TRIGGER withdrawal_no_replace BEFORE INSERT ON withdrawal
WHEN EXISTS (SELECT 1 FROM withdrawal WHERE id = NEW.id OR version_id = NEW.version_id)
BEGIN SELECT RAISE(ABORT, '撤回记录不能覆盖'); END;

CREATE TRIGGER destruction_needs_withdrawal BEFORE INSERT ON destruction
WHEN EXISTS (SELECT 1 FROM destruction WHERE id = NEW.id OR version_id = NEW.version_id)
  OR NOT EXISTS (SELECT 1 FROM withdrawal WHERE version_id = NEW.version_id)
BEGIN SELECT RAISE(ABORT, '只有已撤回且尚未销毁的版本可以决定销毁'); END;

CREATE TRIGGER destruction_no_delete BEFORE DELETE ON destruction
BEGIN SELECT RAISE(ABORT, '销毁记录不能删除'); END;

CREATE TRIGGER destruction_no_update BEFORE UPDATE ON destruction
BEGIN SELECT RAISE(ABORT, '销毁记录不能修改'); END;

CREATE TRIGGER record_no_delete BEFORE DELETE ON record
WHEN EXISTS (SELECT 1 FROM version WHERE record_id = OLD.id)
BEGIN SELECT RAISE(ABORT, '已公开的记录不能删除'); END;

CREATE TRIGGER record_no_replace BEFORE INSERT ON record
WHEN EXISTS (SELECT 1 FROM record WHERE id = NEW.id
  OR (unit_id = NEW.unit_id AND kind = NEW.kind AND (natural_key = NEW.natural_key OR slug = NEW.slug))
  OR (jurisdiction_id = NEW.jurisdiction_id AND index_no = NEW.index_no))
BEGIN SELECT RAISE(ABORT, '记录或索引号已存在'); END;

CREATE TRIGGER record_no_update BEFORE UPDATE ON record
WHEN NEW.id <> OLD.id
 OR EXISTS (SELECT 1 FROM record r WHERE r.id <> OLD.id AND (
      (r.unit_id = NEW.unit_id AND r.kind = NEW.kind AND (r.natural_key = NEW.natural_key OR r.slug = NEW.slug))
      OR (r.jurisdiction_id = NEW.jurisdiction_id AND r.index_no = NEW.index_no)))
 OR (EXISTS (SELECT 1 FROM version WHERE record_id = OLD.id)
  AND NOT (
   NEW.jurisdiction_id = OLD.jurisdiction_id AND NEW.unit_id = OLD.unit_id
   AND NEW.kind = OLD.kind AND NEW.slug = OLD.slug AND NEW.index_no = OLD.index_no
   AND NEW.created_at = OLD.created_at
   AND NOT EXISTS (SELECT 1 FROM version WHERE record_id = OLD.id AND payload IS NOT NULL)
  ))
BEGIN SELECT RAISE(ABORT, '已公开记录的单位、类别、地址和索引号不能修改'); END;

CREATE TRIGGER unit_no_delete BEFORE DELETE ON unit
WHEN EXISTS (SELECT 1 FROM record WHERE unit_id = OLD.id)
BEGIN SELECT RAISE(ABORT, '已有公开记录的单位不能删除，只能标记撤销'); END;

CREATE TRIGGER unit_no_replace BEFORE INSERT ON unit
WHEN EXISTS (SELECT 1 FROM unit WHERE id = NEW.id
  OR (jurisdiction_id = NEW.jurisdiction_id AND (slug = NEW.slug OR name = NEW.name)))
BEGIN SELECT RAISE(ABORT, '单位名称或网址代码已存在'); END;

CREATE TRIGGER unit_keeps_address BEFORE UPDATE ON unit
WHEN NEW.id <> OLD.id OR NEW.slug <> OLD.slug OR NEW.jurisdiction_id <> OLD.jurisdiction_id
  OR NEW.created_at <> OLD.created_at OR NEW.sample <> OLD.sample
  OR EXISTS (SELECT 1 FROM unit u WHERE u.id <> OLD.id AND u.jurisdiction_id = NEW.jurisdiction_id AND u.name = NEW.name)
BEGIN SELECT RAISE(ABORT, '单位的网址代码和示例标记不能修改，名称不能与其他单位相同'); END;

CREATE TRIGGER jurisdiction_no_delete BEFORE DELETE ON jurisdiction
WHEN EXISTS (SELECT 1 FROM unit WHERE jurisdiction_id = OLD.id)
BEGIN SELECT RAISE(ABORT, '已有单位的县区不能删除'); END;

CREATE TRIGGER jurisdiction_no_replace BEFORE INSERT ON jurisdiction
WHEN EXISTS (SELECT 1 FROM jurisdiction WHERE id = NEW.id OR slug = NEW.slug)
BEGIN SELECT RAISE(ABORT, '县区已存在'); END;

CREATE TRIGGER jurisdiction_no_update BEFORE UPDATE ON jurisdiction
BEGIN SELECT RAISE(ABORT, '县区的代码不能修改，否则已公开页面的链接会失效'); END;

CREATE TRIGGER outbox_no_delete BEFORE DELETE ON outbox
BEGIN SELECT RAISE(ABORT, '变更记录不能删除'); END;

CREATE TRIGGER outbox_only_paid BEFORE UPDATE ON outbox
WHEN NEW.id <> OLD.id OR NEW.jurisdiction_id <> OLD.jurisdiction_id OR NEW.event <> OLD.event
  OR NEW.record_id IS NOT OLD.record_id OR NEW.unit_id IS NOT OLD.unit_id OR NEW.created_at <> OLD.created_at
  OR (OLD.indexed_at IS NOT NULL AND NEW.indexed_at IS NOT OLD.indexed_at)
  OR (OLD.built_at IS NOT NULL AND NEW.built_at IS NOT OLD.built_at)
BEGIN SELECT RAISE(ABORT, '变更记录只能由未同步标为已同步'); END;
"""

_COMPLIANCE_GUARDS = """
CREATE TRIGGER exemption_no_delete BEFORE DELETE ON exemption
BEGIN SELECT RAISE(ABORT, '豁免登记不能删除，只能撤销'); END;

CREATE TRIGGER exemption_whole BEFORE INSERT ON exemption
WHEN EXISTS (SELECT 1 FROM exemption WHERE id = NEW.id)
  OR NEW.revoked_at IS NOT NULL OR NEW.valid_until <= NEW.valid_from
  OR trim(NEW.reason) = '' OR trim(NEW.approver) = '' OR NEW.recorded_at > datetime('now', '+1 day')
BEGIN SELECT RAISE(ABORT, '豁免登记不能覆盖，须写明原因、批准机关和起止日期，登记时间不得在将来'); END;

CREATE TRIGGER exemption_only_revoked BEFORE UPDATE ON exemption
WHEN NOT (
  OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL
  AND COALESCE(trim(NEW.revoke_reason), '') <> '' AND COALESCE(trim(NEW.revoked_by), '') <> ''
  AND NEW.id = OLD.id AND NEW.unit_id = OLD.unit_id AND NEW.duty = OLD.duty AND NEW.period IS OLD.period
  AND NEW.reason = OLD.reason AND NEW.approver = OLD.approver AND NEW.valid_from = OLD.valid_from
  AND NEW.valid_until = OLD.valid_until AND NEW.recorded_by = OLD.recorded_by AND NEW.recorded_at = OLD.recorded_at
)
BEGIN SELECT RAISE(ABORT, '豁免登记不能修改，只能撤销一次'); END;

CREATE TRIGGER extension_no_delete BEFORE DELETE ON extension
BEGIN SELECT RAISE(ABORT, '延期登记不能删除'); END;

CREATE TRIGGER extension_no_update BEFORE UPDATE ON extension
BEGIN SELECT RAISE(ABORT, '延期登记不能修改'); END;

CREATE TRIGGER extension_whole BEFORE INSERT ON extension
WHEN EXISTS (SELECT 1 FROM extension WHERE id = NEW.id)
  OR trim(NEW.reason) = '' OR trim(NEW.approver) = '' OR NEW.recorded_at > datetime('now', '+1 day')
BEGIN SELECT RAISE(ABORT, '延期登记不能覆盖，须写明原因和批准机关，登记时间不得在将来'); END;
"""

_DESK_GUARDS = """
CREATE TRIGGER step_no_delete BEFORE DELETE ON step
BEGIN SELECT RAISE(ABORT, '操作记录不能删除'); END;

CREATE TRIGGER step_no_update BEFORE UPDATE ON step
BEGIN SELECT RAISE(ABORT, '操作记录不能修改'); END;

CREATE TRIGGER step_no_replace BEFORE INSERT ON step
WHEN EXISTS (SELECT 1 FROM step WHERE id = NEW.id
  OR (NEW.event = 'published' AND event = 'published' AND draft_uid = NEW.draft_uid))
BEGIN SELECT RAISE(ABORT, '操作记录不能覆盖，同一份草稿只能发布一次'); END;

CREATE TRIGGER sign_in_no_delete BEFORE DELETE ON sign_in
BEGIN SELECT RAISE(ABORT, '登录记录不能删除'); END;

CREATE TRIGGER sign_in_no_update BEFORE UPDATE ON sign_in
BEGIN SELECT RAISE(ABORT, '登录记录不能修改'); END;

CREATE TRIGGER account_keeps_unit BEFORE UPDATE ON account
WHEN NEW.id <> OLD.id OR NEW.jurisdiction_id <> OLD.jurisdiction_id OR NEW.unit_id IS NOT OLD.unit_id
BEGIN SELECT RAISE(ABORT, '账号不能换到另一个单位，请停用后新建'); END;

CREATE TRIGGER draft_keeps_unit BEFORE UPDATE ON draft
WHEN NEW.id <> OLD.id OR NEW.uid <> OLD.uid OR NEW.unit_id <> OLD.unit_id OR NEW.kind <> OLD.kind
BEGIN SELECT RAISE(ABORT, '草稿不能换到另一个单位或另一个类别'); END;
"""

_SUPERVISION_GUARDS = """
CREATE TRIGGER supervision_step_no_delete BEFORE DELETE ON supervision_step
BEGIN SELECT RAISE(ABORT, '办理步骤不能删除'); END;

CREATE TRIGGER supervision_step_no_update BEFORE UPDATE ON supervision_step
BEGIN SELECT RAISE(ABORT, '办理步骤不能修改'); END;

CREATE TRIGGER supervision_step_no_replace BEFORE INSERT ON supervision_step
WHEN EXISTS (SELECT 1 FROM supervision_step WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, '办理步骤不能覆盖'); END;

CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, '操作日志不能删除'); END;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, '操作日志不能修改'); END;

CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit
WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, '操作日志不能覆盖'); END;

CREATE TRIGGER regime_change_no_delete BEFORE DELETE ON regime_change
BEGIN SELECT RAISE(ABORT, '制度变更不能删除'); END;

CREATE TRIGGER regime_change_no_update BEFORE UPDATE ON regime_change
BEGIN SELECT RAISE(ABORT, '制度变更不能修改'); END;

CREATE TRIGGER regime_change_no_replace BEFORE INSERT ON regime_change
WHEN EXISTS (SELECT 1 FROM regime_change WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, '制度变更不能覆盖'); END;

CREATE TRIGGER unit_event_no_delete BEFORE DELETE ON unit_event
BEGIN SELECT RAISE(ABORT, '单位沿革不能删除'); END;

CREATE TRIGGER unit_event_no_update BEFORE UPDATE ON unit_event
BEGIN SELECT RAISE(ABORT, '单位沿革不能修改'); END;

CREATE TRIGGER unit_event_no_replace BEFORE INSERT ON unit_event
WHEN EXISTS (SELECT 1 FROM unit_event WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, '单位沿革不能覆盖'); END;

CREATE TRIGGER bulletin_no_delete BEFORE DELETE ON bulletin
BEGIN SELECT RAISE(ABORT, '已发的通报不能删除'); END;

CREATE TRIGGER bulletin_no_update BEFORE UPDATE ON bulletin
BEGIN SELECT RAISE(ABORT, '已发的通报不能修改'); END;

CREATE TRIGGER bulletin_no_replace BEFORE INSERT ON bulletin
WHEN EXISTS (SELECT 1 FROM bulletin WHERE id = NEW.id
  OR (jurisdiction_id = NEW.jurisdiction_id AND period = NEW.period AND number = NEW.number))
BEGIN SELECT RAISE(ABORT, '已发的通报不能覆盖'); END;

CREATE TRIGGER assessment_no_delete BEFORE DELETE ON assessment
BEGIN SELECT RAISE(ABORT, '已作的考核不能删除'); END;

CREATE TRIGGER assessment_no_update BEFORE UPDATE ON assessment
BEGIN SELECT RAISE(ABORT, '已作的考核不能修改'); END;

CREATE TRIGGER assessment_no_replace BEFORE INSERT ON assessment
WHEN EXISTS (SELECT 1 FROM assessment WHERE id = NEW.id
  OR (unit_id = NEW.unit_id AND year = NEW.year AND number = NEW.number))
BEGIN SELECT RAISE(ABORT, '已作的考核不能覆盖'); END;

CREATE TRIGGER warning_no_delete BEFORE DELETE ON warning
BEGIN SELECT RAISE(ABORT, '固定的预警状态不能删除'); END;

CREATE TRIGGER warning_no_update BEFORE UPDATE ON warning
BEGIN SELECT RAISE(ABORT, '固定的预警状态不能修改'); END;

CREATE TRIGGER warning_no_replace BEFORE INSERT ON warning
WHEN EXISTS (SELECT 1 FROM warning WHERE id = NEW.id OR (unit_id = NEW.unit_id AND quarter = NEW.quarter))
BEGIN SELECT RAISE(ABORT, '固定的预警状态不能覆盖'); END;

CREATE TRIGGER outcome_no_delete BEFORE DELETE ON outcome
BEGIN SELECT RAISE(ABORT, '处理结果不能删除，只能撤销'); END;

CREATE TRIGGER outcome_no_replace BEFORE INSERT ON outcome
WHEN EXISTS (SELECT 1 FROM outcome WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, '处理结果不能覆盖'); END;

CREATE TRIGGER outcome_only_revoked BEFORE UPDATE ON outcome
WHEN NOT (
  OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL
  AND COALESCE(trim(NEW.revoke_reason), '') <> '' AND COALESCE(trim(NEW.revoked_by), '') <> ''
  AND NEW.id = OLD.id AND NEW.jurisdiction_id = OLD.jurisdiction_id AND NEW.unit_id = OLD.unit_id
  AND NEW.matter_id IS OLD.matter_id AND NEW.kind = OLD.kind AND NEW.person = OLD.person AND NEW.post = OLD.post
  AND NEW.decided_on = OLD.decided_on AND NEW.effect_until IS OLD.effect_until AND NEW.document_no = OLD.document_no
  AND NEW.basis = OLD.basis AND NEW.recorded_by = OLD.recorded_by AND NEW.recorded_at = OLD.recorded_at
)
BEGIN SELECT RAISE(ABORT, '处理结果不能修改，只能撤销一次'); END;

CREATE TRIGGER matter_no_delete BEFORE DELETE ON matter
BEGIN SELECT RAISE(ABORT, '监督事项不能删除，只能办结'); END;

CREATE TRIGGER matter_keeps_unit BEFORE UPDATE ON matter
WHEN NEW.id <> OLD.id OR NEW.uid <> OLD.uid OR NEW.unit_id <> OLD.unit_id OR NEW.jurisdiction_id <> OLD.jurisdiction_id
  OR NEW.source <> OLD.source OR NEW.cause <> OLD.cause OR NEW.round <> OLD.round OR NEW.created_at <> OLD.created_at
  OR (OLD.told_at IS NOT NULL AND NEW.told_at IS NOT OLD.told_at)
BEGIN SELECT RAISE(ABORT, '监督事项的单位和事由不能修改'); END;

CREATE TRIGGER matter_no_replace BEFORE INSERT ON matter
WHEN EXISTS (SELECT 1 FROM matter WHERE id = NEW.id OR uid = NEW.uid
  OR (unit_id = NEW.unit_id AND source = NEW.source AND cause = NEW.cause AND round = NEW.round))
BEGIN SELECT RAISE(ABORT, '监督事项不能覆盖'); END;

CREATE TRIGGER letter_no_replace BEFORE INSERT ON letter
WHEN EXISTS (SELECT 1 FROM letter WHERE id = NEW.id OR uid = NEW.uid
  OR (jurisdiction_id = NEW.jurisdiction_id AND number = NEW.number))
BEGIN SELECT RAISE(ABORT, '文书不能覆盖，文号不能重复'); END;

CREATE TRIGGER letter_no_delete BEFORE DELETE ON letter
WHEN OLD.issued_at IS NOT NULL
BEGIN SELECT RAISE(ABORT, '已发出的文书不能删除'); END;

CREATE TRIGGER letter_keeps_words BEFORE UPDATE ON letter
WHEN NEW.id <> OLD.id OR NEW.uid <> OLD.uid OR NEW.unit_id <> OLD.unit_id OR NEW.jurisdiction_id <> OLD.jurisdiction_id
  OR (OLD.issued_at IS NOT NULL AND (
    NEW.issued_at IS NOT OLD.issued_at OR NEW.kind <> OLD.kind OR NEW.number IS NOT OLD.number
    OR NEW.title <> OLD.title OR NEW.addressee <> OLD.addressee OR NEW.body <> OLD.body OR NEW.basis <> OLD.basis
    OR NEW.due IS NOT OLD.due OR NEW.signed_by <> OLD.signed_by OR NEW.matter_id IS NOT OLD.matter_id OR NEW.about <> OLD.about
    OR (OLD.replied_at IS NOT NULL AND (NEW.replied_at IS NOT OLD.replied_at OR NEW.reply <> OLD.reply
      OR NEW.replied_by <> OLD.replied_by))))
  OR EXISTS (SELECT 1 FROM letter l WHERE l.id <> OLD.id AND l.jurisdiction_id = NEW.jurisdiction_id
    AND l.number = NEW.number)
BEGIN SELECT RAISE(ABORT, '已发出的文书和单位的回复不能修改'); END;

CREATE TRIGGER rectification_no_replace BEFORE INSERT ON rectification
WHEN EXISTS (SELECT 1 FROM rectification WHERE id = NEW.id OR uid = NEW.uid)
BEGIN SELECT RAISE(ABORT, '整改台账不能覆盖'); END;

CREATE TRIGGER rectification_no_delete BEFORE DELETE ON rectification
BEGIN SELECT RAISE(ABORT, '整改台账不能删除，只能销号'); END;

CREATE TRIGGER rectification_needs_acceptance BEFORE UPDATE ON rectification
WHEN NEW.id <> OLD.id OR NEW.uid <> OLD.uid OR NEW.unit_id <> OLD.unit_id OR NEW.jurisdiction_id <> OLD.jurisdiction_id
  OR (NEW.closed_on IS NOT NULL AND trim(NEW.accepted_by) = '')
BEGIN SELECT RAISE(ABORT, '整改没有第三方验收不能销号，也不能换单位'); END;

CREATE TRIGGER relation_filing_no_replace BEFORE INSERT ON relation_filing
WHEN EXISTS (SELECT 1 FROM relation_filing WHERE id = NEW.id OR uid = NEW.uid)
BEGIN SELECT RAISE(ABORT, '特定关系人报备不能覆盖'); END;

CREATE TRIGGER relation_mark_no_delete BEFORE DELETE ON relation_mark
BEGIN SELECT RAISE(ABORT, '报备的标记不能删除，否则核对不到'); END;

CREATE TRIGGER relation_mark_no_update BEFORE UPDATE ON relation_mark
BEGIN SELECT RAISE(ABORT, '报备的标记不能修改，否则核对不到'); END;

CREATE TRIGGER relation_mark_no_replace BEFORE INSERT ON relation_mark
WHEN EXISTS (SELECT 1 FROM relation_mark WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, '报备的标记不能覆盖'); END;

CREATE TRIGGER relation_filing_no_delete BEFORE DELETE ON relation_filing
BEGIN SELECT RAISE(ABORT, '特定关系人报备不能删除'); END;

CREATE TRIGGER relation_filing_stays BEFORE UPDATE ON relation_filing
WHEN NEW.id <> OLD.id OR NEW.uid <> OLD.uid OR NEW.unit_id <> OLD.unit_id OR NEW.jurisdiction_id <> OLD.jurisdiction_id
  OR NEW.sealed <> OLD.sealed OR NEW.filed_on <> OLD.filed_on OR NEW.recorded_by <> OLD.recorded_by
  OR NEW.recorded_at <> OLD.recorded_at OR OLD.ended_on IS NOT NULL
BEGIN SELECT RAISE(ABORT, '特定关系人报备不能修改，只能终止'); END;
"""


def _statements(texts: str) -> dict[str, str]:
    return {
        re.match(r"CREATE TRIGGER (\w+)", statement.strip())[1]: statement.strip() + "END;"  # type: ignore[index]
        for statement in texts.split("END;")
        if statement.strip()
    }


FIRST = _statements(_GUARDS)  # Of the tables of the first migration.
COMPLIANCE = _statements(_COMPLIANCE_GUARDS)  # Of the second's.
DESK = _statements(_DESK_GUARDS)  # Of the fourth's.
SUPERVISION = _statements(_SUPERVISION_GUARDS)  # Of the fifth's.
STATEMENTS = {**FIRST, **COMPLIANCE, **DESK, **SUPERVISION}


def missing(connection: Connection) -> list[str]:
    """Return the triggers that the database has lost or that were rewritten."""
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    found = {row.name: _plain(row.sql) for row in rows}
    return [name for name, wanted in STATEMENTS.items() if found.get(name) != _plain(wanted)]


def put(connection: Connection, name: str) -> None:
    """Put one trigger in its place."""
    connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}")
    connection.exec_driver_sql(STATEMENTS[name])


def _plain(sql: str) -> str:
    return re.sub(r"\s+", " ", sql).strip().rstrip(";")
