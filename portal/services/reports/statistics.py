"""Statistics of reports by quarter, over what the person sees; small numbers are not shown, nor can they be worked out.

    of_quarter(desk, quarter) -> Quarter      received (by channel, month, state, telling) and closed (outcome, answering)
    hide_small(groups) -> Shown               pure: what is printed

Every group of a table splits the same total, so that one group may give another's hidden number away. `hide_small`
therefore hides further numbers until each small one could still be at least two different numbers for somebody who
knows everything that is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from portal.domain.calendar import quarter_end, quarter_of, quarter_start
from portal.domain.reports.words import Channel, Outcome, State, Track
from portal.domain.values import show_month
from portal.services.reports.desk import Desk
from portal.store.reports.tables import SealedReport

SMALL = 5  # Numbers below are not shown (but 0 is): fewer people could be recognised.
_MANY = 10**9  # No number of reports is larger.
Group = tuple[int, ...]


@dataclass(frozen=True)
class Cell:
    """A printed number: what it says, and between which bounds the number lies as far as it tells."""

    text: str
    least: int
    most: int


@dataclass(frozen=True)
class Shown:
    """A table's printed numbers, group by group, and its total."""

    groups: tuple[tuple[Cell, ...], ...]
    total: Cell


@dataclass(frozen=True)
class Block:
    """One group with the titles of its rows."""

    title: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """One population, split in several ways."""

    title: str
    total: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Quarter:
    """The statistics of one quarter."""

    quarter: str
    received: Table
    closed: Table


def of_quarter(desk: Desk, quarter: str) -> Quarter:
    """Return the statistics of a quarter, over the reports that the person sees."""
    first, last = quarter_start(quarter), quarter_end(quarter)
    columns = (
        SealedReport.id, SealedReport.received_on, SealedReport.channel, SealedReport.state, SealedReport.accept_by,
        SealedReport.told_on, SealedReport.closed_on, SealedReport.outcome, SealedReport.answer_by,
        SealedReport.answered_on, SealedReport.real_name, SealedReport.track,
    )  # fmt: skip
    query = select(*columns).where(SealedReport.jurisdiction.in_(sorted(desk.sight.holders)))
    rows = [row for row in desk.session.execute(query) if row.id in desk.sight]
    received = [row for row in rows if first <= row.received_on <= last]
    closed = [row for row in rows if row.closed_on and first <= row.closed_on <= last]
    months = sorted({(first.year, first.month + step) for step in range(3)})
    return Quarter(
        quarter,
        _table(
            "收到",
            received,
            (
                ("来件渠道", _by([(one.label, one.value) for one in Channel], lambda row: row.channel)),
                (
                    "收到的月份",
                    _by(
                        [(show_month(f"{year}-{month:02}"), (year, month)) for year, month in months],
                        lambda row: (row.received_on.year, row.received_on.month),
                    ),
                ),
                ("目前状态", _by([(one.label, one.value) for one in State], lambda row: row.state)),
                ("告知是否受理", _by(_TIMELY, lambda row: _told_in_time(row, desk.today))),
            ),
        ),
        _table(
            "办结",
            closed,
            (
                ("办理结果", _by([(one.label, one.value) for one in Outcome], lambda row: row.outcome)),
                ("反馈结果", _by(_TIMELY, lambda row: _answered_in_time(row, desk.today))),
            ),
        ),
    )


def quarters_shown(desk: Desk) -> list[str]:
    """Return the quarters from that of the first report that the person sees to the present one, newest first."""
    query = select(SealedReport.id, SealedReport.received_on).where(
        SealedReport.jurisdiction.in_(sorted(desk.sight.holders))
    )
    days = [row.received_on for row in desk.session.execute(query) if row.id in desk.sight]
    quarter, found = quarter_of(desk.today), []
    first = quarter_of(min(days, default=desk.today))
    while quarter >= first:
        found.append(quarter)
        year, number = int(quarter[:4]), int(quarter[5])
        quarter = f"{year}Q{number - 1}" if number > 1 else f"{year - 1}Q4"
    return found


