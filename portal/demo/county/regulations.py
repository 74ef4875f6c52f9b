"""制度文件 of the county, put together from the clause bank; one of a unit's may have to be withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from portal.demo.bank import later, office_hour, pick, spread, workday
from portal.demo.county.agenda import Year
from portal.demo.county.bodies import Body
from portal.demo.models import DemoRecord, DemoWithdrawal, Publication
from portal.demo.texts import regulation
from portal.domain.calendar import add_months
from portal.domain.documents.regulation import Regulation
from portal.domain.values import show_day
from portal.services.publishing import FIRST

_WITHDRAWN, _MENDED = 4, 12  # Of a hundred texts: withdrawn by law; published again with a word put right.
_FIRST_NUMBER = 6  # Document numbers below are the plans'.


def regulations_of(body: Body, year: Year) -> Iterator[DemoRecord]:
    """Yield the year's rules: the texts of the bank in turn, revised when their turn comes again."""
    bank = body.bank["regulations"]["texts"]
    count = year.wanted["regulation"]
    days = (year.window.last - year.window.first).days
    for place in range(count):
        serial = year.window.number * count + place
        text = bank[(body.serial + serial) % len(bank)]
        chance = spread(*body.key(serial, "regulation"), low=0, high=max(days - 60, 0))
        issued = workday(year.window.first + timedelta(days=20 + chance))
        document = regulation(
            body,
            text,
            issued,
            key=serial,
            turn=body.serial + serial,
            doc_no=body.doc_no(issued.year, _FIRST_NUMBER + serial * 3),
            revised=serial >= len(bank),
        )
        yield _published(body, document, issued, serial)


def _published(body: Body, document: Regulation, issued: date, serial: int) -> DemoRecord:
    turn = spread(*body.key(serial, "course"), low=0, high=99)
    day = later(issued, spread(*body.key(serial, "release"), low=3, high=12))
    first = Publication(office_hour(day, *body.key(serial)), document, FIRST, body.publisher)
    second = later(day, 9)
    if turn < _WITHDRAWN and second <= body.county.until:
        text = body.texts["withdrawals"]
        gone = DemoWithdrawal(
            at=office_hour(second, *body.key(serial, "gone")),
            version=1,
            legal_ground=text["regulation_ground"],
            reason=text["regulation_reason"],
            approver=body.head.name,
            destroy=False,
            review_on=add_months(second, 12),
        )
        return DemoRecord(body.regime.slug, body.unit.slug, (first,), gone)
    if turn < _MENDED and second <= body.county.until:
        remark = pick(body.texts["corrections"]["text"], *body.key(serial, "mended"))
        mended = document.model_copy(
            update={
                "abstract": f"{document.abstract}自{show_day(document.effective_from or issued)}起施行。",
                "remark": remark,
            }
        )
        again = Publication(
            office_hour(second, *body.key(serial, "again")), mended, f"更正：{remark}", body.publisher
        )
        return DemoRecord(body.regime.slug, body.unit.slug, (first, again))
    return DemoRecord(body.regime.slug, body.unit.slug, (first,))
