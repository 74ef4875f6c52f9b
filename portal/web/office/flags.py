"""采购异常信号: what is worth a closer look in the county's purchases; an officer makes a matter of it, or does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.domain.documents.base import Audience, kind_of
from portal.domain.documents.tender import Tender
from portal.domain.regimes import Regime
from portal.domain.roles import Action
from portal.domain.supervision.flags import ELSEWHERE, WORDS, Flag
from portal.domain.supervision.flags.single import percent
from portal.domain.supervision.terms import FlagTerms
from portal.domain.values import fold, show_day, show_yuan
from portal.services.board.computing import newest_change
from portal.services.board.county import County
from portal.services.supervision.flagging import Looked, look, matters_of
from portal.services.supervision.taking_up import take_up_flags
from portal.web.guards import may
from portal.web.office.house import begin, commit, county, now, office, page, person, session, today_of
from portal.web.office.paging import part_of
from portal.web.office.showing import link_to
from portal.web.office.tables import csv_file, xlsx_file

bp = Blueprint("flags", __name__, url_prefix="/flags")
PAGE = 30  # Flags of one page: each shows its data.
MOST = 200  # Flags that one click may take up.
_ORDERS = {"day": "按日期", "unit": "按单位", "code": "按信号", "supplier": "按供应商"}
_HEADERS = (
    "单位",
    "信号",
    "开放合同代码",
    "日期",
    "供应商",
    "看到的情形",
    "涉及记录",
    "字段",
    "登记的内容",
    "比照",
    "监督事项",
)


@dataclass(frozen=True)
class Wanted:
    """What the reader wants to see."""

    unit: str = ""
    code: str = ""
    supplier: str = ""
    year: str = ""
    fresh: str = ""  # Only what no matter was made of.
    order: str = "day"

    def asked(self) -> dict[str, str]:
        """Return what was asked for, as an address has it."""
        return {
            name: value for name, value in vars(self).items() if value and (name, value) != ("order", "day")
        }


def regime_of(here: County) -> Regime:
    """Return the jurisdiction's regime; without one there is nothing to compare with (404)."""
    found = office().regimes.get(here.slug)
    if found is None:
        abort(404, "本县区没有制度文件，暂时不能核对。请联系平台管理员。")
    return found


@bp.get("/")
@may(Action.VIEW_BOARD)
def listing() -> ResponseReturnValue:
    """Show the flags that the filter leaves."""
    return _show(*_found(), chosen=())


def _found() -> tuple[County, Looked, Wanted, list[Flag]]:
    here = county()
    looked = look(here, regime_of(here), on=today_of())
    given = {name: request.values.get(name, "").strip()[:100] for name in vars(Wanted())}
    wanted = Wanted(**{**given, "order": given["order"] if given["order"] in _ORDERS else "day"})
    return here, looked, wanted, _sifted(here, looked, wanted)


def _sifted(here: County, looked: Looked, wanted: Wanted) -> list[Flag]:
    named = fold(wanted.supplier)
    found = [
        one
        for one in looked.survey.flags
        if (not wanted.unit or one.unit == wanted.unit)
        and (not wanted.code or one.code == wanted.code)
        and (not wanted.year or (one.day is not None and str(one.day.year) == wanted.year))
        and (not named or named in fold(one.supplier) or any(named in fold(each.field) for each in one.data))
    ]
    if wanted.fresh:
        known = matters_of(here, found)
        found = [one for one in found if (one.unit, one.cause) not in known]
    places = {slug: place for place, slug in enumerate(looked.units)}
    codes = {one.code: place for place, one in enumerate(looked.survey.terms)}
    if wanted.order == "unit":
        found.sort(key=lambda one: places.get(one.unit, 0))
    elif wanted.order == "code":
        found.sort(key=lambda one: codes.get(one.code, 0))
    elif wanted.order == "supplier":
        found.sort(key=lambda one: (not one.supplier, one.supplier))
    return found


def _show(
    here: County,
    looked: Looked,
    wanted: Wanted,
    found: list[Flag],
    *,
    chosen: tuple[str, ...],
    problem: str = "",
) -> ResponseReturnValue:
    terms = {one.code: one for one in looked.survey.terms}
    part = part_of(found, at=url_for("flags.listing"), asked=wanted.asked(), page=PAGE, whole=PAGE)
    gaps = [
        one
        for one in looked.survey.gaps
        if (not wanted.unit or one.unit == wanted.unit) and (not wanted.code or one.code == wanted.code)
    ]

    body = page(
        "office/flags/listing.html",
        title="采购异常信号",
        part=part,
        records=looked.survey.records,
        units=looked.units,
        terms=terms,
        words=WORDS,
        elsewhere=ELSEWHERE,
        parameters=parameters,
        gaps=part_of(sorted(gaps, key=lambda one: -one.count)[:PAGE], at=url_for("flags.listing")),
        more_gaps=max(0, len(gaps) - PAGE),
        matters=matters_of(here, list(part.rows)),
        matter_link=lambda uid: link_to("matters.one", uid=uid),
        record=lambda ref, slug: _record(here, looked, ref, slug),
        wanted=wanted,
        orders=list(_ORDERS.items()),
        unit_names=[("", "全部单位"), *((slug, one.name) for slug, one in looked.units.items())],
        codes=[("", "全部信号"), *((one.code, one.title) for one in looked.survey.terms)],
        years=[("", "全部年份"), *((one, f"{one}年") for one in _years(looked))],
        chosen=chosen,
        problem=problem,
        acts=person().may(Action.SUPERVISE),
        query=urlencode(wanted.asked()),
        show_day=show_day,
    )
    return body, 422 if problem else 200


