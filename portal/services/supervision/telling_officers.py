"""Writes to officers that units have answered: explanations, replies to letters, rectification reported for acceptance.

At most one letter an hour to each, of all that came since the last one and still waits. It says how many there are and
where to read them: mail travels in the clear, so neither unit nor matter is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.domain.supervision.letters import State as LetterState
from portal.domain.supervision.matters import Event
from portal.domain.supervision.matters import State as MatterState
from portal.domain.supervision.rectifying import State as RectifyState
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.desk.letters import answered_to_commission, write_letter
from portal.services.supervision.matters import OWNERS
from portal.store.tables import Account, Letter, Mail, Matter, Rectification, SupervisionStep

_KEY = "answers:"
_FORGOTTEN = timedelta(days=7)  # What nobody was written to about for so long is in the lists, and old news.
_ANSWERS = (Event.ANSWERED.value, Event.REPLIED.value, Event.HANDED_IN.value)


@dataclass(frozen=True)
class Told:
    """A letter to an officer: its key, the address, and how many answers of each kind."""

    key: str
    to: str
    explained: int
    replied: int
    reported: int


def newest_step(session: Session) -> int:
    """Return the number of the newest step of any county; it moves on with each answer."""
    return session.scalar(select(func.max(SupervisionStep.id))) or 0


def last_letters(session: Session) -> dict[int, datetime]:
    """Return by account when it was last written to; for a session that is bound to nobody."""
    found: dict[int, datetime] = {}
    query = select(Mail.key, Mail.created_at).where(Mail.key.startswith(_KEY)).order_by(Mail.id)
    for key, at in session.execute(query):
        found[int(key.split(":")[1])] = at
    return found


def letters_due(county: County, last: Mapping[int, datetime], *, now: datetime) -> list[Told]:
    """Return the letters that a county's officers are to get now.

    An answer concerns who is in charge of the matter, else who last did something in it, else every officer.
    """
    officers = {one.id: one for one in county.officers(OWNERS)}
    hour = now.astimezone(SHANGHAI).strftime("%Y%m%d%H")
    told = []
    waits = _waiting(county, officers, now)
    for number, officer in officers.items():
        since = last.get(number)
        new = [event for event, at, who in waits if number in who and (since is None or at > since)]
        if new and officer.email:
            counts = Counter(new)
            told.append(Told(f"{_KEY}{number}:{hour}", officer.email, *(counts[one] for one in _ANSWERS)))
    return told


def write(session: Session, told: Iterable[Told], *, address: str, now: datetime) -> int:
    """Write these letters and return how many are new; for a session that is bound to nobody."""
    count = 0
    for one in told:
        letter = answered_to_commission(
            explained=one.explained, replied=one.replied, reported=one.reported, address=address
        )
        made = write_letter(
            session, unit_id=None, key=one.key, to=one.to, subject=letter.subject, body=letter.body, now=now
        )
        count += made is not None
    return count


def _waiting(
    county: County, officers: Mapping[int, Account], now: datetime
) -> list[tuple[str, datetime, frozenset[int]]]:
    """Return the answers that still wait: what kind, when, and whom they concern."""
    query = county.rows(SupervisionStep).where(
        SupervisionStep.side == "unit", SupervisionStep.event.in_(_ANSWERS), SupervisionStep.at > now - _FORGOTTEN
    )  # fmt: skip
    found = {}
    for step in county.session.scalars(query.order_by(SupervisionStep.id)):
        subject = _subject(county, step)
        if subject is not None:
            found[step.event, subject.id] = (step.event, step.at, _concerned(county, step, officers))
    return list(found.values())


def _subject(county: County, step: SupervisionStep) -> Matter | Letter | Rectification | None:
    """Return what was answered, None where somebody has dealt with it already."""
    session = county.session
    match step.event:
        case Event.ANSWERED.value:
            matter = session.get(Matter, step.matter_id)
            return matter if matter and matter.state == MatterState.EXPLAINED.value else None
        case Event.REPLIED.value:
            letter = session.get(Letter, step.letter_id)
            return letter if letter and letter.state == LetterState.ANSWERED.value else None
        case _:
            entry = session.get(Rectification, step.rectification_id)
            return entry if entry and entry.state == RectifyState.TO_ACCEPT.value else None


def _concerned(county: County, step: SupervisionStep, officers: Mapping[int, Account]) -> frozenset[int]:
    matter = county.session.get(Matter, step.matter_id) if step.matter_id else None
    owner = matter.owner_id if matter else None
    if owner is not None and owner in officers:
        return frozenset({owner})
    same = [
        column == value
        for column, value in (
            (SupervisionStep.rectification_id, step.rectification_id),
            (SupervisionStep.letter_id, step.letter_id),
            (SupervisionStep.matter_id, step.matter_id),
        )
        if value is not None
    ]
    query = county.rows(SupervisionStep).where(
        same[0], SupervisionStep.side == "commission", SupervisionStep.account_id.in_(officers)
    )
    last = county.session.scalars(query.order_by(SupervisionStep.id.desc()).limit(1)).first()
    if last is not None and last.account_id is not None:
        return frozenset({last.account_id})
    return frozenset(officers)
