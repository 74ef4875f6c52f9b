"""Encodings, Word and PDF files, and files that are not what they say."""

from __future__ import annotations

import io
import zipfile

import msoffcrypto.format.ooxml
import pytest
from docx import Document
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from portal.domain.documents.regulation import BlockType
from portal.exchange.regulations import RegulationReading, UnreadableFile, read_regulation

LINES = (
    "关于规范示例县采购工作的通知",
    "各镇、各有关单位：",
    "为规范全县采购工作，加强对采购全过程的监督，现将有关事项通知如下。",
    "一、明确责任",
    "各单位主要负责同志不直接分管采购工作，由一名副职具体负责。",
    "示例县财政局",
    "2026年3月5日",
)
TEXT = "\n".join(LINES)


def is_the_notice(result: RegulationReading) -> bool:
    document = result.document
    return (
        document.title == LINES[0]
        and document.issuer == LINES[5]
        and str(document.issued_on) == "2026-03-05"
        and [one.type for one in document.blocks][:4]
        == [BlockType.SALUTATION, BlockType.PARAGRAPH, BlockType.HEADING, BlockType.PARAGRAPH]
        and not document.incomplete
    )


def word_file(*lines: str) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def pdf_file(*pages: tuple[str, ...]) -> bytes:
    """Write a PDF with a text layer: one Type 0 font whose codes are the characters' own numbers."""
    used = sorted({one for page in pages for line in page for one in line})
    mapping = "\n".join(f"<{ord(one):04X}> <{ord(one):04X}>" for one in used) or "<0020> <0020>"
    cmap = (
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapName /U def\n"
        "1 begincodespacerange <0000> <FFFF> endcodespacerange\n"
        f"{max(len(used), 1)} beginbfchar\n{mapping}\nendbfchar\nendcmap end end"
    ).encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count %d/Kids[%s]>>"
        % (len(pages), b" ".join(b"%d 0 R" % (8 + 2 * at) for at in range(len(pages)))),
        b"<</Type/Font/Subtype/Type0/BaseFont/F/Encoding/Identity-H/DescendantFonts[4 0 R]/ToUnicode 6 0 R>>",
        b"<</Type/Font/Subtype/CIDFontType2/BaseFont/F/CIDSystemInfo 7 0 R/FontDescriptor 5 0 R/DW 1000>>",
        b"<</Type/FontDescriptor/FontName/F/Flags 4/FontBBox[0 0 1000 1000]/Ascent 800/Descent -200/StemV 80>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(cmap), cmap),
        b"<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>",
    ]
    for page in pages:
        shown = "\n".join(
            f"BT /F1 12 Tf 60 {780 - 20 * at} Td <{line.encode('utf-16-be').hex()}> Tj ET"
            for at, line in enumerate(page)
        ).encode()
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>/Contents %d 0 R>>"
            % (len(objects) + 2)
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(shown), shown))
    result, places = b"%PDF-1.5\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(result))
        result += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return result + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF" % (
        size, table, size, len(result),
    )  # fmt: skip


@pytest.mark.parametrize(
    "encode",
    [
        lambda text: text.encode("utf-8"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.encode("gb18030"),
        lambda text: text.encode("utf-16"),
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.replace("\n", "\r\n").encode("gb18030"),
    ],
    ids=["utf-8", "utf-8 with its mark", "gb18030", "utf-16 little", "utf-16 big", "gb18030 of Windows"],
)
def test_text_files_in_the_usual_encodings(encode) -> None:  # type: ignore[no-untyped-def]
    assert is_the_notice(read_regulation(encode(TEXT), "通知.txt"))


def test_a_short_gb18030_text_is_read() -> None:
    result = read_regulation("采购工作制度\n采购由副职分管。".encode("gb18030"), "a.txt")

    assert result.document.title == "采购工作制度"


def test_a_word_file_is_read() -> None:
    assert is_the_notice(read_regulation(word_file(*LINES), "通知.docx"))


def test_the_tables_of_a_word_file_are_read_in_place_and_merged_cells_once() -> None:
    document = Document()
    document.add_paragraph("采购审批权限规定")
    document.add_paragraph("采购审批权限按下表执行，超过限额的须经班子集体研究决定。")
    table = document.add_table(rows=2, cols=3)
    for cell, text in zip(table.rows[0].cells, ("金额", "审批人", "备注"), strict=True):
        cell.text = text
    merged = table.cell(1, 0).merge(table.cell(1, 1))
    merged.text = "五千元以上由班子集体研究"
    document.add_paragraph("本规定自2026年5月1日起施行。")
    stream = io.BytesIO()
    document.save(stream)

    result = read_regulation(stream.getvalue(), "规定.docx").document

    assert [one.text for one in result.blocks][1:] == [
        "金额 | 审批人 | 备注",
        "五千元以上由班子集体研究",
        "本规定自2026年5月1日起施行。",
    ]
    assert str(result.effective_from) == "2026-05-01"


def test_a_pdf_with_a_text_layer_is_read() -> None:
    assert is_the_notice(read_regulation(pdf_file(LINES), "通知.pdf"))


def test_the_line_breaks_and_page_feet_of_a_pdf_are_undone() -> None:
    first = (
        "示例县采购监督办法",
        "采购工作由副职具体负责并接受全体干部职工的监督和评",
        "议，主要负责同志不得直接审批任何一笔采购并且不得以",
        "- 1 -",
    )
    second = ("任何方式干预采购结果。", "一、附则", "本办法由财政局解释。", "- 2 -")

    result = read_regulation(pdf_file(first, second), "办法.pdf")

    assert result.document.blocks[0].text == "".join((*first[1:3], second[0]))
    assert result.document.blocks[1].text == "附则"
    assert [one.text for one in result.removed] == ["- 1 -", "- 2 -"]


def refusal(data: bytes, name: str) -> str:
    with pytest.raises(UnreadableFile) as caught:
        read_regulation(data, name)
    return str(caught.value)


def test_a_pdf_without_a_text_layer_is_refused_with_the_remedy() -> None:
    message = refusal(pdf_file(()), "扫描.pdf")

    assert "扫描件，没有文字层" in message
    assert "OCR" in message
    assert "原始电子文件" in message


def test_a_pdf_with_a_password_is_refused() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_file(LINES))))
    writer.encrypt("opensesame", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)

    assert "密码" in refusal(stream.getvalue(), "a.pdf")


