"""One report: all of it as JSON, still sealed; looking, downloading and printing are written down."""

from __future__ import annotations

from flask import Response
from flask.typing import ResponseReturnValue

from portal.domain.reports.acts import Act
from portal.domain.roles import Action
from portal.services.reports import reading
from portal.services.reports.desk import Desk
from portal.services.reports.eyes import Unseen
from portal.web.guards import may
from portal.web.office.cases.counter import bp, desk, session, writing


@bp.get("/<report>")
@may(Action.HANDLE_REPORTS)
def show(report: str) -> ResponseReturnValue:
    """Return a report; that the person looked is a step of its record, once an hour."""
    return reading.detail(_noted(report, Act.OPENED), report)


@bp.get("/<report>/parts/<int:n>")
@may(Action.HANDLE_REPORTS)
def part(report: str, n: int) -> ResponseReturnValue:
    """Return a part's sealed bytes. Taking an attachment is written down."""
    here = desk()
    found = reading.part(here, report, n)
    if found is None:
        raise Unseen
    if reading.is_attachment(here, report, n):
        _noted(report, Act.DOWNLOADED, n=n)
    answer = Response(found, mimetype="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="{n}.age"'
    return answer


@bp.post("/<report>/printed")
@may(Action.HANDLE_REPORTS)
def printed(report: str) -> ResponseReturnValue:
    """Write down that the person printed what the browser had opened."""
    _noted(report, Act.PRINTED)
    return {"noted": True}


def _noted(report: str, act: Act, **detail: object) -> Desk:
    """See to it that the record says it; nothing waits for the write lock unless there is something to write."""
    here = desk()
    if reading.is_noted(here, report, act, **detail):
        return here
    session().rollback()
    here = writing()
    here.sight.need(report)
    if not reading.is_noted(here, report, act, **detail):
        here.write(report, act, **detail)
    session().commit()
    return here
