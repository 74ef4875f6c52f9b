"""Home, roster and history in a real browser: within the screen, by keyboard, without a complaint of axe."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from portal.domain.drafting import Event, State
from portal.domain.roles import Role
from portal.services import publishing
from portal.services.checking import Book
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Member
from tests.site.chromium import launched
from tests.web.office.world import World

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/people/",
    "/people/new",
    "/people/1/change",
    "/people/from-plan",
    "/history",
    "/history?first=昨天",
)
LONG = "示例区二〇二六年第三季度机关本级及所属事业单位财务收支情况公开SHILI-2026-0003-VERY-LONG-NUMBER-WITHOUT-A-BREAK"


def filled(world: World, a_quarter: Any) -> None:
    """Fill the desk as it may be in a bad week."""
    world.at = datetime(2026, 10, 22, 4, 0, tzinfo=UTC)
    session, unit = world.session, world.unit
    editor, reviewer = world.account("editor"), world.account("reviewer")
    room = Room(session, unit.id)
    actors = [
        Actor(editor.id, "方示九", frozenset({Role.EDITOR})),
        Actor(reviewer.id, "林示二", frozenset({Role.REVIEWER})),
    ]
    for period, state in (
        ("2026Q1", State.RETURNED),
        ("2026Q3", State.SUBMITTED),
        ("2025Q4", State.APPROVED),
    ):
        draft = publishing.save_draft(
            session,
            unit=unit,
            document=a_quarter(period, title=f"{period}{LONG}"),
            author="方示九",
            now=world.at,
        )
        draft.state, draft.submitted_by_id = state.value, editor.id
        room.write_down(Event.CREATED, actor=actors[0], now=world.at, draft=draft)
        if state is State.RETURNED:
            room.write_down(
                Event.RETURNED, actor=actors[1], now=world.at, draft=draft,
                remark="更正说明没有写清漏记的凭证号，请补充。",
            )  # fmt: skip
    for period in ("2025Q2", "2026Q2"):
        draft = publishing.save_draft(
            session, unit=unit, document=a_quarter(period), author="方示九", now=world.at - timedelta(days=9)
        )
        publishing.publish(
            session,
            draft,
            book=Book(session, {}),
            reason="首次公开",
            actor="林示二",
            now=world.at - timedelta(days=9),
        )
    for place, (name, post, role, until) in enumerate(
        (
            ("陈示一", "党组书记、局长", "party_chief", None),
            ("林示二", "党组成员、副局长", "deputy", None),
            ("曾示八", "派驻纪检监察组组长、党组成员、一级调研员（试用期一年）", "discipline", None),
            ("旧示人", "局长", "chief", date(2024, 12, 31)),
            ("又示人", "党组书记", "party_chief", None),
        ),
        start=1,
    ):
        session.add(
            Member(
                id=place, unit_id=unit.id, name=name, post=post, role=role, position=place,
                since=date(2022, 3, 1), until=until, recorded_by="陈示一", recorded_at=world.at,
            )
        )  # fmt: skip
    session.commit()


@pytest.fixture
def address(world: World, a_quarter: Any) -> Iterator[str]:
    filled(world, a_quarter)
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as found:
        yield found


def signed_in(
    world: World, browser: Browser, address: str, *roles: str, width: int = 1280, **more: Any
) -> Page:
    client = world.client(*roles)
    cookie = client.get_cookie("portal_office")
    assert cookie is not None
    context = browser.new_context(viewport={"width": width, "height": 900}, **more)
    context.add_cookies([{"name": "portal_office", "value": cookie.value, "url": address}])
    return context.new_page()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_stands_within_the_screen_and_pleases_axe(
    world: World, browser: Browser, address: str, width: int
) -> None:
    page = signed_in(
        world, browser, address, "editor", "reviewer", "unit_admin", width=width, bypass_csp=True
    )
    for path in PAGES:
        answer = page.goto(address + path)
        assert answer is not None
        assert answer.status in (200, 422), path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        page.evaluate(AXE_SCRIPT)
        found = page.evaluate(
            "axe.run().then(found => found.violations.map(one => [one.id, one.nodes.map(n => n.html)]))"
        )
        assert found == [], path


def test_the_first_task_is_reached_and_opened_by_keyboard(
    world: World, browser: Browser, address: str
) -> None:
    page = signed_in(world, browser, address, "unit_admin", java_script_enabled=True)
    page.goto(f"{address}/people/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="登记成员", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/people/new")
    expect(page).to_have_title(re.compile("^登记成员"))


def test_somebody_is_entered_without_scripts(world: World, browser: Browser, address: str) -> None:
    page = signed_in(world, browser, address, "unit_admin", java_script_enabled=False)
    page.goto(f"{address}/people/new")
    page.get_by_label("姓名").fill("何示三")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("姓名")).to_have_value("何示三")
    page.get_by_label("职务", exact=True).fill("副局长")
    page.get_by_label("身份").select_option("deputy")
    page.get_by_label("任职起始日期").fill("2026年1月5日")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("status")).to_have_text("已登记何示三。")
    expect(page.get_by_role("row", name="何示三")).to_be_visible()
