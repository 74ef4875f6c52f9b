"""Makes a jurisdiction's tree around its units' trees, and the top of the site around those of its jurisdictions.

A page is made again only where a field moved that it reads (see `portal.site.pages.grounds`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.site import pages
from portal.site.contents import digest_of
from portal.site.freezer import Failure
from portal.site.pages import grounds
from portal.site.pages.english import ENGLISH, english_url
from portal.site.pages.grounds import Moved
from portal.site.pages.standings import columns
from portal.site.parts import Maker, UnitState, sorry, take_over
from portal.site.snapshot import JurisdictionView, Snapshot
from portal.site.trees import OldTree, TreeRef


@dataclass(frozen=True)
class PageState:
    """One of a jurisdiction's own pages, and what it was made from in detail, where that was worked out."""

    url: pages.PageUrl
    inputs: str = ""
    records: tuple[int, ...] = ()


@dataclass(frozen=True)
class AreaState:
    """A jurisdiction's tree: its units' trees, its own pages, and what everything rests on."""

    tree: TreeRef
    english: TreeRef
    basis: str
    change: int
    units: Mapping[int, TreeRef]
    pages: tuple[PageState, ...]
    failures: tuple[Failure, ...] = ()
    faults: tuple[str, ...] = ()
    online: str = ""  # What the pages of reports are made with.
    handled: str = ""  # The counts of outcomes that are shown.


def online_of(view: JurisdictionView) -> str:
    """Return what the pages of reports are made with: the host and the keys; blank where there are none."""
    return view.reports.identity() if view.reports else ""


def handled_of(view: JurisdictionView) -> str:
    """Return what the counts of outcomes say; blank where there are none."""
    return view.handled.identity() if view.handled else ""


def build_area(
    maker: Maker,
    snapshot: Snapshot,
    view: JurisdictionView,
    units: Mapping[int, UnitState],
    *,
    basis: str,
    old: AreaState | None,
    change: Moved,
) -> AreaState:
    """Make a jurisdiction's tree around those of its units; `change` is what moved since the old one."""
    maker.failures()
    kept = maker.store.old(old.tree) if old else None
    kept_english = maker.store.old(old.english) if old else None
    prefix = f"{view.slug}/"
    tree, english = maker.start(view.slug), maker.start(f"{ENGLISH}/{view.slug}")
    failed = {one.path for one in old.failures} if old else set()  # These are tried again.
    made: list[PageState] = []
    for before in _pages_of(snapshot, view, old, change):
        page, twin = before.url, english_url(before.url)
        now, same = _look_at(snapshot, view, before, change)
        same = same and failed.isdisjoint((page.path, twin.path if twin else page.path))
        count = len(maker.freezer.failures)
        if not (same and take_over(tree, kept, [page.path.removeprefix(prefix)])):
            maker.put(tree, prefix, page, kept)
        if twin and not (same and take_over(english, kept_english, [page.path.removeprefix(prefix)])):
            maker.put(english, f"{ENGLISH}/{prefix}", twin, kept_english)
        made.append(now if len(maker.freezer.failures) == count else PageState(page))
    for unit in view.units:
        if unit.id in units:
            tree.mount(f"u/{unit.slug}", units[unit.id].tree)
            english.mount(f"u/{unit.slug}", units[unit.id].english)
    failures = (*(one for state in units.values() for one in state.failures), *maker.failures())
    faults = tuple(one for state in units.values() for one in state.faults)
    return AreaState(
        tree.close(),
        english.close(),
        basis,
        snapshot.change,
        {number: state.tree for number, state in units.items()},
        tuple(made),
        failures,
        faults,
        online_of(view),
        handled_of(view),
    )


def _pages_of(
    snapshot: Snapshot, view: JurisdictionView, old: AreaState | None, change: Moved
) -> Iterator[PageState]:
    """Yield a jurisdiction's own pages, each with what is known of it from the old tree."""
    if old and not change.reshelved():
        yield from old.pages
        return
    known = {one.url.path: one for one in old.pages} if old else {}
    for url in pages.area_urls(snapshot, view):
        yield known.get(url.path) or PageState(url)


