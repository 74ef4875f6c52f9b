"""One published version as CSV and XLSX: nothing lost, nothing run, nothing confused, always the same bytes."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest
import python_calamine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.documents.base import Document, kinds
from portal.domain.documents.declaration import Field, declaration
from portal.domain.documents.finance import EmptyTable, FinanceDisclosure, Money
from portal.domain.documents.tender import Tender
from portal.domain.values import Type
from portal.exchange import workbook
from portal.exchange.downloads import FACTS, HEADERS, block_name, edition_csv, edition_xlsx
from portal.exchange.editions import LEADS, header, own_fields
from portal.exchange.sheets.layout import PIECE, native_of, value_of
from tests.exchange.editions_world import edition, published
from tests.exchange.test_sheets_round_trip import documents

ALL = list(kinds())
FORMULA = tuple("=+-@\t\r＝＋－＠")


def blocks(data: bytes) -> dict[str, list[dict[str, str]]]:
    """Read the CSV as a program would: group by the first cell, take the line that says 栏目 for its headers."""
    heads: dict[str, list[str]] = {}
    found: dict[str, list[dict[str, str]]] = {}
    for name, number, *cells in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        if number == HEADERS:
            heads[name], found[name] = [cell for cell in cells if cell], []
        else:
            found[name].append(dict(zip(heads[name], map(bare, cells), strict=False)))
    return found


def bare(text: str) -> str:
    """Take the apostrophe away that keeps a spreadsheet from running a text."""
    return text.removeprefix("'")


def pairs(data: bytes) -> dict[str, str]:
    """Return 基本情况 by item."""
    return {row["项目"]: row["内容"] for row in blocks(data)[FACTS]}


def sheets(data: bytes) -> dict[str, list[list[Any]]]:
    """Read every sheet with openpyxl."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book}


def read(field: Field, text: str) -> Any:
    """Read a cell's text as the field; several entries stand on lines when a line break is there."""
    if text == "":
        return () if field.type == Type.LINES else None
    if field.type == Type.LINES and "\n" in text:
        return tuple(line for line in text.split("\n") if line)
    return field.read(text)


@pytest.mark.parametrize("code", ALL)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_declared_field_comes_back_from_the_csv(code, data):
    model = kinds()[code]
    document = data.draw(documents(model))

    read_back = blocks(edition_csv(edition(document, reason="=cmd|'/c calc'!A0")))

    facts = {row["项目"]: row["内容"] for row in read_back[FACTS]}
    assert facts["本版说明"] == "=cmd|'/c calc'!A0"
    declared = declaration(model)
    for one in own_fields(declared.fields):
        value = value_of(document, one)
        assert read(one, facts[header(one)]) == value, one.label
    for table in declared.tables:
        rows = getattr(document, table.name)
        told = read_back[block_name(model, table)]
        assert len(told) == len(rows) == int(facts[f"{block_name(model, table)}（行数）"])
        for row, cells in zip(rows, told, strict=True):
            for one in table.fields:
                assert read(one, cells[header(one)]) == value_of(row, one), one.label


@pytest.mark.parametrize("code", ALL)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_declared_field_comes_back_from_the_workbook_as_what_it_is(code, data):
    model = kinds()[code]
    document = data.draw(documents(model))

    read_back = sheets(edition_xlsx(edition(document)))

    facts = dict(read_back[FACTS][1:])
    declared = declaration(model)
    for one in own_fields(declared.fields):
        assert facts[header(one)] == expected(one, value_of(document, one)), one.label
    for table in declared.tables:
        head, *told = read_back[block_name(model, table)]
        assert head == [header(one) for one in table.fields]
        rows = [
            [expected(one, value_of(row, one)) for one in table.fields]
            for row in getattr(document, table.name)
        ]
        assert told == rows


def expected(field: Field, value: Any) -> Any:
    """Return what openpyxl finds in the cell: a moment for a day, None for what was not told."""
    native = native_of(field, value)
    return moment(native) if native != "" else None


