"""Makes a unit's tree, and takes over from the one before what has not changed.

A clean build and an incremental one run the same lines; the second is only
given the states that the first left behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from portal.domain.documents.base import Kind
from portal.site import pages
from portal.site.attached import place_files
from portal.site.contents import kind_prints, version_prints
from portal.site.freezer import FAULT, Failure, SiteFreezer
from portal.site.pages.downloads import PER_VERSION
from portal.site.pages.english import ENGLISH, english_url
from portal.site.pages.shell import public_kinds
from portal.site.pages.summary import UnitSummary, blank_summary, summary_of
from portal.site.prints import record_print
from portal.site.snapshot import JurisdictionView, RecordView, Snapshot, UnitView
from portal.site.trees import Compress, OldTree, Store, Tree, TreeRef, with_sidecars
from portal.store.files import FileStore


@dataclass(frozen=True)
class KindState:
    """A unit's tree of one kind: what its lists, each record's files and each version's were made from."""

    tree: TreeRef
    whole: str
    records: Mapping[int, str]
    versions: Mapping[int, tuple[str, ...]]


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
    basis: str = ""  # Of the jurisdiction, when it was made: what rests on another one is not taken over.

    def whole_in(self, store: Store) -> bool:
        """Tell whether both trees are still there."""
        return store.holds(self.tree) and store.holds(self.english)


@dataclass
class Maker:
    """What every part needs: the store, the name of this build, the exporter, how files are compressed, attachments."""

    store: Store
    name: str
    freezer: SiteFreezer
    compress: Compress | None = None
    files: FileStore | None = None  # Where attached files come from.
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
        if not (same and take_over(tree, old, [name])):
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
    prefix = f"{view.slug}/u/{unit.slug}/"
    tree = maker.start(prefix.rstrip("/"))
    kept_pages = maker.store.old(old.tree) if old else None
    place_files(maker, tree, snapshot, unit, kept_pages)  # First: pages say which files are not to be had.
    by_kind = kind_prints(snapshot, unit)
    kinds = {
        kind.code: _build_kind(maker, snapshot, view, unit, kind, by_kind, old)
        for kind in public_kinds()
        if kind.code in by_kind
    }
    for page in pages.unit_urls(snapshot, unit):
        maker.put(tree, prefix, page, kept_pages)
    english = _english_of_unit(maker, snapshot, view, unit, kinds, old)
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
        english,
        kinds,
        summary_of(snapshot, view, unit),
        failures,
        rendered=maker.freezer.rendered - before,
    )


def _english_of_unit(
    maker: Maker,
    snapshot: Snapshot,
    view: JurisdictionView,
    unit: UnitView,
    kinds: Mapping[str, KindState],
    old: UnitState | None,
) -> TreeRef:
    """Make the tree of a unit's English pages: its own, and its lists; those of a kind that is as it was are taken over."""
    prefix = f"{ENGLISH}/{view.slug}/u/{unit.slug}/"
    tree = maker.start(prefix.rstrip("/"))
    kept = maker.store.old(old.english) if old else None
    for page in filter(None, map(english_url, pages.unit_urls(snapshot, unit))):
        maker.put(tree, prefix, page, kept)
    for kind in public_kinds():
        same = (
            old and not old.failures and kind.code in kinds and _same_tree(old, kind.code, kinds[kind.code])
        )
        for page in filter(None, map(english_url, pages.kind_urls(snapshot, view, unit, kind))):
            if not (same and take_over(tree, kept, [page.path.removeprefix(prefix)])):
                maker.put(tree, prefix, page, kept)
    return tree.close()


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
    versions = {one.id: version_prints(one) for one in records}
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
        if same and take_over(tree, kept, [one.path.removeprefix(prefix) for one in urls]):
            continue
        count = len(maker.freezer.failures)
        settled = _settled(known, record, versions[record.id])
        for page in urls:
            name = page.path.removeprefix(prefix)
            if not (
                page.endpoint in PER_VERSION
                and page.values["name"] in settled
                and take_over(tree, kept, [name])
            ):
                maker.put(tree, prefix, page, kept)
        if len(maker.freezer.failures) > count:
            failed.add(record.id)  # Tried again by the next build, whatever changed.
    count = len(maker.freezer.failures)
    for page in pages.kind_urls(snapshot, view, unit, kind):
        maker.put(tree, prefix, page, kept)
    return KindState(
        tree.close(),
        whole if len(maker.freezer.failures) == count else "",
        {number: "" if number in failed else one for number, one in prints.items()},
        {number: () if number in failed else some for number, some in versions.items()},
    )


def _settled(known: KindState | None, record: RecordView, now: tuple[str, ...]) -> set[str]:
    """Return the names of the versions of which nothing is to be said but what was said before."""
    before = known.versions.get(record.id, ()) if known else ()
    pairs = zip(record.versions, before, now, strict=False)
    return {f"{record.slug}-v{one.number}" for one, was, is_now in pairs if was == is_now}


def take_over(tree: Tree, old: OldTree | None, names: Sequence[str]) -> bool:
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


def build_static(maker: Maker, folder: Path, key: str, old: TreeRef | None) -> TreeRef:
    """Make the tree of styles and pictures, or hand back the old one of the same program."""
    if old and maker.store.old(old) is not None and old.id.startswith(f"{key}@"):
        return old
    tree = maker.start(key)
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.name.startswith("."):
            tree.write(file.relative_to(folder).as_posix(), file.read_bytes())
    return tree.close()


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
    tree, english = (sorry(maker, f"{edition}{prefix}") for edition in ("", f"{ENGLISH}/"))
    return UnitState(tree.close(), english.close(), {}, blank_summary(snapshot, view, unit), (failure,))


def sorry(maker: Maker, key: str) -> Tree:
    tree = maker.start(key)
    tree.write("index.html", FAULT.encode())
    return tree
