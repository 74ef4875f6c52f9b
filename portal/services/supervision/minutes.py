"""双记双评: the commission's own records of meetings, each linked to the unit's decision record and held against it.

The unit never sees these records. What a matter says of a disagreement is the field and what the unit itself has
published, never what the commission wrote: an explanation that only had to copy it would prove nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict

from portal.domain.calendar import Due
from portal.domain.documents.decision import DecisionRecord
from portal.domain.regimes import Regime
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Source
from portal.domain.supervision.minutes import LABELS, Compared, OwnMinutes, Rating, Verdict, compare, likeness
from portal.domain.units import facts_of
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision.entered import ChangedMeanwhile, NotNow
from portal.services.supervision.minutes_forms import FORM_LABELS, typed_of
from portal.services.supervision.opening import NewItem, mark_gone, open_matter
from portal.services.supervision.published import Published, published_of, standing
from portal.store.tables import Matter, MatterItem, OwnRecord, Unit

SUGGESTED = 8  # Decision records that are offered for linking.
_CAUSE = 60  # Characters of a matter's cause.
_UNPUBLISHED = "unpublished"  # Instead of a field.
_ACTS = {
    "minutes.entered": "登记到会记录",
    "minutes.changed": "修改到会记录",
    "minutes.linked": "关联决策记录",
    "minutes.confirmed": "确认比对",
}
_BASIS = "双记双评：会议由单位和纪委监委各记一份，相互印证。"


class Confirmed(BaseModel):
    """A comparison that an officer has confirmed: of which version, with what came of it."""

    model_config = ConfigDict(frozen=True)

    ref: str
    version: int  # 0: nothing was published.
    changes: int  # How often our record had been changed by then.
    at: datetime
    by: str
    wrong: tuple[str, ...]  # The fields that the unit has to explain.
    matter: str = ""  # Its address.


class Kept(BaseModel):
    """What `OwnRecord.content` holds as JSON."""

    model_config = ConfigDict(frozen=True)

    minutes: OwnMinutes
    changes: int = 0
    confirmed: Confirmed | None = None


@dataclass(frozen=True)
class Comparison:
    """Our record beside what the unit has published under the linked index number."""

    row: OwnRecord
    own: OwnMinutes
    rating: Rating
    published: Published | None
    fields: tuple[Compared, ...]
    confirmed: Confirmed | None
    changes: int

    @property
    def wrong(self) -> tuple[Compared, ...]:
        """The fields that the unit has to explain."""
        return tuple(one for one in self.fields if one.wrong)

    @property
    def stale(self) -> bool:
        """Tell whether the unit has published anew, or our record was changed, since the comparison was confirmed."""
        if self.confirmed is None:
            return False
        version = self.published.number if self.published else 0
        found = (self.row.ref, version, self.changes)
        return found != (self.confirmed.ref, self.confirmed.version, self.confirmed.changes)

    def count(self, *verdicts: str) -> int:
        """Return how many fields have one of these verdicts."""
        return sum(one.verdict in {Verdict(each) for each in verdicts} for one in self.fields)


def enter(
    county: County, unit: Unit, own: OwnMinutes, rating: Rating, *, uid: str = "", now: datetime
) -> OwnRecord:
    """Enter a record of the commission's own. `uid` is its address, else a new one."""
    row = OwnRecord(
        uid=uid or secrets.token_urlsafe(16),
        jurisdiction_id=county.id,
        unit_id=unit.id,
        title=own.title,
        held_on=own.held_on,
        content=Kept(minutes=own).model_dump_json(),
        rating=rating.model_dump_json(),
        recorded_by=county.name_of_actor,
        recorded_at=now,
    )
    county.session.add(row)
    county.session.flush()
    _write_down(county, row, "minutes.entered", now)
    return row


def change(
    county: County, row: OwnRecord, own: OwnMinutes, rating: Rating, *, revision: int, now: datetime
) -> None:
    """Change a record; what it said before stands in the log. Raise `ChangedMeanwhile`."""
    _claim(row, revision)
    kept = kept_of(row)
    before, after = typed_of(kept.minutes, rating_of(row)), typed_of(own, rating)
    changed = kept.minutes != own
    row.title, row.held_on, row.rating = own.title, own.held_on, rating.model_dump_json()
    row.content = kept.model_copy(
        update={"minutes": own, "changes": kept.changes + changed}
    ).model_dump_json()
    county.session.flush()
    moved = [key for key in after if before[key] != after[key]]
    _write_down(
        county, row, "minutes.changed", now,
        before={FORM_LABELS[key]: before[key] for key in moved}, after={FORM_LABELS[key]: after[key] for key in moved},
    )  # fmt: skip


