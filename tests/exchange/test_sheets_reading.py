"""Rows, headers and cells as real offices write them."""

from __future__ import annotations

import io
import re
from datetime import date, datetime
from typing import Annotated, get_args

import openpyxl
import pytest
import xlsxwriter
from pydantic_core.core_schema import ErrorType

from portal.domain.documents.about import About, Part
from portal.domain.documents.base import Document, kinds
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Tender
from portal.domain.values import Day, Line
from portal.exchange.sheets import annotate, read_documents, template
from portal.exchange.sheets.complaints import translate
from portal.exchange.sheets.headers import known_fields

HEAD = ["单位", "项目名称", "预算金额", "预计采购时间"]


def book(*rows, name="Sheet1", merges=(), **others):
    out = io.BytesIO()
    made = xlsxwriter.Workbook(out, {"in_memory": True})
    day = made.add_format({"num_format": "yyyy-mm-dd"})
    for title, content in {name: rows, **others}.items():
        sheet = made.add_worksheet(title)
        for row, cells in enumerate(content):
            for column, cell in enumerate(cells):
                if isinstance(cell, date):
                    sheet.write_datetime(row, column, cell, day)
                elif isinstance(cell, tuple):
                    sheet.write_formula(row, column, cell[0], None, cell[1])
                elif isinstance(cell, bool):
                    sheet.write_boolean(row, column, cell)
                elif isinstance(cell, int | float):
                    sheet.write_number(row, column, cell)
                elif cell:
                    sheet.write_string(row, column, cell)
        if title == name:
            for merge in merges:
                sheet.merge_range(merge, made_text(merge, content))
    made.close()
    return out.getvalue()


def made_text(merge, content):
    cell = merge.split(":")[0]
    return content[int(cell[1:]) - 1][ord(cell[0]) - 65]


def read(*rows, model=Tender, **more):
    return read_documents(book(*rows, **more), "表.xlsx", model)


def budgets(reading):
    return [entry.document.intent.budget for entry in reading.entries]


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        (0.1 + 0.2, 30),
        (1234567.89, 123456789),
        (sum([0.1] * 1000), 10000),
        (9999999999999.99, 999999999999999),
        (-12.34, -1234),
        ("￥１２，３４５．６０", 1234560),
        ("11.2万元", 11200000),
        ("¥ 1,000", 100000),
        ("（5.00）", -500),
        ("=formula", 4200),
    ],
)
def test_no_amount_loses_a_cent(cell, fen):
    value = ("=21*2", 42) if cell == "=formula" else cell
    assert budgets(read(HEAD, ["示例局", "甲", value, "2026年7月"])) == [fen]


@pytest.mark.parametrize(
    ("header", "fen"),
    [
        ("金额", 11200000),
        ("预算金额", 1120),
        ("预算金额（单位：万元）", 11200000),
        ("预算金额(万元)", 11200000),
        ("金额（元）", 1120),
        ("*采购意向·预算金额", 1120),
        ("采购意向·预算金额（万元）", 11200000),
        ("预 算\n金 额", 1120),
    ],
)
def test_the_header_says_the_unit_of_money(header, fen):
    reading = read(["单位", "*项目名称", header], ["示例局", "甲", "11.200000"], ["示例局", "乙", 11.2])
    assert budgets(reading) == [fen, fen]


def test_a_line_above_the_header_may_say_the_unit():
    reading = read(["采购意向公开表"], ["", "", "金额单位：万元"], HEAD, ["示例局", "甲", 1.5, ""])
    assert budgets(reading) == [1_500_000]
    assert "表头上方" in "".join(reading.notes)


def test_title_lines_blank_rows_and_totals_are_passed_over():
    reading = read(
        ["二〇二六年采购意向"], [], HEAD, [], ["示例局", "甲", 10, "2026年7月"], [], ["合　计：", "", 10]
    )
    assert len(reading.entries) == 1
    assert reading.problems == ()
    assert reading.rejected == 0
    assert reading.entries[0].row == 5
    assert "第 7 行是合计行" in "".join(reading.notes)


