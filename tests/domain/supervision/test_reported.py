"""举报件数 in the early warnings: what the formula's 受理的举报 are, whose names are the same, and who may know."""

from __future__ import annotations

from portal.domain.reports.words import Outcome, State
from portal.domain.roles import Action, Role, allowed
from portal.domain.supervision.reported import Standing, spellings, standing


def test_what_was_accepted_counts_unless_it_came_to_nothing() -> None:
    assert {one: standing(one, None) for one in State} == {
        State.RECEIVED: Standing.WAITING,
        State.ACCEPTED: Standing.COUNTS,
        State.NOT_ACCEPTED: Standing.REFUSED,
        State.TRANSFERRED: Standing.ELSEWHERE,
        State.ROUTED_UP: Standing.ELSEWHERE,
        State.MERGED: Standing.MERGED,
        State.CLOSED: Standing.COUNTS,
        State.REOPENED: Standing.COUNTS,
    }
    cleared = {one for one in Outcome if standing(State.CLOSED, one) is Standing.CLEARED}
    assert cleared == {Outcome.UNTRUE, Outcome.MISTAKEN, Outcome.FALSE_ACCUSATION}
    assert standing(State.REOPENED, Outcome.UNTRUE) is Standing.COUNTS


def test_a_unit_s_names_are_compared_without_width_blanks_and_case() -> None:
    assert spellings("示例 财政局", "财政", None, "", "ＣＺ局", "示例财政局") == (
        "cz局",
        "示例财政局",
        "财政",
    )


def test_it_takes_the_right_to_lead_and_the_right_to_supervise() -> None:
    assert allowed({Role.INTAKE_LEAD, Role.OFFICER}, Action.WEIGH_REPORTS)
    for lacking in (Role.INTAKE_LEAD, Role.OFFICER):
        assert not allowed(set(Role) - {lacking}, Action.WEIGH_REPORTS)
