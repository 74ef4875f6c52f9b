"""One unit's case on one day: its records, what it was exempted from, what was put off; and how a deadline is judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar

from portal.domain.calendar import Due, Span
from portal.domain.documents.base import Audience, Document
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.grants import Exempted, Extended, Grants
from portal.domain.obligations.duties import Cell, Duty, Evidence, Status
from portal.domain.regimes import Regime
from portal.domain.rules.dossier import Dossier
from portal.domain.rules.terms import Terms
from portal.domain.rules.unit_file import PublishedDocument, unit_dossier
from portal.domain.units import UnitFacts

_D = TypeVar("_D", bound=Document)
DAY_UNITS = {"workday": "个工作日", "day": "日", "month": "日"}


@dataclass(frozen=True)
class Lost:
    """A record whose content the law destroyed: its kind, its address and the day of first publication are left."""

    kind: str
    slug: str
    published_on: date
    ref: str = ""


@dataclass(frozen=True)
class Shown:
    """What the public has seen of a record: since when (None: never), whether it was taken back, and what to say."""

    day: date | None
    withdrawn: bool
    note: str = ""


def shown(record: PublishedDocument) -> Shown:
    """Return what the public has seen of a record: what only a circle may read is not public."""
    public = [day for day, document in record.stages if document.audience == Audience.PUBLIC]
    if record.document.audience != Audience.PUBLIC:
        # A narrower version may only follow a public one that was withdrawn.
        if public:
            return Shown(public[0], withdrawn=True)
        return Shown(None, record.withdrawn, f"只向{record.document.audience.label}公开")
    hidden = record.stages and record.stages[0][1].audience != Audience.PUBLIC
    first = (public[0] if public else record.changed_on) if hidden else record.published_on
    return Shown(first, record.withdrawn)


@dataclass(frozen=True)
class Case:
    """Everything that a unit's standing on `today` follows from.

    `complete`: every record of the unit is given, public or not. Otherwise only what is public.
    """

    regime: Regime
    unit: UnitFacts
    today: date
    records: tuple[PublishedDocument, ...] = ()
    lost: tuple[Lost, ...] = ()
    exemptions: tuple[Exempted, ...] = ()
    extensions: tuple[Extended, ...] = ()
    complete: bool = False

    def of(self, kind: type[_D]) -> list[tuple[PublishedDocument, _D]]:
        """Return the published records of a kind, withdrawn ones included, in the order of first publication."""
        found = [
            (one, one.document)
            for one in self.records
            if isinstance(one.document, kind) and one.published_on is not None
        ]
        return sorted(found, key=lambda pair: (pair[0].published_on or date.max, pair[0].ref))

    @cached_property
    def grants(self) -> Grants:
        """What the unit was let off or granted, as the rules see it."""
        return Grants(self.exemptions, self.extensions)

    @cached_property
    def dossier(self) -> Dossier:
        """The records as the rules see them."""
        return unit_dossier(self.records, complete=self.complete)

    @cached_property
    def standing_records(self) -> tuple[PublishedDocument, ...]:
        """The published records that are not withdrawn."""
        return tuple(one for one in self.records if not one.withdrawn and one.published_on is not None)

    @cached_property
    def plan(self) -> tuple[PublishedDocument, DelegationPlan] | None:
        """The published delegation plan in force today."""
        return self.plan_on(self.today)

    @cached_property
    def public_plan(self) -> tuple[PublishedDocument, DelegationPlan] | None:
        """The delegation plan in force today that everybody can read."""
        return self.plan_on(self.today, public=True)

    def plan_on(self, day: date, *, public: bool = False) -> tuple[PublishedDocument, DelegationPlan] | None:
        """Return the published delegation plan in force on `day`, with its record; only public ones on demand."""
        begun = [
            (one, plan)
            for one, plan in self.of(DelegationPlan)
            if not one.withdrawn
            and plan.effective_from <= day
            and not (public and plan.audience != Audience.PUBLIC)
        ]
        if not begun:
            return None
        newest = max(begun, key=lambda pair: pair[1].effective_from)
        return None if newest[1].effective_to and newest[1].effective_to < day else newest

    def terms(self, duty: Duty, day: date) -> Terms | None:
        """Return the terms of a duty on `day`, or None where the unit does not have it."""
        return self.regime.terms(duty.rule, day, self.unit.type)

    def exists_on(self, day: date) -> bool:
        """Tell whether the unit is there on `day`."""
        return not (self.unit.founded_on and self.unit.founded_on > day) and not (
            self.unit.abolished_on and self.unit.abolished_on <= day
        )

    @property
    def gone_on(self) -> date | None:
        """The day on which the unit was abolished; None while it is there."""
        gone = self.unit.abolished_on
        return gone if gone and gone <= self.today else None

    def not_there(self, duty: Duty, period: str, day: date) -> Cell | None:
        """Return the cell of a unit that was not there when the period ended."""
        if self.exists_on(day):
            return None
        after = self.unit.founded_on and self.unit.founded_on > day
        return Cell(duty, period, Status.NOT_APPLICABLE, note="单位成立于该期之后" if after else "单位已撤销")

    def timed(
        self,
        duty: Duty,
        period: str,
        *,
        start: date,
        done: date | None,
        terms: Terms,
        evidence: Iterable[Evidence] = (),
        nil: bool = False,
        withdrawn: bool = False,
        note: str = "",
        within: Span | None = None,
    ) -> Cell:
        """Judge one deadline: `start` triggers the period of the terms, `done` is when the duty was fulfilled."""
        span: Span | None = within or getattr(terms, "within", None)
        cell = Cell(
            duty, period, Status.ON_TIME, done_on=done, evidence=tuple(evidence), note=note,
            withdrawn=withdrawn, terms=terms,
        )  # fmt: skip
        if span is None:
            status = (Status.NIL if nil else Status.ON_TIME) if done else Status.UNCLEAR
            return replace(cell, status=status)
        calendar = self.regime.calendar_on(start)
        binding = self.grants.binding(duty.code, period, start, calendar.due(start, span))
        cell = replace(
            cell, due=binding.due, original=binding.original, afterthought=binding.afterthought,
            day_unit=DAY_UNITS[span.unit], note=_join(note, binding.moved),
        )  # fmt: skip
        reached = done or self.today
        in_time = reached <= binding.due.day
        gone = self.gone_on
        if gone and binding.due.day >= gone and not (done and in_time):
            return Cell(
                duty, period, Status.NOT_APPLICABLE, done_on=done, evidence=cell.evidence, note="单位已撤销",
                withdrawn=withdrawn, terms=terms,
            )  # fmt: skip
        if binding.exempt and not (done and in_time):
            return replace(cell, status=Status.EXEMPT, note=_join(binding.exempt, note))
        if in_time:
            status = (
                (Status.NIL if nil else Status.ON_TIME)
                if done
                else self._open(start, binding.due, terms, moved=bool(binding.moved))
            )
            return replace(cell, status=status)
        # Who is gone can do nothing more: what was late by then stays so, and grows no later.
        days = binding.late(calendar, span, min(reached, gone) if gone else reached)
        return replace(cell, status=Status.LATE if done else Status.MISSING, days=days)

    def _open(self, start: date, due: Due, terms: Terms, *, moved: bool) -> Status:
        """Say how a duty stands whose deadline lies ahead."""
        if self.today <= start:
            return Status.NOT_DUE
        soon: Span | None = getattr(terms, "soon", None)
        if soon and self.regime.calendar_on(start).elapsed(self.today, due.day, soon.unit) <= soon.count:
            return Status.DUE_SOON
        return Status.EXTENDED if moved else Status.DUE

    def exempt_today(self, duty: Duty) -> Exempted | None:
        """Return the exemption from a standing duty that holds today."""
        return next(
            (
                one
                for one in self.exemptions
                if one.duty == duty.code and one.recorded_on <= self.today and one.covers("", self.today)
            ),
            None,
        )


def day_after(day: date) -> date:
    """Return the next day."""
    return day + timedelta(days=1)


def _join(*parts: str) -> str:
    return "；".join(part for part in parts if part)
