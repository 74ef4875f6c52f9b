"""Holds suppliers of awarded projects against the marks of filings: hit or no hit, and nothing else comes out of it.

The work is in two halves, so that nobody waits for the write lock while documents are read: `look` reads,
`store` opens matters and writes down what was checked, also where there was no hit.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from portal.domain.documents.tender import Tender
from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Source
from portal.domain.supervision.relations import Party, What, parties
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.supervision import lineage
from portal.services.supervision.filing_keys import Sealer
from portal.services.supervision.opening import NewItem, open_matter
from portal.services.supervision.published import Published, published_of
from portal.store.public import changes_since
from portal.store.tables import Audit, Outbox, RelationFiling, RelationMark

CHECKED = "filing.checked"
MANY = (
    500  # Records that are looked for one by one: a database takes so many values of one condition at least.
)
_BASIS = "特定关系人报备：成交供应商与报备核对，结果只供纪委监委掌握，不向单位和社会公开。"


class OtherKey(RuntimeError):
    """The marking key is not the one by which filings were marked: nothing would ever be found with it."""


@dataclass(frozen=True)
class Since:
    """Up to where everything has been checked: numbers of the outbox, of the filings and of the units' mergers."""

    change: int
    filing: int
    merger: int = 0


@dataclass(frozen=True)
class Hit:
    """A party of a project that a filing names too."""

    record_id: int
    ref: str
    slug: str
    title: str
    unit_id: int  # The purchasing unit's.
    awarded_on: date
    filing_uid: str
    number: int
    own_unit: bool  # Filed by somebody of the purchasing unit, or of one that had gone on in it by the award.
    merged: bool  # The latter.
    later: bool  # Filed only after the award.
    party: Party
    what: What  # By what it was told.


@dataclass(frozen=True)
class Look:
    """What was checked, up to where, and what was found."""

    until: Since
    projects: tuple[tuple[str, int, int], ...]  # Index number, version, names and codes checked.
    filings: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Last:
    """The last check as it was written down."""

    at: datetime
    projects: int
    marks: int
    filings: int
    hits: int


def since_of(county: County) -> Since:
    """Return up to where the log says that everything has been checked."""
    last = _last(county)
    said = json.loads(last.detail) if last else {}
    return Since(said.get("change", 0), said.get("filing", 0), said.get("merger", 0))


def last_check(county: County) -> Last | None:
    """Return what the last check said."""
    last = _last(county)
    if last is None:
        return None
    said = json.loads(last.detail)
    marks = sum(one["checked"] for one in said["projects"])
    return Last(last.at, len(said["projects"]), marks, said["filings"], len(said["hits"]))


def trouble_with(county: County, sealer: Sealer) -> str:
    """Return why nothing can be checked, blank where it can."""
    try:
        _same_key(county, sealer)
    except OtherKey as other:
        return str(other)
    return ""


def look(county: County, sealer: Sealer, *, since: Since) -> Look:
    """Check every project that was published since, and every project when filings or mergers of units came since.

    A filing goes on with its unit's successor: its marks tell equal names whoever buys, so nothing is opened for it.
    Reads only. Raise `OtherKey`.
    """
    _same_key(county, sealer)
    until = Since(
        county.session.scalar(select(func.max(Outbox.id)).where(Outbox.jurisdiction_id == county.id)) or 0,
        county.session.scalar(
            select(func.max(RelationFiling.id)).where(RelationFiling.jurisdiction_id == county.id)
        )
        or 0,
        lineage.newest(county),
    )
    # Where nothing was filed a merger changes nothing.
    everything = until.filing > since.filing or bool(until.filing and until.merger > since.merger)
    changed = {
        one.record_id
        for one in changes_since(county.session, county.slug, since.change)
        if one.record_id is not None
    }
    if not everything and not changed:
        return Look(until, (), 0, ())
    records = None if everything or len(changed) > MANY else changed
    numbers, ends = _numbers(county), lineage.ends(county)
    projects: list[tuple[str, int, int]] = []
    hits: list[Hit] = []
    for one in published_of(county, kinds=("tender",), records=records):
        document = one.document
        if isinstance(document, Tender) and (found := parties(document)) and document.award:
            projects.append((one.ref, one.number, len(found)))
            hits += _hits(county, sealer, one, document.award.determined_on, found, numbers, ends)
    return Look(until, tuple(projects), len(numbers), tuple(hits))


