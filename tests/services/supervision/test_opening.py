"""What is seen becomes matters: one cause one matter, what goes is marked, what comes again opens the next round."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import ClosedAs, Event, Source, State
from portal.services import publishing
from portal.services.board.county import County, open_county
from portal.services.board.refreshing import refresh
from portal.services.checking import Book
from portal.services.supervision import matters, opening
from portal.services.supervision.opening import NewItem
from portal.store.tables import BoardCell, BoardFinding, Matter, Unit
from tests.conftest import NOON


@pytest.fixture
def board(session: Session, unit: Unit) -> County:
    """The platform's own view of the county."""
    return open_county(session, "xiuzhou", None)


@pytest.fixture
def regime(regimes: dict[str, Regime]) -> Regime:
    """The county's regime."""
    return regimes["xiuzhou"]


def finding(
    unit: Unit, mark: str, *, rule: str = "DEC-01", severity: str = "red", **more: object
) -> BoardFinding:
    """Return a sight in a record of the unit."""
    values: dict[str, object] = {
        "ref": "示例索引-1", "kind": "decision", "slug": "d1", "title": "示例会议", "place": "", "seen": f"看到{mark}",
        "remedy": "请改正", "basis": "示例依据", "day": date(2026, 9, 1), "public": True,
    }  # fmt: skip
    return BoardFinding(
        jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, fingerprint=mark, rule=rule, severity=severity, **{**values, **more}
    )  # fmt: skip


def cell(unit: Unit, period: str, status: str, **more: object) -> BoardCell:
    """Return how the unit stands with its finances of a quarter."""
    values: dict[str, object] = {
        "duty": "finance", "quarter": period, "word": "未公开" if status == "missing" else "迟 3 个工作日",
        "due": date(2026, 10, 15), "original": date(2026, 10, 15), "provisional": False, "days": 3,
        "day_unit": "个工作日", "done_on": None, "withdrawn": False, "note": "", "afterthought": "", "counts": "",
        "evidence": "[]",
    }  # fmt: skip
    return BoardCell(
        jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, period=period, status=status, **{**values, **more}
    )  # fmt: skip


def seen(session: Session, unit: Unit, *rows: BoardFinding | BoardCell) -> None:
    """Let the board see exactly these."""
    session.execute(delete(BoardFinding).where(BoardFinding.unit_id == unit.id))
    session.execute(delete(BoardCell).where(BoardCell.unit_id == unit.id))
    session.add_all(rows)
    session.flush()


def all_of(board: County) -> list[Matter]:
    """Return the county's matters in the order in which they were opened."""
    return list(board.session.scalars(board.rows(Matter).order_by(Matter.id)))


def test_findings_of_one_cause_are_one_matter_and_taking_up_again_changes_nothing(
    board: County, session: Session, unit: Unit, regime: Regime
) -> None:
    seen(
        session,
        unit,
        finding(unit, "甲"),
        finding(unit, "乙"),
        finding(unit, "丙", rule="FIN-01"),
        cell(unit, "2026Q3", "missing"),
    )
    assert opening.take_up(board, regime, unit, now=NOON) == 3
    found = {(one.source, one.cause): one for one in all_of(board)}
    assert set(found) == {("rule", "DEC-01"), ("rule", "FIN-01"), ("duty", "finance")}
    first = found["rule", "DEC-01"]
    assert [one.fingerprint for one in matters.items_of(board, first)] == ["甲", "乙"]
    assert (first.state, first.round, first.severity, first.told_at) == ("new", 1, "red", None)
    (item,) = matters.items_of(board, found["duty", "finance"])
    assert item.seen == "2026年第三季度季度财务：未公开，应于2026年10月15日前公开。"
    before = {one.id: one.revision for one in all_of(board)}
    assert opening.take_up(board, regime, unit, now=NOON + timedelta(days=1)) == 0
    assert {one.id: one.revision for one in all_of(board)} == before
    assert [one.event for one in matters.steps_of(board, first)] == ["opened"]


