"""预警: which units need watching, by the open formula. Only for those who supervise; no unit ever sees it."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.calendar import previous_quarter, quarter_of
from portal.domain.roles import Action
from portal.domain.supervision.terms import WarningTerms
from portal.domain.supervision.warnings import Clue, Score, State, formula, window
from portal.domain.values import show_day, show_period
from portal.services.board.computing import newest_change
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision.flagging import Unit
from portal.services.supervision.warnings import (
    MOST,
    Measure,
    Refused,
    as_kept,
    formula_of,
    gather,
    keep,
    kept,
    measures_of,
    take_measure,
)
from portal.web.guards import may
from portal.web.office.flags import public_record, regime_of
from portal.web.office.house import begin, commit, county, now, page, person, session, today_of
from portal.web.office.paging import named, part_of
from portal.web.office.showing import link_to, show_moment
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("warnings", __name__, url_prefix="/warnings")
_RANK = {State.ALERT: 0, State.PREVENT: 1, State.CALM: 2}
SIGNS = {
    State.ALERT: ("no", "red"),
    State.PREVENT: ("late", "ochre"),
    State.CALM: ("ok", "green"),
}


class Table:
    """The states of one quarter: as they were kept, else as they are now. The quarter is the request's `quarter`."""

    def __init__(self, here: County) -> None:
        """Look up the states; the gravest come first."""
        regime = regime_of(here)
        running = quarter_of(today_of())
        self.here, self.regime, self.running = here, regime, running
        self.ended = previous_quarter(running)
        past = {one.quarter for one in kept(here)}
        self.quarters = sorted({running, self.ended, *past}, reverse=True)
        asked = request.args.get("quarter", "")
        self.quarter = asked if asked in self.quarters else running
        rows = kept(here, quarter=self.quarter)
        self.kept_at = max((one.recorded_at for one in rows), default=None)
        self.kept_by = rows[0].recorded_by if rows else ""
        if rows:
            units = {unit.id: unit for unit in here.units()}
            self.lines = [(units[one.unit_id], as_kept(one)) for one in rows if one.unit_id in units]
        else:
            self.lines = gather(here, regime, quarter=self.quarter, now=now())
        self.lines.sort(
            key=lambda pair: (_RANK[pair[1].state], -pair[1].points, pair[0].position, pair[0].id)
        )

    @property
    def state(self) -> str:
        """The state that the list was narrowed to; blank for all of them."""
        asked = request.args.get("state", "")
        return asked if asked in set(State) else ""

    @property
    def name(self) -> str:
        """The part of a name that the list was narrowed to; blank for all of them."""
        return request.args.get("q", "").strip()[:60]

    @property
    def shown(self) -> list[tuple[Unit, Score]]:
        """The lines that the list was narrowed to."""
        return [
            pair
            for pair in self.lines
            if (not self.state or pair[1].state == self.state)
            and named(self.name, pair[0].name, pair[0].short)
        ]

    @property
    def terms(self) -> WarningTerms | None:
        """The formula by which the states were made."""
        return formula_of(self.regime, self.quarter, today_of())

    @property
    def choices(self) -> list[tuple[str, str]]:
        """The quarters that can be shown, and what they are called."""
        return [
            (one, f"{show_period(one)}{'（至今）' if one == self.running else ''}") for one in self.quarters
        ]

    @property
    def may_keep(self) -> bool:
        """Whether the quarter has ended and is not kept yet."""
        return self.quarter < self.running and self.kept_at is None


@bp.get("/")
@may(Action.SUPERVISE)
def listing() -> ResponseReturnValue:
    """Show every unit's state."""
    return _listing()


def _listing(problem: str = "") -> ResponseReturnValue:
    here = county()
    table = Table(here)
    terms = table.terms
    counts = {state: sum(found.state is state for _, found in table.lines) for state in State}
    part = part_of(table.shown, at=url_for("warnings.listing"))
    measures = measures_of(here, [unit for unit, _ in part.rows])
    body = page(
        "office/warnings/listing.html",
        title="预警",
        table=table,
        part=part,
        counts=counts,
        states=[("", "全部状态"), *((one.value, one.label) for one in State)],
        wanted=table.state,
        signs=SIGNS,
        latest={number: steps[0] for number, steps in measures.items()},
        terms=terms,
        formula=formula(terms) if terms else (),
        first=show_period(window(terms, table.quarter)[-1]) if terms else "",
        name=show_period(table.quarter),
        quarters=table.choices,
        weighing=person().may(Action.WEIGH_REPORTS),
        problem=problem,
        moment=show_moment,
        show_day=show_day,
        day_of=lambda at: show_day(at.astimezone(SHANGHAI).date()),
    )
    return body, 422 if problem else 200


