"""到会: who sat at the table of a meeting, who of them is a chief, and who spoke when. No rules here."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import cast

from portal.domain.documents.decision import (
    Attendee,
    DecisionRecord,
    MeetingType,
    Position,
    Presence,
    Standing,
)
from portal.domain.documents.delegation import Chief
from portal.domain.rules.base import pointer
from portal.domain.rules.delegation_terms import people
from portal.domain.rules.dossier import Context
from portal.domain.rules.people import Roll, names_of, person, whose

# 介绍方案 tells what is proposed and 未表明态度 tells nothing: neither is a view.
VIEWS = frozenset({Position.FOR, Position.AGAINST, Position.ABSTAIN, Position.DEFER})
# The members of a government's own meetings are not the group that the unit's delegation plan lists.
_OF_A_GOVERNMENT = frozenset({MeetingType.GOVERNMENT_EXECUTIVE, MeetingType.GOVERNMENT_PLENARY})


@dataclass(frozen=True)
class Room:
    """Who sat at the table and who first stated a view when; people go by their names as `person` gives them.

    `spoken` are (place in the record, name) of all statements, `views` those of the members' that state one.
    """

    members: dict[str, Attendee]
    chiefs: tuple[str, ...]
    chief_known: bool
    presider: str
    roll: Roll
    spoken: tuple[tuple[int, str], ...]
    views: tuple[tuple[int, str], ...]
    first: dict[str, int]
    misentered: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, document: DecisionRecord, context: Context) -> Room:
        """Return who sat and spoke. Worked out once for all rules that test the same document."""
        kept = cast("tuple[DecisionRecord, Room] | None", context.dossier.derived.get(cls))
        if kept is None or kept[0] is not document:
            kept = document, _room(document, context)
            context.dossier.derived[cls] = kept
        return kept[1]

    def shown(self, names: list[str]) -> str:
        """Return the members' names as the record writes them."""
        return "、".join(self.members[one].name for one in names)

    def waiting(self, place: int) -> list[str]:
        """Return the members other than chiefs who have stated no view before that place."""
        earlier = {name for where, name in self.views if where < place}
        return [one for one in self.members if one not in self.chiefs and one not in earlier]


def _room(document: DecisionRecord, context: Context) -> Room:
    planned = _planned(document, context)
    rows = _rows(document, planned)
    entered = [(name, one.post) for name, (_, one) in rows.items()]
    roll = Roll.entered([*entered, *((name, one.post) for name, one in planned.items() if name not in rows)])
    spoken = tuple((place, roll.who(one.speaker)) for place, one in enumerate(document.statements))
    heads = {name for name, (_, one) in rows.items() if one.standing == Standing.CHIEF} | set(planned)
    members = {name: one for name, (_, one) in rows.items() if _sat(one, chief=name in planned)}
    said: dict[str, int] = {name: place for place, name in reversed(spoken)}
    for name in sorted(heads & said.keys() - members.keys(), key=lambda one: said[one]):
        if name not in rows:
            members[name] = _unlisted(planned[name])
        elif rows[name][1].presence == Presence.ABSENT and _before_others(document, spoken, name, members):
            members[name] = rows[name][1]
    views = tuple(
        (place, name)
        for place, name in spoken
        if name in members and document.statements[place].position in VIEWS
    )
    chiefs = tuple(name for name in members if name in heads)
    return Room(
        members=members,
        chiefs=chiefs,
        chief_known=bool(heads),
        presider=roll.who(document.presider),
        roll=roll,
        spoken=spoken,
        views=views,
        first={name: place for place, name in reversed(views)},
        misentered=tuple(
            amiss
            for name in chiefs
            for amiss in _amiss(members[name], planned.get(name), rows.get(name), said.get(name))
        ),
    )


def _planned(document: DecisionRecord, context: Context) -> dict[str, Chief]:
    """Return whom the plan of that day names chief or acting chief."""
    if document.meeting_type in _OF_A_GOVERNMENT:
        return {}
    chiefs = context.chiefs_on(document.held_on)
    return {person(name, one.post): one for one in chiefs for name in people(one.name)}


def _rows(document: DecisionRecord, planned: dict[str, Chief]) -> dict[str, tuple[int, Attendee]]:
    """Return the attendees with their places, each person once: the chiefs of the plan under the plan's names."""
    found: dict[str, tuple[int, Attendee]] = {}
    for place, name in enumerate(names_of(document.attendees)):
        one = document.attendees[place]
        chief = whose(one.name, planned)
        found.setdefault(chief if chief in planned else name, (place, one))
    return found


def _sat(one: Attendee, *, chief: bool) -> bool:
    """Tell whether somebody sat at the table: a chief of the plan did whatever he is entered as."""
    if chief:
        return one.presence in (Presence.PRESENT, Presence.OBSERVER)
    return one.standing != Standing.OBSERVER and one.presence == Presence.PRESENT


def _before_others(
    document: DecisionRecord, spoken: tuple[tuple[int, str], ...], name: str, members: Collection[str]
) -> bool:
    """Tell whether a member states a view after words of `name`: words of somebody absent that come last lead nobody."""
    names = [one for place, one in spoken if one == name or document.statements[place].position in VIEWS]
    return any(one != name and one in members for one in names[names.index(name) :])


def _unlisted(chief: Chief) -> Attendee:
    return Attendee(name=chief.name, post=chief.post, standing=Standing.CHIEF, presence=Presence.PRESENT)


def _amiss(
    one: Attendee, chief: Chief | None, row: tuple[int, Attendee] | None, spoke: int | None
) -> Iterator[tuple[str, str]]:
    """Yield where, and how, the attendance says something else of a chief than the plan or the statements."""
    if row is None:
        yield (
            "/attendees",
            f"{one.name}是当日分工方案中的主要负责人，第 {(spoke or 0) + 1} 个发言，到会情况中却没有列出。",
        )
        return
    if one.presence == Presence.ABSENT and not one.written_opinion:
        yield (
            pointer("attendees", row[0], "presence"),
            f"{one.name}的到会情况填的是“缺席”，却第 {(spoke or 0) + 1} 个发言。",
        )
    if chief is None:
        return
    if one.standing == Standing.OBSERVER or one.presence == Presence.OBSERVER:
        yield (
            pointer("attendees", row[0]),
            f"{one.name}是当日分工方案中的主要负责人，到会情况中却列为列席。",
        )
    elif one.standing == Standing.MEMBER and not chief.acting:
        yield (
            pointer("attendees", row[0], "standing"),
            f"{one.name}是当日分工方案中的主要负责人，身份却填的是“{one.standing.label}”。",
        )
