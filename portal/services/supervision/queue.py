"""The queue of matters across a county's units: narrowed, sorted, counted, and acted upon in bulk.

Wanted                                            what narrows it; blank does not
counts(county, wanted, today) -> {state: number}  for the tabs: by everything but the state
rows_of(county, wanted, today, limit, offset) -> list[Row]
choices(county) -> Choices                        what there is to choose from
in_bulk(county, picked, deed) -> list[Result]     each matter wholly or not at all
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func

from portal.domain.obligations.duties import DUTIES
from portal.domain.rules.base import order, rules
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Source, State
from portal.services.board.county import County
from portal.services.compliance_answers import period_name
from portal.services.supervision.matters import OWNERS, NotPossible, Overtaken, find
from portal.store.tables import Account, Matter, MatterItem, Unit

MINE, NOBODY = "me", "none"
MOST = 500  # Matters of one bulk step: ten pages; what is more is not looked at one by one any more.
SORTS = {"urgent": "先急后缓", "due": "期限", "opened": "发现日期", "unit": "单位"}
_OPEN = "open"
_YEAR_QUARTER = re.compile(r"(\d{4})\s*年?\s*(?:第\s*([一二三四1-4])\s*季度|[Qq]([1-4]))")


@dataclass(frozen=True)
class Wanted:
    """Which matters. `state` may be `open` (all that are not closed); `owner` me, none, or an account's number."""

    state: str = ""
    source: str = ""
    cause: str = ""
    unit: str = ""
    type: str = ""
    owner: str = ""
    overdue: bool = False
    period: str = ""
    sort: str = "urgent"


@dataclass(frozen=True)
class Row:
    """One matter as the queue shows it."""

    matter: Matter
    unit: Unit
    standing: int  # Items that are still seen.
    gone: int
    periods: tuple[str, ...]
    seen: str
    overdue: bool

    @property
    def state(self) -> State:
        """Where it is."""
        return State(self.matter.state)

    @property
    def source(self) -> Source:
        """Where it came from."""
        return Source(self.matter.source)

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return Severity(self.matter.severity)


@dataclass(frozen=True)
class Choices:
    """What the filters offer: code and label."""

    causes: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]
    officers: tuple[Account, ...]


@dataclass(frozen=True)
class Result:
    """What came of one matter in a bulk step; `why` is blank where it was done."""

    uid: str
    unit: str
    title: str
    why: str = ""


def counts(county: County, wanted: Wanted, today: date) -> dict[str, int]:
    """Return how many matters there are in each state, by everything that is wanted but the state; and `open`, ``."""
    query = _narrowed(county, replace(wanted, state=""), today).with_only_columns(Matter.state, func.count())
    found = {str(state): int(count) for state, count in county.session.execute(query.group_by(Matter.state))}
    told = {one.value: found.get(one.value, 0) for one in State}
    whole = sum(told.values())
    return {"": whole, _OPEN: whole - told[State.CLOSED.value], **told}


def how_many(counted: dict[str, int], wanted: Wanted) -> int:
    """Return how many matters are wanted, of what `counts` found."""
    return counted.get(wanted.state, counted[""])


def rows_of(
    county: County, wanted: Wanted, today: date, *, limit: int | None = None, offset: int = 0
) -> list[Row]:
    """Return the matters that are wanted, in their order."""
    query = (
        _narrowed(county, wanted, today)
        .add_columns(Unit)
        .order_by(*_order(wanted.sort, today))
        .offset(offset)
    )
    found = [
        (one[0], one[1]) for one in county.session.execute(query if limit is None else query.limit(limit))
    ]
    items = _items(county, [one.id for one, _ in found])
    return [_row(one, unit, items.get(one.id, []), today) for one, unit in found]


def overdue_count(county: County, today: date) -> int:
    """Return how many answers are overdue."""
    query = county.rows(Matter).with_only_columns(func.count(Matter.id)).where(is_overdue(today))
    return county.session.scalar(query) or 0


def choices(county: County) -> Choices:
    """Return the causes that occur, the units, and who may own a matter."""
    pairs = county.session.execute(
        county.rows(Matter).with_only_columns(Matter.source, Matter.cause, func.min(Matter.title))
        .where(Matter.source != Source.MANUAL.value).group_by(Matter.source, Matter.cause)
    ).all()  # fmt: skip
    place = {one.code: number for number, one in enumerate(DUTIES)}
    ranked = sorted(pairs, key=lambda one: (one[0], place.get(one[1], 99), order(one[1])))
    causes = tuple((f"{source}:{cause}", cause_name(source, cause, title)) for source, cause, title in ranked)
    units = tuple((one.slug, one.name) for one in county.units())
    return Choices(causes, units, tuple(county.officers(OWNERS)))


def cause_name(source: str, cause: str, title: str) -> str:
    """Return what a cause is called: a rule by id and title, a duty by what is wanting."""
    if source == Source.RULE.value and cause in rules():
        return f"{cause}　{rules()[cause].title}"
    return title


