"""What changed: 变动 and 撤回清单 of a jurisdiction, and the changes that feeds tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from heapq import merge, nlargest
from itertools import groupby, islice
from typing import NamedTuple

from portal.domain.documents.base import Kind
from portal.site.cards import CHANGES, Card, Withdrawal, last_change
from portal.site.pages import paths
from portal.site.pages.shell import Context, Link, Meta, area_band, area_crumbs, area_meta, public_kinds
from portal.site.pages.summary import summaries_of, summary_of
from portal.site.snapshot import SHANGHAI, JurisdictionView, Snapshot, UnitView

IN_PAGE, IN_FEED = CHANGES, 50
PER_PAGE = 100
# On which day the form of lasting ids was fixed; also what a feed that has nothing yet was updated on.
BEGINNING = date(2026, 1, 1)


class Change(NamedTuple):
    """One publication, correction or withdrawal of a version. They order by time, then by record."""

    at: datetime
    record: int
    number: int
    withdrawn: bool
    card: Card

    @property
    def on(self) -> date:
        """The day in China."""
        return self.at.astimezone(SHANGHAI).date()

    @property
    def first(self) -> bool:
        """Whether it is the record's first publication."""
        return self.number == 1 and not self.withdrawn

    @property
    def label(self) -> str:
        """What happened, and to which version."""
        if self.withdrawn:
            return f"撤回第 {self.number} 版"
        return "首次公开" if self.first else f"{self.word}，第 {self.number} 版"

    @property
    def word(self) -> str:
        """What a later version is: a project's next stage is no correction of the one before."""
        return "更新" if self.card.kind.staged else "更正"

    @property
    def lasting(self) -> str:
        """The lasting address of the version."""
        return f"{self.card.path.removesuffix('.html')}-v{self.number}.html"

    @property
    def path(self) -> str:
        """The page that a reader should see: the record's own, unless a later version took the version's place."""
        return self.card.path if self.number == self.card.number else self.lasting


def newest_changes(sources: Iterable[Iterable[Card]], count: int) -> list[Change]:
    """Return the newest changes, newest first; each source has its cards by their last change, newest first.

    Whoever has one of them is among the `count` records that changed last.
    """
    last = islice(merge(*sources, key=last_change, reverse=True), count)
    return nlargest(count, (change for card in last for change in _changes_of(card)), key=_order)


def _order(change: Change) -> tuple[datetime, int, int, bool]:
    return change[:4]


def _changes_of(card: Card) -> Iterator[Change]:
    for step in card.history:
        yield Change(step.at, card.id, step.number, False, card)
        if step.withdrawn_at:
            yield Change(step.withdrawn_at, card.id, step.number, True, card)


def changes_in(snapshot: Snapshot, view: JurisdictionView, kind: Kind | None = None) -> list[Change]:
    """Return a jurisdiction's newest changes, optionally of one kind; found once a snapshot."""
    key = ("changes", view.slug)
    if key not in snapshot.derived:
        known = [one.changed for one in summaries_of(snapshot, view)]
        by_kind = {
            one.code: newest_changes([some[one.code] for some in known if one.code in some], IN_PAGE)
            for one in public_kinds()
        }
        everything = (change for found in by_kind.values() for change in found)
        snapshot.derived[key] = by_kind, nlargest(IN_PAGE, everything, key=_order)
    by_kind, newest = snapshot.derived[key]
    found: list[Change] = by_kind.get(kind.code, []) if kind else newest
    return found


def unit_changes(
    snapshot: Snapshot, view: JurisdictionView, unit: UnitView, kind: Kind | None = None
) -> list[Change]:
    """Return what a unit's feed tells, optionally of one kind."""
    changed = summary_of(snapshot, view, unit).changed
    return newest_changes([changed.get(kind.code, ())] if kind else changed.values(), IN_FEED)


def midnight(day: date) -> datetime:
    """Return the first moment of a day in China."""
    return datetime.combine(day, time(), tzinfo=SHANGHAI).astimezone(UTC)


