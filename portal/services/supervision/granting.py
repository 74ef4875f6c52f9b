"""豁免和延期 at the commission: the register, what a grant would change, granting it to one unit or to many.

    listed(county) -> list[Granted]                        what is registered, the newest first
    find(county, number) -> Exemption | None
    effect(county, regime, unit, grant, *, now) -> Effect  what it changes, or why it is refused; nothing stays written
    grant_all(county, regime, units, grant, *, now)        in the caller's transaction; all of them or `NotAll`
    revoke(county, exemption, *, reason, now)

What may be granted is said by `portal.services.exempting`; grants are public, with reason and approver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import contains_eager

from portal.domain.obligations import DUTIES, Cell, board_periods, standing
from portal.domain.regimes import Regime
from portal.domain.values import read_day, show_day
from portal.services import exempting
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.compliance import cases_of
from portal.services.compliance_answers import period_name
from portal.services.desk.tasks import first_quarter_of
from portal.services.exempting import Refused
from portal.services.supervision.entered import prose
from portal.store.tables import Exemption, Extension, Jurisdiction, Unit

LONGEST = {"reason": 600, "approver": 120}  # Characters: the public reads them in a table.


class NotRead(ValueError):
    """What was typed is no grant; `errors` says why, by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        self.errors = dict(errors)
        super().__init__("；".join(self.errors.values()))


class NotAll(ValueError):
    """At least one unit of a bulk cannot have the grant; `refused` says why, by unit."""

    def __init__(self, refused: Mapping[str, str]) -> None:
        self.refused = dict(refused)
        super().__init__("；".join(f"{name}：{why}" for name, why in refused.items()))


@dataclass(frozen=True)
class Grant:
    """An exemption (`valid_from` and `valid_until` are given) or an extension (`new_due` is)."""

    duty: str
    period: str
    reason: str
    approver: str
    valid_from: date | None = None
    valid_until: date | None = None
    new_due: date | None = None


@dataclass(frozen=True)
class Change:
    """One duty of one period before and after."""

    name: str
    before: str
    after: str


@dataclass(frozen=True)
class Effect:
    """What a grant does to a unit; with `refusal`, why it cannot be. `late` tells that an extension comes too late."""

    unit: Unit
    changes: tuple[Change, ...] = ()
    refusal: str = ""
    field: str = ""
    late: bool = False


@dataclass(frozen=True)
class Granted:
    """One entry of the register."""

    unit: Unit
    exemption: Exemption | None
    extension: Extension | None

    @property
    def at(self) -> datetime:
        """When it was registered."""
        row = self.exemption or self.extension
        assert row is not None  # noqa: S101 - one of them is given.
        return row.recorded_at


def read_grant(typed: Mapping[str, str], *, extends: bool) -> Grant:
    """Read a grant as typed, or raise `NotRead` with every mistake at once."""
    errors: dict[str, str] = {}
    days: dict[str, date | None] = {}
    wanted = {"new_due": "延期后的日期"} if extends else {"valid_from": "起始日期", "valid_until": "截止日期"}
    for name, label in wanted.items():
        days[name] = None
        try:
            days[name] = read_day(typed.get(name, ""))
        except ValueError as wrong:
            errors[name] = f"{label}：{wrong}" if typed.get(name, "").strip() else f"请填写{label}。"
    duty = typed.get("duty", "")
    if duty not in {one.code for one in DUTIES}:
        errors["duty"] = "请选择公开义务。"
    period = typed.get("period", "").strip()
    if extends and not period:
        errors["period"] = "请填写延期的是哪一期，例如 2026Q3。"
    said: dict[str, str] = {}
    for name, label in (("reason", "原因"), ("approver", "批准人或批准机关")):
        said[name] = prose(typed.get(name, ""), name, label, LONGEST[name], errors)
        if not said[name] and name not in errors:
            errors[name] = f"{label}不能为空：豁免和延期须写明原因和批准人，并向社会公示。"
    if errors:
        raise NotRead(errors)
    return Grant(duty, period, said["reason"], said["approver"], **days)


