"""豁免（不适用登记）和延期: what a unit was let off or granted, and which deadline binds it then.

Whoever judges a deadline, the board or a rule, asks `Grants.binding`, so that both always say the same.
A duty is named by its code (`portal.domain.obligations.DUTIES`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from portal.domain.calendar import Calendar, Due, Span
from portal.domain.values import show_day


@dataclass(frozen=True)
class Exempted:
    """不适用登记 (DEL-14): a unit need not keep a duty from one day to another.

    `period` limits it to one period; `recorded_on` is when it was entered here, `revoked_on`
    the day from which it no longer holds.
    """

    duty: str
    reason: str
    approver: str
    valid_from: date
    valid_until: date
    recorded_on: date
    period: str | None = None
    revoked_on: date | None = None
    number: int = 0
    revoke_reason: str = ""

    def covers(self, period: str, day: date) -> bool:
        """Tell whether it frees from the duty for a period whose binding day is `day`."""
        holds = self.valid_from <= day <= self.valid_until and (
            self.revoked_on is None or day < self.revoked_on
        )
        return holds and self.period in (None, period)

    def revoked_by(self, due: date) -> bool:
        """Tell whether it no longer held when the deadline came: what was still to be done was owed again."""
        return self.revoked_on is not None and self.revoked_on <= due

    @property
    def afterthought(self) -> str:
        """What is said of it where it came after the deadline."""
        return f"事后登记（{show_day(self.recorded_on)}）的豁免：{self.told}，迟延记录不变"

    @property
    def told(self) -> str:
        """Why, by whose word and until when."""
        return f"{self.reason}（{self.approver}批准，至{show_day(self.valid_until)}）"


@dataclass(frozen=True)
class Extended:
    """延期: a later deadline for one duty and period."""

    duty: str
    period: str
    new_due: date
    reason: str
    approver: str
    recorded_on: date
    number: int = 0

    @property
    def told(self) -> str:
        """By whose word, until when and why."""
        return f"经{self.approver}批准延至{show_day(self.new_due)}（{self.reason}）"


@dataclass(frozen=True)
class Binding:
    """The deadline that binds, and how it came to.

    `original` is what the regime's terms give, `due` what counts; `moved` says by what extension,
    `exempt` by what exemption nothing is owed. `afterthought` tells of what was granted only when
    the deadline had passed: it is shown and changes nothing.
    """

    due: Due
    original: Due
    moved: str = ""
    exempt: str = ""
    afterthought: str = ""

    def late(self, calendar: Calendar, span: Span, reached: date) -> int:
        """Return by how many days of the span's unit `reached` is past the deadline; 0 in time, or where exempt.

        Working days late are never 0: a day off past the deadline is late by one.
        """
        if self.exempt or reached <= self.due.day:
            return 0
        return max(calendar.elapsed(self.due.day, reached, span.unit), 1)


@dataclass(frozen=True)
class Grants:
    """Everything that was granted to one unit."""

    exemptions: tuple[Exempted, ...] = ()
    extensions: tuple[Extended, ...] = ()

    def known_on(self, day: date) -> Grants:
        """Return what was known on `day`: what was recorded by then, and revoked by then."""
        return Grants(
            tuple(
                replace(one, revoked_on=one.revoked_on if one.revoked_on and one.revoked_on <= day else None)
                for one in self.exemptions
                if one.recorded_on <= day
            ),
            tuple(one for one in self.extensions if one.recorded_on <= day),
        )

    def binding(self, duty: str, period: str, start: date, original: Due) -> Binding:
        """Return the deadline that binds for a duty and period, whose time began on `start` and ends on `original`.

        An extension recorded when the deadline had passed changes nothing, nor does an exemption.
        """
        due, moved, late_extension = original, "", ""
        granted = [one for one in self.extensions if (one.duty, one.period) == (duty, period)]
        for one in sorted(granted, key=lambda one: one.recorded_on):
            if one.recorded_on > due.day:
                late_extension = f"事后登记（{show_day(one.recorded_on)}）：{one.told}，到期日不变"
            elif one.new_due > due.day:
                due, moved = Due(one.new_due, provisional=False), one.told
        exempt, late_exemption = "", ""
        for free in self.exemptions:
            if free.duty != duty or not free.covers(period, start) or free.revoked_by(due.day):
                continue
            if free.recorded_on <= due.day:
                exempt, late_exemption = free.told, ""
                break
            late_exemption = free.afterthought
        afterthought = "；".join(one for one in (late_extension, late_exemption) if one)
        return Binding(due, original, moved, exempt, afterthought)


NONE = Grants()  # Nothing was granted, or nothing is known of it.
