"""密钥状况: for the administrator, how the jurisdiction's keys stand. Public keys and names only; nothing of any report."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.domain.reports.keylist import HolderRank
from portal.domain.roles import Action
from portal.domain.values import show_day
from portal.services.checking import SHANGHAI
from portal.services.reports.holders import registered
from portal.services.reports.key_condition import Condition, ends, look_at_holders
from portal.services.reports.keylists import Tampered
from portal.web.guards import may
from portal.web.office.cases.counter import bp, session
from portal.web.office.house import now, office, page, person


@bp.get("/keys")
@may(Action.KEEP_COUNTY)
def keys() -> ResponseReturnValue:
    """Show the key list in force, its holders, what ends soon and how to mend it."""
    slug, today = person().jurisdiction, now().astimezone(SHANGHAI).date()
    told = Condition(slug)
    signed = None
    try:
        signed = office().key_lists.current(slug) if office().key_lists else None
    except (Tampered, OSError) as wrong:
        told.errors.append(str(wrong))
    if signed is not None:
        ends(told, "密钥清单", signed.list.valid_until, today, "请公布下一份：portal keys publish")
        newest = (
            {one.id: (one.name, one.registered) for one in registered(session(), slug)}
            if office().reports
            else {}
        )
        look_at_holders(told, signed.list, newest, today)
    return page(
        "office/cases/keys.html",
        title="密钥状况",
        told=told,
        signed=signed,
        ranks={one.value: one.label for one in HolderRank},
        day=show_day,
    )
