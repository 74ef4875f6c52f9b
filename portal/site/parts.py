"""Makes the trees of a site: a unit's, a jurisdiction's, the top. Each takes over what has not changed.

A clean build and an incremental one run the same lines; the second is only
given the states that the first left behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from portal.domain.documents.base import Kind
from portal.site import pages
from portal.site.freezer import FAULT, Failure, SiteFreezer
from portal.site.pages.english import ENGLISH, english_url
from portal.site.pages.shell import public_kinds
from portal.site.pages.standings import columns
from portal.site.pages.summary import UnitSummary, blank_summary, summary_of
from portal.site.prints import card_print, digest_of, kind_prints, record_print
from portal.site.snapshot import JurisdictionView, Snapshot, UnitView
from portal.site.trees import Compress, OldTree, Store, Tree, TreeRef, with_sidecars


@dataclass(frozen=True)
class KindState:
    """A unit's tree of one kind: what its lists and each record's files were made from."""

    tree: TreeRef
    whole: str
    records: Mapping[int, str]


@dataclass(frozen=True)
class UnitState:
    """A unit's tree, that of its English pages, and what they were made from."""

    tree: TreeRef
    english: TreeRef
    kinds: Mapping[str, KindState]
    summary: UnitSummary
    failures: tuple[Failure, ...] = ()
    faults: tuple[str, ...] = ()
    rendered: int = 0

    def whole_in(self, store: Store) -> bool:
        """Tell whether both trees are still there."""
        return store.holds(self.tree) and store.holds(self.english)


