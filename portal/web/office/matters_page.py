"""What the pages of matters share: the blueprint, the filters of an address, signs, and how a matter is laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, request, url_for

from portal.domain.documents.base import kind_of, kinds
from portal.domain.obligations import duty_of
from portal.domain.rules.base import rules
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import Event, Source, State
from portal.domain.units import UnitType, facts_of
from portal.domain.values import read_day, show_day
from portal.services.board.county import County
from portal.services.compliance_answers import period_name
from portal.services.supervision import queue
from portal.services.supervision.additions import added_since_asked
from portal.services.supervision.answering import split_evidence
from portal.services.supervision.matters import NotPossible, day_of, items_of, records_named, steps_of
from portal.services.supervision.queue import Wanted
from portal.site.pages.paths import record_path, unit_path
from portal.site.rows import unit_view
from portal.site.snapshot import RecordView
from portal.web.office.house import now, office, person
from portal.web.office.showing import link_to, show_moment

bp = Blueprint("matters", __name__)

# Icon and tone of each word; the word itself is always shown.
STATE_SIGNS = {
    State.NEW: ("wait", "plain"),
    State.ASKED: ("note", "plain"),
    State.EXPLAINED: ("note", "green"),
    State.ACCEPTED: ("ok", "green"),
    State.RECTIFYING: ("late", "ochre"),
    State.CLOSED: ("ok", "plain"),
}
SEVERITY_SIGNS = {
    Severity.BLOCK: ("no", "red"),
    Severity.RED: ("no", "red"),
    Severity.YELLOW: ("late", "ochre"),
    Severity.INFO: ("note", "plain"),
}


@dataclass(frozen=True)
class Item:
    """One item with where its evidence is."""

    title: str
    kind: str
    period: str
    seen: str
    remedy: str
    basis: str
    ref: str
    public: str | None
    first_seen: str
    gone_on: str
    added: bool


@dataclass(frozen=True)
class Line:
    """One step of the timeline."""

    event: str
    label: str
    side: str
    who: str
    words: str
    evidence: tuple[tuple[str, str | None], ...]
    shared: bool
    at: str
    iso: str


@dataclass(frozen=True)
class Ground:
    """The rule on which a matter rests."""

    id: str
    title: str
    why: str
    source: str
    default: bool


def today() -> date:
    """Return the day in China."""
    return day_of(now())


def wanted() -> Wanted:
    """Read the filters from the address; what is not known narrows nothing."""
    args = {key: value.strip()[:80] for key, value in request.args.items()}
    return Wanted(
        state=args.get("state", "open") if args.get("state", "open") in {"", "open", *State} else "open",
        source=args.get("source", "") if args.get("source", "") in set(Source) else "",
        cause=args.get("cause", ""),
        unit=args.get("unit", ""),
        type=args.get("type", "") if args.get("type", "") in set(UnitType) else "",
        owner=args.get("owner", ""),
        overdue=bool(args.get("overdue")),
        period=args.get("period", ""),
        sort=args.get("sort", "") if args.get("sort", "") in queue.SORTS else "urgent",
    )


def query_of(which: Wanted, **other: Any) -> str:
    """Return the filters as the end of an address; `other` replaces some or adds a page."""
    plain = {one.name: getattr(which, one.name) for one in fields(which)} | other
    told = {
        key: ("1" if value is True else value)
        for key, value in plain.items()
        if value not in ("", False, None)
    }
    if plain["state"] in ("", "open"):  # Open ones are what the bare address shows.
        told.pop("state", None)
        if plain["state"] == "":
            told["state"] = ""
    if plain["sort"] == "urgent":
        told.pop("sort", None)
    return f"?{urlencode(told)}" if told else ""


def read_due(text: str) -> date:
    """Read a deadline as people write it, or raise `NotPossible`."""
    if not text.strip():
        raise NotPossible("请填写期限，例如“2026年11月20日”。", "due")
    try:
        return read_day(text)
    except ValueError as wrong:
        raise NotPossible(str(wrong), "due") from wrong


def read_picks(values: Sequence[str]) -> list[tuple[str, int]]:
    """Read the ticked matters: address and the revision that the page showed, each matter once."""
    found: dict[str, int] = {}
    for one in values:
        uid, _, revision = one.rpartition(":")
        if uid and revision.isascii() and revision.isdigit() and len(revision) < 10:
            found.setdefault(uid, int(revision))
    return list(found.items())


def asked_address(uid: str) -> str:
    """Return where the unit finds a matter, for letters."""
    return f"{office().own_url}{link_to('asked.one', uid=uid) or ''}"


def laid_out(place: County, matter: Any) -> dict[str, Any]:
    """Return what the page of a matter shows: items with evidence, the timeline, the rule."""
    steps, items = steps_of(place, matter), items_of(place, matter)
    named = [ref for one in steps for ref in split_evidence(one.words)[1]]
    added = added_since_asked(steps, items)
    records = records_named(place, [*(one.ref for one in items), *named])
    return {
        "items": [_item(one, records, added=one.id in added) for one in items],
        "added": len(added),
        "lines": [_line(one, records) for one in steps],
        "ground": ground_of(matter),
        "unit_board": link_to("board.unit", unit=matter.unit.slug),
        "unit_public": _unit_public(matter.unit),
    }


def ground_of(matter: Any) -> Ground | None:
    """Return the rule on which a matter rests, by the jurisdiction's own terms of today."""
    rule_id = matter.cause
    if matter.source == Source.DUTY.value:
        rule_id = duty_of(matter.cause).rule
    if matter.source not in (Source.RULE.value, Source.DUTY.value) or rule_id not in rules():
        return None
    rule, regime = rules()[rule_id], office().regimes.get(person().jurisdiction)
    terms = regime.terms(rule_id, today(), facts_of(matter.unit).type) if regime else None
    return Ground(
        rule_id,
        rule.title,
        rule.why,
        terms.source if terms else "",
        bool(terms and getattr(terms, "default", False)),
    )


