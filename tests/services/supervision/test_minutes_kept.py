"""The commission's own records of one decision: what one recorder saw, another's comparison does not take away."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.supervision.minutes import OwnMinutes, Rating
from portal.services import publishing
from portal.services.board.county import County, open_county
from portal.services.checking import Book
from portal.services.supervision import minutes
from portal.services.supervision.entered import lines
from portal.services.supervision.filings import read_filing
from portal.services.supervision.minutes_forms import NotEntered
from portal.store.tables import MatterItem, OwnRecord, Unit
from tests.web.office.closer import decision

NOW = datetime(2026, 10, 20, 4, 0, tzinfo=UTC)


def published(session: Session, unit: Unit, number: str) -> str:
    number_of_unit = unit.id
    session.commit()
    with Session(session.get_bind()) as desk:
        home = desk.get_one(Unit, number_of_unit)
        draft = publishing.save_draft(desk, unit=home, document=decision(number), author="甲", now=NOW)
        made = publishing.publish(desk, draft, book=Book(desk, {}), reason="首次公开", actor="乙", now=NOW)
        desk.commit()
        return made.record.index_no


@pytest.fixture
def commission(session: Session, unit: Unit) -> County:
    return open_county(session, "xiuzhou", None)


def test_two_recorders_of_one_decision_and_one_who_was_linked_to_the_wrong_one(
    session: Session, commission: County, unit: Unit, regimes: dict[str, Regime]
) -> None:
    wrong, right = (
        published(session, unit, "示财决〔2026〕1号"),
        published(session, unit, "示财决〔2026〕2号"),
    )
    regime = regimes["xiuzhou"]

    def record(place: str) -> OwnRecord:
        own = OwnMinutes(held_on=date(2026, 9, 10), title="办公楼维修", recorder=place)
        return minutes.enter(commission, unit, own, Rating(), now=NOW)

    def confirmed(row: OwnRecord, ref: str) -> None:
        minutes.link(commission, row, ref, revision=row.revision, now=NOW)
        minutes.confirm(commission, regime, row, revision=row.revision, now=NOW)

    def standing(ref: str) -> int:
        query = select(MatterItem).where(MatterItem.ref == ref, MatterItem.gone_on.is_(None))
        return len(session.scalars(query).all())

    first, second = record("示例子"), record("示例丑")  # Neither agrees with 示例丁.
    confirmed(first, wrong)
    assert (standing(wrong), standing(right)) == (1, 0)
    confirmed(second, right)
    confirmed(first, right)
    assert (standing(wrong), standing(right)) == (0, 2)
    confirmed(first, right)
    assert standing(right) == 2


def test_no_line_of_a_filing_or_a_record_is_cut_off_in_silence(unit: Unit) -> None:
    form = {"filer": "示例甲", "filed_on": "2026-09-01", "persons": "\n".join(["示例乙 配偶"] * 201)}
    with pytest.raises(NotEntered) as refused:
        read_filing(form, unit=unit)
    assert "201 行" in refused.value.errors["persons"]
    errors: dict[str, str] = {}
    assert lines(" 一 \n\n二二", "x", errors, longest=1, most=2) == ("一", "二二")
    assert "第 2 行" in errors["x"]
