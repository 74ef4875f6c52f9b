"""An instance to kill processes of."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.regimes import Regime
from portal.services import rosters
from portal.store.db import make_engine
from tests.conftest import shipped
from tests.databases import database_of, new_database
from tests.kill.killing import NOW


@pytest.fixture(scope="session")
def regimes() -> dict[str, Regime]:
    """One county: the fewer pages a build has, the more of its moments are met."""
    return {"jinhu": shipped()["jinhu"]}


@pytest.fixture
def settings(tmp_path: Path, regimes: dict[str, Regime]) -> Settings:
    """An instance of one county with four units, the first of which publishes."""
    settings = Settings(home=tmp_path)
    new_database(settings.home)
    engine = make_engine(database_of(settings.home))
    with Session(engine) as session:
        rosters.init_jurisdictions(session, regimes.values(), now=NOW)
        county = rosters.find_jurisdiction(session, "jinhu")
        for number in range(1, 5):
            line = rosters.RosterLine(name=f"示例{number}镇", type="township", slug=f"u{number}")
            rosters.put_unit(session, county, line, now=NOW)
        session.commit()
    engine.dispose()
    return settings
