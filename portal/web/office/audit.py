"""操作日志: everything in one list, sieved and exported; it can only be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Container, Iterator
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BuildError

from portal.domain.documents.base import kinds
from portal.domain.roles import Action
from portal.domain.values import Type, read_day
from portal.exchange.sheets.writing import safe_text
from portal.exchange.workbook import XLSX_TYPE, Column, Shape, Sheet, workbook
from portal.services.accounts.keeping import kept_by_commission
from portal.services.board.county import County
from portal.services.checking import SHANGHAI
from portal.services.running import audit
from portal.services.running.audit import Entry, Wanted
from portal.web.guards import may
from portal.web.office.house import county, gate, office, page, person
from portal.web.office.tables import saved_as, sent

bp = Blueprint("audit", __name__)

PAGE = 50
MOST_CSV, MOST_XLSX = 1_000_000, 50_000  # Lines: a stream may be long; a workbook is made in the memory.
_NAMES = ("first", "last", "sort", "actor", "unit", "text")
_HEADERS = ("时间", "谁", "做了什么", "单位", "内容", "改动")
_SHAPE = Shape((Sheet("操作日志", tuple(Column(name, Type.LINE) for name in _HEADERS)),))


@bp.get("/audit")
@may(Action.READ_AUDIT)
def listing() -> ResponseReturnValue:
    """Show one page of the log."""
    here = county()
    typed, wanted, problems = _read(here)
    after = request.args.get("after", "")
    entries: list[Entry] = []
    going_on: str | None = None
    if not problems:
        try:
            entries, going_on = audit.page_of(here, wanted, after=after, limit=PAGE)
        except ValueError:
            problems = [("", "翻页的地址不完整。请从第一页重新开始。")]
    chosen = {name: value for name, value in typed.items() if value}
    units = here.units()
    names = {one.id: one for one in units}
    kept = {one.id for one in kept_by_commission(gate(), person().jurisdiction)}
    body = page(
        "office/audit/listing.html",
        title="操作日志",
        rows=[(one, moment(one.at), names.get(one.unit_id or 0), where(one, names, kept)) for one in entries],
        typed=typed,
        problems=problems,
        sorts=[("", "全部"), *audit.SORTS.items()],
        actors=[("", "全部人员"), *((one, one) for one in audit.actors_of(here))],
        units=[("", "全部单位"), *((one.slug, one.name) for one in units)],
        older=_link("audit.listing", {**chosen, "after": going_on}) if going_on else None,
        newest=_link("audit.listing", chosen) if after else None,
        as_csv=_link("audit.as_csv", chosen),
        as_workbook=_link("audit.as_workbook", chosen),
        reports_log=person().may(Action.LEAD_REPORTS),
    )
    return body, 422 if problems else 200


def _link(endpoint: str, values: dict[str, Any]) -> str:
    return f"{url_for(endpoint)}?{urlencode(values)}" if values else url_for(endpoint)


def moment(at: datetime) -> str:
    """Return an instant as China's clock has it."""
    return f"{at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"


def where(one: Entry, units: dict[int, Any], accounts: Container[int]) -> str | None:
    """Return where the thing is that an entry is about; None where the reader has no page of it.

    Of `accounts` are those that the commission keeps: the others belong to their units.
    """
    match one.place:
        case ("unit", slug):
            return url_for("county_units.one", slug=slug)
        case ("terms", *_):
            return url_for("county_terms.history")
        case ("record", number, kind, slug) if (unit := units.get(int(number))) and office().public_url:
            return _public(unit.slug, kind, slug)
        case ("account", number) if int(number) in accounts:
            return _known("users.commission_one", number=int(number))
        case (table, uid):
            endpoint = _PLACES.get(table)
            return _known(endpoint, uid=uid) if endpoint else None
    return None


_PLACES = {
    "matter": "matters.one",
    "letter": "letters.one",
    "rectification": "rectifying.one",
    "bulletin": "bulletins.one",
    "inspection": "inspections.one",
}


