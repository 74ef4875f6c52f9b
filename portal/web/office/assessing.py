"""年度考核: all units of a year, one unit's sheet, and the commission's decision on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.regimes import Regime
from portal.domain.roles import Action
from portal.domain.supervision.assessment import Sheet
from portal.domain.values import show_day, show_period
from portal.exchange.bulletins import (
    Decided,
    assessment_pdf,
    assessments_table,
    held_lines,
    tables_csv,
    tables_xlsx,
)
from portal.exchange.posters import CannotPrint
from portal.exchange.workbook import XLSX_TYPE
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision import assessing
from portal.web.guards import may
from portal.web.office.house import begin, commit, now, page, person, session, today_of
from portal.web.office.paging import named, part_of
from portal.web.office.seen_in_public import place_of, seen_today, still_seen
from portal.web.office.showing import show_moment
from portal.web.office.tables import sent

bp = Blueprint("assessing", __name__, url_prefix="/assessment")


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Lead to the newest year that has ended, else the newest one."""
    here, regime = place_of()
    known = assessing.years(seen_today(here, regime).periods)
    ended = [one for one in known if one < today_of().year]
    return redirect(url_for("assessing.year", year=(ended or known)[0]))


@bp.get("/<year>")
@may(Action.VIEW_BOARD)
def year(year: str) -> ResponseReturnValue:
    """Show all units of a year."""
    here, regime = place_of()
    number = _number(year)
    name = request.args.get("q", "").strip()[:60]
    every = _lines(here, regime, number)
    lines = [one for one in every if named(name, one[0].name)]
    return page(
        "office/bulletins/assessment_year.html",
        title=f"{number}年度考核",
        crumbs=[("通报", url_for("bulletins.listing"))],
        year=number,
        years=assessing.years(seen_today(here, regime).periods),
        part=part_of(
            sorted(lines, key=lambda one: -one[0].points), at=url_for("assessing.year", year=number)
        ),
        any_sheet=every[0][0] if every else None,
        name=name,
        ended=number < today_of().year,
        on=show_day(today_of()),
        files=[
            (label, url_for("assessing.year_file", year=number, ending=ending))
            for ending, label in (("xlsx", "表格（XLSX）"), ("csv", "数据（CSV）"))
        ],
    )


@bp.get("/<year>/list.<ending>")
@may(Action.VIEW_BOARD)
def year_file(year: str, ending: str) -> ResponseReturnValue:
    """Send all units of a year as a file."""
    here, regime = place_of()
    if ending not in ("xlsx", "csv"):
        abort(404)
    tables = assessments_table(_number(year), _lines(here, regime, _number(year)))
    if ending == "csv":
        return sent(tables_csv(tables[:1]), "text/csv", f"{year}年度考核.csv", plain=f"assessment-{year}")
    return sent(tables_xlsx(tables), XLSX_TYPE, f"{year}年度考核.xlsx", plain=f"assessment-{year}")


@bp.get("/<year>/<unit>")
@may(Action.VIEW_BOARD)
def one(year: str, unit: str) -> ResponseReturnValue:
    """Show one unit's sheet."""
    here, regime = place_of()
    return _page(here, _sheet(here, regime, _number(year), unit), {})


@bp.get("/<year>/<unit>.pdf")
@may(Action.VIEW_BOARD)
def one_pdf(year: str, unit: str) -> ResponseReturnValue:
    """Send one unit's sheet: as it was decided on, else as it stands today."""
    here, regime = place_of()
    row = assessing.decided(here, _number(year)).get(unit)
    sheet = Sheet.from_json(row.figures) if row else _sheet(here, regime, _number(year), unit)
    try:
        content = assessment_pdf(sheet, _decided(row))
    except CannotPrint as trouble:
        abort(503, str(trouble))
    name = f"{sheet.name}{year}年度考核表.pdf"
    return sent(content, "application/pdf", name, plain=f"assessment-{year}-{unit}")


