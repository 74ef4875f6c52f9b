"""班子名单, as a browser gets it."""

from __future__ import annotations

from datetime import date
from typing import Any

from portal.demo.people import invite_samples
from portal.domain.documents import delegation as g
from portal.services import publishing
from portal.services.checking import Book
from portal.services.desk import people
from portal.services.desk.rooms import Room
from portal.store.tables import Member, Step
from tests.web.office.world import World, steady

FORM = {"name": "方示九", "post": "副局长", "role": "deputy", "since": "2024年3月1日", "until": ""}


def rows(world: World) -> list[Member]:
    world.session.rollback()
    return Room(world.session, world.unit.id).members()


def entered(world: World, browser: Any, **more: str) -> Member:
    answer = world.post(browser, "/people/new", {**FORM, **more})
    assert (answer.status_code, answer.location) == (303, "/people/")
    return rows(world)[-1]


def test_the_group_is_kept_by_the_unit_admin_and_read_by_the_desk(world: World) -> None:
    entered(world, world.client("unit_admin"))
    for role in ("editor", "reviewer"):
        browser = world.client(role)
        text = browser.get("/people/").text
        assert "方示九" in text
        assert "换职务" not in text
        assert browser.get("/people/new").status_code == 403
        assert world.post(browser, "/people/new", FORM).status_code == 403
    assert len(rows(world)) == 1
    assert world.client("staff").get("/people/").status_code == 403


def test_bad_input_comes_back_with_all_that_was_typed(world: World) -> None:
    answer = world.post(world.client("unit_admin"), "/people/new", {**FORM, "since": "昨天", "name": "<i>方"})
    assert answer.status_code == 422
    assert 'href="#since"' in answer.text
    assert 'value="昨天"' in answer.text
    assert 'value="&lt;i&gt;方"' in answer.text
    assert '<option value="deputy" selected>' in answer.text
    assert rows(world) == []


def test_the_whole_life_of_an_entry(world: World) -> None:
    browser = world.client("unit_admin")
    member = entered(world, browser, name="方示丸")
    fixed = {**FORM, "seen": people.seal(member)}
    assert world.post(browser, f"/people/{member.id}/correct", fixed).status_code == 303
    member = rows(world)[0]
    changed = {"post": "局长", "role": "chief", "since": "2026-05-06", "seen": people.seal(member)}
    assert world.post(browser, f"/people/{member.id}/change", changed).status_code == 303
    old, new = rows(world)
    assert (old.until, new.post) == (date(2026, 5, 5), "局长")
    ended = {"until": "2026-09-30", "seen": people.seal(new)}
    assert world.post(browser, f"/people/{new.id}/end", ended).status_code == 303
    text = browser.get("/people/").text
    assert "这一天名单上没有人在任" in text
    assert "局长" in browser.get("/people/?on=2026-09-30").text.split("其他时间的任职")[0]
    world.session.rollback()
    remarks = [one.remark for one in world.session.query(Step).order_by(Step.id)]
    assert [one.split("：")[0] for one in remarks] == ["登记", "改正笔误", "职务变动", "任职结束"]


def test_two_who_change_one_entry_do_not_overwrite_each_other(world: World) -> None:
    browser = world.client("unit_admin")
    member = entered(world, browser)
    seen = people.seal(member)
    assert (
        world.post(browser, f"/people/{member.id}/end", {"until": "2026-09-30", "seen": seen}).status_code
        == 303
    )
    answer = world.post(browser, f"/people/{member.id}/correct", {**FORM, "name": "别人", "seen": seen})
    assert answer.status_code == 409
    assert "刚刚被别人改过" in answer.text
    assert 'value="别人"' in answer.text
    assert rows(world)[0].name == "方示九"


def test_a_day_that_is_none_is_told(world: World) -> None:
    answer = world.client("editor").get("/people/?on=2026-13-01")
    assert answer.status_code == 422
    assert "月份只能是 1 至 12" in answer.text


def test_another_units_entry_is_not_found(world: World) -> None:
    foreign = Member(
        unit_id=world.other.id, name="外示人", post="局长", role="chief", since=date(2020, 1, 1),
        recorded_by="甲", recorded_at=world.at,
    )  # fmt: skip
    world.session.add(foreign)
    world.session.commit()
    browser = world.client("unit_admin")
    for what in ("end", "change", "correct"):
        url = f"/people/{foreign.id}/{what}"
        assert steady(browser.get(url).text) == steady(browser.get(f"/people/987654/{what}").text)
        assert world.post(browser, url, {**FORM, "seen": people.seal(foreign)}).status_code == 404
    assert "外示人" not in browser.get("/people/").text


def test_without_a_plan_there_is_nothing_to_take_in(world: World) -> None:
    browser = world.client("unit_admin")
    assert "没有执行中的已公开分工方案" in browser.get("/people/from-plan").text
    assert world.post(browser, "/people/from-plan", {"numbers": "0", "index_no": "x"}).status_code == 409


def test_people_are_taken_in_from_the_plan_once(world: World) -> None:
    since = date(2026, 1, 1)
    plan = g.DelegationPlan(
        title="分工方案（2026年）",
        adopted_on=since,
        effective_from=since,
        chiefs=(g.Chief(name="甲示一", post="局长"),),
        assignments=(g.Assignment(domain="财务", deputy="<b>乙</b>", post="副局长", held_since=since),),
    )
    draft = publishing.save_draft(world.session, unit=world.unit, document=plan, author="甲", now=world.at)
    version = publishing.publish(
        world.session, draft, book=Book(world.session, {}), reason="首次公开", actor="乙", now=world.at
    )
    world.session.commit()
    browser = world.client("unit_admin")
    shown = browser.get("/people/from-plan").text
    assert "甲示一，局长（行政正职），自2026年1月1日" in shown
    assert "&lt;b&gt;乙" in shown
    chosen = {"index_no": version.record.index_no, "numbers": ["0", "1"]}
    assert world.post(browser, "/people/from-plan", chosen).status_code == 303
    assert [one.name for one in rows(world)] == ["甲示一", "<b>乙</b>"]
    assert "已在名单上" in browser.get("/people/from-plan").text
    again = world.post(browser, "/people/from-plan", chosen)
    assert again.status_code == 422
    assert len(rows(world)) == 2


def test_the_sample_unit_has_a_roster_to_choose_from(world: World) -> None:
    since = date(2026, 1, 1)
    plan = g.DelegationPlan(
        title="分工方案（2026年）",
        adopted_on=since,
        effective_from=since,
        chiefs=(g.Chief(name="甲示一", post="局长"),),
        assignments=(g.Assignment(domain="财务", deputy="乙示二", post="副局长", held_since=since),),
    )
    world.unit.sample, world.unit.type = True, "bureau"
    draft = publishing.save_draft(world.session, unit=world.unit, document=plan, author="甲", now=world.at)
    publishing.publish(
        world.session, draft, book=Book(world.session, {}), reason="首次公开", actor="乙", now=world.at
    )
    links = invite_samples(world.session, address="http://office.example/invitation/{}", now=world.at)
    world.session.commit()
    assert len(links) == 11
    assert [one.name for one in rows(world)] == ["甲示一", "乙示二"]
