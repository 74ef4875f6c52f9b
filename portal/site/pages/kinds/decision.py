"""集体决策记录: who spoke in which order, whether the chief spoke before others, how the votes lie."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.domain.documents.decision import (
    Attendee,
    DecisionRecord,
    Position,
    Presence,
    Standing,
    Statement,
    VoteMethod,
)
from portal.domain.regimes import Mechanism
from portal.site.pages.declared import places
from portal.site.pages.kinds.delegation import by_number
from portal.site.pages.kinds.figures import UNFILLED
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

MAX_CELLS = 60
BALLOTS = (VoteMethod.NAMED_BALLOT, VoteMethod.SECRET_BALLOT)

SHOWN = places(
    "decision_no meeting_type meeting_no form category especially_major administrative_major domain amount held_on"
    " began_at ended_at place presider recorder proposer responsible_deputy improvised superior_instruction proposal"
    " should_attend shortened_reason vote_method votes_for votes_against votes_abstain void_ballots result"
    " next_meeting_on head_override head_override_reason decision_text emergency_reported_on archive_no"
    " discipline_record distribution minutes_recalled_on correction_of",
    attendees="name post standing presence reason domain written_opinion",
    pre_steps="step began_on ended_on by outcome",
    statements="speaker at position reason",
    named_votes="member vote",
    tasks="task owner due_on done_on progress",
)


@dataclass(frozen=True)
class Turn:
    """One statement in its place; `state` is "early" or "last" for the chief's, else blank."""

    number: int
    statement: Statement
    who: Attendee | None
    state: str = ""


@dataclass(frozen=True)
class Order:
    """The order of speaking. `early` is the place at which the chief spoke before `waiting` others."""

    turns: tuple[Turn, ...]
    early: int | None
    waiting: tuple[str, ...]
    chief: str | None

    @property
    def last(self) -> bool:
        """Tell whether the chief spoke last."""
        return any(turn.state == "last" for turn in self.turns)


def order(document: DecisionRecord) -> Order:
    """Read the order of speaking; only members' own views count, observers may speak at any time."""
    people = {one.name: one for one in document.attendees}
    chief = document.chief()
    first: dict[str, int] = {}
    for place, one in enumerate(document.statements, start=1):
        who = people.get(one.speaker)
        introduces = one.position in (Position.NONE, Position.PRESENT_PROPOSAL)
        if not introduces and (who is None or who.standing is not Standing.OBSERVER):
            first.setdefault(one.speaker, place)
    place_of_chief = first.get(chief.name) if chief else None
    waiting = tuple(
        name for name, place in first.items() if place_of_chief is not None and place > place_of_chief
    )
    turns = []
    for place, one in enumerate(document.statements, start=1):
        state = ""
        if chief and one.speaker == chief.name and place == place_of_chief:
            state = "early" if waiting else "last" if len(first) > 1 else ""
        turns.append(Turn(place, one, people.get(one.speaker), state))
    return Order(tuple(turns), place_of_chief if waiting else None, waiting, chief.name if chief else None)


def cells(document: DecisionRecord) -> list[str]:
    """Return one cell for each member entitled to vote; none where a count is blank or there are too many."""
    counts = (document.votes_for, document.votes_against, document.votes_abstain)
    if None in counts or sum(count or 0 for count in (*counts, document.void_ballots)) > MAX_CELLS:
        return []
    states = zip(("for", "against", "abstain", "void"), (*counts, document.void_ballots), strict=True)
    cast = [state for state, count in states for _ in range(count or 0)]
    cast += ["absent"] * max(document.should_attend - len(cast), 0)
    return cast if len(cast) <= MAX_CELLS else []


def votes(document: DecisionRecord) -> list[tuple[str, str]]:
    """Return the counts as a reader sees them; a blank one says so. Void ballots exist only where there are ballots."""
    counts = [
        ("赞成", document.votes_for),
        ("反对", document.votes_against),
        ("弃权", document.votes_abstain),
        ("废票", document.void_ballots),
    ]
    filled = any(count is not None for _, count in counts)
    if document.vote_method is VoteMethod.NONE and not filled:
        return []
    if document.void_ballots is None and document.vote_method not in BALLOTS:
        counts.pop()
    return [(label, UNFILLED if count is None else str(count)) for label, count in counts]


def view(snapshot: Snapshot, area: JurisdictionView, record: RecordView, document: Document) -> Context:
    """Return the order of speaking, the votes, who was there and what cites this decision."""
    assert isinstance(document, DecisionRecord)  # noqa: S101 - the registry pairs view and model.
    by_presence: dict[Presence, list[Attendee]] = {}
    for one in document.attendees:
        by_presence.setdefault(one.presence, []).append(one)
    drawn = cells(document)
    return {
        "shown": SHOWN,
        "order": order(document),
        "votes": votes(document),
        "cells": drawn,
        "missing_votes": drawn.count("absent"),
        "present": by_presence.get(Presence.PRESENT, []),
        "elsewhere": by_presence.get(Presence.ABSENT, []) + by_presence.get(Presence.RECUSED, []),
        "observers": by_presence.get(Presence.OBSERVER, []),
        "speak_last": speak_last(area),
        "citing": citing(snapshot, record, document),
    }


def speak_last(area: JurisdictionView) -> Mechanism | None:
    """Return what the jurisdiction says about who speaks last."""
    return next(
        (one for one in area.regime.mechanisms if "末位" in one.title or "最后表态" in one.title), None
    )


def citing(snapshot: Snapshot, record: RecordView, document: DecisionRecord) -> list[RecordView]:
    """Return the tenders and plans that cite this decision."""
    tenders = by_number(snapshot, "tender", "decision")
    plans = by_number(snapshot, "delegation", "adopting_decision")
    key = (record.unit.jurisdiction, document.decision_no)
    return [found[key] for found in (plans, tenders) if key in found]
