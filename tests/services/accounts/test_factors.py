"""One-time codes, recovery codes and passkeys: each works once, and only for its own account."""

from __future__ import annotations

import re
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.roles import Role
from portal.services.accounts import factors, passkeys
from portal.services.accounts.refusals import Refused
from portal.services.accounts.sessions import begin_session, find_session
from portal.services.accounts.signing import second_factor_of
from portal.store.tables import Account, LoginSession, RecoveryCode, Unit
from tests.conftest import NOON
from tests.services.accounts.authenticator import Authenticator
from tests.services.accounts.people_of import an_account

KEY, STEP = b"k" * 32, timedelta(seconds=30)
HOST, ORIGIN = "office.example.cn", "https://office.example.cn"


@pytest.fixture
def account(session: Session, unit: Unit) -> Account:
    return an_account(session, unit, Role.EDITOR)


def begun(session: Session, account: Account) -> LoginSession:
    token = begin_session(session, account, stage="password", address="192.0.2.1", agent="测试", now=NOON)
    found = find_session(session, token, now=NOON)
    assert found is not None
    return found


def enrolled(session: Session, account: Account) -> pyotp.TOTP:
    app = pyotp.TOTP(factors.new_totp())
    assert factors.enrol_totp(session, account, app.secret, app.at(NOON), key=KEY, now=NOON)
    return app


def test_a_code_works_once_and_neighbouring_steps_count(session: Session, account: Account) -> None:
    app = enrolled(session, account)

    def check(code: str, steps: int, key: bytes = KEY) -> bool:
        return factors.check_totp(session, account, code, key=key, now=NOON + steps * STEP)

    assert not check(app.at(NOON), 0)  # Used when the app was set up.
    assert not check(app.at(NOON + 4 * STEP), 2)
    assert not check(app.at(NOON + 4 * STEP), 6)
    assert check(app.at(NOON + 4 * STEP), 3)
    assert not check(app.at(NOON + 4 * STEP), 4)
    assert not check(app.at(NOON + 3 * STEP), 4)  # Seen over a shoulder a moment ago: no step goes back.
    assert check(f" {app.at(NOON + 5 * STEP)[:3]} {app.at(NOON + 5 * STEP)[3:]}", 6)
    assert not check(app.at(NOON + 9 * STEP), 9, key=b"x" * 32)
    full_width = app.at(NOON + 9 * STEP).translate({48 + one: 0xFF10 + one for one in range(10)})
    assert check(full_width, 9)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "-12345", "１２３", "\ud800"])
def test_odd_codes_are_wrong_codes(session: Session, account: Account, code: str) -> None:
    enrolled(session, account)
    assert not factors.check_totp(session, account, code, key=KEY, now=NOON + 9 * STEP)
    assert not factors.use_recovery_code(session, account, code, now=NOON)


def test_the_secret_is_sealed_to_its_account(session: Session, unit: Unit, account: Account) -> None:
    app, other = enrolled(session, account), an_account(session, unit)
    assert account.totp_secret is not None
    assert app.secret.encode() not in account.totp_secret
    other.totp_secret = account.totp_secret  # A row copied by hand gives the thief no codes of his own.
    session.flush()
    later = NOON + 9 * STEP
    assert not factors.check_totp(session, other, app.at(later), key=KEY, now=later)
    assert factors.check_totp(session, account, app.at(later), key=KEY, now=later)


def test_an_app_that_gives_another_code_is_not_taken(session: Session, account: Account) -> None:
    secret = factors.new_totp()
    wrong = pyotp.TOTP(factors.new_totp()).at(NOON)
    assert not factors.enrol_totp(session, account, secret, wrong, key=KEY, now=NOON)
    assert account.totp_secret is None
    assert not factors.check_totp(session, account, pyotp.TOTP(secret).at(NOON), key=KEY, now=NOON)
    uri = factors.totp_uri(secret, login="方示九", issuer="阳光权力公开平台")
    assert pyotp.parse_uri(uri).provisioning_uri() == uri


def test_ten_recovery_codes_work_once_each_however_they_are_typed(session: Session, account: Account) -> None:
    codes = factors.make_recovery_codes(session, account, now=NOON)
    kept = list(session.scalars(select(RecoveryCode.digest)))
    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}", one) for one in codes)
    assert not any(one.replace("-", "")[:6] in "".join(kept).upper() for one in codes)
    typed = codes[0].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    assert factors.use_recovery_code(session, account, typed, now=NOON)
    assert not factors.use_recovery_code(session, account, codes[0], now=NOON)
    assert factors.recovery_codes_left(session, account) == 9


def test_recovery_codes_are_their_account_s_and_end_with_new_ones(
    session: Session, unit: Unit, account: Account
) -> None:
    old = factors.make_recovery_codes(session, account, now=NOON)
    assert not factors.use_recovery_code(session, an_account(session, unit), old[0], now=NOON)
    new = factors.make_recovery_codes(session, account, now=NOON)
    assert not factors.use_recovery_code(session, account, old[0], now=NOON)
    assert factors.use_recovery_code(session, account, new[0], now=NOON)


def test_a_reset_takes_every_factor_and_ends_sessions(session: Session, account: Account) -> None:
    enrolled(session, account)
    live, key = begun(session, account), Authenticator(ORIGIN)
    register(session, account, live, key)
    codes = factors.make_recovery_codes(session, account, now=NOON)
    factors.reset_second_factor(session, account, by="陈示一", now=NOON)
    assert not second_factor_of(account)
    assert not factors.use_recovery_code(session, account, codes[0], now=NOON)
    assert live.end_reason == "second_factor"


