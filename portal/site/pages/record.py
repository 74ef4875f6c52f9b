"""A record's page and its data: one version shown, all versions named, nothing hidden."""

from __future__ import annotations

import json

from portal.domain.comparing import changed_cells, show
from portal.domain.documents.base import Document
from portal.domain.documents.declaration import declaration
from portal.domain.documents.regulation import Regulation
from portal.domain.values import show_day
from portal.site.pages import paths
from portal.site.pages.attachments import attachments_of
from portal.site.pages.checks import checks_of
from portal.site.pages.comparing import compare
from portal.site.pages.declared import declared
from portal.site.pages.downloads import downloads_of
from portal.site.pages.kinds import view_of
from portal.site.pages.reporting import report_link
from portal.site.pages.shell import Context, Link, Meta, area_crumbs, sample_band
from portal.site.pages.standings import record_mark
from portal.site.snapshot import SHANGHAI, JurisdictionView, RecordView, Snapshot, Tombstone, VersionView

_TITLE_LENGTH = 24


def wrapper(version: VersionView) -> bytes:
    """Return the JSON that is served: the stored payload untouched inside, never dumped anew.

    A withdrawn version has neither content nor salt: who knows the salt could
    try out what the content was.
    """
    if version.tombstone or version.payload is None or version.salt is None:
        gone = version.tombstone
        return json.dumps(
            {
                "digest": version.digest,
                "version": version.number,
                "withdrawn": {
                    "legal_ground": gone.legal_ground if gone else "",
                    "approver": gone.approver if gone else "",
                    "withdrawn_at": gone.withdrawn_at.strftime("%Y-%m-%dT%H:%M:%SZ") if gone else "",
                    "content_destroyed": version.payload is None,
                },
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
    return b'{"digest":"%b","salt":"%b","content":%b}' % (
        version.digest.encode(),
        version.salt.hex().encode(),
        version.payload,
    )


def record_page(
    snapshot: Snapshot, area: JurisdictionView, record: RecordView, number: int | None
) -> Context | None:
    """Return the page of a record's newest version, or of the version of that number."""
    version = record.latest if number is None else record.version(number)
    if version is None:
        return None
    title = version.readable.title if version.readable else f"{record.kind.label}（已撤回）"
    short = title if len(title) <= _TITLE_LENGTH else f"{title[:_TITLE_LENGTH]}…"
    meta = Meta(
        path=paths.record_path(record, number),
        title=title if version is record.latest else f"{title}（第 {version.number} 版）",
        description=_description(record, version),
        crumbs=area_crumbs(
            area,
            Link(record.unit.name, paths.unit_path(record.unit)),
            Link(record.kind.label, paths.unit_list_path(record.unit, record.kind.path)),
            Link(short),
        ),
        nav=record.kind.code,
        jurisdiction=area,
        sample=sample_band(record.unit),
        column=record.kind.label,
        published=version.published_on,
        source=version.unit_name,
    )
    context: Context = {
        "meta": meta,
        "record": record,
        "version": version,
        "title": title,
        "newest": version is record.latest,
        "versions": tuple(reversed(record.versions)),
        "digest_groups": [version.digest[place : place + 8] for place in range(0, len(version.digest), 8)],
        "permalink": paths.record_path(record, version.number),
        # The newest version lies at two addresses; the one without a number is the one to be found.
        "canonical": record.path if version is record.latest else meta.path,
        "published_at": version.published_at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M"),
        "keywords": (version.unit_name, record.kind.label, *_tags(version)),
        "feeds": _feeds(area, record),
        "downloads": tuple(downloads_of(record, version, len(wrapper(version)))),
        "report": report_link(area),
        "channels": area.regime.report_channels,
    }
    document = version.readable
    if document is None:
        return {**context, "templates": ("tombstone.html",), **_gone(snapshot, version.tombstone)}
    before = next((one for one in record.versions if one.number == version.number - 1), None)
    earlier = before.readable if before else None
    return {
        **context,
        "templates": (f"kinds/{record.kind.code}.html", "kinds/generic.html"),
        "tombstone": None,
        "doc": document,
        "attachments": attachments_of(snapshot, record, document),
        "checks": checks_of(snapshot, area, record, version.number),
        "standing": record_mark(snapshot, area, record),
        "before": before,
        "changes": compare(earlier, document) if earlier else None,
        "changed": changed_cells(earlier, document)
        if earlier and not isinstance(document, Regulation)
        else {},
        "directory": directory(record, version, document),
        **_body(snapshot, area, record, document),
    }


def _body(snapshot: Snapshot, area: JurisdictionView, record: RecordView, document: Document) -> Context:
    """Return what the kind's template draws, and as `rest` whatever it leaves out."""
    view = view_of(record.kind.code)
    if view is None:
        return {"declared": declared(document), "rest": None}
    context = view(snapshot, area, record, document)
    return {**context, "rest": declared(document, shown=context["shown"])}


def _gone(snapshot: Snapshot, tombstone: Tombstone | None) -> Context:
    """Return what is said of a withdrawal; it is to be looked at again on its day of review."""
    again = tombstone.review_on if tombstone else None
    return {"tombstone": tombstone, "review_due": again is not None and again < snapshot.today}


def _description(record: RecordView, version: VersionView) -> str:
    document = version.readable
    if document is None:
        return f"{version.unit_name}的一件{record.kind.label}已依法撤回。"
    text = " ".join((document.abstract or "").split())
    return (
        text[:110]
        or f"{version.unit_name}{show_day(version.published_on)}公开的{record.kind.label}：{document.title}。"
    )


def directory(record: RecordView, version: VersionView, document: Document) -> list[tuple[str, str]]:
    """Return the directory elements (政府信息公开目录要素).

    The ones that every entry of a directory has are there also where they are not
    filled; the others only where they are. 概述 stands at the head of the page.
    """
    rows: list[tuple[str, str]] = [("索引号", record.index_no), ("发布机构", version.unit_name)]
    rows += _filled(document, ("doc_no",)) or [("文号", "无")]
    rows += _filled(document, ("issued_on",)) or [("成文日期", "未填")]
    rows.append(("发布日期", show_day(version.published_on)))
    rows += _filled(document, ("validity",))
    rows.append(("概述", "见“内容概述”" if document.abstract else "未填"))
    rows += _filled(
        document,
        (
            "openness",
            "openness_basis",
            "legal_basis",
            "theme",
            "genre",
            "formed_on",
            "release_reviewer",
            "release_reviewed_on",
            "secrecy_reviewer",
            "personal_data_basis",
        ),
    )
    return rows


def _feeds(area: JurisdictionView, record: RecordView) -> tuple[Link, ...]:
    """Return the feeds in which a reader hears of the record's changes, the nearest first."""
    unit, kind = record.unit, record.kind
    return (
        Link(f"{unit.name}的更新", paths.unit_feed_path(unit)),
        Link(f"{area.regime.short}{kind.label}的更新", paths.feed_path(area.slug, kind.path)),
        Link(f"{area.regime.short}全部更新", paths.feed_path(area.slug)),
    )


def _tags(version: VersionView) -> list[str]:
    """Return what else the page may be looked up by."""
    document = version.readable
    found = (getattr(document, name, None) for name in ("domain", "theme", "doc_no"))
    return [one for one in found if isinstance(one, str) and one]


def _filled(document: Document, names: tuple[str, ...]) -> list[tuple[str, str]]:
    said = declaration(type(document))
    found = []
    for name in names:
        field = said.field(name)
        if text := show(field, getattr(document, name)):
            found.append((field.about.label, text))
    return found
