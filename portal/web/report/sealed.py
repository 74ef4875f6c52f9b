"""What the browser's script calls: the key list and a challenge, a sealed report, what comes after it, how it stands."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from portal.domain.reports.content import MOST_ATTACHMENTS
from portal.domain.reports.envelopes import BadEnvelope, read_b64
from portal.domain.reports.padding import BUCKETS, Purpose
from portal.services.reports import challenges, intake
from portal.services.reports.following import as_json, follow
from portal.services.reports.intake import Filed, Refused, Sealed
from portal.services.reports.quotas import MOST_ATTACHED, MOST_PARTS
from portal.web.report.house import Open, address, host, now, open_at, regime_of
from portal.web.report.limits import LONGEST_REPORT

sealed = Blueprint("sealed", __name__)

FOLLOWED = 32_768
"""Bytes of every answer to `follow`, found or not."""
BEAT = 0.06
"""Seconds: an answer to a lookup leaves at a whole number of these after it was asked."""

_FIELDS = {
    "serial",
    "grants",
    "body",
    "routing",
    "case_key",
    "reporter_key",
    "binding",
    "commitment",
    "lookup",
    "challenge",
    "nonce",
}


@sealed.get("/<slug>/start")
def start(slug: str) -> ResponseReturnValue:
    """Give what a browser needs before it seals: the key list as it was signed, and a challenge."""
    place = open_at(slug)
    here = host()
    bits = here.load.bits(address())
    return {
        "key_list": json.loads(place.signed.raw),
        "challenge": here.challenges.issue(slug, bits=bits, now=now()),
        "bits": bits,
        "limits": {
            "report": max(BUCKETS[Purpose.REPORT]),
            "attachment": max(BUCKETS[Purpose.ATTACHMENT]),
            "attachments": MOST_ATTACHMENTS,
            "attached": MOST_ATTACHED,
            "parts": MOST_PARTS,
        },
    }


@sealed.post("/<slug>/reports")
def take_report(slug: str) -> ResponseReturnValue:
    """Take a sealed report: 201 once it is on disk, 200 when this very one was there."""
    place, here = open_at(slug), host()
    given = _json(_FIELDS)
    report = _read(place, given)
    with here.reading() as session:
        if known := intake.already_filed(session, report):
            return _filed(
                known
            )  # Whatever became of the key list meanwhile: the first answer may have been lost.
    check_serial(place, report)
    challenge, nonce = _text(given, "challenge"), _text(given, "nonce")
    until = here.challenges.check(challenge, nonce, jurisdiction=slug, now=now())
    with here.writing() as session:
        filed = intake.file_report(
            session, report, regime=place.regime, sign=place.sign, quota=here.quota, now=now()
        )
        if filed.new:
            challenges.spend(session, challenge, until=until)
            challenges.sweep(session, now=now())
    return _filed(filed)


@sealed.post("/<slug>/parts")
def take_part(slug: str) -> ResponseReturnValue:
    """Take a message or an attachment to a report that is there."""
    regime_of(slug)
    form, file = request.form, request.files.get("sealed")
    if set(form) != {"lookup", "kind", "id"} or file is None or len(request.files) != 1:
        raise Refused("bad_request", "提交的内容不完整，没有接收。请重新打开查询页面再试。")
    lookup, data = read_lookup(form["lookup"]), file.read()
    intake.check_part(form["kind"], form["id"], data)
    with host().writing() as session:
        day = intake.add_part(
            session,
            jurisdiction=slug,
            lookup=lookup,
            kind=form["kind"],
            token=form["id"],
            sealed=data,
            quota=host().quota,
            now=now(),
        )
    return {"day": day.isoformat()}, 201


@sealed.post("/<slug>/follow")
def tell(slug: str) -> ResponseReturnValue:
    """Tell how a case stands: the same length and the same moment, whether there is one or not."""
    began = time.monotonic()
    regime_of(slug)
    given = _json({"lookup", "after"}, optional={"after"})
    lookup, after = read_lookup(given["lookup"]), given.get("after", 0)
    if type(after) is not int or not 0 <= after < 2**31:
        raise Refused("bad_request", "提交的内容格式不对。请重新打开查询页面再试。")
    with host().reading() as session:
        found = as_json(follow(session, jurisdiction=slug, lookup=lookup, after=after))
    answer = Response(_padded(found), mimetype="application/json")
    wait_for_beat(began)
    return answer


def check_serial(place: Open, report: Sealed) -> None:
    """Raise `Refused` unless the report is sealed under a key list that still counts, and as that list says."""
    lists = host().key_lists
    if not lists.acceptable(place.slug, report.serial, place.day):
        raise Refused(
            "old_key_list",
            "密钥清单已更新，请重新打开举报页面再提交；按旧清单加密的内容没有接收。",
            status=409,
        )
    intake.check(report, lists.load(place.slug, report.serial).list)


def read_lookup(text: Any) -> str:
    """Return a lookup id; refuse what is none."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9a-f]{64}", text):
        raise Refused("bad_lookup", "查询标识的格式不对。请重新打开查询页面再试。")
    return text


