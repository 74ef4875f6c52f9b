"""统计 and 查看记录, for the lead, over the reports that the lead sees."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.values import show_day, show_period
from portal.services.checking import SHANGHAI
from portal.services.reports import reading, statistics
from portal.web.guards import may
from portal.web.office.cases.counter import bp, desk, root_key
from portal.web.office.house import page


@bp.get("/statistics")
@may(Action.LEAD_REPORTS)
def statistics_page() -> ResponseReturnValue:
    """Show the numbers of a quarter; small ones are hidden."""
    here = desk()
    quarters = statistics.quarters_shown(here)
    wanted = request.args.get("quarter", "")
    quarter = wanted if wanted in quarters else quarters[0]
    return page(
        "office/cases/statistics.html",
        title="举报统计",
        found=statistics.of_quarter(here, quarter),
        quarters=[(one, show_period(one)) for one in quarters],
        name=show_period(quarter),
        root_key=root_key(),
        weigh=Action.WEIGH_REPORTS,
        today=show_day(here.today),
    )


@bp.get("/log")
@may(Action.LEAD_REPORTS)
def log() -> ResponseReturnValue:
    """Show who did what with which report, newest first."""
    number = min(10_000, max(1, request.args.get("page", 1, type=int)))
    lines, more = reading.log(desk(), page=number)
    return page(
        "office/cases/log.html",
        title="查看和办理记录",
        lines=lines,
        number=number,
        more=more,
        moment=lambda at: f"{show_day(at.astimezone(SHANGHAI).date())} {at.astimezone(SHANGHAI):%H:%M}",
    )
