"""监督事项 as a queue: filters, tabs, pages, what is done with many at once, and the table to take along."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.roles import Action
from portal.domain.supervision.matters import ClosedAs, Source, State
from portal.domain.units import UnitType
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.supervision import matters, queue
from portal.services.supervision.matter_words import NotPossible, said
from portal.services.supervision.queue import Row, Wanted
from portal.web.guards import may
from portal.web.office.house import begin, commit, county, now, office, page, person, session
from portal.web.office.matters_page import (
    SEVERITY_SIGNS,
    STATE_SIGNS,
    asked_address,
    bp,
    new_address,
    query_of,
    read_due,
    read_picks,
    today,
    wanted,
)
from portal.web.office.tables import csv_file, xlsx_file

PAGE = 50  # Matters of one page: what can be looked through, and ticked, in one go.
HEADERS = (
    "单位", "单位类型", "来源", "规则", "事项", "轮次", "程度", "状态", "现有问题数", "已改正数", "涉及期间",
    "最近一项", "承办人", "期限", "逾期未说明", "发现日期", "告知单位日期", "办结日期", "办结方式",
)  # fmt: skip
_TABS = (("open", "未办结"), *((one.value, one.label) for one in State), ("", "全部"))


@bp.get("/matters", endpoint="queue")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show the queue as the address narrows it."""
    return _shown(wanted())


@bp.post("/matters/bulk")
@may(Action.SUPERVISE)
def bulk() -> ResponseReturnValue:
    """Do one thing with every ticked matter, and tell of each what came of it."""
    picked, typed = read_picks(request.form.getlist("pick")), dict(request.form.items())
    which, at = wanted(), now()
    if not picked:
        return _shown(which, problems=[("", "请先在列表中勾选事项，再选择要做什么。")], typed=typed), 422
    begin()
    place = county()
    try:
        deed, said = _deed(place, request.form.get("deed", ""), at)
        told = queue.in_bulk(place, picked, deed)
    except NotPossible as refused:
        session().rollback()
        field = f"bulk-{request.form.get('deed', '')}-{refused.field}" if refused.field else ""
        ticked = {uid for uid, _ in picked}
        return _shown(which, problems=[(field, str(refused))], typed=typed, ticked=ticked), 422
    done = [one for one in told if not one.why]
    if done:
        place.write_down(
            "matter.bulk", now=at, object="matter", words=f"{said}：{len(done)} 件",
            detail={"before": {}, "after": {"matters": [one.uid for one in done]}},
        )  # fmt: skip
    commit()
    return page(
        "office/matters/bulk.html",
        title="成批办理的结果",
        crumbs=[("监督事项", url_for("matters.queue"))],
        said=said,
        done=done,
        left=[one for one in told if one.why],
        back=f"{url_for('matters.queue')}{query_of(which)}",
        nothing=not told,
    )


@bp.get("/matters.csv")
@may(Action.VIEW_BOARD)
def as_csv() -> ResponseReturnValue:
    """Send what the filters leave, all pages of it, as CSV."""
    return csv_file(_name(), HEADERS, _table())


@bp.get("/matters.xlsx")
@may(Action.VIEW_BOARD)
def as_xlsx() -> ResponseReturnValue:
    """Send the same as a workbook."""
    return xlsx_file(_name(), "监督事项", HEADERS, _table())


