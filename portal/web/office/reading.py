"""内部公开: what is for the unit's own staff or its leadership group, read after signing in and nowhere else."""

from __future__ import annotations

import io

from flask import Blueprint, abort, current_app, send_file, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.base import Audience, kind_of
from portal.domain.roles import Action
from portal.domain.values import show_day
from portal.services.checking import SHANGHAI
from portal.services.desk import reading
from portal.services.desk.releasing import document_of
from portal.store.files import FileDamaged, FilesUnreachable, NoSuchFile
from portal.web.guards import may
from portal.web.office.house import actor, office, page, room
from portal.web.office.showing import content_of, show_moment

bp = Blueprint("reading", __name__)


@bp.get("/reading/")
@may(Action.READ_OWN)
def listing() -> ResponseReturnValue:
    """Show what is open to the person."""
    rows = [
        {
            "title": document.title,
            "kind": kind_of(one.record.kind).kind.label,
            "audience": Audience(one.audience),
            "day": show_day(one.published_at.astimezone(SHANGHAI).date()),
            "address": url_for("reading.show", kind=one.record.kind, slug=one.record.slug),
        }
        for one in reading.open_to(room(), actor())
        if (document := document_of(one))
    ]
    mine = sorted(reading.audiences_of(actor().roles), key=lambda one: one.label)
    return page("office/reading/listing.html", title="内部公开", rows=rows, mine=mine)


@bp.get("/reading/<kind>/<slug>")
@may(Action.READ_OWN)
def show(kind: str, slug: str) -> ResponseReturnValue:
    """Show the version in force."""
    return _shown(kind, slug, None)


@bp.get("/reading/<kind>/<slug>/<int:number>")
@may(Action.READ_OWN)
def version(kind: str, slug: str, number: int) -> ResponseReturnValue:
    """Show an earlier version."""
    return _shown(kind, slug, number)


@bp.get("/reading/<kind>/<slug>/<int:number>/files/<digest>")
@may(Action.READ_OWN)
def fetch(kind: str, slug: str, number: int, digest: str) -> ResponseReturnValue:
    """Hand out a file of a version that the person may read, to be saved."""
    found = reading.readable(room(), actor(), kind, slug)
    chosen = next((one for one in found[1] if one.number == number), None) if found else None
    document = document_of(chosen) if chosen else None
    named = document.attachments if document else ()
    one = next((file for file in named if file.digest == digest), None)
    if one is None:
        abort(404)
    try:
        content = office().files.get(digest)
    except (NoSuchFile, FileDamaged, FilesUnreachable) as wrong:
        current_app.logger.warning("附件 %s 不能读取：%s", digest[:12], wrong)
        abort(503, "这个附件暂时不能下载，平台管理人员已收到记录。请稍后再试。")
    return send_file(
        io.BytesIO(content), mimetype=one.media_type.value, as_attachment=True, download_name=one.name
    )


def _shown(kind: str, slug: str, number: int | None) -> ResponseReturnValue:
    found = reading.readable(room(), actor(), kind, slug)
    if found is None or not found[1]:
        abort(404)
    record, versions = found
    chosen = next((one for one in versions if number in (None, one.number)), None)
    document = document_of(chosen) if chosen else None
    if chosen is None or document is None:
        abort(404)
    return page(
        "office/reading/show.html",
        title=document.title,
        crumbs=[("内部公开", url_for("reading.listing"))],
        previewed=None,
        audience=Audience(chosen.audience),
        content=content_of(document),
        number=chosen.number,
        reason=chosen.reason,
        signed=chosen.published_by,
        published_at=show_moment(chosen.published_at),
        index_no=record.index_no,
        files=[
            (
                one.name,
                one.size,
                url_for("reading.fetch", kind=kind, slug=slug, number=chosen.number, digest=one.digest),
            )
            for one in document.attachments
        ],
        versions=[
            (one.number, url_for("reading.version", kind=kind, slug=slug, number=one.number))
            for one in versions
        ],
    )
