"""The page of a decision: the order of speaking, the votes, who stayed away, and what came of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any
from xml.etree.ElementTree import Element

import pytest

from portal.domain.documents import decision as d
from portal.domain.documents import tender as t
from portal.domain.documents.base import Validity
from portal.site.pages.kinds.decision import cells
from portal.site.snapshot import RecordView
from tests.site.sample import WAN, at, meeting, plan, project, quarter, record, units
from tests.site.tree import classed, facts, has, headed, links, page, rows, said

HOUSING = units()["zhujian"]
FIRST = "首次公开"
SECRET = d.VoteMethod.SECRET_BALLOT
NAMED = d.VoteMethod.NAMED_BALLOT


def held(document: d.DecisionRecord, *, number: int = 20) -> RecordView:
    return record(number, HOUSING, (document, at(2026, 6, 29), FIRST), slug=str(number))


def changed(**more: Any) -> d.DecisionRecord:
    """Return the sample's meeting in good order, with something changed."""
    return meeting(early=False).model_copy(update=more)


def shown(**more: Any) -> Element:
    return page(held(changed(**more)))


def turns(node: Element) -> list[tuple[str, str]]:
    """Return the class and the first words of every statement."""
    listed = classed(node, "say", "ol")[0]
    return [(one.get("class", ""), said(one)) for one in listed.iter("li")]


# The order of speaking.


def test_the_chief_who_spoke_last_is_marked_there() -> None:
    found = turns(shown())
    assert [place for place, (state, _) in enumerate(found) if state == "last"] == [6]
    assert found[6][1].startswith("7陈示一")
    assert "末位表态" in found[6][1]
    assert not [state for state, _ in found if state in ("early", "end")]


def test_the_chief_who_spoke_early_is_marked_there_and_missed_at_the_end() -> None:
    found = turns(page(held(meeting(early=True))))
    assert [place for place, (state, _) in enumerate(found) if state == "early"] == [1]
    assert "应为第7位，实为第2位" in found[1][1]
    assert "查看规定" in found[1][1]
    assert found[-1] == ("end", "末此处应为主要负责人陈示一最后表态，记录中没有。")
    assert not [one for one in found if one[0] == "last"]


def test_who_differed_is_named_with_the_statement_and_in_the_sum() -> None:
    section = headed(shown(), "发言顺序")
    assert "最后表明的态度：6人同意，1人弃权（谢示六）。" in said(classed(section, "cap")[0])
    assert [said(one) for one in classed(section, "pill", "b")] == ["弃权"]


def test_who_changed_sides_counts_once_with_the_last_view() -> None:
    again = d.Statement(speaker="谢示六", position=d.Position.FOR, reason="意见已被采纳。")
    says = meeting(early=False).statements
    section = headed(shown(statements=(*says[:-1], again, says[-1])), "发言顺序")
    assert "最后表明的态度：7人同意。" in said(classed(section, "cap")[0])


def test_without_statements_the_page_says_so() -> None:
    assert "没有逐人发言记录" in said(headed(shown(statements=()), "发言顺序"))


# The votes.


def test_one_cell_for_each_member_and_the_absent_one_is_dashed() -> None:
    drawn = classed(shown(), "cells")[0]
    assert [one.get("class") for one in drawn.iter("i")] == ["for"] * 6 + ["abstain", "absent"]
    assert said(drawn) == "赞成6弃权1缺席1"


def test_who_stayed_out_and_who_did_not_vote_are_told_apart() -> None:
    people = tuple(
        one.model_copy(update={"presence": d.Presence.RECUSED, "reason": "配偶任职于投标单位"})
        if one.name == "罗示四"
        else one
        for one in meeting().attendees
    )
    document = changed(attendees=people, votes_for=4, votes_abstain=1)
    assert cells(document) == ["for"] * 4 + ["abstain", "absent", "recused", "unvoted"]
    whole = page(held(document))
    assert [place for place, (_, told) in enumerate(turns(whole)) if "登记为回避" in told] == [0]
    present = dict(facts(headed(whole, "议题与到会")))
    assert present["回避"] == "罗示四（副局长，分管工程建设）配偶任职于投标单位"
    assert present["缺席"] == "曾示八（总工程师）因公外出"
    assert "应到8人，实到6人" in present["应到、实到"]


