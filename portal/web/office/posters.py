"""The A4 poster of a published version, for the board at the unit's door."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response, abort
from flask.typing import ResponseReturnValue

from portal.domain.canonical import read_publication
from portal.domain.documents.base import Audience, kind_of
from portal.domain.roles import Action
from portal.exchange.posters import CannotPrint, Posted, Press, sheet_of
from portal.services.desk.reading import handled_by
from portal.services.desk.rooms import Room
from portal.web.guards import may
from portal.web.office.house import office, person, room
from portal.web.public.qr import modules

bp = Blueprint("posters", __name__)


@cache
def press() -> Press:
    """Return the one press of the process: it looks for fonts once."""
    return Press()


def font_trouble() -> str | None:
    """Return what stands in the way of every poster, to be told when the office starts."""
    try:
        press().check()
    except CannotPrint as trouble:
        return str(trouble)
    return None


@bp.get("/records/<kind>/<slug>/<int:number>/poster.pdf")
@may(Action.PRINT)
def pdf(kind: str, slug: str, number: int) -> ResponseReturnValue:
    """Send the poster."""
    here = room()
    version = here.version(kind, slug, number)
    if version is None or Audience(version.audience) not in handled_by(person().roles):
        abort(404)
    if version.withdrawal is not None or version.payload is None:
        abort(410, f"第 {number} 版已经撤回，不能再张贴。已经贴出的请取下。")
    audience = Audience(version.audience)
    if audience not in (Audience.PUBLIC, Audience.STAFF):
        abort(403, f"这一件只向{audience.label}公开，不能张贴。")
    _, document = read_publication(version.payload)
    where = public_page(here, kind, slug, number) if audience is Audience.PUBLIC else ""
    regime = office().regimes.get(here.unit.jurisdiction.slug)
    posted = Posted(
        place=regime.short if regime else "",
        unit=here.unit.name,
        audience=audience,
        index_no=version.record.index_no,
        number=number,
        digest=version.digest,
        reason=version.reason,
        reviewer=version.published_by,
        published_at=version.published_at,
        address=where,
        qr=tuple(modules(where)) if where else (),
        sample=here.unit.sample,
    )
    try:
        printed = press().print(sheet_of(document, posted))
    except CannotPrint as trouble:
        abort(503, str(trouble))
    name = f"{kind_of(kind).kind.path}-{slug}-v{number}.pdf"
    return Response(
        printed, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'}
    )


def public_page(here: Room, kind: str, slug: str, number: int) -> str:
    """Return the lasting public address of a version; blank where the office does not know its public site."""
    public = office().public_url
    if public is None:
        return ""
    unit = here.unit
    return f"{public}/{unit.jurisdiction.slug}/u/{unit.slug}/{kind_of(kind).kind.path}/{slug}-v{number}.html"
