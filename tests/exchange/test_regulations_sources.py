"""The five real texts, read in place: what the web did to them is undone, and nothing is lost unseen."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from portal.domain.documents.regulation import BlockType
from portal.exchange.regulations import RegulationReading, read_regulation

SOURCES = Path(__file__).resolve().parents[2] / ".." / "shared" / "seeds"
NUMBERS = ("000", "001", "002", "003", "004")

pytestmark = pytest.mark.skipif(
    not SOURCES.is_dir(),
    reason=f"THE REAL TEXTS ARE ABSENT: {SOURCES} is no folder, so the reader was not tried on any real text.",
)

DEBRIS = (
    "您现在的位置", "首页", "文章中心", "浏览次数", "发布时间", "收藏", "上传人", "文档编号", ".docx", "资源描述",
    "下载", "亲,", "亲，", "展开阅读全文", "猜你喜欢", "相关资源", "版权所有", "ICP", "copyright", "Produced",
    "大汉", "关键词", "左岸", "viewhtm", "作者系", "责任编辑", "|",
)  # fmt: skip


def source(number: str) -> Path:
    return next(SOURCES.glob(f"{number}_*.txt"))


@cache
def reading(number: str) -> RegulationReading:
    path = source(number)
    return read_regulation(path.read_bytes(), path.name)


@cache
def to_simplified() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")


def letters(text: str) -> str:
    """The text without blanks and punctuation, in simplified characters."""
    return "".join(to_simplified().convert(one) for one in text if one.isalnum())


def block_text(result: RegulationReading) -> str:
    return "\n".join((one.number or "") + one.text for one in result.document.blocks)


def headings(result: RegulationReading, level: int) -> list[tuple[str | None, str]]:
    blocks = result.document.blocks
    return [(one.number, one.text) for one in blocks if one.type is BlockType.HEADING and one.level == level]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_character_of_the_file_is_in_a_block_or_among_the_removals(number: str) -> None:
    result = reading(number)
    whole = Counter(letters(source(number).read_text("utf-8-sig")))
    accounted = Counter(letters(block_text(result))) + Counter(
        letters("".join(one.text for one in result.removed))
    )
    titled = accounted + Counter(letters(result.document.title))

    assert not accounted - whole, "nothing is invented"
    assert not whole - titled, "nothing is lost"


@pytest.mark.parametrize("number", NUMBERS)
def test_the_blocks_keep_the_order_of_the_source(number: str) -> None:
    remaining = iter(letters(source(number).read_text("utf-8-sig")))

    assert all(one in remaining for one in letters(block_text(reading(number))))


@pytest.mark.parametrize("number", NUMBERS)
def test_every_removal_and_doubt_names_its_line_and_quotes_it(number: str) -> None:
    lines = source(number).read_text("utf-8-sig").splitlines()
    result = reading(number)

    assert result.doubts
    for removal in result.removed:
        assert removal.reason
        for piece in removal.text.split():
            assert piece in lines[removal.line - 1]
    for doubt in result.doubts:
        assert 1 <= doubt.line <= len(lines)
        assert doubt.question.endswith("。")


@pytest.mark.parametrize("number", NUMBERS)
def test_no_debris_is_left(number: str) -> None:
    text = block_text(reading(number)) + reading(number).document.title

    assert [word for word in DEBRIS if word in text] == []
    assert not re.search("[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜ]", text)
    assert not re.search("[\u4e00-\u9fff][,;:?!]|[,;:?!][\u4e00-\u9fff]", text)


@pytest.mark.parametrize(
    ("number", "title"),
    [
        ("000", "做实做细“一把手”监督和同级监督"),
        ("001", "建立党政“一把手”权力运行监控机制"),
        ("002", "正职五不直接分管工作领导干部讲话"),
        ("003", "关于规范党政机关和部门及“一把手”权力阳光运行的意见"),
        ("004", "切实推动全面从严治党向基层延伸"),
    ],
)
def test_the_titles(number: str, title: str) -> None:
    result = reading(number)

    assert result.document.title == title
    assert all(one.text != title for one in result.document.blocks)


def test_a_made_title_is_asked_about() -> None:
    assert any("没有标题" in one.question for one in reading("001").doubts)
    assert not any("没有标题" in one.question for one in reading("003").doubts)


@pytest.mark.parametrize(
    ("number", "expected"), [("000", False), ("001", True), ("002", False), ("003", True), ("004", False)]
)
def test_what_breaks_off_is_said_to_be_incomplete(number: str, expected: bool) -> None:
    result = reading(number)

    assert result.document.incomplete is expected
    assert ("不完整" in (result.document.provenance or "")) is expected


def test_where_the_texts_break_off() -> None:
    assert any(one.line == 11 and "没有内容" in one.question for one in reading("001").doubts)
    questions = " ".join(one.question for one in reading("003").doubts)
    assert "应有 6 个模本，文本中只有 1 个（模本一）" in questions
    assert "就中断了" in questions


def test_the_page_numbers_that_cut_numbers_and_words_are_gone() -> None:
    result = reading("004")
    text = block_text(result)

    for whole in (
        "21人，党政纪处分10人",
        "全县10个镇按照",
        "在乡镇范围内",
        "权力运行过程监督质效",
        "“独立空间测评",
    ):
        assert whole in text
    assert [one.text for one in result.removed if "页码" in one.reason] == [
        f"{page}、" for page in range(1, 12)
    ]
    asked = [one.question for one in result.doubts if "切成" in one.question]
    assert len(asked) == 2
    assert "“21”" in asked[0]
    assert "“10”" in asked[1]


def test_words_that_a_copying_site_replaced_stay_and_are_asked_about() -> None:
    result = reading("004")
    asked = [one.question for one in result.doubts]

    for wrong, right in (
        ("原那么", "原则"),
        ("工程工程", "工程项目"),
        ("比照拟", "比较"),
        ("该宽那么宽", "该宽则宽"),
    ):
        assert wrong in block_text(result)
        assert any(f"“{wrong}”疑为“{right}”" in one for one in asked)


def test_quotes_without_a_partner_are_asked_about_and_not_mended() -> None:
    opened = block_text(reading("004")).count("“")

    asked = [re.search(r"双引号不成对，共 (\d+) 处", one.question) for one in reading("004").doubts]
    assert sum(int(one[1]) for one in asked if one) == opened == source("004").read_text("utf-8").count("“")


def test_the_real_lists_are_no_page_numbers() -> None:
    for number in ("002", "003"):
        assert not any("页码" in one.reason for one in reading(number).removed)
    assert [one.number for one in reading("002").document.blocks if one.level == 3] == list("123456")


def test_headings_of_the_running_article() -> None:
    assert headings(reading("000"), 1) == [
        (None, "“六个健全”规范权力配置"),
        (None, "“三个不准”划清行为红线"),
        (None, "多方联动提升落实质效"),
    ]


@pytest.mark.parametrize(
    ("number", "first", "second", "third"),
    [
        ("001", ["一", "二"], ["一", "二", "三", "一", "二", "三"], 0),
        ("002", ["一", "二", "三"], [], 2),
        ("003", ["一", "二", "三", "四", "五", "一", "二", "一", "二", "三", None], [4, 5, 3, 3, 5], 17),
        ("004", ["一", "二", "三"], [], 0),
    ],
)
def test_numbered_headings(number: str, first: list[str | None], second: list[Any], third: int) -> None:
    result = reading(number)

    assert [one for one, _ in headings(result, 1)] == first
    numbers = [one for one, _ in headings(result, 2)]
    if second and isinstance(second[0], int):
        second = [numeral for count in second for numeral in "一二三四五"[:count]]
    assert numbers == second
    assert len(headings(result, 3)) == third


def test_headings_that_were_glued_into_the_text_are_parted_at_the_line_end() -> None:
    found = headings(reading("004"), 1)

    assert [number for number, _ in found] == ["一", "二", "三"]
    assert [(text[:6], text[-4:]) for _, text in found] == [
        ("坚持问题导向", "问题症结"),
        ("坚持务实管用", "制度之笼"),
        ("坚持权责统一", "用权环境"),
    ]


def test_the_official_document() -> None:
    document = reading("003").document
    kinds = {kind: [one.text for one in document.blocks if one.type is kind] for kind in BlockType}

    assert document.issuer == "中共嘉兴市秀洲区委员会办公室"
    assert document.co_issuers == "嘉兴市秀洲区人民政府办公室"
    assert document.issued_on == date(2011, 6, 13)
    assert document.doc_no is None
    assert [one[-7:] for one in kinds[BlockType.SALUTATION]] == ["级机关各部门："]
    assert len(kinds[BlockType.SIGNATURE]) == 3
    assert [(one.level, one.number, one.text) for one in document.blocks if one.type is BlockType.ANNEX] == [
        (1, "附件1", "党政“一把手”“五个不直接分管”和末位表态工作制度"),
        (1, None, "附件2"),
        (2, "模本一", "党委、政府议事决策制度"),
    ]


def test_cited_numbers_stay_in_the_text_and_are_not_claimed() -> None:
    text = block_text(reading("003"))

    assert "嘉委办〔2011〕20号" in text
    assert "秀洲纪发〔2011〕31号" in text
    assert [one.text for one in reading("003").removed if "号" in one.text] == []


def test_the_date_on_the_web_page_is_not_the_date_of_issue() -> None:
    assert any(one.text == "2011-09-20" for one in reading("003").doubts)
    for number in ("000", "001", "002", "004"):
        assert reading(number).document.issued_on is None
        assert any("没有找到成文日期" in one.question for one in reading(number).doubts)


def test_authors_and_editors_are_removed_from_the_text_and_listed() -> None:
    removed = {
        number: [one for one in reading(number).removed if "自然人" in one.reason] for number in NUMBERS
    }

    assert [one.line for one in removed["000"]] == [9]
    assert [one.line for one in removed["004"]] == [42, 42]
    for number, listed in removed.items():
        for one in listed:
            assert letters(one.text) not in letters(block_text(reading(number)))


def test_the_mirror_s_traditional_characters_are_converted_and_said_once() -> None:
    result = reading("000")

    assert len([one for one in result.doubts if "繁体字" in one.question]) == 1
    assert letters(block_text(result)) == "".join(one for one in block_text(result) if one.isalnum())
    assert not any("繁体字" in one.question for one in reading("002").doubts)


@pytest.mark.parametrize("number", NUMBERS)
def test_every_reading_has_an_abstract_and_says_where_it_comes_from(number: str) -> None:
    document = reading(number).document

    assert 20 <= len(document.abstract or "") <= 200
    assert source(number).name in (document.provenance or "")
    assert "待人工确认" in (document.provenance or "")
