"""To whom of a unit the commission writes."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.roles import Role
from portal.store.tables import Account

_READERS = frozenset({Role.EDITOR.value, Role.REVIEWER.value})


def readers_of(session: Session, unit_id: int) -> list[Account]:
    """Return a unit's editors and reviewers, who may answer; some of them have no address for mail."""
    found = session.scalars(
        select(Account).where(Account.unit_id == unit_id, Account.active).order_by(Account.id)
    )
    return [one for one in found if _READERS & {each.role for each in one.roles}]
