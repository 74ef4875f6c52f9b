"""Passkeys in a real Chromium with a virtual authenticator, and the entrance's pages before axe."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from portal.services.accounts import links, passwords
from portal.store.tables import Passkey
from tests.site.chromium import launched
from tests.web.office.conftest import other_unit, world  # noqa: F401 - fixtures of the office's tests.
from tests.web.office.world import World

pytestmark = pytest.mark.browser
GOOD = "三月的雨落在青石板上"


@pytest.fixture
def address(world: World) -> Iterator[str]:  # noqa: F811 - the fixture.
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as playwright, launched(playwright) as browser:
        yield browser.new_page(viewport={"width": 390, "height": 900})


def authenticator(page: Page, *, verified: bool = True) -> tuple[Any, str]:
    wire = page.context.new_cdp_session(page)
    wire.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": verified,
        "automaticPresenceSimulation": True,
    }
    made = wire.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return wire, made["authenticatorId"]


def clean(page: Page) -> None:
    page.wait_for_load_state()  # Until then the styles may be on their way.
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def sign_in(page: Page, address: str, login: str) -> None:
    page.goto(f"{address}/sign-in")
    page.get_by_label("账号", exact=True).fill(login)
    page.get_by_label("密码", exact=True).fill(GOOD)
    page.get_by_role("button", name="登录", exact=True).click()


def test_a_passkey_from_set_up_to_signing_in_with_it_alone(world: World, address: str, page: Page) -> None:  # noqa: F811 - the fixture.
    account = world.account("reviewer", "unit_admin")
    passwords.set_password(world.session, account, GOOD, now=world.at)
    world.session.commit()
    wrong: list[str] = []
    page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    wire, device = authenticator(page)
    sign_in(page, address, account.login)
    page.get_by_role("heading", name="设置第二步验证").wait_for()
    clean(page)
    page.get_by_role("button", name="改用通行密钥").click()
    page.get_by_role("heading", name="备用码").wait_for()
    clean(page)
    page.get_by_role("link", name="已保存，继续").click()
    for url in (
        "/account",
        "/account/totp",
        "/account/history",
        "/users",
        "/users/invite",
        f"/users/{account.id}",
    ):
        page.goto(address + url)
        clean(page)
    page.get_by_role("button", name="退出").first.click()
    page.get_by_role("heading", name="登录", exact=True).wait_for()
    clean(page)
    # As the second factor.
    world.at = world.at.replace(minute=5)
    sign_in(page, address, account.login)
    page.get_by_role("heading", name="第二步验证").wait_for()
    clean(page)
    page.get_by_role("button", name="使用通行密钥").click()
    page.wait_for_url(f"{address}/")
    # Alone.
    world.at = world.at.replace(minute=10)
    page.get_by_role("button", name="退出").click()
    page.get_by_role("button", name="用通行密钥登录").click()
    page.wait_for_url(f"{address}/")
    world.session.rollback()
    kept = world.session.scalars(select(Passkey)).one()
    assert kept.last_used_at == world.at
    assert kept.sign_count > 1
    # A device that does not verify its user is not enough.
    page.get_by_role("button", name="退出").click()
    wire.send("WebAuthn.setUserVerified", {"authenticatorId": device, "isUserVerified": False})
    page.get_by_role("button", name="用通行密钥登录").click()
    page.get_by_text("没有完成：已取消或超时").wait_for()
    assert [one for one in wrong if "CSP" in one or "Content Security" in one] == []


def test_the_pages_for_those_who_are_not_in_yet(world: World, address: str, page: Page) -> None:  # noqa: F811 - the fixture.
    account = world.account("editor")
    token = links.issue_link(world.session, account, links.INVITATION, by="测试", now=world.at)
    world.session.commit()
    for url in ("/forgot", "/invitation/none", f"/invitation/{token}"):
        page.goto(address + url)
        clean(page)
    page.get_by_label("新密码").fill("1234567890")
    page.get_by_label("再输入一次").fill("1234567890")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    clean(page)
