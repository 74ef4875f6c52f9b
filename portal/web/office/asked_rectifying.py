"""本单位的整改: measures, persons, progress and evidence, and handing in for acceptance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.supervision.matters import Event
from portal.domain.supervision.rectifying import State
from portal.domain.values import show_day
from portal.services.desk import writing
from portal.services.desk.rooms import Actor, Room
from portal.services.desk.scheduling import show_moment
from portal.services.supervision import answering, rectifications, rectifying, rectifying_forms
from portal.services.supervision.rectifying import Stale
from portal.services.supervision.rectifying_forms import NotDone
from portal.web.guards import may, rescued_by
from portal.web.office.house import actor, begin, commit, now, page, person, room, session, today_of
from portal.web.office.letters_page import number
from portal.web.office.rectifying import shown
from portal.web.office.showing import link_to

bp = Blueprint("asked_rectifying", __name__, url_prefix="/asked/rectifying")
_NAMES = ("measure", "leader", "person", "evidence", "evidence_refs", "note")


@bp.app_template_global()
def rectifications_of_unit() -> list[tuple[Any, tuple[str, str, str], bool, str]]:
    """Return the unit's entries with sign, whether overdue, and deadline, for a list on another of its pages."""
    return [
        (one, shown(one.state), rectifications.is_overdue(one, today_of()), show_day(one.due))
        for one in rectifications.of_unit(room())
    ]


@bp.get("/")
@may(Action.SEE_MATTERS)
def listing() -> ResponseReturnValue:
    """Show what the unit has to rectify."""
    return page("office/rectifying/own.html", title="整改事项", crumbs=_crumbs())


@bp.get("/<uid>")
@may(Action.SEE_MATTERS)
def one(uid: str) -> ResponseReturnValue:
    """Show one, with the form."""
    here = room()
    entry = rectifications.one_of_unit(here, uid) or abort(404)
    waits = entry.state in (State.NOT_STARTED, State.WORKING)
    kept = answering.entries_kept(here, uid, actor()) if waits else {}
    return _show(here, entry, typed=kept, kept=kept)


def rescue(place: Room, who: Actor, uid: str) -> None:
    """Keep what arrived after its session ran out."""
    entry = rectifications.one_of_unit(place, uid)
    if entry is None:
        return
    entries = {name: request.form.get(name, "") for name in _NAMES}
    if any(text != getattr(entry, name, "") for name, text in entries.items()):
        seen = number("revision")
        # What others have changed meanwhile is not written over: the form comes back with what it was made from.
        entries["revision"] = str(seen)
        writing.keep(place, uid, entries, why="expired", revision=seen, actor=who, now=now())


@bp.post("/<uid>")
@may(Action.ANSWER_MATTERS)
@rescued_by(rescue, back="asked_rectifying.one")
def save(uid: str) -> ResponseReturnValue:
    """Keep what was filled in, or hand it in."""
    begin()
    here = room()
    entry = rectifications.one_of_unit(here, uid) or abort(404)
    do = rectifying.hand_in if request.form.get("do") == "hand_in" else rectifying.save
    try:
        filled = rectifying_forms.read_filled(request.form)
        do(here, entry, filled, revision=number("revision"), actor=actor(), now=now())
        answering.forget(here, uid, actor())
    except NotDone as refusal:
        session().rollback()
        here = room()
        found = rectifications.one_of_unit(here, uid) or abort(404)
        return _show(here, found, errors=refusal.errors, typed=request.form), 422
    except Stale:
        session().rollback()
        here = room()
        found = rectifications.one_of_unit(here, uid) or abort(404)
        said = (
            "这一项刚才已被其他人修改，或者已经报请验收。您填写的内容没有保存，仍在下面，请与现在的情况核对。"
        )
        return _show(here, found, errors={"": said}, typed=request.form), 409
    commit()
    flash("已报请验收。" if do is rectifying.hand_in else "已保存。")
    return redirect(url_for("asked_rectifying.one", uid=uid), 303)


def _show(
    here: Room,
    entry: Any,
    *,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    kept: Mapping[str, str] | None = None,
) -> str:
    open_ = entry.state in (State.NOT_STARTED, State.WORKING)
    return page(
        "office/rectifying/own_one.html",
        title="整改事项",
        crumbs=[*_crumbs(), ("全部整改事项", url_for("asked_rectifying.listing"))],
        entry=entry,
        values={name: (typed or {}).get(name, getattr(entry, name, "")) for name in _NAMES},
        kept=kept or {},
        steps=rectifications.steps_of(here, entry),
        answers=person().may(Action.ANSWER_MATTERS) and (open_ or bool(typed)),
        open_=open_,
        shown=shown(entry.state),
        late=rectifications.is_overdue(entry, today_of()),
        errors=errors or {},
        day=show_day,
        at=show_moment,
        event_name=lambda code: Event(code).label,
    )


def _crumbs() -> list[tuple[str, str]]:
    above = link_to("asked.listing")
    return [("监督事项", above)] if above else []
