"""The public site's pages of reports, as they are built, against a real report host: written, followed, checked."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.serving import make_server

from portal.apps import STATIC, create_public_app
from portal.site.online import read_online
from portal.site.snapshot import JurisdictionView, Snapshot
from portal.store.reports.tables import SealedReport
from tests.conftest import shipped
from tests.site.chromium import launched
from tests.site.sample import snapshot
from tests.web.report.conftest import world  # noqa: F401 - the fixture.
from tests.web.report.world import NOON, SLUG, World

pytestmark = pytest.mark.browser

WHAT = "在示例会议上主要负责人先定调后表决，其他成员没有机会发言，会议记录也没有如实记载。"
PAGES = ("report.html", "report/write.html", "report/status.html", "report/check.html")


def taking_reports(known: World, host: str) -> Snapshot:
    """Return the sample with a jurisdiction whose reports go to that host."""
    base = snapshot()
    units = tuple(replace(one, jurisdiction=SLUG) for one in base.jurisdictions[0].units)
    online = read_online(known.settings.key_lists_folder, host)
    view = JurisdictionView(SLUG, shipped()[SLUG], units, online[SLUG])
    others = (one for one in base.jurisdictions if one.slug != SLUG)
    return replace(base, jurisdictions=(*others, view))


class Site:
    """The site's address and a browser."""

    def __init__(self, address: str, browser: Browser, known: World) -> None:
        self.address, self.browser, self.world = address, browser, known
        self.told: list[str] = []

    def page(self, name: str, width: int = 390, *, scripts: bool = True) -> Page:
        """Open one of the pages at the hour at which the keys are in force."""
        context = self.browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=scripts, reduced_motion="reduce"
        )
        page = context.new_page()
        page.on("console", lambda one: self.told.append(one.text))
        page.on("pageerror", lambda one: self.told.append(str(one)))
        if scripts:
            page.clock.set_fixed_time(NOON)
        page.goto(f"{self.address}/{SLUG}/{name}")
        return page


@pytest.fixture
def site(world: World) -> Iterator[Site]:  # noqa: F811 - the fixture.
    with world.serving() as host, sync_playwright() as playwright, launched(playwright) as browser:
        url = f"http://127.0.0.1:{host.port}"
        shown = taking_reports(world, url)
        server = make_server("127.0.0.1", 0, create_public_app(lambda: shown, report_url=url), threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Site(f"http://127.0.0.1:{server.server_port}", browser, world)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def fill(page: Page) -> None:
    """Fill in what must be there and go on to the review."""
    page.locator("#report-fields:not([disabled])").wait_for()
    page.get_by_label("匿名", exact=True).check()
    page.get_by_label("反映哪个单位").fill("示例县某局")
    page.get_by_label("主要负责人没有末位表态，先定调").check()
    page.get_by_label("主要问题").fill(WHAT)
    page.get_by_label("所写的是我了解的情况，没有捏造。").check()


def violations(page: Page) -> list[str]:
    """Return what axe finds."""
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]


def test_a_report_is_written_followed_and_its_receipt_checked(site: Site) -> None:
    page = site.page("report.html")
    page.evaluate(
        "document.querySelector('h1').innerHTML = '<a class=report href=report/write.html>举报此项</a>'"
    )
    page.evaluate(
        "Object.assign(document.querySelector('h1 a').dataset, {item: 'zhujian/1', title: '示例方案'})"
    )
    page.add_script_tag(url=f"{site.address}/static/sealing/about-this.js")
    page.get_by_role("link", name="举报此项").click()
    page.locator("#report-fields:not([disabled])").wait_for()
    expect(page.locator("[data-part=record]")).to_contain_text("示例方案")
    assert page.evaluate("location.hash + location.search + window.name") == ""
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.locator("[data-part=problems]")).to_contain_text("请写反映哪个单位。")
    expect(page.locator("[data-part=problems]")).to_be_focused()
    fill(page)
    page.get_by_role("button", name="下一步：核对").click()
    page.locator("[data-view=review]").wait_for()
    expect(page.locator("[data-part=openers]")).to_contain_text("示例乙")
    page.get_by_role("button", name="加密并提交").click()
    page.locator("[data-view=receipt]").wait_for()
    code = page.locator("[data-part=code]").inner_text()
    assert re.fullmatch(r"([0-9A-Z]{4}-){6}[0-9A-Z]", code.replace("\n", ""))
    expect(page.locator("[data-part=accept-by]")).to_contain_text("前告知是否受理")
    page.locator("summary").click()
    proof = page.locator("[data-part=proof-text]").input_value()
    page.get_by_label("我已保存查询码").check()
    page.get_by_role("button", name="完成，离开本页").click()
    page.wait_for_url(f"**/{SLUG}/index.html")
    assert len(site.world.rows(SealedReport)) == 1

    page = site.page("report/status.html")
    page.get_by_label("查询码").fill(code.lower())
    page.get_by_role("button", name="查询", exact=True).click()
    page.locator("[data-view=case]").wait_for()
    expect(page.locator("[data-part=state]")).to_have_text("已收到")
    page.get_by_label("要补充的话").fill("补充：会议记录放在办公室的柜子里。")
    page.get_by_role("button", name="加密并发送").click()
    page.get_by_text("已加密送到。").wait_for()

    page = site.page("report/check.html")
    page.locator("#check-fields:not([disabled])").wait_for()
    page.get_by_label("凭证的全部文字").fill(proof)
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.locator("[data-part=signature]")).to_contain_text("签名有效")
    expect(page.locator("[data-part=content]")).to_contain_text("内容相符")
    assert site.told == []


def test_without_scripts_nothing_can_be_typed_and_the_way_on_is_plain(site: Site) -> None:
    for name, there in (("write", "/write"), ("status", "/status"), ("check", "/check")):
        page = site.page(f"report/{name}.html", scripts=False)
        for control in page.locator("#report fieldset :is(input:not([type=hidden]), textarea, button)").all():
            assert control.is_disabled()
        href = page.get_by_role("link", name="用不用脚本的页面").get_attribute("href") or ""
        assert href.endswith(f"/{SLUG}{there}")
        page.goto(href)
        expect(page.locator("h1")).to_be_visible()


def test_where_the_keys_are_not_what_the_page_pins_nothing_can_be_typed(site: Site) -> None:
    page = site.page("report/status.html")
    page.context.route("**/keys.json", lambda route: route.fulfill(status=200, body='{"list": "{}"}'))
    page.goto(f"{site.address}/{SLUG}/report/write.html")
    page.locator("[data-part=failed]").wait_for()
    expect(page.locator("[data-part=failed-why]")).to_contain_text("签名不对")
    assert page.locator("#f-unit").is_disabled()


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.thorough), 390])
def test_the_pages_are_accessible_and_fit(site: Site, width: int) -> None:
    for name in PAGES:
        page = site.page(name, width)
        expect(page.locator("#report fieldset:disabled")).to_have_count(0)  # Ready: the page that people use.
        assert violations(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
        for chosen in page.locator("input[type=file]").all():
            box = chosen.bounding_box()
            assert box is None or box["width"] <= 2, "the browser's own words beside the button"
    page = site.page("report/write.html", width)
    fill(page)
    page.get_by_role("button", name="下一步：核对").click()
    page.locator("[data-view=review]").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="加密并提交").click()
    page.locator("[data-view=receipt]").wait_for()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert (STATIC / "report.css").is_file()
