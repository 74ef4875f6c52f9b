"""放假安排: a year's notice of the State Council is pasted, shown as a calendar, and makes provisional deadlines firm."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.notices import read_notice
from portal.domain.roles import Action
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.running import terms
from portal.services.running.terms import Proposed
from portal.services.running.units import NotKept, Overtaken, today_of
from portal.web.guards import may
from portal.web.office.county_terms import CHANGED_MEANWHILE, basis, shown
from portal.web.office.house import begin, commit, county, now, office, page, session

bp = Blueprint("county_years", __name__)


@bp.get("/years")
@may(Action.KEEP_COUNTY)
def listing() -> ResponseReturnValue:
    """Show which years are known, and take a notice."""
    return _form({"year": str(today_of(now()).year + 1)})


def _form(typed: Any, *, problems: list[tuple[str, str]] | None = None) -> ResponseReturnValue:
    here = county()
    regime, today = office().regimes[here.slug], today_of(now())
    known = {one.year: one for one in (*(regime.national.years if regime.national else ()), *regime.years)}
    calendar = regime.calendar_on(today)
    rows = [
        (year, known.get(year), calendar.is_noticed(year)) for year in range(today.year - 1, today.year + 3)
    ]
    text = page(
        "office/county_terms/years.html",
        title="放假安排",
        crumbs=[("制度参数", url_for("county_terms.listing"))],
        typed=typed,
        rows=rows,
        problems=problems or [],
        wrong=dict(problems or []),
        show_day=show_day,
    )
    return text, 422 if problems else 200


def _proposed(here: County, form: Any, *, tried: bool = True) -> Proposed | list[tuple[str, str]]:
    year = form.get("year", "").strip()
    if not (year.isascii() and year.isdigit() and len(year) == 4):
        return [("year", "年份写成四位数字，例如 2027。")]
    found = read_notice(form.get("notice", "")[:20_000], int(year))
    if found.wrong:
        return [("notice", f"第 {line} 行：{told}" if line else told) for line, told in found.wrong]
    try:
        return terms.propose_year(
            here,
            office().regimes,
            year=int(year),
            off=found.off,
            work=found.work,
            source=form.get("source", ""),
            reason=form.get("reason", "") or f"录入{year}年放假安排",
            approver=form.get("approver", ""),
            now=now(),
            tried=tried,
        )
    except NotKept as wrong:
        return [(wrong.field, str(wrong))]


@bp.post("/years/preview")
@may(Action.KEEP_COUNTY)
def preview() -> ResponseReturnValue:
    """Show the year as a calendar; nothing is written."""
    return _previewed(county())


def _previewed(here: County, *, heed: str = "", status: int = 200) -> ResponseReturnValue:
    found = _proposed(here, request.form)
    if isinstance(found, list):
        return _form(request.form, problems=found)
    return shown(found, f"year~{found.change.name}", heed=heed, status=status)


@bp.post("/years")
@may(Action.KEEP_COUNTY)
def confirm() -> ResponseReturnValue:
    """Write the year that was shown."""
    if request.form.get("back"):
        return _form(request.form)
    begin()
    here = county()
    found = _proposed(here, request.form, tried=False)
    if isinstance(found, list):
        session().rollback()
        return _form(request.form, problems=found)
    try:
        terms.record(here, found, basis=basis(), now=now())
    except Overtaken:
        session().rollback()
        return _previewed(here, heed=CHANGED_MEANWHILE, status=409)
    title = found.title
    commit()
    flash(f"已登记{title}。这一年的期限不再是暂定的。")
    return redirect(url_for("county_years.listing"), 303)
