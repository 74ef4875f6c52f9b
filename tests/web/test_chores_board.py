"""The board renews itself: in steps, once for each state, and one unit that cannot be stored stops nobody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services import publishing, rosters
from portal.services.board.county import County
from portal.services.board.refreshing import Computed
from portal.services.checking import Book
from portal.services.supervision.in_public import Views
from portal.store.tables import BoardUnit, Jurisdiction, Unit
from portal.web import chores as module
from portal.web.chores import Chores
from tests.conftest import NOON

AT = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, 16, 1, tzinfo=UTC)  # A minute past midnight in China.


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a look does must not hang on how busy the machine is."""
    monkeypatch.setattr(module, "_AWHILE", 600.0)


@pytest.fixture
def units(session: Session, county: Jurisdiction, unit: Unit) -> list[Unit]:
    for number in range(3):
        line = rosters.RosterLine(name=f"示例{number}局", type="bureau", sample=True)
        rosters.put_unit(session, county, line, now=NOON)
    session.commit()
    return list(session.scalars(select(Unit).order_by(Unit.id)))


def rows(session: Session) -> dict[int, tuple[int, Any]]:
    session.rollback()
    return {one.unit_id: (one.change, one.day) for one in session.scalars(select(BoardUnit))}


def test_it_is_renewed_in_steps_and_at_midnight_for_everybody(
    engine: Engine, session: Session, regimes: dict[str, Regime], units: list[Unit], a_quarter: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(module, "_UNITS", 3)
    at = [AT]
    looks = Chores(engine, regimes, None, "http://office.example", lambda: at[0])
    looks.look()
    assert len(rows(session)) == 3
    looks.look()
    before = rows(session)
    assert len(before) == 4

    draft = publishing.save_draft(session, unit=units[2], document=a_quarter("2026Q3"), author="甲", now=AT)
    publishing.publish(session, draft, book=Book(session, regimes), reason="首次公开", actor="乙", now=AT)
    session.commit()
    looks.look()
    after = rows(session)
    assert [unit for unit in after if after[unit] != before[unit]] == [units[2].id]

    at[0] = MIDNIGHT
    looks.look()
    looks.look()
    assert {day.isoformat() for _, day in rows(session).values()} == {"2026-11-21"}


def test_a_unit_that_cannot_be_stored_stops_nobody(
    engine: Engine, session: Session, regimes: dict[str, Regime], units: list[Unit],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    store, tried = module.store, []

    def broken(county: County, computed: Computed) -> bool:
        if computed.unit_id == units[0].id:
            tried.append(computed.unit_id)
            raise RuntimeError("the disk is full")
        return store(county, computed)

    monkeypatch.setattr(module, "store", broken)
    looks = Chores(engine, regimes, None, "http://office.example", lambda: AT)
    for _ in range(3):
        looks.look()
    assert set(rows(session)) == {one.id for one in units[1:]}
    assert len(tried) == 1, "it is not tried at every look"
    monkeypatch.setattr(module, "store", store)
    Chores(engine, regimes, None, "http://office.example", lambda: AT).look()
    assert set(rows(session)) == {one.id for one in units}


def test_what_bulletins_count_from_is_worked_out_before_anybody_asks(
    engine: Engine, regimes: dict[str, Regime], county: Jurisdiction, unit: Unit
) -> None:
    views: Views = {}
    looks = Chores(engine, regimes, None, "http://office.example", lambda: AT, views=views)
    looks.look()
    assert (county.id, "") not in views  # The board comes first.
    for _ in range(2 * len(regimes)):
        looks.look()
    assert [one.slug for one in views[county.id, ""][1].units] == [unit.slug]


def test_what_is_done_once_a_day_is_tried_again_where_it_went_wrong(
    engine: Engine, regimes: dict[str, Regime], units: list[Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def breaking(name: str) -> Any:
        def work(*_: Any, **more: Any) -> int:
            tried.append(name)
            if tried.count(name) == 1:
                raise RuntimeError("the database was restarted")
            return 0

        return work

    monkeypatch.setattr(module.chores_supervision, "keep_warnings", breaking("warnings"))
    monkeypatch.setattr(module.chores_neglect, "take_up", breaking("neglect"))
    at = [AT]
    looks = Chores(engine, {"xiuzhou": regimes["xiuzhou"]}, None, "http://office.example", lambda: at[0])
    for _ in range(3):
        looks.look()
    assert sorted(tried) == ["neglect", "warnings"]  # Not again and again: it may take seconds.
    at[0] += timedelta(hours=1)
    for _ in range(3):
        looks.look()
    assert sorted(tried) == ["neglect", "neglect", "warnings", "warnings"]  # And once it was done, not again.
