"""制度参数: what the law leaves open, as it is in force; each change is dated, reasoned, shown first, and stays on record."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.values import read_day, show_day
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.running import overlay, parameters, terms
from portal.services.running.overlay import Laid
from portal.services.running.parameters import Value
from portal.services.running.terms import Proposed
from portal.services.running.typed_values import Wish
from portal.services.running.units import NotKept, Overtaken, bounds_of, today_of
from portal.site.pages.rules import FAMILIES
from portal.web.guards import may
from portal.web.office.house import begin, commit, county, now, office, page, session
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("county_terms", __name__)

_SECTIONS = [("", "全部"), (overlay.RULE, "规则"), *overlay.SECTIONS.items()]
MOST_ROWS = 60  # Of one list: more than any regime has, and a form that is still readable.
_HEADS = ("类别", "参数", "约束的单位", "取值", "现行取值", "能否改", "施行日期", "出处")
_CHANGES = (
    "编号", "参数", "状态", "施行日期", "取值", "取消的变更", "原因", "依据", "批准人", "登记人", "登记时间",
)  # fmt: skip
_STATES = {"coming": "尚未施行", "gone": "已取消", "countermand": "取消", "done": "已施行"}
CHANGED_MEANWHILE = "核对期间又登记了别的变更，没有写入。下面是重新核对的结果。"


@bp.get("/terms")
@may(Action.KEEP_COUNTY)
def listing() -> ResponseReturnValue:
    """List the parameters in force today."""
    here, typed, groups = county(), _sieve(), _groups()
    shown = _sifted(groups, typed)
    laid = office().regimes
    return page(
        "office/county_terms/listing.html",
        title="制度参数",
        groups=shown,
        folds=_folded(shown),
        found=bool(typed["section"] or typed["text"]),
        typed=typed,
        sections=_SECTIONS,
        total=len(groups),
        open_ones=sum(one.open for one in groups),
        coming=[one for one in _listed(here) if one["state"] == "coming"],
        troubles=laid.troubles(here.slug) if isinstance(laid, Laid) else (),
        show_day=show_day,
    )


@bp.get("/terms/export.csv")
@may(Action.KEEP_COUNTY)
def export_csv() -> ResponseReturnValue:
    """Send the values that the filter leaves, as CSV."""
    return csv_file("制度参数", _HEADS, _rows())


@bp.get("/terms/export.xlsx")
@may(Action.KEEP_COUNTY)
def export_xlsx() -> ResponseReturnValue:
    """Send them as a workbook."""
    return xlsx_file("制度参数", "制度参数", _HEADS, _rows())


def _sieve() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:60] for name in ("section", "text", "all")}


def _groups() -> list[parameters.Group]:
    return parameters.groups_of(office().regimes, county().slug, on=today_of(now()))


def _sifted(groups: Sequence[parameters.Group], typed: Mapping[str, str]) -> list[parameters.Group]:
    return [
        one
        for one in groups
        if (typed["all"] or one.open)
        and typed["section"] in ("", one.section)
        and typed["text"].lower()
        in " ".join((one.title, one.source, *(value.label for value in one.values))).lower()
    ]


def _rows() -> list[tuple[str, ...]]:
    typed = _sieve()
    return [
        (
            label, one.title, one.bound, value.label, value.text,
            "本级已改" if value.changed else "" if value.open else "不能改", show_day(one.since), one.source,
        )
        for label, groups in _folded(_sifted(_groups(), typed))
        for one in groups
        for value in one.values
        if value.open or typed["all"] or value.changed
    ]  # fmt: skip


def _folded(groups: Sequence[parameters.Group]) -> list[tuple[str, list[parameters.Group]]]:
    """Return the groups by what they are about: rules by their family, sections by their own name."""
    found: dict[str, list[parameters.Group]] = {}
    for one in groups:
        family = FAMILIES.get(one.name[:3]) if one.section == overlay.RULE else None
        title = family or overlay.SECTIONS.get(one.section, "规则")
        found.setdefault(title, []).append(one)
    return list(found.items())


def _listed(here: County) -> list[dict[str, Any]]:
    """Return the changes, the newest first, with how each stands."""
    changes = terms.changes_here(here)
    gone = {one.countermands: one for one in changes if one.countermands is not None}
    today = today_of(now())
    rows = []
    for one in reversed(changes):
        state = "done"
        if one.countermands is not None:
            state = "countermand"
        elif one.id in gone:
            state = "gone"
        elif one.valid_from > today:
            state = "coming"
        rows.append(
            {
                "change": one,
                "state": state,
                "title": parameters.title_of(one),
                "values": parameters.values_of(one) if one.section != overlay.YEAR else _days_of(one),
                "at": f"{one.recorded_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
                "can_go": state == "coming" or (state == "done" and one.section == overlay.YEAR),
            }
        )
    return rows


def _days_of(one: overlay.Change) -> list[tuple[str, str]]:
    return [
        (label, "、".join(show_day(date.fromisoformat(day)) for day in one.values.get(name, ())))
        for name, label in (("off", "放假"), ("work", "调休上班"))
        if one.values.get(name)
    ]


@bp.get("/terms/history")
@may(Action.KEEP_COUNTY)
def history() -> ResponseReturnValue:
    """Show every change that was made."""
    return _history(county())


@bp.get("/terms/history/export.csv")
@may(Action.KEEP_COUNTY)
def history_csv() -> ResponseReturnValue:
    """Send every change as CSV."""
    return csv_file("变更记录", _CHANGES, _changes())


@bp.get("/terms/history/export.xlsx")
@may(Action.KEEP_COUNTY)
def history_xlsx() -> ResponseReturnValue:
    """Send them as a workbook."""
    return xlsx_file("变更记录", "变更记录", _CHANGES, _changes())


def _changes() -> list[tuple[str | int, ...]]:
    return [
        (
            one["change"].id, one["title"], _STATES[one["state"]], show_day(one["change"].valid_from),
            "；".join(f"{label} {text}" for label, text in one["values"]), one["change"].countermands or "",
            one["change"].reason, one["change"].source, one["change"].approver, one["change"].recorded_by, one["at"],
        )
        for one in _listed(county())
    ]  # fmt: skip


def _history(
    here: County, *, problem: NotKept | None = None, number: int = 0, status: int = 200
) -> ResponseReturnValue:
    text = page(
        "office/county_terms/history.html",
        title="变更记录",
        crumbs=[("制度参数", url_for("county_terms.listing"))],
        rows=_listed(here),
        show_day=show_day,
        problems=[(f"{problem.field}-{number}" if problem.field else "", str(problem))] if problem else [],
        wrong={problem.field: str(problem)} if problem else {},
        number=number,
        typed=request.form,
    )
    return text, status


@bp.get("/terms/<key>")
@may(Action.KEEP_COUNTY)
def one(key: str) -> ResponseReturnValue:
    """Show one entry's values to be changed."""
    return _form(county(), key, {"on": show_day(today_of(now()))})


