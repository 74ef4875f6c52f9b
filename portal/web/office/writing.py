"""The form of a draft: fill in, save again and again, submit. Nothing typed is ever lost."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from flask import abort, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.exchange.forms import Entries, TooMuch, pasted, pieces, with_row, with_rows, without_row
from portal.exchange.sheets.results import shorten
from portal.services.checking import Book
from portal.services.desk import writing
from portal.services.desk.rooms import Actor, Room
from portal.services.desk.telling import tell_submitted
from portal.services.desk.writing import Draft
from portal.services.publishing import Conflict
from portal.web.guards import may, rescued_by
from portal.web.office import writing_copies, writing_starting
from portal.web.office.house import actor, begin, commit, now, office, page, room
from portal.web.office.writing_desk import (
    Typed,
    bp,
    clock,
    crumbs,
    entries_in,
    form_page,
    gone,
    seconds_left,
    side_by_side,
    tested,
    typed,
)
from portal.web.office.writing_page import anchor, findings_of, line

__all__ = ["bp", "writing_copies", "writing_starting"]
_NOTES, _NOTE = 4, 150  # Told after pasting: how many, how long. They travel in the cookie.


@bp.get("/drafts/<uid>")
@may(Action.WRITE)
def edit(uid: str) -> ResponseReturnValue:
    """Show the form of a draft."""
    place = room()
    draft = place.draft(uid)
    if draft is None:
        return _published(place, uid)
    if draft.state not in writing.EDITABLE:
        return _elsewhere(draft)
    return form_page(place, draft, entries_in(draft), told=draft.revision > 1 or draft.entries is None)


def _published(place: Room, uid: str) -> ResponseReturnValue:
    """Lead to what a draft became."""
    version = place.published_from(uid)
    if version is None or "published.show" not in current_app.view_functions:
        abort(404)
    return redirect(url_for("published.show", kind=version.record.kind, slug=version.record.slug), 303)


def _elsewhere(draft: Draft) -> ResponseReturnValue:
    if "reviewing.show" in current_app.view_functions:
        return redirect(url_for("reviewing.show", uid=draft.uid), 303)
    return page("office/writing/fixed.html", title=draft.title, draft=draft, crumbs=crumbs())


def rescue(place: Room, who: Actor, uid: str) -> None:
    """Keep what arrived after its session ran out, beside the draft."""
    draft = place.draft(uid)
    if draft is None:
        return
    found = typed(draft.kind)
    if found.entries != entries_in(draft):
        writing.keep(place, uid, found.entries, why="expired", revision=found.revision, actor=who, now=now())


@bp.post("/drafts/<uid>")
@may(Action.WRITE)
@rescued_by(rescue)
def save(uid: str) -> ResponseReturnValue:
    """Keep what was typed; add, insert or remove a row, or take in pasted cells, as the button says."""
    begin()
    place, at = room(), now()
    draft = place.draft(uid)
    if draft is None:
        return gone(place, uid)
    found = typed(draft.kind)
    try:
        changed, target = _changed(found)
    except TooMuch as much:
        _keep(place, draft, found, at)
        return form_page(place, draft, found.entries, told=True, code=422, refusal=str(much))
    answer = _keep(place, draft, found.changed(changed), at)
    if answer is not None:
        return answer
    if request.form.get("do") == "preview" and "reviewing.preview" in current_app.view_functions:
        return redirect(url_for("reviewing.preview", uid=uid), 303)
    if request.form.get("do") == "attachments":
        return redirect(url_for("attachments.listing", uid=uid), 303)
    return redirect(url_for("writing.edit", uid=uid) + (f"#{target}" if target else ""), 303)


def _put(place: Room, draft: Draft, found: Typed, at: datetime) -> None:
    writing.save(
        place,
        draft,
        entries=found.entries,
        document=found.reading.document,
        title=found.title,
        revision=found.revision,
        actor=actor(),
        now=at,
        reason=found.reason,
    )


def _keep(place: Room, draft: Draft, found: Typed, at: datetime) -> ResponseReturnValue | None:
    """Save and commit; return the page that says why not, where it could not be."""
    try:
        _put(place, draft, found, at)
    except writing.Stale as stale:
        commit()
        return side_by_side(draft, stale.copy, code=409, refusal=str(stale))
    except writing.NotEditable as fixed:
        commit()
        return (
            page(
                "office/writing/fixed.html", title=draft.title, draft=draft, words=str(fixed), crumbs=crumbs()
            ),
            409,
        )
    commit()
    return None


def _changed(found: Typed) -> tuple[Entries, str]:
    """Do what the button says to the rows; return the entries and the id to go to."""
    entries, target = found.entries, ""
    tables = pieces(found.model).tables
    for table in tables:
        if text := request.form.get(f"paste:{table}", "").strip("\n\r"):
            got = pasted(found.model, table, text)
            entries = with_rows(found.model, entries, table, got.rows)
            flash(f"已粘贴 {len(got.rows)} 行到“{tables[table].about.label}”。")
            for note in got.notes[:_NOTES]:
                flash(shorten(note, _NOTE))
            target = anchor(table)
    verb, _, rest = request.form.get("do", "").partition(":")
    table, _, number = rest.partition(":")
    if table not in tables or not (number.isdecimal() or not number) or len(number) > 5:
        return entries, target
    if verb == "add":
        entries = with_row(found.model, entries, table)
        return entries, anchor(f"{table}-{_rows(entries, table) - 1}")
    if verb == "insert" and number:
        return with_row(found.model, entries, table, int(number)), anchor(f"{table}-{number}")
    if verb == "remove" and number:
        return without_row(found.model, entries, table, int(number)), anchor(table)
    return entries, target


def _rows(entries: Entries, table: str) -> int:
    return len({name.split("-")[1] for name in entries if name.startswith(f"{table}-")})


@bp.post("/drafts/<uid>/autosave")
@may(Action.WRITE)
@rescued_by(rescue)
def autosave(uid: str) -> ResponseReturnValue:
    """Keep what was typed and answer in JSON: the revision, when it was saved, what is wrong."""
    begin()
    place, at = room(), now()
    draft = place.draft(uid)
    if draft is None:
        return gone(place, uid)
    found = typed(draft.kind)
    try:
        _put(place, draft, found, at)
    except writing.Stale as stale:
        commit()
        address = url_for("writing.copy", uid=uid, number=stale.copy.id)
        return {"conflict": True, "url": address, "error": str(stale)}, 409
    except writing.NotEditable as fixed:
        commit()
        return {"conflict": True, "url": url_for("writing.edit", uid=uid), "error": str(fixed)}, 409
    commit()
    findings = findings_of(found.reading, tested(place, writing.whole(draft, found.reading.document), at))
    blocking = sum(one.blocks for _, one in findings)
    return {
        "revision": draft.revision,
        "saved_at": clock(draft.updated_at),
        "seconds": seconds_left(),
        "count": len(found.reading.problems) + blocking,
        "problems": [{**one.as_dict(), "line": line(one)} for one in found.reading.problems],
        "findings": [{"name": name, **asdict(one)} for name, one in findings],
    }


@bp.post("/drafts/<uid>/submit")
@may(Action.SUBMIT)
@rescued_by(rescue)
def submit(uid: str) -> ResponseReturnValue:
    """Keep what was typed, and hand it to the reviewers if nothing stands in the way."""
    begin()
    place, at = room(), now()
    draft = place.draft(uid)
    if draft is None:
        return gone(place, uid)
    found = typed(draft.kind)
    answer = _keep(place, draft, found, at)
    if answer is not None:
        return answer
    revision = draft.revision
    begin()
    draft = place.draft(uid)
    if draft is None:
        return gone(place, uid)
    book = Book(place.session, office().regimes)
    try:
        writing.submit(place, draft, revision=revision, actor=actor(), now=at, book=book)
        tell_submitted(place, draft, address=office().own_url, now=at)
    except (writing.NotReady, writing.NotEditable, Conflict) as refusal:
        place.session.rollback()
        # Findings are listed by the page itself, each with its place: said twice they hide one another.
        listed = getattr(refusal, "findings", ())
        told = f"没有送审：有 {len(listed)} 处须先处理，见下。" if listed else str(refusal)
        return form_page(place, draft, entries_in(draft), told=True, code=422, refusal=told)
    commit()
    flash("已送审。审核通过后才会公开；审核前可以撤回修改。")
    return redirect(url_for("home.show"), 303)
