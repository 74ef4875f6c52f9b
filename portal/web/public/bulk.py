"""The files that hold a unit's records of one kind, and what describes those of a jurisdiction.

The pages know records, the open formats know editions: only here both are seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from portal.domain.documents.base import Document, Kind, kinds
from portal.domain.documents.tender import Tender
from portal.exchange.bulk import BulkTable, bulk_tables, header_of, ndjson_of, rows_of
from portal.exchange.catalog import catalog
from portal.exchange.datapackage import KindFiles, License, Package, Parts, datapackage
from portal.exchange.dictionary import DictionaryRow, dictionary
from portal.exchange.editions import Edition
from portal.exchange.ocds import record_lines
from portal.site.pages import data, paths
from portal.site.pages.record import wrapper
from portal.site.pages.shell import Context, kind_at
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView
from portal.web.public.editions import edition_of, place_of, project_of

Values = Mapping[str, str]
CSV_TYPE = "text/csv; charset=utf-8; header=present"
NDJSON_TYPE = "application/x-ndjson; charset=utf-8"
# Nothing is licensed that the law has not: this says how public information is used, not more.
TERMS = License("政府信息公开内容，使用时注明来源（系统默认）", "data.html#terms")


def records_csv(snapshot: Snapshot, values: Values, base_url: str | None) -> bytes | None:
    """Return all of a unit's records of one kind, or the rows of one of their tables."""
    found = _place(snapshot, values)
    if found is None:
        return None
    view, unit, kind = found
    table = _table(kinds()[kind.code], f"{kind.path}-{values['table']}" if "table" in values else kind.path)
    editions = _editions(snapshot, view, unit, kind, base_url)
    return header_of(table) + b"".join(rows_of(table, editions)) if table and editions else None


def records_ndjson(snapshot: Snapshot, values: Values, _: str | None) -> bytes | None:
    """Return the JSON files of a unit's records of one kind, one a line."""
    found = _place(snapshot, values)
    if found is None:
        return None
    versions = [one.current for one in snapshot.records_of(found[1], found[2].code)]
    return b"".join(ndjson_of(wrapper(one) for one in versions if one)) or None


def tenders_ocds(snapshot: Snapshot, values: Values, base_url: str | None) -> bytes | None:
    """Return a unit's projects as OCDS record packages, one a line."""
    found = _place(snapshot, values)
    if found is None or found[2].code != Tender.kind.code:
        return None
    view, unit, kind = found
    records = [one for one in snapshot.records_of(unit, kind.code) if one.current]
    lines = record_lines((project_of(one, base_url) for one in records), place_of(view, base_url))
    return b"".join(line.rstrip(b"\n") + b"\n" for line in lines) or None


def package_json(snapshot: Snapshot, values: Values, base_url: str | None) -> bytes | None:
    """Return the description of a jurisdiction's files as a data package."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    return datapackage(_package(snapshot, view, base_url)) if view else None


def catalog_jsonld(snapshot: Snapshot, values: Values, base_url: str | None) -> bytes | None:
    """Return the description of a jurisdiction's files for open data portals."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    if view is None:
        return None
    return catalog(_package(snapshot, view, base_url), base_url=f"{base_url}/{view.slug}" if base_url else "")


def with_dictionary(context: Context) -> Context:
    """Return the page of a kind's data together with the dictionary of its fields, table by table."""
    kind: Kind = context["kind"]
    return {**context, "fields": _fields(kinds()[kind.code])}


@cache
def _fields(model: type[Document]) -> tuple[tuple[str, str, tuple[DictionaryRow, ...]], ...]:
    """Return the title of each table (first: the record's own fields), its file, and its fields."""
    rows = dictionary(model)
    return tuple(
        (
            one.table.about.label if one.table else "基本情况",
            one.name.replace(model.kind.path, "data", 1) + ".csv",
            tuple(row for row in rows if row.file == one.name),
        )
        for one in bulk_tables(model)
    )


def _place(snapshot: Snapshot, values: Values) -> tuple[JurisdictionView, UnitView, Kind] | None:
    view = snapshot.jurisdiction(values["jurisdiction"])
    unit = snapshot.unit(values["jurisdiction"], values["unit"])
    kind = kind_at(values["kind"])
    return (view, unit, kind) if view and unit and kind else None


def _table(model: type[Document], name: str) -> BulkTable | None:
    return next((one for one in bulk_tables(model) if one.name == name), None)


def _editions(
    snapshot: Snapshot, view: JurisdictionView, unit: UnitView, kind: Kind, base_url: str | None
) -> list[Edition]:
    """Return the versions in force; prepared once for all files of a kind."""
    key = ("editions", unit.id, kind.code, base_url)
    if key not in snapshot.derived:
        records = snapshot.records_of(unit, kind.code)
        shown = (edition_of(view, one, one.current, base_url) for one in records if one.current)
        snapshot.derived[key] = [one for one in shown if one]
    found: list[Edition] = snapshot.derived[key]
    return found


def _package(snapshot: Snapshot, view: JurisdictionView, base_url: str | None) -> Package:
    held = data.holdings(snapshot, view)
    return Package(
        slug=view.slug,
        area_name=view.regime.name,
        publisher=view.regime.name,
        created=None,
        kinds=[
            _files(view, kind, [unit for unit, _ in held[kind.code]])
            for kind in (model.kind for model in kinds().values())
            if held[kind.code]
        ],
        license=TERMS,
        homepage=f"{base_url}/{paths.jurisdiction_path(view.slug)}" if base_url else "",
        sample=bool(view.units) and all(unit.sample for unit in view.units),
    )


def _files(view: JurisdictionView, kind: Kind, units: list[UnitView]) -> KindFiles:
    model = kinds()[kind.code]

    def parts(name: str) -> Parts:
        return Parts(
            tuple(paths.bulk_path(one, kind.path, name).removeprefix(f"{view.slug}/") for one in units)
        )

    return KindFiles(
        model,
        {one.name: parts(one.name.replace(kind.path, "data", 1) + ".csv") for one in bulk_tables(model)},
        parts(data.NDJSON),
        page=f"data-{kind.path}.html",
    )
