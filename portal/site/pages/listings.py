"""Lists of records, on pages that do not shift when a record is added.

Within one scope records stand in the order of their first publication. Every
full hundred becomes a page `-p1`, `-p2` … that never changes its membership;
the rest, the newest, stands on the list's own page.
"""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.documents.base import Kind
from portal.site.cards import Card, cards_by_age, newest_first
from portal.site.pages import data, paths
from portal.site.pages.shell import Context, Link, Meta, area_crumbs, area_meta, public_kinds, sample_band
from portal.site.pages.summary import cards_in, filed_in, summaries_of, summary_of
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView

PER_PAGE = 100


@dataclass(frozen=True)
class Chunk:
    """One page of a list: its name, its cards (newest first) and its neighbours' names."""

    name: str
    cards: tuple[Card, ...]
    newer: str | None
    older: str | None


def chunks(cards: list[Card], name: str) -> list[Chunk]:
    """Cut a scope into its pages; the last one bears the list's own name."""
    ordered = cards_by_age(cards)
    full = max(len(ordered) - 1, 0) // PER_PAGE
    names = [f"{name}-p{place}" for place in range(1, full + 1)] + [name]
    return [
        Chunk(
            names[place],
            tuple(newest_first(ordered[place * PER_PAGE : (place + 1) * PER_PAGE])),
            names[place + 1] if place < full else None,
            names[place - 1] if place else None,
        )
        for place in range(full + 1)
    ]


def area_lists(snapshot: Snapshot, view: JurisdictionView, kind: Kind) -> dict[str, tuple[int | None, Chunk]]:
    """Return the pages of one kind's list in a jurisdiction by name: all years, then each year."""
    key = ("lists", view.slug, kind.code)
    if key not in snapshot.derived:
        cards = cards_in(snapshot, view, kind.code)
        found: dict[str, tuple[int | None, Chunk]] = {
            one.name: (None, one) for one in chunks(cards, kind.path)
        }
        by_year: dict[int, list[Card]] = {}
        for card in cards:
            by_year.setdefault(card.year, []).append(card)
        for year in sorted(by_year, reverse=True):
            found.update({one.name: (year, one) for one in chunks(by_year[year], f"{kind.path}-{year}")})
        snapshot.derived[key] = found
    result: dict[str, tuple[int | None, Chunk]] = snapshot.derived[key]
    return result


@dataclass(frozen=True)
class Whole:
    """What only the newest page of a list says, since every publication changes it: how many there are, of which units.

    `units` has the address, name and number of records of each unit that has any, in roster order.
    """

    total: int
    units: tuple[tuple[str, str, int], ...]


def whole_of(
    snapshot: Snapshot, view: JurisdictionView, kind: Kind, year: int | None, chunk: Chunk
) -> Whole | None:
    """Return what the newest page of a list says of all of it; None for the older pages."""
    if chunk.newer is not None:
        return None
    key = ("wholes", view.slug, kind.code)
    if key not in snapshot.derived:
        found: dict[int | None, list[tuple[str, str, int]]] = {}
        for one in summaries_of(snapshot, view):
            filed = one.filed.get(kind.code, {})
            every: list[tuple[int | None, int]] = [(None, sum(filed.values())), *filed.items()]
            for each, count in every if filed else ():
                found.setdefault(each, []).append((one.unit.slug, one.unit.name, count))
        snapshot.derived[key] = {
            each: Whole(sum(one[2] for one in units), tuple(units)) for each, units in found.items()
        }
    known: dict[int | None, Whole] = snapshot.derived[key]
    return known.get(year, Whole(0, ()))


def list_around(
    snapshot: Snapshot, view: JurisdictionView, kind: Kind, year: int | None, chunk: Chunk
) -> tuple[object, ...]:
    """Return everything that a list's page shows beside its cards, as plain values."""
    return (
        year,
        chunk.newer,
        chunk.older,
        years_of(snapshot, view, kind),
        whole_of(snapshot, view, kind, year, chunk),
    )


