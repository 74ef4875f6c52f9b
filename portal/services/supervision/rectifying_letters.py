"""Writes about rectification: to a unit that is sent back or late, to the officers when something is overdue."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy.orm import Session

from portal.domain.roles import Role
from portal.services.board.county import County
from portal.services.desk.letters import overdue_rectification, told_by_commission, write_letter
from portal.services.supervision.readers import readers_of
from portal.services.supervision.rectifications import overdue
from portal.store.tables import Rectification

MORNING = 8  # The hour in China before which nobody is written to.


def alarm_units(county: County, *, today: date, address: str, now: datetime) -> int:
    """Write to the units whose entries are overdue, once for each deadline; return how many letters are new."""
    return sum(
        write_to_unit(county, one, f"overdue:{one.due}", address, now) for one in overdue(county, today)
    )


def alarms_of_officers(county: County, *, today: date) -> list[tuple[str, str]]:
    """Return key and address of the letters that tell the officers that something is overdue.

    One to each, however many entries there are, and another one when a later deadline has passed.
    """
    if not (late := overdue(county, today)):
        return []
    newest = max(one.due for one in late)
    people = county.officers([Role.OFFICER.value])
    return [(f"rectify:{county.id}:overdue:{newest}:{one.id}", one.email) for one in people if one.email]


def write_to_officers(
    session: Session, told: Iterable[tuple[str, str]], *, address: str, now: datetime
) -> int:
    """Write these letters and return how many are new; for a session that is bound to nobody."""
    letter = overdue_rectification(address=address)
    made = [
        write_letter(session, unit_id=None, key=key, to=to, subject=letter.subject, body=letter.body, now=now)
        for key, to in told
    ]
    return sum(one is not None for one in made)


def write_to_unit(county: County, entry: Rectification, why: str, address: str, now: datetime) -> int:
    """Tell a unit's editors and reviewers, once for each `why`, that something waits for them; return how many."""
    told, count = told_by_commission(address=address), 0
    for one in readers_of(county.session, entry.unit_id):
        if one.email:
            made = write_letter(
                county.session, unit_id=entry.unit_id, key=f"rectify:{entry.uid}:{why}:{one.id}", to=one.email,
                subject=told.subject, body=told.body, now=now,
            )  # fmt: skip
            count += made is not None
    return count
