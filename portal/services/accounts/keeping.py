"""Keeping accounts: who may invite whom, which roles there are to give, and what must not happen to the last administrator.

An administrator can hand over a new password link, or take a second factor
away; both at once would let him sign in as somebody else. So each is written
into the unit's steps, and the person is told by mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.domain.roles import COMMISSION_ROLES, UNIT_ROLES, Role
from portal.domain.values import clean_text, fold
from portal.services.accounts import factors, links
from portal.services.accounts.entering import find_account
from portal.services.accounts.letters import write_letter
from portal.services.accounts.sessions import end_sessions
from portal.store.tables import Account, AccountRole, Jurisdiction, Unit

_LOGIN = re.compile(r"[\w.@-]{2,40}")
_EMAIL = re.compile(r"[^@\s,;<>\"()\[\]\\]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")

_NOT_IN_NAMES = frozenset("（）()〔〕【】、，,；;")


class NotKept(ValueError):
    """It cannot be done; the message says why and what to do. `field` is the input it concerns."""

    def __init__(self, message: str, field: str = "") -> None:
        """Keep the field."""
        super().__init__(message)
        self.field = field


def read_email(text: str) -> str | None:
    """Return the mail address that was typed, or None for none; raise `NotKept`."""
    plain = text.strip()
    if not plain:
        return None
    if len(plain) > 200 or not _EMAIL.fullmatch(plain):
        raise NotKept(f"“{plain[:80]}”不是完整的邮箱地址。请核对，例如 name@example.gov.cn。", "email")
    return plain


def read_name(text: str) -> str:
    """Return the person's name; raise `NotKept`."""
    try:
        name = str(clean_text(text))
    except ValueError as wrong:
        raise NotKept(f"姓名：{wrong}", "name") from wrong
    if not name or len(name) > 40 or "\n" in name or "\t" in name:
        raise NotKept("请填写姓名，一行之内，最多 40 个字。", "name")
    if found := set(name) & _NOT_IN_NAMES:
        # Names stand on public pages as “甲（填报）、乙（审核）”: none may say that by itself.
        raise NotKept(f"姓名里不要有“{min(found)}”这样的符号，只写本人姓名。", "name")
    return name


def read_roles(values: Iterable[str], *, of: frozenset[Role]) -> frozenset[Role]:
    """Return the roles ticked; raise `NotKept` where one is not to be given there, or none is ticked."""
    try:
        found = frozenset(Role(one) for one in values)
    except ValueError as wrong:
        raise NotKept("没有这个角色。请从页面所列的角色中选择。", "roles") from wrong
    if not found <= of:
        raise NotKept("这个角色不能在这里授予。请从页面所列的角色中选择。", "roles")
    if not found:
        raise NotKept("请至少选择一个角色。", "roles")
    return found


def make_account(
    session: Session,
    *,
    jurisdiction: Jurisdiction,
    unit: Unit | None,
    login: str,
    name: str,
    email: str,
    roles: Iterable[str],
    by: str,
    now: datetime,
) -> Account:
    """Make an account that waits for its invitation to be taken up; raise `NotKept`.

    Without a unit it is the commission's. The roles are those of a unit or those of the commission, never mixed.
    """
    folded = fold(login)
    if not _LOGIN.fullmatch(folded):
        raise NotKept("账号用 2 至 40 个字母、数字、汉字或 . _ - @ 组成，不含空格。", "login")
    if find_account(session, folded) is not None:
        # Logins are shared by every unit: that one is taken cannot be hidden, whose it is can.
        raise NotKept(f"账号“{folded}”已被使用。请换一个，例如在后面加上单位简称的字母。", "login")
    given = read_roles(roles, of=UNIT_ROLES if unit is not None else COMMISSION_ROLES)
    account = Account(
        jurisdiction_id=jurisdiction.id,
        unit_id=unit.id if unit else None,
        login=folded,
        name=read_name(name),
        email=read_email(email),
        active=True,
        created_by=by,
        created_at=now,
    )
    account.roles = [AccountRole(role=one.value, granted_by=by, granted_at=now) for one in sorted(given)]
    session.add(account)
    session.flush()
    return account


def invite(session: Session, account: Account, *, address: str, by: str, now: datetime) -> str:
    """Return a one-time link for the person to set a password by, and send it where a mail address is known.

    `address` is that of the link with `{}` for its token. Who has a password already keeps it until the link is used.
    """
    if not account.active:
        raise NotKept("这个账号已停用。请先启用，再发邀请。")
    link = address.format(links.issue_link(session, account, links.INVITATION, by=by, now=now))
    body = (
        f"{by}为您开通了账号“{account.login}”。请在 72 小时内打开下面的地址设置密码，只能使用一次：\n\n{link}"
    )
    write_letter(session, account, subject="账号邀请", body=body, now=now)
    return link


