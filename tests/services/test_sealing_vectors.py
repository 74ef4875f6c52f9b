"""Python against `tests/vectors/sealing.json`: the same file that the browser's scripts are tested against."""

from __future__ import annotations

import base64
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from portal.domain.reports import codes, padding, routing
from portal.domain.reports.keylist import KeyList, ReceiptKey
from portal.domain.reports.pictures import NotCleaned
from portal.services.reports import age, filing, keylists, keyring, sealing

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "sealing.json").read_text("utf-8"))
SEALED = VECTORS["sealed"]


def raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


@pytest.mark.parametrize("one", VECTORS["codes"]["made"], ids=lambda one: one["shown"])
def test_codes_and_their_keys(one: dict[str, str]) -> None:
    assert codes.code_of(bytes.fromhex(one["bits"])) == one["code"]
    assert codes.shown(one["code"]) == one["shown"]
    keys = codes.derive(one["code"])
    assert (keys.lookup, keys.identity) == (one["lookup"], one["identity"])
    assert (keys.binding.hex(), keys.reply.hex()) == (one["binding"], one["reply"])
    assert age.recipient_of(keys.identity) == one["recipient"]


def test_codes_typed_refused_and_found_in_texts() -> None:
    for one in VECTORS["codes"]["typed"]:
        assert codes.read_code(one["text"]) == one["code"], one
    for text in VECTORS["codes"]["refused"]:
        with pytest.raises(codes.WrongCode):
            codes.read_code(text)
    for one in VECTORS["codes"]["in_text"]:
        assert codes.code_in_text(one["text"]) == one["found"], one


def test_padding() -> None:
    for one in VECTORS["padding"]:
        purpose, data = padding.Purpose(one["purpose"]), bytes(one["length"])
        if one["padded"] is None:
            with pytest.raises(padding.TooLong):
                padding.pad(data, purpose)
        else:
            assert len(padding.pad(data, purpose)) == one["padded"]


def test_binding_commitment_and_reply_mac() -> None:
    one = VECTORS["binding"]
    assert codes.binding_of(codes.derive(one["code"]).binding, one["case_key"]) == raw(one["binding"])
    one = VECTORS["commitment"]
    assert filing.commitment_of(raw(one["salt"]), one["content"]) == raw(one["commitment"])
    one = VECTORS["reply_mac"]
    assert codes.derive(one["code"]).reply == raw(one["reply_key"])
    assert sealing.reply_mac(raw(one["reply_key"]), one["text"]) == raw(one["mac"])


def test_names() -> None:
    for one in VECTORS["names"]:
        assert routing.folded_name(one["text"]) == one["folded"]


LISTS = {
    name: KeyList.model_validate_json(json.dumps(one)) for name, one in VECTORS["routing"]["lists"].items()
}


@pytest.mark.parametrize("one", VECTORS["routing"]["cases"], ids=lambda one: one["about"])
def test_routes(one: dict[str, Any]) -> None:
    held, day = LISTS[one["list"]], date.fromisoformat(one["day"])
    assert [holder.id for holder in routing.mentioned(held, one["text"])] == one["mentioned"]
    asked: dict[str, Any] = {key: one[key] for key in ("unit", "ticked", "text", "cleared")}
    persons = [routing.Person(**person) for person in one["persons"]]
    if one["route"] is None:
        with pytest.raises(routing.NoRecipient):
            routing.choose_route(held, day=day, persons=persons, **asked)
        return
    route = routing.choose_route(held, day=day, persons=persons, **asked)
    assert {
        "kind": route.kind,
        "opening": route.opening,
        "openers": [holder.id for holder in route.openers],
        "recipients": [held.key_of(holder, day) for holder in route.openers],
        "left_out": [*route.left_out],
    } == one["route"]


def test_key_lists() -> None:
    one = VECTORS["key_list"]
    assert keylists.verify_list(one["file"].encode(), one["root"]).serial == 3
    for wrong in one["tampered"]:
        with pytest.raises(keylists.Tampered):
            keylists.verify_list(wrong["file"].encode(), one["root"])


