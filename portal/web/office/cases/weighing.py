"""预警与举报: the states of the early warnings beside the reports, which the person's browser opens and counts by unit.

The server gives the states without reports, the formula and the ids; what the browser makes of them never comes back.
"""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.supervision.reported import spellings
from portal.domain.supervision.warnings import State, window
from portal.domain.values import show_period
from portal.services.reports import counted
from portal.services.reports.holders import holder_of
from portal.services.running.units import roster
from portal.web.guards import may
from portal.web.office.cases.counter import bp, desk, root_key, session
from portal.web.office.house import county, page, person
from portal.web.office.showing import show_moment
from portal.web.office.warnings import SIGNS, Table


@bp.get("/warnings")
@may(Action.WEIGH_REPORTS)
def weighing() -> ResponseReturnValue:
    """Show each unit's state without reports, and what the browser needs to add them."""
    here, who = desk(), person()
    board = county()
    table = Table(board)
    terms = table.terms
    quarters = window(terms, table.quarter) if terms else (table.quarter,)
    holder = holder_of(session(), who.account_id, jurisdiction=who.jurisdiction)
    return page(
        "office/cases/warnings.html",
        title="预警（计入举报）",
        table=table,
        terms=terms,
        item=next((one for one in terms.items if one.code == "reports"), None) if terms else None,
        names={
            one.unit.id: spellings(one.unit.name, one.unit.short, *one.aliases)
            for one in roster(board, today=here.today)
        },
        reports=counted.of_quarters(here, quarters),
        holder=holder.id if holder else "",
        states=list(State),
        signs=SIGNS,
        span=len(quarters),
        first=show_period(quarters[-1]),
        name=show_period(table.quarter),
        moment=show_moment,
        root_key=root_key(),
    )
