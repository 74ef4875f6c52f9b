"""巡查, 四责联审 and other checks of the commission's own: plan, sample, what came of each record, opinion, end.

What a sample was drawn from is kept with it, so that anybody can draw it again (`portal.domain.supervision.sampling`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import select

from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Source
from portal.domain.supervision.sampling import (
    Candidate,
    InspectionKind,
    InspectionState,
    LookedAt,
    Redrawn,
    digest_of,
    draw,
    redraw,
)
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision.entered import ChangedMeanwhile, NotEntered, NotNow, prose
from portal.services.supervision.inspection_plans import Plan, PlanEntry, plan_of, told
from portal.services.supervision.opening import NewItem, open_matter
from portal.services.supervision.published import listed, published_of
from portal.store.tables import Inspection, InspectionItem, Matter, Unit

LONGEST_WORDS = 2000  # Of one record: what a line of the results can show.
LONGEST_OPINION = 10_000  # Of all together: a few pages.
_ACTS = {
    "inspection.planned": "立项",
    "inspection.changed": "修改计划",
    "inspection.drawn": "抽样",
    "inspection.opinion": "写整改意见",
    "inspection.closed": "结束检查",
}


@dataclass(frozen=True)
class Totals:
    """The numbers of an inspection (T4, J13)."""

    units: int
    heads: int
    drawn: int
    looked: int
    problems: int
    lacking: int
    opinions: int
    matters: int


def enter_plan(county: County, entry: PlanEntry, *, uid: str = "", now: datetime) -> Inspection:
    """Enter a plan. `uid` is its address, else a new one."""
    row = Inspection(
        uid=uid or secrets.token_urlsafe(16),
        jurisdiction_id=county.id,
        kind=entry.kind.value,
        name=entry.name,
        starts_on=entry.starts_on,
        ends_on=entry.ends_on,
        seed=entry.seed,
        plan=entry.plan.model_dump_json(),
        state=InspectionState.PLANNED.value,
        created_by=county.name_of_actor,
        created_at=now,
    )
    county.session.add(row)
    county.session.flush()
    _write_down(county, row, "inspection.planned", now, after=_told(county, row))
    return row


def change_plan(county: County, row: Inspection, entry: PlanEntry, *, revision: int, now: datetime) -> None:
    """Change a plan from which nothing was drawn yet; raise `ChangedMeanwhile` or `NotNow`."""
    _claim(row, revision)
    if row.state != InspectionState.PLANNED:
        raise NotNow("已经抽样，计划不能再改。需要另抽的，请另立一项检查。")
    before = _told(county, row)
    row.kind, row.name, row.seed = entry.kind.value, entry.name, entry.seed
    row.starts_on, row.ends_on = entry.starts_on, entry.ends_on
    row.plan = entry.plan.model_dump_json()
    county.session.flush()
    _write_down(county, row, "inspection.changed", now, before=before, after=_told(county, row))


def _told(county: County, row: Inspection) -> dict[str, str]:
    return told(row.name, row.seed, plan_of(row), {one.slug: one.name for one in county.units()})


def draw_sample(county: County, row: Inspection, *, revision: int, now: datetime) -> list[InspectionItem]:
    """Draw the sample and freeze what it was drawn from; raise `NotNow` where nothing can be drawn."""
    _claim(row, revision)
    if row.state != InspectionState.PLANNED:
        raise NotNow("这项检查已经抽过样。抽样只做一次，不能重抽。")
    plan = plan_of(row)
    population = population_of(county, plan)
    drawn = draw(population, seed=row.seed, each=plan.each)
    if not drawn:
        raise NotNow("按计划的单位、公开时间和类别，没有可抽的已公开记录。请放宽时间或类别后再抽。")
    found = {one.ref: one for one in published_of(county, refs=[one.ref for one in drawn])}
    items = []
    for position, one in enumerate(drawn, start=1):
        said = found[one.ref]
        items.append(
            InspectionItem(
                jurisdiction_id=county.id,
                unit_id=said.unit.id,
                inspection_id=row.id,
                position=position,
                ref=one.ref,
                kind=one.kind,
                slug=said.slug,
                title=said.title,
            )
        )
    county.session.add_all(items)
    ordered = tuple(sorted(population))
    row.plan = plan.model_copy(
        update={"population": ordered, "digest": digest_of(ordered), "drawn_at": now}
    ).model_dump_json()
    row.state = InspectionState.DRAWN.value
    county.session.flush()
    after = {"种子": row.seed, "总体": f"{len(ordered)} 件", "总体指纹": digest_of(ordered)}
    sample = "、".join(one.ref for one in drawn)
    _write_down(county, row, "inspection.drawn", now, after={**after, "抽中": sample})
    return items


def population_of(county: County, plan: Plan) -> list[Candidate]:
    """Return every record that the plan may draw, as published today."""
    chosen = {one.slug: one.id for one in county.units() if one.slug in plan.units}
    return [
        Candidate(one.unit, one.kind, one.ref)
        for one in listed(county, kinds=plan.each, units=chosen.values())
        if plan.first <= one.first_at.astimezone(SHANGHAI).date() <= plan.last
    ]


def items_of(county: County, row: Inspection) -> list[InspectionItem]:
    """Return the sample in the order in which it was drawn."""
    query = county.rows(InspectionItem).where(InspectionItem.inspection_id == row.id)
    return list(county.session.scalars(query.order_by(InspectionItem.position)))


def item_of(county: County, row: Inspection, position: int) -> InspectionItem | None:
    """Return one record of the sample."""
    query = county.rows(InspectionItem).where(
        InspectionItem.inspection_id == row.id, InspectionItem.position == position
    )
    return county.session.scalars(query).first()


def find(county: County, uid: str) -> Inspection | None:
    """Return the inspection of that address."""
    return county.one(Inspection, uid)


def inspections_of(county: County) -> list[Inspection]:
    """Return every inspection, the latest first."""
    query = county.rows(Inspection).order_by(Inspection.starts_on.desc(), Inspection.id.desc())
    return list(county.session.scalars(query))


def seen_of(item: InspectionItem) -> str:
    """Return what tells whether the item was looked at anew since a page showed it."""
    return item.checked_at.isoformat() if item.checked_at else ""


def look_at(
    county: County,
    row: Inspection,
    item: InspectionItem,
    *,
    result: str,
    words: str,
    seen: str,
    now: datetime,
) -> None:
    """Keep what came of looking at a record; raise `NotEntered`, `ChangedMeanwhile` or `NotNow`."""
    if row.state != InspectionState.DRAWN:
        raise NotNow("检查已结束，结果不能再改。" if row.state == InspectionState.CLOSED else "还没有抽样。")
    if seen != seen_of(item):
        raise ChangedMeanwhile(
            f"{item.checked_by}刚才已经登记了这一件的结果，请先看现在的内容，再决定是否修改。"
        )
    errors: dict[str, str] = {}
    if result not in {one.value for one in LookedAt}:
        errors["result"] = "请选择检查结果。"
    words = prose(words, "words", "说明", LONGEST_WORDS, errors)
    if result in (LookedAt.WRONG, LookedAt.LACKING) and not words and "words" not in errors:
        errors["words"] = "请写明问题或缺少的材料。"
    if result == LookedAt.RIGHT and item.matter_id is not None:
        errors["result"] = "这一件已转为监督事项，不能改为“符合”。请先在监督事项中办结，并在说明中写明。"
    if errors:
        raise NotEntered(errors)
    before = {"结果": LookedAt(item.result).label if item.result else "", "说明": item.words}
    item.result, item.words = result, words
    item.checked_by, item.checked_at = county.name_of_actor, now
    county.session.flush()
    county.write_down(
        "inspection.looked_at", now=now, object=f"inspection:{row.uid}", words=f"{item.ref} {LookedAt(result).label}",
        unit_id=item.unit_id, detail={"before": before, "after": {"结果": LookedAt(result).label, "说明": words}},
    )  # fmt: skip


def into_matter(
    county: County, regime: Regime, row: Inspection, item: InspectionItem, *, now: datetime
) -> Matter:
    """Open a matter of what is wrong with a record, or add it to this inspection's matter of the unit."""
    if item.result not in (LookedAt.WRONG, LookedAt.LACKING):
        raise NotNow("只有“有问题”或“材料不足”的记录可以转为监督事项。请先登记检查结果。")
    if item.matter_id is not None:
        raise NotNow("这一件已经转为监督事项。")
    unit = county.unit_of(item.unit_id)
    assert unit is not None  # noqa: S101 - a foreign key holds it.
    wrong = item.result == LookedAt.WRONG
    matter = open_matter(
        county,
        unit,
        source=Source.INSPECTION,
        cause=row.uid,
        title=f"{row.name}：抽查发现的问题",
        severity=Severity.RED if wrong else Severity.YELLOW,
        items=[
            NewItem(
                fingerprint=hashlib.sha256(f"{row.uid}\n{item.ref}".encode()).hexdigest(),
                ref=item.ref,
                kind=item.kind,
                slug=item.slug,
                title=item.title,
                period="",
                seen=f"{LookedAt(item.result).label}：{item.words}",
                remedy="请说明情况；确有问题的，提出整改措施和完成时间。"
                if wrong
                else "请补齐所列材料，或说明没有材料的原因。",
                basis=f"{InspectionKind(row.kind).label}“{row.name}”",
            )
        ],
        now=now,
        regime=regime,
    )
    item.matter_id = matter.id
    county.session.flush()
    county.write_down(
        "inspection.matter", now=now, object=f"inspection:{row.uid}", words=f"{item.ref} 转为监督事项",
        unit_id=item.unit_id, detail={"matter": matter.uid},
    )  # fmt: skip
    return matter


