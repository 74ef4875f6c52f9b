"""One unit's plans after one another: which is in force, what each changed, how long a deputy has held a domain."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from portal.domain.documents.delegation import Assignment, DelegationPlan, SignOffBand
from portal.domain.regimes import Regime
from portal.domain.rules.delegation_terms import (
    Rotation,
    earlier_plans,
    holdings,
    people,
    standing_day,
    tested,
)
from portal.domain.rules.dossier import Context
from portal.domain.values import fold, show_yuan
from portal.site.pages.kinds.figures import short
from portal.site.snapshot import RecordView, Snapshot

_PlanKey = tuple[date, date, int]


@dataclass(frozen=True)
class Place:
    """Where a plan stands among the unit's public ones.

    `state` is "current", "coming" (not in force yet) or "lapsed"; `line` are all of them, newest first.
    """

    state: str
    previous: RecordView | None
    following: RecordView | None
    current: RecordView | None
    line: tuple[tuple[RecordView, DelegationPlan], ...]


@dataclass(frozen=True)
class Change:
    """One difference from the plan before: of which work, of what sort, and what stood there before and stands now."""

    domain: str
    what: str
    before: str
    after: str


@dataclass(frozen=True)
class Tenure:
    """How long a row's deputy has held the work and until when at most; `months` are whole ones as of `day`.

    `source` says who set the last day: "plan" or "regime"; both are blank where none is set.
    """

    since: date
    months: int
    day: date
    due: date | None
    source: str
    before: bool  # The earlier plans say so: it began before the day that this plan names.

    @property
    def over(self) -> bool:
        """Tell whether the last day has passed."""
        return self.due is not None and self.day > self.due

    @property
    def held(self) -> str:
        """The length in words."""
        if not self.months:
            return "不满1个月"
        years, months = divmod(self.months, 12)
        return (f"{years}年" if years else "") + (f"{months}个月" if months else "")


def place_of(snapshot: Snapshot, record: RecordView, plan: DelegationPlan) -> Place:
    """Return where the plan stands among its unit's; one that cites the plan before it is believed."""
    own = (plan.effective_from, plan.adopted_on, record.id)
    others = _others(snapshot, record)
    before = [one for key, one in others if key < own]
    after = [one for key, one in others if key > own]
    cited = fold(plan.previous_plan or "")
    previous = next((one for one in reversed(before) if cited and cited in _names(one)), None)
    every = sorted([*others, (own, record)], key=lambda pair: pair[0], reverse=True)
    line = tuple((one, plan if one is record else _plan(one)) for _, one in every)
    begun = [(one, text) for one, text in line if text.effective_from <= snapshot.today]
    current = begun[0][0] if begun and not _ended(begun[0][1], snapshot.today) else None
    state = "current" if current is record else "coming" if plan.effective_from > snapshot.today else "lapsed"
    return Place(
        state, previous or (before[-1] if before else None), after[0] if after else None, current, line
    )


def _others(snapshot: Snapshot, record: RecordView) -> list[tuple[_PlanKey, RecordView]]:
    """Return the unit's other readable plans, oldest first."""
    found = [
        ((one.document.effective_from, one.document.adopted_on, one.id), one)
        for one in snapshot.records_of(record.unit, "delegation")
        if one.id != record.id and isinstance(one.document, DelegationPlan)
    ]
    return sorted(found, key=lambda pair: pair[0])


def _plan(record: RecordView) -> DelegationPlan:
    assert isinstance(record.document, DelegationPlan)  # noqa: S101 - `_others` left out whatever is none.
    return record.document


def _names(record: RecordView) -> set[str]:
    return {fold(record.index_no), fold(_plan(record).doc_no or ""), fold(record.title)} - {""}


def _ended(plan: DelegationPlan, today: date) -> bool:
    return plan.effective_to is not None and plan.effective_to < today


# What changed.


@dataclass(frozen=True)
class _Work:
    """Everything that a plan says of one domain, under the name that the plan gives it."""

    label: str
    people: dict[str, str]
    substitutes: dict[str, str]
    limits: tuple[int | None, ...]
    above: tuple[str, ...]


