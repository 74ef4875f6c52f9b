"""The addresses that a browser's script calls: taken once, told always the same, refused in words."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.domain.reports.keylist import ReceiptKey
from portal.services.reports.age import new_identity, seal_to
from portal.services.reports.filing import verify_receipt
from portal.services.reports.quotas import Quota, used_bytes
from portal.services.reports.sealing import seal_attachment, seal_grants, seal_message, seal_reply
from portal.store.reports.tables import ReportPart, ReportStep, SealedReport, SpentChallenge
from tests.web.report.world import NOON, SLUG, TODAY, Reporter, Wire, World, b64, content, make_world

pytestmark = pytest.mark.database


@pytest.fixture
def wire(world: World) -> Iterator[Wire]:
    """The host over real HTTP."""
    with world.serving() as server:
        yield Wire(server)


def chinese(text: str) -> bool:
    return any("\u4e00" <= one <= "\u9fff" for one in text)


def test_a_report_is_filed_with_a_receipt_that_verifies_and_days_only(world: World, wire: Wire) -> None:
    reporter = Reporter(world)

    answer = reporter.send(wire)

    assert answer.status_code == 201, answer.text
    assert answer.json.keys() == {"day", "receipt", "accept_by"}
    assert (answer.json["day"], answer.json["accept_by"]) == ("2026-11-23", "2026-12-14")
    key: ReceiptKey = world.key_list.receipt_key
    shown = verify_receipt(answer.json["receipt"], key)
    assert (shown.slug, shown.day, shown.commitment) == (SLUG, TODAY, reporter.sealed().commitment)
    (row,) = world.rows(SealedReport)
    assert (row.channel, row.sealed_by, row.state, row.real_name) == ("form", "browser", "received", None)
    assert (row.received_on, row.state_on, row.lookup) == (TODAY, TODAY, reporter.sealed().lookup)
    assert (row.body, row.grants) == (reporter.sealed().body, reporter.sealed().grants)
    (step,) = world.rows(ReportStep)
    assert (step.action, step.name, step.account_id) == ("received", "举报人", None)
    assert step.at.isoformat() == "2026-11-22T16:00:00+00:00"  # The day begins in Shanghai.


def test_a_day_off_that_was_entered_at_the_office_moves_the_hosts_clock(world: World, wire: Wire) -> None:
    off = {"off": ["2026-12-01"], "work": []}
    row = {
        "id": 1,
        "section": "year",
        "name": "2026",
        "values": off,
        "from": "2026-11-20",
        "source": "示例发〔2026〕1号",
    }
    told = {"format": 1, "places": {SLUG: [row]}}
    world.settings.report_terms_file.write_text(json.dumps(told), "utf-8")

    assert Reporter(world).send(wire).json["accept_by"] == "2026-12-15"


def test_sent_twice_it_is_stored_once_and_told_the_same(world: World, wire: Wire) -> None:
    reporter = Reporter(world)
    first = reporter.send(wire)
    world.at += timedelta(days=3)

    again = reporter.send(wire)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert len(world.rows(SealedReport)) == 1


def test_the_very_same_request_again_is_no_second_payment(world: World, wire: Wire) -> None:
    start = wire.get(f"/{SLUG}/start").json
    body = Reporter(world).body(start["challenge"], start["bits"])

    first, again = wire.post(f"/{SLUG}/reports", json=body), wire.post(f"/{SLUG}/reports", json=body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json


def test_another_report_under_a_lookup_that_is_taken_is_refused(world: World, wire: Wire) -> None:
    reporter = Reporter(world)
    reporter.send(wire)
    reporter.parts = None  # The same code, another report.

    answer = reporter.send(wire)

    assert (answer.status_code, answer.json["error"]) == (409, "lookup_taken")
    assert len(world.rows(SealedReport)) == 1


def test_a_challenge_is_spent_once(world: World, wire: Wire) -> None:
    start = wire.get(f"/{SLUG}/start").json
    one, other = Reporter(world), Reporter(world)
    assert wire.post(f"/{SLUG}/reports", json=one.body(start["challenge"], start["bits"])).status_code == 201

    answer = wire.post(f"/{SLUG}/reports", json=other.body(start["challenge"], start["bits"]))

    assert (answer.status_code, answer.json["error"]) == (400, "spent_challenge")
    assert len(world.rows(SealedReport)) == 1


def test_what_was_spent_is_forgotten_once_it_would_be_too_old_anyway(world: World, wire: Wire) -> None:
    Reporter(world).send(wire)
    world.at += timedelta(days=1)  # Kept to the end of its day: an earlier end would tell when.
    Reporter(world).send(wire)
    assert len(world.rows(SpentChallenge)) == 1


def test_two_at_once_with_the_same_report_give_one(world: World, wire: Wire) -> None:
    start = wire.get(f"/{SLUG}/start").json
    body = Reporter(world).body(start["challenge"], start["bits"])
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: wire.post(f"/{SLUG}/reports", json=body), range(6)))
    assert sorted(one.status_code for one in answers) == [200] * 5 + [201]
    assert len({one.data for one in answers}) == 1
    assert len(world.rows(SealedReport)) == 1


def test_fifty_at_once_are_all_stored_before_they_are_told(world: World, wire: Wire) -> None:
    reporters = [Reporter(world) for _ in range(50)]
    for one in reporters:
        one.sealed()

    def send(reporter: Reporter) -> int:
        status: int = reporter.send(wire).status_code
        with Session(world.engine) as session:
            assert session.query(SealedReport).filter_by(lookup=reporter.sealed().lookup).count() == 1
        return status

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(send, reporters)) == [201] * 50


def test_reports_opened_by_two_and_on_the_way_to_the_superior_are_taken(tmp_path: Any, regimes: Any) -> None:
    world = make_world(tmp_path, regimes, opening=2)
    client = world.app.test_client()
    superior = Reporter(world)
    superior.sealed(said=content(persons=[{"name": "示例甲"}]))

    assert Reporter(world).send(client).status_code == 201
    assert superior.send(client).status_code == 201
    assert [row.grants[4] for row in world.rows(SealedReport)] == [2, 2]


def test_a_list_of_yesterday_counts_as_long_as_the_newer_ones_say(world: World) -> None:
    reporter, client = Reporter(world), world.app.test_client()
    start = client.get(f"/{SLUG}/start").json
    body = reporter.body(start["challenge"], start["bits"])
    world.publish(accept_previous_until=TODAY, slots=8)
    assert client.post(f"/{SLUG}/reports", json=body).status_code == 201  # By the slots of its own list.

    late = Reporter(world)
    late.sealed()
    world.publish(accept_previous_until=TODAY - timedelta(days=1))
    refused = late.body(*_challenge(client), serial=2)
    answer = client.post(f"/{SLUG}/reports", json=refused)
    assert (answer.status_code, answer.json["error"]) == (409, "old_key_list")
    # Filed before: who did not get the answer then gets it now.
    assert client.post(f"/{SLUG}/reports", json=body).status_code == 200


def _challenge(client: Any) -> tuple[str, int]:
    start = client.get(f"/{SLUG}/start").json
    return start["challenge"], start["bits"]


def _other_slots(reporter: Reporter) -> str:
    identity, recipient = new_identity()
    return b64(seal_grants([recipient], identity, slots=5, opening=1))


def _cut(data: bytes) -> str:
    return b64(data[:-1])


CASE = new_identity()[1]
WRONG: dict[str, Any] = {
    "a body in the clear": lambda _: {"body": b64(("检举内容" * 2000).encode())},
    "an armoured body": lambda _: {"body": b64(b"-----BEGIN AGE ENCRYPTED FILE-----\n" + b"A" * 20000)},
    "a body of another length": lambda _: {"body": b64(seal_to([CASE], b"x" * 16_000, None))},
    "a body to two": lambda _: {"body": b64(seal_to([CASE, new_identity()[1]], b"x" * 16_384, None))},
    "a body cut short": lambda r: {"body": _cut(r.sealed().body)},
    "a body that is empty": lambda _: {"body": ""},
    "grants of fewer slots": lambda r: {"grants": _other_slots(r)},
    "grants cut short": lambda r: {"grants": _cut(r.sealed().grants)},
    "grants with something behind": lambda r: {"grants": b64(r.sealed().grants + b"\0\0")},
    "grants opened by two": lambda r: {"grants": b64(b"SPG1\x02" + r.sealed().grants[5:])},
    "no grants": lambda _: {"grants": b64(b"SPG1\x01\0\0")},
    "routing of another length": lambda _: {"routing": b64(seal_to([CASE], b"x" * 4096, None))},
    "a recipient in capitals": lambda r: {"case_key": r.sealed().case_key.upper()},
    "a recipient with a slip": lambda r: {
        "case_key": r.sealed().case_key[:-1] + ("q" if r.sealed().case_key[-1] != "q" else "p")
    },
    "a secret for a recipient": lambda _: {"reporter_key": new_identity()[0]},
    "one key for both": lambda r: {"reporter_key": r.sealed().case_key},
    "a short commitment": lambda _: {"commitment": b64(b"x" * 31)},
    "a long binding": lambda _: {"binding": b64(b"x" * 33)},
    "base64 without padding": lambda _: {"commitment": b64(b"x" * 32).rstrip("=")},
    "base64 with two spellings": lambda _: {"commitment": b64(b"x" * 32)[:-2] + "5="},
    "a lookup in capitals": lambda r: {"lookup": r.sealed().lookup.upper()},
    "a lookup that is a number": lambda _: {"lookup": 5},
    "a serial that is text": lambda _: {"serial": "1"},
    "a serial that is true": lambda _: {"serial": True},
    "a serial that is not there yet": lambda _: {"serial": 99},
    "a nonce that is a list": lambda _: {"nonce": ["1"]},
    "a body that is null": lambda _: {"body": None},
    "a field too many": lambda _: {"name": "方示九"},
    "a challenge of our own": lambda _: {"challenge": f"v1.{SLUG}.1.{int(NOON.timestamp())}.00.00"},
    "half a character for a challenge": lambda _: {"challenge": "v1.\ud800.a.b.c.d"},
    "half a character for a key": lambda _: {"case_key": "age1\ud800"},
    "half a character for a nonce": lambda _: {"nonce": "\ud800"},
    "no work": lambda _: {"nonce": "no"},
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_not_as_the_page_says_is_refused_in_words_and_not_stored(world: World, wrong: str) -> None:
    reporter, client = Reporter(world), world.app.test_client()
    start = client.get(f"/{SLUG}/start").json
    body = {**reporter.body(start["challenge"], start["bits"]), **WRONG[wrong](reporter)}

    answer = client.post(f"/{SLUG}/reports", json=body)

    assert answer.status_code in (400, 409), answer.text
    assert answer.json.keys() == {"error", "words"}
    assert chinese(answer.json["words"])
    assert not world.rows(SealedReport)
    # What was refused for its shape has spent nothing: put right, it is taken.
    assert (
        client.post(f"/{SLUG}/reports", json=reporter.body(start["challenge"], start["bits"])).status_code
        == 201
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b'{"lookup": NaN}',
        b'{"lookup": "a", "lookup": "b"}',
        b"{" * 5000,
        b'{"lookup": "\xff"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_json_object_is_refused(world: World, raw: bytes) -> None:
    client = world.app.test_client()
    for path in ("reports", "follow"):
        answer = client.post(f"/{SLUG}/{path}", data=raw[:4000], content_type="application/json")
        assert (answer.status_code, answer.json["error"]) == (400, "bad_request")


def test_a_challenge_is_of_its_place_and_of_half_an_hour(world: World) -> None:
    client, reporter = world.app.test_client(), Reporter(world)
    issued = world.app.extensions["report"].challenges.issue("xian", bits=12, now=NOON)
    answer = client.post(f"/{SLUG}/reports", json=reporter.body(issued, 12))
    assert answer.json["error"] == "bad_challenge"

    start = client.get(f"/{SLUG}/start").json
    world.at += timedelta(minutes=30)
    answer = client.post(f"/{SLUG}/reports", json=reporter.body(start["challenge"], start["bits"]))
    assert answer.json["error"] == "old_challenge"


def test_a_place_without_a_key_list_says_where_to_go_instead(world: World) -> None:
    client = world.app.test_client()
    assert client.get("/nowhere/start").status_code == 404
    answer = client.get("/xian/start")
    assert (answer.status_code, answer.json["error"]) == (503, "closed")
    assert "12388" in answer.json["words"]


def test_a_key_list_that_was_tampered_with_or_ran_out_closes_the_place(world: World) -> None:
    client = world.app.test_client()
    file = world.lists.folder / SLUG / "1.json"
    raw = file.read_bytes()
    file.write_bytes(raw.replace("示例乙".encode(), "示例丁".encode()))
    assert client.get(f"/{SLUG}/start").json["error"] == "closed"
    file.write_bytes(raw)
    assert client.get(f"/{SLUG}/start").status_code == 200
    world.at = NOON.replace(year=2100)
    assert client.get(f"/{SLUG}/start").json["error"] == "closed"


def test_the_key_list_is_given_as_it_was_signed(world: World) -> None:
    given = world.app.test_client().get(f"/{SLUG}/start").json
    raw = world.lists.current(SLUG)
    assert raw is not None
    assert given["key_list"] == json.loads(raw.raw)
    assert given["limits"]["attachment"] == 12 * 1024 * 1024


# --- parts ---


def part(
    reporter: Reporter, kind: str = "message", token: str = "a" * 32, sealed: bytes | None = None
) -> Any:
    sealed = sealed or seal_message(reporter.sealed().case_key, "补充：会议记录在三号柜。")
    return {"lookup": reporter.sealed().lookup, "kind": kind, "id": token}, {"sealed": ("sealed", sealed)}


def test_messages_and_attachments_are_taken_once_each(world: World, wire: Wire) -> None:
    reporter = Reporter(world)
    reporter.send(wire)
    photo = seal_attachment(reporter.sealed().case_key, 1, b"%PDF-1.4 " + b"x" * 500_000, "application/pdf")

    answers = [
        wire.form(f"/{SLUG}/parts", *part(reporter)),
        wire.form(f"/{SLUG}/parts", *part(reporter)),
        wire.form(f"/{SLUG}/parts", *part(reporter, "attachment", "b" * 32, photo)),
    ]

    assert [(one.status_code, one.json) for one in answers] == [(201, {"day": "2026-11-23"})] * 3
    rows = world.rows(ReportPart)
    assert [(row.n, row.kind, row.side, row.day) for row in rows] == [
        (1, "message", "reporter", TODAY),
        (2, "attachment", "reporter", TODAY),
    ]
    assert rows[1].sealed == photo
    assert [step.action for step in world.rows(ReportStep)] == ["received", "message", "attachment"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"lookup": "0" * 64}, 404),
        ({"lookup": "x"}, 400),
        ({"kind": "reply"}, 400),
        ({"kind": "note"}, 400),
        ({"id": "A" * 32}, 400),
        ({"id": ""}, 400),
        ({"extra": "1"}, 400),
    ],
)
def test_a_part_that_is_none_is_refused(world: World, wrong: dict[str, str], status: int) -> None:
    reporter, client = Reporter(world), world.app.test_client()
    reporter.send(client)
    fields, files = part(reporter)
    data = {**fields, **wrong, "sealed": (BytesIO(files["sealed"][1]), "sealed")}
    answer = client.post(f"/{SLUG}/parts", data=data)
    assert answer.status_code == status
    assert chinese(answer.json["words"])
    assert not world.rows(ReportPart)


@pytest.mark.parametrize(
    "plain", [b"", "看得见的话".encode() * 4000, b"age-encryption.org/v1\n" + b"x" * 20_000]
)
def test_a_part_in_the_clear_is_refused(world: World, wire: Wire, plain: bytes) -> None:
    reporter = Reporter(world)
    reporter.send(wire)
    fields, _ = part(reporter)
    answer = wire.form(f"/{SLUG}/parts", fields, {"sealed": ("sealed", plain)})
    assert (answer.status_code, answer.json["error"]) == (400, "not_sealed")
    assert not world.rows(ReportPart)


def test_a_report_takes_forty_parts_and_sixty_megabytes(world: World, wire: Wire) -> None:
    reporter = Reporter(world)
    reporter.send(wire)

    def send(kind: str, sealed: bytes) -> Any:
        return wire.form(f"/{SLUG}/parts", *part(reporter, kind, secrets.token_hex(16), sealed))

    large = seal_to([reporter.sealed().case_key], bytes(12 * 1024 * 1024), None)
    assert [send("attachment", large).status_code for _ in range(4)] == [201] * 4
    answer = send("attachment", large)
    assert (answer.status_code, answer.json["error"]) == (503, "too_much_attached")
    small = seal_message(reporter.sealed().case_key, "补充")
    assert {send("message", small).status_code for _ in range(36)} == {201}
    assert send("message", small).json["error"] == "too_many_parts"


def test_when_room_runs_out_attachments_go_first_and_short_texts_last(world: World, wire: Wire) -> None:
    reporter, long = Reporter(world), Reporter(world)
    reporter.send(wire)
    photo = seal_attachment(reporter.sealed().case_key, 1, b"x", "text/plain")
    long.sealed(
        said=content(what="很长的经过" * 3900, consequence="后果" * 2400, reported_before="已" * 1900)
    )
    assert len(long.sealed().body) > 80 * 1024
    here = world.app.extensions["report"]

    def quota(percent: int) -> None:
        with Session(world.engine) as session:
            here.quota = Quota(used_bytes(session) * 100 // percent)

    quota(93)
    answer = wire.form(f"/{SLUG}/parts", *part(reporter, "attachment", "c" * 32, photo))
    assert (answer.status_code, answer.json["error"]) == (503, "no_room_files")
    assert answer.headers["Retry-After"]
    assert Reporter(world).send(wire).status_code == 201
    quota(98)
    assert long.send(wire).json["error"] == "no_room"
    more = seal_message(reporter.sealed().case_key, "补充")
    assert wire.form(f"/{SLUG}/parts", *part(reporter, "message", "d" * 32, more)).json["error"] == "no_room"
    assert Reporter(world).send(wire).status_code == 201
    quota(101)
    answer = Reporter(world).send(wire)
    assert (answer.status_code, answer.json["error"]) == (503, "no_room")
    assert "12388" in answer.json["words"]


# --- follow ---


def follow(client: Any, lookup: str, after: int = 0) -> Any:
    return client.post(f"/{SLUG}/follow", json={"lookup": lookup, "after": after})


def test_a_case_is_followed_and_every_answer_is_of_one_length(world: World, wire: Wire) -> None:
    reporter = Reporter(world)
    reporter.send(wire)
    wire.form(f"/{SLUG}/parts", *part(reporter))

    found, unknown = follow(wire, reporter.sealed().lookup), follow(wire, "ab" * 32)

    assert len(found.data) == len(unknown.data) == 32_768
    assert (found.status_code, unknown.status_code) == (200, 200)
    assert found.headers.items().__len__() == unknown.headers.items().__len__()
    assert unknown.json == {
        "found": False,
        "case": None,
        "parts": [],
        "more": False,
        "pad": unknown.json["pad"],
    }
    assert set(unknown.json["pad"]) == {" "}
    case = found.json["case"]
    assert case["state"] == "received"
    assert (case["received_on"], case["due"], case["accept_by"]) == ("2026-11-23", "2026-12-14", "2026-12-14")
    assert case["case_key"] == reporter.sealed().case_key
    assert base64.b64decode(case["binding"]) == reporter.sealed().binding
    assert found.json["parts"] == [
        {"n": 1, "day": "2026-11-23", "side": "reporter", "kind": "message", "sealed": None}
    ]


def test_another_place_does_not_know_the_case(world: World) -> None:
    reporter, client = Reporter(world), world.app.test_client()
    reporter.send(client)
    answer = client.post("/xian/follow", json={"lookup": reporter.sealed().lookup})
    assert answer.json["found"] is False
    assert len(answer.data) == 32_768


def test_replies_come_in_pages_and_notes_never(world: World) -> None:
    reporter, client = Reporter(world), world.app.test_client()
    reporter.send(client)
    sealed = reporter.sealed()
    with Session(world.engine) as session:
        report = session.query(SealedReport).one()
        for n in range(1, 9):
            one, two = seal_reply(sealed.case_key, sealed.reporter_key, "复" * 2000, reply_key=b"k" * 32)
            kind = "note" if n == 4 else "reply"
            session.add(
                ReportPart(
                    report_id=report.id,
                    n=n,
                    token=f"{n:032x}",
                    side="commission",
                    kind=kind,
                    day=TODAY,
                    size=len(one),
                    sealed=one,
                    for_reporter=two if kind == "reply" else None,
                    account_id=1,
                )
            )
        session.commit()
    seen, after = [], 0
    for _ in range(9):
        answer = follow(client, sealed.lookup, after)
        assert len(answer.data) == 32_768
        seen += [one["n"] for one in answer.json["parts"]]
        after = seen[-1]
        if not answer.json["more"]:
            break
    assert seen == [1, 2, 3, 5, 6, 7, 8]


@pytest.mark.parametrize(
    "given", [{}, {"lookup": "x" * 64}, {"lookup": "0" * 64, "after": -1}, {"lookup": "0" * 64, "after": "0"}]
)
def test_a_lookup_that_is_none_is_refused(world: World, given: dict[str, Any]) -> None:
    answer = world.app.test_client().post(f"/{SLUG}/follow", json=given)
    assert answer.status_code == 400
    assert chinese(answer.json["words"])
