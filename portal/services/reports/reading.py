"""What the office shows of reports: rows of the inbox, one report whole, counts. Sealed bytes stay sealed.

    rows(desk, ...) -> list[Row]          the inbox, only what the person sees
    detail(desk, report_id) -> dict       the JSON of `GET /reports/<id>`
    counts(desk) -> Counts                for badges

Nothing here shows the number of a row in its table: gaps would tell of reports that one does not see.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, func, select

from portal.domain.reports.acts import Act
from portal.domain.reports.deadlines import Deadline, Standing, is_late, is_near, open_deadlines
from portal.domain.reports.words import OPEN_STATES, Channel, State, Track
from portal.services.reports import casework
from portal.services.reports.assigning import colleagues, opening_of
from portal.services.reports.desk import Desk
from portal.services.reports.turning import turned
from portal.store.reports.tables import ReportHandler, ReportPart, ReportStep, SealedReport

INLINE = 300 * 1024  # Bytes of a part up to which it travels with the report.
_ONCE = timedelta(hours=1)  # Looking again within it is no new step.
_SHOWN = (
    "id", "jurisdiction", "received_on", "channel", "sealed_by", "state", "state_on", "track", "real_name", "priority",
    "reason", "outcome", "accept_by", "route_by", "answer_by", "told_on", "answered_on", "closed_on", "keep_until",
    "erased_on", "merged_into", "version",
)  # fmt: skip
_COLUMNS = [getattr(SealedReport, name) for name in _SHOWN]


@dataclass(frozen=True)
class Row:
    """One line of the inbox."""

    id: str
    received_on: date
    channel: Channel
    state: State
    state_on: date
    track: Track
    real_name: bool | None
    priority: bool
    readable: bool  # False: 无法识别的来件.
    erased: bool
    deadlines: tuple[tuple[Deadline, date], ...]  # Those to be kept, the nearest first.
    late: bool
    near: bool
    handlers: tuple[str, ...]
    mine: bool
    fresh: bool  # Received and by this person not opened yet.
    news: bool  # Something of the reporter's came in since this person looked last.
    merged_into: str | None
    merged: tuple[str, ...]


@dataclass(frozen=True)
class Counts:
    """For badges: of open reports that the person sees."""

    waiting: int  # 已收到, nobody has decided yet.
    working: int
    near: int
    late: int
    mine: int


def rows(desk: Desk) -> list[Row]:
    """Return the reports that the person sees: late ones first, then real names and priorities, then by deadline."""
    return sorted(
        _rows(desk),
        key=lambda one: (
            one.state not in OPEN_STATES,
            not one.late,
            not one.priority,
            one.deadlines[0][1] if one.deadlines else date.max,
            one.received_on,
            one.id,
        ),
    )


def counts(desk: Desk, every: Sequence[Row] | None = None) -> Counts:
    """Count what the person sees: `every` row without filters, where it is known already."""
    every = list(_rows(desk)) if every is None else every
    found = [one for one in every if one.state in OPEN_STATES or one.late or one.near]
    return Counts(
        waiting=sum(one.state is State.RECEIVED for one in found),
        working=sum(one.state in (State.ACCEPTED, State.REOPENED) for one in found),
        near=sum(one.near for one in found),
        late=sum(one.late for one in found),
        mine=sum(one.mine for one in found),
    )


def is_noted(desk: Desk, report_id: str, act: Act, **detail: object) -> bool:
    """Tell whether the record says already that the person did this within the hour; raise `Unseen`."""
    query = select(ReportStep.detail).where(
        ReportStep.report_id == desk.sight.need(report_id),
        ReportStep.account_id == desk.viewer.account_id,
        ReportStep.action == act.value,
        ReportStep.at > desk.now - _ONCE,
    )
    return any(one == detail for one in desk.session.scalars(query))


def detail(desk: Desk, report_id: str) -> dict[str, Any]:
    """Return one report whole, as JSON; raise `Unseen`."""
    row = desk.session.execute(
        select(
            *_COLUMNS, SealedReport.grants, SealedReport.body, SealedReport.case_key, SealedReport.reporter_key,
            SealedReport.binding, SealedReport.commitment, SealedReport.serial,
        ).where(SealedReport.id == desk.sight.need(report_id))
    ).one()  # fmt: skip
    report = desk.report(report_id)
    waiting = turned(desk, report_id)
    close_by = _close_by(desk, row, casework.is_extended(desk, report_id))
    merged = desk.session.scalars(
        select(SealedReport.id).where(SealedReport.merged_into == report_id).order_by(SealedReport.id)
    )
    handles = desk.may_handle(report_id)
    return {
        **{
            name: _plain(getattr(row, name)) for name in _SHOWN if name not in ("jurisdiction", "merged_into")
        },
        "case_key": row.case_key,
        "reporter_key": row.reporter_key,
        "binding": _b64(row.binding),
        "commitment": _b64(row.commitment),
        "serial": row.serial,
        "readable": desk.sight.reports[report_id] is not None,
        "route": routing.route if (routing := desk.sight.reports[report_id]) else None,
        "holders": sorted(routing.holders) if routing else [],
        "close_by": _plain(close_by),
        "review_by": _plain(_review_by(desk, report)),
        "grants": _b64(row.grants),
        "body": _b64(row.body),
        "opening": opening_of(row.grants) if row.grants else None,
        "merged_into": row.merged_into if row.merged_into in desk.sight else None,
        "merged": [one for one in merged if one in desk.sight],
        "halves": [_b64(one) for one in waiting.halves] if waiting and waiting.halves is not None else None,
        "turned_by": waiting.name if waiting else None,
        "turned_until": waiting.until.isoformat() if waiting else None,
        "parts": list(_parts(desk, report_id)),
        "steps": [step_shown(one) for one in steps(desk, report_id)],
        "handlers": [
            {"account_id": one.account_id, "name": one.name, "recused": one.recused}
            for one in desk.handlers(report_id)
        ],
        "colleagues": [{"account_id": number, "name": name} for number, name in colleagues(desk, report_id)],
        "may": {"lead": desk.viewer.leads, "handle": handles},
        "next": casework.next_states(desk, report),
    }


def part(desk: Desk, report_id: str, n: int) -> bytes | None:
    """Return the sealed bytes of a part of a report that the person sees; None where there is none."""
    return desk.session.scalar(
        select(ReportPart.sealed).where(ReportPart.report_id == desk.sight.need(report_id), ReportPart.n == n)
    )


def is_attachment(desk: Desk, report_id: str, n: int) -> bool:
    """Tell whether a part of a report that the person sees is an attachment."""
    query = select(ReportPart.kind).where(
        ReportPart.report_id == desk.sight.need(report_id), ReportPart.n == n
    )
    return desk.session.scalar(query) == "attachment"


def steps(desk: Desk, report_id: str) -> Sequence[ReportStep]:
    """Return the record of a report that the person sees, oldest first."""
    return desk.session.scalars(
        select(ReportStep).where(ReportStep.report_id == desk.sight.need(report_id)).order_by(ReportStep.id)
    ).all()


@dataclass(frozen=True)
class Looked:
    """One line of the access log."""

    at: datetime
    name: str
    label: str
    report_id: str


def log(desk: Desk, *, page: int, size: int = 100) -> tuple[list[Looked], bool]:
    """Return a page of what was done with the reports that the person sees, newest first, and whether there is more."""
    query = (
        select(ReportStep)
        .join(SealedReport, SealedReport.id == ReportStep.report_id)
        .where(SealedReport.jurisdiction.in_(sorted(desk.sight.holders)))
        .order_by(ReportStep.at.desc(), ReportStep.id.desc())
        .execution_options(yield_per=500)
    )
    seen: Iterator[ReportStep] = (one for one in desk.session.scalars(query) if one.report_id in desk.sight)
    found = list(islice(seen, (page - 1) * size, page * size + 1))
    shown = [Looked(one.at, one.name, act_label(one.action), one.report_id) for one in found[:size]]
    return shown, len(found) > size


def step_shown(step: ReportStep) -> dict[str, Any]:
    """Return a step as JSON. A reporter's has its day alone: nothing tells at what hour somebody wrote."""
    return {
        "at": step.at.isoformat(),
        "name": step.name,
        "by": step.account_id,
        "action": step.action,
        "label": act_label(step.action),
        "detail": step.detail,
    }


