"""领导班子名单: who was in which post from when to when. Ended, never deleted: forms of that time still need it.

options(room, *, on) -> tuple[Option, ...]              people for the forms
add / end_term / change_post / correct                  one change, one step in the record of who did what
proposals(room, *, on) -> Proposals, take_in(…)         from the delegation plan in force
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256

from portal.domain.canonical import read_publication
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.delegation import Role as PlanRole
from portal.domain.drafting import Event, MemberRole
from portal.domain.rules.personal_numbers import first_seen
from portal.domain.values import clean_text, fold, read_day, show_day
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Member

LONGEST = 60  # Characters of a name or a post: what a form's column can show.
FIRST_DAY, LAST_DAY = date(1949, 10, 1), date(2199, 12, 31)  # The days that a disclosure can state.
_HEADS = (MemberRole.PARTY_CHIEF, MemberRole.CHIEF)
_LABELS = {"name": "姓名", "post": "职务", "role": "身份", "since": "任职起始日期", "until": "任职截止日期"}


class NotEntered(ValueError):
    """The change cannot be made; `errors` says by field what is wrong and how to mend it."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("；".join(self.errors.values()))


class ChangedMeanwhile(ValueError):
    """Somebody else changed the entry since it was shown."""


@dataclass(frozen=True)
class Entry:
    """One person in one post for one time; `until` is the last day, None while it lasts."""

    name: str
    post: str
    role: MemberRole
    since: date
    until: date | None = None

    @property
    def told(self) -> str:
        """The entry in one line."""
        until = show_day(self.until) if self.until else "今"
        return f"{self.name}，{self.post}（{self.role.label}），{show_day(self.since)}至{until}"


@dataclass(frozen=True)
class Option:
    """A person as a form offers them."""

    name: str
    post: str
    role: MemberRole


@dataclass(frozen=True)
class Proposal:
    """Somebody whom the plan in force names; `known`: already in the group on that day, so not offered."""

    number: int
    entry: Entry
    known: bool


@dataclass(frozen=True)
class Proposals:
    """What the plan in force would bring; `title` and `index_no` name the plan (blank: none is in force)."""

    title: str
    index_no: str
    people: tuple[Proposal, ...]


def read_entry(typed: Mapping[str, str]) -> Entry:
    """Read name, post, role, since and until as typed, or raise `NotEntered` with every mistake at once."""
    errors: dict[str, str] = {}
    texts = {name: read_text(name, typed.get(name, ""), errors) for name in ("name", "post")}
    role = MemberRole.MEMBER
    try:
        role = MemberRole(typed.get("role", ""))
    except ValueError:
        errors["role"] = "没有选择身份。请选择该成员在班子中的身份。"
    since = read_term_day("since", typed.get("since", ""), errors, needed=True)
    until = read_term_day("until", typed.get("until", ""), errors)
    if since and until and until < since:
        errors["until"] = (
            f"任职截止日期（{show_day(until)}）早于起始日期（{show_day(since)}）。请改正其中一个。"
        )
    if errors or since is None:
        raise NotEntered(errors)
    return Entry(texts["name"], texts["post"], role, since, until)


def add(room: Room, entry: Entry, *, actor: Actor, now: datetime) -> Member:
    """Enter somebody, or raise `NotEntered`."""
    _refuse_overlap(room.members(), entry)
    member = _enter(room, entry, actor=actor, now=now)
    _write(room, f"登记：{entry.told}", actor=actor, now=now)
    return member


def end_term(room: Room, member: Member, *, until: str, seen: str, actor: Actor, now: datetime) -> None:
    """End a term on its last day, or raise `NotEntered` or `ChangedMeanwhile`."""
    _refuse_changed(member, seen)
    errors: dict[str, str] = {}
    day = read_term_day("until", until, errors, needed=True)
    if day and day < member.since:
        errors["until"] = f"任职截止日期（{show_day(day)}）早于起始日期（{show_day(member.since)}）。请改正。"
    if errors or day is None:
        raise NotEntered(errors)
    before = entry_of(member)
    _refuse_overlap(room.members(), replace(before, until=day), besides=member)
    member.until = day
    _stamp(member, actor, now)
    _write(room, f"任职结束：{before.told} 改为 {entry_of(member).told}", actor=actor, now=now)


def change_post(
    room: Room, member: Member, *, typed: Mapping[str, str], seen: str, actor: Actor, now: datetime
) -> Member:
    """End the old post on the day before the new one begins, and enter the new one; or raise as above."""
    _refuse_changed(member, seen)
    entry = read_entry({**typed, "name": member.name, "until": ""})
    if member.until is not None:
        raise NotEntered({"since": "这一任职已经结束。请用“登记成员”登记新的任职。"})
    if entry.since <= member.since:
        raise NotEntered(
            {
                "since": f"新任职的起始日期须晚于原任职的起始日期（{show_day(member.since)}）。"
                "原来登记错了的，请用“改正笔误”。"
            }
        )
    if (fold(entry.post), entry.role.value) == (fold(member.post), member.role):
        raise NotEntered({"post": "新的职务和身份与原来相同。请填写新的职务，或选择新的身份。"})
    before = entry_of(member)
    _refuse_overlap(room.members(), entry, besides=member)
    member.until = entry.since - timedelta(days=1)
    _stamp(member, actor, now)
    new = _enter(room, entry, actor=actor, now=now, position=member.position)
    _write(room, f"职务变动：{before.told} 改为 {entry.told}", actor=actor, now=now)
    return new


