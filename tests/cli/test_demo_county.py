"""`portal demo`: the small sample as before, the county on request, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from portal.cli import main
from tests.databases import ask, existing, set_database

SMALL = ("--units", "3", "--years", "1", "--records", "12")


@pytest.fixture
def portal(home: Path) -> Any:
    def run(*words: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, list(words), catch_exceptions=False)
        assert result.exit_code == code, result.output
        return result

    return run


def count(home: Path, query: str) -> int:
    return int(ask(home, query)[0][0])  # type: ignore[call-overload] # a count.


def test_a_county_comes_once_and_its_corrections_each_time(portal: Any, home: Path) -> None:
    answer = json.loads(portal("demo", *SMALL, "--json").output)
    assert (answer["units"], answer["records"], answer["new_records"]) == (3, 36, 36)
    assert answer["versions"] == count(home, "SELECT count(*) FROM version") >= 36
    assert (answer["refused"], answer["explained"], answer["jurisdiction"]) == (0, 0, "xiuzhou")
    assert answer["seconds"] > 0

    again = json.loads(portal("demo", *SMALL, "--touch", "4", "--json").output)
    assert (again["records"], again["new_records"], again["versions"]) == (36, 0, 4)
    assert (again["touched"], again["touched_before"]) == (4, 0)

    more = json.loads(portal("demo", "--touch", "3", "--json").output)
    assert (more["touched"], more["touched_before"], more["versions"]) == (3, 4, 3)
    assert count(home, "SELECT count(*) FROM version") == answer["versions"] + 7
    assert count(home, "SELECT count(DISTINCT record_id) FROM version WHERE published_by = '示例更正员'") == 7
    assert count(home, "SELECT count(*) FROM outbox WHERE built_at IS NOT NULL") == 0


def test_two_homes_hold_the_same_payloads(portal: Any, tmp_path: Path, monkeypatch: Any) -> None:
    found = []
    for name in ("one", "other"):
        set_database(monkeypatch, tmp_path / name)
        portal("demo", *SMALL, "--touch", "5")
        found.append(ask(tmp_path / name, "SELECT payload, published_at FROM version ORDER BY id"))
    assert found[0] == found[1]
    assert len(found[0]) >= 41


def test_another_jurisdiction_another_day(portal: Any, home: Path) -> None:
    told = portal("demo", *SMALL, "-j", "erqi", "--until", "2025年6月30日").output
    assert "3 个单位、36 件记录" in told
    assert count(home, "SELECT max(published_at) < '2025-07-01' FROM version") == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--units", "0"), "0 不在 1 到 2000 之间"),
        (("--units", "2001"), "2001 不在 1 到 2000 之间"),
        (("--units", "三"), "“三”不是整数"),
        (("--units", "3", "--records", "-1"), "-1 不在 1 到 400 之间"),
        (("--units", "3", "--years", "0"), "0 不在 1 到 20 之间"),
        (("--units", "3", "--touch", "0"), "0 不在 1 到"),
        (("--units", "3", "--until", "昨天"), "不是可识别的日期"),
        (("--units", "3", "--until", "2999-01-01"), "公开日期不能在将来"),
        (("--units", "3", "--jurisdiction", "nowhere"), "没有代码为“nowhere”的县区"),
        (("--years", "3"), "须与 --units 一起使用"),
        (("--json",), "须与 --units 或 --touch 一起使用"),
    ],
)
def test_a_wrong_call_is_told_in_chinese(portal: Any, home: Path, words: tuple[str, ...], told: str) -> None:
    output = portal("demo", *words, code=2).output
    assert told in output
    assert "is not" not in output
    assert not existing(home) or count(home, "SELECT count(*) FROM unit") == 0


def test_a_county_is_not_mixed_with_other_units_nor_with_other_figures(portal: Any, home: Path) -> None:
    assert "还没有平台实例" in portal("demo", "--touch", "1", code=1).output
    portal("demo", *SMALL)
    assert "与这次要的不同" in portal("demo", *SMALL[:-1], "13", code=1).output
    portal("init")
    roster = home / "名册.csv"
    roster.write_text("单位名称,单位类型\n示例水务局,部门\n", encoding="utf-8")
    portal("units", str(roster), "-j", "erqi")
    refused = portal("demo", *SMALL, "-j", "erqi", code=1).output
    assert "示例水务局" in refused
    assert "PORTAL_HOME" in refused
    assert count(home, "SELECT count(*) FROM record") == 36


def test_an_interruption_says_what_is_kept_and_the_next_call_goes_on(
    portal: Any, home: Path, monkeypatch: Any
) -> None:
    from portal.cli import demo

    real = demo._commit
    seen = []

    def stop_at_the_second(place: Any) -> None:
        real(place)
        seen.append(place)
        if len(seen) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(demo, "_commit", stop_at_the_second)
    told = portal("demo", *SMALL, code=1).output
    assert "已经生成完的单位保留" in told
    assert count(home, "SELECT count(*) FROM record") == 24
    monkeypatch.setattr(demo, "_commit", real)
    assert json.loads(portal("demo", *SMALL, "--json").output)["new_records"] == 12


def test_without_figures_the_small_sample_comes_as_before(portal: Any, home: Path) -> None:
    assert "个示例版本" in portal("demo").output
    assert count(home, "SELECT count(DISTINCT jurisdiction_id) FROM unit") == 6
    assert "已有不属于示例县的单位" in portal("demo", *SMALL, code=1).output
