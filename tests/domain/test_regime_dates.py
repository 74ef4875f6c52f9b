"""A value binds from its first day to its last, both included; the one that follows takes over."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from portal.domain.calendar import Span
from portal.domain.regime_reading import read_national, read_regime
from portal.domain.regimes import Regime
from portal.domain.rules.deadlines import Deadline
from portal.domain.units import UnitType
from tests.conftest import ROOT

FOLDER = ROOT / "content" / "regimes"
GOOD = (FOLDER / "xiuzhou.toml").read_text(encoding="utf-8")
NEXT = """
[[rules.FIN-06]]
from = 2026-12-01
within = "10个工作日"
severity = "red"
source = "示例：下一份文件第一条"
"""


def within(regime: Regime, day: date, unit_type: UnitType = UnitType.BUREAU) -> Span | None:
    terms = regime.terms("FIN-06", day, unit_type)
    return terms.within if isinstance(terms, Deadline) else None


def test_a_deadline_changes_on_its_day(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    first = "[[rules.FIN-06]]\nfrom = 2019-05-15\n"
    assert first in GOOD
    file.write_text(GOOD.replace(first, first + "to = 2026-11-30\n") + NEXT, encoding="utf-8")
    regime = read_regime(file)

    third, fourth = regime.finance_due("2026Q3"), regime.finance_due("2026Q4")
    assert third is not None
    assert fourth is not None
    assert third.day == date(2026, 11, 3)  # 20 working days after 30 September.
    assert fourth.day.year == 2027
    assert fourth.provisional
    assert within(regime, date(2019, 5, 14)) is None
    assert within(regime, date(2019, 5, 15)) == Span(20, "workday")
    assert within(regime, date(2026, 11, 30)) == Span(20, "workday")
    assert within(regime, date(2026, 12, 1)) == Span(10, "workday")


def test_a_value_without_a_successor_ends(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    first = "[[rules.FIN-06]]\nfrom = 2019-05-15\n"
    file.write_text(GOOD.replace(first, first + "to = 2026-09-29\n"), encoding="utf-8")
    assert read_regime(file).finance_due("2026Q3") is None
    assert read_regime(file).finance_due("2026Q2") is not None


def test_own_terms_take_the_place_of_the_national_ones_on_their_days_only(tmp_path: Path) -> None:
    national = read_national(FOLDER / "national.toml")
    file = tmp_path / "xiuzhou.toml"
    own = NEXT.replace("FIN-06", "DEL-07") + "to = 2026-12-31\n"
    file.write_text(GOOD + own, encoding="utf-8")
    regime = read_regime(file, national)
    spans = [
        getattr(regime.terms("DEL-07", day), "within", None)
        for day in (date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 1))
    ]
    assert spans == [Span(20, "workday"), Span(10, "workday"), Span(10, "workday"), Span(20, "workday")]


def test_a_national_rule_may_be_taken_out_of_force(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    off = (
        '\n[[rules.DEL-07]]\nfrom = 2026-12-01\noff = true\nsource = "示例文件第二条"\nnote = "另有规定。"\n'
    )
    file.write_text(GOOD + off, encoding="utf-8")
    regime = read_regime(file, read_national(FOLDER / "national.toml"))
    assert regime.terms("DEL-07", date(2026, 11, 30)) is not None
    assert regime.terms("DEL-07", date(2026, 12, 1)) is None


def test_terms_may_bind_some_units_only(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    first = "[[rules.FIN-06]]\nfrom = 2019-05-15\n"
    file.write_text(
        GOOD.replace(first, first + 'unit_types = ["bureau"]\n')
        + NEXT.replace("from = 2026-12-01", 'from = 2019-05-15\nunit_types = ["township"]'),
        encoding="utf-8",
    )
    regime = read_regime(file)
    day = date(2026, 9, 30)
    assert within(regime, day) == Span(20, "workday")
    assert within(regime, day, UnitType.TOWNSHIP) == Span(10, "workday")
    assert within(regime, day, UnitType.VILLAGE) is None


def test_a_domain_that_ended_is_not_restricted_any_more(tmp_path: Path) -> None:
    file = tmp_path / "xiuzhou.toml"
    ended = 'code = "procurement"\nlabel = "物资采购"\nfrom = 2011-06-13\n'
    assert ended in GOOD
    file.write_text(GOOD.replace(ended, ended + "to = 2020-12-31\n"), encoding="utf-8")
    regime = read_regime(file)
    assert "procurement" in {one.code for one in regime.domains_on(date(2020, 12, 31))}
    assert "procurement" not in {one.code for one in regime.domains_on(date(2021, 1, 1))}


def test_own_index_items_and_coverage_rates_replace_the_national_ones_as_a_whole(tmp_path: Path) -> None:
    item = (
        '\n[[index]]\ncode = "plan"\ntitle = "有方案"\nduty = "plan"\nweight = 1\nwithin = "12个月"\n'
        'from = 2026-12-01\nsource = "示例文件第五条"\n'
    )
    file = tmp_path / "tongling.toml"  # One that has no items of its own.
    file.write_text((FOLDER / "tongling.toml").read_text(encoding="utf-8") + item, encoding="utf-8")
    regime = read_regime(file, read_national(FOLDER / "national.toml"))
    assert len(regime.index_on(date(2026, 11, 30))) > 1
    assert [one.title for one in regime.index_on(date(2026, 12, 1))] == ["有方案"]
