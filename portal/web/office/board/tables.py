"""Units × duties for a quarter, and units × periods of one duty: as a page, as CSV and as a workbook."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from flask import abort, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.obligations import DUTIES, Duty
from portal.domain.roles import Action
from portal.domain.rules.base import order, rules
from portal.domain.units import UnitType
from portal.domain.values import show_day, show_period
from portal.services.board import matrices
from portal.services.board.marks import short_period
from portal.services.board.reading import quarters_of
from portal.services.board.screens import SORTS, STATUSES, TALLY, Screen, Sieve
from portal.web.guards import may
from portal.web.office.board.counter import Opened, bp, handed, known, opened
from portal.web.office.board.grids import grid_of
from portal.web.office.house import now, page
from portal.web.office.showing import show_moment

_ASKED = ("period", "type", "status", "duty", "rule", "q", "sort")
LENGTHS = ("4", "8", "12", "20")  # Periods of one duty on a screen.


@bp.get("/")
@may(Action.VIEW_BOARD)
def show() -> ResponseReturnValue:
    """Show units × duties for a quarter."""
    here = opened()
    quarter, quarters = _quarter(here)
    sieve = _sieve()
    told = matrices.base_of(here.county)
    screen = _by_duty(here, told, quarter, sieve) if quarter else None
    chosen = sieve.duty or "finance"
    return page(
        "office/board/show.html",
        title="公开情况",
        screen=screen,
        sieve=sieve,
        quarter=quarter,
        quarter_name=show_period(quarter) if quarter else "",
        tally=_tally(screen, chosen),
        about=next((one.title for one in screen.heads if one.key == chosen), None) if screen else None,
        about_key=chosen,
        tally_names=TALLY,
        duties=[("", "全部义务"), *_duties(here)],
        quarters=[(one, short_period(one)) for one in reversed(quarters)],
        link=_link,
        export=lambda ending: url_for("board.export", ending=ending, **_args()),
        **_shared(here, told, sieve),
    )


@bp.get("/export/<ending>")
@may(Action.VIEW_BOARD)
def export(ending: str) -> ResponseReturnValue:
    """Hand out what `show` shows with the same filters."""
    if ending not in ("csv", "xlsx"):
        abort(404)
    here = opened()
    quarter, _ = _quarter(here)
    if not quarter:
        abort(404)
    sieve = _sieve()
    screen = _by_duty(here, matrices.base_of(here.county), quarter, sieve)
    grid = grid_of(screen, f"{short_period(quarter)}公开情况", _notes(here, sieve, show_period(quarter)))
    return handed(grid, ending, f"board-{quarter}")


@bp.get("/d/<duty>")
@may(Action.VIEW_BOARD)
def duty(duty: str) -> ResponseReturnValue:
    """Show units × the newest periods of one duty."""
    here, chosen = opened(), _duty(duty)
    sieve, periods = _sieve(), _periods()
    told = matrices.base_of(here.county)
    screen = _by_period(here, told, chosen, periods, sieve)
    return page(
        "office/board/duty.html",
        title=chosen.title,
        crumbs=[("公开情况", url_for("board.show"))],
        screen=screen,
        sieve=sieve,
        duty=chosen,
        others=_duties(here),
        periods=str(periods),
        lengths=[(one, f"最近 {one} 期") for one in LENGTHS],
        trend=[(head, screen.tallies[head.key]) for head in screen.heads],
        tally_names=TALLY,
        export=lambda ending: url_for("board.export_duty", **{**_args(), "duty": duty, "ending": ending}),
        **_shared(here, told, sieve),
    )


@bp.get("/d/<duty>/export/<ending>")
@may(Action.VIEW_BOARD)
def export_duty(duty: str, ending: str) -> ResponseReturnValue:
    """Hand out what `duty` shows with the same filters."""
    if ending not in ("csv", "xlsx"):
        abort(404)
    here, chosen, sieve = opened(), _duty(duty), _sieve()
    screen = _by_period(here, matrices.base_of(here.county), chosen, _periods(), sieve)
    grid = grid_of(screen, chosen.title, _notes(here, sieve, chosen.title))
    return handed(grid, ending, f"board-{chosen.code}")


def _notes(here: Opened, sieve: Sieve, what: str) -> list[tuple[str, str]]:
    filters = [
        f"{label}：{text}"
        for label, text in (
            ("类型", _label(_types(), sieve.type)),
            ("情况", _label(STATUSES, sieve.status)),
            ("义务", _label([(one.code, one.title) for one in DUTIES], sieve.duty)),
            ("规则", _rule_name(sieve.rule) if sieve.rule else ""),
            ("单位名称包含", sieve.name),
        )
        if text
    ]
    return [
        ("内容", f"{here.regime.name}各单位公开情况，{what}"),
        ("导出时间", show_moment(now())),
        ("数据截至", f"{show_day(here.today)}" + (f"，{here.waiting} 个单位的新变化尚未计入" if here.waiting else "")),
        ("筛选", "；".join(filters) or "没有筛选，全部单位"),
        ("排序", _label(SORTS, sieve.sort)),
        ("依据", f"{here.regime.name}的制度参数（期限、义务、规则的出处见公开网站“规则”页）"),
        ("方法", "按期、迟、未公开由平台按已公开的记录和到期日计算，工作日按国务院办公厅放假通知；包括只向本单位职工、班子成员或纪委监委公开的记录。"),
        ("规范指数", "100 × 符合项的权重之和 ÷ 适用项的权重之和。这里按全部记录计算，公开网站按公开的记录计算，两者可能不同。"),
        ("用词", "“不适用”指没有这项义务或经批准豁免，与“未公开”不同；“暂定”指到期日所在年份的放假安排尚未公布；“待核对”指资料不全，还不能判断。"),
    ]  # fmt: skip


def _by_duty(here: Opened, told: matrices.Base, quarter: str, sieve: Sieve) -> Screen:
    return matrices.by_duty(here.county, told, quarter=quarter, sieve=sieve, today=here.today)


def _by_period(here: Opened, told: matrices.Base, duty: Duty, periods: int, sieve: Sieve) -> Screen:
    return matrices.by_period(here.county, told, duty, periods=periods, sieve=sieve, today=here.today)


def _quarter(here: Opened) -> tuple[str | None, list[str]]:
    """Return the quarter that was asked for, else the newest that is due; and all there are."""
    quarters = quarters_of(here.county)
    asked = request.args.get("period", "")
    return asked if asked in quarters else matrices.newest_due(quarters, here.regime, here.today), quarters


def _sieve() -> Sieve:
    given = {name: request.args.get(name, "").strip() for name in _ASKED}
    return Sieve(
        type=known(given["type"], [one.value for one in UnitType]),
        status=known(given["status"], [code for code, _ in STATUSES]),
        duty=known(given["duty"], [one.code for one in DUTIES]),
        rule=given["rule"] if given["rule"] in rules() else "",
        name=given["q"][:60],
        sort=known(given["sort"], [code for code, _ in SORTS], "worst"),
    )


def _args() -> dict[str, Any]:
    return {name: value for name in (*_ASKED, "last") if (value := request.args.get(name, "").strip())}


def _link(**changes: str | None) -> str:
    """Return this page's address with some of what was asked changed; None takes it away."""
    asked = {name: value for name, value in {**_args(), **changes}.items() if value}
    base = url_for(request.endpoint or "board.show", **(request.view_args or {}))
    return f"{base}?{urlencode(asked)}" if asked else base


