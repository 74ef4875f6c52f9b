"""举报件数 in the early warnings: which reports the formula's item 受理的举报 means, and by which names units are known.

    standing(state, outcome) -> Standing     whether a report counts, and why not
    spellings(name, ...) -> tuple            a unit's names as they are compared with those that reporters write

Which unit a report is about stands inside of the seal alone. So the count itself is made by who opens the reports, in the
browser; the points for it are those of `warnings.score`.
"""

from __future__ import annotations

from portal.domain.reports.routing import folded_name
from portal.domain.reports.words import Outcome, State
from portal.domain.values import Choice


class Standing(Choice):
    """Whether a report counts."""

    COUNTS = "counts", "受理"
    WAITING = "waiting", "还没有决定是否受理"
    REFUSED = "refused", "不予受理"
    ELSEWHERE = "elsewhere", "已转其他机关或报上一级"
    MERGED = "merged", "已并入另一件，随那一件计一次"
    CLEARED = "cleared", "办结时没有发现问题、认定失实或诬告"


_BY_STATE = {
    State.RECEIVED: Standing.WAITING,
    State.ACCEPTED: Standing.COUNTS,
    State.NOT_ACCEPTED: Standing.REFUSED,
    State.TRANSFERRED: Standing.ELSEWHERE,
    State.ROUTED_UP: Standing.ELSEWHERE,
    State.MERGED: Standing.MERGED,
    State.CLOSED: Standing.COUNTS,
    State.REOPENED: Standing.COUNTS,
}
# What was looked into and came to nothing says no more where to look; else a false accusation would do its work.
_CLEARED = frozenset({Outcome.UNTRUE, Outcome.MISTAKEN, Outcome.FALSE_ACCUSATION})


def standing(state: State, outcome: Outcome | None) -> Standing:
    """Tell whether a report counts: 受理 is what was accepted and was not found to be untrue."""
    if state is State.CLOSED and outcome in _CLEARED:
        return Standing.CLEARED
    return _BY_STATE[state]


def spellings(*names: str | None) -> tuple[str, ...]:
    """Return a unit's names (full, short, former) in the form in which they are compared, each once."""
    return tuple(sorted({folded_name(one) for one in names if one} - {""}))
