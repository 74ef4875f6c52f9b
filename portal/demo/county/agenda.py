"""What one unit publishes in its years: how many of each kind, what its group decides, what it buys."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from portal.demo.bank import pick, spread, workday, workday_before
from portal.demo.county.bodies import Body
from portal.demo.county.windows import Window
from portal.demo.meetings import Item
from portal.domain.documents.decision import Category
from portal.domain.values import show_day, show_yuan

# What a year holds, the first things first; whatever is asked for beyond it comes in turns of `_MORE`.
_FIRST = (
    *("finance",) * 4,
    "plan",
    "plan-decision",
    "funds-decision",
    "annual",
    "regulation",
    "tender",
    "budget",
    "accounts",
)
_MORE = (
    *("decision", "tender", "decision") * 4,
    "regulation",
    "decision",
)
_BEFORE_INTENT = 16  # Days between the decision on a project and its intent.
_TO_NOTICE = 38  # Days between intent and notice, as the timetable of a project has them.


@dataclass(frozen=True)
class Project:
    """One thing to buy: its row as the sample projects have it, and the decision that it rests on."""

    key: str
    row: Mapping[str, Any]


@dataclass(frozen=True)
class Year:
    """The agenda of one window; `wanted` counts the records of each sort."""

    window: Window
    wanted: Mapping[str, int]
    items: tuple[Item, ...]
    projects: tuple[Project, ...]


def wanted(body: Body) -> dict[str, int]:
    """Return how many records of each sort the unit publishes a year; together they are as many as asked for."""
    found = dict.fromkeys((*_FIRST, *_MORE), 0)
    for place in range(body.county.records):
        over = place - len(_FIRST)
        sort = _FIRST[place] if over < 0 else _MORE[over % len(_MORE)]
        if sort == "annual" and "annual" not in duties(body):
            sort = "decision"
        found[sort] += 1
    return found


def duties(body: Body) -> tuple[str, ...]:
    """Return what the unit owes besides: only authorities and towns report on their openness each year."""
    return ("annual",) if body.unit.type in ("bureau", "township") else ()


def agenda(body: Body) -> tuple[Year, ...]:
    """Return the unit's years, oldest first."""
    counts = wanted(body)
    return tuple(_year(body, window, counts) for window in body.windows)


def numbers_of(body: Body, years: tuple[Year, ...]) -> dict[str, str]:
    """Return the number of every decision by its item's key: counted through each calendar year."""
    items = sorted((item for year in years for item in year.items), key=lambda one: (one.held_on, one.key))
    counts: dict[int, int] = {}
    found = {}
    for one in items:
        counts[one.held_on.year] = counts.get(one.held_on.year, 0) + 1
        found[one.key] = f"{body.unit.short}决〔{one.held_on.year}〕{counts[one.held_on.year]}号"
    return found


def funds_key(window: Window) -> str:
    """Return the key of the decision that settles the large funds of the window."""
    return f"funds-{window.number}"


def plan_key(window: Window) -> str:
    """Return the key of the decision that settles the division of work of the window."""
    return f"plan-{window.number}"


def _year(body: Body, window: Window, counts: Mapping[str, int]) -> Year:
    projects = tuple(_projects(body, window, counts["tender"], decided=counts["funds-decision"] > 0))
    items: list[Item] = []
    if counts["plan-decision"]:
        items.append(_plan_item(body, window))
    if counts["funds-decision"]:
        items.append(_funds_item(body, window))
    left = counts["decision"]
    own = [one for one in projects if one.row["decision"] == one.key][:left]
    items += [_project_item(body, window, one) for one in own]
    items += [_topic(body, window, place) for place in range(left - len(own))]
    # A project for which no record is left rests on the year's large funds.
    kept = {one.key for one in own}
    settled = tuple(
        one if one.key in kept else Project(one.key, {**one.row, "decision": funds_key(window)})
        for one in projects
    )
    return Year(window, counts, tuple(items), settled)


def _plan_item(body: Body, window: Window) -> Item:
    one = body.bank["decisions"]["plans"][0]
    return Item(
        key=plan_key(window),
        shape="ordinary",
        held_on=window.sits,
        category=Category.MAJOR_DECISION,
        domain="personnel",
        title=one["title"].format(year=window.effective.year),
        proposal=one["proposal"].format(domains="、".join(label for _, label in body.domains)),
        decision=one["decision"].format(effective=show_day(window.effective)),
        tasks=("公开分工方案并报备案",),
    )


