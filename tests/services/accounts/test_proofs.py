"""Passwords, one-time codes, recovery codes, links, waiting: each on a real database."""

from __future__ import annotations

from datetime import timedelta

import pyotp
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.services.accounts import entering, factors, keeping, links, passwords, sessions, throttling
from portal.services.accounts.sealing import seal_text, unseal_text
from portal.store.tables import Account, Jurisdiction, LoginSession, Mail, Unit
from tests import thrift
from tests.conftest import NOON

KEY = b"k" * 32
GOOD = "三月的雨落在青石板上"


@pytest.fixture
def account(session: Session, county: Jurisdiction, unit: Unit) -> Account:
    made = keeping.make_account(
        session, jurisdiction=county, unit=unit, login="Fang", name="方示九", email="fang@example.gov.cn",
        roles=["editor"], by="测试", now=NOON,
    )  # fmt: skip
    passwords.set_password(session, made, GOOD, now=NOON)
    session.commit()
    return made


def attempt(login: str = "fang", address: str = "192.0.2.1", *, known: bool = False) -> throttling.Try:
    return throttling.Try(entering.subject_of(KEY, login), address, "测试", known)


def enter(session: Session, login: str, password: str, who: throttling.Try, at: object = NOON) -> bool:
    fits = entering.password_fits(session, login, password, who, now=at)  # type: ignore[arg-type] # instants
    return entering.sign_in(session, login, password, fits, who, now=at) is not None  # type: ignore[arg-type] # likewise


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("短密码123", "至少 10"),
        ("1234567890", "太常见"),
        ("WOAINI1314520", "太常见"),
        ("ｐａｓｓｗｏｒｄ１２３", "太常见"),
        ("abababababab", "太常见"),
        ("abcdefghijkl", "太常见"),
        ("方示九的好密码一二三", "不要含有"),
        ("xfangx2026白云", "不要含有"),
        ("示例财政局的密码真长", "不要含有"),
        ("x" * 201, "最多"),
        ("密码里有\x00控制字符在", "控制字符"),
    ],
)
def test_a_password_that_others_would_guess_is_refused_with_the_reason(password: str, word: str) -> None:
    told = passwords.password_problem(password, known=["fang", "方示九", "示例财政局", None])
    assert told is not None
    assert word in told


def test_a_long_plain_sentence_is_good_in_either_width(session: Session, account: Account) -> None:
    assert passwords.password_problem("correct horse battery", known=["fang"]) is None
    with thrift.real_passwords():
        passwords.set_password(session, account, "ＡＢＣ白云飘过山顶12", now=NOON)
        assert passwords.verify_password(account.password_hash, "ABC白云飘过山顶１２")
    assert account.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")  # type: ignore[union-attr] # just set


def test_an_old_hash_is_renewed_at_sign_in(session: Session, account: Account) -> None:
    account.password_hash = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    session.flush()
    with thrift.real_passwords():
        assert enter(session, "fang", GOOD, attempt())
    assert "m=65536" in account.password_hash


def test_no_password_fits_an_account_without_one() -> None:
    assert not passwords.verify_password(None, "nobody has this password")


def test_a_one_time_code_works_once_and_never_backwards(session: Session, account: Account) -> None:
    secret = factors.new_secret()
    totp = pyotp.TOTP(secret)
    factors.enrol_totp(session, account, secret, step=0, key=KEY)
    assert secret.encode() not in (account.totp_secret or b"")
    code, before = totp.at(NOON), totp.at(NOON - timedelta(seconds=30))
    assert factors.use_totp(session, account, code, key=KEY, now=NOON)
    assert not factors.use_totp(session, account, code, key=KEY, now=NOON)
    assert not factors.use_totp(session, account, before, key=KEY, now=NOON)
    later = totp.at(NOON + timedelta(seconds=30))
    assert factors.use_totp(session, account, f" {later[:3]} {later[3:]} ", key=KEY, now=NOON)


@pytest.mark.parametrize("seconds", [-60, 60])
def test_a_code_two_steps_off_is_wrong(session: Session, account: Account, seconds: int) -> None:
    secret = factors.new_secret()
    factors.enrol_totp(session, account, secret, step=0, key=KEY)
    code = pyotp.TOTP(secret).at(NOON + timedelta(seconds=seconds))
    assert not factors.use_totp(session, account, code, key=KEY, now=NOON)


def test_a_sealed_secret_opens_for_its_owner_and_purpose_alone() -> None:
    box = seal_text(KEY, "x", purpose="enrol", owner="1")
    assert unseal_text(KEY, box, purpose="enrol", owner="1") == "x"
    for key, purpose, owner in ((b"z" * 32, "enrol", "1"), (KEY, "known", "1"), (KEY, "enrol", "2")):
        assert unseal_text(key, box, purpose=purpose, owner=owner) is None
    for torn in ("", "é", "AAAA", box[:-4]):
        assert unseal_text(KEY, torn, purpose="enrol", owner="1") is None


