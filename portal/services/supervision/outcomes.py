"""处理结果: recorded, revoked, listed. The commission's alone; the public sees counts, and no small ones.

read_entry(typed, …) -> Entry / record(county, regime, unit, entry, *, now) -> Outcome
revoke(county, outcome, *, reason, now)
listed(county, …) -> list[Outcome]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from portal.domain.calendar import add_months
from portal.domain.regimes import Regime
from portal.domain.supervision.matters import Event
from portal.domain.supervision.outcomes import PERSONAL, Kind
from portal.domain.values import clean_text, read_day, show_day
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision import matters
from portal.store.tables import Matter, Outbox, Outcome, Unit

LONGEST = {"person": 60, "post": 120, "document_no": 120, "basis": 600, "reason": 600}
_LABELS = {"person": "姓名", "post": "职务", "document_no": "文件号", "basis": "依据", "reason": "撤销原因"}
EVENT = "outcome"  # In the outbox: the public counts may have moved.
FIRST_DAY = date(2000, 1, 1)  # Before it nothing of this register was decided.


class NotRecorded(ValueError):
    """An outcome that cannot be recorded; `errors` says by field what is wrong."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("；".join(self.errors.values()))


@dataclass(frozen=True)
class Entry:
    """One outcome: for a person, or with a blank name for the unit as such."""

    kind: Kind
    person: str
    post: str
    decided_on: date
    document_no: str
    basis: str
    effect_until: date | None = None


def effect_until(regime: Regime, kind: Kind, day: date) -> date | None:
    """Return until when an outcome has effect (影响期) by the terms of the day it was decided; None where they give none."""
    term = regime.effect_on(kind.value, day)
    if term is None:
        return None
    span = term.lasts
    return add_months(day, span.count) if span.unit == "month" else regime.calendar_on(day).due(day, span).day


def read_entry(typed: Mapping[str, str], regime: Regime, *, today: date) -> Entry:
    """Read an outcome as typed, or raise `NotRecorded` with every mistake at once."""
    errors: dict[str, str] = {}
    texts = {
        name: _text(name, typed.get(name, ""), errors) for name in ("person", "post", "document_no", "basis")
    }
    kind = next((one for one in Kind if one.value == typed.get("kind", "")), None)
    if kind is None:
        errors["kind"] = "请选择处理种类。"
    if kind in PERSONAL and not texts["person"] and "person" not in errors:
        errors["person"] = f"“{kind.label}”是对个人的，请填写姓名。"
    if not texts["basis"] and "basis" not in errors:
        errors["basis"] = "请写明依据的条款。"
    if texts["post"] and not texts["person"] and "person" not in errors:
        errors["person"] = "填写了职务，请同时填写姓名；处理的是单位的，两项都不填。"
    decided = _day("decided_on", "决定日期", typed, errors, required=True)
    if decided and not FIRST_DAY <= decided <= today:
        errors["decided_on"] = f"决定日期须在今天（{show_day(today)}）以前。请核对。"
    until = _day("effect_until", "影响期截止日期", typed, errors, required=False)
    if until and decided and until <= decided:
        errors["effect_until"] = "影响期截止日期须晚于决定日期。"
    if errors or kind is None or decided is None:
        raise NotRecorded(errors)
    return Entry(kind, decided_on=decided, effect_until=until or effect_until(regime, kind, decided), **texts)


def record(
    county: County, unit: Unit, entry: Entry, *, matter: Matter | None = None, now: datetime
) -> Outcome:
    """Record an outcome; the public counts are made anew. Refuse one that is recorded already, word for word."""
    same = county.rows(Outcome).where(
        Outcome.unit_id == unit.id, Outcome.kind == entry.kind.value, Outcome.person == entry.person,
        Outcome.decided_on == entry.decided_on, Outcome.document_no == entry.document_no, Outcome.revoked_at.is_(None),
    )  # fmt: skip
    if county.session.scalars(same).first() is not None:
        raise NotRecorded({"": "同样的处理结果已经登记过，没有再次登记。"})
    row = Outcome(
        jurisdiction_id=county.id,
        unit_id=unit.id,
        matter_id=matter.id if matter else None,
        kind=entry.kind.value,
        person=entry.person,
        post=entry.post,
        decided_on=entry.decided_on,
        effect_until=entry.effect_until,
        document_no=entry.document_no,
        basis=entry.basis,
        recorded_by=county.name_of_actor,
        recorded_at=now,
    )
    row.unit = unit
    county.session.add(row)
    county.session.flush()
    if matter is not None:  # Whom it was is said by the register alone.
        matters.write_step(
            county, event=Event.OUTCOME, words=entry.kind.label, matter=matter, shared=False, now=now
        )
    county.write_down(
        "outcome.record", now=now, object=f"outcome/{row.id}", words=f"登记处理结果：{unit.name}，{entry.kind.label}",
        unit_id=unit.id,
    )  # fmt: skip
    _owe(county, now)
    return row