def kept_of(row: OwnRecord) -> Kept:
    """Return what a record holds."""
    return Kept.model_validate_json(row.content)


def rating_of(row: OwnRecord) -> Rating:
    """Return both ratings."""
    return Rating.model_validate_json(row.rating)


def find(county: County, uid: str) -> OwnRecord | None:
    """Return the record of that address."""
    return county.one(OwnRecord, uid)


def records_of(county: County) -> list[OwnRecord]:
    """Return every record, the latest meeting first."""
    query = county.rows(OwnRecord).order_by(OwnRecord.held_on.desc(), OwnRecord.id.desc())
    return list(county.session.scalars(query))


def compared(county: County, row: OwnRecord) -> Comparison:
    """Hold a record against what the unit has published."""
    return _compared(row, standing(county, row.ref))


def all_compared(county: County, rows: Sequence[OwnRecord]) -> list[Comparison]:
    """Hold many records against what units have published, with one look at it."""
    refs = {one.ref for one in rows if one.ref}
    found = {one.ref: one for one in published_of(county, refs=refs)} if refs else {}
    return [_compared(row, found.get(row.ref)) for row in rows]


def suggestions(county: County, row: OwnRecord) -> list[tuple[int, Published, DecisionRecord]]:
    """Return the unit's decision records by how likely each is the one, the likeliest first."""
    own = kept_of(row).minutes
    found = []
    for one in published_of(county, kinds=("decision",), units=(row.unit_id,)):
        document = one.document
        if isinstance(document, DecisionRecord) and (score := likeness(own, document)) > 0:
            found.append((score, one, document))
    found.sort(key=lambda one: (-one[0], one[1].ref))
    return found[:SUGGESTED]


def link(county: County, row: OwnRecord, ref: str, *, revision: int, now: datetime) -> None:
    """Link a record to the unit's decision record of that index number; blank undoes it. Raise `NotNow`."""
    _claim(row, revision)
    ref = ref.strip()
    if ref:
        found = standing(county, ref)
        if found is None or found.unit.id != row.unit_id or found.kind != "decision":
            raise NotNow(
                f"本单位没有向社会公开索引号为“{ref}”的集体决策记录。请从列出的记录中选择，或核对索引号。"
            )
    before, row.ref = row.ref, ref
    county.session.flush()
    _write_down(county, row, "minutes.linked", now, before={"关联": before}, after={"关联": ref})


def deadline(regime: Regime, unit: Unit, own: OwnMinutes) -> Due | None:
    """Return until when the unit has to publish the decision (PUB-01), or None where no term binds it."""
    terms = regime.terms("PUB-01", own.held_on, facts_of(unit).type)
    within = getattr(terms, "within", None)
    return regime.calendar_on(own.held_on).due(own.held_on, within) if within else None


def confirm(county: County, regime: Regime, row: OwnRecord, *, revision: int, now: datetime) -> Matter | None:
    """Confirm the comparison as it stands: what disagrees becomes a matter, what has come to agree is marked as gone.

    Where nothing is published and the deadline has passed, that becomes the matter. Raise `NotNow`.
    """
    _claim(row, revision)
    unit = county.unit_of(row.unit_id)
    assert unit is not None  # noqa: S101 - a foreign key holds it.
    found = compared(county, row)
    if found.published is None:
        return _unpublished(county, regime, row, unit, found, now)
    cause = _cause_of(row.ref)
    items = [_item(row, found.published, one) for one in found.wrong]
    # Not published, linked to another record, disagreeing where it agrees now: what this record saw is gone.
    seen_under = [row.uid, *([_cause_of(found.confirmed.ref)] if found.confirmed else []), cause]
    for one in dict.fromkeys(seen_under):
        still = {item.fingerprint for item in items} if one == cause else set()
        mark_gone(
            county, unit, source=Source.MINUTES, cause=one,
            still=still | _of_other_records(county, unit, row, one), now=now,
        )  # fmt: skip
    matter = None
    if items:
        matter = open_matter(
            county, unit, source=Source.MINUTES, cause=cause,
            title=f"会议记录比对不一致：{found.published.title}", severity=Severity.RED, items=items, now=now, regime=regime,
        )  # fmt: skip
    _confirmed(county, row, found, matter, now)
    return matter


def _cause_of(ref: str) -> str:
    return ref if len(ref) <= _CAUSE else hashlib.sha256(ref.encode()).hexdigest()[:_CAUSE]


