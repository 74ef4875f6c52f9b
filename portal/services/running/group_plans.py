"""What the lines of a file would make of one unit's group: matched to who is there, new, changed, ended, or in conflict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from portal.domain.drafting import MemberRole
from portal.domain.values import fold, show_day
from portal.services.desk import people
from portal.services.desk.people import Entry, overlap
from portal.services.running.group_lines import LABELS, Line, Row
from portal.services.running.groups import Seat
from portal.store.tables import Unit

NEW, CHANGED, ENDED, SAME, WRONG = "new", "changed", "ended", "same", "wrong"
_WORDS = ((NEW, "登记"), (ENDED, "离任"), (CHANGED, "修改"))


@dataclass(frozen=True)
class Deed:
    """One line looked at, or (number 0) one person whom a whole list does not name. `wrong` are column and text."""

    verdict: str
    number: int
    person: str
    unit: str = ""
    before: Seat | None = None
    after: Seat | None = None
    remarks: tuple[str, ...] = ()
    wrong: tuple[tuple[str, str], ...] = ()

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """What differs: label, before, after."""
        if self.before is None or self.after is None:
            return ()
        was, now = (_told(one) for one in (self.before, self.after))
        return tuple((LABELS[name], was[name], now[name]) for name in was if was[name] != now[name])


def _told(seat: Seat) -> dict[str, str]:
    one = seat.entry
    return {
        "role": one.role.label,
        "since": show_day(one.since),
        "until": show_day(one.until) if one.until else "",
        "position": str(seat.position),
    }


@dataclass(frozen=True)
class Plan:
    """One unit: its deeds in the file's order, the group as it would be, and what looks unusual about that."""

    unit: Unit
    deeds: tuple[Deed, ...]
    after: list[Seat]
    doubts: tuple[str, ...]

    def count(self, verdict: str) -> int:
        """Return how many deeds have that verdict."""
        return sum(one.verdict == verdict for one in self.deeds)

    @property
    def moves(self) -> bool:
        """Tell whether anything would be written."""
        return any(one.verdict in (NEW, CHANGED, ENDED) for one in self.deeds)

    @property
    def summary(self) -> str:
        """What would be done, in one line."""
        return "，".join(f"{word} {self.count(code)} 人" for code, word in _WORDS if self.count(code))


def plan(
    unit: Unit, standing: Sequence[Seat], rows: Sequence[Row], *, last_day: date | None, today: date
) -> Plan:
    """Say what the rows would make of the group; with `last_day`, whoever is in post then and not named ends on it."""
    lines = [(row.number, row.line) for row in rows if row.line is not None]
    matched = _match(standing, lines)
    deeds = [Deed(WRONG, one.number, one.person, wrong=one.wrong) for one in rows if one.line is None]
    position = max((one.position for one in standing), default=0)
    for number, line in lines:
        seat = matched.get(number)
        deed = (
            _known(number, line, seat, today) if seat else _new(number, line, standing, today, position + 1)
        )
        if deed.after is not None and seat is None:
            position = max(position, deed.after.position)
        deeds.append(deed)
    named = {one.id for one in matched.values()}
    missing = [one for one in standing if one.id not in named]
    if last_day is not None and not any(one.verdict == WRONG for one in deeds):
        deeds += _left_out(missing, deeds, last_day)
    deeds = _without_conflicts(standing, deeds)
    after = _after(standing, deeds)
    by_name: dict[str, list[Seat]] = {}
    for one in after:
        by_name.setdefault(fold(one.entry.name), []).append(one)
    deeds = [_besides(one, by_name, today) for one in sorted(deeds, key=lambda one: one.number or 10**9)]
    moves = any(one.verdict in (NEW, CHANGED, ENDED) for one in deeds)
    return Plan(unit, tuple(deeds), after, tuple(_doubts(after, today)) if moves else ())


