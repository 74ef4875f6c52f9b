"""What the office does by itself: one unit's reminders at a look, each letter once, whatever goes wrong beside it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.roles import Role
from portal.domain.supervision.letters import Kind
from portal.services import rosters
from portal.services.board.county import open_county
from portal.services.supervision import lettering, letters
from portal.services.supervision.letter_words import Words
from portal.store.tables import Account, AccountRole, Jurisdiction, Letter, Mail, Unit
from portal.web.chores import Chores
from portal.web.chores_filings import Matching
from portal.web.filing_seals import FilingSeals
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


def test_a_letter_that_cannot_be_sent_keeps_no_other_back(
    engine: Engine, session: Session, regimes: dict[str, Regime], unit: Unit
) -> None:
    here = open_county(session, "xiuzhou", None)
    words = Words(Kind.INQUIRY, "关于示例的函询", unit.name, "正文", "", "示例", date(2027, 6, 30))
    for uid in ("first", "second"):
        letters.draft(here, unit, words, uid=uid, send_at=NOON + timedelta(minutes=1), now=NOON)
    lettering.find(here, "first").about = "not JSON"  # type: ignore[union-attr] # just written.
    session.commit()
    at = [NOON + timedelta(minutes=2)]
    chores = Chores(engine, regimes, None, "http://office.example", lambda: at[0])

    def states() -> dict[str, str]:
        session.rollback()
        return {one.uid: one.state for one in session.scalars(select(Letter))}

    chores._supervise()
    assert states() == {"first": "planned", "second": "issued"}
    with Session(engine) as own:
        own.scalars(select(Letter).where(Letter.uid == "first")).one().about = ""
        own.commit()
    chores._supervise()  # Left alone for an hour, then tried again.
    assert states()["first"] == "planned"
    at[0] += timedelta(hours=1)
    chores._supervise()
    assert states()["first"] == "issued"


def test_a_county_whose_key_is_damaged_keeps_no_other_from_being_checked(
    engine: Engine, regimes: dict[str, Regime], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    class Seals(FilingSeals):
        def of(self, slug: str) -> None:
            asked.append(slug)
            return super().of(slug)  # type: ignore[return-value] # None: there are no keys, or they are damaged.

    first = next(iter(regimes))
    (tmp_path / "filings").mkdir()
    (tmp_path / "filings" / f"{first}.pub").write_text("not a key")
    Matching(Seals(tmp_path)).look(engine, regimes, now=NOON)
    assert asked == list(regimes)
    assert "WrongKey" in caplog.text
