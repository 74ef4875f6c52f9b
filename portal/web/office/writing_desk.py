"""What the pages of writing share: what a request typed, the draft's form as a page, two forms side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.base import Document, kind_of
from portal.domain.documents.declaration import declaration
from portal.domain.drafting import Event, State
from portal.domain.regimes import Regime
from portal.domain.rules.check import Report
from portal.domain.values import Type, read_period
from portal.exchange.forms import (
    Entries,
    FormReading,
    TooMuch,
    differences,
    entries_of,
    loaded,
    pieces,
    plain,
    read_entries,
    taken,
)
from portal.services.checking import SHANGHAI, Book
from portal.services.desk import linking, starting, writing
from portal.services.desk.rooms import Actor, Room
from portal.services.desk.writing import Draft, DraftCopy, Record
from portal.web.office.house import actor, commit, now, office, page, person
from portal.web.office.writing_page import form_view

bp = Blueprint("writing", __name__)
_WHOSE_DAY = ("held_on", "effective_from", "starts_on", "issued_on")


@dataclass(frozen=True)
class Typed:
    """What a request typed into a draft's form, read."""

    model: type[Document]
    entries: Entries
    reading: FormReading
    revision: int
    reason: str | None

    @property
    def title(self) -> str:
        """What the draft is called."""
        return title_of(self.reading, self.entries)

    def changed(self, entries: Entries) -> Typed:
        """Return it with other entries."""
        return replace(self, entries=entries, reading=read_entries(self.model, entries))


def typed(kind: str) -> Typed:
    """Return what the request typed; 413 where it is more than a form can hold."""
    model = kind_of(kind)
    try:
        found = taken(model, request.form.items(multi=True))
    except TooMuch as much:
        abort(413, description=f"{much}没有保存。请用浏览器的“后退”回到填写页，内容还在页面里。")
    revision, reason = request.form.get("revision", ""), request.form.get("correction_reason")
    return Typed(
        model,
        found,
        read_entries(model, found),
        int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
        None if reason is None else plain(reason).replace("\0", "").strip(),
    )


def title_of(reading: FormReading, entries: Mapping[str, str]) -> str:
    """Return what a draft is called: its document's title, else what is typed there, else its kind and period."""
    if reading.document:
        return reading.document.title
    own = "".join(sign for sign in " ".join(entries.get("title", "").split()) if sign.isprintable())
    return own or starting.default_title(reading.model.kind.code, period_in(entries))


def period_in(entries: Mapping[str, str]) -> str | None:
    """Return the period that is typed, if one is."""
    try:
        return read_period(entries.get("period", ""))
    except ValueError:
        return None


def entries_in(draft: Draft) -> Entries:
    """Return what stands in a draft's form: what was typed, else what its document says."""
    model = kind_of(draft.kind)
    if draft.entries is None and draft.content is not None:
        return entries_of(model.model_validate_json(draft.content))
    return loaded(model, draft.entries)


def regime_of(place: Room) -> Regime | None:
    """Return the rules of the unit's jurisdiction."""
    return office().regimes.get(place.unit.jurisdiction.slug)


def tested(place: Room, document: Document | None, at: datetime) -> Report | None:
    """Return what the rule book says of a document that would be published now."""
    return Book(place.session, office().regimes).test(place.unit, document, now=at) if document else None


def begin_correction(place: Room, record: Record, *, who: Actor, at: datetime) -> Draft | None:
    """Return the draft that corrects a record, filled with the version in force; None where none is in force."""
    version = starting.in_force(place, record)
    if version is None:
        return None
    document = starting.document_of(version)
    return writing.start(
        place,
        record.kind,
        entries=entries_of(document),
        document=document,
        title=document.title,
        actor=who,
        now=at,
        record=record,
        remark=f"更正已公开的第 {version.number} 版",
    )


