"""操作日志: everything that was done in a jurisdiction, in one list, the newest first. Nothing here can be changed.

It is gathered from what each deed leaves behind: the commission's own log, and the rows that cannot be changed
(publications, withdrawals, exemptions, steps, sign-ins …). A deed that stands in the log and left a row is told once.
Sealed reports have a log of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import and_, false, or_, select, true

from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.running.log_sources import SORTS, Entry, Source, sources
from portal.store.tables import Account, Audit

__all__ = ["SORTS", "Entry", "Wanted", "actors_of", "every", "page_of"]


@dataclass(frozen=True)
class Wanted:
    """What is asked for."""

    first: date | None = None
    last: date | None = None
    sort: str = ""
    actor: str = ""
    unit_id: int | None = None
    text: str = ""


def page_of(
    county: County, wanted: Wanted, *, after: str = "", limit: int = 50
) -> tuple[list[Entry], str | None]:
    """Return a page of the log and the key behind which the next one begins; None at the end.

    Raise `ValueError` for a key that is none.
    """
    begins = _read_key(after) if after else None
    found: list[Entry] = []
    for sort, source in sources(county).items():
        if wanted.sort in ("", sort):
            found += _rows(county, source, sort, wanted, begins, limit + 1)
    found.sort(key=_order)
    page = found[:limit]
    going_on = page[-1].key if len(found) > limit else None
    return _told_once(county, page), going_on


def every(county: County, wanted: Wanted, *, most: int) -> Iterator[Entry]:
    """Yield the whole log as asked for, page by page, `most` lines at most."""
    key: str | None = ""
    left = most
    while key is not None and left > 0:
        page, key = page_of(county, wanted, after=key, limit=min(500, left))
        left -= 500
        yield from page
        county.session.expunge_all()  # Long logs must not fill the memory.


_LONGEST_NUMBER = 9  # Digits: what a number of a row in a database can hold.
_RANK = {sort: place for place, sort in enumerate(SORTS)}


def _order(one: Entry) -> tuple[float, int, int]:
    return (-one.at.timestamp(), _RANK[one.sort], -one.number)


def _read_key(text: str) -> tuple[datetime, str, int]:
    at, sort, number = text.split("~")
    found = datetime.fromisoformat(at)
    if sort not in SORTS or found.tzinfo is None or len(number) > _LONGEST_NUMBER:
        raise ValueError(text)
    return found, sort, int(number)


def _rows(
    county: County,
    source: Source,
    sort: str,
    wanted: Wanted,
    begins: tuple[datetime, str, int] | None,
    limit: int,
) -> list[Entry]:
    query = source.query.where(source.at.is_not(None))
    if begins:
        at, its, number = begins
        same = source.number < number if its == sort else true() if _RANK[sort] > _RANK[its] else false()
        query = query.where(or_(source.at < at, and_(source.at == at, same)))
    if wanted.first:
        query = query.where(source.at >= datetime.combine(wanted.first, time(), tzinfo=SHANGHAI))
    if wanted.last:
        after = wanted.last + timedelta(days=1)
        query = query.where(source.at < datetime.combine(after, time(), tzinfo=SHANGHAI))
    if wanted.unit_id is not None:
        query = query.where(source.unit == wanted.unit_id)
    if source.veiled is not None and (wanted.text or wanted.unit_id is not None):
        query = query.where(~source.veiled)
    if wanted.actor:
        query = query.where(source.actor == wanted.actor)
    if wanted.text:
        query = query.where(or_(*(one.icontains(wanted.text, autoescape=True) for one in source.says)))
    query = query.order_by(source.at.desc(), source.number.desc()).limit(limit)
    return [source.tell(row) for row in county.session.execute(query)]


def _told_once(county: County, page: list[Entry]) -> list[Entry]:
    """Leave out a row whose deed the commission's own log tells of: the same moment, the same person."""
    moments = {one.at for one in page if one.sort != "audit"}
    if not moments:
        return page
    rows = county.session.execute(
        select(Audit.at, Audit.actor).where(
            Audit.jurisdiction_id == county.id, Audit.at.between(min(moments), max(moments))
        )
    )
    logged = {(row.at, row.actor) for row in rows}
    return [one for one in page if one.sort == "audit" or (one.at, one.actor) not in logged]


def actors_of(county: County) -> list[str]:
    """Return the commission's people who stand in the log, and those of its accounts."""
    found = set(
        county.session.scalars(select(Audit.actor).where(Audit.jurisdiction_id == county.id).distinct())
    )
    found |= set(county.session.scalars(county.rows(Account).with_only_columns(Account.name)))
    return sorted(found)
