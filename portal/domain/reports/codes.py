"""Query codes (查询码): 120 random bits that a reporter can write down, and the keys made from them.

The code is the reporter's only credential: whoever has it reads the answers. No message of this module repeats
it or a part of it. See docs/sealing.md, section 1.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass, field

from portal.domain.reports import bech32

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: without I, L, O, U.
LENGTH = 25  # 24 characters of 5 bits and a check character.
_VALUE = {character: value for value, character in enumerate(ALPHABET)}
_SALT = b"sunshine-portal/query-code/v1"
_LOOKALIKE = str.maketrans("OIL", "011")
# Spaces, every dash (Pd), the minus and the long-vowel mark that input methods put for a dash, and what cannot be seen.
_SEPARATORS = (
    r"[\s\u002d\u058a\u05be\u2010-\u2015\u2212\u2e3a\u2e3b\u301c\u3030\u30fc\u00ad\u200b-\u200d\u2060\ufeff]"
)
_SEPARATOR = re.compile(_SEPARATORS)
_IN_TEXT = re.compile(rf"(?<![0-9A-Z])(?:[{ALPHABET}]{{4}}{_SEPARATORS}{{0,3}}){{6}}[{ALPHABET}](?![0-9A-Z])")


def _powers() -> tuple[int, ...]:
    """Return α¹ … α²⁴ of GF(2⁵) modulo x⁵+x²+1, α = x."""
    found, value = [], 1
    for _ in range(LENGTH - 1):
        value <<= 1
        if value & 32:
            value ^= 0b100101
        found.append(value)
    return tuple(found)


def _product(left: int, right: int) -> int:
    result = 0
    while right:
        if right & 1:
            result ^= left
        left <<= 1
        if left & 32:
            left ^= 0b100101
        right >>= 1
    return result


# For each of the 24 places, what each character adds to the check.
_ADDS = tuple(tuple(_product(value, power) for value in range(32)) for power in _powers())


class WrongCode(ValueError):
    """What was typed is no query code; the message says why, in Chinese, without repeating it."""


@dataclass(frozen=True)
class CodeKeys:
    """What a query code opens. `lookup` goes to the host; the others never leave who has the code."""

    lookup: str  # 64 hex characters.
    identity: str = field(repr=False)  # AGE-SECRET-KEY-1…
    binding: bytes = field(repr=False)  # 32 bytes.
    reply: bytes = field(repr=False)  # 32 bytes.


def new_code() -> str:
    """Return a fresh code: 25 characters, without dashes."""
    return code_of(secrets.token_bytes(15))


def code_of(bits: bytes) -> str:
    """Return the code of 15 bytes."""
    if len(bits) != 15:
        raise ValueError("a query code has 120 bits")
    number = int.from_bytes(bits, "big")
    values = [number >> shift & 31 for shift in range(115, -1, -5)]
    return "".join(ALPHABET[value] for value in values) + _check(values)


def shown(code: str) -> str:
    """Return a code as it is shown and printed: groups of four and the check character."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def read_code(text: str) -> str:
    """Return the code that was typed: width, case, blanks, dashes and lookalikes (O 0, I L 1) do not matter.

    Raises `WrongCode`. The check character tells a slip of the hand without anybody being asked.
    """
    code = _SEPARATOR.sub("", _folded(text))
    if not code:
        raise WrongCode("请输入查询码：25 个字母和数字，提交举报时给出。")
    for place, character in enumerate(code[:LENGTH], 1):
        if character not in _VALUE:
            raise WrongCode(
                f"查询码的第 {place} 个字符不对：查询码里只有数字和英文字母（不含字母 U）。请对照保存的查询码重新输入。"
            )
    if len(code) != LENGTH:
        much = "少了" if len(code) < LENGTH else "多了"
        raise WrongCode(
            f"查询码应为 {LENGTH} 个字符，现在是 {len(code)} 个，{much} {abs(len(code) - LENGTH)} 个。请核对后重新输入。"
        )
    if _check([_VALUE[character] for character in code[:-1]]) != code[-1]:
        raise WrongCode("查询码有误：有字符输错，或前后颠倒。请对照保存的查询码逐组核对。")
    return code


def code_in_text(text: str) -> bool:
    """Tell whether a query code stands in a text, in groups or without: it must never reach anybody else."""
    for found in _IN_TEXT.finditer(_folded(text)):
        try:
            read_code(found.group())
        except WrongCode:
            continue
        return True
    return False


def derive(code: str) -> CodeKeys:
    """Return the keys of a code (as `read_code` returns it)."""
    number = 0
    for character in code[: LENGTH - 1]:
        number = number << 5 | _VALUE[character]
    fresh = hmac.digest(_SALT, number.to_bytes(15, "big"), "sha256")
    return CodeKeys(
        lookup=_expand(fresh, b"lookup").hex(),
        identity=bech32.encode("age-secret-key-", _expand(fresh, b"identity")).upper(),
        binding=_expand(fresh, b"binding"),
        reply=_expand(fresh, b"reply"),
    )


def binding_of(key: bytes, case_key: str) -> bytes:
    """Return the binding of a case key's recipient: 32 bytes by which a swapped case key is noticed."""
    return hmac.digest(key, case_key.encode(), "sha256")


def _expand(key: bytes, info: bytes) -> bytes:
    """Return 32 bytes of HKDF-Expand (RFC 5869): one block is enough."""
    return hmac.digest(key, info + b"\x01", "sha256")


def _check(values: list[int]) -> str:
    total = 0
    for adds, value in zip(_ADDS, values, strict=True):
        total ^= adds[value]
    return ALPHABET[total]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper().translate(_LOOKALIKE)
