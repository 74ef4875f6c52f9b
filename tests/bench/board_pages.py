"""The office's pages for the commission: how long each takes, cold and warm, and how heavy it is."""

from __future__ import annotations

import gzip
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from portal.apps import create_office_app
from portal.config import Settings
from portal.domain.calendar import previous_quarter
from portal.domain.obligations import DUTIES
from portal.domain.regimes import Regime
from portal.services.accounts.sessions import begin_session
from portal.services.board.county import open_county
from portal.services.recalling import RECALL
from portal.store.db import begin_write
from portal.store.tables import Account, AccountRole, BoardCell, Unit

TIMES = 7  # How often a page is asked for; the median counts.
ASKED = 12  # Cells of each unit in each quarter, where the size that was asked for is planted.
# Those whose time follows from the stored cells, and those that read records or matters.
BOARD = {
    "units × duties": "/board/",
    "one duty × 20 quarters": "/board/d/finance?last=20",
    "one unit": "/board/u/{unit}",
    "her home": "/commission/",
    "units × duties as CSV": "/board/export/csv",
    "units × duties as XLSX": "/board/export/xlsx",
}
GROWING = {name: BOARD[name] for name in list(BOARD)[:4]}  # Measured by units and periods.
OTHERS = {
    "the queue of matters": "/matters",
    "signals in purchases": "/flags/",
    "warnings": "/warnings/",
}
COUNTING = {"a bulletin's draft": "/bulletins/{quarter}"}  # From what everybody sees.


@dataclass(frozen=True)
class Taken:
    """One page: milliseconds of the first request after a start, then the medians; its bytes, plain and compressed.

    Of both: by the clock, and of the processor.
    """

    cold: float
    cold_cpu: float
    wall: float
    cpu: float
    size: int
    packed: int

    def cells(self) -> list[str]:
        """Return what the table says of it."""
        weight = f"{_kb(self.size)}, {_kb(self.packed)}"
        return [
            f"{self.cold:.0f} ms, CPU {self.cold_cpu:.0f}",
            f"{self.wall:.0f} ms, CPU {self.cpu:.0f}",
            weight,
        ]


def _kb(size: int) -> str:
    return f"{size / 1024:.0f} KB"


def office_of(regime: Regime, *, slug: str, home: Path, url: str, now: datetime) -> Flask:
    """Return the office of a database, at one moment."""
    app = create_office_app(
        Settings(home=home), {slug: regime}, secret=b"s" * 32, database_url=url, clock=lambda: now
    )
    app.config["TESTING"] = True
    return app


def signed_in(app: Flask, session: Session, *, now: datetime) -> FlaskClient:
    """Return an officer's browser."""
    begin_write(session)
    place = session.scalars(select(Unit.jurisdiction_id)).first()
    who = session.scalars(select(Account).where(Account.login == "officer")).first()
    if who is None:
        who = Account(jurisdiction_id=place, unit_id=None, login="officer", name="郑示五", active=True,
                      created_by="bench", created_at=now)  # fmt: skip
        who.roles = [AccountRole(role="officer", granted_by="bench", granted_at=now)]
        session.add(who)
        session.flush()
    token = begin_session(session, who, stage="full", address="127.0.0.1", agent="bench", now=now)
    session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["_user_id"], cookie["_fresh"] = token, True
    return client


def ask(app: Flask, client: FlaskClient, path: str) -> Taken:
    """Ask for a page again and again: once for its templates, once with nothing kept in memory, then for the medians."""
    _once(client, path)
    forget(app)
    cold, cold_cpu, answer = _once(client, path)
    taken = [_once(client, path) for _ in range(TIMES)]
    return Taken(
        cold,
        cold_cpu,
        statistics.median(one[0] for one in taken),
        statistics.median(one[1] for one in taken),
        len(answer),
        len(gzip.compress(answer, 6)),
    )


def forget(app: Flask) -> None:
    """Leave nothing in memory of what was read or worked out, as after a start."""
    RECALL.__init__()  # type: ignore[misc] # The process has one, and everybody who uses it knows it by name.
    app.extensions.pop("seen-in-public", None)


def _once(client: FlaskClient, path: str) -> tuple[float, float, bytes]:
    began, busy = time.perf_counter(), time.process_time()
    answer = client.get(path)
    wall, cpu = time.perf_counter() - began, time.process_time() - busy
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")
    return wall * 1000, cpu * 1000, answer.data


def addresses(session: Session, pages: Mapping[str, str], *, quarter: str) -> dict[str, str]:
    """Return the pages' addresses with a unit and a quarter in them."""
    unit = session.scalars(select(Unit.slug)).first()
    return {name: path.format(unit=unit, quarter=quarter) for name, path in pages.items()}


def plant_years(session: Session, slug: str, periods: int) -> int:
    """Leave the newest quarters, or copy the oldest back in time, until there are so many; return the number of cells."""
    begin_write(session)
    here = open_county(session, slug, None)
    of_finance = select(BoardCell.quarter).where(BoardCell.duty == "finance")
    quarters = sorted({one for one in session.scalars(of_finance) if one})
    for one in quarters[:-periods]:
        session.execute(delete(BoardCell).where(BoardCell.quarter == one))
    quarters = quarters[-periods:]
    copied = [
        _plain(one) for one in session.scalars(here.rows(BoardCell).where(BoardCell.quarter == quarters[0]))
    ]
    oldest = quarters[0]
    for _ in range(periods - len(quarters)):
        oldest = previous_quarter(oldest)
        rows = [
            {**one, "quarter": oldest, "period": oldest if len(one["period"]) == len(oldest) else oldest[:4]}
            for one in copied
        ]
        session.execute(insert(BoardCell), rows)
    session.commit()
    return _cells(session)


def plant_asked(session: Session, slug: str, periods: int) -> int:
    """Give every unit `ASKED` cells in each of so many quarters; return the number of cells.

    Each is a copy of a real cell of its duty, of that unit or another. There are fewer duties than that: of supporting
    rules there are as many as it takes, which is the page's longest way, two marks that are told as one.
    """
    begin_write(session)
    here = open_county(session, slug, None)
    known: dict[str, list[dict[str, Any]]] = {}
    newest = ""
    for one in session.scalars(here.rows(BoardCell)):
        known.setdefault(one.duty, []).append(_plain(one))
        newest = max(newest, one.quarter if one.duty == "finance" else "")
    codes = [one.code for one in DUTIES]
    codes += ["supporting"] * (ASKED - len(codes))
    some = known["finance"]
    units = [one.id for one in here.units()]
    session.execute(delete(BoardCell))
    quarter = newest
    for _ in range(periods):
        rows = [
            {**(mine := known.get(code, some))[(number * 7 + place) % len(mine)],
             "unit_id": unit, "duty": code, "quarter": quarter, "period": quarter}
            for number, unit in enumerate(units) for place, code in enumerate(codes)
        ]  # fmt: skip
        session.execute(insert(BoardCell), rows)
        quarter = previous_quarter(quarter)
    session.commit()
    return _cells(session)


def _plain(one: BoardCell) -> dict[str, Any]:
    return {each.name: getattr(one, each.name) for each in BoardCell.__table__.columns if each.name != "id"}


def _cells(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(BoardCell)) or 0
