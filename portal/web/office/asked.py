"""监督事项 at a unit's desk: what the commission asked, until when, and the unit's answer."""

from __future__ import annotations

import json

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.supervision.matters import State
from portal.domain.values import show_day
from portal.services.compliance_answers import period_name
from portal.services.desk import writing
from portal.services.desk.rooms import Actor, Room
from portal.services.supervision import answering
from portal.services.supervision.answering import AnsweredMeanwhile, Asked
from portal.services.supervision.matters import NotPossible, day_of
from portal.web.guards import may, rescued_by
from portal.web.office.house import actor, begin, commit, now, page, person, room, session
from portal.web.office.showing import link_to, show_moment

bp = Blueprint("asked", __name__)
SIGNS = {
    State.NEW: ("note", "plain"),
    State.ASKED: ("note", "plain"),
    State.EXPLAINED: ("wait", "plain"),
    State.ACCEPTED: ("ok", "green"),
    State.RECTIFYING: ("late", "ochre"),
    State.CLOSED: ("ok", "plain"),
}


@bp.get("/asked")
@may(Action.SEE_MATTERS)
def listing() -> ResponseReturnValue:
    """Show what the unit was told of, what waits for it first."""
    found = answering.listing(room(), day_of(now()))
    return page(
        "office/asked/listing.html",
        title="监督事项",
        open=[one for one in found if one.state.open],
        closed=[one for one in found if not one.state.open],
        signs=SIGNS,
        day=show_day,
        moment=show_moment,
        to_day=day_of,
        room_unit=room().unit,
    )


@bp.get("/asked/<uid>")
@may(Action.SEE_MATTERS)
def one(uid: str) -> ResponseReturnValue:
    """Show one matter, and the form of the answer where one is waited for."""
    kept = answering.kept_of(room(), uid, actor())
    values = _entries(kept.entries) if kept else {}
    return _shown(uid, values, told=bool(kept))


def rescue(place: Room, who: Actor, uid: str) -> None:
    """Keep an answer that arrived after its session ran out."""
    if answering.row_of(place, uid) is None:
        return
    entries = {name: request.form.get(name, "") for name in ("words", "refs")}
    if any(entries.values()):
        seen = _number(request.form.get("seen", ""))
        writing.keep(place, uid, entries, why="expired", revision=seen, actor=who, now=now())


@bp.post("/asked/<uid>")
@may(Action.ANSWER_MATTERS)
@rescued_by(rescue, back="asked.one")
def answer(uid: str) -> ResponseReturnValue:
    """Enter the unit's explanation."""
    values = {name: request.form.get(name, "") for name in ("words", "refs")}
    begin()
    place = room()
    try:
        answering.answer(
            place, uid, values["words"], values["refs"], seen=_number(request.form.get("seen", "")), actor=actor(), now=now()
        )  # fmt: skip
    except LookupError:
        session().rollback()
        abort(404)
    except AnsweredMeanwhile:
        session().rollback()
        return _shown(uid, values, overtaken=True), 409
    except NotPossible as refused:
        session().rollback()
        return _shown(uid, values, problem=(refused.field, str(refused))), 422
    commit()
    flash("说明已经提交给纪委监委。")
    return redirect(url_for("asked.one", uid=uid), 303)


def _shown(
    uid: str,
    values: dict[str, str],
    *,
    problem: tuple[str, str] | None = None,
    overtaken: bool = False,
    told: bool = False,
) -> str:
    place = room()
    found = answering.one(place, uid, day_of(now()))
    if found is None:
        abort(404)
    refs = [ref for step in found.steps for ref in step.refs] + [item.ref for item in found.items]
    return page(
        "office/asked/one.html",
        title=found.title,
        crumbs=[("监督事项", url_for("asked.listing"))],
        one=found,
        matter=answering.row_of(place, uid),
        lines=_lines(found),
        signs=SIGNS,
        day=show_day,
        told_on=day_of(found.told_at),
        period=period_name,
        records=_records(place, refs),
        answers=person().may(Action.ANSWER_MATTERS),
        values=values,
        problem=problem,
        overtaken=overtaken,
        kept=told,
        room_unit=place.unit,
    )


def _records(place: Room, refs: list[str]) -> dict[str, str]:
    """Return where the unit reads its own records, by index number."""
    found = answering.records_named(place, refs)
    told = {ref: link_to("published.show", kind=kind, slug=slug) for ref, (kind, slug) in found.items()}
    return {ref: address for ref, address in told.items() if address}


def _lines(found: Asked) -> list[dict[str, object]]:
    return [
        {
            "label": one.label, "who": one.who, "words": one.words, "side": one.side, "refs": one.refs,
            "at": show_moment(one.at), "iso": one.at.isoformat(),
        }
        for one in found.steps
    ]  # fmt: skip


def _entries(text: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in json.loads(text).items()}


def _number(text: str) -> int:
    """Return a number from a form; -1, which never fits, where it says anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1
