"""报上一级机关 (RPT-07, RPT-08): the case goes to the superior's holders, and nothing of its content stays here.

The officer's browser wraps the case's key for the superior's holders. The sealed body and all parts move to a new
report, which has the reporter's lookup: whoever asks by the query code follows it there. What stays is an empty row
with its record, visible to those who saw it before.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update

from portal.domain.reports.acts import Act
from portal.domain.reports.ids import new_report_id
from portal.domain.reports.words import State, Track
from portal.services.reports.assigning import MOST_ROUTING, grants_of, refuse_misshapen
from portal.services.reports.desk import Desk, NotDone, sealed_of, write_step
from portal.store.reports.tables import KeyHolder, ReportPart, ReportTurn, SealedReport

_COPIED = ("jurisdiction", "received_on", "channel", "sealed_by", "case_key", "reporter_key", "binding", "commitment",
           "receipt", "track", "real_name", "priority")  # fmt: skip


def route_up(desk: Desk, report: SealedReport, asked: Mapping[str, Any]) -> None:
    """Send a report up. `asked["sealed"]` holds new `grants`, `routing` and the `serial` of the list; raise `NotDone`."""
    sealed = asked.get("sealed")
    if not isinstance(sealed, Mapping):
        raise NotDone("没有为上一级机关加密的内容。请打开举报后再报送。")
    grants, routing = grants_of(sealed), sealed_of(sealed, "routing", limit=MOST_ROUTING)
    _refuse_wrong_holders(desk, report, routing)
    if desk.session.scalar(select(SealedReport.id).where(SealedReport.merged_into == report.id).limit(1)):
        raise NotDone("有别的举报并入了这一件。请先取消并案，各自报送。")
    if report.body is None:
        raise NotDone("这件举报的内容已经销毁，不能报送。")
    refuse_misshapen(desk, report, grants)
    serial = _serial(desk, sealed, report)
    lookup, body = report.lookup, report.body
    # The old row needs one of its own; nobody can ask for what no query code leads to.
    report.lookup = secrets.token_hex(32)
    report.grants = report.body = None
    report.state, report.state_on, report.keep_until = State.ROUTED_UP.value, desk.today, None
    report.erased_on = desk.today
    desk.session.flush()
    above = SealedReport(
        id=new_report_id(),
        lookup=lookup,
        body=body,
        grants=grants,
        routing=routing,
        serial=serial,
        state=State.RECEIVED.value,
        state_on=desk.today,
        **{name: getattr(report, name) for name in _COPIED},
    )
    above.accept_by, above.route_by = _due(desk, report)
    desk.session.add(above)
    desk.session.flush()
    desk.session.execute(
        update(ReportPart)
        .where(ReportPart.report_id == report.id)
        .values(report_id=above.id)
        .execution_options(synchronize_session=False)
    )
    desk.session.execute(delete(ReportTurn).where(ReportTurn.report_id == report.id))
    desk.write(report.id, Act.ROUTED_UP)
    write_step(desk.session, above.id, Act.TAKEN_OVER, at=desk.now)


def _refuse_wrong_holders(desk: Desk, report: SealedReport, routing: bytes) -> None:
    found = desk.eyes.read(report.jurisdiction, routing)
    superior = desk.eyes.superiors(report.jurisdiction)
    if found is None or found.route != "superior" or not found.holders or not found.holders <= superior:
        raise NotDone("只能报给密钥清单上的上一级纪委监委持钥人。清单上没有的，请按保密要求线下报送。")
    query = select(KeyHolder.id).where(
        KeyHolder.jurisdiction == report.jurisdiction, KeyHolder.rank == "superior"
    )
    if found.holders.isdisjoint(desk.session.scalars(query)):
        raise NotDone("上一级纪委监委的持钥人还没有这里的账号，报上去也没有人能看到。请按保密要求线下报送。")


def _serial(desk: Desk, sealed: Mapping[str, Any], report: SealedReport) -> int:
    """Return the serial of the present list: by it one knows later who was left out."""
    present = desk.eyes.present(report.jurisdiction)
    if present is None or sealed.get("serial") != present.serial:
        raise NotDone("密钥清单已更新。请刷新页面后再报送。", status=409)
    return present.serial


def _due(desk: Desk, report: SealedReport) -> tuple[date, date]:
    """The superior's clocks begin on the day on which it has the report."""
    clocks = desk.clocks(report, start=desk.today)
    return clocks.accept_by(Track(report.track)).day, clocks.route_by().day
