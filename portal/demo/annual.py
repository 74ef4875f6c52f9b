"""政府信息公开工作年度报告 of every bureau and township, with figures that agree with each other."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from portal.demo.bank import later, office_hour, pick, spread, workday_before
from portal.demo.models import DemoRecord, Publication
from portal.demo.orgs import Org
from portal.domain.documents.annual import Activity, AnnualReport, Cases, Ground, Reason, Requests

YEAR = 2025
_REFUSED = (Ground.THIRD_PARTY, Ground.INTERNAL, Ground.PROCESS)
_UNAVAILABLE = (Ground.NOT_HELD, Ground.NOT_MADE, Ground.UNCLEAR)


def annual_records(org: Org) -> Iterator[DemoRecord]:
    """Yield the unit's report of `YEAR`, unless it owes none or its row says that it is missing."""
    told = org.row.get("annual")
    if org.unit.type == "institution" or told == "missing":
        return
    late = told == "late"
    start = date(YEAR + 1, 2, 2) if late else date(YEAR + 1, 1, 12)
    day = later(start, spread(*org.key("annual"), low=3, high=7) if late else org.serial % 11)
    counted = counts(
        org,
        carried_in=spread(*org.key("carried in"), low=0, high=2) // 2,
        pending=1 if org.serial % 3 == 0 else 0,
    )
    document = report(org, YEAR, workday_before(day), counted, late=late)
    at = office_hour(day, *org.key("annual"))
    yield DemoRecord(org.regime.slug, org.unit.slug, (Publication(at, document, "首次公开", org.publisher),))


def report(
    org: Org,
    year: int,
    finished: date,
    counted: tuple[Requests, tuple[Reason, ...]],
    *,
    late: bool = False,
) -> AnnualReport:
    """Return the unit's report on the year, finished on that day; a late one says why it is late."""
    bank = org.bank["annual"]
    requests, reasons = counted
    reviewed = spread(*org.key("reviews"), low=0, high=3) // 3
    disclosed = spread(*org.key("disclosed"), low=46, high=268)
    words = {
        "unit": org.unit.name,
        "office": org.office,
        "count": disclosed,
        "received": requests.received,
        "settled": requests.settled,
        "upheld": reviewed,
    }

    def text(name: str) -> str:
        asked = "problems" if name == "improvements" else name  # Each improvement answers its problem.
        return str(pick(bank[name], *org.key("annual", asked))).format(**words)

    data: dict[str, Any] = org.reviewed(
        finished,
        abstract=f"{year}年主动公开{disclosed}条，收到公开申请{requests.received}件。",
        theme="政府信息公开",
    ) | {"legal_basis": "政府信息公开条例第四十九条"}
    if late:
        data["public_explanation"] = text("late_explanations")
    if org.unit.type == "township":
        data["assessment"] = text("assessments")
    return AnnualReport(
        title=f"{org.unit.name}{year}年政府信息公开工作年度报告",
        period=str(year),
        overview=text("overviews") if requests.received else text("quiet_overviews"),
        disclosed=disclosed,
        activities=tuple(_activities(org)),
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


def _activities(org: Org) -> Iterator[Activity]:
    for item, low, high in org.bank["annual"]["activities"][org.unit.type]:
        made = spread(*org.key("activity", item), low=low, high=high)
        if item == "行政规范性文件":
            force = made + spread(*org.key("in force"), low=3, high=14)
            yield Activity(item=item, made=made, abolished=made // 2, in_force=force)
        else:
            yield Activity(item=item, made=made)
    yield Activity(item="行政事业性收费", charged=0)


def counts(org: Org, *, carried_in: int = 0, pending: int = 0) -> tuple[Requests, tuple[Reason, ...]]:
    """Return what came in and how it ended: the sums of the official form hold by construction.

    `pending` requests are not yet settled where enough came in.
    """
    received = max(spread(*org.key("requests"), low=-3, high=17), 0)
    carried_out = pending if received > 8 else 0
    settled = received + carried_in - carried_out
    refused = settled // 5
    unavailable = (settled + 2) // 6
    unprocessed = 1 if settled > 9 else 0
    partly = settled // 8
    reasons = [
        (pick(_REFUSED, *org.key("refused")), refused),
        (pick(_UNAVAILABLE, *org.key("unavailable")), unavailable),
        (Ground.PETITION, unprocessed),
    ]
    requests = Requests(
        received=received,
        carried_in=carried_in,
        granted=settled - refused - unavailable - unprocessed - partly,
        partly=partly,
        refused=refused,
        unavailable=unavailable,
        unprocessed=unprocessed,
        other=0,
        settled=settled,
        carried_out=carried_out,
    )
    return requests, tuple(Reason(ground=ground, count=count) for ground, count in reasons if count)
