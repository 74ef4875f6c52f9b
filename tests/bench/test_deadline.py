"""The deadline hour in small: three units publish twice each, by real requests to the running platform."""

from __future__ import annotations

import pytest

from tests.bench import deadline
from tests.bench.place import Size


@pytest.mark.thorough
def test_everything_is_published_without_an_error_and_becomes_visible() -> None:
    hour = deadline.measure(
        Size("smallest", 3, 1, 12, 1), units=3, each=2, compress=600, kept=None, say=lambda _: None
    )
    assert not hour.errors
    assert len(hour.found["visible"]) == len(hour.found["published"]) == 6
    assert len(hour.found["steps"]["autosave"]) == 30
    assert hour.builds >= 1
    (section,) = deadline.sections(hour)
    assert "Errors: 0" in section.note


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(one) for one in range(1, 101)]
    assert deadline.percentile(values, 0.95) == 95
    assert deadline.percentile([7.0], 0.95) == 7
    assert deadline.percentile([1.0, 2.0], 0.95) == 2
