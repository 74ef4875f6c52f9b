"""The manifests: a tree's names its files and, by their manifests' digests, the trees in it. And writing that lasts."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return a tree's own manifest, or an empty one where it cannot be read."""
    try:
        read = json.loads((folder / MANIFEST).read_bytes())
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def files_of(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield every file of a build (or of a copy of one) with its SHA-256, by the manifests; they come with their own.

    Raise `ValueError` (in Chinese) where a manifest is missing or is not the one that the tree above it names.
    """
    yield from _files_of(folder, "", None)


def _files_of(folder: Path, prefix: str, expected: str | None) -> Iterator[tuple[str, str]]:
    place = f"{prefix}{MANIFEST}"
    try:
        content = (folder / MANIFEST).read_bytes()
        manifest = json.loads(content)
        files, trees = manifest["files"], manifest.get("trees", {})
    except (OSError, ValueError, KeyError, TypeError) as broken:
        raise ValueError(f"清单 {place} 缺失或不能读取，无法核对这一部分。") from broken
    digest = hashlib.sha256(content).hexdigest()
    if expected is not None and digest != expected:
        raise ValueError(f"清单 {place} 与上一级清单的记载不一致，可能被改动。")
    yield place, digest
    for path, known in files.items():
        yield f"{prefix}{path}", known
    for name, known in trees.items():
        yield from _files_of(folder / name, f"{prefix}{name}/", known)


def write_durably(file: Path, content: bytes, *, sync: bool = True) -> None:
    """Write a file, and with `sync` make sure that it survives a power cut."""
    with file.open("wb") as stream:
        stream.write(content)
        if sync:
            stream.flush()
            os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Make sure that a folder's entries survive a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