def _of_other_records(county: County, unit: Unit, row: OwnRecord, cause: str) -> set[str]:
    """Return what other records of the commission saw of the same decision: two recorders, two records."""
    own = {_print(row, one) for one in (*LABELS, _UNPUBLISHED)}
    query = (
        county.rows(MatterItem)
        .join(Matter, Matter.id == MatterItem.matter_id)
        .where(Matter.unit_id == unit.id, Matter.source == Source.MINUTES.value, Matter.cause == cause)
    )
    return {one.fingerprint for one in county.session.scalars(query)} - own


def _unpublished(
    county: County, regime: Regime, row: OwnRecord, unit: Unit, found: Comparison, now: datetime
) -> Matter:
    due, today = deadline(regime, unit, found.own), now.astimezone(SHANGHAI).date()
    if row.ref:
        text = f"关联的决策记录 {row.ref} 现在没有向社会公开（已撤回或不再公开）。"
    elif due is not None and due.day < today:
        text = f"{show_day(found.own.held_on)}会议研究了“{found.own.title}”，应于{show_day(due.day)}前公开，至今没有查到。"
    else:
        raise NotNow("还没有关联单位公开的决策记录，公开期限也没有过，现在没有可以确认的。")
    matter = open_matter(
        county,
        unit,
        source=Source.MINUTES,
        cause=row.uid,
        title=f"到会研究的事项没有公开：{found.own.title}",
        severity=Severity.YELLOW,
        items=[
            NewItem(
                fingerprint=_print(row, _UNPUBLISHED),
                ref=row.ref,
                kind="decision",
                slug="",
                title=found.own.title,
                period="",
                seen=text,
                remedy="请公开这次会议的决策记录；已经公开的，请说明索引号。",
                basis=_BASIS,
            )
        ],
        now=now,
        regime=regime,
    )
    _confirmed(county, row, found, matter, now)
    return matter


def _confirmed(
    county: County, row: OwnRecord, found: Comparison, matter: Matter | None, now: datetime
) -> None:
    made = Confirmed(
        ref=row.ref,
        version=found.published.number if found.published else 0,
        changes=found.changes,
        at=now,
        by=county.name_of_actor,
        wrong=tuple(one.field for one in found.wrong),
        matter=matter.uid if matter else "",
    )
    row.content = kept_of(row).model_copy(update={"confirmed": made}).model_dump_json()
    county.session.flush()
    after = {"单位公开": f"第 {made.version} 版" if made.version else "未公开"}
    after["不一致"] = "、".join(LABELS[one] for one in made.wrong) or "没有"
    _write_down(county, row, "minutes.confirmed", now, after=after, matter=made.matter)


def _item(row: OwnRecord, published: Published, one: Compared) -> NewItem:
    said = f"公开的是“{one.theirs}”" if one.theirs else "公开的记录没有写"
    return NewItem(
        fingerprint=_print(row, one.field),
        ref=published.ref,
        kind=published.kind,
        slug=published.slug,
        title=published.title,
        period="",
        seen=f"“{one.label}”与纪委监委到会记录不一致：{said}（第 {published.number} 版）。",
        remedy="请对照会议原始记录核对：记录有误的，更正公开并说明原因；记录无误的，提交原始记录说明。",
        basis=_BASIS,
    )


def _print(row: OwnRecord, field: str) -> str:
    return hashlib.sha256(f"minutes\n{row.uid}\n{field}".encode()).hexdigest()


def _compared(row: OwnRecord, published: Published | None) -> Comparison:
    kept = kept_of(row)
    document = published.document if published else None
    fields = compare(kept.minutes, document) if isinstance(document, DecisionRecord) else []
    return Comparison(
        row, kept.minutes, rating_of(row), published, tuple(fields), kept.confirmed, kept.changes
    )


def _claim(row: OwnRecord, revision: int) -> None:
    if row.revision != revision:
        raise ChangedMeanwhile("这份记录刚才已被别人修改。请先看现在的内容，再决定是否继续。")
    row.revision += 1


def _write_down(county: County, row: OwnRecord, action: str, now: datetime, **detail: object) -> None:
    words = f"{_ACTS[action]}：{show_day(row.held_on)}“{row.title}”"
    county.write_down(
        action, now=now, object=f"own_record:{row.uid}", words=words, unit_id=row.unit_id, detail=detail
    )


def today_of(now: datetime) -> date:
    """Return the day in China."""
    return now.astimezone(SHANGHAI).date()
