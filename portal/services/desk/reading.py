"""Who may read what is not for the whole society, and what they find."""

from __future__ import annotations

from collections.abc import Iterable

from portal.domain.documents.base import Audience
from portal.domain.roles import Action, Role, allowed
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Record, Version

HIDDEN = "（仅限内部公开的内容）"  # Instead of the title of what is for others.


def audiences_of(roles: Iterable[Role]) -> frozenset[Audience]:
    """Return the limited audiences to which somebody of the unit belongs.

    本单位职工: everybody with an account of the unit. 班子成员: who has that role, and nobody else. 纪委监委 is read
    at the commission's own entrance.
    """
    held = frozenset(roles)
    found = set()
    if allowed(held, Action.READ_OWN):
        found.add(Audience.STAFF)
    if Role.GROUP in held:
        found.add(Audience.LEADERSHIP_GROUP)
    return frozenset(found)


def handled_by(roles: Iterable[Role]) -> frozenset[Audience]:
    """Return the audiences whose disclosures somebody sees at the desk.

    Those who write and review handle all of them; the unit's administrator keeps accounts, and sees no more than
    the public and the audiences that they belong to themselves.
    """
    held = frozenset(roles)
    if held & {Role.EDITOR, Role.REVIEWER}:
        return frozenset(Audience)
    return audiences_of(held) | {Audience.PUBLIC}


def open_to(room: Room, actor: Actor) -> list[Version]:
    """Return the versions in force that the person may read after signing in, the newest first."""
    return room.latest(audiences=audiences_of(actor.roles), withdrawn=False)


def readable(room: Room, actor: Actor, kind: str, slug: str) -> tuple[Record, list[Version]] | None:
    """Return a record and those of its versions that the person may read, the newest first.

    None where there is none: a record for others answers like one that does not exist. What is withdrawn is gone
    from here as well, and so is everything before it.
    """
    record = room.record(kind, slug)
    if record is None or not record.versions:
        return None
    newest, mine = record.versions[-1], audiences_of(actor.roles)
    if newest.withdrawal is not None or Audience(newest.audience) not in mine:
        return None
    found = [
        one
        for one in reversed(record.versions)
        if Audience(one.audience) in mine and one.withdrawal is None and one.payload is not None
    ]
    return record, found
