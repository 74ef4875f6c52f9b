"""末位表态: whether the chief spoke last, by the order in which people spoke."""

from __future__ import annotations

import pytest

from portal.domain.supervision.minutes import spoke_last


@pytest.mark.parametrize(
    ("order", "told"),
    [
        (("乙", "丙", "甲"), True),
        (("乙", "甲", "丙"), False),  # Not before everybody else had.
        (("甲", "乙", "丙"), False),
        (("乙", "丙", "甲", "乙"), True),  # Who speaks again has spoken before.
        (("甲", "乙", "甲"), False),
        (("乙 同志", "甲（局长）"), True),
        (("甲", "甲"), None),
        (("乙", "丙"), None),
        ((), None),
    ],
)
def test_the_chief_is_last_where_everybody_else_has_spoken_before(
    order: tuple[str, ...], told: bool | None
) -> None:
    assert spoke_last(order, "甲") is told
