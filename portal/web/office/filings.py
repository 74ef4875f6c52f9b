"""报备 (/filings): the keeper enters sealed filings and opens them with a key of their own; nobody else comes here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.supervision import filing_matches, filings
from portal.services.supervision.entered import NotEntered, NotNow
from portal.services.supervision.filing_keys import Sealer, WrongKey
from portal.web.guards import may
from portal.web.office.house import begin, commit, county, now, office, own_uid, page, person, session
from portal.web.office.paging import part_of
from portal.web.office.showing import show_moment
from portal.web.secrets import UnsafeKey

bp = Blueprint("filings", __name__, url_prefix="/filings")


@bp.get("/")
@may(Action.KEEP_FILINGS)
def listing() -> ResponseReturnValue:
    """Show that there are filings, of which units, since when; nothing of what they say."""
    here = county()
    sealer, trouble = _sealer()
    if sealer is not None:
        trouble = filing_matches.trouble_with(here, sealer)
    return page(
        "office/filings/listing.html",
        title="报备",
        part=part_of(filings.listing(here), at=url_for("filings.listing")),
        last=filing_matches.last_check(here),
        ready=sealer is not None,
        trouble=trouble,
        day=show_day,
        moment=show_moment,
    )


@bp.get("/new")
@may(Action.KEEP_FILINGS)
def new() -> ResponseReturnValue:
    """Offer the form."""
    return _form(county(), {})


@bp.post("/new")
@may(Action.KEEP_FILINGS)
def enter() -> ResponseReturnValue:
    """Seal a filing and keep it."""
    begin()
    here, uid = county(), own_uid()
    if filings.find(here, uid):  # The same form once more.
        return redirect(url_for("filings.one", uid=uid), 303)
    sealer, trouble = _sealer()
    if sealer is None:
        session().rollback()
        return _form(here, request.form, {"": trouble}), 409
    unit = here.unit(request.form.get("unit", ""))
    try:
        content, filed_on = filings.read_filing(request.form, unit=unit)
    except NotEntered as refusal:
        session().rollback()
        return _form(here, request.form, refusal.errors), 422
    assert unit is not None  # noqa: S101 - `read_filing` has refused it.
    row = filings.file(here, unit, content, sealer=sealer, filed_on=filed_on, uid=uid, now=now())
    number = filings.number_of(here, row)
    commit()
    flash(f"已登记并封存第 {number} 号报备。稍后自动与采购结果核对。")
    return redirect(url_for("filings.one", uid=row.uid), 303)


@bp.get("/<uid>")
@may(Action.KEEP_FILINGS)
def one(uid: str) -> ResponseReturnValue:
    """Show a filing's outside, and the form that opens it with the keeper's key."""
    return _one(county(), uid)


@bp.post("/<uid>/sealed")
@may(Action.KEEP_FILINGS)
def sealed(uid: str) -> ResponseReturnValue:
    """Hand out the sealed filing: the page opens it in the browser, or it is kept for opening offline."""
    begin()
    here = county()
    row = filings.find(here, uid) or abort(404)
    data, number = filings.take_out(here, row, now=now()), filings.number_of(here, row)
    commit()
    return Response(
        data,
        mimetype="application/octet-stream",
        headers={"Content-Disposition": f"attachment; filename=filing-{number}.age"},
    )


@bp.post("/<uid>/end")
@may(Action.KEEP_FILINGS)
def end(uid: str) -> ResponseReturnValue:
    """End a filing."""
    begin()
    here = county()
    row = filings.find(here, uid) or abort(404)
    typed = request.form.get("ended_on", "")
    try:
        filings.end(here, row, on=typed, now=now())
    except NotEntered as refusal:
        session().rollback()
        return _one(here, uid, typed=typed, error=refusal.errors["ended_on"]), 422
    except NotNow as refused:
        session().rollback()
        return _one(here, uid, typed=typed, error=str(refused)), 409
    commit()
    flash("报备已终止。终止日期之后的采购不再核对这一份。")
    return redirect(url_for("filings.one", uid=uid), 303)


def _sealer() -> tuple[Sealer | None, str]:
    """Return what the jurisdiction seals with, or why it cannot."""
    try:
        found: Sealer | None = office().filings.of(person().jurisdiction)
    except (UnsafeKey, WrongKey) as wrong:
        return None, str(wrong)
    if found is None:
        return None, (
            "还没有启用报备密钥。请专管员在自己的电脑上运行 portal filings make-key，"
            "再由平台管理人员在服务器上运行 portal filings use-key。"
        )
    return found, ""


def _one(here: County, uid: str, *, typed: str = "", error: str = "") -> str:
    row = filings.find(here, uid) or abort(404)
    number = filings.number_of(here, row)
    return page(
        "office/filings/one.html",
        title=f"第 {number} 号报备",
        crumbs=[("报备", url_for("filings.listing"))],
        row=next(each for each in filings.listing(here) if each.uid == row.uid),
        typed=typed,
        error=error,
        day=show_day,
        moment=show_moment,
    )


def _form(here: County, typed: Mapping[str, str], errors: Mapping[str, str] | None = None) -> str:
    units: list[tuple[Any, str]] = [(each.slug, each.name) for each in here.units() if each.listed]
    return page(
        "office/filings/form.html",
        title="登记报备",
        crumbs=[("报备", url_for("filings.listing"))],
        units=units,
        typed=typed,
        errors=errors or {},
    )
