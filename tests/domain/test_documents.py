"""The kinds of disclosure: one declaration, from which everything else derives."""

from __future__ import annotations

import json
from datetime import date

import jsonschema
import pytest
from pydantic import ValidationError

from portal.demo import demo_records
from portal.domain.canonical import canonical, document_json
from portal.domain.documents.base import Document, kind_of, kinds
from portal.domain.documents.declaration import declaration, words
from portal.domain.documents.tender import Intent, Tender
from portal.domain.regimes import Regime
from portal.domain.values import Type
from tests.conftest import ROOT
from tests.regimes.scenarios import build

ALL = list(kinds().values())


def test_the_kinds_are_registered_in_display_order() -> None:
    assert list(kinds()) == ["delegation", "finance", "tender", "decision", "regulation", "annual_report"]


@pytest.mark.parametrize("word", ["tender", "采购招标", "tenders"])
def test_a_kind_is_found_by_code_label_or_path(word: str) -> None:
    assert kind_of(word) is Tender


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"没有“budget”.*finance（季度财务公开）"):
        kind_of("budget")


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.kind.code)
def test_every_field_has_a_chinese_label_and_every_choice_too(model: type[Document]) -> None:
    declared = declaration(model)
    fields = [*declared.fields, *(one for table in declared.tables for one in table.fields)]
    for one in fields:
        assert any("\u4e00" <= char <= "\u9fff" for char in one.about.label), one
        if one.type == Type.CHOICE:
            assert one.choices is not None
            assert all(any("\u4e00" <= char <= "\u9fff" for char in member.label) for member in one.choices)


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.kind.code)
def test_labels_are_unambiguous_so_that_a_header_leads_to_one_field(model: type[Document]) -> None:
    declared = declaration(model)
    labels = [one.label for one in declared.fields]
    assert len(labels) == len(set(labels))
    for table in declared.tables:
        row = [one.about.label for one in table.fields]
        assert len(row) == len(set(row)), table.name


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.kind.code)
def test_groups_and_tables_hold_no_further_ones(model: type[Document]) -> None:
    declared = declaration(model)
    assert all(len(one.path) <= 2 for one in declared.fields)
    assert all(len(one.path) == 1 for table in declared.tables for one in table.fields)


@pytest.mark.parametrize("model", ALL, ids=lambda model: model.kind.code)
def test_json_schema_carries_the_labels(model: type[Document]) -> None:
    schema = model.model_json_schema()
    titles = {one["title"] for one in schema["properties"].values() if "title" in one}
    assert {
        one.about.label for one in declaration(model).fields if len(one.path) == 1 and one.choices is None
    } <= titles


def test_canonical_json_is_rfc_8785_and_round_trips() -> None:
    tender = Tender(title="信息系统 €", intent=Intent(budget=11_200_000, expected_month="2026-07"))
    data = canonical(document_json(tender))

    assert (
        data
        == (
            '{"audience":"public","intent":{"budget":11200000,"expected_month":"2026-07"},"openness":"proactive",'
            '"title":"信息系统 €","validity":"in_force"}'
        ).encode()
    )
    assert Tender.model_validate_json(data) == tender
    assert json.loads(data)["title"] == "信息系统 €"


def test_unknown_fields_and_floats_for_money_are_refused() -> None:
    with pytest.raises(ValidationError):
        Tender.model_validate({"title": "甲", "pric": 1})
    with pytest.raises(ValidationError):
        Tender.model_validate({"title": "甲", "intent": {"budget": 1.5}})


def test_a_number_tells_a_record_in_whatever_width_and_case() -> None:
    def decision(number: str) -> str:
        return build("xian", {"base": "decision", "change": {"/decision_no": number}}).natural_key()

    assert decision("示决〔2026〕１９号") == decision("示决〔2026〕 19 号") == decision("示决〔2026〕19号")
    assert decision("示决〔2026〕19号") != decision("示决〔2026〕18号")
    assert Tender(title="甲", project_no="ＸＭ－1").natural_key() == "xm-1"


def test_words_give_search_everything_that_is_said() -> None:
    text, amounts = words(
        Tender(
            title="水利信息系统",
            issued_on=date(2026, 3, 1),
            intent=Intent(budget=20_100_000_0, summary="运行维护"),
        )
    )
    assert "运行维护" in text
    assert "社会公开" not in text
    assert amounts == (201_000_000,)


def test_every_document_fits_its_own_json_schema(regimes: dict[str, Regime]) -> None:
    """The schema is what others write files against: it must accept what the program itself accepts."""
    checkers = {
        code: jsonschema.Draft202012Validator(model.model_json_schema()) for code, model in kinds().items()
    }
    documents = [record.publications[-1].document for record in demo_records(ROOT / "content", regimes)]
    seen = set()
    for document in (*documents, build("xian", "annual_report")):
        problems = list(
            checkers[document.kind.code].iter_errors(json.loads(canonical(document_json(document))))
        )
        assert problems == [], document.title
        seen.add(document.kind.code)
    assert seen == set(kinds())