def _shared(here: Opened, told: matrices.Base, sieve: Sieve) -> dict[str, Any]:
    found = sorted(matrices.rules_of(here.county), key=lambda one: order(one[0]))
    return {
        "waiting": here.waiting,
        "as_of": show_moment(told.oldest) if told.oldest else None,
        "place": here.regime.name,
        "once_each": cache,
        "unit_page": _unit_pages(),
        "types": _types(),
        "statuses": STATUSES,
        "sorts": SORTS,
        "rules": [("", "全部规则"), *((code, f"{_rule_name(code)}（{n} 个单位）") for code, n in found)],
        "rule_name": _rule_name(sieve.rule) if sieve.rule else "",
        "unreadable": [one for one in told.units if one.id in told.unreadable],
        "clear": url_for(request.endpoint or "board.show", **(request.view_args or {})),
    }


def _unit_pages() -> Callable[[str], str]:
    """Return what gives units' addresses: asked of Flask once, for there are hundreds of them on a page."""
    base, _, end = url_for("board.unit", unit="\x00").rpartition("%00")
    return lambda slug: f"{base}{quote(slug, safe='')}{end}"


def _types() -> list[tuple[str, str]]:
    return [(one.value, one.label) for one in UnitType]


def _duties(here: Opened) -> list[tuple[str, str]]:
    owed = matrices.duties_of(here.county)
    return [(one.code, one.title) for one in DUTIES if one.code in owed]


def _rule_name(code: str) -> str:
    return rules()[code].title if code in rules() else code


def _label(choices: Any, value: str) -> str:
    return next((text for code, text in choices if code == value and code), "")


def _tally(screen: Screen | None, key: str) -> Mapping[str, int]:
    return screen.tallies.get(key, {}) if screen else {}


def _duty(code: str) -> Duty:
    found = next((one for one in DUTIES if one.code == code), None)
    if found is None:
        abort(404)
    return found


def _periods() -> int:
    return int(known(request.args.get("last", ""), LENGTHS, "8"))