def changes(plan: DelegationPlan, before: DelegationPlan, regime: Regime) -> list[Change]:
    """Return what the plan changed: the chiefs, the people of each domain, the limits, the sign-off bands."""
    now, then = _works(plan, regime), _works(before, regime)
    found = []
    if moved := _moved(_folded(one.name for one in before.chiefs), _folded(one.name for one in plan.chiefs)):
        found.append(Change("党政正职", "换人", *moved))
    for key, work in now.items():
        if key in then:
            found += _work_changes(then[key], work)
        else:
            found.append(Change(work.label, "新列入", "", "、".join(work.people.values()) or "未填"))
    found += [
        Change(work.label, "不再列出", "、".join(work.people.values()) or "未填", "")
        for key, work in then.items()
        if key not in now
    ]
    return [*found, *_band_changes(plan, before, regime)]


def unchanged(plan: DelegationPlan, found: Iterable[Change], regime: Regime) -> list[str]:
    """Return the domains that no change names."""
    named = {one.domain for one in found}
    return [work.label for work in _works(plan, regime).values() if work.label not in named]


def _key(text: str, regime: Regime, day: date) -> str:
    """Return by what a domain is the same in two plans: the regime's code, else its name."""
    known = regime.domain(text, day)
    return known.code if known else fold(text)


def _works(plan: DelegationPlan, regime: Regime) -> dict[str, _Work]:
    rows: dict[str, list[Assignment]] = {}
    for one in plan.assignments:
        rows.setdefault(_key(one.domain, regime, plan.effective_from), []).append(one)
    return {
        key: _Work(
            some[0].domain,
            _folded(name for one in some for name in people(one.deputy)),
            _folded(name for one in some for name in people(one.substitute or "")),
            tuple(one.limit for one in some),
            tuple(one.above_limit for one in some if one.above_limit),
        )
        for key, some in rows.items()
    }


def _folded(names: Iterable[str]) -> dict[str, str]:
    return {fold(one): one for one in names}


def _moved(then: dict[str, str], now: dict[str, str]) -> tuple[str, str] | None:
    """Return who went and who came, or None where nobody did."""
    gone = [name for key, name in then.items() if key not in now]
    come = [name for key, name in now.items() if key not in then]
    return ("、".join(gone), "、".join(come)) if gone or come else None


def _work_changes(then: _Work, now: _Work) -> Iterator[Change]:
    if moved := _moved(then.people, now.people):
        yield Change(now.label, "换人" if all(moved) else "增加" if moved[1] else "退出", *moved)
    if then.limits != now.limits:
        yield Change(now.label, _limit_word(then.limits, now.limits), _limits(then), _limits(now))
    if then.above != now.above:
        yield Change(now.label, "超出上限的办法", "；".join(then.above), "；".join(now.above))
    if moved := _moved(then.substitutes, now.substitutes):
        yield Change(now.label, "B角", *moved)


def _limit_word(then: tuple[int | None, ...], now: tuple[int | None, ...]) -> str:
    if len(then) != 1 or len(now) != 1:
        return "签批上限调整"
    before, after = then[0], now[0]
    if before is None or after is None:
        return "取消签批上限" if after is None else "新设签批上限"
    return "签批上限提高" if after > before else "签批上限降低"


def _limits(work: _Work) -> str:
    return "、".join("不设金额" if one is None else f"{show_yuan(one)} 元" for one in work.limits)


def _band_changes(plan: DelegationPlan, before: DelegationPlan, regime: Regime) -> Iterator[Change]:
    now, then = _scales(plan, regime), _scales(before, regime)
    for key in [*now, *(one for one in then if one not in now)]:
        old, new = then.get(key, []), now.get(key, [])
        label = (new or old)[0].domain
        if [_facts(one) for one in old] != [_facts(one) for one in new]:
            yield Change(label, f"签批权限（{_payer((new or old)[0])}）", _told(old), _told(new))
        elif [one.chain for one in old] != [one.chain for one in new]:
            yield Change(label, f"审批程序（{_payer((new or old)[0])}）", _chains(old), _chains(new))


