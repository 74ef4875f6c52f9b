"""A desk for each test."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from portal.store.tables import Unit
from tests.services.desk.desk_world import Desk


@pytest.fixture
def desk(session: Session, unit: Unit) -> Desk:
    """The desk of one unit."""
    return Desk(session, unit)
