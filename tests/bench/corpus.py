"""Synthetic disclosures for measuring: deterministic, of the size and shape of real ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from portal.domain.documents.base import Document
from portal.domain.documents.decision import (
    Attendee,
    Category,
    DecisionRecord,
    MeetingType,
    Position,
    Presence,
    Result,
    Standing,
    Statement,
    VoteMethod,
)
from portal.domain.documents.finance import FinanceDisclosure, FundLine, Money, PublicFund
from portal.domain.documents.regulation import Block, BlockType, Regulation
from portal.domain.documents.tender import Bidder, Intent, Notice, Outcome, Tender

PROJECTS = (
    "老旧小区改造",
    "村道硬化",
    "排水管网改造",
    "学校运动场维修",
    "智慧停车系统",
    "河道清淤",
    "卫生院设备采购",
)
MEMBERS = ("陈示一", "林示二", "何示三", "罗示四", "郑示五", "谢示六", "梁示七")
VIEWS = (
    "方案经过现场踏勘和专家论证，资金来源已落实，建议按程序公开招标。",
    "同意安排，建议分期拨付，完工验收后结清尾款，并在公示栏公开进度。",
    "群众反映集中，宜尽早实施；施工期间请做好交通疏导和安全管理。",
)
# The corpus is for speed, not a model of good records: its breaches go out explained.
EXPLAINED = "测速用的示例记录没有填全各栏，发生的原因是批量生成，今后按规定补齐并另行公开整改情况。"
ITEMS = (
    "人员经费",
    "办公费",
    "印刷费",
    "水电费",
    "差旅费",
    "维修（护）费",
    "会议费",
    "培训费",
    "劳务费",
    "委托业务费",
)


def documents(unit: int, count: int) -> Iterator[Document]:
    """Yield `count` documents of one unit: two fifths decisions, the rest finance, tenders, texts."""
    for place in range(count):
        seed = unit * 1000 + place
        match place % 5:
            case 0 if place // 5 < 40:
                yield _finance(seed, place // 5)
            case 1:
                yield _tender(seed)
            case 2:
                yield _regulation(seed)
            case _:
                yield _decision(seed)


def _finance(seed: int, place: int) -> Document:
    lines = tuple(
        Money(
            item=item,
            amount=(seed * 7919 + row * 104_729) % 90_000_000,
            budget=120_000_000,
        )
        for row, item in enumerate(ITEMS)
    )
    spent = sum(line.amount for line in lines)
    funds = tuple(FundLine(fund=fund, amount=seed * 13 % 500_000, times=seed % 9) for fund in PublicFund)
    return FinanceDisclosure(
        period=f"{2016 + place // 4}Q{place % 4 + 1}",
        title=f"{2016 + place // 4}年第{'一二三四'[place % 4]}季度财务公开",
        opening=spent,
        income_total=0,
        expense_total=spent,
        closing=0,
        expense=lines,
        public_funds=funds,
        explanation="本季度支出按预算执行，主要用于日常运转和重点项目。",
        unit_head=MEMBERS[0],
        finance_head=MEMBERS[1],
        accounting_head=MEMBERS[2],
        public_explanation=EXPLAINED,
    )


def _tender(seed: int) -> Document:
    name = PROJECTS[seed % len(PROJECTS)]
    return Tender(
        title=f"示例{seed}号{name}项目",
        project_no=f"示采〔2026〕{seed}号",
        fiscal_year=2022 + seed % 5,
        public_explanation=EXPLAINED,
        intent=Intent(
            summary=VIEWS[seed % 3] * 2,
            budget=seed % 997 * 10_000_00,
            expected_month=f"2026-{seed % 12 + 1:02d}",
        ),
        notice=Notice(
            issued_on=date(2022, 3, 1) + timedelta(days=seed % 1500), ceiling=seed % 997 * 9_800_00
        ),
        bidders=tuple(
            Bidder(
                rank=rank,
                name=f"示例{'甲乙丙丁戊'[rank - 1]}建设有限公司",
                price=seed % 997 * 9_000_00 + rank,
                outcome=Outcome.CANDIDATE,
            )
            for rank in range(1, 5)
        ),
    )


def _decision(seed: int) -> Document:
    return DecisionRecord(
        title=f"关于安排示例{seed}号{PROJECTS[seed % len(PROJECTS)]}资金的决定",
        decision_no=f"示决〔2026〕{seed}号",
        meeting_type=MeetingType.PARTY_GROUP,
        public_explanation=EXPLAINED,
        category=Category.LARGE_FUND,
        held_on=date(2022, 1, 10) + timedelta(days=seed % 1600),
        presider=MEMBERS[0],
        should_attend=7,
        amount=seed % 997 * 10_000_00,
        attendees=tuple(
            Attendee(
                name=name,
                post="副局长",
                presence=Presence.PRESENT,
                standing=Standing.CHIEF if place == 0 else Standing.MEMBER,
            )
            for place, name in enumerate(MEMBERS)
        ),
        statements=tuple(
            Statement(
                speaker=name, at=f"15:{place:02d}", position=Position.FOR, reason=VIEWS[(seed + place) % 3]
            )
            for place, name in enumerate((*MEMBERS[1:], MEMBERS[0]))
        ),
        vote_method=VoteMethod.SHOW_OF_HANDS,
        votes_for=7,
        result=Result.ADOPTED,
        decision_text="会议同意上述安排，由分管领导组织实施。",
    )


def _regulation(seed: int) -> Document:
    blocks = [Block(type=BlockType.HEADING, level=1, number="一", text="总则")]
    blocks += [Block(text=f"第{row}条　{VIEWS[(seed + row) % 3]}") for row in range(1, 16)]
    return Regulation(
        title=f"示例{seed}号内部管理办法",
        blocks=tuple(blocks),
        issued_on=date(2022, 1, 1) + timedelta(days=seed % 1500),
    )
