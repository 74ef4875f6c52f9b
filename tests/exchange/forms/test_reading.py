"""What a form's inputs make: the same document again, or problems that name the input and the way to mend it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.documents.annual import AnnualReport
from portal.domain.documents.base import Document, kinds
from portal.domain.documents.declaration import declaration
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Tender
from portal.exchange.forms import (
    MAX_CHARACTERS,
    MAX_ROWS,
    TooMuch,
    dumped,
    entries_of,
    loaded,
    name_of,
    pieces,
    read_entries,
    taken,
    with_row,
    without_row,
)
from tests.exchange.test_sheets_round_trip import documents


def finance(**more: str) -> dict[str, str]:
    return {"period": "2026年第三季度", **more}


def whole(document: Document) -> bool:
    """Tell whether the tables that must be there have a row: without one no form makes a document."""
    return all(getattr(document, one.name) for one in declaration(type(document)).tables if one.required)


@pytest.mark.parametrize("code", list(kinds()))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_document_put_into_a_form_reads_back_the_same(code: str, data: Any) -> None:
    model = kinds()[code]
    document = data.draw(documents(model).filter(whole))

    entries = taken(model, entries_of(document).items())
    reading = read_entries(model, loaded(model, dumped(entries)))

    assert reading.problems == ()
    assert reading.document == document


@pytest.mark.parametrize("code", list(kinds()))
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_is_typed_gives_a_document_or_problems_of_inputs_that_are_there(
    code: str, data: Any
) -> None:
    model = kinds()[code]
    known = pieces(model)
    names = [
        *known.fields,
        *(f"{t.name}-{n}-{c.path[0]}" for t in known.tables.values() for c in t.fields for n in (0, 1, 7)),
    ]
    typed = data.draw(
        st.dictionaries(
            st.sampled_from(names),
            st.one_of(
                st.text(max_size=20), st.sampled_from(["1", "是", "2026-02-30", "12,00", "甲", "2026Q3"])
            ),
            max_size=12,
        )
    )

    entries = taken(model, typed.items())
    reading = read_entries(model, entries)

    assert taken(model, entries.items()) == entries
    assert (reading.document is None) == bool(reading.problems)
    for one in reading.problems:
        assert one.label
        assert one.message
        assert one.remedy
        table = one.name.split("-")[0]
        assert (
            one.name in known.fields
            or table in known.tables
            or any(name.startswith(f"{one.name}.") for name in known.fields)
            or one.name == ""
        )
        assert not any(word in one.remedy for word in ("模板", "Excel", "导入"))


def test_nothing_but_the_declared_inputs_is_taken() -> None:
    given_ = {
        "period": "2026Q3", "id": "7", "unit_id": "9", "state": "approved", "kind": "tender", "__class__": "x",
        "expense-0-item": "办公费", "expense-0-id": "1", "expense-x-item": "?", "expense--1-item": "?",
        "expense-00-item": "?", "expense-99999999-item": "?", "nothing-0-item": "?", "expense-0-item-0": "?",
        "expense": "?", "period.x": "?", "income-0": "?",
    }  # fmt: skip

    assert taken(FinanceDisclosure, given_.items()) == {"period": "2026Q3", "expense-0-item": "办公费"}


def test_more_than_a_form_holds_is_refused_in_plain_words() -> None:
    with pytest.raises(TooMuch, match="上限"):
        taken(FinanceDisclosure, [("explanation", "长" * (MAX_CHARACTERS + 1))])
    with pytest.raises(TooMuch, match="支出明细"):
        taken(FinanceDisclosure, [(f"expense-{n}-item", "甲") for n in range(MAX_ROWS + 1)])


def test_a_wrong_input_is_named_with_row_and_label_and_nothing_else_is_complained_of() -> None:
    entries = finance(**{
        "expense-0-item": "", "expense-1-item": "办公费", "expense-1-amount": "12元5", "opened_on": "2026-02-30",
    })  # fmt: skip

    reading = read_entries(FinanceDisclosure, entries)

    assert [(one.name, one.label) for one in reading.problems] == [
        ("expense-1-amount", "支出明细第 2 行·本期金额"), ("opened_on", "公开起始日期"),
    ]  # fmt: skip
    assert reading.problems[0].value == "12元5"
    assert "没有 30 日" in reading.problems[1].message


def test_a_missing_input_of_a_row_and_of_the_form_is_named() -> None:
    reading = read_entries(FinanceDisclosure, {"expense-0-item": "办公费"})

    assert [(one.name, one.message) for one in reading.problems] == [
        ("period", "必须填写，现在是空的。"), ("expense-0-amount", "必须填写，现在是空的。"),
    ]  # fmt: skip


def test_an_invisible_character_is_a_problem_of_its_input() -> None:
    reading = read_entries(
        FinanceDisclosure, finance(**{"expense-0-item": "办\u200b公", "expense-0-amount": "1"})
    )

    assert [one.name for one in reading.problems] == ["expense-0-item"]
    assert "控制字符" in reading.problems[0].message


def test_a_table_that_must_be_there_wants_a_row() -> None:
    reading = read_entries(kinds()["regulation"], {"title": "示例办法", "blocks-0-level": "0"})

    assert [(one.name, one.label, one.message) for one in reading.problems] == [
        ("blocks", "正文", "必须填写，现在是空的。")
    ]


def test_half_a_character_is_shown_as_such_and_never_breaks_a_page() -> None:
    entries = taken(FinanceDisclosure, [("explanation", "甲\ud800乙")])

    assert entries == {"explanation": "甲\ufffd乙"}
    entries["explanation"].encode()


def test_blank_rows_are_left_out_and_findings_still_point_at_the_right_row() -> None:
    entries = finance(**{
        "expense-0-level": "1", "expense-1-item": "甲", "expense-1-amount": "1", "expense-2-item": " ",
        "expense-3-item": "乙", "expense-3-amount": "2",
    })  # fmt: skip

    reading = read_entries(FinanceDisclosure, entries)

    assert reading.document
    assert [one.item for one in reading.document.expense] == ["甲", "乙"]  # type: ignore[attr-defined]
    assert reading.name_of("/expense/1/amount") == "expense-3-amount"
    assert reading.name_of("/expense/0") == "expense-1"
    assert reading.name_of("/expense/9/amount") == "expense"


def test_pointers_find_their_inputs() -> None:
    assert name_of(Tender, "/contract/amount") == "contract.amount"
    assert name_of(Tender, "/contract") == "contract"
    assert name_of(Tender, "/bidders") == "bidders"
    assert name_of(Tender, "/bidders/2/price") == "bidders-2-price"
    assert name_of(Tender, "") is None
    assert name_of(Tender, "/nowhere") is None
    assert name_of(kinds()["delegation"], "/negative_list/3") == "negative_list"
    assert name_of(AnnualReport, "/requests/received") == "requests.received"


def test_rows_are_added_inserted_and_removed_and_the_rest_moves_along() -> None:
    entries = finance(**{"expense-0-item": "甲", "expense-1-item": "乙", "income-0-item": "丙"})

    longer = with_row(FinanceDisclosure, entries, "expense", 1)
    assert (longer["expense-0-item"], longer["expense-1-item"], longer["expense-2-item"]) == ("甲", "", "乙")
    assert with_row(FinanceDisclosure, entries, "expense")["expense-2-item"] == ""
    shorter = without_row(FinanceDisclosure, longer, "expense", 0)
    assert shorter == {
        "period": "2026年第三季度",
        "expense-0-item": "",
        "expense-1-item": "乙",
        "income-0-item": "丙",
    }
    assert without_row(FinanceDisclosure, entries, "expense", 5) == entries
    full = {f"expense-{n}-item": "甲" for n in range(MAX_ROWS)}
    with pytest.raises(TooMuch):
        with_row(FinanceDisclosure, full, "expense")


def test_a_group_in_which_nothing_is_typed_is_absent_and_one_begun_wants_the_rest() -> None:
    assert read_entries(Tender, {"title": "示例项目", "contract.no": " "}).document == Tender(
        title="示例项目"
    )

    reading = read_entries(Tender, {"title": "示例项目", "contract.no": "7"})

    assert [one.label for one in reading.problems] == ["合同·合同签订日期", "合同·合同金额"]
    assert [one.name for one in reading.problems] == ["contract.signed_on", "contract.amount"]


def test_kept_entries_of_an_older_form_lose_only_what_is_no_longer_there() -> None:
    assert loaded(FinanceDisclosure, '{"period": "2026Q3", "gone": "x", "title": 7}') == {"period": "2026Q3"}
    assert loaded(FinanceDisclosure, None) == {}
    assert loaded(FinanceDisclosure, "[]") == {}
