"""The reports' database: its own tables, steps that stay, and errors that tell no values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from portal.store.reports.db import open_reports
from portal.store.reports.tables import KeyHolder, ReportsBase, ReportStep, SealedReport
from portal.store.tables import Base


def opened(tmp_path: Path) -> Session:
    return Session(open_reports(f"sqlite:///{tmp_path / 'reports.db'}"))


def report() -> SealedReport:
    day = date(2026, 11, 22)
    return SealedReport(
        id="rp" + "a" * 24, jurisdiction="jinhu", received_on=day, channel="form", sealed_by="browser", serial=1,
        lookup="0" * 64, case_key="age1", reporter_key="age1", binding=b"", commitment=b"", receipt="",
        state="received", state_on=day,
    )  # fmt: skip


def test_the_migrations_make_the_tables_of_the_model(tmp_path: Path) -> None:
    session = opened(tmp_path)
    found = inspect(session.get_bind())
    for name, table in ReportsBase.metadata.tables.items():
        assert {one["name"] for one in found.get_columns(name)} == set(table.columns.keys()), name
    assert not set(found.get_table_names()) & set(Base.metadata.tables), "no table of the other database"


@pytest.mark.parametrize("change", ["UPDATE report_step SET name = 'x'", "DELETE FROM report_step"])
def test_a_step_is_never_changed(tmp_path: Path, change: str) -> None:
    session = opened(tmp_path)
    session.add(report())
    session.flush()
    session.add(
        ReportStep(
            report_id="rp" + "a" * 24,
            at=datetime.now(UTC),
            account_id=None,
            name="示例",
            action="received",
            detail={},
        )
    )
    session.commit()
    with pytest.raises(DBAPIError, match="never changed"):
        session.execute(text(change))


def test_an_error_tells_no_values(tmp_path: Path) -> None:
    session = opened(tmp_path)
    for _ in range(2):
        session.add(KeyHolder(id="same", jurisdiction="jinhu", account_id=1, name="示例名字甲乙丙"))
    with pytest.raises(DBAPIError) as told:
        session.flush()
    assert "示例名字甲乙丙" not in str(told.value)
