"""A file's heads and cells under their usual names and orders; whatever is written is read back, whatever is wrong is told."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.drafting import MemberRole
from portal.services.desk.people import Entry, overlap
from portal.services.rosters import RosterError
from portal.services.running.group_lines import COLUMNS, MOST_ROWS, Row, read_table
from portal.services.running.group_plans import NEW, SAME, WRONG, plan
from portal.services.running.groups import Seat
from portal.store.tables import Unit
from tests.thrift import often

TODAY = date(2026, 10, 20)
UNIT = Unit(id=1, name="示例财政局", slug="caizhengju")


def lines(table: list[list[str]]) -> tuple[Row, ...]:
    return read_table(table).rows


def test_heads_are_known_by_their_usual_names_in_any_order_below_a_title() -> None:
    told = read_table(
        [
            ["秀洲区领导班子名单", "", ""],
            ["序号", "离任时间", "*姓名（必填）", "现任职务", "是否党政正职", " 单 位 ", "任职日期", "备注"],
            ["1", "至今", "张示一", "党委书记", "是", "示例财政局", "2020.1.2", "空"],
            ["2", "", "李示二", "副局长", "否", "示例财政局", "2020/1/2", ""],
            ["3", "", "王示三", "局长", "√", "示例财政局", "20200102", ""],
            ["【示例】", "", "赵示四", "局长", "", "某某局", "", ""],
            ["", "", "", "", "", "示例住建局", "", ""],
            [""],
        ]
    )
    assert [(one.number, one.line.role, one.line.since) for one in told.rows if one.line] == [
        (3, MemberRole.PARTY_CHIEF, date(2020, 1, 2)),
        (4, MemberRole.DEPUTY, date(2020, 1, 2)),
        (5, MemberRole.CHIEF, date(2020, 1, 2)),
    ]
    assert (told.examples, told.empty, told.columns) == ((6,), (7,), ("序号", "备注"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "没有找到表头"),
        ([["单位名称", "姓名"], ["甲", "乙"]], "没有找到表头"),
        ([["单位名称", "姓名", "职务", "职位"], ["甲", "乙", "丙", "丙"]], "“职务”和“职位”是同一栏"),
        ([["单位名称", "姓名", "职务", "手机号码"], ["甲", "乙", "丙", ""]], "不收个人信息"),
        ([["单位名称", "姓名", "职务", "学历"], ["甲", "乙", "丙", ""]], "不认识的列：“学历”"),
        ([["单位名称", "姓名", "职务"]], "没有班子成员"),
        ([["单位名称", "姓名", "职务"], *[["甲", "乙", "丙"]] * (MOST_ROWS + 1)], "超过 5000 行"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_list_is_refused_with_the_remedy(table: list[list[str]], said: str) -> None:
    with pytest.raises(RosterError, match=said):
        read_table(table)


@pytest.mark.parametrize("order", ["0", "10000", "一", "-1", "1.5", "9" * 5000])
def test_an_order_that_is_none_is_told(order: str) -> None:
    (row,) = lines([list(COLUMNS), ["甲局", "", "张示一", "局长", "正职", "2020-01-01", "", order]])
    assert [column for column, _ in row.wrong] == ["排序"]
    assert len(row.wrong[0][1]) < 150


names = st.sampled_from(["张示一", "李示二", "王示三", "赵示四"])
posts = st.sampled_from(["局长", "副局长", "党组成员", "=副局长", "副局长 兼 主任"])
days = st.dates(date(2015, 1, 1), TODAY)


@st.composite
def entries(draw: st.DrawFn) -> list[Entry]:
    """Return a group's history as the desk lets it come about: nobody twice in one post at a time."""
    found: list[Entry] = []
    for _ in range(draw(st.integers(0, 7))):
        since = draw(days)
        until = draw(st.none() | st.integers(0, 900).map(lambda n, since=since: since + timedelta(days=n)))
        one = Entry(draw(names), draw(posts), draw(st.sampled_from(list(MemberRole))), since, until)
        if not any(overlap(one, other) for other in found):
            found.append(one)
    return found


def as_rows(group: list[Entry]) -> list[list[str]]:
    return [
        [
            "示例财政局",
            "",
            one.name,
            one.post,
            one.role.label,
            one.since.isoformat(),
            str(one.until or ""),
            "",
        ]
        for one in group
    ]


def seated(group: list[Entry]) -> list[Seat]:
    return [Seat(number, one, number) for number, one in enumerate(group, start=1)]


@settings(max_examples=often(60, 1500))
@given(entries(), entries(), st.randoms(use_true_random=False))
def test_what_a_group_writes_changes_nothing_and_a_whole_list_leaves_only_itself(
    group: list[Entry], other: list[Entry], chance: object
) -> None:
    standing = seated(group)
    rows = as_rows(group)
    chance.shuffle(rows)  # type: ignore[attr-defined] # hypothesis gives a random.Random.
    read = lines([list(COLUMNS), *rows]) if rows else ()
    for last_day in (None, TODAY):
        made = plan(UNIT, standing, read, last_day=last_day, today=TODAY)
        assert {one.verdict for one in made.deeds} <= {SAME}
        assert made.after == standing

    fresh = plan(UNIT, [], read, last_day=None, today=TODAY)
    assert {one.verdict for one in fresh.deeds} <= {NEW}
    assert sorted(one.entry.told for one in fresh.after) == sorted(one.told for one in group)

    if not other:
        return
    made = plan(UNIT, standing, lines([list(COLUMNS), *as_rows(other)]), last_day=TODAY, today=TODAY)
    # Whatever came in: nobody stands twice in one post at a time, no row is lost, nothing ends before it begins.
    after = [one.entry for one in made.after]
    assert {one.id for one in standing} <= {one.id for one in made.after}
    assert all(one.until is None or one.until >= one.since for one in after)
    if not made.count(WRONG):
        assert not any(overlap(one, two) for n, one in enumerate(after) for two in after[:n])
        still = {(one.name, one.post) for one in after if one.until is None or one.until > TODAY}
        assert still <= {(one.name, one.post) for one in other}
