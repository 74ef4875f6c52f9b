"""The public's views in the database: after every kind of change what is shown is what would be worked out anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from portal.domain.documents.base import Audience, Document
from portal.domain.regimes import Regime
from portal.domain.supervision.conduct import kept_text, read_kept
from portal.services import exempting, publishing, rosters
from portal.services.board.county import open_county
from portal.services.checking import Book
from portal.services.supervision import in_public
from portal.services.supervision.in_public import InPublic
from portal.store.tables import BoardConduct, Jurisdiction, Unit, Version
from portal.web import chores_supervision
from portal.web.program import program
from tests.conftest import shipped
from tests.web.office.closer_world import tender

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
EARLY = datetime(2026, 7, 10, 4, 0, tzinfo=UTC)
TODAY, TOMORROW = date(2026, 11, 20), date(2026, 11, 21)
SLUG = "xiuzhou"
Change = Callable[[Session, dict[str, Unit]], None]


@pytest.fixture
def publish(regimes: dict[str, Regime]) -> Callable[..., Version]:
    def run(session: Session, unit: Unit, document: Document, now: datetime = NOW) -> Version:
        explained = document.model_copy(update={"public_explanation": "示例：如实说明，正在整改到位。"})
        draft = publishing.save_draft(session, unit=unit, document=explained, author="甲", now=now)
        book = Book(session, regimes)
        return publishing.publish(session, draft, book=book, reason="示例：补充更正。", actor="乙", now=now)

    return run


@pytest.fixture
def units(
    session: Session, county: Jurisdiction, unit: Unit, publish: Callable[..., Version], a_quarter: Any
) -> dict[str, Unit]:
    line = rosters.RosterLine(name="示例城建局", type="bureau", short="城建局", code="330411002", sample=True)
    other = rosters.put_unit(session, county, line, now=EARLY)
    for one in (unit, other):
        publish(session, one, a_quarter("2026Q1", title=f"{one.short}一季度财务公开"), EARLY)
        publish(session, one, a_quarter("2026Q2", audience=Audience.STAFF), EARLY)
    publish(session, other, tender(1), EARLY)
    session.commit()
    return {"甲": unit, "乙": other}


@pytest.fixture
def worked_out(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The units that were worked out since the list was emptied."""
    found: list[str] = []
    cases = in_public._cases

    def noted(county: Any, regime: Any, units: Any, on: Any) -> Any:
        found.extend(one.short for one in units)
        return cases(county, regime, units, on)

    monkeypatch.setattr(in_public, "_cases", noted)
    return found


def keep(engine: Engine, regime: Regime, on: date = TODAY) -> None:
    """Do what the chores of a process do that has just started."""
    chores_supervision.keep_views(engine, {}, SLUG, regime, on=on)


def looked(
    engine: Engine, regime: Regime, on: date = TODAY, *, kept_for: str = "", by: str | None = None
) -> tuple[InPublic, InPublic]:
    """Return what a page shows after a start, and what is worked out anew without anything that was kept."""
    with Session(engine) as session:
        here = open_county(session, SLUG, None)
        shown = in_public.in_public(here, regime, on=on, kept_for=kept_for, program=by or program())
        return shown, in_public.in_public(here, regime, on=on)


def correct(session: Session, units: dict[str, Unit], publish: Any, a_quarter: Any) -> None:
    publish(session, units["甲"], a_quarter("2026Q1", remark="示例：更正。"))


def withdraw(session: Session, units: dict[str, Unit], publish: Any, a_quarter: Any, **more: Any) -> None:
    newest = session.scalars(
        select(Version).join(Version.record).where(Version.record.has(unit_id=units["甲"].id, slug="2026Q1"))
    ).one()
    publishing.withdraw(
        session, newest, legal_ground="政府信息公开条例第十四条", reason="示例：误列内容", approver="示例领导",
        now=NOW, **more,
    )  # fmt: skip


def destroy(session: Session, units: dict[str, Unit], publish: Any, a_quarter: Any) -> None:
    withdraw(session, units, publish, a_quarter, destroy=True)


def exempt(session: Session, units: dict[str, Unit], publish: Any, a_quarter: Any) -> None:
    exempting.exempt(
        session, units["甲"], regime=shipped()[SLUG], duty="plan", period=None, reason="单位正在筹建", approver="示例纪委",
        valid_from=date(2026, 1, 1), valid_until=date(2027, 12, 31), actor="甲", now=NOW,
    )  # fmt: skip


