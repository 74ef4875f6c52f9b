"""What was found after the unit was asked (问询后的新发现): it is shown to the unit at once, and nothing is asked about it.

A unit can be late only with what it was asked. So what is added to its matter later is marked as such on both sides;
it becomes part of what is asked when the commission says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from portal.domain.supervision.matters import Event
from portal.services.supervision.matters import day_of
from portal.store.tables import MatterItem, SupervisionStep

_TOLD = frozenset({Event.ASKED.value, Event.RETURNED.value, Event.RECTIFY.value, Event.LETTER.value})


def added_since_asked(steps: Sequence[SupervisionStep], items: Iterable[MatterItem]) -> frozenset[int]:
    """Return the numbers of the items that came after the unit was last told what is asked of it.

    `steps` are those of the matter, the oldest first. An item keeps the day on which it was seen, no hour: of that
    same day it counts as added where a later step names it.
    """
    last = max((number for number, one in enumerate(steps) if one.event in _TOLD and one.shared), default=-1)
    later = [one for one in steps[last + 1 :] if one.event == Event.ADDED.value]
    if last < 0 or not later:
        return frozenset()
    day, named = day_of(steps[last].at), "；".join(one.words for one in later)
    return frozenset(
        one.id
        for one in items
        if one.gone_on is None
        and (
            one.first_seen > day or (one.first_seen == day and (one.seen or one.title).rstrip("。") in named)
        )
    )
