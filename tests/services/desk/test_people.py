"""领导班子名单: terms of office by date, what is refused, what is only doubted, what the plan brings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.domain.documents import delegation as g
from portal.domain.drafting import Event, MemberRole
from portal.domain.roles import Role
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.services.desk import people
from portal.services.desk.people import ChangedMeanwhile, Entry, NotEntered
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Account, Jurisdiction, Member, Unit

NOW = datetime(2026, 10, 22, 4, 0, tzinfo=UTC)
KEEPER = Actor(1, "陈示一", frozenset({Role.UNIT_ADMIN}))
FORM = {"name": "方示九", "post": "副局长", "role": "deputy", "since": "2024年3月1日", "until": ""}


@pytest.fixture
def room(session: Session, unit: Unit) -> Room:
    session.add(
        Account(
            id=1, jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, login="keeper", name="陈示一",
            created_by="甲", created_at=NOW,
        )
    )  # fmt: skip
    session.commit()
    return Room(session, unit.id)


def add(room: Room, **more: str) -> Member:
    return people.add(room, people.read_entry({**FORM, **more}), actor=KEEPER, now=NOW)


def wrong(**typed: str) -> dict[str, str]:
    with pytest.raises(NotEntered) as refusal:
        people.read_entry({**FORM, **typed})
    return refusal.value.errors


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"name": " "}, "name", "没有填写姓名"),
        ({"post": ""}, "post", "没有填写职务"),
        ({"role": "emperor"}, "role", "请选择"),
        ({"since": ""}, "since", "没有填写"),
        ({"since": "2024年2月30日"}, "since", "不存在"),
        ({"until": "2024-02-29"}, "until", "早于起始日期"),
        ({"since": "1812-01-01"}, "since", "不在合理范围内"),
        ({"name": "方\u202e示九"}, "name", "不可见"),
        ({"name": "方" * 61}, "name", "不超过 60 字"),
        ({"post": "副局长 13800138000"}, "post", "名单只登记姓名和职务"),
    ],
)
def test_a_mistake_is_told_at_its_field(typed: dict[str, str], field: str, said: str) -> None:
    errors = wrong(**typed)
    assert list(errors) == [field]
    assert said in errors[field]


def test_every_mistake_is_told_at_once() -> None:
    assert set(wrong(name="", post="", role="", since="", until="昨天")) == {
        "name",
        "post",
        "role",
        "since",
        "until",
    }


def test_an_entry_is_found_by_day_and_written_down(room: Room) -> None:
    add(room, until="2025年6月30日")
    assert [one.name for one in room.members(on=date(2025, 6, 30))] == ["方示九"]
    assert room.members(on=date(2025, 7, 1)) == []
    assert room.members(on=date(2024, 2, 29)) == []
    step = room.steps()[0]
    assert (step.event, step.actor) == (Event.MEMBER.value, "陈示一")
    assert step.remark == "登记：方示九，副局长（副职），2024年3月1日至2025年6月30日"


def test_one_person_is_not_in_one_post_twice_at_a_time_but_may_hold_two(room: Room) -> None:
    add(room, until="2025-06-30")
    with pytest.raises(NotEntered) as refusal:
        add(room, since="2025-06-30")
    assert "重叠" in refusal.value.errors["since"]
    add(room, since="2025-07-01")
    add(room, post="总工程师")
    assert len(room.members()) == 3


def test_a_term_ends_on_a_day_and_stays(room: Room) -> None:
    member = add(room)
    people.end_term(room, member, until="2026-09-30", seen=people.seal(member), actor=KEEPER, now=NOW)
    assert room.members(on=date(2026, 10, 1)) == []
    assert len(room.members()) == 1
    assert "至今 改为" in room.steps()[0].remark
    with pytest.raises(NotEntered):
        people.end_term(room, member, until="2024-01-01", seen=people.seal(member), actor=KEEPER, now=NOW)


def test_a_change_of_post_ends_the_old_one_the_day_before(room: Room) -> None:
    member = add(room)
    typed = {"post": "局长", "role": "chief", "since": "2026-05-06"}
    new = people.change_post(room, member, typed=typed, seen=people.seal(member), actor=KEEPER, now=NOW)
    assert (member.until, new.since, new.name) == (date(2026, 5, 5), date(2026, 5, 6), "方示九")
    assert [one.post for one in room.members(on=date(2026, 5, 5))] == ["副局长"]
    assert [one.post for one in room.members(on=date(2026, 5, 6))] == ["局长"]
    assert len(room.steps()) == 2


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"post": "局长", "role": "chief", "since": "2024-03-01"}, "since"),
        ({"post": "副局长", "role": "deputy", "since": "2026-05-06"}, "post"),
        ({"post": "", "role": "chief", "since": "2026-05-06"}, "post"),
    ],
)
def test_a_change_of_post_that_is_none_changes_nothing(room: Room, typed: dict[str, str], field: str) -> None:
    member = add(room)
    with pytest.raises(NotEntered) as refusal:
        people.change_post(room, member, typed=typed, seen=people.seal(member), actor=KEEPER, now=NOW)
    assert field in refusal.value.errors
    assert (member.until, len(room.members())) == (None, 1)


def test_a_slip_is_put_right_and_what_stood_there_is_kept(room: Room) -> None:
    member = add(room, name="方示丸")
    people.correct(room, member, typed=FORM, seen=people.seal(member), actor=KEEPER, now=NOW)
    assert member.name == "方示九"
    remark = room.steps()[0].remark
    assert remark.startswith("改正笔误：方示丸，副局长")
    assert "改为 方示九，副局长" in remark
    with pytest.raises(NotEntered):
        people.correct(room, member, typed=FORM, seen=people.seal(member), actor=KEEPER, now=NOW)


def test_an_entry_that_changed_since_it_was_shown_is_not_overwritten(room: Room) -> None:
    member = add(room)
    seen = people.seal(member)
    people.end_term(room, member, until="2026-09-30", seen=seen, actor=KEEPER, now=NOW)
    with pytest.raises(ChangedMeanwhile):
        people.correct(room, member, typed=FORM, seen=seen, actor=KEEPER, now=NOW)


def test_two_heads_at_once_are_doubted_and_not_refused(room: Room) -> None:
    add(room, name="甲示一", post="党组书记", role="party_chief")
    add(room, name="甲示一", post="局长", role="chief")
    assert people.doubts(room.members(on=NOW.date())) == []
    add(room, name="乙示二", post="局长", role="chief")
    add(room, name="丙示三", post="副局长（主持工作）", role="acting_chief")
    found = people.doubts(room.members(on=NOW.date()))
    assert len(found) == 2
    assert "甲示一、乙示二" in found[0]
    assert "主持工作" in found[1]


def test_a_group_without_a_head_is_told(room: Room) -> None:
    add(room)
    assert "没有登记" in people.doubts(room.members())[0]
    assert people.doubts([]) == []


def test_forms_are_offered_who_was_in_post_that_day_heads_first(room: Room) -> None:
    add(room)
    add(room, name="甲示一", post="局长", role="chief", since="2026-01-01")
    assert people.options(room, on=date(2025, 1, 1)) == (
        people.Option("方示九", "副局长", MemberRole.DEPUTY),
    )
    assert [one.name for one in people.options(room, on=date(2026, 1, 1))] == ["甲示一", "方示九"]


def a_plan(since: date, **more: Any) -> g.DelegationPlan:
    return g.DelegationPlan(
        title=f"分工方案（{since.year}年）",
        adopted_on=since,
        effective_from=since,
        chiefs=(g.Chief(name="甲示一", post="党组书记、局长"),),
        assignments=(
            g.Assignment(domain="财务", deputy="方示九", post="副局长", held_since=since),
            g.Assignment(domain="人事", deputy="方示九", post="副局长", held_since=since),
            g.Assignment(
                domain="纪检", deputy="林示二", post="纪检组长", role=g.Role.DISCIPLINE_HEAD, held_since=since
            ),
        ),
        public_explanation="示例：如实说明。",
        **more,
    )


def publish(room: Room, plan: g.DelegationPlan) -> None:
    draft = publishing.save_draft(room.session, unit=room.unit, document=plan, author="甲", now=NOW)
    publishing.publish(
        room.session, draft, book=Book(room.session, {}), reason="首次公开", actor="乙", now=NOW
    )


def test_the_plan_in_force_names_the_group_once_each(room: Room) -> None:
    assert people.proposals(room, on=NOW.date()).people == ()
    publish(room, a_plan(date(2025, 1, 1)))
    publish(room, a_plan(date(2026, 1, 1)))
    publish(room, a_plan(date(2027, 1, 1)))
    add(room)
    found = people.proposals(room, on=NOW.date())
    assert found.title == "分工方案（2026年）"
    assert [(one.entry.name, one.entry.role, one.known) for one in found.people] == [
        ("甲示一", MemberRole.PARTY_CHIEF, False),
        ("方示九", MemberRole.DEPUTY, True),
        ("林示二", MemberRole.DISCIPLINE, False),
    ]


def test_only_who_was_chosen_and_is_not_there_yet_is_taken_in(room: Room) -> None:
    publish(room, a_plan(date(2026, 1, 1)))
    add(room)
    found = people.proposals(room, on=NOW.date())

    def take(numbers: set[int], index_no: str = found.index_no) -> int:
        return people.take_in(
            room, numbers, index_no=index_no, on=NOW.date(), actor=KEEPER, now=NOW + timedelta(minutes=1)
        )

    assert take({1, 2, 99}) == 1
    assert {one.name for one in room.members()} == {"方示九", "林示二"}
    assert "带入" in room.steps()[0].remark
    with pytest.raises(NotEntered):
        take({1, 2})
    with pytest.raises(ChangedMeanwhile):
        take({0}, "another")


def test_another_units_entries_are_not_there(session: Session, county: Jurisdiction, room: Room) -> None:
    session.rollback()
    with Session(session.get_bind()) as free:  # One that is bound to no unit.
        line = rosters.RosterLine(name="示例水利局", type="bureau")
        other = rosters.put_unit(free, free.get_one(Jurisdiction, county.id), line, now=NOW)
        row = Member(
            unit_id=other.id, name="外示人", post="局长", role="chief", since=date(2020, 1, 1),
            recorded_by="甲", recorded_at=NOW,
        )  # fmt: skip
        free.add(row)
        free.commit()
        number = row.id
    assert room.members() == []
    assert room.member(number) is None
    assert people.options(room, on=NOW.date()) == ()


def test_an_entry_says_itself_in_one_line() -> None:
    entry = Entry("方示九", "副局长", MemberRole.DEPUTY, date(2024, 3, 1))
    assert entry.told == "方示九，副局长（副职），2024年3月1日至今"
