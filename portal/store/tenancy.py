"""Binds a database session to one unit, for good: the tenant of a session never changes.

On PostgreSQL the row-level policies read the same binding (`portal.store.guards.fences`), so that even a
statement written by hand sees no other unit's rows. Each transaction is told anew for whom it works, and
forgets it when it ends: nothing stays on a connection that goes back to its pool.

The office's engine is closed (`portal.store.db.make_engine`): there a session that is bound to no unit sees no
unit's rows, except that the sign-in services open the gate to look for accounts. Commands and the site use
an open engine and see everything.

The setting is the program's own: SQL that sets it by hand goes where it says. The fences catch a forgotten
condition, not somebody who runs statements of his own making.
"""

from __future__ import annotations

from sqlalchemy import Connection, event
from sqlalchemy.orm import Session, SessionTransaction

SETTING = "portal.unit"
SYSTEM, GATE, NOBODY = "all", "gate", "none"  # Instead of a unit's number.
CLOSED = {"portal_closed": True}  # The execution options of an engine where a session is nobody's at first.

_KEY = "portal_tenant"
_GATE_KEY = "portal_gate"
_CONNECTION = "portal_connection"  # PostgreSQL's of the transaction under way.


class AnotherTenant(RuntimeError):
    """A session that is bound to one unit was to be used for another. This is a fault of the program."""


def bind_tenant(session: Session, unit_id: int) -> None:
    """Let the session see this unit only, from now on; raise `AnotherTenant` where it is bound already.

    What the session has seen before must be read anew.
    """
    bound = session.info.get(_KEY)
    if bound is not None and bound != unit_id:
        raise AnotherTenant(f"the session belongs to unit {bound}, not {unit_id}")
    if bound is None:
        session.info[_KEY] = unit_id
        _tell_at_once(session)


def tenant_of(session: Session) -> int | None:
    """Return the unit to which the session is bound, if any."""
    found = session.info.get(_KEY)
    return found if isinstance(found, int) else None


def open_gate(session: Session) -> None:
    """Let a session of the office see accounts of every unit, until it is bound to one. For the sign-in services alone.

    Nothing changes for a session that is bound to a unit, nor outside of the office.
    """
    if not session.info.get(_GATE_KEY):
        session.info[_GATE_KEY] = True
        if tenant_of(session) is None:
            _tell_at_once(session)


def _tell_at_once(session: Session) -> None:
    """Narrow the transaction that is under way."""
    if not session.in_transaction():
        return
    connection = session.connection()
    if connection.dialect.name != "postgresql":
        return
    _tell(session, connection)
    for one in session.identity_map.values():
        if one not in session.dirty:
            session.expire(one)


def _tell(session: Session, connection: Connection) -> None:
    unit = tenant_of(session)
    if unit is not None:
        who = str(unit)
    elif not connection.engine.get_execution_options().get("portal_closed", False):
        who = SYSTEM
    else:
        who = GATE if session.info.get(_GATE_KEY) else NOBODY
    connection.exec_driver_sql(f"SET LOCAL {SETTING} = '{who}'")


@event.listens_for(Session, "after_begin")
def _tell_each_transaction(session: Session, _: SessionTransaction, connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        session.info[_CONNECTION] = connection
        _tell(session, connection)


@event.listens_for(Session, "after_soft_rollback")
def _tell_again(session: Session, ended: SessionTransaction) -> None:
    """What was said inside a savepoint goes with it: say it anew."""
    connection = session.info.get(_CONNECTION)
    if ended.nested and connection is not None and connection.in_transaction():
        _tell(session, connection)
