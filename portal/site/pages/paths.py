"""Where each page lies: flat, server-made ASCII paths without a leading slash."""

from __future__ import annotations

import re

from portal.domain.documents.attachment import Attachment
from portal.domain.documents.base import Kind
from portal.domain.regime_sections import RestrictedDomain
from portal.site.snapshot import RecordView, UnitView

HOME = "index.html"
ABOUT = "about.html"
SITEMAP = "sitemap.html"
SEARCH = "search.html"

# Pages and folders of a jurisdiction, and of a unit, whose names no kind may take for its own.
RESERVED = frozenset(
    {
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
        "feed",
        "sitemap",
        "u",
        "files",
    }
)
_KIND_PATH = re.compile(r"[a-z]+(-[a-z]+)*")


def check_kind_path(kind: Kind) -> None:
    """Refuse a kind whose pages would take the place of others; numbers are kept for years and pages of lists."""
    if kind.path in RESERVED or kind.path.startswith(("data-", "domains-")):
        raise ValueError(
            f"公开类别“{kind.label}”（{kind.code}）的网址名“{kind.path}”是网站固定页面的名字。"
            "请在该类别的声明中换一个 path。"
        )
    if not _KIND_PATH.fullmatch(kind.path):
        raise ValueError(
            f"公开类别“{kind.label}”（{kind.code}）的网址名“{kind.path}”不合规则，只能用小写字母，可用连字符连接。"
            "请在该类别的声明中改正 path。"
        )


def jurisdiction_path(jurisdiction: str, page: str = "index") -> str:
    """Return one of a jurisdiction's pages: index, units, domains, rules, status or a list."""
    return f"{jurisdiction}/{page}.html"


def domain_name(domain: RestrictedDomain) -> str:
    """Return what stands in the address of a restricted domain's page."""
    return domain.code.replace("_", "-")


def domain_path(jurisdiction: str, domain: RestrictedDomain) -> str:
    """Return the page of who holds one restricted domain in every unit."""
    return jurisdiction_path(jurisdiction, f"domains-{domain_name(domain)}")


def report_path(jurisdiction: str, name: str) -> str:
    """Return one of the pages and files that exist where reports are taken over the network."""
    return f"{jurisdiction}/report/{name}"


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


def file_path(unit: UnitView, attachment: Attachment) -> str:
    """Return an attached file: its address says its SHA-256, so that a file never changes under its address."""
    return f"{unit.jurisdiction}/u/{unit.slug}/files/{attachment.path_name}"


def data_path(jurisdiction: str, name: str) -> str:
    """Return one of the files that describe a jurisdiction's data."""
    return f"{jurisdiction}/{name}"


def unit_status_path(unit: UnitView) -> str:
    """Return where the data on a unit's standing is."""
    return f"{unit.jurisdiction}/u/{unit.slug}/status.json"


def feed_path(jurisdiction: str, kind_path: str = "feed") -> str:
    """Return a jurisdiction's feed: of all its changes, or of one kind."""
    return f"{jurisdiction}/{kind_path}.xml"


def unit_feed_path(unit: UnitView, kind_path: str = "") -> str:
    """Return a unit's feed: of all its changes, or of one kind."""
    return f"{unit.jurisdiction}/u/{unit.slug}/{kind_path}{'/' if kind_path else ''}feed.xml"


def bulk_path(unit: UnitView, kind_path: str, name: str) -> str:
    """Return one of the files that hold all of a unit's records of one kind."""
    return f"{unit.jurisdiction}/u/{unit.slug}/{kind_path}/{name}"


def up(path: str) -> str:
    """Return what leads from a page back to the site's top: nothing, or some "../"."""
    return "../" * path.count("/")
