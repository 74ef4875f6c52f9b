"""监督事项 in a real browser: an officer's queue, one matter, the unit's answer; wide, narrow, and without programs."""

# ruff: noqa: F811 - the office's own fixtures are imported, and asked for by name.

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask.testing import FlaskClient
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from werkzeug.serving import make_server

from portal.domain.regimes import Regime
from tests.site.chromium import launched
from tests.web.office.conftest import other_unit, world  # noqa: F401 - fixtures of the office's own tests.
from tests.web.office.matters_world import finding, matter_of, missing, take_up
from tests.web.office.world import World

pytestmark = pytest.mark.browser
Sit = Callable[..., Page]


@pytest.fixture
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture
def sit(browser: Browser, world: World) -> Iterator[Sit]:
    """Opens pages of the office for whoever is signed in. What the browser refuses or throws fails the test."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address, contexts, wrong = f"http://127.0.0.1:{server.port}", list[BrowserContext](), list[str]()

    def run(client: FlaskClient, path: str, *, width: int = 1280, programs: bool = True) -> Page:
        cookie = next(iter(client._cookies.values()))  # type: ignore[attr-defined] # the test client's own jar.
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=programs, base_url=address
        )
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda told: wrong.append(told.text) if "Content Security Policy" in told.text else None,
        )
        page.goto(path)
        return page

    yield run
    for one in contexts:
        one.close()
    server.shutdown()
    thread.join()
    assert not wrong


def well_made(page: Page) -> None:
    """Nothing for axe to find, at either width, and nothing sideways."""
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        found = page.evaluate(
            "axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})"
        )
        assert found["violations"] == [], page.url


def test_from_the_queue_to_the_units_answer_and_back(
    sit: Sit, world: World, regimes: dict[str, Regime]
) -> None:
    (uid,) = take_up(world, regimes, world.unit, finding(world.unit, "主要领导第二位发言"))
    take_up(
        world, regimes, world.other, missing(world.other), finding(world.other, "没有记录表决", rule="FIN-01")
    )
    world.session.rollback()
    officer = world.client("officer")
    world.session.rollback()
    editor = world.client("editor")

    queue = sit(officer, "/matters")
    well_made(queue)
    queue.set_viewport_size({"width": 1280, "height": 900})
    queue.get_by_label("全选本页").check()
    expect(queue.get_by_text("已勾选 3 件。")).to_be_visible()
    queue.get_by_label("请单位说明什么").fill("请说明情况和原因。")
    queue.get_by_role("button", name="发出问询").click()
    expect(queue.get_by_text("办成 3 件")).to_be_visible()
    well_made(queue)

    unit = sit(editor, "/", width=390)
    expect(unit.get_by_text("1 件待说明")).to_be_visible()
    well_made(unit)
    unit.get_by_role("link", name="查看和答复").click()
    well_made(unit)
    unit.get_by_role("link", name="不符合").click()
    well_made(unit)
    unit.get_by_label("情况和原因").fill("当时记录不全，已经补正。")
    unit.get_by_label("佐证记录的索引号").fill("没有这个索引号")
    unit.get_by_role("button", name="提交说明").click()
    expect(unit.get_by_role("link", name="没有索引号为")).to_be_visible()
    expect(unit.get_by_label("情况和原因")).to_have_value("当时记录不全，已经补正。")
    well_made(unit)
    unit.get_by_label("佐证记录的索引号").fill("")
    unit.get_by_role("button", name="提交说明").click()
    expect(unit.get_by_text("说明已经提交给纪委监委。")).to_be_visible()
    well_made(unit)

    one = sit(officer, f"/matters/{uid}", programs=False)  # Everything works without programs.
    one.get_by_label("采纳的理由").fill("理由成立。")
    one.get_by_role("button", name="采纳说明").click()
    expect(one.get_by_text("已采纳说明。事项仍需办结。")).to_be_visible()
    one.get_by_label("办结的理由").fill("已补正。")
    one.get_by_role("button", name="办结").click()
    expect(one.get_by_text("已办结。")).to_be_visible()
    assert matter_of(world, uid).closed_as == "explained"
    plain = sit(officer, "/matters", programs=False, width=390)
    plain.locator("input[name=pick]").first.check()
    plain.get_by_role("textbox", name="理由").fill("重复列出。")
    plain.get_by_role("button", name="办结", exact=True).click()
    expect(plain.get_by_text("办成 1 件")).to_be_visible()
    well_made(sit(officer, f"/matters/{uid}"))
    well_made(sit(officer, "/matters/new"))
