"""What officers do with a report that they see: one table of acts, each with who may, from which states, and what follows.

    act(desk, report_id, asked) -> SealedReport

`asked` is the JSON of `POST /reports/<id>/act`: `action`, `version`, what the act needs, and perhaps a sealed `note`.
Raises `eyes.Unseen`, or `NotDone` with 403 (not by this person), 409 (somebody was quicker) or 422.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import select

from portal.domain.reports.acts import Act, Destination
from portal.domain.reports.words import (
    OPEN_STATES,
    TRANSITIONS,
    Clarification,
    Outcome,
    Protection,
    Reason,
    State,
    Track,
)
from portal.domain.values import Choice
from portal.services.reports import assigning, merging, routing_up
from portal.services.reports.desk import Desk, NotDone, add_part, sealed_of, touch
from portal.store.reports.tables import ReportStep, SealedReport

Asked = Mapping[str, Any]
_Code = TypeVar("_Code", bound=Choice)


@dataclass(frozen=True)
class _Kind:
    """How one act is done. `since`: the states from which; `lead`: the lead alone."""

    do: Callable[[Desk, SealedReport, Asked], None]
    since: frozenset[State] = frozenset(State)
    lead: bool = False
    anybody: bool = False  # Also somebody to whom it is not assigned.
    note: bool = False  # A sealed note is needed.


def act(desk: Desk, report_id: str, asked: Asked) -> SealedReport:
    """Do what is asked and return the report. The caller has begun to write, and commits."""
    report = desk.report(report_id)
    kind = ACTS.get(str(asked.get("action", "")))
    if kind is None:
        raise NotDone("没有这种操作。请刷新页面后再试。")
    if kind.lead and not desk.viewer.leads:
        raise NotDone("这项操作须由信访举报负责人进行。", status=403)
    if not kind.anybody and not desk.may_handle(report_id):
        raise NotDone("这件举报已分派给其他承办人。需要办理的，请负责人改派。", status=403)
    if asked.get("version") != report.version:
        raise NotDone("别人刚刚办理过这件举报。请核对最新情况后再操作。", status=409)
    if State(report.state) not in kind.since:
        raise NotDone(f"这件举报的状态是“{State(report.state).label}”，不能进行这项操作。")
    note = sealed_of(asked, "note", needed=kind.note)
    if note:  # First: what goes up takes the note along.
        add_part(desk, report.id, kind="note", sealed=note)
    kind.do(desk, report, asked)
    touch(desk.session, report)
    return report


def next_states(desk: Desk, report: SealedReport) -> list[str]:
    """Return the states to which the person may bring the report now."""
    if not desk.may_handle(report.id):
        return []
    found = TRANSITIONS[State(report.state)]
    return [one.value for one in State if one in found]


def refuse(desk: Desk, report: SealedReport, reason: Reason, *, where: Destination | None = None) -> None:
    """Bring a report to 不予受理 (RPT-06). Raise `NotDone` from another state than 已收到."""
    if State(report.state) is not State.RECEIVED:
        raise NotDone(f"这件举报的状态是“{State(report.state).label}”，不能再不予受理。")
    report.reason = reason.value
    _enter(desk, report, State.NOT_ACCEPTED)
    _keep(desk, report, accepted=False)
    desk.write(report.id, Act.REFUSED, reason=reason.value, where=where.value if where else None)


def code(asked: Asked, name: str, of: type[_Code], label: str) -> _Code:
    """Return a code of a closed list; raise `NotDone`."""
    try:
        return of(str(asked.get(name, "")))
    except ValueError:
        raise NotDone(f"没有选择{label}，或选择的{label}不在可选范围内。请重新选择。") from None


def _enter(desk: Desk, report: SealedReport, state: State) -> None:
    report.state, report.state_on = state.value, desk.today


def _keep(desk: Desk, report: SealedReport, *, accepted: bool) -> None:
    """Set until when the content is kept, of what was merged into it likewise."""
    try:
        until: date | None = desk.clocks(report, start=desk.today).keep_until(desk.today, accepted=accepted)
    except ValueError as unknown:
        raise NotDone(str(unknown)) from unknown
    report.keep_until = until
    merging.keep_with(desk.session, report.id, until)


def _accept(desk: Desk, report: SealedReport, _: Asked) -> None:
    report.reason, report.keep_until = None, None
    _enter(desk, report, State.ACCEPTED)
    desk.write(report.id, Act.ACCEPTED)


def _refuse(desk: Desk, report: SealedReport, asked: Asked) -> None:
    where = code(asked, "where", Destination, "去向") if asked.get("where") else None
    refuse(desk, report, code(asked, "reason", Reason, "不予受理的原因"), where=where)


def _transfer(desk: Desk, report: SealedReport, asked: Asked) -> None:
    where = code(asked, "where", Destination, "接收机关的类别")
    report.reason = where.value
    _enter(desk, report, State.TRANSFERRED)
    _keep(desk, report, accepted=False)
    desk.write(report.id, Act.TRANSFERRED, where=where.value)


def _close(desk: Desk, report: SealedReport, asked: Asked) -> None:
    outcome = code(asked, "outcome", Outcome, "办理结果")
    false = outcome is Outcome.FALSE_ACCUSATION
    if false and not (asked.get("approval_no") and asked.get("note")):
        raise NotDone("认定为诬告陷害，须经设区的市级以上机关批准。请填写批准文号；没有批准的，选“错告”。")
    report.outcome, report.closed_on, report.answered_on = outcome.value, desk.today, None
    try:
        report.answer_by = desk.clocks(report).answer_by(desk.today).day
    except ValueError as unknown:
        raise NotDone(str(unknown)) from unknown
    _enter(desk, report, State.CLOSED)
    _keep(desk, report, accepted=True)
    # The number itself stands in the sealed note: here is only that there is one.
    desk.write(report.id, Act.CLOSED, outcome=outcome.value, approved=True if false else None)


def _reopen(desk: Desk, report: SealedReport, asked: Asked) -> None:
    _open_again(desk, report)
    desk.write(report.id, Act.REOPENED, why="new_evidence" if asked.get("new_evidence") else None)


def _open_again(desk: Desk, report: SealedReport) -> None:
    report.outcome = report.closed_on = report.answer_by = report.answered_on = None
    report.reason = report.keep_until = None
    merging.keep_with(desk.session, report.id, None)
    _enter(desk, report, State.REOPENED)


def _objection(desk: Desk, report: SealedReport, asked: Asked) -> None:
    """An objection is recorded; new evidence is looked into again (RPT-02)."""
    fresh = bool(asked.get("new_evidence"))
    desk.write(report.id, Act.OBJECTED, new_evidence=fresh)
    if fresh:
        _open_again(desk, report)
        desk.write(report.id, Act.REOPENED, why="objection")


def _told(desk: Desk, report: SealedReport, asked: Asked) -> None:
    if report.told_on is not None:  # RPT-01: a repeated report is not told again.
        raise NotDone("已经登记过告知日期，不必重复登记。")
    report.told_on = _day(desk, report, asked)
    desk.write(report.id, Act.TOLD, day=report.told_on.isoformat())


def _answered(desk: Desk, report: SealedReport, asked: Asked) -> None:
    day = _day(desk, report, asked)
    if report.closed_on and day < report.closed_on:
        raise NotDone("反馈的日期早于办结的日期。请核对。")
    report.answered_on = day
    desk.write(report.id, Act.ANSWERED, day=day.isoformat())


def _day(desk: Desk, report: SealedReport, asked: Asked) -> date:
    text = asked.get("day")
    try:
        day = date.fromisoformat(str(text)) if text else desk.today
    except ValueError:
        raise NotDone("日期的格式不对，请写成 2026-03-05 的样子。") from None
    if not report.received_on <= day <= desk.today:
        raise NotDone("日期应在收到举报之日至今天之间。请核对。")
    return day


def _set(desk: Desk, report: SealedReport, asked: Asked) -> None:
    detail: dict[str, object] = {}
    if "real_name" in asked:
        report.real_name = None if asked["real_name"] is None else bool(asked["real_name"])
        detail["real_name"] = report.real_name
        if report.real_name and "priority" not in asked:
            report.priority = True  # 实名优先 (RPT-04).
    if "track" in asked:
        report.track = code(asked, "track", Track, "办理程序").value
        report.accept_by = desk.clocks(report).accept_by(Track(report.track)).day
        detail["track"] = report.track
    if "priority" in asked:
        report.priority = bool(asked["priority"])
    detail["priority"] = report.priority
    desk.write(report.id, Act.SET, **detail)


def _protect(desk: Desk, report: SealedReport, asked: Asked) -> None:
    desk.write(report.id, Act.PROTECTED, kind=code(asked, "kind", Protection, "保护措施").value)


def _clarify(desk: Desk, report: SealedReport, asked: Asked) -> None:
    """The lead's word approves (RPT-13); anybody else's asks for it."""
    kind = code(asked, "kind", Clarification, "澄清的方式")
    if Outcome(report.outcome or "true") in (Outcome.TRUE, Outcome.PARTLY):
        raise NotDone("办理结果不是失实或没有发现问题，不能澄清正名。请核对办理结果。")
    desk.write(report.id, Act.CLARIFIED if desk.viewer.leads else Act.CLARIFY_ASKED, kind=kind.value)


def _extend(desk: Desk, report: SealedReport, _: Asked) -> None:
    if Track(report.track) is not Track.PETITION:
        raise NotDone("只有按其他信访事项办理的才有办结期限，检举控告不需要延长。")
    if is_extended(desk, report.id):
        raise NotDone("已经延长过一次，不能再延长。")
    until = desk.clocks(report).close_by(extended=True).day
    desk.write(report.id, Act.EXTENDED, until=until.isoformat())


def is_extended(desk: Desk, report_id: str) -> bool:
    """Tell whether the time for a petition was extended."""
    query = select(ReportStep.id).where(
        ReportStep.report_id == report_id, ReportStep.action == Act.EXTENDED.value
    )
    return desk.session.scalar(query.limit(1)) is not None


_WORKED_ON = frozenset({State.ACCEPTED, State.REOPENED})
_NOT_GONE = frozenset(State) - {State.ROUTED_UP}
ACTS: dict[str, _Kind] = {
    "accept": _Kind(_accept, frozenset({State.RECEIVED, State.NOT_ACCEPTED})),
    "refuse": _Kind(_refuse, frozenset({State.RECEIVED})),
    "transfer": _Kind(_transfer, OPEN_STATES, note=True),
    "route_up": _Kind(routing_up.route_up, OPEN_STATES),
    "close": _Kind(_close, _WORKED_ON),
    "reopen": _Kind(_reopen, frozenset({State.CLOSED, State.NOT_ACCEPTED})),
    "objection": _Kind(_objection, frozenset({State.CLOSED, State.NOT_ACCEPTED})),
    "told": _Kind(_told, _NOT_GONE),
    "answered": _Kind(_answered, frozenset({State.CLOSED, State.TRANSFERRED})),
    "assign": _Kind(assigning.assign, _NOT_GONE, lead=True),
    "recuse": _Kind(assigning.recuse, _NOT_GONE, anybody=True),
    "merge": _Kind(merging.merge, frozenset({State.RECEIVED, State.ACCEPTED})),
    "unmerge": _Kind(merging.unmerge, frozenset({State.MERGED})),
    "set": _Kind(_set, _NOT_GONE),
    "protect": _Kind(_protect, _NOT_GONE),
    "clarify": _Kind(_clarify, frozenset({State.CLOSED})),
    "extend": _Kind(_extend, _WORKED_ON, lead=True),
}
