"""Small disks that can be filled or made read-only, for tests that run as root; others skip, and say so."""

from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Disk:
    """A file system of its own, mounted on a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / ".filler"

    def fill(self, *, leave: int = 0) -> None:
        """Leave no more than so many KiB free."""
        with self._filler.open("wb", buffering=0) as stream:
            try:
                while stream.write(bytes(4096)):
                    pass
            except OSError as full:
                if full.errno != errno.ENOSPC:
                    raise
            os.ftruncate(stream.fileno(), max(0, stream.tell() - leave * 1024))

    def free(self) -> None:
        """Remove the filling."""
        self._filler.unlink()

    def read_only(self, *, on: bool) -> None:
        """Let nothing be written any more, or again."""
        _mount("-o", "remount,ro" if on else "remount,rw", str(self.folder))


def _mount(*words: str) -> None:
    subprocess.run(["mount", *words], check=True, capture_output=True)


@contextmanager
def small_disk(folder: Path, *, megabytes: int) -> Iterator[Disk]:
    """Mount an empty disk of that size on a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _mount("-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "tmpfs", str(folder))
    except (OSError, subprocess.CalledProcessError) as refused:
        pytest.skip(f"NO SMALL DISK: mounting needs root ({refused}); a full disk was not tried")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)
