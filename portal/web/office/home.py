"""The unit's home."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.web.guards import may
from portal.web.office.house import page

bp = Blueprint("home", __name__)


@bp.get("/")
@may(Action.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show the home."""
    return page("office/error.html", title="待办", words="")
