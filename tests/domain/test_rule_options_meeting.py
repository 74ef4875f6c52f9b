"""What a commission may set otherwise for meetings: values and a rule that bind nowhere as shipped."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.rules.check import Report, State, check
from portal.domain.rules.dossier import Context
from portal.domain.units import UnitFacts
from tests.regimes.scenarios import build, regimes

VOTES = {"/votes_for": 4, "/votes_against": 3, "/votes_abstain": 0}


def _regime(rule_id: str, values: dict[str, Any]) -> Regime:
    xiuzhou = regimes()["xiuzhou"]
    whole = {"from": date(2011, 6, 13), "source": "示例规定 第一条", "severity": "yellow", **values}
    own = {**xiuzhou.rules, rule_id: (rules()[rule_id].terms.model_validate(whole),)}
    return xiuzhou.model_copy(update={"rules": own})


def _check(
    rule_id: str, values: dict[str, Any], change: dict[str, Any], remove: tuple[str, ...] = ()
) -> Report:
    decision = build("xiuzhou", {"base": "decision", "change": change, "remove": list(remove)})
    context = Context(_regime(rule_id, values), UnitFacts("示例单位"), date(2026, 11, 20))
    return check(decision, context, only=[rule_id])


def _state(report: Report) -> State | None:
    return report.checks[0].state if report.checks else None


def _away(presence: str, *places: int) -> dict[str, Any]:
    return {f"/attendees/{place}/presence": presence for place in places}


# DEC-02 法定人数：回避的成员怎样计算


@pytest.mark.parametrize(
    ("recused", "present", "found"),
    [
        ("absent", 4, True),
        ("absent", 5, False),
        ("present", 4, False),
        ("left_out", 4, False),
        ("left_out", 3, True),
    ],
)
def test_recused_members_count_towards_the_quorum_as_the_regime_says(
    recused: str, present: int, found: bool
) -> None:
    # Seven are due, one is recused, the others beside those present are absent.
    change = {**_away("recused", 1), **_away("absent", *range(present + 1, 7))}

    report = _check("DEC-02", {"share": "2/3", "reach": "at_least", "recused": recused}, change)

    assert _state(report) == (State.FOUND if found else State.PASSED)


# DEC-03 书面意见


def test_a_written_opinion_stands_in_where_the_regime_allows_it() -> None:
    absent = _away("absent", 1)
    written = {**absent, "/attendees/1/written_opinion": "同意这一方案。"}

    assert _state(_check("DEC-03", {"written_opinion": True}, written)) == State.PASSED
    assert _state(_check("DEC-03", {"written_opinion": True}, absent)) == State.FOUND
    assert _state(_check("DEC-03", {"written_opinion": False}, written)) == State.FOUND


# DEC-04 赞成票与谁比较


@pytest.mark.parametrize(
    ("base", "shrinks", "change", "state"),
    [
        # Two recused of seven: 3 of 7 is no majority, 3 of 5 is.
        ("due", False, {**_away("recused", 5, 6), "/votes_for": 3, "/votes_against": 2}, State.FOUND),
        ("due", True, {**_away("recused", 5, 6), "/votes_for": 3, "/votes_against": 2}, State.PASSED),
        # Two absent: 3 of the 5 present.
        ("present", False, {**_away("absent", 5, 6), "/votes_for": 3, "/votes_against": 2}, State.PASSED),
        # Recused members are not present, and are not taken off twice: 2 of 5.
        ("present", True, {**_away("recused", 5, 6), "/votes_for": 2, "/votes_against": 3}, State.FOUND),
        # Six ballots, one of them void: 3 of 6 is exactly half, 3 of 5 valid ones is more.
        ("ballots", False, {"/votes_for": 3, "/votes_against": 2, "/void_ballots": 1}, State.FOUND),
        ("valid", False, {"/votes_for": 3, "/votes_against": 2, "/void_ballots": 1}, State.PASSED),
        # An abstention is a ballot, and a valid one.
        ("valid", False, {"/votes_for": 3, "/votes_against": 2, "/votes_abstain": 1}, State.FOUND),
        # No void ballots stated: 3 of 5.
        ("ballots", False, {"/votes_for": 3, "/votes_against": 2}, State.PASSED),
    ],
)
def test_the_majority_is_of_whom_the_regime_says(
    base: str, shrinks: bool, change: dict[str, Any], state: State
) -> None:
    report = _check("DEC-04", {"share": "1/2", "base": base, "recusal_shrinks": shrinks}, change)

    assert _state(report) == state


@pytest.mark.parametrize("base", ["ballots", "valid"])
def test_a_majority_of_ballots_is_unclear_while_a_figure_is_blank(base: str) -> None:
    report = _check(
        "DEC-04", {"share": "1/2", "base": base, "recusal_shrinks": False}, {}, ("/votes_abstain",)
    )

    assert _state(report) == State.UNCLEAR


# DEC-06 无记名投票


def test_no_explanation_lifts_the_naming_of_a_secret_ballot_but_one_lifts_a_wrong_method() -> None:
    tongling = regimes()["tongling"]
    context = Context(tongling, UnitFacts("示例单位"), date(2026, 11, 20))
    named = build(
        "tongling", {"base": "decision", "change": {"/named_votes": [{"member": "甲正职", "vote": "for"}]}}
    )
    oral = build("tongling", {"base": "decision", "change": {"/vote_method": "oral"}})

    for document, lifted in ((named, False), (oral, True)):
        report = check(document, context, only=["DEC-06"])
        assert report.blocking(explained=False)
        assert bool(report.blocking(explained=True)) is not lifted


# DEC-10 接近时缓议


def test_no_shipped_regime_asks_to_defer_on_a_close_split() -> None:
    for regime in regimes().values():
        assert not regime.all_terms("DEC-10")


@pytest.mark.parametrize(
    ("margin", "change", "state"),
    [
        (1, VOTES, State.FOUND),
        (0, VOTES, State.PASSED),
        (1, {"/votes_for": 5, "/votes_against": 2}, State.PASSED),
        (3, {"/votes_for": 5, "/votes_against": 2}, State.FOUND),
        (1, {"/votes_for": 3, "/votes_against": 4, "/result": "rejected"}, State.FOUND),
        (1, {**VOTES, "/result": "deferred"}, None),
        (1, {**VOTES, "/form": "circulation"}, None),
    ],
)
def test_a_close_split_suggests_deferring_where_the_regime_has_it(
    margin: int, change: dict[str, Any], state: State | None
) -> None:
    report = _check("DEC-10", {"margin": margin}, change)

    assert _state(report) == state
    assert [one.severity.value for one in report.findings] == ["yellow"] * (state == State.FOUND)


def test_a_split_that_is_not_written_down_is_not_judged() -> None:
    assert not _check(
        "DEC-10", {"margin": 1}, {"/votes_for": 4, "/votes_against": 3}, ("/votes_abstain",)
    ).checks
