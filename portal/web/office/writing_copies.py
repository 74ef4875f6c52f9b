"""What was typed and could not be saved: looked at, put beside the draft, taken over; and throwing a draft away."""

from __future__ import annotations

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.base import kind_of
from portal.domain.roles import Action
from portal.exchange.forms import Entries, differences, loaded, merged, read_entries
from portal.services.desk import writing
from portal.services.desk.rooms import Room
from portal.services.desk.writing import Draft, DraftCopy
from portal.services.publishing import Conflict
from portal.web.guards import may
from portal.web.office.house import actor, begin, commit, now, page, room
from portal.web.office.writing_desk import (
    bp,
    crumbs,
    entries_in,
    form_page,
    kind_of_steps,
    local,
    side_by_side,
    title_of,
)

_WHY = {"conflict": "与别人的修改冲突时留存", "expired": "登录过期时留存", "replaced": "被替换的内容"}


@bp.get("/drafts/<uid>/copies")
@may(Action.WRITE)
def copies(uid: str) -> ResponseReturnValue:
    """Show everything that was kept beside a draft."""
    place = room()
    found = place.copies(uid)
    draft = place.draft(uid)
    if draft is None and not found:
        abort(404)
    return page(
        "office/writing/copies.html",
        title="留存的内容",
        crumbs=_way(draft),
        copies=found,
        why=_WHY,
        uid=uid,
        local=local,
    )


@bp.get("/drafts/<uid>/copies/<int:number>")
@may(Action.WRITE)
def copy(uid: str, number: int) -> ResponseReturnValue:
    """Show one kept text: beside the draft, or alone where the draft is no more."""
    place = room()
    kept = _copy(place, uid, number)
    draft = place.draft(uid)
    if draft is not None:
        return side_by_side(draft, kept)
    model = kind_of(kind_of_steps(place, uid) or abort(404))
    return page(
        "office/writing/alone.html",
        title="留存的内容",
        crumbs=_way(None),
        copy=kept,
        why=_WHY.get(kept.why, ""),
        said=differences(model, loaded(model, kept.entries), {}),
        local=local,
    )


@bp.post("/drafts/<uid>/copies/<int:number>")
@may(Action.WRITE)
def take(uid: str, number: int) -> ResponseReturnValue:
    """Take a kept text over: wholly, not at all, or what was chosen of it. What it replaces is kept in turn."""
    begin()
    place, at = room(), now()
    kept = _copy(place, uid, number)
    draft = place.draft(uid)
    if draft is None:
        return _anew(place, uid, kept)
    model = kind_of(draft.kind)
    mine, theirs = loaded(model, kept.entries), entries_in(draft)
    picked = _kept_of_mine(differences(model, mine, theirs))
    entries = merged(model, mine, theirs, picked)
    reading = read_entries(model, entries)
    revision = request.form.get("revision", "")
    try:
        writing.replace(
            place,
            draft,
            entries=entries,
            before=theirs,
            document=reading.document,
            title=title_of(reading, entries),
            revision=int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
            actor=actor(),
            now=at,
        )
    except writing.Stale as stale:
        commit()
        return side_by_side(draft, stale.copy, code=409, refusal=str(stale))
    except writing.NotEditable as fixed:
        commit()
        return side_by_side(draft, kept, code=409, refusal=str(fixed))
    if picked:
        writing.credit_copy(place, draft, kept, actor=actor(), now=at)
    writing.settle(kept)
    commit()
    flash("已按您的选择保存。未选用的内容留存在“留存的内容”里，可以再找回。")
    return redirect(url_for("writing.edit", uid=uid), 303)


def _kept_of_mine(found: tuple[object, ...]) -> set[str]:
    """Return the differences in which what I typed is to stand, as button and choices say."""
    names = {str(getattr(one, "name", "")) for one in found}
    match request.form.get("take"):
        case "mine":
            return names
        case "some":
            return {one for one in names if request.form.get(f"pick:{one}") == "mine"}
        case _:
            return set()


def _anew(place: Room, uid: str, kept: DraftCopy) -> ResponseReturnValue:
    """Begin a new draft with a kept text whose draft is no more."""
    kind = kind_of_steps(place, uid)
    if kind is None:
        abort(404)
    entries: Entries = loaded(kind_of(kind), kept.entries)
    reading = read_entries(kind_of(kind), entries)
    draft = writing.start(
        place,
        kind,
        entries=entries,
        document=reading.document,
        title=title_of(reading, entries),
        actor=actor(),
        now=now(),
        remark="用留存的内容新建",
    )
    writing.credit_copy(place, draft, kept, actor=actor(), now=now())
    writing.settle(kept)
    commit()
    return redirect(url_for("writing.edit", uid=draft.uid), 303)


@bp.get("/drafts/<uid>/discard")
@may(Action.WRITE)
def asked(uid: str) -> ResponseReturnValue:
    """Ask before a draft is thrown away."""
    draft = room().draft(uid) or abort(404)
    return page("office/writing/discard.html", title="删除草稿", crumbs=_way(draft), draft=draft)


@bp.post("/drafts/<uid>/discard")
@may(Action.WRITE)
def discard(uid: str) -> ResponseReturnValue:
    """Throw a draft away."""
    begin()
    place = room()
    draft = place.draft(uid) or abort(404)
    revision = request.form.get("revision", "")
    try:
        writing.discard(
            place,
            draft,
            revision=int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
            actor=actor(),
            now=now(),
        )
    except (Conflict, writing.NotEditable) as refusal:
        return form_page(place, draft, entries_in(draft), told=True, code=409, refusal=str(refusal))
    commit()
    flash("草稿已删除，删除记录保留在操作记录中。")
    return redirect(url_for("home.show"), 303)


def _copy(place: Room, uid: str, number: int) -> DraftCopy:
    kept = place.copy(number) if number < 2**31 else None
    if kept is None or kept.draft_uid != uid:
        abort(404)
    return kept


def _way(draft: Draft | None) -> list[tuple[str, str]]:
    return [*crumbs(), *([(draft.title, url_for("writing.edit", uid=draft.uid))] if draft else [])]
