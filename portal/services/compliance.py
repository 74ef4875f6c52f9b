"""The compliance board from the whole database, and every unit's case in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from portal.domain.documents.base import Audience
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.grants import NONE
from portal.domain.obligations import (
    Case,
    Index,
    Lost,
    Rate,
    Standing,
    board_periods,
    index_of,
    rates,
    standing,
)
from portal.domain.obligations.index import average
from portal.domain.regimes import Regime
from portal.domain.rules.unit_file import PublishedDocument, as_it_stands, reports
from portal.domain.units import facts_of
from portal.services.checking import SHANGHAI, grants_of, stage
from portal.store.tables import Jurisdiction, Record, Unit, Version

QUARTERLY = frozenset({"finance", "township", "vouchers", "reports"})
YEARLY = frozenset({"annual"})
SINGLE = frozenset({"decision", "tender", "supporting"})  # Counted by event or area: no period of their own.


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
    session: Session,
    regime: Regime,
    jurisdiction: Jurisdiction,
    *,
    on: date,
    only: Unit | None = None,
    kinds: Collection[str] = (),
) -> dict[int, Case]:
    """Return every unit's case by the unit's id, in roster order, as it was known on `on`.

    With `only`, that unit's alone; nothing of another unit is read for it. With `kinds`, only records of these
    kinds are read, and the cases are not complete.
    """
    published, lost = _published(session, jurisdiction, on, only, kinds)
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
            complete=not kinds,
        )
        for unit in session.scalars(query)
    }


def _published(
    session: Session, jurisdiction: Jurisdiction, on: date, only: Unit | None, kinds: Collection[str]
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
    if kinds:
        query = query.where(Record.kind.in_(sorted(kinds)))
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
