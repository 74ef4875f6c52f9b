"""Accounts: roles that fit, the last administrator, sessions that end, links that work once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.roles import Role
from portal.services import rosters
from portal.services.accounts import people
from portal.services.accounts.links import LIFE, Purpose, look_up, make_link, use_link
from portal.services.accounts.refusals import Refused
from portal.services.accounts.sessions import (
    begin_session,
    end_session,
    find_session,
    live_sessions,
    raise_stage,
)
from portal.services.accounts.trust import is_trusted, make_trust
from portal.store.tables import Account, Jurisdiction, LinkToken, LoginSession, Step, Unit
from tests.conftest import NOON
from tests.services.accounts.people_of import PASSWORD, an_account

SECOND = timedelta(seconds=1)


def working(session: Session, unit: Unit | None, *roles: Role) -> Account:
    account = an_account(session, unit, *roles)
    account.password_hash, account.password_changed_at = "set", NOON
    session.flush()
    return account


def signed_in(session: Session, account: Account) -> LoginSession:
    token = begin_session(session, account, stage="full", address="192.0.2.1", agent="测试", now=NOON)
    found = find_session(session, token, now=NOON)
    assert found is not None
    return found


def test_width_and_case_do_not_tell_logins_apart(session: Session, unit: Unit) -> None:
    made = an_account(session, unit, login="Ｆａｎｇ.示九")
    assert made.login == "fang.示九"
    assert people.find_account(session, " FANG.示九 ") is made
    with pytest.raises(Refused, match="已有人使用"):
        an_account(session, unit, login="FANG.示九")


@pytest.mark.parametrize("login", ["a", "a b c", "<script>", "x" * 61, "零\u200b宽", "两\n行", ""])
def test_odd_logins_are_refused(session: Session, unit: Unit, login: str) -> None:
    with pytest.raises(Refused, match="登录名须为"):
        people.create_account(
            session, jurisdiction=unit.jurisdiction, unit=unit, login=login, name="甲", email=None,
            roles=[Role.EDITOR], by="测试", now=NOON,
        )  # fmt: skip


@pytest.mark.parametrize(
    "email", ["a@b.cn\nBcc: x@y.cn", "a@b.cn,c@d.cn", "<a@b.cn>", "没有", "a@b", "a b@c.cn"]
)
def test_odd_mail_addresses_are_refused(session: Session, unit: Unit, email: str) -> None:
    with pytest.raises(Refused, match="不是可用的邮箱地址"):
        an_account(session, unit, email=email)


@pytest.mark.parametrize("name", ["", "两\n行", "字" * 41, "倒\u202e写"])
def test_odd_names_are_refused(session: Session, unit: Unit, name: str) -> None:
    with pytest.raises(Refused, match="姓名"):
        an_account(session, unit, name=name)


def test_roles_of_a_unit_and_of_the_commission_do_not_mix(
    session: Session, unit: Unit, county: Jurisdiction
) -> None:
    for role in (Role.OFFICER, Role.COMMISSION_ADMIN):
        with pytest.raises(Refused, match=r"单位的账号不能有"):
            an_account(session, unit, role)
    for role in people.UNIT_ROLES:
        with pytest.raises(Refused, match=r"纪委监委的账号不能有"):
            an_account(session, None, role)
    officer = an_account(session, None, Role.OFFICER)
    with pytest.raises(Refused, match=r"不能有"):
        people.set_roles(session, officer, [Role.REVIEWER], by="测试", now=NOON)
    with pytest.raises(Refused, match="至少要选一个角色"):
        people.set_roles(session, officer, [], by="测试", now=NOON)
    assert people.roles_of(officer) == {Role.OFFICER}


def test_a_unit_of_another_county_is_refused(session: Session, unit: Unit) -> None:
    other = rosters.find_jurisdiction(session, "jinhu")
    with pytest.raises(Refused, match="不属于这个县区"):
        people.create_account(
            session, jurisdiction=other, unit=unit, login="abc", name="甲", email=None,
            roles=[Role.EDITOR], by="测试", now=NOON,
        )  # fmt: skip


@pytest.mark.parametrize("commission", [False, True])
def test_the_last_administrator_stays(session: Session, unit: Unit, commission: bool) -> None:
    home, role, less = (
        (None, Role.COMMISSION_ADMIN, Role.OFFICER) if commission else (unit, Role.UNIT_ADMIN, Role.EDITOR)
    )
    admin = working(session, home, role)
    # One who never took up the invitation, and one who was disabled, can help nobody.
    an_account(session, home, role)
    people.disable(session, working(session, home, role), by="测试", now=NOON)
    for attempt in (
        lambda: people.disable(session, admin, by="测试", now=NOON),
        lambda: people.set_roles(session, admin, [less], by="测试", now=NOON),
    ):
        with pytest.raises(Refused, match="唯一可用的管理员"):
            attempt()
    assert admin.active
    people.set_roles(session, admin, [role, less], by="测试", now=NOON)
    second = working(session, home, role)
    people.disable(session, admin, by="测试", now=NOON)
    people.disable(session, second, by="命令行", now=NOON, even_last=True)
    assert not second.active


@pytest.mark.parametrize(
    ("change", "ends"),
    [
        (lambda s, a: people.set_roles(s, a, [Role.EDITOR, Role.STAFF], by="测试", now=NOON), True),
        (lambda s, a: people.set_roles(s, a, [Role.EDITOR], by="测试", now=NOON), False),
        (lambda s, a: people.disable(s, a, by="测试", now=NOON), True),
        (lambda s, a: people.set_password(s, a, PASSWORD, now=NOON, keep_session=None), True),
        (lambda s, a: people.set_details(s, a, name="林示二", email=None, now=NOON), False),
    ],
)
def test_changes_of_rights_end_live_sessions(
    session: Session, unit: Unit, change: Callable[[Session, Account], Any], ends: bool
) -> None:
    account, other = an_account(session, unit), an_account(session, unit)
    live, foreign = signed_in(session, account), signed_in(session, other)
    change(session, account)
    assert (live.ended_at is not None) is ends
    assert foreign.ended_at is None


def test_a_new_password_keeps_the_own_session_and_ends_trust(session: Session, unit: Unit) -> None:
    account = an_account(session, unit)
    people.set_password(session, account, PASSWORD, now=NOON, keep_session=None)
    assert account.password_changed_at is not None
    cookie = make_trust(b"k", account.id, account.password_changed_at)
    mine, elsewhere = signed_in(session, account), signed_in(session, account)
    assert is_trusted(b"k", cookie, account)
    assert not is_trusted(b"other", cookie, account)
    assert not is_trusted(b"k", cookie, an_account(session, unit))
    assert not is_trusted(b"k", "乱写", account)
    people.set_password(session, account, PASSWORD + "！", now=NOON + SECOND, keep_session=mine.id)
    assert (mine.ended_at, elsewhere.end_reason) == (None, "password")
    assert not is_trusted(b"k", cookie, account)


def test_a_weak_password_changes_nothing(session: Session, unit: Unit) -> None:
    account = an_account(session, unit)
    live = signed_in(session, account)
    with pytest.raises(Refused, match="最先被人猜到"):
        people.set_password(session, account, "Admin@123456", now=NOON, keep_session=None)
    assert (account.password_hash, live.ended_at) == (None, None)


def test_a_link_works_once_and_only_for_its_purpose(session: Session, unit: Unit) -> None:
    account = an_account(session, unit)
    token = make_link(session, account, Purpose.INVITATION, by="测试", now=NOON)
    assert token not in [one.digest for one in session.scalars(select(LinkToken))]
    assert look_up(session, token, Purpose.RESET, now=NOON) is None
    assert look_up(session, token + "x", Purpose.INVITATION, now=NOON) is None
    for _ in range(2):
        assert look_up(session, token, Purpose.INVITATION, now=NOON) is account
    assert use_link(session, token, Purpose.INVITATION, now=NOON) is account
    assert use_link(session, token, Purpose.INVITATION, now=NOON) is None
    assert look_up(session, token, Purpose.INVITATION, now=NOON) is None


@pytest.mark.parametrize("purpose", list(Purpose))
def test_a_link_ends_by_time_and_by_a_newer_one(session: Session, unit: Unit, purpose: Purpose) -> None:
    account = an_account(session, unit) if purpose is Purpose.INVITATION else working(session, unit)
    first = make_link(session, account, purpose, by="测试", now=NOON)
    second = make_link(session, account, purpose, by="测试", now=NOON)
    assert look_up(session, first, purpose, now=NOON) is None
    assert look_up(session, second, purpose, now=NOON + LIFE[purpose] - SECOND) is account
    assert use_link(session, second, purpose, now=NOON + LIFE[purpose]) is None


def test_an_invitation_of_a_disabled_account_does_not_work_not_even_later(
    session: Session, unit: Unit
) -> None:
    account = an_account(session, unit)
    token = make_link(session, account, Purpose.INVITATION, by="测试", now=NOON)
    people.disable(session, account, by="测试", now=NOON)
    assert use_link(session, token, Purpose.INVITATION, now=NOON) is None
    with pytest.raises(Refused, match="已停用"):
        make_link(session, account, Purpose.INVITATION, by="测试", now=NOON)
    people.enable(session, account, by="测试", now=NOON)
    assert use_link(session, token, Purpose.INVITATION, now=NOON) is None


def test_a_disabled_account_s_link_fails_even_when_only_the_account_says_so(
    session: Session, unit: Unit
) -> None:
    account = an_account(session, unit)
    token = make_link(session, account, Purpose.INVITATION, by="测试", now=NOON)
    account.active = False
    session.flush()
    assert look_up(session, token, Purpose.INVITATION, now=NOON) is None


def test_links_fit_the_state_of_the_account(session: Session, unit: Unit) -> None:
    with pytest.raises(Refused, match="改用邀请链接"):
        make_link(session, an_account(session, unit), Purpose.RESET, by="测试", now=NOON)
    with pytest.raises(Refused, match="重设密码的链接"):
        make_link(session, working(session, unit), Purpose.INVITATION, by="测试", now=NOON)


def test_a_reset_ends_every_session_and_leaves_the_second_factor(session: Session, unit: Unit) -> None:
    account = working(session, unit)
    account.totp_secret = b"sealed"
    live = signed_in(session, account)
    token = make_link(session, account, Purpose.RESET, by="测试", now=NOON)
    assert use_link(session, token, Purpose.RESET, now=NOON) is account
    assert (live.end_reason, account.totp_secret) == ("reset", b"sealed")


def test_another_mail_address_or_password_ends_the_links(session: Session, unit: Unit) -> None:
    account = working(session, unit)
    token = make_link(session, account, Purpose.RESET, by="测试", now=NOON)
    people.set_details(session, account, name="方示九", email="new@example.cn", now=NOON)
    assert look_up(session, token, Purpose.RESET, now=NOON) is None
    token = make_link(session, account, Purpose.RESET, by="测试", now=NOON)
    people.set_password(session, account, PASSWORD, now=NOON, keep_session=None)
    assert look_up(session, token, Purpose.RESET, now=NOON) is None


def test_a_raised_session_has_a_new_token_and_the_old_one_is_dead(session: Session, unit: Unit) -> None:
    account = an_account(session, unit)
    old = begin_session(session, account, stage="password", address="192.0.2.1", agent="测试", now=NOON)
    half = find_session(session, old, now=NOON)
    assert half is not None
    new = raise_stage(session, half, address="192.0.2.1", agent="测试", now=NOON)
    assert find_session(session, old, now=NOON) is None
    full = find_session(session, new, now=NOON)
    assert full is not None
    assert (full.stage, half.end_reason) == ("full", "raised")
    assert live_sessions(session, account.id, now=NOON) == [full]
    assert not end_session(session, an_account(session, unit), full.id, reason="ended", now=NOON)
    assert end_session(session, account, full.id, reason="ended", now=NOON)
    assert not end_session(session, account, full.id, reason="ended", now=NOON)
    assert live_sessions(session, account.id, now=NOON) == []


def test_what_is_done_to_accounts_stands_in_the_unit_s_steps(session: Session, unit: Unit) -> None:
    account = an_account(session, unit)
    people.set_roles(session, account, [Role.REVIEWER], by="陈示一", now=NOON)
    people.disable(session, account, by="陈示一", now=NOON)
    people.enable(session, account, by="陈示一", now=NOON)
    an_account(session, None, Role.OFFICER)
    told = [(one.unit_id, one.actor, one.remark) for one in session.scalars(select(Step).order_by(Step.id))]
    assert told == [
        (unit.id, "测试", "新建账号（填报人）"),
        (unit.id, "陈示一", "改变角色（审核人）"),
        (unit.id, "陈示一", "停用账号"),
        (unit.id, "陈示一", "启用账号"),
    ]
