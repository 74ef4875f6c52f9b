"""公开情况 as data: what the board, the index and the rule checks say of each unit, so that anybody can count again.

One file of a jurisdiction names the duties, rates and items of the index and where each unit's file is; a unit's
file has its periods and findings, and changes with the unit alone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from portal.domain.grants import Exempted, Extended
from portal.domain.obligations import DUTIES
from portal.domain.supervision.conduct import FIELDS, as_data, conduct_of
from portal.site import findings
from portal.site.pages.data import STATUS as NAME
from portal.site.pages.standings import case_of, columns, index_for, standing_of
from portal.site.pages.summary import summaries_of
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView


def area_status(snapshot: Snapshot, values: Mapping[str, str]) -> bytes | None:
    """Return the jurisdiction's file: what there is to keep, each unit's index and coverage, and where its file is."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    if view is None:
        return None
    today = snapshot.today
    coverage = view.regime.coverage_on(today)
    return _json(
        {
            "kind": "status",
            "jurisdiction": view.slug,
            "name": view.regime.name,
            "on": today.isoformat(),
            "quarters": [one.period for one in columns(snapshot, view)],
            "calendar": _calendar(snapshot, view),
            "duties": [
                {"code": one.code, "title": one.title, "rule": one.rule, "act": one.act} for one in DUTIES
            ],
            "coverage": [
                {"code": one.code, "title": one.title, "aim": str(one.aim) if one.aim is not None else None}
                for one in coverage
            ],
            "index": [
                {
                    "code": one.code,
                    "title": one.title,
                    "weight": one.weight,
                    "duty": one.duty,
                    "rules": list(one.rules),
                }
                for one in view.regime.index_on(today)
            ],
            "units": [
                {
                    "unit": one.unit.slug,
                    "name": one.unit.name,
                    "index": str(one.index.value) if one.index.value is not None else None,
                    "coverage": {
                        item.code: state for item, state in zip(coverage, one.coverage, strict=True)
                    },
                    "data": f"u/{one.unit.slug}/{NAME}",
                }
                for one in summaries_of(snapshot, view)
            ],
            "fields": [{"name": name, "title": title, "description": told} for name, title, told in FIELDS],
        }
    )


def unit_status(snapshot: Snapshot, values: Mapping[str, str]) -> bytes | None:
    """Return a unit's file: every duty and period, the items of its index, the findings in its records in force."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    unit = snapshot.unit(values["jurisdiction"], values["unit"])
    if view is None or unit is None:
        return None
    return _json(
        {
            "kind": "unit-status",
            "jurisdiction": view.slug,
            "on": snapshot.today.isoformat(),
            **_unit(snapshot, view, unit),
        }
    )


def _unit(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> dict[str, Any]:
    records = snapshot.records_of(unit)
    checked = [
        (one, report)
        for record in records
        if (one := findings.published(record)) and (report := findings.report_of(snapshot, view, record))
    ]
    conduct = conduct_of(
        case_of(snapshot, view, unit),
        standing_of(snapshot, view, unit),
        index_for(snapshot, view, unit),
        checked,
        refs={str(one.id): one.index_no for one in records},
    )
    case = case_of(snapshot, view, unit)
    return {
        **as_data(conduct),
        "exemptions": [_granted(one) for one in case.exemptions],
        "extensions": [_granted(one) for one in case.extensions],
    }


def _granted(one: Exempted | Extended) -> dict[str, Any]:
    """Return what the status page shows of a grant."""
    values = ((each.name, getattr(one, each.name)) for each in fields(one))
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values}


def _calendar(snapshot: Snapshot, view: JurisdictionView) -> dict[str, Any]:
    """Return the days by which working days are counted: what departs from Monday to Friday, year by year."""
    found: dict[str, Any] = {}
    heads = columns(snapshot, view)
    first = int(heads[0].period[:4]) if heads else snapshot.today.year
    calendar = view.regime.calendar_on(snapshot.today)
    for year in range(first, snapshot.today.year + 2):
        days = (date(year, 1, 1) + timedelta(days=place) for place in range(366))
        moved = [one for one in days if one.year == year and calendar.is_workday(one) != (one.weekday() < 5)]
        found[str(year)] = {
            "noticed": calendar.is_noticed(year),
            "off": [one.isoformat() for one in moved if one.weekday() < 5],
            "work": [one.isoformat() for one in moved if one.weekday() >= 5],
        }
    return found


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
