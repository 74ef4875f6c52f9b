"""What a reporter sees of the case by the query code: where it stands, until when what is due, and the replies.

An unknown lookup costs the same queries as a known one; the web layer gives both answers the same length and moment.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.domain.reports.words import State
from portal.store.reports.tables import ReportPart, SealedReport

# Replies in one answer: two of the longest, in base64, leave room for everything else in 32,768 bytes.
_PAGE_BYTES = 24_000
_PAGE_PARTS = 60
_NOBODY = "-" * 26  # No report has this id: what an unknown lookup's queries ask for.


@dataclass(frozen=True)
class Part:
    """A reply, or that something of one's own came in on a day."""

    n: int
    day: date
    side: str
    kind: str
    sealed: bytes | None


@dataclass(frozen=True)
class Followed:
    """What is known of a case. `due` is until when the reporter hears next: of acceptance, or of the result."""

    state: str
    received_on: date
    accept_by: date | None
    due: date | None
    reason: str | None
    outcome: str | None
    state_on: date
    case_key: str
    binding: bytes
    parts: tuple[Part, ...]
    more: bool


def follow(session: Session, *, jurisdiction: str, lookup: str, after: int = 0) -> Followed | None:
    """Return the case under a lookup with the parts after number `after`; None where there is none."""
    case = session.execute(
        select(
            SealedReport.id,
            SealedReport.state,
            SealedReport.received_on,
            SealedReport.accept_by,
            SealedReport.answer_by,
            SealedReport.told_on,
            SealedReport.answered_on,
            SealedReport.reason,
            SealedReport.outcome,
            SealedReport.state_on,
            SealedReport.case_key,
            SealedReport.binding,
        ).where(SealedReport.lookup == lookup, SealedReport.jurisdiction == jurisdiction)
    ).one_or_none()
    parts, more = _parts(session, case.id if case else _NOBODY, after)
    if case is None:
        return None
    state = State(case.state)
    return Followed(
        state=state.value,
        received_on=case.received_on,
        accept_by=case.accept_by,
        due=_due(state, case),
        reason=case.reason if state in (State.NOT_ACCEPTED, State.TRANSFERRED) else None,
        outcome=case.outcome if state is State.CLOSED else None,
        state_on=case.state_on,
        case_key=case.case_key,
        binding=case.binding,
        parts=parts,
        more=more,
    )


def as_json(found: Followed | None) -> dict[str, Any]:
    """Return the answer of docs/sealing.md, 7, without its padding."""
    if found is None:
        return {"found": False, "case": None, "parts": [], "more": False}
    return {
        "found": True,
        "case": {
            "state": found.state,
            "received_on": found.received_on.isoformat(),
            "accept_by": found.accept_by.isoformat() if found.accept_by else None,
            "due": found.due.isoformat() if found.due else None,
            "reason": found.reason,
            "outcome": found.outcome,
            "state_on": found.state_on.isoformat(),
            "case_key": found.case_key,
            "binding": base64.b64encode(found.binding).decode(),
        },
        "parts": [
            {
                "n": one.n,
                "day": one.day.isoformat(),
                "side": one.side,
                "kind": one.kind,
                "sealed": base64.b64encode(one.sealed).decode() if one.sealed else None,
            }
            for one in found.parts
        ],
        "more": found.more,
    }


def _due(state: State, case: Any) -> date | None:
    due: date | None = None
    if state is State.RECEIVED and case.told_on is None:
        due = case.accept_by
    elif state is State.CLOSED and case.answered_on is None:
        due = case.answer_by
    return due


def _parts(session: Session, report_id: str, after: int) -> tuple[tuple[Part, ...], bool]:
    found = session.execute(
        select(ReportPart.n, ReportPart.day, ReportPart.side, ReportPart.kind, ReportPart.for_reporter)
        .where(
            ReportPart.report_id == report_id,
            ReportPart.n > after,
            # Officers' notes are none of the reporter's; of one's own parts only that they came.
            or_(ReportPart.kind == "reply", ReportPart.side == "reporter"),
        )
        .order_by(ReportPart.n)
        .limit(_PAGE_PARTS + 1)
    ).all()
    page: list[Part] = []
    size = 0
    for row in found:
        size += 120 + len(row.for_reporter or b"") * 4 // 3
        if page and (size > _PAGE_BYTES or len(page) == _PAGE_PARTS):
            return tuple(page), True
        page.append(Part(row.n, row.day, row.side, row.kind, row.for_reporter))
    return tuple(page), False