def _shown(
    which: Wanted,
    *,
    problems: list[tuple[str, str]] | None = None,
    typed: dict[str, str] | None = None,
    ticked: set[str] | None = None,
) -> str:
    place, day = county(), today()
    counted = queue.counts(place, which, day)
    total = queue.how_many(counted, which)
    pages = max(1, -(-total // PAGE))
    number = min(max(_number(request.args.get("page", "")), 1), pages)
    rows = queue.rows_of(place, which, day, limit=PAGE, offset=(number - 1) * PAGE)
    here = url_for("matters.queue")
    regime = office().regimes.get(person().jurisdiction)
    due = matters.default_due(regime, now())
    return page(
        "office/matters/queue.html",
        title="监督事项",
        rows=rows,
        counted=counted,
        overdue=queue.overdue_count(place, day),
        total=total,
        number=number,
        pages=pages,
        which=which,
        narrowed=which != Wanted(state=which.state, sort=which.sort),
        tabs=[
            (label, f"{here}{query_of(which, state=code)}", counted[code], code == which.state)
            for code, label in _TABS
        ],
        earlier=f"{here}{query_of(which, page=number - 1)}" if number > 1 else None,
        later=f"{here}{query_of(which, page=number + 1)}" if number < pages else None,
        export=[
            (name, f"{url_for(f'matters.as_{name.lower()}')}{query_of(which)}") for name in ("XLSX", "CSV")
        ],
        bulk_to=f"{url_for('matters.bulk')}{query_of(which, page=number if number > 1 else '')}",
        choices=queue.choices(place),
        sources=[(one.value, one.label) for one in Source],
        types=[(one.value, one.label) for one in UnitType],
        sorts=list(queue.SORTS.items()),
        state_signs=STATE_SIGNS,
        severity_signs=SEVERITY_SIGNS,
        may_act=person().may(Action.SUPERVISE),
        new=new_address(),
        day=show_day,
        today=day,
        problems=problems or [],
        typed=typed or {},
        ticked=ticked or set(),
        default_due=show_day(due) if due else "",
    )


def _deed(place: County, name: str, at: datetime) -> tuple[Callable[[matters.Matter], None], str]:
    """Return what is to be done with each, and what it is called; what was typed is read once, before any is touched."""
    form = request.form
    match name:
        case "assign":
            chosen = form.get("owner", "")
            officer = next((one for one in place.officers(matters.OWNERS) if str(one.id) == chosen), None)
            if officer is None and chosen != queue.NOBODY:
                raise NotPossible("请选择承办人。", "owner")
            return (
                lambda one: matters.assign(place, one, officer, now=at),
                f"承办人定为{officer.name}" if officer else "不再指定承办人",
            )
        case "due":
            due = read_due(form.get("new_due", ""))
            return lambda one: matters.set_due(place, one, due, now=at), f"期限定为{show_day(due)}"
        case "ask":
            regime = office().regimes.get(person().jurisdiction)
            until = read_due(form["ask_due"]) if form.get("ask_due", "").strip() else None
            words = said(form.get("ask_words", ""), "请写明要求单位说明什么。")
            return (
                lambda one: matters.ask(
                    place, one, words, now=at, due=until, regime=regime, address=asked_address(one.uid)
                ),
                "向单位问询",
            )
        case "dismiss":
            reason = said(form.get("dismiss_words", ""), "请写明办结的理由。")
            return (
                lambda one: matters.close(place, one, closed_as=ClosedAs.DISMISSED, words=reason, now=at),
                "按“不属问题”办结",
            )
        case _:
            raise NotPossible("请选择要做什么。")


def _table() -> list[tuple[str | int, ...]]:
    return [_cells(row) for row in queue.rows_of(county(), wanted(), today())]


def _cells(row: Row) -> tuple[str | int, ...]:
    one = row.matter
    told_on = matters.day_of(one.told_at) if one.told_at else None
    closed_as = ClosedAs(one.closed_as).label if one.closed_as else ""
    return (
        row.unit.name, UnitType(row.unit.type).label, row.source.label,
        one.cause if one.source == Source.RULE else "",
        one.title, one.round, row.severity.label, row.state.label, row.standing, row.gone, "、".join(row.periods),
        row.seen, one.owner, _day(one.due), "是" if row.overdue else "", _day(one.opened_on), _day(told_on),
        _day(one.closed_on), closed_as,
    )  # fmt: skip


def _day(day: date | None) -> str:
    return show_day(day) if day else ""


def _name() -> str:
    return f"监督事项{show_day(today())}"


def _number(text: str) -> int:
    """Return a page's number; the first one where the address says anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
