"""What the pages of inspections show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import abort, url_for

from portal.domain.documents.base import kinds
from portal.domain.roles import Action
from portal.domain.supervision.sampling import InspectionKind, InspectionState, LookedAt
from portal.domain.values import show_day
from portal.services.board.county import County
from portal.services.supervision import inspecting
from portal.services.supervision.inspection_plans import MOST_EACH, plan_of
from portal.services.supervision.published import kind_label, standing
from portal.web.office.house import page, person
from portal.web.office.paging import part_of
from portal.web.office.showing import content_of, link_to, published_address, show_moment

_TONES = {
    "right": ("ok", "green"),
    "wrong": ("no", "red"),
    "lacking": ("late", "ochre"),
    "": ("wait", "plain"),
}


def inspection_of(here: County, uid: str) -> Any:
    """Return the inspection of that address, or answer 404."""
    return inspecting.find(here, uid) or abort(404)


def crumbs(row: Any, *more: tuple[str, str]) -> list[tuple[str, str]]:
    """Return the way to a page below an inspection."""
    return [
        ("检查", url_for("inspections.listing")),
        (row.name, url_for("inspections.one", uid=row.uid)),
        *more,
    ]


def show_one(here: County, row: Any, *, trouble: str = "", opinion: str | None = None) -> str:
    """Render an inspection; `trouble` is what stood in the way of a step."""
    items = inspecting.items_of(here, row)
    plan = plan_of(row)
    names = inspecting.unit_names(here)
    slugs = {each.slug: each.name for each in here.units()}
    return page(
        "office/inspections/one.html",
        title=row.name,
        crumbs=[("检查", url_for("inspections.listing"))],
        row=row,
        plan=plan,
        part=part_of(items, at=url_for("inspections.one", uid=row.uid)),
        units=[slugs.get(slug, slug) for slug in plan.units],
        names=names,
        matters=_matters(here, items),
        totals=inspecting.totals_of(here, row),
        ready=len(inspecting.population_of(here, plan)) if row.state == InspectionState.PLANNED else 0,
        kind_name=kind_of_inspection,
        record_kind=kind_label,
        state_sign=state_sign,
        result_sign=_result,
        day=show_day,
        moment=show_moment,
        acts=person().may(Action.SUPERVISE),
        trouble=trouble,
        opinion=row.opinion if opinion is None else opinion,
    )


def show_item(
    here: County, uid: str, n: int, *, typed: Mapping[str, str] | None = None, errors: Mapping[str, str] | None = None
) -> str:  # fmt: skip
    """Render one record of the sample with what is published of it."""
    row = inspection_of(here, uid)
    found = inspecting.item_of(here, row, n) or abort(404)
    now_published = standing(here, found.ref)
    values = typed or {"result": found.result, "words": found.words}
    return page(
        "office/inspections/item.html",
        title=f"第 {n} 件",
        crumbs=crumbs(row),
        row=row,
        item=found,
        count=inspecting.totals_of(here, row).drawn,
        unit=inspecting.unit_names(here).get(found.unit_id, ""),
        seen=inspecting.seen_of(found),
        values=values,
        errors=errors or {},
        results=[(one.value, one.label) for one in LookedAt],
        result_sign=_result,
        record_kind=kind_label,
        published=now_published,
        address=published_address(now_published) if now_published else None,
        content=content_of(now_published.document) if now_published else None,
        matters=_matters(here, [found]),
        moment=show_moment,
        acts=person().may(Action.SUPERVISE) and row.state == InspectionState.DRAWN,
    )


def _matters(here: County, items: Any) -> dict[int, str | None]:
    """Return where each matter is that came of these records, by its number."""
    return {
        number: link_to("matters.one", uid=uid) for number, uid in inspecting.matters_of(here, items).items()
    }


def results_of(here: County, row: Any) -> list[tuple[str | int, ...]]:
    """Return the results as rows of a table."""
    names = inspecting.unit_names(here)
    return [
        (
            one.position,
            names.get(one.unit_id, ""),
            kind_label(one.kind),
            one.ref,
            one.title,
            LookedAt(one.result).label if one.result else "未检查",
            one.words,
            one.checked_by,
            show_moment(one.checked_at) if one.checked_at else "",
            "是" if one.matter_id is not None else "否",
        )
        for one in inspecting.items_of(here, row)
    ]


def show_form(
    here: County,
    typed: Mapping[str, str],
    chosen: Any,
    errors: Mapping[str, str] | None = None,
    *,
    uid: str | None = None,
) -> str:
    """Render the form of a plan with what was typed."""
    return page(
        "office/inspections/form.html",
        title="修改检查计划" if uid else "新的检查",
        crumbs=[("检查", url_for("inspections.listing"))],
        action=url_for("inspections.change", uid=uid) if uid else url_for("inspections.enter"),
        back=url_for("inspections.one", uid=uid) if uid else url_for("inspections.listing"),
        typed=typed,
        chosen=frozenset(chosen),
        errors=errors or {},
        kinds=[(one.value, one.label) for one in InspectionKind],
        record_kinds=[(code, model.kind.short) for code, model in kinds().items()],
        units=[each for each in here.units() if each.listed],
        most=MOST_EACH,
    )


def kind_of_inspection(code: str) -> str:
    """Return a kind of inspection as people say it."""
    return InspectionKind(code).label


def state_sign(code: str) -> tuple[str, str, str]:
    """Return icon, word and tone of a state."""
    state = InspectionState(code)
    icon, tone = {"planned": ("wait", "plain"), "drawn": ("note", "ochre")}.get(code, ("ok", "green"))
    return icon, state.label, tone


def _result(code: str) -> tuple[str, str, str]:
    icon, tone = _TONES[code]
    return icon, LookedAt(code).label if code else "未检查", tone
