"""How a rule text is cleaned and structured, on texts made for the purpose."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.documents.regulation import BlockType
from portal.exchange.regulations import RegulationReading, UnreadableFile, read_regulation

SENTENCE = "各单位要按照职责分工抓好落实，及时报告执行中的问题，自觉接受干部群众的监督。"


def read(*lines: str) -> RegulationReading:
    return read_regulation("\n".join(lines).encode(), "示例.txt")


def shown(result: RegulationReading) -> list[tuple[str, int, str | None, str]]:
    return [(one.type.value, one.level, one.number, one.text) for one in result.document.blocks]


def asked(result: RegulationReading) -> str:
    return " ".join(one.question for one in result.doubts)


def letters(text: str) -> Counter[str]:
    return Counter(one for one in text if one.isalnum())


PIECES = st.sampled_from(
    [
        *"一二三、（）()，。；：“”《》,.;:1290",
        "一、", "（一）", "1、", "2、", "附件1：", "附件：1、", "模本一：", "示例县财政局", "2026年3月5日", "关于",
        "通知", "首页 > 正文", "（陈示一）", "责任编辑：陈示一", "/1/viewhtm", "权力", "监督", "工程工程", "原那么",
        "示财发〔2026〕7号", "各有关单位：", "第一章 总则", "办公室", " ", "\n", "\n", SENTENCE, SENTENCE * 3,
    ]
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=40).map("".join))
def test_whatever_the_text_nothing_is_lost_and_nothing_is_invented(text: str) -> None:
    try:
        result = read_regulation(text.encode(), "示例.txt")
    except UnreadableFile:
        return
    kept = letters("".join((one.number or "") + one.text for one in result.document.blocks))
    accounted = kept + letters("".join(one.text for one in result.removed))

    assert not accounted - letters(text)
    assert not letters(text) - accounted - letters(result.document.title)


@pytest.mark.parametrize(
    "line",
    [
        "您现在的位置：首页 > 政务公开 > 正文",
        "|首页 > 制度 > 正文",
        "当前位置:首页 > 制度",
        "发布时间：2026-03-05 09:30 浏览次数：12",
        "发布日期: 浏览次数:",
        "【字体：大 中 小】 【打印】 【关闭】",
        "上一篇：没有了",
        "信息来源：示例网",
        "上传人:a****b 文档编号:1 格式:DOCX 页数:6",
        "2026年采购监督办法.docx_第3页",
        "第3页 / 共6页",
        "亲,本文档共9页,已全部预览完了,喜欢就下载!",
        "猜你喜欢",
        "copyright@ 2008-2026 示例网版权所有",
        "示例ICP备00000000号-1",
        "Produced By 示例发布系统",
        "关键词: 采购 示例装修 示例搬家",
        "▲图为会议现场",
        "会议现场（资料图片，陈小一 摄）",
        "作者：陈小一",
        "- 3 -",
        "|",
    ],
)
@pytest.mark.parametrize("place", [0, 2])
def test_a_line_that_a_website_added_is_removed(line: str, place: int) -> None:
    lines = ["采购监督办法", SENTENCE]

    result = read(*lines[:place], line, *lines[place:])

    assert result.document.title == lines[0]
    assert shown(result) == [("paragraph", 0, None, SENTENCE)]
    assert [(one.line, one.text) for one in result.removed] == [(place + 1, line)]


@pytest.mark.parametrize(
    "line", ["发布时间：每季度终了后十日内。", "举报", "首页应当公开举报电话。", "页数较多的，应当编制目录。"]
)
def test_a_line_that_only_resembles_debris_stays(line: str) -> None:
    result = read("采购监督办法", SENTENCE, line, SENTENCE * 2)

    assert result.removed == ()
    assert result.document.blocks[1].text == line


def test_stray_addresses_and_notes_on_authors_inside_a_line_are_removed() -> None:
    result = read(
        "采购监督办法",
        f"{SENTENCE}中国 /1/viewhtm一、总则",
        SENTENCE + "(作者系示例县财政局局长) 责任编辑陈小一",
    )

    assert [one.text for one in result.removed] == [
        "中国 /1/viewhtm",
        "(作者系示例县财政局局长)",
        "责任编辑陈小一",
    ]
    assert [text for _, _, _, text in shown(result)] == [SENTENCE, "总则", SENTENCE]


def test_an_official_notice_with_its_own_number_and_letterhead() -> None:
    result = read(
        "示例县财政局文件",
        "示财发[2026]第07号",
        "关于加强采购监督的",
        "通知",
        "各镇、各有关单位：",
        "根据《示例办法》（示政发〔2025〕3号），" + SENTENCE,
        "二〇二六年三月五日",
    )
    document = result.document

    assert document.title == "关于加强采购监督的通知"
    assert document.doc_no == "示财发〔2026〕7号"
    assert document.issuer == "示例县财政局"
    assert str(document.issued_on) == "2026-03-05"
    assert "示政发〔2025〕3号" in document.blocks[1].text


def test_a_cited_number_is_not_the_documents_own() -> None:
    assert read("关于采购的通知", f"根据示财发〔2026〕7号文件，{SENTENCE}").document.doc_no is None


def test_all_levels_of_numbering() -> None:
    result = read(
        "采购监督办法",
        "一、总体要求",
        SENTENCE,
        "(一)明确责任",
        "1.加强领导。" + SENTENCE,
        "(1)" + SENTENCE,
        "2．" + SENTENCE,
    )

    assert shown(result) == [
        ("heading", 1, "一", "总体要求"),
        ("paragraph", 0, None, SENTENCE),
        ("heading", 2, "一", "明确责任"),
        ("heading", 3, "1", "加强领导。"),
        ("paragraph", 0, None, SENTENCE),
        ("paragraph", 4, "1", SENTENCE),
        ("paragraph", 3, "2", SENTENCE),
    ]


def test_chapters_are_headings_and_articles_stay_whole() -> None:
    result = read("采购监督办法", "第一章 总则", "第一条 " + SENTENCE, "第二条 " + SENTENCE)

    assert [(kind, text) for kind, _, _, text in shown(result)] == [
        ("heading", "第一章 总则"),
        ("paragraph", "第一条 " + SENTENCE),
        ("paragraph", "第二条 " + SENTENCE),
    ]


def test_a_list_whose_items_are_sentences_is_not_taken_for_pages() -> None:
    items = [f"{number}、{SENTENCE * 3}" for number in range(1, 6)]

    result = read("采购监督办法", *items)

    assert [number for _, _, number, _ in shown(result)] == list("12345")
    assert result.removed == ()


def test_pages_of_a_preview_are_joined() -> None:
    text = SENTENCE * 6
    pages = [f"1、{text[:100]}", f"2、{text[100:165]}", f"3、{text[165:]}"]

    result = read("采购监督办法", *pages)

    assert shown(result) == [("paragraph", 0, None, text)]
    assert [(one.line, one.text) for one in result.removed] == [(2, "1、"), (3, "2、"), (4, "3、")]


def test_a_number_cut_by_a_page_is_joined_and_asked_about() -> None:
    long = SENTENCE * 6
    result = read("采购监督办法", f"1、{long}共处理1", f"2、2人，{long}")

    assert "共处理12人" in result.document.blocks[0].text
    assert "切成“1”和“2”，已接成“12”" in asked(result)


def test_a_glued_heading_out_of_order_is_asked_about_and_left() -> None:
    result = read("采购监督办法", "一、总则", f"{SENTENCE}四、附则 {SENTENCE}")

    assert len(result.document.blocks) == 2
    assert "没有拆开" in asked(result)


def test_an_announced_annex_that_is_absent_makes_the_text_incomplete() -> None:
    complete = ["关于采购的通知", SENTENCE, "附件：1、采购流程", "示例县财政局", "2026年3月5日"]

    absent = read(*complete)
    present = read(*complete, "附件1", "采购流程", SENTENCE)

    assert absent.document.incomplete
    assert "正文列出附件1“采购流程”，文本中没有" in asked(absent)
    assert not present.document.incomplete
    assert shown(present)[-2] == ("annex", 1, "附件1", "采购流程")


def test_two_units_sign() -> None:
    document = read("关于采购的通知", SENTENCE, "示例县财政局 示例县审计局", "2026年3月5日").document

    assert (document.issuer, document.co_issuers) == ("示例县财政局", "示例县审计局")
    assert [one.type for one in document.blocks][-2:] == [BlockType.SIGNATURE] * 2


def test_units_sign_without_a_date() -> None:
    result = read("关于采购的通知", SENTENCE, "示例县财政局")

    assert result.document.issuer == "示例县财政局"
    assert result.document.issued_on is None
    assert not result.document.incomplete


@pytest.mark.parametrize(("day", "said"), [("2026年2月30日", "不存在"), ("1026年2月3日", "不在合理范围")])
def test_an_impossible_date_is_asked_about(day: str, said: str) -> None:
    result = read("关于采购的通知", SENTENCE, "示例县财政局", day)

    assert result.document.issued_on is None
    assert said in asked(result)


def test_the_day_of_effect_is_the_texts_own() -> None:
    own = read("采购监督办法", SENTENCE, "本办法自2026年5月1日起施行。").document
    cited = read("采购监督办法", f"《示例条例》自2020年1月1日起施行，{SENTENCE}").document

    assert str(own.effective_from) == "2026-05-01"
    assert cited.effective_from is None


@pytest.mark.parametrize("tail", [SENTENCE[:20], "二、保障措施", "附件1："])
def test_a_text_that_breaks_off_is_incomplete(tail: str) -> None:
    result = read("采购监督办法", "一、总体要求", SENTENCE, tail)

    assert result.document.incomplete
    assert "补齐" in asked(result)


def test_a_missing_number_is_asked_about() -> None:
    result = read("采购监督办法", "一、总体要求", SENTENCE, "三、附则", SENTENCE)

    assert "序号“三”与前面的序号接不上" in asked(result)
    assert not read("采购监督办法", "一、总体要求", SENTENCE, "二、附则", SENTENCE).document.incomplete


def test_names_of_persons_under_a_text_are_removed_but_not_other_brackets() -> None:
    result = read("采购监督办法（试行）", SENTENCE + "（试行）", SENTENCE + "(陈小一 林小二)")

    assert [one.text for one in result.removed] == ["(陈小一 林小二)"]
    assert result.document.title == "采购监督办法（试行）"
    assert result.document.blocks[0].text.endswith("（试行）")


def test_numbers_and_codes_keep_their_half_width_signs() -> None:
    text = "采购金额为12,000.50元,在10:30前完成;其余按A,B两类办理(详见说明)。"

    result = read("采购监督办法", text)

    assert (
        result.document.blocks[0].text
        == "采购金额为12,000.50元，在10:30前完成；其余按A,B两类办理（详见说明）。"
    )
    assert asked(result).count("半角标点") == 1


def test_invisible_characters_are_listed() -> None:
    result = read("采购监督办法", "各单位\u200b要\u202e抓好落实，" + SENTENCE)

    assert [one.text for one in result.removed] == ["U+200B", "U+202E"]
    assert result.document.blocks[0].text.startswith("各单位要抓好落实")


def test_a_few_traditional_characters_in_a_simplified_text_are_left() -> None:
    result = read("采购监督办法", SENTENCE * 5 + "成效显著，沈瀋二字并存。")

    assert result.document.blocks[0].text.endswith("成效显著，沈瀋二字并存。")
    assert "繁体" not in asked(result)


def test_a_useful_file_name_becomes_the_title_of_an_untitled_text() -> None:
    result = read_regulation((SENTENCE * 3).encode(), "示例县采购监督办法.txt")

    assert result.document.title == "示例县采购监督办法"
    assert "没有标题" in asked(result)