def _match(standing: Sequence[Seat], lines: Iterable[tuple[int, Line]]) -> dict[int, Seat]:
    """Return by line number which entry a line is about: same person and post, same beginning first, then same time."""
    found: dict[int, Seat] = {}
    taken: set[int | None] = set()
    lines = list(lines)
    by_post: dict[tuple[str, str], list[Seat]] = {}
    for seat in standing:
        by_post.setdefault(_post(seat.entry), []).append(seat)
    for exact in (True, False):
        for number, line in lines:
            if number in found:
                continue
            same = [seat for seat in by_post.get(_post(line), ()) if seat.id not in taken]
            if one := _exactly(same, line) if exact else _about(same, line):
                found[number] = one
                taken.add(one.id)
    return found


def _exactly(same: Sequence[Seat], line: Line) -> Seat | None:
    return next((one for one in same if line.since is not None and one.entry.since == line.since), None)


def _about(same: Sequence[Seat], line: Line) -> Seat | None:
    """Return the entry that a line without its beginning, or with a corrected one, is about."""
    if line.since is None:
        lasting = [one for one in same if one.entry.until is None]
        until = [one for one in same if line.until is not None and one.entry.until == line.until]
        return next(iter(until or lasting or same[-1:]), None)
    corrected = Entry(line.name, line.post, MemberRole.MEMBER, line.since, line.until)
    return next(
        (
            one
            for one in same
            # A term that has ended is not taken up again by a slip: such a line is in conflict with it.
            if (one.entry.until is None or line.until is not None)
            and overlap(replace(corrected, name=one.entry.name, post=one.entry.post), one.entry)
        ),
        None,
    )


def _known(number: int, line: Line, seat: Seat, today: date) -> Deed:
    was = seat.entry
    now = replace(
        was, role=line.role or was.role, since=line.since or was.since, until=line.until or was.until
    )
    deed = Deed(SAME, number, was.name, before=seat, after=Seat(seat.id, now, line.position or seat.position))
    if line.until is None and was.until is not None and was.until < today:
        text = (
            f"名单上这一任职已于{show_day(was.until)}截止，这一格是空的或“至今”，文件不能把它改回在任。"
            f"已经离任的，请填写原截止日期或删去这一行；重新任职的，另写一行新的任职起始日期，须在{show_day(was.until)}以后；"
            "截止日期登记错了的，请该单位的管理员在“班子名单”里改正。"
        )
        return replace(deed, verdict=WRONG, after=None, wrong=((LABELS["until"], text),))
    if wrong := _reversed(now):
        return replace(deed, verdict=WRONG, after=None, wrong=(wrong,))
    if not deed.changes:
        return deed
    ends = now.until is not None and was.until is None
    remarks = _ahead(now, today)
    if now.since > was.since:
        remarks = (
            *remarks,
            f"起始日期往后改，{show_day(was.since)}至{show_day(now.since - timedelta(days=1))}将不再有这一任职。连任的请保留原日期。",
        )
    return replace(deed, verdict=ENDED if ends else CHANGED, remarks=remarks)


def _reversed(entry: Entry) -> tuple[str, str] | None:
    if entry.until is None or entry.until >= entry.since:
        return None
    text = f"截止日期（{show_day(entry.until)}）早于起始日期（{show_day(entry.since)}）。请改正其中一个。"
    return LABELS["until"], text


def _new(number: int, line: Line, standing: Sequence[Seat], today: date, position: int) -> Deed:
    wrong = []
    if line.role is None:
        options = "、".join(one.label for one in MemberRole)
        wrong.append((LABELS["role"], f"名单上没有这一任职，新登记的须写身份：{options}。"))
    if line.since is None:
        wrong.append((LABELS["since"], "名单上没有这一任职，新登记的须写任职起始日期，例如 2026-03-05。"))
    if wrong or line.role is None or line.since is None:
        posts = [one.entry.post for one in standing if fold(one.entry.name) == fold(line.name)]
        if posts:
            wrong.append(
                (LABELS["post"], f"名单上{line.name}的职务是：{'、'.join(dict.fromkeys(posts))}。请核对。")
            )
        return Deed(WRONG, number, line.name, wrong=tuple(wrong))
    entry = Entry(line.name, line.post, line.role, line.since, line.until)
    if reversed_ := _reversed(entry):
        return Deed(WRONG, number, line.name, wrong=(reversed_,))
    seat = Seat(None, entry, line.position or position)
    return Deed(NEW, number, line.name, after=seat, remarks=_ahead(entry, today))


