"""季度财务公开 of every unit: the quarter's figures, with the payments, checks and signatures around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from portal.demo.bank import later, office_hour, pick, spread, workday, workday_before
from portal.demo.ledger import LAST, Entry, Quarter, books
from portal.demo.models import DemoRecord, Publication
from portal.demo.orgs import Org
from portal.demo.payments import payments
from portal.domain.calendar import period_end, quarter_end, quarters
from portal.domain.documents.finance import (
    DeputyReport,
    EmptyTable,
    FinanceDisclosure,
    FundLine,
    Money,
    Payment,
    PublicFund,
    SpecialFund,
    Table,
    VoucherCheck,
)
from portal.domain.values import show_period, show_yuan

SHOWN = quarters("2025Q2", LAST)
THREE = {"公务用车运行维护费": PublicFund.VEHICLE_OPERATION, "公务接待费": PublicFund.OFFICIAL_RECEPTION}
TOWN = {**THREE, "招商引资费": PublicFund.INVESTMENT_PROMOTION}
PROCURED = ("procurement", "works", "operations")  # Types of expense that count as procurement.


@dataclass(frozen=True)
class Release:
    """When one quarter is published."""

    at: datetime
    finished: date


def finance_records(org: Org, numbers: dict[str, str]) -> Iterator[DemoRecord]:
    """Yield one record for every quarter of `SHOWN` except the unit's missing one."""
    ledger = books(org)
    for period in SHOWN:
        if period == org.row.get("missing"):
            continue
        release = _release(org, period)
        if period not in ledger:
            yield _record(
                org, (Publication(release.at, _nil(org, period, release), "首次公开", org.publisher),)
            )
            continue
        quarter = ledger[period]
        if period != org.row.get("corrected"):
            document = _disclosure(org, quarter, release, numbers)
            yield _record(org, (Publication(release.at, document, "首次公开", org.publisher),))
            continue
        yield _record(org, _corrected(org, quarter, release, numbers))


def _record(org: Org, publications: tuple[Publication, ...]) -> DemoRecord:
    return DemoRecord(org.regime.slug, org.unit.slug, publications)


def _release(org: Org, period: str) -> Release:
    late = period in org.row.get("late", ())
    low, high = (24, 29) if late else (7, 16)
    day = later(quarter_end(period), spread(*org.key(period, "release"), low=low, high=high))
    return Release(office_hour(day, *org.key(period)), workday_before(day))


def _corrected(
    org: Org, quarter: Quarter, release: Release, numbers: dict[str, str]
) -> tuple[Publication, Publication]:
    """Publish first with one line too low, then with the books as they are."""
    item = "维修（护）费"
    missed = 386_000 + spread(*org.key("missed"), low=0, high=900) * 100
    wrong = replace(
        quarter,
        expense=tuple(
            replace(one, amount=one.amount - missed, cumulative=one.cumulative - missed)
            if one.item == item
            else one
            for one in quarter.expense
        ),
    )
    again = Release(office_hour(later(release.at.date(), 8), *org.key("again")), later(release.at.date(), 7))
    reason = pick(org.bank["finance"]["correction_reasons"], *org.key("correction")).format(item=item)
    first = _disclosure(org, wrong, release, numbers)
    second = _disclosure(org, quarter, again, numbers)
    remark = f"{item}由{_shown(wrong, item)}元更正为{_shown(quarter, item)}元，其他项目不变。"
    return (
        Publication(release.at, first, "首次公开", org.publisher),
        Publication(again.at, second.model_copy(update={"remark": remark}), reason, org.publisher),
    )


def _shown(quarter: Quarter, item: str) -> str:
    return show_yuan(next(one.amount for one in quarter.expense if one.item == item))


def head(org: Org, period: str, release: Release, abstract: str) -> dict[str, Any]:
    """Return the fields that every disclosure of the unit's money has."""
    finance = org.holder("finance", period_end(period))
    return {
        **org.reviewed(release.finished, abstract=abstract, theme="财政资金"),
        "title": f"{org.unit.name}{show_period(period)}财务公开",
        "period": period,
        "unit_head": org.head.name,
        "finance_head": finance.name,
        "accounting_head": org.accountant.name,
        "opened_on": release.at.date(),
        "feedback": pick(org.bank["finance"]["feedback"], *org.key()).format(office=org.office),
    }


