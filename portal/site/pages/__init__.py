"""Every public page: where it lies and the pure context that its template is filled with.

The live app and the exporter call the same contexts, so that both give the
same bytes. A context is a function of the snapshot and of the page's address
alone; None says that there is no such page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from portal.site.pages import browse, front, listings, paths, record, rules, status
from portal.site.pages.shell import Context, Link, Meta, kind_at
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

__all__ = ["PAGES", "Context", "Link", "Meta", "PageType", "PageUrl", "all_urls", "data_of", "find_record"]

Values = Mapping[str, str]
_VERSION = re.compile(r"(.+)-v([1-9]\d{0,5})")


@dataclass(frozen=True)
class PageUrl:
    """One public address: the endpoint and values that make it, and its path without a leading slash."""

    endpoint: str
    values: dict[str, str]
    path: str


@dataclass(frozen=True)
class PageType:
    """One sort of page: its address pattern (as Flask writes it), its template, its context."""

    endpoint: str
    rule: str
    template: str
    context: Callable[[Snapshot, Values], Context | None]

    def path(self, values: Values) -> str:
        """Return the path of one page."""
        return re.sub(r"<(\w+)>", lambda found: values[found[1]], self.rule[1:])


def _site(page: Callable[[Snapshot], Context]) -> Callable[[Snapshot, Values], Context | None]:
    return lambda snapshot, _: page(snapshot)


def _area(
    page: Callable[[Snapshot, JurisdictionView], Context],
) -> Callable[[Snapshot, Values], Context | None]:
    def context(snapshot: Snapshot, values: Values) -> Context | None:
        view = snapshot.jurisdiction(values["jurisdiction"])
        return page(snapshot, view) if view else None

    return context


def _listing(snapshot: Snapshot, values: Values) -> Context | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    return listings.area_list(snapshot, view, values["name"]) if view else None


def _unit(snapshot: Snapshot, values: Values) -> Context | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    unit = snapshot.unit(values["jurisdiction"], values["unit"])
    return browse.unit_page(snapshot, view, unit) if view and unit else None


def _unit_listing(snapshot: Snapshot, values: Values) -> Context | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    unit = snapshot.unit(values["jurisdiction"], values["unit"])
    kind = kind_at(values["kind"])
    if view is None or unit is None or kind is None:
        return None
    return listings.unit_list(snapshot, view, unit, kind, values["name"])


def find_record(snapshot: Snapshot, values: Values) -> tuple[RecordView, int | None] | None:
    """Return the record at an address, and the version's number where the address names one."""
    place = (values["jurisdiction"], values["unit"], values["kind"])
    if found := snapshot.record(*place, values["name"]):
        return found, None
    if (parts := _VERSION.fullmatch(values["name"])) and (found := snapshot.record(*place, parts[1])):
        number = int(parts[2])
        return (found, number) if found.version(number) else None
    return None


def _record(snapshot: Snapshot, values: Values) -> Context | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    found = find_record(snapshot, values)
    if view is None or found is None:
        return _unit_listing(snapshot, values)
    return record.record_page(snapshot, view, *found)


def data_of(snapshot: Snapshot, values: Values) -> bytes | None:
    """Return the JSON at an address."""
    found = find_record(snapshot, values)
    if found is None:
        return None
    one, number = found
    version = one.latest if number is None else one.version(number)
    return record.wrapper(version) if version else None


_ALL = (
    PageType("home", "/index.html", "home.html", _site(front.home_page)),
    PageType("about", "/about.html", "about.html", _site(front.about_page)),
    PageType("sitemap", "/sitemap.html", "sitemap.html", _site(front.sitemap_page)),
    PageType("search", "/search.html", "search.html", _site(front.search_page)),
    PageType("missing", "/404.html", "missing.html", _site(front.not_found_page)),
    PageType("area", "/<jurisdiction>/index.html", "area.html", _area(browse.area_page)),
    PageType("units", "/<jurisdiction>/units.html", "units.html", _area(browse.units_page)),
    PageType("domains", "/<jurisdiction>/domains.html", "domains.html", _area(browse.domains_page)),
    PageType("rules", "/<jurisdiction>/rules.html", "rules.html", _area(rules.rules_page)),
    PageType("status", "/<jurisdiction>/status.html", "status.html", _area(status.status_page)),
    PageType("listing", "/<jurisdiction>/<name>.html", "listing.html", _listing),
    PageType("unit", "/<jurisdiction>/u/<unit>/index.html", "unit.html", _unit),
    PageType("record", "/<jurisdiction>/u/<unit>/<kind>/<name>.html", "record.html", _record),
)
PAGES: dict[str, PageType] = {one.endpoint: one for one in _ALL}
"""Every page type with a template, by endpoint. A unit's lists share the address pattern of its records."""

DATA_RULE = "/<jurisdiction>/u/<unit>/<kind>/<name>.json"


def _url(endpoint: str, values: dict[str, str]) -> PageUrl:
    return PageUrl(endpoint, values, PAGES[endpoint].path(values))


def all_urls(snapshot: Snapshot) -> Iterator[PageUrl]:
    """Yield every public address, each once."""
    for endpoint in ("home", "about", "sitemap", "search", "missing"):
        yield _url(endpoint, {})
    yield PageUrl("sitemap_xml", {}, "sitemap.xml")
    yield PageUrl("robots", {}, "robots.txt")
    for view in snapshot.jurisdictions:
        for endpoint in ("area", "units", "domains", "rules", "status"):
            yield _url(endpoint, {"jurisdiction": view.slug})
        for unit in view.units:
            yield _url("unit", {"jurisdiction": view.slug, "unit": unit.slug})
    for endpoint, values in listings.all_lists(snapshot):
        yield _url("record" if endpoint == "unit_listing" else endpoint, values)
    for one in snapshot.records:
        place = {"jurisdiction": one.unit.jurisdiction, "unit": one.unit.slug, "kind": one.kind.path}
        for name in (one.slug, *(f"{one.slug}-v{version.number}" for version in one.versions)):
            values = {**place, "name": name}
            yield _url("record", values)
            yield PageUrl("data", values, f"{paths.record_path(one).rsplit('/', 1)[0]}/{name}.json")
