"""What is due from whom and how it stands: every status, and the days on which one turns into another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from portal.domain.documents.base import Audience, Document, Openness
from portal.domain.documents.decision import (
    Attendee,
    Category,
    DecisionRecord,
    MeetingType,
    Presence,
    Result,
    VoteMethod,
)
from portal.domain.documents.delegation import (
    Approver,
    Assignment,
    Chief,
    DelegationPlan,
    SignOffBand,
)
from portal.domain.documents.finance import (
    DeputyReport,
    FinanceDisclosure,
    StatementType,
    VoucherCheck,
)
from portal.domain.documents.regulation import Area, Block, Regulation
from portal.domain.documents.tender import Award, Tender
from portal.domain.grants import Exempted, Extended
from portal.domain.obligations import (
    Case,
    Cell,
    Lost,
    Status,
    board_periods,
    duty_of,
    index_of,
    rates,
    standing,
)
from portal.domain.regime_reading import read_regimes
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.rules.unit_file import PublishedDocument, reports
from portal.domain.units import UnitFacts, UnitType

REGIMES = read_regimes(Path(__file__).resolve().parents[2] / "content" / "regimes")
TODAY = date(2026, 11, 20)
Q3 = "2026Q3"  # Due on 3 November 2026.


def quarter(period: str = Q3, **more: Any) -> FinanceDisclosure:
    return FinanceDisclosure(period=period, title=f"{period}财务公开", **more)


def plan(**more: Any) -> DelegationPlan:
    given: dict[str, Any] = {
        "title": "班子成员分工方案",
        "adopted_on": date(2025, 12, 22),
        "effective_from": date(2026, 1, 1),
        "filed_on": date(2025, 12, 24),
        "chiefs": (Chief(name="甲正职", post="局长"),),
        "assignments": (
            Assignment(domain="财务", deputy="乙副职", post="副局长", held_since=date(2026, 1, 1)),
        ),
    }
    return DelegationPlan(**{**given, **more})


def decision(held_on: date, number: int = 1, **more: Any) -> DecisionRecord:
    return DecisionRecord(
        title=f"议题{number}",
        decision_no=f"示决〔2026〕{number}号",
        meeting_type=MeetingType.LEADERSHIP_GROUP,
        category=Category.MAJOR_DECISION,
        held_on=held_on,
        presider="甲正职",
        should_attend=1,
        attendees=(Attendee(name="甲正职", post="局长", presence=Presence.PRESENT),),
        vote_method=VoteMethod.ORAL,
        result=Result.ADOPTED,
        **more,
    )


def public(document: Document, on: date | None, **more: Any) -> PublishedDocument:
    return PublishedDocument(document, on, ref=more.pop("ref", document.natural_key()), **more)


def case(
    *records: PublishedDocument,
    slug: str = "xiuzhou",
    today: date = TODAY,
    unit: UnitFacts | None = None,
    regime: Regime | None = None,
    **more: Any,
) -> Case:
    return Case(
        regime or REGIMES[slug], unit or UnitFacts("示例财政局", UnitType.BUREAU), today, records, **more
    )


def cell(one: Case, duty: str = "finance", period: str = Q3) -> Cell:
    found = standing(one, [Q3]).cell(duty, period)
    assert found is not None
    return found


def with_terms(regime: Regime, rule_id: str, **values: Any) -> Regime:
    """Return the regime with one entry for the rule."""
    given = {"from": date(2019, 5, 15), "severity": "red", "source": "示例文件第一条", **values}
    entry = rules()[rule_id].terms.model_validate(given)
    return regime.model_copy(update={"rules": {**regime.rules, rule_id: (entry,)}})


@pytest.mark.parametrize(
    ("today", "status"),
    [
        (date(2026, 9, 30), Status.NOT_DUE),
        (date(2026, 10, 1), Status.DUE),
        (date(2026, 10, 26), Status.DUE),
        (date(2026, 10, 27), Status.DUE_SOON),
        (date(2026, 11, 3), Status.DUE_SOON),
        (date(2026, 11, 4), Status.MISSING),
    ],
)
def test_an_unpublished_quarter_turns_with_the_days(today: date, status: Status) -> None:
    found = cell(case(today=today))
    assert found.status is status
    assert found.due is not None
    assert found.due.day == date(2026, 11, 3)


@pytest.mark.parametrize(
    ("on", "status", "days"),
    [
        (date(2026, 10, 1), Status.ON_TIME, 0),
        (date(2026, 11, 3), Status.ON_TIME, 0),
        (date(2026, 11, 4), Status.LATE, 1),
        (date(2026, 11, 7), Status.LATE, 3),  # A Saturday.
        (date(2026, 11, 9), Status.LATE, 4),
    ],
)
def test_lateness_is_counted_in_working_days_from_the_due_day(on: date, status: Status, days: int) -> None:
    found = cell(case(public(quarter(), on)))
    assert (found.status, found.days) == (status, days)
    assert found.evidence[0].day == on
    assert found.word == (f"迟 {days} 个工作日" if days else "按期")


def test_published_on_the_first_day_off_after_the_deadline_is_late_by_one() -> None:
    regime = with_terms(REGIMES["xiuzhou"], "FIN-06", within="18个工作日")  # Friday 30 October.
    found = cell(case(public(quarter(), date(2026, 10, 31)), regime=regime))
    assert (found.status, found.days) == (Status.LATE, 1)


def test_missing_counts_up_to_today() -> None:
    found = cell(case(today=date(2026, 11, 10)))
    assert (found.status, found.days, found.word) == (Status.MISSING, 5, "未公开")


def test_nil_is_kept_and_is_not_blank() -> None:
    nil = public(quarter(nil=True, nil_reason="尚未开户"), date(2026, 10, 20))
    assert cell(case(nil)).status is Status.NIL
    late = public(quarter(nil=True), date(2026, 11, 4))
    assert cell(case(late)).status is Status.LATE
    assert standing(case(), [Q3]).cell("budget", "2026-budget") is None


def test_a_deadline_in_a_year_without_a_notice_is_provisional() -> None:
    found = standing(case(today=date(2027, 1, 4)), ["2026Q4"]).cell("finance", "2026Q4")
    assert found is not None
    assert found.provisional
    assert not cell(case()).provisional


def test_a_quarter_published_to_the_staff_says_so() -> None:
    found = cell(case(public(quarter(audience=Audience.STAFF), date(2026, 10, 20)), complete=True))
    assert (found.status, found.done_on) == (Status.MISSING, None)
    assert "只向本单位职工公开" in found.note
    assert (
        cell(case(public(quarter(audience=Audience.STAFF, nil=True), date(2026, 10, 20)))).status
        is Status.MISSING
    )
    first = quarter(audience=Audience.STAFF)
    widened = public(
        quarter(), date(2026, 10, 20), stages=((date(2026, 10, 20), first),), changed_on=date(2026, 11, 4)
    )
    assert (cell(case(widened)).status, cell(case(widened)).done_on) == (Status.LATE, date(2026, 11, 4))


@pytest.mark.parametrize(
    ("founded", "abolished", "status"),
    [
        (date(2026, 9, 30), None, Status.MISSING),  # The first, partial quarter is owed (read strictly).
        (date(2026, 10, 1), None, Status.NOT_APPLICABLE),
        (date(2026, 7, 1), None, Status.MISSING),
        (None, date(2026, 9, 30), Status.NOT_APPLICABLE),
        (None, date(2026, 10, 1), Status.NOT_APPLICABLE),  # The deadline came when it was gone.
        (None, date(2026, 11, 3), Status.NOT_APPLICABLE),
        (None, date(2026, 11, 4), Status.MISSING),
        (None, date(2026, 8, 15), Status.NOT_APPLICABLE),
    ],
)
def test_units_founded_or_abolished_in_between(
    founded: date | None, abolished: date | None, status: Status
) -> None:
    unit = UnitFacts("示例办公室", founded_on=founded, abolished_on=abolished)
    assert cell(case(unit=unit)).status is status


def test_a_regime_may_let_the_first_partial_quarter_go() -> None:
    regime = with_terms(REGIMES["xiuzhou"], "FIN-06", within="20个工作日", partial_first_period=False)
    partial = UnitFacts("示例办公室", founded_on=date(2026, 7, 2))
    whole = UnitFacts("示例办公室", founded_on=date(2026, 7, 1))
    assert cell(case(unit=partial, regime=regime)).status is Status.NOT_APPLICABLE
    assert cell(case(unit=whole, regime=regime)).status is Status.MISSING
    assert (
        cell(case(public(quarter(), date(2026, 10, 20)), unit=partial, regime=regime)).status
        is Status.ON_TIME
    )


def test_a_regime_without_the_rule_has_no_duty() -> None:
    assert cell(case(slug="shandong")).status is Status.NOT_APPLICABLE
    published = cell(case(public(quarter(), date(2026, 12, 1)), slug="shandong", today=date(2026, 12, 2)))
    assert (published.status, published.due, published.word) == (Status.ON_TIME, None, "已公开")
    assert "township" not in standing(case(), [Q3]).cells


def test_withdrawal_neither_revives_nor_cures_lateness() -> None:
    in_time = cell(case(public(quarter(), date(2026, 10, 20), withdrawn=True)))
    assert (in_time.status, in_time.withdrawn) == (Status.ON_TIME, True)
    late = cell(case(public(quarter(), date(2026, 11, 4), withdrawn=True)))
    assert (late.status, late.days, late.withdrawn) == (Status.LATE, 1, True)
    lost = cell(case(lost=(Lost("finance", Q3, date(2026, 11, 4), "x"),)))
    assert (lost.status, lost.withdrawn) == (Status.LATE, True)


EXEMPTION = Exempted(
    "finance", "副职不足", "示例纪委", date(2026, 1, 1), date(2026, 9, 30), recorded_on=date(2026, 1, 5)
)


def test_an_exemption_covers_the_periods_that_end_within_it() -> None:
    exempt = cell(case(exemptions=(EXEMPTION,)))
    assert exempt.status is Status.EXEMPT
    assert "示例纪委" in exempt.note
    expired = replace(EXEMPTION, valid_until=date(2026, 9, 29))
    assert cell(case(exemptions=(expired,))).status is Status.MISSING
    other = replace(EXEMPTION, period="2026Q2")
    assert cell(case(exemptions=(other,))).status is Status.MISSING
    revoked = replace(EXEMPTION, revoked_on=date(2026, 9, 30))
    assert cell(case(exemptions=(revoked,))).status is Status.MISSING
    before_due = replace(EXEMPTION, revoked_on=date(2026, 11, 3))
    assert cell(case(exemptions=(before_due,))).status is Status.MISSING
    still = replace(EXEMPTION, revoked_on=date(2026, 11, 4))
    assert cell(case(exemptions=(still,))).status is Status.EXEMPT


def test_who_is_exempt_and_publishes_in_time_has_kept_the_duty() -> None:
    on_time = case(public(quarter(), date(2026, 11, 3)), exemptions=(EXEMPTION,))
    assert cell(on_time).status is Status.ON_TIME
    late = case(public(quarter(), date(2026, 11, 4)), exemptions=(EXEMPTION,))
    assert cell(late).status is Status.EXEMPT


def test_an_exemption_recorded_after_the_deadline_changes_nothing_and_is_shown() -> None:
    last_day = replace(EXEMPTION, recorded_on=date(2026, 11, 3))
    assert cell(case(exemptions=(last_day,))).status is Status.EXEMPT
    found = cell(case(exemptions=(replace(EXEMPTION, recorded_on=date(2026, 11, 4)),)))
    assert found.status is Status.MISSING
    assert "事后登记" in found.afterthought


EXTENSION = Extended(
    "finance", Q3, date(2026, 11, 30), "系统迁移", "示例财政局", recorded_on=date(2026, 11, 3)
)


def test_an_extension_moves_the_deadline() -> None:
    open_still = cell(case(extensions=(EXTENSION,), today=date(2026, 11, 10)))
    assert open_still.status is Status.EXTENDED
    assert open_still.due is not None
    assert open_still.original is not None
    assert (open_still.due.day, open_still.original.day) == (date(2026, 11, 30), date(2026, 11, 3))
    assert "系统迁移" in open_still.note
    assert cell(case(extensions=(EXTENSION,), today=date(2026, 12, 1))).status is Status.MISSING
    in_time = case(public(quarter(), date(2026, 11, 30)), extensions=(EXTENSION,), today=date(2026, 12, 1))
    assert cell(in_time).status is Status.ON_TIME
    late = case(public(quarter(), date(2026, 12, 1)), extensions=(EXTENSION,), today=date(2026, 12, 1))
    assert (cell(late).status, cell(late).days) == (Status.LATE, 1)
    other = replace(EXTENSION, period="2026Q2")
    assert cell(case(extensions=(other,))).status is Status.MISSING


def test_an_extension_after_the_fact_is_shown_and_changes_nothing() -> None:
    found = cell(case(extensions=(replace(EXTENSION, recorded_on=date(2026, 11, 4)),)))
    assert (found.status, found.due) == (Status.MISSING, found.original)
    assert "事后登记" in found.afterthought
    again = replace(EXTENSION, new_due=date(2026, 12, 15), recorded_on=date(2026, 11, 30))
    twice = cell(case(extensions=(again, EXTENSION), today=date(2026, 12, 10)))
    assert twice.due is not None
    assert twice.due.day == date(2026, 12, 15)


def test_a_plan_is_owed_where_domains_are_restricted() -> None:
    none = standing(case(), [Q3]).last("plan")
    assert none is not None
    assert (none.status, none.period) == (Status.MISSING, "")
    assert standing(case(slug="shandong"), [Q3]).cell("plan", "") == Cell(
        duty_of("plan"), "", Status.NOT_APPLICABLE, note="本地没有规定不得直接分管的工作"
    )


@pytest.mark.parametrize(
    ("today", "status"),
    [
        (date(2026, 10, 12), Status.NOT_DUE),
        (date(2026, 11, 9), Status.DUE),
        (date(2026, 11, 10), Status.MISSING),
    ],
)
def test_a_new_unit_has_the_same_days_for_its_first_plan(today: date, status: Status) -> None:
    unit = UnitFacts("示例新区办", founded_on=date(2026, 10, 12))  # 20 working days: 9 November.
    found = standing(case(unit=unit, today=today), []).last("plan")
    assert found is not None
    assert found.status in ((status, Status.DUE_SOON) if status is Status.DUE else (status,))


def test_a_plan_in_force_late_ended_and_to_come() -> None:
    on_time = standing(case(public(plan(), date(2026, 1, 29))), []).last("plan")
    late = standing(case(public(plan(), date(2026, 1, 30))), []).last("plan")
    assert on_time is not None
    assert late is not None
    assert (on_time.status, late.status, late.days) == (Status.ON_TIME, Status.LATE, 1)
    ended = plan(effective_to=date(2026, 6, 30))
    gone = standing(case(public(ended, date(2026, 1, 10))), []).last("plan")
    assert gone is not None
    assert gone.status is Status.MISSING
    assert "2026年6月30日终止" in gone.note
    coming = plan(effective_from=date(2026, 12, 1))
    ahead = standing(case(public(coming, date(2026, 11, 10))), []).last("plan")
    assert ahead is not None
    assert ahead.status is Status.MISSING
    assert "2026年12月1日起执行" in ahead.note


def test_a_withdrawn_plan_keeps_its_timeliness() -> None:
    found = standing(case(public(plan(), date(2026, 1, 10), withdrawn=True)), []).of("plan")
    assert [(one.status, one.withdrawn) for one in found] == [(Status.ON_TIME, True)]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({}, Status.EXEMPT),
        ({"exemption_until": TODAY}, Status.EXEMPT),
        ({"exemption_until": date(2026, 11, 19)}, Status.ON_TIME),
        ({"exemption_approver": None}, Status.ON_TIME),
        ({"exemption_until": None}, Status.ON_TIME),
        (
            {"exemption_reason": "没有行政审批职能"},
            Status.ON_TIME,
        ),  # Frees from one domain, not from the plan.
    ],
)
def test_a_plan_may_state_its_own_exemption(more: dict[str, Any], status: Status) -> None:
    given = {
        "exemption_reason": "班子只有两人",
        "exemption_approver": "示例纪委",
        "exemption_until": date(2026, 12, 31),
    }
    found = standing(case(public(plan(**{**given, **more}), date(2026, 1, 10))), []).last("plan")
    assert found is not None
    assert found.status is status


def test_a_registered_exemption_from_the_plan_holds_until_its_last_day() -> None:
    held = replace(EXEMPTION, duty="plan", valid_until=TODAY)
    ended = public(plan(effective_to=date(2025, 12, 31), effective_from=date(2025, 1, 1)), date(2025, 1, 10))
    found = standing(case(ended, exemptions=(held,)), []).last("plan")
    assert found is not None
    assert found.status is Status.EXEMPT
    over = standing(case(ended, exemptions=(held,), today=date(2026, 11, 21)), []).last("plan")
    assert over is not None
    assert over.status is Status.MISSING


def test_an_exemption_from_the_plan_that_comes_late_undoes_no_gap() -> None:
    found = standing(case(exemptions=(replace(EXEMPTION, duty="plan", valid_until=TODAY),)), []).last("plan")
    assert found is not None
    assert found.status is Status.MISSING
    assert "事后登记（2026年1月5日）的豁免" in found.afterthought


def test_what_only_the_staff_can_read_is_missing_whatever_the_duty() -> None:
    staff = {"audience": Audience.STAFF}
    hidden = case(
        public(plan(**staff), date(2026, 1, 10)),
        public(decision(date(2026, 9, 1), **staff), date(2026, 9, 2)),
        public(
            quarter("2026", statement=StatementType.BUDGET, approved_on=date(2026, 3, 2), **staff),
            date(2026, 3, 3),
        ),
    )
    for duty, period in (("plan", ""), ("decision", Q3), ("budget", "2026-budget")):
        found = cell(hidden, duty, period)
        assert found.status is Status.MISSING, duty
        assert "只向本单位职工公开" in found.note
    assert (rates([hidden])[0].done, rates([hidden])[0].wanting) == ((), ("示例财政局",))
    beside = case(
        public(plan(), date(2026, 1, 10)),
        public(plan(effective_from=date(2026, 6, 1), **staff), date(2026, 6, 1)),
    )
    assert [one.status for one in standing(beside, []).of("plan")] == [Status.MISSING, Status.ON_TIME]
    kept_back = decision(date(2026, 9, 1), openness=Openness.ON_REQUEST, **staff)
    assert standing(case(public(kept_back, date(2026, 9, 2))), [Q3]).cell("decision", Q3) is None


def test_what_stands_in_a_quarter_that_is_not_there_cannot_be_judged() -> None:
    found = cell(case(), "reports")
    assert (found.status, found.days) == (Status.UNCLEAR, 0)
    assert found.note == "无从核对：所属季度财务未公开"
    assert cell(case(extensions=(EXTENSION,)), "reports").status.open
    assert cell(case(exemptions=(EXEMPTION,)), "reports").status is Status.EXEMPT
    assert cell(case(slug="xian", today=date(2027, 3, 1)), "vouchers").status is Status.UNCLEAR
    lost = cell(case(lost=(Lost("finance", Q3, date(2026, 11, 4), "x"),)), "reports")
    assert lost.note == "无从核对：所属季度财务内容已依法销毁"


def test_the_clock_of_a_unit_stops_when_it_is_abolished() -> None:
    unit = UnitFacts("示例办公室", abolished_on=date(2026, 11, 10))
    found = cell(case(unit=unit, today=date(2026, 12, 31)))
    assert (found.status, found.days) == (Status.MISSING, 5)
    after = cell(case(public(quarter(), date(2026, 12, 1)), unit=unit, today=date(2026, 12, 31)))
    assert (after.status, after.days) == (Status.LATE, 5)


def test_a_unit_whose_first_plan_is_not_due_is_not_counted_yet() -> None:
    unit = UnitFacts("示例新区办", founded_on=date(2026, 10, 12))
    assert rates([case(unit=unit, today=date(2026, 11, 9))])[0].eligible == 0
    assert rates([case(unit=unit, today=date(2026, 11, 10))])[0].eligible == 1
    early = case(public(plan(effective_from=date(2026, 10, 20)), date(2026, 10, 20)), unit=unit)
    assert rates([replace(early, today=date(2026, 11, 9))])[0].done == ("示例新区办",)


def test_what_was_withdrawn_does_not_count_as_kept_in_the_index() -> None:
    one = case(public(quarter(), date(2026, 10, 20), withdrawn=True))
    items = {item.item.code: item for item in index_of(one, standing(one, [Q3]), []).items}
    assert items["finance"].passed is None


def test_filing_counts_from_the_adoption() -> None:
    regime = with_terms(REGIMES["xiuzhou"], "DEL-06", within="5个工作日")

    def filed(on: date | None) -> Cell:
        return cell(case(public(plan(filed_on=on), date(2026, 1, 10)), regime=regime), "filing", "2026-01-01")

    assert filed(date(2025, 12, 29)).status is Status.ON_TIME
    assert (filed(date(2025, 12, 30)).status, filed(date(2025, 12, 30)).days) == (Status.LATE, 1)
    assert filed(None).word == "未备案"


def test_the_townships_three_expenses_are_owed_by_townships_alone() -> None:
    town = UnitFacts("示例一镇", UnitType.TOWNSHIP)
    regime = with_terms(REGIMES["jinhu"], "FIN-08", **_township_terms())

    def filed(on: date | None, unit: UnitFacts = town) -> Cell | None:
        record = public(quarter(township_filed_on=on), date(2026, 10, 20))
        return standing(case(record, unit=unit, regime=regime), [Q3]).cell("township", Q3)

    in_time, late, blank = filed(date(2026, 10, 27)), filed(date(2026, 10, 28)), filed(None)
    assert in_time is not None
    assert late is not None
    assert blank is not None
    assert (in_time.status, late.status, late.days) == (Status.ON_TIME, Status.LATE, 1)
    assert (blank.status, blank.word) == (Status.MISSING, "未备案")
    assert filed(date(2026, 10, 27), UnitFacts("示例财政局")) is None


def _township_terms() -> dict[str, Any]:
    shipped = REGIMES["jinhu"].rules.get("FIN-08", ())
    given = shipped[0].model_dump(include=set(type(shipped[0]).values())) if shipped else {}
    return {**given, "within": "15个工作日", "unit_types": ["township"]}


def test_each_domain_of_the_plan_is_reported_on_by_its_deputy() -> None:
    def told(*given: DeputyReport) -> Cell:
        records = (
            public(plan(), date(2026, 1, 10)),
            public(quarter(deputy_reports=given), date(2026, 10, 20)),
        )
        return cell(case(*records), "reports")

    def report(on: date, who: str = "乙副职") -> DeputyReport:
        return DeputyReport(
            domain="财务", deputy=who, reported_on=on, reported_to="班子会", summary="一切如常。"
        )

    assert told(report(date(2026, 10, 20))).status is Status.ON_TIME
    assert (told(report(date(2026, 10, 21))).status, told(report(date(2026, 10, 21))).days) == (
        Status.LATE,
        1,
    )
    assert told(report(date(2026, 6, 30))).status is Status.MISSING  # Of the quarter before.
    assert told(report(date(2026, 10, 9), "丙副职")).status is Status.MISSING
    assert "缺财务的报告" in told().note


def test_the_chiefs_check_stands_in_the_quarters_disclosure() -> None:
    def told(**more: Any) -> Cell:
        records = (
            public(plan(), date(2026, 1, 10)),
            public(quarter(unit_head="甲正职", **more), date(2026, 10, 20)),
        )
        return cell(case(*records, slug="xian"), "vouchers")

    check = VoucherCheck(checked_on=date(2026, 9, 28), checker="甲正职", scope="三季度票据")
    assert told(voucher_checks=(check,)).status is Status.ON_TIME
    assert told().word == "未检查"
    assert told(nil=True).status is Status.NIL


def test_a_budget_is_due_from_its_approval() -> None:
    def shown(approved: date | None, on: date) -> Cell:
        budget = quarter("2026", statement=StatementType.BUDGET, approved_on=approved)
        return cell(case(public(budget, on)), "budget", "2026-budget")

    assert shown(date(2026, 3, 2), date(2026, 3, 23)).status is Status.ON_TIME  # The 22nd is a Sunday.
    late = shown(date(2026, 3, 2), date(2026, 3, 24))
    assert (late.status, late.days, late.day_unit) == (Status.LATE, 1, "日")
    assert shown(None, date(2026, 3, 23)).status is Status.UNCLEAR


def test_decisions_are_counted_by_the_quarter_of_the_meeting() -> None:
    held = date(2026, 9, 1)  # 20 working days, 20 September working: 28 September.
    due = REGIMES["xiuzhou"].calendar_on(held).add_workdays(held, 20).day
    found = cell(
        case(
            public(decision(held, 1), due),
            public(decision(held, 2), date(2026, 10, 12)),
            public(decision(date(2026, 10, 9), 3), date(2026, 10, 12)),
        ),
        "decision",
    )
    assert found.status is Status.LATE
    assert found.counts is not None
    assert (found.counts.on_time, found.counts.late, found.counts.open) == (1, 1, 0)
    assert [one.ref for one in found.evidence] == ["示决〔2026〕2号"]
    assert standing(case(), [Q3]).cell("decision", Q3) is None, "blank: nothing happened"


@pytest.mark.skipif("TEN-10" not in rules(), reason="规则 TEN-10 尚未写入规则手册：采购结果公告的义务未检查")
def test_an_award_is_announced_within_its_days() -> None:
    def told(**more: Any) -> Cell | None:
        award = Award(determined_on=date(2026, 9, 18), supplier="示例甲公司", amount=1_000_000, **more)
        tender = Tender(title="示例采购", project_no="示采1", method="inquiry", award=award)
        return standing(case(public(tender, date(2026, 9, 22))), [Q3]).cell("tender", Q3)

    in_time, late = told(announced_on=date(2026, 9, 21)), told(announced_on=date(2026, 9, 22))
    assert in_time is not None
    assert late is not None
    assert (in_time.status, late.status) == (Status.ON_TIME, Status.LATE)


def test_the_annual_report_is_due_after_the_year() -> None:
    assert cell(case(), "annual", "2026").status is Status.NOT_DUE
    assert cell(case(today=date(2027, 1, 5)), "annual", "2026").status is Status.DUE
    assert cell(case(today=date(2027, 3, 1)), "annual", "2026").status is Status.MISSING


def _text(area: Area, **more: Any) -> PublishedDocument:
    text = Regulation(title=f"示例{area.label}", area=area, blocks=(Block(text="正文"),), **more)
    return public(text, date(2026, 5, 1))


SIX = (Area.DIVISION, Area.REPORTING, Area.ROTATION, Area.COLLECTIVE, Area.MAJOR_MATTERS, Area.SPEAK_LAST)


def test_erqi_asks_for_six_supporting_rules() -> None:
    found = standing(
        case(_text(Area.DIVISION), _text(Area.ROTATION, effective_to=TODAY.replace(day=19)), slug="erqi"), []
    )
    states = {one.period: one.status for one in found.of("supporting")}
    assert list(states) == [one.value for one in SIX]
    assert states["division"] is Status.ON_TIME
    assert states["rotation"] is Status.MISSING, "a text that has ended is none"


def test_coverage_counts_eligible_units_and_exempt_ones_apart() -> None:
    bands = (SignOffBand(domain="财务", lower=0, upper=500_000, approver=Approver.DEPUTY, chain=("经办人",)),)
    whole = case(
        public(plan(bands=bands), date(2026, 1, 10)), *map(_text, SIX), slug="erqi", unit=UnitFacts("甲局")
    )
    bare = case(slug="erqi", unit=UnitFacts("乙局"))
    exempt = case(
        slug="erqi", unit=UnitFacts("丙局"), exemptions=(replace(EXEMPTION, duty="plan", valid_until=TODAY),)
    )
    abolished = case(slug="erqi", unit=UnitFacts("丁局", abolished_on=date(2026, 1, 1)))
    found = {one.item.code: one for one in rates([whole, bare, exempt, abolished])}
    for rate in found.values():
        assert (rate.done, rate.wanting, rate.exempt) == (("甲局",), ("乙局",), ("丙局",))
        assert rate.share == Fraction(1, 2)
    assert (found["plans"].reached, found["supporting"].reached) == (False, True)
    assert rates([case(slug="shandong")])[0].share is None


def test_the_index_can_be_worked_out_again_from_its_items() -> None:
    one = case(public(plan(), date(2026, 1, 10)), public(quarter(), date(2026, 11, 4)))
    checked = list(reports(one.regime, one.unit, one.standing_records, complete=True, on=TODAY))
    found = index_of(one, standing(one, [Q3]), checked)
    states = {item.item.code: item.passed for item in found.items}
    assert states["plan"] is True
    assert states["finance"] is False
    assert states["speak_last"] is None
    applicable = sum(item.item.weight for item in found.items if item.passed is not None)
    passed = sum(item.item.weight for item in found.items if item.passed)
    assert found.value == Fraction(100 * passed, applicable)
    late = next(item for item in found.items if item.item.code == "finance")
    assert late.evidence[0].ref == Q3
    assert "迟 1 个工作日" in late.evidence[0].what
    assert found.text == f"{float(found.value):.1f}"


def test_a_unit_without_anything_has_an_index_of_what_it_owes() -> None:
    found = index_of(case(), standing(case(), [Q3]), [])
    assert found.value == 0
    gone = case(unit=UnitFacts("丁局", abolished_on=date(2026, 1, 1)))
    assert index_of(gone, standing(gone, [Q3]), []).value is None
    assert index_of(gone, standing(gone, [Q3]), []).text == "—"


def test_what_lies_longer_back_than_the_index_looks_does_not_count() -> None:
    def passed(on: date) -> bool | None:
        one = case(public(quarter("2025Q2"), on), public(quarter(), date(2026, 10, 20)))
        found = index_of(one, standing(one, ["2025Q2", Q3]), [])
        return next(item.passed for item in found.items if item.item.code == "finance")

    assert passed(date(2025, 9, 1)) is True, "late, but more than twelve months ago"


def test_the_board_begins_with_the_first_disclosed_quarter() -> None:
    assert board_periods([], TODAY) == ["2026Q3"]
    assert board_periods(["2026Q1", "2026Q4"], TODAY) == ["2026Q1", "2026Q2", "2026Q3"]
    assert board_periods(["2010Q1"], TODAY)[0] == "2024Q4"
    assert len(board_periods(["2010Q1"], TODAY)) == 8


def test_a_duty_is_known_by_code_title_and_rule() -> None:
    assert duty_of("finance") == duty_of("季度财务") == duty_of("fin-06")
    with pytest.raises(ValueError, match="没有“吃饭”这一项义务"):
        duty_of("吃饭")
