"""Terms that the law leaves open: shown before they change, dated, and on record; statutory ones are refused."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from openpyxl import load_workbook
from pydantic import ValidationError
from sqlalchemy import func, select

from portal.domain.regimes import Regime
from portal.domain.spelling import spelt
from portal.domain.supervision.terms import SmallCells
from portal.services.running import overlay, parameters, terms
from portal.store.db import db
from portal.store.tables import Audit, Outbox, RegimeChange
from tests.conftest import NOON
from tests.databases import for_everybody
from tests.regimes.scenarios import build
from tests.web.office.closer import published
from tests.web.office.world import World

KEY = "replies~matter~"
GROUNDS = {"reason": "会议研究决定放宽", "source": "示例纪发〔2026〕8号", "approver": "示例甲"}
NOTICE = "1月1日（周五）至3日（周日）放假，共3天。1月10日（周日）上班。\n10月1日至7日放假调休。"


def hidden(text: str, name: str) -> list[str]:
    return re.findall(rf'name="{name}" value="([^"]*)"', text)


def wish(**more: str) -> dict[str, str]:
    return {"v-within": "15个工作日", "on": "2026年11月1日", **GROUNDS, **more}


def change(world: World, client: Any, key: str = KEY, **more: str) -> Any:
    shown = world.post(client, f"/terms/{key}/preview", wish(**more))
    assert shown.status_code == 200, shown.text
    basis = hidden(shown.text, "basis")[0]
    return world.post(client, f"/terms/{key}/change", {**wish(**more), "basis": basis})


def counted(world: World, table: Any) -> int:
    world.session.rollback()
    with for_everybody(world.session):
        found = world.session.scalar(select(func.count()).select_from(table)) or 0
        world.session.rollback()
        return found


def _exported(client: Any, address: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(client.get(address).data.decode("utf-8-sig"))))


def test_a_change_is_shown_written_and_binds_from_its_day(world: World) -> None:
    client = world.client("commission_admin")
    assert "10个工作日" in client.get(f"/terms/{KEY}").text
    shown = world.post(client, f"/terms/{KEY}/preview", wish())
    assert "15个工作日" in shown.text
    assert counted(world, RegimeChange) == 0

    assert change(world, client).status_code == 303

    listing = client.get("/terms").text
    assert "尚未施行的变更" in listing
    asked = "section=replies&amp;text=&amp;all="
    assert f"/terms/export.csv?{asked}" in client.get("/terms?section=replies").text
    lines = _exported(client, "/terms/export.csv?section=replies")
    assert {one["类别"] for one in lines} == {"回复期限"}
    assert "10个工作日" in [one["现行取值"] for one in lines]
    (line,) = _exported(client, "/terms/history/export.csv")
    assert (line["状态"], line["施行日期"], line["原因"]) == ("尚未施行", "2026年11月1日", GROUNDS["reason"])
    assert "15个工作日" in line["取值"]
    for address, known in (
        ("/terms/export.xlsx?section=replies", len(lines)),
        ("/terms/history/export.xlsx", 1),
    ):
        sheet = load_workbook(io.BytesIO(client.get(address).data)).active
        assert sheet is not None
        assert sheet.max_row == known + 1
    assert "/terms/history/export.xlsx" in client.get("/terms/history").text
    assert "10个工作日" in client.get(f"/terms/{KEY}").text
    world.at += timedelta(days=20)
    assert "15个工作日" in world.client("commission_admin").get(f"/terms/{KEY}").text
    with for_everybody(world.session):
        owed = world.session.scalars(select(Outbox).where(Outbox.event == "terms_changed")).one()
        assert owed.unit_id is None
        entered = world.session.scalars(select(Audit).where(Audit.action == "terms.changed")).one()
        assert "15个工作日" in entered.detail


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"on": "2026年10月19日"}, "不能早于今天"),
    ({"on": "2036年10月19日"}, "最远"),
    ({"on": ""}, "施行日期"),
    ({"v-within": "十五天"}, "不是可识别的期限"),
    ({"v-within": "10个工作日"}, "没有改动"),
    ({"reason": ""}, "为什么改"),
    ({"source": "无"}, "依据的文件"),
    ({"approver": ""}, "批准人"),
]


def test_a_change_that_cannot_be_is_refused_and_what_was_typed_stays(world: World) -> None:
    client = world.client("commission_admin")
    for more, said in REFUSED:
        answer = world.post(client, f"/terms/{KEY}/preview", wish(**more))
        assert answer.status_code == 422
        assert said in answer.text
        assert wish(**more)["v-within"] in answer.text
    crossed = {"v-prevent": "30", "v-alert": "25", "on": "2026年11月1日", **GROUNDS}
    answer = world.post(client, "/terms/warning~warning~/preview", crossed)
    assert answer.status_code == 422
    assert "警示的分数（25）须高于预防的分数（30）" in answer.text
    answer = world.post(client, f"/terms/{KEY}/change", wish(reason=""))
    assert answer.status_code == 422
    assert counted(world, RegimeChange) == 0


def test_what_the_law_says_cannot_be_changed(world: World, regimes: dict[str, Regime]) -> None:
    client = world.client("commission_admin")
    groups = parameters.groups_of(regimes, "xiuzhou", on=world.at.date())
    group = next(one for one in groups if one.section == overlay.RULE and not all(v.open for v in one.values))
    closed = next(one for one in group.values if not one.open)
    answer = world.post(client, f"/terms/{group.key}/preview", {**wish(), f"v-{closed.name}": "99"})
    assert answer.status_code == 422
    assert closed.why[:12] in answer.text


def test_two_at_once_the_second_is_shown_what_is_there_now(world: World) -> None:
    client = world.client("commission_admin")
    late = hidden(world.post(client, f"/terms/{KEY}/preview", wish()).text, "basis")[0]
    assert change(world, client, **{"v-within": "12个工作日"}).status_code == 303
    answer = world.post(client, f"/terms/{KEY}/change", {**wish(), "basis": late})
    assert answer.status_code == 409
    assert "没有写入" in answer.text
    assert counted(world, RegimeChange) == 1


def test_what_a_change_means_is_worked_out_for_the_preview_and_not_while_others_wait_to_write(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, tried = world.client("commission_admin"), []
    work = terms.cases_of

    def noted(*some: Any, **more: Any) -> Any:
        tried.append(db.session().connection().get_execution_options().get("portal_writes", False))
        return work(*some, **more)

    monkeypatch.setattr(terms, "cases_of", noted)
    assert change(world, client).status_code == 303
    late = world.post(client, f"/terms/{KEY}/change", {**wish(), "v-within": "20个工作日", "basis": "0"})
    assert late.status_code == 409
    year = {"year": "2027", "notice": NOTICE, "source": "示例国办发〔2026〕9号", "approver": "示例甲"}
    shown = world.post(client, "/years/preview", year)
    assert world.post(client, "/years", {**year, "basis": hidden(shown.text, "basis")[0]}).status_code == 303
    assert tried == [False] * 3  # Of two previews and of the page that was shown instead.


def test_a_change_not_yet_in_force_is_countermanded_and_one_in_force_is_not(world: World) -> None:
    client = world.client("commission_admin")
    change(world, client)
    assert world.post(client, "/terms/changes/1/countermand", {**GROUNDS, "reason": ""}).status_code == 422
    assert world.post(client, "/terms/changes/1/countermand", GROUNDS).status_code == 303
    assert "已取消" in client.get("/terms/history").text
    assert world.post(client, "/terms/changes/1/countermand", GROUNDS).status_code == 422
    assert change(world, client, on="2026年10月20日").status_code == 303
    assert world.post(client, "/terms/changes/3/countermand", GROUNDS).status_code == 422
    assert world.post(client, "/terms/changes/99/countermand", GROUNDS).status_code == 404
    assert "15个工作日" in client.get(f"/terms/{KEY}").text


def test_a_mistake_is_put_right_from_its_own_day_within_thirty_days(world: World) -> None:
    client = world.client("commission_admin")
    change(world, client, on="2026年10月20日")
    world.at += timedelta(days=5)
    again = world.client("commission_admin")
    assert change(world, again, **{"v-within": "16个工作日"}, on="2026年10月20日").status_code == 303
    assert "16个工作日" in again.get(f"/terms/{KEY}").text
    world.at += timedelta(days=40)
    last = world.client("commission_admin")
    answer = world.post(last, f"/terms/{KEY}/preview", wish(on="2026年10月20日"))
    assert answer.status_code == 422


def test_a_years_holidays_are_seen_as_a_calendar_and_make_deadlines_firm(world: World) -> None:
    client = world.client("commission_admin")
    assert "暂定" in client.get("/years").text
    form = {"year": "2027", "notice": NOTICE, "source": "国办发明电〔2026〕7号", "approver": "示例甲"}
    shown = world.post(client, "/years/preview", form)
    assert shown.status_code == 200
    assert shown.text.count('class="run-month"') == 12
    assert shown.text.count('class="off"') == 10
    assert shown.text.count('class="work"') == 1
    assert (
        "2026年第四季度财务公开到期</th><td>2027年1月29日（暂定）</td><td><b>2027年1月28日</b>" in shown.text
    )
    assert world.post(client, "/years", {**form, "basis": hidden(shown.text, "basis")[0]}).status_code == 303
    assert "放假 10 天" in client.get("/years").text
    assert "国办发明电〔2026〕7号" in client.get("/terms/history").text
    wrong = world.post(client, "/years/preview", {**form, "notice": "1月1日至3日"})
    assert wrong.status_code == 422
    assert "第 1 行" in wrong.text


def test_days_gone_by_do_not_become_holidays_and_a_year_is_not_off_altogether(world: World) -> None:
    client = world.client("commission_admin")
    form = {"year": "2026", "source": "国办发明电〔2025〕7号", "approver": "示例甲"}
    past = world.post(client, "/years/preview", {**form, "notice": "7月1日至31日放假"})
    assert past.status_code == 422
    assert "不能事后改动" in past.text
    same = "1月1日至3日放假，1月4日上班。2月15日至23日放假，2月14日、2月28日上班。4月4日至6日放假。5月1日至5日放假，5月9日上班。"
    same += "6月19日至21日放假。9月25日至27日放假。10月1日至7日放假，9月20日、10月10日上班。12月31日放假。"
    shown = world.post(client, "/years/preview", {**form, "notice": same})
    assert shown.status_code == 200, shown.text
    basis = hidden(shown.text, "basis")[0]
    assert world.post(client, "/years", {**form, "notice": same, "basis": basis}).status_code == 303
    # That something was entered just now does not open the days before it.
    again = world.post(client, "/years/preview", {**form, "notice": f"{same}7月1日至31日放假。"})
    assert again.status_code == 422
    gone = world.post(client, "/years/preview", {**form, "year": "2025", "notice": "12月1日至31日放假"})
    assert gone.status_code == 422
    months = "。".join(f"{month}月1日至28日放假" for month in range(1, 13))
    every = world.post(client, "/years/preview", {**form, "year": "2027", "notice": months})
    assert every.status_code == 422
    assert "不会超过" in every.text


def test_a_small_cell_covers_more_than_one_number(regimes: dict[str, Regime]) -> None:
    entry = regimes["xiuzhou"]._section("small_cells", NOON.date())[0]
    with pytest.raises(ValidationError):
        SmallCells.model_validate({**spelt(entry), "least": 2})  # "<2" could only be one.


def test_only_the_commissions_administrator_sees_terms(world: World) -> None:
    for role in ("officer", "filings", "intake", "unit_admin"):
        client = world.client(role)
        for address in ("/terms", "/terms/history", f"/terms/{KEY}", "/years"):
            assert client.get(address).status_code in (403, 404)


WARNING, LIMITS = "warning~warning~", "rule~FIN-01~"


def inputs(text: str) -> dict[str, str]:
    """Return what a form of terms would send as it stands: inputs and the chosen options."""
    found = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', text))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)"[^>]*>(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', options)
        found[name] = chosen[1] if chosen else ""
    return {name: unescape(value) for name, value in found.items() if name.startswith("v-")}


def test_a_table_of_values_is_edited_row_by_row_without_a_script(world: World) -> None:
    client = world.client("commission_admin")
    typed = inputs(client.get(f"/terms/{WARNING}").text)
    rows = int(typed["v-items-rows"])
    assert typed["v-items-0-title"] == "至今未公开"
    form = {**GROUNDS, "on": "2026年11月1日"}

    gone = inputs(
        world.post(client, f"/terms/{WARNING}/preview", {**typed, **form, "do": "drop:items:0"}).text
    )
    assert (gone["v-items-rows"], gone["v-items-0-title"]) == (str(rows - 1), "迟公开")
    more = inputs(world.post(client, f"/terms/{WARNING}/preview", {**gone, **form, "do": "add:items"}).text)
    assert (more["v-items-rows"], more[f"v-items-{rows - 1}-title"]) == (str(rows), "")
    up = inputs(world.post(client, f"/terms/{WARNING}/preview", {**gone, **form, "do": "up:items:1"}).text)
    assert (up["v-items-0-code"], up["v-items-1-code"]) == ("red", "late")

    new = {"v-items-0-points": "3", f"v-items-{rows - 1}-code": "missing"}
    new |= {
        f"v-items-{rows - 1}-{name}": value
        for name, value in (("title", "没有公开"), ("points", "5"), ("most", "25"))
    }
    shown = world.post(client, f"/terms/{WARNING}/preview", {**more, **new, **form})
    assert shown.status_code == 200, shown.text
    assert "名称 没有公开，每件几分 5，最多几分 25" in shown.text
    sent = {**inputs_of_preview(shown.text), "basis": hidden(shown.text, "basis")[0]}
    assert world.post(client, f"/terms/{WARNING}/change", sent).status_code == 303
    assert "没有公开" in client.get("/terms/history").text
    assert inputs(client.get(f"/terms/{WARNING}").text)["v-items-0-title"] == "至今未公开"
    world.at += timedelta(days=20)
    later = inputs(world.client("commission_admin").get(f"/terms/{WARNING}").text)
    assert later[f"v-items-{rows - 1}-title"] == "没有公开"
    assert later["v-items-0-points"] == "3"


def inputs_of_preview(text: str) -> dict[str, str]:
    return {
        name: unescape(value)
        for name, value in re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', text)
    }


ROWS_REFUSED = [
    (WARNING, {"v-items-0-points": "99"}, "第 1 行：每件 99 分，比最多的 20 分还多", "v-items-0"),
    (WARNING, {"v-items-1-points": "很多"}, "第 2 行“每件几分”：“很多”不是整数", "v-items-1-points"),
    (WARNING, {"v-items-1-most": ""}, "第 2 行“最多几分”：没有填写", "v-items-1-most"),
    (WARNING, {"v-items-1-code": "missing"}, "计分项目第 2 行与前面的一行重复", "v-items"),
    (WARNING, {"v-alert": "9"}, "须高于预防的分数", ""),
    (WARNING, {"v-items-rows": "0"}, "不能一行也没有", "v-items"),
    (LIMITS, {"v-limits-rows": "1", "v-limits-0-domain": "财务", "v-limits-0-least": "6000"}, "限额", ""),
    (
        LIMITS,
        {"v-limits-rows": "1", "v-limits-0-domain": "财务", "v-limits-0-least": "6000", "v-limits-0-most": "5000"},
        "第 1 行：下端 6,000.00 元高于上端 5,000.00 元",
        "v-limits-0",
    ),
    (
        LIMITS,
        {"v-limits-rows": "2", **{f"v-limits-{row}-{name}": value for row in (0, 1) for name, value in (("domain", "财务"), ("most", "5000"))}},
        "“财务”写了两个限额",
        "v-limits",
    ),
    (LIMITS, {"v-limits-rows": "1", "v-limits-0-domain": "财物", "v-limits-0-most": "5000"}, "“财物”不是本级不直接分管的事项", "v-limits-0-domain"),
]  # fmt: skip


def test_what_is_wrong_in_a_table_is_told_at_its_row_and_nothing_typed_is_lost(world: World) -> None:
    client = world.client("commission_admin")
    standing = {key: inputs(client.get(f"/terms/{key}").text) for key in (WARNING, LIMITS)}
    for key, more, said, place in ROWS_REFUSED:
        answer = world.post(
            client, f"/terms/{key}/preview", {**standing[key], **more, **GROUNDS, "on": "2026年11月1日"}
        )
        assert answer.status_code == 422, (more, answer.text)
        assert said in answer.text, (more, answer.text)
        assert f'<a href="#{place}' in answer.text
        kept = inputs(answer.text)
        assert {name: kept.get(name, "") for name in more} == more
    assert counted(world, RegimeChange) == 0


def test_a_limit_from_a_day_on_judges_what_binds_after_it_and_not_before(
    world: World, regimes: dict[str, Regime]
) -> None:
    client = world.client("commission_admin")
    limit = {"v-limits-rows": "1", "v-limits-0-domain": "财务", "v-limits-0-most": "3000"}
    form = {**inputs(client.get(f"/terms/{LIMITS}").text), **limit, **GROUNDS, "on": "2026年11月1日"}
    shown = world.post(client, f"/terms/{LIMITS}/preview", form)
    assert "事项 财务，限额 3,000.00 元" in shown.text
    sent = {**form, "basis": hidden(shown.text, "basis")[0]}
    assert world.post(client, f"/terms/{LIMITS}/change", sent).status_code == 303

    world.at += timedelta(days=30)
    for unit, day in ((world.unit, "2026-10-20"), (world.other, "2026-11-10")):
        change = {"/effective_from": day, "/adopted_on": "2026-10-15"}
        plan = build("xiuzhou", {"base": "plan", "change": change})
        with for_everybody(world.session):
            published(world, unit, plan)
        page = world.client("officer").get(f"/board/u/{unit.slug}").text
        assert ("高于规定的 3,000.00 元" in page) == (unit is world.other), unit.name
