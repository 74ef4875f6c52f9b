"""Challenges, questions in words, and what they cost under load."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from portal.services.reports.challenges import BadChallenge, Challenges, solves
from portal.services.reports.questions import Questions, read_number
from portal.web.report.load import Load

NOW = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
CHALLENGES = Challenges(b"k" * 32)


def solved(challenge: str, bits: int) -> str:
    return next(str(n) for n in itertools.count() if solves(challenge, str(n), bits))


def test_a_solved_challenge_lives_half_an_hour() -> None:
    challenge = CHALLENGES.issue("jinhu", bits=12, now=NOW)
    nonce = solved(challenge, 12)
    until = CHALLENGES.check(challenge, nonce, jurisdiction="jinhu", now=NOW + timedelta(minutes=29))
    assert until == NOW + timedelta(minutes=30)
    for wrong, code in (
        ({"now": NOW + timedelta(minutes=30)}, "old_challenge"),
        ({"now": NOW - timedelta(minutes=2)}, "old_challenge"),
        ({"jurisdiction": "xian"}, "bad_challenge"),
    ):
        with pytest.raises(BadChallenge) as told:
            CHALLENGES.check(challenge, nonce, **{"jurisdiction": "jinhu", "now": NOW, **wrong})  # type: ignore[arg-type]
        assert told.value.code == code


def test_another_process_with_the_same_key_takes_it_and_one_with_another_does_not() -> None:
    challenge = CHALLENGES.issue("jinhu", bits=12, now=NOW)
    nonce = solved(challenge, 12)
    Challenges(b"k" * 32).check(challenge, nonce, jurisdiction="jinhu", now=NOW)
    with pytest.raises(BadChallenge, match="不是本站"):
        Challenges(b"x" * 32).check(challenge, nonce, jurisdiction="jinhu", now=NOW)


@pytest.mark.parametrize("text", ["", "a", "a.b.c.d.e", "v1.jinhu.1.0.0.0", "." * 300, "v1.jinhu.12.x.y.é"])
def test_what_we_never_issued_is_refused(text: str) -> None:
    with pytest.raises(BadChallenge):
        CHALLENGES.check(text, "1", jurisdiction="jinhu", now=NOW)


def test_a_challenge_cannot_be_made_cheaper() -> None:
    dear = CHALLENGES.issue("jinhu", bits=20, now=NOW)
    cheap = dear.replace(".20.", ".12.")
    with pytest.raises(BadChallenge, match="不是本站"):
        CHALLENGES.check(cheap, solved(cheap, 12), jurisdiction="jinhu", now=NOW)
    with pytest.raises(BadChallenge, match="没有算对"):
        CHALLENGES.check(dear, "nothing", jurisdiction="jinhu", now=NOW)
    with pytest.raises(BadChallenge, match="没有算对"):
        CHALLENGES.check(dear, "\ud800", jurisdiction="jinhu", now=NOW)


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_the_price_rises_with_what_one_address_asks_and_never_above_the_ceiling() -> None:
    clock = Clock()
    load = Load(clock)
    prices = []
    for _ in range(3000):
        prices.append(load.bits("203.0.113.9"))
        clock.at += 5  # So slowly that everybody together is not busy.
    assert prices[:5] == [12] * 5
    assert prices == sorted(prices[:100]) + prices[100:]
    assert max(prices) <= 20
    assert prices[60] > 14
    assert load.bits("203.0.113.10") == 12  # The neighbour pays nothing for it.
    clock.at += 1200
    assert load.bits("203.0.113.9") == 12


def test_a_household_of_ipv6_is_one_place() -> None:
    load = Load(Clock())
    for n in range(25):
        load.bits(f"2001:db8:1:2::{n:x}")
    assert load.bits("2001:db8:1:2:ffff::1") > 13
    assert load.bits("2001:db8:1:3::1") == 12
    load = Load(Clock())
    for _ in range(25):
        load.bits("::ffff:203.0.113.9")
    assert load.bits("203.0.113.9") > 13


def test_a_flood_from_many_places_makes_everybody_pay_a_little_and_locks_nobody_out() -> None:
    clock = Clock()
    load = Load(clock)
    for n in range(5000):
        load.bits(f"127.{n // 250 % 250}.{n % 250}.1")
        clock.at += 600 / 5000
    assert 14 <= load.bits("198.51.100.7") <= 18
    assert load.bits("what is no address") <= 20
    assert load.bits(None) <= 20
    clock.at += 180
    assert load.bits("198.51.100.8") == 12


def held_by(one: object) -> Iterator[object]:
    """Yield every text, number and string of bytes that is reached from an object."""
    if isinstance(one, dict):
        for key, value in one.items():
            yield from held_by(key)
            yield from held_by(value)
    elif isinstance(one, list | tuple | set):
        for value in one:
            yield from held_by(value)
    elif hasattr(one, "__dict__"):
        yield from held_by(vars(one))
    else:
        yield one


def test_nothing_of_an_address_is_kept() -> None:
    """Looked for as a whole: three digits of it may stand anywhere in a random key."""
    load = Load(Clock())
    load.bits("203.0.113.9")
    load.form_sent("203.0.113.9")
    kept = list(held_by(load))
    # The key itself, and twice what stands for the address.
    assert sum(isinstance(one, bytes) and len(one) == 32 for one in kept) == 3
    for one in kept:
        assert "203.0.113.9" not in str(one)
        assert b"\xcb\x00q\t" not in (one if isinstance(one, bytes) else b"")
        assert one not in (0xCB007109, 0x097100CB)  # Nor as the number that it also is.


def test_a_question_is_answered_in_digits_or_in_words_and_only_rightly() -> None:
    questions = Questions(b"k" * 32)
    digits = "零一二三四五六七八九十"
    for _ in range(40):
        asked = questions.ask(now=NOW)
        one, other = digits.index(asked.words[0]), digits.index(asked.words[2])
        right = one + other if asked.words[1] == "加" else one - other
        assert 0 <= right <= 18
        assert str(right) not in asked.token.split(".")
        spelled = digits[right] if right <= 10 else f"十{digits[right - 10]}"
        for typed in (str(right), f" {right} ", "".join(chr(ord(c) + 0xFEE0) for c in str(right)), spelled):
            assert questions.check(asked.token, typed, now=NOW) == NOW + timedelta(hours=2)
        for typed in (str(right + 1), "", "不知道", "-1", "99999999999"):
            with pytest.raises(BadChallenge):
                questions.check(asked.token, typed, now=NOW)
        with pytest.raises(BadChallenge):
            questions.check(asked.token, str(right), now=NOW + timedelta(hours=2))
    with pytest.raises(BadChallenge):
        questions.check("q1.x.y.z", "1", now=NOW)


def test_numbers_as_people_write_them() -> None:
    written = {"十": 10, "十一": 11, "一十八": 18, "两": 2, "〇": 0, "８": 8, "8。": 8, "廿": None, "": None}
    assert {text: read_number(text) for text in written} == written
