"""公开情况: who kept which duty in time, late, or not at all; coverage rates; the conduct index."""

from __future__ import annotations

from collections import Counter

from portal.domain.obligations import DUTIES, Duty
from portal.domain.obligations.index import average
from portal.domain.obligations.rates import added
from portal.domain.rules.base import rules
from portal.domain.values import show_day
from portal.site.pages.limits import limits
from portal.site.pages.rules import entries_of
from portal.site.pages.shell import Context, area_meta
from portal.site.pages.standings import Mark, Quarter, Row, columns
from portal.site.pages.summary import summaries_of
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView


def board(snapshot: Snapshot, view: JurisdictionView) -> tuple[list[Quarter], list[Row]]:
    """Return the columns and the rows of a jurisdiction's board, the worst first. Worked out once a snapshot."""
    key = ("board", view.slug)
    if key not in snapshot.derived:
        rows = sorted((one.row for one in summaries_of(snapshot, view)), key=lambda row: row.weight)
        snapshot.derived[key] = columns(snapshot, view), rows
    found: tuple[list[Quarter], list[Row]] = snapshot.derived[key]
    return found


def other_duties(rows: list[Row]) -> list[Duty]:
    """Return the duties beside plan and quarterly finance that any unit has."""
    shown = {code for row in rows for code in row.duties}
    return [one for one in DUTIES if one.code in shown]


def newest_due(
    snapshot: Snapshot, view: JurisdictionView
) -> tuple[Quarter, list[tuple[UnitView, Mark]]] | None:
    """Return the newest quarter whose deadline is past, with every unit's mark in board order."""
    heads, rows = board(snapshot, view)
    for place in range(len(heads) - 1, -1, -1):
        due = heads[place].due
        if due and due.day < snapshot.today:
            order = {"missing": 0, "late": 1}
            marks = [(row.unit, row.marks[place]) for row in rows]
            return heads[place], sorted(
                marks, key=lambda pair: (order.get(pair[1].state, 9), pair[0].position)
            )
    return None


def status_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """公开情况: the board of unit × duty, the coverage rates, the conduct index."""
    heads, rows = board(snapshot, view)
    summaries = summaries_of(snapshot, view)
    latest = newest_due(snapshot, view)
    tally = Counter(mark.state for _, mark in latest[1]) if latest else Counter[str]()
    lines = {one.unit.id: one.index for one in summaries}
    known = [(row, lines[row.unit.id]) for row in rows if lines[row.unit.id].value is not None]
    mean = average(line.value for _, line in known)
    return {
        "meta": area_meta(
            view,
            "status",
            f"{len(view.units)} 个单位的公开情况" if view.units else "公开情况",
            f"{view.regime.name}各单位授权分工方案、季度财务等公开义务的完成情况：按期、迟公开、未公开，一行一个单位。",
            label="公开情况",
            nav="status",
        ),
        "heads": heads,
        "rows": rows,
        "others": other_duties(rows),
        "wanting": sum(row.gaps > 0 for row in rows),
        "unknown": sum(row.unknown for row in rows),
        "gone": sum(row.gone for row in rows),
        "latest": latest[0] if latest else None,
        "tally": tally,
        "limits": limits(view.regime, snapshot.today),
        "rates": added(
            view.regime.coverage_on(snapshot.today), ((one.unit.name, one.coverage) for one in summaries)
        ),
        "items": [
            (
                one,
                [
                    rules()[rule_id]
                    for rule_id in one.rules
                    if entries_of(view.regime, rule_id, snapshot.today)
                ],
            )
            for one in view.regime.index_on(snapshot.today)
        ],
        "indexes": sorted(known, key=lambda pair: (pair[1].value or 0, pair[0].unit.position)),
        "mean": f"{float(mean):.1f}" if mean is not None else None,
        "handled": view.handled,
        "grants": [grant for one in summaries for grant in one.grants],
        "on": show_day(snapshot.today),
    }
