"""双记双评 over HTTP: entered quickly, linked, compared, confirmed; a correction is told; the unit sees none of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from portal.domain.regimes import Regime
from portal.services.supervision.entered import NotEntered
from portal.services.supervision.minutes_forms import read_minutes, typed_of
from portal.store.tables import Audit, Matter, MatterItem, OwnRecord
from tests.web.office.closer import decision, opened_world, published, signed_in
from tests.web.office.world import World

pytestmark = pytest.mark.database
SECRET = "到会人员当场听到的另一句话"
TYPED = {
    "held_on": "2026年9月10日",
    "title": "办公楼维修项目安排",
    "presider": "示例甲",
    "chief": "示例甲",
    "should_attend": "3",
    "present": "示例甲、示例乙\n示例丙",
    "category": "major_project",
    "amount": "30万元",
    "statements": "1. 示例甲 赞成 先干起来\n示例乙 同意\n示例丙 弃权 经费来源不清",
    "vote_method": "show_of_hands",
    "votes_for": "2",
    "votes_abstain": "1",
    "result": "adopted",
    "decision_text": "同意维修",
    "remark": SECRET,
    "own_score": "95",
    "outside_score": "60",
    "outside_words": "主要负责人先表态",
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, regimes: dict[str, Regime]) -> Iterator[World]:
    yield from opened_world(tmp_path_factory.mktemp("minutes"), regimes)


@pytest.fixture(scope="module")
def officer(world: World) -> FlaskClient:
    return world.client("officer")


def entered(world: World, officer: FlaskClient, **more: Any) -> str:
    answer = world.post(officer, "/minutes/new", {**TYPED, "unit": world.unit.slug, **more})
    assert answer.status_code == 303, answer.text
    return answer.location


@pytest.mark.parametrize(
    ("key", "label", "most"),
    [
        ("decision_text", "决定内容", 20_000),
        ("remark", "备注", 4000),
        ("outside_words", "纪委监委评价的说明", 2000),
    ],
)
def test_a_text_that_is_too_long_is_told_with_its_limit_and_its_length(
    key: str, label: str, most: int
) -> None:
    assert read_minutes({**TYPED, key: "长" * most})
    with pytest.raises(NotEntered) as refusal:
        read_minutes({**TYPED, key: "长" * (most + 1)})
    assert refusal.value.errors == {key: f"{label}有 {most + 1} 个字，最多 {most} 个字。请精简。"}


def act(world: World, officer: FlaskClient, address: str, what: str, **more: Any) -> Any:
    """Post as the page would that shows the record now."""
    world.session.rollback()
    row = world.session.query(OwnRecord).filter_by(uid=address.rsplit("/", 1)[1]).one()
    return world.post(officer, f"{address}/{what}", {"revision": str(row.revision), **more})


def items(world: World, cause: str) -> dict[str, bool]:
    """Return what is said in a cause's items by the field's label, and whether it stands."""
    world.session.rollback()
    rows = (
        world.session.query(MatterItem)
        .join(Matter, MatterItem.matter_id == Matter.id)
        .filter(Matter.source == "minutes", Matter.cause == cause)
    )
    return {one.seen.split("”")[0][1:]: one.gone_on is None for one in rows}


def test_a_meeting_from_its_record_to_the_units_correction(world: World, officer: FlaskClient) -> None:
    record = published(world, world.unit, decision())
    ref = record.index_no
    assert officer.get("/minutes/new").status_code == 200
    address = entered(world, officer)
    shown = officer.get(address).text
    assert "按日期和议题推荐" in shown
    assert ref in shown
    assert "待关联" in shown  # Nobody is blamed for not publishing while the record lies below.
    assert "逾期未公开" not in shown
    assert act(world, officer, address, "link", ref=ref).status_code == 303
    shown = officer.get(address).text
    for words in ("1. 示例甲", "不是最后表态", "示例丙 弃权", "确认比对，列为监督事项", "35 分"):
        assert words in shown
    assert act(world, officer, address, "confirm").status_code == 303
    wrong = {"发言顺序", "各人态度", "末位表态", "赞成票", "弃权票"}
    assert items(world, ref) == dict.fromkeys(wrong, True)
    matter = world.session.query(Matter).filter_by(source="minutes", cause=ref).one()
    assert (matter.unit_id, matter.told_at) == (world.unit.id, None)
    said = " ".join(
        one.seen + one.remedy for one in world.session.query(MatterItem).filter_by(matter_id=matter.id)
    )
    assert "3" in said  # What the unit itself has published…
    for kept in (SECRET, "经费来源不清", "示例丙 弃权", "不是最后表态"):  # …and nothing that it has not.
        assert kept not in said

    world.session.rollback()
    corrected = decision(order=("示例甲", "示例乙", "示例丙"), votes_for=2, votes_abstain=1, index_no=ref)
    published(world, world.unit, corrected, reason="更正发言顺序和票数")
    shown = officer.get(address).text
    assert "单位公开了第 2 版（当时是第 1 版）" in shown
    assert "须重新比对" in officer.get("/minutes/").text
    assert act(world, officer, address, "confirm").status_code == 303
    assert items(world, ref) == {one: one == "各人态度" for one in wrong}
    assert "须重新比对" not in officer.get(address).text
    actions = [
        one.action
        for one in world.session.query(Audit)
        .filter_by(object=f"own_record:{address.rsplit('/', 1)[1]}")
        .order_by(Audit.id)
    ]
    assert actions == ["minutes.entered", "minutes.linked", "minutes.confirmed", "minutes.confirmed"]


def test_what_was_not_published_by_its_deadline_is_told_and_can_be_taken_up(
    world: World, officer: FlaskClient
) -> None:
    late = entered(world, officer, title="一件没有公开的事", held_on="2026年6月1日")
    assert "公开期限已过" in officer.get(late).text
    assert act(world, officer, late, "confirm").status_code == 303
    uid = late.rsplit("/", 1)[1]
    world.session.rollback()
    assert world.session.query(Matter).filter_by(source="minutes", cause=uid).one().severity == "yellow"
    early = entered(world, officer, title="刚开的会", held_on="2026年10月19日")
    assert "公开期限未到" in officer.get(early).text
    assert act(world, officer, early, "confirm").status_code == 409
    answer = act(world, officer, early, "link", ref="330411002/2026-00001")
    assert answer.status_code == 422
    assert "没有向社会公开索引号" in answer.text


def test_nothing_typed_is_lost_and_what_is_wrong_is_told(world: World, officer: FlaskClient) -> None:
    typed = {
        **TYPED,
        "title": "",
        "amount": "三十万",
        "votes_for": "两票",
        "own_score": "101",
        "held_on": "9月10日",
    }
    answer = world.post(officer, "/minutes/new", typed)
    assert answer.status_code == 422
    for words in (
        "请选择单位",
        "请填写议题",
        "不是可识别的金额",
        "赞成票请填",
        "单位自评请填",
        "不是可识别的日期",
    ):
        assert words in answer.text
    for words in ("三十万", "两票", "示例丙 弃权 经费来源不清", SECRET):
        assert words in answer.text


def test_the_next_item_begins_with_the_meeting_and_a_change_is_locked(
    world: World, officer: FlaskClient
) -> None:
    address = entered(world, officer, title="第一个议题")
    following = officer.get(f"/minutes/new?after={address.rsplit('/', 1)[1]}").text
    assert "2026年9月10日" in following
    assert "示例甲\n示例乙\n示例丙" in following
    assert "第一个议题" not in following
    assert act(world, officer, address, "change", **{**TYPED, "title": "改过的议题"}).status_code == 303
    world.session.rollback()
    act_of_change = world.session.query(Audit).filter_by(action="minutes.changed").one()
    assert json.loads(act_of_change.detail) == {
        "before": {"议题": "第一个议题"},
        "after": {"议题": "改过的议题"},
    }
    answer = world.post(officer, f"{address}/change", {**TYPED, "title": "旧页面", "revision": "1"})
    assert answer.status_code == 409
    assert "旧页面" in answer.text


def test_a_record_is_read_again_as_it_was_shown() -> None:
    own, rating = read_minutes(TYPED)
    assert [one.position.value for one in own.statements] == ["for", "for", "abstain"]
    assert [one.words for one in own.statements] == ["先干起来", "", "经费来源不清"]
    assert own.amount == 300_000_00
    assert read_minutes(typed_of(own, rating)) == (own, rating)


def test_units_see_nothing_and_the_administrator_only_reads(world: World, officer: FlaskClient) -> None:
    address = entered(world, officer, title="权限")
    pages = ("/minutes/", address, f"{address}/change", "/minutes/list.csv")
    for role in ("editor", "reviewer", "unit_admin", "staff", "filings", "intake"):
        assert {signed_in(world, role).get(one).status_code for one in pages} == {403}, role
    admin = signed_in(world, "commission_admin")
    assert [admin.get(one).status_code for one in pages] == [200, 200, 403, 200]
    assert officer.get("/minutes/no-such").status_code == 404
    assert officer.get("/minutes/list.xlsx").data.startswith(b"PK")
    assert SECRET not in officer.get("/minutes/list.csv").text
