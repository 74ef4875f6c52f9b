"""The board of one unit: every duty that it has, every period, how each stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from portal.domain.calendar import previous_quarter, quarter_of, quarters
from portal.domain.obligations import events, lasting, periodic
from portal.domain.obligations.case import Case
from portal.domain.obligations.duties import DUTIES, Cell, Duty, Status
from portal.domain.units import UnitFacts

COLUMNS = 8  # Two years of quarters: what a page can show and a reader can take in.


@dataclass(frozen=True)
class Standing:
    """One unit's cells by duty, in the order of `DUTIES`; a duty that the unit does not have is not there."""

    unit: UnitFacts
    today: date
    cells: dict[str, tuple[Cell, ...]]

    def of(self, code: str) -> tuple[Cell, ...]:
        """Return the cells of a duty, oldest first."""
        return self.cells.get(code, ())

    def cell(self, code: str, period: str) -> Cell | None:
        """Return the cell of a duty and period; None is blank: nothing is known and nothing was owed."""
        return next((one for one in self.of(code) if one.period == period), None)

    def last(self, code: str) -> Cell | None:
        """Return the newest cell of a duty: for a standing duty, how the unit stands today."""
        cells = self.of(code)
        return cells[-1] if cells else None

    @property
    def duties(self) -> list[Duty]:
        """The duties that the unit has."""
        return [one for one in DUTIES if one.code in self.cells]

    @property
    def wanting(self) -> list[Cell]:
        """The cells in which something is wanting, the missing ones first."""
        found = [one for cells in self.cells.values() for one in cells if one.status.wanting]
        return sorted(found, key=lambda one: one.status != Status.MISSING)


def board_periods(disclosed: Iterable[str], today: date, *, columns: int = COLUMNS) -> list[str]:
    """Return the quarters of a board: from the first one that anybody disclosed, the newest that have ended."""
    last = previous_quarter(quarter_of(today))
    return quarters(min((one for one in disclosed if one <= last), default=last), last)[-columns:]


def standing(case: Case, periods: Sequence[str]) -> Standing:
    """Return how the unit stands with every duty, for these quarters and the years in which they lie."""
    current = quarter_of(case.today)
    with_current = [*periods, *([] if current in periods else [current])]
    years = sorted({int(one[:4]) for one in periods})
    found = {
        "plan": lasting.plans(case),
        "filing": lasting.filings(case),
        "finance": periodic.finance(case, periods),
        "township": periodic.township(case, periods),
        "vouchers": periodic.vouchers(case, periods),
        "reports": periodic.reports(case, periods),
        "budget": periodic.budgets(case),
        "decision": events.decisions(case, with_current),
        "tender": events.tenders(case, with_current),
        "annual": periodic.annual(case, years),
        "supporting": lasting.supporting(case),
    }
    cells = {code: tuple(one) for code, one in found.items()}
    return Standing(case.unit, case.today, {code: one for code, one in cells.items() if one})