def test_a_word_file_with_a_password_is_refused() -> None:
    stream = io.BytesIO()
    msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(word_file(*LINES))).encrypt("opensesame", stream)

    assert "打开密码" in refusal(stream.getvalue(), "a.docx")


def _other_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as package:
        package.writestr("xl/workbook.xml", "<a/>")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "a.txt", "空文件"),
        (b" \n\n ", "a.txt", "空白"),
        (TEXT.encode(), "a.docx", "扩展名是 .docx，内容却是文本文件"),
        (TEXT.encode(), "a.xlsx", "只能读取"),
        (TEXT.encode(), "没有扩展名", "只能读取"),
        (word_file(*LINES), "a.txt", "扩展名是 .txt，内容却是Word"),
        (word_file(*LINES), "a.pdf", "改为 .docx"),
        (pdf_file(LINES), "a.txt", "改为 .pdf"),
        (word_file(*LINES)[:900], "a.docx", "损坏"),
        (b"%PDF-1.7 broken", "a.pdf", "损坏"),
        (_other_zip(), "a.docx", "不是 Word 文档"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.docx", "旧版 Office"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "a.txt", "图片"),
        (b"<!DOCTYPE html><html><body>x</body></html>", "a.txt", "网页源代码"),
        (b"{\\rtf1 abc}", "a.txt", "RTF"),
        (bytes(range(256)) * 8, "a.txt", "无法识别"),
        (TEXT.encode("utf-16-le"), "a.txt", "记事本"),
        (TEXT.encode("big5", errors="ignore") * 3, "a.txt", "编码无法识别"),
        (b"\xff\xfe\x00\xd8", "a.txt", "UTF-16"),
        (b"plain English words and nothing else", "a.txt", "几乎没有汉字"),
        ("首页 > 文章\n版权所有".encode(), "a.txt", "没有正文"),
        ("示例县采购制度".encode(), "a.txt", "只有标题"),
        (("采购制度\n" + "监督" * 110_000).encode(), "a.txt", "某一段过长"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_with_what_is_wrong_and_how_to_mend_it(
    data: bytes, name: str, said: str
) -> None:
    message = refusal(data, name)

    assert said in message
    assert "请" in message


NAMES = st.sampled_from(["a.txt", "a.docx", "a.pdf", "一/..\\b.TXT", "\x00.txt", ""])
HEADS = st.sampled_from([b"", b"%PDF-1.4\n", b"PK\x03\x04", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"])


@settings(max_examples=300, deadline=None)
@given(head=HEADS, data=st.binary(max_size=600), name=NAMES)
@example(head=b"\xff\xfe", data="一、\n（一）\n1、\n".encode("utf-16-le"), name="a.txt")
def test_random_bytes_are_read_or_refused_and_nothing_else(head: bytes, data: bytes, name: str) -> None:
    try:
        result = read_regulation(head + data, name)
    except UnreadableFile as refused:
        assert str(refused).endswith("。")  # noqa: PT017 - either way is right; a refusal must be a sentence.
    else:
        assert result.document.title


@settings(max_examples=150, deadline=None)
@given(cuts=st.lists(st.tuples(st.integers(0, 40_000), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_damaged_word_file_is_read_or_refused(cuts: list[tuple[int, int]]) -> None:
    data = bytearray(WORD)
    for place, value in cuts:
        data[place % len(data)] = value
    try:
        read_regulation(bytes(data), "a.docx")
    except UnreadableFile as refused:
        assert "请" in str(refused)  # noqa: PT017 - either way is right; a refusal must say what to do.


WORD = word_file(*LINES)