def test_receipts() -> None:
    one = VECTORS["receipt"]
    key = ReceiptKey(name=one["name"], key=one["key"])
    expected = filing.FilingReceipt(
        one["jurisdiction"], date.fromisoformat(one["day"]), raw(one["commitment"])
    )
    assert filing.commitment_of(raw(one["salt"]), one["content"]) == expected.commitment
    for text in one["accepted"]:
        assert filing.verify_receipt(text, key) == expected
    for text in one["refused"]:
        with pytest.raises(filing.BadReceipt):
            filing.verify_receipt(text, key)


@pytest.mark.parametrize("one", SEALED["reports"], ids=lambda one: f"opening by {one['opening']}")
def test_sealed_reports_open(one: dict[str, Any]) -> None:
    grants, people = raw(one["grants"]), SEALED["identities"]
    for number in one["openers"]:
        if one["opening"] == 1:
            assert sealing.open_grants(grants, people[number]) == one["case"]
        else:
            assert sealing.open_grants(grants, people[number]) is None
            halves = sealing.turn(grants, people[number])
            for second in one["openers"]:
                expected = None if second == number else one["case"]
                assert sealing.open_halves(halves, people[second]) == expected
    for number in {*people} - {*one["openers"]}:
        assert sealing.open_grants(grants, people[number]) is None
        assert sealing.turn(grants, people[number]) == []
    opened = sealing.open_body(raw(one["body"]), one["case"])
    assert opened.text == one["content"]
    assert opened.commitment == raw(one["commitment"])
    assert opened.reply_key == raw(one["reply_key"]) == codes.derive(SEALED["code"]).reply
    assert opened.reporter_key == one["reporter_key"]
    assert codes.binding_of(codes.derive(SEALED["code"]).binding, one["case_key"]) == raw(one["binding"])
    assert age.recipient_of(one["case"]) == one["case_key"]
    told = sealing.read_routing(raw(one["routing"]), people["routing"])
    assert told == sealing.Routing(tuple(one["openers"]), "own")


def test_what_follows_a_report_opens() -> None:
    case, reporter = SEALED["reports"][0]["case"], codes.derive(SEALED["code"])
    assert sealing.open_message(raw(SEALED["message"]["sealed"]), case) == SEALED["message"]["text"]
    for key, genuine in ((reporter.reply, True), (b"k" * 32, False)):
        found = sealing.open_said(raw(SEALED["message"]["sealed"]), case, reply_key=key)
        assert found == sealing.Reply(SEALED["message"]["text"], genuine)
    for one in SEALED["replies"]:
        expected = sealing.Reply(one["text"], one["genuine"])
        for sealed, identity in ((one["case"], case), (one["reporter"], reporter.identity)):
            assert sealing.open_reply(raw(sealed), identity, reply_key=reporter.reply) == expected
    note = sealing.open_note(raw(SEALED["note"]["sealed"]), case)
    assert note == sealing.Note(SEALED["note"]["text"], SEALED["note"]["fields"])
    held = sealing.open_attachment(raw(SEALED["attachment"]["sealed"]), case)
    one = SEALED["attachment"]
    assert held == sealing.Attachment(one["name"], one["type"], raw(one["data"]))
    one = SEALED["key_file"]
    assert keyring.read_officer_key(one["armored"].encode(), one["passphrase"]) == one["identity"]


@pytest.mark.parametrize("one", VECTORS["pictures"], ids=lambda one: one["about"])
def test_pictures(one: dict[str, str | None]) -> None:
    before = raw(str(one["before"]))
    if one["after"] is None:
        with pytest.raises(NotCleaned):
            sealing.clean_picture(before)
        return
    after = sealing.clean_picture(before)
    assert after == raw(one["after"])
    assert b"SECRET" not in after
    assert sealing.clean_picture(after) == after
