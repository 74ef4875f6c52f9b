"""One unit as other pages see it: all that a jurisdiction's and the site's own pages are made from.

A summary follows from the unit's records, its roster entry, the regime and the
day alone. It is light, so that a county's pages can be made again without
reading the county.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from portal.domain.comparing import differences
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.regulation import Regulation
from portal.domain.obligations import rates
from portal.domain.obligations.rates import state_of
from portal.domain.values import show_day
from portal.site.cards import CHANGES, Card, Withdrawal, card_of, last_change, newest, withdrawals_of
from portal.site.pages import paths
from portal.site.pages.kinds.decision import order
from portal.site.pages.kinds.delegation import held
from portal.site.pages.limits import grants
from portal.site.pages.plans import current_plan
from portal.site.pages.shell import Context
from portal.site.pages.standings import (
    Mark,
    Row,
    case_of,
    columns,
    index_for,
    record_mark,
    row_of,
    standing_of,
)
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView


@dataclass(frozen=True)
class Holder:
    """Who holds a domain, up to what sum in fen (None: no sum is named), since when and until when at most."""

    deputy: str
    limit: int | None
    post: str = ""
    above_limit: str | None = None
    held_since: date | None = None
    rotation_due: date | None = None


@dataclass(frozen=True)
class DomainCell:
    """Who holds one domain in one unit; `breach` when it is the chief."""

    holders: tuple[Holder, ...]
    breach: bool = False


@dataclass(frozen=True)
class PlanLine:
    """A unit's delegation plan in force: where it is, who the chiefs are, who holds each restricted domain of today."""

    path: str
    title: str
    chiefs: tuple[str, ...]
    cells: tuple[DomainCell, ...]
    bands: int


@dataclass(frozen=True)
class IndexLine:
    """A unit's conduct index."""

    value: Fraction | None
    text: str


@dataclass(frozen=True)
class Highlight:
    """Something worth a newcomer's look: what sort, how good an example (more is better), and what to say."""

    sort: str
    rank: int
    title: str
    text: str
    where: str
    path: str
    mark: str = ""  # A word to set off: 更正, 违反末位表态 …
    state: str = ""


@dataclass(frozen=True)
class UnitSummary:
    """One unit: its cards in the order of its records, its row of the board, its plan, its index and what is worth a look.

    `coverage` says for each of the regime's coverage items of today: done, wanting, exempt or nothing.
    By kind, `changed` has the cards that changed last, the newest first, `held` the number of records in force,
    `filed` how many records are filed under each year. `texts` are the regulations in force.
    Which page may read what stands in `portal.site.pages.grounds`.
    """

    unit: UnitView
    cards: tuple[Card, ...]
    row: Row
    index: IndexLine
    coverage: tuple[str, ...]
    grants: tuple[Context, ...]
    plan: PlanLine | None
    highlights: tuple[Highlight, ...]
    withdrawals: tuple[Withdrawal, ...] = ()
    changed: Mapping[str, tuple[Card, ...]] = field(default_factory=dict)
    held: Mapping[str, int] = field(default_factory=dict)
    filed: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    texts: tuple[Card, ...] = ()
    newest: tuple[Card, ...] = ()  # Whose newest versions came last: what a list of the newest may need.
    versions: int = 0

    @property
    def count(self) -> int:
        """How many records there are, withdrawn ones included."""
        return sum(sum(years.values()) for years in self.filed.values())

    def of(self, kind: str) -> list[Card]:
        """Return the cards of one kind."""
        return [one for one in self.cards if one.code == kind]


NEWEST = 8


