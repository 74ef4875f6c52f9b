"""The geometry of lines over time: what is not known is a gap, what was nothing is a ring on the zero line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from portal.site.pages.charts import WIDTH, Unit, fit, text_width, ticks, unit_for

TOP, PLOT = 26, 120  # Pixels above the plot (room for a label) and of the plot itself.
_LINE = 17  # Pixels of one line of labels.

# A disc, a square and a triangle, each around the point where the pen is put; a ring is wider than all of them.
_MARKS = ("M{} {}m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z", "M{} {}m-4-4h8v8h-8z", "M{} {}m0-5l5 9h-10z")
_RING = "M{} {}m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0z"


class Point(NamedTuple):
    """One value in fen; without one, `gap` is a character that says why, and the legend explains it.

    `nil` marks a nothing that was declared as such.
    """

    value: int | None
    nil: bool = False
    gap: str = ""


@dataclass(frozen=True)
class Series:
    """One line: its name and a point for each place of the axis."""

    name: str
    points: tuple[Point, ...]


class Stop(NamedTuple):
    """One place of the time axis: what stands under it, the group that it belongs to, and its full name."""

    label: str
    group: str
    name: str


@dataclass(frozen=True)
class Line:
    """One series as drawn, each part one path: strokes with a break at each gap, marks, rings of declared nothings."""

    name: str
    strokes: str
    marks: str
    rings: str
    key: int  # 0, 1, 2: each with a dash and a mark of its own.
    x: int  # Where its name stands in the legend.
    y: int
    sample: str  # Its stroke and its mark in the legend.
    mark: str


class Label(NamedTuple):
    """A text centred at a place."""

    x: int
    y: int
    text: str
    strong: bool


@dataclass(frozen=True)
class Trend:
    """Lines over time. `legend` tells whether the lines are named: one alone is named by the title."""

    title: str
    said: str
    unit: str
    height: int
    left: int
    base: int
    legend: bool
    grid: str
    scale: tuple[tuple[int, str], ...]
    lines: tuple[Line, ...]
    labels: tuple[Label, ...]
    axis: tuple[Label, ...]


def trend(stops: Sequence[Stop], series: Sequence[Series], *, title: str, current: int = -1) -> Trend | None:
    """Lay out up to three series over the same stops; None where fewer than two values are known.

    `current` is the place whose values are set in bold. Labels that would
    overlap are left out: the table beside the drawing has them all.
    """
    known = [point.value for one in series for point in one.points if point.value is not None]
    if max((sum(point.value is not None for point in one.points) for one in series), default=0) < 2:
        return None
    series = [Series(fit(one.name, WIDTH - 32), one.points) for one in series[:3]]
    current %= len(stops)
    unit, steps = unit_for(known), ticks(min(known), max(known))
    low, high = steps[0], steps[-1]
    marks = [_tick(unit, one) for one in steps]
    left = round(max(text_width(one) for one in marks)) + 8
    legend = _legend(series) if len(series) > 1 else [(0, 0)]
    top = TOP + (legend[-1][1] + 8 if len(series) > 1 else 0)
    base = top + (PLOT if high > low else 8)

    def x(place: int) -> int:
        return left + round((WIDTH - left) * (2 * place + 1) / (2 * len(stops)))

    def y(fen: int) -> int:
        return base if high == low else top + round(PLOT * (high - fen) / (high - low))

    spots = {
        (key, place): (x(place), y(point.value))
        for key, one in enumerate(series)
        for place, point in enumerate(one.points)
        if point.value is not None
    }
    lines = tuple(_line(one, key, legend[key], spots) for key, one in enumerate(series))
    gaps = [
        Label(x(place), y(0) - 6, series[0].points[place].gap, strong=False)
        for place in range(len(stops))
        if all(one.points[place].value is None for one in series)
    ]
    return Trend(
        title=title,
        said="".join(f"{_said(one, stops, unit)}。" for one in series),
        unit=unit.name,
        height=base + 2 * _LINE + 6,
        left=left,
        base=y(0),
        legend=len(series) > 1,
        grid="".join(f"M{left} {y(one)}.5H{WIDTH}" for one in steps if one),
        scale=tuple((y(one) + 5, mark) for one, mark in zip(steps, marks, strict=True)),
        lines=lines,
        labels=(*gaps, *_placed(series, spots, gaps, unit, current, (top - TOP, base + 2))),
        axis=tuple(_axis(stops, base, [x(place) for place in range(len(stops))], current)),
    )


def _tick(unit: Unit, fen: int) -> str:
    text = f"{fen / unit.fen:,.2f}"
    return text.rstrip("0").rstrip(".")


def _legend(series: Sequence[Series]) -> list[tuple[int, int]]:
    """Return where the name of each line stands, row under row as far as they fit."""
    places, x, y = [], 0, 14
    for one in series:
        wide = 32 + round(text_width(one.name))
        if x and x + wide > WIDTH:
            x, y = 0, y + 20
        places.append((x, y))
        x += wide + 18
    return places


def _line(
    one: Series, key: int, legend: tuple[int, int], spots: Mapping[tuple[int, int], tuple[int, int]]
) -> Line:
    """Draw a series: each run of known values is a stroke of its own, so that nothing spans a gap."""
    own = [spots.get((key, place)) for place in range(len(one.points))]
    strokes = "".join(
        f"{'M' if place == 0 or own[place - 1] is None else 'L'}{spot[0]} {spot[1]}"
        for place, spot in enumerate(own)
        if spot
    )
    marked = [(spot, point.nil) for spot, point in zip(own, one.points, strict=True) if spot]
    left, middle = legend[0], legend[1] - 5
    return Line(
        name=one.name,
        strokes=strokes,
        marks="".join(_MARKS[key].format(*spot) for spot, nil in marked if not nil),
        rings="".join(_RING.format(*spot) for spot, nil in marked if nil),
        key=key,
        x=left + 30,
        y=legend[1],
        sample=f"M{left} {middle}h24",
        mark=_MARKS[key].format(left + 12, middle),
    )


def _said(one: Series, stops: Sequence[Stop], unit: Unit) -> str:
    """Say a series in words: the extremes first, then every value."""
    pairs = [(stop, point) for stop, point in zip(stops, one.points, strict=True)]
    known = [(point.value, stop.name) for stop, point in pairs if point.value is not None]
    text = one.name
    if len(known) > 1 and len({value for value, _ in known}) > 1:
        most, least = max(known, key=lambda pair: pair[0]), min(known, key=lambda pair: pair[0])
        text += f"最高{unit.say(most[0])}（{most[1]}），最低{unit.say(least[0])}（{least[1]}）"
    each = "，".join(
        f"{stop.name}{'没有数' if point.value is None else '无发生额' if point.nil else unit.say(point.value)}"
        for stop, point in pairs
    )
    return f"{text}。各期：{each}"


def _placed(
    series: Sequence[Series],
    spots: Mapping[tuple[int, int], tuple[int, int]],
    gaps: Sequence[Label],
    unit: Unit,
    current: int,
    span: tuple[int, int],
) -> Iterator[Label]:
    """Yield the values that find room: the current ones first, then a lone line's others, then extremes."""
    taken = [(one.x - 8, one.y - 12, one.x + 8, one.y + 2) for one in gaps]
    taken += [(x - 4, y - 4, x + 4, y + 4) for x, y in spots.values()]
    for key, place in _wanted(series, current):
        if (key, place) not in spots:
            continue
        x, y = spots[key, place]
        text = unit.show(series[key].points[place].value or 0)
        half = round(text_width(text) / 2)
        x = min(x, WIDTH - half)
        above, below = y - 9, y + 19
        beside = [spots[key, near][1] for near in (place - 1, place + 1) if (key, near) in spots]
        # A label under a valley or over a summit crosses no stroke.
        first = (below, above) if beside and all(near < y for near in beside) else (above, below)
        for line_y in first:
            box = (x - half, line_y - 12, x + half, line_y + 2)
            if line_y - 12 < span[0] or line_y > span[1] or any(_meet(box, one) for one in taken):
                continue
            taken.append(box)
            yield Label(x, line_y, text, strong=place == current)
            break


def _wanted(series: Sequence[Series], current: int) -> Iterator[tuple[int, int]]:
    """Yield which values to label, most wanted first; of three lines only the current ones, or none could be read."""
    yield from ((key, current) for key in range(len(series)))
    for key, one in enumerate(series):
        known = {place: point.value for place, point in enumerate(one.points) if point.value is not None}
        known.pop(current, None)
        if len(series) == 1:
            yield from ((key, place) for place in known)
        elif known and len(series) == 2:
            yield key, max(known, key=known.__getitem__)


def _meet(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _axis(stops: Sequence[Stop], base: int, x: Sequence[int], current: int) -> Iterator[Label]:
    """Yield the labels under the plot: each stop, and under the first of each group its name; none overlaps."""
    end = group_end = -1.0
    for place, stop in enumerate(stops):
        half = text_width(stop.label) / 2
        if x[place] - half > end:
            end = x[place] + half + 2
            yield Label(x[place], base + _LINE, stop.label, strong=place == current)
        if place and stop.group == stops[place - 1].group:
            continue
        half = text_width(stop.group) / 2
        if x[place] - half > group_end:
            group_end = x[place] + half + 2
            yield Label(x[place], base + 2 * _LINE, stops[place].group, strong=False)
