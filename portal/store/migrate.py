"""Brings a database to the newest shape by Alembic, which is loaded only where something is to be done."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from portal.store.db import make_engine

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """Run every migration that the database has not seen."""
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


def _revisions(connection: Connection) -> list[str]:
    """Return what the database says of itself; nothing where it is new."""
    known = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'alembic_version'"
    if connection.exec_driver_sql(known).scalar() is None:
        return []
    return list(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars())


def _run(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    # What was read so far belongs to a transaction that cannot wait for its turn to write.
    connection.rollback()
    settings = Config()
    settings.set_main_option("script_location", str(MIGRATIONS))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    command.upgrade(settings, "head")
    connection.commit()
