"""Filling in a disclosure in a real browser: by itself saved, rows without reload, two people, no script, a phone."""

# ruff: noqa: F811 - the office's own fixtures are imported, and asked for by name.

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright
from sqlalchemy import select
from werkzeug.serving import make_server

from portal.exchange.forms import entries_of
from portal.store.tables import Draft
from tests.site.chromium import launched, until
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


Open = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser, world: World, address: str) -> Iterator[Open]:
    """Opens a page of the office as a new editor."""
    contexts: list[BrowserContext] = []

    def run(path: str, *, width: int = 1280, scripts: bool = True) -> Page:
        client = world.client("editor")
        cookie = next(iter(client._cookies.values()))  # type: ignore[attr-defined] # the test client's own jar.
        context = browser.new_context(viewport={"width": width, "height": 900}, java_script_enabled=scripts)
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.goto(address + path)
        return page

    yield run
    for one in contexts:
        one.close()


@pytest.fixture
def path(world: World) -> str:
    answer = world.post(world.client("editor"), "/drafts/new/finance", {"how": "blank", "period": "2026Q3"})
    return str(answer.location)


def typed(world: World, path: str) -> dict[str, str]:
    world.session.rollback()
    kept = world.session.scalar(select(Draft.entries).where(Draft.uid == path.rsplit("/", 1)[-1]))
    found: dict[str, str] = json.loads(kept or "{}")
    return found


