"""A citizen's report from the form to what an officer reads: real Chromium, the real report host."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from portal.domain.reports.codes import derive, read_code
from portal.domain.reports.keylist import HolderRank
from portal.services.reports import filing, sealing
from portal.store.reports.tables import ReportPart
from tests.browser.reporting_site import (  # noqa: F401 - the fixtures.
    CANARY,
    WHAT,
    Site,
    browser,
    leaked,
    made,
    site,
    world,
)
from tests.site.chromium import until
from tests.vectors import sample_pictures
from tests.web.report.world import NOON, SLUG

pytestmark = pytest.mark.browser


def test_a_report_is_sealed_filed_and_opened_by_an_officer(site: Site, tmp_path: Path) -> None:  # noqa: F811 - the fixture.
    page = site.open("left")
    page.evaluate("window.name = 'report:' + JSON.stringify({item: 'XZ-2026-001', title: '某项目招标'})")
    page = site.ready()
    assert page.evaluate("window.name") == ""
    assert page.url.endswith("/form.html")
    photo = tmp_path / "现场照片 示例甲.png"
    photo.write_bytes(sample_pictures.png())
    site.choose("report-form", photo)
    expect(page.locator("[data-part=chosen]")).to_contain_text("[file-cleaned")
    page.locator("[name=person_name]").nth(1).fill("方示九")
    page.locator("[name=person_post]").nth(1).fill("局长")
    site.look(when="2026年11月2日")
    summary = page.locator("[data-part=summary]").inner_text()
    assert CANARY in summary
    assert "某项目招标 XZ-2026-001" in summary
    assert "没有末位表态" in summary
    expect(page.locator("[data-part=openers] li")).to_have_count(3)
    code = site.submit()
    page.locator("[data-part=attachments] li[data-state=done]").wait_for()

    row, case, found = site.opened()
    content = found.content
    assert (content.what, content.when, content.unit) == (WHAT, "2026年11月2日", "示例县某局")
    assert content.record is not None
    assert (content.record.index_no, content.record.title) == ("XZ-2026-001", "某项目招标")
    assert [(one.name, one.post) for one in content.persons] == [("方示九", "局长")]
    assert (content.attachments, content.route, content.left_out) == (1, "own", ())
    assert (row.lookup, row.sealed_by) == (derive(read_code(code)).lookup, "browser")
    (part,) = site.world.rows(ReportPart)
    file = sealing.open_attachment(part.sealed, case)
    assert file is not None
    assert (file.name, file.type) == ("附件1.png", "image/png")
    assert file.data == sealing.clean_picture(photo.read_bytes())
    receipt = page.locator("[data-part=receipt-text]").input_value()
    told = filing.verify_receipt(receipt, site.world.key_list.receipt_key)
    assert told.commitment == found.commitment
    assert page.locator("[data-part=receipt-wrong]").is_hidden()
    expect(page.locator("[data-part=accept-by]")).to_contain_text("2026年12月14日")
    proof = json.loads(page.locator("[data-part=proof-text]").input_value())
    assert proof["content"] == found.text
    assert base64.b64decode(proof["salt"]) == found.salt
    # Nothing of it went out in clear, and nothing is kept.
    assert leaked(site, CANARY, "方示九", code, read_code(code), "现场照片") == []
    kept = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie, location.href, document.title, history.length])"
    assert code not in page.evaluate(kept)
    assert CANARY not in page.evaluate("document.body.innerHTML")
    assert page.locator("#report-form").count() == 0
    assert [one for one in site.told if "Security" in one or "Error" in one] == []


def test_the_way_back_of_the_browser_leads_from_the_review_to_what_was_written(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    site.look()
    page.go_back()
    page.locator("[data-view=form]").wait_for()
    assert page.locator("[name=what]").input_value() == WHAT
    page.get_by_role("button", name="核对").click()
    page.locator("[data-view=review]").wait_for()
    site.submit()
    # The page's own listener came first: it has heard of it by then.
    page.evaluate("new Promise(done => { addEventListener('popstate', () => done()); history.back(); })")
    assert page.locator("[data-view=receipt]").is_visible()


def test_the_receipt_asks_whether_the_code_was_kept_before_it_lets_go(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    site.look()
    code = site.submit()
    assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{4}-){6}[0-9A-HJKMNP-TV-Z]", code)
    copied = page.get_by_label("抄对了吗")
    copied.fill(code[:10])
    site.says("copied-told", "[copied-short]")
    copied.fill(code.lower().replace("-", " "))
    site.says("copied-told", "[copied-right]")
    assert page.locator("[data-part=qr] svg").get_attribute("aria-label") == "[qr-label]"
    asked: list[str] = []
    page.on("dialog", lambda one: (asked.append(one.type), one.dismiss()))
    page.evaluate("setTimeout(() => { location.href = 'left.html'; })")
    until(page, lambda: asked)
    page.get_by_role("button", name="完成，离开本页").click()
    site.says("leave-told", "[leave-unsaved]")
    page.get_by_label("我已保存查询码").check()
    page.get_by_role("button", name="完成，离开本页").click()
    page.wait_for_url("**/left.html")
    assert asked == ["beforeunload"]
    page.go_back()
    page.locator("#report-fields:not([disabled])").wait_for()
    assert code not in page.content()
    assert CANARY not in page.content()


def test_the_proof_can_be_downloaded_under_a_neutral_name(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    site.look()
    site.submit()
    with page.expect_download() as got:
        page.get_by_role("link", name="下载").click()
    assert (
        Path(got.value.path()).read_text(encoding="utf-8")
        == page.locator("[data-part=proof-text]").input_value()
    )
    assert re.search("report|举报", got.value.suggested_filename) is None


def test_nothing_can_be_typed_or_sent_before_sealing_is_certain(site: Site) -> None:  # noqa: F811 - the fixture.
    held: list[Route] = []
    site.page.route(f"**/{SLUG}/start", lambda one: held.append(one))
    page = site.open("form")
    page.locator("[data-part=preparing]").wait_for()
    until(page, lambda: held)
    assert page.locator("[name=what]").is_disabled()
    page.evaluate("document.getElementById('report-form').requestSubmit()")
    assert page.url.endswith("/form.html")
    assert page.locator("[data-view=review]").is_hidden()
    for one in held:
        one.abort()
    site.says("failed-why", "[failed-host]")
    assert page.locator("[name=what]").is_disabled()
    page.unroute(f"**/{SLUG}/start")
    page.get_by_role("button", name="重试").click()
    page.locator("#report-fields:not([disabled])").wait_for()
    assert site.posts("reports") == []


def test_a_script_that_never_begins_is_told(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.page
    page.route("**/report-form.js", lambda one: one.abort())
    site.open("form")
    site.says("failed-why", "[failed-script]")
    assert page.locator("[name=what]").is_disabled()
    page.unroute("**/report-form.js")
    page.route(
        "**/vendor/sealing.js",
        lambda one: one.fulfill(body="export const qr = 1;", content_type="text/javascript"),
    )
    with page.expect_navigation():
        page.get_by_role("button", name="重试").click()
    expect(page.locator("[data-part=failed]")).to_be_hidden()
    page.clock.fast_forward("00:15")  # A script that cannot be read says nothing: it is waited for.
    site.says("failed-why", "[failed-script]")
    page.unroute("**/vendor/sealing.js")
    page.get_by_role("button", name="重试").click()
    page.locator("#report-fields:not([disabled])").wait_for()


def test_a_list_that_is_not_to_be_trusted_stops_everything(site: Site) -> None:  # noqa: F811 - the fixture.
    good = site.published()
    other = json.loads(good)
    other["list"] = other["list"].replace("示例乙", "示例己")
    site.lists = lambda: json.dumps(other).encode()
    page = site.open("form")
    site.says("failed-why", "[failed-list]")
    # The host still gives a list older than the one beside the pages.
    newer = site.world.publish()
    site.lists = lambda: site.published()
    page.route(
        f"**/{SLUG}/start",
        lambda one: one.fulfill(
            json={"key_list": json.loads(good), "challenge": "x", "bits": 1, "limits": {}},
            headers={"Access-Control-Allow-Origin": "*"},
        ),
    )
    page.get_by_role("button", name="重试").click()
    page.get_by_text("[failed-older]").wait_for()
    assert newer.serial == 2
    page.unroute(f"**/{SLUG}/start")
    page.clock.set_fixed_time("2100-01-02T00:00:00Z")
    page.get_by_role("button", name="重试").click()
    page.get_by_text("[failed-expired]").wait_for()
    site.lists = lambda: b"\xff"
    page.get_by_role("button", name="重试").click()
    page.get_by_text("[failed-list]").wait_for()
    assert page.locator("[name=what]").is_disabled()


def test_what_is_missing_is_listed_and_leads_to_the_fields(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    page.locator("[name=unit]").press("Enter")
    site.shows(
        "problem-list", "[need-real-name]", "[need-unit]", "[need-category]", "[need-what]", "[need-truth]"
    )
    expect(page.locator("[data-part=problems]")).to_be_focused()
    page.get_by_role("link", name="[need-unit]").click()
    expect(page.locator("[name=unit]")).to_be_focused()
    assert page.url.endswith("/form.html")
    described = page.locator("[name=unit]").get_attribute("aria-describedby") or ""
    assert page.locator(f"#{described}").inner_text() == "[need-unit]"
    page.get_by_label("实名").check()
    site.fill(what="太短", when="x" * 301)
    page.get_by_label("实名").check()
    page.locator("[name=person_unit]").first.fill("示例县某局")
    page.get_by_role("button", name="核对", exact=True).click()
    site.shows(
        "problem-list",
        "[need-name]",
        "[need-phone]",
        "[need-person-name]",
        "[short-what 20 2]",
        "[too-long when 300 301]",
    )
    page.locator("[name=what]").fill(f"{WHAT} 查询码 0000-0000-0000-0000-0000-0000-0")
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.locator("[data-part=problem-list]")).to_contain_text("[code-inside 主要问题]")
    assert site.posts("reports") == []


def test_the_reporter_decides_about_holders_named_in_the_text(site: Site) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    page.get_by_label("[holder 示例丙 承办]").check()
    site.look(what=f"{WHAT} 我先找过示例乙。")
    site.shows("left-out-list", "[holder 示例乙 承办]", "[holder 示例丙 承办]")
    site.shows("openers", "[holder 示例甲 承办]")
    page.get_by_label("不涉及").check()
    site.shows("left-out-list", "[holder 示例丙 承办]")
    site.shows("openers", "[holder 示例甲 承办]", "[holder 示例乙 承办]")
    site.submit()
    row, _, found = site.opened("示例乙")
    assert sealing.open_grants(row.grants, site.world.identities["示例丙"]) is None
    ids = {one.name: one.id for one in site.world.key_list.holders}
    assert found.content.left_out == (ids["示例丙"],)


def test_a_report_about_the_head_goes_up_and_without_a_superior_it_is_not_sent(site: Site) -> None:  # noqa: F811 - the fixture.
    site.ready()
    site.look(person_name="示例 甲")
    site.says("route", "[route-superior 金湖县纪委监委]")
    site.submit()
    row, _, found = site.opened("示例上")
    assert found.content.route == "superior"
    assert [sealing.open_grants(row.grants, site.world.identities[one]) for one in ("示例甲", "示例乙")] == [
        None
    ] * 2
    holders = tuple(one for one in site.world.key_list.holders if one.rank is not HolderRank.SUPERIOR)
    site.world.publish(holders=holders, accept_previous_until=NOON.date())
    page = site.page
    page.get_by_label("我已保存查询码").check()
    site.ready()
    site.look(person_name="示例甲")
    site.says("no-recipient", "[no-recipient 金湖县纪委监委]")
    expect(page.get_by_role("button", name="加密并提交")).to_be_disabled()
    assert len(site.posts("reports")) == 1


def test_what_is_looked_over_has_the_file_that_is_still_being_read(site: Site, tmp_path: Path) -> None:  # noqa: F811 - the fixture.
    page = site.ready()
    page.evaluate(
        "() => { const own = Blob.prototype.arrayBuffer; Blob.prototype.arrayBuffer = function () {"
        " return new Promise(done => { window.letGo = () => { Blob.prototype.arrayBuffer = own; done(own.call(this)); }; }); }; }"
    )
    photo = tmp_path / "现场.png"
    photo.write_bytes(sample_pictures.png())
    page.locator("#report-form [name=files]").set_input_files(photo)
    site.fill()
    page.get_by_role("button", name="核对", exact=True).click()
    page.evaluate("window.letGo()")
    page.locator("[data-view=review]").wait_for()
    expect(page.locator("[data-part=summary]")).to_contain_text("现场.png")