def _scales(plan: DelegationPlan, regime: Regime) -> dict[tuple[str, str, str], list[SignOffBand]]:
    found: dict[tuple[str, str, str], list[SignOffBand]] = {}
    for one in plan.bands:
        key = (_key(one.domain, regime, plan.effective_from), one.expense_type.value, one.applies_to.value)
        found.setdefault(key, []).append(one)
    return {key: sorted(some, key=lambda one: one.lower) for key, some in found.items()}


def _facts(one: SignOffBand) -> tuple[object, ...]:
    return (one.lower, one.upper, one.approver, one.needs_collective, one.needs_chief_consent)


def _payer(one: SignOffBand) -> str:
    return f"{one.expense_type.label}，{one.applies_to.label}"


def _told(bands: list[SignOffBand]) -> str:
    return "；".join(f"{span_of(one)}：{decider(one)}" for one in bands)


def _chains(bands: list[SignOffBand]) -> str:
    return "；".join(f"{span_of(one)}：{'→'.join(one.chain)}" for one in bands)


def span_of(band: SignOffBand) -> str:
    """Return a band's range as people say it: an upper bound of 20,000.01 元 (not included) is 2万元及以下."""
    low = f"超过{short(band.lower - 1)}" if _just_over(band.lower) else f"{short(band.lower)}及以上"
    if band.upper is None:
        return low if band.lower else "不分金额"
    high = f"{short(band.upper - 1)}及以下" if _just_over(band.upper) else f"不满{short(band.upper)}"
    return f"{low.removesuffix('及以上')}至{high}" if band.lower else high


def exact(band: SignOffBand) -> str:
    """Return the bounds as filled where `span_of` rounds them by a fen, else nothing."""
    low = f"含 {show_yuan(band.lower)} 元" if _just_over(band.lower) else ""
    high = f"不含 {show_yuan(band.upper)} 元" if band.upper is not None and _just_over(band.upper) else ""
    return "，".join(one for one in (low, high) if one)


def _just_over(fen: int) -> bool:
    """Tell whether an amount is a whole 元 and one fen: how a half-open range writes “及以下”."""
    return fen > 1 and fen % 100 == 1


def decider(band: SignOffBand) -> str:
    """Return who decides in a band, with what must come first."""
    text = str(band.approver.label)
    if band.needs_chief_consent and band.approver.value != "deputy_with_consent":
        text += "，须报主要负责人同意"
    if band.needs_collective and band.approver.value != "collective":
        text += "，须集体研究"
    return text


# How long.


def tenures(plan: DelegationPlan, context: Context) -> list[Tenure]:
    """Return for each row how long its deputy has held the work, and when the rotation is due.

    For the domains that the regime rotates (DEL-09), time in earlier plans without a
    break counts, and the regime's longest time or the plan's own date, whichever ends first.
    """
    day = standing_day(plan, context)
    terms = context.regime.terms("DEL-09", plan.effective_from, context.unit.type)
    bound: dict[int, list[tuple[str, str]]] = {}
    if isinstance(terms, Rotation):
        for held in tested(plan, context):
            bound.setdefault(held.place, []).append((held.name, held.domain.code))
    found = []
    for place, row in enumerate(plan.assignments):
        since, due, source = row.held_since, row.rotation_due, "plan" if row.rotation_due else ""
        if place in bound and isinstance(terms, Rotation):
            since = min([since, *(_first(plan, context, *one) or since for one in bound[place])])
            longest = context.due(since, terms.within).day
            if due is None or longest < due:
                due, source = longest, "regime"
        months = (day.year - since.year) * 12 + day.month - since.month - (day.day < since.day)
        found.append(Tenure(since, max(months, 0), day, due, source, since < row.held_since))
    return found


def _first(plan: DelegationPlan, context: Context, name: str, code: str) -> date | None:
    """Return since when, by the plans without a break before this one, the same person held the same domain."""
    first = None
    for older in earlier_plans(plan, context):
        same = [
            one.row.held_since
            for one in holdings(older, context, plan.effective_from)
            if (one.name, one.domain.code) == (name, code)
        ]
        if not same:
            break
        first = min([*same, *([first] if first else [])])
    return first
