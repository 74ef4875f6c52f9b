"""撤销与合并: a unit ends on a day, alone or in another; what that means is shown before it is done.

A deed is never taken back in place: a mistake is put right by a further step of the history (恢复).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select

from portal.domain.calendar import ahead, back
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.fates import Fate
from portal.domain.obligations import Case, Cell, Standing, board_periods, standing
from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import ClosedAs, Event, Source, State
from portal.domain.supervision.rectifying import ENDED
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.compliance import cases_of
from portal.services.running.known import fingerprint
from portal.services.running.units import (
    NotKept,
    Overtaken,
    Wanted,
    add_unit,
    bounds_of,
    enter,
    need_source,
    owe,
    place_of,
    read_words,
    today_of,
)
from portal.services.supervision import rectifying
from portal.services.supervision.matters import close, items_of, tell, write_step
from portal.services.supervision.opening import NewItem, open_matter
from portal.store.tables import Account, Matter, MatterItem, Rectification, Unit


@dataclass(frozen=True)
class Ending:
    """What is to happen: the units that end, in which other (a unit there is, a new one, or none), and from when."""

    units: tuple[Unit, ...]
    on: date
    source: str
    words: str
    into: Unit | None = None
    new: Wanted | None = None

    @property
    def merging(self) -> bool:
        """Tell whether there is a successor."""
        return self.into is not None or self.new is not None


@dataclass(frozen=True)
class Consequence:
    """What the ending means for one unit: what stays owed, what lapses, who loses access, what is open."""

    unit: Unit
    stays: tuple[Cell, ...]
    lapses: tuple[Cell, ...]
    accounts: int
    matters: tuple[Matter, ...]
    rectifications: tuple[Rectification, ...]
    seen: str


def consequences(county: County, regime: Regime, ending: Ending, *, now: datetime) -> list[Consequence]:
    """Return what the ending would mean, unit by unit; nothing is written. Raise `NotKept` where it cannot be."""
    _check(regime, ending, now)
    return [_consequence(county, regime, one, ending.on, now) for one in ending.units]


def _consequence(county: County, regime: Regime, unit: Unit, on: date, now: datetime) -> Consequence:
    today = today_of(now)
    case = cases_of(county.session, regime, place_of(county), on=today, only=unit)[unit.id]
    before = _standing(case)
    after = _standing(replace(case, unit=replace(case.unit, abolished_on=on), today=max(today, on)))
    late = {(one.duty.code, one.period) for one in after.wanting}
    open_before = {
        (one.duty.code, one.period): one
        for duty in before.duties
        for one in before.of(duty.code)
        if one.status.open or one.status.wanting
    }
    return Consequence(
        unit,
        tuple(after.wanting),
        tuple(one for key, one in open_before.items() if key not in late),
        county.session.scalar(
            select(func.count()).select_from(Account).where(Account.unit_id == unit.id, Account.active)
        )
        or 0,
        tuple(open_matters(county, unit)),
        tuple(open_rectifications(county, unit)),
        fingerprint(unit),
    )


def _standing(case: Case) -> Standing:
    disclosed = [one.period for _, one in case.of(FinanceDisclosure) if "Q" in one.period]
    return standing(case, board_periods(disclosed, case.today))


def open_matters(county: County, unit: Unit) -> list[Matter]:
    """Return a unit's matters that are not closed."""
    query = (
        county.rows(Matter)
        .where(Matter.unit_id == unit.id, Matter.state != State.CLOSED.value)
        .order_by(Matter.id)
    )
    return list(county.session.scalars(query))


def open_rectifications(county: County, unit: Unit) -> list[Rectification]:
    """Return a unit's rectifications that are neither closed nor handed over."""
    query = (
        county.rows(Rectification)
        .where(Rectification.unit_id == unit.id, Rectification.state.not_in(ENDED))
        .order_by(Rectification.id)
    )
    return list(county.session.scalars(query))


