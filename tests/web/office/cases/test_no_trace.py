"""Who may not see a report finds no trace of it: identical bytes with and without, for every role and every route."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.domain.roles import Role
from portal.services.reports import age
from portal.services.reports.telling import alarms
from portal.store.reports.tables import KeyHolder, SealedReport
from portal.store.tables import Account, AccountRole, Jurisdiction, Mail
from portal.web.chores import Chores
from tests.web.office.cases.bureau import Bureau, b64
from tests.web.office.world import steady

UNKNOWN = "rp" + "0" * 24
GETS = ("", "?late=1", "?mine=1", "?state=received", "list.json", "new", "key", "statistics", "log")
POSTS = ("act", "turn", "grant", "reply", "note", "printed")


def seen(answer: TestResponse) -> tuple[int, bytes, tuple[tuple[str, str], ...]]:
    text = steady(answer.get_data().decode())
    kept = tuple(
        (name, value)
        for name, value in answer.headers.items()
        if name not in ("Date", "Set-Cookie", "Content-Length")
    )
    return answer.status_code, text.encode(), kept


def token_of(browser: FlaskClient) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/account").text)
    assert found
    return found[1]


def everything(browser: FlaskClient, report: str) -> Iterator[tuple[str, tuple[object, ...]]]:
    """Yield what somebody sees of the office: pages that list and count, and every address of one report."""
    for path in ("/", "/commission/", "/account", *(f"/reports/{one}" for one in GETS)):
        yield path, seen(browser.get(path))
    yield "one", seen(browser.get(f"/reports/{report}"))
    yield "part", seen(browser.get(f"/reports/{report}/parts/1"))
    header = {"X-CSRFToken": token_of(browser)}
    for one in POSTS:
        given = {
            "action": "accept",
            "version": 1,
            "token": "ab" * 16,
            "halves": [b64(b"x")],
            "grants": "",
            "sealed": "",
        }
        answer = browser.post(f"/reports/{report}/{one}", json=given, headers=header)
        yield one, seen(answer)
    answer = browser.post(
        "/reports/bulk",
        json={"ids": [report], "action": "refuse", "reason": "not_a_report"},
        headers=header,
    )
    status, body, headers = seen(answer)
    yield "bulk", (status, body.replace(report.encode(), b""), headers)


def test_a_named_officer_sees_no_trace(bureau: Bureau) -> None:
    browser = bureau.browser("示例乙")
    token_of(browser)
    before = dict(everything(browser, UNKNOWN))
    hidden = bureau.file(about=["示例乙"], accept_by=bureau.world.at.date())
    after = dict(everything(browser, hidden))
    assert bureau.get("示例丙", hidden).status_code == 200  # Else the test looks at nothing.
    assert bureau.act("示例甲", hidden, "assign", account_ids=[bureau.people["示例丙"].id]).status_code == 200
    again = dict(everything(browser, hidden))
    for where, shown in before.items():
        assert after[where] == shown, where
        assert again[where] == shown, where
    assert bureau.row(hidden).state == "received"


def test_a_lead_who_is_named_sees_no_trace_in_statistics_and_log(bureau: Bureau) -> None:
    browser = bureau.browser("示例甲")
    bureau.file()
    token_of(browser)
    before = dict(everything(browser, UNKNOWN))
    hidden = bureau.file(about=["示例甲"])
    bureau.get("示例上", hidden)
    for where, shown in everything(browser, hidden):
        assert shown == before[where], where


@pytest.mark.parametrize("role", [one for one in Role if one not in (Role.INTAKE, Role.INTAKE_LEAD)])
def test_no_other_role_learns_whether_there_are_reports(bureau: Bureau, role: Role) -> None:
    browser = bureau.world.client(role.value)
    token_of(browser)
    before = dict(everything(browser, UNKNOWN))
    number = bureau.file()
    after = dict(everything(browser, number))
    assert before == after
    assert {after[one][0] for one in ("one", "part", *POSTS, "bulk")} == {403}


@pytest.mark.parametrize("role", ["intake", "intake_lead"])
def test_who_holds_no_key_sees_no_trace(bureau: Bureau, role: str) -> None:
    browser = bureau.world.client(role)
    token_of(browser)
    before = dict(everything(browser, UNKNOWN))
    number = bureau.file()
    assert dict(everything(browser, number)) == before


def test_another_countys_officer_sees_no_trace_even_with_the_right_holder(bureau: Bureau) -> None:
    number = bureau.file()
    with Session(bureau.engine) as session:
        session.get_one(SealedReport, number).jurisdiction = "jinhu"
        session.commit()
    assert bureau.get("示例乙", number).status_code == 404
    assert number not in bureau.get("示例乙", "").text


def test_what_nobody_can_tell_is_shown_to_the_commission_as_such(bureau: Bureau) -> None:
    number = bureau.file(routing=bureau.sealed().body)  # Sealed to a key that nobody has any more.
    for name in ("示例甲", "示例乙", "示例丙"):
        assert number in bureau.get(name, "").text
        assert bureau.get(name, number).json["readable"] is False
    assert bureau.get("示例上", number).status_code == 404


def test_without_the_offices_key_nobody_sees_anything(bureau: Bureau) -> None:
    number = bureau.file(about=["示例乙"])
    key = bureau.routing.pop()
    for name in bureau.people:
        assert bureau.get(name, number).status_code == 404, name
    bureau.routing.append(key)
    assert bureau.get("示例丙", number).status_code == 200
    assert bureau.get("示例乙", number).status_code == 404


def test_an_earlier_key_of_the_office_still_tells(bureau: Bureau) -> None:
    number = bureau.file(about=["示例乙"])
    bureau.routing.insert(0, age.new_identity()[0])
    bureau.publish()
    assert bureau.get("示例丙", number).status_code == 200
    assert bureau.get("示例乙", number).status_code == 404


def test_alarms_go_only_to_those_who_see(bureau: Bureau) -> None:
    bureau.file(about=["示例乙"])
    mails = {name: f"p{account.id}@example.cn" for name, account in bureau.people.items()}
    for name, account in bureau.people.items():
        account.email = mails[name]
    bureau.world.session.commit()
    bureau.world.at = bureau.world.at.replace(month=12)
    known = bureau.world.app.extensions["office"]
    with Session(bureau.engine) as reports:
        found = alarms(
            reports,
            bureau.world.session,
            known.eyes,
            regime_of=known.regimes.get,
            now=bureau.world.at,
        )
    assert {one.viewer.name for one in found} == {"示例甲", "示例丙"}
    bureau.world.session.rollback()
    chores = Chores(
        bureau.world.session.get_bind(),
        known.regimes,
        None,
        "http://office.example",
        lambda: bureau.world.at,
        reports=bureau.engine,
        eyes=known.eyes,
    )
    chores.look()
    chores.look()
    letters = bureau.world.session.query(Mail).filter(Mail.key.like("office-due:%")).all()
    assert {one.recipient for one in letters} == {mails["示例甲"], mails["示例丙"]}
    for one in letters:
        assert "举报" not in one.subject + one.body
        assert one.unit_id is None


def test_home_counts_are_those_that_one_sees(bureau: Bureau) -> None:
    bureau.file(about=["示例乙"])
    bureau.file()
    assert "待分流 1 件" in bureau.browser("示例乙").get("/commission/").text
    assert "待分流 2 件" in bureau.browser("示例丙").get("/commission/").text
    assert "待分流" not in bureau.world.client("commission_admin").get("/commission/").text


def test_an_account_elsewhere_sees_nothing_but_a_superiors_does(bureau: Bureau) -> None:
    own, above = bureau.file(), bureau.file(about=["示例甲"])
    assert bureau.get("示例乙", own).status_code == 200
    for name in ("示例乙", "示例上"):
        replace_by_one_elsewhere(bureau, name)
    assert bureau.get("示例乙", own).status_code == 404
    assert own not in bureau.get("示例乙", "").text
    assert bureau.get("示例上", above).status_code == 200
    assert bureau.get("示例上", "list.json?for=xiuzhou").status_code == 200
    assert bureau.get("示例乙", "list.json?for=xiuzhou").status_code == 404


def replace_by_one_elsewhere(bureau: Bureau, name: str) -> None:
    """Let an account of another county hold somebody's place, as a row put wrong would."""
    world, old = bureau.world, bureau.people[name]
    county = world.session.query(Jurisdiction).filter_by(slug="jinhu").one()
    made = Account(
        jurisdiction_id=county.id,
        login=f"{old.login}-elsewhere",
        name=name,
        active=True,
        created_by="测试",
        created_at=world.at,
    )
    made.roles = [AccountRole(role="intake", granted_by="测试", granted_at=world.at)]
    world.session.add(made)
    world.session.commit()
    with Session(bureau.engine) as session:
        session.query(KeyHolder).filter_by(account_id=old.id).one().account_id = made.id
        session.commit()
    bureau.people[name] = made
    bureau.browsers.pop(name, None)


def test_a_part_that_is_not_there_is_not_found(bureau: Bureau) -> None:
    number = bureau.file()
    missing, hidden = (
        bureau.get("示例乙", f"{number}/parts/9"),
        bureau.get("示例乙", f"{UNKNOWN}/parts/9"),
    )
    assert missing.status_code == 404
    assert seen(missing) == seen(hidden)
