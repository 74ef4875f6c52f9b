"""How a disclosure begins: from the last period, blank, from a workbook, without any amounts, or as a correction."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.calendar import quarter_of
from portal.domain.documents.base import Document, kind_of
from portal.domain.roles import Action
from portal.domain.values import read_period, show_period
from portal.exchange.forms import Entries, copied, dumped, pieces, read_entries
from portal.exchange.forms.entries import text_of
from portal.services.checking import SHANGHAI
from portal.services.desk import starting, writing
from portal.services.desk.rooms import Room
from portal.services.desk.writing import Draft
from portal.web.guards import may
from portal.web.office.house import actor, begin, commit, now, page, room
from portal.web.office.writing_desk import (
    begin_correction,
    bp,
    crumbs,
    local,
    regime_of,
    title_of,
    unfinished,
)

# How a disclosure is filed hardly changes: it stands there already, to be looked at again (PUB-02).
_AS_BEFORE = ("legal_basis", "theme", "genre", "release_reviewer", "secrecy_reviewer", "feedback")


@bp.get("/drafts/new/<kind>")
@may(Action.WRITE)
def new(kind: str) -> ResponseReturnValue:
    """Show the ways to begin."""
    model = _model(kind)
    text = request.args.get("period", "")
    period, refusal = _period(model, text)
    return _choices(model, room(), text if refusal else None, period, problems=[])


def _model(kind: str) -> type[Document]:
    try:
        return kind_of(kind)
    except ValueError:
        abort(404)


def _period(model: type[Document], text: str) -> tuple[str | None, str]:
    """Return the period that is asked for, or the one that is due now; and what is wrong with it."""
    if "period" not in model.model_fields:
        return None, ""
    if text.strip():
        try:
            return read_period(text), ""
        except ValueError as wrong:
            return None, str(wrong)
    last = starting.last_quarter(now())
    this_year = int(quarter_of(now().astimezone(SHANGHAI).date())[:4])
    return (last if "nil" in model.model_fields else str(this_year - 1)), ""


def _choices(
    model: type[Document],
    place: Room,
    text: str | None,
    period: str | None,
    *,
    problems: list[tuple[str, str]],
    code: int = 200,
) -> ResponseReturnValue:
    kind = model.kind.code
    drafts, records = starting.same_period(place, kind, period) if period else ([], [])
    shown = page(
        "office/writing/new.html",
        title=f"新建{model.kind.label}",
        crumbs=crumbs(),
        kind=model.kind,
        has_period="period" in model.model_fields,
        has_nil="nil" in model.model_fields,
        period=text if text is not None else show_period(period) if period else "",
        code=period,
        before=starting.predecessor(place, kind, period) if period else None,
        drafts=drafts,
        records=records,
        cell=starting.deadline(place, regime_of(place), kind, period, now=now()) if period else None,
        unfinished=unfinished(period, now()),
        how=request.form.get("how", ""),
        nil_reason=request.form.get("nil_reason", ""),
        problems=problems,
        show_period=show_period,
        local=local,
    )
    return shown, code


@bp.post("/drafts/new/<kind>")
@may(Action.WRITE)
def create(kind: str) -> ResponseReturnValue:
    """Begin a draft in the way that was chosen."""
    begin()
    model, place, at = _model(kind), room(), now()
    if slug := request.form.get("record", ""):
        return _correction(place, model, slug)
    text, how = request.form.get("period", ""), request.form.get("how", "")
    period, refusal = _period(model, text)
    problems = [("period", refusal)] if refusal else []
    if how not in ("copy", "blank", "nil", "upload"):
        problems.append(("how-blank", "请选择怎样开始。"))
    if how == "nil" and not request.form.get("nil_reason", "").strip():
        problems.append(("nil_reason", "请写明本期为什么没有发生额。"))
    if period and how != "upload" and starting.same_period(place, model.kind.code, period)[1]:
        problems.append(("period", f"{show_period(period)}已经公开。需要修改的，请从下面发起更正。"))
    if problems:
        return _choices(model, place, text, period, problems=problems, code=422)
    if how == "upload" and "uploads.start" in current_app.view_functions:
        return redirect(url_for("uploads.start", kind=model.kind.code, period=period), 303)
    entries, remark = _first(model, place, period, how)
    draft = _twice(place, model, entries)
    if draft is None:
        reading = read_entries(model, entries)
        draft = writing.start(
            place,
            model.kind.code,
            entries=entries,
            document=reading.document,
            title=title_of(reading, entries),
            actor=actor(),
            now=at,
            remark=remark,
        )
        commit()
    return redirect(url_for("writing.edit", uid=draft.uid), 303)


def _twice(place: Room, model: type[Document], entries: Entries) -> Draft | None:
    """Return the draft that the same press of the button has begun already."""
    kept, who = dumped(entries), actor()
    return next(
        (
            one
            for one in place.drafts()
            if (one.kind, one.revision, one.author_id, one.entries) == (model.kind.code, 1, who.id, kept)
        ),
        None,
    )


def _first(model: type[Document], place: Room, period: str | None, how: str) -> tuple[Entries, str]:
    """Return what stands in the form from the start, and how the draft came about."""
    entries: Entries = {}
    remark = ""
    known = pieces(model).fields
    kind = model.kind.code
    if before := starting.filed_as_before(place, kind):
        for name in _AS_BEFORE:
            if name in known and (text := _text(before, name, known[name])):
                entries[name] = text
    if period:
        entries["period"] = show_period(period)
        on = starting.last_day(period) or now().astimezone(SHANGHAI).date()
        found = starting.people_of(place, min(on, now().astimezone(SHANGHAI).date()))
        entries.update({name: text for name, text in found.items() if name in known})
    if how == "copy" and period and (last := starting.predecessor(place, kind, period)):
        entries = {
            **copied(last.document, period=period),
            **{k: v for k, v in entries.items() if k == "unit_head"},
        }
        remark = f"沿用{show_period(last.period)}"
    if how == "nil" and "nil" in known:
        entries["nil"], entries["nil_reason"] = "是", request.form.get("nil_reason", "").strip()
        remark = "无发生额"
    return entries, remark


def _text(document: Document, name: str, one: Any) -> str:
    return text_of(one, getattr(document, name))


def _correction(place: Room, model: type[Document], slug: str) -> ResponseReturnValue:
    record = place.record(model.kind.code, slug)
    if record is None:
        abort(404)
    draft = begin_correction(place, record, who=actor(), at=now())
    if draft is None:
        abort(404)
    commit()
    return redirect(url_for("writing.edit", uid=draft.uid), 303)
