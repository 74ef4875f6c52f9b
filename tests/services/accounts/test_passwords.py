"""Passwords: what is kept, what is refused, and that nobody is told who has an account."""

from __future__ import annotations

import time

import pytest
from argon2 import extract_parameters, profiles

from portal.services.accounts import passwords
from portal.services.accounts.passwords import check_password, hash_password, needs_rehash, weakness

WHO = {"login": "fangshijiu", "name": "方示九", "unit_name": "示例财政局"}


def test_what_is_kept_is_argon2id_as_rfc_9106_recommends() -> None:
    kept = hash_password("春眠不觉晓，处处蚊子咬")
    found, least = extract_parameters(kept), profiles.RFC_9106_LOW_MEMORY
    assert kept.startswith("$argon2id$v=19$")
    assert (found.memory_cost, found.time_cost) >= (least.memory_cost, least.time_cost)
    assert not needs_rehash(kept)
    assert needs_rehash(kept.replace("t=3", "t=2"))
    assert check_password(kept, "春眠不觉晓，处处蚊子咬")
    assert not check_password(kept, "春眠不觉晓，处处蚊子咬 ")


def test_full_width_typing_is_the_same_password() -> None:
    assert check_password(hash_password("Ｈｅｎ９ 长的口令啊"), "Hen9 长的口令啊")


def test_nobody_s_digest_costs_what_a_real_one_costs_and_opens_nothing() -> None:
    # The same parameters are the same work, whatever the machine is doing just now.
    assert extract_parameters(passwords._NOBODY) == extract_parameters(hash_password("随便什么都可以"))
    begun = time.process_time()
    assert not check_password(None, "随便什么都可以")
    assert time.process_time() - begun > 0.005


def test_a_broken_digest_is_no_password() -> None:
    assert not check_password("$argon2id$nonsense", "随便什么都可以")


@pytest.mark.parametrize(
    "password",
    [
        *("a1234567890", "woaini1314", "Admin@123456", "woaini5201314", "qwertyuiop123", "1qaz2wsx3edc"),
        *(
            "Password123!",
            "ｐａｓｓｗｏｒｄ１２３",
            "P@ssw0rd2024",
            "1234567890",
            "aaaaaaaaaaaa",
            "abababababab",
        ),
        *("Qwer1234!@#$", "zxcvbnm123456", "123456789abc", "iloveyou1314", "abc123456789", "88888888888"),
        *(
            "admin888888",
            "root123456!",
            "19900101aaa",
            "caiwu123456",
            "Yangguang@2026",
            "147258369aa",
            "5201314520",
        ),
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    assert "最先被人猜到" in (weakness(password, **WHO) or "")


@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("短的口令", "至少 10 个字符，现在是 4 个"),
        ("xFANGshijiu77kq", "登录名"),
        ("我就是方示九没别人", "太短"),
        ("我就是方示九，没有别人了", "姓名"),
        ("fang shi示例财政局长", "单位名称"),
        ("shilicaizhengju7731", "单位名称"),
        ("13812345678", "手机号"),
        ("11010119900307123x", "身份证号"),
        ("长" * 201, "最多 200"),
    ],
)
def test_what_others_know_is_refused_with_its_reason(password: str, told: str) -> None:
    assert told in (weakness(password, **WHO) or "")


@pytest.mark.parametrize(
    "password",
    [
        "春眠不觉晓，处处蚊子咬",
        "tomatosoupladder",
        "7 只猫在 屋顶 喝汤",
        "vTq8LmZr2x",
        "纯中文的一句话也很好",
    ],
)
def test_length_is_enough_no_composition_is_asked_for(password: str) -> None:
    assert weakness(password, **WHO) is None


def test_a_two_letter_login_does_not_forbid_half_of_all_passwords() -> None:
    assert weakness("tomatosoupladder", login="to", name="李", unit_name=None) is None
