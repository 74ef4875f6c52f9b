"""预警: how near a unit is to trouble, by an open formula of the regime. For the commission alone.

    score(terms, counts) -> Score      points per item, each capped; thresholds give the state
    window(terms, quarter) -> tuple    the quarters over which is counted
    dump(score) / load(text, ...)      a score as it is kept at the end of a quarter

The formula adds up what is on file and weighs nothing else: it says where to look, not who is at fault.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date

from portal.domain.calendar import previous_quarter, quarter_end, quarter_of
from portal.domain.regimes import Regime
from portal.domain.supervision.terms import WarningTerms
from portal.domain.values import Choice

MEASURE = "预警措施"  # With this begin the words of a step that tells of a measure: no log shows them.


class State(Choice):
    """预警状态."""

    CALM = "calm", "正常"
    PREVENT = "prevent", "预防"
    ALERT = "alert", "警示"


@dataclass(frozen=True)
class Clue:
    """One thing that counted: what it is in words, and where it can be seen (what sort of page, and which)."""

    words: str
    page: str = ""
    target: str = ""


@dataclass(frozen=True)
class Counted:
    """How often an item was met, and where; no number: the platform does not know."""

    count: int | None
    clues: tuple[Clue, ...] = ()


@dataclass(frozen=True)
class Part:
    """One item of the formula for one unit."""

    code: str
    title: str
    count: int | None
    each: int
    most: int
    points: int
    clues: tuple[Clue, ...] = ()


@dataclass(frozen=True)
class Score:
    """A unit's points, the state that follows, and the parts that made it."""

    state: State
    points: int
    parts: tuple[Part, ...]


def window(terms: WarningTerms, quarter: str) -> tuple[str, ...]:
    """Return the quarters over which is counted, the newest first: a bad quarter fades, a habit does not."""
    found = [quarter]
    while len(found) < terms.quarters:
        found.append(previous_quarter(found[-1]))
    return tuple(found)


def watched(regime: Regime, today: date) -> tuple[str, ...]:
    """Return every quarter that counts for the state of the running quarter or of the one before, the newest first."""
    running, found = quarter_of(today), set[str]()
    for quarter in (running, previous_quarter(running)):
        if terms := regime.warning_on(min(today, quarter_end(quarter))):
            found.update(window(terms, quarter))
    return tuple(sorted(found, reverse=True))


def score(terms: WarningTerms, counts: Mapping[str, Counted]) -> Score:
    """Apply the formula: `points` for each, `most` at most for one item; what is not known gives no points."""
    parts = []
    for one in terms.items:
        met = counts.get(one.code, Counted(None))
        points = min((met.count or 0) * one.points, one.most)
        parts.append(Part(one.code, one.title, met.count, one.points, one.most, points, met.clues))
    total = sum(one.points for one in parts)
    state = State.ALERT if total >= terms.alert else State.PREVENT if total >= terms.prevent else State.CALM
    return Score(state, total, tuple(parts))


def dump(found: Score) -> str:
    """Write the parts down, so that a kept score tells what made it."""
    return json.dumps([asdict(one) for one in found.parts], ensure_ascii=False, sort_keys=True)


def load(text: str, *, state: str, points: int) -> Score:
    """Return a kept score."""
    parts = [
        Part(**{**one, "clues": tuple(Clue(**clue) for clue in one["clues"])}) for one in json.loads(text)
    ]
    return Score(State(state), points, tuple(parts))


def formula(terms: WarningTerms) -> Sequence[str]:
    """Return the formula in words: over what is counted, and a line for each item."""
    return [
        f"统计最近 {terms.quarters} 个季度（含本季度）",
        *(f"{one.title}：每件 {one.points} 分，最多 {one.most} 分" for one in terms.items),
    ]
