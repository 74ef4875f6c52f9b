"""The pages without JavaScript on which a reporter follows the case and adds to it.

The query code comes in the body of a form each time and is in no address. A page about a case has the same length and
leaves at the same moment as one about none.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import time
from dataclasses import dataclass

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.domain.reports.acts import Destination
from portal.domain.reports.codes import (
    CodeKeys,
    WrongCode,
    binding_of,
    code_in_text,
    derive,
    read_code,
    shown,
)
from portal.domain.reports.padding import TooLong
from portal.domain.reports.words import Outcome, Reason, State
from portal.services.reports import intake
from portal.services.reports.following import Followed, Part, follow
from portal.services.reports.intake import SHANGHAI, Refused
from portal.services.reports.quotas import NoRoom
from portal.services.reports.sealing import Reply, open_reply, seal_message
from portal.web.report.files import BadFile, chosen, seal_files
from portal.web.report.house import host, now, regime_of
from portal.web.report.pages import even, page
from portal.web.report.sealed import wait_for_beat

returning = Blueprint("returning", __name__)

LONGEST_MESSAGE = 20_000  # Characters.
_ONCE = re.compile(r"[0-9a-f]{32}")
_MOST_PAGES = 60  # Of a case's parts: forty of the reporter's own and as many replies as anybody writes.
NOT_FOUND = "没有找到这个查询码对应的举报。请核对县区和查询码；刚提交的，请确认提交后出现过“举报已收到”。"


@dataclass(frozen=True)
class Entry:
    """One line of the dialogue."""

    part: Part
    reply: Reply | None


@returning.get("/<slug>/status")
def ask_code(slug: str) -> ResponseReturnValue:
    """Ask for the query code."""
    return page("report/status.html", place=regime_of(slug), title="查询进展", problem="")


@returning.post("/<slug>/status")
def look(slug: str) -> ResponseReturnValue:
    """Show the case; a slip of the hand is told without a lookup."""
    began = time.monotonic()
    regime = regime_of(slug)
    try:
        code = read_code(request.form.get("code", ""))
    except WrongCode as wrong:
        return page("report/status.html", place=regime, title="查询进展", problem=str(wrong)), 422
    answer = _case(slug, code)
    wait_for_beat(began)
    return answer


@returning.post("/<slug>/status/message")
def add(slug: str) -> ResponseReturnValue:
    """Seal a message and files to the case, and show it again."""
    began = time.monotonic()
    regime = regime_of(slug)
    try:
        code = read_code(request.form.get("code", ""))
    except WrongCode as wrong:
        return page("report/status.html", place=regime, title="查询进展", problem=str(wrong)), 422
    text = request.form.get("message", "").replace("\r\n", "\n").strip()
    problem, told = "", ""
    try:
        told = _add(slug, derive(code), text)
    except (BadFile, NoRoom, TooLong) as wrong:
        problem = str(wrong)
    answer = _case(slug, code, problem=problem, told=told, typed=text if problem else "")
    wait_for_beat(began)
    return answer, 422 if problem else 200


def _add(slug: str, keys: CodeKeys, text: str) -> str:
    """Store what was added and say so; say nothing where there is no such case."""
    files = chosen(request.files.getlist("files"))
    if not text and not files:
        raise BadFile("请填写补充说明，或选择附件。")
    if len(text) > LONGEST_MESSAGE:
        raise BadFile(f"补充说明太长：最多 {LONGEST_MESSAGE} 个字，现在是 {len(text)} 个。请分几次提交。")
    if code_in_text(text):
        raise BadFile("补充说明里有一个查询码。查询码只能由您自己保存，请删除后再提交。")
    found = _all(slug, keys.lookup)
    if found is None:
        return ""
    if not _genuine(keys, found):
        raise BadFile(
            "案件的公钥与提交时的不同，可能被人替换过，没有加密发送。请改用 12388、来信、来访反映。"
        )
    before = sum(one.kind == "attachment" for one in found.parts)
    # Sent twice, stored once: the ids hang on the page that the form stood on.
    once = request.form.get("once", "")
    once = once if _ONCE.fullmatch(once) else secrets.token_hex(16)
    parts = [("message", seal_message(found.case_key, text, reply_key=keys.reply))] if text else []
    parts += [("attachment", one) for one in seal_files(found.case_key, files, first=before + 1)]
    with host().writing() as session:
        for number, (kind, sealed) in enumerate(parts):
            intake.add_part(
                session,
                jurisdiction=slug,
                lookup=keys.lookup,
                kind=kind,
                token=hashlib.sha256(f"{once}:{number}".encode()).hexdigest()[:32],
                sealed=sealed,
                quota=host().quota,
                now=now(),
            )
    return "补充的内容已加密保存。"


def _case(slug: str, code: str, *, problem: str = "", told: str = "", typed: str = "") -> str:
    regime, keys = regime_of(slug), derive(code)
    found = _all(slug, keys.lookup)
    if found is None:
        return even(page("report/status.html", place=regime, title="查询进展", problem=NOT_FOUND))
    state = State(found.state)
    return even(
        page(
            "report/case.html",
            place=regime,
            title="举报进展",
            code=shown(code),
            found=found,
            state=state,
            late=found.due is not None and found.due < now().astimezone(SHANGHAI).date(),
            reason=_reason(state, found.reason),
            outcome=Outcome(found.outcome) if found.outcome in list(Outcome) else None,
            genuine=_genuine(keys, found),
            thread=[Entry(one, _opened(keys, one)) for one in found.parts],
            problem=problem,
            told=told,
            typed=typed,
            once=secrets.token_hex(16),
        )
    )


def _all(slug: str, lookup: str) -> Followed | None:
    """Return the case with all of its parts."""
    with host().reading() as session:
        found = follow(session, jurisdiction=slug, lookup=lookup)
        parts, more = list(found.parts) if found else [], found is not None and found.more
        for _ in range(_MOST_PAGES):
            if not more:
                break
            further = follow(session, jurisdiction=slug, lookup=lookup, after=parts[-1].n)
            if further is None:
                raise Refused("unknown", NOT_FOUND, status=404)
            parts += further.parts
            more = further.more
    if found is None:
        return None
    return Followed(**{**found.__dict__, "parts": tuple(parts), "more": False})


def _genuine(keys: CodeKeys, found: Followed) -> bool:
    return hmac.compare_digest(binding_of(keys.binding, found.case_key), found.binding)


def _opened(keys: CodeKeys, part: Part) -> Reply | None:
    return open_reply(part.sealed, keys.identity, reply_key=keys.reply) if part.sealed else None


def _reason(state: State, code: str | None) -> str:
    kinds = Destination if state is State.TRANSFERRED else Reason
    return next((one.label for one in kinds if one.value == code), "")
