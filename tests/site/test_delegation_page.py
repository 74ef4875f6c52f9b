"""The page of a delegation plan: who holds what for how long, what changed, who signs, what came before and after."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from portal.domain.documents.base import Validity
from portal.domain.documents.delegation import Approver, Assignment, Chief, DelegationPlan, SignOffBand
from portal.domain.documents.regulation import Area
from portal.site.pages.kinds.succession import exact, span_of
from portal.site.snapshot import RecordView
from tests.site.sample import WAN, at, meeting, record, regimes, rule_text, unit, units
from tests.site.tree import classed, facts, has, headed, links, page, rows, said

HOUSING = units()["zhujian"]
FIRST = "首次公开"


def row(domain: str, deputy: str, **more: Any) -> Assignment:
    given = {"post": "副局长", "held_since": date(2025, 3, 1)} | more
    return Assignment(domain=domain, deputy=deputy, **given)


def plan(year: int, *assignments: Assignment, **more: Any) -> DelegationPlan:
    given: dict[str, Any] = {
        "title": f"班子成员分工方案（{year}年）",
        "doc_no": f"示住建党〔{year}〕3号",
        "adopted_on": date(year, 2, 25),
        "effective_from": date(year, 3, 2),
        "chiefs": (Chief(name="陈示一", post="党组书记、局长"),),
    }
    return DelegationPlan(assignments=assignments, **(given | more))


def published(number: int, document: DelegationPlan) -> RecordView:
    day = document.adopted_on
    return record(number, HOUSING, (document, at(day.year, day.month, day.day), FIRST), slug=str(number))


def compared(before: DelegationPlan, after: DelegationPlan) -> tuple[list[list[str]], Element]:
    """Return the rows of what changed, and the section."""
    section = headed(page(published(2, after), published(1, before)), "与上一方案相比")
    return rows(section), section


def test_who_came_and_who_went_is_said() -> None:
    found, section = compared(
        plan(2025, row("财务", "林示二"), row("组织人事", "何示三"), row("工程建设", "罗示四")),
        plan(2026, row("财务", "罗示四"), row("组织人事", "何示三、郑示五"), row("工程建设", "罗示四")),
    )
    assert found == [["财务", "换人", "林示二", "罗示四"], ["组织人事", "增加", "没有", "郑示五"]]
    assert "没有变动的：工程建设。" in said(section)
    assert links(section)["班子成员分工方案（2025年）"] == "xiuzhou/u/zhujian/delegation/1.html"


@pytest.mark.parametrize(
    ("before", "after", "wanted"),
    [
        (5 * WAN, 10 * WAN, ["签批上限提高", "50,000.00元", "100,000.00元"]),
        (5 * WAN, 3 * WAN, ["签批上限降低", "50,000.00元", "30,000.00元"]),
        (5 * WAN, None, ["取消签批上限", "50,000.00元", "不设金额"]),
        (None, 0, ["新设签批上限", "不设金额", "0.00元"]),
    ],
)
def test_a_moved_limit_is_said(before: int | None, after: int | None, wanted: list[str]) -> None:
    found, _ = compared(
        plan(2025, row("财务", "林示二", limit=before)), plan(2026, row("财务", "林示二", limit=after))
    )
    assert found == [["财务", *wanted]]


def test_a_dropped_and_a_new_domain_are_said() -> None:
    found, _ = compared(
        plan(2025, row("财务", "林示二"), row("行政审批", "郑示五")),
        plan(2026, row("财务", "林示二"), row("信访", "郑示五")),
    )
    assert found == [["信访", "新列入", "没有", "郑示五"], ["行政审批", "不再列出", "郑示五", "没有"]]


def test_another_name_of_the_same_domain_is_no_change() -> None:
    domain = next(one for one in regimes()["xiuzhou"].domains if one.aliases)
    found, section = compared(
        plan(2025, row(domain.label, "林示二")), plan(2026, row(domain.aliases[0], "林示二"))
    )
    assert found == []
    assert "没有变动" in said(section)


def test_a_moved_band_is_said_with_both_scales() -> None:
    def bands(edge: int) -> tuple[SignOffBand, ...]:
        return (
            SignOffBand(domain="财务", lower=0, upper=edge, approver=Approver.DEPUTY, chain=("副职审批",)),
            SignOffBand(domain="财务", lower=edge, approver=Approver.COLLECTIVE, chain=("集体研究",)),
        )

    found, _ = compared(
        plan(2025, row("财务", "林示二"), bands=bands(5 * WAN)),
        plan(2026, row("财务", "林示二"), bands=bands(8 * WAN)),
    )
    assert found == [
        [
            "财务",
            "签批权限（全部支出，一般支出）",
            "不满5万元：分管副职；5万元及以上：班子集体研究",
            "不满8万元：分管副职；8万元及以上：班子集体研究",
        ]
    ]


def test_another_chief_is_said() -> None:
    found, _ = compared(
        plan(2025, row("财务", "林示二")),
        plan(2026, row("财务", "林示二"), chiefs=(Chief(name="曾示八", post="局长"),)),
    )
    assert found == [["党政正职", "换人", "陈示一", "曾示八"]]


def test_without_an_earlier_plan_nothing_is_compared() -> None:
    alone = page(published(1, plan(2025, row("财务", "林示二"))))
    assert "没有上一方案" in said(headed(alone, "与上一方案相比"))
    assert not has(alone, "历次方案")
    cites = page(published(1, plan(2025, row("财务", "林示二"), previous_plan="示住建党〔2023〕1号")))
    assert "示住建党〔2023〕1号”，没有在本平台公开" in said(headed(cites, "与上一方案相比"))


def test_the_plan_that_is_cited_is_the_one_compared_with() -> None:
    first = published(1, plan(2024, row("财务", "林示二")))
    second = published(2, plan(2025, row("财务", "何示三")))
    third = plan(2026, row("财务", "罗示四"))
    nearest = headed(page(published(3, third), first, second), "与上一方案相比")
    assert rows(nearest) == [["财务", "换人", "何示三", "罗示四"]]
    cited = third.model_copy(update={"previous_plan": "示住建党〔2024〕3号"})
    assert rows(headed(page(published(3, cited), first, second), "与上一方案相比")) == [
        ["财务", "换人", "林示二", "罗示四"]
    ]


# Which plan is in force.


def test_a_lapsed_plan_leads_to_the_one_in_force() -> None:
    old = plan(2024, row("财务", "林示二"), effective_to=date(2025, 3, 1), validity=Validity.EXPIRED)
    middle, newest = plan(2025, row("财务", "何示三")), plan(2026, row("财务", "罗示四"))
    lapsed = page(published(1, old), published(2, middle), published(3, newest))
    note = classed(lapsed, "note")[0]
    assert "执行到2025年3月1日为止" in said(note)
    assert links(note) == {"班子成员分工方案（2026年）": "xiuzhou/u/zhujian/delegation/3.html"}
    line = headed(lapsed, "历次方案")
    assert [said(one) for one in line.iter("li")] == [
        "班子成员分工方案（2026年）2026年3月2日起，现行",
        "班子成员分工方案（2025年）2025年3月2日起",
        "班子成员分工方案（2024年）（本方案）2024年3月2日起，至2025年3月1日",
    ]
    assert [path[-6:] for path in links(line).values()] == ["3.html", "2.html"]
    replaced = page(published(2, middle), published(3, newest))
    assert "自2026年3月2日起由新方案代替" in said(classed(replaced, "note")[0])
    assert "已不执行" in said(classed(replaced, "sub")[0])


def test_the_plan_in_force_says_so_and_one_to_come_too() -> None:
    now = published(1, plan(2026, row("财务", "林示二")))
    assert "现行方案" in said(classed(page(now), "sub")[0])
    coming = plan(2027, row("财务", "何示三"), adopted_on=date(2026, 11, 1))
    later = page(published(2, coming), now)
    assert "尚未执行" in said(classed(later, "sub")[0])
    assert links(classed(later, "note")[0]) == {
        "班子成员分工方案（2026年）": "xiuzhou/u/zhujian/delegation/1.html"
    }
    assert "现行方案" in said(classed(page(now, published(2, coming)), "sub")[0])


# How long somebody has held a domain, and until when.


def holding(document: DelegationPlan, *others: RecordView, area: str = "erqi") -> dict[str, list[str]]:
    """Return the cells of the table of domains, by the domain, in a jurisdiction."""
    place = unit(90, "fagai", "示例区发展和改革局", area=area)
    moved = [replace(one, unit=place) for one in (published(9, document), *others)]
    table = classed(page(moved[0], *moved[1:]), "who", "table")[0]
    return {cells[0]: cells for cells in rows(table) if len(cells) > 2}


def test_the_longest_time_of_the_regime_is_due() -> None:
    cells = holding(plan(2026, row("财务", "林示二", held_since=date(2025, 3, 23))))["财务"]
    assert cells[-2] == "2025-03-23已分管1年7个月"
    assert cells[-1].startswith("2028-03-23")
    assert "按规定最长36个月" in cells[-1]


def test_the_plans_own_earlier_date_goes_before_the_regimes() -> None:
    own = row("财务", "林示二", held_since=date(2025, 3, 10), rotation_due=date(2027, 3, 10))
    assert holding(plan(2026, own))["财务"][-1] == "2027-03-10方案所定"
    late = row("财务", "林示二", held_since=date(2025, 3, 10), rotation_due=date(2035, 3, 10))
    cell = holding(plan(2026, late))["财务"][-1]
    assert cell.startswith("2028-03-10")
    assert "方案写2035-03-10" in cell


def test_time_in_earlier_plans_counts_and_a_passed_day_is_marked() -> None:
    before = published(1, plan(2023, row("财务", "林示二", held_since=date(2023, 3, 2))))
    after = plan(2026, row("财务", "林示二", held_since=date(2026, 3, 2)))
    cells = holding(after, before)["财务"]
    assert "此前方案自2023-03-02起" in cells[-2]
    assert "3年8个月" in cells[-2]
    assert cells[-1].startswith("2026-03-02已过")
    place = unit(90, "fagai", "示例区发展和改革局", area="erqi")
    shown = page(replace(published(9, after), unit=place), replace(before, unit=place))
    assert "没有轮换" in said(headed(shown, "按规定核对")), "the rule book says the same"
    alone = holding(after)["财务"]
    assert "已过" not in alone[-1]
    assert "已分管8个月" in alone[-2]


def test_without_a_term_and_a_date_there_is_no_column() -> None:
    cells = holding(plan(2026, row("财务", "林示二")), area="xiuzhou")["财务"]
    assert cells[-1].startswith("2025-03-01已分管")


def test_what_stands_above_the_limit_has_its_own_cell() -> None:
    shown = page(published(1, plan(2026, row("财务", "林示二", limit=5 * WAN, above_limit="党组会集体研究"))))
    table = classed(shown, "who", "table")[0]
    heads = [said(one) for one in table.iter("th") if one.get("scope") == "col"]
    cells = next(one for one in rows(table) if one[0] == "财务")
    assert cells[heads.index("超出上限")] == "党组会集体研究"
    assert cells[heads.index("单笔签批上限")] == "50,000.00元"


def test_a_domain_that_nobody_holds_is_said() -> None:
    table = classed(page(published(1, plan(2026, row("财务", "林示二")))), "who", "table")[0]
    empty = [cells for cells in rows(table) if cells[-1] == "方案中没有写明由谁分管"]
    assert len(empty) == 4


# Who signs.


@pytest.mark.parametrize(
    ("lower", "upper", "said_so", "bounds"),
    [
        (0, None, "不分金额", ""),
        (0, 2 * WAN, "不满2万元", ""),
        (0, 2 * WAN + 1, "2万元及以下", "不含 20,000.01 元"),
        (2 * WAN + 1, None, "超过2万元", "含 20,000.01 元"),
        (2 * WAN, 5 * WAN, "2万元至不满5万元", ""),
        (2 * WAN + 1, 5 * WAN + 1, "超过2万元至5万元及以下", "含 20,000.01 元，不含 50,000.01 元"),
        (0, 1, "不满0.01元", ""),
    ],
)
def test_a_band_is_said_as_people_say_it(lower: int, upper: int | None, said_so: str, bounds: str) -> None:
    band = SignOffBand(domain="财务", lower=lower, upper=upper, approver=Approver.DEPUTY, chain=("审批",))
    assert span_of(band) == said_so
    assert exact(band) == bounds


def test_the_scale_is_drawn_beside_its_table() -> None:
    bands = (
        SignOffBand(domain="财务", lower=2 * WAN, approver=Approver.COLLECTIVE, chain=("提出", "研究")),
        SignOffBand(domain="财务", lower=0, upper=2 * WAN, approver=Approver.DEPUTY, chain=("审批",)),
    )
    section = headed(page(published(1, plan(2026, row("财务", "林示二"), bands=bands))), "多少钱由谁签")
    drawing = next(section.iter("svg"))
    assert said(drawing.find("desc")) == "不满2万元：分管副职；2万元及以上：班子集体研究。"
    assert rows(section) == [["不满2万元", "分管副职审批"], ["2万元及以上", "班子集体研究提出→研究"]]


# What stands behind the plan.


def test_the_meeting_and_the_texts_behind_it_are_links_within_the_unit() -> None:
    document = plan(2026, row("财务", "林示二"), adopting_decision="示住建决〔2026〕17号")
    sat = record(5, HOUSING, (meeting(), at(2026, 6, 29), FIRST), slug="5")
    text = rule_text().model_copy(update={"area": Area.DIVISION})
    rules = record(6, HOUSING, (text, at(2025, 4, 3), FIRST), slug="6")
    known = dict(facts(headed(page(published(1, document), sat, rules), "怎样定下来的")))
    assert known["决策记录"] == "关于安排老旧小区改造工程资金的决定（示住建决〔2026〕17号）"
    assert known["依据的制度"] == "示例区住房和城乡建设局末位表态工作制度"

    elsewhere = units()["caizheng"]
    strangers = (replace(sat, unit=elsewhere), replace(rules, unit=elsewhere))
    section = headed(page(published(1, document), *strangers), "怎样定下来的")
    assert "没有在本平台公开" in dict(facts(section))["决策记录"]
    assert "依据的制度" not in dict(facts(section))
    assert links(section) == {}


def test_an_old_text_and_one_on_something_else_do_not_stand_behind_it() -> None:
    document = published(1, plan(2026, row("财务", "林示二")))
    for more in (
        {"area": Area.DIVISION, "validity": Validity.ABOLISHED},
        {"area": Area.DIVISION, "effective_to": date(2025, 12, 31)},
        {"area": Area.PERSONNEL},
    ):
        text = record(6, HOUSING, (rule_text().model_copy(update=more), at(2025, 4, 3), FIRST), slug="6")
        assert "依据的制度" not in dict(facts(headed(page(document, text), "怎样定下来的")))


def test_the_same_duty_to_report_is_said_once() -> None:
    same = [row(name, "林示二", reporting="每季度报告一次") for name in ("财务", "组织人事")]
    note = classed(page(published(1, plan(2026, *same))), "note")[-1]
    assert said(note) == "报告义务各项分管工作：每季度报告一次"
    note = classed(page(published(1, plan(2026, *same, row("信访", "何示三")))), "note")[-1]
    assert said(note) == "报告义务财务（林示二）、组织人事（林示二）：每季度报告一次"


def test_an_earlier_version_is_not_called_in_force() -> None:
    wrong, right = plan(2026, row("财务", "林示二")), plan(2026, row("财务", "何示三"))
    one = record(1, HOUSING, (wrong, at(2026, 3, 5), FIRST), (right, at(2026, 3, 9), "姓名写错。"), slug="1")
    assert "现行方案" in said(classed(page(one), "sub")[0])
    assert "现行方案" not in said(classed(page(one, number=1), "sub")[0])
