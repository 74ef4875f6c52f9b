"""The only binding of the tables to a database: Flask-SQLAlchemy over SQLite.

SQLite runs in WAL with `synchronous=FULL`: an acknowledged commit survives a
power cut. Readers see a stable snapshot; a writer says so first (`begin_write`)
and then waits its turn instead of failing half-way.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.orm import Session

from portal.store.tables import Base

db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


def sqlite_url(file: Path) -> str:
    """Return the database address of a SQLite file."""
    return f"sqlite:///{file}"


def make_engine(url: str) -> Engine:
    """Return an engine outside of any app, for commands and migrations."""
    return create_engine(url)


@event.listens_for(Engine, "connect")
def _set_up_connection(connection: Any, _: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        raise TypeError("此版本只支持 SQLite 数据库。请检查 PORTAL_DATABASE_URL 设置。")
    # SQLAlchemy emits BEGIN itself (below): the driver's own begins too late to give a stable snapshot.
    connection.isolation_level = None
    for pragma in (
        "busy_timeout=60000",
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
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def begin_write(session: Session) -> None:
    """Begin a transaction that will write: wait for the write lock now, before reading anything."""
    if session.in_transaction():
        session.rollback()
    session.connection(execution_options={"portal_writes": True})


def empty_journal(session: Session) -> None:
    """Write the journal (WAL) back into the database and empty it, so that destroyed content leaves no trace there."""
    engine = session.get_bind()
    assert isinstance(engine, Engine)  # noqa: S101 - sessions are bound to engines here.
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()
