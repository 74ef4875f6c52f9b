"""What every route of the reports works with: their own database session, who looks and what they see, errors as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, g, request
from flask.typing import ResponseReturnValue

from portal.services.accounts.gate import Session
from portal.services.reports.desk import Desk, NotDone
from portal.services.reports.eyes import Eyes, Unseen, Viewer, list_of
from portal.services.reports.holders import who_handle
from portal.store.db import begin_write
from portal.web.office.house import Person, gate, now, office, person

bp = Blueprint("cases", __name__, url_prefix="/reports")
NOT_FOUND = "没有找到这件举报。"


def viewer(who: Person) -> Viewer:
    """Return somebody who is signed in as somebody who looks."""
    return Viewer(who.account_id, who.name, who.jurisdiction, frozenset(who.roles))


def session() -> Session:
    """Return the request's session on the reports' database; 503 where the office was opened without one."""
    if "reports" not in g:
        engine = office().reports
        if engine is None:
            abort(503, "这里没有设置举报库。请联系平台管理员。")
        g.reports = Session(engine, expire_on_commit=False)
    found: Session = g.reports
    return found


def desk(who: Person | None = None) -> Desk:
    """Return the desk of whoever is signed in, as of the transaction under way."""
    eyes: Eyes = office().eyes
    return Desk(
        session(),
        eyes,
        eyes.look(session(), viewer(who or person())),
        now(),
        office().regimes.get,
        lambda numbers: who_handle(gate(), numbers),
    )


def writing() -> Desk:
    """Begin a transaction that will write, and return the desk as of then."""
    begin_write(session())
    return desk()


def asked() -> Mapping[str, Any]:
    """Return the JSON object that was sent; raise `NotDone`."""
    found = request.get_json(silent=True)
    if not isinstance(found, dict):
        raise NotDone("提交的内容不完整。请刷新页面后再试。")
    return found


def root_key() -> str | None:
    """Return the pinned root key of the person's commission: the browser believes no list that another key signed."""
    signed = list_of(office().key_lists, person().jurisdiction)
    return signed.root if signed else None


@bp.teardown_request
def close(_: BaseException | None) -> None:
    """Close the session; what was not committed never happened."""
    if opened := g.pop("reports", None):
        opened.close()


@bp.errorhandler(Unseen)
def unseen(_: Unseen) -> ResponseReturnValue:
    """Say the same of what does not exist, what belongs to others and what this person may not see."""
    return {"error": NOT_FOUND}, 404


@bp.errorhandler(NotDone)
def refused(why: NotDone) -> ResponseReturnValue:
    """Say why it was not done."""
    return {"error": str(why)}, why.status
