"""A jurisdiction's own pages: its front, its units, who holds what, its rules; and a unit's page."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.domain.documents.delegation import Assignment, Chief, DelegationPlan
from portal.domain.regimes import RestrictedDomain
from portal.domain.values import show_day
from portal.site.pages import paths
from portal.site.pages.checks import breaches_of
from portal.site.pages.kinds.delegation import held
from portal.site.pages.shell import (
    TYPE_LABELS,
    Context,
    Link,
    Meta,
    area_band,
    area_crumbs,
    area_meta,
    newest,
    public_kinds,
    sample_band,
    type_label,
)
from portal.site.pages.status import board, groups_of, index_for, newest_due, plan_order, scored
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

COUNTS = "零一二三四五六七八九十"


def current_plan(snapshot: Snapshot, unit: UnitView) -> tuple[RecordView, DelegationPlan] | None:
    """Return the unit's delegation plan in force: the newest that has begun, else the newest."""
    key = ("plan", unit.id)
    if key not in snapshot.derived:
        plans = [
            one for one in snapshot.records_of(unit, "delegation") if isinstance(one.document, DelegationPlan)
        ]
        plans.sort(key=plan_order)
        begun = [one for one in plans if plan_order(one)[0] <= snapshot.today.isoformat()]
        best = (begun or plans)[-1] if plans else None
        snapshot.derived[key] = (best, best.document) if best else None
    found: tuple[RecordView, DelegationPlan] | None = snapshot.derived[key]
    return found


@dataclass(frozen=True)
class DomainCell:
    """Who holds one domain in one unit; `breach` when it is the chief."""

    holders: tuple[Assignment, ...]
    breach: bool = False


@dataclass(frozen=True)
class DomainRow:
    """One unit's row of 谁分管什么."""

    unit: UnitView
    record: RecordView | None
    chiefs: tuple[Chief, ...]
    cells: tuple[DomainCell, ...]


def domain_rows(snapshot: Snapshot, view: JurisdictionView) -> tuple[list[RestrictedDomain], list[DomainRow]]:
    """Return the restricted domains of today and every unit's row, in roster order."""
    key = ("domains", view.slug)
    if key not in snapshot.derived:
        restricted = list(view.regime.domains_on(snapshot.today))
        rows = []
        for unit in view.units:
            found = current_plan(snapshot, unit)
            if found is None:
                rows.append(DomainRow(unit, None, (), ()))
                continue
            record, plan = found
            chiefs = {one.name for one in plan.chiefs}
            cells = []
            for domain in restricted:
                holders = tuple(held(plan, domain))
                cells.append(DomainCell(holders, any(one.deputy in chiefs for one in holders)))
            rows.append(DomainRow(unit, record, plan.chiefs, tuple(cells)))
        snapshot.derived[key] = restricted, rows
    result: tuple[list[RestrictedDomain], list[DomainRow]] = snapshot.derived[key]
    return result


def how_many(count: int) -> str:
    """Return a small number in characters."""
    return COUNTS[count] if count < len(COUNTS) else str(count)


def area_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """Return the front page of a jurisdiction."""
    restricted, rows = domain_rows(snapshot, view)
    records = snapshot.records_in(view.slug)
    plans = [row for row in rows if row.record]
    with_bands = [row for row in plans if row.record and getattr(row.record.document, "bands", None)]
    ruled = {one.unit.id for one in snapshot.records_in(view.slug, "regulation") if one.current}
    due = newest_due(snapshot, view)
    return {
        "meta": Meta(
            path=paths.jurisdiction_path(view.slug),
            title=f"{view.regime.name}权力公开",
            description=view.regime.summary,
            crumbs=(Link("首页", paths.HOME), Link(view.regime.short)),
            nav="home",
            jurisdiction=view,
            sample=area_band(view),
            column="首页",
        ),
        "heading": f"{how_many(len(restricted))}项权力" if restricted else "权力",
        "domains": [
            (domain, sum(bool(row.cells and row.cells[place].holders) for row in rows), len(rows))
            for place, domain in enumerate(restricted)
        ],
        "progress": [
            ("公开了授权分工方案", len(plans), "写明各项工作由哪位副职分管。"),
            ("写明了签批权限", len(with_bands), "多少钱由谁签、多少以上必须上会。"),
            ("公开了制度文件", len(ruled), "议事、轮换、报告等规定的原文。"),
        ],
        "total": len(view.units),
        "newest": newest(records, 8),
        "counts": [(kind, len(snapshot.records_in(view.slug, kind.code))) for kind in public_kinds()],
        "due": due,
        "gaps": [(unit, mark) for unit, mark in due[1] if mark.gap][:8] if due else [],
        "gap_total": sum(mark.gap for _, mark in due[1]) if due else 0,
    }


