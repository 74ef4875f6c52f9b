"""双记双评 (/minutes): the commission's own records of meetings, held against what units have published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.decision import Category, Position, Result, VoteMethod
from portal.domain.roles import Action
from portal.domain.supervision.minutes import LABELS, Verdict
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.supervision import minutes
from portal.services.supervision.entered import ChangedMeanwhile, NotEntered, NotNow
from portal.services.supervision.minutes_forms import next_item, read_minutes, typed_of
from portal.web.guards import may
from portal.web.office.house import (
    begin,
    commit,
    county,
    now,
    office,
    own_uid,
    page,
    person,
    regime_of,
    session,
)
from portal.web.office.paging import part_of
from portal.web.office.showing import link_to, published_address, show_moment
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("minutes", __name__, url_prefix="/minutes")
_SIGNS = {
    Verdict.AGREE: ("ok", "green"),
    Verdict.DIFFER: ("no", "red"),
    Verdict.ONLY_OURS: ("late", "red"),
    Verdict.ONLY_THEIRS: ("note", "plain"),
    Verdict.READ: ("note", "ochre"),
    Verdict.KEPT: ("na", "plain"),
    Verdict.NEITHER: ("dash", "plain"),
}
_HEADERS = (
    "会议日期",
    "单位",
    "议题",
    "独立记录编号",
    "决策记录索引号",
    "比对",
    "不一致的栏目",
    "自评",
    "外评",
    "自评高出",
    "记录人员",
)


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show every record with how it stands."""
    here = county()
    part = part_of(_all(here), at=url_for("minutes.listing"))
    return page(
        "office/minutes/listing.html",
        title="双记双评",
        crumbs=[("检查", url_for("inspections.listing"))],
        part=part,
        rows=[(one, *_standing(here, one)) for one in part.rows],
        names=_names(here),
        day=show_day,
        acts=person().may(Action.SUPERVISE),
    )


@bp.get("/new")
@may(Action.SUPERVISE)
def new() -> ResponseReturnValue:
    """Offer the form; with `after` it begins with the meeting of that record."""
    here = county()
    typed = {"unit": request.args.get("unit", "")}
    if after := minutes.find(here, request.args.get("after", "")):
        typed = {"unit": _slug(here, after.unit_id), **next_item(minutes.kept_of(after).minutes)}
    return _form(here, typed)


@bp.post("/new")
@may(Action.SUPERVISE)
def enter() -> ResponseReturnValue:
    """Enter a record."""
    begin()
    here, uid = county(), own_uid()
    if minutes.find(here, uid):  # The same form once more.
        return redirect(url_for("minutes.one", uid=uid), 303)
    unit = here.unit(request.form.get("unit", ""))
    try:
        if unit is None:
            raise NotEntered({"unit": "请选择单位。", **_problems()})
        own, rating = read_minutes(request.form)
    except NotEntered as refusal:
        session().rollback()
        return _form(here, request.form, refusal.errors), 422
    row = minutes.enter(here, unit, own, rating, uid=uid, now=now())
    commit()
    flash("到会记录已保存。请关联单位公开的决策记录。")
    return redirect(url_for("minutes.one", uid=row.uid), 303)


@bp.get("/<uid>")
@may(Action.VIEW_BOARD)
def one(uid: str) -> ResponseReturnValue:
    """Show a record beside what the unit has published."""
    here = county()
    return _one(here, _record(here, uid))


@bp.get("/<uid>/change")
@may(Action.SUPERVISE)
def changing(uid: str) -> ResponseReturnValue:
    """Offer the record for changes."""
    here = county()
    row = _record(here, uid)
    typed = typed_of(minutes.kept_of(row).minutes, minutes.rating_of(row))
    return _form(here, {**typed, "revision": str(row.revision)}, row=row)


@bp.post("/<uid>/change")
@may(Action.SUPERVISE)
def change(uid: str) -> ResponseReturnValue:
    """Change the record."""
    begin()
    here = county()
    row = _record(here, uid)
    try:
        own, rating = read_minutes(request.form)
        minutes.change(here, row, own, rating, revision=_revision(), now=now())
    except NotEntered as refusal:
        session().rollback()
        return _form(here, request.form, refusal.errors, row=row), 422
    except ChangedMeanwhile as conflict:
        session().rollback()
        return _form(here, request.form, {"": str(conflict)}, row=row), 409
    commit()
    flash("到会记录已修改。修改前的内容保留在操作日志里。")
    return redirect(url_for("minutes.one", uid=uid), 303)


@bp.post("/<uid>/link")
@may(Action.SUPERVISE)
def link(uid: str) -> ResponseReturnValue:
    """Link the record to a decision record of the unit."""
    begin()
    here = county()
    ref = request.form.get("ref", "") or request.form.get("typed", "")
    try:
        minutes.link(here, _record(here, uid), ref, revision=_revision(), now=now())
    except NotNow as refused:
        return _again(uid, str(refused), 422, typed=ref)
    except ChangedMeanwhile as conflict:
        return _again(uid, str(conflict), 409, typed=ref)
    commit()
    flash("已关联。请核对下面的比对结果。" if ref.strip() else "已取消关联。")
    return redirect(url_for("minutes.one", uid=uid), 303)


