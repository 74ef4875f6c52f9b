"""The Excel template of a unit, and the upload of a filled one: first a dry run, then drafts."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, current_app, flash, redirect, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge

from portal.domain.documents.base import Document, kinds
from portal.domain.documents.declaration import declaration
from portal.domain.drafting import State
from portal.domain.roles import Action
from portal.domain.values import read_period, show_period
from portal.exchange.sheets import UnreadableFile, desk_template, template
from portal.exchange.sheets.admission import MAX_BYTES
from portal.exchange.workbook import XLSX_TYPE
from portal.services.checking import SHANGHAI, Book
from portal.services.desk import uploads
from portal.services.desk.linking import options
from portal.services.publishing import Conflict, draft_document
from portal.web.guards import accepts, may
from portal.web.office.house import actor, begin, commit, now, office, page, room, session
from portal.web.office.trials import NOTHING, as_typed, try_file

bp = Blueprint("uploads", __name__)

# The file, and the few fields and boundaries around it.
REQUEST_LIMIT = MAX_BYTES + 64 * 1024
_TOO_LARGE = (
    f"文件超过 {MAX_BYTES // 1024 // 1024} MB，没有读取。请删去图片和无关的工作表，或分成几个文件上传。"
)


@bp.get("/uploads/new/<kind>")
@may(Action.WRITE)
def start(kind: str) -> ResponseReturnValue:
    """Offer the template and take a file."""
    return _start(_model(kind), request.args.get("draft"))


@bp.post("/uploads/new/<kind>")
@may(Action.WRITE)
@accepts(REQUEST_LIMIT)
def send(kind: str) -> ResponseReturnValue:
    """Try a file and keep what came of it; nothing is published."""
    model = _model(kind)
    wanted = request.form.get("draft") or None
    given = request.files.get("file")
    if given is None or not given.filename:
        return _start(model, wanted, "还没有选择文件。请点“选择文件”，选中填好的工作簿后再上传。"), 422
    data = given.stream.read(MAX_BYTES + 1)
    ours = room()
    _draft(model, wanted)
    book = Book(session(), office().regimes)
    try:
        # A large file takes seconds: nobody else waits for the write lock meanwhile.
        trial = try_file(ours, data, given.filename, model, book=book, now=now())
    except UnreadableFile as refusal:
        return _start(model, wanted, str(refusal)), 422
    session().rollback()
    begin()
    begin()
    upload = uploads.keep(
        room(),
        kind=kind,
        filename=trial.name,
        data=data,
        annotated=trial.annotated,
        documents=trial.documents,
        report=trial.report,
        actor=actor(),
        now=now(),
        draft=_draft(model, wanted),
    )
    uid = upload.uid
    commit()
    return redirect(url_for("uploads.show", uid=uid), 303)


@bp.get("/uploads/new/<kind>/template.xlsx")
@may(Action.WRITE)
def blank(kind: str) -> ResponseReturnValue:
    """Return the template for one record, filled as far as the unit's own records allow; `many` for a list."""
    model = _model(kind)
    ours = room()
    if request.args.get("many"):
        data = template(model, unit_names=(ours.unit.name,))
        return _workbook(data, f"{model.kind.label}（多条）.xlsx")
    draft = _draft(model, request.args.get("draft"))
    document = draft_document(draft) if draft and draft.content is not None else None
    last = None if document or not request.args.get("last") else uploads.last_published(ours, kind)
    period = _period(request.args.get("period", ""))
    data = desk_template(
        model,
        ours.unit.name,
        document=document,
        last=last,
        period=period,
        choices=_choices(model, draft),
    )
    # The period tells one quarter's file from another's where downloads gather.
    about = "，".join([ours.unit.short or ours.unit.name, *([show_period(period)] if period else [])])
    return _workbook(data, f"{model.kind.label}（{about}）.xlsx")


@bp.get("/uploads/<uid>")
@may(Action.SEE_UPLOADS)
def show(uid: str) -> ResponseReturnValue:
    """Show what came of a file."""
    return _show(uid)


@bp.get("/uploads/<uid>/annotated.xlsx")
@may(Action.SEE_UPLOADS)
def annotated(uid: str) -> ResponseReturnValue:
    """Return the file with everything marked that is to be mended."""
    upload = room().upload(uid) or abort(404)
    if upload.annotated is None:
        abort(404)
    stem = upload.filename.rsplit(".", 1)[0]
    return _workbook(upload.annotated, f"{stem}（批注）.xlsx")


@bp.post("/uploads/<uid>/take")
@may(Action.WRITE)
def take(uid: str) -> ResponseReturnValue:
    """Make drafts of what the file gave; a second time nothing new comes of it."""
    begin()
    ours = room()
    upload = ours.upload(uid) or abort(404)
    if not uploads.documents_of(upload):
        return _show(uid, "这个文件里没有可用的记录。请按下面的说明改好后重新上传。"), 422
    replace = _replaced(request.form.getlist("replace"))
    try:
        done = uploads.take(ours, upload, actor=actor(), now=now(), replace=replace, as_typed=as_typed)
    except Conflict as conflict:
        session().rollback()
        return _show(uid, str(conflict)), 409
    commit()
    if len(done.drafts) == 1 and not done.left and "writing.edit" in current_app.view_functions:
        flash("已按工作簿存为草稿，还没有公开。请核对后提交审核。")
        return redirect(url_for("writing.edit", uid=done.drafts[0]), 303)
    return redirect(url_for("uploads.show", uid=uid), 303)


