"""Letters about one draft's way: to whom something has come, and that it is there. At most once for each step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from portal.domain.documents.base import kind_of
from portal.domain.roles import Role
from portal.services.desk import letters
from portal.services.desk.letters import Letter
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Account, Draft, Version


def tell_reviewers(room: Room, draft: Draft, *, by: Actor, address: str, now: datetime) -> None:
    """Write to the unit's reviewers, but not to who submitted it, that a draft waits for them."""
    people = [
        one
        for one in room.accounts()
        if one.id != by.id and any(role.role == Role.REVIEWER.value for role in one.roles)
    ]
    letter = letters.submitted(kind=_kind(draft.kind), address=address)
    _send(room, people, letter, f"submitted:{draft.uid}:{draft.revision}", now)


def tell_writer(room: Room, draft: Draft, account_id: int | None, *, address: str, now: datetime) -> None:
    """Write to whoever submitted a draft that it was returned."""
    who = room.account(account_id) if account_id is not None else None
    letter = letters.returned(kind=_kind(draft.kind), address=address)
    _send(room, [who] if who else [], letter, f"returned:{draft.uid}:{draft.revision}", now)


def tell_published(
    room: Room, version: Version, account_id: int | None, *, address: str, now: datetime
) -> None:
    """Write to whoever submitted a draft that it was published."""
    who = room.account(account_id) if account_id is not None else None
    record = version.record
    letter = letters.published(
        kind=_kind(record.kind), index_no=record.index_no, number=version.number, address=address
    )
    _send(room, [who] if who else [], letter, f"published:{version.id}", now)


def _kind(code: str) -> str:
    return kind_of(code).kind.label


def _send(room: Room, people: Iterable[Account], letter: Letter, key: str, now: datetime) -> None:
    for one in people:
        if one.active and one.email:
            letters.write_letter(
                room.session,
                unit_id=room.unit_id,
                key=f"{key}:{one.id}",
                to=one.email,
                subject=letter.subject,
                body=letter.body,
                now=now,
            )