def write_opinion(county: County, row: Inspection, text: str, *, revision: int, now: datetime) -> None:
    """Keep the opinions (整改意见), one a line; raise `NotEntered`, `ChangedMeanwhile` or `NotNow`."""
    _claim(row, revision)
    if row.state != InspectionState.DRAWN:
        raise NotNow("只有检查中的可以写整改意见。")
    errors: dict[str, str] = {}
    text = prose(text, "opinion", "整改意见", LONGEST_OPINION, errors)
    if errors:
        raise NotEntered(errors)
    before, row.opinion = row.opinion, text
    county.session.flush()
    _write_down(county, row, "inspection.opinion", now, before={"整改意见": before}, after={"整改意见": text})


def close(county: County, row: Inspection, *, revision: int, now: datetime) -> None:
    """End an inspection of which everything was looked at; raise `ChangedMeanwhile` or `NotNow`."""
    _claim(row, revision)
    if row.state != InspectionState.DRAWN:
        raise NotNow("只有检查中的可以结束。")
    if left := [one.position for one in items_of(county, row) if not one.result]:
        shown = "、".join(str(one) for one in left[:10]) + ("等" if len(left) > 10 else "")
        raise NotNow(f"还有 {len(left)} 件没有登记结果（第 {shown} 件）。全部看完才能结束。")
    totals = totals_of(county, row)
    if (totals.problems or totals.lacking) and not row.opinion.strip():
        raise NotNow("发现了问题，但还没有写整改意见。请先写整改意见。")
    row.state = InspectionState.CLOSED.value
    county.session.flush()
    _write_down(
        county,
        row,
        "inspection.closed",
        now,
        after={
            "有问题": f"{totals.problems} 件",
            "材料不足": f"{totals.lacking} 件",
            "整改意见": f"{totals.opinions} 条",
        },
    )


