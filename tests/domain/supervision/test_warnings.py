"""预警: the formula is what the regime says, no more; a kept score tells what made it."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from portal.domain.supervision.terms import Bounds, WarningTerms
from portal.domain.supervision.warnings import Clue, Counted, State, dump, formula, load, score, window
from tests.regimes.scenarios import regimes

NATIONAL = regimes()["xiuzhou"].warning_on(date(2026, 11, 20))
assert NATIONAL is not None
TERMS: WarningTerms = NATIONAL
CODES = [one.code for one in TERMS.items]


def test_the_window_is_the_year_that_ends_with_the_quarter() -> None:
    assert window(TERMS, "2026Q2") == ("2026Q2", "2026Q1", "2025Q4", "2025Q3")


def test_over_how_many_quarters_is_counted_is_the_formulas_word_and_is_told() -> None:
    short = TERMS.model_copy(update={"quarters": 2})
    assert window(short, "2026Q1") == ("2026Q1", "2025Q4")
    assert formula(short)[0] == "统计最近 2 个季度（含本季度）"


@pytest.mark.parametrize(
    ("points", "state"),
    [(9, State.CALM), (10, State.PREVENT), (24, State.PREVENT), (25, State.ALERT)],
)
def test_the_thresholds_themselves_belong_to_the_graver_state(points: int, state: State) -> None:
    exact = TERMS.model_copy(
        update={"items": (TERMS.items[0].model_copy(update={"points": 1, "most": 1000}),)}
    )
    found = score(exact, {TERMS.items[0].code: Counted(points)})
    assert (found.points, found.state) == (points, state)


@given(st.dictionaries(st.sampled_from(CODES), st.one_of(st.none(), st.integers(0, 500))))
def test_each_item_gives_its_points_up_to_its_cap_and_what_is_not_known_none(
    given_: dict[str, int | None],
) -> None:
    found = score(TERMS, {code: Counted(number) for code, number in given_.items()})
    for part, item in zip(found.parts, TERMS.items, strict=True):
        assert part.points == min((given_.get(item.code) or 0) * item.points, item.most)
        assert part.count == given_.get(item.code)
    assert found.points == sum(part.points for part in found.parts)


@given(st.sampled_from(CODES), st.integers(0, 50))
def test_one_more_of_anything_never_lowers_a_state(code: str, number: int) -> None:
    fewer, more = (score(TERMS, {code: Counted(one)}) for one in (number, number + 1))
    assert fewer.points <= more.points
    assert list(State).index(fewer.state) <= list(State).index(more.state)


def test_a_kept_score_reads_back_as_it_was() -> None:
    found = score(
        TERMS,
        {"missing": Counted(2, (Clue("季度财务：未公开", "cell", "2026Q3"),)), "reports": Counted(None)},
    )
    assert load(dump(found), state=found.state.value, points=found.points) == found


def test_the_formula_is_told_item_by_item() -> None:
    assert len(formula(TERMS)) == 1 + len(TERMS.items)
    assert formula(TERMS)[1] == "至今未公开：每件 4 分，最多 20 分"


ITEM = {"code": "late", "title": "迟公开", "points": 1, "most": 30}
BASE = {"from": "2026-01-01", "source": "示例"}


@pytest.mark.parametrize(
    ("model", "values", "said"),
    [
        (WarningTerms, {"prevent": 10, "alert": 10, "items": [ITEM]}, "须高于预防"),
        (WarningTerms, {"prevent": 10, "alert": 40, "items": [ITEM]}, "最多合计 30 分"),
        (WarningTerms, {"prevent": 10, "alert": 20, "items": [ITEM, ITEM]}, "第 2 行与前面的一行重复"),
        (WarningTerms, {"prevent": 10, "alert": 20, "items": [{**ITEM, "points": 31}]}, "比最多的 30 分还多"),
        (Bounds, {"correct_within": "30个工作日"}, "按日或者按月"),
    ],
)
def test_a_formula_or_bound_that_contradicts_itself_is_refused_in_the_file_too(
    model: type[WarningTerms | Bounds], values: dict[str, object], said: str
) -> None:
    rest: dict[str, object] = {"quarters": 4}
    if model is Bounds:
        rest = {"change_ahead": "36个月", "unit_back": "12个月", "unit_ahead": "12个月", "days_off": 60}
    with pytest.raises(ValidationError, match=said):
        model.model_validate({**BASE, **rest, **values})
