"""Numbers as a reader sees them: headline amounts, rates, and the geometry of the drawings."""

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


def rate(part: int, whole: int | None) -> str:
    """Return a percentage with one decimal, rounded half up; blank where there is no whole."""
    if not whole or whole < 0:
        return ""
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


@dataclass(frozen=True)
class Bar:
    """One bar of a chart, in pixels."""

    x: int
    y: int
    height: int
    value: str
    label: str
    current: bool


def bars(values: list[tuple[str, int]], *, current: str, width: int = 344, height: int = 112) -> list[Bar]:
    """Lay out a bar chart at 1:1; the labels are short and never shrink. Values are fen, shown in 万元."""
    top = max((value for _, value in values), default=0) or 1
    step = width // max(len(values), 1)
    return [
        Bar(
            x=place * step + step // 2,
            y=24 + height - round(height * max(value, 0) / top),
            height=max(round(height * max(value, 0) / top), 1),
            value=_round_wan(value, precise=top < 1000 * WAN),
            label=label,
            current=label == current,
        )
        for place, (label, value) in enumerate(values)
    ]


def _round_wan(fen: int, *, precise: bool) -> str:
    if precise:
        tenths = (fen + WAN // 20) // (WAN // 10)
        return f"{tenths // 10:,}.{tenths % 10}"
    return f"{(fen + WAN // 2) // WAN:,}"
