"""The attachments of a draft: listed, added, removed, fetched. A file is cleaned before any transaction begins."""

from __future__ import annotations

import io

from flask import Blueprint, abort, current_app, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from portal.domain.documents.attachment import MOST, MediaType
from portal.domain.roles import Action
from portal.exchange.attachments import MAX_BYTES, Cleaned, Refused, clean_apart
from portal.services.desk import attaching
from portal.services.desk.claims import Draft
from portal.services.desk.reading import handled_by
from portal.services.desk.releasing import audience_of
from portal.services.publishing import Conflict
from portal.store.files import FileDamaged, FilesUnreachable, NoSuchFile
from portal.web.guards import accepts, may
from portal.web.office.house import actor, begin, commit, now, office, page, person, room

bp = Blueprint("attachments", __name__)
_ROUND = (
    4 * 2**20
)  # What a form has beside its file, and so that a file a little too large is told by its own size.
_FORMATS = {one.label: one.extension for one in MediaType}


@bp.get("/drafts/<uid>/attachments")
@may(Action.OPEN_DESK)
def listing(uid: str) -> ResponseReturnValue:
    """Show a draft's files, and the form to add one."""
    return _page(uid)


@bp.post("/drafts/<uid>/attachments")
@may(Action.WRITE)
@accepts(MAX_BYTES + _ROUND)
def add(uid: str) -> ResponseReturnValue:
    """Add a file."""
    if room().draft(uid) is None:
        abort(404)
    given = request.files.get("file")
    if given is None or not given.filename:
        return _page(uid, problem="没有选择文件。请选择文件后再添加。"), 422
    with given.stream as stream:
        data = stream.read()
    try:
        cleaned = clean_apart(data)
    except Refused as refused:
        return _page(uid, problem=f"“{given.filename[:80]}”没有添加：{refused}"), 422
    return _attach(uid, given.filename, cleaned)


def _attach(uid: str, name: str, cleaned: Cleaned) -> ResponseReturnValue:
    try:
        office().files.put(cleaned.data)  # Before the transaction: nobody waits for a slow store.
    except FilesUnreachable as refused:
        return _refused(uid, refused)
    begin()
    draft = room().draft(uid)
    if draft is None:
        abort(404)
    try:
        made = attaching.attach(
            room(),
            draft,
            files=office().files,
            name=name,
            content=cleaned.data,
            media_type=cleaned.media_type,
            text=cleaned.text,
            description=request.form.get("description", "").strip(),
            revision=request.form.get("revision", 0, type=int),
            actor=actor(),
            now=now(),
        )
    except (Conflict, attaching.NotAttachable, ValidationError, FilesUnreachable) as refused:
        answer = _refused(uid, refused)
        begin()
        attaching.leave_behind(
            room(), content=cleaned.data, media_type=cleaned.media_type, actor=actor(), now=now()
        )
        commit()
        return answer
    commit()
    flash(f"已添加“{made.name}”。")
    for note in cleaned.notes:
        flash(note)
    return redirect(url_for("attachments.listing", uid=uid), 303)


@bp.post("/drafts/<uid>/attachments/<digest>/remove")
@may(Action.WRITE)
def remove(uid: str, digest: str) -> ResponseReturnValue:
    """Take a file out of the draft."""
    begin()
    draft = room().draft(uid)
    if draft is None:
        abort(404)
    revision = request.form.get("revision", 0, type=int)
    try:
        gone = attaching.remove(room(), draft, digest, revision=revision, actor=actor(), now=now())
    except (Conflict, attaching.NotAttachable) as refused:
        return _refused(uid, refused)
    if gone is None:
        abort(404)
    commit()
    flash(f"已删去“{gone.name}”。")
    return redirect(url_for("attachments.listing", uid=uid), 303)


@bp.get("/drafts/<uid>/attachments/<digest>")
@may(Action.OPEN_DESK)
def fetch(uid: str, digest: str) -> ResponseReturnValue:
    """Hand a file out, to be saved: what a unit uploads is never shown in the office's own name."""
    draft = _seen(uid)
    try:
        found = attaching.content_of(draft, digest, office().files)
    except (NoSuchFile, FileDamaged, FilesUnreachable) as wrong:
        current_app.logger.warning("附件 %s 不能读取：%s", digest[:12], wrong)
        abort(503, "这个附件暂时不能下载，平台管理人员已收到记录。请稍后再试。")
    if found is None:
        abort(404)
    one, content = found
    return send_file(
        io.BytesIO(content), mimetype=one.media_type.value, as_attachment=True, download_name=one.name
    )


def _refused(uid: str, refused: Exception) -> ResponseReturnValue:
    """Show the page again with what went wrong; nothing of the request was done."""
    room().session.rollback()
    if isinstance(refused, Conflict):
        return _page(uid, problem=str(refused)), 409
    if isinstance(refused, FilesUnreachable):
        current_app.logger.warning("附件没有存下：%s", refused)
        return _page(
            uid, problem="平台暂时存不下附件，文件没有添加。请稍后再试；多次出现请联系平台管理员。"
        ), 503
    if isinstance(refused, ValidationError):
        return _page(uid, problem="附件说明只能写一行，最多 300 字。请修改后重新选择文件再添加。"), 422
    return _page(uid, problem=str(refused)), 422


def _seen(uid: str) -> Draft:
    """Return a draft that the person may see; one for other audiences answers as if there were none."""
    draft = room().draft(uid)
    if draft is None or audience_of(draft) not in (None, *handled_by(person().roles)):
        abort(404)
    return draft


def _page(uid: str, *, problem: str = "") -> str:
    draft = _seen(uid)
    title = draft.title or "未命名的草稿"
    home = [("待办", url_for("home.show"))]
    if "writing.edit" in current_app.view_functions:
        home.append((title, url_for("writing.edit", uid=uid)))
    return page(
        "office/attachments/list.html",
        title="附件",
        crumbs=home,
        draft=draft,
        name=title,
        files=attaching.reviewed(room(), draft),
        changeable=attaching.may_change(draft) and person().may(Action.WRITE),
        problem=problem,
        description=request.form.get("description", ""),
        formats=_FORMATS,
        most=MOST,
        largest=MAX_BYTES // 2**20,
    )
