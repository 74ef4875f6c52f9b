"""The board's rows: what makes them stale, what moves one unit alone, and a unit that cannot be read."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal.domain.documents.base import Audience, Document
from portal.domain.regimes import Regime
from portal.domain.supervision.outcomes import Kind as OutcomeKind
from portal.domain.supervision.warnings import watched
from portal.services import exempting, publishing, rosters
from portal.services.board import computing, reading
from portal.services.board.county import County, open_county
from portal.services.board.refreshing import compute, refresh, stale_units, store
from portal.services.checking import Book
from portal.services.recalling import RECALL
from portal.services.supervision import outcomes
from portal.services.supervision.neglecting import neglect_over
from portal.store.tables import BoardCell, BoardFinding, BoardUnit, Jurisdiction, Unit, Version

NOW = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)
TOMORROW = datetime(2026, 10, 21, 4, 0, tzinfo=UTC)
Publish = Callable[..., Version]


@pytest.fixture
def regime(regimes: dict[str, Regime]) -> Regime:
    return regimes["xiuzhou"]


@pytest.fixture
def other(session: Session, county: Jurisdiction, unit: Unit) -> Unit:
    line = rosters.RosterLine(name="示例城建局", type="bureau", short="城建局", code="330411002", sample=True)
    made = rosters.put_unit(session, county, line, now=NOW)
    session.commit()
    return made


@pytest.fixture
def board(session: Session, unit: Unit, other: Unit) -> County:
    return open_county(session, "xiuzhou", None)


@pytest.fixture
def publish(session: Session, unit: Unit, regimes: dict[str, Regime]) -> Publish:
    def run(document: Document, on: datetime = NOW, whose: Unit | None = None) -> Version:
        explained = document.model_copy(update={"public_explanation": "示例：如实说明，正在整改到位。"})
        home = (whose or unit).id
        session.commit()
        with Session(
            session.get_bind()
        ) as desk:  # The board's own session is the commission's: it publishes nothing.
            place = desk.get_one(Unit, home)
            draft = publishing.save_draft(desk, unit=place, document=explained, author="甲", now=on)
            made = publishing.publish(
                desk, draft, book=Book(desk, regimes), reason="首次公开", actor="乙", now=on
            ).id
            desk.commit()
        return session.get_one(Version, made)

    return run


def cell(board: County, unit: Unit, duty: str, period: str) -> BoardCell | None:
    return board.session.scalar(
        board.rows(BoardCell).where(
            BoardCell.unit_id == unit.id, BoardCell.duty == duty, BoardCell.period == period
        )
    )


def test_a_publication_moves_its_own_unit_alone(
    board: County, unit: Unit, other: Unit, regime: Regime, publish: Publish, a_quarter: Any
) -> None:
    publish(a_quarter("2026Q2"), datetime(2026, 7, 10, 4, 0, tzinfo=UTC), other)
    assert refresh(board, regime, now=NOW) == 2
    assert stale_units(board, regime, NOW) == []
    before = cell(board, unit, "finance", "2026Q3")
    assert before is not None
    assert before.quarter == "2026Q3"
    assert before.status in ("missing", "due", "due_soon")
    untouched = board.session.scalars(select(BoardCell.id).where(BoardCell.unit_id == other.id)).all()

    publish(a_quarter("2026Q3"))
    assert [one.id for one in stale_units(board, regime, NOW)] == [unit.id]
    assert refresh(board, regime, now=NOW) == 1
    after = cell(board, unit, "finance", "2026Q3")
    assert after is not None
    assert after.done_on == date(2026, 10, 20)
    assert json.loads(after.evidence)[0]["what"] == "2026Q3 财务公开"
    assert board.session.scalars(select(BoardCell.id).where(BoardCell.unit_id == other.id)).all() == untouched


def test_a_new_day_and_an_earlier_first_quarter_move_everybody(
    board: County, unit: Unit, other: Unit, regime: Regime, publish: Publish, a_quarter: Any
) -> None:
    refresh(board, regime, now=NOW)
    assert len(stale_units(board, regime, TOMORROW)) == 2
    assert refresh(board, regime, now=TOMORROW, limit=1) == 1
    assert len(stale_units(board, regime, TOMORROW)) == 1
    refresh(board, regime, now=TOMORROW)
    assert reading.quarters_of(board) == ["2026Q3"]

    publish(a_quarter("2025Q4"), TOMORROW)
    waiting = stale_units(board, regime, TOMORROW)
    assert [one.id for one in waiting] == [unit.id, other.id], (
        "who published comes first; then the new columns"
    )
    refresh(board, regime, now=TOMORROW)
    assert reading.quarters_of(board) == ["2025Q4", "2026Q1", "2026Q2", "2026Q3"]
    assert {one.unit_id for one in reading.cells_of(board, quarter="2025Q4")} == {unit.id, other.id}


def test_another_regime_moves_everybody(board: County, regime: Regime) -> None:
    refresh(board, regime, now=NOW)
    assert len(stale_units(board, regime.model_copy(update={"motto": "另一版"}), NOW)) == 2


def test_an_extension_and_an_exemption_are_seen_at_the_next_look(
    board: County, unit: Unit, other: Unit, regime: Regime
) -> None:
    refresh(board, regime, now=NOW)
    exempting.extend(
        board.session, unit, regime=regime, duty="finance", period="2026Q3", new_due=date(2026, 12, 30),
        reason="系统迁移", approver="示例财政局", actor="甲", now=NOW,
    )  # fmt: skip
    assert [one.id for one in stale_units(board, regime, NOW)] == [unit.id]
    refresh(board, regime, now=NOW)
    moved = cell(board, unit, "finance", "2026Q3")
    assert moved is not None
    assert moved.due == date(2026, 12, 30)
    assert moved.original != moved.due

    exempting.exempt(
        board.session, other, regime=regime, duty="plan", period=None, reason="单位正在筹建",
        approver="示例纪委", valid_from=date(2026, 1, 1), valid_until=date(2027, 12, 31), actor="甲", now=NOW,
    )  # fmt: skip
    assert [one.id for one in stale_units(board, regime, NOW)] == [other.id]


def test_findings_are_kept_with_their_record_also_of_what_only_staff_may_read(
    board: County, unit: Unit, regime: Regime, publish: Publish, a_quarter: Any
) -> None:
    publish(a_quarter("2026Q3", finance_head="甲", audience=Audience.STAFF))
    refresh(board, regime, now=NOW)
    found = reading.findings_of(board, unit_id=unit.id)
    assert found, "one person signed twice: a warning at least"
    one = found[0]
    assert (one.kind, one.slug, one.public, one.title) == ("finance", "2026Q3", False, "2026Q3 财务公开")
    assert one.severity in ("block", "red", "yellow")
    assert one.seen
    assert one.remedy
    assert one.basis
    before = {each.fingerprint for each in found}
    refresh(board, regime, now=TOMORROW)
    assert {each.fingerprint for each in reading.findings_of(board)} == before, (
        "the same sights on the next day"
    )


def test_the_fingerprint_does_not_change_by_the_days_that_pass() -> None:
    def print_of(seen: str) -> str:
        return computing.fingerprint("FIN-06", "X1", "/a", seen)

    assert print_of("已逾期 12 日") == print_of("已逾期 13 日")
    assert print_of("迟 3 个工作日公开") == print_of("迟4个工作日公开")
    assert print_of("9月12日签字") != print_of("9月13日签字")
    assert print_of("金额 12 元") != print_of("金额 13 元")


def test_a_unit_that_cannot_be_read_is_marked_and_the_others_go_on(
    board: County, unit: Unit, other: Unit, regime: Regime, publish: Publish, a_quarter: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    publish(a_quarter("2026Q3"))
    publish(a_quarter("2026Q3"), NOW, other)
    refresh(board, regime, now=NOW)
    document = RECALL.document

    def broken(version: Version) -> Any:
        if version.record.unit_id == unit.id:
            raise ValueError("not a document")
        return document(version)

    monkeypatch.setattr(RECALL, "document", broken)
    assert refresh(board, regime, now=TOMORROW) == 2
    rows = reading.units_of(board)
    assert "unreadable" in json.loads(rows[unit.id].details)
    assert "unreadable" not in json.loads(rows[other.id].details)
    assert cell(board, unit, "finance", "2026Q3") is None
    assert cell(board, other, "finance", "2026Q3") is not None
    assert stale_units(board, regime, TOMORROW) == [], "it is not tried again at every look"


def test_older_rows_never_replace_newer_ones(
    board: County, unit: Unit, regime: Regime, publish: Publish, a_quarter: Any
) -> None:
    old = compute(board, regime, unit, now=NOW)
    publish(a_quarter("2026Q3"))
    assert store(board, compute(board, regime, unit, now=NOW))
    assert not store(board, old)
    assert cell(board, unit, "finance", "2026Q3").done_on == date(2026, 10, 20)  # type: ignore[union-attr] # it is there.


def test_rows_are_replaced_not_added(board: County, regime: Regime) -> None:
    refresh(board, regime, now=NOW)
    counts = [
        len(board.session.scalars(board.rows(one)).all()) for one in (BoardUnit, BoardCell, BoardFinding)
    ]
    refresh(board, regime, now=TOMORROW)
    assert counts == [
        len(board.session.scalars(board.rows(one)).all()) for one in (BoardUnit, BoardCell, BoardFinding)
    ]


def test_neglect_comes_from_rows_of_now_and_is_worked_out_where_they_are_not(
    board: County, unit: Unit, other: Unit, regime: Regime, publish: Publish, a_quarter: Any
) -> None:
    def told() -> list[tuple[int, str, str]]:
        found = neglect_over(board, regime, quarters=watched(regime, date(2026, 10, 20)), now=NOW)
        return [(one.id, quarter, words) for one, quarter, words in found]

    publish(a_quarter("2026Q2"), datetime(2026, 7, 10, 4, 0, tzinfo=UTC), other)
    by_records = told()
    assert [one[:2] for one in by_records] == [(other.id, "2026Q2")]
    refresh(board, regime, now=NOW)
    assert told() == by_records

    row = board.session.scalar(board.rows(BoardUnit).where(BoardUnit.unit_id == other.id))
    assert row is not None
    row.details = row.details.replace(by_records[0][2], "行内的话")
    board.session.commit()
    assert told() == [(other.id, "2026Q2", "行内的话")]  # Rows of now: no record is read again.
    publish(a_quarter("2026Q3"), NOW, other)
    assert told()[-1] == by_records[0]  # The row is stale: what it says counts no more.
    refresh(board, regime, now=NOW)
    row.details = "{}"  # Of an earlier version of the platform, which kept nothing of it.
    board.session.commit()
    assert told()[-1] == by_records[0]


def test_an_outcome_moves_the_public_counts_and_no_units_row(
    board: County, unit: Unit, regime: Regime
) -> None:
    refresh(board, regime, now=NOW)
    entry = outcomes.Entry(OutcomeKind.CRITICISM, "", "", date(2026, 10, 1), "示例文号", "示例条款")
    outcomes.record(board, unit, entry, now=NOW)
    assert stale_units(board, regime, NOW) == []


def test_a_clock_that_was_put_back_leaves_nothing_to_do_for_ever(board: County, regime: Regime) -> None:
    refresh(board, regime, now=datetime(2026, 11, 20, 4, 0, tzinfo=UTC))
    assert refresh(board, regime, now=NOW) == 2
    assert stale_units(board, regime, NOW) == []


@pytest.mark.sqlite
def test_a_database_that_fails_says_nothing_against_a_unit(board: County, unit: Unit, regime: Regime) -> None:
    basis = computing.basis_of(board, regime, NOW)
    driver: Any = board.session.connection().connection.driver_connection
    driver.set_authorizer(lambda *_: sqlite3.SQLITE_DENY)
    try:
        with pytest.raises(SQLAlchemyError):
            compute(board, regime, unit, now=NOW, basis=basis)
    finally:
        driver.set_authorizer(None)
