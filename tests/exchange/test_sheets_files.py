"""Whole files: what is read, what is refused and how the refusal speaks."""

from __future__ import annotations

import io
import json
import re
import struct
import zipfile
import zlib

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.documents.base import kinds
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.tender import Tender
from portal.exchange.sheets import UnreadableFile, annotate, read_documents

TEXT = "单位{0}项目名称{0}预算金额{0}备注\n示例局{0}甲{0}1.5万元{0}一行，\n示例镇{0}乙{0}-20{0}‘二’\n"


def workbook(rows=(("单位", "项目名称", "金额"), ("示例局", "甲", 1.5)), sheet="Sheet1"):
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    target = made.add_worksheet(sheet)
    for row, cells in enumerate(rows):
        target.write_row(row, 0, cells)
    made.close()
    return out.getvalue()


def repacked(data, change):
    """Return the archive with `change(name, content)` applied to every part."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
    return out.getvalue()


def refusal(data, filename="表.xlsx", model=Tender):
    with pytest.raises(UnreadableFile) as caught:
        read_documents(data, filename, model)
    text = str(caught.value)
    assert "请" in text or "应为" in text
    return text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("delimiter", [",", "\t", ";", "；"])
def test_delimited_text_is_read_in_every_usual_shape(encoding, delimiter):
    data = TEXT.format(delimiter).encode(encoding)

    reading = read_documents(data, "表.tsv" if delimiter == "\t" else "表.csv", Tender)

    assert reading.problems == ()
    assert [(one.unit_name, one.document.intent.budget, one.row) for one in reading.entries] == [
        ("示例局", 1_500_000, 2),
        ("示例镇", -2000, 3),
    ]
    assert reading.entries[0].document.remark == "一行，"


def test_csv_rows_are_counted_as_excel_shows_them():
    data = '项目名称,备注\n甲,"一\n二\n三"\n\n,缺\n'.encode()
    reading = read_documents(data, "表.csv", Tender)
    assert reading.entries[0].document.remark == "一\n二\n三"
    assert [one.cell for one in reading.problems] == ["A4"]
    sheet = openpyxl.load_workbook(io.BytesIO(annotate(data, "表.csv", reading.problems)))["表"]
    assert sheet["C1"].value == "核对结果"
    assert "项目名称" in sheet["C4"].value


def test_a_file_whose_name_and_content_differ_is_refused_with_what_it_is():
    assert "PDF" in refusal(b"%PDF-1.7 ...")
    assert "网页" in refusal("<html><table><tr><td>项目名称".encode(), "导出.xls")
    assert "网页" in refusal("\ufeff<meta charset='utf-8'><table>".encode(), "导出.xls")
    assert "xlsx 工作簿" in refusal(workbook(), "表.xls")
    assert "xlsx 工作簿" in refusal(workbook(), "表.csv")
    assert "文字" in refusal("项目名称,金额\n甲,1\n".encode(), "表.xlsx")
    assert "图片" in refusal(b"\x89PNG\r\n\x1a\n", "表.json")
    assert ".xlsx" in refusal(b"x", "表.docx")
    word = io.BytesIO()
    with zipfile.ZipFile(word, "w") as made:
        made.writestr("word/document.xml", "<x/>")
    assert "Word" in refusal(word.getvalue())


def test_empty_and_oversized_files_are_refused():
    assert "0 字节" in refusal(b"")
    assert "30 MB" in refusal(b"PK" + b"\0" * (30 * 1024 * 1024))


def test_a_workbook_with_an_open_password_says_how_to_lift_it():
    assert "取消打开密码" in refusal(ole({"EncryptedPackage": b"\0" * 5000}))


def test_a_file_without_a_header_says_which_headers_were_looked_for():
    text = refusal(workbook([("甲", "乙"), (1, 2)]))
    assert "项目名称" in text
    assert "采购招标" in text


def test_a_bomb_is_refused_before_it_is_unpacked():
    data = repacked(
        workbook(), lambda name, old: b"\0" * (210 << 20) if name.endswith("sharedStrings.xml") else old
    )
    assert "庞大" in refusal(data)


def test_a_bomb_that_lies_about_its_size_is_refused_too():
    data = workbook()
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {one.filename: old.read(one) for one in old.infolist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, b" " * (40 << 20) if name == "xl/worksheets/sheet1.xml" else content)
        new.getinfo("xl/worksheets/sheet1.xml").file_size = 1000
        new.getinfo("xl/worksheets/sheet1.xml").CRC = zlib.crc32(b" " * 1000)
    assert re.search("损坏|庞大", refusal(out.getvalue()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb'<dimension ref="[^"]*"', b'<dimension ref="A1:XFD1048576"'),
        (rb'r="C2"', b'r="XFD1048576"'),
        (rb"<worksheet", b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet'),
    ],
)
def test_false_dimensions_and_entities_are_refused(old, new):
    def change(name, content):
        return re.sub(old, new, content) if name.endswith("sheet1.xml") else content

    refusal(repacked(workbook(), change))


def test_cells_that_are_only_formatted_do_not_count_as_a_false_dimension():
    def change(name, content):
        if not name.endswith("sheet1.xml"):
            return content
        return content.replace(b"</sheetData>", b'<row r="1048576"><c r="A1048576" s="0"/></row></sheetData>')

    assert len(read_documents(repacked(workbook(), change), "表.xlsx", Tender).entries) == 1


# Records that a JSON export may hold.


def as_json(content):
    return json.dumps(content, ensure_ascii=False).encode()


RECORD = {"title": "示例项目", "intent": {"budget": 11_200_000, "expected_month": "2026-07"}}


@pytest.mark.parametrize(
    "content",
    [
        RECORD,
        [RECORD],
        {"records": [RECORD]},
        [{"unit": "示例局", "document": RECORD}],
        {"项目名称": "示例项目", "采购意向": {"金额": 11.2, "预计采购时间": "2026年7月"}},
        {
            "项目名称": "示例项目",
            "预算金额": "11.2万元",
            "采购意向·预计采购时间": "2026年7月",
            "单位": "示例局",
        },
        {"kind": "tender", **RECORD},
    ],
)
def test_json_is_read_with_names_or_labels(content):
    reading = read_documents(as_json(content), "a.json", Tender)
    assert reading.problems == ()
    assert [one.document for one in reading.entries] == [Tender.model_validate(RECORD)]
    if "示例局" in str(content):
        assert reading.entries[0].unit_name == "示例局"


def test_what_the_model_writes_as_json_is_read_back():
    document = Tender.model_validate(
        {**RECORD, "bidders": [{"name": "示例公司", "total_score": 9230}], "method": "inquiry"}
    )
    data = document.model_dump_json().encode()
    assert read_documents(data, "a.json", Tender).entries[0].document == document


def test_json_tables_may_have_labels_as_keys_and_bad_places_are_named():
    content = [
        {"议题": "甲", "到会情况": [{"姓名": "陈示一", "职务": "局长"}, {"姓名": "林示二", "身份": "顾问"}]},
        {"title": "乙", "没有的栏": 1},
        {"项目名称": "丙"},
        3,
    ]
    reading = read_documents(as_json(content), "a.json", DecisionRecord)
    told = [(one.row, one.column) for one in reading.problems]
    assert (1, "到会情况第 2 行·身份") in told
    assert (1, "到会情况第 2 行·职务") in told
    assert (1, "决策编号") in told
    assert (2, "没有的栏") in told
    assert (4, "") in told
    assert reading.rejected == 4
    copy = openpyxl.load_workbook(io.BytesIO(annotate(as_json(content), "a.json", reading.problems)))
    assert copy["JSON"]["C1"].value == "核对结果"
    assert "顾问" in copy["JSON"]["C2"].value


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('{"title": "甲", "title": "乙"}', "两个“title”"),
        ('{"title": NaN}', "NaN"),
        ("[" * 100_000, "嵌套"),
        ('{"title": ', "不是完整的 JSON"),
        ("[]", "没有记录"),
        ('{"a": 1' + "0" * 5000 + "}", "位数过多"),
    ],
)
def test_bad_json_is_refused_as_a_whole(text, word):
    assert word in refusal(text.encode(), "a.json")


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("a.json", b"[" + b"{}," * 2_999_999 + b"{}]", "50,000 条"),
        ("a.json", b"[" + b"0," * 60_000 + b"0]", "50,000 条"),
        ("a.json", b'{"records": [' + b"{}," * 60_000 + b"{}]}", "50,000 条"),
        ("a.csv", ("项目名称,金额\n" + "甲,1\n" * 50_001).encode(), "50,000 行"),
        ("a.csv", ("项目名称,金额" + ",x" * 3_000_000).encode(), "500 列"),
    ],
)
def test_more_than_one_import_can_take_is_refused_at_once(name, data, word):
    assert word in refusal(data, name)


def test_a_workbook_may_not_be_wider_or_longer_than_one_import_takes():
    assert "500 列" in refusal(workbook([("项目名称", "金额"), ("甲", 1), ("乙", *range(501))]))
    rows = [("项目名称", "金额"), *(("甲", 1) for _ in range(50_000))]
    assert "50,000 行" in refusal(workbook(rows))


def test_blank_rows_below_a_table_do_not_count():
    data = ("项目名称,金额\n甲,1\n" + ",\n" * 60_000).encode()
    assert len(read_documents(data, "a.csv", Tender).entries) == 1


def test_a_repeated_json_record_is_told_even_where_the_first_must_be_mended():
    content = [{"项目名称": "甲", "预算年度": 2026, "采购方式": "摇号"}, {"项目名称": "甲", "预算年度": 2026}]
    reading = read_documents(as_json(content), "a.json", Tender)
    assert [(one.row, "重复填写" in one.message) for one in reading.problems] == [(1, False), (2, True)]


def test_the_same_field_under_two_names_in_json_is_a_problem():
    reading = read_documents(as_json({"title": "甲", "项目名称": "乙"}), "a.json", Tender)
    assert "填了两次" in reading.problems[0].message
    assert reading.entries == ()


# Old workbooks, built byte by byte: nothing in the project writes them.


def ole(streams):
    """Return a compound file of 512-byte sectors; every stream is padded past the mini stream's limit."""
    blocks, chains, entries = b"", [], []
    for name, content in streams.items():
        content = content.ljust(4096, b"\0")
        content += b"\0" * (-len(content) % 512)
        chains.append((len(blocks) // 512, len(content) // 512))
        entries.append((name, 2, chains[-1][0], len(content)))
        blocks += content
    fat = []
    for start, count in chains:
        fat += [*range(start + 1, start + count), 0xFFFFFFFE]
    directory_at = len(fat)
    fat += [0xFFFFFFFE, 0xFFFFFFFD]
    fat += [0xFFFFFFFF] * (128 - len(fat))
    assert len(fat) == 128
    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1)
    directory += b"".join(entry(*one) for one in entries)
    directory = directory.ljust(512, b"\0")
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 16
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + b"\0" * 6
    )
    header += struct.pack(
        "<IIIIIIIIII", 0, 1, directory_at, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, directory_at + 1
    )
    header += struct.pack("<109I", *([directory_at + 1] + [0xFFFFFFFF] * 108))[: 512 - len(header)]
    header = header[:76] + struct.pack("<I", directory_at + 1) + b"\xff" * (512 - 80)
    return header + blocks + directory + struct.pack("<128I", *fat)


