"""操作记录: who did what, by kind, person and day; as a table and as CSV."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.base import kinds
from portal.domain.drafting import Event
from portal.domain.roles import Action
from portal.domain.values import read_day
from portal.services.desk.past import Step, Veil, Wanted, actors_of, count_steps, steps_of, veil_of
from portal.services.desk.reading import HIDDEN, handled_by
from portal.services.desk.rooms import Room
from portal.web.guards import may
from portal.web.office.house import page, person, room
from portal.web.office.showing import kind_name, link_to, show_moment
from portal.web.office.tables import csv_file

bp = Blueprint("history", __name__)
PAGE = 50  # Steps of one page.
_HEADERS = ("时间", "操作", "类别", "标题", "操作人", "说明")


@bp.get("/history")
@may(Action.OPEN_DESK)
def listing() -> ResponseReturnValue:
    """Show the steps."""
    here = room()
    typed = {name: request.args.get(name, "").strip() for name in ("event", "actor", "kind", "first", "last")}
    wanted, problems = _read(typed)
    total = 0 if problems else count_steps(here, wanted)
    pages = max(1, -(-total // PAGE))
    number = min(max(_number(request.args.get("page", "")), 1), pages)
    steps = [] if problems else steps_of(here, wanted, limit=PAGE, offset=(number - 1) * PAGE)
    veil = veil_of(here, handled_by(person().roles))
    chosen = {name: value for name, value in typed.items() if value}

    def link(other: int) -> str:
        return f"{url_for('history.listing')}?{urlencode({**chosen, 'page': other})}"

    body = page(
        "office/history/listing.html",
        title="操作记录",
        steps=[
            (one, show_moment(one.at), _target(here, one.draft_uid, one.record_id), *_said(one, veil))
            for one in steps
        ],
        event_name=_event,
        kind_name=kind_name,
        events=[("", "全部操作"), *((one.value, one.label) for one in Event)],
        kinds=[("", "全部类别"), *((code, model.kind.short) for code, model in kinds().items())],
        actors=[("", "全部人员"), *((one, one) for one in actors_of(here))],
        typed=typed,
        problems=problems,
        total=total,
        number=number,
        pages=pages,
        earlier=link(number + 1) if number < pages else None,
        later=link(number - 1) if number > 1 else None,
        export=f"{url_for('history.export')}?{urlencode(chosen)}",
    )
    return body, 422 if problems else 200


@bp.get("/history.csv")
@may(Action.OPEN_DESK)
def export() -> ResponseReturnValue:
    """Send the steps that the filter leaves, all pages of them."""
    here = room()
    wanted, problems = _read({name: request.args.get(name, "").strip() for name in request.args})
    if problems:
        return page("office/error.html", title="筛选条件不对", words=problems[0][1]), 422
    veil = veil_of(here, handled_by(person().roles))
    rows = []
    for one in steps_of(here, wanted):
        title, remark = _said(one, veil)
        rows.append((show_moment(one.at), _event(one.event), kind_name(one.kind), title, one.actor, remark))
    return csv_file("操作记录", _HEADERS, rows, plain="history")


def _said(step: Step, veil: Veil) -> tuple[str, str]:
    """Return a step's title and remark, as far as they are for the person."""
    return (HIDDEN, "") if veil.covers(step) else (step.title, step.remark)


def _read(typed: dict[str, str]) -> tuple[Wanted, list[tuple[str, str]]]:
    problems: list[tuple[str, str]] = []
    days: dict[str, date | None] = {}
    for name, label in (("first", "起始日期"), ("last", "截止日期")):
        days[name] = None
        if text := typed.get(name, ""):
            try:
                days[name] = read_day(text)
            except ValueError as wrong:
                problems.append((name, f"{label}：{wrong}"))
                continue
            if not 1949 <= (days[name] or date.min).year <= 2199:
                problems.append((name, f"{label}的年份不在合理范围内。请核对。"))
    if days["first"] and days["last"] and days["last"] < days["first"]:
        problems.append(("last", "截止日期早于起始日期。请改正其中一个。"))
    wanted = Wanted(
        typed.get("event", ""), typed.get("actor", ""), typed.get("kind", ""), days["first"], days["last"]
    )
    return wanted, problems


def _number(text: str) -> int:
    """Return a page's number; the first one where the address says anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def _event(code: str) -> str:
    return Event(code).label if code in {one.value for one in Event} else code


def _target(here: Room, draft_uid: str | None, record_id: int | None) -> str | None:
    """Return where the thing is now: published, still a draft, or nowhere any more."""
    if record_id is not None and (record := here.record_of(record_id)):
        return link_to("published.show", kind=record.kind, slug=record.slug)
    if draft_uid is not None and here.draft(draft_uid):
        return link_to("reviewing.show", uid=draft_uid)
    return None
