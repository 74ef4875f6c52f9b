"""The ladder over days with holidays: what is reached, what is sent once, what a publication in between changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.ladder import About, ladder_stage, number_prefix, overdue_days
from portal.domain.supervision.letters import Kind, State
from portal.domain.supervision.matters import Source
from portal.domain.supervision.wording import Facts, Point, text_of
from portal.services import publishing
from portal.services.board.county import County, open_county
from portal.services.board.refreshing import refresh
from portal.services.checking import SHANGHAI, Book
from portal.services.supervision import (
    bulletins,
    climbing,
    letter_words,
    lettering,
    letters,
    opening,
    planning,
)
from portal.services.supervision.climbing import Wanted
from portal.services.supervision.reasons import from_board, from_records
from portal.store.tables import Letter, Matter, SupervisionStep, Unit

DUE = date(2026, 11, 3)  # Of the third quarter's finances in 秀洲: twenty working days over the National Day.


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.fixture
def regime(regimes: dict[str, Regime]) -> Regime:
    return regimes["xiuzhou"]


@pytest.fixture
def commission(session: Session, unit: Unit) -> County:
    return open_county(session, "xiuzhou", None)


def test_stages_are_counted_in_working_days_over_holidays(regime: Regime) -> None:
    # 30 September 2026; the National Day holiday lies between the deadline and the next working days.
    due = date(2026, 9, 30)
    calendar = regime.calendar_on(due)
    assert overdue_days(calendar, due, date(2026, 10, 7)) == 0
    stage = ladder_stage(regime, due, date(2026, 10, 7))
    assert stage is not None and stage.code == "remind_before"  # noqa: PT018 - one after the other.
    passed = {
        days: next(
            day
            for day in (due + timedelta(days=n) for n in range(120))
            if overdue_days(calendar, due, day) == days
        )
        for days in (1, 9, 10, 20, 40)
    }
    assert passed[1] == date(2026, 10, 8)
    codes = {days: ladder_stage(regime, due, day).code for days, day in passed.items()}  # type: ignore[union-attr] # reached.
    assert codes == {1: "remind", 9: "remind", 10: "supervise", 20: "talk", 40: "accountability"}
    # The Mid-Autumn holiday on 25 September is no working day either.
    assert ladder_stage(regime, due, date(2026, 9, 21)) is None
    assert overdue_days(calendar, due, date(2026, 9, 22)) == -5


def test_what_a_letter_is_about_comes_back_as_it_was_written() -> None:
    about = About("remind", (("finance", "2026Q3", "2026-11-03"),))
    assert About.read(about.text()) == about
    assert About.read("") == About()
    assert number_prefix("秀洲区", Kind.SUPERVISE, 2026) == "秀纪督〔2026〕"
    assert number_prefix("秀洲区", Kind.REMINDER, 2026) is None


@pytest.mark.parametrize("kind", list(Kind), ids=lambda one: one.value)
def test_every_kind_has_words_of_its_own(kind: Kind) -> None:
    points = (
        Point("季度财务（2026年第三季度）", DUE, 3, basis="条例第二十条"),
        Point("年度报告（2025年）", DUE, 3),
    )
    made = text_of(
        kind, Facts("示例区纪委监委", "示例局", date(2026, 11, 6), points, "季度财务", date(2026, 11, 20))
    )
    assert "季度财务" in made.title
    assert "1．季度财务（2026年第三季度），公开期限为2026年11月3日，已逾期3个工作日；" in made.body
    assert made.basis.startswith("条例第二十条")
    assert not re.search(r"[A-Za-z{}]|None|。。|，，", made.title + made.body)
    assert not re.search("经(提醒|督办)", made.body)  # Nothing was said to have gone out before.
    if "2026年11月20日" in made.body:
        assert "2026年11月20日前（含当日）" in made.body
    assert kind is Kind.TALK or re.search("异议|不属实", made.body)


def test_words_tell_of_earlier_letters_only_where_they_went_out_and_cite_the_law_of_the_day(
    commission: County, regime: Regime, unit: Unit
) -> None:
    told = planning.prefill(commission, regime, unit, Kind.TALK, in_turn=True, day=date(2026, 11, 6))
    assert "经督办仍未完成" in told.words.body
    cited = [
        planning.prefill(commission, regime, unit, Kind.SUPERVISION_ADVICE, day=day).words.basis
        for day in (date(2025, 5, 31), date(2025, 6, 1))
    ]
    assert cited == [f"《中华人民共和国监察法》第{one}条第一款第（五）项" for one in ("四十五", "五十二")]


def publish(session: Session, unit: Unit, document: Any, now: datetime) -> None:
    """Publish as the unit does: in a session of its own, for the commission's sees no drafts."""
    number = unit.id
    session.commit()
    with Session(session.get_bind()) as own:
        home = own.get_one(Unit, number)
        draft = publishing.save_draft(own, unit=home, document=document, author="方示九", now=now)
        publishing.publish(own, draft, book=Book(own, {}), reason=publishing.FIRST, actor="林示二", now=now)
        own.commit()


