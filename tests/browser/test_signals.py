"""采购异常信号, 不管不问 and 预警 in a real browser: without a complaint of axe, within a phone's width, by one click."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from portal.store.tables import Unit
from tests.databases import for_everybody
from tests.site.chromium import launched
from tests.web.office.closer_world import put, tender
from tests.web.office.conftest import other_unit, world  # noqa: F401 - fixtures of the office's own tests.
from tests.web.office.test_warnings import AT, cell
from tests.web.office.world import World

pytestmark = pytest.mark.browser
LONG = "示例区二〇二六年机关办公楼及附属设施维修改造工程勘察设计监理一体化服务SHILI-2026-0003-WITHOUT-A-BREAK"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture
def page(browser: Browser, world: World, a_quarter: Callable[..., Any]) -> Iterator[Page]:  # noqa: F811 - asked for by name.
    """An officer's browser in a county with something of everything."""
    world.at = AT
    with for_everybody(world.session):
        unit, other = world.session.get(Unit, world.unit.id), world.session.get(Unit, world.other.id)
        assert unit
        assert other
        put(world.session, unit, tender(1, title=LONG))
        put(world.session, unit, tender(2, method="sole_source", bidders=[]))
        put(world.session, other, a_quarter("2026Q3"))
        world.session.add_all(
            [cell(unit, "2026Q3", duty=duty) for duty in ("finance", "vouchers", "reports")]
        )
        world.session.commit()
    client = world.client("officer")
    cookie = next(iter(client._cookies.values()))  # type: ignore[attr-defined] # the test client's own jar.
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.port}"
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    yield opened
    context.close()
    server.shutdown()
    thread.join()
    assert not wrong


def sound(page: Page) -> None:
    """Hold that the page has no fault of accessibility."""
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run()")
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []


def test_the_pages_are_sound_at_both_widths(page: Page, world: World) -> None:  # noqa: F811 - likewise.
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for path in (
            "/flags/",
            "/neglect/",
            "/warnings/",
            "/warnings/?quarter=2026Q3",
            f"/warnings/{world.unit.slug}",
        ):
            page.goto(path)
            page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (width, path)
            if width == 390:
                sound(page)


def test_an_officer_makes_a_matter_of_a_hint_and_keeps_a_quarter(page: Page, world: World) -> None:  # noqa: F811 - likewise.
    page.goto("/flags/")
    hint = page.locator(".signals > li", has_text="单一投标")
    hint.locator("summary").click()
    expect(hint.get_by_text("可能的正常原因：")).to_be_visible()
    hint.locator("label").click()  # The whole name is the target, not the box alone.
    page.get_by_role("button", name="转为监督事项").click()
    expect(page.get_by_role("status").first).to_contain_text("已将 1 条信号转为 1 件监督事项")
    expect(page.locator(".signals > li", has_text="单一投标")).to_contain_text("已转为监督事项")
    page.goto("/warnings/?quarter=2026Q3")
    expect(page.get_by_role("row", name="财政局")).to_contain_text("预防")
    page.get_by_role("button", name="固定2026年第三季度的状态").click()
    expect(page.get_by_role("status").first).to_contain_text("已固定2026年第三季度的预警状态")
    page.get_by_role("link", name="财政局").click()
    page.get_by_label("措施", exact=True).select_option("提醒谈话")
    page.get_by_label("情况", exact=True).fill("11月20日与示例甲谈话。")
    page.get_by_role("button", name="记录措施").click()
    expect(page.get_by_text("提醒谈话：11月20日与示例甲谈话。")).to_be_visible()