def extend(session: Session, units: dict[str, Unit], publish: Any, a_quarter: Any) -> None:
    exempting.extend(
        session, units["甲"], regime=shipped()[SLUG], duty="finance", period="2026Q3", new_due=date(2026, 12, 30),
        reason="系统迁移", approver="示例财政局", actor="甲", now=NOW,
    )  # fmt: skip


def rename(session: Session, units: dict[str, Unit], publish: Any, a_quarter: Any) -> None:
    rosters.rename_unit(session, units["甲"], "示例财政和国资局", short="财政局", now=NOW)


def publish_next(session: Session, units: dict[str, Unit], publish: Any, a_quarter: Any) -> None:
    publish(session, units["甲"], a_quarter("2026Q3"))


CHANGES = (publish_next, correct, withdraw, destroy, exempt, extend, rename)


@pytest.mark.parametrize("change", CHANGES, ids=[one.__name__ for one in CHANGES])
def test_after_each_kind_of_change_what_was_kept_of_that_unit_counts_no_more(
    change: Any, engine: Engine, session: Session, units: dict[str, Unit], regimes: dict[str, Regime],
    publish: Any, a_quarter: Any, worked_out: list[str],
) -> None:  # fmt: skip
    regime = regimes[SLUG]
    keep(engine, regime)
    change(session, units, publish, a_quarter)
    session.commit()
    for kept_for, on in (("", TODAY), ("2026Q3", date(2026, 8, 20))):
        worked_out.clear()
        shown, anew = looked(engine, regime, on, kept_for=kept_for)
        assert shown == anew
        assert worked_out == ["财政局", "财政局", "城建局"], "the unit that moved; then, for comparison, all"
    keep(engine, regime)
    worked_out.clear()
    shown, anew = looked(engine, regime)
    assert shown == anew
    assert worked_out == ["财政局", "城建局"], "nothing is worked out that was kept"


def test_a_new_day_other_terms_another_quarter_and_another_program_move_everybody(
    engine: Engine, session: Session, units: dict[str, Unit], regimes: dict[str, Regime], publish: Any,
    a_quarter: Any, worked_out: list[str],
) -> None:  # fmt: skip
    regime = regimes[SLUG]
    changed = regime.model_copy(update={"rules": {**regime.rules, "FIN-06": regime.rules["FIN-06"][:0]}})
    keep(engine, regime)
    for other, on, by in ((regime, TOMORROW, None), (changed, TODAY, None), (regime, TODAY, "another")):
        worked_out.clear()
        shown, anew = looked(engine, other, on, by=by)
        assert shown == anew
        assert worked_out == ["财政局", "城建局"] * 2
    publish(session, units["乙"], a_quarter("2025Q4"))
    session.commit()
    worked_out.clear()
    shown, anew = looked(engine, regime)
    assert shown == anew
    assert shown.periods[0] == "2025Q4"
    assert worked_out == ["财政局", "城建局"] * 2


def test_only_the_newest_views_are_kept_and_nothing_of_what_was_destroyed(
    engine: Engine, session: Session, units: dict[str, Unit], regimes: dict[str, Regime], publish: Any,
    a_quarter: Any,
) -> None:  # fmt: skip
    def rows() -> dict[tuple[int, str], str]:
        session.rollback()
        found = session.scalars(select(BoardConduct).order_by(BoardConduct.id))
        return {(one.unit_id, one.quarter): one.stamp for one in found}

    regime, numbers = regimes[SLUG], sorted(one.id for one in units.values())
    keep(engine, regime)
    before = rows()
    assert sorted(before) == [(one, quarter) for one in numbers for quarter in ("", "2026Q3")]
    keep(engine, regime)
    assert rows() == before
    destroy(session, units, publish, a_quarter)
    session.commit()
    keep(engine, regime)
    after = rows()
    assert {key for key in before if before[key] != after[key]} == {
        (units["甲"].id, ""),
        (units["甲"].id, "2026Q3"),
    }
    keep(engine, regime, date(2027, 1, 10))
    assert sorted(rows()) == [(one, quarter) for one in numbers for quarter in ("", "2026Q4")]


def test_a_conduct_is_read_as_it_was_written(
    engine: Engine, units: dict[str, Unit], regimes: dict[str, Regime]
) -> None:
    _, view = looked(engine, regimes[SLUG])
    assert any(one.kept and one.sightings for one in view.units)
    assert any(each.counts for one in view.units for each in one.kept)
    assert tuple(read_kept(kept_text(one)) for one in view.units) == view.units
