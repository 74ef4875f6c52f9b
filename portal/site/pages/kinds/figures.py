"""Numbers as a reader sees them: headline amounts, rates and differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain.values import show_wan, show_yuan

WAN = 1_000_000  # Fen in 万元.


@dataclass(frozen=True)
class Amount:
    """A headline amount: the number and its unit apart, so that they can be set in two sizes."""

    number: str
    unit: str


UNFILLED = "未填"


def headline(fen: int) -> Amount:
    """Write in 万元 where two decimals say it exactly, else in 元."""
    return headlines([fen])[0]


def headlines(values: Sequence[int | None]) -> list[Amount]:
    """Write the amounts of one row in one unit: 万元 where two decimals say all of them exactly, else 元."""
    filled = [fen for fen in values if fen is not None]
    in_wan = any(abs(fen) >= WAN for fen in filled) and all(fen % 10_000 == 0 for fen in filled)
    write, unit = (show_wan, "万元") if in_wan else (show_yuan, "元")
    return [Amount(UNFILLED, "") if fen is None else Amount(write(fen), unit) for fen in values]


def short(fen: int) -> str:
    """Return the amount with its unit on one line: whole 万元 without decimals, else as `headline`."""
    if abs(fen) >= WAN and fen % WAN == 0:
        return f"{fen // WAN:,}万元"
    amount = headline(fen)
    return f"{amount.number.removesuffix('.00')}{amount.unit}"


def tenths(part: int, whole: int) -> int:
    """Return a part of a whole in tenths of a percent, rounded half away from zero; the whole is above zero."""
    found = (abs(part) * 2000 + whole) // (2 * whole)
    return found if part >= 0 else -found


def rate(part: int, whole: int | None) -> str:
    """Return a percentage with one decimal; blank where there is no whole."""
    if not whole or whole < 0:
        return ""
    return f"{show_tenths(tenths(part, whole))}%"


def show_tenths(count: int) -> str:
    """Write tenths as a number with one decimal."""
    return f"{'-' if count < 0 else ''}{abs(count) // 10}.{abs(count) % 10}"


def signed(text: str) -> str:
    """Write a plus before what is more than nothing, so that more and less are told apart at a glance."""
    return text if text.startswith("-") or not text.strip("0.,%") else f"+{text}"
