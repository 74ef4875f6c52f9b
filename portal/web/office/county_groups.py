"""班子名单 of many units by file: shown before it is written, sent in the same form, and what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge

from portal.domain.roles import Action
from portal.domain.values import Type, show_day
from portal.exchange.workbook import XLSX_TYPE, Column, Shape, Sheet, workbook
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.rosters import RosterError
from portal.services.running import group_files, groups, units
from portal.services.running.group_files import Way
from portal.services.running.group_lines import COLUMNS
from portal.services.running.group_plans import CHANGED, ENDED, NEW, SAME, WRONG
from portal.services.running.units import NotKept, Overtaken
from portal.web.guards import accepts, may
from portal.web.office.county_units import need_day
from portal.web.office.group_cells import MOST, TOO_LARGE, UnreadableFile, read_group_cells
from portal.web.office.house import begin, commit, county, now, office, page, session
from portal.web.office.paging import named, part_of
from portal.web.office.roster_parcels import pack, unpack
from portal.web.office.tables import csv_file, sent

bp = Blueprint("county_groups", __name__)

STATES = {
    "none": ("no", "没有名单", "red"),
    "headless": ("late", "缺主要负责人", "ochre"),
    "doubled": ("note", "请核对", "ochre"),
    "whole": ("ok", "齐全", "green"),
}
SIGNS = {
    WRONG: ("no", "有错", "red"),
    NEW: ("note", "登记", "green"),
    CHANGED: ("late", "修改", "ochre"),
    ENDED: ("dash", "离任", "ochre"),
    SAME: ("ok", "没有变化", "plain"),
}
_PURPOSE = "group"
_HINTS = ("填写说明", (
    ("一行", "一人一个职务一行；一个文件可以写许多单位。兼任的写两行。"),
    ("单位名称、单位代码", "写一个就行。写全称、简称、曾用名都认得。"),
    ("身份", "党委（党组）书记、行政正职、主持工作的副职、副职、纪委书记（纪检组长）、其他班子成员，写其中之一。"),
    ("日期", "写到日，例如 2026-03-05 或 2026年3月5日。任职截止日期是在任的最后一天，还在任的留空。"),
    ("留空的格子", "名单上已有的任职，留空的格子不改动。"),
    ("不要写", "身份证号、电话号码等个人信息。有这些内容的文件不写入。"),
    ("示例行", "单位名称以【示例】开头的行不读取，可以删去。"),
))  # fmt: skip
_SHAPE = Shape((Sheet("班子名单", tuple(Column(name, Type.LINE) for name in COLUMNS)),))
_BLANK = Shape(
    (_SHAPE.sheets[0], Sheet(_HINTS[0], (Column("栏目", Type.LINE), Column("怎么填", Type.PROSE))))
)


@bp.get("/units/groups")
@may(Action.KEEP_COUNTY)
def listing() -> ResponseReturnValue:
    """List every unit's group, what is missing first in view."""
    here = county()
    state, name = request.args.get("state", ""), request.args.get("q", "").strip()[:60]
    found = groups.groups(here, today=units.today_of(now()))
    counts = Counter(one.state for one in found)
    lacking = state == "lacking"
    rows = [
        one
        for one in found
        if (not state or one.state == state or (lacking and one.state in ("none", "headless")))
        and named(name, one.unit.name, one.unit.short)
    ]
    return page(
        "office/county_groups/listing.html",
        title="班子名单",
        crumbs=[("单位名册", url_for("county_units.listing"))],
        part=part_of(rows, at=url_for("county_groups.listing")),
        state=state,
        name=name,
        states=STATES,
        options=[("", "全部"), ("lacking", "所缺"), *((code, one[1]) for code, one in STATES.items())],
        counts=counts,
        lacking=counts["none"] + counts["headless"],
        everyone=len(found),
        show_day=lambda at: show_day(at.astimezone(SHANGHAI).date()),
    )


@bp.get("/units/groups.csv")
@may(Action.KEEP_COUNTY)
def as_csv() -> ResponseReturnValue:
    """Send the groups in the form in which files are read; ended terms too where asked for."""
    head, *rows = _lines()
    return csv_file("班子名单", head, rows, plain="groups")


@bp.get("/units/groups.xlsx")
@may(Action.KEEP_COUNTY)
def as_workbook() -> ResponseReturnValue:
    """Send the same as a workbook."""
    _, *rows = _lines()
    return sent(workbook(_SHAPE, [_texts(rows)]), XLSX_TYPE, "班子名单.xlsx", plain="groups")


def _lines() -> list[list[str]]:
    return groups.lines(county(), today=units.today_of(now()), past=request.args.get("past") == "1")


def _texts(rows: Sequence[Sequence[str]]) -> list[Any]:
    return [(row, [Type.LINE] * len(row)) for row in rows]


