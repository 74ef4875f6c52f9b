"""采购异常信号 at the office: who sees it, what it shows, what one click makes of it."""

from __future__ import annotations

import csv
import io
import re

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from portal.store.tables import Audit, Matter, MatterItem, Unit, Version
from tests.databases import for_everybody
from tests.web.office.closer_world import put, tender
from tests.web.office.world import World


@pytest.fixture
def bought(world: World) -> World:
    """A world in which the first unit bought something from one bidder, and the other something ordinary."""
    with for_everybody(world.session):
        unit = world.session.get(Unit, world.unit.id)
        assert unit
        put(world.session, unit, tender(1))
        put(world.session, unit, tender(2, method="sole_source", bidders=[], title="=示例维修()"))
        world.session.commit()
    return world


def marks(text: str) -> list[str]:
    return re.findall(r'name="flag" value="([0-9a-f]{64})"', text)


def matters(world: World) -> list[Matter]:
    with for_everybody(world.session):
        world.session.expire_all()
        return list(world.session.scalars(select(Matter).order_by(Matter.id)))


def test_an_officer_sees_each_flag_with_its_data_and_that_it_finds_nobody_guilty(bought: World) -> None:
    text = bought.client("officer").get("/flags/").text
    assert "信号是提示，不是违规的认定" in text
    assert "可能的正常原因" in text
    assert "单一投标" in text
    assert "R018" in text
    assert "示例财政局" in text
    assert "公开招标只有 示例甲公司 一家投标。" in text
    assert "http://public.example/xiuzhou/u/" in text
    assert "没有算出来的" in text
    assert "没有填写投标人的项目负责人" not in text


@pytest.mark.parametrize("role", ["editor", "reviewer", "unit_admin", "staff", "group", "intake", "filings"])
def test_nobody_else_does(bought: World, role: str) -> None:
    client = bought.client(role)
    for url in ("/flags/", "/flags/flags.csv", "/flags/flags.xlsx"):
        answer = client.get(url)
        assert answer.status_code in (403, 404)
        assert "单一投标" not in answer.text


def test_the_administrator_reads_and_does_not_act(bought: World) -> None:
    client = bought.client("commission_admin")
    text = client.get("/flags/").text
    assert "单一投标" in text
    assert not marks(text)
    assert "转为监督事项</button>" not in text
    found = marks(bought.client("officer").get("/flags/").text)
    assert bought.post(client, "/flags/take", {"flag": found}).status_code == 403
    assert not matters(bought)


def test_one_click_makes_matters_once_and_the_log_says_so(bought: World) -> None:
    client = bought.client("officer")
    found = marks(client.get("/flags/").text)
    assert len(found) >= 2
    answer = bought.post(client, "/flags/take", {"flag": found}, follow_redirects=True)
    assert answer.status_code == 200
    assert f"已将 {len(found)} 条信号转为" in answer.text
    made = matters(bought)
    assert len(made) == len(found)
    assert {one.source for one in made} == {"flag"}
    assert all(one.told_at is None for one in made)  # A unit learns of it only when it is asked.
    with for_everybody(bought.session):
        items = bought.session.scalars(select(MatterItem)).all()
        logged = bought.session.scalars(select(Audit).where(Audit.action == "flag.taken_up")).all()
    assert len(items) == len(found)
    assert all("不是违规的认定" in one.remedy for one in items)
    assert len(logged) == len(found)
    assert all("before" in one.detail for one in logged)
    assert not marks(client.get("/flags/").text)  # What became a matter is not offered again.
    assert not marks(client.get("/flags/?fresh=1").text)
    bought.post(client, "/flags/take", {"flag": found})
    assert len(matters(bought)) == len(made)


def test_choosing_nothing_or_what_has_changed_is_told(bought: World) -> None:
    client = bought.client("officer")
    nothing = bought.post(client, "/flags/take")
    assert nothing.status_code == 422
    assert "请先勾选" in nothing.text
    mark = marks(client.get("/flags/").text)[0]
    gone = bought.post(client, "/flags/take", {"flag": [mark, "f" * 64]})
    assert gone.status_code == 422
    assert "已经变化" in gone.text
    assert f'value="{mark}" checked' in gone.text
    assert not matters(bought)


def test_a_withdrawn_record_raises_nothing(bought: World) -> None:
    from portal.services import publishing
    from tests.conftest import NOON

    with for_everybody(bought.session):
        for version in bought.session.scalars(select(Version)):
            publishing.withdraw(
                bought.session, version, legal_ground="示例依据", reason="示例原因", approver="示例", now=NOON
            )
        bought.session.commit()
    text = bought.client("officer").get("/flags/").text
    assert "还没有公开的采购记录" in text


@pytest.mark.parametrize(
    ("query", "shows"),
    [
        ("unit=zz", False), ("code=single_bidder", True), ("code=splitting", False), ("supplier=示例甲", True),
        ("supplier=示例乙", False), ("year=2026", True), ("year=2019", False), ("order=supplier", True),
        ("page=99999999", True), ("order=x", True),
    ],
)  # fmt: skip
def test_the_filters_leave_what_was_asked_for(bought: World, query: str, shows: bool) -> None:
    answer = bought.client("officer").get(f"/flags/?{query}")
    assert answer.status_code == 200
    assert ("一家投标" in answer.text) is shows


def test_the_exports_hold_a_line_for_each_datum_and_no_formula(bought: World) -> None:
    client = bought.client("officer")
    data = client.get("/flags/flags.csv").data
    assert data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert lines[0][:3] == ["单位", "信号", "开放合同代码"]
    assert {"单一投标", "单一来源没有写理由"} <= {one[1] for one in lines[1:]}
    assert not any(cell.startswith("=") for line in lines for cell in line)
    sheet = load_workbook(io.BytesIO(client.get("/flags/flags.xlsx").data)).active
    assert [[cell or "" for cell in row] for row in sheet.iter_rows(values_only=True)] == lines  # type: ignore[union-attr] # a workbook has a sheet.
    only = client.get("/flags/flags.csv?code=single_bidder").data.decode("utf-8-sig")
    assert "单一来源没有写理由" not in only


def test_another_county_s_purchases_are_not_among_them(bought: World) -> None:
    from portal.services import rosters
    from tests.conftest import NOON

    with for_everybody(bought.session):
        place = rosters.find_jurisdiction(bought.session, "jinhu")
        line = rosters.RosterLine(
            name="外县示例局", type="bureau", short="外县局", code="320831001", sample=True
        )
        put(
            bought.session,
            rosters.put_unit(bought.session, place, line, now=NOON),
            tender(3, title="外县采购"),
        )
        bought.session.commit()
    text = bought.client("officer").get("/flags/").text
    assert "外县" not in text