def listed(county: County, *, unit: str = "") -> list[Granted]:
    """Return what is registered in the jurisdiction, the newest first."""
    whose = [Unit.jurisdiction_id == county.id, *([Unit.slug == unit] if unit else [])]
    exemptions = select(Exemption).join(Exemption.unit).where(*whose).options(contains_eager(Exemption.unit))
    extensions = select(Extension).join(Extension.unit).where(*whose).options(contains_eager(Extension.unit))
    found = [Granted(one.unit, one, None) for one in county.session.scalars(exemptions)]
    found += [Granted(one.unit, None, one) for one in county.session.scalars(extensions)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def find(county: County, number: int) -> Exemption | None:
    """Return an exemption of the jurisdiction."""
    query = (
        select(Exemption)
        .join(Unit, Exemption.unit_id == Unit.id)
        .where(Unit.jurisdiction_id == county.id, Exemption.id == number)
    )
    return county.session.scalar(query)


def effect(county: County, regime: Regime, unit: Unit, grant: Grant, *, now: datetime) -> Effect:
    """Return what a grant changes in how the unit stands. It is granted and taken back: the caller rolls back too."""
    before = _cells(county, regime, unit, now)
    savepoint = county.session.begin_nested()
    try:
        late = _grant(county, regime, unit, grant, now)
        after = _cells(county, regime, unit, now)
    except Refused as refusal:
        return Effect(unit, refusal=str(refusal), field=refusal.field)
    finally:
        savepoint.rollback()
    changes = tuple(
        Change(_name(cell), _word(before[key]) if key in before else "没有", _word(cell))
        for key, cell in after.items()
        if key not in before or _word(before[key]) != _word(cell)
    )
    return Effect(unit, changes, late=late)


def grant_all(county: County, regime: Regime, units: Sequence[Unit], grant: Grant, *, now: datetime) -> None:
    """Grant it to each of the units, or raise `NotAll` where one cannot have it: the caller then rolls back."""
    refused: dict[str, str] = {}
    for unit in units:
        try:
            _grant(county, regime, unit, grant, now)
        except Refused as refusal:
            refused[unit.name] = str(refusal)
            continue
        what = "延期" if grant.new_due else "豁免"
        detail = {"after": {name: str(value) for name, value in vars(grant).items() if value}}
        county.write_down(
            "grant.extend" if grant.new_due else "grant.exempt", now=now, object=f"unit/{unit.slug}",
            words=f"登记{unit.name}的{what}：{grant.duty} {grant.period}".strip(), unit_id=unit.id, detail=detail,
        )  # fmt: skip
    if refused:
        raise NotAll(refused)


def revoke(county: County, exemption: Exemption, *, reason: str, now: datetime) -> None:
    """Revoke an exemption from today on, or raise `Refused`."""
    errors: dict[str, str] = {}
    reason = prose(reason, "reason", "撤销原因", LONGEST["reason"], errors)
    if errors:
        raise Refused(errors["reason"], "reason")
    row = exempting.revoke(county.session, exemption.id, reason=reason, actor=county.name_of_actor, now=now)
    county.write_down(
        "grant.revoke", now=now, object=f"exemption/{row.id}", words=f"撤销{row.unit.name}的豁免：{row.revoke_reason}",
        unit_id=row.unit_id, detail={"before": {"revoked": False}, "after": {"revoked": True}},
    )  # fmt: skip


def _grant(county: County, regime: Regime, unit: Unit, grant: Grant, now: datetime) -> bool:
    """Register it and tell whether it comes after the deadline."""
    if grant.new_due is not None:
        _, late = exempting.extend(
            county.session, unit, regime=regime, duty=grant.duty, period=grant.period, new_due=grant.new_due,
            reason=grant.reason, approver=grant.approver, actor=county.name_of_actor, now=now,
        )  # fmt: skip
        return late
    assert grant.valid_from is not None and grant.valid_until is not None  # noqa: S101, PT018 - read so.
    exempting.exempt(
        county.session, unit, regime=regime, duty=grant.duty, period=grant.period or None, reason=grant.reason,
        approver=grant.approver, valid_from=grant.valid_from, valid_until=grant.valid_until,
        actor=county.name_of_actor, now=now,
    )  # fmt: skip
    return False


def _cells(county: County, regime: Regime, unit: Unit, now: datetime) -> dict[tuple[str, str], Cell]:
    place = county.session.get_one(Jurisdiction, county.id)
    today = now.astimezone(SHANGHAI).date()
    first = first_quarter_of(county.session, place)
    case = cases_of(county.session, regime, place, on=today, only=unit)[unit.id]
    found = standing(case, board_periods([first] if first else [], today))
    return {(one.duty.code, one.period): one for cells in found.cells.values() for one in cells}


def _name(cell: Cell) -> str:
    return f"{cell.duty.title}（{period_name(cell.period)}）" if cell.period else cell.duty.title


def _word(cell: Cell) -> str:
    due = f"，{show_day(cell.due.day)}到期" if cell.due else ""
    return f"{cell.word}{due}{f'（{cell.afterthought}）' if cell.afterthought else ''}"
