"""年度考核: the sheets of a year from the evidence, and what the commission decided. Decisions are never rewritten."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import TypeVar

from portal.domain.calendar import quarters
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.supervision.assessment import Held, Sheet, Whose, sheet_of
from portal.domain.supervision.letters import Kind as LetterKind
from portal.domain.supervision.letters import State as LetterState
from portal.domain.supervision.matters import Source
from portal.domain.supervision.matters import State as MatterState
from portal.domain.supervision.outcomes import Kind as OutcomeKind
from portal.domain.supervision.rectifying import State as Rectifying
from portal.domain.supervision.sampling import LookedAt
from portal.domain.values import Choice
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision import rectifications
from portal.services.supervision.entered import prose
from portal.services.supervision.in_public import InPublic, in_public
from portal.store.tables import (
    Assessment,
    InspectionItem,
    Letter,
    Matter,
    Outcome,
    Rectification,
    Unit,
)

WORDS_LIMIT = 2000
_Owned = TypeVar("_Owned", Rectification, Matter, Letter, Outcome, InspectionItem)


class Refused(ValueError):
    """A decision that cannot be recorded; the message says why and what to do, `field` which input is meant."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


def years(periods: Sequence[str]) -> list[int]:
    """Return the years of which there is a quarter among the public board's, the newest first."""
    return sorted({int(one[:4]) for one in periods}, reverse=True)


def sheets(
    county: County, regime: Regime, year: int, *, on: date, seen: InPublic | None = None
) -> list[Sheet]:
    """Return the sheets of all units that were there in the year, in roster order, as of the day `on`."""
    known = seen or in_public(county, regime, on=on)
    terms = regime.assessment_on(min(on, date(year, 12, 31)))
    if terms is None:
        return []
    first, last = known.periods[0], known.periods[-1]
    whose = Whose(
        area=regime.slug,
        area_name=regime.name,
        commission=regime.commission,
        sample=known.sample,
        year=year,
        on=on,
        quarters=tuple(one for one in quarters(f"{year}Q1", f"{year}Q4") if first <= one <= last),
    )
    titles = {code: one.title for code, one in rules().items()}
    units = {one.slug: one for one in county.units()}
    held = _held(county, year, on=on)
    return [
        sheet_of(whose, one, terms, held=held.get(units[one.slug].id, Held()), titles=titles)
        for one in known.units
        if one.slug in units and _was_there(units[one.slug], year)
    ]


def _was_there(unit: Unit, year: int) -> bool:
    """Tell whether the unit was there on the year's last day: who is gone by then is not assessed."""
    last = date(year, 12, 31)
    return not (unit.founded_on and unit.founded_on > last) and not (
        unit.abolished_on and unit.abolished_on <= last
    )


def _held(county: County, year: int, *, on: date) -> dict[int, Held]:
    """Return what the commission recorded in the year, by the unit's id."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    begin, end = (datetime.combine(day, time(), SHANGHAI) for day in (first, date(year + 1, 1, 1)))
    scalars = county.session.scalars
    due = _by_unit(
        scalars(
            county.rows(Rectification).where(
                Rectification.due >= first, Rectification.due <= last, rectifications.counted()
            )
        )
    )
    matters = _by_unit(
        scalars(
            county.rows(Matter).where(
                Matter.opened_on >= first,
                Matter.opened_on <= last,
                Matter.source != Source.RELATION.value,  # The sheet goes to the unit, which knows of none.
            )
        )
    )
    letters = _by_unit(
        scalars(
            county.rows(Letter).where(
                Letter.issued_at >= begin,
                Letter.issued_at < end,
                Letter.state != LetterState.RECALLED.value,
            )
        )
    )
    outcomes = _by_unit(
        scalars(
            county.rows(Outcome).where(
                Outcome.decided_on >= first, Outcome.decided_on <= last, Outcome.revoked_at.is_(None)
            )
        )
    )
    looked = _by_unit(
        scalars(
            county.rows(InspectionItem).where(
                InspectionItem.checked_at >= begin, InspectionItem.checked_at < end
            )
        )
    )
    return {
        unit: Held(
            to_rectify=len(due.get(unit, ())),
            rectified=sum(_closed(one, on) for one in due.get(unit, ())),
            overdue=sum(not _closed(one, on) and one.due < on for one in due.get(unit, ())),
            matters_opened=len(matters.get(unit, ())),
            matters_open=sum(MatterState(one.state).open for one in matters.get(unit, ())),
            letters=_kinds(LetterKind, (one.kind for one in letters.get(unit, ()))),
            outcomes=_kinds(
                OutcomeKind,
                (one.kind for one in outcomes.get(unit, ()) if one.kind != OutcomeKind.CLARIFIED.value),
            ),
            inspected=sum(bool(one.result) for one in looked.get(unit, ())),
            problems=sum(one.result == LookedAt.WRONG.value for one in looked.get(unit, ())),
        )
        for unit in {*due, *matters, *letters, *outcomes, *looked}
    }


def _by_unit(some: Iterable[_Owned]) -> dict[int, list[_Owned]]:
    found: dict[int, list[_Owned]] = {}
    for one in some:
        found.setdefault(one.unit_id, []).append(one)
    return found


def _closed(one: Rectification, on: date) -> bool:
    return one.state == Rectifying.CLOSED.value and one.closed_on is not None and one.closed_on <= on


def _kinds(kinds: type[Choice], some: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Count by kind, in the order of the vocabulary."""
    counts = Counter(some)
    return tuple((one.label, counts[one.value]) for one in kinds if counts[one.value])


