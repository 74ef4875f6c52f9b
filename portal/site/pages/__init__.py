"""Every public page: where it lies and the pure context that its template is filled with.

The live app and the exporter call the same contexts, so that both give the
same bytes. A context is a function of the snapshot and of the page's address
alone; None says that there is no such page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from portal.domain.documents.base import Kind
from portal.site.pages import (
    browse,
    data,
    downloads,
    following,
    front,
    listings,
    paths,
    reading,
    record,
    reporting,
    rules,
    status,
)
from portal.site.pages import unit as unit_pages
from portal.site.pages.shell import Context, Link, Meta, kind_at, public_kinds
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

__all__ = [
    "PAGES",
    "Context",
    "Link",
    "Meta",
    "PageType",
    "PageUrl",
    "all_urls",
    "area_urls",
    "data_of",
    "find_record",
    "kind_urls",
    "record_urls",
    "site_urls",
    "unit_urls",
]

Values = Mapping[str, str]
_VERSION = re.compile(r"(.+)-v([1-9]\d{0,5})")


@dataclass(frozen=True)
class PageUrl:
    """One public address: the endpoint and values that make it, and its path without a leading slash.

    `edition` is blank for the Chinese pages and all files, `en` for the English pages.
    `same_as` is the path of a file with the same bytes, listed before this one.
    """

    endpoint: str
    values: dict[str, str]
    path: str
    edition: str = ""
    same_as: str = ""


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
    page: Callable[[Snapshot, JurisdictionView], Context | None],
) -> Callable[[Snapshot, Values], Context | None]:
    def context(snapshot: Snapshot, values: Values) -> Context | None:
        view = snapshot.jurisdiction(values["jurisdiction"])
        return page(snapshot, view) if view else None

    return context


def _followed(context: Context, feed: str) -> Context:
    """Return a page's context with the feed that its head names."""
    return {**context, "feeds": [Link(context["meta"].title, feed)]}


def _front(snapshot: Snapshot, view: JurisdictionView) -> Context:
    return _followed(browse.area_page(snapshot, view), paths.feed_path(view.slug))


def _listing(snapshot: Snapshot, values: Values) -> Context | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    return listings.area_list(snapshot, view, values["name"]) if view else None


def _domain(snapshot: Snapshot, values: Values) -> Context | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    return browse.domain_page(snapshot, view, values["domain"]) if view else None


def _unit(snapshot: Snapshot, values: Values) -> Context | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    unit = snapshot.unit(values["jurisdiction"], values["unit"])
    if view is None or unit is None:
        return None
    return _followed(unit_pages.unit_page(snapshot, view, unit), paths.unit_feed_path(unit))


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


def _withdrawals(snapshot: Snapshot, values: Values) -> Context | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    return following.withdrawals_page(snapshot, view, f"withdrawals-{values['page']}") if view else None


def _kind_data(snapshot: Snapshot, values: Values) -> Context | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    kind = kind_at(values["kind"])
    return data.kind_data_page(snapshot, view, kind) if view and kind else None


def _reading(name: str) -> Callable[[Snapshot, Values], Context | None]:
    return lambda snapshot, _: reading.reading_page(snapshot, name)


