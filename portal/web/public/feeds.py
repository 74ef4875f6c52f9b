"""The Atom feeds: a jurisdiction's, one kind's in it, a unit's, and one kind's of a unit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from portal.domain.documents.base import Kind
from portal.domain.values import show_day
from portal.exchange.feeds import Entry, Feed, atom, tag
from portal.site.pages import following, paths
from portal.site.pages.shell import area_band, kind_at
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView

CONTENT_TYPE = "application/atom+xml; charset=utf-8"
Values = Mapping[str, str]


def area_feed(snapshot: Snapshot, values: Values, base_url: str | None) -> bytes | None:
    """Return the newest changes of a jurisdiction, or of one kind in it."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    kind = kind_at(values["name"]) if "name" in values else None
    if view is None or ("name" in values and kind is None):
        return None
    feed = Feed(
        id=tag(following.BEGINNING, view.slug, *_codes(kind)),
        title=f"{view.regime.short}{kind.label if kind else '权力公开'}",
        subtitle=_subtitle(view.regime.name, kind) + area_band(view),
        path=paths.feed_path(view.slug, kind.path if kind else "feed"),
        page=paths.jurisdiction_path(view.slug, kind.path if kind else "changes"),
        updated=following.midnight(max((one.created_on for one in view.units), default=following.BEGINNING)),
        author=view.regime.name,
        entries=_entries(following.changes_in(snapshot, view, kind)[: following.IN_FEED]),
    )
    return atom(feed, base_url=base_url)


def unit_feed(snapshot: Snapshot, values: Values, base_url: str | None) -> bytes | None:
    """Return the newest changes of a unit, or of one kind in it."""
    view = snapshot.jurisdiction(values["jurisdiction"])
    unit = snapshot.unit(values["jurisdiction"], values["unit"])
    kind = kind_at(values["kind"]) if "kind" in values else None
    if view is None or unit is None or ("kind" in values and kind is None):
        return None
    return atom(_unit_feed(snapshot, view, unit, kind), base_url=base_url)


def _unit_feed(snapshot: Snapshot, view: JurisdictionView, unit: UnitView, kind: Kind | None) -> Feed:
    return Feed(
        id=tag(unit.created_on, view.slug, "u", unit.slug, *_codes(kind)),
        title=f"{unit.name}{kind.label if kind else '权力公开'}",
        subtitle=_subtitle(unit.name, kind) + ("示例数据，内容均为虚构。" if unit.sample else ""),
        path=paths.unit_feed_path(unit, kind.path if kind else ""),
        page=paths.unit_list_path(unit, kind.path) if kind else paths.unit_path(unit),
        updated=following.midnight(unit.created_on),
        author=unit.name,
        entries=_entries(following.unit_changes(snapshot, view, unit, kind)),
    )


def _codes(kind: Kind | None) -> tuple[str, ...]:
    return (kind.path,) if kind else ()


def _subtitle(whose: str, kind: Kind | None) -> str:
    return f"{whose}{kind.label if kind else '各类内容'}最近的公开、更正和撤回。"


def _entries(changes: Iterable[following.Change]) -> list[Entry]:
    """Return one entry for each change: a reader must not miss a correction because the record is known already."""
    return [_entry(one) for one in changes]


def _entry(change: following.Change) -> Entry:
    card = change.card
    codes = [card.jurisdiction, "u", card.unit, card.kind.path, card.slug, f"v{change.number}"]
    said = change.label
    return Entry(
        id=tag(card.first_on, *codes, *(["withdrawn"] if change.withdrawn else [])),
        title=card.title if change.first else f"{said}：{card.title}",
        author=card.unit_name,
        path=change.lasting,
        kind=card.code,
        kind_label=card.kind.label,
        published=change.at,
        updated=change.at,
        summary=f"{card.unit_name}，{show_day(change.on)}{said}。索引号 {card.index_no}。",
    )