def test_an_absence_without_a_reason_is_said() -> None:
    people = tuple(one.model_copy(update={"reason": None}) for one in meeting().attendees)
    assert "没有写明原因" in dict(facts(headed(shown(attendees=people), "议题与到会")))["缺席"]


def test_more_votes_than_members_leave_no_negative_cells() -> None:
    assert cells(changed(votes_for=9)) == ["for"] * 9 + ["abstain"]
    assert cells(changed(votes_for=99)) == []


@pytest.mark.parametrize(("due", "needed"), [(8, 5), (7, 4)])
def test_how_many_votes_were_needed(due: int, needed: int) -> None:
    assert f"赞成须超过应到成员的二分之一，即{needed}票以上" in said(headed(shown(should_attend=due), "表决"))


def test_where_the_head_decides_no_number_is_asked() -> None:
    by_head = shown(administrative_major=True, meeting_type=d.MeetingType.ADMINISTRATIVE_OFFICE)
    assert "票以上" not in said(headed(by_head, "表决"))
    assert "票以上" not in said(headed(shown(meeting_type=d.MeetingType.VILLAGE), "表决"))


BALLOTS = (
    d.NamedVote(member="罗示四", vote=d.Position.FOR),
    d.NamedVote(member="林示二", vote=d.Position.FOR),
    d.NamedVote(member="谢示六", vote=d.Position.AGAINST),
)


def test_a_ballot_by_name_names_everybody() -> None:
    section = headed(shown(vote_method=NAMED, named_votes=BALLOTS), "表决")
    assert facts(classed(section, "named")[0]) == [
        ("同意2人", "罗示四林示二"),
        ("不同意1人", "谢示六"),
        ("未投票5人", "陈示一何示三郑示五梁示七曾示八（缺席）"),
    ]


def test_a_secret_ballot_names_nobody_whatever_was_filled_in() -> None:
    whole = shown(vote_method=SECRET, named_votes=BALLOTS)
    section = headed(whole, "表决")
    assert not [name for name in ("罗示四", "林示二", "谢示六") if name in said(section)]
    assert "不公布各人的表决意见" in said(section)
    assert not has(whole, "其他登记事项"), "nor does the list of what is left over"
    assert "不公布各人" not in said(headed(shown(), "表决"))


# What came of it.


def test_who_does_what_by_when_and_how_late() -> None:
    assert rows(headed(shown(), "决定与落实")) == [
        ["公布居民意见征询结果", "郑示五", "2026-07-03", "2026-07-02完成"],
        ["拨付首期30%工程款", "林示二", "2026-09-15", "2026-09-18完成，迟3日"],
        ["竣工验收", "罗示四", "2027-05-31", "施工中"],
    ]


def test_a_task_past_its_day_without_a_record_is_marked_and_one_of_today_is_not() -> None:
    def progress(of: RecordView, *, number: int | None = None) -> list[Element]:
        return classed(headed(page(of, number=number), "决定与落实"), "mark", "span")

    open_tasks = (
        d.Task(task="甲", owner="林示二", due_on=date(2026, 11, 21)),
        d.Task(task="乙", owner="林示二", due_on=date(2026, 11, 21), progress="进行中"),
        d.Task(task="丙", owner="林示二", due_on=date(2026, 11, 22)),
        d.Task(task="丁", owner="林示二"),
    )
    document = changed(tasks=open_tasks)
    assert rows(headed(page(held(document)), "决定与落实")) == [
        ["甲", "林示二", "2026-11-21", "已到期，未见完成记录"],
        ["乙", "林示二", "2026-11-21", "已到期，未见完成记录进行中"],
        ["丙", "林示二", "2026-11-22", "未报完成"],
        ["丁", "林示二", "—", "未报完成"],
    ]
    assert [one.get("class") for one in progress(held(document))] == ["mark m-late"] * 2
    assert not progress(held(document.model_copy(update={"validity": Validity.ABOLISHED})))
    later = document.model_copy(update={"place": "三楼会议室"})
    both = record(
        20, HOUSING, (document, at(2026, 11, 20), FIRST), (later, at(2026, 11, 21), "更正"), slug="20"
    )
    assert not progress(both, number=1), "the first version could not say it yet"
    assert len(progress(both)) == 2


