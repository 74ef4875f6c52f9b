"""How people write amounts, days and periods, and what they are told when it cannot be read."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import values


@pytest.mark.parametrize(
    ("text", "scale", "fen"),
    [
        ("12,000.00", 100, 1_200_000),
        ("１２３．４５", 100, 12_345),
        ("¥ 5,000", 100, 500_000),
        ("1.2万元", 100, 1_200_000),
        ("3.64亿元", 100, 36_400_000_000),
        ("11.200000", 10**6, 11_200_000),
        ("(300.50)", 100, -30_050),
        ("-0.01", 100, -1),
        ("0", 100, 0),
    ],
)
def test_amounts_are_read_as_fen(text: str, scale: int, fen: int) -> None:
    assert values.read_amount(text, scale=scale) == fen


@pytest.mark.parametrize(
    "text", ["1,2万", "", "一万", "12,34.5", "1.2.3", "1e5", "NaN", "0.001", "99999999999999999"]
)
def test_unreadable_amounts_are_told_with_a_remedy(text: str) -> None:
    with pytest.raises(ValueError, match=r"金额|十万亿"):
        values.read_amount(text)


@given(st.integers(-values.MAX_FEN, values.MAX_FEN))
def test_an_amount_shown_is_read_back_the_same(fen: int) -> None:
    assert values.read_amount(values.show_yuan(fen)) == fen
    assert values.read_amount(values.show_wan(fen) + "万元") == fen


@given(st.text())
def test_reading_never_raises_anything_but_value_error(text: str) -> None:
    for reader in (
        values.read_amount,
        values.read_day,
        values.read_month,
        values.read_period,
        values.read_count,
        values.read_ratio,
        values.read_clock,
        values.read_yes_no,
        values.check_uscc,
    ):
        try:
            reader(text)
        except ValueError as told:
            assert any("\u4e00" <= char <= "\u9fff" for char in str(told))  # noqa: PT017 - any reader may refuse.


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026年13月", "月份是 13"),
        ("2026年13月1日", "月份是 13"),
        ("2026年2月30日", "这一天不存在"),
        ("昨天", "不是可识别"),
    ],
)
def test_impossible_dates_say_what_is_impossible(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        (values.read_day if "日" in text or "天" in text else values.read_month)(text)


@given(st.dates(date(1949, 10, 1), date(2199, 12, 31)))
def test_a_day_shown_is_read_back_the_same(day: date) -> None:
    assert values.read_day(values.show_day(day)) == day
    assert values.read_day(day.isoformat()) == day


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("2026年第三季度", "2026Q3"),
        ("2026Q3", "2026Q3"),
        ("2026年3季度", "2026Q3"),
        ("2026年7月", "2026-07"),
        ("2026年", "2026"),
    ],
)
def test_periods_are_read_as_people_write_them(text: str, period: str) -> None:
    assert values.read_period(text) == period
    assert values.read_period(values.show_period(period)) == period


@pytest.mark.parametrize("code", ["91110000600037341L", "N2330411MF1234567B"])
def test_credit_codes_of_companies_and_villages_are_accepted(code: str) -> None:
    assert values.check_uscc(code.lower()) == code


def test_a_mistyped_credit_code_is_told_by_its_check_digit() -> None:
    with pytest.raises(ValueError, match="校验码不对"):
        values.check_uscc("91110000600037342L")


@pytest.mark.parametrize("bad", ["转账\u202e0001", "零宽\u200b字", "控制\x07符"])
def test_characters_that_a_reader_cannot_see_are_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="不可见的控制字符"):
        values.clean_text(bad)