def in_bulk(
    county: County, picked: Sequence[tuple[str, int]], deed: Callable[[Matter], None]
) -> list[Result]:
    """Do the same with each picked matter (address and the revision that was seen), and tell what came of it.

    A matter that has moved on since, or of which the step cannot be taken, is left as it was; the others are done.
    """
    if len(picked) > MOST:
        raise NotPossible(f"一次最多办理 {MOST} 件，选了 {len(picked)} 件。请分几次办理。")
    told = []
    for uid, revision in picked:
        try:
            matter = find(county, uid)
        except LookupError:
            continue
        name, title = matter.unit.name, matter.title
        try:
            with county.session.begin_nested():
                if matter.revision != revision:
                    raise Overtaken(matter)
                deed(matter)
        except Overtaken:
            told.append(Result(uid, name, title, "刚刚被其他人办理过，请打开查看后单独办理"))
        except NotPossible as refused:
            told.append(Result(uid, name, title, str(refused)))
        else:
            told.append(Result(uid, name, title))
    return told


def is_overdue(today: date) -> ColumnElement[bool]:
    """Return the condition under which an answer is overdue."""
    return and_(Matter.state == State.ASKED.value, Matter.due < today)


def _narrowed(county: County, wanted: Wanted, today: date) -> Select[Any]:
    query: Select[Any] = county.rows(Matter).join(Unit, Unit.id == Matter.unit_id)
    if wanted.state == _OPEN:
        query = query.where(Matter.state != State.CLOSED.value)
    elif wanted.state:
        query = query.where(Matter.state == wanted.state)
    if wanted.source:
        query = query.where(Matter.source == wanted.source)
    if wanted.cause:
        source, _, cause = wanted.cause.partition(":")
        query = query.where(Matter.source == source, Matter.cause == cause)
    if wanted.unit:
        query = query.where(Unit.slug == wanted.unit)
    if wanted.type:
        query = query.where(Unit.type == wanted.type)
    if wanted.overdue:
        query = query.where(is_overdue(today))
    if wanted.period:
        query = query.where(_of_period(wanted.period))
    return _owned(county, query, wanted.owner)


def _owned(county: County, query: Select[Any], owner: str) -> Select[Any]:
    if owner == MINE:
        return query.where(Matter.owner_id == county.account_id)
    if owner == NOBODY:
        return query.where(Matter.owner_id.is_(None))
    if owner.isascii() and owner.isdigit() and len(owner) < 10:
        return query.where(Matter.owner_id == int(owner))
    return query


def _of_period(text: str) -> ColumnElement[bool]:
    """A period as people write it (2026年第三季度, 2026Q3, 2026年) or any part of it."""
    if found := _YEAR_QUARTER.search(text):
        text = f"{found[1]}Q{found[3] or ('一二三四'.find(found[2]) + 1 or found[2])}"
    text = text.removesuffix("年").strip()
    return exists().where(
        MatterItem.matter_id == Matter.id, MatterItem.period.contains(text, autoescape=True)
    )


def _order(sort: str, today: date) -> list[ColumnElement[Any]]:
    by_unit: list[ColumnElement[Any]] = [Unit.position.asc(), Unit.id.asc()]
    last: list[ColumnElement[Any]] = [Matter.id.asc()]
    undated = Matter.due.is_(None).asc()
    match sort:
        case "due":
            return [undated, Matter.due.asc(), *by_unit, *last]
        case "opened":
            return [Matter.opened_on.desc(), *by_unit, *last]
        case "unit":
            return [*by_unit, _severity_rank(), *last]
        case _:
            closed = case((Matter.state == State.CLOSED.value, 1), else_=0)
            late = case((is_overdue(today), 0), else_=1)
            return [closed.asc(), late.asc(), _severity_rank(), undated, Matter.due.asc(), Matter.opened_on.asc(), *by_unit, *last]  # fmt: skip


def _severity_rank() -> ColumnElement[Any]:
    return case({one.value: one.rank for one in Severity}, value=Matter.severity, else_=9).asc()


def _items(county: County, matters: list[int]) -> dict[int, list[tuple[str, str, bool]]]:
    found: dict[int, list[tuple[str, str, bool]]] = {}
    for start in range(0, len(matters), 500):  # SQLite takes so many values of one condition at least.
        query = (
            county.rows(MatterItem)
            .with_only_columns(MatterItem.matter_id, MatterItem.period, MatterItem.seen, MatterItem.gone_on)
            .where(MatterItem.matter_id.in_(matters[start : start + 500]))
            .order_by(MatterItem.gone_on.is_not(None), MatterItem.period.desc(), MatterItem.id)
        )
        for number, period, seen, gone in county.session.execute(query):
            found.setdefault(number, []).append((period, seen, gone is not None))
    return found


def _row(matter: Matter, unit: Unit, items: list[tuple[str, str, bool]], today: date) -> Row:
    periods = dict.fromkeys(period_name(period) for period, _, _ in items if period)
    return Row(
        matter,
        unit,
        standing=sum(not gone for _, _, gone in items),
        gone=sum(gone for _, _, gone in items),
        periods=tuple(periods),
        seen=items[0][1] if items else "",
        overdue=bool(matter.state == State.ASKED.value and matter.due and matter.due < today),
    )
