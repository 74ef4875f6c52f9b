"""Whoever changes the reports' database reads nothing of what officers write, and writes nothing in another's name unseen."""

# ruff: noqa: F811 - fixtures are imported, and asked for by name.

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from portal.domain.reports.padding import Purpose
from portal.services.reports import age, sealing
from portal.store.db import begin_write
from portal.store.reports.tables import ReportPart, SealedReport
from tests.browser.test_cases import (  # noqa: F401 - the fixtures.
    Open,
    address,
    browser,
    open_first,
    parts,
    sat,
    unlock,
)
from tests.web.office.cases.bureau import Bureau, b64
from tests.web.office.cases.conftest import bureau  # noqa: F401 - likewise.
from tests.web.office.conftest import other_unit, world  # noqa: F401 - likewise.

pytestmark = pytest.mark.browser


def test_keys_that_the_server_swapped_read_nothing(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    stranger, swapped = age.new_identity()
    with Session(bureau.engine) as session:
        begin_write(session)
        row = session.get_one(SealedReport, number)
        row.case_key = row.reporter_key = swapped
        session.commit()
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    open_first(page)
    expect(page.locator('[data-part="alerts"]')).to_contain_text("可能被换过")
    page.get_by_label("答复举报人").fill("请补充会议的日期。")
    page.get_by_role("button", name="加密并发送").click()
    expect(page.locator('[data-part="talk-list"]')).to_contain_text("请补充会议的日期")
    page.locator('form[data-part="note"] textarea').fill("约谈时间另定。")
    page.locator('form[data-part="note"] button').click()
    expect(page.locator('[data-part="note-list"]')).to_contain_text("约谈时间另定")
    written = [one for part in parts(bureau, number) for one in (part.sealed, part.for_reporter) if one]
    assert len(written) == 3
    assert [age.open_with(stranger, one) for one in written] == [None] * 3


def test_who_writes_in_the_reporters_name_is_told(bureau: Bureau, sat: Open) -> None:
    number = bureau.file()
    case = bureau.case_of("示例乙", number)
    known = sealing.open_body(bureau.row(number).body or b"", case).reply_key
    case_key = bureau.row(number).case_key
    with Session(bureau.engine) as session:
        begin_write(session)
        for n, key in enumerate((known, b"?" * 32), 1):
            sealed = sealing.seal_message(case_key, f"补充第 {n} 段。", reply_key=key)
            session.add(
                ReportPart(
                    report_id=number, n=n, token=f"{n:032}", side="reporter", kind="message",
                    day=bureau.world.at.date(), size=len(sealed), sealed=sealed,
                )
            )  # fmt: skip
        session.commit()
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    open_first(page)
    said = page.locator('[data-part="talk-list"] > *')
    expect(said).to_have_count(2)
    expect(said.nth(0)).not_to_contain_text("核对不上")
    expect(said.nth(1)).to_contain_text("没有这件举报的查询码")


POISON: list[object] = [
    None,
    [],
    {"what": 5, "unit": "示例局"},
    {"unit": "毒一", "what": "写", "categories": "speak_last", "persons": None, "left_out": None},
    {
        "unit": "毒二",
        "what": "<script>alert(1)</script>",
        "persons": [None, 5],
        "reporter": {"name": {}},
        "record": 5,
    },
    {"unit": {"a": 1}, "what": {"b": 2}, "categories": [[1]], "persons": [{"name": [1]}], "left_out": [5]},
]


def test_what_is_no_report_keeps_nobody_from_the_others(bureau: Bureau, sat: Open) -> None:
    for content in POISON:
        number = bureau.file()
        case_key = bureau.row(number).case_key
        held = {
            "format": sealing.REPORT,
            "salt": b64(bytes(32)),
            "reply_key": b64(bytes(32)),
            "reporter_key": bureau.row(number).reporter_key,
            "content": json.dumps(content) if content is not None else "no JSON",
        }
        with Session(bureau.engine) as session:
            begin_write(session)
            row = session.get_one(SealedReport, number)
            row.body = age.seal_to([case_key], json.dumps(held).encode(), Purpose.REPORT)
            session.commit()
    bureau.file()
    page = sat(bureau, "示例乙")
    unlock(page, bureau, "示例乙")
    expect(page.locator('[data-part="titles-told"]')).to_contain_text("已打开 3 件")
    for title in ("毒一", "毒二", "示例县住房局"):
        page.locator(".cases-list").get_by_role("link", name=title).first.click()
        expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()
        page.goto(page.url.partition("#")[0] + "#")
