"""The gatekeeper's own database session: it looks at accounts before anybody's unit is known, and at nothing else."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.store.tenancy import open_gate

__all__ = ["Session", "gate_session"]


def gate_session(engine: Engine) -> Session:
    """Return a session for signing in and for people's own accounts. It is closed with the request."""
    session = Session(engine, expire_on_commit=False)
    open_gate(session)
    return session
