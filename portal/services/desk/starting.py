"""What a new disclosure starts from: the last period, the version in force, who signs, until when it is due."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime

from portal.domain.calendar import period_end, previous_quarter, quarter_of
from portal.domain.canonical import read_publication
from portal.domain.documents.base import Document, kind_of
from portal.domain.documents.finance import FinanceDisclosure, StatementType
from portal.domain.drafting import MemberRole
from portal.domain.grants import NONE
from portal.domain.obligations import Case, Cell, standing
from portal.domain.regimes import Regime
from portal.domain.units import facts_of
from portal.domain.values import read_period
from portal.services.checking import SHANGHAI, grants_of, records_of
from portal.services.desk.rooms import Room
from portal.store.tables import Draft, Record, Version

# Kinds whose deadline follows from their period alone, and the duty that they fulfil.
_DUTIES = {"finance": "finance", "annual_report": "annual"}


@dataclass(frozen=True)
class Predecessor:
    """What a new period may start from: the document of the period before it."""

    period: str
    document: Document


def in_force(room: Room, record: Record) -> Version | None:
    """Return the record's version in force: the newest, unless it was withdrawn or destroyed."""
    newest = max(record.versions, key=lambda one: one.number, default=None)
    if newest is None or newest.withdrawal is not None or newest.payload is None:
        return None
    return newest if record.unit_id == room.unit_id else None


def document_of(version: Version) -> Document:
    """Return what a version that can still be read says."""
    assert version.payload is not None  # noqa: S101 - `in_force` gives none that was destroyed.
    return read_publication(version.payload)[1]


def predecessor(room: Room, kind: str, period: str) -> Predecessor | None:
    """Return the newest published document of a period before `period`, of the same length; None where there is none."""
    model = kind_of(kind)
    found: list[Predecessor] = []
    if "period" in model.model_fields:
        for record in room.records(model.kind.code):
            version = in_force(room, record)
            if version is None:
                continue
            document = document_of(version)
            before = str(getattr(document, "period", ""))
            special = isinstance(document, FinanceDisclosure) and document.statement == StatementType.BUDGET
            if len(before) == len(period) and before < period and not special:
                found.append(Predecessor(before, document))
    return max(found, key=lambda one: one.period, default=None)


def same_period(room: Room, kind: str, period: str) -> tuple[list[Draft], list[Record]]:
    """Return the drafts and the records that the unit already has of a kind and period."""
    drafts = [one for one in room.drafts() if one.kind == kind and _period_of(one) == period]
    records = [one for one in room.records(kind) if one.natural_key == period]
    return drafts, records


def people_of(room: Room, on: date) -> dict[str, str]:
    """Return who signs for the unit on a day, by the field that names them."""
    for role in (MemberRole.CHIEF, MemberRole.ACTING_CHIEF, MemberRole.PARTY_CHIEF):
        for one in room.members(on=on):
            if one.role == role.value:
                return {"unit_head": one.name}
    return {}


def last_quarter(now: datetime) -> str:
    """Return the quarter that ended last."""
    day = now.astimezone(SHANGHAI).date()
    return previous_quarter(quarter_of(day))


def deadline(room: Room, regime: Regime | None, kind: str, period: str, *, now: datetime) -> Cell | None:
    """Return how the unit stands with the duty that a disclosure of this kind and period fulfils; None where none does."""
    duty = _DUTIES.get(kind)
    if regime is None or duty is None or (kind == "finance" and "Q" not in period):
        return None
    granted = grants_of(room.session).get(room.unit_id, NONE)
    case = Case(
        regime=regime,
        unit=facts_of(room.unit),
        today=now.astimezone(SHANGHAI).date(),
        records=tuple(records_of(room.session, room.unit)),
        exemptions=granted.exemptions,
        extensions=granted.extensions,
        complete=True,
    )
    quarter = period if "Q" in period else f"{period}Q4"
    try:
        return standing(case, [quarter]).cell(duty, period)
    except ValueError:
        return None  # A period that no calendar knows has no deadline.


def default_title(kind: str, period: str | None) -> str:
    """Return what a draft is called until its document has a title."""
    model = kind_of(kind)
    try:
        own = model.default_title({"period": period}) if period else None
    except (KeyError, ValueError):
        own = None
    return own or f"新的{model.kind.short}"


def last_day(period: str) -> date | None:
    """Return the last day of a period; None where it is none."""
    try:
        return period_end(period)
    except (ValueError, KeyError, IndexError):
        return None


def _period_of(draft: Draft) -> str | None:
    if draft.content is not None:
        found = json.loads(draft.content).get("period")
        return found if isinstance(found, str) else None
    typed = json.loads(draft.entries or "{}").get("period")
    if not isinstance(typed, str):
        return None
    try:
        return read_period(typed)
    except ValueError:
        return None


def filed_as_before(room: Room, kind: str) -> Document | None:
    """Return the unit's newest published document of a kind: how it was filed and looked at last time."""
    for record in room.records(kind):
        if version := in_force(room, record):
            return document_of(version)
    return None
