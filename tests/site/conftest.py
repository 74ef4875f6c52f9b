"""One small county, published and built by the product's own engine, for all tests of a site on the disk."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from portal.demo.county import County, load_county
from portal.services import rosters
from portal.site.build import build_site
from portal.store.db import make_engine
from tests.conftest import NOON, ROOT, shipped
from tests.databases import new_database
from tests.site.sites import site_over

SMALL = County("xiuzhou", units=3, years=1, records=12, until=date(2026, 9, 30))


@pytest.fixture(scope="session")
def county_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the built site: every file a reader gets, under a name with a blank and Chinese signs."""
    place = tmp_path_factory.mktemp("county") / "阳光 公开"
    place.mkdir()
    regimes = {"xiuzhou": shipped()["xiuzhou"]}
    url = new_database(place)
    engine = make_engine(url)
    with Session(engine) as session:
        rosters.init_jurisdictions(session, regimes.values(), now=NOON)
        load_county(session, SMALL, ROOT / "content", regimes, commit=session.commit)
        session.commit()
        site = site_over(session, place / "site", regimes=regimes)
        report = build_site(site, now=datetime(2026, 10, 20, 4, 0, tzinfo=UTC))
    engine.dispose()
    assert (report.failures, report.faults) == ((), ())
    return report.folder
