"""Builds the static site from the database: in full, or only what changes since the last build touched."""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from portal.site.areas import (
    AreaState,
    area_that_failed,
    build_area,
    build_top,
    handled_of,
    online_of,
    top_basis,
)
from portal.site.forks import Hand, Wrong, attempt, collector_at_rest, spread
from portal.site.freezer import Failure, SiteFreezer
from portal.site.manifests import read_manifest
from portal.site.pages.grounds import HANDLED, ONLINE, Moved, moved
from portal.site.pages.summary import bring
from portal.site.parts import Maker, UnitState, build_static, build_unit, unit_that_failed
from portal.site.planning import Plan, plan_of
from portal.site.served import Site, TopState, boot_id, has_another_past, last_state
from portal.site.snapshot import OpenSnapshot, Snapshot, UnitView, open_snapshot
from portal.site.trees import KEPT_BUILDS, OldTree
from portal.store.db import begin_write, make_engine
from portal.store.public import latest_change, mark_of

_log = logging.getLogger(__name__)
Progress = Callable[[int], None]


@dataclass(frozen=True)
class BuildReport:
    """What one build did. `pages` counts all files of the site, `rendered` those that were made now."""

    name: str
    pages: int
    bytes: int
    rendered: int
    units: int
    seconds: float
    failures: tuple[Failure, ...]
    faults: tuple[str, ...]
    folder: Path


def build_site(
    site: Site,
    *,
    now: datetime,
    full: bool = False,
    keep: int = KEPT_BUILDS,
    progress: Progress | None = None,
) -> BuildReport:
    """Bring the served site to the state of the database. The caller holds the instance's lock.

    `full` makes every page anew. `keep` builds stay, this one included; 1 when the law asked for
    content to be destroyed. Raise `OSError` where the folder cannot be written, `ForkFailed` when
    a process is killed: the site then stays as it was, and nothing of the build is left behind.
    """
    store = site.store
    store.prepare()
    name = store.free_name(now)
    try:
        store.begin(name)
        with collector_at_rest():
            return _build(site, name, now, full, keep, progress)
    except BaseException:
        store.abandon(name)
        site.states.clear()
        raise


def _build(
    site: Site,
    name: str,
    now: datetime,
    full: bool,
    keep: int,
    progress: Progress | None,
) -> BuildReport:
    began = time.monotonic()
    store = site.store
    last = last_state(site)
    with _open(site, now) as hand:
        if has_another_past(site, hand.session):
            last, keep = None, 1  # What the database no longer has must not stay.
        plans, done = _build_units(site, name, hand, last, full, progress)
        snapshot = hand.snapshot
        maker = hand.maker(name)
        areas: dict[str, AreaState] = {}
        failures: list[Failure] = []
        change = Moved()
        for view in snapshot.jurisdictions:
            try:
                areas[view.slug], more = _area(maker, snapshot, plans[view.slug], done.get(view.slug, {}))
                change = change.and_also(more)
            except OSError:
                raise
            except Exception as wrong:  # What is wrong in one jurisdiction never touches another.
                _log.exception("县区 %s 的页面未能生成", view.slug)
                told = f"{type(wrong).__name__}: {wrong}".partition("\n")[0]
                failures.append(Failure(f"{view.slug}/", told))
                areas[view.slug] = _area_before(maker, snapshot, plans[view.slug], done.get(view.slug, {}))
                change = Moved(everything=True)
            if progress:
                progress(1)
        static = build_static(
            maker,
            Path(str(maker.freezer.app.static_folder)),
            "static",
            last.static if last and last.program == site.program and not full else None,
        )
        head = {
            "build": name,
            "built_at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "change": snapshot.change,
        }
        basis = top_basis(snapshot, site.program)
        with maker.freezer.running():
            top, wrong_pages = build_top(
                maker,
                snapshot,
                areas,
                static,
                head,
                failures,
                old=None if full else _old_top(site, last, basis),
                change=change,
            )
        for slug, state in areas.items():
            if plans[slug].last is not state:
                site.keep(state.tree.id, state)
        site.keep(
            name,
            TopState(
                snapshot.change,
                site.program,
                boot_id(),
                {slug: state.tree for slug, state in areas.items()},
                static,
                mark_of(hand.session, snapshot.change),
                "" if wrong_pages else basis,
            ),
        )
        folder = store.publish(name)
    seconds = time.monotonic() - began
    left = store.sweep(keep=keep)
    _forget_states(site, areas, name)
    return BuildReport(
        name,
        top.files,
        top.bytes,
        maker.freezer.rendered + sum(state.rendered for some in done.values() for state in some.values()),
        sum(len(some) for some in done.values()),
        seconds,
        (*failures, *(one for state in areas.values() for one in state.failures), *wrong_pages),
        (
            *snapshot.faults,
            *(one for state in areas.values() for one in state.faults),
            *(f"旧的网站文件 {one} 未能删除，其中可能有已撤回的内容。请手工删除。" for one in left),
        ),
        folder,
    )


