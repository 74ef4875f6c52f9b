"""The geometry of a bulletin's drawings, in whole pixels and without any markup.

As wide as the narrowest phone shows at 1:1, like the public site's (`portal.site.pages.charts`); every drawing
stands beside a table with the exact figures and says its message in words too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain.supervision.bulletin import CoverageLine, DutyLine, RuleLine, Share, TrendPoint
from portal.domain.values import show_period
from portal.site.pages.charts import WIDTH, fit, text_width

ROW = 46
_PLOT, _TOP, _LEFT = 120, 24, 40  # Of the trend: height of the plot, room above it, room for its scale.


@dataclass(frozen=True)
class Piece:
    """One part of a bar: what it is (ok, late, no, ink), where it begins and how wide it is."""

    key: str
    x: int
    width: int


@dataclass(frozen=True)
class Bar:
    """One row: its name, its figures in words, where it stands, its parts, and a mark to compare with."""

    name: str
    value: str
    y: int
    parts: tuple[Piece, ...]
    tick: int | None = None


@dataclass(frozen=True)
class Bars:
    """Rows of bars, each of the whole width."""

    title: str
    said: str
    height: int
    rows: tuple[Bar, ...]


@dataclass(frozen=True)
class Spot:
    """One quarter of the trend: where it stands, what is written at it and below it."""

    x: int
    y: int
    text: str
    label: str
    year: str


@dataclass(frozen=True)
class Trend:
    """Shares over time: the strokes and marks of both lines, broken where nothing was due."""

    title: str
    said: str
    height: int
    base: int
    scale: tuple[tuple[int, str], ...]
    strokes: str
    marks: str
    other_strokes: str
    other_marks: str
    spots: tuple[Spot, ...]


def duty_bars(lines: Sequence[DutyLine], *, title: str) -> Bars | None:
    """Draw how the due ones of each duty stand, as parts of one whole; None where nothing was due."""
    known = [one for one in lines if one.due]
    if not known:
        return None
    rows = []
    for place, one in enumerate(known):
        counts = (("ok", one.on_time), ("late", one.late), ("no", one.missing))
        rows.append(
            _row(
                one.title,
                f"按期 {one.on_time}　逾期 {one.late}　未{one.act} {one.missing}",
                place,
                _parts([(key, count) for key, count in counts if count]),
            )
        )
    said = "；".join(
        f"{one.title}到期{one.due}，按期{one.on_time}，逾期{one.late}，未{one.act}{one.missing}"
        for one in known
    )
    return Bars(title, f"{said}。", ROW * len(rows) - 12, tuple(rows))


def coverage_bars(lines: Sequence[CoverageLine], *, title: str) -> Bars | None:
    """Draw the coverage rates; the mark is the share that the source names."""
    known = [one for one in lines if one.share.of]
    rows = tuple(
        _row(
            one.title,
            f"{one.share.text}（{one.share.part}/{one.share.of}）",
            place,
            (Piece("ink", 0, round(WIDTH * one.share.part / one.share.of)),) if one.share.part else (),
            _at(one.aim) if one.aim else None,
        )
        for place, one in enumerate(known)
    )
    said = "；".join(f"{one.title}{one.share.text}" for one in known)
    return Bars(title, f"{said}。", ROW * len(rows) - 12, rows) if rows else None


MOST_RULES = 10


def rule_bars(lines: Sequence[RuleLine], *, title: str) -> Bars | None:
    """Draw the rules with the most findings: breaches and warnings as parts, on one scale."""
    known = sorted(lines, key=lambda one: -one.total)[:MOST_RULES]
    top = max((one.total for one in known), default=0)
    if not top:
        return None
    rows = tuple(
        _row(
            one.title,
            f"违规 {one.block + one.red}　预警 {one.yellow}",
            place,
            _parts(
                [(key, count) for key, count in (("no", one.block + one.red), ("late", one.yellow)) if count],
                of=top,
            ),
        )
        for place, one in enumerate(known)
    )
    said = "；".join(f"{one.title}违规{one.block + one.red}处，预警{one.yellow}处" for one in known)
    return Bars(title, f"{said}。", ROW * len(rows) - 12, rows)


def _row(name: str, value: str, place: int, parts: tuple[Piece, ...], tick: int | None = None) -> Bar:
    return Bar(fit(name, WIDTH - text_width(value) - 12), value, ROW * place, parts, tick)


def _parts(counts: Sequence[tuple[str, int]], *, of: int | None = None) -> tuple[Piece, ...]:
    """Lay parts out from the left; one that is not nothing is never invisible."""
    whole = of or sum(count for _, count in counts)
    found: list[Piece] = []
    before = 0
    for key, count in counts:
        start, end = round(WIDTH * before / whole), round(WIDTH * (before + count) / whole)
        before += count
        last = before == whole
        found.append(Piece(key, start, max(end - start - (0 if last else 2), 2)))
    return tuple(found)


def _at(share: Share) -> int:
    return min(max(round(WIDTH * share.part / share.of), 1), WIDTH - 1) if share.of else 1


def trend_of(points: Sequence[TrendPoint], *, title: str) -> Trend | None:
    """Draw the share kept in time over the quarters; None with fewer than two quarters of which something was due."""
    if sum(one.share.of > 0 for one in points) < 2:
        return None
    step = (WIDTH - _LEFT - 24) / max(len(points) - 1, 1)
    places = [round(_LEFT + 12 + step * number) for number in range(len(points))]

    def height(share: Share) -> int | None:
        return None if share.value is None else _TOP + round(_PLOT * (1 - float(share.value)))

    ours = [height(one.share) for one in points]
    finance = [height(one.finance) for one in points]
    spots = tuple(
        Spot(
            x,
            ours[place] or _TOP + _PLOT,
            one.share.text.removesuffix("%") if ours[place] is not None else "—",
            f"{one.quarter[5]}季",
            one.quarter[:4] if not place or one.quarter[5] == "1" else "",
        )
        for place, (x, one) in enumerate(zip(places, points, strict=True))
    )
    said = "；".join(
        f"{show_period(one.quarter)}{one.share.text if one.share.of else '没有到期事项'}" for one in points
    )
    return Trend(
        title=title,
        said=f"{said}。",
        height=_TOP + _PLOT + 66,
        base=_TOP + _PLOT,
        scale=tuple((_TOP + round(_PLOT * (100 - one) / 100), f"{one}") for one in (0, 50, 100)),
        strokes=_strokes(places, ours),
        marks="".join(
            f"M{x} {y}m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z" for x, y in zip(places, ours, strict=True) if y is not None
        ),
        other_strokes=_strokes(places, finance),
        other_marks="".join(
            f"M{x} {y}m-4-4h8v8h-8z" for x, y in zip(places, finance, strict=True) if y is not None
        ),
        spots=spots,
    )  # fmt: skip


def _strokes(places: Sequence[int], heights: Sequence[int | None]) -> str:
    found, pen = "", "M"
    for x, y in zip(places, heights, strict=True):
        if y is None:
            pen = "M"
            continue
        found += f"{pen}{x} {y}"
        pen = "L"
    return found