def _help(snapshot: Snapshot, values: Values) -> Context | None:
    return reading.reading_page(snapshot, f"help/{values['name']}.html")


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
    PageType("glossary", "/glossary.html", "reading.html", _reading("glossary.html")),
    PageType("accessibility", "/accessibility.html", "reading.html", _reading("accessibility.html")),
    PageType("help_index", "/help/index.html", "reading.html", _site(reading.help_index)),
    PageType("help", "/help/<name>.html", "reading.html", _help),
    PageType("area", "/<jurisdiction>/index.html", "area.html", _area(_front)),
    PageType("units", "/<jurisdiction>/units.html", "units.html", _area(browse.units_page)),
    PageType("units_az", "/<jurisdiction>/units-az.html", "units.html", _area(browse.units_az_page)),
    PageType("domains", "/<jurisdiction>/domains.html", "domains.html", _area(browse.domains_page)),
    PageType("domain", "/<jurisdiction>/domains-<domain>.html", "domains.html", _domain),
    PageType("rules", "/<jurisdiction>/rules.html", "rules.html", _area(rules.rules_page)),
    PageType("status", "/<jurisdiction>/status.html", "status.html", _area(status.status_page)),
    PageType("changes", "/<jurisdiction>/changes.html", "changes.html", _area(following.changes_page)),
    PageType(
        "withdrawals",
        "/<jurisdiction>/withdrawals.html",
        "withdrawals.html",
        _area(following.withdrawals_page),
    ),
    PageType(
        "withdrawals_older", "/<jurisdiction>/withdrawals-<page>.html", "withdrawals.html", _withdrawals
    ),
    PageType("open_data", "/<jurisdiction>/data.html", "data.html", _area(data.data_page)),
    PageType("kind_data", "/<jurisdiction>/data-<kind>.html", "data_kind.html", _kind_data),
    PageType("report", "/<jurisdiction>/report.html", "report.html", _area(reporting.report_page)),
    PageType(
        "report_write", "/<jurisdiction>/report/write.html", "report_write.html", _area(reporting.write_page)
    ),
    PageType(
        "report_status",
        "/<jurisdiction>/report/status.html",
        "report_status.html",
        _area(reporting.status_page),
    ),
    PageType(
        "report_check", "/<jurisdiction>/report/check.html", "report_check.html", _area(reporting.check_page)
    ),
    PageType("listing", "/<jurisdiction>/<name>.html", "listing.html", _listing),
    PageType("unit", "/<jurisdiction>/u/<unit>/index.html", "unit.html", _unit),
    PageType("record", "/<jurisdiction>/u/<unit>/<kind>/<name>.html", "record.html", _record),
)
PAGES: dict[str, PageType] = {one.endpoint: one for one in _ALL}
"""Every page type with a template, by endpoint. A unit's lists share the address pattern of its records."""

DATA_RULE = "/<jurisdiction>/u/<unit>/<kind>/<name>.json"
SITE_PAGES = ("home", "about", "sitemap", "search", "missing", "glossary", "accessibility", "help_index")
AREA_PAGES = (
    "area",
    "units",
    "units_az",
    "domains",
    "rules",
    "status",
    "changes",
    "withdrawals",
    "open_data",
    "report",
)

REPORT_PAGES = ("report_write", "report_status", "report_check")  # Where reports are taken over the network.


def _url(endpoint: str, values: dict[str, str]) -> PageUrl:
    return PageUrl(endpoint, values, PAGES[endpoint].path(values))


def site_urls(_snapshot: Snapshot) -> Iterator[PageUrl]:
    """Yield the addresses that are about the whole site."""
    for endpoint in SITE_PAGES:
        yield _url(endpoint, {})
    for _, listed in reading.directory():
        for one in listed:
            yield _url("help", {"name": one.name.removeprefix("help/").removesuffix(".html")})
    yield PageUrl("sitemap_xml", {}, "sitemap.xml")
    yield PageUrl("robots", {}, "robots.txt")