def act_label(action: str) -> str:
    """Return the title of a step."""
    try:
        return Act(action).label
    except ValueError:
        return "其他"


def _rows(desk: Desk) -> Iterator[Row]:
    query = select(*_COLUMNS).where(SealedReport.jurisdiction.in_(sorted(desk.sight.holders)))
    found = [row for row in desk.session.execute(query) if row.id in desk.sight]
    handlers: dict[str, list[ReportHandler]] = {}
    for one in desk.session.scalars(
        select(ReportHandler).where(ReportHandler.recused.is_(None)).order_by(ReportHandler.id)
    ):
        handlers.setdefault(one.report_id, []).append(one)
    extended = set(
        desk.session.scalars(select(ReportStep.report_id).where(ReportStep.action == Act.EXTENDED.value))
    )
    opened = _last(
        desk, ReportStep.action == Act.OPENED.value, ReportStep.account_id == desk.viewer.account_id
    )
    added = _last(desk, ReportStep.action.in_([Act.MESSAGE.value, Act.ATTACHMENT.value]))
    merged: dict[str, list[str]] = {}
    for row in found:
        if row.merged_into in desk.sight:
            merged.setdefault(row.merged_into, []).append(row.id)
    for row in found:
        yield _row(
            desk,
            row,
            handlers.get(row.id, ()),
            extended=row.id in extended,
            opened=row.id in opened,
            news=added.get(row.id, 0) > opened.get(row.id, 0),
            merged=sorted(merged.get(row.id, ())),
        )


