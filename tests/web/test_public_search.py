"""The live search page over a real index, and its static twin."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from portal.apps import create_public_app
from portal.domain.documents.declaration import words
from portal.search import Entry, SearchIndex
from tests.site.sample import snapshot


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
    assert "<script" not in answer.text
    assert "<b>&" not in answer.text


def test_without_a_question_the_lists_are_offered(live: FlaskClient) -> None:
    page = live.get("/search.html").text
    assert "xiuzhou/finance.html" in page
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
    assert "https://e.org/xiuzhou/index.html" in app.test_client().get("/sitemap.xml").text
    assert "Sitemap: https://e.org/sitemap.xml" in app.test_client().get("/robots.txt").text


class Broken:
    """A search that fails, as one with a damaged index does."""

    def search(self, *_: object, **__: object) -> None:
        raise RuntimeError("damaged")


def test_a_broken_index_leaves_a_helpful_page() -> None:
    answer = create_public_app(snapshot, search=Broken()).test_client().get("/search.html?q=财务")
    assert answer.status_code == 200
    assert "搜索暂时不能用" in answer.text
    assert "xiuzhou/finance.html" in answer.text
