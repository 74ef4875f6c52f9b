"""The whole job of a unit in a real browser against real processes: from the invitation to the tombstone on the site."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import openpyxl
import pytest
from openpyxl.workbook import Workbook
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.whole_county import PASSWORD, PHONE, County, Someone, arrives, running
from tests.site.chromium import launched
from tests.web.office.test_uploads import add, fill

# One server for all of them: these tests stay with one process where a run has several.
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("whole_job")]

ROSTER = """单位名称,单位类型,简称,单位代码
示例财政局,部门,财政局,330411001
示例水利局,部门,水利局,330411002
示例档案局,部门,档案局,330411003
"""
HIDDEN = "110101199003070011"  # A number that reads as an identity card's, of nobody.
QUARTERS = ("第一季度", "第二季度", "第三季度", "第四季度")


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    with running(tmp_path_factory.mktemp("county") / "home", ROSTER) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, launched(playwright) as started:
        yield started


def the_quarter() -> tuple[str, str]:
    """Return the last quarter that is over, as people write it and in an address."""
    today = datetime.now(UTC).astimezone(timezone(timedelta(hours=8))).date()
    year, number = (today.year, (today.month - 1) // 3) if today.month > 3 else (today.year - 1, 4)
    return f"{year}年{QUARTERS[number - 1]}", f"{year}Q{number}"


def staffed(
    county: County, browser: Browser, unit: str, mark: str, *, scripts: bool
) -> tuple[Someone, Someone, Someone]:
    """Return administrator, editor and reviewer of a unit, each by way of an invitation."""
    admin = arrives(county, browser, f"gly{mark}", scripts=scripts)
    admin.accept(county.invitation(admin.login, "陈示一", unit))
    people = []
    for login, name, role in ((f"tb{mark}", "方示九", "填报人"), (f"sh{mark}", "林示二", "审核人")):
        page = admin.page
        admin.go("/users/invite")
        page.get_by_label("姓名").fill(name)
        page.get_by_label("账号", exact=True).fill(login)
        page.get_by_label(role, exact=True).check()
        admin.press("发出邀请")
        link = page.locator(".handed code").inner_text()
        if role == "填报人":
            admin.look("users-handed")
        someone = arrives(county, browser, login, scripts=scripts)
        someone.accept(link)
        people.append(someone)
    return admin, *people


def filled(template: Path, *, quarter: str) -> Workbook:
    """Fill the template as an accountant would, rightly."""
    book = openpyxl.load_workbook(template)
    fill(book, "季度财务公开", 所属期=quarter, 收入合计=0, 支出合计=3000, 期初余额=5000, 期末余额=2000)
    fill(book, "季度财务公开", 单位负责人="吴示四", 主管会计工作负责人="林示二", 会计机构负责人="方示九")
    add(book, "支出明细", 4, 项目="办公费", 本期金额=1000)
    add(book, "支出明细", 5, 项目="差旅费", 本期金额=2000)
    return book


def fetched(someone: Someone, folder: Path, link: str) -> Path:
    """Download by a link and return the file, under the name that the office gave it."""
    with someone.page.expect_download() as download:
        someone.page.get_by_role("link", name=link).first.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def upload(someone: Someone, workbook: Path) -> None:
    """Upload a workbook and wait for what is told of it."""
    someone.page.locator("#file").set_input_files(workbook)
    someone.page.get_by_role("button", name=re.compile("上传并试读|重新读取")).click()
    expect(someone.page.locator(".up-facts")).to_contain_text(workbook.name)


def appears(page: Page, address: str, words: str) -> float:
    """Open a page of the public site until it says so, and return how long that took."""
    start = time.monotonic()
    while True:
        answer = page.goto(address)
        if answer is not None and answer.ok and words in page.locator("main").inner_text():
            return time.monotonic() - start
        assert time.monotonic() - start < 300, f"{address} does not say {words}"
        page.wait_for_timeout(250)


def test_the_whole_job(county: County, browser: Browser, tmp_path: Path) -> None:
    quarter, _ = the_quarter()
    admin, editor, reviewer = staffed(county, browser, "示例财政局", "1", scripts=True)
    page = editor.page

    # The template, filled wrongly.
    editor.look("home-new")
    page.get_by_role("region", name="新建").get_by_role("link", name="季度财务公开").click()
    editor.look("new")
    page.get_by_label("上传工作簿").check()
    page.get_by_label("所属期").fill(quarter)
    editor.press("开始填写")
    editor.look("upload")
    template = fetched(editor, tmp_path, "空白模板")
    right = tmp_path / "改好的.xlsx"
    filled(template, quarter=quarter).save(right)
    wrong = filled(template, quarter=quarter)
    fill(wrong, "季度财务公开", 支出合计=3100, 备注=f"经办人身份证 {HIDDEN}")
    add(wrong, "支出明细", 4, 本期金额="约1000元左右")
    wrong.save(tmp_path / "三季度财务.xlsx")

    # Read, cell by cell.
    upload(editor, tmp_path / "三季度财务.xlsx")
    editor.look("upload-result")
    told = {
        one: page.locator("tr", has=page.get_by_role("link", name=one, exact=True)) for one in ("B49", "D4")
    }
    expect(told["B49"]).to_contain_text("公民身份号码")
    expect(told["B49"]).to_contain_text("请删去或遮盖")
    expect(told["D4"]).to_contain_text("第 4 行")
    expect(told["D4"]).to_contain_text("本期金额")
    expect(told["D4"]).to_contain_text("“约1000元左右”不是可识别的金额")
    annotated = openpyxl.load_workbook(fetched(editor, tmp_path, "下载批注"))
    for sheet, cell, words in (
        ("季度财务公开", "B49", "公民身份号码"),
        ("支出明细", "D4", "不是可识别的金额"),
    ):
        comment = annotated[sheet][cell].comment
        assert comment is not None
        assert words in comment.text
        assert (
            annotated[sheet][cell].fill.fgColor.rgb
            != openpyxl.load_workbook(template)[sheet][cell].fill.fgColor.rgb
        )

    # The total is told once every line can be read.
    half = filled(template, quarter=quarter)
    fill(half, "季度财务公开", 支出合计=3100)
    half.save(tmp_path / "再改.xlsx")
    upload(editor, tmp_path / "再改.xlsx")
    editor.look("upload-total")
    expect(page.get_by_role("row").filter(has_text="支出合计").first).to_contain_text("3,000.00")
    upload(editor, right)
    expect(page.get_by_role("status").first).to_contain_text("逐格读取无误")
    editor.look("upload-right")
    editor.press("存为草稿（1 份）")

    # The form.
    expect(page.locator("#writing")).to_be_visible()
    editor.look("edit")
    draft = re.sub(r".*/drafts/", "", page.url).partition("#")[0]
    expect(page.locator(".finding").first).to_be_visible()
    open_parts(page)
    page.get_by_label("内容概述").fill("三季度收支和三公经费。")
    rows = page.locator("[data-table=expense] .row")
    page.locator("[data-table=expense] [data-add]").click()
    expect(rows).to_have_count(3)
    rows.nth(2).get_by_label("项目").fill("印刷费")
    rows.nth(2).locator("[data-remove]").click()
    expect(rows).to_have_count(2)
    expect(page.locator("#saved")).to_contain_text("已保存")
    editor.press("送审")
    expect(page.get_by_role("status").first).to_contain_text("已送审")

    # Looked at by the other person, who gives it back.
    page = reviewer.page
    reviewer.go("/", "home-reviewer")
    page.get_by_role("link", name=re.compile("^去审核")).click()
    reviewer.look("review")
    reviewer.press("退回修改")
    expect(page.get_by_role("alert")).to_be_visible()
    reviewer.look("review-refused")
    remark = "请补写公开审查人，并说明为什么迟公开。"
    page.get_by_label("退回意见").fill(remark)
    reviewer.press("退回修改")
    expect(page.get_by_role("status").first).to_contain_text("已退回填报人")

    page = editor.page
    editor.go("/")
    expect(page.get_by_role("region", name="退回意见")).to_contain_text(remark)
    editor.look("home-returned")
    page.get_by_role("region", name="退回意见").get_by_role("link").click()
    expect(page.get_by_role("region", name="退回意见")).to_contain_text(remark)
    editor.look("edit-returned")
    open_parts(page)
    page.get_by_label("公开审查人").fill("吴示四")
    page.get_by_label("公开说明", exact=True).fill("因账务系统切换，本季度迟公开。")
    with page.expect_navigation():  # Not at once: what is being saved by itself comes first.
        editor.press("保存")
    expect(page.get_by_label("公开审查人")).to_have_value("吴示四")
    editor.press("送审")
    expect(page.get_by_role("status").first).to_contain_text("已送审")

    # The page as the public will see it, then published.
    page = reviewer.page
    reviewer.go(f"/drafts/{draft}/review")
    page.get_by_role("link", name="预览公开页面").click()
    expect(page.locator("main")).to_contain_text("因账务系统切换")
    reviewer.look("preview")
    reviewer.go(f"/drafts/{draft}/review", "review-again")
    approve(reviewer, "通过并发布")
    public, permalink = (page.locator(".facts.doc dd a").nth(one).inner_text() for one in (0, 1))
    visitor = browser.new_page(viewport=PHONE)
    print(f"on the site after {appears(visitor, public, '3,000.00'):.1f} s")
    reviewer.look("done")

    # A correction: both versions can be read, and what differs.
    page = editor.page
    editor.go("/records/", "records")
    page.locator("main").get_by_role("link", name=re.compile("财务公开")).first.click()
    editor.look("record")
    record = page.url
    editor.press("更正")
    page.get_by_label("更正了什么、为什么").fill("漏记一笔印刷费。")
    open_parts(page)
    page.locator("[data-table=expense] [data-add]").click()
    rows = page.locator("[data-table=expense] .row")
    rows.nth(2).get_by_label("项目").fill("印刷费")
    rows.nth(2).get_by_label("本期金额").fill("500")
    page.get_by_label("支出合计").fill("3500")
    page.get_by_label("期末余额").fill("1500")
    editor.look("edit-correction")
    editor.press("送审")
    expect(page.get_by_role("status").first).to_contain_text("已送审")
    page = reviewer.page
    reviewer.go("/")
    page.get_by_role("link", name=re.compile("^去审核")).click()
    reviewer.look("review-correction")
    approve(reviewer, "通过并发布")
    print(f"the correction after {appears(visitor, public, '3,500.00'):.1f} s")
    expect(visitor.locator("body")).to_contain_text("漏记一笔印刷费")
    appears(visitor, permalink, "3,000.00")
    page.goto(record)
    expect(page.locator("main")).to_contain_text("第 1 版到第 2 版的差别")
    expect(page.locator("main ins").filter(has_text="印刷费").first).to_be_visible()
    reviewer.look("record-corrected")

    # Withdrawn, with everything that the law asks for; a tombstone stands where the page was.
    page.get_by_role("link", name=re.compile(r"^撤回\s*第 2 版")).click()
    reviewer.look("withdraw")
    page.get_by_label("法律依据").fill("政府信息公开条例第十五条")
    page.get_by_label("撤回原因").fill("涉及第三方商业秘密。")
    page.get_by_label("批准人").fill("吴示四")
    reviewer.press("撤回")
    expect(page.get_by_role("alert")).to_contain_text("复核日期")
    reviewer.look("withdraw-refused")
    page.get_by_label("复核日期").fill(f"{datetime.now(UTC).year + 1}-03-01")
    page.get_by_label("复核人的账号").fill(admin.login)
    page.get_by_label("复核人的密码").fill(PASSWORD)
    # The next one: she may have signed in with this half minute's.
    page.get_by_label("复核人的验证码").fill(admin.code(ahead=1))
    reviewer.press("撤回")
    expect(page.locator("#versions")).to_contain_text("已撤回")
    print(f"the tombstone after {appears(visitor, public, '涉及第三方商业秘密'):.1f} s")
    reviewer.look("record-withdrawn")

    # The other pages of the office, each seen once by somebody whose page it is.
    for who, path, name in (
        (editor, "/history", "history"),
        (editor, "/reading/", "reading"),
        (editor, "/account", "account"),
        (editor, "/account/history", "account-history"),
        (editor, "/records/", "records-withdrawn"),
        (reviewer, "/account", "account-reviewer"),
        (admin, "/", "home-admin"),
        (admin, "/people/", "people"),
        (admin, "/people/new", "people-new"),
        (admin, "/users", "users"),
        (admin, "/users/invite", "users-invite"),
        (admin, "/users/2", "user"),
        (admin, "/users/999", "not-found"),
    ):
        who.go(path, name)
    visitor.close()
    for who in (admin, editor, reviewer):
        who.leave()
    reviewer.look("sign-in")


@pytest.mark.thorough
def test_the_whole_job_without_scripts(county: County, browser: Browser, tmp_path: Path) -> None:
    quarter, period = the_quarter()
    _, editor, reviewer = staffed(county, browser, "示例水利局", "2", scripts=False)
    page = editor.page
    editor.go(f"/uploads/new/finance?period={period}")
    template = fetched(editor, tmp_path, "空白模板")
    half = filled(template, quarter=quarter)
    add(half, "支出明细", 4, 本期金额="约1000元左右")
    half.save(tmp_path / "三季度财务.xlsx")
    upload(editor, tmp_path / "三季度财务.xlsx")
    expect(page.get_by_role("alert")).to_contain_text("不是可识别的金额")
    filled(template, quarter=quarter).save(tmp_path / "改好的.xlsx")
    upload(editor, tmp_path / "改好的.xlsx")
    editor.press("存为草稿（1 份）")

    rows = page.locator("[data-table=expense] .row")
    expect(rows).to_have_count(2)
    page.locator("[data-table=expense] [data-add]").click()
    expect(rows).to_have_count(3)
    editor.look("edit-added")
    rows.nth(2).get_by_label("项目").fill("印刷费")
    rows.nth(2).get_by_label("本期金额").fill("五百")
    editor.press("保存")
    expect(page.get_by_role("alert").first).to_contain_text("本期金额")
    editor.look("edit-wrong")
    rows.nth(2).get_by_label("本期金额").fill("500")
    page.get_by_label("支出合计").fill("3500")
    page.get_by_label("期末余额").fill("1500")
    editor.press("送审")
    expect(page.get_by_role("status").first).to_contain_text("已送审")

    page = reviewer.page
    reviewer.go("/")
    page.get_by_role("link", name=re.compile("^去审核")).click()
    page.get_by_label("退回意见").fill("请写内容概述。")
    reviewer.press("退回修改")
    page = editor.page
    editor.go("/")
    page.get_by_role("region", name="退回意见").get_by_role("link").click()
    open_parts(page)
    page.get_by_label("内容概述").fill("三季度收支。")
    editor.press("送审")
    expect(page.get_by_role("status").first).to_contain_text("已送审")

    # Signing in again asks for the phone; then published.
    page = reviewer.page
    reviewer.leave()
    page.get_by_label("账号", exact=True).fill(reviewer.login)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    reviewer.press("登录")
    page.get_by_label("验证码").fill(reviewer.code(ahead=1))
    reviewer.look("second")
    reviewer.press("继续")
    page.get_by_role("link", name=re.compile("^去审核")).click()
    approve(reviewer, "通过并发布")
    visitor = browser.new_page(java_script_enabled=False)
    appears(visitor, page.locator(".facts.doc dd a").first.inner_text(), "3,500.00")
    visitor.close()


@pytest.mark.thorough
def test_signing_in_writing_and_saving_by_keyboard_alone(county: County, browser: Browser) -> None:
    _, period = the_quarter()
    admin = arrives(county, browser, "gly3", scripts=True)
    admin.accept(county.invitation(admin.login, "陈示一", "示例档案局"))
    admin.go("/users/invite")
    page = admin.page
    page.get_by_label("姓名").fill("方示九")
    page.get_by_label("账号", exact=True).fill("tb3")
    page.get_by_label("填报人", exact=True).check()
    admin.press("发出邀请")
    editor = arrives(county, browser, "tb3", scripts=True)
    editor.accept(page.locator(".handed code").inner_text())
    editor.leave()

    page, keys = editor.page, editor.page.keyboard
    editor.go("/sign-in")
    reach(page, "login")
    keys.type("tb3")
    reach(page, "password")
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page).to_have_url(f"{county.office}/")
    editor.go(f"/drafts/new/finance?period={period}")
    reach(page, "how-blank")
    keys.press("Space")
    keys.press("Enter")
    expect(page.locator("#writing")).to_be_visible()
    reach(page, "f-title")
    keys.press("Control+A")
    keys.type("三季度财务公开")
    ring = "() => getComputedStyle(document.activeElement).outlineStyle + getComputedStyle(document.activeElement).boxShadow"
    assert page.evaluate(ring) != "nonenone"
    keys.press("Enter")  # Saves: the form's first button does.
    expect(page.locator("h1")).to_have_text("三季度财务公开")
    expect(page.get_by_label("标题")).to_have_value("三季度财务公开")


def reach(page: Page, element: str) -> None:
    """Press Tab until that element has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == element:
            return
    raise AssertionError(f"{element} is out of the keyboard's reach on {page.url}")


def approve(reviewer: Someone, how: str) -> None:
    """State what has to be stated, and approve."""
    page = reviewer.page
    page.wait_for_load_state()  # Until then some boxes may not be there.
    for box in page.get_by_role("group", name="通过前逐项确认").get_by_role("checkbox").all():
        box.check()
    reviewer.press(how)
    expect(page.locator("h1")).to_contain_text("已发布")


def open_parts(page: Page) -> None:
    """Open every part of the form that is folded."""
    expect(page.locator("#writing")).to_be_visible()
    page.wait_for_load_state()  # Until then some parts may not be there, and what is typed would not be seen.
    for part in page.locator("details.part:not([open]) > summary").all()[::-1]:
        part.click()
