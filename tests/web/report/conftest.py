"""A report host for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.domain.regimes import Regime
from tests.web.report.world import World, make_world


@pytest.fixture
def world(tmp_path: Path, regimes: dict[str, Regime]) -> Iterator[World]:
    """A host with a key list."""
    made = make_world(tmp_path, regimes)
    yield made
    made.engine.dispose()
