"""Accounts of people: made, changed, disabled, enabled. What is done to a unit's account is entered in its steps.

The caller has asked whether the actor may do it. Live sessions end when roles, password or state change.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.roles import COMMISSION_ROLES, UNIT_ROLES, Role
from portal.domain.values import clean_text
from portal.services.accounts.links import void_links
from portal.services.accounts.passwords import hash_password, weakness
from portal.services.accounts.refusals import Refused
from portal.services.accounts.sessions import end_sessions
from portal.services.accounts.steps import write_down
from portal.store.tables import Account, AccountRole, Jurisdiction, Unit

_LOGIN = re.compile(r"[\w.@-]{2,60}")
_LONGEST_NAME = 40
# One address, in ASCII, with nothing that could end a header line: what a mail server takes without further ado.
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")
_LONGEST_EMAIL = 254


def fold_login(text: str) -> str:
    """Return the login as it is kept and compared: full width and half width, capitals and small letters are one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def find_account(session: Session, login: str) -> Account | None:
    """Return the account of that login, active or not."""
    return session.scalar(select(Account).where(Account.login == fold_login(login)))


def accounts_of(session: Session, unit_id: int) -> list[Account]:
    """Return the unit's accounts, active ones first, then by login."""
    query = select(Account).where(Account.unit_id == unit_id)
    return list(session.scalars(query.order_by(Account.active.desc(), Account.login)))


def commission_accounts(session: Session, jurisdiction_id: int) -> list[Account]:
    """Return the accounts of the jurisdiction's commission, active ones first, then by login."""
    query = select(Account).where(Account.jurisdiction_id == jurisdiction_id, Account.unit_id.is_(None))
    return list(session.scalars(query.order_by(Account.active.desc(), Account.login)))


def create_account(
    session: Session,
    *,
    jurisdiction: Jurisdiction,
    unit: Unit | None,
    login: str,
    name: str,
    email: str | None,
    roles: Collection[Role],
    by: str,
    now: datetime,
) -> Account:
    """Make an account without a password: its owner sets one through an invitation. Raise `Refused`."""
    if unit is not None and unit.jurisdiction_id != jurisdiction.id:
        raise Refused(f"{unit.name}不属于这个县区，不能在这里建立账号。")
    folded = fold_login(login)
    if not _LOGIN.fullmatch(folded):
        raise Refused("登录名须为 2 至 60 个字符，可用汉字、字母、数字和 . _ - @，不能有空格。请改正后重试。")
    if find_account(session, folded) is not None:
        raise Refused(f"登录名“{folded}”已有人使用。请换一个，例如加上单位简称。")
    account = Account(
        jurisdiction_id=jurisdiction.id,
        unit_id=unit.id if unit else None,
        login=folded,
        name=_name(name),
        email=_email(email),
        active=True,
        created_by=by,
        created_at=now,
    )
    account.roles = _granted(_fitting(roles, unit_id=account.unit_id), by=by, now=now)
    session.add(account)
    session.flush()
    write_down(session, account, f"新建账号（{_told(account)}）", by=by, now=now)
    return account


def set_details(
    session: Session, account: Account, *, name: str, email: str | None, now: datetime, by: str | None = None
) -> None:
    """Change name and mail address. With another address, links that went to the old one stop working."""
    name, email = _name(name), _email(email)
    changed = [
        what
        for what, old, new in (("姓名", account.name, name), ("邮箱", account.email, email))
        if old != new
    ]
    if not changed:
        return
    if account.email != email:
        void_links(session, account, now=now)
    account.name, account.email = name, email
    session.flush()
    write_down(session, account, f"修改{'、'.join(changed)}", by=by or name, now=now)


def set_roles(
    session: Session,
    account: Account,
    roles: Collection[Role],
    *,
    by: str,
    now: datetime,
    even_last: bool = False,
) -> None:
    """Give the account these roles instead of those it has; its sessions end. Nothing happens where nothing changes.

    Raise `Refused` for roles that do not fit, and where the unit (or the commission) would be left without an
    administrator, unless `even_last`.
    """
    wanted = _fitting(roles, unit_id=account.unit_id)
    had = {Role(one.role): one for one in account.roles}
    if wanted == set(had):
        return
    if not even_last and _chief_role(account) not in wanted:
        _keep_an_admin(session, account)
    account.roles = [one for role, one in had.items() if role in wanted] + _granted(
        wanted - set(had), by=by, now=now
    )
    session.flush()
    end_sessions(session, account, reason="roles", now=now)
    write_down(session, account, f"改变角色（{_told(account)}）", by=by, now=now)


