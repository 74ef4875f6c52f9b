"""The geometry of the drawings: scales, ticks and places, in whole pixels and without any markup.

A drawing is as wide as the narrowest phone shows at 1:1, so that its labels
never shrink. It says its message in words too (`title`, `said`), for who
cannot see it; the page has the exact figures in a table beside it. The macros
of `templates/public/_charts.html` turn a drawing into SVG.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

WIDTH = 344  # What a phone of 390 pixels shows without scaling, with the page's gutters.
_WIDE, _NARROW = 13.5, 8.0  # The width of a Chinese and of a Latin character at the size of the labels.


@lru_cache(maxsize=8192)
def text_width(text: str) -> float:
    """Return how many pixels a label takes at most; generous, as fonts differ."""
    if text.isascii():
        return _NARROW * len(text)
    return sum(_WIDE if unicodedata.east_asian_width(one) in "WFA" else _NARROW for one in text)


def fit(text: str, room: float) -> str:
    """Return the text, cut with an ellipsis where it is wider than the room."""
    if text_width(text) <= room:
        return text
    kept = ""
    for one in text:
        if text_width(f"{kept}{one}…") > room:
            break
        kept += one
    return f"{kept}…"


@dataclass(frozen=True)
class Band:
    """One range of amounts in fen (lower included, upper not; None is without end) and who decides in it.

    `span` is the range in words, `text` the decider, `level` how high the decider stands, 1 to 5.
    """

    lower: int
    upper: int | None
    span: str
    text: str
    level: int


@dataclass(frozen=True)
class BandStep:
    """One band as drawn: its words at `words`, the decider's at `below` if not on the same line, the bar at `y`."""

    span: str
    text: str
    words: int
    below: int | None
    x: int
    y: int
    width: int
    level: int
    open: bool


@dataclass(frozen=True)
class BandScale:
    """The sign-off bands as a stair, lowest first: where two overlap or leave a gap, the stair shows it."""

    title: str
    said: str
    height: int
    steps: tuple[BandStep, ...]
    walls: tuple[int, ...]  # Where one band ends and the next begins.


def scale_bands(bands: Sequence[Band], *, title: str) -> BandScale | None:
    """Lay out bands as steps of equal width, whatever the amounts; None without bands.

    Amounts from some thousands to some millions on one true scale would leave no
    room for the lowest bands, which are the ones used every day.
    """
    if not bands:
        return None
    rows = sorted(bands, key=lambda one: (one.lower, one.upper is None, one.upper or 0))
    bounds = sorted({0, *(one.lower for one in rows), *(one.upper for one in rows if one.upper is not None)})
    # The last bound needs a step of its own only where some band goes on without end.
    ended = not any(one.upper is None for one in rows)
    count = max(len(bounds) - ended, 1)
    at = {bound: round(WIDTH * place / count) for place, bound in enumerate(bounds)}
    steps: list[BandStep] = []
    y = 0
    for one in rows:
        text = fit(one.text, WIDTH)
        one_line = text_width(one.span) + text_width(text) + 16 <= WIDTH
        right = WIDTH if one.upper is None else at[one.upper]
        steps.append(
            BandStep(
                span=fit(one.span, WIDTH),
                text=text,
                words=y + 15,
                below=None if one_line else y + 34,
                x=at[one.lower],
                y=y + (22 if one_line else 41),
                width=max(right - at[one.lower], 2),
                level=min(max(one.level, 1), 5),
                open=one.upper is None,
            )
        )
        y = steps[-1].y + 12 + 14
    return BandScale(
        title,
        "；".join(f"{one.span}：{one.text}" for one in rows) + "。",
        y - 14,
        tuple(steps),
        tuple(at[bound] for bound in bounds if 0 < at[bound] < WIDTH),
    )


@dataclass(frozen=True)
class Unit:
    """The unit and the decimals that all the labels of one drawing share."""

    name: str
    fen: int
    decimals: int

    def show(self, fen: int) -> str:
        """Write an amount, rounded half away from zero; what is not nothing never becomes a plain 0."""
        if not fen:
            return "0"
        scale = 10**self.decimals
        count = (abs(fen) * scale * 2 + self.fen) // (self.fen * 2)
        if not count:
            return f"{'>-' if fen < 0 else '<'}{1 / scale:.{self.decimals}f}"
        sign = "-" if fen < 0 else ""
        whole, rest = divmod(count, scale)
        return f"{sign}{whole:,}.{rest:0{self.decimals}d}" if self.decimals else f"{sign}{whole:,}"

    def say(self, fen: int) -> str:
        """Write an amount with its unit."""
        return f"{self.show(fen)}{self.name}"


def unit_for(amounts: Sequence[int]) -> Unit:
    """Return the unit in which the largest of some amounts has three to five figures, more or less."""
    top = max((abs(one) for one in amounts), default=0)
    name, fen = ("元", 100) if top < 10**6 else ("万元", 10**6) if top < 10**12 else ("亿元", 10**10)
    decimals = 0 if top >= 1000 * fen or name == "元" else 1 if top >= 10 * fen else 2
    return Unit(name, fen, decimals)


