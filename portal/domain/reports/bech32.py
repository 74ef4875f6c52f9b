"""Bech32 (BIP 173), in which age writes its keys; without the limit of 90 characters, as age does."""

from __future__ import annotations

_ALPHABET = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)


def encode(prefix: str, data: bytes) -> str:
    """Return `data` under a lower-case prefix, in lower case."""
    values = _regrouped(data, 8, 5, fill=True)
    rest = _polymod(_expanded(prefix) + values + [0] * 6) ^ 1
    values += [rest >> 5 * (5 - place) & 31 for place in range(6)]
    return f"{prefix}1" + "".join(_ALPHABET[value] for value in values)


def decode(text: str) -> tuple[str, bytes]:
    """Return the prefix (in lower case) and the data; `ValueError` when a character is wrong."""
    if text not in (text.lower(), text.upper()):
        raise ValueError("mixed case")
    prefix, one, rest = text.lower().rpartition("1")
    values = [_ALPHABET.find(character) for character in rest]
    if not one or not prefix or len(values) < 6 or min(values) < 0 or not prefix.isascii():
        raise ValueError("not bech32")
    if _polymod(_expanded(prefix) + values) != 1:
        raise ValueError("wrong check characters")
    return prefix, bytes(_regrouped(values[:-6], 5, 8, fill=False))


def is_recipient(text: str) -> bool:
    """Tell whether a text is an age X25519 recipient, as age writes it."""
    try:
        prefix, data = decode(text)
    except ValueError:
        return False
    return prefix == "age" and len(data) == 32 and text == text.lower()


def _expanded(prefix: str) -> list[int]:
    letters = prefix.encode("ascii")
    return [letter >> 5 for letter in letters] + [0] + [letter & 31 for letter in letters]


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATOR):
            if top >> place & 1:
                check ^= generator
    return check


def _regrouped(values: bytes | list[int], wide: int, narrow: int, *, fill: bool) -> list[int]:
    held = bits = 0
    found = []
    for value in values:
        held = held << wide | value
        bits += wide
        while bits >= narrow:
            bits -= narrow
            found.append(held >> bits & (1 << narrow) - 1)
        held &= (1 << bits) - 1
    if fill and bits:
        found.append(held << narrow - bits & (1 << narrow) - 1)
    elif not fill and (bits >= wide or held):
        raise ValueError("bits left over")
    return found