def test_merged_and_two_line_headers_are_understood():
    reading = read(
        ["单位", "项目名称", "采购意向", "", "合同", ""],
        ["", "", "预算金额", "预计采购时间", "合同签订日期", "合同金额"],
        ["示例局", "甲", 10, "2026-07", date(2026, 8, 1), 9.5],
        ["", "乙", 20, "2026-08", "", ""],
        merges=["A1:A2", "B1:B2", "C1:D1", "E1:F1", "A3:A4"],
    )
    assert reading.problems == ()
    assert budgets(reading) == [1000, 2000]
    assert reading.entries[0].document.contract.amount == 950
    assert [entry.unit_name for entry in reading.entries] == ["示例局", "示例局"]


@pytest.mark.parametrize("cell", [datetime(2026, 7, 1, 0, 0), "2026年07月", "2026.7", 202607, "2026-07"])  # noqa: DTZ001 - an Excel date has no zone.
def test_a_month_is_read_in_each_shape(cell):
    reading = read(HEAD, ["示例局", "甲", 1, cell])
    assert reading.entries[0].document.intent.expected_month == "2026-07"


@pytest.mark.parametrize("cell", [date(2026, 3, 5), "2026年3月5日", 20260305, "2026/3/5"])
def test_a_day_is_read_in_each_shape(cell):
    reading = read(["项目名称", "公告日期"], ["甲", cell])
    assert reading.entries[0].document.notice.issued_on == date(2026, 3, 5)


def test_each_bad_cell_is_one_problem_in_its_place():
    reading = read(
        [*HEAD, "采购方式"],
        ["示例局", "甲", "1,2万", "2026年13月", "摇号"],
        ["示例局", "", 1, "2026年7月", "询价"],
        ["示例局", "丙", 1, "2026年7月", "询价"],
    )
    assert len(reading.entries) == 1
    assert reading.rejected == 2
    assert [(one.cell, one.column) for one in reading.problems] == [
        ("C2", "预算金额"), ("D2", "预计采购时间"), ("E2", "采购方式"), ("B3", "项目名称"),
    ]  # fmt: skip
    money, month, choice, missing = reading.problems
    assert "1,2万" in money.message
    assert "12,000.00" in money.remedy
    assert "13" in month.message
    assert "公开招标" in choice.remedy
    assert "必须填写" in missing.message
    assert set(money.as_dict()) == {"sheet", "row", "column", "cell", "value", "message", "remedy"}


def test_required_columns_that_the_file_lacks_are_named_once_a_row():
    reading = read(
        ["议题", "决策编号"], ["甲", "示决〔2026〕1号"], ["乙", "示决〔2026〕2号"], model=DecisionRecord
    )
    assert [one.cell for one in reading.problems] == ["2:2", "3:3"]
    assert "会议日期" in reading.problems[0].message
    assert "模板" in reading.problems[0].remedy


def test_formula_errors_and_uncalculated_formulas_are_told():
    out = io.BytesIO()
    made = openpyxl.Workbook()
    made.active.append(HEAD)
    made.active.append(["示例局", "甲", "=A9*2", "2026年7月"])
    made.save(out)
    uncalculated = read_documents(out.getvalue(), "a.xlsx", Tender)
    reading = read(HEAD, ["示例局", "甲", ("=1/0", "#DIV/0!"), ""], ["示例局", "乙", "#REF!", ""])

    assert [one.cell for one in reading.problems] == ["C2", "C3"]
    assert "#DIV/0!" in reading.problems[0].message
    assert reading.problems[0].value == "#DIV/0!"
    assert "#REF!" in reading.problems[1].message
    assert [one.cell for one in uncalculated.problems] == ["C2"]
    assert "没有保存计算结果" in uncalculated.problems[0].message


