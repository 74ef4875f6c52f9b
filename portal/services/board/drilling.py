"""One unit of the board in full: every duty and period with its evidence, findings by rule, the index, what was granted."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from portal.domain.documents.base import Audience, Document
from portal.domain.obligations import DUTIES, Duty
from portal.domain.rules.base import order, rules
from portal.domain.rules.terms import Severity
from portal.domain.supervision.conduct import period_name
from portal.services.board.county import County
from portal.services.board.marks import Mark, mark_of
from portal.services.board.reading import findings_of
from portal.services.checking import SHANGHAI
from portal.services.recalling import RECALL
from portal.store.tables import (
    BoardCell,
    BoardFinding,
    BoardUnit,
    Exemption,
    Extension,
    Record,
    Unit,
    Version,
    Withdrawal,
)


@dataclass(frozen=True)
class Paper:
    """A record as it is pointed at: what it is, who may read it, when it came; `title` blank where it was destroyed."""

    ref: str
    kind: str
    slug: str
    audience: Audience
    first: date
    newest: date
    versions: int
    withdrawn: bool

    @property
    def public(self) -> bool:
        """Tell whether everybody finds it on the site."""
        return self.audience == Audience.PUBLIC

    @property
    def own(self) -> bool:
        """Tell whether it was addressed to the commission, which reads it here and nowhere else."""
        return self.audience == Audience.COMMISSION and not self.withdrawn


@dataclass(frozen=True)
class Seen:
    """One piece of evidence of a cell, with its record where that is known."""

    what: str
    day: date | None
    paper: Paper | None


@dataclass(frozen=True)
class Line:
    """One period of a duty."""

    name: str
    mark: Mark
    due: date | None
    original: date | None
    done_on: date | None
    evidence: tuple[Seen, ...]


@dataclass(frozen=True)
class Sight:
    """One finding, with its record."""

    finding: BoardFinding
    severity: Severity
    paper: Paper | None


@dataclass(frozen=True)
class Ruled:
    """The findings of one rule."""

    rule: str
    title: str
    why: str
    sights: tuple[Sight, ...]

    @property
    def worst(self) -> Severity:
        """The gravest of them."""
        return min((one.severity for one in self.sights), key=lambda one: one.rank)


@dataclass(frozen=True)
class Item:
    """One item of the index."""

    title: str
    weight: int
    passed: bool | None
    tested: int
    note: str
    evidence: tuple[Seen, ...]


@dataclass(frozen=True)
class Whole:
    """Everything that the board knows of one unit; `row` is None where nothing was worked out yet."""

    unit: Unit
    row: BoardUnit | None
    unreadable: bool
    duties: tuple[tuple[Duty, tuple[Line, ...]], ...]
    findings: tuple[Ruled, ...]
    items: tuple[Item, ...]
    exemptions: tuple[Exemption, ...]
    extensions: tuple[Extension, ...]

    @property
    def gaps(self) -> list[tuple[Duty, Line]]:
        """What is wanting, the missing ones first."""
        found = [(duty, one) for duty, lines in self.duties for one in lines if one.mark.gap]
        return sorted(found, key=lambda pair: (pair[1].mark.grave, -pair[1].mark.days))


def whole(county: County, unit: Unit) -> Whole:
    """Return the unit's page of the board."""
    session = county.session
    row = session.scalar(county.rows(BoardUnit).where(BoardUnit.unit_id == unit.id))
    details = json.loads(row.details) if row else {}
    papers = papers_of(county, unit)
    cells: dict[str, list[BoardCell]] = {}
    for one in county.session.scalars(
        county.rows(BoardCell).where(BoardCell.unit_id == unit.id).order_by(BoardCell.id)
    ):
        cells.setdefault(one.duty, []).append(one)
    return Whole(
        unit,
        row,
        "unreadable" in details,
        tuple(
            (duty, tuple(_line(one, papers) for one in reversed(cells[duty.code])))
            for duty in DUTIES
            if duty.code in cells
        ),
        tuple(_ruled(findings_of(county, unit_id=unit.id), papers)),
        tuple(
            Item(
                one["title"], one["weight"], one["passed"], one["tested"], one["note"],
                tuple(_seen(seen, papers) for seen in one["evidence"]),
            )
            for one in details.get("index", ())
        ),
        tuple(session.scalars(select(Exemption).where(Exemption.unit_id == unit.id).order_by(Exemption.id.desc()))),
        tuple(session.scalars(select(Extension).where(Extension.unit_id == unit.id).order_by(Extension.id.desc()))),
    )  # fmt: skip


