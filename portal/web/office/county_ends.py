"""撤销与合并: who ends, in what, from when; the consequences are shown first, and the deed is done on what was shown."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.supervision.conduct import period_name
from portal.domain.supervision.matters import State
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.running import merging, units
from portal.services.running.merging import Consequence, Ending
from portal.services.running.units import NotKept, Overtaken
from portal.services.supervision import rectifications, rectifying_letters
from portal.web.guards import may
from portal.web.office.county_units import (
    CHANGED_MEANWHILE,
    TYPES,
    need_day,
    show,
    the_unit,
    wanted_of,
)
from portal.web.office.house import begin, commit, county, now, office, page, session
from portal.web.office.letters_page import rectifying_address

bp = Blueprint("county_ends", __name__)

ABOLISH, MERGE, UNITE = "abolish", "merge", "unite"
WAYS = (
    (ABOLISH, "撤销", "职能终止，没有承接的单位。"),
    (MERGE, "并入现有单位", "例如甲局并入乙局，乙局继续。"),
    (UNITE, "合并成新单位", "例如甲局、乙局合并组建丙局。"),
)


@bp.get("/units/ends/new")
@may(Action.KEEP_COUNTY)
def start() -> ResponseReturnValue:
    """Ask who ends, how, and from when."""
    return _form(county(), {"way": MERGE}, chosen=request.args.getlist("unit"))


def _form(
    here: County,
    typed: Any,
    *,
    chosen: list[str],
    problem: NotKept | None = None,
    heed: str = "",
    status: int = 0,
) -> ResponseReturnValue:
    today = units.today_of(now())
    ended = [one for one in units.roster(here, today=today) if one.unit.abolished_on is None]
    text = page(
        "office/county_units/ending.html",
        title="撤销或合并",
        crumbs=[("单位名册", url_for("county_units.listing"))],
        typed=typed,
        chosen=set(chosen),
        choices=[(one.unit.slug, one.unit.name) for one in ended],
        ways=WAYS,
        types=TYPES,
        problems=[(problem.field, str(problem))] if problem else [],
        wrong={problem.field: str(problem)} if problem else {},
        heed=heed,
    )
    return text, status or (422 if problem else 200)


def _ending(here: County, form: Any) -> Ending:
    """Return what was asked for; raise `NotKept`."""
    way = form.get("way", "")
    chosen = [here.unit(slug) for slug in dict.fromkeys(form.getlist("units"))]
    into = here.unit(form.get("into", "")) if way == MERGE else None
    if way == MERGE and into is None:
        raise NotKept("请选择并入哪个单位。", "into")
    if way not in {code for code, _, _ in WAYS}:
        raise NotKept("请选择办理哪一种。", "way")
    if way == UNITE and not form.get("new_name", "").strip():  # Else the preview would speak of no successor.
        raise NotKept("请填写新单位的全称。", "name")
    return Ending(
        tuple(one for one in chosen if one is not None),
        need_day(form.get("on", ""), "on", "施行日期"),
        units.need_source(form.get("source", "")),
        units.read_words(form.get("words", ""), "说明", most=500),
        into=into,
        new=wanted_of(form, "new_") if way == UNITE else None,
    )


@bp.post("/units/ends/preview")
@may(Action.KEEP_COUNTY)
def preview() -> ResponseReturnValue:
    """Show what it would mean; nothing is written."""
    here = county()
    try:
        return _preview(here, _ending(here, request.form))
    except NotKept as wrong:
        return _form(here, request.form, chosen=request.form.getlist("units"), problem=wrong)


def _preview(here: County, ending: Ending, *, heed: str = "", status: int = 200) -> ResponseReturnValue:
    found: list[Consequence] = merging.consequences(here, office().regimes[here.slug], ending, now=now())
    text = page(
        "office/county_units/consequences.html",
        title="核对后果",
        crumbs=[
            ("单位名册", url_for("county_units.listing")),
            ("撤销或合并", url_for("county_ends.start")),
        ],
        ending=ending,
        successor=ending.into.name if ending.into else ending.new.name if ending.new else "",
        found=found,
        period=period_name,
        typed=request.form,
        show_day=show_day,
        past=ending.on <= units.today_of(now()),
        heed=heed,
    )
    return text, status


@bp.post("/units/ends")
@may(Action.KEEP_COUNTY)
def confirm() -> ResponseReturnValue:
    """Do what was shown."""
    form = request.form
    if form.get("back"):
        return _form(county(), form, chosen=form.getlist("units"))
    begin()
    here = county()
    try:
        ending = _ending(here, form)
        successor = merging.end(
            here, office().regimes[here.slug], ending, seen=form.getlist("seen"), now=now()
        )
    except NotKept as wrong:
        session().rollback()
        return _form(here, form, chosen=form.getlist("units"), problem=wrong)
    except Overtaken:
        session().rollback()
        try:
            return _preview(here, _ending(here, form), heed=CHANGED_MEANWHILE, status=409)
        except NotKept as wrong:
            return _form(here, form, chosen=form.getlist("units"), problem=wrong, status=409)
    names, goal = "、".join(one.name for one in ending.units), successor or ending.units[0]
    slug, told = goal.slug, f"并入{successor.name}" if successor else "撤销"
    commit()
    flash(f"已登记：{names}自{show_day(ending.on)}起{told}。公开网站随后更新；到期后原单位的账号自动停用。")
    return redirect(url_for("county_units.one", slug=slug), 303)


@bp.post("/units/of/<slug>/restore")
@may(Action.KEEP_COUNTY)
def restore(slug: str) -> ResponseReturnValue:
    """Put a mistaken ending right by a further step."""
    begin()
    here = county()
    unit, form = the_unit(here, slug), request.form
    try:
        merging.restore(
            here,
            unit,
            seen=form.get("seen", ""),
            on=units.today_of(now()),
            words=form.get("words", ""),
            source=form.get("source", ""),
            now=now(),
        )
    except NotKept as wrong:
        session().rollback()
        return show(here, slug, typed=form, problem=wrong, status=422)
    except Overtaken:
        session().rollback()
        return show(here, slug, typed=form, heed=CHANGED_MEANWHILE, status=409)
    commit()
    flash("已恢复，沿革中增加了一条。停用的账号请在账号管理中重新启用。")
    return redirect(url_for("county_units.one", slug=slug), 303)


@bp.post("/units/of/<slug>/matters/<uid>/hand-over")
@may(Action.KEEP_COUNTY)
def hand_over(slug: str, uid: str) -> ResponseReturnValue:
    """Hand an open matter of an ended unit over to its successor."""
    begin()
    here = county()
    unit = the_unit(here, slug)
    matter = next((one for one in merging.open_matters(here, unit) if one.uid == uid), None) or abort(404)
    successor = here.unit(request.form.get("to", ""))
    try:
        if successor is None:
            raise NotKept("请选择移交给哪个单位。")
        fresh = merging.hand_over(here, office().regimes[here.slug], matter, successor, now=now())
        for entry in rectifications.of_matter(here, fresh):
            rectifying_letters.write_to_unit(here, entry, "start", rectifying_address(), now())
    except NotKept as wrong:
        session().rollback()
        return show(here, slug, heed=str(wrong), status=422)
    begins = "连同整改台账，继续整改，期限不变" if fresh.state == State.RECTIFYING.value else "从“待处理”办起"
    told = f"已移交{successor.name}：在该单位名下立了一件新事项，{begins}。"
    commit()
    flash(told)
    return redirect(url_for("county_units.one", slug=slug), 303)


@bp.post("/units/of/<slug>/rectifying/<uid>/hand-over")
@may(Action.KEEP_COUNTY)
def hand_over_entry(slug: str, uid: str) -> ResponseReturnValue:
    """Hand an open entry of the register (整改台账) of an ended unit over to its successor."""
    begin()
    here = county()
    unit = the_unit(here, slug)
    entry = next((one for one in merging.open_rectifications(here, unit) if one.uid == uid), None) or abort(
        404
    )
    successor = here.unit(request.form.get("to", ""))
    try:
        if successor is None:
            raise NotKept("请选择移交给哪个单位。")
        fresh = merging.hand_over_entry(here, entry, successor, now=now())
        rectifying_letters.write_to_unit(here, fresh, "start", rectifying_address(), now())
    except NotKept as wrong:
        session().rollback()
        return show(here, slug, heed=str(wrong), status=422)
    told = f"已移交{successor.name}：该单位可以看到并继续整改，期限不变。"
    commit()
    flash(told)
    return redirect(url_for("county_units.one", slug=slug), 303)
