"""What can go wrong between the form and the receipt: nothing is lost, and nothing is filed twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Route

from portal.domain.reports.codes import derive, read_code
from portal.store.reports.tables import ReportPart, SealedReport
from tests.browser.reporting_site import (  # noqa: F401 - the fixtures.
    WHAT,
    Site,
    browser,
    made,
    site,
    world,
)
from tests.web.report.world import SLUG

pytestmark = pytest.mark.browser


def test_a_lost_answer_does_not_file_a_report_twice(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    site.look()
    lose = [True]

    def lost(one: Route) -> None:
        if lose.pop() if lose else False:
            one.fetch()
            one.abort()
        else:
            one.continue_()

    page.route(f"**/{SLUG}/reports", lost)
    page.get_by_role("button", name="加密并提交").click()
    site.says("send-failed-why", "[trouble-network]")
    assert len(site.world.rows(SealedReport)) == 1
    page.get_by_role("button", name="再试一次").click()
    page.locator("[data-view=receipt]").wait_for()
    bodies = [json.loads(one.post_data or "{}")["body"] for one in site.posts("reports")]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]
    assert len(site.world.rows(SealedReport)) == 1


def test_a_text_changed_after_a_lost_answer_is_not_filed_beside_the_first(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    site.look()
    lose = [True]

    def lost(one: Route) -> None:
        if lose.pop() if lose else False:
            one.fetch()
            one.abort()
        else:
            one.continue_()

    page.route(f"**/{SLUG}/reports", lost)
    page.get_by_role("button", name="加密并提交").click()
    page.locator("[data-part=send-failed]").wait_for()
    page.locator("[data-view=sending]").get_by_role("button", name="返回修改").click()
    assert page.locator("[name=what]").input_value() == WHAT
    site.look(what=f"{WHAT} 又想起一件事。")
    code = site.submit()
    site.says("earlier-arrived", "[earlier-arrived]")
    row, _, found = site.opened()
    assert found.content.what == WHAT
    assert row.lookup == derive(read_code(code)).lookup
    assert len(site.world.rows(SealedReport)) == 1


def test_nothing_is_lost_when_the_network_is(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    site.look()
    page.context.set_offline(True)
    page.get_by_role("button", name="加密并提交").click()
    site.says("send-failed-why", "[trouble-network]")
    page.locator("[data-view=sending]").get_by_role("button", name="返回修改").click()
    assert page.locator("[name=what]").input_value() == WHAT
    page.context.set_offline(False)
    page.get_by_role("button", name="核对", exact=True).click()
    site.submit()
    assert len(site.world.rows(SealedReport)) == 1


def test_a_newer_key_list_is_taken_and_a_changed_route_is_shown_first(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    site.look()
    site.world.publish()  # The same people under a new serial.
    site.submit()
    assert site.world.rows(SealedReport)[0].serial == 2
    page.get_by_label("我已保存查询码").check()
    site.ready()
    site.look()
    holders = tuple(one for one in site.world.key_list.holders if one.name != "示例丙")
    site.world.publish(holders=holders)
    page.get_by_role("button", name="加密并提交").click()
    site.says("review-told", "[route-changed]")
    site.shows("openers", "[holder 示例甲 承办]", "[holder 示例乙 承办]")
    assert len(site.world.rows(SealedReport)) == 1
    site.submit()
    assert site.world.rows(SealedReport)[1].serial == 3


def test_a_list_replaced_in_the_last_moment_means_sealing_once_more(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    site.look()
    changed: list[int] = []

    def replaced(one: Route) -> None:
        if not changed:
            changed.append(site.world.publish().serial)
        one.continue_()

    page.route(f"**/{SLUG}/reports", replaced)
    site.submit()
    sent = [json.loads(one.post_data or "{}") for one in site.posts("reports")]
    assert [one["serial"] for one in sent] == [1, 2]
    assert sent[0]["lookup"] == sent[1]["lookup"]
    assert sent[0]["body"] != sent[1]["body"]
    assert len(site.world.rows(SealedReport)) == 1


def test_the_work_can_be_cancelled(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    site.look()

    def hard(one: Route) -> None:
        told = one.fetch()
        one.fulfill(response=told, json=told.json() | {"bits": 60})

    page.route(f"**/{SLUG}/start", hard)
    page.get_by_role("button", name="加密并提交").click()
    page.get_by_text("[step-work]").wait_for()
    page.get_by_role("button", name="取消").click()
    site.says("review-told", "[cancelled]")
    assert site.posts("reports") == []


def test_a_file_that_fails_is_sent_again_and_stored_once(site: Site, tmp_path: Path) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    files = [tmp_path / name for name in ("一.txt", "二.txt")]
    for file in files:
        file.write_text("示例材料", encoding="utf-8")
    site.choose("report-form", *files)
    page.get_by_role("button", name="[file-remove 一.txt]").click()
    site.choose("report-form", files[0], all_in_all=2)
    site.look()
    lose = [True]

    def lost(one: Route) -> None:
        if lose.pop() if lose else False:
            one.fetch()
            one.abort()
        else:
            one.continue_()

    page.route(f"**/{SLUG}/parts", lost)
    site.submit()
    page.locator("[data-part=attachments] li[data-state=done]").wait_for()
    failed = page.locator("[data-part=attachments] li[data-state=failed]")
    assert "[upload-failed [trouble-network]]" in failed.inner_text()
    page.get_by_label("我已保存查询码").check()
    page.get_by_role("button", name="完成，离开本页").click()
    site.says("leave-told", "[leave-failed]")
    failed.get_by_role("button", name="重试").click()
    failed.wait_for(state="detached")
    page.locator("[data-part=attachments] li[data-state=done]").nth(1).wait_for()
    site.says("attachments-head", "[attachments-done]")
    assert len(site.world.rows(ReportPart)) == 2
