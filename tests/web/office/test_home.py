"""The unit's home, as a browser gets it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from portal.domain.documents.base import kinds
from portal.domain.drafting import Event, State
from portal.domain.regimes import Regime
from portal.domain.roles import Role
from portal.services import publishing
from portal.services.checking import Book
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Draft
from tests.web.office.world import World


def a_draft(world: World, document: Any, state: State, **more: Any) -> Draft:
    draft = publishing.save_draft(
        world.session, unit=world.unit, document=document, author="方示九", now=world.at
    )
    draft.state = state.value
    for name, value in more.items():
        setattr(draft, name, value)
    world.session.commit()
    return draft


def test_the_home_says_the_day_and_how_things_stand(world: World) -> None:
    world.at = datetime(2026, 12, 15, 3, 0, tzinfo=UTC)
    text = world.client("editor").get("/").text
    assert "今天是2026年12月15日。" in text
    assert "项已经过期" in text
    assert "季度财务：2026年第三季度" in text
    assert ("补报" in text) == ("writing.new" in world.app.view_functions)
    assert "<summary>依据" in text
    assert "政府信息公开条例" in text


def test_every_kind_can_be_begun_by_who_writes_and_by_nobody_else(world: World) -> None:
    text = world.client("editor").get("/").text
    assert all(model.kind.label in text for model in kinds().values())
    assert "新建" in text
    assert "新建" not in world.client("reviewer").get("/").text


def test_what_waits_for_a_review_is_first_for_the_reviewer(world: World, a_quarter: Any) -> None:
    editor, reviewer = world.account("editor"), world.account("reviewer")
    a_draft(world, a_quarter("2026Q3"), State.SUBMITTED, submitted_by_id=editor.id)
    text = world.client(account=reviewer).get("/").text
    assert "1 件待您审核" in text
    assert text.index("待您审核") < text.index("未到期")
    assert "去审核" in text or "季度财务：2026年第三季度" in text
    assert "待您审核" not in world.client(account=editor).get("/").text


def test_a_remark_stands_beside_the_list_as_text(world: World, a_quarter: Any) -> None:
    reviewer = world.account("reviewer")
    draft = a_draft(world, a_quarter("2026Q3", title="<b>标题</b>"), State.RETURNED)
    actor = Actor(reviewer.id, "林示二", frozenset({Role.REVIEWER}))
    Room(world.session, world.unit.id).write_down(
        Event.RETURNED, actor=actor, now=world.at, draft=draft, remark="<script>请补充</script>"
    )
    world.session.commit()
    text = world.client("editor").get("/").text
    assert "&lt;script&gt;请补充&lt;/script&gt;" in text
    assert "<b>标题" not in text
    assert "1 件被退回" in text


def test_what_was_published_last_is_there(world: World, a_quarter: Any, regimes: dict[str, Regime]) -> None:
    draft = a_draft(world, a_quarter("2026Q2", title="二季度公开"), State.APPROVED)
    publishing.publish(
        world.session, draft, book=Book(world.session, {}), reason="首次公开", actor="林示二", now=world.at
    )
    world.session.commit()
    text = world.client("editor").get("/").text
    assert "二季度公开" in text
    assert "林示二发布" in text


def test_empty_states_say_which(world: World) -> None:
    text = world.client("unit_admin").get("/").text
    assert "还没有发布过内容" in text
    assert "没有被退回的内容" in text


@pytest.mark.parametrize("role", ["staff", "group"])
def test_who_only_reads_is_led_to_the_reading_room(world: World, role: str) -> None:
    answer = world.client(role).get("/")
    if "reading.listing" in world.app.view_functions:
        assert (answer.status_code, answer.location) == (303, "/reading/")
    else:
        assert "内部公开" in answer.text
    assert "到期事项" not in answer.text


@pytest.mark.parametrize(
    ("role", "where"), [("officer", "/minutes/"), ("commission_admin", "/years"), ("filings", "/filings/")]
)
def test_the_commission_has_an_entrance_of_its_own(world: World, role: str, where: str) -> None:
    browser = world.client(role)
    answer = browser.get("/")
    assert (answer.status_code, answer.location) == (303, "/commission/")
    text = browser.get("/commission/").text
    assert "http://public.example/xiuzhou/status.html" in text
    assert f'href="{where}"' in text.partition("在这里可以做的")[2]
    assert "示例财政局" not in text


def test_a_unit_does_not_get_the_commissions_entrance(world: World) -> None:
    assert world.client("editor").get("/commission/").status_code == 403