def test_a_field_in_two_columns_is_a_problem_and_a_contradiction_rejects_the_row():
    reading = read(["单位", "项目名称", "预算金额", "金额"], ["示例局", "甲", 1, ""], ["示例局", "乙", 1, 2])
    assert [one.cell for one in reading.problems] == ["D1", "D3"]
    assert "同一栏出现了两列" in reading.problems[0].message
    assert [entry.document.title for entry in reading.entries] == ["甲"]


def test_the_same_record_twice_for_one_unit_is_a_problem_on_the_later_row():
    reading = read(
        HEAD, ["示例局", "甲", 1, "2026-07"], ["示例镇", "甲", 1, "2026-07"], ["示例局", "甲", 2, "2026-07"]
    )
    assert [entry.row for entry in reading.entries] == [2, 3]
    assert [(one.row, one.cell) for one in reading.problems] == [(4, "4:4")]
    assert "第 2 行" in reading.problems[0].message


def test_repeated_headers_and_another_tables_rows_are_told_apart_from_records():
    reading = read(
        ["投标截止日期", "项目名称", "金额"],
        ["2026-03-01", "甲", 1],
        ["投标截止日期", "项目名称", "金额"],
        ["2026-03-02", "乙", 2],
        ["采购方式", "项目编号", "采购对象"],
        ["公开招标", "示例-1", "货物"],
        ["询价", "示例-2", "服务"],
        ["2026-03-03", "丙", 3],
        ["2026-03-04", "丁", "1,2"],
        model=Tender,
    )
    sorts = {one.row: one.message for one in reading.problems if one.row != 9}
    assert "重复的表头" in sorts[3]
    assert "重复的表头" in sorts[5]
    assert "第 5 行起的另一张表（采购方式｜项目编号｜采购对象）" in sorts[6]
    assert "第 5 行起的另一张表" in sorts[7]
    assert sorted({one.row for one in reading.problems}) == [2, 3, 4, 5, 6, 7, 8, 9]
    # A notice needs its own date, so the three good rows lack only that; none is taken for another table's.
    assert all("公告日期" in sorts[row] for row in (2, 4, 8))
    assert [one.cell for one in reading.problems if one.row == 9] == ["C9", "9:9"]


def test_a_long_number_in_a_numeric_cell_is_refused_because_excel_has_lost_its_tail():
    reading = read(["项目名称", "项目编号"], ["甲", 123456789012345678])
    assert "文本" in reading.problems[0].remedy


def test_invisible_characters_and_overlong_texts_are_told_in_chinese():
    reading = read(["项目名称", "项目编号"], ["甲\u202e乙", "1"], ["长" * 301, "2"])
    assert [one.cell for one in reading.problems] == ["A2", "A3"]
    assert "U+202E" in reading.problems[0].message
    assert "300" in reading.problems[1].message


def test_columns_that_are_not_known_are_named_in_a_note():
    reading = read(["项目名称", "项目编号", "奇怪的列"], ["甲", "1", "x"])
    assert "未采用的列：奇怪的列" in "".join(reading.notes)


class Step(Part):
    """A group of a made-up kind."""

    on: Annotated[Day | None, About("日期", aliases=("时间",))] = None


class Twice(Document):
    """A made-up kind in which two groups have a field of one label. It has no code, so it is not registered."""

    first: Annotated[Step | None, About("第一步")] = None
    second: Annotated[Step | None, About("第二步")] = None
    place: Annotated[Line | None, About("时间")] = None


def test_a_bare_label_of_two_groups_is_not_guessed():
    known = known_fields(Twice)
    assert known.match("日期") is None
    assert known.ambiguous["日期"] == ("第一步·日期", "第二步·日期")
    assert known.match("第二步·日期").field.path == ("second", "on")
    assert known.match("时间").field.path == ("place",)


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_every_error_of_the_validator_has_chinese_words(kind):
    for text in translate(kind, dict.fromkeys(("ge", "gt", "le", "lt", "max_length", "min_length"), 7)):
        assert re.search("[\u4e00-\u9fff]", text)
        assert not re.search("[A-Za-z{}]", text)