def correct(
    room: Room, member: Member, *, typed: Mapping[str, str], seen: str, actor: Actor, now: datetime
) -> None:
    """Put a slip of typing right; what stood there before stays in the record of who did what."""
    _refuse_changed(member, seen)
    entry, before = read_entry(typed), entry_of(member)
    if entry == before:
        raise NotEntered({"name": "没有改动。请改正写错的一栏，或返回名单。"})
    _refuse_overlap(room.members(), entry, besides=member)
    member.name, member.post, member.role = entry.name, entry.post, entry.role.value
    member.since, member.until = entry.since, entry.until
    _stamp(member, actor, now)
    _write(room, f"改正笔误：{before.told} 改为 {entry.told}", actor=actor, now=now)


def options(room: Room, *, on: date) -> tuple[Option, ...]:
    """Return who was in the group on a day, each post of a person once, for the lists of a form."""
    found = (Option(one.name, one.post, MemberRole(one.role)) for one in in_order(room.members(on=on)))
    return tuple(dict.fromkeys(found))


def in_order(members: Iterable[Member]) -> list[Member]:
    """Return entries as a group is listed: heads first, then by the order in which they were entered."""
    order = list(MemberRole)
    return sorted(
        members, key=lambda one: (order.index(MemberRole(one.role)), one.position, one.since, one.id)
    )


def doubts(members: Iterable[Member | Entry]) -> list[str]:
    """Say what looks unusual among those in post on one day. It may well be right (兼任), so nothing is refused."""
    by_role: dict[MemberRole, list[str]] = {}
    for one in members:
        by_role.setdefault(MemberRole(one.role), []).append(one.name)
    found = [
        f"同时有 {len(names)} 位{role.label}（{'、'.join(names)}）。如果前任已经离任，请登记其任职截止日期。"
        for role in _HEADS
        if len(names := by_role.get(role, [])) > 1
    ]
    if (acting := by_role.get(MemberRole.ACTING_CHIEF)) and (chief := by_role.get(MemberRole.CHIEF)):
        found.append(
            f"{'、'.join(chief)}是行政正职，同时{'、'.join(acting)}主持工作。"
            "正职已经到任的，请登记主持工作的截止日期。"
        )
    if by_role and not any(by_role.get(one) for one in (*_HEADS, MemberRole.ACTING_CHIEF)):
        found.append("没有登记书记、行政正职或主持工作的副职。表单里将选不到主要负责人，请补充登记。")
    return found


def proposals(room: Room, *, on: date) -> Proposals:
    """Return whom the published plan in force on a day names, and who of them is in the group already."""
    plan, index_no = plan_in_force(room, on=on)
    if plan is None:
        return Proposals("", "", ())
    present = {fold(one.name) for one in room.members(on=on)}
    people = tuple(
        Proposal(number, entry, fold(entry.name) in present) for number, entry in enumerate(_named(plan))
    )
    return Proposals(plan.title, index_no, people)


def take_in(
    room: Room, numbers: Collection[int], *, index_no: str, on: date, actor: Actor, now: datetime
) -> int:
    """Enter those of the proposals that were chosen; return how many. Whoever is known already is left out.

    Raises `ChangedMeanwhile` where another plan is in force by now than the one that was shown.
    """
    offered = proposals(room, on=on)
    if offered.index_no != index_no:
        raise ChangedMeanwhile("执行中的分工方案刚刚有变化。请核对下面的新名单后再带入。")
    chosen = [one.entry for one in offered.people if one.number in numbers and not one.known]
    if not chosen:
        raise NotEntered({"numbers": "没有选择要带入的成员。请至少勾选一位，或返回名单。"})
    for entry in chosen:
        _refuse_overlap(room.members(), entry)
        _enter(room, entry, actor=actor, now=now)
        _write(room, f"从分工方案（{index_no}）带入：{entry.told}", actor=actor, now=now)
    return len(chosen)


def plan_in_force(room: Room, *, on: date) -> tuple[DelegationPlan | None, str]:
    """Return the unit's published plan in force on a day with its index number; drafts and withdrawn ones do not count."""
    found: list[tuple[DelegationPlan, str]] = []
    for record in room.records(DelegationPlan.kind.code):
        version = record.versions[-1] if record.versions else None
        if version is None or version.withdrawal is not None or version.payload is None:
            continue
        document = read_publication(version.payload)[1]
        if isinstance(document, DelegationPlan) and document.effective_from <= on:
            found.append((document, record.index_no))
    newest = max(found, key=lambda one: one[0].effective_from, default=None)
    if newest is None or (newest[0].effective_to and newest[0].effective_to < on):
        return None, ""
    return newest


