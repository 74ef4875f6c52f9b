"""集体决策记录 of the county: every item of the agenda, with who came, who spoke and what was voted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from portal.demo.bank import later, office_hour, spread, workday_before
from portal.demo.county.agenda import Year
from portal.demo.county.bodies import Body
from portal.demo.meetings import Item, carried_out, minutes
from portal.demo.models import DemoRecord, DemoWithdrawal, Publication
from portal.domain.calendar import add_months
from portal.domain.documents.decision import (
    Category,
    DecisionRecord,
    PreStep,
    PreStepKind,
)
from portal.services.publishing import FIRST

_DONE = 6  # Of a hundred decisions so many are published again when every task is done.


def decisions_of(body: Body, year: Year, numbers: dict[str, str]) -> Iterator[DemoRecord]:
    """Yield the year's decisions, each published within twenty working days of the meeting."""
    for item in year.items:
        document = minutes(
            body,
            item,
            numbers[item.key],
            serial=2 + item.held_on.timetuple().tm_yday // 12,
            pre_steps=tuple(_pre_steps(body, item)),
            more={},
        )
        first_meeting = item.held_on == year.window.sits
        low, high = (3, 5) if first_meeting else (4, 11)
        day = later(item.held_on, spread(*body.key(item.key, "release"), low=low, high=high))
        first = Publication(office_hour(day, *body.key(item.key)), document, FIRST, body.publisher)
        if _told_too_much(body, item):
            yield _aided(body, first, day)
        else:
            yield DemoRecord(body.regime.slug, body.unit.slug, (first, *_done(body, item, document, day)))


def _pre_steps(body: Body, item: Item) -> Iterator[PreStep]:
    text, held, office = body.texts["drafting"], item.held_on, body.office

    def back(days: int) -> date:
        return workday_before(held - timedelta(days=days))

    yield PreStep(step=PreStepKind.COLLECTED, began_on=back(20), by=office, outcome=text["collected"])
    yield PreStep(
        step=PreStepKind.RESEARCH,
        began_on=back(19),
        ended_on=back(12),
        by=body.kind["offices"][body.domain(item.domain)[0]],
        outcome=text["research"],
    )
    if _asked(body, item):
        count = spread(*body.key(item.key, "opinions"), low=9, high=88)
        yield PreStep(
            step=PreStepKind.PUBLIC_OPINION,
            began_on=back(40),
            ended_on=back(8),
            by=office,
            outcome=f"收到意见{count}条，采纳{count // 3}条，未采纳的逐条说明理由。",
        )
    if body.regime.slug == "xian" and body.domain(item.domain)[0] == "admin_approval":
        deputy, chief = body.holder(item.domain, held).name, body.chiefs[0].name
        yield PreStep(step=PreStepKind.DEPUTY_REVIEW, began_on=back(11), by=deputy, outcome=text["raised"])
        yield PreStep(step=PreStepKind.CHIEF_CONSENT, began_on=back(9), by=chief, outcome=text["agreed"])
    yield PreStep(step=PreStepKind.PRE_REVIEW, began_on=back(7), by=office, outcome=text["reviewed"])
    yield PreStep(step=PreStepKind.MATERIALS, began_on=back(3), by=office, outcome=text["materials"])


def _asked(body: Body, item: Item) -> bool:
    """Tell whether those concerned were asked before the meeting."""
    broad = item.category in (Category.MAJOR_DECISION, Category.MAJOR_PROJECT, Category.LARGE_FUND)
    return broad and (
        body.regime.slug in ("jinhu", "xian") or spread(*body.key(item.key, "asked"), low=0, high=2) == 0
    )


def _done(body: Body, item: Item, document: DecisionRecord, day: date) -> Iterator[Publication]:
    """Yield the version that tells of the tasks, for some of the decisions."""
    if spread(*body.key(item.key, "done"), low=0, high=99) < _DONE:
        chance = body.key(item.key, "told")
        yield from carried_out(body, document, chance, after=day, until=body.county.until)


def _told_too_much(body: Body, item: Item) -> bool:
    """Tell whether the first version of the decision held what had to be withdrawn and destroyed."""
    return "救助" in item.title and spread(*body.key(item.key, "told too much"), low=0, high=7) == 0


def _aided(body: Body, clean: Publication, day: date) -> DemoRecord:
    text = body.texts["withdrawals"]
    again = later(day, 3)
    document = clean.document
    assert isinstance(document, DecisionRecord)  # noqa: S101 - narrows the type: only decisions come here.
    told = document.model_copy(update={"proposal": f"{document.proposal}{text['told']}"})
    publications = (
        Publication(clean.at, told, clean.reason, clean.by),
        Publication(office_hour(again, *body.key(day, "told")), document, text["told_reason"], clean.by),
    )
    if later(again, 1) > body.county.until:
        return DemoRecord(body.regime.slug, body.unit.slug, publications[1:])
    gone = DemoWithdrawal(
        at=office_hour(later(again, 1), *body.key(day, "gone")),
        version=1,
        legal_ground=text["version_ground"],
        reason=text["version_reason"],
        approver=body.head.name,
        destroy=True,
        review_on=add_months(again, 12),
    )
    return DemoRecord(body.regime.slug, body.unit.slug, publications, gone)
