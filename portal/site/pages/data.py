"""数据下载: what can be taken away as a whole, where its files lie, and what each field means.

All of a unit's records of one kind lie beside them as files of their own, so
that a publication rewrites its unit's files only. Only what is in force is in
them; a unit without any such record of a kind has no such files.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from portal.domain.documents.base import Kind, kinds
from portal.domain.documents.declaration import declaration
from portal.domain.documents.tender import Tender
from portal.site.pages import paths
from portal.site.pages.shell import Context, Link, Meta, area_band, area_crumbs, area_meta, public_kinds
from portal.site.pages.summary import summaries_of, summary_of
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView

NDJSON, CSV, OCDS = "data.ndjson", "data.csv", "data.ocds.ndjson"
PACKAGE, CATALOG, STATUS = "datapackage.json", "catalog.jsonld", "status.json"


@dataclass(frozen=True)
class Part:
    """One file that holds all of a unit's records of a kind: its name, what it is, and whose table (blank: none's)."""

    name: str
    label: str
    format: str
    table: str = ""

    @property
    def endpoint(self) -> str:
        """The endpoint that makes it."""
        return {NDJSON: "bulk_ndjson", OCDS: "bulk_ocds", CSV: "bulk_csv"}.get(self.name, "bulk_table")


@cache
def parts_of(kind: Kind) -> tuple[Part, ...]:
    """Return the files of a kind: all records as tables and as data, then each table; for tenders by OCDS too."""
    model = kinds()[kind.code]
    found = [Part(CSV, "全部记录", "CSV"), Part(NDJSON, "全部记录，含各表", "NDJSON")]
    if model is Tender:
        found.append(Part(OCDS, "全部项目，按开放招标数据标准", "OCDS"))
    return (
        *found,
        *(
            Part(f"data-{name}.csv", one.about.label, "CSV", name)
            for one in declaration(model).tables
            for name in (one.name.replace("_", "-"),)
        ),
    )


def holds(snapshot: Snapshot, view: JurisdictionView, unit: UnitView, kind: Kind) -> bool:
    """Tell whether a unit's records of one kind are had as files: whether any is in force."""
    return kind.code in summary_of(snapshot, view, unit).held


def holdings(snapshot: Snapshot, view: JurisdictionView) -> Mapping[str, list[tuple[UnitView, int]]]:
    """Return by kind which units have records in force, and how many. Worked out once a snapshot."""
    key = ("holdings", view.slug)
    if key not in snapshot.derived:
        found: dict[str, list[tuple[UnitView, int]]] = {one.code: [] for one in public_kinds()}
        for summary in summaries_of(snapshot, view):
            for code, count in summary.held.items():
                found[code].append((summary.unit, count))
        snapshot.derived[key] = found
    result: dict[str, list[tuple[UnitView, int]]] = snapshot.derived[key]
    return result


def data_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """数据下载: every kind with its counts, the descriptions for programs, the terms, how to check and to mirror."""
    held = holdings(snapshot, view)
    return {
        "meta": area_meta(
            view,
            "data",
            f"{view.regime.short}数据下载",
            f"{view.regime.name}全部公开内容的数据文件、字段说明、使用说明和核对方法。",
            label="数据下载",
            nav="",
        ),
        "kinds": [
            (kind, len(held[kind.code]), sum(count for _, count in held[kind.code]))
            for kind in public_kinds()
        ],
        "total": sum(count for found in held.values() for _, count in found),
        "package": paths.data_path(view.slug, PACKAGE),
        "catalog": paths.data_path(view.slug, CATALOG),
        "status_data": paths.data_path(view.slug, STATUS),
        "feed": paths.feed_path(view.slug),
    }


def kind_data_page(snapshot: Snapshot, view: JurisdictionView, kind: Kind) -> Context:
    """Return the page of one kind's files, unit by unit; the web adds the dictionary of its fields."""
    name = f"data-{kind.path}"
    listed = holdings(snapshot, view)[kind.code]
    files = parts_of(kind)
    return {
        "meta": Meta(
            path=paths.jurisdiction_path(view.slug, name),
            title=f"{view.regime.short}{kind.label}：数据和字段说明",
            description=f"{view.regime.name}{kind.label}的数据文件，一个单位一份；每个字段的含义、写法和依据。",
            crumbs=area_crumbs(
                view, Link("数据下载", paths.jurisdiction_path(view.slug, "data")), Link(kind.label)
            ),
            jurisdiction=view,
            sample=area_band(view),
            column="数据下载",
        ),
        "kind": kind,
        "units": listed,
        "whole": [one for one in files if not one.table],
        "tables": [one for one in files if one.table],
        "files": lambda unit: unit_files(unit, kind),
        "total": sum(count for _, count in listed),
    }


def unit_files(unit: UnitView, kind: Kind) -> Iterator[tuple[Part, str, str]]:
    """Yield each file of a unit's records of a kind: its path, and the name under which it is saved."""
    for one in parts_of(kind):
        saved = one.name.replace("data", f"{unit.slug}-{kind.path}", 1)
        yield one, paths.bulk_path(unit, kind.path, one.name), saved
