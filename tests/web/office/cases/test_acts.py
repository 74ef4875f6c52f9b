"""What officers do with reports: the table of states, clocks, recusal, merging, routing up, many at once, conflicts."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.domain.reports.words import TRANSITIONS, State
from portal.services.reports import age, sealing
from portal.services.reports.following import follow
from portal.store.reports.tables import KeyHolder, ReportPart, ReportTurn, SealedReport
from tests.web.office.cases.bureau import SLUG, Bureau, b64

BRINGS: dict[State, tuple[str, dict[str, Any]]] = {
    State.ACCEPTED: ("accept", {}),
    State.NOT_ACCEPTED: ("refuse", {"reason": "litigation", "where": "court"}),
    State.TRANSFERRED: ("transfer", {"where": "police"}),
    State.CLOSED: ("close", {"outcome": "partly"}),
    State.REOPENED: ("reopen", {}),
    State.MERGED: ("merge", {}),
    State.RECEIVED: ("unmerge", {}),
}


def ask(bureau: Bureau, report: str, state: State, other: str) -> int:
    action, given = BRINGS[state]
    if action == "transfer":
        given = {**given, "note": bureau.note(report, "示例公安局")}
    if action == "merge":
        given = {**given, "into": other}
    return bureau.act("示例乙", report, action, **given).status_code


@pytest.mark.parametrize("start", [one for one in State if one is not State.ROUTED_UP])
def test_the_table_of_states(bureau: Bureau, start: State) -> None:
    other = bureau.file()
    for wanted in BRINGS:
        merged = other if start is State.MERGED else None
        number = bureau.file(state=start.value, merged_into=merged)
        allowed = wanted in TRANSITIONS[start]
        answer = ask(bureau, number, wanted, other)
        assert answer == (200 if allowed else 422), (start, wanted)
        assert bureau.row(number).state == (wanted if allowed else start).value


def test_the_clocks_count_working_days_and_holidays(bureau: Bureau) -> None:
    bureau.world.at = datetime(2026, 9, 21, 4, tzinfo=UTC)  # Before the holidays of autumn.
    number = bureau.file()
    row = bureau.row(number)
    calendar = bureau.regime.calendar_on(row.received_on)
    assert row.accept_by is not None
    assert calendar.workdays_between(row.received_on, row.accept_by) == 15
    assert row.accept_by > date(2026, 10, 8)
    bureau.act("示例乙", number, "accept")
    assert bureau.act("示例乙", number, "close", outcome="untrue").status_code == 200
    row = bureau.row(number)
    assert row.closed_on == date(2026, 9, 21)
    assert row.answer_by is not None
    assert calendar.workdays_between(row.closed_on, row.answer_by) == 15
    assert row.keep_until == date(2031, 9, 22)  # 60 months, and the day is a Sunday.


def test_a_petition_has_a_day_to_be_done_by_and_the_lead_alone_extends_it_once(bureau: Bureau) -> None:
    number = bureau.file()
    assert bureau.act("示例乙", number, "extend").status_code == 403
    bureau.act("示例乙", number, "set", track="petition")
    bureau.act("示例乙", number, "accept")
    before = bureau.get("示例乙", number).json["close_by"]
    assert bureau.act("示例甲", number, "extend").status_code == 200
    assert bureau.get("示例乙", number).json["close_by"] > before
    assert bureau.act("示例甲", number, "extend").status_code == 422
    assert bureau.get("示例乙", number).json["review_by"] is None
    bureau.act("示例乙", number, "close", outcome="partly")
    bureau.act("示例乙", number, "answered")
    assert bureau.get("示例乙", number).json["review_by"] == "2026-11-19"


def test_who_was_quicker_is_told(bureau: Bureau) -> None:
    number = bureau.file()
    version = bureau.row(number).version
    first = bureau.post("示例乙", f"{number}/act", {"action": "accept", "version": version})
    second = bureau.post("示例丙", f"{number}/act", {"action": "accept", "version": version})
    assert (first.status_code, second.status_code) == (200, 409)
    assert "刚刚办理过" in second.json["error"]


def test_assigning_too_counts_as_a_change(bureau: Bureau) -> None:
    number = bureau.file()
    version = bureau.row(number).version
    given = {"action": "assign", "version": version, "account_ids": [bureau.people["示例乙"].id]}
    assert bureau.post("示例甲", f"{number}/act", given).status_code == 200
    assert bureau.post("示例甲", f"{number}/act", given).status_code == 409


def test_only_the_assigned_and_the_lead_work_on_it(bureau: Bureau) -> None:
    number = bureau.file()
    assert bureau.act("示例乙", number, "assign", account_ids=[]).status_code == 403
    assert bureau.act("示例甲", number, "assign", account_ids=[bureau.people["示例丙"].id]).status_code == 200
    assert bureau.act("示例乙", number, "accept").status_code == 403
    assert bureau.get("示例乙", number).json["next"] == []
    assert bureau.act("示例丙", number, "accept").status_code == 200
    superior = bureau.people["示例上"].id
    assert bureau.act("示例甲", number, "assign", account_ids=[superior]).status_code == 422


def test_who_withdraws_loses_sight_at_once_and_cannot_come_back(bureau: Bureau) -> None:
    number = bureau.file()
    answer = bureau.act("示例乙", number, "recuse", reason="relative")
    assert (answer.status_code, answer.json["visible"]) == (200, False)
    assert bureau.get("示例乙", number).status_code == 404
    assert number not in bureau.get("示例乙", "").text
    assert bureau.act("示例乙", number, "assign", account_ids=[]).status_code == 404
    assigned = bureau.act("示例甲", number, "assign", account_ids=[bureau.people["示例乙"].id])
    assert assigned.status_code == 422
    assert bureau.get("示例甲", number).json["handlers"] == [
        {"account_id": bureau.people["示例乙"].id, "name": "示例乙", "recused": "relative"}
    ]


def test_the_lead_orders_a_withdrawal_and_others_do_not(bureau: Bureau) -> None:
    number = bureau.file()
    third = bureau.people["示例丙"].id
    assert bureau.act("示例乙", number, "recuse", reason="witness", account_id=third).status_code == 403
    assert bureau.act("示例甲", number, "recuse", reason="witness", account_id=third).status_code == 200
    assert bureau.get("示例丙", number).status_code == 404


def test_the_last_who_sees_a_report_cannot_withdraw(bureau: Bureau) -> None:
    number = bureau.file(about=["示例甲"])  # The head is named: the superior's officer alone sees it.
    assert bureau.get("示例上", number).status_code == 200
    assert bureau.act("示例上", number, "recuse", reason="interest").status_code == 422


def test_merging_is_undone(bureau: Bureau) -> None:
    first, second = bureau.file(), bureau.file()
    assert bureau.act("示例乙", second, "merge", into=first).status_code == 200
    assert bureau.get("示例乙", first).json["merged"] == [second]
    assert bureau.get("示例乙", second).json["merged_into"] == first
    assert bureau.act("示例乙", second, "unmerge").status_code == 200
    assert bureau.get("示例乙", first).json["merged"] == []


@pytest.mark.parametrize("how", ["act", "bulk"])
@pytest.mark.parametrize("kept", ["named", "withdrew"])
def test_merging_tells_nobody_of_a_report_that_is_kept_from_him(bureau: Bureau, kept: str, how: str) -> None:
    hidden, shown = bureau.file(about=["示例丙"] if kept == "named" else []), bureau.file()
    if kept == "withdrew":
        assert bureau.act("示例丙", hidden, "recuse", reason="relative").status_code == 200
    assert bureau.act("示例丙", shown, "merge", into=hidden).status_code == 422
    bureau.get("示例丙", shown)
    before = bureau.get("示例丙", shown).data, bureau.get("示例丙", "").status_code
    for one, into in ((shown, hidden), (hidden, shown)):
        if how == "act":
            assert bureau.act("示例乙", one, "merge", into=into).status_code == 422
        else:
            given = {"ids": [one], "action": "merge", "into": into}
            assert bureau.post("示例乙", "bulk", given).json["results"][0]["done"] is False
    assert (bureau.get("示例丙", shown).data, bureau.get("示例丙", "").status_code) == before
    # Once the one is kept from him too, nothing is told by merging.
    assert bureau.act("示例丙", shown, "recuse", reason="named").status_code == 200
    assert bureau.act("示例乙", shown, "merge", into=hidden).status_code == 200


def test_who_came_later_keeps_no_two_reports_apart(bureau: Bureau) -> None:
    old = bureau.file()
    bureau.enrol("示例丁", "intake")
    bureau.publish()
    new = bureau.file()
    assert bureau.get("示例丁", old).status_code == 404
    assert bureau.act("示例乙", old, "merge", into=new).status_code == 200
    shown = bureau.get("示例丁", new)
    assert old not in shown.text


def test_what_was_merged_is_kept_as_long_as_the_report_itself(bureau: Bureau) -> None:
    first, second = bureau.file(), bureau.file()
    bureau.act("示例乙", second, "merge", into=first)
    bureau.act("示例乙", first, "accept")
    bureau.act("示例乙", first, "close", outcome="true")
    assert bureau.row(second).keep_until == bureau.row(first).keep_until is not None
    bureau.act("示例乙", first, "reopen")
    assert bureau.row(second).keep_until is None


def test_false_accusation_needs_an_approval_and_its_number_stays_sealed(bureau: Bureau) -> None:
    number = bureau.file(state="accepted")
    given = {"outcome": "false_accusation"}
    assert bureau.act("示例乙", number, "close", **given).status_code == 422
    assert bureau.act("示例乙", number, "close", approval_no="示例〔2026〕9 号", **given).status_code == 422
    note = bureau.note(number, "批准文号：示例〔2026〕9 号")
    closed = bureau.act("示例乙", number, "close", approval_no="示例〔2026〕9 号", note=note, **given)
    assert closed.status_code == 200
    shown = bureau.get("示例乙", number).json
    assert shown["steps"][-2]["detail"] == {"outcome": "false_accusation", "approved": True}
    assert "〔2026〕9" not in str(shown)


def test_a_transfer_names_the_body_in_a_sealed_note(bureau: Bureau) -> None:
    number = bureau.file()
    assert bureau.act("示例乙", number, "transfer", where="police").status_code == 422
    plain = b64("示例公安局".encode())
    assert bureau.act("示例乙", number, "transfer", where="police", note=plain).status_code == 422
    sealed = bureau.note(number, "示例公安局")
    assert bureau.act("示例乙", number, "transfer", where="police", note=sealed).status_code == 200
    assert bureau.row(number).reason == "police"


def test_an_objection_with_new_evidence_opens_the_report_again(bureau: Bureau) -> None:
    number = bureau.file(state="accepted")
    bureau.act("示例乙", number, "close", outcome="untrue")
    bureau.act("示例乙", number, "objection")
    assert bureau.row(number).state == "closed"
    bureau.act("示例乙", number, "objection", new_evidence=True)
    row = bureau.row(number)
    assert (row.state, row.outcome, row.keep_until) == ("reopened", None, None)


def test_the_lead_approves_a_clarification(bureau: Bureau) -> None:
    number = bureau.file(state="accepted")
    bureau.act("示例乙", number, "close", outcome="mistaken")
    bureau.act("示例乙", number, "clarify", kind="letter")
    bureau.act("示例甲", number, "clarify", kind="letter")
    assert bureau.steps(number)[-2:] == ["clarify_asked", "clarified"]
    true = bureau.file(state="accepted")
    bureau.act("示例乙", true, "close", outcome="true")
    assert bureau.act("示例甲", true, "clarify", kind="letter").status_code == 422


def test_days_of_telling_are_written_down_once_and_never_in_the_future(bureau: Bureau) -> None:
    number = bureau.file(state="accepted")
    tomorrow = (bureau.world.at.date() + timedelta(days=1)).isoformat()
    assert bureau.act("示例乙", number, "told", day=tomorrow).status_code == 422
    assert bureau.act("示例乙", number, "told").status_code == 200
    assert bureau.act("示例乙", number, "told").status_code == 422
    assert bureau.row(number).told_on == bureau.world.at.date()


def test_a_real_name_comes_first(bureau: Bureau) -> None:
    numbers = [bureau.file() for _ in range(3)]
    bureau.act("示例乙", numbers[2], "set", real_name=True)
    text = bureau.get("示例乙", "").text
    assert text.index(numbers[2]) < min(text.index(numbers[0]), text.index(numbers[1]))


def test_a_reply_sent_twice_is_stored_once(bureau: Bureau) -> None:
    number = bureau.file()
    row, case = bureau.row(number), bureau.case_of("示例乙", number)
    opened = sealing.open_body(row.body or b"", case)
    own, copy = sealing.seal_reply(row.case_key, row.reporter_key, "已收到", reply_key=opened.reply_key)
    given = {"token": "ab" * 16, "sealed": b64(own), "for_reporter": b64(copy)}
    assert bureau.post("示例乙", f"{number}/reply", given).status_code == 201
    assert bureau.post("示例乙", f"{number}/reply", given).status_code == 200
    parts = bureau.get("示例乙", number).json["parts"]
    assert [(one["n"], one["kind"], one["side"], one["by"]) for one in parts] == [
        (1, "reply", "commission", "示例乙")
    ]
    plain = {**given, "token": "cd" * 16, "sealed": b64(b"not sealed at all")}
    assert bureau.post("示例乙", f"{number}/reply", plain).status_code == 422


def test_routing_up_leaves_nothing_here_and_the_reporter_follows(bureau: Bureau) -> None:
    number = bureau.file()
    before, case = bureau.row(number), bureau.case_of("示例乙", number)
    token = {"token": "ab" * 16, "sealed": bureau.note(number, "初核记要")}
    bureau.post("示例乙", f"{number}/note", token)
    sealed = up(bureau, case, ["示例上"])
    note = bureau.note(number, "报送的理由")
    assert bureau.act("示例乙", number, "route_up", sealed=sealed, note=note).status_code == 200
    after = bureau.row(number)
    assert (after.grants, after.body, after.state) == (None, None, "routed_up")
    shown = bureau.get("示例乙", number).json
    assert (shown["body"], shown["grants"], shown["parts"]) == (None, None, [])
    with Session(bureau.engine) as session:
        above = session.query(SealedReport).filter(SealedReport.id != number).one()
        followed = follow(session, jurisdiction=SLUG, lookup=before.lookup)
        assert session.query(ReportPart).filter_by(report_id=number).count() == 0
    assert followed is not None
    assert (followed.case_key, followed.binding) == (before.case_key, before.binding)
    assert bureau.get("示例甲", above.id).status_code == 404
    assert above.id not in shown.__repr__()
    theirs = bureau.get("示例上", above.id).json
    opened = sealing.open_grants(base64.b64decode(theirs["grants"]), bureau.secrets["示例上"])
    assert opened == case
    assert [one["kind"] for one in theirs["parts"]] == ["note", "note"]


def test_routing_up_needs_somebody_there_who_sees_it(bureau: Bureau) -> None:
    number, ours = bureau.file(), bureau.key_list.routing_key
    holder = bureau.holder("示例上")
    with Session(bureau.engine) as session:
        session.query(KeyHolder).filter_by(id=holder).delete()
        session.commit()
    sealed = {
        "grants": b64(sealing.seal_grants([age.new_identity()[1]], "x", slots=4, opening=1)),
        "routing": b64(sealing.seal_routing(ours, [holder], "superior")),
    }
    answer = bureau.act("示例乙", number, "route_up", sealed=sealed)
    assert answer.status_code == 422
    assert "线下报送" in answer.json["error"]
    assert bureau.row(number).body is not None


def test_routing_up_goes_to_the_superior_alone(bureau: Bureau) -> None:
    number = bureau.file()
    case = bureau.case_of("示例乙", number)
    for names in (["示例乙"], ["示例上", "示例乙"], []):
        sealed = up(bureau, case, names)
        assert bureau.act("示例乙", number, "route_up", sealed=sealed).status_code == 422, names
    assert bureau.row(number).body is not None


def up(bureau: Bureau, case: str, names: list[str]) -> dict[str, Any]:
    openers = [age.recipient_of(bureau.secrets[one]) for one in names] or [age.new_identity()[1]]
    routing = sealing.seal_routing(
        bureau.key_list.routing_key, [bureau.holder(one) for one in names], "superior"
    )
    grants = sealing.seal_grants(openers, case, slots=8, opening=1)
    return {"grants": b64(grants), "routing": b64(routing), "serial": bureau.key_list.serial}


def test_many_at_once_each_by_itself(bureau: Bureau) -> None:
    fresh, done, hidden = bureau.file(), bureau.file(state="accepted"), bureau.file(about=["示例乙"])
    given = {"ids": [fresh, done, hidden, "rp" + "0" * 24], "action": "refuse", "reason": "not_a_report"}
    results = bureau.post("示例乙", "bulk", given).json["results"]
    assert [one["done"] for one in results] == [True, False, False, False]
    assert results[2]["error"] == results[3]["error"]
    assert bureau.row(fresh).state == "not_accepted"
    assert bureau.row(fresh).keep_until is not None
    assert bureau.row(hidden).state == "received"


def test_opening_by_two_gives_the_half_to_another_person_only(bureau_of_two: Bureau) -> None:
    bureau = bureau_of_two
    number = bureau.file()
    grants = base64.b64decode(bureau.get("示例乙", number).json["grants"])
    halves = [b64(one) for one in sealing.turn(grants, bureau.secrets["示例乙"])]
    assert bureau.post("示例乙", f"{number}/turn", {"halves": halves}).status_code == 200
    own = bureau.get("示例乙", number).json
    assert (own["halves"], own["turned_by"]) == (None, "示例乙")
    second = bureau.get("示例丙", number).json
    case = sealing.open_halves([base64.b64decode(one) for one in second["halves"]], bureau.secrets["示例丙"])
    assert case is not None
    assert sealing.open_body(base64.b64decode(second["body"]), case)
    bureau.world.at += timedelta(days=3, minutes=1)
    bureau.browsers.clear()
    assert bureau.get("示例丙", number).json["halves"] is None


@pytest.mark.parametrize("odd", [{}, [], None, 5])
def test_many_at_once_answer_for_what_is_no_id(bureau: Bureau, odd: Any) -> None:
    given = {"ids": [odd], "action": "refuse", "reason": "litigation"}
    results = bureau.post("示例乙", "bulk", given).json["results"]
    assert [one["done"] for one in results] == [False]


@pytest.mark.parametrize("useless", [b"SPG1\x01\x00\x00", b"SPG1\x01\x00\x01\x00\x05abcde", b"few"])
def test_grants_that_open_nothing_replace_none(bureau: Bureau, useless: bytes) -> None:
    number = bureau.file()
    case = bureau.case_of("示例乙", number)
    if useless == b"few":  # Fewer places than the list says.
        useless = sealing.seal_grants([age.recipient_of(bureau.secrets["示例乙"])], case, slots=4, opening=1)
    before = bureau.row(number).grants
    names = ["示例甲", "示例乙", "示例丙"]
    routing = sealing.seal_routing(bureau.key_list.routing_key, [bureau.holder(one) for one in names], "own")
    given = {"grants": b64(useless), "routing": b64(routing)}
    assert bureau.post("示例乙", f"{number}/grant", given).status_code == 422
    above = {**up(bureau, case, ["示例上"]), "grants": b64(useless)}
    assert bureau.act("示例乙", number, "route_up", sealed=above).status_code == 422
    assert bureau.row(number).grants == before


def test_a_report_goes_up_under_the_present_list_alone(bureau: Bureau) -> None:
    number = bureau.file()
    sealed = up(bureau, bureau.case_of("示例乙", number), ["示例上"])
    for serial in (None, 0, 99, "1"):
        wrong = {**sealed, "serial": serial}
        assert bureau.act("示例乙", number, "route_up", sealed=wrong).status_code == 409
    assert bureau.act("示例乙", number, "route_up", sealed=sealed).status_code == 200


def test_a_useless_half_does_not_stand_before_another(bureau_of_two: Bureau) -> None:
    bureau = bureau_of_two
    number = bureau.file()
    grants = base64.b64decode(bureau.get("示例乙", number).json["grants"])
    halves = [b64(one) for one in sealing.turn(grants, bureau.secrets["示例乙"])]
    assert bureau.post("示例乙", f"{number}/turn", {"halves": halves}).status_code == 200
    bureau.world.at += timedelta(minutes=1)
    assert bureau.post("示例甲", f"{number}/turn", {"halves": [b64(b"useless")]}).status_code == 200
    found = bureau.get("示例丙", number).json["halves"]
    assert sealing.open_halves([base64.b64decode(one) for one in found], bureau.secrets["示例丙"])


def test_a_half_of_who_withdrew_is_gone(bureau_of_two: Bureau) -> None:
    bureau = bureau_of_two
    number = bureau.file()
    grants = base64.b64decode(bureau.get("示例乙", number).json["grants"])
    halves = [b64(one) for one in sealing.turn(grants, bureau.secrets["示例乙"])]
    bureau.post("示例乙", f"{number}/turn", {"halves": halves})
    bureau.act("示例乙", number, "recuse", reason="witness")
    assert bureau.get("示例丙", number).json["halves"] is None
    with Session(bureau.engine) as session:
        assert session.query(ReportTurn).count() == 0


def test_a_colleague_lets_in_who_came_later_but_never_who_was_left_out(bureau: Bureau) -> None:
    number = bureau.file(about=["示例丙"])
    case = bureau.case_of("示例乙", number)
    bureau.enrol("示例戊", "intake")
    bureau.publish()
    assert bureau.get("示例戊", number).status_code == 404
    assert grant(bureau, number, case, ["示例甲", "示例乙", "示例丙"]) == 422
    assert grant(bureau, number, case, ["示例乙", "示例戊"]) == 422  # Somebody who works on it would be lost.
    assert grant(bureau, number, case, ["示例甲", "示例乙", "示例戊"]) == 200
    found = bureau.get("示例戊", number)
    assert found.status_code == 200
    assert sealing.open_grants(base64.b64decode(found.json["grants"]), bureau.secrets["示例戊"]) == case
    assert bureau.get("示例丙", number).status_code == 404


def grant(bureau: Bureau, number: str, case: str, names: list[str]) -> int:
    openers = [age.recipient_of(bureau.secrets[one]) for one in names]
    routing = sealing.seal_routing(bureau.key_list.routing_key, [bureau.holder(one) for one in names], "own")
    given = {"grants": b64(sealing.seal_grants(openers, case, slots=8, opening=1)), "routing": b64(routing)}
    return bureau.post("示例乙", f"{number}/grant", given).status_code
