"""整改台账: the states of one problem on its way to 销号 (SUP-07)."""

from __future__ import annotations

from portal.domain.values import Choice


class State(Choice):
    """状态. 销号 needs that somebody else than unit and officer has looked; 已移交 goes on at the unit's successor."""

    NOT_STARTED = "not_started", "未启动"
    WORKING = "working", "整改中"
    TO_ACCEPT = "to_accept", "待验收"
    CLOSED = "closed", "已销号"
    HANDED_OVER = "handed_over", "已移交"

    @property
    def open(self) -> bool:
        """Tell whether something is still to be done here."""
        return self.value not in ENDED


ENDED = ("closed", "handed_over")  # As a column holds it.
NEXT: dict[State, frozenset[State]] = {
    State.NOT_STARTED: frozenset({State.WORKING, State.HANDED_OVER}),
    State.WORKING: frozenset({State.TO_ACCEPT, State.HANDED_OVER}),
    State.TO_ACCEPT: frozenset({State.WORKING, State.CLOSED, State.HANDED_OVER}),
    State.CLOSED: frozenset({State.WORKING}),
    State.HANDED_OVER: frozenset({State.WORKING}),  # The unit's end was a mistake.
}
