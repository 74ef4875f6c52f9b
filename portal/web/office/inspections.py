"""检查 (/inspections): 巡查 and 四责联审 with a sample that anybody can draw again, and what came of each record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.supervision.sampling import InspectionState, LookedAt
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.supervision import inspecting
from portal.services.supervision.entered import ChangedMeanwhile, NotEntered, NotNow
from portal.services.supervision.filing_matches import last_check
from portal.services.supervision.inspection_plans import PlanEntry, plan_of, read_plan
from portal.web.guards import may
from portal.web.office.house import begin, commit, county, now, own_uid, page, person, regime_of, session
from portal.web.office.inspection_pages import (
    crumbs,
    inspection_of,
    kind_of_inspection,
    results_of,
    show_form,
    show_item,
    show_one,
    state_sign,
)
from portal.web.office.showing import link_to, show_moment
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("inspections", __name__, url_prefix="/inspections")
_RESULTS = ("序号", "单位", "类别", "索引号", "标题", "结果", "说明", "检查人", "检查时间", "已转监督事项")
_HEADS = (
    "名称", "种类", "开始", "结束", "状态", "单位", "主要负责人", "已看", "抽取", "问题", "整改意见",
)  # fmt: skip
_POPULATION = ("单位", "类别", "索引号")


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show every inspection with its numbers, and the other ways of looking closer."""
    here = county()
    rows = _counted(here)
    return page(
        "office/inspections/listing.html",
        title="检查",
        rows=rows,
        sums=inspecting.sums(totals for _, totals in rows),
        kind_name=kind_of_inspection,
        state_sign=state_sign,
        day=show_day,
        minutes=link_to("minutes.listing"),
        flags=link_to("flags.listing"),
        related=last_check(here) if here.sees_hits else None,
        moment=show_moment,
        acts=person().may(Action.SUPERVISE),
    )


@bp.get("/export.csv")
@may(Action.VIEW_BOARD)
def export_csv() -> ResponseReturnValue:
    """Send every inspection with its numbers as CSV."""
    return csv_file("检查", _HEADS, _rows())


@bp.get("/export.xlsx")
@may(Action.VIEW_BOARD)
def export_xlsx() -> ResponseReturnValue:
    """Send them as a workbook."""
    return xlsx_file("检查", "检查", _HEADS, _rows())


def _counted(here: County) -> list[tuple[Any, inspecting.Totals]]:
    return [(one, inspecting.totals_of(here, one)) for one in inspecting.inspections_of(here)]


def _rows() -> list[tuple[str | int, ...]]:
    return [
        (
            one.name, kind_of_inspection(one.kind), show_day(one.starts_on), show_day(one.ends_on),
            state_sign(one.state)[1], totals.units, totals.heads, totals.looked, totals.drawn, totals.problems,
            totals.opinions,
        )
        for one, totals in _counted(county())
    ]  # fmt: skip


@bp.get("/new")
@may(Action.SUPERVISE)
def new() -> ResponseReturnValue:
    """Offer the form of a plan."""
    return show_form(county(), {}, ())


@bp.post("/new")
@may(Action.SUPERVISE)
def enter() -> ResponseReturnValue:
    """Enter a plan."""
    begin()
    here, uid = county(), own_uid()
    if inspecting.find(here, uid):  # The same form once more.
        return redirect(url_for("inspections.one", uid=uid), 303)
    try:
        row = inspecting.enter_plan(here, _read(here), uid=uid, now=now())
    except NotEntered as refusal:
        session().rollback()
        return show_form(here, request.form, request.form.getlist("units"), refusal.errors), 422
    commit()
    flash("已立项。核对计划后抽样。")
    return redirect(url_for("inspections.one", uid=row.uid), 303)


@bp.get("/<uid>")
@may(Action.VIEW_BOARD)
def one(uid: str) -> ResponseReturnValue:
    """Show an inspection: its plan, its sample, what came of it."""
    here = county()
    return show_one(here, inspection_of(here, uid))


