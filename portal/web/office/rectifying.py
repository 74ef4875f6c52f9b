"""整改台账 at the commission: the register, one entry, acceptance by a third party, exports."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.supervision.letters import Kind
from portal.domain.supervision.matters import Event
from portal.domain.supervision.rectifying import State
from portal.domain.values import read_day, show_day
from portal.services.board.county import County
from portal.services.board.screens import is_gone
from portal.services.desk.scheduling import show_moment
from portal.services.supervision import lettering, rectifications, rectifying, rectifying_letters
from portal.services.supervision.letters import reply_by
from portal.services.supervision.rectifying import Stale
from portal.services.supervision.rectifying_forms import NotDone
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
    today_of,
)
from portal.web.office.letters_page import number, quarter_choices, rectifying_address
from portal.web.office.paging import part_of
from portal.web.office.showing import link_to
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("rectifying", __name__, url_prefix="/rectifying")
SIGNS = {
    State.NOT_STARTED: ("dash", "plain"),
    State.WORKING: ("wait", "plain"),
    State.TO_ACCEPT: ("note", "ochre"),
    State.CLOSED: ("ok", "green"),
    State.HANDED_OVER: ("na", "plain"),
}
_HEADS = (
    "单位", "问题", "整改措施", "责任领导", "责任人", "整改期限", "状态", "逾期", "佐证说明", "佐证记录",
    "验收", "验收日期", "验收意见", "销号日期",
)  # fmt: skip


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show the register."""
    here, today = county(), today_of()
    typed = _typed()
    rows = rectifications.listed(here, **typed, today=today)
    every = rectifications.listed(here, today=today)
    return page(
        "office/rectifying/listing.html",
        title="整改台账",
        part=part_of(rows, at=url_for("rectifying.listing")),
        typed=typed,
        states=[
            ("", "全部状态"),
            ("overdue", "逾期"),
            ("open", "未销号"),
            *((one.value, one.label) for one in State),
        ],
        units=[("", "全部单位"), *((one.slug, one.name) for one in here.units())],
        periods=quarter_choices(here),
        counts=[
            (one.label, count)
            for one in State
            if (count := sum(row.state == one for row in every)) or one is not State.HANDED_OVER
        ],
        late=sum(rectifications.is_overdue(one, today) for one in every),
        is_late=lambda one: rectifications.is_overdue(one, today),
        acts=person().may(Action.SUPERVISE),
        shown=shown,
        day=show_day,
    )


@bp.get("/export.csv")
@may(Action.VIEW_BOARD)
def export_csv() -> ResponseReturnValue:
    """Send the register as CSV."""
    return csv_file("整改台账", _HEADS, _rows())


@bp.get("/export.xlsx")
@may(Action.VIEW_BOARD)
def export_xlsx() -> ResponseReturnValue:
    """Send it as a workbook."""
    return xlsx_file("整改台账", "整改台账", _HEADS, _rows())


@bp.get("/new")
@may(Action.SUPERVISE)
def new() -> ResponseReturnValue:
    """Offer the form of an entry, for a matter or for a unit."""
    here = county()
    matter = lettering.matter(here, request.args.get("matter", ""))
    due = reply_by(regime_of(), Kind.RECTIFY, today_of())
    values = {"problem": matter.title if matter else "", "due": show_day(due) if due else ""}
    return _form(here, values | request.args.to_dict(), matter=matter)


@bp.post("/new")
@may(Action.SUPERVISE)
def open_entry() -> ResponseReturnValue:
    """Open it."""
    begin()
    here, own = county(), own_uid()
    if rectifications.find(here, own):  # The same form once more.
        return redirect(url_for("rectifying.one", uid=own), 303)
    uid = request.form.get("matter", "")
    matter = lettering.matter(here, uid)
    if uid and matter is None:
        abort(404)
    unit = here.unit(request.form.get("unit", ""))
    errors: dict[str, str] = {}
    due = date.min
    try:
        due = read_day(request.form.get("due", ""))
    except ValueError as wrong:
        errors["due"] = f"整改期限：{wrong}"
    if matter is None and unit is None:
        errors["unit"] = "请选择单位。"
    try:
        if errors:
            raise NotDone(errors)
        problem = request.form.get("problem", "")
        if matter is not None:
            made = rectifying.start(here, matter, problem=problem, due=due, uid=own, now=now())
        else:
            assert unit is not None  # noqa: S101 - else it is refused above.
            made = rectifying.start_alone(here, unit, problem=problem, due=due, uid=own, now=now())
        rectifying_letters.write_to_unit(here, made, "start", rectifying_address(), now())
    except NotDone as refusal:
        session().rollback()
        here = county()
        return _form(here, request.form, matter=lettering.matter(here, uid), errors=refusal.errors), 422
    commit()
    flash("已列入整改台账，单位可以看到。")
    return redirect(url_for("rectifying.one", uid=made.uid), 303)


