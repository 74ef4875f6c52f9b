"""Counts a quarter's bulletin again, from the files of the published site and nothing else.

Independent on purpose: only the standard library, none of the product's modules. What it needs besides the site
is the deadline in the jurisdiction's regime file. Whoever doubts a bulletin can run it:

    python recompute_bulletin.py SITE-FOLDER JURISDICTION QUARTER REGIME.toml
"""

from __future__ import annotations

import json
import re
import sys
import tomllib
from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from fractions import Fraction
from pathlib import Path
from typing import Any

STANDING = ("plan", "filing", "supporting")
SHANGHAI = timezone(timedelta(hours=8))
Json = dict[str, Any]


def recompute(site: Path, area: str, quarter: str, regime: Path) -> Json:
    """Return the figures of the quarter."""
    board = _read(site / area / "status.json")
    units = [_read(site / area / one["data"]) for one in board["units"]]
    rules = tomllib.loads(regime.read_text(encoding="utf-8"))
    weights = {one["code"]: one["weight"] for one in board["index"]}
    indexes = {one["unit"]: _index(one, weights) for one in units}
    known = [one for one in indexes.values() if one is not None]
    return {
        "on": board["on"],
        "units": sum(one["exists"] for one in units),
        "duties": _duties(units, quarter),
        "finance": _finance(site, area, board, units, quarter, rules),
        "coverage": _coverage(board, units),
        "plans": _plans(site, area, board, units),
        "average": sum(known, Fraction(0)) / len(known) if known else None,
        "indexed": len(known),
        "ranking": _ranking(units, indexes, quarter),
        "late": _gaps(units, quarter, "late"),
        "missing": _gaps(units, quarter, "missing"),
        "findings": _findings(units, quarter),
        "trend": [_point(units, one) for one in board["quarters"] if one <= quarter],
    }


def _read(path: Path) -> Json:
    found: Json = json.loads(path.read_text(encoding="utf-8"))
    return found


def _quarter(day: date) -> str:
    return f"{day.year}Q{(day.month + 2) // 3}"


def _belongs(one: Json, quarter: str) -> bool:
    if one["duty"] in STANDING:
        return False
    if one["duty"] == "annual":
        return quarter == f"{one['period']}Q4"
    if one["duty"] == "budget":
        return bool(one["original_due"]) and _quarter(date.fromisoformat(one["original_due"])) == quarter
    return bool(one["period"] == quarter)


def _now(one: Json) -> bool:
    return one["duty"] == "supporting" or (one["duty"] in STANDING and one["newest"])


