"""Whoever spoke in whatever order: the verdict on 末位表态 agrees with a plain reading of the minutes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.documents.decision import (
    Attendee,
    Category,
    DecisionRecord,
    MeetingType,
    Position,
    Presence,
    Result,
    Standing,
    Statement,
    VoteMethod,
)
from portal.domain.regimes import Regime
from portal.domain.rules.check import Check, State, check
from portal.domain.rules.dossier import Context
from portal.domain.rules.people import Roll, names_of, person, whose
from portal.domain.rules.speaking import ChiefLast, SettingTone
from portal.domain.rules.terms import Severity
from portal.domain.units import UnitFacts, UnitType

CHIEFS = ("甲书记", "乙镇长")
OTHERS = ("丙副职", "丁副职", "戊副职")
DAY = date(2026, 9, 10)
SILENT = (Position.NONE, Position.PRESENT_PROPOSAL)

Spoken = list[tuple[str, Position]]
minutes = st.lists(
    st.tuples(st.sampled_from((*CHIEFS, *OTHERS, "某列席")), st.sampled_from(list(Position))),
    min_size=1,
    max_size=14,
)


def record(spoken: Spoken, *, chiefs: int, result: Result = Result.ADOPTED) -> DecisionRecord:
    """Return a township decision at which these words were spoken."""
    people = [
        *(
            Attendee(name=name, post="正职", standing=Standing.CHIEF, presence=Presence.PRESENT)
            for name in CHIEFS[:chiefs]
        ),
        *(Attendee(name=name, post="副职", presence=Presence.PRESENT) for name in OTHERS),
        Attendee(name="某列席", post="科长", standing=Standing.OBSERVER, presence=Presence.OBSERVER),
    ]
    return DecisionRecord(
        title="示例议题",
        decision_no="示决〔2026〕1号",
        meeting_type=MeetingType.PARTY_COMMITTEE,
        category=Category.MAJOR_DECISION,
        held_on=DAY,
        presider=CHIEFS[0],
        should_attend=len(people) - 1,
        attendees=tuple(people),
        statements=tuple(Statement(speaker=name, position=position) for name, position in spoken),
        vote_method=VoteMethod.ORAL,
        result=result,
    )


def verdict(regime: Regime, document: DecisionRecord, rule_id: str = "SPK-01") -> Check:
    """Return what one rule says of a township's decision."""
    context = Context(regime, UnitFacts("示例镇", UnitType.TOWNSHIP), date(2026, 11, 20))
    return check(document, context, only=[rule_id]).checks[0]


def reading(spoken: Spoken, chiefs: int) -> tuple[set[int], set[int], bool]:
    """Read the minutes line by line.

    Return the lines in which a chief spoke too early, the lines in which a member
    spoke again too late, and whether some chief never stated a view, or stated it
    after somebody whom the attendance does not list.
    """
    heads = CHIEFS[:chiefs]
    strangers = CHIEFS[chiefs:]
    unknown = False
    early, late = set(), set()
    for head in heads:
        heard: set[str] = set()
        closed = False
        for line, (name, position) in enumerate(spoken):
            if position in SILENT:
                continue
            first = next((at for at, one in enumerate(spoken) if one[0] == head and one[1] not in SILENT), 0)
            unknown = unknown or (name in strangers and line < first)
            if name == head and not closed:
                closed = True
                if not heard.issuperset(OTHERS):
                    early.add(line)
                    break
            elif name in OTHERS:
                heard.add(name)
                if closed:
                    late.add(line)
    views = {name for name, position in spoken if position not in SILENT}
    return early, late, unknown or not views.issuperset(heads)


def lines(told: Check) -> set[int]:
    """Return the lines of the minutes at which something was found."""
    return {int(one.place.split("/")[2]) for one in told.findings}


@given(spoken=minutes, chiefs=st.integers(1, 2))
def test_the_verdict_agrees_with_a_plain_reading(
    regimes: dict[str, Regime], spoken: Spoken, chiefs: int
) -> None:
    told = verdict(regimes["jinhu"], record(spoken, chiefs=chiefs))

    early, late, silent = reading(spoken, chiefs)
    assert lines(told) == early | late
    assert bool(told.unclear) == silent
    assert {one.severity for one in told.findings} <= {Severity.BLOCK, Severity.RED}
    assert {int(one.place.split("/")[2]) for one in told.findings if one.severity == Severity.BLOCK} == early


@given(members=st.permutations(OTHERS), heads=st.permutations(CHIEFS), result=st.sampled_from(list(Result)))
def test_members_and_then_chiefs_in_any_order_pass(
    regimes: dict[str, Regime], members: list[str], heads: list[str], result: Result
) -> None:
    spoken = [(name, Position.FOR) for name in (*members, *heads)]

    assert verdict(regimes["jinhu"], record(spoken, chiefs=2, result=result)).state == State.PASSED


@given(order=st.permutations((CHIEFS[0], *OTHERS)), result=st.sampled_from(list(Result)))
def test_one_view_each_passes_only_with_the_chief_at_the_end(
    regimes: dict[str, Regime], order: list[str], result: Result
) -> None:
    told = verdict(
        regimes["xiuzhou"], record([(name, Position.FOR) for name in order], chiefs=1, result=result)
    )

    assert (told.state == State.PASSED) == (order[-1] == CHIEFS[0])
    blocks = any(one.blocks for one in told.findings)
    assert blocks == (order[-1] != CHIEFS[0] and result == Result.ADOPTED)


