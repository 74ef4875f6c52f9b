"""通报: a quarter's figures as they stand, issued numbers, and both as page, PDF, workbook and CSV."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.regimes import Regime
from portal.domain.roles import Action
from portal.domain.supervision.bulletin import Figures
from portal.domain.supervision.bulletin_words import METHOD, gap_word, sections_of, title_of
from portal.domain.values import show_day, show_period
from portal.exchange.bulletins import bulletin_csv, bulletin_xlsx
from portal.exchange.bulletins.paper import Printed, bulletin_pdf
from portal.exchange.posters import CannotPrint
from portal.exchange.workbook import XLSX_TYPE
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.supervision import bulletins
from portal.services.supervision.in_public import public_periods
from portal.web.guards import may
from portal.web.office.bulletin_drawings import coverage_bars, duty_bars, rule_bars, trend_of
from portal.web.office.house import begin, commit, now, page, person, session, today_of
from portal.web.office.seen_in_public import place_of, seen_then, seen_today, still_seen
from portal.web.office.showing import show_moment
from portal.web.office.tables import csv_file, sent, xlsx_file

bp = Blueprint("bulletins", __name__, url_prefix="/bulletins")
_HEADS = ("季度", "期号", "发文字号", "按期率", "规范指数", "发出时间", "发出人")
_QUARTER = re.compile(r"[0-9]{4}Q[1-4]")


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show the quarters, and what was issued."""
    here, _ = place_of()
    known = bulletins.issued(here)
    counts: dict[str, int] = {}
    for one in known:
        counts[one.period] = counts.get(one.period, 0) + 1
    return page(
        "office/bulletins/listing.html",
        title="通报",
        quarters=[(one, show_period(one), counts.get(one, 0)) for one in reversed(_periods(here))],
        issued=[
            (one, show_period(one.period), bulletins.figures(one), show_moment(one.issued_at))
            for one in known
        ],
    )


@bp.get("/export.csv")
@may(Action.VIEW_BOARD)
def export_csv() -> ResponseReturnValue:
    """Send what was issued as CSV."""
    return csv_file("已发出的通报", _HEADS, _rows())


@bp.get("/export.xlsx")
@may(Action.VIEW_BOARD)
def export_xlsx() -> ResponseReturnValue:
    """Send it as a workbook."""
    return xlsx_file("已发出的通报", "已发出的通报", _HEADS, _rows())


def _rows() -> list[tuple[str | int, ...]]:
    return [_cells(one, bulletins.figures(one)) for one in bulletins.issued(place_of()[0])]


def _cells(one: Any, counted: Figures) -> tuple[str | int, ...]:
    told = counted.document_no or "", counted.total.share.text, counted.average_text
    return show_period(one.period), one.number, *told, show_moment(one.issued_at), one.issued_by


@bp.get("/<quarter>")
@may(Action.VIEW_BOARD)
def draft(quarter: str) -> ResponseReturnValue:
    """Show a quarter's figures as they stand today, with what was issued of it."""
    here, regime = place_of()
    return _draft_page(here, quarter, _drafted(here, regime, quarter), {})


@bp.post("/<quarter>/issue")
@may(Action.SUPERVISE)
def issue(quarter: str) -> ResponseReturnValue:
    """Freeze the figures that were shown as the quarter's next number."""
    here, regime = place_of()
    _known(here, quarter)
    typed = {
        name: request.form.get(name, "") for name in ("words", "reason", "document_no", "digest", "newest")
    }
    # The long part, before anybody else has to wait.
    seen, then = seen_today(here, regime), seen_then(here, regime, quarter)
    begin()
    here, regime = place_of()
    counted = None
    if still_seen(here, regime, seen):
        counted = bulletins.draft(here, regime, quarter, on=today_of(), seen=seen, then=then)
    if counted is None or counted.digest() != typed["digest"]:
        session().rollback()
        told = "在您打开本页之后，公开的内容有了更新。下面是最新的数字，您写的话都还在；请核对后再发出。"
        newest = _drafted(here, regime, quarter)
        return _draft_page(here, quarter, newest, typed, [("", told)]), 409
    try:
        made = bulletins.issue(
            here,
            quarter,
            counted=counted,
            document_no=typed["document_no"],
            expected=_number(typed["newest"]),
            words=typed["words"],
            reason=typed["reason"],
            now=now(),
            periods=_periods(here),
        )
    except bulletins.Refused as wrong:
        session().rollback()
        return _draft_page(here, quarter, counted, typed, [(wrong.field, str(wrong))]), 422
    commit()
    flash(f"{show_period(quarter)}第{made.number}号通报已经发出。")
    return redirect(url_for("bulletins.one", quarter=quarter, number=made.number), 303)


