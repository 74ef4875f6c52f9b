"""不管不问: whose chief left no record of supervision in a quarter, and who cannot be judged."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.calendar import previous_quarter
from portal.domain.roles import Action
from portal.domain.supervision.neglect import Attention, State
from portal.domain.values import show_day, show_period
from portal.services.board.computing import newest_change
from portal.services.board.county import County
from portal.services.supervision.flagging import Unit
from portal.services.supervision.neglecting import (
    attend,
    attention_of,
    neglect_matters,
    quarter_to_take_up,
    take_up_neglect,
)
from portal.web.guards import may
from portal.web.office.flags import regime_of
from portal.web.office.house import begin, commit, county, now, page, person
from portal.web.office.paging import named, part_of
from portal.web.office.showing import link_to
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("neglect", __name__, url_prefix="/neglect")
QUARTERS = 8  # How far back one can look: two years.
_SIGNS = {
    State.TENDED: ("ok", "green"),
    State.NEGLECTED: ("no", "red"),
    State.NOT_YET: ("wait", "plain"),
    State.NOT_APPLICABLE: ("na", "plain"),
    State.UNKNOWN: ("dash", "ochre"),
}
_ORDER = (State.NEGLECTED, State.UNKNOWN, State.NOT_YET, State.TENDED, State.NOT_APPLICABLE)


def _quarters() -> list[str]:
    found = [quarter_to_take_up(now())]
    while len(found) < QUARTERS:
        found.append(previous_quarter(found[-1]))
    return found


def _asked() -> tuple[County, str, list[tuple[Unit, Attention]]]:
    here, known, wanted = county(), _quarters(), request.values.get("quarter", "")
    quarter = wanted if wanted in known else known[0]
    found = attention_of(here, regime_of(here), quarter=quarter, now=now())
    found.sort(key=lambda pair: _ORDER.index(pair[1].state))
    return here, quarter, found


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show each unit's quarter."""
    here, quarter, found = _asked()
    matters = neglect_matters(here, quarter)
    name = request.args.get("q", "").strip()[:60]
    shown = [pair for pair in found if named(name, pair[0].name, pair[0].short)]
    return page(
        "office/neglect/listing.html",
        title="不管不问",
        crumbs=[("采购异常信号", url_for("flags.listing"))],
        part=part_of(shown, at=url_for("neglect.listing")),
        found=found,
        wanted=name,
        quarter=quarter,
        name=show_period(quarter),
        quarters=[(one, show_period(one)) for one in _quarters()],
        counts={state: sum(one.state is state for _, one in found) for state in _ORDER},
        signs=_SIGNS,
        least=found[0][1].least if found else 0,
        matters=matters,
        fresh=sum(one.state is State.NEGLECTED and unit.id not in matters for unit, one in found),
        matter_link=lambda uid: link_to("matters.one", uid=uid),
        acts=person().may(Action.SUPERVISE),
        show_day=show_day,
    )


@bp.post("/take")
@may(Action.SUPERVISE)
def take() -> ResponseReturnValue:
    """Open the matters of a quarter now, as the platform does by itself once a day."""
    here, known, quarter = county(), _quarters(), request.form.get("quarter", "")
    if quarter not in known:
        quarter = known[0]
    regime, seen = regime_of(here), newest_change(here)
    attended = attend(here, regime, quarter=quarter, now=now())  # The long part, before anybody has to wait.
    begin()
    here = county()
    moved = newest_change(here) != seen  # Something was published meanwhile.
    changed = take_up_neglect(here, regime, quarter=quarter, now=now(), attended=None if moved else attended)
    commit()
    flash(f"已更新 {changed} 个单位的监督事项。" if changed else "没有需要新增或更新的监督事项。")
    return redirect(url_for("neglect.listing", quarter=quarter), code=303)


_HEADERS = ("季度", "单位", "情况", "监督记录次数", "至少次数", "说明", "记录")


def _rows() -> list[tuple[str | int, ...]]:
    _, quarter, found = _asked()
    return [
        (
            show_period(quarter),
            unit.name,
            one.state.label,
            len(one.records),
            one.least,
            one.note,
            "；".join(f"{show_day(seen.day)} {seen.what} {seen.who} {seen.words}" for seen in one.records),
        )
        for unit, one in found
    ]


@bp.get("/neglect.csv")
@may(Action.VIEW_BOARD)
def as_csv() -> ResponseReturnValue:
    """Send the quarter's table."""
    return csv_file("不管不问", _HEADERS, _rows())


@bp.get("/neglect.xlsx")
@may(Action.VIEW_BOARD)
def as_xlsx() -> ResponseReturnValue:
    """Send the same as a workbook."""
    return xlsx_file("不管不问", "不管不问", _HEADERS, _rows())
