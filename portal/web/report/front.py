"""The pages that are there for whoever finds the host without coming from the public site."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.services.reports.intake import Refused
from portal.web.report.house import Open, host, open_at

front = Blueprint("front", __name__)


@front.get("/")
def welcome() -> ResponseReturnValue:
    """Say what this host is, and where the form of each place is that takes reports."""
    places = [one.regime for slug in host().regimes if (one := _open(slug))]
    return render_template("report/front.html", title="举报接收", places=places)


def _open(slug: str) -> Open | None:
    try:
        return open_at(slug)
    except Refused:
        return None
