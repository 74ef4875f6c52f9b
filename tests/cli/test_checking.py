"""`portal check` and `portal rules`: offline, in Chinese, with an exit status that a script can use."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from portal.cli import main
from portal.domain.canonical import canonical, document_json, publication
from portal.domain.catalogue import catalogue
from portal.domain.rules.base import rules
from portal.domain.rules.terms import Off, Severity
from tests.conftest import NOON
from tests.regimes.scenarios import FIVE, build, regimes

EARLY = {
    "/statements/0": {"speaker": "甲正职", "position": "for", "reason": "我先说，同意。"},
    "/statements/7": {"speaker": "乙副职", "position": "for", "reason": "同意。"},
}


def portal(*words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(main, list(words))
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def decision(tmp_path: Path) -> Any:
    def write(
        change: dict[str, Any] | None = None, name: str = "decision.json", base: str = "decision"
    ) -> Path:
        document = build("xiuzhou", {"base": base, "change": change or {}})
        file = tmp_path / name
        file.write_bytes(
            publication(
                document,
                jurisdiction="xiuzhou",
                unit="caizheng",
                unit_name="示例财政局",
                index_no="1/2026-00001",
                number=1,
                reason="首次公开",
                published_at=NOON,
            )
        )
        return file

    return write


def test_a_clean_decision_passes_and_says_how_much_was_checked(home: Path, decision: Any) -> None:
    code, out, _ = portal("check", str(decision()), "--regime", "xiuzhou", "--on", "2026-09-20")
    assert code == 0
    assert "有问题 0" in out
    assert "嘉兴市秀洲区" in out


def test_a_chief_who_spoke_first_blocks_and_the_law_is_cited(home: Path, decision: Any) -> None:
    code, out, _ = portal("check", str(decision(EARLY)), "-r", "xiuzhou", "--on", "2026-09-20")
    assert code == 1
    assert "SPK-01" in out
    assert "秀洲区 规范“一把手”权力阳光运行的意见" in out
    assert "可改正后发布，或填写“公开说明”" in out


def test_the_same_breach_with_a_public_explanation_may_go_out(home: Path, decision: Any) -> None:
    explained = {**EARLY, "/public_explanation": "主要负责人先发言，已重新研究。"}
    code, out, _ = portal("check", str(decision(explained)), "-r", "xiuzhou", "--on", "2026-09-20")
    assert code == 0
    assert "SPK-01" in out


def test_an_explanation_that_says_nothing_lifts_nothing(home: Path, decision: Any) -> None:
    empty = decision({**EARLY, "/public_explanation": "无。"})
    code, out, _ = portal("check", str(empty), "-r", "xiuzhou", "--on", "2026-09-20")
    assert code == 1
    assert "发生了什么、为什么、怎样整改" in out
    code, out, _ = portal("check", str(empty), "-r", "xiuzhou", "--on", "2026-09-20", "--json")
    assert code == 1
    told = json.loads(out)
    assert (told["blocked"], told["documents"][0]["explained"]) == (True, False)


def test_json_names_place_source_and_remedy_of_each_finding(home: Path, decision: Any) -> None:
    code, out, _ = portal("check", str(decision(EARLY)), "-r", "xiuzhou", "--on", "2026-09-20", "--json")
    assert code == 1
    told = json.loads(out)
    assert told["blocked"] is True
    first = next(one for one in told["documents"][0]["findings"] if one["rule"] == "SPK-01")
    assert first["place"].startswith("/statements/")
    assert all(first[name] for name in ("seen", "why", "remedy", "source", "severity"))


def test_a_linked_plan_settles_what_was_unclear(home: Path, decision: Any) -> None:
    file, adopting = decision(name="plan.json", base="plan"), decision(name="adopting.json", base="adopting")
    _, alone, _ = portal("check", str(file), "-r", "xiuzhou", "--json")
    _, together, _ = portal("check", str(file), "-r", "xiuzhou", "--given", str(adopting), "--json")
    states = [
        {one["rule"]: one["state"] for one in json.loads(text)["documents"][0]["checks"]}
        for text in (alone, together)
    ]
    settled = [
        rule for rule, state in states[0].items() if state == "unclear" and states[1].get(rule) == "passed"
    ]
    assert settled


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--regime", "beijing"), "没有代码为“beijing”的县区制度。可用：erqi"),
        (("--regime", "xiuzhou", "--on", "昨天"), "--on：“昨天”不是可识别的日期"),
        (("--regime", "xiuzhou", "--unit-type", "公司"), "--unit-type：“公司”不在可选范围内"),
        (("--regime", "xiuzhou", "--given", "plan.json"), "找不到文件 plan.json"),
    ],
)
def test_a_wrong_call_is_told_in_chinese(
    home: Path, decision: Any, words: tuple[str, ...], told: str
) -> None:
    code, _, err = portal("check", str(decision()), *words)
    assert code == 1
    assert told in err


def test_a_file_of_unknown_kind_asks_for_the_kind(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "bare.json"
    file.write_bytes(canonical(document_json(build("xiuzhou", "decision"))))
    code, _, err = portal("check", str(file), "-r", "xiuzhou")
    assert code == 1
    assert "请用 --kind 写明类别" in err


def test_the_catalogue_lists_every_rule_with_severity_and_sources(home: Path) -> None:
    code, out, _ = portal("rules", "--json")
    assert code == 0
    rows = {one["id"]: one for one in json.loads(out)["rules"]}
    assert set(rules()) <= set(rows)
    for rule_id in rules():
        assert rows[rule_id]["implemented"]
        assert rows[rule_id]["title"]
    assert rows["SPK-01"]["severity"]["xiuzhou"] == "block"
    assert set(FIVE) <= set(rows["SPK-01"]["severity"])
    assert rows["TEN-21"]["implemented"] is False
    assert rows["TEN-21"]["reason"]


def test_the_catalogue_reads_as_a_table(home: Path) -> None:
    code, out, _ = portal("rules", "--regime", "jinhu")
    assert code == 0
    assert "DEC-14" in out
    assert "条不在此核对" in out


def test_one_jurisdictions_rules_are_listed_with_values_sources_and_readings(home: Path) -> None:
    code, out, _ = portal("rules", "-r", "xiuzhou")
    assert code == 0
    part = out[out.index("FIN-06 ") : out.index("FIN-07 ")]
    assert "2019-05-15" in part
    assert "期限：20个工作日（系统默认）" in part
    assert "出处：" in part
    assert "读法1：" in part
    assert "读法2：" in part
    assert "现行" in part
    inherited = out[out.index("DEL-07 ") : out.index("DEL-08 ")]
    assert "（全国统一规定）" in inherited
    assert all(one in out for one in rules())
    code, out, _ = portal("rules", "-r", "xiuzhou", "--json")
    row = next(one for one in json.loads(out)["rules"] if one["id"] == "FIN-06")
    assert row["entries"][0]["values"][0] == {"label": "期限", "text": "20个工作日", "default": True}
    assert row["entries"][0]["source"]


def test_what_binds_today_is_shown_and_what_comes_later_is_marked() -> None:
    shipped = regimes()["xiuzhou"]
    assert shipped.national
    now = shipped.terms("FIN-06", date(2026, 11, 20))
    assert now
    today = now.model_copy(update={"valid_to": date(2026, 12, 31)})
    later = now.model_copy(
        update={"valid_from": date(2027, 1, 1), "severity": Severity.YELLOW, "default": False}
    )
    regime = shipped.model_copy(update={"rules": {**shipped.rules, "FIN-06": (later, today)}})

    def row(day: date) -> Any:
        return next(one for one in catalogue({"xiuzhou": regime}, day) if one.id == "FIN-06")

    before, after = row(date(2026, 12, 31)), row(date(2027, 1, 1))
    assert before.as_dict()["severity"] == {"xiuzhou": now.severity.value}
    assert [(one["from"], one["severity"]) for one in before.as_dict()["later"]["xiuzhou"]] == [
        ("2027-01-01", "yellow")
    ]
    assert before.mark("xiuzhou") == f"{now.severity.label}*（2027-01-01 起预警）"
    assert after.as_dict()["severity"] == {"xiuzhou": "yellow"}
    assert after.as_dict()["later"] == {}
    assert after.mark("xiuzhou") == "预警"
    assert [one.when for one in after.entries["xiuzhou"]] == ["现行", "已终止"]
    never = row(date(2000, 1, 1))
    assert never.as_dict()["severity"] == {}
    assert never.mark("xiuzhou").startswith("—（2019-05-15 起")
    off = Off.model_validate(
        {"from": date(2027, 1, 1), "off": True, "source": "示例文件第二条", "note": "另有规定。"}
    )
    regime = shipped.model_copy(update={"rules": {**shipped.rules, "FIN-06": (today, off)}})
    assert row(date(2026, 12, 31)).mark("xiuzhou").endswith("（2027-01-01 起不施行）")
    assert row(date(2027, 1, 1)).mark("xiuzhou") == "—"
    assert "不施行" in row(date(2027, 1, 1)).entries["xiuzhou"][1].lines()[0]


def test_the_schema_is_a_json_schema(home: Path) -> None:
    code, out, _ = portal("rules", "--schema")
    assert code == 0
    jsonschema.Draft202012Validator.check_schema(json.loads(out))
