"""A report's whole way in a real browser against real processes: written on a phone, sealed, opened, answered, closed.

What leaves the citizen's browser is caught and searched; so is every file of the county, and what its processes hold.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Download, Page, Request, expect, sync_playwright
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.reports.keylist import HolderRank
from portal.services.reports import keyring
from portal.store.db import make_engine, sqlite_url
from portal.store.reports.db import open_reports
from portal.store.reports.tables import KeyHolder, SealedReport
from portal.store.tables import Account
from tests.bench.watch import family
from tests.browser.whole_county import PASSWORD, PHONE, Someone
from tests.reports import plain_form
from tests.reports.citizen import today
from tests.reports.county import JURISDICTION, County, Officer, Running, made_county
from tests.reports.searching import Canary, traces
from tests.reports.test_canary import picture, story
from tests.site.chromium import PATIENCE, launched, until

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.xdist_group("reports_whole_job")]

PASSPHRASE = "示例口令 七个词 连成一句"
UNIT, CHIEF = "示例县水利局", "欧阳示例"
_FAULTS = """() => axe.run(document, {resultTypes: ["violations"], rules: {"target-size": {enabled: true}}}).then(found =>
  found.violations.map(one => `${one.id} ${one.nodes[0].html.slice(0, 200)} ${one.nodes[0].failureSummary}`))"""
_BEYOND = """() => document.scrollingElement.scrollWidth <= innerWidth ? [] : [`scrolls sideways: ${document.scrollingElement.scrollWidth}`]"""
_SECRETS = re.compile(
    rb'name="csrf_token" value="[^"]*"|nonce="[^"]*"|content="[^"]*runs-out[^"]*"|data-runs-out="[^"]*"'
)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    return made_county(tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def hosts(county: County) -> Iterator[Running]:
    with county.running() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


@dataclass
class Citizen:
    """Somebody with a phone. All that the phone asks for is written down."""

    hosts: Running
    page: Page
    asked: list[Request] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the public site, and find no fault on it."""
        self.page.goto(f"{self.hosts.public}/{JURISDICTION}/{path}")
        # Until it is ready to seal, the page is another one.
        expect(self.page.locator("#report fieldset:disabled")).to_have_count(0)
        sound(self.page)

    def sent(self) -> list[bytes]:
        """Return the bodies that left the phone."""
        return [one.post_data_buffer or b"" for one in self.asked if one.method == "POST"]

    def strangers(self) -> set[str]:
        """Return the addresses that belong neither to the public site nor to the report host."""
        own = (self.hosts.public, self.hosts.address, "data:", "blob:")
        return {one.url for one in self.asked if not one.url.startswith(own)}


@pytest.fixture
def citizen(browser: Browser, hosts: Running) -> Iterator[Citizen]:
    with browser.new_context(viewport=PHONE, locale="zh-CN", has_touch=True, is_mobile=True) as context:
        page = context.new_page()
        made = Citizen(hosts, page)
        context.on("request", lambda one: made.asked.append(one))
        page.on("console", lambda one: made.told.append(one.text))
        page.on("pageerror", lambda one: made.told.append(str(one)))
        yield made


def sound(page: Page, *, scripts: bool = True) -> None:
    """Find no fault on the page, as it shows now, at the width of a phone and of a desk."""
    faults = []
    before = page.viewport_size
    page.wait_for_load_state()  # Until then the styles may be on their way.
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 844})
        faults += [f"{width}: {one}" for one in page.evaluate(_BEYOND)]
        if scripts:
            page.evaluate(AXE_SCRIPT)
            faults += [f"{width}: {one}" for one in page.evaluate(_FAULTS)]
    if before:
        page.set_viewport_size(before)
    assert not faults, "\n".join([page.url, *faults])


def opened_up(body: bytes) -> bytes:
    """Return a body with all base64 in it decoded: a plain text in it would show then."""
    found = [body]
    with suppress(ValueError):
        for one in json.loads(body).values():
            with suppress(ValueError):
                found.append(base64.b64decode(str(one), validate=True))
    return b"\n".join(found)