def store(county: County, regime: Regime | None, found: Look, *, now: datetime) -> int:
    """Open a matter for each filing and project that met, write down what was checked; return the number of hits.

    Nothing is written where nothing was checked.
    """
    if not found.projects:
        return 0
    grouped: dict[tuple[str, int], list[Hit]] = {}
    for one in found.hits:
        grouped.setdefault((one.filing_uid, one.record_id), []).append(one)
    for (uid, record), hits in grouped.items():
        unit = county.unit_of(hits[0].unit_id)
        if unit is None:
            continue
        grave = any(one.own_unit and one.party.won for one in hits)
        open_matter(
            county, unit, source=Source.RELATION, cause=f"{uid}:{record}",
            title=f"采购结果与特定关系人报备相符：{hits[0].title}",
            severity=Severity.RED if grave else Severity.YELLOW,
            items=[_item(one) for one in hits], now=now, regime=regime,
        )  # fmt: skip
        county.write_down(
            "filing.hit", now=now, object=f"relation_filing:{uid}", words=f"{hits[0].ref} 与第 {hits[0].number} 号报备相符",
            unit_id=unit.id,
        )  # fmt: skip
    words = f"核对 {len(found.projects)} 个采购项目与 {found.filings} 份报备，命中 {len(grouped)} 个"
    county.write_down(
        CHECKED, now=now, object="relation_filing:*", words=words,
        detail={
            "change": found.until.change, "filing": found.until.filing, "merger": found.until.merger, "filings": found.filings,
            "projects": [
                {"ref": ref, "version": version, "checked": count} for ref, version, count in found.projects
            ],
            "hits": [f"{uid}:{record}" for uid, record in grouped],
        },
    )  # fmt: skip
    return len(grouped)


def _last(county: County) -> Audit | None:
    query = county.rows(Audit).where(Audit.action == CHECKED).order_by(Audit.id.desc()).limit(1)
    return county.session.scalars(query).first()


def _same_key(county: County, sealer: Sealer) -> None:
    query = (
        select(RelationMark.mark, RelationFiling.uid)
        .join(RelationFiling, RelationMark.filing_id == RelationFiling.id)
        .where(RelationMark.jurisdiction_id == county.id, RelationMark.what == What.CHECK.value)
    )
    for mark, uid in county.session.execute(query):
        if mark != sealer.mark(What.CHECK, uid):
            raise OtherKey(
                "filings.key 不是登记报备时的那一把，用它核对什么也找不到。请从备份恢复 PORTAL_HOME 中的 filings.key。"
            )


def _numbers(county: County) -> dict[int, int]:
    ids = county.session.scalars(
        select(RelationFiling.id)
        .where(RelationFiling.jurisdiction_id == county.id)
        .order_by(RelationFiling.id)
    )
    return {one: number for number, one in enumerate(ids, start=1)}


def _hits(
    county: County,
    sealer: Sealer,
    project: Published,
    awarded_on: date,
    found: list[tuple[Party, What, str]],
    numbers: dict[int, int],
    ends: dict[int, lineage.End],
) -> list[Hit]:
    marks: dict[str, list[tuple[Party, What]]] = {}
    for party, what, folded in found:
        marks.setdefault(sealer.mark(what, folded), []).append((party, what))
    query = (
        select(RelationMark.mark, RelationFiling)
        .join(RelationFiling, RelationMark.filing_id == RelationFiling.id)
        .where(
            RelationMark.jurisdiction_id == county.id,
            RelationMark.mark.in_(marks),
            RelationMark.what != What.CHECK.value,
        )
        .order_by(RelationFiling.id)
    )
    hits: dict[Hit, None] = {}
    for mark, filing in county.session.execute(query):
        if filing.ended_on is not None and filing.ended_on < awarded_on:
            continue
        own = filing.unit_id == project.unit.id
        merged = not own and project.unit.id in lineage.successors(ends, filing.unit_id, on=awarded_on)
        for party, what in marks[mark]:
            hits[
                Hit(
                    project.record_id, project.ref, project.slug, project.title, project.unit.id, awarded_on,
                    filing.uid, numbers[filing.id], own or merged, merged,
                    filing.filed_on > awarded_on, party, what,
                )
            ] = None  # fmt: skip
    return list(hits)


def _item(one: Hit) -> NewItem:
    how = "统一社会信用代码相同" if one.what == What.CODE else "名称相同，可能是同名，须核实"
    whose = "采购单位人员的报备" if one.own_unit else "其他单位人员的报备，关联较弱"
    if one.merged:
        whose = "并入采购单位的原单位人员的报备"
    when = f"报备在确定供应商（{show_day(one.awarded_on)}）之后。" if one.later else ""
    # What was seen before the merger was entered weighed less: it is seen anew.
    told = f"{one.filing_uid}\n{one.ref}\n{one.party}\n{one.what}" + ("\nmerged" if one.merged else "")
    return NewItem(
        fingerprint=hashlib.sha256(f"relation\n{told}".encode()).hexdigest(),
        ref=one.ref,
        kind="tender",
        slug=one.slug,
        title=one.title,
        period="",
        seen=(
            f"{one.party.label}与第 {one.number} 号报备中的企业或个人相同（{how}；{whose}）。{when}"
            "只显示命中，不显示报备内容。"
        ),
        remedy="请向报备专管员了解是否需要核查。核实前不得向单位透露，也不得在问询中提到报备。",
        basis=_BASIS,
    )
