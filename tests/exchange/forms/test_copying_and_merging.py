"""What a new period takes over, and two people's forms put side by side."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.domain.documents.base import Document, kinds
from portal.domain.documents.declaration import declaration
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.values import Type
from portal.exchange.forms import copied, differences, entries_of, layout, merged, pieces, read_entries
from tests.exchange.test_sheets_round_trip import documents

FULL: dict[str, Any] = {
    "period": "2026Q2", "title": "2026年第二季度财务公开", "opening": 1, "income_total": 2, "nil_reason": "无",
    "explanation": "上季超支", "public_explanation": "说明", "unit_head": "方示九", "doc_no": "示财〔2026〕7号",
    "index_no": "X/2026-00001", "township_filing_no": "备7", "legal_basis": "条例", "approved_on": "2026-04-01",
    "expense": [
        {"item": "基本支出", "amount": 5, "level": 1, "explanation": "增"},
        {"item": "人员经费", "amount": 5, "level": 2, "budget": 9, "source": "财政"},
    ],
    "public_funds": [{"fund": "official_reception", "amount": 3, "times": 4}],
    "special_funds": [{"name": "示例专项", "received": 1, "used": 1, "decision": "示决〔2026〕1号"}],
    "payments": [{"paid_on": "2026-05-01", "purpose": "修缮", "amount": 3, "handler": "甲", "approver": "乙"}],
    "empty_tables": [{"table": "procurement", "reason": "无"}],
    "deputy_reports": [
        {"domain": "财务", "deputy": "林示二", "reported_on": "2026-06-01", "reported_to": "班子会", "summary": "好"}
    ],
}  # fmt: skip


def test_labels_lines_and_people_are_taken_over_and_nothing_that_happened() -> None:
    document = FinanceDisclosure.model_validate(FULL)

    entries = copied(document, period="2026Q3")

    assert entries == {
        "period": "2026年第三季度", "validity": "in_force", "audience": "public", "openness": "proactive",
        "legal_basis": "条例", "statement": "quarterly", "unit_head": "方示九",
        "expense-0-item": "基本支出", "expense-0-level": "1",
        "expense-1-item": "人员经费", "expense-1-level": "2", "expense-1-source": "财政",
        "public_funds-0-fund": "official_reception",
        "special_funds-0-name": "示例专项",
        "deputy_reports-0-domain": "财务", "deputy_reports-0-deputy": "林示二", "deputy_reports-0-reported_to": "班子会",
    }  # fmt: skip


@pytest.mark.parametrize("code", [code for code, model in kinds().items() if "period" in model.model_fields])
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_no_amount_count_date_or_explanation_is_ever_taken_over(code: str, data: Any) -> None:
    model = kinds()[code]

    entries = copied(data.draw(documents(model)), period="2026Q3")

    known = pieces(model)
    for name in entries:
        parts = name.split("-")
        field = known.fields[name] if len(parts) == 1 else known.column(parts[0], parts[2])
        assert field
        assert field.type in (Type.LINE, Type.CHOICE, Type.LINES, Type.USCC, Type.PERIOD) or field.path == (
            "level",
        )
    assert entries["period"] == "2026年第三季度"


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("code", list(kinds()))
def test_merging_gives_either_side_or_a_mixture_and_never_anything_else(code: str, data: Any) -> None:
    model = kinds()[code]
    mine, theirs = (entries_of(data.draw(documents(model))) for _ in range(2))
    found = differences(model, mine, theirs)
    names = [one.name for one in found]

    assert (
        read_entries(model, merged(model, mine, theirs, [])).document == read_entries(model, theirs).document
    )
    assert (
        read_entries(model, merged(model, mine, theirs, names)).document == read_entries(model, mine).document
    )
    assert differences(model, mine, mine) == ()
    kept = data.draw(st.sets(st.sampled_from(names))) if names else set()
    mixed = merged(model, mine, theirs, kept)
    assert {one.name for one in differences(model, mine, mixed)} == set(names) - kept
    assert {one.name for one in differences(model, mixed, theirs)} == kept


@pytest.mark.parametrize("model", kinds().values(), ids=list(kinds()))
def test_every_input_stands_in_exactly_one_section_and_the_review_near_the_end(model: type[Document]) -> None:
    sections = layout(model)
    names = [name for one in sections for name in one.names()]

    declared = declaration(model)
    assert sorted(names) == sorted(
        [*(".".join(one.path) for one in declared.fields), *(one.name for one in declared.tables)]
    )
    assert [one.title for one in sections][-3:] == ["公开说明与备注", "公开属性与公开审查", "目录要素"]
    assert not sections[0].later
    own = [name for name in model.model_fields if name not in Document.model_fields]
    assert not {name for one in sections[-3:] for name in one.names()} & set(own)
    assert all(one.title for one in sections)
    assert all(
        one.about.picks in ("", "decision", "plan", "tender", "member", "domain")
        for one in (*declared.fields, *(inner for table in declared.tables for inner in table.fields))
    )
