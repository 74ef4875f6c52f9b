"""提醒: letters before and after a deadline, to the unit's editors and reviewers.

    due_reminders(session, regimes, *, now, address) -> int       every unit; once a day is enough
    remind_unit(room, regime, *, now, address) -> int             one unit

On which days is the regime's word (`[[reminders]]`); a regime's `soon` says from when a deadline is *shown* as near.

Each letter has a key of duty, period, deadline, stage and person. The key is
unique in the database, so a second run, a second worker or a crash half-way
doubles nothing; a run that was missed is made up for by the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.calendar import Calendar
from portal.domain.obligations import duty_of
from portal.domain.regimes import Regime
from portal.domain.roles import Role
from portal.domain.supervision.terms import ReminderTerms
from portal.services.checking import SHANGHAI
from portal.services.compliance_answers import period_name
from portal.services.desk import letters
from portal.services.desk.rooms import Room
from portal.services.desk.tasks import Task, desk_of, first_quarter_of
from portal.store.tables import Account, Unit

MORNING = (
    8  # The hour in China before which nobody is written to: manners, not a term that anybody counts on.
)
_READERS = frozenset({Role.EDITOR.value, Role.REVIEWER.value})


def due_reminders(session: Session, regimes: Mapping[str, Regime], *, now: datetime, address: str) -> int:
    """Write the letters of today for every unit and return how many are new; the caller commits.

    `address` is the office's. The session must be one that may read every unit (the worker's).
    """
    count, first = 0, dict[int, str | None]()
    for unit in session.scalars(select(Unit).order_by(Unit.id)):
        if regime := regimes.get(unit.jurisdiction.slug):
            county = unit.jurisdiction
            if county.id not in first:
                first[county.id] = first_quarter_of(session, county)
            room = _Unbound(session, unit.id)
            count += _remind(room, regime, now=now, address=address, first_quarter=first[county.id])
    return count


def remind_unit(room: Room, regime: Regime, *, now: datetime, address: str) -> int:
    """Write the letters of today for one unit and return how many are new; the caller commits."""
    return _remind(room, regime, now=now, address=address)


def stage_of(task: Task, terms: ReminderTerms, *, today: date, calendar: Calendar) -> int | None:
    """Return the stage that a task has reached: say -5 or -1 before its day, 1, 6, 11 … after it; None where none has.

    The newest stage only: what was missed while nobody was running is not written afterwards.
    """
    if task.due is None or not task.duty:
        return None
    if today <= task.due:
        left = calendar.workdays_between(today, task.due)
        return next((-one for one in sorted(terms.before) if left <= one), None)
    passed = calendar.workdays_between(task.due, today)
    if passed < terms.after:
        return None
    time = (passed - terms.after) // terms.every
    return terms.after + time * terms.every if time < terms.times else None


class _Unbound(Room):
    """A unit's room in a session that goes through all units: it filters as every room does, and binds nothing."""

    def __init__(self, session: Session, unit_id: int) -> None:
        self.session, self._unit_id = session, unit_id


def _remind(
    room: Room, regime: Regime, *, now: datetime, address: str, first_quarter: str | None = None
) -> int:
    moment = now.astimezone(SHANGHAI)
    today = moment.date()
    terms = regime.reminders_on(today)
    if terms is None or moment.hour < MORNING or not regime.calendar_on(today).is_workday(today):
        return 0
    people = [one for one in room.accounts() if _is_reader(one)]
    if not people:
        return 0
    count = 0
    for task in desk_of(room, regime, actor=None, now=now, first_quarter=first_quarter).tasks:
        calendar = regime.calendar_on(task.due or today)
        stage = stage_of(task, terms, today=today, calendar=calendar)
        if stage is None:
            continue
        letter = _letter(task, today, calendar, address)
        key = f"remind:{room.unit_id}:{task.duty}:{task.period}:{task.due}:{stage:+d}"
        for one in people:
            written = letters.write_letter(
                room.session, unit_id=room.unit_id, key=f"{key}:{one.id}", to=one.email or "",
                subject=letter.subject, body=letter.body, now=now,
            )  # fmt: skip
            count += written is not None
    return count


def _is_reader(account: Account) -> bool:
    return bool(account.active and account.email) and any(one.role in _READERS for one in account.roles)


def _letter(task: Task, today: date, calendar: Calendar, address: str) -> letters.Letter:
    assert task.due is not None  # noqa: S101 - a stage was reached, so there is a day.
    duty = duty_of(task.duty)
    # An event's period is its number, and may name what is not public yet: the letter tells of the duty alone.
    period = period_name(task.period) if task.period and duty.each == "期" else ""
    if today <= task.due:
        return letters.due(
            duty=duty.title, period=period, what=task.what, day=task.due, provisional=task.provisional,
            workdays=calendar.workdays_between(today, task.due), address=address,
        )  # fmt: skip
    return letters.overdue(
        duty=duty.title, period=period, what=task.what, day=task.due,
        workdays=calendar.workdays_between(task.due, today), address=address,
    )  # fmt: skip
