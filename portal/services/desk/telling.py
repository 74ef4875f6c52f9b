"""Who is written to at once: reviewers of what was submitted, writers of what came back or was published, whose group was brought.

Each writes into the transaction of the step that it tells of and returns how many letters are new; a step that is
repeated writes nothing twice. Accounts without an address, or disabled, are left out: the desk shows them the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from portal.domain.documents.base import kind_of, kinds
from portal.domain.drafting import Event
from portal.domain.roles import Action, Role, allowed
from portal.services.desk import letters
from portal.services.desk.reviewing import why_not_reviewer
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Account, Draft, Step, Version

_WRITING = frozenset({Event.CREATED.value, Event.CHANGED.value, Event.SUBMITTED.value})


def tell_submitted(room: Room, draft: Draft, *, address: str, now: datetime) -> int:
    """Write to everybody who may review the draft. `address` is where they read it."""
    letter = letters.submitted(kind=_kind(draft.kind), address=address)
    people = [one for one in room.accounts() if not why_not_reviewer(room, draft, _actor(one))]
    return _send(room, people, f"submitted:{draft.uid}:{draft.revision}", letter, now)


def tell_returned(room: Room, draft: Draft, *, address: str, now: datetime) -> int:
    """Write to whoever submitted the draft last."""
    submitted = next(
        (one for one in room.steps(draft_uid=draft.uid) if one.event == Event.SUBMITTED.value), None
    )
    wanted = submitted.account_id if submitted else draft.author_id
    letter = letters.returned(kind=_kind(draft.kind), address=address)
    people = [one for one in room.accounts() if one.id == wanted]
    return _send(room, people, f"returned:{draft.uid}:{draft.revision}", letter, now)


def tell_published(room: Room, version: Version, *, draft_uid: str, address: str, now: datetime) -> int:
    """Write to everybody who wrote the draft that a version came of, unless they published it themselves."""
    steps = room.steps(draft_uid=draft_uid)
    wrote = {one.account_id for one in steps if one.event in _WRITING}
    published = {one.account_id for one in steps if one.event == Event.PUBLISHED.value}
    letter = letters.published(
        kind=_kind(version.record.kind),
        index_no=version.record.index_no,
        number=version.number,
        address=address,
    )
    people = [one for one in room.accounts() if one.id in wrote - published]
    return _send(room, people, f"published:{version.id}", letter, now)


def tell_group_brought(room: Room, step: Step, *, address: str, now: datetime) -> int:
    """Write to whoever keeps the unit's group that the commission brought it; where nobody does, to who fills in.

    `step` is the desk's own, whose remark counts what was done.
    """
    reached = [one for one in room.accounts() if one.active and one.email]
    by_right = (
        [one for one in reached if allowed(_actor(one).roles, right)]
        for right in (Action.KEEP_ROSTER, Action.OPEN_DESK)
    )
    people = next((some for some in by_right if some), [])
    letter = letters.group_brought(summary=step.remark, address=address)
    return _send(room, people, f"group:{step.id}", letter, now)


def _send(room: Room, people: Iterable[Account], key: str, letter: letters.Letter, now: datetime) -> int:
    count = 0
    for one in people:
        if not one.active or not one.email:
            continue
        written = letters.write_letter(
            room.session, unit_id=room.unit_id, key=f"{key}:{one.id}", to=one.email, subject=letter.subject,
            body=letter.body, now=now,
        )  # fmt: skip
        count += written is not None
    return count


def _actor(account: Account) -> Actor:
    return Actor(account.id, account.name, frozenset(Role(one.role) for one in account.roles))


def _kind(code: str) -> str:
    return kind_of(code).kind.label if code in kinds() else "公开内容"
