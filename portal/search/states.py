"""Where the index lies on disk: whole states, and one small file that says which of them counts.

    folder/            search_index/: README.md and .gitignore are left alone
        current        names the state in force, with the size and digest of each of its files
        state-…/       one state, written once, never changed afterwards; mode 0700
        .writer.lock   held by the kernel (flock) for as long as a writer lives

A change is written into a new state, beside the one in force; unchanged
segment files are hard links. Replacing `current` is the one step that counts,
so that a process killed anywhere leaves the old state or the new one. What is
left over is swept by the next writer. The lock dies with its process: its
file may stay for ever without blocking anybody.

Nothing is fsynced: after a power cut a torn file fails its digest, and the
index is rebuilt from the database.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b, file_digest
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from portal.search.entries import IndexBusy, IndexDamaged

FORMAT = 1  # Raised whenever an older program or index could not be understood.
PATIENCE = 120.0  # Seconds that a writer waits for another writer.

_STATE = re.compile(r"state-[0-9a-f]{16}")
_SCRATCH = re.compile(r"state-[0-9a-f]{16}|current-[0-9a-f]{16}")


@dataclass(frozen=True)
class State:
    """One whole state of the index, as the pointer describes it."""

    folder: Path
    analysis: str
    files: dict[str, tuple[int, str]]  # name → size in bytes, digest


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=16).hexdigest()


def _file_digest(path: Path) -> str:
    with path.open("rb") as stream:
        return file_digest(stream, lambda: blake2b(digest_size=16)).hexdigest()


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:  # A file system without hard links.
        shutil.copyfile(source, target)


class States:
    """The states in one folder."""

    def __init__(self, folder: Path) -> None:
        """Look at nothing yet; the folder may be absent."""
        self.folder = folder
        self.pointer = folder / "current"
        self._sound: set[tuple[str, int, str]] = set()

    def mark(self) -> bytes | None:
        """Return the pointer's bytes, None when there is no index: other bytes mean another state."""
        try:
            return self.pointer.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as wrong:
            raise IndexDamaged(f"文件 {self.pointer} 读不出来（{wrong.strerror}）") from wrong

    def read(self, mark: bytes) -> State:
        """Return the state that the pointer's bytes describe."""
        body, _, seal = mark.rpartition(b"\n")
        if _digest(body).encode() != seal:
            raise IndexDamaged(f"文件 {self.pointer} 的内容已被破坏")
        told: dict[str, Any] = json.loads(body)
        if told.get("format") != FORMAT:
            raise IndexDamaged("它由另一版本的程序建立，本版本不能读取")
        if not _STATE.fullmatch(told["state"]):
            raise IndexDamaged(f"文件 {self.pointer} 的内容已被破坏")
        files = {name: (size, digest) for name, (size, digest) in told["files"].items()}
        return State(self.folder / told["state"], told["analysis"], files)

    def check(self, state: State) -> None:
        """Make sure that every file is ours and is as it was written, before the engine unpickles any.

        A file is read through once, until `forget`. Raises
        `FileNotFoundError` when a file is gone, `IndexDamaged` otherwise.
        """
        self.refuse_strangers(state.folder, stat.S_IWGRP | stat.S_IWOTH)
        for name, (size, digest) in state.files.items():
            path = state.folder / name
            if path.stat().st_size != size:
                raise IndexDamaged(f"文件 {path} 的长度不对")
            if (name, size, digest) not in self._sound:
                if _file_digest(path) != digest:
                    raise IndexDamaged(f"文件 {path} 的内容已被破坏")
                self._sound.add((name, size, digest))

    def forget(self) -> None:
        """Read every file through again at the next check."""
        self._sound.clear()

    def refuse_strangers(self, folder: Path, forbidden: int = stat.S_IWOTH) -> None:
        """Refuse a folder that somebody else could write to: the engine's files can carry code."""
        seen = folder.stat()
        mend = (
            f"请将该文件夹及其内容改归运行本系统的用户所有，并运行 chmod go-w {folder}，"
            "再运行 portal sync --all。"
        )
        if hasattr(os, "geteuid") and seen.st_uid not in (os.geteuid(), 0):
            raise IndexDamaged(f"文件夹 {folder} 属于另一个用户", mend)
        if seen.st_mode & forbidden:
            raise IndexDamaged(f"文件夹 {folder} 可以被其他用户改写", mend)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only writer; sweep what a killed one left behind, before and after."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.refuse_strangers(self.folder)
        lock = FileLock(self.folder / ".writer.lock", timeout=PATIENCE)
        try:
            lock.acquire()
        except Timeout:
            raise IndexBusy(
                f"另一个进程正在写检索目录 {self.folder}，等待 {PATIENCE:.0f} 秒仍未结束。请待其完成后重试。"
            ) from None
        try:
            self._sweep()
            yield
        finally:
            self._sweep()
            lock.release()

    def begin(self, base: State | None) -> Path:
        """Return the folder of a new state that starts as `base`, or empty."""
        folder = self.folder / f"state-{secrets.token_hex(8)}"
        folder.mkdir(mode=0o700)
        if base:
            for name in base.files:
                _link(base.folder / name, folder / name)
        return folder

    def commit(self, folder: Path, base: State | None, *, analysis: str, suffixes: tuple[str, ...]) -> None:
        """Make the new state the one in force. Of its files only those with a known suffix belong to it."""
        known = base.files if base else {}
        files: dict[str, tuple[int, str]] = {}
        for path in sorted(folder.iterdir()):
            if path.suffix in suffixes:
                files[path.name] = known.get(path.name) or (path.stat().st_size, _file_digest(path))
                self._sound.add((path.name, *files[path.name]))
        told = {"format": FORMAT, "analysis": analysis, "state": folder.name, "files": files}
        body = json.dumps(told, indent=1).encode()
        aside = self.folder / f"current-{secrets.token_hex(8)}"
        aside.write_bytes(body + b"\n" + _digest(body).encode())
        aside.replace(self.pointer)

    def _sweep(self) -> None:
        """Remove every state that does not count. Readers that hold one open keep it until they close."""
        try:
            mark = self.mark()
            kept = self.read(mark).folder.name if mark is not None else None
        except IndexDamaged:
            return  # Left for whoever looks into it; the rebuild that must follow sweeps.
        for path in self.folder.iterdir():
            if path.name == kept or not _SCRATCH.fullmatch(path.name):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