@dataclass(frozen=True)
class AreaState:
    """A jurisdiction's tree: its units' trees, what its pages were made from, and what everything rests on."""

    tree: TreeRef
    english: TreeRef
    basis: str
    change: int
    units: Mapping[int, TreeRef]
    lists: Mapping[str, str]
    cards: Mapping[int, str]
    failures: tuple[Failure, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass
class Maker:
    """What every part needs: the store, the name of this build, the exporter, how files are compressed."""

    store: Store
    name: str
    freezer: SiteFreezer
    compress: Compress | None = None
    seen: int = field(default=0)

    def start(self, key: str) -> Tree:
        """Begin a tree."""
        return self.store.start(key, self.name, compress=self.compress)

    def put(self, tree: Tree, prefix: str, page: pages.PageUrl, old: OldTree | None = None) -> None:
        """Make a page and put it into the tree that lies at `prefix`; a file of `old` that is the same is taken over."""
        name = page.path.removeprefix(prefix)
        if page.same_as:
            tree.double(page.same_as.removeprefix(prefix), name)
            return
        content = self.freezer.content(page)
        same = old is not None and old.files.get(name) == hashlib.sha256(content).hexdigest()
        if not (same and _take_over(tree, old, [name])):
            tree.write(name, content)

    def failures(self) -> tuple[Failure, ...]:
        """Return the failures since the last time."""
        found = tuple(self.freezer.failures[self.seen :])
        self.seen = len(self.freezer.failures)
        return found


def build_unit(
    maker: Maker, snapshot: Snapshot, view: JurisdictionView, unit: UnitView, old: UnitState | None
) -> UnitState:
    """Make a unit's tree."""
    before = maker.freezer.rendered
    maker.failures()
    by_kind = kind_prints(snapshot, unit)
    kinds = {
        kind.code: _build_kind(maker, snapshot, view, unit, kind, by_kind, old)
        for kind in public_kinds()
        if kind.code in by_kind
    }
    prefix = f"{view.slug}/u/{unit.slug}/"
    tree = maker.start(prefix.rstrip("/"))
    kept_pages = maker.store.old(old.tree) if old else None
    for page in pages.unit_urls(snapshot, unit):
        maker.put(tree, prefix, page, kept_pages)
    english = maker.start(f"{ENGLISH}/{prefix}".rstrip("/"))
    kept_english = maker.store.old(old.english) if old else None
    for page in _english_of_unit(snapshot, view, unit):
        maker.put(english, f"{ENGLISH}/{prefix}", page, kept_english)
    for kind in public_kinds():
        if kind.code in kinds:
            tree.mount(kind.path, kinds[kind.code].tree)
    failures = maker.failures()
    if old:  # What was taken over keeps its failures.
        reused = {one.tree.id for code, one in kinds.items() if _same_tree(old, code, one)}
        kept = tuple(
            one
            for one in old.failures
            if any(
                one.path.startswith(f"{prefix}{kind.path}/")
                for kind in public_kinds()
                if kind.code in kinds and kinds[kind.code].tree.id in reused
            )
        )
        failures = (*kept, *failures)
    return UnitState(
        tree.close(),
        english.close(),
        kinds,
        summary_of(snapshot, view, unit),
        failures,
        rendered=maker.freezer.rendered - before,
    )


def _english_of_unit(snapshot: Snapshot, view: JurisdictionView, unit: UnitView) -> Iterator[pages.PageUrl]:
    yield from filter(None, map(english_url, pages.unit_urls(snapshot, unit)))
    for kind in public_kinds():
        yield from filter(None, map(english_url, pages.kind_urls(snapshot, view, unit, kind)))


def _same_tree(old: UnitState, code: str, now: KindState) -> bool:
    return code in old.kinds and old.kinds[code].tree.id == now.tree.id


def _build_kind(
    maker: Maker,
    snapshot: Snapshot,
    view: JurisdictionView,
    unit: UnitView,
    kind: Kind,
    by_kind: Mapping[str, str],
    old: UnitState | None,
) -> KindState:
    """Make the tree of a unit's records of one kind, or hand back the old one where nothing changed."""
    records = snapshot.records_of(unit, kind.code)
    prints = {one.id: record_print(snapshot, view, one, by_kind) for one in records}
    known = old.kinds.get(kind.code) if old else None
    whole = by_kind[kind.code]
    if known and known.whole == whole and known.records == prints:
        return known
    kept = maker.store.old(known.tree) if known else None
    prefix = f"{view.slug}/u/{unit.slug}/{kind.path}/"
    tree = maker.start(prefix.rstrip("/"))
    failed: set[int] = set()
    for record in records:
        urls = list(pages.record_urls(record))
        same = known and known.records.get(record.id) == prints[record.id]
        if same and _take_over(tree, kept, [one.path.removeprefix(prefix) for one in urls]):
            continue
        count = len(maker.freezer.failures)
        for page in urls:
            maker.put(tree, prefix, page, kept)
        if len(maker.freezer.failures) > count:
            failed.add(record.id)  # Tried again by the next build, whatever changed.
    for page in pages.kind_urls(snapshot, view, unit, kind):
        maker.put(tree, prefix, page, kept)
    return KindState(
        tree.close(), whole, {number: "" if number in failed else one for number, one in prints.items()}
    )


def _take_over(tree: Tree, old: OldTree | None, names: Sequence[str]) -> bool:
    """Take files over; or none, and tell so, where one of them is not there any more."""
    if old is None:
        return False
    files = [file for name in names for file in with_sidecars(name) if file in old.files]
    try:
        for file in files:
            tree.link(file, old)
    except FileNotFoundError:
        for file in files:
            tree.drop(file)
        return False
    return all(name in tree.files for name in names)


def build_area(
    maker: Maker,
    snapshot: Snapshot,
    view: JurisdictionView,
    units: Mapping[int, UnitState],
    *,
    basis: str,
    old: AreaState | None,
    changed: Sequence[UnitSummary] | None = None,
) -> AreaState:
    """Make a jurisdiction's tree around those of its units.

    `changed` are the summaries that are not those of the old tree; None where that is not known.
    """
    maker.failures()
    kept = maker.store.old(old.tree) if old else None
    cards = dict(old.cards) if old and kept and changed is not None else {}
    fresh = list((changed if cards else [state.summary for state in units.values()]) or ())
    moved: set[int] = set()
    for summary in fresh:
        for card in summary.cards:
            print_now = card_print(card)
            if cards.get(card.id) != print_now:
                moved.add(card.id)
                cards[card.id] = print_now
    prefix = f"{view.slug}/"
    tree, english = maker.start(view.slug), maker.start(f"{ENGLISH}/{view.slug}")
    kept_english = maker.store.old(old.english) if old else None
    lists: dict[str, str] = {}
    for page in pages.area_urls(snapshot, view):
        name = page.path.removeprefix(prefix)
        made_from = pages.list_inputs(snapshot, view, page)
        same = False
        if made_from is not None:
            ids, around = made_from
            lists[name] = digest_of(ids, around)
            same = old is not None and old.lists.get(name) == lists[name] and moved.isdisjoint(ids)
        count = len(maker.freezer.failures)
        if not (same and _take_over(tree, kept, [name])):
            maker.put(tree, prefix, page, kept)
        twin = english_url(page)
        if twin and not (same and _take_over(english, kept_english, [name])):
            maker.put(english, f"{ENGLISH}/{prefix}", twin, kept_english)
        if len(maker.freezer.failures) > count:
            lists.pop(name, None)
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
        lists,
        cards,
        failures,
        faults,
    )


