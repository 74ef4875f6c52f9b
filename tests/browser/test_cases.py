"""Sealed reports at the office in a real browser: unlocking, opening, deciding, answering, two keys, other channels."""

# ruff: noqa: F811 - the office's own fixtures are imported, and asked for by name.

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, Route, expect, sync_playwright
from sqlalchemy.orm import Session
from werkzeug.serving import make_server

from portal.domain.calendar import quarter_of
from portal.domain.reports.codes import new_code
from portal.domain.reports.content import read_content
from portal.domain.reports.routing import choose_route
from portal.domain.supervision.terms import WarningTerms
from portal.domain.supervision.warnings import Counted, score
from portal.domain.supervision.warnings import State as Warned
from portal.services.reports import age, keyring, sealing
from portal.store.reports.tables import KeyHolder, ReportPart, SealedReport
from portal.store.tables import Unit, UnitAlias
from tests.databases import for_everybody
from tests.light_keys import light_key_file
from tests.site.chromium import PATIENCE, launched, until
from tests.web.office.cases.bureau import SLUG, TEXT, Bureau
from tests.web.office.cases.conftest import bureau, bureau_of_two  # noqa: F401 - fixtures of the routes' tests.
from tests.web.office.conftest import other_unit, world  # noqa: F401 - fixtures of the office's own tests.
from tests.web.office.test_warnings import cell
from tests.web.office.world import World

pytestmark = pytest.mark.browser
PASSPHRASE = "示例口令 七个词 连成一句"
_SLOW = 3 * PATIENCE  # For what a passphrase's own price makes slow on purpose.


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@pytest.fixture
def address(world: World) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, world.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


Open = Callable[..., Page]


@pytest.fixture
def sat(browser: Browser, world: World, address: str) -> Iterator[Open]:
    """Opens a page of the office as one of a commission's officers. What the browser refuses or throws fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def run(office: Bureau, name: str, path: str = "/reports/", *, width: int = 1280) -> Page:
        client = office.browser(name)
        cookie = next(iter(client._cookies.values()))  # type: ignore[attr-defined] # the test client's own jar.
        context = browser.new_context(viewport={"width": width, "height": 900}, accept_downloads=True)
        context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": address}])
        contexts.append(context)
        page = context.new_page()
        page.clock.set_fixed_time(office.world.at)  # The keys are in force then, whatever day it is today.
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda told: wrong.append(told.text) if "Content Security Policy" in told.text else None,
        )
        page.goto(address + path)
        return page

    yield run
    for one in contexts:
        one.close()
    assert not wrong


def key_file(office: Bureau, name: str) -> FilePayload:
    """Return the key file of an officer as something to choose in a file input."""
    sealed = light_key_file(office.secrets[name], PASSPHRASE)
    return {"name": "my.key", "mimeType": "text/plain", "buffer": sealed}


def filed(office: Bureau, **said: Any) -> str:
    """File a report that says more than those of the routes' tests, and return its id."""
    given = {"unit": "示例县住房局", "categories": ["speak_last"], "what": TEXT, **said}
    content, day = read_content({"jurisdiction": SLUG, **given}), office.world.at.date()
    route = choose_route(office.key_list, day=day, unit=content.unit, persons=(), text=content.free_text())
    made = sealing.seal_report(office.key_list, content, day=day, code=new_code(), route=route)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(office, "sealed", lambda **_: made)
        return office.file()


def rotate(office: Bureau, name: str) -> str:
    """Give an officer a new key that the next list has instead of the old one; return its secret."""
    identity, recipient = age.new_identity()
    with Session(office.engine) as session:
        session.query(KeyHolder).filter_by(name=name).one().registered = recipient
        session.commit()
    office.publish()
    office.secrets[name] = identity
    return identity


def unlock(page: Page, office: Bureau, name: str) -> None:
    page.get_by_label("密钥文件").set_input_files(files=[key_file(office, name)])
    page.get_by_label("口令").fill(PASSPHRASE)
    page.get_by_role("button", name="解锁", exact=True).click()
    expect(page.locator('[data-part="unlocked"]')).to_be_visible()


def open_first(page: Page, title: str = "示例县住房局") -> None:
    page.locator(".cases-list").get_by_role("link", name=title).first.click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def parts(office: Bureau, report: str) -> list[ReportPart]:
    with Session(office.engine) as session:
        return session.query(ReportPart).filter_by(report_id=report).order_by(ReportPart.n).all()


def violations(page: Page) -> list[str]:
    page.wait_for_load_state()
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice']})")
    return [f"{one['id']}: {[node['html'][:160] for node in one['nodes']]}" for one in found["violations"]]