def entry(name, kind, start, size, child=0xFFFFFFFF):
    raw = name.encode("utf-16-le") + b"\0\0"
    out = raw.ljust(64, b"\0") + struct.pack("<HBB", len(raw), kind, 1)
    out += struct.pack("<III", 0xFFFFFFFF, 0xFFFFFFFF, child) + b"\0" * 36
    return out + struct.pack("<IQ", start, size)


def record(code, body=b""):
    return struct.pack("<HH", code, len(body)) + body


def xls(rows, extra=b"", before=b""):
    """Return a BIFF8 workbook with one sheet of texts and numbers."""
    cells = b""
    for row, values in enumerate(rows):
        for column, value in enumerate(values):
            place = struct.pack("<HHH", row, column, 0)
            if isinstance(value, str):
                text = value.encode("utf-16-le")
                cells += record(0x204, place + struct.pack("<HB", len(value), 1) + text)
            elif isinstance(value, bytes):
                cells += record(0x205, place + value)
            else:
                cells += record(0x203, place + struct.pack("<d", value))
    bof = struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)
    name = "表".encode("utf-16-le")
    globals_ = record(0x809, bof) + before
    bound = 4 + 4 + 2 + 2 + len(name)
    sheet_at = len(globals_) + bound + 4
    globals_ += record(0x85, struct.pack("<IHBB", sheet_at, 0, 1, 1) + name) + record(0x0A)
    sheet = record(0x809, struct.pack("<HHHHII", 0x600, 0x10, 0, 0, 0, 0)) + cells + extra + record(0x0A)
    return ole({"Workbook": globals_ + sheet})


