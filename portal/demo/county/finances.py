"""季度财务公开 of the county, in the form of the real statements: some forty lines of income and expense."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from portal.demo.accounts import (
    THREE,
    TOWN,
    Release,
    deputy_report,
    disclosure,
    township,
    voucher_check,
)
from portal.demo.bank import later, office_hour, pick, spread, workday_before
from portal.demo.county.agenda import Year, funds_key
from portal.demo.county.bodies import Body
from portal.demo.ledger import Entry, Quarter
from portal.demo.models import DemoRecord, Publication
from portal.demo.payments import payments
from portal.domain.calendar import quarter_end, quarter_start
from portal.domain.documents.finance import (
    DeputyReport,
    FinanceDisclosure,
    FundLine,
    Payment,
    PublicFund,
    SpecialFund,
)
from portal.domain.values import show_yuan
from portal.services.publishing import FIRST

_LATE, _CORRECTED = 6, 12  # Of a hundred disclosures.
_CORRECTED_ITEM = "维修（护）费"
_FIRST_PAYMENT = 14  # Days into the quarter before which nothing listed is paid.


def finances_of(
    body: Body, year: Year, ledger: Mapping[str, Quarter], numbers: Mapping[str, str]
) -> Iterator[DemoRecord]:
    """Yield as many of the year's four disclosures as the county asks for."""
    for period in year.window.quarters()[: year.wanted["finance"]]:
        release = _release(body, period)
        quarter = ledger[period]
        turn = spread(*body.key(period, "corrected"), low=0, high=99)
        again = later(release.at.date(), 8)
        publications = (
            (_first(body, quarter, release, numbers),)
            if turn >= _CORRECTED or again > body.county.until
            else _corrected(body, quarter, release, numbers)
        )
        yield DemoRecord(body.regime.slug, body.unit.slug, publications)


def is_late(body: Body, period: str) -> bool:
    """Tell whether the disclosure of the quarter came after its deadline."""
    fits = later(quarter_end(period), 30) <= body.county.until
    return fits and spread(*body.key(period, "late"), low=0, high=99) < _LATE


def _release(body: Body, period: str) -> Release:
    low, high = (24, 29) if is_late(body, period) else (7, 16)
    day = later(quarter_end(period), spread(*body.key(period, "release"), low=low, high=high))
    if day > body.county.until:
        day = workday_before(body.county.until + timedelta(days=1))
    return Release(office_hour(day, *body.key(period)), workday_before(day))


def _first(body: Body, quarter: Quarter, release: Release, numbers: Mapping[str, str]) -> Publication:
    return Publication(release.at, _disclosure(body, quarter, release, numbers), FIRST, body.publisher)


def _corrected(
    body: Body, quarter: Quarter, release: Release, numbers: Mapping[str, str]
) -> tuple[Publication, ...]:
    """Publish first with one line too low, then with the books as they are."""
    entry = next(one for one in quarter.expense if one.item == _CORRECTED_ITEM)
    missed = entry.amount * spread(*body.key(quarter.period, "missed"), low=8, high=30) // 100
    low = replace(entry, amount=entry.amount - missed, cumulative=entry.cumulative - missed)
    wrong = replace(quarter, expense=tuple(low if one is entry else one for one in quarter.expense))
    day = later(release.at.date(), 8)
    again = Release(office_hour(day, *body.key(quarter.period, "again")), workday_before(day))
    document = _disclosure(body, quarter, again, numbers)
    remark = f"{entry.item}由{show_yuan(low.amount)}元更正为{show_yuan(entry.amount)}元，其他项目不变。"
    reasons = body.bank["finance"]["correction_reasons"]
    return (
        _first(body, wrong, release, numbers),
        Publication(
            again.at,
            document.model_copy(update={"remark": remark}),
            pick(reasons, *body.key(quarter.period, "reason")).format(item=entry.item),
            body.publisher,
        ),
    )


def paid_in(body: Body, period: str, numbers: Mapping[str, str]) -> tuple[Payment, ...]:
    """Return the quarter's listed payments; none before the first decision on the large funds."""
    decision = _settled_by(body, period, numbers)
    return payments(body, period, {f"funds-{period[:4]}": decision}) if decision else ()