def entry_of(member: Member) -> Entry:
    """Return a row as a plain value."""
    return Entry(member.name, member.post, MemberRole(member.role), member.since, member.until)


def seal(member: Member) -> str:
    """Return what tells the entry as it was shown from one that somebody changed since."""
    return sha256(entry_of(member).told.encode()).hexdigest()[:16]


_PLAN_ROLES = {
    PlanRole.DEPUTY: MemberRole.DEPUTY,
    PlanRole.CHIEF: MemberRole.CHIEF,
    PlanRole.DISCIPLINE_HEAD: MemberRole.DISCIPLINE,
    PlanRole.OTHER_MEMBER: MemberRole.MEMBER,
}


def _named(plan: DelegationPlan) -> list[Entry]:
    """Return each person of a plan once. A plan does not say since when somebody is in post: its own day stands in."""
    found: dict[str, Entry] = {}
    for chief in plan.chiefs:
        role = MemberRole.PARTY_CHIEF if "书记" in chief.post else MemberRole.CHIEF
        since = plan.effective_from
        if chief.acting:
            role, since = MemberRole.ACTING_CHIEF, chief.acting_since or since
        found.setdefault(fold(chief.name), Entry(chief.name, chief.post, role, since))
    for one in plan.assignments:
        entry = Entry(one.deputy, one.post, _PLAN_ROLES[one.role], plan.effective_from)
        found.setdefault(fold(one.deputy), entry)
    return list(found.values())


def read_text(name: str, typed: str, errors: dict[str, str]) -> str:
    """Return a name or a post as it may be entered; what is wrong goes into `errors`."""
    label = _LABELS[name]
    try:
        text = str(clean_text(typed))
    except ValueError as unseen:
        errors[name] = f"{label}的{unseen}"
        return ""
    if not text:
        errors[name] = f"没有填写{label}。请填写{label}。"
    elif "\n" in text or "\t" in text or len(text) > LONGEST:
        errors[name] = f"{label}须写在一行内，不超过 {LONGEST} 字。请改短。"
    elif seen := first_seen(text):
        errors[name] = f"{label}里有{seen}。名单只登记姓名和职务，请删去。"
    return text


def read_term_day(name: str, typed: str, errors: dict[str, str], *, needed: bool = False) -> date | None:
    """Return a day of a term, None where it is blank; what is wrong goes into `errors`."""
    label = _LABELS[name]
    if not typed.strip():
        if needed:
            errors[name] = f"没有填写{label}。请写成“2026年3月5日”或“2026-03-05”的样子。"
        return None
    try:
        day = read_day(typed)
    except ValueError as wrong:
        errors[name] = f"{label}：{wrong}"
        return None
    if not FIRST_DAY <= day <= LAST_DAY:
        errors[name] = f"{label}（{show_day(day)}）不在合理范围内。请核对年份。"
        return None
    return day


def overlap(one: Entry, other: Entry) -> bool:
    """Tell whether both are the same person in the same post at the same time."""
    same = (fold(one.name), fold(one.post)) == (fold(other.name), fold(other.post))
    return same and one.since <= (other.until or date.max) and other.since <= (one.until or date.max)


def _refuse_overlap(members: Iterable[Member], entry: Entry, *, besides: Member | None = None) -> None:
    """One person is in one post once at a time. Two posts at a time are 兼任, and quite usual."""
    for one in members:
        if one is not besides and overlap(entry_of(one), entry):
            raise NotEntered(
                {
                    "since": f"名单上已有“{entry_of(one).told}”，与这次填写的任职时间重叠。"
                    "请改正日期；同一任职不需要登记两次。"
                }
            )


def _refuse_changed(member: Member, seen: str) -> None:
    if seen != seal(member):
        raise ChangedMeanwhile("这一条刚刚被别人改过。请核对现在的内容，再决定是否修改。")


def _enter(room: Room, entry: Entry, *, actor: Actor, now: datetime, position: int | None = None) -> Member:
    if position is None:
        position = 1 + max((one.position for one in room.members()), default=0)
    member = Member(
        unit_id=room.unit_id,
        name=entry.name,
        post=entry.post,
        role=entry.role.value,
        position=position,
        since=entry.since,
        until=entry.until,
        recorded_by=actor.name,
        recorded_at=now,
    )
    room.session.add(member)
    room.session.flush()
    return member


def _stamp(member: Member, actor: Actor, now: datetime) -> None:
    member.recorded_by, member.recorded_at = actor.name, now


def _write(room: Room, remark: str, *, actor: Actor, now: datetime) -> None:
    room.write_down(Event.MEMBER, actor=actor, now=now, title="领导班子名单", remark=remark)
