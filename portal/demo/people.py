"""Accounts of one sample unit and of its commission, to try the office with: plainly fictional, taken up by invitation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.roles import COMMISSION_ROLES, Role
from portal.domain.units import UnitType
from portal.services.accounts.entering import find_account
from portal.services.accounts.keeping import invite, make_account
from portal.services.checking import SHANGHAI
from portal.services.desk import people
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Unit

# Login, name and roles. The reviewer is another person than the editor, as the desk demands.
_PEOPLE = (
    ("demo-editor", "示例填报员", (Role.EDITOR,)),
    ("demo-reviewer", "示例审核员", (Role.REVIEWER,)),
    ("demo-admin", "示例管理员", (Role.UNIT_ADMIN,)),
    ("demo-officer", "示例纪检员", (Role.OFFICER,)),
    ("demo-officer-2", "示例督查员", (Role.OFFICER,)),
    ("demo-commission-admin", "示例纪委管理员", (Role.COMMISSION_ADMIN,)),
    ("demo-filings", "示例报备员", (Role.FILINGS,)),
    # Supervises as well, as in a small county: so the early warnings with reports can be tried.
    ("demo-intake-lead", "示例甲", (Role.INTAKE_LEAD, Role.OFFICER)),
    ("demo-intake-1", "示例乙", (Role.INTAKE,)),
    ("demo-intake-2", "示例丙", (Role.INTAKE,)),
    (
        "demo-superior",
        "示例上级",
        (Role.INTAKE,),
    ),  # Of the superior commission, by its entry in the key list.
)
_BY = "示例数据"


@dataclass(frozen=True)
class SampleLink:
    """One invitation."""

    unit: str
    login: str
    role: str
    link: str


def invite_samples(session: Session, *, address: str, now: datetime) -> list[SampleLink]:
    """Make the sample accounts and return their invitations; nothing where there is no sample unit or they exist.

    `address` is that of an invitation, with `{}` for its token. The caller commits.
    """
    unit = session.scalar(
        select(Unit).where(Unit.sample, Unit.type == UnitType.BUREAU.value).order_by(Unit.id).limit(1)
    )
    if unit is None or find_account(session, _PEOPLE[0][0]) is not None:
        return []
    found = []
    admin: Actor | None = None
    for login, name, roles in _PEOPLE:
        account = make_account(
            session,
            jurisdiction=unit.jurisdiction,
            unit=None if roles[0] in COMMISSION_ROLES else unit,
            login=login,
            name=name,
            email="",
            roles=[one.value for one in roles],
            by=_BY,
            now=now,
        )
        link = invite(session, account, address=address, by=_BY, now=now)
        found.append(SampleLink(unit.name, login, "、".join(one.label for one in roles), link))
        if Role.UNIT_ADMIN in roles:
            admin = Actor(account.id, name, frozenset(roles))
    if admin is not None:  # Last: from here on the session is the unit's.
        _fill_roster(Room(session, unit.id), admin, now=now)
    return found


def _fill_roster(room: Room, admin: Actor, *, now: datetime) -> None:
    """Enter the leadership group from the unit's published plan, as its admin would: forms offer nobody without."""
    today = now.astimezone(SHANGHAI).date()
    offered = people.proposals(room, on=today)
    fresh = {one.number for one in offered.people if not one.known}
    if fresh:
        people.take_in(room, fresh, index_no=offered.index_no, on=today, actor=admin, now=now)