def units_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """Return the roster, by type of unit."""
    _, rows = board(snapshot, view)
    gaps = {row.unit.id: row.gaps for row in rows}
    groups: dict[str, list[tuple[UnitView, int, int]]] = {}
    for unit in view.units:
        entry = (unit, len(snapshot.records_of(unit)), gaps.get(unit.id, 0))
        groups.setdefault(type_label(unit), []).append(entry)
    order = list(TYPE_LABELS.values())
    return {
        "meta": area_meta(
            view,
            "units",
            f"{view.regime.short}单位名录",
            f"{view.regime.name}在本平台公开权力运行情况的 {len(view.units)} 个单位。",
            label="单位名录",
            nav="units",
        ),
        "groups": sorted(groups.items(), key=lambda pair: order.index(pair[0]) if pair[0] in order else 99),
        "total": len(view.units),
    }


def domains_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """Return 谁分管什么: unit × domain."""
    restricted, rows = domain_rows(snapshot, view)
    return {
        "meta": area_meta(
            view,
            "domains",
            f"{view.regime.short}谁分管什么",
            f"{view.regime.name}各单位的{'、'.join(one.label for one in restricted)}分别由哪位副职分管。",
            label="谁分管什么",
            nav="domains",
        ),
        "domains": restricted,
        "rows": rows,
        "planned": sum(row.record is not None for row in rows),
        "breaches": sum(cell.breach for row in rows for cell in row.cells),
    }


def unit_page(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> Context:
    """Return a unit's page: who holds what, how it stands, what it published."""
    records = snapshot.records_of(unit)
    found = current_plan(snapshot, unit)
    heads, rows = board(snapshot, view)
    row = next(one for one in rows if one.unit.id == unit.id)
    groups = []
    for kind in public_kinds():
        mine = snapshot.records_of(unit, kind.code)
        groups.append((kind, newest(mine, 5), len(mine)))
    latest = max((one.latest.published_on for one in records), default=None)
    return {
        "meta": Meta(
            path=paths.unit_path(unit),
            title=unit.name,
            description=f"{unit.name}的班子分工、签批权限、季度财务、集体决策和采购招标公开内容。",
            crumbs=area_crumbs(
                view, Link("单位名录", paths.jurisdiction_path(view.slug, "units")), Link(unit.name)
            ),
            nav="units",
            jurisdiction=view,
            sample=sample_band(unit),
            column="单位名录",
            source=unit.name,
        ),
        "unit": unit,
        "type": type_label(unit),
        "plan": found,
        "held": _held(view, found[1]) if found else [],
        "chief_names": {one.name for one in found[1].chiefs} if found else set(),
        "row": row,
        "quarters": list(zip(heads, row.marks, strict=True))[::-1][:4],
        "duties": groups_of(row, snapshot),
        "index": index_for(snapshot, view, row),
        "items": scored(snapshot, unit, index_for(snapshot, view, row)),
        "breaches": breaches_of(snapshot, view, unit),
        "groups": groups,
        "records": newest(records, 8),
        "total": len(records),
        "updated": show_day(latest) if latest else None,
    }


def _held(view: JurisdictionView, plan: Document) -> list[tuple[str, list[Assignment]]]:
    assert isinstance(plan, DelegationPlan)  # noqa: S101 - only plans are passed.
    listed = [(one.label, held(plan, one)) for one in view.regime.domains_on(plan.effective_from)]
    return listed or [(one.domain, [one]) for one in plan.assignments]