def _funds_item(body: Body, window: Window) -> Item:
    one = pick(body.bank["decisions"]["funds"], *body.key(window.number, "funds"))
    amount = int(body.row["scale"]) * spread(*body.key(window.number, "large"), low=30, high=46) * 10_000
    count = spread(*body.key(window.number, "matters"), low=6, high=17)
    return Item(
        key=funds_key(window),
        shape="ordinary",
        held_on=window.sits,
        category=Category.LARGE_FUND,
        domain="finance",
        title=one["title"].format(year=window.effective.year),
        proposal=one["proposal"].format(count=count, amount=show_yuan(amount)),
        decision=one["decision"],
        tasks=("按季公开大额支出执行情况",),
        amount=amount,
        dissent={"abstain": 1} if body.serial % 5 == window.number else {},
    )


def _projects(body: Body, window: Window, count: int, *, decided: bool) -> Iterator[Project]:
    texts = body.texts["tenders"]
    days = (window.last - window.first).days
    for place in range(count):
        key = f"project-{window.number}-{place}"
        bank = texts["projects"]
        form = bank[
            (spread(*body.key("first project"), low=0, high=99) + window.number * 5 + place) % len(bank)
        ]
        where = texts["places"][(body.serial + window.number * 3 + place) % len(texts["places"])]
        small = body.unit.type == "village"
        low, high = form["low"], min(form["high"], form["low"] * 3) if small else form["high"]
        budget = spread(*body.key(key, "budget"), low=low * 10, high=high * 10) / 10
        intent = window.first + timedelta(
            days=min(40, days) + spread(*body.key(key, "day"), low=0, high=max(days - 42, 0))
        )
        row = {
            "j": body.regime.slug,
            "unit": body.unit.slug,
            "title": f"{intent.year}年{form['title'].format(place=where)}",
            "summary": form["summary"].format(place=where),
            "item": form["item"],
            "subject": form["subject"],
            "domain": form["domain"],
            "budget": budget,
            "method": _method(form["subject"], budget),
            "notice": intent + timedelta(days=_TO_NOTICE),
            "last": "accepted",
            "bidders": spread(*body.key(key, "bidders"), low=3, high=7),
            "decision": key if decided else None,
            "objection": spread(*body.key(key, "objection"), low=0, high=11) == 0,
        }
        yield Project(key, row)


def _method(subject: str, budget: float) -> str:
    if budget >= (400 if subject == "works" else 200):
        return "open_tender"
    return {"works": "consultation", "goods": "inquiry", "services": "consultation"}[subject]


def _project_item(body: Body, window: Window, project: Project) -> Item:
    form, row = body.texts["project"], project.row
    notice: date = row["notice"]
    held = workday_before(notice - timedelta(days=_TO_NOTICE + _BEFORE_INTENT))
    amount = round(row["budget"] * 10**6)
    words = {
        "title": row["title"],
        "summary": row["summary"],
        "amount": show_yuan(amount),
        "year": notice.year,
    }
    return Item(
        key=project.key,
        shape="ordinary",
        held_on=max(held, window.sits),
        category=Category.MAJOR_PROJECT,
        domain=row["domain"],
        title=form["title"].format(**words),
        proposal=form["proposal"].format(**words),
        decision=form["decision"].format(**words),
        tasks=tuple(form["tasks"]),
        amount=amount,
        dissent=_dissent(body, project.key),
    )


def _topic(body: Body, window: Window, place: int) -> Item:
    key = f"topic-{window.number}-{place}"
    bank = body.texts["topics"]
    form = bank[(body.serial * 3 + window.number * 7 + place) % len(bank)]
    days = (window.last - window.first).days
    held = workday(
        window.first + timedelta(days=12 + spread(*body.key(key, "day"), low=0, high=max(days - 40, 0)))
    )
    amount = None
    if "low" in form:
        share = 4 if body.unit.type == "village" else 1
        thousands = spread(
            *body.key(key, "amount"), low=form["low"] * 10 // share, high=form["high"] * 10 // share
        )
        amount = thousands * 100_000
    words = {
        "year": held.year,
        "number": "一二三四五六七八九十"[place // len(bank) % 10],
        "count": spread(*body.key(key, "count"), low=3, high=48),
        "amount": show_yuan(amount or 0),
    }
    return Item(
        key=key,
        shape="ordinary",
        held_on=held,
        category=Category(form["category"]),
        domain=form["domain"],
        title=form["title"].format(**words),
        proposal=form["proposal"].format(**words),
        decision=form["decision"].format(**words),
        tasks=tuple(form["tasks"]),
        amount=amount,
        dissent=_dissent(body, key),
    )


def _dissent(body: Body, key: str) -> dict[str, int]:
    turn = spread(*body.key(key, "dissent"), low=0, high=11)
    return {"against": 1} if turn == 0 else {"abstain": 1} if turn < 3 else {}
