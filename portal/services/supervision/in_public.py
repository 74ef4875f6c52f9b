"""A jurisdiction's units as the public sees them: worked out as the site does it, from public rows alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from threading import Lock

from sqlalchemy import func, select

from portal.domain.calendar import previous_quarter, quarter_of
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.obligations import Case, Lost, board_periods, index_of, standing
from portal.domain.regimes import Regime
from portal.domain.rules.unit_file import PublishedDocument, Stage, as_it_stands, reports
from portal.domain.supervision.conduct import Conduct, conduct_of
from portal.domain.units import facts_of
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.recalling import RECALL
from portal.services.supervision import kept_views
from portal.services.supervision.outcomes import EVENT as OUTCOME
from portal.store.public import (
    VersionRow,
    public_exemptions,
    public_extensions,
    public_slugs,
    public_units,
    public_versions,
)
from portal.store.tables import Outbox, Record, Unit


@dataclass(frozen=True)
class InPublic:
    """All units that the public knows, in roster order, and the quarters of the public board, on the day `on`."""

    on: date
    periods: tuple[str, ...]
    units: tuple[Conduct, ...]
    sample: bool
    basis: tuple[
        object, ...
    ] = ()  # The day, the regime and the quarters: where they differ, nothing is the same.
    marks: Mapping[str, tuple[object, ...]] = field(
        default_factory=dict
    )  # By unit: what its conduct rests on.


def public_periods(county: County, *, on: date) -> list[str]:
    """Return the quarters of the public board, oldest first; at least the one that ended last."""
    slugs = public_slugs(county.session, county.slug, FinanceDisclosure.kind.code)
    found = board_periods((one for one in slugs if len(one) == 6 and one[4] == "Q"), on)
    return found or [previous_quarter(quarter_of(on))]


def state_of(county: County, regime: Regime, *, on: date) -> tuple[object, ...]:
    """Return what tells one state of the public records from another: the newest change, the day, the regime."""
    query = select(func.max(Outbox.id)).where(Outbox.jurisdiction_id == county.id)
    return county.id, county.session.scalar(query) or 0, on, regime.identity()


_AT_WORK: dict[tuple[int, str], Lock] = {}  # By what is being worked out in this process.
# By jurisdiction and what the view is for: the state, and the view of it.
Views = dict[tuple[int, str], tuple[tuple[object, ...], "InPublic"]]


def seen(
    views: Views, county: County, regime: Regime, *, on: date, kept_for: str = "", program: str = ""
) -> InPublic:
    """Return the public's view of a day: worked out anew for units of which anything was published since.

    With a new day, a changed regime or another quarter on the board it is worked out for all of them, which takes
    seconds in a county of a hundred units. `views` keeps the newest of each jurisdiction, and of each quarter that
    another day is `kept_for` because the quarter after it is compared with it. What this `program` kept in the database
    is taken from there: after a start nothing is worked out that was before.
    """
    # Whoever comes while it is being worked out waits for that instead of doing the same work beside it.
    with _AT_WORK.setdefault((county.id, kept_for), Lock()):
        state, known = state_of(county, regime, on=on), views.get((county.id, kept_for))
        if known is None or known[0] != state:
            known = views[county.id, kept_for] = (
                state,
                in_public(
                    county,
                    regime,
                    on=on,
                    before=known[1] if known else None,
                    kept_for=kept_for,
                    program=program,
                ),
            )
    return known[1]


def in_public(
    county: County,
    regime: Regime,
    *,
    on: date,
    before: InPublic | None = None,
    kept_for: str = "",
    program: str = "",
) -> InPublic:
    """Return how the units stand before the public on the day `on`.

    `before` is an earlier view: units of which nothing was written since are taken from it; others from what this
    `program` kept of the view (see `seen`), if it still holds. Without a program nothing kept is looked at.
    """
    periods = public_periods(county, on=on)
    units = [one for one in public_units(county.session) if one.jurisdiction_id == county.id]
    basis = (on, regime.identity(), *periods)
    newest = _newest(county)
    marks = {one.slug: (newest.get(one.id, 0), newest.get(None, 0), facts_of(one)) for one in units}
    known: dict[str, Conduct] = {}
    if before is not None and before.basis == basis:
        known = {one.slug: one for one in before.units if before.marks.get(one.slug) == marks.get(one.slug)}
    stale = [one for one in units if one.slug not in known]
    if program and stale:
        stamps = kept_views.stamps_of(basis, marks, program=program)
        there = kept_views.kept(county, kept_for, {one.id: stamps[one.slug] for one in stale})
        known |= {one.slug: one for one in there.values()}
        stale = [one for one in stale if one.id not in there]
    known |= {case.unit.slug: _conduct(case, periods) for case in _cases(county, regime, stale, on)}
    return InPublic(
        on,
        tuple(periods),
        tuple(known[one.slug] for one in units),
        bool(units) and all(one.sample for one in units),
        basis,
        marks,
    )


def _newest(county: County) -> dict[int | None, int]:
    """Return the newest change of each unit; under None, of the whole jurisdiction."""
    whose = func.coalesce(Outbox.unit_id, Record.unit_id)
    query = (
        select(whose, func.max(Outbox.id))
        .outerjoin(Record, Outbox.record_id == Record.id)
        .where(Outbox.jurisdiction_id == county.id, Outbox.event != OUTCOME)  # It moves no unit's standing.
        .group_by(whose)
    )
    return {row[0]: row[1] for row in county.session.execute(query)}


def _conduct(case: Case, periods: Sequence[str]) -> Conduct:
    found = standing(case, periods)
    checked = list(
        reports(case.regime, case.unit, case.records, complete=False, on=case.today, grants=case.grants)
    )
    return conduct_of(case, found, index_of(case, found, checked), checked)


def _cases(county: County, regime: Regime, units: Sequence[Unit], on: date) -> Iterator[Case]:
    exemptions, extensions = public_exemptions(county.session), public_extensions(county.session)
    for unit in units:
        records: list[PublishedDocument] = []
        lost: list[Lost] = []
        rows = public_versions(county.session, unit=unit.id)
        for _, some in groupby(rows, key=lambda row: row.record_id):
            known = [(row, RECALL.document(row)) for row in some if _day(row) <= on]
            stages = [
                Stage(_day(row), document, row.withdrawn_at is not None and _gone(row) <= on)
                for row, document in known
            ]
            if not known:
                continue
            first = known[0][0]
            if found := as_it_stands(stages, ref=first.index_no):
                records.append(found)
            else:
                lost.append(Lost(first.kind, first.slug, _day(first), first.index_no))
        yield Case(
            regime=regime,
            unit=facts_of(unit),
            today=on,
            records=tuple(records),
            lost=tuple(lost),
            exemptions=exemptions.get(unit.id, ()),
            extensions=extensions.get(unit.id, ()),
        )


def _day(row: VersionRow) -> date:
    return row.published_at.astimezone(SHANGHAI).date()


def _gone(row: VersionRow) -> date:
    return (row.withdrawn_at or row.published_at).astimezone(SHANGHAI).date()
