"""检查 over HTTP: plan, draw, look, turn into a matter, end; drawn again by the recipe on the page; nobody else sees it."""

from __future__ import annotations

import csv
import io
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from flask.testing import FlaskClient

from portal.domain.regimes import Regime
from portal.services.supervision import inspecting
from portal.services.supervision.inspection_plans import plan_of
from portal.store.tables import Audit, Inspection, InspectionItem, Matter, MatterItem
from tests.web.office.closer import opened_world, published, quarter, signed_in
from tests.web.office.world import World

pytestmark = pytest.mark.database
PLAN = {
    "kind": "joint",
    "name": "2026年第三季度四责联审",
    "starts_on": "2026年10月20日",
    "ends_on": "2026-10-30",
    "first": "2026-10-01",
    "last": "2026-10-31",
    "each-finance": "2",
    "seed": "8-15-3",
    "heads": "示例甲 示例财政局局长\n示例乙 示例住建局局长\n",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, regimes: dict[str, Regime]) -> Iterator[World]:
    for made in opened_world(tmp_path_factory.mktemp("inspections"), regimes):
        for period in ("2025Q1", "2025Q2", "2025Q3", "2025Q4"):
            published(made, made.unit, quarter(period))
        for period in ("2025Q2", "2025Q3", "2025Q4"):
            published(made, made.other, quarter(period))
        yield made


@pytest.fixture(scope="module")
def officer(world: World) -> FlaskClient:
    return signed_in(world, "officer")


def planned(world: World, officer: FlaskClient, **more: Any) -> str:
    """Enter a plan for both units; return its address."""
    units = [world.unit.slug, world.other.slug]
    answer = world.post(officer, "/inspections/new", {**PLAN, "units": units, **more})
    assert answer.status_code == 303, answer.text
    return answer.location


def one_of(world: World, address: str) -> Inspection:
    world.session.rollback()
    return world.session.query(Inspection).filter_by(uid=address.rsplit("/", 1)[1]).one()


def items_of(world: World, address: str) -> list[InspectionItem]:
    row = one_of(world, address)
    query = world.session.query(InspectionItem).filter_by(inspection_id=row.id)
    return query.order_by(InspectionItem.position).all()


@contextmanager
def months_ago(world: World, number: int) -> Iterator[None]:
    """Turn the clock back: what a test publishes of its own lies in a month from which no other test draws."""
    world.at -= timedelta(days=30 * number)
    try:
        yield
    finally:
        world.at += timedelta(days=30 * number)


def drawn(world: World, officer: FlaskClient, **more: Any) -> str:
    address = planned(world, officer, **more)
    answer = world.post(officer, f"{address}/draw", {"revision": "1"})
    assert answer.status_code == 303, answer.text
    return address


def test_a_result_that_makes_no_matter_comes_back_as_it_was_typed_and_can_be_mended(
    world: World, officer: FlaskClient
) -> None:
    address = drawn(world, officer, name="示例检查", seed="1-2-3")
    typed = {"result": "right", "words": "我写的说明", "seen": "", "then": "matter"}
    refused = world.post(officer, f"{address}/items/1", typed)
    assert refused.status_code == 409
    assert "我写的说明" in refused.text
    assert items_of(world, address)[0].result == ""
    assert "未检查" in refused.text  # Not what was refused, as if it had been kept.
    seen = re.search(r'name="seen" value="([^"]*)"', refused.text)
    assert seen
    again = world.post(officer, f"{address}/items/1", {**typed, "result": "wrong", "seen": seen[1]})
    assert again.status_code == 303, again.text


