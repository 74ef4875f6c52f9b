"""The unit's home: what is due, what came back, what was published; and the commission's entrance."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, current_app, redirect, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.base import kind_of, kinds
from portal.domain.roles import Action, Role
from portal.domain.values import show_day
from portal.services.checking import SHANGHAI
from portal.services.desk.past import recent
from portal.services.desk.reading import handled_by
from portal.services.desk.tasks import Target, desk_of, first_quarter_of
from portal.web.guards import may
from portal.web.office.house import actor, now, office, page, person, room

bp = Blueprint("home", __name__)
_ICONS = {
    "missing": ("no", "red"),
    "late": ("late", "ochre"),
    "waiting": ("wait", "plain"),
    "note": ("note", "plain"),
}


@bp.get("/")
@may(Action.OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Show the desk; who has none is led to what they have."""
    who = person()
    if who.unit_id is None:
        return redirect(url_for("home.commission"), 303)
    if not who.may(Action.OPEN_DESK):
        if reading := address("reading.listing"):
            return redirect(reading, 303)
        return page("office/home/reader.html", title="首页")
    here = room()
    regime = office().regimes.get(who.jurisdiction)
    # Of another unit nothing is asked but since when the county discloses: the board shows it to everybody.
    first = first_quarter_of(here.session, here.unit.jurisdiction)
    desk = desk_of(here, regime, actor=actor(), now=now(), first_quarter=first)
    people = {
        role: [one.name for one in here.accounts() if one.active and role.value in {each.role for each in one.roles}]
        for role in (Role.EDITOR, Role.REVIEWER, Role.UNIT_ADMIN)
    }  # fmt: skip
    return page(
        "office/home/show.html",
        title="待办",
        desk=desk,
        icons=_ICONS,
        to=to,
        address=address,
        kinds=[model.kind for model in kinds().values()],
        kind_name=kind_name,
        latest=recent(here, audiences=handled_by(who.roles)),
        people=people,
        writes=who.may(Action.WRITE),
        day=show_day,
        moment=moment,
        sheets=[(model.kind, sheet) for model in kinds().values() if (sheet := blank_sheet(model.kind.code))],
    )


@bp.get("/commission/")
@may(Action.OPEN_BOARD)
def commission() -> ResponseReturnValue:
    """Show the commission's accounts what this office offers them."""
    who = person()
    public = office().public_url
    regime = office().regimes.get(who.jurisdiction)
    return page(
        "office/home/commission.html",
        title="首页",
        users=address("users.commission") if who.may(Action.KEEP_COMMISSION_USERS) else None,
        account=address("account.show"),
        board=f"{public}/{who.jurisdiction}/status.html" if public else None,
        place=regime.name if regime else "",
    )


def address(endpoint: str, **values: str | int | None) -> str | None:
    """Return the address of a route, as far as the app has it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None  # type: ignore[arg-type] # blank values are left out.


def to(target: Target | None) -> str | None:
    """Return where a task is done."""
    if target is None:
        return None
    match target.place:
        case "new":
            return address("writing.new", kind=target.kind, period=target.period or None)
        case "edit":
            return address("writing.edit", uid=target.uid)
        case "review":
            return address("reviewing.show", uid=target.uid)
        case "record":
            return address("published.show", kind=target.kind, slug=target.slug)
        case _:
            return address("published.listing", kind=target.kind)


def blank_sheet(kind: str) -> str | None:
    """Return where the empty workbook of a kind is."""
    return address("uploads.template", kind=kind) or address("uploads.blank", kind=kind)


def kind_name(code: str | None) -> str:
    """Return the short name of a kind; its code where it is known no longer."""
    return kind_of(code).kind.short if code in kinds() else code or ""


def moment(at: datetime) -> str:
    """Return an instant as a person in China reads it."""
    local = at.astimezone(SHANGHAI)
    return f"{show_day(local.date())} {local:%H:%M}"
