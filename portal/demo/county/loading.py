"""Publish the county through the same services as real disclosures, unit by unit, each in the order of its dates.

Nothing is written past the services: every version, withdrawal and outbox row is what
`save_draft`, `publish` and `withdraw` made of it, in one transaction for each unit. Only the index
numbers are given with the records, in the service's own form (see `county_records`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.demo.bank import SHANGHAI, workday_before
from portal.demo.county.bodies import Body, County, bodies
from portal.demo.county.records import county_records
from portal.demo.county.roster import STEM
from portal.demo.models import DemoRecord
from portal.domain.canonical import canonical, document_json, read_publication
from portal.domain.documents.base import Document
from portal.domain.regimes import Regime
from portal.services.checking import Book
from portal.services.publishing import Blocked, find_record, publish, save_draft, withdraw
from portal.services.rosters import RosterLine, find_jurisdiction, put_unit, units_of
from portal.store.tables import Record, Unit, Version

AUTHOR = "示例数据"
Progress = Callable[[int], None]  # Told how many records were added to those done.


class CountyRefused(ValueError):
    """The instance holds something that the county may not be mixed with; the message says what to do."""


@dataclass
class Loaded:
    """What one loading did. `explained` counts what passed only with a public explanation, `refused` what did not."""

    units: int = 0
    records: int = 0
    versions: int = 0
    withdrawals: int = 0
    explained: int = 0
    refused: int = 0
    present: int = 0
    reasons: dict[str, int] = field(default_factory=dict)  # Rule ids, and how often each stood in the way.


def load_county(
    session: Session,
    county: County,
    content: Path,
    regimes: Mapping[str, Regime],
    *,
    commit: Callable[[], None],
    progress: Progress | None = None,
) -> Loaded:
    """Publish whatever of the county is not there yet; `commit` is called after each unit.

    A unit that is there with all its records is left alone. Raises `CountyRefused`
    where the jurisdiction has other units, or the county with other figures.
    """
    found = bodies(county, content, regimes[county.jurisdiction])
    loaded = Loaded()
    known = _enter_units(session, found)
    counts = _counts(session, county)
    expected = county.records * county.years
    for place, body in enumerate(found):
        unit = known[body.unit.slug]
        count = counts.get(unit.id, 0)
        if count == expected and place:
            loaded.present += count
        else:
            _load_unit(session, unit, body, regimes, loaded, present=count)
            commit()
        loaded.units += 1
        if progress:
            progress(expected)
    commit()
    return loaded


def county_units(session: Session, jurisdiction: str) -> list[Unit]:
    """Return the county's units in the jurisdiction; raise `CountyRefused` where it has any others."""
    units = units_of(session, find_jurisdiction(session, jurisdiction))
    others = [one for one in units if not (one.sample and one.slug.startswith(STEM))]
    if others:
        raise CountyRefused(
            f"“{jurisdiction}”已有不属于示例县的单位（{'、'.join(one.name for one in others[:3])}"
            f"{'等' if len(others) > 3 else ''}，共 {len(others)} 个），不能混入示例县的数据。"
            "请把环境变量 PORTAL_HOME 指向一个空文件夹，或用 --jurisdiction 换一个没有单位的县区。"
        )
    return units


def _enter_units(session: Session, found: list[Body]) -> dict[str, Unit]:
    jurisdiction = find_jurisdiction(session, found[0].regime.slug)
    known = {one.slug: one for one in county_units(session, found[0].regime.slug)}
    opening = _opening(found[0].windows[0].first)
    for body in found:
        if body.unit.slug in known:
            continue
        line = RosterLine(
            name=body.unit.name,
            type=body.unit.type,
            slug=body.unit.slug,
            short=body.unit.short,
            code=body.unit.code,
            position=body.unit.position,
            sample=True,
        )
        known[body.unit.slug] = put_unit(session, jurisdiction, line, now=opening)
    return known


def _opening(first: date) -> datetime:
    """Return a working hour before the county's first day."""
    return datetime.combine(workday_before(first), time(8, 30), tzinfo=SHANGHAI)


