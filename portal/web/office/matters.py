"""监督事项: one matter with its evidence and its course, what may be done with it next, and entering one by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.rules.terms import Severity
from portal.domain.supervision.matters import ClosedAs, Source, State
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.supervision import matters, opening, rectifying, rectifying_forms, rectifying_letters
from portal.services.supervision.matter_words import NotPossible, one_line, optional, said
from portal.services.supervision.matters import Matter, Overtaken
from portal.web.guards import may
from portal.web.office import matters_queue
from portal.web.office.house import begin, commit, county, now, office, own_uid, page, person, session
from portal.web.office.letters_page import rectifying_address
from portal.web.office.matters_page import (
    SEVERITY_SIGNS,
    STATE_SIGNS,
    asked_address,
    bp,
    laid_out,
    new_address,
    read_due,
    today,
)

__all__ = ["bp", "matters_queue"]

# What may be done by where the matter is; the first is what usually comes next.
_DEEDS: dict[State, tuple[str, ...]] = {
    State.NEW: ("ask", "rectify", "close"),
    State.ASKED: ("rectify", "close"),
    State.EXPLAINED: ("accept", "send_back", "rectify", "close"),
    State.ACCEPTED: ("close", "rectify", "send_back"),
    State.RECTIFYING: ("close", "send_back"),
    State.CLOSED: ("reopen",),
}
_DONE = {
    "ask": "已向单位问询。",
    "send_back": "已退回，请单位补充说明。",
    "accept": "已采纳说明。事项仍需办结。",
    "rectify": "已要求单位整改。",
    "close": "已办结。",
    "reopen": "已重新办理。",
    "assign": "已指定承办人。",
    "due": "期限已定。",
    "note": "已记录，单位看不到。",
}


@dataclass
class _Typed:
    """What was typed into which form, and what is wrong with it. `seen` is how many steps the page showed."""

    deed: str = ""
    values: dict[str, str] = field(default_factory=dict)
    problem: tuple[str, str] | None = None
    overtaken: bool = False
    seen: int = 0


@bp.get("/matters/<uid>")
@may(Action.VIEW_BOARD)
def one(uid: str) -> ResponseReturnValue:
    """Show a matter."""
    return _shown(uid, _Typed())


@bp.post("/matters/<uid>")
@may(Action.SUPERVISE)
def act(uid: str) -> ResponseReturnValue:
    """Do the next thing with it."""
    deed = request.form.get("deed", "")
    if deed not in _DONE:
        abort(404)
    values = {
        key: value for key, value in request.form.items() if key not in ("csrf_token", "deed", "revision")
    }
    typed = _Typed(deed, values, seen=_number(values.pop("seen", "")))
    begin()
    place = county()
    try:
        matter = matters.find(place, uid, _number(request.form.get("revision", "")))
        _do(place, matter, deed, now())
    except LookupError:
        session().rollback()
        abort(404)
    except Overtaken:
        session().rollback()
        typed.overtaken = True
        return _shown(uid, typed), 409
    except NotPossible as refused:
        session().rollback()
        typed.problem = (refused.field, str(refused))
        return _shown(uid, typed), 422
    commit()
    flash(_DONE[deed])
    return redirect(url_for("matters.one", uid=uid), 303)


@bp.get("/matters/new")
@may(Action.SUPERVISE)
def new() -> ResponseReturnValue:
    """Show the form of a matter that no rule has found."""
    return _new_form({"unit": request.args.get("unit", ""), "ref": request.args.get("ref", "")}, None)


@bp.post("/matters/new")
@may(Action.SUPERVISE)
def enter() -> ResponseReturnValue:
    """Enter it."""
    begin()
    place, values = county(), {key: value.strip() for key, value in request.form.items()}
    try:
        matter = _entered(place, values, now())
    except NotPossible as refused:
        session().rollback()
        return _new_form(values, (refused.field, str(refused))), 422
    commit()
    flash("已登记。单位还不知道，需要说明的请在下面问询。")
    return redirect(url_for("matters.one", uid=matter.uid), 303)


def _shown(uid: str, typed: _Typed) -> str:
    place = county()
    matter = place.one(Matter, uid)
    if matter is None:
        abort(404)
    state = State(matter.state)
    told = laid_out(place, matter)
    regime = office().regimes.get(person().jurisdiction)
    due = matters.default_due(regime, now())
    open_matter = state.open
    return page(
        "office/matters/one.html",
        title=matter.title,
        crumbs=[("监督事项", url_for("matters.queue"))],
        matter=matter,
        state=state,
        source=Source(matter.source),
        severity=Severity(matter.severity),
        closed_as=ClosedAs(matter.closed_as) if matter.closed_as else None,
        tellable=matter.source != Source.RELATION.value,
        overdue=bool(state is State.ASKED and matter.due and matter.due < today()),
        all_gone=bool(told["items"]) and all(each.gone_on for each in told["items"]),
        deeds=[
            each
            for each in _DEEDS[state]
            if matter.source != Source.RELATION.value or each in ("close", "reopen")
        ],
        may_act=person().may(Action.SUPERVISE),
        open_matter=open_matter,
        told_on=matters.day_of(matter.told_at) if matter.told_at else None,
        officers=place.officers(matters.OWNERS) if open_matter else [],
        ways=[(each.value, each.label) for each in ClosedAs],
        way=_way(state, told["items"]),
        state_signs=STATE_SIGNS,
        severity_signs=SEVERITY_SIGNS,
        typed=typed,
        news=told["lines"][typed.seen :] if typed.overtaken else [],
        default_due=show_day(due) if due else "",
        day=show_day,
        to_unit=asked_address(uid),
        **told,
    )


def _way(state: State, items: list[Any]) -> str:
    """Return the way of closing that usually fits."""
    if state is State.ACCEPTED or state is State.EXPLAINED:
        return ClosedAs.EXPLAINED.value
    if state is State.RECTIFYING:
        return ClosedAs.RECTIFIED.value
    return ClosedAs.CORRECTED.value if items and all(one.gone_on for one in items) else ""


def _do(place: County, matter: Matter, deed: str, at: datetime) -> None:
    form = request.form
    words = form.get("words", "")
    regime = office().regimes.get(person().jurisdiction)
    address = asked_address(matter.uid)

    def ask() -> None:
        due = read_due(form["due"]) if form.get("due", "").strip() else None
        matters.ask(place, matter, words, now=at, due=due, regime=regime, address=address)

    def send_back() -> None:
        matters.send_back(place, matter, words, now=at, due=read_due(form.get("due", "")), address=address)

    def rectify() -> None:
        _start_rectifying(place, matter, words, read_due(form.get("due", "")), at)

    def close() -> None:
        if form.get("closed_as", "") not in set(ClosedAs):
            raise NotPossible("请选择办结方式。", "closed_as")
        matters.close(place, matter, closed_as=ClosedAs(form["closed_as"]), words=words, now=at)

    def assign() -> None:
        chosen = form.get("owner", "")
        officer = next((one for one in place.officers(matters.OWNERS) if str(one.id) == chosen), None)
        if officer is None and chosen:
            raise NotPossible("请从名单中选择承办人。", "owner")
        matters.assign(place, matter, officer, now=at)

    deeds: dict[str, Callable[[], None]] = {
        "ask": ask,
        "send_back": send_back,
        "rectify": rectify,
        "close": close,
        "assign": assign,
        "accept": lambda: matters.accept(place, matter, words, now=at),
        "reopen": lambda: matters.reopen(place, matter, words, now=at),
        "due": lambda: matters.set_due(place, matter, read_due(form.get("due", "")), now=at),
        "note": lambda: matters.note(place, matter, words, now=at),
    }
    deeds[deed]()


def _start_rectifying(place: County, matter: Matter, words: str, due: date, at: datetime) -> None:
    """Enter what is to be mended into the 整改台账, and write to the unit."""
    if matter.state == State.RECTIFYING.value:
        raise NotPossible("这件事项已经在整改。再列一项的，请用“列入整改台账”。")
    try:
        made = rectifying.start(place, matter, problem=said(words, "请写明要求整改什么。"), due=due, now=at)
    except rectifying_forms.NotDone as refused:
        field = next((one for one in ("due", "words") if one in refused.errors), "words")
        raise NotPossible(str(refused), field) from refused
    rectifying_letters.write_to_unit(place, made, "start", rectifying_address(), at)


def _new_form(values: dict[str, str], problem: tuple[str, str] | None) -> str:
    place = county()
    return page(
        "office/matters/new.html",
        title="登记监督事项",
        crumbs=[("监督事项", url_for("matters.queue"))],
        units=[
            (one.slug, one.name)
            for one in place.units()
            if one.abolished_on is None or one.abolished_on > today()
        ],
        severities=[(one.value, one.label) for one in (Severity.RED, Severity.YELLOW, Severity.INFO)],
        values=values,
        problem=problem,
        action=new_address(),
    )


def _entered(place: County, values: dict[str, str], at: datetime) -> Matter:
    unit = place.unit(values.get("unit", ""))
    if unit is None:
        raise NotPossible("请选择单位。", "unit")
    title, seen, ref = (one_line(values.get("title", ""), "title", "请用一句话写明是什么事项。", 80),
                        said(values.get("seen", ""), "请写明发现了什么、从哪里得知。", "seen"),
                        values.get("ref", ""))  # fmt: skip
    if values.get("severity") not in set(Severity):
        raise NotPossible("请选择程度。", "severity")
    record = place.record(ref) if ref else None
    if ref and (record is None or record.unit_id != unit.id):
        raise NotPossible(f"{unit.name}没有索引号为“{ref[:80]}”的记录。请核对单位和索引号。", "ref")
    uid = own_uid()
    if known := opening.of_cause(place, unit, Source.MANUAL, uid):  # The same form once more.
        return known
    item = opening.NewItem(
        fingerprint=sha256(uid.encode()).hexdigest(),
        ref=record.index_no if record else "",
        kind=record.kind if record else "",
        slug=record.slug if record else "",
        title=title,
        seen=seen,
        remedy=optional(values.get("remedy", ""), "remedy"),
        basis=optional(values.get("basis", ""), "basis"),
    )
    matter = opening.open_matter(
        place, unit, source=Source.MANUAL, cause=uid, title=title,
        severity=Severity(values["severity"]), items=[item], now=at,
    )  # fmt: skip
    place.write_down(
        "matter.opened", now=at, object=f"matter/{matter.uid}", unit_id=unit.id, words=f"登记监督事项“{title}”",
        detail={"before": {}, "after": {"state": matter.state}},
    )  # fmt: skip
    return matter


def _number(text: str) -> int:
    """Return a number from a form; 0, which no row has, where it says anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
