"""Exemptions (不适用登记) and extensions (延期): recorded, revoked, refused with the reason."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.domain.calendar import period_end
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.obligations import (
    Duty,
    duty_of,
    standing,
)
from portal.domain.regimes import Regime
from portal.domain.rules.personal_numbers import first_seen
from portal.domain.units import facts_of
from portal.domain.values import show_day
from portal.services.checking import SHANGHAI
from portal.services.compliance import QUARTERLY, SINGLE, YEARLY, cases_of
from portal.store.tables import Exemption, Extension, Outbox, Unit

_Recorded = TypeVar("_Recorded", Exemption, Extension)

LAST_YEAR = 2199  # Further on, no register of this kind is meant seriously.


class Refused(ValueError):
    """An exemption or extension that cannot be recorded; the message says why and what to do.

    `field` is the argument that it is about, blank where it is about all of them together.
    """

    def __init__(self, words: str, field: str = "") -> None:
        self.field = field
        super().__init__(words)


def exempt(
    session: Session,
    unit: Unit,
    *,
    regime: Regime,
    duty: str,
    period: str | None,
    reason: str,
    approver: str,
    valid_from: date,
    valid_until: date,
    actor: str,
    now: datetime,
) -> Exemption:
    """Record that a unit need not keep a duty for a time (DEL-14), or raise `Refused`."""
    known = _duty(duty)
    _need_words(reason, approver)
    if valid_until <= valid_from:
        raise Refused(
            f"豁免的截止日期（{valid_until}）须晚于起始日期（{valid_from}）。请改正。", "valid_until"
        )
    _need_years("豁免的截止日期", valid_until, "valid_until")
    if period is not None:
        _check_period(known, period)
        _need_within(session, unit, regime, known, period, (valid_from, valid_until), now)
    _owed(unit, regime, known, max(valid_from, now.astimezone(SHANGHAI).date()))
    _need_new(session, unit, known, period, (valid_from, valid_until), reason, approver)
    row = Exemption(
        unit_id=unit.id,
        duty=known.code,
        period=period,
        reason=reason.strip(),
        approver=approver.strip(),
        valid_from=valid_from,
        valid_until=valid_until,
        recorded_by=actor,
        recorded_at=now,
    )
    return _record(session, unit, row, "exempted", now)


def revoke(session: Session, number: int, *, reason: str, actor: str, now: datetime) -> Exemption:
    """Revoke an exemption from today on, or raise `Refused`."""
    row = session.get(Exemption, number)
    if row is None:
        raise Refused(f"没有编号为 {number} 的豁免登记。请用 portal compliance 查看编号。")
    if row.revoked_at is not None:
        raise Refused(f"编号 {number} 的豁免登记此前已经撤销。")
    if not reason.strip():
        raise Refused("撤销原因不能为空。", "reason")
    _need_no_person("撤销原因", reason, "reason")
    row.revoked_at, row.revoked_by, row.revoke_reason = now, actor, reason.strip()
    return _record(session, row.unit, row, "exempted", now)


def extend(
    session: Session,
    unit: Unit,
    *,
    regime: Regime,
    duty: str,
    period: str,
    new_due: date,
    reason: str,
    approver: str,
    actor: str,
    now: datetime,
) -> tuple[Extension, bool]:
    """Record a later deadline, or raise `Refused`; True where it comes after the deadline (事后).

    One that comes afterwards is kept and shown, but does not undo the lateness.
    """
    known = _duty(duty)
    _need_words(reason, approver)
    if known.code in SINGLE:
        raise Refused(
            f"“{known.title}”按件计算，期限不能整体延长。可延期的是有所属期的义务，例如季度财务。", "duty"
        )
    _need_years("延期后的日期", new_due, "new_due")
    _check_period(known, period)
    today = now.astimezone(SHANGHAI).date()
    case = cases_of(session, regime, unit.jurisdiction, on=today, only=unit)[unit.id]
    quarter = period if known.code in QUARTERLY else f"{period}Q4" if known.code in YEARLY else None
    found = standing(case, [quarter] if quarter else [])
    cell = found.cell(known.code, period)
    if cell is None or cell.due is None or cell.original is None:
        listed = "、".join(one.period for one in found.of(known.code) if one.period and one.due)
        hint = f"现有：{listed}。" if listed else ""
        raise Refused(
            f"“{unit.name}”没有“{known.title}”{period}这一期有期限的义务，不能延期。{hint}", "period"
        )
    if new_due <= cell.due.day:
        first = "原到期日" if cell.due == cell.original else "现在的到期日，此前已延期"
        raise Refused(
            f"延期后的日期（{new_due}）须晚于{first}（{show_day(cell.due.day)}）。"
            f"请填写{show_day(cell.due.day)}以后的日期。",
            "new_due",
        )
    if same := _same_extension(session, unit, known, period, new_due, reason, approver):
        raise Refused(f"同样的延期已经登记过（编号 {same.id}），不需要再次登记。")
    row = Extension(
        unit_id=unit.id,
        duty=known.code,
        period=period,
        new_due=new_due,
        reason=reason.strip(),
        approver=approver.strip(),
        recorded_by=actor,
        recorded_at=now,
    )
    return _record(session, unit, row, "extended", now), today > cell.due.day


def _duty(text: str) -> Duty:
    try:
        return duty_of(text)
    except ValueError as unknown:
        raise Refused(str(unknown), "duty") from unknown


def _need_words(reason: str, approver: str) -> None:
    for what, value, field in (("原因", reason, "reason"), ("批准人或批准机关", approver, "approver")):
        if not value.strip():
            raise Refused(f"{what}不能为空：豁免和延期须写明原因和批准人，并向社会公示。", field)
        _need_no_person(what, value, field)


def _need_no_person(what: str, text: str, field: str) -> None:
    if seen := first_seen(text):
        raise Refused(f"{what}里有{seen}。{what}会向社会公示，请删去或遮盖后重新填写。", field)


def _check_period(duty: Duty, period: str) -> None:
    if (
        duty.code in QUARTERLY | YEARLY
        and re.match(r"\d{4}", period)
        and not 1900 <= int(period[:4]) <= LAST_YEAR
    ):
        raise Refused(f"所属期“{period}”的年份不对。请填写 1900 至 {LAST_YEAR} 年。", "period")
    if duty.code in QUARTERLY and not re.fullmatch(r"\d{4}Q[1-4]", period):
        raise Refused(f"“{period}”不是季度。“{duty.title}”的所属期写成 2026Q3 的形式。", "period")
    if duty.code in YEARLY and not re.fullmatch(r"\d{4}", period):
        raise Refused(f"“{period}”不是年度。“{duty.title}”的所属期写成 2026 的形式。", "period")
    if duty.code in SINGLE:
        raise Refused(f"“{duty.title}”没有所属期，请不要填写所属期。", "period")


def _need_years(what: str, day: date, field: str) -> None:
    if day.year > LAST_YEAR:
        raise Refused(f"{what}（{day}）太远。请填写 {LAST_YEAR} 年以前（含）的日期。", field)


def _need_within(
    session: Session,
    unit: Unit,
    regime: Regime,
    duty: Duty,
    period: str,
    span: tuple[date, date],
    now: datetime,
) -> None:
    """Refuse a period whose binding day lies outside the days of the exemption: it would free from nothing."""
    if duty.code in QUARTERLY | YEARLY:
        day, what = period_end(period), f"{period} 的最后一天"
    elif duty.code in ("plan", "filing"):
        today = now.astimezone(SHANGHAI).date()
        case = cases_of(session, regime, unit.jurisdiction, on=today, only=unit)[unit.id]
        plans = {plan.effective_from.isoformat(): plan for _, plan in case.of(DelegationPlan)}
        if period not in plans:
            known = f"现有：{'、'.join(sorted(plans))}" if plans else "该单位还没有公开过分工方案"
            raise Refused(
                f"“{unit.name}”没有自“{period}”起执行的分工方案。所属期写方案的执行日期，例如 2026-01-01；"
                f"{known}。要豁免整项义务，请不要填写所属期。",
                "period",
            )
        filing = duty.code == "filing"
        day = plans[period].adopted_on if filing else plans[period].effective_from
        what = "方案的通过日期" if filing else "方案的执行日期"
    else:
        return
    if not span[0] <= day <= span[1]:
        raise Refused(
            f"{what}（{show_day(day)}）不在豁免的起止日期（{show_day(span[0])}至{show_day(span[1])}）之内，"
            f"登记了也不起作用。请让起止日期包括{show_day(day)}。",
            "valid_from",
        )


def _need_new(
    session: Session,
    unit: Unit,
    duty: Duty,
    period: str | None,
    span: tuple[date, date],
    reason: str,
    approver: str,
) -> None:
    """Refuse an exemption that stands in the register already, word for word."""
    query = select(Exemption).where(
        Exemption.unit_id == unit.id,
        Exemption.duty == duty.code,
        Exemption.period.is_(period) if period is None else Exemption.period == period,
        Exemption.valid_from == span[0],
        Exemption.valid_until == span[1],
        Exemption.reason == reason.strip(),
        Exemption.approver == approver.strip(),
        Exemption.revoked_at.is_(None),
    )
    if same := session.scalars(query).first():
        raise Refused(
            f"同样的豁免已经登记过（编号 {same.id}），不需要再次登记。如要改变，请写明不同的起止日期或原因。"
        )


def _same_extension(
    session: Session, unit: Unit, duty: Duty, period: str, new_due: date, reason: str, approver: str
) -> Extension | None:
    query = select(Extension).where(
        Extension.unit_id == unit.id,
        Extension.duty == duty.code,
        Extension.period == period,
        Extension.new_due == new_due,
        Extension.reason == reason.strip(),
        Extension.approver == approver.strip(),
    )
    return session.scalars(query).first()


def _owed(unit: Unit, regime: Regime, duty: Duty, day: date) -> None:
    facts = facts_of(unit)
    if duty.code == "supporting":
        owed = any(one.areas for one in regime.coverage_on(day))
    else:
        owed = regime.terms(duty.rule, day, facts.type) is not None
    if not owed:
        raise Refused(f"{regime.short}没有规定“{unit.name}”有“{duty.title}”这项义务，不需要豁免。", "duty")


def _record(session: Session, unit: Unit, row: _Recorded, event: str, now: datetime) -> _Recorded:
    """Enter the row, and what the site owes to it."""
    session.add(row)
    session.flush()
    session.add(
        Outbox(
            jurisdiction_id=unit.jurisdiction_id, record_id=None, unit_id=unit.id, event=event, created_at=now
        )
    )
    session.flush()
    return row