def _line(cell: BoardCell, papers: Mapping[str, Paper]) -> Line:
    return Line(
        period_name(cell.duty, cell.period),
        mark_of(cell),
        cell.due,
        cell.original,
        cell.done_on,
        tuple(_seen(one, papers) for one in json.loads(cell.evidence)),
    )


def _seen(one: Mapping[str, str | None], papers: Mapping[str, Paper]) -> Seen:
    day = one["day"]
    return Seen(one["what"] or "", date.fromisoformat(day) if day else None, papers.get(one["ref"] or ""))


def _ruled(findings: Iterable[BoardFinding], papers: Mapping[str, Paper]) -> list[Ruled]:
    groups: dict[str, list[Sight]] = {}
    for one in findings:
        groups.setdefault(one.rule, []).append(Sight(one, Severity(one.severity), papers.get(one.ref)))
    known = rules()
    found = [
        Ruled(
            code,
            known[code].title if code in known else code,
            known[code].why if code in known else "",
            tuple(sorted(sights, key=lambda one: one.severity.rank)),
        )
        for code, sights in sorted(groups.items(), key=lambda pair: order(pair[0]))
    ]
    return sorted(found, key=lambda one: one.worst.rank)


def papers_of(county: County, unit: Unit) -> dict[str, Paper]:
    """Return every record of a unit by its index number: whatever its audience, without what it says."""
    days: dict[int, tuple[date, int]] = {
        record: (first.astimezone(SHANGHAI).date(), count)
        for record, first, count in county.session.execute(
            select(Version.record_id, func.min(Version.published_at), func.count())
            .join(Record, Record.id == Version.record_id)
            .where(Record.jurisdiction_id == county.id, Record.unit_id == unit.id)
            .group_by(Version.record_id)
        )
    }
    newest = (
        select(
            Record.index_no, Record.kind, Record.slug, Record.id, Version.audience, Version.published_at,
            Withdrawal.id,
        )
        .join(Version, Version.record_id == Record.id)
        .join(Withdrawal, Withdrawal.version_id == Version.id, isouter=True)
        .where(Record.jurisdiction_id == county.id, Record.unit_id == unit.id)
        .order_by(Version.number)
    )  # fmt: skip
    return {
        ref: Paper(
            ref, kind, slug, Audience(audience), days[record][0], at.astimezone(SHANGHAI).date(),
            days[record][1], gone is not None,
        )
        for ref, kind, slug, record, audience, at, gone in county.session.execute(newest)
    }  # fmt: skip


def addressed_to_us(
    county: County, unit: Unit, kind: str, slug: str
) -> tuple[Record, Version, Document] | None:
    """Return a record whose newest version is for the commission, with what it says; None for any other.

    What is withdrawn, destroyed or for another circle answers like what does not exist.
    """
    record = county.session.scalar(
        county.rows(Record).where(Record.unit_id == unit.id, Record.kind == kind, Record.slug == slug)
    )
    newest = record.versions[-1] if record and record.versions else None
    if record is None or newest is None or newest.withdrawal is not None:
        return None
    if newest.audience != Audience.COMMISSION.value:
        return None
    document = RECALL.document(newest)
    return (record, newest, document) if document else None
