"""A regime file that cannot be used is refused with file, place and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal.domain.regimes import RegimeError, read_regime
from tests.conftest import ROOT

GOOD = (ROOT / "content" / "regimes" / "xiuzhou.toml").read_text(encoding="utf-8")
AGAIN = '\n[[domains]]\ncode = "finance"\nlabel = "财务"\nfrom = 2020-01-01\nsource = "另一份文件"\n'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('slug = "xiuzhou"', 'slug = "erqi"', "应与文件名一致"),
        ('slug = "xiuzhou"', "slug = ", "格式不对"),
        ('code = "finance"', 'code = "Fin ance"', r"domains\.1\.code.*格式不对"),
        ("workdays = 20", 'workdays = "二十"', r"duties\.\d+\.workdays.*应是整数"),
        ('kind = "finance"', 'kind = "finanse"', "没有“finanse”这一类公开内容"),
        ("from = 2011-06-13", 'from = "去年"', "应是日期"),
        ('rule_name = "五个不直接分管"', "", "rule_name.*缺少这一项"),
        ('province = "浙江省"', 'province = "浙江省"\nprovinse = "x"', "provinse.*没有这一项"),
        ('\n[[mechanisms]]', AGAIN + '\n[[mechanisms]]', "“财务”有两个取值的施行日期重叠"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_in_chinese(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    file = tmp_path / "xiuzhou.toml"
    file.write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(RegimeError, match=told) as refusal:
        read_regime(file)
    assert "xiuzhou.toml" in str(refusal.value)
    assert "Value error" not in str(refusal.value)


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    file.write_bytes(GOOD.encode("gbk", "ignore"))
    with pytest.raises(RegimeError, match="不是 UTF-8"):
        read_regime(file)
