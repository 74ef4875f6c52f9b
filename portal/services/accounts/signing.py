"""Signing in with a password: the first step, and all of it where no second factor is owed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session, object_session

from portal.domain.roles import needs_second_factor
from portal.services.accounts.factors import count_passkeys, recovery_codes_left
from portal.services.accounts.passwords import check_password, hash_password, needs_rehash
from portal.services.accounts.people import find_account, roles_of
from portal.services.accounts.sessions import begin_session
from portal.services.accounts.trust import is_trusted
from portal.services.accounts.trying import Outcome, note, wait_for
from portal.store.tables import Account


@dataclass(frozen=True)
class Factors:
    """Which second factors an account has set up. True where it has any that signs in."""

    totp: bool
    passkeys: int
    recovery_codes: int  # How many still work; they stand in for a lost factor and are none themselves.

    def __bool__(self) -> bool:
        """Tell whether a second factor is set up."""
        return self.totp or self.passkeys > 0


@dataclass(frozen=True)
class Proof:
    """What comparing a password told, to be used at once. Made outside of any write transaction."""

    stored: str | None  # The digest that it was compared with.
    right: bool


@dataclass(frozen=True)
class Result:
    """What came of a try. Without a token nobody is signed in: people are told one thing, whatever the reason was."""

    token: str | None
    stage: str | None  # “password”: a second factor is owed (or must be set up); “full”.
    account: Account | None  # Set only with a token.
    wait: timedelta | None  # How long until the next try, where this one was not looked at.


def second_factor_of(account: Account) -> Factors:
    """Return which second factors the account has set up. The account belongs to a session."""
    session = object_session(account)
    if session is None:
        raise ValueError("the account belongs to no session")
    return Factors(
        account.totp_secret is not None,
        count_passkeys(session, account),
        recovery_codes_left(session, account),
    )


def prove(
    session: Session,
    *,
    login: str,
    password: str,
    address: str,
    trusted: str | None,
    secret: bytes,
    now: datetime,
) -> Proof | None:
    """Compare the password without writing; None where the try must wait and nothing was compared.

    Comparing takes a tenth of a second by intention. Done here, before the write transaction begins, it keeps no
    other writer waiting; `sign_in` then asks the meters again, so that many tries at once gain nothing.
    """
    account = find_account(session, login)
    known = is_trusted(secret, trusted, account)
    if wait_for(session, account=account, login=login, address=address, trusted=known, now=now) is not None:
        return None
    return _compare(account, password)


def sign_in(
    session: Session,
    *,
    login: str,
    password: str,
    address: str,
    agent: str,
    trusted: str | None,
    secret: bytes,
    now: datetime,
    proof: Proof | None = None,
) -> Result:
    """Try to sign in, enter the try, and begin a session where it was right.

    `trusted` is the browser's trust cookie as it came, `secret` the key it was made with. `proof` comes from
    `prove` for the same login and password. The caller commits in every case: a failed try counts. Whether the
    login is unknown, disabled, without a password or the password wrong, the same work is done and the same
    is answered.
    """
    account = find_account(session, login)
    known = is_trusted(secret, trusted, account)

    def enter(outcome: Outcome) -> None:
        note(
            session,
            account=account,
            outcome=outcome,
            address=address,
            agent=agent,
            now=now,
            login=login,
            trusted=known,
        )

    wait = wait_for(session, account=account, login=login, address=address, trusted=known, now=now)
    if wait is not None:
        enter(Outcome.WAITING)
        return Result(None, None, None, wait)
    stored = account.password_hash if account else None
    seen = proof if proof is not None and proof.stored == stored else _compare(account, password)
    if account is None or not seen.right:
        enter(Outcome.UNKNOWN_LOGIN if account is None else Outcome.WRONG_PASSWORD)
        return Result(None, None, None, None)
    if not account.active:
        enter(Outcome.DISABLED)
        return Result(None, None, None, None)
    if stored is not None and needs_rehash(stored):
        account.password_hash = hash_password(password)  # The same password: trust and sessions stay.
    owed = bool(second_factor_of(account)) or needs_second_factor(roles_of(account))
    enter(Outcome.PASSWORD_RIGHT if owed else Outcome.SIGNED_IN)
    stage = "password" if owed else "full"
    token = begin_session(session, account, stage=stage, address=address, agent=agent, now=now)
    return Result(token, stage, account, None)


def _compare(account: Account | None, password: str) -> Proof:
    stored = account.password_hash if account else None
    return Proof(stored, check_password(stored, password))
