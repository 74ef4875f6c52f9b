"""What a commission may switch on or set otherwise: rules and values that bind nowhere as shipped."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portal.domain.documents.base import Document
from portal.domain.regimes import Regime
from portal.domain.rules.base import rules
from portal.domain.rules.check import Report, State, check
from portal.domain.rules.dossier import Context, Dossier, Entry
from portal.domain.units import UnitFacts
from tests.regimes.scenarios import build, regimes

FIRST_DAY = date(2021, 6, 1)


def _regime(**entries: dict[str, Any]) -> Regime:
    """Return Erqi's regime with these terms for the rules named (DEL_03 is DEL-03)."""
    erqi = regimes()["erqi"]
    own = dict(erqi.rules)
    for name, values in entries.items():
        rule_id = name.replace("_", "-")
        whole = {"from": FIRST_DAY, "source": "示例规定 第一条", "severity": "yellow", **values}
        own[rule_id] = (rules()[rule_id].terms.model_validate(whole),)
    return erqi.model_copy(update={"rules": own})


def _check(rule_id: str, regime: Regime, change: dict[str, Any], *, on: date = date(2026, 11, 20)) -> Report:
    plan = build("erqi", {"base": "plan", "change": change})
    others: tuple[Document, ...] = (build("erqi", "previous_plan"), build("erqi", "adopting"))
    dossier = Dossier(tuple(Entry(one, one.issued_on) for one in others), complete=True)
    return check(plan, Context(regime, UnitFacts("示例单位"), on, dossier), only=[rule_id])


def _places(report: Report) -> list[str]:
    assert report.checks, "the rule did not concern the plan"
    return [one.place for one in report.findings]


def _row(domain: str, deputy: str, **more: Any) -> dict[str, Any]:
    return {"domain": domain, "deputy": deputy, "post": "副职", "held_since": date(2025, 1, 1), **more}


FIVE_DOMAINS = ("财务", "干部人事", "工程建设", "物资（服务）采购", "行政审批")


@pytest.mark.parametrize("rule_id", ["DEL-03", "DEL-04", "DEL-11"])
def test_rules_of_other_places_bind_none_of_the_shipped_regimes(rule_id: str) -> None:
    for regime in regimes().values():
        assert not regime.all_terms(rule_id)


# DEL-03 一名副职不包揽各项


def test_a_deputy_may_hold_as_many_domains_as_the_regime_says() -> None:
    regime = _regime(DEL_03={"most": 3})
    three = {f"/assignments/{place}/deputy": "乙副职" for place in range(3)}

    assert _places(_check("DEL-03", regime, three)) == []


def test_one_domain_more_than_the_regime_says_is_found_at_the_last_of_them() -> None:
    regime = _regime(DEL_03={"most": 3})
    four = {f"/assignments/{place}/deputy": "乙副职" for place in range(4)}

    report = _check("DEL-03", regime, four)

    assert _places(report) == ["/assignments/3/deputy"]
    assert "乙副职一人分管财务、干部人事、工程建设、物资（服务）采购，共 4 项" in report.findings[0].seen


def test_nobody_holds_all_domains_even_where_the_number_would_allow_it() -> None:
    regime = _regime(DEL_03={"most": 5})
    four = {f"/assignments/{place}/deputy": "乙副职" for place in range(4)}
    five = {f"/assignments/{place}/deputy": "乙副职" for place in range(5)}

    assert _places(_check("DEL-03", regime, four)) == []
    assert _places(_check("DEL-03", regime, five)) == ["/assignments/4/deputy"]


def test_where_one_domain_binds_one_deputy_holds_it() -> None:
    regime = _regime(DEL_03={"most": 3})
    regime = regime.model_copy(update={"domains": regime.domains[:1]})

    assert _places(_check("DEL-03", regime, {})) == []


def test_the_same_domain_twice_counts_once() -> None:
    regime = _regime(DEL_03={"most": 1})

    assert _places(_check("DEL-03", regime, {"/assignments/-": _row("财务", "乙副职")})) == []


# DEL-04 纪检负责人不分管


def test_the_head_of_discipline_holds_no_domain() -> None:
    report = _check("DEL-04", _regime(DEL_04={}), {"/assignments/2/role": "discipline_head"})

    assert _places(report) == ["/assignments/2/deputy"]
    assert "丁副职是纪检负责人，方案列其分管工程建设" in report.findings[0].seen


def test_recorded_consent_lifts_the_ban_for_that_row_alone() -> None:
    change = {
        "/assignments/2/role": "discipline_head",
        "/assignments/2/consent_record": "示组〔2026〕2号",
        "/assignments/3/deputy": "丁副职",
    }

    assert _places(_check("DEL-04", _regime(DEL_04={}), change)) == ["/assignments/3/deputy"]


def test_a_post_that_the_regime_names_makes_a_head_of_discipline() -> None:
    change = {"/assignments/1/post": "纪委书记"}

    assert _places(_check("DEL-04", _regime(DEL_04={}), change)) == []
    assert _places(_check("DEL-04", _regime(DEL_04={"posts": ["纪委书记", "纪检组长"]}), change)) == [
        "/assignments/1/deputy"
    ]


def test_without_anybody_in_charge_the_options_do_not_concern_the_plan() -> None:
    regime = _regime(DEL_03={"most": 3}, DEL_04={}, DEL_11={})

    for rule_id in ("DEL-03", "DEL-04", "DEL-11"):
        assert not _check(rule_id, regime, {"/assignments": []}).checks


