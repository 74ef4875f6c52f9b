"""Running a jurisdiction in a real browser: a roster file, a merger in mid-year, a changed term, a year's holidays, the log."""

# ruff: noqa: F811 - the office's own fixtures are imported, and asked for by name.

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from tests.site.chromium import launched
from tests.web.office.conftest import other_unit, world  # noqa: F401 - fixtures of the office's own tests.
from tests.web.office.world import World

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("PORTAL_TEST_SHOTS")  # A folder: pictures of every page seen are left there.
ROSTER = "单位名称,单位类型,简称,单位代码\n示例财政局,部门,,330411009\n示例农业局,部门,农业局,330411003\n"
GROUPS = (
    "单位名称,姓名,职务,身份,任职日期,离任日期\n示例财政局,张示一,局长,正职,2020-01-01,\n"
    "示例财政局,李示二,副局长,副职,2021-05-01,\n示例住建局,张示一,局长,正职,2022-01-01,\n"
)
NOTICE = "1月1日（周五）至3日（周日）放假，共3天。1月10日（周日）上班。\n10月1日至7日放假调休。"
Open = Callable[..., Page]


@pytest.fixture
def sat(world: World) -> Iterator[Open]:
    """Opens the office as the commission's administrator. What the browser refuses or throws fails the test."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{server.port}"
    wrong: list[str] = []
    with sync_playwright() as playwright, launched(playwright) as browser:

        def run(path: str, *, width: int = 1280) -> Page:
            return _page(browser, world, address, path, width, wrong)

        yield run
        browser.close()
    server.shutdown()
    thread.join()
    assert not wrong


def _page(browser: Browser, world: World, address: str, path: str, width: int, wrong: list[str]) -> Page:
    cookie = next(iter(world.client("commission_admin")._cookies.values()))  # type: ignore[attr-defined] # the test client's own jar.
    context = browser.new_context(viewport={"width": width, "height": 900})
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console", lambda told: wrong.append(told.text) if "Content Security Policy" in told.text else None
    )
    page.goto(address + path)
    return page


def press(page: Page, name: str) -> None:
    """Press a button that sends a form, and wait for the page that answers it."""
    with page.expect_navigation():
        page.get_by_role("button", name=name).click()


def sound(page: Page, name: str) -> None:
    """The page as it is stands before axe, and nothing of it lies beyond the window at either width."""
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
    assert [(one["id"], [node["html"][:160] for node in one["nodes"]]) for one in found["violations"]] == []
    page.set_viewport_size({"width": 1280, "height": 900})


def bring_groups(page: Page) -> None:
    """Two units' groups by one file; then a whole list, which wants to end whoever is not in it; then a wrong one."""
    page.get_by_role("link", name="班子名单").click()
    for text, whole, name in (
        (GROUPS, False, "groups-new"),
        ("".join(GROUPS.splitlines(keepends=True)[:2]), True, "groups-whole"),
        (GROUPS.replace("2021-05-01", "明天").replace("示例住建局", "示例住建"), False, "groups-wrong"),
    ):
        page.get_by_role("link", name="导入班子名单").click()
        if whole:
            page.get_by_label("名单为全部", exact=True).check()
        page.get_by_label("名单文件").set_input_files(
            files=[{"name": "名单.csv", "mimeType": "text/csv", "buffer": text.encode()}]
        )
        press(page, "上传并核对")
        sound(page, name)
        if page.get_by_role("button", name="确认写入").count():
            press(page, "确认写入")
            expect(page.locator(".told")).to_contain_text("离任 1 人" if whole else "2 个单位，登记 3 人")
    expect(page.get_by_text("相近的有：示例住建局")).to_be_visible()
    page.get_by_role("link", name="返回班子名单").click()
    sound(page, "groups")


def test_a_roster_file_and_a_merger_in_mid_year(world: World, sat: Open) -> None:
    page = sat("/units")
    sound(page, "units")
    page.get_by_role("link", name="导入名册").click()
    sound(page, "upload")
    page.get_by_label("名册文件").set_input_files(
        files=[{"name": "名册.csv", "mimeType": "text/csv", "buffer": ROSTER.encode()}]
    )
    press(page, "上传并核对")
    sound(page, "preview")
    press(page, "确认写入")
    expect(page.locator(".told")).to_contain_text("新增 1 个单位，修改 1 个")

    bring_groups(page)

    page.goto(page.url.split("/units")[0] + "/units")
    page.get_by_role("link", name="示例农业局").click()
    sound(page, "unit")
    page.get_by_role("link", name="撤销或并入").click()
    sound(page, "ending")
    page.get_by_label("并入哪个单位").select_option(label="示例财政局")
    page.get_by_label("从哪一天起").fill("2026年10月15日")
    page.get_by_label("依据的文件").fill("示例编〔2026〕1号")
    press(page, "核对后果")
    expect(page.get_by_text("还没有登记")).to_be_visible()
    sound(page, "consequences")
    press(page, "返回修改")
    expect(page.get_by_label("依据的文件")).to_have_value("示例编〔2026〕1号")
    press(page, "核对后果")
    press(page, "确认登记")
    expect(page.locator(".told")).to_contain_text("并入示例财政局")
    expect(page.locator(".run-steps")).to_contain_text("接收并入 示例农业局")
    page.get_by_role("link", name="示例农业局").click()
    sound(page, "ended")
    page.goto(page.url.split("/units")[0] + "/audit")
    expect(page.locator(".run-log")).to_contain_text("示例农业局自2026年10月15日并入示例财政局")
    sound(page, "audit")


def test_a_term_and_a_years_holidays(world: World, sat: Open) -> None:
    page = sat("/terms")
    sound(page, "terms")
    page.get_by_label("规则、参数或出处").fill("监督事项的说明")
    press(page, "筛选")
    page.get_by_role("link", name="回复期限：监督事项的说明").click()
    page.get_by_role("textbox", name="期限").fill("十五天")
    page.get_by_label("为什么改").fill("会议研究决定放宽")
    page.get_by_label("依据的文件").fill("示例纪发〔2026〕8号")
    page.get_by_label("批准人").fill("示例甲")
    press(page, "核对变更")
    expect(page.get_by_role("alert")).to_contain_text("不是可识别的期限")
    sound(page, "term")
    page.get_by_role("textbox", name="期限").fill("15个工作日")
    page.get_by_label("施行日期").fill("2026年11月1日")
    press(page, "核对变更")
    sound(page, "change")
    press(page, "确认登记")
    sound(page, "changes")
    page.goto(page.url.split("/terms")[0] + "/years")
    page.get_by_label("年份").fill("2027")
    page.get_by_label("放假和上班的日期").fill(NOTICE)
    page.get_by_label("通知的名称和文号").fill("国办发明电〔2026〕7号")
    page.get_by_label("批准人").fill("示例甲")
    sound(page, "years")
    press(page, "核对日历")
    sound(page, "calendar")
    press(page, "确认登记")
    expect(page.get_by_text("放假 10 天")).to_be_visible()
