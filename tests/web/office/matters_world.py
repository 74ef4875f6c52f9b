"""Matters for the tests of the office: sights of the board taken up as they are in service, and who looks at them."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import delete, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from portal.domain.regimes import Regime
from portal.services.board.county import open_county
from portal.services.supervision import opening
from portal.store.tables import BoardCell, BoardFinding, Matter, SupervisionStep, Unit
from tests.web.office.world import World


def finding(
    unit: Unit, mark: str, *, rule: str = "DEC-01", severity: str = "red", ref: str = "示例索引-1"
) -> BoardFinding:
    """Return a sight in a record of the unit."""
    return BoardFinding(
        jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, fingerprint=f"{unit.id}-{mark}", rule=rule,
        severity=severity, ref=ref, kind="decision", slug="d1", title="示例党组会议", place="", seen=mark,
        remedy="请更正后重新发布，并说明原因。", basis="示例依据", day=date(2026, 9, 1), public=True,
    )  # fmt: skip


def missing(unit: Unit, period: str = "2026Q2", duty: str = "finance") -> BoardCell:
    """Return that the unit's finances of a quarter are missing."""
    return BoardCell(
        jurisdiction_id=unit.jurisdiction_id, unit_id=unit.id, duty=duty, period=period, quarter=period,
        status="missing", word="未公开", due=date(2026, 7, 15), original=date(2026, 7, 15), provisional=False, days=0,
        day_unit="", done_on=None, withdrawn=False, note="", afterthought="", counts="", evidence="[]",
    )  # fmt: skip


def take_up(
    world: World, regimes: dict[str, Regime], unit: Unit, *rows: BoardFinding | BoardCell
) -> list[str]:
    """Let the board see exactly these and take them up; return the addresses of the unit's matters, oldest first."""
    number = unit.id
    world.session.commit()  # Its reading transaction would stand in the way of its own later writing.
    with Session(world.session.get_bind()) as own:
        board = open_county(own, "xiuzhou", None)
        for table in (BoardFinding, BoardCell):
            own.execute(delete(table).where(table.unit_id == number))
        own.add_all(rows)
        own.flush()
        opening.take_up(board, regimes["xiuzhou"], own.get_one(Unit, number), now=world.at)
        own.commit()
        return list(own.scalars(select(Matter.uid).where(Matter.unit_id == number).order_by(Matter.id)))


def matter_of(world: World, uid: str) -> Matter:
    """Return a matter as it is now."""
    with Session(world.session.get_bind(), expire_on_commit=False) as own:
        return own.scalars(select(Matter).where(Matter.uid == uid)).one()


def steps(world: World, uid: str) -> list[tuple[str, str, bool]]:
    """Return event, side and whether it is shared, of each step."""
    with Session(world.session.get_bind()) as own:
        query = (
            select(SupervisionStep)
            .join(Matter, Matter.id == SupervisionStep.matter_id)
            .where(Matter.uid == uid)
        )
        found = own.scalars(query.order_by(SupervisionStep.id))
        return [(one.event, one.side, one.shared) for one in found]


def do(world: World, client: FlaskClient, uid: str, deed: str, **values: Any) -> TestResponse:
    """Post one of the forms of a matter's page, as it is now."""
    matter = matter_of(world, uid)
    seen = len(steps(world, uid))
    data = {"deed": deed, "revision": str(matter.revision), "seen": str(seen), **values}
    return world.post(client, f"/matters/{uid}", data)


def answer(
    world: World, client: FlaskClient, uid: str, words: str, refs: str = "", **more: str
) -> TestResponse:
    """Post the unit's answer, as its page is now."""
    found = re.search(r'name="seen" value="(\d+)"', client.get(f"/asked/{uid}").text)
    return world.post(
        client, f"/asked/{uid}", {"words": words, "refs": refs, "seen": found[1] if found else "0", **more}
    )
