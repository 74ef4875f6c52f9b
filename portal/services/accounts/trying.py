"""Tries to sign in: what came of them, and how long the next one must wait.

Nobody is locked out. After failures the next try waits: half a minute, then twice as long each time, at most a
quarter of an hour, counted from the last failure; failures are forgotten after an hour. Three meters run, and
the longest wait counts:

* one login from one address: five failures are free. A complete sign-in from there begins anew.
* one login from all addresses: twenty are free. One address alone cannot use these up (its own meter stops it
  before), so no single address can delay anybody elsewhere.
* one address, all logins: thirty are free, since a whole unit may share an address. Signing in to an own account
  does not begin anew.

A browser with the account's trust cookie (`trust`) is asked only for its own kind's failures: whatever others do,
their tries never delay it. A login that does not exist is metered like one that does, so that waiting tells
nothing about who has an account.

What holds: from one address about ten guesses of a password in an hour, for one login about thirty from everywhere;
never longer than the cap without being let try; links by mail and trusted browsers work during any attack.
What does not hold: somebody with many addresses, who tries at every moment when a try is allowed, can keep a
person *in a new browser* waiting again and again. That person takes the link by mail, which makes the browser
a trusted one. And people who share an address with an attacker wait with him, unless their browser is trusted.
Tries that were made to wait are not failures: they prolong nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.domain.values import Choice
from portal.services.accounts.people import fold_login
from portal.store.tables import Account, SignIn

CAP = timedelta(minutes=15)  # The longest that anybody waits for his next try.
FIRST = timedelta(seconds=30)
WINDOW = timedelta(hours=1)
FREE_HERE, FREE_LOGIN, FREE_ADDRESS, FREE_SECOND = 5, 20, 30, 5
_QUIET = timedelta(minutes=1)  # So often at most is a waiting try entered: the record must not be flooded.
_SHOWN = 300  # Characters of a browser's own name that are kept.


class Outcome(Choice):
    """结果 of a try."""

    SIGNED_IN = "signed_in", "登录成功"
    PASSWORD_RIGHT = "password_right", "密码正确，等待第二步验证"
    WRONG_PASSWORD = "wrong_password", "密码不对"
    UNKNOWN_LOGIN = "unknown_login", "没有这个登录名"
    DISABLED = "disabled", "账号已停用，未能登录"
    WRONG_SECOND = "wrong_second", "第二步验证未通过"
    RECOVERY_CODE = "recovery_code", "用备用码登录成功"
    WAITING = "waiting", "尝试太频繁，没有核对密码"
    PASSWORD_SET = "password_set", "通过链接设置了密码"


_FAILURES = {
    Outcome.WRONG_PASSWORD.value,
    Outcome.UNKNOWN_LOGIN.value,
    Outcome.DISABLED.value,
    Outcome.WRONG_SECOND.value,
}
_COMPLETE = {Outcome.SIGNED_IN.value, Outcome.RECOVERY_CODE.value}


def wait_for(
    session: Session, *, account: Account | None, login: str, address: str, trusted: bool, now: datetime
) -> timedelta | None:
    """Return how long until the next try may be made, at most `CAP`; None where it may be made now.

    `trusted`: the browser has the account's valid trust cookie.
    """
    whose = _whose(account, login)
    if trusted and account is not None:
        own = _rows(session, whose, SignIn.known.is_(True), now=now)
        return _wait(_since_complete(own), free=FREE_HERE, now=now)
    of_login = _rows(session, whose, SignIn.known.is_(False), now=now)
    of_address = _rows(session, SignIn.address == address, SignIn.known.is_(False), now=now)
    here = _since_complete([one for one in of_login if one.address == address])
    waits = (
        _wait(here, free=FREE_HERE, now=now),
        _wait(_failures(of_login), free=FREE_LOGIN, now=now),
        _wait(_failures(of_address), free=FREE_ADDRESS, now=now),
    )
    return max((one for one in waits if one is not None), default=None)


def wait_for_second(session: Session, *, account: Account, trusted: bool, now: datetime) -> timedelta | None:
    """Return how long until the next second factor may be tried, from whatever address; None: now.

    Only who has the password comes here, so that counting for the whole account locks out nobody by chance;
    six digits need the closer watch. A trusted browser and all others are counted apart.
    """
    rows = _rows(session, SignIn.account_id == account.id, SignIn.known.is_(trusted), now=now)
    wrong = [one for one in rows if one.outcome == Outcome.WRONG_SECOND.value]
    return _wait(wrong, free=FREE_SECOND, now=now)


def note(
    session: Session,
    *,
    account: Account | None,
    outcome: Outcome,
    address: str,
    agent: str,
    now: datetime,
    login: str = "",
    trusted: bool = False,
) -> None:
    """Enter a try. `login` is what was typed where there is no account; `trusted` as in `wait_for`."""
    if outcome is Outcome.WAITING and _entered_just_now(session, account, login, address=address, now=now):
        return
    session.add(
        SignIn(
            account_id=account.id if account else None,
            outcome=outcome.value,
            bucket=_bucket(account.login if account else login),
            known=trusted and account is not None,
            address=address,
            agent="".join(one for one in agent if one.isprintable())[:_SHOWN],
            at=now,
        )
    )
    session.flush()


def history(session: Session, account_id: int, *, limit: int) -> list[SignIn]:
    """Return the account's latest tries, the newest first."""
    query = select(SignIn).where(SignIn.account_id == account_id)
    return list(session.scalars(query.order_by(SignIn.at.desc(), SignIn.id.desc()).limit(limit)))


def _whose(account: Account | None, login: str) -> ColumnElement[bool]:
    if account is not None:
        return SignIn.account_id == account.id
    return SignIn.account_id.is_(None) & (SignIn.bucket == _bucket(login))


def _bucket(login: str) -> str:
    return hashlib.sha256(fold_login(login).encode(errors="replace")).hexdigest()[:4]


def _rows(session: Session, *which: ColumnElement[bool], now: datetime) -> list[SignIn]:
    query = select(SignIn).where(*which, SignIn.at > now - WINDOW)
    return list(session.scalars(query.order_by(SignIn.at, SignIn.id)))


def _failures(rows: Sequence[SignIn]) -> list[SignIn]:
    return [one for one in rows if one.outcome in _FAILURES]


def _since_complete(rows: Sequence[SignIn]) -> list[SignIn]:
    last = max((place for place, one in enumerate(rows) if one.outcome in _COMPLETE), default=-1)
    return _failures(rows[last + 1 :])


def _wait(failures: Sequence[SignIn], *, free: int, now: datetime) -> timedelta | None:
    over = len(failures) - free
    if over < 0:
        return None
    delay = min(CAP, FIRST * 2 ** min(over, 10))
    # A row of later than now (a clock set back) must not make the wait longer than the cap.
    left = min(failures[-1].at + delay - now, delay)
    return left if left > timedelta(0) else None


def _entered_just_now(
    session: Session, account: Account | None, login: str, *, address: str, now: datetime
) -> bool:
    query = select(SignIn.id).where(
        _whose(account, login),
        SignIn.address == address,
        SignIn.outcome == Outcome.WAITING.value,
        SignIn.at > now - _QUIET,
    )
    return session.scalar(query.limit(1)) is not None
