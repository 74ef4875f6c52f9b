"""QR codes of addresses, fast enough for every page of a county.

segno draws any code but weighs eight masks for each, in milliseconds. Here a
code of each size is drawn by segno once, with one fixed mask, and the address is put into
it: its bytes, their Reed-Solomon check bytes, the order in which both fill the
square (ISO/IEC 18004, 7.4 to 7.7). Every reader takes every mask.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import zip_longest
from operator import itemgetter

import segno
from markupsafe import Markup

# Error level M (15 %): check bytes of a block, and the data bytes of each block; sizes 1 to 9 (ISO/IEC 18004, table 9).
_BLOCKS: tuple[tuple[int, tuple[int, ...]], ...] = (
    *((10, (16,)), (16, (28,)), (26, (44,)), (18, (32,) * 2), (24, (43,) * 2), (16, (27,) * 4)),
    *((18, (31,) * 4), (22, (38, 38, 39, 39)), (22, (36, 36, 36, 37, 37))),
)
_HEAD = 2  # Bytes that the mode, the length and the end take: 4 + 8 + 4 bits.
LONGEST = sum(_BLOCKS[-1][1]) - _HEAD
MASK = 0
QUIET = 4  # Light modules around the code that readers need.
_RUN = re.compile("1+")


@lru_cache(maxsize=8)  # A version lies at two addresses, made one after the other.
def qr(address: str) -> Markup:
    """Return the address as an SVG of one path; blank where it is too long for a code that paper can carry."""
    rows = modules(address)
    if not rows:
        return Markup("")
    size = len(rows) + 2 * QUIET
    path, across, down = [f"M{QUIET} {QUIET}"], 0, 0
    for place, row in enumerate(rows):
        for found in _RUN.finditer(row):
            begin, end = found.span()
            path.append(f"m{begin - across} {place - down}h{end - begin}")
            across, down = end, place
    # Always dark on light, in the dark too: many readers do not take the negative. Rows are drawn as lines.
    return Markup(  # noqa: S704 - numbers only.
        f'<svg id="qr" class="qr" viewBox="0 0 {size} {size}" role="img" aria-label="本页地址的二维码">'
        f'<path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path stroke="#000" transform="translate(0 .5)" d="{"".join(path)}"/></svg>'
    )


def modules(address: str) -> list[str]:
    """Return the rows of the code as 0 and 1 (dark), without the light border; none if the address is too long."""
    content = address.encode()
    version = next(
        (number for number, (_, data) in enumerate(_BLOCKS, 1) if len(content) <= sum(data) - _HEAD), 0
    )
    if not version:
        return []
    square = _square(version)
    check, lengths = _BLOCKS[version - 1]
    whole = _filled(content, sum(lengths))
    blocks, begin = [], 0
    for length in lengths:
        blocks.append(whole[begin : begin + length])
        begin += length
    stream = _woven(blocks) + _woven([_check_bytes(one, check) for one in blocks])
    bits = int.from_bytes(stream) << square.spare ^ square.mask
    text = square.fixed + f"{bits:0{square.count}b}"
    drawn = "".join(square.places(text))
    return [drawn[begin : begin + square.width] for begin in range(0, len(drawn), square.width)]


def _filled(content: bytes, size: int) -> bytes:
    """Return mode (bytes), length, content and end as bytes, filled up as the standard wants it."""
    bits = (0b0100 << 8 | len(content)) << 8 * len(content) | int.from_bytes(content)
    found = (bits << 4).to_bytes(len(content) + _HEAD)
    return (found + b"\xec\x11" * size)[:size]


def _woven(blocks: list[bytes]) -> bytes:
    """Return the first byte of every block, then the second of every block …; shorter blocks end before."""
    return bytes(one for column in zip_longest(*blocks) for one in column if one is not None)


@dataclass(frozen=True)
class _Square:
    """A size of code: what is in every one of it, and where the bits of the content go."""

    width: int
    fixed: str  # Both kinds of fixed module: light, dark.
    places: Callable[[str], tuple[str, ...]]  # Takes the modules row by row out of `fixed` and the bits.
    mask: int
    count: int
    spare: int  # Bits at the end that belong to no byte.


@cache
def _square(version: int) -> _Square:
    drawn = segno.make_qr("", version=version, error="m", mask=MASK, boost_error=False).matrix
    width = len(drawn)
    order: list[tuple[int, int]] = []
    upward = True
    for right in (*range(width - 1, 6, -2), 5, 3, 1):  # Pairs of columns from the right; column 6 is fixed.
        for row in range(width - 1, -1, -1) if upward else range(width):
            order += [(row, column) for column in (right, right - 1) if not _is_fixed(width, row, column)]
        upward = not upward
    at = {place: number for number, place in enumerate(order, start=2)}
    mask = 0
    for row, column in order:
        mask = mask << 1 | ((row + column) % 2 == 0)
    places = [at.get((row, column), drawn[row][column]) for row in range(width) for column in range(width)]
    check, lengths = _BLOCKS[version - 1]
    spare = len(order) - 8 * (sum(lengths) + check * len(lengths))
    return _Square(width, "01", itemgetter(*places), mask, len(order), spare)


def _is_fixed(width: int, row: int, column: int) -> bool:
    """Tell whether a module is part of the frame: corners with what is written beside them, lines, small squares."""
    near, far = (one <= 8 for one in (row, column)), (one >= width - 8 for one in (row, column))
    (top, left), (bottom, right) = near, far
    if 6 in (row, column) or (top and (left or right)) or (bottom and left):
        return True
    if width >= 45 and ((row < 6 and column >= width - 11) or (column < 6 and row >= width - 11)):
        return True  # From size 7 on the code says its size.
    if width < 25:
        return False
    centres = (6, (width - 1) // 2, width - 7) if width >= 45 else (6, width - 7)
    corners = {(6, 6), (6, width - 7), (width - 7, 6)}
    return any(
        abs(row - down) <= 2 and abs(column - across) <= 2 and (down, across) not in corners
        for down in centres
        for across in centres
    )


@cache
def _divisor(check: int) -> tuple[int, ...]:
    """Return, for every leading byte, what it takes off the rest: multiples of the generator of GF(256)/0x11d."""
    powers = [1]
    for _ in range(254):
        powers.append(powers[-1] << 1 ^ (0x11D if powers[-1] & 0x80 else 0))
    logs = {value: place for place, value in enumerate(powers)}

    def times(one: int, other: int) -> int:
        return powers[(logs[one] + logs[other]) % 255] if one and other else 0

    generator = [1]
    for place in range(check):
        longer = [*generator, 0]
        for index, value in enumerate(generator, start=1):
            longer[index] ^= times(value, powers[place])
        generator = longer
    return tuple(int.from_bytes(bytes(times(lead, one) for one in generator[1:])) for lead in range(256))


def _check_bytes(block: bytes, check: int) -> bytes:
    """Return the remainder of the block, as a polynomial, divided by the generator."""
    table, rest, top = _divisor(check), 0, 8 * (check - 1)
    keep = (1 << top) - 1
    for byte in block:
        rest = (rest & keep) << 8 ^ table[rest >> top ^ byte]
    return rest.to_bytes(check)
