"""Groups of many units by one file: looked at line by line, written through each unit's own room, told to the unit."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import product

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.domain.drafting import Event, MemberRole
from portal.domain.roles import Role
from portal.services import rosters
from portal.services.board.county import County, open_county
from portal.services.desk import people
from portal.services.desk.people import Entry
from portal.services.desk.rooms import Actor, Room
from portal.services.rosters import RosterError
from portal.services.running import group_files, groups
from portal.services.running.group_files import Preview, Way
from portal.services.running.group_plans import CHANGED, ENDED, NEW, SAME, WRONG
from portal.services.running.units import NotKept, Overtaken
from portal.store.db import begin_write, make_engine
from portal.store.tables import Account, AccountRole, Audit, Jurisdiction, Member, Unit
from portal.store.tenancy import AnotherTenant, lent
from tests import postgresql

NOW = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)
TODAY = date(2026, 10, 20)
HEAD = ["单位名称", "姓名", "职务", "身份", "任职日期", "离任日期"]
Open = Callable[[str], County]


@pytest.fixture
def who(session: Session, county: Jurisdiction) -> Actor:
    """The commission's administrator."""
    account = Account(
        jurisdiction_id=county.id,
        login="admin",
        name="冯示六",
        active=True,
        created_by="测试",
        created_at=NOW,
    )
    account.roles = [AccountRole(role=Role.COMMISSION_ADMIN.value, granted_by="测试", granted_at=NOW)]
    session.add(account)
    session.commit()
    return Actor(account.id, account.name, frozenset({Role.COMMISSION_ADMIN}))


@pytest.fixture
def opened(engine: Engine, unit: Unit, who: Actor, session: Session, county: Jurisdiction) -> Iterator[Open]:
    """Opens a county as the office does: on a closed engine, in a transaction that writes."""
    for name, code in (("示例住建局", "330411002"), ("示例旧局", "330411003")):
        gone = date(2026, 1, 1) if name == "示例旧局" else None
        line = rosters.RosterLine(name=name, type="bureau", code=code, abolished_on=gone, sample=True)
        rosters.put_unit(session, county, line, now=NOW)
    session.commit()
    closed = make_engine(engine.url.render_as_string(hide_password=False), closed=True)
    held: list[Session] = []

    def run(slug: str) -> County:
        while held:
            held.pop().close()
        held.append(Session(closed))
        begin_write(held[0])
        return open_county(held[0], slug, who)

    yield run
    while held:
        held.pop().close()
    closed.dispose()


def table(*rows: str, head: list[str] = HEAD) -> list[list[str]]:
    return [head, *(one.split(",") for one in rows)]


def take(opened: Open, *rows: str, last_day: date | None = None) -> Preview:
    """Look and write, as two requests do."""
    way, lines = Way(last_day), table(*rows)
    seen = group_files.look_at(opened("xiuzhou"), lines, way, now=NOW)
    here = opened("xiuzhou")
    done = group_files.apply(
        here, lines, way, basis=seen.basis, address="http://office.example/people/", now=NOW
    )
    here.session.commit()
    return done


def told(opened: Open, name: str) -> list[str]:
    here = opened("xiuzhou")
    unit = next(one for one in here.units() if one.name == name)
    return [one.entry.told for one in groups.seats(here, unit)]


def refused(opened: Open, *rows: str) -> str:
    """What is wrong with the rows, in one text; nothing may be written."""
    here, lines = opened("xiuzhou"), table(*rows)
    seen = group_files.look_at(here, lines, Way(), now=NOW)
    assert not seen.usable
    with pytest.raises(NotKept):
        group_files.apply(
            here, lines, Way(), basis=seen.basis, address="http://office.example/people/", now=NOW
        )
    here.session.commit()
    return "".join(f"第 {one.number} 行“{c}”{text}" for one in seen.deeds for c, text in one.wrong)


A = "示例财政局,张示一,党组书记、局长,行政正职,2020-01-01,"
B = "示例财政局,李示二,副局长,副职,2021-05-01,"
C = "示例住建局,王示三,局长,行政正职,2022-01-01,"


