"""The commission's own record beside the unit's: every field says whether they agree, and where not, what each has."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.domain.documents.decision import Category, Position, Result, VoteMethod
from portal.domain.supervision.minutes import (
    LABELS,
    OwnMinutes,
    Rating,
    Spoken,
    Verdict,
    compare,
    fold_name,
    likeness,
    speaking_order,
    spoke_last,
)
from tests.web.office.closer import PEOPLE, decision


def own(*, order: tuple[str, ...] = ("示例乙", "示例丙", "示例甲"), **more: Any) -> OwnMinutes:
    """The commission's record of the meeting that `decision()` tells of."""
    given: dict[str, Any] = {
        "held_on": date(2026, 9, 10), "title": "办公楼维修项目安排", "place": "三楼会议室", "presider": "示例甲",
        "recorder": "示例丁", "should_attend": 3, "present": PEOPLE, "category": Category.MAJOR_PROJECT,
        "amount": 300_000_00, "chief": "示例甲", "vote_method": VoteMethod.SHOW_OF_HANDS, "votes_for": 3,
        "votes_against": 0, "votes_abstain": 0, "result": Result.ADOPTED,
        "decision_text": "同意安排三十万元维修办公楼。",
        "statements": tuple(Spoken(name=one, position=Position.FOR) for one in order),
    }  # fmt: skip
    return OwnMinutes(**{**given, **more})


def verdicts(mine: OwnMinutes, **theirs: Any) -> dict[str, Verdict]:
    return {one.field: one.verdict for one in compare(mine, decision(**theirs))}


def test_two_records_of_one_meeting_agree_in_every_field() -> None:
    found = verdicts(own())
    silent = {"absent", "recused", "observers"}
    assert {name for name, one in found.items() if one == Verdict.NEITHER} == silent
    assert {one for name, one in found.items() if name not in silent} == {Verdict.AGREE}
    assert set(found) == set(LABELS)


@pytest.mark.parametrize(
    ("ours", "theirs", "field"),
    [
        ({"held_on": date(2026, 9, 11)}, {}, "held_on"),
        ({"presider": "示例乙"}, {}, "presider"),
        ({"present": ("示例甲", "示例乙")}, {}, "present"),
        ({"should_attend": 5}, {}, "should_attend"),
        ({"amount": 30_000_00}, {}, "amount"),
        ({"category": Category.LARGE_FUND}, {}, "category"),
        ({"vote_method": VoteMethod.ORAL}, {}, "vote_method"),
        ({"votes_for": 2}, {}, "votes_for"),
        ({"votes_against": 1}, {}, "votes_against"),
        ({"result": Result.DEFERRED}, {}, "result"),
        ({"chief": "示例乙", "chief_last": True}, {}, "chief"),
        ({"chief_last": False}, {}, "chief_last"),
        ({"order": ("示例丙", "示例乙", "示例甲")}, {}, "order"),
    ],
)
def test_each_difference_is_seen_in_its_own_field(
    ours: dict[str, Any], theirs: dict[str, Any], field: str
) -> None:
    found = compare(own(**ours), decision(**theirs))
    assert [one.field for one in found if one.wrong] == [field]
    said = next(one for one in found if one.field == field)
    assert said.verdict == Verdict.DIFFER
    assert said.ours != said.theirs
    assert "" not in (said.ours, said.theirs)


def test_a_chief_who_spoke_first_is_seen_in_order_and_turn() -> None:
    found = compare(own(order=("示例甲", "示例乙", "示例丙")), decision())
    assert [one.field for one in found if one.wrong] == ["order", "chief_last"]
    turn = next(one for one in found if one.field == "chief_last")
    assert (turn.ours, turn.theirs) == ("不是最后表态", "最后表态")


def test_a_stance_that_was_written_down_otherwise_is_seen() -> None:
    against = (Spoken(name="示例乙", position=Position.AGAINST), *own().statements[1:])
    found = compare(own(statements=against), decision())
    assert [(one.field, one.ours) for one in found if one.wrong] == [
        ("stances", "示例乙 不同意；示例丙 同意；示例甲 同意")
    ]


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict"),
    [
        ({}, {"votes_abstain": None}, Verdict.ONLY_OURS),
        ({"votes_abstain": None}, {}, Verdict.ONLY_THEIRS),
        ({"votes_abstain": None}, {"votes_abstain": None}, Verdict.NEITHER),
        ({"votes_abstain": 0}, {"votes_abstain": 0}, Verdict.AGREE),  # Nought is something written down.
        ({"votes_abstain": 1}, {"votes_abstain": 0}, Verdict.DIFFER),
    ],
)
def test_what_one_side_has_not_written_is_told(
    ours: dict[str, Any], theirs: dict[str, Any], verdict: Verdict
) -> None:
    assert verdicts(own(**ours), **theirs)["votes_abstain"] == verdict


def test_words_that_may_mean_the_same_are_for_a_person_to_read() -> None:
    found = {one.field: one for one in compare(own(decision_text="同意维修", place="3楼"), decision())}
    assert found["decision_text"].verdict == found["place"].verdict == Verdict.READ
    assert not found["decision_text"].wrong


def test_what_may_not_be_public_of_personnel_decisions_is_no_fault() -> None:
    theirs = {
        "category": "key_personnel", "statements": (), "vote_method": VoteMethod.SECRET_BALLOT,
        "votes_for": None, "votes_against": None, "votes_abstain": None,
    }  # fmt: skip
    found = verdicts(own(category=Category.KEY_PERSONNEL, vote_method=VoteMethod.SECRET_BALLOT), **theirs)
    assert {found[one] for one in ("order", "stances", "votes_for", "chief_last")} == {Verdict.KEPT}
    assert found["result"] == Verdict.AGREE


def test_names_are_compared_as_people_read_them() -> None:
    assert fold_name(" 示例 甲（副局长）") == fold_name("示例甲同志") == "示例甲"
    assert verdicts(own(present=("示例甲（局长）", "示例 乙", "示例丙同志")))["present"] == Verdict.AGREE
    assert speaking_order(["示例乙", "示例甲", "示例乙", "示例丙"]) == ("示例乙", "示例甲", "示例丙")


def test_last_means_after_everybody_else() -> None:
    assert spoke_last(["乙", "丙", "甲"], "甲") is True
    assert spoke_last(["乙", "甲", "丙"], "甲") is False
    assert spoke_last(["甲", "乙", "甲"], "甲") is False  # Having spoken early cannot be mended.
    assert spoke_last(["甲"], "甲") is None
    assert spoke_last(["乙", "丙"], "甲") is None


def test_the_day_and_the_title_say_which_record_is_meant() -> None:
    same = likeness(own(), decision())
    other_title = likeness(own(), decision(title="购置公务用车"))
    other_day = likeness(own(), decision(held_on=date(2026, 8, 1)))
    assert same == 100
    assert (
        same
        > other_title
        > other_day
        > likeness(own(), decision(title="购置公务用车", held_on=date(2026, 8, 1)))
        == 0
    )


def test_both_ratings_give_a_difference_only_together() -> None:
    assert Rating(own_score=95, outside_score=70).difference == 25
    assert Rating(own_score=95).difference is None
