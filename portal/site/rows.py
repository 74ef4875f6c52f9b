"""Reads the database's rows into views, believing nothing that a row's own payload does not say too."""

from __future__ import annotations

import re
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import replace

from portal.domain.canonical import fingerprint, read_publication
from portal.domain.documents.base import Audience, Document, kinds
from portal.domain.fates import UnitStep
from portal.domain.rules.remembering import Memory
from portal.site.views import SHANGHAI, RecordView, Tombstone, UnitView, VersionView
from portal.store import tables
from portal.store.public import VersionRow

Parsed = MutableMapping[tuple[object, ...], VersionView]
"""Versions that were read before, by everything that their reading rests on; a long-running process keeps them."""


def check_slug(slug: str) -> None:
    """Refuse an address that is not plain server-made ASCII."""
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z-]{0,59}", slug):
        raise ValueError("网址代码不合规则")


def unit_view(row: tables.Unit, jurisdiction: str, history: Sequence[UnitStep] = ()) -> UnitView:
    """Return the public picture of a unit's row."""
    return UnitView(
        id=row.id,
        slug=row.slug,
        name=row.name,
        short=row.short or row.name,
        type=row.type,
        uscc=row.uscc,
        jurisdiction=jurisdiction,
        position=row.position,
        sample=row.sample,
        founded_on=row.founded_on,
        abolished_on=row.abolished_on,
        created_on=row.created_at.astimezone(SHANGHAI).date(),
        history=tuple(history),
    )


def read_records(
    rows: Iterable[VersionRow], unit: UnitView, *, parsed: Parsed | None = None
) -> tuple[list[RecordView], list[str]]:
    """Group a unit's version rows into records. A row that cannot be read is left out and named, never fatal."""
    models = kinds()
    found: dict[int, list[VersionView]] = {}
    heads: dict[int, VersionRow] = {}
    faults: list[str] = []
    for row in rows:
        try:
            check_slug(row.slug)
            view = _version_view(row, unit, models[row.kind], parsed)
        except Exception as wrong:  # Whatever is stored in one row, the others are read.
            known = {KeyError: "类别或单位不存在", RecursionError: "内容嵌套过深"}
            cause = known.get(type(wrong)) or str(wrong).partition("\n")[0] or type(wrong).__name__
            faults.append(
                f"索引号 {row.index_no} 第 {row.number} 版无法读取（{cause}），其页面未生成。请核对数据库并从备份恢复。"
            )
            continue
        heads.setdefault(row.record_id, row)
        found.setdefault(row.record_id, []).append(view)
    records = [
        RecordView(number, unit, models[head.kind].kind, head.slug, head.index_no, tuple(found[number]))
        for number, head in heads.items()
    ]
    return records, faults


def _version_view(
    row: VersionRow, unit: UnitView, model: type[Document], parsed: Parsed | None
) -> VersionView:
    if row.payload is None or row.salt is None:
        if row.withdrawn_at is None:
            raise ValueError("内容缺失，且没有撤回记录")
        return _with_tombstone(_bare(row, unit.name), row)
    if fingerprint(row.salt, row.payload) != row.digest:
        raise ValueError("内容与指纹不一致")
    published = row.published_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    # Everything that the reading is held against: the same key has been found right before.
    key = (row.version_id, row.digest, row.reason, row.published_by, unit.jurisdiction, unit.slug, row.kind,
           row.index_no, row.number, published)  # fmt: skip
    view = parsed.get(key) if parsed is not None else None
    if view is None:
        view = _read(row, unit, model, published)
        if parsed is not None:
            view = parsed[key] = replace(view, memory=Memory())
    return _with_tombstone(view, row)


def _read(row: VersionRow, unit: UnitView, model: type[Document], published: str) -> VersionView:
    """Read one row, believing nothing that its own payload does not say too."""
    head, document = read_publication(row.payload or b"")
    said = (head["jurisdiction"], head["unit"]["id"], head["index_no"], head["version"], head["published_at"],
            document.audience)  # fmt: skip
    kept = (unit.jurisdiction, unit.slug, row.index_no, row.number, published, Audience.PUBLIC)
    if said != kept or not isinstance(document, model):
        raise ValueError("数据库中的登记与内容自身的记载不一致")
    return replace(_bare(row, head["unit"]["name"]), document=document)


def _bare(row: VersionRow, unit_name: str) -> VersionView:
    return VersionView(
        id=row.version_id,
        number=row.number,
        document=None,
        payload=row.payload,
        salt=row.salt,
        digest=row.digest,
        reason=row.reason,
        published_by=row.published_by,
        published_at=row.published_at,
        unit_name=unit_name,
        tombstone=None,
    )


def _with_tombstone(view: VersionView, row: VersionRow) -> VersionView:
    if row.withdrawn_at is None:
        return view
    return replace(
        view,
        tombstone=Tombstone(
            row.legal_ground or "",
            row.withdrawal_reason or "",
            row.approver or "",
            row.payload is None,
            row.review_on,
            row.withdrawn_at,
        ),
    )


def forget(parsed: Parsed, keep: int, recent: Sequence[int] = ()) -> None:
    """Drop the versions read longest ago beyond `keep`, and every version whose number is in `recent`."""
    gone = set(recent)
    for key in [one for one in parsed if one[0] in gone]:
        del parsed[key]
    for key in list(parsed)[: max(len(parsed) - keep, 0)]:
        del parsed[key]
