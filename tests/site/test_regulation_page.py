"""The page of a regulation: its table of contents, whether it binds, what it replaced, and how to cite it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.domain.documents import regulation as r
from portal.domain.documents.base import Validity
from portal.site.snapshot import RecordView
from tests.site.sample import at, record, rule_text, units
from tests.site.tree import classed, facts, headed, links, page, said

HOUSING = units()["zhujian"]
FIRST = "首次公开"


def text(**more: Any) -> r.Regulation:
    return rule_text().model_copy(update={"incomplete": False, "provenance": None} | more)


def issued(document: r.Regulation, *, number: int = 24) -> RecordView:
    return record(number, HOUSING, (document, at(2025, 4, 3), FIRST), slug=str(number))


def heading(level: int, number: str, name: str) -> r.Block:
    return r.Block(type=r.BlockType.HEADING, level=level, number=number, text=name)


# The table of contents.


@pytest.mark.parametrize("times", [1, 20])
def test_every_entry_leads_to_its_own_heading(times: int) -> None:
    whole = page(issued(text(blocks=rule_text().blocks * times)))
    entries = list(classed(whole, "toc", "ol")[0].iter("a"))
    anchors = [one.get("href", "").removeprefix("#") for one in entries]
    ids = [one.get("id") for one in whole.iter() if one.get("id")]
    assert len(set(anchors)) == len(anchors) >= 5
    assert len(set(ids)) == len(ids)
    heads = {one.get("id"): said(one) for one in whole.iter() if one.tag in ("h2", "h3", "h4")}
    assert [heads[anchor] for anchor in anchors] == [said(one) for one in entries]


def test_sections_are_listed_below_their_chapters_until_the_list_grows_long() -> None:
    short = classed(page(issued(text())), "toc", "ol")[0]
    assert next(said(one) for one in classed(short, "d2", "li")) == "（一）总体要求的范围"
    blocks = tuple(
        heading(level, number, name)
        for chapter in ("总则", "权限", "附则")
        for level, number, name in [
            (1, "第一章", chapter),
            *((2, "第一节", f"{chapter}{n}") for n in range(9)),
        ]
    )
    long = classed(page(issued(text(blocks=blocks))), "toc", "ol")[0]
    assert [said(one) for one in long.iter("li")] == ["第一章总则", "第一章权限", "第一章附则"]


def test_a_text_of_a_few_paragraphs_has_no_table_of_contents() -> None:
    whole = page(issued(text(blocks=(r.Block(text="一段话。"), r.Block(text="又一段话。")))))
    assert not classed(whole, "toc")
    assert "回到目次" not in said(whole)


def test_the_signature_keeps_its_lines() -> None:
    blocks = (r.Block(type=r.BlockType.SIGNATURE, text="示例区住房和城乡建设局\n2025年4月1日"),)
    sign = classed(page(issued(text(blocks=blocks))), "sign")[0]
    assert len(list(sign.iter("br"))) == 1


# Whether it binds.


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({}, "现行有效"),
        ({"effective_from": date(2026, 11, 23)}, "尚未施行"),
        ({"effective_from": date(2026, 11, 22)}, "现行有效"),
        ({"effective_to": date(2026, 11, 21)}, "已失效"),
        ({"effective_to": date(2026, 11, 22)}, "现行有效"),
        ({"validity": Validity.ABOLISHED}, "废止"),
    ],
)
def test_the_head_says_whether_the_text_binds(more: dict[str, Any], word: str) -> None:
    whole = page(issued(text(**more)))
    assert word in said(classed(whole, "sub")[0])
    assert ("现行有效" in said(classed(whole, "sub")[0])) == (word == "现行有效")
    notes = [said(one) for one in classed(whole, "note") if one.get("id") == "standing"]
    assert bool(notes) == (word != "现行有效")


def newer(**more: Any) -> r.Regulation:
    given = {
        "title": "示例区住房和城乡建设局议事规则",
        "doc_no": "示住建〔2026〕2号",
        "effective_from": date(2026, 3, 1),
    }
    return text(**(given | more))


@pytest.mark.parametrize(
    "said_so",
    [
        "示住建〔2025〕8号",
        "《示例区住房和城乡建设局末位表态工作制度》等",
        "示例区住房和城乡建设局末位表态工作制度",
    ],
)
def test_a_text_and_what_replaced_it_lead_to_each_other(said_so: str) -> None:
    old, new = issued(text()), issued(newer(supersedes=said_so), number=25)
    whole = page(old, new)
    assert "已被代替" in said(classed(whole, "sub")[0])
    note = next(one for one in classed(whole, "note") if one.get("id") == "standing")
    assert links(note) == {"示例区住房和城乡建设局议事规则": new.path}
    assert "2026年3月1日起施行" in said(note)
    over = page(new, old)
    assert links(headed(over, "文件情况")) == {"示例区住房和城乡建设局末位表态工作制度": old.path}
    assert "现行有效" in said(classed(over, "sub")[0])


def test_one_that_is_to_replace_it_does_not_yet() -> None:
    coming = issued(newer(supersedes="示住建〔2025〕8号", effective_from=date(2027, 1, 1)), number=25)
    whole = page(issued(text()), coming)
    assert "现行有效" in said(classed(whole, "sub")[0])
    note = next(one for one in classed(whole, "note") if one.get("id") == "standing")
    assert "2027年1月1日起施行" in said(note)


@pytest.mark.parametrize(
    "said_so",
    [
        "示住建〔2025〕18号",
        "其他与末位表态工作制度不一致的规定",
        "示例区住房和城乡建设局末位表态工作制度实施细则",
        None,
    ],
)
def test_what_is_not_named_is_not_replaced(said_so: str | None) -> None:
    whole = page(issued(text()), issued(newer(supersedes=said_so), number=25))
    assert "现行有效" in said(classed(whole, "sub")[0])


# How to cite it.


def test_the_citation_has_all_that_finds_the_text_again() -> None:
    right = text(blocks=(r.Block(text="改正后的一段。"),))
    one = record(
        24, HOUSING, (text(), at(2025, 4, 3), FIRST), (right, at(2025, 5, 6), "更正错字。"), slug="24"
    )
    for number, day in ((None, "2025年5月6日"), (1, "2025年4月3日")):
        section = headed(page(one, number=number), "怎样引用")
        path = f"xiuzhou/u/zhujian/regulations/24-v{number or 2}.html"
        assert said(classed(section, "cite")[0]) == (
            "示例区住房和城乡建设局：《示例区住房和城乡建设局末位表态工作制度》（示住建〔2025〕8号），"
            f"2025年4月1日印发，索引号{one.index_no}，第{number or 2}版（{day}公开），{path}"
        )
        assert links(section) == {path: path}


def test_a_citation_of_a_bare_text_names_the_unit_and_nests_the_marks() -> None:
    bare = text(
        title="关于修改《议事规则》的决定",
        doc_no=None,
        issued_on=None,
        issuer=None,
        co_issuers="示例区财政局",
    )
    cited = said(classed(headed(page(issued(bare)), "怎样引用"), "cite")[0])
    assert cited.startswith("示例区住房和城乡建设局、示例区财政局：《关于修改〈议事规则〉的决定》，索引号")


def test_what_it_replaces_is_told_even_where_the_old_text_is_not_public() -> None:
    known = dict(facts(headed(page(issued(newer(supersedes="示住建〔2019〕1号"))), "文件情况")))
    assert known["废止的文件"] == "示住建〔2019〕1号"