def officer(
    county: County, hosts: Running, browser: Browser, who: Officer, login: str, role: str, width: int
) -> Someone:
    """Return somebody of the commission at the office: invited, with a second factor, registered with the key."""
    said = county.portal("users", "add", login, "--name", who.holder.name, "--role", role, "-j", JURISDICTION)
    link = re.search(r"/invitation/\S+", said)
    assert link, said
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
    page = context.new_page()
    someone = Someone(hosts, page, login, scripts=True)  # type: ignore[arg-type] # of a county only the office's address is asked for.
    engine = make_engine(sqlite_url(county.settings.database))
    with Session(engine) as session:
        number = session.scalars(select(Account.id).where(Account.login == login)).one()
    engine.dispose()
    reports = open_reports(sqlite_url(county.settings.reports_database))
    with Session(reports) as session:
        key = who.holder.keys[0]
        session.add(
            KeyHolder(
                id=who.holder.id, jurisdiction=JURISDICTION, account_id=number, rank=who.holder.rank.value,
                name=who.holder.name, post=who.holder.post, unit=who.holder.unit, registered=key.recipient,
                registered_on=key.since,
            )
        )  # fmt: skip
        session.commit()
    reports.dispose()
    page.goto(hosts.office + link[0])
    page.get_by_label("新密码").fill(PASSWORD)
    page.get_by_label("再输入一次").fill(PASSWORD)
    someone.press("设置密码并登录")
    expect(page.locator("h1")).to_have_text("设置第二步验证")
    someone.secret = page.locator("code.key").inner_text().replace(" ", "")
    page.get_by_label("验证码").fill(someone.code())
    someone.press("完成设置")
    page.get_by_role("link", name="已保存，继续").click()
    expect(page).to_have_url(f"{hosts.office}/commission/")
    return someone


def unlock(page: Page, who: Officer) -> None:
    """Choose the key file and give the passphrase."""
    sealed = keyring.seal_officer_key(who.identity, PASSPHRASE, made_on=today())
    page.get_by_label("密钥文件").set_input_files(
        [{"name": "my.key", "mimeType": "text/plain", "buffer": sealed}]
    )
    page.get_by_label("口令").fill(PASSPHRASE)
    page.get_by_role("button", name="解锁", exact=True).click()
    expect(page.locator('[data-part="unlocked"]')).to_be_visible(
        timeout=3 * PATIENCE
    )  # A passphrase is slow on purpose.


def seen_by(
    someone: Someone, paths: tuple[str, ...] = ("/", "/reports/", "/reports/key", "/reports/?state=received")
) -> dict[str, Any]:
    """Return what the office answers somebody, to the byte."""
    found = {}
    for path in paths:
        answer = someone.page.request.get(someone.county.office + path)
        found[path] = (answer.status, _SECRETS.sub(b"", answer.body()))
    return found


def fill(page: Page, text: str, *, real_name: bool = True) -> None:
    """Write a report."""
    page.locator("#report-fields:not([disabled])").wait_for()
    if real_name:
        page.get_by_label("实名", exact=True).check()
        page.get_by_label("您的姓名").fill("钱示七")
        page.get_by_label("联系电话").fill("13800138000")
    else:
        page.get_by_label("匿名", exact=True).check()
    page.get_by_label("反映哪个单位").fill(UNIT)
    person = page.get_by_role("group", name="第 1 人")
    person.get_by_label("姓名").fill(CHIEF)
    person.get_by_label("职务").fill("局长")
    page.get_by_label("主要负责人没有末位表态，先定调").check()
    page.get_by_label("主要问题").fill(text)
    page.get_by_label(re.compile("没有捏造")).check()


