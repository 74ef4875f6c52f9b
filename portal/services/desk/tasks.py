"""待办: what one unit has to do, from its duties and its drafts.

    desk_of(room, regime, *, actor: Actor | None, now: datetime, first_quarter: str | None) -> Desk

Only this unit's records are read: a whole county's board would cost a hundred times as much.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from operator import attrgetter

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.domain.calendar import quarter_of
from portal.domain.documents.annual import AnnualReport
from portal.domain.documents.base import Audience, kind_of, kinds
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.documents.regulation import Regulation
from portal.domain.documents.tender import Tender
from portal.domain.drafting import Event, State
from portal.domain.obligations import Case, Cell, Standing, Status, board_periods, standing
from portal.domain.regimes import Regime
from portal.domain.roles import Action, Role, allowed
from portal.domain.values import show_day
from portal.services.checking import SHANGHAI
from portal.services.compliance import cases_of
from portal.services.compliance_answers import period_name
from portal.services.desk.drafts_due import Paper, own_deadline, paper_of, veiled
from portal.services.desk.reading import HIDDEN, handled_by
from portal.services.desk.reviewing import why_not_reviewer
from portal.services.desk.rooms import Actor, Room
from portal.store.tables import Jurisdiction, Record, Unit

SOON = 5  # Working days: a week in which a review still fits. A regime's own `soon` counts beside it.
_KIND_OF = {
    "plan": DelegationPlan.kind.code,
    "filing": DelegationPlan.kind.code,
    "finance": FinanceDisclosure.kind.code,
    "township": FinanceDisclosure.kind.code,
    "vouchers": FinanceDisclosure.kind.code,
    "reports": FinanceDisclosure.kind.code,
    "budget": FinanceDisclosure.kind.code,
    "decision": "decision",
    "tender": Tender.kind.code,
    "annual": AnnualReport.kind.code,
    "supporting": Regulation.kind.code,
}
# Told of by the quarter's finance disclosure: done together with it, as long as that is still owed.
_WITHIN_FINANCE = frozenset({"township", "vouchers", "reports"})


class Rank(IntEnum):
    """How pressing a task is; the lowest comes first."""

    MINE = 0  # Waits for this very person's review.
    OVERDUE = 1
    RETURNED = 2
    SOON = 3
    READY = 4  # Approved, to be published.
    OPEN = 5
    WAITING = 6  # Somebody else has to act.
    UNDATED = 7


@dataclass(frozen=True)
class Target:
    """Where the task is done: the web layer makes an address of it.

    `place`: new (kind, period), edit or review (uid), record (kind, slug), listing.
    """

    place: str
    kind: str = ""
    period: str = ""
    uid: str = ""
    slug: str = ""


@dataclass(frozen=True)
class Task:
    """One thing to do. `sign` is missing, late, waiting or note; `word` says the same in words.

    `workdays` and `days` are what is left until `due`, negative once it has passed. `action` is blank
    where this person may only look.
    """

    rank: Rank
    sign: str
    word: str
    title: str
    what: str
    source: str = ""
    note: str = ""
    due: date | None = None
    workdays: int | None = None
    days: int | None = None
    provisional: bool = False
    extended: bool = False
    action: str = ""
    target: Target | None = None
    duty: str = ""
    period: str = ""
    state: State | None = None

    @property
    def overdue(self) -> bool:
        """Tell whether the deadline has passed."""
        return self.days is not None and self.days < 0


@dataclass(frozen=True)
class Remark:
    """退回意见: what the reviewer said of a draft that came back."""

    uid: str
    title: str
    text: str
    actor: str
    at: datetime


@dataclass(frozen=True)
class Desk:
    """A unit's desk on one day."""

    today: date
    tasks: tuple[Task, ...]
    remarks: tuple[Remark, ...] = ()
    ruled: bool = True  # False: the jurisdiction has no regime file, so nothing is known to be due.

    @property
    def summary(self) -> str:
        """The day and how things stand, in one line."""
        week = self.today + timedelta(days=6 - self.today.weekday())
        counted = (
            (sum(one.rank == Rank.MINE for one in self.tasks), "件待您审核"),
            (sum(one.overdue for one in self.tasks), "项已经过期"),
            (
                sum(one.due is not None and self.today <= one.due <= week for one in self.tasks),
                "项本周到期",
            ),
            (len(self.remarks), "件被退回"),
        )
        told = "，".join(f"{count} {what}" for count, what in counted if count)
        return f"今天是{show_day(self.today)}。{told or '没有过期、本周到期或被退回的事项'}。"