def test_what_cites_the_decision_is_listed_with_its_amount() -> None:
    project_with_change = project().model_copy(
        update={
            "variations": (
                t.Variation(
                    agreed_on=date(2026, 9, 20),
                    amount=3 * WAN,
                    reason="增加排水",
                    decision="示住建决〔2026〕17号",
                ),
            )
        }
    )
    others = (
        record(1, HOUSING, (plan(("财务",)), at(2026, 3, 5), FIRST), slug="1"),
        record(3, HOUSING, (quarter("2026Q3"), at(2026, 10, 12), FIRST)),
        record(23, HOUSING, (project_with_change, at(2026, 9, 2), FIRST), slug="23"),
    )
    section = headed(page(held(changed()), *others), "前后和落实")
    assert facts(section) == [
        ("分工方案", "班子成员分工方案（2026年）"),
        (
            "付款",
            "2026年第三季度财务公开3,641,000.00元2026年9月18日，老旧小区改造工程首期款，付给示例建设甲有限公司",
        ),
        ("采购招标", "示例新村等三个老旧小区改造工程12,136,800.00元"),
        ("合同变更", "示例新村等三个老旧小区改造工程30,000.00元2026年9月20日变更合同"),
    ]
    assert set(links(section).values()) == {one.path for one in others}
    strangers = tuple(replace(one, unit=units()["caizheng"]) for one in others)
    assert not has(page(held(changed()), *strangers), "前后和落实"), (
        "another unit's number is another decision"
    )


def test_a_deferred_item_and_its_next_meeting_lead_to_each_other() -> None:
    first = held(changed(result=d.Result.DEFERRED, next_meeting_on=date(2026, 7, 20)))
    again = changed(decision_no="示住建决〔2026〕18号", held_on=date(2026, 7, 20))
    then = held(again, number=21)
    ahead = headed(page(first, then), "前后和落实")
    assert facts(ahead) == [("再次研究", "关于安排老旧小区改造工程资金的决定，2026年7月20日，通过")]
    assert list(links(ahead).values()) == [then.path]
    back = headed(page(then, first), "前后和落实")
    assert facts(back) == [("此前缓议", "关于安排老旧小区改造工程资金的决定，2026年6月24日")]
    assert list(links(back).values()) == [first.path]
    elsewhere = held(
        changed(
            decision_no="示住建决〔2026〕16号", held_on=date(2026, 6, 1), next_meeting_on=date(2026, 8, 1)
        ),
        number=22,
    )
    assert not has(page(then, elsewhere), "前后和落实"), "it was put off to another day"
    other = held(again.model_copy(update={"title": "关于另一件事的决定"}), number=21)
    assert not has(page(first, other), "前后和落实")


def test_a_correction_and_what_it_corrects_lead_to_each_other() -> None:
    first = held(changed())
    right = held(changed(decision_no="示住建决〔2026〕18号", correction_of="示住建决〔2026〕17号"), number=21)
    assert list(links(headed(page(first, right), "前后和落实")).values()) == [right.path]
    assert links(headed(page(right, first), "归档")) == {"示住建决〔2026〕17号": first.path}


def test_hostile_words_stay_words() -> None:
    evil = "<script>alert(1)</script>"
    node = shown(
        tasks=(d.Task(task=evil, owner=evil, progress=evil),),
        statements=(d.Statement(speaker=evil, position=d.Position.AGAINST, reason=evil),),
        vote_method=NAMED,
        named_votes=(d.NamedVote(member=evil, vote=d.Position.FOR),),
    )
    assert all(one.get("src") or one.get("type") == "application/ld+json" for one in node.iter("script"))
    assert said(node).count(evil) >= 5
