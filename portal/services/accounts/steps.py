"""What is done to a unit's accounts stands in the unit's record of steps (操作记录)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from portal.domain.drafting import Event
from portal.store.tables import Account, Step


def write_down(session: Session, account: Account, what: str, *, by: str, now: datetime) -> None:
    """Enter what was done to the account. The commission's accounts belong to no unit and have no such record."""
    if account.unit_id is None:
        return
    session.add(
        Step(
            unit_id=account.unit_id,
            event=Event.ACCOUNT.value,
            title=f"{account.name}（{account.login}）",
            actor=by,
            remark=what,
            at=now,
        )
    )
    session.flush()
