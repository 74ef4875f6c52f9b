"""What a rule may look at beside the document itself: the unit's other records, the regime, the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from portal.domain.calendar import Calendar, Due, Span
from portal.domain.documents.base import Audience, Document
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.delegation import Chief, DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure, StatementType
from portal.domain.documents.tender import Tender
from portal.domain.grants import NONE, Binding, Grants
from portal.domain.units import UnitFacts
from portal.domain.values import fold

if TYPE_CHECKING:
    from portal.domain.regime_sections import RestrictedDomain
    from portal.domain.regimes import Regime

_D = TypeVar("_D", bound=Document)


# Who these audiences are is no small circle: what they read is the unit's announced division of work.
_WIDE = frozenset({Audience.PUBLIC, Audience.STAFF})


def _in_force(plans: Sequence[DelegationPlan], day: date) -> DelegationPlan | None:
    """Return the newest of the plans (oldest first) that had begun, unless it had ended."""
    for plan in reversed(plans):
        if plan.effective_from <= day:
            return None if plan.effective_to and plan.effective_to < day else plan
    return None


@dataclass(frozen=True)
class Entry:
    """One record of the unit as it stands, and the day of its first publication (None: not published)."""

    document: Document
    published_on: date | None = None


@dataclass(frozen=True)
class Dossier:
    """A unit's records, found by what links them.

    `complete` is false where only a part is at hand (a file checked offline, or the
    public records only): then a record that is not found may still exist.
    """

    entries: tuple[Entry, ...] = ()
    complete: bool = False

    def of(self, kind: type[_D]) -> tuple[_D, ...]:
        """Return the documents of a kind, oldest first."""
        return tuple(one for one in self._by_kind.get(kind, ()) if isinstance(one, kind))

    @cached_property
    def _by_kind(self) -> dict[type[Document], list[Document]]:
        found: dict[type[Document], list[Document]] = {}
        for one in self.entries:
            found.setdefault(type(one.document), []).append(one.document)
        return found

    @cached_property
    def plans(self) -> tuple[DelegationPlan, ...]:
        """The delegation plans, by the day from which they run.

        What only a few may read replaces nothing that everybody, or the whole staff, goes by: such a
        plan counts only where on its first day no plan of a wider audience is in force.
        """
        every = sorted(self.of(DelegationPlan), key=lambda one: one.effective_from)
        wide = [one for one in every if one.audience in _WIDE]
        return tuple(
            one for one in every if one.audience in _WIDE or _in_force(wide, one.effective_from) is None
        )

    def plan_on(self, day: date) -> DelegationPlan | None:
        """Return the plan in force on `day`: the newest that had begun and had not ended."""
        return _in_force(self.plans, day)

    @cached_property
    def _decisions(self) -> dict[str, DecisionRecord]:
        found: dict[str, DecisionRecord] = {}
        for one in self.of(DecisionRecord):
            for name in (one.decision_no, one.index_no):
                if name:
                    found.setdefault(fold(name), one)
        return found

    def decision(self, number: str) -> DecisionRecord | None:
        """Return the decision of that number (or index number)."""
        return self._decisions.get(fold(number))

    @cached_property
    def _disclosures(self) -> dict[tuple[StatementType, str], FinanceDisclosure]:
        return {(one.statement, one.period): one for one in self.of(FinanceDisclosure)}

    def disclosure(
        self, period: str, statement: StatementType = StatementType.QUARTERLY
    ) -> FinanceDisclosure | None:
        """Return the finance disclosure of a period."""
        return self._disclosures.get((statement, period))

    @cached_property
    def _tenders(self) -> dict[str, Tender]:
        return {fold(one.project_no): one for one in self.of(Tender) if one.project_no}

    def tender(self, number: str) -> Tender | None:
        """Return the project of that number."""
        return self._tenders.get(fold(number))

    @cached_property
    def _keys(self) -> dict[tuple[str, str], Document]:
        return {(one.document.kind.code, one.document.natural_key()): one.document for one in self.entries}

    @cached_property
    def derived(self) -> dict[object, object]:
        """Hold groupings that rules work out once for the whole dossier; no part of its meaning."""
        return {}


@dataclass(frozen=True)
class Context:
    """Where and when a document is tested.

    `on` is the day of testing (deadlines that passed before it are missed),
    `published_on` the day of first publication or None, `previous` the version
    that the document replaces, `grants` what the unit was let off or granted.
    """

    regime: Regime
    unit: UnitFacts
    on: date
    dossier: Dossier = field(default_factory=Dossier)
    published_on: date | None = None
    previous: Document | None = None
    document: Document | None = None  # What is being tested: for rules that test one row at a time.
    grants: Grants = NONE

    def domain(self, text: str | None, day: date) -> RestrictedDomain | None:
        """Return the restricted domain that `text` names on `day`."""
        return self.regime.domain(text, day) if text else None

    def plan_on(self, day: date) -> DelegationPlan | None:
        """Return the unit's delegation plan in force on `day`."""
        return self.dossier.plan_on(day)

    def chiefs_on(self, day: date) -> tuple[Chief, ...]:
        """Return the unit's chiefs (acting ones included, DEL-08) by the plan in force on `day`."""
        plan = self.plan_on(day)
        return plan.chiefs if plan else ()

    def calendar(self, day: date) -> Calendar:
        """Return the calendar by which periods that begin on `day` are counted."""
        return self.regime.calendar_on(day)

    def due(self, start: date, span: Span) -> Due:
        """Return the last day of a period that `start` triggers."""
        return self.calendar(start).due(start, span)

    def binding(self, start: date, span: Span, duty: str = "", period: str = "") -> Binding:
        """Return the deadline that binds a period that `start` triggers.

        With the duty (its code) and its period as the board counts them, what was granted to the unit counts.
        """
        return self.grants.binding(duty, period, start, self.due(start, span))

    def late(self, start: date, span: Span, done: date | None, duty: str = "", period: str = "") -> int:
        """Return by how many days of the span's unit `done` (else the day of testing) is past the deadline; 0 in time."""
        binding = self.binding(start, span, duty, period)
        return binding.late(self.calendar(start), span, done or self.on)

    def others(self, document: _D) -> tuple[_D, ...]:
        """Return the unit's other records of the document's kind."""
        key = document.natural_key()
        return tuple(one for one in self.dossier.of(type(document)) if one.natural_key() != key)
