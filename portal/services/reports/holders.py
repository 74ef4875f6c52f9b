"""Key holders: which account of the office holds which key. What is registered here counts only once a list is signed."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection, Iterable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.roles import Action, Role, allowed
from portal.services.reports.eyes import Viewer
from portal.store.reports.tables import KeyHolder
from portal.store.tables import Account, Jurisdiction

RANKS = ("head", "officer", "superior")
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")


class NotRegistered(ValueError):
    """It cannot be registered; the message says why in Chinese."""


def holder_of(session: Session, account_id: int, *, jurisdiction: str) -> KeyHolder | None:
    """Return the account's holder in that jurisdiction."""
    return session.scalar(
        select(KeyHolder).where(KeyHolder.account_id == account_id, KeyHolder.jurisdiction == jurisdiction)
    )


def registered_by(session: Session, account_id: int) -> list[KeyHolder]:
    """Return what an account is registered as, that of the first jurisdiction first."""
    query = select(KeyHolder).where(KeyHolder.account_id == account_id).order_by(KeyHolder.jurisdiction)
    return list(session.scalars(query))


def register_key(session: Session, viewer: Viewer, recipient: str, *, today: date) -> KeyHolder:
    """Keep the public key that a person made; raise `NotRegistered`. The next signed list may take it up.

    A superior commission's officer registers for the jurisdiction whose superior he is; `appoint` says which.
    """
    key = recipient.strip().lower()
    if not _RECIPIENT.fullmatch(key):
        raise NotRegistered("公钥不对：应以 age1 开头，共 62 个字符。请重新生成密钥，不要手工抄写。")
    rows = list(session.scalars(select(KeyHolder).where(KeyHolder.account_id == viewer.account_id)))
    taken = session.scalar(select(KeyHolder.account_id).where(KeyHolder.registered == key))
    if taken is not None and taken != viewer.account_id:
        raise NotRegistered("这把公钥已由别人登记。请为自己重新生成一把。")
    if not rows:
        rows = [_make(session, viewer.jurisdiction, viewer.account_id, viewer.name)]
    for one in rows:
        one.registered, one.registered_on, one.name = key, today, viewer.name
    session.flush()
    return rows[0]


def appoint(
    session: Session,
    *,
    jurisdiction: str,
    account_id: int,
    name: str,
    rank: str,
    post: str = "",
    unit: str | None = None,
) -> KeyHolder:
    """Say what rank, post and unit a holder has in a jurisdiction's list; raise `NotRegistered`."""
    if rank not in RANKS:
        raise NotRegistered(f"没有“{rank}”这种身份。可选：{'、'.join(RANKS)}。")
    row = holder_of(session, account_id, jurisdiction=jurisdiction)
    if row is None:
        row = _make(session, jurisdiction, account_id, name)
    row.rank, row.post, row.unit, row.name = rank, post.strip(), (unit or "").strip() or None, name
    session.flush()
    return row


def registered(session: Session, jurisdiction: str) -> list[KeyHolder]:
    """Return the holders of a jurisdiction, whether or not they have made a key, by id."""
    return list(
        session.scalars(
            select(KeyHolder).where(KeyHolder.jurisdiction == jurisdiction).order_by(KeyHolder.id)
        )
    )


def who_handle(session: Session, account_ids: Collection[int]) -> frozenset[int]:
    """Return those of the accounts that are active and may handle reports. `session` is the office's database's."""
    return frozenset(one.id for one in accounts(session, account_ids))


def accounts(session: Session, account_ids: Collection[int] | None = None) -> list[Account]:
    """Return the active accounts that may handle reports (of those ids, or all), by id. `session` as above."""
    query = select(Account).where(Account.active).order_by(Account.id)
    if account_ids is not None:
        query = query.where(Account.id.in_(sorted(account_ids)))
    else:
        query = query.where(Account.unit_id.is_(None))
    return [one for one in session.scalars(query) if allowed(_roles(one), Action.HANDLE_REPORTS)]


def viewer_of(account: Account) -> Viewer:
    """Return the account as somebody who looks."""
    return Viewer(account.id, account.name, account.jurisdiction.slug, frozenset(_roles(account)))


def jurisdictions(session: Session) -> Iterable[str]:
    """Return the codes of all jurisdictions of the office's database."""
    return session.scalars(select(Jurisdiction.slug).order_by(Jurisdiction.slug)).all()


def _roles(account: Account) -> list[Role]:
    return [Role(one.role) for one in account.roles]


def _make(session: Session, jurisdiction: str, account_id: int, name: str) -> KeyHolder:
    number = "h" + "".join(secrets.choice(_ALPHABET) for _ in range(11))
    made = KeyHolder(
        id=number, jurisdiction=jurisdiction, account_id=account_id, rank="officer", name=name, post=""
    )
    session.add(made)
    session.flush()
    return made