def test_what_has_gone_is_marked_and_a_matter_that_nobody_asked_about_closes_itself(
    board: County, session: Session, unit: Unit, regime: Regime
) -> None:
    seen(session, unit, finding(unit, "甲"), finding(unit, "乙"))
    opening.take_up(board, regime, unit, now=NOON)
    (matter,) = all_of(board)
    seen(session, unit, finding(unit, "乙"))
    opening.take_up(board, regime, unit, now=NOON + timedelta(days=1))
    assert matter.state == "new"
    assert [(one.fingerprint, one.gone_on) for one in matters.items_of(board, matter)] == [
        ("乙", None),
        ("甲", date(2026, 10, 21)),
    ]
    seen(session, unit)
    opening.take_up(board, regime, unit, now=NOON + timedelta(days=2))
    assert (matter.state, matter.closed_as, matter.closed_on) == ("closed", "corrected", date(2026, 10, 22))
    assert [one.event for one in matters.steps_of(board, matter)] == ["opened", "gone", "gone", "closed"]
    assert {one.side for one in matters.steps_of(board, matter)} == {"platform"}
    seen(session, unit, finding(unit, "甲"))
    opening.take_up(board, regime, unit, now=NOON + timedelta(days=3))
    assert [(one.round, one.state) for one in all_of(board)] == [(1, "closed"), (2, "new")]


def test_a_matter_that_was_asked_about_stays_open_and_says_that_all_is_mended(
    board: County, session: Session, unit: Unit, regime: Regime
) -> None:
    seen(session, unit, finding(unit, "甲"))
    opening.take_up(board, regime, unit, now=NOON)
    (matter,) = all_of(board)
    matters.ask(board, matter, "请说明。", now=NOON, regime=regime)
    seen(session, unit)
    opening.take_up(board, regime, unit, now=NOON + timedelta(days=1))
    assert matter.state == "asked"
    last = matters.steps_of(board, matter)[-1]
    assert (last.event, last.shared, last.words) == ("gone", True, "看到甲。所列问题已经全部改正")


def test_what_was_dealt_with_opens_nothing_again_as_long_as_it_merely_stands(
    board: County, session: Session, unit: Unit, regime: Regime
) -> None:
    seen(session, unit, finding(unit, "甲"))
    opening.take_up(board, regime, unit, now=NOON)
    (matter,) = all_of(board)
    matters.close(board, matter, closed_as=ClosedAs.DISMISSED, words="不属问题。", now=NOON)
    assert opening.take_up(board, regime, unit, now=NOON) == 0
    seen(session, unit, finding(unit, "甲"), finding(unit, "乙"))
    opening.take_up(board, regime, unit, now=NOON)
    first, second = all_of(board)
    assert [one.fingerprint for one in matters.items_of(board, second)] == ["乙"]
    with pytest.raises(matters.NotPossible, match="第 2 轮"):
        matters.reopen(board, first, "再看。", now=NOON)


def test_a_late_publication_does_not_go_but_its_words_change(
    board: County, session: Session, unit: Unit, regime: Regime
) -> None:
    seen(session, unit, cell(unit, "2026Q3", "missing"))
    opening.take_up(board, regime, unit, now=NOON)
    (matter,) = all_of(board)
    assert matter.severity == "red"
    late = cell(unit, "2026Q3", "late", done_on=date(2026, 10, 20), evidence='[{"ref": "示例索引-9"}]')
    seen(session, unit, late, finding(unit, "迟", rule="FIN-06", ref="示例索引-9"))
    assert opening.take_up(board, regime, unit, now=NOON) == 1
    (item,) = matters.items_of(board, matter)
    assert (item.gone_on, item.ref, matter.severity) == (None, "示例索引-9", "yellow")
    assert (
        item.seen
        == "2026年第三季度季度财务：迟 3 个工作日，应于2026年10月15日前公开，实际于2026年10月20日公开。"
    )
    assert len(all_of(board)) == 1  # The rule that times it has seen the same thing: not another matter.


