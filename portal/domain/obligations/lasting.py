"""Standing duties: a plan in force, its filing, the supporting rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from portal.domain.documents.base import Audience, Validity
from portal.domain.documents.delegation import DelegationPlan
from portal.domain.documents.regulation import Area, Regulation
from portal.domain.obligations.case import Case, shown
from portal.domain.obligations.duties import Cell, Evidence, Status, duty_of
from portal.domain.rules.delegation_terms import resembles
from portal.domain.rules.unit_file import PublishedDocument
from portal.domain.values import show_day

PLAN, FILING, SUPPORTING = duty_of("plan"), duty_of("filing"), duty_of("supporting")


def plans(case: Case) -> Iterator[Cell]:
    """公开分工 (DEL-07): every plan in time; and that there is one in force at all where domains are restricted.

    The last cell tells how the unit stands today.
    """
    every = sorted(case.of(DelegationPlan), key=lambda pair: pair[1].effective_from)
    listed = [(record, plan) for record, plan in every if shown(record).day]
    hidden = [(record, plan) for record, plan in every if not shown(record).day and not record.withdrawn]
    current = case.public_plan
    if current:
        yield from _unseen(case, hidden)
    last: Cell | None = None
    for record, plan in listed:
        terms = case.terms(PLAN, plan.effective_from)
        to_all = shown(record)
        seen = Evidence(record.ref, to_all.day, plan.title)
        period = plan.effective_from.isoformat()
        if terms is None:
            cell = Cell(PLAN, period, Status.ON_TIME, done_on=to_all.day, evidence=(seen,),
                        withdrawn=to_all.withdrawn, note="当时未规定公开期限")  # fmt: skip
        else:
            cell = case.timed(
                PLAN, period, start=plan.effective_from, done=to_all.day, terms=terms,
                evidence=(seen,), withdrawn=to_all.withdrawn,
            )  # fmt: skip
        # Stated in a plan that came out late, an exemption comes after the deadline: it undoes nothing.
        if not to_all.withdrawn and not cell.status.wanting and (reason := own_exemption(case, plan)):
            cell = replace(cell, status=Status.EXEMPT, note=reason)
        if current and record is current[0]:
            last = cell
        else:
            yield cell
    if last:
        yield last
        return
    withdrawn = any(shown(record).withdrawn and plan.effective_from <= case.today for record, plan in listed)
    if not withdrawn:
        remark = next((shown(record).note for record, _ in reversed(hidden)), "")
        standing = [plan for record, plan in listed if not shown(record).withdrawn]
        yield from _none_in_force(case, standing, remark)


def _unseen(case: Case, hidden: list[tuple[PublishedDocument, DelegationPlan]]) -> Iterator[Cell]:
    """Yield the plans that only a circle can read, beside one in force that everybody can."""
    for record, plan in hidden:
        if terms := case.terms(PLAN, plan.effective_from):
            yield case.timed(
                PLAN, plan.effective_from.isoformat(), start=plan.effective_from, done=None, terms=terms,
                evidence=(Evidence(record.ref, None, plan.title),), note=shown(record).note,
            )  # fmt: skip


def own_exemption(case: Case, plan: DelegationPlan) -> str:
    """Return the exemption that a plan itself states, if it is complete (DEL-14) and has not run out.

    One whose reason names single domains frees from those alone: the plan stays due.
    """
    reason, approver, until = plan.exemption_reason, plan.exemption_approver, plan.exemption_until
    if not (reason and approver and until) or until < case.today:
        return ""
    if any(resembles(reason, one) for one in case.regime.domains_on(plan.effective_from)):
        return ""
    return f"{reason}（{approver}批准，至{show_day(until)}）"


def _none_in_force(case: Case, listed: list[DelegationPlan], remark: str = "") -> Iterator[Cell]:
    domains = case.regime.domains_on(case.today)
    terms = case.terms(PLAN, case.today)
    if terms is None:
        return
    if not domains:
        yield Cell(PLAN, "", Status.NOT_APPLICABLE, note="本地没有规定不得直接分管的工作")
        return
    if not case.gone_on and (absent := case.not_there(PLAN, "", case.today)):
        yield absent
        return
    began = max(min(one.valid_from for one in domains), case.unit.founded_on or date.min, terms.valid_from)
    ended = [one for one in listed if one.effective_to and one.effective_to < case.today]
    coming = [one for one in listed if one.effective_from > case.today]
    note = f"尚未公开授权分工方案{f'：{remark}' if remark else ''}"
    if ended:
        newest = max(ended, key=lambda one: one.effective_from)
        began = max(began, newest.effective_to or began)
        note = f"上一方案已于{show_day(newest.effective_to or began)}终止，没有公开新的方案"
    if coming:
        note = (
            f"已公开的方案自{show_day(min(one.effective_from for one in coming))}起执行，目前没有执行中的方案"
        )
    cell = case.timed(PLAN, "", start=began, done=None, terms=terms, note=note)
    exempt = case.exempt_today(PLAN)
    if exempt is None or cell.status == Status.NOT_APPLICABLE:
        yield cell
    elif cell.due is None or exempt.recorded_on <= cell.due.day:
        yield Cell(PLAN, "", Status.EXEMPT, note=exempt.told, terms=terms)
    else:  # The gap was there before anybody was let off.
        yield replace(cell, afterthought=cell.afterthought or exempt.afterthought)


def filings(case: Case) -> Iterator[Cell]:
    """方案备案 (DEL-06): for every published plan, from the day of its adoption."""
    for record, plan in case.of(DelegationPlan):
        terms = case.terms(FILING, plan.effective_from)
        if terms is None or record.withdrawn:
            continue
        number = f"，备案号{plan.filing_no}" if plan.filing_no else ""
        seen = (Evidence(record.ref, plan.filed_on, f"向纪委备案{number}"),) if plan.filed_on else ()
        yield case.timed(
            FILING, plan.effective_from.isoformat(), start=plan.adopted_on, done=plan.filed_on, terms=terms,
            evidence=seen, note="" if plan.filed_on else "方案没有写备案日期",
        )  # fmt: skip


def areas_published(case: Case) -> dict[Area, Evidence]:
    """Return the areas for which the unit has published a rule text that is in force."""
    found: dict[Area, Evidence] = {}
    for record, text in case.of(Regulation):
        ended = text.validity != Validity.IN_FORCE or (text.effective_to and text.effective_to < case.today)
        if not record.withdrawn and not ended and text.audience == Audience.PUBLIC:
            found.setdefault(text.area, Evidence(record.ref, shown(record).day, text.title))
    return found


def _only_for_some(case: Case, area: Area) -> str:
    """Say to whom alone a rule text for the area was published."""
    for record, text in case.of(Regulation):
        if text.area == area and not record.withdrawn and not shown(record).day:
            return f"（{shown(record).note}）"
    return ""


def supporting(case: Case) -> Iterator[Cell]:
    """配套制度: a rule text for each area that the jurisdiction lists. No document gives a day until which."""
    known = areas_published(case)
    for item in case.regime.coverage_on(case.today):
        for area in item.areas:
            if absent := case.not_there(SUPPORTING, area.value, case.today):
                yield absent
                continue
            seen = known.get(area)
            status = Status.ON_TIME if seen else Status.MISSING
            if not seen and (exempt := case.exempt_today(SUPPORTING)):
                yield Cell(SUPPORTING, area.value, Status.EXEMPT,
                           note=f"{area.label}：自{show_day(exempt.recorded_on)}登记起豁免，{exempt.told}")  # fmt: skip
                continue
            yield Cell(
                SUPPORTING, area.value, status, done_on=seen.day if seen else None,
                evidence=(seen,) if seen else (),
                note=area.label if seen else area.label + _only_for_some(case, area),
            )  # fmt: skip