@bp.get("/<uid>/change")
@may(Action.SUPERVISE)
def changing(uid: str) -> ResponseReturnValue:
    """Offer the plan for changes, as long as nothing was drawn."""
    here = county()
    row = inspection_of(here, uid)
    if row.state != InspectionState.PLANNED:
        return show_one(here, row, trouble="已经抽样，计划不能再改。"), 409
    plan = plan_of(row)
    typed = {
        "kind": row.kind,
        "name": row.name,
        "seed": row.seed,
        "starts_on": show_day(row.starts_on),
        "ends_on": show_day(row.ends_on),
        "first": show_day(plan.first),
        "last": show_day(plan.last),
        "heads": "\n".join(plan.heads),
        "revision": str(row.revision),
        **{f"each-{code}": str(count) for code, count in plan.each.items()},
    }
    return show_form(here, typed, plan.units, uid=uid)


@bp.post("/<uid>/change")
@may(Action.SUPERVISE)
def change(uid: str) -> ResponseReturnValue:
    """Change a plan."""
    begin()
    here = county()
    row = inspection_of(here, uid)
    try:
        inspecting.change_plan(here, row, _read(here), revision=_revision(), now=now())
    except NotEntered as refusal:
        session().rollback()
        return show_form(here, request.form, request.form.getlist("units"), refusal.errors, uid=uid), 422
    except (ChangedMeanwhile, NotNow) as conflict:
        session().rollback()
        chosen = request.form.getlist("units")
        return show_form(here, request.form, chosen, {"": str(conflict)}, uid=uid), 409
    commit()
    flash("计划已修改。")
    return redirect(url_for("inspections.one", uid=uid), 303)


@bp.post("/<uid>/draw")
@may(Action.SUPERVISE)
def draw(uid: str) -> ResponseReturnValue:
    """Draw the sample, once."""
    begin()
    here = county()
    row = inspection_of(here, uid)
    try:
        items = inspecting.draw_sample(here, row, revision=_revision(), now=now())
    except (ChangedMeanwhile, NotNow) as conflict:
        return _again(uid, str(conflict))
    commit()
    flash(f"已抽出 {len(items)} 件。抽样依据已固定，任何人都可以重抽核对。")
    return redirect(url_for("inspections.one", uid=uid), 303)


@bp.get("/<uid>/redraw")
@may(Action.VIEW_BOARD)
def redraw(uid: str) -> ResponseReturnValue:
    """复核抽样: draw again, tell whether it is the same, and what has changed since."""
    here = county()
    row = inspection_of(here, uid)
    if row.state == InspectionState.PLANNED:
        return show_one(here, row, trouble="还没有抽样，没有可以复核的。"), 409
    return page(
        "office/inspections/redraw.html",
        title="复核抽样",
        crumbs=crumbs(row),
        row=row,
        plan=plan_of(row),
        found=inspecting.check_again(here, row),
        moment=show_moment,
    )


@bp.get("/<uid>/items/<int:n>")
@may(Action.VIEW_BOARD)
def item(uid: str, n: int) -> ResponseReturnValue:
    """Show one record of the sample with what is published, and the form for the result."""
    here = county()
    return show_item(here, uid, n)


@bp.post("/<uid>/items/<int:n>")
@may(Action.SUPERVISE)
def look(uid: str, n: int) -> ResponseReturnValue:
    """Keep what came of looking at a record, and go on to the next that nobody has looked at."""
    begin()
    here = county()
    row = inspection_of(here, uid)
    found = inspecting.item_of(here, row, n) or abort(404)
    typed = request.form
    try:
        inspecting.look_at(
            here, row, found, result=typed.get("result", ""), words=typed.get("words", ""),
            seen=typed.get("seen", ""), now=now(),
        )  # fmt: skip
    except NotEntered as refusal:
        session().rollback()
        return show_item(here, uid, n, typed=typed, errors=refusal.errors), 422
    except (ChangedMeanwhile, NotNow) as conflict:
        session().rollback()
        return show_item(here, uid, n, typed=typed, errors={"": str(conflict)}), 409
    if typed.get("then") == "matter":
        return _turned(here, uid, n, typed=typed)
    commit()
    flash(f"第 {n} 件已登记：{LookedAt(found.result).label}。")
    left = [each.position for each in inspecting.items_of(here, row) if not each.result]
    following = next((each for each in left if each > n), left[0] if left else None)
    if following is None:
        return redirect(url_for("inspections.one", uid=uid), 303)
    return redirect(url_for("inspections.item", uid=uid, n=following), 303)