def _ahead(entry: Entry, today: date) -> tuple[str, ...]:
    days = ((LABELS["since"], entry.since), (LABELS["until"], entry.until))
    return tuple(
        f"{label}（{show_day(day)}）在今天以后，请核对。" for label, day in days if day and day > today
    )


def _left_out(missing: Sequence[Seat], deeds: Sequence[Deed], last_day: date) -> list[Deed]:
    """Return who ends because a whole list does not name them; who got another post ends on the day before it."""
    found = []
    begins: dict[str, date] = {}
    for one in deeds:
        if one.verdict == NEW and one.after:
            name, since = fold(one.after.entry.name), one.after.entry.since
            begins[name] = min(since, begins.get(name, since))
    for seat in missing:
        if not seat.in_post(last_day) or seat.entry.until == last_day:
            continue
        day, why = last_day, ""
        new = begins.get(fold(seat.entry.name))
        if new is not None and seat.entry.since < new <= last_day:
            day = new - timedelta(days=1)
            why = "换了职务：原职务到新职务开始的前一天为止。"
        after = replace(seat, entry=replace(seat.entry, until=day))
        found.append(Deed(ENDED, 0, seat.entry.name, before=seat, after=after, remarks=(why,) if why else ()))
    return found


def _after(standing: Sequence[Seat], deeds: Sequence[Deed]) -> list[Seat]:
    moved = {one.before.id: one.after for one in deeds if one.before and one.after}
    new = [one.after for one in deeds if one.verdict == NEW and one.after]
    return [*(moved.get(one.id, one) for one in standing), *new]


def _without_conflicts(standing: Sequence[Seat], deeds: list[Deed]) -> list[Deed]:
    """Refuse lines that put one person into one post twice at a time: with the register, or with an earlier line."""
    held = {id(one.after): one.number for one in deeds if one.after}
    by_post: dict[tuple[str, str], list[Seat]] = {}
    for seat in _after(standing, deeds):
        by_post.setdefault(_post(seat.entry), []).append(seat)
    found = []
    for deed in deeds:
        if deed.after is not None and deed.verdict in (NEW, CHANGED, ENDED):
            deed = _without_conflict(deed, deed.after, by_post[_post(deed.after.entry)], held)
        found.append(deed)
    return found


def _without_conflict(deed: Deed, seat: Seat, same: Sequence[Seat], held: Mapping[int, int]) -> Deed:
    for other in same:
        number = held.get(id(other), 0)
        if other is seat or number > deed.number > 0 or not overlap(other.entry, seat.entry):
            continue
        where = f"第 {number} 行" if number else "名单上"
        text = (
            f"{where}已有“{other.entry.told}”，与这一行是同一人同一职务，任职时间重叠。"
            "请改正日期，或删去重复的一行。"
        )
        if (
            not number
            and (until := other.entry.until)
            and (seat.entry.until is None or until < seat.entry.until)
        ):
            text += f"重新任职的，任职起始日期须在{show_day(until)}以后。"
        return replace(deed, verdict=WRONG, after=None, wrong=((LABELS["since"], text),))
    return deed


def _post(entry: Entry | Line) -> tuple[str, str]:
    return fold(entry.name), fold(entry.post)


def _besides(deed: Deed, by_name: Mapping[str, Sequence[Seat]], today: date) -> Deed:
    """Say of somebody new who keeps another post in the same group."""
    if deed.verdict != NEW or deed.after is None:
        return deed
    entry = deed.after.entry
    day = max(today, entry.since)
    others = [
        one.entry.post
        for one in by_name.get(fold(entry.name), ())
        if one is not deed.after and one.in_post(day)
    ]
    if not others or not deed.after.in_post(day):
        return deed
    remark = f"还任{'、'.join(others)}，按兼任登记。是职务变动的，请给原职务写一行任职截止日期。"
    return replace(deed, remarks=(*deed.remarks, remark))


def _doubts(after: Sequence[Seat], today: date) -> list[str]:
    in_post = [one.entry for one in after if one.in_post(today)]
    return people.doubts(in_post) if in_post else ["办理后，今天没有人在任。请核对。"]