def public_page(record: Any) -> str | None:
    """Return where the public reads a record."""
    base = office().public_url
    if not base:
        return None
    view = RecordView(
        record.id, unit_view(record.unit, person().jurisdiction), kind_of(record.kind).kind, record.slug, record.index_no, ()
    )  # fmt: skip
    return f"{base}/{record_path(view, None)}"


def _unit_public(unit: Any) -> str | None:
    base = office().public_url
    return f"{base}/{unit_path(unit_view(unit, person().jurisdiction))}" if base and unit.listed else None


def _item(item: Any, records: dict[str, tuple[Any, bool]], *, added: bool) -> Item:
    record, public = records.get(item.ref, (None, False))
    kind = item.kind or (record.kind if record else "")
    return Item(
        title=item.title,
        kind=kind_of(kind).kind.short if kind in kinds() else "",
        period=period_name(item.period) if item.period else "",
        seen=item.seen,
        remedy=item.remedy,
        basis=item.basis,
        ref=item.ref,
        public=public_page(record) if record is not None and public else None,
        first_seen=show_day(item.first_seen),
        gone_on=show_day(item.gone_on) if item.gone_on else "",
        added=added,
    )


def _line(step: Any, records: dict[str, tuple[Any, bool]]) -> Line:
    words, refs = split_evidence(step.words) if step.event == Event.ANSWERED.value else (step.words, ())
    evidence = []
    for ref in refs:
        record, public = records.get(ref, (None, False))
        evidence.append((ref, public_page(record) if record is not None and public else None))
    label = Event(step.event).label if step.event in set(Event) else step.event
    return Line(
        step.event, label, step.side, step.actor, words, tuple(evidence), step.shared, show_moment(step.at), step.at.isoformat()
    )  # fmt: skip


def new_address() -> str:
    """Return where a matter is entered by hand."""
    return url_for("matters.new")