@given(spoken=minutes)
def test_the_tone_is_set_by_the_first_view_or_by_presenting(
    regimes: dict[str, Regime], spoken: Spoken
) -> None:
    told = verdict(regimes["xiuzhou"], record(spoken, chiefs=2), "SPK-02")

    expected = {line for line, one in enumerate(spoken) if one[1] == "proposal" and one[0] in CHIEFS}
    for line, (name, position) in enumerate(spoken):
        if position not in SILENT and name != "某列席":
            expected |= {line} if name in CHIEFS else set()
            break
    assert lines(told) == expected


def changed(regime: Regime, rule_id: str, **values: object) -> Regime:
    """Return the regime with other values of one rule, as a commission may lay them down."""
    (terms,) = regime.rules[rule_id]
    return regime.model_copy(update={"rules": {**regime.rules, rule_id: (terms.model_copy(update=values),)}})


def test_where_the_presiding_chief_must_be_last_the_other_chief_may_not_follow(
    regimes: dict[str, Regime],
) -> None:
    spoken = [(name, Position.FOR) for name in (*OTHERS, *CHIEFS)]
    regime = changed(regimes["jinhu"], "SPK-01", presider_last=True)

    assert lines(verdict(regime, record(spoken, chiefs=2))) == {3}
    spoken[3:] = reversed(spoken[3:])
    assert verdict(regime, record(spoken, chiefs=2)).state == State.PASSED


def test_where_members_may_speak_again_a_second_view_passes(regimes: dict[str, Regime]) -> None:
    spoken = [(name, Position.FOR) for name in (*OTHERS, CHIEFS[0], OTHERS[0])]
    regime = changed(regimes["jinhu"], "SPK-01", again=None)

    assert lines(verdict(regimes["jinhu"], record(spoken, chiefs=1))) == {4}
    assert verdict(regime, record(spoken, chiefs=1)).state == State.PASSED


def test_where_presenting_sets_no_tone_the_chief_may_present(regimes: dict[str, Regime]) -> None:
    spoken = [(CHIEFS[0], Position.PRESENT_PROPOSAL), *((name, Position.FOR) for name in OTHERS)]
    regime = changed(regimes["xiuzhou"], "SPK-02", presenting=False)

    assert lines(verdict(regimes["xiuzhou"], record(spoken, chiefs=1), "SPK-02")) == {0}
    assert verdict(regime, record(spoken, chiefs=1), "SPK-02").state == State.PASSED


def test_both_choices_are_part_of_the_rules_own_values() -> None:
    assert {"presider_last", "again"} <= set(ChiefLast.values())
    assert "presenting" in SettingTone.values()


@pytest.mark.parametrize(
    ("text", "post", "name"),
    [
        ("王 伟（局长）", "", "王伟"),
        ("王伟（局长", "", "王伟"),
        ("（局长）王伟", "", "王伟"),
        ("（王伟）", "", "王伟"),
        ("王伟同志：", "", "王伟"),
        ("王伟局长同志", "局长", "王伟"),
        ("党组书记、局长王伟", "党组书记、局长", "王伟"),
        ("王局", "王", "王局"),
        ("甲书记", "书记", "甲书记"),
        ("王伟局长", "", "王伟局长"),
    ],
)
def test_a_person_is_compared_by_the_bare_name(text: str, post: str, name: str) -> None:
    assert person(text, post) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("王伟局长", "王伟"),
        ("局长王伟", "王伟"),
        ("王伟党组书记", "王伟"),
        ("党组书记、局长王伟", "王伟"),
        ("王伟副局长（工程）", "王伟"),
        ("王伟明", "王伟明"),
        ("王伟明局长", "王伟明局长"),
        ("李王伟", "李王伟"),
        ("王伟长", "王伟长"),
    ],
)
def test_a_title_added_to_a_known_name_changes_nobody(text: str, name: str) -> None:
    assert whose(text, {"王伟", "赵强"}) == name


def test_the_longest_known_name_is_meant() -> None:
    assert whose("欧阳明华局长", {"欧阳明", "欧阳明华"}) == "欧阳明华"


def test_a_post_tells_a_person_where_one_alone_holds_it() -> None:
    roll = Roll.entered([("王伟", "局长"), ("赵强", "副局长"), ("钱进", "副局长")])

    assert [roll.who(one) for one in ("局长", "副局长", "赵强同志", "孙某")] == [
        "王伟",
        "副局长",
        "赵强",
        "孙某",
    ]


def test_namesakes_stay_apart_only_where_each_is_told_from_the_other() -> None:
    def rows(*names: str) -> list[Attendee]:
        return [Attendee(name=one, post="副职", presence=Presence.PRESENT) for one in names]

    assert names_of(rows("王伟（工程）", "王伟（人事）")) == ("王伟(工程)", "王伟(人事)")
    assert names_of(rows("王伟（工程）", "王伟")) == ("王伟", "王伟")
    assert names_of(rows("王伟（工程）", "王伟（工程）", "赵强")) == ("王伟", "王伟", "赵强")