def test_a_report_is_opened_accepted_and_answered(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    page = sat(bureau, "示例乙")
    expect(page.locator(".cases-list")).to_contain_text("内容已加密")
    unlock(page, bureau, "示例乙")
    expect(page.locator(".cases-list")).to_contain_text("示例县住房局")
    expect(page.locator('[data-part="titles-told"]')).to_contain_text("已打开 1 件")
    open_first(page)
    expect(page.locator('[data-part="what"]')).to_have_text(TEXT)
    expect(page.locator(".watermark")).to_be_attached()

    page.get_by_text("受理", exact=True).first.click()
    page.get_by_role("button", name="受理", exact=True).click()
    expect(page.locator('[data-part="flash"]')).to_have_text("已受理。")
    assert bureau.row(number).state == "accepted"

    page.get_by_label("答复举报人").fill("已经收到，请补充会议的日期。")
    page.get_by_role("button", name="加密并发送").click()
    expect(page.locator('[data-part="talk-list"]')).to_contain_text("请补充会议的日期")
    [reply] = parts(bureau, number)
    case = bureau.case_of("示例乙", number)
    opened = sealing.open_body(bureau.row(number).body or b"", case)
    found = sealing.open_reply(reply.sealed or b"", case, reply_key=opened.reply_key)
    assert found is not None
    assert found.text == "已经收到，请补充会议的日期。"


def test_what_does_not_unlock_is_told_in_words(bureau: Bureau, sat: Open) -> None:
    bureau.file()
    page = sat(bureau, "示例乙")
    told, go = page.locator("#unlock-told"), page.get_by_role("button", name="解锁", exact=True)
    go.click()
    expect(told).to_contain_text("先选择密钥文件")
    choose = page.get_by_label("密钥文件")
    choose.set_input_files(files={"name": "a.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8picture"})
    expect(page.locator("[data-chosen]")).to_have_text("a.jpg")
    page.get_by_label("口令").fill("随便")
    go.click()
    expect(told).to_contain_text("不是密钥文件")
    plain = bureau.secrets["示例乙"].encode()
    choose.set_input_files(files={"name": "plain.txt", "mimeType": "text/plain", "buffer": plain})
    go.click()
    expect(told).to_contain_text("没有用口令加密")
    choose.set_input_files(files=[key_file(bureau, "示例乙")])
    go.click()
    expect(told).to_contain_text("口令不对")
    expect(page.get_by_label("口令")).to_be_focused()
    expect(page.locator(".cases-list")).to_contain_text("内容已加密")


def test_a_key_that_is_not_in_the_list_and_one_of_a_colleague_are_told(bureau: Bureau, sat: Open) -> None:
    bureau.file()
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例丙")
    expect(page.locator('[data-part="key-doubt"]')).to_contain_text("登记在示例丙名下")
    page.get_by_role("button", name="锁上").click()
    bureau.secrets["示例新"] = age.new_identity()[0]
    unlock(page, bureau, "示例新")
    expect(page.locator('[data-part="key-doubt"]')).to_contain_text("不在现行的密钥清单里")
    expect(page.locator(".cases-list")).to_contain_text("您的钥匙打不开这一件")


def test_locking_leaves_nothing_of_a_report_on_the_page(bureau: Bureau, sat: Open) -> None:
    bureau.file()
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    open_first(page)
    expect(page.locator('[data-part="what"]')).to_have_text(TEXT)
    page.get_by_label("写记要").fill("没有保存的记要")
    page.get_by_role("button", name="锁上").click()
    expect(page.locator('[data-part="shut-why"]')).to_contain_text("解锁后")
    left = page.content() + json.dumps(
        page.evaluate("[{...localStorage}, {...sessionStorage}, location.href]")
    )
    values = page.evaluate(
        "Array.from(document.querySelectorAll('input,textarea')).map(one => one.value).join()"
    )
    for secret in (TEXT, "示例县住房局", "没有保存的记要", PASSPHRASE, bureau.secrets["示例乙"]):
        assert secret not in left + values
    until(page, lambda: not page.workers)


def test_locking_at_the_list_leaves_nothing_of_any_report(bureau: Bureau, sat: Open) -> None:
    bureau.file()
    other = "另一件举报说的是示例采购，没有公开招标就定了供应商，金额不小。"
    bureau.file(text=other)
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    expect(page.locator('[data-part="titles-told"]')).to_contain_text("已打开 2 件")
    open_first(page)  # The other's first words are now among the choices of what to merge into.
    page.get_by_role("link", name="回到列表").click()
    page.get_by_role("button", name="锁上").click()
    expect(page.locator(".cases-list")).to_contain_text("内容已加密")
    left = page.content()
    for secret in (TEXT[:12], other[:12], "示例县住房局"):
        assert secret not in left


@pytest.mark.parametrize("then", ["another report", "the lock"])
def test_what_comes_late_does_not_stand_on_the_page(bureau: Bureau, sat: Open, then: str) -> None:
    late = bureau.file(about=["示例丙"])  # Who is left out is named by the list, which is fetched.
    other = bureau.file()
    page = sat(bureau, "示例乙")
    held: list[Route] = []
    unlock(page, bureau, "示例乙")
    expect(page.locator('[data-part="titles-told"]')).to_contain_text("已打开 2 件")
    page.route("**/list.json?for=*", lambda route: held.append(route))
    with page.expect_request("**/list.json?for=*"):
        page.locator(f"#title-{late}").click()
    if then == "the lock":
        page.get_by_role("button", name="锁上").click()
        expect(page.locator('[data-part="shut-why"]')).to_contain_text("解锁后")
    else:
        page.locator(f"#title-{other}").click()
        expect(page.locator('[data-part="what"]')).to_have_text(TEXT)
    until(page, lambda: held)
    for one in held:
        one.continue_()
    page.evaluate("fetch('/reports/list.json', {cache: 'no-store'}).then((one) => one.text())")
    expect(page.locator('[data-part="case-line"]')).to_contain_text(late if then == "the lock" else other)
    assert "示例丙" not in (page.locator('[data-part="facts"]').text_content() or "")
    if then == "the lock":
        assert TEXT not in page.content()
        until(page, lambda: not page.workers)


def test_what_keeps_a_text_from_being_sent_is_told_beside_it(bureau: Bureau, sat: Open) -> None:
    bureau.file()
    page = sat(bureau, "示例乙")
    page.route("**/list.json*", lambda route: route.abort())
    unlock(page, bureau, "示例乙")
    open_first(page)
    page.get_by_role("button", name="加密并发送").click()
    answer = page.get_by_label("答复举报人")
    expect(page.locator("#reply-wrong")).to_have_text("还没有写答复。")
    expect(answer).to_be_focused()
    assert "reply-wrong" in (answer.get_attribute("aria-describedby") or "").split()
    # That no list came is no sign of fraud, and no word of the program's own.
    page.locator("details[data-action=route_up] summary").click()
    expect(page.locator('[data-part="superiors"]')).to_contain_text("没有取到密钥清单")
    page.get_by_role("link", name="回到列表").click()
    page.locator(".cases-list .pick input").check()
    page.get_by_role("button", name="按现行清单重新授权").click()
    expect(page.locator('[data-part="bulk-told"]')).to_contain_text("没有取到密钥清单")


def test_the_lock_falls_by_itself_after_a_quarter_of_an_hour(bureau: Bureau, sat: Open) -> None:
    bureau.file()
    page = sat(bureau, "示例乙", "/account")
    page.clock.install()
    page.goto(page.url.replace("/account", "/reports/"))
    unlock(page, bureau, "示例乙")
    page.clock.fast_forward("14:01")  # A minute is left for a busy machine.
    expect(page.locator('[data-part="lock-soon"]')).to_be_visible()
    page.keyboard.press("Shift")
    expect(page.locator('[data-part="lock-soon"]')).to_be_hidden()
    page.clock.fast_forward("15:10")
    expect(page.locator("#unlock-told")).to_contain_text("15 分钟没有操作")
    until(page, lambda: not page.workers)


def test_an_officer_who_is_named_finds_no_trace(bureau: Bureau, sat: Open) -> None:
    number = bureau.file(about=["示例乙"])
    other = bureau.file(text="另一件举报，与示例会议没有关系，写够二十个字就可以提交。")
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    expect(page.locator('[data-part="titles-told"]')).to_contain_text("已打开 1 件")
    assert number not in page.content()
    assert other in page.content()
    page.goto(page.url.split("#")[0] + f"#{number}")
    expect(page.locator('[data-part="trouble"]')).to_contain_text("没有找到这件举报")
    page = sat(bureau, "示例丙")
    unlock(page, bureau, "示例丙")
    expect(page.locator('[data-part="titles-told"]')).to_contain_text("已打开 2 件")
    assert number in page.content()


def test_two_people_open_together(bureau_of_two: Bureau, sat: Open) -> None:
    office = bureau_of_two
    office.enrol("示例丁", "intake_lead", "officer")
    office.publish(opening=2)
    office.file(state="accepted")
    lead = sat(office, "示例丁", "/reports/warnings")
    unlock(lead, office, "示例丁")
    lead.get_by_role("button", name="打开 1 件并计入").click()
    weighed = lead.locator('[data-part="weigh-told"]')
    expect(weighed).to_contain_text("打开了 0 件，涉及 0 个单位；没有计入的：须两人打开、还差一把钥匙的 1 件")
    first = sat(office, "示例乙")
    unlock(first, office, "示例乙")
    expect(first.locator('[data-part="titles-told"]')).to_contain_text("1 件您的钥匙打不开")
    first.locator("[data-part=rows] a").first.click()
    expect(first.locator('[data-part="shut-why"]')).to_contain_text("须两个人")
    first.get_by_role("button", name="转第一把钥匙").click()
    expect(first.locator('[data-part="shut-why"]')).to_contain_text("等待第二人，2026年")
    expect(first.locator('[data-part="content"]')).to_be_hidden()

    second = sat(office, "示例丙")
    unlock(second, office, "示例丙")
    open_first(second)
    expect(second.locator('[data-part="what"]')).to_have_text(TEXT)
    lead.get_by_role("button", name="锁上").click()
    unlock(lead, office, "示例丁")
    lead.get_by_role("button", name="打开 1 件并计入").click()
    expect(weighed).to_contain_text("打开了 1 件")


def test_who_was_slower_is_told_and_loses_nothing(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    open_first(page)
    page.locator("details[data-action=refuse] summary").click()
    page.locator("#refuse-reason").select_option("no_substance")
    page.locator("#refuse-note").fill("没有写时间和地点。")
    bureau.act("示例甲", number, "set", priority=True)
    page.get_by_role("button", name="不予受理", exact=True).click()
    wrong = page.locator("form[data-action=refuse] [data-part=wrong]")
    expect(wrong).to_contain_text("别人刚刚办理过")
    expect(page.locator("#refuse-note")).to_have_value("没有写时间和地点。")
    expect(page.locator("#refuse-reason")).to_have_value("no_substance")
    page.get_by_role("button", name="不予受理", exact=True).click()
    expect(page.locator('[data-part="flash"]')).to_contain_text("不予受理")
    assert bureau.row(number).state == "not_accepted"
    expect(page.locator('[data-part="note-list"]')).to_contain_text("没有写时间和地点")


def test_who_was_overtaken_is_told_where_it_can_be_seen(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    open_first(page)
    page.locator("details[data-action=refuse] summary").click()
    page.locator("#refuse-reason").select_option("no_substance")
    page.locator("#refuse-note").fill("没有写时间和地点。")
    bureau.act("示例甲", number, "accept")
    page.get_by_role("button", name="不予受理", exact=True).click()
    expect(page.locator('[data-part="trouble"]')).to_contain_text("现在是“已受理”，不能再“不予受理”")
    expect(page.locator("details[data-action=refuse]")).to_be_hidden()
    expect(page.get_by_label("写记要")).to_have_value("没有写时间和地点。")
    assert bureau.row(number).state == "accepted"


def test_a_name_given_is_seen_in_the_list_and_once_checked_has_priority(bureau: Bureau, sat: Open) -> None:
    number = filed(bureau, real_name=True, reporter={"name": "示例壬", "phone": "000-0000000"})
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    signed = page.locator(f"tr[data-id={number}] [data-part=row-signed]")
    expect(signed).to_be_visible()
    open_first(page)
    page.locator("details[data-action=set] summary").click()
    page.locator("#set-real-yes").check()
    page.locator("form[data-action=set] button").click()
    expect(page.locator('[data-part="steps"]')).to_contain_text("实名；检举控告；优先")
    row = bureau.row(number)
    assert (row.real_name, row.priority) == (True, True)
    expect(signed).to_have_attribute("hidden", "")


def test_a_lead_assigns_and_what_is_missing_is_told(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    page = sat(bureau, "示例甲")
    unlock(page, bureau, "示例甲")
    open_first(page)
    page.locator("details[data-action=assign] summary").click()
    page.get_by_role("button", name="分派", exact=True).click()
    expect(page.locator("form[data-action=assign] [data-part=wrong]")).to_have_text("请选择承办人。")
    page.locator("form[data-action=assign]").get_by_label("示例丙").check()
    page.get_by_role("button", name="分派", exact=True).click()
    expect(page.locator('[data-part="handlers"]')).to_have_text("示例丙")

    other = sat(bureau, "示例乙")
    unlock(other, bureau, "示例乙")
    open_first(other)
    expect(other.locator('[data-part="acts-none"]')).to_contain_text("已分派给其他承办人")
    expect(other.locator("details[data-action=accept]")).to_be_hidden()
    expect(other.locator('[data-part="reply"]')).to_be_hidden()
    assert bureau.row(number).state == "received"


def test_a_false_accusation_needs_an_approval_that_stays_sealed(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    bureau.act("示例乙", number, "accept")
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    open_first(page)
    page.locator("details[data-action=close] summary").click()
    page.get_by_label("经批准认定为诬告陷害").check()
    go = page.get_by_role("button", name="办结", exact=True)
    go.click()
    expect(page.locator("form[data-action=close] [data-part=wrong]")).to_contain_text("批准机关和文号")
    page.get_by_label("批准机关和文号").fill("示例市纪委〔2026〕7号")
    page.locator("#close-note").fill("证据见卷。")
    with page.expect_request("**/act") as sent:
        go.click()
    assert "7号" not in (sent.value.post_data or "")
    expect(page.locator('[data-part="note-list"]')).to_contain_text("批准文号：示例市纪委〔2026〕7号")
    assert bureau.row(number).outcome == "false_accusation"


def test_what_goes_up_opens_there_and_no_longer_here(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    open_first(page)
    page.locator("details[data-action=route_up] summary").click()
    expect(page.locator('[data-part="superiors"]')).to_have_text("将封给：示例上。")
    page.get_by_label("不能撤回").check()
    page.get_by_role("button", name="封给上一级机关并报送").click()
    expect(page.locator('[data-part="flash"]')).to_contain_text("已报上一级机关")
    expect(page.locator('[data-part="shut-why"]')).to_contain_text("已不在本机关")
    assert bureau.row(number).body is None

    above = sat(bureau, "示例上")
    unlock(above, bureau, "示例上")
    open_first(above)
    expect(above.locator('[data-part="what"]')).to_have_text(TEXT)


def test_reports_are_sealed_again_for_a_colleagues_new_key(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    bureau.file(about=["示例丙"], text="这一件反映示例丙，不应当因为重新授权而让他看到。")
    identity = rotate(bureau, "示例丙")
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    expect(page.locator('[data-part="titles-told"]')).to_contain_text("已打开 2 件")
    for box in page.locator(".cases-list .pick input").all():
        box.check()
    page.get_by_role("button", name="按现行清单重新授权").click()
    expect(page.locator('[data-part="bulk-told"]')).to_contain_text("完成 2 件")
    assert sealing.open_grants(bureau.row(number).grants or b"", identity)
    other = sat(bureau, "示例丙")
    unlock(other, bureau, "示例丙")
    expect(other.locator('[data-part="titles-told"]')).to_contain_text("已打开 1 件")


def test_many_at_once_are_set_aside_or_merged(bureau: Bureau, sat: Open) -> None:
    numbers = [bureau.file(text=f"示例广告第 {n} 份，内容没有意义，凑够二十个字就算一件。") for n in range(3)]
    page = sat(bureau, "示例甲")
    unlock(page, bureau, "示例甲")
    expect(page.locator('[data-part="titles-told"]')).to_contain_text("已打开 3 件")
    page.locator(f"#pick-{numbers[0]}").check()
    page.get_by_role("button", name="不是举报，不予受理").click()
    expect(page.locator('[data-part="bulk-told"]')).to_contain_text("完成 1 件")
    assert bureau.row(numbers[0]).reason == "not_a_report"
    page.locator(f"#pick-{numbers[1]}").check()
    page.locator("#bulk-into").select_option(numbers[2])
    page.get_by_role("button", name="并案", exact=True).click()
    expect(page.locator(f"tr[data-id={numbers[1]}]")).to_contain_text("合并办理")
    assert bureau.row(numbers[1]).merged_into == numbers[2]
    page.locator(f"#pick-{numbers[2]}").check()
    page.locator("#bulk-who").select_option(label="示例乙")
    page.get_by_role("button", name="分派", exact=True).last.click()
    expect(page.locator(f"tr[data-id={numbers[2]}]")).to_contain_text("示例乙")


def test_an_attachment_is_saved_and_never_shown(bureau: Bureau, sat: Open, tmp_path: Path) -> None:
    number = bureau.file()
    picture = b"<script>alert(1)</script>" * 50
    with Session(bureau.engine) as session:
        sealed = sealing.seal_attachment(bureau.row(number).case_key, 1, picture, "text/html")
        session.add(
            ReportPart(
                report_id=number, n=1, token="a" * 32, side="reporter", kind="attachment",
                day=bureau.world.at.date(), size=len(sealed), sealed=sealed,
            )
        )  # fmt: skip
        session.commit()
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    open_first(page)
    with page.expect_download() as got:
        page.get_by_role("button", name="下载 附件 1").click()
    got.value.save_as(tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == picture
    assert bureau.steps(number)[-1] == "downloaded"


@pytest.mark.parametrize("right", [True, False])
def test_the_content_is_compared_with_what_was_committed_to(bureau: Bureau, sat: Open, right: bool) -> None:
    number = bureau.file()
    page = sat(bureau, "示例乙")

    def told(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(
            response=answer, json={**answer.json(), "commitment": base64.b64encode(b"\0" * 32).decode()}
        )

    if not right:
        page.route(f"**/reports/{number}", told)
    unlock(page, bureau, "示例乙")
    open_first(page)
    if right:
        expect(page.locator('[data-part="integrity"]')).to_contain_text("没有改动过")
        expect(page.locator('[data-part="alerts"]')).to_be_hidden()
    else:
        expect(page.locator('[data-part="alerts"]')).to_contain_text("对不上")


def test_who_reports_is_shown_only_after_it_was_written_down(bureau: Bureau, sat: Open) -> None:
    number = filed(bureau, real_name=True, reporter={"name": "示例壬", "phone": "000-0000000"})
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    open_first(page)
    assert "示例壬" not in page.content()
    page.get_by_role("button", name="查看举报人身份").click()
    expect(page.locator('[data-part="reporter-facts"]')).to_contain_text("示例壬")
    assert bureau.steps(number)[-1] == "noted"


def test_a_visit_is_entered_sealed_and_a_slip_is_printed(bureau: Bureau, sat: Open) -> None:
    said = "来访人说，示例会议上主要负责人先定调，其他成员没有机会发言。"
    page = sat(bureau, "示例乙", "/reports/new")
    page.get_by_label("来访").check()
    page.get_by_label("匿名", exact=True).check()
    page.get_by_label("被反映单位").fill("示例县水利局")
    page.get_by_label("主要问题").fill(said)
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.locator('[data-part="problem-list"]')).to_have_text("请至少选一项问题类别。")
    page.get_by_label("招标、采购、工程中的问题").check()
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.locator('[data-part="openers"]')).to_contain_text("示例丙")
    with page.expect_request("**/reports/new") as sent:
        page.get_by_role("button", name="加密并登记").click()
    body = sent.value.post_data or ""
    assert said not in json.dumps(json.loads(body), ensure_ascii=False)
    assert base64.b64encode(said.encode()).decode()[:40] not in body
    expect(page.locator(".slip")).to_be_visible()
    assert said not in page.content()
    with Session(bureau.engine) as session:
        row = session.query(SealedReport).one()
    assert (row.channel, row.sealed_by) == ("visit", "officer")
    opened = sealing.open_body(row.body or b"", bureau.case_of("示例丙", row.id))
    assert opened.content.what == said
    assert opened.content.channel == "visit"


def test_what_is_about_the_officer_is_sealed_away_from_him(bureau: Bureau, sat: Open) -> None:
    page = sat(bureau, "示例乙", "/reports/new")
    page.get_by_label("匿名", exact=True).check()
    page.get_by_label("被反映单位").fill("示例县水利局")
    page.locator("#person-name-1").fill("示例乙")
    page.get_by_label("主要问题").fill("来信说，这位承办人收了示例公司的购物卡，时间是2026年3月。")
    page.get_by_label("其他", exact=True).check()
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.locator('[data-part="not-me"]')).to_be_visible()
    page.get_by_role("button", name="加密并登记").click()
    expect(page.locator('[data-part="slip-open"]')).to_contain_text("没有封给您")


def test_a_key_is_made_tried_and_registered(bureau: Bureau, sat: Open, tmp_path: Path) -> None:
    page = sat(bureau, "示例乙", "/reports/key")
    page.locator("#make-pass").fill("太短")
    page.get_by_role("button", name="生成并下载密钥文件").click()
    expect(page.locator('[data-part="make-told"]')).to_contain_text("还差 10 个字符")
    page.locator("#make-pass").fill(PASSPHRASE)
    page.get_by_label("再输入一遍").fill(PASSPHRASE)
    with page.expect_download(timeout=_SLOW) as got:
        page.get_by_role("button", name="生成并下载密钥文件").click()
    got.value.save_as(tmp_path / "my.key")
    held = (tmp_path / "my.key").read_bytes()
    identity = keyring.read_officer_key(held, PASSPHRASE)
    test = page.locator('form[data-part="test"]')
    test.get_by_label("密钥文件").set_input_files(files=[key_file(bureau, "示例乙")])
    test.get_by_label("口令").fill(PASSPHRASE)
    test.get_by_role("button", name="能打开，登记公钥").click()
    expect(page.locator('[data-part="test-told"]')).to_contain_text("另一把密钥", timeout=_SLOW)
    test.get_by_label("密钥文件").set_input_files(tmp_path / "my.key")
    test.get_by_role("button", name="能打开，登记公钥").click()
    expect(page.locator('[data-part="key-done"]')).to_contain_text("已登记公钥", timeout=_SLOW)
    with Session(bureau.engine) as session:
        kept = session.query(KeyHolder).filter_by(name="示例乙").one().registered
    assert kept == age.recipient_of(identity)
    page.reload()
    expect(page.locator(".facts")).to_contain_text("等待公布")


def test_what_only_opening_tells_is_counted_in_the_browser(bureau: Bureau, sat: Open, tmp_path: Path) -> None:
    for _ in range(5):
        bureau.file()
    filed(bureau, unit="示例县水利局")
    page = sat(bureau, "示例甲", "/reports/statistics")
    unlock(page, bureau, "示例甲")
    page.get_by_role("button", name="打开并统计").click()
    own = page.locator('[data-part="own"]')
    expect(own).to_contain_text("示例县住房局")
    expect(own).to_contain_text("其他单位（各少于 5 件）")
    expect(own).not_to_contain_text("水利局")
    with page.expect_download() as got:
        page.get_by_role("button", name="导出按类别和单位的表格").click()
    got.value.save_as(tmp_path / "own.csv")
    assert "按被反映单位,示例县住房局,5" in (tmp_path / "own.csv").read_text("utf-8-sig")


def of_unit(office: Bureau, unit: str, **row: Any) -> str:
    """File an accepted report about a unit."""
    return office.put(filed(office, unit=unit), state="accepted", **row)


def by_the_formula(terms: WarningTerms, points: int, count: int) -> tuple[int, str]:
    """Return total and state of a unit that has `points` without reports, as `score` makes them."""
    exact = next(one for one in terms.items if one.code != "reports")
    exact = exact.model_copy(update={"points": 1, "most": 1000})
    item = next(one for one in terms.items if one.code == "reports")
    told = score(
        terms.model_copy(update={"items": (exact, item)}),
        {exact.code: Counted(points), "reports": Counted(count)},
    )
    return told.points, told.state.label


def test_reports_are_added_to_the_warnings_in_the_browser_alone(
    bureau: Bureau, sat: Open, tmp_path: Path
) -> None:
    bureau.enrol("示例丁", "intake_lead", "officer")
    bureau.publish()
    session, terms = bureau.world.session, bureau.regime.warning_on(bureau.world.at.date())
    with for_everybody(session):
        unit = session.get_one(Unit, bureau.world.unit.id)
        session.add(UnitAlias(jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, name="示例财政税务局"))
        session.add_all(
            [cell(unit, quarter_of(bureau.world.at.date()), duty=one) for one in ("finance", "plan")]
        )
        session.commit()
    numbers = [of_unit(bureau, one) for one in (" 示例 财政局", "财政局", "示例财政税务局", "示例住房局")]
    broken = of_unit(bureau, "示例财政局")
    bureau.put(broken, body=(bureau.row(broken).body or b"")[:-40] + b"\0" * 40)
    cut = of_unit(bureau, "示例财政局")
    bureau.put(cut, grants=(bureau.row(cut).grants or b"")[:-7])  # What is none must not stop the others.
    of_unit(bureau, "示例财政局", received_on=date(2020, 1, 1))  # Long before the four quarters.
    page = sat(bureau, "示例丁", "/reports/warnings", width=390)
    points = int(page.locator("tr[data-unit]").first.get_attribute("data-points") or "")
    asked: list[Any] = []
    page.on("request", lambda one: asked.append(one))
    unlock(page, bureau, "示例丁")
    page.get_by_role("button", name="打开 6 件并计入").click()
    told = page.locator('[data-part="weigh-told"]')
    expect(told).to_contain_text("打开了 4 件，涉及 1 个单位；没有计入的：内容损坏的 2 件，认不出单位的 1 件")
    first = page.locator("tr[data-unit]").first
    total, state = by_the_formula(terms, points, 3)
    expect(first).to_contain_text("3 件9 分")
    expect(first.locator("[data-part=after]")).to_contain_text(f"{state}{total} 分由正常升为预防")

    page.get_by_label("把“示例住房局”计入哪个单位").select_option(label="示例财政局")
    total, state = by_the_formula(terms, points, 4)
    expect(first.locator("[data-part=after]")).to_contain_text(f"{state}{total} 分")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    with page.expect_download() as got:
        page.get_by_role("button", name="导出").click()
    assert got.value.suggested_filename.startswith("内部资料-")
    got.value.save_as(tmp_path / "own.csv")
    lines = (tmp_path / "own.csv").read_text("utf-8-sig").splitlines()
    assert lines[0] == "内部资料 不得公开"
    assert any(f"示例财政局,正常,{points},4,12,{total},{state},由正常升为预防" in one for one in lines)

    sent = [(one.method, one.post_data, urlsplit(one.url)) for one in asked]
    assert {(method, body, url.query) for method, body, url in sent} == {("GET", None, "")}
    opened = {url.path for _, _, url in sent if not url.path.startswith(("/assets/", "/static/"))}
    own = {"/reports/list.json", *(f"/reports/{one}" for one in (*numbers, broken, cut))}
    assert opened - own == set()
    assert own - opened == set()
    assert all(bureau.steps(one)[-1] == "opened" for one in numbers)

    pairs = [(one, count) for one in range(0, 40, 3) for count in range(8)]
    each = {
        name: page.locator("#report").get_attribute(f"data-{name}")
        for name in ("each", "most", "prevent", "alert")
    }
    made = page.evaluate(
        """async ([pairs, terms]) => {
          const {weighed, finder} = await import("/assets/cases-weighing.js");
          const same = finder([{slug: "a", names: ["示例甲局", "甲局"]}, {slug: "b", names: ["乙局", "甲局"]}]);
          return [pairs.map(([points, count]) => weighed(points, count, terms)), ["示例·甲局", "甲局", "乙 局", "丙局"].map(same)];
        }""",
        [pairs, {name: int(value or "") for name, value in each.items()}],
    )
    labels = {one.value: one.label for one in Warned}
    assert [(one["total"], labels[one["state"]]) for one in made[0]] == [
        by_the_formula(terms, *one) for one in pairs
    ]
    assert made[1] == ["a", None, "b", None]

    page.get_by_role("button", name="锁上").click()
    expect(told).to_be_hidden()
    until(page, lambda: not page.workers)
    assert "示例住房局" not in page.content()
    assert "升为预防" not in page.locator("table").all_text_contents()[-1]
    expect(first).to_contain_text("未打开")


@pytest.mark.parametrize("width", [pytest.param(1280, marks=pytest.mark.thorough), 390])
def test_every_page_is_accessible_and_fits(bureau: Bureau, sat: Open, width: int) -> None:
    filed(bureau, real_name=True, reporter={"name": "示例壬", "phone": "000-0000000"})
    found: dict[str, list[str]] = {}
    for path in ("key", "log", "statistics", "new"):
        page = sat(bureau, "示例甲", f"/reports/{path}", width=width)
        expect(page.locator("fieldset:disabled")).to_have_count(0)  # The list of keys is there.
        found[path] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page = sat(bureau, "示例甲", width=width)
    found["locked"] = violations(page)
    unlock(page, bureau, "示例甲")
    expect(page.locator('[data-part="titles-told"]')).to_contain_text("已打开 1 件")
    found["list"] = violations(page)
    open_first(page)
    expect(page.locator('[data-part="what"]')).to_have_text(TEXT)
    page.evaluate(
        "document.querySelectorAll('details.act:not([hidden])').forEach(one => {one.removeAttribute('name'); one.open = true})"
    )
    found["case"] = violations(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert {name: one for name, one in found.items() if one} == {}


def test_the_keyboard_is_enough(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    page = sat(bureau, "示例乙")
    page.get_by_label("密钥文件").set_input_files(files=[key_file(bureau, "示例乙")])
    page.get_by_label("密钥文件").focus()
    page.keyboard.press("Tab")
    page.keyboard.type(PASSPHRASE)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="锁上")).to_be_focused()
    link = page.locator(f"#title-{number}")
    expect(link).to_contain_text("示例县住房局")
    for _ in range(30):
        page.keyboard.press("Tab")
        if link.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="示例县住房局", level=1)).to_be_focused()
    summary = page.locator("details[data-action=accept] summary")
    for _ in range(30):
        page.keyboard.press("Tab")
        if summary.evaluate("one => one === document.activeElement"):
            break
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator('[data-part="flash"]')).to_have_text("已受理。")
    assert bureau.row(number).state == "accepted"