def test_one_file_fills_many_units_and_each_reads_who_did_it(
    opened: Open, unit: Unit, engine: Engine
) -> None:
    done = take(opened, A, B, C)

    assert (done.count(NEW), done.count(WRONG)) == (3, 0)
    assert told(opened, "示例财政局") == [
        "张示一，党组书记、局长（行政正职），2020年1月1日至今",
        "李示二，副局长（副职），2021年5月1日至今",
    ]
    assert len(told(opened, "示例住建局")) == 1
    here = opened("xiuzhou")
    log = here.session.scalars(here.rows(Audit).order_by(Audit.id)).all()
    assert [(one.action, one.actor) for one in log] == [("group.imported", "冯示六")] * 2
    assert log[0].words == "导入班子名单：示例财政局，登记 2 人（只办文件写到的人员）"
    assert len(json.loads(log[0].detail)["after"]) == 2
    with Session(make_engine(engine.url.render_as_string(hide_password=False), closed=True)) as own:
        steps = Room(own, unit.id).steps()
    assert [one.event for one in steps] == [Event.IMPORTED.value, *[Event.MEMBER.value] * 2]
    assert steps[0].remark == "登记 2 人"
    assert steps[2].remark.startswith("纪委监委导入：登记：张示一")


def test_lines_change_end_and_leave_others_as_they_are(opened: Open) -> None:
    take(opened, A, B, C)
    done = take(
        opened,
        "财政局,李 示二,副局长,,,2026-09-30",
        "示例财政局,赵示四,副局长,副职,2026-10-01,",
        "330411002,王示三,局长,党委（党组）书记,2022-02-01,",
    )
    assert [(one.verdict, one.person) for one in done.deeds] == [
        (ENDED, "李示二"),
        (NEW, "赵示四"),
        (CHANGED, "王示三"),
    ]
    assert told(opened, "示例财政局") == [
        "张示一，党组书记、局长（行政正职），2020年1月1日至今",
        "李示二，副局长（副职），2021年5月1日至2026年9月30日",
        "赵示四，副局长（副职），2026年10月1日至今",
    ]
    assert told(opened, "示例住建局") == ["王示三，局长（党委（党组）书记），2022年2月1日至今"]


def test_a_whole_list_ends_who_is_not_in_it_and_touches_no_other_unit(opened: Open) -> None:
    take(opened, A, B, C)
    day = date(2026, 10, 15)
    rows = ("示例财政局,张示一,党组书记、局长,,,", "示例财政局,赵示四,副局长,副职,2026-10-16,")
    done = take(opened, *rows, last_day=day)

    assert [(one.verdict, one.number, one.person) for one in done.deeds] == [
        (SAME, 2, "张示一"),
        (NEW, 3, "赵示四"),
        (ENDED, 0, "李示二"),
    ]
    assert "李示二，副局长（副职），2021年5月1日至2026年10月15日" in told(opened, "示例财政局")
    assert told(opened, "示例住建局") == ["王示三，局长（行政正职），2022年1月1日至今"]
    assert not take(opened, *rows, last_day=day).usable  # Once more: nothing.


def test_whoever_changes_posts_in_a_whole_list_leaves_the_old_one_the_day_before(opened: Open) -> None:
    take(opened, A, B)
    moved = "示例财政局,李示二,党组副书记,副职,2026-08-01,"
    take(opened, "示例财政局,张示一,党组书记、局长,,,", moved, last_day=TODAY)
    assert told(opened, "示例财政局")[1:] == [
        "李示二，副局长（副职），2021年5月1日至2026年7月31日",
        "李示二，党组副书记（副职），2026年8月1日至今",
    ]


