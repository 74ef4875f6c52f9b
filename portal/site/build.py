"""Freezes the public app into files: staged aside, then swapped in by one rename.

    site_build/index.html          leads to current/
    site_build/current             → builds/<name>, the one build that is served
    site_build/builds/<name>/      pages, static files, manifest.json

A kill at any moment leaves `current` on a whole build. A page that cannot be
made is replaced by a page that says so, is reported, and never stops the rest.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

from flask import Flask
from flask_frozen import Freezer

MANIFEST = "manifest.json"
KEPT_BUILDS = 2  # The one before stays for readers who are in the middle of it.

_ENTRANCE = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><title>阳光权力公开平台</title>
<meta http-equiv="refresh" content="0; url=current/index.html"></head>
<body><p><a href="current/index.html">进入阳光权力公开平台</a></p></body></html>
"""

_FAULT = """<!doctype html>
<html lang="zh-Hans"><head><meta charset="utf-8"><meta name="robots" content="noindex"><title>本页暂时无法显示</title></head>
<body><main><h1>本页暂时无法显示</h1>
<p>生成本页时出错，平台管理人员已收到记录。已公开的内容仍完整保存，其他页面不受影响，请稍后再来。</p>
</main></body></html>
"""


class Page(Protocol):
    """One page to freeze."""

    @property
    def endpoint(self) -> str: ...

    @property
    def path(self) -> str: ...


@dataclass(frozen=True)
class Failure:
    """A page that could not be made, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class BuildReport:
    """What one build did."""

    name: str
    pages: int
    bytes: int
    failures: tuple[Failure, ...]
    folder: Path


class UnsafePath(ValueError):
    """A page path that is not plain server-made ASCII."""


class SiteFreezer(Freezer):  # type: ignore[misc] # Frozen-Flask ships no types.
    """Frozen-Flask over enumerated pages: no discovery by URL logging, no deletions, no test client."""

    def __init__(self, app: Flask, pages: Callable[[], Iterable[Page]], destination: Path) -> None:
        """Freeze `pages` of `app` into `destination`, a folder of its own."""
        app.config.update(
            FREEZER_DESTINATION=str(destination),
            FREEZER_REMOVE_EXTRA_FILES=False,
            FREEZER_IGNORE_MIMETYPE_WARNINGS=True,
        )
        super().__init__(app, with_static_files=False, with_no_argument_rules=False, log_url_for=False)
        self.pages = pages
        self.failures: list[Failure] = []
        self.digests: dict[str, str] = {}
        self.bytes = 0

    def _generate_all_urls(self) -> Iterator[tuple[str, str, None]]:
        for page in self.pages():
            yield f"/{page.path}", page.endpoint, None
        static = Path(str(self.app.static_folder))
        for file in sorted(static.rglob("*")):
            if file.is_file() and not file.name.startswith("."):
                yield f"/static/{file.relative_to(static).as_posix()}", "static", None

    def _check_endpoints(self, seen_endpoints: set[str]) -> None:
        """The enumeration is tested against the URL map instead: here a county's build must not stop."""

    def _build_one(self, url: str, _last_modified: Any = None) -> Path:
        path = url.removeprefix("/")
        try:
            check_path(path)
        except UnsafePath as unsafe:
            self.failures.append(Failure(path, str(unsafe)))
            return Path(self.root) / "index.html"
        try:
            content = self._render(url)
        except Exception as wrong:  # Whatever one page does, the others are built.
            self.failures.append(
                Failure(path, f"{type(wrong).__name__}: {str(wrong).splitlines()[0] if str(wrong) else ''}")
            )
            content = _FAULT.encode() if path.endswith(".html") else b""
        file = Path(self.root) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        self.digests[path] = hashlib.sha256(content).hexdigest()
        self.bytes += len(content)
        return file

    def _render(self, url: str) -> bytes:
        with self.app.test_request_context(url):
            response = self.app.full_dispatch_request()
            response.direct_passthrough = False
            content: bytes = response.get_data()
            expected = 404 if url == "/404.html" else 200
            if response.status_code != expected and response.status_code != 200:
                raise ValueError(f"页面返回状态 {response.status_code}")
            response.close()
            return content