def climb(county: County, regime: Regime, day: date) -> list[Letter]:
    """Do what an officer does who sends everything that the ladder asks for on a day."""
    now = at(day)
    refresh(county, regime, now=now)
    for unit in county.units():
        opening.take_up(county, regime, unit, now=now)
    sent = []
    for rung in climbing.rungs(county, regime, from_board(county, regime, now=now), now=now):
        if rung.next is None or not rung.reasons or rung.reasons[0].duty.code != "finance":
            continue
        found = planning.propose(
            county, regime, [Wanted.read(rung.key)], stage=rung.next.code,  # type: ignore[list-item] # its own key.
            reasons=from_records(county, regime, county.units(), now=now), day=day,
        )  # fmt: skip
        sent += planning.send(
            county, regime, found, signed_by="示例", address="https://office.example", now=now
        )
    county.session.flush()
    return sent


def test_a_unit_climbs_once_at_each_stage_and_no_further_once_it_has_published(
    session: Session, commission: County, regime: Regime, unit: Unit, a_quarter: Callable[..., Any]
) -> None:
    days = [date(2025, 10, 20) + timedelta(days=n) for n in range(50)]
    told = [(day, one.kind, one.number) for day in days for one in climb(commission, regime, day)]
    # Days off until 8 October, 11 October a working Saturday: the third quarter's are due on 4 November.
    assert told == [
        (date(2025, 10, 28), "reminder", None),
        (date(2025, 11, 5), "reminder", None),
        (date(2025, 11, 18), "supervise", "秀纪督〔2025〕1号"),
        (date(2025, 12, 2), "talk", "秀纪约〔2025〕1号"),
    ]
    matter = session.scalars(select(Matter).where(Matter.source == "duty", Matter.cause == "finance")).one()
    assert matter.stage == "talk"
    assert matter.told_at is not None
    assert (
        session.scalars(select(SupervisionStep.words).where(SupervisionStep.event == "stage")).all()[-1]
        == "升到“约谈”"
    )

    talk = session.scalars(select(Letter).where(Letter.kind == "talk")).one()
    letters.recall(commission, regime, talk, reason="发错", revision=talk.revision, now=at(date(2025, 12, 3)))
    assert matter.stage == "supervise", "the letter before it still stands"
    own = bulletins.own_figures(commission, "2025Q4", on=date(2025, 12, 31))
    assert own.letters == (("提醒函", 2), ("督办通知书", 1)), "what was recalled was not sent"
    assert [told.kind for told in climb(commission, regime, date(2025, 12, 4))] == ["talk"]
    assert matter.stage == "talk"

    now = at(date(2025, 12, 10))
    publish(session, unit, a_quarter("2025Q3"), now)
    assert climb(commission, regime, date(2025, 12, 31)) == []


def test_nobody_skips_a_stage_however_long_overdue(commission: County, regime: Regime, unit: Unit) -> None:
    day = date(2026, 11, 20)  # Thirteen working days late, and nothing was sent.
    wanted = [Wanted(unit.slug, "finance", ("2026Q3",))]

    def proposed(stage: str, on: date) -> planning.Proposal:
        reasons = from_records(commission, regime, [unit], now=at(on))
        return planning.propose(commission, regime, wanted, stage=stage, reasons=reasons, day=on)[0]

    assert proposed("supervise", day).refusal == "阶梯不跳级，现在该发的是“逾期提醒”。"
    planning.send(commission, regime, [proposed("remind", day)], address="", now=at(day))
    assert "还没有到发这一级的时候" in proposed("supervise", date(2026, 12, 2)).refusal
    assert not proposed("supervise", date(2026, 12, 3)).refusal


