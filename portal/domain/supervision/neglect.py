"""不管不问: does a chief supervise at all? The records of a chief's own supervision in a quarter, counted.

    attention(case, quarter) -> Attention
    neglected(case, quarters) -> {quarter: what is said to it, or None}

Counted are the voucher checks (票据检查, FIN-05) that a chief made and the deputies' reports (分管工作报告, DEL-10)
that a chief, or the group that the chief leads, heard, as the quarter's finance disclosure tells of them. Presiding
at meetings is no supervision. What is not due yet, or what nobody can know, says nothing against anybody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

from portal.domain.calendar import quarter_end, quarter_start
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.finance import FinanceDisclosure
from portal.domain.obligations.case import Case
from portal.domain.obligations.duties import Cell, Status
from portal.domain.obligations.periodic import VOUCHERS, finance, quarterly, reports, vouchers
from portal.domain.rules.hands import people
from portal.domain.rules.unit_file import PublishedDocument
from portal.domain.values import Choice, fold

# Whom a report was given to, where no name is written: the chief by title, or the group that the chief leads.
_CHIEF = tuple(
    fold(one) for one in ("主要负责人", "正职", "一把手", "班子", "党组", "党委", "党支部", "两委")
)
KINDS = (FinanceDisclosure.kind.code, DelegationPlan.kind.code)  # All that `attention` looks at.
_FREE = frozenset({Status.EXEMPT, Status.NOT_APPLICABLE})


class State(Choice):
    """一个单位一个季度的情况."""

    TENDED = "tended", "有监督记录"
    NEGLECTED = "neglected", "没有监督记录"
    NOT_YET = "not_yet", "尚未到期"
    NOT_APPLICABLE = "not_applicable", "不适用"
    UNKNOWN = "unknown", "无从核对"


@dataclass(frozen=True)
class Seen:
    """One record of a chief's own supervision."""

    what: str  # 票据检查, 听取报告
    day: date
    who: str
    words: str


@dataclass(frozen=True)
class Attention:
    """How a unit's chief attended to a quarter, from which record that is known, and what is to be said to it."""

    quarter: str
    state: State
    least: int
    records: tuple[Seen, ...] = ()
    note: str = ""
    ref: str = ""
    title: str = ""


def attention(case: Case, quarter: str) -> Attention | None:
    """Return how the chief of a unit attended to a quarter; None where the regime asks for nothing (then or at all)."""
    end = quarter_end(quarter)
    terms = case.regime.neglect_on(end)
    if terms is None:
        return None
    if case.today <= end:
        return Attention(quarter, State.NOT_YET, terms.least, note="本季度还没有结束")
    cells = (*vouchers(case, [quarter]), *reports(case, [quarter]))
    bound = [one for one in cells if one.status not in _FREE]
    if not bound:
        return Attention(quarter, State.NOT_APPLICABLE, terms.least, note=_why_free(cells))
    # Until the quarter's page is due, it may still tell of more.
    early = any(
        one.status.open or (one.due is not None and case.today <= one.due.day)
        for one in (*bound, *finance(case, [quarter]))
    )
    found = quarterly(case).get(quarter)
    if found is None or found[0].withdrawn:
        if early and found is None:
            return Attention(quarter, State.NOT_YET, terms.least, note="所属季度财务公开的期限还没有到")
        gone = "已撤回" if found else "没有公开"
        return Attention(quarter, State.UNKNOWN, terms.least, note=f"所属季度的财务公开{gone}，无从核对")
    return _judged(case, quarter, found, {one.duty.code for one in bound}, terms.least, early=early)


def neglected(case: Case, quarters: Iterable[str]) -> dict[str, str | None]:
    """Return of each quarter what is said of a chief who left no record in it; None where nothing is.

    The case may be a whole one: only what `attention` looks at is shown to it, so that the answer is the same.
    """
    seen = replace(
        case,
        records=tuple(one for one in case.records if one.document.kind.code in KINDS),
        lost=tuple(one for one in case.lost if one.kind in KINDS),
        complete=False,
    )
    found = {quarter: attention(seen, quarter) for quarter in quarters}
    return {
        quarter: one.note if one and one.state is State.NEGLECTED else None for quarter, one in found.items()
    }


def _why_free(cells: tuple[Cell, ...]) -> str:
    notes = dict.fromkeys(one.note for one in cells if one.note)
    return "；".join(notes) or "本级制度没有要求主要负责人检查票据、听取报告"


def _judged(
    case: Case,
    quarter: str,
    found: tuple[PublishedDocument, FinanceDisclosure],
    asked: set[str],
    least: int,
    *,
    early: bool,
) -> Attention:
    record, document = found
    checks, doubtful = _checks(case, quarter, document)
    seen = tuple(sorted((*checks, *_heard(case, quarter, document)), key=lambda one: one.day))
    told = partial(Attention, quarter, least=least, records=seen, ref=record.ref, title=document.title)
    if len(seen) >= least:
        return told(State.TENDED)
    if early:
        return told(State.NOT_YET, note="填报期限还没有到")
    if len(seen) + doubtful >= least:
        note = "没有分工方案，也没有填写单位负责人，无法核对检查人是不是主要负责人"
        return told(State.UNKNOWN, note=note)
    if document.nil and asked == {VOUCHERS.code}:
        return told(State.NOT_APPLICABLE, note="本季度没有发生额，没有票据可以检查")
    note = f"主要负责人的监督检查记录 {len(seen)} 次，应不少于 {least} 次"
    return told(State.NEGLECTED, note=note)


def _checks(case: Case, quarter: str, document: FinanceDisclosure) -> tuple[list[Seen], int]:
    """Return the checks by a chief, and how many there are of which nobody can tell whose they are."""
    end = quarter_end(quarter)
    after = getattr(case.terms(VOUCHERS, end), "after", None)
    last = case.regime.calendar_on(end).due(end, after).day if after else end
    found, doubtful = [], 0
    for one in document.voucher_checks:
        if not quarter_start(quarter) <= one.checked_on <= min(last, case.today):
            continue
        chiefs = _chiefs(case, document, one.checked_on)
        if people(one.checker) & chiefs:
            found.append(Seen("票据检查", one.checked_on, one.checker, one.scope))
        doubtful += not chiefs
    return found, doubtful


def _heard(case: Case, quarter: str, document: FinanceDisclosure) -> list[Seen]:
    """Return the reports that a chief heard; a chief who reports to nobody but himself has heard none."""
    found = []
    for one in document.deputy_reports:
        if not quarter_start(quarter) <= one.reported_on <= case.today:
            continue
        chiefs = _chiefs(case, document, one.reported_on)
        to = fold(one.reported_to)
        posts = [post for post in _posts(case, one.reported_on) if post in to.replace(f"副{post}", "")]
        himself = people(one.deputy) & chiefs
        if not himself and (people(one.reported_to) & chiefs or posts or any(word in to for word in _CHIEF)):
            found.append(Seen("听取报告", one.reported_on, one.reported_to, f"{one.deputy}报告{one.domain}"))
    return found


def _chiefs(case: Case, document: FinanceDisclosure, day: date) -> frozenset[str]:
    plan = case.plan_on(day)
    head = people(document.unit_head) if document.unit_head else frozenset()
    return head.union(*(people(one.name) for one in plan[1].chiefs)) if plan else head


def _posts(case: Case, day: date) -> tuple[str, ...]:
    plan = case.plan_on(day)
    return tuple(fold(one.post) for one in plan[1].chiefs) if plan else ()
