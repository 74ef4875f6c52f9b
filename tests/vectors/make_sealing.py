"""Makes `sealing.json`: what every implementation of docs/sealing.md must agree on.

    python -m tests.vectors.make_sealing

All but `sealed` (age is random) comes out the same each time. The tests read the file, never this script: an
implementation that changes does not change what it is tested against.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.domain.reports import bech32, codes, keylist, padding, routing
from portal.domain.reports.content import ReportContent
from portal.services.reports import age, filing, keylists, keyring, sealing
from tests.vectors import sample_pictures
from tests.vectors.routing_cases import CASES, HOLDERS

FILE = Path(__file__).parent / "sealing.json"
DAY = date(2026, 11, 22)
CODE = codes.code_of(bytes(range(15)))
PASSPHRASE = "示例口令 only-for-tests"
TEXT = json.dumps({"what": "示例举报内容：某年某月某日，“某会议”上发生的事。", "n": 1}, ensure_ascii=False)


def seed(label: str) -> bytes:
    """Return 32 bytes that are always the same."""
    return hashlib.sha256(b"sunshine-portal test vectors " + label.encode()).digest()


def identity(label: str) -> str:
    """Return an age identity that is always the same."""
    return bech32.encode("age-secret-key-", seed(label)).upper()


def b64(data: bytes) -> str:
    """Return base64."""
    return base64.b64encode(data).decode()


def key_list(name: str, *, opening: int = 1, slots: int = 8, absent: tuple[str, ...] = ()) -> keylist.KeyList:
    """Return the list of the routing cases: fixed holders, fixed keys."""
    receipt = Ed25519PrivateKey.from_private_bytes(seed("receipts"))
    return keylist.KeyList(
        jurisdiction="jinhu",
        name="金湖县纪委监委",
        serial=3,
        issued_on=DAY,
        valid_until=date(2027, 11, 22),
        accept_previous_until=date(2026, 12, 6),
        opening=opening,
        slots=slots,
        routing_key=age.recipient_of(identity("routing")),
        receipt_key=keylist.ReceiptKey(name="jinhu/receipts", key=filing.public_of(receipt)),
        own_names=("金湖县纪委监委", "金湖县纪律检查委员会", "金湖县监察委员会"),
        holders=tuple(
            keylist.Holder(
                **{key: value for key, value in one.items() if key != "until"},
                keys=(
                    keylist.HolderKey(
                        recipient=age.recipient_of(identity(one["id"])),
                        since=date(2026, 1, 1),
                        until=date.fromisoformat(one.get("until", "2027-11-22")),
                    ),
                ),
            )
            for one in HOLDERS
            if one["id"] not in absent
        ),
    )


LISTS = {
    "one": key_list("one"),
    "two": key_list("two", opening=2, slots=5, absent=("hold", "hsp2")),
    "no superior": key_list("no superior", absent=("hsup", "hsp2")),
}


def made_codes() -> dict[str, Any]:
    """Return codes, what is typed for them, what is refused."""
    bits = [bytes(15), bytes([255] * 15), bytes(range(15)), *(seed(f"code {n}")[:15] for n in range(5))]
    made = []
    for one in bits:
        code = codes.code_of(one)
        keys = codes.derive(code)
        made.append(
            {
                "bits": one.hex(),
                "code": code,
                "shown": codes.shown(code),
                "lookup": keys.lookup,
                "identity": keys.identity,
                "recipient": age.recipient_of(keys.identity),
                "binding": keys.binding.hex(),
                "reply": keys.reply.hex(),
            }
        )
    code = codes.code_of(seed("typed")[:14] + b"\x21")
    written = codes.shown(code)
    lookalike = codes.code_of(b"\x00\x00\x00\x00\x00\x08\x42\x10\x84\x21\x08\x42\x10\x84\x21")
    wide = written.translate({n: n + 0xFEE0 for n in range(0x21, 0x7F)})
    typed = [
        written,
        code,
        written.lower(),
        written.replace("-", " "),
        f"  {written}\n",
        written.replace("-", "—"),
        written.replace("-", "－"),
        written.replace("-", "\u2011"),
        written.replace("-", "\u2212"),
        written.replace("-", "ー"),
        written.replace("-", "\u3000"),
        written.replace("-", " - "),
        written.replace("-", "\u200b"),
        wide,
        wide.lower(),
    ]
    pairs = [{"text": text, "code": code} for text in typed]
    slips = (("0", "O"), ("0", "o"), ("1", "l"), ("1", "I"), ("1", "i"), ("1", "L"), ("0", "0"))
    pairs += [{"text": lookalike.replace(*slip), "code": lookalike} for slip in slips]
    last = codes.ALPHABET[(codes.ALPHABET.index(code[-1]) + 1) % 32]
    differs = next(n for n in range(23) if code[n] != code[n + 1])
    swapped = code[:differs] + code[differs + 1] + code[differs] + code[differs + 2 :]
    refused = [
        "",
        "  - ",
        code[:-1],
        code + "0",
        code[:-1] + last,
        swapped,
        code[:5] + "U" + code[6:],
        "查" + code,
    ]
    refused += [code[:-1] + "!", code[:12] + "\u00b7" + code[12:]]
    sentences = [
        (f"我的查询码是{written}，请勿外传", True),
        (f"查询码：{code.lower()}。", True),
        (f"({wide})", True),
        (f"{written.replace('-', chr(10))}", True),
        ("金湖县住房和城乡建设局 2026 年第 12 号文件，共 3,500 万元", False),
        (f"{code[:-1]}{last}", False),
        (f"X{code}", False),
        ("身份证号 110101199003077758，电话 13800000000", False),
        ("the quick brown fox jumps over the lazy dog, again and again and again", False),
    ]
    return {
        "made": made,
        "typed": pairs,
        "refused": refused,
        "in_text": [{"text": text, "found": found} for text, found in sentences],
    }


def paddings() -> list[dict[str, Any]]:
    """Return to which length each length is padded; null where it is refused."""
    found: list[dict[str, Any]] = []
    for purpose in padding.Purpose:
        for bucket in padding.BUCKETS[purpose]:
            for length in (bucket - 4, bucket - 3):
                larger = [one for one in padding.BUCKETS[purpose] if one >= length + 4]
                found.append(
                    {"purpose": purpose.value, "length": length, "padded": larger[0] if larger else None}
                )
        found.append({"purpose": purpose.value, "length": 0, "padded": padding.BUCKETS[purpose][0]})
    return found


def routes() -> dict[str, Any]:
    """Return lists, and who opens which report."""
    cases = []
    for case in CASES:
        held = LISTS[case.get("list", "one")]
        asked = {
            "unit": case.get("unit", ""),
            "persons": [{"unit": "", "post": "", **person} for person in case.get("persons", ())],
            "ticked": case.get("ticked", []),
            "text": case.get("text", ""),
            "cleared": case.get("cleared", []),
        }
        persons = [routing.Person(**person) for person in asked["persons"]]
        day = date.fromisoformat(case.get("day", DAY.isoformat()))
        try:
            chosen = routing.choose_route(held, day=day, **{**asked, "persons": persons})
            route = {
                "kind": chosen.kind,
                "opening": chosen.opening,
                "openers": [one.id for one in chosen.openers],
                "recipients": [one.key_on(day) for one in chosen.openers],
                "left_out": list(chosen.left_out),
            }
        except routing.NoRecipient:
            route = None
        cases.append(
            {
                "about": case["about"],
                "list": case.get("list", "one"),
                "day": day.isoformat(),
                **asked,
                "mentioned": [one.id for one in routing.mentioned(held, asked["text"])],
                "route": route,
            }
        )
    return {"lists": {name: json.loads(one.text()) for name, one in LISTS.items()}, "cases": cases}


def lists() -> dict[str, Any]:
    """Return a signed list, and what is refused."""
    root = Ed25519PrivateKey.from_private_bytes(seed("root"))
    other = Ed25519PrivateKey.from_private_bytes(seed("other root"))
    raw = json.loads(keylists.sign_list(LISTS["one"], root))
    wrong = {
        "text changed": {**raw, "list": raw["list"].replace("示例甲", "示例乙", 1)},
        "opening changed": {**raw, "list": raw["list"].replace('"opening":1', '"opening":2')},
        "blank added": {**raw, "list": raw["list"] + " "},
        "signature of another list": {
            **raw,
            "signature": json.loads(keylists.sign_list(LISTS["two"], root))["signature"],
        },
        "signed without the first line": {**raw, "signature": b64(root.sign(raw["list"].encode()))},
        "another key": json.loads(keylists.sign_list(LISTS["one"], other)),
        "another key under the pinned name": {
            **json.loads(keylists.sign_list(LISTS["one"], other)),
            "key": raw["key"],
        },
        "no signature": {**raw, "signature": ""},
        "another format": json.loads(
            keylists.sign_list(LISTS["one"].text().replace("key-list/v1", "key-list/v2"), root)
        ),
    }
    return {
        "root": filing.public_of(root),
        "file": json.dumps(raw, ensure_ascii=False),
        "tampered": [
            {"about": about, "file": json.dumps(one, ensure_ascii=False)} for about, one in wrong.items()
        ],
    }


def receipts() -> dict[str, Any]:
    """Return a filing receipt, and what is refused."""
    key = Ed25519PrivateKey.from_private_bytes(seed("receipts"))
    other = Ed25519PrivateKey.from_private_bytes(seed("other receipts"))
    commitment = filing.commitment_of(seed("salt"), TEXT)
    note = filing.sign_receipt(key, "jinhu/receipts", "jinhu", DAY, commitment)
    foreign = filing.sign_receipt(other, "jinhu/receipts", "jinhu", DAY, commitment)
    name_alike = filing.sign_receipt(key, "jinhu/other", "jinhu", DAY, commitment)
    return {
        "name": "jinhu/receipts",
        "key": filing.public_of(key),
        "note": note,
        "jurisdiction": "jinhu",
        "day": DAY.isoformat(),
        "salt": b64(seed("salt")),
        "content": TEXT,
        "commitment": b64(commitment),
        "accepted": [
            note,
            note.replace("\n", "\r\n"),
            note + foreign.rpartition("\n\n")[2].replace("jinhu/receipts", "witness/one"),
        ],
        "refused": [
            foreign,
            name_alike,
            note.replace("2026-11-22", "2026-11-21"),
            note.replace("\njinhu\n", "\njinhv\n"),
            note.replace("\n\n", "\n"),
            note[:-30],
            "",
        ],
    }


def sealed() -> dict[str, Any]:
    """Return what Python sealed: one report for each way of opening, what follows one, a key file."""
    content = ReportContent.model_validate(
        {
            "jurisdiction": "jinhu",
            "unit": "示例县住房和城乡建设局",
            "persons": [{"name": "示例九", "post": "局长"}],
            "categories": ["speak_last"],
            "what": "示例内容：2026 年 11 月 2 日的会上，主要负责人先表态，其他人没有再发言。",
            "known_from": "seen",
        }
    )
    reports = []
    for name in ("one", "two"):
        held = LISTS[name]
        route = routing.choose_route(
            held, day=DAY, unit=content.unit, persons=content.persons, text=content.free_text()
        )
        parts = sealing.seal_report(held, content, day=DAY, code=CODE, route=route)
        openers = [one.id for one in route.openers]
        if held.opening == 1:
            case = sealing.open_grants(parts.grants, identity(openers[0]))
        else:
            halves = sealing.turn(parts.grants, identity(openers[0]))
            case = sealing.open_halves(halves, identity(openers[1]))
        assert case
        opened = sealing.open_body(parts.body, case)
        reports.append(
            {
                "list": name,
                "opening": held.opening,
                "openers": openers,
                "left_out": list(route.left_out),
                "case": case,
                "case_key": parts.case_key,
                "reporter_key": parts.reporter_key,
                "grants": b64(parts.grants),
                "body": b64(parts.body),
                "routing": b64(parts.routing),
                "binding": b64(parts.binding),
                "commitment": b64(parts.commitment),
                "lookup": parts.lookup,
                "salt": b64(parts.salt),
                "reply_key": b64(opened.reply_key),
                "content": opened.text,
            }
        )
    one = reports[0]
    reply_key = base64.b64decode(one["reply_key"])
    answer = sealing.seal_reply(
        one["case_key"], one["reporter_key"], "示例回复：已受理。", reply_key=reply_key
    )
    forged = sealing.seal_reply(
        one["case_key"], one["reporter_key"], "示例回复：伪造。", reply_key=seed("no key")
    )
    picture = sample_pictures.png()
    return {
        "code": CODE,
        "identities": {
            "routing": identity("routing"),
            **{holder["id"]: identity(holder["id"]) for holder in HOLDERS},
        },
        "reports": reports,
        "message": {
            "sealed": b64(sealing.seal_message(one["case_key"], "示例补充。", reply_key=reply_key)),
            "text": "示例补充。",
        },
        "replies": [
            {
                "case": b64(answer[0]),
                "reporter": b64(answer[1]),
                "text": "示例回复：已受理。",
                "genuine": True,
            },
            {
                "case": b64(forged[0]),
                "reporter": b64(forged[1]),
                "text": "示例回复：伪造。",
                "genuine": False,
            },
        ],
        "note": {
            "sealed": b64(sealing.seal_note(one["case_key"], "示例记录。", {"approved_by": "示例甲"})),
            "text": "示例记录。",
            "fields": {"approved_by": "示例甲"},
        },
        "attachment": {
            "sealed": b64(sealing.seal_attachment(one["case_key"], 1, picture, "image/png")),
            "name": "附件1.png",
            "type": "image/png",
            "data": b64(sealing.clean_picture(picture)),
        },
        "key_file": {
            "armored": keyring.seal_officer_key(identity("h001"), PASSPHRASE, made_on=DAY).decode(),
            "passphrase": PASSPHRASE,
            "identity": identity("h001"),
        },
    }


def all_of_it() -> dict[str, Any]:
    """Return the whole file."""
    reply_key = codes.derive(CODE).reply
    case_key = age.recipient_of(identity("case"))
    return {
        "about": "Made by tests/vectors/make_sealing.py. See docs/sealing.md. All keys here are for tests.",
        "codes": made_codes(),
        "padding": paddings(),
        "binding": {
            "code": CODE,
            "case_key": case_key,
            "binding": b64(codes.binding_of(codes.derive(CODE).binding, case_key)),
        },
        "commitment": {
            "salt": b64(seed("salt")),
            "content": TEXT,
            "commitment": b64(filing.commitment_of(seed("salt"), TEXT)),
        },
        "reply_mac": {
            "code": CODE,
            "reply_key": b64(reply_key),
            "text": "示例回复：已受理。",
            "mac": b64(sealing.reply_mac(reply_key, "示例回复：已受理。")),
        },
        "names": [
            {"text": text, "folded": routing.folded_name(text)}
            for text in (
                "示例甲",
                " 示 例 甲 ",
                "示\u3000例甲",
                "阿示例·买示例",
                "阿示例•买示例",
                "阿示例・买示例",
                "阿示例.买示例",
                "阿示例．买示例",
                "ＡＢＣ Company（示例）",
                "示\u200b例甲",
                "示例㈠",
                "⺬例⻩⻰",
                "示\U000e0100例\ufe00甲",
                "示\u3164例\u2800\u202e甲",
            )
        ],
        "routing": routes(),
        "key_list": lists(),
        "receipt": receipts(),
        "sealed": sealed(),
        "pictures": sample_pictures.samples(),
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(all_of_it(), ensure_ascii=False, indent=1) + "\n", "utf-8")