def test_a_planned_letter_is_called_off_when_the_unit_has_published_meanwhile(
    session: Session, commission: County, regime: Regime, unit: Unit, a_quarter: Callable[..., Any]
) -> None:
    today, later = date(2026, 11, 5), date(2026, 11, 9)
    reasons = from_records(commission, regime, [unit], now=at(today), on=later)
    wanted = [Wanted(unit.slug, "finance", ("2026Q3",))]
    found = planning.propose(commission, regime, wanted, stage="remind", reasons=reasons, day=later)
    assert "已逾期4个工作日" in found[0].prefilled.words.body  # type: ignore[union-attr] # it can be sent.
    (letter,) = planning.send(commission, regime, found, send_at=at(later), address="", now=at(today))
    assert letter.state == State.PLANNED.value
    twice = planning.propose(commission, regime, wanted, stage="remind", reasons=reasons, day=later)
    assert "已定于2026年11月9日 09:00发出" in twice[0].refusal

    now = at(date(2026, 11, 6))
    publish(session, unit, a_quarter("2026Q3"), now)
    assert not planning.send_planned(commission, regime, letter, address="", now=at(later))
    assert letter.state == State.RECALLED.value
    assert letter.issued_at is None
    step = lettering.steps_of(commission, letter)[-1]
    assert "已于2026年11月6日公开" in step.words
    assert not step.shared


def test_a_planned_letter_goes_out_when_its_reason_still_stands(
    commission: County, regime: Regime, unit: Unit
) -> None:
    later = date(2026, 11, 9)
    reasons = from_records(commission, regime, [unit], now=at(date(2026, 11, 5)), on=later)
    found = planning.propose(
        commission,
        regime,
        [Wanted(unit.slug, "finance", ("2026Q3",))],
        stage="remind",
        reasons=reasons,
        day=later,
    )
    (letter,) = planning.send(
        commission, regime, found, send_at=at(later), address="", now=at(date(2026, 11, 5))
    )
    assert planning.send_planned(commission, regime, letter, address="", now=at(later))
    assert letter.issued_at == at(later)


def test_a_bulk_says_of_each_unit_why_it_gets_none(commission: County, regime: Regime, unit: Unit) -> None:
    day = date(2026, 11, 5)
    reasons = from_records(commission, regime, [unit], now=at(day))
    wanted = [
        Wanted(unit.slug, "finance", ("2026Q3",)),
        Wanted(unit.slug, "finance", ("2025Q3",)),
        Wanted("nobody", "finance", ("2026Q3",)),
        Wanted("", matter="no-such-matter"),
    ]
    found = planning.propose(commission, regime, wanted, stage="supervise", reasons=reasons, day=day)
    assert "还没有到这一级，现在是“逾期提醒”" in found[0].refusal
    assert "现在没有到期未办的内容" in found[1].refusal
    assert all("没有找到" in one.refusal for one in found[2:])
    assert planning.send(commission, regime, found, address="", now=at(day)) == []


def test_numbers_of_a_kind_run_without_gaps_and_begin_anew_each_year(
    session: Session, commission: County, regime: Regime, unit: Unit
) -> None:
    def sent(day: date, kind: Kind) -> str | None:
        words = letter_words.Words(kind, "关于示例的通知", unit.name, "正文", "", "示例", date(2027, 6, 30))
        letter = letters.draft(commission, unit, words, now=at(day))
        letters.issue(commission, regime, letter, address="", now=at(day))
        return letter.number

    first, second = date(2026, 11, 5), date(2027, 1, 4)
    assert [sent(first, Kind.RECTIFY), sent(first, Kind.INQUIRY), sent(first, Kind.RECTIFY)] == [
        "秀纪改〔2026〕1号", "秀纪函〔2026〕1号", "秀纪改〔2026〕2号",
    ]  # fmt: skip
    recalled = session.scalars(select(Letter).where(Letter.number == "秀纪改〔2026〕2号")).one()
    letters.recall(commission, regime, recalled, reason="发错单位", revision=recalled.revision, now=at(first))
    assert [sent(first, Kind.RECTIFY), sent(second, Kind.RECTIFY)] == [
        "秀纪改〔2026〕3号",
        "秀纪改〔2027〕1号",
    ]


