"""What was granted counts for the board and for the rules alike: both always say the same of a deadline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.calendar import quarter_of
from portal.domain.documents.annual import AnnualReport
from portal.domain.documents.base import Document
from portal.domain.documents.decision import Result
from portal.domain.documents.finance import DeputyReport, StatementType
from portal.domain.grants import Exempted, Extended
from portal.domain.obligations import Case, Cell, Status, standing
from portal.domain.rules.check import Report, State
from portal.domain.rules.unit_file import reports
from portal.domain.units import UnitFacts, UnitType
from tests.domain.test_obligations import (
    EXEMPTION,
    EXTENSION,
    Q3,
    REGIMES,
    _township_terms,
    case,
    decision,
    plan,
    public,
    quarter,
    with_terms,
)

# Duty, its period, its rule, and a document whose deadline ends in the window below.
DUTIES: dict[str, tuple[str, str, Document]] = {
    "finance": (Q3, "FIN-06", quarter()),
    "plan": ("2026-10-01", "DEL-07", plan(effective_from=date(2026, 10, 1), adopted_on=date(2026, 9, 20))),
    "budget": (
        "2026-budget",
        "FIN-13",
        quarter("2026", statement=StatementType.BUDGET, approved_on=date(2026, 10, 8)),
    ),
    "annual": ("2025", "PUB-04", AnnualReport(period="2025", title="年度报告")),
    "decision": ("示决〔2026〕1号", "PUB-01", decision(date(2026, 10, 8))),
}
FIRST, LAST = date(2026, 9, 15), date(2026, 12, 31)
DAYS = st.dates(FIRST, LAST)


@st.composite
def granted(draw: st.DrawFn, duty: str, period: str, within: st.SearchStrategy[date]) -> dict[str, Any]:
    """Draw what was granted: some of it in time, some afterwards, some for another duty or period."""
    extensions = [
        Extended(
            draw(st.sampled_from([duty, duty, "filing"])), draw(st.sampled_from([period, period, "2020Q1"])),
            draw(within), "系统迁移", "示例财政局", draw(within),
        )
        for _ in range(draw(st.integers(0, 3)))
    ]  # fmt: skip
    exemptions = [
        Exempted(
            draw(st.sampled_from([duty, duty, "filing"])), "副职不足", "示例纪委",
            valid_from=draw(within) - timedelta(days=60), valid_until=draw(within), recorded_on=draw(within),
            period=draw(st.sampled_from([None, period, "2020Q1"])),
            revoked_on=draw(st.none() | within),
        )
        for _ in range(draw(st.integers(0, 2)))
    ]  # fmt: skip
    return {"extensions": tuple(extensions), "exemptions": tuple(exemptions)}


def checked(one: Case) -> Report:
    (found,) = reports(one.regime, one.unit, one.records, complete=False, on=one.today, grants=one.grants)
    return found[1]


def late_by(report: Report, rule_id: str) -> list[str]:
    """Return what the rule says of lateness."""
    return [one.seen for one in report.findings if one.rule == rule_id and "到期" in one.seen]


def cell_of(one: Case, duty: str, period: str) -> Cell:
    if duty == "decision":
        held = one.records[0].document.binding_day()
        assert held is not None
        period = quarter_of(held)
    found = standing(one, [Q3, "2026Q4"] if duty != "annual" else ["2025Q4"]).cell(duty, period)
    assert found is not None
    return found


@pytest.mark.parametrize("duty", DUTIES)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_the_board_says_in_time_exactly_where_the_rule_is_silent(duty: str, data: st.DataObject) -> None:
    period, rule_id, document = DUTIES[duty]
    within = DAYS if duty != "annual" else st.dates(date(2025, 12, 20), date(2026, 4, 30))
    on = data.draw(within)
    one = case(
        public(document, on), today=data.draw(st.dates(on, LAST)), **data.draw(granted(duty, period, within))
    )
    found, told = cell_of(one, duty, period), late_by(checked(one), rule_id)
    assert found.status in (Status.LATE, Status.ON_TIME, Status.EXEMPT)
    assert (found.status is Status.LATE) == bool(told)
    if told:
        assert f"迟 {found.days} {found.day_unit}" in told[0]
        moved = found.due != found.original
        assert ("批准延至" in told[0]) == moved


def test_within_an_extension_nothing_is_late_and_after_it_the_finding_names_it() -> None:
    in_time = case(public(quarter(), date(2026, 11, 30)), extensions=(EXTENSION,), today=date(2026, 12, 1))
    assert cell_of(in_time, "finance", Q3).status is Status.ON_TIME
    assert late_by(checked(in_time), "FIN-06") == []
    late = case(public(quarter(), date(2026, 12, 1)), extensions=(EXTENSION,), today=date(2026, 12, 1))
    (told,) = late_by(checked(late), "FIN-06")
    assert told == (
        "2026年第三季度财务应在季度结束（2026年9月30日）后 20个工作日内公开，2026年11月3日到期，"
        "经示例财政局批准延至2026年11月30日（系统迁移），2026年12月1日公开，迟 1 个工作日。"
    )


def test_who_is_in_time_by_an_extension_is_answerable_for_nothing() -> None:
    extension = replace(EXTENSION, duty="plan", period="2026-01-01", recorded_on=date(2026, 1, 20))
    document = public(plan(), date(2026, 3, 2))
    for extensions, state in (
        ((), State.FOUND),
        ((extension,), State.PASSED),
        ((replace(extension, new_due=date(2026, 3, 1)),), State.FOUND),
    ):
        one = case(document, extensions=extensions)
        found = {check.rule.id: check.state for check in checked(one).checks}
        assert (found["DEL-07"], found["PUB-18"]) == (state, state)


def test_what_is_granted_afterwards_stays_late_in_the_rule_too() -> None:
    record = public(quarter(), date(2026, 11, 10))
    for grants in (
        {"extensions": (replace(EXTENSION, recorded_on=date(2026, 11, 4)),)},
        {"exemptions": (replace(EXEMPTION, recorded_on=date(2026, 11, 4)),)},
    ):
        one = case(record, **grants)
        assert cell_of(one, "finance", Q3).status is Status.LATE
        assert len(late_by(checked(one), "FIN-06")) == 1
    assert late_by(checked(case(record, exemptions=(EXEMPTION,))), "FIN-06") == []


def test_an_exemption_in_time_counts_whatever_was_entered_beside_it_afterwards() -> None:
    again = replace(EXEMPTION, recorded_on=date(2026, 11, 4))
    for both in ((again, EXEMPTION), (EXEMPTION, again)):
        found = cell_of(case(exemptions=both), "finance", Q3)
        assert (found.status, found.afterthought) == (Status.EXEMPT, "")


def test_an_exemption_that_a_late_plan_states_comes_after_the_deadline() -> None:
    document = plan(
        exemption_reason="班子只有两人", exemption_approver="示例纪委", exemption_until=date(2026, 12, 31)
    )
    late, on_time = (case(public(document, on)) for on in (date(2026, 1, 30), date(2026, 1, 29)))
    assert cell_of(late, "plan", "2026-01-01").status is Status.LATE
    assert late_by(checked(late), "DEL-07")
    assert cell_of(on_time, "plan", "2026-01-01").status is Status.EXEMPT
    assert not late_by(checked(on_time), "DEL-07")


@pytest.mark.parametrize("formed", [None, date(2026, 8, 1), date(2026, 9, 20)])
def test_a_decision_is_timed_from_the_meeting_whatever_day_is_entered_beside_it(formed: date | None) -> None:
    held = date(2026, 9, 1)
    due = case().regime.calendar_on(held).add_workdays(held, 20).day
    for on, status in ((due, Status.ON_TIME), (due + timedelta(days=1), Status.LATE)):
        one = case(public(decision(held, formed_on=formed), on))
        assert cell_of(one, "decision", "").status is status
        assert bool(late_by(checked(one), "PUB-01")) == (status is Status.LATE)


def test_a_deferred_item_is_not_on_the_board() -> None:
    deferred = decision(date(2026, 9, 1)).model_copy(update={"result": Result.DEFERRED})
    one = case(public(deferred, date(2026, 11, 10)))
    assert standing(one, [Q3]).cell("decision", Q3) is None
    assert "PUB-01" not in {check.rule.id for check in checked(one).checks}


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_what_a_document_says_of_its_filing_is_judged_alike(data: st.DataObject) -> None:
    document = plan(effective_from=date(2026, 10, 1), adopted_on=date(2026, 9, 20), filed_on=data.draw(DAYS))
    regime = with_terms(case().regime, "DEL-06", within="5个工作日")
    given = data.draw(granted("filing", "2026-10-01", DAYS))
    one = case(public(document, date(2026, 10, 1)), today=LAST, regime=regime, **given)
    found = cell_of(one, "filing", "2026-10-01")
    told = [seen.seen for seen in checked(one).findings if seen.rule == "DEL-06" and "才备案" in seen.seen]
    assert (found.status is Status.LATE) == bool(told)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_what_a_quarter_says_of_the_three_expenses_is_judged_alike(data: st.DataObject) -> None:
    regime = with_terms(REGIMES["jinhu"], "FIN-08", **_township_terms())
    document = quarter(township_filed_on=data.draw(DAYS))
    given = data.draw(granted("township", Q3, DAYS))
    unit = UnitFacts("示例一镇", UnitType.TOWNSHIP)
    one = case(public(document, date(2026, 10, 1)), today=LAST, regime=regime, unit=unit, **given)
    found = cell_of(one, "township", Q3)
    told = [seen.seen for seen in checked(one).findings if seen.rule == "FIN-08" and "备案，迟" in seen.seen]
    assert (found.status is Status.LATE) == bool(told)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_what_a_quarter_says_of_the_deputies_reports_is_judged_alike(data: st.DataObject) -> None:
    report = DeputyReport(
        domain="财务", deputy="乙副职", reported_on=data.draw(st.dates(date(2026, 9, 1), LAST)),
        reported_to="班子会", summary="一切如常。",
    )  # fmt: skip
    records = (public(quarter(deputy_reports=(report,)), date(2026, 10, 1)), public(plan(), date(2026, 1, 5)))
    one = case(*records, today=LAST, **data.draw(granted("reports", Q3, DAYS)))
    every = reports(one.regime, one.unit, one.records, complete=False, on=one.today, grants=one.grants)
    told = [seen for _, report in every for seen in report.findings if seen.rule == "DEL-10"]
    assert cell_of(one, "reports", Q3).status.wanting == bool(told)
