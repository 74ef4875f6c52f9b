"""制度参数: what the law leaves open, edited as a dated change with reason, source and approver, never in place."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from portal.domain.calendar import Span, ahead
from portal.domain.obligations import board_periods, standing
from portal.domain.regimes import Regime
from portal.domain.supervision.conduct import period_name
from portal.domain.supervision.terms import Bounds
from portal.domain.values import clean_text, show_day, show_period
from portal.services.board.county import County
from portal.services.compliance import cases_of
from portal.services.running import overlay
from portal.services.running.overlay import YEAR, Change, DoesNotFit
from portal.services.running.parameters import group_of, title_of
from portal.services.running.typed_values import Wish, read_values, refuse_strange_domains
from portal.services.running.units import NotKept, Overtaken, bounds_of, owe, place_of, today_of
from portal.store.tables import RegimeChange

_TRIED = 60  # Units for which the effect is worked out before the change: more take too long for a page.


@dataclass(frozen=True)
class Effect:
    """How one cell of the board would differ."""

    unit: str
    duty: str
    period: str
    before: str
    after: str


@dataclass(frozen=True)
class Proposed:
    """A change that fits: what it is, what it alters, and what that means. `effects` is None where it was not tried."""

    change: Change
    title: str
    differences: tuple[tuple[str, str, str], ...]
    trial: Regime
    effects: tuple[Effect, ...] | None = None
    until: date | None = None
    basis: int = 0


def changes_here(county: County) -> list[Change]:
    """Return the jurisdiction's changes, the oldest first."""
    rows = county.session.scalars(county.rows(RegimeChange).order_by(RegimeChange.id))
    return [overlay.change_of(one) for one in rows]


def basis_of(county: County) -> int:
    """Return what changes with every change of the jurisdiction."""
    return max((one.id for one in changes_here(county)), default=0)


def propose(
    county: County, laid: Mapping[str, Regime], wish: Wish, *, now: datetime, tried: bool = True
) -> Proposed:
    """Return what a change would be; raise `NotKept` where it cannot be. Nothing is written.

    Unless it is `tried`, the effects are left out: they take seconds, for which nobody should wait who wants to write.
    """
    today = today_of(now)
    regime = laid[county.slug]
    group = group_of(laid, county.slug, wish.key, on=max(wish.on, today))
    if group is None:
        raise NotKept(f"{show_day(wish.on)}没有这一段参数。请从参数列表重新选择。", "on")
    values, differences = read_values(group, wish)
    change = Change(
        0, group.section, group.name, values, group.unit_types, None, wish.on,
        *grounds(wish.reason, wish.source, wish.approver), county.name_of_actor, now,
    )  # fmt: skip
    _check_day(county, bounds_of(regime, today), change, today)
    try:
        trial = overlay.lay(regime, change)
    except DoesNotFit as wrong:
        # What is said of an entry as a whole is said at the list that was changed, where one was.
        lists = [name for name in values if name in wish.tables]
        raise NotKept(str(wrong), wrong.name if wrong.name in values else "".join(lists[:1])) from wrong
    refuse_strange_domains(regime, values.get("limits", ()), wish.on)
    later = [
        one.valid_from
        for one in overlay.standing(changes_here(county))
        if _same_place(one, change) and one.valid_from > wish.on
    ]
    return Proposed(
        change,
        group.title,
        tuple(differences),
        trial,
        _effects(county, regime, trial, on=max(today, wish.on)) if tried else None,
        min(later) - timedelta(days=1) if later else group.until,
        basis_of(county),
    )


def grounds(reason: str, source: str, approver: str) -> tuple[str, str, str]:
    """Return reason, source and approver, checked; raise `NotKept`."""
    found = []
    for field, label, text, least in (
        ("reason", "为什么改", reason, 4),
        ("source", "依据的文件", source, 4),
        ("approver", "批准人", approver, 2),
    ):
        try:
            plain = str(clean_text(text)) if text.strip() else ""
        except ValueError as wrong:
            raise NotKept(f"{label}：{wrong}", field) from wrong
        if not least <= len(plain) <= 300:
            raise NotKept(f"请写明{label}，{least} 至 300 个字。", field)
        found.append(plain)
    return found[0], found[1], found[2]


