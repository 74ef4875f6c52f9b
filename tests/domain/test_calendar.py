"""Working days with 调休: the vectors were computed with another library (chinesecalendar 1.11.0)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain import calendar


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        (date(2026, 9, 18), 2, date(2026, 9, 21)),
        (date(2026, 2, 13), 2, date(2026, 2, 24)),
        (date(2026, 9, 30), 2, date(2026, 10, 9)),
        (date(2026, 1, 28), 20, date(2026, 3, 3)),
        (date(2026, 4, 28), 15, date(2026, 5, 21)),
        (date(2025, 12, 31), 10, date(2026, 1, 15)),
        (date(2025, 12, 31), 20, date(2026, 1, 29)),
        (date(2026, 3, 31), 20, date(2026, 4, 29)),
        (date(2026, 6, 30), 10, date(2026, 7, 14)),
        (date(2026, 9, 30), 20, date(2026, 11, 3)),
    ],
)
def test_due_dates_follow_the_official_calendar(start: date, count: int, due: date) -> None:
    assert calendar.add_workdays(start, count) == calendar.Due(due, provisional=False)


def test_a_year_without_an_official_notice_gives_a_provisional_date() -> None:
    assert calendar.add_workdays(date(2026, 12, 4), 20).provisional


@given(st.dates(date(2019, 1, 1), date(2026, 10, 1)), st.integers(1, 40))
def test_counting_back_finds_the_same_number_and_ends_on_a_working_day(start: date, count: int) -> None:
    due = calendar.add_workdays(start, count).day
    assert calendar.is_workday(due)
    assert calendar.workdays_between(start, due) == count


def test_quarters_run_over_the_end_of_a_year() -> None:
    assert calendar.quarters("2025Q3", "2026Q2") == ["2025Q3", "2025Q4", "2026Q1", "2026Q2"]
    assert calendar.quarter_end("2025Q4") == date(2025, 12, 31)
    assert calendar.quarter_end("2026Q1") == date(2026, 3, 31)
    assert calendar.quarter_of(date(2026, 10, 1)) == "2026Q4"
