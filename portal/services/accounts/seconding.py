"""A second person at the same screen: what cannot be taken back is done by two (复核).

The second person gives login, password and, where the account has one, a code. Nobody is signed in by it; the try
stands in that person's own sign-in history, and guessing is slowed down like guessing at the sign-in.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.roles import Role
from portal.services.accounts import factors, throttling
from portal.services.accounts.entering import Wait, find_account
from portal.services.accounts.throttling import Try
from portal.services.desk.rooms import Actor
from portal.store.tables import Account

SECONDING = frozenset({Role.REVIEWER, Role.UNIT_ADMIN, Role.GROUP})


class NotSeconded(ValueError):
    """The second person was not proved; the message says what to do, `field` where."""

    def __init__(self, message: str, field: str = "second_login") -> None:
        """Keep where it stands."""
        super().__init__(message)
        self.field = field


def second(
    session: Session,
    *,
    actor: Actor,
    unit_id: int,
    login: str,
    fits: str | None,
    code: str,
    attempt: Try,
    key: bytes,
    now: datetime,
) -> Actor:
    """Return who seconds the actor, or raise `NotSeconded` or `Wait`; the caller commits in either case.

    `fits` is what `entering.password_fits` returned before the write lock was taken.
    """
    if until := throttling.wait_until(session, attempt, now=now):
        raise Wait(until)
    account = find_account(session, login)
    if account is None or fits is None or not account.active or account.password_hash != fits:
        throttling.enter(session, attempt, account, throttling.WRONG, now=now)
        raise NotSeconded("复核人的账号或密码不对。请由复核人本人输入。")
    roles = frozenset(Role(one.role) for one in account.roles)
    if account.id == actor.id:
        raise NotSeconded(
            "复核人须是您以外的人。请由另一位审核人、单位管理员或班子成员输入本人的账号和密码。"
        )
    if account.unit_id != unit_id or not roles & SECONDING:
        raise NotSeconded("这个账号不能复核。复核人须是本单位的审核人、单位管理员或班子成员。")
    if factors.has_factor(session, account):
        _need_code(session, account, code, attempt, key=key, now=now)
    throttling.enter(session, attempt, account, throttling.SECONDED, now=now)
    return Actor(account.id, account.name, roles)


def _need_code(
    session: Session, account: Account, code: str, attempt: Try, *, key: bytes, now: datetime
) -> None:
    if until := throttling.wait_until(session, attempt, now=now, codes=True):
        raise Wait(until)
    if factors.use_totp(session, account, code, key=key, now=now):
        return
    if factors.use_recovery_code(session, account, code, key=key, now=now):
        return
    throttling.enter(session, attempt, account, throttling.CODE_WRONG, now=now)
    raise NotSeconded(
        "复核人的验证码不对或已用过。请输入验证器上新的 6 位数字；只用通行密钥的，请输入一个备用码。",
        "second_code",
    )