def _check_day(county: County, bounds: Bounds, change: Change, today: date) -> None:
    """No change reaches back, but for one that puts a change right that was made not long ago."""
    if change.valid_from > (latest := ahead(today, bounds.change_ahead)):
        raise NotKept(f"施行日期最远可定到{show_day(latest)}。请核对年份。", "on")
    if change.valid_from >= today:
        return
    mended = any(
        _same_place(one, change)
        and one.valid_from == change.valid_from
        and ahead(today_of(one.recorded_at), bounds.correct_within) >= today
        for one in overlay.standing(changes_here(county))
    )
    if not mended:
        raise NotKept(
            "施行日期不能早于今天：已经过去的期限不能事后改动。"
            f"只有更正{bounds.correct_within}以内登记的变更，可以用那次变更的施行日期。",
            "on",
        )


def _same_place(one: Change, other: Change) -> bool:
    return (one.section, one.name, frozenset(one.unit_types)) == (
        other.section,
        other.name,
        frozenset(other.unit_types),
    )


def _effects(county: County, before: Regime, after: Regime, *, on: date) -> tuple[Effect, ...] | None:
    """Return which cells of the board would differ on that day; None where there are too many units to try."""
    if sum(one.abolished_on is None for one in county.units()) > _TRIED:
        return None
    found = []
    for case in cases_of(county.session, before, place_of(county), on=on).values():
        periods = board_periods([], on)
        old, new = (standing(replace(case, regime=one), periods) for one in (before, after))
        cells = {(one.duty.code, one.period): one for duty in new.duties for one in new.of(duty.code)}
        was = {(one.duty.code, one.period): one for duty in old.duties for one in old.of(duty.code)}
        for key in dict.fromkeys([*was, *cells]):
            first, then = was.get(key), cells.get(key)
            told = tuple(
                f"{one.status.label}{f'，{show_day(one.due.day)}到期' if one.due else ''}"
                f"{'（暂定）' if one.provisional else ''}"
                if one
                else "没有这项义务"
                for one in (first, then)
            )
            if told[0] != told[1]:
                cell = then or first
                assert cell is not None  # noqa: S101 - one of them has the key.
                found.append(
                    Effect(case.unit.name, cell.duty.title, period_name(cell.duty.code, cell.period), *told)
                )
    return tuple(found)


def record(county: County, proposed: Proposed, *, basis: int, now: datetime) -> RegimeChange:
    """Write a change down; raise `Overtaken` where another one came in between."""
    if basis != basis_of(county):
        raise Overtaken
    change = proposed.change
    content: dict[str, Any] = {"values": dict(change.values)}
    if change.unit_types:
        content["unit_types"] = list(change.unit_types)
    row = _row(county, change, content, now)
    county.write_down(
        "terms.changed",
        now=now,
        object=f"terms:{row.id}",
        words=f"{proposed.title}，自{show_day(change.valid_from)}起：{change.reason}",
        detail={
            "before": {label: before for label, before, _ in proposed.differences},
            "after": {label: after for label, _, after in proposed.differences},
        },
    )
    return row


def _row(county: County, change: Change, content: Mapping[str, Any], now: datetime) -> RegimeChange:
    row = RegimeChange(
        jurisdiction_id=county.id,
        section=change.section,
        name=change.name,
        content=json.dumps(content, ensure_ascii=False, sort_keys=True),
        valid_from=change.valid_from,
        reason=change.reason,
        source=change.source,
        approver=change.approver,
        recorded_by=county.name_of_actor,
        recorded_at=now,
    )
    county.session.add(row)
    county.session.flush()
    owe(county, None, "terms_changed", now=now)
    return row


def countermand(
    county: County, regime: Regime, number: int, *, reason: str, source: str, approver: str, now: datetime
) -> RegimeChange:
    """Take back a change that is not yet in force, by a further row; raise `NotKept`."""
    found = next((one for one in overlay.standing(changes_here(county)) if one.id == number), None)
    if found is None:
        raise NotKept("这次变更已经取消，或者不存在。")
    if found.section != YEAR and found.valid_from <= today_of(now):
        raise NotKept("这次变更已经施行，不能取消。需要改回的，另作一次变更。")
    within = bounds_of(regime, today_of(now)).correct_within
    if found.section == YEAR and not _year_still_open(found, within, today_of(now)):
        raise NotKept(
            f"这份放假安排登记已经超过{within}，已经过去的期限是按它计算的，不能取消。"
            "需要改今后的日子的，请重新录入当年的放假安排。"
        )
    checked = grounds(reason, source, approver)
    change = Change(
        0, found.section, found.name, {}, found.unit_types, number, found.valid_from, *checked,
        county.name_of_actor, now,
    )  # fmt: skip
    row = _row(county, change, {"countermands": number, "unit_types": list(found.unit_types)}, now)
    county.write_down(
        "terms.countermanded",
        now=now,
        object=f"terms:{row.id}",
        words=f"取消第 {number} 号变更（{title_of(found)}）：{checked[0]}",
    )
    return row