@bp.errorhandler(RequestEntityTooLarge)
def too_large(_: RequestEntityTooLarge) -> ResponseReturnValue:
    """Say that the file is too large; nothing of it was read."""
    kind = (request.view_args or {}).get("kind", "")
    if kind in kinds() and current_user.is_authenticated and current_user.may(Action.WRITE):
        return _start(kinds()[kind], None, _TOO_LARGE), 413
    return page("office/error.html", title="文件太大", words=_TOO_LARGE), 413


def _model(kind: str) -> type[Document]:
    return kinds().get(kind) or abort(404)


def _draft(model: type[Document], uid: str | None) -> Any:
    """Return the unit's draft that a file is to fill; 404 for any other address."""
    if not uid:
        return None
    draft = room().draft(uid)
    if draft is None or draft.kind != model.kind.code:
        abort(404)
    return draft


def _period(text: str) -> str:
    try:
        return read_period(text) if text else ""
    except ValueError:
        return ""  # An address typed by hand; the template then has no period yet.


def _replaced(given: Sequence[str]) -> dict[str, int]:
    """Read which drafts are to be written over, and the revision that was shown: `uid:revision`."""
    found = {}
    for one in given:
        uid, _, revision = one.rpartition(":")
        if uid and revision.isascii() and revision.isdigit() and len(revision) < 10:
            found[uid] = int(revision)
    return found


def _choices(model: type[Document], draft: Any) -> dict[tuple[str, ...], list[str]]:
    """Offer people of the leadership group, records of the unit and restricted domains where a field names one."""
    ours = room()
    regime = office().regimes.get(ours.unit.jurisdiction.slug)
    today = now().astimezone(SHANGHAI).date()
    offered = options(ours, regime, on=today, but=draft.uid if draft else None)
    declared = declaration(model)
    fields = [(one.path, one) for one in declared.fields]
    fields += [((table.name, *one.path), one) for table in declared.tables for one in table.fields]
    return {path: [pick.value for pick in offered.get(one.about.picks, ())] for path, one in fields}


def _workbook(data: bytes, name: str) -> ResponseReturnValue:
    return send_file(io.BytesIO(data), mimetype=XLSX_TYPE, as_attachment=True, download_name=name)


def _start(model: type[Document], wanted: str | None, trouble: str = "") -> str:
    kind = model.kind
    draft = _draft(model, wanted)
    return page(
        "office/uploads/start.html",
        title=f"上传{kind.label}",
        crumbs=_crumbs(),
        kind=kind,
        draft=draft,
        last=uploads.last_published(room(), kind.code) is not None and draft is None,
        period=_period(request.args.get("period", "")),
        trouble=trouble,
        limit=MAX_BYTES // 1024 // 1024,
    )


def _crumbs() -> list[tuple[str, str]]:
    return [("待办", url_for("home.show"))]


def _show(uid: str, trouble: str = "") -> str:
    ours = room()
    upload = ours.upload(uid) or abort(404)
    report = {**NOTHING, **uploads.report_of(upload)}
    kind = kinds()[upload.kind].kind
    draft = ours.draft(upload.draft_uid) if upload.draft_uid else None
    documents = uploads.documents_of(upload)
    misfit = uploads.misfit(draft, documents) if draft and documents and upload.taken_at is None else ""
    plans = [] if draft or upload.taken_at else [_plan(one) for one in documents]
    done = uploads.taken_of(upload)
    return page(
        "office/uploads/show.html",
        title=f"试读结果：{upload.filename}",
        crumbs=[*_crumbs(), (f"上传{kind.label}", url_for("uploads.start", kind=kind.code))],
        upload=upload,
        at=upload.uploaded_at.astimezone(SHANGHAI),
        kind=kind,
        report=report,
        draft=draft,
        documents=documents,
        plans=plans,
        done=[one for uid in done.drafts if (one := ours.draft(uid))],
        gone=len(done.drafts),
        left=done.left,
        trouble=trouble or misfit,
        may_write=current_user.may(Action.WRITE),
        limit=MAX_BYTES // 1024 // 1024,
    )


def _plan(document: Document) -> dict[str, Any]:
    """Say what would become of a document: a new draft, a correction, or one of which there is a draft already."""
    ours = room()
    existing = uploads.same_record(ours, document)
    return {
        "title": document.title,
        "existing": existing,
        "at": existing.updated_at.astimezone(SHANGHAI) if existing else None,
        "open": existing is not None and existing.state in (State.DRAFT.value, State.RETURNED.value),
        "state": State(existing.state).label if existing else "",
        "published": uploads.is_published(ours, document),
    }