WRONG_LINES = [
    ("示例财政句,张示一,局长,行政正职,2020-01-01,", "“单位名称”单位名册里没有“示例财政句”。相近的有：示例财政局"),
    ("示例旧局,张示一,局长,行政正职,2020-01-01,", "已自2026年1月1日撤销或并入"),
    ("示例财政局,张示一,局长,,2020-01-01,", "“身份”名单上没有这一任职，新登记的须写身份"),
    ("示例财政局,张示一,局长,行政正职,,", "“任职起始日期”名单上没有这一任职"),
    ("示例财政局,张示一,局长,大官,2020-01-01,", "“身份”“大官”不在可选范围内"),
    ("示例财政局,张示一,局长,行政正职,2020-13-01,", "月份只能是 1 至 12"),
    ("示例财政局,张示一,局长,行政正职,2020年5月,", "只写了年月"),
    ("示例财政局,张示一,局长,行政正职,2020-05-01,2019-01-01", "早于起始日期"),
    ("示例财政局,张示一,局长,行政正职,1820-05-01,", "不在合理范围内"),
    ("示例财政局,,局长,行政正职,2020-05-01,", "“姓名”没有填写姓名"),
    (",张示一,局长,行政正职,2020-05-01,", "没有写单位名称或单位代码"),
    ("示例财政局,张示一,局长,行政正职,2020-05-01,\n示例财政局,张示一,局长,行政正职,2021-05-01,", "第 4 行“任职起始日期”第 3 行已有“张示一"),
]  # fmt: skip


def test_a_wrong_line_is_told_at_its_cell_and_nothing_is_written(opened: Open) -> None:
    for rows, said in WRONG_LINES:
        assert said in refused(opened, C, *rows.split("\n")), rows
    assert told(opened, "示例财政局") == told(opened, "示例住建局") == []


def test_personal_numbers_in_any_cell_are_refused_and_never_repeated(opened: Open) -> None:
    here = opened("xiuzhou")
    for number, column in product(("330411199001011237", "13812345678"), range(7)):
        row = [*A.split(","), "备注"]
        row[column] = number
        seen = group_files.look_at(here, [[*HEAD, "备注"], row], Way(), now=NOW)
        assert seen.count(WRONG) == 1
        assert "请删去" in repr(seen)
        assert number not in repr(seen)


def test_what_is_unusual_is_said_and_not_refused(opened: Open) -> None:
    take(opened, A, C)
    seen = group_files.look_at(
        opened("xiuzhou"),
        table(
            "示例住建局,张示一,局长,行政正职,2026-11-01,",
            "示例住建局,孙示五,主任,行政正职,2026-01-01,",
            "示例财政局,张示一,工会主席,其他,2024-01-01,",
        ),
        Way(),
        now=NOW,
    )
    assert seen.usable
    said = repr([one.remarks for one in seen.deeds])
    assert "同名在任：示例财政局（党组书记、局长）" in said
    assert "在今天以后" in said
    assert "还任党组书记、局长，按兼任登记" in said
    assert "同时有 2 位行政正职" in repr([one.doubts for one in seen.plans])


def test_an_ended_term_is_not_taken_up_again_by_a_blank_cell(opened: Open) -> None:
    take(opened, f"{A}2024-12-31")
    assert "已于2024年12月31日截止" in refused(opened, A)
    assert "时间重叠" in refused(opened, A.replace("2020-01-01", "2023-01-01"))
    again = A.replace("2020-01-01", "2025-01-01")
    assert take(opened, again, again.replace("2025-01-01,", "2015-01-01,2016-12-31")).count(NEW) == 2
    here = opened("xiuzhou")
    log = here.session.scalars(here.rows(Audit).order_by(Audit.id.desc())).first()
    assert log is not None
    assert len(json.loads(log.detail)["after"]) == 2  # One person, one post, two terms: both are told.


def test_a_change_in_between_is_told_and_nothing_half_written(
    opened: Open, unit: Unit, engine: Engine
) -> None:
    rows = table(C, A)
    here = opened("xiuzhou")
    seen = group_files.look_at(here, rows, Way(), now=NOW)
    here.session.close()
    with Session(make_engine(engine.url.render_as_string(hide_password=False), closed=True)) as own:
        entry = Entry("周示六", "副局长", MemberRole.DEPUTY, date(2020, 1, 1))
        begin_write(own)
        people.add(Room(own, unit.id), entry, actor=Actor(1, "陈示一", frozenset()), now=NOW)
        own.commit()
    here = opened("xiuzhou")
    with pytest.raises(Overtaken):
        group_files.apply(
            here, rows, Way(), basis=seen.basis, address="http://office.example/people/", now=NOW
        )
    here.session.commit()
    assert told(opened, "示例住建局") == []
    again = group_files.look_at(opened("xiuzhou"), rows, Way(TODAY), now=NOW)
    assert again.basis != group_files.look_at(opened("xiuzhou"), rows, Way(), now=NOW).basis


