"""授权分工方案 of every unit, and what became of those that were revised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from portal.demo.bank import later, month_shift, office_hour, pick, spread, workday_before
from portal.demo.models import DemoRecord, Publication
from portal.demo.orgs import PLATFORM_DAY, ROTATION_DAY, Org
from portal.domain.documents.base import Validity
from portal.domain.documents.delegation import (
    Approver,
    Assignment,
    Chief,
    DelegationPlan,
    ExpenseType,
    Payer,
    SignOffBand,
)

NEGATIVE = (
    "不直接签批分管事项内的具体支出和单据",
    "不指定施工单位、供应商和中介机构",
    "不点名提拔、调入或者调整具体人选",
    "不在会议讨论前表明倾向",
    "不过问正在办理的个案",
)
EXPENSE = {
    "finance": ExpenseType.ANY,
    "special_funds": ExpenseType.PROJECT,
    "construction": ExpenseType.WORKS,
    "procurement": ExpenseType.PROCUREMENT,
    "resource_trading": ExpenseType.PROCUREMENT,
}


def delegation_records(org: Org, numbers: dict[str, str]) -> Iterator[DemoRecord]:
    """Yield the unit's plan; where it was revised, the old plan's end and the new plan as well."""
    first = _plan(org, org.adopted_on, org.effective_from, numbers["plan"], org.doc_no(2025, 2))
    published = office_hour(
        later(org.adopted_on, 6 + spread(*org.key("plan"), low=0, high=7)), *org.key("plan")
    )
    opening = Publication(published, first, "首次公开", org.publisher)
    if not org.rotated:
        yield DemoRecord(org.regime.slug, org.unit.slug, (opening,))
        return
    adopted = workday_before(workday_before(ROTATION_DAY - timedelta(days=7)))
    replaced = office_hour(later(adopted, 9), *org.key("rotation"))
    closing = ended(org, first, replaced, effective=ROTATION_DAY, doc_no=org.doc_no(2026, 3))
    yield DemoRecord(org.regime.slug, org.unit.slug, (opening, closing))
    second = _plan(org, adopted, ROTATION_DAY, numbers["rotation"], org.doc_no(2026, 3))
    yield DemoRecord(
        org.regime.slug, org.unit.slug, (Publication(replaced, second, "分工调整后公开", org.publisher),)
    )


def _plan(org: Org, adopted: date, effective: date, decision: str, doc_no: str) -> DelegationPlan:
    change = {}
    if effective == ROTATION_DAY:
        first, second = org.domains[0][1], org.domains[1][1]
        change = {
            "previous_plan": org.doc_no(2025, 2),
            "change_reason": f"{first}和{second}两项分管满一个周期，按轮换办法对调分管人选，其他分工不变。",
        }
    return plan(
        org,
        adopted=adopted,
        effective=effective,
        decision=decision,
        doc_no=doc_no,
        assignments=tuple(_assignment(org, code, label, effective) for code, label in org.domains),
        bands=tuple(bands(org, effective)),
        change=change,
    )


def _assignment(org: Org, code: str, label: str, effective: date) -> Assignment:
    moved = effective == ROTATION_DAY and code in [one for one, _ in org.domains[:2]]
    if moved or org.unit.founded_on:
        held = effective if moved else org.effective_from
    else:
        held = month_shift(PLATFORM_DAY, -spread(*org.key(code, "held"), low=0, high=14))
    return assignment(
        org,
        (code, label),
        day=effective,
        chance=org.key(code, "substitute"),
        held=held,
        due=month_shift(held, int(org.place["rotation_months"])),
    )


def ended(org: Org, plan: DelegationPlan, at: datetime, *, effective: date, doc_no: str) -> Publication:
    """Return the plan's last version: a plan of that number takes its place on the day `effective`."""
    last = plan.model_copy(
        update={"effective_to": effective - timedelta(days=1), "validity": Validity.EXPIRED}
    )
    return Publication(at, last, f"分工已经调整，注明终止日期；现行方案见{doc_no}。", org.publisher)


