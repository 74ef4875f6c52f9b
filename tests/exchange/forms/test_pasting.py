"""Cells copied from a spreadsheet become rows; what cannot be read stays as typed and is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Tender
from portal.exchange.forms import MAX_CHARACTERS, MAX_ROWS, TooMuch, pasted, read_entries, with_rows
from portal.exchange.forms.pasting import cells


def copied_by_a_spreadsheet(rows: list[list[str]]) -> str:
    """Write cells as spreadsheets put them on the clipboard."""

    def cell(text: str) -> str:
        if any(sign in text for sign in '\t\n"'):
            return '"' + text.replace('"', '""') + '"'
        return text

    return "".join("\t".join(cell(one) for one in row) + "\r\n" for row in rows)


_CELL = st.text(st.sampled_from('甲乙1,. "\n\tab-'), max_size=8)


@given(st.lists(st.lists(_CELL, min_size=2, max_size=4), min_size=1, max_size=5))
def test_cells_come_back_as_they_were_copied(rows: list[list[str]]) -> None:
    text = copied_by_a_spreadsheet(rows).replace("\r\n", "\n")

    assert list(cells(text)) == rows


@given(st.text(st.sampled_from('甲1"\t\n,-合计 '), max_size=40))
def test_whatever_is_pasted_gives_rows_of_the_table(text: str) -> None:
    found = pasted(FinanceDisclosure, "expense", text)

    columns = {"item", "level", "budget", "amount", "cumulative", "last_year", "source", "explanation"}
    assert all(row and set(row) <= columns for row in found.rows)


def test_a_header_is_recognised_by_labels_and_other_names_and_amounts_come_in_yuan() -> None:
    text = '序号\t科目\t全年预算（万元）\t本季金额\t增减说明\n1\t 办公费\t1,286.00\t3,641,000.00\t"因\n搬迁"\n2\t差旅费\t-\t(12.50)\t\n合计\t\t1286\t3,640,987.50\t\n'

    found = pasted(FinanceDisclosure, "expense", text)

    assert found.rows == (
        {"item": "办公费", "budget": "12860000.00", "amount": "3641000.00", "explanation": "因\n搬迁"},
        {"item": "差旅费", "amount": "-12.50"},
    )
    assert found.problems == ()
    assert any("合计行" in one for one in found.notes)
    entries = with_rows(FinanceDisclosure, {"period": "2026Q3", "expense-0-item": ""}, "expense", found.rows)
    document = read_entries(FinanceDisclosure, entries).document
    assert document
    assert [one.amount for one in document.expense] == [3_641_000_00, -12_50]  # type: ignore[attr-defined]


def test_without_a_header_the_columns_count_in_their_order_and_a_note_says_so() -> None:
    found = pasted(DecisionRecord, "named_votes", "方示九\t同意\n林示二\t弃权\t多余\n")

    assert found.rows == ({"member": "方示九", "vote": "for"}, {"member": "林示二", "vote": "abstain"})
    assert any("没有认出表头" in one for one in found.notes)
    assert any("第 3 列" in one for one in found.notes)


def test_what_cannot_be_read_stays_as_typed_and_is_told_with_its_row() -> None:
    found = pasted(FinanceDisclosure, "expense", "项目\t本期金额（万元）\n办公费\t十二\n")

    assert found.rows == ({"item": "办公费", "amount": "十二"},)
    assert [(one.name, one.label) for one in found.problems] == [
        ("expense-0-amount", "支出明细第 1 行·本期金额")
    ]
    assert "万元" in found.problems[0].remedy


def test_a_total_is_told_from_a_line_whose_name_only_begins_so() -> None:
    found = pasted(FinanceDisclosure, "expense", "合计办公用品\t1\t\t5\n小计\t1\t\t5\n总计\t\t\t5\n")

    assert [row["item"] for row in found.rows] == ["合计办公用品", "小计"]


def test_markup_is_a_text_like_any_other() -> None:
    found = pasted(Tender, "bidders", "1\t<script>alert(1)</script>\n")

    assert found.rows == ({"rank": "1", "name": "<script>alert(1)</script>"},)


def test_more_than_a_table_holds_is_refused() -> None:
    with pytest.raises(TooMuch):
        pasted(FinanceDisclosure, "expense", "甲\t1\t\t1\n" * (MAX_ROWS + 1))
    with pytest.raises(TooMuch):
        pasted(FinanceDisclosure, "expense", "长" * (MAX_CHARACTERS + 1))


def test_quotes_that_never_close_do_not_take_long() -> None:
    text = '"""甲\t' * 100_000

    assert sum(len(row) for row in cells(text)) == 100_001
