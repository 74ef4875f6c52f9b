"""Following a report by its query code, answers both ways, and checking a filing receipt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from portal.domain.reports.codes import derive, read_code
from portal.services.reports import age, sealing
from portal.store.reports.tables import ReportPart
from tests.browser.reporting_site import (  # noqa: F401 - the fixtures.
    CANARY,
    Site,
    answer,
    browser,
    change,
    leaked,
    made,
    site,
    world,
)
from tests.web.report.world import SLUG

pytestmark = pytest.mark.browser


def test_a_report_is_followed_and_answered_both_ways(site: Site, tmp_path: Path) -> None:  # noqa: F811 - the fixture.
    site.ready()
    site.look()
    code = site.submit()
    site.page.get_by_label("我已保存查询码").check()
    answer(site, "请补充会议的地点。")
    answer(site, "请到这个网址登录。", key=bytes(32))
    before = len(site.asked)
    page = site.open("status")
    page.get_by_label("查询码").fill(code[:-1] + ("0" if code[-1] != "0" else "1"))
    page.get_by_role("button", name="查询").click()
    site.says("code-told", "[code-check]")
    page.get_by_label("查询码").fill(code[:9])
    page.get_by_role("button", name="查询").click()
    site.says("code-told", "[code-length]")
    assert [one.url for one in site.asked[before:] if one.method == "POST"] == []
    page.get_by_label("查询码").fill(f" {code.lower().replace('-', '－')} ")
    page.get_by_role("button", name="查询").click()
    site.says("state", "[state-received]")
    site.says("clock", "[clock-accept 2026年12月14日]")
    assert page.locator("[name=code]").input_value() == ""
    thread = page.locator("[data-part=thread] li")
    expect(thread.nth(0)).to_have_text("2026年11月23日 请补充会议的地点。", use_inner_text=True)
    expect(thread.nth(1)).to_contain_text("[reply-false]")

    file = tmp_path / "会议记录.pdf"
    file.write_bytes(b"%PDF-1.4 sample")
    page.get_by_label("补充").fill(f"地点是三楼会议室。{CANARY}")
    site.choose("message-form", file)
    page.get_by_role("button", name="加密并发送").click()
    page.locator("[data-part=attachments] li[data-state=done]").wait_for()
    expect(thread).to_have_count(4)
    expect(thread.nth(2)).to_have_text("[own-message 2026年11月23日]")
    expect(thread.nth(3)).to_have_text("[own-attachment 2026年11月23日]")
    assert page.get_by_label("补充").input_value() == ""
    _, case, _ = site.opened()
    message, attached = site.world.rows(ReportPart)[2:]
    said = sealing.open_said(message.sealed, case, reply_key=derive(read_code(code)).reply)
    assert said is not None
    assert said.genuine
    assert sealing.open_message(message.sealed, case) == f"地点是三楼会议室。{CANARY}"
    opened = sealing.open_attachment(attached.sealed, case)
    assert opened is not None
    assert (opened.name, opened.data) == ("附件1.pdf", b"%PDF-1.4 sample")
    assert leaked(site, CANARY, code, read_code(code), "请补充会议的地点") == []

    change(site, state="not_accepted", reason="litigation")
    page.get_by_role("button", name="刷新").click()
    page.get_by_text("[state-not_accepted]").wait_for()
    site.says("reason", "[reason-litigation]")
    site.says("where-to-go", "[where-litigation]")
    page.get_by_role("button", name="离开并清除").click()
    page.wait_for_url("**/left.html")


def test_an_exchanged_case_key_and_an_unknown_code_are_told(site: Site) -> None:  # noqa: F811 - the fixture.
    site.ready()
    site.look()
    code = site.submit()
    site.page.get_by_label("我已保存查询码").check()
    change(site, case_key=age.new_identity()[1])
    page = site.open("status")
    page.get_by_label("查询码").fill("0000-0000-0000-0000-0000-0000-0")
    page.get_by_role("button", name="查询").click()
    page.get_by_text("[not-found]").wait_for()
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查询").click()
    site.says("binding-wrong", "[binding-wrong]")
    assert page.locator("[data-part=message]").is_hidden()


def test_a_lost_message_is_sent_again_and_stored_once(site: Site) -> None:  # noqa: F811 - the fixture.
    site.ready()
    site.look()
    code = site.submit()
    site.page.get_by_label("我已保存查询码").check()
    page = site.open("status")
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查询").click()
    page.get_by_role("button", name="加密并发送").click()
    site.says("message-told", "[nothing-to-send]")
    page.get_by_label("补充").fill(f"查询码 {code}")
    page.get_by_role("button", name="加密并发送").click()
    site.says("message-told", "[code-inside]")
    page.get_by_label("补充").fill("第二次会议在十月。")
    page.route(f"**/{SLUG}/parts", lambda one: (one.fetch(), one.abort()))
    page.get_by_role("button", name="加密并发送").click()
    page.get_by_text("[trouble-network]").wait_for()
    page.unroute(f"**/{SLUG}/parts")
    page.get_by_role("button", name="加密并发送").click()
    page.get_by_text("[message-sent]").wait_for()
    assert len(site.world.rows(ReportPart)) == 1


def test_a_receipt_is_checked_without_sending_it(site: Site, tmp_path: Path) -> None:  # noqa: F811 - the fixture.
    site.ready()
    site.look()
    site.submit()
    proof = site.page.locator("[data-part=proof-text]").input_value()
    receipt = site.page.locator("[data-part=receipt-text]").input_value()
    site.page.get_by_label("我已保存查询码").check()
    posted = len([one for one in site.asked if one.method == "POST"])
    page = site.open("check")
    changed = json.loads(proof)
    changed["content"] = changed["content"].replace("先定调", "后定调")
    file = tmp_path / "note.json"
    cases = {
        receipt: ("[check-good 2026年11月23日]", "[content-missing]"),
        proof: ("[check-good 2026年11月23日]", "[content-good]"),
        json.dumps(changed): ("[check-good 2026年11月23日]", "[content-wrong]"),
        receipt.replace("2026-11-23", "2026-11-22"): ("[check-unsigned]", None),
        "随便写的": ("[check-malformed]", None),
    }
    for text, (signature, content) in cases.items():
        page.get_by_label("凭证").fill(text)
        page.get_by_role("button", name="核对").click()
        site.says("signature", signature)
        if content:
            site.says("content", content)
        else:
            assert page.locator("[data-part=content]").is_hidden()
    file.write_text(proof, encoding="utf-8")
    page.get_by_label("文件").set_input_files(file)
    page.get_by_text("[content-good]").wait_for()
    # A file that cannot be a receipt is told, and what stood in the field is not taken for it.
    file.write_bytes(b"x" * 2_000_001)
    page.get_by_label("文件").set_input_files(file)
    page.get_by_text("[check-malformed]").wait_for()
    assert page.get_by_label("凭证").input_value() == ""
    assert len([one for one in site.asked if one.method == "POST"]) == posted
