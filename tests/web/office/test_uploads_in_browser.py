"""Uploading in a real browser: without scripts, by keyboard, in Chinese only, within the screen, without a complaint of axe."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.site.chromium import launched
from tests.web.office.test_uploads import a_quarter_of_work, add, drafts, fill, saved
from tests.web.office.world import World

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the module."""
    with sync_playwright() as playwright, launched(playwright) as found:
        yield found


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """The office on a port of this machine."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


def editor(world: World, browser: Browser, address: str, *, width: int = 1280, scripts: bool = True) -> Page:
    cookie = world.client("editor").get_cookie("portal_office")
    assert cookie is not None
    context = browser.new_context(
        viewport={"width": width, "height": 900}, java_script_enabled=scripts, bypass_csp=True, locale="en-US"
    )
    context.add_cookies([{"name": "portal_office", "value": cookie.value, "url": address}])
    return context.new_page()


def workbooks(world: World, folder: Path) -> tuple[Path, Path]:
    """Return a wrong workbook and a right one."""
    client = world.client("editor")
    right, wrong = folder / "改好的.xlsx", folder / "三季度财务.xlsx"
    book = a_quarter_of_work(client)
    right.write_bytes(saved(book))
    add(book, "支出明细", 4, 本期金额="约1000元左右")
    fill(book, "季度财务公开", 期初余额="五千")
    wrong.write_bytes(saved(book))
    return wrong, right


def test_a_wrong_workbook_is_told_mended_and_taken_without_scripts(
    world: World, browser: Browser, address: str, tmp_path: Path
) -> None:
    wrong, right = workbooks(world, tmp_path)
    page = editor(world, browser, address, scripts=False)
    page.goto(f"{address}/uploads/new/finance")
    page.get_by_role("button", name="上传并试读").click()
    expect(page.get_by_role("alert")).to_contain_text("还没有选择文件")
    page.locator("#file").set_input_files(wrong)
    page.get_by_role("button", name="上传并试读").click()
    expect(page.get_by_role("alert")).to_contain_text("有 2 处需要修改")
    page.get_by_role("alert").get_by_role("link", name=re.compile("本期金额")).click()
    expect(page.locator("tr:target")).to_contain_text("D4")
    page.locator("tr:target").get_by_role("link", name="D4").click()
    expect(page.locator("td:target")).to_contain_text("约1000元左右")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载批注过的工作簿").click()
    assert download.value.suggested_filename == "三季度财务（批注）.xlsx"
    page.locator("#file").set_input_files(right)
    page.get_by_role("button", name="重新读取").click()
    expect(page.get_by_role("status")).to_contain_text("逐格读取无误")
    page.get_by_role("button", name="存为草稿").click()
    page.wait_for_url("**/drafts/*")
    assert [one.title for one in drafts(world)] == ["2026年第三季度财务公开"]


def test_the_file_is_chosen_by_keyboard_and_only_chinese_is_seen(
    world: World, browser: Browser, address: str, tmp_path: Path
) -> None:
    wrong, _ = workbooks(world, tmp_path)
    page = editor(world, browser, address)
    page.on(
        "filechooser", lambda _: None
    )  # the browser hands choosers over from now on, not only once Enter is on its way
    page.goto(f"{address}/uploads/new/finance")
    page.get_by_role("link", name="一次交多条").focus()
    page.keyboard.press("Tab")
    expect(page.locator("#file")).to_be_focused()
    expect(page.locator(".up-pick label").first).to_have_css("outline-style", "solid")
    expect(page.locator("#file")).to_have_css("opacity", "0")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(wrong)
    expect(page.locator("#file")).to_have_css("opacity", "1")
    expect(page.locator(".up-none")).to_be_hidden()
    button = "getComputedStyle(document.getElementById('file'), '::file-selector-button').visibility"
    assert page.evaluate(button) == "hidden"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_stand_within_the_screen_and_please_axe(
    world: World, browser: Browser, address: str, tmp_path: Path, width: int
) -> None:
    wrong, right = workbooks(world, tmp_path)
    page = editor(world, browser, address, width=width)

    def looked_at() -> None:
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        page.evaluate(AXE_SCRIPT)
        found = page.evaluate(
            "axe.run().then(found => found.violations.map(one => [one.id, one.nodes.map(n => n.html)]))"
        )
        assert found == [], page.url

    page.goto(f"{address}/uploads/new/finance")
    looked_at()
    for one in (wrong, right):
        page.locator("#file").set_input_files(one)
        page.get_by_role("button", name=re.compile("上传并试读|重新读取")).click()
        page.wait_for_url("**/uploads/*")
        looked_at()
        page.goto(f"{address}/uploads/new/finance")
