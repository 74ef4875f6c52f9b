"""The fixtures of the tests about sealed reports at the office."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.office.cases.bureau import Bureau, open_bureau
from tests.web.office.world import World


@pytest.fixture
def bureau(world: World, tmp_path: Path) -> Iterator[Bureau]:
    """A commission whose reports one person opens."""
    made = open_bureau(world, tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def bureau_of_two(world: World, tmp_path: Path) -> Iterator[Bureau]:
    """A commission whose reports two people open."""
    made = open_bureau(world, tmp_path, opening=2)
    yield made
    made.engine.dispose()
