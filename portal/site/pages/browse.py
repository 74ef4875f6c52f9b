"""A jurisdiction's own pages: its front, its units by type and by letter, who holds what."""

from __future__ import annotations

from dataclasses import dataclass, replace

from portal.domain.obligations.rates import added
from portal.domain.regime_sections import RestrictedDomain
from portal.site.pages import paths
from portal.site.pages.initials import OTHER, initial, order
from portal.site.pages.listings import years_of
from portal.site.pages.shell import (
    TYPE_LABELS,
    Context,
    Link,
    Meta,
    area_band,
    area_crumbs,
    area_meta,
    public_kinds,
    type_label,
)
from portal.site.pages.status import board, newest_due
from portal.site.pages.summary import PlanLine, UnitSummary, filed_in, newest_in, summaries_of
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView

COUNTS = "零一二三四五六七八九十"
_LATE_SHOWN = 8


@dataclass(frozen=True)
class DomainRow:
    """One unit's row of 谁分管什么. A unit that is `gone` is listed and not counted, here as in the coverage rates."""

    unit: UnitView
    plan: PlanLine | None
    gone: bool


def domain_rows(snapshot: Snapshot, view: JurisdictionView) -> tuple[list[RestrictedDomain], list[DomainRow]]:
    """Return the restricted domains of today and every unit's row, in roster order."""
    rows = [DomainRow(one.unit, one.plan, one.row.gone) for one in summaries_of(snapshot, view)]
    return list(view.regime.domains_on(snapshot.today)), rows


def how_many(count: int) -> str:
    """Return a small number in characters."""
    return COUNTS[count] if count < len(COUNTS) else str(count)


def area_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """Return the front page of a jurisdiction."""
    restricted, rows = domain_rows(snapshot, view)
    summaries = summaries_of(snapshot, view)
    due = newest_due(snapshot, view)
    gaps = [(unit, mark) for unit, mark in due[1] if mark.gap] if due else []
    rates = added(
        view.regime.coverage_on(snapshot.today), ((one.unit.name, one.coverage) for one in summaries)
    )
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
        "count": how_many(len(restricted)),
        "domains": [
            (
                domain,
                paths.domain_path(view.slug, domain),
                sum(bool(row.plan and row.plan.cells[place].holders) for row in rows if not row.gone),
                sum(not row.gone for row in rows),
            )
            for place, domain in enumerate(restricted)
        ],
        "rates": [one for one in rates if one.eligible],
        "total": len(view.units),
        "record_total": sum(one.count for one in summaries),
        "withdrawn": sum(one.count - sum(one.held.values()) for one in summaries),
        "newest": newest_in(snapshot, view),
        "kinds": [
            (kind, sum(filed_in(snapshot, view, kind.code).values()), years_of(snapshot, view, kind))
            for kind in public_kinds()
        ],
        "due": due[0] if due else None,
        "gaps": gaps[:_LATE_SHOWN],
        "gap_total": len(gaps),
        "wanting": sum(row.gaps > 0 for row in board(snapshot, view)[1]),
        "feed_path": paths.feed_path(view.slug),
    }


# The directory of units.


@dataclass(frozen=True)
class Entry:
    """One unit in the directory: its sort in Chinese, how many records it has, how it stands.

    `state` is that of a mark: note (its pages could not be made), missing, late or ok. What a unit that is
    gone had failed to do stays wanting, here as on the board.
    """

    unit: UnitView
    type: str
    count: int
    state: str
    gaps: int
    gone: bool


def entries(snapshot: Snapshot, view: JurisdictionView) -> list[Entry]:
    """Return every unit as the directory shows it, in roster order; worked out once a snapshot."""
    key = ("directory", view.slug)
    if key not in snapshot.derived:
        snapshot.derived[key] = [
            Entry(one.unit, type_label(one.unit), one.count, _state(one), one.row.gaps, one.row.gone)
            for one in summaries_of(snapshot, view)
        ]
    found: list[Entry] = snapshot.derived[key]
    return found


def _state(one: UnitSummary) -> str:
    if one.row.plan.state == "note" and not one.count:
        return "note"
    return "missing" if one.row.missing else "late" if one.row.late else "ok"


def sorting_name(unit: UnitView, view: JurisdictionView) -> str:
    """Return a unit's name without what all names of the jurisdiction begin with: 财政局 for 秀洲区财政局."""
    name = unit.name
    for start in (view.regime.name, view.regime.short):
        name = name.removeprefix(start) or unit.name
    if unit.sample and name.startswith("示例"):
        # 示例区财政局 is the district's, but 示例市场监督管理局 has no city in its name.
        level = view.regime.short[-1]
        name = name.removeprefix("示例").removeprefix(level if level in "区县" else "") or name
    return name


