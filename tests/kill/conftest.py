"""An instance to kill processes of."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from portal.config import Settings
from portal.domain.regimes import Regime
from portal.services import rosters
from portal.store.db import make_engine, sqlite_url
from portal.store.migrate import upgrade
from tests.kill.killing import NOW


@pytest.fixture
def settings(tmp_path: Path, regimes: dict[str, Regime]) -> Settings:
    settings = Settings(home=tmp_path)
    upgrade(sqlite_url(settings.database))
    engine = make_engine(sqlite_url(settings.database))
    with Session(engine) as session:
        rosters.init_jurisdictions(session, regimes.values(), now=NOW)
        county = rosters.find_jurisdiction(session, "jinhu")
        rosters.put_unit(
            session, county, rosters.RosterLine(name="示例一镇", type="township", slug="u1"), now=NOW
        )
        session.commit()
    engine.dispose()
    return settings
