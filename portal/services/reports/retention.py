"""Keeping, and destroying on time: the content of a report goes when its term has ended, the record of it stays.

Nothing else ever deletes. What stays: who did what, the receipt, the commitment, and the sealed routing (without it
one could not tell who may still see that there was a report).
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.domain.reports.acts import Act
from portal.services.checking import SHANGHAI
from portal.services.reports import challenges
from portal.services.reports.desk import write_step
from portal.services.reports.turning import forget_old
from portal.store.reports.tables import ReportPart, ReportTurn, SealedReport


def sweep(session: Session, *, now: datetime) -> int:
    """Destroy what was kept long enough; return how many reports. First keys and challenges past their time go too.

    The caller has begun to write, commits, and then empties the journal (`portal.store.db.empty_journal`).
    """
    today = now.astimezone(SHANGHAI).date()
    forget_old(session, now=now)
    challenges.sweep(session, now=now)
    ended = session.scalars(
        select(SealedReport.id).where(SealedReport.keep_until < today, SealedReport.erased_on.is_(None))
    ).all()
    for number in ended:
        erase(session, number, today=today)
        write_step(session, number, Act.ERASED, at=now)
    return len(ended)


def erase(session: Session, report_id: str, *, today: date) -> None:
    """Empty the sealed columns of a report and of its parts."""
    session.execute(
        update(SealedReport)
        .where(SealedReport.id == report_id)
        .values(grants=None, body=None, erased_on=today, version=SealedReport.version + 1)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(ReportPart)
        .where(ReportPart.report_id == report_id)
        .values(sealed=None, for_reporter=None)
        .execution_options(synchronize_session=False)
    )
    for turn in session.scalars(select(ReportTurn).where(ReportTurn.report_id == report_id)):
        session.delete(turn)
    session.flush()
