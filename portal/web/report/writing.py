"""The form without JavaScript: what was written is checked, sealed in memory and filed within one request.

Nothing of it is kept: what is refused goes back to the page, and files must be chosen again.
"""

from __future__ import annotations

import base64
import json
import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from portal.domain.reports.codes import new_code, shown
from portal.domain.reports.content import MOST_PERSONS, ReportContent, WrongContent, read_content
from portal.domain.reports.padding import TooLong
from portal.domain.reports.routing import NoRecipient, Route, choose_route
from portal.domain.reports.words import Category, KnownFrom, SealedBy
from portal.services.reports import challenges, intake
from portal.services.reports.challenges import BadChallenge
from portal.services.reports.intake import Filed, Refused, Sealed
from portal.services.reports.questions import Question, Questions
from portal.services.reports.sealing import SealedReportParts, seal_report
from portal.web.report.files import BadFile, chosen, seal_files
from portal.web.report.house import Open, address, host, now, open_at
from portal.web.report.pages import code_picture, page

writing = Blueprint("writing", __name__)

_ONCE = re.compile(r"[0-9a-f]{32}")
_ONCE_LIVES = timedelta(days=1)
_ROWS = 3  # Rows for persons in an empty form.
_LONGEST_ARGUMENT = 300


@dataclass
class Written:
    """What came with a form, and what is wrong with it: the input's id → a Chinese sentence."""

    typed: MultiDict[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    question: Question | None = None

    def rows(self) -> list[tuple[str, str, str]]:
        """Return name, unit and post of each person, as typed."""
        columns = [self.typed.getlist(f"person_{one}") for one in ("name", "unit", "post")]
        count = min(MOST_PERSONS, max(map(len, columns), default=0))
        return [tuple(column[at] if at < len(column) else "" for column in columns) for at in range(count)]  # type: ignore[misc] # three.


@dataclass(frozen=True)
class Sent:
    """A report that was filed, as long as its receipt is written."""

    code: str
    parts: SealedReportParts
    filed: Filed
    text: str


@writing.get("/<slug>/write")
def show_form(slug: str) -> ResponseReturnValue:
    """Show the form, with the record or the unit that it was opened for."""
    asked = {
        "record_index": request.args.get("item", ""),
        "record_title": request.args.get("title", ""),
        "unit": request.args.get("unit", "")[:100],
    }
    typed = MultiDict({name: value[:_LONGEST_ARGUMENT] for name, value in asked.items()})
    return _form(open_at(slug), Written(typed))


@writing.post("/<slug>/write")
def take_form(slug: str) -> ResponseReturnValue:
    """Seal and file what was written, and show the receipt; 422 and the same page where something is missing."""
    place, written = open_at(slug), Written(request.form)
    answered = _answered(written)
    content, route = _content(place, written)
    if content is None or route is None or written.problems:
        return _form(place, written), 422
    try:
        sent = _file(place, written, content, route, answered)
    except BadFile as wrong:
        written.problems["files"] = str(wrong)
    except TooLong:
        written.problems["f-what"] = "全部文字合计太长，加密后超过上限。请缩短，或把一部分放进附件。"
    except BadChallenge as spent:
        if spent.code == "sent_before":
            raise Refused("sent_before", str(spent), status=409) from None
        written.problems["answer"] = str(spent)
        written.question = _questions().ask(now=now())
    else:
        return _receipt(place, sent, route)
    return _form(place, written), 422


def _questions() -> Questions:
    return Questions(host().question_key)


def _answered(written: Written) -> bool:
    """While forms are flooded, ask a small question; tell whether one was answered and is to be spent."""
    here, typed = host(), written.typed
    flooded = here.load.forms_flooded(address())
    here.load.form_sent(address())
    if not flooded:
        return False
    token, answer = typed.get("question", ""), typed.get("answer", "")
    try:
        if not token:
            raise BadChallenge(
                "asked", "现在提交的人多，请先回答一个小问题，再提交一次。您填写的文字都还在。"
            )
        _questions().check(token, answer, now=now())
    except BadChallenge as wrong:
        written.problems["answer"] = str(wrong)
        written.question = _questions().ask(now=now())
        return False
    written.question = Question(typed.get("question_words", "")[:40], token)
    return True


def _content(place: Open, written: Written) -> tuple[ReportContent | None, Route | None]:
    typed = written.typed
    if typed.get("real_name") not in ("yes", "no"):
        written.problems["real_name-no"] = "请选择实名还是匿名。"
    kept = [(at, row) for at, row in enumerate(written.rows()) if any(one.strip() for one in row)]
    values: dict[str, Any] = {
        "jurisdiction": place.slug,
        "unit": typed.get("unit", ""),
        "persons": [dict(zip(("name", "unit", "post"), row, strict=True)) for _, row in kept],
        "categories": typed.getlist("categories"),
        "known_from": typed.get("known_from") or None,
        **{
            one: typed.get(one, "")
            for one in ("when", "where", "what", "consequence", "amount", "reported_before")
        },
    }
    if typed.get("real_name") == "yes":
        names = {"name": "name", "phone": "phone", "id_number": "id", "address": "address"}
        values |= {
            "real_name": True,
            "reporter": {one: typed.get(f"reporter_{short}", "") for one, short in names.items()},
        }
    if index := typed.get("record_index", "").strip():
        values["record"] = {"index_no": index, "title": typed.get("record_title", "")}
    content = route = None
    try:
        content = read_content(values)
        route = choose_route(
            place.signed.list,
            day=place.day,
            unit=content.unit,
            persons=content.persons,
            ticked=typed.getlist("concerned"),
            text=content.free_text(),
            cleared=typed.getlist("cleared"),
        )
    except WrongContent as wrong:
        for name, words in wrong.problems.items():
            written.problems[_target(name, [at for at, _ in kept])] = words
    except NoRecipient as nobody:
        written.problems["holders"] = str(nobody)
    if typed.get("truth") != "yes":
        written.problems["truth-yes"] = "请确认所写的是自己了解的情况。"
    return content, route


_TARGETS = {
    "reporter.name": "f-reporter_name",
    "reporter.phone": "f-reporter_phone",
    "reporter.id_number": "f-reporter_id",
    "reporter.address": "f-reporter_address",
    "reporter": "f-reporter_name",
    "record.index_no": "f-record_index",
    "record.title": "f-record_index",
    "persons": "persons",
    "categories": f"categories-{next(iter(Category)).value}",
    "known_from": f"known_from-{next(iter(KnownFrom)).value}",
}


def _target(name: str, rows: list[int]) -> str:
    """Return the id of the input that a problem belongs to."""
    if found := re.fullmatch(r"persons\.(\d+)\.(\w+)", name):
        return f"person_{found[2]}-{rows[int(found[1])] + 1}"
    if name.startswith("categories"):
        name = "categories"
    return _TARGETS.get(name, f"f-{name}")


def _errors(problems: dict[str, str]) -> dict[str, str]:
    """Return the problems by the field that each stands in."""
    found: dict[str, str] = {}
    for target, words in problems.items():
        name = target.removeprefix("f-").partition("-")[0]
        found.setdefault("persons" if name.startswith("person_") else name, words)
    return found


def _file(place: Open, written: Written, content: ReportContent, route: Route, answered: bool) -> Sent:
    files = chosen(request.files.getlist("files"))
    content = content.model_copy(
        update={"attachments": len(files), "left_out": route.left_out, "route": route.kind}
    )
    code = new_code()
    parts = seal_report(place.signed.list, content, day=place.day, code=code, route=route)
    attached = seal_files(parts.case_key, files)
    del files
    report = Sealed(
        jurisdiction=place.slug,
        serial=place.signed.list.serial,
        lookup=parts.lookup,
        case_key=parts.case_key,
        reporter_key=parts.reporter_key,
        binding=parts.binding,
        commitment=parts.commitment,
        grants=parts.grants,
        body=parts.body,
        routing=parts.routing,
        sealed_by=SealedBy.SERVER,
    )
    here, at = host(), now()
    with here.writing() as session:
        filed = intake.file_report(
            session, report, regime=place.regime, sign=place.sign, quota=here.quota, now=at
        )
        for sealed in attached:
            intake.add_part(
                session,
                jurisdiction=place.slug,
                lookup=parts.lookup,
                kind="attachment",
                token=secrets.token_hex(16),
                sealed=sealed,
                quota=here.quota,
                now=at,
            )
        if answered:
            token, answer = written.typed["question"], written.typed.get("answer", "")
            challenges.spend(session, token, until=_questions().check(token, answer, now=at))
        once = written.typed.get("once", "")
        if _ONCE.fullmatch(once):
            _spend_form(session, once)
        challenges.sweep(session, now=at)
    return Sent(code, parts, filed, content.text())


def _spend_form(session: Any, once: str) -> None:
    """A page that is loaded again would file the report a second time."""
    try:
        challenges.spend(session, f"form:{once}", until=now() + _ONCE_LIVES)
    except BadChallenge:
        raise BadChallenge(
            "sent_before",
            "这份表单已经提交过，举报已收到，没有重复受理。查询码只在提交后显示一次，不能再显示；"
            "没有记下的，请重新打开举报页面再提交一次，并写明“曾提交过”。",
        ) from None


def _form(place: Open, written: Written) -> str:
    rows = written.rows()
    return page(
        "report/write.html",
        place=place.regime,
        title="举报",
        written=written,
        typed=written.typed,
        problems=written.problems,
        errors=_errors(written.problems),
        rows=min(MOST_PERSONS, max(_ROWS, len(rows) + 1)),
        categories=Category,
        known_from=KnownFrom,
        holders=place.signed.list.holders_on(place.day),
        commission=place.signed.list.name,
        once=secrets.token_hex(16),
        again=request.method == "POST",
    )


def _receipt(place: Open, sent: Sent, route: Route) -> str:
    out = [one for one in place.signed.list.holders if one.id in route.left_out]
    proof = {
        "format": "sunshine-portal/filing-proof/v1",
        "receipt": sent.filed.receipt,
        "salt": base64.b64encode(sent.parts.salt).decode(),
        "content": sent.text,
    }
    return page(
        "report/receipt.html",
        place=place.regime,
        title="举报已收到",
        groups=shown(sent.code).split("-"),
        picture=code_picture(shown(sent.code)),
        filed=sent.filed,
        proof=json.dumps(proof, ensure_ascii=False, indent=1),
        route=route,
        out=out,
        commission=place.signed.list.name,
    )
