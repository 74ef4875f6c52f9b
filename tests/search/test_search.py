"""What a visitor types, and what is found, in which order, with which counts and marks."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.search import Entry, SearchIndex
from portal.search.query import MAX_LITERALS, literals_of, parse

Maker = Callable[..., Entry]
Found = Callable[..., list[str]]

SPENDING = (
    "第三季度三公经费支出 12,136,800.00 元。根据嘉委办〔2011〕20号文件，陈示一同志负责水利工程的预算公开。"
)


@pytest.fixture
def filled(index: SearchIndex, entry: Maker) -> SearchIndex:
    index.apply(
        [
            entry("spending", title="2026年第三季度公用经费支出", text=SPENDING),
            entry("notice", title="关于采购公告的通知", doc_no="示财发(2026)第007号", text="采购会议用品。"),
            entry(
                "sum",
                title="工程结算",
                amounts=(1213680000,),
                text="详见附件。",
                unit="shuili",
                unit_name="示例县水务办",
            ),
        ]
    )
    return index


@pytest.mark.parametrize(
    "query",
    [
        "三公经费",
        "水",
        "水利",
        "陈示一",
        "嘉委办",
        "嘉委办〔2011〕20号",
        "嘉委办[2011]20号",
        "嘉委办(2011)20号",
        "嘉委办（２０１１）２０号",
        "嘉委辦【2011】第20號",
        "預算公開",
        "预算 公开 水利",
        "“支出 12136800”",
        '"根据嘉委办"',
        "「水利工程」",
        "“公用经费”",
        "2026年第三季度公用经费支出",
        "001008003/2026-spending",
    ],
)
def test_the_record_is_found(filled: SearchIndex, found: Found, query: str) -> None:
    assert "spending" in found(query)
    assert filled.search(query).notice is None


@pytest.mark.parametrize(
    "query",
    [
        "12,136,800.00 元",
        "12,136,800.00元",
        "1213.68万元",
        "1213.68万",
        "12136800",
        "１２１３６８００",
        "0.121368亿",
    ],
)
def test_an_amount_is_found_in_texts_and_in_fields(filled: SearchIndex, found: Found, query: str) -> None:
    assert set(found(query)) == {"spending", "sum"}


@pytest.mark.parametrize(
    "query", ["示财发〔2026〕7号", "示财发[2026]07号", "财发〔2026〕7号", "示财发", "示财发 2026"]
)
def test_a_document_number_in_its_own_field_is_found_whole_and_in_part(
    filled: SearchIndex, found: Found, query: str
) -> None:
    assert found(query) == ["notice"]


@pytest.mark.parametrize(
    "query", ["示财发〔2026〕70号", "“经费三公”", "“三公经费预算”", "12136801元", "“12136800.01”"]
)
def test_what_only_looks_alike_is_not_a_full_match(filled: SearchIndex, query: str) -> None:
    answer = filled.search(query)
    assert answer.total == 0 or (answer.notice and "部分词语" in answer.notice)


def test_a_unit_name_is_found(filled: SearchIndex, found: Found) -> None:
    assert found("示例县水务办") == ["sum"]
    assert set(found("财政局")) == {"spending", "notice"}


def test_a_word_with_a_minus_leaves_out(filled: SearchIndex, found: Found) -> None:
    assert set(found("示例县")) == {"spending", "notice", "sum"}
    assert set(found("示例县 -采购")) == {"spending", "sum"}
    assert set(found("示例县 -“水利工程” -采购公告")) == {"sum"}
    assert set(found("示例县 －陈示一")) == {"notice", "sum"}


def test_a_minus_inside_a_word_is_no_operator(filled: SearchIndex, found: Found) -> None:
    assert found("2026-spending") == ["spending"]


def test_when_nothing_has_all_words_some_will_do_and_the_reader_is_told(filled: SearchIndex) -> None:
    answer = filled.search("采购 三公经费 飞船")
    assert {hit.key for hit in answer.hits} == {"notice", "spending"}
    assert answer.notice == "没有找到同时含有全部词语的内容，以下是含有其中部分词语的结果。"
    kept = filled.search("采购 三公经费 飞船 -通知")
    assert [hit.key for hit in kept.hits] == ["spending"]


def test_a_long_known_word_is_found_inside_a_longer_one(
    index: SearchIndex, entry: Maker, found: Found
) -> None:
    index.apply([entry("law", text="中华人民共和国政府采购法")])
    assert found("中华人民共和国") == found("政府采购") == found("采购法") == ["law"]


def test_words_cut_otherwise_in_the_text_are_still_found(
    index: SearchIndex, entry: Maker, found: Found
) -> None:
    index.apply([entry("odd", text="结合成分子研究生命起源")])
    assert found("合成") == found("生命") == ["odd"]


def test_title_counts_more_than_unit_and_unit_more_than_text(
    index: SearchIndex, entry: Maker, found: Found
) -> None:
    index.apply(
        [
            entry("c-title", title="审计结果", text="无。"),
            entry("b-unit", title="其他事项", unit_name="示例县审计局", text="无。"),
            entry("a-text", title="其他事项", text="接受审计。"),
            *(entry(f"z{n}", title="无关", text="无关。") for n in range(10)),
        ]
    )
    assert found("审计") == ["c-title", "b-unit", "a-text"]


def test_equals_come_newest_first_then_by_key(index: SearchIndex, entry: Maker, found: Found) -> None:
    same = {"title": "会议纪要", "index_no": "无"}
    index.apply(
        [
            entry("b", published_on=date(2026, 1, 1), **same),
            entry("c", published_on=date(2026, 2, 1), **same),
            entry("a", published_on=date(2026, 1, 1), **same),
        ]
    )
    assert found("会议纪要") == ["c", "a", "b"]


@pytest.fixture
def many(index: SearchIndex, entry: Maker) -> SearchIndex:
    index.rebuild(
        entry(
            f"{n:02}",
            title=f"公告{n}",
            unit=("caizheng", "minzheng", "shuili")[n % 3],
            unit_name=("示例财政局", "示例民政局", "示例水利局")[n % 3],
            kind=("finance", "tender")[n % 2],
            kind_label=("财务公开", "招标投标")[n % 2],
            year=(2024, 2025, None)[n % 4 % 3],
            jurisdiction=("shili", "beishi")[n // 12],
        )
        for n in range(24)
    )
    return index


def test_filters_narrow_and_each_facet_counts_under_the_others(many: SearchIndex) -> None:
    whole = many.search("公告")
    assert whole.total == 24
    assert sum(facet.records for facet in whole.facets["jurisdiction"]) == whole.total
    assert whole.facets["kind"] == (("finance", "财务公开", 12), ("tender", "招标投标", 12))
    assert whole.facets["unit"] == (
        ("caizheng", "示例财政局", 8),
        ("minzheng", "示例民政局", 8),
        ("shuili", "示例水利局", 8),
    )
    assert whole.facets["year"] == ((2025, "2025年", 6), (2024, "2024年", 12))

    narrowed = many.search("公告", unit="shuili", kind="tender")
    assert narrowed.total == 4
    assert narrowed.facets["kind"] == (("finance", "财务公开", 4), ("tender", "招标投标", 4))
    assert [facet.records for facet in narrowed.facets["unit"]] == [4, 4, 4]
    assert sum(facet.records for facet in narrowed.facets["year"]) <= 4
    assert many.search("公告", jurisdiction="beishi").total == 12
    assert many.search("公告", year=2025).total == 6
    assert {hit.year for hit in many.search("公告", year=2025).hits} == {2025}


def test_filters_that_hide_everything_say_so(many: SearchIndex) -> None:
    answer = many.search("公告", unit="nobody")
    assert (answer.total, answer.hits) == (0, ())
    assert answer.notice == "在当前筛选条件下没有结果；去掉筛选条件，共有 24 条。"


def test_pages_hold_every_hit_once_and_stay_in_range(many: SearchIndex) -> None:
    seen = [hit.key for page in (1, 2, 3) for hit in many.search("公告", page=page, per_page=9).hits]
    assert len(seen) == len(set(seen)) == 24
    last = many.search("公告", page=99, per_page=9)
    assert (last.page, last.pages, len(last.hits)) == (3, 3, 6)
    assert many.search("公告", page=-1, per_page=0).page == 1


def test_a_hit_carries_what_a_list_shows(filled: SearchIndex) -> None:
    (hit,) = filled.search("三公经费").hits
    assert (hit.url, hit.unit, hit.unit_name) == (
        "shili/u/caizheng/finance/spending.html",
        "caizheng",
        "示例县财政局",
    )
    assert (hit.kind_label, hit.jurisdiction_name, hit.year) == ("财务公开", "示例县", 2026)
    assert hit.date == date(2026, 3, 1)


def test_marks_stand_around_matches_and_everything_else_is_escaped(index: SearchIndex, entry: Maker) -> None:
    index.apply(
        [
            entry(
                "x",
                title='<b>預算</b>&"公开"',
                text="<script>alert(1)</script> 预算 & 決算 １２，０００.00元",
            )
        ]
    )
    (hit,) = index.search("预算 12000元").hits
    assert hit.title_html == "&lt;b&gt;<mark>預算</mark>&lt;/b&gt;&amp;&quot;公开&quot;"
    assert hit.snippet_html == (
        "&lt;script&gt;alert(1)&lt;/script&gt; <mark>预算</mark> &amp; 決算 <mark>１２，０００.00元</mark>"
    )
    assert hit.snippet_html.__html__() == hit.snippet_html


def test_the_snippet_is_about_ninety_characters_around_the_best_match(
    index: SearchIndex, entry: Maker
) -> None:
    text = "审计。" + "其他内容。" * 100 + "接受审计监督的水利工程。" + "后面内容。" * 100
    index.apply([entry("x", title="标题", text=text)])
    snippet = index.search("审计 水利工程").hits[0].snippet_html
    assert "<mark>水利工程</mark>" in snippet
    assert "<mark>审计</mark>" in snippet
    assert snippet.startswith("…")
    assert snippet.endswith("…")
    assert 80 <= len(re.sub("<[^>]+>", "", snippet)) <= 100


def test_without_a_match_in_the_text_the_snippet_is_its_beginning(index: SearchIndex, entry: Maker) -> None:
    index.apply([entry("x", title="标题", text="开头的话，" * 40)])
    snippet = index.search("标题").hits[0].snippet_html
    assert snippet.startswith("开头的话，")
    assert snippet.endswith("…")


AWKWARD = [
    "",
    " ",
    "\x00\x01\x1f",
    "!!!……",
    "*",
    "预算*",
    "?",
    "[]{}()",
    "((((((",
    "AND OR NOT",
    "title:预算",
    "预算~2^3",
    "“",
    "“”",
    '"',
    '""""',
    "-",
    "- -",
    "--预算",
    "-“",
    "\ud800预算",
    "预" * 10_000,
    "a" * 10_000,
    "1" * 10_000,
    "预算 " * 2_000,
    "(" * 10_000,
    '"' * 10_000,
    "-水 " * 2_500,
    "\U0010ffff\U00020000",
    "²³¼½①㊗",
    "1213.68万元1213.68万元",
    "〔2011〕20号",
]


