"""采购异常信号: each is raised by its data, not raised a hair short of it, and says so where the data are wanting."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.documents.tender import Tender
from portal.domain.supervision.flags import WORDS, Survey, UnitPurchases, survey
from portal.domain.supervision.flags.base import COUNTY, GROUP, ONE
from portal.domain.units import UnitFacts, UnitType
from tests.regimes.scenarios import regimes

TODAY = date(2026, 11, 20)
DAY = date(2026, 9, 1)
YUAN = 100
REGIME = regimes()["xiuzhou"]
UNIT = UnitFacts("示例财政局", UnitType.BUREAU, "caizheng")
OTHER = UnitFacts("示例住建局", UnitType.BUREAU, "zhujian")


def bidder(
    name: str, price: int | None = 1_000_000, outcome: str | None = "lost", **more: Any
) -> dict[str, Any]:
    return {"name": name, "price": price, "outcome": outcome, **more}


def purchase(number: int = 1, **changes: Any) -> Tender:
    """Return a purchase that raises nothing: three bidders well apart, in good time, well below its ceiling."""
    data: dict[str, Any] = {
        "title": f"示例项目之{'甲乙丙丁戊己庚辛壬癸'[number % 10]}{number}",
        "project_no": f"示采〔2026〕{number}号",
        "subject": "goods",
        "method": "open_tender",
        "notice": {
            "issued_on": DAY - timedelta(days=40),
            "bids_due": DAY - timedelta(days=10),
            "ceiling": 1_500_000,
        },
        "bidders": [
            bidder("示例甲公司", 1_000_000, "won", lead="张示一"),
            bidder("示例乙公司", 1_150_000, lead="张示二"),
            bidder("示例丙公司", 1_280_000, lead="张示三"),
        ],
        "award": {
            "determined_on": DAY,
            "notified_on": DAY,
            "announced_on": DAY + timedelta(days=1),
            "supplier": "示例甲公司",
            "amount": 1_000_000,
        },
        "contract": {"signed_on": DAY + timedelta(days=20), "amount": 1_000_000},
    }
    return Tender.model_validate({**data, **changes})


def look(*tenders: Tender, unit: UnitFacts = UNIT, regime: Any = REGIME) -> Survey:
    records = tuple((f"索引-{place}", f"t{place}", one) for place, one in enumerate(tenders))
    return survey([UnitPurchases(unit, records)], regime, TODAY)


def codes(found: Survey) -> set[str]:
    return {one.code for one in found.flags}


def reasons(found: Survey, code: str) -> set[str]:
    return {one.reason for one in found.gaps if one.code == code}


def award(**changes: Any) -> dict[str, Any]:
    return {
        "determined_on": DAY,
        "announced_on": DAY,
        "supplier": "示例甲公司",
        "amount": 1_000_000,
        **changes,
    }


def test_an_ordinary_purchase_raises_nothing_and_leaves_nothing_untold() -> None:
    found = look(purchase())
    assert codes(found) == set()
    assert {one.code for one in found.gaps} <= {"repeat_winner", "many_rejected"}  # Too few for a share.


def test_every_check_has_its_terms_and_its_words() -> None:
    assert {one.code for one in REGIME.flags_on(TODAY)} == {*ONE, *GROUP, *COUNTY} == set(WORDS)
    for one in REGIME.flags_on(TODAY):
        assert one.default
        assert one.source


WON = bidder("示例甲公司", 1_000_000, "won")

RAISED: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("single_bidder", {"bidders": [WON]}, {"bidders": [WON, bidder("示例乙公司", 1_200_000)]}),
    (
        "short_notice",
        {"notice": {"issued_on": DAY, "bids_due": DAY + timedelta(days=19), "ceiling": 1_500_000}},
        {"notice": {"issued_on": DAY, "bids_due": DAY + timedelta(days=20), "ceiling": 1_500_000}},
    ),
    (
        "close_second",
        {"bidders": [WON, bidder("示例乙公司", 1_010_000)]},
        {"bidders": [WON, bidder("示例乙公司", 1_010_001)]},
    ),
    (
        "deep_discount",
        {"bidders": [WON, bidder("示例乙公司", 1_300_000)]},
        {"bidders": [WON, bidder("示例乙公司", 1_299_999)]},
    ),
    (
        "same_price",
        {"bidders": [WON, bidder("示例乙公司", 1_200_000), bidder("示例丙公司", 1_200_000)]},
        {"bidders": [WON, bidder("示例乙公司", 1_200_000), bidder("示例丙公司", 1_200_001)]},
    ),
    (
        "narrow_band",
        {"bidders": [WON, bidder("示例乙公司", 1_015_000), bidder("示例丙公司", 1_020_000)]},
        {"bidders": [WON, bidder("示例乙公司", 1_015_000), bidder("示例丙公司", 1_020_001)]},
    ),
    (
        "others_rejected",
        {"bidders": [WON, bidder("示例乙公司", 1_200_000, "rejected"), bidder("示例丙公司", 1_250_000, "rejected")]},
        {"bidders": [WON, bidder("示例乙公司", 1_200_000, "rejected"), bidder("示例丙公司", 1_250_000)]},
    ),
    (
        "lowest_rejected",
        {"bidders": [WON, bidder("示例乙公司", 999_999, "rejected"), bidder("示例丙公司", 1_250_000)]},
        {"bidders": [WON, bidder("示例乙公司", 1_000_001, "rejected"), bidder("示例丙公司", 1_250_000)]},
    ),
    (
        "shared_lead",
        {"bidders": [{**WON, "lead": "张示一"}, bidder("示例乙公司", 1_200_000, lead="张示一")]},
        {"bidders": [{**WON, "lead": "张示一"}, bidder("示例乙公司", 1_200_000, lead="张示二")]},
    ),
    ("price_at_ceiling", {"award": award(amount=1_485_000)}, {"award": award(amount=1_484_999)}),
    (
        "late_award_notice",
        {"award": award(announced_on=DAY + timedelta(days=11))},
        {"award": award(announced_on=DAY + timedelta(days=10))},
    ),
    (
        "late_contract",
        {"contract": {"signed_on": DAY + timedelta(days=31), "amount": 1_000_000}},
        {"contract": {"signed_on": DAY + timedelta(days=30), "amount": 1_000_000}},
    ),
    (
        "sole_source_no_reason",
        {"method": "sole_source"},
        {"method": "sole_source", "method_reason": "只有示例甲公司有该设备的专用配件。"},
    ),
    (
        "contract_above_award",
        {"contract": {"signed_on": DAY, "amount": 1_010_000}},
        {"contract": {"signed_on": DAY, "amount": 1_009_999}},
    ),
    (
        "amended_upward",
        {"variations": [{"agreed_on": DAY, "amount": 60_000, "reason": "示例"}, {"agreed_on": DAY, "amount": 40_000, "reason": "示例"}]},
        {"variations": [{"agreed_on": DAY, "amount": 60_000, "reason": "示例"}, {"agreed_on": DAY, "amount": 39_999, "reason": "示例"}]},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("code", "raises", "spares"), RAISED, ids=[one[0] for one in RAISED])
def test_a_flag_is_raised_at_its_value_and_not_a_hair_short_of_it(
    code: str, raises: dict[str, Any], spares: dict[str, Any]
) -> None:
    found = look(purchase(**raises))
    assert code in codes(found)
    assert code not in codes(look(purchase(**spares)))
    flag = next(one for one in found.flags if one.code == code)
    assert flag.data
    assert flag.seen
    assert all(one.ref == "索引-0" and one.field and one.value for one in flag.data)
    assert len(flag.cause) <= 60
    assert len(flag.fingerprint) == 64


UNTOLD: list[tuple[str, dict[str, Any], str]] = [
    ("single_bidder", {"bidders": []}, "没有填写投标人"),
    ("single_bidder", {"method": None}, "没有填写采购方式"),
    ("short_notice", {"notice": None}, "没有填写公告日期或者投标截止日期"),
    ("close_second", {"bidders": [WON, bidder("示例乙公司", None)]}, "有的投标人没有填写报价"),
    ("deep_discount", {"bidders": [bidder("示例丁公司"), bidder("示例乙公司")]}, "投标人中没有标明中标人"),
    ("same_price", {"bidders": [WON, bidder("示例乙公司", None)]}, "有的投标人没有填写报价"),
    ("narrow_band", {"bidders": [WON, bidder("示例乙公司", None), bidder("示例丙公司")]}, "有的投标人没有填写报价"),
    ("others_rejected", {"bidders": [WON, bidder("示例乙公司", 1_200_000, None)]}, "有的投标人没有填写结果"),
    ("lowest_rejected", {"bidders": [WON, bidder("示例乙公司", None, "rejected")]}, "有的投标人没有填写报价"),
    ("shared_lead", {"bidders": [WON, bidder("示例乙公司")]}, "没有填写投标人的项目负责人"),
    ("threshold_hugging", {"subject": None}, "没有填写采购方式、采购对象或者金额"),
    ("price_at_ceiling", {"notice": {"issued_on": DAY}}, "没有填写最高限价"),
    ("late_award_notice", {"award": award(announced_on=None)}, "没有填写结果公告日期"),
    ("late_contract", {"contract": None}, "没有填写合同签订日期"),
    ("amended_upward", {"contract": None, "variations": [{"agreed_on": DAY, "amount": 1, "reason": "示例"}]}, "没有填写合同金额"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "changes", "reason"), UNTOLD)
def test_what_cannot_be_worked_out_is_told_with_the_reason(
    code: str, changes: dict[str, Any], reason: str
) -> None:
    found = look(purchase(**changes))
    assert code not in codes(found)
    assert reason in reasons(found, code)
    gap = next(one for one in found.gaps if one.code == code and one.reason == reason)
    assert gap.count == 1
    assert gap.unit == "caizheng"
    assert gap.examples == (("索引-0", "t0", purchase().title),)


@pytest.mark.parametrize("method", ["sole_source", "framework", "direct"])
def test_where_nobody_competes_one_bidder_is_no_hint(method: str) -> None:
    assert "single_bidder" not in codes(look(purchase(bidders=[WON], method=method)))


def test_what_failed_is_no_purchase() -> None:
    failed = purchase(award=None, contract=None, bidders=[bidder("示例甲公司")], failure={"kind": "too_few", "decided_on": DAY, "reason": "只有一家"})  # fmt: skip
    assert look(failed).records == 0


def test_an_award_that_is_only_days_old_owes_no_contract_yet() -> None:
    late = TODAY - timedelta(days=5)
    fresh = purchase(award=award(determined_on=late, announced_on=None), contract=None)
    assert not reasons(look(fresh), "late_contract")
    assert not reasons(look(fresh), "late_award_notice")


def test_one_supplier_under_two_names_of_one_code_is_one_bidder() -> None:
    code = "91330411MA2B0000XP"
    same = [bidder("示例甲公司", 1_000_000, "won"), bidder("示例甲有限公司", 1_200_000)]
    plain = purchase(bidders=same)
    assert "single_bidder" not in codes(look(plain))
    coded = [Tender.model_construct(**{**dict(plain), "bidders": tuple(one.model_copy(update={"uscc": code}) for one in plain.bidders)})]  # fmt: skip
    assert "single_bidder" in codes(look(*coded))


# ---- 界线 -----------------------------------------------------------------------------------------


def simple(number: int, amount: int, **changes: Any) -> Tender:
    """Return a small purchase that a unit made by itself."""
    plain: dict[str, Any] = {
        "method": "direct",
        "notice": None,
        "bidders": [],
        "award": award(amount=amount),
        "contract": None,
        **changes,
    }
    return purchase(number, **plain)


def limit_of(rule: str, name: str) -> int:
    return int(getattr(REGIME.terms(rule, DAY), name))


@pytest.mark.parametrize(
    ("subject", "method", "rule", "name"),
    [
        ("goods", "direct", "TEN-01", "limit"),
        ("works", "direct", "TEN-01", "limit_works"),
        ("works", "consultation", "TEN-01", "works"),
        ("services", "consultation", "TEN-02", "standard_low"),
        ("goods", "invited_tender", "TEN-02", "standard_high"),
    ],
)
def test_an_amount_within_five_per_cent_below_a_limit_of_the_regime_hugs_it(
    subject: str, method: str, rule: str, name: str
) -> None:
    limit = limit_of(rule, name)
    for amount, raised in (
        (limit - 1, True),
        (limit * 95 // 100, True),
        (limit * 95 // 100 - 1, False),
        (limit, False),
    ):
        found = look(simple(1, amount, subject=subject, method=method))
        assert ("threshold_hugging" in codes(found)) is raised, (amount, raised)


def test_who_tendered_openly_anyhow_has_nothing_to_gain_below_the_limit() -> None:
    limit = limit_of("TEN-02", "standard_low")
    assert "threshold_hugging" not in codes(look(simple(1, limit - 1, method="open_tender")))


def test_the_township_venue_s_own_line_counts_where_the_regime_has_one() -> None:
    regime = regimes()["jinhu"]
    small = regime.terms("TEN-18", DAY, UnitType.TOWNSHIP)
    limit = int(small.limit)  # type: ignore[union-attr] # the terms of that rule have it.
    near = simple(
        1, limit - 1, subject="works", method="negotiation",
        notice={"issued_on": DAY, "venue": "township_assets_center"},
    )  # fmt: skip
    town = UnitFacts("示例镇", UnitType.TOWNSHIP, "zhen")
    flag = next(one for one in look(near, unit=town, regime=regime).flags if one.code == "threshold_hugging")
    assert "县级公共资源交易中心" in flag.seen


def parts(count: int, amount: int, *, apart: int = 10, **changes: Any) -> list[Tender]:
    return [
        simple(place, amount, award=award(amount=amount, determined_on=date(2026, 3, 1) + timedelta(days=apart * place)), **changes)
        for place in range(count)
    ]  # fmt: skip


def test_purchases_from_one_supplier_that_reach_the_limit_together_are_one_hint() -> None:
    limit = limit_of("TEN-01", "limit")
    found = [one for one in look(*parts(3, limit // 3)).flags if one.code == "splitting"]
    assert [len(one.data) for one in found] == [3]
    assert found[0].supplier == "示例甲公司"
    assert "合计" in found[0].seen
    assert "splitting" not in codes(look(*parts(3, limit // 3 - 1)))


def test_purchases_too_far_apart_are_not_added_up() -> None:
    limit = limit_of("TEN-01", "limit")
    assert "splitting" in codes(look(*parts(2, limit // 2, apart=183)))
    assert "splitting" not in codes(look(*parts(2, limit // 2, apart=184)))


def test_different_suppliers_and_names_are_no_group_but_like_names_are() -> None:
    half = limit_of("TEN-01", "limit") // 2
    two = [
        simple(place, half, award=award(amount=half, supplier=f"示例{name}公司"))
        for place, name in enumerate("甲乙")
    ]
    assert "splitting" not in codes(look(*two))
    alike = [
        one.model_copy(update={"title": f"示例办公用品采购第{place}批"})
        for place, one in enumerate(two, start=1)
    ]
    assert "splitting" in codes(look(*alike))


def test_a_part_without_amount_or_method_is_told_as_not_worked_out() -> None:
    found = look(*parts(2, 1_000), purchase(5, subject=None))
    assert reasons(found, "splitting") == {"没有填写采购对象、采购方式、金额或者日期"}


@given(
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 29_999_999)), min_size=2, max_size=12),
    st.randoms(use_true_random=False),
)
def test_splitting_is_exactly_a_window_of_six_months_whose_sum_reaches_the_limit(
    made: list[tuple[int, int]], chance: Any
) -> None:
    limit = limit_of("TEN-01", "limit")
    first = date(2025, 9, 1)
    tenders = [
        simple(place, amount, award=award(amount=amount, determined_on=first + timedelta(days=day)))
        for place, (day, amount) in enumerate(made)
    ]
    from portal.domain.calendar import add_months

    wanted = any(
        sum(b for d, b in made if first + timedelta(days=day) <= first + timedelta(days=d) < add_months(first + timedelta(days=day), 6)) >= limit
        for day, _ in made
    )  # fmt: skip
    chance.shuffle(tenders)
    assert ("splitting" in codes(look(*tenders))) is wanted


# ---- 供应商 ---------------------------------------------------------------------------------------


def many(winners: str) -> list[Tender]:
    return [
        purchase(
            place,
            bidders=[bidder(f"示例{name}公司", 1_000_000, "won"), bidder(f"示例第{place}陪公司", 1_200_000)],
            award=award(supplier=f"示例{name}公司", determined_on=DAY - timedelta(days=3 * place)),
        )
        for place, name in enumerate(winners)
    ]


def test_a_supplier_with_sixty_per_cent_of_five_awards_or_more_repeats() -> None:
    assert "repeat_winner" in codes(look(*many("甲甲甲甲甲乙丙丁")))
    assert "repeat_winner" not in codes(look(*many("甲甲甲甲甲乙丙丁戊")))
    assert "repeat_winner" not in codes(look(*many("甲甲甲甲乙")))
    assert any("比例没有意义" in one for one in reasons(look(*many("甲甲甲")), "repeat_winner"))


def test_awards_of_long_ago_do_not_count() -> None:
    old = [one.model_copy(update={"award": one.award.model_copy(update={"determined_on": date(2020, 1, 1 + place)})}) for place, one in enumerate(many("甲甲甲甲甲")) if one.award]  # fmt: skip
    assert "repeat_winner" not in codes(look(*old))


def test_the_same_loser_beside_the_same_winner_three_times_across_units_is_a_hint() -> None:
    def units(names: list[str]) -> Survey:
        made = [
            purchase(place, bidders=[WON, bidder(name, 1_200_000), bidder("示例常胜公司", 1_250_000)])
            for place, name in enumerate(names)
        ]
        won = purchase(8, bidders=[bidder("示例常胜公司", 1_000_000, "won"), bidder("示例壬公司", 1_200_000)], award=award(supplier="示例常胜公司"))  # fmt: skip
        split = [
            UnitPurchases(
                UNIT, tuple((f"一-{at}", f"t{at}", one) for at, one in enumerate([*made[:2], won]))
            ),
            UnitPurchases(OTHER, tuple((f"二-{at}", f"t{at}", one) for at, one in enumerate(made[2:]))),
        ]
        return survey(split, REGIME, TODAY)

    found = [one for one in units(["示例陪公司"] * 3).flags if one.code == "recurring_losers"]
    assert len(found) == 1
    assert "2 个单位" in found[0].seen
    assert "示例陪公司" in found[0].seen
    assert "recurring_losers" not in codes(units(["示例陪公司", "示例陪公司", "示例伴公司"]))


def test_a_unit_that_rejects_three_bids_of_ten_is_a_hint() -> None:
    def unit(rejected: int, total: int = 10) -> Survey:
        bids = [bidder(f"示例{place}公司", 1_100_000 + place * 9_000, "rejected" if place < rejected else "lost") for place in range(total - 1)]  # fmt: skip
        return look(purchase(bidders=[WON, *bids]))

    assert "many_rejected" in codes(unit(3))
    assert "many_rejected" not in codes(unit(2))
    assert any("不足 10 份" in one for one in reasons(unit(3, 9), "many_rejected"))


# ---- 整体 -----------------------------------------------------------------------------------------


def test_the_order_of_records_and_units_changes_no_fingerprint() -> None:
    made = [*many("甲甲甲甲甲"), purchase(7, bidders=[WON])]
    records = tuple((f"索引-{place}", f"t{place}", one) for place, one in enumerate(made))
    one = survey([UnitPurchases(UNIT, records), UnitPurchases(OTHER, ())], REGIME, TODAY)
    two = survey([UnitPurchases(OTHER, ()), UnitPurchases(UNIT, records[::-1])], REGIME, TODAY)
    assert {flag.fingerprint for flag in one.flags} == {flag.fingerprint for flag in two.flags}
    assert one.counts() == {"caizheng": len(one.flags)}


def test_a_value_of_the_jurisdiction_s_own_takes_the_place_of_the_national_one() -> None:
    (short,) = [one for one in REGIME.flags_on(TODAY) if one.code == "price_at_ceiling"]
    own = REGIME.model_copy(update={"flags": (short.model_copy(update={"share": Fraction(1, 2)}),)})
    assert codes(look(purchase(), regime=own)) == {"price_at_ceiling"}
