"""待办: what a unit has to do, worst first, and what this person may do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.domain.documents import decision as d
from portal.domain.documents.base import Document
from portal.domain.drafting import Event, State
from portal.domain.obligations import Status
from portal.domain.regimes import Regime
from portal.domain.roles import Role
from portal.services import compliance, exempting, publishing, rosters
from portal.services.checking import Book
from portal.services.desk.rooms import Actor, Room
from portal.services.desk.tasks import Desk, Rank, Task, desk_of, first_quarter_of
from portal.store.tables import Account, Draft, Jurisdiction, Unit

EDITOR = Actor(1, "方示九", frozenset({Role.EDITOR}))
REVIEWER = Actor(2, "林示二", frozenset({Role.REVIEWER}))
KEEPER = Actor(3, "陈示一", frozenset({Role.UNIT_ADMIN}))
OCTOBER = datetime(2026, 10, 22, 4, 0, tzinfo=UTC)


@pytest.fixture
def regime(regimes: dict[str, Regime]) -> Regime:
    return regimes["xiuzhou"]


@pytest.fixture
def people(session: Session, unit: Unit) -> None:
    for one in (EDITOR, REVIEWER, KEEPER):
        session.add(
            Account(
                id=one.id, jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, login=f"p{one.id}", name=one.name,
                created_by="甲", created_at=OCTOBER,
            )
        )  # fmt: skip
    session.commit()


@pytest.fixture
def room(session: Session, unit: Unit, people: None) -> Room:
    return Room(session, unit.id)


@pytest.fixture
def publish(session: Session, unit: Unit, regimes: dict[str, Regime]) -> Callable[..., None]:
    def run(document: Document, on: datetime) -> None:
        explained = document.model_copy(update={"public_explanation": "示例：如实说明。"})
        draft = publishing.save_draft(session, unit=unit, document=explained, author="甲", now=on)
        publishing.publish(session, draft, book=Book(session, regimes), reason="首次公开", actor="乙", now=on)
        session.commit()

    return run


@contextmanager
def freely(session: Session) -> Iterator[Session]:
    """Open a session that is bound to no unit, as the commission's commands have it."""
    session.rollback()
    with Session(session.get_bind()) as free:
        yield free
        free.commit()
    session.rollback()  # It may have begun to read before that.


def look(room: Room, regime: Regime | None, actor: Actor | None = EDITOR, now: datetime = OCTOBER) -> Desk:
    return desk_of(room, regime, actor=actor, now=now)


def task(desk: Desk, duty: str, period: str) -> Task:
    return next(one for one in desk.tasks if (one.duty, one.period) == (duty, period))


def save(session: Session, unit: Unit, document: Document, state: State = State.DRAFT, **more: Any) -> Draft:
    draft = publishing.save_draft(session, unit=unit, document=document, author="方示九", now=OCTOBER)
    draft.state, draft.author_id, draft.submitted_by_id = state.value, EDITOR.id, EDITOR.id
    for name, value in more.items():
        setattr(draft, name, value)
    session.flush()
    return draft


def a_decision(held_on: date, **more: Any) -> d.DecisionRecord:
    return d.DecisionRecord(
        title="关于示例事项的决定",
        decision_no="示财决〔2026〕26号",
        meeting_type=d.MeetingType.PARTY_GROUP,
        category=d.Category.LARGE_FUND,
        held_on=held_on,
        formed_on=held_on,
        presider="甲正职",
        should_attend=1,
        attendees=(
            d.Attendee(name="甲正职", post="局长", standing=d.Standing.CHIEF, presence=d.Presence.PRESENT),
        ),
        vote_method=d.VoteMethod.ORAL,
        result=d.Result.ADOPTED,
        **more,
    )


def test_a_quarter_that_is_owed_says_until_when_by_which_rule_and_where_to_begin(
    room: Room, regime: Regime
) -> None:
    found = task(look(room, regime), "finance", "2026Q3")
    assert found.due is not None
    assert found.due > date(2026, 10, 22)
    assert found.days == (found.due - date(2026, 10, 22)).days
    assert found.workdays == regime.calendar_on(found.due).workdays_between(date(2026, 10, 22), found.due)
    assert "内公开" in found.what
    assert found.source
    assert found.action == "开始"
    assert found.target is not None
    assert (found.target.place, found.target.kind, found.target.period) == ("new", "finance", "2026Q3")


def test_past_its_deadline_it_is_late_and_comes_first(room: Room, regime: Regime) -> None:
    later = datetime(2026, 12, 15, 4, 0, tzinfo=UTC)
    desk = look(room, regime, now=later)
    found = task(desk, "finance", "2026Q3")
    assert (found.rank, found.sign, found.action) == (Rank.OVERDUE, "missing", "补报")
    assert found.days is not None
    assert found.days < 0
    assert found.word.startswith("过期")
    assert desk.tasks[0].rank is Rank.OVERDUE
    assert "已经过期" in desk.summary
    ranks = [one.rank for one in desk.tasks]
    assert ranks == sorted(ranks)