@pytest.mark.parametrize("past", [False, True])
def test_what_is_sent_says_no_change_when_it_comes_back(opened: Open, past: bool) -> None:
    take(
        opened,
        A,
        B,
        C,
        "示例财政局,钱示七,副局长,副职,2015-01-01,2018-12-31",
        "示例财政局,钱示七,副局长,副职,2019-06-01,2020-12-31",
    )
    sent = groups.lines(opened("xiuzhou"), today=TODAY, past=past)
    assert len(sent) == (6 if past else 4)
    for way in (Way(), Way(TODAY)):
        back = group_files.look_at(opened("xiuzhou"), sent, way, now=NOW)
        assert {one.verdict for one in back.deeds} == {SAME}
        assert not back.usable


def test_what_is_missing_is_found_and_the_form_for_it_is_read_as_nothing_yet(opened: Open) -> None:
    take(opened, B)
    here = opened("xiuzhou")
    found = {one.unit.name: one.state for one in groups.groups(here, today=TODAY)}
    assert found == {"示例财政局": "headless", "示例住建局": "none"}
    blank = groups.blank_lines(here, today=TODAY, lacking=True)
    assert [one[0] for one in blank[2:]] == ["示例财政局", "示例住建局"]
    with pytest.raises(RosterError, match="没有班子成员"):
        group_files.look_at(here, blank, Way(), now=NOW)
    blank[3][2:6] = ["王示三", "局长", "正职", "2022-01-01"]
    seen = group_files.look_at(here, blank, Way(), now=NOW)
    assert (seen.count(NEW), seen.told.examples, seen.told.empty) == (1, (2,), (3,))
    take(opened, A, C)
    found = {one.unit.name: one.state for one in groups.groups(opened("xiuzhou"), today=TODAY)}
    assert set(found.values()) == {"whole"}


def test_a_room_is_lent_to_units_of_the_county_alone_and_given_back(opened: Open, unit: Unit) -> None:
    here = opened("erqi")
    with pytest.raises(AnotherTenant), groups.room_of(here, unit):
        pass
    here = opened("xiuzhou")
    number = here.units()[0].id
    with groups.room_of(here, here.units()[0]) as room:
        assert room.unit.name == "示例财政局"
    assert len(here.units()) == 3  # The commission's own again.
    with pytest.raises(NotKept), lent(here.session, number):
        raise NotKept("nothing")
    assert len(here.units()) == 3
    with Session(here.session.get_bind()) as own, pytest.raises(AnotherTenant), lent(own, number):
        pass


@pytest.mark.skipif(not postgresql.WANTED, reason="row-level security is PostgreSQL's alone")
def test_the_fences_hold_the_county_and_each_room_that_it_lends(opened: Open) -> None:
    take(opened, A, C)
    here = opened("xiuzhou")
    one, other = here.units()[:2]
    assert here.session.scalars(select(Member)).all() == []  # Its own session sees no unit's desk.
    with groups.room_of(here, one) as room:
        assert {each.unit_id for each in room.session.scalars(select(Member))} == {one.id}
    begin_write(here.session)
    stranger = {
        "name": "外人",
        "post": "局长",
        "role": "chief",
        "since": TODAY,
        "recorded_by": "x",
        "recorded_at": NOW,
        "position": 1,
    }
    with pytest.raises(DBAPIError, match="row-level security"), groups.room_of(here, one) as room:
        room.session.add(Member(unit_id=other.id, **stranger))
    here = opened("xiuzhou")
    with pytest.raises(DBAPIError, match="row-level security"):
        here.session.execute(Member.__table__.insert().values(unit_id=one.id, **stranger))
