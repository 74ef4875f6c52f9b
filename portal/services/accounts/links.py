"""Links that work once: invitations and password resets. The link holds a random token, the database its digest."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.domain.values import Choice
from portal.services.accounts.refusals import Refused
from portal.services.accounts.sessions import end_sessions
from portal.store.tables import Account, LinkToken


class Purpose(Choice):
    """What a link is for."""

    INVITATION = "invitation", "邀请"
    RESET = "reset", "重设密码"


LIFE = {
    Purpose.INVITATION: timedelta(hours=72),  # A weekend may lie between.
    Purpose.RESET: timedelta(hours=1),
}


def make_link(session: Session, account: Account, purpose: Purpose, *, by: str, now: datetime) -> str:
    """Return the token of a new link of the account; earlier links of that purpose stop working.

    Raise `Refused` for a disabled account, for an invitation that was taken up already, and for a reset where
    there is no password yet.
    """
    if not account.active:
        raise Refused(f"账号“{account.login}”已停用，不能生成链接。请先启用账号。")
    if purpose is Purpose.INVITATION and account.password_hash is not None:
        raise Refused(f"账号“{account.login}”已设置过密码，不需要邀请。忘记密码时请用重设密码的链接。")
    if purpose is Purpose.RESET and account.password_hash is None:
        raise Refused(f"账号“{account.login}”还没有设置过密码，请改用邀请链接。")
    void_links(session, account, now=now, purpose=purpose)
    token = secrets.token_urlsafe(32)
    session.add(
        LinkToken(
            account_id=account.id,
            purpose=purpose.value,
            digest=_digest(token),
            created_by=by,
            created_at=now,
            expires_at=now + LIFE[purpose],
        )
    )
    session.flush()
    return token


def look_up(session: Session, token: str, purpose: Purpose, *, now: datetime) -> Account | None:
    """Return whose link it is, without using it; None where it does not work (any more)."""
    found = _working(session, token, purpose, now=now)
    return None if found is None else session.get(Account, found.account_id)


def use_link(session: Session, token: str, purpose: Purpose, *, now: datetime) -> Account | None:
    """Use the link up and return whose it is; None where it does not work (any more).

    A reset ends every session of the account and leaves its second factor as it is: whoever reads somebody's
    mail has a password, and still not the account.
    """
    found = _working(session, token, purpose, now=now)
    if found is None:
        return None
    mine = session.execute(
        update(LinkToken).where(LinkToken.id == found.id, LinkToken.used_at.is_(None)).values(used_at=now)
    )
    if mine.rowcount != 1:  # type: ignore[attr-defined] # an UPDATE gives a CursorResult, which counts rows.
        return None  # The same link in two browsers at once: the other was first.
    account = session.get_one(Account, found.account_id)
    if purpose is Purpose.RESET:
        end_sessions(session, account, reason="reset", now=now)
    return account


def void_links(session: Session, account: Account, *, now: datetime, purpose: Purpose | None = None) -> None:
    """Let the account's unused links (of one purpose, or all) stop working."""
    query = select(LinkToken).where(LinkToken.account_id == account.id, LinkToken.used_at.is_(None))
    for one in session.scalars(query):
        if one.expires_at > now and purpose in (None, one.purpose):
            one.expires_at = now
    session.flush()


def _working(session: Session, token: str, purpose: Purpose, *, now: datetime) -> LinkToken | None:
    found = session.scalar(
        select(LinkToken).where(LinkToken.digest == _digest(token), LinkToken.purpose == purpose.value)
    )
    if found is None or found.used_at is not None or now >= found.expires_at:
        return None
    account = session.get(Account, found.account_id)
    return found if account is not None and account.active else None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
