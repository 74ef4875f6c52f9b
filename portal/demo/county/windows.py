"""The years of the county, each counted back from its last day, and what falls due in each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from portal.demo.bank import later, workday
from portal.domain.calendar import add_months, quarter_end, quarter_of, quarters


@dataclass(frozen=True)
class Window:
    """One of the county's years: from the day after the year before it ended to its own last day."""

    number: int
    first: date
    last: date

    @property
    def sits(self) -> date:
        """Return the day of the year's first meeting, which settles the division of work and the large funds."""
        return workday(self.first + timedelta(days=1))

    @property
    def effective(self) -> date:
        """Return the day from which the year's division of work runs."""
        return later(self.sits, 1)

    def holds(self, day: date) -> bool:
        """Tell whether the day lies in the window."""
        return self.first <= day <= self.last

    def year_of(self, month: int, day: int) -> int | None:
        """Return the year whose month and day lies in the window."""
        return next(
            (year for year in (self.first.year, self.last.year) if self.holds(date(year, month, day))), None
        )

    def quarters(self) -> tuple[str, ...]:
        """Return the four quarters that are accounted for in the window: each within a month of its end."""
        first = quarter_of(self.first - timedelta(days=120))
        return tuple(
            one
            for one in quarters(first, quarter_of(self.last))
            if self.holds(quarter_end(one) + timedelta(days=30))
        )


def windows(until: date, years: int) -> tuple[Window, ...]:
    """Return the years that end on `until`, oldest first."""
    end = until + timedelta(days=1)
    starts = [add_months(end, -12 * back) for back in range(years, -1, -1)]
    return tuple(
        Window(number, start, following - timedelta(days=1))
        for number, (start, following) in enumerate(pairwise(starts))
    )
