"""What goes out as a sheet comes back as the same document, for every kind."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.documents.base import Document, kinds
from portal.domain.documents.declaration import Field, declaration
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.tender import Tender
from portal.domain.values import Type
from portal.exchange.sheets import flat_rows, read_documents, template, to_csv, to_xlsx

_SIGNS = st.sampled_from("甲乙丙丁示例一二三 =+-@'\"，、；→：（）ABCabc0189_x.,;|%#&<>😀〔〕")
_LINE = st.text(_SIGNS, min_size=1, max_size=12).filter(lambda text: text.strip() != "")
_PROSE = st.text(st.one_of(_SIGNS, st.sampled_from("\n\t")), min_size=1, max_size=30).filter(
    lambda text: text.strip() != ""
)
_USCC = st.just("91350100M000100Y43")


def _value(field: Field) -> st.SearchStrategy[Any]:
    if field.choices is not None:
        return st.sampled_from(list(field.choices))
    return {
        Type.LINE: _LINE,
        Type.PROSE: _PROSE,
        Type.MONEY: st.integers(-(10**15), 10**15),
        Type.COUNT: st.integers(0, 10**9 - 1),
        Type.RATIO: st.integers(0, 10**7 - 1),
        Type.DAY: st.dates(date(1949, 10, 1), date(2199, 12, 31)),
        Type.MONTH: st.builds(lambda y, m: f"{y}-{m:02d}", st.integers(1949, 2199), st.integers(1, 12)),
        Type.PERIOD: st.sampled_from(["2026", "1999", "2026Q1", "2026Q4", "2026-01", "2026-12"]),
        Type.CLOCK: st.builds(lambda h, m: f"{h:02d}:{m:02d}", st.integers(0, 23), st.integers(0, 59)),
        Type.YES_NO: st.booleans(),
        Type.LINES: st.lists(_LINE, min_size=1, max_size=4).map(tuple),
        Type.USCC: _USCC,
    }[field.type]


def _part(fields: tuple[Field, ...]) -> st.SearchStrategy[dict[str, Any]]:
    required = {one.path[-1]: _value(one) for one in fields if one.required}
    optional = {one.path[-1]: _value(one) for one in fields if not one.required}
    return st.fixed_dictionaries(required, optional=optional)


def documents(model: type[Document]) -> st.SearchStrategy[Document]:
    """Build documents of a kind from its declaration alone."""
    declared = declaration(model)
    single = tuple(one for one in declared.fields if one.group is None)
    groups = {one.path[0] for one in declared.fields if one.group}
    # A group in which nothing is filled is read as absent: a sheet has nothing to show for it.
    inner = {
        name: _part(tuple(one for one in declared.fields if one.path[0] == name)).filter(bool)
        for name in groups
    }
    tables = {one.name: st.lists(_part(one.fields), max_size=2) for one in declared.tables}

    def build(parts: tuple[dict[str, Any], dict[str, Any], dict[str, Any]]) -> Document:
        return model.model_validate({**parts[0], **parts[1], **parts[2]})

    whole = st.tuples(_part(single), st.fixed_dictionaries({}, optional=inner), st.fixed_dictionaries(tables))
    return whole.map(build)


@pytest.mark.parametrize("code", list(kinds()))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_record_written_as_a_workbook_reads_back_the_same(code, data):
    model = kinds()[code]
    document = data.draw(documents(model))

    reading = read_documents(to_xlsx("示例县财政局", document), "记录.xlsx", model)

    assert reading.problems == ()
    assert [entry.document for entry in reading.entries] == [document]
    assert reading.entries[0].unit_name == "示例县财政局"
    assert reading.rejected == 0


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_record_written_as_csv_reads_back_the_same_but_for_its_tables(data):
    document = data.draw(documents(Tender))
    flat = document.model_copy(
        update={table.name: () for table in declaration(Tender).tables},
    )

    reading = read_documents(to_csv([("=示例局", document)], Tender), "记录.csv", Tender)

    assert [(entry.unit_name, entry.document) for entry in reading.entries] == [("=示例局", flat)]


def test_a_text_longer_than_an_excel_cell_goes_over_several_columns_and_back():
    document = Tender(title="示例项目", abstract="长" * 70_000, remark=" ".join(["词"] * 20_000))

    data = to_xlsx("示例局", document)

    sheet = openpyxl.load_workbook(io.BytesIO(data))["采购招标"]
    headers = [cell.value for cell in sheet[1]]
    assert "内容概述（续4）" in headers
    assert read_documents(data, "a.xlsx", Tender).entries[0].document == document


def test_no_cell_of_a_written_workbook_is_a_formula():
    document = Tender(title='=HYPERLINK("http://x","y")', remark="@SUM(A1)", region="+1+1", domain="-1+1")

    book = openpyxl.load_workbook(io.BytesIO(to_xlsx("=示例", document)))

    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    title = next(cell for cell in cells if cell.value == '=HYPERLINK("http://x","y")')
    assert title.quotePrefix


def test_csv_has_a_byte_order_mark_and_escapes_formulas_but_not_negative_numbers():
    document = Tender.model_validate(
        {"title": "=1+1", "region": "＝全角", "domain": "'引号", "intent": {"budget": -1234}}
    )

    data = to_csv([("示例局", document)], Tender)

    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    assert "'=1+1" in text
    assert "'＝全角" in text
    assert "''引号" in text
    assert ",-12.34," in text


@pytest.mark.parametrize("model", kinds().values(), ids=list(kinds()))
def test_a_template_explains_and_guards_every_field(model):
    book = openpyxl.load_workbook(io.BytesIO(template(model, unit_names=["示例县财政局", "示例县水利局"])))
    declared = declaration(model)
    main = book[model.kind.label]
    headers = [str(cell.value) for cell in main[1]]

    assert headers[:2] == ["记录编号", "*单位"]
    assert main.freeze_panes == "C2"
    assert book["选项"].sheet_state == "hidden"
    assert all(cell.comment for cell in main[1])
    for table in declared.tables:
        own = [sheet for sheet in book if sheet.title.startswith(table.about.label)]
        assert own, table.about.label
        assert own[0]["A1"].value == "记录编号"
        assert len(own[0][1]) == len(table.fields) + 1
    guide = [[cell.value for cell in row] for row in book["填表说明"].iter_rows()]
    labels = [row[1] for row in guide]
    for one in (*declared.fields, *(inner for table in declared.tables for inner in table.fields)):
        assert one.label in labels
    assert [row[1] for row in guide if row[0] == model.kind.label][:2] == ["记录编号", "单位"]
    sources = [one.about.source for one in declared.fields if one.about.source]
    assert all(any(source in (row[5] or "") for row in guide) for source in sources)


def test_a_template_marks_required_columns_and_offers_choices_and_units():
    book = openpyxl.load_workbook(io.BytesIO(template(kinds()["decision"], unit_names=["示例县财政局"])))
    main = book["集体决策记录"]
    headers = [cell.value for cell in main[1]]

    assert "*决策编号" in headers
    assert "主持人" not in headers
    assert "文号" in headers
    assert "涉及金额（元）" in headers
    rules = {str(rule.sqref).split(":")[0]: rule for rule in main.data_validations.dataValidation}
    column = openpyxl.utils.get_column_letter(headers.index("*会议类型") + 1)
    assert rules[f"{column}2"].type == "list"
    assert "选项" in rules[f"{column}2"].formula1
    assert rules["B2"].type == "list"
    held = openpyxl.utils.get_column_letter(headers.index("*会议日期") + 1)
    assert rules[f"{held}2"].type == "date"
    options = {cell.value for row in book["选项"].iter_rows() for cell in row}
    assert {"党委会", "村“四议两公开”会议", "示例县财政局"} <= options


def test_a_template_says_what_a_blank_cell_means():
    book = openpyxl.load_workbook(io.BytesIO(template(kinds()["finance"])))
    how = {(row[0].value, row[1].value): row[3].value for row in book["填表说明"].iter_rows(min_row=7)}

    assert "留空按“季度财务收支”处理" in how["季度财务公开", "公开类型"]
    assert "留空按“1”处理" in how["收入明细", "层级"]
    assert "留空按“否”处理" in how["大额支出", "经班子集体研究"]
    assert "留空" not in how["季度财务公开", "收入合计"]
    header = next(cell for cell in book["季度财务公开"][1] if cell.value == "公开类型")
    assert "留空按“季度财务收支”处理" in header.comment.text


def test_a_title_that_makes_itself_is_not_marked_as_required():
    book = openpyxl.load_workbook(io.BytesIO(template(DelegationPlan)))

    headers = [cell.value for cell in book["授权分工方案"][1]]

    assert "标题" in headers
    assert "*执行日期" in headers


def test_an_empty_template_reads_as_nothing_without_a_complaint():
    for model in kinds().values():
        reading = read_documents(template(model), "模板.xlsx", model)
        assert (reading.entries, reading.problems, reading.rejected) == ((), (), 0)


def test_flat_rows_tell_what_is_filled():
    document = Tender.model_validate(
        {"title": "示例项目", "intent": {"budget": 1_234_500, "sme_reserved": False}}
    )

    rows = dict(flat_rows(document))

    assert rows["项目名称"] == "示例项目"
    assert rows["采购意向·预算金额"] == "12,345.00"
    assert rows["采购意向·面向中小企业预留"] == "否"
    assert "合同·合同金额" not in rows