def test_an_old_workbook_is_read_and_its_error_cells_are_told():
    data = xls([["单位", "项目名称", "金额"], ["示例局", "甲", 11.2], ["示例局", "乙", b"\x17\x01"]])

    reading = read_documents(data, "旧表.xls", Tender)

    assert [(one.unit_name, one.document.intent.budget) for one in reading.entries] == [
        ("示例局", 11_200_000)
    ]
    assert [(one.cell, one.value) for one in reading.problems] == [("C3", "#REF!")]
    copy = openpyxl.load_workbook(io.BytesIO(annotate(data, "旧表.xls", reading.problems)))
    assert copy["表"]["C3"].value == "#REF!"


def test_an_old_workbook_with_a_password_or_a_cell_beyond_the_format_is_refused():
    far = record(0x203, struct.pack("<HHHd", 65535, 65535, 0, 1.0))
    assert "范围异常" in refusal(xls([["项目名称", "金额"]], extra=far), "旧表.xls")
    assert "取消打开密码" in refusal(xls([["项目名称"]], before=record(0x2F, b"\0" * 54)), "旧表.xls")
    assert "没有 Excel 工作簿" in refusal(ole({"WordDocument": b"x"}), "旧表.xls")


# Whatever arrives, only the refusal may come out.

NAMES = st.sampled_from(["a.xlsx", "a.xls", "a.csv", "a.tsv", "a.json"])
QUIET = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def survives(data, filename, model):
    refused = ""
    try:
        reading = read_documents(data, filename, model)
        annotate(data, filename, reading.problems)
    except UnreadableFile as refusal_of_file:
        refused = str(refusal_of_file)
    assert not refused or any("\u4e00" <= sign <= "\u9fff" for sign in refused)


