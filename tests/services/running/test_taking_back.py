"""What cannot be taken back, and what cannot be typed, while a jurisdiction is run."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services import rosters
from portal.services.board.county import County, open_county
from portal.services.running import merging, terms
from portal.services.running.known import fingerprint
from portal.services.running.overlay import Laid
from portal.services.running.units import NotKept, need_source, place_of
from portal.store.public import public_unit_history
from portal.store.tables import Unit
from tests.conftest import NOON

GROUNDS = {"reason": "示例原因", "source": "示例文件一号", "approver": "示例甲"}


@pytest.fixture
def commission(session: Session, unit: Unit) -> County:
    return open_county(session, "xiuzhou", None)


def test_a_years_holidays_are_not_taken_back_once_deadlines_were_counted_by_them(
    commission: County, regimes: dict[str, Regime]
) -> None:
    def entered() -> int:
        off = [date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3)]
        found = terms.propose_year(
            commission, Laid(regimes), year=2027, off=off, work=[], now=NOON, **GROUNDS
        )
        return terms.record(commission, found, basis=found.basis, now=NOON).id

    number = entered()
    with pytest.raises(NotKept, match="不能取消"):
        terms.countermand(commission, regimes["xiuzhou"], number, now=NOON + timedelta(days=100), **GROUNDS)
    terms.countermand(
        commission, regimes["xiuzhou"], number, now=NOON + timedelta(days=60), **GROUNDS
    )  # Still 2026: nothing rests on it.
    # A mistake of the last weeks can be mended in the year itself.
    terms.countermand(commission, regimes["xiuzhou"], entered(), now=NOON + timedelta(days=30), **GROUNDS)


def test_signs_that_no_text_may_hold_are_refused_beside_their_input() -> None:
    with pytest.raises(NotKept) as refused:
        need_source("示例\x00文件一号")
    assert refused.value.field == "source"


def test_the_public_history_names_no_unit_that_the_public_does_not_know(
    commission: County, session: Session, unit: Unit, regimes: dict[str, Regime]
) -> None:
    line = rosters.RosterLine(name="示例内设机构", type="other", listed=False)
    hidden = rosters.put_unit(session, place_of(commission), line, now=NOON)
    ending = merging.Ending((hidden,), date(2026, 11, 1), "示例文件一号", "", into=unit)
    merging.end(commission, regimes["xiuzhou"], ending, seen=[fingerprint(hidden)], now=NOON)

    def told() -> list[tuple[str, str]]:
        return [(one.other, one.other_slug) for one in public_unit_history(session)[unit.id]]

    assert told() == [("", "")]
    hidden.listed = True
    session.flush()
    assert told() == [("示例内设机构", hidden.slug)]
