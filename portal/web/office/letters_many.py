"""Many letters at once: who has come to which stage of the ladder, whom to write to, what would be sent, and sending it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.obligations import DUTIES
from portal.domain.roles import Action
from portal.domain.supervision.letters import Kind
from portal.domain.values import show_day
from portal.services.board.computing import newest_change
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.desk.scheduling import show_moment
from portal.services.supervision import climbing, planning
from portal.services.supervision.climbing import Rung, Wanted
from portal.services.supervision.letter_words import NotIssued
from portal.services.supervision.planning import Proposal
from portal.services.supervision.reasons import Reason, from_board, from_records
from portal.web.guards import may
from portal.web.office.house import begin, commit, county, now, page, person, regime_of, session, today_of
from portal.web.office.letters_page import MORNING, crumbs, read_moment, unit_address
from portal.web.office.paging import named, part_of
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("letters_many", __name__, url_prefix="/letters")
MOST = (
    400  # Letters of one go: more than the largest county has units; none that was ticked is left out unsaid.
)
_HEADS = ("单位", "事项", "期限", "逾期工作日", "按天数到了", "已发到", "已发文书的时间", "该发", "该发文书")
_WAITING = "waiting"  # Instead of a stage: what was sent last has not run its time.


@bp.get("/ladder")
@may(Action.VIEW_BOARD)
def ladder() -> ResponseReturnValue:
    """Show what is overdue by the stage it has reached, and what should be sent next."""
    every, asked = _rungs(), _filters()
    found = [one for one in every if named(asked["q"], one.unit.name, one.unit.short)]
    counts = Counter(_stage_of(one) for one in found)
    ladder = list(reversed(regime_of().ladder_on(today_of())))
    tabs = [("", "全部"), *((stage.code, f"该发{stage.title}") for stage in ladder), (_WAITING, "已发，等待")]
    ticked = request.args.get("all", "")
    part = part_of(
        [one for one in found if asked["stage"] in ("", _stage_of(one))],
        at=url_for("letters_many.ladder"),
        asked=asked,
        unfolded=bool(ticked),
    )
    return page(
        "office/letters/ladder.html",
        title="逾期与升级",
        crumbs=crumbs(),
        part=part,
        stages=[
            (
                stage,
                counts[stage.code],
                part.portion([one for one in part.rows if _stage_of(one) == stage.code]),
            )
            for stage in ladder
        ],
        waiting=part.portion([one for one in part.rows if one.next is None]),
        tabs=[
            (
                label,
                url_for("letters_many.ladder", stage=code or None, q=asked["q"] or None),
                counts[code] if code else len(found),
                code == asked["stage"],
            )
            for code, label in tabs
            if not code or counts[code] or code == asked["stage"]
        ],
        asked=asked,
        ticked=ticked,
        tick=lambda code: url_for(
            "letters_many.ladder",
            stage=asked["stage"] or None,
            q=asked["q"] or None,
            page=part.number if part.number > 1 else None,
            all=code or None,
        ),
        total=len(every),
        due_now=sum(one.next is not None for one in every),
        most=MOST,
        acts=person().may(Action.SUPERVISE),
        kind_name=lambda code: Kind(code).label,
        day=show_day,
        today=today_of(),
    )


@bp.get("/ladder/export.csv")
@may(Action.VIEW_BOARD)
def ladder_csv() -> ResponseReturnValue:
    """Send the ladder as CSV, by the filters of the page, all of it, what is longest overdue first."""
    return csv_file("逾期与升级", _HEADS, _rows())


@bp.get("/ladder/export.xlsx")
@may(Action.VIEW_BOARD)
def ladder_xlsx() -> ResponseReturnValue:
    """Send it as a workbook."""
    return xlsx_file("逾期与升级", "逾期与升级", _HEADS, _rows())


def _rungs() -> list[Rung]:
    here, regime = county(), regime_of()
    return climbing.rungs(here, regime, from_board(here, regime, now=now()), now=now())


def _filters() -> dict[str, str]:
    return {name: request.args.get(name, "").strip()[:60] for name in ("stage", "q")}


def _rows() -> list[tuple[str | int, ...]]:
    asked = _filters()
    return [
        (
            one.unit.name, one.name, show_day(one.due), one.overdue, one.due_stage.title,
            one.sent.title if one.sent else "", _sent_at(one),
            one.next.title if one.next else "", Kind(one.next.letter).label if one.next else "",
        )
        for one in _rungs()
        if named(asked["q"], one.unit.name, one.unit.short) and asked["stage"] in ("", _stage_of(one))
    ]  # fmt: skip


def _sent_at(one: Rung) -> str:
    if one.sent_as is None:
        return ""
    if one.sent_as.issued_at is not None:
        return show_moment(one.sent_as.issued_at)
    return f"定于{show_moment(one.sent_as.send_at)}，还没有发出" if one.sent_as.send_at else ""


def _stage_of(one: Rung) -> str:
    """Return the stage whose letter is to be sent now; that it waits where there is none."""
    return one.next.code if one.next else _WAITING


@bp.get("/many")
@may(Action.SUPERVISE)
def choose() -> ResponseReturnValue:
    """Offer the units that owe something of a duty, to be ticked."""
    here, regime = county(), regime_of()
    duty, kind = request.args.get("duty", ""), request.args.get("kind", Kind.REMINDER.value)
    owed = from_board(here, regime, now=now()) if duty else {}
    units = {one.id: one for one in here.units()}
    rows = [
        (Wanted(units[unit].slug, duty, (one.period,)).key, units[unit], one)
        for unit, each in owed.items()
        for one in each
        if one.duty.code == duty
    ]
    rows.sort(key=lambda row: (-row[2].overdue, row[1].position, row[1].id))
    ticked = "all" in request.args
    asked = {"duty": duty, "kind": kind}
    part = part_of(rows, at=url_for("letters_many.choose"), asked=asked, unfolded=ticked)
    return page(
        "office/letters/many.html",
        title="批量发文",
        crumbs=crumbs(),
        duties=[(one.code, one.title) for one in DUTIES],
        kinds=[(one.value, one.label) for one in Kind],
        duty=duty,
        kind=kind,
        part=part,
        ticked=ticked,
        tick=lambda every: url_for(
            "letters_many.choose",
            duty=duty,
            kind=kind,
            page=part.number if part.number > 1 else None,
            all=every or None,
        ),
        day=show_day,
    )


@bp.post("/preview")
@may(Action.SUPERVISE)
def preview() -> ResponseReturnValue:
    """Show every letter that would be sent, and every one that would not, with the reason. Nothing is written."""
    here = county()
    asked = _Asked()
    if asked.stage and "whole" in request.form:
        asked.take(_whole(here, asked.stage, request.form.get("q", "")))
    if not asked.wanted:
        flash("没有选择单位或者事项。请先勾选，再生成预览。")
        return redirect(url_for("letters_many.ladder"), 303)
    if len(asked.wanted) > MOST:
        return _too_many(asked)
    return _preview(asked, asked.propose(here, _reasons(here, asked.wanted, today_of()), today_of()))


@bp.post("/send")
@may(Action.SUPERVISE)
def send() -> ResponseReturnValue:
    """Send what can be sent, all in one transaction; at once, or at a set time."""
    here, regime, asked = county(), regime_of(), _Asked()
    if len(asked.wanted) > MOST:
        return _too_many(asked)
    send_at: datetime | None = None
    try:
        if request.form.get("do") == "plan":
            send_at = read_moment(request.form.get("day", ""), request.form.get("time", ""))
    except NotIssued as refusal:
        proposals = asked.propose(here, _reasons(here, asked.wanted, today_of()), today_of())
        return _preview(asked, proposals, refusal.errors), 422
    day = send_at.astimezone(SHANGHAI).date() if send_at else today_of()
    seen = newest_change(here)
    reasons = _reasons(here, asked.wanted, day)  # Before anybody has to wait for the write lock.
    begin()
    here = county()
    if newest_change(here) != seen:  # Something was published meanwhile.
        reasons = _reasons(here, asked.wanted, day)
    proposals = asked.propose(here, reasons, day)
    try:
        sent = planning.send(
            here, regime, proposals, signed_by=request.form.get("signed_by", "").strip()[:60], send_at=send_at,
            address=unit_address(), now=now(),
        )  # fmt: skip
    except NotIssued as refusal:
        session().rollback()
        here = county()
        return _preview(asked, asked.propose(here, reasons, day), refusal.errors), 409
    commit()
    left = sum(bool(one.refusal) for one in proposals)
    done = f"已定于{show_moment(send_at)}发出 {len(sent)} 份" if send_at else f"已发出 {len(sent)} 份"
    flash(f"{done}{f'，{left} 份没有发' if left else ''}。")
    if left:
        return _preview(asked, [one for one in proposals if one.refusal])
    return redirect(url_for("letters.listing"), 303)


class _Asked:
    """What was ticked, and which letter: of a stage of the ladder, or of a kind."""

    def __init__(self) -> None:
        read = (Wanted.read(one) for one in request.form.getlist("item"))
        self.wanted = [one for one in read if one is not None]
        self.left = 0  # How many of a whole stage are more than one go takes.
        codes = {one.code for one in regime_of().ladder_on(today_of())}
        self.stage = next((one for one in [request.form.get("stage", "")] if one in codes), "")
        self.kind = next((one for one in Kind if one.value == request.form.get("kind", "")), None)

    def take(self, keys: Sequence[str]) -> None:
        """Take everything of a stage instead of what was ticked, as much as one go takes."""
        read = (Wanted.read(one) for one in keys)
        every = [one for one in read if one is not None]
        self.wanted, self.left = every[:MOST], len(every[MOST:])

    def propose(self, here: County, reasons: Mapping[int, Sequence[Reason]], day: date) -> list[Proposal]:
        """Return what would be sent."""
        return planning.propose(
            here, regime_of(), self.wanted, kind=self.kind, stage=self.stage, reasons=reasons, day=day
        )


def _too_many(asked: _Asked) -> ResponseReturnValue:
    flash(f"一次最多发 {MOST} 份，勾选了 {len(asked.wanted)} 份，没有发。请分几次勾选。")
    return redirect(url_for("letters_many.ladder"), 303)


def _reasons(here: County, wanted: Sequence[Wanted], day: date) -> dict[int, list[Reason]]:
    """Return what the units owe by their records, as of the day of sending."""
    slugs = {one.unit for one in wanted if one.unit}
    units = [one for one in here.units() if one.slug in slugs]
    return from_records(here, regime_of(), units, now=now(), on=day)


def _whole(here: County, stage: str, name: str) -> list[str]:
    """Return everything whose letter of that stage is to be sent now, the pages that are not in view included."""
    regime = regime_of()
    found = climbing.rungs(here, regime, from_board(here, regime, now=now()), now=now())
    return [
        one.key
        for one in found
        if _stage_of(one) == stage and named(name.strip()[:60], one.unit.name, one.unit.short)
    ]


def _preview(asked: _Asked, proposals: Sequence[Proposal], errors: Mapping[str, str] | None = None) -> str:
    ready = [one for one in proposals if not one.refusal]
    return page(
        "office/letters/preview.html",
        title="发文预览",
        crumbs=[
            *crumbs(),
            ("逾期与升级", url_for("letters_many.ladder"))
            if asked.stage
            else ("批量发文", url_for("letters_many.choose")),
        ],
        ready=ready,
        refused=[one for one in proposals if one.refusal],
        left=asked.left,
        most=MOST,
        stage=asked.stage,
        kind=asked.kind.value if asked.kind else "",
        typed=request.form,
        errors=errors or {},
        kind_name=lambda one: one.words.kind.label,
        matter_title=lambda one: one.matter.title if one.matter else "",
        morning=MORNING,
        day=show_day,
    )
