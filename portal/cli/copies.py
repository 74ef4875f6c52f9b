"""Whole copies of the site, or folders of one: every file held against the manifests, and the manifests against each other.

A site is made of folders with a `manifest.json` each; the one above names the
digests of those in it, so that the top one's digest stands for everything.
In the instance's own store such folders are mounted by symbolic links, in a
copy they are real.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from portal.site.manifests import MANIFEST
from portal.site.trees import BUILDS, CURRENT, TREES

_HEX = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = "carrying.json"
_OF_THE_HOST = re.compile(  # What the place where a copy lies asks for, or puts there itself.
    r"CNAME|\.nojekyll|\.well-known|\.htaccess|_headers|_redirects|robots\.txt|favicon\.ico|ads\.txt|security\.txt"
    r"|netlify\.toml|vercel\.json|\.git|\.gitignore|\.github|\.DS_Store|Thumbs\.db|desktop\.ini|lost\+found"
    r"|(google|baidu_verify_|BingSiteAuth|MP_verify_|sogousiteverification|shenma-site-verification)[\w.-]*"
)


@dataclass(frozen=True)
class Place:
    """Where a path lies in a site: the site's top, the folders with manifests from there on, and what was asked for."""

    top: Path
    asked: Path

    @property
    def whole(self) -> bool:
        """Tell whether the whole site was asked for."""
        return self.asked == self.top


@dataclass
class Compared:
    """What came of comparing files with manifests."""

    same: int = 0
    files: list[Path] = field(default_factory=list)  # Everything that lies there.
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def place_of(path: Path) -> Place | None:
    """Return where an absolute path lies in a site; None where no manifest is above it, nor in it."""
    path = _in_the_site(path)
    folder = path if path.is_dir() else path.parent
    top = next((one for one in (folder, *folder.parents) if (one / MANIFEST).is_file()), None)
    if top is None:
        return None
    for above in top.parents:  # The one above counts when it names this one.
        own = f"{top.relative_to(above).as_posix()}/"
        # Or one that it lies in: a manifest between them that is missing is told, not passed over.
        if any(own.startswith(f"{tree}/") for tree in _read(above / MANIFEST)[1]):
            top = above
    return Place(top, path)


def _in_the_site(path: Path) -> Path:
    """Return where the site shows what lies in the store: its folder, or a tree that somebody walked into by a link."""
    if (path / CURRENT / MANIFEST).is_file() and (path / BUILDS).is_dir():
        return path / CURRENT
    for tree in (path, *path.parents):
        if tree.parent.name == TREES and "@" in tree.name:
            site = tree.parent.parent / CURRENT
            shown = site / tree.name.partition("@")[0].replace(".", "/")
            if shown.exists() and shown.resolve() == tree.resolve():
                return shown / path.relative_to(tree)
    return path


def walk(folder: Path, store: Path | None = None) -> Iterator[tuple[Path, str | None]]:
    """Yield every file below a folder, and what is wrong with it or with a folder's link.

    Links to folders are followed where they stay in `folder`, or lead to the trees of `store`, and only once.
    """
    inside = [folder.resolve(), *((store / TREES,) if store else ())]
    way: dict[str, frozenset[Path]] = {str(folder): frozenset({folder.resolve()})}
    for here, folders, files in os.walk(folder, followlinks=True):
        above = way.pop(here)
        folders.sort()
        for name in list(folders):
            one = Path(here) / name
            real = one.resolve()
            if one.is_symlink() and (real in above or not any(real.is_relative_to(some) for some in inside)):
                folders.remove(name)
                told = "兜圈子" if real in above else "通向网站之外"
                yield one, f"是符号链接，{told}，不是网站自己的文件夹"
            else:
                way[str(one)] = above | {real}
        for name in sorted(files):
            yield Path(here) / name, None


