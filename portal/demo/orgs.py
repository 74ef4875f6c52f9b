"""A unit with its people, its domains and its limits, as every record of the unit needs them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from portal.demo.bank import Bank, later, spread, workday
from portal.demo.models import DemoUnit
from portal.domain.regimes import Regime

PLATFORM_DAY = date(2025, 4, 1)  # The first plans take effect on this day.
ROTATION_DAY = date(2026, 4, 1)
# Where a jurisdiction has no such domain, the nearest one that it does have answers for the matter.
NEAREST = {
    "finance": ("special_funds",),
    "special_funds": ("finance",),
    "procurement": ("resource_trading",),
    "resource_trading": ("procurement",),
    "construction": ("procurement", "resource_trading"),
    "enforcement": ("admin_approval", "personnel"),
    "admin_approval": ("personnel",),
}


@dataclass(frozen=True)
class Person:
    """A fictional person and the post that he or she holds."""

    name: str
    post: str


@dataclass(frozen=True)
class Org:
    """One unit in its jurisdiction; `serial` is its place among all units of the sample data."""

    unit: DemoUnit
    row: Mapping[str, Any]
    serial: int
    regime: Regime
    bank: Bank = field(repr=False)

    @property
    def place(self) -> Mapping[str, Any]:
        """Return the jurisdiction's own figures and words."""
        found: Mapping[str, Any] = self.bank["units"]["jurisdictions"][self.regime.slug]
        return found

    @property
    def kind(self) -> Mapping[str, Any]:
        """Return the posts and offices of the unit's type, the unit's own first."""
        return {**self.bank["units"]["types"][self.unit.type], **self.row}

    def key(self, *more: object) -> tuple[object, ...]:
        """Return what a deterministic choice for this unit starts from."""
        return (self.regime.slug, self.unit.slug, *more)

    def name(self, number: int) -> str:
        """Return the unit's fictional person of that number."""
        surnames, numerals = self.bank["units"]["surnames"], self.bank["units"]["numerals"]
        return f"{surnames[(self.serial * 7 + number * 3) % len(surnames)]}示{numerals[number % 10]}"

    @cached_property
    def chiefs(self) -> tuple[Person, ...]:
        """Return the chief, or secretary and head of a town."""
        posts = [f"党组书记、{self.row['chief']}"] if "chief" in self.row else self.kind["chiefs"]
        return tuple(Person(self.name(place), post) for place, post in enumerate(posts))

    @property
    def head(self) -> Person:
        """Return who answers in law for the unit: a town's mayor, else the chief."""
        return self.chiefs[-1]

    @cached_property
    def deputies(self) -> tuple[Person, ...]:
        """Return the members who may hold domains."""
        posts = ["党组成员、副主任"] * 3 if "chief" in self.row else self.kind["deputies"]
        return tuple(Person(self.name(2 + place), post) for place, post in enumerate(posts))

    @cached_property
    def discipline(self) -> Person:
        """Return the discipline head."""
        return Person(self.name(6), self.kind["discipline"])

    @cached_property
    def office_head(self) -> Person:
        """Return the head of the office, who reviews what is released."""
        return Person(
            self.name(7), f"{self.office}主任" if self.office.endswith("室") else f"{self.office}负责人"
        )

    @cached_property
    def accountant(self) -> Person:
        """Return the head of the accounting office."""
        return Person(self.name(8), f"{self.kind['finance_office']}负责人")

    @property
    def office(self) -> str:
        """Return the name of the office."""
        return str(self.kind["office"])

    @property
    def publisher(self) -> str:
        """Return the officer who publishes."""
        return self.name(9)

    @cached_property
    def domains(self) -> tuple[tuple[str, str], ...]:
        """Return code and label of every domain that a deputy holds, in the regime's order."""
        own = tuple((one.code, one.label) for one in self.regime.domains_on(PLATFORM_DAY))
        return own or tuple((code, label) for code, label in self.place.get("own_domains", ()))

    def domain(self, code: str) -> tuple[str, str]:
        """Return code and label of the domain that answers for `code` here."""
        labels = dict(self.domains)
        found = next((one for one in (code, *NEAREST.get(code, ())) if one in labels), self.domains[0][0])
        return found, labels[found]

    def holder(self, code: str, day: date) -> Person:
        """Return the deputy who holds the domain on `day`."""
        order = [one for one, _ in self.domains]
        place = order.index(self.domain(code)[0])
        if self.rotated and day >= ROTATION_DAY and place < 2:
            place = 1 - place
        return self.deputies[place % len(self.deputies)]

    @property
    def rotated(self) -> bool:
        """Tell whether the unit changed its plan on `ROTATION_DAY`."""
        return bool(self.row.get("rotated"))

    @property
    def adopted_on(self) -> date:
        """Return the day on which the first plan was adopted."""
        if self.unit.founded_on:
            return later(self.unit.founded_on, 8)
        return workday(date(2025, 3, 24 + spread(*self.key("adopted"), low=0, high=4)))

    @property
    def effective_from(self) -> date:
        """Return the day on which the first plan took effect."""
        return max(PLATFORM_DAY, later(self.adopted_on, 1))

    def stated_limit(self, code: str) -> int | None:
        """Return the amount in fen that the plan names as the deputy's limit, as its text writes it."""
        limit = self.limit(code)
        return None if limit is None else limit - limit % 100

    def limit(self, code: str) -> int | None:
        """Return the amount in fen from which a matter of the domain leaves the deputy's hands."""
        own = {"special_funds": "finance", "resource_trading": "procurement"}.get(code, code)
        yuan = self.place.get(f"{own}_limit")
        if yuan is None:
            return None
        # 超过 excludes the number itself: the deputy may still sign exactly that amount.
        return int(yuan) * 100 + (1 if self.place.get("above_excludes_limit") else 0)

    def doc_no(self, year: int, number: int) -> str:
        """Return a document number of the unit."""
        return f"{self.unit.short}发〔{year}〕{number}号"

    def reviewed(self, day: date, *, abstract: str, theme: str) -> dict[str, Any]:
        """Return the common head of a document that was finished on `day`."""
        return {
            "issued_on": day,
            "formed_on": day,
            "abstract": abstract,
            "theme": theme,
            "legal_basis": "政府信息公开条例第二十条",
            "release_reviewer": self.office_head.name,
            "release_reviewed_on": day,
            "secrecy_reviewer": self.discipline.name,
        }
