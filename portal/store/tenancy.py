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

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction

SETTING = "portal.unit"
SYSTEM, GATE, NOBODY = "all", "gate", "none"  # Instead of a unit's number.
COUNTY = "county:"  # Likewise, in front of a jurisdiction's number: the commission's own sessions.
CLOSED = {"portal_closed": True}  # The execution options of an engine where a session is nobody's at first.

_KEY = "portal_tenant"
_GATE_KEY = "portal_gate"
_COUNTY_KEY = "portal_county"
_CONNECTION = "portal_connection"  # PostgreSQL's of the transaction under way.


class AnotherTenant(RuntimeError):
    """A session that is bound to one unit was to be used for another. This is a fault of the program."""


def bind_tenant(session: Session, unit_id: int) -> None:
    """Let the session see this unit only, from now on; raise `AnotherTenant` where it is bound already.

    What the session has seen before must be read anew.
    """
    bound = session.info.get(_KEY)
    if county_of(session) is not None or (bound is not None and bound != unit_id):
        raise AnotherTenant(f"the session belongs to somebody else than unit {unit_id}")
    if bound is None:
        session.info[_KEY] = unit_id
        _tell_at_once(session)


def tenant_of(session: Session) -> int | None:
    """Return the unit to which the session is bound, if any."""
    found = session.info.get(_KEY)
    return found if isinstance(found, int) else None


def bind_county(session: Session, jurisdiction_id: int) -> None:
    """Let the session see one jurisdiction as its commission does, from now on; raise `AnotherTenant` where it is bound.

    That is what is published, the accounts, and the commission's own rows: no unit's drafts, steps or uploads.
    """
    bound = session.info.get(_COUNTY_KEY)
    if tenant_of(session) is not None or (bound is not None and bound != jurisdiction_id):
        raise AnotherTenant(f"the session is bound already, and not to jurisdiction {jurisdiction_id}")
    if bound is None:
        session.info[_COUNTY_KEY] = jurisdiction_id
        _tell_at_once(session)


def county_of(session: Session) -> int | None:
    """Return the jurisdiction to which the session is bound, if any."""
    found = session.info.get(_COUNTY_KEY)
    return found if isinstance(found, int) else None


@contextmanager
def lent(session: Session, unit_id: int) -> Iterator[Session]:
    """Give a second session, bound to one unit of the commission's county, within the same transaction; flushed at the end.

    For what the commission does in a unit's own tables: the fences stay as they are, and hold this session to that
    unit. Both succeed or fail together. While it is lent the commission's own session must not be used. Raises
    `AnotherTenant` where the unit is another county's, or the session no commission's.
    """
    county = county_of(session)
    if county is None:
        raise AnotherTenant("only a commission's session lends itself to a unit")
    session.flush()
    connection = session.connection()
    mine = text("SELECT 1 FROM unit WHERE id = :unit AND jurisdiction_id = :county")
    if connection.execute(mine, {"unit": unit_id, "county": county}).first() is None:
        raise AnotherTenant(f"unit {unit_id} is not of jurisdiction {county}")
    usable = True
    with Session(connection, join_transaction_mode="rollback_only", expire_on_commit=False) as own:
        bind_tenant(own, unit_id)
        try:
            yield own
            own.flush()
        except DBAPIError:
            usable = False  # The transaction is lost; nothing can be told in it any more.
            raise
        finally:
            if usable and connection.dialect.name == "postgresql":
                _tell(session, connection)


def open_gate(session: Session) -> None:
    """Let a session of the office see accounts of every unit, until it is bound to one. For the sign-in services alone.

    Nothing changes for a session that is bound to a unit, nor outside of the office.
    """
    if not session.info.get(_GATE_KEY):
        session.info[_GATE_KEY] = True
        if tenant_of(session) is None and county_of(session) is None:
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
    county = county_of(session)
    if unit is not None:
        who = str(unit)
    elif county is not None:
        who = f"{COUNTY}{county}"
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
