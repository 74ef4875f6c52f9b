"""The two tables of the board from its rows: units × duties for a quarter, and units × periods of one duty."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from sqlalchemy import and_, exists, func, select

from portal.domain.obligations import DUTIES, Duty
from portal.domain.regimes import Regime
from portal.domain.values import show_day
from portal.services.board.computing import EVENTS
from portal.services.board.county import County
from portal.services.board.marks import (
    NOT_APPLICABLE,
    NOTHING,
    UNREADABLE,
    Mark,
    Stored,
    current,
    mark_of,
    short_period,
)
from portal.services.board.screens import Head, Row, Screen, Sieve, is_gone, sift
from portal.services.compliance import QUARTERLY, YEARLY
from portal.store.tables import BoardCell, BoardFinding, BoardUnit, Unit

_MARKED = '{"unreadable"%'  # The only thing that the details of such a unit say.
_SHOWN = [
    getattr(BoardCell, name)
    for name in (
        "unit_id", "duty", "period", "quarter", "status", "word", "due", "original", "provisional", "days",
        "day_unit", "done_on", "withdrawn", "note", "afterthought", "counts",
    )
]  # fmt: skip


@dataclass(frozen=True)
class Base:
    """What is known of each unit beside its cells."""

    units: tuple[Unit, ...]
    index: Mapping[int, Fraction | None]
    unreadable: frozenset[int]
    oldest: datetime | None  # When the oldest of the rows was worked out.


def base_of(county: County) -> Base:
    """Return the units that have rows, with their indexes."""
    known = {
        unit: (passed, applicable, computed, marked)
        for unit, passed, applicable, computed, marked in county.session.execute(
            select(
                BoardUnit.unit_id,
                BoardUnit.index_passed,
                BoardUnit.index_applicable,
                BoardUnit.computed_at,
                BoardUnit.details.like(_MARKED),
            ).where(BoardUnit.jurisdiction_id == county.id)
        )
    }
    return Base(
        tuple(one for one in county.units() if one.id in known),
        {unit: Fraction(100 * one[0], one[1]) if one[1] else None for unit, one in known.items()},
        frozenset(unit for unit, one in known.items() if one[3]),
        min((one[2] for one in known.values()), default=None),
    )


def newest_due(quarters: Sequence[str], regime: Regime, today: date) -> str | None:
    """Return the newest of the board's quarters whose finance deadline is past; else the newest there is."""
    past = [one for one in quarters if (due := regime.finance_due(one)) and due.day < today]
    return past[-1] if past else quarters[-1] if quarters else None


def by_duty(county: County, base: Base, *, quarter: str, sieve: Sieve, today: date) -> Screen:
    """Return units × duties for a quarter.

    Plans, filings, budgets and supporting rules have no quarter: they are shown as they stand today. A year's
    report is shown in the fourth quarter of its year and until the next one is due.
    """
    year = quarter[:4] if quarter.endswith("Q4") else str(int(quarter[:4]) - 1)
    here = BoardCell.quarter.in_((quarter, ""))
    of_year = and_(BoardCell.duty.in_(sorted(YEARLY)), BoardCell.period == year, BoardCell.quarter != quarter)
    cells: dict[tuple[int, str], list[Any]] = defaultdict(list)
    # Two questions, each with an index of its own; asked as one, all cells of the county would be gone through.
    asked = [BoardCell.duty == sieve.duty] if sieve.duty else []
    for one in (*_cells(county, of_year, *asked), *_cells(county, here, *asked)):
        cells[one.unit_id, one.duty].append(one)
    known = duties_of(county)
    duties = [one for one in DUTIES if one.code in known and sieve.duty in ("", one.code)]
    owed = _owed(county, base.units, cells, [one.code for one in duties if one.code not in EVENTS])
    columns = _columns(cells)
    heads = [_head(one, columns[one.code], year) for one in duties]

    read = _reader()

    def mark(unit: Unit, duty: Duty) -> Mark:
        some = cells.get((unit.id, duty.code))
        if not some:
            blank = duty.code in EVENTS or unit.id in owed[duty.code]
            return NOTHING if blank else NOT_APPLICABLE
        marks = [read(one) for one in some]
        return current(marks, each=duty.each, act=duty.act) if len(marks) > 1 else marks[0]

    rows = _rows(
        county, base, sieve, today, lambda unit: tuple(mark(unit, duty) for duty in duties), len(duties)
    )
    return sift(heads, rows, sieve)


def by_period(county: County, base: Base, duty: Duty, *, periods: int, sieve: Sieve, today: date) -> Screen:
    """Return units × the newest periods of one duty, the newest first; a standing duty has a single column."""
    found = _cells(county, BoardCell.duty == duty.code)
    standing = duty.code not in QUARTERLY | EVENTS | YEARLY
    cells: dict[tuple[int, str], list[Any]] = defaultdict(list)
    for one in found:
        cells[one.unit_id, "" if standing else one.period].append(one)
    stored = _columns(cells)
    columns = sorted(stored, reverse=True)[:periods]
    owed = {unit for unit, _ in cells}
    heads = [Head(one, short_period(one) if one else "现状", *_due(stored[one])) for one in columns]

    read = _reader()

    def mark(unit: Unit, period: str) -> Mark:
        some = cells.get((unit.id, period))
        if not some:
            return NOTHING if duty.code in EVENTS or unit.id in owed else NOT_APPLICABLE
        marks = [read(one) for one in some]
        return current(marks, each=duty.each, act=duty.act) if len(marks) > 1 else marks[0]

    rows = _rows(
        county, base, sieve, today, lambda unit: tuple(mark(unit, one) for one in columns), len(columns)
    )
    return sift(heads, rows, sieve)


