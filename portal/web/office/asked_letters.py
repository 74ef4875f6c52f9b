"""收到的文书: what the commission sent the unit, and the unit's answer."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.supervision.letters import Kind, State
from portal.domain.supervision.matters import Event
from portal.domain.values import show_day
from portal.services.desk import writing
from portal.services.desk.rooms import Actor, Room
from portal.services.desk.scheduling import show_moment
from portal.services.supervision import answering, lettering, letters
from portal.services.supervision.letter_words import NotIssued
from portal.services.supervision.letters import Stale
from portal.web.guards import may, rescued_by
from portal.web.office.house import (
    actor,
    begin,
    commit,
    now,
    page,
    person,
    regime_of,
    room,
    session,
    today_of,
)
from portal.web.office.letters_page import number, printed, shown
from portal.web.office.showing import link_to

bp = Blueprint("asked_letters", __name__, url_prefix="/asked/letters")


@bp.app_template_global()
def letters_of_unit() -> list[dict[str, Any]]:
    """Return the unit's letters for a list on another of its pages."""
    today = today_of()
    return [
        {
            "uid": one.uid,
            "title": one.title,
            "kind": Kind(one.kind).label,
            "number": one.number,
            "state": shown(one.state),
            "late": lettering.is_late(one, today=today),
            "waits": one.state == State.ISSUED and one.due is not None,
            "due": show_day(one.due) if one.due else "",
            "at": show_moment(one.issued_at) if one.issued_at else "",
        }
        for one in lettering.of_unit(room())
    ]


@bp.get("/")
@may(Action.SEE_MATTERS)
def listing() -> ResponseReturnValue:
    """Show what was sent to the unit."""
    return page("office/letters/received.html", title="收到的文书", crumbs=_crumbs())


@bp.get("/<uid>")
@may(Action.SEE_MATTERS)
def one(uid: str) -> ResponseReturnValue:
    """Show one letter, and the form to answer it."""
    here = room()
    letter = lettering.one_of_unit(here, uid) or abort(404)
    waits = letter.state == State.ISSUED
    kept = answering.entries_kept(here, uid, actor()) if waits else {}
    return _show(here, letter, typed=kept.get("reply", ""), kept=bool(kept))


@bp.get("/<uid>/letter.pdf")
@may(Action.SEE_MATTERS)
def pdf(uid: str) -> ResponseReturnValue:
    """Send it as PDF."""
    return printed(lettering.one_of_unit(room(), uid) or abort(404), regime_of())


def rescue(place: Room, who: Actor, uid: str) -> None:
    """Keep a reply that arrived after its session ran out."""
    typed = request.form.get("reply", "")
    if typed and lettering.one_of_unit(place, uid):
        entries, seen = {"reply": typed}, number("revision")
        writing.keep(place, uid, entries, why="expired", revision=seen, actor=who, now=now())


@bp.post("/<uid>/reply")
@may(Action.ANSWER_MATTERS)
@rescued_by(rescue, back="asked_letters.one")
def reply(uid: str) -> ResponseReturnValue:
    """Answer it."""
    begin()
    here = room()
    letter = lettering.one_of_unit(here, uid) or abort(404)
    typed = request.form.get("reply", "")
    try:
        letters.reply(here, letter, words=typed, revision=number("revision"), actor=actor(), now=now())
        answering.forget(here, uid, actor())
    except NotIssued as refusal:
        session().rollback()
        here = room()
        return _show(
            here, lettering.one_of_unit(here, uid) or abort(404), errors=refusal.errors, typed=typed
        ), 422
    except Stale:
        session().rollback()
        here = room()
        said = "这份文书已经有人回复，或者已被纪委监委办结、撤回。您填写的内容没有保存，仍在下面。"
        return _show(
            here, lettering.one_of_unit(here, uid) or abort(404), errors={"": said}, typed=typed
        ), 409
    commit()
    flash("已回复。")
    return redirect(url_for("asked_letters.one", uid=uid), 303)


def _show(
    here: Room, letter: Any, *, errors: dict[str, str] | None = None, typed: str = "", kept: bool = False
) -> str:
    return page(
        "office/letters/received_one.html",
        title=f"{Kind(letter.kind).label} {letter.number or ''}".strip(),
        kind=Kind(letter.kind).label,
        crumbs=[*_crumbs(), ("收到的文书", url_for("asked_letters.listing"))],
        letter=letter,
        steps=lettering.steps_of(here, letter),
        answers=person().may(Action.ANSWER_MATTERS) and letter.state == State.ISSUED,
        shown=shown(letter.state),
        late=lettering.is_late(letter, today=today_of()),
        errors=errors or {},
        typed=typed,
        kept=kept,
        day=show_day,
        at=show_moment,
        event_name=lambda code: Event(code).label,
        longest=letters.REPLY_LONGEST,
    )


def _crumbs() -> list[tuple[str, str]]:
    above = link_to("asked.listing")
    return [("监督事项", above)] if above else []
