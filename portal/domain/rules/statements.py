"""财务公开的要件: who signed, which tables are shown, what is explained, what a township lists apart."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

from pydantic import Field

from portal.domain.calendar import Span, period_end
from portal.domain.documents.finance import FinanceDisclosure, FundLine, PublicFund, StatementType, Table
from portal.domain.rules.base import Seen, Sights, Unclear, pointer, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.terms import Length, Severity, Share, Terms
from portal.domain.values import fold, show_day, show_period, show_yuan


def counted_in(span: Span) -> str:
    """Return in what lateness past `span` is counted."""
    return "个工作日" if span.unit == "workday" else "日"


class Township(Terms):
    """Which expenses a township lists apart, who answers for them, and by when finance has them."""

    lines: Annotated[tuple[PublicFund, ...], Field(title="单独列出的费用", min_length=1)]
    endorsers: Annotated[tuple[str, ...], Field(title="签字背书人的职务", min_length=1)]
    within: Annotated[Length, Field(title="报财政备案期限（季度结束起）")]


@rule(
    "FIN-08",
    "三项费用单列、背书和备案",
    FinanceDisclosure,
    why="公车、接待和招商的钱最容易混在别的账里，单独列出、有人签字负责，才看得清。",
    terms=Township,
    when=lambda one, _context, _terms: one.is_quarterly(),
)
def township_expenses(document: FinanceDisclosure, context: Context, terms: Township) -> Sights:
    """三项费用季度审核备案: each listed apart, endorsed by the mayor, then filed with the finance bureau in time."""
    listed = Counter(one.fund for one in document.township_funds)
    for fund in terms.lines:
        if listed[fund] != 1:
            told = "没有单独列出" if not listed[fund] else f"列了 {listed[fund]} 行"
            yield Seen(
                "/township_funds",
                f"三项费用中“{fund.label}”{told}。",
                f"请在三项费用表中把“{fund.label}”列成一行；本季没有支出的，金额填 0。",
            )
    yield from _endorsed(document, context, terms)
    yield from _filed(document, context, terms)


def _endorsed(document: FinanceDisclosure, context: Context, terms: Township) -> Sights:
    posts = "、".join(terms.endorsers)
    signed, on, end = (
        document.township_endorsed_by,
        document.township_endorsed_on,
        period_end(document.period),
    )
    if not signed or not on:
        missing = "签字背书人" if not signed else "签字背书日期"
        yield Seen(
            "/township_endorsed_by" if not signed else "/township_endorsed_on",
            f"三项费用没有填写{missing}。",
            f"请由{posts}审核三项费用并签字；已经签字的，请如实补填{missing}。",
        )
    if on and on <= end:
        yield Seen(
            "/township_endorsed_on",
            f"签字背书日期是{show_day(on)}，{show_period(document.period)}到{show_day(end)}才结束。",
            "请核对日期；季度结束前签字的，请在账目齐全后重新审核签字。",
        )
    if not signed:
        return
    chiefs = context.chiefs_on(on or end)
    entitled = [one.name for one in chiefs if any(post in one.post for post in terms.endorsers)]
    if fold(signed) in {fold(one) for one in entitled}:
        return
    if entitled or (chiefs and fold(signed) not in {fold(one.name) for one in chiefs}):
        expected = f"{'、'.join(entitled)}（{posts}）" if entitled else posts
        yield Seen(
            "/township_endorsed_by",
            f"三项费用由{signed}签字背书，按分工方案应由{expected}签字。",
            "请核对签字人；如记录无误，请由应当签字的人审核后补签。",
        )
    else:
        yield Unclear(f"没有找到写明{posts}的分工方案，{signed}是否应当为三项费用背书无法核对。")


def _filed(document: FinanceDisclosure, context: Context, terms: Township) -> Sights:
    on, end = document.township_filed_on, period_end(document.period)
    binding = context.binding(end, terms.within, "township", document.period)
    late = context.late(end, terms.within, on, "township", document.period)
    due, moved = binding.original.day, f"，{binding.moved}" if binding.moved else ""
    if late:
        done = f"{show_day(on)}备案，迟 {late} {counted_in(terms.within)}" if on else "至今仍没有备案日期"
        yield Seen(
            "/township_filed_on",
            f"三项费用应在{show_day(due)}前报财政部门备案{moved}，{done}。",
            "请尽快报备并填写备案日期；已经按时报备的，请如实补填。"
            if not on
            else "请在公开说明中写明迟报的原因。",
        )
    elif not on and not binding.exempt:
        yield Unclear(f"三项费用还没有报财政部门备案，{show_day(binding.due.day)}到期。")
    endorsed = document.township_endorsed_on
    if on and endorsed and on < endorsed:
        yield Seen(
            "/township_filed_on",
            f"三项费用{show_day(on)}报备，{show_day(endorsed)}才签字背书，次序颠倒。",
            "请核对两个日期；如记录无误，请用签字后的表重新报备。",
        )
    if on and not document.township_filing_no:
        yield Seen(
            "/township_filing_no", "三项费用已报备，没有填写备案号。", "请向财政部门取得备案号后补填。"
        )


class Signatures(Terms):
    """How grave it is when one person signs in two capacities: the law asks for three signatures."""

    same_person: Annotated[Severity, Field(title="同一人签两处")]


_SIGNERS = (
    ("unit_head", "单位负责人"),
    ("finance_head", "主管会计工作负责人"),
    ("accounting_head", "会计机构负责人"),
)


@rule(
    "FIN-09",
    "三签字",
    FinanceDisclosure,
    why="签了字的人对数字负责；没有签字，出了错找不到人。",
    terms=Signatures,
)
def three_signatures(document: FinanceDisclosure, _context: Context, terms: Signatures) -> Sights:
    """三签字 (会计法 21): unit head, head in charge of accounting and chief accountant have all signed."""
    signed: dict[str, str] = {}
    for name, label in _SIGNERS:
        who = getattr(document, name)
        if not who:
            yield Seen(
                pointer(name),
                f"没有{label}的签字。",
                f"请由{label}审核报表并签字；已经签字的，请如实补填姓名。",
            )
            continue
        if other := signed.get(fold(who)):
            yield Seen(
                pointer(name),
                f"{who}既以{other}、又以{label}的身份签字。",
                "请核对签字人；确由一人兼任的，请在情况说明中写明，并安排他人复核。",
                terms.same_person,
            )
        signed.setdefault(fold(who), label)


class Tables(Terms):
    """Which tables must be shown, with figures or with the reason why there are none."""

    periodic: Annotated[tuple[Table, ...], Field(title="季度、月度公开须列的表")]
    yearly: Annotated[tuple[Table, ...], Field(title="年度预算、决算须列的表")]


@rule(
    "FIN-11",
    "空表并说明",
    FinanceDisclosure,
    why="一张表空着不说明，群众分不清是没有发生还是没有公开。",
    terms=Tables,
)
def empty_tables_named(document: FinanceDisclosure, _context: Context, terms: Tables) -> Sights:
    """空表并说明: a table without figures is named with its reason; so is a period in which nothing happened."""
    if document.nil and not document.nil_reason:
        yield Seen("/nil_reason", "注明本期无发生额，没有写原因。", "请写明本期为什么没有收支。")
    explained = {one.table for one in document.empty_tables}
    yearly = document.statement in (StatementType.BUDGET, StatementType.FINAL_ACCOUNTS)
    for table in terms.yearly if yearly else terms.periodic:
        if not document.nil and not _figures(document, table) and table not in explained:
            yield Seen(
                "/procurement_total" if table == Table.PROCUREMENT else pointer(table.value),
                f"“{table.label}”表没有数据，也没有空表说明。",
                f"请填写“{table.label}”表；确实没有数据的，请在空表说明中列出该表并写明原因。",
            )
    for place, one in enumerate(document.empty_tables):
        if any(_figures(document, one.table)):
            yield Seen(
                pointer("empty_tables", place),
                f"空表说明中说“{one.table.label}”表没有数据，表中却有金额。",
                "请核对：表中金额属实的，删去这一条空表说明；填错的，请更正。",
            )


def _figures(document: FinanceDisclosure, table: Table) -> list[int]:
    """Return the amounts that a table gives; none where it has no line."""
    if table == Table.PROCUREMENT:
        return [] if document.procurement_total is None else [document.procurement_total]
    if table == Table.SPECIAL_FUNDS:
        return [amount for one in document.special_funds for amount in (one.received, one.used)]
    return [one.amount for one in getattr(document, table.value)]


class Changes(Terms):
    """From which change on a line of 三公经费 needs more than a hint."""

    noticeable: Annotated[Share, Field(title="变动超过此幅度的从重提示")]
    slight: Annotated[Severity, Field(title="幅度以内没有说明")]


@rule(
    "FIN-12",
    "三公经费增减说明",
    FinanceDisclosure,
    why="吃喝、用车、出国的钱为什么变多变少，群众有权听到理由。",
    terms=Changes,
    each="public_funds",
)
def changes_explained(row: FundLine, context: Context, terms: Changes) -> Sights:
    """增减变化说明: a line that differs from last year or goes beyond the budget says why."""
    document = context.document
    if row.last_year is None:
        yield Unclear(f"没有填写“{row.fund.label}”的上年同期，增减无法核对。")
    if row.explanation or not isinstance(document, FinanceDisclosure):
        return
    if document.explanation and row.fund.label in document.explanation:
        return
    if row.last_year is not None and row.amount != row.last_year:
        change = row.amount - row.last_year
        grave = abs(change) > terms.noticeable * abs(row.last_year)
        yield Seen(
            "/explanation",
            f"“{row.fund.label}”本期 {show_yuan(row.amount)} 元，上年同期 {show_yuan(row.last_year)} 元，"
            f"{'增加' if change > 0 else '减少'} {show_yuan(abs(change))} 元，没有说明原因。",
            "请在该行的说明中写明增减的原因。",
            None if grave else terms.slight,
        )
    spent = row.amount if document.statement == StatementType.FINAL_ACCOUNTS else row.cumulative
    if row.budget is not None and spent is not None and spent > row.budget:
        yield Seen(
            "/explanation",
            f"“{row.fund.label}”全年预算 {show_yuan(row.budget)} 元，已支出 {show_yuan(spent)} 元，"
            f"超出 {show_yuan(spent - row.budget)} 元，没有说明原因。",
            "请核对金额；确已超出预算的，请写明原因和预算调整的批准情况。",
        )
