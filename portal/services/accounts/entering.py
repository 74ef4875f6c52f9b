"""Signing in: password, second factor, links. Every try is entered into the history; every rise of a session changes its token."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.values import fold
from portal.services.accounts import factors, links, passkeys, passwords, throttling
from portal.services.accounts.letters import write_letter
from portal.services.accounts.sealing import keyed_digest
from portal.services.accounts.sessions import begin_session, end_sessions
from portal.services.accounts.throttling import Try
from portal.store.tables import Account, LoginSession, SignIn


class Wait(Exception):
    """Too many tries failed; `until` says when the next one is looked at."""

    def __init__(self, until: datetime) -> None:
        """Keep when that is."""
        super().__init__(until.isoformat())
        self.until = until


@dataclass(frozen=True)
class Entered:
    """A session that was begun: its token, and whether a second factor is still owed."""

    account: Account
    token: str
    owes: bool


def find_account(session: Session, login: str) -> Account | None:
    """Return the account of that login, in whatever width and case it was typed."""
    return session.scalar(select(Account).where(Account.login == fold(login)[:60]))


def subject_of(secret: bytes, login: str) -> str:
    """Return the keyed digest under which tries for a login are counted: people type passwords into the wrong field."""
    return keyed_digest(secret, fold(login)[:200], purpose="subject")


def password_fits(session: Session, login: str, password: str, attempt: Try, *, now: datetime) -> str | None:
    """Look at a password before the write lock is taken, since Argon2 takes its time; return the hash that it fits.

    Raise `Wait` where the try is not looked at. The work is the same for logins that nobody has.
    """
    if until := throttling.wait_until(session, attempt, now=now):
        raise Wait(until)
    account = find_account(session, login)
    password_hash = account.password_hash if account is not None and account.active else None
    return password_hash if passwords.verify_password(password_hash, password) else None


def sign_in(
    session: Session, login: str, password: str, fits: str | None, attempt: Try, *, now: datetime
) -> Entered | None:
    """Begin a session if the password fits (what `password_fits` returned), else enter the failure and return None.

    Called within a write transaction: that many guesses at once do not get more looked at than one after another,
    and a password that was changed meanwhile does not fit any more.
    """
    if until := throttling.wait_until(session, attempt, now=now):
        raise Wait(until)
    account = find_account(session, login)
    if account is None or fits is None or not account.active or account.password_hash != fits:
        outcome = throttling.KNOWN_WRONG if attempt.known else throttling.WRONG
        throttling.enter(session, attempt, account, outcome, now=now)
        return None
    if grown := passwords.renewed(fits, password):
        account.password_hash = grown
    return _begin(session, account, attempt, throttling.OK, now=now)


def _begin(session: Session, account: Account, attempt: Try, outcome: str, *, now: datetime) -> Entered:
    owes = factors.must_have_factor(account) or factors.has_factor(session, account)
    token = begin_session(
        session,
        account,
        stage="password" if owes else "full",
        address=attempt.address,
        agent=attempt.agent,
        now=now,
    )
    if not owes or outcome != throttling.OK:  # Who still owes a factor has not signed in yet.
        throttling.enter(session, attempt, account, outcome, now=now)
    return Entered(account, token, owes)


def give_code(
    session: Session,
    account: Account,
    here: LoginSession,
    code: str,
    attempt: Try,
    *,
    key: bytes,
    now: datetime,
) -> str | None:
    """Take the app's code, or a recovery code, and return the token of the full session; None where it is wrong. Raise `Wait`."""
    if until := throttling.wait_until(session, attempt, now=now, codes=True):
        raise Wait(until)
    if factors.use_totp(session, account, code, key=key, now=now):
        return rise(session, account, here, attempt, now=now)
    if factors.use_recovery_code(session, account, code, key=key, now=now):
        left = factors.recovery_codes_left(session, account)
        body = f"您的账号刚刚用一个备用码登录，还剩 {left} 个备用码。"
        write_letter(session, account, subject="使用了备用码", body=body, now=now)
        return rise(session, account, here, attempt, now=now)
    outcome = throttling.KNOWN_CODE_WRONG if attempt.known else throttling.CODE_WRONG
    throttling.enter(session, attempt, account, outcome, now=now)
    return None


def rise(session: Session, account: Account, here: LoginSession, attempt: Try, *, now: datetime) -> str:
    """Replace a session that owed the second factor by a full one with a token of its own."""
    here.ended_at, here.end_reason = now, "raised"
    throttling.enter(session, attempt, account, throttling.OK, now=now)
    return begin_session(
        session, account, stage="full", address=attempt.address, agent=attempt.agent, now=now
    )


def sign_in_by_passkey(
    session: Session,
    answer: str,
    *,
    challenge: bytes,
    asked_at: datetime,
    place: passkeys.Place,
    attempt: Try,
    now: datetime,
) -> Entered:
    """Sign in with a passkey alone; raise `PasskeyRefused`."""
    found = passkeys.prove(
        session, answer, challenge=challenge, asked_at=asked_at, account=None, place=place, now=now
    )
    account = session.get_one(Account, found.account_id)
    if not account.active or account.password_hash is None:
        raise passkeys.PasskeyRefused("通行密钥没有通过核对。请重试，或改用其他方式。")
    throttling.enter(session, attempt, account, throttling.OK, now=now)
    token = begin_session(
        session, account, stage="full", address=attempt.address, agent=attempt.agent, now=now
    )
    return Entered(account, token, owes=False)


def password_of_link_problem(account: Account, password: str, again: str) -> str | None:
    """Say what is wrong with a new password typed twice."""
    unit = account.unit
    known = (account.login, account.name, unit.name if unit else None, unit.short if unit else None)
    if problem := passwords.password_problem(password, known=known):
        return problem
    return None if password == again else "两次输入的密码不一样。请重新输入。"


def take_link(
    session: Session, token: str, purpose: str, password: str, attempt: Try, *, now: datetime
) -> Entered | None:
    """Use a link up: set the password, end every other session, begin one. None where the link does not work.

    The second factor stays, and is owed next.
    """
    account = links.use_link(session, token, purpose, now=now)
    if account is None:
        return None
    change_password(session, account, password, now=now)
    outcome = throttling.RESET if purpose == links.RESET else throttling.LINK
    return _begin(session, account, attempt, outcome, now=now)


def change_password(
    session: Session, account: Account, password: str, *, now: datetime, but: int | None = None
) -> None:
    """Set a new password, end the account's sessions (but one), let no link work any more, and tell the person by mail."""
    passwords.set_password(session, account, password, now=now)
    end_sessions(session, account, reason="password", now=now, but=but)
    links.void_links(session, account, now=now)
    write_letter(
        session, account, subject="密码已设置", body="您的账号刚刚设置了新密码，其他设备已退出。", now=now
    )


def history_of(session: Session, account: Account, *, limit: int = 50) -> list[SignIn]:
    """Return the account's tries to sign in, the newest first."""
    query = select(SignIn).where(SignIn.account_id == account.id)
    return list(session.scalars(query.order_by(SignIn.at.desc(), SignIn.id.desc()).limit(limit)))