@bp.post("/<year>/<unit>")
@may(Action.SUPERVISE)
def decide(year: str, unit: str) -> ResponseReturnValue:
    """Record the decision."""
    here, regime = place_of()
    seen = seen_today(here, regime)  # The long part, before anybody else has to wait.
    if _number(year) not in assessing.years(seen.periods):
        abort(404)
    begin()
    here, regime = place_of()
    sheet = None
    if still_seen(here, regime, seen):
        found = assessing.sheets(here, regime, _number(year), on=today_of(), seen=seen)
        sheet = next((each for each in found if each.slug == unit), None) or abort(404)
    typed = {name: request.form.get(name, "") for name in ("decision", "words", "newest", "digest")}
    if sheet is None or sheet.digest() != typed["digest"]:
        session().rollback()
        told = "在您打开本页之后，考核的依据有了变化。下面是最新的情况，您写的话还在；请核对后再决定。"
        return _page(here, _sheet(here, regime, _number(year), unit), typed, [("", told)]), 409
    owner = here.unit(unit) or abort(404)
    number = typed["newest"]
    try:
        made = assessing.decide(
            here,
            owner,
            sheet=sheet,
            decision=typed["decision"],
            words=typed["words"],
            expected=int(number) if number.isascii() and number.isdigit() and len(number) < 7 else -1,
            now=now(),
        )
    except assessing.Refused as wrong:
        session().rollback()
        return _page(here, sheet, typed, [(wrong.field, str(wrong))]), 422
    commit()
    flash(f"已记录决定：{sheet.name}{year}年度考核定为{sheet.grade(made.decision)}。")
    return redirect(url_for("assessing.one", year=year, unit=unit), 303)


def _page(
    here: County, sheet: Sheet, typed: Mapping[str, str], problems: list[tuple[str, str]] | None = None
) -> str:
    owner = here.unit(sheet.slug) or abort(404)
    known = assessing.decisions(here, owner, sheet.year)
    return page(
        "office/bulletins/assessment.html",
        title=f"{sheet.name}{sheet.year}年度考核表",
        crumbs=[
            ("通报", url_for("bulletins.listing")),
            (f"{sheet.year}年度考核", url_for("assessing.year", year=sheet.year)),
        ],
        sheet=sheet,
        held=held_lines(sheet),
        known=[(row, _decided(row), show_moment(row.decided_at)) for row in known],
        newest=known[0].number if known else 0,
        moved=bool(known) and Sheet.from_json(known[0].figures).points != sheet.points,
        may_decide=person().may(Action.SUPERVISE),
        ended=sheet.year < today_of().year,
        typed=typed,
        problems=problems or [],
        digest=sheet.digest(),
        on=show_day(sheet.on),
        show_period=show_period,
        pdf=url_for("assessing.one_pdf", year=sheet.year, unit=sheet.slug),
    )


def _number(year: str) -> int:
    """Return the year of an address; 404 where it is none."""
    return int(year) if len(year) == 4 and year.isascii() and year.isdigit() else abort(404)


def _sheets(here: County, regime: Regime, year: int) -> list[Sheet]:
    seen = seen_today(here, regime)
    if year not in assessing.years(seen.periods):
        abort(404)
    return assessing.sheets(here, regime, year, on=today_of(), seen=seen)


def _sheet(here: County, regime: Regime, year: int, unit: str) -> Sheet:
    return next((each for each in _sheets(here, regime, year) if each.slug == unit), None) or abort(404)


def _lines(here: County, regime: Regime, year: int) -> list[tuple[Sheet, Decided | None]]:
    found = assessing.decided(here, year)
    return [(each, _decided(found.get(each.slug))) for each in _sheets(here, regime, year)]


def _decided(row: Any) -> Decided | None:
    if row is None:
        return None
    day = row.decided_at.astimezone(SHANGHAI).date()
    return Decided(
        Sheet.from_json(row.figures).grade(row.decision), row.words, row.decided_by, day, row.number
    )