def summary_of(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> UnitSummary:
    """Return a unit's summary, worked out once a snapshot (or brought along from the build before)."""
    key = ("summary", unit.id)
    if key not in snapshot.derived:
        snapshot.derived[key] = _summarise(snapshot, view, unit)
    found: UnitSummary = snapshot.derived[key]
    return found


def bring(snapshot: Snapshot, summary: UnitSummary) -> None:
    """Let the snapshot's pages use a summary that was made before."""
    snapshot.derived["summary", summary.unit.id] = summary


def summaries_of(snapshot: Snapshot, view: JurisdictionView) -> list[UnitSummary]:
    """Return the summaries of a jurisdiction's units in roster order."""
    return [summary_of(snapshot, view, unit) for unit in view.units]


def cards_in(snapshot: Snapshot, view: JurisdictionView, kind: str | None = None) -> list[Card]:
    """Return a jurisdiction's cards by unit; optionally of one kind."""
    key = ("cards", view.slug)
    if key not in snapshot.derived:
        by_kind: dict[str, list[Card]] = {}
        for one in summaries_of(snapshot, view):
            for card in one.cards:
                by_kind.setdefault(card.code, []).append(card)
        snapshot.derived[key] = by_kind
    found: dict[str, list[Card]] = snapshot.derived[key]
    if kind is None:
        return [card for cards in found.values() for card in cards]
    return list(found.get(kind, ()))


def filed_in(snapshot: Snapshot, view: JurisdictionView, kind: str) -> dict[int, int]:
    """Return how many records of a kind a jurisdiction has filed under each year, the newest year first."""
    found: Counter[int] = Counter()
    for one in summaries_of(snapshot, view):
        found.update(one.filed.get(kind, {}))
    return dict(sorted(found.items(), reverse=True))


def newest_in(snapshot: Snapshot, view: JurisdictionView) -> list[Card]:
    """Return a jurisdiction's newest cards, newest first, without looking at the others."""
    return newest([card for one in summaries_of(snapshot, view) for card in one.newest], NEWEST)


def blank_summary(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> UnitSummary:
    """Return the summary of a unit whose records could not be worked through: nothing is said of it, good or bad."""
    unknown = Mark("note", "待核对", "页面生成出错，平台管理人员已收到记录")
    marks = tuple(unknown for _ in columns(snapshot, view))
    coverage = tuple("" for _ in view.regime.coverage_on(snapshot.today))
    row = Row(unit, unknown, marks, {}, missing=0, late=0, gone=False, unknown=True)
    return UnitSummary(unit, (), row, IndexLine(None, "—"), coverage, (), None, ())


def _summarise(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> UnitSummary:
    index = index_for(snapshot, view, unit)
    cards = tuple(card_of(one) for one in snapshot.records_of(unit))
    return UnitSummary(
        unit,
        cards,
        row_of(snapshot, view, unit),
        IndexLine(index.value, index.text),
        tuple(state_of(one) for one in rates([case_of(snapshot, view, unit)])),
        tuple(grants(snapshot, unit, standing_of(snapshot, view, unit))),
        _plan_line(snapshot, view, unit),
        tuple(_highlights(snapshot, view, unit)),
        tuple(one for record in snapshot.records_of(unit) for one in withdrawals_of(record)),
        _changed(cards),
        Counter(one.code for one in cards if not one.withdrawn),
        _filed(cards),
        tuple(one for one in cards if one.code == Regulation.kind.code and not one.withdrawn),
        newest=tuple(newest(list(cards), NEWEST)),
        versions=sum(one.number for one in cards),
    )


def _changed(cards: tuple[Card, ...]) -> dict[str, tuple[Card, ...]]:
    """Sort the cards of each kind by their last change, as many as any list of changes shows."""
    found: dict[str, list[Card]] = {}
    for card in sorted(cards, key=last_change, reverse=True):
        found.setdefault(card.code, []).append(card)
    return {code: tuple(some[:CHANGES]) for code, some in found.items()}


def _filed(cards: tuple[Card, ...]) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = {}
    for card in cards:
        years = found.setdefault(card.code, {})
        years[card.year] = years.get(card.year, 0) + 1
    return found


def _plan_line(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> PlanLine | None:
    found = current_plan(snapshot, unit)
    if found is None:
        return None
    record, plan = found
    chiefs = {one.name for one in plan.chiefs}
    cells = []
    for domain in view.regime.domains_on(snapshot.today):
        holders = tuple(
            Holder(one.deputy, one.limit, one.post, one.above_limit, one.held_since, one.rotation_due)
            for one in held(plan, domain)
        )
        cells.append(DomainCell(holders, any(one.deputy in chiefs for one in holders)))
    return PlanLine(
        paths.record_path(record),
        plan.title,
        tuple(one.name for one in plan.chiefs),
        tuple(cells),
        len(plan.bands),
    )


def _highlights(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> Iterator[Highlight]:
    """Yield the unit's best example of each sort."""
    best: dict[str, Highlight] = {}
    for record in snapshot.records_of(unit):
        for one in _seen_in(snapshot, view, record):
            if one.sort not in best or one.rank > best[one.sort].rank:
                best[one.sort] = one
    yield from best.values()


def _seen_in(snapshot: Snapshot, view: JurisdictionView, record: RecordView) -> Iterator[Highlight]:
    where, path = record.unit.name, paths.record_path(record)
    document, gone = record.document, record.latest.tombstone
    if gone:
        yield Highlight(
            "withdrawn",
            1,
            "一件撤回的内容",
            "撤回要有法律依据和批准人。内容撤下了，指纹、日期和理由留在原处，谁也不能当它没有发生过。",
            f"{where}，{show_day(gone.withdrawn_at.date())}撤回",
            path,
            "已撤回",
            "gone",
        )
    if isinstance(document, DelegationPlan) and document.bands:
        yield Highlight(
            "plan",
            len(document.bands),
            "一个单位的权力分给了谁",
            "主要负责人总负责、不直接分管；每项权力由哪位副职分管、能签多少钱、多少以上必须集体研究，写在一页上。",
            where,
            path,
        )
    if isinstance(document, DecisionRecord) and len(document.statements) > 2:
        yield _meeting(document, where, path)
    if len(record.versions) > 1 and record.current:
        yield Highlight(
            "corrected",
            2 if _amounts_changed(record) else 1,
            "一份更正过的公开",
            "写错可以更正，但不能悄悄改：每一版都留着，改了哪几处、为什么改，逐项列出。",
            where,
            path,
            f"第 {record.latest.number} 版",
            "note",
        )
    mark = record_mark(snapshot, view, record)
    if mark and mark.state == "late":
        yield Highlight(
            "late",
            1,
            "一份迟到的公开",
            f"{mark.note}。迟了就写迟，补上也留痕。",
            where,
            path,
            mark.word,
            "late",
        )


def _meeting(document: DecisionRecord, where: str, path: str) -> Highlight:
    if order(document).early:
        return Highlight(
            "decision",
            2,
            "一次会议的发言顺序",
            "谁第几个发言、什么态度、怎样表决，逐人记录。这一次主要负责人没有最后表态，页面照样写明。",
            where,
            path,
            "违反末位表态",
            "breach",
        )
    return Highlight(
        "decision",
        1,
        "一次会议的发言顺序",
        "谁第几个发言、什么态度、怎样表决、由谁落实，逐人记录；主要负责人最后表态。",
        where,
        path,
        "末位表态",
        "ok",
    )


def _amounts_changed(record: RecordView) -> bool:
    before, after = (one.readable for one in record.versions[-2:])
    return bool(before and after and any(one.amount for one in differences(before, after)))