def test_old_history_and_hints_open_nothing_but_what_is_missing_today_does(
    board: County, session: Session, unit: Unit, regime: Regime
) -> None:
    seen(
        session, unit,
        finding(unit, "旧", day=date(2025, 10, 19)), finding(unit, "提示", rule="FIN-02", severity="info"),
        cell(unit, "2025Q3", "late"),
    )  # fmt: skip
    assert opening.take_up(board, regime, unit, now=NOON) == 0
    seen(
        session,
        unit,
        finding(unit, "新", day=date(2025, 10, 20)),
        cell(unit, "2025Q4", "late"),
        cell(unit, "2020Q1", "missing"),
    )
    assert opening.take_up(board, regime, unit, now=NOON) == 2
    assert sum(len(matters.items_of(board, one)) for one in all_of(board)) == 3


def test_other_sources_open_add_and_take_away(
    board: County, session: Session, unit: Unit, regime: Regime
) -> None:
    def put(*marks: str, at: datetime = NOON) -> Matter:
        return opening.open_matter(
            board, unit, source=Source.FLAG, cause="single_bidder", title="单一投标人", severity=Severity.YELLOW,
            items=[NewItem(fingerprint=one, seen=one) for one in marks], now=at, regime=regime,
        )  # fmt: skip

    first = put("甲")
    assert put("甲", "乙") is first
    assert put("甲", "乙") is first
    assert [one.event for one in matters.steps_of(board, first)] == [Event.OPENED, Event.ADDED]
    assert (
        opening.mark_gone(board, unit, source=Source.FLAG, cause="single_bidder", still={"乙"}, now=NOON) == 1
    )
    assert opening.mark_gone(board, unit, source=Source.FLAG, cause="single_bidder", still=(), now=NOON) == 1
    assert first.state == State.CLOSED
    assert put("乙").round == 2
    opening.take_up(
        board, regime, unit, now=NOON
    )  # Knows nothing of other sources, and closes none of theirs.
    assert put("乙").state == State.NEW


def test_the_boards_own_work_opens_and_follows_matters(
    board: County, session: Session, unit: Unit, regime: Regime, a_quarter: Callable[..., FinanceDisclosure]
) -> None:
    def publish(period: str, at: datetime) -> None:
        number = unit.id
        session.commit()
        # The board's own session is the commission's: it publishes nothing.
        with Session(session.get_bind()) as desk:
            home = desk.get_one(Unit, number)
            draft = publishing.save_draft(desk, unit=home, document=a_quarter(period), author="甲", now=at)
            publishing.publish(desk, draft, book=Book(desk, {}), reason="首次公开", actor="乙", now=at)
            desk.commit()

    publish("2026Q1", NOON - timedelta(days=200))
    assert refresh(board, regime, now=NOON) == 1
    (matter,) = [one for one in all_of(board) if one.cause == "finance"]
    owed = {one.period: one for one in matters.items_of(board, matter)}
    assert "未公开" in owed["2026Q2"].seen
    publish("2026Q2", NOON)
    refresh(board, regime, now=NOON + timedelta(hours=1))
    assert owed["2026Q2"].gone_on is None
    assert "迟" in owed["2026Q2"].seen
    assert owed["2026Q2"].ref
    before = [(one.id, one.revision) for one in all_of(board)]
    refresh(board, regime, now=NOON + timedelta(hours=2))
    assert [(one.id, one.revision) for one in all_of(board)] == before


def test_a_unit_of_a_type_that_nobody_knows_counts_as_any_other(
    board: County, session: Session, unit: Unit, regime: Regime
) -> None:
    unit.type = "示例类型"
    seen(session, unit, cell(unit, "2026Q3", "missing"), finding(unit, "甲"))
    assert opening.take_up(board, regime, unit, now=NOON) == 2


def test_a_matter_that_the_unit_knows_of_is_closed_by_an_officer_alone(
    board: County, session: Session, unit: Unit, regime: Regime
) -> None:
    seen(session, unit, finding(unit, "甲"))
    opening.take_up(board, regime, unit, now=NOON)
    (matter,) = all_of(board)
    matters.tell(board, matter, NOON)  # As a letter does, which asks nothing of the matter's own.
    seen(session, unit)
    opening.take_up(board, regime, unit, now=NOON + timedelta(days=1))
    assert (matter.state, matter.closed_on) == ("new", None)