def test_a_hidden_sheet_is_not_read_and_says_so():
    made = openpyxl.load_workbook(
        io.BytesIO(book(HEAD, ["示例局", "甲", 1, ""], 旧表=(HEAD, ["示例局", "乙", 1, ""])))
    )
    made["旧表"].sheet_state = "hidden"
    out = io.BytesIO()
    made.save(out)
    reading = read_documents(out.getvalue(), "a.xlsx", Tender)
    assert [entry.document.title for entry in reading.entries] == ["甲"]
    assert "“旧表”（已隐藏）" in "".join(reading.notes)


def test_two_flat_sheets_are_both_read():
    reading = read(
        HEAD, ["示例局", "甲", 1, ""], 二月=(HEAD, ["示例局", "乙", "x", ""], ["示例局", "丙", 2, ""])
    )
    assert [(entry.sheet, entry.row) for entry in reading.entries] == [("Sheet1", 2), ("二月", 3)]
    assert [(one.sheet, one.cell) for one in reading.problems] == [("二月", "C2")]


def filled(model, main, **tables):
    """Fill a template as a person would: under its own headers."""
    made = openpyxl.load_workbook(io.BytesIO(template(model)))
    for name, rows in {model.kind.label: main, **tables}.items():
        sheet = made[name]
        plain = {str(cell.value).lstrip("*").removesuffix("（元）"): cell.column for cell in sheet[1]}
        for number, row in enumerate(rows, start=2):
            for label, value in row.items():
                sheet.cell(number, plain[label], value)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


DECISION = {
    "记录编号": 1, "单位": "示例县财政局", "议题": "示例事项", "决策编号": "示决〔2026〕1号", "会议类型": "党组会",
    "决策类别": "大额资金使用", "会议日期": date(2026, 3, 5), "开始时刻": "9:05", "主持人": "陈示一", "应到人数": 5,
    "表决方式": "举手", "赞成票": 5, "表决结果": "通过", "涉及金额": 1234567.89, "重大行政决策": "否",
}  # fmt: skip


def test_a_filled_template_joins_its_tables():
    data = filled(
        DecisionRecord,
        [DECISION, {**DECISION, "记录编号": "乙", "决策编号": "示决〔2026〕2号"}],
        到会情况=[
            {"记录编号": 1, "姓名": "陈示一", "职务": "局长", "身份": "主要负责人", "到会情况": "到会"},
            {"记录编号": "乙", "姓名": "林示二", "职务": "副局长", "到会情况": "到会"},
            {"记录编号": "1", "姓名": "林示二", "职务": "副局长", "到会情况": "缺席"},
        ],
        发言顺序=[{"记录编号": 1, "发言人": "林示二", "态度": "同意", "时刻": "15:02"}],
    )

    reading = read_documents(data, "填好.xlsx", DecisionRecord)

    assert reading.problems == ()
    one, two = (entry.document for entry in reading.entries)
    assert [person.name for person in one.attendees] == ["陈示一", "林示二"]
    assert [person.name for person in two.attendees] == ["林示二"]
    assert one.amount == 123456789
    assert one.began_at == "09:05"
    assert one.statements[0].at == "15:02"


def test_table_rows_without_a_record_and_bad_table_cells_are_placed():
    data = filled(
        DecisionRecord,
        [DECISION, {**DECISION, "决策编号": "示决〔2026〕2号"}],
        到会情况=[
            {"记录编号": 9, "姓名": "陈示一", "职务": "局长"},
            {"姓名": "林示二", "职务": "副局长"},
            {"记录编号": 1, "姓名": "周示三", "身份": "顾问"},
        ],
    )

    reading = read_documents(data, "填好.xlsx", DecisionRecord)

    told = {(one.sheet, one.cell): one.message for one in reading.problems}
    assert "“9”在“集体决策记录”表中不存在" in told["到会情况", "A2"]
    assert "没有填写记录编号" in told["到会情况", "A3"]
    assert "顾问" in told["到会情况", "D4"]
    assert "职务" in told["到会情况", "C4"]
    assert "重复" in told["集体决策记录", "2:2"]
    assert "重复" in told["集体决策记录", "3:3"]
    assert reading.entries == ()
    assert reading.rejected == 4


