"""What is due from whom, for which period, until when, and how it stands (公开义务).

Everything here is a pure function of the regime, a unit's records and the day.
Which duties there are, and until when each is due, follows from the terms of the
rules in force (`Regime.terms`): a regime without a rule has no such duty.
"""

from portal.domain.obligations.board import Standing, board_periods, standing
from portal.domain.obligations.case import Case, Lost
from portal.domain.obligations.duties import DUTIES, Cell, Counts, Duty, Evidence, Group, Status, duty_of
from portal.domain.obligations.index import Index, Scored, index_of
from portal.domain.obligations.rates import Rate, rates

__all__ = [
    "DUTIES",
    "Case",
    "Cell",
    "Counts",
    "Duty",
    "Evidence",
    "Group",
    "Index",
    "Lost",
    "Rate",
    "Scored",
    "Standing",
    "Status",
    "board_periods",
    "duty_of",
    "index_of",
    "rates",
    "standing",
]
