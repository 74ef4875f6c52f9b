"""Exemptions and extensions at the office: shown before they are granted, refused beside the right field, revoked."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from portal.services.board.county import County
from portal.services.supervision import granting
from portal.store.tables import Audit, Exemption, Extension, Outbox
from tests.web.office.world import World

EXTENSION = {
    "duty": "finance",
    "period": "2026Q3",
    "new_due": "2026年11月20日",
    "reason": "系统迁移",
    "approver": "示例区纪委监委",
}


def test_an_extension_for_many_is_previewed_then_granted_and_owed_to_the_public_site(world: World) -> None:
    officer = world.client("officer")
    both = {"unit": [world.unit.slug, world.other.slug]}
    shown = world.post(officer, "/grants/extend", EXTENSION | both | {"do": "preview"})
    assert shown.status_code == 200
    assert shown.text.count("2026年11月20日到期") == 2
    assert shown.text.count("2026年11月3日到期") == 2
    world.session.rollback()
    assert world.session.scalars(select(Extension)).all() == []
    assert world.session.scalars(select(Audit)).all() == []

    done = world.post(officer, "/grants/extend", EXTENSION | both | {"do": "grant"}, follow_redirects=True)
    assert "已为 2 个单位登记延期" in done.text
    world.session.rollback()
    rows = world.session.scalars(select(Extension)).all()
    assert {(one.unit_id, one.new_due, one.recorded_by) for one in rows} == {
        (one.id, date(2026, 11, 20), "郑示五") for one in (world.unit, world.other)
    }
    told = select(Outbox.unit_id).where(Outbox.event == "extended")
    assert set(world.session.scalars(told)) == {world.unit.id, world.other.id}
    assert world.session.scalars(select(Audit.action)).all() == ["grant.extend", "grant.extend"]

    again = world.post(officer, "/grants/extend", EXTENSION | both | {"do": "grant"})
    assert again.status_code == 422
    assert "须晚于现在的到期日，此前已延期" in again.text
    assert "系统迁移" in again.text


def test_whoever_wants_to_write_waits_for_the_trial_of_one_unit_alone(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[object] = []
    work = granting.effect

    def noted(here: County, *some: Any, **more: Any) -> Any:
        turns.append(here.session.get_transaction())
        return work(here, *some, **more)

    monkeypatch.setattr(granting, "effect", noted)
    both = EXTENSION | {"unit": [world.unit.slug, world.other.slug], "do": "preview"}
    assert world.post(world.client("officer"), "/grants/extend", both).status_code == 200
    assert len({id(one) for one in turns}) == len(turns) == 2


def test_a_reason_is_as_long_as_a_public_table_can_show(world: World) -> None:
    long = EXTENSION | {"unit": [world.unit.slug], "reason": "迁" * 601, "do": "grant"}
    answer = world.post(world.client("officer"), "/grants/extend", long)
    assert answer.status_code == 422
    assert "原因有 601 个字，最多 600 个字。请精简。" in answer.text
    assert "迁" * 601 in answer.text


def test_a_bulk_of_which_one_cannot_be_granted_grants_none(world: World) -> None:
    officer = world.client("officer")
    one = EXTENSION | {"unit": [world.unit.slug]}
    assert world.post(officer, "/grants/extend", one | {"do": "grant"}).status_code == 303
    both = EXTENSION | {"unit": [world.unit.slug, world.other.slug]}
    assert world.post(officer, "/grants/extend", both | {"do": "grant"}).status_code == 422
    world.session.rollback()
    assert [row.unit_id for row in world.session.scalars(select(Extension))] == [world.unit.id]


def test_refusals_stand_beside_their_fields_and_keep_what_was_typed(world: World) -> None:
    officer = world.client("officer")
    typed = {
        "unit": world.unit.slug, "duty": "finance", "period": "2026Q9", "valid_from": "2026年7月1日",
        "valid_until": "2026年12月31日", "reason": "机构改革", "approver": "示例区纪委监委", "do": "grant",
    }  # fmt: skip
    refused = world.post(officer, "/grants/exempt", typed)
    assert refused.status_code == 422
    assert 'id="period-err"' in refused.text
    assert "机构改革" in refused.text
    early = world.post(officer, "/grants/exempt", typed | {"period": "", "valid_until": "2026年6月1日"})
    assert 'id="valid_until-err"' in early.text
    nobody = world.post(officer, "/grants/exempt", typed | {"period": "", "approver": " "})
    assert 'id="approver-err"' in nobody.text
    world.session.rollback()
    assert world.session.scalars(select(Exemption)).all() == []


def test_an_exemption_is_granted_and_revoked_with_a_reason(world: World) -> None:
    officer = world.client("officer")
    typed = {
        "unit": world.unit.slug, "duty": "finance", "period": "2026Q3", "valid_from": "2026年7月1日",
        "valid_until": "2026年12月31日", "reason": "机构改革", "approver": "示例区纪委监委",
    }  # fmt: skip
    shown = world.post(officer, "/grants/exempt", typed | {"do": "preview"})
    assert "豁免" in shown.text.split("登记后会怎样")[1]
    assert world.post(officer, "/grants/exempt", typed | {"do": "grant"}).status_code == 303
    world.session.rollback()
    number = world.session.scalars(select(Exemption.id)).one()
    world.session.rollback()
    assert world.post(officer, f"/grants/{number}/revoke", {"reason": " "}).status_code == 422
    assert world.post(officer, f"/grants/{number}/revoke", {"reason": "改革完成"}).status_code == 303
    world.session.rollback()
    assert world.session.scalars(select(Exemption.revoke_reason)).one() == "改革完成"
    assert world.session.scalars(select(Audit.action)).all() == ["grant.exempt", "grant.revoke"]


def test_the_register_goes_out_as_csv_and_xlsx_and_no_cell_runs(world: World) -> None:
    officer = world.client("officer")
    form = EXTENSION | {"unit": [world.unit.slug], "reason": "=1+1 迁移", "do": "grant"}
    assert world.post(officer, "/grants/extend", form).status_code == 303
    head, line = csv.reader(io.StringIO(officer.get("/grants/export.csv").data.decode("utf-8-sig")))
    told = dict(zip(head, line, strict=True))
    assert (told["单位"], told["种类"], told["延至"]) == ("示例财政局", "延期", "2026年11月20日")
    assert told["原因"] == "'=1+1 迁移"
    sheet = load_workbook(io.BytesIO(officer.get("/grants/export.xlsx").data)).active
    assert sheet is not None
    assert sheet["H2"].data_type == "s"
    assert sheet["H2"].value == "=1+1 迁移"
    assert officer.get(f"/grants/export.csv?unit={world.other.slug}").text.count("\n") == 1
