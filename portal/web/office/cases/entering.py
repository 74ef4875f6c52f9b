"""登记来件: what came by letter, telephone, visit or 12388 is sealed in the officer's browser like any other report."""

from __future__ import annotations

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.domain.reports.words import Category, Channel, KnownFrom
from portal.domain.roles import Action
from portal.services.reports import registering
from portal.services.reports.desk import NotDone
from portal.web.guards import may
from portal.web.office.cases.counter import asked, bp, desk, root_key, session, writing
from portal.web.office.house import office, page, person


@bp.get("/new")
@may(Action.HANDLE_REPORTS)
def new() -> ResponseReturnValue:
    """Show the form."""
    here = desk()
    return page(
        "office/cases/new.html",
        title="登记来件",
        crumbs=[("举报件", url_for("cases.inbox"))],
        channels=[one for one in Channel if one is not Channel.FORM],
        categories=list(Category),
        known_from=list(KnownFrom),
        jurisdiction=person().jurisdiction,
        key_list_url=url_for("cases.key_list"),
        root_key=root_key(),
        today=here.today,
    )


@bp.post("/new")
@may(Action.HANDLE_REPORTS)
def enter() -> ResponseReturnValue:
    """Store what was sealed; the id is told only to whom the report is not hidden."""
    sent, here = asked(), writing()
    slug = str(sent.get("jurisdiction", person().jurisdiction))
    if slug != person().jurisdiction and slug not in here.sight.holders:
        raise NotDone("只能登记本县区的来件。请刷新页面后再试。")
    made = registering.enter(
        here, sent, jurisdiction=slug, key_lists=office().key_lists, sign=office().sign_receipt(slug)
    )
    session().commit()
    return {
        "day": made.day.isoformat(),
        "accept_by": made.accept_by.isoformat() if made.accept_by else None,
        "receipt": made.receipt or None,
        "id": made.id if made.id in desk().sight else None,
    }, 201 if made.new else 200
