"""Lists of records, on pages that do not shift when a record is added.

Within one scope records stand in the order of their first publication. Every
full hundred becomes a page `-p1`, `-p2` … that never changes its membership;
the rest, the newest, stands on the list's own page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from portal.domain.documents.base import Kind
from portal.site.pages import paths
from portal.site.pages.shell import Context, Link, Meta, area_crumbs, area_meta, public_kinds, sample_band
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

PER_PAGE = 100


@dataclass(frozen=True)
class Chunk:
    """One page of a list: its name, its records (newest first) and its neighbours' names."""

    name: str
    records: tuple[RecordView, ...]
    newer: str | None
    older: str | None


def chunks(records: list[RecordView], name: str) -> list[Chunk]:
    """Cut a scope into its pages; the last one bears the list's own name."""
    ordered = sorted(records, key=lambda one: (one.versions[0].published_at, one.id))
    full = max(len(ordered) - 1, 0) // PER_PAGE
    names = [f"{name}-p{place}" for place in range(1, full + 1)] + [name]
    return [
        Chunk(
            names[place],
            tuple(reversed(ordered[place * PER_PAGE : (place + 1) * PER_PAGE])),
            names[place + 1] if place < full else None,
            names[place - 1] if place else None,
        )
        for place in range(full + 1)
    ]


def years(records: list[RecordView]) -> list[tuple[int, int]]:
    """Return the years of a list with their counts, newest first."""
    return sorted(Counter(one.year for one in records).items(), reverse=True)


def area_lists(snapshot: Snapshot, view: JurisdictionView, kind: Kind) -> dict[str, tuple[int | None, Chunk]]:
    """Return the pages of one kind's list in a jurisdiction by name: all years, then each year."""
    key = ("lists", view.slug, kind.code)
    if key not in snapshot.derived:
        records = snapshot.records_in(view.slug, kind.code)
        found: dict[str, tuple[int | None, Chunk]] = {
            one.name: (None, one) for one in chunks(records, kind.path)
        }
        for year, _ in years(records):
            mine = [one for one in records if one.year == year]
            found.update({one.name: (year, one) for one in chunks(mine, f"{kind.path}-{year}")})
        snapshot.derived[key] = found
    result: dict[str, tuple[int | None, Chunk]] = snapshot.derived[key]
    return result


def area_list(snapshot: Snapshot, view: JurisdictionView, name: str) -> Context | None:
    """Return one page of a jurisdiction's list, or None where there is no such page."""
    near = [one for one in public_kinds() if name == one.path or name.startswith(f"{one.path}-")]
    kind = next((one for one in near if name in area_lists(snapshot, view, one)), None)
    if kind is None:
        return None
    year, chunk = area_lists(snapshot, view, kind)[name]
    title = f"{view.regime.short}{year}年{kind.label}" if year else f"{view.regime.short}{kind.label}"
    records = snapshot.records_in(view.slug, kind.code)
    meta = area_meta(view, name, title, kind.purpose, label=kind.label, nav=kind.code)
    return {
        "meta": meta,
        "kind": kind,
        "chunk": chunk,
        "year": year,
        "years": [
            (each, count, paths.jurisdiction_path(view.slug, f"{kind.path}-{each}"))
            for each, count in years(records)
        ],
        "whole": paths.jurisdiction_path(view.slug, kind.path),
        "folder": f"{view.slug}/",
        "unit": None,
        "total": len(records),
    }


def unit_lists(snapshot: Snapshot, unit: UnitView, kind: Kind) -> dict[str, Chunk]:
    """Return the pages of a unit's list of one kind by name; none where the unit has no such record."""
    records = snapshot.records_of(unit, kind.code)
    return {one.name: one for one in chunks(records, "index")} if records else {}


def unit_list(
    snapshot: Snapshot, view: JurisdictionView, unit: UnitView, kind: Kind, name: str
) -> Context | None:
    """Return one page of a unit's list, or None where there is no such page."""
    chunk = unit_lists(snapshot, unit, kind).get(name)
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
        ),
        "kind": kind,
        "chunk": chunk,
        "year": None,
        "years": [],
        "whole": paths.jurisdiction_path(view.slug, kind.path),
        "folder": path.rsplit("/", 1)[0] + "/",
        "unit": unit,
        "total": len(snapshot.records_of(unit, kind.code)),
    }


def all_lists(snapshot: Snapshot) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield the endpoint and values of every list page."""
    for view in snapshot.jurisdictions:
        for kind in public_kinds():
            for name in area_lists(snapshot, view, kind):
                yield "listing", {"jurisdiction": view.slug, "name": name}
            for unit in view.units:
                for name in unit_lists(snapshot, unit, kind):
                    yield (
                        "unit_listing",
                        {"jurisdiction": view.slug, "unit": unit.slug, "kind": kind.path, "name": name},
                    )
