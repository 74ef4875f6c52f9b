"""Working days with 调休: the vectors were computed with another library (chinesecalendar 1.11.0)."""

from __future__ import annotations

from datetime import date, timedelta

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


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        (date(2026, 9, 30), 3, date(2026, 10, 8)),  # 3 October rolls over the holiday.
        (date(2026, 9, 5), 15, date(2026, 9, 20)),  # A Sunday, but a working one: it must not roll.
        (date(2026, 9, 12), 15, date(2026, 9, 28)),  # Sunday 27 September rolls.
        (date(2026, 1, 26), 20, date(2026, 2, 24)),  # Over Spring Festival.
    ],
)
def test_a_period_of_days_rolls_to_the_next_working_day(start: date, count: int, due: date) -> None:
    found, ended = calendar.OFFICIAL.due(start, calendar.Span(count, "day")), start + timedelta(days=count)
    assert found.day == due
    assert found.ended == (ended if due != ended else None), "it knows from which day off it moved on"
    plain = calendar.Calendar(roll=False)
    assert plain.due(start, calendar.Span(count, "day")) == calendar.Due(ended, provisional=False)


@pytest.mark.parametrize(
    ("start", "count", "due"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),  # No such day: the month's last (a working Saturday).
        (date(2024, 8, 31), 6, date(2025, 2, 28)),
        (date(2026, 11, 10), 6, date(2027, 5, 10)),
    ],
)
def test_months_end_on_the_corresponding_day(start: date, count: int, due: date) -> None:
    assert calendar.add_months(start, count) == due
    assert calendar.OFFICIAL.due(start, calendar.Span(count, "month")).day == due


def test_an_entered_notice_makes_a_provisional_date_final_and_moves_it() -> None:
    span = calendar.Span(20, "workday")
    before = calendar.OFFICIAL.due(date(2026, 12, 31), span)
    assert before.provisional
    notice = calendar.YearNotice(
        2027,
        off=frozenset({date(2027, 1, 1), *(date(2027, 1, day) for day in range(11, 16))}),
        work=frozenset({date(2027, 1, 10)}),
    )
    after = calendar.entered([notice]).due(date(2026, 12, 31), span)
    assert not after.provisional
    assert calendar.entered([notice]).workdays_between(date(2026, 12, 31), after.day) == 20
    assert after.day > before.day


@given(st.dates(date(2018, 1, 1), date(2027, 12, 31)), st.integers(0, 400))
def test_counting_day_by_day_gives_the_same(start: date, count: int) -> None:
    day, left = start, count
    while left:
        day += timedelta(days=1)
        left -= calendar.is_workday(day)
    assert calendar.add_workdays(start, count).day == day
    walked = sum(
        calendar.is_workday(start + timedelta(days=step)) for step in range(1, (day - start).days + 1)
    )
    assert calendar.workdays_between(start, day) == walked


@given(st.dates(date(2018, 1, 1), date(2026, 12, 1)), st.integers(1, 60))
def test_a_notice_is_open_for_its_length_from_the_day_after_it_goes_up(first: date, count: int) -> None:
    span = calendar.Span(count, "workday")
    last = calendar.OFFICIAL.add_workdays(first, count).day
    assert calendar.OFFICIAL.lasts(first, last, span)
    assert not calendar.OFFICIAL.lasts(first, last - timedelta(days=1), span)


@pytest.mark.parametrize(
    ("text", "span"), [("20个工作日", (20, "workday")), ("30日", (30, "day")), ("6个月", (6, "month"))]
)
def test_lengths_are_read_as_the_law_writes_them(text: str, span: tuple[int, str]) -> None:
    read = calendar.read_span(text)
    assert (read.count, read.unit) == span
    assert str(read) == text


@pytest.mark.parametrize("text", ["", "二十日", "20", "20 weeks", "-3日"])
def test_another_way_of_writing_a_length_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="不是可识别的期限"):
        calendar.read_span(text)
