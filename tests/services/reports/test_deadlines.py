"""Which deadlines run, and until when."""

from __future__ import annotations

from datetime import date

import pytest

from portal.domain.calendar import OFFICIAL
from portal.domain.reports.deadlines import Deadline, Standing, is_late, is_near, open_deadlines
from portal.domain.reports.words import State, Track

DAYS = {
    "accept_by": date(2026, 10, 20),
    "route_by": date(2026, 10, 9),
    "close_by": date(2026, 12, 1),
    "answer_by": date(2026, 12, 9),
}
CASES = [
    (State.RECEIVED, {}, ["route", "accept"]),
    (State.RECEIVED, {"told": True}, ["route"]),
    (State.ACCEPTED, {}, []),
    (State.ACCEPTED, {"real_name": True}, ["accept"]),
    (State.ACCEPTED, {"real_name": True, "told": True}, []),
    (State.ACCEPTED, {"track": Track.PETITION}, ["close"]),
    (State.NOT_ACCEPTED, {"real_name": True}, ["accept"]),
    (State.NOT_ACCEPTED, {"real_name": False}, []),
    (State.CLOSED, {"real_name": True, "told": True}, ["answer"]),
    (State.CLOSED, {"real_name": True, "told": True, "answered": True}, []),
    (State.CLOSED, {}, []),
    (State.MERGED, {"real_name": True}, []),
    (State.ROUTED_UP, {"real_name": True}, []),
    (State.REOPENED, {"track": Track.PETITION, "told": True}, ["close"]),
]


@pytest.mark.parametrize(("state", "more", "wanted"), CASES)
def test_the_deadlines_that_run(state: State, more: dict[str, object], wanted: list[str]) -> None:
    found = open_deadlines(Standing(state=state, **{**DAYS, **more}))  # type: ignore[arg-type] # a table of cases.
    assert [kind.value for kind, _ in found] == wanted


def test_the_last_day_still_counts() -> None:
    day = date(2026, 10, 9)
    assert not is_late(day, day)
    assert is_late(day, date(2026, 10, 10))


def test_near_counts_working_days() -> None:
    day = date(2026, 10, 9)  # Friday after the holidays of the 1st to the 7th.
    assert is_near(day, date(2026, 9, 30), OFFICIAL)
    assert not is_near(day, date(2026, 9, 28), OFFICIAL)
    assert not is_near(day, date(2026, 10, 10), OFFICIAL)
    assert Deadline("route").label
