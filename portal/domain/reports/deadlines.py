"""Which deadlines a report has still to keep, and how near they are (RPT-01, 02, 07, 15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.calendar import Calendar
from portal.domain.reports.words import State, Track
from portal.domain.values import Choice

# Working days before a deadline from which it is shown as near: the platform's habit, no rule of law.
SOON = 3


class Deadline(Choice):
    """期限."""

    ROUTE = "route", "分流（转送、报上级）"
    ACCEPT = "accept", "告知是否受理"
    CLOSE = "close", "办结"
    ANSWER = "answer", "反馈结果"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the deadlines of a report depend on."""

    state: State
    track: Track = Track.ACCUSATION
    real_name: bool | None = None  # None: nobody has looked yet, so it may be one.
    accept_by: date | None = None
    route_by: date | None = None
    close_by: date | None = None
    answer_by: date | None = None
    told: bool = False
    answered: bool = False


def open_deadlines(of: Standing) -> tuple[tuple[Deadline, date], ...]:
    """Return the deadlines not kept yet, the nearest first.

    Who left no name is told by the query page, from the day on which the state changes; a real name is told in person,
    so the clock runs until that is recorded.
    """
    found: list[tuple[Deadline, date | None]] = []
    waits = of.state is State.RECEIVED
    decided = of.state in (State.ACCEPTED, State.NOT_ACCEPTED, State.TRANSFERRED, State.CLOSED)
    if waits:
        found.append((Deadline.ROUTE, of.route_by))
    if not of.told and (waits or (decided and of.real_name)):
        found.append((Deadline.ACCEPT, of.accept_by))
    if of.track is Track.PETITION and of.state in (State.ACCEPTED, State.REOPENED):
        found.append((Deadline.CLOSE, of.close_by))
    if of.state is State.CLOSED and not of.answered and (of.real_name or of.track is Track.PETITION):
        found.append((Deadline.ANSWER, of.answer_by))
    return tuple(sorted(((kind, day) for kind, day in found if day), key=lambda one: one[1]))


def is_late(day: date, today: date) -> bool:
    """Tell whether a deadline has passed: its own day still counts."""
    return today > day


def is_near(day: date, today: date, calendar: Calendar) -> bool:
    """Tell whether a deadline that has not passed is at most `SOON` working days away."""
    return today <= day and calendar.workdays_between(today, day) <= SOON
