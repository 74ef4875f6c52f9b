"""授权分工方案 of the county: one a year; every second year the deputies move on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from portal.demo.bank import later, office_hour, spread
from portal.demo.county.agenda import Year, plan_key
from portal.demo.county.bodies import Body
from portal.demo.county.windows import Window
from portal.demo.models import DemoRecord, Publication
from portal.demo.plans import assignment, bands, ended, plan
from portal.domain.calendar import add_months
from portal.domain.documents.delegation import DelegationPlan
from portal.services.publishing import FIRST


def plan_of(body: Body, year: Year, numbers: dict[str, str]) -> Iterator[DemoRecord]:
    """Yield the year's plan; when the next one replaces it, its end is published as well."""
    if not year.wanted["plan"]:
        return
    window = year.window
    document = _plan(body, window, numbers.get(plan_key(window)))
    opening = Publication(_moment(body, window), document, FIRST, body.publisher)
    following = next((one for one in body.windows if one.number == window.number + 1), None)
    if following is None:
        yield DemoRecord(body.regime.slug, body.unit.slug, (opening,))
        return
    closing = ended(
        body,
        document,
        _moment(body, following),
        effective=following.effective,
        doc_no=_doc_no(body, following),
    )
    yield DemoRecord(body.regime.slug, body.unit.slug, (opening, closing))


def _moment(body: Body, window: Window) -> datetime:
    day = later(window.sits, spread(*body.key("plan", window.number), low=6, high=9))
    return office_hour(day, *body.key("plan", window.number))


def _doc_no(body: Body, window: Window) -> str:
    return body.doc_no(window.effective.year, 2)


def _plan(body: Body, window: Window, decision: str | None) -> DelegationPlan:
    change = {}
    if window.number:
        before = body.windows[window.number - 1]
        change = {
            "previous_plan": _doc_no(body, before),
            "change_reason": "各项分管满两年，按轮换办法依次轮换分管人选，签批上限不变。"
            if body.turn(window) != body.turn(before)
            else "年度重新议定，分管人选和签批上限不变，只更新任职时间。",
        }
    held = body.windows[window.number - window.number % 2].effective
    return plan(
        body,
        adopted=window.sits,
        effective=window.effective,
        decision=decision,
        doc_no=_doc_no(body, window),
        assignments=tuple(
            assignment(
                body,
                domain,
                day=window.effective,
                chance=body.key(domain[0], window.number, "substitute"),
                held=held,
                due=add_months(held, int(body.place["rotation_months"])),
            )
            for domain in body.domains
        ),
        bands=tuple(bands(body, window.effective, office_first=False)),
        change=change,
    )
