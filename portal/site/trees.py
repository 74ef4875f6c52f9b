"""Where builds lie: folders that never change once they are made, put together by symbolic links.

    site_build/index.html            leads to current/
    site_build/current               → builds/<name>, the one build that is served
    site_build/builds/<name>/        the site's own pages; one link for each jurisdiction
    site_build/trees/<key>@<name>/   a jurisdiction's, a unit's or a unit's kind's folder, made by that build
    site_build/state/                what the next build must know of each tree; never served

A build makes new trees for what changed and links to the old ones for the rest,
then swaps `current`. A reader, and a kill at any moment, finds one whole build.
Every tree has a `manifest.json` that names its files and, by their manifests'
digests, the trees in it, so that the top one vouches for the whole site.
"""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import re
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any

from portal.domain.reports.marks import is_text, mark_in
from portal.site.manifests import MANIFEST, read_manifest, sync_folder, write_durably

SIDECARS = (".br", ".gz")
KEPT_BUILDS = 2  # The one before stays for readers who are in the middle of it.
TREES, BUILDS, STATE, CURRENT = "trees", "builds", "state", "current"
_STAGING = ".staging-"
_DEEPEST = 3  # <jurisdiction>.u.<unit>.<kind> and en.<jurisdiction>.u.<unit>; no name has a dot in it.
_NAME = re.compile(r"\d{8}T\d{6}Z(-\d{4,})?")

Compress = Callable[[str, bytes], Iterable[tuple[str, bytes]]]

_ENTRANCE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><title>阳光权力公开平台</title>
<meta http-equiv="refresh" content="0; url=current/index.html"></head>
<body><p><a href="current/index.html">进入阳光权力公开平台</a></p></body></html>
"""


def by_age(name: str) -> tuple[str, int]:
    """Return what sorts the names of builds by age: the second, then the number within it."""
    base, _, number = name.partition("-")
    return base, int(number) if number.isdigit() else 0


def with_sidecars(path: str) -> tuple[str, ...]:
    """Return a file's path and those that its compressed forms would have."""
    return (path, *(f"{path}{ending}" for ending in SIDECARS))


class ReportFound(ValueError):
    """Something of a sealed report stands in what was to be published; it is not written, whatever else fails."""

    def __init__(self, what: str) -> None:
        """Say what sort of thing it is, and never the thing itself."""
        super().__init__(f"内容里有{what}，不能公开，没有写入")


class UnsafePath(ValueError):
    """A page path that is not plain server-made ASCII."""


def check_path(path: str) -> None:
    """Refuse a path that is not made of plain ASCII parts: nothing user-made names a file."""
    parts = PurePosixPath(path).parts
    fine = (
        path.isascii() and parts and all(part not in (".", "..", "/") and len(part) <= 120 for part in parts)
    )
    if not fine or any(char in path for char in '\\:*?"<>|\0%') or "//" in path:
        raise UnsafePath(f"页面路径“{path}”含有不允许的字符，未写入。")


@dataclass(frozen=True)
class TreeRef:
    """A finished tree: its folder's name, the digest of its manifest, and what is in it, trees included."""

    id: str
    digest: str
    files: int
    bytes: int


