"""Which reports the early warnings count (预警): by what the office knows of them; which unit they are about it does not.

of_quarters(desk, quarters) -> Counted      over the reports of the person's own commission that the person sees
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from portal.domain.calendar import quarter_end, quarter_start
from portal.domain.reports.words import Outcome, State
from portal.domain.supervision.reported import Standing, standing
from portal.services.reports.desk import Desk
from portal.store.reports.tables import SealedReport


@dataclass(frozen=True)
class Counted:
    """The reports received in some quarters: the ids of those to be opened and counted, and how many others there are."""

    ids: tuple[str, ...]
    others: tuple[tuple[Standing, int], ...]

    @property
    def all(self) -> int:
        """How many were received."""
        return len(self.ids) + sum(number for _, number in self.others)


def of_quarters(desk: Desk, quarters: Sequence[str]) -> Counted:
    """Return what was received in the quarters (the newest first), in the order of the ids."""
    first, last = quarter_start(quarters[-1]), quarter_end(quarters[0])
    query = (
        select(SealedReport.id, SealedReport.state, SealedReport.outcome)
        .where(
            SealedReport.jurisdiction == desk.viewer.jurisdiction,
            SealedReport.received_on >= first,
            SealedReport.received_on <= last,
        )
        .order_by(SealedReport.id)
    )
    found = [
        (row.id, standing(State(row.state), Outcome(row.outcome) if row.outcome else None))
        for row in desk.session.execute(query)
        if row.id in desk.sight
    ]
    numbers = Counter(one for _, one in found)
    return Counted(
        tuple(number for number, one in found if one is Standing.COUNTS),
        tuple((one, numbers[one]) for one in Standing if one is not Standing.COUNTS and numbers[one]),
    )
