"""Carries a build of the site to another place, and only what changed since the last time.

What lies there is known from the copy's own manifests, tree by tree, so nothing
is listed or read that did not change. New and changed files go first, deletions
after them, the manifests last; the top one closes the copy.

Before anything is touched, `carrying.json` at the destination names every path
that this run will write or delete. A run that stops anywhere leaves it behind,
and the next one trusts none of those paths: it completes the copy even when
the site has changed in between, and nothing that was taken back stays there.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Any

from portal.site.destinations import Destination, Unreachable
from portal.site.manifests import MANIFEST
from portal.site.trees import SIDECARS

JOURNAL = "carrying.json"
_ATTEMPTS = 3  # The site may be built anew while it is carried.
_HEX = re.compile(r"[0-9a-f]{64}")
_BATCH = 1000

Progress = Callable[[int, int], None]


class NotCarried(RuntimeError):
    """The copy was refused or could not be made; the message says why and what to do."""


@dataclass(frozen=True)
class Plan:
    """What is to be done: files to put with their digests, files to delete, and how many stay as they are."""

    put: dict[str, str]
    delete: tuple[str, ...]
    unchanged: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Carried:
    """What one run did, or with `dry_run` would do. `manifest` is the SHA-256 of the copy's top manifest."""

    build: str
    destination: str
    put: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int
    bytes: int
    manifest: str
    dry_run: bool
    notes: tuple[str, ...]


