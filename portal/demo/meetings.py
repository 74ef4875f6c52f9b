"""集体决策记录 of every unit: the ordinary ones, and one of each shape that the platform must show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from portal.demo.bank import later, month_shift, office_hour, pick, spread, workday, workday_before
from portal.demo.models import DemoRecord, DemoWithdrawal, Publication
from portal.demo.orgs import ROTATION_DAY, Org, Person
from portal.demo.sitting import Sitting
from portal.domain.documents.base import Audience, Openness
from portal.domain.documents.decision import (
    Category,
    DecisionRecord,
    Form,
    MeetingType,
    PreStep,
    PreStepKind,
    Result,
    Task,
)
from portal.domain.values import show_day, show_yuan

LAST_DAY = date(2026, 11, 13)  # Progress that would be due later is not reported yet.


@dataclass(frozen=True)
class Item:
    """One matter before the group, on its day."""

    key: str
    shape: str
    held_on: date
    category: Category
    domain: str
    title: str
    proposal: str
    decision: str
    tasks: tuple[str, ...]
    amount: int | None = None
    dissent: Mapping[str, int] = field(default_factory=dict)
    especially: bool = False


def agenda(org: Org) -> list[Item]:
    """Return everything that the unit decides, in order of date."""
    items = [_plan_item(org), _funds_item(org, 2025), _funds_item(org, 2026)]
    if org.rotated:
        items.append(_rotation_item(org))
    items += [
        _bank_item(row)
        for row in org.bank["decisions"]["items"]
        if (row["j"], row["unit"]) == (org.regime.slug, org.unit.slug)
    ]
    return sorted(items, key=lambda one: (one.held_on, one.key))


def decision_numbers(org: Org) -> dict[str, str]:
    """Return the number of every decision of the unit by the item's key."""
    found: dict[str, str] = {}
    count: dict[int, int] = {}
    for one in agenda(org):
        year = one.held_on.year
        count[year] = count.get(year, 0) + 1
        found[one.key] = f"{org.unit.short}决〔{year}〕{count[year]}号"
    return found


def decision_records(org: Org, numbers: dict[str, str]) -> Iterator[DemoRecord]:
    """Yield every decision of the unit, with the versions that followed."""
    for one in agenda(org):
        document = _document(org, one, numbers[one.key])
        day = later(one.held_on, _wait(org, one))
        first = Publication(office_hour(day, *org.key(one.key)), document, "首次公开", org.publisher)
        if one.shape == "aid":
            yield _aid_record(org, first, day)
            continue
        publications = (first, *_progress(org, one, document, day))
        yield DemoRecord(org.regime.slug, org.unit.slug, publications)


def _wait(org: Org, one: Item) -> int:
    """Return after how many working days a decision is published: one on a plan comes before the plan."""
    if one.shape == "secret":
        return 9
    low, high = (3, 5) if one.key in ("plan", "rotation") else (4, 13)
    return spread(*org.key(one.key, "release"), low=low, high=high)


def _plan_item(org: Org) -> Item:
    one = org.bank["decisions"]["plans"][0]
    year = org.effective_from.year
    return Item(
        key="plan",
        shape="ordinary",
        held_on=org.adopted_on,
        category=Category.MAJOR_DECISION,
        domain="personnel",
        title=one["title"].format(year=year),
        proposal=one["proposal"].format(domains="、".join(label for _, label in org.domains)),
        decision=one["decision"].format(effective=show_day(org.effective_from)),
        tasks=("公开分工方案并报备案",),
    )


def _rotation_item(org: Org) -> Item:
    one = org.bank["decisions"]["rotations"][0]
    first, second = org.domains[0][1], org.domains[1][1]
    return Item(
        key="rotation",
        shape="ordinary",
        held_on=workday_before(workday_before(ROTATION_DAY - timedelta(days=7))),
        category=Category.MAJOR_DECISION,
        domain="personnel",
        title=one["title"],
        proposal=one["proposal"].format(first=first, second=second),
        decision=one["decision"],
        tasks=("完成分管工作交接",),
    )


def _funds_item(org: Org, year: int) -> Item:
    one = pick(org.bank["decisions"]["funds"], *org.key(year, "funds"))
    start = date(2025, 7, 2) if org.unit.founded_on else date(2025, 4, 9)
    start = start if year == 2025 else date(2026, 1, 8)
    amount = int(org.row["scale"]) * spread(*org.key(year, "large"), low=22, high=38) * 10_000
    count = spread(*org.key(year, "matters"), low=6, high=17)
    return Item(
        key=f"funds-{year}",
        shape="ordinary",
        held_on=workday(start + timedelta(days=org.serial % 4)),
        category=Category.LARGE_FUND,
        domain="finance",
        title=one["title"].format(year=year),
        proposal=one["proposal"].format(count=count, amount=show_yuan(amount)),
        decision=one["decision"],
        tasks=("按季公开大额支出执行情况",),
        amount=amount,
        dissent={"abstain": 1} if org.serial % 5 == 2 else {},
    )


