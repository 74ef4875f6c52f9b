"""The live search page: the visitor's query becomes results, with every narrowing a plain link."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Protocol
from urllib.parse import urlencode

from portal.site.pages.shell import Context, kind_at, public_kinds
from portal.site.snapshot import Snapshot

FACETS = (("jurisdiction", "地区"), ("kind", "类别"), ("unit", "单位"), ("year", "年份"))
PER_PAGE = 10
MAX_PAGE = 1000
MAX_ROWS = 12  # Values of one facet.
_MAX_VALUE = 80
log = logging.getLogger(__name__)


Facet = tuple[
    str | int, str, int
]  # A value that results can be narrowed to, its label, and how many it leaves.


class Answer(Protocol):
    """One page of an answer, as `portal.search` gives it."""

    @property
    def page(self) -> int: ...
    @property
    def pages(self) -> int: ...
    @property
    def facets(self) -> Mapping[str, Sequence[Facet]]: ...


class Searcher(Protocol):
    """What the page asks of a search index."""

    def search(
        self,
        query: str,
        *,
        jurisdiction: str | None = None,
        unit: str | None = None,
        kind: str | None = None,
        year: int | None = None,
        page: int = 1,
        per_page: int = PER_PAGE,
    ) -> Any:
        """Answer a query."""


def search_context(searcher: Searcher, snapshot: Snapshot, args: Mapping[str, str]) -> Context:
    """Return what the search page shows for a request's arguments; odd arguments count as absent."""
    query = args.get("q", "").strip()[:300]
    filters = {
        name: value
        for name, _ in FACETS
        if (value := args.get(name, "").strip()) and len(value) <= _MAX_VALUE
    }
    if not (filters.get("year", "0").isascii() and filters.get("year", "0").isdigit()):
        filters.pop("year")
    _place_unit(snapshot, filters)
    number = args.get("page", "1")
    page = (
        min(max(int(number), 1), MAX_PAGE) if number.isascii() and number.isdigit() and len(number) < 6 else 1
    )
    context: Context = {"live": True, "query": query, "kept": list(filters.items()), "results": None}
    if not query and not filters:
        return context
    try:
        answer: Answer = searcher.search(
            query,
            jurisdiction=filters.get("jurisdiction"),
            unit=filters.get("unit"),
            kind=filters.get("kind"),
            year=int(filters["year"]) if "year" in filters else None,
            page=page,
            per_page=PER_PAGE,
        )
    except Exception as broken:
        # The page must still help: the reason goes to the log, the visitor gets the lists.
        log.exception("search failed")
        return {**context, "failed": "检索目录正在重建或不能读取。", "error": type(broken).__name__}
    return {
        **context,
        "results": answer,
        "facets": _facets(answer, snapshot, query, filters),
        "chosen": [
            (_label(snapshot, name, filters[name], filters), _address(query, _without(filters, name)))
            for name, _ in FACETS
            if name in filters
        ],
        "newer": _address(query, filters, answer.page - 1) if answer.page > 1 else None,
        "older": _address(query, filters, answer.page + 1) if answer.page < answer.pages else None,
    }


def _areas(snapshot: Snapshot, unit: str) -> list[str]:
    """Return the jurisdictions that have a unit of that address."""
    return [view.slug for view in snapshot.jurisdictions if snapshot.unit(view.slug, unit)]


def _place_unit(snapshot: Snapshot, filters: dict[str, str]) -> None:
    """Name the jurisdiction of a unit, since units of two jurisdictions may share an address; else drop the unit."""
    if "unit" in filters and "jurisdiction" not in filters:
        places = _areas(snapshot, filters["unit"])
        if len(places) == 1:
            filters["jurisdiction"] = places[0]
        else:
            del filters["unit"]


Narrowing = tuple[str, int, str]  # What it narrows to, how many records it leaves, the link.


def _facets(
    answer: Answer, snapshot: Snapshot, query: str, filters: dict[str, str]
) -> list[tuple[str, list[Narrowing]]]:
    """Return the ways to narrow the answer. Units come once one jurisdiction is left: they may share addresses."""
    places = [str(value) for value, _, _ in answer.facets.get("jurisdiction", ())]
    place = filters.get("jurisdiction") or (places[0] if len(places) == 1 else None)
    found = []
    for name, title in FACETS:
        if name in filters or (name == "unit" and place is None):
            continue
        more = {"jurisdiction": place} if name == "unit" and place else {}
        narrowed = [
            (
                _label(snapshot, name, str(value), filters) if name == "jurisdiction" else label,
                count,
                _address(query, {**filters, **more, name: str(value)}),
            )
            for value, label, count in answer.facets.get(name, ())
        ]
        if len(narrowed) > 1:
            found.append((title, narrowed[:MAX_ROWS]))
    return found


def _without(filters: dict[str, str], name: str) -> dict[str, str]:
    """Return the filters without one; a unit does not stay without its jurisdiction."""
    gone = {"jurisdiction", "unit"} if name == "jurisdiction" else {name}
    return {key: value for key, value in filters.items() if key not in gone}


def _address(query: str, filters: Mapping[str, str], page: int = 1) -> str:
    """Return a link from the search page to itself."""
    parts = {"q": query, **filters}
    if page > 1:
        parts["page"] = str(page)
    return f"search.html?{urlencode(parts)}"


def _label(snapshot: Snapshot, name: str, value: str, filters: Mapping[str, str]) -> str:
    """Say what a narrowing narrows to, in Chinese; an unknown value is shown as it is."""
    if name == "jurisdiction" and (view := snapshot.jurisdiction(value)):
        return view.regime.short
    if name == "kind":
        kind = kind_at(value) or next((one for one in public_kinds() if one.code == value), None)
        return kind.label if kind else value
    if name == "unit":
        unit = snapshot.unit(filters.get("jurisdiction", ""), value)
        return unit.name if unit else value
    return f"{value}年" if name == "year" else value