def moment(value: Any) -> Any:
    """Return a day as the moment that openpyxl makes of it."""
    return datetime.combine(value, time()) if isinstance(value, date) else value


def test_a_second_reader_agrees_with_the_first():
    for one in published():
        data = edition_xlsx(one)
        book = python_calamine.CalamineWorkbook.from_object(io.BytesIO(data))
        ours = sheets(data)
        assert book.sheet_names == list(ours)
        for name, rows in ours.items():
            filled = [[cell for cell in row if cell is not None] for row in rows]
            assert [
                [moment(cell) for cell in row if cell != ""]
                for row in book.get_sheet_by_name(name).to_python()
            ] == filled


def test_a_csv_is_one_even_grid_with_mark_and_line_ends_that_excel_knows():
    for one in published():
        data = edition_csv(one)
        assert data.startswith(b"\xef\xbb\xbf")
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        assert len({len(row) for row in rows}) == 1
        assert data.endswith(b"\r\n")
        assert data.count(b"\r\n") == len(rows)


@given(text=st.text(min_size=1, max_size=40))
def test_no_cell_of_a_csv_can_run(text):
    data = edition_csv(
        edition(Tender(title="示例项目"), reason=text, unit_name=f"={text}", area_name=f"@{text}")
    )

    for row in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        for cell in row:
            assert not cell.startswith(FORMULA) or re.fullmatch(r"-\d+(\.\d+)?", cell)


@given(text=st.text(max_size=60))
def test_whatever_a_text_holds_the_workbook_opens_and_no_cell_is_a_formula(text):
    data = edition_xlsx(edition(Tender(title="示例项目"), reason=f"={text}", unit_name=text))

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        assert book.testzip() is None
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    sheet = openpyxl.load_workbook(io.BytesIO(data))[FACTS]
    cell = next(row[1] for row in sheet.iter_rows() if row[0].value == "本版说明")
    assert cell.data_type in ("s", "inlineStr")
    assert cell.quotePrefix


def test_a_text_that_looks_like_an_escaped_character_stays_what_it_is():
    data = edition_xlsx(edition(Tender(title="示例_x0041_项目_x_"), reason="NUL\x00，换行\r\n完"))

    with zipfile.ZipFile(io.BytesIO(data)) as book:
        text = book.read("xl/worksheets/sheet1.xml").decode()
    assert "示例_x005F_x0041_项目_x_" in text
    assert "NUL\ufffd，换行\n完" in text


def test_nothing_is_told_from_not_told():
    document = FinanceDisclosure(
        title="示例财务公开",
        period="2026Q3",
        nil=True,
        nil_reason="本季停止办公，没有收支。",
        income_total=0,
        income=(Money(item="财政拨款", amount=0),),
        empty_tables=(EmptyTable(table="payments", reason="没有大额支出。"),),
    )

    facts, told = pairs(edition_csv(edition(document))), sheets(edition_xlsx(edition(document)))
    cells = dict(told[FACTS][1:])

    assert facts["收入合计（元）"] == "0.00"
    assert facts["支出合计（元）"] == ""
    assert cells["收入合计（元）"] == 0
    assert cells["支出合计（元）"] is None
    assert facts["无发生额原因"] == cells["无发生额原因"] == "本季停止办公，没有收支。"
    line = blocks(edition_csv(edition(document)))["收入明细"][0]
    assert (line["本期金额（元）"], line["全年预算（元）"]) == ("0.00", "")
    assert told["大额支出"][1:] == []
    assert facts["大额支出（行数）"] == "0"
    assert told["空表说明"][1] == ["大额支出", "没有大额支出。"]