def desk_of(
    room: Room,
    regime: Regime | None,
    *,
    actor: Actor | None,
    now: datetime,
    first_quarter: str | None = None,
) -> Desk:
    """Return what the unit has to do, worst first, as this person sees it (None: nobody in particular).

    `first_quarter` is the first that anybody in the county disclosed, where the caller may know (`first_quarter_of`).
    """
    today = now.astimezone(SHANGHAI).date()
    drafts = room.drafts()
    papers = [veiled(paper_of(one), actor) for one in drafts]
    mine = {
        one.uid
        for one in drafts
        if actor and one.state == State.SUBMITTED.value and not why_not_reviewer(room, one, actor)
    }
    case = case_of(room.session, regime, room.unit, on=today) if regime else None
    view = _View(actor, today, case, mine)
    tasks: list[Task] = []
    used: set[str] = set()
    if case:
        records = {one.index_no: one for one in room.records()}
        found = standing_of(room.session, case, room.unit, first_quarter=first_quarter)
        for task, uid in view.of_duties(found, papers, records):
            tasks.append(task)
            used.add(uid)
    tasks += [view.of_draft(one) for one in papers if one.uid not in used]
    order = {duty: place for place, duty in enumerate(_KIND_OF)}
    tasks.sort(
        key=lambda one: (one.rank, one.due or date.max, order.get(one.duty, 99), one.period, one.title)
    )
    return Desk(today, tuple(tasks), tuple(_remarks(room, papers)), ruled=case is not None)


def case_of(session: Session, regime: Regime, unit: Unit, *, on: date) -> Case:
    """Return the case of this unit alone."""
    return cases_of(session, regime, unit.jurisdiction, on=on, only=unit)[unit.id]


def standing_of(session: Session, case: Case, unit: Unit, *, first_quarter: str | None = None) -> Standing:
    """Return how the unit stands, for the quarters of the county's board and the one that is running.

    The board begins with the first quarter that anybody in the county disclosed (`first_quarter`). A session that
    may see one unit only (PostgreSQL's fences) cannot know it: then the unit's own first one counts, which may be
    later, but asks for nothing that the board does not show.
    """
    own = _first_quarter(session, Record.unit_id == unit.id)
    known = [one for one in (first_quarter, own) if one]
    return standing(case, [*board_periods(known, case.today), quarter_of(case.today)])


def first_quarter_of(session: Session, jurisdiction: Jurisdiction) -> str | None:
    """Return the first quarter that anybody in the county disclosed; for sessions that may see every unit."""
    return _first_quarter(session, Record.jurisdiction_id == jurisdiction.id)


def _first_quarter(session: Session, whose: ColumnElement[bool]) -> str | None:
    return session.scalar(
        select(func.min(Record.slug)).where(
            whose,
            Record.kind == FinanceDisclosure.kind.code,
            func.length(Record.slug) == len("2026Q3"),
            Record.slug.contains("Q"),
        )
    )


def _remarks(room: Room, papers: list[Paper]) -> list[Remark]:
    found = []
    for one in papers:
        if one.state is not State.RETURNED or one.title == HIDDEN:
            continue
        steps = room.steps(draft_uid=one.uid)
        if step := next((each for each in steps if each.event == Event.RETURNED.value), None):
            found.append(Remark(one.uid, one.title, step.remark, step.actor, step.at))
    return sorted(found, key=attrgetter("at"), reverse=True)


