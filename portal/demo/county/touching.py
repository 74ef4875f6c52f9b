"""Corrections of a few records of the county, chosen anew each time: what an incremental build has to catch up with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import gcd

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from portal.demo.county.loading import CountyRefused, county_units
from portal.domain.canonical import read_publication
from portal.domain.documents.annual import AnnualReport
from portal.domain.documents.base import Document
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.regulation import Regulation
from portal.domain.documents.tender import Tender
from portal.domain.regimes import Regime
from portal.domain.values import show_yuan
from portal.services.checking import Book
from portal.services.publishing import latest_version, publish, save_draft
from portal.services.rosters import find_jurisdiction
from portal.store.tables import Record, Version, Withdrawal

TOUCHER = "示例更正员"  # Publishes every correction made here and nothing else: so they can be counted.
_STEP = 0.6180339887  # The golden section: neighbours in the order of touching lie far apart in the county.


def touch_county(
    session: Session,
    jurisdiction: str,
    count: int,
    regimes: Mapping[str, Regime],
    *,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Publish corrections of `count` records and leave their outbox rows unpaid; return how many there were before.

    Each call goes on where the last one ended, so that no record is touched twice before every other
    was once (while the county keeps its size). A record with a withdrawn version is passed over. The caller commits.
    """
    if not county_units(session, jurisdiction):
        raise CountyRefused(
            f"“{jurisdiction}”里还没有示例县。请先运行 portal demo --units 98 --years 5 --records 40。"
        )
    records = _touchable(session, jurisdiction)
    if not records:
        raise CountyRefused("示例县里没有可以更正的记录。请先生成记录（--records 大于 0）。")
    touched, newest = _touches(session, jurisdiction)
    book = Book(session, regimes)
    step = _stride(len(records))
    for number in range(touched, touched + count):
        record = session.get_one(Record, records[(number * step) % len(records)])
        _touch(session, book, record, number + 1, newest + timedelta(seconds=number - touched + 1))
        if progress:
            progress(1)
    return touched


def _touchable(session: Session, jurisdiction: str) -> list[int]:
    gone = exists().where(Withdrawal.version_id == Version.id, Version.record_id == Record.id)
    query = select(Record.id).where(
        Record.jurisdiction_id == find_jurisdiction(session, jurisdiction).id, ~gone
    )
    return list(session.scalars(query.order_by(Record.id)))


def _touches(session: Session, jurisdiction: str) -> tuple[int, datetime]:
    """Return how many corrections were made here before, and the moment of the newest version."""
    query = (
        select(func.count().filter(Version.published_by == TOUCHER), func.max(Version.published_at))
        .join(Record)
        .where(Record.jurisdiction_id == find_jurisdiction(session, jurisdiction).id)
    )
    count, newest = session.execute(query).one()
    return count, newest


def _stride(size: int) -> int:
    """Return a step that comes by every one of `size` places before it returns to the first."""
    step = max(int(size * _STEP), 1)
    while gcd(step, size) > 1:
        step += 1
    return step


def _touch(session: Session, book: Book, record: Record, number: int, now: datetime) -> None:
    version = latest_version(session, record)
    if version is None or version.payload is None:
        raise AssertionError("a record that was not withdrawn has its content")
    _, document = read_publication(version.payload)
    changed, what = _changed(document, number)
    draft = save_draft(session, unit=record.unit, document=changed, author=TOUCHER, now=now, record=record)
    publish(session, draft, book=book, reason=f"更正：{what}", actor=TOUCHER, now=now)


def _changed(document: Document, number: int) -> tuple[Document, str]:
    """Return the document with an amount (or a count) and a text put right, and a sentence that says so."""
    more = (number % 97 + 1) * 100
    match document:
        case FinanceDisclosure():
            update, told = _finance(document, more)
        case DecisionRecord(amount=int(before)):
            update, told = {"amount": before + more}, _told("涉及金额", before, before + more)
        case DecisionRecord():
            told = "决定内容补注校核情况"
            update = {"decision_text": f"{document.decision_text or ''}（第{number}次校核）"}
        case Tender() if document.intent and document.intent.budget is not None:
            budget = document.intent.budget
            intent = document.intent.model_copy(update={"budget": budget + more})
            update, told = {"intent": intent}, _told("采购预算", budget, budget + more)
        case AnnualReport(disclosed=int(before)):
            update, told = {"disclosed": before + 1}, f"主动公开信息由{before}条更正为{before + 1}条"
        case DelegationPlan() if document.assignments:
            first, *others = document.assignments
            told = f"{first.domain}一项的职责表述作了补充"
            scope = f"{(first.scope or '').rstrip('。')}，并接受第{number}次复核。"
            update = {"assignments": (first.model_copy(update={"scope": scope}), *others)}
        case Regulation():
            *blocks, last = document.blocks
            mended = last.model_copy(update={"text": f"{last.text}\n（第{number}次校核）"})
            update, told = {"blocks": (*blocks, mended)}, "落款补注校核次数"
        case _:
            update, told = {}, "备注补充校核情况"
    told = f"{told}，其他内容不变（第{number}次校核）。"
    return document.model_copy(update={**update, "remark": told}), told


def _finance(document: FinanceDisclosure, more: int) -> tuple[dict[str, object], str]:
    """Change one amount that no total depends on: a listed payment, else the purchases of the year."""
    paid = document.payments
    if paid and paid[0].amount > more:
        first = paid[0].model_copy(update={"amount": paid[0].amount - more})
        update: dict[str, object] = {"payments": (first, *paid[1:])}
        if paid[0].expense_type in ("procurement", "works", "operations"):
            update["procurement_total"] = (document.procurement_total or 0) - more
        return update, _told(paid[0].purpose, paid[0].amount, first.amount)
    before = document.procurement_total or 0
    return {"procurement_total": before + more}, _told("政府采购支出", before, before + more)


def _told(what: str, before: int, after: int) -> str:
    return f"{what}由{show_yuan(before)}元更正为{show_yuan(after)}元"
