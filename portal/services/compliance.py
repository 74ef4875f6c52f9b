"""The compliance board from the whole database, exemptions (不适用登记) and extensions (延期)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from portal.domain.calendar import period_end
from portal.domain.documents.base import Audience
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.grants import NONE
from portal.domain.obligations import (
    Case,
    Duty,
    Index,
    Lost,
    Rate,
    Standing,
    board_periods,
    duty_of,
    index_of,
    rates,
    standing,
)
from portal.domain.obligations.index import average
from portal.domain.regimes import Regime
from portal.domain.rules.personal_numbers import first_seen
from portal.domain.rules.unit_file import PublishedDocument, as_it_stands, reports
from portal.domain.units import facts_of
from portal.domain.values import show_day
from portal.services.checking import SHANGHAI, grants_of, stage
from portal.store.tables import Exemption, Extension, Jurisdiction, Outbox, Record, Unit, Version

_Recorded = TypeVar("_Recorded", Exemption, Extension)
QUARTERLY = frozenset({"finance", "township", "vouchers", "reports"})
YEARLY = frozenset({"annual"})
SINGLE = frozenset({"decision", "tender", "supporting"})  # Counted by event or area: no period of their own.


LAST_YEAR = 2199  # Further on, no register of this kind is meant seriously.


class Refused(ValueError):
    """An exemption or extension that cannot be recorded; the message says why and what to do."""


@dataclass(frozen=True)
class Row:
    """One unit: its case, how it stands, its index."""

    case: Case
    standing: Standing
    index: Index


@dataclass(frozen=True)
class Board:
    """A jurisdiction's board on one day."""

    regime: Regime
    on: date
    periods: tuple[str, ...]
    rows: tuple[Row, ...]
    rates: tuple[Rate, ...]

    @property
    def index(self) -> Fraction | None:
        """The plain average of the units' indexes."""
        return average(row.index.value for row in self.rows)


def board(
    session: Session, regime: Regime, jurisdiction: Jurisdiction, *, on: date, only: Unit | None = None
) -> Board:
    """Return the board from every record, public or not, as it was known on `on`.

    With `only`, one unit's row; the rates then are those of that unit alone.
    """
    cases = cases_of(session, regime, jurisdiction, on=on)
    periods = board_periods(_disclosed(cases.values()), on)
    wanted = [case for unit, case in cases.items() if only is None or unit == only.id]
    rows = tuple(_row(case, periods) for case in wanted)
    return Board(regime, on, tuple(periods), rows, tuple(rates(wanted)))


def _row(case: Case, periods: list[str]) -> Row:
    found = standing(case, periods)
    checked = list(
        reports(
            case.regime,
            case.unit,
            case.standing_records,
            complete=case.complete,
            on=case.today,
            grants=case.grants,
        )
    )
    return Row(case, found, index_of(case, found, checked))


def _disclosed(cases: Iterable[Case]) -> list[str]:
    return [
        document.period
        for case in cases
        for _, document in case.of(FinanceDisclosure)
        if "Q" in document.period
    ]


def cases_of(
    session: Session, regime: Regime, jurisdiction: Jurisdiction, *, on: date, only: Unit | None = None
) -> dict[int, Case]:
    """Return every unit's case by the unit's id, in roster order, as it was known on `on`.

    With `only`, that unit's alone; nothing of another unit is read for it.
    """
    published, lost = _published(session, jurisdiction, on, only)
    granted = {unit: one.known_on(on) for unit, one in grants_of(session).items()}
    query = select(Unit).where(Unit.jurisdiction_id == jurisdiction.id).order_by(Unit.position, Unit.id)
    if only is not None:
        query = query.where(Unit.id == only.id)
    return {
        unit.id: Case(
            regime=regime,
            unit=facts_of(unit),
            today=on,
            records=tuple(published.get(unit.id, ())),
            lost=tuple(lost.get(unit.id, ())),
            exemptions=granted.get(unit.id, NONE).exemptions,
            extensions=granted.get(unit.id, NONE).extensions,
            complete=True,
        )
        for unit in session.scalars(query)
    }


def _published(
    session: Session, jurisdiction: Jurisdiction, on: date, only: Unit | None
) -> tuple[dict[int, list[PublishedDocument]], dict[int, list[Lost]]]:
    """Return the units' records as they stood on `on`, and what is left of those that the law destroyed."""
    query = (
        select(Version)
        .join(Version.record)
        .where(Record.jurisdiction_id == jurisdiction.id)
        .options(contains_eager(Version.record), joinedload(Version.withdrawal))
        .order_by(Record.unit_id, Record.id, Version.number)
    )
    if only is not None:
        query = query.where(Record.unit_id == only.id)
    groups: dict[int, list[Version]] = {}
    for version in session.scalars(query.execution_options(yield_per=500)):
        if version.published_at.astimezone(SHANGHAI).date() <= on:
            groups.setdefault(version.record_id, []).append(version)
    published: dict[int, list[PublishedDocument]] = {}
    lost: dict[int, list[Lost]] = {}
    for versions in groups.values():
        record = versions[0].record
        found = _one(record, versions, on)
        if isinstance(found, Lost):
            lost.setdefault(record.unit_id, []).append(found)
        elif found:
            published.setdefault(record.unit_id, []).append(found)
    return published, lost