@dataclass(frozen=True)
class _Place:
    """What a task says of time."""

    rank: Rank
    sign: str
    word: str
    workdays: int | None = None
    days: int | None = None


class _View:
    """Turns duties and drafts into tasks for one person."""

    def __init__(self, actor: Actor | None, today: date, case: Case | None, mine: Collection[str]) -> None:
        self._today, self._case, self._mine = today, case, mine
        roles = actor.roles if actor else frozenset[Role]()
        self._writes, self._reviews = allowed(roles, Action.WRITE), allowed(roles, Action.REVIEW)
        self._handled = handled_by(roles)

    def of_duties(
        self, found: Standing, papers: list[Paper], records: dict[str, Record]
    ) -> Iterator[tuple[Task, str]]:
        """Yield a task for each duty that is owed, with the address of the draft that will fulfil it, if any."""
        drafts = {(one.duty, one.period): one for one in papers if one.duty and not one.corrects}
        owed = {one.period for one in found.of("finance") if one.done_on is None and _is_owed(one)}
        for code, cells in found.cells.items():
            for cell in cells:
                if not _is_owed(cell) or (code in _WITHIN_FINANCE and cell.period in owed):
                    continue
                paper = drafts.get((code, cell.period))
                also = [
                    held.duty.title
                    for other in _WITHIN_FINANCE
                    if code == "finance" and (held := found.cell(other, cell.period)) and _is_owed(held)
                ]
                yield self._duty(cell, paper, records, sorted(also)), paper.uid if paper else ""

    def of_draft(self, paper: Paper) -> Task:
        """Return the task of a draft that no duty of the board waits for."""
        cell = own_deadline(self._case, paper) if self._case else None
        kind = kind_of(paper.kind).kind.short if paper.kind in kinds() else paper.kind
        title = f"{kind}{'更正' if paper.corrects else ''}：{paper.title}"
        if cell is None:
            place = self._by_state(paper, _Place(Rank.UNDATED, "note", "没有期限"))
            return self._task(place, title, paper, what="")
        return self._from_cell(cell, title, paper)

    def _duty(self, cell: Cell, paper: Paper | None, records: dict[str, Record], also: list[str]) -> Task:
        name = period_name(cell.period) if cell.period else ""
        if cell.duty.code == "supporting":
            name = cell.note
        title = f"{cell.duty.title}{f'：{name}' if name else ''}"
        if paper:
            return self._from_cell(cell, title, paper, also=also)
        record = records.get(cell.evidence[0].ref) if cell.evidence else None
        if record is None and cell.duty.code in (*_WITHIN_FINANCE, "filing"):
            kind = _KIND_OF[cell.duty.code]
            record = next(
                (
                    one
                    for one in records.values()
                    if one.kind == kind and cell.period in (one.slug, one.natural_key)
                ),
                None,
            )
        task = self._from_cell(cell, title, None, also=also)
        if record and Audience(record.versions[-1].audience) in self._handled:
            target = Target("record", record.kind, period=cell.period, slug=record.slug)
            return replace(task, target=target, action="补充" if self._writes else "查看")
        kind = _KIND_OF[cell.duty.code]
        if cell.duty.code in ("decision", "tender", "filing", "budget"):
            return replace(task, target=Target("listing", kind), action="查看")
        if not self._writes:
            return task
        target = Target("new", kind, period=cell.period)
        return replace(task, target=target, action="补报" if task.overdue else "开始")

    def _from_cell(self, cell: Cell, title: str, paper: Paper | None, also: Sequence[str] = ()) -> Task:
        place = self._place(cell)
        if paper:
            place = self._by_state(paper, place)
        within = getattr(cell.terms, "within", None)
        what = f"{cell.duty.since}{within}内{cell.duty.act}" if within else f"须{cell.duty.act}"
        if also:
            what += f"，其中须写明{'、'.join(also)}"
        extended = bool(cell.due and cell.original and cell.due.day != cell.original.day)
        note = "" if cell.duty.code == "supporting" else cell.note
        task = self._task(place, title, paper, what=what)
        return replace(
            task,
            source=cell.terms.source if cell.terms else "",
            note=note,
            due=cell.due.day if cell.due else None,
            provisional=cell.provisional,
            extended=extended,
            duty=cell.duty.code,
            period=cell.period,
        )

    def _task(self, place: _Place, title: str, paper: Paper | None, *, what: str) -> Task:
        task = Task(place.rank, place.sign, place.word, title, what, workdays=place.workdays, days=place.days)
        if paper is None:
            return task
        action, target = self._act_on(paper)
        return replace(task, action=action, target=target, state=paper.state)

    def _act_on(self, paper: Paper) -> tuple[str, Target]:
        edit, review = Target("edit", paper.kind, uid=paper.uid), Target("review", paper.kind, uid=paper.uid)
        match paper.state:
            case State.DRAFT:
                return ("继续填写", edit) if self._writes else ("查看", review)
            case State.RETURNED:
                return ("修改", edit) if self._writes else ("查看", review)
            case State.SUBMITTED:
                return ("去审核" if paper.uid in self._mine else "查看"), review
            case State.APPROVED if self._reviews and paper.publish_at is None:
                return "去发布", review
            case _:
                return "查看", review

    def _by_state(self, paper: Paper, place: _Place) -> _Place:
        """Say first what happened to the draft; a deadline that has passed or is near stays in the words."""
        near = f"，{place.word}" if place.rank in (Rank.OVERDUE, Rank.SOON) else ""
        sign = place.sign if place.rank in (Rank.OVERDUE, Rank.SOON) else ""
        match paper.state:
            case State.SUBMITTED if paper.uid in self._mine:
                return replace(place, rank=Rank.MINE, sign=sign or "late", word=f"待您审核{near}")
            case State.SUBMITTED:
                rank = place.rank if near else Rank.WAITING
                return replace(place, rank=rank, sign=sign or "waiting", word=f"待审核{near}")
            case State.RETURNED:
                rank = Rank.OVERDUE if place.rank is Rank.OVERDUE else Rank.RETURNED
                return replace(place, rank=rank, sign=sign or "late", word=f"已退回{near}")
            case State.APPROVED:
                word = "已定时发布" if paper.publish_at else "待发布"
                rank = place.rank if near else Rank.WAITING if paper.publish_at else Rank.READY
                return replace(place, rank=rank, sign=sign or "note", word=f"{word}{near}")
            case _:
                return place

    def _place(self, cell: Cell) -> _Place:
        if cell.due is None or self._case is None:
            if cell.status is Status.MISSING:
                return _Place(Rank.UNDATED, "missing", cell.word)
            return _Place(Rank.UNDATED, "note", cell.word)
        calendar = self._case.regime.calendar_on(cell.due.day)
        days = (cell.due.day - self._today).days
        if days < 0:
            workdays = -calendar.workdays_between(cell.due.day, self._today)
            word = f"过期 {cell.days} {cell.day_unit}" if cell.days else f"过期 {-days} 日"
            return _Place(Rank.OVERDUE, "missing", word, workdays, days)
        workdays = calendar.workdays_between(self._today, cell.due.day)
        if cell.status is Status.UNCLEAR:
            return _Place(Rank.OPEN, "note", cell.word, workdays, days)
        if days == 0:
            return _Place(Rank.SOON, "late", "今天到期", 0, 0)
        if workdays <= SOON or cell.status is Status.DUE_SOON:
            return _Place(Rank.SOON, "late", f"还剩 {days} 日", workdays, days)
        word = "未到期" if cell.status is Status.NOT_DUE else f"还剩 {days} 日"
        return _Place(Rank.OPEN, "waiting", word, workdays, days)


def _is_owed(cell: Cell) -> bool:
    """Tell whether something is still to be done. What does not apply or was let off is no task."""
    return cell.status.open or cell.status in (Status.MISSING, Status.UNCLEAR)
