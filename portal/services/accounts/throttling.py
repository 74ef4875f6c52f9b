"""Slows down guessing without ever locking a person out.

What holds:

* Failures are counted per login *and* address. Whoever guesses from elsewhere slows down himself, not the owner.
* After `FREE` failures each further try has to wait, longer each time, at most `LONGEST`. Waiting
  is never longer, and tries made while waiting are neither looked at nor counted.
* Against many addresses, the failures of one login over all of them count too, from `SPREAD` on. That
  count does not concern a browser from which the person has signed in before (it has a signed cookie): its
  own failures alone count, so that nobody elsewhere can hold it up. A reset link gives the browser that cookie.
* One address may serve a whole county's offices. Its failures over all logins hold it up only from `CROWD` on, and for a minute.
* Logins that nobody has are counted like any other: the waiting does not tell which exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from portal.store.tables import Account, SignIn

FREE, SPREAD, CROWD = 5, 60, 100
LONGEST = timedelta(minutes=15)
_FIRST = timedelta(seconds=15)
_MINUTE = timedelta(minutes=1)
_WINDOW = timedelta(hours=24)
_CROWD_WINDOW = timedelta(minutes=10)

OK, WRONG, KNOWN_WRONG, CODE_WRONG, KNOWN_CODE_WRONG = "ok", "wrong", "known_wrong", "code", "known_code"
RESET, LINK, SECONDED = "reset", "link", "seconded"
OUTCOMES = {
    OK: "登录成功",
    WRONG: "密码不对",
    KNOWN_WRONG: "密码不对",
    CODE_WRONG: "第二步验证不对",
    KNOWN_CODE_WRONG: "第二步验证不对",
    RESET: "用邮件链接重设了密码",
    LINK: "用邀请链接设置了密码",
    SECONDED: "为同事的撤回作了复核",
}
_SHOWN = 300


@dataclass(frozen=True)
class Try:
    """One try to sign in: whose (a keyed digest of the login typed), from where, in a browser known for it or not."""

    subject: str
    address: str
    agent: str
    known: bool


def wait_until(session: Session, attempt: Try, *, now: datetime, codes: bool = False) -> datetime | None:
    """Return when the next try will be looked at; None where it is now. `codes` asks about second factors.

    Codes are counted over all addresses: who gets that far has the password, and a new password sends him back.
    """
    of_subject = SignIn.subject == attempt.subject
    since_ok = _last(session, of_subject, SignIn.outcome.in_((OK, RESET, LINK)), now=now)
    if attempt.known:
        outcome = KNOWN_CODE_WRONG if codes else KNOWN_WRONG
        return _wait(session, of_subject, SignIn.outcome == outcome, since=since_ok, free=FREE, now=now)
    if codes:
        return _wait(session, of_subject, SignIn.outcome == CODE_WRONG, since=since_ok, free=FREE, now=now)
    here = SignIn.address == attempt.address
    since_here = _last(session, of_subject, here, SignIn.outcome.in_((OK, RESET, LINK)), now=now)
    wrong = SignIn.outcome == WRONG
    waits = [
        _wait(session, of_subject, here, wrong, since=since_here, free=FREE, now=now),
        _wait(session, of_subject, wrong, since=now - _WINDOW, free=SPREAD, now=now),
        _crowd(session, here, now=now),
    ]
    return max((one for one in waits if one is not None), default=None)


def enter(session: Session, attempt: Try, account: Account | None, outcome: str, *, now: datetime) -> None:
    """Write a try into the history."""
    session.add(
        SignIn(
            account_id=account.id if account else None,
            subject=attempt.subject,
            outcome=outcome,
            address=attempt.address[:_SHOWN],
            agent=attempt.agent[:_SHOWN],
            at=now,
        )
    )
    session.flush()


def _wait(
    session: Session, *where: ColumnElement[bool], since: datetime, free: int, now: datetime
) -> datetime | None:
    count, last = session.execute(
        select(func.count(), func.max(SignIn.at)).where(*where, SignIn.at > since)
    ).one()
    if count < free or last is None:
        return None
    until: datetime = last + min(LONGEST, _FIRST * 2 ** min(count - free, 10))
    return until if until > now else None


def _crowd(session: Session, here: ColumnElement[bool], *, now: datetime) -> datetime | None:
    count, last = session.execute(
        select(func.count(), func.max(SignIn.at)).where(
            here, SignIn.outcome == WRONG, SignIn.at > now - _CROWD_WINDOW
        )
    ).one()
    if count < CROWD or last is None:
        return None
    until: datetime = last + _MINUTE
    return until if until > now else None


def _last(session: Session, *where: ColumnElement[bool], now: datetime) -> datetime:
    found: datetime | None = session.scalar(select(func.max(SignIn.at)).where(*where))
    return max(found, now - _WINDOW) if found else now - _WINDOW
