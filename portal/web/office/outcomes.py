"""处理结果: the register of what came of supervision. The commission's alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.supervision.outcomes import Kind
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.desk.scheduling import show_moment
from portal.services.supervision import lettering, outcomes
from portal.services.supervision.outcomes import NotRecorded
from portal.web.guards import may
from portal.web.office.house import begin, commit, county, now, page, person, regime_of, session, today_of
from portal.web.office.paging import part_of
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("outcomes", __name__, url_prefix="/outcomes")
_HEADS = ("决定日期", "单位", "种类", "姓名", "职务", "文件号", "依据", "影响期截止", "登记", "撤销")
_NAMES = ("unit", "kind", "person", "post", "decided_on", "document_no", "basis", "effect_until", "matter")


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show the register."""
    return _listing()


@bp.get("/export.csv")
@may(Action.VIEW_BOARD)
def export_csv() -> ResponseReturnValue:
    """Send the register as CSV."""
    return csv_file("处理结果", _HEADS, _rows())


@bp.get("/export.xlsx")
@may(Action.VIEW_BOARD)
def export_xlsx() -> ResponseReturnValue:
    """Send it as a workbook."""
    return xlsx_file("处理结果", "处理结果", _HEADS, _rows())


@bp.get("/new")
@may(Action.SUPERVISE)
def new() -> ResponseReturnValue:
    """Offer the form."""
    here = county()
    matter = lettering.matter(here, request.args.get("matter", ""))
    values = request.args.to_dict() | ({"unit": matter.unit.slug} if matter else {})
    return _form(here, values, matter=matter)


@bp.post("/new")
@may(Action.SUPERVISE)
def record() -> ResponseReturnValue:
    """Record an outcome."""
    begin()
    here = county()
    uid = request.form.get("matter", "")
    matter = lettering.matter(here, uid)
    if uid and matter is None:
        abort(404)
    unit = matter.unit if matter else here.unit(request.form.get("unit", ""))
    errors = {} if unit else {"unit": "请选择单位。"}
    try:
        try:
            entry = outcomes.read_entry(request.form, regime_of(), today=today_of())
        except NotRecorded as wrong:
            raise NotRecorded(errors | wrong.errors) from wrong
        if unit is None:
            raise NotRecorded(errors)
        made = outcomes.record(here, unit, entry, matter=matter, now=now())
    except NotRecorded as refusal:
        session().rollback()
        here = county()
        return _form(here, request.form, matter=lettering.matter(here, uid), errors=refusal.errors), 422
    commit()
    until = f"影响期到{show_day(made.effect_until)}。" if made.effect_until else ""
    flash(f"已登记。{until}公开网站只显示件数，随下一次更新。")
    return redirect(url_for("outcomes.listing"), 303)


@bp.post("/<int:number>/revoke")
@may(Action.SUPERVISE)
def revoke(number: int) -> ResponseReturnValue:
    """Revoke one."""
    begin()
    row = outcomes.find(county(), number) or abort(404)
    typed = request.form.get("reason", "")
    try:
        outcomes.revoke(county(), row, reason=typed, now=now())
    except NotRecorded as refusal:
        session().rollback()
        return _listing(
            errors={f"reason-{number}": "".join(refusal.errors.values())}, typed={number: typed}
        ), 422
    commit()
    flash("已撤销，不再计入件数。")
    return redirect(url_for("outcomes.listing"), 303)


@bp.app_template_global()
def outcomes_of_matter(matter: Any) -> list[tuple[Any, str, str]]:
    """Return what came of a matter, with kind and day, for its page."""
    return [
        (one, Kind(one.kind).label, show_day(one.decided_on)) for one in outcomes.of_matter(county(), matter)
    ]


def _typed() -> dict[str, str]:
    return {name: request.args.get(name, "").strip() for name in ("kind", "year", "unit")}


def _rows() -> list[list[str | int]]:
    return [
        [
            show_day(one.decided_on), one.unit.name, Kind(one.kind).label, one.person, one.post, one.document_no,
            one.basis, show_day(one.effect_until) if one.effect_until else "",
            f"{one.recorded_by}，{show_moment(one.recorded_at)}", one.revoke_reason or "",
        ]
        for one in outcomes.listed(county(), **_typed())
    ]  # fmt: skip


def _listing(*, errors: Mapping[str, str] | None = None, typed: Mapping[int, str] | None = None) -> str:
    here, asked = county(), _typed()
    return page(
        "office/outcomes/listing.html",
        title="处理结果",
        crumbs=[("文书", url_for("letters.listing"))],
        part=part_of(
            outcomes.listed(here, **asked),
            at=url_for("outcomes.listing"),
            holding=lambda one: f"reason-{one.id}" in (errors or {}),
        ),
        asked=asked,
        kinds=[("", "全部种类"), *((one.value, one.label) for one in Kind)],
        years=[("", "全部年度"), *((str(one), f"{one}年") for one in outcomes.years_of(here))],
        units=[("", "全部单位"), *((one.slug, one.name) for one in here.units())],
        kind_name=lambda code: Kind(code).label,
        acts=person().may(Action.SUPERVISE),
        in_effect=lambda one: outcomes.in_effect(one, now()),
        errors=errors or {},
        typed=typed or {},
        day=show_day,
        at=show_moment,
        least=regime_of().least_shown(today_of()),
    )


def _form(
    here: County, values: Mapping[str, str], *, matter: Any, errors: Mapping[str, str] | None = None
) -> str:
    return page(
        "office/outcomes/new.html",
        title="登记处理结果",
        crumbs=[("文书", url_for("letters.listing")), ("处理结果", url_for("outcomes.listing"))],
        values={name: values.get(name, "") for name in _NAMES},
        matter=matter,
        units=[(one.slug, one.name) for one in here.units()],
        kinds=[(one.value, one.label) for one in Kind],
        errors=errors or {},
    )
