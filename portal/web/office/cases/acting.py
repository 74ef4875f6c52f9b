"""What is done with reports: JSON in, JSON out, each in one transaction that begins with its turn to write."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from flask.typing import ResponseReturnValue

from portal.domain.reports.words import Reason
from portal.domain.roles import Action
from portal.services.reports import answering, assigning, casework, merging, turning
from portal.services.reports.desk import Desk, NotDone, touch
from portal.services.reports.eyes import Unseen
from portal.store.db import empty_journal
from portal.web.guards import may
from portal.web.office.cases.counter import NOT_FOUND, asked, bp, desk, session, writing
from portal.web.office.house import office

MOST_AT_ONCE = 200


@bp.post("/<report>/act")
@may(Action.HANDLE_REPORTS)
def act(report: str) -> ResponseReturnValue:
    """Do one act; the answer has the new version, and whether the person still sees the report."""
    here = _seen(report)
    done = casework.act(here, report, asked())
    session().commit()
    if done.erased_on is not None:
        empty_journal(session())  # What went up must not stay in SQLite's journal either.
    return {
        "id": report,
        "version": done.version,
        "state": done.state,
        "visible": report in desk().sight,
    }


@bp.post("/<report>/turn")
@may(Action.HANDLE_REPORTS)
def turn(report: str) -> ResponseReturnValue:
    """Keep the halves of the first key for a second person."""
    here = _seen(report)
    halves = asked().get("halves")
    if not isinstance(halves, list):
        raise NotDone("提交的内容不完整。请刷新页面后再试。")
    made = turning.turn(here, report, [_bytes(one) for one in halves])
    session().commit()
    return {"turned_until": made.until.isoformat()}


@bp.post("/<report>/grant")
@may(Action.HANDLE_REPORTS)
def grant(report: str) -> ResponseReturnValue:
    """Let a colleague in who came to the key list after the report."""
    here = _seen(report)
    assigning.grant(here, report, asked(), key_lists=office().key_lists)
    session().commit()
    return {"version": desk().report(report).version}


@bp.post("/<report>/reply")
@may(Action.HANDLE_REPORTS)
def reply(report: str) -> ResponseReturnValue:
    """Store a reply, sealed for the case and for the reporter."""
    here = _seen(report)
    stored = answering.reply(here, report, asked())
    session().commit()
    return {"stored": True}, 201 if stored else 200


@bp.post("/<report>/note")
@may(Action.HANDLE_REPORTS)
def note(report: str) -> ResponseReturnValue:
    """Store a note for the other officers."""
    here = _seen(report)
    stored = answering.note(here, report, asked())
    session().commit()
    return {"stored": True}, 201 if stored else 200


@bp.post("/bulk")
@may(Action.HANDLE_REPORTS)
def bulk() -> ResponseReturnValue:
    """Refuse or merge many at once: each is done or not by itself, and the answer says which."""
    sent = asked()
    numbers = sent.get("ids")
    if not isinstance(numbers, list) or not 0 < len(numbers) <= MOST_AT_ONCE:
        raise NotDone(f"请选择 1 至 {MOST_AT_ONCE} 件举报。")
    here = writing()
    results = [_one_of_many(here, one, sent) for one in dict.fromkeys(map(str, numbers))]
    session().commit()
    return {"results": results}


def _one_of_many(here: Desk, report: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    try:
        with here.session.begin_nested():
            found = here.report(report)
            if not here.may_handle(report):
                raise NotDone("这件举报已分派给其他承办人。", status=403)
            if sent.get("action") == "merge":
                merging.merge(here, found, sent)
            elif sent.get("action") == "refuse":
                casework.refuse(here, found, casework.code(sent, "reason", Reason, "不予受理的原因"))
            else:
                raise NotDone("没有这种批量操作。请刷新页面后再试。")
            touch(here.session, found)
    except Unseen:
        return {"id": report, "done": False, "error": NOT_FOUND}
    except NotDone as why:
        return {"id": report, "done": False, "error": str(why)}
    return {"id": report, "done": True, "error": None}


def _seen(report: str) -> Desk:
    """Return the desk in a transaction that will write. What the person does not see never waits for the write lock."""
    desk().sight.need(report)
    here = writing()
    here.sight.need(report)
    return here


def _bytes(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        raise NotDone("提交的内容格式不对。请刷新页面后再试。") from None