def ticks(low: int, high: int, *, most: int = 4) -> list[int]:
    """Return round numbers from at or below `low` to at or above `high`, about `most` steps apart; always with 0."""
    low, high = min(low, 0), max(high, 0)
    if low == high:
        return [0]
    raw = -(-(high - low) // most)
    power = 10 ** (len(str(raw)) - 1)
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= raw)
    return list(range(low // step * step, -(-high // step) * step + 1, step))


@dataclass(frozen=True)
class Measure:
    """One row of a bar chart in fen: the value, the whole that it is part of, and a mark to compare with."""

    name: str
    value: int | None
    whole: int | None = None
    tick: int | None = None


@dataclass(frozen=True)
class BarRow:
    """One row as drawn. `over` is what goes beyond the whole; an amount of nothing has no bar but a dotted line."""

    name: str
    value: str
    whole: str
    y: int
    track: int
    bar: int
    over: int
    tick: int | None


@dataclass(frozen=True)
class Bars:
    """Horizontal bars on one common scale, each with its label above."""

    title: str
    said: str
    unit: str
    height: int
    rows: tuple[BarRow, ...]


ROW = 42


def bars(rows: Sequence[Measure], *, title: str, tick: str = "", whole: str = "预算") -> Bars | None:
    """Lay out one bar for each row; None without any amount. `tick` and `whole` name those two in the description."""
    amounts = [fen for row in rows for fen in (row.value, row.whole, row.tick) if fen is not None]
    if not any(row.value is not None for row in rows):
        return None
    unit, top = unit_for(amounts), max(*amounts, 1)

    def wide(fen: int | None) -> int:
        return 0 if fen is None or fen <= 0 else max(round(WIDTH * fen / top), 2)

    drawn = []
    for place, row in enumerate(rows):
        value = "未填" if row.value is None else unit.show(row.value)
        limit = "" if row.whole is None else f" / {unit.show(row.whole)}"
        bar, track = wide(row.value), wide(row.whole)
        inside = min(bar, track) if row.whole is not None else bar
        drawn.append(
            BarRow(
                name=fit(row.name, WIDTH - text_width(value + limit) - 12),
                value=value,
                whole=limit,
                y=ROW * place,
                track=track,
                bar=inside,
                over=bar - inside,
                tick=min(max(wide(row.tick), 1), WIDTH - 1) if row.tick else None,
            )
        )
    said = "；".join(_said_row(row, unit, tick, whole) for row in rows)
    return Bars(title, f"{said}。", unit.name, ROW * len(rows) - 8, tuple(drawn))


def _said_row(row: Measure, unit: Unit, tick: str, whole: str) -> str:
    text = f"{row.name}{'未填' if row.value is None else unit.say(row.value)}"
    if row.whole is not None:
        text += f"，{whole}{unit.say(row.whole)}"
    if row.tick is not None and tick:
        text += f"，{tick}{unit.say(row.tick)}"
    return text


@dataclass(frozen=True)
class Piece:
    """One part of a whole as drawn: its place on the bar, its number (blank where there is no room) and its line."""

    name: str
    text: str
    key: int
    x: int
    width: int
    shade: int
    y: int

    @property
    def roomy(self) -> bool:
        """Tell whether the number of the part fits on the bar."""
        return self.width >= 14


@dataclass(frozen=True)
class Share:
    """A whole cut into parts, largest first, numbered: shade alone never tells them apart."""

    title: str
    said: str
    height: int
    parts: tuple[Piece, ...]


MOST_PARTS = 5
_SHADES = (5, 2, 4, 1, 3)  # Neighbours differ.


def share(parts: Sequence[tuple[str, int]], *, title: str) -> Share | None:
    """Lay out what a whole is made of; None with fewer than two parts, or where one is below nothing.

    Percentages are rounded so that they add up to 100.0. Beyond five parts, the
    smallest are drawn as one.
    """
    known = sorted((part for part in parts if part[1]), key=lambda part: -part[1])
    if len(known) < 2 or known[-1][1] < 0:
        return None
    if len(known) > MOST_PARTS:
        rest = known[MOST_PARTS - 1 :]
        known = [*known[: MOST_PARTS - 1], (f"其余{len(rest)}项", sum(fen for _, fen in rest))]
    total = sum(fen for _, fen in known)
    tenths = _thousandths([fen for _, fen in known], total)
    unit = unit_for([fen for _, fen in known])
    drawn, before = [], 0
    for place, (name, fen) in enumerate(known):
        start, before = round(WIDTH * before / total), before + fen
        end = round(WIDTH * before / total)
        said = f"{tenths[place] // 10}.{tenths[place] % 10}%"
        text = f"{unit.say(fen)}　{said}"
        name = fit(name, WIDTH - text_width(text) - 32)
        width = max(end - start - (2 if end < WIDTH else 0), 1)
        drawn.append(Piece(name, text, place + 1, start, width, _SHADES[place], 48 + 24 * place))
    said = "；".join(f"{one.name}{one.text.replace('　', '，占')}" for one in drawn)
    return Share(title, f"{said}。", drawn[-1].y + 8, tuple(drawn))


def _thousandths(parts: list[int], total: int) -> list[int]:
    """Return the parts of a thousand, by largest remainder; equal remainders go to the earlier part."""
    found = [fen * 1000 // total for fen in parts]
    order = sorted(range(len(parts)), key=lambda place: (-(parts[place] * 1000 % total), place))
    for place in order[: 1000 - sum(found)]:
        found[place] += 1
    return found