def check_path(path: str) -> None:
    """Refuse a path that is not made of plain ASCII parts: nothing user-made names a file."""
    parts = PurePosixPath(path).parts
    fine = (
        path.isascii() and parts and all(part not in (".", "..", "/") and len(part) <= 120 for part in parts)
    )
    if not fine or any(char in path for char in '\\:*?"<>|\0%') or "//" in path:
        raise UnsafePath(f"页面路径“{path}”含有不允许的字符，未写入。")


def build_site(
    app: Flask,
    pages: Callable[[], Iterable[Page]],
    folder: Path,
    *,
    change: int,
    now: datetime,
    basis: str = "",
    keep: int = KEPT_BUILDS,
    progress: Callable[[int], None] | None = None,
) -> BuildReport:
    """Build every page aside and swap the result in. The caller holds the instance's lock.

    `basis` names what besides the database the pages were made from (regimes, program, day).
    `keep` builds stay, this one included; 1 when the law asked for content to be destroyed.
    """
    builds = folder / "builds"
    builds.mkdir(parents=True, exist_ok=True)
    sweep(folder)
    name = _free_name(builds, now)
    staging = builds / f".staging-{name}"
    freezer = SiteFreezer(app, pages, staging)
    for count, _ in enumerate(freezer.freeze_yield(), start=1):
        if progress and count % 50 == 0:
            progress(50)
    _write_durably(
        staging / MANIFEST,
        json.dumps(
            {
                "build": name,
                "built_at": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                "change": change,
                "basis": basis,
                "failed": [failure.path for failure in freezer.failures],
                "pages": dict(sorted(freezer.digests.items())),
            },
            ensure_ascii=False,
            indent=0,
        ).encode(),
    )
    final = builds / name
    staging.rename(final)
    _sync_folder(builds)
    _swap(folder, name)
    sweep(folder, keep=keep)
    return BuildReport(name, len(freezer.digests), freezer.bytes, tuple(freezer.failures), final)


def current_build(folder: Path) -> Path | None:
    """Return the build that is served, or None when there is none yet."""
    link = folder / "current"
    return link.resolve() if (link / MANIFEST).is_file() else None


def built_change(folder: Path) -> int:
    """Return the newest change that the served build shows, or -1 when there is no usable build."""
    return int(_manifest(folder).get("change", -1))


def built_from(folder: Path) -> str:
    """Return what besides the database the served build was made from (see `build_site`), or nothing."""
    return str(_manifest(folder).get("basis", ""))


def _manifest(folder: Path) -> dict[str, Any]:
    build = current_build(folder)
    try:
        read = json.loads((build / MANIFEST).read_text(encoding="utf-8")) if build else {}
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def sweep(folder: Path, *, keep: int = KEPT_BUILDS) -> None:
    """Remove what killed builds left behind and all but the last builds."""
    builds = folder / "builds"
    served = current_build(folder)
    for left in builds.glob(".staging-*"):
        shutil.rmtree(left, ignore_errors=True)
    whole = sorted((one for one in builds.iterdir() if not one.name.startswith(".")), reverse=True)
    for old in whole[keep:]:
        if old.resolve() != served:
            shutil.rmtree(old, ignore_errors=True)


def _free_name(builds: Path, now: datetime) -> str:
    """Name builds so that they sort by age even when two fall into one second."""
    stem = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    highest = max((one.name for one in builds.iterdir() if not one.name.startswith(".")), default="")
    if highest and highest >= stem:
        base, _, number = highest.partition("-")
        return f"{base}-{int(number or 0) + 1:04d}"
    return stem


def _swap(folder: Path, name: str) -> None:
    link = folder / "current"
    aside = folder / f".current-{name}"
    aside.unlink(missing_ok=True)
    aside.symlink_to(Path("builds") / name, target_is_directory=True)
    aside.replace(link)
    entrance = folder / "index.html"
    if not entrance.is_file() or entrance.read_text(encoding="utf-8") != _ENTRANCE:
        temporary = folder / ".index.html"
        temporary.write_text(_ENTRANCE, encoding="utf-8")
        temporary.replace(entrance)
    _sync_folder(folder)


def _write_durably(file: Path, content: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
