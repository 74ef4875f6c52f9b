"""Content goes when its term has ended: no byte of it is left in the database's files, and the record stays."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from portal.services.reports import sealing
from portal.services.reports.retention import sweep
from portal.services.reports.turning import forget_old
from portal.store.db import begin_write, empty_journal
from portal.store.reports.tables import ReportPart, ReportTurn
from tests.web.office.cases.bureau import Bureau, b64


def files(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.glob("reports.db*") if not one.name.endswith("-shm"))


def chunks(data: bytes) -> list[bytes]:
    """Return pieces of sealed bytes that a page of the database would hold whole."""
    return [data[at : at + 64] for at in range(0, len(data) - 64, 1500)]


@pytest.mark.sqlite
def test_no_byte_of_the_content_is_left(bureau: Bureau, tmp_path: Path) -> None:
    number, kept = bureau.file(state="accepted"), bureau.file(state="accepted")
    bureau.post("示例乙", f"{number}/note", {"token": "ab" * 16, "sealed": bureau.note(number)})
    assert bureau.act("示例乙", number, "close", outcome="untrue").status_code == 200
    row = bureau.row(number)
    with Session(bureau.engine) as session:
        note = session.query(ReportPart).filter_by(report_id=number).one().sealed
    assert row.body
    assert row.grants
    assert note
    assert row.keep_until
    content = [one for data in (row.body, row.grants, note) for one in chunks(data)]
    other = chunks(bureau.row(kept).body or b"")
    assert run(bureau, days=0) == 0
    before = files(tmp_path)
    assert any(one in before for one in content)
    last = (row.keep_until - bureau.world.at.date()).days
    assert run(bureau, days=last) == 0
    assert run(bureau, days=last + 1) == 1
    after = files(tmp_path)
    assert not any(one in after for one in content)
    assert any(one in after for one in other)
    gone = bureau.row(number)
    assert (gone.body, gone.grants) == (None, None)
    assert gone.receipt == "receipt"
    assert gone.commitment == row.commitment
    assert gone.erased_on
    assert bureau.steps(number)[-1] == "erased"
    assert run(bureau, days=last + 2) == 0


def test_what_is_destroyed_is_seen_by_the_same_people_only(bureau: Bureau) -> None:
    number = bureau.file(about=["示例乙"], keep_until=bureau.world.at.date())
    assert run(bureau, days=1) == 1
    shown = bureau.get("示例丙", number).json
    assert (shown["body"], shown["grants"]) == (None, None)
    assert shown["erased_on"]
    assert bureau.get("示例乙", number).status_code == 404


def test_open_reports_are_never_destroyed(bureau: Bureau) -> None:
    number = bureau.file(state="accepted")
    assert run(bureau, days=4000) == 0
    assert bureau.row(number).body


def test_first_keys_that_nobody_followed_are_forgotten(bureau_of_two: Bureau) -> None:
    bureau = bureau_of_two
    number = bureau.file()
    halves = [b64(one) for one in sealing.turn(bureau.row(number).grants or b"", bureau.secrets["示例乙"])]
    bureau.post("示例乙", f"{number}/turn", {"halves": halves})
    with Session(bureau.engine) as session:
        assert forget_old(session, now=bureau.world.at + timedelta(days=2)) == 0
        assert forget_old(session, now=bureau.world.at + timedelta(days=3)) == 1
        assert session.query(ReportTurn).count() == 0


def run(bureau: Bureau, *, days: int) -> int:
    with Session(bureau.engine) as session:
        begin_write(session)
        gone = sweep(session, now=bureau.world.at + timedelta(days=days))
        session.commit()
        empty_journal(session)
    return gone
