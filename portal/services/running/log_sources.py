"""Where 操作日志 is gathered from: each table with its moments, and how a row of it reads."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import and_, false, func, literal, not_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.domain.documents.base import kinds
from portal.domain.obligations import DUTIES
from portal.domain.supervision.matters import Event
from portal.domain.supervision.matters import Source as Origin
from portal.domain.supervision.warnings import MEASURE
from portal.domain.values import show_day
from portal.services.accounts.throttling import OUTCOMES
from portal.services.board.county import County
from portal.store.tables import (
    Account,
    Audit,
    Destruction,
    Exemption,
    Extension,
    Matter,
    Outcome,
    Record,
    SignIn,
    SupervisionStep,
    Unit,
    Version,
    Withdrawal,
)

# What can be asked for, and what the log calls it.
SORTS = {
    "audit": "纪委监委操作",
    "published": "发布",
    "withdrawn": "撤回",
    "destroyed": "销毁",
    "exempted": "豁免",
    "unexempted": "豁免撤销",
    "extended": "延期",
    "step": "监督步骤",
    "outcome": "处理结果",
    "account": "开通账号",
    "disabled": "停用账号",
    "sign_in": "登录",
}
_ACTIONS = {
    "unit": "单位名册",
    "group": "班子名单",
    "terms": "制度参数",
    "matter": "监督事项",
    "letter": "文书",
    "rectification": "整改台账",
    "outcome": "处理结果",
    "bulletin": "通报",
    "assessment": "年度考核",
    "inspection": "检查",
    "exemption": "豁免",
    "extension": "延期",
    "warning": "预警",
    "warnings": "预警",
    "grant": "豁免和延期",
    "own": "双记双评",
    "filing": "报备",
    "minutes": "双记双评",
    "minute": "双记双评",
    "flag": "异常信号",
    "audit": "操作日志",
    "account": "账号",
}
_DUTIES = {one.code: one.title for one in DUTIES}


@dataclass(frozen=True)
class Entry:
    """One line: when, who, what, about whom; `place` is what it is about, as table and address."""

    at: datetime
    sort: str
    number: int
    actor: str
    what: str
    words: str
    unit_id: int | None = None
    place: tuple[str, ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()

    @property
    def key(self) -> str:
        """Where the next page goes on."""
        return f"{self.at.isoformat()}~{self.sort}~{self.number}"


@dataclass(frozen=True)
class Source:
    """One table: its moments, and how a row reads. `says` are the columns in which a text is looked for."""

    query: Any  # A select of whatever columns the row needs.
    at: InstrumentedAttribute[Any]
    number: InstrumentedAttribute[Any]
    unit: Any
    actor: Any
    says: tuple[Any, ...]
    tell: Callable[[Any], Entry]
    veiled: Any = None  # Which rows say of a hit; they are told as such, and found by no text.


VEILED = "与特定关系人报备有关，内容只供承办监督的人员查看"
_HITS = ("filing.hit", "filing.checked")


def sources(county: County) -> dict[str, Source]:
    """Return every table with how its rows read."""
    found = _sources(county)
    if county.sees_hits:
        return found
    # Who runs the county reads that something was done, not that a filing was hit.
    of_hits = Matter.source == Origin.RELATION.value
    known = select(literal("matter/") + Matter.uid).where(Matter.jurisdiction_id == county.id, of_hits)
    about = {*county.session.scalars(known)}
    return found | {
        "audit": replace(
            found["audit"],
            veiled=or_(Audit.action.in_(_HITS), Audit.object.in_(known)),
            tell=lambda row: _veil(_audit(row), row[0].action in _HITS or row[0].object in about),
        ),
        "step": replace(
            found["step"],
            veiled=func.coalesce(of_hits, false()),
            tell=lambda row: _veil(_step(row), f"matter/{row[2]}" in about),
        ),
    }


def _veil(entry: Entry, hidden: bool) -> Entry:
    return replace(entry, words=VEILED, unit_id=None, place=(), changes=()) if hidden else entry


def _sources(county: County) -> dict[str, Source]:
    here = Record.jurisdiction_id == county.id
    of_unit = Unit.jurisdiction_id == county.id
    version = (
        select(Version.id, Version.number, Version.published_by, Version.published_at, Version.reason,
               Record.unit_id, Record.kind, Record.slug, Record.index_no)
        .join(Record, Version.record_id == Record.id).where(here)
    )  # fmt: skip
    withdrawal = (
        select(Withdrawal.id, Withdrawal.withdrawn_at, Withdrawal.approver, Withdrawal.reason,
               Withdrawal.legal_ground, Record.unit_id, Record.kind, Record.slug, Record.index_no)
        .join(Version, Withdrawal.version_id == Version.id).join(Record, Version.record_id == Record.id).where(here)
    )  # fmt: skip
    destruction = (
        select(Destruction.id, Destruction.destroyed_at, Destruction.approver, Destruction.legal_ground,
               Record.unit_id, Record.kind, Record.slug, Record.index_no)
        .join(Version, Destruction.version_id == Version.id).join(Record, Version.record_id == Record.id).where(here)
    )  # fmt: skip
    exemption = select(Exemption).join(Unit, Exemption.unit_id == Unit.id).where(of_unit)
    extension = select(Extension).join(Unit, Extension.unit_id == Unit.id).where(of_unit)
    step = (
        select(SupervisionStep, Matter.title, Matter.uid)
        .outerjoin(Matter, SupervisionStep.matter_id == Matter.id)
        # What was done about an early warning is for those who supervise alone: the log says only that it was.
        .where(
            SupervisionStep.jurisdiction_id == county.id,
            not_(
                and_(
                    SupervisionStep.words.startswith(MEASURE, autoescape=True),
                    # Nobody else's step goes unlogged because it begins with that word.
                    SupervisionStep.side == "commission",
                    SupervisionStep.matter_id.is_(None),
                    SupervisionStep.letter_id.is_(None),
                    SupervisionStep.rectification_id.is_(None),
                )
            ),
        )
    )
    account = select(Account).where(Account.jurisdiction_id == county.id)
    sign_in = (
        select(SignIn.id, SignIn.at, SignIn.outcome, SignIn.address, Account.name, Account.unit_id, Account.login)
        .join(Account, SignIn.account_id == Account.id).where(Account.jurisdiction_id == county.id)
    )  # fmt: skip
    return {
        "audit": Source(
            select(Audit).where(Audit.jurisdiction_id == county.id),
            Audit.at, Audit.id, Audit.unit_id, Audit.actor, (Audit.words, Audit.object, Audit.detail), _audit,
        ),
        "published": Source(
            version, Version.published_at, Version.id, Record.unit_id, Version.published_by,
            (Record.index_no, Version.reason), _published,
        ),
        "withdrawn": Source(
            withdrawal, Withdrawal.withdrawn_at, Withdrawal.id, Record.unit_id, Withdrawal.approver,
            (Record.index_no, Withdrawal.reason, Withdrawal.legal_ground), _withdrawn,
        ),
        "destroyed": Source(
            destruction, Destruction.destroyed_at, Destruction.id, Record.unit_id, Destruction.approver,
            (Record.index_no, Destruction.legal_ground), _destroyed,
        ),
        "exempted": Source(
            exemption, Exemption.recorded_at, Exemption.id, Exemption.unit_id, Exemption.recorded_by,
            (Exemption.reason, Exemption.approver), _exempted,
        ),
        "unexempted": Source(
            exemption, Exemption.revoked_at, Exemption.id, Exemption.unit_id, Exemption.revoked_by,
            (Exemption.revoke_reason,), _unexempted,
        ),
        "extended": Source(
            extension, Extension.recorded_at, Extension.id, Extension.unit_id, Extension.recorded_by,
            (Extension.reason, Extension.approver), _extended,
        ),
        "step": Source(
            step, SupervisionStep.at, SupervisionStep.id, SupervisionStep.unit_id, SupervisionStep.actor,
            (SupervisionStep.words, func.coalesce(Matter.title, "")), _step,
        ),
        "outcome": Source(
            select(Outcome).where(Outcome.jurisdiction_id == county.id),
            Outcome.recorded_at, Outcome.id, Outcome.unit_id, Outcome.recorded_by,
            (Outcome.document_no, Outcome.basis), _outcome,
        ),
        "account": Source(
            account, Account.created_at, Account.id, Account.unit_id, Account.created_by,
            (Account.name, Account.login), _account,
        ),
        "disabled": Source(
            account, Account.disabled_at, Account.id, Account.unit_id, Account.name,
            (Account.name, Account.login), _disabled,
        ),
        "sign_in": Source(
            sign_in, SignIn.at, SignIn.id, Account.unit_id, Account.name,
            (Account.name, Account.login, SignIn.address), _signed_in,
        ),
    }  # fmt: skip


def _audit(row: Any) -> Entry:
    one: Audit = row[0]
    table, address = [*re.split(r"[:/]", one.object, maxsplit=1), ""][:2]
    detail = json.loads(one.detail or "{}")
    before, after = (_named(detail.get(name)) for name in ("before", "after"))
    changes = tuple(
        (name, str(before.get(name) or ""), str(after.get(name) or ""))
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    )
    what = _ACTIONS.get(re.split(r"[._]", one.action)[0], "操作")
    return Entry(one.at, "audit", one.id, one.actor, what, one.words, one.unit_id, (table, address), changes)


def _named(value: Any) -> dict[str, Any]:
    """Return what was before or after, as far as it is for people to read: plain values with Chinese names."""
    if not isinstance(value, dict):
        return {"内容": value} if isinstance(value, str) else {}
    return {
        name: one
        for name, one in value.items()
        if not name.isascii() and isinstance(one, str | int | None) and not isinstance(one, bool)
    }


def _kind(code: str) -> str:
    found = kinds().get(code)
    return found.kind.label if found else code


def _record(row: Any) -> tuple[str, ...]:
    return ("record", row.unit_id, row.kind, row.slug)


def _published(row: Any) -> Entry:
    words = f"{_kind(row.kind)} {row.index_no} 第 {row.number} 版" + (f"：{row.reason}" if row.reason else "")
    return Entry(
        row.published_at, "published", row.id, row.published_by, "发布", words, row.unit_id, _record(row)
    )


def _withdrawn(row: Any) -> Entry:
    words = f"{_kind(row.kind)} {row.index_no}：{row.reason}（依据：{row.legal_ground}）"
    return Entry(
        row.withdrawn_at, "withdrawn", row.id, row.approver, "撤回", words, row.unit_id, _record(row)
    )


def _destroyed(row: Any) -> Entry:
    words = f"{_kind(row.kind)} {row.index_no} 的内容依法销毁（依据：{row.legal_ground}）"
    return Entry(
        row.destroyed_at, "destroyed", row.id, row.approver, "销毁", words, row.unit_id, _record(row)
    )


def _exempted(row: Any) -> Entry:
    one: Exemption = row[0]
    words = (
        f"{_DUTIES.get(one.duty, one.duty)}不适用，{show_day(one.valid_from)}至{show_day(one.valid_until)}："
        f"{one.reason}（批准：{one.approver}）"
    )
    return Entry(one.recorded_at, "exempted", one.id, one.recorded_by, "豁免", words, one.unit_id)


def _unexempted(row: Any) -> Entry:
    one: Exemption = row[0]
    words = f"{_DUTIES.get(one.duty, one.duty)}的豁免撤销：{one.revoke_reason}"
    at = one.revoked_at or one.recorded_at
    return Entry(at, "unexempted", one.id, one.revoked_by or "", "豁免撤销", words, one.unit_id)


def _extended(row: Any) -> Entry:
    one: Extension = row[0]
    words = (
        f"{_DUTIES.get(one.duty, one.duty)}（{one.period}）延至{show_day(one.new_due)}："
        f"{one.reason}（批准：{one.approver}）"
    )
    return Entry(one.recorded_at, "extended", one.id, one.recorded_by, "延期", words, one.unit_id)


def _step(row: Any) -> Entry:
    one: SupervisionStep = row[0]
    known = {event.value: event.label for event in Event}
    title = f"“{row.title}”" if row.title else ""
    words = f"{title}{'：' if title and one.words else ''}{one.words}"
    place = ("matter", row.uid) if row.uid else ()
    return Entry(
        one.at, "step", one.id, one.actor, known.get(one.event, "监督步骤"), words, one.unit_id, place
    )


def _outcome(row: Any) -> Entry:
    one: Outcome = row[0]
    words = f"登记处理结果，文号 {one.document_no}" if one.document_no else "登记处理结果"
    return Entry(one.recorded_at, "outcome", one.id, one.recorded_by, "处理结果", words, one.unit_id)


def _account(row: Any) -> Entry:
    one: Account = row[0]
    words = f"为{one.name}开通账号 {one.login}"
    place = ("account", str(one.id))
    return Entry(one.created_at, "account", one.id, one.created_by, "开通账号", words, one.unit_id, place)


def _disabled(row: Any) -> Entry:
    one: Account = row[0]
    at = one.disabled_at or one.created_at
    return Entry(
        at, "disabled", one.id, one.name, "停用账号", f"{one.name}的账号 {one.login} 停用", one.unit_id,
        ("account", str(one.id)),
    )  # fmt: skip


def _signed_in(row: Any) -> Entry:
    words = f"{OUTCOMES.get(row.outcome, '其他')}，来自 {row.address}"
    return Entry(row.at, "sign_in", row.id, row.name, "登录", words, row.unit_id)
