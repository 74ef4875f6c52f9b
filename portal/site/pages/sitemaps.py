"""Site maps for search engines (sitemaps.org): an index of small maps, one for each jurisdiction and unit.

A publication then touches its own unit's map only. The protocol wants whole
addresses; without a known address of the site they are left relative.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from xml.sax.saxutils import escape

from portal.site.pages import listings, paths
from portal.site.pages.shell import public_kinds
from portal.site.pages.summary import summary_of
from portal.site.snapshot import Snapshot

LIMIT = 50_000  # sitemaps.org: addresses in one file.
SITE = ("index", "about", "sitemap")
AREA = (
    "index",
    "units",
    "units-az",
    "domains",
    "rules",
    "status",
    "changes",
    "withdrawals",
    "data",
    "report",
)
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"


def site_map(snapshot: Snapshot, base_url: str | None) -> str:
    """Return the index: the maps of the jurisdictions and of their units."""
    places = [f"{view.slug}/sitemap.xml" for view in snapshot.jurisdictions]
    places += [
        f"{unit.jurisdiction}/u/{unit.slug}/sitemap.xml"
        for view in snapshot.jurisdictions
        for unit in view.units
    ]
    lines = [f"<sitemap><loc>{_address(base_url, place)}</loc></sitemap>" for place in places[:LIMIT]]
    return _document("sitemapindex", lines)


def area_map(snapshot: Snapshot, values: Mapping[str, str], base_url: str | None) -> str | None:
    """Return the map of a jurisdiction's own pages (and of the site's, which have none of their own)."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    if view is None:
        return None
    found: list[tuple[str, date | None]] = [(f"{name}.html", None) for name in SITE]
    found += [(paths.jurisdiction_path(view.slug, name), None) for name in AREA]
    found += [(paths.domain_path(view.slug, one), None) for one in view.regime.domains_on(snapshot.today)]
    for kind in public_kinds():
        found.append((paths.jurisdiction_path(view.slug, f"data-{kind.path}"), None))
        found += [
            (paths.jurisdiction_path(view.slug, name), None)
            for name in listings.area_lists(snapshot, view, kind)
        ]
    return _map(found, base_url)


def unit_map(snapshot: Snapshot, values: Mapping[str, str], base_url: str | None) -> str | None:
    """Return the map of a unit's page and records. Versions and data are left out: the record's page leads to them."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    unit = snapshot.unit(values["jurisdiction"], values["unit"])
    if view is None or unit is None:
        return None
    found: list[tuple[str, date | None]] = [(paths.unit_path(unit), None)]
    found += [(one.path, one.published_on) for one in summary_of(snapshot, view, unit).cards]
    return _map(found, base_url)


def _map(found: Iterable[tuple[str, date | None]], base_url: str | None) -> str:
    lines = []
    for place, changed in list(found)[:LIMIT]:
        known = f"<lastmod>{changed}</lastmod>" if changed else ""
        lines.append(f"<url><loc>{_address(base_url, place)}</loc>{known}</url>")
    return _document("urlset", lines)


def _address(base_url: str | None, place: str) -> str:
    return escape(f"{base_url}/{place}" if base_url else place)


def _document(name: str, lines: list[str]) -> str:
    head = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{name} xmlns="{_NAMESPACE}">']
    return "\n".join([*head, *lines, f"</{name}>", ""])
