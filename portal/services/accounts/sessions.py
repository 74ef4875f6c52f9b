"""Signed-in browsers. The cookie holds a random token; the database holds its digest and whether it still counts."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.domain.roles import Role
from portal.services.checking import SHANGHAI
from portal.store.tables import Account, LoginSession, Unit

IDLE = timedelta(minutes=60)  # Long enough to fill in a quarter with the voucher folder beside it.
LONGEST = timedelta(hours=12)  # One working day: nobody stays signed in over night.
_TOUCH = timedelta(
    seconds=60
)  # A session is marked as seen at most so often: reading pages should not write.
_RESCUED = timedelta(
    days=10
)  # A form that stayed open over the longest holidays is still kept; no cookie for ever.
_SHOWN = 300  # Characters of a browser's own name that are kept.


@dataclass(frozen=True)
class Identity:
    """Whose session it is, as plain values."""

    account_id: int
    session_id: int
    stage: str  # “password”: the second factor is still owed; “full”.
    login: str
    name: str
    unit_id: int | None
    unit_name: str | None
    jurisdiction: str
    sample: bool  # Made up: the person's unit; for the commission, any unit of its county.
    mixed: bool  # Whether some of that county's units are real.
    roles: frozenset[Role]
    runs_out: datetime  # When the session ends if nothing more is done.


def begin_session(
    session: Session, account: Account, *, stage: str, address: str, agent: str, now: datetime
) -> str:
    """Begin a session of the account and return its token. `stage` is “password” while a second factor is owed, else “full”."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            account_id=account.id,
            digest=_digest(token),
            stage=stage,
            address=address,
            agent=agent[:_SHOWN],
            created_at=now,
            last_seen_at=now,
            expires_at=now + LONGEST,
        )
    )
    session.flush()
    return token


def find_session(session: Session, token: str, *, now: datetime) -> LoginSession | None:
    """Return the session of that token, as long as it counts: not ended, not too old, not idle, the account active."""
    found = session_of(session, token)
    if found is None or found.ended_at is not None or now >= runs_out(found):
        return None
    account = session.get(Account, found.account_id)
    return found if account is not None and account.active else None


def session_of(session: Session, token: str) -> LoginSession | None:
    """Return the session of that token, whether it still counts or not."""
    return session.scalar(select(LoginSession).where(LoginSession.digest == _digest(token)))


def runs_out(found: LoginSession) -> datetime:
    """Return when the session ends by itself if nothing more is done."""
    return min(found.expires_at, found.last_seen_at + IDLE)


def mark_seen(session: Session, session_id: int, *, now: datetime) -> None:
    """Mark a session as seen."""
    session.execute(update(LoginSession).where(LoginSession.id == session_id).values(last_seen_at=now))


def end_sessions(
    session: Session, account: Account, *, reason: str, now: datetime, but: int | None = None
) -> int:
    """End every session of the account except the one of that id; return how many ended."""
    query = select(LoginSession).where(LoginSession.account_id == account.id, LoginSession.ended_at.is_(None))
    ended = [one for one in session.scalars(query) if one.id != but]
    for one in ended:
        one.ended_at, one.end_reason = now, reason
    session.flush()
    return len(ended)


def identify(session: Session, token: str, *, now: datetime) -> tuple[Identity, bool] | None:
    """Return whose session the token is, and whether it is time to mark it as seen; None where it does not count."""
    found = find_session(session, token, now=now)
    if found is None:
        return None
    account = session.get_one(Account, found.account_id)
    ended = account.unit.abolished_on if account.unit else None
    if ended is not None and ended <= now.astimezone(SHANGHAI).date():
        return None  # Nobody acts for a unit that is no more, even before its accounts have been disabled.
    return _identity(session, account, found), now - found.last_seen_at >= _TOUCH


def identify_expired(session: Session, token: str, *, now: datetime) -> Identity | None:
    """Return whose session it was that ran out by time alone, not long ago; None for one that was ended on purpose.

    Such a person is not signed in. What he had typed may be kept for him, no more.
    """
    found = session_of(session, token)
    account = session.get(Account, found.account_id) if found else None
    if found is None or account is None or found.ended_at is not None or found.stage != "full":
        return None
    if now - runs_out(found) > _RESCUED:
        return None
    return _identity(session, account, found) if account.active else None


def _identity(session: Session, account: Account, found: LoginSession) -> Identity:
    if account.unit is not None:
        kinds = {account.unit.sample}
    else:
        county = select(Unit.sample).where(Unit.jurisdiction_id == account.jurisdiction_id).distinct()
        kinds = set(session.scalars(county))
    return Identity(
        account_id=account.id,
        session_id=found.id,
        stage=found.stage,
        login=account.login,
        name=account.name,
        unit_id=account.unit_id,
        unit_name=account.unit.name if account.unit else None,
        jurisdiction=account.jurisdiction.slug,
        sample=True in kinds,
        mixed=len(kinds) > 1,
        roles=frozenset(Role(one.role) for one in account.roles),
        runs_out=runs_out(found),
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def account_of(session: Session, found: LoginSession) -> Account:
    """Return whose session it is."""
    return session.get_one(Account, found.account_id)


def live_sessions(session: Session, account: Account, *, now: datetime) -> list[LoginSession]:
    """Return the account's sessions that still count, the last used first."""
    query = select(LoginSession).where(LoginSession.account_id == account.id, LoginSession.ended_at.is_(None))
    found = [one for one in session.scalars(query.order_by(LoginSession.id)) if now < runs_out(one)]
    return sorted(found, key=lambda one: (one.last_seen_at, one.id), reverse=True)


def end_one(session: Session, account: Account, number: int, *, reason: str, now: datetime) -> bool:
    """End one of the account's sessions; tell whether there was one of that number."""
    query = select(LoginSession).where(
        LoginSession.account_id == account.id, LoginSession.id == number, LoginSession.ended_at.is_(None)
    )
    found = session.scalar(query)
    if found is None:
        return False
    found.ended_at, found.end_reason = now, reason
    session.flush()
    return True
