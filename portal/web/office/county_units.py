"""单位名册: the commission keeps the roster; files are shown before they are written, endings before they are done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.units import UnitType
from portal.domain.values import Type, read_day, show_day
from portal.exchange import sheets
from portal.exchange.workbook import XLSX_TYPE, Column, Shape, Sheet, workbook
from portal.services.board.county import County
from portal.services.rosters import COLUMNS, RosterError
from portal.services.running import known, merging, roster_files, units
from portal.services.running.units import NotKept, Overtaken, Wanted
from portal.web.guards import accepts, may
from portal.web.office.house import begin, commit, county, now, page, session
from portal.web.office.paging import part_of
from portal.web.office.roster_parcels import MOST, pack, read_cells, unpack
from portal.web.office.tables import csv_file, sent

bp = Blueprint("county_units", __name__)

STATES = {
    "here": ("ok", "在册", "green"),
    "going": ("wait", "将撤销", "ochre"),
    "gone": ("dash", "已撤销", "plain"),
    "merged": ("na", "已并入", "plain"),
}
TYPES = [(one.value, one.label) for one in UnitType]
_SHAPE = Shape((Sheet("单位名册", tuple(Column(name, Type.LINE) for name in COLUMNS)),))
CHANGED_MEANWHILE = "这个单位刚才已被别人修改，下面是现在的内容。请核对后重新办理。"


@bp.get("/units")
@may(Action.KEEP_COUNTY)
def listing() -> ResponseReturnValue:
    """List the roster."""
    here = county()
    typed = {name: request.args.get(name, "").strip()[:100] for name in ("state", "type", "text")}
    today = units.today_of(now())
    rows = units.roster(here, today=today, state=typed["state"], kind=typed["type"], text=typed["text"])
    return page(
        "office/county_units/listing.html",
        title="单位名册",
        part=part_of(rows, at=url_for("county_units.listing")),
        typed=typed,
        states=STATES,
        state_options=[("", "全部"), *((code, one[1]) for code, one in STATES.items())],
        type_options=[("", "全部"), *TYPES],
        type_label=known.type_label,
        show_day=show_day,
        everyone=len(here.units()),
    )


@bp.get("/units.csv")
@may(Action.KEEP_COUNTY)
def as_csv() -> ResponseReturnValue:
    """Send the roster in the form in which files are read."""
    head, *rows = roster_files.roster_rows(county())
    return csv_file("单位名册", head, rows, plain="units")


@bp.get("/units.xlsx")
@may(Action.KEEP_COUNTY)
def as_workbook() -> ResponseReturnValue:
    """Send the same as a workbook."""
    _, *rows = roster_files.roster_rows(county())
    kinds = [Type.LINE] * len(COLUMNS)
    made = workbook(_SHAPE, [[(row, kinds) for row in rows]])
    return sent(made, XLSX_TYPE, "单位名册.xlsx", plain="units")


@bp.get("/units/upload")
@may(Action.KEEP_COUNTY)
def upload() -> ResponseReturnValue:
    """Take a file."""
    return _upload()


def _upload(problem: str = "", status: int = 200) -> ResponseReturnValue:
    text = page(
        "office/county_units/upload.html",
        title="导入名册",
        crumbs=[("单位名册", url_for("county_units.listing"))],
        columns=list(COLUMNS),
        problems=[("file", problem)] if problem else [],
    )
    return text, status


@bp.post("/units/upload")
@may(Action.KEEP_COUNTY)
@accepts(MOST + 64 * 1024)
def look() -> ResponseReturnValue:
    """Show what a file would do; nothing is written."""
    given = request.files.get("file")
    if given is None or not given.filename:
        return _upload("还没有选择文件。请选择填好的名册（CSV 或 Excel）。", 422)
    data = given.stream.read(MOST + 1)
    if len(data) > MOST:
        return _upload("文件超过 2 MB，没有读取。请删去图片和无关的工作表后再上传。", 422)
    try:
        table = read_cells(data, given.filename)
        return _looked(county(), table)
    except (RosterError, sheets.UnreadableFile) as wrong:
        return _upload(str(wrong), 422)


def _looked(
    here: County, table: Sequence[Sequence[str]], *, heed: str = "", status: int = 200
) -> ResponseReturnValue:
    found = roster_files.look_at(here, table)
    text = page(
        "office/county_units/preview.html",
        title="核对名册",
        crumbs=[
            ("单位名册", url_for("county_units.listing")),
            ("导入名册", url_for("county_units.upload")),
        ],
        found=found,
        heed=heed,
        parcel=pack(table) if found.usable else "",
    )
    return text, 422 if found.count(roster_files.WRONG) and status == 200 else status


@bp.post("/units/import")
@may(Action.KEEP_COUNTY)
@accepts(2 * MOST)
def confirm() -> ResponseReturnValue:
    """Write what was shown."""
    try:
        table = unpack(request.form.get("parcel", ""))
    except RosterError as wrong:
        return _upload(str(wrong), 422)
    begin()
    here = county()
    try:
        done = roster_files.apply(here, table, basis=request.form.get("basis", ""), now=now())
    except Overtaken:
        session().rollback()
        return _looked(
            here,
            table,
            heed="名册在核对期间有了变动，没有写入。下面是按现在的名册重新核对的结果。",
            status=409,
        )
    except NotKept as wrong:
        session().rollback()
        return _looked(here, table, heed=str(wrong), status=422)
    new, changed = done.count(roster_files.NEW), done.count(roster_files.CHANGED)
    commit()
    flash(
        f"名册已更新：新增 {new} 个单位，修改 {changed} 个。"
        if new + changed
        else "名册与文件一致，没有改动。"
    )
    return redirect(url_for("county_units.listing"), 303)


@bp.get("/units/new")
@may(Action.KEEP_COUNTY)
def new() -> ResponseReturnValue:
    """Show the form of a new unit."""
    return _form(None, {})


@bp.post("/units/new")
@may(Action.KEEP_COUNTY)
def add() -> ResponseReturnValue:
    """Enter a new unit."""
    begin()
    try:
        unit = units.add_unit(
            county(), wanted_of(request.form), source=_source_for_new(request.form), now=now()
        )
    except NotKept as wrong:
        session().rollback()
        return _form(None, request.form, wrong)
    slug, name = unit.slug, unit.name
    commit()
    flash(f"已新增{name}。下一步可以邀请该单位的管理员。")
    return redirect(url_for("county_units.one", slug=slug), 303)


def _source_for_new(form: Any) -> str:
    return units.need_source(form.get("source", "")) if form.get("founded_on", "").strip() else ""


def wanted_of(form: Any, prefix: str = "") -> Wanted:
    """Return the unit as it was typed; raise `NotKept` for a day that is none."""
    return Wanted(
        form.get(f"{prefix}name", ""),
        form.get(f"{prefix}type", ""),
        form.get(f"{prefix}short", ""),
        form.get(f"{prefix}code", ""),
        form.get(f"{prefix}uscc", ""),
        day_of(form.get(f"{prefix}founded_on", ""), "founded_on", "成立日期", required=False),
    )


def day_of(text: str, field: str, label: str, *, required: bool = True) -> date | None:
    """Return a typed day; raise `NotKept`."""
    if not text.strip():
        if required:
            raise NotKept(f"请填写{label}。", field)
        return None
    try:
        day = read_day(text)
    except ValueError as wrong:
        raise NotKept(f"{label}：{wrong}", field) from wrong
    if not 1949 <= day.year <= 2199:
        raise NotKept(f"{label}的年份不在合理范围内。请核对。", field)
    return day


def need_day(text: str, field: str, label: str) -> date:
    """Return a typed day that must be there; raise `NotKept`."""
    found = day_of(text, field, label)
    assert found is not None  # noqa: S101 - a blank was refused.
    return found


def the_unit(here: County, slug: str) -> Any:
    """Return the unit of that address, or answer 404."""
    return here.unit(slug) or abort(404)


@bp.get("/units/of/<slug>")
@may(Action.KEEP_COUNTY)
def one(slug: str) -> ResponseReturnValue:
    """Show one unit: its entry, its history, and what can be done."""
    return show(county(), slug)


def show(
    here: County,
    slug: str,
    *,
    heed: str = "",
    status: int = 200,
    typed: Any = None,
    problem: NotKept | None = None,
) -> ResponseReturnValue:
    """Return a unit's page, with something to heed where a deed was overtaken."""
    unit = the_unit(here, slug)
    today = units.today_of(now())
    standing = next(one for one in units.roster(here, today=today) if one.unit.id == unit.id)
    ended = unit.abolished_on is not None
    matters = merging.open_matters(here, unit) if ended else []
    mending = merging.open_rectifications(here, unit) if ended else []
    text = page(
        "office/county_units/one.html",
        title=unit.name,
        crumbs=[("单位名册", url_for("county_units.listing"))],
        standing=standing,
        unit=unit,
        states=STATES,
        type_label=known.type_label,
        show_day=show_day,
        history=units.history_of(here, unit),
        matters=matters,
        rectifications=[(one, merging.with_matter(one, matters)) for one in mending],
        successors=[(each.slug, each.name) for each in here.units() if each.abolished_on is None],
        heed=heed,
        seen=known.fingerprint(unit),
        typed=typed or {},
        problems=[(problem.field, str(problem))] if problem else [],
        wrong={problem.field: str(problem)} if problem else {},
    )
    return text, status


