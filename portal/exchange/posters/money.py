"""The poster of a finance disclosure: what came in, what went out, who signed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from portal.domain.documents.finance import FinanceDisclosure, FundLine, Money, StatementType
from portal.domain.values import show_day, show_period, show_yuan
from portal.exchange.posters.sheet import Fact, Figure, Grid, Text


def finance(document: FinanceDisclosure) -> dict[str, Any]:
    """Return the parts of the sheet."""
    totals = (
        ("收入合计", document.income_total),
        ("支出合计", document.expense_total),
        ("期末余额", document.closing),
    )
    facts = (
        ("期初余额", _yuan(document.opening)),
        ("三公经费合计", _yuan(document.public_funds_total)),
        ("政府采购支出", _yuan(document.procurement_total)),
        ("批准（批复）日期", show_day(document.approved_on) if document.approved_on else ""),
    )
    texts = [Text("情况说明", document.explanation)] if document.explanation else []
    if document.nil:
        texts.insert(0, Text("本期无发生额", document.nil_reason or "未说明原因。"))
    if document.empty_tables:
        empty = "；".join(f"{one.table.label}：{one.reason}" for one in document.empty_tables)
        texts.append(Text("没有数字的表", empty))
    statement = document.statement
    return {
        "when": show_period(document.period)
        + ("" if statement is StatementType.QUARTERLY else f"　{statement.label}"),
        "figures": tuple(
            Figure(label, show_yuan(value), "元") for label, value in totals if value is not None
        ),
        "facts": tuple(Fact(label, value) for label, value in facts if value),
        "grids": tuple(_grids(document)),
        "texts": tuple(texts),
        "signed": tuple(
            Fact(label, name)
            for label, name in (
                ("单位负责人", document.unit_head),
                ("主管会计工作负责人", document.finance_head),
                ("会计机构负责人", document.accounting_head),
                ("村务监督委员会", document.village_supervisor),
            )
            if name
        ),
        "feedback": document.feedback or "",
        "opened": _span(document.opened_on, document.opened_until),
    }


def _grids(document: FinanceDisclosure) -> Iterable[Grid]:
    for title, lines in (("收入明细", document.income), ("支出明细", document.expense)):
        if lines:
            yield _lines(title, lines)
    for title, funds in (("三公经费", document.public_funds), ("三项费用", document.township_funds)):
        if funds:
            yield _funds(title, funds)
    if document.payments:
        yield Grid(
            "大额支出",
            ("支付日期", "事由", "金额（元）", "经办人", "审批人"),
            tuple(
                (one.paid_on.isoformat(), one.purpose, show_yuan(one.amount), one.handler, one.approver)
                for one in document.payments
            ),
            ends=frozenset({2}),
            widths=(1.5, 3.2, 1.8, 1, 1.2),
        )
    if document.special_funds:
        yield Grid(
            "专项资金",
            ("专项名称", "到账（元）", "已使用（元）", "用途"),
            tuple(
                (one.name, show_yuan(one.received), show_yuan(one.used), one.purpose or "—")
                for one in document.special_funds
            ),
            ends=frozenset({1, 2}),
            widths=(2.4, 1.6, 1.6, 2.4),
        )


def _lines(title: str, lines: tuple[Money, ...]) -> Grid:
    return Grid(
        title,
        ("项目", "全年预算（元）", "本期金额（元）", "本年累计（元）"),
        tuple(
            (
                f"{'　' * (one.level - 1)}{one.item}",
                _yuan(one.budget, unit="") or "—",
                show_yuan(one.amount),
                _yuan(one.cumulative, unit="") or "—",
            )
            for one in lines
        ),
        ends=frozenset({1, 2, 3}),
        widths=(2.4, 1.6, 1.6, 1.6),
    )


def _funds(title: str, lines: tuple[FundLine, ...]) -> Grid:
    return Grid(
        title,
        ("经费类别", "全年预算（元）", "本期金额（元）", "批次或辆数", "人次"),
        tuple(
            (
                one.fund.label,
                _yuan(one.budget, unit="") or "—",
                show_yuan(one.amount),
                "—" if one.times is None else str(one.times),
                "—" if one.people is None else str(one.people),
            )
            for one in lines
        ),
        ends=frozenset({1, 2, 3, 4}),
        widths=(2.4, 1.6, 1.6, 1, 0.8),
    )


def _yuan(fen: int | None, unit: str = " 元") -> str:
    return "" if fen is None else f"{show_yuan(fen)}{unit}"


def _span(first: date | None, last: date | None) -> str:
    if first and last:
        return f"{show_day(first)}至{show_day(last)}"
    return f"自{show_day(first)}起" if first else f"至{show_day(last)}" if last else ""