def _nil(org: Org, period: str, release: Release) -> FinanceDisclosure:
    reason = pick(org.bank["finance"]["nil_reasons"], *org.key("nil"))
    abstract = f"{show_period(period)}没有收入和支出，说明原因。"
    return FinanceDisclosure(
        **head(org, period, release, abstract),
        nil=True,
        nil_reason=reason,
        opening=0,
        income_total=0,
        expense_total=0,
        closing=0,
        public_funds_total=0,
        procurement_total=0,
        empty_tables=tuple(EmptyTable(table=table, reason=reason) for table in Table),
        deputy_reports=tuple(_reports(org, period, org.bank["finance"]["nil_reports"])),
    )


def _disclosure(org: Org, quarter: Quarter, release: Release, numbers: dict[str, str]) -> FinanceDisclosure:
    bank = org.bank["finance"]
    period = quarter.period
    data: dict[str, Any] = {}
    if period in org.row.get("late", ()):
        why = pick(bank["late_explanations"], *org.key(period, "late"))
        regulated = org.regime.finance_due(period) is not None
        data["public_explanation"] = why if regulated else why.replace("规定期限", "本单位自定的期限")
    if period == org.row.get("skipped"):
        data["public_explanation"] = bank["skipped_explanation"]
    if org.unit.type == "township":
        shown = [one for one in quarter.expense if one.item in TOWN]
        town = tuple(_fund_line(org, TOWN[one.item], one, period) for one in shown)
        data |= township(org, period, release, town)
    back = spread(*org.key(period, "look"), low=0, high=7)
    count = spread(*org.key(period, "vouchers"), low=18, high=64)
    return disclosure(
        org,
        quarter,
        release,
        paid=payments(org, period, numbers),
        specials=_specials(org, quarter, numbers),
        funds=tuple(_funds(org, quarter)),
        check=voucher_check(org, period, back=back, count=count),
        reports=tuple(_reports(org, period, bank["reports"])),
        more=data,
    )


def disclosure(
    org: Org,
    quarter: Quarter,
    release: Release,
    *,
    paid: tuple[Payment, ...],
    specials: tuple[SpecialFund, ...],
    funds: tuple[FundLine, ...],
    check: VoucherCheck,
    reports: tuple[DeputyReport, ...],
    more: Mapping[str, Any],
) -> FinanceDisclosure:
    """Return the quarter's disclosure: every total is the sum of its lines, every empty table gives its reason."""
    bank, period = org.bank["finance"], quarter.period
    summary = pick(bank["summaries"], *org.key(period, "summary")).format(
        income=show_yuan(quarter.income_total),
        expense=show_yuan(quarter.expense_total),
        closing=show_yuan(quarter.closing),
    )
    procured = sum(one.amount for one in paid if one.expense_type in PROCURED)
    tables = {Table.SPECIAL_FUNDS: specials, Table.PAYMENTS: paid, Table.PROCUREMENT: procured}
    return FinanceDisclosure(
        **head(org, period, release, summary),
        **more,
        opening=quarter.opening,
        income_total=quarter.income_total,
        expense_total=quarter.expense_total,
        closing=quarter.closing,
        income=tuple(lines(org, quarter.income, period)),
        expense=tuple(lines(org, quarter.expense, period)),
        public_funds_total=sum(one.amount for one in funds),
        public_funds=funds,
        procurement_total=procured,
        special_funds=specials,
        payments=paid,
        empty_tables=tuple(
            EmptyTable(table=table, reason=bank["empty_reasons"][table.value])
            for table, rows in tables.items()
            if not rows
        ),
        voucher_checks=(check,),
        deputy_reports=reports,
        explanation=summary,
    )


def lines(org: Org, entries: Sequence[Entry], period: str) -> Iterator[Money]:
    """Yield each group's total (level 1) and then its lines (level 2)."""
    for group in dict.fromkeys(one.group for one in entries):
        members = [one for one in entries if one.group == group]
        yield Money(
            item=group,
            level=1,
            budget=sum(one.budget for one in members),
            amount=sum(one.amount for one in members),
            cumulative=sum(one.cumulative for one in members),
            last_year=sum(one.last_year for one in members),
        )
        for one in members:
            changed = abs(one.amount - one.last_year) * 5 > max(one.last_year, 1)
            yield Money(
                item=one.item,
                level=2,
                budget=one.budget,
                amount=one.amount,
                cumulative=one.cumulative,
                last_year=one.last_year,
                explanation=_change(org, one, period) if changed else None,
            )