def test_each_recovery_code_works_once_and_new_ones_replace_them(session: Session, account: Account) -> None:
    codes = factors.new_recovery_codes(session, account, key=KEY)
    assert len(set(codes)) == 10
    assert factors.use_recovery_code(session, account, codes[0].upper(), key=KEY, now=NOON)
    assert not factors.use_recovery_code(session, account, codes[0], key=KEY, now=NOON)
    assert factors.recovery_codes_left(session, account) == 9
    factors.new_recovery_codes(session, account, key=KEY)
    assert not factors.use_recovery_code(session, account, codes[1], key=KEY, now=NOON)


def test_a_link_works_once_and_in_its_time(session: Session, account: Account) -> None:
    first = links.issue_link(session, account, links.RESET, by="本人", now=NOON)
    second = links.issue_link(session, account, links.RESET, by="本人", now=NOON)
    assert links.find_link(session, first, links.RESET, now=NOON) is None
    assert links.find_link(session, second, links.INVITATION, now=NOON) is None
    assert links.find_link(session, second, links.RESET, now=NOON + timedelta(hours=1)) is None
    assert links.use_link(session, second, links.RESET, now=NOON) is account
    assert links.use_link(session, second, links.RESET, now=NOON) is None


def test_reset_letters_do_not_flood_a_box_nor_go_to_the_disabled(session: Session, account: Account) -> None:
    for minutes in (0, 1, 3):
        links.mail_reset(session, account, address="x/{}", now=NOON + timedelta(minutes=minutes))
    links.mail_reset(session, None, address="x/{}", now=NOON)
    account.active = False
    links.mail_reset(session, account, address="x/{}", now=NOON + timedelta(hours=1))
    assert len(session.scalars(select(Mail)).all()) == 2


def test_who_asks_in_another_s_name_leaves_the_person_a_link_that_works(
    session: Session, account: Account
) -> None:
    for minutes in range(0, 180, 3):
        links.mail_reset(session, account, address="x/{}", now=NOON + timedelta(minutes=minutes))
    letters = session.scalars(select(Mail).order_by(Mail.id)).all()
    assert len(letters) == 10  # Eight, and one an hour.
    tokens = [one.body.split("x/")[1].split()[0] for one in letters]
    at = NOON + timedelta(minutes=30)
    assert links.find_link(session, tokens[0], links.RESET, now=at) is account
    late = NOON + timedelta(hours=3)
    assert links.find_link(session, tokens[-1], links.RESET, now=late) is account
    assert links.use_link(session, tokens[-1], links.RESET, now=late) is account
    assert all(links.find_link(session, one, links.RESET, now=NOON) is None for one in tokens)


def test_failed_tries_wait_longer_and_longer_but_never_for_good(session: Session, account: Account) -> None:
    at = NOON
    for _ in range(5):
        assert not enter(session, "fang", "不是这个密码啊不是", attempt(), at)
    waits = []
    for _ in range(9):
        with pytest.raises(entering.Wait) as told:
            enter(session, "fang", GOOD, attempt(), at)
        waits.append((told.value.until - at).total_seconds())
        at = told.value.until
        assert not enter(session, "fang", "还是不对还是不对啊", attempt(), at)
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, 900]
    at += throttling.LONGEST
    assert enter(session, "fang", GOOD, attempt(), at)
    assert enter(session, "fang", GOOD, attempt(), at)


def test_whoever_guesses_from_elsewhere_does_not_hold_the_owner_up(
    session: Session, account: Account
) -> None:
    for _ in range(5):
        enter(session, "fang", "不是这个密码啊不是", attempt(address="203.0.113.9"))
    with pytest.raises(entering.Wait):
        enter(session, "fang", GOOD, attempt(address="203.0.113.9"))
    assert enter(session, "fang", GOOD, attempt())


def test_guesses_from_many_addresses_slow_down_strangers_but_not_a_known_browser_nor_a_reset(
    session: Session, account: Account
) -> None:
    for number in range(throttling.SPREAD):
        throttling.enter(session, attempt(address=f"203.0.113.{number}"), account, throttling.WRONG, now=NOON)
    with pytest.raises(entering.Wait):
        enter(session, "fang", GOOD, attempt(address="198.51.100.1"))
    assert enter(session, "fang", GOOD, attempt(address="198.51.100.1", known=True))
    token = links.issue_link(session, account, links.RESET, by="本人", now=NOON)
    assert entering.take_link(
        session, token, links.RESET, "另一句足够长的话语", attempt(address="198.51.100.2"), now=NOON
    )


