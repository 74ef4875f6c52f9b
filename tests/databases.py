"""Where tests get a database from: a SQLite file of a folder, or on PostgreSQL a database that goes with the folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from portal.store import migrate
from portal.store.db import make_engine, sqlite_url
from portal.store.tenancy import SETTING, SYSTEM, bind_tenant, tenant_of
from tests import postgresql

# Who asks for one of these touches a database: the run on PostgreSQL leaves the other tests out.
DATABASE_FIXTURES = frozenset({"engine", "home"})


def new_database(folder: Path) -> str:
    """Return the address of a migrated database that goes with a folder."""
    url = database_of(folder)
    migrate.upgrade(url)
    return url


def database_of(folder: Path) -> str:
    """Return the address of the folder's database, wherever it was made."""
    if postgresql.WANTED:
        return postgresql.database_for(folder)
    return sqlite_url(folder / "portal.db")


def existing(folder: Path) -> bool:
    """Tell whether the folder has a database already."""
    return postgresql.has(folder) if postgresql.WANTED else (folder / "portal.db").is_file()


def variables_of(home: Path) -> dict[str, str]:
    """Return the environment in which commands use a home and the database that goes with it."""
    found = {"PORTAL_HOME": str(home)}
    if postgresql.WANTED:
        url = postgresql.database_for(home)
        found |= {"PORTAL_DATABASE_URL": url, "PORTAL_OWNER_DATABASE_URL": postgresql.owner_of(url)}
    return found


def set_database(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Let commands of this process use the database that goes with a home."""
    for name, value in variables_of(home).items():
        monkeypatch.setenv(name, value)


def ask(folder: Path, query: str) -> list[Row[tuple[object, ...]]]:
    """Return what a query finds in the folder's database."""
    engine = make_engine(database_of(folder))
    try:
        with Session(engine) as session:
            return list(session.execute(text(query)))
    finally:
        engine.dispose()


def tamper(folder: Path, *statements: str, dropping: tuple[str, ...] = ()) -> None:
    """Do to the folder's database what somebody with the disk could: drop guards, write past them."""
    if not postgresql.WANTED:
        with closing(sqlite3.connect(folder / "portal.db")) as connection:
            for name in dropping:
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.executescript(statement)
            connection.commit()
        return
    engine = make_engine(postgresql.owner_of(database_of(folder)))
    try:
        with Session(engine) as session:
            session.execute(
                text("SET LOCAL lock_timeout = '20s'")
            )  # A test's own session may stand in the way.
            for name in dropping:
                session.execute(text(f"DROP FUNCTION guard_{name}() CASCADE"))
            for statement in statements:
                session.connection().exec_driver_sql(statement)
            session.commit()
    finally:
        engine.dispose()


def copy_database(folder: Path, to: Path) -> None:
    """Put a copy of a folder's database in the place of another's, as a backup and its restoration do."""
    if postgresql.WANTED:
        postgresql.copy_database(folder, to)
        return
    to.mkdir(exist_ok=True)
    with (
        closing(sqlite3.connect(folder / "portal.db")) as source,
        closing(sqlite3.connect(to / "portal.db")) as target,
    ):
        source.backup(target)


def bytes_sql(value: bytes) -> str:
    """Return bytes as SQL writes them."""
    return rf"'\x{value.hex()}'" if postgresql.WANTED else f"x'{value.hex()}'"


def replacing(table: str) -> str:
    """Return a statement that puts each row of a table in its own place anew."""
    if postgresql.WANTED:
        return f"INSERT INTO {table} SELECT * FROM {table} ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id"  # noqa: S608 - a test's own.
    return f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}"  # noqa: S608 - likewise.


@contextmanager
def for_everybody(session: Session) -> Iterator[None]:
    """Let a session that is bound to a unit lay out what only the commission or another unit could."""
    unit = tenant_of(session)
    if unit is None:
        yield
        return
    session.flush()
    del session.info["portal_tenant"]
    if postgresql.WANTED:
        session.execute(text(f"SET LOCAL {SETTING} = '{SYSTEM}'"))
    yield
    session.flush()
    bind_tenant(session, unit)
