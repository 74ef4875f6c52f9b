"""Until when each duty is due in a jurisdiction, and who was exempted or given more time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.domain.grants import Exempted, Extended
from portal.domain.obligations import DUTIES, Duty, Standing, duty_of
from portal.domain.regimes import Regime
from portal.domain.rules.terms import Off, Terms
from portal.domain.values import show_day, show_period
from portal.site.pages.shell import Context
from portal.site.snapshot import Snapshot, UnitView


@dataclass(frozen=True)
class Limit:
    """Until when one duty is due: today's terms (None: only later ones) and those laid down for later."""

    duty: Duty
    terms: Terms | None
    later: tuple[Terms, ...]


def limits(regime: Regime, today: date) -> list[Limit]:
    """Return the deadlines of a regime, in the order of the duties; those without a period of their own left out."""
    found = []
    for duty in DUTIES:
        entries = [one for one, _ in regime.all_terms(duty.rule) if getattr(one, "within", None)]
        own = [one for one, inherited in regime.all_terms(duty.rule) if not inherited]
        now = next((one for one in entries if one.in_force(today)), None)
        if now and any(isinstance(one, Off) and one.in_force(today) for one in own):
            now = None
        later = sorted((one for one in entries if one.valid_from > today), key=lambda one: one.valid_from)
        if now or later:
            found.append(Limit(duty, now, tuple(later)))
    return found


def grants(snapshot: Snapshot, unit: UnitView, found: Standing) -> list[Context]:
    """Return a unit's exemptions and extensions, for the public to see."""
    rows: list[Context] = []
    for one in snapshot.exemptions.get(unit.id, ()):
        ended = (
            f"，{show_day(one.revoked_on)}撤销{f'（{one.revoke_reason}）' if one.revoke_reason else ''}"
            if one.revoked_on
            else ""
        )
        span = f"{show_day(one.valid_from)}至{show_day(one.valid_until)}{ended}"
        rows.append(
            _grant(unit, "豁免", one.duty, one.period, span, one.reason, one.approver, one.recorded_on)
            | {"late": _late(found, one)}
        )
    for moved in snapshot.extensions.get(unit.id, ()):
        span = f"延至{show_day(moved.new_due)}"
        rows.append(
            _grant(
                unit,
                "延期",
                moved.duty,
                moved.period,
                span,
                moved.reason,
                moved.approver,
                moved.recorded_on,
            )
            | {"late": _late(found, moved)}
        )
    return rows


def _late(found: Standing, one: Exempted | Extended) -> bool:
    """Tell whether it was recorded when the deadline of its period (of any period that it names) had passed."""
    cells = found.of(one.duty)
    return any(
        one.told in cell.afterthought
        or (one.period == cell.period and cell.due is not None and cell.due.day < one.recorded_on)
        for cell in cells
    )


def _grant(
    unit: UnitView, what: str, duty: str, period: str | None, span: str, reason: str, approver: str, on: date
) -> Context:
    title = duty_of(duty).title
    name = show_period(period) if period and len(period) in (4, 6) else period or ""
    return {
        "unit": unit,
        "what": what,
        "duty": f"{name}{title}",
        "span": span,
        "reason": reason,
        "approver": approver,
        "recorded": show_day(on),
    }
