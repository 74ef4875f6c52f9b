"""The real file: 79 rows of procurement intents of which 34 are another table's rows or headers."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from portal.domain.documents.tender import Tender
from portal.domain.values import show_wan
from portal.exchange.sheets import annotate, read_documents

_FILE = Path(__file__).resolve().parents[2] / ".." / "shared" / "data" / "procurement_intents_2026.xlsx"
HEADERS = [7, 14, 17, 22, 25, 39, 44, 49, 52, 55, 58, 61, 70]
SHIFTED = [8, 9, 10, 15, 18, 19, 23, 26, 40, 45, 50, 53, 56, 59, 62, 63, 64, 65, 71, 72, 73]


@pytest.fixture(scope="module")
def data():
    if not _FILE.exists():
        pytest.skip(f"THE REAL FILE IS ABSENT, so the import of real data is NOT tested: {_FILE}")
    return _FILE.read_bytes()


@pytest.fixture(scope="module")
def reading(data):
    return read_documents(data, _FILE.name, Tender)


def test_the_good_rows_are_read_to_the_cent(reading):
    assert len(reading.entries) == 45
    assert show_wan(sum(entry.document.intent.budget for entry in reading.entries)) == "8,320.916"
    first = reading.entries[0]
    assert (first.row, first.document.intent.budget, first.document.intent.expected_month) == (
        2,
        11_200_000,
        "2026-07",
    )


def test_every_other_row_gives_one_problem_that_says_what_it_is(reading):
    assert reading.rejected == 34
    assert [one.row for one in reading.problems] == sorted(HEADERS + SHIFTED)
    for one in reading.problems:
        assert one.cell == f"G{one.row}"
        assert one.column == "金额"
        assert one.remedy
        if one.row in HEADERS:
            assert "重复的表头" in one.message
        else:
            header = max(row for row in HEADERS if row < one.row)
            assert f"第 {header} 行起的另一张表" in one.message
            assert "错位" in one.message


def test_all_fifteen_units_have_a_good_row(reading):
    assert len({entry.unit_name for entry in reading.entries}) == 15


def test_the_notes_say_how_the_file_was_understood(reading):
    notes = "".join(reading.notes)
    assert "金额→采购意向·预算金额" in notes
    assert "金额：只写数字的按万元计" in notes
    assert "“客户名称”列用作单位名称" in notes
    assert "未采用的列：分类1、分类2" in notes


def test_the_marked_copy_shows_each_problem_in_its_place(data, reading):
    book = openpyxl.load_workbook(io.BytesIO(annotate(data, _FILE.name, reading.problems)))

    assert book.sheetnames == ["问题清单", "Sheet1"]
    sheet = book["Sheet1"]
    assert sheet["J1"].value == "核对结果"
    for row in range(2, 81):
        wrong = row in HEADERS + SHIFTED
        assert bool(sheet[f"J{row}"].value) == wrong
        assert (sheet[f"G{row}"].comment is not None) == wrong
        assert (sheet[f"G{row}"].fill.fgColor.rgb == "FFFFD9D2") == wrong
    assert "请删除此行" in sheet["J8"].value
    assert len(list(book["问题清单"].iter_rows())) == 35


def test_the_marked_copy_reads_like_the_file_itself(data, reading):
    again = read_documents(annotate(data, _FILE.name, reading.problems), "核对.xlsx", Tender)

    assert [entry.document for entry in again.entries] == [entry.document for entry in reading.entries]
    assert again.problems == reading.problems