def test_waiting_does_not_tell_which_logins_exist(session: Session, account: Account) -> None:
    for login in ("fang", "nobody-here"):
        for _ in range(5):
            assert not enter(session, login, "不是这个密码啊不是", attempt(login, f"ad-{login}"))
    told = []
    for login in ("fang", "nobody-here"):
        with pytest.raises(entering.Wait) as wait:
            enter(session, login, GOOD, attempt(login, f"ad-{login}"))
        told.append(wait.value.until)
    assert told[0] == told[1]


def test_guesses_at_once_do_not_get_more_looked_at(session: Session, account: Account) -> None:
    fits = [entering.password_fits(session, "fang", "不是这个密码", attempt(), now=NOON) for _ in range(8)]
    fits.append(entering.password_fits(session, "fang", GOOD, attempt(), now=NOON))
    for one in fits[:5]:
        entering.sign_in(session, "fang", "", one, attempt(), now=NOON)
    with pytest.raises(entering.Wait):
        entering.sign_in(session, "fang", GOOD, fits[-1], attempt(), now=NOON)


def test_a_password_changed_meanwhile_does_not_fit(session: Session, account: Account) -> None:
    fits = entering.password_fits(session, "fang", GOOD, attempt(), now=NOON)
    assert fits
    passwords.set_password(session, account, "另一句足够长的话语", now=NOON)
    assert entering.sign_in(session, "fang", GOOD, fits, attempt(), now=NOON) is None


def ended(session: Session, token: str) -> bool:
    return sessions.find_session(session, token, now=NOON) is None


@pytest.mark.parametrize("cause", ["disable", "roles", "password", "reset", "factor"])
def test_every_cause_ends_the_sessions(session: Session, account: Account, cause: str) -> None:
    token = sessions.begin_session(session, account, stage="full", address="", agent="", now=NOON)
    assert not ended(session, token)
    if cause == "disable":
        keeping.disable(session, account, by_id=None, now=NOON)
    elif cause == "roles":
        keeping.set_roles(session, account, ["editor", "staff"], by="测试", by_id=None, now=NOON)
    elif cause == "password":
        entering.change_password(session, account, "另一句足够长的话语", now=NOON)
    elif cause == "reset":
        link = links.issue_link(session, account, links.RESET, by="本人", now=NOON)
        entering.take_link(session, link, links.RESET, "另一句足够长的话语", attempt(), now=NOON)
    else:
        keeping.reset_second_factor(session, account, by="测试", by_id=None, now=NOON)
    assert ended(session, token)


def test_the_reset_leaves_the_second_factor_owed(session: Session, account: Account) -> None:
    factors.enrol_totp(session, account, factors.new_secret(), step=0, key=KEY)
    link = links.issue_link(session, account, links.RESET, by="本人", now=NOON)
    entered = entering.take_link(session, link, links.RESET, "另一句足够长的话语", attempt(), now=NOON)
    assert entered is not None
    assert entered.owes
    found = sessions.find_session(session, entered.token, now=NOON)
    assert found is not None
    assert found.stage == "password"


def test_the_last_administrator_stays(session: Session, county: Jurisdiction, unit: Unit) -> None:
    def admin(login: str) -> Account:
        return keeping.make_account(
            session, jurisdiction=county, unit=unit, login=login, name="陈示一", email="", roles=["unit_admin"],
            by="测试", now=NOON,
        )  # fmt: skip

    first, invited = admin("a1"), admin("a2")
    first.password_hash = "x"
    session.flush()
    with pytest.raises(keeping.NotKept, match="最后一位"):
        keeping.disable(session, first, by_id=None, now=NOON)
    with pytest.raises(keeping.NotKept, match="最后一位"):
        keeping.set_roles(session, first, ["editor"], by="测试", by_id=None, now=NOON)
    invited.password_hash = "y"
    session.flush()
    keeping.disable(session, first, by_id=None, now=NOON)
    assert not first.active


@pytest.mark.parametrize("role", ["officer", "commission_admin", "root", ""])
def test_no_role_of_the_commission_is_given_in_a_unit(session: Session, account: Account, role: str) -> None:
    with pytest.raises(keeping.NotKept):
        keeping.set_roles(session, account, ["editor", role], by="测试", by_id=None, now=NOON)
    assert [one.role for one in account.roles] == ["editor"]


def test_rising_changes_the_token(session: Session, account: Account) -> None:
    token = sessions.begin_session(session, account, stage="password", address="", agent="", now=NOON)
    here = sessions.find_session(session, token, now=NOON)
    assert isinstance(here, LoginSession)
    new = entering.rise(session, account, here, attempt(), now=NOON)
    assert new != token
    assert ended(session, token)
    assert not ended(session, new)
