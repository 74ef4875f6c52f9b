"""Reports about the same matter are dealt with together (并案), and taken apart again. Both must be seen by who does it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.domain.reports.acts import Act
from portal.domain.reports.words import State
from portal.services.reports.desk import Desk, NotDone, touch
from portal.services.reports.eyes import Unseen
from portal.store.reports.tables import SealedReport

_NO_TARGET = frozenset({State.MERGED, State.ROUTED_UP, State.TRANSFERRED})


def merge(desk: Desk, report: SealedReport, asked: Mapping[str, Any]) -> None:
    """Merge a report into another that the person sees too; raise `NotDone`.

    Who sees the one and from whom the other is kept would learn by it that there is another: then they stay apart.
    """
    if State(report.state) not in (State.RECEIVED, State.ACCEPTED):
        raise NotDone(f"这件举报的状态是“{State(report.state).label}”，不能并案。")
    try:
        into = desk.report(str(asked.get("into", "")))
    except Unseen:
        raise NotDone("没有找到要并入的举报。请从列表中选择。") from None
    if into.id == report.id or into.jurisdiction != report.jurisdiction or State(into.state) in _NO_TARGET:
        raise NotDone("不能并入选择的这件举报。请选择同一县区、还在办理的另一件。")
    if desk.session.scalar(select(SealedReport.id).where(SealedReport.merged_into == report.id).limit(1)):
        raise NotDone("已有别的举报并入了这一件。请先取消那些并案，或反过来并入。")
    _refuse_telling(desk, report.id, into.id)
    report.merged_into, report.state, report.state_on = into.id, State.MERGED.value, desk.today
    report.keep_until = into.keep_until
    desk.session.flush()
    # No ids in the record: who came to the key list later may see the one alone.
    desk.write(report.id, Act.MERGED)
    desk.write(into.id, Act.TAKEN_IN)
    touch(desk.session, into)


def _refuse_telling(desk: Desk, one: str, other: str) -> None:
    active = desk.handlers_of(
        [row.account_id for two in (one, other) for row in desk.eyes.holders_of(desk.session, two)]
    )
    eyes, session = desk.eyes, desk.session
    if eyes.tells(session, one, other, active=active) or eyes.tells(session, other, one, active=active):
        raise NotDone(
            "有人能查看其中一件、须回避另一件：并案会让他知道还有另一件。请分别办理，或先为能查看的那一件也办理回避。"
        )


def unmerge(desk: Desk, report: SealedReport, _: Mapping[str, Any]) -> None:
    """Take a report out of that into which it was merged: it is 已收到 again."""
    report.merged_into, report.keep_until = None, None
    report.state, report.state_on = State.RECEIVED.value, desk.today
    desk.session.flush()
    desk.write(report.id, Act.UNMERGED)


def keep_with(session: Session, report_id: str, until: date | None) -> None:
    """Keep what was merged into a report as long as the report itself."""
    session.execute(
        update(SealedReport)
        .where(SealedReport.merged_into == report_id, SealedReport.state == State.MERGED.value)
        .values(keep_until=until, version=SealedReport.version + 1)
        .execution_options(synchronize_session=False)
    )