def test_the_next_quarter_is_there_and_its_deadline_in_an_unnoticed_year_is_provisional(
    room: Room, regime: Regime
) -> None:
    found = task(look(room, regime), "finance", "2026Q4")
    assert (found.sign, found.word, found.provisional) == ("waiting", "未到期", True)


def test_what_stands_in_the_finance_disclosure_is_no_task_of_its_own_until_that_is_out(
    room: Room, regime: Regime, publish: Any, a_quarter: Any
) -> None:
    before = look(room, regime)
    assert not [one for one in before.tasks if one.duty in ("vouchers", "reports") and one.period == "2026Q3"]
    publish(a_quarter("2026Q3"), OCTOBER)
    after = look(room, regime)
    assert not [one for one in after.tasks if (one.duty, one.period) == ("finance", "2026Q3")]
    owed = [one for one in after.tasks if one.period == "2026Q3"]
    assert owed
    for one in owed:
        assert one.target is not None
        assert (one.target.place, one.target.slug, one.action) == ("record", "2026Q3", "补充")


def test_a_draft_takes_the_place_of_its_duty(
    session: Session, room: Room, regime: Regime, unit: Unit, a_quarter: Any
) -> None:
    draft = save(session, unit, a_quarter("2026Q3"))
    desk = look(room, regime)
    found = task(desk, "finance", "2026Q3")
    assert (found.action, found.target and found.target.uid) == ("继续填写", draft.uid)
    assert len([one for one in desk.tasks if one.period == "2026Q3" and one.duty == "finance"]) == 1
    assert not [one for one in desk.tasks if one.target and one.target.uid == draft.uid and one is not found]


def test_a_form_that_is_not_whole_yet_is_known_by_its_period(
    session: Session, room: Room, regime: Regime, unit: Unit, a_quarter: Any
) -> None:
    draft = save(session, unit, a_quarter("2026Q3"))
    draft.content, draft.entries = None, json.dumps({"period": "2026年第三季度", "opening": "abc"})
    session.flush()
    found = task(look(room, regime), "finance", "2026Q3")
    assert (found.target and found.target.uid) == draft.uid


def test_a_draft_that_no_longer_makes_a_document_is_listed_all_the_same(
    session: Session, room: Room, regime: Regime, unit: Unit, a_quarter: Any
) -> None:
    draft = save(session, unit, a_quarter("2026Q3"))
    draft.content = b'{"period":"2026Q3","a_field_of_old":1}'
    session.flush()
    assert [one for one in look(room, regime).tasks if one.target and one.target.uid == draft.uid]


def test_whoever_reviews_sees_what_waits_for_them_first_but_not_their_own(
    session: Session, room: Room, regime: Regime, unit: Unit, a_quarter: Any
) -> None:
    draft = save(session, unit, a_quarter("2026Q3"), State.SUBMITTED)
    first = look(room, regime, REVIEWER).tasks[0]
    assert (first.rank, first.action) == (Rank.MINE, "去审核")
    assert first.word.startswith("待您审核")
    assert "1 件待您审核" in look(room, regime, REVIEWER).summary
    draft.author_id = REVIEWER.id  # Who changed it last is no other person either.
    session.flush()
    own = task(look(room, regime, REVIEWER), "finance", "2026Q3")
    assert own.action == "查看"
    assert task(look(room, regime, EDITOR), "finance", "2026Q3").action == "查看"


def test_what_came_back_is_shown_with_the_remark(
    session: Session, room: Room, regime: Regime, unit: Unit, a_quarter: Any
) -> None:
    draft = save(session, unit, a_quarter("2026Q3"), State.RETURNED)
    room.write_down(Event.RETURNED, actor=REVIEWER, now=OCTOBER, draft=draft, remark="请补充凭证号。")
    desk = look(room, regime)
    assert [(one.text, one.actor) for one in desk.remarks] == [("请补充凭证号。", "林示二")]
    found = task(desk, "finance", "2026Q3")
    assert (found.action, found.word[:3]) == ("修改", "已退回")
    assert "1 件被退回" in desk.summary


def test_what_was_approved_is_published_by_a_reviewer_only(
    session: Session, room: Room, regime: Regime, unit: Unit, a_quarter: Any
) -> None:
    draft = save(session, unit, a_quarter("2026Q3"), State.APPROVED)
    assert task(look(room, regime, REVIEWER), "finance", "2026Q3").action == "去发布"
    assert task(look(room, regime, EDITOR), "finance", "2026Q3").action == "查看"
    draft.publish_at = OCTOBER + timedelta(hours=2)
    session.flush()
    assert task(look(room, regime, REVIEWER), "finance", "2026Q3").word.startswith("已定时发布")