def form_page(
    place: Room, draft: Draft, entries: Entries, *, told: bool, code: int = 200, refusal: str = ""
) -> ResponseReturnValue:
    """Return the page with a draft's form. With `told` what is wrong stands in it."""
    at = now()
    model = kind_of(draft.kind)
    reading = read_entries(model, entries)
    regime, period = regime_of(place), period_in(entries)
    returned = (one for one in place.steps(draft_uid=draft.uid) if one.event == Event.RETURNED.value)
    offered = linking.options(place, regime, on=_day(reading, entries, at), but=draft.uid)
    text = page(
        "office/writing/edit.html",
        title=draft.title or model.kind.label,
        crumbs=crumbs(),
        draft=draft,
        kind=model.kind,
        view=form_view(
            reading, entries, tested(place, writing.whole(draft, reading.document), at), told=told
        ),
        options=offered,
        no_members=not offered["member"] and _picks_members(model),
        unfinished=unfinished(period, at),
        cell=starting.deadline(place, regime, draft.kind, period, now=at) if period else None,
        copies=[one for one in place.copies(draft.uid) if one.why != "replaced"],
        returned=next(returned, None) if draft.state == State.RETURNED.value else None,
        state=State(draft.state).label,
        seconds=seconds_left(),
        saved_at=clock(draft.updated_at),
        refusal=refusal,
        local=local,
    )
    return text, code


def _picks_members(model: type[Document]) -> bool:
    """Tell whether a form is mostly about who was there: only then a missing roster is worth a word."""
    declared = declaration(model)
    return any(one.required and one.about.picks == "member" for one in declared.fields)


def unfinished(period: str | None, at: datetime) -> date | None:
    """Return the last day of a period that is not over yet."""
    last = starting.last_day(period) if period else None
    return last if last and last >= at.astimezone(SHANGHAI).date() else None


def _day(reading: FormReading, entries: Mapping[str, str], at: datetime) -> date:
    """Return the document's day, as far as it can be told already: whose people and domains are offered."""
    if reading.document and (day := reading.document.binding_day()):
        return day
    known = pieces(reading.model).fields
    for name in _WHOSE_DAY:
        if name in known and known[name].type == Type.DAY:
            try:
                found: date = known[name].read(entries.get(name, ""))
            except ValueError:
                continue
            return found
    period = period_in(entries)
    return (starting.last_day(period) if period else None) or at.astimezone(SHANGHAI).date()


def side_by_side(draft: Draft, copy: DraftCopy, *, code: int = 200, refusal: str = "") -> ResponseReturnValue:
    """Return the page on which somebody chooses between what they typed and what is saved."""
    model = kind_of(draft.kind)
    text = page(
        "office/writing/compare.html",
        title="对照两边的内容",
        crumbs=[*crumbs(), (draft.title, url_for("writing.edit", uid=draft.uid))],
        draft=draft,
        copy=copy,
        found=differences(model, loaded(model, copy.entries), entries_in(draft)),
        refusal=refusal,
        local=local,
        editable=draft.state in writing.EDITABLE,
        whose="您" if copy.account_id == person().account_id else copy.author,
    )
    return text, code


def gone(place: Room, uid: str) -> ResponseReturnValue:
    """Answer where the draft is no more: what was typed is kept if it was the unit's own, else it never was there."""
    kind = kind_of_steps(place, uid)
    if kind is None:
        abort(404)
    found = typed(kind)
    copy = writing.keep(
        place, uid, found.entries, why="conflict", revision=found.revision, actor=actor(), now=now()
    )
    commit()
    address = url_for("writing.copy", uid=uid, number=copy.id)
    if request.accept_mimetypes.best == "application/json":
        said = "草稿已被删除或已发布，您填写的内容已另外保存。"
        return {"conflict": True, "url": address, "error": said}, 409
    return redirect(address, 303)


def kind_of_steps(place: Room, uid: str) -> str | None:
    """Return the kind of a draft of the unit's own, which may be gone, from what was done with it."""
    return next((one.kind for one in place.steps(draft_uid=uid, limit=1)), None)


def crumbs() -> list[tuple[str, str]]:
    """Return the way to a draft."""
    return [("待办", url_for("home.show"))]


def seconds_left() -> int:
    """Return how long the person stays signed in if nothing more is done: no browser's clock is to be trusted."""
    return max(0, int((person().runs_out - now()).total_seconds()))


def clock(at: datetime) -> str:
    """Return the time of day, as people here read it."""
    return at.astimezone(SHANGHAI).strftime("%H:%M")


def local(at: datetime) -> str:
    """Return day and time, as people here read them."""
    day = at.astimezone(SHANGHAI)
    return f"{day.month} 月 {day.day} 日 {day:%H:%M}"