PERSON = {"姓名": "陈示一", "职务": "局长", "到会情况": "到会"}


@pytest.mark.parametrize("number", [9, None])
def test_no_record_is_let_through_while_a_row_belongs_to_none(number):
    other = {**DECISION, "记录编号": 2, "决策编号": "示决〔2026〕2号"}
    data = filled(
        DecisionRecord,
        [DECISION, other],
        到会情况=[{"记录编号": 1, **PERSON}, {"记录编号": 2, **PERSON}, {"记录编号": number, **PERSON}],
    )

    reading = read_documents(data, "填好.xlsx", DecisionRecord)

    assert reading.entries == ()
    assert reading.rejected == 3
    assert [(one.sheet, one.row) for one in reading.problems] == [
        ("集体决策记录", 2), ("集体决策记录", 3), ("到会情况", 4),
    ]  # fmt: skip
    assert "本文件有未归属的明细行（“到会情况”表第 4 行）" in reading.problems[0].message


def test_a_table_sheet_whose_header_is_lost_holds_the_records_back_too():
    made = openpyxl.load_workbook(
        io.BytesIO(filled(DecisionRecord, [DECISION], 到会情况=[{"记录编号": 1, **PERSON}]))
    )
    for cell in made["到会情况"][1]:
        cell.value = None
    out = io.BytesIO()
    made.save(out)

    assert read_documents(out.getvalue(), "填好.xlsx", DecisionRecord).entries == ()


def test_a_problem_in_a_table_names_its_column_and_no_other_row_number():
    data = filled(
        DecisionRecord,
        [DECISION],
        到会情况=[{"记录编号": 1, **PERSON}, {"记录编号": 1, "姓名": "林示二", "到会情况": "到会"}],
    )

    problems = read_documents(data, "填好.xlsx", DecisionRecord).problems

    assert [(one.cell, one.message) for one in problems] == [("C3", "“职务”必须填写，现在是空的。")]


def test_a_repeated_record_is_told_even_where_the_first_row_must_be_mended():
    reading = read(HEAD, ["示例局", "甲", "1,2万", "2026-07"], ["示例局", "甲 ", 2, "2026年7月"])
    assert reading.entries == ()
    assert [one.cell for one in reading.problems] == ["C2", "3:3"]
    assert "与工作表“Sheet1”第 2 行是同一单位的同一条记录" in reading.problems[1].message


def test_rows_whose_own_key_cannot_be_read_are_not_taken_for_one_record():
    reading = read(HEAD, ["示例局", "甲", 1, "2026年13月"], ["示例局", "甲", 2, "2026年14月"])
    assert [one.cell for one in reading.problems] == ["D2", "D3"]


def test_a_cell_merged_over_records_is_told_and_its_comment_stands_where_it_is_seen():
    data = book(
        ["记录编号", *HEAD],
        [1, "示例局", "甲", 10, "2026-07"],
        [2, "示例局", "乙", "", "2026-08"],
        [3, "示例局", "丙", 3, "2026-08"],
        merges=("B2:B3", "D2:D3"),
    )

    reading = read_documents(data, "表.xlsx", Tender)

    assert [entry.document.title for entry in reading.entries] == ["丙"]
    assert [(one.cell, one.value) for one in reading.problems] == [("D2", "10"), ("D3", "10")]
    assert all("合并单元格" in one.message and "取消合并并逐行填写" in one.remedy for one in reading.problems)
    sheet = openpyxl.load_workbook(io.BytesIO(annotate(data, "表.xlsx", reading.problems)))["Sheet1"]
    assert "取消合并" in sheet["D2"].comment.text
    assert "取消合并" in sheet["F3"].value