@bp.get("/units/of/<slug>/edit")
@may(Action.KEEP_COUNTY)
def edit(slug: str) -> ResponseReturnValue:
    """Show a unit's entry to be changed."""
    unit = the_unit(county(), slug)
    return _form(unit, _values(unit))


def _values(unit: Any) -> dict[str, str]:
    return {
        "name": unit.name,
        "type": unit.type,
        "short": unit.short or "",
        "code": unit.code or "",
        "uscc": unit.uscc or "",
        "founded_on": show_day(unit.founded_on) if unit.founded_on else "",
        "on": show_day(units.today_of(now())),
        "source": "",
        "seen": known.fingerprint(unit),
    }


def _form(
    unit: Any, typed: Any, problem: NotKept | None = None, *, heed: str = "", status: int = 0
) -> ResponseReturnValue:
    crumbs = [("单位名册", url_for("county_units.listing"))]
    if unit is not None:
        crumbs.append((unit.name, url_for("county_units.one", slug=unit.slug)))
    text = page(
        "office/county_units/form.html",
        title="修改单位登记" if unit is not None else "新增单位",
        crumbs=crumbs,
        unit=unit,
        typed=typed,
        types=TYPES,
        problems=[(problem.field, str(problem))] if problem else [],
        wrong={problem.field: str(problem)} if problem else {},
        heed=heed,
    )
    return text, status or (422 if problem else 200)


@bp.post("/units/of/<slug>/edit")
@may(Action.KEEP_COUNTY)
def change(slug: str) -> ResponseReturnValue:
    """Change a unit's entry."""
    begin()
    here = county()
    unit = the_unit(here, slug)
    form = request.form
    try:
        renaming = form.get("name", "").strip() != unit.name
        on = need_day(form.get("on", ""), "on", "更名日期") if renaming else units.today_of(now())
        moved = units.change_unit(
            here,
            unit,
            wanted_of(form),
            seen=form.get("seen", ""),
            on=on,
            source=form.get("source", ""),
            now=now(),
        )
    except NotKept as wrong:
        session().rollback()
        return _form(unit, form, wrong)
    except Overtaken:
        session().rollback()
        typed = {**form.to_dict(), "seen": known.fingerprint(unit)}
        return _form(unit, typed, heed=f"{CHANGED_MEANWHILE}现在登记的名称是“{unit.name}”。", status=409)
    commit()
    flash("已保存。" if moved else "没有改动。")
    return redirect(url_for("county_units.one", slug=slug), 303)
