"""The inbox: the reports that the person sees, and the signed key list for the browser."""

from __future__ import annotations

from flask import Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.reports.words import State
from portal.domain.roles import Action
from portal.domain.values import show_day
from portal.services.reports.eyes import list_of
from portal.services.reports.holders import holder_of
from portal.services.reports.reading import counts, rows
from portal.web.guards import may
from portal.web.office.cases.counter import bp, desk, root_key, session
from portal.web.office.house import office, page, person

PAGE = 100  # Rows at a time.


@bp.get("/")
@may(Action.HANDLE_REPORTS)
def inbox() -> ResponseReturnValue:
    """Show what the person sees, narrowed by state, to one's own, or to what is late."""
    here, who = desk(), person()
    wanted = request.args.get("state", "")
    state = State(wanted) if wanted in set(State) else None
    mine, late = request.args.get("mine") == "1", request.args.get("late") == "1"
    number = max(1, request.args.get("page", 1, type=int))
    every = rows(here)
    found = [one for one in every if state is None or one.state is state]
    found = [one for one in found if (not mine or one.mine) and (not late or one.late)]
    regime = here.regime_of(who.jurisdiction)
    holder = holder_of(session(), who.account_id, jurisdiction=who.jurisdiction)
    return page(
        "office/cases/inbox.html",
        title="举报件",
        rows=found[(number - 1) * PAGE : number * PAGE],
        total=len(found),
        number=number,
        pages=max(1, -(-len(found) // PAGE)),
        counts=counts(here, every),
        filters={"state": state.value if state else "", "mine": mine, "late": late},
        states=list(State),
        me={
            "account_id": who.account_id,
            "name": who.name,
            "lead": here.viewer.leads,
            "holder": holder.id if holder else next(iter(here.sight.holders.values()), None),
        },
        key_list_url=url_for("cases.key_list"),
        root_key=root_key(),
        day=show_day,
        today=here.today,
        terms=regime.intake_on(here.today)
        if regime
        else None,  # What the hints say; each report keeps its own.
    )


@bp.get("/list.json")
@may(Action.HANDLE_REPORTS)
def key_list() -> ResponseReturnValue:
    """Return the jurisdiction's signed key list, byte for byte as it is published; `?for=` of a superior's officer."""
    who = person()
    wanted = request.args.get("for", who.jurisdiction)
    if wanted != who.jurisdiction and wanted not in desk().sight.holders:
        abort(404)
    signed = list_of(office().key_lists, wanted)
    if signed is None:
        return {"error": "还没有发布密钥清单。请联系平台管理员，按密钥仪式的步骤发布。"}, 404
    return Response(signed.raw, mimetype="application/json")