def test_whoever_may_not_write_is_offered_no_form(room: Room, regime: Regime) -> None:
    assert all(one.target is None or one.target.place != "new" for one in look(room, regime, KEEPER).tasks)


def test_a_decision_has_its_deadline_before_the_board_knows_of_it(
    session: Session, room: Room, regime: Regime, unit: Unit
) -> None:
    draft = save(session, unit, a_decision(date(2026, 9, 1)))
    found = next(one for one in look(room, regime).tasks if one.target and one.target.uid == draft.uid)
    assert found.due is not None
    assert found.due < date(2026, 10, 22)
    assert (found.rank, found.duty) == (Rank.OVERDUE, "decision")


def test_what_a_unit_was_let_off_is_no_task(session: Session, room: Room, regime: Regime, unit: Unit) -> None:
    with freely(session) as free:
        exempting.exempt(
        free, free.get_one(Unit, unit.id), regime=regime, duty="finance", period=None, reason="没有独立账户", approver="示例纪委",
        valid_from=date(2026, 1, 1), valid_until=date(2026, 12, 31), actor="甲", now=OCTOBER,
    )  # fmt: skip
    later = datetime(2026, 12, 15, 4, 0, tzinfo=UTC)
    assert not [one for one in look(room, regime, now=later).tasks if one.duty == "finance" and one.overdue]


def test_a_deadline_that_was_put_off_says_so(
    session: Session, room: Room, regime: Regime, unit: Unit
) -> None:
    with freely(session) as free:
        exempting.extend(
        free, free.get_one(Unit, unit.id), regime=regime, duty="finance", period="2026Q3", new_due=date(2026, 11, 30),
        reason="系统迁移", approver="示例财政局", actor="甲", now=OCTOBER,
    )  # fmt: skip
    found = task(look(room, regime), "finance", "2026Q3")
    assert (found.due, found.extended) == (date(2026, 11, 30), True)
    assert "批准延至2026年11月30日" in found.note


def test_without_a_regime_file_only_the_drafts_are_known(
    session: Session, room: Room, unit: Unit, a_quarter: Any
) -> None:
    save(session, unit, a_quarter("2026Q3"))
    desk = look(room, None)
    assert (len(desk.tasks), desk.ruled) == (1, False)


def test_another_units_papers_are_never_read(
    session: Session,
    county: Jurisdiction,
    unit: Unit,
    people: None,
    regime: Regime,
    regimes: dict[str, Regime],
    a_quarter: Any,
) -> None:
    other = rosters.put_unit(
        session, county, rosters.RosterLine(name="示例水利局", type="bureau"), now=OCTOBER
    )
    draft = publishing.save_draft(
        session, unit=other, document=a_quarter("2026Q2", title="金丝雀标题"), author="外人", now=OCTOBER
    )
    publishing.publish(
        session, draft, book=Book(session, regimes), reason="首次公开", actor="外人", now=OCTOBER
    )
    publishing.save_draft(
        session, unit=other, document=a_quarter("2026Q3", title="金丝雀草稿"), author="外人", now=OCTOBER
    )
    session.commit()
    rows: list[Any] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if "version.payload" in statement:
            rows.append((statement, parameters))

    event.listen(session.get_bind(), "before_cursor_execute", note)
    desk = look(Room(session, unit.id), regime)
    event.remove(session.get_bind(), "before_cursor_execute", note)
    assert "金丝雀" not in repr(desk)
    assert rows
    for statement, parameters in rows:
        assert "record.unit_id = " in statement
        assert unit.id in (parameters.values() if isinstance(parameters, dict) else parameters)
    assert not [one for one in desk.tasks if (one.duty, one.period) == ("finance", "2026Q2")]


def test_the_quarters_that_are_owed_begin_with_the_countys_first_where_it_is_known(
    session: Session,
    county: Jurisdiction,
    unit: Unit,
    people: None,
    regime: Regime,
    regimes: dict[str, Regime],
    a_quarter: Any,
) -> None:
    other = rosters.put_unit(
        session, county, rosters.RosterLine(name="示例水利局", type="bureau"), now=OCTOBER
    )
    draft = publishing.save_draft(
        session, unit=other, document=a_quarter("2026Q1"), author="外人", now=OCTOBER
    )
    publishing.publish(
        session, draft, book=Book(session, regimes), reason="首次公开", actor="外人", now=OCTOBER
    )
    session.commit()
    first = first_quarter_of(session, county)
    assert first == "2026Q1"
    board = compliance.board(session, regime, county, on=OCTOBER.date(), only=unit).rows[0].standing
    owed = {one.period for one in board.of("finance") if one.status is Status.MISSING}
    assert owed == {"2026Q1", "2026Q2"}
    desk = desk_of(Room(session, unit.id), regime, actor=EDITOR, now=OCTOBER, first_quarter=first)
    assert {one.period for one in desk.tasks if one.duty == "finance" and one.overdue} == owed
