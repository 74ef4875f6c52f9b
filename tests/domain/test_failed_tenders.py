"""流标、废标、终止 and the reason for not calling openly: read, written, and absent from older records."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from typing import Any

import openpyxl
import pytest
from pydantic import ValidationError

from portal.domain.canonical import canonical, document_json, fingerprint, publication, read_publication
from portal.domain.documents.tender import (
    Award,
    Failure,
    FailureKind,
    Intent,
    Method,
    Notice,
    Stage,
    Tender,
)
from portal.exchange.ocds import record_package
from portal.exchange.sheets import flat_rows, read_documents, template, to_xlsx
from tests.exchange.ocds_world import PLACE, faults, project

FAILURE = Failure(
    kind=FailureKind.TOO_FEW,
    decided_on=date(2026, 7, 8),
    reason="递交投标文件的供应商只有两家，不足三家。",
    announced_on=date(2026, 7, 9),
    next_step="重新招标",
)
CALL = Notice(issued_on=date(2026, 6, 15))
OPEN = Tender(title="示例泵站维修", project_no="SL-7", method=Method.OPEN_TENDER, notice=CALL)
FAILED = OPEN.model_copy(update={"failure": FAILURE})
INVITED = Tender(
    title="示例堤防监测",
    method=Method.INVITED_TENDER,
    method_reason="招标投标法实施条例第八条第一项：技术复杂，只有少量潜在投标人可供选择。",
)
# What a record of the time before these fields was hashed from, byte for byte.
OLDER = (
    '{"document":{"audience":"public","intent":{"budget":11200000,"expected_month":"2026-07"},'
    '"openness":"proactive","title":"示例信息系统","validity":"in_force"},"index_no":"示/2026-00001",'
    '"jurisdiction":"jinhu","published_at":"2026-07-01T02:00:00Z","reason":"首次公开","schema":"tender/1",'
    '"unit":{"id":"slj","name":"示例水利局"},"version":1}'
).encode()


def test_an_older_record_has_the_same_bytes_and_the_same_digest() -> None:
    head, document = read_publication(OLDER)
    again = publication(
        document,
        jurisdiction="jinhu",
        unit="slj",
        unit_name="示例水利局",
        index_no="示/2026-00001",
        number=1,
        reason="首次公开",
        published_at=datetime(2026, 7, 1, 2, tzinfo=UTC),
    )

    assert head["schema"] == "tender/1"
    assert document == Tender(
        title="示例信息系统", intent=Intent(budget=11_200_000, expected_month="2026-07")
    )
    assert again == OLDER
    assert fingerprint(bytes(32), again) == "2dce92ba2337546c409ec8d46583b65143a3343340d2b4a9d569168eb81acb10"
    assert document.stage() is Stage.INTENT


def test_canonical_json_writes_them_only_where_they_are_filled() -> None:
    assert {"failure", "method_reason"}.isdisjoint(document_json(OPEN))
    assert document_json(FAILED)["failure"] == {
        "kind": "too_few",
        "decided_on": "2026-07-08",
        "reason": "递交投标文件的供应商只有两家，不足三家。",
        "announced_on": "2026-07-09",
        "next_step": "重新招标",
    }
    for document in (FAILED, INVITED):
        assert Tender.model_validate_json(canonical(document_json(document))) == document


@pytest.mark.parametrize("left_out", ["kind", "decided_on", "reason"])
def test_a_failure_without_its_kind_day_or_reason_is_refused(left_out: str) -> None:
    given = FAILURE.model_dump(mode="json")
    del given[left_out]
    with pytest.raises(ValidationError, match=left_out):
        Tender.model_validate({"title": "甲", "failure": given})


AWARD = Award(determined_on=date(2026, 8, 1), supplier="示例建设甲有限公司", amount=100)


@pytest.mark.parametrize(
    ("change", "stage"),
    [
        ({}, Stage.FAILED),
        ({"notice": None}, Stage.FAILED),
        ({"notice": Notice(issued_on=FAILURE.decided_on)}, Stage.FAILED),
        ({"notice": Notice(issued_on=date(2026, 7, 9))}, Stage.NOTICE),  # Called again.
        ({"failure": None}, Stage.NOTICE),
        ({"award": AWARD}, Stage.RESULT),
    ],
)
def test_a_project_has_failed_unless_it_was_called_again_or_found_a_supplier(
    change: dict[str, Any], stage: Stage
) -> None:
    document = FAILED.model_copy(update=change)

    assert document.stage() is stage
    assert (document.failed() is not None) == (stage is Stage.FAILED)
    assert document.failed() in (None, FAILURE)


def test_a_workbook_has_columns_for_them_and_reads_them_back() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template(Tender)))
    headers = {
        str(cell.value).lstrip("*") for sheet in book for row in sheet.iter_rows(max_row=3) for cell in row
    }
    for label in (
        "未成交情形", "未成交确定日期", "未成交原因", "未成交公告日期", "未成交后的安排", "不公开招标的理由和依据"
    ):  # fmt: skip
        assert any(label in header for header in headers), label

    for document in (FAILED, INVITED):
        reading = read_documents(to_xlsx("示例水利局", document), "采购.xlsx", Tender)
        assert [one.document for one in reading.entries] == [document]
        assert (reading.problems, reading.rejected) == ((), 0)
    assert dict(flat_rows(INVITED))["不公开招标的理由和依据"] == INVITED.method_reason


def failed(kind: FailureKind) -> Tender:
    """Return the project, ended in that way."""
    return OPEN.model_copy(update={"failure": FAILURE.model_copy(update={"kind": kind})})


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (OPEN, "active"),
        (FAILED, "unsuccessful"),
        (failed(FailureKind.VOID), "unsuccessful"),
        (failed(FailureKind.TERMINATED), "cancelled"),
        (FAILED.model_copy(update={"notice": Notice(issued_on=date(2026, 8, 1))}), "active"),
    ],
)
def test_open_contracting_data_tells_the_status(document: Tender, status: str) -> None:
    assert tender_section(document)["status"] == status


def test_open_contracting_data_tells_when_and_why_it_failed() -> None:
    assert tender_section(FAILED)["milestones"] == [
        {
            "id": "failure",
            "title": "流标",
            "type": "assessment",
            "description": "递交投标文件的供应商只有两家，不足三家。",
            "status": "met",
            "dateMet": "2026-07-08T00:00:00+08:00",
        }
    ]
    assert faults(record_package(project(FAILED), PLACE)) == []


def test_open_contracting_data_tells_the_reason_for_the_method() -> None:
    assert tender_section(INVITED.model_copy(update={"notice": CALL}))["procurementMethodRationale"] == (
        INVITED.method_reason
    )


def tender_section(document: Tender) -> Any:
    """Return the tender section of the project's only release."""
    return json.loads(record_package(project(document), PLACE))["records"][0]["releases"][0]["tender"]
