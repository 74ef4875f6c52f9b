"""What a flag is made of: purchases, the data that raised it, and what was wanting where it could not be worked out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from portal.domain.documents.tender import Bidder, Method, Outcome, Tender
from portal.domain.regimes import Regime
from portal.domain.rules.dossier import Context, Dossier
from portal.domain.rules.tender_law import began, estimate
from portal.domain.supervision.terms import FlagTerms
from portal.domain.units import UnitFacts
from portal.domain.values import fold

# Where suppliers compete by bids of their own; a single source and a framework's price are known beforehand.
COMPETITIVE = frozenset(
    {Method.OPEN_TENDER, Method.INVITED_TENDER, Method.NEGOTIATION, Method.CONSULTATION, Method.INQUIRY}
)
_SUBMITTED = frozenset({Outcome.WON, Outcome.CANDIDATE, Outcome.LOST, Outcome.REJECTED})


@dataclass(frozen=True)
class Datum:
    """One datum that raised a flag: in which record, which field, what stands there, what it was compared with."""

    ref: str
    slug: str
    title: str
    field: str
    value: str
    against: str = ""


@dataclass(frozen=True)
class Raised:
    """What a check saw: in one sentence, with its data. `key` tells one group from another (blank: the record)."""

    seen: str
    data: tuple[Datum, ...]
    key: str = ""
    supplier: str = ""
    day: date | None = None


@dataclass(frozen=True)
class Untold:
    """Why a check could not be made of a record."""

    reason: str


@dataclass(frozen=True)
class Flag:
    """One flag of one unit."""

    code: str
    unit: str  # Its address.
    key: str
    seen: str
    supplier: str
    day: date | None  # Of the purchase, or of the last one of a group.
    data: tuple[Datum, ...]

    @property
    def cause(self) -> str:
        """Tell one cause from another: the flag and its supplier, group or record; at most 60 characters."""
        return f"{self.code}:{hashlib.sha256(self.key.encode()).hexdigest()[:16]}"

    @property
    def fingerprint(self) -> str:
        """Return what tells the same sight again: the same flag over the same data."""
        told = "\n".join(
            (self.code, self.unit, self.key, *(f"{one.ref} {one.field} {one.value}" for one in self.data))
        )
        return hashlib.sha256(told.encode()).hexdigest()

    @property
    def refs(self) -> tuple[str, ...]:
        """The records that it rests on, each once, in order."""
        return tuple(dict.fromkeys(one.ref for one in self.data))


@dataclass(frozen=True)
class Gap:
    """A flag that could not be worked out for some records of a unit, and why; a few of them by name."""

    code: str
    unit: str
    reason: str
    count: int
    examples: tuple[tuple[str, str, str], ...]  # Index number, address, title.


class Directory:
    """Knows a supplier by its code, or by its name where only one code goes with that name."""

    def __init__(self, tenders: Iterable[Tender]) -> None:
        """Read every name that stands beside a code."""
        codes: dict[str, set[str]] = {}
        for tender in tenders:
            for bidder in tender.bidders:
                if bidder.uscc:
                    codes.setdefault(fold(bidder.name), set()).add(bidder.uscc)
            if tender.award and tender.award.uscc:
                codes.setdefault(fold(tender.award.supplier), set()).add(tender.award.uscc)
        self._codes = {name: next(iter(found)) for name, found in codes.items() if len(found) == 1}

    def key(self, name: str, uscc: str | None) -> str:
        """Return what tells one supplier from another."""
        folded = fold(name)
        return uscc or self._codes.get(folded) or folded


@dataclass(frozen=True)
class Bid:
    """One bid of a purchase."""

    bidder: Bidder
    key: str
    won: bool

    @property
    def rejected(self) -> bool:
        """Whether it was thrown out."""
        return self.bidder.outcome == Outcome.REJECTED and not self.won


@dataclass(frozen=True)
class Purchase:
    """One record of a purchase, and its unit."""

    ref: str
    slug: str  # The record's address.
    tender: Tender
    directory: Directory
    context: Context = field(repr=False)

    @cached_property
    def day(self) -> date | None:
        """When it was put on its way."""
        return began(self.tender)

    @cached_property
    def amount(self) -> int | None:
        """The largest amount that the record gives, in fen."""
        return estimate(self.tender)

    @cached_property
    def winner(self) -> str:
        """The supplier's key; blank without an award."""
        award = self.tender.award
        return self.directory.key(award.supplier, award.uscc) if award else ""

    @cached_property
    def bids(self) -> tuple[Bid, ...]:
        """The bids that were handed in; withdrawn ones are none. One without an outcome counts as handed in."""
        found = []
        for one in self.tender.bidders:
            key = self.directory.key(one.name, one.uscc)
            won = one.outcome == Outcome.WON or (bool(self.winner) and key == self.winner)
            if won or one.outcome is None or one.outcome in _SUBMITTED:
                found.append(Bid(one, key, won))
        return tuple(found)

    @cached_property
    def bidders(self) -> frozenset[str]:
        """Those who bid, each once."""
        return frozenset(one.key for one in self.bids)

    @property
    def competitive(self) -> bool:
        """Whether suppliers competed by the method that the record gives."""
        return self.tender.method in COMPETITIVE

    def datum(self, field: str, value: str, against: str = "") -> Datum:
        """Return a datum of this record."""
        return Datum(self.ref, self.slug, self.tender.title, field, value, against)


Sights = Iterator[Raised | Untold]
OneCheck = Callable[[Purchase, FlagTerms], Sights]
GroupCheck = Callable[[list[Purchase], FlagTerms], Sights]
ONE: dict[str, OneCheck] = {}
GROUP: dict[str, GroupCheck] = {}  # Over all purchases of one unit.
COUNTY: dict[str, GroupCheck] = {}  # Over all purchases of the jurisdiction.


def alone(code: str) -> Callable[[OneCheck], OneCheck]:
    """Enter a check of one record."""

    def enter(check: OneCheck) -> OneCheck:
        ONE[code] = check
        return check

    return enter


def together(code: str) -> Callable[[GroupCheck], GroupCheck]:
    """Enter a check over all purchases of one unit."""

    def enter(check: GroupCheck) -> GroupCheck:
        GROUP[code] = check
        return check

    return enter


def across(code: str) -> Callable[[GroupCheck], GroupCheck]:
    """Enter a check over all purchases of the jurisdiction; the flag is the unit's of the last record."""

    def enter(check: GroupCheck) -> GroupCheck:
        COUNTY[code] = check
        return check

    return enter


def context_for(regime: Regime, unit: UnitFacts, on: date) -> Context:
    """Return the context in which the rule book's own questions about the law are asked of a unit's records."""
    return Context(regime=regime, unit=unit, on=on, dossier=Dossier((), complete=True), published_on=None)
