"""Signing in and out."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.web.guards import half_signed_in, may, open_to_all
from portal.web.office.house import page

bp = Blueprint("signing_in", __name__)


@bp.get("/sign-in")
@open_to_all
def sign_in() -> ResponseReturnValue:
    """Show the form."""
    return page("office/error.html", title="登录", words="")


@bp.get("/sign-in/second")
@may(Action.OWN_ACCOUNT)
@half_signed_in
def second() -> ResponseReturnValue:
    """Ask for the second factor."""
    return page("office/error.html", title="第二步验证", words="")


@bp.post("/sign-out")
@may(Action.OWN_ACCOUNT)
@half_signed_in
def sign_out() -> ResponseReturnValue:
    """End the session."""
    return page("office/error.html", title="退出", words="")