def _cells(county: County, *where: Any) -> Sequence[Any]:
    """Return what is shown of the stored cells: plain rows, for thousands of them are read for a page."""
    query = select(*_SHOWN).where(BoardCell.jurisdiction_id == county.id, *where).order_by(BoardCell.id)
    return county.session.execute(query).all()


def _columns(cells: Mapping[tuple[int, str], Iterable[Any]]) -> dict[str, list[Any]]:
    """Return the cells by column."""
    found: dict[str, list[Any]] = defaultdict(list)
    for (_, column), some in cells.items():
        found[column].extend(some)
    return found


def _reader() -> Callable[[Any], Mark]:
    """Return what reads cells for one table: units that stand alike in a period share one mark."""
    known: dict[tuple[Any, ...], Mark] = {}

    def read(cell: Any) -> Mark:
        alike = cell[1:]  # All but the unit.
        if alike not in known:
            known[alike] = mark_of(cell)
        return known[alike]

    return read


def _owed(
    county: County, units: Iterable[Unit], cells: Collection[tuple[int, str]], codes: Sequence[str]
) -> dict[str, set[int]]:
    """Return, of duties that are not shown of every unit, the units that have them in any period.

    The others are not asked for: that would mean to go through all cells of all periods.
    """
    numbers = [one.id for one in units]
    partly = [code for code in codes if any((number, code) not in cells for number in numbers)]
    owed: dict[str, set[int]] = {code: set() for code in codes}
    query = select(BoardCell.duty, BoardCell.unit_id).distinct()
    for duty, unit in county.session.execute(
        query.where(BoardCell.jurisdiction_id == county.id, BoardCell.duty.in_(partly))
    ):
        owed[duty].add(unit)
    return owed


def _rows(county: County, base: Base, sieve: Sieve, today: date, marks: Any, width: int) -> list[Row]:
    found = _findings(county, sieve.rule)
    return [
        Row(
            unit,
            (UNREADABLE,) * width if unit.id in base.unreadable else marks(unit),
            base.index[unit.id],
            *found.get(unit.id, (0, 0)),
            gone=is_gone(unit, today),
            unreadable=unit.id in base.unreadable,
        )
        for unit in base.units
    ]


def _findings(county: County, rule: str) -> dict[int, tuple[int, int]]:
    """Return how many breaches and warnings each unit has, of one rule or of all."""
    query = (
        select(BoardFinding.unit_id, BoardFinding.severity, func.count())
        .where(BoardFinding.jurisdiction_id == county.id)
        .group_by(BoardFinding.unit_id, BoardFinding.severity)
    )
    if rule:
        query = query.where(BoardFinding.rule == rule)
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for unit, severity, count in county.session.execute(query):
        found[unit][severity == "yellow"] += count
    return {unit: (grave, warned) for unit, (grave, warned) in found.items()}


def duties_of(county: County) -> frozenset[str]:
    """Return the codes of the duties that any unit has."""
    has = [
        exists().where(BoardCell.jurisdiction_id == county.id, BoardCell.duty == one.code) for one in DUTIES
    ]
    row = county.session.execute(select(*has)).one()
    return frozenset(one.code for one, there in zip(DUTIES, row, strict=True) if there)


def rules_of(county: County) -> list[tuple[str, int]]:
    """Return the rules that found something, with the number of units in which they did."""
    query = (
        select(BoardFinding.rule, func.count(BoardFinding.unit_id.distinct()))
        .where(BoardFinding.jurisdiction_id == county.id)
        .group_by(BoardFinding.rule)
    )
    return [(rule, count) for rule, count in county.session.execute(query)]


def _head(duty: Duty, cells: Sequence[Stored], year: str) -> Head:
    if duty.code in YEARLY:
        return Head(duty.code, duty.title, f"{year}年度")
    if duty.code in EVENTS:
        return Head(duty.code, duty.title, "本季发生的")
    if duty.code in QUARTERLY:
        return Head(duty.code, duty.title, *_due(cells))
    return Head(duty.code, duty.title, "现状")


def _due(cells: Iterable[Stored]) -> tuple[str, bool]:
    """Say until when a column was due, where one day counts for everybody (who was granted another has it beside)."""
    days = Counter((one.original, bool(one.provisional)) for one in cells if one.original and not one.counts)
    if not days:
        return "", False
    (day, provisional), _ = days.most_common(1)[0]
    if len({one for one, _ in days}) > 1 or day is None:
        return "期限不一", provisional
    return f"{show_day(day)}前", provisional
