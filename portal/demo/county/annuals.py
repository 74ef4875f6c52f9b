"""政府信息公开工作年度报告 of the county's authorities and towns; some are put right once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from portal.demo.annual import counts, report
from portal.demo.bank import later, office_hour, pick, spread, workday_before
from portal.demo.county.agenda import Year
from portal.demo.county.bodies import Body
from portal.demo.models import DemoRecord, Publication
from portal.services.publishing import FIRST

_REPORTED = (1, 20)  # Month and day about which a year's report is out.


def annual_of(body: Body, year: Year) -> Iterator[DemoRecord]:
    """Yield the report on the calendar year before, where the unit owes one."""
    now = year.window.year_of(*_REPORTED)
    if not year.wanted["annual"] or now is None:
        return
    told = replace(body, aspect=str(now - 1))
    day = later(date(now, 1, 7), spread(*told.key("annual"), low=1, high=7))
    document = report(told, now - 1, workday_before(day), counts(told))
    first = Publication(office_hour(day, *told.key("annual")), document, FIRST, body.publisher)
    second = later(day, 6)
    if spread(*told.key("mended"), low=0, high=99) >= 10 or second > body.county.until:
        yield DemoRecord(body.regime.slug, body.unit.slug, (first,))
        return
    remark = pick(body.texts["corrections"]["text"], *told.key("remark"))
    mended = document.model_copy(update={"remark": remark})
    again = Publication(office_hour(second, *told.key("again")), mended, f"更正：{remark}", body.publisher)
    yield DemoRecord(body.regime.slug, body.unit.slug, (first, again))