def _check(regime: Regime, ending: Ending, now: datetime) -> None:
    if not ending.units:
        raise NotKept("请选择要撤销或并入的单位。", "units")
    need_source(ending.source)
    today = today_of(now)
    bounds = bounds_of(regime, today)
    if ending.on > (latest := ahead(today, bounds.unit_ahead)):
        raise NotKept(f"日期最远可定到{show_day(latest)}。请核对年份。", "on")
    if ending.on < (earliest := back(today, bounds.unit_back)):
        raise NotKept(
            f"日期最早可写到{show_day(earliest)}：更早的撤销会把多年的公开义务一笔勾销。"
            "确有其事的，请平台管理员核对文件后办理。",
            "on",
        )
    for unit in ending.units:
        if unit.abolished_on is not None:
            raise NotKept(f"“{unit.name}”已登记自{show_day(unit.abolished_on)}撤销，不能再办理。", "units")
        if unit.founded_on and unit.founded_on >= ending.on:
            raise NotKept(
                f"“{unit.name}”{show_day(unit.founded_on)}才成立，撤销的日期须在其后。请核对。", "on"
            )
    if ending.into is not None:
        if any(one.id == ending.into.id for one in ending.units):
            raise NotKept("单位不能并入自己。请另选一个单位。", "into")
        if ending.into.abolished_on is not None:
            raise NotKept(f"“{ending.into.name}”已登记撤销，不能接收并入。请另选一个单位。", "into")
        if ending.into.founded_on and ending.into.founded_on > ending.on:
            raise NotKept(f"“{ending.into.name}”到那天还没有成立。请核对日期。", "on")
    if ending.merging and ending.new is not None and len(ending.units) < 2:
        raise NotKept("只有一个单位的，请办理更名；新设单位用于两个以上单位合并。", "units")


def end(county: County, regime: Regime, ending: Ending, *, seen: Sequence[str], now: datetime) -> Unit | None:
    """Let the units end and return their successor. `seen` are their fingerprints as they were shown.

    Obligations end on that day; what was due before stays the old unit's own. Accounts and scheduled drafts are seen
    to by `portal.services.running.retiring` once the day has come.
    """
    _check(regime, ending, now)
    if [fingerprint(one) for one in ending.units] != list(seen):
        raise Overtaken
    source, successor = need_source(ending.source), ending.into
    if ending.new is not None:
        fresh = replace(ending.new, founded_on=ending.on)
        successor = add_unit(county, fresh, source=source, now=now)
    for unit in ending.units:
        unit.abolished_on = ending.on
        fate = Fate.MERGED if successor else Fate.ABOLISHED
        enter(county, unit, fate, on=ending.on, words=ending.words, source=source, now=now, other=successor)
        if successor:
            enter(
                county, successor, Fate.ABSORBED, on=ending.on, words=ending.words, source=source, now=now,
                other=unit,
            )  # fmt: skip
        told = f"并入{successor.name}" if successor else "撤销"
        county.write_down(
            f"unit.{fate.value}",
            now=now,
            object=f"unit:{unit.slug}",
            words=f"{unit.name}自{show_day(ending.on)}{told}",
            unit_id=unit.id,
            detail={"before": {"撤销日期": ""}, "after": {"撤销日期": show_day(ending.on), "依据": source}},
        )
        owe(county, unit, "unit_changed", now=now)
        for matter in open_matters(county, unit):
            _note(county, matter, f"本单位自{show_day(ending.on)}{told}。", now=now)
    if successor:
        owe(county, successor, "unit_changed", now=now)
    return successor


def restore(
    county: County, unit: Unit, *, seen: str, on: date, words: str, source: str, now: datetime
) -> None:
    """Put a mistaken ending right by a further step: the unit is there as if it had never ended. Raise `NotKept`."""
    if seen != fingerprint(unit):
        raise Overtaken
    if unit.abolished_on is None:
        raise NotKept("这个单位在册，不需要恢复。")
    words = read_words(words, "为什么恢复", most=200)
    if len(words) < 4:
        raise NotKept("请写明为什么恢复。", "words")
    was = unit.abolished_on
    source = need_source(source)
    unit.abolished_on = None
    enter(
        county,
        unit,
        Fate.RESTORED,
        on=on,
        words=f"恢复，原登记的{show_day(was)}撤销不再有效",
        source=source,
        now=now,
    )
    county.write_down(
        "unit.restored",
        now=now,
        object=f"unit:{unit.slug}",
        words=f"恢复{unit.name}：{words}",
        unit_id=unit.id,
        detail={"before": {"撤销日期": show_day(was)}, "after": {"撤销日期": "", "依据": source}},
    )
    owe(county, unit, "unit_changed", now=now)