def _known(endpoint: str, **values: Any) -> str | None:
    if endpoint not in current_app.view_functions:
        return None
    try:
        return url_for(endpoint, **values)
    except BuildError:
        return None


def _public(unit: str, kind: str, slug: str) -> str | None:
    model = kinds().get(kind)
    base = office().public_url
    return f"{base}/{person().jurisdiction}/u/{unit}/{model.kind.path}/{slug}.html" if model else None


def _read(here: County) -> tuple[dict[str, str], Wanted, list[tuple[str, str]]]:
    """Return what was typed, what it asks for, and what is wrong with it."""
    typed = {name: request.args.get(name, "").strip()[:100] for name in _NAMES}
    problems: list[tuple[str, str]] = []
    days: dict[str, date | None] = {"first": None, "last": None}
    for name, label in (("first", "起始日期"), ("last", "截止日期")):
        if text := typed[name]:
            try:
                days[name] = read_day(text)
            except ValueError as wrong:
                problems.append((name, f"{label}：{wrong}"))
                continue
            if not 1949 <= (days[name] or date.min).year <= 2199:
                problems.append((name, f"{label}的年份不在合理范围内。请核对。"))
    if days["first"] and days["last"] and days["last"] < days["first"]:
        problems.append(("last", "截止日期早于起始日期。请改正其中一个。"))
    unit = here.unit(typed["unit"]) if typed["unit"] else None
    if typed["unit"] and unit is None:
        problems.append(("unit", "没有这个单位。请从列表中选择。"))
    if typed["sort"] and typed["sort"] not in audit.SORTS:
        problems.append(("sort", "没有这一类。请从列表中选择。"))
    wanted = Wanted(
        days["first"], days["last"], typed["sort"], typed["actor"], unit.id if unit else None, typed["text"]
    )
    return typed, wanted, problems


def _cells(one: Entry, names: dict[int, str]) -> tuple[str, ...]:
    changes = "；".join(
        f"{label}：{before or '（无）'} → {after or '（无）'}" for label, before, after in one.changes
    )
    told = (moment(one.at), one.actor, one.what, names.get(one.unit_id or 0, ""), one.words, changes)
    return tuple(safe_text(text) for text in told)


def _exported(
    make: Callable[[County, Wanted, dict[int, str]], ResponseReturnValue],
) -> ResponseReturnValue:
    """Make a file of what the filter leaves, or say what is wrong with the filter."""
    here = county()
    _, wanted, problems = _read(here)
    if problems:
        return page("office/error.html", title="筛选条件不对", words=problems[0][1]), 422
    return make(here, wanted, {one.id: one.name for one in here.units()})


@bp.get("/audit.csv")
@may(Action.READ_AUDIT)
def as_csv() -> ResponseReturnValue:
    """Send what the filter leaves, all pages of it, as it is read."""

    def make(here: County, wanted: Wanted, names: dict[int, str]) -> ResponseReturnValue:
        return Response(
            stream_with_context(_lines(here, wanted, names)),
            mimetype="text/csv",
            headers={"Content-Disposition": saved_as("操作日志.csv", plain="audit")},
        )

    return _exported(make)


def _lines(here: County, wanted: Wanted, names: dict[int, str]) -> Iterator[bytes]:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(_HEADERS)
    yield b"\xef\xbb\xbf"
    for one in audit.every(here, wanted, most=MOST_CSV):
        writer.writerow(_cells(one, names))
        if out.tell() > 32_768:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


@bp.get("/audit.xlsx")
@may(Action.READ_AUDIT)
def as_workbook() -> ResponseReturnValue:
    """Send the same as a workbook, the newest lines as far as a workbook should hold."""

    def make(here: County, wanted: Wanted, names: dict[int, str]) -> ResponseReturnValue:
        lines = [Type.LINE] * len(_HEADERS)
        rows = [(_cells(one, names), lines) for one in audit.every(here, wanted, most=MOST_XLSX)]
        return sent(workbook(_SHAPE, [rows]), XLSX_TYPE, "操作日志.xlsx", plain="audit")

    return _exported(make)
