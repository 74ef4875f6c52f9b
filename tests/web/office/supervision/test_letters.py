"""Letters at the office: written from what is overdue, issued, printed, read and answered by the unit."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.domain.supervision.ladder import About
from portal.services.board.county import open_county
from portal.services.supervision import lettering, looking_back
from portal.store.tables import Audit, Letter, Mail, SupervisionStep
from portal.web.office import letters_many
from tests.web.office.world import World

# The third quarter's finances were due on 3 November: thirteen working days ago.
LATER = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)


def value(text: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', text) or re.search(
        rf'<textarea id="{name}"[^>]*>\n(.*?)</textarea>', text, re.DOTALL
    )
    assert found, name
    return found[1]


def test_a_reminder_is_written_from_what_is_overdue_issued_printed_and_read_by_the_unit(world: World) -> None:
    world.at = LATER
    editor = world.account("editor")
    editor.email = "fang@example.test"
    world.session.commit()
    officer, own = world.client("officer"), world.client(account=editor)
    other = world.client("editor", unit=world.other)
    form = officer.get(f"/letters/new?unit={world.unit.slug}&kind=reminder&duty=finance")
    assert form.status_code == 200
    body = value(form.text, "body")
    assert "季度财务（2026年第三季度）" in body
    assert "已逾期" in body
    typed = {
        name: value(form.text, name)
        for name in ("unit", "duty", "period", "title", "addressee", "body", "basis")
    }
    sent = world.post(officer, "/letters/new", typed | {"kind": "reminder", "do": "issue"})
    assert sent.status_code == 303, sent.text
    where = sent.headers["Location"]
    assert "已向示例财政局发出提醒函" in officer.get(where).text

    printed = officer.get(where + "/letter.pdf")
    assert printed.mimetype == "application/pdf"
    assert printed.data == officer.get(where + "/letter.pdf").data
    words = PdfReader(io.BytesIO(printed.data)).pages[0].extract_text()
    assert "秀洲区纪委监委（盖章）" in words
    assert "示例财政局：" in words
    assert "2026年11月20日" in words

    listed = own.get("/asked/letters/")
    assert "季度财务" in listed.text
    uid = where.rsplit("/", 1)[1]
    assert "已逾期" in own.get(f"/asked/letters/{uid}").text
    assert own.get(f"/asked/letters/{uid}/letter.pdf").data == printed.data
    assert other.get(f"/asked/letters/{uid}").status_code == 404

    world.session.rollback()
    mail = world.session.scalars(select(Mail).where(Mail.key.startswith("letter:"))).one()
    assert mail.recipient == "fang@example.test"
    assert "季度财务" not in mail.subject + mail.body
    assert world.session.scalars(select(Audit.action)).all() == ["letter.issue"]
    assert world.session.scalars(select(SupervisionStep.event)).all() == ["letter"]

    again = world.post(officer, "/letters/new", typed | {"kind": "reminder", "do": "issue"})
    assert again.status_code == 422
    assert "已于2026年11月20日发出，不再重复发" in again.text
    assert typed["title"] in again.text
    world.session.rollback()
    assert len(world.session.scalars(select(Letter)).all()) == 1


def test_more_letters_than_one_go_can_send_are_refused_and_none_is_left_out_unsaid(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(letters_many, "MOST", 1)
    world.at = LATER
    officer = world.client("officer")
    items = [f"cell:{one.slug}:finance:2026Q3" for one in (world.unit, world.other)]
    for address in ("preview", "send"):
        form = {"kind": "reminder", "item": items}
        told = world.post(officer, f"/letters/{address}", form, follow_redirects=True).text
        assert "一次最多发 1 份，勾选了 2 份，没有发。" in told
    world.session.rollback()
    assert world.session.scalars(select(Letter)).all() == []


def test_a_list_that_is_cut_says_so_and_the_count_of_a_quarter_is_of_all(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lettering, "SHOWN", 1)
    world.at = LATER
    officer = world.client("officer")
    items = [f"cell:{one.slug}:finance:2026Q3" for one in (world.unit, world.other)]
    assert world.post(officer, "/letters/send", {"kind": "reminder", "item": items}).status_code == 303
    assert "只列出最新的 1 份" in officer.get("/letters/").text
    lines = list(csv.reader(io.StringIO(officer.get("/letters/export.csv").data.decode("utf-8-sig"))))
    assert [line[4] for line in lines] == ["单位", "示例住建局", "示例财政局"]
    sheet = load_workbook(io.BytesIO(officer.get("/letters/export.xlsx?state=closed").data)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]][:3] == ["状态", "种类", "文号"]
    assert sheet.max_row == 1
    with Session(world.session.get_bind()) as own:
        county = open_county(own, "xiuzhou", None)
        assert looking_back.done_about(county, "2026Q3", LATER.date()).letters == 2


def written(world: World, officer: FlaskClient, *, do: str = "keep", **more: str) -> TestResponse:
    asked = {"unit": world.unit.slug, "duty": "finance", "period": "2026Q3"}
    typed = {
        "title": "关于季度财务的提醒",
        "addressee": "示例财政局",
        "body": "请尽快公开。",
        "signed_by": "示例甲",
    }
    return world.post(officer, "/letters/new", {**asked, **typed, "kind": "reminder", "do": do, **more})


def test_a_draft_that_becomes_another_kind_of_letter_counts_as_that_kinds_stage(world: World) -> None:
    world.at = LATER
    officer = world.client("officer")
    where = written(world, officer).location
    form = officer.get(f"{where}/edit").text
    typed = {name: value(form, name) for name in ("revision", "title", "addressee", "body", "signed_by")}
    changed = world.post(
        officer, f"{where}/edit", {**typed, "kind": "inquiry", "due": "2026年12月4日", "do": "keep"}
    )
    assert changed.status_code == 303, changed.text
    world.session.rollback()
    letter = world.session.scalars(select(Letter)).one()
    assert letter.kind == "inquiry"
    about = About.read(letter.about)
    assert about.stage == "kind:inquiry"
    assert [cell[:2] for cell in about.cells] == [("finance", "2026Q3")]


def test_no_single_letter_goes_to_a_unit_that_has_ended(world: World) -> None:
    world.at = LATER
    world.unit.abolished_on = LATER.date()
    world.session.commit()
    refused = written(world, world.client("officer"), do="issue", duty="", period="")
    assert refused.status_code == 422
    assert "单位已经撤销，不再发文。" in refused.text
    assert "请尽快公开。" in refused.text
    world.session.rollback()
    assert world.session.scalars(select(Letter)).all() == []


def test_a_reply_that_arrives_after_the_session_ran_out_is_kept(world: World) -> None:
    world.at = LATER
    who = world.account("editor")
    own = world.client(account=who)
    where = "/asked" + written(world, world.client("officer"), do="issue").location
    token = world.token(own, where)
    world.at += timedelta(hours=20)
    late = own.post(
        f"{where}/reply", data={"csrf_token": token, "reply": "写了很久的回复。", "revision": "2"}
    )
    assert late.status_code == 303
    assert "kept=1" in late.location
    world.session.rollback()  # Its reading transaction could not write after the office has.
    again = world.client(account=who)
    shown = again.get(where).text
    assert value(shown, "reply") == "写了很久的回复。"
    assert "上次退出时没有提交的内容还在" in shown
    world.session.rollback()
    assert "写了很久的回复。" not in world.client("reviewer").get(where).text
    answer = {"reply": "写了很久的回复。", "revision": value(shown, "revision")}
    assert world.post(again, f"{where}/reply", answer).status_code == 303
    assert "上次退出时没有提交的内容还在" not in again.get(where).text
