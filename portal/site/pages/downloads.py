"""Which files a version can be had as: their addresses, media types, and the names under which they are saved.

A withdrawn version has none but its JSON, which says no more than that it was withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from portal.domain.documents.tender import Tender
from portal.site.pages import paths
from portal.site.views import RecordView, VersionView

CSV, XLSX, OCDS = "csv", "xlsx", "ocds.json"
ENDPOINTS = {CSV: "csv", XLSX: "xlsx", OCDS: "ocds"}
PER_VERSION = frozenset({"data", "csv", "xlsx"})  # Made from one version alone; OCDS tells of the others too.


@dataclass(frozen=True)
class Format:
    """One format: its ending in addresses, its media type, what a reader knows it as and uses it for."""

    ending: str
    media_type: str
    label: str
    purpose: str


_JSON = Format("json", "application/json", "数据（JSON）", "供核对和程序读取")
_TABLES = (
    Format(
        XLSX,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "表格（XLSX）",
        "供表格软件打开",
    ),
    Format(CSV, "text/csv", "表格（CSV）", "供程序和表格软件读取"),
)
_GONE = Format("json", "application/json", "撤回记录（JSON）", "依据、日期和内容指纹")
_RELEASE = Format(OCDS, "application/json", "采购数据（OCDS）", "开放招标数据标准，本版")
_RECORD = Format(OCDS, "application/json", "采购数据（OCDS）", "开放招标数据标准，全部版本")


@dataclass(frozen=True)
class Download:
    """One file of a record. `size` is blank where only making the file would tell."""

    format: Format
    path: str
    name: str
    size: str = ""


def version_endings(record: RecordView, version: VersionView) -> tuple[str, ...]:
    """Return the endings of a version's files beside its JSON; none where it cannot be read."""
    if version.readable is None:
        return ()
    return (CSV, XLSX, OCDS) if _is_tender(record) else (CSV, XLSX)


def record_endings(record: RecordView) -> tuple[str, ...]:
    """Return the endings of the files that tell all of a record's readable versions."""
    return (OCDS,) if _is_tender(record) and any(one.readable for one in record.versions) else ()


def files_of(record: RecordView) -> Iterator[tuple[str, str, str]]:
    """Yield endpoint, name in the address and ending of every file of a record beside its JSON."""
    for ending in record_endings(record):
        yield ENDPOINTS[ending], record.slug, ending
    for version in record.versions:
        for ending in version_endings(record, version):
            yield ENDPOINTS[ending], f"{record.slug}-v{version.number}", ending


def downloads_of(record: RecordView, version: VersionView, json_bytes: int) -> Iterator[Download]:
    """Yield the files that a version's page offers, the one that proves it first."""
    base = file_name(record)
    mine = f"{base}-v{version.number}"
    plain = _JSON if version.readable else _GONE
    path = paths.record_path(record, version.number, ending=plain.ending)
    yield Download(plain, path, f"{mine}.{plain.ending}", file_size(json_bytes))
    endings = version_endings(record, version)
    for one in _TABLES:
        if one.ending in endings:
            yield Download(
                one, paths.record_path(record, version.number, ending=one.ending), f"{mine}.{one.ending}"
            )
    if OCDS in endings:
        yield Download(_RELEASE, paths.record_path(record, version.number, ending=OCDS), f"{mine}.{OCDS}")
    if OCDS in record_endings(record):
        yield Download(_RECORD, paths.record_path(record, ending=OCDS), f"{base}.{OCDS}")


def file_name(record: RecordView) -> str:
    """Return the name under which a record's files are saved, without ending: its index number (索引号)."""
    return record.index_no.replace("/", "-")


def file_size(count: int) -> str:
    """Return a size as a reader knows it."""
    return (
        f"{count} B"
        if count < 1000
        else f"{count / 1000:.1f} KB"
        if count < 10_000
        else f"{count // 1000} KB"
    )


def _is_tender(record: RecordView) -> bool:
    return record.kind.code == Tender.kind.code
