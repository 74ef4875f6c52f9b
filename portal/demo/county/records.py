"""Every record of one unit, with its index number, in the order of first publication."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from portal.demo.county.agenda import agenda, numbers_of
from portal.demo.county.annuals import annual_of
from portal.demo.county.bodies import Body
from portal.demo.county.decisions import decisions_of
from portal.demo.county.finances import finances_of
from portal.demo.county.ledger import books
from portal.demo.county.plans import plan_of
from portal.demo.county.regulations import regulations_of
from portal.demo.county.tenders import tenders_of
from portal.demo.county.yearly import yearly_of
from portal.demo.models import DemoRecord


def county_records(body: Body) -> list[DemoRecord]:
    """Return the unit's records, oldest first; each names its index number.

    The number has the form that the service gives. Finding a free one costs the service a look at all
    numbers of the jurisdiction, for each record; named ones it only has to look up.
    """
    found = sorted(_records(body), key=lambda one: (one.publications[0].at, _key(one)))
    counts: dict[int, int] = {}
    return [_numbered(body, one, counts) for one in found]


def _records(body: Body) -> Iterator[DemoRecord]:
    years = agenda(body)
    numbers = numbers_of(body, years)
    ledger = books(body)
    for year in years:
        yield from plan_of(body, year, numbers)
        yield from finances_of(body, year, ledger, numbers)
        yield from yearly_of(body, year, ledger)
        yield from decisions_of(body, year, numbers)
        yield from regulations_of(body, year)
        yield from annual_of(body, year)
    yield from tenders_of(body, years, numbers)


def _key(record: DemoRecord) -> tuple[str, str]:
    document = record.publications[0].document
    return document.kind.code, document.natural_key()


def _numbered(body: Body, record: DemoRecord, counts: dict[int, int]) -> DemoRecord:
    first = record.publications[0]
    year = first.document.year() or first.at.year
    counts[year] = counts.get(year, 0) + 1
    index_no = f"{body.unit.code}/{year}-{counts[year]:05d}"
    return replace(
        record,
        publications=tuple(
            replace(one, document=one.document.model_copy(update={"index_no": index_no}))
            for one in record.publications
        ),
    )