@QUIET
@given(
    data=st.binary(max_size=400),
    magic=st.sampled_from(
        [
            b"",
            b"PK\x03\x04xl/workbook.xml",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
            "项目名称,金额\n".encode(),
            b"{",
            b"[",
        ]
    ),
    filename=NAMES,
    model=st.sampled_from(list(kinds().values())),
)
def test_random_bytes_give_a_reading_or_a_refusal(data, magic, filename, model):
    survives(magic + data, filename, model)


OLD = xls(
    [
        ["单位", "项目名称", "金额", "预计时间"],
        ["示例局", "甲", 11.2, "2026年7月"],
        ["乙", "丙", b"\x17\x01", 3.0],
    ]
)
NEW = workbook(
    (
        ("单位", "项目名称", "金额", "预计时间"),
        ("示例局", "甲", 11.2, "2026年7月"),
        ("乙", "合计", "#REF!", 46000),
    )
)


@QUIET
@given(
    changes=st.lists(st.tuples(st.integers(0, len(OLD) - 1), st.integers(0, 255)), min_size=1, max_size=12)
)
def test_a_mutated_old_workbook_gives_a_reading_or_a_refusal(changes):
    data = bytearray(OLD)
    for place, value in changes:
        data[place] = value
    survives(bytes(data), "a.xls", Tender)


@QUIET
@given(changes=st.lists(st.tuples(st.integers(0, len(NEW) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_mutated_archive_gives_a_reading_or_a_refusal(changes):
    data = bytearray(NEW)
    for place, value in changes:
        data[place] = value
    survives(bytes(data), "a.xlsx", Tender)


@QUIET
@given(data=st.data())
def test_a_workbook_with_mutated_parts_gives_a_reading_or_a_refusal(data):
    chosen = data.draw(
        st.sampled_from(
            ["sheet1.xml", "sharedStrings.xml", "workbook.xml", "styles.xml", "workbook.xml.rels"]
        )
    )
    places = data.draw(
        st.lists(
            st.tuples(st.integers(0, 4000), st.sampled_from([*b'<>"&/0129AZs= '])), min_size=1, max_size=8
        )
    )
    cut = data.draw(st.one_of(st.none(), st.integers(0, 3000)))

    def change(name, content):
        if not name.endswith(chosen):
            return content
        mutated = bytearray(content)
        for place, value in places:
            mutated[place % len(mutated)] = value
        return bytes(mutated[:cut] if cut else mutated)

    survives(repacked(NEW, change), "a.xlsx", Tender)
