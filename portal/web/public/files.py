"""What the public site serves beside pages: data, feeds, site maps. Each is a pure function of snapshot and address."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from portal.exchange.workbook import XLSX_TYPE
from portal.site import pages
from portal.site.pages import reporting, sitemaps, status_data
from portal.site.pages.downloads import CSV, ENDPOINTS, OCDS, XLSX
from portal.site.snapshot import Snapshot
from portal.web.public import bulk, editions, feeds

Values = Mapping[str, str]
Content = Callable[[Snapshot, Values, str | None], bytes | str | None]
XML = "application/xml; charset=utf-8"
JSON = "application/json"
_NAMED = pages.DATA_RULE.removesuffix("json")


@dataclass(frozen=True)
class FileType:
    """One sort of file: its address pattern (as Flask writes it), its media type, its content (None: there is none)."""

    endpoint: str
    rule: str
    content_type: str
    content: Content


def _robots(_: Snapshot, __: Values, base_url: str | None) -> str:
    where = f"\nSitemap: {base_url}/sitemap.xml" if base_url else ""
    return f"User-agent: *\nAllow: /{where}\n"


_KIND = "/<jurisdiction>/u/<unit>/<kind>/"
FILES: tuple[FileType, ...] = (
    FileType("robots", "/robots.txt", "text/plain; charset=utf-8", _robots),
    FileType("sitemap_xml", "/sitemap.xml", XML, lambda now, _, base: sitemaps.site_map(now, base)),
    FileType("area_sitemap", "/<jurisdiction>/sitemap.xml", XML, sitemaps.area_map),
    FileType("unit_sitemap", "/<jurisdiction>/u/<unit>/sitemap.xml", XML, sitemaps.unit_map),
    FileType("area_feed", "/<jurisdiction>/feed.xml", feeds.CONTENT_TYPE, feeds.area_feed),
    FileType("kind_feed", "/<jurisdiction>/<name>.xml", feeds.CONTENT_TYPE, feeds.area_feed),
    FileType("unit_feed", "/<jurisdiction>/u/<unit>/feed.xml", feeds.CONTENT_TYPE, feeds.unit_feed),
    FileType("unit_kind_feed", f"{_KIND}feed.xml", feeds.CONTENT_TYPE, feeds.unit_feed),
    FileType(
        "report_keys",
        "/<jurisdiction>/report/keys.json",
        JSON,
        lambda now, values, _: reporting.key_list(now, values),
    ),
    FileType("datapackage", "/<jurisdiction>/datapackage.json", JSON, bulk.package_json),
    FileType("catalog", "/<jurisdiction>/catalog.jsonld", "application/ld+json", bulk.catalog_jsonld),
    FileType(
        "status_data",
        "/<jurisdiction>/status.json",
        JSON,
        lambda now, values, _: status_data.area_status(now, values),
    ),
    FileType(
        "unit_status",
        "/<jurisdiction>/u/<unit>/status.json",
        JSON,
        lambda now, values, _: status_data.unit_status(now, values),
    ),
    FileType("bulk_csv", f"{_KIND}data.csv", bulk.CSV_TYPE, bulk.records_csv),
    FileType("bulk_table", f"{_KIND}data-<table>.csv", bulk.CSV_TYPE, bulk.records_csv),
    FileType("bulk_ndjson", f"{_KIND}data.ndjson", bulk.NDJSON_TYPE, bulk.records_ndjson),
    FileType("bulk_ocds", f"{_KIND}data.ocds.ndjson", bulk.NDJSON_TYPE, bulk.tenders_ocds),
    # Before the plain JSON, whose pattern these addresses would meet as well.
    FileType(ENDPOINTS[OCDS], f"{_NAMED}{OCDS}", JSON, editions.ocds_of),
    FileType(ENDPOINTS[CSV], f"{_NAMED}{CSV}", "text/csv; charset=utf-8", editions.csv_of),
    FileType(ENDPOINTS[XLSX], f"{_NAMED}{XLSX}", XLSX_TYPE, editions.xlsx_of),
    FileType("data", pages.DATA_RULE, JSON, lambda now, values, _: pages.data_of(now, values)),
)