def test_from_the_phone_to_the_outcome(
    county: County, hosts: Running, browser: Browser, citizen: Citizen, tmp_path: Path
) -> None:
    said = {name: Canary.fresh() for name in ("report", "picture", "reply", "message", "note", "letter")}
    first, named = county.officer(HolderRank.OFFICER, 0), county.officer(HolderRank.OFFICER, 1)
    desk = officer(county, hosts, browser, first, "xf1", "信访举报负责人", 1280)
    other = officer(county, hosts, browser, named, "xf2", "信访举报承办人", 390)
    before = seen_by(other)
    assert all(status == 200 for status, _ in before.values()), {path: one[0] for path, one in before.items()}

    # Written on a phone under one's own name: about a chief, and about one of the commission's officers.
    page = citizen.page
    citizen.go("report.html")
    citizen.go("report/write.html")
    fill(page, story(said["report"]))
    page.get_by_role("button", name="再加一人").click()
    page.get_by_role("group", name="第 2 人").get_by_label("姓名").fill(named.holder.name)
    page.locator("#files").set_input_files(
        [
            {
                "name": f"{said['picture'].text}.jpg",
                "mimeType": "image/jpeg",
                "buffer": picture(said["picture"]),
            }
        ]
    )
    expect(page.locator("[data-part=chosen] li")).to_have_count(1)
    sound(page)
    page.get_by_role("button", name="下一步：核对").click()
    page.locator("[data-view=review]").wait_for()
    expect(page.locator("[data-part=openers]")).to_contain_text(first.holder.name)
    expect(page.locator("[data-part=openers]")).not_to_contain_text(named.holder.name)
    expect(page.locator("[data-part=left-out]")).to_contain_text(named.holder.name)
    sound(page)
    assert citizen.sent() == []  # Nothing left before.
    page.get_by_role("button", name="加密并提交").click()
    page.locator("[data-view=receipt]").wait_for()
    sound(page)
    code = page.locator("[data-part=code]").inner_text()
    page.get_by_role("button", name="完成，离开本页").click()
    expect(page.locator("[data-part=leave-told]")).to_be_visible()
    page.locator("summary").click()
    proof = page.locator("[data-part=proof-text]").input_value()
    expect(page.locator("[data-part=attachments]")).to_contain_text("已")
    page.get_by_label("我已保存查询码").check()
    page.get_by_role("button", name="完成，离开本页").click()
    page.wait_for_url(f"**/{JURISDICTION}/index.html")
    bodies = [opened_up(one) for one in citizen.sent()]
    assert len(bodies) >= 2
    plain = [
        *said.values(),
        Canary(code),
        Canary(f"{UNIT}{CHIEF}"),
        Canary(json.loads(proof)["salt"], ("utf-8",)),
    ]
    assert [name for body in bodies for canary in plain for name in canary.found_in(body)] == []
    for word in (UNIT, CHIEF, "钱示七", "13800138000"):
        assert not any(word.encode() in body for body in bodies)
    assert citizen.strangers() == set()
    assert citizen.told == []

    # The receipt, on the page and by the command.
    citizen.go("report/check.html")
    page.locator("#check-fields:not([disabled])").wait_for()
    page.get_by_label("凭证的全部文字").fill(proof)
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.locator("[data-part=signature]")).to_contain_text("签名有效")
    expect(page.locator("[data-part=content]")).to_contain_text("内容相符")
    sound(page)
    receipt = tmp_path / "receipt.json"
    receipt.write_text(proof, encoding="utf-8")
    assert "有效" in county.portal("verify-receipt", str(receipt), "-j", JURISDICTION)

    # Who is named sees no trace of it.
    assert seen_by(other) == before

    # Opened in the officer's browser, accepted, answered.
    page = desk.page
    desk.go("/reports/")
    expect(page.locator("main")).to_contain_text("内容已加密")
    sound(page)
    unlock(page, first)
    page.locator(".cases-list").get_by_role("link", name=UNIT).first.click()
    expect(page.get_by_role("heading", name=UNIT, level=1)).to_be_visible()
    expect(page.locator('[data-part="what"]')).to_have_text(story(said["report"]))
    saved: list[Download] = []
    page.on("download", lambda one: saved.append(one))
    page.get_by_role("button", name="下载 附件 1").click()
    expect(page.locator('[data-part="file-list"]')).to_contain_text("附件1.jpg")
    until(page, lambda: saved)
    got = saved[0].path().read_bytes()
    assert got.startswith(b"\xff\xd8\xff")
    assert said["picture"].found_in(got) == []  # Neither the file's name nor what the camera wrote into it.
    sound(page)
    acts(page, "accept", "受理")
    expect(page.locator('[data-part="flash"]')).to_have_text("已受理。")
    page.get_by_label("答复举报人").fill(f"请补充会议的日期。{said['reply'].text}")
    page.get_by_role("button", name="加密并发送").click()
    expect(page.locator('[data-part="talk-list"]')).to_contain_text(said["reply"].text)
    page.get_by_label("写记要").fill(f"已约谈。{said['note'].text}")
    page.get_by_role("button", name="加密并保存").click()
    expect(page.locator('[data-part="note-list"]')).to_contain_text(said["note"].text)

    # Read and answered by the citizen.
    page = citizen.page
    citizen.go("report/status.html")
    page.get_by_label("查询码").fill(code.lower().replace("-", " "))
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.locator("[data-part=state]")).to_have_text("已受理")
    expect(page.locator("[data-part=thread]")).to_contain_text(said["reply"].text)
    sound(page)
    page.get_by_label("要补充的话").fill(f"会议是三月六日开的。{said['message'].text}")
    page.get_by_role("button", name="加密并发送").click()
    page.get_by_text("已加密送到。").wait_for()

    # The answer arrives; the case is closed; the citizen sees how.
    page = desk.page
    desk.go("/reports/")
    unlock(page, first)
    page.locator(".cases-list").get_by_role("link", name=UNIT).first.click()
    expect(page.locator('[data-part="talk-list"]')).to_contain_text(said["message"].text)
    page.locator("details.act[data-action=close] > summary").click()
    page.get_by_label("部分属实，已处理").check()
    page.locator("details.act[data-action=close]").get_by_role("button", name="办结", exact=True).click()
    expect(page.locator('[data-part="flash"]')).to_contain_text("办结")
    page = citizen.page
    page.locator("[data-act=refresh]").click()
    expect(page.locator("[data-part=state]")).to_have_text("已办结")
    expect(page.locator("[data-part=outcome]")).to_contain_text("部分属实")
    sound(page)
    assert seen_by(other) == before

    # What came by letter is sealed in the officer's browser too.
    page = desk.page
    desk.go("/reports/new")
    page.locator('[data-part="fields"]:not([disabled])').wait_for()
    sound(page)
    entered = enter(page, story(said["letter"]))
    assert entered

    for canary in plain:
        for body in citizen.sent():
            assert not canary.found_in(opened_up(body))
    assert citizen.strangers() == set()
    with_code = [*said.values(), Canary(code, ("utf-8",)), Canary(code.replace("-", ""), ("utf-8",))]
    assert traces(with_code, county.places(), family(hosts.pid)) == []
    assert list((county.folder / "tmp").rglob("*.*")) == []