def year_links(unit: UnitView, kind: Kind, cards: list[Card]) -> list[tuple[int, str]]:
    """Return the years of a unit's list, newest first, each with the page and the place where it begins."""
    first: dict[int, str] = {}
    for chunk in reversed(chunks(cards, "index")):
        for card in chunk.cards:
            first.setdefault(card.year, paths.unit_list_path(unit, kind.path, chunk.name))
    return [(year, f"{path}#y{year}") for year, path in sorted(first.items(), reverse=True)]


def area_list(snapshot: Snapshot, view: JurisdictionView, name: str) -> Context | None:
    """Return one page of a jurisdiction's list, or None where there is no such page."""
    near = [one for one in public_kinds() if name == one.path or name.startswith(f"{one.path}-")]
    kind = next((one for one in near if name in area_lists(snapshot, view, one)), None)
    if kind is None:
        return None
    year, chunk = area_lists(snapshot, view, kind)[name]
    title = f"{view.regime.short}{year}年{kind.label}" if year else f"{view.regime.short}{kind.label}"
    meta = area_meta(view, name, title, kind.purpose, label=kind.label, nav=kind.code)
    return {
        "meta": meta,
        "feeds": [Link(f"{view.regime.short}{kind.label}", paths.feed_path(view.slug, kind.path))],
        "kind": kind,
        "chunk": chunk,
        "year": year,
        "years": [
            (each, paths.jurisdiction_path(view.slug, f"{kind.path}-{each}"))
            for each in years_of(snapshot, view, kind)
        ],
        "all": whole_of(snapshot, view, kind, year, chunk),
        "newest_page": paths.jurisdiction_path(view.slug, f"{kind.path}-{year}" if year else kind.path),
        "whole": paths.jurisdiction_path(view.slug, kind.path),
        "folder": f"{view.slug}/",
        "unit": None,
    }


def years_of(snapshot: Snapshot, view: JurisdictionView, kind: Kind) -> list[int]:
    """Return the years of a kind's list, newest first."""
    key = ("years", view.slug, kind.code)
    if key not in snapshot.derived:
        snapshot.derived[key] = list(filed_in(snapshot, view, kind.code))
    found: list[int] = snapshot.derived[key]
    return found


def unit_lists(snapshot: Snapshot, view: JurisdictionView, unit: UnitView, kind: Kind) -> dict[str, Chunk]:
    """Return the pages of a unit's list of one kind by name; none where the unit has no such record."""
    cards = summary_of(snapshot, view, unit).of(kind.code)
    return {one.name: one for one in chunks(cards, "index")} if cards else {}


def unit_list(
    snapshot: Snapshot, view: JurisdictionView, unit: UnitView, kind: Kind, name: str
) -> Context | None:
    """Return one page of a unit's list, or None where there is no such page."""
    chunk = unit_lists(snapshot, view, unit, kind).get(name)
    if chunk is None:
        return None
    path = paths.unit_list_path(unit, kind.path, name)
    return {
        "templates": ("listing.html",),
        "meta": Meta(
            path=path,
            title=f"{unit.name}{kind.label}",
            description=f"{unit.name}公开的{kind.label}。{kind.purpose}",
            crumbs=area_crumbs(view, Link(unit.name, paths.unit_path(unit)), Link(kind.label)),
            nav=kind.code,
            jurisdiction=view,
            sample=sample_band(unit),
            column=kind.label,
            source=unit.name,
        ),
        "kind": kind,
        "chunk": chunk,
        "year": None,
        "years": year_links(unit, kind, summary_of(snapshot, view, unit).of(kind.code)),
        "groups": _by_year(chunk),
        "newest_page": paths.unit_list_path(unit, kind.path),
        "whole": paths.jurisdiction_path(view.slug, kind.path),
        "folder": path.rsplit("/", 1)[0] + "/",
        "unit": unit,
        "feeds": [Link(f"{unit.name}{kind.label}", paths.unit_feed_path(unit, kind.path))],
        "files": list(data.unit_files(unit, kind)) if data.holds(snapshot, view, unit, kind) else [],
    }


def _by_year(chunk: Chunk) -> list[tuple[int, list[Card]]]:
    """Return a page's cards by the year that they are filed under, newest first."""
    groups: dict[int, list[Card]] = {}
    for one in chunk.cards:
        groups.setdefault(one.year, []).append(one)
    return sorted(groups.items(), reverse=True)
