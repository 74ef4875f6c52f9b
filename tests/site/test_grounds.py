"""A page about many units is made again only when a field moved that it reads: what it reads is what it says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from functools import cache
from typing import Any

import pytest

from portal.apps import create_public_app
from portal.site import pages
from portal.site.cards import Card
from portal.site.freezer import SiteFreezer
from portal.site.online import OnlineReports
from portal.site.pages.english import english_url
from portal.site.pages.grounds import HANDLED, ONLINE, READS, SHELF, Moved, moved
from portal.site.pages.summary import UnitSummary, summaries_of
from portal.site.snapshot import Snapshot
from tests.site import sample

_FIELDS = frozenset(one.name for one in fields(UnitSummary))
# Read whole to find the order of the records and the years that they are filed under: that is the shelf.
_FOR_THE_SHELF = {"area_sitemap": "cards"}


@cache
def snapshot() -> Snapshot:
    """Return the sample; its first place takes reports over the network."""
    base = sample.snapshot()
    first, *others = base.jurisdictions
    return replace(
        base,
        jurisdictions=(replace(first, reports=OnlineReports("https://report.example", "", b"{}")), *others),
    )


class Watched(UnitSummary):
    """A summary that notes what is read of it."""

    seen: set[str]

    def __getattribute__(self, name: str) -> Any:
        if name in _FIELDS:
            object.__getattribute__(self, "__dict__")["seen"].add(name)
        return super().__getattribute__(name)


def watching(base: Snapshot) -> tuple[Snapshot, set[str]]:
    """Return the same snapshot anew, whose summaries note in one set what is read of them."""
    fresh, seen = replace(base), set[str]()
    for view in base.jurisdictions:
        for one in summaries_of(base, view):
            known = Watched(**{name: getattr(one, name) for name in _FIELDS})
            known.__dict__["seen"] = seen
            fresh.derived["summary", one.unit.id] = known
    seen.clear()
    return fresh, seen


def _pages() -> Iterator[pages.PageUrl]:
    base = snapshot()
    yield from pages.site_urls(base)
    found: dict[str, list[pages.PageUrl]] = {}
    for view in base.jurisdictions:
        for page in pages.area_urls(base, view):
            found.setdefault(page.endpoint, []).append(page)
    for some in found.values():
        yield from some[:4]


@pytest.mark.parametrize("page", list(_pages()), ids=lambda page: page.path)
def test_a_page_reads_what_it_says(page: pages.PageUrl) -> None:
    for one in filter(None, (page, english_url(page))):
        now, seen = watching(snapshot())
        freezer = SiteFreezer(create_public_app(lambda now=now: now))
        seen.clear()
        with freezer.running():
            assert freezer.content(one)
        assert not freezer.failures
        said = READS.get(page.endpoint, frozenset())
        assert seen - {_FOR_THE_SHELF.get(page.endpoint)} <= said, one.path


def test_every_page_about_many_units_says_what_it_reads() -> None:
    base = snapshot()
    texts = {"about", "glossary", "accessibility", "help_index", "help", "robots"}
    endpoints = {page.endpoint for page in pages.site_urls(base)} - texts
    endpoints |= {page.endpoint for view in base.jurisdictions for page in pages.area_urls(base, view)}
    assert endpoints | {"withdrawals_older"} == set(READS)
    assert {name for said in READS.values() for name in said} <= _FIELDS | {SHELF, ONLINE, HANDLED}


def test_nothing_moves_where_nothing_changed() -> None:
    base = snapshot()
    pairs = [(one, replace(one)) for view in base.jurisdictions for one in summaries_of(base, view)]
    assert moved(pairs) == Moved()
    assert not any(moved(pairs).touches(endpoint) for endpoint in READS)


def test_what_moves_is_told_field_by_field() -> None:
    base = snapshot()
    one = max(
        (one for view in base.jurisdictions for one in summaries_of(base, view)), key=lambda one: one.count
    )
    first, *rest = one.cards

    def but(**changes: Any) -> Moved:
        return moved([(one, replace(one, **changes))])

    corrected = but(cards=(first._replace(title="另一个题目"), *rest))
    assert corrected == Moved(frozenset({"cards"}), frozenset({first.id}))
    assert corrected.touches("listing")
    assert not corrected.touches("status")
    assert not corrected.reshelved()
    for other in (first._replace(year=first.year - 1), first._replace(id=9999)):
        assert but(cards=(other, *rest)).fields == {"cards", SHELF}
    assert but(cards=tuple(rest)) == Moved(frozenset({"cards", SHELF}), frozenset({first.id}))
    assert but(unit=replace(one.unit, name="改名局")).touches("report")
    for endpoint in READS:
        assert moved([(None, one)]).touches(endpoint)
    assert corrected.and_also(but(coverage=("x",))).fields == {"cards", "coverage"}


def test_the_names_of_lists_follow_from_the_shelf() -> None:
    """The site map reads whole cards, but shows only which lists there are."""
    base = snapshot()
    for view in base.jurisdictions:
        now, _ = watching(base)
        for one in summaries_of(base, view):
            now.derived["summary", one.unit.id] = replace(one, cards=tuple(map(_retold, one.cards)))
        named = [[page.path for page in pages.area_urls(each, view)] for each in (base, now)]
        assert named[0] == named[1]


def _retold(card: Card) -> Card:
    return card._replace(title="另一个题目", amount=1, doc_no="另一号", latest_at=card.first_at, index_no="x")
