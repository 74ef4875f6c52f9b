"""Where each page lies: flat, server-made ASCII paths without a leading slash."""

from __future__ import annotations

from portal.site.snapshot import RecordView, UnitView

HOME = "index.html"
ABOUT = "about.html"
SITEMAP = "sitemap.html"
SEARCH = "search.html"


def jurisdiction_path(jurisdiction: str, page: str = "index") -> str:
    """Return one of a jurisdiction's pages: index, units, domains, rules, status or a list."""
    return f"{jurisdiction}/{page}.html"


def unit_path(unit: UnitView) -> str:
    """Return a unit's page."""
    return f"{unit.jurisdiction}/u/{unit.slug}/index.html"


def unit_list_path(unit: UnitView, kind_path: str, page: str = "index") -> str:
    """Return the list of a unit's records of one kind."""
    return f"{unit.jurisdiction}/u/{unit.slug}/{kind_path}/{page}.html"


def record_path(record: RecordView, number: int | None = None, *, ending: str = "html") -> str:
    """Return a record's page (its newest version), or the lasting address of one of its versions."""
    version = f"-v{number}" if number else ""
    return (
        f"{record.unit.jurisdiction}/u/{record.unit.slug}/{record.kind.path}/{record.slug}{version}.{ending}"
    )


def up(path: str) -> str:
    """Return what leads from a page back to the site's top: nothing, or some "../"."""
    return "../" * path.count("/")
