"""班子名单 of the whole county: who is in which group, what is missing, and the same lines in which files are read.

The table is the units' own: each is looked at through a room of its own, lent by the commission's session.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.drafting import MemberRole
from portal.services.board.county import County
from portal.services.desk import people
from portal.services.desk.people import Entry, entry_of
from portal.services.desk.rooms import Room
from portal.services.running.group_lines import COLUMNS, EXAMPLE
from portal.store.tables import Unit
from portal.store.tenancy import lent

HEADS = (MemberRole.PARTY_CHIEF, MemberRole.CHIEF, MemberRole.ACTING_CHIEF)


@dataclass(frozen=True)
class Seat:
    """One entry of a group's history as it stands: `id` is its row's, None where there is none yet."""

    id: int | None
    entry: Entry
    position: int

    def in_post(self, on: date) -> bool:
        """Tell whether the person is in the post on a day."""
        return self.entry.since <= on and (self.entry.until is None or self.entry.until >= on)


@dataclass(frozen=True)
class Group:
    """One unit's group on a day. `state` is none (nobody in post), headless, doubled (two of one head) or whole."""

    unit: Unit
    state: str
    people: tuple[Entry, ...]
    heads: tuple[Entry, ...]
    doubts: tuple[str, ...]
    changed_at: datetime | None


@contextmanager
def room_of(county: County, unit: Unit) -> Iterator[Room]:
    """Give a unit's own room within the commission's transaction, for its group alone.

    The county itself must not be used meanwhile.
    """
    with lent(county.session, unit.id) as session:
        yield Room(session, unit.id)


def current(county: County, *, today: date) -> list[Unit]:
    """Return the units that have a group to keep: on the roster, and not ended."""
    return [one for one in county.units() if one.listed and not ended(one, today)]


def ended(unit: Unit, today: date) -> bool:
    """Tell whether a unit has ended."""
    return unit.abolished_on is not None and unit.abolished_on <= today


def seats(county: County, unit: Unit) -> list[Seat]:
    """Return the whole history of a unit's group in its order."""
    with room_of(county, unit) as room:
        return [Seat(one.id, entry_of(one), one.position) for one in people.in_order(room.members())]


def groups(county: County, *, today: date) -> list[Group]:
    """Return every unit's group as it is on a day, in the roster's order."""
    found = []
    for unit in current(county, today=today):
        with room_of(county, unit) as room:
            members = people.in_order(room.members())
            in_post = [
                entry_of(one)
                for one in members
                if one.since <= today and (one.until is None or one.until >= today)
            ]
            at = max((one.recorded_at for one in members), default=None)
        heads = tuple(one for one in in_post if one.role in HEADS)
        doubts = tuple(people.doubts(in_post))
        state = "none" if not in_post else "headless" if not heads else "doubled" if doubts else "whole"
        found.append(Group(unit, state, tuple(in_post), heads, doubts, at))
    return found


def lines(county: County, *, today: date, past: bool) -> list[list[str]]:
    """Return every group in the form in which files are read, heads first; with `past`, ended terms too."""
    rows = [list(COLUMNS)]
    for unit in current(county, today=today):
        for seat in seats(county, unit):
            one = seat.entry
            if not past and one.until is not None and one.until < today:
                continue
            rows.append(
                [
                    unit.name, unit.code or "", one.name, one.post, one.role.label, one.since.isoformat(),
                    one.until.isoformat() if one.until else "", str(seat.position) if seat.position else "",
                ]
            )  # fmt: skip
    return rows


def blank_lines(county: County, *, today: date, lacking: bool) -> list[list[str]]:
    """Return a file to be filled in: heads, a line that shows how, and with `lacking` a line for each unit that misses something."""
    day = today.replace(day=1).isoformat()
    example = [f"{EXAMPLE}某某局", "", "张示例", "党组书记、局长", MemberRole.PARTY_CHIEF.label, day, "", "1"]
    rows = [list(COLUMNS), example]
    if lacking:
        rows += [
            [one.unit.name, one.unit.code or "", *[""] * 6]
            for one in groups(county, today=today)
            if one.state in ("none", "headless")
        ]
    return rows
