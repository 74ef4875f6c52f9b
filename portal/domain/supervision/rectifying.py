"""整改台账: the states of one problem on its way to 销号 (SUP-07)."""

from __future__ import annotations

from portal.domain.values import Choice


class State(Choice):
    """状态. 销号 needs that somebody else than unit and officer has looked."""

    NOT_STARTED = "not_started", "未启动"
    WORKING = "working", "整改中"
    TO_ACCEPT = "to_accept", "待验收"
    CLOSED = "closed", "已销号"


NEXT: dict[State, frozenset[State]] = {
    State.NOT_STARTED: frozenset({State.WORKING}),
    State.WORKING: frozenset({State.TO_ACCEPT}),
    State.TO_ACCEPT: frozenset({State.WORKING, State.CLOSED}),
    State.CLOSED: frozenset({State.WORKING}),
}
