"""The page of a unit's money: what is drawn is what was published, and what was not published is said."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html import unescape
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.apps import create_public_app
from portal.domain.documents import finance as f
from portal.domain.values import show_yuan
from portal.site.pages.kinds.figures import rate, signed
from portal.site.pages.kinds.finance import bullets, elapsed, fund_bars
from portal.site.snapshot import RecordView, Snapshot, Tombstone
from tests.site.sample import WAN, at, quarter, record, replace_nil, snapshot, units
from tests.site.test_pages import Page

GONE = Tombstone("政府信息公开条例第十五条", "理由", "示例区政府办公室", False, None, at(2026, 10, 8))
DESTROYED = replace(GONE, destroyed=True)


def told(period: str, spent: int | None, **more: Any) -> f.FinanceDisclosure:
    """Return a quarter of which only the totals matter; amounts in 万元."""
    return f.FinanceDisclosure(
        period=period,
        income_total=spent and spent * 2 * WAN,
        expense_total=spent and spent * WAN,
        **{"public_funds_total": 3 * WAN} | more,
    )


def of(number: int, document: f.FinanceDisclosure, tombstone: Tombstone | None = None) -> RecordView:
    """Return the record of a quarter, withdrawn if told so."""
    gone = {1: tombstone} if tombstone else None
    return record(number, units()["zhujian"], (document, at(2026, 10, 12), "首次公开"), tombstones=gone)


@cache
def _client() -> tuple[list[Snapshot], FlaskClient]:
    """Return the site's client and the list whose only entry is the snapshot that it shows."""
    shown = [snapshot()]
    return shown, create_public_app(lambda: shown[0]).test_client()


def main(*records: RecordView, path: str = "2026Q3") -> str:
    """Return the page of a quarter among the given records, without its head and foot."""
    shown, client = _client()
    shown[:] = [replace(snapshot(), records=records)]
    answer = client.get(f"/xiuzhou/u/zhujian/finance/{path}.html")
    assert answer.status_code == 200
    return answer.text[answer.text.index("<main") : answer.text.index("</main>")]


def section(page: str, heading: str) -> str:
    """Return the part of a page under a heading."""
    found = re.search(rf"<h2>{heading}</h2>(.*?)</section>", page, re.DOTALL)
    assert found, heading
    return found[1]


