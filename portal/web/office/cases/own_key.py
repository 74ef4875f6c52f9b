"""我的密钥: the key that a person made in the browser. The server gets the public half alone."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.values import show_day
from portal.services.reports.desk import NotDone
from portal.services.reports.eyes import list_of
from portal.services.reports.holders import NotRegistered, register_key, registered_by
from portal.store.db import begin_write
from portal.web.guards import may
from portal.web.office.cases.counter import asked, bp, desk, session
from portal.web.office.house import office, page, person


@bp.get("/key")
@may(Action.HANDLE_REPORTS)
def own_key() -> ResponseReturnValue:
    """Show what key the person registered, and which of the signed list are in force."""
    here, who = desk(), person()
    rows = registered_by(session(), who.account_id)
    holder = rows[0] if rows else None
    signed = list_of(office().key_lists, holder.jurisdiction if holder else who.jurisdiction)
    listed = signed.list.holder(holder.id) if signed and holder else None
    return page(
        "office/cases/key.html",
        title="我的密钥",
        holder=holder,
        listed=listed,
        in_force=listed.key_on(here.today) if listed else None,
        waits=bool(
            holder
            and holder.registered
            and holder.registered not in {one.recipient for one in (listed.keys if listed else ())}
        ),
        list_until=signed.list.valid_until if signed else None,
        day=show_day,
        today=here.today,
    )


@bp.post("/key")
@may(Action.HANDLE_REPORTS)
def register_own_key() -> ResponseReturnValue:
    """Take the public key; it counts once the next list is signed."""
    recipient = str(asked().get("recipient", ""))
    here = desk()
    begin_write(session())
    try:
        holder = register_key(session(), here.viewer, recipient, today=here.today)
    except NotRegistered as why:
        raise NotDone(str(why)) from why
    session().commit()
    return {"holder": holder.id, "recipient": holder.registered}, 201
