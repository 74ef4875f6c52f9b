"""覆盖率 (DEL-15): how many of the units that should have done something have done it; exempt ones apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from portal.domain.obligations.case import Case
from portal.domain.obligations.duties import Status
from portal.domain.obligations.lasting import PLAN, areas_published, own_exemption, plans
from portal.domain.regime_sections import Coverage


@dataclass(frozen=True)
class Rate:
    """One coverage rate: which units did it, which did not, which are exempt (names, in roster order)."""

    item: Coverage
    done: tuple[str, ...]
    wanting: tuple[str, ...]
    exempt: tuple[str, ...]

    @property
    def eligible(self) -> int:
        """How many units should have done it."""
        return len(self.done) + len(self.wanting)

    @property
    def share(self) -> Fraction | None:
        """The share that did, or None where no unit is eligible."""
        return Fraction(len(self.done), self.eligible) if self.eligible else None

    @property
    def reached(self) -> bool | None:
        """Tell whether the jurisdiction's own figure is reached; None where it names none."""
        return None if self.item.aim is None or self.share is None else self.share >= self.item.aim


def rates(cases: Iterable[Case]) -> list[Rate]:
    """Return the coverage rates of a jurisdiction's units (all of one regime and day)."""
    cases = list(cases)
    if not cases:
        return []
    found: list[Rate] = []
    for item in cases[0].regime.coverage_on(cases[0].today):
        sorted_out: dict[bool | None, list[str]] = {True: [], False: [], None: []}
        for case in cases:
            if case.exists_on(case.today) and _concerned(case) and not _has_time(case):
                sorted_out[_done(case, item)].append(case.unit.name)
        found.append(Rate(item, *(tuple(sorted_out[key]) for key in (True, False, None))))
    return found


def state_of(rate: Rate) -> str:
    """Return how the only unit of a rate stands: done, wanting, exempt, or blank where it is not concerned."""
    return next((name for name in ("done", "wanting", "exempt") if getattr(rate, name)), "")


def added(items: Iterable[Coverage], units: Iterable[tuple[str, Sequence[str]]]) -> list[Rate]:
    """Return the rates of a jurisdiction from its units: the name of each and how it stands with each item."""
    known = list(units)
    return [
        Rate(
            item,
            *(
                tuple(name for name, states in known if states[place] == wanted)
                for wanted in ("done", "wanting", "exempt")
            ),
        )
        for place, item in enumerate(items if known else ())
    ]


def _concerned(case: Case) -> bool:
    """Tell whether the unit must have a plan at all: that makes it one of the eligible."""
    return case.terms(PLAN, case.today) is not None and bool(case.regime.domains_on(case.today))


def _has_time(case: Case) -> bool:
    """Tell whether the unit's first plan is not due yet: nothing can be asked of it so far."""
    *_, cell = plans(case)
    return case.public_plan is None and cell.status.open


def _done(case: Case, item: Coverage) -> bool | None:
    """Tell whether the unit did it; None where it is exempt."""
    *_, cell = plans(case)
    let_off = case.public_plan is None and case.exempt_today(PLAN)  # An older gap stays on the board.
    if (
        cell.status == Status.EXEMPT
        or let_off
        or (case.public_plan and own_exemption(case, case.public_plan[1]))
    ):
        return None
    match item.code:
        case "plans":
            return case.public_plan is not None
        case "limits":
            plan = case.public_plan[1] if case.public_plan else None
            return bool(plan and (plan.bands or any(one.limit is not None for one in plan.assignments)))
        case _:
            known = areas_published(case)
            return bool(known) and all(area in known for area in item.areas)
