"""集体决策记录: who spoke in which order, whether the chief spoke before others, how the votes lie."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from portal.domain.documents.base import Document, Validity
from portal.domain.documents.decision import (
    Attendee,
    Category,
    DecisionRecord,
    Position,
    Presence,
    Standing,
    Statement,
    Task,
    VoteMethod,
)
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.tender import Tender
from portal.domain.regime_sections import Mechanism
from portal.domain.rules.attendance import Quorum, Reach, in_scope, members, share_text, with_presence
from portal.domain.rules.room import VIEWS
from portal.domain.rules.voting import Base, Majority
from portal.domain.units import facts_of
from portal.domain.values import fold, show_day
from portal.site.pages.declared import places
from portal.site.pages.kinds.days import seen_on
from portal.site.pages.kinds.delegation import cited
from portal.site.pages.kinds.figures import UNFILLED
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

MAX_CELLS = 60
CELL_WORDS = {
    "for": "赞成",
    "against": "反对",
    "abstain": "弃权",
    "void": "废票",
    "absent": "缺席",
    "recused": "回避",
    "unvoted": "未投",
}
BALLOTS = (VoteMethod.NAMED_BALLOT, VoteMethod.SECRET_BALLOT)

READS: tuple[str, ...] = ()  # Everything that it shows cites it, or is cited by it.
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
    """Return one cell for each member entitled to vote; none where a count is blank or there are too many.

    Who cast no vote was absent, stayed out of the item, or was there and did not vote.
    """
    counts = (document.votes_for, document.votes_against, document.votes_abstain)
    if None in counts or sum(count or 0 for count in (*counts, document.void_ballots)) > MAX_CELLS:
        return []
    states = zip(("for", "against", "abstain", "void"), (*counts, document.void_ballots), strict=True)
    cast = [state for state, count in states for _ in range(count or 0)]
    away = max(document.should_attend - len(cast), 0)
    if len(cast) + away > MAX_CELLS:
        return []
    for state, presence in (("absent", Presence.ABSENT), ("recused", Presence.RECUSED)):
        some = min(len(with_presence(document, presence)), away)
        cast += [state] * some
        away -= some
    return cast + ["unvoted"] * away


def legend(drawn: list[str]) -> list[tuple[str, str, int]]:
    """Return what the cells say, in their order: the state, its word and how many."""
    return [(state, CELL_WORDS[state], drawn.count(state)) for state in dict.fromkeys(drawn)]


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


@dataclass(frozen=True)
class Decided:
    """Something that cites the decision: in which record, as what, and with which amount."""

    record: RecordView
    what: str
    about: str = ""
    amount: int | None = None


def view(snapshot: Snapshot, area: JurisdictionView, record: RecordView, document: Document) -> Context:
    """Return the order of speaking, the votes, who was there and what came of the decision."""
    assert isinstance(document, DecisionRecord)  # noqa: S101 - the registry pairs view and model.
    by_presence: dict[Presence, list[Attendee]] = {}
    for one in document.attendees:
        by_presence.setdefault(one.presence, []).append(one)
    drawn = cells(document) if document.vote_method is not VoteMethod.NONE else []
    decisions = cited(snapshot, record.unit, "decision", "decision_no")
    return {
        "shown": SHOWN,
        "order": order(document),
        "views": views(document),
        "votes": votes(document),
        "cells": drawn,
        "legend": legend(drawn),
        "ballots": ballots(document),
        "secret": document.vote_method is VoteMethod.SECRET_BALLOT,
        "present": by_presence.get(Presence.PRESENT, []),
        "absent": by_presence.get(Presence.ABSENT, []),
        "recused": by_presence.get(Presence.RECUSED, []),
        "observers": by_presence.get(Presence.OBSERVER, []),
        "speak_last": speak_last(area),
        "last_source": last_source(area, record, document),
        "quorum": quorum(area, record, document),
        "majority": majority(area, record, document),
        "tasks": tasks(document, seen_on(snapshot, record, document)),
        "corrected": decisions.get(fold(document.correction_of or "")),
        **_course(snapshot, record, document),
        "decided": decided(snapshot, record.unit).get(fold(document.decision_no), []),
    }


def speak_last(area: JurisdictionView) -> Mechanism | None:
    """Return what the jurisdiction says about who speaks last."""
    return next(
        (one for one in area.regime.mechanisms if "末位" in one.title or "最后表态" in one.title), None
    )


def last_source(area: JurisdictionView, record: RecordView, document: DecisionRecord) -> str:
    """Return where it is laid down that the chief speaks last, on the day of the meeting; blank where it is not."""
    terms = area.regime.terms("SPK-01", document.held_on, facts_of(record.unit).type)
    return terms.source if terms else ""


def views(document: DecisionRecord) -> list[tuple[str, list[str]]]:
    """Return the members by the last view that each stated at the meeting; those in favour are only counted."""
    people = {one.name: one for one in document.attendees}
    held: dict[str, Position] = {}
    for one in document.statements:
        who = people.get(one.speaker)
        if one.position in VIEWS and (who is None or who.standing is not Standing.OBSERVER):
            held[one.speaker] = one.position
    return [
        (position.label, [name for name, view in held.items() if view is position])
        for position in (Position.FOR, Position.AGAINST, Position.ABSTAIN, Position.DEFER)
        if position in held.values()
    ]


def tasks(document: DecisionRecord, on: date) -> list[tuple[Task, str]]:
    """Return who does what by when, each with its state on a day: ok, late, overdue (nothing recorded), or blank.

    Of a decision that no longer holds nothing is expected.
    """
    holds = document.validity is Validity.IN_FORCE

    def state(one: Task) -> str:
        if one.done_on:
            return "late" if one.due_on and one.done_on > one.due_on else "ok"
        return "overdue" if holds and one.due_on and one.due_on < on else ""

    return [(one, state(one)) for one in document.tasks]


def ballots(document: DecisionRecord) -> list[tuple[str, list[str]]]:
    """Return who voted how in a ballot by name; nothing of a secret one, whatever was filled in."""
    if document.vote_method is VoteMethod.SECRET_BALLOT:
        return []
    found: dict[Position, list[str]] = {}
    for one in document.named_votes:
        found.setdefault(one.vote, []).append(one.member)
    named = {fold(one.member) for one in document.named_votes}
    rest = [
        f"{one.name}（{one.presence.label}）" if one.presence is not Presence.PRESENT else one.name
        for one in members(document).values()
        if found and fold(one.name) not in named
    ]
    rows = [(position.label, found[position]) for position in Position if position in found]
    return [*rows, ("未投票", rest)] if rest else rows


def quorum(area: JurisdictionView, record: RecordView, document: DecisionRecord) -> str:
    """Return how many of those due must be there by the terms of the day, in words; blank where none bind."""
    terms = area.regime.terms("DEC-02", document.held_on, facts_of(record.unit).type)
    if not isinstance(terms, Quorum) or not in_scope(document, terms):
        return ""
    if document.category is Category.KEY_PERSONNEL and terms.personnel_share:
        return f"须{share_text(terms.personnel_share)}以上"
    return f"须{'' if terms.reach is Reach.AT_LEAST else '超过'}{share_text(terms.share)}" + (
        "以上" if terms.reach is Reach.AT_LEAST else ""
    )


def majority(area: JurisdictionView, record: RecordView, document: DecisionRecord) -> str:
    """Return how many votes the decision needed by the terms of the day, in words; blank where it cannot be told."""
    unit_type = facts_of(record.unit).type
    terms = area.regime.terms("DEC-04", document.held_on, unit_type)
    larger = area.regime.terms("DEC-05", document.held_on, unit_type) if document.especially_major else None
    if not isinstance(terms, Majority) or larger or not in_scope(document, terms):
        return ""
    if document.administrative_major and document.meeting_type in terms.head_decides:
        return ""
    recused = len(with_presence(document, Presence.RECUSED)) if terms.recusal_shrinks else 0
    base = {
        Base.DUE: document.should_attend - recused,
        Base.PRESENT: len(with_presence(document, Presence.PRESENT)),
    }.get(terms.base, 0)
    if document.vote_method is VoteMethod.NONE or base < 1:
        return ""
    return f"赞成须超过{terms.base.label}的{share_text(terms.share)}，即 {int(terms.share * base) + 1} 票以上"


def _course(snapshot: Snapshot, record: RecordView, document: DecisionRecord) -> Context:
    """Return the meetings of the unit on the same item before and after this one, and what corrects this one."""
    same = [
        one
        for one in _by_title(snapshot, record.unit).get(fold(document.title), [])
        if one[1].id != record.id
    ]
    again = [one for day, one, _ in same if day == document.next_meeting_on]
    earlier = [one for _, one, until in same if until == document.held_on]
    return {
        "again": again[0] if again else None,
        "earlier": earlier[0] if earlier else None,
        "corrections": _corrections(snapshot, record.unit).get(fold(document.decision_no), []),
    }


def _by_title(snapshot: Snapshot, unit: UnitView) -> dict[str, list[tuple[date, RecordView, date | None]]]:
    """Return a unit's decisions by title (folded): the day of each, and the day to which it was put off."""
    key = ("decisions by title", unit.id)
    if key not in snapshot.derived:
        rows: dict[str, list[tuple[date, RecordView, date | None]]] = {}
        for one in snapshot.records_of(unit, "decision"):
            if isinstance(document := one.document, DecisionRecord):
                row = (document.held_on, one, document.next_meeting_on)
                rows.setdefault(fold(document.title), []).append(row)
        snapshot.derived[key] = rows
    found: dict[str, list[tuple[date, RecordView, date | None]]] = snapshot.derived[key]
    return found


