"""The browser's library against the vectors that Python is tested against too: every value, both ways of opening."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.browser.static_page import empty_page, run
from tests.site.chromium import launched

pytestmark = pytest.mark.browser

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "sealing.json").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with empty_page() as address, sync_playwright() as playwright, launched(playwright) as browser:
        page = browser.new_page()
        page.goto(address)
        yield page


def test_codes(page: Page) -> None:
    script = """
        const bytes = (hex) => Uint8Array.from(hex.match(/../g), (one) => parseInt(one, 16));
        const read = (text) => { try { return codes.readCode(text); } catch (error) { return error.name; } };
        return {
          made: await Promise.all(given.made.map(async ({bits}) => {
            const code = codes.codeOf(bytes(bits));
            const keys = codes.derive(code);
            return {bits, code, shown: codes.shown(code), lookup: keys.lookup, identity: keys.identity,
              recipient: await sealing.recipientOf(keys.identity), binding: wire.toHex(keys.binding), reply: wire.toHex(keys.reply)};
          })),
          typed: given.typed.map(({text}) => ({text, code: read(text)})),
          refused: given.refused.map(read),
          in_text: given.in_text.map(({text}) => ({text, found: codes.codeInText(text)})),
        };
    """
    known = VECTORS["codes"]
    assert run(page, script, known) == known | {"refused": ["WrongCode"] * len(known["refused"])}


def test_paddings(page: Page) -> None:
    script = """
        return given.map(({purpose, length}) => {
          try { return padding.pad(new Uint8Array(length), purpose).length; } catch (error) { return null; }
        });
    """
    assert run(page, script, VECTORS["padding"]) == [one["padded"] for one in VECTORS["padding"]]


def test_binding_commitment_and_names(page: Page) -> None:
    script = """
        const {binding, commitment, names} = given;
        return [b64(sealing.binding(codes.derive(binding.code).binding, binding.case_key)),
          b64(sealing.commitment(raw(commitment.salt), commitment.content)),
          names.map(({text}) => routing.compared(text))];
    """
    folded = [one["folded"] for one in VECTORS["names"]]
    wanted = [VECTORS["binding"]["binding"], VECTORS["commitment"]["commitment"], folded]
    assert run(page, script, VECTORS) == wanted


def test_routes(page: Page) -> None:
    script = """
        return given.cases.map((asked) => {
          const list = given.lists[asked.list];
          const mentioned = routing.mentioned(list, asked.text).map((one) => one.id);
          let route = null;
          try {
            const found = routing.chooseRoute(list, asked);
            route = {kind: found.kind, opening: found.opening, openers: found.openers.map((one) => one.id),
              recipients: found.openers.map((one) => keylist.keyOf(one, asked.day)), left_out: found.leftOut};
          } catch (error) { if (error.code !== "no_recipient") throw error; }
          return {...asked, mentioned, route};
        });
    """
    assert run(page, script, VECTORS["routing"]) == VECTORS["routing"]["cases"]


def test_key_lists(page: Page) -> None:
    script = """
        const verified = ({file}) => {
          try { return keylist.verifyList(file, given.root, {jurisdiction: "jinhu", today: "2026-11-22"}).serial; }
          catch (error) { return error.name; }
        };
        return [verified(given), given.tampered.map(verified)];
    """
    known = VECTORS["key_list"]
    assert run(page, script, known) == [3, ["ListRefused"] * len(known["tampered"])]


def test_receipts(page: Page) -> None:
    script = """
        const verified = (text) => {
          try {
            const found = note.verifyReceipt(text, {name: given.name, key: given.key});
            return [found.jurisdiction, found.day, b64(found.commitment)];
          } catch (error) { return error.name; }
        };
        return [given.accepted.map(verified), given.refused.map(verified)];
    """
    known = VECTORS["receipt"]
    told = [known["jurisdiction"], known["day"], known["commitment"]]
    accepted, refused = run(page, script, known)
    assert accepted == [told] * len(known["accepted"])
    assert refused == ["BadReceipt"] * len(known["refused"])


def test_what_python_sealed_is_opened(page: Page) -> None:
    script = """
        const {identities} = given;
        const found = [];
        for (const report of given.reports) {
          const [first, second] = report.openers.map((id) => identities[id]);
          const grants = raw(report.grants);
          const halves = await sealing.turn(grants, first);
          const identity = report.opening === 1 ? await sealing.openGrants(grants, first) : await sealing.openHalves(halves, second);
          const out = await sealing.openGrants(grants, identities[report.left_out[0]]);
          const body = await sealing.openBody(raw(report.body), identity);
          const routed = JSON.parse(new TextDecoder().decode(await sealing.openWith(identities.routing, raw(report.routing))));
          found.push([identity, out, body.contentText, b64(body.salt), b64(body.replyKey), routed.holders,
            b64(sealing.commitment(body.salt, body.contentText)), await sealing.recipientOf(identity), body.reporterKey]);
        }
        return found;
    """
    known = VECTORS["sealed"]
    wanted = [
        [
            one["case"],
            None,
            one["content"],
            one["salt"],
            one["reply_key"],
            one["openers"],
            one["commitment"],
            one["case_key"],
            one["reporter_key"],
        ]
        for one in known["reports"]
    ]
    assert run(page, script, known) == wanted


def test_what_follows_a_report_is_opened(page: Page) -> None:
    script = """
        const {case: identity, reply_key} = given.reports[0];
        const keys = codes.derive(given.code);
        const replies = [];
        for (const one of given.replies) {
          for (const [sealed, who] of [[one.case, identity], [one.reporter, keys.identity]]) {
            replies.push(await sealing.openReply(raw(sealed), who, keys.reply));
          }
        }
        const file = await sealing.openAttachment(raw(given.attachment.sealed), identity);
        return [b64(keys.reply) === reply_key,
          [await sealing.openMessage(raw(given.message.sealed), identity, keys.reply),
            await sealing.openMessage(raw(given.message.sealed), identity, new Uint8Array(32))], replies,
          await sealing.openNote(raw(given.note.sealed), identity), {...file, data: b64(file.data)}];
    """
    known = VECTORS["sealed"]
    same, message, replies, note, file = run(page, script, known)
    assert same
    assert message == [{"text": known["message"]["text"], "genuine": one} for one in (True, False)]
    wanted = [{"text": one["text"], "genuine": one["genuine"]} for one in known["replies"]]
    assert replies == [one for one in wanted for _ in range(2)]
    assert note == {name: known["note"][name] for name in ("text", "fields")}
    assert file == {name: known["attachment"][name] for name in ("name", "type", "data")}


def test_pictures(page: Page) -> None:
    script = """
        return given.map(({before}) => {
          try { return b64(pictures.cleanPicture(raw(before))); }
          catch (error) { return error instanceof pictures.BrokenPicture ? "BrokenPicture" : error.name; }
        });
    """
    wanted = [one["after"] or "BrokenPicture" for one in VECTORS["pictures"]]
    assert run(page, script, VECTORS["pictures"]) == wanted
