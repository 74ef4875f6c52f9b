"""采购招标: the stages of a project with the days between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from portal.domain.documents.base import Document
from portal.domain.documents.tender import Outcome, Stage, Tender
from portal.domain.values import show_day, show_month
from portal.site.pages.declared import Places, places
from portal.site.pages.kinds.delegation import by_number
from portal.site.pages.kinds.figures import Amount, headlines, rate
from portal.site.pages.shell import Context
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot

SCALE = 240  # Pixels of the longest bar.

SHOWN = places(
    "project_no parent_project subject method compulsory in_catalogue catalogue_item fiscal_year region domain deputy"
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
    experts="name office",
    award="determined_on notified_on announced_on supplier uscc address amount report_filed_on",
    award_items="name specification quantity unit_price service",
    contract="no signed_on amount announced_on filed_on starts_on ends_on bond terms",
    variations="agreed_on amount reason decision",
    acceptance="accepted_on result final_amount acceptors",
)


@dataclass(frozen=True)
class Step:
    """One thing that happened, or that is yet to come (`done` False)."""

    name: str
    when: str
    note: str = ""
    done: bool = True
    day: date | None = None
    days: int | None = None  # From `since` to this step.
    since: str = ""
    bar: int = 0


def view(snapshot: Snapshot, _: JurisdictionView, record: RecordView, document: Document) -> Context:
    """Return the headline amounts, the timeline and the links to what the project cites."""
    assert isinstance(document, Tender)  # noqa: S101 - the registry pairs view and model.
    bidders = sorted(document.bidders, key=lambda one: (one.rank is None, one.rank or 0))
    return {
        "shown": SHOWN - _untold(document),
        "stage": document.stage(),
        "figures": figures(document),
        "steps": timeline(document),
        "bidders": bidders,
        "scored": any(one.total_score is not None for one in bidders),
        "parts": any(one.business_score is not None or one.technical_score is not None for one in bidders),
        "rejected": sum(one.outcome is Outcome.REJECTED for one in bidders),
        "decision": by_number(snapshot, "decision", "decision_no").get(
            (record.unit.jurisdiction, document.decision or "")
        ),
        "intent_only": document.stage() is Stage.INTENT,
        "same_price": bool(
            document.award and document.contract and document.award.amount == document.contract.amount
        ),
    }


def _untold(document: Tender) -> Places:
    """Return the last days of which the first is blank: the timeline has no place for them."""
    found = set()
    if document.notice and document.notice.documents_from is None:
        found.add(("notice", "documents_until"))
    if document.candidacy and document.candidacy.posted_on is None:
        found.add(("candidacy", "posted_until"))
    return frozenset(found)


def figures(document: Tender) -> list[tuple[str, Amount, str]]:
    """Return the headline amounts: label, amount, and what stands below it."""
    award, notice, intent = document.award, document.notice, document.intent
    rows: list[tuple[str, int, str]] = []
    if document.contract:
        rows.append(("合同金额", document.contract.amount, award.supplier if award else ""))
    elif award:
        rows.append(("中标（成交）金额", award.amount, award.supplier))
    ceiling = notice.ceiling if notice else None
    if ceiling is not None:
        rows.append(("最高限价", ceiling, ""))
    if intent and intent.budget is not None:
        rows.append(("采购预算", intent.budget, ""))
    limit = ceiling if ceiling is not None else intent.budget if intent else None
    saved = limit - award.amount if award and limit and 0 <= award.amount <= limit else None
    amounts = headlines([value for _, value, _ in rows] + ([] if saved is None else [saved]))
    found = [(label, amount, below) for (label, _, below), amount in zip(rows, amounts, strict=False)]
    if saved is not None:
        name = "比限价低" if ceiling is not None else "比预算低"
        below = f"{amounts[-1].number} {amounts[-1].unit}"
        found.append((name, Amount(rate(saved, limit).removesuffix("%"), "%"), below))
    return found


def timeline(document: Tender) -> list[Step]:
    """Return the steps in order of time, each with the days since the one before it that has a day."""
    steps = [one for one in _steps(document) if one.when]
    longest = 1
    measured: list[Step] = []
    before: Step | None = None
    for one in steps:
        days = (one.day - before.day).days if one.day and before and before.day else None
        if days is not None and days >= 0 and before is not None:
            longest = max(longest, days)
            one = Step(one.name, one.when, one.note, one.done, one.day, days, before.name)
        measured.append(one)
        before = one if one.day else before
    return [
        Step(
            one.name,
            one.when,
            one.note,
            one.done,
            one.day,
            one.days,
            one.since,
            max(round(SCALE * one.days / longest), 1) if one.days else 0,
        )
        for one in measured
    ]


def span(day: date, until: date | None) -> str:
    """Return a day, or two days without saying the year or month twice."""
    if until is None or until == day:
        return show_day(day)
    if until.year != day.year:
        return f"{show_day(day)}至{show_day(until)}"
    return f"{show_day(day)}至{'' if until.month == day.month else f'{until.month}月'}{until.day}日"


def _steps(document: Tender) -> list[Step]:
    happened = [*_until_opening(document), *_from_candidacy(document)]
    steps = [Step(name, span(day, until), note, day=day) for name, day, until, note in happened if day]
    if (intent := document.intent) and document.stage() is Stage.INTENT and intent.expected_month:
        steps.append(Step("预计采购", show_month(intent.expected_month), done=False))
    steps.sort(key=lambda one: one.day or date.max)
    contract = document.contract
    if contract and not document.acceptance and contract.ends_on:
        steps.append(Step("验收", f"{show_day(contract.ends_on)}完工后", done=False))
    return steps


Happening = tuple[str, date | None, date | None, str]  # Name, day, last day, note.


def _until_opening(document: Tender) -> Iterator[Happening]:
    if document.intent:
        yield "公开采购意向", document.intent.published_on, None, ""
    yield "采购活动开始", document.starts_on, None, ""
    if one := document.sole_source:
        yield "单一来源公示", one.posted_on, one.posted_until, ""
    if notice := document.notice:
        yield "发布公告", notice.issued_on, None, notice.media or ""
        yield "发售文件", notice.documents_from, notice.documents_until, ""
        yield "投标截止", notice.bids_due, None, ""
        if notice.opened_on != notice.bids_due:
            yield "开标", notice.opened_on, None, ""
    for change in document.clarifications:
        note = f"截止日期顺延至{show_day(change.new_due)}" if change.new_due else ""
        yield "澄清或修改", change.issued_on, None, note


def _from_candidacy(document: Tender) -> Iterator[Happening]:
    if candidacy := document.candidacy:
        yield "收到评标报告", candidacy.report_on, None, ""
        yield "候选人公示", candidacy.posted_on, candidacy.posted_until, ""
    if award := document.award:
        yield "确定供应商", award.determined_on, None, award.supplier
        yield "发出中标通知书", award.notified_on, None, ""
        yield "公告结果", award.announced_on, None, ""
    if contract := document.contract:
        yield "签订合同", contract.signed_on, None, f"合同编号 {contract.no}" if contract.no else ""
        yield "公告合同", contract.announced_on, None, ""
        yield "合同备案", contract.filed_on, None, ""
    for change in document.variations:
        yield "变更签证", change.agreed_on, None, ""
    if document.acceptance:
        yield "验收", document.acceptance.accepted_on, None, document.acceptance.result
