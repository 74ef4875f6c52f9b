"""The gate, the commission's board and the public site see the same record and the same deadline."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.domain.obligations import Status
from portal.domain.regimes import Regime
from portal.domain.rules.unit_file import PublishedDocument
from portal.services import compliance, exempting, publishing
from portal.services.checking import Book, records_of
from portal.site import findings
from portal.site.pages import standings
from portal.site.snapshot import take_snapshot
from portal.store.tables import Jurisdiction, Unit, Version

START = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)
WITHDRAWN = START + timedelta(days=10)


@pytest.fixture
def publish(session: Session, unit: Unit, regimes: dict[str, Regime]) -> Any:
    def run(document: Any, *, now: datetime, reason: str = publishing.FIRST) -> Version:
        draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=now)
        book = Book(session, regimes)
        made = publishing.publish(session, draft, book=book, reason=reason, actor="乙", now=now)
        session.commit()
        return made

    return run


def withdraw(session: Session, version: Version, *, destroy: bool) -> None:
    publishing.withdraw(
        session, version, legal_ground="甲", reason="乙", approver="丙", now=WITHDRAWN, destroy=destroy
    )
    session.commit()


@pytest.mark.parametrize("destroy", [False, True])
@pytest.mark.parametrize("which", [(), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)])
def test_three_readers_see_the_same_record(
    session: Session, county: Jurisdiction, unit: Unit, regimes: dict[str, Regime], publish: Any, a_quarter: Any,
    which: tuple[int, ...], destroy: bool,
) -> None:  # fmt: skip
    made = [
        publish(
            a_quarter(spent=place + 1, public_explanation="示例：如实说明。"),
            now=START + timedelta(days=place),
            reason="更正金额" if place else publishing.FIRST,
        )
        for place in range(3)
    ]
    for place in which:
        withdraw(session, made[place], destroy=destroy)
    gate = records_of(session, unit)
    board = compliance.cases_of(session, regimes["xiuzhou"], county, on=WITHDRAWN.date())
    snapshot = take_snapshot(session, regimes, now=WITHDRAWN)
    site = [one for record in snapshot.records if (one := findings.published(record))]
    assert _plain(gate) == _plain(board[unit.id].records) == _plain(site)
    assert bool(gate) != (destroy and which == (0, 1, 2))


def _plain(records: Any) -> list[PublishedDocument]:
    return [replace(one, ref="") for one in records]


def test_a_corrected_record_replaces_what_was_not_withdrawn(
    session: Session, unit: Unit, regimes: dict[str, Regime], publish: Any, a_quarter: Any
) -> None:
    """Published anew after a withdrawal, the record keeps its first day: it is not late by that."""
    first = publish(a_quarter(public_explanation="示例：如实说明。"), now=START)
    withdraw(session, first, destroy=False)
    book = Book(session, regimes)
    book.expect(unit, [a_quarter(spent=2)])
    report = book.test(unit, a_quarter(spent=2), now=datetime(2026, 12, 20, 4, 0, tzinfo=UTC))
    assert report is not None
    assert "FIN-06" not in {one.rule for one in report.findings}


def test_an_extension_counts_at_the_gate_on_the_board_and_on_the_site(
    session: Session,
    county: Jurisdiction,
    unit: Unit,
    regimes: dict[str, Regime],
    publish: Any,
    a_quarter: Any,
) -> None:
    regime = regimes["xiuzhou"]
    exempting.extend(
        session, unit, regime=regime, duty="finance", period="2026Q3", new_due=date(2026, 11, 16),
        reason="系统迁移", approver="示例财政局", actor="甲", now=START,
    )  # fmt: skip
    session.commit()
    document = a_quarter(public_explanation="示例：如实说明。")
    for day, expected in ((16, False), (17, True)):
        now = datetime(2026, 11, day, 4, 0, tzinfo=UTC)
        report = Book(session, regimes).test(unit, document, now=now)
        assert report is not None
        assert ("FIN-06" in {one.rule for one in report.findings}) == expected
    on = datetime(2026, 11, 16, 4, 0, tzinfo=UTC)
    publish(document, now=on)
    row = compliance.board(session, regime, county, on=on.date()).rows[0]
    cell = row.standing.cell("finance", "2026Q3")
    assert cell is not None
    assert cell.status is Status.ON_TIME
    assert next(one.passed for one in row.index.items if one.item.code == "finance") is True
    snapshot = take_snapshot(session, regimes, now=on)
    view = next(one for one in snapshot.jurisdictions if one.slug == "xiuzhou")
    told = findings.report_of(snapshot, view, snapshot.records[0])
    assert told is not None
    assert "FIN-06" not in {one.rule for one in told.findings}
    mark = standings.record_mark(snapshot, view, snapshot.records[0])
    assert mark is not None
    assert mark.word == "按期"
