"""Other channels, one's own key, statistics and the log."""

from __future__ import annotations

from typing import Any

import pytest

from portal.services.reports import age
from portal.store.tables import Account
from tests.web.office.cases.bureau import Bureau, b64


def given(bureau: Bureau, channel: str = "letter", **about: Any) -> dict[str, Any]:
    parts = bureau.sealed(**about)
    return {
        "channel": channel,
        "serial": bureau.key_list.serial,
        "grants": b64(parts.grants),
        "body": b64(parts.body),
        "routing": b64(parts.routing),
        "case_key": parts.case_key,
        "reporter_key": parts.reporter_key,
        "binding": b64(parts.binding),
        "commitment": b64(parts.commitment),
        "lookup": parts.lookup,
    }


def test_a_letter_is_entered_once(bureau: Bureau) -> None:
    sent = given(bureau)
    first, second = bureau.post("示例乙", "new", sent), bureau.post("示例乙", "new", sent)
    assert (first.status_code, second.status_code) == (201, 200)
    number = first.json["id"]
    assert second.json["id"] == number
    row = bureau.row(number)
    assert (row.channel, row.sealed_by) == ("letter", "officer")
    assert bureau.steps(number) == ["received", "registered"]
    assert number in bureau.get("示例丙", "").text


def test_who_enters_a_letter_about_himself_sees_it_no_more(bureau: Bureau) -> None:
    answer = bureau.post("示例乙", "new", given(bureau, about=["示例乙"]))
    assert (answer.status_code, answer.json["id"]) == (201, None)
    assert "待分流 0 件" in bureau.browser("示例乙").get("/commission/").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"channel": "form"},
        {"channel": ""},
        {"body": b64(b"plain text")},
        {"serial": "1"},
        {"case_key": "age1x"},
    ],
)
def test_what_is_not_sealed_is_not_stored(bureau: Bureau, wrong: dict[str, Any]) -> None:
    answer = bureau.post("示例乙", "new", {**given(bureau), **wrong})
    assert answer.status_code == 422
    assert any("\u4e00" <= one <= "\u9fff" for one in answer.json["error"])


def test_a_serial_that_counts_no_more_is_refused(bureau: Bureau) -> None:
    assert bureau.post("示例乙", "new", {**given(bureau), "serial": 99}).status_code == 409


def test_ones_own_key_waits_for_the_next_list(bureau: Bureau) -> None:
    bureau.people["示例丁"] = bureau.world.account("intake", name="示例丁")
    _, recipient = age.new_identity()
    assert recipient not in bureau.get("示例丁", "key").text
    assert bureau.post("示例丁", "key", {"recipient": recipient}).status_code == 201
    assert bureau.key_list.holder(bureau.holder("示例丁")) is None  # It counts only once a list is signed.
    bureau.publish()
    assert recipient in bureau.get("示例丁", "key").text
    assert bureau.post("示例乙", "key", {"recipient": recipient}).status_code == 422
    assert bureau.post("示例丁", "key", {"recipient": "AGE-SECRET-KEY-1ABC"}).status_code == 422


def test_statistics_hide_small_numbers(bureau: Bureau) -> None:
    for _ in range(6):
        bureau.file()
    for _ in range(2):
        bureau.file(state="accepted")
    text = bureau.get("示例甲", "statistics").text
    assert "&lt;5" in text
    assert "不列" in text
    assert bureau.get("示例乙", "statistics").status_code == 403


def test_the_log_tells_who_looked(bureau: Bureau) -> None:
    number, hidden = bureau.file(), bureau.file(about=["示例甲"])
    bureau.get("示例乙", number)
    bureau.get("示例上", hidden)
    text = bureau.get("示例甲", "log").text
    assert number[-6:] in text
    assert hidden[-6:] not in text
    assert "示例上" not in text
    assert bureau.get("示例乙", "log").status_code == 403


def test_the_commissions_admin_invites_officers_and_a_units_does_not(bureau: Bureau) -> None:
    world = bureau.world
    given = {"login": "intake-new", "name": "示例己", "roles": ["intake", "intake_lead"]}
    answer = world.post(world.client("commission_admin"), "/commission/users/invite", given)
    assert answer.status_code == 200
    made = world.session.query(Account).filter_by(login="intake-new").one()
    assert {one.role for one in made.roles} == {"intake", "intake_lead"}
    refused = world.post(
        world.client("unit_admin"), "/users/invite", {**given, "login": "intake-unit", "roles": ["intake"]}
    )
    assert refused.status_code == 422
    assert world.session.query(Account).filter_by(login="intake-unit").count() == 0
