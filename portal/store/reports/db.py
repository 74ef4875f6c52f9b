"""Opens the reports' database: a file of its own beside the other, or a PostgreSQL database of its own.

The engines' events of `portal.store.db` hold here too: WAL with `synchronous=FULL`, `secure_delete`, writers in turn.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, Engine

from portal.store.db import make_engine

MIGRATIONS = Path(__file__).parent / "migrations"
VERSION = "reports_version"


def open_reports(url: str) -> Engine:
    """Return an engine of the reports' database at `url`, brought to its newest shape."""
    engine = make_engine(url, discreet=True)
    with engine.connect() as connection:
        if _revisions(connection) != [newest()]:
            _upgrade(connection)
    return engine


def newest() -> str:
    """Return the revision of the newest migration: the number that its file's name begins with."""
    return max(file.name.partition("_")[0] for file in (MIGRATIONS / "versions").glob("[0-9]*_*.py"))


def _revisions(connection: Connection) -> list[str]:
    known = f"SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = '{VERSION}'"  # noqa: S608 - a constant.
    if connection.dialect.name == "postgresql":
        known = f"SELECT to_regclass('public.{VERSION}')"
    if connection.exec_driver_sql(known).scalar() is None:
        return []
    return list(connection.exec_driver_sql(f"SELECT version_num FROM {VERSION}").scalars())  # noqa: S608 - likewise.


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    connection.rollback()
    connection = connection.execution_options(portal_writes=True)
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
    connection.commit()
