"""What the unit has published: lists, one record with its versions, beginning a correction, withdrawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.base import Audience, kind_of, kinds
from portal.domain.drafting import Event
from portal.domain.roles import Action
from portal.domain.values import read_day, show_day
from portal.services.accounts.seconding import NotSeconded
from portal.services.checking import SHANGHAI
from portal.services.desk import releasing
from portal.services.desk.claims import Record, Refused, Version
from portal.services.desk.reading import handled_by
from portal.services.publishing import NotPublishable, unwithdrawn
from portal.site.pages.comparing import compare
from portal.store.db import empty_journal
from portal.web.guards import may
from portal.web.office.entrance import seconded
from portal.web.office.house import actor, begin, commit, now, page, person, room, session
from portal.web.office.showing import content_of, link_to, public_address, show_moment

bp = Blueprint("published", __name__)
PAGE = 50  # Records on one page of the list.
RECORD = "/records/<kind>/<slug>"


@dataclass(frozen=True)
class Row:
    """One record in the list."""

    title: str
    kind: str
    address: str
    published: str
    number: int
    audience: Audience
    withdrawn: bool


@bp.get("/records/")
@may(Action.OPEN_DESK)
def listing() -> ResponseReturnValue:
    """Show the unit's records, the newest first, by kind and year where asked for."""
    own, audiences = room(), handled_by(person().roles)
    kind = request.args.get("kind", "")
    kind = kind if kind in kinds() else ""
    year = request.args.get("year", type=int)
    number = max(request.args.get("page", 1, type=int), 1)
    first = own.first_published_at()
    years = range(now().astimezone(SHANGHAI).year, first.astimezone(SHANGHAI).year - 1, -1) if first else ()
    year = year if year in years else None
    wanted = {"audiences": audiences, "kind": kind or None, "year": year}
    total = own.count_latest(**wanted)  # type: ignore[arg-type] # The three arguments of both calls.
    pages = max(-(-total // PAGE), 1)
    number = min(number, pages)
    found = own.latest(**wanted, limit=PAGE, offset=PAGE * (number - 1))  # type: ignore[arg-type] # Likewise.
    return page(
        "office/published/listing.html",
        title="已公开",
        rows=[_row(one) for one in found],
        total=total,
        kinds=[(code, model.kind.label) for code, model in kinds().items()],
        kind=kind,
        years=[(str(one), f"{one} 年") for one in years],
        year=str(year or ""),
        number=number,
        pages=pages,
    )


def _row(version: Version) -> Row:
    record = version.record
    return Row(
        _title(version),
        kind_of(record.kind).kind.label,
        url_for("published.show", kind=record.kind, slug=record.slug),
        show_day(version.published_at.astimezone(SHANGHAI).date()),
        version.number,
        Audience(version.audience),
        version.withdrawal is not None,
    )


def _title(version: Version) -> str:
    document = releasing.document_of(version)
    return document.title if document else f"{kind_of(version.record.kind).kind.label}（内容已销毁）"


@bp.get(RECORD)
@may(Action.OPEN_DESK)
def show(kind: str, slug: str) -> ResponseReturnValue:
    """Show a record: its versions, who answers for them, what changed, and what may be done."""
    return _shown(_record(kind, slug), None)


def _shown(record: Record, problem: str | None) -> ResponseReturnValue:
    mine = handled_by(person().roles)
    versions = [one for one in reversed(record.versions) if Audience(one.audience) in mine]
    newest = versions[0]
    pairs = [
        (after, before, compare(was, said))
        for after, before in pairwise(versions)
        if (was := releasing.document_of(before)) and (said := releasing.document_of(after))
    ]
    said = releasing.document_of(newest)
    limited = newest.audience != Audience.PUBLIC.value and newest.withdrawal is None
    html = page(
        "office/published/show.html",
        title=_title(newest),
        crumbs=[("已公开", url_for("published.listing"))],
        record=record,
        label=kind_of(record.kind).kind.label,
        newest=newest,
        audience=Audience(newest.audience),
        versions=[
            {
                "row": one,
                "audience": Audience(one.audience),
                "at": show_moment(one.published_at),
                "address": public_address(one, lasting=True)
                if one.audience == Audience.PUBLIC.value
                else None,
                "poster": link_to("posters.pdf", kind=record.kind, slug=record.slug, number=one.number),
                "withdrawn_at": show_moment(one.withdrawal.withdrawn_at) if one.withdrawal else "",
            }
            for one in versions
        ],
        pairs=pairs,
        content=content_of(said) if said and limited else None,
        labels={one.value: one.label for one in Event},
        steps=[(one, show_moment(one.at)) for one in reversed(room().steps(record_id=record.id))],
        waiting=room().correction_of(record),
        may_correct=person().may(Action.WRITE) and newest.withdrawal is None,
        may_withdraw=person().may(Action.WITHDRAW),
        problem=problem,
    )
    return html, 422 if problem else 200


@bp.post(f"{RECORD}/correct")
@may(Action.WRITE)
def correct(kind: str, slug: str) -> ResponseReturnValue:
    """Begin a correction, or go on with the one that is under way."""
    begin()
    record = _record(kind, slug)
    try:
        draft = releasing.start_correction(room(), record, actor=actor(), now=now())
    except Refused as refused:
        session().rollback()
        return _shown(_record(kind, slug), str(refused))
    uid = draft.uid
    commit()
    return redirect(link_to("writing.edit", uid=uid) or url_for("reviewing.show", uid=uid), 303)


@bp.get(f"{RECORD}/<int:number>/withdraw")
@may(Action.WITHDRAW)
def withdraw(kind: str, slug: str, number: int) -> ResponseReturnValue:
    """Ask for what the law asks of a withdrawal."""
    return _withdrawal_form(_version(kind, slug, number))


@bp.post(f"{RECORD}/<int:number>/withdraw")
@may(Action.WITHDRAW)
def withdraw_now(kind: str, slug: str, number: int) -> ResponseReturnValue:
    """Withdraw one version, seconded by another person of the unit at the same screen."""
    version = _version(kind, slug, number)
    destroy = request.form.get("destroy") == "1"
    if missing := _not_filled(destroy=destroy):
        return _withdrawal_form(version, missing)
    if version.withdrawal is not None:
        return _withdrawal_form(version)
    own = room()
    try:
        second = seconded(own.unit_id, actor())
    except NotSeconded as refused:
        return _withdrawal_form(version, [(refused.field, str(refused))])
    begin()
    version = _version(kind, slug, number)
    try:
        releasing.withdraw(
            own,
            version,
            legal_ground=request.form.get("legal_ground", ""),
            reason=request.form.get("reason", ""),
            approver=request.form.get("approver", ""),
            review_on=_review_day(),
            actor=actor(),
            second=second,
            now=now(),
            destroy=destroy,
            confirmation=request.form.get("confirmation", ""),
        )
        left = unwithdrawn(version.record)
    except (Refused, NotPublishable) as refused:
        session().rollback()
        return _withdrawal_form(_version(kind, slug, number), [(_field_of(str(refused)), str(refused))])
    commit()
    if destroy:
        empty_journal(session())
    flash(f"第 {number} 版已撤回{'，内容已销毁' if destroy else ''}。公开网站一分钟内换成撤回说明。")
    if left:
        listed = "、".join(str(one) for one in left)
        flash(f"此件的第 {listed} 版仍在公开。如含同样的内容，请逐版撤回。")
    return redirect(url_for("published.show", kind=kind, slug=slug), 303)


# By what a refusal speaks of: the field that its message stands beside.
_FIELDS = {
    "批准人": "approver",
    "索引号": "confirmation",
    "复核": "review_on",
    "法律依据": "legal_ground",
    "原因": "reason",
}


_WANTED = {
    "legal_ground": "请填写法律依据：哪部法律、行政法规第几条要求不再公开。",
    "reason": "请填写撤回原因。",
    "approver": "请填写批准人：您以外的人，例如单位主要负责人。",
    "review_on": "请填写复核日期：到那一天重新判断是否仍须撤回。",
    "second_login": "请由复核人输入本人的账号。",
    "second_password": "请由复核人输入本人的密码。",
}


def _not_filled(*, destroy: bool) -> list[tuple[str, str]]:
    """Return everything that is still to be filled in, at once: nobody likes to be sent back four times."""
    return [
        (name, told)
        for name, told in _WANTED.items()
        if not request.form.get(name, "").strip() and not (destroy and name == "review_on")
    ]


def _field_of(refusal: str) -> str:
    return next((name for word, name in _FIELDS.items() if word in refusal[:24]), "")


def _withdrawal_form(version: Version, problems: Sequence[tuple[str, str]] = ()) -> ResponseReturnValue:
    record = version.record
    if version.withdrawal is not None:
        return _shown(record, f"第 {version.number} 版已于此前撤回，不能重复撤回。")
    back = url_for("published.show", kind=record.kind, slug=record.slug)
    html = page(
        "office/published/withdraw.html",
        title=f"撤回第 {version.number} 版",
        crumbs=[("已公开", url_for("published.listing")), (_title(version), back)],
        version=version,
        record=record,
        about=_title(version),
        typed=request.form,
        problems=problems,
        back=back,
        who_acts=person().name,
    )
    return html, 422 if problems else 200


def _review_day() -> date | None:
    text = request.form.get("review_on", "").strip()
    try:
        return read_day(text) if text else None
    except ValueError as wrong:
        raise Refused(f"复核日期：{wrong}") from wrong


def _record(kind: str, slug: str) -> Record:
    """Return a record that the person handles; another unit's, or one that is for others, is not found."""
    record = room().record(kind, slug)
    if record is None or not record.versions:
        abort(404)
    if Audience(record.versions[-1].audience) not in handled_by(person().roles):
        abort(404)
    return record


def _version(kind: str, slug: str, number: int) -> Version:
    record = _record(kind, slug)
    found = next((one for one in record.versions if one.number == number), None)
    if found is None or Audience(found.audience) not in handled_by(person().roles):
        abort(404)
    return found