def carry(
    build: Path,
    destination: Destination,
    *,
    everything: bool = False,
    force: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Carried:
    """Bring the destination to the state of a build (a folder, or a link to one such as `current`).

    With `everything`, put all files anew. A destination that holds something else is refused
    (`NotCarried`) unless `force`; even then nothing is deleted there that no earlier run put there.
    `progress` is told how many files are done, of how many.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return _carry(build.resolve(), destination, everything, force, dry_run, progress)
        except FileNotFoundError as gone:
            if attempt == _ATTEMPTS - 1 or not (build / MANIFEST).is_file():
                raise NotCarried(
                    f"读不到 {gone.filename}：网站在此期间重新生成过，或文件已被删除。请稍后重新运行。"
                ) from gone
        except Unreachable as wrong:
            raise NotCarried(str(wrong)) from wrong
    raise AssertionError  # The last attempt returns or raises.


def _carry(
    build: Path,
    destination: Destination,
    everything: bool,
    force: bool,
    dry_run: bool,
    progress: Progress | None,
) -> Carried:
    source = _Source(build)
    there = _There(destination, force=force)
    plan = _plan(source, there, everything=everything)
    size = sum((build / path).stat().st_size for path in plan.put)
    if not dry_run and (plan.put or plan.delete or there.journal is not None):
        _run(source, plan, there, progress)
    return Carried(
        str(source.top.get("build", build.name)),
        destination.name,
        tuple(plan.put),
        plan.delete,
        plan.unchanged,
        size,
        source.digest,
        dry_run,
        plan.notes,
    )


class _Source:
    """The build that is carried. Its manifests are checked against each other as they are read."""

    def __init__(self, build: Path) -> None:
        self.build = build
        content = (build / MANIFEST).read_bytes()
        self.digest = hashlib.sha256(content).hexdigest()
        self.top = _parsed(content) or {}
        if not self.top:
            raise NotCarried(f"{build / MANIFEST} 已损坏。请先运行 portal build 重新生成网站。")

    def manifest(self, prefix: str, expected: str) -> dict[str, Any]:
        content = (self.build / prefix / MANIFEST).read_bytes()
        found = _parsed(content)
        if found is None or hashlib.sha256(content).hexdigest() != expected:
            raise NotCarried(
                f"{self.build / prefix / MANIFEST} 与上一级清单不一致，可能被改动。请先运行 portal build 重新生成网站。"
            )
        return found

    def read(self, path: str, expected: str) -> bytes:
        content = (self.build / path).read_bytes()
        if hashlib.sha256(content).hexdigest() != expected:
            raise NotCarried(
                f"{self.build / path} 与清单中的 SHA-256 不一致，可能被改动，未带走。请先运行 portal build 重新生成网站。"
            )
        return content


class _There:
    """What lies at the destination, as far as earlier runs put it there."""

    def __init__(self, destination: Destination, *, force: bool) -> None:
        self.destination = destination
        journal = destination.read(JOURNAL)
        self.journal = None if journal is None else _journal(journal)
        content = destination.read(MANIFEST)
        self.top = _parsed(content) if content is not None else None
        self.digest = hashlib.sha256(content).hexdigest() if content is not None and self.top else None
        self.doubtful = {
            *(self.journal or ()),
            *(f"{above}/" for path in self.journal or () for above in PurePosixPath(path).parents),
        }
        self.notes: list[str] = []
        ours = self.top is not None or self.journal is not None
        if ours or force or (content is None and destination.is_empty()):
            return
        raise NotCarried(
            f"{destination.name} 里已有别的内容（没有本平台的 {MANIFEST}），未写入。"
            "请换一个空的位置；确实要写到这里，加 --force（原有的其他文件不会被删除，同名的会被覆盖）。"
        )

    def manifest(self, prefix: str) -> dict[str, Any] | None:
        content = self.destination.read(f"{prefix}{MANIFEST}")
        found = _parsed(content) if content is not None else None
        if found is None:
            self.notes.append(
                f"{self.destination.name} 的 {prefix}{MANIFEST} 缺失或损坏，这一部分全部重传；其中多余的旧文件无从得知，没有删除。"
            )
        return found


def _parsed(content: bytes) -> dict[str, Any] | None:
    """Return a manifest whose paths are all plain and inside, else None: it may come from a place that others write."""
    try:
        found = json.loads(content)
        files, trees = _files(found), found.get("trees", {})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    known = isinstance(files, dict) and isinstance(trees, dict)
    if not known or not all(
        _is_plain(path) and _is_digest(one) for path, one in (*files.items(), *trees.items())
    ):
        return None
    return found if isinstance(found, dict) and (files or trees) else None


def _files(manifest: dict[str, Any]) -> dict[str, str]:
    files: dict[str, str] = manifest["files"] if "files" in manifest else manifest["pages"]
    return files


def _journal(content: bytes) -> frozenset[str] | None:
    try:
        return frozenset(path for path in json.loads(content)["paths"] if _is_plain(path))
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _is_plain(path: object) -> bool:
    if not isinstance(path, str) or not path or "\0" in path or "\\" in path:
        return False
    place = PurePosixPath(path)
    return not place.is_absolute() and ".." not in place.parts and place.as_posix() == path != "."


def _is_digest(text: object) -> bool:
    return isinstance(text, str) and _HEX.fullmatch(text) is not None


@dataclass
class _Difference:
    """Collects what differs, tree by tree; a tree whose manifest is the same is not opened."""

    source: _Source
    there: _There
    everything: bool
    put: dict[str, str] = field(default_factory=dict)
    delete: set[str] = field(default_factory=set)
    unchanged: int = 0

    def compare(self, prefix: str, here: dict[str, Any] | None, there: dict[str, Any] | None) -> None:
        """Compare one tree; None where it is missing on that side."""
        doubtful = self.there.doubtful
        own, other = (dict(_files(one)) if one else {} for one in (here, there))
        for name, digest in own.items():
            path = f"{prefix}{name}"
            if self.everything or path in doubtful or other.get(name) != digest:
                self.put[path] = digest
            else:
                self.unchanged += 1
        self.delete.update(f"{prefix}{name}" for name in other.keys() - own.keys())
        self._compare_trees(prefix, here, there)

    def _compare_trees(self, prefix: str, here: dict[str, Any] | None, there: dict[str, Any] | None) -> None:
        own, other = (one.get("trees", {}) if one else {} for one in (here, there))
        for name in sorted({*own, *other}):
            inside = f"{prefix}{name}/"
            digest, known = own.get(name), other.get(name)
            place = f"{inside}{MANIFEST}"
            mine = self.source.manifest(inside, digest) if digest else None
            if mine and digest == known and inside not in self.there.doubtful and not self.everything:
                self.unchanged += 1 + sum(1 for _ in self._all(inside, mine))
                continue
            self.compare(inside, mine, self.there.manifest(inside) if known else None)
            if digest:
                self.put[place] = digest
            else:
                self.delete.add(place)

    def _all(self, prefix: str, manifest: dict[str, Any]) -> Iterator[str]:
        yield from _files(manifest)
        for name, digest in manifest.get("trees", {}).items():
            yield f"{prefix}{name}/{MANIFEST}"
            yield from self._all(f"{prefix}{name}/", self.source.manifest(f"{prefix}{name}/", digest))


def _plan(source: _Source, there: _There, *, everything: bool) -> Plan:
    found = _Difference(source, there, everything)
    found.compare("", source.top, there.top)
    # What a stopped run may have written, and this build does not have.
    left = {path for path in there.journal or () if path not in found.put and path != MANIFEST}
    found.delete |= left
    if source.digest != there.digest or everything or there.journal is not None or found.put or found.delete:
        found.put[MANIFEST] = source.digest
    else:
        found.unchanged += 1
    put = dict(sorted(found.put.items(), key=lambda one: _turn(one[0])))
    return Plan(put, tuple(sorted(found.delete - {MANIFEST})), found.unchanged, tuple(there.notes))


def _turn(path: str) -> tuple[int, int, str]:
    """Order files so that what a page needs is there before the page: styles, then records, then what lists them."""
    depth = -path.count("/")
    if PurePosixPath(path).name == MANIFEST:
        return (2, depth, path)
    return (0, 0, path) if path.startswith("static/") else (1, depth, path)


def _run(source: _Source, plan: Plan, there: _There, progress: Progress | None) -> None:
    destination = there.destination
    total = len(plan.put) + len(plan.delete)
    done = 0
    touched = {*plan.put, *plan.delete} - {MANIFEST}  # What an earlier journal names is among them.
    destination.put(JOURNAL, json.dumps({"paths": sorted(touched)}, ensure_ascii=False, indent=0).encode())

    def advance(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, total)

    pages = [path for path in plan.put if PurePosixPath(path).name != MANIFEST]
    manifests = [path for path in plan.put if PurePosixPath(path).name == MANIFEST]
    # A compressed copy of the old page must not answer for the new one.
    stale = {path for path in plan.delete if path.endswith(SIDECARS) and path.rpartition(".")[0] in plan.put}
    with ThreadPoolExecutor(destination.writers) as hands:

        def put(path: str) -> None:
            destination.put(path, source.read(path, plan.put[path]))

        def put_all(paths: Iterable[str]) -> None:
            for _, some in groupby(paths, key=lambda path: _turn(path)[:2]):
                for _ in _each(hands, put, list(some)):
                    advance(1)

        def delete_all(paths: list[str]) -> None:
            for start in range(0, len(paths), _BATCH):
                destination.delete(paths[start : start + _BATCH])
                advance(len(paths[start : start + _BATCH]))

        delete_all(sorted(stale))
        put_all(pages)
        delete_all([path for path in plan.delete if path not in stale])
        put_all(manifests)
    destination.delete([JOURNAL])


def _each(hands: ThreadPoolExecutor, work: Callable[[str], None], paths: list[str]) -> Iterator[None]:
    """Do the work for all paths, a limited number at a time; stop at the first error."""
    for start in range(0, len(paths), _BATCH):
        waiting = [hands.submit(work, path) for path in paths[start : start + _BATCH]]
        try:
            for one in waiting:
                yield one.result()
        finally:
            for one in waiting:
                one.cancel()
