"""Alembic's entry for the reports' database: runs on the connection that `portal.store.reports.db` hands over."""

from __future__ import annotations

from alembic import context

from portal.store.reports.tables import ReportsBase

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=ReportsBase.metadata,
    render_as_batch=True,
    transactional_ddl=True,
    version_table="reports_version",
)
with context.begin_transaction():
    context.run_migrations()
