"""The catalogue: every rule id, whether it is a check, what it weighs where, and how many scenarios prove it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from portal.domain.rules.base import order, rules
from portal.domain.rules.elsewhere import ELSEWHERE
from portal.domain.rules.terms import Off, Parameter, Terms

if TYPE_CHECKING:
    from portal.domain.regimes import Regime

# Counts of the scenarios in the source tree, which does not travel in a wheel: generated, kept true by a test.
SCENARIOS = Path(__file__).parent / "rules" / "scenarios.json"


TODAY, LATER, FORMER = "现行", "尚未施行", "已终止"


@dataclass(frozen=True)
class Entry:
    """One dated entry of a rule in one regime, and where it stands in time."""

    terms: Terms
    inherited: bool
    when: str  # TODAY, LATER or FORMER.

    @property
    def weight(self) -> str:
        """What a breach weighs, or that the rule is out of force."""
        if isinstance(self.terms, Off):
            return "不施行"
        lifted = {True: "（附公开说明可以发布）", False: "（改正后才能发布）", None: ""}
        return self.terms.severity.label + lifted[self.terms.with_explanation]

    def lines(self) -> list[str]:
        """Return the entry as a reader of the command line sees it: days, values, source, readings."""
        one = self.terms
        until = f"至 {one.valid_to}" if one.valid_to else "起"
        units = f"　仅{'、'.join(unit.label for unit in one.unit_types)}" if one.unit_types else ""
        first = "（系统默认）" if one.is_default("from") else ""
        gravity = "（系统默认）" if one.is_default("severity") and not isinstance(one, Off) else ""
        return [
            f"{one.valid_from}{first} {until}　{self.weight}{gravity}{units}　{self.when}",
            *(
                f"  {value.label}：{value.text}{'（系统默认）' if value.default else ''}"
                for value in self.values
            ),
            f"  出处：{one.source}{'（全国统一规定）' if self.inherited else ''}",
            *(f"  读法{number}：{text}" for number, text in enumerate(one.readings, start=1)),
            *([f"  说明：{one.note}"] if one.note else []),
        ]

    @property
    def values(self) -> list[Parameter]:
        """The rule's own values, labelled."""
        return [] if isinstance(self.terms, Off) else self.terms.parameters()

    def as_dict(self) -> dict[str, Any]:
        """Return the entry as plain JSON values."""
        one = self.terms
        return {
            "from": one.valid_from.isoformat(),
            "to": one.valid_to.isoformat() if one.valid_to else None,
            "off": isinstance(one, Off),
            "severity": None if isinstance(one, Off) else one.severity.value,
            "with_explanation": one.with_explanation,
            "unit_types": [unit.value for unit in one.unit_types],
            "values": [
                {"label": value.label, "text": value.text, "default": value.default} for value in self.values
            ],
            "source": one.source,
            "readings": list(one.readings),
            "note": one.note,
            "national": self.inherited,
            "when": self.when,
        }


@dataclass(frozen=True)
class Row:
    """One line of the catalogue: what binds today, and by regime every entry that ever decides."""

    id: str
    title: str
    implemented: bool
    reason: str = ""  # Why it is not a check, or where it is kept instead.
    terms: Mapping[str, tuple[Terms, ...]] = field(default_factory=dict)  # Today's, the gravest first.
    entries: Mapping[str, tuple[Entry, ...]] = field(default_factory=dict)
    scenarios: Mapping[str, int] = field(default_factory=dict)

    def later(self, slug: str) -> list[Entry]:
        """Return the entries that are laid down for later, the next one first."""
        coming = [one for one in self.entries.get(slug, ()) if one.when == LATER]
        return sorted(coming, key=lambda one: one.terms.valid_from)

    def as_dict(self) -> dict[str, Any]:
        """Return the line as plain JSON values; `severity` is today's."""
        return {
            "id": self.id,
            "title": self.title,
            "implemented": self.implemented,
            "reason": self.reason,
            "severity": {slug: some[0].severity.value for slug, some in self.terms.items() if some},
            "later": {
                slug: [
                    {key: one.as_dict()[key] for key in ("from", "off", "severity", "source")}
                    for one in self.later(slug)
                ]
                for slug in self.entries
                if self.later(slug)
            },
            "sources": sorted({one.source for some in self.terms.values() for one in some}),
            "scenarios": dict(self.scenarios),
        }

    def mark(self, slug: str) -> str:
        """Return what the rule weighs today in one regime, * for a default, and what comes later."""
        some = self.terms.get(slug, ())
        today = f"{some[0].severity.label}{'*' if any(one.default for one in some) else ''}" if some else "—"
        coming = self.later(slug)
        return f"{today}（{coming[0].terms.valid_from} 起{coming[0].weight}）" if coming else today

    def cells(self, regimes: Mapping[str, Regime]) -> list[str]:
        """Return the line for a text table."""
        return [
            self.id,
            self.title,
            "是" if self.implemented else "否",
            *(self.mark(slug) for slug in regimes),
            str(sum(self.scenarios.values())),
        ]


@cache
def counted() -> dict[str, dict[str, int]]:
    """Return how many scenarios each rule has, by outcome."""
    if not SCENARIOS.is_file():
        return {}
    found: dict[str, dict[str, int]] = json.loads(SCENARIOS.read_text(encoding="utf-8"))
    return found


def catalogue(regimes: Mapping[str, Regime], today: date) -> list[Row]:
    """Return every rule id in the catalogue's order, with what binds `today` and what was laid down besides."""
    book = rules()
    rows = []
    for rule_id in sorted({*book, *ELSEWHERE}, key=order):
        if rule_id not in book:
            other = ELSEWHERE[rule_id]
            rows.append(Row(rule_id, other.title, implemented=False, reason=other.reason))
            continue
        terms, entries = {}, {}
        for slug, regime in regimes.items():
            binding = [one for one in regime.entries_on(rule_id, today) if not isinstance(one, Off)]
            terms[slug] = tuple(sorted(binding, key=lambda one: one.severity.rank))
            entries[slug] = tuple(_entries(regime, rule_id, today))
        rows.append(Row(rule_id, book[rule_id].title, True, "", terms, entries, counted().get(rule_id, {})))
    return rows


def _entries(regime: Regime, rule_id: str, today: date) -> Iterator[Entry]:
    """Yield the entries that decide on some day for some type of unit, the file's own first."""
    known = regime.all_terms(rule_id)
    # What decides can change only on the first day of an entry, or on the day after the last one.
    changes = {one.valid_from for one, _ in known}
    changes |= {one.valid_to + timedelta(days=1) for one, _ in known if one.valid_to}
    deciding = {day: {id(one) for one in regime.entries_on(rule_id, day)} for day in {*changes, today}}
    for one, inherited in known:
        days = [day for day, some in deciding.items() if id(one) in some]
        if days:
            when = TODAY if today in days else LATER if max(days) > today else FORMER
            yield Entry(one, inherited, when)
