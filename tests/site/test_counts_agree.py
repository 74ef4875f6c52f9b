"""The same words mean the same number on every page of a county, also where a unit is gone or could not be made."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import cache

from flask.testing import FlaskClient

from portal.apps import create_public_app
from portal.site.pages.status import board
from portal.site.pages.summary import blank_summary, bring, summaries_of
from portal.site.snapshot import Snapshot
from tests.site.sample import at, quarter, record, snapshot, unit
from tests.site.tree import said, tree

GONE = unit(70, "gone", "示例区旧档案馆", abolished_on=date(2026, 9, 30))


def now() -> Snapshot:
    """Return the sample with a unit that was late before it was abolished, and another that could not be made."""
    base = snapshot()
    areas = tuple(
        replace(one, units=(*one.units, GONE)) if one.slug == "xiuzhou" else one for one in base.jurisdictions
    )
    late = record(700, GONE, (quarter("2026Q1"), at(2026, 8, 3), "首次公开"), slug="2026Q1")
    whole = replace(base, jurisdictions=areas, records=(*base.records, late))
    view = next(one for one in whole.jurisdictions if one.slug == "xiuzhou")
    bring(whole, blank_summary(whole, view, next(one for one in view.units if one.slug == "xinqu")))
    return whole


@cache
def shown() -> tuple[Snapshot, FlaskClient]:
    """Return the county, and a client that reads it."""
    whole = now()
    return whole, create_public_app(lambda: whole).test_client()


def text(path: str) -> str:
    return said(tree(shown()[1].get(f"/{path}").text).find(".//main"))


def number(pattern: str, path: str) -> int:
    """Return the number that a page gives, which it must give exactly once."""
    found = re.findall(pattern, text(path))
    assert len(found) == 1, f"{path}: {found}"
    return int(found[0])


def test_how_many_units_want_something_is_one_number() -> None:
    whole, _ = shown()
    view = next(one for one in whole.jurisdictions if one.slug == "xiuzhou")
    rows = board(whole, view)[1]
    (gone,) = [one for one in rows if one.unit == GONE]
    assert gone.gone, "the case that pages told differently"
    assert gone.gaps
    wanting = sum(one.gaps > 0 for one in rows)
    assert number(r"(\d+)个单位有欠缺，", "xiuzhou/status.html") == wanting
    assert number(r"(\d+)个单位有欠缺", "xiuzhou/index.html") == wanting
    assert number(r"(\d+)个单位有欠缺", "index.html") == wanting
    for path in ("xiuzhou/units.html", "xiuzhou/units-az.html"):
        assert number(r"(\d+)个有欠缺", path) == wanting
        assert len(re.findall(r"\d项欠缺", text(path))) == wanting, "as many as are marked in the list"


def test_the_board_adds_up() -> None:
    whole, _ = shown()
    view = next(one for one in whole.jurisdictions if one.slug == "xiuzhou")
    page = "xiuzhou/status.html"
    parts = (
        number(r"(\d+)个单位有欠缺，", page),
        number(r"欠缺，(\d+)个没有欠缺", page),
        number(r"(\d+)个待核对", page),
    )
    assert parts[2] == 1, "of a unit that could not be made nothing is said"
    assert sum(parts) == len(view.units)
    for path in (page, "xiuzhou/units.html", "xiuzhou/units-az.html"):
        assert number(r"其中(\d+)个已撤销", path) == 2


def test_who_is_gone_counts_neither_for_nor_against_a_plan() -> None:
    whole, _ = shown()
    view = next(one for one in whole.jurisdictions if one.slug == "xiuzhou")
    living = sum(not one.row.gone for one in summaries_of(whole, view))
    assert living == len(view.units) - 2
    assert number(r"\d+/(\d+)个单位公开了授权分工方案", "xiuzhou/domains.html") == living
    assert number(r"已撤销的(\d+)个单位不计", "xiuzhou/domains.html") == 2
    assert number(r"\d+/(\d+)个单位写明了分管的副职", "xiuzhou/domains-finance.html") == living
    known, unknown = (
        {int(one) for one in re.findall(rf"(\d+)个{word}", text("xiuzhou/index.html"))}
        for word in ("单位已明确", "尚未明确")
    )
    assert {one + other for one in known for other in unknown} == {living}


def test_a_unit_that_is_gone_still_says_what_it_left_undone() -> None:
    page = text("xiuzhou/u/gone/index.html")
    assert "2026年9月30日撤销" in page
    assert "项有欠缺" in page


def test_the_front_calls_lateness_in_one_quarter_something_else() -> None:
    guide = re.findall(r"谁没有按期公开.*?个单位没有按期", text("index.html"))
    assert guide
    assert "个单位有欠缺" not in guide[0]
