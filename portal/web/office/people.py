"""领导班子名单: shown to the whole desk, kept by the unit's admin."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.drafting import Event, MemberRole
from portal.domain.roles import Action
from portal.domain.values import read_day, show_day
from portal.services.desk import past, people
from portal.services.desk.people import ChangedMeanwhile, NotEntered
from portal.web.guards import may
from portal.web.office.house import actor, begin, commit, now, page, person, room, session, today_of
from portal.web.office.showing import show_moment

bp = Blueprint("people", __name__, url_prefix="/people")
_ROLES = [(one.value, one.label) for one in MemberRole]
_FIELDS = ("name", "post", "role", "since", "until")


@bp.get("/")
@may(Action.OPEN_DESK)
def listing() -> ResponseReturnValue:
    """Show who was in post on a day, and the whole history below."""
    here, typed = room(), request.args.get("on", "").strip()
    day, problem = today_of(), ""
    if typed:
        try:
            day = read_day(typed)
        except ValueError as wrong:
            problem = str(wrong)
    members = people.in_order(here.members(on=day))
    current = {one.id for one in members}
    imported = past.steps_of(here, past.Wanted(event=Event.IMPORTED.value), limit=1)
    body = page(
        "office/people/listing.html",
        title="班子名单",
        members=members,
        others=[one for one in reversed(here.members()) if one.id not in current],
        doubts=people.doubts(members),
        on=typed,
        asked=day,
        today=today_of(),
        problem=problem,
        imported=imported[0] if imported else None,
        moment=show_moment,
        keeps=person().may(Action.KEEP_ROSTER),
        role_name=lambda code: MemberRole(code).label,
        day=show_day,
    )
    return body, 422 if problem else 200


@bp.get("/new")
@may(Action.KEEP_ROSTER)
def new() -> ResponseReturnValue:
    """Offer the form for somebody new."""
    return _form("登记成员", url_for("people.enter"), {}, fields=_FIELDS, button="登记")


@bp.post("/new")
@may(Action.KEEP_ROSTER)
def enter() -> ResponseReturnValue:
    """Enter somebody."""
    begin()
    try:
        member = people.add(room(), people.read_entry(request.form), actor=actor(), now=now())
    except NotEntered as refusal:
        form = _form("登记成员", url_for("people.enter"), request.form, fields=_FIELDS, button="登记", errors=refusal.errors)  # fmt: skip
        return form, 422
    commit()
    flash(f"已登记{member.name}。")
    return redirect(url_for("people.listing"), 303)


@bp.get("/<int:number>/end")
@may(Action.KEEP_ROSTER)
def leaving(number: int) -> ResponseReturnValue:
    """Offer the form that ends a term."""
    return _edit(number, "end", None)


@bp.post("/<int:number>/end")
@may(Action.KEEP_ROSTER)
def end(number: int) -> ResponseReturnValue:
    """End a term."""
    return _alter(number, "end")


@bp.get("/<int:number>/change")
@may(Action.KEEP_ROSTER)
def changing(number: int) -> ResponseReturnValue:
    """Offer the form for another post."""
    return _edit(number, "change", None)


@bp.post("/<int:number>/change")
@may(Action.KEEP_ROSTER)
def change(number: int) -> ResponseReturnValue:
    """Enter another post."""
    return _alter(number, "change")


@bp.get("/<int:number>/correct")
@may(Action.KEEP_ROSTER)
def correcting(number: int) -> ResponseReturnValue:
    """Offer the form that puts a slip right."""
    return _edit(number, "correct", None)


@bp.post("/<int:number>/correct")
@may(Action.KEEP_ROSTER)
def correct(number: int) -> ResponseReturnValue:
    """Put a slip right."""
    return _alter(number, "correct")


@bp.get("/from-plan")
@may(Action.KEEP_ROSTER)
def from_plan() -> ResponseReturnValue:
    """Show whom the delegation plan in force names."""
    return _plan(None)


@bp.post("/from-plan")
@may(Action.KEEP_ROSTER)
def take_in() -> ResponseReturnValue:
    """Enter those of them who were chosen."""
    begin()
    chosen = {
        int(one)
        for one in request.form.getlist("numbers")
        if one.isascii() and one.isdigit() and len(one) < 6
    }
    try:
        count = people.take_in(
            room(), chosen, index_no=request.form.get("index_no", ""), on=today_of(), actor=actor(), now=now()
        )
    except NotEntered as refusal:
        session().rollback()  # Some of them may have been entered before one was refused.
        return _plan(chosen, next(iter(refusal.errors.values()))), 422
    except ChangedMeanwhile as conflict:
        return _plan(None, str(conflict)), 409
    commit()
    flash(f"已带入 {count} 位成员。任职起始日期按方案执行日期登记，请核对。")
    return redirect(url_for("people.listing"), 303)


def _alter(number: int, what: str) -> ResponseReturnValue:
    begin()
    here = room()
    member = here.member(number)
    if member is None:
        abort(404)
    seen, typed = request.form.get("seen", ""), request.form
    try:
        match what:
            case "end":
                until = typed.get("until", "")
                people.end_term(here, member, until=until, seen=seen, actor=actor(), now=now())
                told = f"已登记{member.name}的任职截止日期。"
            case "change":
                people.change_post(here, member, typed=typed, seen=seen, actor=actor(), now=now())
                told = f"已登记{member.name}的职务变动。"
            case _:
                people.correct(here, member, typed=typed, seen=seen, actor=actor(), now=now())
                told = "已改正。改正前的内容保留在操作记录里。"
    except NotEntered as refusal:
        return _edit(number, what, typed, errors=refusal.errors), 422
    except ChangedMeanwhile as conflict:
        return _edit(number, what, typed, errors={"": str(conflict)}), 409
    commit()
    flash(told)
    return redirect(url_for("people.listing"), 303)


_EDITS = {
    "end": ("登记任职结束", "登记", ("until",)),
    "change": ("登记职务变动", "登记", ("post", "role", "since")),
    "correct": ("改正笔误", "改正", _FIELDS),
}


def _edit(
    number: int, what: str, typed: Mapping[str, str] | None, errors: Mapping[str, str] | None = None
) -> str:
    member = room().member(number)
    if member is None:
        abort(404)
    title, button, fields = _EDITS[what]
    values = dict(typed or {})
    if typed is None and what == "correct":
        values = {
            "name": member.name,
            "post": member.post,
            "role": member.role,
            "since": show_day(member.since),
            "until": show_day(member.until) if member.until else "",
        }
    return _form(
        f"{title}：{member.name}",
        url_for(f"people.{what}", number=number),
        values,
        fields=fields,
        button=button,
        errors=errors,
        now_is=people.entry_of(member).told,
        seen=people.seal(member),
    )


def _form(
    title: str,
    action: str,
    values: Mapping[str, str],
    *,
    fields: tuple[str, ...],
    button: str,
    errors: Mapping[str, str] | None = None,
    now_is: str = "",
    seen: str = "",
) -> str:
    return page(
        "office/people/form.html",
        title=title,
        crumbs=[("班子名单", url_for("people.listing"))],
        action=action,
        values=values,
        fields=fields,
        roles=_ROLES,
        button=button,
        errors=errors or {},
        now_is=now_is,
        seen=seen,
    )


def _plan(chosen: set[int] | None, problem: str = "") -> str:
    here = room()
    return page(
        "office/people/from_plan.html",
        title="从分工方案带入",
        crumbs=[("班子名单", url_for("people.listing"))],
        offered=people.proposals(here, on=today_of()),
        chosen=chosen,
        problem=problem,
        day=show_day,
    )