def cells(page: str, heading: str) -> dict[str, list[str]]:
    """Return the cells of the table under a heading by the name of the row."""
    rows = re.findall(r"<tr[ >].*?</tr>", section(page, heading), re.DOTALL)
    split = [
        [_plain(one) for one in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows
    ]
    return {row[0]: row[1:] for row in split}


def _plain(text: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", text)).strip()


FIVE = (
    of(1, told("2025Q3", 10)),
    of(2, told("2025Q4", 12), GONE),
    of(3, replace_nil("2026Q2")),
    of(4, told("2026Q3", 15)),
)


def test_every_quarter_has_a_row_that_says_how_it_stands() -> None:
    found = cells(main(*FIVE), "季度走势")
    assert found["2025年第三季度"] == ["200,000.00", "100,000.00", "30,000.00"]
    assert found["2025年第四季度"] == ["已撤回"]
    assert found["2026年第一季度"] == ["没有公开"]
    assert found["2026年第二季度  本季无发生额"] == ["0.00", "0.00", "0.00"]
    assert found["2026年第三季度"] == ["300,000.00", "150,000.00", "30,000.00"]


def test_the_line_breaks_where_no_quarter_is_public() -> None:
    drawing = section(main(*FIVE), "季度走势")
    strokes = re.findall(r'<path d="(M[^"]+)" class="s-[01]"', drawing)
    assert [one.count("M") for one in strokes[::2]] == [2, 2]
    assert drawing.count('class="ring"') == 2
    for mark in (">缺<", ">撤<", "缺：没有公开；撤：已撤回", "空心圆：本季无发生额"):
        assert mark in drawing
    assert "2026年第一季度没有数" in drawing
    assert "2026年第二季度无发生额" in drawing


@pytest.mark.parametrize("tombstone", [GONE, DESTROYED])
def test_what_was_withdrawn_is_nowhere_on_the_pages_of_other_quarters(tombstone: Tombstone) -> None:
    secret = told("2026Q2", 7_654)
    page = main(of(1, told("2026Q1", 10)), of(2, secret, tombstone), of(3, told("2026Q3", 15)))
    assert "7,654" not in page
    assert "76,540,000" not in page
    assert "已撤回" in cells(page, "季度走势")["2026年第二季度"]
    assert "上季度（2026年第二季度）的公开已经撤回" in section(page, "与上季度相比")


def test_a_total_left_blank_is_a_gap_and_called_blank() -> None:
    page = main(of(1, told("2026Q1", 10)), of(2, told("2026Q2", None)), of(3, told("2026Q3", 15)))
    assert cells(page, "季度走势")["2026年第二季度"] == ["未填", "未填", "30,000.00"]
    assert "未：没有填写" in section(page, "季度走势")
    assert cells(page, "与上季度相比")["支出合计"] == ["150,000.00", "未填", "—", "—"]


def test_only_eight_quarters_up_to_the_own_are_shown() -> None:
    periods = [f"{year}Q{number}" for year in (2024, 2025, 2026) for number in (1, 2, 3, 4)][:11]
    records = [of(place, told(period, place + 1)) for place, period in enumerate(periods)]
    table = cells(main(*records, path="2026Q2"), "季度走势")
    assert list(table)[1:] == [
        f"{year}年第{number}季度"
        for year, number in [
            *((2024, one) for one in "三四"),
            *((2025, one) for one in "一二三四"),
            *((2026, one) for one in "一二"),
        ]
    ]


def test_the_change_since_the_quarter_before_is_exact() -> None:
    now = told("2026Q3", 15, closing=5 * WAN, public_funds_total=2 * WAN)
    before = told("2026Q2", 12, closing=5 * WAN)
    found = cells(main(of(1, before), of(2, now)), "与上季度相比")
    assert found["收入合计"] == ["300,000.00", "240,000.00", "+60,000.00", "+25.0%"]
    assert found["期末余额"] == ["50,000.00", "50,000.00", "0.00", "持平"]
    assert found["三公经费合计"] == ["20,000.00", "30,000.00", "-10,000.00", "-33.3%"]


def test_after_a_quarter_of_nothing_there_is_no_percentage() -> None:
    page = main(*FIVE)
    assert cells(page, "与上季度相比")["支出合计"] == ["150,000.00", "0.00", "+150,000.00", "上季为零"]
    assert "2026年第二季度无发生额，按零计算" in section(page, "与上季度相比")


def test_where_the_quarter_before_is_not_public_the_page_says_so() -> None:
    page = main(of(1, told("2026Q1", 10)), of(2, told("2026Q3", 15)))
    assert "上季度（2026年第二季度）没有在本平台公开" in section(page, "与上季度相比")
    assert "<table" not in section(page, "与上季度相比")


def test_the_first_quarter_has_no_course() -> None:
    page = main(of(1, told("2026Q3", 15)))
    assert "季度走势" not in page
    assert "没有在本平台公开" in section(page, "与上季度相比")


def test_an_earlier_version_is_compared_by_its_own_figures() -> None:
    unit = units()["zhujian"]
    twice = record(
        2,
        unit,
        (told("2026Q3", 15), at(2026, 10, 12), "首次公开"),
        (told("2026Q3", 18), at(2026, 10, 20), "更正"),
    )
    first = main(of(1, told("2026Q2", 12)), twice, path="2026Q3-v1")
    assert cells(first, "季度走势")["2026年第三季度"][1] == "150,000.00"
    latest = main(of(1, told("2026Q2", 12)), twice)
    assert cells(latest, "季度走势")["2026年第三季度"][1] == "180,000.00"
    assert "2026Q2.html" in section(latest, "季度走势")


def test_other_units_never_change_the_page() -> None:
    other = record(9, units()["caizheng"], (told("2026Q2", 99), at(2026, 7, 12), "首次公开"))
    assert main(*FIVE) == main(*FIVE, other)


def test_the_course_is_the_same_whatever_the_order_of_the_records() -> None:
    assert main(*FIVE) == main(*reversed(FIVE))


# Budget and execution


def line(budget: int | None, cumulative: int | None) -> f.Money:
    return f.Money(item="项目", budget=budget, amount=0, cumulative=cumulative)


def test_a_bullet_ends_at_the_budget_and_shows_what_is_beyond() -> None:
    within, over = bullets([line(100, 50), line(100, 125)], 75)
    assert within
    assert over
    assert (within.track, within.bar, within.over, within.tick) == (80.0, 40.0, False, 60.0)
    assert (over.track, over.bar, over.end, over.rate) == (80.0, 80.0, 100.0, "125.0%")
    far = bullets([line(100, 900)], 75)[0]
    assert far
    assert (far.track, far.end, far.rate) == (50.0, 100.0, "900.0%")


def test_what_has_no_budget_or_no_execution_has_no_bullet() -> None:
    assert bullets([line(None, 5), line(0, 5), line(-5, 5), line(5, None)], 75) == [None] * 4
    assert bullets([], None) == []
    zero = bullets([line(100, 0)], None)[0]
    assert zero
    assert (zero.bar, zero.tick, zero.rate) == (0.0, None, "0.0%")


def test_over_the_budget_is_said_in_words() -> None:
    lines = tuple(
        f.Money(item=item, level=1, budget=100 * WAN, amount=WAN, cumulative=cumulative * WAN)
        for item, cumulative in (("甲项", 110), ("乙项", 50))
    )
    page = main(of(1, told("2026Q3", 2, expense=lines)))
    table = cells(page, "预算与执行")
    assert table["甲项"][3] == "110.0% 超出预算"
    assert table["乙项"][3] == "50.0%"
    assert "执行率 <b>80.0%</b>；时间进度 75%，快5.0个百分点" in page


@pytest.mark.parametrize(
    ("period", "wanted"),
    [("2026Q1", 25), ("2026Q4", 100), ("2026-01", 8), ("2026-06", 50), ("2026-12", 100), ("2026", None)],
)
def test_the_time_passed_follows_the_period(period: str, wanted: int | None) -> None:
    assert elapsed(period) == wanted


def test_rates_and_differences_keep_their_sign() -> None:
    assert [rate(part, 1000) for part in (5, -5, -1234, 0, 1)] == ["0.5%", "-0.5%", "-123.4%", "0.0%", "0.1%"]
    assert rate(5, 0) == rate(5, None) == rate(5, -1) == ""
    assert [signed(one) for one in ("1.50", "-1.50", "0.00", "0.0%", "")] == [
        "+1.50",
        "-1.50",
        "0.00",
        "0.0%",
        "",
    ]


# 三公经费 and the three expenses of a township


def fund(which: f.PublicFund, amount: int, **more: int) -> f.FundLine:
    return f.FundLine(fund=which, amount=amount * WAN, **{name: value * WAN for name, value in more.items()})


def test_funds_are_drawn_against_budget_and_time_or_against_the_year_before() -> None:
    running = f.PublicFund.VEHICLE_OPERATION
    document = told("2026Q3", 15)
    planned = fund_bars(document, [fund(running, 5, budget=20, cumulative=15)], 75, "三公经费")
    assert planned
    assert planned.heading == "三公经费：1—9月执行"
    assert planned.drawing.said == "公务用车运行维护费15.0万元，预算20.0万元，按时间进度应为15.0万元。"
    # Without a running total, the quarter's amount must not be held against the budget of the year.
    compared = fund_bars(document, [fund(running, 5, budget=20, last_year=4)], 75, "三公经费")
    assert compared
    assert compared.heading == "三公经费：本期金额"
    assert "预算" not in compared.drawing.said
    assert "上年同期4.00万元" in compared.drawing.said
    first = fund_bars(told("2026Q1", 15), [fund(running, 5, budget=20)], 25, "三公经费")
    assert first
    assert first.heading == "三公经费：1—3月执行"
    assert fund_bars(document, [], 75, "三公经费") is None


def test_a_township_shows_its_three_expenses_as_a_table_and_a_course() -> None:
    kinds = (
        f.PublicFund.VEHICLE_OPERATION,
        f.PublicFund.OFFICIAL_RECEPTION,
        f.PublicFund.INVESTMENT_PROMOTION,
    )
    records = [
        of(place, told(period, 10, township_funds=tuple(fund(one, place + 3) for one in kinds)))
        for place, period in enumerate(("2026Q1", "2026Q2", "2026Q3"))
    ]
    page = main(*records)
    table = cells(page, "三项费用单列")
    assert [table[one.label][0] for one in kinds] == [show_yuan(5 * WAN)] * 3
    assert len(re.findall(r'class="d-[012]"', section(page, "三项费用单列"))) == 6
    assert cells(page, "与上季度相比")["三项费用合计"] == ["150,000.00", "120,000.00", "+30,000.00", "+25.0%"]


# Yearly statements, and every page as a whole


def test_a_plan_leaves_out_what_a_plan_does_not_have() -> None:
    plan = told("2026", 100, statement=f.StatementType.BUDGET)
    page = main(of(1, plan), of(2, told("2026Q3", 15)), path="2026-budget")
    figures = page[page.index('<dl class="figs">') : page.index("</dl>")]
    assert re.findall(r"<dt>(.*?)</dt>", figures) == ["收入预算", "支出预算"]
    for heading in ("季度走势", "与上季度相比", "大额支出"):
        assert f"<h2>{heading}</h2>" not in page


def test_what_the_total_is_made_of_is_drawn_unless_one_line_is_nearly_all() -> None:
    def page(*amounts: int) -> str:
        lines = tuple(f.Money(item=f"第{one}项", level=1, amount=one * WAN) for one in amounts)
        return main(of(1, told("2026Q3", 15, income=lines)))

    assert "收入构成" in page(60, 40)
    assert "收入构成" not in page(99, 1)
    assert "收入构成" not in page(100)
    assert "收入构成" not in page(60, -10)


@pytest.mark.parametrize("full", [True, False])
def test_drawings_and_tables_speak_to_those_who_cannot_see_them(full: bool) -> None:
    earlier = quarter("2026Q2", vehicles=20_36)
    page = main(of(1, earlier), of(2, quarter("2026Q3", full=full)))
    drawings = re.findall(r'<svg class="draw".*?</svg>', page, re.DOTALL)
    assert len(drawings) >= 3
    for one in drawings:
        assert re.match(r'<svg [^>]*role="img"><title>[^<]+</title><desc>[^<]+</desc>', one)
    assert page.count("<figure") == len(drawings)
    for table in re.findall(r"<table.*?</table>", page, re.DOTALL):
        assert "<caption" in table
        assert not re.search(r"<th(?![^>]*scope=)[ >]", table)
        assert not re.search(r'<td(?![^>]*role="cell")', table) or 'role="table"' not in table
    assert "style=" not in page
    Page(page)


def test_the_message_of_a_trend_says_what_changed() -> None:
    page = main(of(1, told("2026Q2", 12)), of(2, told("2026Q3", 15)))
    assert "<title>近两个季度支出和收入。本季支出合计比上季度增加25.0%</title>" in page