@bp.get("/<quarter>/<int:number>")
@may(Action.VIEW_BOARD)
def one(quarter: str, number: int) -> ResponseReturnValue:
    """Show a bulletin as it was issued."""
    here, _ = place_of()
    row = bulletins.one_issued(here, quarter, number) or abort(404)
    counted = bulletins.figures(row)
    newer = bulletins.issued(here, quarter)[0].number
    return page(
        "office/bulletins/one.html",
        title=title_of(counted),
        crumbs=[("通报", url_for("bulletins.listing"))],
        row=row,
        issued_at=show_moment(row.issued_at),
        newer=newer if newer != number else None,
        **_shown(counted),
        files=_files(quarter, number),
    )


@bp.get("/<quarter>/draft.<ending>")
@may(Action.VIEW_BOARD)
def draft_file(quarter: str, ending: str) -> ResponseReturnValue:
    """Send the figures of today as a file."""
    here, regime = place_of()
    if ending not in _ENDINGS:
        abort(404)
    return _file(_drafted(here, regime, quarter), ending, None)


@bp.get("/<quarter>/<int:number>.<ending>")
@may(Action.VIEW_BOARD)
def one_file(quarter: str, number: int, ending: str) -> ResponseReturnValue:
    """Send an issued bulletin as a file."""
    here, _ = place_of()
    row = bulletins.one_issued(here, quarter, number)
    if row is None or ending not in _ENDINGS:
        abort(404)
    return _file(bulletins.figures(row), ending, row)


def _draft_page(
    here: County,
    quarter: str,
    counted: Figures,
    typed: Mapping[str, str],
    problems: list[tuple[str, str]] | None = None,
) -> str:
    known = bulletins.issued(here, quarter)
    return page(
        "office/bulletins/draft.html",
        title=f"{show_period(quarter)}通报（未发出）",
        crumbs=[("通报", url_for("bulletins.listing"))],
        known=[(one, show_moment(one.issued_at)) for one in known],
        newest=known[0].number if known else 0,
        may_issue=person().may(Action.SUPERVISE),
        typed=typed,
        problems=problems or [],
        digest=counted.digest(),
        **_shown(counted),
        files=_files(quarter, None),
    )


def _shown(counted: Figures) -> dict[str, Any]:
    """Return what both pages show of the figures."""
    return {
        "figures": counted,
        "quarter_name": show_period(counted.quarter),
        "on": show_day(counted.on),
        "sections": {one.name: one for one in sections_of(counted)},
        "method": METHOD,
        "gap_word": gap_word,
        "show_day": show_day,
        "show_period": show_period,
        "duty_chart": duty_bars(counted.of_quarter, title="本季度到期事项的完成情况"),
        "coverage_chart": coverage_bars(counted.coverage, title="覆盖率"),
        "rule_chart": rule_bars(counted.findings, title="发现问题较多的规则"),
        "trend_chart": trend_of(counted.trend, title="按期率的变化"),
    }


def _periods(here: County) -> list[str]:
    return public_periods(here, on=today_of())


def _known(here: County, quarter: str) -> None:
    if not _QUARTER.fullmatch(quarter) or quarter not in _periods(here):
        abort(404)


def _number(text: str) -> int:
    """Return a number from a form; -1, which never fits, where it says anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 7 else -1


def _drafted(here: County, regime: Regime, quarter: str) -> Figures:
    _known(here, quarter)
    seen, then = seen_today(here, regime), seen_then(here, regime, quarter)
    return bulletins.draft(here, regime, quarter, on=today_of(), seen=seen, then=then)


def _files(quarter: str, number: int | None) -> list[tuple[str, str]]:
    """Return the files of a bulletin: what each is called and where it is."""
    labels = (("pdf", "通报（PDF）"), ("xlsx", "表格（XLSX）"), ("csv", "数据（CSV）"))
    if number is None:
        return [
            (label, url_for("bulletins.draft_file", quarter=quarter, ending=one)) for one, label in labels
        ]
    return [
        (label, url_for("bulletins.one_file", quarter=quarter, number=number, ending=one))
        for one, label in labels
    ]


def _file(counted: Figures, ending: str, row: Any) -> Response:
    if ending == "pdf":
        try:
            content = bulletin_pdf(
                Printed(
                    counted,
                    number=row.number if row else None,
                    words=row.words if row else "",
                    day=row.issued_at.astimezone(SHANGHAI).date() if row else None,
                )
            )
        except CannotPrint as trouble:
            abort(503, str(trouble))
    else:
        content = bulletin_xlsx(counted) if ending == "xlsx" else bulletin_csv(counted)
    name = f"{title_of(counted)}{f'（第{row.number}号）' if row else '（未发出）'}.{ending}"
    plain = f"bulletin-{counted.quarter}-{row.number if row else 'draft'}"
    return sent(content, _ENDINGS[ending], name, plain=plain)


_ENDINGS = {"pdf": "application/pdf", "xlsx": XLSX_TYPE, "csv": "text/csv"}
