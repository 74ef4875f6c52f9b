"""The only binding of the tables to a database: Flask-SQLAlchemy over SQLite or PostgreSQL.

Readers see a stable snapshot; a writer says so first (`begin_write`), waits its turn instead of failing half-way
and then sees the newest state. SQLite runs in WAL with `synchronous=FULL`: an acknowledged commit survives a
power cut. On PostgreSQL writers wait for one another by an advisory lock, so that the numbers of the outbox are
in the order of the commits there too.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from portal.store.tables import Base
from portal.store.tenancy import CLOSED, NOBODY, SETTING

db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})

_WAIT = 60  # Seconds that a writer waits for the others, with either database.
_BRIEFLY = 2000  # Milliseconds that emptying the journal waits for readers: somebody waits for the answer.
_TURN = 7_310_617  # Of the advisory lock; any number, as long as it stays.
_READS = f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL {SETTING} = '{NOBODY}'"
# The snapshot of a repeatable read would be taken before the lock is had: what others wrote meanwhile would be unseen.
_WRITES = (
    f"SET TRANSACTION ISOLATION LEVEL READ COMMITTED; SET LOCAL {SETTING} = '{NOBODY}';"
    f" SET LOCAL lock_timeout = '{_WAIT}s'; SELECT pg_advisory_xact_lock({_TURN})"
)


def sqlite_url(file: Path) -> str:
    """Return the database address of a SQLite file."""
    return f"sqlite:///{file}"


def full_url(url: str) -> str:
    """Return a database address with the driver that the platform uses."""
    parsed = make_url(url)
    if parsed.drivername in ("postgresql", "postgres"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    return parsed.render_as_string(hide_password=False)


def make_engine(url: str, *, closed: bool = False, discreet: bool = False) -> Engine:
    """Return an engine outside of any app, for commands and migrations.

    On PostgreSQL, sessions of a `closed` one see a unit's rows only when they are bound to the unit, and every
    connection ends with its session: nobody who makes an engine here has to remember to put it away.
    A `discreet` one puts no values into logs and messages of errors.
    """
    address, options = full_url(url), CLOSED if closed else {}
    if make_url(address).get_backend_name() == "postgresql":
        return create_engine(address, execution_options=options, hide_parameters=discreet, poolclass=NullPool)
    return create_engine(address, execution_options=options, hide_parameters=discreet)


@event.listens_for(Engine, "connect")
def _set_up_connection(connection: Any, _: Any) -> None:
    if type(connection).__module__.partition(".")[0] == "psycopg":
        return
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError("平台只支持 SQLite 和 PostgreSQL（psycopg）数据库。请检查 PORTAL_DATABASE_URL 设置。")
    # SQLAlchemy emits BEGIN itself (below): the driver's own begins too late to give a stable snapshot.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout={_WAIT}000",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("portal_writes", False)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_WRITES if writes else _READS)
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def begin_write(session: Session) -> None:
    """Begin a transaction that will write: wait for the write lock now, before reading anything."""
    if session.in_transaction():
        session.rollback()
    session.connection(execution_options={"portal_writes": True})


def empty_journal(session: Session) -> bool:
    """Write SQLite's journal (WAL) back and empty it, so that destroyed content leaves no trace in the files.

    Return False where somebody was reading all the while, so that the journal could not be emptied, and on
    PostgreSQL: there the old row stays in the table's file until its owner rewrites it (VACUUM FULL), and in the
    server's write-ahead log and archives as long as they are kept.
    """
    engine = session.get_bind()
    assert isinstance(engine, Engine)  # noqa: S101 - sessions are bound to engines here.
    if engine.dialect.name == "postgresql":
        return False
    connection = engine.raw_connection()
    try:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={_BRIEFLY}")
        try:
            row = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout={_WAIT}000")
    finally:
        connection.close()
    return not row[0]
