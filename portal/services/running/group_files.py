"""Files of 班子名单: held against every unit's group line by line before anything is written, written as they were shown."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from portal.domain.drafting import Event
from portal.domain.values import fold, show_day
from portal.services.board.county import County
from portal.services.desk.people import Entry
from portal.services.desk.rooms import Actor, Room
from portal.services.desk.telling import tell_group_brought
from portal.services.running import groups
from portal.services.running.group_lines import LABELS, Row, Told, read_table, shown
from portal.services.running.group_plans import ENDED, NEW, SAME, WRONG, Deed, Plan, plan
from portal.services.running.groups import Seat
from portal.services.running.known import Known
from portal.services.running.units import NotKept, Overtaken, today_of
from portal.store.tables import Member, Step, Unit

_NEAR = 3  # How many similar names are offered, and places of a namesake told.
_HINTED = 100  # Unknown names for which similar ones are looked for.
NAMESAKE = "同名在任"


@dataclass(frozen=True)
class Way:
    """How a file is meant. With `last_day`, whoever of a named unit is not in it was in post until that day."""

    last_day: date | None = None

    @property
    def told(self) -> str:
        """It in the log's words."""
        return (
            f"名单为全部，未列入的人员任职到{show_day(self.last_day)}"
            if self.last_day
            else "只办文件写到的人员"
        )


@dataclass(frozen=True)
class Preview:
    """What a file would do, unit by unit; `lost` are the rows that belong to no unit. `basis` changes with any of the groups."""

    plans: tuple[Plan, ...]
    lost: tuple[Deed, ...]
    told: Told
    basis: str

    @property
    def deeds(self) -> list[Deed]:
        """Everything that would be done, or not."""
        return [*self.lost, *(deed for one in self.plans for deed in one.deeds)]

    def count(self, verdict: str) -> int:
        """Return how many have that verdict."""
        return sum(one.verdict == verdict for one in self.deeds)

    @property
    def namesakes(self) -> bool:
        """Tell whether somebody is, by the name, in post in two units."""
        return any(one.startswith(NAMESAKE) for deed in self.deeds for one in deed.remarks)

    @property
    def usable(self) -> bool:
        """Tell whether there is something to write and nothing in the way."""
        return not self.count(WRONG) and any(one.verdict != SAME for one in self.deeds)


def look_at(county: County, table: Sequence[Sequence[str]], way: Way, *, now: datetime) -> Preview:
    """Say what a file would do; raise `RosterError` where it cannot be read at all, `NotKept` where the way cannot be."""
    today = today_of(now)
    told = read_table(table)
    known = Known(county)
    finding = _Finding(known, today)
    by_unit: dict[int, tuple[Unit, list[Row]]] = {}
    lost = []
    for row in told.rows:
        unit, why = finding.unit_of(row)
        if unit is None:
            column = LABELS["unit"] if row.line and row.line.unit else LABELS["code"]
            lost.append(
                Deed(WRONG, row.number, row.person, unit=row.unit, wrong=row.wrong or ((column, why),))
            )
        else:
            by_unit.setdefault(unit.id, (unit, []))[1].append(row)
    standing = {
        one.id: groups.seats(county, one)
        for one in known.units
        if one.id in by_unit or (one.listed and not groups.ended(one, today))
    }
    plans = [
        plan(unit, standing[unit.id], rows, last_day=way.last_day, today=today)
        for unit, rows in by_unit.values()
    ]
    after = standing | {one.unit.id: one.after for one in plans}
    by_name: dict[str, list[tuple[Unit, Seat]]] = {}
    for unit in known.units:
        for seat in after.get(unit.id, ()):
            by_name.setdefault(fold(seat.entry.name), []).append((unit, seat))
    plans = [_elsewhere(one, by_name, today) for one in plans]
    basis = _basis(known, {number: standing[number] for number in by_unit}, way)
    return Preview(tuple(plans), tuple(lost), told, basis)


class _Finding:
    """Finds the unit of a row: by name, short name, former name or code."""

    def __init__(self, known: Known, today: date) -> None:
        self._known, self._today = known, today
        self._hints: dict[str, str] = {}
        self._names = {fold(one.name): one.name for one in known.units if not groups.ended(one, today)}

    def unit_of(self, row: Row) -> tuple[Unit | None, str]:
        if row.line is None:
            found = self._known.by_name.get(fold(row.unit)) if row.unit else None
            return (None if found is None or groups.ended(found, self._today) else found), ""
        name, code = row.line.unit, row.line.code
        by_name = self._known.by_name.get(fold(name)) if name else None
        by_code = (self._known.by_name.get(fold(code)) or self._known.by_uscc.get(code)) if code else None
        if name and by_name is None:
            return None, self._unknown(name)
        if code and by_code is None:
            return None, f"单位名册里没有代码“{shown(code)}”。请核对代码，或改填单位名称。"
        if by_name and by_code and by_name is not by_code:
            return (
                None,
                f"“{by_name.name}”的代码不是“{shown(code)}”，这个代码属于“{by_code.name}”。请改正其中一个。",
            )
        unit = by_name or by_code
        if unit and unit.abolished_on and groups.ended(unit, self._today):
            return (
                None,
                f"“{unit.name}”已自{show_day(unit.abolished_on)}撤销或并入。请改填现在的单位，或删去这一行。",
            )
        return unit, ""

    def _unknown(self, name: str) -> str:
        if name not in self._hints:
            hinted = len(self._hints) < _HINTED  # Each costs milliseconds, and a wrong file has thousands.
            near = (
                difflib.get_close_matches(fold(name[:100]), self._names, n=_NEAR, cutoff=0.4)
                if hinted
                else ()
            )
            self._hints[name] = f"相近的有：{'、'.join(self._names[one] for one in near)}。" if near else ""
        return f"单位名册里没有“{shown(name)}”。{self._hints[name]}请改正名称，或先在单位名册里新增。"


