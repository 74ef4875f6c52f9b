"""The public's view of a jurisdiction, worked out once for all pages that count from it."""

from __future__ import annotations

from flask import abort, current_app

from portal.domain.regimes import Regime
from portal.services.board.county import County
from portal.services.supervision.bulletins import seen_before
from portal.services.supervision.in_public import InPublic, seen, state_of
from portal.web.office.house import county, office, today_of
from portal.web.program import program

VIEWS = "seen-in-public"  # In the app: the newest views. The chores renew them, so that nobody waits.


def place_of() -> tuple[County, Regime]:
    """Return the person's jurisdiction and its rules."""
    here = county()
    return here, office().regimes.get(here.slug) or abort(404)


def seen_today(here: County, regime: Regime) -> InPublic:
    """Return the public's view of today."""
    views = current_app.extensions.setdefault(VIEWS, {})
    return seen(views, here, regime, on=today_of(), program=program())


def seen_then(here: County, regime: Regime, quarter: str) -> InPublic | None:
    """Return the public's view of the day with which a quarter's bulletin of today is compared, if there is one."""
    views = current_app.extensions.setdefault(VIEWS, {})
    return seen_before(views, here, regime, quarter, seen_today(here, regime), program=program())


def still_seen(here: County, regime: Regime, view: InPublic) -> bool:
    """Tell whether a view of today that was worked out before the write lock was had is what the public sees still.

    The newest one may be another by now: the chores renew it beside a request.
    """
    state, newest = current_app.extensions.get(VIEWS, {}).get((here.id, ""), (None, None))
    return newest is view and state == state_of(here, regime, on=today_of())