def area_urls(snapshot: Snapshot, view: JurisdictionView) -> Iterator[PageUrl]:
    """Yield the addresses that are about a whole jurisdiction: its own pages, then its lists."""
    place = {"jurisdiction": view.slug}
    for endpoint in AREA_PAGES:
        yield _url(endpoint, place)
    if view.reports:
        for endpoint in REPORT_PAGES:
            yield _url(endpoint, place)
        yield PageUrl("report_keys", place, paths.report_path(view.slug, "keys.json"))
    for name in browse.domain_names(snapshot, view):
        yield _url("domain", {**place, "domain": name})
    yield PageUrl("area_sitemap", place, f"{view.slug}/sitemap.xml")
    yield PageUrl("area_feed", place, paths.feed_path(view.slug))
    yield PageUrl("datapackage", place, paths.data_path(view.slug, data.PACKAGE))
    yield PageUrl("catalog", place, paths.data_path(view.slug, data.CATALOG))
    yield PageUrl("status_data", place, paths.data_path(view.slug, data.STATUS))
    for name in following.withdrawal_pages(snapshot, view):
        if name != "withdrawals":
            yield _url("withdrawals_older", {**place, "page": name.removeprefix("withdrawals-")})
    for kind in public_kinds():
        yield _url("kind_data", {**place, "kind": kind.path})
        yield PageUrl("kind_feed", {**place, "name": kind.path}, paths.feed_path(view.slug, kind.path))
        for name in listings.area_lists(snapshot, view, kind):
            yield _url("listing", {**place, "name": name})


def unit_urls(_: Snapshot, unit: UnitView) -> Iterator[PageUrl]:
    """Yield the addresses of a unit's own pages."""
    place = {"jurisdiction": unit.jurisdiction, "unit": unit.slug}
    yield _url("unit", place)
    yield PageUrl("unit_sitemap", place, f"{unit.jurisdiction}/u/{unit.slug}/sitemap.xml")
    yield PageUrl("unit_feed", place, paths.unit_feed_path(unit))
    yield PageUrl("unit_status", place, paths.unit_status_path(unit))


def kind_urls(snapshot: Snapshot, view: JurisdictionView, unit: UnitView, kind: Kind) -> Iterator[PageUrl]:
    """Yield the addresses of a unit's lists of one kind, of its feed, and of the files with all its records."""
    place = {"jurisdiction": view.slug, "unit": unit.slug, "kind": kind.path}
    lists = listings.unit_lists(snapshot, view, unit, kind)
    for name in lists:
        yield _url("record", {**place, "name": name})
    if lists:
        yield PageUrl("unit_kind_feed", place, paths.unit_feed_path(unit, kind.path))
    if data.holds(snapshot, view, unit, kind):
        for part in data.parts_of(kind):
            table = {"table": part.table} if part.table else {}
            yield PageUrl(part.endpoint, place | table, paths.bulk_path(unit, kind.path, part.name))


def record_urls(one: RecordView) -> Iterator[PageUrl]:
    """Yield the addresses of a record: its page, each version's, and the files of each."""
    place = {"jurisdiction": one.unit.jurisdiction, "unit": one.unit.slug, "kind": one.kind.path}
    folder = paths.record_path(one).rsplit("/", 1)[0]
    for name in (one.slug, *(f"{one.slug}-v{version.number}" for version in one.versions)):
        values = {**place, "name": name}
        # The record's own page is its newest version's.
        twin = f"{folder}/{one.slug}" if name == f"{one.slug}-v{one.latest.number}" else ""
        yield replace(_url("record", values), same_as=twin and f"{twin}.html")
        yield PageUrl("data", values, f"{folder}/{name}.json", same_as=twin and f"{twin}.json")
    for endpoint, name, ending in downloads.files_of(one):
        yield PageUrl(endpoint, {**place, "name": name}, f"{folder}/{name}.{ending}")


def all_urls(snapshot: Snapshot) -> Iterator[PageUrl]:
    """Yield every public address, each once, that of an English twin behind its Chinese page."""
    from portal.site.pages.english import english_url  # It needs to know the pages, as this does its twins.

    for page in _chinese_urls(snapshot):
        yield page
        if twin := english_url(page):
            yield twin


def _chinese_urls(snapshot: Snapshot) -> Iterator[PageUrl]:
    yield from site_urls(snapshot)
    for view in snapshot.jurisdictions:
        yield from area_urls(snapshot, view)
        for unit in view.units:
            yield from unit_urls(snapshot, unit)
            for kind in public_kinds():
                yield from kind_urls(snapshot, view, unit, kind)
            for one in snapshot.records_of(unit):
                yield from record_urls(one)
