"""The regime files: they parse, they say what their sources say, and they say it in their own words."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from fractions import Fraction
from pathlib import Path

import opencc
import pytest

from portal.domain.calendar import Span
from portal.domain.regime_files import RegimeError
from portal.domain.regime_reading import read_regime, read_regimes
from portal.domain.regimes import Regime
from portal.domain.rules.deadlines import Deadline, PeriodDeadline

CONTENT = Path(__file__).resolve().parents[2] / "content"
SEEDS = Path(__file__).resolve().parents[2] / ".." / "shared" / "seeds"
DAY = date(2026, 9, 30)
RUN = 12  # Characters: a shared run of this length is a copied phrase, not a coincidence.

SEED_OF = {"erqi": "000", "tongling": "001", "xian": "002", "xiuzhou": "003", "jinhu": "004"}
LABELS = {
    "erqi": ["财务", "干部人事", "工程建设", "行政审批", "物资（服务）采购"],
    "tongling": ["人事", "财务", "工程建设", "物资采购", "行政审批"],
    "xian": ["人事", "财务", "工程建设", "物资采购", "执法", "行政审批"],
    "xiuzhou": ["财务", "组织人事", "工程建设", "行政审批", "物资采购"],
    "jinhu": ["人事", "专项资金", "工程项目建设", "公共资源交易"],
    "shandong": [],
}
# Slogans and titles that are quoted as such, with the punctuation already dropped.
SET_PHRASES = (
    "副职分管正职监管集体领导民主决策",
    "副职分管正职监管集体研究民主决策",
    "五个不直接分管",
    "五不直接分管",
    "四不直接分管",
    "党政领导干部选拔任用工作条例",
    "主要负责人不直接分管",
)


@pytest.fixture(scope="module")
def regimes() -> dict[str, Regime]:
    return read_regimes(CONTENT / "regimes")


def test_every_file_parses_in_display_order(regimes: dict[str, Regime]) -> None:
    assert list(regimes) == ["erqi", "tongling", "xian", "xiuzhou", "jinhu", "shandong"]


@pytest.mark.parametrize("slug", LABELS)
def test_the_domains_differ_as_the_sources_do(regimes: dict[str, Regime], slug: str) -> None:
    assert [one.label for one in regimes[slug].domains_on(DAY)] == LABELS[slug]


def test_the_county_speech_contradicts_itself_and_the_file_says_so(regimes: dict[str, Regime]) -> None:
    doubtful = {
        one.code: one for one in regimes["xian"].domains if one.code in ("enforcement", "admin_approval")
    }

    assert len(doubtful) == 2
    for one in doubtful.values():
        assert one.default
        assert one.note
        assert "执法" in one.note
        assert "行政审批" in one.note


def test_every_value_and_every_mechanism_names_its_source(regimes: dict[str, Regime]) -> None:
    for regime in regimes.values():
        assert 4 <= len(regime.mechanisms) <= 8, regime.slug
        for one in (*regime.mechanisms, *regime.domains):
            assert re.search(r"第.+[条段部]|[一二三四五](?:（|\d)", one.source) or "一段" in one.source, one
        for entries in regime.rules.values():
            assert all(len(one.source) >= 4 for one in entries)


def test_a_day_that_no_source_gives_is_marked_as_the_systems_own(regimes: dict[str, Regime]) -> None:
    for regime in regimes.values():
        finance = regime.terms("FIN-06", DAY)
        if regime.slug == "shandong":
            assert finance is None
            assert regime.finance_due("2026Q3") is None
            assert set(regime.rules) <= {"TEN-15"}, "national law, and its day for the provinces"
            continue
        assert isinstance(finance, PeriodDeadline)
        assert finance.is_default("within")
        assert finance.within == Span(20, "workday")
        assert finance.partial_first_period, "the strict reading binds"
        assert len(finance.readings) >= 2
        due = regime.finance_due("2026Q3")
        assert due is not None
        assert due.day == date(2026, 11, 3)


def test_every_county_inherits_the_national_deadlines(regimes: dict[str, Regime]) -> None:
    for regime in regimes.values():
        for rule_id in ("DEL-07", "PUB-01"):
            terms = regime.terms(rule_id, DAY)
            assert isinstance(terms, Deadline), (regime.slug, rule_id)
            assert terms.within == Span(20, "workday")


def test_the_index_is_open_and_its_weights_add_up(regimes: dict[str, Regime]) -> None:
    for regime in regimes.values():
        items = regime.index_on(DAY)
        assert sum(one.weight for one in items) == 100, regime.slug
        assert all(one.default for one in items), "no source lists items or weights"
    assert "指数评估办法" in regimes["xiuzhou"].index_on(DAY)[0].source


def test_only_erqi_names_shares_and_they_can_be_read_in_two_ways(regimes: dict[str, Regime]) -> None:
    for regime in regimes.values():
        rates = regime.coverage_on(DAY)
        assert [one.code for one in rates] == ["plans", "limits", "supporting"], regime.slug
        if regime.slug != "erqi":
            assert all(one.aim is None for one in rates)
            continue
        assert [one.aim for one in rates] == [Fraction(9, 10), Fraction(7, 10), Fraction(1, 2)]
        assert all(len(one.readings) == 2 and one.default for one in rates)
        assert len(rates[2].areas) == 6


def test_undated_sources_have_a_marked_first_day(regimes: dict[str, Regime]) -> None:
    for slug in ("erqi", "tongling", "xian", "jinhu"):
        for one in regimes[slug].domains:
            assert one.default, one
            assert one.note, one


def test_no_report_channel_is_invented(regimes: dict[str, Regime]) -> None:
    for regime in regimes.values():
        assert regime.report_channels == ("12388（全国纪检监察举报电话）",)


def _only_words(text: str) -> str:
    return re.sub(r"[^0-9A-Za-z\u4e00-\u9fff]", "", unicodedata.normalize("NFKC", text))


def _seed(slug: str) -> str:
    found = sorted(SEEDS.glob(f"{SEED_OF[slug]}_*.txt"))
    if not found:
        pytest.skip(
            f"原始文件 {SEED_OF[slug]}_*.txt 不在 {SEEDS.resolve()}：无法核对 {slug} 的文字是否照抄，本项未检查！"
        )
    text = re.sub(r"\([^()\u4e00-\u9fff]{1,8}\)", "", found[0].read_text(encoding="utf-8"))
    return _only_words(opencc.OpenCC("t2s").convert(text))


@pytest.mark.parametrize("slug", SEED_OF)
def test_the_texts_are_our_own_words(regimes: dict[str, Regime], slug: str) -> None:
    seed = _seed(slug)
    assert len(seed) > 900  # The seed was read, and is text.
    regime = regimes[slug]
    texts = [*regime.intro, regime.summary, regime.motto]
    texts += [text for one in regime.mechanisms for text in (one.title, one.text)]
    entries = [one for terms in regime.rules.values() for one in terms]
    dated = (*regime.domains, *regime.coverage, *regime.index, *regime.counting, *entries)
    # Doubtful words are quoted as such, documents named by their titles: only what is around them is ours.
    quoted = re.compile(r"“[^”]*”|《[^》]*》(?:（[^）]*）)?")
    texts += [quoted.sub("\n", text) for one in dated for text in (one.note or "", *one.readings)]
    for text in texts:
        words = _only_words(text)
        for phrase in SET_PHRASES:
            words = words.replace(phrase, "\n")
        for part in words.split("\n"):
            for at in range(len(part) - RUN + 1):
                assert part[at : at + RUN] not in seed, f"{slug}：“{part[at : at + RUN]}”与原文相同，请改写。"


def test_a_broken_file_is_refused_with_its_name_and_the_remedy(tmp_path: Path) -> None:
    good = (CONTENT / "regimes" / "jinhu.toml").read_text(encoding="utf-8")
    file = tmp_path / "jinhu.toml"
    file.write_text(good.replace('code = "special_funds"', 'code = "personnel"'), encoding="utf-8")

    with pytest.raises(RegimeError, match=r"jinhu\.toml.*重叠"):
        read_regime(file)
