"""Binds a database session to one unit, for good: the tenant of a session never changes.

On PostgreSQL the row-level policies read the same binding, so that even a
statement written by hand sees no other unit's rows.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

_KEY = "portal_tenant"


class AnotherTenant(RuntimeError):
    """A session that is bound to one unit was to be used for another. This is a fault of the program."""


def bind_tenant(session: Session, unit_id: int) -> None:
    """Let the session see this unit only, from its next transaction on; raise `AnotherTenant` where it is bound already."""
    bound = session.info.get(_KEY)
    if bound is not None and bound != unit_id:
        raise AnotherTenant(f"the session belongs to unit {bound}, not {unit_id}")
    session.info[_KEY] = unit_id


def tenant_of(session: Session) -> int | None:
    """Return the unit to which the session is bound, if any."""
    found = session.info.get(_KEY)
    return found if isinstance(found, int) else None
