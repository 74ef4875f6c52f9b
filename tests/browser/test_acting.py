"""The commission's letters, register of rectification, grants and outcomes in a real browser: used, read by axe, on a phone."""

# ruff: noqa: F811 - the office's own fixtures are imported, and asked for by name.

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from portal.domain.regimes import Regime
from portal.services.board.county import open_county
from portal.services.board.refreshing import refresh
from tests.site.chromium import launched
from tests.web.office.conftest import other_unit, world  # noqa: F401 - fixtures of the office's own tests.
from tests.web.office.world import World

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture
def address(world: World) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


def seated(browser: Browser, client: FlaskClient, address: str) -> Page:
    cookie = next(iter(client._cookies.values()))  # type: ignore[attr-defined] # the test client's own jar.
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
    return context.new_page()


def looked_at(page: Page) -> None:
    """Nothing that axe finds, and nothing wider than a phone."""
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run()")
    assert not found["violations"], [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]]
    page.set_viewport_size({"width": 390, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth")
    page.set_viewport_size({"width": 1280, "height": 900})
    assert wide <= 390, page.url


def both_desks(world: World, regimes: dict[str, Regime], browser: Browser, address: str) -> tuple[Page, Page]:
    """Return an officer and a unit's editor at their desks, the board worked out, after the quarter's deadline."""
    world.at = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
    clients = world.client("officer"), world.client("editor")
    world.session.rollback()
    with Session(world.session.get_bind()) as session:
        refresh(open_county(session, "xiuzhou", None), regimes["xiuzhou"], now=world.at)
        session.commit()
    officer, editor = (seated(browser, one, address) for one in clients)
    return officer, editor


def test_an_officer_reminds_many_orders_rectification_and_sees_it_accepted(
    world: World, regimes: dict[str, Regime], browser: Browser, address: str
) -> None:
    officer, editor = both_desks(world, regimes, browser, address)

    officer.goto(f"{address}/letters/ladder")
    looked_at(officer)
    officer.get_by_role("link", name="勾选全部 4 项").click()
    officer.get_by_role("button", name="预览勾选的提醒函").click()
    expect(officer.get_by_text("可以发 4 份")).to_be_visible()
    officer.locator("details.preview summary").first.click()
    looked_at(officer)
    officer.get_by_role("button", name="全部发出（4 份）").click()
    expect(officer.get_by_text("已发出 4 份。")).to_be_visible()
    officer.get_by_role("link", name="关于尽快公开季度财务的提醒函").first.click()
    looked_at(officer)

    editor.goto(f"{address}/asked/letters/")
    editor.get_by_role("link", name="关于尽快公开季度财务的提醒函").click()
    editor.get_by_label("回复内容").fill("已经安排补报。")
    looked_at(editor)
    editor.get_by_role("button", name="提交回复").click()
    expect(editor.get_by_text("已回复。")).to_be_visible()

    officer.goto(f"{address}/rectifying/new")
    officer.get_by_label("单位").select_option(label="示例财政局")
    officer.get_by_label("问题").fill("三公经费没有公开")
    officer.get_by_label("整改期限").fill("2026年12月11日")
    officer.get_by_role("button", name="列入台账").click()
    expect(officer.get_by_text("已列入整改台账")).to_be_visible()
    register = officer.url
    editor.goto(f"{address}/asked/rectifying/")
    editor.get_by_role("link", name="三公经费没有公开").click()
    for label, text in (
        ("整改措施", "补充公开"),
        ("责任领导", "陈示一"),
        ("责任人", "方示九"),
        ("佐证说明", "已经补充"),
    ):
        editor.get_by_label(label, exact=True).fill(text)
    looked_at(editor)
    editor.get_by_role("button", name="整改完成，报请验收").click()
    expect(editor.get_by_text("已报请验收。")).to_be_visible()
    officer.goto(register)
    officer.get_by_text("登记第三方验收，销号").click()
    for label, text in (("验收人", "方示九"), ("验收单位", "示例会计师事务所"), ("验收意见", "已经补齐")):
        officer.get_by_label(label, exact=True).fill(text)
    officer.get_by_role("button", name="验收通过，销号").click()
    expect(officer.locator("#accept-name-err")).to_contain_text("请由第三方验收")
    looked_at(officer)
    officer.get_by_label("验收人", exact=True).fill("卫示九")
    officer.get_by_role("button", name="验收通过，销号").click()
    expect(officer.get_by_text("已验收销号。")).to_be_visible()

    officer.goto(f"{address}/grants/extend")
    officer.get_by_label("示例住建局").check()
    officer.get_by_label("公开义务").select_option(label="季度财务")
    officer.get_by_label("所属期").fill("2026Q3")
    officer.get_by_label("延期后的日期").fill("2026年12月4日")
    officer.get_by_label("原因").fill("系统迁移")
    officer.get_by_label("批准人或批准机关").fill("示例区纪委监委")
    officer.get_by_role("button", name="看登记后会怎样").click()
    expect(officer.get_by_text("期限已过，不消除迟公开").first).to_be_visible()
    looked_at(officer)
    officer.get_by_role("button", name="登记", exact=True).click()
    expect(officer.get_by_text("已为 1 个单位登记延期")).to_be_visible()

    officer.goto(f"{address}/outcomes/new")
    officer.get_by_label("单位").select_option(label="示例财政局")
    officer.get_by_label("种类").select_option(label="诫勉")
    officer.get_by_label("姓名").fill("蒋示八")
    officer.get_by_label("决定日期").fill("2026年11月12日")
    officer.get_by_label("依据").fill("示例办法第三条")
    officer.get_by_role("button", name="登记", exact=True).click()
    expect(officer.get_by_text("影响期到2027年5月12日")).to_be_visible()
    looked_at(officer)
    for one in (officer, editor):
        one.context.close()
