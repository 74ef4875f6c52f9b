"""What the pages about many units are made from, so that a publication leaves alone what it does not touch.

Such a page is a function of its jurisdiction's basis (program, regime, day) and of some fields of its
units' summaries: `READS` names them. A page none of whose fields moved is the same; of the others some
have inputs of their own that are looked at more closely.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Protocol

from portal.site.pages import data, following, listings
from portal.site.pages.shell import kind_at, public_kinds
from portal.site.pages.summary import UnitSummary
from portal.site.snapshot import JurisdictionView, Snapshot

# Beside the fields of a summary: which records there are, in which order, under which year.
SHELF = "shelf"
# And beside those: the report host and the key list.
ONLINE = "online"
# Likewise: the counts of outcomes.
HANDLED = "handled"
_DIRECTORY = frozenset({"unit", "row", "filed"})
_HELD = frozenset({"unit", "held"})
_CHANGES = frozenset({"unit", "changed"})

READS: Mapping[str, frozenset[str]] = {
    # Of a jurisdiction:
    "area": frozenset({"unit", "row", "plan", "coverage", "filed", "held", "newest"}),
    "units": _DIRECTORY,
    "units_az": _DIRECTORY,
    "domains": frozenset({"unit", "plan", "row"}),
    "domain": frozenset({"unit", "plan", "row"}),
    "rules": frozenset({"unit", "texts"}),
    "status": frozenset({"unit", "row", "index", "coverage", "grants", HANDLED}),
    "status_data": frozenset({"unit", "index", "coverage"}),
    "changes": _CHANGES,
    "withdrawals": frozenset({"unit", "withdrawals"}),
    "withdrawals_older": frozenset({"unit", "withdrawals"}),
    "open_data": _HELD,
    "kind_data": _HELD,
    "datapackage": _HELD,
    "catalog": _HELD,
    "report": frozenset({"unit", ONLINE}),
    "report_write": frozenset({"unit", ONLINE}),
    "report_status": frozenset({"unit", ONLINE}),
    "report_check": frozenset({"unit", ONLINE}),
    "report_keys": frozenset({ONLINE}),
    "area_sitemap": frozenset({"unit", SHELF}),
    "area_feed": _CHANGES,
    "kind_feed": _CHANGES,
    "listing": frozenset({"unit", "cards", "filed", SHELF}),
    # Of the whole site:
    "home": frozenset({"unit", "row", "filed", "newest", "versions", "highlights"}),
    "missing": frozenset({"unit"}),
    "sitemap": frozenset({"unit", "filed"}),
    "search": frozenset({"unit", "filed"}),
    "sitemap_xml": frozenset({"unit"}),
}
"""The fields of summaries that a page may read, by endpoint; the texts about the whole site, not in here, read none."""

_FIELDS = tuple(one.name for one in fields(UnitSummary))


@dataclass(frozen=True)
class Moved:
    """What changed in the summaries of a jurisdiction's units since a build: fields of any, and records' cards.

    `everything` where that is not known.
    """

    fields: frozenset[str] = frozenset()
    cards: frozenset[int] = frozenset()
    everything: bool = False

    def touches(self, endpoint: str) -> bool:
        """Tell whether a page of that type may have changed."""
        return self.everything or not READS.get(endpoint, frozenset()).isdisjoint(self.fields)

    def reshelved(self) -> bool:
        """Tell whether any page may have come, gone or taken other records."""
        return self.everything or not self.fields.isdisjoint({"unit", SHELF, "withdrawals"})

    def and_also(self, other: Moved) -> Moved:
        """Return both together."""
        return Moved(
            self.fields | other.fields, self.cards | other.cards, self.everything or other.everything
        )


def moved(pairs: Iterable[tuple[UnitSummary | None, UnitSummary]]) -> Moved:
    """Return what the new summaries change; a unit without an old one changes everything."""
    names: set[str] = set()
    cards: set[int] = set()
    for old, new in pairs:
        if old is None:
            return Moved(everything=True)
        names.update(name for name in _FIELDS if getattr(old, name) != getattr(new, name))
        if old.cards != new.cards:
            if _shelf(old) != _shelf(new):
                names.add(SHELF)
            known = {one.id: one for one in old.cards}
            cards.update(one.id for one in new.cards if known.pop(one.id, None) != one)
            cards.update(known)
    return Moved(frozenset(names), frozenset(cards))


def _shelf(summary: UnitSummary) -> list[tuple[object, ...]]:
    return [(one.id, one.code, one.year, one.first_at) for one in summary.cards]


Inputs = tuple[list[int], tuple[object, ...]]


class Address(Protocol):
    """One page of a jurisdiction: its endpoint, its values, its path."""

    @property
    def endpoint(self) -> str: ...

    @property
    def values(self) -> dict[str, str]: ...

    @property
    def path(self) -> str: ...


def inputs_of(snapshot: Snapshot, view: JurisdictionView, page: Address) -> Inputs | None:
    """Return what a page that may have changed is made from in detail: records' ids, and the rest as plain values.

    None where that is not worth working out: the page is made.
    """
    endpoint, values = page.endpoint, page.values
    kind = kind_at(values.get("kind") or values.get("name") or "")
    if endpoint == "listing":
        name = values["name"]
        kind = next(one for one in public_kinds() if name in listings.area_lists(snapshot, view, one))
        year, chunk = listings.area_lists(snapshot, view, kind)[name]
        return [one.id for one in chunk.cards], listings.list_around(snapshot, view, kind, year, chunk)
    if endpoint == "kind_feed":
        changes = following.changes_in(snapshot, view, kind)[: following.IN_FEED]
        founded = max((unit.created_on for unit in view.units), default=None)
        return [one.record for one in changes], (*(one[:4] for one in changes), founded)
    if endpoint.startswith("withdrawals"):
        leaf = following.withdrawal_pages(snapshot, view)[page.path.rpartition("/")[2].removesuffix(".html")]
        lines = [(one.unit.name, one.unit.slug, one.what) for one in leaf.lines]
        return [], (lines, leaf.newer, leaf.older, following.withdrawn(snapshot, view))
    if endpoint == "kind_data" and kind:
        held = data.holdings(snapshot, view)
        return [], tuple((unit.slug, unit.name, count) for unit, count in held[kind.code])
    if endpoint in ("datapackage", "catalog"):
        held = data.holdings(snapshot, view)
        listed = ((code, [unit.slug for unit, _ in found]) for code, found in held.items())
        return [], (*listed, bool(view.units) and all(unit.sample for unit in view.units))
    return None