def acts(page: Page, name: str, button: str) -> None:
    """Do one act of the case that is open."""
    page.locator(f"details.act[data-action={name}] > summary").click()
    page.locator(f"details.act[data-action={name}]").get_by_role("button", name=button, exact=True).click()


def enter(page: Page, text: str) -> bool:
    """Enter a letter, and return whether it was stored."""
    page.locator('[data-part="fields"]:not([disabled])').wait_for()
    page.get_by_label("来信", exact=True).check()
    page.get_by_label("匿名", exact=True).check()
    page.locator("input[name=unit]").fill(UNIT)
    page.get_by_label("主要负责人没有末位表态，先定调").check()
    page.locator("textarea[name=what]").fill(text)
    page.get_by_role("button", name="下一步：核对").click()
    with page.expect_response(
        lambda one: one.url.endswith("/reports/new") and one.request.method == "POST"
    ) as answer:
        page.get_by_role("button", name="加密并登记").click()
    body = opened_up(answer.value.request.post_data_buffer or b"")
    assert text.encode() not in body
    return answer.value.status == 201


def test_by_the_keyboard_alone(hosts: Running, citizen: Citizen) -> None:
    page, keys = citizen.page, citizen.page.keyboard
    citizen.go("report/write.html")
    page.locator("#report-fields:not([disabled])").wait_for()
    canary = Canary.fresh()
    reach(page, "real_name-no")
    keys.press("Space")
    reach(page, "f-unit")
    keys.type(UNIT)
    reach(page, "person_name-1")
    keys.type(CHIEF)
    reach(page, "categories-speak_last")
    keys.press("Space")
    reach(page, "f-what")
    keys.type(story(canary))
    reach(page, "truth-yes")
    keys.press("Space")
    press(page, "下一步：核对")
    page.locator("[data-view=review]").wait_for()
    press(page, "加密并提交")
    page.locator("[data-view=receipt]").wait_for()
    code = page.locator("[data-part=code]").inner_text()
    reach(page, "saved")
    keys.press("Space")
    press(page, "完成，离开本页")
    page.wait_for_url(f"**/{JURISDICTION}/index.html")
    citizen.go("report/status.html")
    page.locator("#status-fields:not([disabled])").wait_for()
    reach(page, "code")
    keys.type(code)
    keys.press("Enter")
    expect(page.locator("[data-part=state]")).to_have_text("已收到")
    assert not any(canary.found_in(opened_up(one)) for one in citizen.sent())


