"""Duties that an event triggers: a decision was taken, a supplier was determined. Counted by quarter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache

from portal.domain.calendar import Due, quarter_of
from portal.domain.documents.base import Audience, Document, Openness
from portal.domain.documents.decision import DecisionRecord
from portal.domain.documents.tender import Tender
from portal.domain.obligations.case import Case, shown
from portal.domain.obligations.duties import Cell, Counts, Duty, Evidence, Status, duty_of
from portal.domain.rules.base import Rule, rules
from portal.domain.rules.deadlines import came_about
from portal.domain.rules.terms import Terms
from portal.domain.rules.unit_file import PublishedDocument, context_of
from portal.domain.values import show_day

DECISION, TENDER = duty_of("decision"), duty_of("tender")


@cache
def _rule(rule_id: str) -> Rule:
    return rules()[rule_id]


def _concerns(case: Case, duty: Duty, record: PublishedDocument, document: Document, terms: Terms) -> bool:
    """Tell whether the rule of the duty concerns the document (TEN-10, for one, only government procurement)."""
    rule = _rule(duty.rule)
    if not any(isinstance(document, kind) for kind in rule.kinds):
        return True
    context = context_of(case.regime, case.unit, case.dossier, record, on=case.today, grants=case.grants)
    return rule.when is None or rule.when(document, replace(context, document=document), terms)


def decisions(case: Case, quarters: Iterable[str]) -> Iterator[Cell]:
    """集体决策公开 (PUB-01), by the quarter of the meeting. What starts the period is the rule's own word."""
    single = []
    for record, document in case.of(DecisionRecord):
        terms = case.terms(DECISION, document.held_on)
        start = came_about(document)
        if terms is None or start is None or not _concerns(case, DECISION, record, document, terms):
            continue
        if _kept_back(document):
            continue
        to_all = shown(record)
        seen = Evidence(record.ref, to_all.day, document.title)
        single.append((document.held_on, case.timed(
            DECISION, document.decision_no, start=start, done=to_all.day, terms=terms,
            evidence=(seen,), withdrawn=to_all.withdrawn, note=to_all.note,
        )))  # fmt: skip
    return _by_quarter(case, DECISION, single, quarters)


def tenders(case: Case, quarters: Iterable[str]) -> Iterator[Cell]:
    """采购结果公告 (TEN-10), by the quarter in which the supplier was determined."""
    single = []
    for record, document in case.of(Tender):
        award = document.award
        if award is None or _kept_back(document):
            continue
        terms = case.terms(TENDER, award.determined_on)
        if terms is None or not _concerns(case, TENDER, record, document, terms):
            continue
        to_all = shown(record)
        done = to_all.day and (award.announced_on or _first_with_award(record))
        seen = Evidence(record.ref, done, document.title)
        single.append((award.determined_on, case.timed(
            TENDER, document.natural_key(), start=award.determined_on, done=done, terms=terms,
            evidence=(seen,), withdrawn=to_all.withdrawn, note=to_all.note,
        )))  # fmt: skip
    return _by_quarter(case, TENDER, single, quarters)


def _kept_back(document: Document) -> bool:
    """Tell whether an event is not for the public at all (依申请公开、不予公开): nothing is owed to it."""
    return document.openness != Openness.PROACTIVE and document.audience != Audience.PUBLIC


def _first_with_award(record: PublishedDocument) -> date | None:
    """Return the day of the first version that told of the award."""
    for day, document in record.stages:
        if isinstance(document, Tender) and document.award and document.audience == Audience.PUBLIC:
            return day
    return record.changed_on or record.published_on


def _by_quarter(
    case: Case, duty: Duty, single: list[tuple[date, Cell]], quarters: Iterable[str]
) -> Iterator[Cell]:
    """Sum up single events by quarter: the gravest status, how many stand how, every late one as evidence."""
    groups: dict[str, list[Cell]] = {}
    for day, cell in single:
        groups.setdefault(quarter_of(day), []).append(cell)
    for period in quarters:
        cells = groups.get(period)
        if not cells:
            if case.terms(duty, case.today) and (absent := case.not_there(duty, period, _end(period))):
                yield absent
            continue
        counts = Counts(
            on_time=sum(one.status.kept for one in cells),
            late=sum(one.status == Status.LATE for one in cells),
            open=sum(one.status.open or one.status == Status.MISSING for one in cells),
            overdue=sum(one.status == Status.MISSING for one in cells),
            unclear=sum(one.status == Status.UNCLEAR for one in cells),
        )
        worst = min(cells, key=lambda one: (_GRAVITY.index(one.status), -one.days))
        wanting = [one for one in cells if one.status.wanting]
        yield Cell(
            duty,
            period,
            worst.status,
            due=worst.due,
            original=worst.original,
            days=worst.days,
            day_unit=worst.day_unit,
            evidence=tuple(seen for one in (wanting or cells) for seen in one.evidence),
            note="，".join(dict.fromkeys((_say(duty, counts, worst), *_remarks(cells))))
            if counts.total
            else worst.note,
            afterthought="；".join(dict.fromkeys(one.afterthought for one in cells if one.afterthought)),
            withdrawn=all(one.withdrawn for one in cells),
            counts=counts,
            terms=worst.terms,
        )


def _remarks(cells: list[Cell]) -> Iterator[str]:
    """Say how many events only a circle can read, and how many were taken back."""
    for note in dict.fromkeys(one.note for one in cells if one.status == Status.MISSING and one.note):
        yield f"{sum(one.note == note for one in cells)} 件{note}"
    back = sum(one.withdrawn for one in cells)
    if 0 < back < len(cells):
        yield f"{back} 件已撤回"


def _end(period: str) -> date:
    year, quarter = int(period[:4]), int(period[5])
    return date(year, quarter * 3, 31 if quarter in (1, 4) else 30)


def _say(duty: Duty, counts: Counts, worst: Cell) -> str:
    parts = [f"{counts.total} 件"]
    if counts.on_time and counts.on_time < counts.total:
        parts.append(f"按期 {counts.on_time} 件")
    if counts.late:
        longest = f"，最长迟 {worst.days} {worst.day_unit}" if worst.status == Status.LATE else ""
        parts.append(f"迟{duty.act} {counts.late} 件{longest}")
    if counts.open:
        due: Due | None = worst.due
        overdue = f"，其中 {counts.overdue} 件已过期" if counts.overdue else ""
        until = f"，最早{show_day(due.day)}到期" if due and not counts.overdue and worst.status.open else ""
        parts.append(f"尚未{duty.act} {counts.open} 件{overdue}{until}")
    return "，".join(parts)


_GRAVITY = (
    Status.MISSING,
    Status.LATE,
    Status.UNCLEAR,
    Status.DUE_SOON,
    Status.DUE,
    Status.EXTENDED,
    Status.NOT_DUE,
    Status.ON_TIME,
    Status.NIL,
    Status.EXEMPT,
    Status.NOT_APPLICABLE,
)
