"""For any members, recusals and votes the rule book agrees with an oracle that only multiplies whole numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.documents.decision import Attendee, Category, DecisionRecord
from portal.domain.rules.check import check
from portal.domain.rules.dossier import Context
from portal.domain.units import UnitFacts, UnitType
from tests.regimes.scenarios import FIVE, build, regimes
from tests.regimes.scenarios import settings as words_of

MAJOR = ("major_decision", "key_personnel", "major_project", "large_fund")


@dataclass(frozen=True)
class Vote:
    """A meeting in figures."""

    present: int
    absent: int
    recused: int
    category: str
    especially: bool
    cast_for: int
    cast_against: int
    cast_abstain: int
    void: int
    result: str

    @property
    def due(self) -> int:
        return self.present + self.absent + self.recused


@st.composite
def votes(draw: st.DrawFn) -> Vote:
    """Draw a meeting whose votes are near, not always at, the number of those present."""
    few = st.integers(0, 6)
    present, absent, recused = draw(st.integers(0, 12)), draw(few), draw(few)
    cast_for = draw(st.integers(0, present + 2))
    rest = max(present - cast_for, 0)
    against = draw(st.integers(0, rest))
    return Vote(
        present,
        absent,
        recused,
        draw(st.sampled_from(MAJOR)),
        draw(st.booleans()),
        cast_for,
        against,
        draw(st.sampled_from([rest - against, 0])),
        draw(st.sampled_from([0, 0, 1])),
        draw(st.sampled_from(["adopted", "rejected"])),
    )


def record(jurisdiction: str, vote: Vote) -> DecisionRecord:
    """Write the meeting down, starting from the clean record."""
    clean = build(jurisdiction, "decision")
    assert isinstance(clean, DecisionRecord)
    kinds = ["present"] * vote.present + ["absent"] * vote.absent + ["recused"] * vote.recused
    people = tuple(
        Attendee.model_validate({"name": f"成员{place}", "post": "成员", "presence": kind})
        for place, kind in enumerate(kinds)
    )
    data = clean.model_dump() | {
        "category": Category(vote.category),
        "especially_major": vote.especially,
        "should_attend": vote.due,
        "attendees": people,
        "statements": (),
        "votes_for": vote.cast_for,
        "votes_against": vote.cast_against,
        "votes_abstain": vote.cast_abstain,
        "void_ballots": vote.void,
        "result": vote.result,
    }
    return DecisionRecord.model_validate(data)


def broken(jurisdiction: str, vote: Vote) -> set[str]:
    """Return which rules the book finds broken."""
    unit = UnitFacts("示例单位", UnitType(words_of(jurisdiction)["unit"]))
    context = Context(regimes()[jurisdiction], unit, date(2026, 11, 20))
    report = check(record(jurisdiction, vote), context, only=["DEC-02", "DEC-04", "DEC-05", "DEC-07"])
    return {one.rule for one in report.findings}


def oracle(jurisdiction: str, vote: Vote) -> set[str]:
    """Say the same from the documents: whole numbers only, no terms, no shares."""
    wrong = set()
    two_thirds_there = vote.present * 3 >= vote.due * 2
    half_there = vote.present * 2 >= vote.due + 1
    needs_two_thirds = jurisdiction == "xiuzhou" or vote.category == "key_personnel"
    if vote.due == 0 or not (two_thirds_there if needs_two_thirds else half_there):
        wrong.add("DEC-02")
    # 过半：one more than the integer half of all who are due, recused or not.
    ordinary = vote.cast_for >= vote.due // 2 + 1
    # 三分之二：those who did not vote in favour are at most half as many as those who did.
    large = (vote.due - vote.cast_for) * 2 <= vote.cast_for
    special = jurisdiction == "tongling" and vote.especially
    if vote.due:
        if vote.result == "adopted":
            wrong |= {"DEC-04"} if not ordinary else set()
            wrong |= {"DEC-05"} if special and not large else set()
        elif special:
            wrong |= {"DEC-05"} if large else set()
        else:
            wrong |= {"DEC-04"} if ordinary else set()
    papers = [vote.cast_for, vote.cast_against, vote.cast_abstain, vote.void]
    if sum(papers) - vote.present:
        wrong.add("DEC-07")
    return wrong


@pytest.mark.parametrize("jurisdiction", FIVE)
@settings(deadline=None, max_examples=300)
@given(vote=votes())
def test_the_verdicts_agree_with_an_oracle_written_otherwise(jurisdiction: str, vote: Vote) -> None:
    assert broken(jurisdiction, vote) == oracle(jurisdiction, vote)


@pytest.mark.parametrize("due", range(1, 31))
def test_one_vote_decides_at_every_size(due: int) -> None:
    half, third = due // 2 + 1, -(-due * 2 // 3)
    for needed, especially in ((half, False), (third, True)):
        enough = Vote(due, 0, 0, "major_project", especially, needed, due - needed, 0, 0, "adopted")
        short = Vote(due, 0, 0, "major_project", especially, needed - 1, due - needed + 1, 0, 0, "adopted")

        rule_id = "DEC-05" if especially else "DEC-04"
        assert rule_id not in broken("tongling", enough)
        assert rule_id in broken("tongling", short)