def _tally(some: list[Json]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in some:
        if "counts" in one:
            counts = one["counts"]
            found["on_time"] += counts["on_time"]
            found["late"] += counts["late"]
            found["missing"] += counts["overdue"]
            found["waiting"] += counts["open"] - counts["overdue"]
            found["unclear"] += counts["unclear"]
            continue
        status = one["status"]
        if status in ("on_time", "nil"):
            found["withdrawn" if one["withdrawn"] else "on_time"] += 1
            found["nil"] += status == "nil" and not one["withdrawn"]
        elif status in ("late", "missing", "exempt", "not_applicable", "unclear"):
            found[status] += 1
        else:
            found["waiting"] += 1
    return +found


def _duties(units: list[Json], quarter: str) -> dict[str, Counter[str]]:
    groups: dict[str, list[Json]] = {}
    for unit in units:
        for one in unit["duties"]:
            if _belongs(one, quarter) or (unit["exists"] and _now(one)):
                groups.setdefault(one["duty"], []).append(one)
    return {duty: _tally(some) for duty, some in groups.items()}


class _Days:
    """Working days, by the calendar that the site publishes."""

    def __init__(self, calendar: Json) -> None:
        self._off = {day for year in calendar.values() for day in year["off"]}
        self._work = {day for year in calendar.values() for day in year["work"]}

    def works(self, day: date) -> bool:
        text = day.isoformat()
        return text in self._work or (day.weekday() < 5 and text not in self._off)

    def after(self, start: date, count: int) -> date:
        day = start
        while count:
            day += timedelta(days=1)
            count -= self.works(day)
        return day

    def between(self, after: date, until: date) -> int:
        span = (until - after).days
        return sum(self.works(after + timedelta(days=one)) for one in range(1, span + 1))


def _finance(site: Path, area: str, board: Json, units: list[Json], quarter: str, rules: Json) -> Json:
    """Count quarterly finance from the published records themselves: state and days late of every unit."""
    days = _Days(board["calendar"])
    year, number = int(quarter[:4]), int(quarter[5])
    end = date(year + number // 4, number * 3 % 12 + 1, 1) - timedelta(days=1)
    (terms,) = (
        one
        for one in rules["rules"]["FIN-06"]
        if one["from"] <= end and ("to" not in one or one["to"] >= end)
    )
    span = re.fullmatch(r"(\d+)个工作日", terms["within"])
    assert span, "this script counts working days only"
    today = date.fromisoformat(board["on"])
    found: Json = {}
    for unit in units:
        folder = site / area / "u" / unit["unit"] / "finance"
        due = days.after(end, int(span[1]))
        for one in unit["extensions"]:
            if (
                one["duty"] == "finance"
                and one["period"] == quarter
                and one["recorded_on"] <= due.isoformat()
            ):
                due = date.fromisoformat(one["new_due"])
        first, withdrawn = _first_day(folder, quarter)
        done = first is not None and first <= due
        let_off = any(
            one["duty"] == "finance" and one["period"] in (None, quarter)
            and one["valid_from"] <= end.isoformat() <= one["valid_until"] and not one["revoked_on"]
            for one in unit["exemptions"]
        )  # fmt: skip
        if not unit["exists"]:
            found[unit["unit"]] = ("not_applicable", 0)
        elif withdrawn:
            found[unit["unit"]] = ("withdrawn", 0)
        elif let_off and not done:
            found[unit["unit"]] = ("exempt", 0)
        elif done:
            found[unit["unit"]] = ("on_time", 0)
        elif first:
            found[unit["unit"]] = ("late", days.between(due, first))
        elif today <= due:
            found[unit["unit"]] = ("waiting", 0)
        else:
            found[unit["unit"]] = ("missing", days.between(due, today))
    return found


def _first_day(folder: Path, quarter: str) -> tuple[date | None, bool]:
    """Return the day on which the first version was published, and whether the newest one was withdrawn."""
    if not (folder / f"{quarter}.json").exists():
        return None, False
    if "withdrawn" in _read(folder / f"{quarter}.json"):
        return None, True
    head = _read(folder / f"{quarter}-v1.json")["content"]["published_at"]
    return datetime.strptime(head, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).astimezone(
        SHANGHAI
    ).date(), False


def _coverage(board: Json, units: list[Json]) -> Json:
    return {
        item["code"]: Counter(state for one in units if (state := one["coverage"][item["code"]]))
        for item in board["coverage"]
    }


def _plans(site: Path, area: str, board: Json, units: list[Json]) -> set[str]:
    """Return the units with a delegation plan in force, from the published plans themselves."""
    today = board["on"]
    found = set()
    for unit in units:
        for path in sorted((site / area / "u" / unit["unit"]).glob("delegation/*.json")):
            if re.search(r"-v\d+$", path.stem) or path.stem == "manifest":
                continue
            plan = _read(path).get("content", {}).get("document")
            if plan and plan["effective_from"] <= today <= plan.get("effective_to", "9999"):
                found.add(unit["unit"])
    return found


def _index(unit: Json, weights: Json) -> Fraction | None:
    items = unit["index"]["items"]
    applies = sum(weights[code] for code, passed in items.items() if passed is not None)
    passed = sum(weights[code] for code, passed in items.items() if passed)
    return Fraction(100 * passed, applies) if applies else None


def _ranking(
    units: list[Json], indexes: dict[str, Fraction | None], quarter: str
) -> list[tuple[int | None, str]]:
    merits = {}
    for unit in units:
        if unit["exists"]:
            counts = _tally([one for one in unit["duties"] if _belongs(one, quarter)])
            due = counts["on_time"] + counts["late"] + counts["missing"]
            index = indexes[unit["unit"]]
            share = Fraction(counts["on_time"], due) if due else Fraction(1)
            merits[unit["unit"]] = None if index is None else (index, share)
    ranked = [one for one in merits.values() if one]
    return [
        (None if merit is None else 1 + sum(other > merit for other in ranked), name)
        for name, merit in merits.items()
    ]


def _gaps(units: list[Json], quarter: str, which: str) -> list[tuple[str, str, str | None, int]]:
    found = []
    for unit in units:
        for one in unit["duties"]:
            mine = _belongs(one, quarter)
            if one["duty"] in STANDING and unit["exists"] and _now(one):
                due = one["original_due"]
                mine = one["status"] == "missing" or bool(
                    due and _quarter(date.fromisoformat(due)) == quarter
                )
            if not mine:
                continue
            if "counts" in one:
                if one["counts"]["late" if which == "late" else "overdue"]:
                    found.append((unit["unit"], one["duty"], one["done_on"], one["days"]))
            elif one["status"] == which:
                found.append((unit["unit"], one["duty"], one["done_on"], one["days"]))
    return sorted(found, key=str)


def _findings(units: list[Json], quarter: str) -> Json:
    found: dict[str, Counter[str]] = {}
    for unit in units:
        seen = set()
        for one in unit["findings"]:
            if one["severity"] == "info":
                continue
            counts = found.setdefault(one["rule"], Counter())
            counts[one["severity"]] += 1
            day = one["changed_on"] or one["published_on"]
            counts["fresh"] += bool(day) and _quarter(date.fromisoformat(day)) == quarter
            if one["rule"] not in seen:
                seen.add(one["rule"])
                counts["units"] += 1
    return found


def _point(units: list[Json], quarter: str) -> tuple[str, int, int, int, int, int, int]:
    mine = [one for unit in units for one in unit["duties"] if _belongs(one, quarter)]
    every, finance = _tally(mine), _tally([one for one in mine if one["duty"] == "finance"])
    return (
        quarter, every["on_time"], every["late"], every["missing"], finance["on_time"], finance["late"],
        finance["missing"],
    )  # fmt: skip


if __name__ == "__main__":
    folder, area, quarter, regime = sys.argv[1:]
    for name, value in recompute(Path(folder), area, quarter, Path(regime)).items():
        print(name, value)
