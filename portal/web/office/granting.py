"""豁免和延期: the register of what units were let off or granted more time for; granting and revoking. Public, all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.obligations import DUTIES, duty_of
from portal.domain.roles import Action
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.board.screens import is_gone
from portal.services.compliance import SINGLE
from portal.services.compliance_answers import period_name
from portal.services.desk.scheduling import show_moment
from portal.services.exempting import Refused
from portal.services.supervision import granting
from portal.services.supervision.granting import Effect, Grant, Granted, NotAll, NotRead
from portal.web.guards import may
from portal.web.office.house import (
    begin,
    commit,
    county,
    now,
    office,
    page,
    person,
    regime_of,
    session,
    today_of,
)
from portal.web.office.paging import part_of
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("granting", __name__, url_prefix="/grants")
_HEADS = (
    "单位", "种类", "义务", "所属期", "豁免起", "豁免止", "延至", "原因", "批准", "登记人", "登记时间", "撤销时间", "撤销人",
    "撤销原因",
)  # fmt: skip
_NAMES = ("duty", "period", "valid_from", "valid_until", "new_due", "reason", "approver")


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show the register."""
    return _listing()


@bp.get("/export.csv")
@may(Action.VIEW_BOARD)
def export_csv() -> ResponseReturnValue:
    """Send the register as CSV."""
    return csv_file("豁免和延期", _HEADS, _rows())


@bp.get("/export.xlsx")
@may(Action.VIEW_BOARD)
def export_xlsx() -> ResponseReturnValue:
    """Send it as a workbook."""
    return xlsx_file("豁免和延期", "豁免和延期", _HEADS, _rows())


def _rows() -> list[tuple[str, ...]]:
    return [_cells(one) for one in granting.listed(county(), unit=request.args.get("unit", ""))]


def _cells(one: Granted) -> tuple[str, ...]:
    if one.extension:
        row = one.extension
        days, gone = ("", "", show_day(row.new_due)), ("", "", "")
        return (*_told(one.unit.name, "延期", row), *days, *_by(row), *gone)
    exemption = one.exemption
    assert exemption is not None  # noqa: S101 - one of them is given.
    days = (show_day(exemption.valid_from), show_day(exemption.valid_until), "")
    at = show_moment(exemption.revoked_at) if exemption.revoked_at else ""
    gone = (at, exemption.revoked_by or "", exemption.revoke_reason or "")
    return (*_told(one.unit.name, "豁免", exemption), *days, *_by(exemption), *gone)


def _told(unit: str, what: str, row: Any) -> tuple[str, ...]:
    return unit, what, _duty(row.duty), period_name(row.period) if row.period else ""


def _by(row: Any) -> tuple[str, ...]:
    return row.reason, row.approver, row.recorded_by, show_moment(row.recorded_at)


@bp.get("/exempt")
@may(Action.SUPERVISE)
def exempting() -> ResponseReturnValue:
    """Offer the form of an exemption."""
    return _form(county(), extends=False, typed=request.args, units=request.args.getlist("unit"))


@bp.get("/extend")
@may(Action.SUPERVISE)
def extending() -> ResponseReturnValue:
    """Offer the form of an extension, for one unit or many."""
    return _form(county(), extends=True, typed=request.args, units=request.args.getlist("unit"))


@bp.post("/exempt")
@may(Action.SUPERVISE)
def exempt() -> ResponseReturnValue:
    """Show what an exemption changes, or register it."""
    return _grant(extends=False)


@bp.post("/extend")
@may(Action.SUPERVISE)
def extend() -> ResponseReturnValue:
    """Show what an extension changes, or register it for each of the units."""
    return _grant(extends=True)


@bp.post("/<int:number>/revoke")
@may(Action.SUPERVISE)
def revoke(number: int) -> ResponseReturnValue:
    """Revoke an exemption."""
    begin()
    here = county()
    row = granting.find(here, number) or abort(404)
    typed = request.form.get("reason", "")
    try:
        granting.revoke(here, row, reason=typed, now=now())
    except Refused as refusal:
        session().rollback()
        return _listing(errors={f"reason-{number}": str(refusal)}, typed={number: typed}), 422
    commit()
    flash("豁免已撤销，从今天起不再有效。公开网站随下一次更新显示。")
    return redirect(url_for("granting.listing"), 303)


