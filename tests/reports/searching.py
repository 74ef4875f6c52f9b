"""Looks for a sentence wherever a machine may have put it down: in files, databases, and files already deleted.

A canary is 40 characters that stand nowhere else. It is looked for in pieces, so that a leak that is cut short or
wrapped is found too, and in every encoding in which programs write text.
"""

from __future__ import annotations

import base64
import gzip
import os
import quopri
import random
import secrets
import shutil
import sqlite3
import stat
import string
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote_from_bytes

import brotli

_PIECE = 10
_CHARSETS = ("utf-8", "utf-16-le", "utf-16-be", "gbk")
_SQLITE = b"SQLite format 3\x00"
_TEXTUAL = 65_536  # What is shorter, or has no zero byte in so many, may be a text that is wrapped.
_LONG = 65_536  # Bytes of a value that fills pages of its own: what is repeated in it shows in the file as it lies.
_SPACES = b"\r\n\t "


@dataclass(frozen=True)
class Canary:
    """Forty characters, half Chinese and half Latin; lower case, for what an index folds is to be found too."""

    text: str
    charsets: tuple[str, ...] = _CHARSETS

    @classmethod
    def fresh(cls) -> Canary:
        """Return one that nothing else holds."""
        dice = random.Random(secrets.randbits(64))
        # The commoner half of GB2312: every charset that is looked for has these characters.
        chinese = [bytes((dice.randrange(0xB0, 0xD7), dice.randrange(0xA1, 0xFF))) for _ in range(20)]
        latin = "".join(dice.choices(string.ascii_lowercase + string.digits, k=20))
        return cls(b"".join(chinese).decode("gb2312") + latin)

    @cached_property
    def forms(self) -> dict[bytes, str]:
        """Return every sequence of bytes that gives it away → the encoding's name."""
        pieces = [self.text[at : at + _PIECE] for at in range(0, len(self.text) - _PIECE, _PIECE)]
        pieces.append(self.text[-_PIECE:])  # Never a shorter one: a few characters stand anywhere by chance.
        found: dict[bytes, str] = {}
        for piece in pieces:
            for name, form in encoded(piece, self.charsets):
                found.setdefault(form, name)
        return found

    def found_in(self, data: bytes) -> list[str]:
        """Return in which encodings the data hold a piece of it; wrapped lines count as one."""
        views = [data]
        if len(data) < _TEXTUAL or b"\0" not in data[:_TEXTUAL]:
            views.append(data.replace(b"=\r\n", b"").replace(b"=\n", b"").translate(None, _SPACES))
        return sorted({name for view in views for form, name in self.forms.items() if form in view})


def encoded(text: str, charsets: Iterable[str] = _CHARSETS) -> Iterator[tuple[str, bytes]]:
    """Yield each encoding's name, and what of it must stand in the data wherever the text does."""
    for charset in charsets:
        raw = text.encode(charset)
        yield charset, raw
        yield f"{charset}, hex", raw.hex().encode()
        yield f"{charset}, HEX", raw.hex().upper().encode()
        yield f"{charset}, percent", quote_from_bytes(raw, safe="").encode()
        yield f"{charset}, percent lower", _lower_escapes(quote_from_bytes(raw, safe=""), "%")
        yield f"{charset}, quoted-printable", quopri.encodestring(raw).replace(b"=\n", b"").rstrip(b"\n")
        yield f"{charset}, Python escapes", repr(raw)[2:-1].encode()
        for at in range(3):
            yield f"{charset}, base64 at {at}", _middle(base64.b64encode(b"\0" * at + raw), at)
            yield f"{charset}, base64url at {at}", _middle(base64.urlsafe_b64encode(b"\0" * at + raw), at)
    yield "reversed", text[::-1].encode()
    points = [ord(one) for one in text]
    yield "JSON escapes", "".join(_or_ascii(p, f"\\u{p:04x}") for p in points).encode()
    yield "JSON ESCAPES", "".join(_or_ascii(p, f"\\u{p:04X}") for p in points).encode()
    yield "HTML entities", "".join(_or_ascii(p, f"&#{p};") for p in points).encode()
    yield "HTML hex entities", "".join(_or_ascii(p, f"&#x{p:x};") for p in points).encode()
    yield "HTML HEX entities", "".join(_or_ascii(p, f"&#x{p:X};") for p in points).encode()


