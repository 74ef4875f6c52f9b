"""The guards that keep what is published as it was published and each unit's rows to itself.

On SQLite they are triggers; on PostgreSQL the same triggers in PL/pgSQL, and row-level security as well. They
cannot hold against somebody who drops them; `missing` tells that.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from portal.store.guards import postgresql, sqlite

FIRST = tuple(sqlite.FIRST)  # Of the tables of the first migration.
COMPLIANCE = tuple(sqlite.COMPLIANCE)  # Of the second's.
DESK = tuple(sqlite.DESK)  # Of the fourth's.
SUPERVISION = tuple(sqlite.SUPERVISION)  # Of the fifth's.


class Kind(Protocol):
    """What each database has of its own."""

    def missing(self, connection: Connection) -> list[str]:
        """Return the guards that are lost."""
        ...

    def put(self, connection: Connection, name: str) -> None:
        """Put one in its place."""
        ...


def missing(session: Session) -> list[str]:
    """Return the guards that the database has lost or that were rewritten."""
    connection = session.connection()
    return _of(connection).missing(connection)


def restore(session: Session) -> list[str]:
    """Put the missing guards back; return their names. The caller commits; on PostgreSQL it is the tables' owner."""
    connection = session.connection()
    lost = _of(connection).missing(connection)
    put(connection, lost)
    return lost


def put(connection: Connection, names: Iterable[str]) -> None:
    """Put these guards in their places, as a migration does."""
    for name in names:
        _of(connection).put(connection, name)


def put_fences(connection: Connection) -> None:
    """Keep each unit's rows to itself, and every table from being emptied: PostgreSQL alone can."""
    if connection.dialect.name == "postgresql":
        put(connection, postgresql.FENCES)


def _of(connection: Connection) -> Kind:
    return postgresql if connection.dialect.name == "postgresql" else sqlite