def _elsewhere(one: Plan, after: dict[str, list[tuple[Unit, Seat]]], today: date) -> Plan:
    """Mark who, once this is done, is in post in two units: it may be right (兼任, or two of one name)."""
    deeds = []
    for deed in one.deeds:
        seat = deed.after
        if deed.verdict == NEW and seat and (seat.entry.until is None or seat.entry.until >= today):
            others = [
                f"{unit.name}（{other.entry.post}）"
                for unit, other in after.get(fold(seat.entry.name), ())
                if unit is not one.unit and other.in_post(max(today, seat.entry.since))
            ]
            if others:
                more = f"等 {len(others)} 处" if len(others) > _NEAR else ""
                remark = f"{NAMESAKE}：{'、'.join(others[:_NEAR])}{more}。"
                deed = replace(deed, remarks=(*deed.remarks, remark))
        deeds.append(deed)
    return replace(one, deeds=tuple(deeds))


def _basis(known: Known, standing: dict[int, list[Seat]], way: Way) -> str:
    parts = [
        known.basis,
        way.told,
        *(
            (number, [(one.id, one.entry.told, one.position) for one in group])
            for number, group in standing.items()
        ),
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]


def apply(
    county: County, table: Sequence[Sequence[str]], way: Way, *, basis: str, address: str, now: datetime
) -> Preview:
    """Write what a file says; raise `Overtaken` where a group is not the one that was looked at.

    Each unit's rows and steps are written through its own room, and so is a letter to those who keep its group, who
    read it at `address`; the county's log has one entry for each unit.
    Doing it twice changes nothing: what is there already is the same then.
    """
    found = look_at(county, table, way, now=now)
    if found.count(WRONG):
        raise NotKept("文件里有需要改正的行，没有写入。请改正后重新上传。")
    if found.basis != basis and found.usable:
        raise Overtaken
    actor = county.actor
    if actor is None:
        raise NotKept("没有登录的人员，不能导入。")
    for one in found.plans:
        moved = [deed for deed in one.deeds if deed.verdict != SAME]
        if not moved:
            continue
        with groups.room_of(county, one.unit) as room:
            step = _write(room, moved, summary=one.summary, actor=actor, now=now)
            tell_group_brought(room, step, address=address, now=now)
        county.write_down(
            "group.imported",
            now=now,
            object=f"unit:{one.unit.slug}",
            words=f"导入班子名单：{one.unit.name}，{one.summary}（{way.told}）",
            unit_id=one.unit.id,
            detail={
                "before": {_label(deed): deed.before.entry.told for deed in moved if deed.before},
                "after": {_label(deed): deed.after.entry.told for deed in moved if deed.after},
            },
        )
    return found


def _label(deed: Deed) -> str:
    """Name what a deed is about, the same before and after; one person may have held one post twice."""
    seat = deed.before or deed.after
    if seat is None:
        return deed.person
    return f"{seat.entry.name}（{seat.entry.post}，{show_day(seat.entry.since)}起）"


def _write(room: Room, moved: Sequence[Deed], *, summary: str, actor: Actor, now: datetime) -> Step:
    members = {one.id: one for one in room.members()}
    for deed in moved:
        seat = deed.after
        if seat is None:
            continue
        entry = seat.entry
        if deed.before is None or deed.before.id is None:
            room.session.add(_row(Member(unit_id=room.unit_id), entry, seat, actor, now))
            remark = f"登记：{entry.told}"
        else:
            _row(members[deed.before.id], entry, seat, actor, now)
            word = "任职结束" if deed.verdict == ENDED else "修改"
            order = f"，排序 {seat.position}" if seat.position != deed.before.position else ""
            remark = f"{word}：{deed.before.entry.told} 改为 {entry.told}{order}"
        room.write_down(
            Event.MEMBER, actor=actor, now=now, title="领导班子名单", remark=f"纪委监委导入：{remark}"
        )
    step = room.write_down(Event.IMPORTED, actor=actor, now=now, title="领导班子名单", remark=summary)
    room.session.flush()
    return step


def _row(member: Member, entry: Entry, seat: Seat, actor: Actor, now: datetime) -> Member:
    member.name, member.post, member.role = entry.name, entry.post, entry.role.value
    member.since, member.until, member.position = entry.since, entry.until, seat.position
    member.recorded_by, member.recorded_at = actor.name, now
    return member
