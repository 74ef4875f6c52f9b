"""Enters a record: its lasting address and its index number."""

from __future__ import annotations

import re
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.documents.base import Document, kind_of
from portal.services.checking import SHANGHAI
from portal.services.refusing import NotPublishable
from portal.store.tables import Record, Unit, Version

_GIVEN = re.compile(
    r"(.+)/\d{4}-.{5,}"
)  # As `_next_index_no` writes them, and whatever it would count among them.


def new_record(session: Session, unit: Unit, document: Document, now: datetime) -> Record:
    """Enter the record that a first publication opens, under an address and an index number of its own."""
    year = document.year() or now.astimezone(SHANGHAI).year
    if document.index_no:
        _refuse_used_index_no(session, unit, document.index_no)
        _refuse_others_series(unit, document.index_no)
    record = Record(
        jurisdiction_id=unit.jurisdiction_id,
        unit_id=unit.id,
        unit=unit,
        kind=document.kind.code,
        natural_key=document.natural_key(),
        slug=_free_slug(session, unit, document, year),
        index_no=document.index_no or _next_index_no(session, unit, year),
        created_at=now,
    )
    session.add(record)
    session.flush()
    return record


def _refuse_others_series(unit: Unit, index_no: str) -> None:
    """Leave the numbers that the platform gives other units alone: after one of them there its owner gets no next one.

    The number's own look says so: who publishes may not see which other units there are.
    """
    series = _GIVEN.fullmatch(index_no)
    if series and series[1] not in (unit.uscc, unit.code, _own_stem(unit)):
        raise NotPublishable(
            f"索引号“{index_no}”的写法与系统编排的“单位代码/年份-序号”相同，但“{series[1]}”不是本单位的代码。"
            "请留空由系统编排，或核对后更换。"
        )


def _own_stem(unit: Unit) -> str:
    return f"{unit.jurisdiction.slug}-{unit.id:05d}"


def _refuse_used_index_no(session: Session, unit: Unit, index_no: str) -> None:
    other = session.scalar(
        select(Record).where(Record.jurisdiction_id == unit.jurisdiction_id, Record.index_no == index_no)
    )
    if other:
        raise NotPublishable(
            f"索引号“{index_no}”已被“{other.unit.name}”的{kind_of(other.kind).kind.label}使用。"
            "索引号不能重复，请更换，或留空由系统编排。"
        )


def _free_slug(session: Session, unit: Unit, document: Document, year: int) -> str:
    taken = set(
        session.scalars(
            select(Record.slug).where(Record.unit_id == unit.id, Record.kind == document.kind.code)
        )
    )
    if own := document.slug():
        # Taken only where an earlier record of the same period was destroyed by law: its address stays its own.
        return next(
            one for one in (own, *(f"{own}-{n}" for n in range(2, len(taken) + 3))) if one not in taken
        )
    highest = max((_tail(slug) for slug in taken if slug.startswith(f"{year}-")), default=0)
    return f"{year}-{highest + 1:04d}"


def _next_index_no(session: Session, unit: Unit, year: int) -> str:
    stem = f"{unit.uscc or unit.code or _own_stem(unit)}/{year}-"
    highest = session.scalar(
        select(func.max(Record.index_no)).where(
            Record.jurisdiction_id == unit.jurisdiction_id,
            Record.index_no.startswith(stem, autoescape=True),
            func.length(Record.index_no) == len(stem) + 5,
        )
    )
    return f"{stem}{1 + (_tail(highest) if highest else 0):05d}"


def _tail(text: str) -> int:
    digits = text.rsplit("-", 1)[-1]
    return int(digits) if digits.isascii() and digits.isdigit() else 0


def forget_key(session: Session, record: Record) -> None:
    """A natural key may hold a title: when no version's content is left, it goes too."""
    left = session.scalar(
        select(func.count()).where(Version.record_id == record.id, Version.payload.is_not(None))
    )
    if not left:
        record.natural_key = f"已销毁:{record.id}"
        session.flush()