def _or_ascii(point: int, escape: str) -> str:
    return chr(point) if point < 128 else escape


def _lower_escapes(text: str, mark: str) -> bytes:
    parts = text.split(mark)
    return mark.join([parts[0], *(part[:2].lower() + part[2:] for part in parts[1:])]).encode()


def _middle(whole: bytes, at: int) -> bytes:
    """Return what does not depend on the bytes before and after: so much of base64 stands wherever the text does."""
    whole = whole.rstrip(b"=")
    return whole[(0, 2, 3)[at] : len(whole) - 1]


def traces(canaries: Iterable[Canary], folders: Iterable[Path], pids: Iterable[int] = ()) -> list[str]:
    """Return every place under the folders, or held open by a process, that gives a canary away."""
    wanted, found = list(canaries), []
    for place, data in _everything(list(folders), pids):
        for canary in wanted:
            found += [f"{place}: {name}" for name in canary.found_in(data)]
            found += [f"name of {place}"] if canary.found_in(os.fsencode(place)) else []
    return found


def _everything(folders: Sequence[Path], pids: Iterable[int]) -> Iterator[tuple[str, bytes]]:
    for folder in folders:
        for file in sorted(folder.rglob("*")):
            if file.is_symlink() or not file.is_file():
                continue
            try:
                data = file.read_bytes()
            except FileNotFoundError:  # Gone meanwhile: whoever still has it open is looked at below.
                continue
            yield str(file), data
            yield from _unpacked(file, data)
    for pid in pids:
        numbers: list[Path] = []
        with suppress(FileNotFoundError):  # A process that has ended meanwhile holds nothing open.
            numbers += Path(f"/proc/{pid}/fd").iterdir()
        for number in numbers:
            with suppress(OSError):
                # Pipes and sockets hold no file. What was deleted while open is read through here alone.
                if not stat.S_ISREG(number.stat().st_mode):
                    continue
                file = number.readlink()
                if not (file.exists() and any(file.is_relative_to(folder) for folder in folders)):
                    yield f"{number} -> {file}", number.read_bytes()


def _unpacked(file: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what a file holds that its bytes do not show: compressed text, rows over several pages of a database."""
    if file.suffix == ".gz":
        yield f"{file} (unpacked)", gzip.decompress(data)
    elif file.suffix == ".br":
        yield f"{file} (unpacked)", brotli.decompress(data)
    elif data.startswith(_SQLITE):
        yield f"{file} (rows)", b"\n".join(rows_of(file))


def rows_of(database: Path) -> list[bytes]:
    """Return the values of every table of an SQLite file, in a copy: looking changes nothing, the journal included.

    Where the journal was written back between the copy of the one file and of the other, they are copied again.
    """
    for _ in range(20):
        with suppress(sqlite3.DatabaseError):
            return _rows_of(database)
    return _rows_of(database)


def _rows_of(database: Path) -> list[bytes]:
    found: list[bytes] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in ("", "-wal"):
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{database}{part}", Path(folder) / f"copy.db{part}")
        with closing(sqlite3.connect(Path(folder) / "copy.db")) as connection:
            names = [
                row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            for name in names:
                for row in connection.execute(f'SELECT * FROM "{name}"'):  # noqa: S608 - names from the file itself.
                    values = [
                        one if isinstance(one, bytes) else str(one).encode() for one in row if one is not None
                    ]
                    found += [one for one in values if len(one) < _LONG]
    return found
