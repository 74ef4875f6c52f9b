"""文书: the list, one letter from its first words to its end, and its PDF. Of the commission."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.obligations import DUTIES
from portal.domain.roles import Action
from portal.domain.supervision.letters import Kind, State
from portal.domain.supervision.matters import Event
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.board.screens import is_gone
from portal.services.checking import SHANGHAI
from portal.services.desk.scheduling import show_moment
from portal.services.supervision import letter_words, lettering, letters, planning
from portal.services.supervision.letter_words import NotIssued
from portal.services.supervision.letters import Stale
from portal.web.guards import may
from portal.web.office.house import (
    begin,
    commit,
    county,
    now,
    own_uid,
    page,
    person,
    regime_of,
    session,
    today_of,
)
from portal.web.office.letters_page import (
    MORNING,
    Asked,
    crumbs,
    number,
    printed,
    quarter_choices,
    read_moment,
    shown,
    unit_address,
)
from portal.web.office.paging import part_of
from portal.web.office.showing import link_to
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("letters", __name__, url_prefix="/letters")
_HEADS = (
    "状态", "种类", "文号", "标题", "单位", "发出", "定于", "回复期限", "回复时间", "回复人", "逾期", "签发人",
)  # fmt: skip
_TYPED = ("kind", "title", "addressee", "body", "basis", "signed_by", "due", "day", "time")


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show the letters, by kind, state and unit."""
    here, today, typed = county(), today_of(), _sieve()
    found = lettering.listed(here, **typed, today=today, most=lettering.SHOWN)
    return page(
        "office/letters/listing.html",
        title="文书",
        part=part_of(found, at=url_for("letters.listing")),
        most=lettering.SHOWN,
        typed=typed,
        kinds=[("", "全部种类"), *((one.value, one.label) for one in Kind)],
        states=[("", "全部状态"), ("late", "逾期未回复"), *((one.value, one.label) for one in State)],
        units=[("", "全部单位"), *((one.slug, one.name) for one in here.units())],
        periods=quarter_choices(here),
        acts=person().may(Action.SUPERVISE),
        shown=shown,
        late=lambda one: lettering.is_late(one, today=today),
        day=show_day,
        at=show_moment,
    )


@bp.get("/export.csv")
@may(Action.VIEW_BOARD)
def export_csv() -> ResponseReturnValue:
    """Send the letters that the filter leaves, all of them, as CSV."""
    return csv_file("文书", _HEADS, _rows())


@bp.get("/export.xlsx")
@may(Action.VIEW_BOARD)
def export_xlsx() -> ResponseReturnValue:
    """Send them as a workbook."""
    return xlsx_file("文书", "文书", _HEADS, _rows())


def _sieve() -> dict[str, str]:
    return {name: request.args.get(name, "").strip() for name in ("kind", "state", "unit", "period")}


def _rows() -> list[tuple[str, ...]]:
    today = today_of()
    return [
        (
            State(one.state).label, Kind(one.kind).label, one.number or "", one.title, one.unit.name,
            show_moment(one.issued_at) if one.issued_at else "", show_moment(one.send_at) if one.send_at else "",
            show_day(one.due) if one.due else "", show_moment(one.replied_at) if one.replied_at else "",
            one.replied_by, "逾期" if lettering.is_late(one, today=today) else "", one.signed_by,
        )
        for one in lettering.listed(county(), **_sieve(), today=today, most=None)
    ]  # fmt: skip


@bp.get("/new")
@may(Action.SUPERVISE)
def new() -> ResponseReturnValue:
    """Offer the choice of unit and kind; with both, the letter itself, prefilled."""
    here, regime = county(), regime_of()
    asked = Asked(here, request.args)
    if asked.unit is None or asked.kind is None:
        return page(
            "office/letters/choose.html",
            title="拟写文书",
            crumbs=crumbs(),
            units=[(one.slug, one.name) for one in here.units() if not is_gone(one, today_of())],
            kinds=[(one.value, one.label) for one in Kind],
            duties=[(one.code, one.title) for one in DUTIES],
            typed=request.args,
            matter=asked.matter,
            errors=_wanting(asked),
        )
    made = planning.prefill(
        here,
        regime,
        asked.unit,
        asked.kind,
        reasons=asked.reasons(here, regime),
        matter=asked.matter,
        day=today_of(),
    )
    return _form(
        "拟写文书",
        asked.kept(),
        _values(made.words),
        action=url_for("letters.write"),
        unit=asked.unit.name,
        matter=asked.matter,
    )


