"""One unit of the county: its people, its limits, and who holds what in which year."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from portal.demo.bank import Bank, read_bank, spread
from portal.demo.county.roster import roster
from portal.demo.county.windows import Window, windows
from portal.demo.orgs import Org, Person
from portal.domain.regimes import Regime

_EXTRA = (26, 27)  # Numbers of the fifth and the sixth deputy, which nobody else of the unit bears.
_SCALES = {"bureau": (900, 5200), "township": (3200, 9800), "institution": (520, 2600), "village": (90, 420)}


@dataclass(frozen=True)
class County:
    """What decides every word of the county: the same values give the same records."""

    jurisdiction: str
    units: int
    years: int
    records: int
    until: date
    seed: int = 1


@dataclass(frozen=True)
class Body(Org):
    """A unit of the county; `windows` are its years, `aspect` what its choices start from besides its name."""

    county: County
    windows: tuple[Window, ...]
    aspect: str = ""

    def key(self, *more: object) -> tuple[object, ...]:
        """Return what a deterministic choice for this unit starts from."""
        return (self.county.seed, self.aspect, self.regime.slug, self.unit.slug, *more)

    @property
    def texts(self) -> Mapping[str, Any]:
        """Return the county's own words."""
        found: Mapping[str, Any] = self.bank["county"]
        return found

    @cached_property
    def deputies(self) -> tuple[Person, ...]:
        """Return the three to six members who may hold domains."""
        posts = self.texts["deputies"][self.unit.type]
        count = spread(self.county.seed, self.unit.slug, "deputies", low=3, high=6)
        numbers = (2, 3, 4, 5, *_EXTRA)
        return tuple(
            Person(self.name(number), post) for number, post in zip(numbers[:count], posts, strict=False)
        )

    def holder(self, code: str, day: date) -> Person:
        """Return the deputy who holds the domain on `day`; every second year all move on by one."""
        order = [one for one, _ in self.domains]
        place = order.index(self.domain(code)[0]) + self.turn(self.window_on(day))
        return self.deputies[place % len(self.deputies)]

    @staticmethod
    def turn(window: Window) -> int:
        """Return how often the domains have changed hands by the year of the window."""
        return window.number // 2

    def window_on(self, day: date) -> Window:
        """Return the window whose division of work is in force on `day` (before the first one: the first)."""
        return next((one for one in reversed(self.windows) if one.effective <= day), self.windows[0])


def bodies(county: County, content: Path, regime: Regime) -> list[Body]:
    """Return the county's units; `content` is the content folder."""
    bank = county_bank(content, regime.slug)
    years = windows(county.until, county.years)
    found = []
    for serial, unit in enumerate(roster(bank["county"], county.units)):
        low, high = _SCALES[unit.type]
        row = {"scale": spread(county.seed, unit.slug, "scale", low=low, high=high)}
        found.append(Body(unit, row, serial, regime, bank, county, years))
    return found


def county_bank(content: Path, jurisdiction: str) -> Bank:
    """Return the text bank of the sample data, with what the county adds: villages, longer statements."""
    texts = tomllib.loads(Path(__file__).with_name("texts.toml").read_text(encoding="utf-8"))
    bank = read_bank(content)
    units, finance = bank["units"], bank["finance"]
    places = units["jurisdictions"]
    return {
        **bank,
        "county": texts,
        "units": {
            **units,
            "types": {**units["types"], "village": texts["village"]},
            "jurisdictions": {**places, jurisdiction: {**texts["place"], **places.get(jurisdiction, {})}},
        },
        "finance": {**finance, **texts["lines"]},
    }
