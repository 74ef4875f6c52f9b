"""Text to terms: the same terms however the text is written, and every term knows its place."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.search import analysis

WRITTEN = st.text(
    alphabet=st.one_of(
        st.sampled_from(
            "预算公開水利局嘉委办財政第号年月元万亿〔〕[]()（）,，. .0123456789２Qq㎡①é\u0301\u200b\n\t-“"
        ),
        st.characters(),
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("預算公開", "预算公开"),
        ("２０２６年Ｑ３", "2026年q3"),
        ("12,136,800.00", "12136800.00"),
        ("１２，１３６，８００", "12136800"),
        ("Café", "cafe"),
        ("Cafe\u0301", "café"),
        ("示\u200b例", "示例"),
        ("ＰＰＰ项目㈱", "ppp项目(株)"),
    ],
)
def test_ways_of_writing_fold_into_one(one: str, other: str) -> None:
    assert analysis.normal(one) == analysis.normal(other)


@pytest.mark.parametrize(
    "written",
    [
        "嘉委办〔2011〕20号",
        "嘉委办[2011]20号",
        "嘉委办(2011)20号",
        "嘉委办（２０１１）第020号",
        "嘉委办【2011】 20 号",
        "嘉委辦﹝2011﹞20號",
    ],
)
def test_a_document_number_is_one_term_in_any_brackets(written: str) -> None:
    terms = analysis.terms(f"根据{written}文件")
    assert terms["#嘉委办|2011|20"] == 1
    assert terms["嘉委办"] == 1


@pytest.mark.parametrize(
    "written",
    [
        "12,136,800.00 元",
        "12136800元",
        "1213.68万元",
        "1213.68 万",
        "12136800",
        "12136800.00",
        "０.1213680亿元",
        "１２，１３６，８００",
    ],
)
def test_an_amount_is_its_fen(written: str) -> None:
    assert "¥1213680000" in analysis.terms(f"支出{written}，")


@pytest.mark.parametrize("written", ["2026年", "第12条", "1.2.3", "0.001元", "a12345", "123456789012345678"])
def test_what_is_no_amount_gives_none(written: str) -> None:
    assert not [term for term in analysis.terms(written) if term[0] == "¥"]


def test_single_characters_and_words_are_terms() -> None:
    terms = analysis.terms("示例县水利局")
    assert {"水", "局", "水利局"} <= terms.keys()


def test_places_lead_back_to_the_original_text() -> None:
    text = "面积５㎡，支出１２，１３６，８００元，據嘉委辦〔2011〕20號"
    shown = {token.text: text[token.start : token.end] for token in analysis.tokens(text)}
    assert shown["支出"] == "支出"
    assert shown["m"] == shown["2"] == "㎡"
    assert shown["12136800"] == "１２，１３６，８００"
    assert shown["¥1213680000"] == "１２，１３６，８００元"
    assert shown["#嘉委办|2011|20"] == "嘉委辦〔2011〕20號"
    assert shown["嘉委办"] == "嘉委辦"


def test_positions_count_primitives() -> None:
    positions = {token.text: token.position for token in analysis.tokens("预算 2026，budget 水")}
    assert (positions["预"], positions["预算"], positions["2026"]) == (0, 0, 2)
    assert (positions["budget"], positions["水"]) == (3, 4)


@settings(max_examples=200, deadline=None)
@given(WRITTEN)
def test_terms_and_tokens_are_the_same_and_lie_inside_the_text(text: str) -> None:
    tokens = analysis.tokens(text)
    assert Counter(token.text for token in tokens) == analysis.terms(text)
    assert all(0 <= token.start < token.end <= len(text) for token in tokens)
    assert analysis.normal_with_places(text).text == analysis.normal(text)


@settings(max_examples=200, deadline=None)
@given(WRITTEN)
def test_folding_a_folded_text_changes_nothing_more_in_its_terms(text: str) -> None:
    once = analysis.primitives(analysis.normal(text))
    assert analysis.primitives(analysis.normal(" ".join(once))) == once


def test_a_literal_matches_whole_numbers_and_across_a_bracket() -> None:
    pattern = analysis.literal_pattern(("嘉", "2011", "20"))
    assert pattern.search("嘉〔2011〕20号")
    assert not pattern.search("嘉〔2011〕201号")
    assert not pattern.search("嘉据〔2011〕20号")


def test_the_signature_names_what_the_terms_depend_on() -> None:
    assert "rjieba" in analysis.signature()
    assert "opencc" in analysis.signature()
