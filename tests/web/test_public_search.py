"""The live search page over a real index, and its static twin."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.apps import create_public_app
from portal.domain.documents.declaration import words
from portal.search import Entry, SearchIndex
from portal.site.snapshot import Snapshot
from tests.site.sample import snapshot, unit


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder: Path = tmp_path_factory.mktemp("index") / "search_index"
    index = SearchIndex(folder)
    index.rebuild(
        Entry(
            key=str(one.id),
            url=one.path,
            title=one.title,
            kind=one.kind.code,
            kind_label=one.kind.label,
            jurisdiction=one.unit.jurisdiction,
            jurisdiction_name="秀洲区",
            unit=one.unit.slug,
            unit_name=one.unit.name,
            year=one.year,
            published_on=one.latest.published_on,
            doc_no=None,
            index_no=one.index_no,
            amounts=words(one.document)[1],
            text=words(one.document)[0],
        )
        for one in snapshot().records
        if one.document
    )
    return create_public_app(snapshot, search=index).test_client()


def test_results_are_marked_linked_and_narrowed(live: FlaskClient) -> None:
    page = live.get("/search.html?q=老旧小区").text
    assert "<mark>" in page
    assert 'href="xiuzhou/u/zhujian/tenders/1.html"' in page
    assert "kind=tender" in page
    assert re.search(r'kind=tender[^>]*>采购招标</a><span class="mut">\d+</span>', page), "with its number"
    narrowed = live.get("/search.html?q=老旧小区&kind=tender").text
    assert "取消限定：采购招标" in narrowed
    assert 'href="xiuzhou/u/zhujian/decisions/20.html"' not in narrowed


def test_nothing_found_says_so(live: FlaskClient) -> None:
    page = live.get("/search.html?q=不存在的东西甲乙丙").text
    assert "没有找到" in page


@pytest.mark.parametrize(
    "query",
    [
        "?q=<script>alert(1)</script>",
        "?q=a&page=-1",
        "?q=a&page=99999999999",
        "?year=abc&q=x",
        "?q=" + "长" * 5000,
        "?kind=<b>&q=a",
        "?q=%00%ff",
        "?unit=../..&q=a",
        "?q=a&year=²",
    ],
)
def test_odd_questions_are_answered(live: FlaskClient, query: str) -> None:
    answer = live.get(f"/search.html{query}")
    assert answer.status_code == 200
    assert answer.text.count("<script") == answer.text.count('<script src="static/display.js">') == 1
    assert "<b>&" not in answer.text


def test_without_a_question_the_lists_are_offered(live: FlaskClient) -> None:
    page = live.get("/search.html").text
    assert 'href="sitemap.html">网站地图' in page
    assert "这份副本没有搜索" not in page


def test_a_static_copy_says_that_it_has_no_search() -> None:
    page = create_public_app(snapshot).test_client().get("/search.html").text
    assert "这份副本没有搜索" in page
    assert "xiuzhou/finance-2026.html" in page


def test_a_static_copy_may_send_questions_to_the_live_site() -> None:
    app = create_public_app(
        snapshot, search_url="https://portal.example.org/search.html", base_url="https://e.org/"
    )
    answer = app.test_client().get("/xiuzhou/index.html")
    assert 'action="https://portal.example.org/search.html"' in answer.text
    assert "form-action 'self' https://portal.example.org" in answer.headers["Content-Security-Policy"]
    assert '<link rel="canonical" href="https://e.org/xiuzhou/index.html">' in answer.text
    assert "https://e.org/xiuzhou/index.html" in app.test_client().get("/xiuzhou/sitemap.xml").text
    assert "Sitemap: https://e.org/sitemap.xml" in app.test_client().get("/robots.txt").text


# Units of two jurisdictions may share an address.


@dataclass(frozen=True)
class Found:
    """An answer with given facets."""

    facets: dict[str, list[tuple[str | int, str, int]]]
    total: int = 9
    page: int = 1
    pages: int = 1
    hits: tuple[object, ...] = ()
    notice: str | None = None


class Asked:
    """A search that remembers what it was asked."""

    def __init__(self, *found: tuple[str | int, str, int], areas: tuple[tuple[str, int], ...] = ()) -> None:
        places: list[tuple[str | int, str, int]] = [(slug, slug, count) for slug, count in areas]
        self.answer = Found({"unit": list(found), "jurisdiction": places})
        self.questions: list[dict[str, object]] = []

    def search(self, _: str, **given: object) -> Found:
        self.questions.append(given)
        return self.answer


def two_areas() -> Snapshot:
    """Return the sample with a second jurisdiction, one of whose units has the address of one of the first."""
    base = snapshot()
    other = (
        unit(71, "caizheng", "示例县财政局", area="jinhu"),
        unit(72, "nongye", "示例县农业局", area="jinhu"),
    )
    return replace(
        base,
        jurisdictions=tuple(
            replace(one, units=other) if one.slug == "jinhu" else one for one in base.jurisdictions
        ),
    )


def ask(search: Asked, query: str) -> str:
    page = create_public_app(two_areas, search=search).test_client().get(f"/search.html?q=x{query}").text
    return unescape(page[page.index("<aside") : page.index("</aside>")] if "<aside" in page else page)


def test_jurisdictions_come_first_by_their_own_names() -> None:
    found = (("zhujian", "示例区住房和城乡建设局", 5), ("nongye", "示例县农业局", 4))
    aside = ask(Asked(*found, areas=(("xiuzhou", 5), ("jinhu", 4))), "")
    assert re.search(r'search\.html\?q=x&jurisdiction=jinhu">金湖县</a><span class="mut">4</span>', aside)
    assert "unit=" not in aside


def test_units_may_share_addresses_so_they_are_offered_within_one_jurisdiction() -> None:
    found = (("caizheng", "示例区财政局", 5), ("zhujian", "示例区住房和城乡建设局", 4))
    chosen = ask(Asked(*found, areas=(("xiuzhou", 9), ("jinhu", 2))), "&jurisdiction=xiuzhou")
    assert "jurisdiction=xiuzhou&unit=caizheng" in chosen
    only = ask(Asked(*found, areas=(("xiuzhou", 9),)), "")
    assert "jurisdiction=xiuzhou&unit=caizheng" in only


def test_a_unit_without_its_jurisdiction_is_placed_or_dropped() -> None:
    search = Asked()
    ask(search, "&unit=nongye")
    ask(search, "&unit=caizheng")
    ask(search, "&unit=caizheng&jurisdiction=jinhu")
    asked = [(one["jurisdiction"], one["unit"]) for one in search.questions]
    assert asked == [("jinhu", "nongye"), (None, None), ("jinhu", "caizheng")]


def test_letting_go_of_the_jurisdiction_lets_go_of_its_unit() -> None:
    client = create_public_app(two_areas, search=Asked()).test_client()
    page = unescape(client.get("/search.html?q=x&unit=caizheng&jurisdiction=jinhu&kind=finance").text)
    assert (
        'href="search.html?q=x&kind=finance" class="mark pill m-none" aria-label="取消限定：金湖县"' in page
    )
    assert "取消限定：示例县财政局" in page


class Broken:
    """A search that fails, as one with a damaged index does."""

    def search(self, *_: object, **__: object) -> None:
        raise RuntimeError("damaged")


def test_a_broken_index_leaves_a_helpful_page() -> None:
    answer = create_public_app(snapshot, search=Broken()).test_client().get("/search.html?q=财务")
    assert answer.status_code == 200
    assert "搜索暂时不能用" in answer.text
    assert "sitemap.html" in answer.text