def _counts(session: Session, county: County) -> dict[int, int]:
    jurisdiction = find_jurisdiction(session, county.jurisdiction)
    query = select(Record.unit_id, func.count()).where(Record.jurisdiction_id == jurisdiction.id)
    return {row[0]: row[1] for row in session.execute(query.group_by(Record.unit_id))}


def _load_unit(
    session: Session, unit: Unit, body: Body, regimes: Mapping[str, Regime], loaded: Loaded, *, present: int
) -> None:
    records = county_records(body)
    if present:
        _refuse_other_figures(session, unit, records, present)
        loaded.present += present
        return
    book = Book(session, regimes)
    steps = [
        (one.at, number, record)
        for record in records
        for number, one in enumerate(record.publications, start=1)
    ]
    steps += [(record.withdrawal.at, 0, record) for record in records if record.withdrawal]
    refused: set[int] = set()
    for at, number, record in sorted(steps, key=lambda one: one[0]):
        if id(record) in refused:
            continue
        if number == 0:
            _withdraw(session, unit, record, at)
            loaded.withdrawals += 1
        elif _publish(session, book, unit, body, record, number, loaded):
            loaded.versions += 1
            loaded.records += number == 1
        else:
            refused.add(id(record))
            loaded.refused += 1
    session.flush()


def _publish(
    session: Session, book: Book, unit: Unit, body: Body, record: DemoRecord, number: int, loaded: Loaded
) -> bool:
    """Publish one version; where the rule book asks for a public explanation, with one. Tell whether it was done."""
    one = record.publications[number - 1]
    words = body.texts["corrections"]["explained"]
    for document in (one.document, one.document.model_copy(update={"public_explanation": words})):
        try:
            with session.begin_nested():
                draft = save_draft(session, unit=unit, document=document, author=AUTHOR, now=one.at)
                publish(session, draft, book=book, reason=one.reason, actor=one.by, now=one.at)
        except Blocked as blocked:
            for finding in blocked.findings:
                loaded.reasons[finding.rule] = loaded.reasons.get(finding.rule, 0) + 1
            continue
        loaded.explained += document is not one.document
        return True
    return False


def _withdraw(session: Session, unit: Unit, record: DemoRecord, at: datetime) -> None:
    gone = record.withdrawal
    published = find_record(session, unit, record.publications[0].document)
    if gone is None or published is None:
        raise AssertionError("a withdrawal follows its record")
    version = session.scalars(
        select(Version).where(Version.record_id == published.id, Version.number == gone.version)
    ).one()
    withdraw(
        session,
        version,
        legal_ground=gone.legal_ground,
        reason=gone.reason,
        approver=gone.approver,
        now=at,
        destroy=gone.destroy,
        review_on=gone.review_on,
    )


def _refuse_other_figures(session: Session, unit: Unit, records: list[DemoRecord], present: int) -> None:
    """The county that is there must be the one that was asked for: same keys, same first document."""
    query = select(Record.kind, Record.natural_key).where(Record.unit_id == unit.id)
    there = {(kind, key) for kind, key in session.execute(query)}
    wanted = {_key(one.publications[0].document) for one in records}
    first = records[0].publications[0].document
    record = find_record(session, unit, first)
    same = there == wanted and record is not None and _says(record.versions[0], first)
    if not same:
        raise CountyRefused(
            f"实例中的示例县与这次要的不同：“{unit.name}”已有 {present} 件记录，"
            f"按这次的年数、件数、截止日期和种子应为另外 {len(records)} 件。"
            "请用原来的参数重新运行，或把环境变量 PORTAL_HOME 指向一个空文件夹。"
        )


def _says(version: Version, document: Document) -> bool:
    if version.payload is None:
        return False
    _, published = read_publication(version.payload)
    return canonical(document_json(published)) == canonical(document_json(document))


def _key(document: Document) -> tuple[str, str]:
    return document.kind.code, document.natural_key()
