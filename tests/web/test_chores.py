"""What the office does by itself: one unit's reminders at a look, each letter once, whatever goes wrong beside it."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.roles import Role
from portal.services import rosters
from portal.store.tables import Account, AccountRole, Jurisdiction, Mail, Unit
from portal.web.chores import Chores
from tests.conftest import NOON

NEAR = datetime(
    2026, 10, 27, 4, 0, tzinfo=UTC
)  # Five working days before 3 November, when the third quarter is due.


class Postbox:
    """Takes letters, and refuses the first."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.refused = 0

    def send(self, letter: Mail) -> None:
        if not self.refused:
            self.refused += 1
            raise RuntimeError("no connection")
        self.taken.append(letter.recipient)


def test_every_unit_is_reminded_once_one_unit_at_a_look(
    engine: Engine, session: Session, regimes: dict[str, Regime], county: Jurisdiction, unit: Unit
) -> None:
    line = rosters.RosterLine(name="示例住建局", type="bureau", sample=True)
    other = rosters.put_unit(session, county, line, now=NOON)
    for number, one in enumerate((unit, other)):
        who = Account(
            jurisdiction_id=county.id, unit_id=one.id, login=f"tb{number}", name="方示九",
            email=f"{number}@example.org", active=True, created_by="测试", created_at=NOON,
        )  # fmt: skip
        who.roles = [AccountRole(role=Role.EDITOR.value, granted_by="测试", granted_at=NOON)]
        session.add(who)
    session.commit()
    chores = Chores(engine, regimes, None, "http://office.example", lambda: NEAR)

    def reminded() -> set[int | None]:
        session.rollback()
        return set(session.scalars(select(Mail.unit_id).where(Mail.key.startswith("remind:"))))

    chores.look()
    assert reminded() == {unit.id}
    chores.look()
    assert reminded() == {unit.id, other.id}
    letters = session.scalars(select(Mail.key)).all()
    for again in (chores, Chores(engine, regimes, None, "http://office.example", lambda: NEAR)):
        for _ in range(3):
            again.look()
    session.rollback()
    assert sorted(session.scalars(select(Mail.key))) == sorted(letters)


def test_a_chore_that_fails_stops_no_other(
    engine: Engine, session: Session, regimes: dict[str, Regime], unit: Unit
) -> None:
    session.add(
        Mail(
            unit_id=unit.id, key="x", recipient="a@example.org", subject="示例", body="示例",
            created_at=NOON, next_try_at=NOON, tries=0,
        )
    )  # fmt: skip
    session.commit()
    box, chores = Postbox(), Chores(engine, regimes, None, "http://office.example", lambda: NEAR)
    chores.sender = box
    chores.look()
    assert (box.refused, box.taken) == (1, [])
    assert chores._swept == NEAR  # What comes after the failing one was done all the same.
