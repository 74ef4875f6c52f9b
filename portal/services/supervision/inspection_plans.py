"""The plan of an inspection: which units, what time, how many records of each kind; and how a form says it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from portal.domain.documents.base import kinds
from portal.domain.supervision.sampling import Candidate, InspectionKind
from portal.domain.values import show_day
from portal.services.supervision.entered import NotEntered, day, line, lines
from portal.services.supervision.published import kind_label
from portal.store.tables import Inspection

MOST_EACH = 200  # Of one unit and kind: what one inspection can look at with care.
_MOST_HEADS = 1000  # More people than are in charge of units in any county.
LONGEST_SEED = 64  # Characters of the column.


class Plan(BaseModel):
    """What an inspection is to look at, and, once drawn, from what. Kept as JSON in `Inspection.plan`."""

    model_config = ConfigDict(frozen=True)

    units: tuple[str, ...]  # Slugs.
    first: date  # The records were first published between these days, both included.
    last: date
    each: Annotated[dict[str, int], Field(min_length=1)]  # Of each kind so many of each unit.
    heads: tuple[str, ...] = ()  # 主要负责人 that are checked, by name.
    population: tuple[Candidate, ...] = ()
    digest: str = ""
    drawn_at: datetime | None = None


@dataclass(frozen=True)
class PlanEntry:
    """A plan as it was read from a form."""

    kind: InspectionKind
    name: str
    starts_on: date
    ends_on: date
    seed: str
    plan: Plan


def plan_of(inspection: Inspection) -> Plan:
    """Return what the inspection is to look at."""
    return Plan.model_validate_json(inspection.plan)


def read_plan(form: Mapping[str, str], *, units: Sequence[str], known: Mapping[str, str]) -> PlanEntry:
    """Read a plan from `form` and the chosen unit slugs; `known` maps slugs to names. Raise `NotEntered`.

    A blank seed gives a fresh random one.
    """
    errors: dict[str, str] = {}
    kind = InspectionKind.PATROL
    try:
        kind = InspectionKind.read(form.get("kind", ""))
    except ValueError:
        errors["kind"] = "请选择检查种类。"
    name = line(form.get("name", ""), "name", "名称", 100, errors)
    if not name and "name" not in errors:
        errors["name"] = "请填写名称，例如“2026年第三季度四责联审”。"
    days = {
        key: day(form.get(key, ""), key, label, errors)
        for key, label in (
            ("starts_on", "检查起始日期"),
            ("ends_on", "检查结束日期"),
            ("first", "公开时间起始"),
            ("last", "公开时间截止"),
        )
    }
    for first, last, label in (("starts_on", "ends_on", "检查"), ("first", "last", "公开时间")):
        if first not in errors and last not in errors and days[last] < days[first]:
            errors[last] = f"{label}的截止日期早于起始日期。请改正其中一个。"
    chosen = tuple(one for one in dict.fromkeys(units) if one in known)
    if not chosen:
        errors["units"] = "请至少选择一个单位。"
    each = _each(form, errors)
    seed = line(form.get("seed", ""), "seed", "抽样种子", LONGEST_SEED, errors) or secrets.token_hex(16)
    heads = lines(form.get("heads", ""), "heads", errors, longest=60, most=_MOST_HEADS)
    if errors:
        raise NotEntered(errors)
    plan = Plan(units=chosen, first=days["first"], last=days["last"], each=each, heads=heads)
    return PlanEntry(kind, name, days["starts_on"], days["ends_on"], seed, plan)


def told(name: str, seed: str, plan: Plan, units: Mapping[str, str]) -> dict[str, str]:
    """Return a plan as the log tells it; `units` are the names of units by address."""
    return {
        "名称": name,
        "种子": seed,
        "单位": "、".join(units.get(one, one) for one in plan.units),
        "公开时间": f"{show_day(plan.first)}至{show_day(plan.last)}",
        "每单位抽取": "、".join(f"{kind_label(code)} {count} 件" for code, count in plan.each.items()),
        "主要负责人": "；".join(plan.heads),
    }


def _each(form: Mapping[str, str], errors: dict[str, str]) -> dict[str, int]:
    each: dict[str, int] = {}
    for code in kinds():
        text = form.get(f"each-{code}", "").strip()
        if not text or text == "0":
            continue
        if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) <= MOST_EACH):
            errors[f"each-{code}"] = f"请填 0 至 {MOST_EACH} 之间的整数。"
            continue
        each[code] = int(text)
    if not each and not any(one.startswith("each-") for one in errors):
        errors["each"] = "请至少为一类记录填写每个单位抽几件。"
    return each
