"""The officer's first working day after a quarter, in a real browser: from the home page to 销号 and an exemption."""

# ruff: noqa: F811 - the office's own fixtures are imported, and asked for by name.

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from portal.domain.regimes import Regime
from tests.browser.test_acting import address, both_desks, browser, looked_at  # noqa: F401 - fixtures.
from tests.web.office.conftest import other_unit, world  # noqa: F401 - fixtures of the office's own tests.
from tests.web.office.world import World

pytestmark = pytest.mark.browser


def test_from_the_home_page_to_the_end_of_a_matter_and_an_exemption(
    world: World, regimes: dict[str, Regime], browser: Browser, address: str
) -> None:
    officer, editor = both_desks(world, regimes, browser, address)

    # Where to act: the home page says it, its number opens to the list, the list to the unit and its evidence.
    officer.goto(f"{address}/commission/")
    expect(officer.get_by_role("heading", name="2 个单位没有公开2026年第三季度财务")).to_be_visible()
    looked_at(officer)
    officer.get_by_role("link", name="没有公开2026年第三季度财务").first.click()
    expect(officer.get_by_role("heading", level=1)).to_contain_text("2026年第三季度公开情况")
    officer.get_by_role("link", name="示例财政局", exact=True).first.click()
    expect(officer.locator("#finance-2026Q3")).to_contain_text("未公开")
    looked_at(officer)

    # One matter, from the queue to the unit and back.
    officer.goto(f"{address}/matters")
    row = officer.get_by_role("row").filter(has_text="示例财政局").filter(has_text="季度财务")
    row.get_by_role("link").first.click()
    expect(officer.locator(".mt-state")).to_be_visible()
    matter = officer.url
    officer.get_by_label("请单位说明什么").fill("请说明三季度财务为什么没有公开。")
    officer.get_by_role("button", name="向单位问询").click()
    expect(officer.locator(".mt-state")).to_contain_text("已问询")
    editor.goto(f"{address}/asked")
    editor.get_by_role("link", name="季度财务").first.click()
    editor.get_by_label("情况和原因").fill("经办人调离，没有交接。")
    editor.get_by_role("button", name="提交说明").click()
    expect(editor.locator(".mt-state")).to_contain_text("已说明")

    officer.goto(matter)
    officer.get_by_text("要求整改", exact=True).first.click()
    officer.get_by_label("整改要求").fill("补充公开，并写明交接的办法。")
    officer.get_by_label("整改期限").fill("2026年12月11日")
    officer.get_by_role("button", name="要求整改").click()
    expect(officer.locator(".mt-state")).to_contain_text("整改中")
    looked_at(officer)
    editor.goto(f"{address}/asked/rectifying/")
    editor.get_by_role("link", name="补充公开，并写明交接的办法。").click()
    for label, text in (
        ("整改措施", "补充公开"),
        ("责任领导", "陈示一"),
        ("责任人", "方示九"),
        ("佐证说明", "已经补充"),
    ):
        editor.get_by_label(label, exact=True).fill(text)
    editor.get_by_role("button", name="整改完成，报请验收").click()
    expect(editor.get_by_text("已报请验收。")).to_be_visible()

    officer.goto(f"{address}/rectifying/")
    looked_at(officer)
    officer.get_by_role("link", name="补充公开，并写明交接的办法。").click()
    officer.get_by_text("登记第三方验收，销号").click()
    for label, text in (("验收人", "卫示九"), ("验收单位", "示例会计师事务所"), ("验收意见", "已经补齐")):
        officer.get_by_label(label, exact=True).fill(text)
    officer.get_by_role("button", name="验收通过，销号").click()
    expect(officer.get_by_text("已验收销号。")).to_be_visible()
    officer.goto(matter)
    expect(officer.locator(".mt-state")).to_contain_text("已办结")
    expect(officer.locator(".mt-facts")).to_contain_text("整改销号")
    editor.goto(f"{address}/asked")
    expect(editor.get_by_role("main")).to_contain_text("已办结")

    # The other unit is exempted, and the board says so.
    officer.goto(f"{address}/grants/exempt")
    officer.get_by_label("单位", exact=True).select_option(label="示例住建局")
    officer.get_by_label("公开义务").select_option(label="季度财务")
    officer.get_by_label("所属期").fill("2026Q3")
    officer.get_by_label("起始日期").fill("2026年7月1日")
    officer.get_by_label("截止日期").fill("2026年12月31日")
    officer.get_by_label("原因").fill("机构新设，没有独立账户")
    officer.get_by_label("批准人或批准机关").fill("示例区纪委监委")
    officer.get_by_role("button", name="看登记后会怎样").click()
    looked_at(officer)
    officer.get_by_role("button", name="登记", exact=True).click()
    expect(officer.get_by_text("已为 1 个单位登记豁免")).to_be_visible()
    # It came when the deadline had passed: it is shown, and does not undo that nothing was published.
    officer.goto(f"{address}/board/u/zhujianju")
    expect(officer.locator("#finance-2026Q3")).to_contain_text("未公开")
    expect(officer.get_by_role("main")).to_contain_text("机构新设，没有独立账户")
    for one in (officer, editor):
        one.context.close()
