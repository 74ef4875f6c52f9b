"""Links that work once: invitations and password resets. The database keeps their digests alone."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.services.accounts.letters import write_letter
from portal.store.tables import Account, LinkToken

INVITATION, RESET = "invitation", "reset"
VALID = {INVITATION: timedelta(hours=72), RESET: timedelta(hours=1)}
_APART = timedelta(minutes=2)  # Between two letters for one account: nobody's box is to be flooded.
_AT_ONCE = 8  # So many at `_APART` in a day; then one in each `_LATER`, so that strangers who ask leave nobody without.
_LATER = timedelta(hours=1)


def issue_link(
    session: Session, account: Account, purpose: str, *, by: str, now: datetime, replaces: bool = True
) -> str:
    """Return the token of a new link. Earlier links of that purpose stop working if it `replaces` them."""
    if replaces:
        void_links(session, account, now=now, purpose=purpose)
    token = secrets.token_urlsafe(32)
    session.add(
        LinkToken(
            account_id=account.id,
            purpose=purpose,
            digest=_digest(token),
            created_by=by,
            created_at=now,
            expires_at=now + VALID[purpose],
        )
    )
    session.flush()
    return token


def find_link(session: Session, token: str, purpose: str, *, now: datetime) -> Account | None:
    """Return whose link it is. Used, late, replaced and unknown links and those of disabled accounts are all alike: None."""
    found = _row(session, token, purpose, now)
    account = session.get(Account, found.account_id) if found else None
    return account if account is not None and account.active else None


def use_link(session: Session, token: str, purpose: str, *, now: datetime) -> Account | None:
    """Use the link up and return whose it was, under the same conditions as `find_link`."""
    account = find_link(session, token, purpose, now=now)
    if account is not None:
        void_links(session, account, now=now)
    return account


def void_links(session: Session, account: Account, *, now: datetime, purpose: str | None = None) -> None:
    """Let no open link of the account work any more (of one purpose, or any)."""
    query = update(LinkToken).where(LinkToken.account_id == account.id, LinkToken.used_at.is_(None))
    if purpose is not None:
        query = query.where(LinkToken.purpose == purpose)
    session.execute(query.values(used_at=now))


def mail_reset(session: Session, account: Account | None, *, address: str, now: datetime) -> None:
    """Write the letter with a reset link, if there is such an account, active, with a password and a mail address.

    `address` is that of the link with `{}` for its token. The caller says the same whatever happened here. Anybody may
    ask in anybody's name: that voids no link which the person may be about to open, and never uses up the last one.
    """
    if account is None or not account.active or not account.email or account.password_hash is None:
        return
    asked = session.scalars(
        select(LinkToken.created_at).where(
            LinkToken.account_id == account.id,
            LinkToken.purpose == RESET,
            LinkToken.created_at > now - timedelta(days=1),
        )
    ).all()
    apart = _APART if len(asked) < _AT_ONCE else _LATER
    if any(now - one < apart for one in asked):
        return
    token = issue_link(session, account, RESET, by="本人", now=now, replaces=False)
    write_letter(
        session,
        account,
        subject="重设密码",
        body=f"请在 1 小时内打开下面的地址设置新密码，只能使用一次：\n\n{address.format(token)}\n\n"
        "动态口令和通行密钥不受影响，登录时仍要使用。",
        now=now,
    )


def _row(session: Session, token: str, purpose: str, now: datetime) -> LinkToken | None:
    return session.scalar(
        select(LinkToken).where(
            LinkToken.digest == _digest(token),
            LinkToken.purpose == purpose,
            LinkToken.used_at.is_(None),
            LinkToken.expires_at > now,
        )
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
