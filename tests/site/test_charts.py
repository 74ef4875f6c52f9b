"""The drawings: nothing overlaps, nothing is invented, and each says in words what it shows."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader

from portal.site.pages.charts import (
    WIDTH,
    Band,
    Measure,
    bars,
    fit,
    scale_bands,
    share,
    text_width,
    ticks,
    unit_for,
)
from portal.site.pages.trends import Label, Point, Series, Stop, Trend, trend
from tests.site.sample import HOSTILE, WAN

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
MACROS: Any = (
    Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
    .get_template("public/_charts.html")
    .module
)
STOPS = [
    Stop(f"{quarter}季", str(year), f"{year}年第{quarter}季度")
    for year in (2024, 2025, 2026)
    for quarter in (1, 2, 3, 4)
][3:11]


def line(*values: int | str | None, name: str = "支出") -> Series:
    """Return a series: an amount in 万元, 0 for a declared nothing, a character for a gap."""
    return Series(
        name,
        tuple(
            Point(None, gap=one) if isinstance(one, str) else Point(one and one * WAN, nil=one == 0)
            for one in values
        ),
    )


def drawn(*series: Series, stops: list[Stop] = STOPS) -> Trend:
    found = trend(stops, series, title="走势")
    assert found
    return found


def places(path: str) -> list[tuple[int, int]]:
    """Return where the marks of a path stand."""
    return [(int(x), int(y)) for x, y in re.findall(r"M(-?\d+) (-?\d+)", path)]


def svg(text: object) -> ElementTree.Element:
    """Parse a drawing: it is well-formed, names itself, and styles nothing by itself."""
    assert "style=" not in str(text)
    root = ElementTree.fromstring(str(text))  # noqa: S314 - our own drawing.
    assert root.tag == "svg"
    assert (root.get("role"), root.get("width")) == ("img", str(WIDTH))
    assert [one.tag for one in root[:2]] == ["title", "desc"]
    assert all(one.text for one in root[:2])
    return root


# Scales and amounts


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0, 100, [0, 50, 100]),
        (0, 93, [0, 50, 100]),
        (-30, 90, [-50, 0, 50, 100]),
        (0, 0, [0]),
        (0, 1, [0, 1]),
    ],
)
def test_ticks_are_round_and_hold_the_values(low: int, high: int, wanted: list[int]) -> None:
    assert ticks(low, high) == wanted


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_ticks_always_span_the_values_and_nothing(one: int, other: int) -> None:
    found = ticks(min(one, other), max(one, other))
    assert found[0] <= min(one, other, 0) <= max(one, other, 0) <= found[-1]
    assert 0 in found
    assert len(found) <= 7


def test_amounts_are_short_and_never_rounded_to_nothing() -> None:
    assert unit_for([2_290_58 * 10_000]).say(2_290_58 * 10_000) == "2,291万元"
    assert unit_for([36_80 * 10_000]).say(15_35 * 10_000) == "15.4万元"
    assert unit_for([36_80 * 10_000]).say(1) == "<0.1万元"
    assert unit_for([36_80 * 10_000]).say(-1) == ">-0.1万元"
    assert unit_for([36_80 * 10_000]).say(-15_35 * 10_000) == "-15.4万元"
    assert unit_for([36_80 * 10_000]).say(0) == "0万元"
    assert unit_for([5_000_00]).say(5_000_00) == "5,000元"
    assert unit_for([10**13]).say(10**13) == "1,000亿元"
    assert unit_for([]).say(0) == "0元"


def test_a_name_is_cut_to_its_room() -> None:
    assert fit("公务接待费", 100) == "公务接待费"
    cut = fit("公务用车运行维护费" * 9, 100)
    assert cut.endswith("…")
    assert text_width(cut) <= 100


# Trends


def test_a_missing_quarter_is_a_gap_and_never_a_nought() -> None:
    found = drawn(line(5, 6, "缺", 7, 8, 9, 5, 6))
    assert [len(part.split("L")) for part in found.lines[0].strokes.split("M")[1:]] == [2, 5]
    assert len(places(found.lines[0].marks)) == 7
    assert all(y < found.base for _, y in places(found.lines[0].marks))
    assert "缺" in [one.text for one in found.labels]
    assert "2025年第2季度没有数" in found.said


def test_a_value_between_two_gaps_is_still_a_dot() -> None:
    found = drawn(line("缺", 6, "撤", 7, 8, 9, 5, 6))
    assert found.lines[0].strokes.count("M") == 2
    assert len(places(found.lines[0].marks)) == 6
    assert len(svg(MACROS.trend(found)).findall("path[@class='d-0']")) == 1


def test_a_declared_nothing_is_a_ring_on_the_zero_line() -> None:
    found = drawn(line(5, 6, 0, 7, 8, 9, 5, 6))
    assert [y for _, y in places(found.lines[0].rings)] == [found.base]
    assert len(places(found.lines[0].marks)) == 7
    assert found.lines[0].strokes.count("M") == 1
    assert "2025年第2季度无发生额" in found.said
    assert len(svg(MACROS.trend(found)).findall("path[@class='ring']")) == 1


def test_one_value_alone_is_no_trend() -> None:
    assert trend(STOPS, [line(*(["缺"] * 7), 5)], title="走势") is None
    assert trend(STOPS, [line(*(["缺"] * 8))], title="走势") is None


def test_where_only_one_series_is_blank_the_quarter_is_not_called_missing() -> None:
    found = drawn(line(5, 6, 7, 7, 8, 9, 5, 6), line(4, 5, "未", 7, 8, 9, 5, 6, name="收入"))
    assert "未" not in [one.text for one in found.labels]
    assert found.lines[1].strokes.count("M") == 2


def test_the_current_value_is_always_labelled() -> None:
    found = drawn(line(5, 5, 5, 5, 5, 5, 5, 5), line(5, 5, 5, 5, 5, 5, 5, 5, name="收入"))
    assert [one.text for one in found.labels if one.strong][:1] == ["5.00"]


amounts = st.one_of(st.integers(-(10**13), 10**13), st.integers(0, 10**8), st.none(), st.just(0))


@given(st.lists(st.lists(amounts, min_size=8, max_size=8), min_size=1, max_size=3))
def test_no_label_overlaps_another_or_leaves_the_drawing(rows: list[list[int | None]]) -> None:
    series = [
        Series(
            f"第{place}项",
            tuple(Point(one, nil=one == 0, gap="" if one is not None else "缺") for one in row),
        )
        for place, row in enumerate(rows)
    ]
    found = trend(STOPS, series, title="走势")
    if found is None:
        assert max(sum(one is not None for one in row) for row in rows) < 2
        return

    def box(one: Label) -> tuple[float, float, float, float]:
        half = text_width(one.text) / 2
        return one.x - half, one.y - 11, one.x + half, one.y + 2

    values = [box(one) for one in found.labels]
    for (a, b, c, d), (e, f, g, h) in combinations(values, 2):
        assert c <= e + 1 or g <= a + 1 or d <= f or h <= b
    for group in {one.y for one in found.axis}:
        under = sorted(box(one) for one in found.axis if one.y == group)
        assert all(one[2] <= other[0] for one, other in pairwise(under))
    for left, top, right, bottom in values + [box(one) for one in found.axis]:
        assert min(left, top) >= 0
        assert right <= WIDTH + 1
        assert bottom <= found.height
    svg(MACROS.trend(found))


# Bars


def test_what_goes_beyond_the_budget_is_drawn_apart() -> None:
    found = bars(
        [Measure("接待", 15 * WAN, 10 * WAN, 5 * WAN), Measure("用车", 6 * WAN, 12 * WAN)], title="三公"
    )
    assert found
    over, within = found.rows
    assert (over.bar, over.over) == (over.track, WIDTH - over.track)
    assert within.over == 0
    assert 0 < within.bar < within.track
    assert over.tick == round(WIDTH / 3)
    assert len(svg(MACROS.bars(found)).findall("path[@class='s-over']")) == 1


def test_nothing_and_blank_are_told_apart() -> None:
    found = bars([Measure("出国", 0, 0), Measure("购车", None), Measure("接待", 5 * WAN)], title="三公")
    assert found
    assert [one.value for one in found.rows] == ["0", "未填", "5.00"]
    assert [one.bar for one in found.rows[:2]] == [0, 0]
    assert found.said == "出国0万元，预算0万元；购车未填；接待5.00万元。"
    assert bars([Measure("购车", None)], title="三公") is None
    assert bars([], title="三公") is None


def test_a_bar_chart_of_nothing_only_is_drawn() -> None:
    found = bars([Measure("出国", 0, 0, 0)], title="三公")
    assert found
    assert len(svg(MACROS.bars(found)).findall("rect")) == 0


# Shares


@given(st.lists(st.integers(1, 10**13), min_size=2, max_size=9))
def test_shares_add_up_and_lie_side_by_side(parts: list[int]) -> None:
    found = share([(f"第{place}项", fen) for place, fen in enumerate(parts)], title="构成")
    assert found
    assert sum(round(float(one.text.split("　")[1].rstrip("%")) * 10) for one in found.parts) == 1000
    assert len(found.parts) == min(len(parts), 5)
    assert found.parts[0].x == 0
    for one, other in pairwise(found.parts):
        assert one.x <= other.x
        assert one.shade != other.shade
    assert found.parts[-1].x + found.parts[-1].width <= WIDTH + 1


def test_a_share_needs_two_parts_above_nothing() -> None:
    assert share([("甲", 5)], title="构成") is None
    assert share([("甲", 5), ("乙", 0)], title="构成") is None
    assert share([("甲", 5), ("乙", -1)], title="构成") is None


# Sign-off bands


def test_bands_are_a_stair_that_shows_gaps_and_overlaps() -> None:
    found = scale_bands(
        [
            Band(2 * WAN, 4 * WAN, "2万元至不满4万元", "乙", 2),
            Band(0, WAN, "不满1万元", "甲", 1),
            Band(3 * WAN, None, "3万元及以上", "丙", 9),
        ],
        title="签批权限",
    )
    assert found
    low, middle, high = found.steps
    assert (low.x, low.span) == (0, "不满1万元")
    assert low.x + low.width < middle.x
    assert high.x < middle.x + middle.width
    assert high.x + high.width == WIDTH
    assert [one.open for one in found.steps] == [False, False, True]
    assert high.level == 5
    assert found.said == "不满1万元：甲；2万元至不满4万元：乙；3万元及以上：丙。"
    svg(MACROS.scale_bands(found))


def test_a_long_decider_gets_a_line_of_its_own() -> None:
    found = scale_bands([Band(0, None, "不分金额", "分管副职提出，" * 9, 2)], title="签批权限")
    assert found
    assert found.steps[0].below
    assert found.steps[0].below < found.steps[0].y
    assert scale_bands([], title="签批权限") is None


def test_bands_that_end_reach_the_edge_and_one_amount_is_no_fault() -> None:
    found = scale_bands([Band(0, WAN, "不满1万元", "甲", 1)], title="签批权限")
    assert found
    assert found.steps[0].width == WIDTH
    same = scale_bands([Band(WAN, WAN, "1万元", "甲", 1)], title="签批权限")
    assert same
    assert same.steps[0].width > 0


def test_what_is_typed_never_becomes_markup() -> None:
    drawings = [
        MACROS.bars(bars([Measure(HOSTILE, 5 * WAN)], title=HOSTILE)),
        MACROS.share(share([(HOSTILE, 5), ("乙", 6)], title=HOSTILE)),
        MACROS.trend(drawn(line(5, 6, 7, 7, 8, 9, 5, 6, name=HOSTILE), line(5, 6, 7, 7, 8, 9, 5, 6))),
        MACROS.scale_bands(scale_bands([Band(0, None, HOSTILE, HOSTILE, 1)], title=HOSTILE)),
    ]
    for one in drawings:
        tags = {element.tag for element in svg(one).iter()}
        assert tags <= {"svg", "title", "desc", "rect", "path", "g", "text", "tspan"}
        assert not re.search(r"\son\w+=", re.sub(r">[^<]*<", "><", str(one)))