def _bank_item(row: Mapping[str, Any]) -> Item:
    return Item(
        key=row["title"],
        shape=row["shape"],
        held_on=workday(row["date"]),
        category=Category(row["category"]),
        domain=row["domain"],
        title=row["title"],
        proposal=row["proposal"],
        decision=row["decision"],
        tasks=tuple(row["tasks"]),
        amount=row["amount"] * 100 if "amount" in row else None,
        dissent=row.get("dissent", {}),
        especially=row.get("especially", False),
    )


def _document(org: Org, one: Item, number: str) -> DecisionRecord:
    text = org.bank["decisions"]
    data: dict[str, Any] = {}
    if one.shape == "government":
        office = org.regime.slug == "shandong"
        meeting = MeetingType.ADMINISTRATIVE_OFFICE if office else MeetingType.GOVERNMENT_EXECUTIVE
        data |= {"meeting_type": meeting, "administrative_major": True}
    if one.shape == "breach":
        data["public_explanation"] = text["breach_explanation"]
    if one.shape == "secret":
        data |= {
            "remark": text["secret_remark"],
            "distribution": "仅限参会成员，会后收回",
            "minutes_recalled_on": one.held_on,
        }
    if one.shape == "emergency":
        data |= {"form": Form.EMERGENCY, "emergency_reported_on": one.held_on}
    if one.shape == "staff":
        data |= {
            "audience": Audience.STAFF,
            "openness": Openness.WITHHELD,
            "openness_basis": "政府信息公开条例第十六条（内部事务信息）",
        }
    if one.shape == "deferred":
        data |= {"result": Result.DEFERRED, "next_meeting_on": later(one.held_on, 15)}
    serial = spread(*org.key(one.key, "no"), low=2, high=9)
    return minutes(org, one, number, serial=serial, pre_steps=tuple(_pre_steps(org, one)), more=data)


def minutes(
    org: Org, one: Item, number: str, *, serial: int, pre_steps: tuple[PreStep, ...], more: Mapping[str, Any]
) -> DecisionRecord:
    """Return the record of the item: who came, what was said, how it was decided.

    `serial` is the meeting's number in its year; `more` adds to what an ordinary record says, or replaces it.
    """
    year = one.held_on.year
    sitting = Sitting(org, one.key, one.shape, one.held_on, one.domain, one.title, one.dissent)
    finished = workday_before(later(one.held_on, 2))
    data: dict[str, Any] = org.reviewed(finished, abstract=f"{one.title}：{one.decision}", theme="重大决策")
    if org.regime.slug == "jinhu" and org.unit.type == "township":
        data["discipline_record"] = f"{org.unit.short}纪记〔{year}〕{number.split('〕')[1]}"
    data |= {
        "title": one.title,
        "decision_no": number,
        "meeting_type": MeetingType(org.kind["meeting"]),
        "meeting_no": f"{year}年第{serial}次",
        "category": one.category,
        "especially_major": one.especially,
        "domain": org.domain(one.domain)[1],
        "amount": one.amount,
        "held_on": one.held_on,
        "place": pick(org.bank["decisions"]["places"], *org.key(one.held_on)),
        "recorder": org.office_head.name,
        "proposal": one.proposal,
        "pre_steps": pre_steps,
        "result": Result.ADOPTED,
        "decision_text": one.decision,
        "tasks": _tasks(org, one),
        "archive_no": f"{org.unit.short}档〔{year}〕{spread(*org.key(one.key, 'file'), low=11, high=98)}号",
    }
    return DecisionRecord(**{**data, **sitting.fields(), **more})


def _tasks(org: Org, one: Item) -> tuple[Task, ...]:
    owners: tuple[Person, ...] = (org.holder(one.domain, one.held_on), org.office_head, org.accountant)
    return tuple(
        Task(
            task=text,
            owner=owners[place % len(owners)].name,
            due_on=later(one.held_on, 22 + place * 25),
            progress="正在办理",
        )
        for place, text in enumerate(one.tasks)
    )