def _year_still_open(change: Change, within: Span, today: date) -> bool:
    """Tell whether no deadline was counted by a year's holidays yet, or they were entered not long ago."""
    return int(change.name) > today.year or ahead(today_of(change.recorded_at), within) >= today


def propose_year(
    county: County,
    laid: Mapping[str, Regime],
    *,
    year: int,
    off: Sequence[date],
    work: Sequence[date],
    source: str,
    reason: str,
    approver: str,
    now: datetime,
    tried: bool = True,
) -> Proposed:
    """Return what a year's holidays would be, its effects only where they are `tried`; raise `NotKept`."""
    today = today_of(now)
    if not today.year - 1 <= year <= today.year + 2:
        raise NotKept(f"只能录入 {today.year - 1} 年至 {today.year + 2} 年的放假安排。请核对年份。", "year")
    if not off:
        raise NotKept("没有读到放假的日期。请写成“1月1日至3日放假”。", "notice")
    regime = laid[county.slug]
    bounds = bounds_of(regime, today)
    if len(off) > bounds.days_off:
        raise NotKept(
            f"读到 {len(off)} 天放假，一年的放假安排不会超过 {bounds.days_off} 天（双休日不用写）。请核对。",
            "notice",
        )
    values = {"off": [one.isoformat() for one in off], "work": [one.isoformat() for one in work]}
    change = Change(
        0, YEAR, str(year), values, (), None, today, *grounds(reason, source, approver), county.name_of_actor, now
    )  # fmt: skip
    try:
        trial = overlay.lay(regime, change)
    except DoesNotFit as wrong:
        raise NotKept(str(wrong), "notice") from wrong
    before = next(
        (
            one
            for one in (*regime.years, *(regime.national.years if regime.national else ()))
            if one.year == year
        ),
        None,
    )
    _leave_the_past(county, laid, change, today)
    differences = (
        ("放假", f"{len(before.off)} 天" if before else "没有录入", f"{len(off)} 天"),
        ("调休上班", f"{len(before.work)} 天" if before else "没有录入", f"{len(work)} 天"),
        *_deadlines(regime, trial, year),
    )
    return Proposed(
        change,
        f"{year}年放假安排",
        differences,
        trial,
        _effects(county, regime, trial, on=today) if tried else None,
        None,
        basis_of(county),
    )


def _deadlines(before: Regime, after: Regime, year: int) -> Iterator[tuple[str, str, str]]:
    """Yield the year's deadlines of quarterly finance, now and with the notice: the ones that everybody asks about."""
    for quarter in (f"{year - 1}Q4", *(f"{year}Q{number}" for number in (1, 2, 3))):
        old, new = before.finance_due(quarter), after.finance_due(quarter)
        if old is not None and new is not None:
            was, will = (f"{show_day(one.day)}{'（暂定）' if one.provisional else ''}" for one in (old, new))
            yield f"{show_period(quarter)}财务公开到期", was, will


def _leave_the_past(county: County, laid: Mapping[str, Regime], change: Change, today: date) -> None:
    """Days gone by stay as they were known, but for what was entered not long ago: deadlines were counted by them.

    What was late does not come to be in time. A year that nobody knew was provisional until now.
    """
    year = int(change.name)
    correct_within = bounds_of(laid[county.slug], today).correct_within
    older = [one for one in changes_here(county) if ahead(today_of(one.recorded_at), correct_within) < today]
    known, _ = overlay.regime_with(overlay.file_regime(laid, county.slug), older)
    was, now_is = known.calendar_on(today), laid[county.slug].calendar_on(today)
    if not was.is_noticed(year):
        return
    will = overlay.lay(known, change).calendar_on(today)
    first, last = date(year, 1, 1), min(today, date(year + 1, 1, 1))
    days = (first + timedelta(days=one) for one in range((last - first).days))
    moved = [one for one in days if will.is_workday(one) not in (was.is_workday(one), now_is.is_workday(one))]
    if moved:
        raise NotKept(
            f"{show_day(moved[0])}已经过去，它是不是工作日不能事后改动，已经过去的期限以当时的安排为准。"
            f"请照原样写明已经过去的假期，只改今天以后的；只有{correct_within}以内登记错的可以更正。",
            "notice",
        )
