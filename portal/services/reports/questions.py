"""A small question in words for people without JavaScript, asked only while their form is flooded.

The host remembers nothing until the answer is used: the question's token is signed over the answer. It keeps no
determined program out; it makes a flood of forms dear enough that real ones get through.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from portal.services.reports.challenges import BadChallenge

LIVES = timedelta(hours=2)  # Long enough to go on writing under it.
_DIGITS = "零一二三四五六七八九十"


@dataclass(frozen=True)
class Question:
    """A question and the token that goes back with its answer."""

    words: str
    token: str


@dataclass(frozen=True)
class Questions:
    """Asks and checks by a key that all processes of the host share."""

    key: bytes

    def ask(self, *, now: datetime) -> Question:
        """Return a fresh question."""
        first, second = secrets.randbelow(9) + 1, secrets.randbelow(9) + 1
        if secrets.randbelow(2):
            words, answer = f"{_DIGITS[first]}加{_DIGITS[second]}等于几？", first + second
        else:
            first, second = max(first, second), min(first, second)
            words, answer = f"{_DIGITS[first]}减{_DIGITS[second]}等于几？", first - second
        text = f"q1.{int(now.timestamp())}.{secrets.token_hex(8)}"
        return Question(words, f"{text}.{self._sign(text, answer)}")

    def check(self, token: str, answer: str, *, now: datetime) -> datetime:
        """Return until when the question lives; raise `BadChallenge` for a wrong answer or one too late."""
        text, _, signature = token.rpartition(".")
        number, parts = read_number(answer), text.split(".")
        if (
            len(token) > 200
            or number is None
            or not hmac.compare_digest(self._sign(text, number).encode(), signature.encode())
        ):
            raise BadChallenge("wrong_answer", "小问题的答案不对。请回答下面这一道，用数字或汉字都可以。")
        until = datetime.fromtimestamp(int(parts[1]), UTC) + LIVES
        if now >= until:
            raise BadChallenge("old_question", "小问题放得太久，已换了一道。请再回答一次。")
        return until

    def _sign(self, text: str, answer: int) -> str:
        return hmac.new(self.key, f"{text}.{answer}".encode(), hashlib.sha256).hexdigest()


def read_number(text: str) -> int | None:
    """Return the number from 0 to 19 that was typed in digits or in Chinese; None for anything else."""
    plain = (
        re.sub(r"[\s。.，,]", "", unicodedata.normalize("NFKC", text)).replace("〇", "零").replace("两", "二")
    )
    if re.fullmatch(r"[0-9]{1,2}", plain):
        return int(plain)
    if found := re.fullmatch(r"一?十([一二三四五六七八九]?)", plain):
        return 10 + (_DIGITS.index(found[1]) if found[1] else 0)
    return _DIGITS.index(plain) if len(plain) == 1 and plain in _DIGITS else None
