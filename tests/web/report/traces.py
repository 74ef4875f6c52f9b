"""Looks for a text in files and logs, in every encoding in which it could lie about by accident."""

from __future__ import annotations

import base64
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote


def spellings(text: str) -> list[bytes]:
    """Return the bytes that a text may have become."""
    found = [text.encode(one) for one in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")]
    plain = text.encode()
    for skipped in range(3):  # Base64 of something longer that has the text within.
        whole = plain[(3 - skipped) % 3 :]
        coded = base64.b64encode(whole[: len(whole) // 3 * 3])
        found += [coded, base64.urlsafe_b64encode(whole[: len(whole) // 3 * 3])]
    found += [plain.hex().encode(), plain.hex().upper().encode(), quote(text).encode()]
    found += [text.encode("unicode_escape"), "".join(f"&#{ord(one)};" for one in text).encode()]
    return found


def traces(text: str, *places: Path) -> list[str]:
    """Return the files below `places` that hold a text, by name or inside, packed or not."""
    wanted, found = spellings(text), []
    for place in places:
        for file in [place, *place.rglob("*")]:
            if any(one in os.fsencode(file.name) for one in wanted):
                found.append(f"{file} (name)")
            if file.is_file():
                data = file.read_bytes()
                if any(one in data for one in wanted) or any(one in _unpacked(data) for one in wanted):
                    found.append(str(file))
    return found


def _unpacked(data: bytes) -> bytes:
    try:
        return zlib.decompress(data, 47)
    except zlib.error:
        return b""


_watched: list[list[str]] = []
_hung: list[bool] = []


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if not _watched or event not in ("open", "tempfile.mkstemp", "tempfile.mkdtemp", "shutil.copyfile"):
        return
    if event == "open":
        path, mode, flags = arguments
        # A file that is only read is none of our concern.
        writes = isinstance(mode, str) and set(mode) & set("wax+")
        if not writes and not (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
            return
        if isinstance(path, str) and path.startswith(("/dev/", "/proc/")):
            return
    for noted in _watched:
        noted.append(f"{event} {arguments[0]}")


@contextmanager
def files_opened_to_write() -> Iterator[list[str]]:
    """Note every file that Python opens to write in this process, nameless temporary ones too."""
    if not _hung:
        sys.addaudithook(_note)  # It can never be taken off again; it notes nothing while nobody watches.
        _hung.append(True)
    noted: list[str] = []
    # What Python keeps of a module that is used for the first time says nothing of a request, and whether it is the
    # first time hangs on what ran before.
    kept, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    _watched.append(noted)
    try:
        yield noted
    finally:
        _watched.remove(noted)
        sys.dont_write_bytecode = kept
