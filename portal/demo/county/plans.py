"""授权分工方案 of the county: one a year; every second year the deputies move on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from portal.demo.bank import later, office_hour, spread
from portal.demo.county.agenda import Year, plan_key
from portal.demo.county.bodies import Body
from portal.demo.county.windows import Window
from portal.demo.models import DemoRecord, Publication
from portal.demo.plans import EXPENSE, NEGATIVE
from portal.domain.calendar import add_months
from portal.domain.documents.base import Validity
from portal.domain.documents.delegation import (
    Approver,
    Assignment,
    Chief,
    DelegationPlan,
    Payer,
    SignOffBand,
)
from portal.services.publishing import FIRST


def plan_of(body: Body, year: Year, numbers: dict[str, str]) -> Iterator[DemoRecord]:
    """Yield the year's plan; when the next one replaces it, its end is published as well."""
    if not year.wanted["plan"]:
        return
    window = year.window
    document = _plan(body, window, numbers.get(plan_key(window)))
    opening = Publication(_moment(body, window), document, FIRST, body.publisher)
    following = next((one for one in body.windows if one.number == window.number + 1), None)
    if following is None:
        yield DemoRecord(body.regime.slug, body.unit.slug, (opening,))
        return
    ended = document.model_copy(
        update={"effective_to": following.effective - timedelta(days=1), "validity": Validity.EXPIRED}
    )
    reason = f"分工已经调整，注明终止日期；现行方案见{_doc_no(body, following)}。"
    closing = Publication(_moment(body, following), ended, reason, body.publisher)
    yield DemoRecord(body.regime.slug, body.unit.slug, (opening, closing))


def _moment(body: Body, window: Window) -> Any:
    day = later(window.sits, spread(*body.key("plan", window.number), low=6, high=9))
    return office_hour(day, *body.key("plan", window.number))


def _doc_no(body: Body, window: Window) -> str:
    return body.doc_no(window.effective.year, 2)


def _plan(body: Body, window: Window, decision: str | None) -> DelegationPlan:
    names = "、".join(label for _, label in body.domains)
    year = window.effective.year
    data: dict[str, Any] = body.reviewed(
        window.sits,
        abstract=f"{body.unit.name}{names}各由哪位班子成员分管，签批到多大数额，何时轮换。",
        theme="机构职能",
    )
    if window.number:
        moved = body.turn(window) != body.turn(body.windows[window.number - 1])
        data |= {
            "previous_plan": _doc_no(body, body.windows[window.number - 1]),
            "change_reason": "各项分管满两年，按轮换办法依次轮换分管人选，签批上限不变。"
            if moved
            else "年度重新议定，分管人选和签批上限不变，只更新任职时间。",
        }
    if body.regime.slug == "jinhu":
        data |= {
            "finance_assistant": body.deputies[-1].name,
            "finance_assistant_post": body.deputies[-1].post,
        }
    if body.regime.slug == "xiuzhou":
        data |= {
            "limits_filed_on": later(window.sits, 4),
            "limits_filing_no": f"示财备〔{year}〕{body.serial + 10}号",
        }
    return DelegationPlan(
        title=f"{body.unit.name}班子成员分工方案（{year}年）",
        doc_no=_doc_no(body, window),
        adopted_on=window.sits,
        adopted_by=body.kind["meeting_name"],
        adopting_decision=decision,
        effective_from=window.effective,
        chiefs=tuple(
            Chief(name=one.name, post=one.post, duty=f"总负责，不直接分管{names}") for one in body.chiefs
        ),
        assignments=tuple(_assignment(body, window, code, label) for code, label in body.domains),
        bands=tuple(_bands(body, window)),
        filed_on=later(window.sits, 3),
        filing_no=f"{body.place['filing']}〔{year}〕{body.serial + 20}号",
        negative_list=NEGATIVE,
        **data,
    )


def _assignment(body: Body, window: Window, code: str, label: str) -> Assignment:
    deputy = body.holder(code, window.effective)
    same = [one for one in body.deputies if one != deputy]
    substitute = same[spread(*body.key(code, window.number, "substitute"), low=0, high=len(same) - 1)]
    held = body.windows[window.number - window.number % 2].effective
    limit = body.limit(code)
    above = f"由分管领导审核后提交{body.kind['meeting_name']}集体研究"
    if body.regime.slug == "xian" and code == "procurement":
        above = f"先征得主要负责人同意，再{above}"
    return Assignment(
        domain=label,
        deputy=deputy.name,
        post=deputy.post,
        substitute=substitute.name,
        substitute_post=substitute.post,
        office=body.kind["offices"][code],
        scope=f"组织{label}的日常工作，按权限审批，对结果负直接责任。",
        limit=None if limit is None else limit - limit % 100,
        above_limit=None if limit is None else above,
        held_since=held,
        rotation_due=add_months(held, int(body.place["rotation_months"])),
        reporting="每季度向主要负责人和班子会各报告一次",
    )


def _bands(body: Body, window: Window) -> Iterator[SignOffBand]:
    for code, label in body.domains:
        limit = body.limit(code)
        if limit is None:
            continue
        steps: tuple[str, ...] = ("经办人", "证明人或验收人", f"{body.office}审核")
        common: dict[str, Any] = {
            "domain": label,
            "expense_type": EXPENSE[code],
            "filed_with": body.place["filed_with"],
            "effective_from": window.effective,
        }
        yield SignOffBand(
            lower=0, upper=limit, approver=Approver.DEPUTY, chain=(*steps, "分管副职审批"), **common
        )
        if body.regime.slug == "xian" and code == "procurement":
            common["needs_chief_consent"] = True
            steps = ("科室采购计划", "主要负责人同意")
        yield _collective(limit, (*steps, "分管副职审核"), common)
        if code in ("finance", "special_funds"):
            yield from _own_expenses(body, common, limit)


def _collective(limit: int, steps: tuple[str, ...], common: dict[str, Any]) -> SignOffBand:
    return SignOffBand(
        lower=limit,
        upper=None,
        approver=Approver.COLLECTIVE,
        chain=(*steps, "班子集体研究"),
        needs_collective=True,
        **common,
    )


def _own_expenses(body: Body, common: dict[str, Any], limit: int) -> Iterator[SignOffBand]:
    """What deputies and chiefs spend themselves is signed by somebody else."""
    signed = ("分管领导本人签字", f"{body.office}审核")
    payers: list[tuple[Payer, Approver, tuple[str, ...], str]] = [
        (Payer.DEPUTY_OWN, Approver.CHIEF, signed, "主要负责人审批")
    ]
    if body.regime.slug == "jinhu":
        payers.append((Payer.CHIEF_OWN, Approver.OFFICE, ("本人经办签字",), f"{body.office}统一处理"))
    for payer, approver, steps, last in payers:
        own = {**common, "applies_to": payer}
        yield SignOffBand(lower=0, upper=limit, approver=approver, chain=(*steps, last), **own)
        yield _collective(limit, steps, own)