def changes_page(snapshot: Snapshot, view: JurisdictionView) -> Context:
    """变动: the newest publications, corrections and withdrawals, day by day."""
    changes = changes_in(snapshot, view)
    meta = area_meta(
        view,
        "changes",
        f"{view.regime.short}最新变动",
        f"{view.regime.name}各单位最近的公开、更正和撤回，按时间排列。",
        label="变动",
        nav="",
    )
    return {
        "meta": meta,
        "feeds": [Link(meta.title, paths.feed_path(view.slug))],
        "days": [(day, list(found)) for day, found in groupby(changes, key=lambda one: one.on)],
        "shown": len(changes),
        "limit": IN_PAGE,
        "offered": [
            Link("全部变动", paths.feed_path(view.slug)),
            *(Link(kind.label, paths.feed_path(view.slug, kind.path)) for kind in public_kinds()),
        ],
    }


@dataclass(frozen=True)
class Gone:
    """One line of 撤回清单."""

    unit: UnitView
    kind: Kind
    what: Withdrawal

    @property
    def withdrawn_on(self) -> date:
        """The day in China."""
        return self.what.withdrawn_at.astimezone(SHANGHAI).date()

    @property
    def published_on(self) -> date:
        """The day in China on which the version had been published."""
        return self.what.published_at.astimezone(SHANGHAI).date()


@dataclass(frozen=True)
class Leaf:
    """One page of 撤回清单, newest first; its neighbours' names."""

    name: str
    lines: tuple[Gone, ...]
    newer: str | None
    older: str | None


def withdrawal_pages(snapshot: Snapshot, view: JurisdictionView) -> dict[str, Leaf]:
    """Return the pages of 撤回清单 by name: full ones never change, the newest lines stand on the list's own page."""
    key = ("withdrawals", view.slug)
    if key not in snapshot.derived:
        kinds = {one.code: one for one in public_kinds()}
        lines = sorted(
            (
                Gone(one.unit, kinds[what.code], what)
                for one in summaries_of(snapshot, view)
                for what in one.withdrawals
            ),
            key=lambda one: (one.what.withdrawn_at, one.what.record, one.what.number),
        )
        full = max(len(lines) - 1, 0) // PER_PAGE
        names = [f"withdrawals-p{place}" for place in range(1, full + 1)] + ["withdrawals"]
        snapshot.derived[key] = {
            name: Leaf(
                name,
                tuple(reversed(lines[place * PER_PAGE : (place + 1) * PER_PAGE])),
                names[place + 1] if place < full else None,
                names[place - 1] if place else None,
            )
            for place, name in enumerate(names)
        }
    found: dict[str, Leaf] = snapshot.derived[key]
    return found


def withdrawn(snapshot: Snapshot, view: JurisdictionView) -> tuple[int, int]:
    """Return how many versions of a jurisdiction are withdrawn, and of how many the content was destroyed."""
    lines = [one for each in summaries_of(snapshot, view) for one in each.withdrawals]
    return len(lines), sum(one.destroyed for one in lines)


def withdrawals_page(snapshot: Snapshot, view: JurisdictionView, name: str = "withdrawals") -> Context | None:
    """撤回清单: every withdrawn version with its legal ground, its approver and what became of the content."""
    leaf = withdrawal_pages(snapshot, view).get(name)
    if leaf is None:
        return None
    total, destroyed = withdrawn(snapshot, view)
    return {
        "meta": Meta(
            path=paths.jurisdiction_path(view.slug, name),
            title=f"{view.regime.short}撤回清单",
            description=f"{view.regime.name}撤回的每一版公开内容：依据、原因、批准人、是否销毁、复核日期。",
            crumbs=area_crumbs(view, Link("撤回清单")),
            jurisdiction=view,
            sample=area_band(view),
            column="撤回清单",
        ),
        "leaf": leaf,
        "total": total,
        "destroyed": destroyed,
        "today": snapshot.today,
    }
