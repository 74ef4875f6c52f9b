"""Query codes: what people mistype is noticed, what they may type otherwise is read, none is made twice."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.reports import bech32
from portal.domain.reports.codes import (
    ALPHABET,
    WrongCode,
    code_in_text,
    code_of,
    derive,
    new_code,
    read_code,
    shown,
)

CODES = st.binary(min_size=15, max_size=15).map(code_of)


@given(CODES, st.integers(0, 24), st.sampled_from(ALPHABET))
def test_any_single_wrong_character_is_noticed(code: str, place: int, other: str) -> None:
    if other == code[place]:
        assert read_code(code) == code
        return
    with pytest.raises(WrongCode):
        read_code(code[:place] + other + code[place + 1 :])


@given(CODES, st.integers(0, 24), st.integers(0, 24))
def test_any_swap_of_two_different_characters_is_noticed(code: str, one: int, two: int) -> None:
    typed = list(code)
    typed[one], typed[two] = typed[two], typed[one]
    if code[one] == code[two]:
        assert read_code("".join(typed)) == code
        return
    with pytest.raises(WrongCode):
        read_code("".join(typed))


@given(CODES, st.data())
def test_what_people_type_is_read(code: str, data: st.DataObject) -> None:
    ways = {
        "0": "0Oo０Ｏｏ",
        "1": "1IiLl１Ｉｌ",
    }
    typed = ""
    for place, character in enumerate(code):
        same = ways.get(character, character + character.lower() + chr(ord(character) + 0xFEE0))
        typed += data.draw(st.sampled_from(same))
        if place % 4 == 3:
            typed += data.draw(
                st.sampled_from(["", "-", " ", " - ", "—", "－", "\u2011", "\u3000", "\n", "ー", "\t"])
            )
    assert read_code(f" {typed}\n") == code
    assert code_in_text(f"我的码：{typed}。")


@given(CODES, st.integers(0, 24))
def test_one_too_few_or_too_many_is_told(code: str, place: int) -> None:
    with pytest.raises(WrongCode, match="少了 1 个"):
        read_code(code[:place] + code[place + 1 :])
    with pytest.raises(WrongCode, match="多了 1 个"):
        read_code(code[:place] + "0" + code[place:])


@given(st.text(max_size=60))
def test_anything_else_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(WrongCode) as refused:  # Chance makes no code of 25 characters with the right check.
        read_code(text)
    folded = unicodedata.normalize("NFKC", text).strip()
    assert len(folded) < 8 or folded not in str(refused.value)


@pytest.mark.parametrize("text", ["", "-- ", "U" * 25, "查询码", "é" * 25, "０" * 24])
def test_what_is_no_code_is_told_in_chinese(text: str) -> None:
    with pytest.raises(WrongCode, match="查询码"):
        read_code(text)


def test_a_million_codes_without_repeat() -> None:
    made = {new_code() for _ in range(1_000_000)}
    assert len(made) == 1_000_000
    sample = [code for code, _ in zip(made, range(2_000), strict=False)]
    assert all(read_code(shown(code)) == code for code in sample)
    for place in range(24):  # Each place uses the whole alphabet.
        assert {code[place] for code in sample} == set(ALPHABET)


def test_keys_of_two_codes_have_nothing_in_common() -> None:
    one, two = derive(code_of(bytes(15))), derive(code_of(bytes(14) + b"\x01"))
    held = {
        one.lookup,
        one.identity,
        one.binding,
        one.reply,
        two.lookup,
        two.identity,
        two.binding,
        two.reply,
    }
    assert len(held) == 8
    assert one.identity not in repr(one), "a secret is never printed"
    assert one.reply.hex() not in repr(one)


@given(st.binary(max_size=80))
def test_bech32_is_read_as_written(data: bytes) -> None:
    assert bech32.decode(bech32.encode("age", data)) == ("age", data)


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(4, 61),
    st.sampled_from("qpzry9x8gf2tvdw0s3jn54khce6mua7l"),
)
def test_a_wrong_character_in_a_public_key_is_noticed(data: bytes, place: int, other: str) -> None:
    key = bech32.encode("age", data)
    assert bech32.is_recipient(key)
    changed = key[:place] + other + key[place + 1 :]
    assert bech32.is_recipient(changed) == (changed == key)
    assert not bech32.is_recipient(key.upper())