def decided(county: County, year: int) -> dict[str, Assessment]:
    """Return the decision that holds for each unit, by its slug: the newest number."""
    names = {one.id: one.slug for one in county.units()}
    rows = county.session.scalars(
        county.rows(Assessment).where(Assessment.year == year).order_by(Assessment.number)
    )
    return {names[row.unit_id]: row for row in rows}


def decisions(county: County, unit: Unit, year: int) -> list[Assessment]:
    """Return every decision on a unit and year, the newest first."""
    query = county.rows(Assessment).where(Assessment.unit_id == unit.id, Assessment.year == year)
    return list(county.session.scalars(query.order_by(Assessment.number.desc())))


def decide(
    county: County, unit: Unit, *, sheet: Sheet, decision: str, words: str, expected: int, now: datetime
) -> Assessment:
    """Record the commission's decision on a sheet as the next number, or raise `Refused`.

    `expected` is the number of the newest decision that the officer saw. A decision that differs from the
    suggestion, or changes an earlier one, says why.
    """
    if sheet.on != now.astimezone(SHANGHAI).date():
        raise Refused("考核表不是今天的。请重新打开本页后再决定。")
    if sheet.on <= date(sheet.year, 12, 31):
        raise Refused(f"{sheet.year}年还没有结束，年度考核的等次要到年度结束以后再定。")
    known = decisions(county, unit, sheet.year)
    newest = known[0].number if known else 0
    if newest != expected:
        raise Refused("在您打开本页之后，已经有人作了决定。请先看过那次决定，再考虑是否变更。")
    if decision not in {one.code for one in sheet.grades}:
        raise Refused("请选择一个等次。", field="decision")
    errors: dict[str, str] = {}
    said = prose(words, "words", "理由", WORDS_LIMIT, errors)
    if errors:
        raise Refused(errors["words"], field="words")
    if decision != sheet.suggestion.code and not said:
        raise Refused(f"决定的等次与建议的“{sheet.suggestion.title}”不同，须写明理由。", field="words")
    if known and not said:
        raise Refused("此前已经作过决定，变更须写明理由。", field="words")
    row = Assessment(
        jurisdiction_id=county.id,
        unit_id=unit.id,
        year=sheet.year,
        number=newest + 1,
        figures=sheet.to_json(),
        suggestion=sheet.suggestion.code,
        decision=decision,
        words=said,
        decided_by=county.name_of_actor,
        decided_at=now,
    )
    county.session.add(row)
    county.session.flush()
    titles = {one.code: one.title for one in sheet.grades}
    county.write_down(
        "assessment.decided",
        now=now,
        object=f"assessment:{unit.slug}-{sheet.year}-{row.number}",
        words=f"{unit.name}{sheet.year}年度考核定为{titles[decision]}" + (f"：{said}" if said else ""),
        unit_id=unit.id,
        detail={
            "before": {"等次": sheet.grade(known[0].decision)} if known else {},
            "after": {"等次": titles[decision], "建议": sheet.suggestion.title},
        },
    )
    return row
