"""Passwords: Argon2id, judged by length and by what others would guess first (NIST SP 800-63B-4, 3.1.1.2).

No rules of composition and no expiry: they make people choose worse ones. A
password is compared after NFKC, so that the same keys pressed with full width
letters give the same password.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from itertools import pairwise

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from portal.domain.values import fold
from portal.services.accounts.guessing import guessed_first
from portal.store.tables import Account

SHORTEST, LONGEST = 10, 200  # Characters. Longer ones would only cost the server memory.
# RFC 9106, 4: the second recommended choice (64 MiB), bearable when eight people sign in at once.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
# What people choose first where the rule is “at least ten”; compared folded, with repetitions taken out.
_LISTED = """
1234567890 0123456789 12345678910 123456789a a123456789 qwertyuiop qwerty12345 1qaz2wsx3edc 1q2w3e4r5t
qazwsxedcrfv asdfghjkl123 password password1 password12 password123 password1234 passw0rd123 iloveyou520
woaini1314 woaini520 woaini1314520 5201314520 1314520520 52013141314 aini1314520 admin12345 admin123456
administrator admin@12345 admin@123456 abc1234567 abcd123456 abc123456789 a1234567890 q123456789 qq123456789
aa123456789 zxcvbnm123 1234qwerasdf 147258369 1472583690 9876543210 0987654321 1122334455 11223344556677
112233445566 123123123123 123321123321 woshinibaba nihao123456 zhongguo123 zhongguo1949 beijing2008 welcome123
mima123456 wodemima123 caiwuke123 yangguang123 jijianwei123 letmein123 changeme123 test123456 user123456
阳光权力公开平台 财政局财政局财政局 我爱你我爱你一生一世
"""
_COMMON = frozenset(_LISTED.split())


def password_problem(password: str, *, known: Iterable[str | None]) -> str | None:
    """Say in Chinese why a password cannot be used; None where it can.

    `known` are words that stand near the account: login, name, names of the unit.
    """
    plain = _plain(password)
    if len(plain) < SHORTEST:
        return f"密码至少 {SHORTEST} 个字符，现在是 {len(plain)} 个。可以用一句自己记得住的话，中文、空格都可以。"
    if len(plain) > LONGEST:
        return f"密码最多 {LONGEST} 个字符。"
    if any(unicodedata.category(one) == "Cc" for one in plain):
        return "密码里有看不见的控制字符，可能是粘贴时带入的。请重新输入。"
    folded = fold(plain)
    if len(set(folded)) < 4 or folded in _COMMON or _runs(folded) or guessed_first(folded):
        return "这个密码太常见，容易被猜中。请换一个，例如几个不相关的词连起来。"
    for word in known:
        if word and len(fold(word)) >= 2 and fold(word) in folded:
            return f"密码里不要含有账号、姓名或单位名称（“{word}”），容易被猜中。"
    return None


def set_password(session: Session, account: Account, password: str, *, now: datetime) -> None:
    """Give the account a password that was found good; the caller ends its sessions."""
    account.password_hash, account.password_changed_at = _HASHER.hash(_plain(password)), now
    session.flush()


def verify_password(password_hash: str | None, password: str) -> bool:
    """Tell whether it is the password. Without one to compare with, the same work is done and the answer is no."""
    try:
        good = _HASHER.verify(password_hash or _decoy(), _plain(password[: LONGEST * 2]))
    except (VerificationError, InvalidHashError):
        return False
    return good and password_hash is not None


def renewed(password_hash: str, password: str) -> str | None:
    """Return a new hash where the parameters have grown since this one was made. `password` has just been verified."""
    return _HASHER.hash(_plain(password)) if _HASHER.check_needs_rehash(password_hash) else None


@cache
def _decoy() -> str:
    return _HASHER.hash("nobody has this password")


def _plain(password: str) -> str:
    return unicodedata.normalize("NFKC", password)


def _runs(folded: str) -> bool:
    """Tell whether it is one short piece over and over, or one run up or down the characters."""
    if any(folded == (folded[:size] * len(folded))[: len(folded)] for size in range(1, 4)):
        return True
    steps = {ord(b) - ord(a) for a, b in pairwise(folded)}
    return steps in ({1}, {-1})