def test_an_inspection_from_its_plan_to_its_end(world: World, officer: FlaskClient) -> None:
    assert officer.get("/inspections/new").status_code == 200
    address = planned(world, officer)
    assert PLAN["seed"] in officer.get(f"{address}/change").text
    assert "现有 7 件已公开记录可抽" in officer.get(address).text
    assert world.post(officer, f"{address}/draw", {"revision": "1"}).status_code == 303
    head, *lines = csv.reader(io.StringIO(officer.get("/inspections/export.csv").data.decode("utf-8-sig")))
    named = [dict(zip(head, line, strict=True)) for line in lines]
    (told,) = [line for line in named if line["名称"] == PLAN["name"]]
    assert (told["状态"], told["单位"], told["已看"], told["抽取"]) == ("检查中", "2", "0", "4")
    book = openpyxl.load_workbook(io.BytesIO(officer.get("/inspections/export.xlsx").data))
    assert book.worksheets[0].max_row == len(lines) + 1
    assert "/inspections/export.csv" in officer.get("/inspections/").text
    items = items_of(world, address)
    assert [one.unit_id for one in items] == [world.unit.id] * 2 + [world.other.id] * 2
    shown = officer.get(f"{address}/items/1").text
    assert items[0].title in shown
    assert "办公费" in shown  # The evidence itself.

    assert world.post(officer, f"{address}/close", {"revision": "2"}).status_code == 409
    refused = world.post(officer, f"{address}/items/1", {"result": "wrong", "seen": ""})
    assert refused.status_code == 422
    assert "请写明问题" in refused.text

    kept = {"result": "wrong", "words": "附件与公开数不一致。", "seen": "", "then": "matter"}
    assert world.post(officer, f"{address}/items/1", kept).location == address
    for number in (2, 3):
        answer = world.post(officer, f"{address}/items/{number}", {"result": "right", "seen": ""})
        assert answer.location.endswith(f"/items/{number + 1}")
    kept = {"result": "lacking", "words": "没有发票。", "seen": "", "then": "matter"}
    assert world.post(officer, f"{address}/items/4", kept).location == address

    assert "还没有写整改意见" in world.post(officer, f"{address}/close", {"revision": "2"}).text
    long = world.post(officer, f"{address}/opinion", {"revision": "2", "opinion": "改" * 10_001})
    assert long.status_code == 422
    assert "整改意见有 10001 个字，最多 10000 个字。请精简。" in long.text
    said = {"revision": "2", "opinion": "重新核对附件。\n补齐发票。\n\n"}
    assert world.post(officer, f"{address}/opinion", said).status_code == 303
    assert (
        world.post(officer, f"{address}/close", {"revision": "2"}).status_code == 409
    )  # Seen before the opinion.
    assert world.post(officer, f"{address}/close", {"revision": "3"}).status_code == 303
    assert (
        world.post(officer, f"{address}/items/2", {"result": "wrong", "words": "另", "seen": ""}).status_code
        == 409
    )

    row, items = one_of(world, address), items_of(world, address)
    assert (row.state, [one.result for one in items]) == ("closed", ["wrong", "right", "right", "lacking"])
    matters = (
        world.session.query(Matter)
        .filter_by(source="inspection", cause=row.uid)
        .order_by(Matter.unit_id)
        .all()
    )
    assert [(one.unit_id, one.severity, one.told_at) for one in matters] == [
        (world.unit.id, "red", None),
        (world.other.id, "yellow", None),
    ]
    said = world.session.query(MatterItem).filter_by(matter_id=matters[0].id).one()
    assert (said.ref, said.seen) == (items[0].ref, "有问题：附件与公开数不一致。")
    acts = world.session.query(Audit).filter_by(object=f"inspection:{row.uid}").order_by(Audit.id).all()
    assert [one.action.split(".")[1] for one in acts] == [
        "planned", "drawn", "looked_at", "matter", "looked_at", "looked_at", "looked_at", "matter", "opinion", "closed",
    ]  # fmt: skip
    assert world.unit.name in acts[0].detail  # By its name: an address says nothing to whoever reads the log.
    listing = re.sub(r"<[^>]+>", " ", officer.get("/inspections/").text)
    assert "2026年第三季度四责联审" in listing