def test_the_last_factor_stays_where_the_roles_need_one(session: Session, unit: Unit) -> None:
    reviewer = an_account(session, unit, Role.REVIEWER)
    enrolled(session, reviewer)
    live, mine = begun(session, reviewer), begun(session, reviewer)
    with pytest.raises(Refused, match="最后一种方式"):
        factors.remove_totp(session, reviewer, now=NOON, keep_session=None)
    kept = register(session, reviewer, mine, Authenticator(ORIGIN))
    factors.remove_totp(session, reviewer, now=NOON, keep_session=mine.id)
    assert (reviewer.totp_secret, live.end_reason, mine.ended_at) == (None, "second_factor", None)
    with pytest.raises(Refused, match="最后一种方式"):
        passkeys.remove_passkey(session, reviewer, kept, now=NOON, keep_session=None)
    assert second_factor_of(reviewer).passkeys == 1


def test_who_needs_no_factor_may_remove_the_last_with_its_codes(session: Session, account: Account) -> None:
    enrolled(session, account)
    codes = factors.make_recovery_codes(session, account, now=NOON)
    factors.remove_totp(session, account, now=NOON, keep_session=None)
    assert not second_factor_of(account)
    assert not factors.use_recovery_code(session, account, codes[0], now=NOON)


def register(
    session: Session, account: Account, live: LoginSession, key: Authenticator, *, origin: str = ORIGIN
) -> int:
    options = passkeys.registration_options(session, account, live, rp_id=HOST, rp_name="阳光权力公开平台")
    made = passkeys.register(
        session, account, live, key.create(options), name="办公室的钥匙", rp_id=HOST, origin=origin, now=NOON
    )
    return made.id


def answer(
    session: Session, account: Account, live: LoginSession, response: str, *, origin: str = ORIGIN
) -> bool:
    return passkeys.authenticate(session, account, live, response, rp_id=HOST, origin=origin, now=NOON)


def test_a_passkey_signs_in_once_for_each_challenge(session: Session, account: Account) -> None:
    live, key = begun(session, account), Authenticator(ORIGIN)
    register(session, account, live, key)
    assert live.challenge is None
    options = passkeys.authentication_options(session, account, live, rp_id=HOST)
    assert '"userVerification": "required"' in options
    response = key.get(options)
    assert answer(session, account, live, response)
    assert not answer(session, account, live, response)
    assert live.challenge is None
    (kept,) = passkeys.passkeys_of(session, account)
    assert (kept.sign_count, kept.last_used_at, kept.name) == (1, NOON, "办公室的钥匙")


def test_a_wrong_answer_uses_the_challenge_up(session: Session, account: Account) -> None:
    live, key = begun(session, account), Authenticator(ORIGIN)
    register(session, account, live, key)
    options = passkeys.authentication_options(session, account, live, rp_id=HOST)
    for odd in ("", "[]", "null", "{}", '{"id": 1}', "\ud800"):
        live.challenge = live.challenge or b"c" * 64
        assert not answer(session, account, live, odd)
        assert live.challenge is None
    assert not answer(session, account, live, key.get(options))


def test_a_copied_key_is_refused_by_its_counter(session: Session, account: Account) -> None:
    live, key = begun(session, account), Authenticator(ORIGIN)
    register(session, account, live, key)
    for advance, good in ((5, True), (0, False), (-2, False), (3, True)):
        options = passkeys.authentication_options(session, account, live, rp_id=HOST)
        assert answer(session, account, live, key.get(options, advance=advance)) is good


def test_foreign_keys_sites_and_sessions_are_refused(session: Session, unit: Unit, account: Account) -> None:
    live, key = begun(session, account), Authenticator(ORIGIN)
    register(session, account, live, key)
    other = an_account(session, unit)
    theirs, second = begun(session, other), Authenticator(ORIGIN)
    register(session, other, theirs, second)

    def options() -> str:
        return passkeys.authentication_options(session, account, live, rp_id=HOST)

    assert not answer(session, account, live, second.get(options()))  # Somebody else's key.
    assert not answer(session, other, live, key.get(options()))  # Somebody else's session.
    key.origin = "https://office.example.cn.evil.example"
    assert not answer(session, account, live, key.get(options()))
    key.origin = ORIGIN
    assert not answer(session, account, live, key.get(options().replace(HOST, "evil.example")))
    key.verifies = False  # Touched, but nobody asked who touches it.
    assert not answer(session, account, live, key.get(options()))
    key.verifies = True
    assert answer(session, account, live, key.get(options()))
    (theirs_key,) = passkeys.passkeys_of(session, other)
    assert not passkeys.remove_passkey(session, account, theirs_key.id, now=NOON, keep_session=None)


def test_what_is_not_a_verified_new_key_of_this_site_is_not_kept(session: Session, account: Account) -> None:
    live, good = begun(session, account), Authenticator(ORIGIN)
    for key in (Authenticator(ORIGIN, verifies=False), Authenticator("https://evil.example")):
        with pytest.raises(Refused, match="没有设置成功"):
            register(session, account, live, key)
    register(session, account, live, good)
    with pytest.raises(Refused, match="已经登记过"):
        register(session, account, live, good)
    with pytest.raises(Refused, match="没有设置成功"):  # No ceremony was begun.
        passkeys.register(session, account, live, "{}", name="", rp_id=HOST, origin=ORIGIN, now=NOON)
    assert len(passkeys.passkeys_of(session, account)) == 1