@dataclass
class Tree:
    """A folder in the making. `write` and `link` add files, `mount` adds another tree, `close` finishes it."""

    folder: Path
    id: str
    compress: Compress | None = None
    files: dict[str, str] = field(default_factory=dict)
    trees: dict[str, TreeRef] = field(default_factory=dict)
    size: int = 0
    made: set[str] = field(default_factory=set)

    def write(self, path: str, content: bytes, *, compress: bool = True) -> None:
        """Add a file and its compressed forms; raise `ReportFound` rather than publish anything of a sealed report."""
        check_path(path)
        if is_text(path) and (found := mark_in(content)):
            raise ReportFound(found)
        self._put(path, content)
        if self.compress and compress:
            for name, packed in self.compress(path, content):
                self._put(name, packed)

    def _put(self, path: str, content: bytes) -> None:
        folder = path.rpartition("/")[0]
        if folder and folder not in self.made:
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
            self.made.add(folder)
        handle = os.open(f"{self.folder}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            written = os.write(handle, content)
            while written < len(content):
                written += os.write(handle, content[written:])
        finally:
            os.close(handle)
        self.files[path] = hashlib.sha256(content).hexdigest()
        self.size += len(content)

    def link(self, path: str, old: OldTree) -> None:
        """Take a file over from an older tree."""
        folder = path.rpartition("/")[0]
        if folder and folder not in self.made:
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
            self.made.add(folder)
        self._link(f"{old.folder}/{path}", path)
        self.files[path] = old.files[path]

    def _link(self, file: str, path: str) -> None:
        try:
            os.link(file, f"{self.folder}/{path}")
        except FileNotFoundError:
            raise
        except OSError:  # Some file systems have no hard links, others only so many for one file.
            shutil.copyfile(file, self.folder / path)

    def double(self, path: str, name: str) -> None:
        """Let a file of this tree, with its compressed forms, lie under a second name too."""
        for file, twin in zip(with_sidecars(path), with_sidecars(name), strict=True):
            if file in self.files:
                self._link(f"{self.folder}/{file}", twin)
                self.files[twin] = self.files[file]

    def drop(self, path: str) -> None:
        """Take a file out again."""
        (self.folder / path).unlink(missing_ok=True)
        self.files.pop(path, None)

    def mount(self, name: str, tree: TreeRef) -> None:
        """Let another tree appear under `name`."""
        assert self.folder.parent.name != TREES or not _is_leaf(self.id)  # noqa: S101 - else it would be swept.
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        up = "../" * (name.count("/") + (1 if self.folder.parent.name == TREES else 2))
        inside = "" if self.folder.parent.name == TREES else f"{TREES}/"
        place.symlink_to(f"{up}{inside}{tree.id}", target_is_directory=True)
        self.trees[name] = tree

    def close(self, **head: Any) -> TreeRef:
        """Write the manifest and return what refers to this tree."""
        content = json.dumps(
            {
                **head,
                "files": dict(sorted(self.files.items())),
                "trees": {name: tree.digest for name, tree in sorted(self.trees.items())},
            },
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()
        write_durably(self.folder / MANIFEST, content, sync=bool(head))
        return TreeRef(
            self.id,
            hashlib.sha256(content).hexdigest(),
            len(self.files) + sum(one.files for one in self.trees.values()),
            self.size + sum(one.bytes for one in self.trees.values()),
        )


@dataclass(frozen=True)
class OldTree:
    """A finished tree whose files may be taken over."""

    folder: Path
    files: dict[str, str]


@dataclass(frozen=True)
class Store:
    """The folder `site_build`."""

    folder: Path

    def prepare(self) -> None:
        """Make the folders, or raise `OSError`."""
        for name in (TREES, BUILDS, STATE):
            (self.folder / name).mkdir(parents=True, exist_ok=True)

    def begin(self, name: str) -> None:
        """Take a build's name, and remove what builds that were killed left behind: on a full disk it would stay full."""
        builds = self.folder / BUILDS
        if any(builds.glob(f"{_STAGING}*")):
            self.sweep(keep=None)
        (builds / f"{_STAGING}{name}").mkdir()

    def abandon(self, name: str) -> None:
        """Remove everything of a build that did not come to be published."""
        builds = self.folder / BUILDS
        if self.current() == (builds / name).resolve():
            return
        for left in (builds / f"{_STAGING}{name}", builds / name, *(self.folder / TREES).glob(f"*@{name}")):
            _remove(left)
        for state in (self.folder / STATE).glob(f"*{name}.*"):
            if state.stem == name or state.stem.endswith(f"@{name}"):
                _remove(state)

    def start(self, key: str, name: str, *, compress: Compress | None = None) -> Tree:
        """Begin a tree for the path `key`, in the build of that name."""
        tree_id = f"{key.replace('/', '.')}@{name}"
        folder = self.folder / TREES / tree_id
        if folder.exists():  # Begun before in this build, whose name no other ever had, and given up.
            shutil.rmtree(folder)
        folder.mkdir()
        return Tree(folder, tree_id, compress)

    def old(self, tree: TreeRef | None) -> OldTree | None:
        """Return a finished tree, or None where it cannot be read any more."""
        if tree is None:
            return None
        folder = self.folder / TREES / tree.id
        files = read_manifest(folder).get("files")
        return OldTree(folder, files) if isinstance(files, dict) else None

    def holds(self, tree: TreeRef) -> bool:
        """Tell whether a finished tree still lies there, and the trees mounted directly in it."""
        folder = self.folder / TREES / tree.id
        try:
            links = [one.path for one in os.scandir(folder) if one.is_symlink()]
        except OSError:
            return False
        return all(os.path.isfile(f"{one}/{MANIFEST}") for one in (folder, *links))  # noqa: PTH113 - many, often.

    def keep(self, name: str, state: Any) -> None:
        """Write down what the next build must know."""
        file = self.folder / STATE / f"{name}.pickle"
        aside = file.with_suffix(".new")
        aside.write_bytes(pickle.dumps(state, protocol=5))
        aside.replace(file)

    def kept(self, name: str) -> Any:
        """Return what `keep` wrote, or None where it cannot be read: then everything is made anew.

        The files are ours alone, as the database is; nothing from outside gets into them.
        """
        try:
            state = pickle.loads((self.folder / STATE / f"{name}.pickle").read_bytes())  # noqa: S301
            whole = {one.name for one in fields(state)} == set(vars(state))
        except Exception:  # Whatever an old program or a torn file holds, a full build mends it.
            return None
        return state if whole else None

    def current(self) -> Path | None:
        """Return the build that is served, or None when there is none yet."""
        link = self.folder / CURRENT
        return link.resolve() if (link / MANIFEST).is_file() else None

    def free_name(self, now: datetime) -> str:
        """Name builds so that they sort by age even when two fall into one second."""
        stem = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
        # Nor is the name of a build that was killed used again: a process of it may still be writing.
        names = (one.name.removeprefix(_STAGING) for one in (self.folder / BUILDS).iterdir())
        highest = max((name for name in names if _NAME.fullmatch(name)), key=by_age, default="")
        if highest and by_age(highest) >= by_age(stem):
            base, number = by_age(highest)
            return f"{base}-{number + 1:04d}"
        return stem

    def stage(self, name: str, *, compress: Compress | None = None) -> Tree:
        """Begin the top folder of a build."""
        folder = self.folder / BUILDS / f"{_STAGING}{name}"
        folder.mkdir(exist_ok=True)
        return Tree(folder, name, compress)

    def publish(self, name: str) -> Path:
        """Let the staged build be the one that is served, in one step."""
        builds = self.folder / BUILDS
        final = builds / name
        (builds / f"{_STAGING}{name}").rename(final)
        sync_folder(builds)
        aside = self.folder / f".current-{name}"
        aside.unlink(missing_ok=True)
        aside.symlink_to(Path(BUILDS) / name, target_is_directory=True)
        current = self.folder / CURRENT
        if current.is_dir() and not current.is_symlink():  # Somebody copied the folder without its links.
            current.rename(self.folder / f".current-copied-{name}")
        aside.replace(current)
        entrance = self.folder / "index.html"
        if not entrance.is_file() or entrance.read_text(encoding="utf-8") != _ENTRANCE:
            temporary = self.folder / ".index.html"
            temporary.write_text(_ENTRANCE, encoding="utf-8")
            temporary.replace(entrance)
        sync_folder(self.folder)
        return final

    def sweep(self, *, keep: int | None = KEPT_BUILDS) -> tuple[Path, ...]:
        """Remove what killed builds left behind, all but the last builds, and every tree that none of them shows.

        Return what should be gone and could not be removed. With None, all whole builds stay.
        """
        builds = self.folder / BUILDS
        served = self.current()
        gone = [*builds.glob(f"{_STAGING}*"), *self.folder.glob(".current-*")]
        named = [one for one in builds.iterdir() if _NAME.fullmatch(one.name)]
        whole = sorted(named, key=lambda one: by_age(one.name), reverse=True)
        kept = [
            one for place, one in enumerate(whole) if keep is None or place < keep or one.resolve() == served
        ]
        used: set[str] = set()
        for build in kept:
            self._used(build, used)
        gone += [one for one in whole if one not in kept]
        gone += [one for one in (self.folder / TREES).iterdir() if one.name not in used]
        names = used | {one.name for one in kept}
        for left in gone:
            _remove(left)
        for state in (self.folder / STATE).iterdir():
            if state.stem not in names or state.suffix == ".new":
                _remove(state)
        return tuple(left for left in gone if left.is_symlink() or left.exists())

    def _used(self, folder: Path, found: set[str]) -> None:
        """Collect the names of the trees that are mounted anywhere below a folder."""
        try:
            entries = list(os.scandir(folder))
        except OSError:
            return
        for one in entries:
            if one.is_symlink():
                name = Path(one.path).readlink().name
                if name and name not in found:
                    found.add(name)
                    if not _is_leaf(name):
                        self._used(self.folder / TREES / name, found)  # Never where a planted link leads.
            elif one.is_dir(follow_symlinks=False):
                self._used(Path(one.path), found)


def _is_leaf(tree_id: str) -> bool:
    """Tell whether a tree lies so deep that nothing is mounted in it: a unit's kind, a unit's English pages.

    They hold nearly all files of a site, and looking through them takes long.
    """
    return tree_id.partition("@")[0].count(".") >= _DEEPEST


def _remove(left: Path) -> None:
    """Remove a file, a link or a folder as far as that is possible."""
    if left.is_dir() and not left.is_symlink():
        shutil.rmtree(left, ignore_errors=True)
    else:
        with suppress(OSError):
            left.unlink(missing_ok=True)
