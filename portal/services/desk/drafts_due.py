"""A draft as the list of tasks sees it: which duty it would fulfil, and until when it has to be public."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime

from portal.domain.documents.base import Document, kind_of, kinds
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure, StatementType
from portal.domain.documents.tender import Tender
from portal.domain.drafting import State
from portal.domain.obligations import Case, Cell, duty_of
from portal.domain.rules.deadlines import came_about, fulfils
from portal.domain.values import read_period
from portal.services.desk.reading import HIDDEN, handled_by
from portal.services.desk.rooms import Actor
from portal.store.tables import Draft


@dataclass(frozen=True)
class Paper:
    """One draft. `duty` and `period` are blank where the board counts no duty that it would fulfil."""

    uid: str
    kind: str
    title: str
    state: State
    document: Document | None
    duty: str
    period: str
    corrects: bool
    publish_at: datetime | None


def paper_of(draft: Draft) -> Paper:
    """Return the draft with what it would fulfil, as far as what was typed so far tells."""
    document = _document(draft)
    duty, period = fulfils(document) if document else ("", "")
    if document is None:
        duty, period = _typed(draft)
    label = kind_of(draft.kind).kind.label if draft.kind in kinds() else draft.kind
    return Paper(
        uid=draft.uid,
        kind=draft.kind,
        title=draft.title or f"{label}（未写标题）",
        state=State(draft.state),
        document=document,
        duty=duty,
        period=period,
        corrects=draft.record_id is not None,
        publish_at=draft.publish_at,
    )


def veiled(paper: Paper, actor: Actor | None) -> Paper:
    """Leave out what a draft says where the person does not handle its audience; that it is there stays."""
    if actor is None or paper.document is None or paper.document.audience in handled_by(actor.roles):
        return paper
    return replace(paper, title=HIDDEN, document=None)


def _document(draft: Draft) -> Document | None:
    """Return what the draft holds; None where it makes no document (any more): the list must open all the same."""
    if draft.content is None or draft.kind not in kinds():
        return None
    try:
        return kind_of(draft.kind).model_validate_json(draft.content)
    except ValueError:
        return None


def _typed(draft: Draft) -> tuple[str, str]:
    """Return the duty of a form that makes no document yet, from the period that was typed into it."""
    duty = {"finance": "finance", "annual_report": "annual"}.get(draft.kind, "")
    if not duty or not draft.entries:
        return "", ""
    try:
        entries = json.loads(draft.entries)
    except ValueError:
        return "", ""
    if not isinstance(entries, dict):
        return "", ""
    statement = str(entries.get("statement") or StatementType.QUARTERLY.value)
    if statement not in (StatementType.QUARTERLY.value, StatementType.QUARTERLY.label):
        return "", ""
    try:
        period = read_period(str(entries.get("period") or ""))
    except ValueError:
        return "", ""
    return duty, period


def own_deadline(case: Case, paper: Paper) -> Cell | None:
    """Return how a first publication stands whose own dates start its period; None where nothing is due.

    The board learns of a decision or an award only when it is published: until then the draft alone knows.
    """
    document = paper.document
    if document is None or paper.corrects:
        return None
    match document:
        case DecisionRecord():
            code, start, bound, period = (
                "decision",
                came_about(document),
                document.held_on,
                document.decision_no,
            )
        case Tender() if document.award:
            day = document.award.determined_on
            code, start, bound, period = "tender", day, day, document.natural_key()
        case DelegationPlan():
            day = document.effective_from
            code, start, bound, period = "plan", day, day, day.isoformat()
        case FinanceDisclosure() if document.statement in (
            StatementType.BUDGET,
            StatementType.FINAL_ACCOUNTS,
        ):
            code, period = "budget", document.slug()
            start, bound = document.approved_on, document.approved_on or document.binding_day()
        case _:
            return None
    duty = duty_of(code)
    terms = case.terms(duty, bound)
    if start is None or terms is None:
        return None
    return case.timed(duty, period, start=start, done=None, terms=terms)