def totals_of(county: County, row: Inspection) -> Totals:
    """Return the inspection's numbers."""
    items, plan = items_of(county, row), plan_of(row)
    return Totals(
        units=len({one.unit_id for one in items}),
        heads=len(plan.heads),
        drawn=len(items),
        looked=sum(bool(one.result) for one in items),
        problems=sum(one.result == LookedAt.WRONG for one in items),
        lacking=sum(one.result == LookedAt.LACKING for one in items),
        opinions=len(opinions(row.opinion)),
        matters=len({one.matter_id for one in items if one.matter_id is not None}),
    )


def sums(totals: Iterable[Totals]) -> Totals:
    """Return the numbers of several inspections together; units and heads count once for each."""
    each = [astuple(one) for one in totals]
    return Totals(*(sum(column) for column in zip(*each, strict=True))) if each else Totals(*[0] * 8)


def opinions(text: str) -> list[str]:
    """Return the single opinions: one a line."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def check_again(county: County, row: Inspection) -> Redrawn:
    """Draw again from the frozen list, and tell what was published or withdrawn since."""
    plan = plan_of(row)
    return redraw(
        plan.population,
        digest=plan.digest,
        seed=row.seed,
        each=plan.each,
        kept=[one.ref for one in items_of(county, row)],
        today=population_of(county, plan),
    )


def matters_of(county: County, items: Sequence[InspectionItem]) -> dict[int, str]:
    """Return the addresses of the matters that came of these items, by the matter's number."""
    numbers = [one.matter_id for one in items if one.matter_id is not None]
    query = county.rows(Matter).where(Matter.id.in_(numbers))
    return {one.id: one.uid for one in county.session.scalars(query)}


def unit_names(county: County) -> dict[int, str]:
    """Return the jurisdiction's units by number."""
    rows = county.session.execute(select(Unit.id, Unit.name).where(Unit.jurisdiction_id == county.id))
    return {row.id: row.name for row in rows}


def _claim(row: Inspection, revision: int) -> None:
    if row.revision != revision:
        raise ChangedMeanwhile("这项检查刚才已被别人修改。请先看现在的内容，再决定是否继续。")
    row.revision += 1


def _write_down(
    county: County, row: Inspection, action: str, now: datetime, **detail: Mapping[str, object]
) -> None:
    words = f"{_ACTS[action]}：{row.name}"
    county.write_down(action, now=now, object=f"inspection:{row.uid}", words=words, detail=dict(detail))