def _form(
    here: County,
    key: str,
    typed: Any,
    *,
    problem: NotKept | None = None,
    heed: str = "",
    fresh: str = "",
    status: int = 0,
) -> ResponseReturnValue:
    group = parameters.group_of(office().regimes, here.slug, key, on=today_of(now())) or abort(404)
    text = page(
        "office/county_terms/form.html",
        title=group.title,
        crumbs=[("制度参数", url_for("county_terms.listing"))],
        group=group,
        typed=typed,
        tables={one.name: _rows_in(typed, one) for one in group.values if one.shape.columns},
        fresh=fresh,
        problems=[(_target(group, field), words) for field, words in problem.each] if problem else [],
        wrong=dict(problem.each) if problem else {},
        heed=heed,
        correct_within=bounds_of(office().regimes[here.slug], today_of(now())).correct_within,
        show_day=show_day,
        mine=[
            row
            for row in _listed(here)
            if (row["change"].section, row["change"].name) == (group.section, group.name)
            and frozenset(row["change"].unit_types) == frozenset(group.unit_types)
        ],
    )
    return text, status or (422 if problem else 200)


def _target(group: parameters.Group, field: str) -> str:
    known = {one.name for one in group.values}
    return f"v-{field}" if field in known or field.partition("-")[0] in known else field


def _wish(here: County, key: str, form: Any) -> Wish:
    group = parameters.group_of(office().regimes, here.slug, key, on=today_of(now())) or abort(404)
    text = form.get("on", "")
    try:
        on = read_day(text)
    except ValueError as wrong:
        raise NotKept(f"施行日期：{wrong}" if text.strip() else "请填写施行日期。", "on") from wrong
    given = {one.name: form[f"v-{one.name}"] for one in group.values if f"v-{one.name}" in form}
    tables = {one.name: _rows_in(form, one) for one in group.values if f"v-{one.name}-rows" in form}
    return Wish(
        key, given, on, form.get("reason", ""), form.get("source", ""), form.get("approver", ""), tables
    )


def _rows_in(form: Mapping[str, str], value: Value) -> list[dict[str, str]]:
    """Return the rows of a list that a form holds, else those in force.

    The inputs of a row are called `v-NAME-PLACE-COLUMN`; `v-NAME-rows` holds how many rows the form has, so that a
    list without any row is told from a form that has no such list.
    """
    text = form.get(f"v-{value.name}-rows", "")
    if not (text.isascii() and text.isdigit() and len(text) < 4):
        return [dict(one) for one in value.rows]
    names = [one.name for one in value.shape.columns]
    return [
        {name: form.get(f"v-{value.name}-{place}-{name}", "") for name in names}
        for place in range(min(int(text), MOST_ROWS))
    ]