# DEL-11 正职不任B角


def test_the_chief_is_nobodys_substitute() -> None:
    regime = _regime(DEL_11={})

    assert _places(_check("DEL-11", regime, {})) == []
    assert _places(_check("DEL-11", regime, {"/assignments/0/substitute": None})) == []
    assert _places(_check("DEL-11", regime, {"/assignments/0/substitute": "丙副职、甲正职"})) == [
        "/assignments/0/substitute"
    ]


def test_an_acting_head_is_nobodys_substitute() -> None:
    acting = {"/chiefs": [{"name": "丙副职", "post": "副职", "acting": True}]}

    assert (
        len(_places(_check("DEL-11", _regime(DEL_11={}), acting))) == 4
    )  # 丙副职 is the substitute in four rows.


def test_a_row_of_two_domains_is_told_once() -> None:
    change = {"/assignments/0/domain": "财务、干部人事", "/assignments/0/substitute": "甲正职"}

    assert _places(_check("DEL-11", _regime(DEL_11={}), change)) == ["/assignments/0/substitute"]


# The other reading of each ambiguity, and other values.


def test_a_commission_may_let_units_leave_out_a_power_that_they_do_not_have() -> None:
    rows = [_row(domain, f"{domain}副职") for domain in FIVE_DOMAINS]
    without = {"/assignments": rows[:4]}

    assert _places(_check("DEL-02", _regime(DEL_02={"most": 1}), without)) == ["/assignments"]
    lenient = _regime(DEL_02={"most": 1, "may_omit": ["行政审批"]})
    assert _places(_check("DEL-02", lenient, without)) == []
    assert _places(_check("DEL-02", lenient, {"/assignments": rows[:3]})) == ["/assignments"]
    twice = {"/assignments": [*rows, _row("行政审批", "丑副职")]}
    assert _places(_check("DEL-02", lenient, twice)) == ["/assignments/5/deputy"]


def test_a_commission_may_allow_two_deputies_for_one_domain() -> None:
    regime = _regime(DEL_02={"most": 2})

    assert _places(_check("DEL-02", regime, {"/assignments/0/deputy": "乙副职、丑副职"})) == []
    three = {"/assignments/0/deputy": "乙副职、丑副职", "/assignments/-": _row("财务", "寅副职")}
    assert _places(_check("DEL-02", regime, three)) == ["/assignments/5/deputy"]


def test_a_commission_may_count_an_acting_head_from_the_sixth_month() -> None:
    regime = _regime(DEL_08={"after": "6个月"})

    def acting(since: date | None) -> Report:
        head = {"name": "乙副职", "post": "副职", "acting": True, "acting_since": since}
        return _check("DEL-08", regime, {"/chiefs": [head]})

    assert _places(acting(date(2026, 5, 20))) == ["/assignments/0/deputy"]
    assert _places(acting(date(2026, 5, 21))) == []
    assert _check("DEL-08", regime, {}).checks[0].state == State.PASSED  # A chief needs no first day.
    unknown = acting(None)
    assert unknown.checks[0].state == State.UNCLEAR
    assert "6个月" in unknown.checks[0].unclear[0]


def test_where_no_exemptions_are_known_a_registered_one_has_no_effect() -> None:
    exemption = {
        "/exemption_reason": "副职只有一名。",
        "/exemption_approver": "示例区纪委",
        "/exemption_until": date(2026, 12, 31),
        "/assignments/0/deputy": "甲正职",
    }
    erqi = regimes()["erqi"]
    without = erqi.model_copy(
        update={"rules": {key: one for key, one in erqi.rules.items() if key != "DEL-14"}}
    )

    assert not _check("DEL-01", erqi, exemption).checks
    assert _places(_check("DEL-01", without, exemption)) == ["/assignments/0/deputy"]


def test_where_no_domain_binds_the_rules_of_domains_do_not_apply() -> None:
    extra = _regime(DEL_03={"most": 3}, DEL_04={}, DEL_11={})
    nothing = extra.model_copy(update={"domains": ()})

    for rule_id in ("DEL-01", "DEL-02", "DEL-03", "DEL-04", "DEL-08", "DEL-09", "DEL-11", "DEL-12"):
        assert _check(rule_id, extra, {}).checks, rule_id
        assert not _check(rule_id, nothing, {}).checks, rule_id


def test_a_domain_whose_own_name_is_a_list_is_known_by_it() -> None:
    erqi = regimes()["erqi"]
    listed = erqi.domains[2].model_copy(update={"aliases": ("工程、招标",)})
    regime = erqi.model_copy(update={"domains": (listed,)})
    change = {"/assignments/2/domain": "工程、招标", "/assignments/2/deputy": "甲正职"}

    assert _places(_check("DEL-01", regime, change)) == ["/assignments/2/deputy"]


def test_rotation_without_a_reminder_says_nothing_before_the_end() -> None:
    regime = _regime(DEL_09={"within": "36个月"})

    assert _places(_check("DEL-09", regime, {"/assignments/0/held_since": date(2023, 11, 20)})) == []
    assert _places(_check("DEL-09", regime, {"/assignments/0/held_since": date(2023, 11, 19)})) == [
        "/assignments/0/held_since"
    ]


def test_a_filing_period_in_days_is_counted_in_days() -> None:
    report = _check("DEL-06", _regime(DEL_06={"within": "7日"}), {"/filed_on": date(2025, 12, 31)})

    assert "迟 2 日" in report.findings[0].seen  # 22 + 7 = 29 December, a Monday.