def _corrections(snapshot: Snapshot, unit: UnitView) -> dict[str, list[RecordView]]:
    """Return a unit's decisions that correct another one, by the number of that one."""
    key = ("corrections", unit.id)
    if key not in snapshot.derived:
        rows: dict[str, list[RecordView]] = {}
        for one in snapshot.records_of(unit, "decision"):
            if isinstance(one.document, DecisionRecord) and one.document.correction_of:
                rows.setdefault(fold(one.document.correction_of), []).append(one)
        snapshot.derived[key] = rows
    found: dict[str, list[RecordView]] = snapshot.derived[key]
    return found


def decided(snapshot: Snapshot, unit: UnitView) -> dict[str, list[Decided]]:
    """Return what the unit's plans, projects and payments cite, by the number (folded) of the decision."""
    key = ("decided", unit.id)
    if key not in snapshot.derived:
        rows: dict[str, list[Decided]] = {}
        for number, one in _citing(snapshot.records_of(unit)):
            rows.setdefault(fold(number), []).append(one)
        snapshot.derived[key] = rows
    found: dict[str, list[Decided]] = snapshot.derived[key]
    return found


def _citing(records: list[RecordView]) -> Iterator[tuple[str, Decided]]:
    for one in records:
        document = one.document
        if isinstance(document, DelegationPlan) and document.adopting_decision:
            yield document.adopting_decision, Decided(one, "分工方案")
        elif isinstance(document, Tender):
            if document.decision:
                yield document.decision, Decided(one, "采购招标", amount=document.headline_amount())
            for change in document.variations:
                if change.decision:
                    about = f"{show_day(change.agreed_on)}变更合同"
                    yield change.decision, Decided(one, "合同变更", about, change.amount)
        elif isinstance(document, FinanceDisclosure):
            for paid in document.payments:
                if paid.decision:
                    about = f"{show_day(paid.paid_on)}，{paid.purpose}" + (
                        f"，付给{paid.payee}" if paid.payee else ""
                    )
                    yield paid.decision, Decided(one, "付款", about, paid.amount)