def _grant(*, extends: bool) -> ResponseReturnValue:
    """Do a dry run (`do` is preview) or the deed."""
    slugs = request.form.getlist("unit")
    chosen = [one.slug for one in county().units() if one.slug in set(slugs)]
    errors: dict[str, str] = {} if chosen else {"unit": "请选择单位。"}
    try:
        grant = granting.read_grant(request.form, extends=extends)
    except NotRead as wrong:
        return _form(
            county(), extends=extends, typed=request.form, units=slugs, errors=wrong.errors | errors
        ), 422
    if errors:
        return _form(county(), extends=extends, typed=request.form, units=slugs, errors=errors), 422
    if request.form.get("do") != "grant":
        effects = _tried(chosen, grant)
        return _form(
            county(), extends=extends, typed=request.form, units=slugs, effects=effects, errors=_errors(effects)
        ), 422 if any(one.refusal for one in effects) else 200  # fmt: skip
    begin()
    here = county()
    units = [one for one in here.units() if one.slug in set(slugs)]
    try:
        granting.grant_all(here, regime_of(), units, grant, now=now())
    except NotAll as refusal:
        session().rollback()
        effects = _tried(chosen, grant)
        told = _errors(effects) or {"": str(refusal)}
        return _form(
            county(), extends=extends, typed=request.form, units=slugs, effects=effects, errors=told
        ), 422
    commit()
    what = "延期" if extends else "豁免"
    flash(f"已为 {len(units)} 个单位登记{what}。原因和批准人随公开网站的下一次更新向社会公示。")
    return redirect(url_for("granting.listing"), 303)


def _tried(chosen: Sequence[str], grant: Grant) -> list[Effect]:
    """Return what a grant would do to each unit: it is written and rolled back, so that it shows the truth.

    One unit at a time: of a whole county it takes seconds, and whoever wants to write waits for one of them alone.
    """
    effects = []
    for slug in chosen:
        begin()
        here = county()
        if unit := here.unit(slug):
            effects.append(granting.effect(here, regime_of(), unit, grant, now=now()))
    session().rollback()
    return effects


def _errors(effects: Sequence[Effect]) -> dict[str, str]:
    """Return the refusals by field; of many units, with the unit's name in front."""
    refused = [one for one in effects if one.refusal]
    if len(effects) == 1:
        return {one.field: one.refusal for one in refused}
    return {"unit": "；".join(f"{one.unit.name}：{one.refusal}" for one in refused[:5])} if refused else {}


def _listing(*, errors: Mapping[str, str] | None = None, typed: Mapping[int, str] | None = None) -> str:
    here, today = county(), today_of()
    public = office().public_url
    return page(
        "office/granting/listing.html",
        title="豁免和延期",
        crumbs=[("文书", url_for("letters.listing"))],
        part=part_of(
            granting.listed(here, unit=request.args.get("unit", "")),
            at=url_for("granting.listing"),
            holding=lambda one: one.exemption and f"reason-{one.exemption.id}" in (errors or {}),
        ),
        units=[("", "全部单位"), *((one.slug, one.name) for one in here.units())],
        unit=request.args.get("unit", ""),
        acts=person().may(Action.SUPERVISE),
        errors=errors or {},
        typed=typed or {},
        duty=_duty,
        period=period_name,
        day=show_day,
        at=show_moment,
        today=today,
        board=f"{public}/{here.slug}/status.html" if public else None,
    )


def _form(
    here: County,
    *,
    extends: bool,
    typed: Mapping[str, str],
    units: Sequence[str],
    effects: Sequence[Effect] = (),
    errors: Mapping[str, str] | None = None,
) -> str:
    duties = [(one.code, one.title) for one in DUTIES if not (extends and one.code in SINGLE)]
    return page(
        "office/granting/form.html",
        title="登记延期" if extends else "登记豁免",
        crumbs=[("文书", url_for("letters.listing")), ("豁免和延期", url_for("granting.listing"))],
        extends=extends,
        action=url_for("granting.extend" if extends else "granting.exempt"),
        values={name: typed.get(name, "") for name in _NAMES},
        chosen=set(units),
        units=[one for one in here.units() if not is_gone(one, today_of())],
        duties=duties,
        effects=effects,
        errors=errors or {},
    )


def _duty(code: str) -> str:
    try:
        return duty_of(code).title
    except ValueError:
        return code
