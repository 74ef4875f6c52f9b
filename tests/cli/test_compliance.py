"""`portal compliance`, `portal exempt`, `portal extend`, as a user runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from portal.cli.tables import width


@pytest.fixture
def portal(home: Path, tmp_path: Path) -> Any:
    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    run("init")
    roster = tmp_path / "roster.csv"
    roster.write_text(
        "单位名称,单位类型,简称,单位代码\n示例水利局,部门,水利局,001\n示例一镇,镇（街道）,一镇,101\n",
        encoding="utf-8",
    )
    run("units", str(roster), "-j", "jinhu")
    return run


def json_of(result: Result) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def test_the_board_is_one_json_object(portal: Any) -> None:
    told = json_of(portal("compliance", "-j", "jinhu", "--on", "2026-10-20", "--json"))
    assert (told["jurisdiction"], told["on"], told["periods"]) == ("jinhu", "2026-10-20", ["2026Q3"])
    assert [one["name"] for one in told["units"]] == ["示例水利局", "示例一镇"]
    assert told["units"][0]["duties"]["finance"][0]["status"] == "due"
    assert told["units"][0]["duties"]["plan"][0]["status"] == "missing"
    assert told["rates"][0]["eligible"] == 2


def test_the_board_is_a_table_that_lines_up(portal: Any) -> None:
    told = portal("compliance", "-j", "jinhu", "--on", "2026年10月20日", "-u", "水利局").output
    assert "金湖县公开义务一览（截至2026年10月20日）" in told
    assert "示例水利局：" in told
    assert "示例一镇" not in told
    lines = [one for one in told.splitlines() if one.startswith(("授权分工方案", "季度财务"))]
    assert len({width(one.partition("20")[0]) for one in lines if "20" in one}) <= 2
    assert "有欠缺的单位 1 个，没有欠缺的 0 个\n  示例水利局：" in told
    assert "  不符合：" in told
    assert "覆盖率" in told
    assert "季度财务" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-j", "atlantis"), "没有代码为“atlantis”的县区"),
        (("-j", "jinhu", "--on", "去年"), "--on"),
        (("-j", "jinhu", "--on", "2199-01-01"), "在将来"),
        (("-j", "jinhu", "-u", "示例不存在局"), "单位名册中没有“示例不存在局”"),
    ],
)
def test_what_cannot_be_answered_is_told_in_chinese(portal: Any, words: tuple[str, ...], told: str) -> None:
    assert told in portal("compliance", *words, code=1).output


def test_a_county_without_units_is_no_error(portal: Any) -> None:
    assert "名册中还没有单位" in portal("compliance", "-j", "erqi").output
    assert json_of(portal("compliance", "-j", "erqi", "--json"))["units"] == []


def test_an_exemption_is_given_listed_and_revoked(portal: Any) -> None:
    words = ("-j", "jinhu", "--from", "2026-01-01", "--until", "2199-12-31", "--reason", "班子只有两人")
    done = portal("exempt", "水利局", "plan", *words, "--approver", "示例纪委").output
    assert "已登记豁免（编号 1）：示例水利局，授权分工方案" in done
    told = json_of(portal("compliance", "-j", "jinhu", "-u", "水利局", "--json"))["units"][0]
    assert told["duties"]["plan"][0]["status"] == "missing", "the gap is older than the exemption"
    assert "事后登记" in told["duties"]["plan"][0]["afterthought"]
    assert told["exemptions"][0]["number"] == 1
    listed = portal("compliance", "-j", "jinhu").output
    assert "豁免登记 1：授权分工方案" in listed
    assert "已撤销编号 1" in portal("revoke-exemption", "1", "--reason", "班子已配齐").output
    again = json_of(portal("compliance", "-j", "jinhu", "-u", "水利局", "--json"))["units"][0]
    assert again["duties"]["plan"][0]["status"] == "missing"
    assert "此前已经撤销" in portal("revoke-exemption", "1", "--reason", "再次", code=1).output


def test_an_exemption_rebuilds_the_site_and_is_public(portal: Any, home: Path) -> None:
    portal("sync")
    words = ("-j", "jinhu", "--from", "2026-01-01", "--until", "2199-12-31", "--reason", "班子只有两人")
    portal("exempt", "水利局", "plan", *words, "--approver", "示例纪委")
    portal("sync")
    page = (home / "site_build" / "current" / "jinhu" / "status.html").read_text(encoding="utf-8")
    assert "豁免和延期公示" in page
    assert "班子只有两人" in page
    assert "登记（事后登记）" in page, "jinhu asked for plans long before"
    assert '截至<span class="nw">20' in page


def test_an_extension_is_recorded_and_an_afterthought_is_told(portal: Any) -> None:
    ahead = ("-j", "jinhu", "--until", "2198-12-31", "--reason", "系统迁移", "--approver", "示例财政局")
    told = portal("extend", "水利局", "季度财务", "2190Q1", *ahead).output
    assert "已登记延期：示例水利局，季度财务2190Q1，延至2198年12月31日" in told
    assert "事后" not in told
    assert "事后登记" in portal("extend", "水利局", "finance", "2026Q1", *ahead).output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            ("exempt", "水利局", "吃饭", "--from", "2026-01-01", "--until", "2026-12-31"),
            "没有“吃饭”这一项义务",
        ),
        (("exempt", "水利局", "plan", "--from", "2026-12-31", "--until", "2026-01-01"), "须晚于起始日期"),
        (("exempt", "水利局", "plan", "--from", "昨天", "--until", "2026-01-01"), "--from"),
        (("exempt", "无此局", "plan", "--from", "2026-01-01", "--until", "2026-12-31"), "没有“无此局”"),
        (("extend", "水利局", "finance", "2026Q1", "--until", "2026-04-01"), "须晚于原到期日"),
        (("extend", "水利局", "finance", "一季度", "--until", "2026-12-01"), "不是季度"),
    ],
)
def test_nonsense_is_refused_in_chinese_and_writes_nothing(
    portal: Any, words: tuple[str, ...], told: str
) -> None:
    given = (*words, "-j", "jinhu", "--reason", "示例", "--approver", "示例纪委")
    assert told in portal(*given, code=1).output
    assert json_of(portal("compliance", "-j", "jinhu", "--json"))["units"][0]["exemptions"] == []


def test_reason_and_approver_are_required(portal: Any) -> None:
    words = ("exempt", "水利局", "plan", "-j", "jinhu", "--from", "2026-01-01", "--until", "2026-12-31")
    assert "缺少“--reason”" in portal(*words, "--approver", "甲", code=2).output
    assert "缺少“--approver”" in portal(*words, "--reason", "甲", code=2).output
    assert "批准人或批准机关不能为空" in portal(*words, "--reason", "甲", "--approver", " ", code=1).output
