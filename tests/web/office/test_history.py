"""操作记录, as a browser gets it."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal.domain.drafting import Event
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Step
from tests.web.office.world import World


def fill(world: World, count: int = 3) -> None:
    made = [world.account("editor", name="方示九"), world.account("reviewer", name="林示二")]
    people = [(one.id, one.name) for one in made]
    world.session.rollback()
    own = Session(world.session.get_bind())
    room = Room(own, world.unit.id)
    for number in range(count):
        who = people[number % 2]
        room.write_down(
            Event.CREATED if number % 2 == 0 else Event.RETURNED,
            actor=Actor(*who, frozenset()),
            now=world.at - timedelta(days=count - number),
            title=f"示例标题{number}",
            kind="finance" if number % 2 == 0 else "decision",
            remark="=cmd|'/c calc'!A1" if number == 0 else "<b>意见</b>",
        )
    own.commit()
    own.close()
    world.session.rollback()  # It may have begun to read before that.
    world.session.add(
        Step(unit_id=world.other.id, event="created", title="外人的标题", actor="外人", at=world.at)
    )
    world.session.commit()


def test_what_happened_is_listed_newest_first_and_only_ones_own(world: World) -> None:
    fill(world)
    text = world.client("editor").get("/history").text
    assert text.index("示例标题2") < text.index("示例标题1") < text.index("示例标题0")
    assert "外人" not in text
    assert "&lt;b&gt;意见" in text
    assert "共 3 条" in text


def test_it_is_filtered_by_event_person_kind_and_day(world: World) -> None:
    fill(world, 4)
    browser = world.client("editor")
    for query, wanted in (
        ("event=returned", {1, 3}),
        ("actor=方示九", {0, 2}),
        ("kind=decision", {1, 3}),
        (f"first={_day(world, 1)}", {3}),
        (f"last={_day(world, 4)}", {0}),
        ("event=nonsense", {0, 1, 2, 3}),
    ):
        text = browser.get(f"/history?{query}").text
        assert {number for number in range(4) if f"示例标题{number}" in text} == wanted, query


def _day(world: World, before: int) -> str:
    at: datetime = world.at - timedelta(days=before)
    return at.date().isoformat()


def test_days_that_are_none_are_told(world: World) -> None:
    browser = world.client("editor")
    answer = browser.get("/history?first=昨天")
    assert answer.status_code == 422
    assert 'href="#first"' in answer.text
    assert browser.get("/history?first=2026-02-01&last=2026-01-01").status_code == 422
    assert browser.get("/history.csv?first=昨天").status_code == 422
    for day in ("0001-01-01", "9999-12-31"):
        assert browser.get(f"/history?first={day}").status_code == 422
        assert browser.get(f"/history?last={day}").status_code == 422


def test_pages_lead_on_and_keep_the_filter(world: World) -> None:
    fill(world, 120)
    browser = world.client("editor")
    first = browser.get("/history?event=created").text
    assert "共 60 条，第 1 页，共 2 页" in first
    assert "event=created&amp;page=2" in first
    second = browser.get("/history?event=created&page=2").text
    assert "示例标题0<" in second
    assert "第 2 页" in browser.get("/history?event=created&page=99999").text
    assert "第 1 页" in browser.get("/history?event=created&page=-1").text


def test_the_export_has_every_page_and_no_formula(world: World) -> None:
    fill(world, 60)
    answer = world.client("reviewer").get("/history.csv")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["时间", "操作", "类别", "标题", "操作人", "说明"]
    assert len(rows) == 61
    assert rows[-1][-1] == "'=cmd|'/c calc'!A1"
    assert not [cell for row in rows for cell in row if cell[:1] in "=+-@" and cell]
    assert "外人" not in answer.text


def test_readers_do_not_see_the_desks_history(world: World) -> None:
    assert world.client("staff").get("/history").status_code == 403
    assert world.client("officer").get("/history.csv").status_code == 403
