"""Sealing in a real browser: the formats of docs/sealing.md, read and made on the other side by Python."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Iterator
from typing import Any

import pyrage
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from playwright.sync_api import Page, sync_playwright

from tests.browser.static_page import empty_page, run
from tests.site.chromium import launched

pytestmark = pytest.mark.browser

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DAY = "2026-11-22"
ROOT = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with empty_page() as address, sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        page.goto(address)
        yield page


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def holder(name: str, rank: str, unit: str | None = None) -> tuple[dict[str, Any], pyrage.x25519.Identity]:
    key = pyrage.x25519.Identity.generate()
    made = {"recipient": str(key.to_public()), "from": "2026-01-01", "until": "2027-01-01"}
    return {
        "id": f"h-{name}",
        "name": name,
        "post": "主任",
        "rank": rank,
        "unit": unit,
        "keys": [made],
    }, key


PEOPLE = {
    name: holder(name, rank, unit)
    for name, rank, unit in (
        ("示例甲", "head", None),
        ("方示九", "officer", None),
        ("林示二", "officer", "示例县住房和城乡建设局"),
        ("周示三", "superior", None),
    )
}
ROUTING_KEY = pyrage.x25519.Identity.generate()


def key_list(**changes: Any) -> dict[str, Any]:
    return {
        "format": "sunshine-portal/key-list/v1",
        "jurisdiction": "jinhu",
        "name": "金湖县纪委监委",
        "serial": 3,
        "issued_on": DAY,
        "valid_until": "2027-11-22",
        "accept_previous_until": "2026-12-06",
        "opening": 1,
        "slots": 8,
        "routing_key": str(ROUTING_KEY.to_public()),
        "receipt_key": {"name": "jinhu/receipts", "key": b64(bytes(32))},
        "own_names": ["金湖县纪委监委"],
        "holders": [one for one, _ in PEOPLE.values()],
    } | changes


def signed(value: dict[str, Any], key: Ed25519PrivateKey = ROOT) -> str:
    text = json.dumps(value, ensure_ascii=False)
    signature = key.sign(b"sunshine-portal/key-list/v1\n" + text.encode())
    return json.dumps(
        {"list": text, "signature": b64(signature), "key": b64(key.public_key().public_bytes_raw())}
    )


PINNED = b64(ROOT.public_key().public_bytes_raw())


def derived(code: str, info: str) -> bytes:
    number = 0
    for character in code[:24]:
        number = number << 5 | ALPHABET.index(character)
    secret = number.to_bytes(15)
    hkdf = HKDF(hashes.SHA256(), 32, salt=b"sunshine-portal/query-code/v1", info=info.encode())
    return hkdf.derive(secret)


def unpadded(data: bytes) -> bytes:
    (length,) = struct.unpack(">I", data[:4])
    assert not any(data[4 + length :])
    return data[4 : 4 + length]


def padded(data: bytes, size: int) -> bytes:
    return (struct.pack(">I", len(data)) + data).ljust(size, b"\0")


# --- The query code ---------------------------------------------------------------------------------------------------


def test_codes_are_made_shown_and_read_as_people_type_them(page: Page) -> None:
    got = run(
        page,
        """
        const code = codes.newCode();
        const typed = codes.shown(code);
        const loose = typed.toLowerCase().replace(/0/g, "o").replace(/1/g, "l").replace(/-/g, " — ");
        const wide = typed.replace(/[0-9A-Z]/g, (one) => String.fromCharCode(one.charCodeAt(0) + 0xfee0));
        const failure = (text) => { try { codes.readCode(text); return null; } catch (error) { return error.code; } };
        const swapped = [...code];
        const at = swapped.findIndex((one, index) => one !== swapped[index + 1]);
        [swapped[at], swapped[at + 1]] = [swapped[at + 1], swapped[at]];
        let missed = 0;
        for (let place = 0; place < 25; place += 1) {
          for (const other of "0123456789ABCDEFGHJKMNPQRSTVWXYZ") {
            if (other === code[place]) continue;
            if (failure(code.slice(0, place) + other + code.slice(place + 1)) !== "check") missed += 1;
          }
        }
        return {code, typed, read: [typed, loose, wide, ` ${typed}\\n`].map(codes.readCode), missed,
          swapped: failure(swapped.join("")), short: failure(code.slice(1)), strange: failure(code.slice(1) + "好"),
          known: codes.codeOf(Uint8Array.from({length: 15}, (_, at) => at)), keys: codes.derive(code) ,
          binding: b64(codes.derive(code).binding), reply: b64(codes.derive(code).reply)};
        """,
    )
    code = got["code"]
    assert len(code) == 25
    assert got["typed"] == "-".join([code[at : at + 4] for at in range(0, 24, 4)] + [code[24]])
    assert got["read"] == [code] * 4
    assert got["missed"] == 0
    assert (got["swapped"], got["short"], got["strange"]) == ("check", "length", "character")
    assert got["known"][:24] == "000G40R40M30E209185GR38E"  # Crockford's base32 of 0, 1, 2 … 14.
    assert got["keys"]["lookup"] == derived(code, "lookup").hex()
    assert got["binding"] == b64(derived(code, "binding"))
    assert got["reply"] == b64(derived(code, "reply"))
    # pyrage reads the identity, and it is the derived secret.
    assert pyrage.x25519.Identity.from_str(got["keys"]["identity"])


def test_a_query_code_in_a_text_is_noticed_and_other_long_words_are_not(page: Page) -> None:
    found = run(
        page,
        """
        const code = codes.newCode();
        return [`我上次的查询码是${codes.shown(code)}。`, `码 ${code.toLowerCase()}`, codes.shown(code).replace(/-/g, " "),
          `X${code}`, "合同编号 2026-0001-0002-0003-0004-0005-0", "没有", "this text with some word that will soon end a"]
          .map(codes.codeInText);
        """,
    )
    assert found == [True, True, True, False, False, False, False]


# --- The key list -----------------------------------------------------------------------------------------------------


def refused(page: Page, raw: str, **how: Any) -> str | None:
    asked = {"jurisdiction": "jinhu", "today": DAY, "atLeastSerial": 3} | how
    given = {"raw": raw, "pinned": PINNED, "asked": asked}
    script = """
        try { keylist.verifyList(given.raw, given.pinned, given.asked); return null; }
        catch (error) { return error.code; }
    """
    answer: str | None = run(page, script, given)
    return answer


def test_a_list_is_used_only_signed_by_the_pinned_key_and_current(page: Page) -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(32))
    good = signed(key_list())
    forged = json.loads(signed(key_list(), other))
    assert refused(page, good) is None
    assert refused(page, signed(key_list(), other)) == "wrong_root"
    assert refused(page, json.dumps(forged | {"key": PINNED})) == "unsigned"
    assert refused(page, good.replace("示例甲".encode("unicode-escape").decode(), "示例乙")) == "unsigned"
    assert refused(page, signed(key_list(jurisdiction="erqi"))) == "other_jurisdiction"
    assert refused(page, good, today="2027-11-23") == "expired"
    assert refused(page, good, today="2027-11-22") is None
    assert refused(page, good, atLeastSerial=4) == "older"
    assert refused(page, signed(key_list(slots=3))) == "malformed"
    assert refused(page, signed(key_list(opening=3))) == "malformed"
    assert refused(page, "{") == "malformed"


def test_the_newest_key_in_force_counts(page: Page) -> None:
    keys = [
        {"recipient": "age1old", "from": "2026-01-01", "until": "2026-11-30"},
        {"recipient": "age1new", "from": "2026-11-20", "until": "2027-11-30"},
    ]
    script = "return given.days.map((day) => keylist.keyOf({keys: given.keys}, day));"
    days = ["2025-12-31", "2026-01-01", "2026-11-20", "2027-11-30", "2027-12-01"]
    assert run(page, script, {"keys": keys, "days": days}) == [None, "age1old", "age1new", "age1new", None]


# --- Who can open -----------------------------------------------------------------------------------------------------


def route(page: Page, changes: dict[str, Any] | None = None, **asked: Any) -> tuple[Any, ...]:
    script = """
        try {
          const found = routing.chooseRoute(given.list, given.asked);
          return [found.kind, found.opening, found.openers.map((one) => one.name), found.leftOut];
        } catch (error) { return [error.code]; }
    """
    given = {"list": key_list(**(changes or {})), "asked": {"day": DAY} | asked}
    return tuple(run(page, script, given))


def test_whoever_is_concerned_is_left_out_and_the_head_sends_it_up(page: Page) -> None:
    own = ["示例甲", "方示九", "林示二"]
    assert route(page, unit="示例县某局") == ("own", 1, own, [])
    without = ("own", 1, ["示例甲", "林示二"], ["h-方示九"])
    assert route(page, persons=[{"name": "方 示·九", "unit": "", "post": ""}]) == without
    assert route(page, text="当天方示九在场。") == without
    assert route(page, text="当天方示九在场。", cleared=["h-方示九"]) == ("own", 1, own, [])
    assert route(page, ticked=["h-方示九"]) == without
    left = ("own", 1, ["示例甲", "方示九"], ["h-林示二"])
    assert route(page, unit="示例县 住房和城乡建设局") == left
    assert route(page, persons=[{"name": "某人", "unit": "示例县住房和城乡建设局", "post": "局长"}]) == left
    up = ("superior", 1, ["周示三"])
    assert route(page, text="示例甲说") == (*up, ["h-示例甲"])
    assert route(page, unit="金湖县纪委监委") == (*up, [])
    assert route(page, persons=[{"name": "某人", "unit": "", "post": "县纪委书记"}]) == (*up, [])
    assert route(page, persons=[{"name": "某人", "unit": "邻县纪委", "post": "纪委书记"}])[0] == "own"
    assert route(page, persons=[{"name": "某人", "unit": "", "post": "县纪委副书记"}])[0] == "own"


def test_too_few_holders_go_up_and_nobody_is_an_end(page: Page) -> None:
    ticked = ["h-方示九", "h-林示二"]
    assert route(page, {"opening": 2}, ticked=ticked[:1])[:2] == ("own", 2)
    assert route(page, {"opening": 2}, ticked=ticked)[:3] == ("superior", 2, ["周示三"])
    assert route(page, ticked=["h-示例甲", "h-周示三"]) == ("no_recipient",)


# --- What is sealed ---------------------------------------------------------------------------------------------------

SEAL = """
    const code = codes.newCode();
    const route = routing.chooseRoute(given.list, given.asked);
    const parts = await sealing.sealReport(given.list, given.content, {day: given.asked.day, code, route});
    const sent = Object.fromEntries(Object.entries(parts).map(([name, one]) => [name, one instanceof Uint8Array ? b64(one) : one]));
    return {code, ...sent};