def build_top(
    maker: Maker,
    snapshot: Snapshot,
    areas: Mapping[str, AreaState],
    static: TreeRef,
    head: Mapping[str, object],
    failed: Sequence[Failure] = (),
    *,
    old: OldTree | None,
) -> tuple[TreeRef, tuple[Failure, ...]]:
    """Make the top folder of the build around the jurisdictions' trees, ready to be published.

    `failed` are the failures that no tree knows of.
    `old` is the top of the last build where program, places and day were the same: texts are taken over from it.
    """
    maker.failures()
    tree = maker.store.stage(maker.name, compress=maker.compress)
    for page in pages.site_urls(snapshot):
        same = old and page.path in old.files and page.endpoint not in pages.LIVELY
        if not (same and _take_over(tree, old, [page.path])):
            maker.put(tree, "", page, old)
        if twin := english_url(page):
            same = same and twin.path in (old.files if old else ())
            if not (same and _take_over(tree, old, [twin.path])):
                maker.put(tree, "", twin, old)
    for slug, state in areas.items():
        tree.mount(slug, state.tree)
        tree.mount(f"{ENGLISH}/{slug}", state.english)
    tree.mount("static", static)
    failures = maker.failures()
    known = [one for state in areas.values() for one in state.failures]
    return tree.close(**head, failed=[one.path for one in (*failed, *known, *failures)]), failures


def build_static(maker: Maker, folder: Path, key: str, old: TreeRef | None) -> TreeRef:
    """Make the tree of styles and pictures, or hand back the old one of the same program."""
    if old and maker.store.old(old) is not None and old.id.startswith(f"{key}@"):
        return old
    tree = maker.start(key)
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.name.startswith("."):
            tree.write(file.relative_to(folder).as_posix(), file.read_bytes())
    return tree.close()


def area_basis(snapshot: Snapshot, view: JurisdictionView, program: str) -> str:
    """Return what everything of a jurisdiction rests on beside its records: program, regime, day, periods, names of places."""
    return digest_of(
        program,
        view.slug,
        view.regime.identity(),
        snapshot.today,
        [one.period for one in columns(snapshot, view)],
        [(one.slug, one.regime.short) for one in snapshot.jurisdictions],
        any(unit.sample for unit in view.units),
    )


def top_basis(snapshot: Snapshot, program: str) -> str:
    """Return what the texts about the whole site rest on: program, day, places and whether they have sample units."""
    places = [
        (one.slug, one.regime.identity(), bool(one.units), any(unit.sample for unit in one.units))
        for one in snapshot.jurisdictions
    ]
    return digest_of(program, snapshot.today, places)


def unit_changed(unit: UnitView, old: UnitState) -> bool:
    """Tell whether a unit's own entry is no longer what its tree was made from."""
    return old.summary.unit != unit


def unit_that_failed(
    maker: Maker, snapshot: Snapshot, view: JurisdictionView, unit: UnitView, old: UnitState | None, told: str
) -> UnitState:
    """Return what stands for a unit whose pages could not be made: what it showed before, else one page that says so."""
    prefix = f"{view.slug}/u/{unit.slug}"
    failure = Failure(f"{prefix}/index.html", told)
    if old and maker.store.old(old.tree):
        return replace(old, failures=(failure,), rendered=0)
    tree, english = (_sorry(maker, f"{edition}{prefix}") for edition in ("", f"{ENGLISH}/"))
    return UnitState(tree.close(), english.close(), {}, blank_summary(snapshot, view, unit), (failure,))


def _sorry(maker: Maker, key: str) -> Tree:
    tree = maker.start(key)
    tree.write("index.html", FAULT.encode())
    return tree


def area_that_failed(
    maker: Maker, snapshot: Snapshot, view: JurisdictionView, units: Mapping[int, UnitState]
) -> AreaState:
    """Return what stands for a jurisdiction whose own pages could not be made: one page that says so, and its units."""
    tree, english = (_sorry(maker, f"{edition}{view.slug}") for edition in ("", f"{ENGLISH}/"))
    for unit in view.units:
        if unit.id in units:
            tree.mount(f"u/{unit.slug}", units[unit.id].tree)
            english.mount(f"u/{unit.slug}", units[unit.id].english)
    trees = {number: state.tree for number, state in units.items()}
    # It rests on nothing: it is made anew.
    return AreaState(tree.close(), english.close(), "", snapshot.change, trees, {}, {})
