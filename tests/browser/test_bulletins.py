"""A quarter's bulletin in a real browser: readable at both widths, nothing refused, issued from the page itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.site.chromium import launched
from tests.web.office.counted import QUARTER, counted_world, make_counted
from tests.web.office.world import World

pytestmark = [pytest.mark.browser, pytest.mark.database]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    known = make_counted(tmp_path_factory.mktemp("counted"))
    with counted_world(known) as made:
        yield made
    known.engine.dispose()


@pytest.fixture(scope="module")
def address(world: World) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture
def page(browser: Browser, world: World, address: str) -> Iterator[Page]:
    """A page of an officer. What the browser refuses or throws fails the test."""
    client = world.client("officer")
    cookie = next(iter(client._cookies.values()))  # type: ignore[attr-defined] # the test client's own jar.
    context = browser.new_context(viewport={"width": 1280, "height": 900}, base_url=address)
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    wrong: list[str] = []
    opened = context.new_page()
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
    yield opened
    context.close()
    assert not wrong


PAGES = ("/bulletins/", f"/bulletins/{QUARTER}", "/assessment/2025", "/assessment/2025/gengzhengju")


@pytest.mark.parametrize("path", PAGES)
def test_it_is_accessible_and_fits_a_phone(page: Page, path: str) -> None:
    page.goto(path)
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run()")
    assert [(one["id"], [each["html"] for each in one["nodes"]][:3]) for one in found["violations"]] == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_drawings_stand_beside_their_tables(page: Page) -> None:
    page.goto(f"/bulletins/{QUARTER}")
    for drawing in page.locator(".wide-chart").all():
        figure, table = drawing.locator("svg").bounding_box(), drawing.locator("table").bounding_box()
        assert figure
        assert table
        assert figure["x"] + figure["width"] <= table["x"]
        assert abs(figure["y"] - table["y"]) < 80
    widths = page.locator("svg.draw").evaluate_all(
        "some => some.map(one => one.getBoundingClientRect().width)"
    )
    assert set(widths) == {344}


def test_on_paper_only_the_bulletin_is_left(page: Page) -> None:
    page.goto(f"/bulletins/{QUARTER}")
    page.emulate_media(media="print")
    expect(page.locator(".desk-nav")).to_be_hidden()
    expect(page.locator("form[action$='/issue']")).to_be_hidden()
    expect(page.get_by_role("heading", name="总体情况")).to_be_visible()


def test_an_officer_issues_it(page: Page) -> None:
    page.goto("/bulletins/")
    page.get_by_role("link", name="2026年第三季度").first.click()
    page.get_by_label("工作要求").fill("请未公开的单位限期公开。")
    page.get_by_role("button", name="发出第1号").click()
    expect(page.get_by_role("status")).to_contain_text("第1号通报已经发出")
    expect(page.get_by_text("请未公开的单位限期公开。")).to_be_visible()
    page.get_by_role("link", name="通报", exact=True).click()
    expect(page.get_by_role("link", name="2026年第三季度第1号")).to_be_visible()