def _change(org: Org, entry: Entry, period: str) -> str:
    if not entry.last_year:
        return "上年同期本单位尚未单独核算，没有可比数。"
    difference = entry.amount - entry.last_year
    if not difference:
        return "与上年同期持平。"
    way, word = ("up", "增加") if difference > 0 else ("down", "减少")
    bank = org.bank["finance"]
    whys = bank["why"][way]
    why = pick(whys.get(entry.item, whys["其他"]), *org.key(entry.item, period, "why"))
    sentence = pick(bank[way], *org.key(entry.item, period, way)).format(why=why)
    percent = abs(difference) * 1000 // entry.last_year
    return f"比上年同期{word}{show_yuan(abs(difference))}元（{percent // 10}.{percent % 10}%），{sentence}。"


def _fund_line(org: Org, fund: PublicFund, entry: Entry, period: str) -> FundLine:
    times = max(entry.amount // 68_000, 1)
    if fund == PublicFund.VEHICLE_OPERATION:
        times = 2 + org.serial % 4
    people = times * (5 + spread(*org.key(period, fund, "people"), low=0, high=4))
    return FundLine(
        fund=fund,
        budget=entry.budget,
        amount=entry.amount,
        cumulative=entry.cumulative,
        last_year=entry.last_year,
        times=times,
        people=None if fund == PublicFund.VEHICLE_OPERATION else people,
        explanation=_change(org, entry, period),
    )


def _funds(org: Org, quarter: Quarter) -> Iterator[FundLine]:
    for fund in (PublicFund.OVERSEAS_TRAVEL, PublicFund.VEHICLE_PURCHASE):
        yield FundLine(
            fund=fund,
            budget=0,
            amount=0,
            cumulative=0,
            last_year=0,
            times=0,
            people=0 if fund == PublicFund.OVERSEAS_TRAVEL else None,
            explanation="全年未安排预算，本期没有支出。",
        )
    for entry in quarter.expense:
        if entry.item in THREE:
            yield _fund_line(org, THREE[entry.item], entry, quarter.period)


def township(org: Org, period: str, release: Release, funds: tuple[FundLine, ...]) -> dict[str, Any]:
    """Return what a town adds: the expenses of `TOWN` apart, endorsed by its head, filed with the finance bureau."""
    endorsed = later(quarter_end(period), 4)
    return {
        "township_funds": funds,
        "township_endorsed_by": org.head.name,
        "township_endorsed_on": endorsed,
        "township_filed_on": min(later(endorsed, 2), release.finished),
        "township_filing_no": f"{org.place['filing']}费〔{period[:4]}〕{org.serial * 4 + int(period[5])}号",
    }


def _specials(org: Org, quarter: Quarter, numbers: dict[str, str]) -> tuple[SpecialFund, ...]:
    year = quarter.period[:4]
    found = []
    for name, source, purpose in org.bank["finance"][org.unit.type]["specials"]:
        if spread(*org.key(quarter.period, name), low=0, high=2) == 0:
            continue
        received = quarter.income_total * spread(*org.key(quarter.period, name, "in"), low=3, high=9) // 100
        used = received * spread(*org.key(quarter.period, name, "out"), low=35, high=98) // 100
        found.append(
            SpecialFund(
                name=name.format(year=year),
                source=source,
                received=received // 10_000 * 10_000,
                used=min(used, received // 10_000 * 10_000),
                purpose=purpose,
                decision=numbers[f"funds-{year}"],
            )
        )
    return tuple(found)


def voucher_check(org: Org, period: str, *, back: int, count: int) -> VoucherCheck:
    """Return the chief's look at `count` vouchers, `back` days before the last working day of the quarter."""
    one = pick(org.bank["finance"]["checks"], *org.key(period, "check"))
    return VoucherCheck(
        checked_on=workday_before(quarter_end(period) - timedelta(days=back)),
        checker=org.chiefs[0].name,
        scope=one["scope"].format(quarter=show_period(period)[5:], count=count),
        found=one["found"],
        corrected=one.get("corrected"),
    )


def _reports(org: Org, period: str, texts: Mapping[str, Sequence[str]]) -> Iterator[DeputyReport]:
    for code, label in org.domains:
        yield deputy_report(
            org,
            period,
            (code, label),
            pick(texts[code], *org.key(period, code, "report")),
            chance=spread(*org.key(period, code), low=0, high=6),
            count=spread(*org.key(period, code, "count"), low=2, high=9),
        )


def deputy_report(
    org: Org, period: str, domain: tuple[str, str], text: str, *, chance: int, count: int
) -> DeputyReport:
    """Return what the domain's holder told the group after the quarter; the work grows with the year."""
    code, label = domain
    end = quarter_end(period)
    return DeputyReport(
        domain=label,
        deputy=org.holder(code, end).name,
        reported_on=workday(later(end, 3)),
        reported_to="主要负责人和班子会",
        summary=text.format(percent=min(22 * int(period[5]) + chance, 98), count=count),
    )