def test_a_unit_that_is_to_end_later_is_reminded_until_it_has_ended(
    session: Session, commission: County, regime: Regime, unit: Unit
) -> None:
    unit.abolished_on = date(2026, 11, 9)
    session.flush()
    wanted = [Wanted(unit.slug, "finance", ("2026Q3",))]

    def refusal(day: date) -> str:
        reasons = from_records(commission, regime, [unit], now=at(day))
        return planning.propose(commission, regime, wanted, stage="remind", reasons=reasons, day=day)[
            0
        ].refusal

    refresh(commission, regime, now=at(date(2026, 11, 5)))
    assert unit.id in from_board(commission, regime, now=at(date(2026, 11, 8)))
    assert unit.id not in from_board(commission, regime, now=at(date(2026, 11, 9)))
    assert refusal(date(2026, 11, 5)) == ""
    assert refusal(date(2026, 11, 9)) == "单位已经撤销，不再发文。"


def test_two_boxes_of_one_deadline_are_one_letter(commission: County, regime: Regime, unit: Unit) -> None:
    day = date(2026, 11, 20)
    reasons = from_records(commission, regime, [unit], now=at(day))
    wanted = [Wanted(unit.slug, "finance", ("2026Q3",)), Wanted(unit.slug, "finance", ("2026Q3", "2026Q2"))]
    found = planning.propose(commission, regime, wanted, kind=Kind.REMINDER, reasons=reasons, day=day)
    assert [bool(one.refusal) for one in found] == [False, True]
    assert len(planning.send(commission, regime, found, address="", now=at(day))) == 1


def test_nothing_is_written_about_a_filing_that_was_hit_nor_asked_for_before_it_is_read(
    commission: County, regime: Regime, unit: Unit
) -> None:
    def words(due: date | None, signed_by: str = "示例") -> letter_words.Words:
        return letter_words.Words(Kind.INQUIRY, "关于示例的函询", unit.name, "正文", "", signed_by, due)

    day, later = date(2026, 11, 5), date(2026, 11, 9)
    hit = opening.open_matter(
        commission, unit, source=Source.RELATION, cause="f:1", title="与特定关系人报备相符", severity=Severity.RED,
        items=[opening.NewItem(fingerprint="f")], now=at(day),
    )  # fmt: skip
    with pytest.raises(letter_words.NotIssued, match="泄露报备"):
        letters.draft(commission, unit, words(later), matter=hit, now=at(day))
    with pytest.raises(letter_words.NotIssued, match="回复期限须在发出"):
        letters.draft(commission, unit, words(later), send_at=at(later), now=at(day))
    unsigned = letters.draft(commission, unit, words(date(2026, 11, 30), ""), now=at(day))
    with pytest.raises(letter_words.NotIssued, match="须按管理权限批准后才能发出"):
        letters.issue(commission, regime, unsigned, address="", now=at(day))
    with pytest.raises(letter_words.NotIssued, match="须按管理权限批准后才能发出"):
        letters.draft(commission, unit, words(date(2026, 11, 30), ""), send_at=at(later), now=at(day))
    kept = letters.draft(commission, unit, words(later), now=at(day))
    with pytest.raises(letter_words.NotIssued, match="回复期限须在发出"):
        letters.rewrite(
            commission, kept, words(later), revision=kept.revision, send_at=at(later), now=at(day)
        )
    with pytest.raises(letter_words.NotIssued, match="已经过去"):
        letters.issue(commission, regime, kept, address="", now=at(date(2026, 11, 10)))
    letters.issue(commission, regime, kept, address="", now=at(later))
    assert kept.state == State.ISSUED


def test_what_was_recalled_may_be_sent_again_and_what_stands_may_not(
    commission: County, regime: Regime, unit: Unit
) -> None:
    day = date(2026, 11, 5)
    wanted = [Wanted(unit.slug, "finance", ("2026Q3",))]

    def proposed() -> planning.Proposal:
        reasons = from_records(commission, regime, [unit], now=at(day))
        return planning.propose(commission, regime, wanted, stage="remind", reasons=reasons, day=day)[0]

    (letter,) = planning.send(commission, regime, [proposed()], address="", now=at(day))
    assert "不再重复发" in proposed().refusal
    letters.recall(commission, regime, letter, reason="发错单位", revision=letter.revision, now=at(day))
    assert proposed().refusal == ""
