"""The last day of a term still belongs to it; and what somebody else decided meanwhile is not written over."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.supervision.assessment import GradeLine, Held, Sheet
from portal.domain.supervision.letters import State
from portal.services.board.county import County, open_county
from portal.services.checking import SHANGHAI
from portal.services.supervision import assessing, bulletins, lettering, outcomes, rectifying
from portal.store.tables import Letter, Outcome, Rectification, Unit
from tests.conftest import NOON

DUE = date(2026, 11, 2)


def china(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


@pytest.fixture
def commission(session: Session, unit: Unit) -> County:
    return open_county(session, "xiuzhou", None)


def test_an_answer_on_its_last_day_is_in_time_by_the_clock_in_china() -> None:
    letter = Letter(due=DUE, state=State.ISSUED.value, replied_at=None)
    assert not lettering.is_late(letter, today=DUE)
    assert lettering.is_late(letter, today=date(2026, 11, 3))
    letter.replied_at = china(2, 23, 59)
    assert not lettering.is_late(letter)
    letter.replied_at = china(3, 0, 1)
    assert lettering.is_late(letter)


def test_an_outcome_has_effect_through_its_last_day() -> None:
    outcome = Outcome(effect_until=DUE, revoked_at=None)
    assert outcomes.in_effect(outcome, china(2, 23, 59))
    assert not outcomes.in_effect(outcome, china(3, 0, 1))


def test_what_is_struck_off_on_its_day_is_in_time(commission: County, unit: Unit) -> None:
    def struck_off(at: datetime) -> Rectification:
        entry = rectifying.start_alone(commission, unit, problem="示例问题", due=DUE, now=NOON)
        entry.state = "to_accept"
        rectifying.accept(
            commission, entry, name="卫示九", body="示例会计师事务所", opinion="到位", day="2026-11-01",
            revision=entry.revision, now=at,
        )  # fmt: skip
        return entry

    struck_off(china(2, 23, 59))
    struck_off(china(3, 0, 1))
    found = bulletins.own_figures(commission, "2026Q4", on=date(2026, 11, 3))
    assert (found.to_rectify, found.rectified, found.in_time, found.overdue) == (2, 2, 1, 0)
    # As it stood on the day before, the later one was not struck off yet.
    assert bulletins.own_figures(commission, "2026Q4", on=DUE).rectified == 1


def test_a_grade_is_not_decided_over_one_that_was_not_seen(
    commission: County, unit: Unit, regimes: dict[str, Regime]
) -> None:
    grades = (GradeLine(code="good", title="优秀", least=90), GradeLine(code="poor", title="较差", least=0))
    sheet = Sheet(
        area="xiuzhou", area_name="示例区", commission="示例纪委监委", sample=True, slug=unit.slug, name=unit.name,
        year=2025, on=NOON.astimezone(SHANGHAI).date(), quarters=(), gaps=(), passed=1, applicable=1, red=0, yellow=0,
        rules=(), held=Held(), parts=(), grades=grades, source="示例依据", default=False,
    )  # fmt: skip

    def decide(decision: str, expected: int, words: str = "") -> int:
        made = assessing.decide(
            commission, unit, sheet=sheet, decision=decision, words=words, expected=expected, now=NOON
        )
        return made.number

    assert decide("good", 0) == 1
    with pytest.raises(assessing.Refused, match="已经有人作了决定"):
        decide("poor", 0, "示例理由")
    with pytest.raises(assessing.Refused, match="须写明理由"):
        decide("poor", 1)
    assert decide("poor", 1, "示例理由") == 2
    assert assessing.decided(commission, 2025)[unit.slug].decision == "poor"
