"""Opening by two: the first key turned waits for a second person, three days, and never goes back to who turned it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.domain.reports.acts import Act
from portal.services.reports.assigning import opening_of
from portal.services.reports.desk import Desk, NotDone
from portal.store.reports.tables import ReportTurn, SealedReport

KEPT = timedelta(days=3)  # A habit of the platform's: long enough for a weekend, short for a half-open lock.
_MOST = 15  # Halves: of one person there are at most slots-1.
_LONGEST = 8_000  # Bytes of one.


@dataclass(frozen=True)
class Turned:
    """What the second person gets; `halves` is None for who turned the first key."""

    name: str
    until: datetime
    halves: list[bytes] | None


def turn(desk: Desk, report_id: str, halves: Sequence[bytes]) -> ReportTurn:
    """Keep the halves that the person's key freed; again replaces. Raise `Unseen` or `NotDone`."""
    number = desk.sight.need(report_id)
    grants = desk.session.scalar(select(SealedReport.grants).where(SealedReport.id == number))
    if grants is None or opening_of(grants) != 2:
        raise NotDone("这件举报不需要两个人打开。请刷新页面后再试。")
    if not 0 < len(halves) <= _MOST or any(not 0 < len(one) <= _LONGEST for one in halves):
        raise NotDone("提交的内容格式不对。请刷新页面后再试。")
    _drop(desk.session, number, desk.viewer.account_id)
    made = ReportTurn(
        report_id=number,
        account_id=desk.viewer.account_id,
        name=desk.viewer.name,
        halves=b"".join(len(one).to_bytes(2, "big") + one for one in halves),
        at=desk.now,
        until=desk.now + KEPT,
    )
    desk.session.add(made)
    desk.session.flush()
    desk.write(number, Act.TURNED)
    return made


def turned(desk: Desk, report_id: str) -> Turned | None:
    """Return what waits for this person as the second, or else that the person's own turn waits for another."""
    number = desk.sight.need(report_id)
    seeing = {one.account_id for one in desk.eyes.holders_of(desk.session, number)}
    query = select(ReportTurn).where(ReportTurn.report_id == number, ReportTurn.until > desk.now)
    rows = [
        one for one in desk.session.scalars(query.order_by(ReportTurn.at.desc())) if one.account_id in seeing
    ]
    others = [one for one in rows if one.account_id != desk.viewer.account_id]
    if others:
        # Of all who turned: one who put in something useless must not stand before the others.
        halves = [half for one in others for half in _apart(one.halves)]
        return Turned(others[0].name, others[0].until, halves)
    return Turned(rows[0].name, rows[0].until, None) if rows else None


def forget_old(session: Session, *, now: datetime) -> int:
    """Delete what nobody came for in time and return how many; the caller commits."""
    old = session.scalars(select(ReportTurn.id).where(ReportTurn.until <= now)).all()
    if old:
        session.execute(delete(ReportTurn).where(ReportTurn.id.in_(old)))
    return len(old)


def _drop(session: Session, report_id: str, account_id: int) -> None:
    session.execute(
        delete(ReportTurn).where(ReportTurn.report_id == report_id, ReportTurn.account_id == account_id)
    )


def _apart(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at + 2 <= len(data):
        size = int.from_bytes(data[at : at + 2], "big")
        found.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return found
