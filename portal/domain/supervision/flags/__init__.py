"""采购异常信号: hints in procurement records that are worth a closer look. Never a finding of guilt. Pure.

survey(units, regime, on) -> Survey     every flag of a jurisdiction, and what could not be worked out
"""

from portal.domain.supervision.flags.base import Datum, Flag, Gap, Purchase, Raised, Untold
from portal.domain.supervision.flags.survey import Survey, UnitPurchases, survey
from portal.domain.supervision.flags.words import ELSEWHERE, WORDS, Words

__all__ = [
    "ELSEWHERE",
    "WORDS",
    "Datum",
    "Flag",
    "Gap",
    "Purchase",
    "Raised",
    "Survey",
    "UnitPurchases",
    "Untold",
    "Words",
    "survey",
]