# The build, the place, the unit, its state and basis.
Task = tuple[str, str, UnitView, UnitState | None, str]


class _Hand:
    """A process's means to make units: its session, snapshot and exporter."""

    def __init__(self, site: Site, session: Session, now: datetime) -> None:
        self.site, self.session, self.now = site, session, now
        self.used = False
        self.online = site.online()
        self.snapshot = self._open()

    def _open(self) -> OpenSnapshot:
        return open_snapshot(
            self.session, self.site.regimes, now=self.now, parsed=self.site.parsed, online=self.online
        )

    def again(self) -> None:
        """Begin the reading transaction anew."""
        self.session.rollback()
        self.snapshot = self._open()

    def maker(self, name: str) -> Maker:
        """Return what parts of the build of that name are made with."""
        freezer = SiteFreezer(self.site.app_over(self.snapshot))
        return Maker(self.site.store, name, freezer, self.site.compress, self.site.files)

    def work(self, task: Task) -> UnitState:
        """Make one unit's tree and write down its state."""
        if self.used:
            gc.collect(0)  # The garbage of the unit before.
        self.used = True
        name, slug, unit, old, basis = task
        view = self.snapshot.jurisdiction(slug)
        assert view is not None  # noqa: S101 - tasks come from the same snapshot.
        maker = self.maker(name)
        with maker.freezer.running():
            state = build_unit(maker, self.snapshot, view, unit, old)
        faults = tuple(self.snapshot.found_faults.get(unit.id, ()))
        state = replace(state, faults=faults, basis=basis)
        self.site.store.keep(state.tree.id, state)
        self.snapshot.forget(unit)
        return state


@contextmanager
def _open(site: Site, now: datetime) -> Iterator[_Hand]:
    """Begin a reading transaction in a session of its own: the app's belongs to the request that pages are made in."""
    with Session(site.engine) as session:
        yield _Hand(site, session, now)


@contextmanager
def _in_child(site: Site, now: datetime) -> Iterator[Hand]:
    site.parsed = None  # What a process reads once it need not remember.
    with Session(make_engine(site.url)) as session:
        yield _Hand(site, session, now)


Made = dict[str, dict[int, UnitState]]


def _build_units(
    site: Site, name: str, hand: _Hand, last: TopState | None, full: bool, progress: Progress | None
) -> tuple[dict[str, Plan], Made]:
    """Plan every jurisdiction and make the units that the plans name, over as many processes as it is worth."""
    plans, tasks = _tasks(site, name, hand, last, full)
    made: Made = {}
    if site.jobs <= 1 or len(tasks) <= site.jobs:
        results: Iterator[tuple[int, Any]] = ((place, attempt(hand, one)) for place, one in enumerate(tasks))
        _collect(site, name, hand, plans, tasks, results, made, progress)
        return plans, made
    _compile(hand.maker(name).freezer.app)
    with Session(site.engine) as writers:
        begin_write(writers)  # Nothing is published until every process sees the same state.
        if latest_change(writers) != hand.snapshot.change:
            hand.again()
            plans, tasks = _tasks(site, name, hand, last, full)
        results = spread(lambda: _in_child(site, hand.now), tasks, jobs=site.jobs, ready=writers.rollback)
        with closing(results):  # Whatever happens, the processes are gone before anything is cleaned up.
            _collect(site, name, hand, plans, tasks, results, made, progress)
    return plans, made


