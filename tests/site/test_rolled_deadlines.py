"""A deadline that moved on from a day off says so beside it, wherever the deadline is shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from portal.apps import create_public_app
from portal.domain.calendar import Due, Span
from portal.domain.obligations import DUTIES, Cell, Status
from portal.site.pages.standings import Quarter, mark_of, rolled_on
from portal.site.snapshot import JurisdictionView, Snapshot
from tests.site.sample import at, quarter, record, snapshot, units
from tests.site.tree import said, tree

# The third quarter ends on 30 September; 25 days later is Sunday 25 October.
SAID = "期满日2026年10月25日为休息日，顺延至2026年10月26日"


def due_in(within: str, *, published: int) -> Snapshot:
    """Return the sample where finances are due within so long, and one unit published in October."""
    base = snapshot()

    def ruled(one: JurisdictionView) -> JurisdictionView:
        if one.slug != "xiuzhou":
            return one
        terms = {
            code: tuple(
                each.model_copy(update={"within": Span(int(within[:-1]), "day")})
                if getattr(each, "within", None)
                else each
                for each in listed
            )
            for code, listed in one.regime.rules.items()
            if code == FINANCE
        }
        return replace(one, regime=one.regime.model_copy(update={"rules": {**one.regime.rules, **terms}}))

    one = record(31, units()["caizheng"], (quarter("2026Q3"), at(2026, 10, published), "首次公开"))
    return replace(base, records=(one,), jurisdictions=tuple(ruled(each) for each in base.jurisdictions))


FINANCE = next(one.rule for one in DUTIES if one.code == "finance")


@pytest.mark.parametrize(
    ("published", "told"),
    [(23, False), (25, False), (26, True), (28, True)],
)
def test_a_unit_that_used_or_missed_the_days_won_is_told_of_them(published: int, told: bool) -> None:
    now = due_in("25日", published=published)
    page = create_public_app(lambda: now).test_client().get("/xiuzhou/u/caizheng/index.html").text
    assert (SAID in said(tree(page))) == told
    missing = create_public_app(lambda: now).test_client().get("/xiuzhou/u/zhujian/index.html").text
    assert SAID in said(tree(missing)), "a deadline that is past and was not kept"


@pytest.mark.parametrize("path", ["xiuzhou/index.html", "xiuzhou/status.html"])
def test_the_newest_deadline_of_a_county_says_that_it_moved_on(path: str) -> None:
    moved, plain = due_in("25日", published=23), due_in("23日", published=23)
    assert SAID in said(tree(create_public_app(lambda: moved).test_client().get(f"/{path}").text))
    assert "休息日" not in said(tree(create_public_app(lambda: plain).test_client().get(f"/{path}").text))


def test_what_is_not_owed_has_no_deadline_to_explain() -> None:
    due = Due(date(2026, 10, 26), provisional=False, ended=date(2026, 10, 25))
    duty = DUTIES[0]
    assert SAID in mark_of(Cell(duty, "", Status.MISSING, due=due), {}).note
    assert SAID not in mark_of(Cell(duty, "", Status.EXEMPT, due=due), {}).note
    assert rolled_on(Due(date(2026, 10, 26), provisional=False)) == ""
    assert Quarter("2026Q3", None).rolled == ""


def test_the_english_edition_says_it_in_english() -> None:
    now = due_in("25日", published=23)
    text = create_public_app(lambda: now, english=True).test_client().get("/en/xiuzhou/index.html").text
    assert "the period ended on 25 October 2026, a day off, so until 26 October 2026" in text