def set_roles(
    session: Session, account: Account, roles: Iterable[str], *, by: str, by_id: int | None, now: datetime
) -> bool:
    """Give the account exactly these roles and end its sessions; tell whether anything changed. Raise `NotKept`."""
    wanted = read_roles(roles, of=UNIT_ROLES if account.unit_id is not None else COMMISSION_ROLES)
    current = roles_of(account)
    if wanted == current:
        return False
    if by_id == account.id:
        raise NotKept("不能修改自己的角色。请由另一位管理员修改。", "roles")
    if _governs(account) and not wanted & _GOVERNING:
        _not_the_last(session, account)
    account.roles = [one for one in account.roles if Role(one.role) in wanted]
    account.roles += [
        AccountRole(role=one.value, granted_by=by, granted_at=now) for one in sorted(wanted - current)
    ]
    session.flush()
    end_sessions(session, account, reason="roles", now=now)
    return True


def disable(session: Session, account: Account, *, by_id: int | None, now: datetime) -> None:
    """Let the person in no more: sessions and links end. What the person did stays. Raise `NotKept`."""
    if by_id == account.id:
        raise NotKept("不能停用自己的账号。请由另一位管理员停用。")
    if not account.active:
        raise NotKept("这个账号已经停用。")
    if _governs(account):
        _not_the_last(session, account)
    account.active, account.disabled_at = False, now
    end_sessions(session, account, reason="disabled", now=now)
    links.void_links(session, account, now=now)


def enable(session: Session, account: Account, *, now: datetime) -> None:
    """Let the person in again, with the password and second factor that there were. Raise `NotKept`."""
    if account.active:
        raise NotKept("这个账号没有停用。")
    account.active, account.disabled_at = True, None
    links.void_links(session, account, now=now)
    session.flush()


def reset_second_factor(
    session: Session, account: Account, *, by: str, by_id: int | None, now: datetime
) -> None:
    """Take a lost second factor away, end the sessions, tell the person. Nobody does it for himself: raise `NotKept`."""
    if by_id == account.id:
        raise NotKept("不能重设自己的第二步验证。请由另一位管理员重设，或使用备用码登录。")
    factors.remove_all_factors(session, account)
    end_sessions(session, account, reason="factor", now=now)
    body = f"{by}重设了您账号的第二步验证。下次登录输入密码后，请按提示重新设置。"
    write_letter(session, account, subject="第二步验证已重设", body=body, now=now)


def roles_of(account: Account) -> frozenset[Role]:
    """Return the account's roles."""
    return frozenset(Role(one.role) for one in account.roles)


def kept_by_commission(session: Session, jurisdiction_slug: str) -> list[Account]:
    """Return the accounts that the commission's administrator keeps: its own, and the units' administrators."""
    admins = select(AccountRole.account_id).where(AccountRole.role == Role.UNIT_ADMIN.value)
    query = (
        select(Account)
        .join(Account.jurisdiction)
        .where(Jurisdiction.slug == jurisdiction_slug, Account.unit_id.is_(None) | Account.id.in_(admins))
    )
    return list(session.scalars(query.order_by(Account.unit_id, Account.id)))


def units_for_invitation(session: Session, jurisdiction_slug: str, *, on: date) -> list[Unit]:
    """Return the units of the jurisdiction in roster order; those that have ended by the day `on` take nobody in."""
    query = (
        select(Unit)
        .join(Unit.jurisdiction)
        .where(
            Jurisdiction.slug == jurisdiction_slug,
            or_(Unit.abolished_on.is_(None), Unit.abolished_on > on),
        )
    )
    return list(session.scalars(query.order_by(Unit.position, Unit.id)))


_GOVERNING = frozenset({Role.UNIT_ADMIN, Role.COMMISSION_ADMIN})


def _governs(account: Account) -> bool:
    return bool(roles_of(account) & _GOVERNING)


def _not_the_last(session: Session, account: Account) -> None:
    """Refuse where nobody else would be left to keep the accounts: active, with the role, and having signed up."""
    query = (
        select(Account.id)
        .join(Account.roles)
        .where(
            Account.id != account.id,
            Account.active,
            Account.password_hash.is_not(None),
            Account.jurisdiction_id == account.jurisdiction_id,
            Account.unit_id.is_(None) if account.unit_id is None else Account.unit_id == account.unit_id,
            AccountRole.role.in_([one.value for one in _GOVERNING]),
        )
    )
    if session.scalar(query.limit(1)) is None:
        raise NotKept(
            "这是最后一位管理员，不能停用或取消角色。请先邀请另一位管理员，等其设置好密码后再操作。"
        )
