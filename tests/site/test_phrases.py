"""Amounts and days inside sentences stay on one line; nothing that a unit wrote becomes one long stretch."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.apps import create_public_app
from portal.domain.documents import decision as d
from portal.site.pages.phrases import phrases
from tests.site.sample import at, meeting, project, record, snapshot, units
from tests.site.tree import classed, page, said, tree

LONGEST = 30  # Characters; a phone has room for some forty digits.


@pytest.mark.parametrize(
    ("sentence", "kept"),
    [
        ("付款1,234.56 万元，应在2026年11月22日前公开。", ["1,234.56 万元", "2026年11月22日"]),
        ("2026年第三季度迟 4 个工作日，占 12.5%。", ["2026年第三季度", "4 个工作日", "12.5%"]),
        ("记为-3.00元，2026-07-01更正，2026年7月付清", ["-3.00元", "2026-07-01", "2026年7月"]),
        ("没有数字的一句话。", []),
        ("", []),
    ],
)
def test_amounts_and_days_are_kept(sentence: str, kept: list[str]) -> None:
    assert [one.text for one in phrases(sentence) if one.kept] == kept


@given(st.text(alphabet="0123456789,.-年月日元万亿个工作季度第三% 甲乙<&", max_size=200))
def test_a_sentence_reads_the_same_and_no_stretch_is_long(sentence: str) -> None:
    found = phrases(sentence)
    assert "".join(one.text for one in found) == sentence
    assert all(len(one.text) <= LONGEST for one in found if one.kept)


def test_findings_keep_their_amounts_and_days_on_one_line() -> None:
    late = d.Task(task="甲", owner="林示二", due_on=date(2026, 1, 1), done_on=date(2026, 9, 1))
    held = record(
        20,
        units()["zhujian"],
        (meeting().model_copy(update={"tasks": (late,)}), at(2026, 6, 29), "首次公开"),
        slug="20",
    )
    tender = record(23, units()["zhujian"], (project(), at(2026, 9, 2), "首次公开"), slug="1")
    kept = [
        said(one)
        for shown in (page(held), page(tender))
        for part in (*classed(shown, "found", "ul"), *classed(shown, "rows", "ul"))
        for one in classed(part, "nw", "span")
    ]
    assert any(one.endswith(("日", "元", "%")) for one in kept)


def test_the_sum_of_a_board_keeps_each_number_with_what_it_counts() -> None:
    client = create_public_app(snapshot, english=True).test_client()
    lead = classed(tree(client.get("/xiuzhou/status.html").text), "lead", "p")[0]
    kept = [said(one) for one in classed(lead, "nw", "span")]
    assert kept[:3] == ["2026年11月22日", "2026年第三季度财务", "应于2026年11月3日前公开"]
    assert [one for one in kept if one.endswith("个按期")]
    assert [one for one in kept if one.endswith("个至今未公开")]
    (english,) = classed(tree(client.get("/en/xiuzhou/status.html").text), "lead", "p")
    words = " ".join("".join(english.itertext()).split())
    assert words.startswith("As of 22 November 2026. Accounts of Q3 2026 due by 3 November 2026: ")
