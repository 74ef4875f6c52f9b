"""A regime file that cannot be used is refused with file, line, place and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from portal.domain.regime_files import RegimeError
from portal.domain.regime_reading import read_national, read_regime, read_regimes
from tests.conftest import ROOT

FOLDER = ROOT / "content" / "regimes"
GOOD = (FOLDER / "xiuzhou.toml").read_text(encoding="utf-8")
AGAIN = '\n[[domains]]\ncode = "finance"\nlabel = "财务"\nfrom = 2020-01-01\nsource = "另一份文件"\n'
RULE = """
[[rules.DEL-07]]
from = 2026-01-01
within = "15个工作日"
severity = "red"
source = "示例文件第三条"
"""
INDEX = """
[[index]]
code = "plan"
title = "有方案"
duty = "plan"
weight = 10
within = "12个月"
from = 2026-01-01
source = "示例文件第四条"
"""


def refused(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RegimeError) as refusal:
        read_regime(file)
    told = str(refusal.value)
    assert file.name in told
    assert "Value error" not in told
    assert not re.search(r"[Ii]nput should|validation error", told)
    return told


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('slug = "xiuzhou"', 'slug = "erqi"', "应与文件名一致"),
        ('slug = "xiuzhou"', "slug = ", "格式不对"),
        ('code = "finance"', 'code = "Fin ance"', r"domains\.1\.code.*格式不对"),
        ("from = 2011-06-13", 'from = "去年"', "应是日期"),
        ('rule_name = "五个不直接分管"', "", "rule_name.*缺少这一项"),
        ('province = "浙江省"', 'province = "浙江省"\nprovinse = "x"', "provinse.*没有这一项"),
        ('\n[[mechanisms]]', AGAIN + '\n[[mechanisms]]', "“财务”有两个取值的施行日期重叠"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_in_chinese(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    assert re.search(told, refused(tmp_path / "xiuzhou.toml", GOOD.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        ("rules.DEL-07", "rules.DEL-70", "[[rules.DEL-70]]", "没有编号为“DEL-70”的规则。可用：DEL-01"),
        ("[[rules.DEL-07]]", "[rules.DEL-07]", "[rules.DEL-07]", "两层方括号"),
        ('source = "示例文件第三条"\n', "", "[[rules.DEL-07]]", "source.*缺少这一项"),
        ('source = "示例文件第三条"', 'source = "某文"', "source =", "请写明文件名和条款"),
        ('within = "15个工作日"', "within = 15", "within =", "应是期限"),
        ('within = "15个工作日"', 'within = "半个月"', "within =", "不是可识别的期限"),
        ('within = "15个工作日"\n', "", "[[rules.DEL-07]]", "within.*缺少这一项"),
        ('severity = "red"', 'severity = "grave"', "severity =", "不在可选值内"),
        ('severity = "red"', 'severity = "block"', "[[rules.DEL-07]]", "须写明 with_explanation"),
        ('severity = "red"', 'severity = "red"\nwith_explanation = true', "[[rules.DEL-07]]", "其他的不写"),
        ('severity = "red"', 'severity = "red"\nwithn = "1日"', "withn =", "没有这一项"),
        ('severity = "red"', 'severity = "red"\ndefault = ["whithin"]', "[[rules.DEL-07]]", "“whithin”不是这条规则的取值"),
        ('severity = "red"', 'severity = "red"\nreadings = ["甲读法", "乙读法"]', "[[rules.DEL-07]]", "须同时写 default"),
        ('severity = "red"', 'severity = "red"\ndefault = true\nreadings = ["甲读法"]', "[[rules.DEL-07]]", "至少写两种读法"),
        ('severity = "red"', 'severity = "red"\nto = 2025-12-31', "[[rules.DEL-07]]", "早于施行日期"),
        ('severity = "red"', 'severity = "red"\nunit_types = ["galaxy"]', "unit_types =", "不在可选值内"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_rule_is_told_with_its_line(
    tmp_path: Path, old: str, new: str, at: str, told: str
) -> None:
    assert old in RULE
    text = GOOD + RULE.replace(old, new, 1)
    said = refused(tmp_path / "xiuzhou.toml", text)
    assert re.search(told, said), said
    line = re.search(r"第 (\d+) 行", said)
    assert line, said
    assert text.splitlines()[int(line[1]) - 1].startswith(at), said


def test_two_terms_of_one_rule_on_one_day_are_refused_at_the_second(tmp_path: Path) -> None:
    later = RULE.replace("2026-01-01", "2026-06-01")
    text = GOOD + RULE + later
    said = refused(tmp_path / "xiuzhou.toml", text)
    assert "施行日期重叠（2026-01-01 与 2026-06-01）" in said
    assert "请给较早的一个填写 to" in said
    line = re.search(r"第 (\d+) 行", said)
    assert line
    assert text.splitlines()[int(line[1])] == "from = 2026-06-01"
    apart = (
        GOOD
        + RULE.replace("from", 'unit_types = ["bureau"]\nfrom')
        + later.replace("from", 'unit_types = ["township"]\nfrom')
    )
    file = tmp_path / "xiuzhou.toml"
    file.write_text(apart, encoding="utf-8")
    assert len(read_regime(file).rules["DEL-07"]) == 2


def test_a_rule_taken_out_of_force_says_why(tmp_path: Path) -> None:
    off = '\n[[rules.DEL-07]]\nfrom = 2026-01-01\noff = true\nsource = "示例文件第三条"\n'
    assert "note”：缺少这一项" in refused(tmp_path / "xiuzhou.toml", GOOD + off)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('duty = "plan"', 'rules = ["DEL-70"]', "没有编号为“DEL-70”的规则"),
        ('duty = "plan"\n', "", "须写 rules（规则编号）或 duty（义务代码）中的一种"),
        ('duty = "plan"', 'duty = "plan"\nrules = ["DEL-07"]', "中的一种"),
        ('duty = "plan"', 'duty = "eat"', "没有“eat”这一项义务"),
        ("weight = 10", "weight = 101", "weight.*应不大于 100"),
        ("weight = 10", "weight = 0", "weight.*应不小于 1"),
        ('within = "12个月"', 'within = "一年"', "不是可识别的期限"),
        ('source = "示例文件第四条"\n', "", "source.*缺少这一项"),
        ('source = "示例文件第四条"\n', 'source = "示例文件第四条"\n' + INDEX, "施行日期重叠"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_index_is_told(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in INDEX
    assert re.search(told, refused(tmp_path / "xiuzhou.toml", GOOD + INDEX.replace(old, new, 1)))


def test_a_broken_national_file_is_told_with_its_line(tmp_path: Path) -> None:
    file = tmp_path / "national.toml"
    good = (FOLDER / "national.toml").read_text(encoding="utf-8")
    file.write_text(good + RULE.replace("DEL-07", "DEL-70"), encoding="utf-8")
    with pytest.raises(RegimeError, match=r"national\.toml 第 \d+ 行.*没有编号为“DEL-70”的规则"):
        read_national(file)


def test_counties_without_the_national_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "xiuzhou.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(RegimeError, match=r"没有找到 national\.toml"):
        read_regimes(tmp_path)
    with pytest.raises(RegimeError, match=r"应有 \*\.toml"):
        read_regimes(tmp_path / "empty")


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    file.write_bytes(GOOD.encode("gbk", "ignore"))
    with pytest.raises(RegimeError, match="不是 UTF-8"):
        read_regime(file)
