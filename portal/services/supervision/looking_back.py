"""What was done about one quarter (上季度的处理): its matters, letters and entries of the register, counted as their lists count.

Of a quarter is what names it: a matter by the period of what was found, a letter by its matter or by the missed
deadline, an entry of the register by its matter. The lists take the same quarter as a filter and show the same rows.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, func

from portal.domain.rules.terms import Severity
from portal.domain.supervision.letters import State as LetterState
from portal.domain.supervision.matters import State as MatterState
from portal.domain.supervision.rectifying import State as RectifyState
from portal.services.board.county import County
from portal.services.supervision import lettering, queue, rectifications
from portal.store.tables import Letter, Matter, Rectification

_GRAVE = (Severity.BLOCK.value, Severity.RED.value)


@dataclass(frozen=True)
class Done:
    """What was done about a quarter, and what of it is not finished.

    `answered` and `awaited` are letters with the unit's reply and letters whose reply is not there yet; of a kind that
    asks for no reply neither counts. `overdue` is past its day: explanations, replies, rectification.
    """

    matters: int
    closed: int
    untouched: int
    letters: int
    answered: int
    awaited: int
    late_letters: int
    entries: int
    struck_off: int
    late_entries: int

    @property
    def nothing(self) -> bool:
        """Tell whether nothing at all was begun."""
        return not (self.matters or self.letters or self.entries)


@dataclass(frozen=True)
class Waiting:
    """What waits for the commission, or is past its day: letters and entries of the register."""

    answered: int
    late_letters: int
    to_accept: int
    late_entries: int


@dataclass(frozen=True)
class Pressing:
    """What presses at a unit: explanations, replies and rectification past their day; open matters of a breach."""

    past: int = 0
    grave: int = 0


def done_about(county: County, quarter: str, today: date) -> Done:
    """Return what was done about `quarter`, such as `2026Q2`."""
    matters = queue.counts(county, queue.Wanted(period=quarter), today)
    letters = lettering.listed(county, period=quarter, today=today)
    entries = rectifications.listed(county, period=quarter, today=today)
    return Done(
        matters=matters[""],
        closed=matters[MatterState.CLOSED.value],
        untouched=matters[MatterState.NEW.value],
        letters=len(letters),
        answered=sum(one.replied_at is not None for one in letters),
        awaited=sum(one.state == LetterState.ISSUED.value and one.due is not None for one in letters),
        late_letters=sum(lettering.is_late(one, today=today) and not one.replied_at for one in letters),
        entries=len(entries),
        struck_off=sum(one.state == RectifyState.CLOSED.value for one in entries),
        late_entries=sum(rectifications.is_overdue(one, today) for one in entries),
    )


def waiting(county: County, today: date) -> Waiting:
    """Count what waits for an officer."""
    return Waiting(
        answered=_count(county, Letter, Letter.state == LetterState.ANSWERED.value),
        late_letters=_count(county, Letter, lettering.late(today)),
        to_accept=_count(county, Rectification, Rectification.state == RectifyState.TO_ACCEPT.value),
        late_entries=_count(county, Rectification, rectifications.late(today)),
    )


def pressing(county: County, today: date) -> dict[int, Pressing]:
    """Return by unit what presses there; units of which nothing does are left out."""
    past: Counter[int] = Counter()
    for table, where in (
        (Matter, queue.is_overdue(today)),
        (Letter, lettering.late(today)),
        (Rectification, rectifications.late(today)),
    ):
        past.update(_by_unit(county, table, where))
    grave = _by_unit(county, Matter, Matter.state != MatterState.CLOSED.value, Matter.severity.in_(_GRAVE))
    return {unit: Pressing(past[unit], grave.get(unit, 0)) for unit in {*past, *grave}}


def _by_unit(county: County, table: type[Any], *where: ColumnElement[bool]) -> dict[int, int]:
    query = county.rows(table).with_only_columns(table.unit_id, func.count()).where(*where)
    return {int(unit): int(count) for unit, count in county.session.execute(query.group_by(table.unit_id))}


def _count(county: County, table: type[Any], where: ColumnElement[bool]) -> int:
    query = county.rows(table).with_only_columns(func.count(table.id)).where(where)
    return county.session.scalar(query) or 0
