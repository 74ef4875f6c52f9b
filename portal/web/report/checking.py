"""The page without JavaScript on which anybody checks a filing receipt: genuine, of which day, over which content."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from portal.domain.reports.keylist import ReceiptKey
from portal.services.reports.filing import BadReceipt, FilingReceipt, commitment_of, verify_receipt
from portal.services.reports.keylists import Tampered
from portal.web.report.house import host, regime_of
from portal.web.report.pages import page

checking = Blueprint("checking", __name__)


@dataclass(frozen=True)
class Checked:
    """What a receipt shows. `content` is None where it came without the report's text."""

    receipt: FilingReceipt | None
    problem: str
    content: bool | None = None


@checking.route("/<slug>/check", methods=["GET", "POST"])
def check(slug: str) -> ResponseReturnValue:
    """Take a receipt, alone or with salt and content as it was saved, and say what it shows."""
    regime = regime_of(slug)
    given = request.form.get("proof", "")
    if (file := request.files.get("proof_file")) and file.filename and not given.strip():
        given = file.read().decode("utf-8", "replace")
    checked = None
    if request.method == "POST":
        checked = (
            _checked(slug, given) if given.strip() else Checked(None, "请粘贴收件凭证，或选择保存的文件。")
        )
    status = 422 if checked and checked.problem else 200
    return (
        page("report/check.html", place=regime, title="核对收件凭证", checked=checked, given=given),
        status,
    )


def _checked(slug: str, given: str) -> Checked:
    note, salt, content = _parsed(given)
    problem = "没有公布密钥清单，无法核对。"
    for key in _keys(slug):
        try:
            found = verify_receipt(note, key)
        except BadReceipt as bad:
            problem = str(bad)
            continue
        if found.slug != slug:
            return Checked(None, "这是另一个县区的收件凭证。请到那个县区的页面核对。")
        return Checked(found, "", _matches(found, salt, content))
    return Checked(None, problem)


def _parsed(given: str) -> tuple[str, str | None, str | None]:
    """Return the note, and salt and content where the proof was saved with them."""
    try:
        held = json.loads(given)
    except (ValueError, RecursionError):
        return given.strip() + "\n", None, None
    if not isinstance(held, dict) or not isinstance(held.get("receipt"), str):
        return given, None, None
    salt, content = held.get("salt"), held.get("content")
    whole = isinstance(salt, str) and isinstance(content, str)
    return held["receipt"], salt if whole else None, content if whole else None


def _matches(found: FilingReceipt, salt: str | None, content: str | None) -> bool | None:
    if salt is None or content is None:
        return None
    try:
        made = commitment_of(base64.b64decode(salt, validate=True), content)
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(made, found.commitment)


def _keys(slug: str) -> list[ReceiptKey]:
    """Return the receipt keys of all lists, the newest first: an old receipt stays good."""
    lists, found = host().key_lists, []
    for serial in reversed(lists.serials(slug)):
        try:
            key = lists.load(slug, serial).list.receipt_key
        except Tampered:
            continue
        if key not in found:
            found.append(key)
    return found
