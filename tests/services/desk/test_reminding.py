"""提醒: at five and one working days before, after, weekly; to whom; never twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.documents import decision as d
from portal.domain.regimes import Regime
from portal.services import exempting, publishing
from portal.services.checking import Book
from portal.services.desk import letters
from portal.services.desk.reminding import due_reminders, remind_unit
from portal.services.desk.rooms import Room
from portal.services.desk.tasks import desk_of
from portal.store.tables import Account, AccountRole, Mail, Unit

ADDRESS = "https://office.example"
BEFORE = datetime(2026, 10, 9, 2, 0, tzinfo=UTC)
DUTY = "finance:2026Q3"


@pytest.fixture
def people(session: Session, unit: Unit) -> dict[str, Account]:
    made = {}
    for name, role, email, active in (
        ("editor", "editor", "bian@example.cn", True),
        ("reviewer", "reviewer", "shen@example.cn", True),
        ("silent", "editor", None, True),
        ("gone", "editor", "gone@example.cn", False),
        ("staff", "staff", "staff@example.cn", True),
    ):
        account = Account(
            jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, login=name, name=name, email=email,
            active=active, created_by="甲", created_at=BEFORE,
        )  # fmt: skip
        account.roles = [AccountRole(role=role, granted_by="甲", granted_at=BEFORE)]
        session.add(account)
        made[name] = account
    session.commit()
    return made


def at(day: date, hour: int = 2) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def run(session: Session, regimes: dict[str, Regime], day: date, hour: int = 2) -> list[Mail]:
    before = set(session.scalars(select(Mail.id)))
    count = due_reminders(session, regimes, now=at(day, hour), address=ADDRESS)
    session.commit()
    new = [one for one in session.scalars(select(Mail).order_by(Mail.id)) if one.id not in before]
    assert count == len(new)
    return new


def finance(mails: list[Mail]) -> list[Mail]:
    return [one for one in mails if DUTY in one.key]


def stages(mails: list[Mail]) -> set[str]:
    return {one.key.split(":")[-2] for one in finance(mails)}


def due_day(session: Session, unit: Unit, regimes: dict[str, Regime]) -> date:
    found = regimes["xiuzhou"].finance_due("2026Q3")
    assert found
    return found.day


def test_letters_come_five_and_one_working_days_before_then_after_then_weekly(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    calendar = regimes["xiuzhou"].calendar_on(date(2026, 9, 30))
    due = due_day(session, unit, regimes)
    seen: dict[date, set[str]] = {}
    day = date(2026, 10, 9)
    while day <= due + timedelta(days=25):
        if found := stages(run(session, regimes, day)):
            seen[day] = found
        day += timedelta(days=1)
    told = [
        (calendar.workdays_between(one, due) or -calendar.workdays_between(due, one), stage)
        for one, stage in seen.items()
    ]
    assert told == [(5, {"-5"}), (1, {"-1"}), (-1, {"+1"}), (-6, {"+6"}), (-11, {"+11"}), (-16, {"+16"})]


def test_only_those_who_can_act_and_have_an_address_are_written_to(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    due = due_day(session, unit, regimes)
    assert {one.recipient for one in finance(run(session, regimes, due))} == {
        "bian@example.cn",
        "shen@example.cn",
    }


def test_a_second_run_doubles_nothing_and_a_crash_half_way_loses_nothing(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    due = due_day(session, unit, regimes)
    due_reminders(session, regimes, now=at(due), address=ADDRESS)
    session.rollback()  # The process died before its commit.
    assert len(finance(run(session, regimes, due))) == 2
    assert run(session, regimes, due, hour=6) == []
    assert run(session, regimes, due, hour=9) == []


def test_a_day_on_which_nobody_ran_is_made_up_for_once(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    calendar = regimes["xiuzhou"].calendar_on(date(2026, 9, 30))
    due = due_day(session, unit, regimes)
    three_before = next(
        day
        for day in (due - timedelta(days=n) for n in range(12))
        if calendar.workdays_between(day, due) == 3
    )
    assert stages(run(session, regimes, three_before)) == {"-5"}
    assert finance(run(session, regimes, three_before, hour=7)) == []


def test_nobody_is_written_to_at_night_or_on_a_day_off(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    due = due_day(session, unit, regimes)
    night = datetime(due.year, due.month, due.day, tzinfo=UTC) - timedelta(
        hours=3
    )  # 5 in the morning in China.
    assert due_reminders(session, regimes, now=night, address=ADDRESS) == 0
    holiday = date(2026, 10, 1)
    assert run(session, regimes, holiday) == []


def test_what_is_published_is_not_reminded_of(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any, a_quarter: Any
) -> None:
    document = a_quarter("2026Q3", public_explanation="示例：如实说明。")
    draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=BEFORE)
    publishing.publish(session, draft, book=Book(session, regimes), reason="首次公开", actor="乙", now=BEFORE)
    session.commit()
    assert finance(run(session, regimes, due_day(session, unit, regimes))) == []


def test_a_deadline_that_was_put_off_is_reminded_of_anew(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    due = due_day(session, unit, regimes)
    assert stages(run(session, regimes, due)) == {"-1"}
    exempting.extend(
        session, unit, regime=regimes["xiuzhou"], duty="finance", period="2026Q3", new_due=date(2026, 11, 30),
        reason="系统迁移", approver="示例财政局", actor="甲", now=at(due),
    )  # fmt: skip
    session.commit()
    assert finance(run(session, regimes, due + timedelta(days=1))) == []
    assert stages(run(session, regimes, date(2026, 11, 27))) == {"-1"}


def test_letters_about_what_is_long_past_come_to_an_end(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    due = due_day(session, unit, regimes)
    far = due + timedelta(days=7 * 16)
    while not regimes["xiuzhou"].calendar_on(due).is_workday(far):
        far += timedelta(days=1)
    assert finance(run(session, regimes, far)) == []


def test_a_letter_tells_the_duty_and_the_day_and_nothing_of_the_content(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    document = d.DecisionRecord(
        title="金丝雀议题", decision_no="金丝雀〔2026〕1号", meeting_type=d.MeetingType.PARTY_GROUP,
        category=d.Category.LARGE_FUND, held_on=date(2026, 9, 1), formed_on=date(2026, 9, 1), presider="甲",
        should_attend=1, attendees=(d.Attendee(name="甲", post="局长", presence=d.Presence.PRESENT),),
        vote_method=d.VoteMethod.ORAL, result=d.Result.ADOPTED,
    )  # fmt: skip
    publishing.save_draft(session, unit=unit, document=document, author="甲", now=BEFORE)
    session.commit()
    mails = run(session, regimes, date(2026, 10, 13))
    about = [one for one in mails if ":decision:" in one.key]
    assert about
    for one in about:
        assert "金丝雀" not in one.subject + one.body
        assert "集体决策已经过期" in one.subject
        assert ADDRESS in one.body
        assert "2026年9月" in one.body


def test_one_units_letters_can_be_written_from_its_own_room(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    due = due_day(session, unit, regimes)
    room = Room(session, unit.id)
    assert remind_unit(room, regimes["xiuzhou"], now=at(due), address=ADDRESS) >= 2
    assert remind_unit(room, regimes["xiuzhou"], now=at(due), address=ADDRESS) == 0
    assert desk_of(room, regimes["xiuzhou"], actor=None, now=at(due)).tasks


def test_a_subject_is_one_line_and_a_key_is_used_once(session: Session, unit: Unit) -> None:
    def write(body: str) -> Mail | None:
        return letters.write_letter(
            session, unit_id=unit.id, key="k", to="a@example.cn", subject="一\r\nBcc: b@example.cn", body=body, now=BEFORE
        )  # fmt: skip

    first = write("甲")
    assert first is not None
    assert first.subject == "一 Bcc: b@example.cn"
    assert write("乙") is None
    assert [one.body for one in session.scalars(select(Mail))] == ["甲"]


@pytest.mark.parametrize(
    "letter",
    [
        letters.submitted(kind="季度财务公开", address=ADDRESS),
        letters.returned(kind="季度财务公开", address=ADDRESS),
        letters.published(kind="季度财务公开", index_no="330411001/2026-00001", number=2, address=ADDRESS),
    ],
)
def test_the_other_letters_say_what_to_do_and_where(letter: letters.Letter) -> None:
    assert letter.subject.startswith("【阳光权力公开平台】")
    assert ADDRESS in letter.body
    assert "登录" in letter.body


def test_on_which_days_is_the_regimes_word(
    session: Session, unit: Unit, regimes: dict[str, Regime], people: Any
) -> None:
    due = due_day(session, unit, regimes)
    entry = regimes["xiuzhou"]._section("reminders", due)[0]
    other = entry.model_copy(update={"before": (3,), "times": 0})
    changed = {**regimes, "xiuzhou": regimes["xiuzhou"].model_copy(update={"reminders": (other,)})}
    days = [due + timedelta(days=one) for one in range(-14, 14)]
    assert {stage for day in days for stage in stages(run(session, changed, day))} == {"-3"}