def units_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """Return the directory by type of unit."""
    groups: dict[str, list[Entry]] = {}
    for one in entries(snapshot, view):
        groups.setdefault(one.type, []).append(one)
    known = list(TYPE_LABELS.values())
    ordered = sorted(groups.items(), key=lambda pair: known.index(pair[0]) if pair[0] in known else 99)
    return _directory(
        snapshot,
        view,
        area_meta(
            view,
            "units",
            f"{view.regime.short}单位名录",
            f"{view.regime.name}在本平台公开权力运行情况的 {len(view.units)} 个单位，按类型排列。",
            label="单位名录",
            nav="units",
        ),
        [(f"t{place}", label, found) for place, (label, found) in enumerate(ordered, start=1)],
    )


def units_az_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """Return the directory by the first letter of the names' pinyin."""
    named = sorted(
        ((sorting_name(one.unit, view), one) for one in entries(snapshot, view)),
        key=lambda pair: (order(pair[0]), pair[1].unit.position, pair[1].unit.slug),
    )
    groups: dict[str, list[Entry]] = {}
    for name, one in named:
        groups.setdefault(initial(name), []).append(one)
    meta = area_meta(
        view,
        "units-az",
        f"{view.regime.short}单位名录（按音序）",
        f"{view.regime.name}在本平台公开权力运行情况的 {len(view.units)} 个单位，按名称的拼音首字母排列。",
        label="按音序",
        nav="units",
    )
    up = Link("单位名录", paths.jurisdiction_path(view.slug, "units"))
    return _directory(
        snapshot,
        view,
        replace(meta, crumbs=area_crumbs(view, up, Link("按音序"))),
        [("other" if letter == OTHER else letter, letter, found) for letter, found in groups.items()],
    ) | {"letters": True}


def _directory(
    snapshot: Snapshot, view: JurisdictionView, meta: Meta, groups: list[tuple[str, str, list[Entry]]]
) -> Context:
    return {
        "meta": meta,
        "groups": groups,
        "letters": False,
        "total": len(view.units),
        "wanting": sum(one.gaps > 0 for one in entries(snapshot, view)),
        "gone": sum(one.gone for one in entries(snapshot, view)),
        "samples": any(unit.sample for unit in view.units),
    }


# Who holds what.


def domains_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """Return 谁分管什么: unit × domain."""
    restricted, rows = domain_rows(snapshot, view)
    return {
        "meta": area_meta(
            view,
            "domains",
            f"{view.regime.short}谁分管什么",
            f"{view.regime.name}各单位的{'、'.join(one.label for one in restricted) or '各项工作'}分别由哪位副职分管。",
            label="谁分管什么",
            nav="domains",
        ),
        "domains": _domain_links(view, restricted),
        "chosen": None,
        "rows": rows,
        "planned": sum(row.plan is not None for row in rows if not row.gone),
        "gone": sum(row.gone for row in rows),
        "breaches": sum(cell.breach for row in rows for cell in (row.plan.cells if row.plan else ())),
    }


def domain_page(snapshot: Snapshot, view: JurisdictionView, name: str) -> Context | None:
    """Return who holds one domain in every unit, with the terms; None where no domain of today has that address."""
    restricted, rows = domain_rows(snapshot, view)
    place = next((at for at, one in enumerate(restricted) if paths.domain_name(one) == name), None)
    if place is None:
        return None
    chosen = restricted[place]
    cells = [(row, row.plan.cells[place] if row.plan else None) for row in rows]
    meta = area_meta(
        view,
        f"domains-{name}",
        f"{view.regime.short}{chosen.label}由谁分管",
        f"{view.regime.name}各单位的{chosen.label}由哪位副职分管、单笔能签多少钱、从何时起、何时应轮换。",
        label=chosen.label,
        nav="domains",
    )
    up = Link("谁分管什么", paths.jurisdiction_path(view.slug, "domains"))
    return {
        "meta": replace(meta, crumbs=area_crumbs(view, up, Link(chosen.label))),
        "domains": _domain_links(view, restricted),
        "chosen": chosen,
        "cells": cells,
        "rows": rows,
        "planned": sum(bool(cell and cell.holders) for row, cell in cells if not row.gone),
        "gone": sum(row.gone for row in rows),
        "breaches": sum(bool(cell and cell.breach) for _, cell in cells),
    }


def domain_names(snapshot: Snapshot, view: JurisdictionView) -> list[str]:
    """Return the names of the pages of single domains."""
    return [paths.domain_name(one) for one in view.regime.domains_on(snapshot.today)]


def _domain_links(
    view: JurisdictionView, restricted: list[RestrictedDomain]
) -> list[tuple[RestrictedDomain, str]]:
    return [(one, paths.domain_path(view.slug, one)) for one in restricted]