def _one(record: Record, versions: list[Version], on: date) -> PublishedDocument | Lost | None:
    """Return a record as it stood, or what is left of it; None where nothing is and nothing was public."""
    stages = [stage(one, on=on) for one in versions]
    if found := as_it_stands(stages, ref=record.index_no):
        return found
    public = next(
        (day for day, one in zip(stages, versions, strict=True) if one.audience == Audience.PUBLIC), None
    )
    return Lost(record.kind, record.slug, public.day, record.index_no) if public else None


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
        raise Refused(f"豁免的截止日期（{valid_until}）须晚于起始日期（{valid_from}）。请改正。")
    _need_years("豁免的截止日期", valid_until)
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
        raise Refused("撤销原因不能为空。")
    _need_no_person("撤销原因", reason)
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
        raise Refused(f"“{known.title}”按件计算，期限不能整体延长。可延期的是有所属期的义务，例如季度财务。")
    _need_years("延期后的日期", new_due)
    _check_period(known, period)
    today = now.astimezone(SHANGHAI).date()
    case = cases_of(session, regime, unit.jurisdiction, on=today)[unit.id]
    quarter = period if known.code in QUARTERLY else f"{period}Q4" if known.code in YEARLY else None
    found = standing(case, [quarter] if quarter else [])
    cell = found.cell(known.code, period)
    if cell is None or cell.due is None or cell.original is None:
        listed = "、".join(one.period for one in found.of(known.code) if one.period and one.due)
        hint = f"现有：{listed}。" if listed else ""
        raise Refused(f"“{unit.name}”没有“{known.title}”{period}这一期有期限的义务，不能延期。{hint}")
    if new_due <= cell.due.day:
        first = "原到期日" if cell.due == cell.original else "现在的到期日，此前已延期"
        raise Refused(
            f"延期后的日期（{new_due}）须晚于{first}（{show_day(cell.due.day)}）。"
            f"请填写{show_day(cell.due.day)}以后的日期。"
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
        raise Refused(str(unknown)) from unknown


def _need_words(reason: str, approver: str) -> None:
    for what, value in (("原因", reason), ("批准人或批准机关", approver)):
        if not value.strip():
            raise Refused(f"{what}不能为空：豁免和延期须写明原因和批准人，并向社会公示。")
        _need_no_person(what, value)


def _need_no_person(what: str, text: str) -> None:
    if seen := first_seen(text):
        raise Refused(f"{what}里有{seen}。{what}会向社会公示，请删去或遮盖后重新填写。")


def _check_period(duty: Duty, period: str) -> None:
    if (
        duty.code in QUARTERLY | YEARLY
        and re.match(r"\d{4}", period)
        and not 1900 <= int(period[:4]) <= LAST_YEAR
    ):
        raise Refused(f"所属期“{period}”的年份不对。请填写 1900 至 {LAST_YEAR} 年。")
    if duty.code in QUARTERLY and not re.fullmatch(r"\d{4}Q[1-4]", period):
        raise Refused(f"“{period}”不是季度。“{duty.title}”的所属期写成 2026Q3 的形式。")
    if duty.code in YEARLY and not re.fullmatch(r"\d{4}", period):
        raise Refused(f"“{period}”不是年度。“{duty.title}”的所属期写成 2026 的形式。")
    if duty.code in SINGLE:
        raise Refused(f"“{duty.title}”没有所属期，请不要填写所属期。")


def _need_years(what: str, day: date) -> None:
    if day.year > LAST_YEAR:
        raise Refused(f"{what}（{day}）太远。请填写 {LAST_YEAR} 年以前（含）的日期。")


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
        case = cases_of(session, regime, unit.jurisdiction, on=now.astimezone(SHANGHAI).date())[unit.id]
        plans = {plan.effective_from.isoformat(): plan for _, plan in case.of(DelegationPlan)}
        if period not in plans:
            known = f"现有：{'、'.join(sorted(plans))}" if plans else "该单位还没有公开过分工方案"
            raise Refused(
                f"“{unit.name}”没有自“{period}”起执行的分工方案。所属期写方案的执行日期，例如 2026-01-01；"
                f"{known}。要豁免整项义务，请不要填写所属期。"
            )
        filing = duty.code == "filing"
        day = plans[period].adopted_on if filing else plans[period].effective_from
        what = "方案的通过日期" if filing else "方案的执行日期"
    else:
        return
    if not span[0] <= day <= span[1]:
        raise Refused(
            f"{what}（{show_day(day)}）不在豁免的起止日期（{show_day(span[0])}至{show_day(span[1])}）之内，"
            f"登记了也不起作用。请让起止日期包括{show_day(day)}。"
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
        raise Refused(f"{regime.short}没有规定“{unit.name}”有“{duty.title}”这项义务，不需要豁免。")


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
