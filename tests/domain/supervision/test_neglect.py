"""不管不问: only a chief who had something to do, whose time is up, and who did nothing is neglectful."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from portal.domain.documents.delegation import Assignment, Chief, DelegationPlan
from portal.domain.documents.finance import DeputyReport, FinanceDisclosure, VoucherCheck
from portal.domain.grants import Exempted
from portal.domain.obligations import Case
from portal.domain.rules.unit_file import PublishedDocument
from portal.domain.supervision.neglect import Attention, State, attention
from portal.domain.units import UnitFacts, UnitType
from tests.regimes.scenarios import regimes

REGIME = regimes()["xiuzhou"]
TODAY = date(2026, 11, 20)  # Q3 was due on 3 November.
Q3 = "2026Q3"
PLAN = PublishedDocument(
    DelegationPlan(
        title="班子成员分工方案",
        adopted_on=date(2025, 12, 22),
        effective_from=date(2026, 1, 1),
        chiefs=(Chief(name="甲正职", post="局长"),),
        assignments=(Assignment(domain="财务", deputy="乙副职", post="副局长", held_since=date(2026, 1, 1)),),
    ),
    date(2025, 12, 25),
    ref="计划",
)


def checked(checker: str = "甲正职", day: date = date(2026, 9, 10)) -> VoucherCheck:
    return VoucherCheck(checked_on=day, checker=checker, scope="7—9月凭证")


def heard(to: str = "甲正职", deputy: str = "乙副职", day: date = date(2026, 9, 28)) -> DeputyReport:
    return DeputyReport(domain="财务", deputy=deputy, reported_on=day, reported_to=to, summary="示例")


def seen(*, published: bool = True, today: date = TODAY, plan: bool = True, case: dict[str, Any] | None = None, withdrawn: bool = False, **more: Any) -> Attention:  # fmt: skip
    quarter = FinanceDisclosure(period=Q3, title="三季度财务公开", **more)
    records = (PLAN,) * plan + ((PublishedDocument(quarter, date(2026, 10, 20), ref="财务", withdrawn=withdrawn),) if published else ())  # fmt: skip
    made = Case(REGIME, UnitFacts("示例财政局", UnitType.BUREAU, "caizheng"), today, records, complete=True)
    found = attention(replace(made, **(case or {})), Q3)
    assert found
    return found


@pytest.mark.parametrize(
    ("given", "state"),
    [
        ({}, State.NEGLECTED),
        ({"voucher_checks": (checked(),)}, State.TENDED),
        (
            {"voucher_checks": (checked("乙副职"),)},
            State.NEGLECTED,
        ),  # Somebody else's look is not the chief's.
        ({"voucher_checks": (checked(day=date(2026, 6, 30)),)}, State.NEGLECTED),  # Another quarter's.
        ({"deputy_reports": (heard(),)}, State.TENDED),
        ({"deputy_reports": (heard("局长"),)}, State.TENDED),
        ({"deputy_reports": (heard("局党组"),)}, State.TENDED),
        ({"deputy_reports": (heard("副局长"),)}, State.NEGLECTED),
        ({"deputy_reports": (heard("财务科"),)}, State.NEGLECTED),
        ({"deputy_reports": (heard(deputy="甲正职"),)}, State.NEGLECTED),  # To himself.
        ({"withdrawn": True}, State.UNKNOWN),
        ({"published": False}, State.UNKNOWN),  # Missing: charged on its own, and nobody can know more.
        ({"published": False, "today": date(2026, 11, 3)}, State.NOT_YET),
        ({"today": date(2026, 11, 3)}, State.NOT_YET),  # The page may still be put right.
        ({"today": date(2026, 11, 3), "voucher_checks": (checked(),)}, State.TENDED),
        ({"today": date(2026, 9, 30)}, State.NOT_YET),
        ({"plan": False, "voucher_checks": (checked(),)}, State.UNKNOWN),
        ({"plan": False, "unit_head": "甲正职", "voucher_checks": (checked(),)}, State.TENDED),
        ({"plan": False}, State.NEGLECTED),
    ],
)
def test_a_quarter_is_judged_by_what_the_chief_did(given: dict[str, Any], state: State) -> None:
    found = seen(**given)
    assert found.state is state, found.note
    assert bool(found.records) is (state is State.TENDED)
    assert found.note or state is State.TENDED


def test_a_unit_that_was_not_there_or_is_exempt_from_both_is_not_neglectful() -> None:
    young = UnitFacts("示例财政局", UnitType.BUREAU, "caizheng", founded_on=date(2026, 10, 8))
    assert seen(case={"unit": young}, published=False).state is State.NOT_APPLICABLE
    free = tuple(
        Exempted(duty, "示例", "示例", date(2026, 1, 1), date(2027, 1, 1), recorded_on=date(2026, 1, 1))
        for duty in ("vouchers", "reports")
    )
    assert seen(case={"exemptions": free}).state is State.NOT_APPLICABLE
    assert seen(case={"exemptions": free[:1]}).state is State.NEGLECTED


def test_a_regime_that_asks_nothing_says_nothing() -> None:
    silent = REGIME.model_copy(update={"national": REGIME.national.model_copy(update={"neglect": ()})})  # type: ignore[union-attr] # it has one.
    assert attention(Case(silent, UnitFacts("示例"), TODAY), Q3) is None