@bp.post("/<uid>/items/<int:n>/matter")
@may(Action.SUPERVISE)
def into_matter(uid: str, n: int) -> ResponseReturnValue:
    """转为监督事项."""
    begin()
    return _turned(county(), uid, n)


@bp.post("/<uid>/opinion")
@may(Action.SUPERVISE)
def opinion(uid: str) -> ResponseReturnValue:
    """Keep the opinions."""
    begin()
    here = county()
    row = inspection_of(here, uid)
    text = request.form.get("opinion", "")
    try:
        inspecting.write_opinion(here, row, text, revision=_revision(), now=now())
    except NotEntered as refusal:
        return _again(uid, refusal.errors["opinion"], opinion=text, status=422)
    except (ChangedMeanwhile, NotNow) as conflict:
        return _again(uid, str(conflict), opinion=text)
    commit()
    flash("整改意见已保存。")
    return redirect(url_for("inspections.one", uid=uid), 303)


@bp.post("/<uid>/close")
@may(Action.SUPERVISE)
def close(uid: str) -> ResponseReturnValue:
    """End the inspection."""
    begin()
    here = county()
    try:
        inspecting.close(here, inspection_of(here, uid), revision=_revision(), now=now())
    except (ChangedMeanwhile, NotNow) as conflict:
        return _again(uid, str(conflict))
    commit()
    flash("检查已结束。")
    return redirect(url_for("inspections.one", uid=uid), 303)


@bp.get("/<uid>/results.csv")
@may(Action.VIEW_BOARD)
def results_csv(uid: str) -> ResponseReturnValue:
    """Send the results as CSV."""
    here = county()
    row = inspection_of(here, uid)
    return csv_file(f"{row.name}-检查结果", _RESULTS, results_of(here, row))


@bp.get("/<uid>/results.xlsx")
@may(Action.VIEW_BOARD)
def results_xlsx(uid: str) -> ResponseReturnValue:
    """Send the results as a workbook."""
    here = county()
    row = inspection_of(here, uid)
    return xlsx_file(f"{row.name}-检查结果", "检查结果", _RESULTS, results_of(here, row))


@bp.get("/<uid>/population.csv")
@may(Action.VIEW_BOARD)
def population(uid: str) -> ResponseReturnValue:
    """Send the frozen list from which the sample was drawn: what is needed for drawing it again."""
    here = county()
    row = inspection_of(here, uid)
    return csv_file(f"{row.name}-抽样总体", _POPULATION, plan_of(row).population)


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _read(here: County) -> PlanEntry:
    known = {each.slug: each.name for each in here.units()}
    return read_plan(request.form, units=request.form.getlist("units"), known=known)


def _again(uid: str, trouble: str, *, opinion: str | None = None, status: int = 409) -> ResponseReturnValue:
    """Show the inspection as it is now, with what stood in the way."""
    session().rollback()  # What the refused step has changed in memory is thrown away, and nobody waits for the page.
    here = county()
    return show_one(here, inspection_of(here, uid), trouble=trouble, opinion=opinion), status


def _turned(here: County, uid: str, n: int, *, typed: Mapping[str, str] | None = None) -> ResponseReturnValue:
    row = inspection_of(here, uid)
    found = inspecting.item_of(here, row, n) or abort(404)
    try:
        inspecting.into_matter(here, regime_of(), row, found, now=now())
    except NotNow as refused:
        session().rollback()  # The result that came with it is not kept either: the page must not show it as kept.
        return show_item(county(), uid, n, typed=typed, errors={"": str(refused)}), 409
    commit()
    flash(f"第 {n} 件已转为监督事项。")
    return redirect(url_for("inspections.one", uid=uid), 303)