def reach(page: Page, element: str) -> None:
    """Press Tab until that element has the focus, and see that it shows."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element:
            ring = "() => getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow"
            assert page.evaluate(ring) != "nonenone", element
            return
    raise AssertionError(f"{element} is out of the keyboard's reach on {page.url}")


def press(page: Page, name: str) -> None:
    """Press Tab until a button of that name has the focus, then Enter."""
    for _ in range(120):
        page.keyboard.press("Tab")
        if (
            page.evaluate(
                "document.activeElement.tagName === 'BUTTON' && document.activeElement.textContent.trim()"
            )
            == name
        ):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"{name} is out of the keyboard's reach on {page.url}")


@pytest.mark.thorough
def test_without_scripts(county: County, hosts: Running, browser: Browser) -> None:
    canary, added = Canary.fresh(), Canary.fresh()
    with browser.new_context(viewport=PHONE, locale="zh-CN", java_script_enabled=False) as context:
        page = context.new_page()
        asked: list[str] = []
        context.on("request", lambda one: asked.append(one.url))
        page.goto(f"{hosts.public}/{JURISDICTION}/report/write.html")
        page.get_by_role("link", name="用不用脚本的页面").click()
        page.wait_for_url(f"{hosts.address}/**")
        sound(page, scripts=False)
        page.get_by_label("匿名", exact=True).check()
        page.get_by_label("反映哪个单位").fill(UNIT)
        page.get_by_label("主要负责人没有末位表态，先定调").check()
        page.get_by_label("主要问题").fill(story(canary))
        page.locator(
            "form[method=post] button[type=submit], form[method=post] button:not([type])"
        ).first.click()
        expect(page.locator(".error, [role=alert]").first).to_be_visible()  # Nobody said that it is true.
        expect(page.get_by_label("主要问题")).to_have_value(story(canary))
        sound(page, scripts=False)
        page.get_by_label(re.compile("没有捏造")).check()
        page.locator(
            "form[method=post] button[type=submit], form[method=post] button:not([type])"
        ).first.click()
        expect(page.locator("h1")).to_contain_text("已收到")
        sound(page, scripts=False)
        code = plain_form.code_on(page.content())
        page.goto(f"{hosts.address}/{JURISDICTION}/status")
        page.get_by_label("查询码").fill(code)
        page.get_by_role("button", name="查询", exact=True).click()
        expect(page.locator("main")).to_contain_text("已收到")
        sound(page, scripts=False)
        page.locator("textarea").first.fill(story(added))
        page.locator("form[action$='/status/message'] button").first.click()
        expect(page.locator("main")).to_contain_text(re.compile("已.*(送到|收到|发送|补充)"))
        assert {one for one in asked if not one.startswith((hosts.public, hosts.address, "data:"))} == set()
        assert not any(code in one or code.replace("-", "") in one for one in asked)
    with Session(engine := open_reports(sqlite_url(county.settings.reports_database))) as session:
        assert "server" in session.scalars(select(SealedReport.sealed_by)).all()
    engine.dispose()
    assert traces([canary, added, Canary(code, ("utf-8",))], county.places(), family(hosts.pid)) == []
