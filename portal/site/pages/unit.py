"""A unit's page: who holds what and since when, how the unit stands, what it published."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from portal.domain.documents.delegation import Assignment, DelegationPlan
from portal.domain.obligations import Duty
from portal.domain.values import show_day
from portal.site.pages import paths
from portal.site.pages.checks import breaches_of
from portal.site.pages.kinds.delegation import held
from portal.site.pages.kinds.succession import Change, changes
from portal.site.pages.listings import year_links
from portal.site.pages.plans import current_plan, plan_order
from portal.site.pages.shell import Context, Link, Meta, area_crumbs, public_kinds, sample_band, type_label
from portal.site.pages.standings import Mark, groups_of, index_for, scored, standing_of
from portal.site.pages.standings import summary as overall
from portal.site.pages.summary import summary_of
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView

# What changes who holds what; the rest of a plan's changes stands on its own page.
_PEOPLE = frozenset({"换人", "增加", "退出", "新列入", "不再列出"})


@dataclass(frozen=True)
class Term:
    """One plan in the unit's history: from when to when it ran, and whom it moved.

    `state` is current, coming or past; `others` counts the changes that moved nobody.
    """

    record: RecordView
    since: date
    until: date | None
    state: str
    chiefs: tuple[str, ...]
    moves: tuple[Change, ...]
    others: int
    first: bool


@dataclass(frozen=True)
class DutyLine:
    """One duty at a glance: the mark over all its periods, and the period that best says why."""

    duty: Duty
    mark: Mark
    period: str
    note: str
    path: str | None


def unit_page(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> Context:
    """Return a unit's page: who holds what, how it stands, what it published."""
    found = current_plan(snapshot, unit)
    summary = summary_of(snapshot, view, unit)
    cards = summary.cards
    index = index_for(snapshot, view, unit)
    latest = max((one.published_on for one in cards), default=None)
    groups = groups_of(snapshot, view, unit)
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
        "plan_state": _state(snapshot, found[1]) if found else "",
        "held": _held(view, found[1]) if found else [],
        "chief_names": {one.name for one in found[1].chiefs} if found else set(),
        "terms": list(history(snapshot, view, unit)),
        "row": summary.row,
        "standing": list(_duty_lines(snapshot, view, unit, groups)),
        "duties": [one for _, listed in groups for one in listed],
        "index": index,
        "items": scored(snapshot, unit, index),
        "breaches": breaches_of(snapshot, view, unit),
        "kinds": [
            (kind, len(mine), year_links(unit, kind, mine))
            for kind in public_kinds()
            for mine in [summary.of(kind.code)]
        ],
        "records": summary.newest,
        "total": len(cards),
        "updated": show_day(latest) if latest else None,
        "feed_path": paths.unit_feed_path(unit),
        "status_data": paths.unit_status_path(unit),
    }


def _held(view: JurisdictionView, plan: DelegationPlan) -> list[tuple[str, list[Assignment]]]:
    listed = [(one.label, held(plan, one)) for one in view.regime.domains_on(plan.effective_from)]
    return listed or [(one.domain, [one]) for one in plan.assignments]


def _state(snapshot: Snapshot, plan: DelegationPlan) -> str:
    if plan.effective_from > snapshot.today:
        return "coming"
    return "past" if plan.effective_to and plan.effective_to < snapshot.today else "current"


def history(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> Iterator[Term]:
    """Yield the unit's public plans, the newest first, each with what it moved."""
    plans = [
        (one, one.document)
        for one in sorted(snapshot.records_of(unit, "delegation"), key=plan_order)
        if isinstance(one.document, DelegationPlan)
    ]
    running = current_plan(snapshot, unit)
    for place in range(len(plans) - 1, -1, -1):
        record, plan = plans[place]
        after = plans[place + 1][1] if place + 1 < len(plans) else None
        moved = changes(plan, plans[place - 1][1], view.regime) if place else []
        ends = [plan.effective_to] if plan.effective_to else []
        ends += [after.effective_from - timedelta(days=1)] if after else []
        state = _state(snapshot, plan)
        if state == "current" and not (running and running[0].id == record.id):
            state = "past"
        yield Term(
            record,
            plan.effective_from,
            max(min(ends), plan.effective_from) if ends else None,
            state,
            tuple(one.name for one in plan.chiefs),
            tuple(one for one in moved if one.what in _PEOPLE),
            sum(one.what not in _PEOPLE for one in moved),
            first=place == 0,
        )


def _duty_lines(
    snapshot: Snapshot,
    view: JurisdictionView,
    unit: UnitView,
    groups: list[tuple[str, list[tuple[Duty, list[tuple[str, Mark]]]]]],
) -> Iterator[DutyLine]:
    """Yield each duty in which something was owed: the gravest state, and the newest period that has it."""
    stands = standing_of(snapshot, view, unit)
    for _, listed in groups:
        for duty, marks in listed:
            mark = overall(stands.of(duty.code))
            if mark is None or not marks:
                continue
            said = [one for one in marks if (one[1].gap if mark.gap else one[1].word == mark.word)]
            best = said[0] if said else None
            settled = next((one for one in marks if one[1].state != "waiting"), marks[0])
            period, seen = best or settled
            yield DutyLine(duty, mark, period, seen.note, seen.path)