def _arranged(form: Mapping[str, str]) -> tuple[dict[str, str], str]:
    """Return what was typed after the row was added, removed or moved that was asked for, and the row to go on with."""
    typed = {name: text for name, text in form.items() if name not in ("do", "csrf_token")}
    what, _, rest = form.get("do", "").partition(":")
    name, _, place = rest.partition(":")
    head = f"v-{name}-"
    text = typed.get(f"{head}rows", "")
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= MOST_ROWS):
        return typed, ""
    count = int(text)
    rows: list[dict[str, str]] = [
        {
            key.removeprefix(f"{head}{number}-"): typed.pop(key)
            for key in list(typed)
            if key.startswith(f"{head}{number}-")
        }
        for number in range(count)
    ]
    at = int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1
    if what == "add" and count < MOST_ROWS:
        rows.append({})
        at = count
    elif what == "drop" and 0 <= at < count:
        del rows[at]
        at = min(at, len(rows) - 1)
    elif what == "up" and 0 < at < count:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
        at -= 1
    typed[f"{head}rows"] = str(len(rows))
    for number, row in enumerate(rows):
        typed |= {f"{head}{number}-{key}": value for key, value in row.items()}
    return typed, f"{name}-{at}" if at >= 0 else f"{name}-add"


@bp.post("/terms/<key>/preview")
@may(Action.KEEP_COUNTY)
def preview(key: str) -> ResponseReturnValue:
    """Show what a change would alter; nothing is written."""
    here = county()
    if "do" in request.form:
        typed, fresh = _arranged(request.form)
        return _form(here, key, typed, fresh=fresh)
    return _previewed(here, key)


def _previewed(here: County, key: str, *, heed: str = "", status: int = 200) -> ResponseReturnValue:
    try:
        proposed = terms.propose(here, office().regimes, _wish(here, key, request.form), now=now())
    except NotKept as wrong:
        return _form(here, key, request.form, problem=wrong)
    return shown(proposed, key, heed=heed, status=status)


def shown(proposed: Proposed, key: str, *, heed: str = "", status: int = 200) -> ResponseReturnValue:
    """Return the page on which a change is confirmed."""
    year = key.startswith("year~")
    carried = [
        (name, value) for name, value in request.form.items() if name not in ("csrf_token", "basis", "do")
    ]
    text = page(
        "office/county_terms/preview.html",
        title="核对变更",
        crumbs=[("制度参数", url_for("county_terms.listing"))],
        proposed=proposed,
        carried=carried,
        action=url_for("county_years.confirm") if year else url_for("county_terms.confirm", key=key),
        months=_months(proposed) if year else [],
        year=year,
        heed=heed,
        show_day=show_day,
    )
    return text, status


def _months(proposed: Proposed) -> list[tuple[int, list[list[tuple[int, str]]]]]:
    """Return the year's months as weeks of days, each with what it is: off, work, weekend, plain or nothing."""
    year = int(proposed.change.name)
    off = {date.fromisoformat(one) for one in proposed.change.values["off"]}
    work = {date.fromisoformat(one) for one in proposed.change.values["work"]}

    def cell(day: date, month: int) -> tuple[int, str]:
        if day.month != month:
            return 0, ""
        kind = "work" if day in work else "off" if day in off else "weekend" if day.weekday() > 4 else "plain"
        return day.day, kind

    return [
        (month, [[cell(day, month) for day in week] for week in Calendar().monthdatescalendar(year, month)])
        for month in range(1, 13)
    ]


@bp.post("/terms/<key>/change")
@may(Action.KEEP_COUNTY)
def confirm(key: str) -> ResponseReturnValue:
    """Write the change that was shown."""
    if request.form.get("back"):
        return _form(county(), key, request.form)
    begin()
    here = county()
    try:
        wish = _wish(here, key, request.form)
        proposed = terms.propose(here, office().regimes, wish, now=now(), tried=False)
        terms.record(here, proposed, basis=basis(), now=now())
    except NotKept as wrong:
        session().rollback()
        return _form(here, key, request.form, problem=wrong)
    except Overtaken:
        session().rollback()
        return _previewed(here, key, heed=CHANGED_MEANWHILE, status=409)
    told = f"已登记：{proposed.title}，自{show_day(proposed.change.valid_from)}起施行。公开网站随后更新。"
    commit()
    flash(told)
    return redirect(url_for("county_terms.history"), 303)


def basis() -> int:
    """Return which changes the person had seen."""
    text = request.form.get("basis", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1


@bp.post("/terms/changes/<int:number>/countermand")
@may(Action.KEEP_COUNTY)
def countermand(number: int) -> ResponseReturnValue:
    """Take back a change that is not in force yet."""
    begin()
    here, form = county(), request.form
    if number not in {one.id for one in terms.changes_here(here)}:
        abort(404)
    try:
        terms.countermand(
            here,
            office().regimes[here.slug],
            number,
            reason=form.get("reason", ""),
            source=form.get("source", ""),
            approver=form.get("approver", ""),
            now=now(),
        )
    except NotKept as wrong:
        session().rollback()
        return _history(here, problem=wrong, number=number, status=422)
    commit()
    flash("已取消这次变更，取消本身也留有记录。")
    return redirect(url_for("county_terms.history"), 303)