@bp.get("/<uid>")
@may(Action.VIEW_BOARD)
def one(uid: str) -> ResponseReturnValue:
    """Show an entry."""
    here = county()
    return _show(here, rectifications.find(here, uid) or abort(404))


@bp.post("/<uid>/act")
@may(Action.SUPERVISE)
def act(uid: str) -> ResponseReturnValue:
    """Accept, send back, put off or reopen it."""
    begin()
    here = county()
    entry = rectifications.find(here, uid) or abort(404)
    form, do, revision = request.form, request.form.get("do", ""), number("revision")
    words = form.get("words", "")
    try:
        match do:
            case "accept":
                rectifying.accept(
                    here, entry, name=form.get("name", ""), body=form.get("body", ""),
                    opinion=form.get("opinion", ""), day=form.get("day", ""), revision=revision, now=now(),
                )  # fmt: skip
            case "send_back":
                rectifying.send_back(
                    here, entry, words=words, revision=revision, address=rectifying_address(), now=now()
                )
            case "put_off":
                rectifying.put_off(
                    here, entry, due=form.get("due", ""), words=words, revision=revision, now=now()
                )
            case "reopen":
                rectifying.reopen(here, entry, words=words, revision=revision, now=now())
            case _:
                abort(400)
    except NotDone as refusal:
        session().rollback()
        here = county()
        errors = {f"{do}-{name}" if name else "": text for name, text in refusal.errors.items()}
        return _show(
            here, rectifications.find(here, uid) or abort(404), errors=errors, typed=form, do=do
        ), 422
    except Stale:
        session().rollback()
        here = county()
        said = "这一项刚才已被其他人处理，您的操作没有执行。下面是现在的情况，请核对后再办理。"
        return _show(
            here, rectifications.find(here, uid) or abort(404), errors={"": said}, typed=form, do=do
        ), 409
    commit()
    told = {
        "accept": "已验收销号。",
        "send_back": "已退回单位。",
        "put_off": "已延期。",
        "reopen": "已重新列入整改。",
    }
    flash(told[do])
    return redirect(url_for("rectifying.one", uid=uid), 303)


@bp.app_template_global()
def rectifications_of_matter(matter: Any) -> list[tuple[Any, tuple[str, str, str], bool, str]]:
    """Return a matter's entries with sign, whether overdue, and deadline, for its page."""
    return [
        (one, shown(one.state), rectifications.is_overdue(one, today_of()), show_day(one.due))
        for one in rectifications.of_matter(county(), matter)
    ]


@bp.app_template_global()
def overdue_rectifications() -> int:
    """Return how many entries of the jurisdiction are overdue, for the commission's home page."""
    return len(rectifications.overdue(county(), today_of()))


def shown(state: str) -> tuple[str, str, str]:
    """Return sign, word and tone of a state."""
    found = State(state)
    return SIGNS[found][0], found.label, SIGNS[found][1]


def _typed() -> dict[str, str]:
    return {name: request.args.get(name, "").strip() for name in ("state", "unit", "period")}


def _rows() -> list[list[str | int]]:
    here, today, typed = county(), today_of(), _typed()
    return [
        [
            one.unit.name, one.problem, one.measure, one.leader, one.person, show_day(one.due), State(one.state).label,
            "逾期" if rectifications.is_overdue(one, today) else "", one.evidence, one.evidence_refs, one.accepted_by,
            show_day(one.accepted_on) if one.accepted_on else "", one.acceptance,
            show_day(one.closed_on) if one.closed_on else "",
        ]
        for one in rectifications.listed(here, **typed, today=today)
    ]  # fmt: skip


def _form(
    here: County, values: Mapping[str, str], *, matter: Any, errors: Mapping[str, str] | None = None
) -> str:
    return page(
        "office/rectifying/new.html",
        title="列入整改台账",
        crumbs=[("整改台账", url_for("rectifying.listing"))],
        values=values,
        matter=matter,
        units=[(one.slug, one.name) for one in here.units() if not is_gone(one, today_of())],
        errors=errors or {},
    )


def _show(
    here: County,
    entry: Any,
    *,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    do: str = "",
) -> str:
    matter = lettering.matter_numbered(here, entry.matter_id)
    return page(
        "office/rectifying/one.html",
        title="整改事项",
        crumbs=[("整改台账", url_for("rectifying.listing"))],
        entry=entry,
        matter=matter,
        records=rectifications.records_of(here, entry),
        steps=rectifications.steps_of(here, entry),
        goes_on=rectifications.successor_of(here, entry),
        acts=person().may(Action.SUPERVISE),
        shown=shown(entry.state),
        late=rectifications.is_overdue(entry, today_of()),
        errors=errors or {},
        typed=typed or {},
        do=do,
        day=show_day,
        today=show_day(today_of()),
        at=show_moment,
        event_name=lambda code: Event(code).label,
        to_matter=lambda uid: link_to("matters.one", uid=uid),
        public=office().public_url,
        slug=here.slug,
    )
