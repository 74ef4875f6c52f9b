"""Signing in through the app: fixation, redirects, enumeration, factors, links, waiting, what ends a session."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from portal.services.accounts import factors, keeping, links, passwords
from portal.services.accounts.sessions import end_sessions
from portal.store.tables import Account, LoginSession, Mail, SignIn
from portal.web.office.entrance import local_path
from tests.web.office.world import World

GOOD = "三月的雨落在青石板上"
OTHER = "另一句足够长的话语呢"


def make(world: World, *roles: str, email: str | None = None, totp: bool = False) -> tuple[Account, str]:
    account = world.account(*roles)
    passwords.set_password(world.session, account, GOOD, now=world.at)
    account.email = email
    secret = factors.new_secret()
    if totp:
        factors.enrol_totp(world.session, account, secret, step=0, key=b"s" * 32)
    world.session.commit()
    return account, secret


def csrf(client: FlaskClient, page: str = "/sign-in") -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)
    assert found
    return found[1]


def sign_in(client: FlaskClient, login: str, password: str = GOOD, **more: str) -> TestResponse:
    return client.post(
        "/sign-in", data={"csrf_token": csrf(client), "login": login, "password": password, **more}
    )


def code(secret: str, world: World) -> str:
    return pyotp.TOTP(secret).at(world.at)


def cookie(client: FlaskClient) -> str | None:
    with client.session_transaction() as kept:
        return kept.get("_user_id")


def test_an_editor_signs_in_and_goes_on_where_he_wanted(world: World) -> None:
    account, _ = make(world, "editor")
    client = world.app.test_client()
    answer = sign_in(client, account.login.upper(), next="/account?x=1")
    assert (answer.status_code, answer.location) == (303, "/account?x=1")
    assert "我的账号" in client.get("/account").text


def test_the_cookie_that_was_there_before_counts_for_nothing_after(world: World) -> None:
    account, secret = make(world, "reviewer", totp=True)
    client = world.app.test_client()
    with client.session_transaction() as kept:
        kept["_user_id"], kept["planted"] = "planted-by-somebody", "x"
    sign_in(client, account.login)
    first = cookie(client)
    with client.session_transaction() as kept:
        assert "planted" not in kept
    assert first not in (None, "planted-by-somebody")
    stolen = world.app.test_client()
    with stolen.session_transaction() as kept:
        kept["_user_id"] = first
    client.post(
        "/sign-in/second", data={"csrf_token": csrf(client, "/sign-in/second"), "code": code(secret, world)}
    )
    assert cookie(client) != first
    assert client.get("/").status_code == 200
    assert stolen.get("/").location.startswith("/sign-in")


@pytest.mark.parametrize("wrong", ["password", "login", "disabled", "invited"])
def test_the_answer_does_not_tell_which_logins_exist(world: World, wrong: str) -> None:
    account, _ = make(world, "editor")
    login = "no-such-login" if wrong == "login" else account.login
    if wrong == "disabled":
        account.active = False
    if wrong == "invited":
        account.password_hash = None
    world.session.commit()
    answer = sign_in(world.app.test_client(), login, GOOD if wrong in ("disabled", "invited") else OTHER)
    assert answer.status_code == 422
    assert "账号或密码不对，或者账号已停用" in answer.text
    texts = re.sub(r'(name="(csrf_token|login)"[^>]*value=")[^"]*', r"\1", answer.text)
    unknown = sign_in(world.app.test_client(), "nobody-at-all", OTHER)
    assert texts == re.sub(r'(name="(csrf_token|login)"[^>]*value=")[^"]*', r"\1", unknown.text)


def test_forgetting_tells_nothing_either(world: World) -> None:
    account, _ = make(world, "editor", email="fang@example.gov.cn")
    told = set()
    for login in (account.login, "no-such-login"):
        client = world.app.test_client()
        answer = client.post("/forgot", data={"csrf_token": csrf(client, "/forgot"), "login": login})
        told.add((answer.status_code, re.sub(r'value="[^"]*"', "", answer.text)))
    assert len(told) == 1
    world.session.rollback()
    assert [one.recipient for one in world.session.scalars(select(Mail))] == ["fang@example.gov.cn"]


@pytest.mark.parametrize(
    "bad",
    [
        "//evil.example", "\\\\evil.example", "/\\evil.example", "http://evil.example", "https:evil.example",
        "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", " //evil.example", "/%2f/evil.example",
        "/%2Fevil.example", "/%5cevil.example", "/%255cevil.example", "/%252fevil.example", "evil.example", "",
        "/..//evil.example", "/./../x", "/a\x00b", "/%0d%0aSet-Cookie:x=1", "/" + "a" * 3000, "\u2028//x", "/\x85/x",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(world: World, bad: str) -> None:
    account, _ = make(world, "editor")
    assert local_path(bad) == "/"
    answer = sign_in(world.app.test_client(), account.login, next=bad)
    assert answer.location == "/"


@pytest.mark.parametrize(
    "good", ["/", "/account", "/drafts/abc?page=2#x", "/records/finance/2026Q3", "/history?q=%E6%B5%8B"]
)
def test_a_path_of_the_office_is_kept(good: str) -> None:
    assert local_path(good) == good


def test_every_form_of_the_entrance_needs_its_token(world: World) -> None:
    account, _ = make(world, "editor", email="fang@example.gov.cn")
    client = world.app.test_client()
    client.get("/sign-in")
    for url in (
        "/sign-in",
        "/forgot",
        "/sign-in/passkey",
        "/sign-in/passkey/options",
        "/reset/x",
        "/invitation/x",
    ):
        answer = client.post(url, data={"login": account.login, "password": GOOD})
        assert answer.status_code == 400, url
    assert cookie(client) is None
    assert world.session.scalars(select(Mail)).all() == []


def test_whose_role_needs_a_factor_sets_one_up_before_anything_else(world: World) -> None:
    account, _ = make(world, "reviewer")
    client = world.app.test_client()
    assert sign_in(client, account.login, next="/account").location == "/sign-in/second?next=/account"
    for url in ("/", "/account", "/users"):
        assert client.get(url).location.startswith("/sign-in/second"), url
    assert client.get("/sign-in/second?next=/account").location == "/sign-in/set-up?next=/account"
    page = client.get("/sign-in/set-up?next=/account").text
    secret = re.search(r'class="key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")  # type: ignore[index] # it is there
    pending = re.search(r'name="pending" value="([^"]+)"', page)[1]  # type: ignore[index] # likewise
    form = {"csrf_token": csrf(client, "/sign-in/set-up"), "pending": pending, "next": "/account"}
    assert client.post("/sign-in/set-up", data={**form, "code": "000000"}).status_code == 422
    done = client.post("/sign-in/set-up", data={**form, "code": code(secret, world)})
    assert done.status_code == 200
    assert len(re.findall(r"<code>[0-9a-z]{4}-[0-9a-z]{4}-[0-9a-z]{4}</code>", done.text)) == 10
    assert client.get("/account").status_code == 200
    # The code that enrolled is used up; a recovery code lets in once.
    again = world.app.test_client()
    sign_in(again, account.login)
    token = csrf(again, "/sign-in/second")
    assert (
        again.post("/sign-in/second", data={"csrf_token": token, "code": code(secret, world)}).status_code
        == 422
    )
    spare = re.search(r"<code>([^<]+)</code>", done.text)[1]  # type: ignore[index] # likewise
    assert again.post("/sign-in/second", data={"csrf_token": token, "code": spare}).status_code == 303


def test_who_has_a_factor_cannot_go_round_it_by_setting_up_another(world: World) -> None:
    account, _ = make(world, "reviewer", totp=True)
    client = world.app.test_client()
    sign_in(client, account.login)
    assert client.get("/sign-in/set-up").location.startswith("/sign-in/second")
    token = csrf(client, "/sign-in/second")
    answer = client.post("/sign-in/set-up", data={"csrf_token": token, "pending": "x", "code": "1"})
    assert answer.location.startswith("/sign-in/second")
    assert client.post("/sign-in/set-up/options", data={"csrf_token": token}).status_code == 409


def test_codes_are_slowed_down_too(world: World) -> None:
    account, secret = make(world, "reviewer", totp=True)
    client = world.app.test_client()
    sign_in(client, account.login)
    token = csrf(client, "/sign-in/second")
    for _ in range(5):
        assert client.post("/sign-in/second", data={"csrf_token": token, "code": "000000"}).status_code == 422
    form = {"csrf_token": token, "code": code(secret, world)}
    answer = client.post("/sign-in/second", data=form)
    assert answer.status_code == 429
    assert "请等 15 秒" in answer.text
    world.at += timedelta(seconds=31)
    form["code"] = code(secret, world)
    assert client.post("/sign-in/second", data=form).status_code == 303


def test_waiting_is_told_with_the_time_and_ends(world: World) -> None:
    account, _ = make(world, "editor")
    client = world.app.test_client()
    for _ in range(5):
        sign_in(client, account.login, OTHER)
    answer = sign_in(client, account.login)
    assert answer.status_code == 429
    assert "请等 15 秒（到 12:00:15）" in answer.text
    world.at += timedelta(seconds=15)
    assert sign_in(client, account.login).status_code == 303


def test_a_browser_that_was_in_before_is_not_held_up_by_others(world: World) -> None:
    account, _ = make(world, "editor")
    known = world.app.test_client()
    sign_in(known, account.login)
    world.at += timedelta(seconds=1)
    stranger = world.app.test_client()  # The same address: an office behind one router.
    for _ in range(6):
        sign_in(stranger, account.login, OTHER)
    assert sign_in(stranger, account.login).status_code == 429
    known.post("/sign-out", data={"csrf_token": csrf(known, "/account")})
    assert sign_in(known, account.login).status_code == 303


@pytest.mark.parametrize("purpose", ["invitation", "reset"])
def test_a_link_sets_a_password_once(world: World, purpose: str) -> None:
    account, _ = make(world, "editor")
    other = world.client(account=account)
    token = links.issue_link(world.session, account, purpose, by="测试", now=world.at)
    world.session.commit()
    url = f"/{purpose}/{token}"
    client = world.app.test_client()
    form = {"csrf_token": csrf(client, url), "password": OTHER, "again": OTHER}
    weak = client.post(url, data={**form, "password": "1234567890", "again": "1234567890"})
    assert weak.status_code == 422
    assert client.post(url, data={**form, "again": GOOD}).status_code == 422
    assert client.post(url, data=form).location == "/"
    assert client.get("/account").status_code == 200
    assert other.get("/").location.startswith("/sign-in")
    fresh = world.app.test_client()
    used, unknown = fresh.get(url), fresh.get(f"/{purpose}/no-such-token")
    assert used.status_code == unknown.status_code == 404
    assert used.text == unknown.text
    assert used.headers["Referrer-Policy"] == "no-referrer"
    again = fresh.post(url, data={**form, "csrf_token": csrf(fresh)})
    assert again.status_code == 404


def test_the_invitation_of_a_disabled_account_does_not_work(world: World) -> None:
    account, _ = make(world, "editor")
    token = links.issue_link(world.session, account, links.INVITATION, by="测试", now=world.at)
    account.active = False
    world.session.commit()
    client = world.app.test_client()
    assert client.get(f"/invitation/{token}").status_code == 404
    form = {"csrf_token": csrf(client), "password": OTHER, "again": OTHER}
    assert client.post(f"/invitation/{token}", data=form).status_code == 404
    assert cookie(client) is None


@pytest.mark.parametrize("cause", ["sign_out", "disable", "roles", "ended"])
def test_a_browser_is_out_at_once(world: World, cause: str) -> None:
    account, _ = make(world, "editor")
    client = world.app.test_client()
    sign_in(client, account.login)
    copied = cookie(client)
    world.session.rollback()
    world.session.refresh(account)
    if cause == "sign_out":
        client.post("/sign-out", data={"csrf_token": csrf(client, "/account")})
    elif cause == "disable":
        keeping.disable(world.session, account, by_id=None, now=world.at)
    elif cause == "roles":
        keeping.set_roles(world.session, account, ["staff"], by="测试", by_id=None, now=world.at)
    else:
        end_sessions(world.session, account, reason="ended", now=world.at)
    world.session.commit()
    with client.session_transaction() as kept:
        kept["_user_id"] = copied
    assert client.get("/account").location.startswith("/sign-in")


def test_neither_passwords_nor_tokens_nor_typed_logins_lie_in_the_database(world: World) -> None:
    account, _ = make(world, "editor")
    client = world.app.test_client()
    sign_in(client, "my-password-in-the-wrong-field", OTHER)
    sign_in(client, account.login)
    token = cookie(client)
    rows = [*world.session.scalars(select(SignIn)), *world.session.scalars(select(LoginSession))]
    text = str([vars(one) for one in rows])
    assert rows
    assert "my-password" not in text
    assert token not in text


def test_what_stands_in_the_address_is_escaped(world: World) -> None:
    client = world.app.test_client()
    page = client.get('/sign-in?next=/"><script>alert(1)</script>').text
    assert "<script>alert" not in page
    page = sign_in(client, '"><script>alert(1)</script>').text
    assert "<script>alert" not in page