def plan(
    org: Org,
    *,
    adopted: date,
    effective: date,
    decision: str | None,
    doc_no: str,
    assignments: tuple[Assignment, ...],
    bands: tuple[SignOffBand, ...],
    change: Mapping[str, str],
) -> DelegationPlan:
    """Return the plan that the group adopted; `change` names the plan before it and why it was changed."""
    year = effective.year
    names = "、".join(label for _, label in org.domains)
    data: dict[str, Any] = org.reviewed(
        adopted,
        abstract=f"{org.unit.name}{names}各由哪位班子成员分管，签批到多大数额，何时轮换。",
        theme="机构职能",
    )
    data |= change
    if org.regime.slug == "jinhu":
        data |= {
            "finance_assistant": org.deputies[-1].name,
            "finance_assistant_post": org.deputies[-1].post,
        }
    if org.regime.slug == "xiuzhou":
        data |= {
            "limits_filed_on": later(adopted, 4),
            "limits_filing_no": f"示财备〔{year}〕{org.serial + 10}号",
        }
    return DelegationPlan(
        title=f"{org.unit.name}班子成员分工方案（{year}年）",
        doc_no=doc_no,
        adopted_on=adopted,
        adopted_by=org.kind["meeting_name"],
        adopting_decision=decision,
        effective_from=effective,
        chiefs=tuple(
            Chief(name=one.name, post=one.post, duty=f"总负责，不直接分管{names}") for one in org.chiefs
        ),
        assignments=assignments,
        bands=bands,
        filed_on=later(adopted, 3),
        filing_no=f"{org.place['filing']}〔{year}〕{org.serial + 20}号",
        negative_list=NEGATIVE,
        **data,
    )


def assignment(
    org: Org, domain: tuple[str, str], *, day: date, chance: tuple[object, ...], held: date, due: date
) -> Assignment:
    """Return who holds the domain on `day`, since when and until when; `chance` decides on the substitute."""
    code, label = domain
    deputy = org.holder(code, day)
    substitute = pick([one for one in org.deputies if one != deputy], *chance)
    limit = org.limit(code)
    return Assignment(
        domain=label,
        deputy=deputy.name,
        post=deputy.post,
        substitute=substitute.name,
        substitute_post=substitute.post,
        office=org.kind["offices"][code],
        scope=f"组织{label}的日常工作，按权限审批，对结果负直接责任。",
        limit=org.stated_limit(code),
        above_limit=None if limit is None else _above(org, code),
        held_since=held,
        rotation_due=due,
        reporting="每季度向主要负责人和班子会各报告一次",
    )


def _above(org: Org, code: str) -> str:
    if org.regime.slug == "xian" and code == "procurement":
        return f"先征得主要负责人同意，再由分管领导审核后提交{org.kind['meeting_name']}集体研究"
    return f"由分管领导审核后提交{org.kind['meeting_name']}集体研究"


def bands(org: Org, effective: date, *, office_first: bool = True) -> Iterator[SignOffBand]:
    """Yield who signs up to and from the limit of each domain.

    `office_first` tells whether the office has handled a chief's own large expense before the group sees it.
    """
    for code, label in org.domains:
        limit = org.limit(code)
        if limit is None:
            continue
        steps: tuple[str, ...] = ("经办人", "证明人或验收人", f"{org.office}审核")
        common: dict[str, Any] = {
            "domain": label,
            "expense_type": EXPENSE[code],
            "filed_with": org.place["filed_with"],
            "effective_from": effective,
        }
        yield SignOffBand(
            lower=0, upper=limit, approver=Approver.DEPUTY, chain=(*steps, "分管副职审批"), **common
        )
        if org.regime.slug == "xian" and code == "procurement":
            common["needs_chief_consent"] = True
            steps = ("科室采购计划", "主要负责人同意")
        yield _collective(limit, (*steps, "分管副职审核"), common)
        if code in ("finance", "special_funds"):
            yield from _own_expenses(org, common, limit, office_first=office_first)


def _collective(limit: int, steps: tuple[str, ...], common: dict[str, Any]) -> SignOffBand:
    return SignOffBand(
        lower=limit,
        upper=None,
        approver=Approver.COLLECTIVE,
        chain=(*steps, "班子集体研究"),
        needs_collective=True,
        **common,
    )


def _own_expenses(
    org: Org, common: dict[str, Any], limit: int, *, office_first: bool
) -> Iterator[SignOffBand]:
    """What deputies and chiefs spend themselves is signed by somebody else."""
    steps = ("分管领导本人签字", f"{org.office}审核")
    own = {**common, "applies_to": Payer.DEPUTY_OWN}
    yield SignOffBand(lower=0, upper=limit, approver=Approver.CHIEF, chain=(*steps, "主要负责人审批"), **own)
    yield _collective(limit, steps, own)
    if org.regime.slug == "jinhu":
        chief = {**common, "applies_to": Payer.CHIEF_OWN}
        steps = ("本人经办签字", f"{org.office}统一处理")
        yield SignOffBand(lower=0, upper=limit, approver=Approver.OFFICE, chain=steps, **chief)
        yield _collective(limit, steps if office_first else steps[:1], chief)
