"""特定关系人报备: entering, ending and handing out sealed filings. Nobody but the keeper comes here (docs/filings.md).

What a filing says passes through `file` on its way into the seal, and is written nowhere else: not into the log,
not into an error. Everybody who works with filings is written down.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select

from portal.domain.supervision.relations import Company, FilingContent, Person, What, named
from portal.domain.values import check_uscc, read_day, show_day
from portal.services.board.county import County
from portal.services.supervision import lineage
from portal.services.supervision.entered import NotEntered, NotNow, day, line, lines, prose
from portal.services.supervision.filing_keys import Sealer
from portal.store.tables import RelationFiling, RelationMark, Unit

_CODE = re.compile(r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ]{18}")
_MOST = 200  # Persons or companies of one filing.
_LONGEST = 200  # Characters of a line.
_LONGEST_PROSE = 4000


@dataclass(frozen=True)
class Row:
    """A filing as its list shows it: nothing of what it says."""

    uid: str
    number: int
    unit: str
    unit_now: str  # What became of the unit, and what that means for the filing; blank where it is there.
    filed_on: date
    ended_on: date | None
    marks: int
    recorded_by: str
    recorded_at: datetime


def read_filing(form: Mapping[str, str], *, unit: Unit | None) -> tuple[FilingContent, date]:
    """Read a filing and the day on which it was filed; raise `NotEntered`."""
    errors: dict[str, str] = {}
    if unit is None:
        errors["unit"] = "请选择报备人所在单位。"
    filer = line(form.get("filer", ""), "filer", "报备人", 60, errors)
    if not filer and "filer" not in errors:
        errors["filer"] = "请填写报备人。"
    persons = _persons(form.get("persons", ""), errors)
    companies = _companies(form.get("companies", ""), errors)
    if not persons and not companies and not {"persons", "companies"} & errors.keys():
        errors["persons"] = "请至少填写一位特定关系人或一家企业。"
    content = FilingContent(
        filer=filer,
        post=line(form.get("post", ""), "post", "职务", 100, errors),
        unit=unit.name if unit else "",
        persons=persons,
        companies=companies,
        business=prose(form.get("business", ""), "business", "在辖区的经营活动", _LONGEST_PROSE, errors),
        since=_maybe_day(form.get("since", ""), "since", "经营或任职起始", errors),
        until=_maybe_day(form.get("until", ""), "until", "经营或任职截止", errors),
        remark=prose(form.get("remark", ""), "remark", "备注", _LONGEST_PROSE, errors),
    )
    filed_on = day(form.get("filed_on", ""), "filed_on", "报备日期", errors)
    if errors:
        raise NotEntered(errors)
    return content, filed_on


def file(
    county: County,
    unit: Unit,
    content: FilingContent,
    *,
    sealer: Sealer,
    filed_on: date,
    uid: str = "",
    now: datetime,
) -> RelationFiling:
    """Seal a filing, mark its names and codes, and keep both. `uid` is its address, else a new one."""
    row = RelationFiling(
        uid=uid or secrets.token_urlsafe(16),
        jurisdiction_id=county.id,
        unit_id=unit.id,
        sealed=sealer.seal(content),
        filed_on=filed_on,
        recorded_by=county.name_of_actor,
        recorded_at=now,
    )
    county.session.add(row)
    county.session.flush()
    marks = [(what, sealer.mark(what, folded)) for what, folded in named(content)]
    marks.append((What.CHECK, sealer.mark(What.CHECK, row.uid)))
    secrets.SystemRandom().shuffle(marks)  # Their order tells nothing of the form's.
    county.session.add_all(
        RelationMark(jurisdiction_id=county.id, filing_id=row.id, mark=mark, what=what.value)
        for what, mark in marks
    )
    county.session.flush()
    county.write_down(
        "filing.entered", now=now, object=f"relation_filing:{row.uid}", words=f"登记第 {number_of(county, row)} 号报备", unit_id=unit.id
    )  # fmt: skip
    return row


def find(county: County, uid: str) -> RelationFiling | None:
    """Return the filing of that address."""
    return county.one(RelationFiling, uid)


def number_of(county: County, row: RelationFiling) -> int:
    """Return a filing's number: filings are counted in the order of their entry, and none is ever deleted."""
    query = select(func.count(RelationFiling.id)).where(
        RelationFiling.jurisdiction_id == county.id, RelationFiling.id <= row.id
    )
    return county.session.scalar(query) or 0