@bp.post("/new")
@may(Action.SUPERVISE)
def write() -> ResponseReturnValue:
    """Keep the letter as a draft, issue it, or plan it."""
    here, regime = county(), regime_of()
    asked = Asked(here, request.form)
    if asked.unit is None:
        abort(404)
    reasons = asked.reasons(here, regime)  # Worked out before anybody has to wait for the write lock.
    begin()
    here = county()
    uid = own_uid()
    if lettering.find(here, uid):  # The same form once more: its letter is there.
        return redirect(url_for("letters.one", uid=uid), 303)
    asked = Asked(here, request.form)
    unit = asked.unit or abort(404)
    try:
        words = letter_words.read_words(request.form, today=today_of())
        send_at = _send_at()
        about = planning.about_of(regime, words.kind, reasons, asked.matter, today_of())
        letter = letters.draft(
            here, unit, words, about=about, matter=asked.matter, send_at=send_at, uid=uid, now=now()
        )
        if request.form.get("do") == "issue":
            letters.issue(here, regime, letter, address=unit_address(), now=now())
    except NotIssued as refusal:
        session().rollback()
        return _form(
            "拟写文书",
            asked.kept(),
            request.form,
            action=url_for("letters.write"),
            unit=unit.name,
            matter=asked.matter,
            errors=refusal.errors,
        ), 422
    commit()
    flash(_told(letter))
    return redirect(url_for("letters.one", uid=letter.uid), 303)


@bp.get("/<uid>")
@may(Action.VIEW_BOARD)
def one(uid: str) -> ResponseReturnValue:
    """Show a letter, its steps, its answer."""
    here = county()
    letter = lettering.find(here, uid) or abort(404)
    return _show(here, letter)


@bp.get("/<uid>/edit")
@may(Action.SUPERVISE)
def edit(uid: str) -> ResponseReturnValue:
    """Offer the words of a letter that was not issued yet."""
    letter = lettering.find(county(), uid) or abort(404)
    if letter.state not in (State.DRAFT, State.PLANNED):
        return redirect(url_for("letters.one", uid=uid), 303)
    values = _values(letter_words.words_of(letter)) | _moment(letter.send_at)
    return _form("修改文书", {"revision": str(letter.revision)}, values, action=url_for("letters.rewrite", uid=uid), unit=letter.unit.name)  # fmt: skip


@bp.post("/<uid>/edit")
@may(Action.SUPERVISE)
def rewrite(uid: str) -> ResponseReturnValue:
    """Change such a letter, and issue it where that was asked for."""
    begin()
    here = county()
    letter = lettering.find(here, uid) or abort(404)
    name = letter.unit.name
    try:
        words = letter_words.read_words(request.form, today=today_of())
        matter = lettering.matter_of(here, letter)
        about = planning.about_as(regime_of(), words.kind, letter, matter, today_of())
        letters.rewrite(
            here, letter, words, about=about, revision=number("revision"), send_at=_send_at(), now=now()
        )
        if request.form.get("do") == "issue":
            letters.issue(here, regime_of(), letter, address=unit_address(), now=now())
    except NotIssued as refusal:
        session().rollback()
        kept = {"revision": request.form.get("revision", "")}
        return _form("修改文书", kept, request.form, action=url_for("letters.rewrite", uid=uid), unit=name, errors=refusal.errors), 422  # fmt: skip
    except Stale:
        return _stale(uid)
    commit()
    flash(_told(letter))
    return redirect(url_for("letters.one", uid=uid), 303)


@bp.post("/<uid>/act")
@may(Action.SUPERVISE)
def act(uid: str) -> ResponseReturnValue:
    """Issue, call off, recall or close it."""
    begin()
    here = county()
    letter = lettering.find(here, uid) or abort(404)
    words, revision = request.form.get("words", ""), number("revision")
    do = request.form.get("do", "")
    try:
        if letter.revision != revision:
            raise Stale
        match do:
            case "issue":
                letters.issue(here, regime_of(), letter, address=unit_address(), now=now())
            case "call_off":
                letters.call_off(here, letter, reason=words, now=now())
            case "recall":
                letters.recall(here, regime_of(), letter, reason=words, revision=revision, now=now())
            case "close":
                letters.close(here, letter, words=words, revision=revision, now=now())
            case _:
                abort(400)
    except NotIssued as refusal:
        session().rollback()
        here = county()
        found = lettering.find(here, uid) or abort(404)
        return _show(here, found, errors={f"{do}-words": text for text in refusal.errors.values()}, typed={do: words}), 422  # fmt: skip
    except Stale:
        return _stale(uid)
    commit()
    flash(_told(letter))
    return redirect(url_for("letters.one", uid=uid), 303)


