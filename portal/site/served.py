"""One instance's static site: where it lies, what it is made with, and what the build that is served was made from."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from portal.domain.regimes import Regime
from portal.domain.remembered import forget_texts
from portal.site.areas import AreaState, area_basis, handled_of, online_of
from portal.site.manifests import read_manifest
from portal.site.online import Online
from portal.site.rows import Parsed
from portal.site.snapshot import JurisdictionView, Snapshot, open_snapshot
from portal.site.trees import Compress, Store, TreeRef
from portal.store.db import make_engine
from portal.store.files import FileStore
from portal.store.public import latest_change, mark_of

_log = logging.getLogger(__name__)
MakeApp = Callable[[Callable[[], Snapshot]], Flask]


@dataclass(frozen=True)
class TopState:
    """What the next build must know of the last: what it showed, from which program, on which run of the machine."""

    change: int
    program: str
    boot: str
    areas: Mapping[str, TreeRef]
    static: TreeRef
    mark: str  # What tells the change from another of the same number, in a database put back from a backup.
    basis: str  # What the site's own texts rest on; blank where one of its pages failed.


@dataclass
class Site:
    """One instance's static site: where it lies and what it is made with.

    `program` names the code and templates (see `program_identity`). `kept` lets a long-running
    process remember versions and states from one build to the next.
    """

    folder: Path
    url: str
    regimes: Mapping[str, Regime]
    make_app: MakeApp
    program: str
    compress: Compress | None = None
    jobs: int = 1
    files: FileStore | None = None  # Attachments, on this machine: processes of a build read them at once.
    online: Callable[[], Online] = dict  # Which jurisdictions take reports over the network, and how.
    parsed: Parsed | None = None
    states: dict[str, Any] = field(default_factory=dict)
    app: tuple[Flask, list[Snapshot]] | None = None
    seen: int = 0  # Up to which change it is known what must leave the memory.

    @cached_property
    def engine(self) -> Engine:
        """The way to the database."""
        return make_engine(self.url)

    def forget_content(self) -> None:
        """Let go of everything that a long-running process remembers of what was published."""
        if self.parsed is not None:
            self.parsed.clear()
        self.app = None  # What it said before is remembered in it too.
        forget_texts()

    @property
    def store(self) -> Store:
        """Where trees are kept."""
        return Store(self.folder)

    def state(self, tree_id: str) -> Any:
        """Return what an earlier build wrote down under that name."""
        if tree_id not in self.states:
            self.states[tree_id] = self.store.kept(tree_id)
        return self.states[tree_id]

    def keep(self, tree_id: str, state: Any) -> None:
        """Write down what the next build must know."""
        self.store.keep(tree_id, state)
        self.states[tree_id] = state

    def app_over(self, snapshot: Snapshot) -> Flask:
        """Return the public app over a snapshot; made once, for compiling templates takes longer than some builds."""
        if self.app is None:
            holder = [snapshot]
            self.app = self.make_app(lambda: holder[0]), holder
        self.app[1][0] = snapshot
        return self.app[0]


def boot_id() -> str:
    """Return which run of the machine this is: after a power cut, files that were not synced cannot be trusted."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


def program_identity(*folders: Path) -> str:
    """Return a digest of every file below the folders: code, templates, styles, texts."""
    digest = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix not in (".pyc", ".pyo") and "__pycache__" not in file.parts:
                digest.update(f"{file.relative_to(folder)}\0".encode())
                digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def current_build(folder: Path) -> Path | None:
    """Return the build that is served, or None when there is none yet."""
    return Store(folder).current()


def built_change(folder: Path) -> int:
    """Return the newest change that the served build shows, or -1 when there is no usable build."""
    build = current_build(folder)
    return int(read_manifest(build).get("change", -1)) if build else -1


def last_state(site: Site) -> TopState | None:
    """Return what the served build wrote down, where its files can be built upon; None asks for a full build."""
    state = _written(site)
    return state if state and state.boot == boot_id() else None


def _written(site: Site) -> TopState | None:
    build = site.store.current()
    state = site.state(build.name) if build else None
    return state if isinstance(state, TopState) else None


def is_current(site: Site, *, now: datetime) -> bool:
    """Tell whether a build now would give the site that is served, as far as its basis and changes tell."""
    last, build = last_state(site), site.store.current()
    if last is None or build is None or last.program != site.program or read_manifest(build).get("failed"):
        return False
    if not site.store.holds(last.static):
        return False
    with Session(site.engine) as session:
        if another_past(last, session):
            return False
        snapshot = open_snapshot(session, site.regimes, now=now, online=site.online())
        return last.change == snapshot.change and _rests_on(site, snapshot, last)


def has_another_past(site: Site, session: Session) -> bool:
    """Tell whether the database is not the one that the served site was built from: it was put back from a backup."""
    last = _written(
        site
    )  # A backup is often put back along with a restart: its files are not trusted, its mark is.
    return last is not None and another_past(last, session)


def another_past(last: TopState, session: Session) -> bool:
    """Tell whether the change that a build showed last is not the one that has its number now."""
    return last.change > latest_change(session) or mark_of(session, last.change) != last.mark


def _rests_on(site: Site, snapshot: Snapshot, last: TopState) -> bool:
    return {view.slug for view in snapshot.jurisdictions} == set(last.areas) and all(
        isinstance(known := site.state(last.areas[view.slug].id), AreaState)
        and known.basis == basis_of(site, snapshot, view)
        and known.online == online_of(view)
        and known.handled == handled_of(view)
        and all(site.store.holds(tree) for tree in (known.tree, known.english, *known.units.values()))
        for view in snapshot.jurisdictions
    )


def basis_of(site: Site, snapshot: Snapshot, view: JurisdictionView) -> str | None:
    """Return what a jurisdiction rests on, or None where even that cannot be worked out."""
    try:
        return area_basis(snapshot, view, site.program)
    except Exception:
        _log.exception("县区 %s 的依据未能读出", view.slug)
        return None