def hand_over(county: County, regime: Regime, matter: Matter, successor: Unit, *, now: datetime) -> Matter:
    """Let the successor of an ended unit go on with a matter: open one there with the same items, and end the old one.

    The old matter keeps its unit and its steps for good. What is being rectified goes on there in rectification, with
    its entries of the register and its deadlines, and the successor is told; of any other it knows nothing until it
    is asked. What came from a filing (特定关系人) stays such a matter: nobody else may read of it.
    """
    gone, on = _ended(county, matter.unit_id, successor)
    if not State(matter.state).open:
        raise NotKept("这件事项已经办结，不需要移交。")
    fresh = open_matter(
        county,
        successor,
        source=Source.RELATION if matter.source == Source.RELATION.value else Source.MANUAL,
        cause=f"移交：{matter.uid}",
        title=matter.title,
        severity=Severity(matter.severity),
        items=[_moved(one, gone) for one in items_of(county, matter) if one.gone_on is None],
        now=now,
        regime=regime,
    )
    _note(county, fresh, f"由{gone.name}移交：该单位自{show_day(on)}撤销。", now=now)
    if entries := [one for one in open_rectifications(county, gone) if one.matter_id == matter.id]:
        fresh.state, fresh.due = State.RECTIFYING.value, matter.due
        fresh.owner_id, fresh.owner = matter.owner_id, matter.owner
        tell(county, fresh, now)
        for one in entries:
            rectifying.hand_over(county, one, successor, matter=fresh, now=now)
    close(county, matter, closed_as=ClosedAs.HANDLED, words=f"移交{successor.name}继续办理。", now=now)
    county.write_down(
        "matter.handed_over",
        now=now,
        object=f"matter/{matter.uid}",
        words=f"{gone.name}的监督事项“{matter.title}”移交{successor.name}",
        unit_id=successor.id,
    )
    return fresh


def hand_over_entry(county: County, entry: Rectification, successor: Unit, *, now: datetime) -> Rectification:
    """Let the successor of an ended unit go on with an entry of the register that belongs to no open matter."""
    gone, _ = _ended(county, entry.unit_id, successor)
    if with_matter(entry, open_matters(county, gone)):
        raise NotKept("这一项整改属于一件未办结的监督事项，随那件事项一并移交。请移交那件监督事项。")
    return rectifying.hand_over(county, entry, successor, matter=None, now=now)


def with_matter(entry: Rectification, matters: Iterable[Matter]) -> bool:
    """Tell whether an entry is handed over with one of these matters, not by itself."""
    return any(one.id == entry.matter_id for one in matters)


def _ended(county: County, number: int, successor: Unit) -> tuple[Unit, date]:
    """Return the unit and since when it has ended; raise `NotKept` where it has not, or the successor has."""
    gone = county.unit_of(number)
    if gone is None or gone.abolished_on is None or successor.abolished_on is not None:
        raise NotKept("只有已撤销单位的事项可以移交，接收的单位须在册。")
    return gone, gone.abolished_on


def _moved(item: MatterItem, gone: Unit) -> NewItem:
    """Return an item as the successor's matter names it. The record stays the old unit's: its index number tells which."""
    return NewItem(
        fingerprint=item.fingerprint,
        ref=item.ref,
        title=f"{gone.name}：{item.title}" if item.title else gone.name,
        period=item.period,
        seen=item.seen,
        remedy=item.remedy,
        basis=item.basis,
    )


def _note(county: County, matter: Matter, words: str, *, now: datetime) -> None:
    write_step(county, event=Event.NOTED, words=words, matter=matter, shared=False, now=now)