@bp.post("/keep")
@may(Action.SUPERVISE)
def keep_quarter() -> ResponseReturnValue:
    """Keep the states of a quarter that has ended."""
    here, quarter = county(), request.form.get("quarter", "")
    if quarter != previous_quarter(quarter_of(today_of())):
        return _listing("只能固定刚结束的一个季度。更早的季度没有当时的数据，不能补做。")
    regime, seen = regime_of(here), newest_change(here)
    # The long part, before anybody has to wait for the write lock.
    gathered = {unit.id: score for unit, score in gather(here, regime, quarter=quarter, now=now())}
    begin()
    here = county()
    moved = newest_change(here) != seen  # Something was published meanwhile.
    number = keep(here, regime, quarter=quarter, now=now(), gathered=None if moved else gathered)
    commit()
    flash(
        f"已固定{show_period(quarter)}的预警状态，{number} 个单位。"
        if number
        else "该季度此前已经固定，没有变化。"
    )
    return redirect(url_for("warnings.listing", quarter=quarter), code=303)


@bp.get("/<slug>")
@may(Action.SUPERVISE)
def one(slug: str) -> ResponseReturnValue:
    """Show what made a unit's state, its history, and what was done."""
    return _one(slug)


def _one(slug: str, typed: dict[str, str] | None = None, problem: str = "") -> ResponseReturnValue:
    here = county()
    unit = here.unit(slug)
    if unit is None:
        abort(404)
    table = Table(here)
    found = next((score for each, score in table.lines if each.id == unit.id), None)
    history = [(each, as_kept(each)) for each in kept(here, unit=unit)]
    body = page(
        "office/warnings/one.html",
        title=unit.name,
        crumbs=[("预警", url_for("warnings.listing"))],
        unit=unit,
        table=table,
        found=found,
        signs=SIGNS,
        history=history,
        measures=measures_of(here, [unit]).get(unit.id, []),
        choices=[(each.value, each.label) for each in Measure],
        typed=typed or {},
        problem=problem,
        most=MOST,
        weighing=person().may(Action.WEIGH_REPORTS),
        name=show_period(table.quarter),
        period=show_period,
        link=lambda clue: _link(here, unit, clue),
        moment=show_moment,
        board=link_to("board.unit", unit=unit.slug),
    )
    return body, 422 if problem else 200


def _link(here: County, unit: Unit, clue: Clue) -> str | None:
    """Return where a clue can be seen; None where this office has no such page."""
    match clue.page:
        case "record":
            kind, _, slug = clue.target.partition("/")
            return public_record(here, unit.slug, kind, slug)
        case "matter":
            return link_to("matters.one", uid=clue.target)
        case "rectification":
            return link_to("rectifying.one", uid=clue.target)
        case "flags":
            return link_to("flags.listing", unit=clue.target)
        case "neglect":
            return link_to("neglect.listing", quarter=clue.target)
        case "cell":
            return link_to("board.unit", unit=unit.slug)
    return None


@bp.post("/<slug>/measure")
@may(Action.SUPERVISE)
def measure(slug: str) -> ResponseReturnValue:
    """Record a measure that was taken."""
    typed = {name: request.form.get(name, "") for name in ("measure", "words")}
    if typed["measure"] not in {each.value for each in Measure}:
        return _one(slug, typed, "请选择采取了什么措施。")
    begin()
    here = county()
    unit = here.unit(slug) or abort(404)
    try:
        take_measure(here, unit, measure=Measure(typed["measure"]), words=typed["words"], now=now())
    except Refused as refused:
        session().rollback()  # The page works out every unit's state: nobody waits for that.
        return _one(slug, typed, str(refused))
    commit()
    flash("已记录采取的措施。单位看不到这条记录。")
    return redirect(url_for("warnings.one", slug=slug), code=303)


def _rows(table: Table) -> tuple[tuple[str, ...], list[tuple[str | int, ...]]]:
    titles = [part.title for part in table.lines[0][1].parts] if table.lines else []
    headers = (
        "季度",
        "单位",
        "状态",
        "合计分",
        *(f"{one}（{what}）" for one in titles for what in ("件", "分")),
    )
    return headers, [
        (show_period(table.quarter), unit.name, found.state.label, found.points, *_numbers(found))
        for unit, found in table.shown
    ]


def _numbers(found: Score) -> list[str | int]:
    cells: list[str | int] = []
    for part in found.parts:
        cells += [part.count if part.count is not None else "另计", part.points]
    return cells


@bp.get("/warnings.csv")
@may(Action.SUPERVISE)
def as_csv() -> ResponseReturnValue:
    """Send the states of a quarter."""
    return csv_file("预警", *_rows(Table(county())))


@bp.get("/warnings.xlsx")
@may(Action.SUPERVISE)
def as_xlsx() -> ResponseReturnValue:
    """Send the same as a workbook."""
    return xlsx_file("预警", "预警", *_rows(Table(county())))