def disable(session: Session, account: Account, *, by: str, now: datetime, even_last: bool = False) -> None:
    """Disable the account: its sessions end, its links stop working, nobody signs in with it.

    Raise `Refused` where the unit (or the commission) would be left without an administrator, unless `even_last`.
    """
    if not account.active:
        return
    if not even_last:
        _keep_an_admin(session, account)
    account.active, account.disabled_at = False, now
    void_links(session, account, now=now)
    end_sessions(session, account, reason="disabled", now=now)
    write_down(session, account, "停用账号", by=by, now=now)


def enable(session: Session, account: Account, *, by: str, now: datetime) -> None:
    """Let a disabled account sign in again, with the password that it had. Old links stay dead."""
    if account.active:
        return
    account.active, account.disabled_at = True, None
    session.flush()
    write_down(session, account, "启用账号", by=by, now=now)


def set_password(
    session: Session, account: Account, password: str, *, now: datetime, keep_session: int | None
) -> None:
    """Set the password. Every other session ends, every trust cookie and every link; raise `Refused` for a weak one."""
    unit_name = account.unit.name if account.unit else None
    if wrong := weakness(password, login=account.login, name=account.name, unit_name=unit_name):
        raise Refused(wrong)
    account.password_hash, account.password_changed_at = hash_password(password), now
    void_links(session, account, now=now)
    end_sessions(session, account, reason="password", now=now, but=keep_session)


def roles_of(account: Account) -> frozenset[Role]:
    """Return the account's roles."""
    return frozenset(Role(one.role) for one in account.roles)


def _name(text: str) -> str:
    try:
        name = str(clean_text(text))
    except ValueError as wrong:
        raise Refused(f"姓名：{wrong}") from wrong
    if not name or "\n" in name or "\t" in name or len(name) > _LONGEST_NAME:
        raise Refused(f"姓名须为 1 至 {_LONGEST_NAME} 个字符，写在一行内。请改正后重试。")
    return name


def _email(text: str | None) -> str | None:
    plain = unicodedata.normalize("NFKC", text or "").strip()
    if not plain:
        return None
    if len(plain) > _LONGEST_EMAIL or not _EMAIL.fullmatch(plain):
        raise Refused(f"“{plain[:60]}”不是可用的邮箱地址。请填写一个地址，例如 name@example.cn，或留空。")
    return plain


def _fitting(roles: Collection[Role], *, unit_id: int | None) -> set[Role]:
    wanted = set(roles)
    if not wanted:
        raise Refused("至少要选一个角色。不再使用的账号请停用。")
    possible = COMMISSION_ROLES if unit_id is None else UNIT_ROLES
    if foreign := wanted - possible:
        names = "、".join(sorted(one.label for one in foreign))
        whose = "纪委监委的账号" if unit_id is None else "单位的账号"
        options = "、".join(one.label for one in Role if one in possible)
        raise Refused(f"{whose}不能有“{names}”这一角色。可选：{options}。")
    return wanted


def _granted(roles: Collection[Role], *, by: str, now: datetime) -> list[AccountRole]:
    return [AccountRole(role=one.value, granted_by=by, granted_at=now) for one in sorted(roles)]


def _chief_role(account: Account) -> Role:
    return Role.COMMISSION_ADMIN if account.unit_id is None else Role.UNIT_ADMIN


def _keep_an_admin(session: Session, account: Account) -> None:
    """Refuse where the account is the last administrator.

    Another one counts only with a password: an invitation that was never taken up helps nobody back in.
    """
    chief = _chief_role(account)
    if not account.active or chief not in roles_of(account):
        return
    group = (
        commission_accounts(session, account.jurisdiction_id)
        if account.unit_id is None
        else accounts_of(session, account.unit_id)
    )
    others = (
        one
        for one in group
        if one.id != account.id and one.active and one.password_hash and chief in roles_of(one)
    )
    if next(others, None) is None:
        where = "纪委监委" if account.unit_id is None else "本单位"
        raise Refused(
            f"“{account.name}”是{where}唯一可用的管理员账号，不能停用，也不能去掉管理员角色。"
            "请先让另一位管理员接受邀请、设好密码，再操作。"
        )


def _told(account: Account) -> str:
    return "、".join(Role(one).label for one in sorted(roles_of(account)))