def test_a_number_that_stands_once_for_several_rows_joins_each_of_them():
    made = openpyxl.load_workbook(
        io.BytesIO(
            filled(
                DecisionRecord,
                [DECISION],
                到会情况=[{"记录编号": 1, **PERSON}, {**PERSON, "姓名": "林示二"}],
            )
        )
    )
    made["到会情况"].merge_cells("A2:A3")
    out = io.BytesIO()
    made.save(out)

    reading = read_documents(out.getvalue(), "填好.xlsx", DecisionRecord)

    assert reading.problems == ()
    assert [one.name for one in reading.entries[0].document.attendees] == ["陈示一", "林示二"]


def test_a_period_that_cannot_be_read_does_not_also_blame_the_title_made_from_it():
    reading = read(["所属期", "收入合计"], ["2026年第五季度", 1], model=FinanceDisclosure)
    assert [one.cell for one in reading.problems] == ["A2"]


@pytest.mark.parametrize("model", kinds().values(), ids=list(kinds()))
def test_no_problem_of_any_kind_leaks_english(model):
    made = openpyxl.load_workbook(io.BytesIO(template(model)))
    for sheet in made:
        if sheet.title in ("填表说明", "选项"):
            continue
        sheet.append(["1", *["￥x"] * (sheet.max_column - 1)])
        sheet.append(["2"])
    out = io.BytesIO()
    made.save(out)

    reading = read_documents(out.getvalue(), "a.xlsx", model)

    assert reading.entries == ()
    assert len(reading.problems) > 5
    for one in reading.problems:
        text = one.message + one.remedy
        for word in ("Input", "should", "Value error", "valid", "Field required", "input"):
            assert word not in text
        assert any("\u4e00" <= sign <= "\u9fff" for sign in one.message)
        assert any("\u4e00" <= sign <= "\u9fff" for sign in one.remedy)


def test_a_marked_copy_can_be_mended_and_uploaded():
    data = book(HEAD, ["示例局", "甲", "1,2万", "2026年13月"], ["示例局", "=乙", 0.3, date(2026, 7, 1)])
    reading = read_documents(data, "表.xlsx", Tender)
    copy = openpyxl.load_workbook(io.BytesIO(annotate(data, "表.xlsx", reading.problems)))
    sheet = copy["Sheet1"]
    assert sheet["E1"].value == "核对结果"
    assert "C2：" in sheet["E2"].value
    assert sheet["E3"].value is None
    assert sheet["B3"].data_type == "s"
    assert copy["问题清单"]["D2"].value == "C2"
    sheet["C2"], sheet["D2"] = "1.2万元", "2026年12月"
    out = io.BytesIO()
    copy.save(out)

    mended = read_documents(out.getvalue(), "表.xlsx", Tender)

    assert mended.problems == ()
    assert budgets(mended) == [1_200_000, 30]
    again = openpyxl.load_workbook(io.BytesIO(annotate(out.getvalue(), "表.xlsx", ())))
    assert again.sheetnames == ["问题清单", "Sheet1"]
    assert again["Sheet1"]["E2"].value is None


def test_a_problem_of_a_whole_row_fills_the_row():
    data = book(HEAD, ["示例局", "甲", 1, "2026-07"], ["示例局", "甲", 1, "2026-07"], merges=())
    reading = read_documents(data, "表.xlsx", Tender)

    sheet = openpyxl.load_workbook(io.BytesIO(annotate(data, "表.xlsx", reading.problems)))["Sheet1"]

    assert {cell.fill.fgColor.rgb for cell in sheet[3][:4]} == {"FFFFD9D2"}
    assert "重复填写" in sheet["E3"].value