def _row(
    desk: Desk,
    row: Any,
    handlers: Iterable[ReportHandler],
    *,
    extended: bool,
    opened: bool,
    news: bool,
    merged: Sequence[str],
) -> Row:
    state, handlers = State(row.state), list(handlers)
    deadlines = open_deadlines(
        Standing(
            state=state,
            track=Track(row.track),
            real_name=row.real_name,
            accept_by=row.accept_by,
            route_by=row.route_by,
            close_by=_close_by(desk, row, extended),
            answer_by=row.answer_by,
            told=row.told_on is not None,
            answered=row.answered_on is not None,
        )
    )
    regime = desk.regime_of(row.jurisdiction)
    return Row(
        id=row.id,
        received_on=row.received_on,
        channel=Channel(row.channel),
        state=state,
        state_on=row.state_on,
        track=Track(row.track),
        real_name=row.real_name,
        priority=row.priority,
        readable=desk.sight.reports[row.id] is not None,
        erased=row.erased_on is not None,
        deadlines=deadlines,
        late=any(is_late(day, desk.today) for _, day in deadlines),
        near=regime is not None
        and any(is_near(day, desk.today, regime.calendar_on(desk.today)) for _, day in deadlines),
        handlers=tuple(one.name for one in handlers),
        news=news,
        mine=any(one.account_id == desk.viewer.account_id for one in handlers),
        fresh=state is State.RECEIVED and not opened,
        merged_into=row.merged_into if row.merged_into in desk.sight else None,
        merged=tuple(merged),
    )


def _last(desk: Desk, *that: ColumnElement[bool]) -> dict[str, int]:
    """Return the last step of a sort of every report, for comparing alone: the numbers go no further."""
    query = select(ReportStep.report_id, func.max(ReportStep.id)).where(*that).group_by(ReportStep.report_id)
    return {row[0]: row[1] for row in desk.session.execute(query)}


def _close_by(desk: Desk, row: Any, extended: bool) -> date | None:
    regime = desk.regime_of(row.jurisdiction)
    if Track(row.track) is not Track.PETITION or regime is None or regime.intake_on(row.received_on) is None:
        return None
    return desk.clocks(row).close_by(extended=extended).day


def _review_by(desk: Desk, report: SealedReport) -> date | None:
    """Return until when the writer of a petition may ask for a review (RPT-15)."""
    if Track(report.track) is not Track.PETITION or report.answered_on is None:
        return None
    return desk.clocks(report).review_by(report.answered_on).day


def _parts(desk: Desk, report_id: str) -> Iterator[dict[str, Any]]:
    columns = (
        ReportPart.n,
        ReportPart.day,
        ReportPart.side,
        ReportPart.kind,
        ReportPart.size,
        ReportPart.account_id,
    )
    query = select(*columns).where(ReportPart.report_id == report_id).order_by(ReportPart.n)
    inline = select(ReportPart.n, ReportPart.sealed).where(
        ReportPart.report_id == report_id, ReportPart.size <= INLINE
    )
    small = {row.n: row.sealed for row in desk.session.execute(inline)}
    names = {one.account_id: one.name for one in steps(desk, report_id) if one.account_id is not None}
    for row in desk.session.execute(query):
        yield {
            "n": row.n,
            "day": row.day.isoformat(),
            "side": row.side,
            "kind": row.kind,
            "size": row.size,
            "sealed": _b64(small.get(row.n)),
            "by": names.get(row.account_id) if row.account_id else None,
        }


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _b64(data: bytes | None) -> str | None:
    return base64.b64encode(data).decode() if data is not None else None
