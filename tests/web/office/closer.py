"""A world for a whole module: two units with published records, officers and keepers, one migrated database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from portal.domain.documents.base import Document
from portal.domain.documents.decision import (
    Attendee,
    DecisionRecord,
    Position,
    Presence,
    Result,
    Standing,
    Statement,
    VoteMethod,
)
from portal.domain.documents.finance import FinanceDisclosure, Money
from portal.domain.documents.tender import Award, Bidder, Tender
from portal.domain.regimes import Regime
from portal.services import publishing, rosters
from portal.services.checking import Book
from portal.store.db import begin_write, make_engine
from portal.store.tables import Record, Unit
from tests import postgresql
from tests.conftest import NOON
from tests.databases import new_database
from tests.web.office.world import World, db, make_world

PEOPLE = ("示例甲", "示例乙", "示例丙")  # The chief first.


def opened_world(folder: Path, regimes: dict[str, Regime]) -> Iterator[World]:
    """Yield an office with two units over a database of its own."""
    engine = make_engine(new_database(folder))
    session = Session(engine)
    rosters.init_jurisdictions(session, regimes.values(), now=NOON)
    place = rosters.find_jurisdiction(session, "xiuzhou")
    lines = (
        rosters.RosterLine(name="示例财政局", type="bureau", short="财政局", code="330411001", sample=True),
        rosters.RosterLine(name="示例住建局", type="bureau", short="住建局", code="330411002", sample=True),
    )
    unit, other = (rosters.put_unit(session, place, line, now=NOON) for line in lines)
    session.commit()
    url = engine.url.render_as_string(hide_password=False)
    made = make_world(session, regimes, url, unit, other, folder, NOON)
    yield made
    session.close()
    with made.app.app_context():
        db.engine.dispose()
    engine.dispose()
    if postgresql.WANTED:
        postgresql.drop(folder)


def signed_in(world: World, *roles: str, **more: Any) -> FlaskClient:
    """Return a browser of somebody with these roles; the world's session begins anew, for others have written."""
    world.session.rollback()
    return world.client(*roles, **more)


def published(world: World, unit: Unit, document: Document, *, reason: str = publishing.FIRST) -> Record:
    """Publish a document of the unit as it is, without asking the rules."""
    begin_write(world.session)
    draft = publishing.save_draft(world.session, unit=unit, document=document, author="方示九", now=world.at)
    version = publishing.publish(
        world.session, draft, book=Book(world.session, {}), reason=reason, actor="林示二", now=world.at
    )
    world.session.commit()
    return version.record


def quarter(period: str, **more: Any) -> FinanceDisclosure:
    """Return a small, right finance disclosure."""
    return FinanceDisclosure(
        period=period, title=f"{period} 财务公开", opening=100_000_00, income_total=0, expense_total=500_00,
        closing=99_500_00, expense=(Money(item="办公费", amount=500_00),), unit_head="甲", finance_head="乙",
        accounting_head="丙", **more,
    )  # fmt: skip


def decision(
    number: str = "示财决〔2026〕1号",
    *,
    order: Sequence[str] = ("示例乙", "示例丙", "示例甲"),
    held_on: date = date(2026, 9, 10),
    **more: Any,
) -> DecisionRecord:
    """Return a decision in which everybody agreed, the chief speaking last."""
    given: dict[str, Any] = {
        "title": "办公楼维修项目安排",
        "decision_no": number,
        "meeting_type": "leadership_group",
        "category": "major_project",
        "amount": 300_000_00,
        "held_on": held_on,
        "place": "三楼会议室",
        "presider": PEOPLE[0],
        "recorder": "示例丁",
        "should_attend": 3,
        "attendees": tuple(
            Attendee(
                name=one,
                post="局长" if one == PEOPLE[0] else "副局长",
                standing=Standing.CHIEF if one == PEOPLE[0] else Standing.MEMBER,
                presence=Presence.PRESENT,
            )
            for one in PEOPLE
        ),
        "statements": tuple(Statement(speaker=one, position=Position.FOR) for one in order),
        "vote_method": VoteMethod.SHOW_OF_HANDS,
        "votes_for": 3,
        "votes_against": 0,
        "votes_abstain": 0,
        "result": Result.ADOPTED,
        "decision_text": "同意安排三十万元维修办公楼。",
    }
    return DecisionRecord(**{**given, **more})


def tender(
    supplier: str,
    *,
    number: str = "SL-2026-001",
    uscc: str | None = None,
    bidders: Sequence[Bidder] = (),
    on: date = date(2026, 9, 20),
) -> Tender:
    """Return a project with an award."""
    return Tender(
        title=f"设备采购 {number}",
        project_no=number,
        fiscal_year=2026,
        bidders=tuple(bidders),
        award=Award(determined_on=on, supplier=supplier, uscc=uscc, amount=120_000_00),
    )
