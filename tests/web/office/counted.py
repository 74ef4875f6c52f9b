"""A county of some twenty units with every sort of standing, for what is counted of it: late, missing, let off, gone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from portal.demo.county import County, load_county
from portal.domain.documents.base import Audience
from portal.domain.documents.finance import FinanceDisclosure, Money
from portal.domain.regimes import Regime
from portal.services import exempting, publishing, rosters
from portal.services.checking import Book
from portal.store.db import make_engine
from portal.store.tables import Jurisdiction, Unit, Version
from tests.conftest import NOON, ROOT, shipped
from tests.databases import new_database
from tests.web.office.world import World, db, make_world

NOW = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
ON = date(2026, 11, 20)
QUARTER = "2026Q3"
SLUG = "xiuzhou"
_COUNTY = County(SLUG, units=17, years=1, records=12, until=ON)


@dataclass(frozen=True)
class Counted:
    """The county's database and what was made of it."""

    engine: Engine
    url: str
    folder: Path
    regimes: dict[str, Regime]

    @property
    def regime(self) -> Regime:
        return self.regimes[SLUG]


def make_counted(folder: Path) -> Counted:
    """Make the county: 17 units of the generator, and five that are each a case of their own."""
    regimes = {SLUG: shipped()[SLUG]}
    url = new_database(folder)
    engine = make_engine(url)
    with Session(engine) as session:
        rosters.init_jurisdictions(session, regimes.values(), now=NOON)
        load_county(session, _COUNTY, ROOT / "content", regimes, commit=session.commit)
        _cases_of_their_own(session, regimes)
        session.commit()
    return Counted(engine, url, folder, regimes)


def _cases_of_their_own(session: Session, regimes: dict[str, Regime]) -> None:
    place = rosters.find_jurisdiction(session, SLUG)
    silent = _unit(session, place, "示例沉默局", 901)
    free = _unit(session, place, "示例豁免中心", 902)
    later = _unit(session, place, "示例延期局", 903)
    _unit(session, place, "示例撤并办公室", 904, abolished_on=date(2026, 8, 15))
    mixed = _unit(session, place, "示例更正局", 905)
    session.commit()
    early = datetime(2026, 10, 10, 4, 0, tzinfo=UTC)
    common = {"regime": regimes[SLUG], "approver": "示例区纪委", "actor": "示例甲", "now": early}
    exempting.exempt(
        session, free, duty="finance", period=None, reason="没有独立账户", valid_from=date(2026, 1, 1),
        valid_until=date(2026, 12, 31), **common,
    )  # fmt: skip
    exempting.extend(
        session,
        later,
        duty="finance",
        period=QUARTER,
        new_due=date(2026, 12, 10),
        reason="系统迁移",
        **common,
    )
    for period, day in (("2026Q1", (2026, 4, 20)), ("2026Q2", (2026, 8, 10)), (QUARTER, (2026, 11, 12))):
        publish_quarter(session, regimes, mixed, period, datetime(*day, 4, 0, tzinfo=UTC))
    publish_quarter(session, regimes, silent, "2026Q1", datetime(2026, 4, 10, 4, 0, tzinfo=UTC))
    # For the unit's own people alone: the public does not see it, whatever the commission's board says.
    publish_quarter(
        session, regimes, silent, "2026Q2", datetime(2026, 7, 10, 4, 0, tzinfo=UTC), audience=Audience.STAFF
    )
    gone = publish_quarter(session, regimes, later, "2026Q2", datetime(2026, 7, 10, 4, 0, tzinfo=UTC))
    publishing.withdraw(
        session, gone, legal_ground="政府信息公开条例第十四条", reason="示例：误列内容", approver="示例领导",
        now=datetime(2026, 9, 1, 4, 0, tzinfo=UTC),
    )  # fmt: skip


def _unit(session: Session, place: Jurisdiction, name: str, number: int, **more: date) -> Unit:
    line = rosters.RosterLine(
        name=name, type="bureau", short=name.removeprefix("示例"), code=f"330411{number}", position=number,
        sample=True, founded_on=None, **more,
    )  # fmt: skip
    return rosters.put_unit(session, place, line, now=NOON)


def publish_quarter(
    session: Session, regimes: dict[str, Regime], unit: Unit, period: str, at: datetime, **more: Audience
) -> Version:
    document = FinanceDisclosure(
        period=period,
        title=f"{period} 财务公开",
        opening=100_000_00,
        income_total=0,
        expense_total=12_345_00,
        closing=100_000_00 - 12_345_00,
        expense=(Money(item="办公费", amount=12_345_00),),
        unit_head="甲",
        finance_head="乙",
        accounting_head="丙",
        public_explanation="示例：如实说明。",
        **more,
    )
    draft = publishing.save_draft(session, unit=unit, document=document, author="甲", now=at)
    return publishing.publish(
        session, draft, book=Book(session, regimes), reason="首次公开", actor="乙", now=at
    )


@contextmanager
def counted_world(known: Counted) -> Iterator[World]:
    """Open an office over the county; its clock stands at noon of the day of the count."""
    with Session(known.engine) as session:
        units = list(session.scalars(select(Unit).order_by(Unit.position, Unit.id)))
        world = make_world(session, known.regimes, known.url, units[0], units[1], known.folder, NOW)
        yield world
        with world.app.app_context():
            db.engine.dispose()