def _settled_by(body: Body, period: str, numbers: Mapping[str, str]) -> str | None:
    """Return the decision on the large funds that came before anything was paid in the quarter."""
    first = quarter_start(period) + timedelta(days=_FIRST_PAYMENT)
    before = [one for one in body.windows if one.sits < first and funds_key(one) in numbers]
    return numbers[funds_key(before[-1])] if before else None


def _disclosure(
    body: Body, quarter: Quarter, release: Release, numbers: Mapping[str, str]
) -> FinanceDisclosure:
    period = quarter.period
    data: dict[str, Any] = {}
    if is_late(body, period):
        data["public_explanation"] = body.texts["corrections"]["late"]
    if body.unit.type == "township":
        shown = [one for one in quarter.expense if one.item in TOWN]
        town = tuple(_fund(body, TOWN[one.item], one, period) for one in shown)
        data |= township(body, period, release, town)
    if body.unit.type == "village":
        data["village_supervisor"] = body.discipline.name
    chance = spread(*body.key(period, "vouchers"), low=0, high=46)
    return disclosure(
        body,
        quarter,
        release,
        paid=paid_in(body, period, numbers),
        specials=_specials(body, quarter, numbers),
        funds=tuple(fund_lines(body, quarter.expense, period)),
        check=voucher_check(body, period, back=chance % 8, count=18 + chance),
        reports=tuple(_reports(body, period)),
        more=data,
    )


def fund_lines(body: Body, expense: tuple[Entry, ...], period: str) -> Iterator[FundLine]:
    """Yield the lines of 三公经费: those without a budget first, then those that the books have."""
    none = body.texts["funds"]["none"]
    has = {one.item for one in expense}
    for fund in PublicFund:
        if fund.label not in has and fund != PublicFund.INVESTMENT_PROMOTION:
            yield FundLine(
                fund=fund, budget=0, amount=0, cumulative=0, last_year=0, times=0, explanation=none
            )
    for entry in expense:
        if entry.item in THREE:
            yield _fund(body, THREE[entry.item], entry, period)


def _fund(body: Body, fund: PublicFund, entry: Entry, period: str) -> FundLine:
    change = entry.amount - entry.last_year
    why = pick(body.texts["funds"]["up" if change > 0 else "down"], *body.key(period, fund.value))
    car = fund == PublicFund.VEHICLE_OPERATION
    times = 1 + body.serial % 4 if car else max(entry.amount // 68_000, 1)
    word = "增加" if change > 0 else "减少"
    return FundLine(
        fund=fund,
        budget=entry.budget,
        amount=entry.amount,
        cumulative=entry.cumulative,
        last_year=entry.last_year,
        times=times,
        people=None if car else times * (5 + body.serial % 5),
        explanation=f"比上年同期{word}{show_yuan(abs(change))}元，主要是{why}。"
        if change
        else "与上年同期持平。",
    )


def _specials(body: Body, quarter: Quarter, numbers: Mapping[str, str]) -> tuple[SpecialFund, ...]:
    decision = _settled_by(body, quarter.period, numbers)
    if decision is None:
        return ()
    found = []
    for name, source, purpose in body.bank["finance"][body.unit.type]["specials"]:
        chance = spread(*body.key(quarter.period, name), low=0, high=3_999)
        if chance % 3 == 0:
            continue
        received = quarter.income_total * (3 + chance % 7) // 100 // 10_000 * 10_000
        found.append(
            SpecialFund(
                name=name.format(year=quarter.period[:4]),
                source=source,
                received=received,
                used=received * (35 + chance % 60) // 100,
                purpose=purpose,
                decision=decision,
            )
        )
    return tuple(found)


def _reports(body: Body, period: str) -> Iterator[DeputyReport]:
    for domain in body.domains:
        code = domain[0]
        chance = spread(*body.key(period, code, "report"), low=0, high=839)
        texts = body.bank["finance"]["reports"][code]
        yield deputy_report(
            body, period, domain, texts[chance % len(texts)], chance=chance % 7, count=2 + chance % 8
        )