"""


def sealed(page: Page, opening: int = 1, **content: Any) -> dict[str, Any]:
    given = {
        "list": key_list(opening=opening, slots=4 if opening == 2 else 8),
        "asked": {"day": DAY, "ticked": ["h-林示二"]},
        "content": {"what": "先定调，再表决。"} | content,
    }
    found: dict[str, Any] = run(page, SEAL, given)
    return found


def packets_of(grants: bytes, opening: int) -> list[bytes]:
    assert grants[:5] == b"SPG1" + bytes([opening])
    (count,) = struct.unpack(">H", grants[5:7])
    packets, at = [], 7
    for _ in range(count):
        (length,) = struct.unpack(">H", grants[at : at + 2])
        packets.append(grants[at + 2 : at + 2 + length])
        at += 2 + length
    assert at == len(grants)
    return packets


def opens(name: str, packet: bytes) -> bytes | None:
    try:
        return bytes(pyrage.decrypt(packet, [PEOPLE[name][1]]))
    except pyrage.DecryptError:
        return None


def test_a_sealed_report_is_opened_by_who_may_and_by_nobody_else(page: Page) -> None:
    got = sealed(page)
    (packet,) = packets_of(base64.b64decode(got["grants"]), 1)
    assert packet.count(b"\n-> X25519 ") == 8
    assert opens("林示二", packet) is None
    assert opens("周示三", packet) is None
    secret = opens("方示九", packet)
    assert secret is not None
    assert opens("示例甲", packet) == secret
    case = pyrage.x25519.Identity.from_str(secret.decode())
    assert str(case.to_public()) == got["caseKey"]
    whole = bytes(pyrage.decrypt(base64.b64decode(got["body"]), [case]))
    assert len(whole) == 16 * 1024
    inside = json.loads(unpadded(whole))
    assert inside["format"] == "sunshine-portal/report/v1"
    assert inside["content"] == got["contentText"]
    assert json.loads(inside["content"])["what"] == "先定调，再表决。"
    assert inside["salt"] == got["salt"]
    assert base64.b64decode(inside["reply_key"]) == derived(got["code"], "reply")
    text_hash = hashlib.sha256(inside["content"].encode()).digest()
    salted = b"sunshine-portal/commitment/v1\n" + base64.b64decode(got["salt"]) + text_hash
    assert base64.b64decode(got["commitment"]) == hashlib.sha256(salted).digest()
    key = derived(got["code"], "binding")
    assert base64.b64decode(got["binding"]) == hmac.digest(key, got["caseKey"].encode(), "sha256")
    assert got["lookup"] == derived(got["code"], "lookup").hex()
    told = bytes(pyrage.decrypt(base64.b64decode(got["routing"]), [ROUTING_KEY]))
    assert len(told) == 2048
    assert json.loads(unpadded(told)) == {"holders": ["h-示例甲", "h-方示九"], "route": "own"}


def test_two_keys_are_needed_where_the_list_says_two(page: Page) -> None:
    got = sealed(page, opening=2)
    packets = packets_of(base64.b64decode(got["grants"]), 2)
    assert len(packets) == 12
    assert len({len(one) for one in packets}) == 1
    halves = [half for half in (opens("方示九", one) for one in packets) if half]
    assert len(halves) == 3
    assert not [half for half in halves if half.startswith(b"AGE-SECRET")]
    assert [opens("方示九", half) for half in halves] == [None] * 3
    assert not [packet for packet in packets if opens("林示二", packet)]
    (secret,) = [found for found in (opens("示例甲", half) for half in halves) if found]
    # The browser opens the same, first and second.
    script = """
        const grants = raw(given.grants);
        const halves = await sealing.turn(grants, given.first);
        return [await sealing.openGrants(grants, given.first), halves.length, await sealing.openHalves(halves, given.first),
          await sealing.openHalves(halves, given.second), await sealing.turn(grants, given.stranger)];
    """
    keys = {
        "first": str(PEOPLE["方示九"][1]),
        "second": str(PEOPLE["示例甲"][1]),
        "stranger": str(PEOPLE["林示二"][1]),
    }
    assert run(page, script, {"grants": got["grants"]} | keys) == [None, 3, None, secret.decode(), []]
    whole = """
        const identity = await sealing.openHalves(await sealing.turn(raw(given.grants), given.first), given.second);
        const {content, salt} = await sealing.openBody(raw(given.body), identity);
        return [content.what, b64(salt)];
    """
    assert run(page, whole, got | keys) == ["先定调，再表决。", got["salt"]]


def test_what_python_seals_the_browser_opens_and_a_false_reply_is_told(page: Page) -> None:
    code = run(page, "return codes.newCode();")
    reporter = run(page, "return codes.derive(given).identity;", code)
    recipient = pyrage.x25519.Identity.from_str(reporter).to_public()
    text = "已收到，请补充时间。"
    genuine = b64(hmac.digest(derived(code, "reply"), text.encode(), "sha256"))

    def reply(mac: str) -> str:
        value = json.dumps({"format": "sunshine-portal/reply/v1", "text": text, "mac": mac})
        return b64(pyrage.encrypt(padded(value.encode(), 4096), [recipient]))

    given = {
        "code": code,
        "sealed": [reply(genuine), reply(b64(bytes(32))), reply("?"), b64(b"age-encryption.org/v1\nbroken")],
    }
    script = """
        const keys = codes.derive(given.code);
        return Promise.all(given.sealed.map((one) => sealing.openReply(raw(one), keys.identity, keys.reply)));
    """
    assert run(page, script, given) == [
        {"text": text, "genuine": True},
        {"text": text, "genuine": False},
        {"text": text, "genuine": False},
        None,
    ]


def test_messages_notes_replies_and_attachments_are_opened_by_python(page: Page) -> None:
    case = pyrage.x25519.Identity.generate()
    script = """
        const all = {
          message: await sealing.sealMessage(given, "补充", new Uint8Array(32)), note: await sealing.sealNote(given, "内部", {a: 1}),
          reply: (await sealing.sealReply({text: "答复", replyKey: new Uint8Array(32), caseKey: given, reporterKey: given})).forReporter,
          file: await sealing.sealAttachment(given, {number: 1, data: new Uint8Array([1, 2, 3]), type: "image/jpeg", extension: "jpg"})};
        return Object.fromEntries(Object.entries(all).map(([name, one]) => [name, b64(one)]));
    """
    got = run(page, script, str(case.to_public()))
    whole = {name: bytes(pyrage.decrypt(base64.b64decode(one), [case])) for name, one in got.items()}
    assert {name: len(one) // 1024 for name, one in whole.items()} == {
        "message": 16,
        "note": 16,
        "reply": 4,
        "file": 64,
    }
    message = json.loads(unpadded(whole["message"]))
    said = hmac.digest(bytes(32), "sunshine-portal/message/v1\n补充".encode(), "sha256")
    assert message == {"format": "sunshine-portal/message/v1", "text": "补充", "mac": b64(said)}
    assert json.loads(unpadded(whole["note"]))["fields"] == {"a": 1}
    mac = hmac.digest(bytes(32), "答复".encode(), "sha256")
    assert json.loads(unpadded(whole["reply"]))["mac"] == b64(mac)
    file = unpadded(whole["file"])
    (length,) = struct.unpack(">H", file[:2])
    assert json.loads(file[2 : 2 + length]) == {"name": "附件1.jpg", "type": "image/jpeg", "size": 3}
    assert file[2 + length :] == b"\x01\x02\x03"


def test_what_is_longer_than_the_largest_size_is_refused(page: Page) -> None:
    script = """
        const sizes = [0, 16380, 16381, 1048572].map((n) => padding.pad(new Uint8Array(n), "report").length);
        try { padding.pad(new Uint8Array(1048573), "report"); } catch (error) { return [sizes, error.name, error.limit]; }
    """
    assert run(page, script) == [[16384, 16384, 65536, 1048576], "TooLong", 1048572]
