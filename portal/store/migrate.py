"""Brings a database to the newest shape by Alembic, which is loaded only where something is to be done.

On PostgreSQL the tables' owner does it, and lets another role that owns nothing read and write.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, make_url

from portal.store.db import full_url, make_engine
from portal.store.guards import postgresql
from portal.store.tenancy import SETTING, SYSTEM

MIGRATIONS = Path(__file__).parent / "migrations"


class NeedsOwner(RuntimeError):
    """A PostgreSQL database is to be migrated, and only the role that owns its tables can; the text says what to do."""


def upgrade(url: str, *, owner: str | None = None) -> None:
    """Run every migration that the database has not seen.

    On PostgreSQL `owner` is the same database as the tables' owner; raise `NeedsOwner` where it is needed and not
    given, and where the role of `url` could step over what keeps the units' rows apart.
    """
    if make_url(full_url(url)).get_backend_name() == "postgresql":
        _upgrade_postgresql(url, owner)
        return
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            if _revisions(connection) != [newest()]:
                _run(connection)
    finally:
        engine.dispose()


def newest() -> str:
    """Return the revision of the newest migration: the number that its file's name begins with."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def grant(connection: Connection, role: str) -> None:
    """Let a role read and write the rows of every table; nothing else."""
    quoted = connection.dialect.identifier_preparer.quote(role)
    for statement in (
        f"GRANT USAGE ON SCHEMA public TO {quoted}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {quoted}",
        f"REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {quoted}",
        f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {quoted}",
    ):
        connection.exec_driver_sql(statement)


def _upgrade_postgresql(url: str, owner: str | None) -> None:
    engine = make_engine(url)
    try:
        with engine.connect() as connection:
            current = _known_to(connection)
        if not current:
            _by_owner(url, owner)
        with engine.connect() as connection:
            if postgresql.trespassing(connection):
                raise NeedsOwner(
                    "PORTAL_DATABASE_URL 中的数据库角色权限过大（超级用户、绕过行级安全或拥有数据表）。"
                    "请为平台另建一个不拥有任何对象的角色，数据表的所有者写在 PORTAL_OWNER_DATABASE_URL 中。"
                )
    finally:
        engine.dispose()


def _known_to(connection: Connection) -> bool:
    """Tell whether the database is in its newest shape, and the role may read it."""
    readable = "SELECT has_table_privilege(to_regclass('public.alembic_version'), 'SELECT')"
    if not connection.exec_driver_sql(readable).scalar():
        return False
    return _revisions(connection) == [newest()]


def _by_owner(url: str, owner: str | None) -> None:
    if owner is None:
        raise NeedsOwner(
            "PostgreSQL 数据库尚未建立数据表，或版本较旧。请设置 PORTAL_OWNER_DATABASE_URL（数据表所有者的地址），再运行 portal init。"
        )
    engine = make_engine(owner)
    try:
        with engine.connect().execution_options(portal_writes=True) as connection:
            if _revisions(connection) != [newest()]:
                _run(connection)
            role = make_url(url).username
            if role is not None:
                grant(connection, role)
            connection.commit()
    finally:
        engine.dispose()


def _revisions(connection: Connection) -> list[str]:
    """Return what the database says of itself; nothing where it is new."""
    known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if connection.dialect.name == "postgresql":
        known = "SELECT to_regclass('public.alembic_version')"
    if connection.exec_driver_sql(known).scalar() is None:
        return []
    return list(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())


def _run(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    # What was read so far belongs to a transaction that cannot wait for its turn to write.
    connection.rollback()
    if connection.dialect.name == "postgresql":  # The rows that a migration moves are everybody's.
        connection.exec_driver_sql(f"SET LOCAL {SETTING} = '{SYSTEM}'")
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
    connection.commit()
