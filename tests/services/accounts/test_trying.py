"""Throttling: guesses are slow, nobody is locked out, and waiting tells nothing about who has an account."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from portal.domain.roles import Role
from portal.services.accounts import people, trying
from portal.services.accounts.sessions import find_session
from portal.services.accounts.signing import Result, prove, sign_in
from portal.services.accounts.trust import make_trust
from portal.services.accounts.trying import CAP, Outcome, history, note, wait_for, wait_for_second
from portal.store.tables import Account, SignIn, Unit
from tests.conftest import NOON
from tests.services.accounts.people_of import PASSWORD, an_account

HERE, THERE, SECRET = "192.0.2.1", "198.51.100.7", b"s" * 32
HOUR = timedelta(hours=1)


@pytest.fixture
def account(session: Session, unit: Unit) -> Account:
    return an_account(session, unit, Role.EDITOR, login="zhanghao")


def wait(session: Session, account: Account | None, address: str = HERE, **more: Any) -> timedelta | None:
    return wait_for(
        session,
        account=account,
        login=more.get("login", "zhanghao"),
        address=address,
        trusted=more.get("trusted", False),
        now=more.get("now", NOON),
    )


def fail(session: Session, account: Account | None, address: str = HERE, **more: Any) -> None:
    note(
        session,
        account=account,
        outcome=more.get("outcome", Outcome.WRONG_PASSWORD if account else Outcome.UNKNOWN_LOGIN),
        address=address,
        agent="测试",
        now=more.get("now", NOON),
        login=more.get("login", "zhanghao"),
        trusted=more.get("trusted", False),
    )


def test_waits_grow_to_the_cap_and_are_forgotten(session: Session, account: Account) -> None:
    seen = []
    for _ in range(13):
        seen.append(wait(session, account))
        fail(session, account)
    minutes = [one and one.total_seconds() / 60 for one in seen]
    assert minutes == [None, None, None, None, None, 0.5, 1, 2, 4, 8, 15, 15, 15]
    assert wait(session, account, now=NOON + CAP - timedelta(seconds=1)) == timedelta(seconds=1)
    assert wait(session, account, now=NOON + CAP) is None
    assert wait(session, account, now=NOON - HOUR) == CAP  # A clock that was set back.


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2000),  # Seconds since the event before.
            st.sampled_from(list(Outcome)),
            st.sampled_from([HERE, THERE, "203.0.113.9"]),
            st.booleans(),  # From a trusted browser.
            st.booleans(),  # Against this account, or a login that nobody has.
        ),
        max_size=60,
    )
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nobody_ever_waits_longer_than_the_cap(
    engine: Engine, events: list[tuple[int, Outcome, str, bool, bool]]
) -> None:
    with Session(engine) as session:  # Rolled back at the end: every example begins with nothing.
        account = _somebody(session)
        at, trusted_failures = NOON, 0
        for seconds, outcome, address, trusted, real in events:
            at += timedelta(seconds=seconds)
            fail(session, account if real else None, address, outcome=outcome, trusted=trusted, now=at)
            trusted_failures += trusted and real
            for who in (account, None):
                for place in (HERE, THERE):
                    left = wait(session, who, place, now=at)
                    assert left is None or timedelta(0) < left <= CAP
                    # Whoever waits as long as he was told, and nobody else tries, is let try.
                    if left is not None:
                        assert wait(session, who, place, now=at + left) is None
            left = wait(session, account, HERE, trusted=True, now=at)
            assert left is None or (trusted_failures >= trying.FREE_HERE and left <= CAP)


def _somebody(session: Session) -> Account:
    from portal.store.tables import Jurisdiction

    county = session.scalars(select(Jurisdiction)).first()
    assert county is not None
    return people.create_account(
        session, jurisdiction=county, unit=None, login="zhanghao", name="方示九", email=None,
        roles=[Role.OFFICER], by="测试", now=NOON,
    )  # fmt: skip


def test_one_address_that_never_stops_gets_few_guesses_and_delays_nobody_elsewhere(
    session: Session, account: Account
) -> None:
    at, tries = NOON, 0
    while at < NOON + 6 * HOUR:
        left = wait(session, account, THERE, now=at)
        if left is None:
            fail(session, account, THERE, now=at)
            tries += 1
        assert wait(session, account, HERE, now=at) is None
        at += left or timedelta(0)
    assert 20 < tries < 75


def test_many_addresses_are_slowed_and_a_trusted_browser_is_not(session: Session, account: Account) -> None:
    for number in range(40):
        fail(session, account, f"203.0.113.{number}")
    assert wait(session, account) == CAP
    assert wait(session, account, trusted=True) is None
    assert wait(session, account, THERE, trusted=True) is None


def test_a_trusted_browser_is_metered_by_its_own_kind(session: Session, account: Account) -> None:
    for _ in range(6):
        fail(session, account, trusted=True)
    assert wait(session, account, trusted=True) == timedelta(minutes=1)
    assert wait(session, account) is None


def test_one_address_cannot_try_one_password_on_everybody(
    session: Session, unit: Unit, account: Account
) -> None:
    others = [an_account(session, unit) for _ in range(30)]
    for one in others:
        fail(session, one)
    assert wait(session, account) is not None
    note(session, account=others[0], outcome=Outcome.SIGNED_IN, address=HERE, agent="", now=NOON)
    assert wait(session, account) is not None  # Signing in to an own account buys no further guesses.
    assert wait(session, account, THERE) is None


def test_a_complete_sign_in_begins_anew_and_a_password_alone_does_not(
    session: Session, account: Account
) -> None:
    for _ in range(6):
        fail(session, account)
    fail(session, account, outcome=Outcome.PASSWORD_RIGHT)
    assert wait(session, account) is not None
    fail(session, account, outcome=Outcome.SIGNED_IN)
    assert wait(session, account) is None


def test_a_login_that_nobody_has_waits_like_one_that_somebody_has(session: Session, account: Account) -> None:
    for place in range(25):
        address = HERE if place < 8 else f"203.0.113.{place}"
        for who, login in ((account, "zhanghao"), (None, "meiyouren")):
            fail(session, who, address, login=login)
        for at in (HERE, THERE):
            assert wait(session, account, at) == wait(session, None, at, login=" ＭＥＩＹＯＵＲＥＮ ")
    assert wait(session, None, "203.0.113.250", login="bieren") is None


def test_the_second_factor_is_watched_for_the_whole_account(session: Session, account: Account) -> None:
    for number in range(6):
        fail(session, account, f"203.0.113.{number}", outcome=Outcome.WRONG_SECOND)
    assert wait_for_second(session, account=account, trusted=False, now=NOON) == timedelta(minutes=1)
    assert wait_for_second(session, account=account, trusted=True, now=NOON) is None


def attempt(session: Session, password: str, **more: Any) -> Result:
    return sign_in(
        session,
        login=more.get("login", "ＺＨＡＮＧＨＡＯ"),
        password=password,
        address=HERE,
        agent="浏览器\n一",
        trusted=more.get("trusted"),
        secret=SECRET,
        now=more.get("now", NOON),
        proof=more.get("proof"),
    )


def test_signing_in_and_what_is_written_down(session: Session, account: Account) -> None:
    people.set_password(session, account, PASSWORD, now=NOON, keep_session=None)
    assert attempt(session, "不对的密码一个两个三个") == Result(None, None, None, None)
    assert attempt(session, "不对的密码一个两个三个", login="nobody") == Result(None, None, None, None)
    done = attempt(session, PASSWORD)
    assert (done.stage, done.account) == ("full", account)
    assert done.token
    assert find_session(session, done.token, now=NOON) is not None
    people.set_roles(session, account, [Role.REVIEWER], by="测试", now=NOON)
    owed = attempt(session, PASSWORD)
    assert owed.stage == "password"
    people.set_roles(session, account, [Role.EDITOR], by="测试", now=NOON)
    account.totp_secret = b"set up of one's own accord"
    assert attempt(session, PASSWORD).stage == "password"
    people.disable(session, account, by="测试", now=NOON)
    assert attempt(session, PASSWORD) == Result(None, None, None, None)
    rows = history(session, account.id, limit=10)
    assert [one.outcome for one in rows] == [
        *("disabled", "password_right", "password_right", "signed_in", "wrong_password")
    ]
    assert {one.agent for one in rows} == {"浏览器一"}
    assert [one.outcome for one in history(session, account.id, limit=1)] == ["disabled"]


def test_while_waiting_not_even_the_right_password_is_looked_at(session: Session, account: Account) -> None:
    people.set_password(session, account, PASSWORD, now=NOON, keep_session=None)
    assert account.password_changed_at is not None
    # Compared before the failures were written: many tries sent at once gain nothing.
    early = prove(
        session, login="zhanghao", password=PASSWORD, address=HERE, trusted=None, secret=SECRET, now=NOON
    )
    assert early is not None
    assert early.right
    for _ in range(5):
        fail(session, account)
    for proof in (early, None):
        assert attempt(session, PASSWORD, proof=proof) == Result(None, None, None, timedelta(seconds=30))
    assert (
        prove(
            session, login="zhanghao", password=PASSWORD, address=HERE, trusted=None, secret=SECRET, now=NOON
        )
        is None
    )
    waiting = select(func.count()).where(SignIn.outcome == Outcome.WAITING.value)
    assert session.scalar(waiting) == 1  # Entered once a minute at most.
    cookie = make_trust(SECRET, account.id, account.password_changed_at)
    assert attempt(session, PASSWORD, trusted="forged").wait is not None
    assert attempt(session, PASSWORD, trusted=cookie).stage == "full"


def test_a_proof_of_a_password_that_has_changed_since_is_worth_nothing(
    session: Session, account: Account
) -> None:
    people.set_password(session, account, PASSWORD, now=NOON, keep_session=None)
    early = prove(
        session, login="zhanghao", password=PASSWORD, address=HERE, trusted=None, secret=SECRET, now=NOON
    )
    people.set_password(session, account, PASSWORD + "又改了", now=NOON, keep_session=None)
    assert attempt(session, PASSWORD, proof=early).token is None