def compare(place: Place) -> Compared:
    """Compare what lies at a place of a site with the site's manifests."""
    found = Compared()
    listed = dict(_listed(place, place.top, None, found))
    for name, digest in listed.items():
        file = place.top / name
        if not file.is_relative_to(place.asked):
            continue
        if file.is_symlink():
            found.problems.append(f"{file}：是符号链接，不是网站自己的文件")
        elif not file.is_file():
            found.problems.append(f"{file}：清单中有，文件却不存在，已被删除")
        elif _sha256(file) != digest:
            found.problems.append(f"{file}：与清单中的 SHA-256 不一致，文件已被改动")
        else:
            found.same += 1
    _take_stock(place, listed, found)
    top = place.top / MANIFEST
    if top.is_file():
        found.notes.append(
            f"{_read(top)[2] or place.top.name} 的清单指纹是 {_sha256(top)}；与事先另行保存的指纹相同，才能证明清单本身没有被换。"
        )
    return found


def _take_stock(place: Place, listed: dict[str, str], found: Compared) -> None:
    """Find what lies there without being listed."""
    hosts: set[str] = set()
    if place.asked.is_file():
        there: Iterator[tuple[Path, str | None]] = iter([(place.asked, None)])
    else:
        there = walk(place.asked, store_of(place.top))
    for file, wrong in there:
        name = file.relative_to(place.top).as_posix()
        if wrong:
            found.problems.append(f"{file}：{wrong}")
            continue
        found.files.append(file)
        first = name.partition("/")[0]
        if name in listed or name == MANIFEST:  # The top one stands for the site and is in no list.
            continue
        if name == _UNFINISHED:
            found.problems.append(
                f"{file}：上一次带走没有做完，此处新旧混杂。请重新运行 portal publish-site。"
            )
        elif place.whole and _OF_THE_HOST.fullmatch(first) and not file.is_symlink():
            hosts.add(first)
        else:
            found.problems.append(f"{file}：清单中没有这个文件，是后来放进去的")
    if hosts:
        found.notes.append(f"另有 {'、'.join(sorted(hosts))}，不属于网站内容，是存放网站的地方自己用的。")


def store_of(top: Path) -> Path | None:
    """Return the store that a build lies in, whose trees are mounted in it."""
    real = top.resolve()
    return real.parent.parent if real.parent.name in (BUILDS, TREES) else None


def _listed(place: Place, folder: Path, expected: str | None, found: Compared) -> Iterator[tuple[str, str]]:
    """Yield every file that the manifests list at, or on the way to, what was asked for."""
    manifest = folder / MANIFEST
    prefix = "" if folder == place.top else f"{folder.relative_to(place.top).as_posix()}/"
    files, trees, _ = _read(manifest)
    if not (files or trees):
        told = "清单缺失" if not manifest.exists() else "清单已损坏或被改动"
        found.problems.append(f"{manifest}：{told}，无法核对这一部分的文件有没有被删除或替换。")
        return
    if expected is not None:
        # On the way down too: a forged manifest would vouch for whatever lies below it.
        if not manifest.is_relative_to(place.asked) and _sha256(manifest) != expected:
            found.problems.append(f"{manifest}：与上一级清单的记载不一致，文件已被改动")
        yield f"{prefix}{MANIFEST}", expected
    for name, digest in files.items():
        yield f"{prefix}{name}", digest
    for name, digest in trees.items():
        inner = folder / name
        if inner.is_relative_to(place.asked) or place.asked.is_relative_to(inner):
            yield from _listed(place, inner, digest, found)


def _read(manifest: Path) -> tuple[dict[str, str], dict[str, str], str]:
    """Return a manifest's files, trees and the build's name; nothing where it is not one of this platform."""
    try:
        read: Any = json.loads(manifest.read_bytes())
        files, trees = read["files"], read.get("trees", {})
        right = all(_is_plain(name) and _HEX.fullmatch(one) for name, one in (*files.items(), *trees.items()))
        return (files, trees, str(read.get("build", ""))) if right else ({}, {}, "")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, {}, ""


def _is_plain(name: str) -> bool:
    place = PurePosixPath(name)
    return not place.is_absolute() and ".." not in place.parts and place.as_posix() == name != "."


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
