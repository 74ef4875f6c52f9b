"""A value binds from its first day to its last, both included; the one that follows takes over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from portal.domain.regimes import read_regime
from tests.conftest import ROOT

GOOD = (ROOT / "content" / "regimes" / "xiuzhou.toml").read_text(encoding="utf-8")
NEXT = """
[[duties]]
kind = "finance"
label = "季度财务公开"
trigger = "quarter_end"
workdays = 10
from = 2026-12-01
source = "示例：下一份文件"
"""


def test_a_deadline_changes_on_its_day(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    first = 'kind = "finance"\nlabel = "季度财务公开"\ntrigger = "quarter_end"\nworkdays = 20\n'
    assert first in GOOD
    file.write_text(GOOD.replace(first, first + "to = 2026-11-30\n") + NEXT, encoding="utf-8")
    regime = read_regime(file)

    third, fourth = regime.finance_due("2026Q3"), regime.finance_due("2026Q4")
    assert third is not None
    assert fourth is not None
    assert third.day == date(2026, 11, 3)  # 20 working days after 30 September.
    assert fourth.day.year == 2027
    assert fourth.provisional
    duty = regime.duty("finance", date(2026, 11, 30))
    assert duty is not None
    assert duty.workdays == 20
    duty = regime.duty("finance", date(2026, 12, 1))
    assert duty is not None
    assert duty.workdays == 10


def test_a_domain_that_ended_is_not_restricted_any_more(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    ended = 'code = "procurement"\nlabel = "物资采购"\nfrom = 2011-06-13\n'
    assert ended in GOOD
    file.write_text(GOOD.replace(ended, ended + "to = 2020-12-31\n"), encoding="utf-8")
    regime = read_regime(file)
    assert "procurement" in {one.code for one in regime.domains_on(date(2020, 12, 31))}
    assert "procurement" not in {one.code for one in regime.domains_on(date(2021, 1, 1))}