@bp.get("/units/groups/template.xlsx")
@may(Action.KEEP_COUNTY)
def template() -> ResponseReturnValue:
    """Send a blank file with an example line; with `of=lacking`, a line for each unit that misses something."""
    lacking = request.args.get("of") == "lacking"
    _, *rows = groups.blank_lines(county(), today=units.today_of(now()), lacking=lacking)
    made = workbook(_BLANK, [_texts(rows), _texts(_HINTS[1])])
    name = "班子名单（所缺单位）.xlsx" if lacking else "班子名单（空白）.xlsx"
    return sent(made, XLSX_TYPE, name, plain="groups-blank")


@bp.get("/units/groups/upload")
@may(Action.KEEP_COUNTY)
def upload() -> ResponseReturnValue:
    """Take a file."""
    return _upload()


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_: RequestEntityTooLarge) -> ResponseReturnValue:
    """Say what to do with a file that was not even taken in; what else was typed came with it."""
    if current_user.is_authenticated and current_user.may(Action.KEEP_COUNTY):
        return _upload(NotKept(TOO_LARGE, "file"), 413, typed={})
    return page("office/error.html", title="文件太大", words=TOO_LARGE), 413


def _upload(
    problem: NotKept | None = None, status: int = 200, typed: Mapping[str, str] | None = None
) -> ResponseReturnValue:
    text = page(
        "office/county_groups/upload.html",
        title="导入班子名单",
        crumbs=_crumbs(),
        columns=list(COLUMNS),
        typed=request.form if typed is None else typed,
        today=show_day(units.today_of(now())),
        problems=[(problem.field, str(problem))] if problem else [],
        wrong={problem.field: str(problem)} if problem else {},
    )
    return text, status


def _crumbs() -> list[tuple[str, str]]:
    return [
        ("单位名册", url_for("county_units.listing")),
        ("班子名单", url_for("county_groups.listing")),
    ]


def _way() -> Way:
    """Return how the file is meant; raise `NotKept`."""
    match request.form.get("way", "part"):
        case "part":
            return Way()
        case "whole":
            day = need_day(request.form.get("last_day", ""), "last_day", "未列入的人员任职到哪一天")
            if day > units.today_of(now()):
                raise NotKept("未列入的人员任职到哪一天：不能晚于今天。请改写日期。", "last_day")
            return Way(day)
        case _:
            raise NotKept("请选择文件怎么办理。", "way-part")


@bp.post("/units/groups/upload")
@may(Action.KEEP_COUNTY)
@accepts(MOST + 64 * 1024)
def look() -> ResponseReturnValue:
    """Show what a file would do; nothing is written."""
    given = request.files.get("file")
    try:
        if given is None or not given.filename:
            raise NotKept("还没有选择文件。请选择填好的班子名单（Excel 或 CSV）。", "file")
        way = _way()
        table = read_group_cells(given.stream.read(MOST + 1), given.filename)
        return _looked(county(), table, way)
    except NotKept as wrong:
        return _upload(wrong, 422)
    except (RosterError, UnreadableFile) as wrong:
        return _upload(NotKept(str(wrong), "file"), 422)


def _looked(
    here: County, table: Sequence[Sequence[str]], way: Way, *, heed: str = "", status: int = 200
) -> ResponseReturnValue:
    found = group_files.look_at(here, table, way, now=now())
    text = page(
        "office/county_groups/preview.html",
        title="核对班子名单",
        crumbs=[*_crumbs(), ("导入班子名单", url_for("county_groups.upload"))],
        found=found,
        way=way,
        last_day=show_day(way.last_day) if way.last_day else "",
        signs=SIGNS,
        heed=heed,
        parcel=pack([[way.last_day.isoformat() if way.last_day else ""], *table], _PURPOSE)
        if found.usable
        else "",
    )
    return text, 422 if found.count(WRONG) and status == 200 else status


@bp.post("/units/groups/import")
@may(Action.KEEP_COUNTY)
@accepts(2 * MOST)
def confirm() -> ResponseReturnValue:
    """Write what was shown."""
    try:
        (first, *_), *table = unpack(request.form.get("parcel", ""), _PURPOSE)
        way = Way(need_day(first, "last_day", "未列入的人员任职到哪一天") if first else None)
    except RosterError as wrong:
        return _upload(NotKept(str(wrong), "file"), 422)
    begin()
    here = county()
    try:
        done = group_files.apply(
            here,
            table,
            way,
            basis=request.form.get("basis", ""),
            address=f"{office().own_url}/people/",
            now=now(),
        )
    except Overtaken:
        session().rollback()
        heed = "名单或单位名册在核对期间有了变动，没有写入。下面是按现在的名单重新核对的结果。"
        return _looked(here, table, way, heed=heed, status=409)
    except NotKept as wrong:
        session().rollback()
        return _looked(here, table, way, heed=str(wrong), status=422)
    counts = [(word, done.count(code)) for code, word in ((NEW, "登记"), (CHANGED, "修改"), (ENDED, "离任"))]
    told = "，".join(f"{word} {count} 人" for word, count in counts if count)
    moved = sum(one.moves for one in done.plans)
    commit()
    flash(f"班子名单已更新：{moved} 个单位，{told}。" if told else "班子名单与文件一致，没有改动。")
    return redirect(url_for("county_groups.listing"), 303)
