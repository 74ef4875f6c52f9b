"""The posters of what happened on a day: a decision of the group, a procurement."""

from __future__ import annotations

from typing import Any

from portal.domain.documents.decision import DecisionRecord, Presence, Standing
from portal.domain.documents.tender import Tender
from portal.domain.values import show_day, show_month, show_yuan
from portal.exchange.posters.sheet import Fact, Figure, Grid, Text


def decision(document: DecisionRecord) -> dict[str, Any]:
    """Return the parts of the sheet. How single members voted stands on the web page, not at the door."""
    present = len(document.present())
    votes = (
        ("赞成", document.votes_for),
        ("反对", document.votes_against),
        ("弃权", document.votes_abstain),
    )
    posts = {one.name: one.post for one in document.attendees}
    heads = {one.name for one in document.attendees if one.standing is Standing.CHIEF}
    absent = "、".join(
        f"{one.name}（{one.presence.label}{f'：{one.reason}' if one.reason else ''}）"
        for one in document.attendees
        if one.presence in (Presence.ABSENT, Presence.RECUSED)
    )
    facts = (
        ("决策编号", document.decision_no),
        (
            "会议",
            f"{document.meeting_type.label}{f' {document.meeting_no}' if document.meeting_no else ''}",
        ),
        ("决策类别", document.category.label),
        ("涉及金额", f"{show_yuan(document.amount)} 元" if document.amount is not None else ""),
        ("主持人", document.presider),
        ("分管领导", document.responsible_deputy or ""),
        ("表决方式", document.vote_method.label),
        ("没有到会", absent),
    )
    grids = []
    if document.statements:
        grids.append(
            Grid(
                "发言顺序",
                ("序", "发言人", "职务", "态度"),
                tuple(
                    (
                        str(place),
                        f"{one.speaker}{'（主要负责人）' if one.speaker in heads else ''}",
                        posts.get(one.speaker, "—"),
                        one.position.label,
                    )
                    for place, one in enumerate(document.statements, start=1)
                ),
                widths=(0.4, 2.2, 2.8, 1.4),
            )
        )
    if document.tasks:
        grids.append(
            Grid(
                "落实",
                ("事项", "负责人", "期限"),
                tuple(
                    (one.task, one.owner, show_day(one.due_on) if one.due_on else "—")
                    for one in document.tasks
                ),
                widths=(4, 1.2, 1.6),
            )
        )
    return {
        "when": f"{show_day(document.held_on)}会议",
        "figures": (
            Figure("表决结果", document.result.label),
            Figure("到会", f"{present} / {document.should_attend}", "人"),
            *(Figure(label, str(count), "票") for label, count in votes if count is not None),
        ),
        "facts": tuple(Fact(label, value) for label, value in facts if value),
        "grids": tuple(grids),
        "texts": (Text("决定内容", document.decision_text),) if document.decision_text else (),
    }


def tender(document: Tender) -> dict[str, Any]:
    """Return the parts of the sheet."""
    award, contract, notice, intent = document.award, document.contract, document.notice, document.intent
    failure = document.failed()
    figures = []
    if intent and intent.budget is not None:
        figures.append(Figure("预算金额", show_yuan(intent.budget), "元"))
    if notice and notice.ceiling is not None:
        figures.append(Figure("最高限价", show_yuan(notice.ceiling), "元"))
    if award:
        figures.append(Figure("中标（成交）金额", show_yuan(award.amount), "元"))
    if contract and len(figures) < 3:
        figures.append(Figure("合同金额", show_yuan(contract.amount), "元"))
    candidacy = document.candidacy
    facts = (
        ("项目编号", document.project_no or ""),
        ("采购方式", document.method.label if document.method else ""),
        ("中标（成交）人", award.supplier if award else ""),
        ("预计采购时间", show_month(intent.expected_month) if intent and intent.expected_month else ""),
        ("公告日期", show_day(notice.issued_on) if notice else ""),
        ("投标截止", show_day(notice.bids_due) if notice and notice.bids_due else ""),
        ("开标日期", show_day(notice.opened_on) if notice and notice.opened_on else ""),
        ("确定供应商", show_day(award.determined_on) if award else ""),
        ("合同签订", show_day(contract.signed_on) if contract else ""),
        ("合同金额", f"{show_yuan(contract.amount)} 元" if contract else ""),
        ("交易场所", notice.venue.label if notice and notice.venue else ""),
        ("代理机构", document.agency or ""),
        ("分管领导", document.deputy or ""),
        ("决策记录", document.decision or ""),
        ("验收", f"{show_day(document.acceptance.accepted_on)}，{document.acceptance.result}"
         if document.acceptance else ""),
    )  # fmt: skip
    texts = []
    if failure:
        texts.append(Text(failure.kind.label, f"{show_day(failure.decided_on)}：{failure.reason}"))
    if document.method_reason:
        texts.append(Text("不公开招标的理由和依据", document.method_reason))
    if intent and intent.summary and not award:
        texts.append(Text("采购需求概况", intent.summary))
    opened = ""
    if candidacy and candidacy.posted_on and candidacy.posted_until:
        opened = f"候选人公示：{show_day(candidacy.posted_on)}至{show_day(candidacy.posted_until)}"
    return {
        "when": f"目前阶段：{document.stage().label}",
        "figures": tuple(figures),
        "facts": tuple(Fact(label, value) for label, value in facts if value),
        "grids": (_bidders(document),) if document.bidders else (),
        "texts": tuple(texts),
        "feedback": (candidacy.objection_channel if candidacy else None) or document.purchaser_contact or "",
        "opened": opened,
    }


def _bidders(document: Tender) -> Grid:
    return Grid(
        "投标人",
        ("名次", "投标人", "报价（元）", "总分", "结果"),
        tuple(
            (
                "—" if one.rank is None else str(one.rank),
                one.name,
                "—" if one.price is None else show_yuan(one.price),
                "—" if one.total_score is None else f"{one.total_score / 100:.2f}",
                f"{one.outcome.label if one.outcome else '—'}{f'：{one.reason}' if one.reason else ''}",
            )
            for one in document.bidders
        ),
        ends=frozenset({2, 3}),
        widths=(0.6, 3, 1.7, 0.8, 1.7),
    )
