"""采购招标 of the county: projects at every stage, most published once with all that is known by then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from portal.demo.bank import office_hour, spread, workday_before
from portal.demo.county.agenda import Project, Year
from portal.demo.county.bodies import Body
from portal.demo.models import DemoRecord, Publication
from portal.demo.projects import tender_records
from portal.domain.values import show_day
from portal.services.publishing import FIRST

_STAGED = (
    3  # Of a hundred projects so many are published again at every stage; the others once, when they end.
)


def tenders_of(body: Body, years: tuple[Year, ...], numbers: dict[str, str]) -> Iterator[DemoRecord]:
    """Yield every project of the unit; the youngest have reached only what `until` lets them."""
    projects = [one for year in years for one in year.projects]
    bank = {**body.bank["tenders"], "projects": [one.row for one in projects]}
    own = replace(body, bank={**body.bank, "tenders": bank})
    # A project that rests on no decision has none to name: a stand-in while its parts are put together.
    known = {**{one.row["decision"]: "无" for one in projects}, **numbers}
    for project, record in zip(projects, tender_records(own, known), strict=True):
        yield _until(body, project, record, decided=project.row["decision"] in numbers)


def _until(body: Body, project: Project, record: DemoRecord, *, decided: bool) -> DemoRecord:
    reached = [one for one in record.publications if one.at.date() <= body.county.until]
    if not reached:
        # The intent falls on the last days and was moved past them by a holiday: it is told before.
        reached = [_earlier(body, record.publications[0])]
    if not decided:
        reached = [
            replace(one, document=one.document.model_copy(update={"decision": None})) for one in reached
        ]
    if spread(*body.key(project.key, "staged"), low=0, high=99) >= _STAGED:
        reached = reached[-1:]
    first = replace(reached[0], reason=FIRST)
    return replace(record, publications=(first, *reached[1:]))


def _earlier(body: Body, intent: Publication) -> Publication:
    day = workday_before(body.county.until)
    document = intent.document.model_copy(
        update={
            "issued_on": day,
            "formed_on": day,
            "release_reviewed_on": day,
            "remark": f"{show_day(day)}提前公开。",
        }
    )
    return replace(intent, at=office_hour(day, *body.key("earlier")), document=document)
