"""Every scenario of every jurisdiction, and that each rule has scenarios that pass and that fail."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from portal.domain.rules.base import rules
from portal.domain.rules.check import State
from portal.domain.rules.terms import Off, Terms
from portal.domain.units import UnitType
from tests.regimes import scenarios as reading
from tests.regimes.scenarios import (
    FIVE,
    TODAY,
    BadScenario,
    Scenario,
    disagreements,
    prepare,
    regimes,
    run,
    scenarios,
    settings,
    with_folder,
)

# Regimes without scenarios of their own.
EXCUSED = {"shandong": "省级示例，只沿用全国统一规定，没有县区文件；全国的情形在各县区核对"}
GOOD = """
[[scenario]]
name = "示例"
rules = ["DEC-02"]
document = "decision"
change = { "/abstract" = "示例。" }
expect = []
"""


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda one: one.id)
def test_the_rule_book_says_what_the_scenario_expects(scenario: Scenario) -> None:
    told = disagreements(scenario, run(scenario))
    assert not told, f"{scenario.file}“{scenario.name}”：\n" + "\n".join(told)


def test_each_entry_in_force_has_a_scenario_that_passes_and_one_that_fails() -> None:
    """Own entries: in their jurisdiction. National ones: wherever they bind the usual type of unit, else anywhere."""
    reached: dict[tuple[int, str], set[State]] = defaultdict(set)
    for scenario in scenarios():
        for one in run(scenario).checks:
            if one.rule.id in scenario.rules:
                for slug in (scenario.jurisdiction, "anywhere"):
                    reached[id(one.terms), slug].add(one.state)
    wanting = [
        f"{rule_id} {slug}（{entry.valid_from} 起，{'、'.join(unit.value for unit in entry.unit_types) or '全部单位'}）"
        f"缺 {state.label}"
        for rule_id in rules()
        for slug in FIVE
        for entry in regimes()[slug].entries_on(rule_id, TODAY)
        if not isinstance(entry, Off)
        for state in (State.PASSED, State.FOUND)
        if state not in reached[id(entry), slug if _at_home(entry, slug, rule_id) else "anywhere"]
    ]
    assert not wanting, "\n".join(wanting)


def _at_home(entry: Terms, slug: str, rule_id: str) -> bool:
    regime = regimes()[slug]
    return entry in regime.rules.get(rule_id, ()) or entry is regime.terms(
        rule_id, TODAY, UnitType(settings(slug)["unit"])
    )


def test_each_jurisdiction_has_a_folder_or_an_excuse() -> None:
    assert set(regimes()) == {*FIVE, *EXCUSED}
    assert not set(FIVE) & set(EXCUSED)
    assert all(len(reason) > 10 for reason in EXCUSED.values())
    assert with_folder({"nowhere": regimes()["shandong"]}) == ()


def scenario_of(tmp_path: Path, text: str, folder: str) -> Scenario:
    file = tmp_path / folder / "made.toml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return next(iter(reading._of(file)))


def test_the_pattern_of_the_refusals_is_itself_a_good_scenario(tmp_path: Path) -> None:
    for folder in ("xiuzhou", "national"):
        scenario = scenario_of(tmp_path, GOOD.replace("DEC-02", "PUB-02"), folder)
        assert not disagreements(scenario, run(scenario))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("expect = []", 'expect = [{ rule = "DEC-02", place = "/attendees" }]', "expect 中没有 place"),
        ("expect = []", 'expect = [{ at = "/attendees" }]', "rule 必写"),
        ("expect = []", 'expect = [{ rule = "DEC-02", severity = "grave" }]', "没有“grave”这种严重程度"),
        ("expect = []", 'expect = [{ rule = "DEC-99" }]', "没有编号为 DEC-99 的规则"),
        ("expect = []", 'expect = "DEC-02"', "expect 应是列表"),
        ("expect = []\n", "", "缺少 expect"),
        ("expect = []", "expects = []", "没有 expects 这样的栏目"),
        ("expect = []", 'expect = []\nunit = "galaxy"', "没有“galaxy”这种单位。可用：bureau"),
        ("expect = []", 'expect = []\nregimes = ["xiuzhou"]', "regimes 只能写在 national/"),
        ("expect = []", 'expect = []\non = "2026-11-20"', "on 应是日期"),
        ("expect = []", "expect = []\non = 2026-1-2", "第 8 行：日期写成 2027-01-01"),
        ("[[scenario]]", "[[scenarios]]", "没有 scenarios"),
        ("[[scenario]]", "[extra]\nx = 1\n[[scenario]]", "没有 extra"),
        ("[[scenario]]", "［［scenario］］", "中文标点"),
        ('"/abstract"', '"/should_atend"', "/should_atend：没有这一项"),
        ('"/abstract"', '"/attendees/40/name"', "没有第 40 行"),
        ('"/abstract"', '"/attendees/-1/name"', "没有第 -1 行"),
        ('"/abstract"', '"/attendees/x"', "没有第 x 行"),
        ('"/abstract"', '"/title/x"', "下面没有栏目"),
        ('"/abstract"', '"/title/x/y"', "没有栏目"),
        ('"/abstract"', '"abstract"', "“abstract”不是位置"),
        ('change = { "/abstract" = "示例。" }', 'remove = ["/should_atend"]', "/should_atend”不在基准文书中"),
        ('change = { "/abstract" = "示例。" }', 'remove = ["/attendees/40"]', "没有第 40 行"),
        ('change = { "/abstract" = "示例。" }', "change = 3", "change 应是"),
        ('document = "decision"', 'document = "dezision"', "没有名为“dezision”的基准文书"),
        ('document = "decision"', 'document = { base = "decision", chnge = {} }', "没有 chnge"),
        ('document = "decision"', 'document = { base = "decision", kind = "x" }', "没有“x”这一类"),
        ('document = "decision"', 'document = "decision"\nalso = ["tendr"]', "没有名为“tendr”的基准文书"),
        ('document = "decision"', 'document = "decision"\nalso = [{ change = {} }]', "base = …"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_scenario_is_told_with_file_and_name(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in GOOD
    with pytest.raises(BadScenario) as refusal:
        prepare(scenario_of(tmp_path, GOOD.replace(old, new, 1), "xiuzhou"))
    said = str(refusal.value)
    assert told in said
    assert "xiuzhou/made.toml" in said
    assert "示例" in said or "行：" in said or "[[scenario]]" in said


def test_a_national_scenario_names_jurisdictions_that_have_a_folder(tmp_path: Path) -> None:
    with pytest.raises(BadScenario, match=r"national/made\.toml“示例”：regimes 中没有“shandong”"):
        scenario_of(tmp_path, GOOD + 'regimes = ["shandong"]\n', "national")


def test_a_national_scenario_is_left_to_the_own_entry_on_its_days_only(tmp_path: Path) -> None:
    rule_id, slug = next(
        (rule_id, slug) for slug in FIVE for rule_id in rules() if regimes()[slug].rules.get(rule_id)
    )
    first = min(one.valid_from for one in regimes()[slug].rules[rule_id])
    text = GOOD.replace("DEC-02", rule_id) + f'regimes = ["{slug}"]\n'
    file = tmp_path / "national" / "made.toml"
    file.parent.mkdir()
    file.write_text(text, encoding="utf-8")
    assert not list(reading._of(file))
    file.write_text(text + f"on = {first.replace(year=first.year - 1)}\n", encoding="utf-8")
    assert [one.jurisdiction for one in reading._of(file)] == [slug]