@bp.post("/<uid>/confirm")
@may(Action.SUPERVISE)
def confirm(uid: str) -> ResponseReturnValue:
    """Confirm the comparison; what disagrees becomes a matter."""
    begin()
    here = county()
    try:
        matter = minutes.confirm(here, regime_of(), _record(here, uid), revision=_revision(), now=now())
    except (NotNow, ChangedMeanwhile) as conflict:
        return _again(uid, str(conflict), 409)
    commit()
    flash("比对已确认，并已列为监督事项。" if matter else "比对已确认，没有不一致。")
    return redirect(url_for("minutes.one", uid=uid), 303)


@bp.get("/list.csv")
@may(Action.VIEW_BOARD)
def list_csv() -> ResponseReturnValue:
    """Send the list as CSV."""
    return csv_file("双记双评", _HEADERS, _rows(county()))


@bp.get("/list.xlsx")
@may(Action.VIEW_BOARD)
def list_xlsx() -> ResponseReturnValue:
    """Send the list as a workbook."""
    return xlsx_file("双记双评", "双记双评", _HEADERS, _rows(county()))


def _record(here: County, uid: str) -> Any:
    return minutes.find(here, uid) or abort(404)


def _all(here: County) -> list[minutes.Comparison]:
    return minutes.all_compared(here, minutes.records_of(here))


def _standing(here: County, one: minutes.Comparison) -> tuple[str, str, str]:
    """Return icon, words and tone of how a record stands."""
    if one.published is None:
        if one.row.ref:
            return "no", "关联的记录已不公开", "red"
        due = _due(here, one)
        if due is not None and due < minutes.today_of(now()):
            return "late", "单位逾期未公开或未关联", "red"
        return "wait", "未关联", "plain"
    wrong = len(one.wrong)
    if one.stale:
        return "late", "须重新比对", "ochre"
    if one.confirmed is None:
        return "wait", f"待确认，不一致 {wrong} 处" if wrong else "待确认", "ochre"
    return ("no", f"不一致 {wrong} 处", "red") if wrong else ("ok", "一致", "green")


def _due(here: County, one: minutes.Comparison) -> Any:
    regime = office().regimes.get(person().jurisdiction)
    unit = here.unit_of(one.row.unit_id)
    due = minutes.deadline(regime, unit, one.own) if regime and unit else None
    return due.day if due else None


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _problems() -> dict[str, str]:
    """What else is wrong with the form."""
    try:
        read_minutes(request.form)
    except NotEntered as refusal:
        return refusal.errors
    return {}


def _names(here: County) -> dict[int, str]:
    return {each.id: each.name for each in here.units()}


def _slug(here: County, number: int) -> str:
    unit = here.unit_of(number)
    return unit.slug if unit else ""


def _again(uid: str, trouble: str, status: int, *, typed: str = "") -> ResponseReturnValue:
    session().rollback()  # What the refused step has changed in memory is thrown away, and nobody waits for the page.
    here = county()
    return _one(here, _record(here, uid), trouble=trouble, typed=typed), status


def _one(here: County, row: Any, *, trouble: str = "", typed: str = "") -> str:
    found = minutes.compared(here, row)
    confirmed = found.confirmed
    return page(
        "office/minutes/one.html",
        title=row.title,
        crumbs=[("检查", url_for("inspections.listing")), ("双记双评", url_for("minutes.listing"))],
        row=row,
        found=found,
        unit=_names(here).get(row.unit_id, ""),
        standing=_standing(here, found),
        suggested=minutes.suggestions(here, row) if person().may(Action.SUPERVISE) else [],
        signs={one: (icon, one.label, tone) for one, (icon, tone) in _SIGNS.items()},
        labels=LABELS,
        due=_due(here, found),
        today=minutes.today_of(now()),
        address=published_address(found.published) if found.published else None,
        matter=link_to("matters.one", uid=confirmed.matter) if confirmed and confirmed.matter else None,
        day=show_day,
        moment=show_moment,
        acts=person().may(Action.SUPERVISE),
        trouble=trouble,
        typed=typed,
    )


def _form(
    here: County, typed: Mapping[str, str], errors: Mapping[str, str] | None = None, *, row: Any = None
) -> str:
    return page(
        "office/minutes/form.html",
        title="修改到会记录" if row else "登记到会记录",
        crumbs=[("检查", url_for("inspections.listing")), ("双记双评", url_for("minutes.listing"))],
        action=url_for("minutes.change", uid=row.uid) if row else url_for("minutes.enter"),
        back=url_for("minutes.one", uid=row.uid) if row else url_for("minutes.listing"),
        row=row,
        unit=_names(here).get(row.unit_id, "") if row else "",
        units=[(each.slug, each.name) for each in here.units() if each.listed and not each.abolished_on],
        typed=typed,
        errors=errors or {},
        categories=[(one.value, one.label) for one in Category],
        methods=[(one.value, one.label) for one in VoteMethod],
        results=[(one.value, one.label) for one in Result],
        stances="、".join(one.label for one in Position if one != Position.NONE),
    )


def _rows(here: County) -> list[tuple[str | int, ...]]:
    names = _names(here)
    return [
        (
            show_day(one.own.held_on),
            names.get(one.row.unit_id, ""),
            one.own.title,
            one.own.number,
            one.row.ref,
            _standing(here, one)[1],
            "、".join(each.label for each in one.wrong),
            _score(one.rating.own_score),
            _score(one.rating.outside_score),
            _score(one.rating.difference),
            one.row.recorded_by,
        )
        for one in _all(here)
    ]


def _score(value: int | None) -> str:
    return "" if value is None else str(value)
