"""Counts the figures of a quarter's bulletin from the units' public conduct. Pure: no clock, no database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from portal.domain.calendar import quarter_of, quarters
from portal.domain.obligations import DUTIES, Duty, duty_of
from portal.domain.obligations.board import COLUMNS
from portal.domain.obligations.duties import Status
from portal.domain.obligations.index import average
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.supervision.bulletin import (
    Before,
    CoverageLine,
    DutyLine,
    Figures,
    Gap,
    Own,
    RankLine,
    RuleLine,
    Share,
    TrendPoint,
)
from portal.domain.supervision.conduct import Conduct, Kept

STANDING = frozenset({"plan", "filing", "supporting"})  # Looked at as they are on the day of the count.
COUNTED = ("block", "red", "yellow")  # A hint (提示) is no finding that anybody is told of.
_PLACE = {one.code: place for place, one in enumerate(DUTIES)}
_TALLY = {
    Status.ON_TIME: "on_time",
    Status.NIL: "on_time",
    Status.LATE: "late",
    Status.MISSING: "missing",
    Status.EXEMPT: "exempt",
    Status.NOT_APPLICABLE: "not_applicable",
    Status.UNCLEAR: "unclear",
}


@dataclass(frozen=True)
class Place:
    """Whose bulletin it is, for which quarter, and the day whose end it counts."""

    regime: Regime
    quarter: str
    on: date
    sample: bool = False


def figures_of(
    place: Place, units: Sequence[Conduct], periods: Sequence[str], *, own: Own, before: Before | None
) -> Figures:
    """Return the figures of a quarter.

    `units` are all units that the public knows, in roster order; `periods` the quarters of the public board, among
    which the quarter is. What is not public is nowhere in it but in `own`.
    """
    quarter = place.quarter
    shown = [one for one in periods if one <= quarter] or [quarter]
    indexes = [Fraction(100 * one.passed, one.applicable) for one in units if one.applicable]
    mean = average(indexes)
    late, missing = _gaps(units, quarter)
    findings = _findings(units, quarter)
    return Figures(
        area=place.regime.slug,
        area_name=place.regime.name,
        commission=place.regime.commission,
        sample=place.sample,
        quarter=quarter,
        on=place.on,
        units=sum(one.here for one in units),
        provisional=any(each.provisional for one in units for each in one.kept if of_quarter(each, quarter)),
        duties=tuple(_duties(units, quarter)),
        coverage=tuple(_coverage(place, units)),
        average=(mean.numerator, mean.denominator) if mean is not None else None,
        indexed=len(indexes),
        ranking=ranking(units, quarter),
        late=late,
        missing=missing,
        findings=findings,
        finding_units=sum(any(each.severity in COUNTED for each in one.sightings) for one in units),
        trend=tuple(_point(units, one) for one in quarters(shown[0], quarter)[-COLUMNS:]),
        own=own,
        before=before,
    )


def of_quarter(one: Kept, quarter: str) -> bool:
    """Tell whether something owed belongs to the quarter.

    A year's report belongs to the year's last quarter, a budget to that in which it fell due.
    """
    if one.duty in STANDING:
        return False
    if one.duty == "annual":
        return f"{one.period}Q4" == quarter
    if one.duty == "budget":
        return one.original is not None and quarter_of(one.original) == quarter
    return one.period == quarter


def _stands_today(one: Kept) -> bool:
    return one.duty == "supporting" or (one.duty in STANDING and one.newest)


def tally(some: Iterable[Kept]) -> Counter[str]:
    """Count how things owed stand. Single events count one by one, everything else by its period."""
    found: Counter[str] = Counter()
    for one in some:
        if one.counts:
            found.update(
                on_time=one.counts.on_time,
                late=one.counts.late,
                missing=one.counts.overdue,
                waiting=one.counts.open - one.counts.overdue,
                unclear=one.counts.unclear,
            )
        elif one.withdrawn and one.status.kept:
            # What was taken back is not there to be read: neither kept nor a gap, as the index has it.
            found["withdrawn"] += 1
        else:
            found[_TALLY.get(one.status, "waiting")] += 1
            found["nil"] += one.status == Status.NIL
    return found


def _duties(units: Sequence[Conduct], quarter: str) -> Iterable[DutyLine]:
    groups: dict[str, list[Kept]] = {}
    for unit in units:
        for one in unit.kept:
            if of_quarter(one, quarter) or (unit.here and _stands_today(one)):
                groups.setdefault(one.duty, []).append(one)
    for code in sorted(groups, key=lambda code: (code in STANDING, _PLACE[code])):
        duty = duty_of(code)
        yield DutyLine(
            code=code, title=duty.title, act=duty.act, each=_each(duty), standing=code in STANDING,
            **tally(groups[code]),
        )  # fmt: skip


def _each(duty: Duty) -> str:
    """Return in what a duty of one quarter is counted: there is one of a unit, unless there are several."""
    return "个单位" if duty.each == "期" else duty.each


def before_of(place: Place, units: Sequence[Conduct]) -> Before:
    """Return what a quarter is compared with: its coverage and index as `units` stood on the day of `place`."""
    mean = average([Fraction(100 * one.passed, one.applicable) for one in units if one.applicable])
    return Before(
        quarter=place.quarter,
        on=place.on,
        index=(mean.numerator, mean.denominator) if mean is not None else None,
        coverage=tuple((one.code, one.share) for one in _coverage(place, units)),
    )


def _coverage(place: Place, units: Sequence[Conduct]) -> Iterable[CoverageLine]:
    for item in place.regime.coverage_on(place.on):
        states = [(one.name, dict(one.coverage).get(item.code, "")) for one in units]
        aim = item.aim
        yield CoverageLine(
            code=item.code,
            title=item.title,
            done=sum(state == "done" for _, state in states),
            wanting=tuple(name for name, state in states if state == "wanting"),
            exempt=sum(state == "exempt" for _, state in states),
            aim=Share(part=aim.numerator, of=aim.denominator) if aim is not None else None,
        )


def ranking(units: Sequence[Conduct], quarter: str) -> tuple[RankLine, ...]:
    """Rank the units: by index, then by the share of the quarter's duties kept in time; equal ones share a place.

    After two units in the first place comes the third. A unit of which nothing was due loses nothing by that.
    Units without an index are not ranked: they come last, in roster order; those that are gone, not at all.
    """
    lines = [
        (one, tally(each for each in one.kept if of_quarter(each, quarter))) for one in units if one.here
    ]

    def merit(line: tuple[Conduct, Counter[str]]) -> tuple[Fraction, Fraction]:
        unit, counts = line
        due = counts["on_time"] + counts["late"] + counts["missing"]
        return (
            Fraction(unit.passed, unit.applicable) if unit.applicable else Fraction(-1),
            Fraction(counts["on_time"], due) if due else Fraction(1),
        )

    # The sort is stable: equal ones stay in roster order.
    ordered = sorted(lines, key=lambda line: tuple(-one for one in merit(line)))
    found: list[RankLine] = []
    for number, line in enumerate(ordered, start=1):
        unit, counts = line
        tied = number > 1 and merit(ordered[number - 2]) == merit(line)
        rank = (found[-1].rank if tied else number) if unit.applicable else None
        found.append(
            RankLine(
                rank=rank,
                slug=unit.slug,
                name=unit.name,
                passed=unit.passed,
                applicable=unit.applicable,
                on_time=counts["on_time"],
                due=counts["on_time"] + counts["late"] + counts["missing"],
                late=counts["late"],
                missing=counts["missing"],
            )
        )
    return tuple(found)


def _gaps(units: Sequence[Conduct], quarter: str) -> tuple[tuple[Gap, ...], tuple[Gap, ...]]:
    """Return what came late and what is missing, the longest first within each duty.

    A standing duty that came late is told of in the quarter in which it fell due, one that is missing as long as it is.
    """
    late: list[Gap] = []
    missing: list[Gap] = []
    for unit in units:
        for one in unit.kept:
            mine = of_quarter(one, quarter)
            if one.duty in STANDING:
                due_now = one.original is not None and quarter_of(one.original) == quarter
                mine = unit.here and _stands_today(one) and (one.status == Status.MISSING or due_now)
            if not mine:
                continue
            counts = one.counts
            if counts:
                if counts.late:
                    late.append(_gap(unit, one, counts.late, worst=one.status == Status.LATE))
                if counts.overdue:
                    missing.append(_gap(unit, one, counts.overdue, worst=one.status == Status.MISSING))
            elif one.status == Status.LATE:
                late.append(_gap(unit, one))
            elif one.status == Status.MISSING:
                missing.append(_gap(unit, one))

    def order(gap: Gap) -> tuple[bool, int, int]:
        return gap.duty in STANDING, _PLACE[gap.duty], -gap.days

    return tuple(sorted(late, key=order)), tuple(sorted(missing, key=order))


def _gap(unit: Conduct, one: Kept, count: int = 1, *, worst: bool = True) -> Gap:
    """Return one line of a list. Where events of both sorts are in one quarter, the days are those of the missing."""
    duty = duty_of(one.duty)
    return Gap(
        slug=unit.slug,
        name=unit.name,
        duty=one.duty,
        title=duty.title,
        act=duty.act,
        period=one.period_name,
        due=one.due if worst else None,
        done_on=one.done_on,
        days=one.days if worst else 0,
        day_unit=one.day_unit,
        count=count,
        provisional=one.provisional,
        titles=one.titles,
    )


def _findings(units: Sequence[Conduct], quarter: str) -> tuple[RuleLine, ...]:
    known: dict[str, Counter[str]] = {}
    owners: dict[str, set[str]] = {}
    for unit in units:
        for one in unit.sightings:
            if one.severity not in COUNTED:
                continue
            counts = known.setdefault(one.rule, Counter())
            counts[one.severity] += 1
            changed = one.changed_on or one.published_on
            counts["fresh"] += changed is not None and quarter_of(changed) == quarter
            owners.setdefault(one.rule, set()).add(unit.slug)
    lines = [
        RuleLine(
            rule=rule,
            title=rules()[rule].title,
            block=counts["block"],
            red=counts["red"],
            yellow=counts["yellow"],
            units=len(owners[rule]),
            fresh=counts["fresh"],
        )
        for rule, counts in known.items()
    ]
    return tuple(sorted(lines, key=lambda one: (-(one.block + one.red), -one.total, one.rule)))


def _point(units: Sequence[Conduct], quarter: str) -> TrendPoint:
    kept = [one for unit in units for one in unit.kept if of_quarter(one, quarter)]
    every, finance = tally(kept), tally(one for one in kept if one.duty == "finance")
    return TrendPoint(
        quarter=quarter,
        on_time=every["on_time"],
        late=every["late"],
        missing=every["missing"],
        finance_on_time=finance["on_time"],
        finance_late=finance["late"],
        finance_missing=finance["missing"],
    )
