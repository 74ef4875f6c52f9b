"""采购招标: the course of a project, what it was to cost and did cost, who bid, and what else is public about it."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.documents.base import Document
from portal.domain.documents.tender import Bidder, Method, Objection, Outcome, Stage, Tender
from portal.domain.grants import Grants
from portal.domain.rules.dossier import Context as Setting
from portal.domain.rules.tender_law import TENDERS
from portal.domain.units import facts_of
from portal.site.findings import dossier_of, report_of
from portal.site.pages.declared import places
from portal.site.pages.kinds.days import number_of, seen_on
from portal.site.pages.kinds.tender import amounts, cited
from portal.site.pages.kinds.tender.periods import Limit, Periods
from portal.site.pages.kinds.tender.timeline import ALONE, span, timeline
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

__all__ = ["SHOWN", "span", "view"]

READS: tuple[str, ...] = ()  # Everything that it shows cites it, or is cited by it.
SHOWN = places(
    "project_no parent_project subject method method_reason compulsory in_catalogue catalogue_item fiscal_year region domain deputy"
    " applicant chief_consent decision purchaser_contact purchaser_address agency agency_contact starts_on"
    " retained_until",
    intent="summary budget expected_month sme_reserved published_on link",
    notice="issued_on documents_from documents_until bids_due opened_on media venue ceiling",
    clarifications="issued_on content new_due",
    sole_source="reason posted_on posted_until",
    bidders="rank name uscc price business_score technical_score total_score quality term lead certificate"
    " qualification outcome reason",
    candidacy="report_on posted_on posted_until objection_channel",
    objections="kind raised_on content suspended answered_on answer",
    failure="kind decided_on reason announced_on next_step",
    experts="name office",
    award="determined_on notified_on announced_on supplier uscc address amount report_filed_on",
    award_items="name specification quantity unit_price service",
    contract="no signed_on amount announced_on filed_on starts_on ends_on bond terms",
    variations="agreed_on amount reason decision",
    acceptance="accepted_on result final_amount acceptors",
)


@dataclass(frozen=True)
class Field:
    """Who bid, the ranked first, and what the caption says of them."""

    bidders: tuple[Bidder, ...]
    who: str  # What the bidders are called under the project's method.
    word: str  # What handing in an offer is called.
    single: str  # Said plainly where there is only one.
    scored: bool
    parts: bool
    rejected: int
    withdrawn: int


@dataclass(frozen=True)
class Answered:
    """An objection with the periods that bound the answer."""

    objection: Objection
    limits: tuple[Limit, ...]


def view(snapshot: Snapshot, area: JurisdictionView, record: RecordView, document: Document) -> Context:
    """Return the headline amounts, the course with its periods, the bidders, and what the project cites."""
    assert isinstance(document, Tender)  # noqa: S101 - the registry pairs view and model.
    periods = _periods(snapshot, area, record, document)
    course = timeline(document, periods)
    paid = cited.payments(snapshot, record, document)
    total = sum(one.payment.amount for one in paid) if paid else None
    known = amounts.known(document, total)
    chain = amounts.chain(known)
    stage = document.stage()
    answered = [
        Answered(one, tuple(periods.objection(place, one))) for place, one in enumerate(document.objections)
    ]
    intent_only = stage is Stage.INTENT and not course.steps and not document.bidders
    return {
        "shown": SHOWN,
        "stage": stage,
        "course": course,
        "figures": amounts.figures(document, total, drawn=chain is not None)
        + (amounts.planned(document) if intent_only else []),
        "chain": chain,
        "field": _field(document),
        "answered": answered,
        "late": course.late + sum(it.state == "late" for one in answered for it in one.limits),
        "intent_only": intent_only,
        "intent_limits": tuple(periods.intent()) if intent_only else (),
        "exception": exception(document),
        "decisions": cited.decisions(snapshot, record, document),
        "payments": paid,
        "paid": total,
        "sisters": cited.sisters(snapshot, record, document),
        "changed": sum(one.amount for one in document.variations),
        "price_gap": document.contract.amount - document.award.amount
        if document.award and document.contract
        else None,
        "unlisted": document.award is not None and not document.bidders,
    }


def _periods(snapshot: Snapshot, area: JurisdictionView, record: RecordView, document: Tender) -> Periods:
    """Return the periods of one version, seen as its own checks see it (`portal.site.findings`)."""
    number, on = number_of(record, document), seen_on(snapshot, record, document)
    unit = record.unit
    setting = Setting(
        area.regime,
        facts_of(unit),
        on,
        dossier_of(snapshot, unit),
        document=document,
        grants=Grants(snapshot.exemptions.get(unit.id, ()), snapshot.extensions.get(unit.id, ())),
    )
    return Periods(document, setting, report_of(snapshot, area, record, number))


def _field(document: Tender) -> Field | None:
    if not document.bidders:
        return None
    bidders = tuple(sorted(document.bidders, key=lambda one: (one.rank is None, one.rank or 0)))
    word = "投标" if document.method in TENDERS or document.method is None else "响应"
    single = ""
    if len(bidders) == 1:
        single = "只向一家采购" if document.method in ALONE else f"只有一家{word}"
    return Field(
        bidders,
        "投标人" if word == "投标" else "供应商",
        word,
        single,
        any(one.total_score is not None for one in bidders),
        any(one.business_score is not None or one.technical_score is not None for one in bidders),
        sum(one.outcome is Outcome.REJECTED for one in bidders),
        sum(one.outcome is Outcome.WITHDRAWN for one in bidders),
    )


def exception(document: Tender) -> str:
    """Return the heading under which the reason for a purchase without open competition stands, or blank."""
    if document.sole_source or document.method is Method.SOLE_SOURCE:
        return "为什么只向一家采购"
    return "为什么不公开招标" if document.method is Method.INVITED_TENDER else ""
