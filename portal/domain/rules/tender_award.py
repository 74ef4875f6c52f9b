"""中标以后: the result's notice, the contract, its notice and its filing, each in time."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

from portal.domain.documents.tender import Tender
from portal.domain.rules.base import Seen, Sights, Unclear, rule
from portal.domain.rules.dossier import Context
from portal.domain.rules.tender_law import (
    COMPULSORY_DOUBT,
    PROCURED_DOUBT,
    TENDERED_DOUBT,
    hedged,
    lateness,
    must_be_tendered,
    procured,
    tendered,
)
from portal.domain.rules.terms import Length, Terms
from portal.domain.values import show_day


def _determined_on(tender: Tender) -> date | None:
    return tender.award.determined_on if tender.award else None


def _signed_on(tender: Tender) -> date | None:
    return tender.contract.signed_on if tender.contract else None


class Contracting(Terms):
    """Within how long the contract is signed."""

    within: Annotated[Length, Field(title="发出中标（成交）通知书后订立合同")]


class ContractingAndReport(Contracting):
    """招标投标法 46, 47."""

    report: Annotated[Length, Field(title="确定中标人后提交招标投标情况书面报告")]


@rule(
    "TEN-09",
    "中标后按时签合同、报情况",
    Tender,
    why="中标之后拖着不签，容易在私下里改条件。",
    terms=ContractingAndReport,
    day=_determined_on,
    when=lambda tender, context, _terms: tender.award is not None and tendered(tender, context) is not False,
)
def tendered_contract_in_time(tender: Tender, context: Context, terms: ContractingAndReport) -> Sights:
    """书面合同、书面报告 (招标投标法 46, 47): the report only of projects that must be tendered."""
    yield from hedged(
        _contract_in_time(tender, context, terms.within), tendered(tender, context), TENDERED_DOUBT
    )
    must = must_be_tendered(tender, context)
    if tender.award and must is not False:
        filed = lateness(
            context, tender.award.determined_on, terms.report, tender.award.report_filed_on,
            what="招标投标情况书面报告", since="确定中标人", place="/award/report_filed_on",
        )  # fmt: skip
        yield from hedged(filed, must, COMPULSORY_DOUBT)


@rule(
    "TEN-13",
    "政府采购按时签合同",
    Tender,
    why="结果定了迟迟不签合同，钱和货都悬着，也容易私下变动。",
    terms=Contracting,
    day=_determined_on,
    when=lambda tender, context, _terms: tender.award is not None and procured(tender, context) is not False,
)
def purchase_contract_in_time(tender: Tender, context: Context, terms: Contracting) -> Sights:
    """政府采购合同 (政府采购法 46)."""
    yield from hedged(
        _contract_in_time(tender, context, terms.within), procured(tender, context), PROCURED_DOUBT
    )


def _contract_in_time(tender: Tender, context: Context, within: Length) -> Sights:
    """Neither before the notice (else the choice of the supplier) nor too long after it."""
    if tender.award is None:
        return
    signed, notified = _signed_on(tender), tender.award.notified_on
    before, what = (
        (notified, "发出中标（成交）通知书") if notified else (tender.award.determined_on, "确定供应商")
    )
    if signed and signed < before:
        yield Seen(
            "/contract/signed_on",
            f"合同{show_day(signed)}签订，早于{show_day(before)}{what}。",
            "合同应在发出中标（成交）通知书以后签订。请核对日期；日期无误的，请在“公开说明”中写明原因。",
        )
    elif notified is None:
        yield Unclear("发出中标（成交）通知书的日期没有填写，不能核对签订合同是否及时。")
    else:
        yield from lateness(
            context, notified, within, signed,
            what="订立书面合同", since="发出中标（成交）通知书",
            place="/contract/signed_on" if signed else "/contract",
        )  # fmt: skip


class Within(Terms):
    """Within how long."""

    within: Annotated[Length, Field(title="确定供应商后发出通知书、公告结果")]


@rule(
    "TEN-10",
    "采购结果按时公告",
    Tender,
    why="结果早一天公开，没中的供应商和群众就早一天能提出疑问。",
    terms=Within,
    day=_determined_on,
    when=lambda tender, context, _terms: tender.award is not None and procured(tender, context) is not False,
)
def result_is_announced(tender: Tender, context: Context, terms: Within) -> Sights:
    """通知书和结果公告 (政府采购法实施条例 43): both in time; a blank day of the notice is TEN-13's to tell."""
    if tender.award is None:
        return
    told = lateness(
        context, tender.award.determined_on, terms.within, tender.award.announced_on,
        what="中标（成交）结果公告", since="确定供应商", place="/award/announced_on", duty="tender",
    )  # fmt: skip
    yield from hedged(told, procured(tender, context), PROCURED_DOUBT)
    if tender.award.notified_on:
        sent = lateness(
            context, tender.award.determined_on, terms.within, tender.award.notified_on,
            what="发出中标（成交）通知书", since="确定供应商", place="/award/notified_on",
        )  # fmt: skip
        yield from hedged(sent, procured(tender, context), PROCURED_DOUBT)


class AfterContract(Terms):
    """Within how long a contract is announced and filed."""

    announce: Annotated[Length | None, Field(title="合同签订后公告")] = None
    file: Annotated[Length, Field(title="合同签订后报送副本备案")]


@rule(
    "TEN-12",
    "采购合同公告和备案",
    Tender,
    why="合同公开了，才能对照买的东西和付的钱。",
    terms=AfterContract,
    day=_signed_on,
    when=lambda tender, context, _terms: (
        tender.contract is not None and procured(tender, context) is not False
    ),
)
def contract_is_announced_and_filed(tender: Tender, context: Context, terms: AfterContract) -> Sights:
    """合同公告 (政府采购法实施条例 50)、备案 (政府采购法 47)."""
    yield from hedged(_after_contract(tender, context, terms), procured(tender, context), PROCURED_DOUBT)


def _after_contract(tender: Tender, context: Context, terms: AfterContract) -> Sights:
    contract = tender.contract
    if contract and terms.announce:
        yield from lateness(
            context, contract.signed_on, terms.announce, contract.announced_on,
            what="合同公告", since="合同签订", place="/contract/announced_on",
        )  # fmt: skip
    if contract:
        yield from lateness(
            context, contract.signed_on, terms.file, contract.filed_on,
            what="合同副本备案", since="合同签订", place="/contract/filed_on",
        )  # fmt: skip