def unfold(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details.part').forEach(one => one.open = true)")


def test_what_is_typed_is_saved_by_itself_and_errors_appear_beside_it(
    world: World,
    opened: Open,
    path: str,
) -> None:
    page = opened(path)
    unfold(page)

    held: list[Route] = []
    page.route(
        "**/autosave", lambda route: held.append(route)
    )  # However slow the machine is: first looked at, then saved.

    page.get_by_label("公开起始日期").fill("2026-02-30")
    expect(page.locator("#saved")).to_contain_text("有改动")
    page.get_by_label("公开起始日期").blur()
    until(page, lambda: held)
    for one in held:
        one.continue_()
    page.unroute("**/autosave")

    expect(page.locator("#f-opened_on-said")).to_contain_text("没有 30 日")
    expect(page.locator("#saved")).to_contain_text("12:00 已保存")
    expect(page.locator("#status")).to_contain_text("1 处待改")
    assert typed(world, path)["opened_on"] == "2026-02-30"
    page.get_by_label("公开起始日期").fill("2026-02-28")
    expect(page.locator("#f-opened_on-said")).to_be_empty()  # Saved some time after the last key.
    assert typed(world, path)["opened_on"] == "2026-02-28"


def test_rows_are_added_inserted_and_removed_without_a_reload_and_summed(
    world: World,
    opened: Open,
    path: str,
) -> None:
    page = opened(path)
    unfold(page)
    table = page.locator("[data-table=expense]")
    page.evaluate("window.here = true")

    for item, amount in (("甲", "1,000.10"), ("乙", "1.2万元")):
        table.locator("[data-add]").click()
        row = table.locator(".row").last
        row.get_by_label("项目").fill(item)
        row.get_by_label("本期金额").fill(amount)
    expect(table.locator("[data-total=amount]")).to_have_text("13,000.10")
    table.locator(".row").nth(1).locator("[data-insert]").click()
    table.locator(".row").nth(1).get_by_label("项目").fill("丙")
    table.locator(".row").nth(0).locator("[data-remove]").click()
    expect(page.locator("#saved")).to_contain_text("已保存")

    found = typed(world, path)
    assert (found["expense-0-item"], found["expense-1-item"], found["expense-1-amount"]) == (
        "丙",
        "乙",
        "1.2万元",
    )
    assert "expense-2-item" not in found
    assert page.evaluate("window.here")
    ids = page.evaluate("Array.from(document.querySelectorAll('[id]')).map(one => one.id)")
    assert len(ids) == len(set(ids))
    expect(table.locator("[data-total=amount]")).to_have_text("12,000.00")


def test_two_browsers_over_one_draft_lose_nothing(world: World, opened: Open, path: str) -> None:
    first, second = opened(path), opened(path)
    for page, words, told in ((first, "先到的说明", " 已保存"), (second, "后到的说明", "已另外保存")):
        unfold(page)
        page.locator("#f-explanation").fill(words)
        page.locator("#f-explanation").blur()
        expect(page.locator("#saved")).to_contain_text(told)

    expect(second.locator("#trouble")).to_contain_text("没有丢失")
    assert second.locator("#f-explanation").input_value() == "后到的说明"
    second.locator("#trouble a").click()
    expect(second.locator("main")).to_contain_text("先到的说明")
    second.get_by_role("button", name="全部用我的").click()

    expect(second.locator("#f-explanation")).to_have_value("后到的说明")
    assert typed(world, path)["explanation"] == "后到的说明"


def test_when_the_server_is_away_the_page_says_so_keeps_the_text_and_saves_later(
    world: World,
    opened: Open,
    path: str,
) -> None:
    page = opened(path)
    unfold(page)
    page.route("**/autosave", lambda route: route.abort())

    page.locator("#f-explanation").fill("断网时写的")
    page.locator("#f-explanation").blur()

    expect(page.locator("#trouble")).to_contain_text("仍在本页")
    assert page.locator("#f-explanation").input_value() == "断网时写的"
    page.unroute("**/autosave")
    page.locator("#f-explanation").fill("断网时写的，又加一句")
    expect(page.locator("#saved")).to_contain_text(" 已保存")
    expect(page.locator("#trouble")).to_be_hidden()
    assert typed(world, path)["explanation"] == "断网时写的，又加一句"


def test_somebody_is_warned_before_the_session_ends(opened: Open, path: str) -> None:
    page = opened(path)
    page.clock.install()
    page.reload()
    page.clock.fast_forward("45:00")  # The clock goes on by itself meanwhile.
    expect(page.locator("#trouble")).to_be_hidden()
    page.clock.fast_forward("12:00")

    expect(page.locator("#trouble")).to_contain_text("过期")


def test_sending_right_after_typing_is_no_conflict_with_oneself(
    world: World,
    opened: Open,
    path: str,
    a_quarter: Any,
) -> None:
    uid = path.rsplit("/", 1)[-1]
    world.post(world.client("editor"), f"/drafts/{uid}", {"revision": "1", **entries_of(a_quarter())})
    page = opened(path)
    unfold(page)

    page.locator("#f-explanation").fill("最后一句")
    page.locator("#f-explanation").blur()
    page.get_by_role("button", name="送审").click()

    page.wait_for_url(re.compile(r"/$"))
    world.session.rollback()
    found = world.session.scalar(select(Draft).where(Draft.uid == uid))
    assert found
    world.session.refresh(found)
    assert found.state == "submitted"
    assert "最后一句" in (found.entries or "")


def test_without_scripts_the_whole_form_works(world: World, opened: Open, path: str) -> None:
    page = opened(path, scripts=False)
    page.locator("summary", has_text="收支情况").click()
    page.locator("[data-table=expense] [data-add]").click()
    page.locator("#f-expense-0-item").fill("办公费")
    page.locator("#f-expense-0-amount").fill("十二")
    page.locator("#f-expense-0-amount").press("Enter")  # The first button of the form is to save.

    expect(page.locator(".err-sum")).to_contain_text("支出明细第 1 行·本期金额")
    expect(page.locator("#f-expense-0-amount")).to_have_value("十二")
    page.locator("[data-table=expense] .paste summary").click()
    page.locator("#paste-expense").fill("差旅费\t\t\t5\n")
    page.get_by_role("button", name="粘贴到表中").click()
    expect(page.locator("#f-expense-1-item")).to_have_value("差旅费")
    page.locator("[data-table=expense] [data-remove]").first.click()
    expect(page.locator("#f-expense-0-item")).to_have_value("差旅费")
    assert typed(world, path)["expense-0-amount"] == "5.00"


@pytest.mark.parametrize(
    ("kind", "width"),
    [
        ("finance", 1280),
        ("finance", 390),
        ("tender", 390),
        ("decision", 1280),
        *(
            pytest.param(*one, marks=pytest.mark.thorough)
            for one in (("decision", 390), ("tender", 1280), ("regulation", 1280), ("regulation", 390))
        ),
    ],
)
def test_forms_are_accessible_and_stay_within_the_screen(
    world: World,
    opened: Open,
    kind: str,
    width: int,
) -> None:
    client = world.client("editor")
    made = world.post(client, f"/drafts/new/{kind}", {"how": "blank", "period": "2026Q3"}).location
    tables = {"finance": "payments", "decision": "attendees", "tender": "bidders", "regulation": "blocks"}
    long = "很长的名称" * 30 + "VeryLongWordWithoutAnyBreak" * 6
    world.post(
        client,
        made,
        {"revision": "1", "title": long, f"{tables[kind]}-0-reason": long, "do": f"add:{tables[kind]}"},
    )

    for path in (f"/drafts/new/{kind}", made, f"{made}/discard", f"{made}/copies"):
        page = opened(path, width=width)
        unfold(page)
        page.wait_for_load_state()
        page.evaluate(AXE_SCRIPT)
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"]][:3]) for one in found] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.context.close()


def test_the_page_of_a_conflict_is_accessible_on_a_phone(world: World, opened: Open, path: str) -> None:
    for words in ("先", "后" * 200):
        world.post(world.client("editor"), path, {"revision": "1", "explanation": words})
    page = opened(f"{path}/copies", width=390)
    page.locator("main a[href*=copies]").first.click()

    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    assert page.evaluate("axe.run()")["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