def wait_for_beat(began: float) -> None:
    """Wait until a whole number of beats has passed: the time of an answer tells nothing of what was found."""
    passed = time.monotonic() - began
    time.sleep((int(passed / BEAT) + 1) * BEAT - passed)


def _padded(answer: dict[str, Any]) -> bytes:
    bare = json.dumps({**answer, "pad": ""}, ensure_ascii=True, separators=(",", ":"))
    missing = FOLLOWED - len(bare)
    assert missing >= 0  # noqa: S101 - `follow` gives no more parts at a time than fit.
    return f'{bare[:-2]}{" " * missing}"}}'.encode()


def _filed(filed: Filed) -> ResponseReturnValue:
    told = {
        "day": filed.day.isoformat(),
        "receipt": filed.receipt,
        "accept_by": filed.accept_by.isoformat() if filed.accept_by else None,
    }
    return told, 201 if filed.new else 200


def _json(fields: set[str], *, optional: set[str] = frozenset()) -> dict[str, Any]:  # type: ignore[assignment] # read only.
    """Return the request's JSON object; refuse it unless it has these fields, each once, and no others."""
    try:
        given = json.loads(
            request.get_data(cache=False), object_pairs_hook=_once, parse_constant=_no_constant
        )
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or not fields - optional <= set(given) <= fields:
        raise Refused("bad_request", "提交的内容不完整或格式不对，没有接收。请重新打开页面再试。")
    return given


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands there twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _text(given: dict[str, Any], field: str) -> str:
    if not isinstance(given[field], str) or len(given[field]) > 400:
        raise Refused("bad_request", "提交的内容格式不对，没有接收。请重新打开页面再试。")
    return str(given[field])


def _read(place: Open, given: dict[str, Any]) -> Sealed:
    if type(given["serial"]) is not int or not 0 < given["serial"] < 2**31:
        raise Refused("bad_request", "密钥清单的序号不对。请重新打开举报页面再提交。")
    try:
        return Sealed(
            jurisdiction=place.slug,
            serial=given["serial"],
            lookup=read_lookup(given["lookup"]),
            case_key=_text(given, "case_key"),
            reporter_key=_text(given, "reporter_key"),
            binding=read_b64(given["binding"], largest=32),
            commitment=read_b64(given["commitment"], largest=32),
            grants=read_b64(given["grants"], largest=LONGEST_REPORT // 4),
            body=read_b64(given["body"], largest=LONGEST_REPORT),
            routing=read_b64(given["routing"], largest=8192),
        )
    except BadEnvelope as bad:
        raise Refused("bad_request", f"{bad}，没有接收。请重新打开举报页面再提交。") from None
