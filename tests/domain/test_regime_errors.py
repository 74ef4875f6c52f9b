"""A regime file that cannot be used is refused with file, line, place and remedy."""

from __future__ import annotations

import re
from datetime import date
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


TWO_YEARS = "\n".join(['[[years]]\nyear = 2027\nsource = "示例通知"\noff = [2027-01-01]'] * 2)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('slug = "xiuzhou"', 'slug = "erqi"', "应与文件名一致"),
        ('slug = "xiuzhou"', 'slug = "help"', "固定文件夹的名字"),
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


def test_days_between_two_entries_on_which_nothing_binds_are_refused_at_the_second(tmp_path: Path) -> None:
    first = RULE.replace("from = 2026-01-01", "from = 2026-01-01\nto = 2026-11-30")
    second = RULE.replace("2026-01-01", "2027-01-01")
    said = refused(tmp_path / "xiuzhou.toml", GOOD + first + second)
    assert (
        "2026-11-30 之后、2027-01-01 之前没有取值。请改 to 或 from；确实不施行的，写一段 off = true" in said
    )
    line = re.search(r"第 (\d+) 行", said)
    assert line
    assert (GOOD + first + second).splitlines()[int(line[1])] == "from = 2027-01-01"


@pytest.mark.parametrize(
    "between",
    [
        '\n[[rules.DEL-07]]\nfrom = 2026-12-01\nto = 2026-12-31\noff = true\nsource = "示例文件"\nnote = "暂停施行。"\n',
        RULE.replace("from = 2026-01-01", "from = 2026-12-01\nto = 2026-12-31"),
    ],
)
def test_days_on_which_a_rule_is_off_or_bound_are_no_gap(tmp_path: Path, between: str) -> None:
    first = RULE.replace("from = 2026-01-01", "from = 2026-01-01\nto = 2026-11-30")
    file = tmp_path / "xiuzhou.toml"
    file.write_text(GOOD + first + between + RULE.replace("2026-01-01", "2027-01-01"), encoding="utf-8")
    assert len(read_regime(file).rules["DEL-07"]) == 3


def test_days_on_which_the_national_rule_binds_are_no_gap(tmp_path: Path) -> None:
    first = RULE.replace("from = 2026-01-01", 'from = 2026-01-01\nto = 2026-11-30\nunit_types = ["bureau"]')
    file = tmp_path / "xiuzhou.toml"
    file.write_text(GOOD + first + RULE.replace("2026-01-01", "2027-01-01"), encoding="utf-8")
    assert read_regime(file, read_national(FOLDER / "national.toml")).terms("DEL-07", date(2026, 12, 15))


def test_entries_for_units_of_different_types_leave_no_gap(tmp_path: Path) -> None:
    first = RULE.replace("from = 2026-01-01", 'from = 2026-01-01\nto = 2026-11-30\nunit_types = ["bureau"]')
    second = RULE.replace("from = 2026-01-01", 'from = 2027-01-01\nunit_types = ["township"]')
    file = tmp_path / "xiuzhou.toml"
    file.write_text(GOOD + first + second, encoding="utf-8")
    assert len(read_regime(file).rules["DEL-07"]) == 2
    text = GOOD + first + second.replace('["township"]', '["township", "bureau"]')
    assert "之前没有取值" in refused(file, text)


@pytest.mark.parametrize(
    ("old", "new", "at", "told"),
    [
        ('"red"', "“red”", "severity", "中文标点"),
        ('"red"', '"red”', "severity", "中文标点"),
        ("severity =", "severity ＝", "severity", "中文标点"),
        ("[[rules.DEL-07]]", "［［rules.DEL-07］］", "［［", "中文标点"),
        ('"red"', '"red" ，', "severity", "中文标点"),
        ("2026-01-01", "２０２６-01-01", "from", "半角"),
        ("2026-01-01", "2026-1-1", "from", "日期写成 2027-01-01 的样子，这里应是 2026-01-01"),
        ("2026-01-01", "2026/1/31", "from", "这里应是 2026-01-31"),
        ("2026-01-01", "2026年1月1日", "from", "这里应是 2026-01-01"),
        ("2026-01-01", "2026-02-30", "from", "没有这一天"),
        ('"red"', "red", "severity", "文字要用英文半角引号括起来"),
        ('"red"', '"red', "severity", "引号没有配对"),
        ('"red"', '"red"\nwith_explanation = 是', "with_explanation", "小写的 true 或 false"),
        ('"red"', '"red"\nwith_explanation = True', "with_explanation", "小写的 true 或 false"),
        ('"red"', '"red"\nseverity = "red"', "severity", "这一项在同一段里写了两次"),
        ("severity =", "severity", "severity", "没有等号"),
        ('"red"', '"red" within = 1', "severity", "一行只写一项"),
        ("[[rules.DEL-07]]", "[[rules.DEL-07]", "[[rules", "方括号没有配对"),
        ("[[rules.DEL-07]]", "[rules.DEL-07]\nnote = '一'\n[rules.DEL-07]", "[rules", "标题写了两次"),
        ("[[rules.DEL-07]]", "[rules.DEL-07]\nnote = '一'\n[[rules.DEL-07]]", "[[rules", "两层方括号"),
        ('"red"', '"red"\nreadings = ["甲", "乙"', "", "方括号没有配对"),
        ('"red"', '"red"\nreadings = { a = 1, a = 2 }', "readings", "花括号里同一项写了两次"),
    ],
)  # fmt: skip
def test_a_line_that_is_not_toml_is_told_in_chinese(
    tmp_path: Path, old: str, new: str, at: str, told: str
) -> None:
    assert old in RULE
    text = GOOD + RULE.replace(old, new, 1)
    said = refused(tmp_path / "xiuzhou.toml", text)
    assert told in said, said
    line = re.search(r"第 (\d+) 行", said)
    assert line, said
    assert text.splitlines()[int(line[1]) - 1].startswith(at), said
    assert not re.search(r"[A-Za-z]{3,} [a-z]{2,}", said.replace("true 或 false", "")), said