def _tasks(
    site: Site, name: str, hand: _Hand, last: TopState | None, full: bool
) -> tuple[dict[str, Plan], list[Task]]:
    plans = {
        view.slug: plan_of(site, hand.session, hand.snapshot, view, last, full=full)
        for view in hand.snapshot.jurisdictions
    }
    return plans, [
        (name, slug, unit, plan.from_old(unit), plan.basis)
        for slug, plan in plans.items()
        for unit in plan.units
    ]


def _collect(
    site: Site,
    name: str,
    hand: _Hand,
    plans: Mapping[str, Plan],
    tasks: Sequence[Task],
    results: Iterator[tuple[int, Any]],
    made: Made,
    progress: Progress | None,
) -> None:
    for place, result in results:
        _, slug, unit, _, _ = tasks[place]
        state = result
        if isinstance(result, Wrong):
            _log.error("单位 %s/%s 的页面未能生成：%s", slug, unit.slug, result.trace)
            plan = plans[slug]
            old = plan.before(site, unit)
            state = unit_that_failed(hand.maker(name), hand.snapshot, plan.view, unit, old, result.told)
            site.store.keep(state.tree.id, state)
        made.setdefault(slug, {})[unit.id] = state
        site.states[state.tree.id] = state
        if progress:
            progress(max(state.rendered, 1))


def _units(plan: Plan, made: Mapping[int, UnitState]) -> dict[int, UnitState]:
    return {
        unit.id: state
        for unit in plan.view.units
        if (state := made.get(unit.id) or plan.states.get(unit.id)) is not None
    }


def _area(
    maker: Maker, snapshot: Snapshot, plan: Plan, made: Mapping[int, UnitState]
) -> tuple[AreaState, Moved]:
    """Make a jurisdiction's tree, or hand back the old one where nothing in it changed; and what moved since."""
    units = _units(plan, made)
    for state in units.values():  # For the site's own pages too, whether or not this place's change.
        bring(snapshot, state.summary)
    last = plan.last if plan.usable else None
    keys, handled = online_of(plan.view), handled_of(plan.view)
    beside = last is not None and last.online == keys and last.handled == handled
    same = last and beside and not made and not last.failures and set(units) == set(last.units)
    if last and same and maker.store.holds(last.tree) and maker.store.holds(last.english):
        return last, Moved()
    change = Moved(everything=True)
    if last and set(units) == set(last.units):
        before = {number: plan.states.get(number) for number in made}
        change = moved(
            (old.summary if (old := before[number]) else None, made[number].summary) for number in made
        )
        if last.online != keys:
            change = change.and_also(Moved(frozenset({ONLINE})))
        if last.handled != handled:
            change = change.and_also(Moved(frozenset({HANDLED})))
    with maker.freezer.running():
        return build_area(
            maker, snapshot, plan.view, units, basis=plan.basis, old=last, change=change
        ), change


def _area_before(maker: Maker, snapshot: Snapshot, plan: Plan, made: Mapping[int, UnitState]) -> AreaState:
    """Return what stands for a jurisdiction whose own pages failed: all that it showed before, where that may be shown on."""
    last = plan.last
    if (
        last
        and not plan.taken_back
        and all(map(maker.store.holds, (last.tree, last.english, *last.units.values())))
    ):
        return last
    return area_that_failed(maker, snapshot, plan.view, _units(plan, made))


def _compile(app: Flask) -> None:
    """Compile the site's templates once, before the processes part."""
    for template in app.jinja_env.list_templates(filter_func=lambda name: name.startswith("public/")):
        app.jinja_env.get_template(template)
        # Records and texts have no English pages.
        if "english" in app.extensions and "/kinds/" not in template:
            app.extensions["english"].get_template(template)


def _old_top(site: Site, last: TopState | None, basis: str) -> OldTree | None:
    """Return the top of the last build, where its texts are still right."""
    build = site.store.current()
    if last is None or build is None or last.basis != basis:
        return None
    manifest = read_manifest(build)
    files = manifest.get("files")
    # A page that failed is not to be taken over; which of them were the top's own is not worth telling apart.
    return OldTree(build, files) if isinstance(files, dict) and not manifest.get("failed") else None


def _forget_states(site: Site, areas: Mapping[str, AreaState], name: str) -> None:
    used = {name, *(state.tree.id for state in areas.values())}
    used |= {tree.id for state in areas.values() for tree in state.units.values()}
    for known in [one for one in site.states if one not in used]:
        del site.states[known]
