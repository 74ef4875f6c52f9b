"""操作日志: everything in one list, readable, exported, and nobody changes it."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services import exempting
from portal.services.board.county import open_county
from portal.services.desk.rooms import Actor
from portal.services.running.audit import Wanted, every, page_of
from tests.databases import for_everybody
from tests.web.office.world import World


def put_down(world: World, count: int) -> None:
    """Enter lines into the log, several of them at one moment."""
    with for_everybody(world.session):
        county = open_county(world.session, "xiuzhou", Actor(1, "冯示六", frozenset()))
        for number in range(count):
            county.write_down(
                "unit.changed",
                now=world.at + timedelta(seconds=number // 3),
                object=f"unit:{world.unit.slug}",
                words=f"=第{number}条",
                unit_id=world.unit.id if number % 2 else world.other.id,
                detail={"before": {"简称": "旧"}, "after": {"简称": f"新{number}"}},
            )
        world.session.commit()
        del world.session.info["portal_county"]


def test_the_log_is_read_page_by_page_and_nothing_is_left_out_or_told_twice(world: World) -> None:
    put_down(world, 25)
    with Session(world.session.get_bind()) as own:
        county = open_county(own, "xiuzhou", None)
        found, key = [], ""
        while key is not None:
            page, key = page_of(county, Wanted(), after=key, limit=7)
            found += [(one.sort, one.number) for one in page]
        assert len(found) == len(set(found))
        assert [number for sort, number in found if sort == "audit"] == list(range(25, 0, -1))
        whole = [(one.sort, one.number) for one in every(county, Wanted(), most=1000)]
        assert whole == found
        only = Wanted(unit_id=world.unit.id, text="第3条")
        assert [one.words for one in page_of(county, only)[0]] == ["=第3条"]
        assert page_of(county, Wanted(last=date(2026, 10, 19), sort="audit"))[0] == []
        assert len(page_of(county, Wanted(first=date(2026, 10, 20), actor="冯示六"))[0]) == 25


def test_what_other_rooms_enter_is_told_in_chinese_whatever_they_keep_with_it(world: World) -> None:
    with for_everybody(world.session):
        county = open_county(world.session, "xiuzhou", None)
        for action, thing, detail in (
            (
                "minutes.changed",
                "own_record:abc",
                {"before": {"minutes": {"a": 1}}, "after": {"minutes": {"a": 2}}},
            ),
            ("grant.exempt", f"unit/{world.unit.slug}", {"after": {"state": "new", "期限": "5日"}}),
            ("flag_taken_up", "matter/x", {"before": "甲", "after": "乙"}),
        ):
            county.write_down(action, now=world.at, object=thing, words="示例记事", detail=detail)
        world.session.commit()
        del world.session.info["portal_county"]
    shown = world.client("commission_admin").get("/audit?sort=audit").text
    for word in ("双记双评", "豁免和延期", "异常信号", "<ins>5日</ins>", "<ins>乙</ins>", "平台（定时）"):
        assert word in shown
    for word in ("minutes", "{", ">new<"):
        assert word not in shown.split("<tbody>")[1].split("</tbody>")[0]
    assert f'href="/units/of/{world.unit.slug}"' in shown


def test_a_grant_in_the_log_is_told_once(world: World, regimes: dict[str, Regime]) -> None:
    with for_everybody(world.session):
        granted = exempting.exempt(
            world.session, world.unit, regime=regimes["xiuzhou"], duty="finance", period=None,
            reason="单位正在组建，账目由上级代管", approver="示例纪委", valid_from=date(2026, 7, 1),
            valid_until=date(2026, 12, 31), actor="冯示六", now=world.at,
        )  # fmt: skip
        world.session.commit()
    with Session(world.session.get_bind()) as own:
        county = open_county(own, "xiuzhou", Actor(1, "冯示六", frozenset()))
        assert [one.sort for one in page_of(county, Wanted(text="组建"))[0]] == ["exempted"]
        county.write_down("exemption.added", now=world.at, object=f"exemption:{granted.id}", words="登记豁免")
        own.commit()
        sorts = [one.sort for one in page_of(county, Wanted())[0]]
        assert sorts.count("audit") == 1
        assert "exempted" not in sorts


def test_the_page_says_it_in_words_with_what_changed_and_leads_there(world: World) -> None:
    put_down(world, 2)
    client = world.client("commission_admin")
    shown = client.get("/audit").text
    assert "单位名册" in shown
    assert f'href="/units/of/{world.unit.slug}"' in shown
    assert "<del>旧</del>" in shown
    assert "2026-10-20 12:00:00" in shown
    assert "开通账号" in shown
    assert client.get("/audit?first=昨天的昨天").status_code == 422
    assert client.get("/audit?after=x").status_code == 422
    assert client.get("/audit?unit=nobody").status_code == 422
    assert "没有符合筛选条件的记录" in client.get("/audit?text=没有这样的话").text


def test_the_log_is_sent_as_csv_and_as_a_workbook_with_no_formulas(world: World) -> None:
    put_down(world, 4)
    client = world.client("commission_admin")
    data = client.get("/audit.csv?sort=audit").get_data()
    assert data.startswith(b"\xef\xbb\xbf")
    header, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert header[:3] == ["时间", "谁", "做了什么"]
    assert [one[4] for one in rows] == ["'=第3条", "'=第2条", "'=第1条", "'=第0条"]
    book = load_workbook(io.BytesIO(client.get("/audit.xlsx?sort=audit").get_data()))
    assert [row[4].value for row in book.active.rows][1].endswith("=第3条")


def test_what_was_entered_is_never_changed(world: World) -> None:
    put_down(world, 1)
    with for_everybody(world.session):
        place, unit = world.unit.jurisdiction_id, world.unit.id
        moment = "'2026-10-20 04:00:00'"
        for row in (
            f"regime_change VALUES (1, {place}, 'rule', 'X', '{{}}', '2026-11-01', 'r', 's', 'a', 'b', {moment})",
            f"unit_event VALUES (1, {place}, {unit}, 'renamed', '2026-10-01', NULL, 'w', 's', 'b', {moment})",
        ):
            world.session.execute(text(f"INSERT INTO {row}"))
        world.session.commit()
        for table, column in (("audit", "words"), ("regime_change", "reason"), ("unit_event", "words")):
            for deed in (f"UPDATE {table} SET {column} = 'x'", f"DELETE FROM {table}"):  # noqa: S608 - likewise.
                with pytest.raises(DatabaseError, match="不能"):
                    world.session.execute(text(deed))
                world.session.rollback()


def test_only_the_commissions_administrator_reads_the_log(world: World) -> None:
    for role in ("officer", "filings", "intake_lead", "unit_admin", "editor"):
        client = world.client(role)
        for address in ("/audit", "/audit.csv", "/audit.xlsx"):
            assert client.get(address).status_code in (403, 404)