def _look_at(
    snapshot: Snapshot, view: JurisdictionView, before: PageState, change: Moved
) -> tuple[PageState, bool]:
    """Return a page's state now, and whether it is the page that it was."""
    if not change.touches(before.url.endpoint):
        return before, True
    if before.inputs and before.url.endpoint == "listing" and not change.reshelved():
        return before, change.cards.isdisjoint(before.records)  # The same records in the same order.
    made_from = grounds.inputs_of(snapshot, view, before.url)
    if made_from is None:
        return PageState(before.url), False
    records, around = made_from
    now = PageState(before.url, digest_of(records, around), tuple(records))
    return now, now.inputs == before.inputs and not change.everything and change.cards.isdisjoint(records)


def build_top(
    maker: Maker,
    snapshot: Snapshot,
    areas: Mapping[str, AreaState],
    static: TreeRef,
    head: Mapping[str, object],
    failed: Sequence[Failure] = (),
    *,
    old: OldTree | None,
    change: Moved,
) -> tuple[TreeRef, tuple[Failure, ...]]:
    """Make the top folder of the build around the jurisdictions' trees, ready to be published.

    `failed` are the failures that no tree knows of.
    `old` is the top of the last build where program, places and day were the same; `change` is what moved since.
    """
    maker.failures()
    tree = maker.store.stage(maker.name, compress=maker.compress)
    for page in pages.site_urls(snapshot):
        same = old and page.path in old.files and not change.touches(page.endpoint)
        if not (same and take_over(tree, old, [page.path])):
            maker.put(tree, "", page, old)
        if twin := english_url(page):
            same = same and twin.path in (old.files if old else ())
            if not (same and take_over(tree, old, [twin.path])):
                maker.put(tree, "", twin, old)
    for slug, state in areas.items():
        tree.mount(slug, state.tree)
        tree.mount(f"{ENGLISH}/{slug}", state.english)
    tree.mount("static", static)
    failures = maker.failures()
    known = [one for state in areas.values() for one in state.failures]
    return tree.close(**head, failed=[one.path for one in (*failed, *known, *failures)]), failures


def area_that_failed(
    maker: Maker, snapshot: Snapshot, view: JurisdictionView, units: Mapping[int, UnitState]
) -> AreaState:
    """Return what stands for a jurisdiction whose own pages could not be made: one page that says so, and its units."""
    tree, english = (sorry(maker, f"{edition}{view.slug}") for edition in ("", f"{ENGLISH}/"))
    for unit in view.units:
        if unit.id in units:
            tree.mount(f"u/{unit.slug}", units[unit.id].tree)
            english.mount(f"u/{unit.slug}", units[unit.id].english)
    trees = {number: state.tree for number, state in units.items()}
    # It rests on nothing: it is made anew.
    return AreaState(
        tree.close(),
        english.close(),
        "",
        snapshot.change,
        trees,
        (),
        online=online_of(view),
        handled=handled_of(view),
    )


def area_basis(snapshot: Snapshot, view: JurisdictionView, program: str) -> str:
    """Return what everything of a jurisdiction rests on beside its records: program, regime, day, periods, names of places.

    Whether reports are taken over the network is in here, for every record's page leads there; by which keys is not.
    """
    return digest_of(
        program,
        view.slug,
        view.regime.identity(),
        snapshot.today,
        [one.period for one in columns(snapshot, view)],
        [(one.slug, one.regime.short) for one in snapshot.jurisdictions],
        any(unit.sample for unit in view.units),
        view.reports is not None,
    )


def top_basis(snapshot: Snapshot, program: str) -> str:
    """Return what the texts about the whole site rest on: program, day, places and whether they have sample units."""
    places = [
        (one.slug, one.regime.identity(), bool(one.units), any(unit.sample for unit in one.units))
        for one in snapshot.jurisdictions
    ]
    return digest_of(program, snapshot.today, places)
