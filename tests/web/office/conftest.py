"""The fixtures of the office's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.services import rosters
from portal.store.tables import Jurisdiction, Unit
from tests.conftest import NOON
from tests.web.office.world import World, db, make_world


@pytest.fixture
def other_unit(session: Session, county: Jurisdiction, unit: Unit) -> Unit:
    """Another unit of the same county."""
    line = rosters.RosterLine(name="示例住建局", type="bureau", short="住建局", code="330411002", sample=True)
    made = rosters.put_unit(session, county, line, now=NOON)
    session.commit()
    return made


@pytest.fixture
def world(
    engine: Engine, session: Session, regimes: dict[str, Regime], unit: Unit, other_unit: Unit, tmp_path: Path
) -> Iterator[World]:
    """An office over the test's database."""
    url = engine.url.render_as_string(hide_password=False)
    made = make_world(session, regimes, url, unit, other_unit, tmp_path, NOON)
    yield made
    with made.app.app_context():
        db.engine.dispose()