@bp.get("/<uid>/letter.pdf")
@may(Action.VIEW_BOARD)
def pdf(uid: str) -> ResponseReturnValue:
    """Send the letter as PDF."""
    letter = lettering.find(county(), uid) or abort(404)
    return printed(letter, regime_of())


def _wanting(asked: Asked) -> dict[str, str]:
    """Return what was not chosen, by field; the page that nobody has filled in yet lacks nothing."""
    if "kind" not in request.args:
        return {}
    found = {"unit": "请选择单位。"} if asked.unit is None else {}
    return found | ({"kind": "请选择文书种类。"} if asked.kind is None else {})


def _send_at() -> datetime | None:
    if request.form.get("do") != "plan":
        return None
    return read_moment(request.form.get("day", ""), request.form.get("time", ""))


def _moment(at: datetime | None) -> dict[str, str]:
    local = at.astimezone(SHANGHAI) if at else None
    return {"day": show_day(local.date()), "time": f"{local:%H:%M}"} if local else {}


def _values(words: letter_words.Words) -> dict[str, str]:
    return {
        "kind": words.kind.value, "title": words.title, "addressee": words.addressee, "body": words.body,
        "basis": words.basis, "signed_by": words.signed_by, "due": show_day(words.due) if words.due else "",
    }  # fmt: skip


def _form(
    title: str,
    kept: Mapping[str, str],
    values: Mapping[str, str],
    *,
    action: str,
    unit: str,
    matter: Any = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    return page(
        "office/letters/form.html", title=title, crumbs=crumbs(), kept=kept,
        values={name: values.get(name, "") for name in _TYPED}, action=action, unit=unit, matter=matter,
        errors=errors or {}, kinds=[(one.value, one.label) for one in Kind], morning=MORNING,
    )  # fmt: skip


def _show(
    here: County,
    letter: Any,
    *,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> str:
    return page(
        "office/letters/one.html",
        title=f"{Kind(letter.kind).label} {letter.number or ''}".strip(),
        kind=Kind(letter.kind).label,
        crumbs=crumbs(),
        letter=letter,
        matter=lettering.matter_of(here, letter),
        steps=lettering.steps_of(here, letter),
        acts=person().may(Action.SUPERVISE),
        shown=shown(letter.state),
        late=lettering.is_late(letter, today=today_of()),
        errors=errors or {},
        typed=typed or {},
        day=show_day,
        at=show_moment,
        event_name=lambda code: Event(code).label,
        to_matter=lambda uid: link_to("matters.one", uid=uid),
    )


def _stale(uid: str) -> ResponseReturnValue:
    session().rollback()
    here = county()
    letter = lettering.find(here, uid) or abort(404)
    said = "这份文书刚才已被其他人处理，您的操作没有执行。下面是现在的情况，请核对后再办理。"
    return _show(here, letter, errors={"": said}), 409


def _told(letter: Any) -> str:
    match State(letter.state):
        case State.ISSUED:
            return f"已向{letter.unit.name}发出{Kind(letter.kind).label}{letter.number or ''}。"
        case State.PLANNED:
            return f"已定于{show_moment(letter.send_at)}发出。到时如果事由已经消除，不会发出。"
        case State.RECALLED:
            return "已撤回。" if letter.issued_at else "已作废，不会发出。"
        case State.CLOSED:
            return "已办结。"
        case _:
            return "已保存拟稿。"


@bp.app_template_global()
def letters_of_matter(matter: Any) -> list[tuple[Any, tuple[str, str, str], str]]:
    """Return a matter's letters with sign and date, for its page."""
    return [
        (one, shown(one.state), show_moment(one.issued_at or one.created_at))
        for one in lettering.of_matter(county(), matter)
    ]