def revoke(county: County, outcome: Outcome, *, reason: str, now: datetime) -> None:
    """Revoke an outcome that was withdrawn by whoever decided it, or was recorded by mistake; once."""
    errors: dict[str, str] = {}
    reason = _text("reason", reason, errors)
    if outcome.revoked_at is not None:
        errors["reason"] = "这一条已经撤销过。"
    elif not reason and not errors:
        errors["reason"] = "请写明撤销原因。"
    if errors:
        raise NotRecorded(errors)
    outcome.revoked_at, outcome.revoked_by, outcome.revoke_reason = now, county.name_of_actor, reason
    county.session.flush()
    county.write_down(
        "outcome.revoke", now=now, object=f"outcome/{outcome.id}", words=f"撤销处理结果：{reason}",
        unit_id=outcome.unit_id,
    )  # fmt: skip
    _owe(county, now)


def find(county: County, number: int) -> Outcome | None:
    """Return an outcome of the jurisdiction."""
    return county.session.scalar(county.rows(Outcome).where(Outcome.id == number))


def listed(county: County, *, kind: str = "", year: str = "", unit: str = "") -> list[Outcome]:
    """Return the register, the newest decision first."""
    query = county.rows(Outcome).options(joinedload(Outcome.unit))
    if kind:
        query = query.where(Outcome.kind == kind)
    if year.isascii() and year.isdigit() and len(year) == 4:
        query = query.where(
            Outcome.decided_on >= date(int(year) or 1, 1, 1),
            Outcome.decided_on <= date(int(year) or 1, 12, 31),
        )
    if unit:
        query = query.join(Unit, Outcome.unit_id == Unit.id).where(Unit.slug == unit)
    return list(county.session.scalars(query.order_by(Outcome.decided_on.desc(), Outcome.id.desc())))


def years_of(county: County) -> list[int]:
    """Return the years in which anything was decided, the newest first."""
    days = county.session.scalars(select(Outcome.decided_on).where(Outcome.jurisdiction_id == county.id))
    return sorted({one.year for one in days}, reverse=True)


def of_matter(county: County, matter: Matter) -> list[Outcome]:
    """Return what came of a matter."""
    query = county.rows(Outcome).where(Outcome.matter_id == matter.id).order_by(Outcome.id)
    return list(county.session.scalars(query))


def _owe(county: County, now: datetime) -> None:
    """The public counts are the jurisdiction's: the row names no unit."""
    county.session.add(
        Outbox(jurisdiction_id=county.id, record_id=None, unit_id=None, event=EVENT, created_at=now)
    )
    county.session.flush()


def _day(
    name: str, label: str, typed: Mapping[str, str], errors: dict[str, str], *, required: bool
) -> date | None:
    text = typed.get(name, "").strip()
    if not text:
        if required:
            errors[name] = f"请填写{label}。"
        return None
    try:
        return read_day(text)
    except ValueError as wrong:
        errors[name] = f"{label}：{wrong}"
        return None


def _text(name: str, typed: str, errors: dict[str, str]) -> str:
    try:
        text = " ".join(str(clean_text(typed)).split("\n"))
    except ValueError as wrong:
        errors[name] = f"{_LABELS[name]}：{wrong}"
        return ""
    if len(text) > LONGEST[name]:
        errors[name] = f"{_LABELS[name]}有 {len(text)} 个字，最多 {LONGEST[name]} 个字。请精简。"
    return text


def in_effect(outcome: Outcome, now: datetime) -> bool:
    """Tell whether an outcome still bears upon awards and promotion."""
    until = outcome.effect_until
    return outcome.revoked_at is None and until is not None and until >= now.astimezone(SHANGHAI).date()