def test_a_text_too_long_for_a_cell_goes_on_in_the_next():
    regulation = next(one for one in published() if one.kind.code == "regulation").document
    text = "".join(chr(0x4E00 + number % 5000) for number in range(PIECE * 2 + 7))
    blocks_of_text = (regulation.blocks[0].model_copy(update={"text": text}), *regulation.blocks[1:])
    long = regulation.model_copy(update={"remark": text, "blocks": blocks_of_text})

    told = sheets(edition_xlsx(edition(long)))

    facts = dict(told[FACTS][1:])
    assert facts["备注"] + facts["备注（续1）"] + facts["备注（续2）"] == text
    head, first, second, *_ = told["正文"]
    place = head.index("内容")
    assert head[place : place + 3] == ["内容", "内容（续1）", "内容（续2）"]
    assert "".join(first[place : place + 3]) == text
    assert second[place:] == [regulation.blocks[1].text, None, None]
    assert pairs(edition_csv(edition(long)))["备注"] == text


def test_headers_are_frozen_and_numbers_have_their_form():
    one = next(one for one in published() if one.kind.code == "finance" and one.document.expense)

    book = openpyxl.load_workbook(io.BytesIO(edition_xlsx(one)))

    assert book.sheetnames[0] == FACTS
    assert {sheet.freeze_panes for sheet in book} == {"A2"}
    sheet = book["支出明细"]
    assert sheet["D2"].number_format == "#,##0.00"
    assert sheet["A1"].font.bold
    assert 10 <= sheet.column_dimensions["A"].width <= 60
    day = next(row[1] for row in book[FACTS].iter_rows() if row[0].value == "发布日期")
    assert day.is_date
    assert day.value.date() == one.published_on


def test_the_same_version_is_the_same_bytes_whatever_was_made_before():
    files = [edition_xlsx(one) for one in published()]
    for cached in (workbook._packed, workbook._parts, workbook._draw):
        cached.cache_clear()

    again = [edition_xlsx(one) for one in reversed(published())][::-1]

    assert again == files
    for data in files:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            assert {one.date_time for one in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
            assert b"2000-01-01T00:00:00Z" in book.read("docProps/core.xml")


def test_a_day_of_publication_is_the_day_in_china():
    assert pairs(edition_csv(edition(Tender(title="示例项目"))))["发布日期"] == "2026-10-13"


def test_made_up_data_says_so():
    assert pairs(edition_csv(edition(Tender(title="示例项目"), sample=True)))["数据性质"] == "示例数据"
    assert pairs(edition_csv(edition(Tender(title="示例项目"))))["数据性质"] == ""


@pytest.mark.parametrize("model", kinds().values(), ids=ALL)
def test_no_two_lines_or_sheets_of_a_kind_are_called_the_same(model: type[Document]):
    declared = declaration(model)
    names = [FACTS, *(block_name(model, table) for table in declared.tables)]
    labels = [one.label for one in LEADS] + [header(one) for one in own_fields(declared.fields)]
    labels += [f"{name}（行数）" for name in names[1:]]

    assert len({name.casefold() for name in names}) == len(names)
    assert all(len(name) <= 31 for name in names)
    assert len(set(labels)) == len(labels)
    for table in declared.tables:
        assert len({header(one) for one in table.fields}) == len(table.fields)


@pytest.mark.parametrize("one", published(), ids=lambda one: f"{one.kind.code}-{one.index_no}-{one.number}")
def test_a_workbook_holds_every_part_that_it_names_and_no_other(one):
    with zipfile.ZipFile(io.BytesIO(edition_xlsx(one))) as book:
        names = book.namelist()
        listed = re.findall(r'PartName="/([^"]+)"', book.read("[Content_Types].xml").decode())
        sheets_of_book = re.findall(
            r'Target="(worksheets/[^"]+)"', book.read("xl/_rels/workbook.xml.rels").decode()
        )
        texts = [book.read(f"xl/{name}").decode() for name in sheets_of_book]

    assert len(set(names)) == len(names)
    assert {name for name in names if not name.endswith(".rels")} - {"[Content_Types].xml"} == set(listed)
    for text in texts:
        numbers = [int(number) for number in re.findall(r'<row r="(\d+)"', text)]
        assert numbers == list(range(1, len(numbers) + 1))
        # The order that the schema of a worksheet asks for.
        places = [
            text.index(f"<{name}")
            for name in ("sheetViews", "cols", "sheetData", "pageMargins", "ignoredErrors")
        ]
        assert places == sorted(places)