def test_chinese_quotes_inside_a_text_are_no_mistake(tmp_path: Path) -> None:
    text = GOOD + RULE.replace("示例文件第三条", "“示例”文件，第三条：（一）").replace('"red"', "red")
    assert "中文标点" not in refused(tmp_path / "xiuzhou.toml", text)
    text = GOOD + RULE.replace('severity = "red"', "severity = red # “注释”，。")
    assert "中文标点" not in refused(tmp_path / "xiuzhou.toml", text)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    file.write_text(GOOD, encoding="utf-8-sig")
    assert read_regime(file).slug == "xiuzhou"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("within =", "withn =", r"withn”：没有“withn”这一项，又缺少“within”"),
        ("source =", "sorce =", r"sorce”：没有“sorce”这一项，又缺少“source”"),
        ("from =", "form =", r"form”：没有“form”这一项，又缺少“from”"),
        ('within = "15个工作日"\nseverity', "within = 15\nseverty", r"severty”：没有“severty”.*“severity”"),
    ],
)
def test_a_misspelt_word_is_told_with_the_word_that_is_missing(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    assert old in RULE
    said = refused(tmp_path / "xiuzhou.toml", GOOD + RULE.replace(old, new, 1))
    assert re.search(told, said), said


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("off = false", "off”：只能写 true；不需要时删去整段"),
        ("off = 1", "off”：只能写 true"),
        ('off = "true"', "off”：只能写 true"),
        ('off = true\nseverity = "red"', "不写 severity。请删去"),
        ("off = true\nwith_explanation = true", "不写 with_explanation。请删去"),
        ('off = true\nreadings = ["甲读法", "乙读法"]', "不写 readings。请删去"),
        ('off = true\nwithin = "1日"', "within”：没有这一项"),
    ],
)
def test_an_entry_out_of_force_says_off_and_no_weight(tmp_path: Path, line: str, told: str) -> None:
    off = f'\n[[rules.DEL-07]]\nfrom = 2026-01-01\n{line}\nsource = "示例文件第三条"\nnote = "另有规定。"\n'
    assert told in refused(tmp_path / "xiuzhou.toml", GOOD + off)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    file.write_bytes(GOOD.encode("gbk", "ignore"))
    with pytest.raises(RegimeError, match="不是 UTF-8"):
        read_regime(file)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("from = 2011-06-13", "from = 2011-06-13\nto = 2010-01-01", "终止日期 to.*早于施行日期"),
        ('label = "组织人事"', 'label = "财务"', "施行日期重叠"),
        ("[[mechanisms]]", TWO_YEARS + "\n[[mechanisms]]", "2027 年的放假安排写了两段"),
        ("[[mechanisms]]", "x = " + "9" * 5000 + "\n[[mechanisms]]", "过长的数"),
        ("[[mechanisms]]", "x = " + "[" * 5000 + "\n[[mechanisms]]", "过深的嵌套|格式不对"),
    ],
)
def test_what_toml_lets_through_is_told_too(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    file = tmp_path / "xiuzhou.toml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RegimeError, match=told) as refusal:
        read_regime(file)
    assert "xiuzhou.toml" in str(refusal.value)


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "xiuzhou.toml").mkdir()
    with pytest.raises(RegimeError, match="打不开"):
        read_regime(tmp_path / "xiuzhou.toml")


@pytest.mark.parametrize("share", ["3/2", "0/5", "999%", "0%", "1/0"])
def test_a_share_beyond_the_whole_is_refused(tmp_path: Path, share: str) -> None:
    changed, count = re.subn(r'share = "[^"]*"', f'share = "{share}"', GOOD, count=1)
    assert count == 1
    file = tmp_path / "xiuzhou.toml"
    file.write_text(changed, encoding="utf-8")
    with pytest.raises(RegimeError, match="比例"):
        read_regime(file)