@pytest.mark.parametrize("query", AWKWARD, ids=range(len(AWKWARD)))
def test_awkward_queries_are_answered_calmly(filled: SearchIndex, query: str) -> None:
    answer = filled.search(query)
    assert answer.query == query
    assert answer.total or answer.notice


def test_a_query_without_anything_searchable_says_so(filled: SearchIndex) -> None:
    assert "没有可供检索的文字" in (filled.search("！？…").notice or "")
    assert "只写了要排除的词" in (filled.search("-水利").notice or "")
    assert "检索内容过长" in (filled.search("采购 " * 400).notice or "")
    assert "没有找到" in (filled.search("飞船").notice or "")


def test_a_query_of_many_phrases_has_few_to_verify(filled: SearchIndex, found: Found) -> None:
    query = "".join(f"“水{character}”" for character in "利工程的预算公开示例县财政局关于采购")
    plan = parse(query)
    asked = literals_of(plan.strict + plan.literal + plan.loose + plan.excluded)
    assert 0 < len(asked) <= MAX_LITERALS
    assert "spending" in found(query)


def test_wildcards_are_plain_characters(filled: SearchIndex, found: Found) -> None:
    assert found("采*购") == found("采 购")


@pytest.fixture(scope="module")
def lasting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SearchIndex]:
    made = SearchIndex(tmp_path_factory.mktemp("lasting"))
    yield made
    made.close()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=80), st.text(alphabet=string.punctuation + " 水预算“”-", max_size=30))
