"""What is guessed first is refused as a password; length alone is enough for anything else."""

from __future__ import annotations

import pytest

from portal.services.accounts.passwords import password_problem


@pytest.mark.parametrize(
    "password",
    [
        *("a1234567890", "woaini5201314", "Admin@123456", "qwertyuiop123", "Password123!", "P@ssw0rd2024"),
        *("Qwer1234!@#$", "zxcvbnm123456", "123456789abc", "iloveyou1314", "admin888888", "root123456!"),
        *("caiwu123456", "Yangguang@2026", "13812345678", "11010119900307123x", "ｐａｓｓｗｏｒｄ１２３"),
    ],
)
def test_what_is_put_together_from_usual_pieces_is_refused(password: str) -> None:
    assert "太常见" in (password_problem(password, known=()) or "")


@pytest.mark.parametrize(
    "password", ["春眠不觉晓，处处蚊子咬", "tomatosoupladder", "7 只猫在 屋顶 喝汤", "vTq8LmZr2x"]
)
def test_length_is_enough(password: str) -> None:
    assert password_problem(password, known=("方示九",)) is None
