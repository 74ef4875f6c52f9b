"""政府信息公开工作年度报告 of the county's authorities and towns, with figures that agree with each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from portal.demo.bank import later, office_hour, pick, spread, workday_before
from portal.demo.county.agenda import Year
from portal.demo.county.bodies import Body
from portal.demo.models import DemoRecord, Publication
from portal.domain.documents.annual import Activity, AnnualReport, Cases, Ground, Reason, Requests
from portal.services.publishing import FIRST

_REPORTED = (1, 20)  # Month and day about which a year's report is out.
_REFUSED = (Ground.THIRD_PARTY, Ground.INTERNAL, Ground.PROCESS)
_UNAVAILABLE = (Ground.NOT_HELD, Ground.NOT_MADE, Ground.UNCLEAR)


def annual_of(body: Body, year: Year) -> Iterator[DemoRecord]:
    """Yield the report on the calendar year before, where the unit owes one."""
    now = year.window.year_of(*_REPORTED)
    if not year.wanted["annual"] or now is None:
        return
    told = replace(body, aspect=str(now - 1))
    day = later(date(now, 1, 7), spread(*told.key("annual"), low=1, high=7))
    document = _report(told, now - 1, workday_before(day))
    first = Publication(office_hour(day, *told.key("annual")), document, FIRST, body.publisher)
    second = later(day, 6)
    if spread(*told.key("mended"), low=0, high=99) >= 10 or second > body.county.until:
        yield DemoRecord(body.regime.slug, body.unit.slug, (first,))
        return
    remark = pick(body.texts["corrections"]["text"], *told.key("remark"))
    mended = document.model_copy(update={"remark": remark})
    again = Publication(office_hour(second, *told.key("again")), mended, f"更正：{remark}", body.publisher)
    yield DemoRecord(body.regime.slug, body.unit.slug, (first, again))


def _report(body: Body, year: int, finished: date) -> AnnualReport:
    bank = body.bank["annual"]
    requests, reasons = _requests(body)
    reviewed = spread(*body.key("reviews"), low=0, high=3) // 3
    disclosed = spread(*body.key("disclosed"), low=46, high=268)
    words = {
        "unit": body.unit.name,
        "office": body.office,
        "count": disclosed,
        "received": requests.received,
        "settled": requests.settled,
        "upheld": reviewed,
    }

    def text(name: str) -> str:
        asked = "problems" if name == "improvements" else name  # Each improvement answers its problem.
        return str(pick(bank[name], *body.key("annual", asked))).format(**words)

    data: dict[str, Any] = body.reviewed(
        finished,
        abstract=f"{year}年主动公开{disclosed}条，收到公开申请{requests.received}件。",
        theme="政府信息公开",
    ) | {"legal_basis": "政府信息公开条例第四十九条"}
    if body.unit.type == "township":
        data["assessment"] = text("assessments")
    return AnnualReport(
        title=f"{body.unit.name}{year}年政府信息公开工作年度报告",
        period=str(year),
        overview=text("overviews") if requests.received else text("quiet_overviews"),
        disclosed=disclosed,
        activities=tuple(_activities(body)),
        requests=requests,
        reasons=reasons,
        reviews=_cases(upheld=reviewed),
        direct_suits=_cases(),
        suits_after_review=_cases(),
        problems=text("problems"),
        improvements=text("improvements"),
        fees=0,
        other_matters=text("others"),
        **data,
    )


def _cases(*, upheld: int = 0) -> Cases:
    return Cases(upheld=upheld, corrected=0, other=0, pending=0, total=upheld)


def _activities(body: Body) -> Iterator[Activity]:
    for item, low, high in body.bank["annual"]["activities"][body.unit.type]:
        made = spread(*body.key("activity", item), low=low, high=high)
        if item == "行政规范性文件":
            force = made + spread(*body.key("in force"), low=3, high=14)
            yield Activity(item=item, made=made, abolished=made // 2, in_force=force)
        else:
            yield Activity(item=item, made=made)
    yield Activity(item="行政事业性收费", charged=0)


def _requests(body: Body) -> tuple[Requests, tuple[Reason, ...]]:
    """Return what came in and how it ended: the sums of the official form hold by construction."""
    received = max(spread(*body.key("requests"), low=-3, high=17), 0)
    refused, unavailable, partly = received // 5, (received + 2) // 6, received // 8
    unprocessed = 1 if received > 9 else 0
    reasons = [
        (pick(_REFUSED, *body.key("refused")), refused),
        (pick(_UNAVAILABLE, *body.key("unavailable")), unavailable),
        (Ground.PETITION, unprocessed),
    ]
    requests = Requests(
        received=received,
        carried_in=0,
        granted=received - refused - unavailable - unprocessed - partly,
        partly=partly,
        refused=refused,
        unavailable=unavailable,
        unprocessed=unprocessed,
        other=0,
        settled=received,
        carried_out=0,
    )
    return requests, tuple(Reason(ground=ground, count=count) for ground, count in reasons if count)