def test_no_text_makes_a_search_fail(
    lasting: SearchIndex, entry: Maker, anything: str, operators: str
) -> None:
    if not lasting.count():
        lasting.apply([entry("k", title="水预算", text="水 预算 a1")])
    for query in (anything, operators, anything + operators):
        assert lasting.search(query).query == query


TITLES = st.lists(
    st.text(
        alphabet=st.one_of(
            st.sampled_from(
                "关于示例县预算公开财政局水利采购的通知第三季度年〔〕“”\"'- -（）()０1239 aQ,，.元万号"
            ),
            st.characters(exclude_categories=("Cs",)),
        ),
        min_size=1,
        max_size=40,
    ),
    min_size=1,
    max_size=12,
    unique=True,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TITLES)
def test_every_title_is_found_by_itself(lasting: SearchIndex, entry: Maker, titles: list[str]) -> None:
    lasting.rebuild(entry(str(n), title=title) for n, title in enumerate(titles))
    for n, title in enumerate(titles):
        if not any(character.isalnum() for character in unicodedata.normalize("NFKD", title)):
            continue  # Signs alone are nothing to search for.
        same = [hit.key for hit in lasting.search(title, per_page=20).hits]
        assert str(n) in same, title


def test_nothing_outside_this_room_imports_the_engine() -> None:
    portal = Path(__file__).resolve().parents[2] / "portal"
    importing = re.compile(r"^\s*(?:import|from)\s+whoosh", re.MULTILINE)
    using = {
        path.relative_to(portal).as_posix()
        for path in portal.rglob("*.py")
        if importing.search(path.read_text("utf-8"))
    }
    assert using == {"search/engine.py"}