def _pre_steps(org: Org, one: Item) -> Iterator[PreStep]:
    held = one.held_on

    def back(days: int) -> date:
        return workday_before(held - timedelta(days=days))

    office = org.office
    if one.key == "plan" and org.unit.founded_on:
        yield from _first_steps(org, one)
        return
    if one.shape == "emergency":
        yield PreStep(
            step=PreStepKind.MATERIALS, began_on=back(1), by=office, outcome="送达处置经过和费用清单。"
        )
        return
    yield PreStep(step=PreStepKind.COLLECTED, began_on=back(20), by=office, outcome="列入议题。")
    yield PreStep(
        step=PreStepKind.RESEARCH,
        began_on=back(19),
        ended_on=back(12),
        by=org.kind["offices"][org.domain(one.domain)[0]],
        outcome="形成书面调研情况，附意见采纳说明。",
    )
    if _asked(org, one):
        count = spread(*org.key(one.key, "opinions"), low=9, high=88)
        yield PreStep(
            step=PreStepKind.PUBLIC_OPINION,
            began_on=back(62 if one.shape == "government" else 38),
            ended_on=back(26),
            by=office,
            outcome=f"收到意见{count}条，采纳{count // 3}条，未采纳的逐条说明理由。",
        )
    if one.shape == "government":
        yield PreStep(
            step=PreStepKind.RISK, began_on=back(24), ended_on=back(18), by=office, outcome="风险较低。"
        )
        yield PreStep(
            step=PreStepKind.LEGALITY,
            began_on=back(24),
            ended_on=back(9),
            by="法制审查机构",
            outcome="权限、程序、内容合法。",
        )
    yield PreStep(step=PreStepKind.PRE_REVIEW, began_on=back(7), by=office, outcome="材料齐全，同意上会。")
    yield PreStep(step=PreStepKind.MATERIALS, began_on=back(3), by=office, outcome="材料送达全体成员。")
    if one.shape == "secret":
        yield PreStep(
            step=PreStepKind.NOTICE_OF_APPOINTMENT,
            began_on=later(held, 1),
            ended_on=later(held, 7),
            by=org.kind["offices"]["personnel"],
            outcome="公示期内未收到不同意见。",
        )


def _asked(org: Org, one: Item) -> bool:
    """Tell whether those concerned were asked before: some large funds touch nobody outside the unit."""
    if one.shape == "government":
        return True
    broad = one.category in (Category.MAJOR_DECISION, Category.MAJOR_PROJECT)
    funds = one.category == Category.LARGE_FUND and org.serial % 5 > 0
    return org.regime.slug in ("jinhu", "xian") and (broad or funds)


def _first_steps(org: Org, one: Item) -> Iterator[PreStep]:
    """A unit just set up has days, not weeks, to prepare its first meeting."""
    text = org.bank["decisions"]["first_steps"]
    began = later(org.unit.founded_on or one.held_on, 1)
    yield PreStep(step=PreStepKind.COLLECTED, began_on=began, by=org.office, outcome=text["collected"])
    for step, key in ((PreStepKind.RESEARCH, "research"), (PreStepKind.PUBLIC_OPINION, "opinion")):
        yield PreStep(step=step, began_on=began, ended_on=later(began, 3), by=org.office, outcome=text[key])
    yield PreStep(
        step=PreStepKind.PRE_REVIEW, began_on=later(began, 4), by=org.office, outcome="材料齐全，同意上会。"
    )
    yield PreStep(
        step=PreStepKind.MATERIALS, began_on=later(began, 4), by=org.office, outcome="材料送达全体成员。"
    )


def _progress(org: Org, one: Item, document: DecisionRecord, day: date) -> Iterator[Publication]:
    if one.shape != "ordinary" or one.key in ("plan", "rotation") or one.key.startswith("funds"):
        return
    yield from carried_out(org, document, org.key(one.key, "done"), after=day, until=LAST_DAY)


def carried_out(
    org: Org, document: DecisionRecord, chance: tuple[object, ...], *, after: date, until: date
) -> Iterator[Publication]:
    """Publish again when every task is done, if that is after the first version and not after `until`."""
    moment = later(max(task.due_on for task in document.tasks if task.due_on), 3)
    if moment > until or moment <= after:
        return
    done = tuple(
        task.model_copy(update={"done_on": workday_before(task.due_on), "progress": "已完成"})
        for task in document.tasks
        if task.due_on
    )
    yield Publication(
        office_hour(moment, *chance),
        document.model_copy(update={"tasks": done}),
        "补充公开落实情况",
        org.publisher,
    )


def _aid_record(org: Org, clean: Publication, day: date) -> DemoRecord:
    """The first version told too much: it is replaced, then withdrawn and destroyed."""
    document = clean.document
    assert isinstance(document, DecisionRecord)  # noqa: S101 — narrows the type: only decisions come here.
    told = (
        f"{document.proposal}附受助对象情形：示例户甲，家中有重病人；示例户乙，户主残疾；示例户丙，独居老人。"
    )
    again = later(day, 3)
    text = org.bank["regulations"]["withdrawn"]
    first = Publication(clean.at, document.model_copy(update={"proposal": told}), "首次公开", clean.by)
    second = Publication(
        office_hour(again, *org.key("aid")),
        document,
        "更正：删去受助对象的个人信息，其他内容不变。",
        clean.by,
    )
    return DemoRecord(
        org.regime.slug,
        org.unit.slug,
        (first, second),
        DemoWithdrawal(
            at=office_hour(later(again, 1), *org.key("aid", "gone")),
            version=1,
            legal_ground=text["aid_ground"],
            reason=text["aid_reason"],
            approver=org.head.name,
            destroy=True,
            review_on=month_shift(again, 12),
        ),
    )
