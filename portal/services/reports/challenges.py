"""Proof of work: a price in the sender's own time for each report, without an account and without a third party.

A challenge is a text that the host signed; the host remembers nothing until it is spent. The price rises with load
and has a ceiling that a telephone pays in seconds: nobody is ever locked out.

Form of a challenge: `v1.<jurisdiction>.<bits>.<seconds>.<random>.<signature>`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.store.reports.tables import SpentChallenge

LIVES = timedelta(minutes=30)
LEAST_BITS, MOST_BITS = 12, 20
SHANGHAI = ZoneInfo("Asia/Shanghai")
_SKEW = timedelta(minutes=1)  # Between the clocks of several hosts.
_LONGEST = 200
_LONGEST_NONCE = 32


class BadChallenge(ValueError):
    """The work was not done, or was done before; the message is a Chinese sentence. `code` is for programs."""

    def __init__(self, code: str, words: str) -> None:
        """Say so."""
        super().__init__(words)
        self.code = code


@dataclass(frozen=True)
class Challenges:
    """Issues and checks challenges by a key that all processes of the host share."""

    key: bytes

    def issue(self, jurisdiction: str, *, bits: int, now: datetime) -> str:
        """Return a fresh challenge that asks for `bits` zero bits."""
        bits = max(LEAST_BITS, min(MOST_BITS, bits))
        text = f"v1.{jurisdiction}.{bits}.{int(now.timestamp())}.{secrets.token_hex(16)}"
        return f"{text}.{self._sign(text)}"

    def check(self, challenge: str, nonce: str, *, jurisdiction: str, now: datetime) -> datetime:
        """Return until when the challenge lives; raise `BadChallenge` where it is not ours, too old, or unsolved."""
        text, _, signature = challenge.rpartition(".")
        parts = text.split(".")
        if (
            len(challenge) > _LONGEST
            or len(parts) != 5
            or not hmac.compare_digest(self._sign(text).encode(), signature.encode("utf-8", "surrogatepass"))
        ):
            raise BadChallenge("bad_challenge", "校验题不是本站发出的。请重新打开举报页面再提交。")
        bits, until = int(parts[2]), datetime.fromtimestamp(int(parts[3]), UTC) + LIVES
        if parts[1] != jurisdiction:
            raise BadChallenge("bad_challenge", "校验题是另一个地方的。请重新打开举报页面再提交。")
        if not until - LIVES - _SKEW <= now < until:
            raise BadChallenge(
                "old_challenge", "页面打开得太久，校验题已失效。请再提交一次，会自动重新计算。"
            )
        if len(nonce) > _LONGEST_NONCE or not solves(challenge, nonce, bits):
            raise BadChallenge("no_work", "校验题没有算对。请再提交一次，会自动重新计算。")
        return until

    def _sign(self, text: str) -> str:
        return hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


def solves(challenge: str, nonce: str, bits: int) -> bool:
    """Tell whether SHA-256(challenge ‖ `:` ‖ nonce) begins with so many zero bits."""
    digest = hashlib.sha256(f"{challenge}:{nonce}".encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest, "big") >> (256 - bits) == 0


def spend(session: Session, token: str, *, until: datetime) -> None:
    """Note that a challenge (or an answered question) was used; raise `BadChallenge` where it was used before.

    The caller has begun to write: the note stands or falls with what was stored for it.
    """
    digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    if session.scalar(select(SpentChallenge.digest).where(SpentChallenge.digest == digest)):
        raise BadChallenge("spent_challenge", "这道校验题已用过一次。请再提交一次，会自动重新计算。")
    # Kept to the end of its day: nothing that is stored tells at what hour somebody wrote.
    local = until.astimezone(SHANGHAI)
    end = datetime(local.year, local.month, local.day, tzinfo=SHANGHAI) + timedelta(days=1)
    session.add(SpentChallenge(digest=digest, until=end))
    session.flush()


def sweep(session: Session, *, now: datetime) -> None:
    """Forget what was spent so long ago that it would be refused anyway."""
    session.execute(delete(SpentChallenge).where(SpentChallenge.until < now - _SKEW))
