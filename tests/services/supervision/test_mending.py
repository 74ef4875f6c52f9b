"""A matter that is being mended, beside its entries in the register; and what counts of either in an early warning."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Source
from portal.services.board.county import County, open_county
from portal.services.desk.rooms import Room
from portal.services.supervision import answering, matters, opening, rectifying, warnings
from portal.services.supervision.opening import NewItem
from portal.services.supervision.rectifying_forms import NotDone
from portal.store.tables import BoardCell, Matter, Rectification, Unit
from tests.conftest import NOON

FIRST, LAST = date(2026, 11, 2), date(2026, 12, 1)


@pytest.fixture
def commission(session: Session, unit: Unit) -> County:
    return open_county(session, "xiuzhou", None)


@pytest.fixture
def regime(regimes: dict[str, Regime]) -> Regime:
    return regimes["xiuzhou"]


@pytest.fixture
def matter(commission: County, unit: Unit, regime: Regime) -> Matter:
    return opening.open_matter(
        commission, unit, source=Source.MANUAL, cause="m", title="账目公开不全", severity=Severity.RED,
        items=[NewItem(fingerprint="m", seen="缺三公经费")], now=NOON, regime=regime,
    )  # fmt: skip


def begun(commission: County, matter: Matter, due: date = FIRST) -> Rectification:
    return rectifying.start(commission, matter, problem="补齐账目", due=due, now=NOON)


def accepted(commission: County, entry: Rectification) -> None:
    entry.state = "to_accept"
    rectifying.accept(
        commission, entry, name="卫示九", body="示例会计师事务所", opinion="到位", day="2026-10-20",
        revision=entry.revision, now=NOON,
    )  # fmt: skip


def counted(commission: County, regime: Regime, now: datetime) -> dict[str, int | None]:
    ((_, score),) = warnings.gather(commission, regime, quarter="2026Q3", now=now)
    return {one.code: one.count for one in score.parts}


def test_a_matter_is_due_no_earlier_than_what_is_to_be_mended_of_it(
    commission: County, matter: Matter
) -> None:
    entry = begun(commission, matter)
    assert matter.due == FIRST
    rectifying.put_off(commission, entry, due="2026-11-30", words="等审计", revision=entry.revision, now=NOON)
    assert matter.due == date(2026, 11, 30)
    begun(commission, matter, LAST)
    assert matter.due == LAST
    begun(commission, matter)
    assert matter.due == LAST


def test_what_is_late_counts_once(commission: County, matter: Matter, regime: Regime) -> None:
    begun(commission, matter)
    assert counted(commission, regime, NOON)["overdue_matters"] == 0
    assert counted(commission, regime, NOON + timedelta(days=30))["overdue_matters"] == 1


def test_a_standing_duty_that_came_late_years_ago_counts_no_more(
    session: Session, commission: County, regime: Regime, unit: Unit
) -> None:
    def budget(year: int, status: str) -> BoardCell:
        due = date(year, 3, 1)
        return BoardCell(
            jurisdiction_id=commission.id, unit_id=unit.id, duty="budget", period=f"{year}-budget", quarter="",
            status=status, word="迟", due=due, original=due, provisional=False, days=3, day_unit="日", done_on=None,
            withdrawn=False, note="", afterthought="", counts="", evidence="[]",
        )  # fmt: skip

    session.add_all([budget(2021, "late"), budget(2022, "missing"), budget(2026, "late")])
    session.flush()
    found = counted(commission, regime, NOON)
    assert (found["late"], found["missing"]) == (1, 1)


def test_what_is_mended_again_opens_its_matter_again(
    commission: County, matter: Matter, unit: Unit, regime: Regime
) -> None:
    entry = begun(commission, matter)
    accepted(commission, entry)
    assert matter.state == "closed"
    rectifying.reopen(commission, entry, words="问题又出现", revision=entry.revision, now=NOON)
    assert (matter.state, matter.closed_on, matter.closed_as, matter.due) == ("rectifying", None, None, FIRST)
    accepted(commission, entry)
    assert matter.state == "closed"

    opening.mark_gone(commission, unit, source=Source.MANUAL, cause="m", still=(), now=NOON)
    newer = opening.open_matter(
        commission, unit, source=Source.MANUAL, cause="m", title="又", severity=Severity.RED,
        items=[NewItem(fingerprint="n")], now=NOON,
    )  # fmt: skip
    assert newer.round == 2
    with pytest.raises(NotDone, match="第 2 轮"):
        rectifying.reopen(commission, entry, words="再来", revision=entry.revision, now=NOON)


def test_states_are_entered_by_the_ways_that_there_are_alone(commission: County, matter: Matter) -> None:
    """What `NEXT` does not name is refused, and what it names is not."""
    later = datetime(2026, 10, 21, 4, 0, tzinfo=UTC)
    with pytest.raises(matters.NotPossible, match="待处理"):
        matters.accept(commission, matter, "好", now=NOON)
    with pytest.raises(matters.NotPossible, match="还没有说明"):
        matters.send_back(commission, matter, "再写", now=NOON, due=LAST)
    with pytest.raises(matters.NotPossible, match="还没有办结"):
        matters.reopen(commission, matter, "再看", now=NOON)
    matters.ask(commission, matter, "请说明", now=NOON, due=FIRST)
    with pytest.raises(matters.NotPossible, match="已经是"):
        matters.ask(commission, matter, "请说明", now=NOON, due=FIRST)
    with pytest.raises(matters.NotPossible, match="已问询"):
        matters.accept(commission, matter, "好", now=later)


def test_the_units_home_counts_what_is_to_be_mended_once_and_not_what_was_handed_in(
    session: Session, commission: County, matter: Matter, unit: Unit
) -> None:
    matters.rectify(commission, matter, "请整改", now=NOON, due=FIRST)
    alone = rectifying.start_alone(commission, unit, problem="另一件", due=LAST, now=NOON)
    number = unit.id
    session.commit()

    def pending() -> tuple[int, int, date | None]:
        with Session(session.get_bind()) as own:
            found = answering.pending(Room(own, number), LAST)
        return found.rectifying, found.overdue, found.nearest

    assert pending() == (2, 1, FIRST)
    entry = begun(commission, matter)
    session.commit()
    assert pending() == (2, 1, FIRST)
    entry.state = alone.state = "to_accept"
    session.commit()
    assert pending() == (0, 0, None)


def test_a_unit_learns_of_no_hit_whatever_stands_in_the_row(
    session: Session, commission: County, unit: Unit
) -> None:
    hit = opening.open_matter(
        commission, unit, source=Source.RELATION, cause="f:1", title="相符", severity=Severity.RED,
        items=[NewItem(fingerprint="f")], now=NOON,
    )  # fmt: skip
    hit.told_at, uid, number = NOON, hit.uid, unit.id
    session.commit()
    with Session(session.get_bind()) as own:
        room = Room(own, number)
        assert answering.listing(room, FIRST) == []
        assert answering.one(room, uid, FIRST) is None
        assert answering.row_of(room, uid) is None
