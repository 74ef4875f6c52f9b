"""The catalogue: every rule id, whether it is a check, what it weighs where, and how many scenarios prove it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.domain.rules.base import order, rules
from portal.domain.rules.elsewhere import ELSEWHERE
from portal.domain.rules.terms import Off, Terms

if TYPE_CHECKING:
    from portal.domain.regimes import Regime

# Counts of the scenarios in the source tree, which does not travel in a wheel: generated, kept true by a test.
SCENARIOS = Path(__file__).parent / "rules" / "scenarios.json"


@dataclass(frozen=True)
class Row:
    """One line of the catalogue."""

    id: str
    title: str
    implemented: bool
    reason: str = ""  # Why it is not a check, or where it is kept instead.
    terms: Mapping[str, tuple[Terms, ...]] = field(default_factory=dict)
    scenarios: Mapping[str, int] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the line as plain JSON values."""
        return {
            "id": self.id,
            "title": self.title,
            "implemented": self.implemented,
            "reason": self.reason,
            "severity": {slug: some[0].severity.value for slug, some in self.terms.items() if some},
            "sources": sorted({one.source for some in self.terms.values() for one in some}),
            "scenarios": dict(self.scenarios),
        }

    def cells(self, regimes: Mapping[str, Regime]) -> list[str]:
        """Return the line for a text table."""
        marks = []
        for slug in regimes:
            some = self.terms.get(slug, ())
            default = "*" if some and some[0].default else ""
            marks.append(f"{some[0].severity.label}{default}" if some else "—")
        return [
            self.id,
            self.title,
            "是" if self.implemented else "否",
            *marks,
            str(sum(self.scenarios.values())),
        ]


@cache
def counted() -> dict[str, dict[str, int]]:
    """Return how many scenarios each rule has, by outcome."""
    if not SCENARIOS.is_file():
        return {}
    found: dict[str, dict[str, int]] = json.loads(SCENARIOS.read_text(encoding="utf-8"))
    return found


def catalogue(regimes: Mapping[str, Regime]) -> list[Row]:
    """Return every rule id in the catalogue's order."""
    book = rules()
    rows = []
    for rule_id in sorted({*book, *ELSEWHERE}, key=order):
        if rule_id not in book:
            other = ELSEWHERE[rule_id]
            rows.append(Row(rule_id, other.title, implemented=False, reason=other.reason))
            continue
        terms = {}
        for slug, regime in regimes.items():
            entries = regime.all_terms(rule_id)
            own = [one for one, inherited in entries if not inherited]
            binding = own or [one for one, _ in entries]
            terms[slug] = tuple(one for one in binding if not isinstance(one, Off))
        rows.append(Row(rule_id, book[rule_id].title, True, "", terms, counted().get(rule_id, {})))
    return rows
