"""The commission's board in a real browser: wide and narrow, by keyboard, without scripts, with nothing that axe objects to."""

# ruff: noqa: F811 - the office's own fixtures are imported, and asked for by name.

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.site.chromium import launched
from tests.web.office.conftest import other_unit, world  # noqa: F401 - fixtures of the office's own tests.
from tests.web.office.test_board import officer, say  # noqa: F401 - a board with something wanting.
from tests.web.office.world import World

pytestmark = pytest.mark.browser
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture
def sat(browser: Browser, world: World, officer: FlaskClient) -> Iterator[Open]:
    """Opens a page as the officer. What the browser refuses or throws fails the test."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.port}"
    cookie = next(iter(officer._cookies.values()))  # type: ignore[attr-defined] # the test client's own jar.
    wrong: list[str] = []

    def run(path: str, *, width: int = 1280, scripts: bool = True) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda told: wrong.append(told.text) if "Content Security Policy" in told.text else None,
        )
        page.goto(address + path)
        return page

    yield run
    for one in browser.contexts:
        one.close()
    server.shutdown()
    thread.join()
    assert not wrong


def violations(page: Page) -> list[str]:
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(
        "async () => (await axe.run()).violations.map(one => one.id + ': ' + one.nodes[0].html)"
    )
    return found


def test_every_page_is_sound_at_both_widths(world: World, sat: Open) -> None:
    for path in ("/commission/", "/board/", "/board/d/finance?last=4", f"/board/u/{world.other.slug}"):
        for width in (1280, 390):
            page = sat(path, width=width)
            assert violations(page) == [], (path, width)
            assert page.evaluate("document.documentElement.scrollWidth") == width, (path, width)
            page.context.close()


def test_she_narrows_and_drills_down_by_keyboard_alone(world: World, sat: Open) -> None:
    page = sat("/board/")
    page.get_by_label("单位名称").focus()
    page.keyboard.type("示例村")
    page.keyboard.press("Enter")
    expect(page.get_by_text("筛选出 1 个单位")).to_be_visible()
    link = page.get_by_role("link", name="未公开", exact=True).first
    link.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="=示例村")).to_be_visible()
    assert page.url.endswith("#finance-2026Q3")
    expect(page.locator("#finance-2026Q3")).to_be_in_viewport()


def test_the_heads_and_the_units_stay_in_sight(world: World, sat: Open) -> None:
    page = sat("/board/d/finance?last=20", width=700)
    box = page.get_by_role("region", name="各单位季度财务逐期情况")
    before = page.get_by_role("rowheader", name=world.other.name).bounding_box()
    box.evaluate("one => { one.scrollLeft = 300; one.scrollTop = 40 }")
    after = page.get_by_role("rowheader", name=world.other.name).bounding_box()
    assert before is not None
    assert after is not None
    assert after["x"] == before["x"]


def test_on_the_phone_what_is_wanting_comes_first_and_all_is_one_link_away(world: World, sat: Open) -> None:
    page = sat("/board/", width=390, scripts=False)
    expect(page.get_by_role("link", name=world.other.name)).to_be_visible()
    fine = page.locator("td.fine").first
    expect(fine).to_be_hidden()
    page.get_by_role("link", name="显示全部 3 个单位").click()
    expect(fine).to_be_visible()
    page.goto(page.url.split("#")[0])
    table = page.locator("table.matrix").bounding_box()
    form = page.get_by_role("button", name="查看", exact=True).bounding_box()
    assert table is not None
    assert form is not None
    assert form["y"] > table["y"], "on the phone the filters stand behind the list"