def _years(looked: Looked) -> list[str]:
    return sorted({str(one.day.year) for one in looked.survey.flags if one.day}, reverse=True)


def _record(here: County, looked: Looked, ref: str, slug: str) -> str | None:
    """Return where a record can be read: by everybody, or by the commission to whom it is addressed."""
    unit, audience = looked.places.get(ref, ("", ""))
    if audience == Audience.PUBLIC:
        return public_record(here, unit, Tender.kind.code, slug)
    if audience == Audience.COMMISSION:
        return link_to("board.record", unit=unit, kind=Tender.kind.code, slug=slug)
    return None


def public_record(here: County, unit: str, kind: str, slug: str) -> str | None:
    """Return where everybody reads a public record; None where the public site's address is not known."""
    base = office().public_url
    return f"{base}/{here.slug}/u/{unit}/{kind_of(kind).kind.path}/{slug}.html" if base else None


def parameters(terms: FlagTerms) -> str:
    """Write down the values by which a flag is raised."""
    told = []
    if terms.share is not None:
        told.append(f"比例 {percent(terms.share)}")
    if terms.days is not None:
        told.append(f"{terms.days} 日")
    if terms.count is not None:
        told.append(f"至少 {terms.count}")
    if terms.months is not None:
        told.append(f"{terms.months} 个月内")
    told += [f"{show_yuan(one)} 元" for one in terms.amounts]
    return "，".join(told) or "不需要参照值"


@bp.post("/take")
@may(Action.SUPERVISE)
def take() -> ResponseReturnValue:
    """Make matters of the flags that were chosen: 转为监督事项."""
    here, looked, wanted, found = (
        _found()
    )  # Reads every purchase: before anybody has to wait for the write lock.
    chosen, seen = tuple(dict.fromkeys(request.form.getlist("flag"))), newest_change(here)
    if problem := _unfit(looked, chosen):
        return _show(here, looked, wanted, found, chosen=chosen, problem=problem)
    begin()
    here = county()
    if newest_change(here) != seen:  # Something was published meanwhile.
        looked = look(here, regime_of(here), on=today_of())
        if problem := _unfit(looked, chosen):
            session().rollback()
            return _show(*_found(), chosen=chosen, problem=problem)
    known = {one.fingerprint: one for one in looked.survey.flags}
    opened = take_up_flags(here, regime_of(here), [known[one] for one in chosen], now=now())
    commit()
    flash(f"已将 {len(chosen)} 条信号转为 {len({one.id for one in opened})} 件监督事项。")
    return redirect(f"{url_for('flags.listing')}?{urlencode(wanted.asked())}", code=303)


def _unfit(looked: Looked, chosen: tuple[str, ...]) -> str:
    """Return why no matters can be made of what was chosen; blank where they can."""
    if not chosen:
        return "没有选中任何信号。请先勾选要转办的信号。"
    if len(chosen) > MOST:
        return f"一次最多转办 {MOST} 条。请分几次办理。"
    gone = set(chosen) - {one.fingerprint for one in looked.survey.flags}
    return f"选中的信号有 {len(gone)} 条已经变化（记录有更新）。请核对后重新勾选。" if gone else ""


def _lines(here: County, looked: Looked, found: list[Flag]) -> Iterator[tuple[str, ...]]:
    terms = {one.code: one for one in looked.survey.terms}
    known = matters_of(here, found)
    for one in found:
        unit, matter = looked.units.get(one.unit), known.get((one.unit, one.cause))
        for datum in one.data:
            yield (
                unit.name if unit else "",
                terms[one.code].title,
                terms[one.code].ocp or "",
                one.day.isoformat() if one.day else "",
                one.supplier,
                one.seen,
                f"{datum.ref} {datum.title}",
                datum.field,
                datum.value,
                datum.against,
                "已转办" if matter else "",
            )


@bp.get("/flags.csv")
@may(Action.VIEW_BOARD)
def as_csv() -> ResponseReturnValue:
    """Send the flags that the filter leaves, a line for each datum."""
    here, looked, _, found = _found()
    return csv_file("采购异常信号", _HEADERS, list(_lines(here, looked, found)))


@bp.get("/flags.xlsx")
@may(Action.VIEW_BOARD)
def as_xlsx() -> ResponseReturnValue:
    """Send the same as a workbook."""
    here, looked, _, found = _found()
    return xlsx_file("采购异常信号", "采购异常信号", _HEADERS, list(_lines(here, looked, found)))
