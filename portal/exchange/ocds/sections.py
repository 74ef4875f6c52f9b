"""The sections of a release, each made from the parts of a project that it is about."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from portal.domain.documents.base import Validity
from portal.domain.documents.tender import (
    Acceptance,
    AwardItem,
    Contract,
    FailureKind,
    Intent,
    Method,
    Outcome,
    Tender,
    Venue,
)
from portal.domain.values import Json, show_month, show_yuan
from portal.exchange.ocds.notation import begins, ends, money, told, web_address
from portal.exchange.ocds.parties import Parties, distinct

AWARD, CONTRACT = "award", "contract"  # A project has at most one of each, so their ids never change.
# 框架协议 has no code: the call for members is open to all, an order under it goes to one of them,
# and the record does not say which of the two it is about.
METHODS = {
    Method.OPEN_TENDER: "open",
    Method.INVITED_TENDER: "selective",
    Method.NEGOTIATION: "limited",
    Method.CONSULTATION: "limited",
    Method.INQUIRY: "limited",
    Method.DIRECT: "limited",
    Method.SOLE_SOURCE: "direct",
}
_FAILED = {Outcome.LOST, Outcome.REJECTED, Outcome.WITHDRAWN}
_PASSED = {"合格", "验收合格", "通过", "验收通过"}
# A plain number and a unit; a range, 十万块 or 三台左右 is left as it was written.
_QUANTITY = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,4})?)\s*((?:(?![至到余多以约百千万亿\d_])\w){1,6})?")


@dataclass(frozen=True)
class Told:
    """What the sections are made from. `award_before` and `contract_before`: an earlier open version told of one."""

    document: Tender
    ocid: str
    parties: Parties
    buyer: Json
    page: str | None
    award_before: bool = False
    contract_before: bool = False

    @property
    def stopped(self) -> bool:
        """The project was called off (废止) before it was completed."""
        return self.document.validity == Validity.ABOLISHED and not self.document.acceptance


def begun(document: Tender) -> bool:
    """Tell whether the procurement itself has begun, beyond its being planned."""
    return bool(
        document.notice
        or document.clarifications
        or document.sole_source
        or document.bidders
        or document.candidacy
        or document.objections
        or document.failure
    )


def has_contract(document: Tender) -> bool:
    """Tell whether the release has a contract: an acceptance is of one, even if it is not told."""
    return bool(document.contract or document.acceptance)


def has_award(document: Tender) -> bool:
    """Tell whether the release has an award: a contract rests on one, even if it is not told."""
    return bool(document.award or has_contract(document))


def planning(subject: Told) -> Json:
    """Return the intent, its budget and its expected month."""
    document = subject.document
    intent = document.intent
    year = document.fiscal_year
    return told(
        rationale=intent.summary if intent else None,
        budget=told(
            description=f"{year}年度预算" if year else None,
            amount=money(intent.budget) if intent else None,
            project=document.parent_project,
        ),
        documents=_document(
            "intent", "plannedProcurementNotice", "采购意向公告", intent.link, intent.published_on
        )
        if intent
        else None,
        milestones=_expected(intent) if intent else None,
    )


def _expected(intent: Intent) -> list[Json] | None:
    if not intent.expected_month:
        return None
    year, month = (int(part) for part in intent.expected_month.split("-"))
    last = date(year, month, monthrange(year, month)[1]) if year else None
    return [
        told(
            id="expected",
            title="预计采购时间",
            type="preProcurement",
            description=show_month(intent.expected_month),
            dueDate=ends(last),
        )
    ]


def tender(subject: Told) -> Json:
    """Return how the purchase is made, from its terms to who bid."""
    document, notice = subject.document, subject.document.notice
    if document.agency:
        contact = told(name=document.agency_contact)
        manager = subject.parties.name(document.agency, "procuringEntity", contactPoint=contact)
    else:
        manager = subject.parties.also(subject.buyer, "procuringEntity")
    bidders = distinct(
        [subject.parties.name(one.name, "tenderer", uscc=one.uscc) for one in document.bidders]
    )
    intent, venue = document.intent, notice.venue if notice else None
    return told(
        id=document.project_no or subject.ocid,
        title=document.title,
        description=document.abstract or (intent.summary if intent else None),
        status=_tender_status(subject),
        procuringEntity=manager,
        items=[{"id": "1", "description": document.catalogue_item}] if document.catalogue_item else None,
        value=money(notice.ceiling) if notice else None,
        procurementMethod=METHODS.get(document.method) if document.method else None,
        procurementMethodDetails=document.method.label if document.method else None,
        procurementMethodRationale=document.method_reason
        or (document.sole_source.reason if document.sole_source else None),
        mainProcurementCategory=document.subject.value if document.subject else None,
        submissionMethod=["electronicSubmission"] if venue == Venue.ONLINE else None,
        submissionMethodDetails=venue.label if venue else None,
        tenderPeriod=_tender_period(document),
        eligibilityCriteria="面向中小企业预留" if intent and intent.sme_reserved else None,
        awardPeriod=told(
            startDate=begins(notice.opened_on) if notice else None,
            endDate=ends(document.award.determined_on) if document.award else None,
        ),
        numberOfTenderers=len(bidders) or None,
        tenderers=bidders,
        documents=_document("notice", "tenderNotice", "招标（采购）公告", subject.page, notice.issued_on)
        if notice
        else None,
        milestones=_postings(document),
        amendments=[
            told(
                id=f"clarification-{place}",
                date=begins(one.issued_on),
                rationale="澄清或修改",
                description=one.content,
            )
            for place, one in enumerate(document.clarifications, start=1)
        ],
    )


def _tender_status(subject: Told) -> str:
    document = subject.document
    if has_award(document):
        return "complete"
    if subject.stopped:
        return "cancelled"
    if failure := document.failed():
        return "cancelled" if failure.kind == FailureKind.TERMINATED else "unsuccessful"
    if document.bidders and all(one.outcome in _FAILED for one in document.bidders):
        return "unsuccessful"
    return "active" if begun(document) else "planned"


def _tender_period(document: Tender) -> Json:
    notice = document.notice
    later = [one for one in document.clarifications if one.new_due]
    last = max(later, key=lambda one: one.issued_on, default=None)
    return told(
        startDate=begins(notice.documents_from or notice.issued_on) if notice else None,
        endDate=ends(last.new_due if last else notice.bids_due if notice else None),
    )


def _postings(document: Tender) -> list[Json]:
    found = []
    if single := document.sole_source:
        found.append(
            told(
                id="sole-source",
                title="单一来源公示",
                type="engagement",
                dueDate=ends(single.posted_until),
            )
        )
    if posting := document.candidacy:
        found.append(
            told(
                id="candidates",
                title="中标候选人公示",
                type="engagement",
                description=posting.objection_channel,
                dueDate=ends(posting.posted_until),
            )
        )
    if failure := document.failure:
        found.append(
            told(
                id="failure",
                title=failure.kind.label,
                type="assessment",
                description=failure.reason,
                status="met",
                dateMet=begins(failure.decided_on),
            )
        )
    return found


def awards(subject: Told) -> list[Json]:
    """Return the award; one that is no longer told stays as cancelled, so that a reader who kept it learns of it."""
    document, award = subject.document, subject.document.award
    if not has_award(document):
        return [{"id": AWARD, "status": "cancelled"}] if subject.award_before else []
    stopped = subject.stopped and not has_contract(document)
    status = "cancelled" if stopped else "active"
    if not award:
        won = [one for one in document.bidders if one.outcome == Outcome.WON]
        suppliers = [subject.parties.name(one.name, "supplier", uscc=one.uscc) for one in won]
        return [told(id=AWARD, title=document.title, status=status, suppliers=distinct(suppliers))]
    address = told(streetAddress=award.address)
    return [
        told(
            id=AWARD,
            title=document.title,
            status=status,
            date=begins(award.determined_on),
            value=money(award.amount),
            suppliers=[subject.parties.name(award.supplier, "supplier", uscc=award.uscc, address=address)],
            items=[_item(place, one) for place, one in enumerate(document.award_items, start=1)],
            documents=_document(
                "award-notice", "awardNotice", "中标（成交）结果公告", subject.page, award.announced_on
            )
            if award.announced_on
            else None,
        )
    ]


def _item(place: int, item: AwardItem) -> Json:
    said = _QUANTITY.fullmatch(item.quantity) if item.quantity else None
    quantity = float(said[1]) if said else None
    parts = (
        item.name,
        item.specification and f"规格型号：{item.specification}",
        item.quantity and not said and f"数量：{item.quantity}",
        item.service and f"服务要求：{item.service}",
    )
    return told(
        id=str(place),
        description="；".join(one for one in parts if one),
        quantity=int(quantity) if quantity is not None and quantity.is_integer() else quantity,
        unit=told(name=said[2] if said else None, value=money(item.unit_price)),
    )


def contracts(subject: Told) -> list[Json]:
    """Return the contract with its variations and its acceptance; like an award it does not vanish."""
    document, contract = subject.document, subject.document.contract
    if not has_contract(document):
        gone = {"id": CONTRACT, "awardID": AWARD, "status": "cancelled"}
        return [gone] if subject.contract_before else []
    return [
        told(
            id=CONTRACT,
            awardID=AWARD,
            status="terminated" if document.acceptance or subject.stopped else "active",
            **(_terms(subject, contract) if contract else {}),
            amendments=[
                told(
                    id=f"variation-{place}",
                    date=begins(one.agreed_on),
                    rationale=one.reason,
                    description=f"变更金额 {show_yuan(one.amount)} 元"
                    + (f"；决策记录 {one.decision}" if one.decision else ""),
                )
                for place, one in enumerate(document.variations, start=1)
            ],
            implementation=_implementation(document.acceptance) if document.acceptance else None,
        )
    ]


def _terms(subject: Told, contract: Contract) -> Json:
    title = subject.document.title
    return told(
        title=f"{title}（合同编号：{contract.no}）" if contract.no else title,
        description=contract.terms,
        period=told(startDate=begins(contract.starts_on), endDate=ends(contract.ends_on)),
        value=money(contract.amount),
        dateSigned=begins(contract.signed_on),
        documents=_document(
            "contract-notice", "contractNotice", "合同公告", subject.page, contract.announced_on
        )
        if contract.announced_on
        else None,
    )


def _implementation(acceptance: Acceptance) -> Json:
    final = acceptance.final_amount
    # The conclusion is free text: only where it plainly says so is the milestone called met.
    met = acceptance.result.rstrip("。") in _PASSED
    return {
        "milestones": [
            told(
                id="acceptance",
                title="验收",
                type="delivery",
                description=acceptance.result
                + (f"；结算金额 {show_yuan(final)} 元" if final is not None else ""),
                dateMet=begins(acceptance.accepted_on) if met else None,
                dateModified=begins(acceptance.accepted_on),
                status="met" if met else None,
            )
        ]
    }


def _document(name: str, kind: str, title: str, address: str | None, day: date | None) -> list[Json] | None:
    url = web_address(address)
    if not url:
        return None
    return [
        told(
            id=name,
            documentType=kind,
            title=title,
            url=url,
            datePublished=begins(day),
            language="zh",
        )
    ]