def listing(county: County) -> list[Row]:
    """Return every filing, the latest first."""
    names = {one.id: one.name for one in county.units()}
    ends = lineage.ends(county)
    counted = (
        select(RelationMark.filing_id, func.count().label("marks"))
        .where(RelationMark.jurisdiction_id == county.id, RelationMark.what != What.CHECK.value)
        .group_by(RelationMark.filing_id)
    )
    counts = {row.filing_id: row.marks for row in county.session.execute(counted)}
    rows = county.session.scalars(county.rows(RelationFiling).order_by(RelationFiling.id))
    found = [
        Row(
            one.uid, number, names.get(one.unit_id, ""), _now(ends, names, one), one.filed_on, one.ended_on, counts.get(one.id, 0),
            one.recorded_by, one.recorded_at,
        )
        for number, one in enumerate(rows, start=1)
    ]  # fmt: skip
    return found[::-1]


def _now(ends: dict[int, lineage.End], names: dict[int, str], row: RelationFiling) -> str:
    if row.ended_on is not None or (end := ends.get(row.unit_id)) is None:
        return ""
    chain = lineage.successors(ends, row.unit_id, on=date.max)
    since = f"{show_day(end.on)}起"
    if not chain:
        return f"{since}撤销，没有接收的单位。请报备人按新单位重新报备，再终止这一份"
    goes_on = f"{since}并入{names.get(chain[-1], '')}，按它的采购核对，不需要重新报备"
    gone = ends.get(chain[-1])
    return f"{goes_on}；该单位也已撤销，请报备人按新单位重新报备" if gone else goes_on


def take_out(county: County, row: RelationFiling, *, now: datetime) -> bytes:
    """Return the sealed filing to be opened with the keeper's key, and write down who asked for it."""
    county.write_down(
        "filing.read", now=now, object=f"relation_filing:{row.uid}", words=f"取出第 {number_of(county, row)} 号报备查看",
        unit_id=row.unit_id,
    )  # fmt: skip
    return row.sealed


def end(county: County, row: RelationFiling, *, on: str, now: datetime) -> None:
    """End a filing: awards after that day are not held against it. Raise `NotEntered` or `NotNow`."""
    if row.ended_on is not None:
        raise NotNow("这份报备已经终止。")
    errors: dict[str, str] = {}
    ended = day(on, "ended_on", "终止日期", errors)
    if not errors and ended < row.filed_on:
        errors["ended_on"] = "终止日期早于报备日期。请核对。"
    if errors:
        raise NotEntered(errors)
    row.ended_on = ended
    county.session.flush()
    county.write_down(
        "filing.ended", now=now, object=f"relation_filing:{row.uid}", words=f"终止第 {number_of(county, row)} 号报备",
        unit_id=row.unit_id, detail={"after": {"终止日期": show_day(ended)}},
    )  # fmt: skip


def _persons(text: str, errors: dict[str, str]) -> tuple[Person, ...]:
    """One person a line: name and relation with a blank between them."""
    found = []
    for one in lines(text, "persons", errors, longest=_LONGEST, most=_MOST):
        name, _, relation = one.replace("　", " ").partition(" ")
        found.append(Person(name=name, relation=relation.strip()))
    return tuple(found)


def _companies(text: str, errors: dict[str, str]) -> tuple[Company, ...]:
    """One company a line: its name, and its code of 18 characters somewhere beside it."""
    found = []
    each = lines(text, "companies", errors, longest=_LONGEST, most=_MOST)
    for place, one in enumerate(each, start=1):
        code, seen = "", _CODE.search(one)
        if seen:
            try:
                code = check_uscc(seen[0])
            except ValueError:
                errors["companies"] = (
                    f"第 {place} 行的统一社会信用代码不对，多半是抄错一位。请对照登记证书核对。"
                )
            one = one.replace(seen[0], " ")
        found.append(Company(name=" ".join(one.split()), code=code))
    return tuple(found)


def _maybe_day(text: str, key: str, label: str, errors: dict[str, str]) -> date | None:
    if not text.strip():
        return None
    try:
        return read_day(text)
    except ValueError as wrong:
        errors[key] = f"{label}：{wrong}"
        return None
