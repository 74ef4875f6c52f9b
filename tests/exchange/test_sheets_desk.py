"""The template that a unit fills at its desk, and what comes back of it, as people really fill it."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.documents.base import Document, kinds
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.declaration import declaration
from portal.domain.documents.finance import FinanceDisclosure, FundLine, Money, Payment, PublicFund
from portal.domain.values import Type
from portal.exchange.sheets import Reading, UnreadableFile, annotate, desk_template, excerpts, read_documents
from portal.exchange.sheets.lasting import lasts
from tests.exchange.test_sheets_round_trip import documents

UNIT = "示例县财政局"
LAST = FinanceDisclosure(
    period="2026Q2",
    expense_total=500_00,
    expense=(
        Money(item="办公费", amount=300_00, source="一般公共预算", explanation="比上季少"),
        Money(item="差旅费", amount=200_00, level=2),
    ),
    public_funds=(FundLine(fund=PublicFund.OFFICIAL_RECEPTION, amount=0, times=3),),
    payments=(
        Payment(
            paid_on=date(2026, 5, 6),
            purpose="购置示例设备",
            amount=90_00,
            handler="方示九",
            approver="林示二",
        ),
    ),
)


def opened(data: bytes) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def saved(book: openpyxl.Workbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(book: openpyxl.Workbook, model: type[Document] = FinanceDisclosure) -> Reading:
    return read_documents(saved(book), "报表.xlsx", model)


def row_of(book: openpyxl.Workbook, label: str, sheet: str = "季度财务公开") -> int:
    for row in book[sheet].iter_rows(max_col=1):
        if str(row[0].value or "").lstrip("*").split("（元）")[0] == label:
            return row[0].row
    raise AssertionError(f"no {label}")


def a_quarter() -> openpyxl.Workbook:
    book = opened(desk_template(FinanceDisclosure, UNIT, period="2026Q3"))
    sheet = book["支出明细"]
    sheet["A4"], sheet["D4"] = "办公费", 1000
    sheet["A5"], sheet["D5"] = "差旅费", 2000
    return book


def document(reading: Reading) -> FinanceDisclosure:
    assert reading.problems == ()
    (entry,) = reading.entries
    assert entry.unit_name == UNIT
    assert isinstance(entry.document, FinanceDisclosure)
    return entry.document


@pytest.mark.parametrize("code", list(kinds()))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_record_written_into_the_template_reads_back_the_same(code: str, data: Any) -> None:
    model = kinds()[code]
    wanted = data.draw(documents(model))
    reading = read_documents(desk_template(model, UNIT, document=wanted), "记录.xlsx", model)
    assert [one.message for one in reading.problems] == []
    assert [one.document for one in reading.entries] == [wanted]


def test_a_text_longer_than_a_cell_comes_back_whole() -> None:
    text = "长" * 40_000
    wanted = FinanceDisclosure(
        period="2026Q3", remark=text, expense=(Money(item="甲", amount=1, explanation=text),)
    )
    data = desk_template(FinanceDisclosure, UNIT, document=wanted)
    assert document(read_documents(data, "报表.xlsx", FinanceDisclosure)) == wanted


def test_the_template_is_made_for_one_unit_and_one_record() -> None:
    book = opened(desk_template(FinanceDisclosure, UNIT, period="2026Q3"))
    sheet = book["季度财务公开"]
    assert sheet.cell(row_of(book, "单位"), 2).value == UNIT
    assert sheet.cell(row_of(book, "所属期"), 2).value == "2026年第三季度"
    assert book.active.title == "季度财务公开"
    assert sheet.freeze_panes == "B4"
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert not sheet.protection.sheet
    assert "记录编号" not in [cell.value for row in sheet.iter_rows() for cell in row]
    assert book["支出明细"].print_title_rows == "$3:$3"
    assert book["支出明细"]["D4"].number_format == "#,##0.00"
    assert book["选项"].sheet_state == "hidden"


def test_the_guide_begins_with_steps_and_then_tells_every_field() -> None:
    for model in kinds().values():
        book = opened(desk_template(model, UNIT))
        texts = [[cell.value for cell in row] for row in book["填表说明"].iter_rows()]
        steps = [one[0] for one in texts[3:9] if one[0]]
        assert steps[0].startswith("一、")
        assert all(len(one) < 90 for one in steps)
        named = {one[1] for one in texts}
        declared = declaration(model)
        fields = [*declared.fields, *(one for table in declared.tables for one in table.fields)]
        assert {one.label for one in fields} <= named


def test_what_is_picked_is_offered_and_other_entries_are_accepted() -> None:
    offered = {("presider",): ["吴示四", "陈示一"], ("attendees", "name"): ["吴示四"]}
    book = opened(desk_template(DecisionRecord, UNIT, choices=offered))
    rules = book["集体决策记录"].data_validations.dataValidation
    cell = f"B{row_of(book, '主持人', '集体决策记录')}"
    (rule,) = [one for one in rules if str(one.sqref) == cell]
    assert rule.type == "list"
    assert not rule.showErrorMessage
    listed = [cell.value for column in book["选项"].iter_cols() for cell in column]
    assert listed.count("吴示四") == 2


def test_the_last_period_gives_labels_lines_and_people_but_no_amounts() -> None:
    book = opened(desk_template(FinanceDisclosure, UNIT, last=LAST, period="2026Q3"))
    sheet = book["支出明细"]
    assert [sheet["A4"].value, sheet["A5"].value, sheet["B5"].value] == ["办公费", "差旅费", 2]
    assert sheet["G4"].value == "一般公共预算"
    assert [cell.value for cell in book["三公经费"][4]][:3] == ["公务接待费", None, None]
    assert not any(cell.value for cell in book["大额支出"][4])  # What was paid then is not paid again.
    numbers = [
        (one.title, cell.coordinate)
        for one in book
        if one.title not in ("选项", "填表说明")
        for row in one.iter_rows(min_row=4)
        for cell in row
        if isinstance(cell.value, float | int) and not (one.title == "支出明细" and cell.column == 2)
    ]
    assert [one for one in numbers if one[0] != "收入明细"] == []
    assert book["季度财务公开"].cell(row_of(book, "所属期"), 2).value == "2026年第三季度"


def test_nothing_that_counts_or_dates_is_ever_carried_over() -> None:
    for model in kinds().values():
        declared = declaration(model)
        for one in [*declared.fields, *(one for table in declared.tables for one in table.fields)]:
            if one.type in (Type.MONEY, Type.DAY, Type.PERIOD, Type.MONTH, Type.RATIO, Type.PROSE):
                assert not lasts(one)
    (scope,) = [
        one for one in declaration(FinanceDisclosure).table("voucher_checks").fields if one.path == ("scope",)
    ]
    assert not lasts(scope)  # Which vouchers were looked at then is no word about this quarter's.


def test_the_filled_template_is_read_without_a_key() -> None:
    assert [one.amount for one in document(read(a_quarter())).expense] == [100_000, 200_000]


def test_amounts_are_read_as_people_write_them() -> None:
    book = a_quarter()
    sheet = book["支出明细"]
    for row, text in enumerate(("１０６０．００ ", "1 060.00", "¥1,060", "0.106万元", "　1060元"), start=4):
        sheet.cell(row, 1).value, sheet.cell(row, 4).value = f"第{row}项", text
    assert [one.amount for one in document(read(book)).expense] == [106_000] * 5


def test_a_unit_of_money_in_the_header_is_kept_to() -> None:
    book = a_quarter()
    book["支出明细"]["D3"] = "本期金额（万元）"
    assert [one.amount for one in document(read(book)).expense] == [1000_000_000, 2000_000_000]


def test_moved_and_added_columns_and_hidden_sheets_do_no_harm() -> None:
    book = a_quarter()
    book["支出明细"].insert_cols(1)
    book["支出明细"]["A3"] = "我的备注栏"
    book["支出明细"]["A4"] = "自己看的"
    form = book["季度财务公开"]
    form.insert_cols(1)
    form["A6"] = "核"
    hidden = book.create_sheet("旧表")
    hidden["A1"], hidden["A2"] = "所属期", "2025Q1"
    hidden["B1"], hidden["B2"] = "支出合计", 7
    hidden.sheet_state = "hidden"
    reading = read(book)
    assert [one.item for one in document(reading).expense] == ["办公费", "差旅费"]
    assert any("我的备注栏" in one for one in reading.notes)
    assert any("旧表" in one and "隐藏" in one for one in reading.notes)


def test_merged_cells_of_a_form_are_read_once() -> None:
    book = a_quarter()
    form = book["季度财务公开"]
    row = row_of(book, "内容概述")
    form.cell(row, 2).value = "平稳"
    form.merge_cells(start_row=row, start_column=2, end_row=row, end_column=3)
    assert document(read(book)).abstract == "平稳"


def test_dates_as_text_are_read() -> None:
    book = a_quarter()
    sheet = book["票据检查"]
    sheet["A4"], sheet["B4"], sheet["C4"] = "２０２６年９月５日", "吴示四", "全部票据"
    assert [one.checked_on for one in document(read(book)).voucher_checks] == [date(2026, 9, 5)]


def test_a_totals_row_is_left_out_and_held_against_the_lines() -> None:
    book = a_quarter()
    sheet = book["支出明细"]
    sheet["A6"], sheet["D6"] = "合  计", 3000
    assert [one.item for one in document(read(book)).expense] == ["办公费", "差旅费"]
    sheet["D6"] = 2995
    reading = read(book)
    (problem,) = reading.problems
    assert (problem.sheet, problem.cell, problem.value) == ("支出明细", "D6", "2995")
    assert "与各行相加 3,000.00 元不符" in problem.message
    assert "相差 5.00 元" in problem.remedy
    assert "3000.00" in problem.remedy
    assert len(reading.entries) == 1


def test_a_total_of_the_upper_lines_alone_is_right_too() -> None:
    book = a_quarter()
    sheet = book["支出明细"]
    for row, (item, level, amount) in enumerate((("基本支出", 1, 30), ("人员经费", 2, 20), ("公用经费", 2, 10), ("合计", None, 30)), start=4):  # fmt: skip
        sheet.cell(row, 1).value, sheet.cell(row, 2).value, sheet.cell(row, 4).value = item, level, amount
    assert read(book).problems == ()


@pytest.mark.parametrize(
    ("others", "value", "told"),
    [
        ((100, 200, 300), 3_641_000, True),  # 364 hundred-millions: no unit of a county has them.
        ((100, 200, 300), 120_000, True),  # Twelve hundred-millions beside two millions.
        ((90_000, 80_000, 70_000), 120_000, False),
        ((100, 200, 300), "3641000万元", False),  # Said in so many words.
        ((100, 200, 300), 364.1, False),
    ],
)
def test_yuan_in_a_column_of_wan_are_told_with_the_likely_value(
    others: tuple[int, ...], value: Any, told: bool
) -> None:
    book = a_quarter()
    sheet = book["支出明细"]
    sheet["D3"] = "本期金额（万元）"
    for row, amount in enumerate((*others, value), start=4):
        sheet.cell(row, 1).value, sheet.cell(row, 4).value = f"第{row}项", amount
    problems = read(book).problems
    assert bool(problems) is told
    if value == 3_641_000:
        assert problems[0].cell == "D7"
        assert "请填 364.1；" in problems[0].remedy
        assert "“3641000万元”" in problems[0].remedy


@pytest.mark.parametrize(
    ("label", "value", "remedy"),
    [
        ("期初余额", "约1060.00元左右", "如果本意是 1060.00，请直接填 1060.00。"),
        ("期初余额", "1O6O.5", "如果本意是 1060.50，请直接填 1060.50。"),
        ("期初余额", "1,06,0", "如果本意是 1060.00，请直接填 1060.00。"),
        ("期初余额", "1000+60", "这一格里有 2 个数（1000+60），请只留一个。"),
        ("期初余额", "10.005", "四舍五入后是 10.00"),
        ("期初余额", "3月", ""),
        ("公开审查日期", "二〇二六年九月三十日", "如果本意是 2026-09-30"),
        ("公开审查日期", "二〇二六年十二月十一日", "如果本意是 2026-12-11"),
        ("公开审查日期", "26年9月5日", "如果本意是 2026-09-05"),
        ("公开审查日期", "9月5日", "缺少年份"),
        ("公开审查日期", "5/9/2026", "分不清是 5 月 9 日还是 9 月 5 日"),
        ("公开审查日期", "2026-09-05 14:30", "如果本意是 2026-09-05"),
        ("公开范围", "社会公众", "如果本意是 社会公开"),
        ("本期无发生额", "没有", "如果本意是 否"),
        ("所属期", "2026年7-9月", "如果本意是 2026年第三季度"),
        ("所属期", "三季度", "请写成“2026年第三季度”"),
    ],
)
def test_a_cell_that_cannot_be_read_proposes_what_was_meant(label: str, value: str, remedy: str) -> None:
    book = a_quarter()
    row = row_of(book, label)
    book["季度财务公开"].cell(row, 2).value = value
    reading = read(book)
    (problem,) = reading.problems
    assert (problem.sheet, problem.row, problem.cell) == ("季度财务公开", row, f"B{row}")
    assert problem.value == value
    assert problem.remedy.startswith(remedy) or remedy in problem.remedy
    assert problem.remedy.endswith("。")
    assert problem.column.startswith(("*", label))
    if not remedy:
        assert "如果本意是" not in problem.remedy


def test_a_place_of_the_document_is_found_in_the_file() -> None:
    book = a_quarter()
    (entry,) = read(book).entries
    assert entry.where is not None
    found = entry.where("/expense/1/amount")
    assert (found.sheet, found.row, found.cell, found.value) == ("支出明细", 5, "D5", "2000")
    assert entry.where("/expense/1").cell == "5:5"
    period = entry.where("/period")
    assert (period.sheet, period.cell) == ("季度财务公开", f"B{row_of(book, '所属期')}")
    assert entry.where("").cell == ""


def test_the_excerpt_shows_what_is_wrong_among_its_neighbours() -> None:
    book = a_quarter()
    for row in range(6, 40):
        book["支出明细"].cell(row, 1).value, book["支出明细"].cell(row, 4).value = f"第{row}项", 1
    book["支出明细"]["D20"] = "约1060元吧 "
    data = saved(book)
    reading = read_documents(data, "报表.xlsx", FinanceDisclosure)
    cells = [(one.sheet, one.cell) for one in reading.problems]
    (piece,) = excerpts(data, "报表.xlsx", FinanceDisclosure, reading, cells)
    assert [number for number, _ in piece.rows] == [18, 19, 20, 21, 22]
    assert [name for _, name in piece.columns][:2] == ["*项目", "层级"]
    bad = [cell for _, row in piece.rows for cell in row if cell.bad]
    assert [(one.name, one.text) for one in bad] == [("D20", "约1060元吧␣")]
    assert piece.left_out == "只列出有问题的行和它们的上下文。第 4—17、23—39 行无误。"


def test_the_annotated_form_can_be_uploaded_again() -> None:
    book = a_quarter()
    row = row_of(book, "期初余额")
    book["季度财务公开"].cell(row, 2).value = "很多"
    data = saved(book)
    copy = opened(annotate(data, "报表.xlsx", read_documents(data, "报表.xlsx", FinanceDisclosure).problems))
    assert copy["季度财务公开"].cell(row, 2).comment is not None
    copy["季度财务公开"].cell(row, 2).value = 5
    assert document(read(copy)).opening == 500


def test_the_workbook_of_another_kind_is_told_as_such() -> None:
    with pytest.raises(UnreadableFile, match="这是“季度财务公开”的工作簿，这里要的是“集体决策记录”"):
        read_documents(saved(a_quarter()), "报表.xlsx", DecisionRecord)
    # A table of one's own that merely bears another kind's name is read by its headers.
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.title = "季度财务公开"
    book.active.append(["议题", "决策编号"])
    book.active.append(["研究维修", "示决〔2026〕1号"])
    assert read_documents(saved(book), "台账.xlsx", DecisionRecord).rows


def test_what_an_annotated_copy_said_is_not_shown_as_content() -> None:
    book = a_quarter()
    book["支出明细"]["D4"] = "很多"
    data = saved(book)
    copy = opened(annotate(data, "报表.xlsx", read_documents(data, "报表.xlsx", FinanceDisclosure).problems))
    assert "核对结果" in [cell.value for cell in copy["支出明细"][3]]
    data = saved(copy)
    reading = read_documents(data, "报表.xlsx", FinanceDisclosure)
    (piece,) = excerpts(data, "报表.xlsx", FinanceDisclosure, reading, [("支出明细", "D4")])
    assert "核对结果" not in [name for _, name in piece.columns]


def test_a_dash_for_nothing_is_told_what_to_write() -> None:
    book = a_quarter()
    book["支出明细"]["D4"] = "-"
    (problem,) = read(book).problems
    assert "没有发生的填 0" in problem.remedy
