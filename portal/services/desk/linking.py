"""What fields that name something are chosen from: the unit's own records, its leadership group, the restricted domains."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portal.domain.documents.base import Document, kind_of
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.tender import Tender
from portal.domain.regimes import Regime
from portal.domain.values import fold, show_day
from portal.services.checking import records_of
from portal.services.desk.rooms import Room


@dataclass(frozen=True)
class Option:
    """One thing to choose: the value as the field wants it, and what a person knows it by."""

    value: str
    label: str


def options(
    room: Room, regime: Regime | None, *, on: date, but: str | None = None
) -> dict[str, tuple[Option, ...]]:
    """Return what can be chosen on a day, by what a field picks (`About.picks`).

    Records are those in force, and drafts on their way, but for the draft `but` itself; people are those in post
    on that day.
    """
    published = [
        (one.document, one.ref, "") for one in records_of(room.session, room.unit) if not one.withdrawn
    ]
    known = [*published, *_drafts(room, but)]
    return {
        "decision": _unique(_decision(*one) for one in known),
        "plan": _unique(_plan(*one) for one in known),
        "tender": _unique(_tender(*one) for one in known),
        "member": _unique(Option(one.name, f"{one.name}（{one.post}）") for one in room.members(on=on)),
        "domain": _unique(Option(one.label, one.label) for one in regime.domains_on(on)) if regime else (),
    }


def _drafts(room: Room, but: str | None) -> list[tuple[Document, str, str]]:
    found: list[tuple[Document, str, str]] = []
    for draft in room.drafts():
        if draft.content is None or draft.uid == but or draft.record_id is not None:
            continue
        try:
            document = kind_of(draft.kind).model_validate_json(draft.content)
        except ValueError:
            continue  # An older form of the kind: it cannot be chosen before it was opened and mended.
        found.append((document, str(json.loads(draft.content).get("index_no") or ""), "，尚未公开"))
    return found


def _decision(document: Document, _ref: str, state: str) -> Option | None:
    if not isinstance(document, DecisionRecord):
        return None
    day = show_day(document.held_on)
    return Option(document.decision_no, f"{document.decision_no}　{document.title}（{day}{state}）")


def _plan(document: Document, ref: str, state: str) -> Option | None:
    if not isinstance(document, DelegationPlan) or not ref:
        return None
    return Option(ref, f"{document.title}（{show_day(document.effective_from)}起执行{state}）")


def _tender(document: Document, _ref: str, state: str) -> Option | None:
    if not isinstance(document, Tender) or not document.project_no:
        return None
    day = document.binding_day()
    told = "".join((show_day(day) if day else "", state)).strip("，")
    return Option(
        document.project_no, f"{document.project_no}　{document.title}" + (f"（{told}）" if told else "")
    )


def _unique(found: Iterable[Option | None]) -> tuple[Option, ...]:
    """Leave out what is named twice: the first is the published one."""
    kept: dict[str, Option] = {}
    for one in found:
        if one:
            kept.setdefault(fold(one.value), one)
    return tuple(kept.values())
