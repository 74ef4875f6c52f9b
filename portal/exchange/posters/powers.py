"""The poster of a delegation plan: who holds which power, up to which amount."""

from __future__ import annotations

from typing import Any

from portal.domain.documents.delegation import DelegationPlan, SignOffBand
from portal.domain.values import show_day, show_yuan
from portal.exchange.posters.sheet import Fact, Grid, Text


def delegation(document: DelegationPlan) -> dict[str, Any]:
    """Return the parts of the sheet. The chiefs stand apart: they hold nothing of their own."""
    chiefs = "\n".join(
        f"{one.name}　{one.post}{'（主持工作）' if one.acting else ''}　{one.duty}" for one in document.chiefs
    )
    facts = (
        ("集体研究", f"{show_day(document.adopted_on)}{document.adopted_by or ''}"),
        ("决策记录", document.adopting_decision or ""),
        ("向纪委备案", _filed(document)),
        ("终止日期", show_day(document.effective_to) if document.effective_to else ""),
    )
    grids = [
        Grid(
            "分管事项",
            ("事项", "分管领导", "职务", "单笔签批上限（元）", "自"),
            tuple(
                (
                    one.domain,
                    f"{one.deputy}{f'（B角 {one.substitute}）' if one.substitute else ''}",
                    one.post,
                    "不设金额" if one.limit is None else show_yuan(one.limit),
                    one.held_since.isoformat(),
                )
                for one in document.assignments
            ),
            ends=frozenset({3}),
            widths=(1.5, 2, 2, 1.7, 1.3),
        )
    ]
    if document.bands:
        grids.append(
            Grid(
                "签批权限",
                ("事项", "支出类型", "金额（元）", "审批人"),
                tuple((one.domain, one.expense_type.label, _range(one), _who(one)) for one in document.bands),
                widths=(1.4, 1.2, 2.4, 2.6),
            )
        )
    texts = []
    if document.negative_list:
        texts.append(Text("主要负责人负面清单", "\n".join(document.negative_list)))
    if document.change_reason:
        texts.append(Text("调整原因", document.change_reason))
    return {
        "when": f"自{show_day(document.effective_from)}起执行",
        "facts": tuple(Fact(label, value) for label, value in facts if value),
        "lead": (Text("主要负责人", chiefs),) if chiefs else (),
        "grids": tuple(grids),
        "texts": tuple(texts),
        "feedback": f"监督电话 {document.supervision_phone}" if document.supervision_phone else "",
    }


def _filed(document: DelegationPlan) -> str:
    if document.filed_on is None:
        return ""
    return f"{show_day(document.filed_on)}{f'，{document.filing_no}' if document.filing_no else ''}"


def _range(one: SignOffBand) -> str:
    lower = show_yuan(one.lower)
    if one.upper is None:
        return f"{lower} 及以上"
    return f"{lower} 至 {show_yuan(one.upper)}（不含）"


def _who(one: SignOffBand) -> str:
    more = "，须班子集体研究" if one.needs_collective else ""
    return f"{one.approver.label}{more}"