def hide_small(groups: Sequence[Group]) -> Shown:
    """Return what may be printed of groups that all split the same total."""
    total = sum(groups[0]) if groups else 0
    hidden = [{place for place, one in enumerate(group) if 0 < one < SMALL} for group in groups]
    more: list[set[int]] = [set() for _ in groups]
    dropped: set[int] = set()
    whole = any(hidden)
    while True:
        cells = [_cells(group, hidden[at], more[at], at in dropped) for at, group in enumerate(groups)]
        bad = next(
            (
                at
                for at, group in enumerate(cells)
                if at not in dropped and any(_told(cells, at, place) for place in hidden[at])
            ),
            None,
        )
        if bad is None:
            break
        _hide_more(groups, hidden, more, dropped, bad)
    shown_total = Cell("不列", 0, _MANY) if whole else Cell(str(total), total, total)
    return Shown(tuple(tuple(one) for one in cells), shown_total)


def _cells(group: Group, hidden: set[int], more: set[int], dropped: bool) -> list[Cell]:
    found = []
    for place, number in enumerate(group):
        if dropped:
            found.append(Cell("不列", 0, _MANY))
        elif place in hidden:
            found.append(Cell(f"<{SMALL}", 1, SMALL - 1))
        elif place in more:
            found.append(Cell(f"≥{SMALL}", SMALL, _MANY))
        else:
            found.append(Cell(str(number), number, number))
    return found


def _told(cells: Sequence[Sequence[Cell]], at: int, place: int) -> bool:
    """Tell whether only one number is left for a hidden cell, by all that is printed."""
    low = max(sum(one.least for one in group) for group in cells)
    high = min(sum(one.most for one in group) for group in cells)
    others = [one for where, one in enumerate(cells[at]) if where != place]
    least = max(cells[at][place].least, low - sum(one.most for one in others))
    most = min(cells[at][place].most, high - sum(one.least for one in others))
    return most <= least


def _hide_more(
    groups: Sequence[Group],
    hidden: Sequence[set[int]],
    more: Sequence[set[int]],
    dropped: set[int],
    bad: int,
) -> None:
    """Hide the largest number that is still printed: of the group itself, else of another; else the whole group."""
    order = [bad, *(at for at in range(len(groups)) if at != bad)]
    for at in order:
        left = [
            place
            for place, number in enumerate(groups[at])
            if number >= SMALL and place not in more[at] and at not in dropped and place not in hidden[at]
        ]
        if left:
            more[at].add(max(left, key=lambda place: groups[at][place]))
            return
    dropped.add(bad)


_TIMELY = [
    ("按期", "in_time"),
    ("超期", "late"),
    ("还在期限内", "waiting"),
    ("已超期，还没有登记", "overdue"),
    ("不须另行登记", "none"),  # Who left no name reads it on the query page.
]
_DECIDED = frozenset({State.ACCEPTED, State.NOT_ACCEPTED, State.TRANSFERRED, State.CLOSED, State.REOPENED})
_Split = tuple[list[str], Callable[[Iterable[Any]], Group]]


def _told_in_time(row: Any, today: date) -> str:
    """Count as the clock on the report does: once it is decided, only a real name is told in person (RPT-01)."""
    state = State(row.state)
    owed = row.told_on or state is State.RECEIVED or (row.real_name and state in _DECIDED)
    return _timely(row.told_on, row.accept_by if owed else None, today)


def _answered_in_time(row: Any, today: date) -> str:
    owed = row.answered_on or row.real_name or Track(row.track) is Track.PETITION
    return _timely(row.answered_on, row.answer_by if owed else None, today)


def _timely(done: date | None, by: date | None, today: date) -> str:
    if by is None:
        return "none"
    if done is not None:
        return "in_time" if done <= by else "late"
    return "waiting" if today <= by else "overdue"


def _by(keys: Sequence[tuple[str, Any]], key: Callable[[Any], Any]) -> _Split:
    titles = [title for title, _ in keys]

    def count(rows: Iterable[Any]) -> Group:
        tally: dict[Any, int] = {}
        for row in rows:
            tally[key(row)] = tally.get(key(row), 0) + 1
        return tuple(tally.get(one, 0) for _, one in keys)

    return titles, count


def _table(title: str, rows: Sequence[Any], splits: Sequence[tuple[str, _Split]]) -> Table:
    shown = hide_small([count(rows) for _, (_, count) in splits])
    blocks = tuple(
        Block(name, tuple(zip(titles, (cell.text for cell in cells), strict=True)))
        for (name, (titles, _)), cells in zip(splits, shown.groups, strict=True)
    )
    return Table(title, shown.total.text, blocks)