def test_whoever_has_the_list_draws_the_same_with_the_five_lines(
    world: World, officer: FlaskClient, tmp_path: Path
) -> None:
    address = drawn(world, officer, seed='公开摇号 "8\\15"', name="重抽")
    page = officer.get(f"{address}/redraw").text
    assert "重抽结果相同" in page
    assert "总体名单未变" in page
    code = re.search(r"<code>(import csv.*?)</code>", page, re.DOTALL)
    assert code
    program = code[1].replace("&#34;", '"').replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&")
    assert len(program.splitlines()) == 5
    (tmp_path / "总体名单.csv").write_bytes(officer.get(f"{address}/population.csv").data)
    answer = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True,
        env={"PYTHONUTF8": "1"},
    )  # fmt: skip
    for item in items_of(world, address):
        assert f"'{item.ref}'" in answer.stdout
    by_hand = "tail -n +2 总体名单.csv | tr -d '\\r' | tr ',' '\\t' | LC_ALL=C sort | sha256sum"  # docs/inspections.md
    told = subprocess.run(["sh", "-c", by_hand], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert plan_of(one_of(world, address)).digest == told.stdout.split()[0]
    assert answer.stdout.count("'") == 2 * 4


def test_drawing_again_tells_what_was_published_since_and_what_was_tampered_with(
    world: World, officer: FlaskClient
) -> None:
    with months_ago(world, 4):
        published(world, world.unit, quarter("2024Q3"))
    address = drawn(world, officer, name="复核", first="2026-06-01", last="2026-06-30")
    with months_ago(world, 4):
        later = published(world, world.unit, quarter("2024Q4"))
    assert f"多出 1 件：{later.index_no}" in officer.get(f"{address}/redraw").text
    item = items_of(world, address)[0]
    world.session.query(InspectionItem).filter_by(id=item.id).update({"ref": later.index_no})
    world.session.commit()
    assert "重抽结果不同" in officer.get(f"{address}/redraw").text


def test_what_is_wrong_with_a_plan_is_told_and_nothing_typed_is_lost(
    world: World, officer: FlaskClient
) -> None:
    answer = world.post(
        officer,
        "/inspections/new",
        {**PLAN, "name": "", "ends_on": "2026年10月1日", "each-finance": "两件", "first": "2026-13-01"},
    )
    assert answer.status_code == 422
    for words in (
        "请填写名称",
        "检查的截止日期早于起始日期",
        "请至少选择一个单位",
        "请填 0 至 200",
        "月份只能是",
    ):
        assert words in answer.text
    for typed in ("8-15-3", "两件", "2026-13-01", "示例甲 示例财政局局长"):
        assert typed in answer.text
    address = planned(world, officer, first="2020-01-01", last="2020-12-31", name="空")
    refused = world.post(officer, f"{address}/draw", {"revision": "1"})
    assert refused.status_code == 409
    assert "没有可抽的已公开记录" in refused.text
    changed = {**PLAN, "units": [world.unit.slug], "revision": "1", "name": "改了"}
    assert world.post(officer, f"{address}/change", changed).status_code == 303
    assert world.post(officer, f"{address}/change", {**changed, "name": "旧页面"}).status_code == 409
    assert world.post(officer, f"{address}/draw", {"revision": "2"}).status_code == 303
    assert world.post(officer, f"{address}/draw", {"revision": "3"}).status_code == 409
    assert officer.get(f"{address}/change").status_code == 409


def test_two_officers_at_one_record_do_not_overwrite_one_another(world: World, officer: FlaskClient) -> None:
    address = drawn(world, officer, name="两人")
    assert world.post(officer, f"{address}/items/1", {"result": "right", "seen": ""}).status_code == 303
    second = world.post(officer, f"{address}/items/1", {"result": "wrong", "words": "我写的", "seen": ""})
    assert second.status_code == 409
    assert "我写的" in second.text
    assert items_of(world, address)[0].result == "right"


def test_results_go_out_as_csv_and_xlsx_and_no_cell_runs(world: World, officer: FlaskClient) -> None:
    address = drawn(world, officer, name="导出")
    world.post(officer, f"{address}/items/1", {"result": "wrong", "words": "=1+1 有误", "seen": ""})
    answer = officer.get(f"{address}/results.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) == 5
    assert rows[1][5:7] == ["有问题", "'=1+1 有误"]
    book = openpyxl.load_workbook(io.BytesIO(officer.get(f"{address}/results.xlsx").data))
    assert [one.value for one in next(iter(book.active.iter_rows(min_row=2)))][5] == "有问题"


def test_units_see_nothing_and_the_administrator_only_reads(world: World, officer: FlaskClient) -> None:
    address = drawn(world, officer, name="权限")
    pages = ("/inspections/", address, f"{address}/items/1", f"{address}/redraw", f"{address}/results.csv")
    for role in ("editor", "reviewer", "unit_admin", "staff", "filings", "intake"):
        client = signed_in(world, role)
        assert {client.get(one).status_code for one in pages} == {403}, role
    admin = signed_in(world, "commission_admin")
    assert {admin.get(one).status_code for one in pages} == {200}
    assert world.post(admin, f"{address}/items/1", {"result": "right", "seen": ""}).status_code == 403
    assert officer.get("/inspections/no-such").status_code == 404
    assert officer.get(f"{address}/items/99").status_code == 404


def test_only_what_is_open_to_everybody_and_of_the_time_can_be_drawn(
    world: World, officer: FlaskClient
) -> None:
    with months_ago(world, 2):
        published(world, world.unit, quarter("2023Q1", audience="leadership_group"))
        later = published(world, world.unit, quarter("2023Q2"))
    address = drawn(world, officer, name="范围", first="2026-08-01", last="2026-08-31")
    assert [one.ref for one in items_of(world, address)] == [later.index_no]


def test_sums_of_nothing_are_nothing() -> None:
    assert inspecting.sums([]).units == 0
