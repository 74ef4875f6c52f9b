"""One sitting of the leadership group: who came, who spoke in which order, how the vote went."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from portal.demo.bank import pick, spread
from portal.demo.orgs import Org, Person
from portal.domain.documents.decision import (
    Attendee,
    NamedVote,
    Position,
    Presence,
    Standing,
    Statement,
    VoteMethod,
)

_VOTES = {Position.FOR: "votes_for", Position.AGAINST: "votes_against", Position.ABSTAIN: "votes_abstain"}
_ABSENCES = ("在外地参加上级会议", "按计划外出学习", "因病请假")


@dataclass(frozen=True)
class Sitting:
    """What `fields` needs to tell of the sitting; `shape` as in `content/demo/decisions.toml`."""

    org: Org
    key: str
    shape: str
    held_on: date
    domain: str
    title: str
    dissent: Mapping[str, int]

    @cached_property
    def chiefs(self) -> tuple[Person, ...]:
        """Return the head of the government for its own meetings, else the unit's chiefs."""
        if not self._government:
            return self.org.chiefs
        return (Person(self.org.name(20), f"{self._level}长"),)

    @cached_property
    def deputy(self) -> Person:
        """Return the member who answers for the matter."""
        return self._others[0] if self._government else self.org.holder(self.domain, self.held_on)

    @property
    def _government(self) -> bool:
        return self.shape == "government" and self.org.regime.slug != "shandong"

    @property
    def _level(self) -> str:
        return str(self.org.place["area"])[-1]

    @cached_property
    def _others(self) -> tuple[Person, ...]:
        if self._government:
            posts = ("常务副", "副", "副", "副", "副")
            return tuple(
                Person(self.org.name(21 + place), f"{post}{self._level}长")
                for place, post in enumerate(posts)
            )
        return (*self.org.deputies, self.org.discipline)

    @cached_property
    def absent(self) -> Person | None:
        """Return the member who could not come, if any: never the one who answers for the matter."""
        if self.shape in ("secret", "deferred") or spread(*self.org.key(self.key, "absent"), low=0, high=2):
            return None
        return next(one for one in reversed(self._others) if one != self.deputy)

    @cached_property
    def members(self) -> tuple[Person, ...]:
        """Return those who speak besides deputy and chiefs, in the order drawn for the day."""
        rest = [one for one in self._others if one not in (self.deputy, self.absent)]
        turn = spread(*self.org.key(self.key, "turn"), low=0, high=max(len(rest) - 1, 0))
        return tuple(rest[turn:] + rest[:turn])

    @cached_property
    def positions(self) -> dict[str, Position]:
        """Return every voter's position."""
        voters = [*self.members, self.deputy, *self.chiefs]
        found = {one.name: Position.FOR for one in voters}
        against, abstain = self.dissent.get("against", 0), self.dissent.get("abstain", 0)
        if self.shape == "deferred":
            against = min((len(voters) - 1) // 2, len(self.members))
            found[self.chiefs[0].name] = Position.ABSTAIN
        for place, one in enumerate(reversed(self.members)):
            if place < against:
                found[one.name] = Position.AGAINST
            elif place < against + abstain:
                found[one.name] = Position.ABSTAIN
        return found

    def fields(self) -> dict[str, Any]:
        """Return the document's fields that this sitting decides."""
        method = self._method()
        attendees = self._attendees()
        data: dict[str, Any] = {
            "began_at": "09:00",
            "ended_at": f"10:{spread(*self.org.key(self.key, 'end'), low=10, high=55)}",
            "presider": self.chiefs[0].name,
            "proposer": self.deputy.name,
            "responsible_deputy": self.deputy.name,
            "should_attend": sum(1 for one in attendees if one.standing != Standing.OBSERVER),
            "attendees": attendees,
            "vote_method": method,
            "statements": () if self.shape == "secret" else tuple(self._statements()),
        }
        if method != VoteMethod.NONE:
            for position, name in _VOTES.items():
                data[name] = sum(1 for one in self.positions.values() if one == position)
        if method in (VoteMethod.NAMED_BALLOT, VoteMethod.SECRET_BALLOT):
            data["void_ballots"] = 0
        if method == VoteMethod.NAMED_BALLOT:
            data["named_votes"] = tuple(
                NamedVote(member=name, vote=position) for name, position in self.positions.items()
            )
        return data

    def _method(self) -> VoteMethod:
        if self.shape == "secret":
            return VoteMethod.SECRET_BALLOT
        if self.shape == "government":
            return VoteMethod.NONE  # The head decides after the discussion (重大行政决策程序暂行条例 30).
        if ballot := self.org.place.get("ballot"):
            return VoteMethod(ballot)
        if self.key in ("plan", "rotation"):
            return VoteMethod.SHOW_OF_HANDS
        return VoteMethod.NAMED_BALLOT

    def _said(self, one: Person) -> Position:
        """Return what the member said: before a secret ballot that need not be how he or she voted."""
        if self._method() == VoteMethod.SECRET_BALLOT and self.shape != "deferred":
            return Position.FOR
        return self.positions[one.name]

    def _attendees(self) -> tuple[Attendee, ...]:
        domain = self.org.domain(self.domain)[1]
        found = [
            Attendee(name=one.name, post=one.post, standing=Standing.CHIEF, presence=Presence.PRESENT)
            for one in self.chiefs
        ]
        for one in self._others:
            discipline = one == self.org.discipline and not self._government
            found.append(
                Attendee(
                    name=one.name,
                    post=one.post,
                    standing=Standing.DISCIPLINE if discipline else Standing.MEMBER,
                    presence=Presence.ABSENT if one == self.absent else Presence.PRESENT,
                    reason=pick(_ABSENCES, *self.org.key(self.key)) if one == self.absent else None,
                    domain=domain if one == self.deputy else None,
                )
            )
        office = self.org.chiefs[0] if self._government else self.org.office_head
        found.append(
            Attendee(
                name=office.name, post=office.post, standing=Standing.OBSERVER, presence=Presence.OBSERVER
            )
        )
        return tuple(found)

    def _statements(self) -> list[Statement]:
        bank = self.org.bank["decisions"]
        opening = pick(bank["presents"], *self.org.key(self.key, "opening")).format(title=self.title)
        said = [(self.deputy, Position.PRESENT_PROPOSAL, opening)]
        start = spread(*self.org.key(self.key, "reasons"), low=0, high=9)
        for place, one in enumerate(self.members):
            position = self._said(one)
            texts = {
                Position.FOR: bank["members_for"],
                Position.AGAINST: bank["against"],
                Position.ABSTAIN: bank["abstain"],
            }[position]
            said.append((one, position, texts[(start + place) % len(texts)]))
        said.append((self.deputy, Position.FOR, pick(bank["deputy_for"], *self.org.key(self.key, "deputy"))))
        second = pick(bank["second_chief_for"], *self.org.key(self.key, "second"))
        said += [(one, Position.FOR, second) for one in self.chiefs[1:]]
        chief = self.chiefs[0]
        words = pick(bank["chief_for"], *self.org.key(self.key, "chief"))
        if self.shape == "deferred":
            words = "赞成和反对接近，今天不作决定。我弃权，补充材料之后再议。"
        if self.shape == "breach":
            words = "这件事我赞成，请大家也谈谈。"
        last = (chief, self.positions[chief.name], words)
        said.insert(1 if self.shape == "breach" else len(said), last)
        return [
            Statement(speaker=one.name, at=f"09:{3 + place * 5:02d}", position=position, reason=reason)
            for place, (one, position, reason) in enumerate(said)
        ]
